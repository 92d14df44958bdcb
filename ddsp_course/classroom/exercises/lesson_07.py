"""Lesson 07, a loss for sound: what its exercises are judged by."""

from __future__ import annotations

import math

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
    number=7,
    topic="a_loss_for_sound",
    title="A loss for sound",
    builds="the multi-scale spectral loss, its yardsticks, and a descent that finds a frequency",
    hears="what a loss calls near and far, and a tone that slides home",
    minutes_to_read=60,
    minutes_to_run=1,
)

FLOOR = 1e-5
SIZES = (1024, 256, 64)


def tone(hz: float, samples: int = 4000, amplitude: float = 0.5) -> Tensor:
    return amplitude * torch.sin(2 * math.pi * hz * torch.arange(samples) / 16_000)[None]


def noise(samples: int, seed: int) -> Tensor:
    return 0.1 * torch.randn(1, samples, generator=torch.Generator().manual_seed(seed))


# --- 7.1 the loss -----------------------------------------------------------------------------------------------------


def multi_scale_loss(audio: Tensor, target: Tensor, fft_sizes: tuple[int, ...]) -> Tensor:
    return sum((_linear(audio, target, size) + _log(audio, target, size) for size in fft_sizes), torch.zeros(()))


def _magnitudes(audio: Tensor, size: int, floor: float = FLOOR) -> Tensor:
    return dsp.stft_magnitude(audio, size).clamp_min(floor)


def _linear(audio: Tensor, target: Tensor, size: int) -> Tensor:
    return (_magnitudes(audio, size) - _magnitudes(target, size)).abs().mean()


def _log(audio: Tensor, target: Tensor, size: int, floor: float = FLOOR) -> Tensor:
    return (_magnitudes(audio, size, floor).log() - _magnitudes(target, size, floor).log()).abs().mean()


def _log_of_difference(audio: Tensor, target: Tensor, size: int) -> Tensor:
    return (_magnitudes(audio, size) - _magnitudes(target, size)).abs().log().mean()


def _each(audio, target, fft_sizes, of) -> Tensor:
    return sum((of(audio, target, size) for size in fft_sizes), torch.zeros(()))


def _times(factor: float):
    return lambda audio, target, fft_sizes: factor * multi_scale_loss(audio, target, fft_sizes)


def averaged(attempt: Attempt) -> str | None:
    n = len(attempt.arguments["fft_sizes"])
    if n == 1 or abs(float(attempt.got / attempt.want) * n - 1) > 1e-3:
        return None
    return (
        f"you get 1/{n} of what is expected: the sizes are added up, not averaged. (It is a matter of taste, but every "
        f"number in this course is a sum.)"
    )


def no_floor(attempt: Attempt) -> str | None:
    if torch.isfinite(attempt.got):
        return None
    if bool(attempt.arguments["target"].any()) and bool(attempt.arguments["audio"].any()):
        return (
            "your loss is not finite, and there is no silence here: did you take the logarithm of the *difference*? It "
            "can be negative, or 0. The difference of the logarithms is meant."
        )
    return "against silence your loss is not finite: the logarithm of 0. Floor the magnitudes at 1e-5 before it."


def summed_up(attempt: Attempt) -> str | None:
    ratio = float(attempt.got / attempt.want)
    if ratio < 50:
        return None
    return (
        f"your loss is {ratio:.0f} times too large and would double with the length of the sound: take the mean over "
        f"frames and bins, not the sum."
    )


