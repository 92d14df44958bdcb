"""The yardsticks have the losses that theory or an independent computation gives them."""

from __future__ import annotations

import math

import pytest
import torch
from toy_player import CONFIG, toy_take

from ddsp_course import dsp
from ddsp_course.autoencoder import yardsticks
from ddsp_course.autoencoder.room_metrics import frame_power
from ddsp_course.data import PRESETS, Recording

SIZES = CONFIG.fft_sizes


def noise(samples: int = 64_000, seed: int = 0, gain: float = 0.1) -> torch.Tensor:
    return gain * torch.randn(1, samples, generator=torch.Generator().manual_seed(seed))


def test_spectra_taken_apart_have_the_loss_that_models_are_trained_on() -> None:
    ours, theirs = noise(seed=1), toy_take(4.0)[0].audio
    theirs = torch.nn.functional.pad(theirs, (0, 64_000 - theirs.shape[-1]))
    for sizes in (SIZES, yardsticks.unseen_fft_sizes(CONFIG)):
        spectra = [yardsticks.Spectra.of(each, sizes) for each in (ours, theirs)]
        expected = float(dsp.SpectralLoss(fft_sizes=sizes)(ours, theirs))
        assert spectra[0].loss(spectra[1]) == pytest.approx(expected, rel=1e-4)


def test_two_draws_of_the_same_noise_differ_by_ln_2_at_each_size() -> None:
    # Quiet noise, so that the linear term vanishes: E |ln a - ln b| of two Rayleigh magnitudes is ln 2. The real bins
    # at 0 Hz and Nyquist, 2 of 33 at the smallest size, differ by more.
    spectra = [yardsticks.Spectra.of(noise(seed=seed, gain=1e-4), SIZES) for seed in (1, 2)]
    assert spectra[0].loss(spectra[1]) == pytest.approx(6 * math.log(2), rel=0.02)
    assert 6 * math.log(2) == pytest.approx(4.16, abs=0.01)


def test_the_loss_of_silence_is_the_sound_itself_down_to_the_floor() -> None:
    target = noise(gain=0.01)
    spectra = yardsticks.Spectra.of(target, SIZES)
    expected = sum(
        float((magnitude - yardsticks.LOSS_FLOOR).abs().mean() + (magnitude / yardsticks.LOSS_FLOOR).log().mean())
        for magnitude in spectra.magnitudes
    )
    found = yardsticks.loss_yardsticks([Recording(target)])
    assert found["silence"] == pytest.approx(expected, rel=1e-4)
    assert found["silence"] > 40


def test_a_gain_of_1_db_costs_six_times_its_logarithm_and_little_more() -> None:
    found = yardsticks.loss_yardsticks([Recording(noise(gain=1e-4))])
    assert found["1 dB too loud"] == pytest.approx(6 * math.log(10 ** (1 / 20)), rel=0.02)


def test_no_constant_spectrum_beats_the_median() -> None:
    take = toy_take(6.0)[0]
    target = yardsticks.Spectra.of(take.audio, SIZES)
    median = yardsticks.median_spectrum([take.audio], SIZES)
    mean = yardsticks.Spectra.from_magnitudes([each.mean(dim=0) for each in target.magnitudes])
    louder = yardsticks.Spectra.from_magnitudes([1.2 * each for each in median.magnitudes])
    assert median.loss(target) < mean.loss(target)
    assert median.loss(target) < louder.loss(target)


def test_the_median_spectrum_of_a_long_sound_is_found_in_parts() -> None:
    sound = noise(10_000, seed=4)
    for size in (64, 512, 2048):
        parts = list(yardsticks._magnitudes_in_parts(sound, size, part_samples=3000))
        assert len(parts) > 2
        torch.testing.assert_close(torch.cat(parts), dsp.stft_magnitude(sound, size)[0])


