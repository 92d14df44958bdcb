"""Where in a performance somebody plays a note, and where there is only room, breath or hiss."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from ddsp_course.data import Features

QUIETEST_NOTE_DB = -60.0
"""What lies below is silence, however confident the tracker: a full-scale sine reads about +20 dB on this scale."""


def runs(mask: Tensor) -> Iterator[tuple[int, int]]:
    """The stretches of a yes/no curve that are yes, as (first frame, first frame after).

    mask [frames], bool.   Lesson 12.
    """
    padded = torch.nn.functional.pad(mask.to("cpu", torch.int8), (1, 1))
    edges = padded.diff().nonzero()[:, 0].tolist()
    return zip(edges[0::2], edges[1::2], strict=True)


def hysteresis(starts: Tensor, lasts: Tensor) -> Tensor:
    """A note is a stretch that passes the easy test throughout, and the hard one at least once.

    One threshold flickers wherever a curve hovers about it; two do not. starts (the hard test) and lasts (the easy
    one), bool [batch, frames] -> bool [batch, frames].   Lesson 12.   Canny 1986, in one dimension.
    """
    mask = torch.zeros_like(starts)
    for row, (start, last) in enumerate(zip(starts, lasts | starts, strict=True)):
        for first, end in runs(last):
            mask[row, first:end] = start[first:end].any()
    return mask


def without_blips(mask: Tensor, *, shortest_note: int, shortest_gap: int) -> Tensor:
    """Close gaps too short to be rests, then drop what is too short to be a note.

    mask bool [batch, frames]; lengths in frames -> bool [batch, frames].   Lesson 12.
    """
    mask = mask.clone()
    for row in mask:
        for first, end in list(runs(~row)):
            if end - first < shortest_gap and first > 0 and end < len(row):
                row[first:end] = True
        for first, end in list(runs(row)):
            if end - first < shortest_note:
                row[first:end] = False
    return mask


def note_mask(
    features: Features,
    *,
    start_confidence: float = 0.8,
    stop_confidence: float = 0.5,
    start_db: float = -30.0,
    stop_db: float = -40.0,
    shortest_note_s: float = 0.06,
    shortest_gap_s: float = 0.04,
) -> Tensor:
    """Where notes sound: sure of the pitch and loud enough, with a lower bar for going on than for starting.

    start_db and stop_db count from the loud frames (the 95th percentile of those with a sure pitch, over the whole
    batch, whose rows are parts of one performance); lengths in seconds -> bool [batch, frames].   Lesson 12.
    """
    sure = features.confidence >= start_confidence
    if not sure.any():
        return torch.zeros_like(sure)
    loud = torch.quantile(features.loudness_db[sure], 0.95)
    level = features.loudness_db - loud
    starts = sure & (level >= start_db)
    lasts = (features.confidence >= stop_confidence) & (level >= stop_db)
    audible = features.loudness_db >= QUIETEST_NOTE_DB
    rate = features.config.frame_rate
    return without_blips(
        hysteresis(starts & audible, lasts & audible),
        shortest_note=round(shortest_note_s * rate),
        shortest_gap=round(shortest_gap_s * rate),
    )


def nearest_note_frame(mask: Tensor) -> Tensor:
    """For every frame the nearest one that sounds (itself, if it does): where a rest looks for its neighbours.

    mask bool [batch, frames] -> int64 [batch, frames], out of reach in a row that is all rest.   Lesson 12.
    """
    frames = mask.shape[-1]
    here = torch.arange(frames, device=mask.device).expand_as(mask)
    before = here.masked_fill(~mask, -frames).cummax(-1).values
    after = here.masked_fill(~mask, 2 * frames).flip(-1).cummin(-1).values.flip(-1)
    return torch.where(here - before <= after - here, before, after)


def hold_through_rests(curve: Tensor, mask: Tensor) -> Tensor:
    """A curve whose rests hold the value of the nearest note: nothing jumps while a note fades out.

    curve [batch, frames], mask bool [batch, frames] -> [batch, frames].   Lesson 12.
    """
    return curve.gather(-1, nearest_note_frame(mask).clamp(0, mask.shape[-1] - 1))


def note_fade(mask: Tensor, *, frame_rate: float, ramp_s: float = 0.016) -> Tensor:
    """1 in every note, 0 in the rests, and between them half a cosine outside of the note.

    mask bool [batch, frames]; frame_rate in Hz; ramp_s in seconds -> gain from 0 to 1, [batch, frames].   Lesson 12.
    """
    here = torch.arange(mask.shape[-1], device=mask.device)
    distance = (nearest_note_frame(mask) - here).abs() / (ramp_s * frame_rate + 1)
    return 0.5 + 0.5 * torch.cos(math.pi * distance.clamp(max=1.0))
