"""Every lesson once in a real JupyterLab, as a learner who gets everything wrong the first time runs it: Run All."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
import pytest
from lab import ROOT, learner
from playwright.sync_api import expect

sys.path.insert(0, str(ROOT / "tools"))
from lesson_notebooks import Lesson, lessons_of
from wrong_answers import missing_hints, wrong_answers_notebook

WIDGET = "application/vnd.jupyter.widget-view+json"
RUNS_WITHIN_S = 420
LESSONS = lessons_of(Path(ROOT))


@pytest.fixture(params=LESSONS, ids=[lesson.stem for lesson in LESSONS])
def lesson(request) -> Lesson:
    return request.param


def outputs_of(cells) -> list[dict]:
    return [output for cell in cells for output in cell.get("outputs", [])]


def test_run_all_with_wrong_answers(chromium, lab, lesson):
    """No error that is not meant, no complaint of the console; every widget is there, every picture has its words."""
    nbformat.write(wrong_answers_notebook(lesson), lab.root / f"{lesson.stem}.ipynb")
    with learner(chromium, lab) as page:
        page.open(f"{lesson.stem}.ipynb")
        cells = page.run_all(timeout=RUNS_WITHIN_S)  # an error output fails here
        outputs = outputs_of(cells)

        assert missing_hints(nbformat.from_dict(cells), lesson) == {}

        shown = [output for output in outputs if WIDGET in output.get("data", {})]
        widgets = page.page.locator(".ddsp-widget")
        ours = sum(map(is_ours, shown))  # a progress bar is a widget as well, of others
        expect(widgets).to_have_count(ours)
        for index in range(ours):
            widgets.nth(index).scroll_into_view_if_needed()
            expect(widgets.nth(index)).to_be_visible()

        pictures = page.page.locator(".jp-OutputArea img:not(.ddsp-widget img)")  # explore draws some of its own
        assert pictures.count() == sum("<img" in "".join(each.get("data", {}).get("text/html", "")) for each in outputs)
        for alt in page.page.locator(".jp-OutputArea img").evaluate_all("images => images.map(image => image.alt)"):
            assert len(alt) > 20, "a picture without its sentence"


def is_ours(output: dict) -> bool:
    """The plain text of a widget of the course is its quiet repr: "compare(2 takes)", "record(song)"."""
    text = "".join(output["data"].get("text/plain", ""))
    return text.split("(")[0] in {"compare", "explore", "abx", "rate", "live_training", "play_harmonics", "record"}
