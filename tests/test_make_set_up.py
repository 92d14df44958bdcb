"""tools/set_up.py: an environment made and filled once, from what pyproject.toml says."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_spec = importlib.util.spec_from_file_location("set_up", ROOT / "tools" / "set_up.py")
set_up = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(set_up)


def test_requirements_are_read_from_pyproject_for_the_extras_asked_for():
    core = set_up.requirements(Path(sys.executable), [])
    course = set_up.requirements(Path(sys.executable), ["course"])
    assert any(line.startswith("torch>=") for line in core) and not any("jupyter" in line for line in core)
    assert course[: len(core)] == core and any(line.startswith("jupyterlab>=") for line in course[len(core) :])


def test_an_unknown_extra_is_a_sentence():
    with pytest.raises(set_up.SetUpError, match="no extra called nonsense"):
        set_up.requirements(Path(sys.executable), ["nonsense"])


@pytest.mark.parametrize(
    ("requirement", "name"),
    [("torch>=2.4", "torch"), ("torch", "torch"), ("PyYAML>=6", "pyyaml"), ("a.b-c [x]", "a.b-c")],
)
def test_a_requirement_has_a_name(requirement, name):
    assert set_up.name_of(requirement) == name


@pytest.mark.parametrize("written", ["", "{", "[]", '{"pyproject": "abc"}', '{"pyproject": "abc", "installed": 3}'])
def test_a_damaged_stamp_counts_as_none(tmp_path, written):
    (tmp_path / "stamp").write_text(written)
    assert set_up.read_stamp(tmp_path / "stamp", "abc") == set()


def test_a_stamp_counts_for_the_pyproject_it_was_written_for(tmp_path):
    set_up.write_stamp(tmp_path / "stamp", "abc", {"core", "dev"})
    assert set_up.read_stamp(tmp_path / "stamp", "abc") == {"core", "dev"}
    assert set_up.read_stamp(tmp_path / "stamp", "abd") == set()


def test_an_environment_that_may_only_be_read_needs_no_stamp(tmp_path):
    (tmp_path / "file").write_text("in the way, also for root")
    set_up.write_stamp(tmp_path / "file" / "stamp", "abc", {"core"})


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_python_without_venv_is_a_sentence_that_names_the_package(tmp_path, monkeypatch, missing, capsys):
    found = importlib.util.find_spec
    monkeypatch.setattr(set_up.importlib.util, "find_spec", lambda name: None if name == missing else found(name))
    assert set_up.main([str(tmp_path / "venv")]) == 1
    said = capsys.readouterr().err
    assert "has no venv module" in said and f"python3.{sys.version_info[1]}-venv" in said and "\n" not in said.strip()


def test_a_file_where_the_environment_should_be_is_a_sentence(tmp_path, capsys):
    (tmp_path / "venv").write_text("")
    assert set_up.main([str(tmp_path / "venv")]) == 1
    assert "is a file" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way, also for root")
    assert set_up.main([str(tmp_path / "file" / "venv")]) == 1
    said = capsys.readouterr().err
    assert "could not make a virtual environment" in said and "Traceback" not in said


def test_an_environment_that_was_interrupted_before_it_had_pip_is_finished(tmp_path, monkeypatch):
    """The real venv module, without pip and then with it; what pip would install is only written down."""
    venv = tmp_path / "a venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    assert not set_up.runs(venv / "bin" / "python", "-m", "pip", "--version")
    asked = []
    monkeypatch.setattr(set_up, "pip", lambda python, arguments: asked.append(arguments))
    set_up.set_up(venv, [])
    assert set_up.runs(venv / "bin" / "python", "-m", "pip", "--version")
    assert asked == [set_up.requirements(Path(sys.executable), [])]
    assert json.loads((venv / ".ddsp-course.json").read_text())["installed"] == ["core"]
