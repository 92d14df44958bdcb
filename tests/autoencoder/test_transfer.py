"""Any melody in, the instrument out: in its range, as loud as it plays, silent in the rests."""

import math
import wave

import numpy as np
import pytest
import soundfile
import torch

from ddsp_course import dsp
from ddsp_course.autoencoder.model import Autoencoder, TrainingStatistics
from ddsp_course.autoencoder.settings import ModelConfig
from ddsp_course.autoencoder.synthesizer import Stems
from ddsp_course.autoencoder.transfer import (
    adapt_features,
    save_stems,
    silence_rests,
    swap_room,
    transfer,
)
from ddsp_course.data import AudioConfig, CourseError, Features, Recording

RATE, HOP, FRAME_RATE = 16_000, 64, 250
REST, NOTE = 100, 150  # frames: 0.4 and 0.6 s


def statistics(low=69.0, high=81.0):
    """An instrument trained from A4 to A5, from -45 to -5 dB, with rests at -72 dB."""
    levels = [index / 100 for index in range(101)]
    return TrainingStatistics(
        pitch_midi_quantiles=tuple(low + (high - low) * level for level in levels),
        loudness_db_quantiles=tuple(-45.0 + 40.0 * level for level in levels),
        loudness_mean_db=-25.0,
        loudness_std_db=11.5,
        rest_loudness_db=-72.0,
    )


@pytest.fixture(scope="module")
def model():
    """An untrained tiny instrument (a quiet saw) in a room of half a second."""
    torch.manual_seed(0)
    instrument = Autoencoder(ModelConfig(hidden_size=32, room_seconds=0.5), statistics()).eval()
    if instrument.reverb is not None:
        for parameter in instrument.reverb.parameters():
            parameter.data.add_(1e-3 * torch.randn(parameter.shape))
    return instrument


def sung(*notes_midi, rest_db=-75.0):
    """Notes of 0.6 s with vibrato and a swell from -50 to -20 dB, between rests of 0.4 s full of wandering pitch."""
    pitch, confidence, loudness = [], [], []
    for note in notes_midi:
        time = torch.arange(NOTE) / FRAME_RATE
        pitch += [torch.linspace(30.0, 95.0, REST), note + 0.3 * torch.sin(2 * math.pi * 5.5 * time)]
        confidence += [torch.full((REST,), 0.1), torch.full((NOTE,), 0.9)]
        loudness += [torch.full((REST,), rest_db), -20.0 - 100.0 * (time - 0.3).abs()]
    ends = [torch.full((REST,), value) for value in (30.0, 0.1, rest_db)]
    joined = [torch.cat([*curve, end])[None] for curve, end in zip((pitch, confidence, loudness), ends, strict=True)]
    return Features(dsp.midi_to_hz(joined[0]), joined[1], joined[2], AudioConfig(RATE, HOP))


def level_db(audio):
    return 10 * math.log10(float(audio.square().mean()) + 1e-20)


def in_samples(mask):
    return mask.repeat_interleave(HOP, dim=-1)


def deep_in_rests(mask, frames=6):
    """Samples further than `frames` frames from any note."""
    near = torch.nn.functional.max_pool1d(mask[:, None].float(), 2 * frames + 1, 1, frames)[:, 0]
    return in_samples(near == 0)


# What the model is told to play


def test_a_song_about_A3_is_played_exactly_an_octave_higher():
    song = sung(55, 57, 59, 57)
    adapted, mask = adapt_features(song, statistics())
    assert torch.allclose(adapted.f0_hz[mask], 2 * song.f0_hz[mask], rtol=1e-6)
    assert int(mask.sum()) == pytest.approx(4 * NOTE, abs=4)


def test_semitones_by_hand_are_taken_as_they_are_and_octaves_come_on_top():
    song = sung(57, 59)
    for switches, semitones in [
        ({"semitones": 0}, 0),
        ({"semitones": -3.5}, -3.5),
        ({"octave_shift": 2}, 24),
        ({"octave_shift": 0}, 0),
        ({"semitones": 5, "octave_shift": -1}, -7),
    ]:
        adapted, mask = adapt_features(song, statistics(), **switches)
        moved = dsp.hz_to_midi(adapted.f0_hz)[mask] - dsp.hz_to_midi(song.f0_hz)[mask]
        assert torch.allclose(moved, torch.full_like(moved, semitones), atol=1e-3), switches


