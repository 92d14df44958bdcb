"""How many optimisation steps a notebook takes."""

from __future__ import annotations

import pytest

from ddsp_course.classroom import effort


def test_a_learner_gets_every_step(monkeypatch):
    monkeypatch.delenv("DDSP_COURSE_EFFORT", raising=False)
    assert effort.steps(1200) == 1200


@pytest.mark.parametrize(("word", "taken"), [("full", 1200), ("test", 120), ("", 1200)])
def test_the_word_in_the_environment_scales_them(monkeypatch, word, taken):
    monkeypatch.setenv("DDSP_COURSE_EFFORT", word)
    assert effort.steps(1200) == taken


def test_a_test_takes_at_least_one_step(monkeypatch):
    monkeypatch.setenv("DDSP_COURSE_EFFORT", "test")
    assert [effort.steps(number) for number in (1, 9, 11)] == [1, 1, 2]


def test_any_other_word_is_refused_in_a_sentence(monkeypatch):
    monkeypatch.setenv("DDSP_COURSE_EFFORT", "fast")
    with pytest.raises(ValueError, match="'fast', which is neither full nor test"):
        effort.steps(1200)
