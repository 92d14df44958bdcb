"""Lesson 18, an ear that learns: what its exercises are judged by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ddsp_course import autoencoder, dsp
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
from ddsp_course.classroom.exercises.lesson_18_step import STEPS
from ddsp_course.classroom.exercises.uneven import uneven

LESSON = Lesson(
    number=18,
    topic="an_ear_that_learns",
    title="An ear that learns",
    builds="a measure of what lies between the harmonics, a pair of ears that learns, and a step of it against the player",
    hears="hiss that a loss takes to be too loud, a network before and after it had to please an ear, and a string gone astray",
    minutes_to_read=50,
    minutes_to_run=5,
)


# --- 18.1 what lies between -------------------------------------------------------------------------------------------


def between_harmonics(f0_hz: Tensor, fft_size: int, sample_rate: int, width_hz: float) -> Tensor:
    return dsp.between_harmonics(f0_hz, fft_size, sample_rate=sample_rate, width_hz=width_hz)


def _away(f0_hz: Tensor, fft_size: int, sample_rate: int, width_hz: float, nearest: Callable[..., Tensor]) -> Tensor:
    bins = torch.linspace(0, sample_rate / 2, fft_size // 2 + 1)
    return (bins - nearest(bins, f0_hz[..., None])).abs() > width_hz


def _up_to_nyquist(f0_hz: Tensor, fft_size: int, sample_rate: int, width_hz: float) -> Tensor:
    highest = torch.floor(sample_rate / 2 / f0_hz[..., None])
    return _away(
        f0_hz, fft_size, sample_rate, width_hz, lambda bins, f0: f0 * torch.minimum(torch.round(bins / f0), highest)
    )


def without_a_frame_axis(attempt: Attempt) -> str | None:
    frames, bins = attempt.want.shape[-2:]
    if attempt.got.shape[-2:] == (bins, frames):
        return f"yours is [{bins} bins, {frames} frames]: a spectrogram of this course has frames first, then bins."
    return None


BETWEEN = Exercise(
    number="18.1",
    name="between_harmonics",
    reference=between_harmonics,
    cases=(
        Case(
            "a pitch of 250 Hz, then of 400, in bins of 15.6 Hz, 70 Hz wide",
            {"f0_hz": torch.tensor([[250.0, 400.0]]), "fft_size": 1024, "sample_rate": 16_000, "width_hz": 70.0},
        ),
        Case(
            "a glide from 200 to 800 Hz in 9 frames, two sounds, at 24 kHz, in bins of 47 Hz, 89 Hz wide",
            {
                "f0_hz": torch.stack([torch.linspace(200, 800, 9), torch.linspace(800, 210, 9)]),
                "fft_size": 512,
                "sample_rate": 24_000,
                "width_hz": 89.0,
            },
        ),
    ),
    hints=(
        without_a_frame_axis,
        looks_like(
            lambda **given: ~between_harmonics(**given),
            "the other way round: yours is true at the harmonics, asked for is what lies between them.",
        ),
        looks_like(
            lambda **given: _away(**given, nearest=lambda bins, f0: f0),
            lambda attempt: (
                f"only the fundamental is left out: {int((attempt.got - attempt.want).sum())} bins that belong to the second "
                f"harmonic, the third, and so on count as between. Every multiple of the pitch is a harmonic."
            ),
        ),
        looks_like(
            lambda **given: _away(**given, nearest=lambda bins, f0: f0 * torch.floor(bins / f0)),
            "a bin just below a harmonic counts as between: you measure the distance from the harmonic below it (a "
            "remainder does). Which harmonic is the *nearest*?",
        ),
        looks_like(
            lambda **given: _away(**given, nearest=lambda bins, f0: f0 * torch.round(bins / f0).clamp_min(1)),
            "the bins around 0 Hz count as between: what leaks from 0 Hz, a slow drift, is no noise. Leave multiple number 0 "
            "out as well.",
        ),
        looks_like(
            _up_to_nyquist,
            "the harmonics stop at half the sample rate for you, but the next one, just above it, has a flank below: it counts "
            "as well.",
        ),
        looks_like(
            lambda **given: between_harmonics(**{**given, "width_hz": given["width_hz"] / 2}),
            lambda attempt: (
                f"{int((attempt.got - attempt.want).sum())} bins too many are between: width_hz counts to *either* side of a "
                f"harmonic."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def between_harmonics(f0_hz, fft_size, sample_rate, width_hz):
    bins = torch.linspace(0, sample_rate / 2, fft_size // 2 + 1)
    return bins % f0_hz[..., None] > width_hz
""",
            r"a bin just below a harmonic counts as between",
        ),
        WrongAnswer(
            """
def between_harmonics(f0_hz, fft_size, sample_rate, width_hz):
    bins = torch.linspace(0, sample_rate / 2, fft_size // 2 + 1)
    return (bins - f0_hz[..., None]).abs() > width_hz
""",
            r"only the fundamental is left out: \d+ bins",
        ),
        WrongAnswer(
            """
def between_harmonics(f0_hz, fft_size, sample_rate, width_hz):
    bins = torch.linspace(0, sample_rate / 2, fft_size // 2 + 1)
    pitch = f0_hz[..., None]
    return (bins - pitch * torch.round(bins / pitch)).abs() <= width_hz
""",
            r"the other way round",
        ),
        WrongAnswer(
            """
def between_harmonics(f0_hz, fft_size, sample_rate, width_hz):
    bins = torch.linspace(0, sample_rate / 2, fft_size // 2 + 1)
    pitch = f0_hz[..., None]
    return (bins - pitch * torch.round(bins / pitch)).abs() > width_hz / 2
""",
            r"width_hz counts to \*either\* side",
        ),
        WrongAnswer(
            """
def between_harmonics(f0_hz, fft_size, sample_rate, width_hz):
    bins = torch.linspace(0, sample_rate / 2, fft_size // 2 + 1)
    pitch = f0_hz[..., None]
    return (bins - pitch * torch.round(bins / pitch).clamp_min(1)).abs() > width_hz
""",
            r"the bins around 0 Hz count as between",
        ),
        WrongAnswer(
            """
def between_harmonics(f0_hz, fft_size, sample_rate, width_hz):
    bins = torch.linspace(0, 8000, fft_size // 2 + 1)
    pitch = f0_hz[..., None]
    return (bins - pitch * torch.round(bins / pitch)).abs() > width_hz
""",
            r"in the case: .* at 24 kHz",
        ),
        WrongAnswer(
            """
def between_harmonics(f0_hz, fft_size, sample_rate, width_hz):
    bins = torch.linspace(0, sample_rate / 2, fft_size // 2 + 1)
    between = torch.ones(*f0_hz.shape, len(bins), dtype=torch.bool)
    for k in range(int(sample_rate / 2 / f0_hz.min()) + 1):
        there = k * f0_hz[..., None]
        between &= ((bins - there).abs() > width_hz) | (there > sample_rate / 2)
    return between
""",
            r"just above it, has a flank below",
        ),
    ),
    axes=("frame", "bin"),
)

