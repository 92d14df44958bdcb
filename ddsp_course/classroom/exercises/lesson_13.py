"""Lesson 13, taking it apart again: what its exercises are judged by."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ddsp_course import dsp
from ddsp_course.autoencoder.synthesizer import Stems
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
from ddsp_course.classroom.exercises.lesson_13_rest import REST

LESSON = Lesson(
    number=13,
    topic="taking_it_apart",
    title="Taking it apart again",
    builds="the level of a rest, rooms exchanged, a knob for brightness, a wavetable, and the odds of a blind test",
    hears="a string without its room and in others, with breath for bow noise, and a bell that it cannot say",
    minutes_to_read=60,
    minutes_to_run=1,
)

RATE = 16_000

# --- 13.2 another room ------------------------------------------------------------------------------------------------


def swap_room(stems: Stems, room: Tensor) -> Tensor:
    return dsp.reverberate(stems.dry, room)


def room_after_room(stems: Stems, room: Tensor) -> Tensor:
    return dsp.reverberate(stems.wet, room)


def wet_through_whole_response(stems: Stems, room: Tensor) -> Tensor:
    return dsp.fft_convolve(stems.wet, room)


def whole_response(stems: Stems, room: Tensor) -> Tensor:
    return dsp.fft_convolve(stems.dry, room)


def dry_and_whole_response(stems: Stems, room: Tensor) -> Tensor:
    return stems.dry + dsp.fft_convolve(stems.dry, room)


def small_room(taps: int, rt60_s: float, seed: int, first: float = 1.0) -> Tensor:
    """Noise that dies away by 60 dB in rt60_s, [taps]; `first` stands where the direct sound is."""
    noise = torch.randn(taps, generator=torch.Generator().manual_seed(seed))
    response = 0.06 * noise * 10 ** (-3 * torch.arange(taps) / RATE / rt60_s)
    response[0] = first
    return response


def in_old_room(dry: Tensor, old: Tensor) -> Stems:
    wet = dsp.reverberate(dry, old)
    return Stems(0.7 * dry, 0.3 * dry, dry, wet)


def decay_s(response: Tensor) -> float:
    """T20 of what came of a click: [samples], sample 0 left out."""
    energy = response.double()[1:].square().flip(0).cumsum(0).flip(0)
    level = 10 * torch.log10(energy / energy[0])
    inside = torch.nonzero((level <= -5) & (level >= -25))[:, 0].double()
    there = level[inside.long()]
    slope = ((inside - inside.mean()) * (there - there.mean())).sum() / (inside - inside.mean()).square().sum()
    return float(-60 / slope / RATE)


def two_rooms(attempt: Attempt) -> str:
    got, want = decay_s(attempt.got[0]), decay_s(attempt.want[0])
    return (
        f"a click comes out with a decay time of {got:.2f} s where the new room's is {want:.2f} s: the wet sound has "
        f"been in a room already, and now it is in two. Begin with the dry one."
    )


def harmonics_only(stems: Stems, room: Tensor) -> Tensor:
    return dsp.reverberate(stems.harmonic, room)


def direct_sound_lost(attempt: Attempt) -> str:
    tap = float(attempt.arguments["room"][0])
    return (
        f"the direct sound came through at {tap:.2f} of its strength, and it should come through at 1: this room's first "
        f"tap is {tap:g} (a room says what it adds). Take the dry sound as it is, and add the taps from 1 on."
    )


def direct_sound_doubled(attempt: Attempt) -> str:
    tap = float(attempt.arguments["room"][0])
    return (
        f"the direct sound is {20 * math.log10(1 + tap):.1f} dB too loud: you add the dry sound, and the room's first tap, "
        f"{tap:g}, adds it once more. Leave tap 0 out."
    )


def not_cut(attempt: Attempt) -> str | None:
    longer = attempt.got.shape[-1] - attempt.want.shape[-1]
    if longer <= 0:
        return None
    return f"your sound is {longer} samples longer than the one that went in: cut what rings on after the end."


def click(samples: int) -> Tensor:
    return F.pad(torch.ones(1, 1), (0, samples - 1))


def melody(samples: int) -> Tensor:
    n = torch.arange(samples)
    return torch.stack([torch.sin(0.05 * n) * (n % 900 < 500), 0.5 * torch.sin(0.0003 * n * n / 9)])


SWAP = Exercise(
    number="13.2",
    name="swap_room",
    reference=swap_room,
    cases=(
        Case(
            "a click, from a small room into a larger one",
            lambda: {
                "stems": in_old_room(click(8000), small_room(6000, 0.3, 1)),
                "room": small_room(8000, 0.5, 2),
            },
            gradients=("room",),
        ),
        Case(
            "two sounds; a room whose first tap is 0, as dsp.Reverb hands it out",
            lambda: {
                "stems": in_old_room(melody(4000), small_room(3000, 0.2, 3)),
                "room": small_room(2500, 0.15, 4, first=0.0),
            },
        ),
        Case(
            "a room that is longer than the sound",
            lambda: {
                "stems": in_old_room(melody(1500), small_room(1000, 0.2, 5)),
                "room": small_room(4000, 0.3, 6),
            },
        ),
    ),
    hints=(
        not_cut,
        looks_like(room_after_room, two_rooms),
        looks_like(wet_through_whole_response, two_rooms),
        looks_like(dry_and_whole_response, direct_sound_doubled),
        looks_like(whole_response, direct_sound_lost),
        looks_like(
            harmonics_only,
            "only the harmonic stem is in your room, and the bow noise is lost: stems.dry is both together.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def swap_room(stems, room):
    return dsp.fft_convolve(stems.wet, room)
""",
            r"decay time of 0\.\d\d s where the new room's is 0\.\d\d s.*now it is in two",
        ),
        WrongAnswer(
            """
def swap_room(stems, room):
    return dsp.fft_convolve(stems.dry, room)
""",
            r"direct sound came through at 0\.00 of its strength",
        ),
        WrongAnswer(
            """
def swap_room(stems, room):
    return stems.dry + dsp.fft_convolve(stems.dry, room)
""",
            r"direct sound is 6\.0 dB too loud",
        ),
        WrongAnswer(
            """
def swap_room(stems, room):
    tail = torch.cat([torch.zeros(1), room[1:]])
    longer = torch.nn.functional.pad(stems.dry, (0, len(room) - 1))
    return longer + dsp.fft_convolve(longer, tail)
""",
            r"7999 samples longer",
        ),
        WrongAnswer(
            """
def swap_room(stems, room):
    tail = torch.cat([torch.zeros(1), room[1:]])
    return stems.harmonic + dsp.fft_convolve(stems.harmonic, tail)
""",
            r"the bow noise is lost: stems\.dry is both",
        ),
        WrongAnswer(
            """
def swap_room(stems, room):
    room[0] = 0
    return stems.dry + dsp.fft_convolve(stems.dry, room)
""",
            r"changes its argument room in place",
        ),
    ),
    atol=1e-5,
    axes=("sample",),
)

