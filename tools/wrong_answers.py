"""The lesson of a learner who gets everything wrong: typical mistakes in place of the exercises.

python tools/wrong_answers.py 02 > copy.ipynb       the first mistake of each exercise; 02 1: the second
"""

from __future__ import annotations

import argparse
import re
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


def missing_hints(cells: list[NotebookNode], lesson: Lesson, which: int = 0) -> dict[str, str]:
    """Of that notebook's cells, run: what was said for each exercise whose check did not give its hint. {} is right."""
    checks = [cell for cell in cells if "check" in tags_of(cell)]
    said = "".join("".join(output.get("text", "")) for cell in checks for output in cell.outputs)
    missing = {}
    for exercise in lesson.exercises().EXERCISES:
        replies = re.findall(rf"^\[.\] {re.escape(exercise.number)}: .*?(?=^\[.\]|\Z)", said, re.DOTALL | re.MULTILINE)
        shown = len(replies) == 1 and replies[0].startswith("[!]")
        if not (shown and re.search(exercise.wrong_answers[which].says, " ".join(replies[0].split()), re.DOTALL)):
            missing[exercise.number] = "".join(replies)
    return missing


if __name__ == "__main__":
    there = {lesson.number: lesson for lesson in lessons_of(ROOT)}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lesson", type=int, choices=there, metavar="NN")
    parser.add_argument("which", type=int, choices=(0, 1), nargs="?", default=0)
    options = parser.parse_args()
    sys.stdout.buffer.write(as_bytes(wrong_answers_notebook(there[options.lesson], options.which)))
