import math

import numpy as np
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


@given(n=st.integers(1, 60), longest=st.floats(0.0, 80.0), seed=st.integers(0, 1000))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_a_fractional_delay_is_numpys_interpolation(n, longest, seed):
    """np.interp draws the same straight lines; before the beginning there are zeros."""
    generator = torch.Generator().manual_seed(seed)
    audio = torch.randn(1, n, generator=generator, dtype=torch.float64)
    delay = longest * torch.rand(1, n, generator=generator, dtype=torch.float64)
    places = np.arange(n) - delay[0].numpy()
    expected = np.interp(places, np.arange(-100, n), np.concatenate([np.zeros(100), audio[0].numpy()]))
    assert np.abs(dsp.fractional_delay(audio, delay)[0].numpy() - expected).max() < 1e-12


def test_half_a_sample_late_is_3_db_down_at_a_quarter_of_the_sample_rate():
    n = torch.arange(4000, dtype=torch.float64)
    tone = torch.sin(2 * math.pi * 0.25 * n + 0.3)[None]
    late = dsp.fractional_delay(tone, torch.full((1, 4000), 10.5, dtype=torch.float64))[0, 100:]
    gain_db = 10 * torch.log10(late.square().mean() / tone.square().mean())
    assert float(gain_db) == pytest.approx(-10 * math.log10(2), abs=1e-3)


def test_a_vibrato_bends_the_pitch_by_the_slope_of_its_delay():
    """A depth of 1.5 ms at 5 Hz has the slope 2 pi * 5 * 0.0015: 80 cents up, and the phase tells it to the cent."""
    n = torch.arange(RATE, dtype=torch.float64)
    tone = torch.exp(2j * math.pi * 500 * n / RATE)
    delay = ((4 + 1.5 * torch.sin(2 * math.pi * 5 * n / RATE)) * RATE / 1000)[None]
    late = torch.complex(dsp.fractional_delay(tone.real[None], delay), dsp.fractional_delay(tone.imag[None], delay))[0]
    hz = torch.angle(late[201:] / late[200:-1]) * RATE / (2 * math.pi)
    highest = float(hz.unfold(0, 16, 1).mean(-1).max())
    assert 1200 * math.log2(highest / 500) == pytest.approx(1200 * math.log2(1 + 2 * math.pi * 5 * 0.0015), abs=1.0)


def test_one_delay_serves_a_whole_batch():
    audio, delay = torch.randn(3, 50), torch.linspace(0, 9, 50)[None]
    assert torch.equal(dsp.fractional_delay(audio, delay), dsp.fractional_delay(audio, delay.expand(3, -1)))


def test_a_negative_delay_and_shapes_that_do_not_fit_are_refused():
    audio = torch.zeros(2, 10)
    with pytest.raises(ValueError, match="at least 0 samples, not -0.5"):
        dsp.fractional_delay(audio, torch.full((1, 10), -0.5))
    with pytest.raises(ValueError, match="at least 0 samples, not nan"):
        dsp.fractional_delay(audio, torch.full((1, 10), math.nan))
    with pytest.raises(ValueError, match=r"not \(2, 10\) and \(3, 10\)"):
        dsp.fractional_delay(audio, torch.zeros(3, 10))
    with pytest.raises(ValueError, match=r"not \(2, 10\) and \(10,\)"):
        dsp.fractional_delay(audio, torch.zeros(10))


@pytest.mark.parametrize("size", [64, 51])
def test_what_fits_below_half_the_sample_rate_stays_and_the_rest_goes(size):
    table = torch.randn(size, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 1.0
    limited = dsp.band_limit(table, torch.tensor([[1000.0, 1400.0, 100.0]]), sample_rate=RATE)[0]
    before, after = torch.fft.rfft(table), torch.fft.rfft(limited)
    for tables, kept in zip(after, (8, 6, len(before)), strict=True):  # 8 * 1000 Hz is not below 8000
        assert torch.allclose(tables[:kept], before[:kept], atol=1e-12)
        assert tables[kept:].abs().max() < 1e-12 if kept < len(before) else True


def test_a_limited_sawtooth_has_nothing_between_its_harmonics():
    """At 1234.5 Hz the careless table is 11 dB above its aliases; the limited one 80."""
    k = torch.arange(1, 1024, dtype=torch.float64)
    saw = (torch.sin(2 * math.pi * k[:, None] * torch.arange(2048) / 2048) / k[:, None]).sum(0)
    f0, ones = torch.full((1, 250), 1234.5, dtype=torch.float64), torch.ones(1, 250, dtype=torch.float64)
    grid = {"sample_rate": RATE, "hop_size": 64}
    truth = dsp.harmonic_synthesis(f0, (1 / k[:100]).expand(1, 250, -1), **grid)

    def false_db(table):
        difference = dsp.wavetable_synthesis(f0, ones, table, **grid) - truth
        return float(10 * torch.log10(difference.square().sum() / truth.square().sum()))

    assert false_db(saw) > -15
    assert false_db(dsp.band_limit(saw, f0, sample_rate=RATE)) < -80


def test_a_table_for_each_sound_and_for_each_frame_can_be_limited():
    f0 = torch.tensor([[900.0, 2500.0], [5000.0, 100.0]])
    tables = torch.randn(2, 2, 16)
    whole = dsp.band_limit(tables, f0, sample_rate=RATE)
    for sound in range(2):
        for frame in range(2):
            alone = dsp.band_limit(tables[sound, frame], f0[sound : sound + 1, frame : frame + 1], sample_rate=RATE)
            assert torch.allclose(whole[sound, frame], alone[0, 0], atol=1e-6)
    per_sound = dsp.band_limit(tables[:, 0], f0, sample_rate=RATE)
    assert torch.allclose(per_sound[:, 0], whole[:, 0], atol=1e-6) and per_sound.shape == (2, 2, 16)


def test_tables_to_be_limited_that_fit_no_frame_are_refused():
    for tables in (torch.ones(3, 8), torch.ones(2, 4, 8), torch.tensor(1.0)):
        with pytest.raises(ValueError, match="wavetables"):
            dsp.band_limit(tables, torch.ones(2, 3), sample_rate=RATE)


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


def test_a_pitch_in_whole_numbers_or_in_another_precision_is_a_pitch():
    table = torch.sin(2 * math.pi * torch.arange(512) / 512)
    grid = {"sample_rate": 16_000, "hop_size": 64}
    expected = dsp.wavetable_synthesis(torch.full((1, 25), 440.0), torch.ones(1, 25), table, **grid)
    assert torch.equal(dsp.wavetable_synthesis(torch.full((1, 25), 440), torch.ones(1, 25), table, **grid), expected)
    exact = dsp.wavetable_synthesis(torch.full((1, 25), 440.0).double(), torch.ones(1, 25), table, **grid)
    assert torch.allclose(exact.float(), expected, atol=1e-4)