# --- 13.3 a knob for brightness ---------------------------------------------------------------------------------------


def brighter(distribution: Tensor, db_per_octave: float) -> Tensor:
    return _shared_out(distribution * _tilt(distribution, db_per_octave))


def _number(distribution: Tensor) -> Tensor:
    return torch.arange(1, distribution.shape[-1] + 1, dtype=distribution.dtype)


def _tilt(distribution: Tensor, db_per_octave: float, for_power: bool = False) -> Tensor:
    return 10 ** (db_per_octave * torch.log2(_number(distribution)) / (10 if for_power else 20))


def _shared_out(weights: Tensor) -> Tensor:
    return weights / weights.sum(-1, keepdim=True)


def for_each_harmonic(distribution: Tensor, db_per_octave: float) -> Tensor:
    steps = db_per_octave * (_number(distribution) - 1)
    return _shared_out(distribution * 10 ** (steps / 20))


def rule_for_power(distribution: Tensor, db_per_octave: float) -> Tensor:
    return _shared_out(distribution * _tilt(distribution, db_per_octave, for_power=True))


def natural_logarithm(distribution: Tensor, db_per_octave: float) -> Tensor:
    return _shared_out(distribution * 10 ** (db_per_octave * torch.log(_number(distribution)) / 20))


def for_each_decade(distribution: Tensor, db_per_octave: float) -> Tensor:
    return _shared_out(distribution * 10 ** (db_per_octave * torch.log10(_number(distribution)) / 20))


