"""The sum inside the oscillator: two ways to it, one operator."""

import math
import subprocess
import sys

import pytest
import torch

from ddsp_course import dsp
from ddsp_course.dsp import chord_kernels, chord_tables
from ddsp_course.dsp.chords import chord

WAYS = pytest.mark.parametrize("way", [chord_kernels, chord_tables], ids=["kernels", "tables"])


def an_example(hops=7, hop_size=48, n_harmonics=30, dtype=torch.float64):
    """Harmonics that are never, sometimes and always heard inside a hop."""
    generator = torch.Generator().manual_seed(3)
    cycles = torch.rand(hops, hop_size, generator=generator, dtype=dtype) - 0.5
    mixtures = torch.randn(hops, 2, n_harmonics, generator=generator, dtype=dtype)
    audible = torch.randint(0, n_harmonics + 1, (hops, hop_size), generator=generator, dtype=torch.int32)
    audible[0], audible[1], audible[2] = 0, n_harmonics, n_harmonics // 2
    weights = torch.linspace(0, 1, hop_size, dtype=dtype)
    return cycles, mixtures, audible, weights


def every_sine(cycles, mixtures, audible, weights):
    k = torch.arange(1, mixtures.shape[-1] + 1, dtype=cycles.dtype)
    sines = torch.sin(2 * math.pi * cycles[..., None] * k)
    amplitudes = torch.lerp(mixtures[:, None, 0], mixtures[:, None, 1], weights[:, None])
    return (sines * amplitudes * (k <= audible[..., None])).sum(-1)


@WAYS
@pytest.mark.parametrize(
    ("hop_size", "n_harmonics"), [(1, 1), (3, 2), (64, 7), (65, 40), (176, 16), (200, 101)], ids=str
)
def test_both_ways_are_the_sum_of_every_sine_and_its_gradient(way, hop_size, n_harmonics):
    example = an_example(hop_size=hop_size, n_harmonics=n_harmonics)
    cycles, mixtures = (each.clone().requires_grad_() for each in example[:2])
    expected = every_sine(cycles, mixtures, *example[2:])
    pulled = torch.randn_like(expected)
    to_cycles, to_mixtures = torch.autograd.grad(expected, (cycles, mixtures), pulled)
    assert torch.allclose(way.forward(*example), expected, atol=1e-10)
    found = way.backward(pulled, *example, True)
    assert torch.allclose(found[0], to_cycles, atol=1e-8)
    assert torch.allclose(found[1], to_mixtures, atol=1e-10)
    unwanted, alone = way.backward(pulled, *example, False)
    assert unwanted.numel() == 0 and torch.allclose(alone, found[1], atol=1e-10)


@WAYS
def test_in_float32_both_ways_lose_less_than_1e_5_of_the_largest_value(way):
    cycles, mixtures, audible, weights = an_example(hops=50, hop_size=64, n_harmonics=100, dtype=torch.float32)
    exact = every_sine(cycles.double(), mixtures.double(), audible, weights.double())
    assert (way.forward(cycles, mixtures, audible, weights) - exact).abs().max() < 1e-5 * exact.abs().max()


def test_the_operator_is_what_torch_expects_of_one():
    cycles, mixtures, audible, weights = an_example(hops=3, hop_size=5, n_harmonics=4)
    arguments = (cycles.requires_grad_(), mixtures.requires_grad_(), audible, weights)
    verdicts = torch.library.opcheck(torch.ops.ddsp_course.chord.default, arguments)
    assert set(verdicts.values()) == {"SUCCESS"}
    assert torch.autograd.gradcheck(chord, arguments)


def test_only_what_is_asked_for_gets_a_gradient():
    cycles, mixtures, audible, weights = an_example()
    mixtures.requires_grad_()
    chord(cycles, mixtures, audible, weights).sum().backward()
    assert cycles.grad is None and mixtures.grad.abs().sum() > 0


def test_threads_do_not_change_a_bit(monkeypatch):
    monkeypatch.setattr(chord_kernels, "WORTH_A_THREAD", 1)
    example = an_example(hops=41, dtype=torch.float32)
    before, sounds, pulls = torch.get_num_threads(), [], []
    try:
        for threads in (1, 2, 3, 64):
            torch.set_num_threads(threads)
            sounds.append(chord_kernels.forward(*example))
            pulls.append(chord_kernels.backward(sounds[0], *example, True))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(sound, sounds[0]) for sound in sounds)
    assert all(torch.equal(a, b) for pull in pulls for a, b in zip(pull, pulls[0], strict=True))


def test_torch_compile_sees_the_oscillator_as_one_piece():
    f0, amplitudes = torch.full((1, 6), 300.0), torch.rand(1, 6, 30, requires_grad=True)

    def play(f0, amplitudes):
        return dsp.harmonic_synthesis(f0, amplitudes, sample_rate=16_000, hop_size=64)

    compiled = torch.compile(play, backend="aot_eager", fullgraph=True)
    assert torch.allclose(compiled(f0, amplitudes), play(f0, amplitudes), atol=1e-6)
    (gradient,) = torch.autograd.grad(compiled(f0, amplitudes).sum(), amplitudes)
    (expected,) = torch.autograd.grad(play(f0, amplitudes).sum(), amplitudes)
    assert torch.allclose(gradient, expected, atol=1e-5)


def test_a_gradient_of_the_gradient_is_refused_and_not_wrong():
    cycles, mixtures, audible, weights = an_example()
    mixtures.requires_grad_()
    (pull,) = torch.autograd.grad(chord(cycles, mixtures, audible, weights).square().sum(), mixtures, create_graph=True)
    with pytest.raises(RuntimeError, match="has none of its own"):
        pull.sum().backward()


def test_the_first_sound_does_not_wait_for_torchs_compiler():
    """torch.library.custom_op would import it: three seconds before the first note."""
    code = """
import sys, torch
from ddsp_course import dsp
assert "numba" not in sys.modules
amplitudes = torch.rand(1, 5, 8, requires_grad=True)
dsp.harmonic_synthesis(torch.full((1, 5), 440.0), amplitudes, sample_rate=16_000, hop_size=64).sum().backward()
assert "numba" in sys.modules and "torch._dynamo" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
