"""The learner's folder: lessons come in, and what the learner wrote is never lost."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from ddsp_course import classroom
from ddsp_course.classroom import workbook as workbook_function
from ddsp_course.classroom.workbook import MANIFEST, fill, fingerprint, open_lab
from ddsp_course.data import CourseError

LESSON = "02_harmonics.ipynb"
BESIDE = "02_harmonics.new.ipynb"


def notebook(
    source: str, *, outputs: list | None = None, count: int | None = None, metadata: dict | None = None
) -> str:
    cell = {
        "cell_type": "code",
        "source": [source],
        "outputs": outputs or [],
        "execution_count": count,
        "metadata": metadata or {},
    }
    return json.dumps({"cells": [cell], "metadata": metadata or {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    folder = tmp_path / "lessons"
    folder.mkdir()
    (folder / LESSON).write_text(notebook("version 1"))
    (folder / "03_envelopes.ipynb").write_text(notebook("another"))
    (folder / "LICENSE.md").write_text("not a lesson")
    return folder


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return tmp_path / "a work book"


def ship(lessons: Path, source: str) -> None:
    (lessons / LESSON).write_text(notebook(source))


def source_of(path: Path) -> str:
    return "".join(json.loads(path.read_text())["cells"][0]["source"])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_workbook_gets_every_lesson_and_nothing_else(lessons, mine):
    delivery = fill(mine, lessons)
    assert delivery.new == (LESSON, "03_envelopes.ipynb")
    assert names(mine) == [MANIFEST, LESSON, "03_envelopes.ipynb"]
    assert (mine / LESSON).read_bytes() == (lessons / LESSON).read_bytes()


def test_a_second_time_there_is_nothing_to_do_or_to_say(lessons, mine):
    fill(mine, lessons)
    assert list(fill(mine, lessons).lines()) == []


def test_an_untouched_lesson_is_renewed(lessons, mine):
    fill(mine, lessons)
    ship(lessons, "version 2")
    delivery = fill(mine, lessons)
    assert (delivery.new, delivery.renewed, delivery.beside) == ((), (LESSON,), ())
    assert source_of(mine / LESSON) == "version 2"
    assert BESIDE not in names(mine)


def test_a_changed_lesson_stays_and_the_new_one_comes_beside_it_with_a_sentence(lessons, mine):
    fill(mine, lessons)
    (mine / LESSON).write_text(notebook("my answer"))
    ship(lessons, "version 2")
    delivery = fill(mine, lessons)
    assert source_of(mine / LESSON) == "my answer"
    assert source_of(mine / BESIDE) == "version 2"
    [sentence] = delivery.lines()
    assert LESSON in sentence and BESIDE in sentence and sentence.endswith(".")


def test_a_changed_lesson_is_left_alone_while_the_course_has_nothing_newer(lessons, mine):
    fill(mine, lessons)
    (mine / LESSON).write_text(notebook("my answer"))
    fill(mine, lessons)
    assert names(mine) == [MANIFEST, LESSON, "03_envelopes.ipynb"]


def test_of_two_newer_versions_the_second_replaces_the_first_beside_the_changed_one(lessons, mine):
    fill(mine, lessons)
    (mine / LESSON).write_text(notebook("my answer"))
    for version in ("version 2", "version 3"):
        ship(lessons, version)
        fill(mine, lessons)
    assert source_of(mine / LESSON) == "my answer"
    assert source_of(mine / BESIDE) == "version 3"
    assert names(mine) == [MANIFEST, LESSON, BESIDE, "03_envelopes.ipynb"]


def test_a_new_version_that_the_learner_worked_in_too_is_kept_as_well(lessons, mine):
    fill(mine, lessons)
    (mine / LESSON).write_text(notebook("my answer"))
    ship(lessons, "version 2")
    fill(mine, lessons)
    (mine / BESIDE).write_text(notebook("my answer in version 2"))
    ship(lessons, "version 3")
    fill(mine, lessons)
    ship(lessons, "version 4")
    fill(mine, lessons)
    assert source_of(mine / LESSON) == "my answer"
    assert source_of(mine / BESIDE) == "my answer in version 2"
    assert source_of(mine / "02_harmonics.new2.ipynb") == "version 4"


def test_a_new_version_that_the_learner_threw_away_is_not_offered_again(lessons, mine):
    fill(mine, lessons)
    (mine / LESSON).write_text(notebook("my answer"))
    ship(lessons, "version 2")
    fill(mine, lessons)
    (mine / BESIDE).unlink()
    assert list(fill(mine, lessons).lines()) == []
    assert BESIDE not in names(mine)


def test_a_learner_who_takes_the_new_version_gets_the_next_one_in_its_place(lessons, mine):
    fill(mine, lessons)
    (mine / LESSON).write_text(notebook("my answer"))
    ship(lessons, "version 2")
    fill(mine, lessons)
    (mine / BESIDE).replace(mine / LESSON)
    fill(mine, lessons)
    ship(lessons, "version 3")
    assert fill(mine, lessons).renewed == (LESSON,)
    assert source_of(mine / LESSON) == "version 3"


@pytest.mark.parametrize("damage", ["", "{", "[]", '"text"', "\x00\xff", None])
def test_with_a_damaged_manifest_nothing_of_the_learner_is_lost(lessons, mine, damage):
    fill(mine, lessons)
    (mine / LESSON).write_text(notebook("my answer"))
    ship(lessons, "version 2")
    if damage is None:
        (mine / MANIFEST).unlink()
    else:
        (mine / MANIFEST).write_text(damage, encoding="latin-1")
    fill(mine, lessons)
    assert source_of(mine / LESSON) == "my answer"
    assert source_of(mine / BESIDE) == "version 2"
    assert list(fill(mine, lessons).lines()) == [], "the manifest is whole again"


def test_a_lesson_under_another_name_is_said_once_and_the_copy_stays(lessons, mine):
    fill(mine, lessons)
    (lessons / LESSON).rename(lessons / "02_overtones.ipynb")
    delivery = fill(mine, lessons)
    assert delivery.new == ("02_overtones.ipynb",) and delivery.gone == (LESSON,) and (mine / LESSON).exists()
    assert any(line.startswith(f"{LESSON} is not in the course any more") for line in delivery.lines())
    assert fill(mine, lessons).gone == ()


def test_a_link_is_followed_and_not_replaced(lessons, mine, tmp_path):
    fill(mine, lessons)
    (mine / LESSON).rename(tmp_path / "kept.ipynb")
    (mine / LESSON).symlink_to(tmp_path / "kept.ipynb")
    ship(lessons, "version 2")
    assert fill(mine, lessons).renewed == (LESSON,)
    assert (mine / LESSON).is_symlink() and source_of(tmp_path / "kept.ipynb") == "version 2"


def test_a_deleted_lesson_comes_back(lessons, mine):
    fill(mine, lessons)
    (mine / LESSON).unlink()
    assert fill(mine, lessons).new == (LESSON,)
    assert source_of(mine / LESSON) == "version 1"


def test_opening_a_lesson_is_no_change_but_running_it_is(lessons, mine):
    fill(mine, lessons)
    (mine / LESSON).write_text(notebook("version 1", metadata={"kernelspec": {"name": "python3"}}, count=7))
    ship(lessons, "version 2")
    assert fill(mine, lessons).renewed == (LESSON,)
    (mine / LESSON).write_text(
        notebook("version 2", outputs=[{"output_type": "stream", "text": "42 Hz", "metadata": {}}])
    )
    ship(lessons, "version 3")
    assert fill(mine, lessons).beside == ((LESSON, BESIDE),)


def test_the_fingerprint_sees_pasted_pictures_and_files_that_are_no_notebooks():
    plain = json.loads(notebook("x"))
    pasted = json.loads(notebook("x"))
    pasted["cells"][0]["attachments"] = {"image.png": {"image/png": "iVBO"}}
    marks = {fingerprint(json.dumps(each).encode()) for each in (plain, pasted)} | {
        fingerprint(b"x"),
        fingerprint(b"y"),
    }
    assert len(marks) == 4


def test_a_crash_between_two_copies_leaves_whole_files_and_the_next_run_finishes(lessons, mine, monkeypatch):
    moved = []

    def fails_at_the_second(source, target, replace=os.replace):
        if moved:
            raise OSError(28, "No space left on device")
        moved.append(target)
        replace(source, target)

    monkeypatch.setattr(os, "replace", fails_at_the_second)
    with pytest.raises(CourseError, match="No space left on device"):
        fill(mine, lessons)
    monkeypatch.undo()
    assert names(mine) == [LESSON]
    fill(mine, lessons)
    assert names(mine) == [MANIFEST, LESSON, "03_envelopes.ipynb"]


def test_no_lessons_is_a_sentence(tmp_path, mine):
    (tmp_path / "empty").mkdir()
    with pytest.raises(CourseError, match=r"There are no lessons in .*empty: they come with a clone"):
        fill(mine, tmp_path / "empty")
    assert not mine.exists()


def test_a_workbook_that_cannot_be_made_is_a_sentence(lessons, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CourseError, match="choose another place"):
        fill(tmp_path / "file" / "workbook", lessons)


def test_notebooks_write_to_the_folder_in_the_environment_else_where_they_run(tmp_path, monkeypatch):
    monkeypatch.setenv("DDSP_COURSE_WORKBOOK", str(tmp_path / "mine"))
    assert classroom.workbook() == tmp_path / "mine"
    monkeypatch.delenv("DDSP_COURSE_WORKBOOK")
    monkeypatch.chdir(tmp_path)
    assert workbook_function() == tmp_path


def test_jupyterlab_runs_in_the_workbook_and_its_kernels_find_the_package(tmp_path, monkeypatch):
    """A stand-in for JupyterLab writes down how it was called."""
    stand_in = tmp_path / "elsewhere" / "jupyterlab"
    stand_in.mkdir(parents=True)
    (stand_in / "__init__.py").write_text("")
    (stand_in / "__main__.py").write_text(
        "import json, os, sys, ddsp_course\n"
        "keys = ('DDSP_COURSE_WORKBOOK',)\n"
        "json.dump([sys.argv[1:], os.getcwd(), {k: os.environ[k] for k in keys}], open('called.json', 'w'))\n"
        "sys.exit(7)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(stand_in.parent))
    folder = tmp_path / "a work book"
    folder.mkdir()
    assert open_lab(folder, browser=False) == 7
    arguments, cwd, environment = json.loads((folder / "called.json").read_text())
    assert f"--ServerApp.root_dir={folder}" in arguments and "--no-browser" in arguments
    assert Path(cwd) == folder
    assert environment["DDSP_COURSE_WORKBOOK"] == str(folder)


def test_without_jupyterlab_there_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jupyterlab", None)
    with pytest.raises(CourseError, match=r"JupyterLab is not installed: run make lab, or pip install"):
        open_lab(tmp_path)
