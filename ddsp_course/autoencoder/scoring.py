"""One sound against one recording, phrase by phrase: every column of the table that is measured, in one place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ddsp_course import data, dsp
from ddsp_course.autoencoder import metrics, room_metrics, yardsticks
from ddsp_course.autoencoder.columns import MEDIAN
from ddsp_course.autoencoder.phrases import FrameMasks
from ddsp_course.data import AudioConfig, Features, Recording


@dataclass(frozen=True)
class Sound:
    """A candidate, or the recording itself, and what is measured of it once.

    wet [samples], dry [samples] or None; levels_db and dry_levels_db as metrics.mel_levels_db gives them;
    loudness_db [frames].   Lesson 11.
    """

    wet: Tensor
    dry: Tensor | None
    levels_db: Tensor
    dry_levels_db: Tensor | None
    loudness_db: NDArray[np.float64]

    @classmethod
    def of(cls, wet: Tensor, dry: Tensor | None, config: AudioConfig) -> Sound:
        """Listen to a sound: wet and dry [samples], on any device."""
        wet, dry = wet.detach().float().cpu(), None if dry is None else dry.detach().float().cpu()
        loudness = dsp.loudness_db(wet[None], sample_rate=config.sample_rate, hop_size=config.hop_size)
        dry_levels = None if dry is None else metrics.mel_levels_db(dry, config)
        return cls(wet, dry, metrics.mel_levels_db(wet, config), dry_levels, metrics.curve(loudness))


@dataclass(frozen=True)
class Heard:
    """Two pitch tracks of the same music: the original's and the resynthesis's, each f0_hz and confidence [frames].

    Lesson 11.
    """

    f0_hz: NDArray[np.float64]
    confidence: NDArray[np.float64]
    resynthesis_f0_hz: NDArray[np.float64]
    resynthesis_confidence: NDArray[np.float64]


class Scorer:
    """Scores sounds by the phrase; it holds the median spectrum of the recordings.   Lesson 11."""

    def __init__(self, recordings: Sequence[Recording], config: AudioConfig) -> None:
        self.config = config
        self.sizes = {"loss": config.fft_sizes, "loss_unseen": yardsticks.unseen_fft_sizes(config)}
        self.medians = {
            key: yardsticks.median_spectrum((take.audio for take in recordings), sizes)
            for key, sizes in self.sizes.items()
        }

    def _spectra(self, sound: Sound, frames: slice) -> dict[str, yardsticks.Spectra]:
        audio = sound.wet[frames.start * self.config.hop_size : frames.stop * self.config.hop_size]
        return {key: yardsticks.Spectra.of(audio, sizes) for key, sizes in self.sizes.items()}

    def score_phrase(
        self, sounds: Mapping[str, Sound], recording: Sound, masks: FrameMasks, frames: slice
    ) -> dict[str, dict[str, float]]:
        """Every sound in one phrase, `frames` of a chunk, and the median spectrum: name -> column -> score.

        Sounds and recording begin and end together; masks cover all of them. NaN for what is not there to measure.
        """
        target = self._spectra(recording, frames)
        scores = {MEDIAN: {key: median.loss(target[key]) for key, median in self.medians.items()}}
        for name, sound in sounds.items():
            spectra = self._spectra(sound, frames)
            losses = {key: spectra[key].loss(target[key]) for key in target}
            scores[name] = losses | self.score(sound, recording, masks, frames)
        return scores

    def score(self, sound: Sound, recording: Sound, masks: FrameMasks, frames: slice) -> dict[str, float]:
        """All columns but the losses and those that need a pitch tracker."""
        samples = slice(frames.start * self.config.hop_size, frames.stop * self.config.hop_size)
        inside = np.zeros(len(masks.closed), dtype=bool)
        inside[frames] = True
        sounding, resting = inside & masks.sounding, inside & masks.resting
        scores = {}
        levels, loudness = (recording.levels_db, sound.levels_db), (recording.loudness_db, sound.loudness_db)
        scores["cepstral"] = metrics.mel_cepstral_distance_db(*levels, sounding)
        scores["timbre"] = metrics.mel_band_error_db(*levels, sounding)
        scores["loudness"] = metrics.loudness_median_db(*loudness, sounding)
        scores["loudness_l1"] = metrics.loudness_l1_db(*loudness, inside)
        scores["loudness_rest"] = metrics.loudness_l1_db(*loudness, resting)
        phrase = masks.cut(frames.start, frames.stop)
        scores["decay_wet"] = 60.0 / room_metrics.decay_rate_db_per_s(sound.wet[samples], phrase.closed, self.config)
        if sound.dry is not None:
            scores["decay_dry"] = 60.0 / room_metrics.decay_rate_db_per_s(
                sound.dry[samples], phrase.closed, self.config
            )
            scores["dereverberation"] = room_metrics.dereverberation_db(
                recording.wet[samples],
                sound.dry[samples],
                sounding=phrase.sounding,
                resting=phrase.resting,
                config=self.config,
            )
        if sound.dry_levels_db is not None and recording.dry_levels_db is not None:
            scores["rest_error"] = metrics.mel_band_error_db(recording.dry_levels_db, sound.dry_levels_db, resting)
        return scores


def track(audio: Tensor, config: AudioConfig, tracker=None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pitch and confidence of a sound [samples] by data.extract_features, as arrays [frames].   Lesson 8."""
    found = data.extract_features(Recording(audio[None].contiguous(), config, "resynthesis"), tracker=tracker)
    return metrics.curve(found.f0_hz), metrics.curve(found.confidence)


