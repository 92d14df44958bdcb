"""A spectrum in which a transposition is a shift."""

import math

import pytest
import torch

from ddsp_course import dsp

GRID = {"sample_rate": 16_000, "hop_size": 160, "lowest_hz": 110.0}


def tone(*hz: float, samples: int = 16_000) -> torch.Tensor:
    n = torch.arange(samples, dtype=torch.float64)
    return sum(torch.sin(2 * math.pi * f * n / 16_000) for f in hz)[None]


def test_a_sine_reads_its_amplitude_at_its_own_bin():
    seen = dsp.constant_q_magnitude(0.3 * tone(440.0), n_bins=180, **GRID)
    assert seen.shape == (1, 100, 180)
    assert int(seen[0, 50].argmax()) == 72  # two octaves of 36 bins above 110 Hz
    assert float(seen[0, 50, 72]) == pytest.approx(0.3, rel=1e-3)


def test_a_transposition_is_a_shift():
    low = dsp.constant_q_magnitude(tone(220.0, 440.0, 660.0), n_bins=216, **GRID)[0, 50]
    high = dsp.constant_q_magnitude(tone(*(f * 2 ** (7 / 36) for f in (220.0, 440.0, 660.0))), n_bins=216, **GRID)
    torch.testing.assert_close(high[0, 50, 7:], low[:-7], rtol=0, atol=4e-3)


def test_frame_i_is_centred_on_sample_i_times_the_hop():
    click = torch.zeros(1, 4800)
    click[0, 1600] = 1.0
    seen = dsp.constant_q_magnitude(click, n_bins=180, **GRID)
    assert seen.shape[1] == 30 and set(seen[0].argmax(0).tolist()) == {10}


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: dsp.constant_q_magnitude(tone(440.0), n_bins=252, **GRID), "0 and 8000 Hz, not 110 to 13"),
        (lambda: dsp.constant_q_magnitude(tone(440.0)[0], n_bins=100, **GRID), r"not \[16000\]"),
        (lambda: dsp.constant_q_magnitude(tone(440.0)[:, :9], n_bins=100, **GRID), "160 samples, not 9"),
    ],
)
def test_bad_input_gets_one_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call()
