"""Tables that are worked out once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

import torch
from torch import Tensor

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def kept(maxsize: int) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """A decorator: `functools.lru_cache` for results that hold tensors, which must serve everybody who comes later.

    They are made outside of inference_mode, for training too. And while torch.export or torch.compile trace a program,
    with tensors that only stand for others, none is kept: all that follows would be computed with it.   Lesson 4.
    """

    def decorate(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        remembered = lru_cache(maxsize)(function)

        @wraps(function)
        def found(*args: Arguments.args, **options: Arguments.kwargs) -> Result:
            with torch.inference_mode(False):
                tracing = torch.compiler.is_compiling() or type(torch.empty(0)) is not Tensor
                return (function if tracing else remembered)(*args, **options)

        return found

    return decorate
