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
        save(exercise, attempt)
        return in_our_form(exercise, attempt)
    print("    The lesson goes on with the course's own version until yours is right.")
    return ours(exercise, attempt)


def save(exercise: Exercise, attempt: Any) -> None:
    """Put a right answer's source into the workbook; where it cannot be used from there, say so and what to do."""
    source = source_of(attempt, exercise.name)
    if source is None:
        plain = f"write a plain `def {exercise.name}(...)`, without %magics in its cell."
        print(folded(f"    Not saved for later lessons: {plain}"))
        return
    written.keep(exercise.number, source)
    problem = written.load(exercise.number, exercise.name)[1]
    if problem:
        needs = "Put all that it needs into its cell."
        print(folded(f"    Saved, but later lessons cannot use it: by itself it gives {problem}. {needs}"))


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
    function, problem = written.load(number, exercise.name)
    if function is None and not problem:
        print(f"{exercise.name}: the course's own (yours is not there yet: exercise {number}).")
        return exercise.reference
    if function is not None:
        judgement = judge(exercise, function)
        if judgement.state == "right":
            print(f"{exercise.name}: yours, from exercise {number}.")
            return in_our_form(exercise, function)
        problem = judgement.text
    print(folded(f"{exercise.name}: the course's own. Yours, from exercise {number}: {problem}"))
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
    attempt = inspect.unwrap(attempt) if callable(attempt) else attempt
    if inspect.isclass(attempt):
        members = [member for member in vars(attempt).values() if inspect.isfunction(member)]
        code = members[0].__code__ if members else None
    else:
        code = getattr(attempt, "__code__", None)
    source = "".join(linecache.getlines(code.co_filename)) if code else ""
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # a cell with a %magic
        return None
    targets = [target for each in statements if isinstance(each, ast.Assign) for target in each.targets]
    defined = {getattr(each, "name", None) or getattr(each, "id", None) for each in (*statements, *targets)}
    return source if name in defined else None
