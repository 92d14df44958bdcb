"""Lesson 21, from notes to a performance: what its exercises are judged by."""

from __future__ import annotations

import math

import torch
from torch import Tensor

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

LESSON = Lesson(
    number=21,
    topic="from_notes_to_a_performance",
    title="From notes to a performance",
    builds="a score on the frame grid, meters for vibrato and swells, and a small model that plays notes as our player does",
    hears="a tune played like a machine, with a vibrato averaged away, and played by a model whose habits you turn by hand",
    minutes_to_read=60,
    minutes_to_run=2,
)

SCORE = torch.tensor([[0.25, 0.75, 60.0, 127.0], [0.75, 1.5, 64.0, 64.0], [2.0, 2.5, 62.0, 32.0]])


# --- 21.1 a score on the frame grid -----------------------------------------------------------------------------------


def score_frames(notes: Tensor, n_frames: int, frame_rate: float) -> Tensor:
    return autoencoder.score_frames(notes, n_frames, frame_rate=frame_rate)


def _frames(
    notes: Tensor, n_frames: int, frame_rate: float, *, right=True, nearest=False, clamped=False, raw=False, came=False
) -> Tensor:
    """A score on the grid, with the mistakes that one can make as switches."""
    seconds = torch.arange(n_frames) / frame_rate
    index = (torch.searchsorted(notes[:, 0].contiguous(), seconds, right=right) - 1).clamp_min(0)
    if nearest:
        index = (seconds[:, None] - notes[:, 0]).abs().argmin(dim=-1)
    leap = torch.nn.functional.pad(notes[:, 2].diff(), (1, 0) if came else (0, 1))[index]
    left = notes[index, 1] - seconds
    velocity = notes[index, 3] if raw else notes[index, 3] / 127
    left = left.clamp_min(0) if clamped else left
    return torch.stack([notes[index, 2], velocity, seconds - notes[index, 0], left, leap], dim=-1)


