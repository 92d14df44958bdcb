"""Each measure gives the number that its definition says, on sounds and curves whose errors are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_course import dsp
from ddsp_course.autoencoder import metrics
from ddsp_course.data import PRESETS, AudioConfig

CONFIG = AudioConfig()
SURE = np.full(100, 0.9)
MELODY = 220.0 * 2.0 ** (np.linspace(0, 12, 100) / 12)


def noise(samples: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(1, samples, generator=torch.Generator().manual_seed(seed))


def test_half_a_semitone_off_is_half_a_semitone_and_fifty_cents() -> None:
    off = MELODY * 2 ** (0.5 / 12)
    assert metrics.f0_l1_semitones(MELODY, SURE, off) == pytest.approx(0.5)
    assert metrics.f0_median_cents(MELODY, SURE, off) == pytest.approx(50.0)


def test_frames_where_the_original_has_no_sure_pitch_do_not_count() -> None:
    confidence, off = SURE.copy(), MELODY.copy()
    confidence[:50], off[:50] = 0.84, 5000.0
    assert metrics.f0_l1_semitones(MELODY, confidence, off) == 0.0
    assert metrics.raw_pitch_accuracy(MELODY, confidence, off) == 1.0
    assert math.isnan(metrics.f0_l1_semitones(MELODY, 0 * SURE, off))
    assert math.isnan(metrics.raw_pitch_accuracy(MELODY, 0 * SURE, off))


def test_an_octave_error_has_no_raw_pitch_accuracy_and_full_chroma_accuracy() -> None:
    for octave in (0.5, 2.0):
        assert metrics.raw_pitch_accuracy(MELODY, SURE, octave * MELODY) == 0.0
        assert metrics.raw_chroma_accuracy(MELODY, SURE, octave * MELODY) == 1.0
        assert metrics.f0_l1_semitones(MELODY, SURE, octave * MELODY) == pytest.approx(12.0)


def test_a_quarter_of_the_frames_60_cents_off_leaves_three_quarters_right() -> None:
    off = MELODY.copy()
    off[:25] *= 2 ** (60 / 1200)
    assert metrics.raw_pitch_accuracy(MELODY, SURE, off) == pytest.approx(0.75)


def test_the_two_outlier_definitions_are_different_things() -> None:
    # The paper: frames that the tracker is not sure of. The code: clips more than an octave off on average.
    assert metrics.f0_outliers_paper([0.9, 0.9, 0.2, 0.8499]) == 0.5
    assert metrics.f0_outliers_code([0.1, 11.9, 12.1, math.nan]) == pytest.approx(1 / 3)


def test_a_gain_of_one_decibel_is_one_decibel_of_loudness_and_of_timbre_and_no_cepstral_distance() -> None:
    quiet = 0.1 * noise(16_000)
    loud = quiet * 10 ** (1 / 20)
    loudness = [dsp.loudness_db(each, sample_rate=16_000, hop_size=64) for each in (quiet, loud)]
    levels = [metrics.mel_levels_db(each, CONFIG) for each in (quiet, loud)]
    assert metrics.loudness_l1_db(*loudness) == pytest.approx(1.0, abs=1e-4)
    assert metrics.loudness_median_db(*loudness) == pytest.approx(1.0, abs=1e-4)
    assert metrics.loudness_l1_standardized(*loudness, mean_db=-40.0, std_db=8.0) == pytest.approx(0.125, abs=1e-4)
    assert metrics.mel_band_error_db(*levels) == pytest.approx(1.0, abs=1e-4)
    assert metrics.mel_cepstral_distance_db(*levels) == pytest.approx(0.0, abs=1e-5)


def test_the_median_forgives_a_few_bad_frames_and_the_mean_does_not() -> None:
    wrong = np.zeros(100)
    wrong[:10] = 30.0
    assert metrics.loudness_median_db(np.zeros(100), wrong) == 0.0
    assert metrics.loudness_l1_db(np.zeros(100), wrong) == 3.0
    assert metrics.loudness_l1_db(np.zeros(100), wrong, np.arange(100) >= 10) == 0.0


@settings(deadline=None, derandomize=True, max_examples=20)
@given(coefficient=st.integers(1, 13), height_db=st.floats(0.1, 20.0))
def test_a_ripple_over_the_mel_bands_is_as_far_away_as_its_rms(coefficient: int, height_db: float) -> None:
    band = torch.arange(metrics.MEL_BANDS) + 0.5
    flat = torch.full((10, metrics.MEL_BANDS), -40.0)
    rippled = flat + height_db * torch.cos(math.pi * coefficient * band / metrics.MEL_BANDS)
    assert metrics.mel_cepstral_distance_db(flat, rippled) == pytest.approx(height_db / math.sqrt(2), rel=1e-4)


def test_a_ripple_finer_than_thirteen_coefficients_is_not_timbre_to_the_cepstral_distance() -> None:
    band = torch.arange(metrics.MEL_BANDS) + 0.5
    flat = torch.zeros(10, metrics.MEL_BANDS)
    assert metrics.mel_cepstral_distance_db(flat, flat + 5 * torch.cos(math.pi * 20 * band / 40)) < 1e-4


@pytest.mark.parametrize("rate", ["16k", "44k", "48k"])
def test_a_full_scale_sine_reads_about_0_db_in_its_band_at_every_rate(rate: str) -> None:
    config = PRESETS[rate]
    times = torch.arange(config.sample_rate, dtype=torch.float64) / config.sample_rate
    levels = metrics.mel_levels_db(torch.sin(2 * math.pi * 1000 * times), config)
    middle = levels[len(levels) // 2]
    centres = dsp.mel_to_hz(torch.linspace(*dsp.hz_to_mel(torch.tensor([30.0, 8000.0])).tolist(), 42))[1:-1]
    assert abs(float(middle.max())) < 2.0
    assert abs(float(centres[middle.argmax()]) - 1000) < 60
    assert float(metrics.mel_levels_db(torch.zeros(8000), config).max()) == metrics.MEL_FLOOR_DB


def test_mel_frame_j_is_centred_on_feature_frame_4_j() -> None:
    click = torch.zeros(1, 64 * 200)
    click[0, 64 * 80] = 1.0
    assert int(metrics.mel_levels_db(click, CONFIG).mean(dim=-1).argmax()) == 20


def test_only_the_chosen_frames_are_compared() -> None:
    one, other = 0.1 * noise(64 * 400), 0.1 * noise(64 * 400)
    other[:, 64 * 200 :] = 0.0
    first_part = np.arange(400) < 150
    levels = [metrics.mel_levels_db(each, CONFIG) for each in (one, other)]
    assert metrics.mel_band_error_db(*levels, first_part) == 0.0
    assert metrics.mel_band_error_db(*levels, ~first_part) > 20.0
    assert math.isnan(metrics.mel_band_error_db(*levels, np.zeros(400)))


def test_curves_and_masks_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="equally many frames"):
        metrics.loudness_l1_db(np.zeros(10), np.zeros(11))
    with pytest.raises(ValueError, match="equally many frames"):
        metrics.f0_l1_semitones(MELODY, SURE, MELODY[:-1])
    with pytest.raises(ValueError, match="does not fit"):
        metrics.mel_band_error_db(torch.zeros(10, 40), torch.zeros(10, 40), np.ones(4))
    with pytest.raises(ValueError, match="unequal shape"):
        metrics.mel_cepstral_distance_db(torch.zeros(10, 40), torch.zeros(11, 40))
    with pytest.raises(ValueError, match="above 0 dB"):
        metrics.loudness_l1_standardized([0.0], [1.0], mean_db=0.0, std_db=0.0)
