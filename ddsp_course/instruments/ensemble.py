"""All instruments by name, and one door to play them by hand: your own pitch, level and gate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from ddsp_course.data.config import AudioConfig, checked_config
from ddsp_course.data.types import Note, Performance
from ddsp_course.instruments.bowed_string import BOWED_STRING
from ddsp_course.instruments.performer import Gesture
from ddsp_course.instruments.reed import REED
from ddsp_course.instruments.room import room_impulse_response
from ddsp_course.instruments.studio import Instrument, check_seeds, in_performance
from ddsp_course.instruments.voice import VOICE

INSTRUMENTS: dict[str, Instrument] = {one.name: one for one in (BOWED_STRING, REED, VOICE)}
Curve = Tensor | np.ndarray | Sequence[float] | float


def play(
    instrument: str,
    f0_hz: Curve,
    level: Curve = 0.6,
    gate: Curve = 1.0,
    config: AudioConfig = AudioConfig(),
    *,
    seconds: float | None = None,
    seed: int = 0,
    noise_seed: int = 0,
    room: Tensor | None = None,
    body_seed: int = 0,
) -> Performance:
    """Play an instrument by hand: "bowed_string", "reed" or "voice", with curves of your own.   Lesson 9.

    f0_hz in Hz, level 0 to 1 and gate 0 (rest) to 1 (playing), each [frames], [1, frames] or one number for the whole
    time; if all three are numbers, `seconds` says how long. Frame i is the value at sample i * hop_size; in between,
    straight lines. `seed` draws what curves leave open (the vowels of the voice), `noise_seed` the noise of
    bow or breath. `room` [taps] replaces the default room; torch.ones(1) is no room. The notes of the result are read
    off the gate. Raises ValueError for a curve that is not finite, out of range, or of another length, and for
    seconds or seeds that make no sense.
    """
    if instrument not in INSTRUMENTS:
        raise ValueError(f"There is no instrument {instrument!r}; there are {', '.join(INSTRUMENTS)}.")
    config = checked_config(config)
    check_seeds(seed=seed, noise_seed=noise_seed, body_seed=body_seed)
    player = INSTRUMENTS[instrument]
    curves = {"f0_hz": as_curve(f0_hz), "level": as_curve(level), "gate": as_curve(gate)}
    lengths = {name: len(curve) for name, curve in curves.items() if len(curve) > 1}
    if seconds is not None:
        if not 0 < seconds < float("inf"):
            raise ValueError(f"seconds must be above 0, not {seconds}.")
        lengths["seconds"] = round(seconds * config.frame_rate)
    if len(set(lengths.values())) != 1:
        found = ", ".join(f"{name} {length}" for name, length in lengths.items()) or "none of them has a length"
        raise ValueError(f"f0_hz, level and gate must have one number of frames (or give seconds), but: {found}.")
    frames = next(iter(lengths.values()))
    if frames < 2:
        raise ValueError(f"A sound needs at least 2 frames, not {frames}.")
    bounds = {"f0_hz": (player.lowest_hz, player.highest_hz), "level": (0.0, 1.0), "gate": (0.0, 1.0)}
    for name, (lowest, highest) in bounds.items():
        curves[name] = np.broadcast_to(curves[name], frames).copy()
        if not np.all((curves[name] >= lowest) & (curves[name] <= highest)):
            raise ValueError(
                f"{name} of the {instrument} must lie between {lowest:g} and {highest:g} in every frame, "
                f"but it goes from {curves[name].min():g} to {curves[name].max():g}."
            )
    gesture = Gesture(**curves, stroke=np.ones(frames), config=config, notes=notes_of(curves, config), seed=seed)
    dry = player.sound(gesture, np.random.default_rng([noise_seed, 2]), body_seed)
    room = room_impulse_response(config=config) if room is None else room
    return in_performance(gesture, dry, room, f"{instrument}_by_hand")


def as_curve(values: Curve) -> np.ndarray:
    """Any of the forms a curve may come in, as [frames] (one number is one frame)."""
    curve = np.array(values.detach().cpu().numpy() if isinstance(values, Tensor) else values, dtype=np.float64)
    if curve.ndim > 2 or (curve.ndim == 2 and len(curve) != 1):
        raise ValueError(f"play() takes one curve of each kind, [frames] or [1, frames], not {list(curve.shape)}.")
    return curve.reshape(-1)


def notes_of(curves: dict[str, np.ndarray], config: AudioConfig) -> tuple[Note, ...]:
    """One note for each stretch of open gate: its median pitch, its highest level."""
    playing = np.concatenate([[False], curves["gate"] > 0.5, [False]])
    edges = np.flatnonzero(playing[1:] != playing[:-1])
    notes = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        midi = 69 + 12 * np.log2(np.median(curves["f0_hz"][start:end]) / 440)
        level = float(curves["level"][start:end].max())
        notes.append(Note(start / config.frame_rate, end / config.frame_rate, float(midi), "by hand", level))
    return tuple(notes)
