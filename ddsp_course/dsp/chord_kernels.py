"""The chord on a CPU: one turn of a pointer a harmonic and sample, in loops that numba compiles at their first use.

A harmonic is the one below it, turned once more by the phase: exp(i k x) = exp(i x) exp(i (k - 1) x). So no harmonic
costs a sine, nothing of the size of samples times harmonics is ever stored, and a block of samples stays in the
processor's nearest cache while all harmonics pass over it, two at a time: half as many are read and written back.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import torch
from torch import Tensor

BLOCK = 64  # samples that stay in the cache together
WORTH_A_THREAD = 2**18  # samples times harmonics: a thread takes 0.1 ms to start
REORDERED = {"contract", "reassoc", "nsz"}  # sums may be regrouped, to fill vector registers; NaN stays NaN


def forward(cycles: Tensor, mixtures: Tensor, audible: Tensor, weights: Tensor) -> Tensor:
    """See `chords.chord`; all tensors on the CPU.   Lesson 2."""
    audio = torch.empty_like(cycles)
    _in_parallel(_sum, mixtures.shape[-1], *_pointers(cycles), mixtures, audible, audio, weights=weights)
    return audio


def backward(
    gradient: Tensor, cycles: Tensor, mixtures: Tensor, audible: Tensor, weights: Tensor, wants_cycles: bool
) -> tuple[Tensor, Tensor]:
    """Gradients with respect to cycles (empty unless wanted) and mixtures, from one pass over both.   Lesson 2."""
    to_cycles = torch.empty_like(cycles if wants_cycles else cycles[:, :0])
    to_mixtures = torch.zeros_like(mixtures)
    rows = (*_pointers(cycles), mixtures, audible, gradient, to_cycles, to_mixtures)
    _in_parallel(_pull, mixtures.shape[-1], *rows, weights=weights)
    return to_cycles if wants_cycles else torch.empty_like(cycles[:0]), to_mixtures


def _pointers(cycles: Tensor) -> tuple[Tensor, Tensor]:
    angle = cycles * (2 * math.pi)
    return torch.cos(angle), angle.sin_()


def _in_parallel(kernel: Callable, n_harmonics: int, *rows: Tensor, weights: Tensor) -> None:
    """Run a kernel over the hops, which know nothing of each other, with as many threads as torch has."""
    arrays = [each.detach().contiguous().numpy() for each in rows]
    faded = weights.detach().contiguous().numpy()
    hops, samples = arrays[0].shape
    at_most = torch.get_num_threads()
    if at_most == 2:  # torch's second thread, which waits in a loop of its own, costs more than ours would bring
        at_most = 1
    threads = max(1, min(at_most, hops, hops * samples * n_harmonics // WORTH_A_THREAD))
    edges = [hops * i // threads for i in range(threads + 1)]
    parts = [[each[first:last] for each in arrays] for first, last in zip(edges, edges[1:], strict=False)]
    if threads == 1:
        kernel(*parts[0], faded)
        return
    with ThreadPoolExecutor(threads) as pool:  # of its own: numba's threads and torch's get in each other's way
        for done in [pool.submit(kernel, *part, faded) for part in parts]:
            done.result()


def _compiled(function: Callable) -> Callable:
    """Compile without Python's lock; kept on disk where numba finds a folder it may write to."""
    options = {"nogil": True, "fastmath": REORDERED, "error_model": "numpy"}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no writable folder beside this file, in the user's cache or in $NUMBA_CACHE_DIR
        return numba.njit(**options)(function)


