"""Pitch read twice: a tracker says which note, then the harmonics' own turning says how much beside it.

A network that tracks pitch rounds: CREPE makes a small vibrato near the notes of a piano smaller, and a room makes it
late. Hold harmonic k still with a pointer that turns as fast as the tracked pitch says, and what turning is left is its
error, k times. Over a few milliseconds that is a far finer measure, once one knows where to look.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from ddsp_course.data import pitch

STEP = 40
"""Samples at 16 kHz, 2.5 ms: the turning is measured from one of these steps before a frame to one after it."""
SHORTEST_WINDOW = 320
PERIODS = 3
HIGHEST_HZ = (3000.0, 7000.0)
"""First without the high harmonics: k times 50 cents would be more than half a turn between the two steps."""
MOST_HARMONICS = 40
FURTHEST_CENTS = 50.0
BLOCK = 3000
"""Frames at a time: half a minute, so that memory does not grow with the recording."""


def refined_tracker(audio_16k: Tensor, *, report: Callable[[float], None] | None = None) -> tuple[Tensor, Tensor]:
    """`crepe_tracker`, and its pitch refined: audio [1, samples] at 16 kHz -> f0_hz and confidence [1, frames].

    For `extract_features(..., tracker=refined_tracker)`. On the course's instruments, in their rooms, a quarter to a
    ninth of CREPE's error (the median, while a note sounds), for 10 to 15 % more time.   Lesson 8.
    """
    f0_hz, confidence = pitch.crepe_tracker(audio_16k, report=report)
    sure = confidence >= pitch.SURE
    if sure.any():
        f0_hz = refine_pitch(audio_16k.cpu(), f0_hz, lowest_hz=float(f0_hz[sure].min()))
    return f0_hz, confidence


@torch.no_grad()
def refine_pitch(audio_16k: Tensor, f0_hz: Tensor, *, lowest_hz: float) -> Tensor:
    """A tracked pitch, corrected by what the harmonics do around it.

    audio_16k [1, samples] at 16 kHz; f0_hz [1, frames], in Hz, every 10 ms -> the same shape. Harmonic k, shifted to 0
    Hz by the tracked pitch and cut out by a Hann window of 20 ms (of three periods of lowest_hz, if these are longer),
    turns by k times the error: the errors' mean over all harmonics below 3 kHz, each weighed by its amplitude times k
    squared, is taken off, and then once more below 7 kHz. Where a correction is more than 50 cents, below lowest_hz,
    and where there is no pitch (0, less, or no number), it stays as it was. Raises ValueError for other shapes, and
    for a lowest_hz that is not above 0.
    Lesson 8.   Flanagan and Golden 1966; Abe et al. 1996
    """
    if audio_16k.ndim != 2 or f0_hz.ndim != 2 or len(audio_16k) != 1 or len(f0_hz) != 1 or not lowest_hz > 0:
        raise ValueError(
            f"refine_pitch takes audio_16k [1, samples], f0_hz [1, frames] and a lowest_hz above 0, not "
            f"{list(audio_16k.shape)}, {list(f0_hz.shape)} and {lowest_hz}."
        )
    given = f0_hz if f0_hz.is_floating_point() else f0_hz.float()
    pitched = (given > 0) & given.isfinite()
    f0_hz = torch.where(pitched, given, torch.full_like(given, lowest_hz))  # a pointer must turn somehow
    frames = f0_hz.shape[1]
    window_size = max(SHORTEST_WINDOW, 2 * math.ceil(PERIODS * pitch.RATE / lowest_hz / 2))
    margin = 1 + math.ceil((window_size / 2 + STEP) / pitch.HOP)  # frames that a frame's window reaches out
    parts = []
    for first in range(0, frames, BLOCK):
        begin, end = max(0, first - margin), min(frames, first + BLOCK + margin)
        sound = audio_16k[0, begin * pitch.HOP : end * pitch.HOP]
        sound = F.pad(sound, (0, (end - begin) * pitch.HOP - len(sound)))
        refined = f0_hz[0, begin:end]
        for highest_hz in HIGHEST_HZ:
            refined = _refined(sound, refined, lowest_hz, highest_hz, window_size)
        parts.append(refined[first - begin :][:BLOCK])
    return torch.where(pitched, torch.cat(parts)[None], given)


def _refined(sound: Tensor, f0_hz: Tensor, lowest_hz: float, highest_hz: float, window_size: int) -> Tensor:
    """sound [frames * HOP], f0_hz [frames] -> [frames]"""
    sound = sound.float()
    pointer = _pointer(f0_hz)
    window = torch.hann_window(window_size, device=sound.device)[None, None]
    reach = window_size // 2 + STEP
    error, weights = torch.zeros_like(f0_hz), torch.full_like(f0_hz, 1e-12)
    turned = torch.ones_like(pointer)
    for k in range(1, min(MOST_HARMONICS, int(highest_hz / lowest_hz)) + 1):
        turned = turned * pointer
        still = F.pad(torch.view_as_real(turned).T * sound, (reach, reach))[:, None]
        still = torch.complex(*F.conv1d(still, window, stride=STEP)[:, 0])
        before, after = (still[offset :: pitch.HOP // STEP][: len(f0_hz)] for offset in (0, 2))
        turning = after * before.conj()
        weight = k**2 * turning.abs().sqrt() * (k * f0_hz < highest_hz)
        error += weight * turning.angle() * (pitch.RATE / (2 * STEP * 2 * math.pi * k))
        weights += weight
    ratio = 1 + error / weights / f0_hz
    close = (1200 * ratio.clamp_min(1e-3).log2()).abs() < FURTHEST_CENTS
    return torch.where(close & (f0_hz >= lowest_hz), f0_hz * ratio, f0_hz)


def _pointer(f0_hz: Tensor) -> Tensor:
    """Turns back as fast as the pitch turns: complex [frames * HOP]. Between frames the pitch moves by equal ratios."""
    octaves = f0_hz.double().log2()
    following = torch.cat([octaves[1:], octaves[-1:]])
    n = torch.arange(pitch.HOP, device=f0_hz.device) / pitch.HOP
    hz = 2 ** (octaves[:, None] + (following - octaves)[:, None] * n).flatten()
    turns = torch.cumsum(hz, dim=0) - hz
    angle = (2 * math.pi / pitch.RATE) * turns
    return torch.polar(torch.ones_like(angle), -angle).to(torch.complex64)
