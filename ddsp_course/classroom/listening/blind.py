"""Listening without knowing: an A/B/X test of whether two sounds differ to you, and a rating of several sounds."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import traitlets
from IPython.display import display
from numpy.typing import ArrayLike
from torch import Tensor

from ddsp_course.classroom.listening.browser import static
from ddsp_course.classroom.listening.sounds import as_rate, as_sound
from ddsp_course.classroom.listening.takes import Takes
from ddsp_course.classroom.workbook import workbook
from ddsp_course.data.errors import CourseError
from ddsp_course.data.files import write_atomically

MOST_TRIALS = 100
MOST_RATED = 7
ANCHOR_HZ = 3500.0
"""The low anchor of ITU-R BS.1534-3 is the reference, low-passed here."""
ADDED = {"hidden reference", "anchor"}
REFERENCE_HEARD = 90
"""BS.1534-3, 4.1.2: whoever rates the hidden reference below this has not told it from the rest."""


def abx(
    takes: Mapping[str, ArrayLike | Tensor],
    *,
    trials: int = 16,
    sample_rate: int = 16_000,
    matched: bool = True,
    name: str = "abx",
    seed: int | None = None,
) -> None:
    """A blind test of whether you hear a difference: in every trial X is A or B by the fall of a coin; which?

    takes: two names and their sounds; matched: both equally loud, so that loudness is no clue. The number of trials is
    fixed before the first, and nothing is said of right or wrong before the last: whoever looks while counting, and
    stops when it suits, finds a difference in anything. The result is the chance that mere guessing gets as many right
    or more, and an exact 95 % interval of the hit rate. Each answer goes into the workbook at once, in
    listening_tests/NAME-TIME.json. seed: of the coin, for tests of this test.
    Raises CourseError for anything but two takes, for what is no sound, and for less than 1 or more than 100 trials.
    """
    sounds, sample_rate = _sounds(takes, sample_rate, "abx")
    if len(sounds) != 2:
        raise CourseError(f"abx tells two takes apart, not {len(sounds)}.")
    if not isinstance(trials, int) or not 1 <= trials <= MOST_TRIALS:
        raise CourseError(f"abx has 1 to {MOST_TRIALS} trials, not {trials}.")
    display(Abx(sounds, sample_rate, trials=trials, matched=matched, name=_file_name(name), seed=seed))


def rate(
    takes: Mapping[str, ArrayLike | Tensor],
    *,
    reference: str,
    sample_rate: int = 16_000,
    name: str = "rating",
    seed: int | None = None,
) -> None:
    """A blind rating from 0 (bad) to 100 (excellent) against a reference that is known, after ITU-R BS.1534 (MUSHRA).

    takes: one to seven names and their sounds, and among them the reference. In an order that nobody knows, without
    names, one hears all but the reference, the reference once more in hiding, and an anchor, which is the reference
    with nothing above 3.5 kHz. Who rates the hidden reference below 90 has not told it from the rest, and the result
    says so. It is shown when all are rated, and kept in the workbook, in listening_tests/NAME-TIME.json.
    Raises CourseError without a reference, for what is no sound, for more than seven takes, and for names that it
    gives itself ("hidden reference", "anchor").
    """
    sounds, sample_rate = _sounds(takes, sample_rate, "rate")
    if reference not in sounds:
        raise CourseError(f'reference is "{reference}", but the takes are {", ".join(sounds)}.')
    if not 2 <= len(sounds) <= MOST_RATED:
        raise CourseError(
            f"rate compares the reference with one to {MOST_RATED - 1} other takes, not {len(sounds) - 1}."
        )
    if added := ADDED & sounds.keys():
        raise CourseError(f'"{min(added)}" is what rate adds by itself: give your take another name.')
    display(Rating(sounds, sample_rate, reference=reference, name=_file_name(name), seed=seed))


class Abx(Takes):
    """The test of `abx`. What X is, lies in `order`; it is a test for those who want to know."""

    _esm = static("controls.js", "takes.js", "player.js", "abx.js")
    _css = static("controls.css", "blind.css")

    equal = traitlets.Bool(help="both equally loud").tag(sync=True)
    order = traitlets.List(traitlets.Int(), help="0 where X is the first take, 1 where it is the second").tag(sync=True)
    answers = traitlets.List(traitlets.Int(), help="so far, 0 or 1").tag(sync=True)
    result = traitlets.Unicode(help="in a sentence, after the last").tag(sync=True)

    def __init__(
        self,
        sounds: Mapping[str, np.ndarray],
        sample_rate: int,
        *,
        trials: int,
        matched: bool,
        name: str,
        seed: int | None,
    ) -> None:
        coin = np.random.default_rng(seed)
        super().__init__(sounds, sample_rate, equal=matched, order=coin.integers(2, size=trials).tolist())
        self.file = _new_file(name)
        self.on_msg(lambda _, message, __: self.answer(*message["answer"]) if "answer" in message else None)

    def answer(self, trial: int, take: int) -> None:
        """In the trial of this number, counted from 0, X was said to be the first take or the second, 0 or 1.

        Raises CourseError for a trial that is not the next one: an answer that has been given stays.
        """
        if trial != len(self.answers) or trial >= len(self.order) or take not in (0, 1):
            raise CourseError(f"Trial {trial} of {len(self.order)} cannot be answered with {take} now: answers stay.")
        answers = [*self.answers, take]
        ends = len(answers) == len(self.order)
        outcome = abx_result(sum(map(operator.eq, answers, self.order)), len(answers)) if ends else {}
        raw = {"test": "abx", "takes": self.names, "matched": self.equal, "x": self.order, "answers": answers}
        _write(self.file, {**raw, **outcome})
        with self.hold_sync():
            self.answers = answers
            self.result = outcome.get("sentence", "")

    def __repr__(self) -> str:
        return f"abx({', '.join(self.names)}, trials={len(self.order)})"


class Rating(Takes):
    """The test of `rate`. Takes are in the order in which they are rated; the last one is the open reference."""

    _esm = static("controls.js", "takes.js", "player.js", "rating.js")
    _css = static("controls.css", "blind.css")

    scores = traitlets.List(traitlets.Int(), help="0 to 100 in the order of the takes, when all are rated").tag(
        sync=True
    )
    result = traitlets.Unicode(help="a line for each take, after the last").tag(sync=True)

    def __init__(
        self, sounds: Mapping[str, np.ndarray], sample_rate: int, *, reference: str, name: str, seed: int | None
    ) -> None:
        hidden = [*(each for each in sounds if each != reference), "hidden reference", "anchor"]
        np.random.default_rng(seed).shuffle(hidden)
        extra = {"hidden reference": sounds[reference], "anchor": low_passed(sounds[reference], sample_rate)}
        rated = {each: {**sounds, **extra}[each] for each in hidden}
        super().__init__({**rated, reference: sounds[reference]}, sample_rate)
        self.hidden, self.file = hidden, _new_file(name)
        self.on_msg(lambda _, message, __: self.rate(message["scores"]) if "scores" in message else None)

    def rate(self, given: list[int]) -> None:
        """Scores from 0 to 100 for all takes at once, in their order; raises CourseError for others, and for a second
        time."""
        if self.scores or len(given) != len(self.hidden) or not all(0 <= score <= 100 for score in given):
            raise CourseError("All takes are rated at once, from 0 to 100, and once.")
        scores = dict(zip(self.hidden, given, strict=True))
        _write(self.file, {"test": "rating", "reference": self.names[-1], "order": self.hidden, "scores": scores})
        lines = [f"{score}  {name}" for name, score in sorted(scores.items(), key=operator.itemgetter(1), reverse=True)]
        if scores["hidden reference"] < REFERENCE_HEARD:
            lines.append(
                f"You gave the hidden reference {scores['hidden reference']}: below {REFERENCE_HEARD} these ratings "
                "say little, because the reference itself was not told from the rest."
            )
        with self.hold_sync():
            self.scores, self.result = given, "\n".join(lines)

    def __repr__(self) -> str:
        return f"rate({', '.join(sorted(self.names[:-1]))}, reference={self.names[-1]})"


def abx_result(right: int, trials: int) -> dict[str, Any]:
    """right of trials -> p, the chance that guessing gets as many or more (exact binomial), the exact 95 % interval of
    the hit rate (Clopper and Pearson 1934), and both in a sentence."""
    from scipy.stats import binomtest

    test = binomtest(right, trials, 0.5, alternative="greater")
    interval = binomtest(right, trials).proportion_ci(0.95, method="exact")
    p, low, high = float(test.pvalue), float(interval.low), float(interval.high)
    sentence = (
        f"{right} of {trials} right. Whoever only guesses gets as many or more in {_percent(p)} of such tests. "
        f"The hit rate lies between {100 * low:.0f} and {100 * high:.0f} % (95 % interval; guessing is 50 %)."
    )
    return {"right": right, "trials": trials, "p": p, "interval": [low, high], "sentence": sentence}


def low_passed(sound: np.ndarray, sample_rate: int, cutoff_hz: float = ANCHOR_HZ) -> np.ndarray:
    """[samples] -> [samples] without what lies above cutoff_hz, and not delayed."""
    from scipy.signal import butter, sosfiltfilt

    if cutoff_hz >= sample_rate / 2:
        return sound.copy()
    sections = butter(8, cutoff_hz, fs=sample_rate, output="sos")
    padding = min(len(sound) - 1, sample_rate // 100)
    return sosfiltfilt(sections, sound, padlen=padding).astype(np.float32)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.0005 else "less than 0.05 %"


def _sounds(takes: Any, sample_rate: int, who: str) -> tuple[dict[str, np.ndarray], int]:
    if not isinstance(takes, Mapping):
        raise CourseError(f'{who} takes a dictionary of names and sounds: {who}({{"original": sound, ...}}).')
    sample_rate = as_rate(sample_rate)
    return {str(name): as_sound(str(name), take, sample_rate) for name, take in takes.items()}, sample_rate


def _file_name(name: str) -> str:
    if not re.fullmatch(r"[\w-]{1,60}", name):
        raise CourseError(f'A test is kept in a file by its name, and "{name}" is none: letters, digits, - and _ are.')
    return name


def _new_file(name: str) -> Path:
    """A file of its own for every test, so that no answers are ever written over."""
    now = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S-%f")
    return workbook() / "listening_tests" / f"{name}-{now}.json"


def _write(path: Path, content: dict[str, Any]) -> None:
    write_atomically(path, json.dumps(content, indent=1).encode())