def hear_both(
    sound: Sound, recording: Sound, features: Features, *, tracker=None, second_tracker=None, first: bool = True
) -> dict[str, Heard]:
    """Pitch of a recording and of its resynthesis: {"": by the first tracker, "_second": by the second, if any}.

    features [1, frames] are those of the recording; first=False leaves the first tracker out.   Lesson 11.
    """
    heard = {}
    if first:
        original = metrics.curve(features.f0_hz), metrics.curve(features.confidence)
        heard[""] = Heard(*original, *track(sound.wet, features.config, tracker))
    if second_tracker is not None:
        pair = [track(each.wet, features.config, second_tracker) for each in (recording, sound)]
        heard["_second"] = Heard(*pair[0], *pair[1])
    return heard


def score_pitch(heard: dict[str, Heard], frames: slice) -> dict[str, float]:
    """The pitch columns of a phrase; shares in %.   Lesson 11."""
    scores = {}
    for suffix, each in heard.items():
        melody = each.f0_hz[frames], each.confidence[frames], each.resynthesis_f0_hz[frames]
        scores[f"f0_l1{suffix}"] = metrics.f0_l1_semitones(*melody)
        scores[f"f0_median_cents{suffix}"] = metrics.f0_median_cents(*melody)
        scores[f"rpa{suffix}"] = 100 * metrics.raw_pitch_accuracy(*melody)
        scores[f"rca{suffix}"] = 100 * metrics.raw_chroma_accuracy(*melody)
        scores[f"outliers_paper{suffix}"] = 100 * metrics.f0_outliers_paper(each.resynthesis_confidence[frames])
        scores[f"outliers_code{suffix}"] = 100 * metrics.f0_outliers_code([scores[f"f0_l1{suffix}"]])
    return scores


def as_columns(rows: Sequence[dict[str, float]]) -> dict[str, NDArray[np.float64]]:
    """One dictionary a phrase -> one array a column, NaN where a phrase has no value; empty columns are left out.

    Lesson 11.
    """
    keys = list(dict.fromkeys(key for row in rows for key in row))
    columns = {key: np.array([row.get(key, math.nan) for row in rows]) for key in keys}
    return {key: values for key, values in columns.items() if np.isfinite(values).any()}


def loudness_deviation_db(features: Sequence[Features]) -> float:
    """Standard deviation of the loudness of a whole data set, in dB.   Lesson 11."""
    return float(torch.cat([each.loudness_db.reshape(-1) for each in features]).std(correction=0))
