"""Numbers that a lesson prints and that nbval compares: rounded, with their unit, the same on every machine."""

from __future__ import annotations

import json
import math
import os

from torch import Tensor

from ddsp_course.classroom.effort import shortened

LOG_VARIABLE = "DDSP_COURSE_REPORT_LOG"


def report(label: str, value: float | Tensor, unit: str = "", digits: int = 2, *, of_training: bool = False) -> None:
    """Print one measured number: "label: value unit", with so many digits after the point.

    value: a number or a tensor with one element. Choose digits so that a last bit that differs between machines
    cannot show: the builder of the lessons refuses a value that lies near a rounding edge. of_training: it comes from a
    training, in which a last bit grows; after a shortened run (see `effort`) it is not told.
    """
    if of_training and shortened():
        print(f"{label}: not told after a shortened run.")
        return
    number = float(value)
    _log(label, number, digits)
    shown = f"{number:.{digits}f}" if math.isfinite(number) else str(number)
    if float(shown) == 0 and shown.startswith("-"):
        shown = shown[1:]  # no "-0.0"
    print(f"{label}: {shown} {unit}".rstrip())


def verdict(
    label: str,
    value: float | Tensor,
    *,
    below: float | None = None,
    above: float | None = None,
    unit: str = "",
    of_training: bool = False,
) -> None:
    """Print whether a number that training or a machine moves a little is on the right side of a threshold.

    of_training: it needs all the steps, so a shortened run (see `effort`) is not judged, and says so.
    Raises ValueError unless exactly one of below and above is given.
    """
    if (below is None) == (above is None):
        raise ValueError("verdict needs one threshold: below=... or above=....")
    number = float(value)
    holds = number < below if below is not None else number > above  # type: ignore[operator]
    threshold = f"{'below' if below is not None else 'above'} {below if below is not None else above:g} {unit}".rstrip()
    if of_training and shortened():
        print(f"{label}: {threshold}? Not judged after a shortened run.")
        return
    print(f"{label}: {'yes,' if holds else 'no, not'} {threshold}")


def _log(label: str, value: float, digits: int) -> None:
    if path := os.environ.get(LOG_VARIABLE):
        with open(path, "a", encoding="utf-8") as log:
            log.write(json.dumps({"label": label, "value": value, "digits": digits}) + "\n")
