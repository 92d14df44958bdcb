"""Lesson 08, how often a tracker is right (8.3): what it is judged by."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ddsp_course.classroom.exercise import Attempt, Case, Exercise, WrongAnswer, looks_like


def pitch_accuracy(f0_hz: Tensor, truth_hz: Tensor, playing: Tensor) -> Tensor:
    cents = 1200 * torch.log2(f0_hz / truth_hz)[playing]
    folded = cents - 1200 * torch.round(cents / 1200)
    return torch.stack([(error.abs() < 50).float().mean() for error in (cents, folded)])


def rests_counted(f0_hz: Tensor, truth_hz: Tensor, playing: Tensor) -> Tensor:
    return pitch_accuracy(f0_hz, truth_hz, torch.ones_like(playing))


def in_hz(f0_hz: Tensor, truth_hz: Tensor, playing: Tensor) -> Tensor:
    return ((f0_hz - truth_hz)[playing].abs() < 50).float().mean()


def one_sided(f0_hz: Tensor, truth_hz: Tensor, playing: Tensor) -> Tensor:
    cents = 1200 * torch.log2(f0_hz / truth_hz)[playing].abs()
    return torch.stack([(cents < 50).float().mean(), (cents % 1200 < 50).float().mean()])


def the_other_way_round(attempt: Attempt) -> str | None:
    if not torch.allclose(attempt.got, attempt.want.flip(0), atol=1e-4):
        return None
    return "right, the wrong way round: raw pitch accuracy comes first, chroma second."


def not_folded(attempt: Attempt) -> str | None:
    raw, chroma = attempt.want.tolist()
    if abs(raw - chroma) < 1e-4 or not torch.allclose(attempt.got, attempt.want[:1].expand(2), atol=1e-4):
        return None
    return "your two shares are equal: octave errors are not forgiven yet in the second one."


def rested(attempt: Attempt) -> str:
    n = int((~attempt.arguments["playing"]).sum())
    return (
        f"you say {float(attempt.got[0]):.2f}, expected {float(attempt.want[0]):.2f}: {n} frames in which nobody plays "
        f"are counted too. There is no right pitch in a rest."
    )


def took_hz(attempt: Attempt) -> str | None:
    would_be = float(in_hz(**attempt.arguments))
    if abs(float(attempt.got[0]) - would_be) > 1e-4 or abs(would_be - float(attempt.want[0])) < 1e-4:
        return None
    return (
        f"your raw accuracy is {would_be:.2f}, expected {float(attempt.want[0]):.2f}: the tolerance is 50 *cents*, a "
        f"ratio. 50 Hz is three semitones at A3 and hardly one at A5."
    )


def octave_accepted(attempt: Attempt) -> str | None:
    got, want = attempt.got, attempt.want
    if abs(float(got[0] - want[1])) > 1e-4 or abs(float(want[0] - want[1])) < 1e-4:
        return None
    return (
        f"your raw accuracy is {float(got[0]):.2f}, which is what one gets with octave errors forgiven (expected "
        f"{float(want[0]):.2f}). Only chroma forgives them."
    )


def flat_octave(attempt: Attempt) -> str:
    return (
        f"your chroma accuracy is {float(attempt.got[1]):.2f}, expected {float(attempt.want[1]):.2f}: an octave less 10 "
        f"cents is 1190, and 1190 % 1200 is 1190, yet it is 10 cents from an octave. Fold to the *nearest* octave."
    )


def scores(f_cents: list[float], truth_hz: float, playing: list[bool]) -> dict[str, Tensor]:
    truth = torch.full((len(f_cents),), truth_hz)
    return {
        "f0_hz": truth * 2 ** (torch.tensor(f_cents) / 1200),
        "truth_hz": truth,
        "playing": torch.tensor(playing),
    }


ACCURACY = Exercise(
    number="8.3",
    name="pitch_accuracy",
    reference=pitch_accuracy,
    cases=(
        Case(
            "eight frames of 220 Hz: right, a little off, an octave off, wrong; two rests",
            scores([0, 20, -30, 90, -200, 1190, 1205, 320, 5, 3000], 220.0, [True] * 8 + [False] * 2),
        ),
        Case(
            "880 Hz, three octave errors, one rest",
            scores([10, -10, 45, 60, 1210, -1160, 2400, 0], 880.0, [True] * 7 + [False]),
        ),
        Case(
            "330 Hz, two of five frames without a pitch (NaN), one rest",
            scores([0, math.nan, 30, -1210, math.nan, 700], 330.0, [True] * 5 + [False]),
        ),
    ),
    hints=(
        the_other_way_round,
        not_folded,
        looks_like(
            lambda f0_hz, truth_hz, playing: pitch_accuracy(f0_hz, truth_hz, playing & f0_hz.isfinite()),
            "you leave out the frames whose pitch is NaN. A note is played there and the tracker says nothing: that is a miss, "
            "and counts as one.",
        ),
        looks_like(rests_counted, rested),
        octave_accepted,
        took_hz,
        looks_like(one_sided, flat_octave),
        looks_like(
            lambda f0_hz, truth_hz, playing: pitch_accuracy(f0_hz, truth_hz, playing) * playing.float().mean(),
            "you divide by the number of all frames, rests too: the share is of those that play.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def pitch_accuracy(f0_hz, truth_hz, playing):
    cents = 1200 * torch.log2(f0_hz / truth_hz)
    folded = cents - 1200 * torch.round(cents / 1200)
    return torch.stack([(cents.abs() < 50).float().mean(), (folded.abs() < 50).float().mean()])
""",
            r"2 frames in which nobody plays are counted too",
        ),
        WrongAnswer(
            """
def pitch_accuracy(f0_hz, truth_hz, playing):
    cents = (1200 * torch.log2(f0_hz / truth_hz))[playing]
    cents = cents[cents.isfinite()]
    folded = cents - 1200 * torch.round(cents / 1200)
    return torch.stack([(cents.abs() < 50).float().mean(), (folded.abs() < 50).float().mean()])
""",
            r"you leave out the frames whose pitch is NaN",
        ),
        WrongAnswer(
            """
def pitch_accuracy(f0_hz, truth_hz, playing):
    right = ((1200 * torch.log2(f0_hz / truth_hz))[playing].abs() < 50).float().mean()
    return torch.stack([right, right])
""",
            r"octave errors are not forgiven yet",
        ),
        WrongAnswer(
            """
def pitch_accuracy(f0_hz, truth_hz, playing):
    cents = (1200 * torch.log2(f0_hz / truth_hz))[playing].abs()
    return torch.stack([(cents < 50).float().mean(), (cents % 1200 < 50).float().mean()])
""",
            r"1190 % 1200 is 1190",
        ),
        WrongAnswer(
            """
def pitch_accuracy(f0_hz, truth_hz, playing):
    error = (f0_hz - truth_hz)[playing].abs()
    right = (error < 50).float().mean()
    return torch.stack([right, right])
""",
            r"the tolerance is 50 \*cents\*",
        ),
    ),
    atol=1e-5,
    axes=("entry",),
)
