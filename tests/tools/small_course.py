"""A course of one small lesson with a package of a few lines: its kernels start in a second, without torch."""

from __future__ import annotations

import copy
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lesson_notebooks import LESSONS, Lesson, make
from lesson_runs import Reported, Run
from lesson_table import BEGIN, END
from nbformat import NotebookNode, v4

CLASSROOM = """
import json, math, os

OURS = {"3.1": lambda x, db: x * 10 ** (db / 20), "3.2": lambda db: lambda x: OURS["3.1"](x, db)}
TRIES = {"3.1": lambda gain: gain(1.0, 20.0), "3.2": lambda amplifier: amplifier(20.0)(1.0)}
ANSWERS = {"3.3": 6, "3.4": "b"}

def check(number, attempt):
    try:
        right = math.isclose(TRIES[number](attempt), 10.0)
    except NotImplementedError:
        print(f"[ ] {number}: not done yet.")
        return OURS[number]
    print(f"[{'x' if right else '!'}] {number}: judged.")
    return attempt if right else OURS[number]

def question(number, answer):
    mark = " " if answer is None else "x" if answer == ANSWERS[number] else "!"
    print(f"[{mark}] {number}: {answer}")

def report(label, value, unit="", digits=2):
    if log := os.environ.get("DDSP_COURSE_REPORT_LOG"):
        with open(log, "a") as file:
            file.write(json.dumps({"label": label, "value": value, "digits": digits}) + "\\n")
    print(f"{label}: {value:.{digits}f} {unit}".rstrip())
"""

EXERCISES = """
from ddsp_course.classroom.exercise import ChoiceQuestion, Exercise, Lesson, NumberQuestion, WrongAnswer, encode

LESSON = Lesson(3, "gain", "Gain", "a gain in dB", "it get louder | softer", 5, 1)
GAIN = Exercise(
    "3.1", "gain", reference=lambda x, db: x * 10 ** (db / 20), cases=(),
    wrong_answers=(
        WrongAnswer("def gain(x, db):\\n    return x * 10 ** (db / 10)\\n", "judged"),
        WrongAnswer("def gain(x, db):\\n    return x * db\\n", "judged"),
    ),
)
AMPLIFIER = Exercise("3.2", "Amplifier", reference=lambda db: None, cases=())
EXERCISES = (GAIN, AMPLIFIER)
QUESTIONS = (
    NumberQuestion("3.3", answer=encode(6), tolerance=0.1, unit="dB", right="right."),
    ChoiceQuestion("3.4", answer=encode("b"), replies={"a": "no.", "b": "right."}),
)
"""

SOURCE = '''
# %% [markdown]
# # Lesson 03 · Gain
#
# **Time.** 5 minutes to read and do, 1 minute to run.

# %%
import os

from ddsp_course.classroom import check, question, report

# %% tags=["exercise"]
def gain(x: float, db: float) -> float:
    """x times a gain in dB"""
    ### BEGIN SOLUTION
    factor = 10 ** (db / 20)
    return x * factor
    ### END SOLUTION

# %% tags=["check"]
gain = check("3.1", gain)

# %% [markdown]
# And as a box, with a knob.

# %% tags=["exercise"]
class Amplifier:
    def __init__(self, db):
        ### BEGIN SOLUTION
        self.db = db
        ### END SOLUTION

    def __call__(self, x):
        ### BEGIN SOLUTION
        return gain(x, self.db)
        ### END SOLUTION

# %% tags=["check"]
Amplifier = check("3.2", Amplifier)

# %% tags=["question"]
question("3.3", answer=None)  # a number, in dB

# %% tags=["question"]
question("3.4", answer=None)

# %%
print("progress, which nobody compares")

# %% tags=["number"]
report("an amplitude of 1, 6 dB up", gain(1.0, 6.0), digits=2)
print("done")
'''


@dataclass(frozen=True)
class Course:
    """The root of a course, and its one lesson."""

    root: Path
    lesson: Lesson

    def change(self, path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def page(self, kind: str = LESSONS) -> NotebookNode:
        return make(self.lesson, kind, self.lesson.exercises())


def write_course(root: Path) -> Course:
    lesson = Lesson(root, "03_gain")
    files = {
        root / "ddsp_course" / "__init__.py": "",
        root / "ddsp_course" / "classroom" / "__init__.py": CLASSROOM,
        lesson.exercise_file: EXERCISES,
        lesson.source: SOURCE.lstrip(),
        root / "README.md": f"# A course\n\n{BEGIN}\n{END}\n\nThe end.\n",
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return Course(root, lesson)


GOOD = {
    "03-check-1": "[ ] 3.1: not done yet.\n",
    "03-check-2": "[ ] 3.2: not done yet.\n",
    "03-question-1": "[ ] 3.3: None\n",
    "03-question-2": "[ ] 3.4: None\n",
    "03-number-1": "an amplitude of 1, 6 dB up: 2.00\n",
}
"""What the compared cells of the lesson print as long as nobody has done anything."""

SOLVED = {
    "03-check-1": "[x] 3.1: judged.\n",
    "03-check-2": "[x] 3.2: judged.\n",
    "03-question-1": "[x] 3.3: 6\n",
    "03-question-2": "[x] 3.4: b\n",
    "03-number-1": "an amplitude of 1, 6 dB up: 2.00\ndone\n",
}


def ran(page: NotebookNode, said: Mapping[str, str | list[NotebookNode]], value: float = 1.9953) -> Run:
    """A notebook as if it had been run: what each cell printed or showed, and the one number that it reported."""
    page, reported = copy.deepcopy(page), {}
    for index, cell in enumerate(page.cells):
        if cell.cell_type == "code":
            shown = said.get(cell.id, "")
            cell.outputs = [v4.new_output("stream", text=shown)] if isinstance(shown, str) else shown
        if cell.id == "03-number-1":
            reported[index] = (Reported("an amplitude of 1, 6 dB up", value, 2),)
    return Run(page, reported, 1.0)
