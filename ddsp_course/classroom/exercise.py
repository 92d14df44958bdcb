"""The words an exercise file is written in: lessons, exercises with their cases and hints, questions."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

Result = Any
"""What an exercise returns: a tensor, a number, or a tuple of these."""


@dataclass(frozen=True)
class Lesson:
    """What stands on a lesson's first page and in the table of lessons.

    topic: the file's name after its number; builds and hears: one phrase each; minutes: 1, 2, 5, 10, 15, 20, 30 ...
    """

    number: int
    topic: str
    title: str
    builds: str
    hears: str
    minutes_to_read: int
    minutes_to_run: int


@dataclass(frozen=True)
class Case:
    """One try of the learner's function.

    label: in words, for the message; arguments: by name, or a function that makes them afresh (where a generator or
    something large is among them); gradients: the arguments that a gradient must reach, and come out right.
    """

    label: str
    arguments: Mapping[str, Any] | Callable[[], Mapping[str, Any]]
    gradients: tuple[str, ...] = ()

    def fresh(self) -> dict[str, Any]:
        """The arguments, of which nobody else has a copy: a function that changes them changes only these."""
        return dict(self.arguments()) if callable(self.arguments) else copy.deepcopy(dict(self.arguments))


@dataclass(frozen=True)
class Attempt:
    """What a hint looks at: the learner's result beside ours, as float64 tensors (or tuples), and what both were given.

    raw: the learner's result as it came, before `measure`.
    """

    got: Any
    want: Any
    arguments: Mapping[str, Any]
    label: str
    raw: Any = None


class Misuse(Exception):
    """Raised by an exercise's `use`, with the sentence for the learner: what came back cannot be gone on with."""


Hint = Callable[[Attempt], "str | None"]
"""A sentence with a figure computed from the learner's own result, or None if this is not the mistake."""


def looks_like(mistake: Callable[..., Any], says: str | Callable[[Attempt], str], tolerance: float = 1e-3) -> Hint:
    """A hint for a mistake that one can make oneself: given if the learner's result is what it would give.

    mistake: takes the case's arguments; says: the sentence, or a function that computes it from the attempt.
    """

    def hint(attempt: Attempt) -> str | None:
        would_be = torch.as_tensor(mistake(**attempt.arguments)).detach().to(attempt.got.dtype)
        if would_be.shape != attempt.got.shape or torch.allclose(would_be, attempt.want, rtol=0, atol=1e-9):
            return None
        scale = float(would_be.abs().max())
        if not float((attempt.got - would_be).abs().max()) <= tolerance * scale:  # NaN is no such mistake
            return None
        return says if isinstance(says, str) else says(attempt)

    return hint


@dataclass(frozen=True)
class WrongAnswer:
    """A mistake that people make, as the whole cell they would write, and what the check must say (a pattern)."""

    source: str
    says: str


@dataclass(frozen=True)
class Exercise:
    """One function, or class, that the learner writes.

    reference: ours, which the lesson goes on with as long as theirs is not right. Each case must come within atol
    times the largest absolute value of ours (gradients: gradient_tolerance). axes: names of the result's last axes,
    to say where a difference is. use(function, **arguments) gets a result where calling it is not enough;
    measure(result, arguments) gives what is compared in its place, where the result itself is not determined.
    """

    number: str
    name: str
    reference: Callable[..., Any]
    cases: tuple[Case, ...]
    hints: tuple[Hint, ...] = ()
    wrong_answers: tuple[WrongAnswer, ...] = ()
    atol: float = 1e-5
    gradient_tolerance: float = 1e-3
    axes: tuple[str, ...] = ("sample",)
    unit: str = ""
    use: Callable[..., Result] | None = None
    measure: Callable[[Result, Mapping[str, Any]], Result] | None = None


@dataclass(frozen=True)
class NumberQuestion:
    """A number to predict.

    answer: encoded; tolerance: in the answer's unit; misconceptions: (what people answer, how near, what to tell
    them); right: what to say when it is right.
    """

    number: str
    answer: str
    tolerance: float
    unit: str
    right: str
    misconceptions: tuple[tuple[float, float, str], ...] = ()


@dataclass(frozen=True)
class ChoiceQuestion:
    """Four options that each name a misconception but one; answer: encoded; replies: what to say to each letter."""

    number: str
    answer: str
    replies: Mapping[str, str]


def encode(answer: float | str) -> str:
    """Hide an answer from a glance, no more: for the files of exercises."""
    return base64.b64encode(str(answer).encode()).decode()


def decode(answer: str) -> float | str:
    """An encoded answer as the number or the letter it is."""
    text = base64.b64decode(answer).decode()
    if text.isalpha():
        return text
    number = float(text)
    return int(number) if number.is_integer() and "." not in text else number
