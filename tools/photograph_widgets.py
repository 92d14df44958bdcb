"""Photograph two of the notebooks' players for the README:  python tools/photograph_widgets.py docs/images

Writes compare.png and play_harmonics.png, and each in dark, out of a real JupyterLab as the browser's tests start it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import find_browser
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "browser"))
from lab import Lab, learner

PLAYERS = {
    "compare": """
import torch
from ddsp_course import autoencoder, data, instruments
from ddsp_course.classroom import listening
take = instruments.bowed_string(minutes=0.4, seed=2, progress=False)[0].audio[:, 219_200:293_440]
features = data.extract_features(data.Recording(take))
with torch.no_grad():
    stems = autoencoder.bundled()(features, generator=torch.Generator().manual_seed(0))
listening.compare(
    {"recording": take, "the network": stems.wet, "without its room": stems.dry, "its noise": stems.noise},
    f0_hz=features.f0_hz[0],
)""",
    "play_harmonics": """
from ddsp_course.classroom import listening
listening.play_harmonics(f0_hz=330.0)""",
}
THEMES = {"JupyterLab Light": "", "JupyterLab Dark": "-dark"}
DRAWN_AFTER_MS = 3000


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        lab = Lab(Path(home))
        try:
            browser = playwright.chromium.launch(executable_path=find_browser.found(), args=["--no-sandbox"])
            with learner(browser, lab, viewport={"width": 1300, "height": 1100}, device_scale_factor=1.5) as page:
                page.open(lab.write("players.ipynb", *PLAYERS.values()))
                page.run_all()
                for theme, ending in THEMES.items():
                    page.theme(theme)
                    for index, name in enumerate(PLAYERS):
                        widget = page.cell(index).locator(".ddsp-widget")
                        widget.scroll_into_view_if_needed()
                        page.page.wait_for_timeout(DRAWN_AFTER_MS)
                        widget.screenshot(path=folder / f"{name}{ending}.png")
        finally:
            lab.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
