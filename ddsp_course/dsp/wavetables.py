"""Lookup synthesis: one period of a sound in a table, read faster or slower."""

from __future__ import annotations

import torch
from torch import Tensor

from ddsp_course.dsp.envelopes import crossfade_weights, frame_pairs, upsample
from ddsp_course.dsp.phase import phase_at_frames, phase_cycles
from ddsp_course.dsp.precision import at_least_float32


def wavetable_synthesis(
    f0_hz: Tensor,
    amplitudes: Tensor,
    wavetables: Tensor,
    *,
    sample_rate: int,
    hop_size: int,
    initial_phase: Tensor | float | None = None,
    amplitude_method: str = "hann",
) -> Tensor:
    """Read one period, drawn in a table, f0 times a second.

    f0_hz and amplitudes [batch, frames], in Hz and linear; wavetables [size], [batch, size] or [batch, frames, size]
    (the table may change from frame to frame, in straight lines) -> audio [batch, frames * hop_size]. Between two
    entries the value lies on a straight line, and after the last comes the first. Phase as in `harmonic_synthesis`:
    sample 0 reads at initial_phase (radians, default 0: the first entry). Nothing is removed: a table's mean stays in
    the sound, and partials above half the sample rate alias (`band_limit` takes them out first). Gradients reach f0,
    amplitudes and tables.
    Raises ValueError if shapes disagree.   Lessons 13 and 15.   Shan et al. 2022, arXiv:2111.10003
    """
    if f0_hz.ndim != 2:
        raise ValueError(f"f0_hz must be [batch, frames], not {list(f0_hz.shape)}.")
    batch, frames = f0_hz.shape
    f0_hz, amplitudes, wavetables = at_least_float32(f0_hz, amplitudes, wavetables)
    tables = wavetables
    if tables.ndim == 1:
        tables = tables.expand(batch, -1)
    if tables.ndim == 2:
        tables = tables[:, None].expand(-1, frames, -1)
    if f0_hz.shape != amplitudes.shape or tables.ndim != 3 or tables.shape[:2] != (batch, frames):
        raise ValueError(
            f"f0_hz and amplitudes must be [batch, frames] and wavetables [size], [batch, size] or "
            f"[batch, frames, size], not {tuple(f0_hz.shape)}, {tuple(amplitudes.shape)} and {tuple(wavetables.shape)}."
        )
    size = tables.shape[-1]
    start, _ = phase_at_frames(f0_hz, initial_phase, sample_rate, hop_size)
    cycles = phase_cycles(start, frame_pairs(f0_hz), sample_rate, hop_size)
    place = cycles.remainder(1.0) * size  # [batch, frames, hop]
    entry = place.detach().floor().long()
    between = place - entry
    here, following = entry % size, (entry + 1) % size

    def read(table: Tensor) -> Tensor:
        return torch.lerp(table.gather(2, here), table.gather(2, following), between)

    now = read(tables)
    if wavetables.ndim == 3:
        then = read(torch.cat([tables[:, 1:], tables[:, -1:]], dim=1))
        now = torch.lerp(now, then, crossfade_weights(hop_size, "linear", dtype=now.dtype, device=now.device))
    return now.flatten(1, 2) * upsample(amplitudes, hop_size, amplitude_method)


def band_limit(wavetables: Tensor, f0_hz: Tensor, *, sample_rate: int) -> Tensor:
    """Leave out of a table what would alias at a pitch: a table for each frame.

    wavetables [size], [batch, size] or [batch, frames, size]; f0_hz [batch, frames], in Hz -> [batch, frames, size]:
    harmonic k stays, untouched, where k * f0 < sample_rate / 2, and goes elsewhere. The mean stays. What
    `wavetable_synthesis` still adds above are the corners of its straight lines, less the larger the table is.
    Gradients reach the tables. Raises ValueError if shapes disagree.   Lesson 15.
    """
    tables = wavetables.expand(len(f0_hz), -1) if wavetables.ndim == 1 else wavetables
    tables = tables[:, None] if tables.ndim == 2 else tables
    if f0_hz.ndim != 2 or tables.ndim != 3 or len(tables) != len(f0_hz) or tables.shape[1] not in (1, f0_hz.shape[1]):
        raise ValueError(
            f"f0_hz must be [batch, frames] and wavetables [size], [batch, size] or [batch, frames, size], not "
            f"{tuple(f0_hz.shape)} and {tuple(wavetables.shape)}."
        )
    size = tables.shape[-1]
    harmonic = torch.arange(size // 2 + 1, device=tables.device)
    stays = harmonic * f0_hz.detach()[..., None] < sample_rate / 2
    return torch.fft.irfft(torch.fft.rfft(tables) * stays, size)
