"""Lesson 05, rooms: what its exercises are judged by."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

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
    number=5,
    topic="rooms",
    title="Rooms",
    builds="a decay, the meter for it, a reverb that leaves the dry sound alone, and a room learned from a recording",
    hears="one phrase in six rooms, a room that Adam makes in a single step, and five rooms that one note cannot tell apart",
    minutes_to_read=60,
    minutes_to_run=1,
)

RATE = 16_000


def noise(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def convolved(audio: Tensor, taps: Tensor) -> Tensor:
    """The whole convolution, [..., n + m - 1]."""
    size = audio.shape[-1] + taps.shape[-1] - 1
    return torch.fft.irfft(torch.fft.rfft(audio, size) * torch.fft.rfft(taps, size), size)


# --- 5.1 how a room dies away -----------------------------------------------------------------------------------------


def decay(rt60_s: Tensor, taps: int, sample_rate: int) -> Tensor:
    return 10 ** (-3 * _seconds(taps, sample_rate) / rt60_s)


def _seconds(taps: int, sample_rate: int) -> Tensor:
    return torch.arange(taps) / sample_rate


def time_constant(rt60_s: Tensor, taps: int, sample_rate: int) -> Tensor:
    return torch.exp(-_seconds(taps, sample_rate) / rt60_s)


def as_power(rt60_s: Tensor, taps: int, sample_rate: int) -> Tensor:
    return 10 ** (-6 * _seconds(taps, sample_rate) / rt60_s)


def in_db(rt60_s: Tensor, taps: int, sample_rate: int) -> Tensor:
    return -60 * _seconds(taps, sample_rate) / rt60_s


def in_samples(rt60_s: Tensor, taps: int, sample_rate: int) -> Tensor:
    return 10 ** (-3 * torch.arange(taps) / rt60_s)


def measured_times(attempt: Attempt) -> str:
    """How long the learner's curve takes for 60 dB, read off its own slope, against what was asked."""
    rt60 = float(attempt.arguments["rt60_s"])
    got, rate = attempt.got, attempt.arguments["sample_rate"]
    slope_db = 20 * math.log10(float(got[-1] / got[0])) / ((len(got) - 1) / rate)
    took = -60 / slope_db
    if took > rt60:
        return (
            f"yours falls by 60 dB in {took:.2f} s where {rt60:g} s were asked for, {took / rt60:.1f} times too long: e to the -1 is only -8.7 dB. "
            f"A thousandth is wanted after rt60_s: 10 to the -3."
        )
    return (
        f"yours falls by 60 dB in {took:.2f} s where {rt60:g} s were asked for, {took / rt60:.1f} times as long: 10 ** -6 is 60 dB for a *power*. These "
        f"are amplitudes, and 60 dB are a factor of a thousand."
    )


