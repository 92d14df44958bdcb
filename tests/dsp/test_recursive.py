import math

import numpy as np
import pytest
import scipy.linalg
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_course import dsp
from ddsp_course.dsp.recursive import BIQUADS

RATE = 16_000
HZ = torch.linspace(0, 8000, 161, dtype=torch.float64)


def knob(value):
    return torch.tensor(value, dtype=torch.float64)


def level_db(b, a, f_hz):
    response = dsp.frequency_response(b, a, torch.tensor([f_hz], dtype=torch.float64), sample_rate=RATE)
    return float(20 * torch.log10(response.abs()))


def resonance(radius, f_hz):
    angle = 2 * math.pi * f_hz / RATE
    return torch.tensor([1.0, -2 * radius * math.cos(angle), radius**2], dtype=torch.float64)


def click(samples):
    audio = torch.zeros(1, samples, dtype=torch.float64)
    audio[0, 0] = 1
    return audio


# --- the recursion ----------------------------------------------------------------------------------------------------


@given(n=st.integers(1, 700), m=st.integers(1, 6), p=st.integers(1, 24), seed=st.integers(0, 2**31))
@settings(deadline=None, derandomize=True, max_examples=120)
def test_the_recursion_is_scipys_for_any_length_and_order(n, m, p, seed):
    random = np.random.default_rng(seed)
    poles = 0.98 * random.uniform(0, 1, p // 2) * np.exp(1j * random.uniform(0, np.pi, p // 2))
    a = 0.7 * np.real(np.poly(np.concatenate([poles, poles.conj(), random.uniform(-0.9, 0.9, p % 2)])))  # and a0 = 0.7
    audio, b = random.standard_normal((2, n)), random.standard_normal(m)
    ours = dsp.recursive_filter(*(torch.from_numpy(x) for x in (audio, b, a)))
    theirs = scipy.signal.lfilter(b, a, audio)
    assert np.abs(ours.numpy() - theirs).max() < 1e-9 * np.abs(theirs).max()


def test_a_decay_is_the_pole_to_the_power_of_time():
    out = dsp.recursive_filter(click(5000), torch.ones(1).double(), torch.tensor([1.0, -0.999], dtype=torch.float64))
    assert torch.allclose(out[0], 0.999 ** torch.arange(5000.0).double(), rtol=1e-10)


def test_each_row_may_have_its_own_filter():
    audio = torch.randn(2, 300, dtype=torch.float64)
    b, a = torch.tensor([[1.0, 0.5], [2.0, 0.0]]).double(), torch.stack([resonance(0.9, 500), resonance(0.99, 3000)])
    together = dsp.recursive_filter(audio, b, a)
    for i in range(2):
        assert torch.allclose(together[i : i + 1], dsp.recursive_filter(audio[i : i + 1], b[i], a[i]))


def test_float32_keeps_a_low_narrow_resonance():
    """20 Hz, half a hertz wide: there a recursion in float32 is off by more than its result can be."""
    a = resonance(math.exp(-math.pi * 0.5 / RATE), 20.0)
    exact = scipy.signal.lfilter([1.0], a.float().double().numpy(), click(RATE).numpy())
    ours = dsp.recursive_filter(click(RATE).float(), torch.ones(1), a.float())
    assert ours.dtype == torch.float32
    assert np.abs(ours.numpy() - exact).max() < 1e-5 * np.abs(exact).max()


def test_without_a_pole_it_is_a_convolution():
    audio, b = torch.randn(2, 100, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    out = dsp.recursive_filter(audio, b, torch.tensor([2.0]).double())
    assert torch.allclose(out, dsp.fft_convolve(audio, b / 2), atol=1e-12)


def test_gradients_are_those_of_a_loop_recorded_step_by_step():
    audio, a = torch.randn(1, 200, dtype=torch.float64, requires_grad=True), resonance(0.97, 1234).requires_grad_()
    b = torch.tensor([0.3, 0.1, -0.2], dtype=torch.float64, requires_grad=True)
    y = []
    for n in range(200):
        new = sum(b[k] * audio[0, n - k] for k in range(3) if n >= k)
        y.append(new - sum(a[k] * y[n - k] for k in (1, 2) if n >= k))
    weights = torch.randn(200, dtype=torch.float64)
    expected = torch.autograd.grad((torch.stack(y) * weights).sum(), (audio, b, a))
    found = torch.autograd.grad((dsp.recursive_filter(audio, b, a)[0] * weights).sum(), (audio, b, a))
    assert torch.allclose(found[0], expected[0]) and torch.allclose(found[1], expected[1])
    assert torch.allclose(found[2][1:], expected[2][1:])  # a0 is 1 in the loop, and nobody divides by it


def test_gradients_of_gradients_are_right_too():
    given_tensors = (torch.randn(2, 12).double(), torch.randn(3).double(), resonance(0.8, 2000))
    inputs = [x.requires_grad_() for x in given_tensors]
    assert torch.autograd.gradgradcheck(dsp.recursive_filter, inputs)


def test_the_gradient_agrees_with_torchaudios():
    import torchaudio

    audio = 0.1 * torch.randn(1, 2000, dtype=torch.float64)
    found = []
    for function in (
        lambda b, a: torchaudio.functional.lfilter(audio, a, b, clamp=False),
        lambda b, a: dsp.recursive_filter(audio, b, a),
    ):
        b, a = torch.tensor([1.0, 0.2, 0.0]).double().requires_grad_(), resonance(0.99, 700).requires_grad_()
        function(b, a).square().sum().backward()
        found.append(torch.cat([b.grad, a.grad]))
    assert torch.allclose(*found, rtol=1e-8)


@pytest.mark.parametrize(
    "shapes, says",
    [
        (((100,), (3,), (3,)), "audio must be"),
        (((1, 0), (3,), (3,)), "at least one sample"),
        (((2, 100), (3, 3), (3,)), "b must be"),
        (((2, 100), (3,), (1, 1, 3)), "a must be"),
    ],
)
def test_shapes_that_do_not_fit_get_one_sentence(shapes, says):
    with pytest.raises(ValueError, match=says):
        dsp.recursive_filter(*(torch.ones(*shape) for shape in shapes))


def test_an_a0_of_zero_is_said():
    with pytest.raises(ValueError, match="a0, the first of a, is 0"):
        dsp.recursive_filter(torch.ones(1, 4), torch.ones(1), torch.tensor([0.0, 1.0]))


# --- biquads ----------------------------------------------------------------------------------------------------------


def test_the_response_is_scipys():
    b, a = dsp.biquad("peak", knob(900.0), gain_db=7.0, q=2.0, sample_rate=RATE)
    _, expected = scipy.signal.freqz(b.numpy(), a.numpy(), worN=HZ.numpy(), fs=RATE)
    assert np.allclose(dsp.frequency_response(b, a, HZ, sample_rate=RATE).numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("f_hz", [100.0, 1000.0, 5000.0])
@pytest.mark.parametrize("gain", [-12.0, 6.0])
def test_a_peak_is_its_gain_at_its_frequency_and_nothing_at_both_ends(f_hz, gain):
    b, a = dsp.biquad("peak", knob(f_hz), gain_db=gain, q=1.5, sample_rate=RATE)
    assert level_db(b, a, f_hz) == pytest.approx(gain, abs=1e-9)
    assert level_db(b, a, 0) == pytest.approx(0, abs=1e-9) and level_db(b, a, 8000) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("gain", [-12.0, 6.0])
def test_a_shelf_is_its_gain_on_one_side_half_of_it_at_its_frequency_and_nothing_on_the_other(gain):
    for kind, on, off in (("low_shelf", 0.0, 8000.0), ("high_shelf", 8000.0, 0.0)):
        b, a = dsp.biquad(kind, knob(1500.0), gain_db=gain, sample_rate=RATE)
        assert level_db(b, a, on) == pytest.approx(gain, abs=1e-9)
        assert level_db(b, a, 1500.0) == pytest.approx(gain / 2, abs=1e-9)
        assert level_db(b, a, off) == pytest.approx(0, abs=1e-9)


def test_the_passes_agree_with_butterworths():
    for kind, name in (("low_pass", "lowpass"), ("high_pass", "highpass")):
        b, a = dsp.biquad(kind, knob(1500.0), sample_rate=RATE)
        expected_b, expected_a = scipy.signal.butter(2, 1500, name, fs=RATE)
        assert np.allclose(b.numpy(), expected_b) and np.allclose(a.numpy(), expected_a)
    b, a = dsp.biquad("band_pass", knob(1500.0), q=5.0, sample_rate=RATE)
    assert level_db(b, a, 1500.0) == pytest.approx(0, abs=1e-9) and level_db(b, a, 3000.0) < -15


@pytest.mark.parametrize("kind", BIQUADS)
def test_biquads_take_batches_and_are_stable_everywhere(kind):
    f, gain, q = torch.meshgrid(
        torch.logspace(1, math.log10(7990), 9).double(),
        torch.linspace(-30, 30, 7).double(),
        torch.logspace(-1, 2, 7).double(),
        indexing="ij",
    )
    b, a = dsp.biquad(kind, f, gain_db=gain, q=q, sample_rate=RATE)
    assert b.shape == a.shape == (9, 7, 7, 3) and bool((a[..., 0] == 1).all())
    assert bool((a[..., 2].abs() < 1).all()) and bool((a[..., 1].abs() < 1 + a[..., 2]).all())


def test_plain_numbers_are_float32_and_another_kind_is_refused():
    b, _ = dsp.biquad("peak", 1000, gain_db=3, q=1, sample_rate=RATE)
    assert b.dtype == torch.float32
    with pytest.raises(ValueError, match="low_pass.*notch"):
        dsp.biquad("notch", 1000.0, sample_rate=RATE)


@given(u=st.floats(-7, 7), v=st.floats(-7, 7))
@settings(deadline=None, derandomize=True, max_examples=150)
def test_any_two_numbers_make_poles_inside_the_circle(u, v):
    a = dsp.stable_biquad(torch.tensor([u, v], dtype=torch.float64))
    assert np.abs(np.roots(a.numpy())).max() < 1


def test_every_pair_of_poles_can_be_said():
    """The way back: a1, a2 of a filter -> the two numbers it is made from."""
    for radius, f_hz in ((0.5, 100), (0.95, 4000), (0.999, 7900)):
        a = resonance(radius, f_hz)
        raw = torch.atanh(torch.stack([a[1] / (1 + a[2]), a[2]]))
        assert torch.allclose(dsp.stable_biquad(raw), a, atol=1e-12)
    with pytest.raises(ValueError, match="two numbers"):
        dsp.stable_biquad(torch.zeros(3))


def test_a_cascade_is_scipys_and_one_long_filter():
    b, a = dsp.biquad("peak", torch.tensor([300.0, 1000.0, 3000.0]).double(), gain_db=6.0, q=2.0, sample_rate=RATE)
    audio = torch.randn(2, 1000, dtype=torch.float64)
    expected = scipy.signal.sosfilt(torch.cat([b, a], dim=-1).numpy(), audio.numpy())
    assert np.allclose(dsp.biquad_cascade(audio, b, a).numpy(), expected, atol=1e-10)
    with pytest.raises(ValueError, match="sections"):
        dsp.biquad_cascade(audio, b[0], a[0])


# --- frequency sampling -----------------------------------------------------------------------------------------------


def test_frequency_sampling_folds_what_rings_on_back_to_the_beginning():
    """A click through one pole at 0.99, with an FFT of 500: what comes out is r^n (1 + r^500 + r^1000 + ...)."""
    b, a = torch.ones(1).double(), torch.tensor([1.0, -0.99], dtype=torch.float64)
    out = dsp.frequency_sampled_filter(click(500), b, a, fft_size=500)[0]
    expected = 0.99 ** torch.arange(500.0).double() / (1 - 0.99**500)
    assert torch.allclose(out, expected, rtol=1e-9)


def test_with_an_fft_that_is_long_enough_it_is_the_recursion():
    audio, a, b = torch.randn(2, 400, dtype=torch.float64), resonance(0.97, 1000), torch.tensor([1.0, 0.5]).double()
    exact = dsp.recursive_filter(audio, b, a)
    error = (dsp.frequency_sampled_filter(audio, b, a, fft_size=2048) - exact).abs().max()
    assert error < 1e-10 * exact.abs().max()
    with pytest.raises(ValueError, match="at least the 400 samples"):
        dsp.frequency_sampled_filter(audio, b, a, fft_size=399)


# --- linear prediction ------------------------------------------------------------------------------------------------


def test_levinson_solves_the_normal_equations():
    x = torch.randn(3, 400, dtype=torch.float64) * torch.hann_window(400, dtype=torch.float64)
    a, gain = dsp.linear_prediction(x, 12)
    for row, ours, rms in zip(x.numpy(), a.numpy(), gain.numpy(), strict=True):
        r = np.correlate(row, row, "full")[399 : 399 + 13]
        assert np.allclose(ours[1:], scipy.linalg.solve_toeplitz(r[:-1], -r[1:]), atol=1e-9)
        residual = np.convolve(row, ours)
        assert rms == pytest.approx(math.sqrt((residual**2).sum() / 400), rel=1e-9)


def test_it_finds_the_filter_that_noise_went_through():
    true = torch.tensor(np.real(np.poly([0.95 * np.exp(0.5j), 0.95 * np.exp(-0.5j), 0.9j, -0.9j])))
    noise = torch.randn(1, 100_000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    a, gain = dsp.linear_prediction(dsp.recursive_filter(noise, torch.ones(1).double(), true), 4)
    assert (a[0] - true).abs().max() < 0.02
    assert float(gain) == pytest.approx(1, abs=0.02)


def test_its_filter_is_always_stable_and_silence_has_one():
    x = torch.sin(0.3 * torch.arange(500.0)).double()[None]
    a, _ = dsp.linear_prediction(x, 20)
    assert np.abs(np.roots(a[0].numpy())).max() < 1
    a, gain = dsp.linear_prediction(torch.zeros(1, 100), 3)
    assert a.tolist() == [[1, 0, 0, 0]] and float(gain) < 1e-15
    with pytest.raises(ValueError, match="order must be at least 1 and less than the 10"):
        dsp.linear_prediction(torch.ones(1, 10), 10)
