"""Every answer that the course knows, judged without a kernel: the wrong ones, the right one, and none at all."""

from __future__ import annotations

import inspect
import re

import pytest
import torch
from every_lesson import ALL, answer_to, each_lesson, executed, namespace_of, of_lesson
from lesson_notebooks import LESSONS, SOLUTIONS

from ddsp_course.classroom import checking, questions
from ddsp_course.classroom.exercise import ChoiceQuestion, decode

EXERCISES = [(lesson, exercise) for lesson in ALL for exercise in lesson.exercises().EXERCISES]
WRONG = [
    of_lesson(lesson, exercise, wrong, name=f"{exercise.number}-wrong{index}")
    for lesson, exercise in EXERCISES
    for index, wrong in enumerate(exercise.wrong_answers, 1)
]
each_exercise = pytest.mark.parametrize(
    "lesson, exercise", [of_lesson(lesson, exercise, name=exercise.number) for lesson, exercise in EXERCISES]
)
each_question = pytest.mark.parametrize(
    "lesson, asked",
    [of_lesson(lesson, asked, name=asked.number) for lesson in ALL for asked in lesson.exercises().QUESTIONS],
)


def too_wide(said: str) -> list[str]:
    """Lines that could have been broken between words, and were not."""
    return [line for line in said.splitlines() if len(line) > checking.WIDTH and " " in line.strip()]


def said_to(lesson, exercise, source, capsys) -> str:
    """What the check says to a cell."""
    attempt = executed(source, namespace_of(lesson), f"{exercise.number}: {hash(source)}")[exercise.name]
    capsys.readouterr()
    checking.check(exercise.number, attempt)
    return capsys.readouterr().out


@pytest.mark.parametrize("lesson, exercise, wrong", WRONG)
def test_a_typical_wrong_answer_is_told_what_it_did(lesson, exercise, wrong, capsys):
    said = said_to(lesson, exercise, wrong.source, capsys)
    assert said.startswith(f"[!] {exercise.number}: ")
    assert re.search(wrong.says, " ".join(said.split()), re.DOTALL), said
    assert not too_wide(said), "JupyterLab would break it within a word"


@each_exercise
def test_at_least_two_ways_to_get_it_wrong_are_known(lesson, exercise):
    assert len({wrong.source for wrong in exercise.wrong_answers}) >= 2


@each_exercise
def test_no_case_lets_an_argument_be_taken_for_a_constant(lesson, exercise):
    """A number that is the same in every case may be written into the function, and nobody would notice."""
    if exercise.use is not None or inspect.isclass(exercise.reference):
        return  # what is used goes through more than a call's arguments
    given = [case.fresh() for case in exercise.cases]
    for name, value in given[0].items():
        if not callable(value) and not (isinstance(value, torch.Tensor) and value.numel() > 1):
            assert len({repr(arguments[name]) for arguments in given}) > 1, f"{name} is always {value!r}"


@each_exercise
def test_the_solution_is_right(lesson, exercise, capsys):
    said = said_to(lesson, exercise, answer_to(lesson, SOLUTIONS, exercise.number), capsys)
    assert said.startswith(f"[x] {exercise.number}: "), said


@each_exercise
def test_what_is_not_done_yet_is_neither_right_nor_wrong(lesson, exercise, capsys):
    said = said_to(lesson, exercise, answer_to(lesson, LESSONS, exercise.number), capsys)
    assert said.startswith(f"[ ] {exercise.number}: "), said


def answered(asked, answer, capsys) -> str:
    capsys.readouterr()
    questions.question(asked.number, answer)
    return capsys.readouterr().out


@each_question
def test_a_question_knows_its_answer_and_waits_for_one(lesson, asked, capsys):
    invited, told = answered(asked, None, capsys), answered(asked, decode(asked.answer), capsys)
    assert invited.startswith(f"[ ] {asked.number}: ") and not too_wide(invited)
    assert told.startswith(f"[x] {asked.number}: ") and not too_wide(told)


@each_question
def test_every_misconception_gets_the_reply_that_is_meant_for_it(lesson, asked, capsys):
    if isinstance(asked, ChoiceQuestion):
        assert len(asked.replies) == 4 and len(set(asked.replies.values())) == 4
        meant = {letter: reply for letter, reply in asked.replies.items() if letter != decode(asked.answer)}
    else:
        meant = {value: reply for value, _, reply in asked.misconceptions}
        assert meant, "no wrong number is foreseen"
    for answer, reply in meant.items():
        said = answered(asked, answer, capsys)
        assert said.split() == f"[!] {asked.number}: {reply}".split()
        assert not too_wide(said)


@each_lesson
def test_a_lesson_asks_enough(lesson):
    exercises = lesson.exercises()
    if lesson.number > 0:  # lesson 00 is a house tour
        assert 3 <= len(exercises.EXERCISES) <= 5
        assert len(exercises.QUESTIONS) >= 2
