"""From notes to curves: a score on the frame grid, and what a player adds to it, measured note by note.

A score is a tensor [notes, 4] in order of time: onset and end in seconds, MIDI pitch, velocity from 0 to 127.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ddsp_course.data import CourseError

SLOWEST_HZ, FASTEST_HZ, STEP_HZ = 3.0, 9.0, 0.1
"""Where vibrato is looked for: as in MIDI-DDSP."""
PLAIN_S, GROWING_S, FADING_S = 0.2, 0.25, 0.04
"""A note starts plain, then its vibrato grows, and it fades before the note ends."""


def as_score(notes: Tensor) -> Tensor:
    """Check a score [notes, 4] and hand it back; raises CourseError for another shape, or for notes out of order.
    Lesson 21."""
    if notes.ndim != 2 or notes.shape[-1] != 4 or len(notes) == 0:
        raise CourseError(f"A score is [notes, 4]: onset, end, pitch, velocity; this one is {list(notes.shape)}.")
    if not torch.isfinite(notes).all() or (notes[1:, 0] < notes[:-1, 1] - 1e-4).any():
        raise CourseError("The notes of a score follow each other: none may begin before the one before it ends.")
    if (notes[:, 1] <= notes[:, 0]).any():
        raise CourseError("Each note of a score must end after it begins.")
    return notes


def note_of_frame(notes: Tensor, n_frames: int, *, frame_rate: float) -> tuple[Tensor, Tensor]:
    """Which note each frame belongs to, the last that has begun (before the first: the first), and its time in s.

    notes [notes, 4]; frame_rate in Hz -> index [n_frames], seconds [n_frames].   Lesson 21.
    """
    seconds = torch.arange(n_frames, device=notes.device) / frame_rate
    index = torch.searchsorted(notes[:, 0].contiguous(), seconds.to(notes.dtype), right=True) - 1
    return index.clamp_min(0), seconds


def score_frames(notes: Tensor, n_frames: int, *, frame_rate: float) -> Tensor:
    """A score on the frame grid: what a player who reads it knows at each moment.

    notes [notes, 4]: onset and end in s, MIDI pitch, velocity 0 to 127; frame_rate in Hz -> [n_frames, 5]: MIDI pitch,
    velocity 0 to 1, seconds since the onset, seconds until the end (below 0 in the rest after it), semitones to the
    next note (0 for the last one). A frame belongs to the last note that has begun, before the first one to the first.
    Raises CourseError for what is no score.   Lesson 21.
    """
    notes = as_score(notes)
    index, seconds = note_of_frame(notes, n_frames, frame_rate=frame_rate)
    onset, end, midi, velocity = notes[index].unbind(-1)
    leap = torch.nn.functional.pad(notes[:, 2].diff(), (0, 1))[index]
    return torch.stack([midi, velocity / 127, seconds - onset, end - seconds, leap], dim=-1)


def measure_vibrato(cents: Tensor, *, frame_rate: float) -> tuple[Tensor, Tensor]:
    """Extent and rate of a vibrato: the strongest swing between 3 and 9 Hz.

    cents [frames], a pitch's deviation from its note, at least 3 frames; frame_rate in Hz -> extent in cents (from the
    middle to the top), rate in Hz, to a tenth. Raises CourseError for a curve that is too short.
    Lesson 21.   Wu et al. 2022, appendix B, arXiv:2112.09312 (there as two of six attributes of a note).
    """
    if cents.ndim != 1 or len(cents) < 3:
        raise CourseError(f"A vibrato is measured on a curve of at least 3 frames, not on {list(cents.shape)}.")
    window = torch.hann_window(len(cents) + 2, periodic=False, dtype=cents.dtype, device=cents.device)[1:-1]
    window = window / window.sum()
    rates_hz = SLOWEST_HZ + STEP_HZ * torch.arange(round((FASTEST_HZ - SLOWEST_HZ) / STEP_HZ) + 1, device=cents.device)
    turns = rates_hz[:, None].to(cents.dtype) * torch.arange(len(cents), device=cents.device) / frame_rate
    swing = window * (cents - (window * cents).sum())
    extents = 2 * torch.hypot(
        (swing * torch.cos(math.tau * turns)).sum(-1), (swing * torch.sin(math.tau * turns)).sum(-1)
    )
    best = extents.argmax()
    return extents[best], rates_hz[best]


def loudness_shapes(n_frames: int) -> Tensor:
    """Three shapes that a note's loudness is put together from: level, tilt (-1 to 1), arch (0.5 in the middle, -1 at
    the ends).

    n_frames, at least 1 -> [n_frames, 3], without a unit.   Lesson 21.
    """
    along = (torch.arange(n_frames) + 0.5) / n_frames
    return torch.stack([torch.ones(n_frames), 2 * along - 1, 6 * along * (1 - along) - 1], dim=-1)


def loudness_shape(loudness_db: Tensor) -> Tensor:
    """How much of each of the three shapes there is in a note's loudness, by least squares.

    loudness_db [frames], at least 3, in dB -> [3]: level, tilt and arch in dB; `loudness_shapes(frames) @ result` is
    the curve as well as they can say it. Raises CourseError for a curve that is too short.   Lesson 21.
    """
    if loudness_db.ndim != 1 or len(loudness_db) < 3:
        raise CourseError(f"Three shapes need a curve of at least 3 frames, not {list(loudness_db.shape)}.")
    shapes = loudness_shapes(len(loudness_db)).to(loudness_db)
    return torch.linalg.solve(shapes.T @ shapes, shapes.T @ loudness_db)


def vibrato_growth(since_s: Tensor, left_s: Tensor) -> Tensor:
    """How much of its vibrato a note has: none for 0.2 s, then more and more, all of it after 0.45 s, none at the end.

    seconds since a note's onset and until its end -> 0 to 1, of their shape.   Lesson 21.
    """
    return ((since_s - PLAIN_S) / GROWING_S).clamp(0, 1) * (left_s / FADING_S).clamp(0, 1)


def expressive_pitch(
    notes: Tensor, extent_cents: Tensor, rate_hz: Tensor, glide_s: Tensor, n_frames: int, *, frame_rate: float
) -> Tensor:
    """A pitch curve from notes and from what is to be done to each of them.

    notes [notes, 4]; extent_cents, rate_hz, glide_s [notes]: its vibrato, and how long the pitch takes to come from the
    note before, half a cosine that begins at the onset; frame_rate in Hz -> MIDI pitch [n_frames]. The phase of a
    vibrato is 0 where it begins, 0.2 s after the onset. Raises CourseError for what is no score, and where there is not
    one value for each note.   Lesson 21.
    """
    notes = as_score(notes)
    if any(each.shape != notes[:, 0].shape for each in (extent_cents, rate_hz, glide_s)):
        raise CourseError(f"extent_cents, rate_hz and glide_s need one value for each of the {len(notes)} notes.")
    index, seconds = note_of_frame(notes, n_frames, frame_rate=frame_rate)
    onset, end, midi, _ = notes[index].unbind(-1)
    since = seconds - onset
    glide = glide_s[index]
    arrived = torch.where(glide > 0, since / glide.clamp_min(1e-4), torch.ones_like(since)).clamp(0, 1)
    leap = torch.nn.functional.pad(notes[:, 2].diff(), (1, 0))[index]
    gliding = -leap * (0.5 + 0.5 * torch.cos(math.pi * arrived))
    swing = torch.sin(math.tau * rate_hz[index] * (since - PLAIN_S))
    return midi + gliding + extent_cents[index] / 100 * vibrato_growth(since, end - seconds) * swing
