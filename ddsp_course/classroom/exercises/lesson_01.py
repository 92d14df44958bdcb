"""Lesson 01, oscillators: what its exercises are judged by."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ddsp_course.classroom.exercise import (
    Attempt,
    Case,
    ChoiceQuestion,
    Exercise,
    Lesson,
    NumberQuestion,
    WrongAnswer,
    encode,
    looks_like,
)

LESSON = Lesson(
    number=1,
    topic="oscillators",
    title="Oscillators",
    builds="an oscillator of any frequency that stays in tune for hours, and the gradient through its sine",
    hears="thirty sines that wander and then agree; aliases; an oscillator that runs out of numbers and stops",
    minutes_to_read=60,
    minutes_to_run=1,
)


def turns_a_second(phase: Tensor, sample_rate: int) -> Tensor:
    """The frequency that a phase in radians has from each sample to the next, in Hz."""
    return torch.diff(phase, dim=-1) * sample_rate / (2 * math.pi)


# --- 1.1 phase --------------------------------------------------------------------------------------------------------


def phase(f0_hz: Tensor, sample_rate: int) -> Tensor:
    return _phase(f0_hz, sample_rate).to(f0_hz.dtype)


def _phase(f0_hz, sample_rate, *, inclusive=False, by_time=False, along=1, trapezoid=False):
    """The phase, in float64, with the mistakes that one can make in it as switches."""
    steps = f0_hz.double() / sample_rate
    if by_time:
        return 2 * math.pi * steps * torch.arange(f0_hz.shape[1])
    turns = torch.cumsum(steps, dim=along)
    if trapezoid:
        return 2 * math.pi * (turns - steps / 2 - steps[:, :1] / 2)
    return 2 * math.pi * (turns if inclusive else turns - steps)


def took_a_step_already(attempt: Attempt) -> str:
    return (
        f"your first sample stands at {float(attempt.got[0, 0]):.3f} rad, but nothing has turned before time begins: "
        f"sample n has the steps of samples 0 to n - 1 behind it. Take its own step off the running sum."
    )


def glides_too_far(attempt: Attempt) -> str:
    f0 = attempt.arguments["f0_hz"][-1]
    reached = float(turns_a_second(attempt.got, attempt.arguments["sample_rate"])[-1, -1])
    return (
        f"your glide from {float(f0[0]):.0f} to {float(f0[-1]):.0f} Hz ends at {reached:.0f} Hz: that is how fast your "
        f"phase turns there. Frequency times time is the area of a rectangle; add up the thin ones instead."
    )


def other_unit(attempt: Attempt) -> str | None:
    rate = attempt.arguments["sample_rate"]
    if attempt.got.shape != attempt.want.shape:
        return None
    factor = float(attempt.got[0, -1] / attempt.want[0, -1])
    if abs(factor * 2 * math.pi - 1) < 0.02:
        return (
            "everything turns 6.28 times too slowly: f0 counts turns a second, a phase is in radians, and a turn has "
            "2 pi of them."
        )
    if abs(factor * math.pi / 180 - 1) < 0.02:
        return "everything turns 57.3 times too fast: those are degrees, and torch.sin takes radians."
    for times, unit in ((rate, "radians a second"), (rate / (2 * math.pi), "turns a second")):
        if abs(factor / times - 1) < 0.02:
            return (
                f"everything turns {factor:.0f} times too fast: those are steps in {unit}, and a step lasts 1/{rate} s."
            )
    return None


def wrapped_early(attempt: Attempt) -> str | None:
    turns = (attempt.got - attempt.want) / (2 * math.pi)
    if float((turns - turns.round()).abs().max()) > 1e-4 or float(turns.abs().max()) < 0.5:
        return None
    return (
        f"right up to whole turns: yours ends at {float(attempt.got[0, -1]):.2f} rad. Here the turns are wanted too; "
        f"why and how to drop them is exercise 1.3."
    )


PHASE = Exercise(
    number="1.1",
    name="phase",
    reference=phase,
    cases=(
        Case("440 Hz, steady, 200 samples", {"f0_hz": torch.full((1, 200), 440.0), "sample_rate": 16_000}),
        Case(
            "two sounds at once: one of 300 Hz, one that glides from 220 to 440 Hz",
            {
                "f0_hz": torch.stack([torch.full((600,), 300.0), torch.linspace(220, 440, 600)]),
                "sample_rate": 16_000,
            },
            gradients=("f0_hz",),
        ),
        Case(
            "a vibrato between 400 and 500 Hz at 44100 samples a second",
            {"f0_hz": 450 + 50 * torch.sin(0.02 * torch.arange(700.0))[None], "sample_rate": 44_100},
        ),
    ),
    hints=(
        other_unit,
        looks_like(lambda **given: _phase(**given, inclusive=True), took_a_step_already, tolerance=1e-4),
        looks_like(lambda **given: _phase(**given, by_time=True), glides_too_far, tolerance=1e-4),
        looks_like(
            lambda **given: _phase(**given, along=0),
            "your running sum runs over the sounds, not over time: f0_hz is [batch, samples], and time is dim=1.",
            tolerance=1e-4,
        ),
        looks_like(
            lambda **given: _phase(**given, trapezoid=True),
            lambda attempt: (
                f"trapezoids: a fine estimate of the area, and {float((attempt.got - attempt.want).abs().max()):.3f} "
                f"rad from the convention of this course, in which a frequency holds from its sample to the next."
            ),
            tolerance=1e-4,
        ),
        wrapped_early,
    ),
    wrong_answers=(
        WrongAnswer(
            """
