"""A spectrum on a musical scale, in which a transposition is a shift."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from ddsp_course.dsp.checks import as_sound, check_between
from ddsp_course.dsp.precision import full_precision

FRAMES_AT_ONCE = 1024


@full_precision
def constant_q_magnitude(
    audio: Tensor,
    *,
    sample_rate: int,
    hop_size: int,
    lowest_hz: float,
    bins_per_octave: int = 36,
    n_bins: int = 252,
    quality: float = 25.0,
) -> Tensor:
    """How much there is of each note of a fine scale: windows that hold the same number of periods at every pitch.

    audio [batch, samples] -> [batch, samples // hop_size, n_bins], frame i centred on sample i * hop_size (zeros are
    assumed before and after). Bin b lies at lowest_hz * 2 ** (b / bins_per_octave) and is seen through a Hann window of
    `quality` periods: a sine of amplitude 1 reads 1 at its own bin. So a sound that is transposed by a whole number of
    bins gives the same picture, shifted. Raises ValueError for bins outside 0 to half the sample rate, or audio
    shorter than a hop.   Lesson 19.   Brown 1991
    """
    audio = as_sound(audio)
    check_between(quality, 0, math.inf, "quality", "periods")
    highest_hz = lowest_hz * 2 ** ((n_bins - 1) / bins_per_octave)
    if not 0 < lowest_hz <= highest_hz < sample_rate / 2:
        raise ValueError(
            f"The bins must lie between 0 and {sample_rate / 2:g} Hz, not {lowest_hz:g} to {highest_hz:g}."
        )
    frames = audio.shape[-1] // hop_size
    if frames == 0:
        raise ValueError(f"audio must have at least one hop of {hop_size} samples, not {audio.shape[-1]}.")
    kernels = _kernels(sample_rate, lowest_hz, bins_per_octave, n_bins, quality)
    real, imaginary = (part.to(audio) for part in kernels)
    size = real.shape[0]
    padded = F.pad(audio, (size // 2, max(0, (frames - 1) * hop_size + size - size // 2 - audio.shape[-1])))
    found = []
    for pieces in padded.unfold(-1, size, hop_size)[:, :frames].split(FRAMES_AT_ONCE, dim=1):
        found.append(((pieces @ real).square() + (pieces @ imaginary).square()).clamp_min(1e-20).sqrt())
    return torch.cat(found, dim=1)


def _kernels(sample_rate: int, lowest_hz: float, bins_per_octave: int, n_bins: int, quality: float):
    """Windowed cosines and sines, [size, n_bins] each, centred on index size // 2."""
    hz = lowest_hz * 2 ** (torch.arange(n_bins, dtype=torch.float64) / bins_per_octave)
    lengths = quality * sample_rate / hz
    half = math.ceil(float(lengths[0]) / 2)
    n = torch.arange(-half, half + 1, dtype=torch.float64)[:, None]
    window = torch.where(n.abs() < lengths / 2, 0.5 + 0.5 * torch.cos(2 * math.pi * n / lengths), torch.zeros_like(n))
    window = 2 * window / window.sum(0)
    angle = 2 * math.pi * hz * n / sample_rate
    return window * angle.cos(), window * angle.sin()
