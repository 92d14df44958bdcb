"""What is right over all lessons survives whatever happens to a notebook."""

from __future__ import annotations

import json
import multiprocessing
import re

import pytest

from ddsp_course.classroom import exercises
from ddsp_course.classroom.progress import record, show_progress, states


@pytest.fixture(autouse=True)
def workbook(tmp_path, monkeypatch):
    monkeypatch.setenv("DDSP_COURSE_WORKBOOK", str(tmp_path))
    return tmp_path


def test_what_is_right_is_there_for_the_next_kernel(workbook):
    record("2.1", "right")
    record("2.2", "wrong")
    assert states() == {"2.1": "right", "2.2": "wrong"}
    assert json.loads((workbook / "progress.json").read_text()) == states()


def test_what_was_right_once_stays_right_and_what_was_wrong_can_become_right():
    for state in ("todo", "wrong", "right", "wrong", "todo"):
        record("2.1", state)
    assert states() == {"2.1": "right"}


def test_a_state_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="one of todo, wrong, right, not 'done'"):
        record("2.1", "done")


@pytest.mark.parametrize("damage", ['{"2.1": "ri', "[1, 2]", "", "\x00\x00", '"right"'])
def test_a_damaged_file_is_put_aside_and_not_lost(workbook, capsys, damage):
    (workbook / "progress.json").write_text(damage)
    (workbook / "progress.damaged.json").write_text("an earlier one")
    record("2.1", "right")
    assert states() == {"2.1": "right"}
    assert (workbook / "progress.damaged.json").read_text() == "an earlier one"
    assert (workbook / "progress.damaged2.json").read_text() == damage
    assert "progress.json was damaged: it is now called progress.damaged2.json" in capsys.readouterr().out


def write_fifty(folder: str, lesson: int) -> None:
    import os

    os.environ["DDSP_COURSE_WORKBOOK"] = folder
    for i in range(50):
        record(f"{lesson}.{i}", "right")


def test_two_notebooks_at_once_both_get_through(workbook):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=write_fifty, args=(str(workbook), lesson)) for lesson in (1, 2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert states() == {f"{lesson}.{i}": "right" for lesson in (1, 2) for i in range(50)}


def test_a_workbook_that_cannot_be_written_stops_nothing(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DDSP_COURSE_WORKBOOK", str(tmp_path / "file"))
    record("2.1", "right")
    assert "Your progress could not be saved" in capsys.readouterr().out
    assert states() == {}


def test_every_lesson_has_a_bar_and_the_current_one_its_exercises(capsys):
    for each in exercises.load(2).EXERCISES:
        record(each.number, "right")
    record(exercises.load(2).QUESTIONS[0].number, "wrong")
    show_progress(2)
    lines = capsys.readouterr().out.splitlines()
    bars = [line for line in lines if "█" in line or "░" in line]
    assert len(bars) == len(exercises.lesson_numbers())
    [current] = [line for line in bars if line.startswith("> 02 Harmonics")]
    assert re.search(r"█{7}░{5}   5 of 5 exercises   0 of 4 questions", current)
    assert sum(line.strip().startswith("[x] 2.") for line in lines) == 5
    assert sum(line.strip().startswith("[!] 2.6") for line in lines) == 1


def test_nothing_done_is_an_empty_bar(capsys):
    show_progress()
    assert "█" not in capsys.readouterr().out
