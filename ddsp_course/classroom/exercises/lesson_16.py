"""Lesson 16, filters with memory: what its exercises are judged by."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ddsp_course import dsp
from ddsp_course.classroom.exercise import (
    Attempt,
    Case,
    ChoiceQuestion,
    Exercise,
    Hint,
    Lesson,
    NumberQuestion,
    WrongAnswer,
    encode,
    looks_like,
)
from ddsp_course.classroom.exercises.uneven import uneven

LESSON = Lesson(
    number=16,
    topic="filters_with_memory",
    title="Filters with memory",
    builds="a biquad that cannot explode, a gradient that runs backwards in time, and linear prediction",
    hears="a string that speaks with a singer's vowels, a bell that rings before it is struck, and a filter that runs away",
    minutes_to_read=60,
    minutes_to_run=1,
)


def resonance(radius: float, angle: float) -> Tensor:
    """The memory of a pair of poles, [3]."""
    return torch.tensor([1.0, -2 * radius * math.cos(angle), radius**2], dtype=torch.float64)


def numbers(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def of_another_shape(mistake: Callable[..., Tensor], says: Callable[[Attempt], str]) -> Hint:
    """looks_like, for a result that is right but for a part that is missing, or one too many."""

    def hint(attempt: Attempt) -> str | None:
        would_be = mistake(**attempt.arguments)
        same = attempt.got.shape == would_be.shape != attempt.want.shape
        return says(attempt) if same and torch.allclose(attempt.got, would_be, rtol=1e-6, atol=1e-9) else None

    return hint


# --- 16.1 the frequency response --------------------------------------------------------------------------------------


def frequency_response(b: Tensor, a: Tensor, f_hz: Tensor, sample_rate: int) -> Tensor:
    return dsp.frequency_response(b, a, f_hz, sample_rate=sample_rate)


def _response(b, a, f_hz, sample_rate, *, turn=2 * math.pi, sign=-1, upside_down=False, plus=False):
    """The response, with the mistakes that one can make in it as switches."""
    w = turn * f_hz.double() / sample_rate

    def polynomial(c: Tensor) -> Tensor:
        table = torch.exp(1j * sign * w[:, None] * torch.arange(len(c)))
        return table @ c.to(table.dtype)

    below = polynomial(a) if not plus else 2 * a[0] - polynomial(a)
    return below / polynomial(b) if upside_down else polynomial(b) / below


def in_parts(result, arguments) -> Tensor:
    """Real and imaginary part, [n, 2], as gradients of complex numbers are nobody's business here."""
    return torch.view_as_real(torch.as_tensor(result).to(torch.complex128))


def whole(parts: Tensor) -> Tensor:
    return torch.view_as_complex(parts.contiguous())


def slip(says: str | Callable[[Attempt], str], **mistake) -> Hint:
    """looks_like, for a mistake of `_response`."""
    return looks_like(lambda **given: in_parts(_response(**given, **mistake), given), says)


def at_first(attempt: Attempt) -> tuple[float, float, float]:
    """The frequency of the largest difference, and the gains there, theirs and ours, in dB."""
    got, want = whole(attempt.got), whole(attempt.want)
    place = int((got - want).abs().argmax())
    db = [20 * math.log10(max(float(x.abs()[place]), 1e-12)) for x in (got, want)]
    return float(attempt.arguments["f_hz"][place]), db[0], db[1]


def told(sentence: str) -> Callable[[Attempt], str]:
    """A hint's sentence with a frequency, the learner's gain there and ours."""

    def says(attempt: Attempt) -> str:
        f_hz, yours, ours = at_first(attempt)
        return sentence.format(f=f_hz, yours=yours, ours=ours)

    return says


def only_a_part(attempt: Attempt) -> str | None:
    if torch.as_tensor(attempt.raw).is_complex() or attempt.got.shape != attempt.want.shape:
        return None
    yours, ours = whole(attempt.got).real, whole(attempt.want)
    for what, would in (
        ("a gain, and H is complex: leave .abs() to whoever draws it", ours.abs()),
        ("the gain squared, and H is complex: leave .abs() to whoever draws it", ours.abs().square()),
        (
            "gains in decibels, and H is complex: leave .abs() and the logarithm to whoever draws it",
            dsp.amplitude_to_db(ours.abs()),
        ),
        ("its real part alone", ours.real),
    ):
        if torch.allclose(yours, would, rtol=1e-4, atol=1e-4):
            return (
                f"your numbers are real, the first of them {float(yours[0]):.4g}: {what}. Its angle says by how much the "
                f"filter turns a sine."
            )
    return "your numbers are real. H is complex: its angle says by how much the filter turns a sine."