def louder_altogether(attempt: Attempt) -> str | None:
    """Tilted as it should be, but not normalised, or over the wrong axis."""
    given = attempt.arguments
    tilted = (given["distribution"] * _tilt(given["distribution"], given["db_per_octave"])).double()
    if not torch.allclose(attempt.got, tilted, rtol=1e-4, atol=1e-9):
        return None
    total = float(attempt.got[0, 0].sum())
    louder = 20 * math.log10(total)
    return (
        f"the tilt is right, but a frame's weights now sum to {total:.2f}: the sound is {abs(louder):.1f} dB "
        f"{'louder' if louder > 0 else 'softer'}, and you would judge loudness, not brightness. Divide by the sum."
    )


def tilt_depends_on_pitch(attempt: Attempt) -> str:
    step = attempt.arguments["db_per_octave"]
    return (
        f"yours changes by {step:g} dB from each harmonic to the next. From 1 to 2 kHz that is {step * 1000 / 200:.0f} "
        f"dB for a note of 200 Hz, and {step * 1000 / 500:.0f} dB for one of 500 Hz: the knob depends on the pitch. An "
        f"octave is a doubling: log2(k)."
    )


def measured_tilt(attempt: Attempt) -> float:
    """dB that harmonic 2 gained against harmonic 1."""
    before = attempt.arguments["distribution"].double()[0, 0]
    return float(20 * torch.log10(attempt.got[0, 0, 1] / attempt.got[0, 0, 0] * before[0] / before[1]))


def by_other_logarithms(attempt: Attempt) -> str:
    return (
        f"harmonic 2 is an octave above harmonic 1, and gained {measured_tilt(attempt):.2f} dB instead of "
        f"{attempt.arguments['db_per_octave']:g}: octaves are counted by log2."
    )


def counted_from_zero(attempt: Attempt) -> str | None:
    if not bool((attempt.got[..., 0].nan_to_num() == 0).all()):
        return None
    return "the first harmonic is gone or NaN: its number is 1, not 0, and log2(0) is minus infinity."


def where_there_is_something(function: Any, distribution: Tensor, db_per_octave: float) -> Any:
    """No gradient is asked for a weight of exactly 0: there |x| has none of its own."""
    if distribution.requires_grad:
        distribution = distribution * (distribution > 0)
    return function(distribution, db_per_octave)


def masked_frames() -> Tensor:
    """Two takes of three frames, eight harmonics; in some frames the upper ones lie above Nyquist and are 0."""
    raw = torch.sin(0.9 * torch.arange(48.0)).square().reshape(2, 3, 8) + 0.05
    raw = raw * (torch.arange(8) < 8 - 2 * torch.arange(3)[:, None])
    return raw / raw.sum(-1, keepdim=True)


