"""One walk through the commands as a person takes it, nothing taken out: play, look, learn, judge, sing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
import torch

from ddsp_course import data

ROOT = Path(__file__).resolve().parent.parent
SMALL = ["--set", "batch_size=2", "--set", "room_seconds=0.5", "--set", "hidden_size=64"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a walk")


def ddsp_course(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "ddsp_course.cli", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def well(folder: Path, *arguments: str) -> str:
    done = ddsp_course(folder, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_from_nothing_to_a_played_instrument(folder):
    well(folder, "generate", "bowed_string", "--minutes", "0.8", "--out", "takes")
    well(folder, "generate", "voice", "--minutes", "0.1", "--seed", "3", "--out", "voice takes")
    assert len(list((folder / "takes").glob("*.wav"))) == 2

    said = well(folder, "features", "takes")
    assert said.startswith("takes: 2 recordings, 48 seconds")

    said = well(folder, "train", "takes", "--steps", "30", "--out", "runs/mine", *SMALL)
    assert "ddsp-course transfer runs/mine" in said
    assert {"model.safetensors", "training.pt", "log.jsonl", "metrics.json", "source.json"} <= {
        path.name for path in (folder / "runs" / "mine").iterdir()
    }

    again = ddsp_course(folder, "train", "takes", "--steps", "30", "--out", "runs/mine", *SMALL)
    assert again.returncode == 1 and "already holds a run" in again.stderr
    well(folder, "train", "takes", "--steps", "40", "--out", "runs/mine", "--resume", *SMALL)
    log = [json.loads(line) for line in (folder / "runs" / "mine" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == [10, 20, 30, 40]
    assert log[-1]["loss"] < log[0]["loss"]

    said = well(folder, "evaluate", "runs/mine", "--json", "figures.json")
    assert "untrained" in said and "silence" in said
    assert json.loads((folder / "figures.json").read_text())["estimates"]

    sung = folder / "voice takes" / "voice_000.wav"
    said = well(folder, "transfer", "runs/mine", str(sung), "played/out.wav", "--stems", "--db", "3")
    written = [folder / line for line in said.splitlines() if line.endswith(".wav")]
    assert [path.name for path in written] == ["out.wav", "out_dry.wav", "out_harmonic.wav", "out_noise.wav"]
    wet, dry, harmonic, noise = (torch.from_numpy(soundfile.read(path, dtype="float32")[0]) for path in written)
    assert len(wet) == data.load_recording(sung).audio.shape[-1]
    assert torch.allclose(dry, harmonic + noise, atol=1e-4), "the stems add up, in the files too"
    assert 1e-3 < wet.square().mean().sqrt() < 0.5, "an instrument, neither silence nor a siren"
