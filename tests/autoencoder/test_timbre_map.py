"""Probes and map axes, against problems whose answers are known; and a z that is given instead of heard."""

from __future__ import annotations

import math

import pytest
import torch

from ddsp_course import autoencoder, data
from ddsp_course.autoencoder import explained_variance, principal_axes, ridge

FRAMES = 100


@pytest.fixture
def points() -> torch.Tensor:
    return torch.randn(200, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_a_probe_finds_the_rule_that_made_the_targets(points):
    rule = torch.tensor([[1.0, 0.0], [-2.0, 3.0], [0.5, 0.0]], dtype=torch.float64)
    weights = ridge(points, points @ rule + torch.tensor([4.0, -1.0]), strength=0)
    assert torch.allclose(weights[:-1], rule) and torch.allclose(weights[-1], torch.tensor([4.0, -1.0]).double())


def test_a_strong_pull_leaves_the_mean_alone(points):
    targets = points[:, :1] + 7
    weights = ridge(points, targets, strength=1e9)
    assert float(weights[:-1].abs().max()) < 1e-8 and float(weights[-1]) == pytest.approx(float(targets.mean()))


def test_the_pull_of_one_input_is_its_closed_form():
    x = torch.tensor([[-1.0], [1.0]], dtype=torch.float64)
    assert float(ridge(x, 2 * x, strength=1.0)[0]) == pytest.approx(1.0)  # 2 * 1 / (1 + 1)


def test_the_mean_explains_nothing_and_the_truth_everything():
    truth = torch.tensor([1.0, 2.0, 6.0])
    assert float(explained_variance(truth, truth)) == 1
    assert float(explained_variance(torch.full((3,), 3.0), truth)) == 0
    assert float(explained_variance(torch.zeros(3), truth)) == pytest.approx(1 - 41 / 14)


def test_the_first_axis_is_the_long_one_wherever_the_cloud_lies(points):
    angle = 0.4
    long = torch.tensor([math.cos(angle), math.sin(angle), 0.0], dtype=torch.float64)
    cloud = points * 0.1 + 5 * points[:, :1] * long + torch.tensor([100.0, -50.0, 3.0])
    axes = principal_axes(cloud, 2)
    assert torch.allclose(axes[0], long, atol=0.01)
    assert torch.allclose(axes @ axes.T, torch.eye(2, dtype=torch.float64), atol=1e-9)
    assert torch.allclose(principal_axes(-cloud, 2), axes, atol=1e-9), "the sign is not left to chance"


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: ridge(torch.zeros(3, 2), torch.zeros(4, 1)), "as many examples"),
        (lambda: ridge(torch.zeros(3, 2), torch.zeros(3, 1), strength=-1.0), "0 or more"),
        (lambda: explained_variance(torch.zeros(3), torch.zeros(4)), "one shape"),
        (lambda: explained_variance(torch.zeros(3), torch.ones(3)), "nothing to explain"),
        (lambda: principal_axes(torch.zeros(5, 2), 3), "no 3 axes"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(call, said):
    with pytest.raises(data.CourseError, match=said):
        call()


# --- a z that is given ------------------------------------------------------------------------------------------------


@pytest.fixture
def model() -> autoencoder.Autoencoder:
    torch.manual_seed(0)
    config = autoencoder.ModelConfig(hidden_size=16, latent_size=3, room_seconds=0.0, n_harmonics=8, n_bands=9)
    return autoencoder.Autoencoder(config).eval()


@pytest.fixture
def features() -> data.Features:
    curve = torch.ones(2, FRAMES)
    return data.Features(220 * curve, curve, -20 * curve)


@torch.no_grad()
def test_a_given_z_takes_the_place_of_the_one_that_is_heard(model, features):
    model.train()  # no rest before it, so that the encoder hears the sound alone
    audio = torch.randn(2, FRAMES * 64, generator=torch.Generator().manual_seed(1))
    heard, given = model.decode(features, audio), model.decode(features, latent=model.encoder(audio))
    assert torch.equal(heard.harmonic_distribution, given.harmonic_distribution)


@torch.no_grad()
def test_one_z_holds_for_all_frames_and_all_of_the_batch(model, features):
    z = torch.tensor([0.3, -2.0, 1.0])
    held = model.decode(features, latent=z[None, None])
    spread = model.decode(features, latent=z.expand(2, FRAMES, 3))
    other = model.decode(features, latent=-z[None, None])
    assert held.amplitude.shape == (2, FRAMES)
    assert torch.equal(held.noise_magnitudes, spread.noise_magnitudes)
    assert not torch.allclose(held.noise_magnitudes, other.noise_magnitudes)


@pytest.mark.parametrize(
    "shape, said",
    [((3,), "batch or 1"), ((2, 50, 3), "batch or 1"), ((3, 1, 3), "batch or 1"), ((1, 1, 4), "has 3 num")],
)
def test_a_z_that_does_not_fit_is_a_sentence(model, features, shape, said):
    with pytest.raises(data.CourseError, match=said):
        model.decode(features, latent=torch.zeros(shape))


def test_a_model_without_a_z_takes_none(features):
    plain = autoencoder.Autoencoder(autoencoder.ModelConfig(hidden_size=16, room_seconds=0.0))
    with pytest.raises(data.CourseError, match="no latent z"):
        plain.decode(features, latent=torch.zeros(1, 1, 3))


def test_a_melody_without_sound_is_transferred_to_a_place_on_the_map(model):
    seconds = torch.arange(2 * FRAMES)[None] / 250
    f0_hz = torch.where(seconds < 0.4, 220.0, 330.0)
    features = data.Features(f0_hz, torch.ones_like(f0_hz), -15 + 3 * torch.sin(9 * seconds))
    model.statistics = autoencoder.training_statistics([features])
    places = [torch.tensor([[[1.0, 0.0, 0.0]]]), torch.tensor([[[-1.0, 0.0, 0.0]]])]
    one, other = (autoencoder.transfer(model, features, latent=place, mask_rests=False).harmonic for place in places)
    assert one.shape == (1, 2 * FRAMES * 64) and not torch.allclose(one, other)
