"""Sounds on their way to the browser, several of them, and how loud each is to be played."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import anywidget
import numpy as np
import torch
import traitlets

from ddsp_course import dsp
from ddsp_course.classroom.listening.sounds import audio_players

PIECE_BYTES = 4 * 2**20
"""Jupyter drops the connection at a message of 12 MiB; the course keeps below 8."""
SILENCE_DB = -80.0


class Takes(anywidget.AnyWidget):
    """A widget that plays several sounds: they travel in pieces, and share one level."""

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    sample_rate = traitlets.Int().tag(sync=True)
    lengths = traitlets.List(traitlets.Int(), help="samples of each take").tag(sync=True)
    peak = traitlets.Float(help="of all takes, before any gain").tag(sync=True)
    gain = traitlets.Float(help="of all takes, 1 unless they would clip").tag(sync=True)
    matched = traitlets.List(traitlets.Float(), help="gain of each take where all are equally loud").tag(sync=True)
    pieces = traitlets.Int(help="the takes, float32, one after another, are in sound_0, sound_1, ...").tag(sync=True)

    def __init__(self, sounds: Mapping[str, np.ndarray], sample_rate: int, **traits: Any) -> None:
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
            pieces=len(pieces),
            **traits,
        )
        # After the widget has been opened: each goes to the browser in a message of its own.
        self.add_traits(**{f"sound_{i}": traitlets.Bytes(piece).tag(sync=True) for i, piece in enumerate(pieces)})
        self.on_msg(self._send_sounds)

    def _send_sounds(self, _: Any, message: Any, __: Any) -> None:
        if message == "sounds":
            for i in range(self.pieces):
                self.send_state(f"sound_{i}")

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """All but the sounds, unless they are asked for by name.

        A page that is loaded anew gets the state of all widgets in one message: it asks for sounds afterwards.
        """
        if key is None:
            key = [name for name in self.keys if not name.startswith("sound_")]
        return super().get_state(key, drop_defaults)

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
