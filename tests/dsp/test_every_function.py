"""What holds for all of dsp/: gradients, batches, devices, precision, silence."""

import pytest
import torch

import ddsp_course.dsp as dsp

RATE, HOP = 16_000, 8


def frames(*shape, low=0.1, high=1.0):
    generator = torch.Generator().manual_seed(sum(shape))
    return low + (high - low) * torch.rand(*shape, generator=generator, dtype=torch.float64)


F0 = frames(2, 5, low=900.0, high=2100.0)  # harmonic 5 passes 8 kHz inside some hops
GRID = {"sample_rate": RATE, "hop_size": HOP}
AUDIO, NOISE = frames(2, 40, low=-1.0), frames(2, 40, low=-0.9)
MEMORY = torch.tensor([[1.2, -1.1, 0.9], [0.9, 0.3, 0.5]], dtype=torch.float64)  # a filter for each row

# name: (function of tensors, the tensors), every tensor with the batch first
CASES = {
    "hz_to_midi": (dsp.hz_to_midi, [F0]),
    "midi_to_hz": (dsp.midi_to_hz, [frames(2, 5, low=30, high=90)]),
    "power_to_db": (dsp.power_to_db, [frames(2, 5)]),
    "db_to_power": (dsp.db_to_power, [frames(2, 5)]),
    "amplitude_to_db": (dsp.amplitude_to_db, [frames(2, 5)]),
    "db_to_amplitude": (dsp.db_to_amplitude, [frames(2, 5)]),
    "exp_sigmoid": (dsp.exp_sigmoid, [frames(2, 5, low=-3, high=3)]),
    "unit_to_hz": (lambda x: dsp.unit_to_hz(x, 50.0, 500.0), [frames(2, 5, high=0.9)]),
    "hz_to_unit": (lambda x: dsp.hz_to_unit(x, 50.0, 5000.0), [F0]),
    "hz_to_mel": (dsp.hz_to_mel, [F0]),
    "mel_to_hz": (dsp.mel_to_hz, [F0]),
    "hz_to_erb": (dsp.hz_to_erb, [F0]),
    "erb_to_hz": (dsp.erb_to_hz, [frames(2, 5, low=5, high=20)]),
    "hz_to_bark": (dsp.hz_to_bark, [F0]),
    "bark_to_hz": (dsp.bark_to_hz, [frames(2, 5, low=5, high=20)]),
    "upsample hold": (lambda x: dsp.upsample(x, HOP, "hold"), [frames(2, 5, 3)]),
    "upsample linear": (lambda x: dsp.upsample(x, HOP, "linear"), [frames(2, 5)]),
    "upsample hann": (lambda x: dsp.upsample(x, HOP, "hann"), [frames(2, 5, 3)]),
    "overlap_add": (lambda x: dsp.envelopes.overlap_add(x, 3), [frames(2, 4, 7)]),
    "equal_power_crossfade": (lambda x, y: dsp.equal_power_crossfade(x, y, 10), [AUDIO, NOISE]),
    "harmonic_frequencies": (lambda f0: dsp.harmonic_frequencies(f0, 4), [F0]),
    "normalize_harmonics": (lambda d, f0: dsp.normalize_harmonics(d, f0, sample_rate=RATE), [frames(2, 5, 7), F0]),
    "harmonic_synthesis": (lambda f0, a: dsp.harmonic_synthesis(f0, a, **GRID), [F0, frames(2, 5, 7)]),
    "harmonic_synthesis from a phase": (
        lambda f0, a, p: dsp.harmonic_synthesis(f0, a, initial_phase=p, amplitude_method="linear", **GRID),
        [F0, frames(2, 5, 7), frames(2)],
    ),
    "harmonic_synthesis shifted": (
        lambda f0, a, s: dsp.harmonic_synthesis(f0, a, harmonic_shifts=s, **GRID),
        [F0, frames(2, 5, 3), 0.01 * frames(2, 5, 3)],
    ),
    "sinusoidal_synthesis": (
        lambda f, a: dsp.sinusoidal_synthesis(f, a, **GRID),
        [1000 * frames(2, 5, 3), frames(2, 5, 3)],
    ),
    "wavetable_synthesis": (
        lambda f0, a, w: dsp.wavetable_synthesis(f0, a, w, **GRID),
        [F0, frames(2, 5), frames(2, 5, 6)],
    ),
    "fft_convolve": (dsp.fft_convolve, [AUDIO, frames(2, 13)]),
    "fft_convolve full": (lambda x, y: dsp.fft_convolve(x, y, mode="full"), [AUDIO, frames(2, 13)]),
    "fir_filter": (dsp.fir_filter, [AUDIO, frames(2, 13)]),
    "frequency_impulse_response": (dsp.frequency_impulse_response, [frames(2, 5)]),
    "time_varying_fir": (dsp.time_varying_fir, [AUDIO, frames(2, 5, 9)]),
    "time_varying_fir odd": (lambda x, m: dsp.time_varying_fir(x, m, window_size=7), [AUDIO, frames(2, 5, 9)]),
    "filtered_noise": (lambda m, n: dsp.filtered_noise(m, hop_size=HOP, noise=n), [frames(2, 5, 9), NOISE]),
    "sinc_low_pass": (lambda f: dsp.sinc_low_pass(f, sample_rate=RATE, taps=9), [frames(2, low=1000, high=3000)]),
    "sinc_high_pass": (lambda f: dsp.sinc_high_pass(f, sample_rate=RATE, taps=9), [frames(2, low=1000, high=3000)]),
    "reverberate": (dsp.reverberate, [AUDIO, frames(2, 13)]),
    "exponential_decay": (lambda t: dsp.exponential_decay(t, 9, sample_rate=RATE), [frames(2, high=0.2)]),
    "band_limit": (lambda w: dsp.band_limit(w, torch.full((len(w), 5), 1500.0), sample_rate=RATE), [frames(2, 5, 21)]),
    "fractional_delay": (dsp.fractional_delay, [AUDIO, frames(2, 40, low=0.1, high=7.9)]),
    "polyphonic_synthesis": (
        lambda f0, a: dsp.polyphonic_synthesis(f0, a, **GRID),
        [frames(2, 3, 5, low=900.0, high=2100.0), frames(2, 3, 5, 7)],
    ),
    "soft_masks": (dsp.soft_masks, [frames(2, 3, 4, 5)]),
    "separate": (lambda x, m: dsp.separate(x, m, fft_size=16), [AUDIO, frames(2, 3, 40, low=-1.0)]),
    "scale_invariant_sdr_db": (dsp.scale_invariant_sdr_db, [AUDIO, NOISE]),
    "modulated_delay": (
        lambda x, p, g: dsp.modulated_delay(x, p, centre_ms=0.5, depth_ms=0.3, gain=g, sample_rate=RATE),
        [AUDIO, frames(2, 40, low=0.03, high=0.97), frames(2, 40)],
    ),
    "biquad, a peak": (
        lambda f, g, q: torch.cat(dsp.biquad("peak", f, gain_db=g, q=q, sample_rate=RATE), -1),
        [F0, 9 * frames(2, 5), frames(2, 5)],
    ),
    "biquad, a low shelf": (
        lambda f, g, q: torch.cat(dsp.biquad("low_shelf", f, gain_db=-g, q=q, sample_rate=RATE), -1),
        [F0, 9 * frames(2, 5), frames(2, 5)],
    ),
    "biquad, a high shelf": (
        lambda f, g, q: torch.cat(dsp.biquad("high_shelf", f, gain_db=g, q=q, sample_rate=RATE), -1),
        [F0, 9 * frames(2, 5), frames(2, 5)],
    ),
    "stable_biquad": (dsp.stable_biquad, [frames(2, 5, 2, low=-2)]),
    "frequency_response": (
        lambda b, a: dsp.frequency_response(b, a, F0[0], sample_rate=RATE).abs(),
        [frames(2, 4), MEMORY],
    ),
    "recursive_filter": (dsp.recursive_filter, [AUDIO, frames(2, 4), MEMORY]),
    "biquad_cascade": (
        lambda x: dsp.biquad_cascade(x, frames(3, 3).to(x.dtype), MEMORY[[0, 1, 0]].to(x.dtype)),
        [AUDIO],
    ),
    "frequency_sampled_filter": (
        lambda x, b, a: dsp.frequency_sampled_filter(x, b, a, fft_size=64),
        [AUDIO, frames(2, 4), MEMORY],
    ),
    "linear_prediction": (lambda x: dsp.linear_prediction(x, 5)[0], [AUDIO]),
    "spectral_transport_distance": (
        lambda x, y: dsp.spectral_transport_distance(x, y, torch.arange(7, dtype=x.dtype)),
        [frames(2, 3, 7), frames(2, 4, 7)[:, :3].flip(-1)],
    ),
    "spectral_transport_distance squared": (
        lambda x, y: dsp.spectral_transport_distance(x, y, torch.arange(7, dtype=x.dtype) ** 1.5, order=2),
        [frames(2, 3, 7), frames(2, 4, 7)[:, :3].flip(-1)],
    ),
    "damped_exponential": (
        lambda x, y: torch.view_as_real(dsp.damped_exponential(torch.complex(x, y), 9)),
        [0.6 * frames(2, 5, low=-1.0), 0.6 * frames(2, 5)],
    ),
    "hz_to_pole": (lambda f: torch.view_as_real(dsp.hz_to_pole(f, 0.9, sample_rate=RATE)), [F0]),
    "pole_to_hz": (lambda x, y: dsp.pole_to_hz(torch.complex(x, y), sample_rate=RATE), [frames(2, 5), frames(2, 5)]),
    "constant_q_magnitude": (
        lambda x: dsp.constant_q_magnitude(x, lowest_hz=1000.0, bins_per_octave=6, n_bins=9, quality=3.0, **GRID),
        [AUDIO],
    ),
    "stft_power": (lambda x: dsp.stft_power(x, 16), [AUDIO]),
    "stft_power of an odd size": (lambda x: dsp.stft_power(x, 15, overlap=0.6), [AUDIO]),
    "stft_magnitude": (lambda x: dsp.stft_magnitude(x, 16), [AUDIO]),
    "mel_spectrogram": (lambda x: dsp.mel_spectrogram(x, sample_rate=RATE, n_mels=5, fft_size=32), [AUDIO]),
    "mfcc": (lambda x: dsp.mfcc(x, sample_rate=RATE, n_mels=5, n_coefficients=3, fft_size=32), [AUDIO]),
    "a_weighting": (dsp.a_weighting, [F0]),
    "loudness_db": (lambda x: dsp.loudness_db(x, window_size=16, **GRID), [AUDIO]),
}
SCALARS = {
    "SpectralLoss": (dsp.SpectralLoss((16, 8)), [AUDIO, NOISE]),
    "SpectralLoss of odd sizes": (dsp.SpectralLoss((15, 9), 0.6, 0.3, 2.0), [AUDIO, NOISE]),
    "SpectralLoss with everything": (
        dsp.SpectralLoss((16, 8), 0.75, 1.0, 1.0, 1.0, 1.0, 0.1, sample_rate=RATE, hop_size=HOP),
        [AUDIO, NOISE],
    ),
}


