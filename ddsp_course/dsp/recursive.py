"""Filters with memory: biquads, the recursion and its gradient, and a recording's own filter by linear prediction."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ddsp_course.dsp.checks import as_sound, check_between
from ddsp_course.dsp.filters import fast_fft_size
from ddsp_course.dsp.precision import full_precision

BUTTERWORTH_Q = math.sqrt(0.5)
BIQUADS = ("low_pass", "high_pass", "band_pass", "peak", "low_shelf", "high_shelf")


def biquad(
    kind: str,
    f_hz: Tensor | float,
    *,
    gain_db: Tensor | float = 0.0,
    q: Tensor | float = BUTTERWORTH_Q,
    sample_rate: int,
) -> tuple[Tensor, Tensor]:
    """The coefficients of an equaliser's band, from the numbers on its knobs.

    kind "low_pass", "high_pass", "band_pass", "peak", "low_shelf" or "high_shelf"; f_hz [...] in Hz between 0 and half
    the sample rate; gain_db [...], of peak and shelves, in dB; q [...], the larger, the narrower -> b [..., 3] and
    a [..., 3] with a[..., 0] = 1, stable for every q > 0. Gradients reach all three.
    Raises ValueError for another kind, and for numbers out of range (tensors are not looked at).
    Lesson 16.   Bristow-Johnson, Cookbook formulae for audio equalizer biquad filter coefficients
    """
    if kind not in BIQUADS:
        raise ValueError(f"kind must be one of {', '.join(BIQUADS)}, not {kind!r}.")
    check_between(f_hz, 0, sample_rate / 2, "f_hz", "Hz")
    check_between(q, 0, math.inf, "q")
    given = [torch.as_tensor(x) for x in (f_hz, gain_db, q)]
    like = next((x for x, raw in zip(given, (f_hz, gain_db, q), strict=True) if isinstance(raw, Tensor)), given[0])
    dtype = like.dtype if like.is_floating_point() else torch.float32
    f, gain, width = torch.broadcast_tensors(*(x.to(like.device, dtype) for x in given))
    turn = 2 * math.pi * f / sample_rate
    c, alpha = torch.cos(turn), torch.sin(turn) / (2 * width)
    amp = 10 ** (gain / 40)
    if kind == "peak":
        b = (1 + alpha * amp, -2 * c, 1 - alpha * amp)
        a = (1 + alpha / amp, -2 * c, 1 - alpha / amp)
    elif kind in ("low_shelf", "high_shelf"):
        s = 1.0 if kind == "low_shelf" else -1.0  # a high shelf is a low one, mirrored at a quarter of the sample rate
        plus, minus, root = amp + 1, amp - 1, 2 * torch.sqrt(amp) * alpha
        b = (
            amp * (plus - s * minus * c + root),
            s * 2 * amp * (minus - s * plus * c),
            amp * (plus - s * minus * c - root),
        )
        a = (plus + s * minus * c + root, -s * 2 * (minus + s * plus * c), plus + s * minus * c - root)
    else:
        a = (1 + alpha, -2 * c, 1 - alpha)
        b = {
            "low_pass": ((1 - c) / 2, 1 - c, (1 - c) / 2),
            "high_pass": ((1 + c) / 2, -1 - c, (1 + c) / 2),
            "band_pass": (alpha, torch.zeros_like(alpha), -alpha),
        }[kind]
    first = a[0][..., None]
    return torch.stack(b, dim=-1) / first, torch.stack(a, dim=-1) / first


def stable_biquad(raw: Tensor) -> Tensor:
    """Any two numbers as the memory of a stable filter: what a network may say without being able to explode.

    raw [..., 2], any real numbers -> a [..., 3] = 1, a1, a2 inside the triangle |a2| < 1, |a1| < 1 + a2, where both
    poles lie inside the unit circle; every point of it is reached. (Beyond +-8 a float32 lies on the very edge.)
    Raises ValueError unless the last axis has two numbers.   Lesson 16.   Nercessian et al. 2021, arXiv:2103.08709
    """
    if raw.ndim == 0 or raw.shape[-1] != 2:
        raise ValueError(f"A biquad's memory is two numbers, raw [..., 2], not {list(raw.shape)}.")
    a2 = torch.tanh(raw[..., 1])
    a1 = (1 + a2) * torch.tanh(raw[..., 0])
    return torch.stack([torch.ones_like(a1), a1, a2], dim=-1)


@full_precision
def frequency_response(b: Tensor, a: Tensor, f_hz: Tensor, *, sample_rate: int) -> Tensor:
    """What a filter does to each frequency, in the end: how much stronger, and by what angle turned.

    b [..., m] and a [..., p], coefficients of the input and of the output from the newest on, f_hz [n] in Hz
    -> complex [..., n]: its absolute value is the gain, its angle the phase.   Lesson 16.
    """
    turn = 2 * math.pi * f_hz.to(b.dtype) / sample_rate
    return _polynomial(b, turn) / _polynomial(a, turn)


def _polynomial(coefficients: Tensor, turn: Tensor) -> Tensor:
    """Sum of coefficient k times a pointer turned back k times: complex [..., n]."""
    angle = turn * torch.arange(coefficients.shape[-1], dtype=turn.dtype, device=turn.device)[:, None]
    return torch.complex(coefficients @ torch.cos(angle), -(coefficients @ torch.sin(angle)))


def recursive_filter(audio: Tensor, b: Tensor, a: Tensor) -> Tensor:
    """A filter that hears itself: y[n] = b0 x[n] + b1 x[n-1] + ... - a1 y[n-1] - a2 y[n-2] - ..., all divided by a0.

    audio [batch, n], b [m] or [batch, m], a [p] or [batch, p] -> [batch, n], from silence on. Gradients reach all
    three; that of the recursion is the same recursion, run backwards in time. Exact (within float64) for any length,
    at the cost of sqrt(n) steps in Python, not n. Nothing keeps it stable: see `stable_biquad`.
    Raises ValueError for shapes that do not fit, or an a0 of 0.
    Lesson 16.   Forgione and Piga 2021, doi:10.1002/acs.3216; Yu et al. 2024, arXiv:2404.07970
    """
    _look_at(audio, b, a)
    driven = F.pad(audio, (b.shape[-1] - 1, 0)).unfold(-1, audio.shape[-1], 1)  # [batch, m, n], the oldest first
    driven = ((b / a[..., :1]).flip(-1)[..., None] * driven).sum(-2)
    if a.shape[-1] == 1:
        return driven
    return _AllPole.apply(driven, (a / a[..., :1])[..., 1:].expand(len(audio), -1))


def _look_at(audio: Tensor, b: Tensor, a: Tensor) -> None:
    if audio.ndim != 2 or audio.shape[-1] == 0:
        raise ValueError(f"audio must be [batch, samples] with at least one sample, not {list(audio.shape)}.")
    for name, x in (("b", b), ("a", a)):
        if x.ndim not in (1, 2) or x.shape[-1] == 0 or (x.ndim == 2 and len(x) not in (1, len(audio))):
            raise ValueError(
                f"{name} must be [coefficients] or [{len(audio)}, coefficients], as audio has {len(audio)} row(s), "
                f"not {list(x.shape)}."
            )
    if bool((a[..., 0] == 0).any()):
        raise ValueError("a0, the first of a, is 0: it is what everything is divided by.")


class _AllPole(torch.autograd.Function):
    """y[n] = x[n] - a1 y[n-1] - ... - ap y[n-p], with the gradient written down instead of recorded step by step."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, feedback: Tensor) -> Tensor:
        y = _recursion(x, feedback)
        ctx.save_for_backward(y, feedback)
        return y

    @staticmethod
    def backward(ctx: Any, y_grad: Tensor) -> tuple[Tensor, Tensor | None]:  # type: ignore[override]
        y, feedback = ctx.saved_tensors
        x_grad = _AllPole.apply(y_grad.flip(-1), feedback).flip(-1)
        if not ctx.needs_input_grad[1]:
            return x_grad, None
        n, order = y.shape[-1], feedback.shape[-1]
        past = F.pad(y, (order, 0)).unfold(-1, n, 1)[:, :order].flip(-2)  # [batch, order, n]: y[n-1], y[n-2], ...
        return x_grad, -(past * x_grad[:, None]).sum(-1)


