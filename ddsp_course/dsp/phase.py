"""Phase: the area under a frequency curve, without drift however long the sound."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ddsp_course.dsp.envelopes import frame_pairs
from ddsp_course.dsp.precision import full_precision


def phase_at_frames(
    frequency_hz: Tensor,
    initial_phase: Tensor | float | None,
    sample_rate: int,
    hop_size: int,
    hold_last_frame: bool = True,
) -> tuple[Tensor, Tensor]:
    """How far an oscillator has turned at the beginning of every hop.

    frequency_hz [batch, frames, ...], in Hz; initial_phase in radians, a number or [batch, ...] -> start [batch, hops,
    ...] in turns, without the whole ones (-0.5 to 0.5), and the phase of the sample after the last, [batch, ...], in
    radians (0 to 2 pi); both float64. Sample n has turned by the sum of the frequencies of samples 0 to n - 1, over
    sample_rate. The frequency between frames is a straight line, so a hop's sum is known in closed form and only a
    few numbers a second are left to add. They are added in float64 and wrapped before anybody rounds them: at 1e7 rad
    neighbouring float32 numbers are 1 rad apart, and harmonic k multiplies the error by k. Raises ValueError for an
    initial_phase of another shape.   Lesson 1.
    """
    device = frequency_hz.device
    exact = (frequency_hz.cpu() if device.type == "mps" else frequency_hz).double()  # mps has no float64
    now, following = frame_pairs(exact, hold_last_frame).unbind(2)
    begin = torch.zeros_like(now[:, :1])
    if initial_phase is not None:
        given = torch.as_tensor(initial_phase).to(device=exact.device, dtype=torch.float64) / (2 * math.pi)
        phases, has = list(begin[:, 0].shape), list(given.shape)
        if has and (len(has) != len(phases) or any(n not in (1, of) for n, of in zip(has, phases, strict=True))):
            raise ValueError(f"initial_phase must be a number or {phases}, a phase each, not {has}.")
        begin = begin + (given[:, None] if given.ndim else given)
    advance = (now * hop_size + (following - now) * ((hop_size - 1) / 2)) / sample_rate
    turns = torch.cumsum(torch.cat([begin, advance], dim=1), dim=1)
    start = turns[:, :-1] - turns[:, :-1].detach().round()
    final = turns[:, -1].remainder(1.0) * (2 * math.pi)
    return (start.float().to(device) if device.type == "mps" else start), final


@full_precision
def phase_cycles(start: Tensor, frequency_pairs: Tensor, sample_rate: int, hop_size: int) -> Tensor:
    """The phase of every sample of every hop, in turns, without the whole ones.

    start [...] as from `phase_at_frames`, frequency_pairs [..., 2], Hz at the hop's two ends -> [..., hop_size],
    between -0.5 and 0.5. Under a straight line the area is a parabola.   Lesson 1.
    """
    n = torch.arange(hop_size, dtype=start.dtype, device=start.device)
    there = n * (n - 1) / (2 * hop_size)
    turned = frequency_pairs.to(start.dtype) @ (torch.stack([n - there, there]) / sample_rate)
    cycles = start[..., None] + turned
    return (cycles - cycles.detach().round()).to(frequency_pairs.dtype)
