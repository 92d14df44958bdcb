"""explore(): ranges, calls, what fails and what is said then."""

from __future__ import annotations

import base64
import io
import math
import re

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from ddsp_course.classroom import limits, listening, plots
from ddsp_course.classroom.listening import Slider, explorer
from ddsp_course.data import CourseError

RATE = 16_000


@pytest.fixture(autouse=True)
def shown(monkeypatch) -> list[listening.Explorer]:
    """What explore has displayed."""
    seen: list[listening.Explorer] = []
    monkeypatch.setattr(explorer, "display", seen.append)
    return seen


def tone(f0_hz: float, gain: float = 0.5) -> torch.Tensor:
    return gain * torch.sin(2 * math.pi * f0_hz / RATE * torch.arange(RATE))


def sound(widget: listening.Explorer) -> np.ndarray:
    return np.frombuffer(widget.sound, "<f4")


def test_it_begins_with_the_sound_of_the_first_values(shown):
    listening.explore(tone, f0_hz=(110, 880, 220), gain=(0, 1))
    assert shown[0].values == {"f0_hz": 220, "gain": 0.5}
    assert sound(shown[0]) == pytest.approx(tone(220).numpy())
    assert repr(shown[0]) == "explore(f0_hz=220, gain=0.5)"


def test_a_move_is_one_call_with_the_new_values(shown):
    calls = []
    listening.explore(lambda **values: (calls.append(values), tone(**values))[1], f0_hz=(110, 880, 220), gain=(0, 1))
    widget = shown[0]
    widget.values = {"f0_hz": 330.0, "gain": 0.25}
    assert calls == [{"f0_hz": 220, "gain": 0.5}, {"f0_hz": 330, "gain": 0.25}]
    assert widget.rendered == 2 and sound(widget) == pytest.approx(tone(330, 0.25).numpy())


def test_values_stay_in_their_range_whoever_sets_them(shown):
    listening.explore(tone, f0_hz=(110, 880, 220))
    shown[0].values = {"f0_hz": 1e9, "unknown": 3}
    assert shown[0].values == {"f0_hz": 880}


@pytest.mark.parametrize(
    "slider, value",
    [
        (Slider(0, 1), 0.5),
        (Slider(100, 1600, log=True), 400),
        (Slider(1, 16, step=1), 9),
        (Slider(0, 10, 3, step=5), 3),
    ],
)
def test_a_slider_without_a_value_begins_in_its_middle_on_a_step(slider, value):
    assert slider.checked("x").value == pytest.approx(value)


def test_a_call_that_fails_is_a_sentence_and_the_sound_stays(shown):
    def fails_above(f0_hz: float) -> torch.Tensor:
        if f0_hz > 500:
            raise ValueError("too high for me")
        return tone(f0_hz)

    listening.explore(fails_above, f0_hz=(110, 880, 220))
    widget = shown[0]
    widget.values = {"f0_hz": 600.0}
    assert widget.problem == "The function fails at f0_hz=600: ValueError: too high for me"
    assert widget.rendered == 2 and sound(widget) == pytest.approx(tone(220).numpy())
    widget.values = {"f0_hz": 440.0}
    assert widget.problem == "" and sound(widget) == pytest.approx(tone(440).numpy())


def test_a_call_without_end_is_stopped(shown, monkeypatch):
    monkeypatch.setattr(explorer, "within_limits", lambda call: limits.within_limits(call, cpu_s=0.3))

    def endless_above(f0_hz: float) -> torch.Tensor:
        while f0_hz > 500:
            pass
        return tone(f0_hz)

    listening.explore(endless_above, f0_hz=(110, 880, 220))
    shown[0].values = {"f0_hz": 600.0}
    assert "was stopped" in shown[0].problem


@pytest.mark.parametrize(
    "made, said",
    [
        (lambda x: torch.full((100,), math.nan), "sample 0 is NaN"),
        (lambda x: torch.zeros(3, 100), "has the shape [3, 100]"),
        (lambda x: "sound", "is not made of numbers"),
        (lambda x: torch.zeros(21 * RATE), "returns 21 s: at most 20 s"),
        (lambda y: torch.zeros(100), "fails at x=0.5: TypeError"),
    ],
)
def test_a_function_that_fails_at_once_is_refused(shown, made, said):
    with pytest.raises(CourseError, match=re.escape(said)):
        listening.explore(made, x=(0, 1))
    assert not shown


