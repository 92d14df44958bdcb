"""The chord on any device: two small tables of sines and batched matrix products.

With k = Q p + q, sin(k x) = sin(Q p x) cos(q x) + cos(Q p x) sin(q x): a table of Q low and one of K / Q high
multiples stand for all K sines. The amplitudes of all samples in a hop are cross-fades of the same two mixtures, so
their sum is a cross-fade of two matrix products, and no amplitude is ever made at audio rate.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ddsp_course.dsp.precision import full_precision

SAMPLES_AT_ONCE = 2**17  # bounds the memory of the tables of sines


@full_precision
def forward(cycles: Tensor, mixtures: Tensor, audible: Tensor, weights: Tensor) -> Tensor:
    """See `chords.chord`.   Lesson 2."""
    everywhere = mixtures * _everywhere(audible, mixtures.shape[-1])
    audio = torch.empty_like(cycles)
    for part in _parts(cycles):
        low, high = _tables(cycles[part], mixtures.shape[-1])
        cosines, sines = _mixed(low, everywhere[part], weights)
        audio[part] = (cosines.mul_(high.sines) + sines.mul_(high.cosines)).sum(1)
    hop, _, angle, amplitude, heard = _crossing(cycles, mixtures, audible, weights)
    return audio.index_add_(0, hop, torch.sin(angle) * amplitude * heard)


@full_precision
def backward(
    gradient: Tensor, cycles: Tensor, mixtures: Tensor, audible: Tensor, weights: Tensor, wants_cycles: bool
) -> tuple[Tensor, Tensor]:
    """Gradients with respect to cycles (empty unless wanted) and mixtures; tables are made again.   Lesson 2."""
    n_harmonics = mixtures.shape[-1]
    passes = _everywhere(audible, n_harmonics)
    numbers = _numbers(1, n_harmonics + 1, 1, cycles)
    to_cycles = torch.empty_like(cycles if wants_cycles else cycles[:0])
    to_mixtures = torch.empty_like(mixtures)
    there = gradient * weights
    shares = torch.stack([gradient - there, there], dim=1)  # [hops, 2, hop_size]
    for part in _parts(cycles):
        low, high = _tables(cycles[part], n_harmonics)
        share = shares[part, :, None]
        pulls = torch.bmm((share * high.sines[:, None]).flatten(1, 2), low.cosines.transpose(1, 2))
        pulls.baddbmm_((share * high.cosines[:, None]).flatten(1, 2), low.sines.transpose(1, 2))
        to_mixtures[part] = pulls.reshape(pulls.shape[0], 2, -1)[..., :n_harmonics] * passes[part]
        if wants_cycles:
            # sin(2 pi k x) has the slope 2 pi k cos(2 pi k x): the same sum, other weights, a quarter turn on
            cosines, sines = _mixed(low, mixtures[part] * passes[part] * numbers, weights)
            slope = (cosines * high.cosines - sines * high.sines).sum(1)
            to_cycles[part] = gradient[part] * slope * (2 * math.pi)
    hop, k, angle, amplitude, heard = _crossing(cycles, mixtures, audible, weights)
    to_mixtures[hop, :, k] += (shares[hop] * (torch.sin(angle) * heard)[:, None]).sum(-1)
    if wants_cycles:
        slope = torch.cos(angle) * amplitude * heard * numbers[k][:, None] * (2 * math.pi)
        to_cycles.index_add_(0, hop, gradient[hop] * slope)
    return to_cycles, to_mixtures


class _Table(NamedTuple):
    cosines: Tensor  # [hops, multiples, hop_size]
    sines: Tensor


def _everywhere(audible: Tensor, n_harmonics: int) -> Tensor:
    """[hops, 1, K]: harmonics that are heard in every sample of a hop."""
    return (_numbers(1, n_harmonics + 1, 1, audible) <= audible.amin(-1, keepdim=True))[:, None]


def _crossing(cycles: Tensor, mixtures: Tensor, audible: Tensor, weights: Tensor) -> tuple[Tensor, ...]:
    """The few that appear or disappear inside a hop, one by one.

    -> hop and harmonic (from 0) of each [crossings]; its angle, amplitude and whether it is heard [crossings, hop_size]
    """
    numbers = _numbers(1, mixtures.shape[-1] + 1, 1, audible)
    sometimes = (numbers > audible.amin(-1, keepdim=True)) & (numbers <= audible.amax(-1, keepdim=True))
    hop, k = torch.nonzero(sometimes, as_tuple=True)
    angle = cycles[hop] * (2 * math.pi) * (k + 1)[:, None]
    here, there = mixtures[hop, :, k][..., None].unbind(1)
    return hop, k, angle, torch.lerp(here, there, weights), numbers[k][:, None] <= audible[hop]


def _numbers(first: int, last: int, step: int, like: Tensor) -> Tensor:
    return torch.arange(first, last, step, dtype=like.dtype, device=like.device)


def _parts(cycles: Tensor) -> list[slice]:
    size = max(1, SAMPLES_AT_ONCE // cycles.shape[-1])
    return [slice(i, i + size) for i in range(0, cycles.shape[0], size)]


def _tables(cycles: Tensor, n_harmonics: int) -> tuple[_Table, _Table]:
    """Multiples 1 to Q of the phase, and multiples 0, Q, 2 Q to (P - 1) Q; Q P >= K."""
    n_low = _n_low(n_harmonics)
    n_high = -(-n_harmonics // n_low)
    found = []
    for numbers in (_numbers(1, n_low + 1, 1, cycles), _numbers(0, n_high * n_low, n_low, cycles)):
        angle = (cycles[:, None] * (2 * math.pi)) * numbers[:, None]
        found.append(_Table(torch.cos(angle), angle.sin_()))
    return found[0], found[1]


def _n_low(n_harmonics: int) -> int:
    return math.ceil(1.5 * math.sqrt(n_harmonics))  # more than the root: a high multiple costs more than a low one


def _mixed(low: _Table, mixtures: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """For each block of Q harmonics its low cosines and its low sines, mixed, cross-faded: [hops, P, hop_size] each."""
    n_hops, n_low, hop_size = low.cosines.shape
    n_high = -(-mixtures.shape[-1] // n_low)
    padded = F.pad(mixtures, (0, n_high * n_low - mixtures.shape[-1])).reshape(n_hops, 2 * n_high, n_low)

    def mix(table: Tensor) -> Tensor:
        here, there = torch.bmm(padded, table).reshape(n_hops, 2, n_high, hop_size).unbind(1)
        return torch.lerp(here, there, weights)

    return mix(low.cosines), mix(low.sines)
