"""explore() in a real JupyterLab: sliders that call a function in the kernel, and a sound that goes on meanwhile."""

from __future__ import annotations

import pytest
from lab import learner
from playwright.sync_api import expect
from widgets import heard, until

SETUP = """
import math, time, torch
from ddsp_course.classroom import listening, plots
from ddsp_course.classroom.listening import Slider

calls = []
slow = 0.0

def tone(f0_hz, gain):
    calls.append(f0_hz)
    time.sleep(slow)
    if gain > 0.9:
        raise ValueError("too loud for me")
    sound = gain * torch.sin(2 * math.pi * f0_hz / 16_000 * torch.arange(32_000))
    plots.waveform(sound[:200], sample_rate=16_000, alt=f"A sine of {f0_hz:.0f} Hz.")
    return sound
"""
SHOW = "listening.explore(tone, f0_hz=Slider(110, 1760, 220, log=True, unit='Hz'), gain=Slider(0, 1, .5, step=.05))"


@pytest.fixture
def notebook(chromium, lab):
    with learner(chromium, lab) as page:
        page.open(lab.write("explore.ipynb", SETUP, SHOW))
        page.run_all()
        page.page.wait_for_selector(".ddsp-explore")
        yield page


@pytest.fixture
def explorer(notebook):
    return notebook.page.locator(".ddsp-explore")


def drag(explorer, name: str, *positions: float) -> None:
    """Move a slider through positions as a hand does: an event each, faster than any answer."""
    explorer.get_by_role("slider", name=name).evaluate(
        """(input, positions) => {
            for (const position of positions) {
                input.value = position;
                input.dispatchEvent(new Event("input", { bubbles: true }));
            }
        }""",
        list(positions),
    )


def test_a_key_on_a_slider_changes_the_sound_that_plays(notebook, explorer):
    """Home, the arrows and End are the browser's own; the sound goes on from where it was."""
    explorer.get_by_role("button", name="Play").click()
    assert heard(explorer)[0] == pytest.approx(220, abs=8)
    pitch = explorer.get_by_role("slider", name="f0_hz")
    assert pitch.get_attribute("aria-valuetext") == "220.0 Hz"
    place = until(explorer, "now.place > 0.4")["place"]
    pitch.focus()
    notebook.page.keyboard.press("End")
    after = until(explorer, "now.rendered === 2")
    assert after["playing"] and (after["place"] > place or after["loop"])
    assert heard(explorer)[0] == pytest.approx(1760, abs=8)
    assert pitch.get_attribute("aria-valuetext") == "1760 Hz"
    expect(explorer.get_by_role("img", name="A sine of 1760 Hz.")).to_be_visible()
    notebook.page.keyboard.press("Space")
    assert not until(explorer, "true")["playing"]


def test_of_many_moves_the_last_one_is_heard_and_few_are_called(notebook, explorer):
    """A hundred positions in a moment, and more while a slow call is under way: one call at a time, none too many."""
    notebook.execute("slow = 0.3; calls.clear()")
    drag(explorer, "f0_hz", *range(0, 1000, 10))
    until(explorer, "now.underWay")
    drag(explorer, "f0_hz", *range(1000, 500, -10))
    drag(explorer, "f0_hz", 250)
    until(explorer, "!now.underWay && now.rendered >= 3")
    made = notebook.execute("print([round(each) for each in calls])")
    assert made.endswith(", 220]") and made.count(",") <= 3, made
    explorer.get_by_role("button", name="Play").click()
    assert heard(explorer)[0] == pytest.approx(220, abs=8)


def test_a_call_that_fails_says_so_and_the_next_one_is_heard(explorer):
    drag(explorer, "gain", 1)
    expect(explorer.get_by_role("alert")).to_have_text(
        "The function fails at f0_hz=220, gain=1: ValueError: too loud for me"
    )
    drag(explorer, "gain", 0.25)
    expect(explorer.get_by_role("alert")).to_be_hidden()
    sound = explorer.evaluate("root => Math.max(...root.ddsp.sound())")
    assert sound == pytest.approx(0.25, abs=1e-3)


def test_a_line_of_python_moves_the_sliders(notebook, explorer):
    notebook.execute(
        "import gc; widget = [each for each in gc.get_objects() if isinstance(each, listening.Explorer)][-1]; "
        "widget.values = {'f0_hz': 440.0, 'gain': 0.1}"
    )
    pitch = explorer.get_by_role("slider", name="f0_hz")
    expect(pitch).to_have_attribute("aria-valuetext", "440.0 Hz")
    assert float(pitch.input_value()) == pytest.approx(500, abs=1)


