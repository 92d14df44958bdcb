import math

import numpy as np
import pytest
import scipy.fft
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_course import dsp

RATE, HOP = 16_000, 64


def sine(frequency, seconds=1.0, amplitude=1.0, rate=RATE):
    return amplitude * torch.sin(2 * math.pi * frequency * torch.arange(int(seconds * rate)) / rate)[None]


@given(n=st.integers(1, 3000), size=st.sampled_from([16, 60, 64, 63, 256]), overlap=st.sampled_from([0.0, 0.5, 0.75]))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_each_frame_is_the_spectrum_of_a_windowed_piece(n, size, overlap):
    audio = torch.randn(2, n, dtype=torch.float64)
    hop = round(size * (1 - overlap))
    power = dsp.stft_power(audio, size, overlap=overlap)
    assert power.shape == (2, -(-n // hop), size // 2 + 1)
    padded = np.pad(audio.numpy(), ((0, 0), (0, size * 3)))
    window = torch.hann_window(size, dtype=torch.float64).numpy()
    for i in {0, power.shape[1] // 2, power.shape[1] - 1}:
        expected = np.abs(scipy.fft.rfft(padded[:, i * hop : i * hop + size] * window)) ** 2
        assert np.allclose(power[:, i].numpy(), expected)


def test_the_gradient_of_the_power_is_that_of_torch_stft():
    audio = torch.randn(2, 1000, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(2, 13, 65, dtype=torch.float64)
    padded = torch.nn.functional.pad(audio, (0, 12 * 80 + 128 - 1000))
    window = torch.hann_window(128, dtype=torch.float64)
    theirs = torch.stft(padded, 128, 80, window=window, center=False, return_complex=True).abs().square().mT
    ours = dsp.stft_power(audio, 128, overlap=0.375)
    assert torch.allclose(ours, theirs)
    (expected,) = torch.autograd.grad((theirs * weight).sum(), audio)
    (found,) = torch.autograd.grad((ours * weight).sum(), audio)
    assert torch.allclose(found, expected)


def test_a_sine_peaks_at_its_frequency_with_a_quarter_of_the_window():
    magnitude = dsp.stft_magnitude(sine(1000.0), 1024)[0]
    assert (magnitude[:50].argmax(-1) == 64).all()  # 15.625 Hz a bin
    assert float(magnitude[10, 64]) == pytest.approx(256, rel=1e-3)


def test_spectra_of_sound_shorter_than_the_window_and_of_silence_are_finite():
    for audio in (torch.randn(1, 1), torch.randn(1, 100), torch.zeros(2, 100)):
        audio.requires_grad_()
        magnitude = dsp.stft_magnitude(audio, 2048)
        magnitude.sum().backward()
        assert torch.isfinite(magnitude).all() and torch.isfinite(audio.grad).all()
    with pytest.raises(ValueError, match="at least one sample"):
        dsp.stft_magnitude(torch.zeros(1, 0), 64)
    with pytest.raises(ValueError, match="overlap"):
        dsp.stft_magnitude(torch.zeros(1, 10), 64, overlap=1.0)


def test_a_full_scale_1_khz_sine_is_19_8_db_loud_and_6_more_with_a_window_four_times_as_long():
    audio = sine(1000.0)
    middle = slice(50, 200)
    short = dsp.loudness_db(audio, sample_rate=RATE, hop_size=HOP)[:, middle]
    assert float(short.mean()) == pytest.approx(19.8, abs=0.05)
    assert float(dsp.loudness_db(audio, sample_rate=RATE, hop_size=HOP, window_size=2048)[:, middle].mean()) == (
        pytest.approx(25.8, abs=0.1)
    )


@pytest.mark.parametrize(("rate", "hop"), [(16_000, 64), (44_100, 176), (48_000, 192)])
def test_loudness_falls_with_the_amplitude_at_every_rate(rate, hop):
    loud, soft = (
        dsp.loudness_db(sine(1000.0, 1.0, a, rate), sample_rate=rate, hop_size=hop)[0, 50:150] for a in (0.5, 0.05)
    )
    assert torch.allclose(loud - soft, torch.full((100,), 20.0), atol=0.01)
    assert float(loud.mean()) == pytest.approx(13.8 + 10 * math.log10(rate / 16_000), abs=0.7)  # longer windows add up


@pytest.mark.parametrize(("frequency", "db"), [(100, -19.1), (200, -10.9), (1000, 0.0), (2500, 1.3), (6300, -0.1)])
def test_a_weighting_is_the_standard_s_curve(frequency, db):
    weight = dsp.a_weighting(torch.tensor(float(frequency)))
    assert 10 * math.log10(float(weight)) == pytest.approx(db, abs=0.06)


def test_at_0_hz_the_ear_hears_nothing_and_no_logarithm_is_taken():
    assert float(dsp.a_weighting(torch.tensor(0.0))) == 0.0
    constant = torch.ones(1, 6400, requires_grad=True)
    loudness = dsp.loudness_db(constant, sample_rate=RATE, hop_size=HOP)
    loudness.sum().backward()
    assert torch.isfinite(loudness).all() and torch.isfinite(constant.grad).all()
    assert loudness[0, 50] < -20  # what a window of 32 ms leaks into the bin at 31 Hz: 40 dB below a tone


def test_silence_is_minus_80_db_with_gradient_0():
    silence = torch.zeros(1, 640, requires_grad=True)
    loudness = dsp.loudness_db(silence, sample_rate=RATE, hop_size=HOP)
    loudness.sum().backward()
    assert torch.equal(loudness, torch.full((1, 10), -80.0)) and torch.equal(silence.grad, torch.zeros(1, 640))


@given(hops=st.integers(1, 50), more=st.integers(0, 63))
@settings(deadline=None, derandomize=True, max_examples=30)
def test_there_are_exactly_as_many_loudness_frames_as_whole_hops(hops, more):
    assert dsp.loudness_db(torch.randn(1, hops * HOP + more), sample_rate=RATE, hop_size=HOP).shape == (1, hops)


def test_a_sound_shorter_than_a_hop_has_no_loudness():
    with pytest.raises(ValueError, match="at least one hop"):
        dsp.loudness_db(torch.zeros(1, 63), sample_rate=RATE, hop_size=HOP)


def test_the_frame_over_a_click_is_the_loudest_even_after_a_minute_at_44_khz():
    rate, hop = 44_100, 176
    frames = 60 * rate // hop
    audio = torch.zeros(1, frames * hop)
    audio[0, (frames - 20) * hop] = 1.0
    loudness = dsp.loudness_db(audio, sample_rate=rate, hop_size=hop)[0]
    assert loudness.argmax() == frames - 20
    left, right = loudness[frames - 23 : frames - 20].flip(0), loudness[frames - 19 : frames - 16]
    assert torch.allclose(left, right, atol=1e-3)


def test_loudness_in_blocks_is_loudness(monkeypatch):
    from ddsp_course.dsp import spectra

    audio = torch.randn(2, 64 * 100)
    whole = dsp.loudness_db(audio, sample_rate=RATE, hop_size=HOP)
    monkeypatch.setattr(spectra, "FRAMES_AT_ONCE", 14)
    assert torch.allclose(dsp.loudness_db(audio, sample_rate=RATE, hop_size=HOP), whole, atol=1e-4)


def test_mel_bands_are_triangles_with_equal_steps_in_mel():
    weights = dsp.mel_weights(40, 2048, sample_rate=RATE, hz_min=0.0, hz_max=8000.0)
    assert weights.shape == (1025, 40) and weights.min() >= 0 and weights.max() <= 1
    peaks = dsp.hz_to_mel(weights.argmax(0) * RATE / 2048)
    assert torch.allclose(peaks.diff(), peaks.diff().mean().expand(39), atol=15)
    assert torch.allclose(weights.sum(1)[10:900], torch.ones(890), atol=1e-4)  # neighbours share every bin
    with pytest.raises(ValueError, match="hz_max"):
        dsp.mel_weights(40, 2048, sample_rate=8000)


def test_a_tone_lights_the_band_it_belongs_to():
    bands = dsp.mel_spectrogram(sine(1000.0), sample_rate=RATE, n_mels=40)[0, 10]
    edges = torch.linspace(*dsp.hz_to_mel(torch.tensor([20.0, 8000.0])).tolist(), 42)
    expected = (dsp.hz_to_mel(torch.tensor(1000.0)) - edges[1:-1]).abs().argmin()
    assert bands.argmax() == expected


def test_cepstra_forget_level_but_for_the_first():
    audio = torch.randn(1, 8000)
    loud, soft = dsp.mfcc(audio, sample_rate=RATE)[0, 2], dsp.mfcc(0.1 * audio, sample_rate=RATE)[0, 2]
    assert torch.allclose(loud[1:], soft[1:], atol=1e-3)
    assert float(loud[0] - soft[0]) == pytest.approx(math.log(10) * math.sqrt(2 * 128), rel=1e-3)


def test_between_harmonics_leaves_out_every_multiple_of_the_pitch_and_what_it_leaks_into():
    f0_hz = torch.tensor([[200.0, 400.0]])
    between = dsp.between_harmonics(f0_hz, 1600, sample_rate=16_000, width_hz=45.0)  # bins of 10 Hz
    assert between.shape == (1, 2, 801)
    assert between[0, 0, :41].nonzero().flatten().tolist() == [*range(5, 16), *range(25, 36)]
    assert between[0, 1, :41].nonzero().flatten().tolist() == list(range(5, 36))
    assert not between[0, 0, 800] and not between[0, 1, 800]  # 8 kHz is a multiple of both


def test_of_a_harmonic_sound_nothing_lies_between_its_harmonics():
    f0_hz = torch.full((1, 250), 313.0)
    sound = dsp.harmonic_synthesis(f0_hz, torch.full((1, 250, 20), 0.02), sample_rate=16_000, hop_size=64)
    power = dsp.stft_power(sound, 1024)[:, :50]
    between = dsp.between_harmonics(f0_hz[:, :50], 1024, sample_rate=16_000, width_hz=70.0)
    assert float(power[between].max() / power.max()) < 1e-4


def test_a_width_of_nothing_is_refused():
    with pytest.raises(ValueError, match="positive, not 0"):
        dsp.between_harmonics(torch.tensor([200.0]), 512, sample_rate=16_000, width_hz=0.0)


def test_an_unvoiced_frame_has_no_harmonics_to_leave_out_but_the_bins_around_0_hz():
    between = dsp.between_harmonics(torch.tensor([0.0]), 512, sample_rate=16_000, width_hz=70.0)  # bins of 31.25 Hz
    assert between[0].nonzero().flatten().tolist() == list(range(3, 257))