@full_precision
def _recursion(x: Tensor, feedback: Tensor) -> Tensor:
    """The all-pole recursion in blocks: within a block it is one matrix, from block to block a state goes on.

    x [batch, n], feedback [batch, p] -> [batch, n]. In float64 where there is one: a low, narrow resonance is a small
    difference of large numbers.
    """
    work = torch.float64 if x.device.type != "mps" else x.dtype
    rows, n = x.shape
    order = feedback.shape[-1]
    size = max(order, 16, math.isqrt(n))
    a = F.pad(torch.cat([torch.ones_like(feedback[:, :1]), feedback], dim=-1).to(work), (0, 2 * size - order - 1))
    click = torch.eye(size, 1, dtype=work, device=x.device).expand(rows, -1, -1)
    ringing = torch.linalg.solve_triangular(_toeplitz(a[:, :size]), click, upper=False)[..., 0]
    inverse = _toeplitz(ringing)  # what each input of a block does to each output of it
    lag = torch.arange(size, device=x.device)[:, None] + torch.arange(order, 0, -1, device=x.device)
    memory = -inverse @ a[:, lag]  # and what the last outputs before it do to them: [rows, size, order]

    blocks = F.pad(x.to(work), (0, -n % size)).reshape(rows, -1, size)
    driven = blocks @ inverse.mT
    state = torch.zeros(rows, order, 1, dtype=work, device=x.device)
    states = []
    for last in driven[..., -order:, None].unbind(1):
        states.append(state)
        state = torch.baddbmm(last, memory[:, -order:], state)
    out = driven + torch.cat(states, dim=-1).mT @ memory.mT
    return out.reshape(rows, -1)[:, :n].to(x.dtype)


