"""The performer: what a seed turns into, at any rate and for any style."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_course.data import PRESETS
from ddsp_course.instruments import INSTRUMENTS
from ddsp_course.instruments.performer import perform


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    seed=st.integers(0, 2**31),
    seconds=st.floats(1, 40),
    preset=st.sampled_from(list(PRESETS)),
    name=st.sampled_from(list(INSTRUMENTS)),
)
def test_every_seed_is_playable(seed, seconds, preset, name):
    config, player = PRESETS[preset], INSTRUMENTS[name]
    gesture = perform(seconds, player.style, seed, config)
    assert gesture.frames == round(seconds * config.frame_rate)
    assert np.all((gesture.f0_hz > player.lowest_hz) & (gesture.f0_hz <= min(1900, player.highest_hz)))
    assert np.all((gesture.level >= 0) & (gesture.level <= 1))
    assert np.all((gesture.gate >= 0) & (gesture.gate <= 1))
    assert np.all(np.abs(gesture.stroke) <= 1 + 1e-9)
    assert len(gesture.notes) > 0
    for note, after in zip(gesture.notes, gesture.notes[1:], strict=False):
        assert 0 < note.start_s < note.end_s <= after.start_s + 1e-9
        assert player.style.lowest_midi <= note.midi <= player.style.highest_midi


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_while_a_note_sounds_the_pitch_is_near_it(name):
    gesture = perform(25, INSTRUMENTS[name].style, 1, PRESETS["16k"])
    for note in gesture.notes:
        middle = slice(
            int((0.6 * note.start_s + 0.4 * note.end_s) * 250), int((0.4 * note.start_s + 0.6 * note.end_s) * 250)
        )
        midi = 69 + 12 * np.log2(np.median(gesture.f0_hz[middle]) / 440)
        if note.end_s - note.start_s > 0.3:
            assert abs(midi - note.midi) < 0.7


def test_vibrato_comes_late():
    """The first 80 ms of a long note, when the slide into it is over, wander less than its last half."""
    early, late = [], []
    for seed in range(6):
        gesture = perform(25, INSTRUMENTS["voice"].style, seed, PRESETS["16k"])
        cents = 1200 * np.log2(gesture.f0_hz / 440)
        for note in gesture.notes:
            if note.end_s - note.start_s > 0.9:
                start, end = round(note.start_s * 250), round(note.end_s * 250)
                early.append(np.ptp(cents[start + 30 : start + 42]))
                late.append(np.ptp(cents[(start + end) // 2 : end - 30]))
    assert len(late) > 20
    assert np.median(late) > 2 * np.median(early)


def test_the_gate_opens_and_closes_without_a_step():
    for seed in range(4):
        gesture = perform(25, INSTRUMENTS["reed"].style, seed, PRESETS["16k"])
        assert np.abs(np.diff(gesture.gate)).max() < 0.6
        for note in gesture.notes:
            assert gesture.gate[round((note.start_s + note.end_s) / 2 * 250)] == 1.0


def test_the_take_ends_in_silence_so_that_the_room_can_ring_out():
    for seed in range(10):
        gesture = perform(25, INSTRUMENTS["bowed_string"].style, seed, PRESETS["16k"])
        assert gesture.gate[-round(0.6 * 250) :].max() == 0
