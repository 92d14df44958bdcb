"""A delay that moves: vibrato, chorus and flanger are one line of code with three settings."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ddsp_course.dsp.checks import as_sound


def fractional_delay(audio: Tensor, delay: Tensor) -> Tensor:
    """Read a sound some samples late, a number of samples that may move and need not be whole.

    audio [batch, n]; delay [batch, n] or [1, n], in samples, at least 0 -> [batch, n]: sample i is the sound at i -
    delay_i, on the straight line between the two samples around it; before the beginning there was silence. Gradients
    reach audio and delay: how much a moment's delay matters is how steep the sound is there. Half a sample late is a
    mean of two neighbours, which is 3 dB down at a quarter of the sample rate.
    Raises ValueError if a delay is negative or shapes disagree.   Lesson 15.   Laakso et al. 1996
    """
    if audio.ndim != 2 or delay.ndim != 2 or delay.shape not in (audio.shape, (1, audio.shape[-1])):
        raise ValueError(
            f"audio must be [batch, n] and delay [batch, n] or [1, n], "
            f"not {tuple(audio.shape)} and {tuple(delay.shape)}."
        )
    audio = as_sound(audio)
    n = audio.shape[-1]
    delay = delay.to(audio.dtype).expand(audio.shape)
    least, most = (float(each) for each in delay.detach().aminmax()) if delay.numel() else (0.0, 0.0)
    if not 0 <= least <= most < float("inf"):
        raise ValueError(f"A delay must be at least 0 samples, not {least:.4g}, and finite.")
    whole = delay.detach().floor()
    fraction = delay - whole
    longest = int(most) + 1
    padded = F.pad(audio, (longest, 0))
    newer = torch.arange(n, device=audio.device) + longest - whole.long()
    newer = newer.clamp(1, n + longest - 1)
    return torch.lerp(padded.gather(1, newer), padded.gather(1, newer - 1), fraction)


def modulated_delay(
    audio: Tensor,
    phase: Tensor,
    *,
    centre_ms: float,
    depth_ms: float,
    gain: Tensor | float,
    sample_rate: int,
    add_dry: bool = True,
) -> Tensor:
    """Add a copy of the sound to itself, late by a time that moves.

    audio [batch, n]; phase [batch, n], from 0 (delay centre_ms - depth_ms) through 0.5 (centre_ms) to 1 (centre_ms +
    depth_ms); gain of the copy, a number, [batch, n] or [batch, 1] -> [batch, n], audio + gain * delayed (the copy
    alone with add_dry=False). Delays that fall between two samples are read on the straight line between them; before
    the beginning there was silence. Gradients reach audio, phase and gain. Raises ValueError if the delay would reach
    into the future (depth_ms > centre_ms) or shapes disagree.   Lesson 15.   Dattorro 1997
    """
    if not 0 <= depth_ms <= centre_ms:
        raise ValueError(
            f"The delay moves over centre_ms +- depth_ms and must never be negative: "
            f"0 <= depth_ms <= centre_ms, not {depth_ms} and {centre_ms} ms."
        )
    if audio.ndim != 2 or audio.shape != phase.shape:
        raise ValueError(f"audio and phase must both be [batch, n], not {tuple(audio.shape)} and {tuple(phase.shape)}.")
    delay = (centre_ms + depth_ms * (2.0 * phase - 1.0)) * (sample_rate / 1000.0)
    delayed = fractional_delay(audio, delay)
    return gain * delayed + audio if add_dry else gain * delayed
