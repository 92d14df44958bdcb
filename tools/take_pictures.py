"""Photograph a demo's report for the README:  python tools/take_pictures.py demo/report.html docs/images

Writes report.png (its first screen) and report-dark.png; with --whole also the whole page, to look through it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import find_browser
from playwright.sync_api import sync_playwright


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("report", type=Path)
    options.add_argument("folder", type=Path)
    options.add_argument("--whole", action="store_true")
    chosen = options.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser.found(), args=["--no-sandbox"])
        for scheme, name in (("light", "report.png"), ("dark", "report-dark.png")):
            page = browser.new_page(viewport={"width": 1200, "height": 1000}, color_scheme=scheme)
            page.goto(chosen.report.resolve().as_uri())
            page.wait_for_timeout(1500)
            page.screenshot(path=chosen.folder / name, full_page=chosen.whole)
        browser.close()


if __name__ == "__main__":
    main()
