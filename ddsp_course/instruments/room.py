"""The room an instrument is recorded in: an impulse response that is known to the last tap."""

from __future__ import annotations

import numpy as np
import scipy
import torch
from torch import Tensor

from ddsp_course.data.config import AudioConfig, checked_config, is_whole

DRAWING_RATE = 48_000
"""Rooms are drawn at this rate and resampled, so that a seed means the same room at every rate."""
BANDS = ((60.0, 500.0, 1.15), (500.0, 2000.0, 1.0), (2000.0, 7500.0, 0.6), (7500.0, 20_000.0, 0.35))
"""From Hz, to Hz, and decay time there as a multiple of RT60: air and curtains swallow treble first."""


def room_impulse_response(
    seconds_rt60: float = 0.7,
    seed: int = 3,
    config: AudioConfig = AudioConfig(),
    *,
    direct_to_reverberant_db: float = 9.0,
) -> Tensor:
    """What a room answers to a single click: the click itself, a few early echoes, a noise that dies away.

    seconds_rt60: the time in which the middle of the spectrum (500 to 2000 Hz) falls by 60 dB;
    direct_to_reverberant_db: energy of the direct sound over that of all that follows, below 8 kHz. -> [taps], float32,
    tap 0 exactly 1, about 1.3 * seconds_rt60 long. Raises ValueError for a decay time no room has, a ratio that is no
    number, or a seed below 0.   Lesson 5.
    """
    config = checked_config(config)
    if not 0.05 <= seconds_rt60 <= 10:
        raise ValueError(f"seconds_rt60 must lie between 0.05 and 10 seconds, not {seconds_rt60}.")
    if not np.isfinite(direct_to_reverberant_db) or not is_whole(seed) or seed < 0:
        raise ValueError(
            f"A room needs a finite direct_to_reverberant_db and a seed from 0 upwards, not {direct_to_reverberant_db} "
            f"and {seed}."
        )
    rng = np.random.default_rng([seed, 5])
    length = round(1.3 * seconds_rt60 * DRAWING_RATE)
    times = np.arange(length) / DRAWING_RATE
    tail = np.zeros(length)
    for low, high, share in BANDS:
        band = scipy.signal.butter(2, (low, high), "bandpass", fs=DRAWING_RATE, output="sos")
        tail += scipy.signal.sosfilt(band, rng.standard_normal(length)) * 10 ** (-3 * times / (seconds_rt60 * share))
    tail *= np.clip((times - 0.012) / 0.02, 0, 1)  # the diffuse part takes 30 ms to build up
    for delay, gain, sign in zip(
        rng.uniform(0.004, 0.04, 7), rng.uniform(1, 3, 7), rng.choice([-1, 1], 7), strict=True
    ):
        tail[int(delay * DRAWING_RATE)] += gain * sign

    # Measured below 8 kHz, where every rate can hear; a click has power 1 at each frequency, so this is the ratio.
    power = np.abs(np.fft.rfft(tail)) ** 2
    power = power[: round(8000 * length / DRAWING_RATE)].mean()
    tail *= 10 ** (-direct_to_reverberant_db / 20) / np.sqrt(power)

    common = int(np.gcd(config.sample_rate, DRAWING_RATE))
    response = scipy.signal.resample_poly(tail, config.sample_rate // common, DRAWING_RATE // common)
    response *= DRAWING_RATE / config.sample_rate  # fewer taps a second, each stands for more of the response
    response[0] = 1.0
    return torch.from_numpy(response.astype(np.float32))


def in_room(dry: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Dry sound [samples], heard in a room [taps]: their convolution, cut to the length of the sound."""
    return scipy.signal.oaconvolve(dry, room)[: len(dry)]
