"""Lesson 02, harmonics: what its exercises are judged by."""

from __future__ import annotations

import math

import torch
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

LESSON = Lesson(
    number=2,
    topic="harmonics",
    title="Harmonics",
    builds="the harmonic oscillator, its distribution and its mask at Nyquist",
    hears="a saw, a square and a reed out of the same three lines, then alive with vibrato",
    minutes_to_read=60,
    minutes_to_run=1,
)


def spread(*shape: int) -> Tensor:
    """Positive numbers without a pattern, the same everywhere."""
    return 0.1 + torch.sin(1.7 * torch.arange(math.prod(shape)).float() + 0.4).square().reshape(shape)


# --- 2.1 the oscillator -----------------------------------------------------------------------------------------------


def harmonic_oscillator(f0_hz: Tensor, amplitudes: Tensor, sample_rate: int) -> Tensor:
    return _sines(f0_hz, amplitudes, sample_rate)


def _sines(f0_hz, amplitudes, sample_rate, *, first=1, inclusive=False, turn=2 * math.pi, by_time=False):
    """The oscillator, with the mistakes that one can make in it as switches."""
    step = f0_hz.double() / sample_rate
    cycles = torch.cumsum(step, dim=1) - (0 if inclusive else step)
    if by_time:
        cycles = step * torch.arange(f0_hz.shape[1])
    k = torch.arange(first, first + amplitudes.shape[-1], dtype=torch.float64)
    phase = turn * cycles[..., None] * k
    return (amplitudes * torch.sin(phase).to(amplitudes.dtype)).sum(-1)


def took_a_step_already(attempt: Attempt) -> str:
    return (
        f"your first sample is {float(attempt.got[0, 0]):.3f}, but phase starts at 0, and so does a sine: sample n has "
        f"gone the steps *before* it. Take its own step off the running sum."
    )


def glides_too_far(attempt: Attempt) -> str:
    f0 = attempt.arguments["f0_hz"][-1]
    start, end = float(f0[0]), float(f0[-1])
    return (
        f"your glide from {start:.0f} to {end:.0f} Hz ends at {2 * end - start:.0f} Hz. Frequency times time is right "
        f"only for a steady tone: phase is the *area* under the frequency (lesson 01)."
    )


def one_sound_a_harmonic(attempt: Attempt) -> str | None:
    if attempt.got.shape != attempt.arguments["amplitudes"].shape:
        return None
    return f"you have {attempt.got.shape[-1]} sounds, one for each harmonic: add them up along the last axis."


