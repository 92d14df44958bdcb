"""Questions answer back."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ddsp_course.classroom import exercises, progress, questions
from ddsp_course.classroom.exercise import ChoiceQuestion, NumberQuestion, decode, encode


def unfolded(said: str) -> str:
    """On one line, wherever it was broken."""
    return " ".join(said.split())


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """Two questions, and what was recorded of them."""
    here = {
        "9.1": NumberQuestion(
            "9.1", encode(690), 10, "Hz", "right: 440 + 250.", ((250, 5, "250 Hz is the ripple, not the copy."),)
        ),
        "9.2": ChoiceQuestion("9.2", encode("b"), {"a": "no, a.", "b": "right, b.", "c": "no, c.", "d": "no, d."}),
    }
    recorded = {}
    monkeypatch.setattr(exercises, "question", here.__getitem__)
    monkeypatch.setattr(progress, "record", recorded.__setitem__)
    return recorded


@pytest.mark.parametrize(
    ("answer", "line", "state"),
    [
        (None, "[ ] 9.1: what is your guess? Put a number, in Hz, in place of None, and run the cell.", "todo"),
        (690, "[x] 9.1: right: 440 + 250.", "right"),
        (699.9, "[x] 9.1: right: 440 + 250.", "right"),
        (250, "[!] 9.1: 250 Hz is the ripple, not the copy.", "wrong"),
        (440, "[!] 9.1: 440 is too low. Think again, or go on and come back.", "wrong"),
        (1e6, "[!] 9.1: 1e+06 is too high. Think again, or go on and come back.", "wrong"),
        ("690", "[x] 9.1: right: 440 + 250.", "right"),
        (torch.tensor([690.0]), "[x] 9.1: right: 440 + 250.", "right"),
        (np.float32(690), "[x] 9.1: right: 440 + 250.", "right"),
        ("high", "[!] 9.1: 'high' is not a number: write one, in Hz.", "wrong"),
        (torch.zeros(2), "[!] 9.1: tensor([0., 0.]) is not a number: write one, in Hz.", "wrong"),
        (10**400, f"[!] 9.1: 1{59 * '0'} is not a number: write one, in Hz.", "wrong"),
        (True, "[!] 9.1: True is not a number: write one, in Hz.", "wrong"),
        (float("nan"), "[!] 9.1: nan is not a number: write one, in Hz.", "wrong"),
    ],
)
def test_a_number(asked, capsys, answer, line, state):
    questions.question("9.1", answer)
    assert unfolded(capsys.readouterr().out) == line
    assert asked == {"9.1": state}


@pytest.mark.parametrize(
    ("answer", "line", "state"),
    [
        (
            None,
            '[ ] 9.2: what is your guess? Put one of "a", "b", "c", "d" in place of None, and run the cell.',
            "todo",
        ),
        ("b", "[x] 9.2: right, b.", "right"),
        (" B ", "[x] 9.2: right, b.", "right"),
        ("d", "[!] 9.2: no, d.", "wrong"),
        ("e", '[!] 9.2: \'e\' is none of the options: write one of "a", "b", "c", "d".', "wrong"),
    ],
)
def test_a_choice(asked, capsys, answer, line, state):
    questions.question("9.2", answer)
    assert unfolded(capsys.readouterr().out) == line
    assert asked == {"9.2": state}


@pytest.mark.parametrize("answer", [690, 7.7, -3, 0.0, "c"])
def test_an_answer_is_hidden_from_a_glance_and_comes_back(answer):
    assert str(answer) not in encode(answer)
    assert decode(encode(answer)) == answer


@pytest.mark.parametrize("number", exercises.lesson_numbers())
def test_every_reply_of_a_lesson_is_reachable_and_every_answer_judged_right(number, capsys, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(progress, "record", lambda *_: None)
    for asked in exercises.load(number).QUESTIONS:
        questions.question(asked.number, decode(asked.answer))
        assert capsys.readouterr().out.startswith(f"[x] {asked.number}: ")
        if isinstance(asked, ChoiceQuestion):
            assert sorted(asked.replies) == ["a", "b", "c", "d"]
            wrong = [(letter, reply) for letter, reply in asked.replies.items() if letter != decode(asked.answer)]
        else:
            wrong = [(value, reply) for value, _, reply in asked.misconceptions]
            assert wrong, f"question {asked.number} knows no misconception"
        for answer, reply in wrong:
            questions.question(asked.number, answer)
            assert unfolded(capsys.readouterr().out) == unfolded(f"[!] {asked.number}: {reply}")
