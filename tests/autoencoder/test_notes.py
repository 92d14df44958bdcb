"""Notes are found where there are notes: not more, not fewer, and whole."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_course.autoencoder.notes import (
    hold_through_rests,
    hysteresis,
    note_fade,
    note_mask,
    runs,
    without_blips,
)
from ddsp_course.data import AudioConfig, Features

FRAME_RATE = 250


def features(confidence, loudness_db, f0_hz=None, config=None):
    confidence, loudness_db = torch.as_tensor(confidence)[None].float(), torch.as_tensor(loudness_db)[None].float()
    f0_hz = torch.full_like(confidence, 440.0) if f0_hz is None else torch.as_tensor(f0_hz)[None].float()
    return Features(f0_hz, confidence, loudness_db, config or AudioConfig())


def phrase(notes=9, note_s=0.3, rest_s=0.2, rest_db=-70.0):
    """Notes at -10 dB of which the tracker is 90 % sure, between rests of which it is 10 % sure."""
    note, rest = round(note_s * FRAME_RATE), round(rest_s * FRAME_RATE)
    confidence = ([0.1] * rest + [0.9] * note) * notes + [0.1] * rest
    loudness = ([rest_db] * rest + [-10.0] * note) * notes + [rest_db] * rest
    return torch.tensor(confidence), torch.tensor(loudness)


def count(mask):
    return len(list(runs(mask[0])))


def flickering_phrase():
    """Nine notes of 600 ms in which the tracker wavers 22 times, for 60 ms each time."""
    confidence, loudness = phrase(note_s=0.6)
    for waver in range(22):
        start = 50 + 200 * (waver % 9) + (30, 70, 110)[waver // 9]
        confidence[start : start + 15] = 0.65
    return features(confidence, loudness)


def test_one_threshold_finds_31_notes_where_there_are_9_and_two_thresholds_find_9():
    sung = flickering_phrase()
    assert count(note_mask(sung, stop_confidence=0.8, stop_db=-30.0)) == 31
    assert count(note_mask(sung)) == 9


def test_a_note_found_is_the_whole_note_to_the_frame():
    confidence, loudness = phrase(notes=3)
    found = list(runs(note_mask(features(confidence, loudness))[0]))
    assert found == [(50, 125), (175, 250), (300, 375)]


def test_the_attack_before_the_tracker_is_sure_belongs_to_the_note():
    confidence, loudness = phrase(notes=1)
    confidence[50:60] = torch.linspace(0.55, 0.79, 10)
    assert list(runs(note_mask(features(confidence, loudness))[0])) == [(50, 125)]


def test_a_decay_is_followed_down_to_the_lower_threshold():
    decay = torch.cat([torch.full((250,), -10.0), -10.0 - 60.0 * torch.arange(1, 251) / FRAME_RATE])
    found = features(torch.full((500,), 0.9), decay)
    ends = [list(runs(note_mask(found, stop_db=stop)[0]))[0][1] / FRAME_RATE for stop in (-30.0, -40.0)]
    assert ends == pytest.approx([1.0 + 30 / 60, 1.0 + 40 / 60], abs=0.006)


def test_a_murmur_that_never_rises_above_the_upper_threshold_is_no_note():
    confidence, loudness = phrase(notes=3)
    loudness[175:250] = -10.0 - 35.0
    assert count(note_mask(features(confidence, loudness))) == 2


def test_20_ms_of_doubt_do_not_cut_a_note_and_100_ms_do():
    confidence, loudness = phrase(notes=1, note_s=1.0)
    confidence[100:105] = 0.1
    assert count(note_mask(features(confidence, loudness))) == 1
    confidence[200:225] = 0.1
    assert count(note_mask(features(confidence, loudness))) == 2


def test_a_click_of_20_ms_is_no_note():
    confidence, loudness = phrase(notes=2)
    confidence[20:25], loudness[20:25] = 0.95, -5.0
    assert count(note_mask(features(confidence, loudness))) == 2


def test_silence_and_loud_noise_hold_no_notes():
    silent = features(torch.full((500,), 0.9), torch.full((500,), -80.0))
    noisy = features(torch.full((500,), 0.3), torch.full((500,), 0.0))
    assert not note_mask(silent).any()
    assert not note_mask(noisy).any()


@settings(deadline=None, derandomize=True, max_examples=20)
@given(gain_db=st.floats(-45.0, 20.0))
def test_how_loud_the_file_is_does_not_matter(gain_db):
    sung = flickering_phrase()
    louder = features(sung.confidence[0], sung.loudness_db[0] + gain_db)
    assert torch.equal(note_mask(sung), note_mask(louder))


def test_the_lengths_are_seconds_at_every_rate():
    for config in (AudioConfig(16_000, 64), AudioConfig(16_000, 32)):
        step = round(0.052 * config.frame_rate)
        confidence = torch.full((10 * step,), 0.1)
        confidence[4 * step : 5 * step] = 0.9
        found = features(confidence, torch.full((10 * step,), -10.0), config=config)
        assert not note_mask(found).any(), "52 ms are no note"
        assert note_mask(found, shortest_note_s=0.04).any(), "unless asked for"


@settings(deadline=None, derandomize=True, max_examples=50)
@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=60), stop=st.floats(0, 0.5), start=st.floats(0.5, 1))
def test_hysteresis_lies_between_its_two_thresholds(values, stop, start):
    evidence = torch.tensor(values)[None]
    mask = hysteresis(evidence >= start, evidence >= stop)
    assert (mask | ~(evidence >= start)).all(), "all that passes the hard test sounds"
    assert (~mask | (evidence >= stop)).all(), "nothing sounds that fails the easy one"
    for first, end in runs(mask[0]):
        assert (evidence[0, first:end] >= start).any(), "every note passes the hard test somewhere"
    assert torch.equal(hysteresis(evidence >= start, evidence >= start), evidence >= start)


def test_gaps_close_only_between_notes_and_rows_do_not_mix():
    mask = torch.tensor([[0, 0, 1, 1, 1, 0, 1, 1, 1, 0], [1, 0, 0, 0, 1, 1, 1, 1, 1, 1]]).bool()
    cleaned = without_blips(mask, shortest_note=3, shortest_gap=3)
    assert cleaned.int().tolist() == [[0, 0, 1, 1, 1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]]


def test_the_fade_is_half_a_cosine_of_16_ms_outside_the_note():
    mask = torch.zeros(1, 100, dtype=torch.bool)
    mask[:, 40:60] = True
    fade = note_fade(mask, frame_rate=250.0)[0]
    assert (fade[40:60] == 1.0).all()
    assert fade[60:64].tolist() == pytest.approx([0.5 + 0.5 * math.cos(math.pi * n / 5) for n in (1, 2, 3, 4)])
    assert fade[36:40].tolist() == pytest.approx(fade[60:64].flip(0).tolist())
    assert fade[:36].abs().max() < 1e-6 and fade[64:].abs().max() < 1e-6


def test_a_row_without_notes_fades_to_nothing():
    mask = torch.zeros(2, 50, dtype=torch.bool)
    mask[0, 10:20] = True
    assert note_fade(mask, frame_rate=250.0)[1].abs().max() < 1e-6
    assert torch.isfinite(hold_through_rests(torch.rand(2, 50), mask)).all()


def test_a_rest_holds_the_pitch_of_the_nearest_note():
    mask = torch.tensor([[0, 1, 1, 0, 0, 0, 0, 1]]).bool()
    pitch = torch.tensor([[99.0, 60.0, 61.0, 99.0, 99.0, 99.0, 99.0, 72.0]])
    assert hold_through_rests(pitch, mask).tolist() == [[60, 60, 61, 61, 61, 72, 72, 72]]
