"""Lesson 20, a map of timbres: what its exercises are judged by."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ddsp_course import autoencoder
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
from ddsp_course.classroom.exercises.uneven import uneven

LESSON = Lesson(
    number=20,
    topic="a_map_of_timbres",
    title="A map of timbres",
    builds="MFCCs, a latent z for each frame, a probe of what it knows, and the axes of a map",
    hears="three instruments in one network, the places between them, and a string that becomes a reed",
    minutes_to_read=60,
    minutes_to_run=2,
)


# --- 20.1 cepstrum ----------------------------------------------------------------------------------------------------


def cepstrum(log_bands: Tensor, n: int) -> Tensor:
    return _cosines(log_bands, torch.arange(n), 0.5) * math.sqrt(2 / log_bands.shape[-1])


def _cosines(log_bands: Tensor, order: Tensor, half: float) -> Tensor:
    bands = log_bands.shape[-1]
    place = torch.arange(bands)[:, None] + half
    return log_bands @ torch.cos(math.pi / bands * place * order).to(log_bands.dtype)


def _orthonormal(log_bands: Tensor, n: int) -> Tensor:
    first = torch.where(torch.arange(n) == 0, math.sqrt(0.5), 1.0)
    return cepstrum(log_bands, n) * first


CEPSTRUM = Exercise(
    number="20.1",
    name="cepstrum",
    reference=cepstrum,
    cases=(
        Case("one sound, 2 frames, 8 bands, 4 coefficients", {"log_bands": uneven(1, 2, 8), "n": 4}, ("log_bands",)),
        Case("two sounds, 3 frames, 20 bands, 6 coefficients", {"log_bands": uneven(2, 3, 20), "n": 6}),
    ),
    hints=(
        looks_like(
            lambda log_bands, n: _cosines(log_bands, torch.arange(n), 0.5),
            lambda attempt: (
                f"yours are {math.sqrt(attempt.arguments['log_bands'].shape[-1] / 2):.2f} times too large in every "
                f"coefficient: the factor sqrt(2 / M) is missing."
            ),
        ),
        looks_like(
            lambda log_bands, n: _cosines(log_bands, torch.arange(n), 0.0) * math.sqrt(2 / log_bands.shape[-1]),
            "the cosines begin at the edge of the first band instead of in its middle: m + 1/2, not m.",
        ),
        looks_like(
            _orthonormal,
            "all is right but coefficient 0, which is divided by sqrt(2): that is the orthonormal cosine transform. The formula "
            "above has the same factor for all.",
        ),
        looks_like(
            lambda log_bands, n: _cosines(log_bands, torch.arange(1, n + 1), 0.5) * math.sqrt(2 / log_bands.shape[-1]),
            lambda attempt: (
                f"your first coefficient is {float(attempt.got.flatten()[0]):.3f}, which is ours number 1: begin at k = 0, "
                f"the level."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def cepstrum(log_bands, n):
    bands = log_bands.shape[-1]
    place = torch.arange(bands)[:, None] + 0.5
    return log_bands @ torch.cos(math.pi / bands * place * torch.arange(n))
""",
            r"yours are 2\.00 times too large in every coefficient",
        ),
        WrongAnswer(
            """
def cepstrum(log_bands, n):
    bands = log_bands.shape[-1]
    cosines = torch.cos(math.pi / bands * torch.arange(bands)[:, None] * torch.arange(n))
    return log_bands @ cosines * math.sqrt(2 / bands)
""",
            r"m \+ 1/2, not m",
        ),
        WrongAnswer(
            """
def cepstrum(log_bands, n):
    bands = log_bands.shape[-1]
    place = torch.arange(bands)[:, None] + 0.5
    return log_bands @ torch.cos(math.pi / bands * place * torch.arange(1, n + 1)) * math.sqrt(2 / bands)
""",
            r"which is ours number 1: begin at k = 0",
        ),
        WrongAnswer(
            """
def cepstrum(log_bands, n):
    bands = log_bands.shape[-1]
    place = torch.arange(bands)[:, None] + 0.5
    found = log_bands @ torch.cos(math.pi / bands * place * torch.arange(n)) * math.sqrt(2 / bands)
    return torch.cat([found[..., :1] / math.sqrt(2), found[..., 1:]], dim=-1)
""",
            r"that is the orthonormal cosine transform",
        ),
    ),
    axes=("frame", "coefficient"),
)

