"""Lesson 00, start here: what its exercises are judged by, an example to show how that works, and the road map."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from ddsp_course import dsp
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
    number=0,
    topic="start_here",
    title="Start here",
    builds="a gain in decibels, a descent that finds a gain, the frequencies of a harmonic sound",
    hears="a string that a network plays, taken apart into its harmonics, its noise and its room; a voice made a string",
    minutes_to_read=45,
    minutes_to_run=1,
)


def tone(frequency_hz: float, samples: int, amplitude: float = 0.5, sample_rate: int = 16_000) -> Tensor:
    """A sine, [1, samples]."""
    return amplitude * torch.sin(2 * math.pi * frequency_hz / sample_rate * torch.arange(samples))[None]


# --- how a check answers: an example that counts for nothing ----------------------------------------------------------


def level_change_db(attempt: Attempt) -> float:
    """How many dB louder than the sound that went in."""
    before, after = (each.square().mean().sqrt() for each in (attempt.arguments["audio"].double(), attempt.got))
    return 20 * math.log10(float(after / before))


def not_half(attempt: Attempt) -> str:
    return f"yours is {10 ** (level_change_db(attempt) / 20):.2f} times what went in, not half of it."


HALVE = Exercise(
    number="0.0",
    name="halve",
    reference=lambda audio: audio / 2,
    cases=(Case("10 ms of a 440 Hz tone", {"audio": tone(440, 160)}, gradients=("audio",)),),
    hints=(not_half,),
)
"""Not among the exercises: the lesson shows with it how three answers are answered."""

# --- 0.1 a gain in decibels -------------------------------------------------------------------------------------------


def apply_gain_db(audio: Tensor, db: Tensor) -> Tensor:
    return audio * dsp.db_to_amplitude(db)


def upside_down_or_shifted(attempt: Attempt) -> str | None:
    """Not the same wave, louder or softer, at all."""
    audio, db = attempt.arguments["audio"].double(), float(attempt.arguments["db"])
    if attempt.got.shape != audio.shape:
        return None
    if torch.allclose(attempt.got, audio + db, atol=1e-4):
        return f"you added {db:g} to every sample: that moves the wave {db:g} up or down and makes nothing louder."
    if torch.allclose(attempt.got, audio * db, atol=1e-4):
        return (
            f"you multiplied by {db:g} itself, so {db:+g} dB came out as {level_change_db(attempt):+.1f} dB"
            f"{', upside down' if db < 0 else ''}: decibels have to become a factor first."
        )
    return None


CAUSES = (
    (2.0, 0.02, "db / 10 is the rule for power. Power goes with the square of amplitude, so amplitude takes db / 20."),
    (-1.0, 0.02, "the sign is the other way round: positive decibels make it louder."),
    (20 / math.log(10) / 20, 0.01, "that is a power of e (math.exp, torch.exp); decibels count in powers of 10."),
    (20 / math.log(10) / 10, 0.01, "that is a power of e, and with db / 10; decibels count in powers of 10."),
    (20 * math.log10(2) / 6, 0.001, "a factor of two is 6.02 dB. As a rule of thumb 6 is fine, as a definition not."),
)
"""How many times the asked decibels came out, how near, and what makes it so."""


def other_level(attempt: Attempt) -> str | None:
    asked, came = float(attempt.arguments["db"]), level_change_db(attempt)
    for times, tolerance, cause in CAUSES:
        if abs(came / asked - times) <= tolerance:
            return f"{asked:+g} dB came out as {came:+.4g} dB: {cause}"
    return None


GAIN = Exercise(
    number="0.1",
    name="apply_gain_db",
    reference=apply_gain_db,
    cases=(
        Case(
            "a 440 Hz tone, 6 dB softer",
            {"audio": tone(440, 160), "db": torch.tensor(-6.0)},
            gradients=("audio", "db"),
        ),
        Case(
            "two tones at once, 20 dB louder",
            {"audio": torch.cat([tone(200, 100, 0.2), tone(900, 100, 0.5)]), "db": torch.tensor(20.0)},
        ),
    ),
    hints=(upside_down_or_shifted, other_level),
    wrong_answers=(
        WrongAnswer(
            """
