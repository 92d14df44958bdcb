"""tools/find_browser.py: the browser that is there, one that apt brings, or a sentence; never a pretended success."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_spec = importlib.util.spec_from_file_location("find_browser", ROOT / "tools" / "find_browser.py")
find_browser = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(find_browser)


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare(tmp_path, monkeypatch) -> Path:
    """A machine without a browser: an empty path, and Playwright has fetched none."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("DDSP_COURSE_BROWSER", raising=False)
    monkeypatch.setattr(find_browser, "ON_MACOS", ())
    monkeypatch.setattr(find_browser, "playwrights_own", lambda: str(tmp_path / "no such browser"))
    monkeypatch.setattr(find_browser, "may_install", lambda: False)
    return tmp_path / "bin"


def test_a_browser_on_the_path_is_printed(bare, capsys):
    chrome = script(bare / "google-chrome", "echo Chrome 140")
    assert find_browser.main() == 0
    assert capsys.readouterr().out == f"{chrome}\n"


def test_one_that_is_named_by_hand_comes_first(bare, monkeypatch, capsys, tmp_path):
    script(bare / "chromium", "echo Chromium")
    mine = script(tmp_path / "my browsers" / "chrome", "echo Chrome")
    monkeypatch.setenv("DDSP_COURSE_BROWSER", str(mine))
    assert find_browser.main() == 0
    assert capsys.readouterr().out == f"{mine}\n"


def test_one_that_does_not_run_is_passed_over(bare, capsys):
    """On Ubuntu chromium-browser is a script that asks for a snap."""
    script(bare / "chromium-browser", "echo 'requires the chromium snap' >&2; exit 10")
    chrome = script(bare / "google-chrome", "echo Chrome 140")
    assert find_browser.main() == 0
    assert capsys.readouterr().out == f"{chrome}\n"


def test_playwrights_own_is_the_last_resort(bare, monkeypatch, capsys, tmp_path):
    own = script(tmp_path / "ms-playwright" / "chrome", "echo Chromium")
    monkeypatch.setattr(find_browser, "playwrights_own", lambda: str(own))
    assert find_browser.main() == 0
    assert capsys.readouterr().out == f"{own}\n"


def test_without_any_there_is_one_sentence_and_nothing_on_stdout(bare, capsys):
    assert find_browser.main() == 1
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    assert "install Chromium or Google Chrome" in said.err and "playwright install chromium" in said.err


def test_on_debian_root_gets_one_from_apt(bare, monkeypatch, capfd):
    """apt is a stand-in that lays a browser down, and says on its stdout what must not become the path."""
    chromium = bare / "chromium"
    lay_down = f'printf "#!/bin/sh\\n" > "{chromium}" && /bin/chmod +x "{chromium}"'
    script(bare / "apt-get", f'echo "apt-get $*"; [ "$1" = update ] || {{ {lay_down}; }}')
    monkeypatch.setattr(find_browser, "may_install", lambda: True)
    assert find_browser.main() == 0
    said = capfd.readouterr()
    assert said.out == f"{chromium}\n"
    assert said.err.splitlines() == ["apt-get update", "apt-get install --yes --no-install-recommends chromium"]


def test_an_apt_that_fails_ends_in_the_sentence(bare, monkeypatch, capfd):
    script(bare / "apt-get", "exit 100")
    monkeypatch.setattr(find_browser, "may_install", lambda: True)
    assert find_browser.main() == 1
    assert "No Chromium was found" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("system", "user", "may"),
    [
        ("ID=debian", 0, True),
        ("ID=debian", 1000, False),
        ("ID=ubuntu\nID_LIKE=debian", 0, False),
        ("ID=fedora", 0, False),
    ],
)
def test_nothing_is_installed_but_on_debian_by_root(tmp_path, monkeypatch, system, user, may):
    (tmp_path / "os-release").write_text(f'NAME="A system"\n{system}\n')
    monkeypatch.setattr(find_browser, "OS_RELEASE", tmp_path / "os-release")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    script(tmp_path / "bin" / "apt-get", "")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_browser.may_install() is may


def test_playwright_says_where_its_own_would_be():
    assert "chrom" in find_browser.playwrights_own()


def test_a_browser_that_hangs_is_passed_over(tmp_path, monkeypatch):
    def hangs(*_, timeout, **__):
        raise subprocess.TimeoutExpired("chromium", timeout)

    monkeypatch.setattr(subprocess, "run", hangs)
    assert find_browser.runs("chromium") is False
