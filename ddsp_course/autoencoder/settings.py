"""Every number one can turn: the model's shape, how it is trained, and the presets tiny and full."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ddsp_course.data import AudioConfig, CourseError


@dataclass(frozen=True)
class ModelConfig:
    """The shape of an autoencoder; with the weights it is all that is needed to rebuild one.

    architecture "tiny" or "full"; n_harmonics and n_bands (noise) a frame; room_seconds of learned impulse response
    (0: no room); latent_size of the residual encoder z (0: none); fourier_features, so many pairs of sine and cosine of
    the pitch beside it (0: none, as in the paper).   Lesson 10.   Engel et al. 2020, section 4 and appendix B; Tancik
    et al. 2020, arXiv:2006.10739
    """

    architecture: str = "tiny"
    sample_rate: int = 16_000
    hop_size: int = 64
    n_harmonics: int = 100
    n_bands: int = 65
    hidden_size: int = 256
    room_seconds: float = 3.0
    latent_size: int = 0
    fourier_features: int = 0

    def __post_init__(self) -> None:
        _check_types(self)
        if self.architecture not in ("tiny", "full"):
            raise CourseError(f'architecture must be "tiny" or "full", not {self.architecture!r}.')
        for name in ("n_harmonics", "n_bands", "hidden_size"):
            if getattr(self, name) < 2:
                raise CourseError(f"{name} must be at least 2, not {getattr(self, name)}.")
        if not 0 <= self.room_seconds <= 20:
            raise CourseError(f"room_seconds must lie between 0 (no room) and 20, not {self.room_seconds}.")
        if self.latent_size < 0:
            raise CourseError(f"latent_size must be 0 (no residual encoder) or more, not {self.latent_size}.")
        if not 0 <= self.fourier_features <= 8:
            raise CourseError(f"fourier_features must lie between 0 (none) and 8, not {self.fourier_features}.")
        _ = self.audio

    @property
    def audio(self) -> AudioConfig:
        """The time grid of the sound that goes in and comes out."""
        try:
            return AudioConfig(self.sample_rate, self.hop_size)
        except ValueError as error:
            raise CourseError(str(error)) from None


@dataclass(frozen=True)
class TrainingConfig:
    """How a model is trained: batches of crops, each with context before it for the room and the GRU's memory.

    crop_seconds are scored, context_seconds before them are only heard; learning rates of Adam for the network, its
    recurrent weights, and the room; clip_norm of the gradient; warmup_steps before the cosine; weights of the loss and
    of the pull towards silence in the rests.   Lesson 11.
    """

    batch_size: int = 8
    crop_seconds: float = 1.0
    context_seconds: float = 0.5
    learning_rate: float = 3e-3
    recurrent_learning_rate: float = 1e-3
    room_learning_rate: float = 2e-2
    clip_norm: float = 3.0
    warmup_steps: int = 100
    magnitude_weight: float = 1.0
    log_magnitude_weight: float = 1.0
    loudness_weight: float = 0.0
    quiet_weight: float = 0.2
    held_out_every: int = 100
    checkpoint_seconds: float = 60.0

    def __post_init__(self) -> None:
        _check_types(self)
        for name in (
            "batch_size",
            "crop_seconds",
            "learning_rate",
            "recurrent_learning_rate",
            "room_learning_rate",
            "clip_norm",
            "held_out_every",
        ):
            if getattr(self, name) <= 0:
                raise CourseError(f"{name} must be greater than 0, not {getattr(self, name)}.")
        for name in (
            "context_seconds",
            "warmup_steps",
            "magnitude_weight",
            "log_magnitude_weight",
            "loudness_weight",
            "quiet_weight",
        ):
            if getattr(self, name) < 0:
                raise CourseError(f"{name} must not be negative, but is {getattr(self, name)}.")
        if self.magnitude_weight + self.log_magnitude_weight == 0:
            raise CourseError("magnitude_weight and log_magnitude_weight are both 0: there is nothing to learn from.")


def _check_types(config: ModelConfig | TrainingConfig) -> None:
    """Each field has its default's type; whole numbers may stand for fractions, True and NaN for nothing."""
    for field in fields(config):
        value, wanted = getattr(config, field.name), type(field.default)
        if wanted is float and isinstance(value, int) and not isinstance(value, bool):
            object.__setattr__(config, field.name, value := float(value))
        if not isinstance(value, wanted) or isinstance(value, bool):
            kind = {int: "a whole number", float: "a number", str: "a word"}[wanted]
            raise CourseError(f"{field.name} must be {kind}, not {value!r}.")
        if wanted is float and not math.isfinite(value):
            raise CourseError(f"{field.name} must be a finite number, not {value!r}.")


