"""One source, two notebooks: what each shows, and what it does not."""

from __future__ import annotations

import json
import re

import pytest
from lesson_notebooks import LESSONS, SOLUTIONS, LessonRefused, as_bytes, lessons_of


def cell(course, kind, name):
    return next(cell for cell in course.page(kind).cells if cell.id == name)


def test_a_learner_gets_an_invitation_in_place_of_each_body(course):
    assert cell(course, LESSONS, "03-exercise-1").source == (
        "def gain(x: float, db: float) -> float:\n"
        '    """x times a gain in dB"""\n'
        '    raise NotImplementedError("your turn")'
    )
    box = cell(course, LESSONS, "03-exercise-2").source
    assert box.count('        raise NotImplementedError("your turn")') == 2, "one a method"
    assert "def __call__(self, x):" in box and "self.db" not in box


def test_the_solution_has_the_bodies_without_their_markers(course):
    assert cell(course, SOLUTIONS, "03-exercise-1").source.splitlines()[-2:] == [
        "    factor = 10 ** (db / 20)",
        "    return x * factor",
    ]
    assert "###" not in "".join(each.source for each in course.page(SOLUTIONS).cells if each.cell_type == "code")


def test_questions_are_open_in_the_lesson_and_answered_in_the_solution(course):
    assert cell(course, LESSONS, "03-question-1").source == 'question("3.3", answer=None)  # a number, in dB'
    assert cell(course, SOLUTIONS, "03-question-1").source == 'question("3.3", answer=6)  # a number, in dB'
    assert cell(course, SOLUTIONS, "03-question-2").source == 'question("3.4", answer="b")'


def test_checks_questions_and_numbers_are_compared_and_nothing_else(course):
    for each in course.page(LESSONS).cells:
        if each.cell_type == "code":
            wanted = "check" if re.search("check|question|number", each.id) else "ignore"
            assert f"nbval-{wanted}-output" in each.metadata["tags"], each.id
            assert each.metadata["tags"] == sorted(each.metadata["tags"])


def test_a_cell_keeps_its_name_when_another_is_put_before_it(course):
    before = {each.source: each.id for each in course.page().cells if each.cell_type == "code"}
    course.change(
        course.lesson.source, "# %% [markdown]\n# And", "# %% [markdown]\n# Listen.\n\n# %% [markdown]\n# And"
    )
    after = {each.source: each.id for each in course.page().cells if each.cell_type == "code"}
    assert after == before
    assert len({each.id for each in course.page().cells}) == len(course.page().cells)


def test_a_notebook_is_a_plain_file_of_format_4_5_that_any_jupyter_opens(course):
    text = as_bytes(course.page()).decode()
    notebook = json.loads(text)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert text.startswith('{\n "cells": [\n  {\n') and text.endswith("}\n") and not text.endswith("\n\n")


@pytest.mark.parametrize("file", ["source", "exercise_file"])
def test_the_fingerprint_is_of_the_source_and_of_the_exercises(course, file):
    before = course.page().metadata["ddsp_course"]["made_from"]
    path = getattr(course.lesson, file)
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert course.page().metadata["ddsp_course"]["made_from"] != before


def test_a_part_of_the_exercises_in_a_file_of_its_own_is_in_the_fingerprint(course):
    before = course.page().metadata["ddsp_course"]["made_from"]
    file = course.lesson.exercise_file
    file.with_name(f"{file.stem}_fit.py").write_text("", encoding="utf-8")
    assert course.page().metadata["ddsp_course"]["made_from"] != before


@pytest.mark.parametrize(
    "old, new, sentence",
    [
        ("    return x * factor\n    ### END SOLUTION", "    return x * factor", "in pairs"),
        ("        ### BEGIN SOLUTION\n        self.db = db", "        self.db = db", "in pairs"),
        ('print("progress', '### BEGIN SOLUTION\nprint("progress', "no tag exercise"),
    ],
)
def test_a_solution_that_would_show_is_refused(course, old, new, sentence):
    course.change(course.lesson.source, old, new)
    with pytest.raises(LessonRefused, match=rf"03_gain\.ipynb, cell \d+ .*{sentence}"):
        course.page()


def test_an_answer_to_a_question_that_does_not_exist_is_refused(course):
    course.change(course.lesson.source, 'question("3.4"', 'question("3.5"')
    with pytest.raises(LessonRefused, match=r"question 3\.5 is not in QUESTIONS"):
        course.page(SOLUTIONS)


def test_a_lesson_without_its_exercise_file_is_named(course):
    course.lesson.exercise_file.unlink()
    with pytest.raises(LessonRefused, match=r"03_gain: it has no ddsp_course/classroom/exercises/lesson_03\.py"):
        course.page()


@pytest.mark.parametrize(
    "text, sentence",
    [("LESSON = (", "does not run: SyntaxError"), ("LESSON = None", "does not define EXERCISES, QUESTIONS")],
)
def test_an_exercise_file_that_is_not_whole_is_a_sentence(course, text, sentence):
    course.lesson.exercise_file.write_text(text)
    with pytest.raises(LessonRefused, match=rf"lesson_03\.py {sentence}"):
        course.page()


def test_lessons_are_found_by_their_sources_in_order(course):
    (course.lesson.source.parent / "01_tone.py").touch()
    (course.lesson.source.parent / "notes.py").touch()
    assert [lesson.stem for lesson in lessons_of(course.root)] == ["01_tone", "03_gain"]
