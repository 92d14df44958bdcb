"""The lesson of a learner who gets everything wrong: typical mistakes in place of the exercises.

python tools/wrong_answers.py 02 > copy.ipynb       the first mistake of each exercise; 02 1: the second
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from lesson_notebooks import LESSONS, Lesson, as_bytes, exercise_cells, lessons_of, tags_of
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent


def wrong_answers_notebook(lesson: Lesson, which: int = 0) -> NotebookNode:
    """A learner's notebook, not run, with a wrong answer in every exercise: of each the first (0) or the second (1)."""
    notebook = nbformat.read(lesson.notebook(LESSONS), as_version=4)
    for cell, exercise in exercise_cells(notebook, lesson.exercises()):
        cell.source = exercise.wrong_answers[which].source.strip("\n")
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def replies_to(lesson: Lesson, which: int = 0) -> dict[str, str]:
    """What the checks of that notebook must say: a pattern for the number of each exercise."""
    return {exercise.number: exercise.wrong_answers[which].says for exercise in lesson.exercises().EXERCISES}


def said_by_checks(notebook: NotebookNode) -> str:
    """All that the checks of a notebook have printed."""
    checks = [cell for cell in notebook.cells if "check" in tags_of(cell)]
    return "".join(output.get("text", "") for cell in checks for output in cell.outputs)


if __name__ == "__main__":
    number, which = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    [chosen] = [lesson for lesson in lessons_of(ROOT) if lesson.number == number]
    sys.stdout.buffer.write(as_bytes(wrong_answers_notebook(chosen, which)))
