"""A learner who gets everything wrong is told so, goes on, and comes to the end; in the minutes that are promised."""

from __future__ import annotations

import re

import pytest
from every_lesson import ALL, ROOT, code_cells, of_lesson
from lesson_runs import run
from wrong_answers import replies_to, said_by_checks, wrong_answers_notebook

WHICH = {"first": 0, "second": 1}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("lesson, which", [of_lesson(lesson, which, name=which) for lesson in ALL for which in WHICH])
def test_with_wrong_answers_every_hint_appears_and_the_end_is_reached_in_time(lesson, which, guard):
    notebook = wrong_answers_notebook(lesson, WHICH[which])
    done = run(notebook, ROOT, environment=guard.environment)  # a cell that raises would raise here
    assert code_cells(done.notebook)[-1].execution_count == len(code_cells(notebook))
    said = said_by_checks(done.notebook)
    for number, says in replies_to(lesson, WHICH[which]).items():
        [reply] = re.findall(rf"^\[.\] {re.escape(number)}: .*?(?=^\[.\]|\Z)", said, re.DOTALL | re.MULTILINE)
        assert reply.startswith("[!]") and re.search(says, " ".join(reply.split()), re.DOTALL), reply
    promised_s = 60 * lesson.exercises().LESSON.minutes_to_run
    assert done.cpu_s <= promised_s, "the minutes to run in its top cell and its LESSON are too few"
    assert guard.refused() == ""
