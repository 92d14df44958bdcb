"""nbval compares: one altered number, and a notebook fails."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from every_lesson import ALL, ROOT, code_cells, read
from lesson_notebooks import LESSONS, as_bytes, tags_of
from lesson_rules import printed


def smallest_with_a_number():
    """The lesson that costs least among those that report a number."""
    reporting = [
        lesson
        for lesson in ALL
        if any("number" in tags_of(cell) and re.search(r"\d", printed(cell)) for cell in read(lesson, LESSONS).cells)
    ]
    return min(reporting, key=lambda lesson: (lesson.exercises().LESSON.minutes_to_run, lesson.source.stat().st_size))


def flags_of_make_test() -> list[str]:
    [flags] = re.findall(r"^NBVAL = (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    return flags.split()


@pytest.mark.timeout(900)
def test_one_altered_digit_fails_its_cell_and_no_other(tmp_path, guard):
    page = read(smallest_with_a_number(), LESSONS)
    code = code_cells(page)
    [altered, *_] = [index for index, cell in enumerate(code) if "number" in tags_of(cell)]
    [output] = code[altered].outputs
    *before, digit, after = re.split(r"(\d)(?=\D*$)", output.text, maxsplit=1)
    output.text = f"{''.join(before)}{(int(digit) + 1) % 10}{after}"
    (tmp_path / "copy.ipynb").write_bytes(as_bytes(page))

    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "copy.ipynb", *flags_of_make_test(), "-p", "no:cacheprovider", "-rf"],
        cwd=tmp_path,
        env={**clean, **guard.environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert f"1 failed, {len(code) - 1} passed" in done.stdout, done.stdout + done.stderr
    assert re.search(rf"FAILED copy\.ipynb::Cell {altered}\b", done.stdout)
    assert done.returncode == 1
