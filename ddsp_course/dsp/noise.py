"""Noise with a colour that moves: breath, bow and hiss."""

from __future__ import annotations

import torch
from torch import Tensor

from ddsp_course.dsp.filters import time_varying_fir


def white_noise(
    batch: int,
    samples: int,
    *,
    generator: torch.Generator | None = None,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> Tensor:
    """Numbers that know nothing of each other, even between -1 and 1: all frequencies, equally strong.

    -> [batch, samples], RMS 1 / sqrt(3) (-4.8 dB). Drawn from the generator (on its own device, then moved), so a
    seed gives the same noise everywhere.   Lesson 4.
    """
    home = generator.device if generator is not None else device
    return torch.rand(batch, samples, generator=generator, dtype=dtype, device=home).to(device) * 2.0 - 1.0


def filtered_noise(
    noise_magnitudes: Tensor,
    *,
    hop_size: int,
    generator: torch.Generator | None = None,
    noise: Tensor | None = None,
    window_size: int | None = None,
    method: str = "hann",
) -> Tensor:
    """White noise through a filter that moves: what a bow, a breath or a reed adds between the harmonics.

    noise_magnitudes [batch, frames, bands], linear gains from 0 Hz to half the sample rate, frame i holding at sample
    i * hop_size -> [batch, frames * hop_size]. The noise is uniform between -1 and 1, drawn from `generator`, or given
    as `noise` [batch, samples]. window_size and method as in `time_varying_fir`.
    Raises ValueError if the given noise has another shape.
    Lesson 4.   Engel et al. 2020, section 3.5, arXiv:2001.04643
    """
    batch, frames = noise_magnitudes.shape[:2]
    if noise is None:
        noise = white_noise(
            batch,
            frames * hop_size,
            generator=generator,
            dtype=torch.promote_types(noise_magnitudes.dtype, torch.float32),
            device=noise_magnitudes.device,
        )
    elif noise.shape != (batch, frames * hop_size):
        raise ValueError(
            f"noise must be [batch, frames * hop_size] = {(batch, frames * hop_size)}, not {tuple(noise.shape)}."
        )
    return time_varying_fir(noise, noise_magnitudes, window_size=window_size, method=method)
