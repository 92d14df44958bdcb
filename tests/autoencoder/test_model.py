"""The autoencoder's shape: its size, its stems, and what it says to features that do not fit."""

from dataclasses import replace

import pytest
import torch

from ddsp_course import dsp
from ddsp_course.autoencoder import Autoencoder, Controls, Decoder, ModelConfig, settings, synthesize
from ddsp_course.autoencoder.decoder import fourier_features, inverse_exp_sigmoid
from ddsp_course.autoencoder.model import sounding_frames, training_statistics
from ddsp_course.data import AudioConfig, CourseError, Features


def features(batch: int = 2, frames: int = 100, config: AudioConfig = AudioConfig()) -> Features:
    generator = torch.Generator().manual_seed(3)
    midi = 60 + 12 * torch.rand(batch, 1, generator=generator) + 0.3 * torch.sin(torch.arange(frames) / 7.0)
    loudness = -40 + 15 * torch.rand(batch, frames, generator=generator)
    return Features(dsp.midi_to_hz(midi), torch.ones(batch, frames), loudness, config)


def parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_tiny_has_the_papers_240_thousand_parameters_and_some_for_its_fourier_features():
    assert parameters(Decoder(settings("tiny", {"fourier_features": 0}).model)) == 242_674
    assert parameters(Decoder(settings("tiny").model)) == 242_674 + 8 * (3 * 256 + 166)


def test_full_has_4_8_million_parameters():
    assert parameters(Decoder(settings("full").model)) == 4_821_670


def test_the_room_has_three_seconds_of_taps_at_every_rate():
    for rate, hop in ((16_000, 64), (44_100, 176)):
        model = Autoencoder(settings("tiny", audio=AudioConfig(rate, hop)).model)
        assert model.room().shape == (3 * rate,)
        assert model.room()[0] == 1


@pytest.mark.parametrize("preset", ["tiny", "full"])
@pytest.mark.parametrize("config", [AudioConfig(), AudioConfig(44_100, 176)])
def test_the_stems_add_up_and_last_as_long_as_the_features(preset, config):
    model = Autoencoder(settings(preset, {"room_seconds": 0.5}, audio=config).model).eval()
    with torch.no_grad():
        stems = model(features(config=config), generator=torch.Generator().manual_seed(0))
    assert stems.wet.shape == (2, 100 * config.hop_size)
    torch.testing.assert_close(stems.harmonic + stems.noise, stems.dry)
    assert stems.wet.isfinite().all()


def test_fourier_features_are_sines_and_cosines_of_1_2_4_periods_an_octave():
    octaves = torch.linspace(-2, 2, 33, dtype=torch.float64)
    found = fourier_features(octaves, 3)
    for index, periods in enumerate((1, 2, 4)):
        torch.testing.assert_close(found[:, index], torch.sin(2 * torch.pi * periods * octaves))
        torch.testing.assert_close(found[:, 3 + index], torch.cos(2 * torch.pi * periods * octaves))
    assert fourier_features(octaves, 0).shape == (33, 0)


@pytest.mark.parametrize("architecture", ["tiny", "full"])
@pytest.mark.parametrize("latent_size", [0, 3])
def test_the_decoder_hears_its_fourier_features(architecture, latent_size):
    """Two pitches a hundredth of an octave apart: the gradient to the pitch says by how much more they differ."""
    latent = torch.zeros(2, 100, latent_size) if latent_size else None
    moved = []
    for n in (0, 6):
        torch.manual_seed(0)
        decoder = Decoder(ModelConfig(architecture, latent_size=latent_size, fourier_features=n, hidden_size=32))
        f0_hz = features().f0_hz.requires_grad_()
        decoder(replace(features(), f0_hz=f0_hz), latent).amplitude.log().sum().backward()
        moved.append(float(f0_hz.grad.square().mean().sqrt()))
    assert moved[1] > 3 * moved[0]


def test_untrained_it_plays_a_tone_and_hardly_any_noise():
    model = Autoencoder().eval()
    with torch.no_grad():
        stems = model(features())
    level = [float(stem.square().mean().log10() * 10) for stem in (stems.harmonic, stems.noise)]
    assert -40 < level[0] < -10
    assert level[1] < level[0] - 40


@pytest.mark.parametrize(
    ("curve", "value", "sentence"),
    [
        ("f0_hz", 0.0, "f0_hz of these features .* above 0 Hz"),
        ("f0_hz", float("nan"), "f0_hz of these features"),
        ("loudness_db", float("-inf"), "loudness_db of these features .* finite"),
    ],
)
def test_what_no_sound_has_is_not_played(curve, value, sentence):
    given = features()
    spoiled = getattr(given, curve).clone()
    spoiled[1, 50] = value
    with pytest.raises(CourseError, match=sentence):
        Autoencoder().eval()(replace(given, **{curve: spoiled}))
    with pytest.raises(CourseError, match="Features are needed here, not Tensor: data.extract_features"):
        Autoencoder().eval()(given.f0_hz)


