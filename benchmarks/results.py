"""Where the figures of a benchmark go: benchmarks/results/NAME.json, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ddsp_course.data import write_atomically

FOLDER = Path(__file__).parent / "results"


def write(name: str, found: Any) -> Path:
    file = FOLDER / f"{name}.json"
    write_atomically(file, (json.dumps(found, indent=1) + "\n").encode())
    return file
