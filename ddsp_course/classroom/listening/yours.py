"""The learner's sound beside ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from ddsp_course.classroom.limits import TooLong, within_limits
from ddsp_course.classroom.listening.sounds import as_array


def with_yours(name: str, function: Any, make: Callable[[Any], ArrayLike | Tensor]) -> dict[str, ArrayLike | Tensor]:
    """A take made with a checked function, and where that is ours, a second one made with the learner's attempt.

    function: what `check` handed back; make(function) renders the take. -> {name: take}, and {name + ", yours": take}
    if the attempt's is sound (real, finite in float32) of the same shape: hearing one's own bug is the lesson. Random
    numbers are the same for both. Whatever the attempt raises is left unsaid, `check` has said it; raises only what
    ours raises.
    """
    state = torch.get_rng_state()
    takes = {name: make(function)}
    attempt = getattr(function, "attempt", None)
    if attempt is None:
        return takes
    try:
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(state)
            yours = within_limits(lambda: make(attempt))
        heard = as_array(yours)
        with np.errstate(over="ignore"):
            real = heard.dtype.kind in "fiu" and np.isfinite(heard.astype(np.float32)).all()
        if real and heard.shape == as_array(takes[name]).shape:
            takes[f"{name}, yours"] = yours
    except (Exception, SystemExit, TooLong):
        pass
    return takes
