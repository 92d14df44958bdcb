"""What widgets send to the browser: the files in static/, each joined to one module or one style sheet."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parents[1] / "static"


def static(*names: str) -> str:
    """Files of static/, one after another: without a build step, this is how widgets share code."""
    return "\n".join((STATIC / name).read_text(encoding="utf-8") for name in names)
