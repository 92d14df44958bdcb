"""The pictures of a report: each drawn for a light and for a dark page, each with a text alternative."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ddsp_course.autoencoder.metrics import curve
from ddsp_course.autoencoder.room_metrics import energy_decay_curve, octave_bands_hz, t20_s

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_INCHES, DPI = 9.2, 144
LOWEST_HZ = 60.0
ROWS = 288
RANGE_DB = 80.0


@dataclass(frozen=True)
class Theme:
    """Colours of a page: Okabe and Ito's for curves, which the colour-blind can tell apart.   Lesson 13."""

    name: str
    paper: str
    ink: str
    faint: str
    truth: str
    learned: str
    second: str


LIGHT = Theme("light", "#ffffff", "#22262b", "#d9d6cf", "#22262b", "#D55E00", "#0072B2")
DARK = Theme("dark", "#1c2026", "#e6e3dc", "#3a4048", "#f0ede6", "#E69F00", "#56B4E9")


@dataclass(frozen=True)
class Picture:
    """A PNG for light and one for dark pages as data URIs, its size in pixels, and its text alternative.

    left and right: where time begins and ends, as shares of the width, for a playhead (None: no time axis).
    Lesson 13.
    """

    light: str
    dark: str
    alt: str
    width: int
    height: int
    left: float | None = None
    right: float | None = None


def draw(height_inches: float, alt: str, paint: Callable[[Figure, Theme], None], **places: float) -> Picture:
    """Paint a figure twice, once for each theme.   Lesson 13."""
    light, dark = (_png(height_inches, paint, theme) for theme in (LIGHT, DARK))
    size = round(WIDTH_INCHES * DPI), round(height_inches * DPI)
    return Picture(light, dark, alt, *size, **places)


def _png(height_inches: float, paint: Callable[[Figure, Theme], None], theme: Theme) -> str:
    """A figure as a data URI; 256 colours, which is a third of the size and looks the same."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    style = {
        "font.family": ["DejaVu Sans"],
        "font.size": 9,
        "text.color": theme.ink,
        "axes.labelcolor": theme.ink,
        "axes.edgecolor": theme.faint,
        "axes.facecolor": theme.paper,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "xtick.color": theme.ink,
        "ytick.color": theme.ink,
        "grid.color": theme.faint,
        "grid.linewidth": 0.6,
        "legend.frameon": False,
        "lines.linewidth": 1.5,
    }
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(WIDTH_INCHES, height_inches), dpi=DPI, facecolor=theme.paper)
        canvas = FigureCanvasAgg(figure)
        paint(figure, theme)
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).quantize(256).save(file, "PNG", compress_level=6)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def log_spectrogram(audio: Tensor, sample_rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Power on a logarithmic frequency axis: audio [samples] -> power [288, frames], frequencies_hz [288].

    Windows of 64 ms every 16 ms, from 60 Hz to Nyquist; frame i is centred at 16 i ms.   Lesson 6.
    """
    size, hop = round(0.064 * sample_rate), round(0.016 * sample_rate)
    sound = audio.detach().reshape(-1).float().cpu()
    window = torch.hann_window(size)
    spectrum = torch.stft(
        sound, 2 * size, hop, win_length=size, window=window, center=True, pad_mode="constant", return_complex=True
    )
    power = (spectrum.real.square() + spectrum.imag.square()).double().numpy()
    frequencies = np.geomspace(LOWEST_HZ, sample_rate / 2, ROWS)
    place = frequencies / (sample_rate / (2 * size))
    below = np.minimum(place.astype(int), len(power) - 2)
    share = (place - below)[:, None]
    return (1 - share) * power[below] + share * power[below + 1], frequencies


def spectrogram(audio: Tensor, sample_rate: int, *, name: str, loudest: float | None = None) -> Picture:
    """Time to the right, frequency upwards on a logarithmic scale, level by colour over 80 dB.

    audio [samples]; loudest: the power that is 0 dB, so that several sounds can share one scale.   Lesson 6.
    """
    power, frequencies = log_spectrogram(audio, sample_rate)
    reference = max(float(power.max()) if loudest is None else loudest, 1e-12)
    level_db = 10 * np.log10(np.maximum(power / reference, 1e-12))
    seconds = audio.numel() / sample_rate
    left, bottom, width, height = 0.068, 0.165, 0.845, 0.80

    def paint(figure: Figure, theme: Theme) -> None:
        axes = figure.add_axes((left, bottom, width, height))
        shown = axes.imshow(
            level_db,
            origin="lower",
            aspect="auto",
            cmap="magma",
            vmin=-RANGE_DB,
            vmax=0,
            extent=(0, seconds, 0, 1),
            interpolation="nearest",
        )
        ticks = [hz for hz in (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000) if hz <= frequencies[-1]]
        axes.set_yticks([_height(hz, frequencies) for hz in ticks], [_hertz(hz) for hz in ticks])
        axes.set_xlabel("time (s)", labelpad=1)
        axes.set_ylabel("frequency (Hz)")
        bar = figure.colorbar(shown, cax=figure.add_axes((left + width + 0.012, bottom, 0.011, height)))
        bar.set_ticks([0, -20, -40, -60, -80])
        bar.set_label("level (dB)", labelpad=4)
        bar.outline.set_visible(False)

    alt = (
        f"Spectrogram of {name}: {seconds:.1f} s from left to right, {LOWEST_HZ:.0f} Hz to {sample_rate / 2000:g} kHz "
        f"upwards, level by brightness from -80 to 0 dB. {_says(power, level_db, frequencies)}"
    )
    return draw(2.35, alt, paint, left=left, right=left + width)


