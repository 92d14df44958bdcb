"""The commands: thin over the package, one sentence on stderr when something is wrong, exit code 0, 1 or 2.

Nothing heavy is imported before a command runs: `ddsp-course --help` must answer at once.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ddsp_course import __version__, commands
from ddsp_course.commands import INSTRUMENTS

DEVICES = ("auto", "cuda", "mps", "cpu")
RATES = (16_000, 44_100, 48_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 well, 1 something the user can mend, 2 a wrong command line."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name may be more than a console can show
    options = _parsed(arguments)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _say_warning
            return options.command(options) or 0
    except KeyboardInterrupt as stop:
        print(f"\nddsp-course: {str(stop) or 'Stopped.'}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader, `head` perhaps, has seen enough. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ImportError, MemoryError, OSError, RuntimeError, ValueError) as error:
        print(f"ddsp-course: {_sentence(error)}", file=sys.stderr)
        return 1


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    whole = parser()
    options, rest = whole.parse_known_args(arguments)
    # argparse decides on an optional name before it has seen the options: evaluate RUN --json FILE FOLDER
    if len(rest) == 1 and not rest[0].startswith("-") and getattr(options, "source", "none") is None:
        options.source = rest[0]
    elif rest:
        whole.error(f"unrecognized arguments: {' '.join(rest)}")
    return options


def _sentence(error: Exception) -> str:
    """What to say of an error that the user can mend; any other is a bug, and goes on with its traceback."""
    if isinstance(error, ImportError) and (error.name or "").startswith("ddsp_course"):
        raise error
    if isinstance(error, ModuleNotFoundError):
        return f"The package {error.name} is not installed: run 'make demo', or see 'ddsp-course doctor'."
    if isinstance(error, ImportError):
        why = str(error).partition("\n")[0]
        return f"A package does not load ({why}): 'ddsp-course doctor' says which and why."
    # torch's own errors: of a GPU it is out of memory, of the CPU an allocator says how much was asked for.
    torchs = isinstance(error, RuntimeError) and ("out of memory" in str(error) or "CPUAllocator" in str(error))
    if torchs or isinstance(error, MemoryError):
        return "There is not enough memory for this: set batch_size or hidden_size lower, or give shorter recordings."
    if isinstance(error, OSError):
        what = error.strerror or str(error)
        return f"{what}: {error.filename}" if error.filename else what
    from ddsp_course.data import CourseError

    if not isinstance(error, CourseError):
        raise error
    return str(error)


def _say_warning(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any) -> None:
    """A warning of ours as a sentence, without the line of code that it came from; any other as Python does it."""
    if Path(filename).is_relative_to(Path(__file__).parent):
        print(f"ddsp-course: {message}", file=sys.stderr)
    else:
        sys.stderr.write(warnings.formatwarning(message, category, filename, lineno))


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="ddsp-course",
        description="Learn instruments, and play them with your voice.",
        epilog="example:\n  ddsp-course transfer bundled voice_memo.m4a voice_as_string.wav",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    subparsers = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, does: Callable[[argparse.Namespace], int | None], summary: str, example: str):
        sub = subparsers.add_parser(
            name,
            help=summary[0].lower() + summary[1:].rstrip("."),
            description=summary,
            epilog=f"example:\n  ddsp-course {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.set_defaults(command=does)
        return sub

    def may_replace(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--force", action="store_true", help="replace what is there already under the same name")

    doctor = command("doctor", commands.doctor, "Check that everything is here that the course needs.", "doctor")
    doctor.add_argument("--warm", action="store_true", help="also compile now what is compiled at its first use")

    demo = command(
        "demo", commands.demo, "Generate, train, transfer, and write it all into a report.", "demo --out demo"
    )
    demo.add_argument("--out", type=Path, default=Path("demo"), metavar="FOLDER", help="where to (default: demo)")
    demo.add_argument("--minutes", type=_positive, default=5.0, help="of sound to play and learn from (default: 5)")
    demo.add_argument("--steps", type=_at_least_one, help="steps of training (default: two to three minutes' worth)")
    demo.add_argument("--seed", type=_count, default=0, help="another seed plays and learns otherwise (default: 0)")
    demo.add_argument("--device", default="auto", choices=DEVICES)

    generate = command(
        "generate",
        commands.generate,
        "Have a model of an instrument play, and save the takes as wav.",
        "generate bowed_string --minutes 5 --seed 0 --out takes/bowed_string",
    )
    generate.add_argument("instrument", choices=INSTRUMENTS)
    generate.add_argument("--minutes", type=_positive, default=10.0, help="how much (default: 10)")
    generate.add_argument("--seed", type=_count, default=0, help="another seed plays other phrases (default: 0)")
    generate.add_argument("--rate", type=int, choices=RATES, default=16_000, help="in Hz")
    generate.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    may_replace(generate)

    features = command(
        "features",
        commands.features,
        "Track pitch and loudness of your recordings, and say whether one can learn from them.",
        "features my_saxophone/",
    )
    features.add_argument("folder", type=Path, metavar="FOLDER", help="wav, flac, ogg, mp3, m4a or webm files")
    features.add_argument("--rate", type=int, choices=RATES, default=16_000, help="in Hz")
    features.add_argument("--workers", type=_at_least_one, default=1, metavar="N", help="processes that listen at once")

    train = command(
        "train",
        commands.train,
        "Train on an instrument's model or on a folder of recordings.",
        "train my_saxophone/ --preset tiny --minutes 20 --out runs/my_saxophone",
    )
    train.add_argument("source", metavar="NAME_OR_FOLDER", help=f"{', '.join(INSTRUMENTS)}, or a folder of recordings")
    train.add_argument("--preset", default="tiny", metavar="tiny|full|FILE.json", help="(default: tiny)")
    train.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings", help="one setting")
    how_long = train.add_mutually_exclusive_group()
    how_long.add_argument("--steps", type=_at_least_one, help="steps of the optimizer")
    how_long.add_argument("--minutes", type=_positive, help="about so long: 20 steps are timed (default: 5)")
    train.add_argument("--out", type=Path, metavar="FOLDER", help="the run (default: runs/ and the source's name)")
    train.add_argument("--seed", type=_count, default=0)
    train.add_argument("--device", default="auto", choices=DEVICES)
    train.add_argument("--resume", action="store_true", help="go on where the run in --out stopped")
    train.add_argument("--rate", type=int, choices=RATES, default=16_000, help="in Hz")
    train.add_argument("--data-minutes", type=_positive, default=10.0, help="of an instrument's model (default: 10)")
    train.add_argument("--workers", type=_at_least_one, default=1, metavar="N", help="processes that listen at once")

    evaluate = command(
        "evaluate",
        commands.evaluate,
        "Judge a run on recordings it has not heard, between its yardsticks and baselines.",
        "evaluate runs/my_saxophone",
    )
    evaluate.add_argument("run", metavar="RUN", help="a run folder, or: bundled")
    evaluate.add_argument(
        "source", nargs="?", metavar="NAME_OR_FOLDER", help="judge on this (default: what was held out in training)"
    )
    evaluate.add_argument("--data-minutes", type=_positive, default=2.0, help="of an instrument's model (default: 2)")
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    may_replace(evaluate)

    transfer = command(
        "transfer",
        commands.transfer,
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
    may_replace(transfer)

    export = command(
        "export",
        commands.export,
        "Write the instrument of a run as a web page that plays by itself, or its decoder as ONNX for plugins.",
        "export runs/my_saxophone my_saxophone.html",
    )
    export.add_argument("run", metavar="RUN", help="a run folder, or: bundled")
    export.add_argument("out", type=Path, metavar="OUT", help=".html, to open with a double click, or .onnx")
    export.add_argument("--name", metavar="TITLE", help="on the page (default: the run's name)")
    may_replace(export)

    lab = command("lab", commands.lab, "Copy the lessons into a folder of yours, and open JupyterLab there.", "lab")
    lab.add_argument("--folder", type=Path, help="(default: $DDSP_COURSE_WORKBOOK, else workbook)")
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


def _at_least_one(text: str) -> int:
    value = _count(text)
    if value == 0:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


# argparse names a type by its function where the text is no number at all.
_positive.__name__, _count.__name__, _at_least_one.__name__ = "number", "whole number", "whole number"


if __name__ == "__main__":
    sys.exit(main())
