"""What is no sound, or a number that no sound has, is refused at the door; half precision is heard in full."""

import math

import pytest
import torch

from ddsp_course import dsp

RATE = 16_000
WHOLE = torch.ones(1, 640, dtype=torch.int16)
F0, AMPLITUDES = torch.full((2, 10), 300.0), torch.rand(2, 10, 5)


def harmonic(f0=F0, amplitudes=AMPLITUDES, sample_rate=RATE, **options):
    return dsp.harmonic_synthesis(f0, amplitudes, sample_rate=sample_rate, hop_size=8, **options)


@pytest.mark.parametrize(
    "call",
    [
        lambda: dsp.constant_q_magnitude(WHOLE, sample_rate=RATE, hop_size=64, lowest_hz=200.0, n_bins=9),
        lambda: dsp.linear_prediction(WHOLE, 4),
        lambda: dsp.scale_invariant_sdr_db(WHOLE, WHOLE),
        lambda: dsp.time_varying_fir(WHOLE, torch.ones(1, 10, 5)),
        lambda: dsp.stft_magnitude(WHOLE, 64),
        lambda: dsp.mel_spectrogram(WHOLE, sample_rate=RATE),
        lambda: dsp.loudness_db(WHOLE, sample_rate=RATE, hop_size=64),
        lambda: dsp.separate(WHOLE, torch.ones(1, 2, 640)),
        lambda: dsp.fft_convolve(WHOLE, torch.ones(3)),
        lambda: dsp.SpectralLoss()(WHOLE, WHOLE),
    ],
)
def test_sound_in_whole_numbers_has_no_scale(call):
    with pytest.raises(ValueError, match="holds torch.int16: scale it to -1 to 1 first"):
        call()


def test_a_weighting_of_whole_hertz_is_no_whole_number():
    assert dsp.a_weighting(torch.tensor([0, 1000])).tolist() == pytest.approx([0.0, 1.0], abs=2e-3)


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: dsp.biquad("low_pass", 10_000.0, sample_rate=RATE), "f_hz must lie between 0 and 8000 Hz, not 10000"),
        (lambda: dsp.biquad("low_pass", 100, q=0.0, sample_rate=RATE), "q must be above 0, not 0"),
        (lambda: dsp.sinc_low_pass(0.0, sample_rate=RATE), "cutoff_hz must lie between 0 and 8000 Hz, not 0"),
        (lambda: dsp.sinc_high_pass(math.nan, sample_rate=RATE), "cutoff_hz must lie between 0 and 8000 Hz, not nan"),
        (lambda: dsp.exponential_decay(0.0, 4, sample_rate=RATE), "rt60_s must be above 0 s, not 0"),
        (lambda: dsp.FilteredNoiseReverb(0.1, rt60_s=0.0), "rt60_s must be above 0 s, not 0"),
        (lambda: dsp.FilteredNoiseReverb(0.1, gain=-0.01), "gain must be above 0, not -0.01"),
        (lambda: dsp.ExponentialDecayReverb(0.1, gain=0.0), "gain must be above 0, not 0"),
        (lambda: harmonic(sample_rate=-RATE), "sample_rate must be above 0 Hz, not -16000"),
        (lambda: dsp.loudness_db(torch.ones(1, 640), sample_rate=0, hop_size=64), "sample_rate must be above 0 Hz"),
        (lambda: dsp.separate(torch.ones(1, 640), torch.ones(1, 2, 640), fft_size=64, overlap=0.995), "below 1 by a"),
        (lambda: dsp.fractional_delay(torch.ones(1, 4), torch.full((1, 4), math.inf)), "and finite"),
        (lambda: dsp.SpectralLoss(loudness_weight=1.0), "needs the sound's sample_rate and a hop_size"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: dsp.stft_magnitude(torch.ones(640), 64), r"audio must be \[batch, samples\], not \[640\]"),
        (lambda: dsp.stft_magnitude(torch.ones(1, 1, 640), 64), r"not \[1, 1, 640\]"),
        (lambda: dsp.loudness_db(torch.ones(640), sample_rate=RATE, hop_size=64), r"not \[640\]"),
        (lambda: dsp.time_varying_fir(torch.ones(640), torch.ones(1, 10, 5)), r"not \[640\]"),
        (lambda: dsp.time_varying_fir(torch.ones(1, 640), torch.ones(5)), r"\(1, 640\) with \(5,\)"),
        (lambda: dsp.wavetable_synthesis(F0[0], F0[0], torch.ones(9), sample_rate=RATE, hop_size=8), r"not \[10\]"),
        (lambda: harmonic(harmonic_shifts=torch.zeros(2, 10, 4)), r"\(2, 10, 4\) and \(2, 10, 5\)"),
        (lambda: harmonic(initial_phase=torch.zeros(3)), r"a number or \[2\], a phase each, not \[3\]"),
        (lambda: harmonic(initial_phase=torch.zeros(2, 1)), r"a number or \[2\], a phase each, not \[2, 1\]"),
    ],
)
def test_shapes_that_do_not_fit_are_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_half_precision_is_heard_in_full():
    controls, sound = torch.rand(2, 10, 5).bfloat16(), torch.rand(2, 640).bfloat16()
    assert harmonic(amplitudes=controls).dtype == torch.float32
    heard = dsp.filtered_noise(controls, hop_size=64, generator=torch.Generator().manual_seed(0))
    exact = dsp.filtered_noise(controls.float(), hop_size=64, generator=torch.Generator().manual_seed(0))
    assert torch.equal(heard, exact)
    assert torch.equal(dsp.reverberate(sound, sound[0]), dsp.reverberate(sound.float(), sound[0].float()))
    assert torch.equal(dsp.SpectralLoss()(sound, 0.5 * sound), dsp.SpectralLoss()(sound.float(), 0.5 * sound.float()))


def test_no_silent_zero_where_a_forward_mode_gradient_is_asked_for():
    for ask in (
        lambda: torch.func.jvp(lambda a: harmonic(amplitudes=a), (AMPLITUDES,), (torch.ones_like(AMPLITUDES),)),
        lambda: torch.func.jacfwd(lambda f0: harmonic(f0=f0))(F0),
    ):
        with pytest.raises(RuntimeError, match="no forward-mode gradient"):
            ask()


def test_what_torch_export_traced_is_not_heard_later():
    class Noise(torch.nn.Module):
        def forward(self, magnitudes):
            return dsp.filtered_noise(magnitudes, hop_size=52)  # sizes that no other test has asked for yet

    torch.export.export(Noise(), (torch.rand(1, 6, 7),))
    heard = dsp.filtered_noise(torch.rand(1, 6, 7), hop_size=52)
    assert type(heard) is torch.Tensor and heard.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_linear_prediction_of_pure_tones_is_stable(dtype):
    """Their residual is nothing, and rounding made it less than that: poles of 1.6 (float32) and 131 (float64)."""
    time = torch.arange(1024, dtype=torch.float64) / RATE
    for hz in (25.0, 60.0, 110.0, 440.0):
        tone = (torch.sin(2 * math.pi * hz * time) * torch.hann_window(1024, dtype=torch.float64)).to(dtype)
        a, _ = dsp.linear_prediction(tone, 32)
        ringing = dsp.recursive_filter(torch.eye(1, 4 * RATE, dtype=dtype), torch.ones(1, dtype=dtype), a)
        assert ringing.isfinite().all() and ringing[:, -RATE:].abs().max() < ringing.abs().max()
