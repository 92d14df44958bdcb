"""compare(): sounds side by side in a notebook, to hear and to see."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets
from IPython.display import display
from numpy.typing import ArrayLike
from torch import Tensor

from ddsp_course.classroom.listening.browser import static
from ddsp_course.classroom.listening.sounds import as_rate, as_row, as_sound
from ddsp_course.classroom.listening.takes import Takes
from ddsp_course.data.errors import CourseError

MOST_TAKES = 9


def compare(
    takes: Mapping[str, ArrayLike | Tensor],
    *,
    sample_rate: int = 16_000,
    f0_hz: ArrayLike | Tensor | Mapping[str, ArrayLike | Tensor] | None = None,
) -> None:
    """Show sounds side by side: switch between them while they play, loop a part, see each one's spectrogram.

    takes: one to nine names, each with its sound [samples] or [1, samples], at most a minute; lengths may differ.
    f0_hz: a pitch curve [frames] in Hz, spread evenly over the longest take and drawn over all of them; or a curve for
    each name, spread over that name's take. 0 and NaN mean no pitch.
    Takes share one level, so that what is louder sounds louder; sounds that would clip are all made softer by the same
    factor, and the player says so. Without a front end (on a static page) there are ordinary audio players instead.
    Raises CourseError for what is no sound: NaN, an empty take, two channels.
    """
    if not isinstance(takes, Mapping):
        raise CourseError('compare takes a dictionary of names and sounds: compare({"original": sound}).')
    if not 1 <= len(takes) <= MOST_TAKES:
        raise CourseError(f"compare plays one to {MOST_TAKES} takes, not {len(takes)}.")
    sample_rate = as_rate(sample_rate)
    sounds = {str(name): as_sound(str(name), take, sample_rate) for name, take in takes.items()}
    curves = _curves(f0_hz, sounds)
    display(Comparison(sounds, sample_rate, curves))


class Comparison(Takes):
    """The player of `compare`; all that it does, it does in the browser (static/compare.js)."""

    _esm = static("controls.js", "takes.js", "player.js", "pictures.js", "compare.js")
    _css = static("controls.css", "compare.css")

    f0_hz = traitlets.Dict(help="float32 curves by the take's place, 0 where there is no pitch").tag(sync=True)

    def __init__(self, sounds: Mapping[str, np.ndarray], sample_rate: int, curves: Mapping[str, np.ndarray]) -> None:
        f0_hz = {str(list(sounds).index(name)): curve.astype("<f4").tobytes() for name, curve in curves.items()}
        super().__init__(sounds, sample_rate, f0_hz=f0_hz)

    def __repr__(self) -> str:
        return f"compare({', '.join(self.sounds)})"


def _curves(f0_hz: Any, sounds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """By name of the take; one curve for all is spread over the longest."""
    if f0_hz is None:
        return {}
    if not isinstance(f0_hz, Mapping):
        longest = max(map(len, sounds.values()))
        curve = _pitch(f0_hz, "f0_hz")
        return {name: curve[: math.ceil(len(curve) * len(sound) / longest)] for name, sound in sounds.items()}
    if unknown := [str(name) for name in f0_hz if str(name) not in sounds]:
        raise CourseError(f'f0_hz has a curve for "{unknown[0]}", but the takes are {", ".join(sounds)}.')
    return {str(name): _pitch(curve, f'f0_hz of "{name}"') for name, curve in f0_hz.items()}


def _pitch(values: ArrayLike | Tensor, what: str) -> np.ndarray:
    curve = as_row(values, what, "frames")
    if np.isinf(curve).any():
        raise CourseError(f"{what} holds infinity: give 0 or NaN where there is no pitch.")
    return np.nan_to_num(curve).clip(min=0)
