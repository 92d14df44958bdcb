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
    if name not in _ROOMS and name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = importlib.import_module(f"{__name__}.{_ROOMS.get(name, name)}")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"Notebooks need {error.name}, which is not installed here: run pip install -e '.[course]' in the course's "
            "folder, or start the lessons with make lab.",
            name=error.name,
        ) from None
    return getattr(module, name) if name in _ROOMS else module