# --- 18.2 what the ears learn from ------------------------------------------------------------------------------------


def ear_loss(real: list[Tensor], played: list[Tensor]) -> Tensor:
    return autoencoder.discriminator_loss(real, played)


def by_window(function: Any, real: Tensor, played: Tensor, patches: tuple[int, ...]) -> Any:
    """Scores [batch, all patches], cut into a tensor for each window size, are given to a function.

    As those of real ears, they have an axis for frames and one for bands, where their number can be halved.
    """
    return function(*([_on_a_grid(each) for each in scores.split(patches, 1)] for scores in (real, played)))


def _on_a_grid(scores: Tensor) -> Tensor:
    bands = 2 if scores.shape[1] % 2 == 0 else 1
    return scores.reshape(len(scores), -1, bands)


def _hinge(real, played, patches, *, margin=1.0, sign=1.0, bounded=True, together=False, half=1.0):
    """What ear_loss would be with a mistake in it."""
    bend = F.relu if bounded else lambda x: x
    sizes = (sum(patches),) if together else patches
    each = [
        bend(margin - sign * r).mean() + bend(margin + sign * p).mean()
        for r, p in zip(real.split(sizes, 1), played.split(sizes, 1), strict=True)
    ]
    return half * torch.stack(each).mean()


def _hinge_of_means(real: Tensor, played: Tensor, patches: tuple[int, ...]) -> Tensor:
    pairs = zip(real.split(patches, 1), played.split(patches, 1), strict=True)
    return torch.stack([F.relu(1 - r.mean()) + F.relu(1 + p.mean()) for r, p in pairs]).mean()


