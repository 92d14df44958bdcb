"""What a person waits for, beside training:  python benchmarks/waiting.py

Importing the package against importing torch alone, `ddsp-course --help`, the first sound of a new process, the
features of four minutes of sound, by one process and by two, and the same again from the cache. Medians of interleaved
runs; prints a table and writes benchmarks/results/waiting.json.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile

import results
import torch
from timing import Work, in_turns

from ddsp_course import data, instruments

FIRST_SOUND = """
import torch
from ddsp_course import dsp
dsp.harmonic_synthesis(torch.full((1, 250), 440.0), torch.ones(1, 250, 10), sample_rate=16_000, hop_size=64)
"""


def python(*arguments: str) -> Work:
    """A fresh interpreter, from start to exit."""
    return lambda: subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


STARTS: dict[str, Work] = {
    "python, doing nothing": python("-c", "pass"),
    "ddsp-course --help": python("-m", "ddsp_course.cli", "--help"),
    "import torch": python("-c", "import torch"),
    "import ddsp_course, all four rooms": python("-c", "from ddsp_course import dsp, data, instruments, autoencoder"),
    "from nothing to the first sound": python("-c", FIRST_SOUND),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repeats", type=int, default=5)
    repeats = options.parse_args().repeats

    starts = in_turns(STARTS, repeats)
    found = {name: each.median for name, each in starts.items()}
    for name, seconds in found.items():
        print(f"{name:44} {seconds:7.2f} s")
    ratio = found["import ddsp_course, all four rooms"] / found["import torch"]
    print(f"{'importing the package, times importing torch':44} {ratio:7.2f}")

    played = instruments.bowed_string(minutes=4, seed=11, progress=False)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DDSP_COURSE_CACHE"] = folder
        data.extract_all(played, progress=False)
        listening = in_turns(
            {
                "features": lambda: data.extract_all(played, progress=False, cache=False),
                "features, two workers": lambda: data.extract_all(played, progress=False, cache=False, workers=2),
                "features from the cache": lambda: data.extract_all(played, progress=False),
            },
            max(1, repeats // 2),
        )
    for name, each in listening.items():
        found[f"{name}, per second of sound"] = each.median / played.seconds
        print(f"{name + ', per second of sound':44} {each.median / played.seconds:7.4f} s")

    found |= {"import ratio": ratio, "threads": torch.get_num_threads(), "torch": torch.__version__}
    print(f"written to {results.write('waiting', found)}")


if __name__ == "__main__":
    main()
