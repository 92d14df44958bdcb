"""A melody comes out of a MIDI file as it was played, and what is no melody is refused in one sentence."""

from __future__ import annotations

import sys

import mido
import pytest
import torch

from ddsp_course import autoencoder
from ddsp_course.data import CourseError

BEAT = 480


@pytest.fixture
def written(tmp_path):
    """A file of tracks, each a list of (ticks since the start, message); -> its path."""

    def write(*tracks, kind=1, names=()):
        file = mido.MidiFile(type=kind, ticks_per_beat=BEAT)
        for number, events in enumerate(tracks):
            track = mido.MidiTrack()
            if number < len(names):
                track.append(mido.MetaMessage("track_name", name=names[number]))
            now = 0
            for tick, message in sorted(events, key=lambda event: event[0]):
                track.append(message.copy(time=tick - now))
                now = tick
            file.tracks.append(track)
        file.save(tmp_path / "tune.mid")
        return tmp_path / "tune.mid"

    return write


def key(pitch, start, end, velocity=80, channel=0, by_zero=False):
    """A key pressed and let go, in beats; by_zero: let go by a velocity of 0, as many keyboards do."""
    up = mido.Message("note_on" if by_zero else "note_off", note=pitch, velocity=0, channel=channel)
    down = mido.Message("note_on", note=pitch, velocity=velocity, channel=channel)
    return [(round(start * BEAT), down), (round(end * BEAT), up)]


def tempo(beat, per_minute):
    return (round(beat * BEAT), mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(per_minute)))


def refused(path, **options):
    with pytest.raises(CourseError) as error:
        autoencoder.notes_from_midi(path, **options)
    return str(error.value)


@pytest.mark.parametrize("by_zero", [False, True])
def test_without_a_tempo_a_beat_is_half_a_second(written, by_zero):
    notes = autoencoder.notes_from_midi(written(key(69, 1, 2, 50, by_zero=by_zero) + key(72, 3, 5, 127), kind=0))
    assert notes.dtype == torch.float32
    torch.testing.assert_close(notes, torch.tensor([[0.5, 1.0, 69, 50], [1.5, 2.5, 72, 127]]))


def test_the_tempo_may_change_in_a_track_of_its_own_and_in_the_middle_of_a_note(written):
    conductor = [tempo(0, 60), tempo(2, 240), tempo(4, 120)]  # a beat is 1 s, then 0.25 s, then 0.5 s
    path = written(conductor, key(60, 0, 1) + key(62, 1, 3) + key(64, 3, 6))
    wanted = [[0, 1], [1, 2.25], [2.25, 3.5]]
    torch.testing.assert_close(autoencoder.notes_from_midi(path)[:, :2], torch.tensor(wanted))


def test_it_is_a_score_that_can_be_played(written):
    notes = autoencoder.notes_from_midi(written(key(69, 0, 1) + key(71, 1, 2)))
    assert autoencoder.score_frames(notes, 250, frame_rate=250).shape == (250, 5)


def test_a_note_held_into_the_next_one_ends_where_that_begins(written):
    notes = autoencoder.notes_from_midi(written(key(60, 0, 1.2) + key(62, 1, 2.5) + key(64, 2, 3)))
    torch.testing.assert_close(notes[:, :2], torch.tensor([[0, 0.5], [0.5, 1], [1, 1.5]]))


def test_a_key_pressed_again_without_being_let_go_is_two_notes_and_one_never_let_go_lasts_to_the_end(written):
    down = mido.Message("note_on", note=60, velocity=64)
    end = mido.MetaMessage("end_of_track")
    notes = autoencoder.notes_from_midi(written([(0, down), (BEAT, down), (3 * BEAT, end)]))
    torch.testing.assert_close(notes[:, :2], torch.tensor([[0, 0.5], [0.5, 1.5]]))


