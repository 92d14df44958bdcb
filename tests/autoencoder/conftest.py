"""Lets the tests beside it say `from toy_player import ...`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

# By its path: with --import-mode=importlib the folder of the tests is not on sys.path.
if "toy_player" not in sys.modules:
    _spec = importlib.util.spec_from_file_location("toy_player", Path(__file__).with_name("toy_player.py"))
    assert _spec is not None and _spec.loader is not None
    sys.modules["toy_player"] = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules["toy_player"])
