"""Rooms and rests: decays whose reverberation time is known, and a sound before and after a room."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_course import dsp
from ddsp_course.autoencoder import room_metrics
from ddsp_course.data import AudioConfig

CONFIG = AudioConfig()
RATE = CONFIG.sample_rate


def decaying_noise(rt60_s: float, seconds: float, gain: float = 0.05, seed: int = 0) -> np.ndarray:
    times = np.arange(round(seconds * RATE)) / RATE
    taps = gain * np.random.default_rng(seed).standard_normal(len(times)) * 10 ** (-3 * times / rt60_s)
    taps[0] = 1.0
    return taps


@settings(deadline=None, derandomize=True, max_examples=20)
@given(rt60_s=st.floats(0.1, 3.0), gain=st.floats(0.001, 1.0))
def test_t20_of_an_exponential_decay_is_its_rt60_within_two_percent(rt60_s: float, gain: float) -> None:
    taps = gain * 10 ** (-3 * np.arange(round(1.5 * rt60_s * RATE)) / RATE / rt60_s)
    assert room_metrics.t20_s(taps, sample_rate=RATE) == pytest.approx(rt60_s, rel=0.02)


@pytest.mark.parametrize("band_hz", room_metrics.octave_bands_hz(RATE))
def test_each_octave_has_its_own_t20(band_hz: float) -> None:
    # A mode of 0.6 s in the middle of the octave, among louder ones of 2 s two octaves below and above.
    times = np.arange(2 * RATE) / RATE
    room = np.sin(2 * np.pi * band_hz * times) * 10 ** (-3 * times / 0.6)
    for other in (band_hz / 4, band_hz * 4):
        room += (other < RATE / 2) * 0.01 * np.sin(2 * np.pi * other * times) * 10 ** (-3 * times / 2.0)
    assert room_metrics.t20_s(room, sample_rate=RATE, band_hz=band_hz) == pytest.approx(0.6, rel=0.02)


def test_the_direct_tap_is_no_part_of_the_decay() -> None:
    room = decaying_noise(0.6, 1.2)
    louder = room.copy()
    louder[0] = 100.0
    curves = [room_metrics.energy_decay_curve(each, sample_rate=RATE) for each in (room, louder)]
    np.testing.assert_allclose(curves[0], curves[1])
    assert curves[0][0] == 0.0
    assert (np.diff(curves[0]) <= 1e-12).all()


def test_a_decay_that_is_cut_short_has_no_t20() -> None:
    # A decay that ends after 3 of its 60 dB; a room of one echo falls at once.
    flat = np.ones(100)
    flat[-1] = 0.9
    assert math.isnan(room_metrics.t20_s(flat, sample_rate=RATE))
    with pytest.raises(ValueError, match="no room to measure"):
        room_metrics.energy_decay_curve([1.0, 0.0, 0.0], sample_rate=RATE)
    with pytest.raises(ValueError, match="Nyquist"):
        room_metrics.energy_decay_curve(decaying_noise(0.5, 1.0), sample_rate=RATE, band_hz=8000.0)


def test_direct_to_reverberant_ratio_of_known_energies() -> None:
    assert room_metrics.direct_to_reverberant_db([1.0, 0.1, 0.0], sample_rate=RATE) == pytest.approx(20.0)
    assert room_metrics.direct_to_reverberant_db([1.0, 0.0], sample_rate=RATE) == math.inf
    room = np.zeros(RATE)
    room[[0, 100, 2000]] = 1.0, 1.0, 0.1
    assert room_metrics.direct_to_reverberant_db(room, sample_rate=RATE) == pytest.approx(-0.043, abs=1e-3)
    assert room_metrics.direct_to_reverberant_db(room, sample_rate=RATE, early_ms=50) == pytest.approx(20.0)


def notes_and_rests(seconds: float = 6.0) -> tuple[torch.Tensor, np.ndarray]:
    """A tone that stops and starts every second with 10 ms ramps, and its gate."""
    frames = round(seconds * CONFIG.frame_rate)
    gate = (np.arange(frames) % 250) < 125
    amplitude = torch.nn.functional.avg_pool1d(torch.from_numpy(gate).float()[None], 3, 1, 1)
    tone = dsp.harmonic_synthesis(
        torch.full((1, frames), 440.0), 0.1 * amplitude[..., None], sample_rate=RATE, hop_size=CONFIG.hop_size
    )
    return tone, gate


def masks(gate: np.ndarray) -> dict[str, np.ndarray]:
    closed = ~gate
    late = np.array([closed[max(0, i - 25) : i + 10].all() for i in range(len(gate))])
    return {"sounding": gate, "resting": late}


def test_a_dry_stem_is_as_much_drier_as_the_room_was_loud_in_the_rests() -> None:
    dry, gate = notes_and_rests()
    room = torch.from_numpy(decaying_noise(0.8, 1.2, gain=0.02)).float()
    wet = dsp.reverberate(dry, room)
    found = room_metrics.dereverberation_db(wet, dry, **masks(gate), config=CONFIG)
    wet_level = room_metrics.rest_level_db(wet, **masks(gate), config=CONFIG)
    # The dry rests are silent, so they are at the floor of -80 dB below the playing.
    assert room_metrics.rest_level_db(dry, **masks(gate), config=CONFIG) == pytest.approx(-80.0, abs=0.1)
    assert -30 < wet_level < -10
    assert found == pytest.approx(80 + wet_level, abs=0.1)
    assert room_metrics.dereverberation_db(wet, wet, **masks(gate), config=CONFIG) == 0.0


def test_turning_a_wet_stem_down_does_not_make_it_drier() -> None:
    dry, gate = notes_and_rests()
    wet = dsp.reverberate(dry, torch.from_numpy(decaying_noise(0.8, 1.2, gain=0.02)).float())
    assert abs(room_metrics.dereverberation_db(wet, 0.01 * wet, **masks(gate), config=CONFIG)) < 1e-3


def test_half_the_room_is_six_decibels_drier() -> None:
    dry, gate = notes_and_rests()
    room = torch.from_numpy(decaying_noise(0.8, 1.2, gain=0.001)).float()
    found = room_metrics.dereverberation_db(
        dsp.reverberate(dry, room), dsp.reverberate(dry, 0.5 * room), **masks(gate), config=CONFIG
    )
    assert found == pytest.approx(6.0, abs=0.2)


def test_without_rests_or_without_sound_there_is_no_rest_level() -> None:
    dry, gate = notes_and_rests(2.0)
    nothing = np.zeros(len(gate))
    assert math.isnan(room_metrics.rest_level_db(dry, sounding=gate, resting=nothing, config=CONFIG))
    assert math.isnan(room_metrics.rest_level_db(0 * dry, **masks(gate), config=CONFIG))


@pytest.mark.parametrize("rt60_s", [0.3, 0.7, 1.5])
def test_a_sound_dies_away_after_its_note_as_fast_as_its_room(rt60_s: float) -> None:
    dry, gate = notes_and_rests(2.0)
    # Noise in place of the tone: a tone meets the room at one frequency only, where the decay beats.
    noise = dry * torch.randn(dry.shape, generator=torch.Generator().manual_seed(1))
    wet = dsp.reverberate(noise, torch.from_numpy(decaying_noise(rt60_s, 2 * rt60_s)).float())
    assert room_metrics.decay_rate_db_per_s(wet, ~gate, CONFIG) == pytest.approx(60 / rt60_s, rel=0.15)


def test_a_dry_sound_falls_much_faster_than_any_room() -> None:
    dry, gate = notes_and_rests(2.0)
    assert room_metrics.decay_rate_db_per_s(dry, ~gate, CONFIG) > 1000
    assert math.isnan(room_metrics.decay_rate_db_per_s(dry, 0 * gate, CONFIG))
    assert math.isnan(room_metrics.decay_rate_db_per_s(0 * dry, ~gate, CONFIG))
