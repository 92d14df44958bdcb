"""record(): takes of one's own, as they come from a page in pieces, and what is refused; without a browser."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
import soundfile
import torch

from ddsp_course.classroom import listening
from ddsp_course.classroom.listening.recorder import Recorder, level_remarks
from ddsp_course.data.errors import CourseError

RATE = 16_000


@pytest.fixture(autouse=True)
def workbook(tmp_path, monkeypatch):
    monkeypatch.setenv("DDSP_COURSE_WORKBOOK", str(tmp_path))
    return tmp_path


@pytest.fixture
def recorder():
    return Recorder(listening.record("song", sample_rate=RATE))


def tone(hz: float, seconds: float, rate: int, amplitude: float = 0.3) -> np.ndarray:
    return (amplitude * np.sin(2 * math.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def deliver(recorder: Recorder, content: bytes, rate: int, *, name: str = "", id: str = "1", piece: int = 2**16) -> str:
    """What a page sends for a take; returns the sentence it gets if it is refused."""
    pieces = [content[at : at + piece] for at in range(0, len(content), piece)]
    begin = {"pieces": len(pieces), "size": len(content), "rate": rate, "name": name, "remark": ""}
    recorder._receive(None, {"id": id, "begin": begin}, [])
    for index, each in enumerate(pieces):
        recorder._receive(None, {"id": id, "piece": index}, [memoryview(each)])
    recorder._receive(None, {"id": id, "end": True}, [])
    assert recorder.answer["id"] == id
    return recorder.answer["problem"]


def wav_of(sound: np.ndarray, rate: int) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, sound, rate, format="WAV", subtype="FLOAT")
    return file.getvalue()


def test_until_there_is_a_take_a_bundled_one_stands_in():
    song = listening.record("song")
    assert song.audio.shape == (1, 6 * RATE) and song.audio.dtype == torch.float32
    assert song.path is None and "bundled" in song.source
    assert float(song.audio.square().mean().sqrt()) > 0.01
    assert repr(song) == "record(song)"


def test_a_take_is_resampled_and_kept_as_a_file(recorder, workbook):
    heard = tone(440, 2.0, 48_000)
    assert deliver(recorder, heard.tobytes(), 48_000) == ""
    kept, rate = soundfile.read(workbook / "recordings" / "song.wav", dtype="float32")
    assert rate == RATE and len(kept) == 2 * RATE
    assert np.abs(kept - tone(440, 2.0, RATE))[200:-200].max() < 1e-3
    assert recorder.recorded.audio.shape == (1, 2 * RATE)
    assert recorder.take["own"] and recorder.take["source"] == "your take recordings/song.wav"


def test_no_take_is_ever_written_over_and_the_newest_is_the_one(recorder, workbook):
    for hz in (220, 440, 880):
        assert deliver(recorder, tone(hz, 1, RATE).tobytes(), RATE, id=str(hz)) == ""
    assert sorted(path.name for path in (workbook / "recordings").iterdir()) == ["song-2.wav", "song-3.wav", "song.wav"]
    again = listening.record("song")
    assert torch.allclose(again.audio[0, 1000:2000], torch.from_numpy(tone(880, 1, RATE))[1000:2000], atol=1e-4)
    assert listening.record("other").path is None


def test_a_damaged_take_is_passed_over_with_a_sentence(recorder, workbook):
    deliver(recorder, tone(220, 1, RATE).tobytes(), RATE)
    (workbook / "recordings" / "song-2.wav").write_bytes(b"RIFFnothing")
    with pytest.warns(UserWarning, match="song-2.wav"):
        assert listening.record("song").path == workbook / "recordings" / "song.wav"


def test_a_sound_file_is_taken_as_a_microphone_is(recorder):
    stereo = np.stack([tone(300, 1.5, 44_100), tone(300, 1.5, 44_100)], axis=1)
    assert deliver(recorder, wav_of(stereo, 44_100), 0, name="memo.wav") == ""
    assert recorder.recorded.seconds == pytest.approx(1.5, abs=0.01)


@pytest.mark.parametrize(
    "content, rate, name, says",
    [
        (tone(440, 0.05, RATE).tobytes(), RATE, "", "shorter than a tenth of a second"),
        (np.zeros(RATE, np.float32).tobytes(), RATE, "", "it is silent"),
        (np.full(RATE, np.nan, np.float32).tobytes(), RATE, "", "not numbers"),
        (b"this is no sound at all" * 100, 0, "../../letter.txt", "it is not sound"),
        (tone(440, 1, RATE).tobytes(), 3, "", "no take is made"),
    ],
)
def test_what_is_no_take_gets_one_sentence_and_leaves_nothing(recorder, workbook, content, rate, name, says):
    problem = deliver(recorder, content, rate, name=name)
    assert says in problem and "\n" not in problem
    assert not list(workbook.rglob("*.wav")) and not list(workbook.rglob("*letter*"))
    assert not recorder.take["own"]


def test_a_piece_that_got_lost_is_noticed_and_the_take_can_be_sent_again(recorder):
    content = tone(440, 1, RATE).tobytes()
    begin = {"pieces": 2, "size": len(content), "rate": RATE, "name": "", "remark": ""}
    recorder._receive(None, {"id": "1", "begin": begin}, [])
    recorder._receive(None, {"id": "1", "piece": 1}, [memoryview(content[32_000:])])
    assert "piece 2 came when piece 1 of 2 was due" in recorder.answer["problem"]
    recorder._receive(None, {"id": "1", "end": True}, [])
    assert recorder.recorded.path is None
    assert deliver(recorder, content, RATE, id="1") == ""
    assert recorder.recorded.path is not None


def test_a_take_that_is_sent_again_and_refused_again_is_answered_again(recorder):
    answers = []
    recorder.observe(lambda change: answers.append(change["new"]), "answer")
    silence = np.zeros(RATE, np.float32).tobytes()
    problems = [deliver(recorder, silence, RATE) for _ in range(2)]
    assert problems[0] == problems[1] != ""
    assert [answer.get("problem") for answer in answers] == [problems[0], None, problems[0]]


def test_what_is_longer_than_a_take_may_be_is_cut_and_says_so(workbook):
    recorder = Recorder(listening.record("long"), most_seconds=2.0)
    assert deliver(recorder, wav_of(tone(440, 5, RATE), RATE), 0, name="five.wav") == ""
    assert recorder.recorded.seconds == 2.0
    assert "It lasts 5.0 s: the first 2 s are kept." in recorder.recorded.remark


def test_too_loud_and_too_soft_are_told():
    loud = np.clip(tone(440, 1, RATE, 3.0), -1, 1)
    assert "clips" in level_remarks(loud, 0.3)[0]
    assert "very soft" in level_remarks(tone(440, 1, RATE, 0.005), 0.0)[0]
    assert level_remarks(tone(440, 1, RATE), 0.0) == []


def test_no_sound_is_in_the_state_and_no_voice_of_ones_own_in_the_page(recorder):
    html = recorder._repr_mimebundle_()[0]["text/html"]
    assert "<audio" in html  # the bundled take
    deliver(recorder, tone(440, 60, RATE).tobytes(), RATE)
    state = {name: value for name, value in recorder.get_state().items() if name not in ("_esm", "_css")}
    assert len(repr(state)) < 2000
    assert "<audio" not in recorder._repr_mimebundle_()[0]["text/html"]
    assert repr(recorder) == "record(song)"


def test_a_page_that_comes_later_gets_the_sound_in_pieces(recorder, monkeypatch):
    sent = []
    monkeypatch.setattr(recorder, "send", lambda content, buffers=None: sent.append((content, buffers)))
    deliver(recorder, tone(440, 100, RATE).tobytes(), RATE)
    recorder._receive(None, {"want": True}, [])
    assert max(len(buffers[0]) for _, buffers in sent) <= 8 * 2**20
    joined = np.frombuffer(b"".join(buffers[0] for _, buffers in sent), "<f4")
    assert np.array_equal(joined, recorder.recorded.audio[0].numpy())


@pytest.mark.parametrize(
    "wrong, says",
    [
        ({"name": "../song"}, "by their name"),
        ({"name": ""}, "by their name"),
        ({"name": "song-2"}, "ends like the number of a take"),
        ({"sample_rate": 7}, "Hz can be played"),
        ({"seconds": 500}, "1 to 120 s"),
        ({"seconds": True}, "1 to 120 s"),
    ],
)
def test_what_no_recorder_can_be_made_of(wrong, says):
    with pytest.raises(CourseError, match=says):
        listening.record(**wrong)
