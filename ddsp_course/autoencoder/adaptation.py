"""Moving a performance to where an instrument was heard: its pitch, its loudness, its tuning. Each a small function."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from ddsp_course import dsp
from ddsp_course.autoencoder.notes import carry_through_rests, runs

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


def tuning_semitones(midi: Tensor) -> float:
    """How far a performance is tuned off A4 = 440 Hz, from -0.5 to 0.5 semitones: the mean angle on a semitone's circle.

    midi: pitches of sounding frames, any shape, as MIDI numbers.   Lesson 12.
    """
    angle = 2 * math.pi * (midi.double() % 1.0)
    return math.atan2(float(angle.sin().mean()), float(angle.cos().mean())) / (2 * math.pi)


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
    tuning = tuning_semitones(midi[mask])
    corrections = torch.zeros_like(midi)
    for row in range(len(midi)):
        noted = torch.zeros_like(mask[row])
        for first, end in steady_notes(midi[row] - tuning, mask[row], frame_rate=frame_rate):
            centre = float(midi[row, first:end].median()) - tuning
            corrections[row, first:end] = round(centre) - centre
            noted[first:end] = True
        if noted.any():
            held = carry_through_rests(corrections[row : row + 1], noted[None])[0]
            corrections[row] = smooth(held, round(0.06 * frame_rate))
    return shift_pitch(f0_hz, amount * corrections)


def steady_notes(
    semitones: Tensor, mask: Tensor, *, frame_rate: float, shortest_s: float = 0.08
) -> list[tuple[int, int]]:
    """The notes of a melody, legato ones too: (first frame, first frame after) of each stretch about one semitone.

    A running median over 0.2 s, longer than a vibrato's period, finds the pitch that a listener names. A new note
    begins where that is 0.7 semitones from the last one's: hysteresis again, half a semitone would flip. semitones and
    mask [frames]; what is shorter than shortest_s is on its way from note to note.   Lesson 12.
    """
    notes = []
    for first, end in runs(mask):
        centres = running_median(semitones[first:end], round(0.2 * frame_rate)).tolist()
        begun, note = 0, round(centres[0])
        for frame, centre in enumerate([*centres, math.inf]):
            if abs(centre - note) > 0.7:
                if frame - begun >= shortest_s * frame_rate:
                    notes.append((first + begun, first + frame))
                begun, note = frame, round(centre) if frame < end - first else 0
    return notes


def running_median(curve: Tensor, window: int) -> Tensor:
    """The median of the frames around each frame: it follows steps at once and averages vibrato away.

    curve [frames], window in frames (made odd) -> [frames]; the ends are repeated.   Lesson 12.
    """
    half = window // 2
    padded = F.pad(curve[None, None], (half, half), mode="replicate")[0, 0]
    return padded.unfold(0, 2 * half + 1, 1).median(dim=-1).values


def smooth(curve: Tensor, window: int) -> Tensor:
    """A weighted mean under a Hann bell: corners become glides.

    curve [frames], window in frames (made odd) -> [frames]; the ends are repeated.   Lesson 12.
    """
    half = window // 2
    bell = torch.hann_window(2 * half + 3, periodic=False, dtype=curve.dtype, device=curve.device)[1:-1]
    padded = F.pad(curve[None, None], (half, half), mode="replicate")
    return F.conv1d(padded, (bell / bell.sum())[None, None])[0, 0]