@dataclass(frozen=True)
class Settings:
    """A model's shape and its training together, as a preset or a JSON file gives them.

    Raises CourseError where a crop holds no whole frame that is scored.   Lesson 11.
    """

    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()

    def __post_init__(self) -> None:
        rate, context = self.model.audio.frame_rate, self.training.context_seconds
        if round(self.whole_crop_seconds * rate) <= round(context * rate):
            raise CourseError(
                f"crop_seconds must be at least a frame, {1 / rate:g} s, not {self.training.crop_seconds}."
            )

    @property
    def whole_crop_seconds(self) -> float:
        """Length of a crop with the context before it."""
        return self.training.crop_seconds + self.training.context_seconds

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self.model), **asdict(self.training)}


PRESETS: dict[str, dict[str, Any]] = {
    "tiny": {"fourier_features": 4},
    "full": {"architecture": "full", "hidden_size": 512, "learning_rate": 1e-3},
}


def settings(
    preset: str | Path = "tiny", overrides: Mapping[str, Any] | None = None, audio: AudioConfig | None = None
) -> Settings:
    """The settings of a preset, or of a JSON file, with some of them changed.

    preset: "tiny", "full" or a JSON file of {"preset": "tiny", "batch_size": 4, ...}. audio: the time grid (16 kHz
    unless given or in the file); harmonics and noise bands grow with its rate unless set. Raises CourseError for an
    unknown name or a value that makes no sense.   Lesson 11.
    """
    chosen: dict[str, Any] = {}
    if str(preset) not in PRESETS:
        chosen = _read_preset_file(Path(preset))
        preset = chosen.pop("preset", "tiny")
        if str(preset) not in PRESETS:  # a file may hold anything
            raise CourseError(f'Unknown preset {preset!r}: choose "tiny" or "full", or name a .json file.')
    chosen = {**PRESETS[str(preset)], **chosen, **(overrides or {})}
    known = [field.name for kind in (ModelConfig, TrainingConfig) for field in fields(kind)]
    for key in chosen:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f" Did you mean {close[0]}?" if close else f" Known are: {', '.join(known)}."
            raise CourseError(f"There is no setting called {key!r}.{hint}")
    if audio is not None:
        for key, value in (("sample_rate", audio.sample_rate), ("hop_size", audio.hop_size)):
            if chosen.setdefault(key, value) != value:
                raise CourseError(f"{key} is set to {chosen[key]}, but the recordings have {value}.")
    elif "sample_rate" in chosen and "hop_size" not in chosen and isinstance(chosen["sample_rate"], int):
        chosen["hop_size"] = max(8, round(chosen["sample_rate"] / 250))
    bare = ModelConfig(**{key: chosen[key] for key in ("sample_rate", "hop_size") if key in chosen})
    chosen.setdefault("n_harmonics", bare.audio.scaled(100))
    chosen.setdefault("n_bands", bare.audio.scaled(64) + 1)
    return Settings(*(kind(**_part(chosen, kind)) for kind in (ModelConfig, TrainingConfig)))


def _part(values: Mapping[str, Any], kind: type) -> dict[str, Any]:
    return {field.name: values[field.name] for field in fields(kind) if field.name in values}


def _read_preset_file(path: Path) -> dict[str, Any]:
    if path.suffix != ".json":
        raise CourseError(f'Unknown preset {str(path)!r}: choose "tiny" or "full", or name a .json file.')
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CourseError(f"There is no preset file {path}.") from None
    except (OSError, ValueError) as error:
        raise CourseError(f"The preset file {path} cannot be read as JSON: {error}.") from None
    if not isinstance(values, dict):
        raise CourseError(f'The preset file {path} must hold one object such as {{"batch_size": 4}}.')
    return values
