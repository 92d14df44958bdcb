"""The lessons under test, and what several tests read out of their notebooks."""

from __future__ import annotations

import ast
import functools
import linecache
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from lesson_notebooks import KINDS, SOLUTIONS, Lesson, exercise_cells, lessons_of
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
ALL = [lesson for lesson in lessons_of(ROOT) if all(lesson.notebook(kind).exists() for kind in KINDS)]


def of_lesson(lesson: Lesson, *values: Any, name: str = "") -> Any:
    """A case of a test that goes to the same worker as all others of its lesson."""
    mark = pytest.mark.xdist_group(lesson.stem)
    return pytest.param(lesson, *values, id="-".join(filter(None, (lesson.stem, name))), marks=mark)


each_lesson = pytest.mark.parametrize("lesson", [of_lesson(lesson) for lesson in ALL])
each_notebook = pytest.mark.parametrize(
    "lesson, kind", [of_lesson(lesson, kind, name=kind) for lesson in ALL for kind in KINDS]
)


def read(lesson: Lesson, kind: str) -> NotebookNode:
    return nbformat.read(lesson.notebook(kind), as_version=4)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def calls(notebook: NotebookNode) -> list[tuple[str, ast.Call]]:
    """Everything that a notebook calls, by the name it is called by."""
    return [
        (ast.unparse(node.func), node)
        for cell in code_cells(notebook)
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Call)
    ]


def own_words(lesson: Lesson) -> list[str]:
    """What stands between the markers of its source, block by block, read without the builder."""
    blocks = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", lesson.source.read_text(encoding="utf-8"), re.S)
    return ["\n".join(line.strip() for line in block.splitlines() if line.strip()) for block in blocks]


def executed(source: str, namespace: dict[str, Any], name: str) -> dict[str, Any]:
    """The namespace after a cell has run in it; its lines can be quoted in a message, as in a notebook."""
    file = f"<{name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec", dont_inherit=True), namespace)
    return namespace


@functools.cache
def _solved(lesson: Lesson) -> dict[str, Any]:
    solution = read(lesson, SOLUTIONS)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    executed(code_cells(solution)[0].source, namespace, f"{lesson.stem}: imports")
    for cell, exercise in exercise_cells(solution, lesson.exercises()):
        executed(cell.source, namespace, f"{lesson.stem}: solution of {exercise.number}")
    return namespace


def namespace_of(lesson: Lesson) -> dict[str, Any]:
    """What a learner has who has done every exercise: the imports of the first cell, and the functions."""
    return dict(_solved(lesson))


def answer_to(lesson: Lesson, kind: str, number: str) -> str:
    """The cell of an exercise: to be done in the lesson, done in the solution."""
    [source] = [
        cell.source
        for cell, exercise in exercise_cells(read(lesson, kind), lesson.exercises())
        if exercise.number == number
    ]
    return source
