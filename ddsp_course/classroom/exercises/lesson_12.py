"""Lesson 12, timbre transfer: what its exercises are judged by."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor

from ddsp_course.autoencoder.notes import hysteresis as two_dimensional
from ddsp_course.autoencoder.notes import runs
from ddsp_course.classroom.exercise import (
    Attempt,
    Case,
    ChoiceQuestion,
    Exercise,
    Lesson,
    NumberQuestion,
    WrongAnswer,
    encode,
    looks_like,
)

LESSON = Lesson(
    number=12,
    topic="timbre_transfer",
    title="Timbre transfer",
    builds="what brings any melody to where an instrument can play it: octave, rests, loudness, tuning",
    hears="a voice, recorded at home, that comes out as a string; each repair, and yourself",
    minutes_to_read=50,
    minutes_to_run=1,
)


def numbers(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# --- 12.1 into the range ----------------------------------------------------------------------------------------------


def semitones_into_range(midi: Tensor, playing: Tensor, low: float, high: float) -> int:
    return _octaves(float(midi[playing].median()), low, high)


def _octaves(pitch: float, low: float, high: float) -> int:
    def outside(semitones: int) -> float:
        return max(low - pitch - semitones, pitch + semitones - high, 0.0)

    return min(range(-72, 73, 12), key=lambda semitones: (outside(semitones), abs(semitones)))


def rests_counted(midi: Tensor, playing: Tensor, low: float, high: float) -> int:
    return _octaves(float(midi.median()), low, high)


def rests_in_the_mean(midi: Tensor, playing: Tensor, low: float, high: float) -> int:
    return _octaves(float(midi.mean()), low, high)


def in_octaves(midi: Tensor, playing: Tensor, low: float, high: float) -> int:
    return semitones_into_range(midi, playing, low, high) // 12


def notes_in_the_mean(midi: Tensor, playing: Tensor, low: float, high: float) -> int:
    return _octaves(float(midi[playing].mean()), low, high)


def until_inside(midi: Tensor, playing: Tensor, low: float, high: float, down_last: bool) -> int:
    """Octave by octave until the one end is passed, then until the other is."""
    pitch, semitones = float(midi[playing].median()), 0
    for down in (not down_last, down_last):
        while pitch + semitones > high if down else pitch + semitones < low:
            semitones += -12 if down else 12
    return semitones


def to_the_middle(midi: Tensor, playing: Tensor, low: float, high: float) -> int:
    return 12 * round(((low + high) / 2 - float(midi[playing].median())) / 12)


def key_changed(attempt: Attempt) -> str | None:
    got = float(attempt.got)
    if abs(got / 12 - round(got / 12)) < 1e-6:
        return None
    return (
        f"moved by {got:g} semitones, the melody is in another key, and nobody can play along: whole octaves only, multiples "
        f"of 12."
    )


def pulled_by_rests(attempt: Attempt) -> str:
    midi, playing = attempt.arguments["midi"], attempt.arguments["playing"]
    return (
        f"the notes' median is {float(midi[playing].median()):.0f}, with the rests it is {float(midi.median()):.0f}: in a rest a "
        f"tracker says anything. Ask the frames that play: midi[playing]."
    )


def passed_the_nearest(attempt: Attempt) -> str:
    pitch = float(attempt.arguments["midi"][attempt.arguments["playing"]].median())
    low, high = attempt.arguments["low"], attempt.arguments["high"]
    yours, ours = (max(low - pitch - float(move), pitch + float(move) - high) for move in (attempt.got, attempt.want))
    return (
        f"no octave of this melody lies in the range. Yours is {yours:g} semitones outside it, moved by {float(attempt.want):g} it "
        f"would be {ours:g}: the nearest is asked for. Compare all octaves, instead of going on until one fits."
    )


def further_than_needed(attempt: Attempt) -> str | None:
    pitch = float(attempt.arguments["midi"][attempt.arguments["playing"]].median())
    low, high = attempt.arguments["low"], attempt.arguments["high"]
    got, want = float(attempt.got), float(attempt.want)
    if not (low <= pitch + got <= high and low <= pitch + want <= high and abs(got) > abs(want)):
        return None
    return (
        f"several octaves bring this melody into the range: you move it by {got:g}, and {want:g} is enough. Of those that fit "
        f"equally well take the smallest, by abs(semitones)."
    )


OCTAVES = Exercise(
    number="12.1",
    name="semitones_into_range",
    reference=semitones_into_range,
    cases=(
        Case(
            "a bass around MIDI 40, a range of 55 to 91",
            {
                "midi": torch.tensor([38.0, 40, 41, 40, 43]),
                "playing": torch.ones(5, dtype=torch.bool),
                "low": 55.0,
                "high": 91.0,
            },
        ),
        Case(
            "in the range already: nothing is to move",
            {
                "midi": torch.tensor([58.0, 60, 62]),
                "playing": torch.ones(3, dtype=torch.bool),
                "low": 55.0,
                "high": 91.0,
            },
        ),
        Case(
            "a melody around 62, with long rests in which the tracker says 24",
            {
                "midi": torch.cat([torch.tensor([60.0, 62, 64, 62]), torch.full((9,), 24.0)]),
                "playing": torch.arange(13) < 4,
                "low": 55.0,
                "high": 91.0,
            },
        ),
        Case(
            "a melody around 60 whose tracker fell two octaves for two frames",
            {
                "midi": torch.cat([torch.tensor([60.0, 62, 60, 36, 36]), torch.full((4,), 70.0)]),
                "playing": torch.arange(9) < 5,
                "low": 55.0,
                "high": 91.0,
            },
        ),
        Case(
            "a whistle at 100, a range of 55 to 91",
            {
                "midi": torch.tensor([99.0, 100, 101]),
                "playing": torch.ones(3, dtype=torch.bool),
                "low": 55.0,
                "high": 91.0,
            },
        ),
        Case(
            "a whistle at 98, a range of only seven semitones",
            {
                "midi": torch.tensor([97.0, 98, 99]),
                "playing": torch.ones(3, dtype=torch.bool),
                "low": 66.0,
                "high": 73.0,
            },
        ),
        Case(
            "a whistle at 100, a range of only seven semitones",
            {
                "midi": torch.tensor([99.0, 100, 101]),
                "playing": torch.ones(3, dtype=torch.bool),
                "low": 66.0,
                "high": 73.0,
            },
        ),
    ),
    hints=(
        key_changed,
        looks_like(rests_counted, pulled_by_rests),
        looks_like(rests_in_the_mean, pulled_by_rests),
        looks_like(
            notes_in_the_mean,
            lambda attempt: (
                f"you return {float(attempt.got):g}: the mean of the notes was taken. Two frames that the tracker has got wrong pull at "
                "it; the median stays where most of the frames are."
            ),
        ),
        looks_like(partial(until_inside, down_last=True), passed_the_nearest),
        looks_like(partial(until_inside, down_last=False), passed_the_nearest),
        looks_like(
            in_octaves,
            lambda attempt: (
                f"you return {float(attempt.got):g}, a number of octaves. Semitones are asked for: times 12."
            ),
        ),
        looks_like(
            to_the_middle,
            lambda attempt: (
                f"moved by {float(attempt.got):g} semitones where {float(attempt.want):g} bring the median into the range: into its middle "
                f"is further than need be, and every octave takes the melody away from how it was meant."
            ),
        ),
        further_than_needed,
    ),
    wrong_answers=(
        WrongAnswer(
            """
