"""Two minutes of each instrument: what it claims to have played is what is heard."""

import numpy as np
import pytest
import torch
from scipy import signal

from ddsp_course import dsp, instruments
from ddsp_course.data import AudioConfig, Performance, Recordings
from ddsp_course.instruments.regimes import wrong_notes

MAKERS = {
    "bowed_string": instruments.bowed_string,
    "reed": instruments.reed,
    "voice": instruments.voice,
}


@pytest.fixture(scope="module", params=MAKERS)
def takes(request) -> Recordings:
    return MAKERS[request.param](minutes=2, seed=20, progress=False)


def cents_off(take: Performance) -> np.ndarray:
    """How far the sound is from the commanded pitch, every 4 ms while the gate is open, in cents.

    Each of the first three harmonics is turned back by its commanded phase; what still turns is the error, weighted by
    energy. (It cannot see octaves: those are looked for separately.)
    """
    rate, hop = take.config.sample_rate, take.config.hop_size
    dry = take.dry[0].double().numpy()
    f0 = np.interp(np.arange(len(dry)) / hop, np.arange(take.frames), take.f0_hz[0].double().numpy())
    phase = 2 * np.pi * np.cumsum(f0) / rate
    window = signal.windows.hann(round(0.04 * rate) | 1)
    weighted, weights = 0.0, 0.0
    for harmonic in (1, 2, 3):
        turned_back = signal.oaconvolve(dry * np.exp(-1j * harmonic * phase), window / window.sum(), mode="same")
        now, then = turned_back[hop:], turned_back[:-hop]
        turning_hz = np.angle(now * np.conj(then)) * rate / (2 * np.pi * hop)
        energy = np.minimum(np.abs(now), np.abs(then)) ** 2 * (harmonic * f0[hop:] < 0.47 * rate)
        weighted = weighted + energy * 1200 / np.log(2) * turning_hz / (harmonic * f0[hop:])
        weights = weights + energy
    error = (weighted / (weights + 1e-15))[::hop]
    return error[(take.gate[0].numpy() > 0.99)[: len(error)]]


def periods_heard(take: Performance) -> np.ndarray:
    """The period of the middle of each note by plain autocorrelation, over the commanded one."""
    rate = take.config.sample_rate
    ratios = []
    for note in take.notes:
        middle = 0.5 * (note.start_s + note.end_s)
        f0_hz = float(take.f0_hz[0, int(middle * take.config.frame_rate)])
        half = min(0.5 * (note.end_s - note.start_s) - 0.03, max(0.03, 6 / f0_hz))
        if half < 3.5 / f0_hz:
            continue  # too short to tell
        sound = take.dry[0, int((middle - half) * rate) : int((middle + half) * rate)].double().numpy()
        fine = signal.resample_poly(sound - sound.mean(), 4, 1)
        alike = signal.correlate(fine, fine, method="fft")[len(fine) - 1 :] / np.arange(len(fine), 0, -1)
        lags = np.arange(int(0.38 * 4 * rate / f0_hz), int(2.6 * 4 * rate / f0_hz))
        peaks = lags[signal.argrelmax(alike[lags])[0]]
        first = peaks[np.argmax(alike[peaks] > 0.9 * alike[peaks].max())]
        ratios.append(first * f0_hz / (4 * rate))
    return np.array(ratios)


def test_takes_of_20_to_30_seconds_on_one_grid(takes):
    assert sum(take.seconds for take in takes) == pytest.approx(120, abs=0.1)
    for take in takes:
        assert 20 <= take.seconds <= 30
        assert take.audio.shape == take.dry.shape == (1, take.frames * 64)
        assert take.f0_hz.shape == take.gate.shape == take.loudness_db.shape == (1, take.frames)
        assert all(x.dtype == torch.float32 for x in (take.audio, take.dry, take.f0_hz, take.gate, take.room))


def test_the_sound_is_at_the_commanded_pitch(takes):
    error = np.abs(np.concatenate([cents_off(take) for take in takes]))
    assert len(error) > 20_000
    assert np.median(error) <= 2
    assert np.percentile(error, 99) <= 20


def test_no_note_is_an_octave_or_a_fifth_off(takes):
    heard = np.concatenate([periods_heard(take) for take in takes])
    assert len(heard) > 100
    assert np.abs(12 * np.log2(heard)).max() < 1  # semitones