def apply_gain_db(audio, db):
    return audio * 10 ** (db / 10)
""",
            r"-6 dB came out as -12 dB: db / 10 is the rule for power",
        ),
        WrongAnswer(
            """
def apply_gain_db(audio, db):
    gain = 10 ** (db.item() / 20)
    return audio * gain
""",
            r"the values are right, but no gradient reaches db",
        ),
        WrongAnswer(
            """
def apply_gain_db(audio, db):
    return audio * torch.exp(db / 20)
""",
            r"-6 dB came out as -2\.606 dB: that is a power of e",
        ),
        WrongAnswer(
            """
def apply_gain_db(audio, db):
    return audio * 2 ** (db / 6)
""",
            r"-6 dB came out as -6\.021 dB: a factor of two is 6\.02 dB",
        ),
        WrongAnswer(
            """
def apply_gain_db(audio, db):
    audio *= 10 ** (db / 20)
    return audio
""",
            r"changes its argument audio in place",
        ),
        WrongAnswer(
            """
def apply_gain_db(audio, db):
    return audio + db
""",
            r"you added -6 to every sample",
        ),
    ),
)

# --- 0.2 a gain found by descent --------------------------------------------------------------------------------------


def fit_gain(x: Tensor, y: Tensor, step_size: float, n_steps: int) -> Tensor:
    return _descend(x, y, step_size, n_steps)


def _descend(x, y, step_size, n_steps, *, piled_up=False, uphill=False, summed=False, slope=2.0):
    """The descent, with the mistakes that one can make in it as switches."""
    x, y = x.double(), y.double()
    gains, pile = [0.0], 0.0
    for _ in range(n_steps):
        products = x * (gains[-1] * x - y)
        gradient = slope * float(products.sum() if summed else products.mean())
        pile = pile + gradient if piled_up else gradient
        gains.append(gains[-1] + (step_size if uphill else -step_size) * pile)
    return torch.tensor(gains)


def best_gain(attempt: Attempt) -> float:
    x, y = (attempt.arguments[name].double() for name in ("x", "y"))
    return float((x * y).sum() / x.square().sum())


def swings(attempt: Attempt) -> str:
    best, path = best_gain(attempt), attempt.got
    furthest = float(path[(path - best).argmax()])
    return (
        f"your gains swing past {best:.2f} up to {furthest:.2f} and back, for ever: gradients pile up. backward() *adds* "
        f"to g.grad; set it to zero before each step."
    )


def walks_away(attempt: Attempt) -> str:
    return (
        f"yours walks from 0 to {float(attempt.got[-1]):.3g}, away from {best_gain(attempt):.2f}: the gradient points "
        f"uphill, so take a step *against* it."
    )


def first_step(attempt: Attempt) -> float:
    return float(attempt.got[1] / attempt.want[1])


def too_far(attempt: Attempt) -> str:
    return (
        f"your first step is {first_step(attempt):.0f} times too long, and there are {attempt.arguments['x'].numel()} "
        f"samples: the loss is the *mean* of the squares, you took their sum."
    )


def too_short(attempt: Attempt) -> str:
    return f"your first step is {first_step(attempt):.2g} times as long as it should be: the derivative of a square has a 2."


def one_number_again_and_again(attempt: Attempt) -> str | None:
    path = attempt.got
    if path.ndim != 1 or len(path) < 3 or float(path[-1]) == 0 or not torch.equal(path, path[-1].expand_as(path)):
        return None
    return (
        f"all {len(path)} of your gains are {float(path[-1]):.3f}. You kept the same tensor {len(path)} times, and it "
        f"moved on: keep g.item(), or a copy."
    )


def other_count(attempt: Attempt) -> str | None:
    path, asked = attempt.got, len(attempt.want)
    if path.ndim == 0:
        return f"you returned one gain, {float(path):.3f}: return all {asked}, from the 0 it begins with to the last."
    if path.ndim != 1 or len(path) == asked:
        return None
    return f"you returned {len(path)} gains, not {asked}: the 0 before the first step is one, and each step adds one."


def not_finite(attempt: Attempt) -> str | None:
    bad = torch.nonzero(~torch.isfinite(attempt.got)).flatten()
    return f"from step {int(bad[0])} on your gains are no numbers any more." if len(bad) else None


def two_tones(amplitude: float, gain: float) -> dict[str, Tensor]:
    """x, and y = gain * x with another tone in it: at g = gain the loss is least but not zero."""
    x = tone(500, 320, amplitude)
    return {"x": x, "y": gain * x + tone(800, 320, amplitude / 2)}


FIT = Exercise(
    number="0.2",
    name="fit_gain",
    reference=fit_gain,
    cases=(
        Case("a tone of amplitude 1, ten steps of 0.2", {**two_tones(1.0, 0.7), "step_size": 0.2, "n_steps": 10}),
        Case("a tone of amplitude 0.1, six steps of 30", {**two_tones(0.1, 3.0), "step_size": 30.0, "n_steps": 6}),
    ),
    hints=(
        one_number_again_and_again,
        other_count,
        looks_like(lambda **given: _descend(**given, piled_up=True), swings),
        looks_like(lambda **given: _descend(**given, uphill=True), walks_away),
        looks_like(lambda **given: _descend(**given, summed=True), too_far),
        looks_like(lambda **given: _descend(**given, slope=1.0), too_short),
        not_finite,
    ),
    wrong_answers=(
        WrongAnswer(
            """
