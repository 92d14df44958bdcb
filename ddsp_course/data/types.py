"""What flows through the package before the model: a recording, and the features tracked from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from ddsp_course.data.config import AudioConfig
from ddsp_course.data.errors import CourseError

Moved = TypeVar("Moved")


def moved(tensors: Moved, device: torch.device | str) -> Moved:
    """A copy of a dataclass with each of its tensors on `device`; what is not a tensor is shared.   Lesson 10."""
    values = {slot.name: getattr(tensors, slot.name) for slot in fields(tensors)}  # type: ignore[arg-type]
    changed = {name: value.to(device) for name, value in values.items() if isinstance(value, Tensor)}
    return replace(tensors, **changed)  # type: ignore[type-var]


def frames_of(curves: Moved, start: int, stop: int | None = None) -> Moved:
    """A copy of a dataclass of curves with only the frames [start, stop) of each tensor [batch, frames, ...].

    stop None: to the end. What is not a tensor is shared.   Lesson 10.
    """
    values = {slot.name: getattr(curves, slot.name) for slot in fields(curves)}  # type: ignore[arg-type]
    cut = {name: value[:, start:stop] for name, value in values.items() if isinstance(value, Tensor)}
    return replace(curves, **cut)  # type: ignore[type-var]


def as_tensor(values: Any) -> Tensor:
    """What torch makes a tensor of, and NumPy's arrays that run backwards or came from another machine.   Lesson 8."""
    if isinstance(values, np.ndarray):
        values = np.ascontiguousarray(values, values.dtype.newbyteorder("="))
    return torch.as_tensor(values)


def refuse_whole_numbers(audio: Tensor, name: str) -> None:
    """Raise CourseError for sound in whole numbers, which has no scale. audio of any shape.   Lesson 8."""
    if not audio.is_floating_point():
        raise CourseError(f"{name} holds {audio.dtype}: scale it to -1 to 1 first, 16 bits by / 32768.")


@dataclass(frozen=True, eq=False)
class Recording:
    """One take: mono sound on the grid of its config, and where it came from.

    audio [1, samples], finite, samples == frames * hop_size, kept as float32; `data.from_array` makes one of any sound
    in memory. A take is equal to itself only. Raises ValueError for audio of another shape, and for whole numbers,
    which have no scale.   Lesson 8.
    """

    audio: Tensor
    config: AudioConfig = AudioConfig()
    name: str = "recording"

    def __post_init__(self) -> None:
        shape, hop = list(self.audio.shape), self.config.hop_size
        if len(shape) != 2 or shape[0] != 1 or shape[1] == 0 or shape[1] % hop:
            raise ValueError(
                f"{self.name} needs audio of shape [1, samples] with a whole number of frames of {hop} samples, "
                f"not {shape}: data.from_array(audio, sample_rate) makes a Recording of any sound in memory."
            )
        refuse_whole_numbers(self.audio, self.name)
        object.__setattr__(self, "audio", self.audio.float())

    @property
    def frames(self) -> int:
        return self.audio.shape[-1] // self.config.hop_size

    @property
    def seconds(self) -> float:
        return self.audio.shape[-1] / self.config.sample_rate

    def to(self, device: torch.device | str):
        return moved(self, device)


def takes_of(recordings: Any) -> list[Recording]:
    """One Recording or several, as a list; CourseError for anything else, with how to read it.   Lesson 8."""
    if isinstance(recordings, Recording):
        return [recordings]
    takes = list(recordings) if isinstance(recordings, Iterable) and not isinstance(recordings, str | Tensor) else None
    wrong = recordings if takes is None else next((take for take in takes if not isinstance(take, Recording)), None)
    if wrong is not None:
        raise no_recording(wrong)
    return takes or []


def no_recording(given: Any) -> CourseError:
    """The error to raise where something else was given than a Recording.   Lesson 8."""
    return CourseError(
        f"A Recording is needed here, not {type(given).__name__}: read a file with data.load_recording, a folder with "
        "data.from_folder, sound in memory with data.from_array(audio, sample_rate)."
    )


@dataclass(frozen=True)
class Note:
    """One note as the performer meant it: start and end in seconds, MIDI pitch, articulation, dynamic level 0 to 1.
    Lesson 8."""

    start_s: float
    end_s: float
    midi: float
    articulation: str
    level: float


@dataclass(frozen=True, eq=False)
class Performance(Recording):
    """A take whose truth is known, because a model played it: what no real recording can offer.

    audio [1, samples] is the sound in the room; dry [1, samples] the same before the room; f0_hz [1, frames] the
    commanded pitch in Hz; loudness_db [1, frames] the A-weighted loudness of `audio`; gate [1, frames] from 0 (rest)
    to 1 (playing); room [taps] the room's impulse response, its direct tap 1 at index 0; notes in order of time.
    Lesson 8.
    """

    dry: Tensor = field(kw_only=True)
    f0_hz: Tensor = field(kw_only=True)
    loudness_db: Tensor = field(kw_only=True)
    gate: Tensor = field(kw_only=True)
    room: Tensor = field(kw_only=True)
    notes: tuple[Note, ...] = field(kw_only=True)


@dataclass(frozen=True, eq=False)
class Features:
    """What the decoder hears of a sound: pitch, how sure the tracker is of it, and loudness.

    f0_hz [batch, frames] in Hz (finite and > 0 everywhere: through rests the pitch is carried on);
    confidence [batch, frames] from 0 to 1; loudness_db [batch, frames], A-weighted, floor -80 dB; kept as float32.
    Raises ValueError if they are not three tensors of one such shape. Their values are looked at where they are played.
    Lesson 8.
    """

    f0_hz: Tensor
    confidence: Tensor
    loudness_db: Tensor
    config: AudioConfig = AudioConfig()

    def __post_init__(self) -> None:
        curves = {name: getattr(self, name) for name in ("f0_hz", "confidence", "loudness_db")}
        for name, curve in curves.items():
            if not isinstance(curve, Tensor) or not curve.is_floating_point():
                kind = curve.dtype if isinstance(curve, Tensor) else type(curve).__name__
                raise ValueError(f"Features are tensors of floating-point numbers: {name} is {kind}.")
        shapes = [list(curve.shape) for curve in curves.values()]
        if len(shapes[0]) != 2 or shapes[1:] != 2 * shapes[:1]:
            described = ", ".join(f"{name} {shape}" for name, shape in zip(curves, shapes, strict=True))
            raise ValueError(f"Features are three curves of one shape [batch, frames], not {described}.")
        for name, curve in curves.items():
            object.__setattr__(self, name, curve.float())

    @property
    def frames(self) -> int:
        return self.f0_hz.shape[-1]

    def to(self, device: torch.device | str) -> Features:
        return moved(self, device)


def features_of(features: Features | Sequence[Features] | None) -> Sequence[Features] | None:
    """The Features of one take or of several, as a sequence; None stays None.   Lesson 8."""
    return [features] if isinstance(features, Features) else features
