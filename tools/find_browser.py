"""Print the path of a Chromium or Chrome that runs; on Debian, as root, install one if there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
ON_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
OS_RELEASE = Path("/etc/os-release")
NONE_FOUND = (
    "No Chromium was found: install Chromium or Google Chrome, or let Playwright fetch its own with "
    f"'{sys.executable} -m playwright install chromium'."
)


def main() -> int:
    browser = found()
    if browser is None and may_install():
        install()
        browser = found()
    if browser is None:
        print(f"make: {NONE_FOUND}", file=sys.stderr)
        return 1
    print(browser)
    return 0


def found() -> str | None:
    """The first that runs."""
    return next(filter(runs, candidates()), None)


def candidates() -> Iterator[str]:
    """Where a browser may be, the one named by hand first, Playwright's own last (asking for it takes a second)."""
    if named := os.environ.get("DDSP_COURSE_BROWSER"):
        yield named
    yield from filter(None, map(shutil.which, NAMES))
    yield from ON_MACOS
    yield playwrights_own()


def playwrights_own() -> str:
    """Where Playwright's browser is, or would be."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def runs(browser: str) -> bool:
    """Whether it starts at all: Ubuntu's chromium-browser may be an empty shell that asks for a snap."""
    try:
        return subprocess.run([browser, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def may_install() -> bool:
    """Only on Debian itself and only as root: elsewhere it is the user's machine, and the user's decision."""
    is_debian = OS_RELEASE.is_file() and "ID=debian" in OS_RELEASE.read_text(encoding="utf-8").splitlines()
    return is_debian and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install() -> None:
    """With apt; what it says goes to stderr, as stdout is for the path."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]):
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment)


if __name__ == "__main__":
    sys.exit(main())