def test_pitches_stay_where_a_pitch_tracker_can_follow(takes):
    for take in takes:
        assert take.f0_hz.min() > 60
        assert take.f0_hz.max() <= 1900


def test_nothing_is_clipped_missing_or_off_centre(takes):
    for take in takes:
        for sound in (take.audio, take.dry):
            assert torch.isfinite(sound).all()
            assert sound.abs().max() <= 0.95
            assert sound.mean().abs() < 1e-5
        assert -34 < 20 * torch.log10(take.audio.square().mean().sqrt()) < -16


def test_the_recording_is_the_dry_sound_in_the_known_room(takes):
    take = takes[0]
    assert take.room[0] == 1.0
    in_room = dsp.fft_convolve(take.dry, take.room)
    assert (in_room - take.audio).abs().max() < 1e-5
    expected = dsp.loudness_db(take.audio, sample_rate=16_000, hop_size=64)
    assert torch.allclose(take.loudness_db, expected, atol=1e-3)


def test_in_rests_the_player_is_silent_and_the_room_is_heard(takes):
    """A quarter of a second into the rests, room and all is at least 10 dB above the dry sound."""
    silent, wet, playing = [], [], []
    for take in takes:
        gate = take.gate[0].numpy()
        dry, audio = (x[0].reshape(-1, 64).square().mean(dim=1).numpy() for x in (take.dry, take.audio))
        resting = np.array([gate[max(0, i - 60) : i + 1].max() < 0.01 for i in range(len(gate))])
        resting[: int(0.5 * take.config.frame_rate)] = False  # before the first note there is nothing to hear
        silent.append(dry[resting]), wet.append(audio[resting]), playing.append(dry[gate > 0.99])
    silent, wet, playing = (10 * np.log10(np.concatenate(x).mean()) for x in (silent, wet, playing))
    assert wet > silent + 10
    assert silent < playing - 50


def test_no_note_ends_with_a_click(takes):
    """Above 5 kHz nothing in the 50 ms after a phrase is louder than the phrase's last 200 ms were."""
    treble = signal.butter(4, 5000, "highpass", fs=16_000, output="sos")
    for take in takes:
        power = signal.sosfilt(treble, take.dry[0].double().numpy()) ** 2
        power = np.convolve(power, np.ones(80) / 80, mode="same")  # over 5 ms
        for note, after in zip(take.notes, take.notes[1:], strict=False):
            if after.start_s > note.end_s + 0.1:
                end = round(note.end_s * 16_000)
                assert power[end : end + 800].max() <= 1.5 * power[end - 3200 : end].max()


def test_music_has_rests_dynamics_and_every_articulation(takes):
    gate = np.concatenate([take.gate[0].numpy() for take in takes]) > 0.5
    edges = np.flatnonzero(np.diff(gate.astype(int)))
    runs = np.diff(edges) / AudioConfig().frame_rate
    rests = runs[~gate[edges[:-1] + 1]]
    assert np.sum((rests > 0.3) & (rests < 1.2)) >= 10
    notes = [note for take in takes for note in take.notes]
    assert {note.articulation for note in notes} == {"legato", "detache", "staccato", "portamento"}
    levels = np.array([note.level for note in notes])
    assert levels.min() < 0.2 and levels.max() > 0.85
    loud, soft = np.percentile(np.concatenate([t.loudness_db[0, t.gate[0] > 0.99].numpy() for t in takes]), [95, 5])
    assert loud - soft > 10


def test_the_check_of_regimes_is_not_blind(takes):
    """An octave up, written over one long note, is found at that note and nowhere else."""
    from ddsp_course.instruments.performer import Gesture

    take = takes[0]
    gesture = Gesture(
        take.f0_hz[0].double().numpy(), np.ones(take.frames), take.gate[0].numpy(), np.ones(take.frames), take.config,
        take.notes,
    )  # fmt: skip
    dry = take.dry[0].double().numpy()
    assert wrong_notes(dry, gesture) == []
    number = int(np.argmax([note.end_s - note.start_s for note in take.notes]))
    start, end = (round(s * 16_000) for s in (take.notes[number].start_s, take.notes[number].end_s))
    f0 = np.interp(np.arange(len(dry)) / 64, np.arange(take.frames), gesture.f0_hz)
    dry[start:end] = np.sin(2 * np.pi * np.cumsum(2 * f0) / 16_000)[start:end]
    assert wrong_notes(dry, gesture) == [number]
