"""What else might learn sooner? Each trick against none, in as much time:  python benchmarks/tricks.py --minutes 2

A trick is kept only if it wins here: see benchmarks/results/tricks_SOURCE_tiny.json. One has: Fourier features of the
pitch, which are `tiny`'s since (with the recurrent weights at a third of the rate: at the whole one, gradients exploded
after a thousand steps of 2400). All others start from what was before. Each gets as many steps as it has time for: its
own step is timed in turns with one without tricks, and that is what time_to_quality.py has measured on this material
(run that first), so that what else the machine does counts for both. Trained on tracked pitch, judged on takes nobody
trained on. Every result is written at once; the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from functools import partial

import results
import torch
from material import Material, material
from time_to_quality import JUDGED, Ours, WithoutFourierFeatures, judged
from timing import in_turns
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm.auto import trange

from ddsp_course import dsp
from ddsp_course.autoencoder.crops import Crops
from ddsp_course.autoencoder.trainer import Trainer

TIMED_STEPS = 41
EMA = 0.99
WARM_SHARE = 0.1  # of the time goes into learning measured harmonics
WINDOW = 1024
FLOOR = 1e-4


class Averaged(WithoutFourierFeatures):
    """What is judged are the weights' running mean, over about 1 / (1 - EMA) steps."""

    def begin(self) -> Trainer:
        trainer = super().begin()
        self.mean = AveragedModel(trainer.model, multi_avg_fn=get_ema_multi_avg_fn(EMA))
        trainer.optimizer.register_step_post_hook(lambda *_: self.mean.update_parameters(trainer.model))
        return trainer

    def trained(self, steps: int) -> nn.Module:
        super().trained(steps)
        return self.mean.module


class WarmStart(WithoutFourierFeatures):
    """First the decoder learns the harmonics that a spectrum shows at multiples of the pitch: no synthesis, no loss."""

    def begin(self) -> Trainer:
        trainer = super().begin()
        self.optimizer = torch.optim.Adam(trainer.model.decoder.parameters(), 3e-3)
        self.crops = Crops(self.given.heard, self.given.features, crop_seconds=1.5)
        self.generator = torch.Generator().manual_seed(self.seed)
        return trainer

    def warm_step(self) -> None:
        audio, features = self.crops.draw(8, self.generator)
        controls = self.trainer.model.decode(features)
        wanted = measured_harmonics(audio, features.f0_hz, controls.harmonic_amplitudes.shape[-1])
        found = (controls.harmonic_amplitudes + FLOOR).log()
        self.optimizer.zero_grad(set_to_none=True)
        (found - (wanted + FLOOR).log()).abs()[:, 20:].mean().backward()
        self.optimizer.step()

    def trained(self, steps: int) -> nn.Module:
        timed = in_turns({"warm": self.warm_step, "whole": self.step})
        warm_steps = round(WARM_SHARE * steps * timed["whole"].median / timed["warm"].median)
        self.trainer = self.begin()
        for _ in trange(warm_steps, desc="warm start", unit="step"):
            self.warm_step()
        self.trainer.run(steps - round(WARM_SHARE * steps), None, None)
        return self.trainer.model


def measured_harmonics(audio: Tensor, f0_hz: Tensor, n_harmonics: int, sample_rate: int = 16_000) -> Tensor:
    """audio [batch, samples], f0_hz [batch, frames] -> amplitudes [batch, frames, harmonics], 0 above Nyquist."""
    frames = f0_hz.shape[1]
    hop = audio.shape[1] // frames
    window = torch.hann_window(WINDOW)
    pieces = nn.functional.pad(audio, (WINDOW // 2, WINDOW // 2)).unfold(1, WINDOW, hop)[:, :frames]
    magnitude = torch.fft.rfft(pieces * window).abs() * (2 / window.sum())
    hz = dsp.harmonic_frequencies(f0_hz, n_harmonics)
    bins = (hz * (WINDOW / sample_rate)).round().long().clamp(1, WINDOW // 2 - 1)
    strongest = torch.stack([magnitude.gather(2, bins + offset) for offset in (-1, 0, 1)]).amax(0)
    return strongest * (hz < sample_rate / 2)


TRICKS: dict[str, Callable[[Material, str, int], Ours]] = {
    "none": WithoutFourierFeatures,
    "Fourier features": Ours,
    "running mean of weights": Averaged,
    "warm start": WarmStart,
    "half the batch": partial(WithoutFourierFeatures, overrides={"batch_size": 4}),
    "twice the batch": partial(WithoutFourierFeatures, overrides={"batch_size": 16}),
    "crops of 2 s, half the batch": partial(WithoutFourierFeatures, overrides={"batch_size": 4, "crop_seconds": 2.0}),
    "twice the learning rate": partial(WithoutFourierFeatures, overrides={"learning_rate": 6e-3}),
    "three times the learning rate": partial(WithoutFourierFeatures, overrides={"learning_rate": 9e-3}),
    "five times the learning rate": partial(WithoutFourierFeatures, overrides={"learning_rate": 1.5e-2}),
    "twice the rate, crops of 2 s, half the batch": partial(
        WithoutFourierFeatures, overrides={"learning_rate": 6e-3, "batch_size": 4, "crop_seconds": 2.0}
    ),
    "half the learning rate": partial(WithoutFourierFeatures, overrides={"learning_rate": 1.5e-3}),
    "twice the room's learning rate": partial(WithoutFourierFeatures, overrides={"room_learning_rate": 4e-2}),
    "no pull to silence": partial(WithoutFourierFeatures, overrides={"quiet_weight": 0.0}),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--source", default="bowed_string", help="an instrument of ours")
    options.add_argument("--minutes", type=float, default=2.0)
    options.add_argument("--seeds", type=int, nargs="+", default=[0])
    options.add_argument("--tricks", nargs="+", choices=TRICKS, default=list(TRICKS))
    chosen = options.parse_args()
    quality = results.FOLDER / f"time_to_quality_{chosen.source}_tiny.json"
    about = json.loads(quality.read_text())["about"]
    given = material(chosen.source, about["data_minutes"])
    name = f"tricks_{chosen.source}_tiny"
    file = results.FOLDER / f"{name}.json"
    rows = json.loads(file.read_text()) if file.exists() else []
    for seed in chosen.seeds:
        for trick in chosen.tricks:
            if any((row["trick"], row["seed"], row["minutes"]) == (trick, seed, chosen.minutes) for row in rows):
                continue
            both = {which: TRICKS[which](given, "tiny", seed).step for which in ("none", trick)}
            timed = in_turns(both, repeats=TIMED_STEPS)
            times_none = timed[trick].median / timed["none"].median
            steps = max(1, round(60 * chosen.minutes / (about["seconds_per_step"]["ours"] * times_none)))
            model = TRICKS[trick](given, "tiny", seed).trained(steps).eval()
            row = {"trick": trick, "seed": seed, "minutes": chosen.minutes, "steps": steps, "times_none": times_none}
            rows.append(row | judged(model, given))
            results.write(name, rows)
    print(f"{'trick':44} {'seed':>4} {'minutes':>8} {'steps':>6}  " + "  ".join(f"{name:>15}" for name in JUDGED))
    for row in sorted(rows, key=lambda each: (each["minutes"], -each["share"])):
        figures = "  ".join(f"{row[name]:15.3f}" for name in JUDGED)
        print(f"{row['trick']:44} {row['seed']:4} {row['minutes']:8g} {row['steps']:6}  {figures}")
    print(f"written to {file}")


if __name__ == "__main__":
    main()
