"""A picture that also says what it shows: a PNG with a sentence for those who cannot see it."""

from __future__ import annotations

import base64
import contextlib
import html
import io
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ddsp_course.data.errors import CourseError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH_INCHES, DPI = 8.2, 144
STYLE = {
    "font.family": ["DejaVu Sans"],
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#d9d9d9",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "figure.facecolor": "white",
}


class Place(NamedTuple):
    """Where a chart lies in its picture (parts of the picture's width and height, from its upper left corner), and
    what its axes say there: x at the left and right, y at the top and bottom."""

    left: float
    right: float
    top: float
    bottom: float
    x_left: float
    x_right: float
    y_top: float
    y_bottom: float


@dataclass(frozen=True)
class Picture:
    """A PNG and its sentence; a notebook shows the one, and says the other. place: of its chart, if it is a single one
    with even axes."""

    png: bytes
    alt: str
    width: int
    place: Place | None = None

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        source = f"data:image/png;base64,{base64.b64encode(self.png).decode()}"
        style = "max-width: 100%; height: auto; background: white"
        image = f'<img src="{source}" alt="{html.escape(self.alt)}" width="{self.width}" style="{style}">'
        return {"text/html": image, "text/plain": self.alt}

    def __repr__(self) -> str:
        return self.alt


@contextlib.contextmanager
def figure(
    *, alt: str, height_inches: float = 3.2, rows: int = 1, columns: int = 1, share_x: bool = False
) -> Iterator[Any]:
    """A picture of your own: `with plots.figure(alt="...") as axes:`, and draw on these axes with matplotlib.

    Yields one Axes, or an array of them where there are rows or columns. Raises CourseError without a sentence.
    """
    if not isinstance(alt, str) or not alt.strip():
        raise CourseError("A picture needs alt=: one sentence that says what is to be seen, for those who cannot.")
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        drawn = Figure(figsize=(WIDTH_INCHES, height_inches), dpi=DPI, layout="constrained")
        FigureCanvasAgg(drawn)
        yield drawn.subplots(rows, columns, sharex=share_x)
        png = _png(drawn)
        show(Picture(png, alt.strip(), round(WIDTH_INCHES * 96), _place(drawn)))


def _place(drawn: Figure) -> Place | None:
    """Once it is drawn: only then a layout is known."""
    chart, *others = drawn.axes
    if others or {chart.get_xscale(), chart.get_yscale()} != {"linear"}:
        return None
    (left, bottom), (right, top) = chart.get_position().get_points().tolist()
    (x_left, x_right), (y_bottom, y_top) = map(float, chart.get_xlim()), map(float, chart.get_ylim())
    return Place(left, right, 1 - top, 1 - bottom, x_left, x_right, y_top, y_bottom)


def _png(drawn: Figure) -> bytes:
    """256 colours, which is a third of the size and looks the same."""
    from PIL import Image

    buffer = io.BytesIO()
    drawn.savefig(buffer, format="png", dpi=DPI)
    small = io.BytesIO()
    Image.open(buffer).convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        small, format="PNG", optimize=True
    )
    return small.getvalue()


_COLLECTING: ContextVar[list[Picture] | None] = ContextVar("_COLLECTING", default=None)


@contextlib.contextmanager
def collected() -> Iterator[list[Picture]]:
    """What is shown inside goes into this list, and not into the notebook."""
    pictures: list[Picture] = []
    before = _COLLECTING.set(pictures)
    try:
        yield pictures
    finally:
        _COLLECTING.reset(before)


def show(picture: Picture) -> None:
    """Into the notebook, if this is one, or to whoever collects."""
    collecting = _COLLECTING.get()
    if collecting is not None:
        collecting.append(picture)
        return
    try:
        from IPython.display import display
    except ImportError:
        return  # no notebook, no screen
    display(picture)
