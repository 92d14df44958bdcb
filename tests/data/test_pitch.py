"""The pitch tracker against known truth, against the libraries it stands on, and against itself in another process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_course.data import crepe_tracker, pyin_tracker
from ddsp_course.data.pitch import (
    BATCH,
    BINS,
    CENTS_PER_BIN,
    FIRST_BIN_CENTS,
    around_path,
    crepe_activation,
    pitch_transitions,
    viterbi,
)

ROOT = Path(__file__).parents[2]


def cents(measured, truth) -> np.ndarray:
    return 1200 * np.log2(np.asarray(measured, np.float64) / truth)


def test_a_steady_sine_of_440_hz_is_found_within_3_cents_and_without_jitter():
    """torchcrepe's own decoding is 7 cents off at random: its dither of +-20 cents has a deviation of 8."""
    sine = torch.sin(2 * torch.pi * 440 * torch.arange(32_000) / 16_000)[None]
    f0_hz, confidence = crepe_tracker(sine)
    assert f0_hz.shape == confidence.shape == (1, 201)
    error = cents(f0_hz[0, 10:-10], 440)
    assert abs(np.median(error)) < 3.0
    assert error.std() < 1.0
    assert confidence[0, 10:-10].min() > 0.85


def test_a_melody_with_vibrato_is_followed_to_5_cents(sounds):
    time = np.arange(6 * 16_000) / 16_000
    midi = np.repeat([57, 60, 64, 76, 71, 50], 16_000) + 0.3 * np.sin(2 * np.pi * 5.5 * time)
    truth = 440 * 2 ** ((midi - 69) / 12)
    f0_hz, confidence = crepe_tracker(torch.from_numpy(sounds.tone(truth, 6))[None])
    error = np.abs(cents(f0_hz[0, :600], truth[::160]))
    assert np.median(error) < 5
    assert (error > 50).mean() < 0.03  # the moments of the leaps: 5 times 30 ms
    assert np.median(confidence) > 0.8


def test_two_processes_hear_the_same_to_the_last_bit(tmp_path):
    code = (
        "import hashlib, torch\n"
        "from ddsp_course.data import crepe_tracker\n"
        "time = torch.arange(24_000) / 16_000\n"
        "found = crepe_tracker((0.3 * torch.sin(2 * torch.pi * (300 + 40 * time) * time))[None])\n"
        "print(hashlib.sha256(b''.join(part.numpy().tobytes() for part in found)).hexdigest())"
    )
    heard = set()
    for threads in ("1", "2"):  # and the number of threads changes nothing either
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": threads, "PYTHONHASHSEED": threads}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        heard.add(done.stdout.strip())
    assert len(heard) == 1


def test_the_activation_is_torchcrepes_own(sounds):
    import torchcrepe

    noisy = sounds.tone(330, 2.5) + 0.02 * np.random.default_rng(0).standard_normal(40_000).astype(np.float32)
    audio = torch.from_numpy(noisy)[None]
    frames = next(torchcrepe.preprocess(audio, 16_000, 160))
    with torch.inference_mode():
        theirs = torchcrepe.infer(frames, "tiny", "cpu", embed=False).numpy()
    ours = crepe_activation(audio)
    assert len(ours) > BATCH  # so that the seam between two batches is among the frames
    assert ours.shape == theirs.shape and theirs.max() > 0.8
    assert np.abs(ours - theirs).max() < 1e-3  # half precision keeps 11 bits


def test_silence_is_not_shown_to_the_network_and_gets_no_confidence(sounds, monkeypatch):
    from ddsp_course.data import pitch

    shown = []
    infer = pitch._infer
    monkeypatch.setattr(pitch, "_infer", lambda network, frames: (shown.append(len(frames)), infer(network, frames))[1])
    sound = np.concatenate([np.zeros(32_000, np.float32), sounds.tone(220, 0.5), np.zeros(32_000, np.float32)])
    f0_hz, confidence = crepe_tracker(torch.from_numpy(sound)[None])
    assert sum(shown) <= 50 + 8  # half a second, and the windows that reach into it
    assert torch.isfinite(f0_hz).all() and (f0_hz > 30).all()
    assert confidence[0, :190].max() == 0 and confidence[0, 210:240].min() > 0.7


