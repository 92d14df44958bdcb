"""How far one spectrum is from another along the frequency axis, and where its slope leads."""

import math

import pytest
import torch

from ddsp_course import dsp

HZ = torch.arange(257, dtype=torch.float64) * 31.25


def line(place: int, height: float = 1.0) -> torch.Tensor:
    return height * torch.nn.functional.one_hot(torch.tensor(place), 257).double()


@pytest.mark.parametrize("here, there", [(10, 11), (10, 200), (200, 10), (0, 256), (40, 40)])
def test_two_single_lines_are_as_far_apart_as_their_frequencies(here, there):
    way = abs(here - there) * 31.25
    assert float(dsp.spectral_transport_distance(line(here), line(there), HZ)) == pytest.approx(way, abs=1e-9)
    squared = dsp.spectral_transport_distance(line(here), line(there, 7.0), HZ, order=2)
    assert float(squared) == pytest.approx(way**2, abs=1e-6)


def test_level_does_not_count_and_both_ways_are_as_long():
    a, b = torch.rand(3, 257, dtype=torch.float64), torch.rand(3, 257, dtype=torch.float64)
    for order in (1, 2):
        way = dsp.spectral_transport_distance(a, b, HZ, order=order)
        torch.testing.assert_close(dsp.spectral_transport_distance(b, 100 * a, HZ, order=order), way)
        assert (way > 0).all() and dsp.spectral_transport_distance(a, 3 * a, HZ, order=order).abs().max() < 1e-9


def test_half_the_energy_carried_100_bins_is_a_mean_way_of_50():
    ours, theirs = line(50) + line(100), line(50) + line(200)
    bins = torch.arange(257.0, dtype=torch.float64)
    assert float(dsp.spectral_transport_distance(ours, theirs, bins)) == pytest.approx(50)
    assert float(dsp.spectral_transport_distance(ours, theirs, bins, order=2)) == pytest.approx(5000)


def test_it_carries_in_order_and_not_to_the_nearest():
    """Two lines moved together by 60 are 60 away, though one of them lands almost on the other's old place."""
    ours, theirs = line(50) + line(110), line(110) + line(170)
    assert float(dsp.spectral_transport_distance(ours, theirs, torch.arange(257.0).double())) == pytest.approx(60)


def test_bins_need_not_be_evenly_spaced():
    octaves = torch.log2(HZ[1:] / 31.25)
    way = dsp.spectral_transport_distance(line(64)[1:], line(128)[1:], octaves)
    assert float(way) == pytest.approx(1.0)


def test_it_obeys_the_triangle_and_the_squared_way_is_never_below_the_square_of_the_mean_way():
    a, b, c = torch.rand(3, 50, 257, dtype=torch.float64)
    ab, bc, ac = (dsp.spectral_transport_distance(x, y, HZ) for x, y in ((a, b), (b, c), (a, c)))
    assert (ac <= ab + bc + 1e-9).all()
    assert (dsp.spectral_transport_distance(a, b, HZ, order=2) >= ab.square() - 1e-6).all()


def windowed(f_hz: torch.Tensor) -> torch.Tensor:
    n = torch.arange(512, dtype=torch.float64)
    tone = torch.hann_window(512, dtype=torch.float64) * torch.sin(2 * math.pi * f_hz * n / 16_000)
    return torch.fft.rfft(tone).abs().square()


@pytest.mark.parametrize("start", [300.0, 900.0, 1900.0, 2100.0, 4000.0, 7500.0])
@pytest.mark.parametrize("order", [1, 2])
def test_its_slope_over_the_frequency_of_a_sine_points_to_the_target_from_any_distance(start, order):
    f = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    way = dsp.spectral_transport_distance(windowed(f), windowed(torch.tensor(2000.0)), HZ, order=order)
    (slope,) = torch.autograd.grad(way, f)
    expected = math.copysign(1.0, start - 2000) if order == 1 else 2 * (start - 2000)
    assert float(slope) == pytest.approx(expected, rel=0.15)


def test_silence_is_flat_and_has_a_finite_gradient():
    nothing = torch.zeros(257, dtype=torch.float64, requires_grad=True)
    way = dsp.spectral_transport_distance(nothing, line(0), HZ)
    assert float(way.detach()) == pytest.approx(4000, rel=1e-6)
    way.backward()
    assert torch.isfinite(nothing.grad).all()


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: dsp.spectral_transport_distance(HZ, HZ[:5], HZ), r"\(257,\), \(5,\) and \(257,\)"),
        (lambda: dsp.spectral_transport_distance(HZ, HZ, HZ[:5]), r"positions \[bins\]"),
        (lambda: dsp.spectral_transport_distance(HZ, HZ, HZ.flip(0)), "must rise"),
        (lambda: dsp.spectral_transport_distance(HZ, HZ, HZ, order=3), "1 or 2, not 3"),
    ],
)
def test_bad_input_gets_one_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call()
