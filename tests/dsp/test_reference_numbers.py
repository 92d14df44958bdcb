"""Our conventions against the numbers of the reference implementation, and where ours differ on purpose."""

import math

import pytest
import torch

from ddsp_course import dsp

RATE, HOP = 16_000, 64


def worst(ours, theirs):
    return float((ours.double() - theirs.double()).abs().max())


@pytest.mark.parametrize(
    ("name", "function"),
    [("hz_to_midi", dsp.hz_to_midi), ("midi_to_hz", dsp.midi_to_hz), ("power_to_db", dsp.power_to_db)],
)
def test_units(reference, name, function):
    (given,) = [value for key, value in reference.items() if key.startswith(f"{name}/in/")]
    torch.testing.assert_close(function(given), reference[f"{name}/out"], rtol=2e-6, atol=1e-5)


def test_exp_sigmoid(reference):
    torch.testing.assert_close(
        dsp.exp_sigmoid(reference["exp_sigmoid/in/x"]), reference["exp_sigmoid/out"], rtol=1e-5, atol=1e-8
    )


@pytest.mark.parametrize(("theirs", "ours"), [("resample_linear", "linear"), ("resample_window", "hann")])
def test_upsampling_ten_frames_to_160_samples(reference, theirs, ours):
    assert worst(dsp.upsample(reference[f"{theirs}/in/x"], 16, ours), reference[f"{theirs}/out"]) < 1e-6


def test_harmonics_are_masked_first_and_normalised_after(reference):
    ours = dsp.normalize_harmonics(
        reference["normalize_harmonics/distribution"], reference["normalize_harmonics/f0_hz"], sample_rate=RATE
    )
    assert worst(ours, reference["normalize_harmonics/out"]) < 1e-6


def theirs_as_ours(reference, raw_amplitude, raw_distribution):
    """Their oscillator said in ours. Their sample n has already turned by its own frequency: ours one sample later.

    So ours is given every sample as a frame, f0 one sample early, and the first sample's turn as initial_phase.
    """
    f0 = reference["harmonic/f0_hz"]
    distribution = dsp.normalize_harmonics(dsp.exp_sigmoid(raw_distribution), f0, sample_rate=RATE)
    amplitudes = dsp.exp_sigmoid(raw_amplitude)[..., None] * distribution
    at_samples = dsp.upsample(f0.double(), HOP)
    audio = dsp.harmonic_synthesis(
        at_samples.roll(-1, dims=1),
        dsp.upsample(amplitudes.double(), HOP, "hann"),
        sample_rate=RATE,
        hop_size=1,
        initial_phase=2 * math.pi * at_samples[:, 0] / RATE,
    )[:, :6400]
    # f0 one sample early also silences a harmonic one sample early when it glides past 8 kHz: leave those samples out
    audible = (8000.0 / at_samples).ceil().clamp_max(21)
    return audio, (audible == audible.roll(-1, dims=1))[:, :6400]


def test_harmonic_oscillator(reference):
    audio, comparable = theirs_as_ours(
        reference, reference["harmonic/raw_amplitude"], reference["harmonic/raw_distribution"]
    )
    assert 0 < (~comparable).sum() < 10
    assert worst(audio * comparable, reference["harmonic/audio"] * comparable) < 1e-6


def test_harmonic_oscillator_gradients(reference):
    """Their float32 phase drifts, and a sample at which a harmonic leaves counts differently (see above)."""
    raw_amplitude = reference["harmonic/raw_amplitude"].clone().requires_grad_()
    raw_distribution = reference["harmonic/raw_distribution"].clone().requires_grad_()
    audio, _ = theirs_as_ours(reference, raw_amplitude, raw_distribution)
    whole_length = 2 * 16_000  # their loss is the mean over two seconds, of which the fixture keeps 0.4 each
    ((audio * reference["harmonic/weight"]).sum() / whole_length).backward()
    for name, ours in (("amplitude", raw_amplitude.grad), ("distribution", raw_distribution.grad)):
        theirs = reference[f"harmonic/to_raw_{name}"]
        assert worst(ours[:, : theirs.shape[1]], theirs) < 0.03 * theirs.abs().max(), name


