"""An ear that learns: a discriminator that looks at spectrograms of several window sizes and says real or played."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ddsp_course import dsp

FFT_SIZES = (2048, 512, 128)


class SpectrogramDiscriminator(nn.Module):
    """One window size: five convolutions over the spectrogram in dB, and a score for every patch of it.

    audio [batch, samples] -> scores [batch, patches in time, patches in frequency], above 0 where it sounds real.
    Beside the levels it is shown compressed magnitudes and where on the frequency axis each bin lies: a convolution
    alone does not know. Raises ValueError for an fft_size below 32.   Lesson 18.   Jang et al. 2021 (UnivNet),
    arXiv:2106.07889; Isola et al. 2017 (patches), arXiv:1611.07004
    """

    def __init__(self, fft_size: int, channels: int = 16) -> None:
        super().__init__()
        if fft_size < 32:
            raise ValueError(f"A spectrogram to listen to needs windows of at least 32 samples, not {fft_size}.")
        self.fft_size = fft_size
        layers: list[nn.Module] = [nn.Conv2d(3, channels, (3, 9), stride=(1, 2), padding=(1, 4)), nn.LeakyReLU(0.2)]
        for kernel, stride in (((5, 9), (2, 2)), ((5, 5), (2, 2)), ((3, 5), (1, 2))):
            padding = (kernel[0] // 2, kernel[1] // 2)
            layers += [nn.Conv2d(channels, channels, kernel, stride, padding), nn.GroupNorm(4, channels)]
            layers += [nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels, 1, 3, padding=1))

    def forward(self, audio: Tensor) -> Tensor:
        power = dsp.stft_power(audio, self.fft_size).clamp_min(1e-10)
        level = dsp.power_to_db(power) / 20 + 2
        place = torch.linspace(-1, 1, level.shape[-1], device=audio.device, dtype=audio.dtype).expand_as(level)
        return self.layers(torch.stack([level, 2 * power**0.15, place], dim=1))[:, 0]


class MultiResolutionDiscriminator(nn.Module):
    """Several of them, a window size each: long windows hear pitch and what lies between the partials, short ones time.

    audio [batch, samples] -> a list of scores, one tensor for each of fft_sizes.   Lesson 18.   Jang et al. 2021,
    arXiv:2106.07889
    """

    def __init__(self, fft_sizes: Sequence[int] = FFT_SIZES, channels: int = 16) -> None:
        super().__init__()
        self.ears = nn.ModuleList(SpectrogramDiscriminator(size, channels) for size in fft_sizes)

    def forward(self, audio: Tensor) -> list[Tensor]:
        return [ear(audio) for ear in self.ears]


def discriminator_loss(real: Sequence[Tensor], played: Sequence[Tensor]) -> Tensor:
    """What the discriminator learns from, the hinge: real above 1, played below -1, and beyond that nothing to gain.

    Scores of any shapes, one tensor for each window size -> their mean loss, a scalar: 2 for whoever says 0 to all.
    Lesson 18.   Lim and Ye 2017, arXiv:1705.02894
    """
    return torch.stack([F.relu(1 - r).mean() + F.relu(1 + p).mean() for r, p in zip(real, played, strict=True)]).mean()


def generator_loss(played: Sequence[Tensor]) -> Tensor:
    """What the player learns from: to be called real. Scores, a tensor for each window size -> scalar.   Lesson 18."""
    return -torch.stack([scores.mean() for scores in played]).mean()


def area_under_curve(real: Tensor, played: Tensor) -> float:
    """The chance that a real sound has a higher score than a played one; ties count half.

    real [n], played [m]: a score for each sound -> 0.5 if nothing can be told, 1 if everything. It asks for no
    threshold. Raises ValueError if either is empty.   Lesson 18.   Hanley and McNeil 1982
    """
    if real.numel() == 0 or played.numel() == 0:
        raise ValueError("The area under the curve needs at least one real and one played sound.")
    difference = real.flatten()[:, None] - played.flatten()
    return float(((difference > 0).double() + 0.5 * (difference == 0).double()).mean())


def mean_scores(scores: Sequence[Tensor]) -> Tensor:
    """One score for each sound: the mean over its patches and over the window sizes, [batch].   Lesson 18."""
    return torch.stack([each.flatten(1).mean(1) for each in scores]).mean(0)
