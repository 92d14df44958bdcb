"""Make lessons/ and solutions/ from lessons/source/, and the table of lessons in README.md.

    python tools/build_lessons.py              what has changed
    python tools/build_lessons.py 02 07        these lessons, if they have changed; --force: even if not
    python tools/build_lessons.py --check      run nothing, write nothing: is everything up to date?

Each notebook is run twice from a clean kernel, with one thread and with two, and a lesson is refused with one sentence
rather than written half. The same source gives the same bytes.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import nbformat
from lesson_notebooks import (
    KINDS,
    LESSONS,
    SOLUTIONS,
    Lesson,
    LessonRefused,
    as_bytes,
    is_compared,
    lessons_of,
    make,
)
from lesson_rules import judge, look_at, printed
from lesson_runs import CellFailed, run
from lesson_table import readme_of, with_table
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
EARNEST = {11}
"""Lessons whose solution trains at full length, as in the Makefile: its figures are what the lesson is about."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0], epilog="The rules: tools/lesson_rules.py."
    )
    parser.add_argument("lessons", nargs="*", metavar="NN", help="numbers of lessons; none: all of them")
    parser.add_argument("--check", action="store_true", help="run nothing and write nothing: is all of it up to date?")
    parser.add_argument("--force", action="store_true", help="also what has not changed")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    root = options.root.resolve()
    try:
        chosen = choose(root, options.lessons)
        problems = check(root, chosen) if options.check else build(root, chosen, options.force)
    except LessonRefused as refused:
        problems = [str(refused)]
    except KeyboardInterrupt:
        print("\nStopped. What is written is whole; the same command goes on from here.", file=sys.stderr)
        return 130
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def choose(root: Path, numbers: list[str]) -> list[Lesson]:
    """The lessons of some numbers ("2" or "02"), or all that have a source."""
    there = {lesson.number: lesson for lesson in lessons_of(root)}
    for number in numbers:
        if not number.isdecimal() or int(number) not in there:
            has = ", ".join(f"{each:02d}" for each in there) or "none"
            raise LessonRefused(f"There is no source of a lesson {number} in lessons/source: there is {has}.")
    return [there[number] for number in sorted({int(number) for number in numbers} or there)]


# --- build ------------------------------------------------------------------------------------------------------------


def build(root: Path, lessons: list[Lesson], force: bool = False) -> list[str]:
    """Make what is not up to date; go on after a lesson that is refused. Returns what was refused, and why."""
    problems = []
    for lesson in lessons:
        try:
            if build_lesson(lesson, force):
                print(f"{lesson.stem}: written.", flush=True)
            else:
                print(f"{lesson.stem}: up to date.", flush=True)
        except LessonRefused as refused:
            problems.append(str(refused))
            print(f"{lesson.stem}: refused, see below.", flush=True)
    try:
        readme = readme_of(root)
        before = readme.read_text(encoding="utf-8")
        after = with_table(before, written_in(root))
        if after != before:
            write_together({readme: after.encode()})
            print("README.md: the table of lessons is written.", flush=True)
    except LessonRefused as refused:
        problems.append(str(refused))
    return problems + strays(root)


def build_lesson(lesson: Lesson, force: bool = False) -> bool:
    """Both notebooks of a lesson, or neither; says whether that was needed."""
    exercises = lesson.exercises()
    if not force and not stale(lesson, exercises):
        return False
    made = {kind: make(lesson, kind, exercises) for kind in KINDS}
    look_at(lesson, made[LESSONS], exercises)
    write_together({lesson.notebook(kind): as_bytes(executed(lesson, kind, made[kind])) for kind in KINDS})
    return True


