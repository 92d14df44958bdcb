"""What the builder refuses: each rule broken on purpose, and the sentence that it gets."""

from __future__ import annotations

import math

import pytest
from lesson_notebooks import LESSONS, SOLUTIONS, LessonRefused
from lesson_rules import judge, look_at
from nbformat import v4
from small_course import GOOD, SOLVED, ran


def look(course):
    look_at(course.lesson, course.page(), course.lesson.exercises())


def test_a_good_lesson_passes(course):
    look(course)
    judge(course.lesson, LESSONS, *[ran(course.page(LESSONS), GOOD)] * 2)
    judge(course.lesson, SOLUTIONS, *[ran(course.page(SOLUTIONS), SOLVED)] * 2)


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "old, new, sentence",
    [
        ("5 minutes to read", "6 minutes to read", r"LESSON has 5 minutes to read, the top cell says 6"),
        (", 1 minute to run", "", r"1 minutes? to run, the top cell does not say how many \(write: 1 minute to run\)"),
        ("# # Lesson 03 · Gain", "# # Lesson 03: Gain", r"first line is not '# Lesson 03 · Gain'"),
        ("# %% [markdown]\n# # Lesson", "# %%\n# # Lesson", r"begins with a cell of text"),
        ('tags=["number"]', 'tags=["numbers"]', r"cell 11 .*unknown tag numbers"),
        ('tags=["number"]', 'tags=["number", "check"]', r"one tag a cell: check, number"),
        ('print("progress', "%matplotlib inline\nprint(", r"not plain Python"),
        ('\ngain = check("3.1", gain)', "\nprint(gain)", r"tag check but does not call check"),
        ('tags=["check"]\ngain =', "\ngain =", r"calls check but has no tag check"),
        ('check("3.2", Amplifier)', 'check("3.1", Amplifier)', r'check\("3\.1"\) stands in cell 4 already'),
        ("class Amplifier:", "class Amp:", r"no cell with the tag exercise defines Amplifier \(3\.2\)"),
        ('question("3.4", answer=None)', 'question("3.4", answer="b")', r'write question\("3\.4", answer=None\)'),
        ('question("3.4", answer=None)', 'question("3.3", answer=None)', r'question\("3\.3"\) stands in cell 8'),
    ],
)
def test_a_source_that_breaks_a_rule_is_refused(course, old, new, sentence):
    course.change(course.lesson.source, old, new)
    with pytest.raises(LessonRefused, match=sentence):
        look(course)


@pytest.mark.parametrize(
    "old, new, sentence",
    [
        ("EXERCISES = (GAIN, AMPLIFIER)", "EXERCISES = (GAIN,)", r"exercise 3\.2 is in the notebook, but not in EXERC"),
        ('"Gain", "a gain', '"Volume", "a gain', r"first line is not '# Lesson 03 · Volume'"),
        ('Lesson(3, "gain"', 'Lesson(3, "volume"', r"calls itself 03_volume"),
        ('"gain", reference', '"louder", reference', r"no cell with the tag exercise defines louder \(3\.1\)"),
        ('NumberQuestion("3.3"', 'NumberQuestion("3.5"', r"question 3\.5 is in QUESTIONS .*, but not in the notebook"),
    ],
)
def test_an_exercise_file_that_says_something_else_is_refused(course, old, new, sentence):
    course.change(course.lesson.exercise_file, old, new)
    with pytest.raises(LessonRefused, match=sentence):
        look(course)


def test_an_exercise_that_nobody_checks_is_refused(course):
    course.change(course.lesson.source, '# %% tags=["check"]\nAmplifier = check("3.2", Amplifier)', "")
    with pytest.raises(LessonRefused, match=r"exercise 3\.2 is in EXERCISES of lesson_03\.py, but not in the notebook"):
        look(course)


def test_an_exercise_that_the_file_does_not_know_is_refused(course):
    more = '# %% tags=["exercise"]\ndef third():\n    ### BEGIN SOLUTION\n    return 3\n    ### END SOLUTION\n\n# %%\n'
    course.change(course.lesson.source, '# %%\nprint("progress', more + 'print("progress')
    with pytest.raises(LessonRefused, match=r"an exercise without a check: EXERCISES knows no third"):
        look(course)