def phase(f0_hz, sample_rate):
    seconds = torch.arange(f0_hz.shape[1]) / sample_rate
    return 2 * math.pi * f0_hz * seconds
""",
            r"glide from 220 to 440 Hz ends at 6(59|60) Hz",
        ),
        WrongAnswer(
            """
def phase(f0_hz, sample_rate):
    return 2 * math.pi * torch.cumsum(f0_hz / sample_rate, dim=1)
""",
            r"your first sample stands at 0\.173 rad",
        ),
        WrongAnswer(
            """
def phase(f0_hz, sample_rate):
    steps = f0_hz / sample_rate
    return torch.cumsum(steps, dim=1) - steps
""",
            r"6\.28 times too slowly",
        ),
        WrongAnswer(
            """
def phase(f0_hz, sample_rate):
    steps = 2 * math.pi * f0_hz / sample_rate
    turned, so_far = [], torch.zeros(f0_hz.shape[0])
    for n in range(f0_hz.shape[1]):
        turned.append(so_far.item() if len(so_far) == 1 else so_far.tolist())
        so_far = so_far + steps[:, n]
    return torch.tensor(turned).reshape(f0_hz.shape[1], -1).T
""",
            r"no gradient reaches f0_hz",
        ),
    ),
    atol=1e-4,
    unit="rad",
)

# --- 1.2 which frequency is heard -------------------------------------------------------------------------------------


def heard_frequency(f_hz: Tensor, sample_rate: int) -> Tensor:
    return (f_hz - sample_rate * torch.round(f_hz / sample_rate)).abs()


def first_wrong(attempt: Attempt) -> tuple[float, float, float]:
    """The first frequency that came out wrong: as it was asked for, as the learner has it, as it is."""
    i = int(torch.nonzero((attempt.got - attempt.want).abs() > 0.1)[0, 0])
    return float(attempt.arguments["f_hz"][i]), float(attempt.got[i]), float(attempt.want[i])


def no_sign_for_the_ear(attempt: Attempt) -> str | None:
    if not bool((attempt.got < -0.1).any()):
        return None
    asked, got, _ = first_wrong(attempt)
    return (
        f"{asked:.0f} Hz came out as {got:.0f} Hz. A sine that turns backwards is a sine upside down, "
        f"sin(-x) = -sin(x), and the ear hears no sign."
    )


def above_half(attempt: Attempt) -> str | None:
    rate = attempt.arguments["sample_rate"]
    high = attempt.got > rate / 2 + 0.1
    if not bool(high.any()):
        return None
    i = int(torch.nonzero(high)[0, 0])
    asked, got = float(attempt.arguments["f_hz"][i]), float(attempt.got[i])
    most = f"but {rate} samples a second hold nothing above {rate / 2:.0f} Hz"
    if torch.allclose(attempt.got, attempt.arguments["f_hz"].double() % rate, atol=0.1):
        return (
            f"{asked:.0f} Hz came out as {got:.0f}, {most}. The whole turns are gone, as they should be; what is left "
            f"can still be more than half a turn, and that is less than half a turn the other way: a mirror."
        )
    return f"{asked:.0f} Hz came out as {got:.0f}, {most}. One fold is not enough for every frequency."


def beyond_the_mirror(attempt: Attempt) -> str:
    asked, got, _ = first_wrong(attempt)
    return (
        f"{asked:.0f} Hz came out as {got:.0f}: that is how far it went beyond the mirror at "
        f"{attempt.arguments['sample_rate'] / 2:.0f} Hz. Now go back that far from it."
    )


def cut_off(attempt: Attempt) -> str | None:
    rate, asked = attempt.arguments["sample_rate"], attempt.arguments["f_hz"].abs().double()
    beyond = (asked > rate / 2) & ((attempt.want - rate / 2).abs() > 0.1)
    if not bool(beyond.any()):
        return None
    kept, given = attempt.got[beyond], float(asked[beyond][0])
    if bool((kept == rate / 2).all()):
        return f"{given:.0f} Hz came out as {rate / 2:.0f}: there is no wall at half the sample rate, but a mirror."
    if bool((kept == 0).all()) and bool((attempt.want[beyond] != 0).any()):
        return f"{given:.0f} Hz came out as 0, but it does not fall silent: its samples are those of a lower sine."
    return None


HEARD = Exercise(
    number="1.2",
    name="heard_frequency",
    reference=heard_frequency,
    cases=(
        Case(
            "440, 7900, 10000, 15900, 16440, 25000 and 40000 Hz at 16 kHz",
            {
                "f_hz": torch.tensor([440.0, 7900.0, 10000.0, 15900.0, 16440.0, 25000.0, 40000.0]),
                "sample_rate": 16_000,
            },
        ),
        Case(
            "440, 30000, 44100 and 60000 Hz at 44.1 kHz",
            {"f_hz": torch.tensor([440.0, 30000.0, 44100.0, 60000.0]), "sample_rate": 44_100},
        ),
        Case("-440 and -10000 Hz at 16 kHz", {"f_hz": torch.tensor([-440.0, -10000.0]), "sample_rate": 16_000}),
    ),
    hints=(
        no_sign_for_the_ear,
        above_half,
        cut_off,
        looks_like(lambda f_hz, sample_rate: f_hz % (sample_rate / 2), beyond_the_mirror),
        looks_like(
            lambda f_hz, sample_rate: sample_rate / 2 - f_hz % (sample_rate / 2),
            lambda attempt: (
                f"{first_wrong(attempt)[0]:.0f} Hz came out as {first_wrong(attempt)[1]:.0f}: you look into the mirror "
                f"always, but every other stretch of {attempt.arguments['sample_rate'] / 2:.0f} Hz is the right way "
                f"round."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def heard_frequency(f_hz, sample_rate):
    return f_hz % sample_rate
""",
            r"10000 Hz came out as 10000, but 16000 samples a second hold nothing above 8000 Hz.*mirror",
        ),
        WrongAnswer(
            """
def heard_frequency(f_hz, sample_rate):
    return f_hz - sample_rate * torch.round(f_hz / sample_rate)
""",
            r"10000 Hz came out as -6000 Hz.*the ear hears no sign",
        ),
        WrongAnswer(
            """
def heard_frequency(f_hz, sample_rate):
    return f_hz.abs().clamp(max=sample_rate / 2)
""",
            r"10000 Hz came out as 8000: there is no wall",
        ),
        WrongAnswer(
            """
def heard_frequency(f_hz, sample_rate):
    f_hz = f_hz.abs()
    return torch.where(f_hz > sample_rate / 2, (sample_rate - f_hz).abs(), f_hz)
""",
            r"25000 Hz came out as 9000, but .*One fold is not enough",
        ),
    ),
    axes=("entry",),
    unit="Hz",
)