def semitones_into_range(midi, playing, low, high):
    return (low + high) / 2 - float(midi[playing].median())
""",
            r"moved by 33 semitones, the melody is in another key",
        ),
        WrongAnswer(
            """
def semitones_into_range(midi, playing, low, high):
    pitch = float(midi.median())
    outside = lambda shift: max(low - pitch - shift, pitch + shift - high, 0.0)
    return min(range(-72, 73, 12), key=lambda shift: (outside(shift), abs(shift)))
""",
            r"the notes' median is 62, with the rests it is 24",
        ),
        WrongAnswer(
            """
def semitones_into_range(midi, playing, low, high):
    return 12 * round(((low + high) / 2 - float(midi[playing].median())) / 12)
""",
            r"moved by 36 semitones where 24 bring the median into the range",
        ),
        WrongAnswer(
            """
def semitones_into_range(midi, playing, low, high):
    pitch = float(midi[playing].mean())
    outside = lambda shift: max(low - pitch - shift, pitch + shift - high, 0.0)
    return min(range(-72, 73, 12), key=lambda shift: (outside(shift), abs(shift)))
""",
            r"you return 12: the mean of the notes was taken",
        ),
        WrongAnswer(
            """
def semitones_into_range(midi, playing, low, high):
    pitch, shift = float(midi[playing].median()), 0
    while pitch + shift < low:
        shift += 12
    while pitch + shift > high:
        shift -= 12
    return shift
