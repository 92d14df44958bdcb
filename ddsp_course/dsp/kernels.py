"""The harmonic oscillator's inner loop, compiled for the CPU. Imported only when it is needed: it needs numba.

All functions work on NumPy arrays: start [hops] and f0 [hops, 2] in float64, mixtures [hops, 2, K] and weights
[hop_size] in the precision of the sound. They handle hops first to last - 1 and let go of Python's lock, so that
threads can share the work.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

# Sums over a hop may be taken in any order (that is what lets them run eight at a time); nothing else is relaxed.
COMPILED = {"nogil": True, "cache": True, "fastmath": {"reassoc", "contract", "nsz"}, "error_model": "numpy"}


@njit(**COMPILED)
def _audible(frequency, n_harmonics, limit):
    """How many multiples of a frequency lie below the limit."""
    if n_harmonics * frequency < limit:
        return n_harmonics
    count = int(limit / frequency)
    if count * frequency >= limit:  # on the limit is not below it
        count -= 1
    elif count < n_harmonics and (count + 1) * frequency < limit:  # the division was rounded down
        count += 1
    return min(count, n_harmonics)


@njit(**COMPILED)
def _first_multiple(start, now, following, sample_rate, n_harmonics, cosine, sine, count):
    """cos and sin of the phase of every sample of a hop, and how many of its multiples are audible there.

    The phase is a parabola, so its step from sample to sample turns on evenly: two complex products a sample, in
    float64, and four sines a hop. Returns the least and the greatest count.
    """
    hop_size = cosine.shape[0]
    turn = 2.0 * math.pi
    re, im = math.cos(turn * start), math.sin(turn * start)
    step_re, step_im = math.cos(turn * now / sample_rate), math.sin(turn * now / sample_rate)
    slope = (following - now) / hop_size
    bend_re, bend_im = math.cos(turn * slope / sample_rate), math.sin(turn * slope / sample_rate)
    for n in range(hop_size):
        cosine[n], sine[n] = re, im
        re, im = re * step_re - im * step_im, re * step_im + im * step_re
        step_re, step_im = step_re * bend_re - step_im * bend_im, step_re * bend_im + step_im * bend_re
    limit = sample_rate / 2.0
    at_first = _audible(now, n_harmonics, limit)
    at_last = _audible(now + slope * (hop_size - 1), n_harmonics, limit)
    if at_first != at_last:
        for n in range(hop_size):
            count[n] = _audible(now + slope * n, n_harmonics, limit)
    return min(at_first, at_last), max(at_first, at_last)


@njit(**COMPILED)
def synthesize(start, f0, mixtures, weights, sample_rate, audio, first, last):
    """Write the sound of hops first to last - 1 into audio [hops, hop_size].   Lesson 2."""
    hop_size, n_harmonics = weights.shape[0], mixtures.shape[2]
    cosine, sine = np.empty(hop_size, audio.dtype), np.empty(hop_size, audio.dtype)
    re, im = np.empty(hop_size, audio.dtype), np.empty(hop_size, audio.dtype)
    total = np.empty(hop_size, audio.dtype)
    count = np.empty(hop_size, np.int32)
    for h in range(first, last):
        everywhere, somewhere = _first_multiple(
            start[h], f0[h, 0], f0[h, 1], sample_rate, n_harmonics, cosine, sine, count
        )
        re[:], im[:] = cosine, sine
        total[:] = 0
        for k in range(somewhere):
            here = mixtures[h, 0, k]
            change = mixtures[h, 1, k] - here
            if k < everywhere:
                for n in range(hop_size):
                    total[n] += im[n] * (here + weights[n] * change)
            else:
                for n in range(hop_size):
                    if k < count[n]:
                        total[n] += im[n] * (here + weights[n] * change)
            for n in range(hop_size):
                turned = re[n] * cosine[n] - im[n] * sine[n]
                im[n] = re[n] * sine[n] + im[n] * cosine[n]
                re[n] = turned
        audio[h] = total


@njit(**COMPILED)
def pull(start, f0, mixtures, weights, sample_rate, gradient, to_start, to_f0, to_mixtures, wants_phase, first, last):
    """Its transpose: gradient [hops, hop_size] in; to_mixtures, and if wanted to_start and to_f0, out.   Lesson 2."""
    hop_size, n_harmonics = weights.shape[0], mixtures.shape[2]
    dtype = mixtures.dtype
    cosine, sine = np.empty(hop_size, dtype), np.empty(hop_size, dtype)
    re, im = np.empty(hop_size, dtype), np.empty(hop_size, dtype)
    at_here, at_there = np.empty(hop_size, dtype), np.empty(hop_size, dtype)
    slope = np.empty(hop_size, dtype)
    count = np.empty(hop_size, np.int32)
    one = weights.dtype.type(1)
    for h in range(first, last):
        everywhere, somewhere = _first_multiple(
            start[h], f0[h, 0], f0[h, 1], sample_rate, n_harmonics, cosine, sine, count
        )
        re[:], im[:] = cosine, sine
        slope[:] = 0
        for n in range(hop_size):
            at_there[n] = gradient[h, n] * weights[n]
            at_here[n] = gradient[h, n] * (one - weights[n])
        for k in range(somewhere):
            if k >= everywhere:  # once inaudible, inaudible for all higher multiples: silence the sample for good
                for n in range(hop_size):
                    if k >= count[n]:
                        re[n] = 0
                        im[n] = 0
            to_here, to_there = one - one, one - one
            for n in range(hop_size):
                to_here += at_here[n] * im[n]
                to_there += at_there[n] * im[n]
            to_mixtures[h, 0, k], to_mixtures[h, 1, k] = to_here, to_there
            if wants_phase:  # sin(2 pi k x) has the slope 2 pi k cos(2 pi k x)
                here = mixtures[h, 0, k] * (k + 1)
                change = mixtures[h, 1, k] * (k + 1) - here
                for n in range(hop_size):
                    slope[n] += re[n] * (here + weights[n] * change)
            for n in range(hop_size):
                turned = re[n] * cosine[n] - im[n] * sine[n]
                im[n] = re[n] * sine[n] + im[n] * cosine[n]
                re[n] = turned
        if wants_phase:
            moved, tilted = 0.0, 0.0
            for n in range(hop_size):
                pulled = 2.0 * math.pi * gradient[h, n] * slope[n]
                to_start[h] += pulled
                moved += pulled * n
                tilted += pulled * (n * (n - 1) / (2.0 * hop_size))
            to_f0[h, 0] = (moved - tilted) / sample_rate
            to_f0[h, 1] = tilted / sample_rate
