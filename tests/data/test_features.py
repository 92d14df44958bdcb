"""Features lie where they should in time, are there for every frame, and do not depend on how they were computed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ddsp_course import dsp
from ddsp_course.data import PRESETS, AudioConfig, CourseError, Features, Recording, extract_all, extract_features
from ddsp_course.data.features import LOUDNESS_BLOCK_SECONDS, carry_through_rests


def late_vibrato(sounds, config: AudioConfig, *, silent_s: float, sounding_s: float) -> tuple[Recording, np.ndarray]:
    """Long silence, then a tone whose pitch swings by a semitone twice a second; and its true pitch in each
    frame."""
    rate = config.sample_rate
    time = np.arange(round(sounding_s * rate)) / rate
    f0_hz = 440 * 2 ** (np.sin(2 * np.pi * 2 * time) / 12)
    quiet = np.zeros(round(silent_s * rate), np.float32)
    take = sounds.recording(np.concatenate([quiet, sounds.tone(f0_hz, sounding_s, rate=rate)]), config=config)
    return take, np.concatenate([np.full(len(quiet), np.nan), f0_hz])[:: config.hop_size][: take.frames]


@pytest.mark.parametrize("preset", ["16k", "44k", "48k"])
def test_pitch_and_loudness_are_in_time_after_a_minute(preset, sounds):
    """The swing passes up to 13 cents in 10 ms. CREPE itself is 2 to 3 ms early; one of its frames is 10 ms."""
    config = PRESETS[preset]
    take, truth = late_vibrato(sounds, config, silent_s=60, sounding_s=3)
    found = extract_features(take)
    assert found.f0_hz.shape == found.confidence.shape == found.loudness_db.shape == (1, take.frames)

    start = round(60.2 * config.frame_rate)
    measured = 1200 * np.log2(found.f0_hz[0].double().numpy() / 440)
    expected = 1200 * np.log2(truth / 440)
    frames = np.arange(start, take.frames - round(0.2 * config.frame_rate))
    delays_ms = np.arange(-20, 20.5, 0.5)
    errors = [
        np.abs(
            np.interp(frames + d * config.frame_rate / 1000, np.arange(take.frames), measured) - expected[frames]
        ).mean()
        for d in delays_ms
    ]
    assert abs(delays_ms[int(np.argmin(errors))]) <= 5.0
    assert np.median(np.abs(measured - expected)[frames]) < 5

    onset = int((found.loudness_db[0] > -20).float().argmax()) / config.frame_rate
    assert onset == pytest.approx(60.0, abs=0.016)  # the window of 32 ms reaches half its length ahead


def test_every_frame_has_a_finite_pitch_above_zero_also_in_silence_and_noise(sounds):
    noise = 0.1 * np.random.default_rng(0).standard_normal(16_000)
    sound = np.concatenate([np.zeros(8_000), sounds.tone(196, 1), np.zeros(8_000), noise, sounds.tone(392, 1)])
    found = extract_features(sounds.recording(sound))
    assert torch.isfinite(found.f0_hz).all() and (found.f0_hz > 0).all()
    assert ((found.confidence >= 0) & (found.confidence <= 1)).all()
    assert found.loudness_db.min() == -80
    assert found.f0_hz[0, 0] == pytest.approx(196, rel=0.01)  # before the first note, its pitch


def octaves(*hz: float) -> np.ndarray:
    return np.log2(np.array(hz))


def test_a_rest_between_two_notes_holds_the_first_to_the_quietest_moment():
    log_f0 = octaves(200, 200, 777, 777, 777, 777, 300, 300)
    sure = np.array([1, 1, 0, 0, 0, 0, 1, 1], bool)
    level = np.array([0, 0, -10, -20, -40, -30, 0, 0.0])
    assert 2 ** carry_through_rests(log_f0, sure, level) == pytest.approx([200, 200, 200, 200, 300, 300, 300, 300])


def test_a_dip_within_one_note_is_bridged_without_a_step():
    log_f0 = octaves(440, 900, 900, 445.1)  # 20 cents apart
    carried = carry_through_rests(log_f0, np.array([1, 0, 0, 1], bool), np.array([0, -40, -50, 0.0]))
    assert 1200 * np.diff(carried) == pytest.approx(np.full(3, 1200 * np.log2(445.1 / 440) / 3))


def test_the_ends_take_the_nearest_note_and_nothing_sure_stays_as_it_was():
    log_f0 = octaves(50, 60, 200, 220, 1000)
    sure = np.array([0, 0, 1, 1, 0], bool)
    assert 2 ** carry_through_rests(log_f0, sure, np.zeros(5)) == pytest.approx([200, 200, 200, 220, 220])
    assert carry_through_rests(log_f0, np.zeros(5, bool), np.zeros(5)).tolist() == log_f0.tolist()


def test_loudness_in_blocks_is_loudness_of_the_whole(sounds):
    noise = np.random.default_rng(1).standard_normal(int(2.3 * LOUDNESS_BLOCK_SECONDS * 16_000)).astype(np.float32)
    take = sounds.recording(0.1 * noise)
    found = extract_features(take, tracker=sounds.stub_tracker)
    whole = dsp.loudness_db(take.audio, sample_rate=16_000, hop_size=64)
    assert torch.allclose(found.loudness_db, whole, atol=1e-3)


def test_a_tracker_of_ones_own_is_interpolated_to_the_frames_in_octaves(sounds):
    """A pitch that doubles each second is a straight line in octaves: any misplaced frame would leave it."""
    config = PRESETS["44k"]

    def rising(audio_16k):
        seconds = torch.arange(1 + audio_16k.shape[-1] // 160) / 100
        return 100 * 2 ** seconds[None], torch.ones(1, len(seconds))

    take = sounds.recording(sounds.tone(200, 4, rate=44_100), config=config)
    found = extract_features(take, tracker=rising)
    expected = 100 * 2 ** (torch.arange(take.frames) * 176 / 44_100)
    assert torch.allclose(found.f0_hz[0, :-3], expected[:-3], rtol=1e-5)
    assert found.config == config


def test_a_tracker_of_ones_own_may_report_how_far_it_is(sounds):
    said = []

    def reporting(audio_16k, report=None):
        report(audio_16k.shape[-1] / 16_000)
        return sounds.stub_tracker(audio_16k)

    extract_features(sounds.recording(sounds.tone(220, 1)), tracker=reporting, report=said.append)
    assert said == [1.0]


def zero_pitch(audio):
    return torch.zeros(1, 10), torch.ones(1, 10)


def other_shapes(audio):
    return torch.ones(10), torch.ones(10)


@pytest.mark.parametrize(("tracker", "expected"), [(zero_pitch, "above 0"), (other_shapes, r"both \[1, frames\]")])
def test_a_tracker_that_returns_something_else_is_told_what_is_wanted(tracker, expected, sounds):
    with pytest.raises(ValueError, match=expected):
        extract_features(sounds.recording(sounds.tone(220, 1)), tracker=tracker)


@pytest.mark.parametrize("shape", [(16_000,), (2, 16_000), (1, 0), (1, 16_001)])
def test_audio_of_another_shape_is_refused_at_the_door(shape, sounds):
    with pytest.raises(ValueError, match=r"take needs audio of shape \[1, samples\] .*data\.from_array"):
        Recording(torch.zeros(shape), name="take")


def test_features_of_what_is_no_recording_are_refused():
    with pytest.raises(CourseError, match="needed here, not ndarray: read a file"):
        extract_features(np.zeros(16_000))


@pytest.mark.parametrize(
    ("curves", "sentence"),
    [
        ((torch.ones(100), torch.ones(100), torch.ones(100)), r"\[batch, frames\], not f0_hz \[100\], confidence"),
        ((torch.ones(1, 100), torch.ones(1, 99), torch.ones(1, 100)), r"confidence \[1, 99\]"),
        ((torch.ones(1, 9), torch.ones(1, 9), torch.ones(1, 9, 1)), r"loudness_db \[1, 9, 1\]"),
        ((torch.ones(1, 9, dtype=torch.int64), torch.ones(1, 9), torch.ones(1, 9)), "f0_hz is torch.int64"),
        ((torch.ones(1, 9), torch.ones(1, 9), np.ones((1, 9))), "loudness_db is ndarray"),
    ],
)
def test_curves_that_do_not_belong_together_are_refused(curves, sentence):
    with pytest.raises(ValueError, match=sentence):
        Features(*curves)


def test_what_was_tracked_once_is_not_tracked_again(sounds, monkeypatch, own_cache):
    from ddsp_course.data import features, pitch

    calls = []
    activation = pitch.crepe_activation
    monkeypatch.setattr(pitch, "crepe_activation", lambda *a, **k: (calls.append(1), activation(*a, **k))[1])
    take = sounds.recording(sounds.tone(330, 0.5))
    first, again = extract_features(take), extract_features(take)
    assert len(calls) == 1
    for name in ("f0_hz", "confidence", "loudness_db"):
        assert torch.equal(getattr(first, name), getattr(again, name))

    extract_features(take, cache=False)
    assert len(calls) == 2
    louder = Recording(take.audio * 1.0001, take.config, take.name)
    extract_features(louder)
    assert len(calls) == 3
    monkeypatch.setattr(features, "CODE_VERSION", features.CODE_VERSION + 1)
    extract_features(take)
    assert len(calls) == 4
    assert len(list((own_cache / "features").glob("*.tensors"))) == 3


def test_a_tracker_of_ones_own_is_never_cached(sounds, own_cache):
    take = sounds.recording(sounds.tone(330, 0.5))
    extract_features(take, tracker=sounds.stub_tracker)
    assert not own_cache.exists()
    assert (
        extract_features(take, tracker=lambda audio: (torch.full((1, 51), 99.0), torch.ones(1, 51))).f0_hz.max() == 99
    )


def test_all_takes_are_tracked_in_order_under_a_bar_of_seconds(sounds, capsys):
    takes = [sounds.recording(sounds.tone(hz, 1.0), name=str(hz)) for hz in (200, 300)]
    found = extract_all(takes, tracker=sounds.stub_tracker)
    assert [take.frames for take in found] == [250, 250]
    assert "0/2" in capsys.readouterr().err  # seconds
    extract_all(takes, tracker=sounds.stub_tracker, progress=False)
    assert capsys.readouterr().err == ""


def test_sound_that_is_no_number_is_refused_at_the_door_and_double_precision_is_sound(sounds):
    audio = torch.from_numpy(sounds.tone(220.0, 1.024))[None]
    broken = audio.clone()
    broken[0, 700] = torch.nan
    with pytest.raises(ValueError, match="mine has samples that are no numbers"):
        extract_features(Recording(broken, name="mine"), tracker=sounds.stub_tracker)
    with pytest.raises(ValueError, match=r"mine holds torch.int16: scale it"):
        Recording((32767 * audio).to(torch.int16), name="mine")
    double = extract_features(Recording(audio.double()), tracker=sounds.stub_tracker)
    assert torch.equal(double.loudness_db, extract_features(Recording(audio), tracker=sounds.stub_tracker).loudness_db)
