"""Right, wrong, not done: and what a learner is told, computed from what they wrote."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from ddsp_course.classroom import judging
from ddsp_course.classroom.exercise import Attempt, Case, Exercise, Misuse, looks_like
from ddsp_course.classroom.judging import judge


def gain(audio, db):
    return audio * 10 ** (db / 20)


GAIN = Exercise(
    number="9.1",
    name="gain",
    reference=gain,
    cases=(
        Case(
            "half a second of a 440 Hz sine, 6 dB down",
            {"audio": torch.sin(2 * math.pi * 440 * torch.arange(8000) / 16_000)[None], "db": -6.0},
            gradients=("audio",),
        ),
    ),
    hints=(
        looks_like(
            lambda audio, db: audio * 10 ** (db / 10), lambda a: f"{a.arguments['db']:.0f} dB by the rule for power"
        ),
    ),
)


def told(function, exercise=GAIN) -> str:
    judgement = judge(exercise, function)
    assert judgement.state == "wrong"
    return judgement.text


def test_a_right_answer_is_right_whatever_its_parameters_are_called():
    judgement = judge(GAIN, lambda x, decibels: x * 10 ** (decibels / 20))
    assert judgement.state == "right"
    assert judgement.text == "right (1 case, gradients too)."


def test_a_rounding_error_is_forgiven_and_a_millibel_is_not():
    assert judge(GAIN, lambda x, db: gain(x, db) + 1e-7).state == "right"
    assert judge(GAIN, lambda x, db: gain(x, db + 0.01)).state == "wrong"


def test_the_stub_is_not_done_yet():
    def stub(audio, db):
        raise NotImplementedError("your turn")

    assert judge(GAIN, stub).state == "todo"


def test_a_hint_comes_with_the_size_and_the_place_of_the_difference():
    text = told(lambda audio, db: audio * 10 ** (db / 10))
    assert text.startswith("-6 dB by the rule for power\n")
    assert "Largest difference 0.25 at sample 9 (yours 0.2512, expected 0.5011)" in text
    assert "half a second of a 440 Hz sine" in text


def test_what_is_no_number_looks_like_no_mistake():
    spoilt = lambda audio, db: torch.where(torch.arange(8000) == 7, torch.nan, gain(audio, db))  # noqa: E731
    assert "rule for power" not in told(spoilt) and "At sample 7 (yours NaN" in told(spoilt)
    always_nan = looks_like(lambda audio, db: audio * torch.nan, "none of this")
    exercise = Exercise("9.3", "gain", gain, GAIN.cases, hints=(always_nan,))
    assert "none of this" not in told(lambda audio, db: audio, exercise)


def test_a_hint_that_stumbles_is_passed_over():
    def stumbles(attempt: Attempt) -> str:
        return f"{attempt.got[0, 9999]}"

    exercise = Exercise("9.2", "gain", gain, GAIN.cases, hints=(stumbles, *GAIN.hints))
    assert "rule for power" in told(lambda audio, db: audio * 10 ** (db / 10), exercise)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda audio, db: None, "it returned None: is a `return` missing"),
        (lambda audio, db: ..., "is a `return` missing"),
        (lambda audio, db: gain(audio, db)[:, :-1], r"Shape [1, 7999], expected [1, 8000]"),
        (lambda audio, db: "loud", "it returned str 'loud', expected a tensor [1, 8000]"),
        (lambda audio, db: (audio, db), "it returned 2 result(s) where 1 are expected"),
        (lambda audio, db: gain(audio, db) * float("nan"), "At sample 0 (yours NaN, expected 0)"),
        (lambda audio, db: gain(audio, db) + float("inf"), "(yours infinity, expected 0)"),
        (lambda audio, db: gain(audio, db) + 0j, "Complex numbers, not the other kind"),
        (lambda audio: audio, "raised TypeError"),
        (lambda audio, db: undefined_name, "raised NameError: name 'undefined_name' is not defined"),  # noqa: F821
        (lambda audio, db: exit(), "raised SystemExit"),
        (lambda audio, db: told_forever(audio, db), "calls itself without end"),
        (lambda audio, db: raise_it(Wordless()), "raised Wordless"),
        (lambda audio, db: audio.to_sparse(), "yours"),
    ],
)
def test_whatever_goes_wrong_is_said_in_a_sentence(wrong, words):
    assert words in told(wrong)


def told_forever(audio, db):
    return told_forever(audio, db)


class Wordless(Exception):
    def __str__(self):
        return None


def raise_it(error):
    raise error


def test_the_line_that_raised_is_quoted():
    def divides(audio, db):
        level = 20
        return audio / (level - 20)[0]

    assert "in your line `return audio / (level - 20)[0]`" in told(divides)


def test_an_argument_that_was_changed_is_named():
    def in_place(audio, db):
        return audio.mul_(10 ** (db / 20))

    assert "changes its argument audio in place" in told(in_place)


def test_what_a_function_does_to_its_arguments_is_forgotten_before_the_next_try():
    values_only = replace(GAIN, cases=(replace(GAIN.cases[0], gradients=()),))
    for _ in range(2):
        assert judge(values_only, lambda audio, db: audio.zero_()).state == "wrong"
    assert judge(values_only, lambda audio, db: audio).state == "wrong"


def test_something_that_is_no_function_is_named():
    assert told(3.0) == "gain is float 3.0, not a function."


def test_the_courses_own_function_is_not_accepted_as_an_answer():
    assert "the course's own function" in told(gain)


def test_a_function_without_a_file_of_its_own_is_judged_like_any_other():
    assert "it raised TypeError" in told(math.sin)


class TestGradients:
    def test_a_tensor_that_the_backward_pass_needs_and_finds_changed(self):
        def overwriting(audio, db):
            result = torch.exp(audio)
            result *= 1.0
            return gain(audio, db) + 0 * result

        assert "no gradient comes through: the function changes in place" in told(overwriting)

    @pytest.mark.parametrize(
        "cut",
        [
            lambda audio, db: gain(audio.detach(), db),
            lambda audio, db: torch.tensor(gain(audio, db).tolist()),
        ],
    )
    def test_a_detached_result_is_said_to_be_detached(self, cut):
        assert "no gradient reaches audio" in told(cut)

    def test_numpy_on_the_way_is_named(self):
        text = told(lambda audio, db: torch.from_numpy(audio.numpy() * 10 ** (db / 20)))
        assert text.startswith("with a gradient asked for it raised RuntimeError: Can't call numpy()")

    def test_a_gradient_that_is_nan_where_the_value_is_fine(self):
        def root(x):
            return torch.where(x > 0, x.sqrt(), torch.zeros_like(x))

        def safe(x):
            positive = torch.where(x > 0, x, torch.ones_like(x))
            return torch.where(x > 0, positive.sqrt(), torch.zeros_like(x))

        exercise = Exercise("9.3", "root", safe, (Case("0 and 4", {"x": torch.tensor([0.0, 4.0])}, gradients=("x",)),))
        assert "the gradient for x is NaN at [0]" in told(root, exercise)

    def test_a_part_treated_as_a_constant_is_measured(self):
        def product(x, y):
            return x * x * y

        exercise = Exercise(
            "9.4",
            "product",
            product,
            (Case("3 and 2", {"x": torch.tensor([3.0]), "y": torch.tensor([2.0])}, ("x", "y")),),
        )
        assert "the gradient for x is off by 50% of its largest value" in told(
            lambda x, y: x * x.detach() * y, exercise
        )
        assert "no gradient reaches y" in told(lambda x, y: x * x * y.detach(), exercise)


class TestLimits:
    @pytest.fixture(autouse=True)
    def soon(self, monkeypatch):
        monkeypatch.setattr(judging, "CPU_SECONDS", 0.3)
        monkeypatch.setattr(judging, "within_limits", lambda call: within_limits(call, cpu_s=0.3, memory_bytes=2**30))
        from ddsp_course.classroom.limits import within_limits

    def test_a_loop_without_end_ends(self):
        def forever(audio, db):
            while True:
                pass

        assert "is there a loop that never ends?" in told(forever)

    def test_even_one_that_swallows_what_it_is_told(self):
        def stubborn(audio, db):
            while True:
                try:
                    audio = audio * 1.0
                except:  # noqa: E722
                    continue

        assert "is there a loop that never ends?" in told(stubborn)

    def test_a_tensor_without_bounds_ends_with_its_size(self):
        text = told(lambda audio, db: audio[:, :, None] * torch.ones(1, 1, 10**6) * torch.ones(1, 1, 10**6))
        assert "GB of memory" in text


def test_a_class_is_judged_by_how_it_is_used():
    class Gain(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.log_gain = torch.nn.Parameter(torch.zeros(()))

        def forward(self, audio):
            return audio * self.log_gain.exp()

    class Forgetful(torch.nn.Module):
        def forward(self, audio):
            return audio * self.log_gain.exp()

    def use(gain_class, audio):
        return gain_class()(audio)

    exercise = Exercise("9.5", "Gain", Gain, (Case("a ramp", {"audio": torch.arange(4.0)}, ("audio",)),), use=use)

    class Mine(Gain):
        pass

    assert judge(exercise, Mine).state == "right"
    assert "'Forgetful' object has no attribute 'log_gain', in your line `return audio" in told(Forgetful, exercise)


def test_what_cannot_be_gone_on_with_is_said_in_the_words_of_the_exercise():
    def use(function, audio):
        result = function(audio)
        if not isinstance(result, tuple):
            raise Misuse("two things are asked for.")
        return result[0]

    exercise = Exercise("9.7", "pair", lambda x: (x, 1), (Case("a ramp", {"audio": torch.arange(4.0)}),), use=use)
    assert judge(exercise, lambda x: (x, 2)).state == "right"
    assert told(lambda x: x, exercise) == "two things are asked for. (case: a ramp)"


def test_a_list_of_rows_is_as_right_as_the_rows_in_one_tensor_and_so_is_its_gradient():
    rows = Exercise(
        "9.8", "twice", lambda x: 2 * x, (Case("rows", {"x": torch.arange(12.0).reshape(3, 4)}, gradients=("x",)),)
    )
    assert judge(rows, lambda x: [2 * row for row in x]).state == "right"
    assert "off by 100%" in told(lambda x: [2 * x[0], 2 * x[1], 2 * x[2].detach()], rows)


def test_a_constant_in_a_list_keeps_its_place():
    case = Case("three numbers", {"x": torch.arange(1.0, 4.0)}, gradients=("x",))
    led_by_one = Exercise("9.8", "led_by_one", lambda x: torch.cat([torch.ones(1), x.square()]), (case,))
    assert judge(led_by_one, lambda x: [1.0, *x.square()]).state == "right"
    assert judge(led_by_one, lambda x: [torch.ones(()), *x.square()]).state == "right"
    assert "off by" in told(lambda x: [1.0, x[0] ** 2, *(x[1:] * x[1:].detach())], led_by_one)


def test_a_list_of_complex_numbers_is_measured_as_one_tensor():
    exercise = Exercise(
        "9.8",
        "turned",
        lambda x: x * 1j,
        (Case("three numbers", {"x": torch.arange(1.0, 4.0)}, gradients=("x",)),),
        measure=lambda result, given: torch.view_as_real(result),
    )
    assert judge(exercise, lambda x: [each * 1j for each in x]).state == "right"


def test_what_is_random_is_compared_by_what_is_measured():
    def noise(n):
        return torch.rand(n) * 2 - 1

    exercise = Exercise(
        "9.6",
        "noise",
        noise,
        (Case("a second", {"n": 16_000}),),
        atol=0.02,
        measure=lambda x, given: x.square().mean().sqrt(),
    )
    assert judge(exercise, lambda n: 1 - 2 * torch.rand(n)).state == "right"
    assert "expected 0.57" in told(lambda n: torch.rand(n) - 0.5, exercise)


def test_everybody_draws_the_same_random_numbers_and_nobody_elses_are_disturbed():
    def noise(n):
        return torch.rand(n)

    exercise = Exercise("9.7", "noise", noise, (Case("ten", {"n": 10}),))
    torch.manual_seed(3)
    expected = torch.rand(5)
    torch.manual_seed(3)
    assert judge(exercise, lambda n: torch.rand(n)).state == "right"
    assert torch.equal(torch.rand(5), expected)