# --- 1.3 phase that stays in tune -------------------------------------------------------------------------------------

LONG_S, LOW_RATE = 600, 1000
"""Ten minutes turn as far at any sample rate; a low one keeps the check quick."""


def safe_phase(f0_hz: Tensor, sample_rate: int) -> Tensor:
    return (_phase(f0_hz, sample_rate) % (2 * math.pi)).to(torch.float32)


def on_circle(angle: Tensor) -> Tensor:
    """Where a float32 phase is on the circle, [..., 2]."""
    angle = torch.as_tensor(angle).float().double()
    return torch.stack([torch.cos(angle), torch.sin(angle)], dim=-1)


def as_points(result: Tensor, arguments) -> Tensor:
    """On the circle, from wherever one counts; outside of it, where it was not wrapped to one turn to either side."""
    wrapped = torch.as_tensor(result).float().abs() <= 2 * math.pi + 1e-3
    return on_circle(result) * torch.where(wrapped, 1.0, 2.0)[..., None]


def error_rad(attempt: Attempt) -> Tensor:
    """How far the learner's phase is from ours, [batch, samples], between -pi and pi."""
    (cos, sin), (our_cos, our_sin) = attempt.got.unbind(-1), attempt.want.unbind(-1)
    return torch.atan2(sin * our_cos - cos * our_sin, cos * our_cos + sin * our_sin)


