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
import time
from pathlib import Path

import torch

from ddsp_course import autoencoder, data, instruments

SHOWN = ("loss", "share", "loss_unseen", "cepstral", "timbre", "loudness", "dereverberation", "rest_error")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--preset", default="tiny")
    how_long = options.add_mutually_exclusive_group(required=True)
    how_long.add_argument("--minutes", type=float)
    how_long.add_argument("--steps", type=int)
    options.add_argument("--seeds", type=int, nargs="+", default=[0])
    options.add_argument("--data-minutes", type=float, default=10.0)
    options.add_argument("--instrument", choices=("bowed_string", "reed", "voice"), default="bowed_string")
    options.add_argument(
        "--set", nargs="*", default=[], metavar="KEY=NUMBER", help="other settings, quiet_weight=0 say"
    )
    options.add_argument("--device", default="auto")
    options.add_argument("--no-pitch", action="store_true", help="do not track what the first seed plays (minutes)")
    options.add_argument("--name", help="of the file with the results")
    chosen = options.parse_args()

    overrides = {key: json.loads(value) for key, value in (each.split("=") for each in chosen.set)}
    play = getattr(instruments, chosen.instrument)
    takes, retakes = (play(chosen.data_minutes, seed=0, noise_seed=noise) for noise in (None, 1_000_003))
    started = time.monotonic()
    train_takes, held_out = data.split(takes)
    by_name = {take.name: again for take, again in zip(takes, retakes, strict=True)}
    held_again = [by_name[take.name] for take in held_out]
    features, held_features = (data.extract_all(each) for each in (train_takes, held_out))
    print(
        f"features: {time.monotonic() - started:.0f} s of work; {train_takes.seconds:.0f} s to train on, "
        f"{held_out.seconds:.0f} s held out"
    )

    results = []
    for seed in chosen.seeds:
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            model = autoencoder.train(
                train_takes,
                preset=chosen.preset,
                overrides=overrides,
                steps=chosen.steps,
                minutes=chosen.minutes,
                out=Path(folder) / "run",
                features=features,
                seed=seed,
                device=chosen.device,
            ).to("cpu")
            trained = json.loads((Path(folder) / "run" / "metrics.json").read_text())["training"]
        tracked = seed == chosen.seeds[0] and not chosen.no_pitch
        judged = autoencoder.evaluate(
            model,
            held_out,
            features=held_features,
            retakes=held_again,
            train_recordings=train_takes,
            track_pitch=tracked,
            second_tracker=data.pyin_tracker if tracked else None,
        )
        print(f"\nseed {seed}: {trained['steps']} steps in {trained['seconds']:.0f} s")
        print("\n".join(judged.table()))
        print("\n".join(judged.summary), flush=True)
        figures = judged.to_dict()
        results.append(
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

    model_rows = [result["estimates"]["model"] for result in results]
    spread = {
        column: [round(row[column]["value"], 3) for row in model_rows] for column in SHOWN if column in model_rows[0]
    }
    print("\nover seeds, median (all):")
    for column, values in spread.items():
        print(f"  {column:16} {statistics.median(values):8.2f}   {values}")
    name = chosen.name or f"held_out_{chosen.instrument}_{chosen.preset}"
    file = Path(__file__).parent / "results" / f"{name}.json"
    file.parent.mkdir(exist_ok=True)
    about = {**vars(chosen), "torch": torch.__version__, "threads": torch.get_num_threads(), "device": chosen.device}
    file.write_text(json.dumps({"about": about, "over_seeds": spread, "runs": results}, indent=1) + "\n")
    print(f"written to {file}")


if __name__ == "__main__":
    main()