def _scores(batch: int, patches: tuple[int, ...], real: float, played: float) -> dict[str, Any]:
    places = torch.linspace(-1, 1, sum(patches))
    return {
        "real": real + 1.5 * uneven(batch, sum(patches)) + places,
        "played": played - 1.5 * uneven(batch, sum(patches)) - 0.5 * places,
        "patches": patches,
    }


EAR = Exercise(
    number="18.2",
    name="ear_loss",
    reference=ear_loss,
    use=by_window,
    cases=(
        Case("two sounds, one window size, 6 patches", _scores(2, (6,), 1.8, -0.3), ("real", "played")),
        Case("three sounds, windows with 20, 6 and 2 patches", _scores(3, (20, 6, 2), 0.2, 0.1), ("real", "played")),
    ),
    hints=(
        looks_like(
            _hinge_of_means,
            "relu of a mean: one patch that is right by 3 makes up for another that is wrong. relu first, for every patch, "
            "then the mean.",
            1e-4,
        ),
        looks_like(
            lambda **given: _hinge(**given, bounded=False),
            lambda attempt: (
                f"{float(attempt.got):.2f} instead of {float(attempt.want):.2f}: there is no hinge in it. Whoever is right by "
                f"3 gains by being right by 30, and the scores grow without end. relu stops at the margin."
            ),
            1e-4,
        ),
        looks_like(
            lambda **given: _hinge(**given, sign=-1.0),
            lambda attempt: (
                f"{float(attempt.got):.2f} instead of {float(attempt.want):.2f}: these ears would learn to call the played "
                f"sound real. Real ones are to score above 1, played ones below -1."
            ),
            1e-4,
        ),
        looks_like(
            lambda **given: _hinge(**given, margin=0.0),
            lambda attempt: (
                f"{float(attempt.got):.2f} instead of {float(attempt.want):.2f}: your margin is 0. Ears that say 0 to "
                f"everything would have nothing left to learn."
            ),
            1e-4,
        ),
        looks_like(
            lambda **given: _hinge(**given, together=True),
            lambda attempt: (
                f"all patches in one mean: of {sum(attempt.arguments['patches'])} patches "
                f"{attempt.arguments['patches'][0]} belong to one window size, which then has nearly all the say. A mean for "
                f"each size, and then the mean of these."
            ),
            1e-4,
        ),
        looks_like(
            lambda **given: _hinge(**given, half=float(len(given["patches"]))),
            lambda attempt: f"a sum over {len(attempt.arguments['patches'])} window sizes where a mean is asked for.",
            1e-4,
        ),
        looks_like(
            lambda **given: _hinge(**given, half=0.5),
            "half of ours: the real sounds' part and the played ones' are added, not averaged.",
            1e-4,
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def ear_loss(real, played):
    return torch.stack([(1 - r).mean() + (1 + p).mean() for r, p in zip(real, played)]).mean()
""",
            r"there is no hinge in it",
        ),
        WrongAnswer(
            """
def ear_loss(real, played):
    return torch.stack([torch.relu(1 - r.mean()) + torch.relu(1 + p.mean()) for r, p in zip(real, played)]).mean()
""",
            r"relu of a mean: one patch that is right by 3",
        ),
        WrongAnswer(
            """
def ear_loss(real, played):
    real, played = torch.cat([r.flatten() for r in real]), torch.cat([p.flatten() for p in played])
    return torch.relu(1 - real).mean() + torch.relu(1 + played).mean()
""",
            r"all patches in one mean: of 28 patches 20 belong to one window size",
        ),
        WrongAnswer(
            """
def ear_loss(real, played):
    return torch.stack([torch.relu(1 + r).mean() + torch.relu(1 - p).mean() for r, p in zip(real, played)]).mean()
""",
            r"would learn to call the played sound real",
        ),
        WrongAnswer(
            """
def ear_loss(real, played):
    return torch.stack([torch.relu(-r).mean() + torch.relu(p).mean() for r, p in zip(real, played)]).mean()
""",
            r"your margin is 0",
        ),
        WrongAnswer(
            """
def ear_loss(real, played):
    return sum(torch.relu(1 - r).mean() + torch.relu(1 + p).mean() for r, p in zip(real, played))
""",
            r"a sum over 3 window sizes where a mean is asked for",
        ),
        WrongAnswer(
            """
def ear_loss(real, played):
    each = [(1 - r).relu().sum() / (r.shape[0] * r.shape[1]) + (1 + p).relu().mean() for r, p in zip(real, played)]
    return torch.stack(each).mean()
""",
            r"Largest difference",
        ),
    ),
    axes=(),
)

# --- 18.4 can they be told apart? -------------------------------------------------------------------------------------


def told_apart(real: Tensor, played: Tensor) -> Tensor:
    return torch.as_tensor(autoencoder.area_under_curve(real, played))


def _share_right(real: Tensor, played: Tensor) -> Tensor:
    return torch.cat([real > 0, played < 0]).double().mean()


def _without_ties(real: Tensor, played: Tensor) -> Tensor:
    return (real[:, None] > played).double().mean()


def _ties_count_whole(real: Tensor, played: Tensor) -> Tensor:
    return (real[:, None] >= played).double().mean()


def _one_to_one(real: Tensor, played: Tensor) -> Tensor:
    n = min(len(real), len(played))
    difference = real[:n] - played[:n]
    return ((difference > 0).double() + 0.5 * (difference == 0).double()).mean()


def _figures(attempt: Attempt) -> str:
    return f"{float(attempt.got):.2f} instead of {float(attempt.want):.2f}"


TOLD = Exercise(
    number="18.4",
    name="told_apart",
    reference=told_apart,
    cases=(
        Case(
            "11 real and 9 played, most of them above 0",
            {"real": uneven(11) + 0.8, "played": uneven(9, shift=1.4) + 0.45},
        ),
        Case(
            "5 real and 7 played, with ties",
            {
                "real": torch.tensor([0.0, 1.0, 1.0, 2.0, 3.0]),
                "played": torch.tensor([-1.0, 0.0, 0.0, 1.0, 1.0, 2.0, 4.0]),
            },
        ),
        Case("ears that say the same to everything", {"real": torch.full((4,), 0.7), "played": torch.full((6,), 0.7)}),
        Case(
            "3 real and 4 played, heard the wrong way round",
            {"real": torch.tensor([0.2, -1.0, 0.5]), "played": torch.tensor([0.4, 0.9, -0.3, 1.5])},
        ),
    ),
    hints=(
        looks_like(
            lambda real, played: torch.maximum(told_apart(real, played), 1 - told_apart(real, played)),
            lambda attempt: (
                f"{_figures(attempt)}: yours is never below a half. Ears that take the recording for the player have less."
            ),
            1e-5,
        ),
        looks_like(
            _share_right,
            lambda attempt: (
                f"{_figures(attempt)}: you ask who is above 0. Ears may be in doubt about everything, or about nothing; asked "
                f"is only whether the real one scores *higher* than the played one."
            ),
            1e-5,
        ),
        looks_like(
            lambda real, played: 1 - told_apart(real, played),
            lambda attempt: f"{_figures(attempt)}: you count the pairs in which the played one scores higher.",
            1e-5,
        ),
        looks_like(
            _without_ties,
            lambda attempt: (
                f"{_figures(attempt)}: a tie counts half. Ears that say the same to everything would have 0 from you, and seem "
                f"to know it all, the wrong way round."
            ),
            1e-5,
        ),
        looks_like(
            _ties_count_whole,
            lambda attempt: (
                f"{_figures(attempt)}: a tie counts half. Ears that say the same to everything would be perfect with you."
            ),
            1e-5,
        ),
        looks_like(
            _one_to_one,
            lambda attempt: (
                f"{_figures(attempt)}: the first with the first, the second with the second. They are no pairs: hold *every* "
                f"real one against every played one, {len(attempt.arguments['real'])} x {len(attempt.arguments['played'])}."
            ),
            1e-5,
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def told_apart(real, played):
    return torch.cat([real > 0, played < 0]).double().mean()
""",
            r"you ask who is above 0",
        ),
        WrongAnswer(
            """
def told_apart(real, played):
    difference = real[:, None] - played
    above = (difference > 0).double().mean() + 0.5 * (difference == 0).double().mean()
    return torch.maximum(above, 1 - above)
""",
            r"yours is never below a half",
        ),
        WrongAnswer(
            """
def told_apart(real, played):
    return (real[:, None] > played).double().mean()
""",
            r"a tie counts half\. Ears that say the same to everything would have 0",
        ),
        WrongAnswer(
            """
def told_apart(real, played):
    difference = played[:, None] - real
    return ((difference > 0).double() + 0.5 * (difference == 0).double()).mean()
""",
            r"the played one scores higher",
        ),
        WrongAnswer(
            """
def told_apart(real, played):
    n = min(len(real), len(played))
    difference = real[:n] - played[:n]
    return ((difference > 0).double() + 0.5 * (difference == 0).double()).mean()
""",
            r"hold \*every\* real one against every played one, 11 x 9",
        ),
    ),
    axes=(),
)

