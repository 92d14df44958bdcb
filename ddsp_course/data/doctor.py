"""The data doctor: is this folder of sound something that an instrument can be learned from, and if not, why not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ddsp_course.data.features import check_features
from ddsp_course.data.recordings import as_data_set
from ddsp_course.data.symptoms import clipped_share, decay_times, noise_floor, unexplained_share
from ddsp_course.data.types import Features, Recording, features_of

ENOUGH_MINUTES = 3.5
"""Of sound, not of silence: five minutes with some rests, as in the course's demonstration. Engel et al. had 13."""
A_TRY_MINUTES = 1.0
SILENT_BELOW_DB = 40.0
"""A frame is silent if it is this far below the loud ones (98th percentile): a pianissimo is about 30 dB below them."""
MUCH_SILENCE = 0.5
"""Above this, most training crops would have more silence than sound in them."""
CONFIDENT = 0.75
"""Median confidence while sounding. Measured: single instruments and voices 0.82 to 0.92, two steady tones 0.42 to
0.64."""
POLYPHONIC = 0.33
"""Share of moments with partials that do not belong to the pitch. Measured: single lines up to 0.27 (a trumpet in its
own echo), two lines played together 0.47 to 0.84. Octaves and fifths share their partials and go unseen."""
NARROW_SEMITONES = 5.0
"""A tune on five neighbouring notes: outside of what it was trained on, a model guesses."""
CLIPPED = 1e-4
"""Share of samples stuck at the extreme: one clipped peak of four samples a second at 44.1 kHz."""
DECAY_RATIO = 2.0
"""Decay times of takes from one room differ by a factor of up to 1.7 (measured, five takes of three instruments)."""
FLOOR_DB = 12.0
"""Noise floors further apart than this are not one place and one microphone at one setting."""
NOTE_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


@dataclass(frozen=True)
class DataReport:
    """What the data doctor found: figures, warnings that say what to do, and whether it is enough to learn from.

    minutes, sounding_minutes; lowest_midi and highest_midi (2nd and 98th percentile of what is played); confidence
    (median while sounding), silent_share, clipped_share, polyphonic_share, all 0 to 1; decay_s (the room's
    reverberation time as heard after the notes, per take where it can be told); noise_floor_db (per take where it can
    be told).   Lesson 8.
    """

    name: str
    takes: int
    minutes: float
    sounding_minutes: float
    lowest_midi: float
    highest_midi: float
    confidence: float
    silent_share: float
    clipped_share: float
    polyphonic_share: float
    decay_s: tuple[float, ...]
    noise_floor_db: tuple[float, ...]
    warnings: tuple[str, ...]
    verdict: str
    enough: bool

    def lines(self) -> list[str]:
        """The report as lines of text, the verdict last."""
        low, high = note_name(self.lowest_midi), note_name(self.highest_midi)
        decay = f"{np.median(self.decay_s):.1f} s" if self.decay_s else "cannot be told (no rests after loud notes)"
        return [
            f"{self.name}: {_count(self.takes, 'recording')}, {_length(self.minutes)}, "
            f"{_length(self.sounding_minutes)} of it sound ({100 * self.silent_share:.0f} % silence)",
            f"pitch: {low} to {high} (MIDI {self.lowest_midi:.0f} to {self.highest_midi:.0f})",
            f"confidence of the pitch tracker: {self.confidence:.2f} (a single instrument: 0.80 to 0.93)",
            f"several notes at once: in {100 * self.polyphonic_share:.0f} % of the moments (a single line: below 30 %)",
            f"clipped: {100 * self.clipped_share:.2g} % of the samples",
            f"decay after the notes: {decay}",
            *(f"warning: {warning}" for warning in self.warnings),
            self.verdict,
        ]


