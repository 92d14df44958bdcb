import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_course import dsp

RATE = 16_000


def delay_of_a_click(phase, centre_ms, depth_ms, add_dry=False):
    audio = torch.zeros(1, 1000)
    audio[0, 200] = 1.0
    out = dsp.modulated_delay(
        audio,
        torch.full((1, 1000), phase),
        centre_ms=centre_ms,
        depth_ms=depth_ms,
        gain=1.0,
        sample_rate=RATE,
        add_dry=add_dry,
    )[0]
    return float((out * torch.arange(1000)).sum() / out.sum()) - 200


@pytest.mark.parametrize(("phase", "expected_ms"), [(0.0, 5.0), (0.25, 10.0), (0.5, 15.0), (1.0, 25.0)])
def test_the_delay_reaches_centre_minus_and_plus_depth_to_the_sample(phase, expected_ms):
    assert delay_of_a_click(phase, 15.0, 10.0) == pytest.approx(expected_ms * RATE / 1000, abs=1e-3)


def test_no_delay_at_all_and_half_a_sample():
    assert delay_of_a_click(0.0, 10.0, 10.0) == pytest.approx(0.0, abs=1e-4)
    assert delay_of_a_click(0.5, 10.5 / 16, 0.0) == pytest.approx(10.5, abs=1e-3)


def test_before_the_beginning_there_was_silence():
    out = dsp.modulated_delay(
        torch.ones(1, 500),
        torch.full((1, 500), 0.5),
        centre_ms=10,
        depth_ms=5,
        gain=0.5,
        sample_rate=RATE,
        add_dry=False,
    )[0]
    assert out[:160].abs().max() == 0 and torch.allclose(out[160:], torch.full((340,), 0.5))


def test_vibrato_is_a_delay_that_moves():
    """A delay that shrinks by 1 sample in 100 raises the pitch by 1 %."""
    n = torch.arange(RATE, dtype=torch.float64)
    tone = torch.sin(2 * math.pi * 1000 * n / RATE)[None]
    phase = 1 - (n / RATE)[None]  # from centre + depth to centre - depth within a second: 160 samples
    out = dsp.modulated_delay(tone, phase, centre_ms=10, depth_ms=5, gain=1.0, sample_rate=RATE, add_dry=False)[0, 400:]
    peak = torch.fft.rfft(out * torch.hann_window(len(out))).abs().argmax() * RATE / len(out)
    assert float(peak) == pytest.approx(1010, abs=1.1)


def test_a_delay_into_the_future_is_refused():
    audio = torch.zeros(1, 10)
    with pytest.raises(ValueError, match="never be negative"):
        dsp.modulated_delay(audio, audio, centre_ms=5, depth_ms=6, gain=1.0, sample_rate=RATE)
    with pytest.raises(ValueError, match="both be"):
        dsp.modulated_delay(audio, audio[:, 1:], centre_ms=5, depth_ms=1, gain=1.0, sample_rate=RATE)


@given(size=st.integers(1, 50), frames=st.integers(1, 8), hop=st.integers(1, 70), f0=st.floats(10.0, 7000.0))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_lookup_reads_the_straight_line_between_entries(size, frames, hop, f0):
    table = torch.randn(size, dtype=torch.float64)
    pitch = torch.full((1, frames), f0, dtype=torch.float64)
    audio = dsp.wavetable_synthesis(pitch, torch.ones_like(pitch), table, sample_rate=RATE, hop_size=hop)
    place = (torch.arange(frames * hop, dtype=torch.float64) * f0 / RATE % 1.0) * size
    entry = place.floor().long()
    expected = table[entry % size] * (1 - (place - entry)) + table[(entry + 1) % size] * (place - entry)
    assert torch.allclose(audio[0], expected, atol=1e-7)


def test_a_table_with_one_period_of_a_sine_is_an_oscillator():
    table = torch.sin(2 * math.pi * torch.arange(2048) / 2048)
    f0 = torch.full((2, 250), 440.0)
    audio = dsp.wavetable_synthesis(f0, torch.full((2, 250), 0.7), table, sample_rate=RATE, hop_size=64)
    sine = dsp.harmonic_synthesis(f0, torch.full((2, 250, 1), 0.7), sample_rate=RATE, hop_size=64)
    assert (audio - sine).abs().max() < 1e-5


def test_reading_begins_at_the_first_entry_or_where_it_is_told_to():
    table = torch.tensor([1.0, 2.0, 3.0, 4.0])
    f0, ones = torch.full((1, 2), 100.0), torch.ones(1, 2)
    grid = {"sample_rate": RATE, "hop_size": 8}
    assert dsp.wavetable_synthesis(f0, ones, table, **grid)[0, 0] == 1.0
    assert dsp.wavetable_synthesis(f0, ones, table, initial_phase=math.pi, **grid)[0, 0] == pytest.approx(3.0)


def test_one_table_becomes_another_in_a_straight_line():
    tables = torch.tensor([[[0.0], [1.0], [1.0]]])
    audio = dsp.wavetable_synthesis(torch.full((1, 3), 50.0), torch.ones(1, 3), tables, sample_rate=RATE, hop_size=10)
    assert torch.allclose(audio[0], torch.cat([torch.arange(10) / 10, torch.ones(20)]), atol=1e-6)


def test_tables_that_fit_no_frame_are_refused():
    with pytest.raises(ValueError, match="wavetables"):
        dsp.wavetable_synthesis(torch.ones(1, 3), torch.ones(1, 3), torch.ones(1, 4, 8), sample_rate=RATE, hop_size=4)
