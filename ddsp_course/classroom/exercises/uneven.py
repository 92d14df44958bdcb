"""What the cases of many exercises are made of: numbers without a pattern, the same everywhere."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def uneven(*shape: int, low: float = -1.0, shift: float = 0.0) -> Tensor:
    """Numbers between `low` and 1, float32; another `shift` (radians), other numbers.

    The sine of places that do not grow evenly: of even ones it would obey a recurrence, and its matrices be of rank two.
    """
    place = torch.arange(math.prod(shape), dtype=torch.float64) ** 1.3
    wave = torch.sin(2.3 * place + 0.9 + shift).float().reshape(shape)
    return 0.5 * (1 + low) + 0.5 * (1 - low) * wave
