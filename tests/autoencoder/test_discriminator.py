"""The ear that learns: what it is rewarded for, and that it can be beaten only by what sounds the same."""

import statistics

import pytest
import torch

from ddsp_course import autoencoder, dsp
from ddsp_course.autoencoder.discriminator import SpectrogramDiscriminator


def test_a_score_for_every_patch_and_a_tensor_for_every_window_size():
    ears = autoencoder.MultiResolutionDiscriminator((512, 128), channels=8)
    long, short = ears(0.1 * torch.randn(2, 8000, generator=torch.Generator().manual_seed(0)))
    assert long.shape == (2, 16, 17)  # 63 frames, halved twice; 257 bins, halved four times
    assert short.shape == (2, 63, 5)
    assert autoencoder.mean_scores([long, short]).shape == (2,)


def test_what_one_sound_scores_does_not_depend_on_its_batch():
    torch.manual_seed(0)
    ear = SpectrogramDiscriminator(256, channels=8)
    sounds = 0.1 * torch.randn(3, 4000, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(ear(sounds)[1:2], ear(sounds[1:2]), rtol=1e-4, atol=1e-5)


def test_silence_has_a_score_and_a_gradient():
    silence = torch.zeros(1, 4000, requires_grad=True)
    autoencoder.generator_loss(autoencoder.MultiResolutionDiscriminator((512, 64), channels=4)(silence)).backward()
    assert bool(silence.grad.isfinite().all())


def test_windows_too_short_for_a_spectrogram_are_refused():
    with pytest.raises(ValueError, match="at least 32 samples, not 16"):
        SpectrogramDiscriminator(16)


def test_the_hinge_asks_for_a_margin_of_one_and_no_more():
    scores = lambda *values: [torch.tensor(each) for each in values]  # noqa: E731
    loss = autoencoder.discriminator_loss
    assert float(loss(scores([0.0]), scores([0.0]))) == 2.0
    assert float(loss(scores([1.0, 5.0]), scores([-1.0, -9.0]))) == 0.0
    assert float(loss(scores([0.5]), scores([-0.75]))) == 0.75
    assert float(loss(scores([0.5], [2.0]), scores([-0.75], [0.0]))) == pytest.approx((0.75 + 1.0) / 2)
    assert float(autoencoder.generator_loss(scores([1.0, 3.0], [-4.0]))) == 1.0


@pytest.mark.parametrize(
    ("real", "played", "expected"),
    [
        ([1.0, 2.0], [0.0, -1.0], 1.0),
        ([0.0, -1.0], [1.0, 2.0], 0.0),
        ([1.0, 3.0], [2.0], 0.5),
        ([1.0, 1.0], [1.0, 1.0, 1.0], 0.5),
        ([1.0, 2.0, 3.0], [0.0, 2.0], 4.5 / 6),
    ],
)
def test_the_area_counts_the_pairs_in_the_right_order(real, played, expected):
    assert autoencoder.area_under_curve(torch.tensor(real), torch.tensor(played)) == pytest.approx(expected)


def test_the_area_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one real and one played"):
        autoencoder.area_under_curve(torch.tensor([]), torch.tensor([1.0]))


def trained_to_tell(gain: float) -> float:
    """How well an ear that was trained for a while tells noise from noise at some gain, on draws that are new to it.

    The median of three moments: between two steps an ear may lose for a moment what it knows, and find it again.
    """
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    ears = autoencoder.MultiResolutionDiscriminator((256,), channels=8)
    optimizer = torch.optim.Adam(ears.parameters(), lr=2e-3, betas=(0.5, 0.9))
    areas = []

    def pair(count: int):
        noise = dsp.white_noise(2 * count, 2000, generator=generator)
        return 0.3 * noise[:count], 0.3 * gain * noise[count:]

    for step in range(1, 81):
        real, played = pair(8)
        optimizer.zero_grad()
        autoencoder.discriminator_loss(ears(real), ears(played)).backward()
        optimizer.step()
        if step in (60, 70, 80):
            with torch.no_grad():
                areas.append(autoencoder.area_under_curve(*(autoencoder.mean_scores(ears(each)) for each in pair(64))))
    return statistics.median(areas)


def test_it_learns_to_hear_six_decibels_of_noise_and_not_what_is_not_there():
    assert trained_to_tell(10 ** (-6 / 20)) > 0.95
    assert 0.35 < trained_to_tell(1.0) < 0.65