def test_a_unit_is_told_once(explorer):
    expect(explorer.locator("label")).to_have_text(["f0", "gain"])


def test_roles_and_names(explorer):
    expect(explorer).to_match_aria_snapshot("""
        - group "Explore by ear":
          - slider "f0_hz"
          - slider "gain"
          - button "Play"
          - switch "Loop" [checked]
          - status
          - img /Waveform and spectrogram of the sound, 2.00 s/
          - img "A sine of 220 Hz."
        """)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_it_is_seen_in_light_and_dark_and_in_a_narrow_window(notebook, explorer, theme, tmp_path):
    notebook.theme(theme)
    for width in (700, 1280):
        notebook.page.set_viewport_size({"width": width, "height": 1200})
        notebook.page.wait_for_timeout(200)
        assert explorer.evaluate("root => root.scrollWidth <= root.clientWidth")
        drawn = explorer.get_by_role("img").first.evaluate(
            "c => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size"
        )
        assert drawn > 30, "waveform, spectrogram and axes"
        explorer.screenshot(path=tmp_path / f"{width}.png")


MAP = """
def place(across, up):
    with plots.figure(alt=f"A map, with a point at {across:.1f} and {up:.1f}.", height_inches=4) as chart:
        chart.plot(across, up, "o")
        chart.set(xlim=(-1, 6), ylim=(0, 300), xlabel="across", ylabel="up")
    return 0.3 * torch.sin(2 * math.pi * (400 + up) / 16_000 * torch.arange(32_000))
"""
SHOW_MAP = "listening.explore(place, on_picture=('across', 'up'), across=(0, 5), up=(0, 200))"


def test_a_press_on_the_picture_moves_two_sliders_and_plays(chromium, lab, tmp_path):
    """A press is heard at once, a drag goes along, and beyond the sliders' ends they stay at them."""
    with learner(chromium, lab) as page:
        page.open(lab.write("map.ipynb", SETUP + MAP, SHOW_MAP))
        page.run_all()
        explorer = page.page.locator(".ddsp-explore")
        explorer.wait_for()

        def where(across, up):
            """On the screen: through the axes' place in the picture, as the eye finds it."""
            explorer.locator(".ddsp-map img").scroll_into_view_if_needed()
            return explorer.evaluate(
                """(root, [x, y]) => {
                    const [left, right, top, bottom, xLeft, xRight, yTop, yBottom] = root.ddsp.places()[0];
                    const box = root.querySelector(".ddsp-map img").getBoundingClientRect();
                    return [box.left + box.width * (left + (right - left) * (x - xLeft) / (xRight - xLeft)),
                            box.top + box.height * (top + (bottom - top) * (y - yTop) / (yBottom - yTop))];
                }""",
                [across, up],
            )

        page.page.mouse.click(*where(4, 50))
        now = until(explorer, "now.rendered === 2 && now.playing")
        assert now["values"] == pytest.approx({"across": 4, "up": 50}, abs=2)
        assert heard(explorer)[0] == pytest.approx(450, abs=8)
        expect(explorer.get_by_role("slider", name="up")).to_have_attribute("aria-valuetext", "50")
        explorer.get_by_role("button", name="Pause").click()
        page.page.mouse.click(*where(4, 50))
        until(explorer, "now.playing && !now.underWay")
        begin, along, beyond = where(1, 100), where(2, 150), where(5.9, 290)  # asked for first: to ask may scroll
        page.page.mouse.move(*begin)
        page.page.mouse.down()
        page.page.mouse.move(*along, steps=5)
        page.page.mouse.move(*beyond, steps=5)
        page.page.mouse.up()
        until(explorer, "now.values.up === 200 && now.values.across === 5 && !now.underWay")
        assert heard(explorer)[0] == pytest.approx(600, abs=8)
        expect(explorer.get_by_role("img", name="A map, with a point at 5.0 and 200.0.")).to_be_visible()
        page.page.mouse.move(*where(1, 20))
        assert explorer.evaluate("root => root.ddsp.values().up") == 200, "nothing is pressed"
        explorer.screenshot(path=tmp_path / "map.png")