@pytest.mark.parametrize(
    "second", [key(64, 1.02, 2), key(64, 1.5, 1.8)], ids=["a chord, rolled a little", "above a held note"]
)
def test_several_voices_at_once_are_refused_with_the_place(written, second):
    said = refused(written(key(57, 0, 1) + key(60, 1, 2) + second))
    assert said.startswith("tune.mid has several voices at once, 0.") and "part" not in said


def test_of_several_parts_one_can_be_chosen_by_a_number_that_the_message_names(written):
    violin, piano = key(76, 0, 4), key(48, 0, 2, channel=1) + key(52, 2, 4, channel=1)
    path = written([tempo(0, 120)], violin, piano, names=("", "Violin", "Piano"))
    assert refused(path).endswith("Choose a part, with part=: 0: Violin, 1 notes; 1: Piano, 2 notes.")
    assert autoencoder.notes_from_midi(path, part=0)[:, 2].tolist() == [76]
    assert autoencoder.notes_from_midi(path, part=1)[:, 2].tolist() == [48, 52]
    assert "has no part 2: 0: Violin" in refused(path, part=2)


def test_parts_of_one_track_are_its_channels(written):
    path = written(key(76, 0, 4) + key(48, 0, 2, channel=1), kind=0)
    assert "0: track 1, channel 1, 1 notes; 1: track 1, channel 2, 1 notes" in refused(path)
    assert autoencoder.notes_from_midi(path, part=1)[:, 2].tolist() == [48]


def test_a_melody_that_wanders_from_track_to_track_is_one(written):
    notes = autoencoder.notes_from_midi(written(key(60, 0, 1) + key(64, 2, 3), key(62, 1, 2)))
    assert notes[:, 2].tolist() == [60, 62, 64]


def test_drums_are_no_melody(written):
    drums = key(36, 0, 1, channel=9) + key(38, 0.5, 1, channel=9)
    assert autoencoder.notes_from_midi(written(drums, key(60, 0, 2)))[:, 2].tolist() == [60]
    assert refused(written(drums)) == "tune.mid has no notes in it (drums are not counted)."


def test_a_file_without_notes_and_a_file_that_is_no_midi_are_refused(written, tmp_path):
    assert "has no notes" in refused(written([tempo(0, 90)]))
    whole = written(key(60, 0, 1)).read_bytes()
    for name, content in {"song.mid": b"RIFF....WAVEfmt ", "empty.mid": b"", "cut.mid": whole[:-6]}.items():
        (tmp_path / name).write_bytes(content)
        assert refused(tmp_path / name) == f"{name} cannot be read as a Standard MIDI File (.mid)."
    assert "There is no file" in refused(tmp_path / "nowhere.mid")
    (tmp_path / "film.mid").write_bytes(whole[:12] + b"\xe7\x28" + whole[14:])  # 25 pictures a second, 40 ticks each
    assert "unusual way" in refused(tmp_path / "film.mid")
    (tmp_path / "loops.mid").write_bytes(whole[:9] + b"\x02" + whole[10:])
    assert "type 0 or 1" in refused(tmp_path / "loops.mid")


def test_running_status_is_read(tmp_path):
    track = bytes([0, 0x90, 60, 80, *(0x83, 0x60), 60, 0, 0, 62, 80, *(0x83, 0x60), 62, 0, 0, 0xFF, 0x2F, 0])
    head = b"MThd\0\0\0\6\0\0\0\1" + BEAT.to_bytes(2, "big") + b"MTrk" + len(track).to_bytes(4, "big")
    (tmp_path / "run.mid").write_bytes(head + track)
    notes = autoencoder.notes_from_midi(tmp_path / "run.mid")
    torch.testing.assert_close(notes, torch.tensor([[0, 0.5, 60, 80], [0.5, 1, 62, 80]]))


def test_without_mido_it_says_what_to_install(monkeypatch, written):
    path = written(key(60, 0, 1))
    monkeypatch.setitem(sys.modules, "mido", None)
    assert "needs mido: pip install" in refused(path)
