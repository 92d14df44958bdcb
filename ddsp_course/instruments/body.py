"""What a vibrating string or air column sounds through: a body, as an impulse response made of its resonances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ddsp_course.data.config import AudioConfig

LIKE_16_KHZ = 16_000


@dataclass(frozen=True)
class Mode:
    """One resonance: where it lies in Hz, how sharp it is (Q), how strongly it is driven (the sign is its phase)."""

    frequency_hz: float
    sharpness: float
    strength: float


def body_response(modes: list[Mode], *, direct: float, ringing: float, config: AudioConfig) -> np.ndarray:
    """Decaying sines, one a mode, beside a direct path of gain `direct`: [taps] at the config's rate, 90 ms long.

    `ringing` is the gain of all modes below 7.5 kHz together (root mean square over 0 to 8 kHz). Modes that the rate
    cannot carry are left out, the others sound the same at every rate.
    """
    times = np.arange(round(0.09 * config.sample_rate)) / config.sample_rate
    response = np.zeros_like(times)
    energy = 0.0
    for mode in modes:
        frequency = mode.frequency_hz
        if frequency < 0.47 * config.sample_rate:
            decay = np.exp(-np.pi * frequency / mode.sharpness * times)
            response += mode.strength * frequency * decay * np.sin(2 * np.pi * frequency * times)
        if frequency < 7500:  # the integral over time of the line above, squared
            energy += mode.strength**2 * frequency * mode.sharpness / (4 * np.pi)
    response *= ringing * np.sqrt(LIKE_16_KHZ / energy) / config.sample_rate
    response[0] += direct
    return response
