"""Sines, and sums of sines: the voiced half of every sound in this course."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ddsp_course.dsp.envelopes import crossfade_weights


def harmonic_frequencies(f0_hz: Tensor, n_harmonics: int) -> Tensor:
    """Whole-number multiples of a fundamental.

    f0_hz [batch, frames], in Hz  ->  [batch, frames, n_harmonics], in Hz.   Lesson 2.
    """
    return f0_hz[..., None] * torch.arange(1, n_harmonics + 1, device=f0_hz.device, dtype=f0_hz.dtype)


def normalize_harmonics(distribution: Tensor, f0_hz: Tensor, *, sample_rate: int) -> Tensor:
    """Silence every harmonic at or above half the sample rate, then let the rest sum to one.

    distribution [batch, frames, harmonics], at least 0; f0_hz [batch, frames], in Hz -> the same shape as distribution.
    The order matters: mask after normalising and high notes lose level. A frame in which nothing is left is all zeros.
    Lesson 2.   Engel et al. 2020, section 3.3, arXiv:2001.04643
    """
    audible = harmonic_frequencies(f0_hz, distribution.shape[-1]) < sample_rate / 2
    masked = torch.where(audible, distribution, torch.zeros_like(distribution))
    total = masked.sum(-1, keepdim=True)
    return masked / torch.where(total > 1e-7, total, torch.ones_like(total))


def harmonic_synthesis(
    f0_hz: Tensor,
    harmonic_amplitudes: Tensor,
    *,
    sample_rate: int,
    hop_size: int,
    harmonic_shifts: Tensor | None = None,
    initial_phase: Tensor | float | None = None,
    return_final_phase: bool = False,
    amplitude_method: str = "hann",
    hold_last_frame: bool = True,
):
    """A choir of sines at whole-number multiples of one fundamental, each with its own moving amplitude.

    f0_hz [batch, frames], in Hz; harmonic_amplitudes [batch, frames, harmonics], linear -> audio [batch, frames *
    hop_size]. Sample 0 has exactly initial_phase (radians, [batch] or a number, default 0; harmonic k starts at k
    times it), sample n adds 2 pi / sample_rate times the sum of f0 over samples 0 to n - 1. f0 moves in straight lines
    from frame to frame, amplitudes as amplitude_method says (see `upsample`). A harmonic at or above half the sample
    rate is silent, sample by sample, inside glides too.

    harmonic_shifts [batch, frames, harmonics] bends harmonic k to k * f0 * (1 + shift), as stiff strings do.
    return_final_phase=True returns (audio, phase of the sample after the last, float64 radians, [batch], with shifts
    [batch, harmonics]): give it to the next part as initial_phase. hold_last_frame=False ends on the last frame instead
    of holding it (one hop shorter): two such parts that share a frame, joined, equal the whole.

    Phase is summed in float64 and wrapped before it is rounded to float32: after ten minutes at 48 kHz the highest
    harmonic is still right to 1e-3 rad. No [batch, samples, harmonics] amplitude is ever made: within a frame the
    sound is a cross-fade of two fixed mixtures of the same sines, and a mixture is a matrix product.
    Raises ValueError if shapes disagree.   Lesson 2.   Engel et al. 2020, section 3.2, arXiv:2001.04643
    """
    _check_shapes(f0_hz, harmonic_amplitudes)
    n_harmonics = harmonic_amplitudes.shape[-1]
    numbers = torch.arange(1, n_harmonics + 1, device=f0_hz.device, dtype=f0_hz.dtype)
    if harmonic_shifts is not None:
        frequencies = harmonic_frequencies(f0_hz, n_harmonics) * (1.0 + harmonic_shifts)
        phases = _per_oscillator(initial_phase, f0_hz, numbers)
        return sinusoidal_synthesis(
            frequencies,
            harmonic_amplitudes,
            sample_rate=sample_rate,
            hop_size=hop_size,
            initial_phase=phases,
            return_final_phase=return_final_phase,
            amplitude_method=amplitude_method,
            hold_last_frame=hold_last_frame,
        )
    amplitudes = harmonic_amplitudes
    if f0_hz.device.type == "cpu":  # elsewhere looking at the lowest note would make the device wait
        lowest = float(f0_hz.detach().min())
        if lowest > 0:
            n_audible = max(1, min(n_harmonics, math.ceil(sample_rate / 2 / lowest) - 1))
            numbers, amplitudes = numbers[:n_audible], amplitudes[..., :n_audible]
    cycles, frequency, final = phase_cycles(f0_hz, initial_phase, sample_rate, hop_size, hold_last_frame)
    sines = _sine(cycles[:, :, None, :] * numbers[:, None])
    audible = frequency[:, :, None, :] * numbers[:, None] < sample_rate / 2
    audio = _mix(sines * audible, amplitudes, hop_size, amplitude_method, hold_last_frame)
    return (audio, final) if return_final_phase else audio


def sinusoidal_synthesis(
    frequencies_hz: Tensor,
    amplitudes: Tensor,
    *,
    sample_rate: int,
    hop_size: int,
    initial_phase: Tensor | float | None = None,
    return_final_phase: bool = False,
    amplitude_method: str = "hann",
    hold_last_frame: bool = True,
):
    """A bank of sines, each with its own frequency and amplitude, free of one another.

    frequencies_hz and amplitudes [batch, frames, sines], in Hz and linear -> audio [batch, frames * hop_size]. Phases,
    frames, initial_phase ([batch, sines], [batch] or a number, in radians) and the other arguments as in
    `harmonic_synthesis`; the final phase is [batch, sines]. A sine at or above half the sample rate is silent.
    Raises ValueError if shapes disagree.   Lesson 1.   Serra and Smith 1990
    """
    if frequencies_hz.ndim != 3 or frequencies_hz.shape != amplitudes.shape:
        raise ValueError(
            f"frequencies_hz and amplitudes must both be [batch, frames, sines], not {tuple(frequencies_hz.shape)} "
            f"and {tuple(amplitudes.shape)}."
        )
    start = _per_oscillator(initial_phase, frequencies_hz, torch.ones_like(frequencies_hz[0, 0]))
    by_sine = frequencies_hz.transpose(1, 2)
    cycles, frequency, final = phase_cycles(by_sine, start, sample_rate, hop_size, hold_last_frame)
    cycles, frequency = cycles.transpose(1, 2), frequency.transpose(1, 2)  # [batch, frames, sines, hop]
    sines = _sine(cycles) * (frequency.abs() < sample_rate / 2)
    audio = _mix(sines, amplitudes, hop_size, amplitude_method, hold_last_frame)
    return (audio, final) if return_final_phase else audio


def _check_shapes(f0_hz: Tensor, harmonic_amplitudes: Tensor) -> None:
    if f0_hz.ndim != 2 or harmonic_amplitudes.ndim != 3 or harmonic_amplitudes.shape[:2] != f0_hz.shape:
        raise ValueError(
            f"f0_hz must be [batch, frames] and harmonic_amplitudes [batch, frames, harmonics], not "
            f"{tuple(f0_hz.shape)} and {tuple(harmonic_amplitudes.shape)}."
        )


def _per_oscillator(initial_phase: Tensor | float | None, like: Tensor, multiples: Tensor) -> Tensor | None:
    """[batch] or a number -> [batch, sines], multiplied; [batch, sines] stays as it is."""
    if initial_phase is None:
        return None
    phase = torch.as_tensor(initial_phase, device=like.device)
    if phase.ndim == 2:
        return phase
    return phase.expand(like.shape[0])[:, None] * multiples.to(phase.dtype if phase.is_floating_point() else like.dtype)


def phase_cycles(
    frequency_hz: Tensor, initial_phase, sample_rate: int, hop_size: int, hold_last_frame: bool = True
) -> tuple[Tensor, Tensor, Tensor]:
    """Phase at every sample: [..., frames] in Hz -> cycles and frequency [..., hops, hop_size], final phase [...] (rad).

    The frequency is a straight line inside a hop, so the phase there is a parabola in closed form, and only the phases
    at the frames are a running sum: short, and in float64.
    """
    device, dtype = frequency_hz.device, frequency_hz.dtype
    exact = frequency_hz if device.type != "mps" else frequency_hz.cpu()  # mps has no float64
    exact = exact.double()
    if hold_last_frame:
        exact = torch.cat([exact, exact[..., -1:]], dim=-1)
    elif exact.shape[-1] < 2:
        raise ValueError("Without holding the last frame at least two frames are needed.")
    now, step = exact[..., :-1] / sample_rate, exact.diff(dim=-1) / sample_rate
    advance = torch.cumsum(now * hop_size + step * ((hop_size - 1) / 2), dim=-1)
    start = torch.zeros_like(advance[..., 0])
    if initial_phase is not None:
        given = torch.as_tensor(initial_phase).to(device=exact.device, dtype=torch.float64)
        start = (given / (2 * math.pi)).expand(start.shape)
    at_frames = start[..., None] + torch.cat([torch.zeros_like(advance[..., :1]), advance], dim=-1)
    at_frames = at_frames - at_frames.detach().round()
    n = torch.arange(hop_size, dtype=torch.float64, device=exact.device)
    cycles = at_frames[..., :-1, None] + now[..., None] * n + step[..., None] * (n * (n - 1) / (2 * hop_size))
    cycles = cycles - cycles.detach().round()
    frequency = (now[..., None] + step[..., None] * (n / hop_size)).detach() * sample_rate
    final = at_frames[..., -1].remainder(1.0) * (2 * math.pi)
    if device.type != "mps":
        final = final.to(device)
    return cycles.to(dtype).to(device), frequency.to(dtype).to(device), final


def _sine(cycles: Tensor) -> Tensor:
    angle = cycles * (2 * math.pi)
    return torch.sin(angle) if angle.requires_grad else angle.sin_()


def _mix(sines: Tensor, amplitudes: Tensor, hop_size: int, method: str, hold_last_frame: bool) -> Tensor:
    """Sines [batch, hops, k, hop_size] in the mixtures of each frame [batch, frames, k], cross-faded -> [batch, samples]."""
    if hold_last_frame:
        amplitudes = torch.cat([amplitudes, amplitudes[:, -1:]], dim=1)
    weights = crossfade_weights(hop_size, method, dtype=sines.dtype, device=sines.device)
    mixtures = torch.stack([amplitudes[:, :-1], amplitudes[:, 1:]], dim=2)
    here, there = torch.matmul(mixtures, sines).unbind(2)
    return (here + (there - here) * weights).flatten(1, 2)
