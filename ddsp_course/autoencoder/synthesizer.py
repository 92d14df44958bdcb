"""The instrument itself: controls in, sound out, in stems that can be heard apart."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ddsp_course import dsp
from ddsp_course.autoencoder.decoder import Controls
from ddsp_course.data import AudioConfig
from ddsp_course.data.types import moved


@dataclass(frozen=True)
class Stems:
    """One sound in its parts: harmonic + noise = dry, and dry in the room = wet.

    harmonic, noise, dry, wet: each [batch, samples].   Lesson 10.
    """

    harmonic: Tensor
    noise: Tensor
    dry: Tensor
    wet: Tensor
    config: AudioConfig = AudioConfig()

    def to(self, device: torch.device | str) -> Stems:
        return moved(self, device)


def synthesize(
    controls: Controls,
    impulse_response: Tensor | None = None,
    *,
    generator: torch.Generator | None = None,
    noise: Tensor | None = None,
) -> Stems:
    """Play controls: harmonics plus filtered noise, then the room.

    impulse_response [taps] (its first tap is never used: the dry sound comes through exactly), or None for no room;
    generator or noise [batch, samples] decide the noise.   Lesson 10.   Engel et al. 2020, section 3.
    """
    grid = {"hop_size": controls.config.hop_size, "sample_rate": controls.config.sample_rate}
    harmonic = dsp.harmonic_synthesis(controls.f0_hz, controls.harmonic_amplitudes, **grid)
    filtered = dsp.filtered_noise(
        controls.noise_magnitudes, hop_size=controls.config.hop_size, generator=generator, noise=noise
    )
    dry = harmonic + filtered
    wet = dry if impulse_response is None else dsp.reverberate(dry, impulse_response)
    return Stems(harmonic, filtered, dry, wet, controls.config)
