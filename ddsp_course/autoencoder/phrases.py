"""Where somebody plays, where nobody does, and how a take is cut into phrases: the unit that errors are counted in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ddsp_course.autoencoder.metrics import curve
from ddsp_course.autoencoder.model import sounding_frames
from ddsp_course.data import Features, Performance, Recording

AFTER_NOTE_S = 0.05
"""Left out at the start of a rest: body and early room, which cannot be told apart."""
BEFORE_NOTE_S = 0.04
"""Left out at the end of a rest: half a measuring window, which would hear the next note."""
SHORTEST_REST_S = 0.15
SHORTEST_PHRASE_S = 1.5
LONGEST_PHRASE_S = 8.0


@dataclass(frozen=True)
class FrameMasks:
    """Which frames of a take are what: three boolean curves [frames].

    sounding: somebody plays; closed: no note is held; resting: closed for 50 ms already, and no note about to start.
    known: told by the performer's gate (a Performance), else estimated from loudness and confidence, where a loud
    reverberant tail may pass for playing.   Lesson 11.
    """

    sounding: NDArray[np.bool_]
    closed: NDArray[np.bool_]
    resting: NDArray[np.bool_]
    known: bool

    def cut(self, start: int, stop: int) -> FrameMasks:
        return FrameMasks(self.sounding[start:stop], self.closed[start:stop], self.resting[start:stop], self.known)


@dataclass(frozen=True)
class Phrase:
    """A stretch of one take, from a first note to the end of the rest after it: frames [start, stop).   Lesson 11."""

    take: int
    name: str
    start: int
    stop: int
    seconds: float


def frame_masks(recording: Recording, features: Features) -> FrameMasks:
    """Sounding, closed and resting frames of a take: by its gate if a model played it, else by ear.   Lesson 11."""
    if isinstance(recording, Performance):
        gate = curve(recording.gate)
        sounding, closed = gate > 0.5, gate < 0.01
    else:
        sounding = curve(sounding_frames(features)) > 0.5
        closed = ~sounding
    rate = recording.config.frame_rate
    resting = ~_spread(~closed, before=round(BEFORE_NOTE_S * rate), after=round(AFTER_NOTE_S * rate))
    return FrameMasks(sounding, closed, resting, isinstance(recording, Performance))


def _spread(mask: NDArray[np.bool_], *, before: int, after: int) -> NDArray[np.bool_]:
    """The mask made longer: true also up to `before` frames before and `after` frames after each true frame."""
    return np.convolve(mask, np.ones(before + after + 1))[before : before + len(mask)] > 0.5


def cut_phrases(recording: Recording, masks: FrameMasks, take: int = 0) -> list[Phrase]:
    """Cut a take at the ends of its rests, into phrases of 1.5 s and more.

    What lasts longer than 8 s without a rest is cut into equal parts. Each phrase takes the rest after it along, with
    the decay that is to be measured there. The phrases cover the whole take.   Lesson 11.
    """
    rate, n = recording.config.frame_rate, len(masks.closed)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], masks.closed, [0]]).astype(int)))
    rests = edges.reshape(-1, 2)
    ends = [int(stop) for start, stop in rests if start > 0 and stop < n and stop - start >= SHORTEST_REST_S * rate]
    cuts = [0]
    for end in ends:
        if end - cuts[-1] >= SHORTEST_PHRASE_S * rate:
            cuts.append(end)
    if len(cuts) > 1 and n - cuts[-1] < SHORTEST_PHRASE_S * rate:
        cuts.pop()
    cuts.append(n)
    pieces = []
    for start, stop in zip(cuts, cuts[1:], strict=False):
        parts = max(1, int(np.ceil((stop - start) / (LONGEST_PHRASE_S * rate))))
        bounds = np.linspace(start, stop, parts + 1).round().astype(int)
        pieces += [(int(a), int(b)) for a, b in zip(bounds, bounds[1:], strict=False)]
    return [Phrase(take, recording.name, start, stop, (stop - start) / rate) for start, stop in pieces]


def group_phrases(phrases: Sequence[Phrase], seconds: float = 30.0) -> list[list[Phrase]]:
    """Neighbouring phrases of a take together, up to about `seconds`: what a model plays in one go.   Lesson 11."""
    groups: list[list[Phrase]] = []
    for phrase in phrases:
        if groups and sum(each.seconds for each in groups[-1]) + phrase.seconds <= seconds:
            groups[-1].append(phrase)
        else:
            groups.append([phrase])
    return groups
