"""The way from tensors to the compiled loops of `kernels`, and round them where they cannot go."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from types import ModuleType

import torch
from torch import Tensor


def loops_for(tensor: Tensor) -> ModuleType | None:
    """`kernels`, or None for a tensor that is not on the CPU, and where numba is missing or has nowhere to keep what
    it compiled. Whoever asks has a form in plain torch for that.   Lesson 2."""
    return _kernels() if tensor.device.type == "cpu" else None


@cache
def _kernels() -> ModuleType | None:
    try:
        from ddsp_course.dsp import kernels
    except (ImportError, RuntimeError):
        return None
    return kernels


def share_out(rows: int, work: Callable[[int, int], None], at_least: int = 64) -> None:
    """Let as many threads as torch uses do work(first, last) on parts of so many rows.

    Rows must not know each other: then not a bit of the result depends on the number of threads.   Lesson 2.
    """
    threads = max(1, min(torch.get_num_threads(), rows // at_least))
    if threads == 1:
        work(0, rows)
        return
    edges = [rows * i // threads for i in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, edges[:-1], edges[1:]))


def warm_up() -> None:
    """Compile the loops now rather than at the first sound: 10 seconds or so, once on a machine. Then they are on disk.
    Lesson 2."""
    from ddsp_course.dsp.losses import SpectralLoss
    from ddsp_course.dsp.oscillators import harmonic_synthesis

    f0, amplitudes = torch.full((1, 4), 440.0), torch.ones(1, 4, 3, requires_grad=True)
    audio = harmonic_synthesis(f0, amplitudes, sample_rate=16_000, hop_size=64)
    SpectralLoss((64,))(audio, torch.zeros_like(audio)).backward()
