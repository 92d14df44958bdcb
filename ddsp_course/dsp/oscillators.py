"""Sines, and sums of sines: the voiced half of every sound in this course."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ddsp_course.dsp.chords import chord
from ddsp_course.dsp.envelopes import crossfade_weights


def harmonic_frequencies(f0_hz: Tensor, n_harmonics: int) -> Tensor:
    """Whole-number multiples of a fundamental.

    f0_hz [batch, frames], in Hz  ->  [batch, frames, n_harmonics], in Hz.   Lesson 2.
    """
    return f0_hz[..., None] * torch.arange(1, n_harmonics + 1, device=f0_hz.device, dtype=f0_hz.dtype)


def normalize_harmonics(distribution: Tensor, f0_hz: Tensor, *, sample_rate: int) -> Tensor:
    """Silence every harmonic at or above half the sample rate, then let the rest sum to one.

    distribution [batch, frames, harmonics], at least 0; f0_hz [batch, frames], in Hz -> the same shape as distribution.
    The order matters: mask after normalising, and high notes lose level. A frame in which nothing is left is all zeros.
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

    The highest harmonic's phase is right to 1e-3 rad after ten minutes at 48 kHz. No [batch, samples, harmonics]
    tensor is ever made (see `chord`). Raises ValueError if shapes disagree.
    Lesson 2.   Engel et al. 2020, section 3.2, arXiv:2001.04643
    """
    if f0_hz.ndim != 2 or harmonic_amplitudes.ndim != 3 or harmonic_amplitudes.shape[:2] != f0_hz.shape:
        raise ValueError(
            f"f0_hz must be [batch, frames] and harmonic_amplitudes [batch, frames, harmonics], not "
            f"{tuple(f0_hz.shape)} and {tuple(harmonic_amplitudes.shape)}."
        )
    if harmonic_shifts is not None:
        n_harmonics = harmonic_amplitudes.shape[-1]
        if initial_phase is not None:
            phase = torch.as_tensor(initial_phase, dtype=torch.float64)
            initial_phase = phase if phase.ndim == 2 else phase[..., None] * torch.arange(1, n_harmonics + 1)
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
    cycles, final = phase_cycles(f0_hz, initial_phase, sample_rate, hop_size, hold_last_frame)
    frequencies = frame_pairs(f0_hz.detach(), hold_last_frame).flatten(0, 1)
    mixtures = frame_pairs(harmonic_amplitudes, hold_last_frame).flatten(0, 1)
    weights = crossfade_weights(hop_size, amplitude_method, dtype=f0_hz.dtype, device=f0_hz.device)
    audio = _audible_chord(cycles.flatten(0, 1), frequencies, mixtures, weights, sample_rate / 2)
    audio = audio.reshape(f0_hz.shape[0], -1)
    return (audio, final) if return_final_phase else audio


def _audible_chord(cycles: Tensor, frequencies: Tensor, mixtures: Tensor, weights: Tensor, limit_hz: float) -> Tensor:
    """`chord` without the harmonics at or above limit_hz; frequencies [hops, 2] are f0 at a hop's two ends.

    Most harmonics are audible for a whole hop or not at all. The few that cross the limit inside one are left out
    of the mixtures and added one by one.
    """
    hop_size, n_harmonics = cycles.shape[-1], mixtures.shape[-1]
    numbers = torch.arange(1, n_harmonics + 1, dtype=cycles.dtype, device=cycles.device)
    slope = (frequencies[:, 1:] - frequencies[:, :1]) / hop_size  # Hz per sample
    first, last = frequencies[:, :1], frequencies[:, :1] + slope * (hop_size - 1)
    at_first, at_last = first * numbers < limit_hz, last * numbers < limit_hz
    sometimes = at_first | at_last
    n_audible = max(1, int(sometimes.sum(-1).max()))  # the rest is silent everywhere: exact, and less to do
    always = (at_first & at_last)[:, None, :n_audible]
    audio = chord(cycles, mixtures[:, :, :n_audible] * always, weights)
    hop, k = torch.nonzero(at_first != at_last, as_tuple=True)
    if hop.numel() == 0:
        return audio
    n = torch.arange(hop_size, dtype=cycles.dtype, device=cycles.device)
    number = numbers[k][:, None]
    audible = (first[hop] + slope[hop] * n) * number < limit_hz
    here, there = mixtures[hop, :, k].unbind(1)
    amplitude = torch.lerp(here[:, None], there[:, None], weights)
    crossing = torch.sin(cycles[hop] * number * (2 * math.pi)) * amplitude * audible
    return audio.index_add(0, hop, crossing)


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
    cycles, final = phase_cycles(frequencies_hz, initial_phase, sample_rate, hop_size, hold_last_frame)
    ramp = torch.arange(hop_size, dtype=cycles.dtype, device=cycles.device) / hop_size
    now, following = frame_pairs(frequencies_hz.detach(), hold_last_frame)[..., None].unbind(2)
    frequency = now + (following - now) * ramp
    sines = torch.sin(cycles * (2 * math.pi)) * (frequency.abs() < sample_rate / 2)  # [batch, hops, sines, hop]
    weights = crossfade_weights(hop_size, amplitude_method, dtype=cycles.dtype, device=cycles.device)
    here, there = torch.matmul(frame_pairs(amplitudes, hold_last_frame), sines).unbind(2)
    audio = torch.lerp(here, there, weights).flatten(1, 2)
    return (audio, final) if return_final_phase else audio


def phase_cycles(
    frequency_hz: Tensor,
    initial_phase: Tensor | float | None,
    sample_rate: int,
    hop_size: int,
    hold_last_frame: bool = True,
) -> tuple[Tensor, Tensor]:
    """Phase, the area under the frequency curve, at every sample: in turns, and without the whole ones.

    frequency_hz [batch, frames, ...], initial_phase (radians; a number or [batch, ...]) -> cycles [batch, hops, ..., hop_size],
    between -0.5 and 0.5, and the phase of the sample after the last, [batch, ...], float64, in radians. Inside a hop
    the frequency is a straight line, so the phase is a parabola, known in closed form; only from frame to frame is it
    a running sum. The sum is kept in float64 and wrapped before it is rounded: at 1e7 rad neighbouring float32
    numbers are 1 rad apart. A device without float64 (mps) has this worked out on the CPU.   Lesson 1.
    """
    device, dtype = frequency_hz.device, frequency_hz.dtype
    exact = (frequency_hz.cpu() if device.type == "mps" else frequency_hz).double()
    now, following = (frame_pairs(exact, hold_last_frame) / sample_rate).unbind(2)  # turns per sample
    step = following - now
    start = torch.zeros_like(now[:, :1])
    if initial_phase is not None:
        given = torch.as_tensor(initial_phase).to(device=exact.device, dtype=torch.float64)
        start = start + given[:, None] / (2 * math.pi) if given.ndim else start + given / (2 * math.pi)
    advance = now * hop_size + step * ((hop_size - 1) / 2)
    at_frames = torch.cumsum(torch.cat([start, advance], dim=1), dim=1)
    n = torch.arange(hop_size, dtype=torch.float64, device=exact.device)
    cycles = at_frames[:, :-1, ..., None] + now[..., None] * n + step[..., None] * (n * (n - 1) / (2 * hop_size))
    cycles = cycles - cycles.detach().round()
    final = at_frames[:, -1].remainder(1.0) * (2 * math.pi)
    return cycles.to(dtype).to(device), final


def frame_pairs(frames: Tensor, hold_last_frame: bool = True) -> Tensor:
    """Each frame beside the one that follows: [batch, frames, ...] -> [batch, hops, 2, ...].   Lesson 3."""
    if hold_last_frame:
        frames = torch.cat([frames, frames[:, -1:]], dim=1)
    if frames.shape[1] < 2:
        raise ValueError("A sound needs at least one frame to hold, or two to go from one to the other.")
    return torch.stack([frames[:, :-1], frames[:, 1:]], dim=2)
