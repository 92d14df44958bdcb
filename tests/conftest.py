"""What every test takes for granted: its own cache and workbook, one thread, no window, no network."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from pathlib import Path

import pytest

# Before anything imports torch or numba. `make test` sets all of these; a bare `pytest tests` gets the same world.
# Workers of pytest-xdist inherit the first process's folders, so that they share one cache.
_scratch = None
for _variable in ("DDSP_COURSE_CACHE", "DDSP_COURSE_WORKBOOK"):
    if not os.environ.get(_variable):
        _scratch = _scratch or tempfile.TemporaryDirectory(prefix="ddsp-course-tests-", ignore_cleanup_errors=True)
        os.environ[_variable] = str(Path(_scratch.name) / _variable.rpartition("_")[2].lower())
        Path(os.environ[_variable]).mkdir()
os.environ.setdefault("DDSP_COURSE_EFFORT", "test")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

# By its path: with --import-mode=importlib the folder of the tests is not on sys.path.
_spec = importlib.util.spec_from_file_location("network_guard", Path(__file__).with_name("network_guard.py"))
assert _spec is not None and _spec.loader is not None
_guard = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_guard)

# What builds the lessons is run as a script, from its own folder.
sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))


def pytest_configure() -> None:
    _guard.install()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With --dist=loadgroup the tests of a file stay together, but for those that name another group."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.name))
