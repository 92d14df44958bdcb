"""A seed is a performance: the same in every process, at every rate; a re-take differs in its noise alone."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import signal

from ddsp_course import instruments
from ddsp_course.data import PRESETS

ROOT = Path(__file__).resolve().parents[2]
MAKERS = {
    "bowed_string": instruments.bowed_string,
    "reed": instruments.reed,
    "voice": instruments.voice,
}
FINGERPRINTS = """
import sys
from ddsp_course import instruments
assert "numba" not in sys.modules, "importing the instruments must not import numba"
import hashlib
for name in ("bowed_string", "reed", "voice"):
    take = getattr(instruments, name)(minutes=0.1, seed=5, progress=False)[0]
    print(name, hashlib.sha256(take.audio.numpy().tobytes() + take.f0_hz.numpy().tobytes()).hexdigest())
"""


def same_truth(a, b) -> bool:
    return torch.equal(a.f0_hz, b.f0_hz) and torch.equal(a.gate, b.gate) and a.notes == b.notes


def test_two_processes_make_the_same_samples_bit_for_bit():
    other = subprocess.run(
        [sys.executable, "-c", FINGERPRINTS], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    elsewhere = dict(line.split() for line in other.stdout.split("\n") if line)
    for name, make in MAKERS.items():
        take = make(minutes=0.1, seed=5, progress=False)[0]
        samples = take.audio.numpy().tobytes() + take.f0_hz.numpy().tobytes()
        assert hashlib.sha256(samples).hexdigest() == elsewhere[name]


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_retake_is_the_same_performance_with_other_noise(make):
    first, again = (make(minutes=0.1, seed=5, noise_seed=noise, progress=False)[0] for noise in (None, 1))
    assert same_truth(first, again)
    assert not torch.equal(first.dry, again.dry)
    playing = first.gate[0] > 0.99
    difference_db = (first.loudness_db - again.loudness_db)[0, playing].abs()
    assert difference_db.median() < 1.5
    assert torch.equal(again.audio, make(minutes=0.1, seed=5, noise_seed=1, progress=False)[0].audio)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_another_reading_is_the_same_notes_with_another_vibrato(make):
    first, other, third = (make(minutes=0.2, seed=5, reading_seed=r, progress=False)[0] for r in (None, 1, 2))

    def score(take):
        return [(note.start_s, note.end_s, note.midi, note.level) for note in take.notes]

    assert score(first) == score(other) == score(third)
    assert torch.equal(first.gate, other.gate)
    assert not torch.equal(other.f0_hz, third.f0_hz)
    cents = 1200 * torch.log2(first.f0_hz / other.f0_hz)[first.gate > 0.99].abs()
    assert 1 < cents.mean() < 60 and cents.median() < 50
    again = make(minutes=0.2, seed=5, reading_seed=1, progress=False)[0]
    assert torch.equal(other.audio, again.audio)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_another_seed_is_other_music(make):
    one, other = (make(minutes=0.1, seed=seed, progress=False)[0] for seed in (5, 6))
    assert one.notes != other.notes


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_at_48_khz_it_is_the_same_take_with_more_treble(make):
    """Below 6 kHz a 48 kHz take, brought down to 16 kHz, differs from the 16 kHz take by less than a hundredth."""
    low, high = (make(minutes=0.1, seed=5, config=PRESETS[name], progress=False)[0] for name in ("16k", "48k"))
    assert high.audio.shape[-1] == high.frames * 192 == 3 * low.audio.shape[-1]
    assert same_truth(low, high)
    treble_off = signal.butter(8, 6000, fs=16_000, output="sos")
    a = signal.sosfilt(treble_off, low.audio[0].double().numpy())
    b = signal.sosfilt(treble_off, signal.resample_poly(high.audio[0].double().numpy(), 1, 3))
    assert np.mean((a - b) ** 2) < 0.01 * np.mean(a**2)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_at_44_1_khz_the_notes_begin_at_the_same_seconds(make):
    low, high = (make(minutes=0.1, seed=5, config=PRESETS[name], progress=False)[0] for name in ("16k", "44k"))
    assert high.audio.shape[-1] == high.frames * 176
    assert [(n.start_s, n.midi, n.level) for n in low.notes] == [(n.start_s, n.midi, n.level) for n in high.notes]
    at_44 = np.arange(high.frames) / high.config.frame_rate
    expected = np.interp(at_44, np.arange(low.frames) / low.config.frame_rate, low.f0_hz[0].numpy())
    assert np.percentile(np.abs(1200 * np.log2(high.f0_hz[0].numpy() / expected)), 95) < 1  # cents


def test_the_room_and_the_body_can_be_exchanged():
    own = instruments.bowed_string(minutes=0.05, progress=False)[0]
    outside = instruments.bowed_string(minutes=0.05, room=torch.ones(1), progress=False)[0]
    assert torch.equal(outside.audio, outside.dry) and torch.equal(outside.dry, own.dry)
    another = instruments.bowed_string(minutes=0.05, body_seed=1, progress=False)[0]
    assert same_truth(another, own)
    assert not torch.allclose(another.dry, own.dry, atol=1e-2)


@pytest.mark.parametrize(
    "wrong, sentence",
    [
        ({"minutes": 0}, "minutes must be a number above 0"),
        ({"minutes": -3}, "minutes must be a number above 0"),
        ({"minutes": float("nan")}, "minutes must be a number above 0"),
        ({"minutes": "ten"}, "minutes must be a number above 0"),
        ({"minutes": 0.001}, "at least one second"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"seed": 1.5}, "seed must be a whole number"),
        ({"noise_seed": -1}, "noise_seed must be a whole number"),
        ({"reading_seed": -1}, "reading_seed must be a whole number"),
        ({"body_seed": -1}, "body_seed must be a whole number"),
        ({"minutes": 0.05, "room": torch.ones(2, 3)}, "impulse response"),
    ],
)
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_what_makes_no_sense_is_refused_in_a_sentence(make, wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        make(**wrong, progress=False)