DECAY = Exercise(
    number="5.1",
    name="decay",
    reference=decay,
    cases=(
        Case(
            "0.5 s, 8000 taps", {"rt60_s": torch.tensor(0.5), "taps": 8000, "sample_rate": RATE}, gradients=("rt60_s",)
        ),
        Case("2 s, 1000 taps at 8 kHz", {"rt60_s": torch.tensor(2.0), "taps": 1000, "sample_rate": 8000}),
    ),
    hints=(
        looks_like(time_constant, measured_times),
        looks_like(as_power, measured_times),
        looks_like(
            in_db,
            lambda attempt: (
                f"the last tap is {float(attempt.got[-1]):.0f}: that is in dB. A factor is asked for, 10 ** (dB / 20)."
            ),
        ),
        looks_like(
            in_samples,
            lambda attempt: (
                f"at sample {float((attempt.got < 0.5).double().argmax()):.0f} half or more is gone already: you count time in samples, rt60_s is in seconds."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def decay(rt60_s, taps, sample_rate):
    return torch.exp(-torch.arange(taps) / sample_rate / rt60_s)
""",
            r"falls by 60 dB in 3\.45 s where 0\.5 s were asked for, 6\.9 times too long",
        ),
        WrongAnswer(
            """
def decay(rt60_s, taps, sample_rate):
    return 10 ** (-6 * torch.arange(taps) / sample_rate / rt60_s)
""",
            r"falls by 60 dB in 0\.25 s where 0\.5 s were asked for, 0\.5 times as long",
        ),
        WrongAnswer(
            """
def decay(rt60_s, taps, sample_rate):
    return 10 ** (-3 * torch.arange(taps) / rt60_s)
""",
            r"you count time in samples",
        ),
    ),
    axes=("tap",),
)

# --- 5.2 what is still to come ----------------------------------------------------------------------------------------


def energy_decay_db(taps: Tensor) -> Tensor:
    remaining = taps.double().square().flip(0).cumsum(0).flip(0)
    return (10 * torch.log10(remaining / remaining[0])).to(taps.dtype)


def energy_so_far(taps: Tensor) -> Tensor:
    so_far = taps.double().square().cumsum(0)
    return 10 * torch.log10(so_far / so_far[-1])


def twenty_log(taps: Tensor) -> Tensor:
    return 2 * energy_decay_db(taps)


def not_squared(taps: Tensor) -> Tensor:
    remaining = taps.double().abs().flip(0).cumsum(0).flip(0)
    return 20 * torch.log10(remaining / remaining[0])


def each_tap(taps: Tensor) -> Tensor:
    return 20 * torch.log10(taps.abs() / taps.abs().max())


def not_against_the_start(taps: Tensor) -> Tensor:
    return 10 * torch.log10(taps.double().square().flip(0).cumsum(0).flip(0))


def not_turned_back(taps: Tensor) -> Tensor:
    return energy_decay_db(taps).flip(0)


def rises(attempt: Attempt) -> str:
    return (
        f"your curve rises, from {float(attempt.got[0]):.0f} to {float(attempt.got[-1]):.0f} dB: it adds up what *has been*. Add from the end: "
        f"flip, cumsum, flip."
    )


LEVELS = Exercise(
    number="5.2",
    name="energy_decay_db",
    reference=energy_decay_db,
    cases=(
        Case("four taps: 2, 1, 1, 1", {"taps": torch.tensor([2.0, 1.0, 1.0, 1.0])}, gradients=("taps",)),
        Case(
            "noise that falls by 60 dB in 0.2 s",
            {"taps": noise(3000, seed=1) * decay(torch.tensor(0.2), 3000, RATE)},
            gradients=("taps",),
        ),
    ),
    hints=(
        looks_like(energy_so_far, rises),
        looks_like(
            not_turned_back,
            lambda attempt: (
                f"your curve rises, from {float(attempt.got[0]):.0f} to {float(attempt.got[-1]):.0f} dB: it is the right one, back "
                f"to front. Turn it round once more, as the last step: .flip(0)."
            ),
        ),
        looks_like(
            twenty_log,
            lambda attempt: (
                f"the last tap is at {float(attempt.got[-1]):.0f} dB, expected {float(attempt.want[-1]):.0f}, half of it: these are energies already, so 10 log10."
            ),
        ),
        looks_like(
            not_squared,
            lambda attempt: (
                f"after one tap you are at {float(attempt.got[1]):.2f} dB, expected {float(attempt.want[1]):.2f}: amplitudes do not add up, energies do. Square the taps first."
            ),
        ),
        looks_like(
            each_tap,
            "that is the level of each tap by itself: it jumps up and down by chance. Add up the energy of a tap and of all after it.",
        ),
        looks_like(
            not_against_the_start,
            lambda attempt: (
                f"it begins at {float(attempt.got[0]):.1f} dB and is to begin at 0: divide by the energy of all taps."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def energy_decay_db(taps):
    so_far = taps.square().cumsum(0)
    return 10 * torch.log10(so_far / so_far[-1])
""",
            r"your curve rises, from -2 to 0 dB",
        ),
        WrongAnswer(
            """
def energy_decay_db(taps):
    remaining = taps.square().flip(0).cumsum(0)
    return 10 * torch.log10(remaining / remaining[-1])
""",
            r"it is the right one, back to front",
        ),
        WrongAnswer(
            """
def energy_decay_db(taps):
    remaining = taps.abs().flip(0).cumsum(0).flip(0)
    return 20 * torch.log10(remaining / remaining[0])
""",
            r"amplitudes do not add up, energies do",
        ),
        WrongAnswer(
            """
def energy_decay_db(taps):
    return 20 * torch.log10(taps.abs() / taps.abs().max())
""",
            r"the level of each tap by itself",
        ),
    ),
    atol=1e-4,
    axes=("tap",),
    unit="dB",
)

# --- 5.3 the time -----------------------------------------------------------------------------------------------------


def rt60_s(decay_db: Tensor, sample_rate: int) -> Tensor:
    return -60 / _slope(decay_db, sample_rate, -5, -25)


def _slope(decay_db: Tensor, sample_rate: int, high: float, low: float) -> Tensor:
    inside = (decay_db <= high) & (decay_db >= low)
    seconds = torch.arange(len(decay_db))[inside].double() / sample_rate
    level = decay_db[inside].double()
    seconds = seconds - seconds.mean()
    return ((seconds * (level - level.mean())).sum() / seconds.square().sum()).to(decay_db.dtype)


def for_twenty_db(decay_db: Tensor, sample_rate: int) -> Tensor:
    return rt60_s(decay_db, sample_rate) / 3


def through_all(decay_db: Tensor, sample_rate: int) -> Tensor:
    return -60 / _slope(decay_db, sample_rate, 0, -1000)


def down_to_sixty(decay_db: Tensor, sample_rate: int) -> Tensor:
    return -60 / _slope(decay_db, sample_rate, -5, -65)


def when_it_gets_there(decay_db: Tensor, sample_rate: int) -> Tensor:
    return (decay_db <= -60).double().argmax() / sample_rate


def from_the_start(decay_db: Tensor, sample_rate: int) -> Tensor:
    return -60 / _slope(decay_db, sample_rate, 0, -25)


def slope_alone(decay_db: Tensor, sample_rate: int) -> Tensor:
    return _slope(decay_db, sample_rate, -5, -25)


def where_hiss_begins_db(attempt: Attempt) -> float:
    """The level at which the curve leaves the line through its fall from -5 to -25 dB, by 3 dB: there hiss is half of what is left."""
    decay_db, rate = attempt.arguments["decay_db"].double(), attempt.arguments["sample_rate"]
    inside = torch.nonzero((decay_db <= -5) & (decay_db >= -25))[:, 0]
    slope = -60 / float(attempt.want) / rate
    index = torch.arange(len(decay_db))
    line = decay_db[inside].mean() + slope * (index - inside.double().mean())
    return float(decay_db[(decay_db > line + 3) & (index > inside[-1])][0])


def in_the_floor(attempt: Attempt) -> str:
    return (
        f"yours says {float(attempt.got):.2f} s, expected {float(attempt.want):.2f}: below {where_hiss_begins_db(attempt):.0f} dB what is left is more hiss than room, and your line goes through it. "
        f"Use what lies between -5 and -25 dB."
    )


def waited_for_sixty(attempt: Attempt) -> str:
    return (
        f"yours says {float(attempt.got):.2f} s, expected {float(attempt.want):.2f}: you wait for -60 dB itself, and below {where_hiss_begins_db(attempt):.0f} dB what is left is more hiss than room. "
        f"Take the slope between -5 and -25 dB, and ask how long 60 dB would take."
    )


def recorded_decay(seconds: float, rt60: float, floor: float, seed: int, rate: int = RATE) -> Tensor:
    """What `energy_decay_db` gives for a decay of noise that ends in a floor of hiss, after a strong direct tap."""
    n = round(seconds * rate)
    taps = noise(n, seed=seed) * decay(torch.tensor(rt60), n, rate) + floor * noise(n, seed=seed + 1)
    taps[0] = 20.0
    return energy_decay_db(taps)


TIME = Exercise(
    number="5.3",
    name="rt60_s",
    reference=rt60_s,
    cases=(
        Case(
            "a straight line of -100 dB a second",
            {"decay_db": -100 * torch.arange(16000) / RATE, "sample_rate": RATE},
        ),
        Case("a decay of 0.1 s at 8 kHz", {"decay_db": recorded_decay(0.3, 0.1, 0.002, 5, 8000), "sample_rate": 8000}),
        Case(
            "a decay of 0.5 s that ends in hiss",
            {"decay_db": recorded_decay(1.5, 0.5, 0.002, 3), "sample_rate": RATE},
        ),
    ),
    hints=(
        looks_like(
            for_twenty_db,
            lambda attempt: (
                f"yours says {float(attempt.got):.2f} s, a third of {float(attempt.want):.2f}: that is the time for the 20 dB between -5 and -25. It is to be for 60."
            ),
        ),
        looks_like(through_all, in_the_floor),
        looks_like(down_to_sixty, in_the_floor),
        looks_like(when_it_gets_there, waited_for_sixty),
        looks_like(
            from_the_start,
            lambda attempt: (
                f"yours says {float(attempt.got):.2f} s, expected {float(attempt.want):.2f}: at the very beginning the direct sound drops out at once, which is not the room. Begin at -5 dB."
            ),
        ),
        looks_like(
            slope_alone,
            lambda attempt: f"{float(attempt.got):.0f} is the slope, in dB a second. How long do 60 dB take at that?",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def rt60_s(decay_db, sample_rate):
    inside = (decay_db <= -5) & (decay_db >= -25)
    return inside.sum() / sample_rate
""",
            r"yours says 0\.20 s, a third of 0\.60",
        ),
        WrongAnswer(
            """
def rt60_s(decay_db, sample_rate):
    seconds = torch.arange(len(decay_db)).double() / sample_rate
    seconds, level = seconds - seconds.mean(), decay_db.double() - decay_db.double().mean()
    return -60 * seconds.square().sum() / (seconds * level).sum()
""",
            r"below -[34]\d dB what is left is more hiss than room, and your line goes through it",
        ),
        WrongAnswer(
            """
def rt60_s(decay_db, sample_rate):
    return (decay_db <= -60).double().argmax() / sample_rate
""",
            r"you wait for -60 dB itself, and below -[34]\d dB what is left is more hiss than room",
        ),
    ),
    atol=2e-3,
    unit="s",
)

# --- 5.4 the dry sound, exactly ---------------------------------------------------------------------------------------


def reverberate(dry: Tensor, impulse_response: Tensor) -> Tensor:
    tail = F.pad(impulse_response[1:], (1, 0))
    return dry + convolved(dry, tail)[..., : dry.shape[-1]]


def direct_doubled(dry: Tensor, impulse_response: Tensor) -> Tensor:
    return dry + convolved(dry, impulse_response)[..., : dry.shape[-1]]


def only_the_room(dry: Tensor, impulse_response: Tensor) -> Tensor:
    return convolved(dry, F.pad(impulse_response[1:], (1, 0)))[..., : dry.shape[-1]]


def as_it_is(dry: Tensor, impulse_response: Tensor) -> Tensor:
    return convolved(dry, impulse_response)[..., : dry.shape[-1]]


def one_early(dry: Tensor, impulse_response: Tensor) -> Tensor:
    return dry + convolved(dry, impulse_response[1:])[..., : dry.shape[-1]]


def direct_gain(attempt: Attempt) -> float:
    """How much of the dry sound is in the learner's result, by projection."""
    dry = attempt.arguments["dry"].double()
    rest = attempt.want - dry
    return float(((attempt.got - rest) * dry).sum() / dry.square().sum())


def whole_tail(attempt: Attempt) -> str | None:
    n, m = attempt.arguments["dry"].shape[-1], attempt.arguments["impulse_response"].shape[-1]
    if attempt.got.shape[-1] != n + m - 1:
        return None
    return f"{n + m - 1} samples came out of {n}: a model's sound is as long as its target. Cut the tail off at {n}."


REVERB = Exercise(
    number="5.4",
    name="reverberate",
    reference=reverberate,
    cases=(
        Case(
            "noise, a room of 50 taps whose first is 0.7",
            {"dry": noise(1, 200, seed=5), "impulse_response": torch.linspace(0.7, 0.01, 50)},
            gradients=("dry", "impulse_response"),
        ),
        Case(
            "a batch of 2, a first tap of -3",
            {"dry": noise(2, 100, seed=6), "impulse_response": torch.tensor([-3.0, 0.5, 0.0, 0.25])},
            gradients=("dry", "impulse_response"),
        ),
    ),
    hints=(
        whole_tail,
        looks_like(
            direct_doubled,
            lambda attempt: (
                f"the dry sound comes out {direct_gain(attempt):.2f} times: tap 0 of the response lets it through once more. The room must not touch the direct sound, so tap 0 is 0."
            ),
        ),
        looks_like(only_the_room, "only the tail comes out: the dry sound is missing. Add it."),
        looks_like(
            as_it_is,
            lambda attempt: (
                f"the dry sound comes out {direct_gain(attempt):.2f} times: it went through tap 0. Then instrument and room share one loudness, and neither is known. Leave tap 0 out and add dry itself."
            ),
        ),
        looks_like(
            one_early,
            "your tail comes one sample early: without tap 0, tap 1 has become the first. Put a 0 in its place.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def reverberate(dry, impulse_response):
    size = dry.shape[-1] + len(impulse_response) - 1
    wet = torch.fft.irfft(torch.fft.rfft(dry, size) * torch.fft.rfft(impulse_response, size), size)
    return dry + wet[..., : dry.shape[-1]]
""",
            r"the dry sound comes out 1\.70 times",
        ),
        WrongAnswer(
            """
def reverberate(dry, impulse_response):
    impulse_response[0] = 0
    size = dry.shape[-1] + len(impulse_response) - 1
    wet = torch.fft.irfft(torch.fft.rfft(dry, size) * torch.fft.rfft(impulse_response, size), size)
    return dry + wet[..., : dry.shape[-1]]
""",
            r"changes its argument impulse_response in place",
        ),
        WrongAnswer(
            """
def reverberate(dry, impulse_response):
    tail = impulse_response[1:]
    size = dry.shape[-1] + len(tail) - 1
    wet = torch.fft.irfft(torch.fft.rfft(dry, size) * torch.fft.rfft(tail, size), size)
    return dry + wet[..., : dry.shape[-1]]
""",
            r"your tail comes one sample early",
        ),
    ),
    atol=1e-4,
)

# --- 5.5 a room from dry and wet --------------------------------------------------------------------------------------


def learn_room(dry: Tensor, wet: Tensor, taps: int, regularisation: float) -> Tensor:
    return _deconvolved(dry, wet, taps, regularisation, len(dry) + taps - 1)


def _deconvolved(dry: Tensor, wet: Tensor, taps: int, regularisation: float, size: int) -> Tensor:
    x, y = torch.fft.rfft(dry.double(), size), torch.fft.rfft(wet.double(), size)
    power = x.abs() ** 2
    return torch.fft.irfft(x.conj() * y / (power + regularisation * power.mean()), size)[:taps].to(dry.dtype)


def in_a_circle(dry: Tensor, wet: Tensor, taps: int, regularisation: float) -> Tensor:
    return _deconvolved(dry, wet, taps, regularisation, len(dry))


def in_a_longer_circle(dry: Tensor, wet: Tensor, taps: int, regularisation: float) -> Tensor:
    return _deconvolved(dry, wet, taps, regularisation, len(dry) + taps)


def in_twice_the_circle(dry: Tensor, wet: Tensor, taps: int, regularisation: float) -> Tensor:
    return _deconvolved(dry, wet, taps, regularisation, 2 * len(dry))


def in_a_power_of_two(dry: Tensor, wet: Tensor, taps: int, regularisation: float) -> Tensor:
    return _deconvolved(dry, wet, taps, regularisation, 2 ** math.ceil(math.log2(len(dry) + taps - 1)))


AS_GOOD = (
    "an FFT of another length gives another room, and no worse a one. So that yours can be compared with ours, take "
    "len(dry) + taps - 1 points."
)


def plain_division(dry: Tensor, wet: Tensor, taps: int, regularisation: float) -> Tensor:
    size = len(dry) + taps - 1
    x, y = torch.fft.rfft(dry.double(), size), torch.fft.rfft(wet.double(), size)
    return torch.fft.irfft(y / x, size)[:taps]


def absolute_regularisation(dry: Tensor, wet: Tensor, taps: int, regularisation: float) -> Tensor:
    size = len(dry) + taps - 1
    x, y = torch.fft.rfft(dry.double(), size), torch.fft.rfft(wet.double(), size)
    return torch.fft.irfft(x.conj() * y / (x.abs() ** 2 + regularisation), size)[:taps]


def not_conjugated(dry: Tensor, wet: Tensor, taps: int, regularisation: float) -> Tensor:
    size = len(dry) + taps - 1
    x, y = torch.fft.rfft(dry.double(), size), torch.fft.rfft(wet.double(), size)
    power = x.abs() ** 2
    return torch.fft.irfft(x * y / (power + regularisation * power.mean()), size)[:taps]


def wrapped(attempt: Attempt) -> str:
    worst = int((attempt.got - attempt.want).abs().argmax())
    return (
        f"your tap {worst} is {float(attempt.got[worst]):.3f}, ours {float(attempt.want[worst]):.3f}: an FFT of {len(attempt.arguments['dry'])} takes the "
        f"sounds for a circle, so the end of the tail was expected at the beginning. Give both taps - 1 zeros more."
    )


def too_much(attempt: Attempt) -> str:
    got, want = float(attempt.got.abs().max()), float(attempt.want.abs().max())
    return f"your largest tap is {got:.2g}, ours {want:.2g}: where the dry sound has no energy you divide hiss by nothing. Add regularisation * the mean of |X|^2 to the denominator."


def room_case(samples: int, taps: int, seed: int, dark: bool, regularisation: float) -> dict:
    dry = noise(samples, seed=seed)
    if dark:  # hardly anything above 2 kHz
        spectrum = torch.fft.rfft(dry)
        dry = torch.fft.irfft(spectrum * torch.linspace(1, 0, len(spectrum)) ** 12, samples)
    room = 0.3 * noise(taps, seed=seed + 1) * decay(torch.tensor(taps / RATE), taps, RATE)
    room[0] = 1.0
    wet = convolved(dry, room)[:samples] + 1e-4 * noise(samples, seed=seed + 2)
    return {"dry": dry, "wet": wet, "taps": taps, "regularisation": regularisation}


LEARN = Exercise(
    number="5.5",
    name="learn_room",
    reference=learn_room,
    cases=(
        Case("3000 samples with little treble, 150 taps", room_case(3000, 150, 20, True, 1e-3)),
        Case("4000 samples of noise in a room of 200 taps", room_case(4000, 200, 10, False, 1e-4)),
    ),
    hints=(
        looks_like(in_a_circle, wrapped),
        *(looks_like(longer, AS_GOOD) for longer in (in_a_longer_circle, in_twice_the_circle, in_a_power_of_two)),
        looks_like(plain_division, too_much),
        looks_like(
            absolute_regularisation,
            lambda attempt: (
                f"your regularisation is {attempt.arguments['regularisation']:g} whatever the sound: for a soft one that is much, for a loud one nothing. Take it times the mean of |X|^2."
            ),
        ),
        looks_like(
            not_conjugated,
            lambda attempt: (
                f"your tap 0 is {float(attempt.got[0]):.2f}, ours {float(attempt.want[0]):.2f}: X * Y adds the phases up, and X is to be taken *out* of Y. "
                f"The conjugate of X does that."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def learn_room(dry, wet, taps, regularisation):
    size = len(dry)
    x, y = torch.fft.rfft(dry.double(), size), torch.fft.rfft(wet.double(), size)
    power = x.abs() ** 2
    return torch.fft.irfft(x.conj() * y / (power + regularisation * power.mean()), size)[:taps].float()
""",
            r"your tap \d+ is -?[\d.]+, ours -?[\d.]+: an FFT of 3000",
        ),
        WrongAnswer(
            """
def learn_room(dry, wet, taps, regularisation):
    size = 2 * len(dry)
    x, y = torch.fft.rfft(dry.double(), size), torch.fft.rfft(wet.double(), size)
    power = x.abs() ** 2
    return torch.fft.irfft(x.conj() * y / (power + regularisation * power.mean()), size)[:taps].float()
""",
            r"another room, and no worse a one.*take len\(dry\) \+ taps - 1 points",
        ),
        WrongAnswer(
            """
def learn_room(dry, wet, taps, regularisation):
    size = len(dry) + taps - 1
    x, y = torch.fft.rfft(dry.double(), size), torch.fft.rfft(wet.double(), size)
    return torch.fft.irfft(y / x, size)[:taps].float()
""",
            r"you divide hiss by nothing",
        ),
        WrongAnswer(
            """
def learn_room(dry, wet, taps, regularisation):
    size = len(dry) + taps - 1
    x, y = torch.fft.rfft(dry.double(), size), torch.fft.rfft(wet.double(), size)
    power = x.abs() ** 2
    return torch.fft.irfft(x * y / (power + regularisation * power.mean()), size)[:taps].float()
""",
            r"X \* Y adds the phases up",
        ),
    ),
    atol=1e-3,
    axes=("tap",),
)

EXERCISES = (DECAY, LEVELS, TIME, REVERB, LEARN)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    NumberQuestion(
        "5.6",
        answer=encode(30.0),
        tolerance=0.5,
        unit="dB",
        right="right: so many dB a second, all the way. Half of the time, half of the decibels.",
        misconceptions=(
            (
                3.0,
                0.2,
                "half of the *energy* would be 3 dB. It falls by the same number of decibels in every tenth of a second.",
            ),
            (
                54.0,
                0.5,
                "54 is what would be left to fall if the *amplitude* fell in a straight line: 6 dB in the first half of the time, "
                "54 in the second. What is even here is the fall in decibels.",
            ),
            (60.0, 0.5, "that is after all of the RT60."),
            (
                6.0,
                0.2,
                "half the amplitude would be 6 dB. It falls by the same number of decibels in every tenth of a second.",
            ),
        ),
    ),
    ChoiceQuestion(
        "5.7",
        answer=encode("c"),
        replies={
            "a": "it says what the room does at the harmonics of that note, and between them nothing at all.",
            "b": "much better than one note. But it has little energy at the bottom and at the top, and there the division is by nearly nothing.",
            "c": "right: a click has all frequencies, equally, so the wet sound *is* the impulse response. (Those who measure rooms use a sweep, which has more energy.)",
            "d": "a rest without a sound before it is silent. What rings in it must have been set off by something.",
        },
    ),
    NumberQuestion(
        "5.8",
        answer=encode(16000.0),
        tolerance=1.4,  # 15 999 for who counts tap 0 out, since it is fixed
        unit="taps",
        right="right: tap k is heard from sample k on, by 16 000 - k samples; those from 16 000 on by none. (One fewer if tap 0 is fixed at 1.)",
        misconceptions=(
            (
                48000.0,
                1.0,
                "tap 20 000 would be heard 1.25 s after the sound that sets it off. The crop is over by then.",
            ),
            (32000.0, 1.0, "those are the taps that get none."),
            (1.0, 0.5, "a tap is not a second: at 16 kHz, 16 000 of them are."),
        ),
    ),
)
