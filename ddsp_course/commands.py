"""What each command does: it hands its options to the package and prints what comes back.

Nothing heavy is imported before a command runs, so that `ddsp-course --help` answers at once.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ddsp_course.autoencoder import Autoencoder
    from ddsp_course.data import AudioConfig, Recordings

INSTRUMENTS = ("bowed_string", "reed", "voice")
SOURCE_FILE = "source.json"
"""In a run folder: what it was trained on, so that `evaluate RUN` knows what it has not heard."""
CROP_SECONDS = 1.5
"""What was held out in runs that do not say how long their crops are was told by this."""


def doctor(options: argparse.Namespace) -> int:
    from ddsp_course.doctor import examine, warm

    well = True
    for finding in examine():
        print(finding, flush=True)
        well &= finding.well
    if options.warm and well:
        warm()
        print("ok    warm         what is compiled at its first use is compiled")
    return 0 if well else 1


def demo(options: argparse.Namespace) -> None:
    from ddsp_course.demo import run

    run(
        options.out,
        minutes=options.minutes,
        steps=options.steps,
        seed=options.seed,
        device=options.device,
        say=lambda sentence: print(sentence, flush=True),
    )


def generate(options: argparse.Namespace) -> None:
    from ddsp_course import data

    # Only names that are given here: voice_memo.wav is somebody's own.
    before = sorted(options.out.glob(f"{options.instrument}_[0-9][0-9][0-9].wav"))
    _keep(before, options.force)
    recordings = _play(options.instrument, options.minutes, data.config_for_rate(options.rate), options.seed)
    files = [options.out / f"{options.instrument}_{number:03d}.wav" for number in range(len(recordings))]
    for file, take in zip(files, recordings, strict=True):
        data.save_audio(file, take.audio, options.rate)
    for left_over in set(before) - set(files):
        left_over.unlink()  # with --force: takes of two seeds in one folder would be taken for one data set
    print(f"{recordings.seconds / 60:.1f} minutes in {len(recordings)} files are in {options.out}.")


def _keep(files: Sequence[Path], force: bool) -> None:
    """Refuse to write over files that are there, unless told to."""
    there = [file for file in files if file.exists()]
    if there and not force:
        from ddsp_course.data import CourseError

        raise CourseError(f"{there[0]} is there already: choose another name, or replace it with --force.")


def features(options: argparse.Namespace) -> None:
    from ddsp_course import data

    recordings = data.from_folder(options.folder, config=data.config_for_rate(options.rate))
    _say_what_the_doctor_thinks(recordings, "auto", options.workers)


def _say_what_the_doctor_thinks(recordings: Recordings, device: str, workers: int) -> None:
    from ddsp_course import data
    from ddsp_course.autoencoder.devices import find_device

    features = data.extract_all(recordings, device=find_device(device).type, workers=workers)
    for line in data.doctor(recordings, features).lines():
        print(line, flush=True)


def train(options: argparse.Namespace) -> None:
    from ddsp_course import autoencoder, data
    from ddsp_course.autoencoder import run_folder
    from ddsp_course.autoencoder.devices import find_device
    from ddsp_course.autoencoder.processes import is_first_process

    out = options.out or Path("runs") / (Path(options.source).resolve().name)
    first = is_first_process()  # of those that torchrun or accelerate started: one speaks and writes
    if not options.resume and first:
        run_folder.check_new_run(out)
    minutes = 5.0 if options.steps is None and options.minutes is None and not options.resume else options.minutes
    overrides = dict(map(_setting, options.settings))
    config = data.config_for_rate(options.rate)
    chosen = autoencoder.settings(options.preset, overrides, audio=config)  # what is wrong is said before the listening
    find_device(options.device)
    before = None
    if options.resume:
        run_folder.read_training_state(out, chosen, steps=options.steps, minutes=minutes)
        before = _source_of(out)
    source = {
        "source": options.source if options.source in INSTRUMENTS else str(Path(options.source).resolve()),
        "minutes": options.data_minutes,
        "crop_seconds": before["crop_seconds"] if before else chosen.whole_crop_seconds,
    }
    recordings = _listen(source, config)
    if source["source"] not in INSTRUMENTS:
        source["takes"] = {take.name: take.frames for take in recordings}
    if "takes" in source and first:
        _say_what_the_doctor_thinks(recordings, options.device, options.workers)
    heard, held_out = data.split(recordings, crop_seconds=source["crop_seconds"])
    unknown = not (out / SOURCE_FILE).exists() and (out / run_folder.STATE_FILE).exists()
    if first and (unknown or not options.resume):
        run_folder.write_json(out / SOURCE_FILE, source)  # before it begins: however it ends, it can be judged
    autoencoder.train(
        heard,
        preset=options.preset,
        steps=options.steps,
        minutes=minutes,
        out=out,
        held_out=held_out,
        seed=options.seed,
        device=options.device,
        resume=options.resume,
        overrides=overrides,
    )
    if first:
        print(f"The instrument is in {out}. Play it: ddsp-course transfer {out} voice.wav out.wav")


def _setting(text: str) -> tuple[str, Any]:
    """KEY=VALUE, where the value is a number or a word."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        from ddsp_course.data import CourseError

        raise CourseError(f"--set needs KEY=VALUE, such as --set batch_size=4, not {text!r}.")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def evaluate(options: argparse.Namespace) -> None:
    from ddsp_course import autoencoder, data
    from ddsp_course.autoencoder import run_folder
    from ddsp_course.data import CourseError

    if options.json:
        _keep([options.json], options.force)
    model = _load(options.run)
    trained_on = _source_of(options.run)
    if options.source is None and trained_on is None:
        raise CourseError(
            f"{options.run} does not say what it was trained on: name an instrument or a folder to judge it by, such "
            f"as ddsp-course evaluate {options.run} bowed_string; a run made in Python is judged there, with "
            "autoencoder.evaluate(model, held_out)."
        )
    held_out = options.source is None or (trained_on is not None and _same_folder(options.source, trained_on["source"]))
    if held_out:
        source, seed = trained_on, 0
    else:  # another seed than training's: phrases that no run has heard
        source, seed = {"source": options.source, "minutes": options.data_minutes}, 1
    if held_out and options.source is not None:
        print(f"{options.run} was trained on {options.source}: it is judged on the part that was held out.", flush=True)
    recordings, retakes, train_recordings = _listen(source, model.audio_config, seed=seed), None, None
    if "takes" in source:
        recordings = _as_trained_on(recordings, source["takes"], options.run)
    if source["source"] in INSTRUMENTS:
        retakes = _listen(source, model.audio_config, seed=seed, noise_seed=1)
    if held_out:
        whole = len(recordings) > 1  # a single take is cut where its sound is, and its re-take somewhere else
        split = partial(data.split, crop_seconds=source["crop_seconds"])
        retakes = split(retakes)[1] if retakes and whole else None
        train_recordings, recordings = split(recordings)
    found = autoencoder.evaluate(model, recordings, retakes=retakes, train_recordings=train_recordings)
    for line in [*found.table(), "", *found.summary]:
        print(line)
    if options.json:
        run_folder.write_json(options.json, found.to_dict())


