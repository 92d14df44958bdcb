"""Sounds whose truth is known, for the tests beside it; and a cache of their own for each test."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ddsp_course.data import AudioConfig, Recording


def tone(f0_hz, seconds: float, *, rate: int = 16_000, partials: int = 12, level: float = 0.2) -> np.ndarray:
    """A harmonic tone; f0_hz is a number, or one number a sample. Partials fall by 6 dB an octave, none above 0.45
    rate."""
    f0_hz = np.broadcast_to(np.asarray(f0_hz, np.float64), (round(seconds * rate),))
    phase = 2 * np.pi * np.cumsum(f0_hz) / rate
    waves = [np.sin(k * phase) / k * (k * f0_hz < 0.45 * rate) for k in range(1, partials + 1)]
    return (level * np.sum(waves, axis=0)).astype(np.float32)


def recording(sound: np.ndarray, *, config: AudioConfig | None = None, name: str = "take") -> Recording:
    """Samples as a Recording, cut to whole frames."""
    config = config or AudioConfig()
    samples = len(sound) // config.hop_size * config.hop_size
    return Recording(torch.from_numpy(np.ascontiguousarray(sound[:samples], np.float32))[None], config, name)


def stub_tracker(audio_16k: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A tracker that costs nothing: 220 Hz, quite sure."""
    frames = 1 + audio_16k.shape[-1] // 160
    return torch.full((1, frames), 220.0), torch.full((1, frames), 0.9)


class Sounds:
    tone = staticmethod(tone)
    recording = staticmethod(recording)
    stub_tracker = staticmethod(stub_tracker)


@pytest.fixture(scope="session")
def sounds() -> type[Sounds]:
    return Sounds


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("DDSP_COURSE_CACHE", str(folder))
    return folder
