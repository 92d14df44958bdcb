import math

import pytest
import torch

from ddsp_course import dsp


def value(function, x, *more):
    return float(function(torch.tensor(float(x)), *more))


def test_concert_a_and_its_octaves():
    assert value(dsp.hz_to_midi, 440) == pytest.approx(69)
    assert value(dsp.hz_to_midi, 880) == pytest.approx(81)
    assert value(dsp.midi_to_hz, 57) == pytest.approx(220)


def test_no_frequency_is_midi_0_and_has_a_finite_gradient():
    f0 = torch.tensor([0.0, -1.0, 440.0], requires_grad=True)
    midi = dsp.hz_to_midi(f0)
    assert midi.tolist() == [0.0, 0.0, 69.0]
    midi.sum().backward()
    assert torch.isfinite(f0.grad).all() and f0.grad[0] == 0


def test_decibels_of_power_and_amplitude():
    assert value(dsp.power_to_db, 100) == pytest.approx(20)
    assert value(dsp.amplitude_to_db, 100) == pytest.approx(40)
    assert value(dsp.amplitude_to_db, -0.5) == pytest.approx(-6.0206, abs=1e-3)
    assert value(dsp.db_to_amplitude, -20) == pytest.approx(0.1)
    assert value(dsp.db_to_power, -20) == pytest.approx(0.01)


@pytest.mark.parametrize("to_db", [dsp.power_to_db, dsp.amplitude_to_db])
def test_silence_is_80_db_down_and_not_minus_infinity(to_db):
    silence = torch.zeros(3, requires_grad=True)
    assert to_db(silence).tolist() == [-80.0] * 3
    to_db(silence).sum().backward()
    assert torch.equal(silence.grad, torch.zeros(3))


def test_exp_sigmoid_stays_between_its_threshold_and_2():
    x = torch.linspace(-100, 100, 2001)
    y = dsp.exp_sigmoid(x)
    assert y.min() >= 1e-7 and y.max() <= 2.0 + 1e-6
    assert value(dsp.exp_sigmoid, 0) == pytest.approx(2 * 0.5 ** math.log(10), rel=1e-5)  # 0.405
    above_threshold = dsp.exp_sigmoid(torch.tensor([-5.0, -6.0], dtype=torch.float64), threshold=0.0)
    assert float(above_threshold[0] / above_threshold[1]) == pytest.approx(10, rel=0.02)  # far down, a step is 20 dB


def test_exp_sigmoid_has_a_gradient_however_far_out():
    x = torch.tensor([-50.0, -1.0, 50.0], requires_grad=True)
    dsp.exp_sigmoid(x).sum().backward()
    assert torch.isfinite(x.grad).all() and (x.grad >= 0).all()


def test_half_a_slider_is_the_geometric_middle():
    assert value(dsp.unit_to_hz, 0.5, 100.0, 400.0) == pytest.approx(200)
    assert value(dsp.hz_to_unit, 200, 100.0, 400.0) == pytest.approx(0.5)
    assert value(dsp.unit_to_hz, 2.0, 100.0, 400.0) == pytest.approx(400)
    with pytest.raises(ValueError, match="0 < hz_min < hz_max"):
        dsp.unit_to_hz(torch.zeros(1), 400.0, 100.0)


@pytest.mark.parametrize(
    ("forth", "back", "at_1000"),
    [
        (dsp.hz_to_mel, dsp.mel_to_hz, 1000.0),
        (dsp.hz_to_erb, dsp.erb_to_hz, 15.62),
        (dsp.hz_to_bark, dsp.bark_to_hz, 8.53),
        (dsp.hz_to_midi, dsp.midi_to_hz, 83.21),
    ],
)
def test_scales_of_hearing_go_back_and_forth(forth, back, at_1000):
    assert value(forth, 1000) == pytest.approx(at_1000, rel=1e-3)
    hz = torch.linspace(20, 20_000, 500, dtype=torch.float64)
    torch.testing.assert_close(back(forth(hz)), hz)
    assert (forth(hz).diff() > 0).all()
