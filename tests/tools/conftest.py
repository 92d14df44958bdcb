"""A small course for each test to spoil; and lets the tests beside it say `from small_course import ...`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_course import Course, write_course


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return write_course(tmp_path)
