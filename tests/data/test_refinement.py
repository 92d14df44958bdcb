"""A pitch read twice: what a tracker rounds is taken off, and nothing else is touched."""

from __future__ import annotations

import math

import pytest
import torch

from ddsp_course import dsp, instruments
from ddsp_course.data import crepe_tracker, extract_features, refine_pitch, refined_tracker, refinement

RATE, HOP = 16_000, 160


def cents(found: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    return 1200 * torch.log2(found.double() / truth.double())


def tone(f0_hz: torch.Tensor, n_harmonics: int = 12) -> torch.Tensor:
    """f0_hz [1, frames], every 10 ms -> audio [1, samples]"""
    amplitudes = (0.2 / torch.arange(1, n_harmonics + 1)).expand(1, f0_hz.shape[1], n_harmonics)
    return dsp.harmonic_synthesis(f0_hz, amplitudes, sample_rate=RATE, hop_size=HOP)


def vibrato(middle_hz: float, extent_cents: float, frames: int = 300) -> torch.Tensor:
    seconds = torch.arange(frames) / 100
    return (middle_hz * 2 ** (extent_cents / 1200 * torch.sin(2 * math.pi * 5.5 * seconds)))[None]


@pytest.mark.parametrize("middle_hz", [55.0, 196.0, 440.0, 1760.0])
@pytest.mark.parametrize("off_cents", [-20.0, 0.0, 20.0])
def test_a_flat_track_beside_the_note_becomes_its_vibrato(middle_hz, off_cents):
    truth = vibrato(middle_hz, 15.0)
    tracked = torch.full_like(truth, middle_hz * 2 ** (off_cents / 1200))
    found = refine_pitch(tone(truth), tracked, lowest_hz=0.9 * middle_hz)
    error = cents(found, truth)[0, 5:-5].abs()
    most = 1.0 if middle_hz > 100 else 2.0  # the window of a low note is longer
    assert error.median() < most and error.max() < 3 * most


def test_in_a_room_it_is_several_times_nearer_than_the_tracker_alone():
    take = instruments.bowed_string(minutes=0.4, seed=11, progress=False)[0]
    errors = {}
    for tracker in (crepe_tracker, refined_tracker):
        features = extract_features(take, tracker=tracker, cache=False)
        errors[tracker] = cents(features.f0_hz, take.f0_hz)[take.gate > 0.5].abs().median()
    assert errors[refined_tracker] < errors[crepe_tracker] / 3
    assert errors[refined_tracker] < 1.5


@pytest.mark.parametrize("nothing", [0.0, -1.0, math.nan, math.inf])
def test_a_frame_without_pitch_takes_the_refinement_from_no_other(nothing):
    truth = vibrato(440.0, 30.0)
    tracked = torch.full_like(truth, 440.0)
    tracked[0, 40] = nothing
    found = refine_pitch(tone(truth), tracked, lowest_hz=400.0)
    assert torch.equal(found[0, 40], tracked[0, 40]) or found[0, 40].isnan() and tracked[0, 40].isnan()
    assert cents(found, truth)[0, 45:-5].abs().max() < 3.0


def test_pitch_in_whole_hertz_is_refined_too_and_other_shapes_are_refused():
    truth = vibrato(440.0, 15.0)
    assert cents(refine_pitch(tone(truth), torch.full((1, 300), 440), lowest_hz=400.0), truth)[0, 5:-5].abs().max() < 3
    for audio, f0_hz, lowest_hz in ((tone(truth)[0], truth, 400.0), (tone(truth), truth, 0.0)):
        with pytest.raises(ValueError, match="refine_pitch takes"):
            refine_pitch(audio, f0_hz, lowest_hz=lowest_hz)


def test_where_it_disagrees_by_much_the_track_stays():
    truth = torch.full((1, 200), 440.0)
    tracked = truth * 2 ** (80 / 1200)
    assert torch.equal(refine_pitch(tone(truth, 1), tracked, lowest_hz=400.0)[:, 5:-5], tracked[:, 5:-5])
    below = torch.full((1, 200), 435.0)
    assert torch.equal(refine_pitch(tone(truth, 1), below, lowest_hz=436.0), below)


def test_a_long_sound_in_blocks_is_the_same_as_at_once(monkeypatch):
    truth = vibrato(220.0, 30.0)
    sound, tracked = tone(truth), torch.full_like(truth, 220.0)
    whole = refine_pitch(sound, tracked, lowest_hz=200.0)
    monkeypatch.setattr(refinement, "BLOCK", 37)
    assert cents(refine_pitch(sound, tracked, lowest_hz=200.0), whole).abs().max() < 0.01


@pytest.mark.parametrize("level", [0.0, 0.1])
def test_silence_and_noise_have_a_pitch_for_every_frame(level):
    sound = level * dsp.white_noise(1, RATE, generator=torch.Generator().manual_seed(0))
    f0_hz, confidence = refined_tracker(sound)
    assert f0_hz.shape == confidence.shape
    assert torch.isfinite(f0_hz).all() and (f0_hz > 0).all()
    refined = refine_pitch(sound, torch.full((1, 100), 300.0), lowest_hz=200.0)
    assert cents(refined, torch.full((1, 100), 300.0)).abs().max() <= 50


def test_the_cache_tells_the_trackers_apart(sounds):
    take = sounds.recording(sounds.tone(330, 1))
    first = extract_features(take, tracker=refined_tracker)
    assert torch.equal(extract_features(take).f0_hz, first.f0_hz)  # it is the one that is taken if none is named
    assert not torch.equal(extract_features(take, tracker=crepe_tracker).f0_hz, first.f0_hz)
    assert torch.equal(extract_features(take, tracker=refined_tracker, cache=False).f0_hz, first.f0_hz)
