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


@njit(**COMPILED)
def _magnitudes(spectrum, row, floor, out):
    """Magnitudes of a row of [rows, bins, 2], none below the floor. In two plain loops, for they run eight abreast."""
    least = out.dtype.type(floor * floor)
    bins = spectrum.shape[1]
    for j in range(bins):
        out[j] = spectrum[row, j, 0] * spectrum[row, j, 0] + spectrum[row, j, 1] * spectrum[row, j, 1]
    for j in range(bins):
        out[j] = math.sqrt(least if out[j] < least else out[j])  # not max: what is not a number has to stay so


@njit(**COMPILED)
def spectral_distances(ours, theirs, floor, sums, first, last):
    """Sums of |a - t| and |ln a - ln t| over each row of two spectra, into sums [rows, 2].   Lesson 7.

    ours, theirs [rows, bins, 2]: real and imaginary parts; a and t their magnitudes, at least floor. A sum of
    logarithms is the logarithm of a product: one is taken for every 16 bins.
    """
    bins = ours.shape[1]
    a, t = np.empty(bins, ours.dtype), np.empty(bins, ours.dtype)
    groups = (bins + 15) // 16
    ratio = np.ones(16 * groups, np.float64)
    for row in range(first, last):
        _magnitudes(ours, row, floor, a)
        _magnitudes(theirs, row, floor, t)
        total = a[0] - a[0]
        for j in range(bins):
            total += abs(a[j] - t[j])
        for j in range(bins):
            ratio[j] = (t[j] if a[j] < t[j] else a[j]) / (a[j] if a[j] < t[j] else t[j])
        ratio[bins:] = 1.0
        for i in range(1, 16):
            for j in range(groups):
                ratio[j] *= ratio[i * groups + j]
        nepers = 0.0
        for j in range(groups):
            nepers += math.log(ratio[j])
        sums[row, 0], sums[row, 1] = total, nepers


@njit(**COMPILED)
def pull_spectrum(ours, theirs, floor, to_linear, to_log, pulled, first, last):
    """Gradient of to_linear and to_log times those sums, as the spectrum whose inverse FFT it is.   Lesson 7.

    Both sums have the sign of a - t for a slope, the second over a; a is the root of the power, and its slope 1 / 2a.
    At or below the floor nothing moves.
    """
    bins = ours.shape[1]
    linear, log = ours.dtype.type(to_linear / 2), ours.dtype.type(to_log / 2)
    least = ours.dtype.type(floor)
    zero = ours.dtype.type(0)
    a, t = np.empty(bins, ours.dtype), np.empty(bins, ours.dtype)
    for row in range(first, last):
        _magnitudes(ours, row, floor, a)
        _magnitudes(theirs, row, floor, t)
        for j in range(bins):
            slope = (linear * a[j] + log) / (a[j] * a[j])
            slope = -slope if a[j] < t[j] else slope
            t[j] = zero if a[j] <= least or a[j] == t[j] else slope
        for j in range(bins):
            pulled[row, j, 0] = ours[row, j, 0] * t[j]
            pulled[row, j, 1] = ours[row, j, 1] * t[j]
