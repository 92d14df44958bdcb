"""Filters without memory: designed in frequency, applied by FFT, and moved from frame to frame."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from ddsp_course.dsp.checks import as_sound, check_between
from ddsp_course.dsp.envelopes import crossfade_weights, overlap_add
from ddsp_course.dsp.precision import at_least_float32, full_precision
from ddsp_course.dsp.tables import kept


def fft_convolve(audio: Tensor, impulse_response: Tensor, *, mode: str = "causal") -> Tensor:
    """Play a sound through an impulse response: every sample sets off a copy of it, and the copies add up.

    audio [batch, n], impulse_response [m] or [batch, m] -> [batch, n]: output sample i hears input samples up to i
    ("causal", same start, cut to n), or [batch, n + m - 1] with mode="full". Done by FFT, padded so that nothing wraps
    round. Raises ValueError for an empty input, whole numbers or another mode.   Lesson 4.
    """
    audio = as_sound(audio, shape="[..., samples]")
    impulse_response = as_sound(impulse_response, "impulse_response", "[..., taps]")
    n, m = audio.shape[-1], impulse_response.shape[-1]
    if n == 0 or m == 0:
        raise ValueError(f"Convolution needs at least one sample on each side, not {n} and {m}.")
    if mode == "causal":
        m = min(m, n)  # later taps are first heard after the end
        length = n
    elif mode == "full":
        length = n + m - 1
    else:
        raise ValueError(f'mode must be "causal" or "full", not {mode!r}.')
    size = fast_fft_size(n + m - 1)
    spectrum = torch.fft.rfft(audio, size) * torch.fft.rfft(impulse_response[..., :m], size)
    return torch.fft.irfft(spectrum, size)[..., :length]


@lru_cache(maxsize=256)
def fast_fft_size(at_least: int) -> int:
    """The next even length that an FFT is quick at: 2, 3 and 5 its only prime factors.

    at_least, in samples -> samples.   Lesson 4.
    """
    best = 2 ** max(1, math.ceil(math.log2(max(1, at_least))))
    for threes in range(int(math.log(best, 3)) + 1):
        for fives in range(int(math.log(best, 5)) + 1):
            odd = 3**threes * 5**fives
            size = odd * 2 ** max(1, math.ceil(math.log2(max(1.0, at_least / odd))))
            if at_least <= size < best:
                best = size
    return best


def frequency_impulse_response(magnitudes: Tensor, window_size: int | None = None) -> Tensor:
    """The filter that lets through so much at each frequency: drawn as a curve, returned as an impulse response.

    magnitudes [..., bands], linear gains at equally spaced frequencies from 0 to half the sample rate -> [..., taps],
    symmetric about tap taps // 2, so its delay is taps // 2 samples at every frequency (`fir_filter` takes it out);
    but for a pair of taps, which nothing makes symmetric about one of them.
    taps is window_size, by default 2 * (bands - 1), and never more. A Hann window smooths the curve and lets
    the response die away; without it the filter rings for its whole length. For an even number the window is the
    periodic one, whose first tap is 0: nothing else is symmetric about a whole sample.
    Raises ValueError for a window below 1.   Lesson 4.   Engel et al. 2020, section 3.4, arXiv:2001.04643
    """
    full = max(1, 2 * (magnitudes.shape[-1] - 1))
    taps = full if window_size is None else min(window_size, full)
    if taps < 1:
        raise ValueError(f"window_size must be at least 1 sample, not {window_size}.")
    if full == 1:
        return magnitudes
    response = torch.fft.irfft(magnitudes, full)  # real magnitudes: symmetric about tap 0, wrapped round the end
    response = torch.roll(response, taps // 2, dims=-1)[..., :taps]
    if taps < 3:  # too short to window: a single tap is the mean gain, a pair would keep only half of the centre
        return response
    window = torch.hann_window(taps, periodic=taps % 2 == 0, dtype=magnitudes.dtype, device=magnitudes.device)
    return response * window


def fir_filter(audio: Tensor, taps: Tensor) -> Tensor:
    """A fixed filter that does not delay: a click at sample 500 comes out centred on sample 500.

    audio [batch, n], taps [m] or [batch, m] centred on tap m // 2 -> [batch, n].   Lesson 4.
    """
    delay = taps.shape[-1] // 2
    return fft_convolve(audio, taps, mode="full")[..., delay : delay + audio.shape[-1]]


@full_precision
def time_varying_fir(
    audio: Tensor, magnitudes: Tensor, *, window_size: int | None = None, method: str = "hann"
) -> Tensor:
    """A filter that changes its mind every frame, without clicks and without delay.

    audio [batch, n], magnitudes [batch, frames, bands] (linear gains from 0 Hz to half the sample rate), n = frames *
    hop -> [batch, n]. Filter i is the filter at sample i * hop; between two frames the one fades into the other along
    a "hann" or "linear" ramp ("hold" switches, and puts sidebands round every tone). The sound is cut into overlapping
    windows, each is filtered by its frame's zero-phase response, and the results are added.
    Raises ValueError if n is not a whole number of hops.   Lesson 4.   Engel et al. 2020, section 3.4, arXiv:2001.04643
    """
    audio = as_sound(audio)
    (batch, n), frames = audio.shape, magnitudes.shape[1] if magnitudes.ndim == 3 else 0
    if frames == 0 or magnitudes.shape[0] not in (1, batch) or n == 0 or n % frames:
        raise ValueError(
            f"audio [batch, samples] must be a whole number of hops of magnitudes [batch, frames, bands], "
            f"not {tuple(audio.shape)} with {tuple(magnitudes.shape)}."
        )
    audio, magnitudes = at_least_float32(audio, magnitudes)
    hop = n // frames
    blocks = audio.reshape(batch, frames, hop)
    fade_in = crossfade_weights(hop, method, dtype=audio.dtype, device=audio.device)
    fade_out = (1 - fade_in).repeat(frames, 1)
    fade_out[-1] = 1.0  # the last frame is held
    before = F.pad(blocks[:, :-1], (0, 0, 1, 0))
    windowed = torch.cat(
        [before * fade_in, blocks * fade_out], dim=-1
    )  # [batch, frames, 2 * hop], centred on the frame

    size, half, responses = _band_responses(magnitudes.shape[-1], window_size, hop, magnitudes.dtype, magnitudes.device)
    gains = magnitudes @ responses
    filtered = torch.fft.irfft(torch.fft.rfft(F.pad(windowed, (half, 0)), size) * gains, size)

    start = hop + half  # the first window reaches one hop back, its filter half its taps further
    return overlap_add(filtered, hop)[:, start : start + n]


@kept(maxsize=16)
def _band_responses(
    bands: int, window_size: int | None, hop: int, dtype: torch.dtype, device: torch.device
) -> tuple[int, int, Tensor]:
    """FFT size, half the taps, and what a band does at each bin of the FFT: [bands, size // 2 + 1].

    A real number, since the response is symmetric about time 0. All filters of all frames are then one matrix product,
    and none is ever made in time.
    """
    design = frequency_impulse_response(torch.eye(bands, dtype=dtype, device=device), window_size)
    taps = design.shape[-1]
    size = fast_fft_size(2 * hop + taps - 1)
    centred = torch.roll(F.pad(design, (0, size - taps)), -(taps // 2), dims=-1)
    return size, taps // 2, torch.fft.rfft(centred).real.contiguous()


def sinc_low_pass(cutoff_hz: Tensor | float, *, sample_rate: int, taps: int = 257) -> Tensor:
    """The ideal low pass, a sinc, cut short by a window: what lies above the cutoff is gone.

    cutoff_hz [...] or a number, in Hz -> [..., taps], symmetric about tap taps // 2, gain 1 at 0 Hz, for `fir_filter`.
    The edge is about 3.3 * sample_rate / taps Hz wide. Gradients reach the cutoff. Raises ValueError for an even number
    of taps, and for a number that is not between 0 and half the sample rate (a tensor is not looked at).
    Lesson 4.   Smith, Spectral Audio Signal Processing, window method
    """
    if taps < 3 or taps % 2 == 0:
        raise ValueError(f"A symmetric low pass needs an odd number of taps, at least 3, not {taps}.")
    check_between(cutoff_hz, 0, sample_rate / 2, "cutoff_hz", "Hz")
    cutoff = torch.as_tensor(cutoff_hz)
    if not cutoff.is_floating_point():
        cutoff = cutoff.float()
    time = torch.arange(taps, dtype=cutoff.dtype, device=cutoff.device) - taps // 2
    width = 2.0 * cutoff[..., None] / sample_rate
    window = torch.hamming_window(taps, periodic=False, dtype=cutoff.dtype, device=cutoff.device)
    response = width * torch.sinc(width * time) * window
    return response / response.sum(-1, keepdim=True)


def sinc_high_pass(cutoff_hz: Tensor | float, *, sample_rate: int, taps: int = 257) -> Tensor:
    """All that the low pass takes away: a single click minus the low pass, gain 0 at 0 Hz.

    Arguments and result as for `sinc_low_pass`.   Lesson 4.
    """
    low = sinc_low_pass(cutoff_hz, sample_rate=sample_rate, taps=taps)
    click = torch.zeros_like(low)
    click[..., taps // 2] = 1.0
    return click - low
