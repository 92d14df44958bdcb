"""Units: pitch, level, and the curves between what a network says and what an oscillator understands."""

from __future__ import annotations

import math

import torch
from torch import Tensor

DB_FLOOR = -80.0


def hz_to_midi(frequency_hz: Tensor) -> Tensor:
    """Where on a piano a frequency lies: 440 Hz is 69, an octave is 12, and silence (0 Hz or less) is 0.

    frequency_hz, any shape, in Hz -> same shape, in MIDI notes (semitones, fractions allowed).   Lesson 2.
    """
    sounding = frequency_hz > 0
    midi = 69.0 + 12.0 * torch.log2(torch.where(sounding, frequency_hz, torch.full_like(frequency_hz, 440.0)) / 440.0)
    return torch.where(sounding, midi, torch.zeros_like(midi))


def midi_to_hz(midi: Tensor) -> Tensor:
    """How fast a MIDI note vibrates: 69 is 440 Hz, and 12 more is twice as fast.

    midi, any shape, in semitones -> same shape, in Hz. Note 0 is a pitch here (8.18 Hz), not silence.   Lesson 2.
    """
    return 440.0 * torch.exp2((midi - 69.0) / 12.0)


def power_to_db(power: Tensor, floor_db: float = DB_FLOOR) -> Tensor:
    """Power in decibels: ten times the power is 10 dB more, and nothing is quieter than the floor.

    power, any shape, at least 0 -> same shape, in dB re 1, at least floor_db; below that the gradient is 0.   Lesson 0.
    """
    return 10.0 * torch.log10(power.clamp_min(10.0 ** (floor_db / 10.0)))


def db_to_power(db: Tensor) -> Tensor:
    """Back from decibels to power: 10 dB is 10.

    db, any shape, in dB -> same shape.   Lesson 0.
    """
    return torch.exp(db * (math.log(10.0) / 10.0))


def amplitude_to_db(amplitude: Tensor, floor_db: float = DB_FLOOR) -> Tensor:
    """Amplitude in decibels: ten times the amplitude is 20 dB more, because power goes with its square.

    amplitude, any shape; the sign does not matter -> same shape, in dB re 1, at least floor_db.   Lesson 0.
    """
    return 20.0 * torch.log10(amplitude.abs().clamp_min(10.0 ** (floor_db / 20.0)))


def db_to_amplitude(db: Tensor) -> Tensor:
    """Back from decibels to amplitude: 20 dB is 10, -6 dB about a half.

    db, any shape, in dB -> same shape.   Lesson 0.
    """
    return torch.exp(db * (math.log(10.0) / 20.0))


def exp_sigmoid(x: Tensor, exponent: float = 10.0, max_value: float = 2.0, threshold: float = 1e-7) -> Tensor:
    """Any number a network says, as an amplitude that is never negative, never exactly zero and never above 2.

    x, any shape -> same shape: max_value * sigmoid(x) ** ln(exponent) + threshold. At x = 0 it is 0.405; far below
    zero a step of 1 is a factor exponent (20 dB).   Lesson 2.   Engel et al. 2020, appendix B.5, arXiv:2001.04643
    """
    return max_value * torch.exp(math.log(exponent) * torch.nn.functional.logsigmoid(x)) + threshold


def unit_to_hz(unit: Tensor, hz_min: float, hz_max: float) -> Tensor:
    """A slider from 0 to 1 as a frequency, equal steps being equal musical intervals.

    unit, any shape (clipped to 0 to 1) -> same shape, from hz_min to hz_max Hz. Raises ValueError unless 0 < hz_min <
    hz_max.   Lesson 7.
    """
    low, high = _log_range(hz_min, hz_max)
    return torch.exp(low + unit.clamp(0.0, 1.0) * (high - low))


def hz_to_unit(frequency_hz: Tensor, hz_min: float, hz_max: float) -> Tensor:
    """A frequency as a slider position from 0 (hz_min) to 1 (hz_max), equal intervals being equal steps.

    frequency_hz, any shape, in Hz (clipped to the range) -> same shape. Raises ValueError unless 0 < hz_min <
    hz_max.   Lesson 7.
    """
    low, high = _log_range(hz_min, hz_max)
    return (torch.log(frequency_hz.clamp(hz_min, hz_max)) - low) / (high - low)


def _log_range(hz_min: float, hz_max: float) -> tuple[float, float]:
    if not 0 < hz_min < hz_max:
        raise ValueError(f"A logarithmic scale needs 0 < hz_min < hz_max, not {hz_min} and {hz_max} Hz.")
    return math.log(hz_min), math.log(hz_max)


def hz_to_mel(frequency_hz: Tensor) -> Tensor:
    """The mel scale: equal steps sound about equally far apart, and 1000 Hz is 1000 mel.

    frequency_hz, any shape, in Hz -> same shape, in mel.   Lesson 8.   O'Shaughnessy 1987 (the form used by HTK)
    """
    return 1127.0 * torch.log1p(frequency_hz / 700.0)


def mel_to_hz(mel: Tensor) -> Tensor:
    """Back from mel to Hz.

    mel, any shape -> same shape, in Hz.   Lesson 8.
    """
    return 700.0 * torch.expm1(mel / 1127.0)


def hz_to_erb(frequency_hz: Tensor) -> Tensor:
    """How many of the ear's own filters (equivalent rectangular bandwidths) lie below a frequency.

    frequency_hz, any shape, in Hz -> same shape, in ERB (Cams); 1000 Hz is 15.6.   Lesson 6.   Glasberg and Moore 1990
    """
    return _ERB_PER_NEPER * torch.log1p(_ERB_PER_HZ * frequency_hz)


def erb_to_hz(erb: Tensor) -> Tensor:
    """Back from the ERB scale to Hz.

    erb, any shape -> same shape, in Hz.   Lesson 6.
    """
    return torch.expm1(erb / _ERB_PER_NEPER) / _ERB_PER_HZ


_ERB_PER_HZ = 0.00437
_ERB_PER_NEPER = 21.4 / math.log(10.0)


def hz_to_bark(frequency_hz: Tensor) -> Tensor:
    """The critical bands of hearing, counted from the bottom: 1000 Hz is 8.5 bark.

    frequency_hz, any shape, in Hz -> same shape, in bark.   Lesson 6.   Traunmueller 1990
    """
    return 26.81 * frequency_hz / (1960.0 + frequency_hz) - 0.53


def bark_to_hz(bark: Tensor) -> Tensor:
    """Back from bark to Hz.

    bark, any shape, below 26.28 -> same shape, in Hz.   Lesson 6.
    """
    return 1960.0 * (bark + 0.53) / (26.28 - bark)
