"""The sum inside the harmonic oscillator: many multiples of one phase, mixed, without making each of them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import forward_ad

from ddsp_course.dsp import chord_tables
from ddsp_course.dsp.phase import phase_cycles


def harmonic_hops(start: Tensor, f0_pairs: Tensor, mixtures: Tensor, weights: Tensor, sample_rate: int) -> Tensor:
    """Hop by hop: the multiples 1 to K of a gliding phase, summed, while their mixture moves from one to another.

    start [hops], phase at each hop's first sample, in turns; f0_pairs [hops, 2], Hz at its two ends; mixtures
    [hops, 2, K], linear amplitudes at its two ends; weights [hop_size], how much of the second -> [hops, hop_size].
    Multiples at or above half the sample rate are left out, sample by sample. Gradients reach start, f0 and mixtures.
    Lesson 2.
    """
    hop_size, n_harmonics = weights.shape[0], mixtures.shape[-1]
    cycles = phase_cycles(start, f0_pairs, sample_rate, hop_size)
    now, following = f0_pairs.detach()[..., None].unbind(1)
    n = torch.arange(hop_size, dtype=cycles.dtype, device=cycles.device)
    frequency = torch.lerp(now, following, n / hop_size).abs()
    # A frequency that is no number is heard as such in every harmonic; as a whole number it could be anything.
    audible = ((sample_rate / 2 / frequency).ceil() - 1).clamp(0, n_harmonics).nan_to_num(n_harmonics)
    return chord(cycles, mixtures, audible.to(torch.int32), weights)


def chord(cycles: Tensor, mixtures: Tensor, audible: Tensor, weights: Tensor) -> Tensor:
    """Harmonics of a phase, summed, their mixture moving from one to another within each hop.

    cycles [hops, hop_size] (turns), mixtures [hops, 2, K] (linear amplitudes at a hop's two ends), audible [hops,
    hop_size] (int32: harmonics 1 to this one are heard, at most K), weights [hop_size] (how much of the second mixture)
    -> [hops, hop_size]. Sample n is the sum over k of sin(2 pi k cycles[n]) times the amplitude of k at n. Gradients
    reach cycles and mixtures, once: they have no gradient of their own. Raises RuntimeError where a forward-mode
    gradient is asked for.   Lesson 2.

    Textbooks make every sine of every sample and keep them all for the gradient. Two quicker ways are here, and both
    keep nothing but the arguments: on the CPU a compiled loop that turns a pointer (`chord_kernels`), elsewhere
    matrix products over two small tables of sines (`chord_tables`). As one operator, torch.compile sees it whole.
    """
    if any(forward_ad.unpack_dual(each).tangent is not None for each in (cycles, mixtures)):
        raise RuntimeError(
            "The harmonic oscillator has no forward-mode gradient (jvp, jacfwd): take the backward one, or "
            "sinusoidal_synthesis, which has both."
        )
    return torch.ops.ddsp_course.chord(cycles, mixtures, audible, weights)


# Defined bit by bit: torch.library.custom_op would import all of torch's compiler, seconds, at the first sound.
_ARGUMENTS = "Tensor cycles, Tensor mixtures, Tensor audible, Tensor weights"
torch.library.define("ddsp_course::chord", f"({_ARGUMENTS}) -> Tensor")
torch.library.define(
    "ddsp_course::chord_backward", f"(Tensor gradient, {_ARGUMENTS}, bool wants_cycles) -> (Tensor, Tensor)"
)
torch.library.impl("ddsp_course::chord", "default", chord_tables.forward)
torch.library.impl("ddsp_course::chord_backward", "default", chord_tables.backward)


@torch.library.impl("ddsp_course::chord", "cpu")
def _forward_on_cpu(cycles: Tensor, mixtures: Tensor, audible: Tensor, weights: Tensor) -> Tensor:
    from ddsp_course.dsp import chord_kernels  # brings numba, which takes longer to import than this package

    return chord_kernels.forward(cycles, mixtures, audible, weights)


@torch.library.impl("ddsp_course::chord_backward", "cpu")
def _backward_on_cpu(gradient: Tensor, *arguments: Tensor | bool) -> tuple[Tensor, Tensor]:
    from ddsp_course.dsp import chord_kernels

    return chord_kernels.backward(gradient, *arguments)


@torch.library.register_fake("ddsp_course::chord")
def _forward_shape(cycles: Tensor, *_: Tensor) -> Tensor:
    return torch.empty_like(cycles)


@torch.library.register_fake("ddsp_course::chord_backward")
def _backward_shapes(gradient: Tensor, cycles: Tensor, mixtures: Tensor, *others: Tensor | bool):
    return torch.empty_like(cycles if others[-1] else cycles[:0]), torch.empty_like(mixtures)


def _keep(ctx, inputs: tuple, output: Tensor) -> None:
    ctx.save_for_backward(*inputs)


def _pull(ctx, gradient: Tensor) -> tuple[Tensor | None, ...]:
    wants_cycles, wants_mixtures = ctx.needs_input_grad[:2]
    backward = torch.ops.ddsp_course.chord_backward
    to_cycles, to_mixtures = backward(gradient, *ctx.saved_tensors, wants_cycles)
    return to_cycles if wants_cycles else None, to_mixtures if wants_mixtures else None, None, None


def _refuse(ctx, *gradients: Tensor) -> None:
    raise RuntimeError("The harmonic oscillator has a gradient, but that gradient has none of its own.")


torch.library.register_autograd("ddsp_course::chord", _pull, setup_context=_keep)
torch.library.register_autograd("ddsp_course::chord_backward", _refuse)
