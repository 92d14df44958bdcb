"""One HTML page that shows a trained instrument: to hear, to see, to judge. It opens from disk, without a network."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import soundfile
from torch import Tensor

from ddsp_course import __version__
from ddsp_course.autoencoder import report_figures as figures
from ddsp_course.autoencoder.columns import (
    BASELINES,
    COLUMN,
    COLUMNS,
    HEADLINES,
    MODEL,
    MORE,
    PITCH,
    RECORDING,
    RETAKE,
    YARDSTICKS,
)
from ddsp_course.autoencoder.scores import Estimate, Evaluation
from ddsp_course.data.files import write_atomically

Part = Literal["transfer", "performance", "stems"]


@dataclass(frozen=True)
class Take:
    """A sound of the report: audio [samples] or [1, samples], a name, and a sentence on what to listen for.

    part: "transfer" (a voice and what became of it), "performance" (the original and the resynthesis) or "stems".
    Lesson 12.
    """

    name: str
    audio: Tensor
    description: str
    part: Part = "performance"


@dataclass(frozen=True)
class _Player:
    name: str
    description: str
    source: str
    seconds: float
    group: str
    picture: figures.Picture


def write_report(
    path: str | Path,
    *,
    title: str,
    takes: Sequence[Take],
    sample_rate: int,
    lede: str = "",
    f0_hz: Mapping[str, Tensor] | None = None,
    loudness_db: Mapping[str, Tensor] | None = None,
    frame_rate: float = 250.0,
    sounding: Tensor | None = None,
    loss_log: Sequence[Mapping[str, float | None]] = (),
    yardsticks: Mapping[str, float] | None = None,
    evaluation: Evaluation | None = None,
    rooms: Mapping[str, Tensor] | None = None,
    stages: Mapping[str, float] | None = None,
    config: Mapping[str, Any] | None = None,
) -> Path:
    """Write the report: one self-contained .html file, whole or not at all; what is not given is left out.

    f0_hz and loudness_db: name -> [frames], the original first, drawn where `sounding` [frames]; loss_log: lines of
    autoencoder.read_log; yardsticks: name -> loss (yardsticks.loss_yardsticks); rooms: name -> impulse response
    [taps], the learned one first; stages: name -> seconds; config: setting -> value. Raises ValueError for a take
    without sound, CourseError where the file cannot be written.   Lesson 12.
    """
    from jinja2 import Environment, StrictUndefined

    curves = f0_hz and loudness_db
    context = {
        "title": title,
        "lede": lede,
        "version": __version__,
        "parts": _parts(takes, sample_rate),
        "curves": figures.pitch_and_loudness(f0_hz, loudness_db, frame_rate=frame_rate, sounding=sounding)
        if curves
        else None,
        "loss": figures.loss_curve(loss_log, yardsticks or {}) if loss_log else None,
        "decay": figures.decay_curves(rooms, sample_rate) if rooms else None,
        "evaluation": None if evaluation is None else _evaluation(evaluation),
        "stages": _stages(stages or {}),
        "config": {key: _setting(value) for key, value in (config or {}).items()},
    }
    template = resources.files("ddsp_course.autoencoder").joinpath("report.html.jinja").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    write_atomically(path, environment.from_string(template).render(context).encode("utf-8"))
    return Path(path)


def wav_data_uri(audio: Tensor, sample_rate: int, *, gain: float = 1.0) -> str:
    """A sound as a 16-bit WAV inside a data URI, which every browser plays from disk.

    audio [samples] or [1, samples] on a scale of -1 to 1.   Lesson 0.
    """
    file = io.BytesIO()
    sound = np.clip(gain * audio.detach().reshape(-1).float().cpu().numpy(), -1.0, 1.0)
    soundfile.write(file, sound, sample_rate, format="WAV", subtype="PCM_16")
    return "data:audio/wav;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _parts(takes: Sequence[Take], sample_rate: int) -> dict[str, list[_Player]]:
    """The players of each part; those that can be compared share one gain and one scale of dB."""
    parts: dict[str, list[_Player]] = {part: [] for part in get_args(Part)}
    for take in takes:
        if take.audio.numel() == 0:
            raise ValueError(f"The take {take.name!r} of a report has no sound in it.")
    for group, members in (("transfer", ("transfer",)), ("performance", ("performance", "stems"))):
        chosen = [take for take in takes if take.part in members]
        peak = max((float(take.audio.abs().max()) for take in chosen), default=0.0)
        loudest = max(
            (float(figures.log_spectrogram(take.audio, sample_rate)[0].max()) for take in chosen), default=0.0
        )
        for take in chosen:
            audio = take.audio.detach().reshape(-1).cpu()
            player = _Player(
                take.name,
                take.description,
                wav_data_uri(audio, sample_rate, gain=0.99 / peak if peak > 0.99 else 1.0),
                audio.numel() / sample_rate,
                group,
                figures.spectrogram(audio, sample_rate, name=take.name, loudest=loudest),
            )
            parts[take.part].append(player)
    return parts


def _evaluation(evaluation: Evaluation) -> dict[str, Any]:
    """The table as the template wants it: groups of rows of cells, and the goals."""
    columns = [COLUMN[key] for key in HEADLINES if any(evaluation.estimate(row, key) for row in evaluation.rows)]
    groups = {
        "The model": (MODEL,),
        "Yardsticks": YARDSTICKS,
        "Players that must lose": BASELINES,
        "The recording itself": (RECORDING,),
    }
    table = {
        name: [
            {
                "name": sound,
                "cells": [_cell(evaluation.estimate(sound, column.key), column.digits) for column in columns],
                "worse": evaluation.loses(sound, "loss") if name == "Players that must lose" else None,
            }
            for sound in sounds
            if sound in evaluation.rows
        ]
        for name, sounds in groups.items()
    }
    return {
        "goals": [
            {"name": name, "value": _number(value, name), "reached": reached}
            for name, (value, reached) in evaluation.goals().items()
        ],
        "columns": columns,
        "table": {name: rows for name, rows in table.items() if rows},
        "pitch": _more(evaluation, PITCH),
        "more": _more(evaluation, MORE),
        "summary": evaluation.summary,
        "definitions": [column for column in COLUMNS if column.key in HEADLINES],
        "resampled": evaluation.resampled,
    }


def _more(evaluation: Evaluation, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of a smaller table: the measures that the model has, beside those of a re-take and of the recording."""
    return [
        {
            "column": COLUMN[key],
            "cells": [
                _cell(evaluation.estimate(sound, key), COLUMN[key].digits) for sound in (MODEL, RETAKE, RECORDING)
            ],
        }
        for key in keys
        if evaluation.estimate(MODEL, key)
    ]


def _cell(estimate: Estimate | None, digits: int) -> dict[str, str] | None:
    if estimate is None:
        return None
    low, value, high = (f"{each:.{digits}f}".replace("-", "\N{MINUS SIGN}") for each in _ordered(estimate))
    return {"value": value, "interval": f"{low} \N{EN DASH} {high}"}


def _ordered(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.low, estimate.value, estimate.high


def _number(value: float, goal: str) -> str:
    return (f"{value:.0f} %" if "%" in goal else f"{value:.1f} dB").replace("-", "\N{MINUS SIGN}")


def _stages(stages: Mapping[str, float]) -> list[dict[str, Any]]:
    total = sum(stages.values())
    rows = [
        {"name": name, "seconds": seconds, "share": 100 * seconds / total if total else 0.0}
        for name, seconds in stages.items()
    ]
    return rows + [{"name": "all together", "seconds": total, "share": None}] if rows else []


def _setting(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
