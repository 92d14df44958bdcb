"""How many digits a number keeps: enough for a phase, whatever the network around it works in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import torch
from torch import Tensor

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def at_least_float32(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The tensors in the finest precision among them, and never less than float32.

    Half precision and whole numbers have no business in a phase.   Lesson 1.
    """
    dtype = torch.float32
    for tensor in tensors:
        dtype = torch.promote_types(dtype, tensor.dtype)
    return tuple(tensor.to(dtype) for tensor in tensors)


def full_precision(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A decorator: inside, torch.autocast does nothing, whose bfloat16 has but 8 binary digits.   Lesson 1."""

    @wraps(function)
    def exact(*args: Arguments.args, **options: Arguments.kwargs) -> Result:
        kind = next(each.device.type for each in (*args, *options.values()) if isinstance(each, Tensor))
        if not torch.is_autocast_enabled(kind):
            return function(*args, **options)
        with torch.autocast(kind, enabled=False):
            return function(*args, **options)

    return exact
