"""Lesson 17, many notes at once: what its exercises are judged by."""

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
from ddsp_course.classroom.exercises.uneven import uneven

LESSON = Lesson(
    number=17,
    topic="many_notes_at_once",
    title="Many notes at once",
    builds="a polyphonic synthesizer, a chord read from its spectrum, masks that separate a duet, and a measure of how well",
    hears="a chord whose voices change places, minor turned to major, and a duet of string and reed taken apart",
    minutes_to_read=50,
    minutes_to_run=1,
)


# --- 17.1 many voices in one call -------------------------------------------------------------------------------------


def polyphonic(f0_hz: Tensor, amplitudes: Tensor, hop_size: int, sample_rate: int) -> Tensor:
    return dsp.polyphonic_synthesis(f0_hz, amplitudes, hop_size=hop_size, sample_rate=sample_rate)


def _sung(f0_hz: Tensor, amplitudes: Tensor, hop_size: int, sample_rate: int) -> Tensor:
    return dsp.harmonic_synthesis(f0_hz, amplitudes, hop_size=hop_size, sample_rate=sample_rate)


def first_pitch(f0_hz: Tensor, amplitudes: Tensor, hop_size: int, sample_rate: int) -> Tensor:
    return polyphonic(f0_hz[:, :1].expand_as(f0_hz), amplitudes, hop_size, sample_rate)


def mixed_up(f0_hz: Tensor, amplitudes: Tensor, hop_size: int, sample_rate: int) -> Tensor:
    """Folded voices first, unfolded batch first."""
    batch, voices = f0_hz.shape[:2]
    flat = _sung(f0_hz.transpose(0, 1).flatten(0, 1), amplitudes.transpose(0, 1).flatten(0, 1), hop_size, sample_rate)
    return flat.reshape(batch, voices, -1)


def one_long_sound(f0_hz: Tensor, amplitudes: Tensor, hop_size: int, sample_rate: int) -> Tensor:
    """Folded into time instead of into the batch."""
    batch, voices = f0_hz.shape[:2]
    return _sung(f0_hz.flatten(1, 2), amplitudes.flatten(1, 2), hop_size, sample_rate).reshape(batch, voices, -1)


def summed(attempt: Attempt) -> str | None:
    if attempt.got.ndim != 2 or attempt.got.shape != attempt.want.sum(1).shape:
        return None
    return (
        f"yours is [batch, samples] = {list(attempt.got.shape)}, the chord already. The voices are asked for one by one, "
        f"{list(attempt.want.shape)}: a sum does not remember its terms, and we still want to exchange them."
    )


def still_folded(attempt: Attempt) -> str | None:
    if attempt.got.shape != attempt.want.flatten(0, 1).shape:
        return None
    return (
        f"yours has {attempt.got.shape[0]} sounds in one row: batch and voices are still folded together. Unfold them to "
        f"{list(attempt.want.shape)}."
    )


def second_begins(attempt: Attempt) -> str:
    return (
        f"the first voice is right, the second begins at {float(attempt.got[0, 1, 0]):.3f} instead of 0: you laid the "
        f"voices end to end, and its phase goes on where the first one stopped. Fold voices into the batch, dimensions 0 "
        f"and 1, not into time."
    )


def whose(attempt: Attempt) -> str:
    error = (attempt.got[0, 1] - attempt.want[1, 0]).abs().max() if attempt.got.shape[0] > 1 else 0
    return (
        f"the voices sit in the wrong places: what you call sound 0, voice 1 is sound 1, voice 0 (to {float(error):.1g}). "
        f"Unfold in the order in which you folded: batch first, then voices."
    )