""",
            r"Yours is 4 semitones outside it, moved by -24 it would be 1",
        ),
    ),
    unit="semitones",
)

# --- 12.2 where notes are ---------------------------------------------------------------------------------------------


def hysteresis(curve: Tensor, start: float, stop: float) -> Tensor:
    return two_dimensional((curve >= start)[None], (curve >= stop)[None])[0]


def one_high_threshold(curve: Tensor, start: float, stop: float) -> Tensor:
    return curve >= start


def one_low_threshold(curve: Tensor, start: float, stop: float) -> Tensor:
    return curve >= stop


def late_to_begin(curve: Tensor, start: float, stop: float) -> Tensor:
    """A Schmitt trigger: it cannot look ahead, so a note's beginning, below the hard threshold, is lost."""
    on, result = False, []
    for value in curve:
        on = bool(value >= start) or (on and bool(value >= stop))
        result.append(on)
    return torch.tensor(result)


def count(mask: Tensor) -> int:
    return len(list(runs(mask > 0.5)))


def flickers(attempt: Attempt) -> str:
    return (
        f"{count(attempt.got)} notes where there are {count(attempt.want)}: where the curve hovers about a threshold, one threshold flickers. A note "
        f"goes on as long as the curve is above `stop`, and counts if it is above `start` anywhere."
    )


def blips(attempt: Attempt) -> str:
    return (
        f"{count(attempt.got)} notes where there are {count(attempt.want)}: stretches that are never sure, not in a single frame, are in there too. One frame "
        f"at least has to reach `start`."
    )


