"""Lesson 15, wavetables and moving delays: what its exercises are judged by."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ddsp_course import dsp
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
from ddsp_course.classroom.exercises.uneven import uneven

LESSON = Lesson(
    number=15,
    topic="wavetables_and_moving_delays",
    title="Wavetables and moving delays",
    builds="a table that plays at any pitch and a delay that moves, both learned: from a recording, and from a pedal's sound",
    hears="a reed turned into 256 numbers, tones that fall while the tune rises, and one line of code as three effects",
    minutes_to_read=55,
    minutes_to_run=1,
)


# --- 15.1 a table, read between its entries ---------------------------------------------------------------------------


def read_table(table: Tensor, place: Tensor) -> Tensor:
    entry = place.detach().floor()
    here = entry.long() % len(table)
    return torch.lerp(table[here], table[(here + 1) % len(table)], place - entry)


def _read(table: Tensor, place: Tensor, *, between: bool = True, swapped: bool = False, wrap: bool = True) -> Tensor:
    """Read a table, with the mistakes that one can make in it as switches."""
    entry = place.floor()
    share = place - entry if between else torch.zeros_like(place)
    share = 1 - share if swapped else share
    here, following = entry.long(), entry.long() + 1
    if wrap:
        here, following = here % len(table), following % len(table)
    else:
        here, following = here.clamp(0, len(table) - 1), following.clamp(0, len(table) - 1)
    return (1 - share) * table[here] + share * table[following]


def stops_at_the_end(attempt: Attempt) -> str:
    worst = int((attempt.got - attempt.want).abs().argmax())
    place, size = float(attempt.arguments["place"][worst]), len(attempt.arguments["table"])
    return (
        f"at place {place:.3g} of {size} entries yours reads {float(attempt.got[worst]):.3f} instead of "
        f"{float(attempt.want[worst]):.3f}: it stops at the end of the table. A period is a loop: after entry {size - 1} "
        f"comes entry 0. Take % {size} of both entries."
    )


def last_piece_is_flat(attempt: Attempt) -> str:
    worst = int((attempt.got - attempt.want).abs().argmax())
    return (
        f"right but in the last piece: at place {float(attempt.arguments['place'][worst]):.3g} yours reads "
        f"{float(attempt.got[worst]):.3f} instead of {float(attempt.want[worst]):.3f}. Behind the last entry the line leads "
        f"to the first: the second index has to wrap as well."
    )


def _second_index_clamped(table: Tensor, place: Tensor) -> Tensor:
    entry = place.floor()
    here = entry.long() % len(table)
    return torch.lerp(table[here], table[(here + 1).clamp(max=len(table) - 1)], place - entry)


READ_TABLE = Exercise(
    number="15.1",
    name="read_table",
    reference=read_table,
    cases=(
        Case(
            "four entries, places 0, 0.25, 1.5 and 3",
            {"table": torch.tensor([0.0, 1.0, 3.0, 2.0]), "place": torch.tensor([0.0, 0.25, 1.5, 3.0])},
        ),
        Case(
            "seven entries, round and round, up to place 40",
            {"table": uneven(7), "place": torch.linspace(0.03, 40.1, 60)},
            gradients=("table", "place"),
        ),
        Case(
            "five entries, backwards, down to place -12", {"table": uneven(5), "place": -torch.linspace(0.07, 12.3, 40)}
        ),
    ),
    hints=(
        looks_like(
            lambda table, place: _read(table, place, between=False),
            lambda attempt: (
                f"yours reads the entry before, and jumps to the next: off by up to "
                f"{float((attempt.got - attempt.want).abs().max()):.3f}. Between two entries lies a straight line."
            ),
        ),
        looks_like(
            lambda table, place: table[place.round().long() % len(table)],
            lambda attempt: (
                f"yours reads the nearest entry, and jumps in the middle between two: off by up to "
                f"{float((attempt.got - attempt.want).abs().max()):.3f}. Between two entries lies a straight line."
            ),
        ),
        looks_like(
            lambda table, place: _read(table, place, swapped=True),
            lambda attempt: (
                f"at place {float(attempt.arguments['place'][1]):.3g} yours reads {float(attempt.got[1]):.3f} and should read "
                f"{float(attempt.want[1]):.3f}: the two weights are exchanged. Right behind an entry, that entry counts most."
            ),
        ),
        looks_like(lambda table, place: _read(table, place, wrap=False), stops_at_the_end),
        looks_like(_second_index_clamped, last_piece_is_flat),
        looks_like(
            lambda table, place: read_table(table, place * len(table)),
            lambda attempt: (
                f"at place {float(attempt.arguments['place'][1]):.3g} yours reads what stands at place "
                f"{float(attempt.arguments['place'][1]) * len(attempt.arguments['table']):.3g}: the place is counted in entries "
                f"already, not in periods."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def read_table(table, place):
    return table[place.floor().long() % len(table)]
""",
            r"reads the entry before, and jumps to the next: off by up to 1\.000",
        ),
        WrongAnswer(
            """
def read_table(table, place):
    entry = place.floor()
    between = place - entry
    here = entry.long() % len(table)
    return between * table[here] + (1 - between) * table[(here + 1) % len(table)]
""",
            r"at place 0\.25 yours reads 0\.750 and should read 0\.250: the two weights are exchanged",
        ),
        WrongAnswer(
            """
def read_table(table, place):
    entry = place.floor()
    between = place - entry
    here = entry.long().clamp(0, len(table) - 1)
    following = (entry.long() + 1).clamp(0, len(table) - 1)
    return (1 - between) * table[here] + between * table[following]
""",
            r"of 7 entries yours reads .* it stops at the end of the table",
        ),
        WrongAnswer(
            """
def read_table(table, place):
    entry = place.floor()
    here = entry.long() % len(table)
    following = (here + 1).clamp(max=len(table) - 1)
    return torch.lerp(table[here], table[following], place - entry)
""",
            r"right but in the last piece: .* the second index has to wrap",
        ),
        WrongAnswer(
            """
def read_table(table, place):
    place = place * len(table)
    entry = place.floor()
    here = entry.long() % len(table)
    return torch.lerp(table[here], table[(here + 1) % len(table)], place - entry)
""",
            r"at place 0\.25 yours reads what stands at place 1: the place is counted in entries",
        ),
    ),
    axes=("sample",),
)

