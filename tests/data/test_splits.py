"""What is held out is never heard in training, is enough to judge by, and keeps its truth when cut."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ddsp_course.data import (
    PRESETS,
    AudioConfig,
    CourseError,
    Note,
    Performance,
    Recording,
    Recordings,
    cut,
    sounding,
    split,
)


def take(seconds: float, name: str = "take", *, config: AudioConfig | None = None) -> Recording:
    """Noise, so that every sample is found again by its value."""
    config = config or AudioConfig()
    frames = round(seconds * config.frame_rate)
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return Recording(0.1 * torch.randn(1, frames * config.hop_size, generator=generator), config, name)


def performance(seconds: float = 4.0, config: AudioConfig | None = None) -> Performance:
    plain = take(seconds, "performed", config=config)
    frames = torch.arange(plain.frames, dtype=torch.float32)[None]
    return Performance(
        plain.audio,
        plain.config,
        plain.name,
        dry=plain.audio * 2,
        f0_hz=200 + frames,
        loudness_db=-frames / 10,
        gate=(frames % 250 < 200).float(),
        room=torch.tensor([1.0, 0.5]),
        notes=tuple(Note(float(second), second + 0.8, 60.0 + second, "legato", 0.5) for second in range(int(seconds))),
    )


def test_a_fifth_of_the_takes_is_held_out_by_seed():
    takes = Recordings(tuple(take(20, f"take {number}") for number in range(15)), "fifteen")
    train, held_out = split(takes, seed=3)
    assert len(train) == 12 and len(held_out) == 3
    names = {one.name for one in takes}
    assert {one.name for one in train} | {one.name for one in held_out} == names
    again = split(takes, seed=3)
    assert [one.name for one in again[1]] == [one.name for one in held_out]
    assert len({tuple(one.name for one in split(takes, seed=seed)[1]) for seed in range(8)}) > 4
    assert train.name == "fifteen (train)" and held_out.name == "fifteen (held out)"


def test_a_take_much_longer_than_the_share_is_not_held_out():
    takes = Recordings((take(300, "concert"), take(40, "a"), take(30, "b"), take(20, "c")))
    for seed in range(6):
        train, held_out = split(takes, seed=seed)
        assert "concert" in {one.name for one in train}
        assert 20 <= held_out.seconds <= 90


def test_a_single_take_holds_out_its_end_after_a_gap_of_one_crop():
    whole = take(60, "long")
    train, held_out = split(Recordings((whole,)), crop_seconds=1.5)
    assert len(train) == len(held_out) == 1
    assert held_out.seconds == pytest.approx(12, abs=0.1)
    assert train.seconds == pytest.approx(60 - 12 - 1.5, abs=0.1)
    assert torch.equal(train[0].audio, whole.audio[:, : train[0].audio.shape[1]])
    assert torch.equal(held_out[0].audio, whole.audio[:, -held_out[0].audio.shape[1] :])


def test_a_single_take_that_ends_in_silence_still_holds_out_sound():
    whole = take(60, "long")
    whole.audio[:, 40 * 16_000 :] = 0  # the player walks to the computer
    _, held_out = split(Recordings((whole,)))
    assert sounding(held_out[0]).sum() == pytest.approx(8 * 250, abs=20)


@pytest.mark.parametrize("seconds", [3.0, 3.5, 5.0, 8.0])
def test_two_crops_of_sound_are_just_enough(seconds):
    train, held_out = split(Recordings((take(seconds),)), crop_seconds=1.5)
    assert train.seconds >= 1.5 and held_out.seconds >= 1.5
    assert train.seconds + held_out.seconds <= seconds + 0.01


def test_too_little_sound_names_the_minimum():
    quiet = take(60, "mostly nothing")
    quiet.audio[:, 2 * 16_000 :] = 0
    with pytest.raises(
        CourseError, match=r"quiet house holds 2\.0 s of sound.* at least 3\.0 s \(two crops of 1\.5 s\)"
    ):
        split(Recordings((quiet,), "quiet house"))
    with pytest.raises(CourseError, match=r"at least 8\.0 s"):
        split(Recordings((take(7),)), crop_seconds=4)


def test_takes_shorter_than_a_crop_are_left_out_and_named():
    takes = Recordings((take(5, "a"), take(1, "b.wav"), take(5, "c")))
    with pytest.warns(UserWarning, match=r"shorter than a training crop of 1\.5 s: 1 of 3 recordings \(b\.wav\)"):
        train, held_out = split(takes)
    assert {one.name for one in (*train, *held_out)} == {"a", "c"}
    with pytest.raises(CourseError, match=r"No recording of short is as long as a training crop of 1\.5 s"):
        split(Recordings(tuple(take(1, str(number)) for number in range(9)), "short"))


@pytest.mark.parametrize("share", [0, 1, -0.2, 2])
def test_the_share_lies_between_0_and_1(share):
    with pytest.raises(ValueError, match="between 0 and 1"):
        split(Recordings((take(9),)), held_out=share)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_performance_keeps_its_truth_when_cut(preset):
    config = PRESETS[preset]
    whole = performance(4, config)
    start, end = round(0.5 * config.frame_rate), round(2.3 * config.frame_rate)
    part = cut(whole, start, end)
    assert isinstance(part, Performance)
    assert part.frames == end - start == part.f0_hz.shape[1] == part.gate.shape[1] == part.loudness_db.shape[1]
    assert part.audio.shape == part.dry.shape == (1, part.frames * config.hop_size)
    assert torch.equal(part.dry, 2 * part.audio)
    assert part.f0_hz[0, 0] == 200 + start
    assert torch.equal(part.room, whole.room)
    expected = [(0.0, 0.3, 60), (0.5, 1.3, 61), (1.5, 1.8, 62)]  # the outer notes are shortened, the last falls away
    found = [(note.start_s, note.end_s, note.midi) for note in part.notes]
    assert np.allclose(found, expected, atol=0.003)
    assert part.name == "performed [0.5 to 2.3 s]"


def test_a_cut_does_not_share_memory_with_the_whole():
    whole = take(2)
    part = cut(whole, 10, 20)
    part.audio.zero_()
    assert float(whole.audio[:, 640:1280].abs().min()) > 0


@pytest.mark.parametrize(("start", "end"), [(-1, 10), (10, 10), (20, 10), (0, 501)])
def test_frames_outside_of_the_recording_are_refused(start, end):
    with pytest.raises(ValueError, match="has frames 0 to 500"):
        cut(take(2), start, end)


def test_splitting_performances_gives_performances():
    train, held_out = split(Recordings((performance(20),)))
    assert isinstance(train[0], Performance) and isinstance(held_out[0], Performance)
    assert held_out[0].notes and held_out[0].notes[-1].midi == 79


@pytest.mark.parametrize("held_out", [0.2, 0.5, 0.8, 0.9, 0.99])
def test_of_a_single_take_no_sound_is_on_both_sides_however_much_is_held_out(held_out):
    whole = take(10, "long")
    train, kept = split(Recordings((whole,)), held_out=held_out, crop_seconds=1.5)
    assert train.seconds >= 1.5 and kept.seconds >= 1.5
    assert train.seconds + kept.seconds == pytest.approx(10 - 1.5, abs=0.1)


@pytest.mark.parametrize(("count", "held_out"), [(2, 0.7), (5, 0.9), (5, 0.99)])
def test_a_take_is_left_to_learn_from_however_much_is_held_out(count, held_out):
    for seed in range(5):
        train, kept = split(Recordings(tuple(take(5, str(one)) for one in range(count))), held_out=held_out, seed=seed)
        assert len(train) >= 1 and len(train) + len(kept) == count
