"""Make a virtual environment and install what pyproject.toml asks for into it, once.

Run by make with any Python that is new enough; needs only the standard library and the pip of the environment.
An environment inside the clone gets the package too (editable, so that .venv/bin/ddsp-course works). One elsewhere may
serve several clones: it holds dependencies only, and make puts the clone on PYTHONPATH.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent
PROJECT = CLONE / "pyproject.toml"
FROM_TORCH_INDEX = ("torch", "torchaudio")
"""Both from the same place: a CUDA build of one does not load beside a CPU build of the other."""


class SetUpError(Exception):
    """One sentence for the person who typed make."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("venv", type=Path)
    parser.add_argument("extras", nargs="*", help="extras of pyproject.toml, such as: dev course")
    parser.add_argument(
        "--torch-index", default="", help="address of a package index to take torch and torchaudio from"
    )
    options = parser.parse_args(arguments)
    try:
        set_up(options.venv, options.extras, options.torch_index)
    except SetUpError as error:
        print(f"make: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nmake: Stopped. The same command goes on from here.", file=sys.stderr)
        return 130
    return 0


def set_up(venv: Path, extras: list[str], torch_index: str = "") -> None:
    """Bring an environment up to date; does nothing where its stamp says that it is."""
    stamp = venv / ".ddsp-course.json"
    project = hashlib.sha256(PROJECT.read_bytes()).hexdigest()
    installed = read_stamp(stamp, project)
    python = venv / "bin" / "python"
    if runs(python) and installed.issuperset(["core", *extras]):
        return
    if not runs(python, "-m", "pip", "--version"):
        make_venv(venv)
    print(f"Setting up {venv} (the first time this takes minutes and some GB)", flush=True)
    needed = requirements(python, extras)
    if torch_index:
        torch = [requirement for requirement in needed if name_of(requirement) in FROM_TORCH_INDEX]
        pip(python, ["--index-url", torch_index, *torch])
    pip(python, needed)
    if venv.resolve().is_relative_to(CLONE):
        pip(python, ["--no-deps", "--editable", str(CLONE)])
    write_stamp(stamp, project, installed.union(["core", *extras]))


def read_stamp(stamp: Path, project: str) -> set[str]:
    """What is installed already, as far as it was written down for this very pyproject.toml."""
    try:
        written = json.loads(stamp.read_text(encoding="utf-8"))
        return set(written["installed"]) if written["pyproject"] == project else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def write_stamp(stamp: Path, project: str, installed: set[str]) -> None:
    unfinished = stamp.with_name(f"{stamp.name}.{os.getpid()}.part")
    try:
        unfinished.write_text(json.dumps({"pyproject": project, "installed": sorted(installed)}), encoding="utf-8")
        unfinished.replace(stamp)
    except OSError:
        # Somebody else's environment that we may only read: it has all we need, and pip will look again next time.
        return


def runs(python: Path, *arguments: str) -> bool:
    """Whether an interpreter is there, is new enough and does something (after an interrupted `venv`: without pip)."""
    arguments = arguments or ("-c", "import sys; sys.exit(sys.version_info < (3, 10))")
    try:
        return subprocess.run([python, *arguments], stdin=subprocess.DEVNULL, capture_output=True).returncode == 0
    except OSError:
        return False


def make_venv(venv: Path) -> None:
    """Without --clear: a mistyped VENV=$HOME must not empty a home."""
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise SetUpError(
            f"{sys.executable} has no venv module: install it (on Debian and Ubuntu: apt install "
            f"python{version}-venv), or name another Python with PYTHON=/path/to/python3."
        )
    if venv.exists() and not venv.is_dir():
        raise SetUpError(
            f"{venv} is a file, so no virtual environment fits there: name another place with VENV=FOLDER."
        )
    made = subprocess.run(
        [sys.executable, "-m", "venv", venv], stdin=subprocess.DEVNULL, text=True, capture_output=True
    )
    if made.returncode:
        why = (made.stderr or made.stdout).strip().splitlines() or ["no reason given"]
        raise SetUpError(
            f"{sys.executable} could not make a virtual environment in {venv} ({why[-1]}): name another place with "
            "VENV=FOLDER, or another Python with PYTHON=/path/to/python3."
        )


def requirements(python: Path, extras: list[str]) -> list[str]:
    """The dependencies of pyproject.toml and of some of its extras; read there, so that they are listed once."""
    # Python 3.10 has no tomllib, but its pip brings one along.
    read = (
        "import json, sys\n"
        "try: import tomllib\n"
        "except ImportError: from pip._vendor import tomli as tomllib\n"
        "print(json.dumps(tomllib.load(open(sys.argv[1], 'rb'))['project']))"
    )
    project = json.loads(subprocess.check_output([python, "-c", read, PROJECT], text=True))
    unknown = sorted(set(extras) - set(project["optional-dependencies"]))
    if unknown:
        raise SetUpError(f"pyproject.toml has no extra called {', '.join(unknown)}.")
    return [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]


def name_of(requirement: str) -> str:
    """ "torch>=2.4" is about torch."""
    for end, character in enumerate(requirement):
        if not (character.isalnum() or character in "-_."):
            return requirement[:end].lower()
    return requirement.lower()


def pip(python: Path, arguments: list[str]) -> None:
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", *arguments]
    if subprocess.run(command, stdin=subprocess.DEVNULL).returncode:
        raise SetUpError(
            "pip could not install what is needed (its message is above); the same command tries again and keeps what "
            "is installed."
        )


if __name__ == "__main__":
    sys.exit(main())
