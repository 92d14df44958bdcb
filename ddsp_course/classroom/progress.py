"""What is right over all lessons: a file in the workbook, and a bar for each lesson."""

from __future__ import annotations

import json
from pathlib import Path

import filelock

from ddsp_course.classroom import exercises
from ddsp_course.classroom.workbook import workbook
from ddsp_course.data.errors import CourseError
from ddsp_course.data.files import write_atomically

FILE = "progress.json"
WAIT_S = 5.0
STATES = ("todo", "wrong", "right")
MARKS = {"todo": "[ ]", "wrong": "[!]", "right": "[x]"}
BAR = 12


def record(number: str, state: str) -> None:
    """Note the state of an exercise or question: "todo", "wrong" or "right". What was right once stays right.

    Two notebooks may do so at once. A workbook that cannot be written stops nothing: it is said in a sentence.
    """
    if state not in STATES:
        raise ValueError(f"The state of an exercise is one of {', '.join(STATES)}, not {state!r}.")
    path = workbook() / FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_name(f".{FILE}.lock"), timeout=WAIT_S):
            known = _read(path)
            if known.get(number) not in ("right", state):
                known[number] = state
                write_atomically(path, json.dumps(known, indent=1, sort_keys=True).encode())
    except (OSError, filelock.Timeout, CourseError) as error:
        print(f"    Your progress could not be saved: {error}")


def states() -> dict[str, str]:
    """The state of everything that was tried so far, by its number."""
    try:
        return _read(workbook() / FILE)
    except OSError:
        return {}


def show_progress(lesson: int | None = None) -> None:
    """Print a bar for each lesson; for the lesson named, also each of its exercises and questions."""
    known = states()
    modules = {number: exercises.load(number) for number in exercises.lesson_numbers()}
    width = max(len(module.LESSON.title) for module in modules.values())
    for number, module in modules.items():
        parts = [_count(known, getattr(module, kind)) for kind in ("EXERCISES", "QUESTIONS")]
        done, all_of_them = (sum(each) for each in zip(*parts, strict=True))
        filled = round(BAR * done / all_of_them) if all_of_them else 0
        (right, there), (answered, asked) = parts
        print(
            f"{'>' if number == lesson else ' '} {number:02d} {module.LESSON.title:<{width}} "
            f"{'█' * filled}{'░' * (BAR - filled)}   {right} of {there} exercises   {answered} of {asked} questions"
        )
        if number == lesson:
            for each in (*module.EXERCISES, *module.QUESTIONS):
                name = getattr(each, "name", "question")
                print(f"       {MARKS[known.get(each.number, 'todo')]} {each.number} {name}")


def _count(known: dict[str, str], things) -> tuple[int, int]:
    return sum(known.get(each.number) == "right" for each in things), len(things)


def _read(path: Path) -> dict[str, str]:
    """What the file says; one that is damaged is put aside, never lost, and a new one begun."""
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        return {str(number): state for number, state in written.items() if state in STATES}
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (ValueError, AttributeError, TypeError):
        aside = next(
            name
            for i in range(1, 1000)
            if not (name := path.with_name(f"progress.damaged{i if i > 1 else ''}.json")).exists()
        )
        path.replace(aside)
        print(f"    {path.name} was damaged: it is now called {aside.name}, and a new one begins.")
        return {}
