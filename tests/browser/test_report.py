"""The demo's report in a real browser: it opens from disk without a network, it sounds, and all of it is seen."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ddsp_course.autoencoder.columns import BASELINES, MODEL, RECORDING, YARDSTICKS
from ddsp_course.autoencoder.phrases import Phrase
from ddsp_course.autoencoder.report import Take, write_report
from ddsp_course.autoencoder.scores import Evaluation

RATE = 16_000
SECONDS = 2.0
PITCHES = {"voice": 220, "bowed string": 440, "original": 330, "resynthesis": 331, "dry": 332, "harmonic": 333}
PARTS = {"voice": "transfer", "bowed string": "transfer", "original": "performance", "resynthesis": "performance"}
LOUDEST = "original"


def tone(hz: float, peak: float) -> torch.Tensor:
    return peak * torch.sin(2 * torch.pi * hz / RATE * torch.arange(round(SECONDS * RATE)))[None]


def evaluation() -> Evaluation:
    """Figures that only fill a table: each sound a little worse than the one before."""
    rng = np.random.default_rng(0)
    phrases = tuple(Phrase(take, f"take {take}", 0, 500, 2.0) for take in range(10))
    sounds = (MODEL, *YARDSTICKS, *BASELINES, RECORDING)
    columns = ("loss", "loss_unseen", "cepstral", "timbre", "loudness", "dereverberation", "f0_median_cents", "rpa")
    scores = {
        sound: {column: place + rng.uniform(1, 2, len(phrases)) for column in columns}
        for place, sound in enumerate(sounds)
    }
    return Evaluation(phrases, scores)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with everything in it that it can hold, in a folder with spaces and an accent."""
    takes = [
        Take(name, tone(hz, 0.8 if name == LOUDEST else 0.4), f"A tone of {hz} Hz.", PARTS.get(name, "stems"))
        for name, hz in PITCHES.items()
    ]
    frames = torch.linspace(0, 1, 500)
    curves = {"original": 440 + 20 * frames, "resynthesis": 441 + 20 * frames}
    decay = torch.exp(-torch.arange(RATE) / 2000) * torch.randn(RATE, generator=torch.Generator().manual_seed(0))
    return write_report(
        tmp_path_factory.mktemp("a démo with spaces") / "report.html",
        title="An instrument, learned",
        lede="A sentence that opens the page.",
        takes=takes,
        sample_rate=RATE,
        f0_hz=curves,
        loudness_db=dict.fromkeys(curves, -20 - 10 * frames),
        sounding=torch.ones(500, dtype=torch.bool),
        loss_log=[
            {"step": step, "loss": 12 - step / 100, "held_out_loss": 12.5 - step / 100} for step in range(10, 400, 10)
        ],
        yardsticks={"silence": 46.5, "median spectrum": 10.1, "re-take": 3.2},
        evaluation=evaluation(),
        rooms={"learned": decay, "true": 0.9 * decay},
        stages={"generate": 12.0, "listen": 60.0, "train": 240.0},
        config={"architecture": "tiny", "learning_rate": 3e-3},
    )


@pytest.fixture
def page(watched, report):
    """The report, opened from disk as a double click opens it; afterwards, nothing may have gone wrong on it."""
    watched.page.goto(report.as_uri())
    yield watched.page
    assert watched.complaints == []
    outside = [url for url in watched.requests if url != report.as_uri() and not url.startswith("data:")]
    assert outside == [], "a report is one file"


DECODED = """
async () => Promise.all([...document.querySelectorAll("audio")].map(async (audio) => {
  const bytes = await (await fetch(audio.src)).arrayBuffer();
  const sound = await new OfflineAudioContext(1, 1, 16000).decodeAudioData(bytes);
  const x = sound.getChannelData(0);
  let crossings = 0, sum = 0;
  for (let i = 1; i < x.length; i++) { crossings += x[i - 1] < 0 && x[i] >= 0; sum += x[i] * x[i]; }
  return { name: audio.getAttribute("aria-label").split(",")[0], seconds: sound.duration,
           rms: Math.sqrt(sum / x.length), hz: crossings / sound.duration };
}))
"""


def test_every_player_holds_its_own_sound_at_its_own_level(page):
    decoded = {each["name"]: each for each in page.evaluate(DECODED)}
    assert set(decoded) == set(PITCHES)
    for name, hz in PITCHES.items():
        assert decoded[name]["seconds"] == pytest.approx(SECONDS, abs=1e-3)
        assert decoded[name]["hz"] == pytest.approx(hz, abs=0.6)
        peak = 0.8 if name == LOUDEST else 0.4
        assert decoded[name]["rms"] == pytest.approx(peak / 2**0.5, rel=0.01), "levels stay comparable"


def test_a_player_plays_and_a_line_runs_along_its_spectrogram(page):
    audio = page.locator("audio").first
    audio.evaluate("audio => audio.play()")
    page.wait_for_function("document.querySelector('audio').currentTime > 0.3")
    take = page.locator(".take").first
    assert "on" in take.locator(".head").get_attribute("class").split()
    assert float(take.locator(".head").evaluate("head => parseFloat(head.style.left)")) > 0


def test_a_click_on_the_spectrogram_plays_from_there(page):
    take = page.locator(".take").nth(2)
    picture = take.locator(".timed")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    left, right = (float(picture.get_attribute(f"data-{side}")) for side in ("left", "right"))
    picture.click(position={"x": box["width"] * (left + 0.5 * (right - left)), "y": box["height"] / 2})
    now = take.locator("audio").evaluate("audio => [audio.currentTime, audio.paused]")
    assert now[0] == pytest.approx(SECONDS / 2, abs=0.4) and now[1] is False


def test_of_two_takes_that_belong_together_the_second_goes_on_where_the_first_was(page):
    original, resynthesis = (page.locator(f"audio[aria-label^='{name}']") for name in ("original", "resynthesis"))
    original.evaluate("audio => { audio.currentTime = 1.2; return audio.play(); }")
    resynthesis.evaluate("audio => audio.play()")
    page.wait_for_function("document.querySelector(\"audio[aria-label^='original']\").paused")
    assert resynthesis.evaluate("audio => audio.currentTime") >= 1.1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_picture_is_there_and_says_in_words_what_it_shows(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function("[...document.images].every(image => image.complete)")
    pictures = page.evaluate("[...document.images].map(image => [image.naturalWidth, image.alt, image.currentSrc])")
    assert len(pictures) == len(PITCHES) + 3  # spectrograms, curves, decay, loss
    for width, alt, source in pictures:
        assert width > 600 and source.startswith("data:image/")
        assert len(alt) > 30 and alt.rstrip().endswith(".")


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_hangs_over_the_edge_of_a_laptop_or_a_phone(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_holds_the_figures_it_was_given(page):
    text = page.inner_text("main")
    for expected in ("An instrument, learned", "240.0 s", "312.0 s", "architecture", "Players that must lose"):
        assert expected in text
    for baseline in BASELINES:
        assert baseline in text
    assert "NaN" not in text and "None" not in text and "{{" not in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_one_sees_something(page, scheme, tmp_path):
    page.emulate_media(color_scheme=scheme)
    shot = Image.open(io.BytesIO(page.screenshot(full_page=True, path=tmp_path / f"{scheme}.png"))).convert("L")
    grey = np.asarray(shot, dtype=float)
    assert grey.shape[0] > 3000 and len(np.unique(grey)) > 100
    corner = grey[:5, :5].mean()
    assert corner > 200 if scheme == "light" else corner < 60
