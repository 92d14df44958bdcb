"""What is measured of rooms and rests: decay curves, T20, direct to reverberant, and how dry a dry stem is.

Taps are never compared one by one: a magnitude loss leaves their phases free, and early taps may trade with timbre.
What can be known is the late decay and the level in the rests.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from ddsp_course.autoencoder.metrics import curve
from ddsp_course.data import AudioConfig, Performance, Recording

FLOOR_DB = -80.0
OCTAVE_BANDS_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0)


def octave_bands_hz(sample_rate: int) -> tuple[float, ...]:
    """Centres of the octave bands from 125 Hz to 4 kHz that lie wholly below Nyquist, in Hz.   Lesson 5."""
    return tuple(centre for centre in OCTAVE_BANDS_HZ if centre * math.sqrt(2.0) < 0.5 * sample_rate)


def energy_decay_curve(
    impulse_response: ArrayLike | Tensor, *, sample_rate: int, band_hz: float | None = None
) -> NDArray[np.float64]:
    """How much of a room's energy is still to come: a curve that falls smoothly even where the taps are noise.

    impulse_response [taps] -> [taps] in dB, 0 at the start (-inf after the last energy). The direct tap, index 0, is
    left out: it is the dry sound, not the room. band_hz: the centre of an octave band, or None for the whole. The band
    filter runs backwards in time, so that its own ringing does not lengthen the decay. Raises ValueError for a room
    without taps or energy.   Lesson 5.   Schroeder 1965, doi:10.1121/1.1909343; Jacobsen and Rindel 1987.
    """
    taps = curve(impulse_response).copy()
    if taps.size < 2 or not np.isfinite(taps).all():
        raise ValueError("An impulse response needs at least two finite taps.")
    taps[0] = 0.0
    if not taps.any():
        raise ValueError("This impulse response has a direct tap and nothing after it: there is no room to measure.")
    if band_hz is not None:
        edges = (band_hz / math.sqrt(2.0), band_hz * math.sqrt(2.0))
        if not 0.0 < edges[1] < sample_rate / 2:
            raise ValueError(f"The octave around {band_hz} Hz does not fit below Nyquist ({sample_rate / 2:g} Hz).")
        sections = scipy.signal.butter(3, edges, btype="bandpass", fs=sample_rate, output="sos")
        taps = scipy.signal.sosfilt(sections, taps[::-1])[::-1]
    energy = np.cumsum(np.square(taps[::-1]))[::-1]
    with np.errstate(divide="ignore"):
        return 10.0 * np.log10(energy / energy[0])


def t20_s(impulse_response: ArrayLike | Tensor, *, sample_rate: int, band_hz: float | None = None) -> float:
    """Reverberation time: how long a decay of 60 dB would take, read off its fall from -5 to -25 dB, in seconds.

    Arguments as for energy_decay_curve. NaN where the decay is not 25 dB deep or shorter than two samples.
    Lesson 5.   ISO 3382-1:2009.
    """
    decay_db = energy_decay_curve(impulse_response, sample_rate=sample_rate, band_hz=band_hz)
    inside = np.flatnonzero((decay_db <= -5.0) & (decay_db >= -25.0))
    if inside.size < 3 or not (decay_db < -25.0).any():
        return math.nan
    slope_db_per_s = np.polyfit(inside / sample_rate, decay_db[inside], 1)[0]
    return float(-60.0 / slope_db_per_s)


def direct_to_reverberant_db(impulse_response: ArrayLike | Tensor, *, sample_rate: int, early_ms: float = 0.0) -> float:
    """How strong the dry sound is against the room, in dB: energy of the direct tap over that of all later ones.

    impulse_response [taps] with the direct tap at index 0. early_ms leaves out the first milliseconds of the room,
    which an instrument's body can imitate (50 is a fair choice). +inf for no room.   Lesson 13.
    Naylor and Gaubitch 2010, chapter 2.
    """
    taps = curve(impulse_response)
    late = taps[max(1, round(early_ms * 1e-3 * sample_rate)) :]
    energy = float(np.square(late).sum())
    return math.inf if energy == 0.0 else float(10.0 * np.log10(taps[0] ** 2 / energy))


def frame_power(audio: ArrayLike | Tensor, config: AudioConfig) -> NDArray[np.float64]:
    """Mean square of 16 ms around each frame (Hann-weighted): audio [samples] -> [frames].   Lesson 11."""
    sound = curve(audio)
    window = scipy.signal.windows.hann(config.scaled(256), sym=False)
    smooth = scipy.signal.oaconvolve(np.square(sound), window / window.sum(), mode="same")
    return np.maximum(smooth[:: config.hop_size], 0.0)


def rest_level_db(
    audio: ArrayLike | Tensor, *, sounding: ArrayLike | Tensor, resting: ArrayLike | Tensor, config: AudioConfig
) -> float:
    """How far below the playing the rests are, in dB: mean power in resting frames over that in sounding frames.

    audio [samples]; sounding and resting [frames], true where somebody plays and where nobody does. Relative to the
    playing, because the scale between instrument and room cannot be known: turning a stem down does not dry it.
    Limited to -80 dB; NaN without rests or without sound.   Lesson 13.
    """
    power, plays, rests = frame_power(audio, config), curve(sounding) > 0.5, curve(resting) > 0.5
    if not plays.any() or not rests.any() or power[plays].mean() <= 0.0:
        return math.nan
    return float(10.0 * np.log10(max(power[rests].mean() / power[plays].mean(), 10.0 ** (FLOOR_DB / 10.0))))


def dereverberation_db(
    wet: ArrayLike | Tensor,
    dry: ArrayLike | Tensor,
    *,
    sounding: ArrayLike | Tensor,
    resting: ArrayLike | Tensor,
    config: AudioConfig,
) -> float:
    """How much quieter the rests of the dry stem are than those of the recording, in dB: more is drier, 0 is as wet.

    rest_level_db(wet) - rest_level_db(dry), wet [samples] the recording and dry [samples] a stem that should hold no
    room. Resting frames must leave out the first 50 ms after a note, where body and early room cannot be told apart.
    Lesson 13.
    """
    levels = [rest_level_db(each, sounding=sounding, resting=resting, config=config) for each in (wet, dry)]
    return levels[0] - levels[1]


def decay_rate_db_per_s(audio: ArrayLike | Tensor, closed: ArrayLike | Tensor, config: AudioConfig) -> float:
    """How fast the sound dies after the last note-off, in dB a second: a room alone gives 60 / RT60.

    audio [samples]; closed [frames], true where no note is held. A straight line through the level of the last rest,
    over at most 0.4 s, until 10 dB above the quietest of the rest or -80 dB. NaN for rests under 0.1 s.   Lesson 13.
    """
    gaps = np.flatnonzero(np.diff(np.concatenate([[0], curve(closed) > 0.5, [0]]).astype(int)))
    if gaps.size == 0:
        return math.nan
    start, end = int(gaps[-2]), int(gaps[-1])
    if start == 0 or end - start < 0.1 * config.frame_rate:
        return math.nan
    with np.errstate(divide="ignore"):
        level = np.maximum(10.0 * np.log10(frame_power(audio, config)), FLOOR_DB)[start:end]
    # The first 20 ms hold the release itself; a sound that is gone by then is judged from the note-off on.
    level = level[: round(0.4 * config.frame_rate)]
    stop = max(FLOOR_DB, float(level.min()) + 10.0)
    release = round(0.02 * config.frame_rate)
    falling = _until(level[release:], stop)
    if falling.size < 5:
        falling = _until(level, stop)
    if falling.size < 2 or falling[0] <= stop:
        return math.nan
    return float(-np.polyfit(np.arange(falling.size) / config.frame_rate, falling, 1)[0])


def _until(level: NDArray[np.float64], stop: float) -> NDArray[np.float64]:
    """The start of a level curve up to and with its first value at or below `stop`."""
    below = np.flatnonzero(level <= stop)
    return level[: below[0] + 1] if below.size else level


def compare_rooms(learned: Tensor | None, recordings: Sequence[Recording], sample_rate: int) -> dict:
    """T20 in octave bands and direct-to-reverberant ratios of the learned room, and of the true one where it is known.

    -> {"t20_s": {"broadband" or band in Hz: {"learned", "true"}}, "direct_to_reverberant_db": ..., "late": ...}, where
    late leaves out the first 50 ms; None for what cannot be measured.   Lesson 13.
    """
    true = next((take.room for take in recordings if isinstance(take, Performance)), None)
    rooms = {"learned": learned, "true": true}
    rooms = {name: room for name, room in rooms.items() if room is not None and bool(room[1:].any())}
    if not rooms:
        return {}
    found: dict = {"t20_s": {}, "direct_to_reverberant_db": {}, "direct_to_late_db": {}}
    for band in (None, *octave_bands_hz(sample_rate)):
        found["t20_s"]["broadband" if band is None else f"{band:g}"] = {
            name: t20_s(room, sample_rate=sample_rate, band_hz=band) for name, room in rooms.items()
        }
    for name, room in rooms.items():
        for key, early in (("direct_to_reverberant_db", 0.0), ("direct_to_late_db", 50.0)):
            found[key][name] = direct_to_reverberant_db(room, sample_rate=sample_rate, early_ms=early)
    return found
