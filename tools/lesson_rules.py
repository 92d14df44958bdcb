"""What the builder refuses, as a page and after its runs: every rule one function, every refusal one sentence."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator
from types import ModuleType

from lesson_notebooks import (
    COMPARED,
    LESSONS,
    SOLUTIONS,
    TAGS,
    Lesson,
    LessonRefused,
    asked_in,
    defined_in,
    exercise_cells,
    is_compared,
    tags_of,
)
from lesson_runs import Reported, Run
from nbformat import NotebookNode

EDGE = 0.02
"""A value this near to where its rounding turns, in units of its last printed digit, may turn on another machine."""


def look_at(lesson: Lesson, page: NotebookNode, exercises: ModuleType) -> None:
    """Refuse a lesson for what can be seen without running it. page: the one for learners."""
    _names_agree(lesson, exercises)
    _cells_are_plain(lesson, page)
    _top_cell_tells_the_truth(lesson, page, exercises)
    _exercises_are_checked(lesson, page, exercises)
    _questions_are_asked(lesson, page, exercises)
    if not any(is_compared(cell) for cell in page.cells):
        raise LessonRefused(f"{lesson.stem}: it compares nothing: no cell has a tag of {', '.join(sorted(COMPARED))}.")


def judge(lesson: Lesson, kind: str, one_thread: Run, two_threads: Run) -> None:
    """Refuse a notebook for what came out of it."""
    compared = [index for index, cell in enumerate(one_thread.notebook.cells) if is_compared(cell)]
    for index in compared:
        where = lesson.cell_name(kind, one_thread.notebook, index)
        for run in (one_thread, two_threads):
            _prints_text_alone(where, run.notebook.cells[index])
        first, second = (printed(run.notebook.cells[index]) for run in (one_thread, two_threads))
        if tags_of(one_thread.notebook.cells[index]) & {"check", "question"}:
            _answers_as_it_should(where, kind, first)
        if first != second:
            raise LessonRefused(
                f"{where}: it is compared, but it changes from run to run (1 thread, then 2):\n"
                + "\n".join(f"    {a!r}\n    {b!r}" for a, b in _unequal(first, second))
            )
        for value in one_thread.reported.get(index, ()) + two_threads.reported.get(index, ()):
            _is_far_from_an_edge(where, value)


def printed(cell: NotebookNode) -> str:
    """All that a cell printed, in one piece however it came."""
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


# --- the page ---------------------------------------------------------------------------------------------------------


def _names_agree(lesson: Lesson, exercises: ModuleType) -> None:
    told = f"{exercises.LESSON.number:02d}_{exercises.LESSON.topic}"
    if told != lesson.stem:
        raise LessonRefused(f"{lesson.stem}: LESSON in {lesson.exercise_file.name} calls itself {told}.")


def _cells_are_plain(lesson: Lesson, page: NotebookNode) -> None:
    for index, cell in enumerate(page.cells):
        where = lesson.cell_name(LESSONS, page, index)
        if unknown := tags_of(cell) - TAGS - {"nbval-check-output", "nbval-ignore-output"}:
            raise LessonRefused(f"{where}: unknown tag {', '.join(sorted(unknown))}; there are {', '.join(TAGS)}.")
        if len(tags_of(cell) & TAGS) > 1:
            raise LessonRefused(f"{where}: one tag a cell: {', '.join(sorted(tags_of(cell) & TAGS))}.")
        if cell.cell_type == "code":
            try:
                ast.parse(cell.source)
            except SyntaxError as error:
                raise LessonRefused(f"{where}: not plain Python (line {error.lineno}: {error.msg}).") from None


def _top_cell_tells_the_truth(lesson: Lesson, page: NotebookNode, exercises: ModuleType) -> None:
    about = exercises.LESSON
    top = page.cells[0] if page.cells else None
    if top is None or top.cell_type != "markdown":
        raise LessonRefused(f"{lesson.stem}: a lesson begins with a cell of text: what, what for, how long.")
    title = f"# Lesson {about.number:02d} · {about.title}"
    if top.source.splitlines()[:1] != [title]:
        raise LessonRefused(f"{lesson.stem}: its first line is not {title!r}, as LESSON has it.")
    for verb, minutes in (("read", about.minutes_to_read), ("run", about.minutes_to_run)):
        # "60 minutes to read and do, 1 minute to run"
        stated = re.search(rf"(\d+)\s+minutes?\s+to\s+{verb}\b", top.source)
        if stated is None or int(stated[1]) != minutes:
            said = f"says {stated[1]}" if stated else "does not say how many"
            raise LessonRefused(
                f"{lesson.stem}: LESSON has {minutes} minutes to {verb}, the top cell {said}"
                f" (write: {minutes} minute{'s' * (minutes != 1)} to {verb})."
            )


def _exercises_are_checked(lesson: Lesson, page: NotebookNode, exercises: ModuleType) -> None:
    declared = {exercise.number: exercise for exercise in exercises.EXERCISES}
    checked_at = _asked_at(lesson, page, "check")
    _same_numbers(lesson, "exercise", declared, checked_at)
    written_at = {exercise.number: page.cells.index(cell) for cell, exercise in exercise_cells(page, exercises)}
    for number, exercise in declared.items():
        if number not in written_at:
            raise LessonRefused(f"{lesson.stem}: no cell with the tag exercise defines {exercise.name} ({number}).")
        if checked_at[number] < written_at[number]:
            raise LessonRefused(f"{lesson.stem}: exercise {number} is checked before it is there to be done.")
    for index, cell in enumerate(page.cells):
        if "exercise" in tags_of(cell) and index not in written_at.values():
            where = lesson.cell_name(LESSONS, page, index)
            names = ", ".join(sorted(defined_in(cell.source))) or "nothing"
            raise LessonRefused(f"{where}: an exercise without a check: EXERCISES knows no {names}.")


def _questions_are_asked(lesson: Lesson, page: NotebookNode, exercises: ModuleType) -> None:
    asked_at = _asked_at(lesson, page, "question")
    _same_numbers(lesson, "question", {question.number for question in exercises.QUESTIONS}, asked_at)
    for number, index in asked_at.items():
        if f'question("{number}", answer=None' not in page.cells[index].source:
            where = lesson.cell_name(LESSONS, page, index)
            raise LessonRefused(f'{where}: write question("{number}", answer=None), which the solution fills in.')


def _asked_at(lesson: Lesson, page: NotebookNode, function: str) -> dict[str, int]:
    """Where check(...) or question(...) is called, by number: once each, in a cell with that tag."""
    places: dict[str, int] = {}
    for index, cell in enumerate(page.cells):
        numbers = asked_in(cell.source, function) if cell.cell_type == "code" else []
        where = lesson.cell_name(LESSONS, page, index)
        if function in tags_of(cell) and not numbers:
            raise LessonRefused(f"{where}: it has the tag {function} but does not call {function}.")
        for number in numbers:
            if function not in tags_of(cell):
                raise LessonRefused(f"{where}: it calls {function} but has no tag {function}, so nothing is compared.")
            if number in places:
                raise LessonRefused(f'{where}: {function}("{number}") stands in cell {places[number] + 1} already.')
            places[number] = index
    return places


def _same_numbers(lesson: Lesson, word: str, declared, used) -> None:
    there = f"{word.upper()}S of {lesson.exercise_file.name}"
    if unused := [number for number in declared if number not in used]:
        raise LessonRefused(f"{lesson.stem}: {word} {', '.join(unused)} is in {there}, but not in the notebook.")
    if unknown := [number for number in used if number not in declared]:
        raise LessonRefused(f"{lesson.stem}: {word} {', '.join(unknown)} is in the notebook, but not in {there}.")


# --- its runs ---------------------------------------------------------------------------------------------------------


def _prints_text_alone(where: str, cell: NotebookNode) -> None:
    for output in cell.outputs:
        if output.output_type != "stream":
            shown = ", ".join(sorted(output.get("data", {}))) or output.output_type
            raise LessonRefused(f"{where}: it is compared, so it may print text and nothing else; it shows {shown}.")
        if output.name == "stderr":
            line = output.text.strip().partition("\n")[0]
            raise LessonRefused(f"{where}: it is compared, and writes to stderr: {line}")
    if not printed(cell).strip():
        raise LessonRefused(f"{where}: it is compared, but prints nothing.")


def _answers_as_it_should(where: str, kind: str, text: str) -> None:
    marked = {mark: line for line in text.splitlines() for mark in ("[ ]", "[x]", "[!]") if line.startswith(mark)}
    if kind == SOLUTIONS:
        for mark in ("[!]", "[ ]"):
            if mark in marked:
                raise LessonRefused(f"{where}: our own solution is not judged right:\n    {marked[mark]}")
        return
    if "[!]" in marked:
        raise LessonRefused(f"{where}: what nobody has done yet is judged wrong:\n    {marked['[!]']}")
    if "[x]" in marked:
        raise LessonRefused(f"{where}: it is judged right before anybody has done it:\n    {marked['[x]']}")


def _unequal(first: str, second: str) -> Iterator[tuple[str, str]]:
    lines, others = first.splitlines(), second.splitlines()
    longest = max(len(lines), len(others))
    padded = ([*each, *[""] * (longest - len(each))] for each in (lines, others))
    yield from ((a, b) for a, b in zip(*padded, strict=True) if a != b)


def _is_far_from_an_edge(where: str, reported: Reported) -> None:
    if not math.isfinite(reported.value):
        return
    units = abs(reported.value) * 10**reported.digits
    if abs(units % 1 - 0.5) < EDGE:
        raise LessonRefused(
            f"{where}: {reported.label!r} is {reported.value:.{reported.digits + 3}f}, which a last bit would round"
            f" the other way; print it with other digits than {reported.digits}, or measure something else."
        )