def _toeplitz(column: Tensor) -> Tensor:
    """[rows, n] -> [rows, n, n], lower triangular, each column the first one moved down."""
    n = column.shape[-1]
    place = torch.arange(n, device=column.device)
    return torch.tril(column[:, (place[:, None] - place).clamp_min(0)])


def biquad_cascade(audio: Tensor, b: Tensor, a: Tensor) -> Tensor:
    """One biquad after the other, as in an equaliser: a long recursion in short pieces, which rounding cannot upset.

    audio [batch, n], b and a [sections, 3] -> [batch, n].   Lesson 16.
    """
    if b.ndim != 2 or b.shape != a.shape:
        raise ValueError(f"A cascade needs b and a [sections, 3], not {list(b.shape)} and {list(a.shape)}.")
    for section_b, section_a in zip(b, a, strict=True):
        audio = recursive_filter(audio, section_b, section_a)
    return audio


def frequency_sampled_filter(audio: Tensor, b: Tensor, a: Tensor, *, fft_size: int | None = None) -> Tensor:
    """A filter with memory, replaced by its frequency response at the bins of an FFT: quick, and nearly right.

    audio [batch, n], b [..., m], a [..., p] -> [batch, n]. What still rings after fft_size samples (by default at
    least 2 n) is folded back to the beginning: the error falls with the largest pole radius to the power of fft_size.
    Raises ValueError for an FFT shorter than the sound.
    Lesson 16.   Kuznetsov et al. 2020, Differentiable IIR filters for machine learning applications (DAFx)
    """
    n = audio.shape[-1]
    size = fast_fft_size(2 * n) if fft_size is None else fft_size
    if size < n:
        raise ValueError(f"fft_size must be at least the {n} samples of the sound, not {size}.")
    turns = torch.arange(size // 2 + 1, dtype=b.dtype, device=b.device)
    return torch.fft.irfft(torch.fft.rfft(audio, size) * frequency_response(b, a, turns, sample_rate=size), size)[
        ..., :n
    ]


def linear_prediction(audio: Tensor, order: int) -> tuple[Tensor, Tensor]:
    """The filter that a sound seems to come out of: each sample guessed from the ones before it, as well as can be.

    audio [..., n], windowed by whoever calls -> a [..., order + 1] with a0 = 1, and gain [...]. The residual
    x[n] + a1 x[n-1] + ... has the least energy, and gain is its rms; white noise of that rms through 1 / a has the
    sound's spectral envelope. By Levinson's recursion on the autocorrelation, with white noise at -90 dB, so that the
    filter is stable also for a pure tone, whose residual would be nothing. Silence gives a = 1, 0, 0.
    Raises ValueError for an order below 1, or not below n.   Lesson 16.   Makhoul 1975, Proceedings of the IEEE 63, 561
    """
    audio = as_sound(audio, shape="[..., samples]")
    n = audio.shape[-1]
    if not 1 <= order < n:
        raise ValueError(f"order must be at least 1 and less than the {n} samples of the sound, not {order}.")
    work = torch.float64 if audio.device.type != "mps" else audio.dtype
    power = torch.fft.rfft(audio.to(work), fast_fft_size(n + order)).abs().square()
    r = torch.fft.irfft(power)[..., : order + 1]
    error = r[..., :1] * (1 + 1e-9) + torch.finfo(torch.float32).tiny
    a = torch.ones_like(error)
    for m in range(1, order + 1):
        reflection = -(a * r[..., 1 : m + 1].flip(-1)).sum(-1, keepdim=True) / error
        grown = F.pad(a, (0, 1))
        a = grown + reflection * grown.flip(-1)
        error = error * (1 - reflection.square())
    return a.to(audio.dtype), torch.sqrt(error[..., 0].clamp_min(0) / n).to(audio.dtype)
