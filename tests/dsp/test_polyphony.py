"""Several voices in one call, and which of their partials meet."""

import math

import pytest
import torch

from ddsp_course import dsp

GRID = {"sample_rate": 16_000, "hop_size": 64}


def chord(batch: int = 2, voices: int = 3, frames: int = 20, harmonics: int = 5):
    generator = torch.Generator().manual_seed(0)
    f0_hz = 200 + 600 * torch.rand(batch, voices, frames, generator=generator, dtype=torch.float64)
    amplitudes = torch.rand(batch, voices, frames, harmonics, generator=generator, dtype=torch.float64)
    return f0_hz, amplitudes


def test_each_voice_is_what_it_would_be_by_itself():
    f0_hz, amplitudes = chord()
    together = dsp.polyphonic_synthesis(f0_hz, amplitudes, **GRID)
    assert together.shape == (2, 3, 1280)
    for voice in range(3):
        alone = dsp.harmonic_synthesis(f0_hz[:, voice], amplitudes[:, voice], **GRID)
        torch.testing.assert_close(together[:, voice], alone, rtol=0, atol=1e-12)


def test_a_minor_triad_has_its_three_sines_and_nothing_else():
    midi = torch.tensor([57.0, 60.0, 64.0], dtype=torch.float64)
    f0_hz = dsp.midi_to_hz(midi)[None, :, None].expand(1, 3, 250)
    sound = dsp.polyphonic_synthesis(f0_hz, torch.ones(1, 3, 250, 1, dtype=torch.float64), **GRID).sum(1)[0]
    n = torch.arange(len(sound)).double()
    expected = sum(torch.sin(2 * math.pi * hz * n / 16_000) for hz in dsp.midi_to_hz(midi))
    torch.testing.assert_close(sound, expected, rtol=0, atol=1e-6)


def test_equal_voices_of_different_pitch_add_in_power_and_of_one_pitch_in_amplitude():
    ones = torch.ones(1, 3, 250, 1)
    apart = torch.tensor([220.0, 300.0, 410.0])[None, :, None].expand(1, 3, 250)
    power = dsp.polyphonic_synthesis(apart, ones, **GRID).sum(1).square().mean()
    assert 10 * math.log10(power / 0.5) == pytest.approx(10 * math.log10(3), abs=0.02)
    same = torch.full((1, 3, 250), 220.0)
    power = dsp.polyphonic_synthesis(same, ones, **GRID).sum(1).square().mean()
    assert 10 * math.log10(power / 0.5) == pytest.approx(20 * math.log10(3), abs=0.02)


def test_gradients_of_one_voice_do_not_leak_into_another():
    f0_hz, amplitudes = chord(batch=1)
    amplitudes.requires_grad_()
    dsp.polyphonic_synthesis(f0_hz, amplitudes, **GRID)[:, 1].square().sum().backward()
    assert float(amplitudes.grad[:, [0, 2]].abs().max()) == 0 < float(amplitudes.grad[:, 1].abs().min())


def test_at_a_just_fifth_every_third_partial_below_meets_every_second_above():
    low, high = torch.tensor(200.0), torch.tensor(300.0)
    assert dsp.shared_partials(low, high, 12, width_hz=1.0).nonzero().flatten().add(1).tolist() == [3, 6, 9, 12]
    assert dsp.shared_partials(high, low, 8, width_hz=1.0).nonzero().flatten().add(1).tolist() == [2, 4]
    # and 6 * 300 = 9 * 200 lies beyond the eight partials of the lower voice


def test_at_an_octave_all_partials_above_are_shared_and_every_second_below():
    low, high = torch.tensor([110.0, 200.0]), torch.tensor([220.0, 200.0])
    shared = dsp.shared_partials(low, high, 6, width_hz=1.0)
    assert shared.tolist() == [[False, True] * 3, [True] * 6]


def test_the_width_is_strict_and_in_hz():
    a, b = torch.tensor(100.0), torch.tensor(104.0)
    assert dsp.shared_partials(a, b, 3, width_hz=8.0).tolist() == [True, False, False]
    assert dsp.shared_partials(a, b, 3, width_hz=8.5).tolist() == [True, True, False]


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: dsp.polyphonic_synthesis(torch.ones(3, 5), torch.ones(1, 3, 5, 2), **GRID), r"\[batch, voices, fr"),
        (lambda: dsp.polyphonic_synthesis(torch.ones(1, 2, 5), torch.ones(1, 3, 5, 2), **GRID), r"\(1, 2, 5\) and"),
        (lambda: dsp.shared_partials(torch.ones(2), torch.ones(3), 4, width_hz=1.0), r"one shape, not \(2,\)"),
        (lambda: dsp.shared_partials(torch.ones(2), torch.ones(2), 4, width_hz=0.0), "must be positive, not 0.0"),
    ],
)
def test_bad_input_gets_one_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call()
