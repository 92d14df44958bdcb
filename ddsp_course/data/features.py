"""From a recording to what the decoder hears of it: pitch, confidence and loudness on the model's frames."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import soxr
import torch
from torch import Tensor
from tqdm.auto import tqdm

from ddsp_course import dsp
from ddsp_course.data import pitch
from ddsp_course.data.cache import remember
from ddsp_course.data.config import AudioConfig
from ddsp_course.data.errors import CourseError
from ddsp_course.data.pitch import Tracker, crepe_tracker, pyin_tracker
from ddsp_course.data.refinement import refined_tracker
from ddsp_course.data.types import Features, Recording, no_recording, takes_of
from ddsp_course.data.workers import can_be_sent, in_processes

CODE_VERSION = 1
"""Raise it whenever a change here, in pitch.py or in refinement.py changes a value: cached features of older versions
are then ignored."""
ONE_NOTE_CENTS = 100.0
LOUDNESS_BLOCK_SECONDS = 30


def extract_features(
    recording: Recording,
    *,
    tracker: Tracker | None = None,
    cache: bool = True,
    device: str | torch.device = "cpu",
    report: Callable[[float], None] | None = None,
) -> Features:
    """Pitch, confidence and loudness of a recording, each frame i the value at sample i * hop_size.

    -> Features [1, frames] on the CPU. Through rests and where the tracker is unsure, the pitch is carried on from the
    notes around. `tracker` takes the sound at 16 kHz [1, samples] to f0_hz and confidence every 10 ms
    (`refined_tracker` if none is given; it runs on `device`). What the course's trackers found is kept in the cache
    under the content of the sound; `report` is called with the seconds tracked, now and then, and handed to a tracker
    that has a parameter of this name. Raises CourseError for what is no Recording, ValueError if its samples are not
    finite, or if a tracker of yours returns something else.   Lesson 8.
    """
    if not isinstance(recording, Recording):
        raise no_recording(recording)
    audio, config = recording.audio.detach().cpu(), recording.config
    if not bool(torch.isfinite(audio).all()):
        raise ValueError(f"{recording.name} has samples that are no numbers (NaN, infinity): mend it, or leave it out.")
    tracker = tracker or refined_tracker

    def make() -> dict[str, Tensor]:
        return _track(audio, config, tracker, device, report)

    crepe = f"torchcrepe tiny {version('torchcrepe')}"
    known = {crepe_tracker: crepe, refined_tracker: f"refined {crepe}", pyin_tracker: f"pyin {version('librosa')}"}
    if cache and tracker in known:  # of any other function only its name is known, not what it does
        settings = {"version": CODE_VERSION, "tracker": known[tracker], "device": torch.device(device).type}
        tensors = remember("features", {"audio": audio, "config": config.to_dict(), **settings}, make)
    else:
        tensors = make()
    return Features(**tensors, config=config)


def extract_all(
    recordings: Recording | Iterable[Recording],
    *,
    progress: bool = True,
    tracker: Tracker | None = None,
    cache: bool = True,
    device: str | torch.device = "cpu",
    workers: int = 1,
) -> list[Features]:
    """The features of every take, in order, with a bar that counts seconds of sound.

    workers: takes are shared out to so many processes (see `workers.in_processes`: a script of yours then needs `if
    __name__ == "__main__":`); worth it from some minutes of sound on. The features are the same. With the cache, an
    interrupted call goes on where it was. A GPU, or a tracker that cannot be sent to another process, is used from this
    one. Raises as extract_features does, and ValueError for fewer than one worker.   Lesson 8.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}.")
    takes = takes_of(recordings)
    total = round(sum(take.seconds for take in takes))
    shown = "{l_bar}{bar}| {n:.0f}/{total} s of sound [{elapsed}<{remaining}]"
    with tqdm(total=total, desc="listening", bar_format=shown, disable=not progress, leave=False) as bar:

        def heard(seconds: float) -> None:
            bar.update(min(seconds, total - bar.n))

        options = {"tracker": tracker, "cache": cache, "device": device}
        workers = min(workers, len(takes))
        if workers > 1 and torch.device(device).type == "cpu" and can_be_sent(tracker or refined_tracker):
            return _in_processes(takes, workers, options, heard)
        found, done = [], 0.0
        for take in takes:
            found.append(extract_features(take, **options, report=heard))
            done += take.seconds
            heard(done - bar.n)
    return found


def check_curves(features: Features, name: str = "these features") -> None:
    """Refuse curves that nobody can play: CourseError names the first that is empty, or has a value no sound has.

    On a GPU it waits for the values.   Lesson 8.
    """
    if not isinstance(features, Features):
        raise CourseError(
            f"Features are needed here, not {type(features).__name__}: data.extract_features(recording) tracks them."
        )
    if features.f0_hz.numel() == 0:
        raise CourseError(f"There is nothing to play in {name}: give at least one frame.")
    for curve in ("f0_hz", "confidence", "loudness_db"):
        values = getattr(features, curve)
        if not values.isfinite().all() or (curve == "f0_hz" and not (values > 0).all()):
            wanted = "above 0 Hz, also through rests" if curve == "f0_hz" else "finite"
            raise CourseError(
                f"The {curve} of {name} has values that no sound has: every frame must be {wanted}, as "
                "data.extract_features leaves it."
            )


def check_features(recordings: Sequence[Recording], features: Sequence[Features]) -> None:
    """Refuse features that are not the recordings' own, take for take: CourseError says which and why.   Lesson 8."""
    if len(features) != len(recordings):
        raise CourseError(
            f"There are {len(recordings)} recordings, but features of {len(features)}: one each is needed."
        )
    for take, each in zip(recordings, features, strict=True):
        if each.config != take.config or each.frames != take.frames:
            raise CourseError(
                f"The features given for {take.name} have {each.frames} frames at {each.config}, but the recording "
                f"{take.frames} at {take.config}: track it with data.extract_features(recording)."
            )
        check_curves(each, f"the features given for {take.name}")