def test_a_check_that_comes_before_its_exercise_is_refused(course):
    course.change(course.lesson.source, '# %% tags=["check"]\nAmplifier = check("3.2", Amplifier)', "")
    early = '# %% tags=["check"]\nAmplifier = check("3.2", Amplifier)\n\n# %% [markdown]\n# And'
    course.change(course.lesson.source, "# %% [markdown]\n# And", early)
    with pytest.raises(LessonRefused, match=r"exercise 3\.2 is checked before it is there"):
        look(course)


def test_a_lesson_that_compares_nothing_is_refused(course):
    course.lesson.source.write_text(
        "# %% [markdown]\n# # Lesson 03 · Gain\n#\n# 5 minutes to read, 1 minute to run.\n\n# %%\nprint(1)\n",
        encoding="utf-8",
    )
    text = course.lesson.exercise_file.read_text(encoding="utf-8") + "\nEXERCISES = QUESTIONS = ()\n"
    course.lesson.exercise_file.write_text(text, encoding="utf-8")
    with pytest.raises(LessonRefused, match=r"03_gain: it compares nothing"):
        look(course)


# --- its runs ---------------------------------------------------------------------------------------------------------


def verdict(course, kind, changes, again=None, **value):
    page, good = course.page(kind), {LESSONS: GOOD, SOLUTIONS: SOLVED}[kind]
    first = ran(page, {**good, **changes}, **value)
    second = ran(page, {**good, **(changes if again is None else again)}, **value)
    judge(course.lesson, kind, first, second)


def test_a_number_that_changes_with_the_threads_is_refused_and_both_are_shown(course):
    again = {"03-number-1": "an amplitude of 1, 6 dB up: 1.99\n"}
    with pytest.raises(LessonRefused, match=r"(?s)lessons/03_gain\.ipynb, cell 11 .*changes.*: 2\.00.*: 1\.99") as told:
        verdict(course, LESSONS, {}, again)
    assert "3.1" not in str(told.value), "only the line that differs"


@pytest.mark.parametrize("value, refused", [(1.9949, True), (1.9951, True), (1.99479, False), (-1.9951, True)])
def test_a_number_within_a_fiftieth_of_a_rounding_edge_is_refused(course, value, refused):
    if refused:
        with pytest.raises(LessonRefused, match=r"cell 11 .*'an amplitude of 1, 6 dB up' is -?1\.99.*a last bit"):
            verdict(course, LESSONS, {}, value=value)
    else:
        verdict(course, LESSONS, {}, value=value)


def test_a_number_that_is_none_is_not_near_any_edge(course):
    verdict(course, LESSONS, {"03-number-1": "infinity\n"}, value=math.inf)


@pytest.mark.parametrize(
    "shown, sentence",
    [
        ([v4.new_output("stream", name="stderr", text="UserWarning: old\n")], r"writes to stderr: UserWarning: old"),
        ([v4.new_output("execute_result", data={"text/plain": "2"})], r"text and nothing else; it shows text/plain"),
        ([v4.new_output("display_data", data={"text/html": "<b>"})], r"it shows text/html"),
        ([], r"it is compared, but prints nothing"),
        (" \n", r"it is compared, but prints nothing"),
    ],
)
def test_compared_cells_print_and_do_nothing_else(course, shown, sentence):
    with pytest.raises(LessonRefused, match=rf"cell 11 .*{sentence}"):
        verdict(course, LESSONS, {"03-number-1": shown})


def test_cells_that_are_not_compared_may_show_what_they_like(course):
    verdict(course, LESSONS, {"03-code-2": [v4.new_output("display_data", data={"image/png": ""})]})


@pytest.mark.parametrize(
    "kind, text, sentence",
    [
        (SOLUTIONS, "[!] 3.1: off by 2.\n", r"solutions/.*our own solution is not judged right:\n    \[!\] 3\.1: off"),
        (SOLUTIONS, "[ ] 3.1: not done yet.\n", r"our own solution is not judged right"),
        (LESSONS, "[!] 3.1: off by 2.\n", r"what nobody has done yet is judged wrong"),
        (LESSONS, "[x] 3.1: right.\n", r"judged right before anybody has done it"),
    ],
)
def test_each_notebook_is_judged_as_it_should_be(course, kind, text, sentence):
    with pytest.raises(LessonRefused, match=sentence):
        verdict(course, kind, {"03-check-1": text})
