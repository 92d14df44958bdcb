"""A trained instrument as one web page: it opens from disk, without a network or Python, and is played at once."""

from __future__ import annotations

import base64
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from ddsp_course import __version__
from ddsp_course.autoencoder.model import PRE_ROLL_SECONDS, Autoencoder
from ddsp_course.data import CourseError, write_atomically

SOUND = ("decoder.js", "convolution.js", "synthesis.js", "pitch.js")
"""In this order: what runs on the audio thread and, to analyse a dropped file, on the page too."""
MOST_MILLIONS_A_SECOND = 200
"""Multiplications. Two cores of a small server do these in half a second of one of them; preset tiny has 63."""
PAGE = ("surface.js", "pictures.js", "melody.js", "page.js")


def export_html(model: Autoencoder, path: str | Path, *, name: str = "instrument") -> Path:
    """Write a model as a page that plays: by hand, keyboard, MIDI, a recording, or a microphone.

    path ends in .html, and what was there is replaced, whole or not at all; name is the title on the page, any text.
    The weights lie in it in half precision. Raises CourseError for another ending, for a model that was never trained,
    and for one with a residual encoder, which needs a sound to listen to.   Lesson 14.
    """
    path = Path(path)
    if path.suffix.lower() != ".html":
        raise CourseError(f"Cannot write {path}: give the page a name that ends in .html.")
    _check(model)
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    # Only our own files are taken as they are; whatever comes from outside goes through the template's escapes.
    inlined = {
        "style": _read("page.css"),
        "sound": "\n".join(map(_read, SOUND)),
        "worklet": _read("worklet.js"),
        "page": "\n".join(map(_read, PAGE)),
    }
    context = {
        **{part: Markup(text) for part, text in inlined.items()},
        "name": name,
        "model": described(model),
        "version": __version__,
    }
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page = environment.from_string(_read("page.html.jinja")).render(context)
    write_atomically(path, page.encode("utf-8"))
    return path


def described(model: Autoencoder) -> dict[str, Any]:
    """A model as plain values for JSON: config, statistics, and its tensors in half precision, base64 in one text.

    layout: for each tensor its name, its size and what to multiply by. Biases and gains, few but felt in every frame,
    come twice: the second is what rounding left over of the first, to be added. A room is stored as the impulse
    response [taps] that it comes to, as a share of its loudest tap: half precision has no numbers below 6e-8.
    Lesson 14.
    """
    tensors: dict[str, Tensor] = {
        name: weight for name, weight in model.state_dict().items() if name.startswith("decoder.")
    }
    if (room := model.room()) is not None:
        tensors["room"] = room.clone()
        tensors["room"][0] = 0.0  # the direct sound: the page plays it as it is
    layout, parts = [], []
    for name, tensor in tensors.items():
        values = tensor.detach().cpu().double().numpy().reshape(-1)
        for _ in range(2 if tensor.ndim == 1 and name != "room" else 1):
            scale = float(np.abs(values).max()) or 1.0
            halves = (values / scale).astype("<f2")
            layout.append([name, values.size, scale])
            parts.append(halves.tobytes())
            values = values - halves.astype(np.float64) * scale
    return {
        "config": asdict(model.config),
        "statistics": asdict(model.statistics) if model.statistics is not None else None,
        "layout": layout,
        "weights": base64.b64encode(b"".join(parts)).decode("ascii"),
        "pre_roll_s": PRE_ROLL_SECONDS,
    }


def _check(model: Autoencoder) -> None:
    config, decoder = model.config, model.decoder
    millions = sum(weight.numel() for weight in decoder.parameters()) * config.audio.frame_rate / 1e6
    if millions > MOST_MILLIONS_A_SECOND:
        raise CourseError(
            f"This model multiplies {millions:.0f} million times for a second of sound, and a page can about "
            f"{MOST_MILLIONS_A_SECOND}: it would stutter. Train one with preset tiny, or a smaller hidden_size."
        )
    if model.encoder is not None:
        raise CourseError(
            "This model has a residual encoder, which listens to the sound it imitates: a page has none to give it. "
            "Train one with latent_size 0."
        )
    if model.statistics is None:
        raise CourseError("This model was never trained: it knows no range of pitches to play in. Train or load one.")


def _read(file: str) -> str:
    text = resources.files("ddsp_course.autoencoder").joinpath("instrument", file).read_text(encoding="utf-8")
    if file.endswith((".js", ".css")) and ("</" in text or "<!--" in text):
        raise ValueError(f"{file} holds '</' or '<!--', which would end the element that it is put into.")
    return text