def test_what_comes_next_does_not_change_what_was_played():
    """The GRU only looks back: half of the features give the first half of the controls."""
    model = Autoencoder().eval()
    whole = features(batch=1)
    half = Features(whole.f0_hz[:, :50], whole.confidence[:, :50], whole.loudness_db[:, :50])
    with torch.no_grad():
        torch.testing.assert_close(model.decode(half).amplitude, model.decode(whole).amplitude[:, :50])


def test_a_take_sounds_the_same_alone_and_in_a_batch():
    model = Autoencoder(ModelConfig(architecture="full", hidden_size=32)).eval()
    both = features(batch=2)
    alone = Features(both.f0_hz[:1], both.confidence[:1], both.loudness_db[:1])
    with torch.no_grad():
        torch.testing.assert_close(model.decode(alone).noise_magnitudes, model.decode(both).noise_magnitudes[:1])


def test_the_room_is_heard_after_the_sound_and_only_there():
    controls = Controls(
        torch.full((1, 100), 440.0), torch.zeros(1, 100), torch.ones(1, 100, 1), torch.full((1, 100, 5), 1e-4)
    )
    controls.amplitude[:, 10:20] = 0.5
    room = torch.zeros(3000)
    room[0], room[2000] = 1, 0.5
    stems = synthesize(controls, room, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(stems.wet[:, :2000], stems.dry[:, :2000])
    echo = stems.wet[:, 2000:] - stems.dry[:, 2000:]
    torch.testing.assert_close(echo, 0.5 * stems.dry[:, :-2000], atol=1e-5, rtol=1e-4)


def test_a_latent_model_listens_and_says_so_if_it_cannot():
    model = Autoencoder(ModelConfig(latent_size=16, hidden_size=32)).eval()
    some = features(batch=2)
    with pytest.raises(CourseError, match="give it the audio too"):
        model(some)
    loud, soft = torch.randn(2, 6400, generator=torch.Generator().manual_seed(0)).split(1)
    with torch.no_grad():
        latent = model.encoder(torch.cat([loud, soft]))
        stems = model(some, torch.cat([loud, soft]))
    assert latent.shape == (2, 100, 16)
    assert not torch.allclose(latent[0], latent[1])
    assert stems.wet.isfinite().all()


def test_features_of_another_rate_are_refused():
    with pytest.raises(CourseError, match="made for 44100 Hz with a hop of 176, but the model was trained at 16000 Hz"):
        Autoencoder().decode(features(config=AudioConfig(44_100, 176)))


def test_exp_sigmoid_and_its_inverse_meet():
    for value in (1e-5, 0.1, 1.0, 1.9):
        assert float(dsp.exp_sigmoid(torch.tensor(inverse_exp_sigmoid(value)))) == pytest.approx(value, rel=1e-3)
    with pytest.raises(ValueError, match="between"):
        inverse_exp_sigmoid(3.0)


def test_rests_and_unsure_frames_do_not_count_as_sounding():
    confidence = torch.tensor([[0.9, 0.9, 0.2, 0.9]])
    loudness = torch.tensor([[-20.0, -30.0, -20.0, -75.0]])
    mask = sounding_frames(Features(torch.full((1, 4), 440.0), confidence, loudness))
    assert mask.tolist() == [[True, True, False, False]]


def test_statistics_know_the_range_that_was_played():
    midi = torch.linspace(60, 72, 500)[None]
    loudness = torch.linspace(-40, -20, 500)[None]
    statistics = training_statistics([Features(dsp.midi_to_hz(midi), torch.ones(1, 500), loudness)])
    assert statistics.pitch_range_midi == pytest.approx((60.12, 71.88), abs=0.03)
    assert statistics.loudness_range_db == pytest.approx((-39.8, -20.2), abs=0.05)
    assert statistics.loudness_mean_db == pytest.approx(-30, abs=0.01)


def test_statistics_of_silence_are_refused():
    silent = Features(torch.full((1, 50), 440.0), torch.zeros(1, 50), torch.full((1, 50), -80.0))
    with pytest.raises(CourseError, match="nothing to learn"):
        training_statistics([silent])


@pytest.mark.parametrize("config", [AudioConfig(8_000, 32), AudioConfig(48_000, 192)])
def test_a_latent_model_listens_at_every_rate(config):
    shape = ModelConfig(
        sample_rate=config.sample_rate, hop_size=config.hop_size, latent_size=3, hidden_size=8, room_seconds=0.0
    )
    sound = torch.randn(2, 100 * config.hop_size, generator=torch.Generator().manual_seed(0))
    latent = Autoencoder(shape).eval().encoder(sound)
    assert latent.shape == (2, 100, 3) and torch.isfinite(latent).all()
