"""Masks from models, and the measure of a separation."""

import math

import pytest
import torch

from ddsp_course import dsp

RATE = 16_000
N = 16_000


def sine(hz: float, amplitude: float = 0.5, phase: float = 0.0) -> torch.Tensor:
    return amplitude * torch.sin(2 * math.pi * hz * torch.arange(N).double() / RATE + phase)


def test_masks_are_shares_of_power_that_sum_to_one():
    power = torch.tensor([[[1.0, 0.0, 4.0], [3.0, 2.0, 4.0]]])
    expected = torch.tensor([[[0.25, 0.0, 0.5], [0.75, 1.0, 0.5]]])
    torch.testing.assert_close(dsp.soft_masks(power), expected, rtol=0, atol=1e-6)


def test_where_nobody_sounds_all_get_an_equal_share_and_a_finite_gradient():
    power = torch.zeros(1, 4, 3, requires_grad=True)
    masks = dsp.soft_masks(power)
    assert masks.unique().tolist() == [0.25]
    masks[0, 0].sum().backward()
    assert power.grad.isfinite().all()


def test_no_other_mask_misses_a_source_by_less():
    """The Wiener filter, by brute force: 4000 bins of two complex Gaussian sources of known power."""
    generator = torch.Generator().manual_seed(0)
    draw = torch.randn(2, 4000, 2, generator=generator, dtype=torch.float64)
    spectra = torch.view_as_complex(draw) * torch.tensor([[2.0], [1.0]])
    mask = float(dsp.soft_masks(torch.tensor([[4.0], [1.0]], dtype=torch.float64)[None])[0, 0])
    assert mask == pytest.approx(0.8)

    def miss(m):
        return float((m * spectra.sum(0) - spectra[0]).abs().square().mean())

    tried = [m / 100 for m in range(101)]
    assert min(tried, key=miss) == pytest.approx(mask, abs=0.02)


def test_the_parts_add_up_to_the_mixture_whatever_the_models_are():
    generator = torch.Generator().manual_seed(1)
    mixture = torch.randn(2, 5000, generator=generator, dtype=torch.float64)
    models = torch.randn(2, 3, 5000, generator=generator, dtype=torch.float64)
    for overlap in (0.5, 0.75):
        parts = dsp.separate(mixture, models, fft_size=512, overlap=overlap)
        assert parts.shape == models.shape
        torch.testing.assert_close(parts.sum(1), mixture, rtol=0, atol=1e-10)


def test_two_sines_far_apart_come_back_though_the_models_phases_are_wrong():
    sources = torch.stack([sine(300), sine(1000)])
    models = torch.stack([sine(300, 0.45, 2.0), sine(1000, 0.55, 1.0)])
    parts = dsp.separate(sources.sum(0)[None], models[None])[0]
    assert float(dsp.scale_invariant_sdr_db(parts, sources).min()) > 38
    assert float(dsp.scale_invariant_sdr_db(models, sources).max()) < 10


def test_two_sines_of_one_frequency_cannot_be_told_apart_by_a_mask():
    sources = torch.stack([sine(300), sine(300, phase=math.pi / 2)])
    parts = dsp.separate(sources.sum(0)[None], sources[None])[0]
    # both get half of the mixture, in which they stand at right angles: as much source as rest
    assert dsp.scale_invariant_sdr_db(parts, sources).tolist() == pytest.approx([0.0, 0.0], abs=0.05)


def test_an_error_at_right_angles_is_measured_in_closed_form():
    source, rest = sine(500), sine(1500)
    for db in (-20.0, 0.0, 13.0):
        estimate = source + 10 ** (-db / 20) * rest
        for volume in (1.0, 0.01, -3.0):
            assert float(dsp.scale_invariant_sdr_db(volume * estimate, source)) == pytest.approx(db, abs=1e-6)


def test_a_turned_phase_costs_what_the_tangent_says():
    for turn in (0.1, 1.0, 1.5):
        found = float(dsp.scale_invariant_sdr_db(sine(500, phase=turn), sine(500)))
        assert found == pytest.approx(-20 * math.log10(math.tan(turn)), abs=1e-6)


def test_it_stops_at_100_db_and_silence_is_finite():
    silence = torch.zeros(N, dtype=torch.float64)
    assert float(dsp.scale_invariant_sdr_db(sine(500), sine(500))) == pytest.approx(100, abs=1e-6)
    assert float(dsp.scale_invariant_sdr_db(sine(500), sine(700))) == pytest.approx(-100, abs=1)
    estimate = silence.clone().requires_grad_()
    value = dsp.scale_invariant_sdr_db(estimate, sine(500))
    value.backward()
    assert value.item() == 0 and estimate.grad.isfinite().all()
    assert math.isfinite(dsp.scale_invariant_sdr_db(sine(500), silence))


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: dsp.soft_masks(torch.ones(4)), r"power must be \[batch, sources"),
        (lambda: dsp.separate(torch.ones(1, 100), torch.ones(1, 2, 99)), r"\(1, 100\) and \(1, 2, 99\)"),
        (lambda: dsp.separate(torch.ones(1, 100), torch.ones(1, 2, 100), overlap=0.25), "at least 0.5 and below 1"),
        (lambda: dsp.scale_invariant_sdr_db(torch.ones(3), torch.ones(4)), r"one shape, not \(3,\) and \(4,\)"),
    ],
)
def test_bad_input_gets_one_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call()
