import math

import numpy as np
import pytest
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_course import dsp
from ddsp_course.dsp.filters import fast_fft_size

RATE = 16_000


@given(n=st.integers(1, 400), m=st.integers(1, 400), seed=st.integers(0, 2**31))
@settings(deadline=None, derandomize=True, max_examples=150)
def test_convolution_by_fft_is_convolution_for_any_pair_of_lengths(n, m, seed):
    random = np.random.default_rng(seed)
    audio, response = random.standard_normal((2, n)), random.standard_normal((2, m))
    expected = np.stack([scipy.signal.convolve(a, r, method="direct") for a, r in zip(audio, response, strict=True)])
    given_tensors = torch.from_numpy(audio).float(), torch.from_numpy(response).float()
    full = dsp.fft_convolve(*given_tensors, mode="full")
    causal = dsp.fft_convolve(*given_tensors)
    assert full.shape == (2, n + m - 1) and causal.shape == (2, n)
    assert np.allclose(full.numpy(), expected, atol=1e-4)
    assert np.allclose(causal.numpy(), expected[:, :n], atol=1e-4)


def test_one_impulse_response_serves_a_whole_batch():
    audio, response = torch.randn(3, 100), torch.randn(7)
    assert torch.allclose(dsp.fft_convolve(audio, response), dsp.fft_convolve(audio, response.expand(3, 7)), atol=1e-6)


def test_nothing_to_convolve_is_said():
    with pytest.raises(ValueError, match="at least one sample"):
        dsp.fft_convolve(torch.zeros(1, 0), torch.ones(3))
    with pytest.raises(ValueError, match="causal"):
        dsp.fft_convolve(torch.zeros(1, 2), torch.ones(3), mode="same")


@given(at_least=st.integers(1, 200_000))
@settings(deadline=None, derandomize=True, max_examples=200)
def test_fast_fft_size_is_the_next_even_number_without_large_factors(at_least):
    size = fast_fft_size(at_least)

    def is_fast(n):
        for factor in (2, 3, 5):
            while n % factor == 0:
                n //= factor
        return n == 1

    assert size >= at_least and size % 2 == 0 and is_fast(size)
    assert not any(is_fast(n) and n % 2 == 0 for n in range(max(2, at_least), size))


@pytest.mark.parametrize("bands", [2, 3, 33, 65])
@pytest.mark.parametrize("window_size", [None, 1, 2, 15, 16, 64])
def test_the_designed_response_is_symmetric_about_its_middle_tap(bands, window_size):
    response = dsp.frequency_impulse_response(torch.rand(bands, dtype=torch.float64) + 0.1, window_size)
    taps = min(window_size or 10**6, 2 * (bands - 1))
    assert response.shape == (taps,)
    middle = taps // 2
    for lag in range(1, taps - middle):
        assert response[middle - lag] == pytest.approx(float(response[middle + lag]), abs=1e-12)
    if taps % 2 == 0 and taps > 2:
        assert response[0] == 0  # it has no partner on the other side
    assert response.abs().argmax() == middle


def test_flat_magnitudes_pass_everything():
    audio = torch.randn(2, 640)
    assert torch.allclose(dsp.time_varying_fir(audio, torch.ones(2, 10, 65)), audio, atol=1e-5)
    assert torch.allclose(dsp.time_varying_fir(audio, torch.full((2, 10, 1), 0.5)), 0.5 * audio, atol=1e-5)


def test_the_response_follows_the_drawn_curve():
    """A filter that lets 0 to 4 kHz through: 2 kHz unchanged, 6 kHz down by more than 40 dB."""
    magnitudes = (torch.arange(65) <= 32).float().expand(1, 50, 65)
    time = torch.arange(3200) / RATE
    for frequency, gain in ((2000, 1.0), (6000, 0.0)):
        tone = torch.sin(2 * math.pi * frequency * time)[None]
        out = dsp.time_varying_fir(tone, magnitudes)[:, 400:-400]
        assert (out - gain * tone[:, 400:-400]).abs().max() < 0.01


@pytest.mark.parametrize("window_size", [None, 15, 16, 33, 64, 127])
@pytest.mark.parametrize("method", ["hann", "linear", "hold"])
def test_a_click_comes_out_where_it_went_in(window_size, method):
    """For even and odd lengths, on and between frames, at both ends."""
    magnitudes = torch.exp(-torch.arange(65) / 20.0).expand(1, 20, 65)
    for place in (0, 1, 63, 64, 500, 1279):
        audio = torch.zeros(1, 1280)
        audio[0, place] = 1.0
        out = dsp.time_varying_fir(audio, magnitudes, window_size=window_size, method=method)[0]
        assert out.argmax() == place
        reach = min(place, 1279 - place, 7)
        left, right = out[place - reach : place].flip(0), out[place + 1 : place + 1 + reach]
        assert torch.allclose(left, right, atol=1e-5)  # symmetric about the click: no delay at any frequency