HYSTERESIS = Exercise(
    number="12.2",
    name="hysteresis",
    reference=hysteresis,
    cases=(
        Case(
            "ten frames, two stretches, of which one is never sure",
            {
                "curve": torch.tensor([0.1, 0.6, 0.9, 0.7, 0.85, 0.6, 0.2, 0.6, 0.7, 0.3]),
                "start": 0.8,
                "stop": 0.5,
            },
        ),
        Case(
            "300 frames of a confidence that wavers",
            {
                "curve": (0.6 + 0.35 * torch.sin(torch.arange(300) / 25) + 0.08 * numbers(300, seed=2)).clamp(0, 1),
                "start": 0.8,
                "stop": 0.5,
            },
        ),
        Case("a rest from beginning to end", {"curve": torch.full((20,), 0.1), "start": 0.8, "stop": 0.5}),
        Case(
            "six frames, a note from the first on and one that the end cuts off, start=0.75, stop=0.375",
            {"curve": torch.tensor([0.375, 0.75, 0.25, 0.375, 0.625, 1.0]), "start": 0.75, "stop": 0.375},
        ),
    ),
    hints=(
        looks_like(one_high_threshold, flickers),
        looks_like(one_low_threshold, blips),
        looks_like(
            late_to_begin,
            lambda attempt: (
                f"{int((attempt.want - attempt.got).sum())} frames are missing, all at the beginnings of notes: yours switches on when it is sure, and does not look back. "
                f"The whole stretch above `stop` is the note."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def hysteresis(curve, start, stop):
    return curve >= start
""",
            r"2 notes where there are 1.*one threshold flickers",
        ),
        WrongAnswer(
            """
def hysteresis(curve, start, stop):
    on, result = False, []
    for value in curve:
        on = bool(value >= start) or (on and bool(value >= stop))
        result.append(on)
    return torch.tensor(result)
""",
            r"1 frames are missing, all at the beginnings of notes",
        ),
        WrongAnswer(
            """
def hysteresis(curve, start, stop):
    return curve >= stop
""",
            r"2 notes where there are 1: stretches that are never sure",
        ),
    ),
    axes=("frame",),
)

# --- 12.3 as loud as it was -------------------------------------------------------------------------------------------


def match_loudness(loudness_db: Tensor, playing: Tensor, trained_db: Tensor, rest_db: float) -> Tensor:
    notes = loudness_db[playing]
    place = notes.argsort().argsort() / max(len(notes) - 1, 1) * (len(trained_db) - 1)
    left = place.floor().long().clamp(max=len(trained_db) - 2)
    result = torch.full_like(loudness_db, rest_db)
    result[playing] = torch.lerp(trained_db[left], trained_db[left + 1], place - left)
    return result


def mean_and_deviation(loudness_db: Tensor, playing: Tensor, trained_db: Tensor, rest_db: float) -> Tensor:
    notes = loudness_db[playing]
    moved = trained_db.mean() + trained_db.std() * (loudness_db - notes.mean()) / notes.std()
    return torch.where(playing, moved, rest_db)


def only_shifted(loudness_db: Tensor, playing: Tensor, trained_db: Tensor, rest_db: float) -> Tensor:
    moved = loudness_db + trained_db.median() - loudness_db[playing].median()
    return torch.where(playing, moved, rest_db)


def rests_matched(loudness_db: Tensor, playing: Tensor, trained_db: Tensor, rest_db: float) -> Tensor:
    return match_loudness(loudness_db, torch.ones_like(playing), trained_db, rest_db)


def ranked_with_rests(loudness_db: Tensor, playing: Tensor, trained_db: Tensor, rest_db: float) -> Tensor:
    return torch.where(playing, rests_matched(loudness_db, playing, trained_db, rest_db), rest_db)


def leaves_the_range(attempt: Attempt) -> str:
    trained, playing = attempt.arguments["trained_db"].double(), attempt.arguments["playing"]
    above = float(attempt.got[playing].max() - trained.max())
    below = float(trained.min() - attempt.got[playing].min())
    which = (
        f"your loudest frame is {above:.1f} dB above"
        if above > below
        else f"your softest frame is {below:.1f} dB below"
    )
    return (
        f"{which} anything the instrument was trained on: a mean and a deviation say nothing about the ends. Go by ranks, the softest becomes the softest, "
        f"and nothing can leave the range."
    )


def becomes_breath(attempt: Attempt) -> str | None:
    playing = attempt.arguments["playing"]
    if attempt.got.shape != attempt.want.shape or bool(playing.all()):
        return None
    rests = float(attempt.got[~playing].max())
    if rests <= attempt.arguments["rest_db"] + 1e-3:
        return None
    return f"in the rests you ask for up to {rests:.0f} dB: the hiss of the recording becomes a soft note that never ends. What does not play gets rest_db."


def too_loud_by(attempt: Attempt) -> str:
    playing = attempt.arguments["playing"]
    off = float((attempt.got - attempt.want)[playing].mean())
    return (
        f"the notes come out {off:.1f} dB louder than they should on average: the rests were ranked along, as the softest of all, so the notes share the upper part of the range. "
        f"Rank the frames that play."
    )


def loudness_case(frames: int, seed: int) -> dict:
    playing = torch.arange(frames) % 100 < 75
    notes = -28 + 4 * torch.sin(torch.arange(frames) / 9) + numbers(frames, seed=seed)
    trained = torch.linspace(-34, 7, 101) + 6 * torch.sin(torch.linspace(0, math.pi, 101))
    return {
        "loudness_db": torch.where(playing, notes, -45 + 0.5 * numbers(frames, seed=seed + 1)),
        "playing": playing,
        "trained_db": trained.sort().values,
        "rest_db": -48.0,
    }


LOUDNESS = Exercise(
    number="12.3",
    name="match_loudness",
    reference=match_loudness,
    cases=(
        Case(
            "five notes, loud to soft and back, for three trained levels",
            {
                "loudness_db": torch.tensor([-20.0, -26.0, -30.0, -24.0, -22.0]),
                "playing": torch.ones(5, dtype=torch.bool),
                "trained_db": torch.tensor([-30.0, -5.0, 5.0]),
                "rest_db": -50.0,
            },
        ),
        Case("400 frames with rests in hiss, trained from -34 to 7 dB", loudness_case(400, 3)),
        Case("1000 frames", loudness_case(1000, 5)),
    ),
    hints=(
        looks_like(ranked_with_rests, too_loud_by),
        becomes_breath,
        looks_like(mean_and_deviation, leaves_the_range),
        looks_like(only_shifted, leaves_the_range),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def match_loudness(loudness_db, playing, trained_db, rest_db):
    notes = loudness_db[playing]
    moved = trained_db.mean() + trained_db.std() * (loudness_db - notes.mean()) / notes.std()
    return torch.where(playing, moved, rest_db)
""",
            r"dB (above|below) anything the instrument was trained on",
        ),
        WrongAnswer(
            """
def match_loudness(loudness_db, playing, trained_db, rest_db):
    place = loudness_db.argsort().argsort() / (len(loudness_db) - 1) * (len(trained_db) - 1)
    left = place.floor().long().clamp(max=len(trained_db) - 2)
    return torch.lerp(trained_db[left], trained_db[left + 1], place - left)
""",
            r"in the rests you ask for up to -?\d+ dB: the hiss",
        ),
        WrongAnswer(
            """
def match_loudness(loudness_db, playing, trained_db, rest_db):
    place = loudness_db.argsort().argsort() / (len(loudness_db) - 1) * (len(trained_db) - 1)
    left = place.floor().long().clamp(max=len(trained_db) - 2)
    return torch.where(playing, torch.lerp(trained_db[left], trained_db[left + 1], place - left), rest_db)
""",
            r"dB louder than they should on average: the rests were ranked along",
        ),
    ),
    atol=0.01,
    axes=("frame",),
    unit="dB",
)

# --- 12.4 in tune -----------------------------------------------------------------------------------------------------


def autotune(midi: Tensor, notes: list[tuple[int, int]], amount: float) -> Tensor:
    result = midi.clone()
    for first, end in notes:
        median = midi[first:end].median()
        result[first:end] += amount * (median.round() - median)
    return result


def each_frame(midi: Tensor, notes: list[tuple[int, int]], amount: float) -> Tensor:
    return midi + amount * (midi.round() - midi)


def each_frame_of_notes(midi: Tensor, notes: list[tuple[int, int]], amount: float) -> Tensor:
    result = midi.clone()
    for first, end in notes:
        result[first:end] += amount * (midi[first:end].round() - midi[first:end])
    return result


def flat_notes(midi: Tensor, notes: list[tuple[int, int]], amount: float) -> Tensor:
    result = midi.clone()
    for first, end in notes:
        result[first:end] = midi[first:end].median().round()
    return result


def wrong_way(midi: Tensor, notes: list[tuple[int, int]], amount: float) -> Tensor:
    return 2 * midi - autotune(midi, notes, amount)


def all_the_way(midi: Tensor, notes: list[tuple[int, int]], amount: float) -> Tensor:
    return autotune(midi, notes, 1.0)


def depth_of(midi: Tensor, note: tuple[int, int]) -> float:
    """Half of what lies between the highest and the lowest pitch within a note, in cents."""
    part = midi[note[0] : note[1]]
    return 50 * float(part.max() - part.min())


def vibrato_gone(attempt: Attempt) -> str:
    note = attempt.arguments["notes"][0]
    had, has = (depth_of(curve, note) for curve in (attempt.want, attempt.got))
    flips = int((attempt.got[note[0] : note[1]].diff().abs() > 0.5).sum())
    leaps = f", and leaps {flips} times" if flips else ""
    return (
        f"the first note's vibrato was {had:.0f} cents to each side, and is {has:.0f} now{leaps}: a frame is not out of tune because the note swings. "
        f"Move the note as a whole, by what its *median* is off."
    )


def tune_case(amount: float, end: int = 200) -> dict:
    n = torch.arange(200)
    vibrato = 0.45 * torch.sin(2 * math.pi * n / 40)
    pitch = torch.where(n < 90, 60.32, torch.where(n < 110, 61.5, 63.8))
    return {"midi": pitch + vibrato, "notes": [(0, 90), (110, end)], "amount": amount}


TUNE = Exercise(
    number="12.4",
    name="autotune",
    reference=autotune,
    cases=(
        Case("two notes with vibrato, 32 cents sharp and 20 flat, tuned all the way", tune_case(1.0)),
        Case("the same, but the second note ends at frame 160, tuned half the way", tune_case(0.5, end=160)),
        Case("the same, not tuned", tune_case(0.0)),
    ),
    hints=(
        looks_like(each_frame, vibrato_gone),
        looks_like(each_frame_of_notes, vibrato_gone),
        looks_like(flat_notes, vibrato_gone, tolerance=1e-6),
        looks_like(
            wrong_way,
            lambda attempt: (
                f"the first note was {100 * float(attempt.arguments['midi'][:80].median() % 1):.0f} cents sharp, and is {100 * float(attempt.got[:80].median() % 1):.0f} now: you move it away "
                f"from the semitone. Add round(median) - median."
            ),
            tolerance=1e-6,
        ),
        looks_like(
            all_the_way,
            lambda attempt: (
                f"for an amount of {attempt.arguments['amount']:g} you tune all the way: amount is not used."
            ),
            tolerance=1e-6,
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def autotune(midi, notes, amount):
    return midi + amount * (midi.round() - midi)
""",
            r"the first note's vibrato was 45 cents to each side, and is 50 now, and leaps \d+ times",
        ),
        WrongAnswer(
            """
def autotune(midi, notes, amount):
    result = midi.clone()
    for first, end in notes:
        result[first:end] = midi[first:end].median().round()
    return result
""",
            r"the first note's vibrato was 45 cents to each side, and is 0 now",
        ),
        WrongAnswer(
            """
def autotune(midi, notes, amount):
    result = midi.clone()
    for first, end in notes:
        median = midi[first:end].median()
        result[first:end] += amount * (median - median.round())
    return result
""",
            r"you move it away from the semitone",
        ),
    ),
    atol=1e-6,
    axes=("frame",),
    unit="semitones",
)

EXERCISES = (OCTAVES, HYSTERESIS, LOUDNESS, TUNE)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    ChoiceQuestion(
        "12.5",
        answer=encode("c"),
        replies={
            "a": "the network has never met the vowel, nor anything else of the voice. How would it know that there are two?",
            "b": "the noise is chosen by the same network, from the same two numbers. They did not change.",
            "c": "right: same pitch, same loudness, same string. All that made the vowel was thrown away at the door.",
            "d": "loudness and pitch are there, so it plays.",
        },
    ),
    NumberQuestion(
        "12.6",
        answer=encode(1000.0),
        tolerance=20.0,
        unit="Hz",
        right="right: every harmonic keeps its weight and moves down an octave, and the centroid with them.",
        misconceptions=(
            (
                2000.0,
                20.0,
                "that is the *other* case, in which a hill stays where it is in Hz, as a body's or a mouth's does.",
            ),
            (4000.0, 40.0, "an octave *lower*: the harmonics move down."),
            (500.0, 10.0, "that would be two octaves."),
        ),
    ),
    ChoiceQuestion(
        "12.7",
        answer=encode("b"),
        replies={
            "a": "its training set was a string and nothing else. And it is not needed.",
            "b": "right: it is fed two curves, and a singer's curves, brought into range, look like a string player's.",
            "c": "the size has nothing to do with it; 250 146 numbers do it here. Ask what it gets to see.",
            "d": "the phase of the voice never gets in: the synthesizer makes its own.",
        },
    ),
)
