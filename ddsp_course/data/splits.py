"""What is trained on and what is kept back to judge by."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ddsp_course.data.errors import CourseError
from ddsp_course.data.recordings import Recordings, as_data_set
from ddsp_course.data.types import Performance, Recording

SOUNDING_RANGE_DB = 50.0
"""A frame sounds if its level is at most this far below the loudest of its take: the dynamic range of an instrument."""


def split(
    recordings: Recordings | Sequence[Recording], *, seed: int = 0, held_out: float = 0.2, crop_seconds: float = 1.5
) -> tuple[Recordings, Recordings]:
    """Two data sets: one to train on, one that the model never hears, to judge it by.

    Whole takes go to one side or the other, drawn by `seed`, until about `held_out` of the seconds are held out. Of a
    single take the end is held out: its last part with `held_out` of the sound, after a gap of one crop (less in a take
    of less than three), so that no crop of one side resounds in the other. Either side keeps at least a take, or a
    crop of a single one. `crop_seconds` is the length of a training crop; takes shorter than that are left out, with a
    warning. Raises CourseError when there is less than two crops of sound, or no take as long as a crop, and names the
    minimum.   Lesson 11.
    """
    if not 0 < held_out < 1:
        raise ValueError(f"held_out is a share of the data between 0 and 1, not {held_out}.")
    recordings = as_data_set(recordings)
    sound = sum(float(sounding(take).mean()) * take.seconds for take in recordings)
    if sound < 2 * crop_seconds:
        raise CourseError(
            f"{recordings.name} holds {sound:.1f} s of sound, and training needs at least {2 * crop_seconds:.1f} s "
            f"(two crops of {crop_seconds:.1f} s): record more, some minutes if you can."
        )
    long_enough = [take for take in recordings if take.seconds >= crop_seconds]
    if not long_enough:
        raise CourseError(
            f"No recording of {recordings.name} is as long as a training crop of {crop_seconds:.1f} s: "
            "give longer ones, or join several in one file."
        )
    if len(long_enough) < len(recordings):
        short = [take.name for take in recordings if take.seconds < crop_seconds]
        named = ", ".join(short[:3]) + (", ..." if len(short) > 3 else "")
        warnings.warn(
            f"Left out because shorter than a training crop of {crop_seconds:.1f} s: {len(short)} of "
            f"{len(recordings)} recordings ({named}).",
            stacklevel=2,
        )
    if len(long_enough) == 1:
        train, kept = _split_one(long_enough[0], held_out, crop_seconds)
    else:
        train, kept = _split_many(long_enough, seed, held_out)
    return Recordings(tuple(train), f"{recordings.name} (train)"), Recordings(
        tuple(kept), f"{recordings.name} (held out)"
    )


def cut(recording: Recording, start_frame: int, end_frame: int) -> Recording:
    """A part of a recording, from one frame up to another, with all that is known about it.

    Of a Performance the dry sound, pitch, loudness, gate and notes are cut along; notes that reach across an end are
    shortened. Raises ValueError for frames outside of the recording.   Lesson 11.
    """
    if not 0 <= start_frame < end_frame <= recording.frames:
        raise ValueError(
            f"{recording.name} has frames 0 to {recording.frames}: cannot cut {start_frame} to {end_frame}."
        )
    config = recording.config
    start_s, end_s = start_frame / config.frame_rate, end_frame / config.frame_rate
    samples = slice(start_frame * config.hop_size, end_frame * config.hop_size)
    frames = slice(start_frame, end_frame)
    part = {"audio": recording.audio[:, samples].clone(), "name": f"{recording.name} [{start_s:.1f} to {end_s:.1f} s]"}
    if isinstance(recording, Performance):
        notes = [
            replace(note, start_s=max(note.start_s, start_s) - start_s, end_s=min(note.end_s, end_s) - start_s)
            for note in recording.notes
            if note.start_s < end_s and note.end_s > start_s
        ]
        part |= {"dry": recording.dry[:, samples].clone(), "notes": tuple(notes)}
        part |= {name: getattr(recording, name)[:, frames].clone() for name in ("f0_hz", "loudness_db", "gate")}
    return replace(recording, **part)


def sounding(recording: Recording) -> np.ndarray:
    """Where something is heard: true for each frame whose level is within 50 dB of the loudest.   Lesson 11.

    recording -> [frames], true or false. The level is taken over 20 ms.
    """
    audio = recording.audio[0].cpu().numpy()
    power = np.square(audio[: recording.frames * recording.config.hop_size]).reshape(recording.frames, -1).mean(axis=1)
    width = max(1, round(0.02 * recording.config.frame_rate))
    power = np.convolve(power, np.ones(width) / width, mode="same")[: len(power)]
    return power > power.max() * 10 ** (-SOUNDING_RANGE_DB / 10)


def _split_one(take: Recording, held_out: float, crop_seconds: float) -> tuple[list[Recording], list[Recording]]:
    crop = round(crop_seconds * take.config.frame_rate)
    heard = np.cumsum(sounding(take))
    # By sound rather than by the clock: the end of a recording is often someone walking to the computer.
    start = int(np.searchsorted(heard, (1 - held_out) * heard[-1]))
    start = min(max(start, 2 * crop), take.frames - crop)
    end_of_training = max(start - crop, crop)
    return [cut(take, 0, end_of_training)], [cut(take, start, take.frames)]


def _split_many(takes: list[Recording], seed: int, held_out: float) -> tuple[list[Recording], list[Recording]]:
    wanted = held_out * sum(take.seconds for take in takes)
    kept: set[int] = set()
    seconds = 0.0
    for index in np.random.default_rng(seed).permutation(len(takes)):
        # A take much longer than what is wanted would leave too little to train on: pass it over.
        short_enough = seconds + takes[index].seconds <= 1.5 * wanted
        if seconds < 0.9 * wanted and short_enough and len(kept) < len(takes) - 1:
            kept.add(int(index))
            seconds += takes[index].seconds
    if not kept:
        kept.add(min(range(len(takes)), key=lambda index: takes[index].seconds))
    train = [take for index, take in enumerate(takes) if index not in kept]
    return train, [take for index, take in enumerate(takes) if index in kept]
