"""Playing while listening: the model as a state machine over blocks, which joined equal the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from ddsp_course import dsp
from ddsp_course.autoencoder.decoder import Controls
from ddsp_course.autoencoder.model import Autoencoder
from ddsp_course.autoencoder.synthesizer import Stems
from ddsp_course.data import AudioConfig, CourseError, Features
from ddsp_course.data.features import check_curves
from ddsp_course.data.types import frames_of

OTHER_BLOCKS = "All blocks of a stream have one batch size and one time grid: finish() comes before others."
CURVES = ("f0_hz", "amplitude", "harmonic_distribution", "noise_magnitudes")


class StreamingSynthesizer:
    """`synthesize`, block by block: controls of any number of frames in, the sound that they decide out.

    config: the time grid; n_bands of the noise; impulse_response [taps] as for `synthesize`, or None. Called with
    Controls [batch, frames] it returns Stems of all hops that no later frame can change any more; `finish()` returns
    the rest, the last frame held, and starts anew. noise [batch, frames * hop_size] in -1 to 1 may come with each
    block, else it is drawn from generator. Phase, noise, filters and room go on where the last block ended: joined,
    the blocks are `synthesize` of the whole, in memory that does not grow.   Lesson 14.

    What must be waited for: a hop cross-fades to the frame that follows, and the noise's filters, which have no delay
    of their own, reach half their length ahead. That is `latency_frames`: 2, or 8 ms, at 16 kHz. The room adds none.
    Raises CourseError for a batch or a time grid that changes between blocks, and for controls of other n_bands.
    """

    def __init__(
        self,
        config: AudioConfig,
        n_bands: int,
        impulse_response: Tensor | None = None,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        self.config, self.n_bands = config, n_bands
        self.latency_frames = 1 + -(-(n_bands - 1) // config.hop_size)
        self.generator = generator
        self.room = None
        if impulse_response is not None:
            self.room = dsp.PartitionedConvolution(F.pad(impulse_response[1:], (1, 0)))
        self.reset()

    @property
    def latency_samples(self) -> int:
        """Samples between a change in the controls and the first that may sound of it.   Lesson 14."""
        return self.latency_frames * self.config.hop_size

    def reset(self) -> None:
        """As if nothing had been played.   Lesson 14."""
        self.kept: Controls | None = None  # the last frames: those still to play, and those that reach into them
        self.noise: Tensor | None = None  # of the same frames
        self.played = 0  # of the kept frames
        self.phase: Tensor | None = None
        if self.room is not None:
            self.room.reset()

    def __call__(self, controls: Controls, noise: Tensor | None = None) -> Stems:
        with torch.inference_mode():
            self._keep(controls, noise)
            ready = self.kept.f0_hz.shape[1] - self.latency_frames
            stems = self._play(max(ready, self.played), last=False)
            self._forget()
        return _copied(stems)

    def finish(self) -> Stems:
        """The hops that were held back; the last frame holds to its end. Raises CourseError if nothing was played."""
        if self.kept is None:
            raise CourseError("There is nothing to finish: no block was played.")
        with torch.inference_mode():
            stems = self._play(self.kept.f0_hz.shape[1], last=True)
        self.reset()
        return _copied(stems)

    def check(self, block: Controls | Features, noise: Tensor | None = None) -> None:
        """Refuse a block that does not go on from those before, or whose noise does not fit it: CourseError.

        Nothing has been played then.   Lesson 14.
        """
        batch, frames = block.f0_hz.shape
        wanted = [batch, frames * self.config.hop_size]
        if block.config != self.config or (self.kept is not None and batch != self.kept.f0_hz.shape[0]):
            raise CourseError(OTHER_BLOCKS)
        if frames == 0:
            raise CourseError("A block needs at least one frame.")
        if noise is not None and list(noise.shape) != wanted:
            raise CourseError(f"The noise of this block must be {wanted}, not {list(noise.shape)}.")

    def _keep(self, controls: Controls, noise: Tensor | None) -> None:
        self.check(controls, noise)
        like = controls.noise_magnitudes
        if like.shape[-1] != self.n_bands:
            raise CourseError(
                f"These controls have {like.shape[-1]} noise bands, not the {self.n_bands} of this stream."
            )
        if noise is None:
            samples = like.shape[1] * self.config.hop_size
            noise = dsp.white_noise(
                like.shape[0], samples, generator=self.generator, dtype=like.dtype, device=like.device
            )
        if self.kept is None:
            self.kept, self.noise = controls, noise
            return
        joined = {name: torch.cat([getattr(self.kept, name), getattr(controls, name)], dim=1) for name in CURVES}
        self.kept, self.noise = replace(controls, **joined), torch.cat([self.noise, noise], dim=1)

    def _play(self, stop: int, last: bool) -> Stems:
        """Hops from the first that has not been played to `stop`, which frame `stop` ends unless it is the last."""
        hop, first = self.config.hop_size, self.played
        if stop == first:
            silence = self.noise[:, :0]
            return Stems(silence, silence, silence, silence, self.config)
        frames = slice(first, stop if last else stop + 1)
        harmonic, self.phase = dsp.harmonic_synthesis(
            self.kept.f0_hz[:, frames],
            self.kept.harmonic_amplitudes[:, frames],
            sample_rate=self.config.sample_rate,
            hop_size=hop,
            initial_phase=self.phase,
            return_final_phase=True,
            hold_last_frame=last,
        )
        filtered = dsp.filtered_noise(self.kept.noise_magnitudes, hop_size=hop, noise=self.noise)
        filtered = filtered[:, first * hop : stop * hop]
        dry = harmonic + filtered
        self.played = stop
        return Stems(harmonic, filtered, dry, dry if self.room is None else dry + self.room(dry), self.config)

    def _forget(self) -> None:
        """Of what was played, only the frames whose filters reach into what comes next are still needed."""
        gone = max(0, self.played - self.latency_frames)
        self.kept = replace(self.kept, **{name: getattr(self.kept, name)[:, gone:].clone() for name in CURVES})
        self.noise = self.noise[:, gone * self.config.hop_size :].clone()
        self.played -= gone


def _copied(stems: Stems) -> Stems:
    """What was played in inference mode (a third faster) as ordinary tensors, which can be changed in place."""
    return replace(stems, **{name: getattr(stems, name).clone() for name in ("harmonic", "noise", "dry", "wet")})


class Stream:
    """A model that plays while it listens: features in blocks of any number of frames, Stems of what is decided out.

    stream = Stream(model); stems = stream(features) for each block, `stream.finish()` at the end. Joined, the blocks
    equal model(features) of the whole in evaluation mode: harmonics and room within 1e-4, the noise too if it is given
    the same draw (noise, as for `StreamingSynthesizer`). `latency_samples` after a change it can be heard: 8 ms at
    16 kHz, plus the block that was waited for.   Lesson 14.   Engel et al. 2020, section 4; Caspe et al. 2025,
    arXiv:2503.11562.
    Raises CourseError for a model with a latent encoder (it listens to whole recordings), and as the synthesizer does.
    """

    def __init__(self, model: Autoencoder, *, generator: torch.Generator | None = None) -> None:
        if model.encoder is not None:
            raise CourseError("A model with a latent encoder listens to whole recordings: it cannot play a stream.")
        self.model = model
        with torch.no_grad():
            self.synthesizer = StreamingSynthesizer(
                model.audio_config, model.config.n_bands, model.room(), generator=generator
            )
        self.state: Tensor | None = None

    @property
    def latency_samples(self) -> int:
        """Samples between a change in the features and the first that may sound of it.   Lesson 14."""
        return self.synthesizer.latency_samples

    def reset(self) -> None:
        """As if nothing had been heard.   Lesson 14."""
        self.state = None
        self.synthesizer.reset()

    def decode(self, features: Features) -> Controls:
        """Features [batch, frames] -> Controls, the network going on from the block before.   Lesson 14."""
        self._check(features)
        return self._go_on(features)

    def _check(self, features: Features) -> None:
        if features.config != self.model.audio_config:
            raise CourseError("These features lie on another time grid than the model's: see model.audio_config.")
        check_curves(features, "this block")
        if self.state is not None and self.state.shape[1] != features.f0_hz.shape[0]:
            raise CourseError(OTHER_BLOCKS)

    @torch.inference_mode()
    def _go_on(self, features: Features) -> Controls:
        if self.state is None:
            frames = self.model.pre_roll_frames
            rest = frames_of(self.model.after_a_rest(frames_of(features, 0, 1), frames), 0, frames)
            self.state = self.model.decoder.go_on(rest)[1]
        controls, self.state = self.model.decoder.go_on(features, state=self.state)
        return controls

    def __call__(self, features: Features, noise: Tensor | None = None) -> Stems:
        self._check(features)
        self.synthesizer.check(features, noise)  # before the network moves on
        return self.synthesizer(self._go_on(features), noise)

    def finish(self) -> Stems:
        """What was held back, at the end of the performance; the next block begins another one.   Lesson 14."""
        self.state = None
        return self.synthesizer.finish()


def play_in_blocks(
    model: Autoencoder,
    features: Features,
    *,
    block_seconds: float = 4.0,
    generator: torch.Generator | None = None,
) -> Iterator[Stems]:
    """model(features), a few seconds at a time: for performances longer than memory would hold.

    features [batch, frames] on the model's device -> Stems, one after the other; joined they equal the whole. Raises
    CourseError as `Stream` does.   Lesson 14.
    """
    stream, frames = Stream(model, generator=generator), features.f0_hz.shape[1]
    size = max(1, round(block_seconds * features.config.frame_rate))
    for first in range(0, frames, size):
        yield stream(frames_of(features, first, first + size))
    yield stream.finish()
