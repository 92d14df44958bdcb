import math

import pytest
import torch

from ddsp_course import dsp

HOP = 64


def test_white_noise_has_the_rms_of_an_even_spread():
    noise = dsp.white_noise(1, 100_000, generator=torch.Generator().manual_seed(1))
    assert noise.abs().max() <= 1.0
    rms_db = 10 * math.log10(float(noise.square().mean()))
    assert rms_db == pytest.approx(-4.77, abs=0.05)


def test_the_same_seed_is_the_same_noise():
    magnitudes = torch.rand(2, 10, 65)
    first = dsp.filtered_noise(magnitudes, hop_size=HOP, generator=torch.Generator().manual_seed(5))
    again = dsp.filtered_noise(magnitudes, hop_size=HOP, generator=torch.Generator().manual_seed(5))
    other = dsp.filtered_noise(magnitudes, hop_size=HOP, generator=torch.Generator().manual_seed(6))
    assert torch.equal(first, again) and not torch.allclose(first, other)


def test_given_noise_is_used_as_it_is():
    noise = torch.randn(2, 640)
    assert torch.allclose(dsp.filtered_noise(torch.ones(2, 10, 65), hop_size=HOP, noise=noise), noise, atol=1e-5)
    with pytest.raises(ValueError, match=r"\(2, 640\)"):
        dsp.filtered_noise(torch.ones(2, 10, 65), hop_size=HOP, noise=noise[:, 1:])


def test_the_level_can_be_predicted_from_the_filter():
    """RMS = rms of the noise times the root of the sum of squared taps."""
    magnitudes = torch.rand(65)
    noise = dsp.filtered_noise(magnitudes.expand(1, 2000, 65), hop_size=HOP)
    predicted = dsp.frequency_impulse_response(magnitudes).square().sum().sqrt() / math.sqrt(3)
    assert float(noise.square().mean().sqrt()) == pytest.approx(float(predicted), rel=0.02)


def test_the_colour_follows_the_magnitudes():
    """Only 2 to 4 kHz: what lies there is more than 40 dB above what lies beyond 5 kHz."""
    bands = torch.arange(65)
    magnitudes = ((bands >= 16) & (bands <= 32)).float().expand(1, 250, 65)
    power = torch.fft.rfft(dsp.filtered_noise(magnitudes, hop_size=HOP)[0]).abs() ** 2
    assert 10 * math.log10(power[2200:3800].mean() / power[5000:].mean()) > 40


def test_the_level_does_not_dip_between_frames():
    """Cross-fading neighbours that are alike changes nothing: no 250 Hz in the level."""
    noise = dsp.filtered_noise(torch.ones(1, 4000, 65), hop_size=HOP, noise=torch.ones(1, 4000 * HOP))
    assert torch.allclose(noise, torch.ones_like(noise), atol=1e-4)


def test_noise_of_frame_i_lies_at_sample_i_times_hop():
    magnitudes = torch.zeros(1, 20, 65)
    magnitudes[0, 7] = 1.0
    energy = torch.zeros(20 * HOP)
    for seed in range(300):
        energy += dsp.filtered_noise(magnitudes, hop_size=HOP, generator=torch.Generator().manual_seed(seed))[0] ** 2
    centre = float((energy * torch.arange(20 * HOP)).sum() / energy.sum())
    assert centre == pytest.approx(7 * HOP, abs=1.0)


def test_silence_in_magnitudes_is_silence():
    assert dsp.filtered_noise(torch.zeros(1, 10, 65), hop_size=HOP).abs().max() == 0
