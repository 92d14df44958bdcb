"""abx() and rate(): what is kept, what is said of it, and that nothing can be answered twice."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
import torch

from ddsp_course.classroom import listening
from ddsp_course.classroom.listening import blind
from ddsp_course.data import CourseError

RATE = 16_000


def tone(hz: float, peak: float = 0.5, seconds: float = 1.0) -> torch.Tensor:
    return peak * torch.sin(2 * math.pi * hz / RATE * torch.arange(round(seconds * RATE)))


@pytest.fixture(autouse=True)
def shown(monkeypatch, tmp_path) -> list:
    """What was displayed; files go into a workbook of this test's own."""
    seen: list = []
    monkeypatch.setattr(blind, "display", seen.append)
    monkeypatch.setenv("DDSP_COURSE_WORKBOOK", str(tmp_path))
    return seen


def kept(tmp_path) -> list[dict]:
    return [json.loads(path.read_text()) for path in sorted((tmp_path / "listening_tests").glob("*.json"))]


@pytest.mark.parametrize(
    "right, trials, p, low, high",
    # p by counting: sum of C(n, k) / 2^n for k >= right; intervals from the tables of Clopper and Pearson (1934).
    [
        (12, 16, 2517 / 65536, 0.476, 0.927),
        (16, 16, 1 / 65536, 0.794, 1.0),
        (0, 4, 1.0, 0.0, 0.602),
        (5, 10, 638 / 1024, 0.187, 0.813),
    ],
)
def test_the_result_is_the_exact_binomial(right, trials, p, low, high):
    result = blind.abx_result(right, trials)
    assert result["p"] == pytest.approx(p, rel=1e-9)
    assert result["interval"] == pytest.approx([low, high], abs=2e-3)
    assert result["sentence"].startswith(f"{right} of {trials} right.")


def test_each_answer_is_kept_at_once_and_the_result_comes_with_the_last(shown, tmp_path):
    listening.abx({"original": tone(440), "copy": tone(441)}, trials=4, seed=1)
    test = shown[0]
    for count in range(1, 5):
        assert test.result == ""
        test.answer(count - 1, test.order[count - 1])
        (file,) = kept(tmp_path)
        assert file["answers"] == test.answers == test.order[:count]
        assert file["x"] == test.order and file["takes"] == ["original", "copy"]
    assert test.result == file["sentence"] and file["right"] == 4 and file["p"] == 1 / 16


def test_an_answer_stays(shown):
    listening.abx({"a": tone(440), "b": tone(441)}, trials=2, seed=0)
    test = shown[0]
    test.answer(0, 0)
    for trial, take in [(0, 1), (2, 0), (1, 2)]:
        with pytest.raises(CourseError, match="answers stay"):
            test.answer(trial, take)
    test.answer(1, 1)
    with pytest.raises(CourseError, match="answers stay"):
        test.answer(2, 1)
    assert test.answers == [0, 1]


def test_x_is_a_fair_coin(shown):
    """Of 100 trials between 35 and 65 are B, for each of 20 seeds: by chance one set in 1000 is not."""
    for seed in range(20):
        listening.abx({"a": tone(440), "b": tone(441)}, trials=100, seed=seed)
    sums = [sum(test.order) for test in shown]
    assert all(35 <= each <= 65 for each in sums) and len(set(map(tuple, (test.order for test in shown)))) == 20


def test_two_tests_have_two_files(shown, tmp_path):
    for _ in range(2):
        listening.abx({"a": tone(440), "b": tone(441)}, trials=1)
        shown[-1].answer(0, 0)
    assert len(kept(tmp_path)) == 2


def test_a_rating_hides_the_reference_among_the_takes_and_adds_an_anchor(shown, tmp_path):
    wide = tone(440) + tone(6000, 0.3)
    listening.rate({"original": wide, "codec": tone(440), "model": tone(450)}, reference="original", seed=3)
    test = shown[0]
    assert sorted(test.names[:-1]) == ["anchor", "codec", "hidden reference", "model"] and test.names[-1] == "original"
    assert np.array_equal(test.sounds["hidden reference"], test.sounds["original"])
    spectrum = np.abs(np.fft.rfft(test.sounds["anchor"] * np.hanning(RATE))) / (RATE / 4)
    assert spectrum[440] == pytest.approx(0.5, rel=1e-3) and spectrum[6000] < 1e-4
    given = [{"anchor": 20, "codec": 55, "hidden reference": 95, "model": 70}[name] for name in test.hidden]
    test.rate(given)
    assert test.result.splitlines() == ["95  hidden reference", "70  model", "55  codec", "20  anchor"]
    (file,) = kept(tmp_path)
    assert file["scores"] == {"anchor": 20, "codec": 55, "hidden reference": 95, "model": 70}
    with pytest.raises(CourseError, match="and once"):
        test.rate(given)


def test_who_does_not_find_the_reference_is_told_so(shown):
    listening.rate({"original": tone(440), "model": tone(450)}, reference="original", seed=3)
    shown[0].rate([80] * 3)
    assert "You gave the hidden reference 80: below 90 these ratings say little" in shown[0].result


def test_the_order_is_drawn_anew(shown):
    takes = {name: tone(440) for name in "abcdef"}
    for _ in range(6):
        listening.rate(takes, reference="a")
    assert len({tuple(test.hidden) for test in shown}) > 1


@pytest.mark.parametrize("seconds", [0.001, 0.5])
def test_the_anchor_of_a_short_or_narrow_sound_is_as_long(seconds):
    sound = tone(440, seconds=seconds).numpy()
    assert blind.low_passed(sound, RATE).shape == sound.shape
    assert np.array_equal(blind.low_passed(sound, 6000), sound)


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: listening.abx({"a": tone(440)}), "two takes apart, not 1"),
        (lambda: listening.abx([tone(440)]), "a dictionary of names and sounds"),
        (lambda: listening.abx({"a": tone(440), "b": tone(440)}, trials=0), "1 to 100 trials, not 0"),
        (lambda: listening.abx({"a": tone(440), "b": tone(440)}, trials=2.5), "not 2.5"),
        (lambda: listening.abx({"a": tone(440), "b": tone(440)}, name="../x"), '"../x" is none'),
        (lambda: listening.abx({"a": tone(440), "b": tone(440) * math.nan}), "sample 0 is NaN"),
        (lambda: listening.rate({"a": tone(440), "b": tone(440)}, reference="c"), 'reference is "c"'),
        (lambda: listening.rate({"a": tone(440)}, reference="a"), "one to 6 other takes, not 0"),
        (lambda: listening.rate({"a": tone(440), "anchor": tone(450)}, reference="a"), '"anchor" is what rate adds'),
        (lambda: listening.rate({"a": tone(440), "hidden reference": tone(450)}, reference="hidden reference"), "adds"),
    ],
)
def test_what_is_no_test_is_refused(shown, tmp_path, call, said):
    with pytest.raises(CourseError, match=re.escape(said)):
        call()
    assert not shown and not (tmp_path / "listening_tests").exists()
