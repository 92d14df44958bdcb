"""How much work a notebook does: all of it for a learner, a tenth of the training steps in a test."""

from __future__ import annotations

import math
import os

from ddsp_course.data.errors import CourseError

VARIABLE = "DDSP_COURSE_EFFORT"
SHARES = {"full": 1.0, "test": 0.1}


def steps(full: int) -> int:
    """How many optimisation steps to take where a learner takes `full`; never less than one.

    $DDSP_COURSE_EFFORT says "full" (also when it is not set) or "test". It scales numbers of steps and nothing else.
    Raises CourseError for any other word.
    """
    return max(1, math.ceil(full * SHARES[_word()]))


def shortened() -> bool:
    """Is this a run with fewer steps than a learner's?"""
    return SHARES[_word()] < 1


def _word() -> str:
    word = os.environ.get(VARIABLE) or "full"
    if word not in SHARES:
        raise CourseError(f"{VARIABLE} is {word!r}, which is neither full nor test: set one of these, or unset it.")
    return word
