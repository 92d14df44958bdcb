"""Presets, JSON files and --set: what is understood, and what is refused in one sentence."""

import json

import pytest

from ddsp_course.autoencoder import ModelConfig, TrainingConfig, settings
from ddsp_course.data import AudioConfig, CourseError


def test_tiny_at_16_khz_has_100_harmonics_and_65_bands():
    model = settings("tiny").model
    assert (model.n_harmonics, model.n_bands, model.sample_rate, model.hop_size) == (100, 65, 16_000, 64)


def test_only_tiny_hears_fourier_features():
    assert (settings("tiny").model.fourier_features, settings("full").model.fourier_features) == (4, 0)


def test_harmonics_and_bands_grow_with_the_rate():
    model = settings("tiny", audio=AudioConfig(48_000, 192)).model
    assert (model.n_harmonics, model.n_bands, model.hop_size) == (300, 193, 192)


def test_a_rate_alone_takes_the_hop_of_250_frames_a_second():
    assert settings("tiny", {"sample_rate": 44_100}).model.hop_size == 176


def test_overrides_reach_both_halves():
    chosen = settings("full", {"n_bands": 33, "batch_size": 3})
    assert (chosen.model.architecture, chosen.model.n_bands, chosen.training.batch_size) == ("full", 33, 3)


def test_a_json_file_starts_from_its_preset(tmp_path):
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"preset": "full", "crop_seconds": 2}))
    chosen = settings(file, {"batch_size": 2})
    assert chosen.model.hidden_size == 512
    assert chosen.training.crop_seconds == 2.0
    assert chosen.training.batch_size == 2


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        ({"batch_sise": 4}, "no setting called 'batch_sise'. Did you mean batch_size"),
        ({"sample_rate": -16000}, "sample_rate must lie between"),
        ({"sample_rate": 16000.5}, "sample_rate must be a whole number"),
        ({"hop_size": 0}, "hop_size must lie between"),
        ({"batch_size": 0}, "batch_size must be greater than 0"),
        ({"batch_size": True}, "batch_size must be a whole number"),
        ({"learning_rate": float("nan")}, "learning_rate must be a finite number"),
        ({"learning_rate": "fast"}, "learning_rate must be a number"),
        ({"crop_seconds": 0.001}, "crop_seconds must be at least a frame, 0.004 s, not 0.001"),
        ({"fourier_features": 9}, "fourier_features must lie between 0"),
        ({"fourier_features": -1}, "fourier_features must lie between 0"),
        ({"architecture": "huge"}, 'must be "tiny" or "full"'),
        ({"room_seconds": -1.0}, "room_seconds"),
        ({"magnitude_weight": 0, "log_magnitude_weight": 0}, "nothing to learn from"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(overrides, sentence):
    with pytest.raises(CourseError, match=sentence):
        settings("tiny", overrides)


def test_a_rate_that_the_recordings_do_not_have_is_refused():
    with pytest.raises(CourseError, match="sample_rate is set to 48000, but the recordings have 16000"):
        settings("tiny", {"sample_rate": 48_000}, audio=AudioConfig())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[1]", "must hold one object"),
        ("{", "cannot be read as JSON"),
        ('{"preset": "big"}', "Unknown preset 'big'"),
        ('{"preset": ["tiny"]}', r"Unknown preset \['tiny'\]"),
    ],
)
def test_a_bad_preset_file_is_named(tmp_path, content, sentence):
    file = tmp_path / "bad.json"
    file.write_text(content)
    with pytest.raises(CourseError, match=sentence):
        settings(file)


def test_an_unknown_preset_names_the_known_ones(tmp_path):
    with pytest.raises(CourseError, match='choose "tiny" or "full"'):
        settings("huge")
    with pytest.raises(CourseError, match="no preset file"):
        settings(tmp_path / "absent.json")


def test_settings_survive_the_way_through_a_dictionary():
    chosen = settings("full", {"latent_size": 16, "context_seconds": 1})
    again = settings("tiny", chosen.to_dict())
    assert again == chosen
    assert isinstance(chosen.model, ModelConfig)
    assert isinstance(chosen.training, TrainingConfig)
