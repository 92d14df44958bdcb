"""The performer: turns a seed into music, as the curves an instrument is played with.

First a score is drawn, phrase by phrase, in seconds. Then it is drawn as curves on the frame grid: what to play
(pitch), how loud (level), whether to play at all (gate) and, for a bow, in which direction (stroke).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ddsp_course.data.config import AudioConfig
from ddsp_course.data.types import Note

Curve = np.ndarray
SCALES = (
    (0, 2, 4, 5, 7, 9, 11),  # major
    (0, 2, 3, 5, 7, 8, 10),  # natural minor
    (0, 2, 3, 5, 7, 8, 11),  # harmonic minor
    (0, 2, 3, 5, 7, 9, 10),  # Dorian
    (0, 2, 4, 7, 9),  # pentatonic
    tuple(range(12)),  # chromatic
)
BEATS = ((0.25, 0.08), (0.5, 0.42), (1.0, 0.32), (1.5, 0.13), (2.0, 0.05))
"""Lengths of notes in beats, each with its probability."""


@dataclass(frozen=True)
class Style:
    """What suits an instrument: its range in MIDI notes, its vibrato in cents, how often each way of playing is chosen.

    `centre_midi` and `spread` (semitones) say where its phrases lie.   Lesson 8.
    """

    lowest_midi: int
    highest_midi: int
    centre_midi: float
    spread: float = 8.0
    vibrato_cents: tuple[float, float] = (6.0, 32.0)
    legato: float = 0.3
    detache: float = 0.15
    staccato: float = 0.1
    sustained: float = 0.25
    mixed: float = 0.2
    portamento: float = 0.15
    """The share of slurred notes that are reached by an audible slide."""
    glide_s: tuple[float, float] = (0.006, 0.016)
    """How long the pitch takes from note to note."""
    slide_s: tuple[float, float] = (0.08, 0.16)


@dataclass(frozen=True)
class Gesture:
    """What the player does, frame by frame; entry i is the value at sample i * hop_size.

    f0_hz [frames] in Hz, level [frames] from 0 (as soft as it goes) to 1, gate [frames] from 0 (rest) to 1 (playing),
    stroke [frames] +1 for a down-bow and -1 for an up-bow, all float64; `notes` as they were meant; `seed` draws what
    is left to the instrument, such as the vowels of a song.   Lesson 8.
    """

    f0_hz: Curve
    level: Curve
    gate: Curve
    stroke: Curve
    config: AudioConfig
    notes: tuple[Note, ...] = ()
    seed: int = 0

    @property
    def frames(self) -> int:
        return len(self.f0_hz)


@dataclass(frozen=True)
class PlannedNote:
    """A note of the score: its slot in time, and how it is to be played within it. Times in seconds."""

    start_s: float
    end_s: float
    release_s: float
    midi: int
    articulation: str
    level: float
    swell: int
    vibrato_cents: float
    vibrato_hz: float
    vibrato_onset_s: float
    glide_s: float
    stroke: int


def perform(
    seconds: float, style: Style, seed: int, config: AudioConfig, reading: tuple[int, ...] | None = None
) -> Gesture:
    """Music for one take: the same seed gives the same notes at every sample rate.   Lesson 8.

    seconds of the take; the result has round(seconds * frame_rate) frames. reading: seeds of another performer, who
    plays the same notes with a vibrato, slides, swells and an unsteadiness of their own (Lesson 21).
    """
    rng = np.random.default_rng([seed, 1])
    other = None if reading is None else np.random.default_rng([*reading, 4])
    score = write_score(seconds, style, rng, other)
    rng = rng if other is None else other
    times = np.arange(round(seconds * config.frame_rate)) / config.frame_rate
    pitch = pitch_curve(score, times) + (vibrato_cents(score, times) + 4.0 * wander(rng, times, 2.0)) / 100
    tremor = 1 + np.clip(0.06 * wander(rng, times, 8.0), -0.15, 0.15)
    notes = tuple(Note(n.start_s, n.release_s, float(n.midi), n.articulation, n.level) for n in score)
    return Gesture(
        f0_hz=440.0 * 2.0 ** ((pitch - 69.0) / 12.0),
        level=np.clip(level_curve(score, times) * tremor, 0.0, 1.0),
        gate=gate_curve(score, times),
        stroke=smooth(held(score, times, lambda note: note.stroke), 0.016, config.frame_rate),
        config=config,
        notes=notes,
        seed=seed,
    )


# --- the score ------------------------------------------------------------------------------------------------------


def write_score(
    seconds: float, style: Style, rng: np.random.Generator, other: np.random.Generator | None = None
) -> list[PlannedNote]:
    """Phrases with rests between them, until the take is full; the last second belongs to the room.

    other: draws what is not in the notes, in place of rng.
    """
    score: list[PlannedNote] = []
    start, stroke, last = 0.1, 1, seconds - min(0.8, 0.2 * seconds)
    while start < last - 0.3:
        phrase = write_phrase(start, last, style, stroke, rng)
        score += phrase if other is None else read_anew(phrase, style, other)
        start = phrase[-1].release_s + rng.uniform(0.3, 1.0)
        stroke = -phrase[-1].stroke
    return score


def write_phrase(start: float, last: float, style: Style, stroke: int, rng: np.random.Generator) -> list[PlannedNote]:
    """Three to fourteen notes that share a key, a tempo, a manner of playing and an arch of dynamics."""
    mode, key = SCALES[rng.integers(len(SCALES))], rng.integers(12)
    scale = [p for p in range(style.lowest_midi, style.highest_midi + 1) if (p - key) % 12 in mode]
    shares = np.array([style.legato, style.detache, style.staccato, style.sustained, style.mixed])
    manner = str(rng.choice(["legato", "detache", "staccato", "sustained", "mixed"], p=shares / shares.sum()))
    beat = 60.0 / rng.uniform(58, 138)
    count = int(rng.integers(3, 5) if manner == "sustained" else rng.integers(5, 15))
    base, trend, arch = rng.uniform(0.1, 0.9), rng.uniform(-0.3, 0.3), rng.uniform(0.0, 0.25)
    vibrato_hz, vibrato = rng.uniform(4.8, 6.6), rng.uniform(*style.vibrato_cents) * (rng.random() < 0.85)
    centre = float(np.clip(rng.normal(style.centre_midi, style.spread), style.lowest_midi, style.highest_midi))
    step = int(np.argmin(np.abs(np.array(scale) - centre)))

    phrase: list[PlannedNote] = []
    for index in range(count):
        if manner == "sustained":
            beats = rng.choice([1.5, 2.0, 3.0])
        else:
            beats = rng.choice([length for length, _ in BEATS], p=[share for _, share in BEATS])
        length = max(beat * float(beats), 0.11)
        end = min(start + length, last)
        articulation = manner
        if manner == "mixed":
            articulation = str(rng.choice(["legato", "detache", "staccato"]))
        elif manner == "sustained":
            articulation = "legato"
        sounding = rng.uniform(0.45, 0.7) if articulation == "staccato" else 1.0
        slides = articulation == "legato" and index > 0 and rng.random() < style.portamento
        if articulation != "legato":
            stroke = -stroke
        along = index / max(count - 1, 1)
        level = base + trend * (2 * along - 1) + arch * np.sin(np.pi * along) + rng.normal(0, 0.06)
        phrase.append(
            PlannedNote(
                start_s=start,
                end_s=end,
                release_s=start + sounding * (end - start),
                midi=scale[step],
                articulation="portamento" if slides else articulation,
                level=float(np.clip(level, 0.02, 1.0)),
                swell=int(rng.integers(1, 5)) if manner == "sustained" else 0,
                vibrato_cents=float(vibrato) if length > 0.32 else 0.0,
                vibrato_hz=float(vibrato_hz * (1 + 0.04 * rng.standard_normal())),
                vibrato_onset_s=float(rng.uniform(0.08, 0.35)),
                glide_s=float(rng.uniform(*style.slide_s) if slides else rng.uniform(*style.glide_s)),
                stroke=stroke,
            )
        )
        start = end
        if start > last - 0.12:
            break
        step = next_step(step, scale, centre, rng)
    return phrase


def read_anew(phrase: list[PlannedNote], style: Style, rng: np.random.Generator) -> list[PlannedNote]:
    """The same notes, levels and strokes with another vibrato, other slides, and other swells where there are any."""
    vibrato_hz, vibrato = rng.uniform(4.8, 6.6), rng.uniform(*style.vibrato_cents) * (rng.random() < 0.85)
    played = []
    for index, note in enumerate(phrase):
        slurred = note.articulation in ("legato", "portamento")
        slides = slurred and index > 0 and rng.random() < style.portamento
        played.append(
            replace(
                note,
                articulation=("portamento" if slides else "legato") if slurred else note.articulation,
                swell=int(rng.integers(1, 5)) if note.swell else 0,
                vibrato_cents=float(vibrato) if note.end_s - note.start_s > 0.32 else 0.0,
                vibrato_hz=float(vibrato_hz * (1 + 0.04 * rng.standard_normal())),
                vibrato_onset_s=float(rng.uniform(0.08, 0.35)),
                glide_s=float(rng.uniform(*style.slide_s) if slides else rng.uniform(*style.glide_s)),
            )
        )
    return played


def next_step(step: int, scale: list[int], centre: float, rng: np.random.Generator) -> int:
    """A random walk over the scale, pulled back once it has left the middle of the phrase by ten semitones."""
    move = int(np.clip(round(rng.normal(0, 1.9)), -6, 6)) or int(rng.choice([-1, 1]))
    if abs(scale[step] - centre) > 10:
        move = -int(np.sign(scale[step] - centre)) * int(rng.integers(1, 3))
    return int(np.clip(step + move, 0, len(scale) - 1))


# --- from the score to curves ---------------------------------------------------------------------------------------


def held(score: list[PlannedNote], times: Curve, value: Callable[[PlannedNote], float]) -> Curve:
    """A value of each note, held until the next one begins (and before the first)."""
    index = np.searchsorted([note.start_s for note in score], times, side="right") - 1
    return np.array([value(note) for note in score], dtype=np.float64)[np.maximum(index, 0)]


def pitch_curve(score: list[PlannedNote], times: Curve) -> Curve:
    """MIDI pitch: steps, each rounded into half a cosine; after a rest the finger is in place before the bow."""
    pitch = held(score, times, lambda note: note.midi)
    for before, note in zip(score, score[1:], strict=False):
        after_silence = note.start_s - before.release_s > 0.03
        middle = note.start_s - (0.75 * note.glide_s + 0.01 if after_silence else 0.0)
        along = (times - middle) / note.glide_s + 0.5
        moving = (along > 0) & (along < 1)
        pitch[moving] = before.midi + (note.midi - before.midi) * 0.5 * (1 - np.cos(np.pi * along[moving]))
        if after_silence:
            pitch[(along >= 1) & (times < note.start_s)] = note.midi
    return pitch


def vibrato_cents(score: list[PlannedNote], times: Curve) -> Curve:
    """Late vibrato: each long note starts plain, and the vibrato grows over a quarter of a second."""
    cents = np.zeros_like(times)
    for note in score:
        since = times - note.start_s - note.vibrato_onset_s
        fading = np.clip((note.end_s - times) / 0.04, 0, 1)
        inside = (since > 0) & (times < note.end_s)
        swing = np.clip(since / 0.25, 0, 1) * fading * np.sin(2 * np.pi * note.vibrato_hz * since)
        cents[inside] = note.vibrato_cents * swing[inside]
    return cents


def level_curve(score: list[PlannedNote], times: Curve) -> Curve:
    """Dynamics: a level for each note, a shape within it (swell, crescendo, ...), a softer start of each stroke."""
    level = held(score, times, lambda note: note.level)
    for note, after in zip(score, [*score[1:], None], strict=True):
        inside = (times >= note.start_s) & (times < (after.start_s if after else np.inf))  # what it ends with stays
        since = times[inside] - note.start_s
        along = np.minimum(since / max(note.end_s - note.start_s, 1e-3), 1.0)
        shape = (
            1 - 0.15 * along,
            np.ones_like(along),
            0.35 + 0.65 * np.sin(np.pi * along) ** 0.8,
            0.3 + 0.7 * along,
            1 - 0.75 * along,
        )[note.swell]
        if note.articulation in ("detache", "staccato"):
            shape = shape * np.clip(0.2 + since / 0.03, 0.2, 1)
        level[inside] *= shape
    return smooth(level, 0.024, 1 / (times[1] - times[0]))


def gate_curve(score: list[PlannedNote], times: Curve) -> Curve:
    """1 while notes sound, 0 in rests; it closes more slowly than it opens, so that nothing clicks."""
    gate = np.zeros_like(times)
    start = score[0].start_s
    for note, after in zip(score, [*score[1:], None], strict=True):
        if after is not None and after.start_s - note.release_s < 0.03:
            continue  # the next note follows without a gap
        opening = np.clip((times - start) / 0.012, 0, 1)
        closing = np.clip((note.release_s + 0.024 - times) / 0.024, 0, 1)
        gate = np.maximum(gate, np.minimum(opening, closing))
        start = after.start_s if after is not None else start
    return 0.5 - 0.5 * np.cos(np.pi * gate)


def wander(rng: np.random.Generator, times: Curve, per_second: float) -> Curve:
    """Slow unsteadiness of unit deviation: random knots `per_second`, joined by half cosines."""
    knots = rng.standard_normal(int(times[-1] * per_second) + 3)
    at = times * per_second
    index = at.astype(int)
    weight = 0.5 - 0.5 * np.cos(np.pi * (at - index))
    return knots[index] * (1 - weight) + knots[index + 1] * weight


def smooth(curve: Curve, seconds: float, frame_rate: float) -> Curve:
    """A moving Hann-weighted mean over about `seconds`, without delay; the ends are held."""
    half = max(1, round(seconds * frame_rate / 2))
    window = np.hanning(2 * half + 3)[1:-1]
    return np.convolve(np.pad(curve, half, mode="edge"), window / window.sum(), mode="valid")
