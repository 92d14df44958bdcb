"""All that the course shows on a page, judged by axe in light and in dark: names, roles, contrast, structure."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from lab import learner

SETUP = """
import torch
from ddsp_course.classroom import listening, plots
sound = 0.1 * torch.sin(2 * 3.14159 * 440 / 16_000 * torch.arange(16_000))
takes = {"one": sound, "two": 0.5 * sound}
"""
SHOWN = {
    "compare": "listening.compare(takes, f0_hz=[440.0] * 100)",
    "explore": "listening.explore(lambda gain: gain * sound, gain=(0.0, 1.0, 0.5))",
    "abx": "listening.abx(takes, name='axe')",
    "rate": "listening.rate(takes, reference='one', name='axe')",
    "play_harmonics": "listening.play_harmonics()",
    "record": "listening.record('axe')",
    "a plot": "plots.waveform(sound[:100], sample_rate=16_000, alt='A sine, seven periods of it.')",
}


@pytest.fixture(scope="module")
def page_of(chromium, lab):
    with learner(chromium, lab) as page:
        page.open(lab.write("accessibility.ipynb", SETUP, *SHOWN.values()))
        page.run_all()
        page.page.wait_for_selector(".ddsp-recorder")
        yield page


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("which", range(len(SHOWN)), ids=list(SHOWN))
def test_axe_finds_nothing(page_of, which, theme):
    page_of.theme(theme)
    place = page_of.cell(which + 1).locator(".jp-OutputArea-output").first
    place.scroll_into_view_if_needed()
    place.evaluate("element => element.setAttribute('data-judged', '')")
    found = Axe().run(page_of.page, context="[data-judged]", options={}).response
    place.evaluate("element => element.removeAttribute('data-judged')")
    assert found["passes"], "axe has looked at nothing"
    assert not found["violations"], "\n".join(
        f"{each['id']}: {each['help']}: {node['html'][:120]}" for each in found["violations"] for node in each["nodes"]
    )
