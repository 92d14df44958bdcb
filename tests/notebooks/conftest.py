"""Kernels for tests, guarded; and lets the tests beside it say `from every_lesson import ...`."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from every_lesson import ROOT


@dataclass(frozen=True)
class Guard:
    """What to tell a kernel so that it stays on this machine, and where it writes down what it refused."""

    environment: dict[str, str]
    log: Path

    def refused(self) -> str:
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""


@pytest.fixture
def guard(tmp_path: Path) -> Guard:
    """Put up as `make test` does it."""
    profile, log = tmp_path / "ipython", tmp_path / "network.log"
    subprocess.run([sys.executable, str(ROOT / "tests" / "network_guard.py"), str(profile)], check=True)
    return Guard({"IPYTHONDIR": str(profile), "DDSP_COURSE_NETWORK_LOG": str(log)}, log)


@pytest.fixture(autouse=True)
def a_workbook_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DDSP_COURSE_WORKBOOK", str(tmp_path / "workbook"))