@_compiled
def _sum(cosines, sines, mixtures, audible, audio, weights):
    """Horner's scheme: the sum of a_k z^k is ((a_K z + a_(K-1)) z + ...) z, two numbers a sample from top to bottom."""
    number = cosines.dtype.type
    hops, samples = cosines.shape
    real, imaginary = np.empty(BLOCK, cosines.dtype), np.empty(BLOCK, cosines.dtype)
    for hop in range(hops):
        for begin in range(0, samples, BLOCK):
            size = min(BLOCK, samples - begin)
            c, s = cosines[hop, begin : begin + size], sines[hop, begin : begin + size]
            w, heard = weights[begin : begin + size], audible[hop, begin : begin + size]
            real[:], imaginary[:] = 0, 0
            in_pairs = heard.min() // 2 * 2
            for k in range(heard.max(), in_pairs, -1):
                here = mixtures[hop, 0, k - 1]
                step = mixtures[hop, 1, k - 1] - here
                for n in range(size):
                    x = real[n] + (here + step * w[n] if k <= heard[n] else number(0))
                    y = imaginary[n]
                    real[n] = x * c[n] - y * s[n]
                    imaginary[n] = x * s[n] + y * c[n]
            for k in range(in_pairs, 0, -2):
                here, here_below = mixtures[hop, 0, k - 1], mixtures[hop, 0, k - 2]
                step, step_below = mixtures[hop, 1, k - 1] - here, mixtures[hop, 1, k - 2] - here_below
                for n in range(size):
                    x = real[n] + (here + step * w[n])
                    y = imaginary[n]
                    x, y = x * c[n] - y * s[n] + (here_below + step_below * w[n]), x * s[n] + y * c[n]
                    real[n] = x * c[n] - y * s[n]
                    imaginary[n] = x * s[n] + y * c[n]
            audio[hop, begin : begin + size] = imaginary[:size]


@_compiled
def _pull(cosines, sines, mixtures, audible, gradient, to_cycles, to_mixtures, weights):
    """The pointers z^k from bottom to top: their sines pull at amplitudes, their cosines (if wanted) at the phase."""
    number = cosines.dtype.type
    hops, samples = cosines.shape
    wants_cycles = to_cycles.size > 0
    real, imaginary = np.empty(BLOCK, cosines.dtype), np.empty(BLOCK, cosines.dtype)
    slope = np.empty(BLOCK, cosines.dtype)
    to_here, to_there = np.empty(BLOCK, cosines.dtype), np.empty(BLOCK, cosines.dtype)
    for hop in range(hops):
        for begin in range(0, samples, BLOCK):
            size = min(BLOCK, samples - begin)
            c, s = cosines[hop, begin : begin + size], sines[hop, begin : begin + size]
            g = gradient[hop, begin : begin + size]
            w, heard = weights[begin : begin + size], audible[hop, begin : begin + size]
            for n in range(size):
                real[n], imaginary[n], slope[n] = c[n], s[n], 0
                to_there[n] = g[n] * w[n]
                to_here[n] = g[n] - to_there[n]
            in_pairs = heard.min() // 2 * 2
            for k in range(1, in_pairs, 2):
                here, here_above = number(k) * mixtures[hop, 0, k - 1], number(k + 1) * mixtures[hop, 0, k]
                step = number(k) * mixtures[hop, 1, k - 1] - here
                step_above = number(k + 1) * mixtures[hop, 1, k] - here_above
                pull_here, pull_there, pull_here_above, pull_there_above = number(0), number(0), number(0), number(0)
                for n in range(size):
                    x, y = real[n], imaginary[n]
                    x_above, y_above = x * c[n] - y * s[n], x * s[n] + y * c[n]
                    pull_here += to_here[n] * y
                    pull_there += to_there[n] * y
                    pull_here_above += to_here[n] * y_above
                    pull_there_above += to_there[n] * y_above
                    if wants_cycles:
                        slope[n] += (here + step * w[n]) * x + (here_above + step_above * w[n]) * x_above
                    real[n] = x_above * c[n] - y_above * s[n]
                    imaginary[n] = x_above * s[n] + y_above * c[n]
                to_mixtures[hop, 0, k - 1] += pull_here
                to_mixtures[hop, 1, k - 1] += pull_there
                to_mixtures[hop, 0, k] += pull_here_above
                to_mixtures[hop, 1, k] += pull_there_above
            for k in range(in_pairs + 1, heard.max() + 1):
                here = number(k) * mixtures[hop, 0, k - 1]
                step = number(k) * mixtures[hop, 1, k - 1] - here
                pull_here, pull_there = number(0), number(0)
                for n in range(size):
                    x, y = real[n], imaginary[n]
                    passes = number(1) if k <= heard[n] else number(0)
                    pull_here += to_here[n] * y * passes
                    pull_there += to_there[n] * y * passes
                    if wants_cycles:
                        slope[n] += (here + step * w[n]) * x * passes
                    real[n] = x * c[n] - y * s[n]
                    imaginary[n] = x * s[n] + y * c[n]
                to_mixtures[hop, 0, k - 1] += pull_here
                to_mixtures[hop, 1, k - 1] += pull_there
            if wants_cycles:
                for n in range(size):
                    to_cycles[hop, begin + n] = g[n] * slope[n] * number(2 * math.pi)
