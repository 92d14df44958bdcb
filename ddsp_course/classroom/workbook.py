"""The learner's own folder: lessons are copied into it once, and never over what the learner has changed."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ddsp_course.data.errors import CourseError
from ddsp_course.data.files import reason, write_atomically

VARIABLE = "DDSP_COURSE_WORKBOOK"
MANIFEST = ".shipped.json"
LESSON = re.compile(r"[0-9]{2}_[^.]*\.ipynb")
CLONE = Path(__file__).resolve().parents[2]


def workbook() -> Path:
    """The folder that notebooks write to: $DDSP_COURSE_WORKBOOK, or the one they run in."""
    return Path(os.environ.get(VARIABLE) or Path.cwd())


@dataclass(frozen=True)
class Delivery:
    """What came into the workbook: names of new lessons, of renewed ones, and of those put beside a changed one.

    gone: lessons in the workbook that the course no longer has under that name.
    """

    new: tuple[str, ...] = ()
    renewed: tuple[str, ...] = ()
    beside: tuple[tuple[str, str], ...] = ()
    gone: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """A sentence for each thing that a learner wants to know."""
        if self.new:
            yield f"New in your workbook: {', '.join(self.new)}."
        if self.renewed:
            yield f"Renewed, as you had not changed them: {', '.join(self.renewed)}."
        for lesson, copy in self.beside:
            yield f"You have worked in {lesson}, so it stays as it is; the course's newest version of it is {copy}."
        for lesson in self.gone:
            yield f"{lesson} is not in the course any more, or has another name there; your copy stays."


def fill(folder: str | Path, lessons: str | Path = CLONE / "lessons") -> Delivery:
    """Bring the lessons into a workbook; a lesson that the learner has changed is never overwritten.

    What was shipped is remembered by its fingerprint in the workbook: a copy that still has it is renewed. For any
    other, the new lesson is put beside it as NN_topic.new.ipynb, once for each new version. A lesson that was deleted
    comes back. Raises CourseError when there are no lessons or the folder cannot be written.
    """
    folder, lessons = Path(folder), Path(lessons)
    shipped = {path.name: path.read_bytes() for path in sorted(lessons.glob("[0-9][0-9]_*.ipynb"))}
    if not shipped:
        raise CourseError(
            f"There are no lessons in {lessons}: they come with a clone of the course, not with the package; install "
            "there with pip install -e '.[course]', or run make lab."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CourseError(f"Cannot make the workbook {folder} ({reason(error)}): choose another place.") from error
    delivered = read_manifest(folder)
    new, renewed, beside = [], [], []
    for name, content in shipped.items():
        mark, present = fingerprint(content), fingerprint_of(folder / name)
        place = (folder / name).resolve()  # a link is followed, not replaced
        if present is None:
            write_atomically(place, content)
            new.append(name)
        elif present == mark:
            pass
        elif present == delivered.get(name):
            write_atomically(place, content)
            renewed.append(name)
        elif mark not in (delivered.get(name), delivered.get(f"offered {name}")):
            copy = free_name(folder, name, mark, delivered)
            write_atomically(folder / copy, content)
            beside.append((name, copy))
            delivered |= {copy: mark, f"offered {name}": mark}
            continue
        else:
            continue  # changed by the learner, who has had this version already
        delivered[name] = mark
    gone = [name for name in delivered if LESSON.fullmatch(name) and name not in shipped]
    for name in gone:
        del delivered[name]  # said once
    write_atomically(folder / MANIFEST, json.dumps(delivered, indent=1, sort_keys=True).encode())
    return Delivery(tuple(new), tuple(renewed), tuple(beside), tuple(name for name in gone if (folder / name).exists()))


def free_name(folder: Path, lesson: str, mark: str, delivered: dict[str, str]) -> str:
    """NN_topic.new.ipynb, or .new2, .new3 ... where the learner has made that one their own too."""
    stem = lesson.removesuffix(".ipynb")
    number = 1
    while True:
        name = f"{stem}.new{number if number > 1 else ''}.ipynb"
        present = fingerprint_of(folder / name)
        if present in (None, mark, delivered.get(name)):
            return name
        number += 1


def read_manifest(folder: Path) -> dict[str, str]:
    """Names in the workbook and the fingerprints they were delivered with.

    One that is missing or damaged counts as empty: every copy then counts as changed, and nothing is lost.
    """
    try:
        written = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return {str(name): str(mark) for name, mark in written.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def fingerprint_of(path: Path) -> str | None:
    try:
        return fingerprint(path.read_bytes())
    except FileNotFoundError:
        return None


def fingerprint(notebook: bytes) -> str:
    """A hash of what a learner would miss: each cell's text, pictures and results.

    Not of the file as it stands: merely opening a notebook lets JupyterLab rewrite its metadata and count its runs.
    """
    try:
        cells: Any = [
            (
                cell["cell_type"],
                "".join(cell["source"]),
                cell.get("attachments", {}),
                [
                    {key: value for key, value in output.items() if key not in ("execution_count", "metadata")}
                    for output in cell.get("outputs", [])
                ],
            )
            for cell in json.loads(notebook)["cells"]
        ]
        notebook = json.dumps(cells, sort_keys=True).encode()
    except (ValueError, KeyError, TypeError, AttributeError):
        pass  # not a notebook any more: whatever it is, it is the learner's
    return hashlib.sha256(notebook).hexdigest()


def open_lab(folder: str | Path, *, browser: bool = True) -> int:
    """Run JupyterLab in a workbook until it is closed; returns its exit code.

    Its kernels find this package and write into the workbook. Raises CourseError where JupyterLab is not installed.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise CourseError(
            "JupyterLab is not installed: run make lab, or pip install -e '.[course]', in the course's folder."
        )
    folder = Path(folder).resolve()
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # a container, most likely; Jupyter refuses root unless told
    paths = [str(CLONE), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    environment = {**os.environ, VARIABLE: str(folder), "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}
    with subprocess.Popen(command, env=environment, cwd=folder) as lab:
        while True:
            try:
                return lab.wait()
            except KeyboardInterrupt:
                continue  # Ctrl-C reaches JupyterLab too, which asks whether to stop
