"""Pictures of lessons say the truth, have axes with units, and speak to those who cannot see them."""

from __future__ import annotations

import inspect
import io
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from ddsp_course.classroom import pictures, plots

RATE = 16_000
SECONDS = torch.arange(RATE) / RATE
TONE = torch.sin(2 * torch.pi * 440 * SECONDS)
DRAW = {
    "waveform": lambda **more: plots.waveform({"a": TONE, "b": 0.5 * TONE[None]}, sample_rate=RATE, **more),
    "waveforms below each other": lambda **more: plots.waveform(
        {"a": TONE[:400], "b": TONE[:300]}, sample_rate=RATE, layout="stack", **more
    ),
    "spectrum": lambda **more: plots.spectrum(TONE, sample_rate=RATE, marks_hz={"the tone": 440.0}, **more),
    "spectrum over log frequency": lambda **more: plots.spectrum(
        {"a": TONE, "b": 0.1 * TONE}, sample_rate=RATE, log_frequency=True, **more
    ),
    "spectrogram": lambda **more: plots.spectrogram(
        {"a": TONE, "b": 0.5 * TONE}, sample_rate=RATE, f0_hz=torch.full((1, 250), 440.0), **more
    ),
    "curves": lambda **more: plots.curves(
        SECONDS[:100], {"a": TONE[:100], "b": -TONE[:100]}, x_label="time (s)", y_label="level (dB)", **more
    ),
    "stems": lambda **more: plots.stems(
        [1, 2, 3], [0.0, -6.0, -12.0], x_label="harmonic", y_label="level (dB)", **more
    ),
    "bars": lambda **more: plots.bars({"a": [1.0, 2.0], "b": [3.0, 4.0]}, y_label="loss", series=("x", "y"), **more),
}


@pytest.fixture
def shown(monkeypatch):
    """The pictures that were shown, and the matplotlib figures behind them."""
    seen: list[tuple[pictures.Picture, object]] = []
    drawn = []
    png = pictures._png
    monkeypatch.setattr(pictures, "_png", lambda figure: drawn.append(figure) or png(figure))
    monkeypatch.setattr(pictures, "show", lambda picture: seen.append((picture, drawn[-1])))
    return seen


@pytest.mark.parametrize("kind", DRAW)
def test_a_picture_has_its_sentence_its_axes_and_a_modest_size(shown, kind):
    assert DRAW[kind](alt='Two "tones" & <nothing> else.', title="A title") is None
    [(picture, figure)] = shown
    bundle = picture._repr_mimebundle_()
    assert bundle["text/plain"] == repr(picture) == 'Two "tones" & <nothing> else.'
    assert 'alt="Two &quot;tones&quot; &amp; &lt;nothing&gt; else."' in bundle["text/html"]
    image = Image.open(io.BytesIO(picture.png))
    assert image.width == pytest.approx(pictures.WIDTH_INCHES * pictures.DPI, abs=2)
    assert len(picture.png) < 120_000
    labelled = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    assert any(axes.get_xlabel() for axes in labelled) or kind == "bars"
    assert all(axes.get_ylabel() for axes in labelled)
    assert "A title" in {axes.get_title(loc=loc) for axes in figure.axes for loc in ("left", "center")} | {
        figure._suptitle.get_text() if figure._suptitle else ""
    }


@pytest.mark.parametrize("kind", DRAW)
@pytest.mark.parametrize("alt", ["", "   ", None])
def test_without_its_sentence_nothing_is_drawn(shown, kind, alt):
    with pytest.raises(ValueError, match="one sentence that says what is to be seen"):
        DRAW[kind](alt=alt)
    assert shown == []


@pytest.mark.parametrize("name", plots.__all__)
def test_the_sentence_cannot_be_forgotten(name):
    assert inspect.signature(getattr(plots, name)).parameters["alt"].default is inspect.Parameter.empty


def test_curves_differ_in_more_than_their_colour(shown):
    curves = {str(i): TONE[:50] + i for i in range(7)}
    plots.curves(SECONDS[:50], curves, x_label="x", y_label="y", alt="Seven lines.")
    [(_, figure)] = shown
    lines = figure.axes[0].get_lines()
    assert len({line.get_color() for line in lines}) == 7
    assert len({str(line._unscaled_dash_pattern) for line in lines}) == 7
    assert figure.axes[0].get_legend() is not None


def test_stalks_of_differences_stand_and_hang(shown):
    plots.stems([1, 2], [3.0, -2.0], x_label="harmonic", y_label="found, against the truth (dB)", foot=0, alt="Two.")
    [(_, figure)] = shown
    stalks = [segment[:, 1].tolist() for segment in figure.axes[0].collections[0].get_segments()]
    assert stalks == [[0, 3], [0, -2]]