LOSS = Exercise(
    number="7.1",
    name="multi_scale_loss",
    reference=multi_scale_loss,
    cases=(
        Case(
            "a tone of 440 Hz against one of 450 Hz, in noise, three sizes",
            {"audio": tone(440) + noise(4000, 5), "target": tone(450) + noise(4000, 6), "fft_sizes": SIZES},
            gradients=("audio",),
        ),
        Case(
            "two sounds in a batch against softer noise, one size",
            {
                "audio": torch.cat([tone(300) + noise(4000, 7), noise(4000, 1)]),
                "target": noise(8000, 2).reshape(2, 4000),
                "fft_sizes": (256,),
            },
            gradients=("audio",),
        ),
        Case(
            "a tone in noise against silence",
            {"audio": tone(440) + noise(4000, 5), "target": torch.zeros(1, 4000), "fft_sizes": SIZES},
            gradients=("audio",),
        ),
        Case(
            "silence against a tone in noise",
            {"audio": torch.zeros(1, 4000), "target": tone(440) + noise(4000, 5), "fft_sizes": SIZES},
        ),
    ),
    hints=(
        no_floor,
        summed_up,
        averaged,
        looks_like(
            lambda **given: _each(**given, of=_linear),
            "your loss has no logarithms in it: everything 40 dB below the loudest partial could be missing.",
        ),
        looks_like(
            lambda **given: _each(**given, of=_log),
            "your loss has only logarithms in it: the linear half is missing.",
        ),
        looks_like(
            lambda **given: _each(**given, of=_linear) + _each(**given, of=_log) / math.log(10),
            "your logarithmic half is 2.30 times too small: torch.log is the natural logarithm, torch.log10 is not.",
        ),
        looks_like(
            lambda **given: _each(**given, of=_linear) + _each(**given, of=lambda a, t, s: _log(a, t, s, 1e-10)),
            "where there is silence your logarithms go down to -200 dB: floor the magnitudes at 1e-5 (-100 dB) first.",
        ),
        looks_like(
            lambda **given: _each(**given, of=_linear) + _each(**given, of=_log_of_difference),
            "you took the logarithm of the difference. The difference of the logarithms is what is meant: a ratio.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def multi_scale_loss(audio, target, fft_sizes):
    total = 0.0
    for size in fft_sizes:
        ours, theirs = dsp.stft_magnitude(audio, size), dsp.stft_magnitude(target, size)
        total = total + (ours - theirs).abs().mean() + (ours.log() - theirs.log()).abs().mean()
    return total
""",
            r"go down to -200 dB: floor the magnitudes",
        ),
        WrongAnswer(
            """
def multi_scale_loss(audio, target, fft_sizes):
    losses = []
    for size in fft_sizes:
        ours, theirs = (dsp.stft_magnitude(x, size).clamp_min(1e-5) for x in (audio, target))
        losses.append((ours - theirs).abs().mean() + (ours.log() - theirs.log()).abs().mean())
    return torch.stack(losses).mean()
""",
            r"you get 1/3 of what is expected",
        ),
        WrongAnswer(
            """
def multi_scale_loss(audio, target, fft_sizes):
    total = 0.0
    for size in fft_sizes:
        ours, theirs = (dsp.stft_magnitude(x, size).clamp_min(1e-5) for x in (audio, target))
        total = total + (ours - theirs).abs().mean() + (ours.log10() - theirs.log10()).abs().mean()
    return total
""",
            r"2\.30 times too small",
        ),
        WrongAnswer(
            """
def multi_scale_loss(audio, target, fft_sizes):
    total = 0.0
    for size in fft_sizes:
        ours, theirs = (dsp.stft_magnitude(x, size).clamp_min(1e-5) for x in (audio, target))
        total += ((ours - theirs).abs().mean() + (ours.log() - theirs.log()).abs().mean()).item()
    return torch.tensor(total)
""",
            r"no gradient reaches audio",
        ),
    ),
    atol=1e-4,
    axes=(),
)

# --- 7.2 the constant that no sound has -------------------------------------------------------------------------------


def median_spectrum_loss(target: Tensor, fft_sizes: tuple[int, ...]) -> Tensor:
    return _constant_loss(target, fft_sizes, lambda m: m.median(dim=1, keepdim=True).values)


def _constant_loss(target, fft_sizes, constant) -> Tensor:
    total = torch.zeros(())
    for size in fft_sizes:
        theirs = _magnitudes(target, size)
        ours = constant(theirs)
        total = total + (ours - theirs).abs().mean() + (ours.log() - theirs.log()).abs().mean()
    return total


def against_itself(attempt: Attempt) -> str | None:
    if float(attempt.got.abs().max()) > 1e-6:
        return None
    return "your loss is 0: the target was scored against itself. The constant has one spectrum for all frames."


def mean_is_dearer(attempt: Attempt) -> str:
    return (
        f"yours is {float(attempt.got - attempt.want):.3f} too high: that is the *mean* over time. Of all constants the "
        f"median has the least sum of absolute differences, and a yardstick should be the best of its kind."
    )


MEDIAN = Exercise(
    number="7.2",
    name="median_spectrum_loss",
    reference=median_spectrum_loss,
    cases=(
        Case(
            "a tone that swells, with noise, three sizes",
            {"target": tone(440) * torch.linspace(0, 1, 4000).square() + 0.1 * noise(4000, 3), "fft_sizes": SIZES},
        ),
        Case("noise, one size", {"target": noise(6000, 4), "fft_sizes": (128,)}),
        Case(
            "two in a batch: a short tone, then silence; and noise",
            {
                "target": torch.cat([torch.nn.functional.pad(tone(440, 1500), (0, 2500)), noise(4000, 9)]),
                "fft_sizes": (256, 64),
            },
        ),
    ),
    hints=(
        against_itself,
        looks_like(lambda **given: _constant_loss(**given, constant=lambda m: m.mean(1, keepdim=True)), mean_is_dearer),
        looks_like(
            lambda **given: _constant_loss(**given, constant=lambda m: m.median(dim=2, keepdim=True).values),
            "your median runs over the bins: one level for all frequencies, another for each moment. It should run over "
            "time (dim=1): one level for each frequency, the same at every moment.",
        ),
        looks_like(
            lambda **given: _constant_loss(**given, constant=lambda m: m.median()),
            "your median is a single number: without dim=, torch.median takes everything together.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def median_spectrum_loss(target, fft_sizes):
    total = 0.0
    for size in fft_sizes:
        theirs = dsp.stft_magnitude(target, size).clamp_min(1e-5)
        ours = theirs.mean(dim=1, keepdim=True)
        total = total + (ours - theirs).abs().mean() + (ours.log() - theirs.log()).abs().mean()
    return total
""",
            r"too high: that is the \*mean\* over time",
        ),
        WrongAnswer(
            """
def median_spectrum_loss(target, fft_sizes):
    total = 0.0
    for size in fft_sizes:
        theirs = dsp.stft_magnitude(target, size).clamp_min(1e-5)
        ours = theirs.median(dim=-1, keepdim=True).values
        total = total + (ours - theirs).abs().mean() + (ours.log() - theirs.log()).abs().mean()
    return total
""",
            r"your median runs over the bins",
        ),
        WrongAnswer(
            """
def median_spectrum_loss(target, fft_sizes):
    return multi_scale_loss(target, target, fft_sizes)


def multi_scale_loss(audio, target, fft_sizes):
    return (audio - target).abs().mean()
""",
            r"scored against itself",
        ),
    ),
    atol=1e-4,
    axes=(),
)

