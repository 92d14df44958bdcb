"""Checks: they say not done, right or wrong, and hand back a function that the lesson can go on with."""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import textwrap
from typing import Any

from ddsp_course.classroom import exercises, progress, written
from ddsp_course.classroom.exercise import Exercise
from ddsp_course.classroom.judging import in_our_form, judge
from ddsp_course.data.errors import CourseError

MARKS = {"todo": "[ ]", "right": "[x]", "wrong": "[!]"}
WIDTH = 80
"""What fits in JupyterLab beside its file browser; what is longer it breaks in the middle of a word."""


def check(number: str, attempt: Any) -> Any:
    """Judge an answer, say so, and return what the lesson goes on with: the answer if it is right, else ours.

    number: of the exercise, "2.1"; attempt: the learner's function or class. Ours carries theirs as `.attempt`, for
    whoever wants to hear it all the same; given ours, the attempt behind it is judged again. A right answer's source
    goes into the workbook. Never raises.
    """
    try:
        exercise = exercises.exercise(number)
    except CourseError as error:
        print(f"[!] {error}")
        return attempt
    attempt = getattr(attempt, "attempt", getattr(attempt, "as_written", attempt))
    judgement = judge(exercise, attempt)
    progress.record(number, judgement.state)
    print(folded(f"{MARKS[judgement.state]} {number}: {judgement.text}"))
    if judgement.state == "right":
        if source := source_of(attempt, exercise.name):
            written.keep(number, source)
        return in_our_form(exercise, attempt)
    print("    The lesson goes on with the course's own version until yours is right.")
    return ours(exercise, attempt)


def folded(text: str) -> str:
    """Lines no longer than WIDTH, broken between words; what goes on is indented."""
    return "\n".join(
        textwrap.fill(line, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
        for line in text.splitlines()
    )


def mine(number: str) -> Any:
    """What the learner wrote for an earlier lesson's exercise, if it is in the workbook and right; else ours.

    Says which of the two it is. Never raises.
    """
    try:
        exercise = exercises.exercise(number)
    except CourseError as error:
        print(f"[!] {error}")
        return None
    function = written.load(number, exercise.name)
    if function is not None and judge(exercise, function).state == "right":
        print(f"{exercise.name}: yours, from exercise {number}.")
        return in_our_form(exercise, function)
    print(f"{exercise.name}: the course's own (yours is not there yet: exercise {number}).")
    return exercise.reference


def ours(exercise: Exercise, attempt: Any) -> Any:
    """The course's own version, which remembers the attempt it stands in for."""
    if inspect.isclass(exercise.reference):
        return type(exercise.reference.__name__, (exercise.reference,), {"attempt": attempt})

    @functools.wraps(exercise.reference)
    def function(*args: Any, **kwargs: Any) -> Any:
        return exercise.reference(*args, **kwargs)

    function.attempt = attempt  # type: ignore[attr-defined]
    return function


def source_of(attempt: Any, name: str) -> str | None:
    """The notebook cell that defines a function or class, whole: what else stands in it may be needed."""
    if inspect.isclass(attempt):
        members = [member for member in vars(attempt).values() if inspect.isfunction(member)]
        code = members[0].__code__ if members else None
    else:
        code = getattr(attempt, "__code__", None)
    source = "".join(linecache.getlines(code.co_filename)) if code else ""
    try:
        defined = {getattr(statement, "name", None) for statement in ast.parse(source).body}
    except SyntaxError:  # a cell with a %magic
        return None
    return source if name in defined else None
