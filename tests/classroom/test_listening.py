"""Sounds side by side: what is refused, how loud they are, and what a page without widgets shows."""

from __future__ import annotations

import base64
import io
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import comm
import numpy as np
import pytest
import soundfile
import torch

from ddsp_course import dsp
from ddsp_course.classroom import limits, listening
from ddsp_course.classroom.listening import comparison, sounds, yours
from ddsp_course.data import CourseError

ROOT = Path(__file__).resolve().parents[2]
RATE = 16_000


def tone(hz: float, peak: float = 0.5, seconds: float = 1.0, sample_rate: int = RATE) -> torch.Tensor:
    return peak * torch.sin(2 * torch.pi * hz / sample_rate * torch.arange(round(seconds * sample_rate)))


@pytest.fixture
def shown(monkeypatch) -> list[listening.Comparison]:
    """What compare has displayed."""
    seen: list[listening.Comparison] = []
    monkeypatch.setattr(comparison, "display", seen.append)
    return seen


class Wire:
    """A comm that keeps what is sent over it: the bytes that travel with each message."""

    def __init__(self) -> None:
        self.sent: list[tuple[dict, list[bytes]]] = []

    def create_comm(self, *, data, buffers=None, **_):
        self.sent.append((data, [bytes(each) for each in buffers or []]))
        wire = self

        class Recorder(comm.DummyComm):
            def send(self, data=None, metadata=None, buffers=None):
                wire.sent.append((data, [bytes(each) for each in buffers or []]))

        return Recorder()

    def sounds(self) -> bytes:
        """The bytes of sound_0, sound_1, ... as they came."""
        return b"".join(
            part for data, parts in self.sent if any("sound_" in str(path) for path in paths(data)) for part in parts
        )


def paths(data: dict) -> list:
    return data.get("buffer_paths", [])


@pytest.fixture
def wire(monkeypatch) -> Wire:
    recorder = Wire()
    monkeypatch.setattr(comm, "create_comm", recorder.create_comm)
    return recorder


@pytest.mark.parametrize(
    ("takes", "says"),
    [
        ({}, "one to 9 takes, not 0"),
        ({str(i): torch.ones(10) for i in range(10)}, "one to 9 takes, not 10"),
        ([torch.ones(10)], "a dictionary of names and sounds"),
        ({"bad": torch.tensor([0.0, 1.0, math.nan, math.nan])}, '"bad".* sample 2 is NaN .2 in all'),
        ({"bad": np.array([math.inf])}, "sample 0 is infinity"),
        ({"stereo": torch.ones(2, 100)}, r"\[2, 100\]: give one at a time, \[samples\] or \[1, samples\]"),
        ({"a number": 3.0}, r"the shape \[\]"),
        ({"none": torch.ones(0)}, '"none" is empty'),
        ({"words": ["do", "re"]}, "not made of numbers"),
        ({"long": torch.ones(61 * RATE)}, "lasts 61 s: compare plays at most 60 s"),
    ],
)
def test_what_is_no_sound_is_refused_with_a_sentence(shown, takes, says):
    with pytest.raises(CourseError, match=says) as refused:
        listening.compare(takes)
    assert str(refused.value).count("\n") == 0 and str(refused.value).endswith(".")
    assert shown == []


@pytest.mark.parametrize("rate", [22.05, "16000", None, 7_999, 96_001])
def test_a_sample_rate_that_no_browser_plays_is_refused(rate):
    with pytest.raises(CourseError, match="8000 to 96000 Hz"):
        listening.compare({"a": torch.ones(10)}, sample_rate=rate)


def test_sounds_come_as_lessons_have_them(shown):
    """With a batch of one or without, on a gradient's way or not, as integers, of different lengths."""
    listening.compare(
        {
            "batch": torch.ones(1, 30, requires_grad=True) * 0.5,
            "double": np.full(20, 0.25),
            "integers": np.array([0, 1, -1], dtype=np.int16),
            "half": torch.full((5,), 0.5, dtype=torch.float16),
            7: [0.1, 0.2],
        }
    )
    (player,) = shown
    assert player.names == ["batch", "double", "integers", "half", "7"]
    assert player.lengths == [30, 20, 3, 5, 2]
    assert repr(player) == "compare(batch, double, integers, half, 7)"


def test_takes_that_would_clip_are_made_softer_by_one_factor(shown):
    listening.compare({"soft": tone(440, 0.25), "loud": tone(440, 2.0)})
    listening.compare({"soft": tone(440, 0.25), "loud": tone(440, 0.9)})
    assert shown[0].gain == pytest.approx(0.5, rel=1e-3) and shown[0].peak == pytest.approx(2.0, rel=1e-3)
    assert shown[1].gain == 1.0


