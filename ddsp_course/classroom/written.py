"""What the learner has written: right answers' sources in the workbook, for later lessons and for the learner."""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from ddsp_course.classroom.workbook import workbook
from ddsp_course.data.errors import CourseError
from ddsp_course.data.files import write_atomically

FOLDER = "my_ddsp"
TITLE = '''"""What you wrote in lesson {lesson}. Later lessons take it from here, and so may you.

A cell that is right replaces its part, from a heading to its end; what stands after that is yours.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ddsp_course import dsp
'''
PART = re.compile(r"^# ---- exercise (\d+\.\d+) -+\n", re.MULTILINE)
FUTURE = re.compile(r"^from __future__ import .*\n?", re.MULTILINE)
"""Must stand first in a file, and an answer does not."""
END = re.compile(r"^# ---- end of exercise -*$\n?", re.MULTILINE)
WIDTH = 80
WAIT_S = 5.0


def keep(number: str, source: str) -> None:
    """Write an exercise's source into my_ddsp/lesson_NN.py; says so in a sentence where that is not possible."""
    path, source = file_of(number), FUTURE.sub("", source)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_name(f".{path.name}.lock"), timeout=WAIT_S):
            title, parts = read(path)
            before = parts.get(number, Part(""))
            if before.source != source.rstrip() or not before.ended:
                parts[number] = before.replaced(source.rstrip())
                write_atomically(path, joined(title or TITLE.format(lesson=number.partition(".")[0]), parts).encode())
    except (OSError, filelock.Timeout, CourseError) as error:
        print(f"    It could not be saved into your workbook: {error}")


def load(number: str, name: str) -> tuple[Any, str]:
    """The function or class that the workbook has for an exercise, or None; and what was wrong where it does not run.

    What its cell prints is not shown.
    """
    try:
        part = read(file_of(number))[1].get(number)
    except (OSError, CourseError):
        return None, ""
    if part is None:
        return None, ""
    namespace: dict[str, Any] = {"__name__": f"{FOLDER}.exercise"}
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(TITLE + "\n" + part.source, f"{file_of(number)} {number}", "exec"), namespace)
    except (Exception, SystemExit) as error:  # it leans on something that only its notebook had
        return None, f"{type(error).__name__}: {error}"
    return namespace.get(name), ""


def file_of(number: str) -> Path:
    return workbook() / FOLDER / f"lesson_{int(number.partition('.')[0]):02d}.py"


@dataclass(frozen=True)
class Part:
    """An exercise's source, and what the learner has written after it. ended: is it known where the one stops?"""

    source: str
    own: str = ""
    ended: bool = False

    def replaced(self, source: str) -> Part:
        """With another answer. Where no end was marked, what goes on after the same answer is the learner's."""
        same, _, after = self.source.partition(source + "\n")
        goes_on = not self.ended and not same
        return Part(source, after.strip("\n") if goes_on else self.own, ended=True)


def read(path: Path) -> tuple[str, dict[str, Part]]:
    """What stands before the first exercise, and each exercise's part by its number. CourseError if it is no UTF-8."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return "", {}
    except UnicodeDecodeError:
        raise CourseError(f"{path} is not in UTF-8: save it so in your editor, or give it another name.") from None
    title, *pieces = PART.split(text)
    return title, {number: _part(piece) for number, piece in zip(pieces[::2], pieces[1::2], strict=True)}


def _part(piece: str) -> Part:
    source, *own = END.split(piece, maxsplit=1)
    return Part(source.strip("\n"), "".join(own).strip("\n"), ended=bool(own))


def joined(title: str, parts: dict[str, Part]) -> str:
    ordered = sorted(parts.items(), key=lambda part: [int(digits) for digits in part[0].split(".")])
    text = title.rstrip("\n") + "\n"
    for number, part in ordered:
        text += f"\n\n{f'# ---- exercise {number} '.ljust(WIDTH, '-')}\n{part.source}\n"
        if part.ended:
            text += f"{'# ---- end of exercise '.ljust(WIDTH, '-')}\n"
        if part.own:
            text += f"\n\n{part.own}\n"
    return text
