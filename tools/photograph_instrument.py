"""Photograph the exported instrument for the README:  python tools/photograph_instrument.py docs/images

Writes instrument.png and instrument-dark.png: the bundled instrument, a note held on its pad.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import find_browser
from playwright.sync_api import sync_playwright

from ddsp_course import autoencoder

SCHEMES = {"light": "", "dark": "-dark"}
SOUNDING_MS = 1500


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        file = autoencoder.export_html(autoencoder.bundled(), Path(home) / "instrument.html", name="Bowed string")
        browser = playwright.chromium.launch(executable_path=find_browser.found(), args=["--no-sandbox"])
        for scheme, ending in SCHEMES.items():
            page = browser.new_page(
                viewport={"width": 1100, "height": 1000}, device_scale_factor=1.5, color_scheme=scheme
            )
            page.goto(file.as_uri())
            box = page.locator("#pad").bounding_box()
            page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.3 * box["height"])
            page.mouse.down()
            page.wait_for_timeout(SOUNDING_MS)
            page.screenshot(path=folder / f"instrument{ending}.png", full_page=True)
            page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
