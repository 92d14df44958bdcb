"""The studio: an instrument, a performer and a room make takes whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import scipy
import torch
from torch import Tensor
from tqdm.auto import tqdm

from ddsp_course.data.config import AudioConfig, checked_config, is_whole
from ddsp_course.data.recordings import Recordings
from ddsp_course.data.types import Performance, as_tensor
from ddsp_course.instruments.performer import Gesture, Style, perform
from ddsp_course.instruments.regimes import wrong_notes
from ddsp_course.instruments.room import in_room, room_impulse_response

INTERNAL_RATE = 64_000
"""Every instrument vibrates at this rate, whatever the rate of the recording. Four times 16 kHz leaves friction and
reed room for the overtones they make; one rate means the same physics, equally in tune, at 16, 44.1 and 48 kHz."""
TAKE_SECONDS = 25.0
MOST_ATTEMPTS = 30


@dataclass(frozen=True)
class Instrument:
    """A player's instrument: the range and style that suit it, and how a gesture becomes sound.

    `sound(gesture, rng, body_seed)` -> [samples] at the config's rate, before the room; `rng` draws bow or breath noise
    and nothing else; `body_seed` picks another instrument of the same kind. lowest_hz and highest_hz bound what it can
    be asked to play.   Lesson 8.
    """

    name: str
    style: Style
    sound: Callable[[Gesture, np.random.Generator, int], np.ndarray]
    lowest_hz: float
    highest_hz: float


def record(
    instrument: Instrument,
    minutes: float,
    seed: int,
    config: AudioConfig,
    *,
    noise_seed: int | None,
    reading_seed: int | None,
    room: Tensor | None,
    body_seed: int,
    progress: bool,
) -> Recordings:
    """A session: takes of 20 to 30 s, each played again until every note has sounded at its pitch.   Lesson 8."""
    check_minutes(minutes)
    others = {"noise_seed": noise_seed, "reading_seed": reading_seed}  # None: not a re-take, not another performer
    check_seeds(seed=seed, body_seed=body_seed, **{name: other for name, other in others.items() if other is not None})
    config = checked_config(config)
    room = room_impulse_response(config=config) if room is None else room
    count = max(1, round(minutes * 60 / TAKE_SECONDS))
    seconds = minutes * 60 / count
    takes = []
    for take in tqdm(
        range(count), desc=f"recording the {instrument.name.replace('_', '-')} model", disable=not progress
    ):
        gesture, dry = right_take(instrument, seconds, (seed, take), config)
        if reading_seed is not None:
            gesture, dry = read_by_another(instrument, gesture, (reading_seed, take), body_seed)
        if noise_seed is not None:
            dry = retake(instrument, gesture, (noise_seed, take), body_seed)
        elif reading_seed is None and body_seed != 0:
            dry = instrument.sound(gesture, noise_of(gesture), body_seed)
        takes.append(in_performance(gesture, dry, room, f"{instrument.name}_{seed}_{take:03d}"))
    return Recordings(tuple(takes), name=instrument.name)


def right_take(
    instrument: Instrument, seconds: float, seeds: tuple[int, int], config: AudioConfig
) -> tuple[Gesture, np.ndarray]:
    """Draw a performance and play it; draw another one as long as a note locks into a wrong regime.

    Always with the first body and the performance's own noise: which attempt is kept must depend on the seeds alone.
    """
    for attempt in range(MOST_ATTEMPTS):
        take_seed = int(np.random.SeedSequence([*seeds, attempt]).generate_state(1)[0])
        gesture = perform(seconds, instrument.style, take_seed, config)
        dry = instrument.sound(gesture, noise_of(gesture), 0)
        if not wrong_notes(dry, gesture):
            return gesture, dry
    raise RuntimeError(f"The {instrument.name} model found no take without a wrong note in {MOST_ATTEMPTS} attempts.")


def noise_of(gesture: Gesture) -> np.random.Generator:
    """The noise that belongs to a performance when nobody asks for a re-take."""
    return np.random.default_rng([gesture.seed, 2])


def retake(instrument: Instrument, gesture: Gesture, seeds: tuple[int, int], body_seed: int) -> np.ndarray:
    """The same performance with other noise of bow or breath, again with every note at its pitch."""
    for attempt in range(MOST_ATTEMPTS):
        dry = instrument.sound(gesture, np.random.default_rng([*seeds, attempt, 3]), body_seed)
        if not wrong_notes(dry, gesture):
            return dry
    raise RuntimeError(f"The {instrument.name} model could not repeat a take in {MOST_ATTEMPTS} attempts.")


def read_by_another(
    instrument: Instrument, gesture: Gesture, seeds: tuple[int, int], body_seed: int
) -> tuple[Gesture, np.ndarray]:
    """The same notes, played by another performer, every note at its pitch."""
    config = gesture.config
    for attempt in range(MOST_ATTEMPTS):
        other = perform(
            gesture.frames / config.frame_rate, instrument.style, gesture.seed, config, reading=(*seeds, attempt)
        )
        dry = instrument.sound(other, noise_of(other), body_seed)
        if not wrong_notes(dry, other):
            return other, dry
    raise RuntimeError(f"The {instrument.name} model could not read a take anew in {MOST_ATTEMPTS} attempts.")


def in_performance(gesture: Gesture, dry: np.ndarray, room: Tensor, name: str) -> Performance:
    """Put a dry sound into the room, and file it with everything that is known about it."""
    from ddsp_course import dsp  # at the first note, so that importing the instruments stays quick

    def row(curve: np.ndarray) -> Tensor:
        return torch.from_numpy(curve.astype(np.float32))[None]

    room = as_tensor(room)
    if room.ndim != 1 or not len(room) or not torch.isfinite(room).all():
        raise ValueError(f"room must be an impulse response [taps] of finite numbers, not of shape {list(room.shape)}.")
    config = gesture.config
    audio = row(in_room(dry, room.detach().cpu().double().numpy()))
    return Performance(
        audio=audio,
        config=config,
        name=name,
        dry=row(dry),
        f0_hz=row(gesture.f0_hz),
        loudness_db=dsp.loudness_db(audio, sample_rate=config.sample_rate, hop_size=config.hop_size),
        gate=row(gesture.gate),
        room=room.detach().cpu().float(),
        notes=gesture.notes,
    )


def at_rate(sound: np.ndarray, gesture: Gesture) -> np.ndarray:
    """From the internal rate to the config's, without delay: sample n stays at n / sample_rate seconds."""
    rate = gesture.config.sample_rate
    common = int(np.gcd(rate, INTERNAL_RATE))
    resampled = scipy.signal.resample_poly(sound, rate // common, INTERNAL_RATE // common, window=("kaiser", 8.0))
    return resampled[: gesture.frames * gesture.config.hop_size]


def internal_samples(gesture: Gesture) -> int:
    """How many samples at the internal rate a gesture lasts (with a few to spare, which `at_rate` cuts off)."""
    return int(np.ceil(gesture.frames / gesture.config.frame_rate * INTERNAL_RATE)) + 8


def frames_per_sample(gesture: Gesture) -> float:
    """One sample at the internal rate, in frames: how far the loops move along the curves."""
    return gesture.config.frame_rate / INTERNAL_RATE


def check_minutes(minutes: Any) -> None:
    if isinstance(minutes, bool) or not isinstance(minutes, Real) or not 0 < minutes < float("inf"):
        raise ValueError(f"minutes must be a number above 0, not {minutes!r}.")
    if minutes * 60 < 1:
        raise ValueError(f"minutes={minutes!r} is {minutes * 60:.2g} s; a take needs at least one second.")


def check_seeds(**seeds: Any) -> None:
    for name, value in seeds.items():
        if not is_whole(value) or value < 0:
            raise ValueError(f"{name} must be a whole number from 0 upwards, not {value!r}.")
