"""A sound is written whole, unclipped, or not at all."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest
import soundfile
import torch

from ddsp_course.data import CourseError, load_recording, save_audio, write_atomically


def sine(samples: int = 16_000, level: float = 0.5) -> torch.Tensor:
    return level * torch.sin(2 * torch.pi * 440 * torch.arange(samples) / 16_000)


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_what_was_saved_is_read_back_to_the_last_of_24_bits(suffix, tmp_path):
    path = tmp_path / "deep" / "inside" / f"a.{suffix}"
    save_audio(path, sine()[None], 16_000)
    assert soundfile.info(path).subtype == "PCM_24" and soundfile.info(path).samplerate == 16_000
    assert float((load_recording(path).audio[0] - sine()).abs().max()) <= 2**-23


def test_sound_that_is_too_loud_is_turned_down_as_a_whole_and_said_so(tmp_path):
    with pytest.warns(UserWarning, match=r"a\.wav peaked 6\.0 dB too high"):
        save_audio(tmp_path / "a.wav", sine(level=2.0), 16_000)
    saved, _ = soundfile.read(tmp_path / "a.wav")
    assert np.abs(saved).max() == pytest.approx(1, abs=1e-4)
    assert np.abs(saved - sine(level=1.0).numpy()).max() < 1e-3  # the same shape: nothing was cut off


@pytest.mark.parametrize(
    ("audio", "expected"),
    [
        (torch.zeros(2, 100), "one sound"),
        (torch.zeros(0), "one sound"),
        (torch.tensor([0.0, float("nan")]), "NaN or infinite"),
        (torch.tensor([0.0, float("inf")]), "NaN or infinite"),
    ],
)
def test_what_is_no_sound_is_not_written(audio, expected, tmp_path):
    with pytest.raises(ValueError, match=expected):
        save_audio(tmp_path / "a.wav", audio, 16_000)
    assert list(tmp_path.iterdir()) == []


def test_other_formats_are_refused_by_name(tmp_path):
    with pytest.raises(CourseError, match=r"ends in \.wav or \.flac"):
        save_audio(tmp_path / "a.mp3", sine(), 16_000)


def test_a_folder_that_cannot_be_written_gets_one_sentence(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(CourseError, match=r"Cannot write .*a\.wav \(.*\): choose a folder that you may write to"):
        save_audio(tmp_path / "file" / "a.wav", sine(), 16_000)


def test_a_disk_that_fills_up_halfway_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    path = tmp_path / "a.wav"
    save_audio(path, sine(), 16_000)
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CourseError, match="No space left on device"):
        save_audio(path, 0.1 * sine(), 16_000)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_writer_that_dies_before_the_end_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.bin"
    write_atomically(path, b"old")

    def die(*names):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]
