"""How the instruments sound over their whole range and all dynamics."""

import numpy as np
import pytest
import torch
from scipy import signal

from ddsp_course import instruments
from ddsp_course.data import PRESETS, AudioConfig

NO_ROOM = torch.ones(1)
RANGES = {"bowed_string": (55, 92), "reed": (50, 85), "voice": (50, 77)}
"""In MIDI notes: what the performers play, a vibrato included."""


def hz(midi: float) -> float:
    return 440 * 2 ** ((midi - 69) / 12)


def tone(instrument: str, midi: float, level: float, config: AudioConfig = AudioConfig(), seed: int = 0) -> np.ndarray:
    """The second half of a held note of 1.2 s: steady, dry."""
    take = instruments.play(instrument, hz(midi), level, config=config, seconds=1.2, room=NO_ROOM, seed=seed)
    return take.dry[0, take.dry.shape[-1] // 2 :].double().numpy()


def spectrum(sound: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
    magnitude = np.abs(np.fft.rfft(sound * np.blackman(len(sound))))
    return np.fft.rfftfreq(len(sound), 1 / rate), magnitude


def centroid_hz(sound: np.ndarray, rate: int = 16_000) -> float:
    frequency, magnitude = spectrum(sound, rate)
    return float(np.sum(frequency * magnitude) / np.sum(magnitude))


def level_db(sound: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(sound**2)))


def partials(sound: np.ndarray, f0_hz: float, rate: int) -> tuple[np.ndarray, float]:
    """Power of each partial below 7.8 kHz in dB, and how far together above the rest (harmonic to noise)."""
    frequency, magnitude = spectrum(sound, rate)
    power, width = magnitude**2, 4 * rate / len(sound)
    near = [np.abs(frequency - k * f0_hz) < max(width, 0.003 * k * f0_hz) for k in range(1, int(7800 / f0_hz) + 1)]
    rest = power[(frequency < 8000) & ~np.any(near, axis=0)].sum()
    each = np.array([power[here].sum() for here in near])
    return 10 * np.log10(each), float(10 * np.log10(each.sum() / rest))


def cents_from(sound: np.ndarray, f0_hz: float, rate: int) -> float:
    """Pitch against the commanded one by the first strong peak of the autocorrelation: octaves are seen too."""
    fine = signal.resample_poly(sound, 4, 1)
    correlation = signal.correlate(fine, fine, method="fft")[len(fine) - 1 :] / np.arange(len(fine), 0, -1)
    lags = np.arange(int(0.38 * 4 * rate / f0_hz), int(2.6 * 4 * rate / f0_hz))
    peaks = lags[signal.argrelmax(correlation[lags])[0]]
    lag = peaks[np.argmax(correlation[peaks] > 0.9 * correlation[peaks].max())]
    before, here, after = correlation[lag - 1 : lag + 2]
    exact = lag + 0.5 * (before - after) / (before - 2 * here + after)
    return float(1200 * np.log2(4 * rate / exact / f0_hz))


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("instrument", RANGES)
def test_in_tune_over_the_whole_range_at_all_dynamics(instrument, preset):
    """Steady notes, every half octave and both ends, from softest to full: within 5 cents, the right octave."""
    config = PRESETS[preset]
    lowest, highest = RANGES[instrument]
    step = 6 if preset == "16k" else 18
    for midi in sorted({*range(lowest, highest, step), highest}):
        for level in (0.0, 0.3, 0.6, 1.0):
            sound = tone(instrument, midi, level, config)
            assert np.isfinite(sound).all()
            assert abs(cents_from(sound, hz(midi), config.sample_rate)) < 5, (midi, level)


@pytest.mark.parametrize("instrument", RANGES)
def test_all_curves_at_their_extremes_still_give_a_finite_sound(instrument):
    """Pitch leaping across the whole allowed range, level and gate from 0 to 1, from frame to frame."""
    player = instruments.INSTRUMENTS[instrument]
    rng = np.random.default_rng(0)
    f0_hz = rng.choice([player.lowest_hz, player.highest_hz, 440.0], 500)
    level, gate = rng.choice([0.0, 0.5, 1.0], (2, 500))
    take = instruments.play(instrument, f0_hz, level, gate)
    assert torch.isfinite(take.audio).all()
    assert take.audio.abs().max() < 10


@pytest.mark.parametrize("instrument", RANGES)
def test_louder_is_louder_and_brighter(instrument):
    levels = (0.0, 0.25, 0.5, 0.75, 1.0)
    sounds = [tone(instrument, 67, level) for level in levels]
    loudness = [level_db(sound) for sound in sounds]
    assert all(louder > softer + 1.5 for softer, louder in zip(loudness, loudness[1:], strict=False))
    assert centroid_hz(sounds[-1]) > 1.1 * centroid_hz(sounds[0])


def test_the_reed_brightens_by_30_percent_and_spans_20_db():
    """At A4, from level 0.2 to 1: from nearly a sine to a beating reed."""
    soft, loud = (tone("reed", 69, level) for level in (0.2, 1.0))
    assert centroid_hz(loud) > 1.3 * centroid_hz(soft)
    assert level_db(loud) - level_db(soft) > 20


def test_the_reed_leaves_out_even_partials_at_the_bottom():
    """A tube closed at one end: the second partial is weak, the third is strong (D3, medium loud)."""
    power_db, _ = partials(tone("reed", 50, 0.4), hz(50), 16_000)
    assert power_db[1] < power_db[[0, 2]].min() - 15


@pytest.mark.parametrize("seed", range(8))
def test_the_voice_has_breath(seed):
    """Held vowels, soft and loud: 4 to 8 kHz lie within 45 dB of the whole."""
    for level in (0.1, 0.5, 1.0):
        frequency, magnitude = spectrum(tone("voice", 60, level, seed=seed), 16_000)
        treble = 10 * np.log10(np.sum(magnitude[frequency >= 4000] ** 2) / np.sum(magnitude**2))
        assert -45 < treble < -10


def test_the_voice_sings_different_vowels():
    """Eight seeds are at least three vowels: their spectra differ by more than 6 dB somewhere below 3 kHz."""
    envelopes = [partials(tone("voice", 55, 0.5, seed=seed), hz(55), 16_000)[0][:14] for seed in range(8)]
    kinds: list[np.ndarray] = []
    for envelope in envelopes:
        if all(np.abs(envelope - other).max() > 6 for other in kinds):
            kinds.append(envelope)
    assert len(kinds) >= 3


def test_a_bowed_string_falls_by_about_10_db_an_octave_and_is_mostly_harmonic():
    """As real strings do (-9.5 to -12.6 dB an octave, harmonics 17 to 37 dB over noise in three recordings)."""
    slopes, over_noise = [], []
    for midi in (55, 60, 65, 70, 75):
        for level in (0.4, 0.7, 1.0):
            power_db, harmonic_to_noise = partials(tone("bowed_string", midi, level), hz(midi), 16_000)
            octaves = np.log2(np.arange(1, len(power_db) + 1))
            slopes.append(np.polyfit(octaves, power_db, 1)[0])
            over_noise.append(harmonic_to_noise)
    assert -13 < np.median(slopes) < -8.5
    assert 17 < np.median(over_noise) < 37
