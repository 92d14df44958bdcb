"""What an evaluation has found: scores by sound, column and phrase, with intervals; as lines, sentences and JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ddsp_course.autoencoder.columns import (
    BASELINES,
    COLUMN,
    COLUMNS,
    HEADLINES,
    MEDIAN,
    MODEL,
    NOT_PLAYED,
    RECORDING,
    RETAKE,
    YARDSTICKS,
    Column,
)
from ddsp_course.autoencoder.phrases import Phrase
from ddsp_course.autoencoder.summary import sentences
from ddsp_course.autoencoder.yardsticks import share_of_the_way

DRAWS = 2000
TAKES_TO_RESAMPLE = 8
"""With fewer takes than this the bootstrap resamples phrases, which makes intervals somewhat too narrow."""
PHRASES_FOR_A_VERDICT = 3
"""With fewer phrases than this an interval says nothing, and nobody has lost."""


Scores = Mapping[str, Mapping[str, NDArray[np.float64]]]


@dataclass(frozen=True)
class Estimate:
    """A mean over phrases and its 95 % bootstrap interval, in the unit of its column.   Lesson 11."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Evaluation:
    """What a model can and cannot do, beside its yardsticks and the baselines that must lose.

    scores: sound -> column -> one value a phrase [phrases], NaN where there is nothing to measure; share in `share`.
    Estimates are means over phrases, each phrase counting once, with paired percentile bootstrap intervals (Efron
    1979): takes are drawn again if there are eight or more, else phrases. rests_known: told by a gate, not estimated.
    unheard: the training recordings are known, and no take is among them. room: T20 by octave band and
    direct-to-reverberant ratio, learned and true.   Lesson 11.
    """

    phrases: tuple[Phrase, ...]
    scores: Scores
    room: Mapping[str, Any] = field(default_factory=dict)
    rests_known: bool = True
    unheard: bool = False
    seed: int = 0
    notes: tuple[str, ...] = ()

    @cached_property
    def _weights(self) -> NDArray[np.float64]:
        """How often each phrase is drawn: [1 + draws, phrases], the first row the data themselves."""
        return bootstrap_weights([phrase.take for phrase in self.phrases], seed=self.seed)

    @property
    def enough_for_a_verdict(self) -> bool:
        """Are there phrases enough for an interval to mean anything?"""
        return len(self.phrases) >= PHRASES_FOR_A_VERDICT

    @property
    def resampled(self) -> str:
        """What the intervals resample: "takes" or "phrases"."""
        return "takes" if len({phrase.take for phrase in self.phrases}) >= TAKES_TO_RESAMPLE else "phrases"

    def estimate(self, sound: str, column: str = "loss") -> Estimate | None:
        """A score with its interval, or None where it was not measured."""
        if column == "share":
            return self._share(sound)
        values = self.scores.get(sound, {}).get(column)
        return None if values is None else _estimate(_average(self._weights, values, COLUMN[column].average))

    def difference(self, sound: str, column: str = "loss", *, against: str = MODEL) -> Estimate | None:
        """Score of one sound less that of another, paired phrase by phrase: 0 outside the interval is a difference."""
        pair = [self.scores.get(name, {}).get(column) for name in (sound, against)]
        if pair[0] is None or pair[1] is None:
            return None
        return _estimate(_average(self._weights, pair[0] - pair[1], COLUMN[column].average))

    def loses(self, sound: str, column: str = "loss") -> bool | None:
        """Is a sound worse than the model, beyond the interval? None where that was not measured, or on too little."""
        if not self.enough_for_a_verdict:
            return None
        difference = self.difference(sound, column)
        if difference is None or COLUMN[column].better not in ("less", "more"):
            return None
        return difference.low > 0 if COLUMN[column].better == "less" else difference.high < 0

    def _share(self, sound: str) -> Estimate | None:
        losses = [self.scores.get(name, {}).get("loss") for name in (sound, MEDIAN, RETAKE)]
        if sound in NOT_PLAYED or any(each is None for each in losses):
            return None
        means = np.stack([_average(self._weights, each) for each in losses])
        if not means[2, 0] < means[1, 0]:
            return None
        usable = means[2] < means[1]
        return _estimate(np.array([100 * share_of_the_way(*each) for each in means[:, usable].T]))

    def goals(self) -> dict[str, tuple[float, bool]]:
        """The three goals of the course: what was measured, and whether it reaches them; only what was measured."""
        wanted = {
            "at least 70 % of the way from a constant spectrum to the same performance played again": (
                "share",
                lambda value: value >= 70,
            ),
            "loudness within 2 dB": ("loudness", lambda value: value <= 2),
            "rests at least 10 dB drier than the recording": ("dereverberation", lambda value: value >= 10),
        }
        found = {name: (self.estimate(MODEL, column), reached) for name, (column, reached) in wanted.items()}
        return {name: (got.value, bool(reached(got.value))) for name, (got, reached) in found.items() if got}

    def table(self, columns: tuple[str, ...] = HEADLINES) -> list[str]:
        """The scores as lines of text: a row a sound, the model first, then yardsticks, then baselines."""
        shown = [COLUMN[key] for key in columns if any(self.estimate(sound, key) for sound in self.rows)]
        header = ["", *(f"{column.heading}{f' ({column.unit})' if column.unit else ''}" for column in shown)]
        rows = [header] + [
            [sound, *(format_estimate(self.estimate(sound, column.key), column) for column in shown)]
            for sound in self.rows
        ]
        widths = [max(len(row[index]) for row in rows) for index in range(len(header))]
        return [
            "  ".join(cell.ljust(widths[0]) if i == 0 else cell.rjust(widths[i]) for i, cell in enumerate(row)).rstrip()
            for row in rows
        ]

    @property
    def rows(self) -> tuple[str, ...]:
        """The sounds that were scored, in the order of the table."""
        order = (MODEL, *YARDSTICKS, *BASELINES, RECORDING)
        return tuple(sound for sound in order if sound in self.scores)

    @property
    def seconds(self) -> float:
        return sum(phrase.seconds for phrase in self.phrases)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values for JSON: no NaN in it, what is absent is None."""
        estimates = {
            sound: {key: asdict(found) for key in COLUMN if (found := self.estimate(sound, key))} for sound in self.rows
        }
        return plain(
            {
                "seconds": self.seconds,
                "phrases": [asdict(phrase) for phrase in self.phrases],
                "resampled": self.resampled,
                "rests_known": self.rests_known,
                "seed": self.seed,
                "summary": self.summary,
                "goals": {name: {"measured": value, "reached": ok} for name, (value, ok) in self.goals().items()},
                "estimates": estimates,
                "by_phrase": {sound: {key: list(v) for key, v in self.scores[sound].items()} for sound in self.rows},
                "room": self.room,
                "notes": list(self.notes),
                "definitions": {column.key: column.definition for column in COLUMNS},
            }
        )

    @property
    def summary(self) -> list[str]:
        """What the numbers say, in sentences."""
        return sentences(self)


def bootstrap_weights(groups: list[int], *, draws: int = DRAWS, seed: int = 0) -> NDArray[np.float64]:
    """How often each phrase counts in each bootstrap draw: [1 + draws, phrases], the first row all ones.

    groups: the take of each phrase. Whole takes are drawn if there are at least eight, else phrases. All sounds and
    columns share one set of draws, so that differences are paired.   Lesson 11.   Efron 1979.
    """
    rng = np.random.default_rng(seed)
    takes, place = np.unique(groups, return_inverse=True)
    units = place if len(takes) >= TAKES_TO_RESAMPLE else np.arange(len(groups))
    n = int(units.max()) + 1
    counts = rng.multinomial(n, np.full(n, 1 / n), size=draws)
    return np.concatenate([np.ones((1, len(groups))), counts[:, units].astype(np.float64)])


def _average(weights: NDArray[np.float64], values: NDArray[np.float64], kind: str = "mean") -> NDArray[np.float64]:
    """Mean or median over the phrases with a value, for the data and each draw: [1 + draws], NaN for empty draws."""
    order = np.argsort(values)  # NaN comes last
    order = order[np.isfinite(values[order])]
    weights, values = weights[:, order], values[order]
    total = weights.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        if kind == "mean" or not values.size:
            return np.where(total > 0, weights @ values / total, np.nan)
        reached = np.cumsum(weights, axis=1) >= 0.5 * total[:, None]
        return np.where(total > 0, values[reached.argmax(axis=1)], np.nan)


def _estimate(means: NDArray[np.float64]) -> Estimate | None:
    if not np.isfinite(means[0]):
        return None
    low, high = np.nanpercentile(means[1:], [2.5, 97.5]) if means.size > 1 else (means[0], means[0])
    return Estimate(float(means[0]), float(low), float(high))


def format_estimate(estimate: Estimate | None, column: Column) -> str:
    """As in the table: value and interval, or a dash.   Lesson 11."""
    if estimate is None:
        return "-"
    low, value, high = (f"{each:.{column.digits}f}" for each in (estimate.low, estimate.value, estimate.high))
    return f"{value} [{low}, {high}]"


def plain(value: Any) -> Any:
    """Plain Python values for JSON, with None for numbers that are not finite.   Lesson 11."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(each) for each in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
