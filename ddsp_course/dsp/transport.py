"""How far energy must be carried along the frequency axis to turn one spectrum into another."""

from __future__ import annotations

import torch
from torch import Tensor

TOTAL_FLOOR = 1e-20


def spectral_transport_distance(ours: Tensor, theirs: Tensor, positions: Tensor, *, order: int = 1) -> Tensor:
    """The least work that turns one spectrum into another: energy times the way it is carried.

    ours and theirs [..., bins], at least 0, magnitudes or powers; positions [bins], where the bins lie, rising, in Hz
    or in any unit -> [...]. Each spectrum is divided by its sum first, so only shape counts, not level. order=1: the
    mean way, in the unit of positions, which is the area between the two cumulative sums. order=2: the mean *squared*
    way, between the two quantile functions. Two single lines are as far apart as their positions differ (squared, for
    order 2), whether they overlap or not. A spectrum of nothing counts as flat. Raises ValueError if shapes disagree,
    positions do not rise, or for any other order.
    Lesson 19.   Torres, Peeters and Richard 2024, arXiv:2312.14507
    """
    if ours.shape != theirs.shape or ours.ndim < 1 or positions.shape != ours.shape[-1:]:
        raise ValueError(
            f"ours and theirs must both be [..., bins] and positions [bins], not {tuple(ours.shape)}, "
            f"{tuple(theirs.shape)} and {tuple(positions.shape)}."
        )
    steps = positions.detach().diff()
    if (steps <= 0).any():
        raise ValueError("positions must rise from bin to bin.")
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2, not {order!r}.")
    ours, theirs = (_cumulative(spectrum) for spectrum in (ours, theirs))
    if order == 1:
        return ((ours - theirs)[..., :-1].abs() * steps).sum(-1)
    # Both quantile functions are steps: between neighbours among the levels at which either jumps, both stand still.
    levels = torch.cat([ours[..., :-1], theirs], dim=-1).sort(dim=-1).values
    middle = levels.detach()
    middle = 0.5 * (middle + torch.nn.functional.pad(middle[..., :-1], (1, 0)))
    there, here = (
        positions[torch.searchsorted(each.detach().contiguous(), middle).clamp_max(each.shape[-1] - 1)]
        for each in (theirs, ours)
    )
    widths = levels.diff(dim=-1, prepend=torch.zeros_like(levels[..., :1]))
    return (widths * (here - there).square()).sum(-1)


def _cumulative(spectrum: Tensor) -> Tensor:
    """What share of a spectrum lies at each bin or below: 1 at the last."""
    lifted = spectrum + TOTAL_FLOOR
    return (lifted / lifted.sum(-1, keepdim=True)).cumsum(-1)
