"""The optional residual encoder: what pitch and loudness do not say, in a few numbers a frame."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from ddsp_course import dsp
from ddsp_course.autoencoder.gru import QuickGRU
from ddsp_course.autoencoder.settings import ModelConfig


class LatentEncoder(nn.Module):
    """Sound to a latent z: MFCC, each coefficient normalised over the take, a GRU, and a linear layer.

    audio [batch, samples] -> z [batch, frames, latent_size].   Lesson 10.   Engel et al. 2020, appendix B.1.
    """

    n_coefficients = 30

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.normalise = nn.InstanceNorm1d(self.n_coefficients, affine=True)
        self.gru = QuickGRU(self.n_coefficients, config.hidden_size)
        self.output = nn.Linear(config.hidden_size, config.latent_size)

    def forward(self, audio: Tensor) -> Tensor:
        frames = audio.shape[-1] // self.config.hop_size
        coefficients = dsp.mfcc(
            audio,
            sample_rate=self.config.sample_rate,
            n_coefficients=self.n_coefficients,
            fft_size=self.config.audio.scaled(1024),
            hz_max=min(8000.0, self.config.sample_rate / 2),
        )
        normalised = self.normalise(coefficients.transpose(1, 2)).transpose(1, 2)
        remembered, _ = self.gru(normalised)
        latent = self.output(remembered).transpose(1, 2)
        return F.interpolate(latent, size=frames, mode="linear", align_corners=True).transpose(1, 2)