# --- 15.2 a table for a pitch -----------------------------------------------------------------------------------------


def band_limit(table: Tensor, f0_hz: float, sample_rate: int) -> Tensor:
    return dsp.band_limit(table, torch.tensor([[f0_hz]], dtype=torch.float64), sample_rate=sample_rate)[0, 0]


def _limited(table: Tensor, keep: Callable[[Tensor], Tensor]) -> Tensor:
    """A table with the harmonics for which keep(k) is true."""
    spectrum = torch.fft.rfft(table)
    return torch.fft.irfft(spectrum * keep(torch.arange(len(spectrum))), len(table))


def harmonics_of(table: Tensor) -> Tensor:
    """The numbers of the harmonics that are in a table."""
    size = torch.fft.rfft(table.double()).abs()
    return torch.nonzero(size > 1e-5 * size.max())[:, 0]


def told_the_top(sentence: str) -> Callable[[Attempt], str]:
    """A hint's sentence with the highest harmonic of the learner's table and of ours in it, and where yours lies."""

    def tell(attempt: Attempt) -> str:
        ours, yours = int(harmonics_of(attempt.want)[-1]), int(harmonics_of(attempt.got)[-1])
        return sentence.format(
            ours=ours,
            yours=yours,
            hz=yours * attempt.arguments["f0_hz"],
            half=attempt.arguments["sample_rate"] / 2,
        )

    return tell


def of_other_length(attempt: Attempt) -> str | None:
    got, want = attempt.got.shape, attempt.want.shape
    if len(got) != 1 or got[0] != want[0] - 1:
        return None
    return (
        f"your table has {got[0]} entries instead of {want[0]}: irfft takes an even length unless it is told another. "
        f"Give it len(table)."
    )


