"""What is measured of a resynthesis, each by its named definition: pitch, loudness, timbre, cepstra.

Curves are one-dimensional arrays or tensors with one value a frame; a measure with no frame to look at is NaN.
Numbers of the literature that share a name need not share a definition: the docstrings say whose each one is.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.fft import dct
from torch import Tensor

from ddsp_course import dsp
from ddsp_course.data import AudioConfig

CONFIDENT = 0.85
"""Frames whose pitch counts: the threshold of Engel et al. 2020 for CREPE's confidence."""
OUTLIER_SEMITONES = 12.0
MEL_FLOOR_DB = -100.0
"""Below the noise of a 16-bit recording nothing is compared."""
MEL_BANDS = 40
MEL_WINDOW = 1024
"""Samples at 16 kHz; a sound of half of it or less has no mel levels."""
EVERY = 4
"""Mel levels are taken at every fourth feature frame (16 ms at the presets), in windows of 64 ms."""


def curve(values: ArrayLike | Tensor) -> NDArray[np.float64]:
    """One value a frame as a flat float64 array, from a tensor on any device or an array.   Lesson 11."""
    array = values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)
    return array.astype(np.float64).reshape(-1)


def _same_length(*curves: NDArray) -> None:
    if len({len(each) for each in curves}) > 1:
        raise ValueError(
            f"Curves that are compared must have equally many frames, not {[len(each) for each in curves]}."
        )


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else math.nan


def f0_l1_semitones(
    f0_hz: ArrayLike | Tensor, confidence: ArrayLike | Tensor, resynthesis_f0_hz: ArrayLike | Tensor
) -> float:
    """How far the resynthesis is off pitch: mean absolute difference of two tracked pitches, in semitones.

    f0_hz and confidence [frames] of the original, resynthesis_f0_hz [frames]; only frames where the original's
    confidence is at least 0.85 count.   Lesson 11.   "F0 L1" of Engel et al. 2020, section 5.1, arXiv:2001.04643.
    """
    reference, sure, estimate = curve(f0_hz), curve(confidence), curve(resynthesis_f0_hz)
    _same_length(reference, sure, estimate)
    keep = sure >= CONFIDENT
    return _mean(np.abs(12.0 * np.log2(estimate[keep] / reference[keep])))


def f0_median_cents(
    f0_hz: ArrayLike | Tensor, confidence: ArrayLike | Tensor, resynthesis_f0_hz: ArrayLike | Tensor
) -> float:
    """Median absolute difference of two tracked pitches, in cents, on the frames of f0_l1_semitones.   Lesson 11."""
    reference, sure, estimate = curve(f0_hz), curve(confidence), curve(resynthesis_f0_hz)
    _same_length(reference, sure, estimate)
    keep = sure >= CONFIDENT
    return float(np.median(np.abs(1200.0 * np.log2(estimate[keep] / reference[keep])))) if keep.any() else math.nan


def f0_outliers_paper(resynthesis_confidence: ArrayLike | Tensor) -> float:
    """Share of frames, 0 to 1, where the tracker is not sure of a pitch (confidence below 0.85).

    "F0 outliers" as Engel et al. 2020, section 5.1, words it: of all samples, rests included. Not the number that
    their code calls by this name: see f0_outliers_code.   Lesson 11.
    """
    return _mean((curve(resynthesis_confidence) < CONFIDENT).astype(np.float64))


def f0_outliers_code(f0_l1_by_clip: ArrayLike | Tensor) -> float:
    """Share of clips, 0 to 1, whose mean pitch error is above 12 semitones.

    f0_l1_by_clip [clips] in semitones, as f0_l1_semitones gives it; NaN (no sure pitch) is left out. The outlier
    ratio of the reference code
    (`ddsp/training/metrics.py`, F0CrepeMetrics), which also leaves these clips out of its mean F0 L1.   Lesson 11.
    """
    errors = curve(f0_l1_by_clip)
    return _mean((errors[~np.isnan(errors)] > OUTLIER_SEMITONES).astype(np.float64))


