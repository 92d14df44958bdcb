"""Takes shared out to processes: the same features, each take once, and an end that is prompt."""

import time

import pytest
import torch

from ddsp_course.data import CourseError, Recording, extract_all, extract_features
from ddsp_course.data.workers import can_be_sent, in_processes

TRACKERS = """
import os, time
import torch

def steady(audio):
    frames = 1 + audio.shape[-1] // 160
    return torch.full((1, frames), 300.0 + audio[0, 0].item()), torch.ones(1, frames)

def wrong(audio):
    return torch.zeros(1, 5), torch.ones(1, 5)

def deadly(audio):
    os._exit(3)

def slow(seconds):
    time.sleep(seconds)
    return seconds
"""


@pytest.fixture
def trackers(tmp_path, monkeypatch):
    """Functions that other processes can import."""
    (tmp_path / "some_trackers.py").write_text(TRACKERS)
    monkeypatch.syspath_prepend(tmp_path)
    module = __import__("some_trackers")
    yield module
    import sys

    sys.modules.pop("some_trackers")


def takes(count, seconds=0.5):
    time_s = torch.arange(round(16_000 * seconds / 64) * 64) / 16_000
    return [
        Recording(0.3 * torch.sin(2 * torch.pi * (200 + 40 * i) * time_s)[None], name=f"take {i}") for i in range(count)
    ]


def equal(one, other):
    curves = ("f0_hz", "confidence", "loudness_db")
    return all(torch.equal(getattr(a, c), getattr(b, c)) for a, b in zip(one, other, strict=True) for c in curves)


def test_two_processes_hear_what_one_does_and_go_on_from_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DDSP_COURSE_CACHE", str(tmp_path))
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # a worker has one thread, and sums in another order differ in the last bit
    try:
        alone = extract_all(takes(4), progress=False, cache=False)
    finally:
        torch.set_num_threads(before)
    for take in takes(2):  # an earlier call got as far as this
        extract_features(take)
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "features").glob("*.tensors")}
    assert equal(extract_all(takes(4), progress=False, workers=2), alone)
    now = {path: path.stat().st_mtime_ns for path in (tmp_path / "features").glob("*.tensors")}
    assert len(now) == 4 and made.items() <= now.items()  # each take once


def test_order_is_kept_and_a_tracker_of_ones_own_goes_along(trackers):
    found = extract_all(takes(5, 0.1), progress=False, tracker=trackers.steady, workers=2)
    assert equal(found, extract_all(takes(5, 0.1), progress=False, tracker=trackers.steady))


def test_a_tracker_that_cannot_be_sent_is_used_here():
    assert not can_be_sent(lambda audio: audio)
    seen = []

    def here(audio):
        seen.append(audio.shape)
        frames = 1 + audio.shape[-1] // 160
        return torch.full((1, frames), 300.0), torch.ones(1, frames)

    extract_all(takes(3, 0.1), progress=False, tracker=here, workers=2)
    assert len(seen) == 3


def test_what_a_worker_raises_arrives_as_it_was_said(trackers):
    with pytest.raises(ValueError, match="A tracker returns an f0_hz above 0"):
        extract_all(takes(2, 0.1), progress=False, tracker=trackers.wrong, workers=2)


def test_a_worker_that_dies_is_one_sentence(trackers):
    with pytest.raises(CourseError, match="One of 2 processes ended before its work was done"):
        extract_all(takes(2, 0.1), progress=False, tracker=trackers.deadly, workers=2)


def test_whoever_leaves_does_not_wait(trackers):
    """One result is there at once, the others would take a minute: leaving the loop ends their processes."""
    results = in_processes(trackers.slow, [0.0, 60.0, 60.0, 60.0], workers=2)
    assert next(results) == (0, 0.0)
    begun = time.monotonic()
    results.close()
    assert time.monotonic() - begun < 20


def test_no_workers_is_a_mistake():
    with pytest.raises(ValueError, match="workers must be at least 1, not 0"):
        extract_all(takes(1), workers=0)
