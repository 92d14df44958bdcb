"""A bowed-string model: one string, a bow that sticks and slips, a body. (A model, not recordings of a violin.)

The string is two delay lines, one on each side of the bow, in which velocity waves travel to the ends and back
(McIntyre, Schumacher and Woodhouse 1983, JASA 74, 1325; Smith 1986, "Efficient simulation of the reed-bore and
bow-string mechanisms"). The grip of the bow is the friction curve of Cook and Scavone's Synthesis ToolKit.
"""

from __future__ import annotations

import numpy as np
from scipy import signal
from torch import Tensor

from ddsp_course.data.config import AudioConfig
from ddsp_course.data.recordings import Recordings
from ddsp_course.instruments import studio
from ddsp_course.instruments.performer import Gesture, Style, smooth

STYLE = Style(lowest_midi=55, highest_midi=91, centre_midi=71)
BOW_POSITION = 0.127
"""Where the bow stands, as a share of the string from the bridge."""
BOW_NOISE = 0.12
"""Deviation of the bow's velocity as a share of it: rosin and hair are never even."""
GAIN = 0.28


def bowed_string(
    minutes: float = 10,
    seed: int = 0,
    config: AudioConfig = AudioConfig(),
    *,
    noise_seed: int | None = None,
    room: Tensor | None = None,
    body_seed: int = 7,
    progress: bool = True,
) -> Recordings:
    """Minutes of a bowed-string model in a room, with its truth: pitch, gate, notes, dry sound, room.

    The same seed plays the same music, bit for bit; with another `noise_seed` it is a re-take: the same performance
    with other bow noise. `room` [taps] replaces the default room (`room_impulse_response()`), `body_seed` builds
    another instrument. -> Recordings of Performance, takes of about 25 s. Raises ValueError for minutes or seeds that
    make no sense.   Lesson 8.
    """
    return studio.record(
        BOWED_STRING, minutes, seed, config, noise_seed=noise_seed, room=room, body_seed=body_seed, progress=progress
    )


def sound(gesture: Gesture, rng: np.random.Generator, body_seed: int) -> np.ndarray:
    """A gesture played on the string and heard through the body: [samples] at the config's rate."""
    from ddsp_course.instruments.waveguide_loops import bowed_string_loop

    config = gesture.config
    # Louder is a faster and a heavier bow: the speed sets the amplitude, the force how sharp the corner stays that runs
    # round the string, and so the brightness.
    speed = 0.03 + 0.205 * gesture.level**1.2
    force = 0.3 + 0.55 * gesture.level
    # The bridge rounds the corner: less when played hard, less on short strings (standard deviation in samples).
    width = 3.5 * 0.3**gesture.level * np.clip(np.sqrt(440.0 / gesture.f0_hz), 0.4, 1.5)
    noise = signal.lfilter([0.3], [1.0, -0.7], rng.standard_normal(studio.internal_samples(gesture)))
    force_on_bridge = bowed_string_loop(
        gesture.f0_hz,
        smooth(speed * gesture.stroke, 0.017, config.frame_rate),
        5.0 - 4.0 * force,  # slipperiness: how quickly the grip is lost as the bow slides
        gesture.gate,  # contact: the bow is lifted between notes
        np.full(gesture.frames, BOW_POSITION),
        width,
        0.97 - 0.07 * (1.0 - gesture.gate),  # share returned by the bridge; a lifted bow leaves a finger to damp
        BOW_NOISE * noise,
        float(studio.INTERNAL_RATE),
        studio.frames_per_sample(gesture),
    )
    string = studio.at_rate(force_on_bridge, gesture)
    no_thump = signal.butter(2, 120.0, "highpass", fs=config.sample_rate, output="sos")
    return GAIN * signal.oaconvolve(signal.sosfilt(no_thump, string), body(body_seed, config))[: len(string)]


def body(seed: int, config: AudioConfig) -> np.ndarray:
    """The wooden body as an impulse response [taps]: four strong low modes, a hill near 2.5 kHz, many weak ones above.

    The four are where violins have theirs (A0, B1-, B1+ and one between them), the rest is drawn; a seed means the same
    body at every sample rate.
    """
    rng = np.random.default_rng([seed, 6])
    shift = 1.0 if seed == 7 else rng.uniform(0.9, 1.1)
    modes = [
        (275.0 * shift, 14.0, 1.0),
        (405.0 * shift, 20.0, 0.35),
        (465.0 * shift, 22.0, 0.9),
        (550.0 * shift, 24.0, 1.0),
    ]
    frequency = 700.0
    while frequency < 20_000:
        hill = 0.45 + 1.1 * np.exp(-(((frequency - 2500.0) / 700.0) ** 2))
        tilt = min(1.0, (3300.0 / frequency) ** 1.5)
        modes.append((frequency, rng.uniform(22, 45), hill * tilt * rng.uniform(0.3, 1.0)))
        frequency *= 1 + rng.uniform(0.03, 0.10)
    signs = rng.choice([-1.0, 1.0], len(modes))

    times = np.arange(round(0.09 * config.sample_rate)) / config.sample_rate
    ringing = np.zeros_like(times)
    energy = 0.0
    for (frequency, sharpness, strength), sign in zip(modes, signs, strict=True):
        if frequency < 0.47 * config.sample_rate:
            decay = np.exp(-np.pi * frequency / sharpness * times)
            ringing += sign * strength * frequency * decay * np.sin(2 * np.pi * frequency * times)
        if frequency < 7500:  # the integral of the line above, squared: the same at every sample rate
            energy += strength**2 * frequency * sharpness / (4 * np.pi)
    ringing *= 0.55 * np.sqrt(16_000 / energy) / config.sample_rate
    ringing[0] += 0.35  # what the bridge radiates by itself
    return ringing


BOWED_STRING = studio.Instrument("bowed_string", STYLE, sound, lowest_hz=150.0, highest_hz=1900.0)