def test_with_every_switch_off_nothing_is_changed():
    song = sung(57, 59)
    adapted, _ = adapt_features(song, statistics(), semitones=0, match_loudness=False, mask_rests=False)
    for curve in ("f0_hz", "confidence", "loudness_db"):
        assert torch.equal(getattr(adapted, curve), getattr(song, curve)), curve


def test_each_switch_moves_its_own_curve_and_no_other():
    song = sung(57, 59.3)
    off = {"semitones": 0, "match_loudness": False, "mask_rests": False}
    for switch, touched in [
        ({"semitones": 2}, "f0_hz"),
        ({"octave_shift": 1}, "f0_hz"),
        ({"autotune": 1.0}, "f0_hz"),
        ({"mask_rests": True}, "f0_hz"),
        ({"match_loudness": True}, "loudness_db"),
        ({"gain_db": 3.0}, "loudness_db"),
    ]:
        adapted, _ = adapt_features(song, statistics(), **{**off, **switch})
        changed = {
            curve
            for curve in ("f0_hz", "loudness_db")
            if not torch.equal(getattr(adapted, curve), getattr(song, curve))
        }
        assert changed == {touched}, switch


def test_notes_are_as_loud_as_the_training_and_rests_as_quiet():
    adapted, mask = adapt_features(sung(57, 59, 60), statistics())
    ordered = adapted.loudness_db[mask].sort().values
    for level in (0.05, 0.25, 0.5, 0.75, 0.95):
        wanted = -45.0 + 40.0 * level
        assert float(ordered[round(level * (len(ordered) - 1))]) == pytest.approx(wanted, abs=1.0)
    assert (adapted.loudness_db[:, : REST - 6] == -72.0).all()


def test_loudness_glides_between_rest_and_note_over_16_ms():
    adapted, mask = adapt_features(sung(57), statistics())
    onset = list(range(REST - 6, REST + 2))
    curve = adapted.loudness_db[0, onset]
    assert (curve.diff() >= -1e-4).all() and float(curve[-1]) > -50
    assert float(curve.diff().max()) < 0.4 * float(curve[-1] - curve[0]), "no jump from one frame to the next"


def test_gain_makes_notes_louder_and_leaves_rests_alone():
    song = sung(57, 59)
    plain, mask = adapt_features(song, statistics())
    louder, _ = adapt_features(song, statistics(), gain_db=6.0)
    gained = louder.loudness_db - plain.loudness_db
    assert torch.allclose(gained[mask], torch.full_like(gained[mask], 6.0), atol=1e-4)
    assert gained[:, : REST - 6].abs().max() < 1e-4


def test_a_mask_of_ones_own_is_used():
    song = sung(57, 59)
    mask = torch.zeros_like(song.f0_hz, dtype=torch.bool)
    mask[:, REST : REST + NOTE] = True
    assert torch.equal(adapt_features(song, statistics(), mask=mask)[1], mask)


# What is heard


def test_rests_are_at_least_40_dB_below_the_notes_and_digitally_silent_further_in(model):
    song = sung(57, 59, 60)
    mask = adapt_features(song, statistics())[1]
    dry = transfer(model, song).dry
    notes_db, rests_db = level_db(dry[in_samples(mask)]), level_db(dry[in_samples(~mask)])
    assert dry.shape == (1, song.frames * HOP)
    assert rests_db < notes_db - 15, "with the ramps"
    assert level_db(dry[deep_in_rests(mask)]) < notes_db - 40
    unmasked = transfer(model, song, mask_rests=False).dry
    assert level_db(unmasked[deep_in_rests(mask)]) > notes_db - 40, "the mask is what silences them"


def test_the_room_rings_on_through_the_rests(model):
    song = sung(57, 59)
    mask = adapt_features(song, statistics())[1]
    stems = transfer(model, song)
    tail = deep_in_rests(mask) & (torch.arange(song.frames * HOP) > (REST + NOTE) * HOP)
    assert level_db(stems.wet[tail]) > level_db(stems.dry[tail]) + 20


