"""One run in two processes: the same curve as in one, one set of files, and one end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ddsp_course import autoencoder
from ddsp_course.autoencoder.processes import OneProcess
from ddsp_course.data import CourseError

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import atexit, os, signal, sys, torch
from ddsp_course import autoencoder, data

torch.set_num_threads(1)
atexit.register(lambda: print("group left:", not torch.distributed.is_initialized()))  # runs last: registered first
out, steps, stop_at, resume = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "resume"
takes, features = [], []
for number in range(3):
    time = torch.arange(2 * 16_000) / 16_000
    f0 = 300.0 + 50 * number
    audio = 0.2 * sum(torch.sin(2 * torch.pi * f0 * k * time) / k for k in (1, 2, 3))[None]
    frames = torch.ones(1, audio.shape[1] // 64)
    takes.append(data.Recording(audio, name=f"tone {number}"))
    features.append(data.Features(f0 * frames, frames, -20 - number * frames))

original = autoencoder.Trainer.training_step
def step(self):
    if self.step == stop_at and self.processes.rank == 1:
        os.kill(os.getpid(), signal.SIGINT)
    return original(self)
autoencoder.Trainer.training_step = step
small = {"n_harmonics": 20, "n_bands": 9, "hidden_size": 16, "room_seconds": 0.2, "batch_size": 4,
         "crop_seconds": 0.3, "context_seconds": 0.1, "log_magnitude_weight": 0.0}
try:
    autoencoder.train(data.Recordings(tuple(takes), "tones"), features=features, overrides=small, steps=steps, out=out,
                      resume=resume, device="cpu", held_out=data.Recordings(tuple(takes[:1]), "tones"),
                      held_out_features=features[:1])
except KeyboardInterrupt as stopped:
    print(stopped)
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("script") / "train_tones.py"
    path.write_text(SCRIPT)
    return path


def start(processes: int, *arguments: object) -> str:
    launcher = (
        ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)] if processes > 1 else []
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *launcher, *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def curve(run: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (run / "log.jsonl").read_text().splitlines()]


def weights(run: Path) -> torch.Tensor:
    return torch.cat([each.flatten() for each in autoencoder.load(run).state_dict().values()])


def test_two_processes_learn_what_one_learns_and_stop_and_go_on_together(script, tmp_path):
    """By the loss of magnitudes alone: the logarithm makes of a last bit near silence a gradient of another sign."""
    alone, together, broken = tmp_path / "alone", tmp_path / "together", tmp_path / "broken"
    start(1, script, alone, 40, -1, "new")
    said = start(2, script, together, 40, -1, "new")
    assert said.count("group left: True") == 2  # a thread of a group that is not left can abort Python's own end
    assert len(curve(together)) == 4  # every tenth step once, not once for each process
    for ours, expected in zip(curve(together), curve(alone), strict=True):
        assert ours == pytest.approx(expected, rel=1e-4)
    assert curve(alone)[-1] < 0.9 * curve(alone)[0]
    moved = (weights(together) - weights(alone)).abs().max()
    assert moved < 0.02 * weights(alone).abs().max()

    said = start(2, script, broken, 40, 17, "new")  # Ctrl-C reaches the second process only
    assert said.count("interrupted after step 18") == 2 and said.count("group left: True") == 2
    start(2, script, broken, 40, -1, "resume")
    assert torch.equal(weights(broken), weights(together))
    assert curve(broken)[2:] == curve(together)[2:]
    assert sorted(path.name for path in broken.iterdir()) == sorted(path.name for path in together.iterdir())


def test_the_command_line_trains_in_two_processes_and_speaks_once(tmp_path):
    start(1, "-m", "ddsp_course.cli", "generate", "reed", "--minutes", 0.5, "--out", tmp_path / "reed")
    small = [part for each in ("hidden_size=16", "batch_size=4", "room_seconds=0.2") for part in ("--set", each)]
    said = start(
        2, "-m", "ddsp_course.cli", "train", tmp_path / "reed", "--steps", 10, "--out", tmp_path / "run", *small
    )
    assert said.count("The instrument is in") == 1
    assert len(curve(tmp_path / "run")) == 1 and (tmp_path / "run" / "source.json").exists()


def test_a_batch_that_cannot_be_shared_out_is_one_sentence():
    processes = OneProcess(torch.device("cpu"))
    processes.count, processes.rank = 3, 1
    assert processes.share(9) == slice(3, 6)
    with pytest.raises(CourseError, match="A batch of 8 cannot be shared out to 3 processes evenly"):
        processes.share(8)
