"""The sum inside the harmonic oscillator: many multiples of one phase, mixed, without making each of them."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from ddsp_course.dsp.phase import phase_cycles

SAMPLES_AT_ONCE = 2**17  # bounds the memory of the tables of sines


def harmonic_hops(start: Tensor, f0_pairs: Tensor, mixtures: Tensor, weights: Tensor, sample_rate: int) -> Tensor:
    """Hop by hop: the multiples 1 to K of a gliding phase, summed, while their mixture moves from one to another.

    start [hops], phase at each hop's first sample, in turns; f0_pairs [hops, 2], Hz at its two ends; mixtures
    [hops, 2, K], linear amplitudes at its two ends; weights [hop_size], how much of the second -> [hops, hop_size].
    Multiples at or above half the sample rate are left out, sample by sample. Gradients reach start, f0 and mixtures.
    Lesson 2.

    Most multiples are audible for a whole hop or not at all: those are mixed by `chord`. The few that cross half the
    sample rate inside a hop are left out of the mixtures and added one by one.
    """
    hop_size, n_harmonics = weights.shape[0], mixtures.shape[-1]
    cycles = phase_cycles(start, f0_pairs, sample_rate, hop_size)
    numbers = torch.arange(1, n_harmonics + 1, dtype=cycles.dtype, device=cycles.device)
    first = f0_pairs.detach()[:, :1]
    slope = (f0_pairs.detach()[:, 1:] - first) / hop_size  # Hz per sample
    at_first = first * numbers < sample_rate / 2
    at_last = (first + slope * (hop_size - 1)) * numbers < sample_rate / 2
    n_audible = max(1, int((at_first | at_last).sum(-1).max()))  # the rest is silent everywhere: less to do
    always = (at_first & at_last)[:, None, :n_audible]
    audio = chord(cycles, mixtures[:, :, :n_audible] * always, weights)
    hop, k = torch.nonzero(at_first != at_last, as_tuple=True)
    if hop.numel() == 0:
        return audio
    number = numbers[k][:, None]
    n = torch.arange(hop_size, dtype=cycles.dtype, device=cycles.device)
    audible = (first[hop] + slope[hop] * n) * number < sample_rate / 2
    here, there = mixtures[hop, :, k][..., None].unbind(1)
    crossing = torch.sin(cycles[hop] * number * (2 * math.pi)) * torch.lerp(here, there, weights) * audible
    return audio.index_add(0, hop, crossing)


def chord(cycles: Tensor, mixtures: Tensor, weights: Tensor) -> Tensor:
    """Harmonics 1 to K of a phase, summed, their mixture moving from one to another within each hop.

    cycles [hops, hop_size] (turns), mixtures [hops, 2, K] (linear amplitudes at a hop's two ends), weights [hop_size]
    (how much of the second) -> [hops, hop_size]. Sample n is the sum over k of sin(2 pi k cycles[n]) times the
    amplitude of k at n. Gradients reach cycles and mixtures.   Lesson 2.

    Two things make it quick. The amplitudes of all samples in a hop are cross-fades of the same two mixtures, so it
    is a cross-fade of two matrix products, and no amplitude is ever made at audio rate. And with k = Q p + q,
    sin(k x) = sin(Q p x) cos(q x) + cos(Q p x) sin(q x): a table of Q low and one of K / Q high multiples stand for all
    K sines. Nothing of this is kept for the backward pass but the arguments; the tables are made again.
    """
    return _Chord.apply(cycles, mixtures, weights)


class _Chord(torch.autograd.Function):
    @staticmethod
    def forward(ctx, cycles: Tensor, mixtures: Tensor, weights: Tensor) -> Tensor:
        ctx.save_for_backward(cycles, mixtures, weights)
        audio = torch.empty_like(cycles)
        for part in _parts(cycles):
            low, high = _tables(cycles[part], mixtures.shape[-1])
            cosines, sines = _mixed(low, mixtures[part], weights)
            audio[part] = (cosines.mul_(high.sines) + sines.mul_(high.cosines)).sum(1)
        return audio

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient: Tensor):
        cycles, mixtures, weights = ctx.saved_tensors
        wants_cycles, wants_mixtures, _ = ctx.needs_input_grad
        n_harmonics = mixtures.shape[-1]
        to_cycles = torch.empty_like(cycles) if wants_cycles else None
        to_mixtures = torch.empty_like(mixtures) if wants_mixtures else None
        for part in _parts(cycles):
            low, high = _tables(cycles[part], n_harmonics)
            if to_mixtures is not None:
                there = gradient[part] * weights
                shares = torch.stack([gradient[part] - there, there], dim=1)[:, :, None]
                pulls = torch.bmm((shares * high.sines[:, None]).flatten(1, 2), low.cosines.transpose(1, 2))
                pulls.baddbmm_((shares * high.cosines[:, None]).flatten(1, 2), low.sines.transpose(1, 2))
                to_mixtures[part] = pulls.reshape(pulls.shape[0], 2, -1)[..., :n_harmonics]
            if to_cycles is not None:
                # sin(2 pi k x) has the slope 2 pi k cos(2 pi k x): the same sum, other weights, a quarter turn on
                numbers = torch.arange(1, n_harmonics + 1, dtype=cycles.dtype, device=cycles.device)
                cosines, sines = _mixed(low, mixtures[part] * numbers, weights)
                slope = (cosines * high.cosines - sines * high.sines).sum(1)
                to_cycles[part] = gradient[part] * slope * (2 * math.pi)
        return to_cycles, to_mixtures, None


class _Table(NamedTuple):
    cosines: Tensor  # [hops, multiples, hop_size]
    sines: Tensor


def _parts(cycles: Tensor) -> list[slice]:
    size = max(1, SAMPLES_AT_ONCE // cycles.shape[-1])
    return [slice(i, i + size) for i in range(0, cycles.shape[0], size)]


def _tables(cycles: Tensor, n_harmonics: int) -> tuple[_Table, _Table]:
    """Multiples 1 to Q of the phase, and multiples 0, Q, 2 Q to (P - 1) Q; Q P >= K."""
    n_low = _n_low(n_harmonics)
    n_high = -(-n_harmonics // n_low)
    found = []
    for multiples in (range(1, n_low + 1), range(0, n_high * n_low, n_low)):
        numbers = torch.tensor(list(multiples), dtype=cycles.dtype, device=cycles.device)[:, None]
        angle = (cycles[:, None] * (2 * math.pi)) * numbers
        found.append(_Table(torch.cos(angle), angle.sin_()))
    return found[0], found[1]


def _n_low(n_harmonics: int) -> int:
    return math.ceil(1.5 * math.sqrt(n_harmonics))  # more than the root: a high multiple costs more than a low one


def _mixed(low: _Table, mixtures: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """For each block of Q harmonics its low cosines and its low sines, mixed, cross-faded: [hops, P, hop_size] each."""
    n_hops, n_low, hop_size = low.cosines.shape
    n_high = -(-mixtures.shape[-1] // n_low)
    padded = torch.nn.functional.pad(mixtures, (0, n_high * n_low - mixtures.shape[-1]))
    padded = padded.reshape(n_hops, 2 * n_high, n_low)

    def mix(table: Tensor) -> Tensor:
        here, there = torch.bmm(padded, table).reshape(n_hops, 2, n_high, hop_size).unbind(1)
        return torch.lerp(here, there, weights)

    return mix(low.cosines), mix(low.sines)