@pytest.mark.parametrize("semitones", [-48, -36, -24, 24, 36])
def test_far_outside_the_trained_range_it_still_sounds(model, semitones):
    stems = transfer(model, sung(69, 71), semitones=semitones)
    assert torch.isfinite(stems.wet).all()
    assert level_db(stems.harmonic) > -70


def test_nothing_folds_back_from_above_nyquist(model):
    """Harmonics of 3 kHz at 16 kHz: 3 and 6 kHz sound; 9 kHz would fold back to 7, 12 to 4."""
    tone = Features(
        torch.full((1, 500), 440.0), torch.full((1, 500), 0.9), torch.full((1, 500), -20.0), AudioConfig(RATE, HOP)
    )
    harmonic = transfer(model, tone, semitones=12 * math.log2(3000 / 440)).harmonic[0, 4000:-4000]
    spectrum = torch.fft.rfft(harmonic * torch.hann_window(len(harmonic))).abs()
    hz = torch.linspace(0, RATE / 2, len(spectrum))
    wanted = ((hz - 3000).abs() < 50) | ((hz - 6000).abs() < 50)
    assert 20 * math.log10(float(spectrum[~wanted].max() / spectrum[wanted].max())) < -60


def test_the_same_generator_gives_the_same_noise(model):
    song = sung(57)
    takes = [transfer(model, song, generator=torch.Generator().manual_seed(seed)).wet for seed in (1, 1, 2)]
    assert torch.equal(takes[0], takes[1]) and not torch.equal(takes[0], takes[2])


def test_silencing_rests_touches_loudness_only():
    config = AudioConfig(RATE, HOP)
    model = Autoencoder(ModelConfig(hidden_size=8, room_seconds=0.0), statistics())
    controls = model.decode(Features(torch.full((1, 100), 440.0), torch.ones(1, 100), torch.zeros(1, 100), config))
    mask = torch.zeros(1, 100, dtype=torch.bool)
    mask[:, 30:60] = True
    silenced = silence_rests(controls, mask)
    assert torch.equal(silenced.amplitude[mask], controls.amplitude[mask])
    assert torch.equal(silenced.harmonic_distribution, controls.harmonic_distribution)
    assert silenced.amplitude[:, 70:].abs().max() < 1e-6 and silenced.noise_magnitudes[:, 70:].abs().max() < 1e-6


# Rooms


def test_another_room_stands_behind_the_same_playing():
    dry = torch.zeros(1, 640)
    dry[0, 10] = 1.0
    stems = Stems(dry, torch.zeros_like(dry), dry, 0.3 * torch.ones_like(dry))
    room = torch.tensor([0.7, 0.0, 0.5, -0.25])  # its own direct tap counts for nothing
    wet = swap_room(stems, room).wet
    assert wet[0, 10:14].tolist() == pytest.approx([1.0, 0.0, 0.5, -0.25], abs=1e-6)
    assert wet.abs().sum() == pytest.approx(1.75, abs=1e-4), "nothing is left of the old room"
    assert torch.equal(swap_room(stems, None).wet, dry)
    assert torch.equal(swap_room(stems, room).dry, dry)


def test_transfer_plays_in_the_room_it_is_given(model):
    room = torch.cat([torch.ones(1), 0.05 * torch.randn(4000, generator=torch.Generator().manual_seed(0))])
    song = sung(57)
    own, other = (
        transfer(model, song, room=place, generator=torch.Generator().manual_seed(0)) for place in (None, room)
    )
    assert torch.equal(own.dry, other.dry)
    assert torch.equal(other.wet, swap_room(own, room).wet)
    assert not torch.allclose(own.wet, other.wet, atol=1e-3)


def test_a_room_that_is_none_is_refused():
    dry = torch.zeros(1, 64)
    for room in (torch.zeros(2, 10), torch.tensor([1.0, float("nan")]), torch.zeros(0)):
        with pytest.raises(CourseError, match="impulse response"):
            swap_room(Stems(dry, dry, dry, dry), room)