# --- 20.2 a probe -----------------------------------------------------------------------------------------------------


def linear_probe(z: Tensor, targets: Tensor, strength: float) -> Tensor:
    return autoencoder.ridge(z, targets, strength)


def _through_zero(z: Tensor, targets: Tensor, strength: float) -> Tensor:
    pull = len(z) * strength * torch.eye(z.shape[1], dtype=z.dtype)
    weights = torch.linalg.solve(z.T @ z + pull, z.T @ targets)
    return torch.cat([weights, torch.zeros_like(weights[:1])])


def _pulled_constant(z: Tensor, targets: Tensor, strength: float) -> Tensor:
    z = torch.cat([z, torch.ones_like(z[:, :1])], dim=1)
    return torch.linalg.solve(z.T @ z + len(z) * strength * torch.eye(z.shape[1], dtype=z.dtype), z.T @ targets)


def _constant_is_the_mean(z: Tensor, targets: Tensor, strength: float) -> Tensor:
    return torch.cat([linear_probe(z, targets, strength)[:-1], targets.mean(0, keepdim=True)])


def _pull_on_every_product(z: Tensor, targets: Tensor, strength: float) -> Tensor:
    x, y = z - z.mean(0), targets - targets.mean(0)
    weights = torch.linalg.solve(x.T @ x + len(z) * strength, x.T @ y)
    return torch.cat([weights, (targets.mean(0) - z.mean(0) @ weights)[None]])