def _melody(f0_hz, confidence, resynthesis_f0_hz) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """mir_eval's arguments: voicing of the original (its confidence >= 0.85) and both pitches in cents above 10 Hz."""
    reference, sure, estimate = curve(f0_hz), curve(confidence), curve(resynthesis_f0_hz)
    _same_length(reference, sure, estimate)
    voiced = (sure >= CONFIDENT).astype(np.float64)
    cents = [1200.0 * np.log2(np.maximum(each, 10.01) / 10.0) for each in (reference, estimate)]
    return voiced, cents[0], voiced, cents[1]


def raw_pitch_accuracy(
    f0_hz: ArrayLike | Tensor, confidence: ArrayLike | Tensor, resynthesis_f0_hz: ArrayLike | Tensor
) -> float:
    """Share of voiced frames, 0 to 1, whose pitch is right within 50 cents ("RPA").

    Voiced is where the original's confidence is at least 0.85.   Lesson 11.   Poliner et al. 2007, in the version of
    mir_eval (Raffel et al. 2014); an octave error counts as wrong.
    """
    import mir_eval

    arguments = _melody(f0_hz, confidence, resynthesis_f0_hz)
    return float(mir_eval.melody.raw_pitch_accuracy(*arguments)) if arguments[0].any() else math.nan


def raw_chroma_accuracy(
    f0_hz: ArrayLike | Tensor, confidence: ArrayLike | Tensor, resynthesis_f0_hz: ArrayLike | Tensor
) -> float:
    """As raw_pitch_accuracy, octave errors forgiven ("RCA"): where it is well above RPA there are some.   Lesson 11."""
    import mir_eval

    arguments = _melody(f0_hz, confidence, resynthesis_f0_hz)
    return float(mir_eval.melody.raw_chroma_accuracy(*arguments)) if arguments[0].any() else math.nan


def loudness_l1_db(
    loudness_db: ArrayLike | Tensor,
    resynthesis_loudness_db: ArrayLike | Tensor,
    frames: ArrayLike | Tensor | None = None,
) -> float:
    """Mean absolute difference of two A-weighted loudness curves, in dB, over the chosen frames (all if not given).

    "Loudness L1" of the reference code (`ddsp/training/metrics.py`, LoudnessMetrics).   Lesson 11.
    """
    return _mean(_loudness_difference(loudness_db, resynthesis_loudness_db, frames))


def loudness_median_db(
    loudness_db: ArrayLike | Tensor,
    resynthesis_loudness_db: ArrayLike | Tensor,
    frames: ArrayLike | Tensor | None = None,
) -> float:
    """Median absolute difference of two A-weighted loudness curves, in dB: half of the frames are closer.

    Arguments as for loudness_l1_db.   Lesson 11.
    """
    difference = _loudness_difference(loudness_db, resynthesis_loudness_db, frames)
    return float(np.median(difference)) if difference.size else math.nan


def loudness_l1_standardized(
    loudness_db: ArrayLike | Tensor, resynthesis_loudness_db: ArrayLike | Tensor, *, mean_db: float, std_db: float
) -> float:
    """Mean absolute difference of two loudness curves, each less the data set's mean and over its deviation: no unit.

    "Loudness L1" of Engel et al. 2020, section 5.1: of the two definitions the one without dB. Raises ValueError for a
    deviation that is not above 0.   Lesson 11.
    """
    if not std_db > 0:
        raise ValueError(f"The data set's loudness deviation must be above 0 dB, not {std_db}.")
    standardized = [(curve(each) - mean_db) / std_db for each in (loudness_db, resynthesis_loudness_db)]
    return loudness_l1_db(*standardized)


def _loudness_difference(loudness_db, resynthesis_loudness_db, frames) -> NDArray[np.float64]:
    reference, estimate = curve(loudness_db), curve(resynthesis_loudness_db)
    _same_length(reference, estimate)
    difference = np.abs(estimate - reference)
    return difference if frames is None else difference[curve(frames) > 0.5]


