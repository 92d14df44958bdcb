"""The DDSP autoencoder: a decoder that listens to pitch and loudness, and an instrument that it plays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ddsp_course import dsp
from ddsp_course.autoencoder.decoder import Controls, Decoder
from ddsp_course.autoencoder.encoder import LatentEncoder
from ddsp_course.autoencoder.settings import ModelConfig
from ddsp_course.autoencoder.synthesizer import Stems, synthesize
from ddsp_course.data import AudioConfig, CourseError, Features
from ddsp_course.data.features import check_curves
from ddsp_course.data.types import frames_of

# A frame sounds if the tracker is sure of its pitch and it is not far below the loud ones.
SOUNDING_CONFIDENCE = 0.5
SOUNDING_DB_BELOW_LOUD = 40.0
PRE_ROLL_SECONDS = 0.5
"""Of rest, heard before a performance: trained on crops with context, a network never played from a standing start."""


@dataclass(frozen=True)
class TrainingStatistics:
    """What a model has heard: the pitches and loudnesses it can be asked for.

    pitch_midi_quantiles and loudness_db_quantiles of sounding frames at 101 levels from 0 to 1; their loudness's
    mean and standard deviation in dB; rest_loudness_db, the median of the frames that do not sound.   Lesson 12.
    """

    pitch_midi_quantiles: tuple[float, ...]
    loudness_db_quantiles: tuple[float, ...]
    loudness_mean_db: float
    loudness_std_db: float
    rest_loudness_db: float

    @property
    def pitch_range_midi(self) -> tuple[float, float]:
        """Lowest and highest pitch that was played for at least one frame in a hundred, as MIDI numbers."""
        return self.pitch_midi_quantiles[1], self.pitch_midi_quantiles[-2]

    @property
    def loudness_range_db(self) -> tuple[float, float]:
        """Softest and loudest of sounding frames but for one in a hundred, in dB."""
        return self.loudness_db_quantiles[1], self.loudness_db_quantiles[-2]


def sounding_frames(features: Features) -> Tensor:
    """Where somebody plays: confident of a pitch, and less than 40 dB below the loudest frames.

    -> bool [batch, frames].   Lesson 8.
    """
    loud = torch.quantile(features.loudness_db, 0.95, dim=-1, keepdim=True)
    return (features.confidence >= SOUNDING_CONFIDENCE) & (features.loudness_db > loud - SOUNDING_DB_BELOW_LOUD)


def training_statistics(features: Sequence[Features]) -> TrainingStatistics:
    """The pitch and loudness distribution of sounding frames, over all takes of a training set.

    Raises CourseError where nothing sounds.   Lesson 12.
    """
    masks = [sounding_frames(each) for each in features]
    pitch = torch.cat([dsp.hz_to_midi(each.f0_hz)[mask] for each, mask in zip(features, masks, strict=True)])
    loudness = torch.cat([each.loudness_db[mask] for each, mask in zip(features, masks, strict=True)])
    rests = torch.cat([each.loudness_db[~mask] for each, mask in zip(features, masks, strict=True)])
    if pitch.numel() == 0:
        raise CourseError("No steady pitch was found anywhere in the training recordings: there is nothing to learn.")
    return TrainingStatistics(
        pitch_midi_quantiles=_quantiles(pitch),
        loudness_db_quantiles=_quantiles(loudness),
        loudness_mean_db=float(loudness.mean()),
        loudness_std_db=float(loudness.std(correction=0)),
        rest_loudness_db=float(rests.median()) if rests.numel() else -80.0,
    )


def _quantiles(values: Tensor) -> tuple[float, ...]:
    """101 quantiles by sorting (torch.quantile refuses more than 16 million values)."""
    ordered = values.double().sort().values
    places = torch.linspace(0, ordered.numel() - 1, 101).round().long()
    return tuple(float(value) for value in ordered[places])


class Autoencoder(nn.Module):
    """Sound to features to controls to sound: the whole of DDSP in one module.

    model(features) -> Stems; model.decode and model.synthesize are its two halves; model.room() its learned impulse
    response. statistics is None until it is trained.   Lesson 10.   Engel et al. 2020, section 4.
    """

    def __init__(self, config: ModelConfig | None = None, statistics: TrainingStatistics | None = None) -> None:
        super().__init__()
        self.config = config or ModelConfig()
        self.statistics = statistics
        self.encoder = LatentEncoder(self.config) if self.config.latent_size else None
        self.decoder = Decoder(self.config)
        self.reverb = (
            dsp.Reverb(self.config.room_seconds, sample_rate=self.config.sample_rate)
            if self.config.room_seconds
            else None
        )

    @property
    def audio_config(self) -> AudioConfig:
        return self.config.audio

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    @property
    def pre_roll_frames(self) -> int:
        """Frames of rest that the network hears before a performance.   Lesson 10."""
        return round(PRE_ROLL_SECONDS * self.audio_config.frame_rate)

    def room(self) -> Tensor | None:
        """The learned impulse response [taps] with a direct tap of 1 at its start, or None where there is no room."""
        if self.reverb is None:
            return None
        tail = self.reverb.impulse_response()
        return torch.cat([torch.ones_like(tail[:1]), tail[1:]])

    def decode(self, features: Features, audio: Tensor | None = None, *, latent: Tensor | None = None) -> Controls:
        """Features [batch, frames] -> Controls. A model with a latent z listens to audio [batch, samples] as well.

        latent: a z of your own in place of the one heard, [batch or 1, frames or 1, latent_size] (Lesson 20).
        Outside of training the network hears half a second of rest first, which is not in the result.

        Raises CourseError if the features lie on another time grid, if (outside of training) they have values that no
        sound has, if a latent model is given neither audio nor a z, and for a z that does not fit.
        """
        if not self.training and not torch.compiler.is_compiling():
            check_curves(features)
        if features.config != self.audio_config:
            raise CourseError(
                f"These features were made for {_describe(features.config)}, but the model was trained at "
                f"{_describe(self.audio_config)}: load the recording with config=model.audio_config."
            )
        if self.encoder is not None and audio is None and latent is None:
            raise CourseError("This model has a residual encoder: give it the audio too, model(features, audio).")
        frames = 0 if self.training else self.pre_roll_frames
        if latent is not None:
            latent = self._held_before(self._fitting(latent, features), frames)
        elif self.encoder is not None:
            latent = self.encoder(F.pad(audio, (frames * self.audio_config.hop_size, 0)))
        controls = self.decoder(self.after_a_rest(features, frames), latent)
        return frames_of(controls, frames)

    def _fitting(self, latent: Tensor, features: Features) -> Tensor:
        """A z that was given, spread over the batch and all frames."""
        wanted = (*features.f0_hz.shape, self.config.latent_size)
        if self.encoder is None:
            raise CourseError("This model has no latent z to be given: train one with latent_size above 0.")
        if latent.ndim != 3 or any(n not in (1, size) for n, size in zip(latent.shape[:2], wanted[:2], strict=True)):
            raise CourseError(f"A latent z is [batch or 1, frames or 1, latent_size], not {list(latent.shape)}.")
        if latent.shape[2] != self.config.latent_size:
            raise CourseError(f"This model's z has {self.config.latent_size} numbers, yours has {latent.shape[2]}.")
        return latent.expand(wanted)

    @staticmethod
    def _held_before(latent: Tensor, frames: int) -> Tensor:
        """A z [batch, frames, size] with its first frame held for so many frames before it."""
        return torch.cat([latent[:, :1].expand(-1, frames, -1), latent], dim=1)

    def after_a_rest(self, features: Features, frames: int) -> Features:
        """Features with so many frames of rest before them, at the pitch of their first frame.   Lesson 10."""
        rest_db = -80.0 if self.statistics is None else self.statistics.rest_loudness_db

        def before(curve: Tensor, value: Tensor | float) -> Tensor:
            return torch.cat([torch.zeros_like(curve[:, :1]).add(value).expand(-1, frames), curve], dim=1)

        return replace(
            features,
            f0_hz=before(features.f0_hz, features.f0_hz[:, :1]),
            confidence=before(features.confidence, 0.0),
            loudness_db=before(features.loudness_db, rest_db),
        )

    def synthesize(
        self, controls: Controls, *, generator: torch.Generator | None = None, noise: Tensor | None = None
    ) -> Stems:
        """Controls -> Stems, in the learned room."""
        return synthesize(controls, self.room(), generator=generator, noise=noise)

    def forward(
        self, features: Features, audio: Tensor | None = None, *, generator: torch.Generator | None = None
    ) -> Stems:
        return self.synthesize(self.decode(features, audio), generator=generator)

    def metadata(self) -> dict[str, Any]:
        """All that the weights do not say, as plain values for JSON."""
        return {
            "config": asdict(self.config),
            "statistics": asdict(self.statistics) if self.statistics is not None else None,
        }


@contextmanager
def ready_to_play(model: nn.Module) -> Iterator[None]:
    """A model in evaluation mode inside, and afterwards as it was: in training it plays from a standing start.

    Lesson 10.
    """
    was_training = model.training
    try:
        model.eval()
        yield
    finally:
        model.train(was_training)


def _describe(config: AudioConfig) -> str:
    return f"{config.sample_rate} Hz with a hop of {config.hop_size}"
