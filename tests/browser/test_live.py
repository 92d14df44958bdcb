"""live_training() in a real JupyterLab: a kernel that is busy, and a page that draws, plays and tells all the while."""

from __future__ import annotations

import numpy as np
import pytest
from lab import learner
from playwright.sync_api import expect
from widgets import heard

SETUP = """
import math, time, torch
from types import SimpleNamespace
from ddsp_course.autoencoder import TrainingProgress
from ddsp_course.classroom import listening
from ddsp_course.data import Features

class Player(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hz = torch.nn.Parameter(torch.tensor(440.0))
    def forward(self, features, *, generator):
        return SimpleNamespace(wet=0.4 * torch.sin(2 * math.pi * self.hz / 16_000 * torch.arange(32_000))[None])

def train(callback, first=10, last=800, pause_s=0.0):
    model = Player()
    for step in range(first, last + 1, 10):
        model.hz.data.fill_(440.0 if step < 400 else 880.0)
        time.sleep(pause_s)
        held = 9 * math.exp(-step / 100) + 5.2 if step >= 50 else None
        callback(TrainingProgress(step, 800, 9 * math.exp(-step / 90) + 5, held, 0.9, step / 10, model))

frames = torch.ones(1, 500)
features = Features(440 * frames, frames, -20 * frames)
target = 0.2 * torch.sin(2 * math.pi * 220 / 16_000 * torch.arange(32_000))
"""
SHOW = (
    "watch = listening.live_training(target, features,"
    " yardsticks={'constant median spectrum': 11.7, 'dry for wet': 4.3, 'the same played again': 3.0})"
)


@pytest.fixture
def notebook(chromium, lab):
    """A display that waits for a training to begin."""
    with learner(chromium, lab) as page:
        page.open(lab.write("live.ipynb", SETUP, SHOW))
        page.run_all()
        page.page.wait_for_selector(".ddsp-live")
        yield page


@pytest.fixture
def display(notebook):
    return notebook.page.locator(".ddsp-live")


def shown(display, words: str) -> None:
    """Wait until the line of figures has these words."""
    expect(display.get_by_role("timer")).to_contain_text(words, timeout=20_000)


def pixels(display, colour: str) -> int:
    """How much of the picture is drawn in one of the theme's colours."""
    return display.evaluate(
        """(root, name) => {
            const canvas = root.querySelector("canvas");
            const probe = document.createElement("canvas").getContext("2d");
            probe.fillStyle = getComputedStyle(root).getPropertyValue(`--ddsp-${name}`);
            probe.fillRect(0, 0, 1, 1);
            const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let count = 0;
            for (let i = 0; i < data.length; i += 4) {
                const away = Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b);
                count += data[i + 3] > 200 && away < 12;
            }
            return count;
        }""",
        colour,
    )


def test_a_run_from_its_beginning_to_its_end(notebook, display):
    shown(display, "The training has not begun yet.")
    before = pixels(display, "wave")
    notebook.execute("train(watch, last=300, pause_s=.02)")
    shown(display, "Step 2")
    notebook.execute("train(watch, first=310)")
    shown(display, "Step 800 of 800 · loss 5.00 · held out 5.20 · done in 1:20 min")
    assert pixels(display, "wave") > before + 300, "the curve"
    assert display.get_by_role("progressbar").evaluate("bar => bar.value") == 1
    alt = display.get_by_role("img").get_attribute("aria-label")
    assert "5.00 after step 800" in alt and "the same played again 3.00" in alt


def test_while_the_kernel_trains_the_page_plays_and_answers(notebook, display):
    """The training runs in a cell, so the kernel answers nothing until it ends; the sound changes with the model."""
    notebook.execute("train(watch, last=50)")
    shown(display, "Step ")
    display.get_by_role("radio", name="target").click()
    display.get_by_role("button", name="Play").click()
    assert heard(display)[0] == pytest.approx(220, abs=8)
    display.get_by_role("radio", name="model, step").click()
    assert heard(display)[0] == pytest.approx(440, abs=8)
    notebook.execute("train(watch, first=60, last=600)")
    expect(display.get_by_role("status")).to_contain_text("after step 510", timeout=20_000)
    assert heard(display)[0] == pytest.approx(880, abs=8), "the newer model, without another click"
    assert display.evaluate("root => root.ddsp.state().playing")
    display.get_by_role("button", name="Pause").click()
    assert not display.evaluate("root => root.ddsp.state().playing")


def test_everything_by_key_and_by_name(notebook, display):
    notebook.execute("train(watch, last=300)")
    shown(display, "Step")
    expect(display).to_match_aria_snapshot("""
        - group "Training, live":
          - timer: /Step \\d+ of 800/
          - progressbar "Training"
          - img /Spectral loss over the steps of training/
          - button "Play"
          - radiogroup "Take":
            - radio "target"
            - radio "model, step 210" [checked]
          - status
        """)
    display.get_by_role("button", name="Play").focus()
    keyboard = notebook.page.keyboard
    keyboard.press("Space")
    assert display.evaluate("root => root.ddsp.state().playing")
    keyboard.press("Tab")
    keyboard.press("ArrowLeft")
    expect(display.get_by_role("radio", name="target")).to_be_checked()
    expect(display.get_by_role("radio", name="target")).to_be_focused()
    keyboard.press("d")
    keyboard.press("d")
    assert display.count() == 1, "in JupyterLab d d deletes a cell"
    keyboard.press("Space")
    assert not display.evaluate("root => root.ddsp.state().playing")


def test_labels_lie_apart_in_their_order_and_above_the_axis(display):
    heights = display.evaluate("root => root.ddsp.apart([100, 98, 195, 199, 20], 13, 200)")
    assert np.argsort(heights).tolist() == [4, 1, 0, 2, 3]
    assert (np.diff(np.sort(heights)) >= 13).all() and max(heights) <= 200 and heights[4] == 20


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_it_is_seen_in_light_and_dark_and_in_a_narrow_window(notebook, display, theme, tmp_path):
    notebook.theme(theme)
    notebook.execute("train(watch, last=300)")
    notebook.execute("time.sleep(.6); train(watch, first=310, last=520)")
    shown(display, "Step")
    for width in (700, 1280):
        notebook.page.set_viewport_size({"width": width, "height": 900})
        notebook.page.wait_for_timeout(200)
        assert display.evaluate("root => root.scrollWidth <= root.clientWidth")
        assert pixels(display, "wave") > 200 and pixels(display, "head") > 50
        display.screenshot(path=tmp_path / f"{width}.png")
