"""Training, start to end: recordings in, an instrument out; it can be watched, interrupted and taken up again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from ddsp_course.autoencoder.devices import find_device
from ddsp_course.autoencoder.model import Autoencoder
from ddsp_course.autoencoder.processes import join_processes
from ddsp_course.autoencoder.run_folder import check_new_run, read_training_state, rewind_log
from ddsp_course.autoencoder.settings import settings
from ddsp_course.autoencoder.trainer import Trainer, TrainingProgress
from ddsp_course.data import CourseError, Features, Recording, Recordings, extract_all
from ddsp_course.data.types import features_of, takes_of


def train(
    recordings: Recording | Sequence[Recording],
    *,
    preset: str | Path = "tiny",
    steps: int | None = None,
    minutes: float | None = None,
    out: str | Path | None = None,
    held_out: Recording | Sequence[Recording] | None = None,
    features: Features | Sequence[Features] | None = None,
    held_out_features: Features | Sequence[Features] | None = None,
    seed: int = 0,
    device: str | torch.device = "auto",
    resume: bool = False,
    overrides: Mapping[str, Any] | None = None,
    callback: Callable[[TrainingProgress], None] | None = None,
    progress: bool = True,
) -> Autoencoder:
    """Train an instrument on recordings of it, and hand it back ready to play.

    steps of the optimizer, or minutes (20 steps are timed, then their number is fixed); out: the run folder (None:
    nothing is written); held_out takes are scored every so often and never learned from; features are tracked unless
    given (one for each take); resume goes on where out stopped, bit for bit on a CPU, up to the same number of steps
    unless another is given (minutes only count until that number is fixed). Ctrl-C saves and ends. Under `torchrun` or
    `accelerate launch` the batch is shared out to all processes, which must see the same files; the first one writes.
    Raises CourseError for what is no recording, if there is too little to learn from, if held_out is on another time
    grid, if features are not those of the recordings, if out holds another run, if a run is resumed that is as long as
    was asked for already, or if 20 steps in a row give no finite gradient.
    Lesson 11.   Engel et al. 2020, section 4.
    """
    if (steps is not None and minutes is not None) or (steps is None and minutes is None and not resume):
        raise CourseError("Say how long to train: either steps=1200 or minutes=5.")
    if (steps is not None and steps < 1) or (minutes is not None and not 0 < minutes < math.inf):
        given = minutes if steps is None else steps
        raise CourseError(f"Training needs a positive number of steps or minutes, not {given}.")
    takes, held_out = takes_of(recordings), takes_of(() if held_out is None else held_out)
    if not takes:
        raise CourseError("There is nothing to learn from: give at least one recording.")
    recordings = Recordings(takes)
    for take in held_out:
        if take.config != recordings.config:
            raise CourseError(
                f"The held_out recording {take.name} is at {take.config.sample_rate} Hz with a hop of "
                f"{take.config.hop_size}, but the training recordings are at {recordings.config.sample_rate} Hz with "
                f"{recordings.config.hop_size}: load both with one config."
            )
    features, held_out_features = features_of(features), features_of(held_out_features)
    chosen = settings(preset, overrides, audio=recordings.config)
    folder = None if out is None else Path(out)
    state = read_training_state(folder, chosen, steps=steps, minutes=minutes) if resume else None
    processes = join_processes(find_device(device))
    if folder is not None and not resume and processes.first:
        check_new_run(folder)
    where, shown = processes.device, progress and processes.first
    with processes.first_goes_first():
        if features is None:
            features = extract_all(recordings, progress=shown, device=where.type)
        if held_out and held_out_features is None:
            held_out_features = extract_all(held_out, progress=shown, device=where.type)
    trainer = Trainer(
        recordings,
        features,
        chosen,
        seed=seed,
        device=where,
        held_out=held_out,
        held_features=held_out_features,
        processes=processes,
    )
    if state is not None:
        trainer.restore(state)
        if processes.first:
            rewind_log(folder, trainer.step)
    elif folder is not None:
        trainer.save(folder)
    trainer.run(steps, minutes, folder, callback, progress)
    processes.wait()
    return trainer.model.eval()
