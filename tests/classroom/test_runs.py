"""Where a trained instrument goes, and which one is played later."""

from __future__ import annotations

import shutil

import pytest

from ddsp_course import autoencoder
from ddsp_course.classroom import my_instrument, new_run, runs


@pytest.fixture(autouse=True)
def workbook(monkeypatch, tmp_path):
    monkeypatch.setenv("DDSP_COURSE_WORKBOOK", str(tmp_path))
    monkeypatch.setenv("DDSP_COURSE_EFFORT", "full")
    return tmp_path


def test_no_run_is_given_the_folder_of_another(workbook):
    assert new_run("lesson_11") == workbook / "runs" / "lesson_11"
    for name in ("lesson_11", "lesson_11-2"):
        (workbook / "runs" / name).mkdir(parents=True)
    assert new_run("lesson_11") == workbook / "runs" / "lesson_11-3"


def test_the_newest_run_with_a_model_in_it_is_played(workbook, capsys):
    assert my_instrument().config == autoencoder.bundled().config
    assert "comes with the course" in capsys.readouterr().out
    for name in ("lesson_11", "lesson_11-2", "lesson_11-3"):
        (workbook / "runs" / name).mkdir(parents=True)
    autoencoder.save(autoencoder.bundled(), workbook / "runs" / "lesson_11-2")
    assert runs.newest_run("lesson_11") == workbook / "runs" / "lesson_11-2"
    my_instrument()
    assert capsys.readouterr().out == "the instrument: yours, runs/lesson_11-2.\n"


def test_where_one_was_deleted_the_later_ones_are_still_found(workbook):
    for name in ("lesson_11-2", "lesson_11-10", "lesson_11-old", "lesson_110"):
        autoencoder.save(autoencoder.bundled(), workbook / "runs" / name)
    assert runs.newest_run("lesson_11") == workbook / "runs" / "lesson_11-10"
    assert new_run("lesson_11") == workbook / "runs" / "lesson_11-11"


def test_a_run_that_cannot_be_read_is_named_and_passed_over(workbook, capsys):
    run = workbook / "runs" / "lesson_11"
    autoencoder.save(autoencoder.bundled(), run)
    (run / runs.MODEL_FILE).write_bytes((run / runs.MODEL_FILE).read_bytes()[:1000])
    assert my_instrument().config == autoencoder.bundled().config
    said = capsys.readouterr().out
    assert "[!]" in said and "model.safetensors" in said and "comes with the course" in said
    shutil.rmtree(run)
    assert runs.newest_run("lesson_11") is None


def test_a_run_shortened_for_a_test_is_nobodys_instrument(workbook, monkeypatch, capsys):
    """Else a lesson's figures would hang on whether lesson 11 happened to run before it."""
    monkeypatch.setenv("DDSP_COURSE_EFFORT", "test")
    autoencoder.save(autoencoder.bundled(), new_run("lesson_11"))
    assert new_run("lesson_11") == workbook / "runs_shortened" / "lesson_11-2"
    my_instrument()
    assert "comes with the course" in capsys.readouterr().out