# --- 7.3 how far along the way ----------------------------------------------------------------------------------------


def share_of_the_way(loss: float, nothing_learned: float, retake: float) -> float:
    return (nothing_learned - loss) / (nothing_learned - retake)


def upside_down(attempt: Attempt) -> str | None:
    got, given = float(attempt.got), attempt.arguments
    if abs(got - (1 - share_of_the_way(**given))) > 1e-3:
        return None
    return (
        f"a model that has learned nothing is told it has come {1 - 0:.0%} of the way: yours counts from the other end."
    )


def perfect_is_zero_loss(attempt: Attempt) -> str | None:
    got, given = float(attempt.got), attempt.arguments
    if abs(got - (1 - given["loss"] / given["nothing_learned"])) > 1e-3:
        return None
    return (
        f"the re-take itself gets {1 - given['retake'] / given['nothing_learned']:.0%} from you: a loss of 0 is not the "
        f"end of the way. The same player with other bow noise is."
    )


SHARE = Exercise(
    number="7.3",
    name="share_of_the_way",
    reference=share_of_the_way,
    cases=(
        Case(
            "a loss of 6 between 10 (nothing learned) and 3 (re-take)",
            {"loss": 6.0, "nothing_learned": 10.0, "retake": 3.0},
        ),
        Case("a loss of 12, worse than nothing", {"loss": 12.0, "nothing_learned": 10.0, "retake": 3.0}),
        Case("a loss of 8.6 between 11.9 and 2.9", {"loss": 8.6, "nothing_learned": 11.9, "retake": 2.9}),
        Case("a loss of 2.5, better than the re-take", {"loss": 2.5, "nothing_learned": 10.0, "retake": 3.0}),
    ),
    hints=(
        upside_down,
        perfect_is_zero_loss,
        looks_like(
            lambda loss, nothing_learned, retake: min(max(share_of_the_way(loss, nothing_learned, retake), 0.0), 1.0),
            "you cut it off at 0 and 1: worse than a constant, and better than a re-take, are things one wants to know.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def share_of_the_way(loss, nothing_learned, retake):
    return (loss - retake) / (nothing_learned - retake)
""",
            r"counts from the other end",
        ),
        WrongAnswer(
            """
def share_of_the_way(loss, nothing_learned, retake):
    return 1 - loss / nothing_learned
""",
            r"the re-take itself gets 70% from you",
        ),
        WrongAnswer(
            """
def share_of_the_way(loss, nothing_learned, retake):
    return min(max((nothing_learned - loss) / (nothing_learned - retake), 0.0), 1.0)
""",
            r"you cut it off at 0 and 1",
        ),
    ),
    axes=(),
)

# --- 7.4 coarse to fine -----------------------------------------------------------------------------------------------

STEPS = 60


def faded_tone(f_hz: Tensor, samples: int = 4000) -> Tensor:
    """A quarter of a second that swells and fades: what stops suddenly splashes over the whole spectrum."""
    return (torch.hann_window(samples) * torch.sin(2 * math.pi * f_hz * torch.arange(samples) / 16_000))[None]


def descend(
    f_hz: Tensor, target: Tensor, fft_size: int, step_hz: float, steps: int, path: list | None = None
) -> Tensor:
    """As the notebook has it, parameter by parameter: an answer may name them."""
    f = f_hz.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([f], lr=step_hz)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = step_hz * (1 - step / steps)
        optimizer.zero_grad()
        loss = (dsp.stft_magnitude(faded_tone(f), fft_size) - dsp.stft_magnitude(target, fft_size)).abs().mean()
        loss.backward()
        optimizer.step()
        if path is not None:
            path.append(f.item())
    return f.detach()


def find_frequency(target: Tensor, start_hz: float, descend=descend) -> Tensor:
    f = torch.tensor(float(start_hz))
    for fft_size, step_hz in ((128, 16.0), (512, 8.0), (2048, 4.0)):
        f = descend(f, target, fft_size, step_hz, STEPS)
    return f


def did_not_move(attempt: Attempt) -> str | None:
    start = attempt.arguments["start_hz"]
    if abs(float(attempt.got) - start) > 1.0:
        return None
    return f"you end at {float(attempt.got):.0f} Hz, where you started: is what `descend` returns handed on?"


def stuck(attempt: Attempt) -> str | None:
    got, want, start = float(attempt.got), float(attempt.want), attempt.arguments["start_hz"]
    if abs(got - want) < 3:
        return None
    if abs(got - start) > 5 and 0 < (start - got) / (start - want) < 0.97:
        return (
            f"from {start:.0f} Hz you end at {got:.0f} Hz: the right way, and not all of it. Steps that shrink from s Hz to "
            f"nothing go at most half of s * steps in all. If that is less than {abs(start - want):.0f} Hz, take larger ones or "
            f"more; if it is far more, smaller ones, that do not leap over the target."
        )
    return (
        f"from {start:.0f} Hz you end at {got:.0f} Hz, {abs(got - want):.0f} Hz from the target. Draw the landscape of your "
        f"first window there: a long one is flat beyond some 35 Hz from the target, and the shortest, of 64 samples, is jagged "
        f"near its bins, 250 Hz apart."
    )


def not_refined(attempt: Attempt) -> str | None:
    error = abs(float(attempt.got - attempt.want))
    if not 0.5 < error < 3:
        return None
    return f"caught, but {error:.1f} Hz off: take smaller steps at the end, or more of them."


def exact(result, arguments):
    """What was found, to a tenth of a Hz: the road there is the learner's."""
    return torch.as_tensor(result, dtype=torch.float64).round(decimals=1)


FIND = Exercise(
    number="7.4",
    name="find_frequency",
    reference=find_frequency,
    cases=tuple(
        Case(
            f"a target at {target:.0f} Hz, started from {start:.0f}",
            {"target": faded_tone(torch.tensor(target)), "start_hz": start, "descend": descend},
        )
        for target, start in ((440.0, 600.0), (440.0, 250.0), (587.3, 700.0))
    ),
    hints=(did_not_move, not_refined, stuck),
    wrong_answers=(
        WrongAnswer(
            """
def find_frequency(target, start_hz, descend):
    f = torch.tensor(start_hz)
    for fft_size, step_hz in ((2048, 4.0), (512, 8.0), (128, 16.0)):
        f = descend(f, target, fft_size, step_hz, 20)
    return f
""",
            r"a long one is flat beyond some 35 Hz|take smaller steps at the end",
        ),
        WrongAnswer(
            """
def find_frequency(target, start_hz, descend):
    f = torch.tensor(start_hz)
    return descend(f, target, 2048, 4.0, 180)
""",
            r"from 600 Hz you end at \d+ Hz",
        ),
        WrongAnswer(
            """
def find_frequency(target, start_hz, descend):
    f = torch.tensor(start_hz)
    for fft_size, step_hz in ((128, 16.0), (512, 8.0), (2048, 4.0)):
        descend(f, target, fft_size, step_hz, 60)
    return f
""",
            r"where you started",
        ),
    ),
    measure=exact,
    atol=1.2e-3,  # of 440 Hz: half a hertz
    axes=(),
    unit="Hz",
)

EXERCISES = (LOSS, MEDIAN, SHARE, FIND)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    ChoiceQuestion(
        "7.5",
        answer=encode("a"),
        replies={
            "a": "right. The copy's error is twice the tone's own energy, silence's only once. To a waveform loss a "
            "rest is better than the right note a quarter period late.",
            "b": "it sounds the same to you. The loss subtracts samples, and at most samples these two differ.",
            "c": "they are far from equal: work out the mean of (sin t - cos t)^2, and that of (sin t - 0)^2.",
            "d": "there is no noise here, and nothing random.",
        },
    ),
    NumberQuestion(
        "7.6",
        answer=encode(0.693),
        tolerance=0.02,
        unit="",
        right="right: ln 2 = 0.693 at every window size. Six sizes make 4.16, for a *perfect* answer.",
        misconceptions=(
            (0.0, 0.01, "same process, other draw: no two frames of noise agree, however alike they sound."),
            (1.386, 0.03, "2 ln 2 is for power. Magnitude is its square root, which halves every logarithm."),
            (
                1.0,
                0.02,
                "the logistic distribution has scale 1, but the mean of its absolute value is 2 ln 2: integrate.",
            ),
        ),
    ),
    ChoiceQuestion(
        "7.7",
        answer=encode("d"),
        replies={
            "a": "silence would score far more: look at the first row of the table.",
            "b": "measured from silence everything looks good. A spectrum that never moves is most of that way already.",
            "c": "the scale does not end at 0: a perfect player with other bow noise is well above it.",
            "d": "right. Whatever the number, ask what a constant would score, and what the same player would.",
        },
    ),
)