def fit_gain(x, y, step_size, n_steps):
    g = torch.zeros((), requires_grad=True)
    gains = [0.0]
    for _ in range(n_steps):
        loss = (g * x - y).square().mean()
        loss.backward()
        with torch.no_grad():
            g -= step_size * g.grad
        gains.append(g.item())
    return torch.tensor(gains)
""",
            r"your gains swing past 0\.70 up to 1\.4\d and back.*gradients pile up",
        ),
        WrongAnswer(
            """
def fit_gain(x, y, step_size, n_steps):
    g = torch.zeros((), requires_grad=True)
    gains = [g]
    for _ in range(n_steps):
        (gradient,) = torch.autograd.grad((g * x - y).square().mean(), g)
        with torch.no_grad():
            g -= step_size * gradient
        gains.append(g)
    return torch.stack(gains)
""",
            r"all 11 of your gains are 0\.6\d\d\. You kept the same tensor 11 times",
        ),
        WrongAnswer(
            """
def fit_gain(x, y, step_size, n_steps):
    gains = [0.0]
    for _ in range(n_steps):
        gradient = 2 * (x * (gains[-1] * x - y)).sum()
        gains.append(gains[-1] - step_size * gradient.item())
    return torch.tensor(gains)
""",
            r"your first step is 320 times too long, and there are 320 samples",
        ),
        WrongAnswer(
            """
def fit_gain(x, y, step_size, n_steps):
    gains = [0.0]
    for _ in range(n_steps):
        gradient = 2 * (x * (gains[-1] * x - y)).mean()
        gains.append(gains[-1] + step_size * gradient.item())
    return torch.tensor(gains)
""",
            r"yours walks from 0 to -[\d.]+, away from 0\.70",
        ),
        WrongAnswer(
            """
def fit_gain(x, y, step_size, n_steps):
    gains = [0.0]
    for _ in range(n_steps):
        gains.append(gains[-1] - step_size * (x * (gains[-1] * x - y)).mean().item())
    return torch.tensor(gains)
""",
            r"your first step is 0\.5 times as long as it should be",
        ),
        WrongAnswer(
            """
