"""Lesson 13, the level of a rest (13.1): what it is judged by."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ddsp_course.classroom.exercise import Attempt, Case, Exercise, WrongAnswer, looks_like


def rest_level_db(power: Tensor, gate: Tensor, after: int, before: int) -> Tensor:
    return _level_db(power, _resting(gate, after, before), gate)


def _level_db(power: Tensor, rests: Tensor, gate: Tensor) -> Tensor:
    return 10 * torch.log10(power[rests].mean() / power[gate > 0.5].mean())


def _resting(gate: Tensor, after: int, before: int) -> Tensor:
    """Closed for more than `after` frames already, and for more than `before` frames still."""
    open_ = F.pad((gate >= 0.01).float()[None, None], (after, before))
    return F.max_pool1d(open_, after + before + 1, stride=1)[0, 0] < 0.5


def mean_of_decibels(power: Tensor, gate: Tensor, after: int, before: int) -> Tensor:
    level = 10 * torch.log10(power)
    return level[_resting(gate, after, before)].mean() - level[gate > 0.5].mean()


def with_the_next_note(power: Tensor, gate: Tensor, after: int, before: int) -> Tensor:
    return rest_level_db(power, gate, after, 0)


def with_the_release(power: Tensor, gate: Tensor, after: int, before: int) -> Tensor:
    return rest_level_db(power, gate, 0, before)


def without_margins(power: Tensor, gate: Tensor, after: int, before: int) -> Tensor:
    return rest_level_db(power, gate, 0, 0)


def against_full_scale(power: Tensor, gate: Tensor, after: int, before: int) -> Tensor:
    return 10 * torch.log10(power[_resting(gate, after, before)].mean())


def for_amplitudes(power: Tensor, gate: Tensor, after: int, before: int) -> Tensor:
    return 2 * rest_level_db(power, gate, after, before)


def swapped_margins(power: Tensor, gate: Tensor, after: int, before: int) -> Tensor:
    return rest_level_db(power, gate, before, after)


def only_the_ends(power: Tensor, gate: Tensor, after: int, before: int) -> Tensor:
    """Was the gate closed just so many frames ago, and will it be so many ahead? What is in between is not asked."""
    closed = F.pad((gate < 0.01)[None], (after, before), value=True)[0]
    rests = closed[: len(gate)] & closed[after : after + len(gate)] & closed[after + before :]
    return _level_db(power, rests, gate)


def only_quite_closed(power: Tensor, gate: Tensor, after: int, before: int) -> Tensor:
    rests = _resting((gate > 0).float(), after, before)
    return _level_db(power, rests, gate)


def around_the_corner(power: Tensor, gate: Tensor, after: int, before: int) -> Tensor:
    closed = torch.stack([(gate < 0.01).roll(shift) for shift in range(-before, after + 1)]).all(0)
    return _level_db(power, closed, gate)


def taken_too_soon(attempt: Attempt) -> str:
    given = attempt.arguments
    return (
        f"yours is {float(attempt.got - attempt.want):.1f} dB too loud: the first {given['after']} frames after a note "
        f"are in it, in which the player still lifts the bow and the body rings out. Leave them out."
    )


def heard_the_next_note(attempt: Attempt) -> str:
    given = attempt.arguments
    return (
        f"yours is {float(attempt.got - attempt.want):.1f} dB too loud: the last frames of each rest are in it, and "
        f"their measuring windows hear the next note already. A frame counts if the gate stays closed for "
        f"{given['before']} more frames."
    )


def power_first(attempt: Attempt) -> str:
    return (
        f"yours is {float((attempt.got - attempt.want).abs()):.1f} dB off: you took the mean of decibels. Loudness adds "
        f"up as power: first the mean of the power, then the logarithm."
    )


REST_GATE = torch.cat(  # two notes, each with a rise, and a rest after it
    [torch.zeros(20), torch.linspace(0, 1, 5), torch.ones(90), torch.linspace(1, 0, 7), torch.zeros(110)]
    + [torch.linspace(0, 1, 5), torch.ones(60), torch.linspace(1, 0, 7), torch.zeros(96)]
)

CUT_GATE = torch.cat(  # faint after the first note, cut off within the second
    [torch.zeros(60), torch.ones(50), torch.full((30,), 0.005), torch.zeros(80), torch.ones(40)]
)

SHORT_GATE = torch.cat([torch.zeros(60), torch.ones(10), torch.zeros(90), torch.ones(60), torch.zeros(90)])


def power_of(gate: Tensor, decay_frames: float, floor: float) -> Tensor:
    """Power [frames] that follows a gate, rings on after it, and hears it a few frames early, as a window does."""
    ringing = torch.exp(-torch.arange(200) / decay_frames)
    tail = F.conv1d(F.pad(gate.square()[None, None], (199, 0)), (ringing / ringing.sum()).flip(0)[None, None])[0, 0]
    swell = 1 + 0.6 * torch.sin(0.13 * torch.arange(len(gate)))
    window = torch.hann_window(9)[None, None] / 4.5
    smooth = F.conv1d(F.pad(((gate.square() + 0.1 * tail) * swell)[None, None], (4, 4)), window)[0, 0]
    return 0.004 * smooth + floor


REST = Exercise(
    number="13.1",
    name="rest_level_db",
    reference=rest_level_db,
    cases=(
        Case(
            "two notes with rests, a wet sound; margins of 25 and 10 frames",
            {"power": power_of(REST_GATE, 26.0, 1e-9), "gate": REST_GATE, "after": 25, "before": 10},
        ),
        Case(
            "the same, twice as loud and nearly dry",
            {"power": 4 * power_of(REST_GATE, 5.0, 1e-8), "gate": REST_GATE, "after": 12, "before": 15},
        ),
        Case(
            "a note of 10 frames, then a long one; margins of 25 and 10",
            {"power": power_of(SHORT_GATE, 26.0, 1e-9), "gate": SHORT_GATE, "after": 25, "before": 10},
        ),
        Case(
            "a gate at 0.005 for a while after a note, and a take that ends within one; margins of 10 and 8",
            {"power": power_of(CUT_GATE, 26.0, 1e-9), "gate": CUT_GATE, "after": 10, "before": 8},
        ),
    ),
    hints=(
        looks_like(
            for_amplitudes,
            lambda attempt: (
                f"twice what it should be, {float(attempt.got):.0f} dB: what you are given is power already, so 10 log10."
            ),
        ),
        looks_like(
            against_full_scale,
            lambda attempt: (
                f"{float(attempt.got):.1f} dB is against full scale. Turn the whole sound down and it changes, though "
                f"nothing got drier: compare with the power while a note is playing (gate above 0.5)."
            ),
        ),
        looks_like(mean_of_decibels, power_first),
        looks_like(
            only_the_ends,
            lambda attempt: (
                f"yours is {float(attempt.got - attempt.want):.1f} dB too loud: it asks the frame {attempt.arguments['after']} "
                f"before and the one {attempt.arguments['before']} after, and a note of 10 frames fits in between. Ask each of "
                f"them."
            ),
        ),
        looks_like(without_margins, taken_too_soon),
        looks_like(with_the_release, taken_too_soon),
        looks_like(with_the_next_note, heard_the_next_note),
        looks_like(
            only_quite_closed,
            "closed is a gate below 0.01: yours asks for 0 itself, and a gate of 0.005, 46 dB down, counts as a note.",
        ),
        looks_like(
            around_the_corner,
            "your take goes round in a circle: what roll() pushes out at one end comes in at the other, and the note that "
            "is still on at the end opens the gate at the beginning. Outside it is closed.",
        ),
        looks_like(
            swapped_margins,
            "the two margins are exchanged: `after` frames after a note are left out, `before` frames before the next.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def rest_level_db(power, gate, after, before):
    closed = gate < 0.01
    resting = closed.clone()
    resting[after:] &= closed[:-after]
    resting[:-before] &= closed[before:]
    return 10 * torch.log10(power[resting].mean() / power[gate > 0.5].mean())
""",
            r"dB too loud: it asks the frame 25 before and the one 10 after",
        ),
        WrongAnswer(
            """
def rest_level_db(power, gate, after, before):
    closed = gate < 0.01
    return 10 * torch.log10(power[closed].mean() / power[gate > 0.5].mean())
""",
            r"\d+\.\d dB too loud: the first 25 frames after a note.*body rings out",
        ),
        WrongAnswer(
            """
def rest_level_db(power, gate, after, before):
    resting = gate < 0.01
    for shift in range(1, after + 1):
        resting[shift:] &= gate[:-shift] < 0.01
    return 10 * torch.log10(power[resting].mean() / power[gate > 0.5].mean())
""",
            r"\d+\.\d dB too loud: the last frames of each rest.*hear the next note already",
        ),
        WrongAnswer(
            """
def rest_level_db(power, gate, after, before):
    closed = gate < 0.01
    resting = closed.clone()
    for shift in range(1, after + 1):
        resting[shift:] &= closed[:-shift]
    for shift in range(1, before + 1):
        resting[:-shift] &= closed[shift:]
    level = 10 * torch.log10(power)
    return level[resting].mean() - level[gate > 0.5].mean()
""",
            r"dB off: you took the mean of decibels",
        ),
        WrongAnswer(
            """
def rest_level_db(power, gate, after, before):
    closed = gate < 0.01
    resting = closed.clone()
    for shift in range(1, after + 1):
        resting[shift:] &= closed[:-shift]
    for shift in range(1, before + 1):
        resting[:-shift] &= closed[shift:]
    return 10 * torch.log10(power[resting].mean())
""",
            r"against full scale.*nothing got drier",
        ),
        WrongAnswer(
            """
def rest_level_db(power, gate, after, before):
    open_ = torch.nn.functional.pad((gate > 0).float()[None, None], (after, before))
    resting = torch.nn.functional.max_pool1d(open_, after + before + 1, stride=1)[0, 0] < 0.5
    return 10 * torch.log10(power[resting].mean() / power[gate > 0.5].mean())
""",
            r"a gate of 0\.005, 46 dB down, counts as a note",
        ),
        WrongAnswer(
            """
def rest_level_db(power, gate, after, before):
    closed = torch.stack([(gate < 0.01).roll(shift) for shift in range(-before, after + 1)]).all(0)
    return 10 * torch.log10(power[closed].mean() / power[gate > 0.5].mean())
""",
            r"your take goes round in a circle",
        ),
    ),
    atol=1e-4,
    axes=(),
    unit="dB",
)
