import math

import pytest
import torch

from ddsp_course import dsp

RATE = 16_000


def room(rt60_s, seconds=1.0, seed=0):
    taps = int(seconds * RATE)
    noise = dsp.white_noise(1, taps, generator=torch.Generator().manual_seed(seed))[0]
    return 0.05 * noise * dsp.exponential_decay(rt60_s, taps, sample_rate=RATE)


def rt60(response):
    """Schroeder: energy still to come, line from -5 to -25 dB, times 3."""
    level = 10 * torch.log10(response.double().square().flip(0).cumsum(0).flip(0))
    level = level - level[0]
    first, last = int((level > -5).sum()), int((level > -25).sum())
    return 3 * (last - first) / RATE


def test_the_dry_sound_goes_through_exactly_whatever_the_room():
    audio, response = torch.randn(2, 1000), torch.randn(300)
    without_tail = torch.zeros(300)
    without_tail[0] = 5.0  # a direct tap: ignored
    assert torch.equal(dsp.reverberate(audio, without_tail), audio)
    assert torch.equal(dsp.reverberate(audio, torch.ones(1)), audio)
    click = torch.zeros(1, 1000)
    click[0, 10] = 1.0
    wet = dsp.reverberate(click, response)[0]
    # The tail comes through an FFT, whose rounding differs from processor to processor.
    assert abs(wet[10] - 1.0) < 1e-6
    assert torch.allclose(wet[11:310], response[1:], atol=1e-5) and wet[:10].abs().max() < 1e-6


def test_a_response_longer_than_the_sound_is_cut_to_it():
    audio = torch.randn(1, 100)
    long = torch.randn(5000)
    assert torch.allclose(dsp.reverberate(audio, long), dsp.reverberate(audio, long[:100]), atol=1e-5)


@pytest.mark.parametrize("seconds", [0.3, 1.0, 2.5])
def test_exponential_decay_falls_by_60_db_in_rt60(seconds):
    decay = dsp.exponential_decay(seconds, int(seconds * RATE) + 1, sample_rate=RATE)
    assert decay[0] == 1.0 and float(decay[-1]) == pytest.approx(1e-3, rel=1e-3)
    if seconds < 1:
        assert rt60(room(seconds)) == pytest.approx(seconds, rel=0.05)


def test_an_unlearned_room_is_no_room():
    reverb = dsp.Reverb(seconds=0.5, sample_rate=RATE)
    audio = torch.randn(2, 2000)
    assert torch.equal(reverb(audio), audio)
    assert reverb.impulse_response().shape == (8000,)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_the_room_is_three_seconds_at_every_rate(rate):
    assert len(dsp.Reverb(sample_rate=rate).impulse_response()) == 3 * rate


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_one_step_of_adam_makes_no_noise_room(rate):
    """Adam moves every tap by its learning rate however little it knows: on bare taps of 3 s that is -3.6 dB."""
    learning_rate = 3e-3
    bare = torch.full((3 * rate,), learning_rate)
    reverb = dsp.Reverb(seconds=3.0, sample_rate=rate)
    optimizer = torch.optim.Adam(reverb.parameters(), lr=learning_rate)
    audio = torch.randn(1, 4 * rate)
    reverb(audio).square().mean().backward()
    optimizer.step()
    energy_db = 10 * math.log10(float(reverb.impulse_response().detach().square().sum()))
    assert energy_db < -35
    if rate == 16_000:
        assert 10 * math.log10(float(bare.square().sum())) == pytest.approx(-3.6, abs=0.1)


def test_a_room_is_learned_from_dry_and_wet():
    torch.manual_seed(0)
    true = room(0.25, 0.4)
    dry = torch.randn(4, RATE)
    wet = dsp.reverberate(dry, true)
    reverb = dsp.Reverb(seconds=0.4, sample_rate=RATE, rt60_prior=0.5)
    optimizer = torch.optim.Adam(reverb.parameters(), lr=0.03)
    for _ in range(120):
        optimizer.zero_grad()
        (reverb(dry) - wet).square().mean().backward()
        optimizer.step()
    error = (reverb.impulse_response() - true)[1:].square().sum() / true[1:].square().sum()
    assert 10 * math.log10(float(error.detach())) < -20
    assert reverb.impulse_response()[0] == 0


def test_the_exponential_room_has_the_length_and_level_it_was_given():
    reverb = dsp.ExponentialDecayReverb(seconds=1.0, sample_rate=RATE, gain=0.02, rt60_s=0.5)
    response = reverb.impulse_response().detach()
    assert response[0] == 0
    assert rt60(response) == pytest.approx(0.5, rel=0.05)
    assert float(response[1:200].square().mean().sqrt()) == pytest.approx(0.02, rel=0.15)
    again = dsp.ExponentialDecayReverb(seconds=1.0, sample_rate=RATE, gain=0.02, rt60_s=0.5)
    assert torch.equal(response, again.impulse_response())


def test_two_numbers_of_a_room_are_learned_from_its_decay():
    """Its noise is another than the room's: what can be learned is how loud and how long, from the level in time."""
    target = room(0.3, 1.0, seed=7)
    reverb = dsp.ExponentialDecayReverb(seconds=1.0, sample_rate=RATE, gain=0.005, rt60_s=1.0)

    def levels(response):
        return (response.reshape(50, 320).square().mean(1) + 1e-10).log()

    optimizer = torch.optim.Adam(reverb.parameters(), lr=0.05)
    for _ in range(150):
        optimizer.zero_grad()
        (levels(reverb.impulse_response()) - levels(target))[:15].square().mean().backward()
        optimizer.step()
    assert reverb.log_rt60.exp().item() == pytest.approx(0.3, rel=0.1)
    assert reverb.log_gain.exp().item() == pytest.approx(0.05 / math.sqrt(3), rel=0.15)


def test_the_painted_room_starts_as_described_and_can_have_bands_that_die_sooner():
    reverb = dsp.FilteredNoiseReverb(seconds=1.0, sample_rate=RATE, gain=0.02, rt60_s=0.5)
    response = reverb.impulse_response().detach()
    assert response[0] == 0 and len(response) == RATE
    assert rt60(response) == pytest.approx(0.5, rel=0.1)
    with torch.no_grad():
        reverb.raw_magnitudes[20:, 17:] = -30.0  # above 4 kHz nothing after 0.2 s
    late = reverb.impulse_response().detach()[4800:]
    power = torch.fft.rfft(late).abs() ** 2
    middle = len(power) // 2
    assert 10 * math.log10(power[: middle - 500].mean() / power[middle + 500 :].mean()) > 30


@pytest.mark.parametrize("kind", [dsp.Reverb, dsp.ExponentialDecayReverb, dsp.FilteredNoiseReverb])
def test_a_saved_room_is_the_same_room(kind):
    first, second = kind(seconds=0.2, sample_rate=RATE), kind(seconds=0.2, sample_rate=RATE)
    with torch.no_grad():
        for parameter in first.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    second.load_state_dict(first.state_dict())
    assert torch.equal(first.impulse_response(), second.impulse_response())


@pytest.mark.parametrize("kind", [dsp.Reverb, dsp.ExponentialDecayReverb, dsp.FilteredNoiseReverb])
def test_gradients_reach_every_parameter_of_a_room(kind):
    reverb = kind(seconds=0.1, sample_rate=RATE)
    (reverb(torch.randn(1, 2000)) * torch.randn(1, 2000)).sum().backward()
    for name, parameter in reverb.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name