FRAMES = Exercise(
    number="21.1",
    name="score_frames",
    reference=score_frames,
    cases=(
        Case("three notes, 12 frames, 4 a second", {"notes": SCORE, "n_frames": 12, "frame_rate": 4.0}),
        Case("the same, 25 frames, 8 a second", {"notes": SCORE, "n_frames": 25, "frame_rate": 8.0}),
        Case("one note, 5 frames, 2 a second", {"notes": SCORE[1:2], "n_frames": 5, "frame_rate": 2.0}),
    ),
    hints=(
        looks_like(
            lambda **given: _frames(**given, right=False),
            lambda attempt: (
                f"the frame at which a note begins still belongs to the note before it: its time since the onset reads "
                f"{float(attempt.got[3, 2]):.2f} s and should be {float(attempt.want[3, 2]):.2f}. searchsorted counts the "
                f"onsets *up to and with* a time if right=True."
            ),
        ),
        looks_like(
            lambda **given: _frames(**given, nearest=True),
            "frame 6, in the rest, already belongs to the note that is still to come: before it begins, a note is nobody's "
            "business. A frame belongs to the last note that has begun.",
        ),
        looks_like(
            lambda **given: _frames(**given, clamped=True),
            lambda attempt: (
                f"the time until the end stops at 0 in the rests. Let it go on below 0, to "
                f"{float(attempt.want[:, 3].min()):.2f} s: how long a rest has lasted is what its tail depends on."
            ),
        ),
        looks_like(
            lambda **given: _frames(**given, raw=True),
            lambda attempt: f"your velocity goes up to {float(attempt.got[:, 1].max()):.0f}: divide by 127.",
        ),
        looks_like(
            lambda **given: _frames(**given, came=True),
            lambda attempt: (
                f"your leaps are those *from* the note before: the first note has {float(attempt.got[0, 4]):.0f} where it "
                f"goes on by {float(attempt.want[0, 4]):.0f}. Pad the differences at the other end."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def score_frames(notes, n_frames, frame_rate):
    seconds = torch.arange(n_frames) / frame_rate
    index = (torch.searchsorted(notes[:, 0].contiguous(), seconds) - 1).clamp_min(0)
    onset, end, midi, velocity = notes[index].unbind(-1)
    leap = torch.nn.functional.pad(notes[:, 2].diff(), (0, 1))[index]
    return torch.stack([midi, velocity / 127, seconds - onset, end - seconds, leap], dim=-1)
""",
            r"still belongs to the note before it: its time since the onset reads 0\.50 s and should be 0\.00",
        ),
        WrongAnswer(
            """
def score_frames(notes, n_frames, frame_rate):
    seconds = torch.arange(n_frames) / frame_rate
    index = (torch.searchsorted(notes[:, 0].contiguous(), seconds, right=True) - 1).clamp_min(0)
    onset, end, midi, velocity = notes[index].unbind(-1)
    leap = torch.nn.functional.pad(notes[:, 2].diff(), (0, 1))[index]
    return torch.stack([midi, velocity / 127, seconds - onset, (end - seconds).clamp_min(0), leap], dim=-1)
""",
            r"the time until the end stops at 0 in the rests",
        ),
        WrongAnswer(
            """
def score_frames(notes, n_frames, frame_rate):
    seconds = torch.arange(n_frames) / frame_rate
    index = (torch.searchsorted(notes[:, 0].contiguous(), seconds, right=True) - 1).clamp_min(0)
    onset, end, midi, velocity = notes[index].unbind(-1)
    leap = torch.nn.functional.pad(notes[:, 2].diff(), (1, 0))[index]
    return torch.stack([midi, velocity / 127, seconds - onset, end - seconds, leap], dim=-1)
""",
            r"the first note has 0 where it goes on by 4",
        ),
        WrongAnswer(
            """
def score_frames(notes, n_frames, frame_rate):
    seconds = torch.arange(n_frames) / frame_rate
    index = (torch.searchsorted(notes[:, 0].contiguous(), seconds, right=True) - 1).clamp_min(0)
    onset, end, midi, velocity = notes[index].unbind(-1)
    leap = torch.nn.functional.pad(notes[:, 2].diff(), (0, 1))[index]
    return torch.stack([midi, velocity, seconds - onset, end - seconds, leap], dim=-1)
""",
            r"your velocity goes up to 127: divide by 127",
        ),
    ),
    axes=("frame", "column"),
)

# --- 21.2 a vibrato ---------------------------------------------------------------------------------------------------


def vibrato(cents: Tensor, rates_hz: Tensor, frame_rate: float) -> Tensor:
    return _vibrato(cents, rates_hz, frame_rate)


def _vibrato(
    cents: Tensor, rates_hz: Tensor, frame_rate: float, *, size=2.0, centred=True, windowed=True, seconds=True
) -> Tensor:
    n = len(cents)
    window = torch.sin(math.pi * torch.arange(1, n + 1) / (n + 1)) ** 2 if windowed else torch.ones(n)
    window = window / window.sum()
    swing = window * (cents - (window * cents).sum() if centred else cents)
    turns = rates_hz[:, None] * torch.arange(n) / (frame_rate if seconds else 1)
    extents = size * (swing * torch.exp(-2j * math.pi * turns)).sum(dim=-1).abs()
    best = extents.argmax()
    return torch.stack([extents[best], rates_hz[best]])


def _swing(
    extent: float,
    hz: float,
    seconds: float,
    frame_rate: float,
    offset: float,
    *,
    phase: float = 0.6,
    wobble: float = 0.0,
) -> dict:
    """A vibrato, and a wobble that is too fast to be one, in cents."""
    times = torch.arange(round(seconds * frame_rate)) / frame_rate
    fast = wobble * torch.sin(2 * math.pi * 17 * times + 1)
    return {
        "cents": offset + extent * torch.sin(2 * math.pi * hz * times + phase) + fast,
        "rates_hz": 3 + 0.25 * torch.arange(25),
        "frame_rate": frame_rate,
    }


def reads(figure: str):
    """A hint's sentence with the learner's extent and rate and ours in it."""
    return lambda attempt: figure.format(
        yours=float(attempt.got[0]),
        ours=float(attempt.want[0]),
        your_hz=float(attempt.got[1]),
        our_hz=float(attempt.want[1]),
    )


VIBRATO = Exercise(
    number="21.2",
    name="vibrato",
    reference=vibrato,
    cases=(
        Case(
            "20 cents, 5.5 times a second, for 0.8 s, and a faster wobble of 3 cents",
            _swing(20.0, 5.5, 0.8, 250.0, 0.0, wobble=3.0),
        ),
        Case("12 cents at 6.25 Hz, 15 cents too sharp, for 0.5 s", _swing(12.0, 6.25, 0.5, 250.0, 15.0)),
        Case(
            "30 cents at 4.75 Hz, 62.5 frames a second, too flat",
            _swing(30.0, 4.75, 0.7, 62.5, -9.0),
        ),
        Case(
            "15 cents at 5.25 Hz, for 0.3 s: one swing and a half",
            _swing(15.0, 5.25, 0.3, 250.0, 0.0, phase=1.8),
        ),
    ),
    hints=(
        looks_like(
            lambda **given: _vibrato(**given, size=1.0),
            reads(
                "you read {yours:.1f} cents where it is {ours:.1f}, half: a sine correlates with a pointer of its own rate "
                "by 1/2. Times two."
            ),
        ),
        looks_like(
            lambda **given: _vibrato(**given, size=4.0),
            reads(
                "you read {yours:.1f} cents where it is {ours:.1f}: from the bottom to the top. Asked is from the middle to "
                "the top."
            ),
        ),
        looks_like(
            lambda **given: _vibrato(**given, centred=False),
            reads(
                "a note that is out of tune reads as a vibrato of {yours:.1f} cents at {your_hz:.2f} Hz instead of {ours:.1f} "
                "at {our_hz:.2f} Hz: its mean spills into the slow rates. Take the (weighted) mean off first."
            ),
        ),
        looks_like(
            lambda **given: _vibrato(**given, windowed=False),
            reads(
                "you read {yours:.1f} cents instead of {ours:.1f}: without a window it counts which part of a swing the note "
                "ends on."
            ),
        ),
        looks_like(
            lambda **given: _vibrato(**given, seconds=False),
            "your pointer turns so often in a *frame*: the time of frame i is i / frame_rate seconds.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def vibrato(cents, rates_hz, frame_rate):
    n = len(cents)
    window = torch.sin(math.pi * torch.arange(1, n + 1) / (n + 1)) ** 2
    window = window / window.sum()
    swing = window * (cents - (window * cents).sum())
    pointers = torch.exp(-2j * math.pi * rates_hz[:, None] * torch.arange(n) / frame_rate)
    extents = (swing * pointers).sum(dim=-1).abs()
    best = extents.argmax()
    return torch.stack([extents[best], rates_hz[best]])
""",
            r"you read 10\.\d cents where it is 2?\d\.\d, half",
        ),
        WrongAnswer(
            """
def vibrato(cents, rates_hz, frame_rate):
    n = len(cents)
    window = torch.sin(math.pi * torch.arange(1, n + 1) / (n + 1)) ** 2
    window = window / window.sum()
    pointers = torch.exp(-2j * math.pi * rates_hz[:, None] * torch.arange(n) / frame_rate)
    extents = 2 * (window * cents * pointers).sum(dim=-1).abs()
    best = extents.argmax()
    return torch.stack([extents[best], rates_hz[best]])
""",
            r"out of tune reads as a vibrato of \d+\.\d cents",
        ),
        WrongAnswer(
            """
def vibrato(cents, rates_hz, frame_rate):
    n = len(cents)
    swing = (cents - cents.mean()) / n
    pointers = torch.exp(-2j * math.pi * rates_hz[:, None] * torch.arange(n) / frame_rate)
    extents = 2 * (swing * pointers).sum(dim=-1).abs()
    best = extents.argmax()
    return torch.stack([extents[best], rates_hz[best]])
""",
            r"without a window",
        ),
        WrongAnswer(
            """
def vibrato(cents, rates_hz, frame_rate):
    n = len(cents)
    window = torch.sin(math.pi * torch.arange(1, n + 1) / (n + 1)) ** 2
    window = window / window.sum()
    swing = window * (cents - (window * cents).sum())
    pointers = torch.exp(-2j * math.pi * rates_hz[:, None] * torch.arange(n))
    extents = 2 * (swing * pointers).sum(dim=-1).abs()
    best = extents.argmax()
    return torch.stack([extents[best], rates_hz[best]])
""",
            r"turns so often in a \*frame\*",
        ),
    ),
    atol=2e-3,
    axes=("extent, rate",),
)

# --- 21.3 the shape of a loudness -------------------------------------------------------------------------------------


def loudness_shape(loudness_db: Tensor, shapes: Tensor) -> Tensor:
    return torch.linalg.solve(shapes.T @ shapes, shapes.T @ loudness_db)


def _note_db(n: int, level: float, tilt: float, arch: float) -> dict:
    shapes = autoencoder.loudness_shapes(n)
    rough = 0.7 * torch.sin(2.3 * torch.arange(n).float() + 0.9)
    return {"loudness_db": shapes @ torch.tensor([level, tilt, arch]) + rough, "shapes": shapes}


def powers(loudness_db: Tensor, shapes: Tensor) -> Tensor:
    along = (torch.arange(len(loudness_db)) + 0.5) / len(loudness_db)
    return torch.linalg.lstsq(torch.stack([along**0, along, along**2], dim=-1), loudness_db[:, None]).solution[:, 0]


def three_numbers(attempt: Attempt) -> str:
    return ", ".join(f"{float(value):.1f}" for value in attempt.got)


SHAPE = Exercise(
    number="21.3",
    name="loudness_shape",
    reference=loudness_shape,
    cases=(
        Case("a swell of 12 frames", _note_db(12, -14.0, 1.0, 6.0)),
        Case("a long note that dies away", _note_db(100, -8.0, -5.0, -1.0)),
        Case("a short note, 5 frames", _note_db(5, -20.0, 3.0, 2.0)),
    ),
    hints=(
        looks_like(
            lambda loudness_db, shapes: shapes.T @ loudness_db / len(loudness_db),
            lambda attempt: (
                f"yours are {three_numbers(attempt)}: means of the products. A shape's own mean square is not 1 (a tilt's is "
                f"1/3, an arch's 1/5): the fit divides by it."
            ),
        ),
        looks_like(
            lambda loudness_db, shapes: shapes.T @ loudness_db / shapes.square().sum(0),
            lambda attempt: (
                f"near, {three_numbers(attempt)}: you project on each shape by itself. On so few frames level and arch have "
                f"something in common, and it is counted twice. Solve for all three together."
            ),
        ),
        looks_like(
            lambda loudness_db, shapes: torch.stack(
                [loudness_db.mean(), loudness_db[-1] - loudness_db[0], loudness_db[len(loudness_db) // 2]]
            ),
            lambda attempt: (
                f"yours are {three_numbers(attempt)}, read off at three places: what happens at one frame decides a whole "
                f"note. Least squares looks at all of them."
            ),
        ),
        looks_like(
            powers,
            lambda attempt: (
                f"yours are {three_numbers(attempt)}: the factors of 1, u and u squared. They give the same curve, but the "
                f"first is the level *where the note begins*, not its own. Use the shapes that are given."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def loudness_shape(loudness_db, shapes):
    return shapes.T @ loudness_db / len(loudness_db)
""",
            r"means of the products\. A shape's own mean square is not 1",
        ),
        WrongAnswer(
            """
def loudness_shape(loudness_db, shapes):
    return (shapes * loudness_db[:, None]).sum(dim=0) / shapes.square().sum(dim=0)
""",
            r"near, .*you project on each shape by itself",
        ),
        WrongAnswer(
            """
def loudness_shape(loudness_db, shapes):
    middle = loudness_db[len(loudness_db) // 2]
    return torch.stack([loudness_db.mean(), loudness_db[-1] - loudness_db[0], middle])
""",
            r"read off at three places",
        ),
        WrongAnswer(
            """
def loudness_shape(loudness_db, shapes):
    along = (torch.arange(len(loudness_db)) + 0.5) / len(loudness_db)
    powers = torch.stack([along**0, along, along**2], dim=-1)
    return torch.linalg.lstsq(powers, loudness_db[:, None]).solution[:, 0]
""",
            r"the factors of 1, u and u squared",
        ),
    ),
    atol=1e-3,
    axes=("shape",),
    unit="dB",
)

# --- 21.4 a loss that knows what it does not know ---------------------------------------------------------------------


def known_error(predicted: Tensor, measured: Tensor) -> Tensor:
    known = ~measured.isnan()
    return (predicted[known] - measured[known]).square().mean()


def _some_unknown(rows: int, unknown: tuple[tuple[int, int], ...]) -> dict:
    values = torch.sin(1.7 * torch.arange(3 * rows).float()).reshape(rows, 3)
    measured = 1 + 0.5 * torch.cos(2.1 * torch.arange(3 * rows).float()).reshape(rows, 3)
    for row, column in unknown:
        measured[row, column] = math.nan
    return {"predicted": values, "measured": measured}


def nan_loss(attempt: Attempt) -> str | None:
    if not bool(attempt.got.isnan().all()):
        return None
    if not attempt.arguments["measured"].isnan().any():
        return (
            "your error is NaN where everything is known: the mean of nothing. Your mask picks the *unknown* ones: ~."
        )
    return (
        "your error is NaN: one that is not known is still in it. Nothing equals NaN, not even NaN, so ask .isnan(); and "
        "NaN times zero is NaN, so a mask that multiplies does not take one out. Pick the known ones out, with "
        "predicted[known]."
    )


KNOWN = Exercise(
    number="21.4",
    name="known_error",
    reference=known_error,
    cases=(
        Case("four notes, all measured", _some_unknown(4, ()), gradients=("predicted",)),
        Case("four notes, two without a vibrato", _some_unknown(4, ((0, 1), (2, 2))), gradients=("predicted",)),
        Case("six notes, five values not known", _some_unknown(6, ((0, 0), (1, 1), (3, 0), (3, 2), (5, 2)))),
    ),
    hints=(
        nan_loss,
        looks_like(
            lambda predicted, measured: (predicted - measured).nan_to_num().square().mean(),
            lambda attempt: (
                f"{float(attempt.got):.3f} instead of {float(attempt.want):.3f}: what is not known counts as an error of 0 "
                f"here. Divide by the number of those that are known."
            ),
        ),
        looks_like(
            lambda predicted, measured: (predicted - measured.nan_to_num()).square().mean(),
            lambda attempt: (
                f"{float(attempt.got):.3f} instead of {float(attempt.want):.3f}: you put 0 in place of what is not known, and "
                f"the model will learn that short notes have an attribute of exactly 0."
            ),
        ),
        looks_like(
            lambda predicted, measured: (predicted - measured).abs().nanmean(),
            lambda attempt: f"{float(attempt.got):.3f}: the mean absolute error. Asked is the mean *squared* one.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def known_error(predicted, measured):
    return (predicted - measured).square().nanmean()
""",
            r"the values are right, but the gradient for predicted is NaN at \[0, 1\]",
        ),
        WrongAnswer(
            """
def known_error(predicted, measured):
    known = (~measured.isnan()).float()
    return (known * (predicted - measured).square()).sum() / known.sum()
""",
            r"NaN times zero is NaN",
        ),
        WrongAnswer(
            """
def known_error(predicted, measured):
    return (predicted - measured.nan_to_num()).square().mean()
""",
            r"you put 0 in place of what is not known",
        ),
        WrongAnswer(
            """
def known_error(predicted, measured):
    return (predicted - measured).nan_to_num().square().mean()
""",
            r"counts as an error of 0 here",
        ),
    ),
    axes=(),
)

# --- 21.5 a pitch curve -----------------------------------------------------------------------------------------------


def expressive_pitch(
    notes: Tensor, extent_cents: Tensor, rate_hz: Tensor, glide_s: Tensor, n_frames: int, frame_rate: float
) -> Tensor:
    return autoencoder.expressive_pitch(notes, extent_cents, rate_hz, glide_s, n_frames, frame_rate=frame_rate)


def _pitch(
    notes, extent_cents, rate_hz, glide_s, n_frames, frame_rate, *, cents=100.0, clock="note", grown=True, on=False
) -> Tensor:
    index, seconds = autoencoder.note_of_frame(notes, n_frames, frame_rate=frame_rate)
    onset, end, midi, _ = notes[index].unbind(-1)
    since = seconds - onset
    leap = torch.nn.functional.pad(notes[:, 2].diff(), (0, 1) if on else (1, 0))[index]
    rest = 0.5 + 0.5 * torch.cos(math.pi * (since / glide_s[index]).clamp(0, 1))
    growth = autoencoder.vibrato_growth(since, end - seconds) if grown else 1.0
    time = {"note": since - 0.2, "onset": since, "take": seconds}[clock]
    swing = extent_cents[index] / cents * growth * torch.sin(2 * math.pi * rate_hz[index] * time)
    return midi - leap * rest + swing


def furthest(attempt: Attempt) -> str:
    return f"off by up to {100 * float((attempt.got - attempt.want).abs().max()):.0f} cents"


def _knobs(extent: float, glide: float, n_frames: int, frame_rate: float) -> dict:
    return {
        "notes": SCORE,
        "extent_cents": extent * torch.tensor([0.5, 1.0, 0.8]),
        "rate_hz": torch.tensor([5.0, 5.6, 6.2]),
        "glide_s": glide * torch.tensor([1.0, 1.0, 0.5]),
        "n_frames": n_frames,
        "frame_rate": frame_rate,
    }


PITCH = Exercise(
    number="21.5",
    name="expressive_pitch",
    reference=expressive_pitch,
    cases=(
        Case("glides only", _knobs(0.0, 0.1, 70, 25.0), gradients=("glide_s",)),
        Case("vibrato and glides", _knobs(25.0, 0.15, 280, 100.0), gradients=("extent_cents",)),
    ),
    hints=(
        looks_like(
            lambda **given: _pitch(**given, on=True),
            lambda attempt: (
                f"{furthest(attempt)}: a note comes *from* the one before it. Yours sets out from the far side, by the leap "
                f"to the next note."
            ),
            tolerance=1e-4,
        ),
        looks_like(
            lambda **given: _pitch(**given, cents=1.0),
            lambda attempt: (
                f"{furthest(attempt)}: a vibrato of 25 semitones. MIDI pitch counts semitones; cents / 100."
            ),
            tolerance=1e-4,
        ),
        looks_like(
            lambda **given: _pitch(**given, clock="take"),
            lambda attempt: (
                f"{furthest(attempt)}: your vibrato runs by the clock of the whole take. Each note's begins anew, at phase "
                f"0, 0.2 s after its onset."
            ),
            tolerance=1e-4,
        ),
        looks_like(
            lambda **given: _pitch(**given, clock="onset"),
            lambda attempt: f"{furthest(attempt)}: phase 0 is where the vibrato begins, 0.2 s after the onset.",
            tolerance=1e-4,
        ),
        looks_like(
            lambda **given: _pitch(**given, grown=False),
            lambda attempt: (
                f"{furthest(attempt)}: the vibrato is there from the first moment, and in the rest too. Times "
                f"vibrato_growth(since, left)."
            ),
            tolerance=1e-4,
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def expressive_pitch(notes, extent_cents, rate_hz, glide_s, n_frames, frame_rate):
    index, seconds = note_of_frame(notes, n_frames, frame_rate=frame_rate)
    onset, end, midi, _ = notes[index].unbind(-1)
    since = seconds - onset
    leap = F.pad(notes[:, 2].diff(), (0, 1))[index]
    still_to_go = 0.5 + 0.5 * torch.cos(math.pi * (since / glide_s[index]).clamp(0, 1))
    swing = vibrato_growth(since, end - seconds) * torch.sin(2 * math.pi * rate_hz[index] * (since - PLAIN_S))
    return midi - leap * still_to_go + extent_cents[index] / 100 * swing
""",
            r"a note comes \*from\* the one before it",
        ),
        WrongAnswer(
            """
def expressive_pitch(notes, extent_cents, rate_hz, glide_s, n_frames, frame_rate):
    index, seconds = note_of_frame(notes, n_frames, frame_rate=frame_rate)
    onset, end, midi, _ = notes[index].unbind(-1)
    since = seconds - onset
    leap = F.pad(notes[:, 2].diff(), (1, 0))[index]
    still_to_go = 0.5 + 0.5 * torch.cos(math.pi * (since / glide_s[index]).clamp(0, 1))
    swing = vibrato_growth(since, end - seconds) * torch.sin(2 * math.pi * rate_hz[index] * seconds)
    return midi - leap * still_to_go + extent_cents[index] / 100 * swing
""",
            r"runs by the clock of the whole take",
        ),
        WrongAnswer(
            """
def expressive_pitch(notes, extent_cents, rate_hz, glide_s, n_frames, frame_rate):
    index, seconds = note_of_frame(notes, n_frames, frame_rate=frame_rate)
    onset, end, midi, _ = notes[index].unbind(-1)
    since = seconds - onset
    leap = F.pad(notes[:, 2].diff(), (1, 0))[index]
    still_to_go = 0.5 + 0.5 * torch.cos(math.pi * (since / glide_s[index]).clamp(0, 1))
    swing = torch.sin(2 * math.pi * rate_hz[index] * (since - PLAIN_S))
    return midi - leap * still_to_go + extent_cents[index] / 100 * swing
""",
            r"there from the first moment, and in the rest too",
        ),
        WrongAnswer(
            """
def expressive_pitch(notes, extent_cents, rate_hz, glide_s, n_frames, frame_rate):
    index, seconds = note_of_frame(notes, n_frames, frame_rate=frame_rate)
    onset, end, midi, _ = notes[index].unbind(-1)
    since = seconds - onset
    leap = F.pad(notes[:, 2].diff(), (1, 0))[index]
    still_to_go = 0.5 + 0.5 * torch.cos(math.pi * (since / glide_s[index]).clamp(0, 1))
    swing = vibrato_growth(since, end - seconds) * torch.sin(2 * math.pi * rate_hz[index] * (since - PLAIN_S))
    return midi - leap * still_to_go + extent_cents[index] * swing
""",
            r"MIDI pitch counts semitones; cents / 100",
        ),
    ),
    atol=1e-5,
    axes=("frame",),
    unit="semitones",
)

EXERCISES = (FRAMES, VIBRATO, SHAPE, KNOWN, PITCH)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    NumberQuestion(
        "21.6",
        answer=encode(1.6),
        tolerance=0.35,
        unit="cents",
        right="right: a hundred pointers in random directions add up to one that is about 10 long, not 100. Divided by 100, "
        "a tenth is left of 16 cents; and with ever more players, nothing.",
        misconceptions=(
            (16, 1, "16 cents would be left if all of them swung in step. Nothing in the notes tells them to."),
            (0.16, 0.05, "a hundredth: that is one player's share of the mean. The others do not cancel altogether."),
            (0, 0.1, "nearly. With infinitely many players it is 0; a hundred leave something over."),
            (8, 1, "half is left of two players who happen to be apart by a third of a turn. Here are a hundred."),
        ),
    ),
    ChoiceQuestion(
        "21.7",
        answer=encode("b"),
        replies={
            "a": "the other performer has as much vibrato as the first, but where the first has much, the other may have "
            "little: both errors add up.",
            "b": "right, and not because it plays better. The mean is as near to everybody as one can be. Another performer is "
            "off by two people's fancies, the mean by one's: about the root of two.",
            "c": "no vibrato at all is off by each note's whole extent. It is the furthest of the three.",
            "d": "were there something in the notes that says the extent, both could know it. There is not, and then the mean is "
            "nearer than any performer.",
        },
    ),
    ChoiceQuestion(
        "21.8",
        answer=encode("c"),
        replies={
            "a": "the test never asked which is better. A clearly worse sound is told apart just as surely.",
            "b": "no performer was in the test. Whoever wants to know puts the model against one.",
            "c": "right: that you hear a difference, and no more. Which of the two one would rather hear is another question, "
            "and has to be asked.",
            "d": "one listener, one tune, one run of a training. For *listeners* there must be several.",
        },
    ),
)