def fit_gain(x, y, step_size, n_steps):
    g, gains = 0.0, []
    for _ in range(n_steps):
        g = g - step_size * 2 * (x * (g * x - y)).mean().item()
        gains.append(g)
    return torch.tensor(gains)
""",
            r"you returned 10 gains, not 11: the 0 before the first step is one",
        ),
    ),
    atol=1e-4,
    axes=("step",),
)

# --- 0.3 the frequencies of a harmonic sound --------------------------------------------------------------------------


def harmonic_frequencies(f0_hz: Tensor, n_harmonics: int) -> Tensor:
    return dsp.harmonic_frequencies(f0_hz, n_harmonics)


def frame_met_harmonic(attempt: Attempt) -> str | None:
    f0_hz = attempt.arguments["f0_hz"]
    k = torch.arange(1, attempt.arguments["n_harmonics"] + 1)
    if f0_hz.shape[-1] != len(k):
        return None
    if not torch.allclose(attempt.got.reshape(-1, len(k)), (f0_hz * k).reshape(-1, len(k)).double(), rtol=1e-4):
        return None
    return (
        f"frame i got harmonic i: frame 2 of yours has {float(attempt.got.reshape(-1, len(k))[0, 2]):.0f} Hz alone, "
        f"3 times its pitch. Sizes are matched from the right, so {len(k)} frames met {len(k)} harmonics. f0_hz needs a "
        f"new axis at its end: [batch, frames, 1]."
    )


def axes_exchanged(attempt: Attempt) -> str | None:
    if not torch.allclose(attempt.got.transpose(1, 2), attempt.want, rtol=1e-4):
        return None
    got = attempt.got[0, 0, 1]
    return (
        f"your axes are [batch, harmonics, frames]: at frame 0, harmonic 2 stands {float(got):.0f} Hz, which is frame 1's "
        f"fundamental. Frames before harmonics."
    )


def begins_at_zero(attempt: Attempt) -> str | None:
    if attempt.got.shape != attempt.want.shape or float(attempt.got[..., 0].abs().max()) > 0:
        return None
    return (
        f"your first harmonic is at 0 Hz and your last at {float(attempt.got[0, 0, -1]):.0f} Hz instead of "
        f"{float(attempt.want[0, 0, -1]):.0f}: torch.arange starts at 0 unless told otherwise."
    )


FREQUENCIES = Exercise(
    number="0.3",
    name="harmonic_frequencies",
    reference=harmonic_frequencies,
    cases=(
        Case(
            "two sounds, 4 frames, 4 harmonics",
            {"f0_hz": torch.tensor([[100.0, 110.0, 130.0, 170.0], [440.0, 430.0, 410.0, 370.0]]), "n_harmonics": 4},
            gradients=("f0_hz",),
        ),
        Case(
            "one sound, 5 frames, 3 harmonics",
            {"f0_hz": torch.tensor([[200.0, 205.0, 215.0, 230.0, 250.0]]), "n_harmonics": 3},
        ),
    ),
    hints=(frame_met_harmonic, axes_exchanged, begins_at_zero),
    wrong_answers=(
        WrongAnswer(
            """
def harmonic_frequencies(f0_hz, n_harmonics):
    return f0_hz * torch.arange(1, n_harmonics + 1)
""",
            r"frame i got harmonic i: frame 2 of yours has 390 Hz alone, 3 times its pitch",
        ),
        WrongAnswer(
            """
def harmonic_frequencies(f0_hz, n_harmonics):
    return f0_hz[:, None] * torch.arange(1, n_harmonics + 1)
""",
            r"frame i got harmonic i",
        ),
        WrongAnswer(
            """
def harmonic_frequencies(f0_hz, n_harmonics):
    return f0_hz[:, None, :] * torch.arange(1, n_harmonics + 1)[:, None]
""",
            r"your axes are \[batch, harmonics, frames\]: at frame 0, harmonic 2 stands 110 Hz",
        ),
        WrongAnswer(
            """