def test_sound_of_any_length_has_a_frame_every_10_ms():
    for samples in (1, 64, 159, 160, 1023, 1024, 160 * BATCH - 1, 160 * BATCH):
        f0_hz, confidence = crepe_tracker(0.1 * torch.randn(1, samples, generator=torch.Generator().manual_seed(0)))
        assert f0_hz.shape == confidence.shape == (1, 1 + samples // 160)
        assert torch.isfinite(f0_hz).all() and ((confidence >= 0) & (confidence <= 1)).all()


def test_an_octave_error_of_a_few_frames_is_bridged_and_a_leap_that_lasts_is_followed():
    activation = np.full((60, BINS), 0.01, np.float32)
    activation[:, 100] = 0.6
    activation[20:26, 160] = 0.9  # for 60 ms the octave looks stronger, as it does in a bow change
    path = viterbi(activation, pitch_transitions())
    assert set(path) == {100}
    activation[30:, 100], activation[30:, 220] = 0.01, 0.9  # two octaves up, for good
    path = viterbi(activation, pitch_transitions())
    assert set(path[:30]) == {100} and set(path[30:]) == {220}


@settings(deadline=None, derandomize=True, max_examples=20)
@given(states=st.integers(2, 9), frames=st.integers(1, 30), seed=st.integers(0, 2**31))
def test_viterbi_finds_librosas_path(states, frames, seed):
    import librosa

    random = np.random.default_rng(seed)
    likelihood = random.uniform(0.01, 1, (states, frames))
    transition = random.uniform(0.01, 1, (states, states))
    transition /= transition.sum(axis=1, keepdims=True)
    theirs = librosa.sequence.viterbi(likelihood, transition)
    ours = viterbi(np.log(likelihood.T), np.log(transition))
    assert ours.tolist() == theirs.tolist()


def test_between_two_bins_the_weighted_mean_finds_the_pitch_to_half_a_cent():
    bins = np.arange(BINS)
    for centre in (7.5, 120.0, 120.3, 200.77, 352.2):
        bump = np.exp(-0.5 * ((bins - centre) / 1.25) ** 2)[None]  # CREPE is trained towards bumps of 25 cents
        found, confidence = around_path(bump, np.array([round(centre) + 2]))  # the path may be a little off
        assert found[0] == pytest.approx(FIRST_BIN_CENTS + CENTS_PER_BIN * centre, abs=0.5)
        assert confidence[0] > 0.92


def test_at_the_ends_of_the_scale_the_mean_stays_inside():
    activation = np.zeros((2, BINS))
    activation[0, 0] = activation[1, -1] = 1.0
    found, _ = around_path(activation, np.array([0, BINS - 1]))
    assert found == pytest.approx([FIRST_BIN_CENTS, FIRST_BIN_CENTS + CENTS_PER_BIN * (BINS - 1)])
    hz = 10 * 2 ** (found / 1200)
    assert hz == pytest.approx([31.7, 2005.5], abs=0.05)


def test_the_second_tracker_agrees_on_the_melody_and_on_the_time(sounds):
    truth = 440 * 2 ** (np.sin(2 * np.pi * np.arange(32_000) / 16_000) / 12)
    f0_hz, confidence = pyin_tracker(torch.from_numpy(sounds.tone(truth, 2))[None])
    assert f0_hz.shape == confidence.shape == (1, 201)
    assert np.median(np.abs(cents(f0_hz[0, 5:195], truth[::160][5:195]))) < 10
    assert torch.isfinite(f0_hz).all()