def executed(lesson: Lesson, kind: str, page: NotebookNode) -> NotebookNode:
    """A notebook with the text of its compared cells, after two runs that the rules allow."""
    effort = "full" if kind == SOLUTIONS and lesson.number in EARNEST else "test"
    runs = []
    for threads in (1, 2):
        start = time.perf_counter()
        try:
            runs.append(run(page, lesson.root, threads=threads, effort=effort))
        except CellFailed as failed:
            where = lesson.cell_name(kind, page, failed.index)
            raise LessonRefused(f"{where}: with {threads} thread(s), {failed}.") from None
        print(f"{kind}/{lesson.stem}.ipynb: {threads} thread(s), {time.perf_counter() - start:.1f} s", flush=True)
    judge(lesson, kind, *runs)
    count = 0
    for index, cell in enumerate(page.cells):
        if cell.cell_type == "code":
            count += 1
        if is_compared(cell):
            cell.execution_count = count  # nbval takes an output without one for a cell that never ran
            cell.outputs = [nbformat.v4.new_output("stream", text=printed(runs[0].notebook.cells[index]))]
    return page


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write several files, each of them whole, and all of them or none."""
    staged: list[Path] = []

    def stage(path: Path, content: bytes) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        staged.append(path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part"))
        staged[-1].write_bytes(content)
        return staged[-1]

    try:
        old = {path: stage(path, path.read_bytes()) if path.exists() else None for path in contents}
        new = {path: stage(path, content) for path, content in contents.items()}
        try:
            for path, whole in new.items():
                os.replace(whole, path)
        except BaseException:
            for path, whole in old.items():
                if whole is None:
                    path.unlink(missing_ok=True)
                else:
                    os.replace(whole, path)
            raise
    finally:
        for path in staged:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


# --- check ------------------------------------------------------------------------------------------------------------


def check(root: Path, lessons: list[Lesson]) -> list[str]:
    """What is not up to date, a sentence each."""
    problems = []
    for lesson in lessons:
        try:
            exercises = lesson.exercises()
            look_at(lesson, make(lesson, LESSONS, exercises), exercises)
            problems += [f"{problem}: run python tools/build_lessons.py" for problem in stale(lesson, exercises)]
        except LessonRefused as refused:
            problems.append(str(refused))
    try:
        readme = readme_of(root).read_text(encoding="utf-8")
        if with_table(readme, written_in(root)) != readme:
            problems.append("README.md: its table is not that of the lessons: run python tools/build_lessons.py")
    except LessonRefused as refused:
        problems.append(str(refused))
    return problems + strays(root)


def stale(lesson: Lesson, exercises: ModuleType) -> list[str]:
    """In what a lesson's notebooks differ from what its source makes, but for the outputs of a run."""
    found = []
    for kind in KINDS:
        path, made = lesson.notebook(kind), make(lesson, kind, exercises)
        name = f"{kind}/{path.name}"
        try:
            content = path.read_bytes()
            written = nbformat.reads(content.decode(), as_version=4)
            if difference := _difference(written, made):
                found.append(f"{name} {difference}")
            elif as_bytes(written) != content:
                found.append(f"{name} was saved by something else")
        except FileNotFoundError:
            found.append(f"{name} is missing")
        except (ValueError, KeyError, AttributeError, TypeError, nbformat.ValidationError):
            found.append(f"{name} is no notebook")
    return found


def _difference(written: NotebookNode, made: NotebookNode) -> str:
    if written.metadata.get("ddsp_course") != made.metadata["ddsp_course"]:
        return "is made from another source or exercise file"
    for index, (old, new) in enumerate(zip(written.cells, made.cells, strict=False)):
        text = {key: value for key, value in old.items() if key not in ("outputs", "execution_count")}
        if text != {key: value for key, value in new.items() if key not in ("outputs", "execution_count")}:
            return f"was changed by hand in cell {index + 1}"
        if new.cell_type == "code" and is_compared(new) != bool(printed(old).strip()):
            return f"has {'no' if is_compared(new) else 'an'} output in cell {index + 1}"
    same = len(written.cells) == len(made.cells) and {**written, "cells": None} == {**made, "cells": None}
    return "" if same else "was changed by hand"


def written_in(root: Path) -> list[Lesson]:
    """The lessons that a reader of the README can open."""
    return [lesson for lesson in lessons_of(root) if lesson.notebook(LESSONS).exists()]


def strays(root: Path) -> list[str]:
    """Notebooks that nothing makes."""
    stems = {lesson.stem for lesson in lessons_of(root)}
    return [
        f"{kind}/{path.name} has no source in lessons/source: delete it, or write one"
        for kind in KINDS
        for path in sorted((root / kind).glob("*.ipynb"))
        if path.stem not in stems
    ]


if __name__ == "__main__":
    sys.exit(main())