def test_loudness_is_matched_as_the_ear_weighs_it():
    """200 Hz counts 10.9 dB less than 1 kHz (IEC 61672, A-weighting); all come down to the softest."""
    gains = listening.matched_gains([tone(1000).numpy(), tone(200).numpy(), tone(1000, 0.05).numpy()], RATE)
    matched_db = [20 * math.log10(gain) for gain in gains]
    assert matched_db[2] == 0.0
    assert matched_db[0] == pytest.approx(-20.0, abs=0.01)
    assert matched_db[1] == pytest.approx(-20.0 + 10.9, abs=0.2)


def test_matched_takes_measure_equally_loud():
    noise = torch.randn(RATE, generator=torch.Generator().manual_seed(0)).numpy() * 0.1
    sounds = [noise, tone(220).numpy(), np.tanh(5 * tone(220).numpy()), np.cumsum(noise) * 0.1]
    gains = listening.matched_gains(sounds, RATE)
    levels = []
    for sound, gain in zip(sounds, gains, strict=True):
        frames = dsp.loudness_db(torch.from_numpy(gain * sound)[None].float(), sample_rate=RATE, hop_size=RATE // 64)
        levels.append(10 * math.log10((10 ** (frames / 10)).mean()))
    assert max(levels) - min(levels) < 0.01


def test_silence_and_a_wild_take_leave_the_others_audible():
    """Silence is nobody's measure, and one take of a thousand times the amplitude, or more, does not bury the rest."""
    silence, wild = np.zeros(RATE, dtype=np.float32), tone(440, 300.0).numpy()
    assert listening.matched_gains([silence, tone(440, 0.3).numpy(), wild], RATE) == pytest.approx([1, 1, 1e-3])
    assert listening.matched_gains([tone(440, 0.3).numpy(), tone(440, 3e30).numpy()], RATE) == pytest.approx([1, 1e-31])
    assert listening.matched_gains([silence], RATE) == [1.0]


def test_matched_takes_do_not_clip_either():
    click = np.zeros(RATE, dtype=np.float32)
    click[100] = 4.0
    gains = listening.matched_gains([click, tone(1000).numpy()], RATE)
    assert gains[0] * 4.0 <= 1.0


def test_the_sounds_reach_the_browser_bit_by_bit_and_whole(wire):
    """Nine takes of ten seconds, 5.8 MB: Jupyter drops the connection at a message of 12 MiB."""
    takes = {f"take {i}": tone(110 * (i + 1), seconds=10) for i in range(9)}
    listening.compare(takes)
    largest = max(sum(map(len, parts)) for _, parts in wire.sent)
    assert 2 * 2**20 < largest < 8 * 2**20
    assert wire.sounds() == torch.cat(list(takes.values())).numpy().tobytes()


def test_a_page_that_is_loaded_again_gets_the_sounds_only_when_it_asks(wire):
    """It gets the state of every widget in one message, which would otherwise be too long for the connection."""
    sounds = {"a": tone(220).numpy(), "b": tone(330).numpy()}
    player = listening.Comparison(sounds, RATE, {})
    assert not [name for name in player.get_state() if name.startswith("sound_")]
    wire.sent.clear()
    player._handle_custom_msg("sounds", [])
    assert wire.sounds() == sounds["a"].tobytes() + sounds["b"].tobytes()


def players_of(page: str) -> dict[str, tuple[np.ndarray, int]]:
    found = re.findall(r'<audio controls [^>]*aria-label="([^"]*)" src="data:audio/mpeg;base64,([^"]*)">', page)
    return {name: soundfile.read(io.BytesIO(base64.b64decode(sound))) for name, sound in found}


def test_a_page_without_widgets_has_an_ordinary_player_for_every_take(shown):
    listening.compare({"a <tone>": tone(440, 0.5, 2.0), "clipping": tone(220, 1.25, 3.0)})
    bundle, _ = shown[0]._repr_mimebundle_()
    assert bundle["text/plain"] == "compare(a <tone>, clipping)"
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == shown[0].model_id
    players = players_of(bundle["text/html"])
    assert list(players) == ["a &lt;tone&gt;", "clipping"]
    for (sound, rate), hz, seconds, peak in zip(players.values(), (440, 220), (2.0, 3.0), (0.4, 1.0), strict=True):
        assert rate == RATE and len(sound) / rate == pytest.approx(seconds, abs=0.1)
        middle = sound[rate // 2 : rate // 2 + rate]
        assert np.abs(np.fft.rfft(middle)).argmax() == hz
        assert np.sqrt(2 * np.mean(middle**2)) == pytest.approx(peak, rel=0.02), "the levels still compare"


def test_a_notebook_grows_by_kilobytes_a_second_and_not_by_the_sound(shown):
    noise = torch.randn(10 * RATE, generator=torch.Generator().manual_seed(0)) * 0.1
    listening.compare({"noise": noise})
    bundle, _ = shown[0]._repr_mimebundle_()
    assert len(bundle["text/html"]) < 10 * 10_000 < noise.numel() * 4 / 6


@pytest.mark.parametrize("rate", [8_000, 11_999, 16_000, 44_100, 96_000])
def test_the_ordinary_players_know_every_rate(rate):
    sound, written = soundfile.read(io.BytesIO(sounds.mp3(tone(440, 0.5, 2.0, rate).numpy(), rate)))
    assert len(sound) / written == pytest.approx(2.0, abs=0.15)
    middle = sound[written // 2 : written // 2 + written]
    assert np.abs(np.fft.rfft(middle)).argmax() == 440


def curves(player: listening.Comparison) -> dict[int, list[float]]:
    return {int(take): np.frombuffer(curve, "<f4").tolist() for take, curve in player.f0_hz.items()}


def test_one_pitch_curve_is_drawn_over_every_take_for_as_long_as_it_lasts(shown):
    f0_hz = torch.tensor([[220.0, 230.0, math.nan, 0.0]])
    listening.compare({"whole": torch.ones(400), "half": torch.ones(200)}, f0_hz=f0_hz)
    assert curves(shown[0]) == {0: [220, 230, 0, 0], 1: [220, 230]}


def test_a_take_can_have_a_pitch_curve_of_its_own(shown):
    listening.compare({"a": torch.ones(400), "b": torch.ones(200)}, f0_hz={"b": np.array([440.0, -1.0])})
    assert curves(shown[0]) == {1: [440, 0]}


@pytest.mark.parametrize(
    ("f0_hz", "says"),
    [
        ({"c": torch.ones(3)}, 'a curve for "c", but the takes are a, b'),
        (torch.ones(2, 3), r"f0_hz has the shape \[2, 3\]: .* \[frames\] or \[1, frames\]"),
        ({"a": torch.tensor([math.inf])}, 'f0_hz of "a" holds infinity'),
    ],
)
def test_what_is_no_pitch_curve_is_refused_with_a_sentence(shown, f0_hz, says):
    with pytest.raises(CourseError, match=says):
        listening.compare({"a": torch.ones(9), "b": torch.ones(9)}, f0_hz=f0_hz)
    assert shown == []


def test_outside_a_notebook_there_is_one_quiet_line():
    code = (
        "import torch\n"
        "from ddsp_course.classroom import listening\n"
        "assert listening.compare({'original': torch.zeros(1, 99), 'resynthesis': torch.zeros(99)}) is None\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert (done.stdout, done.stderr, done.returncode) == ("compare(original, resynthesis)\n", "", 0)


def ours(gain: float) -> torch.Tensor:
    return gain * torch.ones(1, 8)


def checked(attempt):
    """Our function as `check` hands it back in place of an attempt."""

    def function(gain):
        return ours(gain)

    function.attempt = attempt
    return function


def make(function) -> torch.Tensor:
    return function(0.5) + 0.1 * torch.randn(1, 8)


def test_a_right_answer_makes_one_take():
    assert list(listening.with_yours("gain", ours, make)) == ["gain"]


def test_a_wrong_answer_is_heard_beside_ours_with_the_same_random_numbers():
    takes = listening.with_yours("gain", checked(lambda gain: 2 * ours(gain)), make)
    assert list(takes) == ["gain", "gain, yours"]
    assert torch.allclose(takes["gain, yours"] - takes["gain"], torch.full((1, 8), 0.5), atol=1e-6)


def test_what_a_wrong_answer_draws_does_not_change_the_rest_of_the_lesson():
    def next_number(function) -> float:
        torch.manual_seed(0)
        listening.with_yours("gain", function, make)
        return float(torch.rand(()))

    assert next_number(checked(lambda gain: ours(gain) + torch.rand(99).sum())) == next_number(ours)


def endless(gain):
    while True:
        pass


@pytest.mark.parametrize(
    "attempt",
    [
        lambda gain: (_ for _ in ()).throw(NotImplementedError("your turn")),
        lambda gain: ours(gain) * math.nan,
        lambda gain: ours(gain)[:, :4].repeat(2, 1),
        lambda gain: None,
        lambda gain: ours(gain) + 0j,
        lambda gain: ours(gain) > 0,
        lambda gain: 1e300 * ours(gain).double(),
        lambda gain: exit(),
        endless,
    ],
    ids=["raises", "NaN", "another shape", "None", "complex", "yes and no", "beyond float32", "exits", "never ends"],
)
def test_an_attempt_that_makes_no_such_sound_is_left_out(monkeypatch, attempt):
    monkeypatch.setattr(yours, "within_limits", lambda call: limits.within_limits(call, cpu_s=0.3))
    assert list(listening.with_yours("gain", checked(attempt), lambda function: function(0.5))) == ["gain"]


def test_a_mistake_in_our_own_part_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        listening.with_yours("gain", ours, lambda function: 1 / 0)