def harmonic_frequencies(f0_hz, n_harmonics):
    return f0_hz[..., None] * torch.arange(n_harmonics)
""",
            r"your first harmonic is at 0 Hz and your last at 300 Hz instead of 400",
        ),
        WrongAnswer(
            """
def harmonic_frequencies(f0_hz, n_harmonics):
    return torch.tensor([[[k * f for k in range(1, n_harmonics + 1)] for f in row] for row in f0_hz.tolist()])
""",
            r"the values are right, but no gradient reaches f0_hz",
        ),
    ),
    axes=("frame", "harmonic"),
    unit="Hz",
)

EXERCISES = (GAIN, FIT, FREQUENCIES)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    NumberQuestion(
        "0.4",
        answer=encode(3),
        tolerance=0.1,
        unit="dB",
        right="right: they are not in step, so their powers add. Twice the power is 10 log10 2 = 3.01 dB.",
        misconceptions=(
            (
                6,
                0.1,
                "6 dB would be twice the *amplitude*: two copies of one recording. Two players are never in step.",
            ),
            (10, 0.5, "10 dB is ten players. (And roughly what it takes to be *called* twice as loud.)"),
            (2, 0.1, "2 is the factor of the power. Now turn that factor into decibels."),
            (0, 0.1, "they do not take turns: on average each adds its power to the other's."),
        ),
    ),
    NumberQuestion(
        "0.5",
        answer=encode(400),
        tolerance=4,
        unit="",
        right="right: half the amplitude is a quarter of the power, m = 0.0025, and 1 / m is 400. The limit depends on how "
        "loud the sound is: remember it when a training run explodes after somebody turned the volume up.",
        misconceptions=(
            (100, 1, "100 was the limit at RMS 0.1. Half the amplitude is a quarter of the power, and m is a power."),
            (
                200,
                2,
                "200 is the best step: it lands on the spot at once. A bit further only overshoots, and comes back. "
                "(Or did you halve m? Half the amplitude is a quarter of the power.)",
            ),
            (800, 8, "the derivative of a square brings a 2: the error is multiplied by 1 - 2 s m, not by 1 - s m."),
            (20, 0.2, "20 is one over the RMS. m is the *power*: square it first."),
            (
                0.0025,
                0.0001,
                "that is m itself. The limit is 1 / m: the softer the sound, the *longer* a step it bears.",
            ),
            (50, 1, "a softer sound bears a *longer* step, not a shorter one: the limit is 1 / m."),
            (25, 0.5, "a softer sound bears a *longer* step, not a shorter one: the limit is 1 / m."),
        ),
    ),
    ChoiceQuestion(
        "0.6",
        answer=encode("b"),
        replies={
            "a": "how loud it is says the colour of a line, not its distance from the next.",
            "b": "right: they lie at f0, 2 f0, 3 f0 ..., so two neighbours are f0 apart, wherever you look.",
            "c": "there are more of them in a brighter sound, but they are no further apart for that.",
            "d": "vibrato makes all of them swing together, the upper ones more. Look at how far apart they are *on average*.",
        },
    ),
)

# --- the road map -----------------------------------------------------------------------------------------------------


class RoadMap:
    """All lessons as a table: what you build, and how many minutes."""

    def _repr_markdown_(self) -> str:
        rows = list(self.rows())
        return "\n".join(["| lesson | you build | minutes to read and do, and to run |", "|:--|:--|:--|", *rows])

    def rows(self) -> Iterator[str]:
        from ddsp_course.classroom import exercises  # it imports this file when it is asked for this lesson

        for number in exercises.lesson_numbers():
            about = exercises.load(number).LESSON
            link = f"[{number:02d} {about.title}]({number:02d}_{about.topic}.ipynb)"
            yield f"| {link} | {about.builds} | {about.minutes_to_read} + {about.minutes_to_run} |"
