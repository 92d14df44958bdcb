import math

import pytest
import torch

from ddsp_course import dsp

RATE = 16_000
EVERYTHING = dsp.SpectralLoss(
    delta_time_weight=1.0, delta_frequency_weight=1.0, loudness_weight=1.0, sample_rate=16_000, hop_size=64
)


def tone(frequency=440.0, n=16_000, amplitude=0.5):
    return amplitude * torch.sin(2 * math.pi * frequency * torch.arange(n) / RATE)[None]


def test_equal_sounds_are_at_no_distance():
    audio = torch.randn(2, 4000)
    assert EVERYTHING(audio, audio.clone()) == 0


def test_the_default_is_the_sum_over_sizes_of_both_mean_differences():
    audio, target = torch.randn(2, 5000), torch.randn(2, 5000)
    expected = 0.0
    for size in (2048, 1024, 512, 256, 128, 64):
        ours, theirs = (dsp.stft_magnitude(x, size) for x in (audio, target))
        expected += (ours - theirs).abs().mean() + (ours.log() - theirs.log()).abs().mean()
    assert float(dsp.SpectralLoss()(audio, target)) == pytest.approx(float(expected), rel=1e-5)


def test_two_draws_of_noise_differ_by_ln_2_in_every_size():
    """E|ln a - ln b| of two Rayleigh magnitudes is ln 2, 4.16 over six sizes; of the bins at both ends more."""
    loss = dsp.SpectralLoss(magnitude_weight=0.0)
    assert float(loss(torch.randn(4, 32_000), torch.randn(4, 32_000))) == pytest.approx(6 * math.log(2), rel=0.025)


def test_a_gain_error_of_1_db_is_0_115_nepers_in_every_size():
    loss = dsp.SpectralLoss(magnitude_weight=0.0)
    audio = torch.randn(2, 8000)
    assert float(loss(audio * 10 ** (1 / 20), audio)) == pytest.approx(6 * math.log(10) / 20, rel=1e-3)


def test_terms_by_name_make_up_the_loss():
    audio, target = torch.randn(1, 3000), torch.randn(1, 3000)
    loss = dsp.SpectralLoss((512, 64), 0.75, 0.5, 2.0, 3.0, 4.0, 0.25, sample_rate=RATE, hop_size=64)
    terms = loss.terms(audio, target)
    weights = {"magnitude": 0.5, "log_magnitude": 2.0, "delta_time": 3.0, "delta_frequency": 4.0, "loudness": 0.25}
    assert set(terms) == set(weights)
    assert float(loss(audio, target)) == pytest.approx(sum(float(terms[k]) * weights[k] for k in weights), rel=1e-5)
    assert set(dsp.SpectralLoss().terms(audio, target)) == {"magnitude", "log_magnitude"}


def test_delta_terms_hear_what_moves_and_what_is_sharp():
    """A steady tone against the same one 6 dB up: nothing moves but at its ends, and every bin's slope doubles."""
    audio, target = tone(amplitude=0.5), tone(amplitude=0.25)
    steady = slice(0, 12_800)
    quiet = dsp.SpectralLoss((512,), 0.75, 0.0, 0.0, delta_time_weight=1.0)
    sharp = dsp.SpectralLoss((512,), 0.75, 0.0, 0.0, delta_frequency_weight=1.0)
    assert quiet(audio[:, steady], target[:, steady]) < 0.2 * sharp(audio[:, steady], target[:, steady])


def test_the_loudness_term_is_in_decibels():
    loss = dsp.SpectralLoss((64,), 0.75, 0.0, 0.0, loudness_weight=1.0, sample_rate=RATE, hop_size=64)
    audio = torch.randn(1, 8000)
    assert float(loss(audio, 0.1 * audio)) == pytest.approx(20.0, abs=1e-3)


AWKWARD = {
    "silence": torch.zeros(1, 4000),
    "near silence": 1e-7 * torch.randn(1, 4000),
    "a click": torch.nn.functional.pad(torch.ones(1, 1), (2000, 1999)),
    "clipped": (10 * tone(n=4000)).clamp(-1, 1),
    "a steady value": torch.ones(1, 4000),
    "one sample": torch.ones(1, 1),
    "shorter than the largest window": torch.randn(1, 700),
}


@pytest.mark.parametrize("target", ["same", "noise", "silence"])
@pytest.mark.parametrize("name", AWKWARD)
def test_value_and_gradient_are_finite_for_awkward_sound(name, target):
    audio = AWKWARD[name].clone().requires_grad_()
    other = {"same": audio.detach(), "noise": torch.randn_like(audio), "silence": torch.zeros_like(audio)}[target]
    loss = EVERYTHING if audio.shape[1] >= 64 else dsp.SpectralLoss(delta_time_weight=1.0, delta_frequency_weight=1.0)
    value = loss(audio, other.detach())
    value.backward()
    assert torch.isfinite(value) and torch.isfinite(audio.grad).all()


def test_a_sample_that_is_not_a_number_is_not_hidden():
    """Training counts and skips such steps: a floor must not turn NaN into something that looks well."""
    for bad in (math.nan, math.inf):
        audio = torch.randn(1, 1000)
        audio[0, 500] = bad
        assert not torch.isfinite(dsp.SpectralLoss()(audio, torch.randn(1, 1000)))
        assert not torch.isfinite(dsp.SpectralLoss()(torch.randn(1, 1000), audio))


def test_what_lies_below_minus_100_db_does_not_pull():
    audio = (1e-9 * torch.randn(1, 4000)).requires_grad_()
    dsp.SpectralLoss()(audio, torch.zeros(1, 4000)).backward()
    assert torch.equal(audio.grad, torch.zeros_like(audio))


def test_gradients_reach_the_target_as_well():
    audio, target = torch.randn(1, 1000, requires_grad=True), torch.randn(1, 1000, requires_grad=True)
    loss = dsp.SpectralLoss()
    forward = torch.autograd.grad(loss(audio, target), [audio, target])
    swapped = torch.autograd.grad(loss(target, audio), [target, audio])
    assert torch.allclose(forward[0], swapped[1], atol=1e-6) and torch.allclose(forward[1], swapped[0], atol=1e-6)


def test_short_windows_catch_a_wrong_pitch_and_long_ones_refine_it():
    """A 440 Hz sine scored against one that is 10, 100, 200 Hz off, linear magnitudes only."""

    def distance(size, offset):
        loss = dsp.SpectralLoss((size,), log_magnitude_weight=0.0)
        return float(loss(tone(440.0 + offset), tone(440.0)))

    assert distance(64, 200) > 1.9 * distance(64, 100)  # still downhill from far away
    assert distance(2048, 200) < 1.05 * distance(2048, 100)  # flat: no way home
    assert distance(2048, 10) / distance(2048, 200) > 5 * distance(64, 10) / distance(64, 200)  # steep near home


def test_the_batch_is_averaged():
    audio, target = torch.randn(3, 2000), torch.randn(3, 2000)
    one_by_one = [EVERYTHING(audio[i : i + 1], target[i : i + 1]) for i in range(3)]
    assert float(EVERYTHING(audio, target)) == pytest.approx(float(sum(one_by_one)) / 3, rel=1e-5)


def test_sounds_of_different_shape_are_not_compared():
    with pytest.raises(ValueError, match=r"\(1, 10\) and \(1, 11\)"):
        dsp.SpectralLoss()(torch.zeros(1, 10), torch.zeros(1, 11))
