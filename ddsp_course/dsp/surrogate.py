"""A stand-in for the sine whose frequency can be found by gradient descent: the powers of a complex number."""

from __future__ import annotations

import math

import torch
from torch import Tensor

SMALLEST = 1e-12
"""No pole is nearer to 0 than this: there the logarithm has no slope, and z to the power n is 0 anyway."""


def damped_exponential(pole: Tensor, n_samples: int) -> Tensor:
    """A complex number to the powers 0, 1, 2 ...: a tone that dies away inside the unit circle and holds on it.

    pole [...], complex, |pole| at most 1 -> [..., n_samples], complex: pole ** n. Its angle is the frequency
    (`pole_to_hz`), its size the damping: after 1 / (1 - |pole|) samples about a third is left. The real part of a pole
    on the circle is a cosine. The gradient that PyTorch gives for a complex number points uphill, so steps against it
    lead down; towards a single cosine they lead there from anywhere in the upper half of the disc, which no step in
    frequency does. Raises ValueError for a real tensor, a pole outside the circle or fewer than one sample.
    Lesson 19.   Hayes, Saitis and Fazekas 2023, arXiv:2210.14476
    """
    if not pole.is_complex():
        raise ValueError(f"pole must be complex, not {pole.dtype}: make it of size and angle with torch.polar.")
    if n_samples < 1:
        raise ValueError(f"n_samples must be at least 1, not {n_samples}.")
    if pole.numel() and float(pole.detach().abs().max()) > 1 + 1e-5:
        raise ValueError(
            f"A pole must lie in the unit circle, not {float(pole.detach().abs().max()):.4g} from 0: outside it grows "
            f"without end. Divide it by its size."
        )
    inside = torch.where(pole.detach().abs() < SMALLEST, torch.full_like(pole, SMALLEST), pole)
    n = torch.arange(n_samples, dtype=torch.float64, device=pole.device)
    wide = inside.to(torch.complex128)  # the phase of the last sample is n times as wrong as that of the first
    return torch.exp(torch.log(wide)[..., None] * n).to(pole.dtype)


def hz_to_pole(frequency_hz: Tensor, size: float, *, sample_rate: int) -> Tensor:
    """A frequency and a damping as one complex number.

    frequency_hz, any shape, in Hz; size above 0 and at most 1 (1: no damping) -> the same shape, complex.
    Raises ValueError for another size.   Lesson 19.
    """
    if not 0 < size <= 1:
        raise ValueError(f"size must be above 0 and at most 1, not {size}.")
    return torch.polar(torch.full_like(frequency_hz, size), frequency_hz * (2 * math.pi / sample_rate))


def pole_to_hz(pole: Tensor, *, sample_rate: int) -> Tensor:
    """The frequency of a pole: its angle, as a share of the whole circle, of the sample rate.

    pole, any shape, complex -> the same shape, in Hz, 0 to sample_rate / 2 (mirrored poles sound alike).   Lesson 19.
    """
    return pole.angle().abs() * (sample_rate / (2 * math.pi))