# From a file


def certain_of(f0_hz):
    """A tracker that hears one pitch wherever there is sound."""

    def tracker(audio):
        frames = audio.shape[-1] // 160 + 1
        blocks = torch.nn.functional.pad(audio, (0, frames * 160 - audio.shape[-1])).reshape(1, frames, 160)
        return torch.full((1, frames), f0_hz), torch.where(blocks.abs().amax(-1) > 0.01, 0.95, 0.05)

    return tracker


def test_a_stereo_file_at_44_kHz_comes_out_played_and_as_long(model, tmp_path, monkeypatch):
    monkeypatch.setenv("DDSP_COURSE_CACHE", str(tmp_path / "cache"))
    time = np.arange(2 * 44_100) / 44_100
    tone = 0.3 * np.sin(2 * np.pi * 220 * time) * (np.abs(time - 1) < 0.5)
    soundfile.write(tmp_path / "song.wav", np.stack([tone, tone], axis=1), 44_100)
    stems = transfer(model, tmp_path / "song.wav", tracker=certain_of(220.0))
    assert stems.wet.shape == (1, 2 * RATE)
    middle, rest = stems.dry[0, RATE // 2 + 800 : 3 * RATE // 2 - 800], stems.dry[0, : RATE // 4]
    spectrum = torch.fft.rfft(middle * torch.hann_window(len(middle))).abs()
    loudest_hz = float(spectrum.argmax()) * RATE / len(middle)
    assert loudest_hz == pytest.approx(440, abs=2), "A3 goes up an octave"
    assert level_db(rest) < level_db(middle) - 40


# Bad input, each one sentence


def refusal(*arguments, **switches):
    with pytest.raises(CourseError) as caught:
        adapt_features(*arguments, **switches)
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message
    return message


def test_silence_and_noise_have_no_melody_and_the_message_names_the_file():
    song = sung(57, 59)
    silence = Features(song.f0_hz, song.confidence, torch.full_like(song.f0_hz, -80.0))
    noise = Features(song.f0_hz, torch.full_like(song.f0_hz, 0.3), song.loudness_db)
    for source in (silence, noise):
        assert "No steady pitch was found in rain.wav" in refusal(source, statistics(), name="rain.wav")


def test_less_than_a_note_is_too_short(model):
    short = Features(*(torch.full((1, 10), value) for value in (440.0, 0.9, -20.0)))
    assert "0.040 s: too short" in refusal(short, statistics())
    with pytest.raises(CourseError, match="hum.wav lasts 0.040 s: too short"):
        transfer(model, Recording(torch.ones(1, 640), AudioConfig(RATE, HOP), "hum.wav"))


@pytest.mark.parametrize(
    ("switch", "values"),
    [
        ("semitones", [float("nan"), float("inf"), 61, True, "3"]),
        ("gain_db", [float("nan"), -61, None]),
        ("autotune", [float("nan"), -0.1, 1.1]),
        ("octave_shift", [1.5, True, "up", 9]),
    ],
)
def test_switches_that_make_no_sense_are_named(switch, values):
    for value in values:
        message = refusal(sung(57), statistics(), **{switch: value})
        assert message.startswith(switch) and repr(value) in message


@pytest.mark.parametrize(
    ("switches", "as_python_has_them"),
    [
        ({"octave_shift": np.int64(-1)}, {"octave_shift": -1}),
        ({"semitones": np.float32(3), "octave_shift": np.int64(1)}, {"semitones": 3.0, "octave_shift": 1}),
        ({"semitones": np.int64(-1)}, {"semitones": -1}),
        ({"gain_db": np.float32(3), "autotune": np.float64(0.5)}, {"gain_db": 3.0, "autotune": 0.5}),
    ],
)
def test_numbers_of_numpy_are_numbers(switches, as_python_has_them):
    found, expected = (adapt_features(sung(57), statistics(), **each)[0] for each in (switches, as_python_has_them))
    assert torch.equal(found.f0_hz, expected.f0_hz)
    assert torch.equal(found.loudness_db, expected.loudness_db)
    assert "semitones must be" in refusal(sung(57), statistics(), semitones=np.True_)


def test_a_shift_beyond_nyquist_says_where_it_would_lie():
    assert "8000 Hz" in refusal(sung(69), statistics(), semitones=60)


def test_features_that_no_sound_has_are_refused():
    song = sung(57)
    for curve, bad in [("f0_hz", 0.0), ("f0_hz", float("nan")), ("loudness_db", float("-inf"))]:
        values = {name: getattr(song, name).clone() for name in ("f0_hz", "confidence", "loudness_db")}
        values[curve][0, 7] = bad
        assert curve in refusal(Features(**values), statistics())


def test_a_mask_of_another_shape_or_kind_is_refused():
    song = sung(57)
    assert "note mask" in refusal(song, statistics(), mask=torch.ones(1, 5, dtype=torch.bool))
    assert "note mask" in refusal(song, statistics(), mask=torch.ones_like(song.f0_hz))


def test_a_recording_on_another_grid_and_an_untrained_model_are_refused(model):
    with pytest.raises(CourseError, match="voice is at 48000 Hz"):
        transfer(model, Recording(torch.ones(1, 19_200), AudioConfig(48_000, 192), "voice"))
    with pytest.raises(CourseError, match="needed here, not ndarray: read a file"):
        transfer(model, np.zeros(16_000))
    with pytest.raises(CourseError, match="never trained"):
        transfer(Autoencoder(ModelConfig(hidden_size=8, room_seconds=0.0)), sung(57))
    with pytest.raises(CourseError, match="no file"):
        transfer(model, "nowhere/voice.m4a")


# Saving


def stems_with_peak(peak):
    generator = torch.Generator().manual_seed(0)
    harmonic, noise = (torch.rand(1, 6400, generator=generator) - 0.5 for _ in range(2))
    dry = harmonic + noise
    scale = peak / float(dry.abs().max())
    return Stems(scale * harmonic, scale * noise, scale * dry, 0.5 * scale * dry)


def test_stems_that_are_too_loud_share_one_gain_and_still_add_up(tmp_path):
    stems = stems_with_peak(2.0)
    saved = save_stems(stems, tmp_path / "out.wav", apart=True)
    assert [path.name for path in saved.paths] == ["out.wav", "out_dry.wav", "out_harmonic.wav", "out_noise.wav"]
    assert saved.gain_db == pytest.approx(-6.03, abs=0.01)
    wet, dry, harmonic, noise = (soundfile.read(path)[0] for path in saved.paths)
    assert np.abs(dry).max() == pytest.approx(0.999, abs=1e-3)
    assert np.allclose(harmonic + noise, dry, atol=1e-6)
    assert np.allclose(wet, 10 ** (saved.gain_db / 20) * stems.wet[0].numpy(), atol=1e-6)


def test_what_fits_is_not_touched_and_the_dry_peak_does_not_matter_if_it_is_not_written(tmp_path):
    stems = stems_with_peak(1.5)
    saved = save_stems(stems, tmp_path / "out.wav")
    assert saved.paths == (tmp_path / "out.wav",) and saved.gain_db == 0.0
    assert np.allclose(soundfile.read(tmp_path / "out.wav")[0], stems.wet[0].numpy(), atol=1e-6)
    with wave.open(str(tmp_path / "out.wav")) as file:
        assert (file.getframerate(), file.getnchannels()) == (RATE, 1)


def test_a_folder_that_is_a_file_cannot_be_written(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(CourseError, match="taken"):
        save_stems(stems_with_peak(0.5), tmp_path / "taken" / "out.wav")


def test_what_still_has_a_gradient_is_saved_without_a_warning(model, tmp_path, recwarn):
    stems = model(sung(69))
    assert stems.wet.requires_grad
    save_stems(stems, tmp_path / "out.wav", apart=True)
    assert not recwarn.list


def test_a_model_in_training_plays_as_it_will_when_trained_and_goes_on_training(model):
    def played():
        return transfer(model, sung(69), mask_rests=False, generator=torch.Generator().manual_seed(1)).wet

    expected = played()
    model.train()
    try:
        assert torch.equal(played(), expected)
        assert model.training and model.decoder.training
    finally:
        model.eval()
