"""The exported instrument without a browser: what the file holds, and what is refused."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from ddsp_course import autoencoder
from ddsp_course.autoencoder import Autoencoder, ModelConfig, export_html
from ddsp_course.autoencoder.instrument_page import described
from ddsp_course.data import CourseError

ATTACK = "</title><script>alert(1)</script>"


@pytest.fixture(scope="module")
def bundled() -> Autoencoder:
    return autoencoder.bundled()


@pytest.fixture(scope="module")
def page(bundled: Autoencoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_html(bundled, tmp_path_factory.mktemp("page") / "instrument.html", name=ATTACK)


class Elements(HTMLParser):
    """Tags with their attributes, and the text of each script."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.scripts: dict[str, str] = {}
        self.title = ""
        self.inside: str | None = None

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts[self.tags[-1][1].get("id", "page")] = data
        elif self.inside == "title":
            self.title += data


@pytest.fixture(scope="module")
def elements(page: Path) -> Elements:
    parsed = Elements()
    parsed.feed(page.read_text(encoding="utf-8"))
    return parsed


def test_the_page_of_the_tiny_instrument_is_small_enough_to_send(page):
    assert page.stat().st_size < 1.5e6


def test_a_title_is_text_whatever_stands_in_it(elements, page):
    assert elements.title == ATTACK
    assert set(elements.scripts) == {"model", "sound", "worklet", "page"}
    assert "<script>alert" not in page.read_text(encoding="utf-8")


def test_nothing_in_it_comes_from_elsewhere(elements, page):
    addresses = [
        value for _, attributes in elements.tags for key, value in attributes.items() if key in ("src", "href")
    ]
    assert addresses == ["data:,"]
    assert not re.search(r"https?://", page.read_text(encoding="utf-8"))


def test_the_weights_are_the_model_s_to_half_precision(elements, bundled):
    model = json.loads(elements.scripts["model"])
    numbers = np.frombuffer(base64.b64decode(model["weights"]), "<f2").astype(float)
    assert numbers.size == sum(size for _, size, _ in model["layout"]) and np.abs(numbers).max() <= 1
    begin, state, found = 0, bundled.state_dict(), {}
    for name, size, scale in model["layout"]:
        stored, begin = numbers[begin : begin + size] * scale, begin + size
        true = bundled.room() if name == "room" else state[name]
        true = true.detach().numpy().reshape(-1).astype(float)
        if name == "room":
            assert stored[0] == 0, "the direct sound is played as it is"
            stored, true = stored[1:], true[1:]
        before = found.get(name, 0)
        found[name] = before + stored
        assert stored == pytest.approx(true - before, rel=2**-11, abs=scale * 2**-24)
    for name, vector in state.items():
        if name.startswith("decoder.") and vector.ndim == 1:
            assert found[name] == pytest.approx(vector.numpy(), rel=1e-6, abs=1e-7)
    assert model["config"]["sample_rate"] == 16_000
    assert model["statistics"]["rest_loudness_db"] == bundled.statistics.rest_loudness_db


def test_a_model_without_a_room_has_none(bundled):
    dry = Autoencoder(ModelConfig(hidden_size=8, room_seconds=0.0), bundled.statistics)
    assert "room" not in [name for name, _, _ in described(dry)["layout"]]


def test_a_second_export_replaces_the_first_and_leaves_nothing_beside_it(bundled, tmp_path):
    path = tmp_path / "deep" / "instrument.HTML"
    assert export_html(bundled, path, name="first") == path
    export_html(bundled, str(path), name="second")
    assert "<title>second</title>" in path.read_text(encoding="utf-8")
    assert list(path.parent.iterdir()) == [path]


def test_what_no_page_can_play_is_refused_in_one_sentence(bundled, tmp_path):
    statistics = bundled.statistics
    refused = {
        "residual encoder": Autoencoder(ModelConfig(hidden_size=8, latent_size=4), statistics),
        "never trained": Autoencoder(ModelConfig(hidden_size=8)),
        "would stutter": Autoencoder(ModelConfig(architecture="full", hidden_size=512), statistics),
    }
    for reason, model in refused.items():
        with pytest.raises(CourseError, match=reason):
            export_html(model, tmp_path / "instrument.html")
    with pytest.raises(CourseError, match="ends in .html"):
        export_html(bundled, tmp_path / "instrument.wav")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_sentence(bundled, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(CourseError, match="Cannot write"):
        export_html(bundled, tmp_path / "file" / "instrument.html")
