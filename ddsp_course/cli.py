"""The commands: thin over the package, one sentence on stderr when something is wrong, exit code 0, 1 or 2.

Nothing heavy is imported before a command runs: `ddsp-course --help` must answer at once.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ddsp_course import __version__

if TYPE_CHECKING:
    from ddsp_course.autoencoder import Autoencoder
    from ddsp_course.data import AudioConfig, Recordings

INSTRUMENTS = ("bowed_string", "reed", "voice")
SOURCE_FILE = "source.json"
"""In a run folder: what it was trained on, so that `evaluate RUN` knows what it has not heard."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 well, 1 something the user can mend, 2 a wrong command line."""
    options = parser().parse_args(arguments)
    warnings.showwarning = _say_warning
    try:
        return options.command(options) or 0
    except KeyboardInterrupt as stop:
        print(f"\nddsp-course: {stop or 'Stopped.'}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader, `head` perhaps, has seen enough. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ImportError, OSError, ValueError) as error:
        print(f"ddsp-course: {_sentence(error)}", file=sys.stderr)
        return 1


def _sentence(error: Exception) -> str:
    """What to say of an error that the user can mend; any other is a bug, and goes on with its traceback."""
    if isinstance(error, ImportError) and (error.name or "").startswith("ddsp_course"):
        raise error
    if isinstance(error, ModuleNotFoundError):
        return f"The package {error.name} is not installed: run 'make demo', or see 'ddsp-course doctor'."
    if isinstance(error, ImportError):
        return f"A package does not load ({str(error).splitlines()[0]}): 'ddsp-course doctor' says which and why."
    if isinstance(error, OSError):
        what = error.strerror or str(error)
        return f"{what}: {error.filename}" if error.filename else what
    from ddsp_course.data import CourseError

    if not isinstance(error, CourseError):
        raise error
    return str(error)


def _say_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    """A warning as a sentence, without the line of code that it came from."""
    print(f"ddsp-course: {message}", file=sys.stderr)


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="ddsp-course",
        description="Learn instruments, and play them with your voice.",
        epilog="example:\n  ddsp-course transfer bundled voice_memo.m4a voice_as_string.wav",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, does: Callable[[argparse.Namespace], int | None], summary: str, example: str):
        sub = commands.add_parser(
            name,
            help=summary[0].lower() + summary[1:].rstrip("."),
            description=summary,
            epilog=f"example:\n  ddsp-course {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.set_defaults(command=does)
        return sub

    doctor = command("doctor", do_doctor, "Check that everything is here that the course needs.", "doctor")
    doctor.add_argument("--warm", action="store_true", help="also compile now what is compiled at its first use")

    demo = command("demo", do_demo, "Generate, train, transfer, and write it all into a report.", "demo --out demo")
    demo.add_argument("--out", type=Path, default=Path("demo"), metavar="FOLDER", help="where to (default: demo)")

    generate = command(
        "generate",
        do_generate,
        "Have a model of an instrument play, and save the takes as wav.",
        "generate bowed_string --minutes 5 --seed 0 --out takes/bowed_string",
    )
    generate.add_argument("instrument", choices=INSTRUMENTS)
    generate.add_argument("--minutes", type=_positive, default=10.0, help="how much (default: 10)")
    generate.add_argument("--seed", type=_count, default=0, help="another seed plays other phrases (default: 0)")
    generate.add_argument("--rate", type=int, choices=(16_000, 44_100, 48_000), default=16_000, help="in Hz")
    generate.add_argument("--out", type=Path, required=True, metavar="FOLDER")

    features = command(
        "features",
        do_features,
        "Track pitch and loudness of your recordings, and say whether one can learn from them.",
        "features my_saxophone/",
    )
    features.add_argument("folder", type=Path, metavar="FOLDER", help="wav, flac, ogg, mp3, m4a or webm files")
    features.add_argument("--rate", type=int, choices=(16_000, 44_100, 48_000), default=16_000, help="in Hz")

    train = command(
        "train",
        do_train,
        "Train on an instrument's model or on a folder of recordings.",
        "train my_saxophone/ --preset tiny --minutes 20 --out runs/my_saxophone",
    )
    train.add_argument("source", metavar="NAME_OR_FOLDER", help=f"{', '.join(INSTRUMENTS)}, or a folder of recordings")
    train.add_argument("--preset", default="tiny", metavar="tiny|full|FILE.json", help="(default: tiny)")
    train.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings", help="one setting")
    how_long = train.add_mutually_exclusive_group()
    how_long.add_argument("--steps", type=_count, help="steps of the optimizer")
    how_long.add_argument("--minutes", type=_positive, help="about so long: 20 steps are timed (default: 5)")
    train.add_argument("--out", type=Path, metavar="FOLDER", help="the run (default: runs/ and the source's name)")
    train.add_argument("--seed", type=_count, default=0)
    train.add_argument("--device", default="auto", choices=("auto", "cuda", "mps", "cpu"))
    train.add_argument("--resume", action="store_true", help="go on where the run in --out stopped")
    train.add_argument("--rate", type=int, choices=(16_000, 44_100, 48_000), default=16_000, help="in Hz")
    train.add_argument("--data-minutes", type=_positive, default=10.0, help="of an instrument's model (default: 10)")

    evaluate = command(
        "evaluate",
        do_evaluate,
        "Judge a run on recordings it has not heard, between its yardsticks and baselines.",
        "evaluate runs/my_saxophone",
    )
    evaluate.add_argument("run", metavar="RUN", help="a run folder, or: bundled")
    evaluate.add_argument(
        "source", nargs="?", metavar="NAME_OR_FOLDER", help="judge on this (default: what was held out in training)"
    )
    evaluate.add_argument("--data-minutes", type=_positive, default=2.0, help="of an instrument's model (default: 2)")
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")

    transfer = command(
        "transfer",
        do_transfer,
        "Play a recording's melody on the instrument of a run.",
        "transfer bundled voice_memo.m4a voice_as_string.wav --stems",
    )
    transfer.add_argument("run", metavar="RUN", help="a run folder, or: bundled")
    transfer.add_argument("source", type=Path, metavar="IN", help="a recording of one voice or instrument")
    transfer.add_argument("out", type=Path, metavar="OUT", help="a .wav or .flac file")
    transfer.add_argument("--semitones", type=float, help="shift by this (default: octaves, into the trained range)")
    transfer.add_argument("--db", type=float, default=0.0, help="play louder or softer (default: 0)")
    transfer.add_argument("--autotune", type=float, default=0.0, metavar="0..1", help="pull to the notes of the scale")
    transfer.add_argument("--stems", action="store_true", help="also write OUT_dry, OUT_harmonic and OUT_noise")

    lab = command("lab", do_lab, "Copy the lessons into a folder of yours, and open JupyterLab there.", "lab")
    lab.add_argument("--folder", type=Path, default=Path("workbook"), help="(default: workbook)")
    lab.add_argument("--no-browser", action="store_true", help="only print the address")
    return top


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be greater than 0, not {text}")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"must not be negative, but is {text}")
    return value


# argparse names a type by its function where the text is no number at all.
_positive.__name__, _count.__name__ = "number", "whole number"


def do_doctor(options: argparse.Namespace) -> int:
    from ddsp_course import doctor

    well = True
    for finding in doctor.examine():
        print(finding, flush=True)
        well &= finding.well
    if options.warm and well:
        doctor.warm()
        print("ok    warm         what is compiled at its first use is compiled")
    return 0 if well else 1


def do_demo(options: argparse.Namespace) -> None:
    from ddsp_course import demo

    demo.run(out=options.out)


def do_generate(options: argparse.Namespace) -> None:
    from ddsp_course import data

    recordings = _play(options.instrument, options.minutes, options.seed, data.config_for_rate(options.rate))
    for number, take in enumerate(recordings):
        data.save_audio(options.out / f"{options.instrument}_{number:03d}.wav", take.audio, options.rate)
    print(f"{len(recordings)} takes, {recordings.seconds / 60:.1f} minutes, are in {options.out}.")


def do_features(options: argparse.Namespace) -> None:
    from ddsp_course import data

    recordings = data.from_folder(options.folder, config=data.config_for_rate(options.rate))
    report = data.doctor(recordings, data.extract_all(recordings))
    for line in report.lines():
        print(line)


def do_train(options: argparse.Namespace) -> None:
    from ddsp_course import autoencoder, data
    from ddsp_course.autoencoder import run_folder

    source = {
        "source": options.source if options.source in INSTRUMENTS else str(Path(options.source).resolve()),
        "minutes": options.data_minutes,
        "rate": options.rate,
    }
    out = options.out or Path("runs") / (Path(options.source).resolve().name)
    if not options.resume:
        run_folder.check_new_run(out)
    minutes = 5.0 if options.steps is None and options.minutes is None and not options.resume else options.minutes
    train, held_out = data.split(_listen(source, data.config_for_rate(options.rate)))
    overrides = dict(map(_setting, options.settings))
    try:
        autoencoder.train(
            train,
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
    finally:
        # Also after Ctrl-C: what was trained so far can be judged.
        if (out / "model.safetensors").exists() and not options.resume:
            run_folder.write_json(out / SOURCE_FILE, source)
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


def do_evaluate(options: argparse.Namespace) -> None:
    from ddsp_course import autoencoder, data
    from ddsp_course.autoencoder import run_folder

    model = _load(options.run)
    if options.source is not None:
        # Another seed than training's: phrases that no run has heard.
        recordings = _listen({"source": options.source, "minutes": options.data_minutes}, model.audio_config, seed=1)
    else:
        recordings = data.split(_listen(_source_of(options.run), model.audio_config))[1]
    report = autoencoder.evaluate(model, recordings)
    for line in report.table():
        print(line)
    if options.json:
        run_folder.write_json(options.json, report.to_dict())


def do_transfer(options: argparse.Namespace) -> None:
    from ddsp_course import autoencoder

    model = _load(options.run)
    stems = autoencoder.transfer(
        model, options.source, semitones=options.semitones, gain_db=options.db, autotune=options.autotune
    )
    saved = autoencoder.save_stems(stems, options.out, apart=options.stems)
    for path in saved.paths:
        print(path)


def do_lab(options: argparse.Namespace) -> int:
    from ddsp_course.classroom.workbook import fill, open_lab

    for line in fill(options.folder).lines():
        print(line, flush=True)
    return open_lab(options.folder, browser=not options.no_browser)


def _play(instrument: str, minutes: float, seed: int, config: AudioConfig) -> Recordings:
    from ddsp_course import instruments

    return getattr(instruments, instrument)(minutes=minutes, seed=seed, config=config)


def _listen(source: dict[str, Any], config: AudioConfig, seed: int = 0) -> Recordings:
    """Recordings of an instrument's name or of a folder; ./voice means a folder of that name."""
    from ddsp_course import data

    if source["source"] in INSTRUMENTS:
        return _play(source["source"], source["minutes"], seed, config)
    return data.from_folder(source["source"], config=config)


def _source_of(run: str) -> dict[str, Any]:
    """What a run was trained on, as `train` wrote it down."""
    from ddsp_course.data import CourseError

    if run == "bundled":
        return {"source": "bowed_string", "minutes": 10.0}
    try:
        source = json.loads((Path(run) / SOURCE_FILE).read_text(encoding="utf-8"))
        return {"source": str(source["source"]), "minutes": float(source["minutes"])}
    except (OSError, ValueError, KeyError, TypeError):
        raise CourseError(
            f"{run} does not say what it was trained on: name an instrument or a folder to judge it by, "
            f"such as ddsp-course evaluate {run} bowed_string."
        ) from None


def _load(run: str) -> Autoencoder:
    from ddsp_course import autoencoder

    return autoencoder.bundled() if run == "bundled" else autoencoder.load(run)


if __name__ == "__main__":
    sys.exit(main())
