"""The network that plays: pitch and loudness in, the synthesizer's controls out, 250 times a second."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ddsp_course import dsp
from ddsp_course.autoencoder.gru import QuickGRU
from ddsp_course.autoencoder.settings import ModelConfig
from ddsp_course.data import AudioConfig, Features
from ddsp_course.data.types import moved


@dataclass(frozen=True)
class Controls:
    """What a synthesizer is told, frame by frame; every number has a meaning and can be edited by hand.

    f0_hz [batch, frames] in Hz; amplitude [batch, frames] of all harmonics together; harmonic_distribution [batch,
    frames, harmonics] (sums to 1 over those below Nyquist); noise_magnitudes [batch, frames, bands], gain of the
    noise from 0 Hz to Nyquist.   Lesson 10.   Engel et al. 2020, section 3.
    """

    f0_hz: Tensor
    amplitude: Tensor
    harmonic_distribution: Tensor
    noise_magnitudes: Tensor
    config: AudioConfig = AudioConfig()

    @property
    def harmonic_amplitudes(self) -> Tensor:
        """[batch, frames, harmonics]: amplitude shared out by the distribution."""
        return self.amplitude[..., None] * self.harmonic_distribution

    def to(self, device: torch.device | str) -> Controls:
        return moved(self, device)


def scale_features(features: Features) -> Tensor:
    """Pitch and loudness as numbers near -1 to 1, by constants: no batch changes how another sounds.

    -> [batch, frames, 2]: octaves from A4 (440 Hz), and A-weighted dB from -40 in units of 20 dB.   Lesson 10.
    """
    octaves = (dsp.hz_to_midi(features.f0_hz) - 69.0) / 12.0
    return torch.stack([octaves, (features.loudness_db + 40.0) / 20.0], dim=-1)


def fourier_features(octaves: Tensor, n: int) -> Tensor:
    """Sines and cosines of a pitch, with 1, 2, 4, ... periods an octave.

    octaves [...] from A4 -> [..., 2 n], the n sines first. A network learns slowly what changes fast with its input;
    what changes from note to note it can mix from these.   Lesson 10.   Tancik et al. 2020, arXiv:2006.10739
    """
    periods = 2.0 ** torch.arange(n, device=octaves.device, dtype=octaves.dtype)
    turns = 2 * math.pi * octaves[..., None] * periods
    return torch.cat([turns.sin(), turns.cos()], dim=-1)


def stack(n_inputs: int, n_outputs: int, layers: int = 3) -> nn.Sequential:
    """Linear, LayerNorm, LeakyReLU, as often as `layers` says.

    [..., n_inputs] -> [..., n_outputs].   Lesson 10.   Engel et al. 2020, appendix B.2 (there with ReLU).
    """
    widths = [n_inputs] + [n_outputs] * layers
    return nn.Sequential(
        *(
            module
            for before, after in zip(widths, widths[1:], strict=False)
            for module in (nn.Linear(before, after), nn.LayerNorm(after), nn.LeakyReLU())
        )
    )


class Decoder(nn.Module):
    """Features to controls: a GRU remembers the past, linear layers read off what to play.

    `tiny`: one GRU on pitch and loudness, whose state is joined by both inputs before the output layer. `full`: a
    stack of three layers for each input, a GRU, and a stack on GRU and both. Where the config has fourier_features they
    stand beside the pitch. A latent z [batch, frames, latent_size] is one more input.   Lesson 10.   Engel et al. 2020,
    appendix B.2.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        hidden, latent = config.hidden_size, config.latent_size
        n_outputs = 1 + config.n_harmonics + config.n_bands
        streams = [1 + 2 * config.fourier_features, 1] + ([latent] if latent else [])
        if config.architecture == "tiny":
            self.gru = QuickGRU(sum(streams), hidden)
            self.output = nn.Linear(hidden + sum(streams), n_outputs)
        else:
            self.stacks = nn.ModuleList(stack(width, hidden) for width in streams)
            self.gru = QuickGRU(hidden * len(streams), hidden)
            self.joined = stack(hidden * (1 + len(streams)), hidden)
            self.output = nn.Linear(hidden, n_outputs)
        self._start_like_a_quiet_saw()

    @torch.no_grad()
    def _start_like_a_quiet_saw(self) -> None:
        """Untrained, play harmonics that fall by 12 dB an octave, quietly, and hardly any noise: minutes are saved."""
        amplitude, distribution, noise = self.split_outputs(self.output.bias)
        amplitude.fill_(inverse_exp_sigmoid(0.1))
        for index in range(self.config.n_harmonics):
            distribution[index] = inverse_exp_sigmoid(max(1.0 / (index + 1) ** 2, 1e-4))
        noise.fill_(inverse_exp_sigmoid(1e-4))

    def split_outputs(self, outputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Raw amplitude [..., 1], harmonic distribution [..., harmonics] and noise magnitudes [..., bands]."""
        amplitude, distribution, noise = torch.split(outputs, [1, self.config.n_harmonics, self.config.n_bands], dim=-1)
        return amplitude, distribution, noise

    def forward(self, features: Features, latent: Tensor | None = None) -> Controls:
        """features with [batch, frames], latent [batch, frames, latent_size] where the model has one -> Controls."""
        return self.go_on(features, latent)[0]

    def go_on(
        self, features: Features, latent: Tensor | None = None, state: Tensor | None = None
    ) -> tuple[Controls, Tensor]:
        """The same from where the GRU was left: its state [1, batch, hidden_size] before (None: none) and after.

        Blocks that hand the state on equal the whole.   Lesson 14.
        """
        octaves, loudness = scale_features(features).split(1, dim=-1)
        pitch = torch.cat([octaves, fourier_features(octaves[..., 0], self.config.fourier_features)], dim=-1)
        streams = [pitch, loudness] + ([] if latent is None else [latent])
        if self.config.architecture == "tiny":
            inputs = torch.cat(streams, dim=-1)
            remembered, state = self.gru(inputs, state)
            outputs = self.output(torch.cat([remembered, inputs], dim=-1))
        else:
            heard = [layer(stream) for layer, stream in zip(self.stacks, streams, strict=True)]
            remembered, state = self.gru(torch.cat(heard, dim=-1), state)
            outputs = self.output(self.joined(torch.cat([remembered, *heard], dim=-1)))
        amplitude, distribution, noise = self.split_outputs(outputs.float())
        controls = Controls(
            f0_hz=features.f0_hz,
            amplitude=dsp.exp_sigmoid(amplitude[..., 0]),
            harmonic_distribution=dsp.normalize_harmonics(
                dsp.exp_sigmoid(distribution), features.f0_hz, sample_rate=self.config.sample_rate
            ),
            noise_magnitudes=dsp.exp_sigmoid(noise),
            config=self.config.audio,
        )
        return controls, state


def inverse_exp_sigmoid(value: float) -> float:
    """The raw number that exp_sigmoid turns into `value` (between 1e-7 and 2).   Lesson 2."""
    if not 1e-7 < value < 2:
        raise ValueError(f"exp_sigmoid only reaches values between 1e-7 and 2, not {value}.")
    sigmoid = ((value - 1e-7) / 2) ** (1 / math.log(10))
    return math.log(sigmoid / (1 - sigmoid))
