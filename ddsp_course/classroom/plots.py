"""Plots for lessons: axes with units, colours that the colour-blind can tell apart, and a sentence for who cannot see.

Every function draws and shows one picture and returns nothing. alt is that sentence, and it is asked for. Sounds are
[samples] or [1, samples], or a dictionary of these by name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ddsp_course.classroom.pictures import figure
from ddsp_course.data.errors import CourseError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["bars", "curves", "figure", "spectrogram", "spectrum", "stems", "waveform"]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's, which the colour-blind can tell apart."""
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "///", "...", "xx", "\\\\\\", "++", "oo")
Takes = Any
Series = Any


def waveform(
    takes: Takes,
    *,
    sample_rate: int,
    alt: str,
    title: str = "",
    layout: str = "overlay",
    start_s: float = 0.0,
    end_s: float | None = None,
) -> None:
    """Sound as a curve over time; layout "overlay" draws several on one another, "stack" below each other."""
    sounds = _sounds(takes)
    first = round(start_s * sample_rate)
    sounds = {name: x[first : None if end_s is None else round(end_s * sample_rate)] for name, x in sounds.items()}
    if any(len(x) == 0 for x in sounds.values()):
        raise CourseError(f"There is no sound between {start_s:g} and {end_s} s: choose times within it.")
    longest = max(len(x) for x in sounds.values()) / sample_rate
    unit, scale = ("ms", 1000.0) if longest < 0.5 else ("s", 1.0)
    stacked = layout == "stack" and len(sounds) > 1
    rows = len(sounds) if stacked else 1
    with figure(alt=alt, height_inches=1.1 + 1.5 * rows if stacked else 2.8, rows=rows, share_x=True) as axes:
        panels = list(np.ravel(axes)) if stacked else [axes] * len(sounds)
        for i, ((name, x), panel) in enumerate(zip(sounds.items(), panels, strict=True)):
            t = scale * (start_s + np.arange(len(x)) / sample_rate)
            panel.plot(t, x, linewidth=1.1, label=name, **({"color": COLOURS[0]} if stacked else _line(i)))
            panel.set_ylabel("amplitude")
            if stacked:
                panel.set_title(name, loc="left")
        panels[-1].set_xlabel(f"time ({unit})")
        _head(panels[0], title, legend=not stacked and len(sounds) > 1)


def spectrum(
    takes: Takes,
    *,
    sample_rate: int,
    alt: str,
    title: str = "",
    low_hz: float = 0.0,
    high_hz: float | None = None,
    log_frequency: bool = False,
    floor_db: float = -90.0,
    marks_hz: Mapping[str, float] | Sequence[float] = (),
) -> None:
    """How much of each frequency there is in a whole sound, in dB: a sine of amplitude 1 reads 0 dB.

    A Blackman window, so that strong partials do not hide weak ones. marks_hz: thin lines to look at, named if a
    dictionary.
    """
    with figure(alt=alt, height_inches=3.3) as axes:
        for i, (name, x) in enumerate(_sounds(takes).items()):
            hz, level_db = spectrum_db(x, sample_rate)
            axes.plot(hz, np.maximum(level_db, floor_db), linewidth=1.1, label=name, **_line(i))
        _mark(axes, marks_hz)
        if log_frequency:
            axes.set_xscale("log")
            low_hz = max(low_hz, 20.0)
            _plain_ticks(axes)
        axes.set_xlim(low_hz, high_hz or sample_rate / 2)
        axes.set_ylim(floor_db, None)
        axes.set_xlabel("frequency (Hz)")
        axes.set_ylabel("level (dB, a sine of 1 is 0)")
        _head(axes, title, legend=isinstance(takes, Mapping) and len(takes) > 1)


