"""A melody from a MIDI file: the notes of one voice, in seconds, as a score."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ddsp_course.autoencoder.expression import as_score
from ddsp_course.data import CourseError

DRUMS = 9
"""The channel on which a number is a drum and no pitch: the tenth, counted from 0."""
TOGETHER_S = 0.03
"""Two notes that begin closer than this are one chord."""
BEAT_S = 0.5
"""How long a quarter note lasts until the file says something else: 120 a minute."""

Note = tuple[float, float, int, int]


def notes_from_midi(path: str | Path, *, part: int | None = None) -> Tensor:
    """The melody of a Standard MIDI File (.mid) as a score; needs the package mido.

    -> notes [notes, 4]: onset and end in s, counted from the start of the file, MIDI pitch, velocity 1 to 127. Changes
    of tempo are followed. One voice: where a note is still held when the next begins, it ends there, as on an
    instrument that plays what was pressed last. Pedal, bends and drums (channel 10) are left out. part: which one, of a
    file with several (each track, and in it each channel, that has notes, counted from 0); None: all the file has.

    Raises CourseError where mido or the file is missing, for a file that is no MIDI or has no notes, and for several
    voices at once: notes that begin together, or one still held when a later one has ended.   Lesson 21.
    """
    path = Path(path)
    file = _opened(path)
    parts = _parts(file)
    if not parts:
        raise CourseError(f"{path.name} has no notes in it (drums are not counted).")
    if part is not None and not 0 <= part < len(parts):
        raise CourseError(f"{path.name} has no part {part}: {_listed(parts)}.")
    chosen = list(parts.values()) if part is None else [list(parts.values())[part]]
    notes = sorted(note for each in chosen for note in each)
    for before, after in zip(notes, notes[1:], strict=False):
        overlap = before[1] - after[0] > 1e-4
        if overlap and (after[0] - before[0] < TOGETHER_S or before[1] > after[1] + 1e-4):
            others = "" if len(parts) == 1 or part is not None else f" Choose a part, with part=: {_listed(parts)}."
            raise CourseError(f"{path.name} has several voices at once, {after[0]:.2f} s in: give one melody.{others}")
    ends = [min(note[1], after[0]) for note, after in zip(notes, notes[1:], strict=False)] + [notes[-1][1]]
    rows = [[onset, end, midi, velocity] for (onset, _, midi, velocity), end in zip(notes, ends, strict=True)]
    return as_score(torch.tensor(rows, dtype=torch.float32))


def _opened(path: Path) -> Any:
    try:
        import mido
    except ImportError:
        raise CourseError("Reading MIDI needs mido: pip install -e '.[course]' in the course's folder.") from None
    try:
        file = mido.MidiFile(path, clip=True)
    except FileNotFoundError:
        raise CourseError(f"There is no file {path}.") from None
    except Exception:  # whatever a parser stumbles over in bytes that mean something else
        raise CourseError(f"{path.name} cannot be read as a Standard MIDI File (.mid).") from None
    if file.type not in (0, 1) or file.ticks_per_beat <= 0:
        raise CourseError(f"{path.name} counts time in an unusual way: save it as MIDI of type 0 or 1, in beats.")
    return file


def _parts(file: Any) -> dict[tuple[int, int, str], list[Note]]:
    """The notes of each track and channel that has some, in seconds."""
    seconds = _clock(file)
    return {
        (number, channel, track.name): notes
        for number, track in enumerate(file.tracks)
        for channel, notes in sorted(_of_track(track, seconds).items())
    }


def _of_track(track: Any, seconds: Callable[[int], float]) -> dict[int, list[Note]]:
    """The notes of a track's channels: a key sounds until it is let go, or pressed again, or the track ends."""
    tick, held, found = 0, {}, defaultdict(list)

    def end(channel: int, midi: int) -> None:
        began, velocity = held.pop((channel, midi), (tick, 0))
        if tick > began:
            found[channel].append((seconds(began), seconds(tick), midi, velocity))

    for message in track:
        tick += message.time
        if message.type in ("note_on", "note_off") and message.channel != DRUMS:
            end(message.channel, message.note)
            if message.type == "note_on" and message.velocity:
                held[message.channel, message.note] = (tick, message.velocity)
    for key in list(held):
        end(*key)
    return found


def _clock(file: Any) -> Callable[[int], float]:
    """From ticks since the start to seconds, through every change of tempo, which all tracks share."""
    changes = {0: BEAT_S}
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "set_tempo":
                changes[tick] = message.tempo / 1e6
    ticks = sorted(changes)
    reached = [0.0]
    for before, after in zip(ticks, ticks[1:], strict=False):
        reached.append(reached[-1] + (after - before) * changes[before] / file.ticks_per_beat)

    def seconds(tick: int) -> float:
        last = bisect_right(ticks, tick) - 1
        return reached[last] + (tick - ticks[last]) * changes[ticks[last]] / file.ticks_per_beat

    return seconds


def _listed(parts: dict[tuple[int, int, str], list[Note]]) -> str:
    """Every part with its number, name and size, for a message."""
    names = [name or f"track {track + 1}, channel {channel + 1}" for track, channel, name in parts]
    sizes = [len(notes) for notes in parts.values()]
    return "; ".join(f"{i}: {name}, {size} notes" for i, (name, size) in enumerate(zip(names, sizes, strict=True)))
