"""What a function says at its door to sound and numbers that make no sense: one sentence."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from torch import Tensor

from ddsp_course.dsp.precision import at_least_float32


def as_sound(audio: Tensor, name: str = "audio", shape: str = "[batch, samples]") -> Tensor:
    """Sound as it can be worked on: in float32 or finer, whatever the network around it works in.

    audio, of as many dimensions as `shape` names ("[..., samples]": any) -> the same. Raises ValueError for another
    number of dimensions, and for whole numbers, which have no scale.   Lesson 4.
    """
    if "..." not in shape and audio.ndim != shape.count(",") + 1:
        raise ValueError(f"{name} must be {shape}, not {list(audio.shape)}.")
    if not audio.is_floating_point():
        raise ValueError(f"{name} holds {audio.dtype}: scale it to -1 to 1 first, 16 bits by / 32768.")
    return at_least_float32(audio)[0]


def check_between(value: Any, low: float, high: float, name: str, unit: str = "") -> None:
    """Raise ValueError for a number that does not lie between two others, both excluded.

    A tensor passes: to look at it would be to wait for the device that it is on.   Lesson 4.
    """
    if isinstance(value, Real) and not low < value < high:
        limits = f"be above {low:g}" if math.isinf(high) else f"lie between {low:g} and {high:g}"
        raise ValueError(f"{name} must {limits}{' ' + unit if unit else ''}, not {value:g}.")