def spectrum_db(sound: Any, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in Hz, and levels in dB against a sine of amplitude 1, of a whole sound [samples]."""
    x = np.asarray(sound, dtype=np.float64)
    window = np.blackman(len(x) + 1)[:-1] if len(x) > 2 else np.ones(len(x))
    size = 2 ** math.ceil(math.log2(2 * max(len(x), 512)))
    magnitude = np.abs(np.fft.rfft(x * window, size)) * 2 / window.sum()
    return np.fft.rfftfreq(size, 1 / sample_rate), 20 * np.log10(np.maximum(magnitude, 1e-10))


def spectrogram(
    takes: Takes,
    *,
    sample_rate: int,
    alt: str,
    title: str = "",
    fft_size: int = 1024,
    log_frequency: bool = True,
    low_hz: float = 50.0,
    high_hz: float | None = None,
    range_db: float = 80.0,
    f0_hz: Any = None,
) -> None:
    """How much of each frequency there is, moment by moment; all takes on one scale of dB, below each other.

    f0_hz [frames]: a pitch to draw over each, evenly spread over the take; 0 or NaN where there is none.
    """
    sounds = _sounds(takes)
    pictures = {name: spectrogram_db(x, fft_size) for name, x in sounds.items()}
    loudest = max(float(picture.max()) for picture in pictures.values())
    high_hz = high_hz or sample_rate / 2
    with figure(alt=alt, height_inches=0.7 + 2.3 * len(sounds), rows=len(sounds), share_x=True) as axes:
        panels = list(np.ravel(np.array(axes, dtype=object)))
        for panel, (name, picture) in zip(panels, pictures.items(), strict=True):
            hz = np.arange(picture.shape[0]) * sample_rate / fft_size
            seconds = len(sounds[name]) / sample_rate
            t = np.linspace(0, seconds, picture.shape[1])
            image = panel.pcolormesh(
                t, hz, picture, vmin=loudest - range_db, vmax=loudest, cmap="magma", shading="nearest", rasterized=True
            )
            if f0_hz is not None:
                f0 = _numbers(f0_hz)
                f0 = np.where(f0 > 0, f0, np.nan)
                panel.plot(np.linspace(0, seconds, len(f0)), f0, color="#56B4E9", linewidth=1.4, linestyle="--")
            if log_frequency:
                panel.set_yscale("log")
                _plain_ticks(panel, vertical=True)
            panel.set_ylim(max(low_hz, 20.0) if log_frequency else low_hz, high_hz)
            panel.set_ylabel("frequency (Hz)")
            panel.grid(False)
            if len(sounds) > 1:
                panel.set_title(name, loc="left")
        panels[-1].set_xlabel("time (s)")
        panels[0].figure.colorbar(image, ax=panels, label="level (dB)", aspect=30)
        if title:
            panels[0].figure.suptitle(title, fontsize=11)


def spectrogram_db(sound: Any, fft_size: int) -> np.ndarray:
    """Levels in dB, [bins, frames], of a sound [samples]; frames are centred, and some 400 to 1200."""
    x = torch.as_tensor(np.asarray(sound, dtype=np.float32))
    hop = max(min(fft_size // 8, len(x) // 400), len(x) // 1200, 1)
    window = torch.hann_window(fft_size)
    padded = torch.nn.functional.pad(x, (fft_size // 2, fft_size // 2))
    magnitude = torch.fft.rfft(padded.unfold(0, fft_size, hop) * window).abs() * 2 / window.sum()
    return (20 * torch.log10(magnitude.clamp_min(1e-6))).T.numpy()


def curves(
    x: Series,
    ys: Series,
    *,
    x_label: str,
    y_label: str,
    alt: str,
    title: str = "",
    log_x: bool = False,
    log_y: bool = False,
    points: bool = False,
    marks: Mapping[str, float] | Sequence[float] = (),
    levels: Mapping[str, float] | Sequence[float] = (),
    y_range: tuple[float, float] | None = None,
) -> None:
    """Curves over x: ys [points], or a dictionary of these by name. marks and levels: thin lines across, at an x or y.

    points=True sets a marker at each point.
    """
    named = ys if isinstance(ys, Mapping) else {"": ys}
    across = _numbers(x)
    with figure(alt=alt, height_inches=3.2) as axes:
        for i, (name, y) in enumerate(named.items()):
            values = _numbers(y)
            if len(values) != len(across):
                raise CourseError(f"The curve {name!r} has {len(values)} points, x has {len(across)}: they must match.")
            marker = {"marker": MARKERS[i % len(MARKERS)], "markersize": 4.5} if points else {}
            axes.plot(across, values, linewidth=1.5, label=name, **_line(i), **marker)
        _mark(axes, marks)
        _mark(axes, levels, horizontal=True)
        if log_x:
            axes.set_xscale("log")
            _plain_ticks(axes)
        if log_y:
            axes.set_yscale("log")
        if y_range is not None:
            axes.set_ylim(*y_range)
        low, high = axes.get_ylim()
        if log_y and high < 1000 * low:  # further, and these ticks would stand too close
            _plain_ticks(axes, vertical=True)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        _head(axes, title, legend=isinstance(ys, Mapping))


def stems(
    x: Series, ys: Series, *, x_label: str, y_label: str, alt: str, title: str = "", foot: float | None = None
) -> None:
    """Single values on stalks, such as the levels of harmonics: ys [points], or a dictionary of these by name.

    foot: where the stalks begin, for instance 0 for differences, which stand and hang; else 0 or below all of them.
    """
    named = ys if isinstance(ys, Mapping) else {"": ys}
    across = _numbers(x)
    step = float(np.min(np.diff(across))) if len(across) > 1 else 1.0
    lowest = min(float(np.nanmin(_numbers(y))) for y in named.values())
    with figure(alt=alt, height_inches=3.0) as axes:
        if foot is None:
            foot = 0.0 if lowest >= 0 else lowest - 0.03 * abs(lowest)
        else:
            axes.axhline(foot, color="#555555", linewidth=0.9)
        for i, (name, y) in enumerate(named.items()):
            shifted = across + step * 0.25 * (i - (len(named) - 1) / 2)
            colour = COLOURS[i % len(COLOURS)]
            axes.vlines(shifted, foot, _numbers(y), color=colour, linewidth=1.6)
            axes.plot(shifted, _numbers(y), MARKERS[i % len(MARKERS)], color=colour, markersize=5, label=name)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        _head(axes, title, legend=isinstance(ys, Mapping))


def bars(
    heights: Mapping[str, float | Sequence[float]],
    *,
    y_label: str,
    alt: str,
    title: str = "",
    x_label: str = "",
    series: Sequence[str] = (),
    digits: int = 2,
) -> None:
    """One bar a name, or a group of bars if each name has several numbers; series names the members of a group."""
    groups = {name: np.atleast_1d(_numbers(value)) for name, value in heights.items()}
    members = len(next(iter(groups.values())))
    if any(len(group) != members for group in groups.values()) or (series and len(series) != members):
        raise CourseError("Every group of bars needs the same number of them, and series a name for each.")
    width = 0.8 / members
    with figure(alt=alt, height_inches=3.2) as axes:
        for i in range(members):
            drawn = axes.bar(
                np.arange(len(groups)) + width * (i - (members - 1) / 2),
                [group[i] for group in groups.values()],
                width * 0.94,
                color=COLOURS[i % len(COLOURS)],
                hatch=HATCHES[i % len(HATCHES)],
                edgecolor="white",
                label=series[i] if series else "",
            )
            axes.bar_label(drawn, fmt=f"{{:.{digits}f}}", fontsize=9, padding=2)
        axes.set_xticks(range(len(groups)), list(groups), rotation=0 if len(groups) < 7 else 30)
        axes.grid(visible=False, axis="x")
        axes.margins(y=0.15)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        _head(axes, title, legend=bool(series))


# --- what they share --------------------------------------------------------------------------------------------------


def _numbers(values: Any) -> np.ndarray:
    """Numbers from wherever: a tensor with a gradient, on any device, an array, a list."""
    if isinstance(values, Tensor):
        values = values.detach().cpu().double().numpy()
    elif isinstance(values, (list, tuple)):
        values = [float(value) for value in values]
    return np.asarray(values, dtype=np.float64)


def _sounds(takes: Takes) -> dict[str, np.ndarray]:
    named = takes if isinstance(takes, Mapping) else {"": takes}
    if not named:
        raise CourseError("There is nothing to draw: give at least one sound.")
    sounds = {name: np.atleast_1d(np.squeeze(_numbers(take))) for name, take in named.items()}
    for name, sound in sounds.items():
        which = f"The sound {name!r}" if name else "The sound"
        if sound.ndim != 1 or len(sound) == 0:
            raise CourseError(f"{which} must be [samples] or [1, samples], not {list(_numbers(named[name]).shape)}.")
        if not np.isfinite(sound).all():
            raise CourseError(f"{which} holds NaN or infinity: look where it was made.")
    return sounds


def _line(i: int) -> dict[str, Any]:
    """Past the seventh curve the colours begin again, each with another dash."""
    rounds, colour = divmod(i, len(COLOURS))
    return {"color": COLOURS[colour], "linestyle": LINES[(colour + rounds) % len(LINES)]}


def _mark(axes: Axes, places: Mapping[str, float] | Sequence[float], horizontal: bool = False) -> None:
    from matplotlib.patheffects import withStroke

    named = places.items() if isinstance(places, Mapping) else [("", place) for place in places]
    for name, place in named:
        (axes.axhline if horizontal else axes.axvline)(float(place), color="#555555", linewidth=0.9, linestyle=":")
        if name:
            at = (1.0, float(place)) if horizontal else (float(place), 1.0)
            axes.annotate(
                name,
                at,
                xycoords=axes.get_yaxis_transform() if horizontal else axes.get_xaxis_transform(),
                xytext=(3, -2) if not horizontal else (-3, 2),
                textcoords="offset points",
                ha="right" if horizontal else "left",
                va="bottom" if horizontal else "top",
                rotation=0 if horizontal else 90,
                fontsize=8.5,
                color="#333333",
                path_effects=[withStroke(linewidth=2.5, foreground="white")],  # to be read on top of a curve, too
            )


def _plain_ticks(axes: Axes, vertical: bool = False) -> None:
    """100, 200, 500 and not 10 to the 2."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis = axes.yaxis if vertical else axes.xaxis
    axis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _head(axes: Axes, title: str, legend: bool) -> None:
    if title:
        axes.set_title(title, loc="left" if not axes.get_title(loc="left") else "center")
    if legend:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=9)
