"""What the notebooks need and the model does not."""

import importlib
from typing import Any

from ddsp_course.classroom.workbook import workbook

_ROOMS = {
    "check": "checking",
    "mine": "checking",
    "my_instrument": "runs",
    "new_run": "runs",
    "question": "questions",
    "report": "figures",
    "show_progress": "progress",
    "steps": "effort",
    "verdict": "figures",
}
_MODULES = ("listening", "plots")

__all__ = [*_MODULES, *_ROOMS, "workbook"]


def __getattr__(name: str) -> Any:
    """Each name from its module when it is first asked for: filling a workbook must not need what widgets need."""
    if name in _ROOMS:
        return getattr(importlib.import_module(f"{__name__}.{_ROOMS[name]}"), name)
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
