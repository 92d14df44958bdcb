"""A player small enough to be known by heart: three numbers make its timbre, one its room. For tests of evaluation."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from ddsp_course import dsp
from ddsp_course.autoencoder.decoder import Controls
from ddsp_course.autoencoder.synthesizer import Stems, synthesize
from ddsp_course.data import AudioConfig, Features, Note, Performance

CONFIG = AudioConfig()
HARMONICS = 20


@dataclass(frozen=True)
class ToyConfig:
    audio: AudioConfig = CONFIG
    room_gain: float = 0.02


def room_of(gain: float, seed: int = 5) -> torch.Tensor:
    """A second of noise that dies away within 0.8 s, after a direct tap of 1."""
    generator = torch.Generator().manual_seed(seed)
    taps = gain * torch.randn(16_000, generator=generator) * dsp.exponential_decay(0.8, 16_000, sample_rate=16_000)
    taps[0] = 1.0
    return taps


class ToyPlayer(nn.Module):
    """Plays harmonics whose slope depends on loudness and pitch, and noise. Fresh ones have any timbre and no room."""

    def __init__(self, config: ToyConfig = ToyConfig(), statistics: object = None) -> None:
        super().__init__()
        self.config, self.statistics, self.encoder = config, statistics, None
        self.timbre = nn.Parameter(torch.rand(3))
        self.noise = nn.Parameter(torch.rand(()) * 0.01)
        self.wetness = nn.Parameter(torch.zeros(()))

    @classmethod
    def taught(cls, config: ToyConfig = ToyConfig(), timbre=(1.6, -0.8, 0.6), noise: float = 0.003) -> ToyPlayer:
        player = cls(config)
        with torch.no_grad():
            player.timbre.copy_(torch.tensor(timbre))
            player.noise.fill_(noise)
            player.wetness.fill_(config.room_gain)
        return player.eval()

    @property
    def audio_config(self) -> AudioConfig:
        return self.config.audio

    def room(self) -> torch.Tensor:
        return room_of(float(self.wetness.detach()))

    def decode(self, features: Features) -> Controls:
        effort = (features.loudness_db + 30.0) / 20.0
        octaves = (dsp.hz_to_midi(features.f0_hz) - 69.0) / 12.0
        slope = 2 * self.timbre[0] + self.timbre[1] * effort + self.timbre[2] * octaves
        number = torch.arange(1, HARMONICS + 1)
        distribution = torch.exp(-slope[..., None] * torch.log(number))
        distribution = dsp.normalize_harmonics(distribution, features.f0_hz, sample_rate=self.config.audio.sample_rate)
        amplitude = 0.4 * 10 ** (features.loudness_db / 20) * (features.loudness_db > -70)
        noise = self.noise * (amplitude / 0.1)[..., None].expand(-1, -1, 17)
        return Controls(features.f0_hz, amplitude, distribution, noise, self.config.audio)

    def synthesize(self, controls: Controls) -> Stems:
        return synthesize(controls, self.room())

    def forward(self, features: Features) -> Stems:
        return self.synthesize(self.decode(features))


class WetPlayer(ToyPlayer):
    """Plays the same sound, but has put the room into its instrument: its dry stem is wet."""

    def synthesize(self, controls: Controls) -> Stems:
        stems = super().synthesize(controls)
        return replace(stems, dry=stems.wet, harmonic=stems.wet)


def toy_take(seconds: float = 12.0, seed: int = 0, noise_seed: int = 0) -> tuple[Performance, Features]:
    """A melody with rests, played by the taught player, and the features that it was played from."""
    rng = np.random.default_rng(seed)
    frames = round(seconds * CONFIG.frame_rate)
    f0, loudness, gate = np.full(frames, 440.0), np.full(frames, -80.0), np.zeros(frames)
    notes, start = [], 25
    while start < frames - 100:
        length = int(rng.integers(100, 300))
        stop, midi, level = min(start + length, frames - 50), int(rng.integers(57, 81)), rng.uniform(-40, -10)
        swell = 5 * np.sin(np.linspace(0, math.pi * rng.uniform(1, 3), stop - start))
        f0[start:], loudness[start:stop], gate[start:stop] = 440 * 2 ** ((midi - 69) / 12), level + swell, 1.0
        notes.append(Note(start / 250, stop / 250, float(midi), "detache", float(level)))
        start = stop + (int(rng.integers(60, 120)) if rng.random() < 0.6 else 0)
    curves = [torch.from_numpy(each).float()[None] for each in (f0, gate * 0.9, loudness)]
    features = Features(*curves, CONFIG)
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(1000 + noise_seed)
        stems = ToyPlayer.taught()(features)
    take = Performance(
        stems.wet,
        CONFIG,
        f"toy_{seed}",
        dry=stems.dry,
        f0_hz=curves[0],
        loudness_db=dsp.loudness_db(stems.wet, sample_rate=16_000, hop_size=64),
        gate=torch.from_numpy(gate).float()[None],
        room=room_of(0.02),
        notes=tuple(notes),
    )
    return take, features
