"""What the data doctor listens for: clipping, notes on top of each other, rooms, background noise."""

from __future__ import annotations

import numpy as np

from ddsp_course.data.decoding import ClipMeter
from ddsp_course.data.recordings import FileRecording
from ddsp_course.data.types import Features, Recording

LOOKS_A_SECOND = 10
HIGHEST_HZ = 2500.0
"""Above this, bow and breath noise have peaks of their own, and small inharmonicity moves partials away from
multiples."""
PEAK_RANGE_DB = 25.0
PARTIAL_TOLERANCE = 0.03
"""A peak within 3 % of a multiple of the pitch belongs to it: vibrato moves partials by 2 %, stiff strings by less."""


def clipped_share(recording: Recording) -> float:
    """The share of samples that are stuck at the sound's extreme, 0 to 1; of a file, as it was before resampling.

    Lesson 8.
    """
    if isinstance(recording, FileRecording):
        return recording.clipped
    meter = ClipMeter()
    meter.add(recording.audio[0].cpu().numpy()[:, None])
    return meter.share


def unexplained_share(recording: Recording, features: Features, loud: np.ndarray) -> np.ndarray:
    """How much of the spectrum's peaks does not belong to the tracked pitch: two notes at once leave one unexplained.

    loud [frames], where to look -> one share of power, 0 to 1, for each moment looked at (ten a second). Looks at peaks
    up to 2.5 kHz, within 25 dB of the highest, in windows of 64 ms.   Lesson 8.
    """
    config = recording.config
    looks = np.flatnonzero(loud)
    looks = looks[np.unique(looks // max(1, round(config.frame_rate / LOOKS_A_SECOND)), return_index=True)[1]]
    size = config.scaled(1024)
    audio = np.pad(recording.audio[0].cpu().numpy(), (size // 2, size))
    resolution = config.sample_rate / size
    shares = np.zeros(len(looks))
    window = np.hanning(size).astype(np.float32)
    for row, frame in enumerate(looks):
        start = frame * config.hop_size  # the window's centre lies at this sample, for half a window was put before
        power = np.abs(np.fft.rfft(audio[start : start + size] * window))[: int(HIGHEST_HZ / resolution)] ** 2
        peak = np.flatnonzero((power[1:-1] > power[:-2]) & (power[1:-1] >= power[2:])) + 1
        peak = peak[(power[peak] > power.max() * 10 ** (-PEAK_RANGE_DB / 10)) & (peak > 2)]
        if len(peak):
            pitch, hz = float(features.f0_hz[0, frame]), peak * resolution
            distance = np.abs(hz - np.maximum(1, np.round(hz / pitch)) * pitch)
            near = np.maximum(PARTIAL_TOLERANCE * hz, 1.2 * resolution)
            foreign = distance > np.minimum(near, 0.35 * pitch)
            shares[row] = power[peak][foreign].sum() / power[peak].sum()
    return shares


def decay_times(loudness_db: np.ndarray, frame_rate: float, *, drop_db: float = 25.0) -> np.ndarray:
    """How long the room rings: the time in which sound would fall by 60 dB, wherever it is heard to fall by 25 dB.

    loudness_db [frames] -> [falls], in seconds. The slope is taken from 8 to 25 dB below the start of the fall: before
    that the instrument itself is heard to stop.   Lesson 5.
    """
    width = max(1, round(0.02 * frame_rate))
    level = np.convolve(
        np.pad(loudness_db, (width // 2, width - 1 - width // 2), mode="edge"), np.ones(width) / width, "valid"
    )
    found, start = [], 0
    while start < len(level) - 1:
        end, lowest = start, level[start]
        while end + 1 < len(level) and level[end + 1] <= lowest + 1.0:  # a ripple of 1 dB is still the same fall
            end += 1
            lowest = min(lowest, level[end])
        fall = level[start : end + 1]
        first, last = int((fall <= fall[0] - 8).argmax()), int((fall <= fall[0] - drop_db).argmax())
        if last - first >= 5:
            found.append(60 * (last - first) / frame_rate / float(fall[first] - fall[last]))
        start = max(end, start + 1)
    return np.array(found)


def noise_floor(loudness_db: np.ndarray, confidence: np.ndarray, frame_rate: float) -> float | None:
    """The loudness of the background, in dB, if 0.4 s of it can be heard: quiet, steady, and without pitch; else None.

    loudness_db, confidence [frames]. A tail of reverberation falls and a held note has a pitch, so neither counts; nor
    does digital silence.   Lesson 8.
    """
    size = round(0.4 * frame_rate)
    if len(loudness_db) < size:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(loudness_db, size)[:: max(1, size // 8)]
    sure = np.lib.stride_tricks.sliding_window_view(confidence, size)[:: max(1, size // 8)]
    halves = np.abs(windows[:, : size // 2].mean(axis=1) - windows[:, size // 2 :].mean(axis=1))
    level = windows.mean(axis=1)
    background = (halves < 2.0) & (windows.std(axis=1) < 3.0) & (np.median(sure, axis=1) < 0.3) & (level > -75)
    background &= level < np.quantile(loudness_db, 0.95) - 20
    return float(level[background].min()) if background.any() else None
