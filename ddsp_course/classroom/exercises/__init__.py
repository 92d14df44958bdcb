"""One file a lesson: what its exercises are judged by, and what its questions answer.

Where that is too long for one, parts of it stand beside it, as lesson_NN_PART.py, and the lesson's file imports them.
"""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from types import ModuleType

from ddsp_course.classroom.exercise import ChoiceQuestion, Exercise, NumberQuestion
from ddsp_course.data.errors import CourseError


def lesson_numbers() -> list[int]:
    """The lessons that there are, in order."""
    return sorted(int(path.stem.removeprefix("lesson_")) for path in Path(__file__).parent.glob("lesson_[0-9][0-9].py"))


@cache
def load(lesson: int) -> ModuleType:
    """The file of a lesson: LESSON, EXERCISES, QUESTIONS. Raises CourseError where there is none."""
    if lesson not in lesson_numbers():
        raise CourseError(f"There is no lesson {lesson}: the lessons are {', '.join(map(str, lesson_numbers()))}.")
    return importlib.import_module(f"{__name__}.lesson_{lesson:02d}")


def exercise(number: str) -> Exercise:
    """The exercise of a number such as "2.1". Raises CourseError where there is none."""
    return _find(number, "EXERCISES", "exercise")


def question(number: str) -> NumberQuestion | ChoiceQuestion:
    """The question of a number such as "2.5". Raises CourseError where there is none."""
    return _find(number, "QUESTIONS", "question")


def _find(number: str, kind: str, word: str):
    lesson, _, rest = str(number).partition(".")
    if not (lesson.isdecimal() and rest.isdecimal()):
        raise CourseError(f'{number!r} is not the number of an {word}: write it as "2.1", in quotes.')
    there = {each.number: each for each in getattr(load(int(lesson)), kind)}
    if number not in there:
        raise CourseError(f"Lesson {lesson} has no {word} {number}: it has {', '.join(there) or 'none'}.")
    return there[number]
