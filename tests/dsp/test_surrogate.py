"""The powers of a complex number, and the descent that they make possible."""

import math

import pytest
import torch

from ddsp_course import dsp


def test_on_the_circle_its_real_part_is_a_cosine_and_inside_it_dies_away():
    pole = dsp.hz_to_pole(torch.tensor([440.0, 440.0], dtype=torch.float64), 1.0, sample_rate=16_000)
    pole[1] *= 0.99
    n = torch.arange(1000, dtype=torch.float64)
    held, fading = dsp.damped_exponential(pole, 1000).real
    cosine = torch.cos(2 * math.pi * 440 * n / 16_000)
    torch.testing.assert_close(held, cosine, rtol=0, atol=1e-10)
    torch.testing.assert_close(fading, 0.99**n * cosine, rtol=0, atol=1e-10)


def test_single_precision_keeps_the_phase_of_a_pole_for_ten_thousand_samples():
    pole = torch.polar(torch.tensor(1.0), torch.tensor(1.2345))
    exact = pole.to(torch.complex128) ** torch.arange(10_000)
    assert (dsp.damped_exponential(pole, 10_000) - exact).abs().max() < 1e-5


def test_frequency_to_pole_and_back():
    hz = torch.tensor([0.0, 1.0, 440.0, 7999.0], dtype=torch.float64)
    pole = dsp.hz_to_pole(hz, 0.7, sample_rate=16_000)
    torch.testing.assert_close(dsp.pole_to_hz(pole, sample_rate=16_000), hz)
    torch.testing.assert_close(dsp.pole_to_hz(pole.conj(), sample_rate=16_000), hz)
    torch.testing.assert_close(pole.abs(), torch.full_like(hz, 0.7))


@pytest.mark.parametrize("target_hz", [440.0, 1000.0, 3000.0])
def test_a_descent_in_the_disc_finds_one_cosine_from_any_frequency(target_hz):
    """Where a descent over frequency needs to start within 0.715 / T = 23 Hz (lesson 01)."""
    target = torch.cos(2 * math.pi * target_hz * torch.arange(500, dtype=torch.float64) / 16_000)
    starts = torch.linspace(100, 7900, 14, dtype=torch.float64)
    pole = dsp.hz_to_pole(starts, 0.8, sample_rate=16_000)
    for step in range(400):
        pole = pole.detach().requires_grad_()
        (dsp.damped_exponential(pole, 500).real - target).square().mean(-1).sum().backward()
        pole = pole.detach() - 0.1 * 1e-4 ** (step / 400) * pole.grad / pole.grad.abs()
        pole = pole / pole.abs().clamp_min(1.0)
    assert (dsp.pole_to_hz(pole, sample_rate=16_000) - target_hz).abs().max() < 1.0
    assert pole.abs().min() > 0.999


def test_zero_is_a_click_without_nan():
    pole = torch.zeros(1, dtype=torch.complex64, requires_grad=True)
    sound = dsp.damped_exponential(pole, 4)
    assert sound.real.tolist()[0] == pytest.approx([1, 0, 0, 0], abs=1e-9)
    sound.real.sum().backward()
    assert torch.isfinite(torch.view_as_real(pole.grad)).all()


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: dsp.damped_exponential(torch.ones(2), 5), "must be complex, not torch.float32"),
        (lambda: dsp.damped_exponential(torch.full((2,), 1.1 + 0j), 5), "not 1.1 from 0"),
        (lambda: dsp.damped_exponential(torch.ones(2) + 0j, 0), "at least 1, not 0"),
        (lambda: dsp.hz_to_pole(torch.ones(2), 1.5, sample_rate=16_000), "at most 1, not 1.5"),
    ],
)
def test_bad_input_gets_one_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call()