BRIGHTER = Exercise(
    number="13.3",
    name="brighter",
    reference=brighter,
    use=where_there_is_something,
    cases=(
        Case(
            "two takes, 6 dB an octave brighter",
            {"distribution": masked_frames(), "db_per_octave": 6.0},
            gradients=("distribution",),
        ),
        Case("the same, 9 dB an octave darker", {"distribution": masked_frames(), "db_per_octave": -9.0}),
        Case("100 equal harmonics, 3 dB", {"distribution": torch.full((1, 2, 100), 0.01), "db_per_octave": 3.0}),
    ),
    hints=(
        counted_from_zero,
        louder_altogether,
        looks_like(for_each_harmonic, tilt_depends_on_pitch),
        looks_like(
            rule_for_power,
            lambda attempt: (
                f"harmonic 2 gained {measured_tilt(attempt):.1f} dB instead of {attempt.arguments['db_per_octave']:g}: "
                f"these are amplitudes, so 10^(dB/20)."
            ),
        ),
        looks_like(natural_logarithm, by_other_logarithms),
        looks_like(for_each_decade, by_other_logarithms),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def brighter(distribution, db_per_octave):
    k = torch.arange(1, distribution.shape[-1] + 1)
    return distribution * 10 ** (db_per_octave * torch.log2(k) / 20)
""",
            r"weights now sum to \d\.\d\d: the sound is \d+\.\d dB louder",
        ),
        WrongAnswer(
            """
def brighter(distribution, db_per_octave):
    k = torch.arange(1, distribution.shape[-1] + 1)
    weights = distribution * 10 ** (db_per_octave * (k - 1) / 20)
    return weights / weights.sum(-1, keepdim=True)
""",
            r"30 dB for a note of 200 Hz, and 12 dB for one of 500 Hz.*depends on the pitch",
        ),
        WrongAnswer(
            """
def brighter(distribution, db_per_octave):
    k = torch.arange(1, distribution.shape[-1] + 1)
    weights = distribution * 10 ** (db_per_octave * torch.log2(k) / 10)
    return weights / weights.sum(-1, keepdim=True)
""",
            r"gained 12\.0 dB instead of 6",
        ),
        WrongAnswer(
            """
def brighter(distribution, db_per_octave):
    k = torch.arange(1, distribution.shape[-1] + 1)
    weights = distribution * 10 ** (db_per_octave * torch.log10(k) / 20)
    return weights / weights.sum(-1, keepdim=True)
""",
            r"gained 1\.81 dB instead of 6: octaves are counted by log2",
        ),
        WrongAnswer(
            """
def brighter(distribution, db_per_octave):
    k = torch.arange(distribution.shape[-1])
    weights = distribution * 10 ** (db_per_octave * torch.log2(k) / 20)
    return weights / weights.sum(-1, keepdim=True)
""",
            r"its number is 1, not 0",
        ),
    ),
    atol=1e-5,
    axes=("frame", "harmonic"),
)

# --- 13.4 a period in a table -----------------------------------------------------------------------------------------


def one_period(distribution: Tensor, size: int) -> Tensor:
    return _by_fft(distribution, size, -0.5j * size)


def _by_fft(distribution: Tensor, size: int, gain: complex, first: int = 1) -> Tensor:
    fitting = min(distribution.shape[-1], size // 2 - 1)
    spectrum = torch.zeros(*distribution.shape[:-1], size // 2 + 1, dtype=torch.complex64)
    spectrum[..., first : fitting + first] = gain * distribution[..., :fitting]
    return torch.fft.irfft(spectrum, size)


def unscaled_cosines(distribution: Tensor, size: int) -> Tensor:
    return _by_fft(distribution, size, 1)


def unscaled_sines(distribution: Tensor, size: int) -> Tensor:
    return _by_fft(distribution, size, -1j)


def cosines(distribution: Tensor, size: int) -> Tensor:
    return _by_fft(distribution, size, 0.5 * size)


def upside_down(distribution: Tensor, size: int) -> Tensor:
    return _by_fft(distribution, size, 0.5j * size)


def twice_as_loud(distribution: Tensor, size: int) -> Tensor:
    return _by_fft(distribution, size, -1j * size)


def first_at_zero_hz(distribution: Tensor, size: int) -> Tensor:
    return _by_fft(distribution, size, -0.5j * size, first=0)


def folded(distribution: Tensor, size: int) -> Tensor:
    """Summed as sines, too many of them included."""
    k = torch.arange(1, distribution.shape[-1] + 1, dtype=torch.float64)
    turns = torch.arange(size, dtype=torch.float64) / size
    return (distribution.double() @ torch.sin(2 * math.pi * k[:, None] * turns)).float()


def rms(values: Tensor) -> float:
    return float(values.square().mean().sqrt())


def off_in_level(attempt: Attempt) -> str:
    size = attempt.arguments["size"]
    return (
        f"your table is {20 * math.log10(rms(attempt.want) / rms(attempt.got)):.0f} dB too soft: an inverse FFT divides by "
        f"its size, and a sine of amplitude 1 shares {size}/2 = {size / 2:g} of magnitude in its bin with the other half at "
        f"negative frequency."
    )


def another_wave(attempt: Attempt) -> str:
    return (
        f"the same sound, another wave: yours are cosines, so the table begins at {float(attempt.got.flatten()[0]):.2f} "
        f"and not at 0, and note after note begins with a click. A sine is -i times a cosine's bin."
    )


def shifted_down(attempt: Attempt) -> str:
    first = float(attempt.arguments["distribution"].flatten()[0])
    return (
        f"harmonic 1, {first:.2f} of all amplitude, sits in bin 0: a sine of 0 Hz is silence, and every other harmonic sounds "
        f"a number too low. Harmonic k belongs in bin k."
    )


def too_many(attempt: Attempt) -> str:
    size, count = attempt.arguments["size"], attempt.arguments["distribution"].shape[-1]
    return (
        f"{count} harmonics do not fit into a table of {size}: number {size // 2 + 1} came back as number "
        f"{size - size // 2 - 1}, upside down. Only those below {size // 2} fit; leave out the rest."
    )


def recipes(*shape: int) -> Tensor:
    raw = torch.cos(0.7 * torch.arange(math.prod(shape))).square().reshape(shape) + 0.02
    return raw / raw.sum(-1, keepdim=True)


PERIOD = Exercise(
    number="13.4",
    name="one_period",
    reference=one_period,
    cases=(
        Case("one recipe of 6 harmonics, 64 entries", {"distribution": recipes(6), "size": 64}),
        Case(
            "2 takes of 3 frames, 10 harmonics, 128 entries",
            {"distribution": recipes(2, 3, 10), "size": 128},
            gradients=("distribution",),
        ),
        Case("40 harmonics into 32 entries: those that fit", {"distribution": recipes(40), "size": 32}),
    ),
    hints=(
        looks_like(unscaled_sines, off_in_level),
        looks_like(unscaled_cosines, off_in_level),
        looks_like(cosines, another_wave),
        looks_like(upside_down, "upside down: a sine's bin is -i times that of a cosine, yours is +i."),
        looks_like(
            twice_as_loud,
            "6.0 dB too loud: an rfft holds half of a sine's magnitude, size / 2; the other half is at negative frequency.",
        ),
        looks_like(first_at_zero_hz, shifted_down),
        looks_like(folded, too_many, 1e-4),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def one_period(distribution, size):
    fitting = min(distribution.shape[-1], size // 2 - 1)
    spectrum = torch.zeros(*distribution.shape[:-1], size // 2 + 1, dtype=torch.complex64)
    spectrum[..., 1 : fitting + 1] = size / 2 * distribution[..., :fitting]
    return torch.fft.irfft(spectrum, size)
""",
            r"the same sound, another wave.*begins at 1\.00",
        ),
        WrongAnswer(
            """
def one_period(distribution, size):
    fitting = min(distribution.shape[-1], size // 2 - 1)
    spectrum = torch.zeros(*distribution.shape[:-1], size // 2 + 1, dtype=torch.complex64)
    spectrum[..., 1 : fitting + 1] = -1j * distribution[..., :fitting]
    return torch.fft.irfft(spectrum, size)
""",
            r"30 dB too soft: an inverse FFT divides by its size",
        ),
        WrongAnswer(
            """
def one_period(distribution, size):
    k = torch.arange(1, distribution.shape[-1] + 1)[:, None]
    return distribution @ torch.sin(2 * torch.pi * k * torch.arange(size) / size)
""",
            r"40 harmonics do not fit into a table of 32: number 17 came back as number 15",
        ),
        WrongAnswer(
            """
def one_period(distribution, size):
    fitting = min(distribution.shape[-1], size // 2 - 1)
    spectrum = torch.zeros(*distribution.shape[:-1], size // 2 + 1, dtype=torch.complex64)
    spectrum[..., :fitting] = -0.5j * size * distribution[..., :fitting]
    return torch.fft.irfft(spectrum, size)
""",
            r"harmonic 1, 0\.\d\d of all amplitude, sits in bin 0",
        ),
    ),
    atol=1e-5,
    axes=("entry",),
)

