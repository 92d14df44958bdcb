"""A singing-voice model: a glottis that opens and closes, breath, and a vocal tract that forms vowels.

Source and filter after Fant (1960, "Acoustic theory of speech production"); the glottal pulse is Rosenberg's (1971,
JASA 49, 583), the vowels are a tenor's, from the formant table of the Csound manual.
"""

from __future__ import annotations

import numpy as np
import scipy
from torch import Tensor

from ddsp_course.data.config import AudioConfig
from ddsp_course.data.recordings import Recordings
from ddsp_course.instruments import studio
from ddsp_course.instruments.performer import Gesture, Style, smooth

STYLE = Style(
    lowest_midi=50,
    highest_midi=76,
    centre_midi=62,
    spread=5.0,
    vibrato_cents=(15.0, 50.0),
    legato=0.45,
    detache=0.1,
    staccato=0.05,
    sustained=0.25,
    mixed=0.15,
    portamento=0.3,
    glide_s=(0.04, 0.09),
    slide_s=(0.12, 0.25),
)
VOWELS = {
    "a": (650.0, 1080.0, 2650.0, 2900.0, 3250.0),
    "e": (400.0, 1700.0, 2600.0, 3200.0, 3580.0),
    "i": (290.0, 1870.0, 2800.0, 3250.0, 3540.0),
    "o": (400.0, 800.0, 2600.0, 2800.0, 3000.0),
    "u": (350.0, 600.0, 2700.0, 2900.0, 3300.0),
}
"""The first five resonances of the vocal tract in Hz."""
UPPER_FORMANTS = (4300.0, 5200.0, 6100.0, 7000.0, 8300.0, 9800.0, 11_600.0, 13_800.0)
"""Weak resonances above them, the same for every vowel: breath is heard through these."""
BANDWIDTHS = (110.0, 120.0, 140.0, 140.0, 150.0, 300.0, 350.0, 400.0, 450.0, 600.0, 700.0, 850.0, 1000.0)
STRENGTHS = (1.0, 1.1, 1.6, 1.7, 1.4, 0.5, 0.4, 0.35, 0.3, 0.25, 0.22, 0.2, 0.15)
GAIN = 0.09


def voice(
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
    """Minutes of a singing-voice model in a room, with its truth: pitch, gate, notes, dry sound, room.

    The same seed sings the same song on the same vowels, bit for bit; with another `noise_seed` it is a re-take: the
    same performance with other breath and other small unsteadiness of the vocal folds. With a `reading_seed` another
    singer reads the same notes (Lesson 21). `room` [taps] replaces the default room (`room_impulse_response()`),
    `body_seed` is another singer (longer or shorter vocal tract). -> Recordings of Performance, takes of about 25 s.
    Raises ValueError for minutes or seeds that make no sense.   Lesson 8.
    """
    return studio.record(
        VOICE,
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
    """A gesture sung: [samples] at the config's rate."""
    from ddsp_course.instruments.waveguide_loops import voice_loop

    config, level = gesture.config, gesture.level
    samples = studio.internal_samples(gesture)
    longest = int(gesture.f0_hz.max() * samples / studio.INTERNAL_RATE * 1.05) + 2
    feedback, decay, drive = resonators(formants(gesture, body_seed))
    sung = voice_loop(
        gesture.f0_hz,
        (0.08 + 0.92 * level) * gesture.gate,
        0.86 - 0.42 * level,  # tilt: a louder voice closes its glottis more sharply and so is brighter
        0.16 + 0.1 * (1.0 - level),  # breath, as a share of the pulse
        feedback,
        decay,
        drive,
        np.clip(rng.standard_normal((longest, 2)), -2.5, 2.5),  # unsteadiness of each pulse: its length, its strength
        rng.standard_normal(samples),
        float(studio.INTERNAL_RATE),
        studio.frames_per_sample(gesture),
    )
    no_thump = scipy.signal.butter(2, 80.0, "highpass", fs=config.sample_rate, output="sos")
    return GAIN * scipy.signal.sosfilt(no_thump, studio.at_rate(sung, gesture))


def formants(gesture: Gesture, body_seed: int) -> np.ndarray:
    """The resonances [frames, 13] in Hz: a vowel for each note (not when notes are slurred), gliding into each other.

    On high notes the mouth opens so that the first resonance never falls below the pitch: what sopranos do.
    """
    config = gesture.config
    length = np.random.default_rng([body_seed, 9]).uniform(0.88, 1.12)  # of the vocal tract, against a tenor's
    vowels = np.array(list(VOWELS.values()))
    rng = np.random.default_rng([gesture.seed, 4])
    tract = np.tile(vowels[0], (gesture.frames, 1))
    vowel = int(rng.integers(len(vowels)))
    for note in gesture.notes:
        if note.articulation not in ("legato", "portamento") or rng.random() < 0.4:
            vowel = int(rng.integers(len(vowels)))
        tract[max(0, round((note.start_s - 0.04) * config.frame_rate)) :] = vowels[vowel]
    tract = np.stack([smooth(tract[:, i], 0.2, config.frame_rate) for i in range(tract.shape[1])], axis=1)
    tract = np.concatenate([tract, np.tile(UPPER_FORMANTS, (gesture.frames, 1))], axis=1) / length
    tract[:, 0] = np.maximum(tract[:, 0], 1.02 * gesture.f0_hz)
    tract[:, 1] = np.maximum(tract[:, 1], tract[:, 0] + 150.0)
    return tract


def resonators(formants_hz: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two-pole filters for the resonances: y[n] = drive * x[n] + feedback * y[n-1] - decay * y[n-2].

    formants_hz [frames, 13] -> feedback, decay, drive, each [frames, 13]. The loop joins frames by straight lines,
    which keeps every filter stable in between. Neighbours get opposite signs, so that no hole opens between them.
    """
    radius = np.exp(-np.pi * np.array(BANDWIDTHS) / studio.INTERNAL_RATE)
    angle = 2 * np.pi * formants_hz / studio.INTERNAL_RATE
    signs = np.where(np.arange(len(BANDWIDTHS)) % 2 == 0, 1.0, -1.0)
    drive = signs * np.array(STRENGTHS) * 2.0 * (1.0 - radius) * np.sin(angle)
    return 2.0 * radius * np.cos(angle), np.broadcast_to(radius**2, angle.shape).copy(), drive


VOICE = studio.Instrument("voice", STYLE, sound, lowest_hz=70.0, highest_hz=1200.0)
