"""What the learner has written: right answers' sources in the workbook, for later lessons and for the learner."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import filelock

from ddsp_course.classroom.workbook import workbook
from ddsp_course.data.errors import CourseError
from ddsp_course.data.files import write_atomically

FOLDER = "my_ddsp"
TITLE = '''"""What you wrote in lesson {lesson}. Later lessons take it from here, and so may you.

A cell that is right replaces its part; the rest of this file is yours.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ddsp_course import dsp
'''
PART = re.compile(r"^# ---- exercise (\d+\.\d+) -+\n", re.MULTILINE)
WIDTH = 80
WAIT_S = 5.0


def keep(number: str, source: str) -> None:
    """Write an exercise's source into my_ddsp/lesson_NN.py; says so in a sentence where that is not possible."""
    path = file_of(number)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_name(f".{path.name}.lock"), timeout=WAIT_S):
            title, parts = read(path)
            if parts.get(number) != source.rstrip():
                parts[number] = source.rstrip()
                write_atomically(path, joined(title or TITLE.format(lesson=number.partition(".")[0]), parts).encode())
    except (OSError, filelock.Timeout, CourseError) as error:
        print(f"    It could not be saved into your workbook: {error}")


def load(number: str, name: str) -> Any:
    """The function or class that the workbook has for an exercise; None if it is not there or does not run."""
    try:
        source = read(file_of(number))[1].get(number)
    except OSError:
        return None
    if source is None:
        return None
    namespace: dict[str, Any] = {"__name__": f"{FOLDER}.exercise"}
    try:
        exec(compile(TITLE + "\n" + source, f"{file_of(number)} {number}", "exec"), namespace)
    except Exception:  # it leans on something that only its notebook had
        return None
    return namespace.get(name)


def file_of(number: str) -> Path:
    return workbook() / FOLDER / f"lesson_{int(number.partition('.')[0]):02d}.py"


def read(path: Path) -> tuple[str, dict[str, str]]:
    """What stands before the first exercise, and each exercise's source by its number."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return "", {}
    title, *pieces = PART.split(text)
    return title, {number: source.strip("\n") for number, source in zip(pieces[::2], pieces[1::2], strict=True)}


def joined(title: str, parts: dict[str, str]) -> str:
    ordered = sorted(parts.items(), key=lambda part: [int(digits) for digits in part[0].split(".")])
    heading = "\n\n# ---- exercise {} "
    return (
        title.rstrip("\n")
        + "\n"
        + "".join(f"{heading.format(number).ljust(WIDTH, '-')}\n{source}\n" for number, source in ordered)
    )