# --- 13.5 the odds of a blind test ------------------------------------------------------------------------------------


def at_least(right: int, trials: int, hit_rate: float) -> float:
    return sum(exactly(k, trials, hit_rate) for k in range(right, trials + 1))


def exactly(right: int, trials: int, hit_rate: float) -> float:
    return math.comb(trials, right) * hit_rate**right * (1 - hit_rate) ** (trials - right)


def more_than(right: int, trials: int, hit_rate: float) -> float:
    return sum(exactly(k, trials, hit_rate) for k in range(right + 1, trials + 1))


def in_one_order(right: int, trials: int, hit_rate: float) -> float:
    return sum(hit_rate**k * (1 - hit_rate) ** (trials - k) for k in range(right, trials + 1))


def by_a_coin(right: int, trials: int, hit_rate: float) -> float:
    return at_least(right, trials, 0.5)


def by_a_bell_curve(right: int, trials: int, hit_rate: float) -> float:
    deviation = math.sqrt(trials * hit_rate * (1 - hit_rate))
    return 0.5 * math.erfc((right - trials * hit_rate) / deviation / math.sqrt(2))


def only_this_many(attempt: Attempt) -> str:
    given = attempt.arguments
    right, trials = given["right"], given["trials"]
    return (
        f"yours, {float(attempt.got):.4f}, is the chance of *exactly* {right} of {trials}. By that measure any result is a "
        f"rare one (the likeliest, {trials // 2} of {trials}, has {exactly(trials // 2, trials, 0.5):.2f} by a coin). Ask "
        f"how often it comes out so well *or better*: add up from {right} to {trials}."
    )


