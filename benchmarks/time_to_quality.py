"""How good after how many minutes, for five ways to the same goal:

    python benchmarks/time_to_quality.py --minutes 1 2 5 10 20 --seeds 0 1 2
    python benchmarks/time_to_quality.py --source my_saxophone/ --columns ours --minutes 5

Columns: `published`, the usual PyTorch port as its readers run it (4.3 M parameters, 4 x 4 s a step); `textbook`, our
network (without Fourier features of the pitch), batch and loss in textbook code; `code`, the same in our code;
`refined`, the same on a better pitch; `ours`, with Fourier features too where the preset has them. All are trained on
tracked pitch, and judged on takes nobody trained on: the first three on CREPE's, the others on CREPE's read twice
(`data.refined_tracker`).

A minute is so many steps: first all columns take a few in turn, and the median of each says how many. Do that on a
machine with nothing else to do ("seconds_per_step" in the result, kept from then on); the trainings after it may share
the machine and say the same. Minutes are training's; making the data and tracking its pitch stands apart, once, under
"features_seconds". All but `published` are trained anew for each number of minutes, because their learning rate ends
with it; that one has none that ends, so it goes on. Every result is written at once; the same command goes on where
it was stopped.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import results
import textbook
import torch
from material import Material, material
from timing import in_turns
from torch import nn
from tqdm.auto import trange

from ddsp_course import autoencoder, data
from ddsp_course.autoencoder.crops import Crops
from ddsp_course.autoencoder.recipe import parameter_groups
from ddsp_course.autoencoder.settings import settings
from ddsp_course.autoencoder.trainer import Trainer

JUDGED = ("share", "loss", "timbre", "dereverberation", "cepstral")


class Ours:
    """Our network, batch and loss in our code."""

    def __init__(self, given: Material, preset: str, seed: int, overrides: Mapping[str, Any] | None = None) -> None:
        self.given, self.preset, self.seed, self.overrides = given, preset, seed, overrides
        self.trainer = self.begin()

    def begin(self) -> Trainer:
        given, chosen = self.given, settings(self.preset, self.overrides)
        return Trainer(given.heard, given.features, chosen, seed=self.seed, device=torch.device("cpu"))

    def step(self) -> None:
        self.trainer.training_step()

    def trained(self, steps: int) -> nn.Module:
        self.trainer = self.begin()
        self.trainer.run(steps, None, None)
        return self.trainer.model


class WithoutFourierFeatures(Ours):
    """As it was before there were any: the pitch is one number, and all of the network learns at one rate."""

    def __init__(self, given: Material, preset: str, seed: int, overrides: Mapping[str, Any] | None = None) -> None:
        rate = (overrides or {}).get("learning_rate", settings(preset).training.learning_rate)
        before = {"fourier_features": 0, "recurrent_learning_rate": rate}
        super().__init__(given, preset, seed, {**before, **(overrides or {})})


class InTextbookCode(WithoutFourierFeatures):
    """That network, batch and loss, each part as textbooks write it."""

    def begin(self) -> Trainer:
        trainer = super().begin()
        chosen, weights = trainer.settings, trainer.model.state_dict()
        trainer.model = textbook.Textbook(chosen.model, trainer.model.statistics).train()
        trainer.model.load_state_dict(weights)
        trainer.loss = textbook.SpectralLoss(chosen.model.audio.fft_sizes)
        trainer.optimizer = torch.optim.Adam(parameter_groups(trainer.model, chosen.training))
        return trainer


class Published:
    """The usual PyTorch port: its network, its batch, its loss, Adam at 1e-3 for ever."""

    def __init__(self, given: Material, preset: str, seed: int) -> None:
        torch.manual_seed(seed)
        self.given = given
        statistics = autoencoder.training_statistics(given.features)
        self.model = textbook.Published(statistics.loudness_mean_db, statistics.loudness_std_db)
        self.judge = textbook.SpectralLoss(textbook.PUBLISHED_SIZES, normalized=True)
        self.optimizer = torch.optim.Adam(self.model.parameters(), 1e-3)
        self.crops = Crops(given.heard, given.features, crop_seconds=4.0)
        self.generator = torch.Generator().manual_seed(seed)
        self.steps = 0

    def step(self) -> None:
        audio, features = self.crops.draw(4, self.generator)
        self.optimizer.zero_grad(set_to_none=True)
        self.judge(self.model(features).wet, audio).backward()
        self.optimizer.step()
        self.steps += 1

    def trained(self, steps: int) -> nn.Module:
        self.model.train()
        for _ in trange(self.steps, steps, desc="published", unit="step"):
            self.step()
        return self.model


COLUMNS = {
    "published": Published,
    "textbook": InTextbookCode,
    "code": WithoutFourierFeatures,
    "refined": WithoutFourierFeatures,
    "ours": Ours,
}
SAME_STEP = {"code": "ours", "refined": "ours"}  # eight more inputs are nothing beside 256 units: see tricks.py


def seconds_per_step(given: Material, preset: str) -> dict[str, float]:
    """The median of each column's steps, taken in turn."""
    timed = in_turns(
        {name: column(given, preset, seed=0).step for name, column in COLUMNS.items() if name not in SAME_STEP},
        repeats=11,
    )
    return {name: round(each.median, 4) for name, each in timed.items()}


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
    options.add_argument(
        "--minutes", type=float, nargs="*", default=[1, 2, 5, 10, 20], help="none: only time the steps"
    )
    options.add_argument("--seeds", type=int, nargs="+", default=[0])
    chosen = options.parse_args()
    refined = material(chosen.source, chosen.data_minutes)
    name = f"time_to_quality_{Path(chosen.source).name}_{chosen.preset}"
    file = results.FOLDER / f"{name}.json"
    if file.exists():
        found = json.loads(file.read_text())
        for asked in ("source", "data_minutes"):
            if found["about"][asked] != getattr(chosen, asked):
                was = found["about"][asked]
                raise SystemExit(
                    f"{file} has rows for {asked} {was}, not {getattr(chosen, asked)}: move it away first."
                )
    else:
        found = {
            "about": {
                **{name: getattr(chosen, name) for name in ("source", "data_minutes", "preset")},
                "threads": torch.get_num_threads(),
                "torch": torch.__version__,
                "features_seconds": round(refined.seconds_of_work, 1),
                "seconds_per_step": seconds_per_step(refined, chosen.preset),
            },
            "rows": [],
        }
        results.write(name, found)
    rows, clock = found["rows"], found["about"]["seconds_per_step"]
    for seed in chosen.seeds:
        for column in chosen.columns:
            done = {row["minutes"] for row in rows if (row["column"], row["seed"]) == (column, seed)}
            missing = sorted(set(chosen.minutes) - done)
            if not missing:
                continue
            given = refined if column in ("refined", "ours") else refined.tracked_by(data.crepe_tracker)
            training = COLUMNS[column](given, chosen.preset, seed)
            for minutes in missing:
                steps = max(1, round(60 * minutes / clock[SAME_STEP.get(column, column)]))
                model = training.trained(steps).eval()
                row = {"column": column, "seed": seed, "minutes": minutes, "steps": steps}
                rows.append(row | judged(model, given))
                results.write(name, found)
    print(f"{'column':10} {'seed':>4} {'minutes':>8} {'steps':>6}  " + "  ".join(f"{name:>15}" for name in JUDGED))
    for row in sorted(rows, key=lambda each: (each["column"], each["minutes"], each["seed"])):
        figures = "  ".join(f"{row[name]:15.3f}" if name in row else " " * 15 for name in JUDGED)
        print(f"{row['column']:10} {row['seed']:4} {row['minutes']:8g} {row['steps']:6}  {figures}")
    print("a step takes " + ", ".join(f"{name} {each:.3f} s" for name, each in clock.items()))
    print(f"written to {file}")


if __name__ == "__main__":
    main()