PROBE = Exercise(
    number="20.2",
    name="linear_probe",
    reference=linear_probe,
    cases=(
        Case(
            "20 examples of 3 numbers, 2 targets, hardly any pull",
            {"z": uneven(20, 3) + 0.5, "targets": uneven(20, 2).square() + 1, "strength": 1e-3},
        ),
        Case(
            "12 examples of 2 numbers, 1 target, a strong pull",
            {"z": uneven(12, 2) - 2, "targets": uneven(12, 1) + 3, "strength": 1.0},
        ),
    ),
    hints=(
        looks_like(
            _through_zero,
            lambda attempt: (
                f"your constant is 0, ours {float(attempt.want[-1, 0]):.2f}: your rule must pass through the origin. Take the "
                f"means off both first; the constant is mean(targets) - mean(z) @ W."
            ),
        ),
        looks_like(
            _pulled_constant,
            lambda attempt: (
                f"your constant is {float(attempt.got[-1, 0]):.3f} instead of {float(attempt.want[-1, 0]):.3f}: it is pulled "
                f"towards 0 as well. Work on z and targets without their means, and put the constant together afterwards."
            ),
        ),
        looks_like(
            lambda z, targets, strength: linear_probe(z, targets, strength / len(z)),
            lambda attempt: (
                f"the pull is {len(attempt.arguments['z'])} times too weak: the sum over examples grows with their number, "
                f"and so must the pull, n * strength."
            ),
            1e-5,
        ),
        looks_like(
            _constant_is_the_mean,
            "the weights are right; the constant is not the mean target but what is left of it when the mean z has had its say: "
            "mean(targets) - mean(z) @ W.",
        ),
        looks_like(
            _pull_on_every_product,
            "you add the pull to every number of the matrix: it belongs on the diagonal only, times torch.eye.",
            1e-5,
        ),
        lambda attempt: (
            f"yours is {list(attempt.got.shape)}; the constant is a row of its own below the weights, "
            f"{list(attempt.want.shape)}."
            if attempt.got.shape == attempt.want[:-1].shape
            else None
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def linear_probe(z, targets, strength):
    weights = torch.linalg.solve(z.T @ z + len(z) * strength * torch.eye(z.shape[1]), z.T @ targets)
    return torch.cat([weights, torch.zeros(1, targets.shape[1])])
""",
            r"your constant is 0, ours -?\d+\.\d\d: your rule must pass through the origin",
        ),
        WrongAnswer(
            """
def linear_probe(z, targets, strength):
    z = torch.cat([z, torch.ones(len(z), 1)], dim=1)
    return torch.linalg.solve(z.T @ z + len(z) * strength * torch.eye(z.shape[1]), z.T @ targets)
""",
            r"it is pulled towards 0 as well",
        ),
        WrongAnswer(
            """
def linear_probe(z, targets, strength):
    x, y = z - z.mean(0), targets - targets.mean(0)
    weights = torch.linalg.solve(x.T @ x + strength * torch.eye(z.shape[1]), x.T @ y)
    return torch.cat([weights, (targets.mean(0) - z.mean(0) @ weights)[None]])
""",
            r"the pull is \d+ times too weak",
        ),
        WrongAnswer(
            """
def linear_probe(z, targets, strength):
    x, y = z - z.mean(0), targets - targets.mean(0)
    weights = torch.linalg.solve(x.T @ x + len(z) * strength * torch.eye(z.shape[1]), x.T @ y)
    return torch.cat([weights, targets.mean(0, keepdim=True)])
""",
            r"the constant is not the mean target",
        ),
        WrongAnswer(
            """
def linear_probe(z, targets, strength):
    x, y = z - z.mean(0), targets - targets.mean(0)
    weights = torch.linalg.solve(x.T @ x + len(z) * strength, x.T @ y)
    return torch.cat([weights, (targets.mean(0) - z.mean(0) @ weights)[None]])
""",
            r"it belongs on the diagonal only",
        ),
        WrongAnswer(
            """
def linear_probe(z, targets, strength):
    x, y = z - z.mean(0), targets - targets.mean(0)
    return torch.linalg.solve(x.T @ x + len(z) * strength * torch.eye(z.shape[1]), x.T @ y)
""",
            r"the constant is a row of its own below the weights, \[4, 2\]",
        ),
    ),
    atol=1e-4,
    axes=("weight", "target"),
)

# --- 20.3 z for each frame --------------------------------------------------------------------------------------------


def latent_per_frame(coefficients: Tensor, gru: nn.Module, output: nn.Module, frames: int) -> Tensor:
    return _spread(output(gru(coefficients)[0]), frames)


def _spread(z: Tensor, frames: int, mode: str = "linear") -> Tensor:
    corners = {"align_corners": True} if mode == "linear" else {}
    return F.interpolate(z.transpose(1, 2), size=frames, mode=mode, **corners).transpose(1, 2)


def _network(inputs: int, hidden: int, size: int) -> dict[str, nn.Module]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20)
        return {"gru": nn.GRU(inputs, hidden, batch_first=True), "output": nn.Linear(hidden, size)}


LATENT = Exercise(
    number="20.3",
    name="latent_per_frame",
    reference=latent_per_frame,
    cases=(
        Case(
            "one sound, 5 frames of 4 coefficients, z of 2 in 17 frames",
            lambda: {"coefficients": uneven(1, 5, 4), **_network(4, 6, 2), "frames": 17},
            ("coefficients",),
        ),
        Case(
            "three sounds, 6 frames of 3 coefficients, z of 3 in 21 frames",
            lambda: {"coefficients": uneven(3, 6, 3), **_network(3, 5, 3), "frames": 21},
        ),
    ),
    hints=(
        lambda attempt: (
            f"yours has {attempt.got.shape[1]} frames, the decoder speaks in {attempt.want.shape[1]}: spread them out."
            if attempt.got.ndim == 3
            and attempt.got.shape[1] == attempt.arguments["coefficients"].shape[1]
            and attempt.got.shape[2] == attempt.want.shape[2]
            else None
        ),
        lambda attempt: (
            f"you stretched the {attempt.want.shape[2]} dimensions of z, not its frames: F.interpolate works along the last axis. "
            f"Transpose before, and back after."
            if attempt.got.ndim == 3 and attempt.got.shape[2] == attempt.arguments["frames"]
            else None
        ),
        looks_like(
            lambda coefficients, gru, output, frames: output(gru(_spread(coefficients, frames))[0]),
            "you spread out the coefficients, and the GRU takes as many more steps: its memory is that much shorter, its work that "
            "much longer. First the GRU and the layer, then spread z.",
        ),
        looks_like(
            lambda coefficients, gru, output, frames: _spread(output(gru(coefficients)[0]), frames, "nearest"),
            "your z stands still and jumps, a staircase: mode is linear, not nearest (lesson 03 has the sound of it).",
        ),
        looks_like(
            lambda coefficients, gru, output, frames: F.interpolate(
                output(gru(coefficients)[0]).transpose(1, 2), size=frames, mode="linear"
            ).transpose(1, 2),
            "yours stands still at both ends and is shifted in between: with align_corners=True the first frame stays the "
            "first, the last the last.",
        ),
        looks_like(
            lambda coefficients, gru, output, frames: output(gru(coefficients)[0][:, -1:]).expand(-1, frames, -1),
            lambda attempt: (
                f"all {attempt.got.shape[1]} frames of yours are the same: that is the GRU's last state. Its first result "
                f"holds the states of all frames."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def latent_per_frame(coefficients, gru, output, frames):
    return output(gru(coefficients)[0])
""",
            r"yours has 5 frames, the decoder speaks in 17",
        ),
        WrongAnswer(
            """
def latent_per_frame(coefficients, gru, output, frames):
    z = output(gru(coefficients)[0]).transpose(1, 2)
    return torch.nn.functional.interpolate(z, size=frames, mode="linear").transpose(1, 2)
""",
            r"shifted in between: with align_corners=True",
        ),
        WrongAnswer(
            """
def latent_per_frame(coefficients, gru, output, frames):
    z = output(gru(coefficients)[0])
    return torch.nn.functional.interpolate(z, size=frames, mode="linear", align_corners=True)
""",
            r"you stretched the 2 dimensions of z, not its frames",
        ),
        WrongAnswer(
            """
def latent_per_frame(coefficients, gru, output, frames):
    longer = torch.nn.functional.interpolate(
        coefficients.transpose(1, 2), size=frames, mode="linear", align_corners=True
    )
    return output(gru(longer.transpose(1, 2))[0])
""",
            r"First the GRU and the layer, then spread z",
        ),
        WrongAnswer(
            """
def latent_per_frame(coefficients, gru, output, frames):
    return output(gru(coefficients)[0][:, -1:]).expand(-1, frames, -1)
""",
            r"all 17 frames of yours are the same",
        ),
        WrongAnswer(
            """
def latent_per_frame(coefficients, gru, output, frames):
    z = output(gru(coefficients)[0]).transpose(1, 2)
    return torch.nn.functional.interpolate(z, size=frames).transpose(1, 2)
""",
            r"a staircase: mode is linear",
        ),
    ),
    atol=1e-4,
    axes=("frame", "dimension of z"),
)