def doctor(recordings: Recording | Iterable[Recording], features: Features | Sequence[Features]) -> DataReport:
    """Look a data set over before hours go into training on it.

    recordings, and the features of each of its takes in the same order (`extract_all`) -> DataReport. Raises
    CourseError if they do not belong together.   Lesson 8.
    """
    recordings = as_data_set(recordings)
    features = features_of(features)
    check_features(recordings, features)
    loudness = [take.loudness_db[0].cpu().numpy() for take in features]
    confidence = [take.confidence[0].cpu().numpy() for take in features]
    loud = float(np.quantile(np.concatenate(loudness), 0.98))
    heard = [level > loud - SILENT_BELOW_DB for level in loudness]
    sure = np.concatenate([ear & (certain > CONFIDENT) for ear, certain in zip(heard, confidence, strict=True)])
    midi = 69 + 12 * np.log2(np.concatenate([take.f0_hz[0].cpu().numpy() for take in features]) / 440)
    played = midi[sure] if sure.any() else midi
    heard_confidence = np.concatenate(confidence)[np.concatenate(heard)]
    clipped = [clipped_share(take) for take in recordings]
    unexplained = np.concatenate(
        [
            unexplained_share(take, its, level > loud - 30)
            for take, its, level in zip(recordings, features, loudness, strict=True)
        ]
    )
    decays = [decay_times(level, recordings.config.frame_rate) for level in loudness]
    floors = [
        noise_floor(level, certain, recordings.config.frame_rate)
        for level, certain in zip(loudness, confidence, strict=True)
    ]
    seconds = [take.seconds for take in recordings]
    silent_share = 1 - float(np.concatenate(heard).mean())
    sounding_minutes = (1 - silent_share) * sum(seconds) / 60
    figures = {
        "sounding_minutes": sounding_minutes,
        "confidence": float(np.median(heard_confidence)) if len(heard_confidence) else 0.0,
        "silent_share": silent_share,
        "clipped_share": float(np.average(clipped, weights=seconds)),
        "polyphonic_share": float((unexplained > 0.1).mean()) if len(unexplained) else 0.0,
        "decay_s": tuple(float(np.median(decay)) for decay in decays if len(decay) >= 3),
        "noise_floor_db": tuple(floor for floor in floors if floor is not None),
    }
    figures |= {"lowest_midi": float(np.quantile(played, 0.02)), "highest_midi": float(np.quantile(played, 0.98))}
    warnings = _warnings(
        figures, [take.name for take, share in zip(recordings, clipped, strict=True) if share > CLIPPED]
    )
    usable = figures["confidence"] >= CONFIDENT and figures["polyphonic_share"] <= POLYPHONIC
    enough = usable and sounding_minutes >= ENOUGH_MINUTES
    return DataReport(
        name=recordings.name,
        takes=len(recordings),
        minutes=sum(seconds) / 60,
        warnings=warnings,
        verdict=_verdict(sounding_minutes, usable),
        enough=enough,
        **figures,
    )


def note_name(midi: float) -> str:
    """The name of the nearest note: 69 is A4, 60 is C4.   Lesson 8."""
    octave, step = divmod(round(midi), 12)
    return f"{NOTE_NAMES[step]}{octave - 1}"


def _warnings(figures: dict, clipped_takes: list[str]) -> tuple[str, ...]:
    found = []
    if figures["silent_share"] > MUCH_SILENCE:
        found.append(
            f"{100 * figures['silent_share']:.0f} % of it is silence: cut out the long pauses, or most of the training "
            "goes into them."
        )
    if clipped_takes:
        found.append(
            f"too loud for the microphone, cut off at the top: {_some(clipped_takes)}; record again with the level "
            "turned down, for the model would learn the distortion."
        )
    if figures["polyphonic_share"] > POLYPHONIC:
        found.append(
            f"several notes at once in {100 * figures['polyphonic_share']:.0f} % of the moments: play one note at a "
            "time, without accompaniment, double stops or much pedal; the model has one pitch."
        )
    if figures["confidence"] < CONFIDENT:
        found.append(
            f"the pitch tracker is unsure (confidence {figures['confidence']:.2f}): this happens with noise, other "
            "instruments, chords or percussion; the model needs a clear pitch."
        )
    if figures["highest_midi"] - figures["lowest_midi"] < NARROW_SEMITONES:
        found.append(
            f"it plays only {note_name(figures['lowest_midi'])} to {note_name(figures['highest_midi'])}: add low and "
            "high notes, for the model can only guess what it never heard."
        )
    decay, floor = figures["decay_s"], figures["noise_floor_db"]
    if len(decay) > 1 and max(decay) > DECAY_RATIO * min(decay):
        found.append(
            f"several rooms: notes die away in {min(decay):.1f} s in one recording and in {max(decay):.1f} s in "
            "another; the model learns one room, so train on the recordings of one place."
        )
    if len(floor) > 1 and max(floor) - min(floor) > FLOOR_DB:
        found.append(
            f"the background noise differs by {max(floor) - min(floor):.0f} dB between recordings: another place, "
            "microphone or level; train on those that were made alike."
        )
    return tuple(found)


def _verdict(sounding_minutes: float, usable: bool) -> str:
    if not usable:
        return "Not fit for training as it is: mend what the warnings say first."
    if sounding_minutes >= ENOUGH_MINUTES:
        return "Enough to learn from."
    todo = "record five minutes or more, at all the pitches and dynamics you want it to play."
    if sounding_minutes >= A_TRY_MINUTES:
        return f"Enough to try, not to judge by: {todo}"
    return f"Too little to learn an instrument from: {todo}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _length(minutes: float) -> str:
    return f"{minutes:.1f} minutes" if minutes >= 1 else f"{60 * minutes:.0f} seconds"


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
