"""What lies in a run folder beside the model: the state to go on from, the log, the figures."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import torch

from ddsp_course.autoencoder.checkpoints import MODEL_FILE
from ddsp_course.autoencoder.settings import Settings
from ddsp_course.data import CourseError, write_atomically

STATE_FILE = "training.pt"
LOG_FILE = "log.jsonl"
STATE_KEYS = {
    "settings",
    "statistics",
    "model",
    "optimizer",
    "crop_generator",
    "noise_generator",
    "step",
    "steps",
    "seconds",
    "skipped",
    "harmonic_share",
    "held_out_loss",
}


def check_new_run(folder: Path) -> None:
    """Refuse, in one sentence, to train over a run that is there already.   Lesson 11."""
    if (folder / MODEL_FILE).exists() or (folder / STATE_FILE).exists():
        raise CourseError(f"{folder} already holds a run: resume it (resume=True, --resume) or choose another folder.")


def read_training_state(
    folder: Path | None, chosen: Settings, *, steps: int | None = None, minutes: float | None = None
) -> dict[str, Any]:
    """The state of an interrupted run, checked against the settings and the length it is to go on with.

    Nothing in the file is executed. Raises CourseError if it is missing, damaged, or of other settings, if minutes are
    asked of a run that is complete, or no more steps than it has; a complete one may be asked for as it is.
    Lesson 11.
    """
    if folder is None:
        raise CourseError("To resume, say which run: out='runs/NAME'.")
    file = folder / STATE_FILE
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CourseError(f"There is no run to resume in {folder}: {STATE_FILE} is missing.") from None
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0][:120]
        raise CourseError(
            f"{file} is not a whole training state ({reason}): it was cut short or is something "
            "else. Nothing in it was run; the model itself may still load."
        ) from None
    if not isinstance(state, dict) or set(state) != STATE_KEYS:
        raise CourseError(f"{file} is not a training state of this package: start a new run.")
    before, now = json.loads(state["settings"]), chosen.to_dict()
    for key in now:
        if before.get(key) != now[key]:
            raise CourseError(
                f"The run in {folder} was trained with {key}={before.get(key)!r}, not {now[key]!r}: resume with "
                "the same settings, or start a new run."
            )
    _check_length(folder, state["step"], state["steps"], steps, minutes)
    return state


def _check_length(folder: Path, done: int, planned: int | None, steps: int | None, minutes: float | None) -> None:
    """Refuse what would train nothing and look like a run that went well."""
    complete = planned is not None and done >= planned
    if minutes is not None and complete:
        raise CourseError(
            f"The run in {folder} is complete, with {done} steps: to train it longer, say how many steps "
            "it is to have in all (steps=..., --steps)."
        )
    if steps is not None and steps <= done and not (complete and steps == done):
        raise CourseError(
            f"The run in {folder} has {done} steps already, and steps={steps} says how many it is to have in all: "
            "give more (steps=..., --steps)."
        )


def append_log(folder: Path, line: dict[str, Any]) -> None:
    """Add a line to the run's log.jsonl.   Lesson 11."""
    try:
        with open(folder / LOG_FILE, "a", encoding="utf-8") as log:
            log.write(json.dumps(line, allow_nan=False) + "\n")
    except OSError as error:
        raise CourseError(f"The log in {folder} could not be written ({error.strerror}): is the disk full?") from None


def rewind_log(folder: Path, step: int) -> None:
    """Drop log lines of steps after `step`, and damaged ones: a resumed run will write them again.   Lesson 11."""
    file = folder / LOG_FILE
    text = "".join(json.dumps(line) + "\n" for line in read_log(folder) if line["step"] <= step)
    if file.exists() and text != file.read_text(encoding="utf-8", errors="replace"):
        write_atomically(file, text.encode())


def read_log(run: str | Path) -> list[dict[str, Any]]:
    """The lines of a run's log.jsonl, in order, up to one that is damaged or was cut off.   Lesson 11."""
    lines = []
    file = Path(run) / LOG_FILE
    for text in file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []:
        try:
            line = json.loads(text)
        except ValueError:
            break
        if not isinstance(line, dict) or not isinstance(line.get("step"), int):
            break
        lines.append(line)
    return lines


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Plain values as a JSON file, whole or not at all; NaN is refused.   Lesson 11."""
    text = json.dumps(values, indent=2, allow_nan=False) + "\n"
    write_atomically(path, text.encode())
