"""Numbers that are printed the same on every machine."""

from __future__ import annotations

import json

import pytest
import torch

from ddsp_course.classroom import report, verdict


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("energy", -41.26, "dB", 0), "energy: -41 dB"),
        (("energy", torch.tensor([-41.26]), "dB", 1), "energy: -41.3 dB"),
        (("sum", 1.0), "sum: 1.00"),
        (("error", -1e-9, "", 2), "error: 0.00"),
        (("level", float("-inf"), "dB"), "level: -inf dB"),
    ],
)
def test_a_number_is_rounded_and_keeps_its_unit(capsys, arguments, line):
    report(*arguments)
    assert capsys.readouterr().out == line + "\n"


@pytest.mark.parametrize(
    ("threshold", "line"),
    [
        ({"below": 6, "unit": "dB"}, "loss: yes, below 6 dB"),
        ({"below": 5}, "loss: no, not below 5"),
        ({"above": 5.0}, "loss: yes, above 5"),
        ({"above": 5.5}, "loss: no, not above 5.5"),
    ],
)
def test_a_verdict_says_on_which_side_of_its_threshold_a_number_is(capsys, threshold, line):
    verdict("loss", 5.28, **threshold)
    assert capsys.readouterr().out == line + "\n"


def test_a_verdict_about_nan_is_no(capsys):
    verdict("loss", float("nan"), below=5)
    assert "no, not below 5" in capsys.readouterr().out


@pytest.mark.parametrize("thresholds", [{}, {"above": 1, "below": 2}])
def test_a_verdict_needs_one_threshold(thresholds):
    with pytest.raises(ValueError, match="one threshold"):
        verdict("loss", 1.0, **thresholds)


def test_the_builder_sees_the_number_before_it_was_rounded(tmp_path, monkeypatch, capsys):
    log = tmp_path / "reported.jsonl"
    monkeypatch.setenv("DDSP_COURSE_REPORT_LOG", str(log))
    report("energy", -41.4999, "dB", digits=0)
    assert json.loads(log.read_text()) == {"label": "energy", "value": -41.4999, "digits": 0}


def test_a_result_of_training_is_not_judged_after_a_shortened_run(capsys, monkeypatch):
    monkeypatch.setenv("DDSP_COURSE_EFFORT", "test")
    verdict("share of the way", 12.0, above=70, unit="%", of_training=True)
    assert capsys.readouterr().out == "share of the way: above 70 %? Not judged after a shortened run.\n"
    monkeypatch.setenv("DDSP_COURSE_EFFORT", "full")
    verdict("share of the way", 12.0, above=70, unit="%", of_training=True)
    assert capsys.readouterr().out == "share of the way: no, not above 70 %\n"


def test_a_number_of_training_is_not_told_after_a_shortened_run(capsys, monkeypatch):
    for effort, line in (("test", "loss: not told after a shortened run.\n"), ("full", "loss: 4.2\n")):
        monkeypatch.setenv("DDSP_COURSE_EFFORT", effort)
        report("loss", 4.21, digits=1, of_training=True)
        assert capsys.readouterr().out == line