# --- 20.4 how much is explained ---------------------------------------------------------------------------------------


def explained(predicted: Tensor, truth: Tensor) -> Tensor:
    return autoencoder.explained_variance(predicted, truth)


def _correlation(predicted: Tensor, truth: Tensor) -> Tensor:
    p, t = predicted - predicted.mean(), truth - truth.mean()
    return (p * t).sum() ** 2 / (p.square().sum() * t.square().sum())


EXPLAINED = Exercise(
    number="20.4",
    name="explained",
    reference=explained,
    cases=(
        Case(
            "truths around 60", {"predicted": uneven(10) + 0.8 * uneven(20)[10:] + 60.5, "truth": 2 * uneven(10) + 60}
        ),
        Case(
            "a good prediction of 8 numbers",
            {"predicted": uneven(8) + 0.2 * uneven(8).square(), "truth": uneven(8)},
        ),
        Case(
            "six numbers, one a row, as a network hands them out",
            {"predicted": uneven(6, 1) + 0.3 * uneven(6, 1, shift=2.0), "truth": uneven(6, 1)},
        ),
        Case("one that is 3 too high", {"predicted": uneven(9) + 3, "truth": uneven(9)}),
    ),
    hints=(
        looks_like(
            lambda predicted, truth: 1 - (predicted - truth).square().sum() / truth.square().sum(),
            lambda attempt: (
                f"{float(attempt.got):.3f} where it is {float(attempt.want):.3f}: you measure against saying 0. Whoever "
                f"knows nothing says the mean; measure against that."
            ),
        ),
        looks_like(
            lambda predicted, truth: 1 - (predicted - truth).var() / truth.var(),
            lambda attempt: (
                f"{float(attempt.got):.3f} where it is {float(attempt.want):.3f}: the variance of the errors takes their mean "
                f"off first, and forgives a prediction that is all too high. An error is an error."
            ),
        ),
        looks_like(
            _correlation,
            lambda attempt: (
                f"{float(attempt.got):.3f} where it is {float(attempt.want):.3f}: that is the squared correlation, which "
                f"forgives a prediction that is all too high. An error is an error."
            ),
        ),
        looks_like(
            lambda predicted, truth: 1 - explained(predicted, truth),
            lambda attempt: f"{float(attempt.got):.3f} is what is *not* explained: take it off 1.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def explained(predicted, truth):
    return 1 - (predicted - truth).square().sum() / truth.square().sum()
""",
            r"you measure against saying 0",
        ),
        WrongAnswer(
            """
def explained(predicted, truth):
    p, t = predicted - predicted.mean(), truth - truth.mean()
    return (p * t).sum() ** 2 / (p.square().sum() * t.square().sum())
""",
            r"that is the squared correlation, which forgives",
        ),
        WrongAnswer(
            """
def explained(predicted, truth):
    return 1 - (predicted - truth).var() / truth.var()
""",
            r"the variance of the errors takes their mean off first",
        ),
        WrongAnswer(
            """
def explained(predicted, truth):
    return (predicted - truth).square().sum() / (truth - truth.mean()).square().sum()
""",
            r"is what is \*not\* explained",
        ),
        WrongAnswer(
            """
def explained(predicted, truth):
    return 1 - (predicted - truth).square().sum() / (truth - truth.mean(-1, keepdim=True)).square().sum()
""",
            r"six numbers, one a row",
        ),
    ),
    atol=1e-4,
    axes=(),
)

# --- 20.5 the axes of a map -------------------------------------------------------------------------------------------


def principal_axes(points: Tensor, n: int) -> Tensor:
    return autoencoder.principal_axes(points, n)


def either_way(axes: Any, arguments: Mapping[str, Any]) -> Any:
    """Each axis turned so that its largest number is positive: both directions are right."""
    if isinstance(axes, (tuple, list)):
        axes = torch.stack([torch.as_tensor(axis) for axis in axes])
    axes = torch.as_tensor(axes)
    if axes.ndim != 2:
        return axes
    return axes * axes.gather(1, axes.abs().argmax(dim=1, keepdim=True)).sign()


def _around_zero(points: Tensor, n: int) -> Tensor:
    return either_way(torch.linalg.svd(points, full_matrices=False).Vh[:n], {})


def _columns(points: Tensor, n: int) -> Tensor:
    return either_way(torch.linalg.svd(points - points.mean(0), full_matrices=False).Vh.T[:n], {})


def _narrowest(points: Tensor, n: int) -> Tensor:
    return either_way(principal_axes(points, points.shape[1]).flip(0)[:n], {})


def other_shape(attempt: Attempt) -> str | None:
    if attempt.got.shape == attempt.want.shape:
        return None
    return (
        f"yours is {list(attempt.got.shape)}, asked for is {list(attempt.want.shape)}: an axis a row, as long as a point. "
        f"With the points as rows, the directions in their space are the rows of Vh; U has a row for each point."
    )


AXES = Exercise(
    number="20.5",
    name="principal_axes",
    reference=principal_axes,
    cases=(
        Case(
            "12 points in 4 dimensions, 2 axes",
            {
                "points": uneven(12, 4) * torch.tensor([0.2, 3.0, 1.0, 0.5]) + torch.tensor([5.0, 0.0, -3.0, 1.0]),
                "n": 2,
            },
        ),
        Case("9 points in 3 dimensions, 3 axes", {"points": uneven(9, 3) * torch.tensor([1.0, 0.3, 2.5]) + 4, "n": 3}),
    ),
    hints=(
        other_shape,
        looks_like(
            _around_zero,
            lambda attempt: (
                f"your first axis points to where the cloud is, seen from the origin (their mean is "
                f"{[round(float(x), 1) for x in attempt.arguments['points'].mean(0)]}), not along it: take the mean off first."
            ),
        ),
        looks_like(
            _narrowest,
            "your axes are those along which the cloud is narrowest: torch.linalg.eigh sorts upwards, so the last ones are the "
            "wide ones.",
        ),
        looks_like(_columns, "you took the columns of Vh: the axes are its rows (or the columns of V, which is Vh.T)."),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def principal_axes(points, n):
    return torch.linalg.svd(points, full_matrices=False).Vh[:n]
""",
            r"not along it: take the mean off first",
        ),
        WrongAnswer(
            """
def principal_axes(points, n):
    return torch.linalg.svd(points - points.mean(0), full_matrices=False).Vh.T[:n]
""",
            r"you took the columns of Vh",
        ),
        WrongAnswer(
            """
def principal_axes(points, n):
    return torch.linalg.svd(points - points.mean(0), full_matrices=False).U[:, :n]
""",
            r"U has a row for each point",
        ),
        WrongAnswer(
            """
def principal_axes(points, n):
    return torch.linalg.eigh(torch.cov(points.T)).eigenvectors.T[:n]
""",
            r"along which the cloud is narrowest",
        ),
    ),
    atol=1e-3,
    axes=("axis", "dimension"),
    measure=either_way,
)