def mel_levels_db(audio: Tensor, config: AudioConfig) -> Tensor:
    """How loud each of 40 mel bands is, every fourth feature frame: row j is centred at sample 4 * j * hop_size.

    audio [samples] or [1, samples] -> [frames / 4, 40] in dB, floor -100 dB; 0 dB is a full-scale sine in the middle of
    a band. Bands (O'Shaughnessy's mel, triangles of height 1) from 30 Hz to 8 kHz or to Nyquist, windows of 64 ms.
    Lesson 11.
    """
    fft_size = config.scaled(MEL_WINDOW)
    sound = audio.detach().reshape(-1).float().cpu()
    window = torch.hann_window(fft_size)
    if sound.numel() <= fft_size // 2:
        raise ValueError(f"Mel levels need more than {fft_size // 2} samples, not {sound.numel()}.")
    spectrum = torch.stft(
        sound, fft_size, EVERY * config.hop_size, window=window, center=True, pad_mode="constant", return_complex=True
    )
    power = (spectrum.real.square() + spectrum.imag.square()).T / (window.sum() / 2) ** 2
    highest = min(8_000.0, config.sample_rate / 2)
    bands = dsp.mel_weights(MEL_BANDS, fft_size, sample_rate=config.sample_rate, hz_min=30.0, hz_max=highest)
    levels = dsp.power_to_db(power @ bands, MEL_FLOOR_DB)
    return levels[: -(-sound.numel() // (EVERY * config.hop_size))]


def mel_band_error_db(
    levels_db: Tensor, resynthesis_levels_db: Tensor, frames: ArrayLike | Tensor | None = None
) -> float:
    """Mean absolute difference of mel-band levels, in dB, over bands and the chosen feature frames.

    Both [frames / 4, bands] as mel_levels_db gives them; frames [frames] says which feature frames count. While
    sounding it judges timbre (the bowed-string model played again with other bow noise scores 1.4 dB); in rests, with
    dry sounds, it judges dereverberation.   Lesson 11.
    """
    if levels_db.shape != resynthesis_levels_db.shape:
        raise ValueError(
            f"Levels of unequal shape cannot be compared: {tuple(levels_db.shape)} and "
            f"{tuple(resynthesis_levels_db.shape)}."
        )
    difference = (resynthesis_levels_db - levels_db).abs().mean(dim=-1)
    return _mean(curve(difference)[_at_mel_frames(frames, len(difference))])


def mel_cepstral_distance_db(
    levels_db: Tensor,
    resynthesis_levels_db: Tensor,
    frames: ArrayLike | Tensor | None = None,
    *,
    coefficients: int = 13,
) -> float:
    """How far two smooth spectra are apart, in dB: mean over frames of the distance of their mel cepstra 1 to 13.

    Arguments as for mel_band_error_db. With c_d the cosine coefficients of the mel levels (ln of amplitude = c_0 +
    sum of c_d cos(pi d (m + 1/2) / M)), 10 / ln 10 * sqrt(2 * sum (c_d - c'_d)^2); c_0, the level, is left out and the
    frames are not warped. It is the RMS difference in dB of the smoothed spectra. Nobody trains on it here.
    Lesson 11.   Kubichek 1993, doi:10.1109/PACRIM.1993.407206.
    """
    if levels_db.shape != resynthesis_levels_db.shape:
        raise ValueError(
            f"Levels of unequal shape cannot be compared: {tuple(levels_db.shape)} and "
            f"{tuple(resynthesis_levels_db.shape)}."
        )
    difference = (resynthesis_levels_db - levels_db).double().cpu().numpy()
    # scipy's DCT-II is 2 * sum(x cos): over M bands, one-sided coefficients are that divided by M.
    cepstra_db = dct(difference, type=2, axis=-1)[:, 1 : coefficients + 1] / difference.shape[-1]
    distance = np.sqrt(0.5 * np.square(cepstra_db).sum(axis=-1))
    return _mean(distance[_at_mel_frames(frames, len(distance))])


def _at_mel_frames(frames: ArrayLike | Tensor | None, n_levels: int) -> NDArray[np.bool_]:
    """The mask of feature frames at the frames of mel_levels_db."""
    if frames is None:
        return np.ones(n_levels, dtype=bool)
    mask = curve(frames)[::EVERY] > 0.5
    if len(mask) != n_levels:
        raise ValueError(f"The mask has {len(curve(frames))} frames, which does not fit {n_levels} mel frames.")
    return mask
