"""A bowed-string model: one string, a bow that sticks and slips, a body. (A model, not recordings of a violin.)

The string is two delay lines, one on each side of the bow, in which velocity waves travel to the ends and back
(McIntyre, Schumacher and Woodhouse 1983, JASA 74, 1325; Smith 1986, "Efficient simulation of the reed-bore and
bow-string mechanisms"). The grip of the bow is the friction curve of Cook and Scavone's Synthesis ToolKit.
"""

from __future__ import annotations

import numpy as np
import scipy
from torch import Tensor

from ddsp_course.data.config import AudioConfig
from ddsp_course.data.recordings import Recordings
from ddsp_course.instruments import studio
from ddsp_course.instruments.body import Mode, body_response
from ddsp_course.instruments.performer import Gesture, Style, smooth

STYLE = Style(lowest_midi=55, highest_midi=91, centre_midi=71)
BOW_POSITION = 0.127
"""Where the bow stands, as a share of the string from the bridge."""
BOW_NOISE = 0.16
"""Deviation of the bow's velocity as a share of it: rosin and hair are never even."""
GAIN = 0.2


def bowed_string(
    minutes: float = 10,
    seed: int = 0,
    config: AudioConfig = AudioConfig(),
    *,
    noise_seed: int | None = None,
    reading_seed: int | None = None,
    room: Tensor | None = None,
    body_seed: int = 0,
    progress: bool = True,
) -> Recordings:
    """Minutes of a bowed-string model in a room, with its truth: pitch, gate, notes, dry sound, room.

    The same seed plays the same music, bit for bit (but with other frames than 4 ms, as at 44.1 kHz, some takes are
    others); with another `noise_seed` it is a re-take: the same performance with other bow noise; with a `reading_seed`
    another player reads the same notes (Lesson 21). `room` [taps] replaces the default room
    (`room_impulse_response()`), `body_seed` builds another instrument. -> Recordings of Performance, takes of about
    25 s. Raises ValueError for minutes or seeds that make no sense.   Lesson 8.
    """
    return studio.record(
        BOWED_STRING,
        minutes,
        seed,
        config,
        noise_seed=noise_seed,
        reading_seed=reading_seed,
        room=room,
        body_seed=body_seed,
        progress=progress,
    )


def sound(gesture: Gesture, rng: np.random.Generator, body_seed: int) -> np.ndarray:
    """A gesture played on the string and heard through the body: [samples] at the config's rate."""
    from ddsp_course.instruments.waveguide_loops import bowed_string_loop

    config = gesture.config
    # Louder is a faster and a heavier bow: the speed sets the amplitude, the force how sharp the corner stays that runs
    # round the string, and so the brightness.
    speed = 0.022 + 0.213 * gesture.level**1.2
    force = 0.3 + 0.55 * gesture.level
    # The bridge rounds the corner: less when played hard, less on short strings (standard deviation in samples).
    width = 2.6 * 0.35**gesture.level * np.clip(np.sqrt(440.0 / gesture.f0_hz), 0.4, 1.5)
    noise = scipy.signal.lfilter([0.3], [1.0, -0.7], rng.standard_normal(studio.internal_samples(gesture)))
    force_on_bridge = bowed_string_loop(
        gesture.f0_hz,
        smooth(speed * gesture.stroke, 0.017, config.frame_rate),
        5.0 - 4.0 * force,  # slipperiness: how quickly the grip is lost as the bow slides
        gesture.gate,  # contact: the bow is lifted between notes
        np.full(gesture.frames, BOW_POSITION),
        width,
        0.985 - 0.08 * (1.0 - gesture.gate),  # share returned by the bridge; a lifted bow leaves a finger to damp
        BOW_NOISE * noise,
        float(studio.INTERNAL_RATE),
        studio.frames_per_sample(gesture),
    )
    string = studio.at_rate(force_on_bridge, gesture)
    no_thump = scipy.signal.butter(2, 120.0, "highpass", fs=config.sample_rate, output="sos")
    return (
        GAIN * scipy.signal.oaconvolve(scipy.signal.sosfilt(no_thump, string), body(body_seed, config))[: len(string)]
    )


def body(seed: int, config: AudioConfig) -> np.ndarray:
    """The wooden body as an impulse response [taps]: four strong low modes, a hill near 2.5 kHz, many weak ones above.

    The four are where violins have theirs (A0, B1-, B1+ and one between them), the rest is drawn; a seed means the same
    body at every sample rate.
    """
    rng = np.random.default_rng([seed, 6])
    shift = rng.uniform(0.93, 1.07)
    strong = ((275.0, 14.0, 1.0), (405.0, 20.0, -0.35), (465.0, 22.0, 0.9), (550.0, 24.0, -1.0))
    modes = [Mode(shift * frequency, sharpness, strength) for frequency, sharpness, strength in strong]
    frequency = 700.0
    while frequency < 20_000:
        hill = 0.45 + 1.1 * np.exp(-(((frequency - 2500.0) / 700.0) ** 2))
        tilt = min(1.0, (3300.0 / frequency) ** 1.5)
        sign = rng.choice([-1.0, 1.0])
        modes.append(Mode(frequency, rng.uniform(22, 45), sign * hill * tilt * rng.uniform(0.3, 1.0)))
        frequency *= 1 + rng.uniform(0.03, 0.10)
    return body_response(modes, direct=0.35, ringing=0.55, config=config)


BOWED_STRING = studio.Instrument("bowed_string", STYLE, sound, lowest_hz=150.0, highest_hz=1900.0)
