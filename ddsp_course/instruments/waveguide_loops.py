"""The sample-by-sample loops of the instruments, compiled by numba; imported only when an instrument first sounds.

All run at one internal rate (`INTERNAL_RATE` in `studio.py`). Curves arrive on the frame grid and are read by straight
lines; `frames_per_sample` turns a sample's number into its place on that grid.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numba
import numpy as np


def compiled(function: Callable) -> Callable:
    """Compile, and remember the result on disk where numba finds a folder it may write to."""
    try:
        return numba.njit(cache=True)(function)
    except RuntimeError:  # no writable folder beside this file, in the user's cache or in $NUMBA_CACHE_DIR
        return numba.njit(function)


@compiled
def read_line(line, now, delay):
    """The value that was written to a delay line `delay` samples ago: a cubic through the four samples around it.

    (Third-order Lagrange interpolation; Laakso, Valimaki, Karjalainen and Laine 1996, "Splitting the unit delay".)
    """
    mask = len(line) - 1
    whole = int(delay)
    d = delay - whole
    newest = line[(now - whole + 1) & mask]
    newer = line[(now - whole) & mask]
    older = line[(now - whole - 1) & mask]
    oldest = line[(now - whole - 2) & mask]
    return (
        -d * (d - 1.0) * (d - 2.0) / 6.0 * newest
        + (d + 1.0) * (d - 1.0) * (d - 2.0) / 2.0 * newer
        - (d + 1.0) * d * (d - 2.0) / 2.0 * older
        + (d + 1.0) * d * (d - 1.0) / 6.0 * oldest
    )


@compiled
def read_rounded(line, now, delay, width):
    """The same, seen through a bell-shaped (Gaussian) window of standard deviation `width` samples.

    The bell is symmetrical about the delay, so every frequency arrives after exactly that time: it takes treble away
    without putting the string out of tune. It reaches three widths to each side: delay >= 1 + 3 * width.
    """
    mask = len(line) - 1
    sharpness = 0.5 / (width * width)
    first = int(math.ceil(delay - 3.0 * width))
    last = int(delay + 3.0 * width)
    offset = first - delay
    # exp(-sharpness * offset^2) at offset, offset + 1, ... by two products a step instead of an exponential
    weight = math.exp(-sharpness * offset * offset)
    ratio = math.exp(-sharpness * (2.0 * offset + 1.0))
    ratio_of_ratios = math.exp(-2.0 * sharpness)
    total = 0.0
    value = 0.0
    for samples_ago in range(first, last + 1):
        value += weight * line[(now - samples_ago) & mask]
        total += weight
        weight *= ratio
        ratio *= ratio_of_ratios
    return value / total


@compiled
def bowed_string_loop(
    f0_hz, bow_velocity, slipperiness, contact, position, width, returned, noise, sample_rate, frames_per_sample
):
    """One bowed string, sample by sample; `bowed_string.py` says what each curve means. -> force on the bridge."""
    to_nut = np.zeros(2048)  # velocity waves that have left the bow, one delay line for each side of it
    to_bridge = np.zeros(2048)
    force = np.zeros(len(noise))
    last_frame = len(f0_hz) - 2
    for now in range(len(noise)):
        place = now * frames_per_sample
        i = min(int(place), last_frame)
        a = min(place - i, 1.0)
        b = 1.0 - a

        # 1. How long the waves take: round the whole string one period, split where the bow stands.
        period = sample_rate / (b * f0_hz[i] + a * f0_hz[i + 1])
        bridge_delay = period * (b * position[i] + a * position[i + 1])
        nut_delay = period - bridge_delay

        # 2. What comes back to the bow. Both ends turn the wave over; the bridge also takes its share, treble first.
        rounding = min(b * width[i] + a * width[i + 1], (bridge_delay - 1.0) / 3.0)
        at_bridge = read_rounded(to_bridge, now, bridge_delay, rounding)
        from_bridge = -(b * returned[i] + a * returned[i + 1]) * at_bridge
        from_nut = -read_line(to_nut, now, nut_delay)

        # 3. Stick or slip. While bow and string move alike the hair grips (the reflection is nearly 1: the string is
        #    carried along); the faster they slide, the less it grips.
        sliding = (b * bow_velocity[i] + a * bow_velocity[i + 1]) * (1.0 + noise[now]) - (from_bridge + from_nut)
        slip = abs(sliding * (b * slipperiness[i] + a * slipperiness[i + 1])) + 0.75
        grip = min(max(1.0 / (slip * slip * slip * slip), 0.01), 0.98)
        pushed = sliding * grip * (b * contact[i] + a * contact[i + 1])

        # 4. On both sides the wave passes under the bow and takes the push along.
        to_nut[now & 2047] = from_bridge + pushed
        to_bridge[now & 2047] = from_nut + pushed
        force[now] = at_bridge - from_bridge
    return force


@compiled
def flow_through_reed(pressure_drop, opening):
    """Bernoulli's law behind a reed: the flow that fits the pressures. (All counted in what shuts the reed.)

    `pressure_drop` is the blowing pressure less twice the returning wave. With r = sqrt(pressure across the reed), the
    flow is opening * (1 - r^2) * r, the pressure across r^2, and both together have to make up pressure_drop: solved by
    Newton's method, from the root that leaves the cube out. Where the drop is negative, air flows back.
    """
    if pressure_drop >= 1.0:
        return 0.0  # shut: the reed beats
    size = abs(pressure_drop)
    bends = 1.0 if pressure_drop >= 0.0 else -1.0  # inflow presses the reed towards the slit, outflow away from it
    root = 0.5 * (math.sqrt(opening * opening + 4.0 * size) - opening)
    for _ in range(3):
        excess = root * root + opening * root * (1.0 - bends * root * root) - size
        root -= excess / (2.0 * root + opening * (1.0 - 3.0 * bends * root * root))
    return bends * opening * (1.0 - bends * root * root) * root


@compiled
def reed_loop(f0_hz, pressure, unit, width, opening, noise, sample_rate, frames_per_sample):
    """One blown bore, sample by sample; `reed.py` says what each curve means. -> pressure at the bell"""
    bore = np.zeros(2048)
    sound = np.zeros(len(noise))
    last_frame = len(f0_hz) - 2
    for now in range(len(noise)):
        place = now * frames_per_sample
        i = min(int(place), last_frame)
        a = min(place - i, 1.0)
        b = 1.0 - a

        # 1. A tube open at one end turns the wave over once each way round: the period is two round trips.
        delay = 0.5 * sample_rate / (b * f0_hz[i] + a * f0_hz[i + 1])
        outgoing = read_line(bore, now, delay)
        returning = -0.95 * read_rounded(bore, now, delay, b * width[i] + a * width[i + 1])

        # 2. The reed lets in what the difference of pressures pushes through.
        blown = (b * pressure[i] + a * pressure[i + 1]) * (1.0 + noise[now])
        slit = b * opening[i] + a * opening[i + 1]
        flow = flow_through_reed(blown - 2.0 * returning, slit)
        bore[now & 2047] = returning + flow

        # 3. What does not come back has left through the bell: mostly treble.
        sound[now] = (b * unit[i] + a * unit[i + 1]) * (outgoing + 0.9 * returning)
    return sound


@compiled
def voice_loop(f0_hz, amplitude, tilt, breath, feedback, decay, drive, unsteady, noise, sample_rate, frames_per_sample):
    """One voice, sample by sample; `voice.py` says what each curve means. -> pressure in front of the lips"""
    opening, closing = 0.42, 0.20  # of each period: the glottis opens, closes faster, and stays shut for the rest
    resonances = feedback.shape[1]
    last, last_but_one = np.zeros(resonances), np.zeros(resonances)
    sound = np.zeros(len(noise))
    phase, tilted, pulse, stretch, strength = 0.0, 0.0, 0, 1.0, 1.0
    last_frame = len(f0_hz) - 2
    for now in range(len(noise)):
        place = now * frames_per_sample
        i = min(int(place), last_frame)
        a = min(place - i, 1.0)
        b = 1.0 - a

        # 1. Where in its period the glottis is; no two periods are quite alike (jitter and shimmer).
        phase += (b * f0_hz[i] + a * f0_hz[i + 1]) * stretch / sample_rate
        if phase >= 1.0:
            phase -= 1.0
            pulse += 1
            stretch = 1.0 + 0.001 * unsteady[pulse % len(unsteady), 0]
            strength = 1.0 + 0.03 * unsteady[pulse % len(unsteady), 1]

        # 2. The flow of air, and its slope: the sound is made where the flow is cut off.
        if phase < opening:
            flow = 0.5 * (1.0 - math.cos(math.pi * phase / opening))
            slope = 0.5 * math.pi / opening * math.sin(math.pi * phase / opening)
        elif phase < opening + closing:
            flow = math.cos(0.5 * math.pi * (phase - opening) / closing)
            slope = -0.5 * math.pi / closing * math.sin(0.5 * math.pi * (phase - opening) / closing)
        else:
            flow, slope = 0.0, 0.0
        t = b * tilt[i] + a * tilt[i + 1]
        tilted += (1.0 - t) * (strength * slope - tilted)
        rush = (b * breath[i] + a * breath[i + 1]) * noise[now] * (0.3 + flow)
        source = (b * amplitude[i] + a * amplitude[i + 1]) * (tilted + rush)

        # 3. The vocal tract: resonances side by side.
        for k in range(resonances):
            ringing = (
                (b * drive[i, k] + a * drive[i + 1, k]) * source
                + (b * feedback[i, k] + a * feedback[i + 1, k]) * last[k]
                - (b * decay[i, k] + a * decay[i + 1, k]) * last_but_one[k]
            )
            last_but_one[k] = last[k]
            last[k] = ringing
            sound[now] += ringing
    return sound
