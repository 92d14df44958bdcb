"""Make what is trained and comes with the course:

    python tools/train_assets.py            a tiny bowed string, and its figures beside it
    python tools/train_assets.py plain      the same without Fourier features: what lesson 18 has to mend
    python tools/train_assets.py full       what `full` plays on the take of lesson 14 (its weights would be 20 MB)

Ten minutes of the bowed-string model, tracked pitch and loudness, a fixed seed and a fixed number of steps; `full`
takes 20 minutes on two cores, and goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from ddsp_course import autoencoder, data, dsp, instruments
from ddsp_course.data.types import frames_of

SEED = 0
STEPS = {"tiny": 1200, "plain": 1200, "full": 1892}
MINUTES = 10.0
FRAMES_PLAYED = 1750
ASSETS = Path(__file__).parents[1] / "ddsp_course" / "assets"
RUN = Path(__file__).parents[1] / "runs" / "full_for_lesson_14"


def main(which: str = "tiny") -> None:
    takes, retakes = (instruments.bowed_string(MINUTES, seed=SEED, noise_seed=noise) for noise in (None, 1_000_003))
    train_takes, held_out = data.split(takes, seed=SEED)
    again = {take.name: retake for take, retake in zip(takes, retakes, strict=True)}
    out = RUN if which == "full" else None
    model = autoencoder.train(
        train_takes,
        preset="full" if which == "full" else "tiny",
        overrides={"fourier_features": 0, "recurrent_learning_rate": 3e-3} if which == "plain" else {},
        steps=STEPS[which],
        seed=SEED,
        held_out=held_out,
        out=out,
        resume=out is not None and out.exists(),
    )
    judged = autoencoder.evaluate(
        model.to("cpu"),
        held_out,
        retakes=[again[take.name] for take in held_out],
        train_recordings=train_takes,
        seed=SEED,
    )
    name = "bowed_string" if which == "tiny" else f"bowed_string_{which}"
    if which != "full":
        autoencoder.save(model, ASSETS / f"{name}.safetensors")
    else:
        stems = played(model)
        for part in ("wet", "dry"):
            sound = getattr(stems, part)
            data.save_audio(ASSETS / f"{name}_{part}.flac", sound, sample_rate=model.audio_config.sample_rate)
    figures = judged.to_dict()
    about = {
        "made by": "tools/train_assets.py" if which == "tiny" else f"tools/train_assets.py {which}",
        "seed": SEED,
        "steps": STEPS[which],
        "minutes": MINUTES,
        "torch": torch.__version__,
        **{key: figures[key] for key in ("goals", "summary", "estimates", "room")},
    }
    (ASSETS / f"{name}.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    print("\n".join([*judged.table(), *judged.summary]))


@torch.no_grad()
def played(model: autoencoder.Autoencoder) -> autoencoder.Stems:
    """Lesson 14's take."""
    take = instruments.bowed_string(minutes=0.4, seed=5)[0]
    curves = frames_of(data.Features(take.f0_hz, torch.ones_like(take.f0_hz), take.loudness_db), 0, FRAMES_PLAYED)
    samples = FRAMES_PLAYED * model.audio_config.hop_size
    noise = dsp.white_noise(1, samples, generator=torch.Generator().manual_seed(0))
    return model.eval().synthesize(model.decode(curves), noise=noise)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("which", nargs="?", choices=STEPS, default="tiny")
    main(options.parse_args().which)