def counts_turns(attempt: Attempt) -> str | None:
    raw = torch.as_tensor(attempt.raw).double()
    if float((on_circle(2 * math.pi * raw) - attempt.want).abs().max()) > 0.05:
        return None
    return (
        f"your phase never leaves {float(raw.min()):.1f} to {float(raw.max()):.1f}: these are turns. Radians, please."
    )


def sine_already(attempt: Attempt) -> str | None:
    raw = torch.as_tensor(attempt.raw).double()
    if float((raw - attempt.want[..., 1])[:, :1000].abs().max()) > 1e-2:
        return None
    return "this is the sine already: asked for is the angle that goes into it."


def first_sample_last(attempt: Attempt) -> str | None:
    error = error_rad(attempt).abs()
    if float(error[:, 0].max()) < 1e-3 or float(error[:, 1:].max()) > 1e-3:
        return None
    return (
        f"only sample 0 is wrong, at {float(torch.as_tensor(attempt.raw).flatten()[0]):.2f} rad: torch.roll carries the last "
        f"sample round to the front. Sample 0 has phase 0."
    )


def more_than_a_turn(attempt: Attempt) -> str | None:
    most = float(torch.as_tensor(attempt.raw).abs().max())
    if most <= 2 * math.pi + 1e-3 or float(error_rad(attempt).abs().max()) > 1e-3:
        return None
    return f"right but for whole turns: yours goes up to {most:.2f} rad, and one turn is 2 pi, 6.28."


def starts_late(attempt: Attempt) -> str | None:
    first, second = float(error_rad(attempt)[0, 0]), float(error_rad(attempt)[0, 1])
    step = 2 * math.pi * float(attempt.arguments["f0_hz"][0, 0]) / attempt.arguments["sample_rate"]
    if abs(first - step) > 0.01 * step or abs(second - step) > 0.01 * step:
        return None
    return f"your first sample stands at {first:.2f} rad, as in exercise 1.1: take each sample's own step off its sum."


def by_the_clock(attempt: Attempt) -> str | None:
    """Frequency times time, which a steady tone does not betray."""
    f0_hz, rate = attempt.arguments["f0_hz"][:, :1000], attempt.arguments["sample_rate"]
    would_be = on_circle(_phase(f0_hz, rate, by_time=True) % (2 * math.pi))
    if float(f0_hz.std()) == 0 or float((attempt.got[:, :1000] - would_be).abs().max()) > 1e-2:
        return None
    return (
        "frequency times time again: right for a steady tone, and for nothing else. It takes the sum of exercise 1.1."
    )


def not_even_the_pitch(attempt: Attempt) -> str | None:
    """A running sum in float32: right at first, but by the end the steps themselves are wrong."""
    rate = attempt.arguments["sample_rate"]
    if float(error_rad(attempt)[:, :100].abs().max()) > 0.01:
        return None
    ours = torch.atan2(attempt.want[0, :, 1], attempt.want[0, :, 0])
    yours = torch.atan2(attempt.got[0, :, 1], attempt.got[0, :, 0])
    asked, heard = (_mean_hz(angle[-rate:], rate) for angle in (ours, yours))
    if abs(heard - asked) < 0.1:
        return None
    return (
        f"in the last second your oscillator turns at {heard:.1f} Hz instead of {asked:.1f}: the running sum itself is "
        f"kept in float32, and each step is rounded as it is added. Wrapping afterwards is too late."
    )


def _mean_hz(angle: Tensor, sample_rate: int) -> float:
    turned = torch.diff(angle)
    return float((turned % (2 * math.pi)).mean()) * sample_rate / (2 * math.pi)