EXERCISES = (CEPSTRUM, PROBE, LATENT, EXPLAINED, AXES)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    ChoiceQuestion(
        "20.6",
        answer=encode("b"),
        replies={
            "a": "what is left after the mean is taken off is how the colour *moves*. The average colour, which is what an "
            "instrument is, was the mean.",
            "b": "right: of a take of one instrument, the mean colour is the instrument. It has just been taken off.",
            "c": "a probe is given the right answers while it learns, and cannot be worse than guessing but by bad luck.",
            "d": "better, but far from always: what is compared below names two of three without the mean. The deviation told "
            "something as well; the mean, which is the average colour, told more.",
        },
    ),
    NumberQuestion(
        "20.7",
        answer=encode(500),
        tolerance=10,
        unit="numbers a second",
        right="right: 16 000 / 256 = 62.5 times a second 8 numbers. As many as pitch and loudness together: there is room "
        "in it for a second melody.",
        misconceptions=(
            (2000, 20, "8 numbers 250 times a second; but what straight lines put in between is nothing new."),
            (8, 1, "8 numbers for each MFCC frame; and how many of these are in a second?"),
            (62.5, 1, "so many frames a second; each of them has 8 numbers."),
            (128000, 1000, "a frame is not a sample: the MFCCs come every 256 samples."),
        ),
    ),
    ChoiceQuestion(
        "20.8",
        answer=encode("c"),
        replies={
            "a": "it is the best *single* z for this instrument, but this network was never asked to do with a single one.",
            "b": "silence is far from what a mean z says: the loudness curve still decides how loud it is.",
            "c": "right: note by note it has used z for whatever pitch and loudness left out. Held still, that is gone.",
            "d": "the pitch goes straight to the oscillator, whatever z says.",
        },
    ),
    NumberQuestion(
        "20.9",
        answer=encode(-6),
        tolerance=0.3,
        unit="dB",
        right="right: half of it and half of nothing. In decibels it has hardly moved: halfway through, the loudest of both "
        "still stand, each 6 dB lower.",
        misconceptions=(
            (-30, 1, "-30 dB is halfway in *decibels*. A cross-fade adds up amplitudes: half of 1 and half of 0.001."),
            (-3, 0.3, "-3 dB is an equal-power fade. Here both gains are one half."),
            (0, 0.2, "its gain is one half."),
            (6, 0.3, "half is less, not more."),
        ),
    ),
)
