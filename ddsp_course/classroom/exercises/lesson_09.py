"""Lesson 09, one sound, taken apart: what its exercises are judged by."""

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
)
from ddsp_course.classroom.exercises.lesson_09_fit import CONTROLS, FIT
from ddsp_course.classroom.exercises.lesson_09_read import PARTIALS, RESIDUAL

LESSON = Lesson(
    number=9,
    topic="one_sound_taken_apart",
    title="One sound, taken apart",
    builds="an analysis of one note into harmonics and noise, its fit by gradient descent, and edits of its parts",
    hears="a sung note, its parts, the note stretched and transposed, and five rooms that the note cannot tell apart",
    minutes_to_read=60,
    minutes_to_run=1,
)

# --- 9.5 another pitch ------------------------------------------------------------------------------------------------


def transpose(f0_hz: Tensor, amplitudes: Tensor, semitones: float, keep_formants: bool) -> tuple[Tensor, Tensor]:
    return _transpose(f0_hz, amplitudes, semitones, keep_formants)


def _transpose(f0_hz, amplitudes, semitones, keep_formants, *, envelope="stays", pitch="ratio"):
    """Another pitch, with the mistakes that one can make in it as switches."""
    ratio = 2 ** (semitones / 12)
    moved_hz = {"ratio": f0_hz * ratio, "hz": f0_hz + semitones, "still": f0_hz}[pitch]
    if not keep_formants or envelope == "follows":
        return moved_hz, amplitudes
    n = amplitudes.shape[-1]
    place = torch.arange(1, n + 1) * (ratio if envelope == "stays" else 1 / ratio)
    left = place.floor().clamp(1, n)
    share = (place - left).clamp(0, 1)
    here, there = amplitudes[..., left.long() - 1], amplitudes[..., (left.long() + 1).clamp(max=n) - 1]
    return moved_hz, torch.where(place <= n + 1e-4, torch.lerp(here, there, share), 0.0)


def hill_hz(f0_hz: Tensor, amplitudes: Tensor) -> float:
    """Where the strongest partial of the first frame lies, in Hz."""
    return float(f0_hz[0, 0]) * (int(amplitudes[0, 0].argmax()) + 1)


def resembles(attempt: Attempt, **mistake) -> bool:
    would_be = [each.double() for each in _transpose(**attempt.arguments, **mistake)]
    if all(torch.allclose(a, b, atol=1e-5) for a, b in zip(would_be, attempt.want, strict=True)):
        return False
    return all(
        a.shape == b.shape and torch.allclose(a, b, rtol=1e-3, atol=1e-4)
        for a, b in zip(attempt.got, would_be, strict=True)
    )


def small_singer(attempt: Attempt) -> str | None:
    if not resembles(attempt, envelope="follows"):
        return None
    before = hill_hz(attempt.arguments["f0_hz"], attempt.arguments["amplitudes"])
    now = hill_hz(*attempt.got)
    who = "small singer" if now > before else "giant"
    return (
        f"a {who}: the strongest partial lay at {before:.0f} Hz and lies at {now:.0f} Hz now, because partial k keeps "
        f"*its number's* amplitude. With the formants kept, it gets what the old spectrum had at its new frequency."
    )


def wrong_way(attempt: Attempt) -> str | None:
    if not resembles(attempt, envelope="moves"):
        return None
    before = hill_hz(attempt.arguments["f0_hz"], attempt.arguments["amplitudes"])
    return (
        f"the strongest partial lay at {before:.0f} Hz and lies at {hill_hz(*attempt.got):.0f} Hz now: further off than if you "
        f"had done nothing. Partial k is now at k * ratio old partials, not at k / ratio."
    )


def semitones_are_no_hertz(attempt: Attempt) -> str | None:
    given = attempt.arguments
    if not torch.allclose(attempt.got[0], (given["f0_hz"] + given["semitones"]).double(), atol=1e-3):
        return None
    moved = 12 * math.log2(float(attempt.got[0][0, 0] / given["f0_hz"][0, 0]))
    return (
        f"you added {given['semitones']:g} to a frequency in Hz, which moves it by {moved:.2f} semitones. A semitone is a "
        f"ratio: 2 ** (semitones / 12)."
    )


def pitch_stays(attempt: Attempt) -> str | None:
    given = attempt.arguments
    if not torch.allclose(attempt.got[0], given["f0_hz"].double(), atol=1e-3):
        return None
    return f"the pitch is still {float(given['f0_hz'][0, 0]):.0f} Hz: multiply it by 2 ** (semitones / 12)."


def peaked(frames: int, harmonics: int, top: int) -> Tensor:
    """A spectrum with a hill at one partial, [1, frames, harmonics]"""
    k = torch.arange(1, harmonics + 1)
    return (torch.linspace(0.2, 0.3, frames)[:, None] * torch.exp(-(((k - top) / 1.5) ** 2)) + 0.01)[None]


