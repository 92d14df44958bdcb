"""Where a model still differs from the recording, and a re-take does not:

    python benchmarks/what_is_left.py
    python benchmarks/what_is_left.py --run runs/my_string --source bowed_string

The spectral loss of takes that nobody trained on, cut into parts that add up to it: the magnitudes' part, and the
logarithms' part in the rests, and below 1, from 1 to 4 and above 4 kHz while it sounds. Beside the model: the same
model told the true pitch, and the same performance with other noise. Writes benchmarks/results/what_is_left.json.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace

import results
import torch
from material import material
from torch import Tensor

from ddsp_course import autoencoder, dsp
from ddsp_course.autoencoder.baselines import play
from ddsp_course.autoencoder.model import sounding_frames
from ddsp_course.commands import INSTRUMENTS

EDGES_HZ = {"below 1 kHz": (0, 1000), "1 to 4 kHz": (1000, 4000), "above 4 kHz": (4000, float("inf"))}
LOSS = dsp.SpectralLoss()


def parts_of_loss(audio: Tensor, target: Tensor, sounding: Tensor, hop_size: int, sample_rate: int) -> dict[str, float]:
    """audio, target [1, n]; sounding bool [frames] of hop_size samples -> parts whose sum is LOSS(audio, target)."""
    found: Counter[str] = Counter()
    for size in LOSS.fft_sizes:
        powers = (dsp.stft_power(each, size, overlap=LOSS.overlap)[0] for each in (audio, target))
        ours, theirs = (power.clamp_min(LOSS.floor**2) for power in powers)
        found["magnitudes"] += float((ours.sqrt() - theirs.sqrt()).abs().mean())
        difference = 0.5 * (ours.log() - theirs.log()).abs() / ours.numel()
        middles = torch.arange(len(ours)) * round(size * (1 - LOSS.overlap)) + size // 2
        heard = sounding[(middles // hop_size).clamp_max(len(sounding) - 1)]
        hz = torch.arange(ours.shape[1]) * (sample_rate / size)
        found["rests"] += float(difference[~heard].sum())
        for name, (low, high) in EDGES_HZ.items():
            found[name] += float(difference[heard][:, (hz >= low) & (hz < high)].sum())
    return dict(found)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--run", default="bundled", help="a run folder, or the bundled model")
    options.add_argument("--source", choices=INSTRUMENTS, default="bowed_string", help="what it has learned")
    options.add_argument("--data-minutes", type=float, default=10.0)
    chosen = options.parse_args()
    model = autoencoder.bundled() if chosen.run == "bundled" else autoencoder.load(chosen.run)
    given = material(chosen.source, chosen.data_minutes)
    total: dict[str, Counter[str]] = {name: Counter() for name in ("model", "model, true pitch", "re-take")}
    for take, again, features in zip(given.held_out, given.retakes, given.held_features, strict=True):
        played = {
            "model": play(model, features, take.audio).wet,
            "model, true pitch": play(model, replace(features, f0_hz=take.f0_hz), take.audio).wet,
            "re-take": again.audio,
        }
        sounding, config = sounding_frames(features)[0], features.config
        for name, audio in played.items():
            parts = parts_of_loss(audio, take.audio, sounding, config.hop_size, config.sample_rate)
            for part, value in parts.items():
                total[name][part] += value * take.seconds / given.held_out.seconds
    print(f"{'':20}" + "".join(f"{part:>13}" for part in total["model"]) + f"{'sum':>13}")
    for name, parts in total.items():
        print(f"{name:20}" + "".join(f"{value:13.3f}" for value in parts.values()) + f"{sum(parts.values()):13.3f}")
    left = {part: value - total["re-take"][part] for part, value in total["model"].items()}
    shares = {part: round(100 * value / sum(left.values())) for part, value in left.items()}
    print(f"{'of what is left':20}" + "".join(f"{value:11.0f} %" for value in shares.values()))
    found = {"about": vars(chosen), "parts": total, "percent_of_what_is_left": shares}
    print(f"written to {results.write('what_is_left', found)}")


if __name__ == "__main__":
    main()
