"""embed(): a page inside a notebook, whole and untouched, with a name; without a browser."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from ddsp_course import autoencoder
from ddsp_course.classroom import listening
from ddsp_course.classroom.listening import embedded
from ddsp_course.data.errors import CourseError

PAGE = '<!doctype html><html lang="en"><title>"a" & \'b\'</title><script>if (1 < 2 && true) play("ü");</script></html>'


class Frames(HTMLParser):
    """The iframes among what is shown, with what a browser makes of their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.others: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append(dict(attributes)) if tag == "iframe" else self.others.append(tag)


@pytest.fixture
def shown(monkeypatch):
    """embed's frames, and the plain text beside them."""

    def show(*arguments, **settings) -> tuple[Frames, str]:
        outputs = []
        monkeypatch.setattr(embedded, "display", lambda data, raw: outputs.append(data))
        listening.embed(*arguments, **settings)
        (data,) = outputs
        return Frames(data["text/html"]), data["text/plain"]

    return show


def test_the_page_arrives_to_the_letter_and_nothing_of_it_leaks_into_the_notebook(shown, tmp_path):
    file = tmp_path / "page.html"
    file.write_text(PAGE, encoding="utf-8")
    frames, plain = shown(file, title='my "own" <instrument>', height=400)
    (frame,) = frames.found
    assert frame["srcdoc"] == PAGE and frames.others == []
    assert frame["title"] == 'my "own" <instrument>' and frame["height"] == "400"
    assert "microphone" in frame["allow"] and "midi" in frame["allow"]
    assert str(file) in plain


def test_an_exported_instrument_is_shown_as_it_was_written(shown, tmp_path):
    file = autoencoder.export_html(autoencoder.bundled(), tmp_path / "string.html", name="</iframe><script>no</script>")
    frames, _ = shown(file, title="string")
    assert frames.found[0]["srcdoc"] == file.read_text(encoding="utf-8") and frames.others == []


@pytest.mark.parametrize("name, says", [("page.txt", "ends in .html"), ("missing.html", "Cannot read the page")])
def test_what_is_no_page_is_refused_in_a_sentence(tmp_path, name, says):
    with pytest.raises(CourseError, match=says):
        listening.embed(tmp_path / name, title="none")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "page.html").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CourseError, match="Cannot read the page"):
        listening.embed(tmp_path / "page.html", title="none")
