"""Models on disk: one file with weights and all that is needed to use them; never a pickle, never half-written."""

from __future__ import annotations

import json
from dataclasses import fields
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_safetensors

from ddsp_course.autoencoder.devices import find_device
from ddsp_course.autoencoder.model import Autoencoder, TrainingStatistics
from ddsp_course.autoencoder.settings import ModelConfig
from ddsp_course.data import CourseError, write_atomically

MODEL_FILE = "model.safetensors"
FORMAT = "ddsp_course autoencoder 1"
METADATA_KEY = "ddsp_course"  # one key: safetensors writes several in an order that changes


def save(model: Autoencoder, path: str | Path) -> Path:
    """Write weights, config and training statistics as one atomic file; returns its path.

    path: a folder (then model.safetensors in it) or a name ending in .safetensors. Of a compiled model
    (torch.compile) the one inside is saved.   Lesson 11.
    """
    model = getattr(model, "_orig_mod", model)
    file = _model_file(Path(path))
    weights = {name: value.detach().cpu().contiguous().clone() for name, value in model.state_dict().items()}
    metadata = {METADATA_KEY: json.dumps({"format": FORMAT, **model.metadata()})}
    write_atomically(file, to_safetensors(weights, metadata=metadata))
    return file


def load(path: str | Path, *, device: str | torch.device = "cpu") -> Autoencoder:
    """A trained model from its run folder or its .safetensors file, ready to play.

    Nothing in the file is executed. Raises CourseError if it is missing, truncated, something else (a pickle, say), or
    does not fit together, and if there is no such device ("auto" takes the best).   Lesson 11.
    """
    where = find_device(device)
    file = _model_file(Path(path))
    if not file.is_file():
        raise CourseError(f"There is no trained model at {file}: train one first, or check the name.")
    try:
        with safe_open(file, framework="pt", device="cpu") as opened:
            metadata = opened.metadata() or {}
            weights = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError) as error:
        raise CourseError(
            f"{file} is not a whole safetensors file ({error}): it was cut short, or it is something else. "
            "Nothing in it was run; train again or fetch another copy."
        ) from None
    config, statistics = _read_metadata(file, metadata.get(METADATA_KEY, "{}"))
    model = Autoencoder(config, statistics)
    _fill(model, weights, file)
    return model.to(where).eval()


def bundled(name: str = "bowed_string") -> Autoencoder:
    """A model that comes with the course, trained by tools/train_assets.py.   Lesson 0.

    name: "bowed_string", or "bowed_string_plain", the same without Fourier features of the pitch, which has more left
    to learn (Lesson 18). Raises CourseError for another.
    """
    assets = files("ddsp_course") / "assets"
    names = sorted(file.name for file in assets.iterdir())
    there = [file.removesuffix(".safetensors") for file in names if file.endswith(".safetensors")]
    if name not in there:
        raise CourseError(f"No model called {name!r} comes with the course, only {' and '.join(there)}.")
    with as_file(assets / f"{name}.safetensors") as path:
        return load(path)


def _model_file(path: Path) -> Path:
    return path if path.suffix == ".safetensors" else path / MODEL_FILE


def _read_metadata(file: Path, text: str) -> tuple[ModelConfig, TrainingStatistics | None]:
    try:
        described: dict[str, Any] = json.loads(text)
        if described.get("format") != FORMAT:
            raise ValueError(f'it was not written by this package as "{FORMAT}"')
        config = ModelConfig(**described["config"])
        statistics = described["statistics"]
        if statistics is not None:
            statistics = {
                key: tuple(map(float, value)) if isinstance(value, list) else float(value)
                for key, value in statistics.items()
            }
            if set(statistics) != {field.name for field in fields(TrainingStatistics)}:
                raise ValueError("unknown statistics")
            statistics = TrainingStatistics(**statistics)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CourseError(
            f"The description inside {file} makes no sense ({error}): fetch another copy, or train again."
        ) from None
    return config, statistics


def _fill(model: Autoencoder, weights: dict[str, torch.Tensor], file: Path) -> None:
    """Put weights into a model of the described shape; say in one sentence where they differ."""
    wanted = model.state_dict()
    for name in sorted(wanted.keys() | weights.keys()):
        if name not in weights or name not in wanted:
            where = "is missing" if name not in weights else "is not part of such a model"
            raise CourseError(f"The weights in {file} are of another config: {name} {where}.")
        if weights[name].shape != wanted[name].shape:
            raise CourseError(
                f"The weights in {file} are of another config: {name} has shape {tuple(weights[name].shape)}, "
                f"the config asks for {tuple(wanted[name].shape)}."
            )
        if not torch.isfinite(weights[name]).all():
            raise CourseError(f"The weights in {file} hold NaN or inf in {name}: the file is damaged, train again.")
    model.load_state_dict(weights)
