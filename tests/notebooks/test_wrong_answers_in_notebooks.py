"""A learner who gets everything wrong is told so, goes on, and comes to the end; in the minutes that are promised.

Of each exercise it is the second wrong answer; the first ones run in the browser, tests/browser/test_every_lesson.py.
"""

from __future__ import annotations

import pytest
from every_lesson import ROOT, code_cells, each_lesson
from lesson_runs import run
from wrong_answers import missing_hints, wrong_answers_notebook

SECOND = 1


@pytest.mark.timeout(900)
@each_lesson
def test_with_wrong_answers_every_hint_appears_and_the_end_is_reached_in_time(lesson, guard):
    notebook = wrong_answers_notebook(lesson, SECOND)
    done = run(notebook, ROOT, environment=guard.environment)  # a cell that raises would raise here
    assert code_cells(done.notebook)[-1].execution_count == len(code_cells(notebook))
    assert missing_hints(done.notebook.cells, lesson, SECOND) == {}
    promised_s = 60 * lesson.exercises().LESSON.minutes_to_run
    assert done.cpu_s <= promised_s, "the minutes to run in its top cell and its LESSON are too few"
    assert guard.refused() == ""
