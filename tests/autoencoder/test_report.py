"""The report is one file that needs nothing else, says what was measured, and can be used without eyes or ears."""

from __future__ import annotations

import base64
import io
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from toy_player import ToyPlayer, room_of, toy_take

from ddsp_course.autoencoder import report_figures as figures
from ddsp_course.autoencoder.evaluation import evaluate
from ddsp_course.autoencoder.report import Take, wav_data_uri, write_report
from ddsp_course.data import CourseError

RATE = 16_000
LOG = [
    {"step": step, "loss": 3 + 900 / step, "held_out_loss": None if step < 100 else 4 + 300 / (step // 100 * 100)}
    for step in range(10, 410, 10)
]
YARDSTICKS = {"silence": 46.5, "median spectrum": 10.1, "dry for wet": 4.64, "re-take": 3.17}


class Page(HTMLParser):
    """All tags with their attributes, and all text that a reader sees."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.hidden = "", 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.hidden += tag in ("script", "style")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("script", "style")

    def handle_data(self, data):
        self.text += "" if self.hidden else data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> tuple[Path, Page]:
    take, features = toy_take(5.0, seed=1)
    again = toy_take(5.0, seed=1, noise_seed=2)[0]
    found = evaluate(
        ToyPlayer.taught(), [take], features=[features], retakes=[again], track_pitch=False, progress=False
    )
    path = write_report(
        tmp_path_factory.mktemp("a folder") / "deeper" / "report.html",
        title="Bowed <string> & room",
        lede="What it learned.",
        takes=[
            Take("Voice", take.dry, "A voice."),
            Take("Original", take.audio, "Kept out of training."),
            Take("Dry", take.dry, "Without the room.", "stems"),
            Take("Nothing", torch.zeros(8000), "A silent stem.", "stems"),
        ],
        sample_rate=RATE,
        f0_hz={"original": features.f0_hz, "resynthesis": features.f0_hz * 2 ** (10 / 1200)},
        loudness_db={"original": take.loudness_db, "resynthesis": take.loudness_db - 1.5},
        sounding=take.gate,
        loss_log=LOG,
        yardsticks=YARDSTICKS,
        evaluation=found,
        rooms={"learned": room_of(0.01, seed=1), "true": room_of(0.02)},
        stages={"training": 240.0, "listening": 60.0},
        config={"preset": "tiny", "learning_rate": 0.003},
    )
    return path, Page(path.read_text(encoding="utf-8"))


def test_it_reaches_for_nothing_outside_the_file(written):
    text = written[0].read_text(encoding="utf-8")
    without_data = re.sub(r"data:[a-z/]+;base64,[A-Za-z0-9+/=]+", "data:", text)
    assert not re.search(r"https?://|//cdn|@import|url\(|fetch\(|XMLHttpRequest|WebSocket", without_data)
    page = written[1]
    for tag, attribute in (("img", "src"), ("source", "srcset"), ("audio", "src")):
        assert page.all(tag)
        assert all((attributes[attribute] or "").startswith("data:") for attributes in page.all(tag))
    assert not [each for each in page.all("script") if "src" in each]
    assert all((each["href"] or "").startswith(("#", "data:")) for each in page.all("a") + page.all("link"))
    assert [path.name for path in written[0].parent.iterdir()] == ["report.html"]


def test_every_image_has_its_text_and_its_dark_twin_and_every_player_a_name(written):
    images, dark = written[1].all("img"), written[1].all("source")
    assert len(images) == len(dark) == 4 + 3
    assert all(len(image["alt"] or "") > 40 for image in images)
    assert all("prefers-color-scheme: dark" in (each["media"] or "") for each in dark)
    assert all(image["src"] != each["srcset"] for image, each in zip(images, dark, strict=True))
    assert [each["aria-label"] for each in written[1].all("audio")] == [
        "Voice, 5.0 seconds",
        "Original, 5.0 seconds",
        "Dry, 5.0 seconds",
        "Nothing, 0.5 seconds",
    ]


def test_links_on_the_page_lead_somewhere(written):
    there = {attributes.get("id") for _, attributes in written[1].tags}
    assert {(each["href"] or "")[1:] for each in written[1].all("a")} <= there


def test_it_says_what_was_measured(written):
    text = written[1].text
    assert "Bowed <string> & room" in text
    assert "<string>" not in written[0].read_text(encoding="utf-8")
    for words in (
        "re-take",
        "median spectrum",
        "constant timbre",
        "untrained",
        "silence",
        "Reached.",
        "240.0 s",
        "0.003",
    ):
        assert words in text
    assert "300.0 s" in text  # all stages together
    alts = " ".join(image["alt"] or "" for image in written[1].all("img"))
    assert "differ by 10 cents and 1.5 dB" in alts
    assert "silence 46.50" in alts
    assert "It is silent." in alts
    assert not re.search(r"\bnan\b|\bNone\b|\binf\b", text)


def test_the_sound_in_the_page_is_the_sound_that_was_given(written):
    uri = written[1].all("audio")[1]["src"] or ""
    found, rate = soundfile.read(io.BytesIO(base64.b64decode(uri.partition(",")[2])), dtype="float32")
    assert rate == RATE
    np.testing.assert_allclose(found, toy_take(5.0, seed=1)[0].audio[0].numpy(), atol=1 / 32768)


def test_too_loud_takes_are_turned_down_together_and_none_is_clipped(tmp_path):
    loud, quiet = 2.0 * torch.sin(torch.arange(16_000) * 0.1), 0.5 * torch.sin(torch.arange(16_000) * 0.1)
    takes = [Take("loud", loud, ""), Take("quiet", quiet, "", "stems")]
    page = Page(write_report(tmp_path / "r.html", title="t", takes=takes, sample_rate=RATE).read_text())
    peaks = []
    for each in page.all("audio"):
        sound, _ = soundfile.read(io.BytesIO(base64.b64decode((each["src"] or "").partition(",")[2])))
        peaks.append(np.abs(sound).max())
    assert peaks == pytest.approx([0.99, 0.2475], abs=1e-3)


def test_what_is_not_given_is_left_out(tmp_path):
    page = Page(write_report(tmp_path / "r.html", title="Empty", takes=[], sample_rate=RATE).read_text())
    assert page.all("img") == page.all("audio") == page.all("table") == []
    assert "Empty" in page.text
    with pytest.raises(ValueError, match="no sound"):
        write_report(tmp_path / "r.html", title="", takes=[Take("x", torch.zeros(0), "")], sample_rate=RATE)


def test_a_folder_that_cannot_be_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError, match="Cannot write"):
        write_report(tmp_path / "file" / "report.html", title="", takes=[], sample_rate=RATE)


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_a_440_hz_sine_lies_at_440_hz_in_the_spectrogram(rate):
    sine = torch.sin(2 * math.pi * 440 * torch.arange(rate) / rate)
    power, frequencies = figures.log_spectrogram(sine, rate)
    middle = power[:, power.shape[1] // 2]
    assert frequencies[middle.argmax()] == pytest.approx(440, rel=0.02)
    assert frequencies[0] == pytest.approx(60)
    assert frequencies[-1] == pytest.approx(rate / 2)


def test_labels_of_yardsticks_do_not_overlap():
    placed = figures._spread_labels({"a": 3.0, "b": 3.01, "c": 3.02, "d": 40.0}, 2.5, 50.0)
    heights = [label for _, label, _, _ in placed]
    assert all(later - earlier >= 0.06 for earlier, later in zip(heights, heights[1:], strict=False))
    assert [name for _, _, name, _ in placed] == ["a", "b", "c", "d"]


def test_a_wav_of_16_bits_opens_in_every_browser():
    uri = wav_data_uri(torch.tensor([0.0, 0.5, 3.0]), RATE)
    assert uri.startswith("data:audio/wav;base64,")
    with soundfile.SoundFile(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) as file:
        assert (file.subtype, file.channels, file.frames) == ("PCM_16", 1, 3)
        assert file.read().max() < 1.0
