"""The benchmarks compare like with like: the textbook forms are the same sounds, and the clock and the scale work."""

import math
import sys
from functools import partial
from pathlib import Path

import pytest
import torch

from ddsp_course import autoencoder, dsp
from ddsp_course.autoencoder.settings import settings
from ddsp_course.data import Features

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
RATE, HOP = 16_000, 64


@pytest.fixture(scope="module")
def textbook():
    return _benchmark("textbook")


@pytest.fixture(scope="module")
def timing():
    return _benchmark("timing")


def _benchmark(name):
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return __import__(name)
    finally:
        sys.path.remove(str(BENCHMARKS))


def test_the_textbooks_oscillator_is_ours_with_held_controls(textbook):
    """Its running sum counts a sample before it is heard, ours after: one sample's turn between them."""
    f0 = torch.tensor([[220.0], [330.0]]).expand(2, 30)
    amplitudes = torch.rand(2, 30, 20)
    theirs = textbook.harmonic_synthesis(f0, amplitudes, sample_rate=RATE, hop_size=HOP)
    ours = dsp.harmonic_synthesis(
        f0,
        amplitudes,
        sample_rate=RATE,
        hop_size=HOP,
        initial_phase=2 * math.pi * f0[:, 0] / RATE,
        amplitude_method="hold",
    )
    assert (theirs - ours).abs().max() < 2e-3 * ours.abs().max()  # a running sum in float32 drifts


def test_a_warm_start_learns_from_the_harmonics_that_sound():
    """Read at the nearest bins of a Hann window: at most 1.42 dB too low."""
    f0 = torch.full((1, 100), 300.0)
    amplitudes = torch.linspace(0.2, 0.01, 30).expand(1, 100, 30)
    sound = dsp.harmonic_synthesis(f0, amplitudes, sample_rate=RATE, hop_size=HOP)
    ratio = (_benchmark("tricks").measured_harmonics(sound, f0, 30) / amplitudes)[0, 10:-10]
    assert ratio[:, :26].min() > 10 ** (-1.5 / 20) and ratio[:, :26].max() < 1.01
    assert ratio[:, 26:].abs().max() == 0, "above half the sample rate"


def test_the_textbooks_room_is_ours(textbook):
    audio, taps = torch.randn(2, 3000), torch.randn(5000) / 5000
    assert torch.allclose(textbook.reverberate(audio, taps), dsp.reverberate(audio, taps), atol=1e-5)


def test_the_textbooks_noise_is_as_loud_as_ours(textbook):
    magnitudes = torch.linspace(1, 0, 65).expand(2, 500, 65)
    levels = [each.std() for each in (textbook.filtered_noise(magnitudes, hop_size=HOP), _noise(magnitudes))]
    assert 20 * (levels[0] / levels[1]).log10().abs() < 3.0  # it cuts the tails of its filters


def _noise(magnitudes):
    return dsp.filtered_noise(magnitudes, hop_size=HOP)


def test_the_textbooks_loss_is_ours_but_for_its_edges(textbook):
    audio, target = 0.1 * torch.randn(2, 2, RATE)
    ours, theirs = dsp.SpectralLoss()(audio, target), textbook.SpectralLoss(dsp.losses.FFT_SIZES)(audio, target)
    assert abs(ours / theirs - 1) < 0.03


def test_what_is_left_adds_up_to_the_loss_and_lies_where_the_difference_is():
    parts_of_loss = _benchmark("what_is_left").parts_of_loss
    audio, target = 0.1 * torch.randn(2, 1, RATE)
    sounding = torch.arange(250) < 125
    parts = parts_of_loss(audio, target, sounding, HOP, RATE)
    assert sum(parts.values()) == pytest.approx(float(dsp.SpectralLoss()(audio, target)), rel=1e-5)

    hiss = 0.01 * torch.sin(2 * torch.pi * 6000 * torch.arange(RATE) / RATE) * (torch.arange(RATE) < RATE // 2)
    parts = parts_of_loss(target + hiss, target, sounding, HOP, RATE)
    assert parts["above 4 kHz"] > 10 * max(parts["below 1 kHz"], parts["1 to 4 kHz"], parts["rests"])


def test_our_network_in_textbook_code_has_our_controls(textbook):
    torch.manual_seed(0)
    ours = autoencoder.Autoencoder(settings("tiny").model).eval()
    theirs = textbook.Textbook(settings("tiny").model).eval()
    theirs.load_state_dict(ours.state_dict())
    features = Features(torch.full((1, 40), 300.0), torch.ones(1, 40), torch.full((1, 40), -30.0))
    for name in ("amplitude", "harmonic_distribution", "noise_magnitudes"):
        a, b = (getattr(model.decode(features), name) for model in (ours, theirs))
        assert torch.allclose(a, b, atol=1e-6)


def test_the_published_form_plays_our_frames_and_learns_everywhere(textbook):
    model = textbook.Published(-30.0, 10.0)
    assert sum(each.numel() for each in model.parameters()) == 4_298_408
    features = Features(torch.full((2, 250), 300.0), torch.ones(2, 250), torch.full((2, 250), -30.0))
    stems = model(features)
    assert stems.wet.shape == (2, 250 * HOP)
    stems.wet.square().sum().backward()
    assert all(each.grad is not None and each.grad.isfinite().all() for each in model.parameters())


def test_turns_are_taken(timing):
    order = []
    timed = timing.in_turns({"a": partial(order.append, "a"), "b": partial(order.append, "b")}, repeats=3)
    assert order == ["a", "b"] * 4  # once to warm up
    assert {len(each.seconds) for each in timed.values()} == {3}


def test_growth_finds_the_exponent(timing, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(timing.time, "perf_counter", lambda: now[0])

    def make(size):
        def work():
            now[0] += 0.001 * size**1.5

        return work

    exponent, medians = timing.growth(make, (1, 2, 4, 8), repeats=3)
    assert abs(exponent - 1.5) < 1e-6 and abs(medians[4] - 0.008) < 1e-9


FILLING = """
import torch

def fill(megabytes, warm_up=False):
    def work():
        work.kept = torch.ones(round((1 if warm_up else megabytes) * 250_000))
    return work
"""


def test_memory_is_what_a_work_adds(timing, tmp_path, monkeypatch):
    (tmp_path / "filling.py").write_text(FILLING)
    for folder in (BENCHMARKS, tmp_path):  # the process that is measured imports from here as well
        monkeypatch.syspath_prepend(folder)
    assert 95 < timing.peak_memory_mb(__import__("filling").fill, 100) < 110