BAND_LIMIT = Exercise(
    number="15.2",
    name="band_limit",
    reference=band_limit,
    cases=(
        Case(
            "64 entries for 500 Hz at 16 kHz",
            {"table": uneven(64), "f0_hz": 500.0, "sample_rate": 16_000},
            gradients=("table",),
        ),
        Case(
            "64 entries that are not zero in the mean, for 1230 Hz",
            {"table": uneven(64) + 0.5, "f0_hz": 1230.0, "sample_rate": 16_000},
        ),
        Case("51 entries for 900 Hz at 44.1 kHz", {"table": uneven(51), "f0_hz": 900.0, "sample_rate": 44_100}),
        Case("32 entries for 100 Hz: all of it fits", {"table": uneven(32), "f0_hz": 100.0, "sample_rate": 16_000}),
    ),
    hints=(
        of_other_length,
        looks_like(
            lambda table, f0_hz, sample_rate: table,
            told_the_top(
                "nothing was taken out: yours still has harmonic {yours}, which would sound at {hz:.0f} Hz. Bin k is harmonic k, "
                "k * f0 when it is read, not k * sample_rate / size."
            ),
        ),
        looks_like(
            lambda table, f0_hz, sample_rate: _limited(table, lambda k: k * f0_hz < sample_rate),
            told_the_top(
                "yours goes up to harmonic {yours}, at {hz:.0f} Hz, and {half:.0f} Hz is the limit: half the sample rate."
            ),
        ),
        looks_like(
            lambda table, f0_hz, sample_rate: _limited(table, lambda k: k * f0_hz <= sample_rate / 2),
            told_the_top(
                "yours keeps harmonic {yours}, right at {hz:.0f} Hz, half the sample rate: there two samples a period can say no "
                "sine. Keep what is *below*."
            ),
        ),
        looks_like(
            lambda table, f0_hz, sample_rate: _limited(table, lambda k: (k * f0_hz < sample_rate / 2) & (k > 0)),
            lambda attempt: (
                f"yours has the mean {float(attempt.got.mean()):.3f} and the table has "
                f"{float(attempt.arguments['table'].mean()):.3f}: bin 0 went missing. It does not alias; leave it."
            ),
        ),
        looks_like(
            lambda table, f0_hz, sample_rate: _limited(table, lambda k: k + 1 < sample_rate / 2 / f0_hz),
            told_the_top(
                "yours ends at harmonic {yours}, at {hz:.0f} Hz, and {ours} would still fit. Either bins were counted from 1 "
                "(bin 0 is the mean, so bin k *is* harmonic k), or half the rate over f0 was rounded down: compare k * f0 "
                "with it instead."
            ),
        ),
        looks_like(
            lambda table, f0_hz, sample_rate: _limited(table, lambda k: k * f0_hz >= sample_rate / 2),
            told_the_top(
                "yours keeps what aliases, up to harmonic {yours}, and throws away the rest: turn the mask round."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def band_limit(table, f0_hz, sample_rate):
    spectrum = torch.fft.rfft(table)
    stays = torch.arange(len(spectrum)) * f0_hz < sample_rate
    return torch.fft.irfft(spectrum * stays, len(table))
""",
            r"yours goes up to harmonic 31, at 15500 Hz, and 8000 Hz is the limit",
        ),
        WrongAnswer(
            """
def band_limit(table, f0_hz, sample_rate):
    spectrum = torch.fft.rfft(table)
    hz = torch.arange(len(spectrum)) * sample_rate / len(table)
    return torch.fft.irfft(spectrum * (hz <= sample_rate / 2), len(table))
""",
            r"nothing was taken out: yours still has harmonic 32, which would sound at 16000 Hz",
        ),
        WrongAnswer(
            """
def band_limit(table, f0_hz, sample_rate):
    spectrum = torch.fft.rfft(table)
    k = torch.arange(len(spectrum))
    return torch.fft.irfft(spectrum * (k * f0_hz < sample_rate / 2) * (k > 0), len(table))
""",
            r"bin 0 went missing",
        ),
        WrongAnswer(
            """
def band_limit(table, f0_hz, sample_rate):
    spectrum = torch.fft.rfft(table)
    k = torch.arange(1, len(spectrum) + 1)
    return torch.fft.irfft(spectrum * (k * f0_hz < sample_rate / 2), len(table))
""",
            r"yours ends at harmonic 14, at 7000 Hz, and 15 would still fit",
        ),
        WrongAnswer(
            """
def band_limit(table, f0_hz, sample_rate):
    spectrum = torch.fft.rfft(table)
    stays = torch.arange(len(spectrum)) * f0_hz < sample_rate / 2
    return torch.fft.irfft(spectrum * stays)
""",
            r"your table has 50 entries instead of 51",
        ),
    ),
    axes=("entry",),
)

# --- 15.3 a sound, read late ------------------------------------------------------------------------------------------


def delayed(audio: Tensor, delay: Tensor) -> Tensor:
    return dsp.fractional_delay(audio[None], delay[None])[0]


def _late(
    audio: Tensor, delay: Tensor, *, sign: float = 1.0, swapped: bool = False, before: str = "silence", whole: str = ""
) -> Tensor:
    """Read a sound late, with the mistakes that one can make in it as switches."""
    n = len(audio)
    late = {"": delay, "round": delay.round(), "floor": delay.floor()}[whole]
    place = torch.arange(n) - sign * late
    entry = place.floor()
    share = place - entry
    share = 1 - share if swapped else share

    def at(index: Tensor) -> Tensor:
        if before == "loop":
            return audio[index % n]
        inside = audio[index.clamp(0, n - 1)]
        return inside if before == "first" else inside * ((index >= 0) & (index < n))

    return (1 - share) * at(entry.long()) + share * at(entry.long() + 1)


def told_where(sentence: str) -> Callable[[Attempt], str]:
    """A hint's sentence with the sample where the difference is largest, and what stands there."""

    def tell(attempt: Attempt) -> str:
        at = int((attempt.got - attempt.want).abs().argmax())
        return sentence.format(
            at=at,
            yours=float(attempt.got[at]),
            ours=float(attempt.want[at]),
            delay=float(attempt.arguments["delay"][at]),
            place=at - float(attempt.arguments["delay"][at]),
            ahead=at + float(attempt.arguments["delay"][at]),
        )

    return tell


DELAYED = Exercise(
    number="15.3",
    name="delayed",
    reference=delayed,
    cases=(
        Case("a click, 3 samples late", {"audio": torch.eye(12)[2], "delay": torch.full((12,), 3.0)}),
        Case("12 samples, 2.25 late", {"audio": uneven(12) + 1.5, "delay": torch.full((12,), 2.25)}),
        Case("no delay at all", {"audio": uneven(8) + 1.5, "delay": torch.zeros(8)}),
        Case(
            "60 samples, a delay that swings from 1.3 to 9.1",
            {"audio": uneven(60) + 0.4, "delay": 5.2 + 3.9 * torch.sin(0.31 * torch.arange(60) + 0.2)},
            gradients=("audio", "delay"),
        ),
    ),
    hints=(
        looks_like(
            lambda audio, delay: torch.where(torch.arange(len(audio)) >= delay, _late(audio, delay), 0.0),
            told_where(
                "at sample {at} the place is {place:.2f}, between entry -1 and the first sample. Entry -1 is silent, but the "
                "line from it to the first sample is not: {ours:.3f} there, not {yours:.3f}."
            ),
        ),
        looks_like(
            lambda audio, delay: _late(audio, delay, sign=-1.0),
            told_where(
                "at sample {at} yours reads the sound at {ahead:.2f}, which is yet to come, and not at {place:.2f}: late is "
                "minus."
            ),
        ),
        looks_like(
            lambda audio, delay: _late(audio, delay, before="loop"),
            told_where(
                "at sample {at} yours is {yours:.3f}, and the place there is {place:.2f}, before the beginning: a negative "
                "index counts from the end, so the sound's end is heard first. Before the beginning there was silence."
            ),
        ),
        looks_like(
            lambda audio, delay: _late(audio, delay, before="first"),
            told_where(
                "at sample {at} yours is {yours:.3f} and should be {ours:.3f}: the place there is {place:.2f}, before the "
                "beginning, and yours goes on reading the first sample. There was silence."
            ),
        ),
        looks_like(
            lambda audio, delay: _late(audio, delay, whole="round"),
            told_where(
                "at sample {at} the delay is {delay:.2f} and yours takes a whole number for it: {yours:.3f} instead of "
                "{ours:.3f}. A delay that moves in whole samples clicks at each of them; go along the straight line."
            ),
        ),
        looks_like(
            lambda audio, delay: _late(audio, delay, whole="floor"),
            told_where(
                "at sample {at} the delay is {delay:.2f} and yours takes a whole number for it: {yours:.3f} instead of "
                "{ours:.3f}. A delay that moves in whole samples clicks at each of them; go along the straight line."
            ),
        ),
        looks_like(
            lambda audio, delay: _late(audio, delay, swapped=True),
            told_where(
                "at sample {at}, place {place:.2f}, yours is {yours:.3f} instead of {ours:.3f}: the two weights are "
                "exchanged. The share of the *later* sample is place - floor(place), and a delay of 2.25 has a place "
                "that ends in .75."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def delayed(audio, delay):
    place = torch.arange(len(audio)) - delay
    entry = place.floor()
    between = place - entry
    here, following = entry.long() % len(audio), (entry.long() + 1) % len(audio)
    return (1 - between) * audio[here] + between * audio[following]
""",
            r"a negative index counts from the end",
        ),
        WrongAnswer(
            """
def delayed(audio, delay):
    place = torch.arange(len(audio)) - delay
    entry = place.floor()
    between = place - entry
    last = len(audio) - 1
    return (1 - between) * audio[entry.long().clamp(0, last)] + between * audio[(entry.long() + 1).clamp(0, last)]
""",
            r"yours goes on reading the first sample",
        ),
        WrongAnswer(
            """
def delayed(audio, delay):
    before = int(delay.max()) + 2
    strip = torch.nn.functional.pad(audio, (before, 1))
    return strip[(torch.arange(len(audio)) - delay.round() + before).long()]
""",
            r"the delay is 2\.25 and yours takes a whole number for it",
        ),
        WrongAnswer(
            """
def delayed(audio, delay):
    before = int(delay.max()) + 2
    strip = torch.nn.functional.pad(audio, (before, before))
    place = torch.arange(len(audio)) + delay + before
    entry = place.floor()
    between = place - entry
    return (1 - between) * strip[entry.long()] + between * strip[entry.long() + 1]
""",
            r"which is yet to come, .* late is minus",
        ),
        WrongAnswer(
            """
def delayed(audio, delay):
    before = int(delay.max()) + 2
    strip = torch.nn.functional.pad(audio, (before, 1))
    place = torch.arange(len(audio)) - delay + before
    entry = place.floor()
    between = delay - delay.floor()
    return (1 - between) * strip[entry.long()] + between * strip[entry.long() + 1]
""",
            r"the two weights are exchanged",
        ),
    ),
)

# --- 15.4 how deep a vibrato is ---------------------------------------------------------------------------------------


def vibrato_depth_ms(cents: Tensor, rate_hz: Tensor) -> Tensor:
    return 1000 * (2 ** (cents / 1200) - 1) / (2 * math.pi * rate_hz)


def told_depth(sentence: str) -> Callable[[Attempt], str]:
    """A hint's sentence with the learner's depth, ours, and how far up the learner's would bend the pitch, in cents."""

    def tell(attempt: Attempt) -> str:
        got, rate = attempt.got.reshape(-1)[0], attempt.arguments["rate_hz"].reshape(-1)[0]
        bends = 1200 * torch.log2(1 + 2 * math.pi * rate * got.abs() / 1000)
        return sentence.format(
            yours=float(got),
            ours=float(attempt.want.reshape(-1)[0]),
            bends=float(bends),
            cents=float(attempt.arguments["cents"].reshape(-1)[0]),
        )

    return tell


DEPTH = Exercise(
    number="15.4",
    name="vibrato_depth_ms",
    reference=vibrato_depth_ms,
    cases=(
        Case("50 cents, 5.5 times a second", {"cents": torch.tensor(50.0), "rate_hz": torch.tensor(5.5)}),
        Case("an octave, once a second", {"cents": torch.tensor(1200.0), "rate_hz": torch.tensor(1.0)}),
        Case(
            "20, 100 and 400 cents at 4, 6 and 7 Hz",
            {"cents": torch.tensor([20.0, 100.0, 400.0]), "rate_hz": torch.tensor([4.0, 6.0, 7.0])},
            gradients=("cents", "rate_hz"),
        ),
    ),
    hints=(
        looks_like(
            lambda cents, rate_hz: vibrato_depth_ms(cents, rate_hz) * 2 * math.pi,
            told_depth(
                "yours is {yours:.2f} ms, which would bend the pitch by {bends:.0f} cents instead of {cents:.0f}: the slope of "
                "sin(2 pi r t) is 2 pi r."
            ),
        ),
        looks_like(
            lambda cents, rate_hz: vibrato_depth_ms(cents, rate_hz) / 1000,
            told_depth("yours is {yours:.6f}: that is in seconds. Asked are milliseconds, {ours:.3f} of them."),
        ),
        looks_like(
            lambda cents, rate_hz: 1000 * 2 ** (cents / 1200) / (2 * math.pi * rate_hz),
            told_depth(
                "yours is {yours:.1f} ms, which would bend the pitch by {bends:.0f} cents instead of {cents:.0f}: a ratio of 1 "
                "is no bend at all. The slope is the ratio *minus* 1."
            ),
        ),
        looks_like(
            lambda cents, rate_hz: vibrato_depth_ms(100 * cents, rate_hz),
            told_depth(
                "yours is {yours:.2f} ms, which would bend the pitch by {bends:.0f} cents instead of {cents:.0f}: there are 1200 "
                "cents in an octave; 12 is for semitones."
            ),
        ),
        looks_like(
            lambda cents, rate_hz: 2 * vibrato_depth_ms(cents, rate_hz),
            told_depth(
                "yours is {yours:.2f} ms, twice too much: depth is how far the delay goes to *one* side of its centre."
            ),
        ),
        looks_like(
            lambda cents, rate_hz: vibrato_depth_ms(cents, torch.ones_like(rate_hz)),
            told_depth(
                "yours is {yours:.2f} ms for this rate and for any other: the faster the swing, the steeper, so the less depth "
                "it takes. Divide by the rate."
            ),
        ),
        looks_like(
            lambda cents, rate_hz: 1000 * cents / 1200 / (2 * math.pi * rate_hz),
            told_depth(
                "yours is {yours:.2f} ms, which would bend the pitch by {bends:.0f} cents instead of {cents:.0f}: cents are "
                "logarithms; the ratio is 2 ** (cents / 1200)."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def vibrato_depth_ms(cents, rate_hz):
    return 1000 * (2 ** (cents / 1200) - 1) / rate_hz
""",
            r"yours is 5\.33 ms, which would bend the pitch by 293 cents instead of 50: the slope",
        ),
        WrongAnswer(
            """
def vibrato_depth_ms(cents, rate_hz):
    return (2 ** (cents / 1200) - 1) / (2 * math.pi * rate_hz)
""",
            r"yours is 0\.000848: that is in seconds",
        ),
        WrongAnswer(
            """
def vibrato_depth_ms(cents, rate_hz):
    return 1000 * 2 ** (cents / 1200) / (2 * math.pi * rate_hz)
""",
            r"a ratio of 1 is no bend at all",
        ),
        WrongAnswer(
            """
def vibrato_depth_ms(cents, rate_hz):
    return 1000 * (2 ** (cents / 12) - 1) / (2 * math.pi * rate_hz)
""",
            r"12 is for semitones",
        ),
        WrongAnswer(
            """
def vibrato_depth_ms(cents, rate_hz):
    return 2 * 1000 * (2 ** (cents / 1200) - 1) / (2 * math.pi * rate_hz)
""",
            r"twice too much: depth is how far the delay goes to \*one\* side",
        ),
    ),
    axes=("vibrato",),
    unit="ms",
)

# --- 15.5 how often a curve swings ------------------------------------------------------------------------------------


def find_rate(curve: Tensor, frame_rate: float) -> Tensor:
    return _pointed_at(curve, frame_rate)


def _pointed_at(
    curve: Tensor, frame_rate: float, *, low: float = 0.2, centred: bool = True, windowed: bool = True
) -> Tensor:
    """The rate whose turning pointer agrees most with a curve, with the mistakes that one can make as switches."""
    values = curve.detach().double()
    values = values - values.mean() if centred else values
    values = values * torch.hann_window(len(values), dtype=torch.float64) if windowed else values
    rates = torch.arange(low, 6.0, 0.002, dtype=torch.float64)
    seconds = torch.arange(len(values), dtype=torch.float64) / frame_rate
    return rates[(torch.exp(-2j * math.pi * rates[:, None] * seconds) * values).sum(1).abs().argmax()]


def _bin(curve: Tensor, frame_rate: float, padded: int = 0) -> Tensor:
    """The strongest bin of a curve's Fourier transform, counted in bins."""
    values = (curve - curve.mean()).double() * torch.hann_window(len(curve), dtype=torch.float64)
    return torch.fft.rfft(F.pad(values, (0, padded))).abs().argmax().double()


def on_the_raster(attempt: Attempt) -> str | None:
    n, frame_rate = len(attempt.arguments["curve"]), attempt.arguments["frame_rate"]
    bins = float(attempt.got) * n / frame_rate
    off = abs(float(attempt.got - attempt.want))
    if abs(bins - round(bins)) > 1e-3 or off > frame_rate / n:
        return None
    return (
        f"yours is {float(attempt.got):.3f} Hz, {round(bins)} whole swings in {n / frame_rate:g} s, off by {off:.3f} Hz: whole "
        f"numbers of swings are {frame_rate / n:.3f} Hz apart, whether counted or read off a transform's bins, and the rate "
        f"need not lie on one. Ask a finer grid of rates, or put zeros behind the curve before the transform."
    )


def at_the_lowest(attempt: Attempt) -> str | None:
    if float(attempt.got) >= min(0.3, 0.5 * float(attempt.want)):
        return None
    return (
        f"yours is {float(attempt.got):.3f} Hz: that is the curve's mean, "
        f"{float(attempt.arguments['curve'].mean()):.2f}, which does not swing at all and is stronger than all that does. "
        f"Take it off first."
    )


def in_another_unit(attempt: Attempt) -> str | None:
    ratio = float(attempt.got / attempt.want)
    for factor, says in (
        (2 * math.pi, "2 pi times too much: that is in radians a second. In Hz, whole swings count."),
        (1 / (2 * math.pi), "2 pi times too little: a pointer of r Hz is exp(-2 pi i r t)."),
        (2.0, "twice too much: a swing has two zero crossings, one up, one down."),
        (1 / attempt.arguments["frame_rate"], "in swings a frame: multiply by frame_rate."),
    ):
        if abs(ratio / factor - 1) < 0.02:
            return f"yours is {float(attempt.got):.4g}, {says}"
    return None


def a_number_of_bins(attempt: Attempt) -> str | None:
    got, want = float(attempt.got), float(attempt.want)
    if abs(got - round(got)) > 1e-6 or got < 3 * want:
        return None
    return (
        f"yours is {got:.0f}: the number of a bin, not a rate. Bin k of N places is k * frame_rate / N Hz, and here "
        f"{want:.2f} Hz is right."
    )


def swinging(rate_hz: float, seconds: float, frame_rate: float, centre: float, depth: float, start: float) -> Tensor:
    """A curve with a little hiss, the same everywhere."""
    t = torch.arange(round(seconds * frame_rate), dtype=torch.float64) / frame_rate
    hiss = 0.02 * depth * torch.sin(7.7 * torch.arange(len(t), dtype=torch.float64) ** 1.5)
    return centre + depth * torch.sin(2 * math.pi * rate_hz * t + start) + hiss


RATE = Exercise(
    number="15.5",
    name="find_rate",
    reference=find_rate,
    cases=(
        Case(
            "8 s of 1.406 Hz around 8 ms, 100 frames a second",
            {"curve": swinging(1.406, 8.0, 100.0, 8.0, 1.9, 0.4), "frame_rate": 100.0},
        ),
        Case(
            "6 s of 1.292 Hz around 15 ms, 250 frames a second",
            {"curve": swinging(1.292, 6.0, 250.0, 15.0, 0.6, 2.0), "frame_rate": 250.0},
        ),
        Case(
            "10 s of 1.175 Hz around 20 ms, 62.5 frames a second",
            {"curve": swinging(1.175, 10.0, 62.5, 20.0, 3.0, -1.0), "frame_rate": 62.5},
        ),
    ),
    hints=(in_another_unit, at_the_lowest, a_number_of_bins, on_the_raster),
    wrong_answers=(
        WrongAnswer(
            """
def find_rate(curve, frame_rate):
    spectrum = torch.fft.rfft((curve - curve.mean()) * torch.hann_window(len(curve), dtype=curve.dtype))
    return spectrum.abs().argmax() * frame_rate / len(curve)
""",
            r"11 whole swings in 8 s, off by 0\.03\d Hz: whole numbers of swings are 0\.125 Hz apart",
        ),
        WrongAnswer(
            """
def find_rate(curve, frame_rate):
    seconds = torch.arange(len(curve)) / frame_rate
    rates = torch.arange(0.01, 6.0, 0.002)
    pointers = torch.exp(-2j * math.pi * rates[:, None] * seconds)
    return rates[(pointers * curve * torch.hann_window(len(curve))).sum(1).abs().argmax()]
""",
            r"that is the curve's mean, [78]\.\d\d, which does not swing",
        ),
        WrongAnswer(
            """
def find_rate(curve, frame_rate):
    swings = (curve - curve.mean()) * torch.hann_window(len(curve), dtype=curve.dtype)
    return torch.fft.rfft(swings, 100_000).abs().argmax()
""",
            r"yours is 140\d: the number of a bin, not a rate",
        ),
        WrongAnswer(
            """
def find_rate(curve, frame_rate):
    seconds = torch.arange(len(curve)) / frame_rate
    swings = (curve - curve.mean()) * torch.hann_window(len(curve), dtype=curve.dtype)
    rates = torch.arange(0.2, 12.0, 0.002)
    pointers = torch.exp(-1j * rates[:, None] * seconds)
    return rates[(pointers * swings).sum(1).abs().argmax()]
""",
            r"2 pi times too much: that is in radians",
        ),
    ),
    atol=0.0085,
    axes=(),
    unit="Hz",
)

EXERCISES = (READ_TABLE, BAND_LIMIT, DELAYED, DEPTH, RATE)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    NumberQuestion(
        "15.6",
        answer=encode(-47.0),
        tolerance=1.0,
        unit="dB",
        right="right: the sines cancel, 1/k squared remains, and 20 log10(1/15²) is -47.0 dB. Harmonic 17 is at -49.2.",
        misconceptions=(
            (47.0, 1.0, "the size is right; the false harmonic is *below* the tone, so a minus belongs to it."),
            (
                -23.5,
                0.8,
                "that is one sinc, which is for a table that holds its entries. Straight lines have the square.",
            ),
            (-48.2, 0.19, "16 is in the middle between the two copies. The nearer one is harmonic 15."),
            (-49.2, 0.3, "that is harmonic 17. Harmonic 15 is nearer, and stronger."),
            (-94.1, 1.5, "twice too much: the square is in 20 log10(1/15²) already."),
        ),
    ),
    NumberQuestion(
        "15.7",
        answer=encode(200),
        tolerance=5,
        unit="Hz",
        right="right: harmonic 40 reaches 8000 Hz, half the sample rate, at a pitch of 200 Hz.",
        misconceptions=(
            (400, 10, "at 400 Hz harmonic 40 is at 16000 Hz. Half the sample rate is the limit."),
            (8000, 50, "8000 Hz is the limit of the *highest harmonic*, not of the pitch."),
            (40, 3, "40 is the number of harmonics. At which pitch does the 40th reach 8000 Hz?"),
            (100, 4, "at 100 Hz harmonic 40 is at 4000 Hz: there is room above."),
        ),
    ),
    ChoiceQuestion(
        "15.8",
        answer=encode("b"),
        replies={
            "a": "it has the same *levels of harmonics*. Timbre is more: the reed's bell favours certain frequencies in Hz, and at "
            "another pitch other harmonics fall on them.",
            "b": "right: harmonic 7 keeps its level, though it now sounds at 2310 Hz instead of 1540. The real bell stands still.",
            "c": "the bell is in the recording, so it is in the table: in the levels of the harmonics, at the pitch of the recording.",
            "d": "a table is in tune at every pitch: the head goes round 330 times a second.",
        },
    ),
    ChoiceQuestion(
        "15.9",
        answer=encode("b"),
        replies={
            "a": "four times as many *Hz*. Cents are ratios, and the ratio 1 - d'(t) does not know the pitch.",
            "b": "right: time is stretched, for all that sounds, by 1 - d'(t). All partials of a note bend together, too.",
            "c": "the delay is more periods of the higher tone, not fewer. But it is the slope that counts: a ratio, the same for all.",
            "d": "all that goes through the delay is stretched in time, low or high.",
        },
    ),
    NumberQuestion(
        "15.10",
        answer=encode(500),
        tolerance=10,
        unit="Hz",
        right="right: 1 ms is half a period of 500 Hz, so the copy arrives upside down.",
        misconceptions=(
            (
                1000,
                20,
                "1 ms is a whole period of 1000 Hz: the copy arrives in step, and the sum is a *peak*. Half a period.",
            ),
            (250, 10, "1 ms is a quarter of a period of 250 Hz: neither in step nor against it."),
            (1500, 20, "at 1500 Hz there is a notch, but the second one."),
            (0.5, 0.1, "in kHz that is right. Asked is a number in Hz."),
        ),
    ),
    NumberQuestion(
        "15.11",
        answer=encode(0.089),
        tolerance=0.005,
        unit="Hz",
        right="right: 0.715 / 8. A tenth of a swing a second, of all the rates that a chorus may have.",
        misconceptions=(
            (0.715, 0.05, "that is for one second. Eight seconds are less forgiving, by eight."),
            (0.125, 0.01, "1/T is where a whole swing is too many. The valley's wall ends before, at 0.715/T."),
            (0.18, 0.015, "that is the whole valley, or 4 s. Asked is how near, to one side, with 8 s."),
            (5.7, 0.3, "0.715 *times* 8: more sound would help. It makes the valley narrower."),
        ),
    ),
)
