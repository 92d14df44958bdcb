"""One source makes two notebooks: a lesson with its exercises to do, and the same with them done."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import jupytext
import nbformat
from nbformat import NotebookNode

from ddsp_course.classroom.exercise import Exercise, decode

BUILDER_VERSION = 1
"""Raise it when a notebook made by an older builder ought to be made again."""

LESSONS, SOLUTIONS = "lessons", "solutions"
KINDS = (LESSONS, SOLUTIONS)
"""The two notebooks of a lesson, by the folder they lie in."""

COMPARED = frozenset({"check", "number", "question"})
"""Tags of the cells whose printed text is kept, and compared whenever the notebook is tested."""
TAGS = COMPARED | {"exercise"}

SOLUTION = re.compile(
    r"^(?P<indent>[ \t]*)### BEGIN SOLUTION[ \t]*\n(?P<body>.*?)^[ \t]*### END SOLUTION[ \t]*(?:\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
UNANSWERED = re.compile(r'question\(\s*"(?P<number>[^"]+)",\s*answer=None(?=\s*[,)])')
TODO = 'raise NotImplementedError("your turn")'


class LessonRefused(Exception):
    """One sentence for the lesson's author: which lesson, which cell, and what is wrong with it."""


@dataclass(frozen=True)
class Lesson:
    """Where everything of one lesson lies. stem: its number and topic, "02_harmonics"."""

    root: Path
    stem: str

    @property
    def number(self) -> int:
        return int(self.stem[:2])

    @property
    def source(self) -> Path:
        return self.root / "lessons" / "source" / f"{self.stem}.py"

    @property
    def exercise_file(self) -> Path:
        return self.root / "ddsp_course" / "classroom" / "exercises" / f"lesson_{self.number:02d}.py"

    def notebook(self, kind: str) -> Path:
        return self.root / kind / f"{self.stem}.ipynb"

    def exercises(self) -> ModuleType:
        """Its LESSON, EXERCISES and QUESTIONS; from its own root, whichever package is imported.

        Raises LessonRefused if the file is missing, does not run, or lacks one of them.
        """
        if not self.exercise_file.exists():
            raise LessonRefused(f"{self.stem}: it has no {self.exercise_file.relative_to(self.root).as_posix()}.")
        name = f"exercises_of_{hashlib.sha256(str(self.exercise_file).encode()).hexdigest()[:12]}"
        spec = importlib.util.spec_from_file_location(name, self.exercise_file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # a dataclass looks there for its own module
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise LessonRefused(f"{self.exercise_file.name} does not run: {type(error).__name__}: {error}.") from error
        missing = [part for part in ("LESSON", "EXERCISES", "QUESTIONS") if not hasattr(module, part)]
        if missing:
            raise LessonRefused(f"{self.exercise_file.name} does not define {', '.join(missing)}.")
        return module

    def fingerprint(self) -> str:
        """Of all that the notebooks are made from."""
        parts = sorted(self.exercise_file.parent.glob(f"{self.exercise_file.stem}_*.py"))
        files = [self.source, self.exercise_file, *parts]
        made_from = [*(path.read_bytes() for path in files), str(BUILDER_VERSION).encode()]
        return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in made_from)).hexdigest()

    def cell_name(self, kind: str, notebook: NotebookNode, index: int) -> str:
        """How to speak of a cell so that its author finds it."""
        source = notebook.cells[index].source.strip()
        first = next((line for line in source.splitlines() if line.strip()), "(empty)")
        return f"{kind}/{self.stem}.ipynb, cell {index + 1} ({first.strip():.60})"


def lessons_of(root: Path) -> list[Lesson]:
    """Every lesson that has a source, in order."""
    return [Lesson(root, path.stem) for path in sorted((root / "lessons" / "source").glob("[0-9][0-9]_*.py"))]


def tags_of(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def is_compared(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(tags_of(cell) & COMPARED)


def make(lesson: Lesson, kind: str, exercises: ModuleType) -> NotebookNode:
    """One of a lesson's two notebooks, not run yet. Raises LessonRefused where the source cannot be cut in two."""
    notebook = jupytext.read(lesson.source, fmt="py:percent")
    seen: Counter[str] = Counter()
    for index, cell in enumerate(notebook.cells):
        tags = tags_of(cell)
        role = min(tags & TAGS, default="text" if cell.cell_type == "markdown" else "code")
        seen[role] += 1
        # A name of its own, which a cell put in elsewhere does not change.
        cell.id = f"{lesson.number:02d}-{role}-{seen[role]}"
        cell.metadata = {"tags": sorted(tags)} if tags else {}
        if cell.cell_type != "code":
            continue
        try:
            cell.source = cut(cell.source, "exercise" in tags, kind == SOLUTIONS)
            if kind == SOLUTIONS:
                cell.source = answered(cell.source, exercises)
        except LessonRefused as refused:
            raise LessonRefused(f"{lesson.cell_name(kind, notebook, index)}: {refused}") from None
        tags.add("nbval-check-output" if tags & COMPARED else "nbval-ignore-output")
        cell.metadata["tags"] = sorted(tags)
        cell.outputs, cell.execution_count = [], None
    notebook.metadata = {
        "ddsp_course": {"made_from": lesson.fingerprint()},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def cut(source: str, is_exercise: bool, solved: bool) -> str:
    """A cell with what stands between the markers kept (solved), or with an invitation in its place."""
    if not is_exercise:
        if re.search(r"### (BEGIN|END) SOLUTION", source):
            raise LessonRefused("it holds a solution but has no tag exercise, so everybody would see it.")
        return source
    replacement = r"\g<body>" if solved else rf"\g<indent>{TODO}\n"
    made, blocks = SOLUTION.subn(replacement, source)
    if not blocks or re.search(r"### (BEGIN|END) SOLUTION", made):
        raise LessonRefused("an exercise wants its body between ### BEGIN SOLUTION and ### END SOLUTION, in pairs.")
    return made.rstrip()


def answered(source: str, exercises: ModuleType) -> str:
    """A cell with the right answers in its questions."""
    answers = {question.number: question.answer for question in exercises.QUESTIONS}

    def fill(asked: re.Match[str]) -> str:
        number = asked["number"]
        if number not in answers:
            raise LessonRefused(f"question {number} is not in QUESTIONS.")
        answer = decode(answers[number])
        return f'question("{number}", answer={json.dumps(answer)}'

    return UNANSWERED.sub(fill, source)


def defined_in(source: str) -> set[str]:
    """The functions and classes that a cell defines."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {statement.name for statement in ast.parse(source).body if isinstance(statement, kinds)}


def asked_in(source: str, function: str) -> list[str]:
    """The numbers that a cell asks for: check("2.1", ...), or question("2.5", ...)."""
    return [
        str(call.args[0].value)
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == function
        and call.args
        and isinstance(call.args[0], ast.Constant)
    ]


def exercise_cells(notebook: NotebookNode, exercises: ModuleType) -> list[tuple[NotebookNode, Exercise]]:
    """The cells in which a learner writes, each with the exercise that it is for, as the notebook has them."""
    named = {exercise.name: exercise for exercise in exercises.EXERCISES}
    return [
        (cell, named[name])
        for cell in notebook.cells
        if "exercise" in tags_of(cell)
        for name in sorted(defined_in(cell.source) & named.keys())
    ]


def as_bytes(notebook: NotebookNode) -> bytes:
    """A notebook as it lies in its file: the same notebook gives the same bytes."""
    nbformat.validate(notebook)
    return (nbformat.writes(notebook) + "\n").encode()
