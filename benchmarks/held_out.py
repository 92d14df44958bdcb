"""Held-out bowed string: train on ten minutes of the model, tracked pitch, and judge on takes never heard.

    python benchmarks/held_out.py --preset tiny --minutes 5 --seeds 0 1 2
    python benchmarks/held_out.py --preset tiny --steps 600 --seeds 0

The takes and their features come from the cache the second time. Figures go to benchmarks/results/NAME.json; README
and lessons quote them from there. Times are of the machine it ran on; shares, dB and seconds of decay are not.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path

import results
import torch
from material import material

from ddsp_course import autoencoder, data
from ddsp_course.commands import INSTRUMENTS

SHOWN = ("loss", "share", "loss_unseen", "cepstral", "timbre", "loudness", "dereverberation", "rest_error")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--preset", default="tiny")
    how_long = options.add_mutually_exclusive_group(required=True)
    how_long.add_argument("--minutes", type=float)
    how_long.add_argument("--steps", type=int)
    options.add_argument("--seeds", type=int, nargs="+", default=[0])
    options.add_argument("--data-minutes", type=float, default=10.0)
    options.add_argument("--instrument", choices=INSTRUMENTS, default="bowed_string")
    options.add_argument(
        "--set", nargs="*", default=[], metavar="KEY=NUMBER", help="other settings, quiet_weight=0 say"
    )
    options.add_argument("--device", default="auto")
    options.add_argument("--no-pitch", action="store_true", help="do not track what the first seed plays (minutes)")
    options.add_argument("--name", help="of the file with the results")
    chosen = options.parse_args()

    overrides = {key: json.loads(value) for key, value in (each.split("=") for each in chosen.set)}
    given = material(chosen.instrument, chosen.data_minutes)
    print(
        f"data and features: {given.seconds_of_work:.0f} s of work; {given.heard.seconds:.0f} s to train on, "
        f"{given.held_out.seconds:.0f} s held out"
    )

    runs = []
    for seed in chosen.seeds:
        with tempfile.TemporaryDirectory() as folder:
            model = autoencoder.train(
                given.heard,
                preset=chosen.preset,
                overrides=overrides,
                steps=chosen.steps,
                minutes=chosen.minutes,
                out=Path(folder) / "run",
                features=given.features,
                seed=seed,
                device=chosen.device,
            ).to("cpu")
            trained = json.loads((Path(folder) / "run" / "metrics.json").read_text())["training"]
        tracked = seed == chosen.seeds[0] and not chosen.no_pitch
        judged = autoencoder.evaluate(
            model,
            given.held_out,
            features=given.held_features,
            retakes=given.retakes,
            train_recordings=given.heard,
            track_pitch=tracked,
            second_tracker=data.pyin_tracker if tracked else None,
        )
        print(f"\nseed {seed}: {trained['steps']} steps in {trained['seconds']:.0f} s")
        print("\n".join(judged.table()))
        print("\n".join(judged.summary), flush=True)
        figures = judged.to_dict()
        runs.append(
            {
                "seed": seed,
                "steps": trained["steps"],
                "training_seconds": trained["seconds"],
                "goals": figures["goals"],
                "summary": figures["summary"],
                "estimates": figures["estimates"],
                "room": figures["room"],
            }
        )

    model_rows = [result["estimates"]["model"] for result in runs]
    spread = {
        column: [round(row[column]["value"], 3) for row in model_rows] for column in SHOWN if column in model_rows[0]
    }
    print("\nover seeds, median (all):")
    for column, values in spread.items():
        print(f"  {column:16} {statistics.median(values):8.2f}   {values}")
    name = chosen.name or f"held_out_{chosen.instrument}_{chosen.preset}"
    about = {**vars(chosen), "torch": torch.__version__, "threads": torch.get_num_threads(), "device": chosen.device}
    print(f"written to {results.write(name, {'about': about, 'over_seeds': spread, 'runs': runs})}")


if __name__ == "__main__":
    main()
