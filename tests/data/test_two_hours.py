"""Two hours of stereo at 44.1 kHz go through reading and features in less than 2 GB of memory."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
RATE, HOURS = 44_100, 2
FRAME_BYTES = 4

PROGRAM = """
import json, resource, sys, time
import torch
from ddsp_course.data import extract_features, load_recording

def peak_bytes():
    try:  # not ru_maxrss: on Linux it starts from the memory of the process that started this one
        with open("/proc/self/status") as status:
            return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

def stub_tracker(audio_16k):
    frames = 1 + audio_16k.shape[-1] // 160
    return torch.full((1, frames), 220.0), torch.full((1, frames), 0.9)

start = time.process_time()
take = load_recording(sys.argv[1])
read = time.process_time()
found = extract_features(take, tracker=stub_tracker)
print(json.dumps({
    "seconds": take.seconds,
    "frames": found.frames,
    "loud": [float(found.loudness_db[0, int(250 * s)]) for s in (1, 3000, 3600, 7199)],
    "peak_bytes": peak_bytes(),
    "cpu_reading": read - start,
    "cpu_features": time.process_time() - read,
}))
"""


def long_wav(path: Path) -> None:
    """Two hours that take no room on the disk: a sparse file with sound in its first, middle and last seconds."""
    frames = HOURS * 3600 * RATE
    burst = (8000 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)).astype("<i2")
    sound = np.repeat(burst[:, None], 2, axis=1).tobytes()
    size = frames * FRAME_BYTES
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, RATE, RATE * FRAME_BYTES, FRAME_BYTES, 16)
    with open(path, "wb") as file:
        file.write(struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + form + struct.pack("<4sI", b"data", size))
        file.truncate(44 + size)
        for second in (0, 3599, HOURS * 3600 - 2):
            file.seek(44 + second * RATE * FRAME_BYTES)
            file.write(sound)


@pytest.mark.timeout(600)
def test_two_hours_need_less_than_2_gb(tmp_path, record_property):
    long_wav(tmp_path / "concert.wav")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "concert.wav")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    (tmp_path / "concert.wav").unlink()
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    record_property("two_hours", found)
    assert found["seconds"] == pytest.approx(7200, abs=0.01)
    assert found["frames"] == 7200 * 250
    sounding, silent, middle, end = found["loud"]
    assert silent == -80 and min(sounding, middle, end) > 0
    assert found["peak_bytes"] < 2e9
    print(f"peak {found['peak_bytes'] / 1e9:.2f} GB, {found['cpu_reading']:.0f} + {found['cpu_features']:.0f} CPU s")
