"""The room's impulse response is what its arguments say."""

import numpy as np
import pytest
import torch
from scipy import signal

from ddsp_course.data import PRESETS
from ddsp_course.instruments import room_impulse_response


def decay_time(response: np.ndarray, sample_rate: int, low_hz: float, high_hz: float) -> float:
    """T20: the backward integral of the energy in a band, from -5 to -25 dB, extended to 60 dB (Schroeder 1965)."""
    band = signal.butter(4, (low_hz, high_hz), "bandpass", fs=sample_rate, output="sos")
    energy = np.cumsum(signal.sosfilt(band, response)[::-1] ** 2)[::-1]
    decay_db = 10 * np.log10(energy / energy[0] + 1e-12)
    inside = (decay_db < -5) & (decay_db > -25)
    slope = np.polyfit(np.flatnonzero(inside) / sample_rate, decay_db[inside], 1)[0]
    return -60 / slope


@pytest.mark.parametrize("config", PRESETS.values(), ids=PRESETS)
@pytest.mark.parametrize("rt60", [0.3, 0.7, 2.0])
def test_the_tail_takes_rt60_to_fall_by_60_db(config, rt60):
    tail = room_impulse_response(rt60, config=config).double().numpy()
    tail[0] = 0
    assert decay_time(tail, config.sample_rate, 500, 2000) == pytest.approx(rt60, rel=0.12)


@pytest.mark.parametrize("config", PRESETS.values(), ids=PRESETS)
def test_the_direct_tap_is_exactly_one_and_the_tail_9_db_below_it(config):
    room = room_impulse_response(config=config)
    assert room[0] == 1.0
    assert room.dtype == torch.float32
    tail = room.double().numpy()
    tail[0] = 0
    power = np.abs(np.fft.rfft(tail, config.sample_rate)) ** 2  # one bin a hertz
    assert 10 * np.log10(power[:8000].mean()) == pytest.approx(-9, abs=0.5)


def test_a_seed_is_the_same_room_at_every_rate():
    low, high = (room_impulse_response(seed=11, config=PRESETS[name]) for name in ("16k", "48k"))
    low, high = (np.abs(np.fft.rfft(x.double().numpy(), n)) for x, n in ((low, 16_000), (high, 48_000)))
    difference_db = 20 * np.log10(low[100:6000] / high[100:6000])
    assert np.median(np.abs(difference_db)) < 0.1


def test_another_seed_is_another_room_of_the_same_kind():
    a, b = room_impulse_response(seed=3), room_impulse_response(seed=4)
    assert torch.corrcoef(torch.stack([a[1:], b[1:]]))[0, 1].abs() < 0.1
    assert torch.equal(a, room_impulse_response(seed=3))


@pytest.mark.parametrize("rt60", [0, -1, 100, float("nan")])
def test_no_room_has_such_a_decay_time(rt60):
    with pytest.raises(ValueError, match="seconds_rt60 must lie between"):
        room_impulse_response(rt60)
