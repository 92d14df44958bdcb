"""Lesson 14, numbers of a few bits (14.1): what it is judged by."""

from __future__ import annotations

import torch
from torch import Tensor

from ddsp_course.classroom.exercise import Attempt, Case, Exercise, WrongAnswer, looks_like
from ddsp_course.classroom.exercises.uneven import uneven


def quantise(weight: Tensor, bits: int, per_row: bool) -> Tensor:
    return _rounded(weight, 2 ** (bits - 1) - 1, _peak(weight, per_row))


def _peak(weight: Tensor, per_row: bool) -> Tensor:
    return weight.abs().amax(dim=-1, keepdim=True) if per_row else weight.abs().amax()


def _rounded(weight: Tensor, steps: float, peak: Tensor) -> Tensor:
    step = peak / steps
    step = torch.where(step > 0, step, torch.ones_like(step))
    return (weight / step).round() * step


def one_step_too_many(weight: Tensor, bits: int, per_row: bool) -> Tensor:
    return _rounded(weight, 2 ** (bits - 1), _peak(weight, per_row))


def all_steps(weight: Tensor, bits: int, per_row: bool) -> Tensor:
    return _rounded(weight, 2**bits - 1, _peak(weight, per_row))


def truncated(weight: Tensor, bits: int, per_row: bool) -> Tensor:
    step = _peak(weight, per_row).clamp_min(1e-12) / (2 ** (bits - 1) - 1)
    return (weight / step).trunc() * step


def floored(weight: Tensor, bits: int, per_row: bool) -> Tensor:
    step = _peak(weight, per_row).clamp_min(1e-12) / (2 ** (bits - 1) - 1)
    return (weight / step).floor() * step


def signed_peak(weight: Tensor, bits: int, per_row: bool) -> Tensor:
    peak = weight.amax(dim=-1, keepdim=True) if per_row else weight.amax()
    return _rounded(weight, 2 ** (bits - 1) - 1, peak)


def per_column(weight: Tensor, bits: int, per_row: bool) -> Tensor:
    return quantise(weight.T, bits, True).T if per_row else quantise(weight, bits, False)


def never_per_row(weight: Tensor, bits: int, per_row: bool) -> Tensor:
    return quantise(weight, bits, False)


def always_per_row(weight: Tensor, bits: int, per_row: bool) -> Tensor:
    return quantise(weight, bits, True)


def nothing_left(attempt: Attempt) -> str | None:
    if bool(attempt.got.any()) or not bool(attempt.want.any()):
        return None
    return (
        f"all of yours are 0, so your step is larger than twice the largest weight, "
        f"{float(attempt.arguments['weight'].abs().max()):.2g}. A step is a small part of the peak: divide by their number."
    )


def whole_numbers(attempt: Attempt) -> str | None:
    if attempt.got.shape != attempt.want.shape or not bool((attempt.got == attempt.got.round()).all()):
        return None
    return (
        f"yours are whole numbers up to {float(attempt.got.abs().max()):.0f}: what would be stored. Asked for are the "
        f"weights that come back out of it: multiply by the step again."
    )


def of_nothing(attempt: Attempt) -> str | None:
    if attempt.got.shape != attempt.want.shape or not bool(attempt.got.isnan().any()):
        return None
    if bool(attempt.want[attempt.got.isnan()].any()):
        return None  # not only where there is nothing
    return (
        f"{int(attempt.got.isnan().sum())} of yours are NaN: where all weights are 0 the step is 0, and 0 / 0 is no number. "
        f"One such row, and the whole instrument is silent."
    )


def guard_too_large(attempt: Attempt) -> str | None:
    """The loud rows are right, the softest is not."""
    if not attempt.arguments["per_row"] or attempt.got.shape != attempt.want.shape:
        return None
    peaks = attempt.want.abs().amax(dim=-1)
    errors = (attempt.got - attempt.want).abs().amax(dim=-1) / peaks
    softest, loudest = int(peaks.argmin()), int(peaks.argmax())
    if not (float(errors[loudest]) < 1e-3 < float(errors[softest])):
        return None
    step = float(peaks[softest]) / (2 ** (attempt.arguments["bits"] - 1) - 1)
    return (
        f"row {softest}, whose largest weight is {float(peaks[softest]):.2g}, is off by {100 * float(errors[softest]):.0f} % "
        f"of it, and the loudest row is right: is what guards your division against 0 larger than its step, {step:.2g}?"
    )


