"""Make the trained model that comes with the course: a tiny bowed string, and its figures beside it.

    python tools/train_assets.py

Ten minutes of the bowed-string model, tracked pitch and loudness, a fixed seed and a fixed number of steps.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

from ddsp_course import autoencoder, data, instruments

SEED = 0
STEPS = 1200
MINUTES = 10.0
ASSETS = Path(__file__).parents[1] / "ddsp_course" / "assets"


def main() -> None:
    takes, retakes = (instruments.bowed_string(MINUTES, seed=SEED, noise_seed=noise) for noise in (None, 1_000_003))
    train_takes, held_out = data.split(takes, seed=SEED)
    again = {take.name: retake for take, retake in zip(takes, retakes, strict=True)}
    model = autoencoder.train(train_takes, preset="tiny", steps=STEPS, seed=SEED, held_out=held_out)
    judged = autoencoder.evaluate(
        model.to("cpu"),
        held_out,
        retakes=[again[take.name] for take in held_out],
        train_recordings=train_takes,
        seed=SEED,
    )
    autoencoder.save(model, ASSETS / "bowed_string.safetensors")
    figures = judged.to_dict()
    about = {
        "made by": "tools/train_assets.py",
        "seed": SEED,
        "steps": STEPS,
        "minutes": MINUTES,
        "torch": torch.__version__,
        **{key: figures[key] for key in ("goals", "summary", "estimates", "room")},
    }
    (ASSETS / "bowed_string.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    print("\n".join([*judged.table(), *judged.summary]))


if __name__ == "__main__":
    main()
