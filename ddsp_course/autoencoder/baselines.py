"""Players that must lose: what a model has learned is what these cannot do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ddsp_course import dsp
from ddsp_course.autoencoder.model import Autoencoder, ready_to_play, sounding_frames
from ddsp_course.autoencoder.synthesizer import Stems
from ddsp_course.data import CourseError, Features

LARGEST_CORRECTION_DB = 12.0


@torch.no_grad()
def play(model, features: Features, audio: Tensor | None = None, *, seed: int = 0) -> Stems:
    """What a model makes of features, with the same noise at every call; the result is on the CPU.

    features of batch 1; audio [1, samples] is only heard by models with a latent encoder.   Lesson 11.
    """
    device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    heard = (audio.to(device),) if getattr(model, "encoder", None) is not None and audio is not None else ()
    with ready_to_play(model), seeded(seed, device):
        return model(features.to(device), *heard).to("cpu")


@contextmanager
def seeded(seed: int, device: torch.device | str = "cpu") -> Iterator[None]:
    """Everything drawn inside, on the CPU and on `device`, depends on the seed alone, and nothing outside notices.

    torch.manual_seed would set the dice of every GPU anew, also of those that another program's part uses.
    Lesson 11.
    """
    device = torch.device(device)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.default_generator.manual_seed(seed)
        if device.type == "cuda":
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        elif device.type == "mps":
            torch.mps.manual_seed(seed)
        yield


def untrained(model: Autoencoder, *, seed: int = 0) -> Autoencoder:
    """The same network with fresh weights: what structure alone achieves. Its pitch is right even so.   Lesson 11."""
    with seeded(seed):
        fresh = type(model)(model.config, model.statistics)
    return fresh.to(next(model.parameters()).device).eval()


def shuffled(values: Tensor, generator: torch.Generator) -> Tensor:
    """A curve played at the wrong time: [1, frames], turned round by a quarter to three quarters of its length.

    All its values and its smoothness remain; only the moment is wrong.   Lesson 11.
    """
    n = values.shape[-1]
    shift = int(torch.randint(max(1, n // 4), max(2, 3 * n // 4 + 1), (1,), generator=generator))
    return torch.roll(values, shift, dims=-1)


def with_shuffled_loudness(features: Features, generator: torch.Generator) -> Features:
    """The right notes with the dynamics of another moment.   Lesson 11."""
    return replace(features, loudness_db=shuffled(features.loudness_db, generator))


def with_shuffled_f0(features: Features, generator: torch.Generator) -> Features:
    """The right dynamics with the notes of another moment (their confidence comes along).   Lesson 11."""
    both = shuffled(torch.cat([features.f0_hz, features.confidence]), generator)
    return replace(features, f0_hz=both[:1], confidence=both[1:])


@dataclass(frozen=True)
class ConstantTimbre:
    """One colour for all notes and dynamics: the mean harmonic distribution, and the mean noise for an amplitude of 1.

    distribution [harmonics] sums to 1, noise [bands].   Lesson 11.
    """

    distribution: Tensor
    noise: Tensor

    @classmethod
    @torch.no_grad()
    def of(cls, model: Autoencoder, features: Iterable[Features], audio: Sequence[Tensor] = ()) -> ConstantTimbre:
        """The mean of what a model plays, over the sounding frames of the recordings it was trained on.

        audio: their sound, for models with a latent encoder. Raises CourseError where nothing sounds.
        """
        distribution = noise = amplitude = 0.0
        frames = 0
        device = next(model.parameters()).device
        for index, each in enumerate(features):
            heard = (audio[index].to(device),) if model.encoder is not None else ()
            with ready_to_play(model):
                controls = model.decode(each.to(device), *heard).to("cpu")
            sounding = sounding_frames(each)[0]
            distribution = distribution + controls.harmonic_distribution[0, sounding].double().sum(dim=0)
            noise = noise + controls.noise_magnitudes[0, sounding].double().sum(dim=0)
            amplitude = amplitude + controls.amplitude[0, sounding].double().sum()
            frames += int(sounding.sum())
        if not frames:
            raise CourseError("A mean timbre needs frames that sound, and these features have none.")
        return cls((distribution / distribution.sum()).float(), (noise / amplitude.clamp_min(1e-9)).float())

    @torch.no_grad()
    def play(self, model: Autoencoder, features: Features, audio: Tensor | None = None, *, seed: int = 0) -> Stems:
        """Play features (batch 1) in this one colour, in the model's room, with their pitch and their loudness.

        It starts from the model's own amplitude and is twice corrected until the wet sound is as loud as asked for.
        """
        device = next(model.parameters()).device
        heard = (audio.to(device),) if model.encoder is not None and audio is not None else ()
        with ready_to_play(model):
            controls = model.decode(features.to(device), *heard)
        config = controls.config
        colour = self.distribution.to(device).expand_as(controls.harmonic_distribution)
        colour = dsp.normalize_harmonics(colour, controls.f0_hz, sample_rate=config.sample_rate)
        amplitude, sounding = controls.amplitude, sounding_frames(features).to(device)
        for round_ in range(3):
            with seeded(seed, device):
                stems = model.synthesize(
                    replace(
                        controls,
                        amplitude=amplitude,
                        harmonic_distribution=colour,
                        noise_magnitudes=amplitude[..., None] * self.noise.to(device),
                    )
                )
            if round_ < 2:
                loudness = dsp.loudness_db(stems.wet, sample_rate=config.sample_rate, hop_size=config.hop_size)
                wrong = (features.loudness_db.to(device) - loudness) * sounding
                smooth = torch.nn.functional.avg_pool1d(wrong, 13, stride=1, padding=6, count_include_pad=False)
                amplitude = amplitude * 10 ** (smooth.clamp(-LARGEST_CORRECTION_DB, LARGEST_CORRECTION_DB) / 20)
        return stems.to("cpu")
