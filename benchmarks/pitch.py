"""How far the trackers are off, on a minute of each instrument in its room:  python benchmarks/pitch.py

The truth is what the player was told to play, and counts while a note sounds. Writes benchmarks/results/pitch.json:
median and 90th percentile of the error in cents, how often it is above 50 cents (mostly where one note becomes
another), and CPU seconds for a second of sound.
"""

from __future__ import annotations

import time

import numpy as np
import results

from ddsp_course import data, instruments
from ddsp_course.commands import INSTRUMENTS

SEED = 3
TRACKERS = {"CREPE tiny": data.crepe_tracker, "refined": data.refined_tracker}


def judged(takes: data.Recordings, tracker: data.pitch.Tracker) -> dict[str, float]:
    begun = time.process_time()
    found = data.extract_all(takes, tracker=tracker, cache=False, progress=False)
    seconds = time.process_time() - begun
    errors = np.concatenate(
        [
            1200 * (curves.f0_hz / take.f0_hz).log2()[take.gate > 0.5].abs().numpy()
            for take, curves in zip(takes, found, strict=True)
        ]
    )
    return {
        "median_cents": round(float(np.median(errors)), 2),
        "p90_cents": round(float(np.percentile(errors, 90)), 2),
        "above_50_cents_percent": round(float(100 * (errors > 50).mean()), 2),
        "cpu_seconds_per_second": round(seconds / sum(take.seconds for take in takes), 3),
    }


def main() -> None:
    found = {}
    for instrument in INSTRUMENTS:
        takes = getattr(instruments, instrument)(minutes=1.0, seed=SEED)
        for name, tracker in TRACKERS.items():
            row = found.setdefault(instrument, {})[name] = judged(takes, tracker)
            print(
                f"{instrument:14} {name:12} " + "  ".join(f"{key} {value:7.2f}" for key, value in row.items()),
                flush=True,
            )
    print(f"written to {results.write('pitch', found)}")


if __name__ == "__main__":
    main()
