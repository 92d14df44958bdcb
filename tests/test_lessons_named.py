"""Whoever reads a function of the package is told which lesson builds it."""

from __future__ import annotations

import inspect
import re

import pytest

from ddsp_course import autoencoder, data, dsp, instruments

LAST_LESSON = 22
FACE = [
    (f"{module.__name__}.{name}", getattr(module, name))
    for module in (dsp, data, autoencoder, instruments)
    for name in module.__all__
    if inspect.isfunction(getattr(module, name)) or inspect.isclass(getattr(module, name))
]


@pytest.mark.parametrize("name, what", FACE, ids=[name for name, _ in FACE])
def test_each_public_name_says_which_lesson_builds_it(name, what):
    lessons = [int(number) for number in re.findall(r"Lessons? (\d+)", " ".join((inspect.getdoc(what) or "").split()))]
    assert lessons, f"{name} names no lesson: end a paragraph of its docstring with 'Lesson N.'"
    assert max(lessons) <= LAST_LESSON, f"{name}: there is no lesson {max(lessons)}"


def test_the_face_of_the_package_is_looked_at():
    """Without this, an empty __all__ would be a package in which everything is in order."""
    assert {
        "ddsp_course.dsp.harmonic_synthesis",
        "ddsp_course.data.extract_features",
        "ddsp_course.autoencoder.train",
    } <= {name for name, _ in FACE}
    assert len(FACE) > 90