EXERCISES = (BETWEEN, EAR, STEPS, TOLD)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    NumberQuestion(
        "18.5",
        answer=encode(-2.3),
        tolerance=0.5,
        unit="dB",
        right="right, and no accident of these draws: the theory below says 10 log10(2^(2/3) - 1) = -2.31 dB.",
        misconceptions=(
            (
                0,
                0.6,
                "so one would hope. But the loss does not know that both are draws of the same: it sees two numbers that "
                "differ, and the smaller one of them is made, the less they can differ.",
            ),
            (
                2.3,
                0.6,
                "the right size, the wrong way: is it more dangerous to be too loud or too soft, where one does not "
                "know what comes?",
            ),
            (-6, 1.0, "half the amplitude is too shy: then the loss misses what is always there."),
            (-3, 0.15, "near. Half the power would be -3.0; it is a little more than that."),
        ),
    ),
    ChoiceQuestion(
        "18.6",
        answer=encode("c"),
        replies={
            "a": "for us it is the best: it *is* the same hiss. The loss compares bin by bin, and there a second draw is as "
            "wrong as a draw can be.",
            "b": "somewhat better than at full level, as you have just seen. But there is still chance in it, and chance costs.",
            "c": "right: where nobody can know, the least error is made by saying the same every time. A tone or a hum in every "
            "bin, which no ear takes for hiss.",
            "d": "silence misses everything that is there: its error is the whole mean magnitude.",
        },
    ),
    NumberQuestion(
        "18.7",
        answer=encode(0.5),
        tolerance=0.03,
        unit="",
        right="right: nothing can be told, and guessing is right half of the time.",
        misconceptions=(
            (
                1,
                0.05,
                "1 would be ears that always know. But from the same bow, the same room, with another draw of noise?",
            ),
            (0, 0.05, "0 would be ears that are always wrong, and thus know everything. If nothing can be told?"),
            (0.25, 0.05, "two things, one guess: how often is it right?"),
        ),
    ),
    ChoiceQuestion(
        "18.8",
        answer=encode("b"),
        replies={
            "a": "silence is told from a string at once.",
            "b": "right: the ears ask whether *a* string sounds like this, never whether it is the one in the recording.",
            "c": "the pitch goes past the network, straight to the oscillators (lesson 10): whatever the ears say, the melody "
            "stays in tune.",
            "d": "the ears never hear the two side by side. What is special about this note they cannot ask for.",
        },
    ),
)
