"""The data doctor finds each fault in a data set made to have it, and none in one that has none."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ddsp_course.data import DataReport, Features, Recordings, doctor, extract_features, load_recording
from ddsp_course.data.doctor import note_name
from ddsp_course.data.symptoms import decay_times, noise_floor, unexplained_share

RATE = 16_000


def melody(sounds, notes, *, note_s: float = 0.7, rest_s: float = 0.5) -> np.ndarray:
    """Notes with soft edges, each followed by a rest."""
    length = round(note_s * RATE)
    edge = np.minimum(np.arange(length), np.arange(length)[::-1]) / 320
    fade = np.minimum(1, edge).astype(np.float32)
    rest = np.zeros(round(rest_s * RATE), np.float32)
    tones = [sounds.tone(440 * 2 ** ((midi - 69) / 12), note_s) * fade for midi in notes]
    return np.concatenate([part for note in tones for part in (note, rest)])


def in_room(sound: np.ndarray, seconds: float) -> np.ndarray:
    """The sound in a room whose reverberation falls by 60 dB in so many seconds."""
    random = np.random.default_rng(7)
    time = np.arange(round(1.2 * seconds * RATE)) / RATE
    response = random.standard_normal(len(time)) * 10 ** (-3 * time / seconds)
    response *= 0.35 / np.sqrt(np.square(response).sum())
    response[0] = 1.0
    size = 1 << (len(sound) + len(response)).bit_length()
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)[: len(sound)].astype(np.float32)


def noise(seconds: float, level: float, seed: int = 0) -> np.ndarray:
    return (level * np.random.default_rng(seed).standard_normal(round(seconds * RATE))).astype(np.float32)


TUNE = (57, 60, 64, 67, 62)
ANOTHER = (69, 65, 58, 60, 62)


def examined(sounds, *takes: np.ndarray) -> DataReport:
    recordings = Recordings(tuple(sounds.recording(take, name=f"take {n}") for n, take in enumerate(takes)), "my takes")
    return doctor(recordings, [extract_features(take) for take in recordings])


def the_only_warning(report: DataReport) -> str:
    assert len(report.warnings) == 1, report.warnings
    return report.warnings[0]


@pytest.fixture(scope="module")
def clean(sounds) -> list[np.ndarray]:
    return [in_room(melody(sounds, notes), 0.5) for notes in (TUNE, ANOTHER)]


def test_a_clean_data_set_gets_no_warning_but_is_too_short(sounds, clean):
    report = examined(sounds, *clean)
    assert report.warnings == ()
    assert report.minutes == pytest.approx(0.2, abs=0.01)
    assert 0.1 < report.sounding_minutes < 0.2
    assert (note_name(report.lowest_midi), note_name(report.highest_midi)) == ("A3", "A4")
    assert report.confidence > 0.8 and report.polyphonic_share < 0.2 and report.clipped_share == 0
    assert all(0.35 < decay < 0.65 for decay in report.decay_s) and len(report.decay_s) == 2
    assert not report.enough
    lines = report.lines()
    assert lines[0].startswith("my takes: 2 recordings, 12 seconds")
    assert lines[-1] == report.verdict and "Too little" in report.verdict and "record five minutes" in report.verdict


def test_five_minutes_of_it_are_enough(sounds, clean):
    take = sounds.recording(np.tile(clean[0], 50))
    (first,) = [extract_features(sounds.recording(clean[0]))]
    long = Features(*(getattr(first, name).repeat(1, 50) for name in ("f0_hz", "confidence", "loudness_db")))
    report = doctor(Recordings((take,)), [long])
    assert report.enough and report.verdict == "Enough to learn from." and report.warnings == ()
    half = doctor(
        Recordings((sounds.recording(np.tile(clean[0], 25)),)),
        [Features(*(getattr(long, name)[:, : long.frames // 2] for name in ("f0_hz", "confidence", "loudness_db")))],
    )
    assert not half.enough and "Enough to try" in half.verdict


@pytest.mark.parametrize("interval", [2, 3, 4, 8])
def test_two_notes_at_once_are_heard(sounds, interval):
    notes = (57, 60, 64, 69)
    both = melody(sounds, notes, rest_s=0.1) + melody(sounds, [note + interval for note in notes], rest_s=0.1)
    report = examined(sounds, both)
    assert any("several notes at once" in warning for warning in report.warnings)
    assert report.polyphonic_share > 0.8
    assert not report.enough and "Not fit for training" in report.verdict


def test_a_sine_that_was_too_loud_is_seen_to_be_clipped(sounds, tmp_path, clean):
    loud = 6 * melody(sounds, TUNE)
    report = examined(sounds, loud.clip(-0.9, 0.9))
    assert "cut off at the top: take 0" in the_only_warning(report)
    assert report.clipped_share > 0.05
    # and in a file, where the resampling to 16 kHz smooths the flat tops away
    import soundfile

    time = np.arange(4 * 44_100) / 44_100
    glide = np.sin(2 * np.pi * (200 + 40 * time) * time)
    soundfile.write(tmp_path / "loud.wav", (1.5 * glide).clip(-1, 1), 44_100)
    take = load_recording(tmp_path / "loud.wav")
    report = doctor(Recordings((take,)), [extract_features(take)])
    assert any("cut off at the top: loud.wav" in warning for warning in report.warnings)


def test_mostly_silence_is_said(sounds):
    sparse = melody(sounds, TUNE, note_s=0.6, rest_s=2.0)
    report = examined(sounds, sparse)
    assert "76 % of it is silence" in the_only_warning(report)


def test_two_rooms_are_told_apart(sounds):
    dry, wet = (in_room(melody(sounds, notes, rest_s=0.9), room) for notes, room in ((TUNE, 0.25), (ANOTHER, 0.9)))
    report = examined(sounds, dry, wet)
    assert "several rooms" in the_only_warning(report)
    assert min(report.decay_s) == pytest.approx(0.25, rel=0.35)
    assert max(report.decay_s) == pytest.approx(0.9, rel=0.35)


def test_another_background_is_noticed(sounds):
    quiet = melody(sounds, TUNE, note_s=0.8, rest_s=0.6)
    report = examined(sounds, quiet + noise(7.0, 3e-4), quiet + noise(7.0, 4e-3))
    assert "background noise differs by" in the_only_warning(report)
    louder, softer = max(report.noise_floor_db), min(report.noise_floor_db)
    assert louder - softer == pytest.approx(20 * np.log10(4e-3 / 3e-4), abs=2)
    assert examined(sounds, quiet + noise(7.0, 1e-3), quiet + noise(7.0, 1e-3, seed=1)).warnings == ()


def test_noise_alone_has_no_pitch_to_learn(sounds):
    report = examined(sounds, noise(4, 0.1))
    assert any("pitch tracker is unsure" in warning for warning in report.warnings)
    assert not report.enough and report.confidence < 0.3


def test_a_single_note_is_a_narrow_range(sounds):
    report = examined(sounds, in_room(melody(sounds, (60, 60, 61, 60, 60)), 0.5))
    assert "it plays only C4 to C#4" in the_only_warning(report)


def test_the_doctor_wants_the_features_of_each_take(sounds):
    takes = Recordings((sounds.recording(sounds.tone(220, 1)),))
    with pytest.raises(ValueError, match="1 recordings, but features of 0: one each is needed"):
        doctor(takes, [])
    short = Features(*(torch.full((1, 7), value) for value in (220.0, 1.0, -20.0)))
    with pytest.raises(ValueError, match="have 7 frames"):
        doctor(takes[0], short)


def test_one_recording_and_its_features_are_a_data_set(sounds):
    take = sounds.recording(sounds.tone(220, 1))
    features = Features(*(torch.full((1, take.frames), value) for value in (220.0, 1.0, -20.0)))
    assert doctor(take, features).lines()[1:] == doctor(Recordings((take,)), [features]).lines()[1:]


def test_the_decay_of_a_straight_line_is_its_slope():
    frame_rate, rt60 = 250.0, 0.8
    seconds = np.arange(500) / frame_rate
    level = np.where(seconds < 1, -10.0, -10 - 60 / rt60 * (seconds - 1))
    assert decay_times(level, frame_rate) == pytest.approx([rt60], rel=0.02)
    assert len(decay_times(np.full(500, -20.0), frame_rate)) == 0


def test_a_reverberation_is_no_background_and_neither_is_a_held_note():
    frames = np.arange(1000)
    falling = np.interp(frames, [0, 500, 1000], [-10, -10, -70.0])
    assert noise_floor(falling, np.zeros(1000), 250.0) is None
    steps = np.where(frames < 500, -10.0, -40.0)
    assert noise_floor(steps, np.full(1000, 0.9), 250.0) is None
    assert noise_floor(steps, np.where(frames < 500, 0.9, 0.1), 250.0) == pytest.approx(-40)
    assert noise_floor(np.where(frames < 500, -10.0, -80.0), np.zeros(1000), 250.0) is None
    assert noise_floor(np.zeros(10), np.zeros(10), 250.0) is None


def test_partials_that_belong_to_the_pitch_are_explained_by_it(sounds):
    take = sounds.recording(sounds.tone(261.6, 2) + 0.5 * sounds.tone(329.6, 2))
    loud = np.ones(take.frames, bool)
    pitch = Features(torch.full((1, 500), 261.6), torch.ones(1, 500), torch.zeros(1, 500))
    found = unexplained_share(take, pitch, loud)
    assert len(found) == 20  # ten looks a second
    assert np.median(found) == pytest.approx(0.2, abs=0.03)  # the second tone has a quarter of the first one's power


def test_note_names():
    assert [note_name(midi) for midi in (69, 60, 61.4, 21, 108)] == ["A4", "C4", "C#4", "A0", "C8"]


def test_takes_may_share_a_name(sounds, clean):
    takes = Recordings(tuple(sounds.recording(take) for take in clean))
    features = [extract_features(take) for take in takes]
    assert len({take.name for take in takes}) == 1 and doctor(takes, features).clipped_share < 1e-3
