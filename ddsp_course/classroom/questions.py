"""Questions that a notebook asks, and answers to whatever one guesses."""

from __future__ import annotations

import math
from typing import Any

from ddsp_course.classroom import exercises, progress
from ddsp_course.classroom.checking import MARKS, folded
from ddsp_course.classroom.exercise import ChoiceQuestion, NumberQuestion, decode
from ddsp_course.data.errors import CourseError


def question(number: str, answer: Any = None) -> None:
    """Take a guess, and say what is right or wrong with it.

    number: of the question, "2.5"; answer: a number (a tensor's or an array's too), or a letter for the questions with
    options. None asks for one.
    Never raises.
    """
    try:
        asked = exercises.question(number)
    except CourseError as error:
        print(f"[!] {error}")
        return
    tell = _judge_choice if isinstance(asked, ChoiceQuestion) else _judge_number
    state, text = tell(asked, answer)
    progress.record(number, state)
    print(folded(f"{MARKS[state]} {number}: {text}"))


def _judge_number(asked: NumberQuestion, answer: Any) -> tuple[str, str]:
    if answer is None:
        what = f"a number, in {asked.unit}," if asked.unit else "a number"
        return "todo", f"what is your guess? Put {what} in place of None, and run the cell."
    try:
        guess = math.nan if isinstance(answer, bool) else float(answer)
    except (TypeError, ValueError, OverflowError, RuntimeError):  # words, several numbers, more than a number can be
        guess = math.nan
    if not math.isfinite(guess):
        return "wrong", f"{answer!r:.60} is not a number: write one{f', in {asked.unit}' if asked.unit else ''}."
    right = float(decode(asked.answer))
    if abs(guess - right) <= asked.tolerance:
        return "right", asked.right
    for value, tolerance, reply in asked.misconceptions:
        if abs(guess - value) <= tolerance:
            return "wrong", reply
    return "wrong", f"{guess:g} is too {'high' if guess > right else 'low'}. Think again, or go on and come back."


def _judge_choice(asked: ChoiceQuestion, answer: object) -> tuple[str, str]:
    letters = ", ".join(f'"{letter}"' for letter in asked.replies)
    if answer is None:
        return "todo", f"what is your guess? Put one of {letters} in place of None, and run the cell."
    letter = str(answer).strip().lower()
    if letter not in asked.replies:
        return "wrong", f"{answer!r} is none of the options: write one of {letters}."
    return "right" if letter == decode(asked.answer) else "wrong", asked.replies[letter]