def _in_processes(
    takes: list[Recording], workers: int, options: dict[str, Any], heard: Callable[[float], None]
) -> list[Features]:
    # As arrays: torch would hand tensors over by open files, of which a system has only so many.
    jobs = [(take.name, take.audio.detach().cpu().numpy(), take.config, options) for take in takes]
    found: dict[int, Features] = {}
    for place, curves in in_processes(_extract, jobs, workers):
        found[place] = Features(*map(torch.from_numpy, curves), config=takes[place].config)
        heard(takes[place].seconds)
    return [found[place] for place in range(len(takes))]


def _extract(job: tuple[str, np.ndarray, AudioConfig, dict[str, Any]]) -> tuple[np.ndarray, ...]:
    name, audio, config, options = job
    features = extract_features(Recording(torch.from_numpy(audio), config, name), **options)
    return tuple(curve.numpy() for curve in (features.f0_hz, features.confidence, features.loudness_db))


def _track(
    audio: Tensor, config: AudioConfig, tracker: Tracker, device: str | torch.device, report: Callable | None
) -> dict[str, Tensor]:
    frames = audio.shape[-1] // config.hop_size
    at_16_khz = audio
    if config.sample_rate != pitch.RATE:
        at_16_khz = torch.from_numpy(soxr.resample(audio[0].numpy(), config.sample_rate, pitch.RATE, quality="HQ"))[
            None
        ]
    at_16_khz = at_16_khz.to(device)
    reports = "report" in inspect.signature(tracker).parameters
    f0_hz, confidence = _checked(tracker(at_16_khz, report=report) if reports else tracker(at_16_khz))
    loudness = _loudness(audio, config)

    seconds = np.arange(frames) * (config.hop_size / config.sample_rate)
    tracked_seconds = np.arange(len(f0_hz)) * (pitch.HOP / pitch.RATE)
    level = np.interp(tracked_seconds, seconds, loudness[0].numpy())
    log_f0 = carry_through_rests(np.log2(f0_hz), confidence >= pitch.SURE, level)
    on_frames = {
        "f0_hz": 2.0 ** np.interp(seconds, tracked_seconds, log_f0),
        "confidence": np.interp(seconds, tracked_seconds, confidence).clip(0, 1),
    }
    return {name: torch.from_numpy(values.astype(np.float32))[None] for name, values in on_frames.items()} | {
        "loudness_db": loudness
    }


def carry_through_rests(log_f0: np.ndarray, sure: np.ndarray, level_db: np.ndarray) -> np.ndarray:
    """A pitch for every moment: where nothing sure is heard, the notes around are carried on.

    log_f0 [frames], in octaves; sure [frames], true or false; level_db [frames] -> log_f0 [frames]. Between two sounds
    less than a semitone apart the pitch glides (it is one note, or the same again). Otherwise the first note is held
    to the quietest moment, where the change cannot be heard, and the second begins there. Ends hold the nearest note.
    If nothing is sure, the pitch stays as it was.   Lesson 8.
    """
    heard = np.flatnonzero(sure)
    if len(heard) == 0:
        return log_f0
    carried = np.interp(np.arange(len(log_f0)), heard, log_f0[heard])
    for before, after in zip(heard[:-1], heard[1:], strict=True):
        leap_cents = 1200 * abs(log_f0[after] - log_f0[before])
        if after - before > 1 and leap_cents > ONE_NOTE_CENTS:
            quietest = before + 1 + int(level_db[before + 1 : after].argmin())
            carried[before + 1 : quietest] = log_f0[before]
            carried[quietest:after] = log_f0[after]
    return carried


def _checked(tracked: tuple[Tensor, Tensor]) -> tuple[np.ndarray, np.ndarray]:
    f0_hz, confidence = (np.asarray(part.detach().cpu(), np.float64) for part in tracked)
    if f0_hz.ndim != 2 or f0_hz.shape != confidence.shape or f0_hz.shape[0] != 1 or f0_hz.shape[1] == 0:
        raise ValueError(
            f"A tracker returns f0_hz and confidence, both [1, frames], not {list(f0_hz.shape)} and "
            f"{list(confidence.shape)}."
        )
    if not (np.isfinite(f0_hz).all() and (f0_hz > 0).all() and np.isfinite(confidence).all()):
        raise ValueError(
            "A tracker returns an f0_hz above 0 and a confidence for every frame: where it hears none, any "
            "pitch with confidence 0 will do, but not 0 or NaN."
        )
    return f0_hz[0], confidence[0]


def _loudness(audio: Tensor, config: AudioConfig) -> Tensor:
    """dsp.loudness_db in blocks: the spectra of two hours at once would need ten times the memory of the sound."""
    hop, frames = config.hop_size, audio.shape[-1] // config.hop_size
    block = max(1, round(LOUDNESS_BLOCK_SECONDS * config.frame_rate))
    margin = -(-config.loudness_window // hop)  # frames that a window reaches beyond its block
    parts = []
    for first in range(0, frames, block):
        last = min(first + block, frames)
        start = max(0, first - margin)
        part = audio[:, start * hop : (last + margin) * hop]
        loudness = dsp.loudness_db(
            part, sample_rate=config.sample_rate, hop_size=hop, window_size=config.loudness_window
        )
        parts.append(loudness[:, first - start : last - start])
    return torch.cat(parts, dim=1).float()