def _says(power: NDArray, level_db: NDArray, frequencies: NDArray) -> str:
    """What somebody who does not see the picture should know of it."""
    if not power.any():
        return "It is silent."
    weight = power.sum(axis=1)
    centre = float(np.exp((weight * np.log(frequencies)).sum() / weight.sum()))
    busy = 100 * float((level_db.max(axis=0) > -40).mean())
    return (
        f"Its energy lies around {centre:.0f} Hz, its loudest point at {level_db.max():.0f} dB, and {busy:.0f} % of "
        "the time something is above -40 dB."
    )


def _height(hz: float, frequencies: NDArray) -> float:
    return math.log(hz / frequencies[0]) / math.log(frequencies[-1] / frequencies[0])


def _hertz(hz: float) -> str:
    return f"{hz:g}" if hz < 1000 else f"{hz / 1000:g}k"


def pitch_and_loudness(
    f0_hz: Mapping[str, Tensor], loudness_db: Mapping[str, Tensor], *, frame_rate: float, sounding: Tensor | None = None
) -> Picture:
    """Two curves over time, the original's and the resynthesis's: pitch above, loudness below.

    Each a mapping of one or two names to [frames]; pitch is drawn where `sounding` [frames] says so.   Lesson 8.
    """
    mask = None if sounding is None else curve(sounding) > 0.5

    def paint(figure: Figure, theme: Theme) -> None:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.25, 1))
        figure.subplots_adjust(0.068, 0.1, 0.985, 0.93, hspace=0.12)
        for axes, curves in ((above, f0_hz), (below, loudness_db)):
            for (name, values), (colour, width, alpha) in zip(
                curves.items(), ((theme.truth, 2.6, 0.45), (theme.learned, 1.1, 1.0)), strict=False
            ):
                values = curve(values)
                if axes is above and mask is not None:
                    values = np.where(mask[: len(values)], values, np.nan)
                axes.plot(np.arange(len(values)) / frame_rate, values, color=colour, lw=width, alpha=alpha, label=name)
            axes.grid(True)
            axes.tick_params(length=0)
            axes.margins(x=0)
        above.set_yscale("log")
        _hertz_ticks(above)
        above.set_ylabel("pitch F0 (Hz)")
        below.set_ylabel("loudness (dB, A)")
        below.set_xlabel("time (s)", labelpad=1)
        below.set_ylim(bottom=max(-82.0, below.get_ylim()[0]))
        above.legend(loc="lower left", bbox_to_anchor=(0, 0.98), ncols=2, borderaxespad=0, handlelength=1.6)

    return draw(3.6, _curves_alt(f0_hz, loudness_db, mask), paint, left=0.068, right=0.985)


def _curves_alt(f0_hz: Mapping[str, Tensor], loudness_db: Mapping[str, Tensor], mask: NDArray | None) -> str:
    said = f"Pitch and loudness over time of {' and '.join(f0_hz)}."
    if len(f0_hz) == 2 and len(loudness_db) == 2:
        pitches, levels = ([curve(each) for each in curves.values()] for curves in (f0_hz, loudness_db))
        keep = np.ones(len(pitches[0]), dtype=bool) if mask is None else mask
        if keep.any():
            cents = float(np.median(np.abs(1200 * np.log2(pitches[1][keep] / pitches[0][keep]))))
            level = float(np.median(np.abs(levels[1][keep] - levels[0][keep])))
            said += f" While sounding they differ by {cents:.0f} cents and {level:.1f} dB in the median."
    return said