def degrees(attempt: Attempt) -> str | None:
    raw = torch.as_tensor(attempt.raw).double()
    if float((on_circle(torch.deg2rad(raw)) - attempt.want).abs().max()) > 1e-4:
        return None
    return "these are degrees: a turn has 2 pi radians, and torch.sin takes radians."


def rounded_before_wrapping(attempt: Attempt) -> str | None:
    """Grain: neighbours disagree, by as much as float32 numbers of the unwrapped size are apart."""
    error = error_rad(attempt)
    grain = float(torch.diff(error).abs()[0, -1000:].max())
    if grain < 1e-4:
        return None
    reached = float(_phase(attempt.arguments["f0_hz"], attempt.arguments["sample_rate"])[0, -1])
    steps = 2.0 ** (math.floor(math.log2(reached)) - 23)
    raw = torch.as_tensor(attempt.raw)
    if raw.dtype == torch.float64 and float(raw.abs().max()) > 100:
        return (
            f"your float64 phase is exact and {float(raw.abs().max()):.3g} rad long. The rest of the program is float32, "
            f"where numbers of that size are {steps:g} rad apart: wrap it first, then convert."
        )
    return (
        f"rounded before you wrapped: at the end your phase jitters by up to {grain:.2f} rad from sample to sample. "
        f"It had reached {reached:.3g} rad, where neighbouring float32 numbers are {steps:g} rad apart."
    )


