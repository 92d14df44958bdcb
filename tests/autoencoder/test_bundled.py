"""The instrument that comes with the course: it plays, its figures are true, and it is small enough to be cloned."""

import json
from importlib.resources import files

import pytest
import torch

from ddsp_course import autoencoder, data, dsp, instruments

ASSETS = files("ddsp_course") / "assets"


@pytest.fixture(scope="module")
def judged():
    """Half a minute that it was neither trained nor judged on before: another seed, with a re-take as its yardstick."""
    takes, retakes = (
        instruments.bowed_string(0.5, seed=77, noise_seed=noise, progress=False) for noise in (None, 1_000_003)
    )
    return autoencoder.evaluate(
        autoencoder.bundled(), takes, retakes=list(retakes), track_pitch=False, baselines=False, progress=False
    )


def test_it_is_the_tiny_preset_and_knows_what_it_has_heard():
    model = autoencoder.bundled()
    assert sum(parameter.numel() for parameter in model.decoder.parameters()) == 250_146
    low, high = model.statistics.pitch_range_midi
    assert 52 < low < 62
    assert 84 < high < 93


def test_it_goes_most_of_the_way_on_phrases_it_has_never_heard(judged):
    assert judged.estimate("model", "share").value > 70
    assert judged.estimate("model", "loudness").value < 2
    assert judged.estimate("model", "timbre").value < 5


def test_its_figures_were_made_by_its_script_and_reach_the_goals():
    figures = json.loads((ASSETS / "bowed_string.json").read_text(encoding="utf-8"))
    assert figures["made by"] == "tools/train_assets.py"
    assert figures["steps"] >= 1000
    assert len(figures["goals"]) == 3
    assert all(goal["reached"] for goal in figures["goals"].values())


def test_without_fourier_features_there_is_one_too_and_it_has_more_left_to_learn():
    plain = autoencoder.bundled("bowed_string_plain")
    assert (plain.config.fourier_features, autoencoder.bundled().config.fourier_features) == (0, 4)
    figures = json.loads((ASSETS / "bowed_string_plain.json").read_text(encoding="utf-8"))
    with_them = json.loads((ASSETS / "bowed_string.json").read_text(encoding="utf-8"))
    assert figures["made by"] == "tools/train_assets.py plain" and figures["steps"] == with_them["steps"]
    share, share_with_them = (each["estimates"]["model"]["share"]["value"] for each in (figures, with_them))
    assert 70 < share < share_with_them - 3
    with pytest.raises(data.CourseError, match="No model called 'trumpet' .* only bowed_string and bowed_string_plain"):
        autoencoder.bundled("trumpet")


def test_what_full_plays_is_the_take_of_lesson_14():
    """Its weights are too many to bring along; its sound is as long as the lesson's take, and close to it."""
    take = instruments.bowed_string(minutes=0.4, seed=5, progress=False)[0]
    wet, dry = (data.load_recording(ASSETS / f"bowed_string_full_{part}.flac").audio for part in ("wet", "dry"))
    assert wet.shape == dry.shape == (1, 1750 * 64)
    loss = dsp.SpectralLoss()
    recording = take.audio[:, : wet.shape[1]]
    assert loss(wet, recording) < 5.5 < loss(dry, recording)
    figures = json.loads((ASSETS / "bowed_string_full.json").read_text(encoding="utf-8"))
    assert figures["made by"] == "tools/train_assets.py full"
    assert figures["estimates"]["model"]["share"]["value"] > 70


def test_what_comes_along_weighs_less_than_four_megabytes():
    sizes = [len(file.read_bytes()) for file in ASSETS.iterdir() if file.is_file()]
    assert sum(sizes) < 4_000_000


def test_below_its_range_it_still_sounds():
    frames = 250
    f0 = torch.full((1, frames), 110.0)
    features = data.Features(f0, torch.ones(1, frames), torch.full((1, frames), -15.0))
    with torch.no_grad():
        stems = autoencoder.bundled()(features)
    level_db = 10 * float(stems.dry[:, 8000:].square().mean().log10())
    assert -60 < level_db < 0


def test_a_sound_that_begins_at_once_is_a_tone_from_the_start():
    """No rest before it, and no half second of noise until the network has found its feet."""
    frames = 250
    f0 = torch.full((1, frames), 440.0)
    features = data.Features(f0, torch.ones(1, frames), torch.full((1, frames), -10.0))
    with torch.no_grad():
        harmonic = autoencoder.bundled()(features).harmonic[0]
    start, later = (10 * float(part.square().mean().log10()) for part in (harmonic[800:3200], harmonic[12_800:]))
    assert start == pytest.approx(later, abs=6)
