"""How good after how many minutes, for three ways to the same goal:

    python benchmarks/time_to_quality.py --minutes 1 2 5 10 20 --seeds 0 1 2
    python benchmarks/time_to_quality.py --source my_saxophone/ --columns ours --minutes 5

Columns: `published`, the usual PyTorch port as its readers run it (4.3 M parameters, 4 x 4 s a step); `textbook`, our
network, batch and loss in textbook code; `ours`. Trained on tracked pitch, judged on takes nobody trained on. Minutes
are training's, wall clock; making the data and tracking its pitch stands apart, once, under "features_seconds". `ours`
and `textbook` are trained anew for each number of minutes, because their learning rate ends with it; `published` has
none that ends, so it goes on. Every result is written at once; the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import results
import textbook
import torch
from material import Material, material
from tqdm.auto import tqdm

from ddsp_course import autoencoder
from ddsp_course.autoencoder.crops import Crops
from ddsp_course.autoencoder.recipe import parameter_groups
from ddsp_course.autoencoder.settings import settings
from ddsp_course.autoencoder.trainer import Trainer

JUDGED = ("share", "loss", "timbre", "dereverberation", "cepstral")


def ours(given: Material, preset: str, minutes: Sequence[float], seed: int) -> Iterator[tuple]:
    """-> minutes, model, steps and seconds, one after the other."""
    yield from _in_our_trainer(given, preset, minutes, seed, lambda trainer: None)


def in_textbook_code(given: Material, preset: str, minutes: Sequence[float], seed: int) -> Iterator[tuple]:
    def exchange(trainer: Trainer) -> None:
        chosen, weights = trainer.settings, trainer.model.state_dict()
        trainer.model = textbook.Textbook(chosen.model, trainer.model.statistics).train()
        trainer.model.load_state_dict(weights)
        trainer.loss = textbook.SpectralLoss(chosen.model.audio.fft_sizes)
        trainer.optimizer = torch.optim.Adam(parameter_groups(trainer.model, chosen.training))

    yield from _in_our_trainer(given, preset, minutes, seed, exchange)


def _in_our_trainer(
    given: Material, preset: str, minutes: Sequence[float], seed: int, change: Callable[[Trainer], None]
) -> Iterator[tuple]:
    for each in minutes:
        trainer = Trainer(given.heard, given.features, settings(preset), seed=seed, device=torch.device("cpu"))
        change(trainer)
        trainer.run(None, each, None)
        yield each, trainer.model.eval(), trainer.step, trainer.seconds


def published(given: Material, preset: str, minutes: Sequence[float], seed: int) -> Iterator[tuple]:
    torch.manual_seed(seed)
    statistics = autoencoder.training_statistics(given.features)
    model = textbook.Published(statistics.loudness_mean_db, statistics.loudness_std_db)
    judge = textbook.SpectralLoss(textbook.PUBLISHED_SIZES, normalized=True)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    crops, generator = Crops(given.heard, given.features, crop_seconds=4.0), torch.Generator().manual_seed(seed)
    steps, seconds = 0, 0.0
    for each in sorted(minutes):
        model.train()
        with tqdm(total=round(60 * each), initial=round(seconds), desc="published", unit="s") as bar:
            while seconds < 60 * each:
                begun = time.monotonic()
                audio, features = crops.draw(4, generator)
                optimizer.zero_grad(set_to_none=True)
                judge(model(features).wet, audio).backward()
                optimizer.step()
                steps, seconds = steps + 1, seconds + time.monotonic() - begun
                bar.update(min(round(seconds), bar.total) - bar.n)
        yield each, model.eval(), steps, seconds


COLUMNS = {"published": published, "textbook": in_textbook_code, "ours": ours}


def judged(model, given: Material) -> dict[str, float]:
    found = autoencoder.evaluate(
        model,
        given.held_out,
        features=given.held_features,
        retakes=given.retakes,
        baselines=False,
        track_pitch=False,
        progress=False,
    )
    estimates = found.to_dict()["estimates"]["model"]
    return {name: round(estimates[name]["value"], 4) for name in JUDGED if name in estimates}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--source", default="bowed_string", help="an instrument of ours, or a folder of recordings")
    options.add_argument("--data-minutes", type=float, default=10.0, help="of an instrument of ours")
    options.add_argument("--preset", default="tiny")
    options.add_argument("--columns", nargs="+", choices=COLUMNS, default=list(COLUMNS))
    options.add_argument("--minutes", type=float, nargs="+", default=[1, 2, 5, 10, 20])
    options.add_argument("--seeds", type=int, nargs="+", default=[0])
    chosen = options.parse_args()
    given = material(chosen.source, chosen.data_minutes)
    name = f"time_to_quality_{Path(chosen.source).name}_{chosen.preset}"
    file = results.FOLDER / f"{name}.json"
    rows = json.loads(file.read_text())["rows"] if file.exists() else []
    for seed in chosen.seeds:
        for column in chosen.columns:
            done = {row["minutes"] for row in rows if (row["column"], row["seed"]) == (column, seed)}
            missing = sorted(set(chosen.minutes) - done)
            for minutes, model, steps, seconds in COLUMNS[column](given, chosen.preset, missing, seed):
                row = {"column": column, "seed": seed, "minutes": minutes, "steps": steps, "seconds": round(seconds, 1)}
                row |= judged(model, given)
                rows.append(row)
                about = {
                    **{name: getattr(chosen, name) for name in ("source", "data_minutes", "preset")},
                    "threads": torch.get_num_threads(),
                    "torch": torch.__version__,
                    "features_seconds": round(given.seconds_of_work, 1),
                }
                results.write(name, {"about": about, "rows": rows})
    print(f"{'column':10} {'seed':>4} {'minutes':>8} {'steps':>6}  " + "  ".join(f"{name:>15}" for name in JUDGED))
    for row in sorted(rows, key=lambda each: (each["column"], each["minutes"], each["seed"])):
        figures = "  ".join(f"{row[name]:15.3f}" if name in row else " " * 15 for name in JUDGED)
        print(f"{row['column']:10} {row['seed']:4} {row['minutes']:8g} {row['steps']:6}  {figures}")
    print(f"written to {file}")


if __name__ == "__main__":
    main()