def test_a_steady_sound_is_its_own_median_spectrum() -> None:
    # Clicks every 16 samples, the smallest hop: all frames are equal, but for those that reach beyond the end.
    clicks = (torch.arange(64_000) % 16 == 0).float()[None]
    whole = yardsticks.Spectra.of(clicks, SIZES)
    inside = yardsticks.Spectra.from_magnitudes([each[: len(each) - 8] for each in whole.magnitudes])
    assert yardsticks.median_spectrum([clicks], SIZES).loss(inside) < 0.01


def test_the_way_from_median_spectrum_to_retake_is_a_share() -> None:
    assert yardsticks.share_of_the_way(10.0, 10.0, 3.0) == 0.0
    assert yardsticks.share_of_the_way(3.0, 10.0, 3.0) == 1.0
    assert yardsticks.share_of_the_way(5.1, 10.0, 3.0) == pytest.approx(0.7)
    assert yardsticks.share_of_the_way(12.0, 10.0, 3.0) < 0
    with pytest.raises(ValueError, match="must be below"):
        yardsticks.share_of_the_way(5.0, 3.0, 3.0)


def test_the_yardsticks_of_a_performance_are_ordered_as_they_should_be() -> None:
    takes = [toy_take(8.0, seed=seed)[0] for seed in (0, 1)]
    again = [toy_take(8.0, seed=seed, noise_seed=1)[0] for seed in (0, 1)]
    found = yardsticks.loss_yardsticks(takes, retakes=again)
    assert 0 < found["1 dB too loud"] < found["re-take"] < found["dry for wet"] < found["silence"]
    assert found["re-take"] < found["median spectrum"] < found["silence"]


def test_a_retake_of_something_else_is_refused() -> None:
    take = Recording(noise(6400))
    with pytest.raises(ValueError, match="same performances again"):
        yardsticks.loss_yardsticks([take], retakes=[Recording(noise(6464))])
    with pytest.raises(ValueError, match="same performances again"):
        yardsticks.check_retakes([take], [take, take])


def test_coloured_noise_has_the_spectrum_and_the_envelope_but_no_pitch() -> None:
    take = toy_take(6.0)[0]
    shaped = yardsticks.coloured_noise(take.audio, CONFIG, seed=3)
    assert shaped.shape == take.audio[0].shape
    levels = [frame_power(each, CONFIG) for each in (take.audio, shaped)]
    loud = levels[0] > 1e-2 * levels[0].max()
    ratio_db = 10 * torch.log10(torch.from_numpy(levels[1][loud] / levels[0][loud]))
    assert abs(float(ratio_db.median())) < 1.0
    centroids = []
    for sound in (take.audio, shaped[None]):
        power = dsp.stft_power(sound, 1024)[0].mean(dim=0)
        centroids.append(float((power * torch.arange(513)).sum() / power.sum() * 16_000 / 1024))
    assert centroids[1] == pytest.approx(centroids[0], rel=0.2)
    note = take.notes[0]
    period = 16_000 / (440 * 2 ** ((note.midi - 69) / 12))
    repeats = [
        _correlation(each, round(note.start_s * 16_000) + 800, round(10 * period)) for each in (take.audio[0], shaped)
    ]
    assert repeats[0] > 0.9
    assert repeats[1] < 0.5
    assert torch.equal(shaped, yardsticks.coloured_noise(take.audio, CONFIG, seed=3))


def _correlation(sound: torch.Tensor, start: int, lag: int) -> float:
    """How much a tenth of a second resembles the one `lag` samples later, from -1 to 1."""
    pair = torch.stack([sound[start : start + 1600], sound[start + lag : start + lag + 1600]])
    return float(torch.corrcoef(pair)[0, 1])


@pytest.mark.parametrize("rate", ["16k", "44k", "48k"])
def test_unseen_sizes_were_not_trained_on(rate: str) -> None:
    config = PRESETS[rate]
    unseen = yardsticks.unseen_fft_sizes(config)
    assert len(unseen) == 6
    assert not set(unseen) & set(config.fft_sizes)
