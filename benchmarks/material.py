"""What is learned from and what is judged on: an instrument of ours, or a folder; tracked pitch in both."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ddsp_course import data, instruments
from ddsp_course.commands import INSTRUMENTS

OTHER_NOISE = 1_000_003


@dataclass(frozen=True)
class Material:
    """Takes to train on and takes held out, their features, and the held-out ones played again with other noise.

    retakes is None for a folder; seconds_of_work went into playing and tracking what was not in the cache.
    """

    heard: data.Recordings
    features: Sequence[data.Features]
    held_out: data.Recordings
    held_features: Sequence[data.Features]
    retakes: Sequence[data.Recording] | None
    seconds_of_work: float

    def tracked_by(self, tracker: data.pitch.Tracker) -> Material:
        """The same takes, as another tracker hears them."""
        features, held_features = (data.extract_all(each, tracker=tracker) for each in (self.heard, self.held_out))
        return replace(self, features=features, held_features=held_features)


def material(source: str, minutes: float) -> Material:
    """source: an instrument of ours, that plays so many minutes, or a folder of recordings."""
    begun, retakes = time.monotonic(), None
    if source in INSTRUMENTS:
        play = getattr(instruments, source)
        takes, again = (play(minutes, seed=0, noise_seed=noise) for noise in (None, OTHER_NOISE))
        by_name = {take.name: other for take, other in zip(takes, again, strict=True)}
        heard, held_out = data.split(takes)
        retakes = [by_name[take.name] for take in held_out]
    else:
        heard, held_out = data.split(data.from_folder(source))
    features, held_features = (data.extract_all(each) for each in (heard, held_out))
    return Material(heard, features, held_out, held_features, retakes, time.monotonic() - begun)
