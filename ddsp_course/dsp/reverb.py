"""Rooms: what a place adds to a sound, given, learned, or described by two numbers."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ddsp_course.dsp.checks import check_between
from ddsp_course.dsp.filters import fft_convolve
from ddsp_course.dsp.noise import filtered_noise, white_noise
from ddsp_course.dsp.scales import exp_sigmoid

LN_1000 = math.log(1000.0)  # -60 dB as an amplitude is a thousandth: the 60 of RT60


def reverberate(audio: Tensor, impulse_response: Tensor) -> Tensor:
    """Put a sound into a room: the sound itself, untouched, plus the room's tail.

    audio [batch, n], impulse_response [taps] or [batch, taps] -> [batch, n]. The response's tap 0, the direct sound, is
    ignored: the dry path is exact whatever the room.   Lesson 5.   Engel et al. 2020, section 3.6, arXiv:2001.04643
    """
    if impulse_response.shape[-1] < 2:
        return audio.clone()
    tail = F.pad(impulse_response[..., 1:], (1, 0))
    return audio + fft_convolve(audio, tail)


def exponential_decay(rt60_s: Tensor | float, taps: int, *, sample_rate: int) -> Tensor:
    """How a room dies away: by 60 dB, to a thousandth, in rt60_s seconds.

    rt60_s [...] or a number, in seconds -> [..., taps], 1 at tap 0. Raises ValueError for a number that is not above 0.
    Lesson 5.
    """
    check_between(rt60_s, 0, math.inf, "rt60_s", "s")
    rt60 = torch.as_tensor(rt60_s)
    rt60 = rt60 if rt60.is_floating_point() else rt60.float()
    time = torch.arange(taps, dtype=rt60.dtype, device=rt60.device) / sample_rate
    return torch.exp(-LN_1000 * time / rt60[..., None])


class Reverb(nn.Module):
    """A room learned tap by tap: any impulse response of so many seconds, the direct sound excepted.

    seconds, sample_rate (Hz) -> `impulse_response()` [taps] with tap 0 exactly 0; called with audio [batch, n] it
    returns dry plus tail, [batch, n].   Lesson 5.   Engel et al. 2020, section 3.6, arXiv:2001.04643

    The taps are parameter * scale * decay, with decay falling by 60 dB in rt60_prior seconds, and the parameter
    starting at zero: no room at first. Adam moves every number it is given by about its learning rate, however little
    evidence there is for it. On bare taps that is an instant room of noise; here a step can put no more than
    learning rate * scale into the first tap and next to nothing into the last. rt60_prior is the longest decay you
    think likely, not the room's own: louder tails than this are reached too, only later. scale is the size of an early
    tap at 16 kHz for a parameter of 1; at other rates it follows 1 / sqrt(rate), so that the room's energy stays.
    """

    def __init__(
        self, seconds: float = 3.0, *, sample_rate: int = 16_000, rt60_prior: float = 1.0, scale: float = 0.1
    ) -> None:
        super().__init__()
        taps = max(2, round(seconds * sample_rate))
        self.parameter = nn.Parameter(torch.zeros(taps - 1))
        envelope = (
            scale * math.sqrt(16_000 / sample_rate) * exponential_decay(rt60_prior, taps, sample_rate=sample_rate)
        )
        self.register_buffer("envelope", envelope[1:].float(), persistent=False)

    def impulse_response(self) -> Tensor:
        """The room as it is now: [taps], tap 0 is 0 because the direct sound is not the room's.   Lesson 5."""
        return F.pad(self.parameter * self.envelope, (1, 0))

    def forward(self, audio: Tensor) -> Tensor:
        return reverberate(audio, self.impulse_response())


class ExponentialDecayReverb(nn.Module):
    """A room in two numbers: how loud, and how long. Fixed noise that dies away exponentially.

    seconds, sample_rate, first values of gain (the tail's first taps, linear, RMS) and rt60_s; both are learned and
    stay positive. `impulse_response()` [taps], tap 0 is 0; called with audio [batch, n] -> dry plus tail. The noise
    comes from `seed` and is kept with the weights.   Lesson 5.   Moorer 1979
    """

    def __init__(
        self, seconds: float = 3.0, *, sample_rate: int = 16_000, gain: float = 0.01, rt60_s: float = 1.0, seed: int = 0
    ) -> None:
        super().__init__()
        check_between(gain, 0, math.inf, "gain")
        check_between(rt60_s, 0, math.inf, "rt60_s", "s")
        self.sample_rate = sample_rate
        self.log_gain = nn.Parameter(torch.tensor(math.log(gain)))
        self.log_rt60 = nn.Parameter(torch.tensor(math.log(rt60_s)))
        taps = max(2, round(seconds * sample_rate))
        noise = white_noise(1, taps, generator=torch.Generator().manual_seed(seed))[0] * math.sqrt(3.0)
        self.register_buffer("noise", noise)

    def impulse_response(self) -> Tensor:
        """The room as it is now: [taps], tap 0 is 0.   Lesson 5."""
        taps = self.noise.shape[0]
        decay = exponential_decay(self.log_rt60.exp(), taps, sample_rate=self.sample_rate)
        return F.pad((self.log_gain.exp() * decay * self.noise)[1:], (1, 0))

    def forward(self, audio: Tensor) -> Tensor:
        return reverberate(audio, self.impulse_response())


class FilteredNoiseReverb(nn.Module):
    """A room painted in bands: noise whose colour changes as it dies away, a few hundred numbers in all.

    seconds, sample_rate, frames (points in time), bands (points in frequency); rt60_s and gain describe the room it
    starts from. The learned numbers [frames, bands] go through `exp_sigmoid`. `impulse_response()` [taps], tap 0 is 0;
    called with audio [batch, n] -> dry plus tail.   Lesson 5.   Lee et al. 2021, arXiv:2105.13940
    """

    def __init__(
        self,
        seconds: float = 3.0,
        *,
        sample_rate: int = 16_000,
        frames: int = 100,
        bands: int = 33,
        gain: float = 0.01,
        rt60_s: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        check_between(gain, 0, math.inf, "gain")
        hop = max(1, round(seconds * sample_rate / frames))
        self.hop_size = hop
        decay = gain * exponential_decay(rt60_s, frames * hop, sample_rate=sample_rate)[::hop].clamp_min(1e-6)
        # exp_sigmoid undone, so that the first room is the one described
        share = (decay / 2.0).clamp_max(0.999) ** (1 / math.log(10.0))
        self.raw_magnitudes = nn.Parameter(torch.logit(share)[:, None].repeat(1, bands))
        noise = white_noise(1, frames * hop, generator=torch.Generator().manual_seed(seed)) * math.sqrt(3.0)
        self.register_buffer("noise", noise)

    def impulse_response(self) -> Tensor:
        """The room as it is now: [taps], tap 0 is 0.   Lesson 5."""
        response = filtered_noise(exp_sigmoid(self.raw_magnitudes)[None], hop_size=self.hop_size, noise=self.noise)[0]
        return F.pad(response[1:], (1, 0))

    def forward(self, audio: Tensor) -> Tensor:
        return reverberate(audio, self.impulse_response())
