"""A page of its own inside a notebook: an exported instrument is played where it was made."""

from __future__ import annotations

import html
from pathlib import Path

from IPython.display import display

from ddsp_course.data.errors import CourseError


def embed(page: str | Path, *, title: str, height: int = 1140) -> None:
    """Show a whole .html file in the notebook, in a frame; it needs no network and no server.

    page: a file that stands by itself, as `autoencoder.export_html` writes; title: what the frame is called, for
    whoever cannot see it; height in pixels. The frame may ask for the microphone and for MIDI, as the page itself may.
    The whole page becomes part of the notebook when that is saved.
    Raises CourseError for a file that is not there or is no .html.
    """
    path = Path(page)
    if path.suffix.lower() != ".html":
        raise CourseError(f"Cannot show {path.name}: only a page that ends in .html can be shown in a notebook.")
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"Cannot read the page {path}: {error}.") from None
    frame = (
        f'<iframe title="{html.escape(title)}" srcdoc="{html.escape(content)}" allow="microphone; midi; autoplay" '
        f'width="100%" height="{int(height)}" style="border: 1px solid #888; max-width: 60rem"></iframe>'
    )
    display({"text/html": frame, "text/plain": f"{title}: open {path} in a browser."}, raw=True)
