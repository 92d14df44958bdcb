"""compare(): sounds side by side in a notebook, to hear and to see."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import anywidget
import numpy as np
import torch
import traitlets
from IPython.display import display
from numpy.typing import ArrayLike
from torch import Tensor

from ddsp_course import dsp
from ddsp_course.classroom.listening.browser import static
from ddsp_course.classroom.listening.sounds import as_rate, as_row, as_sound, audio_players
from ddsp_course.data.errors import CourseError

MOST_TAKES = 9
PIECE_BYTES = 4 * 2**20
"""Jupyter drops the connection at a message of 12 MiB; the course keeps below 8."""
SILENCE_DB = -80.0


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


class Comparison(anywidget.AnyWidget):
    """The player of `compare`; all that it does, it does in the browser (static/compare.js)."""

    _esm = static("controls.js", "player.js", "pictures.js", "compare.js")
    _css = static("controls.css", "compare.css")

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    sample_rate = traitlets.Int().tag(sync=True)
    lengths = traitlets.List(traitlets.Int(), help="samples of each take").tag(sync=True)
    peak = traitlets.Float(help="of all takes, before any gain").tag(sync=True)
    gain = traitlets.Float(help="of all takes, 1 unless they would clip").tag(sync=True)
    matched = traitlets.List(traitlets.Float(), help="gain of each take where all are equally loud").tag(sync=True)
    f0_hz = traitlets.Dict(help="float32 curves by the take's place, 0 where there is no pitch").tag(sync=True)
    pieces = traitlets.Int(help="the takes, float32, one after another, are in sound_0, sound_1, ...").tag(sync=True)

    def __init__(self, sounds: Mapping[str, np.ndarray], sample_rate: int, curves: Mapping[str, np.ndarray]) -> None:
        self.sounds = dict(sounds)
        stream = b"".join(sound.astype("<f4").tobytes() for sound in sounds.values())
        pieces = [stream[i : i + PIECE_BYTES] for i in range(0, len(stream), PIECE_BYTES)]
        peak = max(float(np.abs(sound).max()) for sound in sounds.values())
        super().__init__(
            names=list(sounds),
            sample_rate=sample_rate,
            lengths=[len(sound) for sound in sounds.values()],
            peak=peak,
            gain=1 / max(1.0, peak),
            matched=matched_gains(list(sounds.values()), sample_rate),
            f0_hz={str(list(sounds).index(name)): curve.astype("<f4").tobytes() for name, curve in curves.items()},
            pieces=len(pieces),
        )
        # After the widget has been opened: each goes to the browser in a message of its own.
        self.add_traits(**{f"sound_{i}": traitlets.Bytes(piece).tag(sync=True) for i, piece in enumerate(pieces)})
        self.on_msg(lambda *_: [self.send_state(f"sound_{i}") for i in range(self.pieces)])

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """All but the sounds, unless they are asked for by name.

        A page that is loaded anew gets the state of all widgets in one message: it asks for sounds afterwards.
        """
        if key is None:
            key = [name for name in self.keys if not name.startswith("sound_")]
        return super().get_state(key, drop_defaults)

    def __repr__(self) -> str:
        return f"compare({', '.join(self.sounds)})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return {**data, "text/plain": repr(self), "text/html": self.audio_players()}, metadata

    def audio_players(self) -> str:
        """What a page without widgets shows instead."""
        return audio_players({name: sound * self.gain for name, sound in self.sounds.items()}, self.sample_rate)


def matched_gains(sounds: list[np.ndarray], sample_rate: int) -> list[float]:
    """Gains that make all takes as loud as the softest, by the mean of their A-weighted power; silence keeps its own.

    All are lowered further by one factor where a peak would still exceed 1.
    """
    levels_db = [_level_db(sound, sample_rate) for sound in sounds]
    softest_db = min((level for level in levels_db if level > SILENCE_DB), default=0.0)
    gains = [10 ** ((softest_db - level) / 20) if level > SILENCE_DB else 1.0 for level in levels_db]
    peak = max(gain * float(np.abs(sound).max()) for gain, sound in zip(gains, sounds, strict=True))
    return [gain / max(1.0, peak) for gain in gains]


def _level_db(sound: np.ndarray, sample_rate: int) -> float:
    """Measured at a peak of 1, so that neither a bug's 1e30 nor a whisper leaves the range of the measure."""
    peak = float(np.abs(sound).max())
    if peak == 0.0:
        return -math.inf
    hop = sample_rate // 64
    audio = torch.from_numpy(np.pad(sound / peak, (0, max(0, hop - len(sound)))))[None]
    power = 10 ** (dsp.loudness_db(audio, sample_rate=sample_rate, hop_size=hop).double() / 10)
    return 10 * math.log10(float(power.mean())) + 20 * math.log10(peak)


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
