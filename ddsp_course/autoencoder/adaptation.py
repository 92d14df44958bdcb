"""Moving a performance to where an instrument was heard: its pitch, its loudness, its tuning. Each a small function."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from ddsp_course import dsp
from ddsp_course.autoencoder.notes import hold_through_rests, runs

if TYPE_CHECKING:
    from ddsp_course.autoencoder.model import TrainingStatistics


def shift_pitch(f0_hz: Tensor, semitones: float) -> Tensor:
    """The same melody, higher or lower: twelve semitones double every frequency.

    f0_hz [batch, frames] in Hz -> [batch, frames] in Hz.   Lesson 12.
    """
    return f0_hz * 2.0 ** (semitones / 12.0)


def octave_shift(f0_hz: Tensor, mask: Tensor, statistics: TrainingStatistics) -> int:
    """How many whole octaves bring a melody into the range an instrument was trained on; octaves keep the key.

    The fewest that put the median pitch of the sounding frames within the trained range, half a semitone of tolerance
    at its edges; as near as possible where the range is too narrow for that. f0_hz in Hz and mask (bool, at least one
    True) [batch, frames] -> octaves, up if positive.   Lesson 12.
    """
    low, high = statistics.pitch_range_midi
    median = float(dsp.hz_to_midi(f0_hz)[mask].median())

    def outside(octaves: int) -> float:
        pitch = median + 12 * octaves
        return max(low - 0.5 - pitch, pitch - high - 0.5, 0.0)

    return min(range(-6, 7), key=lambda octaves: (outside(octaves), abs(octaves)))


def match_loudness(
    loudness_db: Tensor, mask: Tensor, statistics: TrainingStatistics, *, steepest: float = 4.0
) -> Tensor:
    """As loud as the instrument was in training: the softest tenth becomes its softest tenth, and so on up.

    Quantile to quantile, straight lines between: louder stays louder, and nothing leaves the trained range. Rests get
    the loudness of the training's rests, for silence must not become breath. A source that hardly changes is not
    blown up to full dynamics: no part of the curve is steeper than `steepest` dB a dB, counted from the median.
    loudness_db and mask (bool, at least one True) [batch, frames] -> dB, [batch, frames].   Lesson 12.
    """
    trained = loudness_db.new_tensor(statistics.loudness_db_quantiles)
    heard = quantiles(loudness_db[mask], len(trained))
    steps = torch.minimum(trained.diff(), steepest * heard.diff())
    climbed = F.pad(steps.cumsum(0), (1, 0))
    middle = len(trained) // 2
    played = trained[middle] + climbed - climbed[middle]
    return torch.where(
        mask, piecewise_linear(loudness_db, heard, played), loudness_db.new_tensor(statistics.rest_loudness_db)
    )


def quantiles(values: Tensor, n_levels: int) -> Tensor:
    """The values that 0 %, ..., 100 % of all values lie below, in equal steps.

    values [n] -> [n_levels], ascending.   Lesson 12.
    """
    ordered = values.sort().values
    places = torch.linspace(0, len(ordered) - 1, n_levels, dtype=torch.float64, device=values.device)
    below = places.floor().long()
    above = places.ceil().long()
    return torch.lerp(ordered[below], ordered[above], (places - below).to(ordered.dtype))


def piecewise_linear(x: Tensor, knots: Tensor, values: Tensor) -> Tensor:
    """Straight lines from (knots[0], values[0]) to (knots[1], values[1]) and on; constant beyond both ends.

    x any shape; knots ascending (equal ones allowed) and values [n] -> the shape of x.   Lesson 12.
    """
    right = torch.searchsorted(knots, x.contiguous()).clamp(1, len(knots) - 1)
    left = right - 1
    share = (x - knots[left]) / (knots[right] - knots[left]).clamp(min=1e-6)
    return torch.lerp(values[left], values[right], share.clamp(0.0, 1.0))


def autotune(f0_hz: Tensor, amount: float, mask: Tensor | None = None, *, frame_rate: float = 250.0) -> Tensor:
    """Each note in tune as a whole, its vibrato, slides and drifts left alone.

    A note's median is moved by `amount` (0: not at all, 1: all the way) to the nearest semitone of the performance's
    own tuning, and the correction glides from note to note: rounding each frame would flatten the vibrato and flip
    back and forth between two semitones. f0_hz in Hz and mask (bool; None: all sounds) [batch, frames]; frame_rate in
    Hz -> [batch, frames] in Hz.   Lesson 12.
    """
    mask = torch.ones_like(f0_hz, dtype=torch.bool) if mask is None else mask
    if amount == 0.0 or not mask.any():
        return f0_hz
    midi = dsp.hz_to_midi(f0_hz)
    centres = midi.clone()
    for row in range(len(midi)):
        for first, end in runs(mask[row]):
            centres[row, first:end] = running_median(midi[row, first:end], round(0.2 * frame_rate))
    tuning = tuning_semitones(centres[mask])
    corrections, noted = torch.zeros_like(midi), torch.zeros_like(mask)
    for row in range(len(midi)):
        for first, end in steady_notes(centres[row] - tuning, mask[row], shortest=round(0.08 * frame_rate)):
            note = float(midi[row, first:end].median()) - tuning
            corrections[row, first:end] = round(note) - note
            noted[row, first:end] = True
    corrections = smooth(hold_through_rests(corrections, noted), round(0.06 * frame_rate))
    return shift_pitch(f0_hz, amount * corrections)


def tuning_semitones(midi: Tensor) -> float:
    """How far a performance is tuned off A4 = 440 Hz: the mean angle on a circle that is one semitone round.

    midi: pitches of sounding frames, any shape, as MIDI numbers, averaged over vibrato (one of more than 38 cents would
    point the mean to the circle's other side) -> semitones from -0.5 to 0.5.   Lesson 12.
    """
    angle = 2 * math.pi * (midi.double() % 1.0)
    return math.atan2(float(angle.sin().mean()), float(angle.cos().mean())) / (2 * math.pi)


def steady_notes(centres: Tensor, mask: Tensor, *, shortest: int) -> list[tuple[int, int]]:
    """The notes of a melody, legato ones too: (first frame, first frame after) of each stretch about one semitone.

    A new note begins where the pitch is 0.7 semitones from the last one's: hysteresis again, half a semitone would
    flip. What is shorter than `shortest` frames is on its way from note to note. centres (pitch averaged over vibrato,
    in semitones) and mask [frames].   Lesson 12.
    """
    notes = []
    for first, end in runs(mask):
        pitches = centres[first:end].tolist()
        begun, note = first, round(pitches[0])
        for frame, pitch in enumerate(pitches, start=first):
            if abs(pitch - note) > 0.7:
                notes.append((begun, frame))
                begun, note = frame, round(pitch)
        notes.append((begun, end))
    return [(begun, ended) for begun, ended in notes if ended - begun >= shortest]


def running_median(curve: Tensor, window: int) -> Tensor:
    """The median of the frames around each frame: it follows steps at once and averages vibrato away.

    curve [frames], window in frames (made odd) -> [frames]; the ends are repeated.   Lesson 12.
    """
    half = window // 2
    padded = F.pad(curve[None, None], (half, half), mode="replicate")[0, 0]
    return padded.unfold(0, 2 * half + 1, 1).median(dim=-1).values


def smooth(curve: Tensor, window: int) -> Tensor:
    """A weighted mean under a Hann bell: corners become glides.

    curve [batch, frames], window in frames (made odd) -> [batch, frames]; the ends are repeated.   Lesson 12.
    """
    half = window // 2
    bell = torch.hann_window(2 * half + 3, periodic=False, dtype=curve.dtype, device=curve.device)[1:-1]
    padded = F.pad(curve[:, None], (half, half), mode="replicate")
    return F.conv1d(padded, (bell / bell.sum())[None, None])[:, 0]