def _hertz_ticks(axes: Axes) -> None:
    """A handful of round frequencies, written out, on a logarithmic axis."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

    low, high = axes.get_ylim()
    for mantissas in ((1, 2, 5), (1, 1.5, 2, 3, 5, 7), (1, 1.2, 1.5, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 7, 8, 9)):
        shown = [hz * 10**power for power in range(1, 5) for hz in mantissas if low <= hz * 10**power <= high]
        if len(shown) >= 4:
            break
    if len(shown) < 3:  # a range of a few semitones
        shown = [hz for hz in MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(low, high) if low <= hz <= high]
    axes.yaxis.set_major_locator(FixedLocator(shown))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda hz, _: f"{hz:g}"))


def loss_curve(log: Sequence[Mapping[str, float | None]], yardsticks: Mapping[str, float]) -> Picture:
    """The loss of training and of held-out crops over steps, with its yardsticks as level lines.

    log: lines of a run's log.jsonl; yardsticks: name -> loss.   Lesson 11.
    """
    steps = [line["step"] for line in log if line.get("loss") is not None]
    losses = [line["loss"] for line in log if line.get("loss") is not None]
    held: dict[float, float] = {}
    for line in log:
        # The same score is repeated in the log until the next one is made: keep where it is new.
        if line.get("held_out_loss") is not None and line["held_out_loss"] not in held.values():
            held[line["step"]] = line["held_out_loss"]

    def paint(figure: Figure, theme: Theme) -> None:
        from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

        axes = figure.add_axes((0.068, 0.13, 0.735, 0.785))
        axes.plot(steps, losses, color=theme.second, lw=1.2, label="training, crops with new noise each step")
        if held:
            axes.plot(*zip(*held.items(), strict=True), color=theme.learned, lw=2, marker="o", ms=3.5, label="held out")
        axes.set_yscale("log")
        values = [*losses, *held.values(), *yardsticks.values()]
        low, high = 0.85 * min(values), 1.15 * max(values)
        axes.set_ylim(low, high)
        axes.set_xlim(0, max(steps, default=1))
        axes.yaxis.set_major_locator(
            FixedLocator([t for t in (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 100) if low < t < high])
        )
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.grid(axis="x")
        axes.tick_params(length=0)
        for y, text_y, name, value in _spread_labels(yardsticks, low, high):
            axes.axhline(value, color=theme.ink, lw=0.9, ls=(0, (4, 3)), alpha=0.75)
            axes.annotate(
                f"{name}  {value:.2f}",
                xy=(1.0, y),
                xytext=(1.035, text_y),
                xycoords="axes fraction",
                textcoords="axes fraction",
                va="center",
                fontsize=8.5,
                arrowprops={"arrowstyle": "-", "color": theme.faint, "lw": 0.8, "shrinkA": 0, "shrinkB": 0},
            )
        axes.set_xlabel("optimiser steps", labelpad=1)
        axes.set_ylabel("multi-scale spectral loss")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderaxespad=0.2, handlelength=1.6)

    alt = f"Loss over {max(steps, default=0):.0f} steps of training."
    if losses:
        heard = f", on held-out crops at {list(held.values())[-1]:.2f}" if held else ""
        alt += f" It ends at {losses[-1]:.2f}{heard}."
    if yardsticks:
        alt += " Yardsticks: " + ", ".join(f"{name} {value:.2f}" for name, value in yardsticks.items()) + "."
    return draw(3.3, alt, paint)


def _spread_labels(yardsticks: Mapping[str, float], low: float, high: float) -> list[tuple[float, float, str, float]]:
    """(height of the line, height of its label, name, loss): labels at least 6 % of the axis apart."""
    heights = sorted((math.log(value / low) / math.log(high / low), name, value) for name, value in yardsticks.items())
    placed: list[tuple[float, float, str, float]] = []
    for y, name, value in heights:
        text_y = y if not placed else max(y, placed[-1][1] + 0.065)
        placed.append((y, text_y, name, value))
    return placed


def decay_curves(rooms: Mapping[str, Tensor], sample_rate: int) -> Picture:
    """How rooms die away: energy decay curves without the direct tap, and T20 in octave bands.

    rooms: one or two names -> impulse response [taps]; the first is drawn as the learned one.   Lesson 5.
    """
    decays = {name: energy_decay_curve(room, sample_rate=sample_rate) for name, room in rooms.items()}
    bands = octave_bands_hz(sample_rate)
    times = {
        name: [t20_s(room, sample_rate=sample_rate, band_hz=band) for band in bands] for name, room in rooms.items()
    }
    seconds = max(float((decay > -60).sum()) / sample_rate for decay in decays.values())

    def paint(figure: Figure, theme: Theme) -> None:
        left, right = figure.subplots(1, 2, width_ratios=(1.5, 1))
        figure.subplots_adjust(0.068, 0.15, 0.985, 0.91, wspace=0.2)
        looks = ((theme.learned, "o", 1.7), (theme.truth, "D", 1.3))
        for (name, decay), (colour, marker, width) in zip(decays.items(), looks, strict=False):
            left.plot(np.arange(len(decay)) / sample_rate, decay, color=colour, lw=width, label=name)
            right.plot(range(len(bands)), times[name], color=colour, marker=marker, ms=6, lw=0.8, label=name)
        left.set(xlim=(0, seconds), ylim=(-60, 1), ylabel="energy still to come (dB)")
        left.set_xlabel("time after the direct sound (s)", labelpad=1)
        right.set_xticks(range(len(bands)), [_hertz(band) for band in bands])
        right.set_ylim(bottom=0)
        right.set_xlabel("octave band (Hz)", labelpad=1)
        right.set_ylabel("decay time T20 (s)")
        for axes in (left, right):
            axes.grid(True)
            axes.tick_params(length=0)
        left.legend(loc="upper right")

    whole = ", ".join(f"{name} {t20_s(room, sample_rate=sample_rate):.2f} s" for name, room in rooms.items())
    return draw(2.9, f"Energy decay curves and decay times by octave. T20 over all frequencies: {whole}.", paint)