POLYPHONIC = Exercise(
    number="17.1",
    name="polyphonic",
    reference=polyphonic,
    cases=(
        Case(
            "two voices at 200 and 300 Hz, 3 harmonics, 6 frames of 64 samples",
            {
                "f0_hz": torch.tensor([200.0, 300.0])[None, :, None].repeat(1, 1, 6),
                "amplitudes": uneven(1, 2, 6, 3, low=0.0),
                "hop_size": 64,
                "sample_rate": 16_000,
            },
            gradients=("amplitudes",),
        ),
        Case(
            "two sounds of three gliding voices, 2 harmonics, 5 frames of 32 samples, 8000 a second",
            {
                "f0_hz": 200 + 400 * uneven(2, 3, 5, low=0.0),
                "amplitudes": uneven(2, 3, 5, 2, low=0.0),
                "hop_size": 32,
                "sample_rate": 8_000,
            },
            gradients=("f0_hz", "amplitudes"),
        ),
    ),
    hints=(
        summed,
        still_folded,
        looks_like(one_long_sound, second_begins, tolerance=1e-4),
        looks_like(mixed_up, whose, tolerance=1e-4),
        looks_like(
            first_pitch,
            lambda attempt: (
                f"all voices sing the pitch of the first, {float(attempt.arguments['f0_hz'][0, 0, 0]):.0f} Hz, though "
                f"voice 1 is to sing {float(attempt.arguments['f0_hz'][0, 1, 0]):.0f} Hz."
            ),
        ),
        looks_like(
            lambda **given: polyphonic(**given) / given["f0_hz"].shape[1],
            lambda attempt: (
                f"every voice is {attempt.arguments['f0_hz'].shape[1]} times too soft: you divide by the number of "
                f"voices. A voice is as loud as its amplitudes say; what the sum needs is the listener's business."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def polyphonic(f0_hz, amplitudes, hop_size, sample_rate):
    batch, voices = f0_hz.shape[:2]
    flat = dsp.harmonic_synthesis(
        f0_hz.flatten(0, 1), amplitudes.flatten(0, 1), sample_rate=sample_rate, hop_size=hop_size
    )
    return flat.reshape(batch, voices, -1).sum(1)
""",
            r"the chord already\. The voices are asked for one by one, \[1, 2, 384\]",
        ),
        WrongAnswer(
            """
def polyphonic(f0_hz, amplitudes, hop_size, sample_rate):
    batch, voices = f0_hz.shape[:2]
    flat = dsp.harmonic_synthesis(
        f0_hz.flatten(1, 2), amplitudes.flatten(1, 2), sample_rate=sample_rate, hop_size=hop_size
    )
    return flat.reshape(batch, voices, -1)
""",
            r"the second begins at -?0\.\d+ instead of 0: you laid the voices end to end",
        ),
        WrongAnswer(
            """
def polyphonic(f0_hz, amplitudes, hop_size, sample_rate):
    batch, voices = f0_hz.shape[:2]
    f0 = torch.cat([f0_hz[:, v] for v in range(voices)])
    amplitude = torch.cat([amplitudes[:, v] for v in range(voices)])
    flat = dsp.harmonic_synthesis(f0, amplitude, sample_rate=sample_rate, hop_size=hop_size)
    return flat.reshape(batch, voices, -1)
""",
            r"what you call sound 0, voice 1 is sound 1, voice 0",
        ),
        WrongAnswer(
            """
def polyphonic(f0_hz, amplitudes, hop_size, sample_rate):
    return dsp.harmonic_synthesis(
        f0_hz.flatten(0, 1), amplitudes.flatten(0, 1), sample_rate=sample_rate, hop_size=hop_size
    )
""",
            r"yours has 2 sounds in one row",
        ),
        WrongAnswer(
            """
def polyphonic(f0_hz, amplitudes, hop_size, sample_rate):
    voices = [
        dsp.harmonic_synthesis(f0_hz[:, 0], amplitudes[:, v], sample_rate=sample_rate, hop_size=hop_size)
        for v in range(f0_hz.shape[1])
    ]
    return torch.stack(voices, dim=1)
""",
            r"the pitch of the first, 200 Hz, though voice 1 is to sing 300 Hz",
        ),
    ),
    atol=1e-4,
    axes=("voice", "sample"),
)

# --- 17.2 partials that meet ------------------------------------------------------------------------------------------


def shared_partials(f0_hz: Tensor, other_hz: Tensor, n_harmonics: int, width_hz: float) -> Tensor:
    return dsp.shared_partials(f0_hz, other_hz, n_harmonics, width_hz=width_hz)


def _multiples(f0_hz: Tensor, n_harmonics: int) -> Tensor:
    return f0_hz[..., None] * torch.arange(1, n_harmonics + 1)


def same_number_only(f0_hz: Tensor, other_hz: Tensor, n_harmonics: int, width_hz: float) -> Tensor:
    return (_multiples(f0_hz, n_harmonics) - _multiples(other_hz, n_harmonics)).abs() < width_hz


def the_others(f0_hz: Tensor, other_hz: Tensor, n_harmonics: int, width_hz: float) -> Tensor:
    return shared_partials(other_hz, f0_hz, n_harmonics, width_hz)


def without_end(f0_hz: Tensor, other_hz: Tensor, n_harmonics: int, width_hz: float) -> Tensor:
    ours = _multiples(f0_hz, n_harmonics)
    number = (ours / other_hz[..., None]).round().clamp_min(1)
    return (ours - number * other_hz[..., None]).abs() < width_hz


def from_zero(f0_hz: Tensor, other_hz: Tensor, n_harmonics: int, width_hz: float) -> Tensor:
    k = torch.arange(n_harmonics)
    apart = (f0_hz[:, None] * k)[:, :, None] - (other_hz[:, None] * k)[:, None, :]
    return (apart.abs() < width_hz).any(-1)


def listed(flags: Tensor) -> str:
    """The numbers of the harmonics that are true, "3, 6, 9"."""
    return ", ".join(str(int(k) + 1) for k in flags.reshape(-1, flags.shape[-1])[0].nonzero().flatten()) or "none"


SHARED = Exercise(
    number="17.2",
    name="shared_partials",
    reference=shared_partials,
    cases=(
        Case(
            "200 Hz beside 300 Hz, 8 harmonics, 10 Hz",
            {
                "f0_hz": torch.tensor([200.0]),
                "other_hz": torch.tensor([300.0]),
                "n_harmonics": 8,
                "width_hz": 10.0,
            },
        ),
        Case(
            "300 Hz beside 200 Hz, 8 harmonics, 10 Hz",
            {
                "f0_hz": torch.tensor([300.0]),
                "other_hz": torch.tensor([200.0]),
                "n_harmonics": 8,
                "width_hz": 10.0,
            },
        ),
        Case(
            "two frames: 220 beside 277.2 Hz, 220 beside 223.5 Hz, 12 harmonics, 16 Hz",
            {
                "f0_hz": torch.tensor([220.0, 220.0]),
                "other_hz": torch.tensor([277.2, 223.5]),
                "n_harmonics": 12,
                "width_hz": 16.0,
            },
        ),
        Case(
            "three frames: 200 beside 100 Hz, 12 beside 400 Hz, 100 beside 120 Hz, 6 harmonics, 20 Hz",
            {
                "f0_hz": torch.tensor([200.0, 12.0, 100.0]),
                "other_hz": torch.tensor([100.0, 400.0, 120.0]),
                "n_harmonics": 6,
                "width_hz": 20.0,
            },
        ),
    ),
    hints=(
        looks_like(
            the_others,
            lambda attempt: (
                f"you marked harmonic {listed(attempt.got)}, which are the other voice's. Of the first voice it is "
                f"{listed(attempt.want)}: `any` over the axis of the *other's* harmonics."
            ),
        ),
        looks_like(
            same_number_only,
            lambda attempt: (
                f"you compare harmonic k with harmonic k and find {listed(attempt.got)}. But harmonic 3 of 200 Hz meets "
                f"harmonic 2 of 300 Hz: compare each with each, [harmonics, harmonics]."
            ),
        ),
        looks_like(
            without_end,
            lambda attempt: (
                f"you found {listed(attempt.got)} where it is {listed(attempt.want)}: by rounding to the nearest multiple "
                f"you meet harmonics of the other voice beyond its n_harmonics-th, which it has not got."
            ),
        ),
        looks_like(
            lambda f0_hz, other_hz, n_harmonics, width_hz: shared_partials(f0_hz, other_hz, n_harmonics, width_hz / 2),
            lambda attempt: (
                f"you find {int(attempt.got.sum())} partials, expected {int(attempt.want.sum())}: width_hz is half a lobe "
                f"already, the distance below which two partials meet. It is halved once too often."
            ),
        ),
        looks_like(
            from_zero,
            "your harmonics begin at 0, and two zeros always meet: k goes from 1 to n_harmonics.",
        ),
        looks_like(
            lambda **given: ~shared_partials(**given),
            "turned round: you marked the partials that are free.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def shared_partials(f0_hz, other_hz, n_harmonics, width_hz):
    k = torch.arange(1, n_harmonics + 1)
    return (f0_hz[:, None] * k - other_hz[:, None] * k).abs() < width_hz
""",
            r"you compare harmonic k with harmonic k and find none",
        ),
        WrongAnswer(
            """
def shared_partials(f0_hz, other_hz, n_harmonics, width_hz):
    k = torch.arange(1, n_harmonics + 1)
    ours, theirs = f0_hz[:, None] * k, other_hz[:, None] * k
    return ((ours[:, :, None] - theirs[:, None, :]).abs() < width_hz).any(1)
""",
            r"you marked harmonic 2, 4, which are the other voice's",
        ),
        WrongAnswer(
            """
def shared_partials(f0_hz, other_hz, n_harmonics, width_hz):
    ours = f0_hz[:, None] * torch.arange(1, n_harmonics + 1)
    number = (ours / other_hz[:, None]).round().clamp_min(1)
    return (ours - number * other_hz[:, None]).abs() < width_hz
""",
            r"you found 2, 4, 6, 8 where it is 2, 4: by rounding",
        ),
        WrongAnswer(
            """
def shared_partials(f0_hz, other_hz, n_harmonics, width_hz):
    k = torch.arange(1, n_harmonics + 1)
    ours, theirs = f0_hz[:, None] * k, other_hz[:, None] * k
    return ((ours[:, :, None] - theirs[:, None, :]).abs() < width_hz / 2).any(-1)
""",
            r"you find \d+ partials, expected \d+: width_hz is half a lobe already",
        ),
    ),
    axes=("frame", "harmonic"),
)

# --- 17.3 the measure -------------------------------------------------------------------------------------------------


def si_sdr_db(estimate: Tensor, source: Tensor) -> Tensor:
    return dsp.scale_invariant_sdr_db(estimate, source)


def plain_sdr(estimate: Tensor, source: Tensor) -> Tensor:
    return 10 * torch.log10(source.square().sum(-1) / (estimate - source).square().sum(-1))


def all_together(attempt: Attempt) -> str | None:
    value = over_all(**attempt.arguments)
    if attempt.want.ndim == 0 or not float((attempt.got - value).abs().max()) <= 1e-2:
        return None
    return (
        f"{float(value):.1f} dB is one number for all sounds together; by itself the first has "
        f"{float(attempt.want[0]):.1f} dB. Sum over the last dimension only."
    )


def over_all(estimate: Tensor, source: Tensor) -> Tensor:
    return dsp.scale_invariant_sdr_db(estimate.flatten(), source.flatten())


def with_one_factor(estimate: Tensor, source: Tensor) -> Tensor:
    scaled = (estimate * source).sum() / source.square().sum() * source
    return 10 * torch.log10(scaled.square().sum(-1) / (estimate - scaled).square().sum(-1))


def _tones(volume: float, rest: float) -> dict[str, Tensor]:
    """Two tones, and estimates of them: at some volume, the second upside down, with some of another tone in them."""
    n = torch.arange(1600).float()
    source = torch.stack([torch.sin(2 * math.pi * hz * n / 16_000) for hz in (400.0, 500.0)])
    other = torch.stack([torch.sin(2 * math.pi * hz * n / 16_000) for hz in (1000.0, 730.0)])
    estimate = volume * torch.tensor([[1.0], [-0.6]]) * source + torch.tensor([[rest], [2 * rest]]) * other + 0.05
    return {"estimate": estimate, "source": 0.5 * source}


SI_SDR = Exercise(
    number="17.3",
    name="si_sdr_db",
    reference=si_sdr_db,
    cases=(
        Case("two tones, each with another in it", _tones(0.5, 0.1), gradients=("estimate",)),
        Case("the same, twice as loud as the source", _tones(1.0, 0.2), gradients=("estimate",)),
        Case("softer and worse", _tones(0.2, 0.15)),
        Case(
            "two mixtures of two tones, [2, 2, samples]",
            {name: torch.stack([_tones(0.5, 0.1)[name], _tones(0.2, 0.3)[name]]) for name in ("estimate", "source")},
            gradients=("estimate",),
        ),
    ),
    hints=(
        all_together,
        looks_like(
            with_one_factor,
            "one factor for all sounds: each has a volume of its own. Keep the dimension that you sum over, "
            "sum(-1, keepdim=True).",
        ),
        looks_like(
            lambda **given: 2 * si_sdr_db(**given),
            lambda attempt: (
                f"{float(attempt.got.flatten()[0]):.1f} dB where it is {float(attempt.want.flatten()[0]):.1f}: twice too "
                f"much. A sum of squares is an energy: 10 log10, not 20."
            ),
        ),
        looks_like(
            lambda **given: -si_sdr_db(**given),
            lambda attempt: f"{float(attempt.got.flatten()[0]):.1f} dB: upside down, the rest against the source.",
        ),
        looks_like(
            plain_sdr,
            lambda attempt: (
                f"with the volume changed yours reads {float(attempt.got.flatten()[0]):.1f} dB instead of "
                f"{float(attempt.want.flatten()[0]):.1f}: the source is subtracted as it is, so a wrong volume counts as an "
                f"error. Scale it to fit first."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def si_sdr_db(estimate, source):
    rest = estimate - source
    return 10 * torch.log10(source.square().sum(-1) / rest.square().sum(-1))
""",
            r"with the volume changed yours reads -?\d+\.\d dB instead of",
        ),
        WrongAnswer(
            """
def si_sdr_db(estimate, source):
    scale = (estimate * source).sum(-1, keepdim=True) / source.square().sum(-1, keepdim=True)
    target = scale * source
    return 20 * torch.log10(target.square().sum(-1) / (estimate - target).square().sum(-1))
""",
            r"twice too much\. A sum of squares is an energy",
        ),
        WrongAnswer(
            """
def si_sdr_db(estimate, source):
    scale = (estimate * source).sum(-1, keepdim=True) / source.square().sum(-1, keepdim=True)
    target = scale * source
    return 10 * torch.log10((estimate - target).square().sum(-1) / target.square().sum(-1))
""",
            r"upside down, the rest against the source",
        ),
        WrongAnswer(
            """
def si_sdr_db(estimate, source):
    scale = (estimate * source).sum() / source.square().sum()
    target = scale * source
    return 10 * torch.log10(target.square().sum() / (estimate - target).square().sum())
""",
            r"dB is one number for all sounds together; by itself the first has 12\.2 dB",
        ),
    ),
    atol=1e-3,
    axes=(),
    unit="dB",
)

# --- 17.4 masks -------------------------------------------------------------------------------------------------------


def soft_masks(power: Tensor) -> Tensor:
    return dsp.soft_masks(power[None])[0]


def magnitude_masks(power: Tensor) -> Tensor:
    return power.sqrt() / power.sqrt().sum(0, keepdim=True)


def hard_masks(power: Tensor) -> Tensor:
    return (power == power.max(0, keepdim=True).values).to(power.dtype)


def not_a_number(attempt: Attempt) -> str | None:
    if attempt.got.shape != attempt.want.shape or not bool(attempt.got.isnan().any()):
        return None
    return (
        f"{int(attempt.got.isnan().sum())} of your shares are NaN: where nobody sounds, the power of all is 0, and 0 / 0 "
        f"is no share. Add 1e-12 to each power first; then each gets an equal share."
    )


def sums(attempt: Attempt) -> str:
    total = attempt.got.sum(0)
    return f"between {float(total.min()):.2f} and {float(total.max()):.2f}"


MASKS = Exercise(
    number="17.4",
    name="soft_masks",
    reference=soft_masks,
    cases=(
        Case(
            "two sources, 3 frames, 4 bins",
            {"power": 0.1 + 4 * uneven(2, 3, 4, low=0.0)},
            gradients=("power",),
        ),
        Case("three sources, 2 frames, 5 bins", {"power": 0.1 + uneven(3, 2, 5, low=0.0) ** 2}, gradients=("power",)),
        Case(
            "two sources, and in one bin nobody sounds",
            {"power": torch.tensor([[[4.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]]])},
        ),
        Case(
            "three sources, a bin where nobody sounds, and one where two do, at 1e-7",
            {"power": torch.tensor([[[4.0, 0.0, 1e-7]], [[1.0, 0.0, 3e-7]], [[2.0, 0.0, 0.0]]])},
        ),
    ),
    hints=(
        not_a_number,
        looks_like(
            magnitude_masks,
            lambda attempt: (
                f"where the powers are {float(attempt.arguments['power'][0, 0, 0]):.2f} and "
                f"{float(attempt.arguments['power'][1, 0, 0]):.2f} yours gives the first {float(attempt.got[0, 0, 0]):.2f}, "
                f"the share of magnitudes; the share of powers is {float(attempt.want[0, 0, 0]):.2f}. It is energies that "
                f"add up."
            ),
        ),
        looks_like(
            hard_masks,
            lambda attempt: (
                f"yours are all 0 or 1: the strongest takes all. Its share in the first bin is "
                f"{float(attempt.want[:, 0, 0].max()):.2f}, and a step has no slope to learn from."
            ),
        ),
        looks_like(
            lambda power: power / power.sum(-1, keepdim=True),
            lambda attempt: (
                f"over the sources yours sum to {sums(attempt)}, not to 1: you divide by the sum over the bins. Each *bin* "
                f"is shared out among the sources, dimension 0."
            ),
        ),
        looks_like(
            lambda power: power / power.max(0, keepdim=True).values,
            lambda attempt: (
                f"over the sources yours sum to {sums(attempt)}, not to 1: divided by the strongest instead of by all."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def soft_masks(power):
    magnitude = power.sqrt() + 1e-12
    return magnitude / magnitude.sum(0, keepdim=True)
""",
            r"the share of magnitudes; the share of powers is 0\.\d\d",
        ),
        WrongAnswer(
            """
def soft_masks(power):
    return (power == power.max(dim=0, keepdim=True).values).float()
""",
            r"yours are all 0 or 1: the strongest takes all",
        ),
        WrongAnswer(
            """
def soft_masks(power):
    return power / (power.sum(-1, keepdim=True) + 1e-12)
""",
            r"sum to between \d\.\d\d and \d\.\d\d, not to 1: you divide by the sum over the bins",
        ),
        WrongAnswer(
            """
def soft_masks(power):
    return power / power.sum(dim=0, keepdim=True)
""",
            r"2 of your shares are NaN: where nobody sounds",
        ),
    ),
    atol=1e-5,
    axes=("source", "frame", "bin"),
)

EXERCISES = (POLYPHONIC, SHARED, SI_SDR, MASKS)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    NumberQuestion(
        "17.5",
        answer=encode(4.8),
        tolerance=0.25,
        unit="dB",
        right="right: three times the power is 10 log10 3 = 4.8 dB. Over a second they are in step as often as against it.",
        misconceptions=(
            (
                9.5,
                0.3,
                "9.5 dB is three times the amplitude: that needs all three in step, at one pitch and one phase.",
            ),
            (3.0, 0.2, "3 dB is twice the power. There are three voices."),
            (6.0, 0.2, "6 dB is twice the amplitude: two voices in step."),
            (3.2, 0.15, "the power is three times as large; how much is that in dB?"),
            (
                0.0,
                0.2,
                "they do not cancel: on average two sines of different pitch neither help nor hinder each other.",
            ),
        ),
    ),
    NumberQuestion(
        "17.6",
        answer=encode(50),
        tolerance=2,
        unit="%",
        right="right: 2, 4, 6 and so on of the upper voice are 3, 6, 9 of the lower one, as 2 x 300 = 3 x 200.",
        misconceptions=(
            (
                33,
                1.5,
                "a third is the lower voice's share: its partials 3, 6, 9. The upper one's are fewer and further apart. "
                "(Or did you stop both at the same number? Here they go on for ever.)",
            ),
            (100, 2, "all of them meet at an octave, where the ratio is 2:1. At a fifth it is 3:2."),
            (67, 2, "2:3 is the ratio of the pitches. Which k makes k x 300 a multiple of 200?"),
            (0, 1, "300 Hz is no multiple of 200 Hz; but 600 Hz is."),
        ),
    ),
    ChoiceQuestion(
        "17.7",
        answer=encode("c"),
        replies={
            "a": "the levels are near: the loss sees to that. And SI-SDR does not care about the volume at all.",
            "b": "the pitch was given, and it is the one that was played. Were it wrong, you would hear it.",
            "c": "right: a magnitude loss leaves phases open, and our oscillators all start at 0. A sine turned by a quarter "
            "has nothing in common with itself, sample by sample.",
            "d": "noise is a small part of these sounds. If only the noise were wrong, we would be at some 10 dB or better.",
        },
    ),
    ChoiceQuestion(
        "17.8",
        answer=encode("d"),
        replies={
            "a": "a loss over spectra could in principle notice, but here the pitch is given, not learned: it stays wrong.",
            "b": "at the fundamental, 50 cents of 294 Hz are 9 Hz, less than the lobe. What of partial 10?",
            "c": "it hurts both. What one model does not explain, the other one takes over, with its noise if need be.",
            "d": "right: k times as many Hz at partial k. From the second on the model's lines lie beside the reed's, its "
            "energy is given to whoever is nearer, and both get worse.",
        },
    ),
)