def without_the_result(attempt: Attempt) -> str:
    given = attempt.arguments
    return (
        f"{given['right']} of {given['trials']} itself is not in your sum: `range` ends before its end, and begins at its "
        f"beginning. At least {given['right']} is {given['right']}, {given['right'] + 1}, ... {given['trials']}."
    )


def one_order_only(attempt: Attempt) -> str:
    given = attempt.arguments
    orders = math.comb(given["trials"], given["right"])
    return (
        f"yours counts one order for each number of hits. {given['right']} hits among {given['trials']} can fall in "
        f"{orders} ways: math.comb."
    )


ODDS = Exercise(
    number="13.5",
    name="at_least",
    reference=at_least,
    cases=(
        Case("12 of 16 by a coin", {"right": 12, "trials": 16, "hit_rate": 0.5}),
        Case("12 of 16 by somebody who is right in 70 %", {"right": 12, "trials": 16, "hit_rate": 0.7}),
        Case("0 of 10, or better", {"right": 0, "trials": 10, "hit_rate": 0.5}),
        Case("all of 8", {"right": 8, "trials": 8, "hit_rate": 0.6}),
        Case("57 of 100 by a coin", {"right": 57, "trials": 100, "hit_rate": 0.5}),
    ),
    hints=(
        looks_like(exactly, only_this_many),
        looks_like(more_than, without_the_result),
        looks_like(in_one_order, one_order_only),
        looks_like(
            by_a_coin,
            lambda attempt: (
                f"yours is {float(attempt.got):.3f} for a hit rate of {attempt.arguments['hit_rate']:g} as well: that is a "
                f"coin's. Who is right with probability p gets k given hits with p^k (1 - p)^(trials - k)."
            ),
        ),
        looks_like(
            by_a_bell_curve,
            lambda attempt: (
                f"the bell curve puts it at {float(attempt.got):.3f}; exactly it is {float(attempt.want):.3f}. With so few "
                f"trials count: it is a sum of {attempt.arguments['trials'] - attempt.arguments['right'] + 1} terms."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def at_least(right, trials, hit_rate):
    return math.comb(trials, right) * hit_rate**right * (1 - hit_rate) ** (trials - right)
""",
            r"0\.0278, is the chance of \*exactly\* 12 of 16.*\*or better\*",
        ),
        WrongAnswer(
            """
def at_least(right, trials, hit_rate):
    return sum(math.comb(trials, k) for k in range(right, trials + 1)) / 2**trials
""",
            r"for a hit rate of 0\.7 as well: that is a coin's",
        ),
        WrongAnswer(
            """
def at_least(right, trials, hit_rate):
    chance = 0.0
    for k in range(right + 1, trials + 1):
        chance += math.comb(trials, k) * hit_rate**k * (1 - hit_rate) ** (trials - k)
    return chance
""",
            r"12 of 16 itself is not in your sum",
        ),
        WrongAnswer(
            """
def at_least(right, trials, hit_rate):
    return sum(hit_rate**k * (1 - hit_rate) ** (trials - k) for k in range(right, trials + 1))
""",
            r"12 hits among 16 can fall in 1820 ways",
        ),
        WrongAnswer(
            """
def at_least(right, trials, hit_rate):
    deviation = math.sqrt(trials * hit_rate * (1 - hit_rate))
    return 0.5 * math.erfc((right - trials * hit_rate) / deviation / math.sqrt(2))
""",
            r"the bell curve puts it at 0\.023; exactly it is 0\.038",
        ),
    ),
    atol=1e-5,
    axes=(),
)

EXERCISES = (REST, SWAP, BRIGHTER, PERIOD, ODDS)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    ChoiceQuestion(
        "13.6",
        answer=encode("b"),
        replies={
            "a": "in a rest the loudness is low, but it is not silence: it is measured on the recording, tail and all. The "
            "network is told how loud the tail is, and could play it itself.",
            "b": "right: one constant filter explains all the tails at once, and oscillators that follow the new pitch "
            "cannot hold the old one. Where they could, in the rests, the gentle pull towards silence decides.",
            "c": "no loss ever heard a dry sound to compare with. The pull towards silence asks for less playing, of whatever colour.",
            "d": "its first tap is fixed to 1, so that the scale is shared in some way. That says nothing about which part "
            "a tail belongs to.",
        },
    ),
    ChoiceQuestion(
        "13.7",
        answer=encode("d"),
        replies={
            "a": "then the wet sound would be wrong as well, and it is not. What is too much in the one is missing in "
            "the other.",
            "b": "the longest training will not tell: both splits give the same wet sound, so the same loss of it, and the pull "
            "towards silence asks for less playing, not for the true colour.",
            "c": "T20 does not depend on how strong the room is: it is a slope. It is about right.",
            "d": "right: colour and level moved from the string to the early room, and the sum is the same. Only somebody "
            "who knows the true dry sound can tell.",
        },
    ),
    NumberQuestion(
        "13.8",
        answer=encode(12.5),
        tolerance=0.7,
        unit="%",
        right="right: an eighth. Harmonic 8 has a node there, and so have 16 and 24, and no lower one.",
        misconceptions=(
            (8, 0.5, "8 is the number of the harmonic that is missing. It has a node at every eighth of the string."),
            (
                6.25,
                0.5,
                "that is half-way to its first node, where harmonic 8 moves most. Harmonic 16 would be missing.",
            ),
            (25, 1, "harmonic 8 has a node there, too. But so has harmonic 4, which is well there."),
            (50, 1, "in the middle every even harmonic has a node: half of them would be missing."),
            (87.5, 1, "that is the same place, from the other end. The bridge is the near one."),
        ),
    ),
    NumberQuestion(
        "13.9",
        answer=encode(12),
        tolerance=0.3,
        unit="dB",
        right="right: from 2 to 8 are two octaves. What the pitch is does not matter.",
        misconceptions=(
            (36, 0.5, "that would be 6 dB for each harmonic. From 2 to 8 are two doublings."),
            (18, 0.5, "that is harmonic 8 against harmonic 1: three octaves."),
            (24, 0.5, "four times the frequency, but an octave is a doubling: two of them."),
            (6, 0.3, "that is one octave; from 2 to 8 are two."),
        ),
    ),
    NumberQuestion(
        "13.10",
        answer=encode(45),
        tolerance=4,
        unit="%",
        right="right: hardly every second time. A short test that finds nothing has said little.",
        misconceptions=(
            (70, 5, "70 % is how often a single answer is right. 12 of 16 asks for more than that, 75 %."),
            (95, 5, "that is how often a guesser fails the test. It says nothing about somebody who hears something."),
            (3.8, 1, "that is how often a guesser passes."),
            (20.4, 3, "that is exactly 12 of 16. More than 12 passes as well."),
        ),
    ),
)