def values_in(attempt: Attempt) -> int:
    """How many different values a learner's whole matrix has."""
    return int(attempt.got.double().mul(1e6).round().unique().numel())


QUANTISE = Exercise(
    number="14.1",
    name="quantise",
    reference=quantise,
    cases=(
        Case(
            "6 rows of 40 weights, 4 bits, one step for all",
            {"weight": uneven(6, 40) * torch.linspace(0.7, 0.2, 6)[:, None], "bits": 4, "per_row": False},
        ),
        Case(
            "the largest weight is a negative one: 3 bits, one step for all",
            {"weight": torch.tensor([[0.1, -0.9, 0.35], [0.5, 0.2, -0.4]]), "bits": 3, "per_row": False},
        ),
        Case(
            "4 rows, each a tenth of the one before, 5 bits, a step for each row",
            {"weight": uneven(4, 24) * torch.tensor([1.0, 0.1, 0.01, 0.001])[:, None], "bits": 5, "per_row": True},
        ),
        Case(
            "a row of zeros, 8 bits, a step for each row",
            {"weight": torch.cat([uneven(2, 9), torch.zeros(1, 9)]), "bits": 8, "per_row": True},
        ),
        Case("nothing but zeros, 8 bits, one step for all", {"weight": torch.zeros(2, 3), "bits": 8, "per_row": False}),
    ),
    hints=(
        of_nothing,
        nothing_left,
        whole_numbers,
        looks_like(
            one_step_too_many,
            lambda attempt: (
                f"your largest weight is {2 ** (attempt.arguments['bits'] - 1)} steps, but {attempt.arguments['bits']} "
                f"bits count from {-(2 ** (attempt.arguments['bits'] - 1))} to {2 ** (attempt.arguments['bits'] - 1) - 1}: "
                f"it would not fit. Share the peak out among {2 ** (attempt.arguments['bits'] - 1) - 1} steps."
            ),
        ),
        looks_like(
            all_steps,
            lambda attempt: (
                f"you share the peak out among {2 ** attempt.arguments['bits'] - 1} steps, so yours has "
                f"{values_in(attempt)} values; {attempt.arguments['bits']} bits name {2 ** attempt.arguments['bits']}, and "
                f"half of them are for negative numbers."
            ),
        ),
        looks_like(
            truncated,
            "towards zero: yours drops what comes after the point. To the nearest step the error is half as large, and "
            "no weight is made smaller on purpose: round().",
        ),
        looks_like(
            floored,
            lambda attempt: (
                f"always downwards: on average yours lies {float((attempt.arguments['weight'] - attempt.got).mean()):.3f} "
                f"below the weights, one sided. To the nearest step: round()."
            ),
        ),
        looks_like(
            signed_peak,
            lambda attempt: (
                f"the step comes from the largest weight, {float(attempt.arguments['weight'].max()):.2g}; but the "
                f"smallest, {float(attempt.arguments['weight'].min()):.2g}, is further from 0 and would not fit. Take the "
                f"largest size, abs()."
            ),
            tolerance=1e-6,
        ),
        looks_like(
            per_column,
            "a step for each column. A row of a matrix makes one output of the layer: it is rows that may differ a "
            "hundredfold, and the step belongs outside the sum over the columns.",
        ),
        looks_like(
            never_per_row,
            lambda attempt: (
                f"one step for all: {float((attempt.got == 0).double().mean()):.0%} of your weights are 0. With per_row, "
                f"each row has its own peak and its own step."
            ),
        ),
        looks_like(
            always_per_row,
            "a step for each row, where one for all was asked for: per_row is False here.",
        ),
        guard_too_large,
    ),
    wrong_answers=(
        WrongAnswer(
            """
def quantise(weight, bits, per_row):
    peak = weight.abs().amax(dim=-1, keepdim=True) if per_row else weight.abs().max()
    step = (peak / 2 ** (bits - 1)).clamp_min(1e-12)
    return (weight / step).round() * step
""",
            r"your largest weight is 8 steps, but 4 bits count from -8 to 7",
        ),
        WrongAnswer(
            """
def quantise(weight, bits, per_row):
    peak = weight.abs().amax(dim=-1, keepdim=True) if per_row else weight.abs().max()
    step = peak / (2 ** (bits - 1) - 1)
    return (weight / step).round() * step
""",
            r"9 of yours are NaN: where all weights are 0",
        ),
        WrongAnswer(
            """
def quantise(weight, bits, per_row):
    if per_row:
        step = (weight.abs().amax(dim=-1, keepdim=True) / (2 ** (bits - 1) - 1)).clamp_min(1e-12)
    else:
        step = weight.abs().max() / (2 ** (bits - 1) - 1)
    return (weight / step).round() * step
""",
            r"6 of yours are NaN: where all weights are 0",
        ),
        WrongAnswer(
            """
def quantise(weight, bits, per_row):
    peak = weight.abs().amax(dim=-1, keepdim=True) if per_row else weight.abs().max()
    step = (peak / (2 ** (bits - 1) - 1)).clamp_min(1e-3)
    return (weight / step).round() * step
""",
            r"row 3, whose largest weight is 0\.001, is off by \d+ % of it.*larger than its step, 6\.7e-05",
        ),
        WrongAnswer(
            """
def quantise(weight, bits, per_row):
    peak = weight.abs().amax(dim=-1, keepdim=True) if per_row else weight.abs().max()
    step = (peak / (2 ** (bits - 1) - 1)).clamp_min(1e-12)
    return (weight / step).to(torch.int32) * step
""",
            r"towards zero: yours drops what comes after the point",
        ),
        WrongAnswer(
            """
def quantise(weight, bits, per_row):
    peak = weight.amax(dim=-1, keepdim=True) if per_row else weight.max()
    step = (peak / (2 ** (bits - 1) - 1)).clamp_min(1e-12)
    return (weight / step).round() * step
""",
            r"the smallest, -0\.7, is further from 0",
        ),
        WrongAnswer(
            """
def quantise(weight, bits, per_row):
    peak = weight.abs().amax(dim=0, keepdim=True) if per_row else weight.abs().max()
    step = (peak / (2 ** (bits - 1) - 1)).clamp_min(1e-12)
    return (weight / step).round() * step
""",
            r"a step for each column",
        ),
        WrongAnswer(
            """
def quantise(weight, bits, per_row):
    step = (weight.abs().max() / (2 ** (bits - 1) - 1)).clamp_min(1e-12)
    return (weight / step).round() * step
""",
            r"one step for all: \d\d% of your weights are 0",
        ),
        WrongAnswer(
            """
def quantise(weight, bits, per_row):
    peak = weight.abs().amax(dim=-1, keepdim=True) if per_row else weight.abs().max()
    step = (peak / (2 ** (bits - 1) - 1)).clamp_min(1e-12)
    return (weight / step).round()
""",
            r"yours are whole numbers up to 7: what would be stored",
        ),
        WrongAnswer(
            """
def quantise(weight, bits, per_row):
    peak = weight.abs().amax(dim=-1, keepdim=True) if per_row else weight.abs().max()
    step = (peak * (2 ** (bits - 1) - 1)).clamp_min(1e-12)
    return (weight / step).round() * step
""",
            r"all of yours are 0, so your step is larger than twice the largest weight, 0\.\d+",
        ),
        WrongAnswer(
            """
def quantise(weight, bits, per_row):
    peak = weight.abs().max() if per_row else weight.abs().amax(dim=-1, keepdim=True)
    step = (peak / (2 ** (bits - 1) - 1)).clamp_min(1e-12)
    return (weight / step).round() * step
""",
            r"a step for each row, where one for all was asked for",
        ),
        WrongAnswer(
            """
def quantise(weight, bits, per_row):
    peak = weight.abs().amax(dim=-1, keepdim=True) if per_row else weight.abs().max()
    step = peak / (2 ^ (bits - 1) - 1)
    return (weight / step).round() * step
""",
            r"\(yours NaN, expected",
        ),
    ),
    axes=("row", "column"),
)