def test_a_short_log_axis_counts_in_plain_numbers(shown):
    for highest, plain in ((20.0, True), (1e6, False)):
        plots.curves([0, 1], [1.0, highest], x_label="x", y_label="y", log_y=True, alt="A rise.")
        _, figure = shown[-1]
        assert ("10" in {label.get_text() for label in figure.axes[0].get_yticklabels()}) == plain


def test_past_seven_curves_no_two_look_alike(shown):
    curves = {str(i): TONE[:50] + i for i in range(16)}
    plots.curves(SECONDS[:50], curves, x_label="x", y_label="y", alt="Sixteen lines.")
    [(_, figure)] = shown
    lines = figure.axes[0].get_lines()
    assert len({(line.get_color(), str(line._unscaled_dash_pattern)) for line in lines}) == 16


def test_a_full_scale_tone_reads_0_db_at_its_frequency():
    hz, level_db = plots.spectrum_db(TONE, RATE)
    assert hz[level_db.argmax()] == pytest.approx(440, abs=hz[1])
    assert level_db.max() == pytest.approx(0, abs=0.1)
    assert level_db[(hz > 500) & (hz < 7900)].max() < -90


def test_a_spectrogram_has_the_tone_in_its_row_at_its_level():
    picture = plots.spectrogram_db(TONE, 1024)
    middle = picture[:, picture.shape[1] // 4 : -picture.shape[1] // 4]
    assert set(middle.argmax(0)) == {round(440 * 1024 / RATE)}
    assert middle.max() == pytest.approx(0, abs=0.3)


def test_a_click_is_as_narrow_as_the_window_is_short():
    click = torch.zeros(RATE)
    click[RATE // 2] = 1
    wide, narrow = (
        (plots.spectrogram_db(click, size).max(0) > -100).sum() * RATE / plots.spectrogram_db(click, size).shape[1]
        for size in (2048, 128)
    )
    assert wide > 8 * narrow


def test_time_is_in_ms_where_a_moment_is_looked_at(shown):
    plots.waveform(TONE, sample_rate=RATE, start_s=0.5, end_s=0.52, alt="Nine periods.")
    [(_, figure)] = shown
    [line] = figure.axes[0].get_lines()
    assert figure.axes[0].get_xlabel() == "time (ms)"
    assert (line.get_xdata()[0], len(line.get_xdata())) == (500.0, 320)


def test_tensors_with_gradients_lists_and_gaps_are_taken_as_they_come(shown):
    values = torch.tensor([1.0, float("nan"), 3.0], requires_grad=True)
    plots.curves([0, 1, 2], values, x_label="x", y_label="y", points=True, levels={"target": 2.0}, alt="A gap.")
    plots.stems(np.arange(3), values.detach().half(), x_label="x", y_label="y", alt="A gap.")
    plots.waveform((TONE * 1.0).requires_grad_()[None], sample_rate=RATE, alt="A tone.")
    assert len(shown) == 3


@pytest.mark.parametrize(
    ("draw", "sentence"),
    [
        (lambda: plots.waveform({}, sample_rate=RATE, alt="x"), "nothing to draw"),
        (lambda: plots.waveform(torch.zeros(2, 100), sample_rate=RATE, alt="x"), r"not \[2, 100\]"),
        (lambda: plots.spectrum({"mine": torch.zeros(0)}, sample_rate=RATE, alt="x"), "The sound 'mine' must be"),
        (lambda: plots.spectrogram(TONE / 0, sample_rate=RATE, alt="x"), "NaN or infinity"),
        (lambda: plots.waveform(TONE, sample_rate=RATE, start_s=3.0, alt="x"), "no sound between 3"),
        (lambda: plots.curves([1, 2], [1, 2, 3], x_label="", y_label="", alt="x"), "3 points, x has 2"),
        (lambda: plots.bars({"a": 1.0, "b": [1.0, 2.0]}, y_label="", alt="x"), "same number"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_sentence(shown, draw, sentence):
    with pytest.raises(ValueError, match=sentence):
        draw()
    assert shown == []


def test_ones_own_axes_are_shown_at_the_end(shown):
    with plots.figure(alt="Two panels.", columns=2) as axes:
        axes[0].plot([1, 2])
        assert shown == []
    assert len(shown) == 1


def test_matplotlib_is_left_as_it_was_and_pyplot_is_never_needed():
    code = (
        "import sys\n"
        "from ddsp_course.classroom import plots\n"
        "assert 'matplotlib' not in sys.modules\n"
        "plots.curves([1, 2], [1, 2], x_label='x', y_label='y', alt='A line.')\n"
        "import matplotlib\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert matplotlib.rcParams['axes.grid'] is False\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