def _as_trained_on(recordings: Recordings, takes: dict[str, int], run: str) -> Recordings:
    """Of what lies in the folder now, the takes that were there: what was held out can only be told among these."""
    from ddsp_course.data import CourseError, Recordings

    there = {take.name: take for take in recordings}
    gone = [name for name, frames in takes.items() if name not in there or there[name].frames != frames]
    if gone:
        raise CourseError(
            f"{gone[0]} is no longer what {run} was trained on: put it back, or name other recordings to judge by, "
            f"such as ddsp-course evaluate {run} my_recordings/."
        )
    return Recordings(tuple(there[name] for name in takes), recordings.name)


def transfer(options: argparse.Namespace) -> None:
    from ddsp_course import autoencoder
    from ddsp_course.autoencoder.transfer import stem_files

    files = list(stem_files(options.out, apart=options.stems).values())
    if Path(options.source).resolve() in {file.resolve() for file in files}:
        from ddsp_course.data import CourseError

        raise CourseError(f"{options.source} is what is to be transferred: give the result another name.")
    _keep(files, options.force)
    model = _load(options.run)
    stems = autoencoder.transfer(
        model, options.source, semitones=options.semitones, gain_db=options.db, autotune=options.autotune
    )
    saved = autoencoder.save_stems(stems, options.out, apart=options.stems)
    for path in saved.paths:
        print(path)
    if saved.gain_db < 0:
        print(f"All of it was turned down by {-saved.gain_db:.1f} dB to fit.")


