"""A reed model: one bore, a reed that opens and closes, a bell. (A model, not recordings of a clarinet.)

The bore is one delay line in which pressure waves travel to the bell and back; the reed lets air in by Bernoulli's law
and beats when it is blown hard (Kergomard 1995, "Elementary considerations on reed-instrument oscillations";
Guillemain, Kergomard and Voinier 2005, JASA 118, 483).
"""

from __future__ import annotations

import numpy as np
import scipy
from torch import Tensor

from ddsp_course.data.config import AudioConfig
from ddsp_course.data.recordings import Recordings
from ddsp_course.instruments import studio
from ddsp_course.instruments.body import Mode, body_response
from ddsp_course.instruments.performer import Gesture, Style

STYLE = Style(
    lowest_midi=50, highest_midi=84, centre_midi=67, spread=7.0, vibrato_cents=(0.0, 10.0), legato=0.4, portamento=0.08
)
BREATH_NOISE = 0.009
"""Deviation of the blowing pressure as a share of it: the turbulence of the air in the reed's slit."""
GAIN = 3.3


def reed(
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
    """Minutes of a reed model in a room, with its truth: pitch, gate, notes, dry sound, room.

    The same seed plays the same music, bit for bit; with another `noise_seed` it is a re-take: the same performance
    with other breath noise; with a `reading_seed` another player reads the same notes (Lesson 21). `room` [taps]
    replaces the default room (`room_impulse_response()`), `body_seed` turns another bell. -> Recordings of
    Performance, takes of about 25 s. Raises ValueError for minutes or seeds that make no sense.   Lesson 8.
    """
    return studio.record(
        REED,
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
    """A gesture blown on the reed and heard through the bell: [samples] at the config's rate."""
    from ddsp_course.instruments.waveguide_loops import reed_loop

    config = gesture.config
    # All pressures are counted in units of the one that shuts the reed. Near a third of it the reed begins to sound,
    # almost a sine; above a half it beats, and every overtone is there. A tongued note starts with a burst of air.
    tongue = np.clip(gesture.gate - after(gesture.gate, 0.04, config.frame_rate), 0.0, 1.0)
    pressure = gesture.gate * (0.43 + 0.19 * gesture.level) + 0.12 * tongue
    # Tighter lips leave a narrower slit (`opening`: the flow through it against what the bore takes) and shut the reed
    # at a lower pressure: the same waves, but smaller. That is most of a player's dynamics.
    opening = 0.31 + 0.18 * gesture.level
    unit = 10.0 ** (-21.0 / 20.0 * (1.0 - gesture.level))
    width = 4.5 * (440.0 / gesture.f0_hz) ** 0.3
    noise = scipy.signal.lfilter([0.4], [1.0, -0.75], rng.standard_normal(studio.internal_samples(gesture)))
    at_bell = reed_loop(
        gesture.f0_hz,
        pressure,
        unit,
        width,
        opening,
        BREATH_NOISE * noise,
        float(studio.INTERNAL_RATE),
        studio.frames_per_sample(gesture),
    )
    tube = studio.at_rate(at_bell, gesture)
    no_thump = scipy.signal.butter(2, 100.0, "highpass", fs=config.sample_rate, output="sos")
    return GAIN * scipy.signal.oaconvolve(scipy.signal.sosfilt(no_thump, tube), bell(body_seed, config))[: len(tube)]


def after(curve: np.ndarray, seconds: float, frame_rate: float) -> np.ndarray:
    """A curve that follows another one with a time constant, as a lung or a finger does."""
    stays = np.exp(-1.0 / (seconds * frame_rate))
    return scipy.signal.lfilter([1.0 - stays], [1.0, -stays], curve)


def bell(seed: int, config: AudioConfig) -> np.ndarray:
    """The bell and the open holes as an impulse response [taps]: a few broad resonances from 900 Hz upwards."""
    rng = np.random.default_rng([seed, 8])
    modes = []
    frequency = rng.uniform(900, 1300)
    while frequency < 20_000:
        modes.append(Mode(frequency, rng.uniform(4, 9), rng.choice([-1, 1]) * rng.uniform(0.4, 1) * 900 / frequency))
        frequency *= rng.uniform(1.25, 1.6)
    return body_response(modes, direct=1.0, ringing=0.5, config=config)


REED = studio.Instrument("reed", STYLE, sound, lowest_hz=100.0, highest_hz=1900.0)
