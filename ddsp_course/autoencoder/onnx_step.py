"""One step of the decoder as an ONNX file: for people who write plugins, and have no Python."""

from __future__ import annotations

import copy
import json
import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from ddsp_course.autoencoder.model import Autoencoder
from ddsp_course.data import CourseError, Features, write_atomically

INPUTS = ("f0_hz", "loudness_db", "state")
OUTPUTS = ("amplitude", "harmonic_distribution", "noise_magnitudes", "next_state")


class DecoderStep(nn.Module):
    """A frame's pitch and loudness and the GRU's state in, what the synthesizer is told and the next state out.

    f0_hz, loudness_db [1, 1], state [1, 1, hidden_size] -> amplitude [1, 1], harmonic_distribution [1, 1, harmonics],
    noise_magnitudes [1, 1, bands], next_state.   Lesson 14.
    """

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.decoder, self.audio = model.decoder, model.audio_config

    def forward(self, f0_hz: Tensor, loudness_db: Tensor, state: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        features = Features(f0_hz, torch.ones_like(f0_hz), loudness_db, self.audio)
        controls, state = self.decoder.go_on(features, state=state)
        return controls.amplitude, controls.harmonic_distribution, controls.noise_magnitudes, state


def export_onnx(model: Autoencoder, path: str | Path) -> Path:
    """Write the decoder's step, 250 of which make a second, to one .onnx file; any file of that name is replaced.

    Inputs and outputs are those of `DecoderStep`, by name; start from a state of zeros and half a second of rest
    (pre_roll_frames of rest_loudness_db). The file says these, its sample_rate, hop_size and room_seconds in its
    metadata; the room itself, the oscillators and the noise are not in it. Raises CourseError for a model with
    a latent encoder, a name that does not end in .onnx, and where the extra `export` is not installed.   Lesson 14.
    """
    path = Path(path)
    if path.suffix.lower() != ".onnx":
        raise CourseError(f"An ONNX file's name ends in .onnx, not {path.name!r}.")
    if model.encoder is not None:
        raise CourseError("A model with a latent encoder listens to whole recordings: it has no step to export.")
    try:
        import onnx
        import onnxscript  # noqa: F401  (torch.onnx asks for it)
    except ImportError:
        raise CourseError(
            "Exporting to ONNX needs onnx and onnxscript: pip install -e '.[export]' in the course's folder."
        ) from None
    step = DecoderStep(copy.deepcopy(model).cpu()).eval()
    example = (torch.full((1, 1), 440.0), torch.full((1, 1), -30.0), torch.zeros(1, 1, model.config.hidden_size))
    with tempfile.TemporaryDirectory() as folder, torch.no_grad(), _without_torchs_remarks():
        whole = Path(folder) / "step.onnx"
        torch.onnx.export(
            step,
            example,
            whole,
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        exported = onnx.load(whole)
    onnx.helper.set_model_props(exported, {name: json.dumps(value) for name, value in _about(model).items()})
    onnx.checker.check_model(exported)
    write_atomically(path, exported.SerializeToString())
    return path


@contextmanager
def _without_torchs_remarks() -> Iterator[None]:
    """That torchvision is not there, and what torch's own GRU does while it is exported, is nobody's concern here."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*were assigned during export.*")
            yield
    finally:
        logger.setLevel(level)


def _about(model: Autoencoder) -> dict[str, float | int | None]:
    audio, statistics = model.audio_config, model.statistics
    return {
        "sample_rate": audio.sample_rate,
        "hop_size": audio.hop_size,
        "pre_roll_frames": model.pre_roll_frames,
        "rest_loudness_db": -80.0 if statistics is None else statistics.rest_loudness_db,
        "room_seconds": model.config.room_seconds,
    }
