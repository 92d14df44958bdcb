"""What is played, and what is refused in one sentence: arrays and tensors as sounds, rates, curves, MP3 files."""

from __future__ import annotations

import base64
import html
import io
import operator
from collections.abc import Mapping

import numpy as np
import soundfile
import soxr
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from ddsp_course.data.errors import CourseError

MOST_SECONDS = 60
RATES = range(8_000, 96_001)
MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)


def as_array(values: ArrayLike | Tensor) -> np.ndarray:
    if isinstance(values, Tensor):
        values = values.detach().cpu()
        values = values.float() if values.dtype == torch.bfloat16 else values  # which NumPy does not know
    return np.asarray(values)


def as_row(values: ArrayLike | Tensor, what: str, length: str) -> np.ndarray:
    """[n] or [1, n] -> float32 [n]."""
    array = as_array(values)
    if array.dtype.kind not in "fiu":
        raise CourseError(f"{what} is not made of numbers.")
    if array.ndim == 2 and len(array) == 1:
        array = array[0]
    if array.ndim != 1:
        shape = ", ".join(map(str, array.shape))
        raise CourseError(f"{what} has the shape [{shape}]: give one at a time, [{length}] or [1, {length}].")
    if not array.size:
        raise CourseError(f"{what} is empty.")
    return array.astype(np.float32)


def as_sound(name: str, take: ArrayLike | Tensor, sample_rate: int) -> np.ndarray:
    sound = as_row(take, f'The take "{name}"', "samples")
    wrong = np.flatnonzero(~np.isfinite(sound))
    if wrong.size:
        kind = "NaN" if np.isnan(sound[wrong[0]]) else "infinity"
        raise CourseError(f'The take "{name}" cannot be played: sample {wrong[0]} is {kind} ({wrong.size} in all).')
    if len(sound) > MOST_SECONDS * sample_rate:
        seconds = len(sound) / sample_rate
        raise CourseError(f'The take "{name}" lasts {seconds:.0f} s: compare plays at most {MOST_SECONDS} s, cut it.')
    return sound


def as_rate(sample_rate: int) -> int:
    try:
        rate = operator.index(sample_rate)
    except TypeError:
        rate = 0
    if rate not in RATES:
        raise CourseError(
            f"sample_rate is {sample_rate}: a whole number from {RATES[0]} to {RATES[-1]} Hz can be played."
        )
    return rate


def audio_players(sounds: Mapping[str, np.ndarray], sample_rate: int) -> str:
    """What a page without widgets shows instead: the browser's own players, with compressed sound, as HTML."""
    figures = (
        f'<figure style="margin: 0 0 .5em"><figcaption>{html.escape(name)}</figcaption>'
        f'<audio controls preload="metadata" aria-label="{html.escape(name)}" src="data:audio/mpeg;base64,'
        f'{base64.b64encode(mp3(sound, sample_rate)).decode()}"></audio></figure>'
        for name, sound in sounds.items()
    )
    return f"<div>{''.join(figures)}</div>"


def mp3(sound: np.ndarray, sample_rate: int) -> bytes:
    """A sound as an MP3 file of about 40 kbit/s, which every browser plays."""
    if sample_rate not in MP3_RATES:
        sample_rate, given = (
            min((rate for rate in MP3_RATES if rate >= sample_rate), default=MP3_RATES[-1]),
            sample_rate,
        )
        sound = soxr.resample(sound, given, sample_rate)
    file = io.BytesIO()
    soundfile.write(file, sound, sample_rate, format="MP3")
    return file.getvalue()