@pytest.mark.parametrize(
    "sliders, said",
    [
        ({"x": (1, 0)}, "from 1.0 to 0.0: give a lower and a higher end"),
        ({"x": (0, math.inf)}, "to inf"),
        ({"x": 3}, 'The slider "x" is 3: give (low, high)'),
        ({"x": (1, 2, 3)}, "begins at 3, which is not between 1 and 2"),
        ({"x": Slider(0, 1, log=True)}, "must begin above 0"),
        ({"x": Slider(0, 1, step=2)}, "has steps of 2"),
        ({}, "has one to 8 sliders, not 0"),
        ({f"x{i}": (0, 1) for i in range(9)}, "not 9"),
    ],
)
def test_a_range_that_is_none_is_refused(shown, sliders, said):
    with pytest.raises(CourseError, match=re.escape(said)):
        listening.explore(lambda **_: torch.zeros(100), **sliders)
    assert not shown


def test_what_the_function_draws_is_shown_with_the_sound_and_not_above_it(shown, monkeypatch):
    def drawn(x: float) -> torch.Tensor:
        plots.waveform(torch.full((100,), x), sample_rate=RATE, alt=f"A line at {x:g}.")
        return torch.full((100,), x)

    elsewhere = []
    monkeypatch.setattr("IPython.display.display", elsewhere.append)
    listening.explore(drawn, x=(0, 1))
    shown[0].values = {"x": 0.25}
    assert shown[0].alts == ["A line at 0.25."] and shown[0].pictures[0].startswith(b"\x89PNG")
    assert not elsewhere


def test_a_loud_sound_is_made_softer_and_says_how_much(shown):
    listening.explore(lambda gain: tone(440, gain), gain=(0, 4))
    assert shown[0].gain == pytest.approx(0.5, rel=1e-3)


def test_a_page_without_widgets_has_the_first_sound(shown):
    listening.explore(tone, f0_hz=Slider(110, 880, 220, unit="Hz"))
    data, _ = shown[0]._repr_mimebundle_()
    (player,) = re.findall(r'src="data:audio/mpeg;base64,([^"]+)"', data["text/html"])
    heard, rate = soundfile.read(io.BytesIO(base64.b64decode(player)))
    spectrum = np.abs(np.fft.rfft(heard[:RATE] * np.hanning(RATE)))
    assert rate == RATE and spectrum.argmax() == pytest.approx(220, abs=1)
    assert "f0_hz 220 Hz" in data["text/html"] and data["text/plain"] == "explore(f0_hz=220)"


def marked(across: float, up: float) -> torch.Tensor:
    """A chart with a single red point at what the sliders say."""
    with plots.figure(alt="A red point.", height_inches=4) as chart:
        chart.plot(across, up, "s", color="red", markersize=8)
        chart.set(xlim=(-2, 3), ylim=(10, 20), xlabel="across", ylabel="up")
    return tone(440)


@pytest.mark.parametrize("across, up", [(0.0, 12.0), (2.5, 19.0)])
def test_a_picture_says_where_its_axes_lie(shown, across, up):
    """The red pixels of the PNG, read through its place, are where the function has put its point."""
    listening.explore(marked, on_picture=("across", "up"), across=(-2, 3, across), up=(10, 20, up))
    [png], [place] = shown[0].pictures, shown[0].places
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    rows, columns = np.nonzero((pixels[..., 0] > 200) & (pixels[..., 1:].max(-1) < 60))
    left, right, top, bottom, x_left, x_right, y_top, y_bottom = place
    x = ((columns.mean() + 0.5) / pixels.shape[1] - left) / (right - left)
    y = ((rows.mean() + 0.5) / pixels.shape[0] - top) / (bottom - top)
    assert x_left + x * (x_right - x_left) == pytest.approx(across, abs=0.02)
    assert y_top + y * (y_bottom - y_top) == pytest.approx(up, abs=0.06)


def without_picture(across: float, up: float) -> torch.Tensor:
    return tone(440)


def logarithmic(across: float, up: float) -> torch.Tensor:
    with plots.figure(alt="Nothing, on uneven axes.") as chart:
        chart.set(xscale="log", xlabel="across", ylabel="up")
    return tone(440)


def two_charts(across: float, up: float) -> torch.Tensor:
    with plots.figure(alt="Nothing, twice.", columns=2):
        pass
    return tone(440)


@pytest.mark.parametrize("function", [without_picture, logarithmic, two_charts])
def test_a_picture_that_cannot_be_pressed_is_refused(shown, function):
    with pytest.raises(CourseError, match="on_picture needs a picture to press"):
        listening.explore(function, on_picture=("across", "up"), across=(0, 1), up=(0, 1))
    assert not shown


@pytest.mark.parametrize("names", [("across", "down"), ("across", "across"), ("across",)])
def test_a_press_moves_two_sliders_that_are_there(shown, names):
    with pytest.raises(CourseError, match="the names of two sliders, of across, up"):
        listening.explore(marked, on_picture=names, across=(0, 1), up=(10, 20))
    assert not shown