def test_a_constant_filter_is_one_filter():
    audio, magnitudes = torch.randn(1, 1000), torch.rand(65)
    moving = dsp.time_varying_fir(audio, magnitudes.expand(1, 10, 65), window_size=65)
    fixed = dsp.fir_filter(audio, dsp.frequency_impulse_response(magnitudes, 65))
    assert torch.allclose(moving, fixed, atol=1e-5)


def test_filter_i_is_the_filter_at_sample_i_times_hop():
    """Only frame 7 lets anything through: a train of clicks comes through at its sample and fades to either side."""
    hop, frames = 64, 20
    magnitudes = torch.zeros(1, frames, 65)
    magnitudes[0, 7] = 1.0
    audio = torch.ones(1, frames * hop)
    out = dsp.time_varying_fir(audio, magnitudes, window_size=1, method="linear")[0]
    assert out[7 * hop] == pytest.approx(1.0, abs=1e-5)
    assert out[6 * hop + 32] == pytest.approx(0.5, abs=1e-5) and out[7 * hop + 32] == pytest.approx(0.5, abs=1e-5)
    assert out[: 6 * hop].abs().max() < 1e-5 and out[8 * hop :].abs().max() < 1e-5


def test_the_last_filter_is_held_to_the_end():
    magnitudes = torch.zeros(1, 5, 65)
    magnitudes[0, -1] = 1.0
    out = dsp.time_varying_fir(torch.ones(1, 320), magnitudes, window_size=1)[0]
    assert torch.allclose(out[256:], torch.ones(64), atol=1e-5)


def test_filters_that_cross_fade_leave_a_tone_clean_and_filters_that_switch_do_not():
    """Gains that jitter by 10 % from frame to frame, on a 440 Hz tone: what lies beyond 1.44 kHz."""
    hop, frames = 64, 250
    magnitudes = 1 + 0.1 * torch.randn(frames, generator=torch.Generator().manual_seed(0))
    magnitudes = magnitudes[None, :, None].expand(1, frames, 65)
    n = torch.arange(frames * hop, dtype=torch.float64)
    tone = torch.sin(2 * math.pi * 440 * n / RATE)[None]

    def beyond_1_khz_db(method):
        out = dsp.time_varying_fir(tone, magnitudes.double(), method=method)[0]
        power = torch.fft.rfft(out * torch.hann_window(len(n), dtype=torch.float64) ** 2).abs() ** 2
        return 10 * math.log10(power[1440:].sum() / power.sum())

    assert beyond_1_khz_db("hold") > -45
    assert beyond_1_khz_db("hann") < -70


def test_alignment_after_a_minute_at_44_khz():
    rate, hop = 44_100, 176
    frames = 60 * rate // hop
    audio = torch.zeros(1, frames * hop)
    place = (frames - 5) * hop + 17
    audio[0, place] = 1.0
    out = dsp.time_varying_fir(audio, torch.exp(-torch.arange(65) / 20.0).expand(1, frames, 65), window_size=64)
    assert out.argmax() == place and out.shape == audio.shape


def test_audio_that_is_not_a_whole_number_of_hops_is_refused():
    with pytest.raises(ValueError, match="whole number of hops"):
        dsp.time_varying_fir(torch.zeros(1, 100), torch.ones(1, 3, 5))


def gain_at(taps, frequency):
    n = torch.arange(len(taps), dtype=torch.float64)
    return float(torch.abs((taps * torch.exp(-2j * math.pi * frequency * n / RATE)).sum()))


def test_windowed_sinc_low_and_high_pass():
    low = dsp.sinc_low_pass(torch.tensor(2000.0, dtype=torch.float64), sample_rate=RATE, taps=257)
    high = dsp.sinc_high_pass(torch.tensor(2000.0, dtype=torch.float64), sample_rate=RATE, taps=257)
    assert gain_at(low, 0) == pytest.approx(1.0) and gain_at(low, 1500) == pytest.approx(1.0, abs=0.005)
    assert gain_at(low, 2000) == pytest.approx(0.5, abs=0.01)
    assert 20 * math.log10(gain_at(low, 2500)) < -50
    assert gain_at(high, 0) == pytest.approx(0.0, abs=1e-9) and gain_at(high, 6000) == pytest.approx(1.0, abs=0.005)
    click = torch.zeros(257, dtype=torch.float64)
    click[128] = 1.0
    assert torch.allclose(low + high, click)
    with pytest.raises(ValueError, match="odd"):
        dsp.sinc_low_pass(1000.0, sample_rate=RATE, taps=64)


@pytest.mark.parametrize("taps", [1, 2, 3, 16, 33])
def test_a_fixed_filter_does_not_delay(taps):
    response = torch.zeros(taps)
    response[taps // 2] = 1.0
    audio = torch.randn(2, 50)
    assert torch.allclose(dsp.fir_filter(audio, response), audio, atol=1e-6)