def export(options: argparse.Namespace) -> None:
    from ddsp_course import autoencoder
    from ddsp_course.data import CourseError

    suffix = options.out.suffix.lower()
    if suffix not in (".html", ".onnx"):
        raise CourseError(
            f"export writes a web page that plays, or one step of the decoder for plugins: name it "
            f"{options.out.stem or 'instrument'}.html, or .onnx."
        )
    _keep([options.out], options.force)
    model = _load(options.run)
    if suffix == ".onnx":
        written = autoencoder.export_onnx(model, options.out)
        print(f"{written} ({written.stat().st_size / 1e6:.1f} MB): one step of the decoder, its state in and out.")
        return
    name = options.name or ("Bowed string" if options.run == "bundled" else Path(options.run).resolve().name)
    page = autoencoder.export_html(model, options.out, name=name)
    print(f"{page} ({page.stat().st_size / 1e6:.1f} MB): open it in a browser, and play.")


def lab(options: argparse.Namespace) -> int:
    from ddsp_course.classroom.workbook import VARIABLE, fill, open_lab

    folder = options.folder or Path(os.environ.get(VARIABLE) or "workbook")
    for line in fill(folder).lines():
        print(line, flush=True)
    print(f"Your workbook is {folder.resolve()}", flush=True)
    return open_lab(folder, browser=not options.no_browser)


def _play(instrument: str, minutes: float, config: AudioConfig, seed: int, noise_seed: int | None = None) -> Recordings:
    from ddsp_course import data, instruments

    try:
        return getattr(instruments, instrument)(minutes=minutes, seed=seed, config=config, noise_seed=noise_seed)
    except ValueError as error:  # here a wrong argument comes from the command line
        raise data.CourseError(str(error)) from None


def _listen(source: dict[str, Any], config: AudioConfig, *, seed: int = 0, noise_seed: int | None = None) -> Recordings:
    """Recordings of an instrument's name or of a folder; ./voice means a folder of that name."""
    from ddsp_course import data

    if source["source"] in INSTRUMENTS:
        return _play(source["source"], source["minutes"], config, seed, noise_seed)
    return data.from_folder(source["source"], config=config)


def _same_folder(source: str, folder: str) -> bool:
    """Is what the command line names the folder of recordings that a run was trained on?"""
    return source not in INSTRUMENTS and str(Path(source).resolve()) == folder


def _source_of(run: str | Path) -> dict[str, Any] | None:
    """What a run was trained on, as `train` wrote it down; None where it does not say."""
    if run == "bundled":
        return {"source": "bowed_string", "minutes": 10.0, "crop_seconds": CROP_SECONDS}
    try:
        source = json.loads((Path(run) / SOURCE_FILE).read_text(encoding="utf-8"))
        known = {"source": str(source["source"]), "minutes": float(source["minutes"])}
        known["crop_seconds"] = float(source.get("crop_seconds", CROP_SECONDS))
        takes = {str(name): int(frames) for name, frames in source.get("takes", {}).items()}
        return known | ({"takes": takes} if takes else {})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _load(run: str) -> Autoencoder:
    from ddsp_course import autoencoder

    return autoencoder.bundled() if run == "bundled" else autoencoder.load(run)