TRANSPOSE = Exercise(
    number="9.5",
    name="transpose",
    reference=transpose,
    cases=(
        Case(
            "two takes an octave up, formants kept: 8 partials with a hill at the fourth, or at the sixth",
            {
                "f0_hz": torch.tensor([[200.0, 210.0, 205.0], [150.0, 155.0, 160.0]]),
                "amplitudes": torch.cat([peaked(3, 8, 4), peaked(3, 8, 6)]),
                "semitones": 12.0,
                "keep_formants": True,
            },
        ),
        Case(
            "an octave down, formants kept: between the old partials, and below the first",
            {
                "f0_hz": torch.tensor([[400.0, 410.0]]),
                "amplitudes": peaked(2, 6, 2),
                "semitones": -12.0,
                "keep_formants": True,
            },
        ),
        Case(
            "seven semitones up, formants kept",
            {
                "f0_hz": torch.tensor([[300.0, 310.0]]),
                "amplitudes": peaked(2, 6, 3),
                "semitones": 7.0,
                "keep_formants": True,
            },
        ),
        Case(
            "five semitones up, formants moved along",
            {
                "f0_hz": torch.tensor([[300.0, 310.0]]),
                "amplitudes": peaked(2, 6, 3),
                "semitones": 5.0,
                "keep_formants": False,
            },
        ),
    ),
    hints=(semitones_are_no_hertz, pitch_stays, small_singer, wrong_way),
    wrong_answers=(
        WrongAnswer(
            """
def transpose(f0_hz, amplitudes, semitones, keep_formants):
    return f0_hz * 2 ** (semitones / 12), amplitudes
""",
            r"a small singer: the strongest partial lay at 800 Hz and lies at 1600 Hz now",
        ),
        WrongAnswer(
            """
def transpose(f0_hz, amplitudes, semitones, keep_formants):
    ratio = 2 ** (semitones / 12)
    if keep_formants:
        n = amplitudes.shape[-1]
        place = torch.arange(1, n + 1) / ratio
        left = place.floor().clamp(1, n)
        right = (left + 1).clamp(max=n)
        share = (place - left).clamp(0, 1)
        mixed = torch.lerp(amplitudes[..., left.long() - 1], amplitudes[..., right.long() - 1], share)
        amplitudes = torch.where(place <= n, mixed, 0.0)
    return f0_hz * ratio, amplitudes
""",
            r"lay at 800 Hz and lies at \d+ Hz now: further off",
        ),
        WrongAnswer(
            """
def transpose(f0_hz, amplitudes, semitones, keep_formants):
    return f0_hz + semitones, amplitudes
""",
            r"you added 12 to a frequency in Hz, which moves it by 1\.01 semitones",
        ),
    ),
    atol=2e-3,
    axes=("frame", "partial"),
)

EXERCISES = (PARTIALS, RESIDUAL, CONTROLS, FIT, TRANSPOSE)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    NumberQuestion(
        "9.6",
        answer=encode(28250),
        tolerance=100,
        unit="",
        right="right: 250 times (1 + 47 + 65) = 28 250. The sound itself has 16 000. Whoever has more numbers than there is "
        "sound can say anything at all, and that is what goes wrong next.",
        misconceptions=(
            (113, 1, "113 is for one frame: 1 + 47 + 65. There are 250 frames in a second."),
            (28000, 10, "nearly: the amplitude of the frame is a number, too."),
            (7062, 60, "that is for one frame every 16 ms, as in our fit. Asked is one every 4 ms."),
            (11750, 300, "those are the harmonics alone. Amplitude and noise are learned as well."),
            (16000, 10, "16 000 is how many samples a second has. Count the controls: (1 + 47 + 65) a frame."),
        ),
    ),
    ChoiceQuestion(
        "9.7",
        answer=encode("b"),
        replies={
            "a": "the pitch stays where it was on the whole, but its curve is stretched along with everything else: look at "
            "how often it goes up and down.",
            "b": "right: the vibrato is part of the pitch curve, and the curve is twice as slow. Who wants it at its old rate "
            "must take it off first, stretch, and put it back.",
            "c": "an octave down is what a tape does at half speed: there all samples move apart. Here only frames do, and each "
            "still says the same number of Hz.",
            "d": "the formants are amplitudes at frequencies; stretching the frames changes neither.",
        },
    ),
    ChoiceQuestion(
        "9.8",
        answer=encode("d"),
        replies={
            "a": "the differences are smaller than what another draw of the noise changes, and the order is another one with "
            "another seed. A hundredth of the loss is no evidence.",
            "b": "a model that leaves the room out explains this note as well. Simple it is; but the truth was recorded in a "
            "room, and this one has none.",
            "c": "the mean of five rooms is a sixth room, which explains the note as well as they do, and nothing speaks for it.",
            "d": "right. Each partial passes the room at one frequency, and sees one gain. That gain can as well be the "
            "singer's. What would tell: the end of the note, other pitches, a rest.",
        },
    ),
)
