"""Did each note sound at its pitch? Bowed strings squeal, reeds overblow: such takes are played again."""

from __future__ import annotations

import numpy as np
import scipy

from ddsp_course.instruments.performer import Gesture

RATE = 16_000
"""Notes are judged at this rate whatever the recording's: a seed is the same performance at 16, 32 and 48 kHz.

At 44.1 kHz frames are not quite 4 ms long (176 samples), the bow's curves are sampled elsewhere, and some takes of the
bowed string lock into a wrong regime there only, and are drawn anew: other music under the same seed.
"""
PER_CYCLE = 32
"""Samples a cycle once time has been stretched so that every commanded period is equally long."""
ATTACK_S = 0.06
WINDOW_S = 0.06


def wrong_notes(sound: np.ndarray, gesture: Gesture) -> list[int]:
    """The numbers of the notes whose steady part repeats at another period than the commanded one.

    sound [samples], dry. Time is stretched until the commanded period has 32 samples everywhere (that takes vibrato and
    glides out); then the first strong peak of the autocorrelation has to lie at 32, not at 16 (an octave too high), 21
    (a fifth) or 64. Windows of 60 ms or 10 periods; a note is wrong if more than a sixth of its windows are.
    """
    common = int(np.gcd(gesture.config.sample_rate, RATE))
    sound = scipy.signal.resample_poly(sound, RATE // common, gesture.config.sample_rate // common)
    at = np.arange(len(sound)) / RATE * gesture.config.frame_rate
    cycles = np.cumsum(np.interp(at, np.arange(gesture.frames), gesture.f0_hz)) / RATE
    stretched = np.interp(np.arange(int(cycles[-1] * PER_CYCLE)) / PER_CYCLE, cycles, sound)
    wrong = []
    for number, note in enumerate(gesture.notes):
        start, end = (min(round(s * RATE), len(sound) - 1) for s in (note.start_s + ATTACK_S, note.end_s))
        if end <= start:
            continue
        steady = stretched[int(cycles[start] * PER_CYCLE) : int(cycles[end] * PER_CYCLE)]
        f0_hz = (cycles[end] - cycles[start]) * RATE / (end - start)
        size = round(max(WINDOW_S * f0_hz, 10) * PER_CYCLE)
        windows = [steady[i : i + size] for i in range(0, len(steady) - size + 1, size // 2)]
        if windows and np.mean([not right_regime(window) for window in windows]) > 1 / 6:
            wrong.append(number)
    return wrong


def right_regime(window: np.ndarray) -> bool:
    """Whether the first strong peak of a stretched window's autocorrelation lies within a semitone of one cycle."""
    shortest, longest = round(0.38 * PER_CYCLE), round(2.6 * PER_CYCLE)
    window = window - window.mean()
    size = len(window)
    padded = scipy.fft.next_fast_len(size + longest, real=True)
    correlation = scipy.fft.irfft(np.abs(scipy.fft.rfft(window, padded)) ** 2)[: longest + 1]
    energy = np.concatenate([[0.0], np.cumsum(window**2)])
    lags = np.arange(longest + 1)
    correlation = correlation / np.sqrt(energy[size - lags] * (energy[size] - energy[lags]) + 1e-20)
    middle = correlation[shortest:longest]
    is_peak = (middle > correlation[shortest - 1 : longest - 1]) & (middle >= correlation[shortest + 1 : longest + 1])
    peaks = np.flatnonzero(is_peak)
    if not len(peaks):
        return False
    first = shortest + peaks[np.argmax(middle[peaks] > 0.88 * middle[peaks].max())]
    return bool(abs(np.log2(first / PER_CYCLE)) < 1 / 12)
