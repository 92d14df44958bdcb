"""The cache: what was made is found again, what is damaged is made again, and nothing that goes wrong stops the
work."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from ddsp_course.data.cache import cache_folder, fingerprint, remember

ROOT = Path(__file__).parents[2]


class Made:
    """A result that counts how often it was made."""

    def __init__(self):
        self.times = 0

    def __call__(self) -> dict[str, torch.Tensor]:
        self.times += 1
        return {"a": torch.arange(6.0).reshape(2, 3).T, "b": torch.tensor([1, 2])}


def entry(folder: Path) -> Path:
    (found,) = folder.rglob("*.tensors")
    return found


def test_the_second_time_it_is_read(own_cache):
    made = Made()
    first, again = remember("things", {"x": 1}, made), remember("things", {"x": 1}, made)
    assert made.times == 1
    assert torch.equal(first["a"], again["a"]) and torch.equal(first["b"], again["b"])
    assert again["b"].dtype == torch.int64
    assert entry(own_cache).parent == own_cache / "things"
    remember("things", {"x": 2}, made)
    remember("others", {"x": 1}, made)
    assert made.times == 3


def test_a_key_differs_whenever_a_part_does():
    parts = [
        {"x": 1},
        {"x": 1.0},
        {"x": True},
        {"x": "1"},
        {"x": None},
        {"y": 1},
        {"x": [1]},
        {"x": {"x": 1}},
        {"x": torch.zeros(2)},
        {"x": torch.zeros(1, 2)},
        {"x": torch.zeros(2, dtype=torch.float64)},
        {"x": torch.tensor([0.0, 1e-30])},
    ]
    assert len({fingerprint(part) for part in parts}) == len(parts)
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint({"x": torch.ones(3)}) == fingerprint({"x": np.ones(3, np.float32)})
    with pytest.raises(TypeError, match="not of object"):
        fingerprint({"x": object()})


@pytest.mark.parametrize("damage", ["truncated", "one bit", "empty", "another format"])
def test_a_damaged_entry_is_made_again(damage, own_cache):
    made = Made()
    remember("things", {"x": 1}, made)
    path = entry(own_cache)
    content = path.read_bytes()
    ruined = {
        "truncated": content[: len(content) // 2],
        "one bit": content[:-1] + bytes([content[-1] ^ 1]),
        "empty": b"",
        "another format": b"not tensors at all, but long enough to be read" * 4,
    }
    path.write_bytes(ruined[damage])
    with pytest.warns(UserWarning, match="damaged: it is made again"):
        again = remember("things", {"x": 1}, made)
    assert made.times == 2 and torch.equal(again["a"], Made()()["a"])
    assert path.read_bytes() == content


def test_where_nothing_can_be_written_it_works_without_and_says_so(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("DDSP_COURSE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.warns(UserWarning, match=r"Nothing can be kept in the cache .*set DDSP_COURSE_CACHE"):
        made = remember("things", {"x": 1}, Made())
    assert made["b"].tolist() == [1, 2]


def test_it_says_so_once(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("DDSP_COURSE_CACHE", str(tmp_path / "file" / "cache"))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("default")
        for number in range(3):
            remember("things", {"x": number}, Made())
    assert len(said) == 1


def test_a_full_disk_costs_the_entry_and_not_the_result(own_cache, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.warns(UserWarning, match="some space left"):
        assert remember("things", {"x": 1}, Made())["b"].tolist() == [1, 2]
    assert not list(own_cache.rglob("*.tensors")) and not list(own_cache.rglob("*.part"))


def test_a_failure_while_making_is_passed_on_and_nothing_is_kept(own_cache):
    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        remember("things", {"x": 1}, fail)
    assert remember("things", {"x": 1}, Made())["b"].tolist() == [1, 2]


def test_two_processes_that_want_the_same_make_it_once(own_cache):
    code = (
        "import sys, time, torch\n"
        "from ddsp_course.data.cache import remember\n"
        "def make():\n"
        "    print('made', flush=True)\n"
        "    time.sleep(1)\n"
        "    return {'a': torch.ones(1000)}\n"
        "sys.stdin.readline()\n"
        "print(float(remember('things', {'x': 1}, make)['a'].sum()))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DDSP_COURSE_CACHE": str(own_cache)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment}
    both = [subprocess.Popen([sys.executable, "-c", code], **pipes) for _ in range(2)]
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=120)[0].split() for process in both]
    assert sorted(len(words) for words in said) == [1, 2]
    assert all(words[-1] == "1000.0" for words in said)


def test_the_folder_is_the_systems_unless_one_is_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("DDSP_COURSE_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"
    monkeypatch.delenv("DDSP_COURSE_CACHE")
    assert cache_folder().name == "ddsp-course" or "ddsp-course" in cache_folder().parts
