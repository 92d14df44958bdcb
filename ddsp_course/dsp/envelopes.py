"""From a few hundred numbers a second to many thousand: how controls fill the samples between their frames."""

from __future__ import annotations

import torch
from torch import Tensor

from ddsp_course.dsp.tables import kept

METHODS = ("hold", "linear", "hann")


def upsample(frames: Tensor, hop_size: int, method: str = "linear") -> Tensor:
    """Fill in the samples between the frames; frame i is the value at sample i * hop_size, exactly.

    frames [batch, frames] or [batch, frames, channels] -> [batch, frames * hop_size] or [..., channels].
    "hold" repeats each frame (and puts sidebands around every tone), "linear" draws straight lines, "hann" overlaps
    periodic Hann windows of 2 * hop_size by half, which sum to one. The last frame is held to the end.
    Raises ValueError for another method, another shape, no frames, or a hop below 1.
    Lesson 3.   Engel et al. 2020, section 3.3, arXiv:2001.04643
    """
    if frames.ndim not in (2, 3) or frames.shape[1] == 0:
        raise ValueError(
            f"upsample needs [batch, frames] or [batch, frames, channels] with at least one frame, "
            f"not {tuple(frames.shape)}."
        )
    frames = frames if frames.is_floating_point() else frames.float()
    weights = crossfade_weights(hop_size, method, dtype=frames.dtype, device=frames.device)
    weights = weights.reshape(-1, *[1] * (frames.ndim - 2))
    following = torch.cat([frames[:, 1:], frames[:, -1:]], dim=1)
    filled = frames[:, :, None] + (following - frames)[:, :, None] * weights
    return filled.flatten(1, 2)


def crossfade_weights(
    hop_size: int, method: str, *, dtype: torch.dtype = torch.float32, device: torch.device | str | None = None
) -> Tensor:
    """How much of the next frame there is in each sample after this one: from 0 towards 1 over a hop.

    -> [hop_size], 0 at the frame itself. A windowed sum of frames and a cross-fade between neighbours are the same
    thing: the falling half of one window and the rising half of the next. Raises ValueError for an unknown method or
    a hop below 1.   Lesson 3.
    """
    return _crossfade(hop_size, method, dtype, torch.device(device or "cpu")).clone()


@kept(maxsize=64)
def _crossfade(hop_size: int, method: str, dtype: torch.dtype, device: torch.device) -> Tensor:
    if hop_size < 1:
        raise ValueError(f"hop_size must be at least 1 sample, not {hop_size}.")
    position = torch.arange(hop_size, dtype=torch.float64) / hop_size
    if method == "hold":
        position = torch.zeros_like(position)
    elif method == "hann":
        position = 0.5 - 0.5 * torch.cos(torch.pi * position)
    elif method != "linear":
        raise ValueError(f"method must be one of {', '.join(METHODS)}, not {method!r}.")
    return position.to(dtype=dtype, device=device)


def frame_pairs(frames: Tensor, hold_last_frame: bool = True) -> Tensor:
    """Each frame beside the one that follows it: the two ends of every hop.

    frames [batch, frames, ...] -> [batch, hops, 2, ...]: as many hops as frames if the last one is held, else one
    fewer. Raises ValueError if no hop is left.   Lesson 3.
    """
    following = torch.cat([frames[:, 1:], frames[:, -1:]], dim=1) if hold_last_frame else frames[:, 1:]
    if following.shape[1] == 0:
        raise ValueError("A sound needs at least one frame to hold, or two to go from one to the other.")
    return torch.stack([frames if hold_last_frame else frames[:, :-1], following], dim=2)


def overlap_add(pieces: Tensor, hop_size: int) -> Tensor:
    """Lay pieces down hop_size samples apart and add up where they lie on one another.

    pieces [batch, count, length] -> [batch, (count - 1) * hop_size + length rounded up to whole hops].   Lesson 3.
    """
    return _OverlapAdd.apply(pieces, hop_size)


class _OverlapAdd(torch.autograd.Function):
    """Adding pieces up and cutting a sound into pieces are each other's transpose: the one is the other's gradient."""

    @staticmethod
    def forward(ctx, pieces: Tensor, hop_size: int) -> Tensor:
        batch, count, length = pieces.shape
        ctx.hop_size, ctx.length = hop_size, length
        hops = -(-length // hop_size)
        if hops * hop_size != length:
            pieces = torch.nn.functional.pad(pieces, (0, hops * hop_size - length))
        pieces = pieces.reshape(batch, count, hops, hop_size)
        total = pieces.new_zeros(batch, count + hops - 1, hop_size)
        for i in range(hops):
            total[:, i : i + count] += pieces[:, :, i]
        return total.flatten(1, 2)

    @staticmethod
    def backward(ctx, gradient: Tensor):
        hops = -(-ctx.length // ctx.hop_size)
        return gradient.unfold(-1, hops * ctx.hop_size, ctx.hop_size)[..., : ctx.length], None


def equal_power_crossfade(first: Tensor, second: Tensor, overlap: int) -> Tensor:
    """Join two sounds, the first fading out while the second fades in, without a dip in level.

    first [..., n], second [..., m] -> [..., n + m - overlap]. Cosine and sine fades keep the sum of the two *powers*
    at one, which is right for sounds that have nothing to do with each other; for two copies of the same sound it
    bulges by 3 dB. Raises ValueError if the overlap is negative or longer than either.   Lesson 3.
    """
    if not 0 <= overlap <= min(first.shape[-1], second.shape[-1]):
        raise ValueError(
            f"overlap must lie between 0 and the shorter sound ({min(first.shape[-1], second.shape[-1])} samples), "
            f"not {overlap}."
        )
    angle = (torch.arange(overlap, dtype=first.dtype, device=first.device) + 0.5) * (torch.pi / 2 / max(1, overlap))
    n = first.shape[-1] - overlap
    both = first[..., n:] * torch.cos(angle) + second[..., :overlap] * torch.sin(angle)
    return torch.cat([first[..., :n], both, second[..., overlap:]], dim=-1)