OSCILLATOR = Exercise(
    number="2.1",
    name="harmonic_oscillator",
    reference=harmonic_oscillator,
    cases=(
        Case(
            "100 Hz with 3 harmonics, steady",
            {"f0_hz": torch.full((1, 400), 100.0), "amplitudes": torch.ones(1, 400, 3), "sample_rate": 16_000},
        ),
        Case(
            "two sounds at once: one of 200 Hz, one that glides from 220 to 440 Hz, every amplitude moving, at 22 050 Hz",
            {
                "f0_hz": torch.stack([torch.full((900,), 200.0), torch.linspace(220, 440, 900)]),
                "amplitudes": spread(2, 900, 5),
                "sample_rate": 22_050,
            },
            gradients=("amplitudes", "f0_hz"),
        ),
    ),
    hints=(
        one_sound_a_harmonic,
        looks_like(lambda **given: _sines(**given, inclusive=True), took_a_step_already),
        looks_like(
            lambda **given: _sines(**given, turn=1.0),
            "everything sounds 6.28 times too low: f0 counts turns a second, the sine wants radians, and a turn has "
            "2 pi of them.",
        ),
        looks_like(
            lambda **given: _sines(**given, first=0),
            "your harmonics are numbered from 0: number 0 stands still, and the highest one is missing. torch.arange "
            "starts at 0 unless told otherwise.",
        ),
        looks_like(lambda **given: _sines(**given, by_time=True), glides_too_far),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def harmonic_oscillator(f0_hz, amplitudes, sample_rate):
    phase = 2 * math.pi * torch.cumsum(f0_hz / sample_rate, dim=1)
    k = torch.arange(1, amplitudes.shape[-1] + 1)
    return (amplitudes * torch.sin(phase[..., None] * k)).sum(-1)
""",
            r"your first sample is 0\.2\d+, but phase starts at 0",
        ),
        WrongAnswer(
            """
def harmonic_oscillator(f0_hz, amplitudes, sample_rate):
    seconds = torch.arange(f0_hz.shape[1]) / sample_rate
    k = torch.arange(1, amplitudes.shape[-1] + 1)
    return (amplitudes * torch.sin(2 * math.pi * (f0_hz * seconds)[..., None] * k)).sum(-1)
""",
            r"glide from 220 to 440 Hz ends at 660 Hz",
        ),
        WrongAnswer(
            """
def harmonic_oscillator(f0_hz, amplitudes, sample_rate):
    steps = f0_hz / sample_rate
    phase = 2 * math.pi * (torch.cumsum(steps, dim=1) - steps)
    k = torch.arange(1, amplitudes.shape[-1] + 1)
    return amplitudes * torch.sin(phase[..., None] * k)
""",
            r"you have 3 sounds, one for each harmonic",
        ),
        WrongAnswer(
            """
def harmonic_oscillator(f0_hz, amplitudes, sample_rate):
    steps = f0_hz.detach() / sample_rate
    phase = 2 * math.pi * (torch.cumsum(steps, dim=1) - steps)
    k = torch.arange(1, amplitudes.shape[-1] + 1)
    return (amplitudes * torch.sin(phase[..., None] * k)).sum(-1)
""",
            r"no gradient reaches f0_hz: it was detached",
        ),
    ),
    atol=2e-3,  # float32 phases will do here; lesson 01 is about better ones
    axes=("sample",),
)

# --- 2.2 recipes ------------------------------------------------------------------------------------------------------


def recipe(shape: str, n_harmonics: int) -> Tensor:
    k = torch.arange(1, n_harmonics + 1, dtype=torch.float32)
    odd = (k % 2 == 1).float()
    if shape == "saw":
        return 1 / k
    if shape == "square":
        return odd / k
    sign = torch.where(k % 4 == 1, 1.0, -1.0)
    return sign * odd / k**2


def even_ones_in_it(attempt: Attempt) -> str | None:
    second = float(attempt.got[1])
    if attempt.arguments["shape"] == "saw" or abs(second) < 1e-6:
        return None
    return (
        f"harmonic 2 of your {attempt.arguments['shape']} is at {second:.2f}: half a period later this wave is itself "
        f"upside down, and no even harmonic can do that."
    )


def signs_only(attempt: Attempt) -> str | None:
    if torch.allclose(attempt.got, -attempt.want, atol=1e-5):
        return (
            f"that is the {attempt.arguments['shape']} upside down. It sounds the same, but every amplitude here is relative to "
            f"harmonic 1, which is +1."
        )
    if not torch.allclose(attempt.got.abs(), attempt.want.abs(), atol=1e-5):
        return None
    wrong = [str(int(k) + 1) for k in torch.nonzero(torch.sign(attempt.got) != torch.sign(attempt.want)).flatten()]
    if attempt.arguments["shape"] == "saw":
        return (
            f"every size is right, but harmonic {wrong[0]} has the other sign. Signs that alternate make a saw too, one "
            f"that rises and jumps in the middle of its period. This one falls from 1 at t = 0: every sign is plus."
        )
    return (
        f"every size is right, but harmonic {wrong[0]} has the other sign. It would *sound* the same and is no "
        f"{attempt.arguments['shape']} to look at: keep it for lesson 06."
    )


def other_slope(attempt: Attempt) -> str | None:
    third, right = float(attempt.got[2]), float(attempt.want[2])
    if third == 0 or abs(attempt.got[0]) < 1e-6:
        return None
    yours = 20 * math.log10(abs(third / float(attempt.got[0]))) / math.log2(3)
    ours = 20 * math.log10(abs(right)) / math.log2(3)
    if abs(yours - ours) < 0.5:
        return None
    return f"your {attempt.arguments['shape']} falls by {-yours:.0f} dB an octave; it should by {-ours:.0f}."


RECIPE = Exercise(
    number="2.2",
    name="recipe",
    reference=recipe,
    cases=tuple(
        Case(f"a {shape}, {n} harmonics", {"shape": shape, "n_harmonics": n})
        for shape, n in (("saw", 9), ("square", 9), ("triangle", 12))
    ),
    hints=(even_ones_in_it, signs_only, other_slope),
    wrong_answers=(
        WrongAnswer(
            """
def recipe(shape, n_harmonics):
    k = torch.arange(1, n_harmonics + 1)
    return 1 / k if shape in ("saw", "square") else 1 / k**2
""",
            r"harmonic 2 of your square is at 0\.50",
        ),
        WrongAnswer(
            """
def recipe(shape, n_harmonics):
    k = torch.arange(1, n_harmonics + 1)
    odd = (k % 2 == 1).float()
    return {"saw": 1 / k, "square": odd / k, "triangle": odd / k**2}[shape]
""",
            r"harmonic 3 has the other sign.*lesson 06",
        ),
        WrongAnswer(
            """
def recipe(shape, n_harmonics):
    k = torch.arange(1, n_harmonics + 1)
    odd = (k % 2 == 1).float()
    sign = 1 - (k % 4 == 3) * 2
    return {"saw": 1 / k**2, "square": odd / k, "triangle": sign * odd / k**2}[shape]
""",
            r"your saw falls by 12 dB an octave; it should by 6",
        ),
        WrongAnswer(
            """
def recipe(shape, n_harmonics):
    k = torch.arange(1, n_harmonics + 1)
    odd = (k % 2 == 1).float()
    sign = 1 - (k % 4 == 3) * 2
    return {"saw": -1 / k, "square": odd / k, "triangle": sign * odd / k**2}[shape]
""",
            r"that is the saw upside down",
        ),
    ),
    axes=("entry",),
)

# --- 2.3 the mask -----------------------------------------------------------------------------------------------------


def normalize_harmonics(distribution: Tensor, f0_hz: Tensor, sample_rate: int) -> Tensor:
    return dsp.normalize_harmonics(distribution, f0_hz, sample_rate=sample_rate)


def sum_of_the_audible(attempt: Attempt) -> str | None:
    sums, expected = attempt.got.sum(-1), attempt.want.sum(-1)
    wrong = torch.nonzero(~torch.isclose(sums, expected, atol=1e-4))
    if not len(wrong) or not torch.isfinite(sums).all():
        return None
    first = tuple(wrong[0].tolist())
    hz = float(attempt.arguments["f0_hz"][first])
    masked = bool((attempt.got[attempt.want == 0].abs() < 1e-7).all())
    if not masked:
        advice = "some that are too high are still among them."
    elif torch.allclose(sums[first], attempt.arguments["distribution"][first].double().sum(), atol=1e-4):
        advice = "they were not divided at all. Only a sum of exactly 0 wants to be replaced, not every sum below 1."
    elif float(sums[first]) > float(expected[first]):
        advice = "did you add up along another axis? The harmonics are the last one."
    else:
        advice = "mask first, normalise after."
    return (
        f"at {hz:.0f} Hz your weights sum to {float(sums[first]):.2f} instead of {float(expected[first]):.0f}: {advice}"
    )


def nothing_fits(attempt: Attempt) -> str | None:
    if not torch.isnan(attempt.got).any():
        return None
    frame = tuple(torch.nonzero(torch.isnan(attempt.got).any(-1))[0].tolist())
    hz = float(attempt.arguments["f0_hz"][frame])
    return f"NaN at {hz:.0f} Hz: no harmonic fits there, and 0 / 0 is no number. Such a frame is all zeros."


def at_nyquist(attempt: Attempt) -> str | None:
    given = attempt.arguments
    frequencies = dsp.harmonic_frequencies(given["f0_hz"], given["distribution"].shape[-1])
    at_half = frequencies == given["sample_rate"] / 2
    if not at_half.any() or float(attempt.got[at_half].abs().max()) < 1e-7:
        return None
    return (
        f"a harmonic at exactly {given['sample_rate'] / 2:.0f} Hz is still there: at half the sample rate the samples "
        f"can fall on the sine's zeros, so its level means nothing. Only what is strictly below stays."
    )


MASK = Exercise(
    number="2.3",
    name="normalize_harmonics",
    reference=normalize_harmonics,
    cases=(
        Case(
            "notes of 200, 1100 and 3000 Hz, 10 harmonics, 16 kHz",
            {"distribution": spread(1, 3, 10), "f0_hz": torch.tensor([[200.0, 1100.0, 3000.0]]), "sample_rate": 16_000},
            gradients=("distribution",),
        ),
        Case(
            "1000 Hz, whose 8th harmonic lies at exactly half of 16 kHz",
            {"distribution": spread(2, 1, 10), "f0_hz": torch.full((2, 1), 1000.0), "sample_rate": 16_000},
        ),
        Case(
            "a whistle of 9000 Hz at 16 kHz, and a low note beside it",
            {"distribution": spread(1, 2, 4), "f0_hz": torch.tensor([[9000.0, 100.0]]), "sample_rate": 16_000},
            gradients=("distribution",),
        ),
        Case(
            "weights that sum to a tenth, at 8 kHz",
            {"distribution": 0.02 * spread(1, 2, 10), "f0_hz": torch.tensor([[300.0, 500.0]]), "sample_rate": 8_000},
        ),
    ),
    hints=(nothing_fits, at_nyquist, sum_of_the_audible),
    wrong_answers=(
        WrongAnswer(
            """
def normalize_harmonics(distribution, f0_hz, sample_rate):
    k = torch.arange(1, distribution.shape[-1] + 1)
    audible = f0_hz[..., None] * k < sample_rate / 2
    return distribution / distribution.sum(-1, keepdim=True) * audible
""",
            r"at 1100 Hz your weights sum to 0\.\d+ instead of 1: mask first",
        ),
        WrongAnswer(
            """
def normalize_harmonics(distribution, f0_hz, sample_rate):
    k = torch.arange(1, distribution.shape[-1] + 1)
    masked = distribution * (f0_hz[..., None] * k < sample_rate / 2)
    return masked / masked.sum(-1, keepdim=True).clamp(min=1)
""",
            r"at 300 Hz your weights sum to 0\.\d+ instead of 1: they were not divided at all",
        ),
        WrongAnswer(
            """
def normalize_harmonics(distribution, f0_hz, sample_rate):
    k = torch.arange(1, distribution.shape[-1] + 1)
    masked = distribution * (f0_hz[..., None] * k < sample_rate / 2)
    return masked / masked.sum(-1, keepdim=True)
""",
            r"NaN at 9000 Hz: no harmonic fits there",
        ),
        WrongAnswer(
            """
def normalize_harmonics(distribution, f0_hz, sample_rate):
    k = torch.arange(1, distribution.shape[-1] + 1)
    masked = distribution * (f0_hz[..., None] * k <= sample_rate / 2)
    return masked / (masked.sum(-1, keepdim=True) + 1e-7)
""",
            r"exactly 8000 Hz is still there",
        ),
        WrongAnswer(
            """
def normalize_harmonics(distribution, f0_hz, sample_rate):
    k = torch.arange(1, distribution.shape[-1] + 1)
    masked = distribution * (f0_hz[..., None] * k < sample_rate / 2)
    total = masked.sum(-1, keepdim=True)
    return torch.where(total > 0, masked / total, 0.0)
""",
            r"the gradient for distribution is NaN",
        ),
    ),
    axes=("frame", "entry"),
)

# --- 2.4 any number as an amplitude -----------------------------------------------------------------------------------


def wrong_at_zero(attempt: Attempt) -> str | None:
    at_zero = attempt.arguments["x"] == 0
    value = float(attempt.raw[at_zero])
    if abs(value - 0.405) < 0.01:
        return None
    if abs(value - 0.2027) < 0.005:
        return f"at x = 0 yours is {value:.3f}, half of 0.405: the 2 in front is missing."
    return (
        f"at x = 0 yours is {value:.3f}, expected 0.405: the exponent is ln 10 = {math.log(10):.3f} "
        f"(math.log(10); math.log10(10) is 1)."
    )


def exactly_zero(attempt: Attempt) -> str | None:
    zeros = attempt.arguments["x"][attempt.raw == 0]
    if not len(zeros):
        return None
    return (
        f"at x = {float(zeros.max()):.0f} yours is exactly 0, and the logarithm in the loss will make that minus "
        f"infinity: add the floor of 1e-7."
    )


def in_db(result: Tensor, arguments) -> Tensor:
    return 20 * torch.log10(result)


EXP_SIGMOID = Exercise(
    number="2.4",
    name="exp_sigmoid",
    reference=lambda x: dsp.exp_sigmoid(x),
    cases=(
        Case("x = -100, 0 and 100", {"x": torch.tensor([-100.0, 0.0, 100.0])}, gradients=("x",)),
        Case("x from -8 to 8", {"x": torch.linspace(-8, 8, 17)}, gradients=("x",)),
    ),
    hints=(wrong_at_zero, exactly_zero),
    wrong_answers=(
        WrongAnswer(
            """
def exp_sigmoid(x):
    return 2 * torch.sigmoid(x) ** math.log10(10) + 1e-7
""",
            r"at x = 0 yours is 1\.000, expected 0\.405",
        ),
        WrongAnswer(
            """
def exp_sigmoid(x):
    return 2 * torch.sigmoid(x) ** math.log(10)
""",
            r"at x = -100 yours is exactly 0",
        ),
    ),
    measure=in_db,
    axes=("entry",),
    unit="dB",
)

# --- 2.5 vibrato ------------------------------------------------------------------------------------------------------


def vibrato(midi: Tensor, rate_hz: float, cents: float, frame_rate: float) -> Tensor:
    seconds = torch.arange(midi.shape[1]) / frame_rate
    return dsp.midi_to_hz(midi + cents / 100 * torch.sin(2 * math.pi * rate_hz * seconds))


def depth_cents(attempt: Attempt) -> Tensor:
    """How far each note of the learner's bends, in cents."""
    base = dsp.midi_to_hz(attempt.arguments["midi"].double())
    return 1200 * torch.log2(attempt.got / base).abs().amax(dim=1)


def in_hz(attempt: Attempt) -> str | None:
    high, low = (float(depth) for depth in depth_cents(attempt)[:2])
    if abs(low / high - 2) > 0.1:
        return None
    return (
        f"your vibrato bends A4 by {high:.0f} cents and A3 by {low:.0f}: it was added in Hz. The ear hears ratios, so "
        f"bend the MIDI number, and turn that into Hz."
    )


def too_deep(attempt: Attempt) -> str | None:
    depth = float(depth_cents(attempt)[0])
    asked = attempt.arguments["cents"]
    if abs(depth / asked - 1) < 0.02:
        return None
    for factor, advice in (
        (0.5, "cents are meant from the centre to the top, not from bottom to top"),
        (100.0, "a semitone has 100 cents, and MIDI counts semitones"),
        (1 / 12, "MIDI counts semitones, 100 cents each; the octave's 1200 are for ratios of Hz"),
    ):
        if abs(depth / asked / factor - 1) < 0.05:
            return f"asked for {asked:.0f} cents, your vibrato is {depth:.3g} deep: {advice}."
    return None


def other_rate(attempt: Attempt) -> str | None:
    frame_rate = attempt.arguments["frame_rate"]
    bend = torch.log2(attempt.got[0] / dsp.midi_to_hz(attempt.arguments["midi"][0].double()))
    if float(bend.abs().max()) < 1e-6:
        return "your vibrato does not bend the pitch at all."
    crossings = int(((bend[1:] > 0) != (bend[:-1] > 0)).sum())
    rate = crossings / 2 / (len(bend) / frame_rate)
    asked = attempt.arguments["rate_hz"]
    if abs(rate - asked) < 1:
        return None
    return (
        f"your vibrato swings about {rate:.1f} times a second instead of {asked:g}: frame i is at i / frame_rate "
        f"seconds."
    )


VIBRATO = Exercise(
    number="2.5",
    name="vibrato",
    reference=vibrato,
    cases=(
        Case(
            "A4 and A3 with 30 cents at 5 Hz, one second of 250 frames",
            {
                "midi": torch.tensor([[69.0], [57.0]]).expand(2, 250).clone(),
                "rate_hz": 5.0,
                "cents": 30.0,
                "frame_rate": 250.0,
            },
            gradients=("midi",),
        ),
        Case(
            "a slide up a fifth with 50 cents at 6.5 Hz, 100 frames a second",
            {"midi": torch.linspace(60, 67, 150)[None], "rate_hz": 6.5, "cents": 50.0, "frame_rate": 100.0},
        ),
    ),
    hints=(in_hz, too_deep, other_rate),
    wrong_answers=(
        WrongAnswer(
            """
def vibrato(midi, rate_hz, cents, frame_rate):
    seconds = torch.arange(midi.shape[1]) / frame_rate
    f0_hz = 440 * 2 ** ((midi - 69) / 12)
    return f0_hz + cents * torch.sin(2 * math.pi * rate_hz * seconds)
""",
            r"bends A4 by 1\d\d cents and A3 by 2\d\d: it was added in Hz",
        ),
        WrongAnswer(
            """
def vibrato(midi, rate_hz, cents, frame_rate):
    seconds = torch.arange(midi.shape[1]) / frame_rate
    bend = cents / 200 * torch.sin(2 * math.pi * rate_hz * seconds)
    return 440 * 2 ** ((midi + bend - 69) / 12)
""",
            r"asked for 30 cents, your vibrato is 15 deep",
        ),
        WrongAnswer(
            """
def vibrato(midi, rate_hz, cents, frame_rate):
    seconds = torch.arange(midi.shape[1])
    bend = cents / 100 * torch.sin(2 * math.pi * rate_hz * seconds / 16000)
    return 440 * 2 ** ((midi + bend - 69) / 12)
""",
            r"swings about \d+\.\d times a second instead of 5",
        ),
    ),
    atol=1e-5,
    axes=("frame",),
    unit="Hz",
)

EXERCISES = (OSCILLATOR, RECIPE, MASK, EXP_SIGMOID, VIBRATO)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    NumberQuestion(
        "2.6",
        answer=encode(7000),
        tolerance=50,
        unit="Hz",
        right="right: 9 kHz folds back at 8 kHz, to 16 - 9 = 7 kHz, a note that is in no chord with 3 kHz.",
        misconceptions=(
            (9000, 50, "9000 Hz is what was asked for, but 16 000 samples a second hold nothing above 8000 Hz."),
            (
                1000,
                50,
                "9000 - 8000 = 1000 is how far it went beyond the mirror. Now go back that far from the mirror.",
            ),
            (8000, 50, "it is not cut off at 8000 Hz: the samples of a 9 kHz sine are those of another, lower one."),
        ),
    ),
    ChoiceQuestion(
        "2.7",
        answer=encode("b"),
        replies={
            "a": "loudness is the amplitude's business: the distribution is made to sum to 1 whatever its size was.",
            "b": "right: only the proportions count. One number says how loud, a hundred say which colour.",
            "c": "brighter would be more weight on the *high* entries than on the low ones. All were doubled alike.",
            "d": "the pitch is f0's business. Harmonic k sounds at k f0 whatever its weight.",
        },
    ),
    ChoiceQuestion(
        "2.8",
        answer=encode("c"),
        replies={
            "a": "look at the plot: far to the left a plain sigmoid is a straight line in dB too, as it is e^x there. "
            "The shape of the tail is not the difference.",
            "b": "a plain sigmoid lies between 0 and 1 and is never negative either.",
            "c": "right: the same tail, 2.3 times as steep in dB. From full level to the edge of hearing in five steps "
            "of 1, where a network's outputs live, instead of twelve.",
            "d": "in the far tail both gradients become small without ever being zero.",
        },
    ),
    NumberQuestion(
        "2.9",
        answer=encode(7.7),
        tolerance=0.3,
        unit="Hz",
        right="right: 440 (2^(30/1200) - 1) = 7.7 Hz. An octave lower the same vibrato is half as wide in Hz.",
        misconceptions=(
            (30, 0.5, "30 Hz would be more than a semitone at A4: a cent is a hundredth of a semitone, not a Hz."),
            (15.4, 0.6, "that is from the bottom to the top. Depth is meant from the centre to the top."),
            (3.85, 0.2, "that is right for A3, an octave lower."),
            (132, 5, "cents are hundredths of a *semitone*, and a semitone at A4 is 26 Hz."),
        ),
    ),
)
