"""A real JupyterLab on loopback, and a notebook open in it: what a learner has before them, driven by a test.

    def test_a_lesson(lab, notebook):
        notebook.open(lab.write("first.ipynb", "print(6 * 7)"))
        notebook.run_all()
        assert notebook.text(0) == "42"

Commands go through JupyterLab's own application object and not through its menus; what came out is read from the
notebook's model and not from the page. What the page complained of is in `complaints`, where it went in `requests`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, Locator, Page

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN_S = 60.0
# No news and no questions; nothing saved but on demand; every cell on the page at once, seen or not.
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
NOTEBOOK = "window.jupyterapp.shell.currentWidget"


class Lab:
    """A server with folders of its own. root: where its notebooks lie; network_log: what its kernels reached for."""

    def __init__(self, home: Path) -> None:
        self.home, self.root, self.token = home, home / "notebooks", secrets.token_hex(16)
        self.network_log = home / "network.log"
        self.root.mkdir(parents=True)
        overrides = home / "app" / "overrides.json"
        overrides.parent.mkdir()
        overrides.write_text(json.dumps(SETTINGS))
        guard_kernels(home / "ipython")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"]
        command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={self.root}"]
        command += [f"--IdentityProvider.token={self.token}", "--LabApp.expose_app_in_browser=True"]
        command += [f"--LabApp.app_settings_dir={overrides.parent}"]
        self.log = (home / "server.log").open("w", encoding="utf-8")
        self.process = subprocess.Popen(
            command, env=self.environment(), stdout=self.log, stderr=subprocess.STDOUT, cwd=self.root
        )
        self._wait()

    def environment(self) -> dict[str, str]:
        """Of the server and its kernels: the package as it lies here, and no file of whoever runs the tests."""
        private = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        return {
            **os.environ,
            **{variable: str(self.home / folder) for variable, folder in private.items()},
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
            "DDSP_COURSE_WORKBOOK": str(self.root),
            "DDSP_COURSE_NETWORK_LOG": str(self.network_log),
        }

    def write(self, name: str, *cells: str) -> str:
        """A notebook of these code cells; returns its name."""
        cells = [nbformat.v4.new_code_cell(source) for source in cells]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), self.root / name)
        return name

    def add(self, path: Path) -> str:
        """A copy of a notebook from elsewhere; returns its name."""
        shutil.copy(path, self.root / path.name)
        return path.name

    def read(self, name: str) -> Any:
        """A notebook as it lies on disk."""
        return nbformat.read(self.root / name, as_version=4)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def _wait(self) -> None:
        end = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < end and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/api?token={self.token}", timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"JupyterLab did not start:\n{Path(self.log.name).read_text(encoding='utf-8')[-3000:]}")


class NotebookPage:
    """A notebook open in JupyterLab. complaints: errors of the console, exceptions; requests: every address."""

    def __init__(self, page: Page, lab: Lab) -> None:
        self.page, self.lab = page, lab
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self, name: str, *, timeout: float = 60) -> NotebookPage:
        """Open a notebook of the lab's folder in an otherwise empty workspace, and wait for its kernel."""
        address = f"{self.lab.url}/lab/tree/{name}?token={self.lab.token}&reset"
        self.page.goto(address, wait_until="domcontentloaded")
        self._wait_for("() => window.jupyterapp", timeout)
        self.page.evaluate("() => window.jupyterapp.restored.then(() => {})")
        self._wait_for(f"() => {NOTEBOOK}?.context?.isReady && {NOTEBOOK}.sessionContext?.isReady", timeout)
        return self.wait_until_idle(timeout=timeout)

    def run_all(self, *, timeout: float = 120, errors: bool = False) -> list[dict[str, Any]]:
        """Run every cell, as the menu's Run All does; returns the cells.

        Raises AssertionError for an error output, unless errors are wanted or the cell's tags say that it is meant.
        """
        self.page.evaluate("""() => {
            window.ran = false;
            window.jupyterapp.commands.execute("notebook:run-all-cells").finally(() => { window.ran = true; });
        }""")
        self._wait_for("() => window.ran", timeout)
        self.wait_until_idle(timeout=timeout)
        cells = self.cells()
        unmeant = [cell for cell in cells if "raises-exception" not in cell["metadata"].get("tags", [])]
        failed = [out for cell in unmeant for out in cell.get("outputs", []) if out["output_type"] == "error"]
        assert errors or not failed, "\n".join(f"{each['ename']}: {each['evalue']}" for each in failed)
        return cells

    def wait_until_idle(self, *, timeout: float = 60) -> NotebookPage:
        self._wait_for(f"() => {NOTEBOOK}.sessionContext.session?.kernel?.status === 'idle'", timeout)
        return self

    def cells(self) -> list[dict[str, Any]]:
        """The notebook as JupyterLab has it now, cell by cell, as in a notebook's file."""
        return self.page.evaluate(f"() => {NOTEBOOK}.content.model.toJSON().cells")

    def text(self, index: int) -> str:
        """What a cell printed, or the plain text of what it showed."""
        outputs = self.cells()[index]["outputs"]
        parts = [each.get("text", each.get("data", {}).get("text/plain", "")) for each in outputs]
        return "\n".join("".join(part).strip() for part in parts)

    def cell(self, index: int) -> Locator:
        """A cell on the page, to click in and to look at."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def execute(self, code: str, *, timeout: float = 60) -> str:
        """Run code in the notebook's kernel without a cell; returns what it printed. An error is an AssertionError."""
        printed, failed = self.page.evaluate(
            f"""async ([code, timeout]) => {{
                const kernel = {NOTEBOOK}.sessionContext.session.kernel;
                const future = kernel.requestExecute({{ code, store_history: false }});
                let [printed, failed] = ["", ""];
                future.onIOPub = ({{ header, content }}) => {{
                    if (header.msg_type === "stream") printed += content.text;
                    if (header.msg_type === "error") failed = `${{content.ename}}: ${{content.evalue}}`;
                }};
                const late = new Promise((done) => setTimeout(done, timeout, "late"));
                if (await Promise.race([future.done, late]) === "late") failed = `not done after ${{timeout}} ms`;
                return [printed, failed];
            }}""",
            [code, 1000 * timeout],
        )
        assert not failed, failed
        return printed.strip()

    def restart_kernel(self, *, timeout: float = 60) -> NotebookPage:
        self.page.evaluate(f"() => {NOTEBOOK}.sessionContext.restartKernel()")
        return self.wait_until_idle(timeout=timeout)

    def shut_down(self) -> None:
        """End the kernel, if there is one."""
        self.page.evaluate("() => window.jupyterapp?.shell.currentWidget?.sessionContext?.shutdown()")

    def save(self) -> None:
        self.page.evaluate(f"() => {NOTEBOOK}.context.save()")

    def theme(self, name: str) -> None:
        """ "JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"."""
        self.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", name)
        light = "false" if "Dark" in name else "true"
        self._wait_for(f"() => document.body.dataset.jpThemeLight === '{light}'", 20)

    def strangers(self) -> list[str]:
        """Addresses outside this machine that the page asked for."""
        here = (self.lab.url, self.lab.url.replace("http", "ws", 1), "data:", "blob:", "about:")
        return [url for url in self.requests if not url.startswith(here)]

    def _wait_for(self, condition: str, timeout: float) -> None:
        self.page.wait_for_function(condition, timeout=1000 * timeout)


@contextlib.contextmanager
def learner(browser: Browser, lab: Lab, **settings: Any) -> Iterator[NotebookPage]:
    """A page that opens notebooks, and ends their kernel; settings: Playwright's, of the browser's context.

    At its end nothing may have gone wrong on it, and neither it nor a kernel may have reached for the network.
    """
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
    page = NotebookPage(context.new_page(), lab)
    try:
        yield page
        complaints = list(page.complaints)  # JupyterLab's own about a kernel that is being ended are not ours
        page.shut_down()
    finally:
        context.close()
    assert not complaints, "\n".join(complaints)
    assert not page.strangers(), "\n".join(page.strangers())
    assert not lab.network_log.exists(), lab.network_log.read_text(encoding="utf-8")


def guard_kernels(ipython_folder: Path) -> None:
    """Kernels that keep their profile in this folder refuse, and record, whatever leaves the machine."""
    spec = importlib.util.spec_from_file_location("network_guard", ROOT / "tests" / "network_guard.py")
    assert spec is not None and spec.loader is not None
    guard = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(guard)
    guard.guard_kernels(ipython_folder)