def ready(name, tensors):
    """Noise that is given, not learned, is left out of what is differentiated; a step has no slope."""
    return [x.clone().requires_grad_(not (name == "filtered_noise" and x is NOISE)) for x in tensors]


@pytest.mark.parametrize("name", [*CASES, *SCALARS])
def test_gradients_agree_with_finite_differences(name):
    function, tensors = {**CASES, **SCALARS}[name]
    assert torch.autograd.gradcheck(function, ready(name, tensors), eps=1e-6, atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize("name", CASES)
def test_a_row_alone_is_what_it_is_in_a_batch(name):
    function, tensors = CASES[name]
    together = function(*(x.float() for x in tensors))
    for i in range(2):
        alone = function(*(x[i : i + 1].float() for x in tensors))
        assert alone.shape[0] == 1
        torch.testing.assert_close(alone[0], together[i], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [*CASES, *SCALARS])
def test_float32_in_float32_out_and_double_stays_double(name):
    function, tensors = {**CASES, **SCALARS}[name]
    single, double = function(*(x.float() for x in tensors)), function(*tensors)
    assert single.dtype == torch.float32 and double.dtype == torch.float64
    scale = double.abs().max().clamp_min(1.0)
    assert (single - double).abs().max() < 1e-4 * scale


@pytest.mark.parametrize("name", [*CASES, *SCALARS])
def test_autocast_around_it_costs_no_digit(name):
    function, tensors = {**CASES, **SCALARS}[name]
    tensors = [x.float() for x in tensors]
    with torch.autocast("cpu", torch.bfloat16):
        inside = function(*tensors)
    assert inside.dtype == torch.float32
    assert torch.equal(inside, function(*tensors))


@pytest.mark.parametrize("name", [*CASES, *SCALARS])
def test_tensors_that_are_views_of_others_give_the_same(name):
    """Every second number of a larger tensor, as a slice of a batch is."""
    function, tensors = {**CASES, **SCALARS}[name]
    strided = [torch.stack([x, x], dim=-1).flatten(-2)[..., ::2] for x in tensors]
    assert torch.equal(function(*strided), function(*tensors))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
@pytest.mark.parametrize("name", [*CASES, *SCALARS])
def test_results_and_gradients_stay_on_the_device_and_agree(name):
    function, tensors = {**CASES, **SCALARS}[name]
    sounds, gradients = [], []
    for device in ("cpu", "cuda"):
        given = [x.to(device, torch.float32).requires_grad_() for x in tensors]
        out = function(*given)
        assert out.device.type == device
        sounds.append(out.detach().cpu())
        pulls = torch.autograd.grad(out.square().sum(), given, allow_unused=True)
        gradients.append([pull.cpu() for pull in pulls if pull is not None])
    scale = sounds[0].abs().max().clamp_min(1.0)
    assert (sounds[0] - sounds[1]).abs().max() < 1e-4 * scale
    for ours, theirs in zip(*gradients, strict=True):
        assert (ours - theirs).abs().max() < 1e-3 * ours.abs().max().clamp_min(1.0)


SILENT = {
    "harmonic_synthesis": lambda: (dsp.harmonic_synthesis, torch.full((1, 5), 440.0), torch.zeros(1, 5, 3)),
    "sinusoidal_synthesis": lambda: (dsp.sinusoidal_synthesis, torch.full((1, 5, 3), 440.0), torch.zeros(1, 5, 3)),
}


@pytest.mark.parametrize("name", SILENT)
def test_amplitude_zero_is_silence_with_a_gradient(name):
    function, frequency, amplitude = SILENT[name]()
    amplitude.requires_grad_()
    audio = function(frequency, amplitude, **GRID)
    assert torch.equal(audio, torch.zeros_like(audio))
    audio[:, 1:].sum().backward()
    assert torch.isfinite(amplitude.grad).all() and amplitude.grad.abs().max() > 0


def test_a_pitch_of_zero_is_no_sound_and_no_nan():
    f0 = torch.zeros(1, 5, requires_grad=True)
    amplitude = torch.ones(1, 5, 3, requires_grad=True)
    audio = dsp.harmonic_synthesis(f0, amplitude, **GRID)
    audio.square().sum().backward()
    assert audio.abs().max() == 0
    assert torch.isfinite(f0.grad).all() and torch.isfinite(amplitude.grad).all()


def test_no_function_changes_what_it_is_given():
    for name, (function, tensors) in {**CASES, **SCALARS}.items():
        copies = [x.clone() for x in tensors]
        function(*copies)
        assert all(torch.equal(a, b) for a, b in zip(copies, tensors, strict=True)), name
