"""How long a learner waits for the players:  python benchmarks/latencies.py

In a real JupyterLab and Chromium on this machine, medians of five: from a slider's move to its new sound, from running
a cell with five takes of ten seconds to all of them being there to play, and from Stop to a take that the kernel has
kept. Prints a table; the machine's load is in it.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Locator, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "browser"), str(ROOT / "tools")]
import find_browser  # noqa: E402
from lab import Lab, NotebookPage, learner  # noqa: E402
from widgets import state, until  # noqa: E402

REPEATS = 5
CELLS = (
    """
import torch
from ddsp_course.classroom import listening
takes = {f"take {i}": 0.1 * torch.randn(160_000) for i in range(5)}""",
    "listening.explore(lambda gain: gain * takes['take 0'][:32_000], gain=(0.0, 1.0, 0.5))",
    "listening.compare(takes)",
    "song = listening.record('latency')",
)


def slider_to_sound(notebook: NotebookPage) -> float:
    explorer = notebook.page.locator(".ddsp-explore")
    before = state(explorer)["rendered"]
    slider = explorer.get_by_role("slider", name="gain")
    slider.focus()
    return _seconds(lambda: notebook.page.keyboard.press("ArrowRight"), explorer, f"now.rendered > {before}")


def cell_to_five_takes(notebook: NotebookPage) -> float:
    begun = time.perf_counter()
    notebook.page.evaluate(
        "() => { const { content } = window.jupyterapp.shell.currentWidget; content.activeCellIndex = 2;"
        " content.widgets[2].outputArea.model.clear(); }"
    )
    notebook.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-cell'); }")
    notebook.page.wait_for_selector(".ddsp-compare:not(.ddsp-waiting)")
    return time.perf_counter() - begun


def stop_to_kernel(notebook: NotebookPage) -> float:
    recorder = notebook.page.locator(".ddsp-recorder")
    before = state(recorder)["take"]["number"]
    recorder.evaluate(
        """root => {
            root.ddsp.begin(48_000);
            for (let at = 0; at < 480_000; at += 4096)
                root.ddsp.hear(Float32Array.from({ length: 4096 }, (_, i) => 0.3 * Math.sin((at + i) / 20)));
        }"""
    )
    return _seconds(
        lambda: recorder.evaluate("root => root.ddsp.finish()"),
        recorder,
        f"now.phase === 'idle' && now.take.number > {before}",
    )


def _seconds(act, widget: Locator, condition: str) -> float:
    begun = time.perf_counter()
    act()
    until(widget, condition)
    return time.perf_counter() - begun


MEASURED = {
    "a slider's move to its new sound (2 s)": slider_to_sound,
    "a cell to five takes of 10 s in the browser": cell_to_five_takes,
    "Stop to 10 s at 48 kHz kept by the kernel": stop_to_kernel,
}


def main() -> None:
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        lab = Lab(Path(home) / "lab")
        try:
            browser = playwright.chromium.launch(executable_path=find_browser.found(), args=["--no-sandbox"])
            with learner(browser, lab) as notebook:
                notebook.open(lab.write("latencies.ipynb", *CELLS))
                notebook.run_all()
                until(notebook.page.locator(".ddsp-recorder"), "now.loaded")
                for name, measure in MEASURED.items():
                    seconds = [measure(notebook) for _ in range(REPEATS)]
                    print(f"{name:46} {1000 * statistics.median(seconds):6.0f} ms")
        finally:
            lab.stop()


if __name__ == "__main__":
    main()
