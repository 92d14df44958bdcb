"""Sines, and sums of sines: the voiced half of every sound in this course."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ddsp_course.dsp.checks import check_between
from ddsp_course.dsp.chords import harmonic_hops
from ddsp_course.dsp.envelopes import crossfade_weights, frame_pairs
from ddsp_course.dsp.phase import phase_at_frames, phase_cycles
from ddsp_course.dsp.precision import at_least_float32, full_precision


def harmonic_frequencies(f0_hz: Tensor, n_harmonics: int) -> Tensor:
    """Whole-number multiples of a fundamental.

    f0_hz [batch, frames], in Hz  ->  [batch, frames, n_harmonics], in Hz.   Lesson 2.
    """
    return f0_hz[..., None] * torch.arange(1, n_harmonics + 1, device=f0_hz.device, dtype=f0_hz.dtype)


def normalize_harmonics(distribution: Tensor, f0_hz: Tensor, *, sample_rate: int) -> Tensor:
    """Silence every harmonic at or above half the sample rate, then let the rest sum to one.

    distribution [batch, frames, harmonics], at least 0; f0_hz [batch, frames], in Hz -> the same shape as distribution.
    The order matters: mask after normalising, and high notes lose level. A frame in which nothing is left is all zeros.
    Lesson 2.   Engel et al. 2020, section 3.2, arXiv:2001.04643
    """
    audible = harmonic_frequencies(f0_hz, distribution.shape[-1]) < sample_rate / 2
    masked = torch.where(audible, distribution, torch.zeros_like(distribution))
    total = masked.sum(-1, keepdim=True)
    return masked / torch.where(total > 1e-12, total, torch.ones_like(total))


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
) -> Tensor | tuple[Tensor, Tensor]:
    """A choir of sines at whole-number multiples of one fundamental, each with its own moving amplitude.

    f0_hz [batch, frames], in Hz; harmonic_amplitudes [batch, frames, harmonics], linear -> audio [batch, frames *
    hop_size]. Sample 0 has exactly initial_phase (radians, a number or [batch], default 0; harmonic k starts at k
    times it); sample n adds 2 pi / sample_rate times the sum of f0 over samples 0 to n - 1. f0 moves in straight lines
    from frame to frame, amplitudes as amplitude_method says (see `upsample`). A harmonic at or above half the sample
    rate is silent, sample by sample, inside glides too.

    harmonic_shifts [batch, frames, harmonics] bends harmonic k to k * f0 * (1 + shift), as stiff strings do.
    return_final_phase=True returns (audio, phase of the sample after the last): float64, radians, [batch], with shifts
    [batch, harmonics]. Give it to the next part as initial_phase. hold_last_frame=False ends on the last frame instead
    of holding it, one hop earlier: two such parts that share a frame, joined, equal the whole.

    The highest harmonic's phase is right to 1e-3 rad after ten minutes at 48 kHz. Without shifts no [batch, samples,
    harmonics] tensor is ever made (see `harmonic_hops`), and no forward-mode gradient (torch.func.jvp) is to be had:
    asked for one, it raises RuntimeError. What is no finite number in f0 is heard as NaN. Raises ValueError if shapes
    disagree.
    Lesson 2.   Engel et al. 2020, section 3.2, arXiv:2001.04643
    """
    if f0_hz.ndim != 2 or harmonic_amplitudes.ndim != 3 or harmonic_amplitudes.shape[:2] != f0_hz.shape:
        raise ValueError(
            f"f0_hz must be [batch, frames] and harmonic_amplitudes [batch, frames, harmonics], not "
            f"{tuple(f0_hz.shape)} and {tuple(harmonic_amplitudes.shape)}."
        )
    check_between(sample_rate, 0, math.inf, "sample_rate", "Hz")
    f0_hz, harmonic_amplitudes = at_least_float32(f0_hz, harmonic_amplitudes)
    if harmonic_shifts is not None:
        if harmonic_shifts.shape != harmonic_amplitudes.shape:
            raise ValueError(
                f"harmonic_shifts must be [batch, frames, harmonics] as harmonic_amplitudes are, not "
                f"{tuple(harmonic_shifts.shape)} and {tuple(harmonic_amplitudes.shape)}."
            )
        n_harmonics = harmonic_amplitudes.shape[-1]
        if initial_phase is not None:
            phase = torch.as_tensor(initial_phase).cpu().double()
            initial_phase = phase if phase.ndim == 2 else phase.reshape(-1, 1) * torch.arange(1, n_harmonics + 1)
        return sinusoidal_synthesis(
            harmonic_frequencies(f0_hz, n_harmonics) * (1.0 + harmonic_shifts),
            harmonic_amplitudes,
            sample_rate=sample_rate,
            hop_size=hop_size,
            initial_phase=initial_phase,
            return_final_phase=return_final_phase,
            amplitude_method=amplitude_method,
            hold_last_frame=hold_last_frame,
        )
    start, final = phase_at_frames(f0_hz, initial_phase, sample_rate, hop_size, hold_last_frame)
    audio = harmonic_hops(
        start.flatten(),
        frame_pairs(f0_hz, hold_last_frame).flatten(0, 1),
        frame_pairs(harmonic_amplitudes, hold_last_frame).flatten(0, 1),
        crossfade_weights(hop_size, amplitude_method, dtype=f0_hz.dtype, device=f0_hz.device),
        sample_rate,
    ).reshape(f0_hz.shape[0], -1)
    return (audio, final) if return_final_phase else audio


@full_precision
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
) -> Tensor | tuple[Tensor, Tensor]:
    """A bank of sines, each with its own frequency and amplitude, free of one another.

    frequencies_hz and amplitudes [batch, frames, sines], in Hz and linear -> audio [batch, frames * hop_size]. Frames,
    phases and the other arguments as in `harmonic_synthesis`; initial_phase is a number or [batch, sines] (radians),
    the final phase [batch, sines]. A sine at or above half the sample rate is silent.
    Raises ValueError if shapes disagree.   Lesson 1.   Serra and Smith 1990
    """
    if frequencies_hz.ndim != 3 or frequencies_hz.shape != amplitudes.shape:
        raise ValueError(
            f"frequencies_hz and amplitudes must both be [batch, frames, sines], not {tuple(frequencies_hz.shape)} "
            f"and {tuple(amplitudes.shape)}."
        )
    check_between(sample_rate, 0, math.inf, "sample_rate", "Hz")
    frequencies_hz, amplitudes = at_least_float32(frequencies_hz, amplitudes)
    start, final = phase_at_frames(frequencies_hz, initial_phase, sample_rate, hop_size, hold_last_frame)
    pairs = frame_pairs(frequencies_hz, hold_last_frame).movedim(2, -1)  # [batch, hops, sines, 2]
    angle = phase_cycles(start, pairs, sample_rate, hop_size) * (2 * math.pi)
    now, following = pairs.detach()[..., None].unbind(-2)
    frequency = now + (following - now) * crossfade_weights(hop_size, "linear", dtype=now.dtype, device=now.device)
    sines = torch.sin(angle) * (frequency.abs() < sample_rate / 2)  # [batch, hops, sines, hop]
    weights = crossfade_weights(hop_size, amplitude_method, dtype=angle.dtype, device=angle.device)
    here, there = torch.matmul(frame_pairs(amplitudes, hold_last_frame), sines).unbind(2)
    audio = torch.lerp(here, there, weights).flatten(1, 2)
    return (audio, final) if return_final_phase else audio