def symmetric_and_theirs(magnitudes, taps=33):
    """Ours is symmetric. Their window sits one sample early , its peak beside the middle tap: a bent phase."""
    ours = dsp.frequency_impulse_response(magnitudes, taps)
    raw = torch.fft.irfft(magnitudes).roll(taps // 2, dims=-1)[..., :taps]
    theirs = raw * torch.hann_window(taps, periodic=False).roll(-1)
    return ours, raw * torch.hann_window(taps, periodic=False), theirs


def test_frequency_impulse_response(reference):
    ours, expected, theirs = symmetric_and_theirs(reference["frequency_impulse_response/in/mag"])
    out = reference["frequency_impulse_response/out"]
    assert worst(ours, expected) < 1e-6
    assert worst(theirs[..., 1:-1], out[..., :-2]) < 1e-6  # and theirs begins a tap later
    assert worst(ours, ours.flip(-1)) < 1e-6
    assert worst(out[..., :31], out[..., :31].flip(-1)) > 0.01


def test_time_varying_filter_acts_on_the_samples_of_its_frame_without_delay(reference):
    """Their filters switch at every frame ("hold") and have a bent window: with their window the numbers agree."""
    audio, magnitudes = reference["filter/audio"], reference["filter/magnitudes"]
    _, _, theirs = symmetric_and_theirs(magnitudes)
    total = torch.zeros(1, 4800)
    for i, taps in enumerate(theirs):
        part = torch.zeros(1, 4800)
        part[:, i * 1600 : (i + 1) * 1600] = audio[i * 1600 : (i + 1) * 1600]
        total += dsp.fir_filter(part, taps)
    assert worst(total[0, :4784], reference["filter/out"]) < 1e-3  # what their float32 FFT is good for
    ours = dsp.time_varying_fir(audio[None], magnitudes[None], window_size=33, method="hold")[0, :4784]
    error = (ours - reference["filter/out"]).square().mean().sqrt() / ours.square().mean().sqrt()
    assert error < 0.05


def test_reverb_adds_the_room_to_the_dry_sound_and_ignores_its_direct_tap(reference):
    wet = dsp.reverberate(reference["reverb/audio"][None], reference["reverb/impulse_response"])[0]
    theirs = reference["reverb/out"]
    assert (wet - theirs).square().mean().sqrt() < 0.002 * theirs.square().mean().sqrt()  # their FFT is float32


def test_modulated_delay_interpolates_between_samples(reference):
    """Theirs reaches from the centre (15 ms) to centre + depth (25 ms), ours from centre - depth to centre + depth."""
    ours = dsp.modulated_delay(
        reference["modulated_delay/audio"][None],
        torch.sigmoid(reference["modulated_delay/phase"])[None],
        centre_ms=20.0,
        depth_ms=5.0,
        gain=dsp.exp_sigmoid(reference["modulated_delay/gain"])[None],
        sample_rate=RATE,
    )[0]
    assert worst(ours, reference["modulated_delay/out"]) < 2e-4


def test_wavetable(reference):
    """Until their float32 phase has drifted by a few 1e-6 turns, which a steep table shows."""
    ours = dsp.wavetable_synthesis(
        reference["wavetable/f0_hz"][None],
        dsp.exp_sigmoid(reference["wavetable/raw_amplitude"])[None],
        dsp.exp_sigmoid(reference["wavetable/raw_tables"])[None],
        sample_rate=RATE,
        hop_size=80,
    )[0, :1600]
    theirs = reference["wavetable/out"]
    assert worst(ours[:200], theirs[:200]) < 1e-4
    assert worst(ours, theirs) < 3e-3
    assert ours.mean() > 0.1  # a table's mean stays in the sound


def test_magnitudes_are_padded_at_the_end_only(reference):
    ours = dsp.stft_magnitude(reference["loss/target"][:1], 2048)
    assert ours.shape == (1, 32, 1025)
    assert worst(ours[0, 10:14], reference["magnitude/out"]) < 1e-3


def test_mfcc(reference):
    ours = dsp.mfcc(reference["loss/target"][:1], sample_rate=RATE)[0]
    assert worst(ours, reference["mfcc/out"]) < 1e-3  # of up to 184


def test_loudness(reference):
    ours = dsp.loudness_db(reference["loss/target"], sample_rate=RATE, hop_size=HOP)
    assert reference["loudness/out"].min() == -80.0  # the second sound ends in silence
    assert worst(ours, reference["loudness/out"]) < 1e-3


def test_spectral_loss_and_its_gradient(reference):
    audio = reference["loss/audio"].clone().requires_grad_()
    loss = dsp.SpectralLoss()(audio, reference["loss/target"])
    loss.backward()
    assert loss.item() == pytest.approx(float(reference["loss/out"]), rel=1e-6)
    theirs = reference["loss/to_audio"]
    assert worst(audio.grad[0, 2000:5000], theirs) < 1e-3 * theirs.abs().max()
