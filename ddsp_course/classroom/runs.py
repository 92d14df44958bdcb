"""Instruments that the learner has trained: where a new one goes, and which one a later lesson plays."""

from __future__ import annotations

import re
from pathlib import Path

from ddsp_course import autoencoder
from ddsp_course.autoencoder.checkpoints import MODEL_FILE
from ddsp_course.classroom.effort import shortened
from ddsp_course.classroom.workbook import workbook
from ddsp_course.data.errors import CourseError

FOLDER = "runs"
SHORTENED = "runs_shortened"
"""Where a run goes that took a tenth of its steps for a test: it is nobody's instrument, and no lesson plays it."""


def new_run(name: str) -> Path:
    """A folder in the workbook for a run that is about to begin: runs/NAME, or runs/NAME-2, -3 ... after it.

    A shortened one (see `effort`) goes to a folder of its own.
    """
    runs = workbook() / (SHORTENED if shortened() else FOLDER)
    last = max(_numbered(runs, name), default=0)
    return runs / (f"{name}-{last + 1}" if last else name)


def newest_run(name: str) -> Path | None:
    """The last of the folders that `new_run` gave out in which a model lies, or None."""
    there = _numbered(workbook() / FOLDER, name)
    return next((there[n] for n in sorted(there, reverse=True) if (there[n] / MODEL_FILE).is_file()), None)


def my_instrument(name: str = "lesson_11") -> autoencoder.Autoencoder:
    """The instrument that the learner trained in lesson 11, else the bundled one; says which it is.

    A run that cannot be read is named and passed over.
    """
    run = newest_run(name)
    if run is not None:
        try:
            model = autoencoder.load(run)
            print(f"the instrument: yours, {run.relative_to(workbook())}.")
            return model
        except CourseError as error:
            print(f"[!] {error}")
    print("the instrument: the one that comes with the course (train your own in lesson 11).")
    return autoencoder.bundled()


def _numbered(runs: Path, name: str) -> dict[int, Path]:
    """What is there of NAME, NAME-2, NAME-3 ..., by number: there may be gaps, where one was deleted."""
    found = ((re.fullmatch(re.escape(name) + r"(?:-(\d+))?", path.name), path) for path in runs.glob(f"{name}*"))
    return {int(match[1] or 1): path for match, path in found if match}