SOME_HZ = numbers(0.0, 50.0, 440.0, 1000.0, 1900.0, 3100.0, 7000.0)

RESPONSE = Exercise(
    number="16.1",
    name="frequency_response",
    reference=frequency_response,
    cases=(
        Case(
            "a resonance of 1000 Hz at 16000 samples a second",
            {"b": numbers(1.0), "a": resonance(0.95, math.pi / 8), "f_hz": SOME_HZ, "sample_rate": 16_000},
            gradients=("a",),
        ),
        Case(
            "five coefficients, 44100 samples a second",
            {
                "b": numbers(0.8, -0.3, 0.5),
                "a": resonance(0.8, 1.1),
                "f_hz": SOME_HZ,
                "sample_rate": 44_100,
            },
            gradients=("b", "a"),
        ),
        Case(
            "no memory, four coefficients",
            {"b": numbers(0.25, 0.25, 0.3, 0.2), "a": numbers(1.0), "f_hz": SOME_HZ, "sample_rate": 16_000},
        ),
    ),
    hints=(
        only_a_part,
        slip(
            lambda attempt: (
                f"your gains are right and your angles are mirrored ({float(whole(attempt.got).angle()[2]):+.3f} instead of "
                f"{float(whole(attempt.want).angle()[2]):+.3f} radians at {float(attempt.arguments['f_hz'][2]):g} Hz): a "
                f"step *back* in time is exp(-1j w)."
            ),
            sign=1,
        ),
        slip(
            told(
                "{yours:.1f} dB at {f:g} Hz instead of {ours:.1f}: your w is f / sample_rate, in turns. exp wants "
                "radians: 2 pi of them to a turn."
            ),
            turn=1.0,
        ),
        slip(
            told(
                "{yours:.1f} dB at {f:g} Hz instead of {ours:.1f}: your whole curve is an octave too high. w is pi at "
                "*half* the sample rate: 2 pi f / sample_rate."
            ),
            turn=math.pi,
        ),
        slip(
            told("{yours:.1f} dB at {f:g} Hz instead of {ours:.1f}: upside down. b above, a below."),
            upside_down=True,
        ),
        slip(
            told(
                "{yours:.1f} dB at {f:g} Hz instead of {ours:.1f}: you took a1 and a2 with a minus. In the recursion they "
                "have one; brought to the other side, below the line, they have a plus."
            ),
            plus=True,
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def frequency_response(b, a, f_hz, sample_rate):
    w = f_hz / sample_rate
    above = sum(b[k] * torch.exp(-1j * w * k) for k in range(len(b)))
    return above / sum(a[k] * torch.exp(-1j * w * k) for k in range(len(a)))
""",
            r"your w is f / sample_rate, in turns",
        ),
        WrongAnswer(
            """
def frequency_response(b, a, f_hz, sample_rate):
    w = math.pi * f_hz / sample_rate
    above = sum(b[k] * torch.exp(-1j * w * k) for k in range(len(b)))
    return above / sum(a[k] * torch.exp(-1j * w * k) for k in range(len(a)))
""",
            r"your whole curve is an octave too high",
        ),
        WrongAnswer(
            """
def frequency_response(b, a, f_hz, sample_rate):
    w = 2 * math.pi * f_hz / sample_rate
    above = sum(b[k] * torch.exp(1j * w * k) for k in range(len(b)))
    return above / sum(a[k] * torch.exp(1j * w * k) for k in range(len(a)))
""",
            r"your angles are mirrored \([+-]\d\.\d{3} instead of [+-]\d\.\d{3} radians at 440 Hz\)",
        ),
        WrongAnswer(
            """
def frequency_response(b, a, f_hz, sample_rate):
    w = 2 * math.pi * f_hz / sample_rate
    above = sum(b[k] * torch.exp(-1j * w * k) for k in range(len(b)))
    return (above / sum(a[k] * torch.exp(-1j * w * k) for k in range(len(a)))).abs()
""",
            r"your numbers are real, the first of them \d+\.\d+: a gain",
        ),
        WrongAnswer(
            """
def frequency_response(b, a, f_hz, sample_rate):
    w = 2 * math.pi * f_hz / sample_rate
    above = sum(b[k] * torch.exp(-1j * w * k) for k in range(len(b)))
    return above / (1 - sum(a[k] * torch.exp(-1j * w * k) for k in range(1, len(a))))
""",
            r"dB at 1000 Hz instead of .*: you took a1 and a2 with a minus",
        ),
    ),
    axes=("frequency", "part"),
    measure=in_parts,
)

# --- 16.2 always stable -----------------------------------------------------------------------------------------------


def stable_biquad(raw: Tensor) -> Tensor:
    return dsp.stable_biquad(raw)


def _squeezed(raw: Tensor, width: Callable[[Tensor], Tensor], *, swapped: bool = False, squeeze=torch.tanh) -> Tensor:
    """u over a width that depends on a2, with the mistakes that one can make in it as switches."""
    u, v = (raw[..., 1], raw[..., 0]) if swapped else (raw[..., 0], raw[..., 1])
    a2 = squeeze(v)
    a1 = width(a2) * squeeze(u)
    return torch.stack([torch.ones_like(a1), a1, a2], dim=-1)


def outermost(attempt: Attempt) -> tuple[float, float, float]:
    """The learner's a1 and a2 that are furthest out, and the radius of their larger pole."""
    a1, a2 = attempt.got[..., 1].flatten(), attempt.got[..., 2].flatten()
    root = torch.sqrt(torch.complex(a1.square() - 4 * a2, torch.zeros_like(a1)))
    radius = torch.maximum((-a1 + root).abs(), (-a1 - root).abs()) / 2
    worst = int(radius.argmax())
    return float(a1[worst]), float(a2[worst]), float(radius[worst])


def out_of_the_triangle(attempt: Attempt) -> str | None:
    if attempt.got.shape != attempt.want.shape:
        return None
    a1, a2, radius = outermost(attempt)
    if float(attempt.got[..., 2].abs().max()) >= 1:
        a2 = float(attempt.got[..., 2].flatten()[attempt.got[..., 2].abs().argmax()])
        return (
            f"one a2 of yours is {a2:.3g}: it is the product of the two poles, and of two inside the circle that is less "
            f"than 1. Squeeze v too: a2 = tanh v, before it says how wide u may go."
        )
    if radius < 1 + 1e-6:
        return None
    return (
        f"yours said a1 = {a1:.3g}, a2 = {a2:.3g}, and that has a pole at radius {radius:.3f}: it explodes. At that height "
        f"the triangle is only {1 + a2:.3g} wide to either side."
    )


STABLE = Exercise(
    number="16.2",
    name="stable_biquad",
    reference=stable_biquad,
    cases=(
        Case("one filter, u = 2, v = -1", {"raw": numbers(2.0, -1.0)}, gradients=("raw",)),
        Case("twelve filters, numbers up to 4", {"raw": 4 * uneven(3, 4, 2).double()}, gradients=("raw",)),
    ),
    hints=(
        of_another_shape(
            lambda raw: _squeezed(raw, lambda a2: 1 + a2)[..., 1:],
            lambda attempt: (
                f"{attempt.got.shape[-1]} numbers for each filter, where 3 belong: a[0] = 1 stands before a1 and a2."
            ),
        ),
        looks_like(
            lambda raw: _squeezed(raw, lambda a2: 1 + a2, swapped=True),
            lambda attempt: (
                f"u and v have changed places: your a2 is {float(attempt.got.flatten()[2]):.4f} where tanh v is "
                f"{float(attempt.want.flatten()[2]):.4f}. u comes first in raw, and makes a1."
            ),
        ),
        looks_like(
            lambda raw: _squeezed(raw, lambda a2: 1 + a2, squeeze=torch.sigmoid),
            lambda attempt: (
                f"no number of yours is below 0 (the least is {float(attempt.got.min()):.3g}): a sigmoid goes from 0 to 1, "
                f"and the triangle to both sides. tanh."
            ),
        ),
        out_of_the_triangle,
        looks_like(
            lambda raw: _squeezed(raw, lambda a2: 1 - a2.abs()),
            lambda attempt: (
                f"stable, but it cannot reach everything: your a1 are {float(attempt.got[..., 1].abs().max()):.3f} at most "
                f"where {float(attempt.want[..., 1].abs().max()):.3f} is allowed. The triangle is *widest* at a2 = 1."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def stable_biquad(raw):
    a1, a2 = 2 * torch.tanh(raw[..., 0]), torch.tanh(raw[..., 1])
    return torch.stack([torch.ones_like(a1), a1, a2], dim=-1)
""",
            r"yours said a1 = .*, and that has a pole at radius \d\.\d+: it explodes",
        ),
        WrongAnswer(
            """
def stable_biquad(raw):
    a2 = torch.tanh(raw[..., 0])
    a1 = (1 + a2) * torch.tanh(raw[..., 1])
    return torch.stack([torch.ones_like(a1), a1, a2], dim=-1)
""",
            r"u and v have changed places: your a2 is 0\.9640 where tanh v is -0\.7616",
        ),
        WrongAnswer(
            """
def stable_biquad(raw):
    a2 = torch.tanh(raw[..., 1])
    return torch.stack([(1 + a2) * torch.tanh(raw[..., 0]), a2], dim=-1)
""",
            r"2 numbers for each filter, where 3 belong",
        ),
        WrongAnswer(
            """
def stable_biquad(raw):
    a2 = torch.sigmoid(raw[..., 1])
    a1 = (1 + a2) * torch.sigmoid(raw[..., 0])
    return torch.stack([torch.ones_like(a1), a1, a2], dim=-1)
""",
            r"no number of yours is below 0 .* a sigmoid goes from 0 to 1",
        ),
        WrongAnswer(
            """
def stable_biquad(raw):
    a2 = torch.tanh(raw[..., 1])
    a1 = (1 - a2.abs()) * torch.tanh(raw[..., 0])
    return torch.stack([torch.ones_like(a1), a1, a2], dim=-1)
""",
            r"cannot reach everything: your a1 are \d\.\d+ at most where 1\.\d+ is allowed",
        ),
    ),
    axes=("coefficient",),
)

# --- 16.3 frequency sampling ------------------------------------------------------------------------------------------


def sampled_filter(audio: Tensor, b: Tensor, a: Tensor, fft_size: int) -> Tensor:
    return dsp.frequency_sampled_filter(audio, b, a, fft_size=fft_size)


def _sampled(audio, b, a, fft_size, *, short=False, upside_down=False, half=False, magnitude=False, all_of_it=False):
    """Frequency sampling, with the mistakes that one can make in it as switches."""
    n = audio.shape[1]
    size = n if short else fft_size
    bins = torch.arange(size // 2 + 1).double()
    response = dsp.frequency_response(b, a, bins / 2 if half else bins, sample_rate=size)
    response = 1 / response if upside_down else response.abs() if magnitude else response
    out = torch.fft.irfft(torch.fft.rfft(audio, size) * response, size)
    return out if all_of_it else out[:, :n]


def first_samples(attempt: Attempt) -> str:
    return f"{float(attempt.got[0, 0]):.4f} instead of {float(attempt.want[0, 0]):.4f} at sample 0"


def never_folds(attempt: Attempt) -> str | None:
    given = attempt.arguments
    exact = dsp.recursive_filter(given["audio"], given["b"], given["a"])
    if attempt.got.shape != exact.shape or float((attempt.got - exact).abs().max()) > 1e-9 * float(exact.abs().max()):
        return None
    return (
        f"yours is the exact recursion ({first_samples(attempt)}): very good, but here the approximation is asked for, with "
        f"all that an FFT of {given['fft_size']} points folds back."
    )


SAMPLED = Exercise(
    number="16.3",
    name="sampled_filter",
    reference=sampled_filter,
    cases=(
        Case(
            "a click through a ring that has died away, 40 samples, an FFT of 256",
            {
                "audio": torch.eye(1, 40, dtype=torch.float64),
                "b": numbers(1.0, 0.5),
                "a": resonance(0.8, 0.7),
                "fft_size": 256,
            },
        ),
        Case(
            "two sounds, a long ring, 100 samples, an FFT of 160",
            {"audio": uneven(2, 100).double(), "b": numbers(0.7), "a": resonance(0.99, 1.3), "fft_size": 160},
            gradients=("audio", "b", "a"),
        ),
    ),
    hints=(
        of_another_shape(
            lambda **given: _sampled(**given, all_of_it=True),
            lambda attempt: (
                f"right so far, but {attempt.got.shape[-1]} samples long: {attempt.want.shape[-1]} went in, and as many are "
                f"to come out."
            ),
        ),
        looks_like(
            lambda **given: _sampled(**given, magnitude=True),
            lambda attempt: (
                f"only the gains, without the angles: your ring goes to both sides of the click ({first_samples(attempt)}). "
                f"Multiply by the complex H."
            ),
        ),
        looks_like(
            lambda **given: _sampled(**given, half=True),
            lambda attempt: (
                f"{first_samples(attempt)}: your bins reach only a quarter of the sample rate. Bin j is at "
                f"w = 2 pi j / fft_size, pi at the last one."
            ),
        ),
        looks_like(
            lambda **given: _sampled(**given, upside_down=True),
            lambda attempt: f"{first_samples(attempt)}: divided by H. That is the way back; forth, it is a product.",
        ),
        never_folds,
        looks_like(
            lambda **given: _sampled(**given, short=True),
            lambda attempt: (
                f"{first_samples(attempt)}: your FFT has {attempt.want.shape[-1]} points, the length of the sound, and not "
                f"fft_size = {attempt.arguments['fft_size']}. What rings on comes round sooner."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def sampled_filter(audio, b, a, fft_size):
    n = audio.shape[1]
    bins = torch.arange(n // 2 + 1, dtype=b.dtype)
    return torch.fft.irfft(torch.fft.rfft(audio) * dsp.frequency_response(b, a, bins, sample_rate=n), n)
""",
            r"your FFT has \d+ points, the length of the sound, and not fft_size = \d+",
        ),
        WrongAnswer(
            """
def sampled_filter(audio, b, a, fft_size):
    bins = torch.arange(fft_size // 2 + 1, dtype=b.dtype)
    response = dsp.frequency_response(b, a, bins, sample_rate=fft_size)
    return torch.fft.irfft(torch.fft.rfft(audio, fft_size) * response, fft_size)
""",
            r"right so far, but 256 samples long: 40 went in",
        ),
        WrongAnswer(
            """
def sampled_filter(audio, b, a, fft_size):
    bins = torch.arange(fft_size // 2 + 1, dtype=b.dtype)
    response = dsp.frequency_response(b, a, bins, sample_rate=fft_size).abs()
    return torch.fft.irfft(torch.fft.rfft(audio, fft_size) * response, fft_size)[:, : audio.shape[1]]
""",
            r"only the gains, without the angles",
        ),
        WrongAnswer(
            """
def sampled_filter(audio, b, a, fft_size):
    bins = torch.arange(fft_size // 2 + 1, dtype=b.dtype)
    response = dsp.frequency_response(b, a, bins, sample_rate=2 * fft_size)
    return torch.fft.irfft(torch.fft.rfft(audio, fft_size) * response, fft_size)[:, : audio.shape[1]]
""",
            r"your bins reach only a quarter of the sample rate",
        ),
        WrongAnswer(
            """
def sampled_filter(audio, b, a, fft_size):
    return dsp.recursive_filter(audio, b, a)
""",
            r"yours is the exact recursion",
        ),
    ),
)

# --- 16.4 backwards in time -------------------------------------------------------------------------------------------


def all_pole_gradients(y_grad: Tensor, y: Tensor, a: Tensor) -> tuple[Tensor, Tensor]:
    return _gradients(y_grad, y, a)


def _gradients(y_grad, y, a, *, forwards=False, back_again=True, sign=-1, lag=0, other=None):
    """The two gradients, with the mistakes that one can make in them as switches."""
    one = torch.ones(1, dtype=a.dtype)
    x_grad = dsp.recursive_filter(y_grad if forwards else y_grad.flip(-1), one, a)
    if back_again and not forwards:
        x_grad = x_grad.flip(-1)
    n = y.shape[-1]
    pulled = y_grad if other == "y_grad" else x_grad
    a_grad = [(pulled[:, k + lag :] * y[:, : n - k - lag]).sum() for k in range(1, len(a))]
    return x_grad, sign * torch.stack(a_grad)


def both(mistake: Callable[..., tuple[Tensor, Tensor]], says: Callable[[Attempt], str]) -> Hint:
    """looks_like, for a result of two tensors."""

    def hint(attempt: Attempt) -> str | None:
        near = all(
            got.shape == would.shape and float((got - would).abs().max()) <= 1e-6 * float(would.abs().max())
            for got, would in zip(attempt.got, mistake(**attempt.arguments), strict=True)
        )
        return says(attempt) if near else None

    return hint


def first_of(attempt: Attempt, which: int) -> str:
    got, want = attempt.got[which].flatten(), attempt.want[which].flatten()
    return f"{float(got[0]):.4g} instead of {float(want[0]):.4g}"


def _memory_case(label: str, y: Tensor, y_grad: Tensor, a: Tensor) -> Case:
    x = y  # any sound will do as the input
    return Case(label, {"y_grad": y_grad, "y": dsp.recursive_filter(x, torch.ones(1, dtype=a.dtype), a), "a": a})


BACKWARDS = Exercise(
    number="16.4",
    name="all_pole_gradients",
    reference=all_pole_gradients,
    cases=(
        _memory_case(
            "one pole at 0.9, 30 samples",
            uneven(1, 30).double(),
            uneven(1, 30).double().flip(-1) + 0.3,
            numbers(1.0, -0.9),
        ),
        _memory_case(
            "two sounds, a resonance, 50 samples",
            uneven(2, 50).double(),
            uneven(2, 50).double().roll(7, -1),
            resonance(0.95, 0.8),
        ),
    ),
    hints=(
        both(
            lambda **given: _gradients(**given, forwards=True),
            lambda attempt: (
                f"your x_grad begins with {first_of(attempt, 0)}: that is the filter running *forwards*. What x(n) changes "
                f"comes later, so the sum goes over the future: flip, filter, flip."
            ),
        ),
        both(
            lambda **given: _gradients(**given, back_again=False),
            lambda attempt: (
                f"your x_grad begins with {first_of(attempt, 0)}, which is where it should end: flipped once, filtered, and "
                f"not flipped back."
            ),
        ),
        both(
            lambda **given: _gradients(**given, sign=1),
            lambda attempt: (
                f"x_grad is right, a_grad has the wrong sign ({first_of(attempt, 1)}): the recursion *subtracts* "
                f"a_k y(n - k)."
            ),
        ),
        both(
            lambda **given: _gradients(**given, lag=-1),
            lambda attempt: (
                f"x_grad is right; a_grad begins with {first_of(attempt, 1)}: yours pairs n with n - k + 1. a_1 weighs the "
                f"output *one* sample back."
            ),
        ),
        both(
            lambda **given: _gradients(**given, other="y_grad"),
            lambda attempt: (
                f"x_grad is right; a_grad begins with {first_of(attempt, 1)}: that is the sum of y times y_grad "
                f"(or of the input times x_grad, which is the same). It forgets that y(n - k) itself depends on a_k: "
                f"multiply y by x_grad."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def all_pole_gradients(y_grad, y, a):
    x_grad = dsp.recursive_filter(y_grad, torch.ones(1, dtype=a.dtype), a)
    a_grad = [-(x_grad[:, k:] * y[:, :-k]).sum() for k in range(1, len(a))]
    return x_grad, torch.stack(a_grad)
""",
            r"that is the filter running \*forwards\*",
        ),
        WrongAnswer(
            """
def all_pole_gradients(y_grad, y, a):
    x_grad = dsp.recursive_filter(y_grad.flip(-1), torch.ones(1, dtype=a.dtype), a)
    a_grad = [-(x_grad[:, k:] * y[:, :-k]).sum() for k in range(1, len(a))]
    return x_grad, torch.stack(a_grad)
""",
            r"flipped once, filtered, and not flipped back",
        ),
        WrongAnswer(
            """
def all_pole_gradients(y_grad, y, a):
    x_grad = dsp.recursive_filter(y_grad.flip(-1), torch.ones(1, dtype=a.dtype), a).flip(-1)
    a_grad = [(x_grad[:, k:] * y[:, :-k]).sum() for k in range(1, len(a))]
    return x_grad, torch.stack(a_grad)
""",
            r"x_grad is right, a_grad has the wrong sign",
        ),
        WrongAnswer(
            """
def all_pole_gradients(y_grad, y, a):
    x_grad = dsp.recursive_filter(y_grad.flip(-1), torch.ones(1, dtype=a.dtype), a).flip(-1)
    n = y.shape[1]
    a_grad = [-(x_grad[:, k:] * y[:, : n - k]).sum() for k in range(len(a) - 1)]
    return x_grad, torch.stack(a_grad)
""",
            r"yours pairs n with n - k \+ 1",
        ),
        WrongAnswer(
            """
def all_pole_gradients(y_grad, y, a):
    x_grad = dsp.recursive_filter(y_grad.flip(-1), torch.ones(1, dtype=a.dtype), a).flip(-1)
    a_grad = [-(y_grad[:, k:] * y[:, :-k]).sum() for k in range(1, len(a))]
    return x_grad, torch.stack(a_grad)
""",
            r"that is the sum of y times y_grad",
        ),
    ),
)

# --- 16.5 linear prediction -------------------------------------------------------------------------------------------


def linear_prediction(audio: Tensor, order: int) -> Tensor:
    return dsp.linear_prediction(audio, order)[0]


def _predicted(audio, order, *, sign=-1, unbiased=False, circular=False, wide=0, first=True):
    """The normal equations, with the mistakes that one can make in them as switches."""
    n = len(audio)
    lags = range(order + 1 + wide)
    if circular:
        r = torch.stack([(audio * audio.roll(m)).sum() for m in lags])
    else:
        r = torch.stack([(audio[m:] * audio[: n - m]).sum() / (n - m if unbiased else 1) for m in lags])
    j = torch.arange(order + wide)
    tail = torch.linalg.solve(r[(j[:, None] - j).abs()], sign * r[1:])
    return torch.cat([torch.ones_like(tail[:1]), tail]) if first else tail


def second(attempt: Attempt) -> str:
    return f"{float(attempt.got[1]):.4f} instead of {float(attempt.want[1]):.4f}"


def buzz(samples: int, poles: Tensor) -> Tensor:
    """Clicks, one every 23 samples, through a filter, under a window."""
    clicks = (torch.arange(samples) % 23 == 5).double()[None]
    rung = dsp.recursive_filter(clicks, torch.ones(1, dtype=torch.float64), poles)[0]
    return rung * torch.hann_window(samples, dtype=torch.float64)


PREDICTION = Exercise(
    number="16.5",
    name="linear_prediction",
    reference=linear_prediction,
    cases=(
        Case(
            "a buzz through one resonance, order 2",
            {"audio": buzz(200, resonance(0.93, 0.9)), "order": 2},
            gradients=("audio",),
        ),
        Case("a sound without a pattern, order 6", {"audio": uneven(120).double(), "order": 6}, gradients=("audio",)),
    ),
    hints=(
        looks_like(
            lambda **given: _predicted(**given, sign=1),
            lambda attempt: (
                f"a1 is {second(attempt)}: these are the numbers that *predict* x(n). The filter that takes the prediction "
                f"away has the opposite sign: -r on the right."
            ),
        ),
        of_another_shape(
            lambda **given: _predicted(**given, first=False),
            lambda attempt: (
                f"{attempt.got.shape[0]} numbers where {attempt.want.shape[0]} belong: a[0] = 1, for x(n) itself, stands first."
            ),
        ),
        of_another_shape(
            lambda **given: _predicted(**given, wide=1),
            lambda attempt: (
                f"{attempt.got.shape[0]} numbers where {attempt.want.shape[0]} belong: yours looks "
                f"{attempt.got.shape[0] - 1} samples back, one more than the order."
            ),
        ),
        looks_like(
            lambda **given: _predicted(**given, unbiased=True),
            lambda attempt: (
                f"a1 is {second(attempt)}: you divided each r by its number of terms. Then the sum that is minimised is none "
                f"any more, and the filter may be unstable. Silence counts: leave the sums as they are."
            ),
            tolerance=1e-6,
        ),
        looks_like(
            lambda **given: _predicted(**given, circular=True),
            lambda attempt: (
                f"a1 is {second(attempt)}: your products go round in a circle, the beginning follows the end. Before and "
                f"after the window there is silence."
            ),
            tolerance=1e-9,
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def linear_prediction(audio, order):
    n = len(audio)
    r = torch.stack([(audio[m:] * audio[: n - m]).sum() for m in range(order + 1)])
    j = torch.arange(order)
    tail = torch.linalg.solve(r[(j[:, None] - j).abs()], r[1:])
    return torch.cat([torch.ones_like(tail[:1]), tail])
""",
            r"these are the numbers that \*predict\* x\(n\)",
        ),
        WrongAnswer(
            """
def linear_prediction(audio, order):
    n = len(audio)
    r = torch.stack([(audio[m:] * audio[: n - m]).sum() for m in range(order + 1)])
    j = torch.arange(order)
    return torch.linalg.solve(r[(j[:, None] - j).abs()], -r[1:])
""",
            r"2 numbers where 3 belong: a\[0\] = 1",
        ),
        WrongAnswer(
            """
def linear_prediction(audio, order):
    n = len(audio)
    r = torch.stack([(audio[m:] * audio[: n - m]).mean() for m in range(order + 1)])
    j = torch.arange(order)
    tail = torch.linalg.solve(r[(j[:, None] - j).abs()], -r[1:])
    return torch.cat([torch.ones_like(tail[:1]), tail])
""",
            r"you divided each r by its number of terms",
        ),
        WrongAnswer(
            """
def linear_prediction(audio, order):
    r = torch.stack([(audio * audio.roll(m)).sum() for m in range(order + 1)])
    j = torch.arange(order)
    tail = torch.linalg.solve(r[(j[:, None] - j).abs()], -r[1:])
    return torch.cat([torch.ones_like(tail[:1]), tail])
""",
            r"your products go round in a circle",
        ),
    ),
    atol=1e-6,
    axes=("coefficient",),
)

EXERCISES = (RESPONSE, STABLE, SAMPLED, BACKWARDS, PREDICTION)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    NumberQuestion(
        "16.6",
        answer=encode(431.5),
        tolerance=6,
        unit="ms",
        right="right: 0.999^n = 1/1000 at n = ln 1000 / 0.0010005 = 6904 samples, which is 431.5 ms.",
        misconceptions=(
            (6904, 60, "that is the number of samples. At 16 000 of them a second it is how many milliseconds?"),
            (863, 12, "60 dB is a factor of 1000 in amplitude (a million is in power), and r multiplies amplitudes."),
            (
                62.5,
                3,
                "after 1000 samples it has fallen to 1/e, less than 9 dB. 60 dB takes almost seven times as long.",
            ),
            (
                215.8,
                4,
                "that is a fall by a factor of 31.6, 30 dB. For amplitudes it is 20 log10, so 60 dB is a factor of 1000.",
            ),
            (187.4, 3, "that is a fall by a factor of 20. 60 dB is a factor of 1000 in amplitude."),
        ),
    ),
    ChoiceQuestion(
        "16.7",
        answer=encode("c"),
        replies={
            "a": "its *formula* is finite everywhere, yes: H is a ratio of two sums. But that was derived for 'in the end', and an "
            "unstable filter has none.",
            "b": "it would if the loss ran the filter. This one only evaluates the formula for H, and never lets it ring.",
            "c": "right: poles at radius r and at 1/r make the same curve, but for a factor. The loss is blind to which of the two.",
            "d": "it may end on either side; from some starts, with smaller steps, it stays inside. That is worse: one does not know.",
        },
    ),
    NumberQuestion(
        "16.8",
        answer=encode(35.6),
        tolerance=0.8,
        unit="dB",
        right="right: 0.999^4096 is 0.0166, and 20 log10 of that is -35.6 dB.",
        misconceptions=(
            (-35.6, 0.8, "the size is right; how far *below* is asked, so leave the minus out."),
            (17.8, 0.6, "r multiplies amplitudes: 20 log10, not 10."),
            (71.2, 1.5, "twice too much: 20 log10 of an amplitude, not 40."),
            (
                0.0166,
                0.001,
                "that is the ratio, 0.999^4096. In dB it is 20 log10 of it.",
            ),
            (60, 1, "60 dB would take 6904 samples: you computed that above."),
        ),
    ),
    ChoiceQuestion(
        "16.9",
        answer=encode("c"),
        replies={
            "a": "the mouth has not moved, but LPC does not see the mouth. It hears a sound, and that has its energy at 440, 880, "
            "1320 Hz and nowhere else.",
            "b": "the formants belong to the mouth, not to the pitch. Were it so, every tune would change its vowel with every "
            "note.",
            "c": "right: the best prediction of a sound that is 440, 880, 1320 Hz puts its poles there.",
            "d": "there are always as many poles as you ask for. The question is what they are about.",
        },
    ),
)
