"""explore(): sliders over a function that makes sound; what they make is heard and seen as they move."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import anywidget
import numpy as np
import traitlets
from IPython.display import display
from numpy.typing import ArrayLike
from torch import Tensor

from ddsp_course.classroom.limits import TooLarge, TooLong, within_limits
from ddsp_course.classroom.listening.browser import static
from ddsp_course.classroom.listening.sounds import as_rate, as_sound, audio_players
from ddsp_course.classroom.pictures import collected
from ddsp_course.data.errors import CourseError

MOST_SLIDERS = 8
MOST_SECONDS = 20
DEFAULT_STEPS = 100


@dataclass(frozen=True)
class Slider:
    """A range from low to high to move in, beginning at value: in steps, evenly or (log) by equal ratios.

    step is a difference and holds for even sliders; without one there are a hundred. unit is shown beside the number.
    """

    low: float
    high: float
    value: float | None = None
    step: float | None = None
    log: bool = False
    unit: str = ""

    def checked(self, name: str) -> Slider:
        """The same with a value and a step; raises CourseError for a range that is none."""
        low, high = float(self.low), float(self.high)
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise CourseError(
                f'The slider "{name}" goes from {self.low} to {self.high}: give a lower and a higher end.'
            )
        if self.log and low <= 0:
            raise CourseError(f'The slider "{name}" is logarithmic and begins at {self.low:g}: it must begin above 0.')
        middle = math.sqrt(low * high) if self.log else (low + high) / 2
        step = (high - low) / DEFAULT_STEPS if self.step is None else float(self.step)
        if not 0 < step <= high - low:
            raise CourseError(
                f'The slider "{name}" has steps of {self.step}: give more than 0, at most {high - low:g}.'
            )
        value = low + round((middle - low) / step) * step if self.value is None and not self.log else self.value
        value = middle if value is None else float(value)
        if not low <= value <= high:
            raise CourseError(f'The slider "{name}" begins at {value:g}, which is not between {low:g} and {high:g}.')
        return Slider(low, high, value, step, self.log, self.unit)


def explore(
    function: Callable[..., ArrayLike | Tensor],
    *,
    sample_rate: int = 16_000,
    on_picture: tuple[str, str] | None = None,
    **sliders: Slider | tuple[float, ...],
) -> None:
    """Show sliders over a function that makes sound: whenever one moves, the function is called and its sound is heard.

    function(name=value, ...) -> audio [samples] or [1, samples], at most 20 s; sliders: for each of its arguments
    a range (low, high) or (low, high, value), or a Slider. What plays goes on from where it is; what the function
    draws with `plots` is shown below the sound. on_picture: the names of two sliders that a press on that picture moves
    as well, and plays: its chart's x-axis is the one, its y-axis the other (one chart, even axes). One call is under
    way at most, and the newest position of the sliders is never lost. A call that fails is answered by a sentence, and
    the last sound stays.
    Raises CourseError for a range that is none, for a function that fails at the first values, and for a picture that
    cannot be pressed.
    """
    if not callable(function):
        raise CourseError("explore takes a function that makes sound: explore(function, f0_hz=(110, 880)).")
    if not 1 <= len(sliders) <= MOST_SLIDERS:
        raise CourseError(f"explore has one to {MOST_SLIDERS} sliders, not {len(sliders)}.")
    ranges = {
        name: (given if isinstance(given, Slider) else _as_slider(name, given)).checked(name)
        for name, given in sliders.items()
    }
    if on_picture is not None and (len(set(on_picture)) != 2 or not set(on_picture) <= set(ranges)):
        raise CourseError(f"on_picture takes the names of two sliders, of {', '.join(ranges)}: not {on_picture!r}.")
    explorer = Explorer(function, ranges, as_rate(sample_rate), on_picture)
    if explorer.problem:
        raise CourseError(explorer.problem)
    if on_picture is not None and not any(explorer.places):
        raise CourseError(
            "on_picture needs a picture to press: let the function draw one chart with even axes (plots.figure)."
        )
    display(explorer)


class Explorer(anywidget.AnyWidget):
    """The sliders of `explore`, and the calls that they ask for."""

    _esm = static("controls.js", "player.js", "pictures.js", "explore.js")
    _css = static("controls.css", "explore.css")

    sliders = traitlets.Dict(help="by name: low, high, step, log, unit").tag(sync=True)
    values = traitlets.Dict(help="by name; setting it in Python moves the sliders").tag(sync=True)
    sample_rate = traitlets.Int().tag(sync=True)
    sound = traitlets.Bytes(help="float32").tag(sync=True)
    gain = traitlets.Float(1.0, help="1 unless the sound would clip").tag(sync=True)
    pictures = traitlets.List(help="PNG files").tag(sync=True)
    alts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    places = traitlets.List(help="of each picture: its Place, or nothing").tag(sync=True)
    on_picture = traitlets.List(traitlets.Unicode(), help="two sliders that a press moves, or none").tag(sync=True)
    problem = traitlets.Unicode(help="what went wrong in the last call, in a sentence").tag(sync=True)
    rendered = traitlets.Int(help="calls so far: each answers one change of values").tag(sync=True)

    def __init__(
        self,
        function: Callable[..., ArrayLike | Tensor],
        sliders: Mapping[str, Slider],
        sample_rate: int,
        on_picture: tuple[str, str] | None = None,
    ) -> None:
        self.function, self.ranges = function, dict(sliders)
        super().__init__(
            sliders={name: asdict(slider) for name, slider in sliders.items()},
            values={name: slider.value for name, slider in sliders.items()},
            sample_rate=sample_rate,
            on_picture=list(on_picture or ()),
        )
        self._render()
        self.observe(lambda _: self._render(), "values")

    @traitlets.validate("values")
    def _within_ranges(self, proposal: dict[str, Any]) -> dict[str, float]:
        """Whoever sets them: the browser, or a line of Python."""
        values = {name: float(proposal["value"].get(name, slider.value)) for name, slider in self.ranges.items()}
        return {name: min(max(value, self.ranges[name].low), self.ranges[name].high) for name, value in values.items()}

    def _render(self) -> None:
        pictures = []
        try:
            with collected() as pictures:
                sound = within_limits(
                    lambda: as_sound("returned by your function", self.function(**self.values), self.sample_rate)
                )
            if len(sound) > MOST_SECONDS * self.sample_rate:
                raise CourseError(
                    f"The function returns {len(sound) / self.sample_rate:.0f} s: at most {MOST_SECONDS} s."
                )
            problem = ""
        except TooLong:
            problem = "The function was stopped: it took more than ten seconds. Let it make a shorter sound."
        except TooLarge:
            problem = "The function was stopped: it asked for too much memory. Let it make a shorter sound."
        except CourseError as error:
            problem = str(error)
        except Exception as error:
            called = ", ".join(f"{name}={value:g}" for name, value in self.values.items())
            problem = f"The function fails at {called}: {type(error).__name__}: {error}"
        with self.hold_sync():
            if not problem:
                self.sound = sound.astype("<f4").tobytes()
                self.gain = 1 / max(1.0, float(np.abs(sound).max()))
                self.pictures, self.alts = [each.png for each in pictures], [each.alt for each in pictures]
                self.places = [list(each.place or ()) for each in pictures]
            self.problem = problem
            self.rendered += 1

    def __repr__(self) -> str:
        return f"explore({', '.join(f'{name}={value:g}' for name, value in self.values.items())})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs)
        name = ", ".join(f"{name} {value:g} {self.ranges[name].unit}".strip() for name, value in self.values.items())
        sound = np.frombuffer(self.sound, "<f4") * self.gain
        line = f"<p>There are sliders here while the notebook runs; this is the sound at {html.escape(name)}.</p>"
        return {
            **data,
            "text/plain": repr(self),
            "text/html": line + audio_players({name: sound}, self.sample_rate),
        }, metadata


def _as_slider(name: str, given: Any) -> Slider:
    try:
        numbers = [float(number) for number in given]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) not in (2, 3):
        raise CourseError(f'The slider "{name}" is {given!r}: give (low, high), (low, high, value) or a Slider.')
    return Slider(*numbers)
