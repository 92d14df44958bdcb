"""A real Chromium, started once; every page it opens is watched for errors and for reaching out."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)
"""A browser that is left alone looks up its maker's hosts, at every start."""


# Lets the tests beside it say `from lab import ...`: with --import-mode=importlib their folder is not on sys.path.
for _name in ("lab", "widgets"):
    if _name not in sys.modules:
        _spec = importlib.util.spec_from_file_location(_name, Path(__file__).with_name(f"{_name}.py"))
        assert _spec is not None and _spec.loader is not None
        sys.modules[_name] = importlib.util.module_from_spec(_spec)
        _spec.loader.exec_module(sys.modules[_name])
from lab import Lab, NotebookPage, learner  # noqa: E402


def browser_path() -> str:
    """The browser that `make test-browser` found, or one found the same way."""
    if named := os.environ.get("DDSP_COURSE_BROWSER"):
        return named
    spec = importlib.util.spec_from_file_location("find_browser", ROOT / "tools" / "find_browser.py")
    assert spec is not None and spec.loader is not None
    finder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(finder)
    found = finder.found()
    assert found is not None, finder.NONE_FOUND
    return found


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable[..., Browser]]:
    """Starts the browser with further arguments of its command line; all are closed at the end."""
    with sync_playwright() as playwright:
        started = []

        def start(*arguments: str) -> Browser:
            # Without its sandbox: as root (in a container, in CI) it would not start, and it only opens our own pages.
            arguments = ("--no-sandbox", *QUIET, *arguments)
            started.append(playwright.chromium.launch(executable_path=browser_path(), args=list(arguments)))
            return started[-1]

        yield start
        for browser in started:
            browser.close()


@pytest.fixture(scope="session")
def chromium(launch: Callable[..., Browser]) -> Browser:
    return launch()


@dataclass
class Watched:
    """A page, and what went wrong on it: messages of the console, exceptions, and every address it asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def watched(chromium: Browser) -> Iterator[Watched]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    seen = Watched(context.new_page())
    seen.page.on(
        "console", lambda said: seen.complaints.append(said.text) if said.type in ("error", "warning") else None
    )
    seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    seen.page.on("request", lambda request: seen.requests.append(request.url))
    yield seen
    context.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One JupyterLab for all tests; notebooks of one name are one notebook."""
    server = Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


@pytest.fixture
def notebook(chromium: Browser, lab: Lab) -> Iterator[NotebookPage]:
    """A page that opens notebooks; afterwards nothing may have gone wrong on it, and nobody have left the machine."""
    with learner(chromium, lab) as page:
        yield page
