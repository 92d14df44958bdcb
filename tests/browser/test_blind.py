"""abx() and rate() in a real JupyterLab: by hand, by key, and what the ear gets."""

from __future__ import annotations

import json

import pytest
from lab import learner
from playwright.sync_api import expect
from widgets import heard

SETUP = """
import math, torch
from ddsp_course.classroom import listening

def tone(hz, peak=.4):
    return peak * torch.sin(2 * math.pi * hz / 16_000 * torch.arange(32_000))
"""
ABX = "listening.abx({'low': tone(440), 'high': tone(880)}, trials=3, seed=5, name='octave')"
RATING = "listening.rate({'original': tone(440), 'flat': tone(430)}, reference='original', seed=5, name='flat')"


@pytest.fixture
def notebook(chromium, lab):
    with learner(chromium, lab) as page:
        page.open(lab.write("blind.ipynb", SETUP, ABX, RATING))
        page.run_all()
        page.page.wait_for_function(
            "() => [...document.querySelectorAll('.ddsp-blind')].filter(root => root.ddsp.state().loaded).length === 2"
        )
        yield page


@pytest.fixture
def abx(notebook):
    return notebook.page.get_by_role("group", name="Blind test, A, B or X")


@pytest.fixture
def rating(notebook):
    return notebook.page.get_by_role("group", name="Blind rating")


def test_a_whole_test_by_ear(notebook, abx, lab):
    """An octave is heard: all three are right, which guessing gets in one test of eight."""
    for trial in range(1, 4):
        expect(abx).to_contain_text(f"Trial {trial} of 3")
        expect(abx.get_by_role("button", name="X is A")).to_be_disabled()
        abx.get_by_role("button", name="Play").click()
        assert heard(abx, 400)[0] == pytest.approx(440, abs=8)
        abx.get_by_role("radio", name="high").click()
        assert heard(abx, 400)[0] == pytest.approx(880, abs=8)
        abx.get_by_role("radio", name="one of the two").click()
        low = heard(abx, 400)[0] < 600
        abx.get_by_role("button", name="X is A" if low else "X is B").click()
    expect(abx.get_by_role("note")).to_contain_text("3 of 3 right. Whoever only guesses gets as many or more in 12.5 %")
    (file,) = (lab.root / "listening_tests").glob("octave-*.json")
    kept = json.loads(file.read_text())
    assert kept["right"] == 3 and kept["answers"] == kept["x"]
    expect(abx.get_by_role("button", name="X is A")).to_be_disabled()
    file.unlink()


def test_a_test_by_key(notebook, abx):
    keyboard = notebook.page.keyboard
    abx.get_by_role("button", name="Play").focus()
    keyboard.press("Space")
    keyboard.press("x")
    expect(abx.get_by_role("radio", name="one of the two")).to_be_checked()
    keyboard.press("b")
    assert heard(abx, 400)[0] == pytest.approx(880, abs=8)
    answer = abx.get_by_role("button", name="X is B")
    expect(answer).to_be_enabled()
    answer.focus()
    keyboard.press("Space")
    expect(abx.get_by_role("status")).to_contain_text("Trial 2 of 3")
    assert not abx.evaluate("root => root.ddsp.state().playing")


def test_a_rating_by_ear(notebook, rating, lab):
    done = rating.get_by_role("button", name="I have rated all")
    rating.get_by_role("button", name="Play").click()
    assert heard(rating, 400)[0] == pytest.approx(440, abs=8), "the open reference comes first"
    for letter in "ABC":
        slider = rating.get_by_role("slider", name=f"Rating of sound {letter}")
        expect(slider).to_be_disabled()
        expect(done).to_be_disabled()
        rating.get_by_role("radio", name=f"Sound {letter}").click()
        expect(slider).to_be_enabled()
        slider.focus()
        notebook.page.keyboard.press("End" if letter != "B" else "Home")
    expect(slider).to_have_attribute("aria-valuetext", "100, excellent")
    done.click()
    expect(rating.get_by_role("note")).to_contain_text("100")
    (file,) = (lab.root / "listening_tests").glob("flat-*.json")
    assert sorted(json.loads(file.read_text())["scores"].values()) == [0, 100, 100]
    file.unlink()


def test_roles_and_names(abx, rating):
    expect(abx).to_match_aria_snapshot("""
        - group "Blind test, A, B or X":
          - paragraph: "Trial 1 of 3: is X low or high?"
          - button "Play"
          - radiogroup "Sound":
            - radio "low" [checked]
            - radio "high"
            - radio "one of the two"
          - button "X is A" [disabled]
          - button "X is B" [disabled]
          - status: Listen to X before you answer.
        """)
    expect(rating).to_match_aria_snapshot("""
        - group "Blind rating":
          - button "Play"
          - radio "Reference" [checked]
          - group "Ratings":
            - radio "Sound A"
            - slider "Rating of sound A" [disabled]
        """)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_they_are_seen_in_light_and_dark_and_in_a_narrow_window(notebook, abx, rating, theme, tmp_path):
    notebook.theme(theme)
    for width in (700, 1280):
        notebook.page.set_viewport_size({"width": width, "height": 1000})
        notebook.page.wait_for_timeout(200)
        for name, widget in (("abx", abx), ("rating", rating)):
            assert widget.evaluate("root => root.scrollWidth <= root.clientWidth")
            widget.screenshot(path=tmp_path / f"{name}{width}.png")