def rounded_steps(attempt: Attempt) -> str | None:
    """Drift: smooth, and growing in proportion to time."""
    error = error_rad(attempt)[0]
    half, end = float(error[len(error) // 2]), float(error[-1])
    if abs(end) < 1e-5 or abs(half / end - 0.5) > 0.2:
        return None
    seconds = len(error) / attempt.arguments["sample_rate"]
    return (
        f"your sum is fine and its steps are not: the error grows steadily, to {abs(end):.2g} rad after {seconds:.0f} s. "
        f"Something was rounded before it was added: f0 / sample_rate to float32 (then .double() comes first of all), "
        f"or pi written out by hand."
    )


SAFE_PHASE = Exercise(
    number="1.3",
    name="safe_phase",
    reference=safe_phase,
    cases=(
        Case(
            f"ten minutes of 440 Hz (at {LOW_RATE} samples a second, which turn as far and are sooner done)",
            lambda: {"f0_hz": torch.full((1, LONG_S * LOW_RATE), 440.0), "sample_rate": LOW_RATE},
        ),
        Case(
            "a glide from 200 to 450 Hz that takes five minutes",
            lambda: {"f0_hz": torch.linspace(200, 450, LONG_S // 2 * LOW_RATE)[None], "sample_rate": LOW_RATE},
        ),
        Case(
            "two short sounds, for the gradient",
            {"f0_hz": torch.stack([torch.full((300,), 440.0), torch.linspace(220, 440, 300)]), "sample_rate": 16_000},
            gradients=("f0_hz",),
        ),
    ),
    hints=(
        degrees,
        counts_turns,
        sine_already,
        first_sample_last,
        starts_late,
        by_the_clock,
        not_even_the_pitch,
        rounded_before_wrapping,
        rounded_steps,
        more_than_a_turn,
    ),
    wrong_answers=(
        WrongAnswer(
            """
def safe_phase(f0_hz, sample_rate):
    step = 2 * math.pi * f0_hz.double() / sample_rate
    return torch.sin(torch.cumsum(step, dim=1) - step).float()
""",
            r"this is the sine already",
        ),
        WrongAnswer(
            """
def safe_phase(f0_hz, sample_rate):
    step = 2 * math.pi * f0_hz.double() / sample_rate
    return (torch.roll(torch.cumsum(step, dim=1), 1, 1) % (2 * math.pi)).float()
""",
            r"only sample 0 is wrong, at \d\.\d\d rad: torch\.roll",
        ),
        WrongAnswer(
            """
def safe_phase(f0_hz, sample_rate):
    step = 2 * math.pi * f0_hz.double() / sample_rate
    return ((torch.cumsum(step, dim=1) - step) % (4 * math.pi)).float()
""",
            r"right but for whole turns: yours goes up to 12\.57 rad",
        ),
        WrongAnswer(
            """
def safe_phase(f0_hz, sample_rate):
    steps = 2 * math.pi * f0_hz / sample_rate
    return (torch.cumsum(steps, dim=1) - steps) % (2 * math.pi)
""",
            r"rounded before you wrapped: at the end your phase jitters by up to 0\.\d+ rad",
        ),
        WrongAnswer(
            """
def safe_phase(f0_hz, sample_rate):
    steps = 2 * math.pi * f0_hz.detach().numpy() / sample_rate
    turned = steps.cumsum(axis=1) - steps
    return torch.from_numpy(turned) % (2 * math.pi)
""",
            r"in the last second your oscillator turns at \d+\.\d Hz instead of 440\.0",
        ),
        WrongAnswer(
            """
def safe_phase(f0_hz, sample_rate):
    steps = (2 * math.pi * f0_hz / sample_rate).double()
    return ((torch.cumsum(steps, dim=1) - steps) % (2 * math.pi)).float()
""",
            r"the error grows steadily, to 0\.0\d+ rad after 600 s",
        ),
        WrongAnswer(
            """
def safe_phase(f0_hz, sample_rate):
    steps = 2 * math.pi * f0_hz.double() / sample_rate
    return torch.cumsum(steps, dim=1) - steps
""",
            r"your float64 phase is exact and 1\.66e\+06 rad long",
        ),
        WrongAnswer(
            """
def safe_phase(f0_hz, sample_rate):
    steps = 2 * math.pi * f0_hz.double() / sample_rate
    turned = (torch.cumsum(steps, dim=1) - steps).detach().numpy()
    return torch.from_numpy(turned % (2 * math.pi)).float()
""",
            r"the values are right, but no gradient reaches f0_hz",
        ),
    ),
    atol=1e-5,  # rad: harmonic 100 multiplies it to 1e-3
    axes=("sample", "entry"),
    measure=as_points,
)

# --- 1.4 a gradient through a sine ------------------------------------------------------------------------------------


def sine_gradients(amplitude: float, f_hz: float, target: Tensor, sample_rate: int) -> tuple[Tensor, Tensor]:
    """By autograd, so that the learner's pencil is judged by something that has none."""
    a = torch.tensor(float(amplitude), dtype=torch.float64, requires_grad=True)
    f = torch.tensor(float(f_hz), dtype=torch.float64, requires_grad=True)
    n = torch.arange(len(target))
    loss = (a * torch.sin(2 * math.pi * f * n / sample_rate) - target).square().mean()
    for_a, for_f = torch.autograd.grad(loss, (a, f))
    return for_a, for_f


def _by_hand(amplitude, f_hz, target, sample_rate, *, late=True, inner=True, outer=torch.cos):
    """dL/df, with the mistakes that one can make in it as switches."""
    n = torch.arange(len(target), dtype=torch.float64)
    angle = 2 * math.pi * f_hz * n / sample_rate
    error = amplitude * torch.sin(angle) - target
    pull = (2 * math.pi * (n if late else 1) / sample_rate) if inner else 1.0
    return 2 * (error * amplitude * outer(angle) * pull).mean()


def ratios(attempt: Attempt) -> tuple[float, float]:
    """The learner's two gradients, in ours."""
    (for_a, for_f), (our_a, our_f) = attempt.got, attempt.want
    return float(for_a / our_a), float(for_f / our_f)


def near(value: float, expected: float) -> bool:
    return abs(value - expected) < 2e-3 * abs(expected)


def both_off_alike(attempt: Attempt) -> str | None:
    for_a, for_f = ratios(attempt)
    n = len(attempt.arguments["target"])
    if not near(for_a, for_f) or near(for_a, 1):
        return None
    if near(for_a, n):
        return f"both are {n} times too large, and there are {n} samples: a sum where the loss has a mean."
    if near(for_a, 0.5):
        return "both are half of what they should be: the derivative of a square has a 2 in front."
    if near(for_a, -1):
        return "both have the wrong sign: the error is yours minus the target, and the loss rises along the gradient."
    return f"both are {for_a:.3g} times what they should be."


def swapped(attempt: Attempt) -> str | None:
    (for_a, for_f), (our_a, our_f) = attempt.got, attempt.want
    if not (near(float(for_a), float(our_f)) and near(float(for_f), float(our_a))):
        return None
    return "these are the right two numbers in the other order: amplitude first, then frequency."


def amplitude_alone_off(attempt: Attempt) -> str | None:
    for_a, for_f = ratios(attempt)
    a = attempt.arguments["amplitude"]
    if near(for_a, 0.5):
        return "dL/da is half of what it should be: the derivative of a square has a 2 in front."
    if near(for_a, 1) or not near(for_a, a):
        return None
    return (
        f"dL/da is {for_a:.3g} times what it should be, which is just the amplitude: the derivative of a sin(x) "
        f"with respect to a is sin(x), without the a."
    )


def late_samples(attempt: Attempt) -> str | None:
    for_a, for_f = ratios(attempt)
    if not near(for_a, 1) or near(for_f, 1):
        return None
    given, got, ours = attempt.arguments, float(attempt.got[1]), float(attempt.want[1])
    if near(got, float(_by_hand(**given, late=False))):
        return (
            f"dL/da is right; dL/df is {got:.3g} instead of {ours:.3g}. The n is missing: a change of frequency turns "
            f"sample n by n times as much as sample 1, so late samples pull harder."
        )
    if near(got, float(_by_hand(**given, inner=False))):
        return (
            f"dL/da is right; dL/df is {got:.3g} instead of {ours:.3g}: you differentiated the sine and forgot what "
            f"stands in it. d(2 pi f n / sample_rate)/df is still to come."
        )
    if near(got, float(_by_hand(**given, outer=torch.sin))):
        return "dL/da is right; in dL/df there is a sine where its derivative, a cosine, should be."
    for factor, what in (
        (1 / (2 * math.pi), "2 pi is missing"),
        (given["sample_rate"], "the division by sample_rate is missing"),
        (1 / given["amplitude"], "the amplitude in front of the cosine is missing"),
        (-1, "its sign is wrong: the derivative of a sine is plus a cosine"),
        (0.5, "the 2 of the square is missing there"),
    ):
        if near(for_f, factor):
            return f"dL/da is right; dL/df is {for_f:.3g} times what it should be: {what}."
    return None


def patterned(samples: int) -> Tensor:
    """Numbers without a tone in them, the same everywhere."""
    n = torch.arange(samples, dtype=torch.float64)
    return torch.sin(0.013 * n**2) * torch.cos(1.7 * n)


GRADIENTS = Exercise(
    number="1.4",
    name="sine_gradients",
    reference=sine_gradients,
    cases=(
        Case(
            "0.6 at 441 Hz against 0.8 at 440 Hz, 800 samples",
            {
                "amplitude": 0.6,
                "f_hz": 441.0,
                "target": 0.8 * torch.sin(2 * math.pi * 440 * torch.arange(800) / 16_000),
                "sample_rate": 16_000,
            },
        ),
        Case(
            "0.9 at 300 Hz against something that is no tone, 500 samples at 8 kHz",
            {"amplitude": 0.9, "f_hz": 300.0, "target": patterned(500).float(), "sample_rate": 8_000},
        ),
    ),
    hints=(both_off_alike, swapped, amplitude_alone_off, late_samples),
    wrong_answers=(
        WrongAnswer(
            """
def sine_gradients(amplitude, f_hz, target, sample_rate):
    angle = 2 * math.pi * f_hz * torch.arange(len(target)) / sample_rate
    error = amplitude * torch.sin(angle) - target
    for_f = error * amplitude * torch.cos(angle) * 2 * math.pi / sample_rate
    return 2 * (error * torch.sin(angle)).mean(), 2 * for_f.mean()
""",
            r"The n is missing.*late samples pull harder",
        ),
        WrongAnswer(
            """
def sine_gradients(amplitude, f_hz, target, sample_rate):
    n = torch.arange(len(target))
    angle = 2 * math.pi * f_hz * n / sample_rate
    error = amplitude * torch.sin(angle) - target
    for_f = error * amplitude * torch.cos(angle) * 2 * math.pi * n / sample_rate
    return 2 * (error * torch.sin(angle)).sum(), 2 * for_f.sum()
""",
            r"both are 800 times too large, and there are 800 samples",
        ),
        WrongAnswer(
            """
def sine_gradients(amplitude, f_hz, target, sample_rate):
    n = torch.arange(len(target))
    angle = 2 * math.pi * f_hz * n / sample_rate
    error = amplitude * torch.sin(angle) - target
    for_f = error * amplitude * torch.cos(angle) * 2 * math.pi * n / sample_rate
    return (error * torch.sin(angle)).mean(), for_f.mean()
""",
            r"both are half of what they should be",
        ),
        WrongAnswer(
            """
def sine_gradients(amplitude, f_hz, target, sample_rate):
    angle = 2 * math.pi * f_hz * torch.arange(len(target)) / sample_rate
    error = amplitude * torch.sin(angle) - target
    return 2 * (error * torch.sin(angle)).mean(), 2 * (error * amplitude * torch.cos(angle)).mean()
""",
            r"forgot what stands in it",
        ),
    ),
    atol=1e-3,
    axes=(),
)

EXERCISES = (PHASE, HEARD, SAFE_PHASE, GRADIENTS)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    NumberQuestion(
        "1.5",
        answer=encode(800),
        tolerance=5,
        unit="Hz",
        right="right: f(t) t grows by f plus t times the slope of f. At the end that is 500 + 300 = 800 Hz.",
        misconceptions=(
            (500, 5, "500 Hz is what was asked for. Listen to the end once more, or read it off the picture."),
            (350, 5, "350 Hz is the mean of the two, which is how fast the phase should have turned on the whole."),
            (1000, 5, "not double: what is added is 300 Hz, the width of the glide, not another 500."),
            (650, 5, "half of the glide's width too little: t times the slope is the whole 300 Hz at the end."),
        ),
    ),
    ChoiceQuestion(
        "1.6",
        answer=encode("b"),
        replies={
            "a": "in the open air 16 440 Hz would be a faint whistle to the young, and nothing to the rest. But nobody sends it to the "
            "loudspeaker: that gets samples, and has to make the best of them.",
            "b": "right: 16 000 more turns a second are one more whole turn from each sample to the next.",
            "c": "a mirrored tune is what 16 000 Hz *minus* each note would be, if the ear could hear the sign. Here "
            "16 000 Hz are added.",
            "d": "the samples would have to be irregular for noise. They are as regular as before: look at the formula.",
        },
    ),
    ChoiceQuestion(
        "1.7",
        answer=encode("c"),
        replies={
            "a": "for a few seconds, yes. But float32 keeps 24 binary digits, and after minutes the sum has used "
            "almost all of them for whole turns.",
            "b": "that is what it will do when the sum is exact and only its *storage* is rounded: wait for the next "
            "section. Here the sum itself goes wrong.",
            "c": "right. The step is rounded to what the sum can still tell apart, the same way every time, and that "
            "grid doubles whenever the sum does.",
            "d": "a slow slide would need errors that grow a little with every sample. The spacing of float32 numbers "
            "stays the same until the sum has doubled.",
        },
    ),
    NumberQuestion(
        "1.8",
        answer=encode(2.86),
        tolerance=0.3,
        unit="Hz",
        right="right: 0.715 / 0.25 s = 2.86 Hz, a ninth of a semitone. From anywhere else it ends somewhere else.",
        misconceptions=(
            (4, 0.3, "4 Hz is 1/T, one whole beat in the time. The hill's top comes before: about 0.7/T."),
            (2, 0.3, "2 Hz is 0.5/T, where the samples begin to disagree. They are outvoted only at about 0.7/T."),
            (0.715, 0.1, "that is for one second. A quarter of a second sees four times as far."),
            (
                0.18,
                0.03,
                "0.715 times T is for the wrong way round: a *shorter* look cannot tell near frequencies apart.",
            ),
            (26, 2, "26 Hz is a semitone. It is far less."),
            (
                440,
                240,
                "hundreds of Hz would be a landscape without hills. Look at the plot: the first stands near 440.",
            ),
            (80, 60, "that far out there are a dozen hills on the way. About 0.7/T is the distance to the first."),
        ),
    ),
    ChoiceQuestion(
        "1.9",
        answer=encode("b"),
        replies={
            "a": "amplitude can be learned if the frequency is right. With a wrong one there is no 0.8 to be found.",
            "b": "right: a tone that does not beat in step with the target only adds to the error. Silence costs less.",
            "c": "the loss is a bowl over the amplitude, whatever the frequency: it has a lowest point and no cliff.",
            "d": "the frequency walks to the bottom of its own dent, a fraction of a Hz away, and stays there.",
        },
    ),
)
