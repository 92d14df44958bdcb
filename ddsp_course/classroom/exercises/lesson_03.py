"""Lesson 03, envelopes: what its exercises are judged by."""

from __future__ import annotations

import math

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
    number=3,
    topic="envelopes",
    title="From 250 to 16 000 numbers a second",
    builds="the step from frames to samples by hold, straight line and Hann, and a meter for what each of them adds",
    hears="a tune with a rattle in it that nobody played, the rattle alone, and the tune without it",
    minutes_to_read=50,
    minutes_to_run=1,
)


# --- 3.1 upsample -----------------------------------------------------------------------------------------------------


def upsample(frames: Tensor, hop_size: int, method: str) -> Tensor:
    return dsp.upsample(frames, hop_size, method)


def _overlapped(frames: Tensor, hop_size: int, method: str, *, periodic: bool = True, trim: bool = True) -> Tensor:
    """A window for each frame, added up where they overlap, with the mistakes that one can make in it as switches."""
    if method == "hold":
        return frames.repeat_interleave(hop_size, dim=1)
    shape = torch.hann_window if method == "hann" else torch.bartlett_window
    window = shape(2 * hop_size, periodic=periodic, dtype=frames.dtype)
    held = torch.cat([frames, frames[:, -1:]], dim=1)
    filled = F.conv_transpose1d(held[:, None], window[None, None], stride=hop_size)[:, 0]
    return filled[:, hop_size if trim else 0 :][:, : frames.shape[1] * hop_size]


def _mixed(frames: Tensor, weights: Tensor, hop_size: int) -> Tensor:
    """Each frame and the next, mixed by weights [hop_size]."""
    following = torch.cat([frames[:, 1:], frames[:, -1:]], dim=1)
    return (frames[..., None] + (following - frames)[..., None] * weights).flatten(1)


def ramp(hop_size: int, method: str, *, last: bool = False, late: bool = False) -> Tensor:
    """The weight of the next frame; last: it ends on 1; late: it begins one sample on."""
    position = torch.linspace(0, 1, hop_size) if last else (torch.arange(hop_size) + int(late)) / hop_size
    return 0.5 - 0.5 * torch.cos(math.pi * position) if method == "hann" else position


def interpolated(frames: Tensor, hop_size: int, method: str) -> Tensor:
    if method != "linear":
        return dsp.upsample(frames, hop_size, method)
    return F.interpolate(frames[:, None], scale_factor=hop_size, mode="linear")[:, 0]


def stretched(frames: Tensor, hop_size: int, method: str) -> Tensor:
    if method != "linear":
        return dsp.upsample(frames, hop_size, method)
    return F.interpolate(frames[:, None], scale_factor=hop_size, mode="linear", align_corners=True)[:, 0]


def between_the_frames(attempt: Attempt) -> str:
    hop, frames = attempt.arguments["hop_size"], attempt.arguments["frames"].double()
    got = attempt.got
    late = (float(frames[0, 1]) - float(got[0, hop])) / (float(frames[0, 1] - frames[0, 0]) / hop)
    return (
        f"everything comes {late:.1f} samples late: at sample {hop}, where frame 1 should be ({float(frames[0, 1]):.3g}), "
        f"yours is {float(got[0, hop]):.3g}. F.interpolate takes a frame for the *middle* of its hop; here frame i is the "
        f"value at sample i * hop_size."
    )


def stretches(attempt: Attempt) -> str:
    frames, hop = attempt.arguments["frames"], attempt.arguments["hop_size"]
    n = frames.shape[1]
    return (
        f"your {n} frames are stretched over all {n * hop} samples, so frame {n - 1} comes at sample {n * hop - 1} "
        f"instead of {(n - 1) * hop}. Frame i is at i * hop_size; the last one is held to the end."
    )


def fades_in(attempt: Attempt) -> str | None:
    hop, frames = attempt.arguments["hop_size"], attempt.arguments["frames"].double()
    if frames.shape[1] < 2 or float(frames[0, 0]) == 0 or attempt.got.shape != attempt.want.shape:
        return None
    if abs(float(attempt.got[0, 0])) > 1e-6 or abs(float(attempt.got[0, hop] - frames[0, 0])) > 1e-4:
        return None
    return (
        f"your sound fades in from 0, and frame 0 ({float(frames[0, 0]):.3g}) is reached at sample {hop}: a window of "
        f"2 * {hop} samples has its top in the middle. Lay it down so that its top is at the frame: cut the first "
        f"{hop} samples off."
    )


def fades_out(attempt: Attempt) -> str | None:
    hop = attempt.arguments["hop_size"]
    if attempt.got.shape != attempt.want.shape:
        return None
    error = (attempt.got - attempt.want).abs()
    if float(error[:, :-hop].max() if error.shape[1] > hop else 0.0) > 1e-4 or float(error[:, -hop:].max()) < 1e-3:
        return None
    return (
        f"right up to the last frame; then yours goes from {float(attempt.got[0, -hop]):.3g} to "
        f"{float(attempt.got[0, -1]):.3g} within its hop. No frame follows it, so it is held to the end."
    )


def ripples(attempt: Attempt) -> str:
    low, high = float(attempt.got.min()), float(attempt.got.max())
    hop = attempt.arguments["hop_size"]
    if not bool((attempt.arguments["frames"] == 1).all()):
        least = float((attempt.got / attempt.want).min())
        return (
            f"between the frames yours falls to {least:.3f} of what it should be: windows of {2 * hop} samples that end on a "
            f"zero at both sides do not sum to one; the periodic ones, which stop one sample before it, do."
        )
    return (
        f"a constant of 1 came out between {low:.3f} and {high:.3f}: a ripple, once every hop. Windows of {2 * hop} "
        f"samples that end on a zero at both sides do not sum to one; the periodic ones, which stop one sample before "
        f"it, do."
    )


UPSAMPLE = Exercise(
    number="3.1",
    name="upsample",
    reference=upsample,
    cases=(
        Case(
            "hold, three frames, a hop of 4",
            {"frames": torch.tensor([[0.2, 0.9, 0.4]]), "hop_size": 4, "method": "hold"},
            gradients=("frames",),
        ),
        Case(
            "straight lines through 1, 2, 4, 3, a hop of 64",
            {"frames": torch.tensor([[1.0, 2.0, 4.0, 3.0]]), "hop_size": 64, "method": "linear"},
        ),
        Case(
            "Hann, a constant of 1, a hop of 16",
            {"frames": torch.ones(1, 6), "hop_size": 16, "method": "hann"},
        ),
        Case(
            "Hann, two sounds of five frames, a hop of 10",
            {"frames": uneven(2, 5, low=0.0), "hop_size": 10, "method": "hann"},
            gradients=("frames",),
        ),
        Case(
            "straight lines, two sounds, a hop of 5",
            {"frames": uneven(2, 4, low=0.0), "hop_size": 5, "method": "linear"},
            gradients=("frames",),
        ),
    ),
    hints=(
        looks_like(
            lambda frames, hop_size, method: frames.repeat(1, hop_size),
            lambda attempt: (
                f"your first samples are {', '.join(f'{float(x):.3g}' for x in attempt.got[0, :4])}: the whole row of "
                f"frames, again and again. Each frame should stay for a hop: repeat_interleave."
            ),
        ),
        looks_like(interpolated, between_the_frames),
        looks_like(stretched, stretches),
        fades_in,
        looks_like(lambda **given: _overlapped(**given, periodic=False), ripples, tolerance=1e-4),
        fades_out,
        looks_like(
            lambda frames, hop_size, method: _mixed(frames, ramp(hop_size, method, last=True), hop_size),
            lambda attempt: (
                f"your line arrives one sample early: sample {attempt.arguments['hop_size'] - 1} has the next frame's "
                f"value already, and sample {attempt.arguments['hop_size']} has it again. linspace(0, 1, hop_size) "
                f"includes its end; arange(hop_size) / hop_size does not."
            ),
            tolerance=1e-4,
        ),
        looks_like(
            lambda frames, hop_size, method: _mixed(frames, ramp(hop_size, method, late=True), hop_size),
            lambda attempt: (
                f"one sample early everywhere: sample 0 should be frame 0, {float(attempt.want[0, 0]):.4g}, and yours "
                f"is {float(attempt.got[0, 0]):.4g} already. The weight of the next frame begins at 0."
            ),
            tolerance=1e-4,
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def upsample(frames, hop_size, method):
    if method == "hold":
        return frames.repeat_interleave(hop_size, dim=1)
    return torch.nn.functional.interpolate(frames[:, None], scale_factor=hop_size, mode="linear")[:, 0]
""",
            r"everything comes 31\.5 samples late",
        ),
        WrongAnswer(
            """
def upsample(frames, hop_size, method):
    if method == "hold":
        return frames.repeat_interleave(hop_size, dim=1)
    window = {"linear": torch.bartlett_window, "hann": torch.hann_window}[method](2 * hop_size)
    bumps = torch.nn.functional.conv_transpose1d(frames[:, None], window[None, None], stride=hop_size)[:, 0]
    return bumps[:, : frames.shape[1] * hop_size]
""",
            r"fades in from 0, and frame 0 \(1\) is reached at sample 64",
        ),
        WrongAnswer(
            """
def upsample(frames, hop_size, method):
    if method == "hold":
        return frames.repeat_interleave(hop_size, dim=1)
    shape = {"linear": torch.bartlett_window, "hann": torch.hann_window}[method]
    window = shape(2 * hop_size, periodic=method == "linear")
    held = torch.cat([frames, frames[:, -1:]], dim=1)
    bumps = torch.nn.functional.conv_transpose1d(held[:, None], window[None, None], stride=hop_size)[:, 0]
    return bumps[:, hop_size : hop_size + frames.shape[1] * hop_size]
""",
            r"a constant of 1 came out between 0\.950 and 0\.997: a ripple",
        ),
        WrongAnswer(
            """
def upsample(frames, hop_size, method):
    if method == "hold":
        return frames.repeat(1, hop_size)
    position = torch.arange(hop_size) / hop_size
    weights = position if method == "linear" else 0.5 - 0.5 * torch.cos(math.pi * position)
    following = torch.cat([frames[:, 1:], frames[:, -1:]], dim=1)
    return (frames[..., None] + (following - frames)[..., None] * weights).flatten(1)
""",
            r"your first samples are 0\.2, 0\.9, 0\.4, 0\.2: the whole row",
        ),
        WrongAnswer(
            """
def upsample(frames, hop_size, method):
    position = torch.linspace(0, 1, hop_size)
    weights = {"hold": 0 * position, "linear": position, "hann": 0.5 - 0.5 * torch.cos(math.pi * position)}[method]
    following = torch.cat([frames[:, 1:], frames[:, -1:]], dim=1)
    return (frames[..., None] + (following - frames)[..., None] * weights).flatten(1)
""",
            r"sample 63 has the next frame's value already",
        ),
    ),
)

# --- 3.2 what a way of filling in lets through ------------------------------------------------------------------------


def interpolator_gain(method: str, f_hz: Tensor, frame_rate: float) -> Tensor:
    x = f_hz.double() / frame_rate
    if method == "hold":
        return torch.sinc(x)
    if method == "linear":
        return torch.sinc(x) ** 2
    return _raised_cosine(x)


def _raised_cosine(x: Tensor, *, half: float = 0.5, width: float = 2.0) -> Tensor:
    """The gain of a Hann window, with the mistakes that one can make in it as switches."""
    return torch.sinc(width * x) + half * (torch.sinc(width * x - 1) + torch.sinc(width * x + 1))


def size(result: Tensor, arguments) -> Tensor:
    """A gain's sign is nobody's business."""
    return torch.as_tensor(result).abs()


def at_half_the_frame_rate(attempt: Attempt) -> float:
    x = attempt.arguments["f_hz"] / attempt.arguments["frame_rate"]
    return float(attempt.got[int((x - 0.5).abs().argmin())])


def for_hann(mistake):
    """A mistake in the Hann window's gain alone."""
    return lambda method, f_hz, frame_rate: (
        mistake(f_hz.double() / frame_rate).abs()
        if method == "hann"
        else interpolator_gain(method, f_hz, frame_rate).abs()
    )


def no_number_at_zero(attempt: Attempt) -> str | None:
    bad = ~attempt.got.isfinite()
    if not bool(bad.any()):
        return None
    f = float(attempt.arguments["f_hz"][bad][0])
    if f > 0:
        return (
            f"no number at {f:.0f} Hz: there your formula divides by 0, and what is meant is its limit. A sum of three sincs has "
            f"no such hole."
        )
    return (
        f"NaN at {f:.0f} Hz: there the formula says 0 / 0, and what is meant is its limit. torch.sinc(x) knows it, and "
        f"has the pi inside."
    )


def pi_twice(attempt: Attempt) -> str | None:
    given = attempt.arguments
    for factor, name in ((math.pi, "1/pi of"), (1 / math.pi, "pi times")):
        scaled = interpolator_gain(given["method"], given["f_hz"] * factor, given["frame_rate"]).abs()
        if float((attempt.got - scaled).abs().max()) < 1e-3:
            return (
                f"the right curve, with its first zero at {name} where it should be: torch.sinc(x) is "
                f"sin(pi x) / (pi x), with the pi inside."
            )
    return None


GRID_HZ = torch.tensor([0.0, 6.0, 125.0, 200.0, 244.0, 250.0, 256.0, 310.0, 375.0, 494.0, 600.0, 1010.0])

WAYS = {"hold": "hold", "linear": "straight lines", "hann": "Hann"}

GAIN = Exercise(
    number="3.2",
    name="interpolator_gain",
    reference=interpolator_gain,
    cases=(
        *(
            Case(f"{name}, 0 to 1010 Hz at 250 frames a second", {"method": key, "f_hz": GRID_HZ, "frame_rate": 250.0})
            for key, name in WAYS.items()
        ),
        *(
            Case(
                f"{name}, 3 to 293 Hz at 100 frames a second",
                {"method": key, "f_hz": torch.linspace(3, 293, 30), "frame_rate": 100.0},
                gradients=("f_hz",) if key == "hann" else (),
            )
            for key, name in WAYS.items()
        ),
    ),
    hints=(
        no_number_at_zero,
        pi_twice,
        looks_like(
            for_hann(lambda x: _raised_cosine(x) / 2),
            lambda attempt: (
                f"at 0 Hz yours lets {float(attempt.got[0]):.2f} through instead of 1: the right curve, half as tall. Its gain "
                f"at 0 is to be 1, so the box counts whole and each shifted sinc half."
            ),
        ),
        looks_like(
            lambda method, f_hz, frame_rate: torch.sinc(f_hz.double() / frame_rate).abs(),
            lambda attempt: (
                f"at half the frame rate yours lets {at_half_the_frame_rate(attempt):.2f} through, as hold does. A "
                f"triangle is a box that was averaged over a box: the gain comes in twice, squared."
            ),
        ),
        looks_like(
            for_hann(lambda x: _raised_cosine(x, half=1.0)),
            lambda attempt: (
                f"at half the frame rate yours lets {at_half_the_frame_rate(attempt):.2f} through instead of 0.50: the "
                f"cosine is half each of two turning pointers, so each shifted sinc counts half."
            ),
        ),
        looks_like(
            for_hann(lambda x: _raised_cosine(x, width=1.0)),
            lambda attempt: (
                f"at half the frame rate yours lets {at_half_the_frame_rate(attempt):.2f} through instead of 0.50: the "
                f"window is two frames wide, so its sinc is twice as narrow: sinc(2 x)."
            ),
        ),
        looks_like(
            for_hann(lambda x: torch.sinc(2 * x)),
            lambda attempt: (
                f"at half the frame rate yours lets {at_half_the_frame_rate(attempt):.2f} through instead of 0.50: "
                f"that is a box two frames wide. The cosine on it adds two more sincs, one to either side."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def interpolator_gain(method, f_hz, frame_rate):
    x = f_hz / frame_rate
    if method == "hann":
        return torch.sinc(2 * x) + 0.5 * torch.sinc(2 * x - 1) + 0.5 * torch.sinc(2 * x + 1)
    return torch.sinc(x)
""",
            r"yours lets 0\.64 through, as hold does",
        ),
        WrongAnswer(
            """
def interpolator_gain(method, f_hz, frame_rate):
    x = f_hz / frame_rate
    if method == "hann":
        return torch.sinc(2 * x) + torch.sinc(2 * x - 1) + torch.sinc(2 * x + 1)
    return torch.sinc(x) if method == "hold" else torch.sinc(x) ** 2
""",
            r"yours lets 1\.00 through instead of 0\.50",
        ),
        WrongAnswer(
            """
def interpolator_gain(method, f_hz, frame_rate):
    x = math.pi * f_hz / frame_rate
    box = torch.sin(x) / x
    return {"hold": box, "linear": box**2, "hann": torch.sin(2 * x) / (2 * x) / (1 - (2 * x / math.pi) ** 2)}[method]
""",
            r"NaN at 0 Hz",
        ),
        WrongAnswer(
            """
def interpolator_gain(method, f_hz, frame_rate):
    x = f_hz / frame_rate
    if method == "hann":
        return torch.sinc(x) + 0.5 * torch.sinc(x - 1) + 0.5 * torch.sinc(x + 1)
    return torch.sinc(x) if method == "hold" else torch.sinc(x) ** 2
""",
            r"the window is two frames wide",
        ),
    ),
    axes=("entry",),
    measure=size,
)

# --- 3.3 the meter ----------------------------------------------------------------------------------------------------


def sideband_db(audio: Tensor, f_hz: float, beyond_hz: float, sample_rate: int) -> Tensor:
    return _far_db(audio, f_hz, beyond_hz, sample_rate)


def _far_db(audio, f_hz, beyond_hz, sample_rate, *, window_power=2, peak=False, against="all", db=10.0, part="far"):
    """The meter, with the mistakes that one can make in it as switches."""
    n = audio.shape[-1]
    window = torch.hann_window(n, dtype=torch.float64) ** window_power
    power = torch.fft.rfft(audio.double() * window).abs() ** 2
    hz = torch.arange(len(power), dtype=torch.float64) * sample_rate / n
    far = (hz - f_hz).abs() > beyond_hz
    above = {"far": power[far], "above": power[hz - f_hz > beyond_hz], "all": power[hz != f_hz], "near": power[~far]}
    below = {"all": power, "near": power[~far]}[against]
    ratio = above[part].max() / below.max() if peak else above[part].sum() / below.sum()
    return db * torch.log10(ratio)


def held_tremolo(f_hz: float, seconds: float, sample_rate: int = 16_000) -> Tensor:
    """A tone whose amplitude swings 5 times a second and is held for 4 ms at a time."""
    frames = 1 + 0.5 * torch.sin(2 * math.pi * 5 * torch.arange(round(seconds * 250), dtype=torch.float64) / 250)
    envelope = dsp.upsample(frames[None], sample_rate // 250, "hold")[0]
    n = torch.arange(len(envelope), dtype=torch.float64)
    return envelope * torch.sin(2 * math.pi * f_hz * n / sample_rate)


def tones(levels_db: dict[float, float], seconds: float, sample_rate: int = 16_000) -> Tensor:
    """Sines by frequency (Hz), each at its level (dB)."""
    n = torch.arange(round(seconds * sample_rate), dtype=torch.float64)
    return sum(10 ** (db / 20) * torch.sin(2 * math.pi * hz * n / sample_rate) for hz, db in levels_db.items())  # type: ignore[return-value]


def told(figure: str):
    """A hint's sentence with the learner's level and ours in it."""
    return lambda attempt: figure.format(yours=float(attempt.got), ours=float(attempt.want))


SIDEBAND = Exercise(
    number="3.3",
    name="sideband_db",
    reference=sideband_db,
    cases=(
        Case(
            "a tone of 440 Hz, and two of 690 and 940 Hz that are 6 dB weaker",
            {
                "audio": tones({440.0: 0.0, 690.0: -6.0, 940.0: -6.0}, 1.0),
                "f_hz": 440.0,
                "beyond_hz": 150.0,
                "sample_rate": 16_000,
            },
        ),
        Case(
            "tones of 440, 690 and 190 Hz, 8000 samples a second",
            {
                "audio": tones({440.0: 0.0, 690.0: -20.0, 190.0: -26.0}, 0.5, 8000),
                "f_hz": 440.0,
                "beyond_hz": 150.0,
                "sample_rate": 8000,
            },
        ),
        Case(
            "a bare tone of 1000.3 Hz, beyond 100 Hz",
            {"audio": tones({1000.3: 0.0}, 0.05), "f_hz": 1000.3, "beyond_hz": 100.0, "sample_rate": 16_000},
        ),
        Case(
            "a held tremolo at 1000.4 Hz, beyond 150 Hz",
            {"audio": held_tremolo(1000.4, 1.0), "f_hz": 1000.4, "beyond_hz": 150.0, "sample_rate": 16_000},
            gradients=("audio",),
        ),
        Case(
            "a held tremolo at 2000.3 Hz, beyond 1000 Hz",
            {"audio": held_tremolo(2000.3, 0.8), "f_hz": 2000.3, "beyond_hz": 1000.0, "sample_rate": 16_000},
        ),
    ),
    hints=(
        looks_like(
            lambda **given: _far_db(**given, part="all"),
            told("your {yours:.2f} dB has the tone itself in it. Only what is more than beyond_hz away counts above."),
        ),
        looks_like(
            lambda **given: _far_db(**given, peak=True),
            told(
                "yours is {yours:.1f} dB, the level of the highest single bin. There are many, and each has energy: add "
                "all of them up ({ours:.1f} dB)."
            ),
        ),
        looks_like(
            lambda **given: _far_db(**given, against="near"),
            told(
                "yours is {yours:.2f} dB, far against *near*; asked is far against *all*, {ours:.2f}. (For weak "
                "sidebands it is the same.)"
            ),
        ),
        looks_like(
            lambda **given: _far_db(**given, db=20.0),
            told("yours is {yours:.1f} dB, twice too much: energies are powers, and 10 log10 turns them into dB."),
        ),
        looks_like(
            lambda **given: _far_db(**given, part="above"),
            told(
                "yours is {yours:.1f} dB instead of {ours:.1f}: it counts what lies above the tone and forgets what lies "
                "below. Sidebands have two sides: .abs()."
            ),
        ),
        looks_like(
            lambda **given: _far_db(**given, window_power=0),
            told(
                "yours reads {yours:.1f} dB instead of {ours:.1f}: without a window, a tone that does not fit the "
                "block a whole number of times spills over the whole spectrum, and you measure the spill."
            ),
        ),
        looks_like(
            lambda **given: _far_db(**given, window_power=1),
            told(
                "yours reads {yours:.1f} dB instead of {ours:.1f}, the spill of a plain Hann window. Squared, it falls "
                "twice as fast: ** 2."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def sideband_db(audio, f_hz, beyond_hz, sample_rate):
    n = len(audio)
    power = torch.fft.rfft(audio * torch.hann_window(n, dtype=audio.dtype) ** 2).abs() ** 2
    far = (torch.arange(len(power)) * sample_rate / n - f_hz).abs() > beyond_hz
    return 10 * torch.log10(power[far].max() / power.max())
""",
            r"yours is -6\.0 dB, the level of the highest single bin",
        ),
        WrongAnswer(
            """
def sideband_db(audio, f_hz, beyond_hz, sample_rate):
    n = len(audio)
    power = torch.fft.rfft(audio * torch.hann_window(n, dtype=audio.dtype) ** 2).abs() ** 2
    far = torch.arange(len(power)) * sample_rate / n != f_hz
    return 10 * torch.log10(power[far].sum() / power.sum())
""",
            r"has the tone itself in it",
        ),
        WrongAnswer(
            """
def sideband_db(audio, f_hz, beyond_hz, sample_rate):
    n = len(audio)
    power = torch.fft.rfft(audio).abs() ** 2
    far = (torch.arange(len(power)) * sample_rate / n - f_hz).abs() > beyond_hz
    return 10 * torch.log10(power[far].sum() / power.sum())
""",
            r"yours reads -\d+\.\d dB instead of -\d+\.\d: without a window",
        ),
        WrongAnswer(
            """
def sideband_db(audio, f_hz, beyond_hz, sample_rate):
    n = len(audio)
    power = torch.fft.rfft(audio * torch.hann_window(n, dtype=audio.dtype)).abs() ** 2
    far = (torch.arange(len(power)) * sample_rate / n - f_hz).abs() > beyond_hz
    return 10 * torch.log10(power[far].sum() / power.sum())
""",
            r"yours reads -76\.5 dB instead of -94\.1, the spill of a plain Hann window",
        ),
        WrongAnswer(
            """
def sideband_db(audio, f_hz, beyond_hz, sample_rate):
    n = len(audio)
    power = torch.fft.rfft(audio * torch.hann_window(n, dtype=audio.dtype) ** 2).abs() ** 2
    far = (torch.arange(len(power)) * sample_rate / n - f_hz).abs() > beyond_hz
    return 20 * torch.log10(power[far].sum() / power.sum())
""",
            r"twice too much: energies are powers",
        ),
    ),
    atol=1e-3,
    axes=(),
    unit="dB",
)

# --- 3.4 from frames to sound -----------------------------------------------------------------------------------------


def harmonic_synthesis(f0_hz: Tensor, amplitudes: Tensor, hop_size: int, sample_rate: int) -> Tensor:
    return dsp.harmonic_synthesis(f0_hz, amplitudes, sample_rate=sample_rate, hop_size=hop_size)


def _synthesis(f0_hz, amplitudes, hop_size, sample_rate, *, pitch="linear", level="hann", inclusive=False, turns=False):
    """From frames to sound, with the mistakes that one can make in it as switches."""
    f0 = dsp.upsample(f0_hz.double(), hop_size, pitch)
    phase = 2 * math.pi * (torch.cumsum(f0, 1) - (0 if inclusive else f0)) / sample_rate
    if turns:  # the sum was made over frames, and then filled in
        steps = 2 * math.pi * f0_hz.double() * hop_size / sample_rate
        phase = dsp.upsample(torch.cumsum(steps, 1) - steps, hop_size, "linear")
    k = torch.arange(1, amplitudes.shape[-1] + 1)
    return (dsp.upsample(amplitudes.double(), hop_size, level) * torch.sin(phase[..., None] * k)).sum(-1)


def furthest(attempt: Attempt) -> str:
    error = (attempt.got - attempt.want).abs()
    return f"off by up to {float(error.max() / attempt.want.abs().max()):.1%} of full level"


FROM_FRAMES = Exercise(
    number="3.4",
    name="harmonic_synthesis",
    reference=harmonic_synthesis,
    cases=(
        Case(
            "steady 200 Hz, 3 harmonics whose levels move, 8 frames of 64 samples",
            {
                "f0_hz": torch.full((1, 8), 200.0),
                "amplitudes": uneven(1, 8, 3, low=0.0),
                "hop_size": 64,
                "sample_rate": 16_000,
            },
            gradients=("amplitudes",),
        ),
        Case(
            "two sounds at once, one glides from 200 to 400 Hz, 4 harmonics, 20 frames",
            {
                "f0_hz": torch.stack([torch.linspace(200, 400, 20), torch.full((20,), 330.0)]),
                "amplitudes": uneven(2, 20, 4, low=0.0),
                "hop_size": 64,
                "sample_rate": 16_000,
            },
            gradients=("f0_hz", "amplitudes"),
        ),
        Case(
            "a pitch that jumps about, 44100 samples a second, frames of 176",
            {
                "f0_hz": 300 + 80 * uneven(1, 12, low=0.0),
                "amplitudes": uneven(1, 12, 2, low=0.0),
                "hop_size": 176,
                "sample_rate": 44_100,
            },
        ),
    ),
    hints=(
        looks_like(
            lambda **given: _synthesis(**given, inclusive=True),
            lambda attempt: (
                f"your second sample is {float(attempt.got[0, 1]):.4f} and should be {float(attempt.want[0, 1]):.4f}: "
                f"sample n has turned by the steps of samples 0 to n - 1, so take its own step off the running sum."
            ),
        ),
        looks_like(
            lambda **given: _synthesis(**given, turns=True),
            lambda attempt: (
                f"the phase was summed over frames and filled in afterwards: a line through phases is a pitch that stands "
                f"still for a hop and then jumps, and after the last frame the phase stops. {furthest(attempt)}: fill in "
                f"the frequency first, then sum."
            ),
        ),
        looks_like(
            lambda **given: _synthesis(**given, pitch="hold"),
            lambda attempt: (
                f"your pitch moves in steps of one frame: {furthest(attempt)}, as the area under a staircase is not that "
                f"under the line through it. f0 in straight lines."
            ),
        ),
        looks_like(
            lambda **given: _synthesis(**given, pitch="hann"),
            lambda attempt: f"the pitch goes from frame to frame in curves: {furthest(attempt)}. f0 in straight lines.",
        ),
        looks_like(
            lambda **given: _synthesis(**given, level="linear"),
            lambda attempt: (
                f"the amplitudes go in straight lines, with a corner at each frame: "
                f"{furthest(attempt)}. They go by Hann here."
            ),
        ),
        looks_like(
            lambda **given: _synthesis(**given, level="hold"),
            lambda attempt: f"the amplitudes move in steps: {furthest(attempt)}. Use Hann.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def harmonic_synthesis(f0_hz, amplitudes, hop_size, sample_rate):
    f0 = dsp.upsample(f0_hz, hop_size, "hold").double()
    phase = 2 * math.pi * (torch.cumsum(f0, dim=1) - f0) / sample_rate
    k = torch.arange(1, amplitudes.shape[-1] + 1)
    return (dsp.upsample(amplitudes, hop_size, "hann") * torch.sin(phase[..., None] * k)).sum(-1)
""",
            r"your pitch moves in steps of one frame: off by up to \d+\.\d% of full level",
        ),
        WrongAnswer(
            """
def harmonic_synthesis(f0_hz, amplitudes, hop_size, sample_rate):
    f0 = dsp.upsample(f0_hz, hop_size, "linear").double()
    phase = 2 * math.pi * (torch.cumsum(f0, dim=1) - f0) / sample_rate
    k = torch.arange(1, amplitudes.shape[-1] + 1)
    return (dsp.upsample(amplitudes, hop_size, "linear") * torch.sin(phase[..., None] * k)).sum(-1)
""",
            r"the amplitudes go in straight lines, with a corner at each frame",
        ),
        WrongAnswer(
            """
def harmonic_synthesis(f0_hz, amplitudes, hop_size, sample_rate):
    steps = 2 * math.pi * f0_hz.double() * hop_size / sample_rate
    phase = dsp.upsample(torch.cumsum(steps, dim=1) - steps, hop_size, "linear")
    k = torch.arange(1, amplitudes.shape[-1] + 1)
    return (dsp.upsample(amplitudes, hop_size, "hann") * torch.sin(phase[..., None] * k)).sum(-1)
""",
            r"the phase was summed over frames and filled in afterwards",
        ),
        WrongAnswer(
            """
def harmonic_synthesis(f0_hz, amplitudes, hop_size, sample_rate):
    f0 = dsp.upsample(f0_hz, hop_size, "linear").double()
    phase = 2 * math.pi * torch.cumsum(f0, dim=1) / sample_rate
    k = torch.arange(1, amplitudes.shape[-1] + 1)
    return (dsp.upsample(amplitudes, hop_size, "hann") * torch.sin(phase[..., None] * k)).sum(-1)
""",
            r"your second sample is .*take its own step off",
        ),
    ),
    atol=1e-4,
)

EXERCISES = (UPSAMPLE, GAIN, SIDEBAND, FROM_FRAMES)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    NumberQuestion(
        "3.5",
        answer=encode(190),
        tolerance=7,
        unit="Hz",
        right="right: 440 - 250 = 190 Hz, and its mirror image at 690. A product moves the tone by what it is multiplied with.",
        misconceptions=(
            (
                250,
                7,
                "250 Hz is how often the amplitude jumps. But the amplitude is not heard by itself: it multiplies a tone, "
                "and a product of 440 and 250 Hz sounds at their sum and difference.",
            ),
            (125, 5, "half the frame rate is the fastest tremolo that frames can say. Here the tremolo is slow."),
            (434, 1.5, "434 Hz is the tremolo's own sideband, 440 - 6: that one is wanted. The next one down is not."),
            (
                310,
                7,
                "310 Hz is there, and nearer: 440 - 750 is -310, and the ear hears no sign. But it is the third copy; the "
                "first is stronger.",
            ),
            (60, 7, "60 Hz is there too: 440 - 500 is -60, folded. It is the second copy; the first is stronger."),
            (690, 7, "690 Hz is one of them, 440 + 250. Asked is one *below* the tone."),
            (6, 1, "6 Hz is the tremolo's rate. It multiplies a tone of 440 Hz, and a product moves that tone."),
        ),
    ),
    NumberQuestion(
        "3.6",
        answer=encode(32.2),
        tolerance=0.8,
        unit="dB",
        right="right: sin(pi x) is the same size at x = 6/250 and at 244/250, so the ratio is 6/244, which is -32.2 dB.",
        misconceptions=(
            (-32.2, 0.8, "the size is right; how far *below* is asked, so leave the minus out."),
            (16.1, 0.5, "6/244 is a ratio of amplitudes: 20 log10, not 10."),
            (64.4, 1.5, "that is for straight lines, whose gain is the square. Hold has one sinc."),
            (12.6, 1.0, "hold's gain between two zeros is about that, but the copy lies right beside a zero."),
        ),
    ),
    ChoiceQuestion(
        "3.7",
        answer=encode("d"),
        replies={
            "a": "there are twice as many pieces, but each misses the curve by a quarter as much: half the time, squared.",
            "b": "3 dB would be half the energy. Each step is half as high (-6 dB), and that is only hold.",
            "c": "6 dB is what hold gains: its copies lie at 6/494 of the tremolo's sideband, not 6/244.",
            "d": "right: a straight line's gain is the square of hold's, so what is 6 dB there is 12 dB here.",
        },
    ),
    ChoiceQuestion(
        "3.8",
        answer=encode("c"),
        replies={
            "a": "hold jumps, and a jump has energy at all frequencies: 1/f. It is the worst of the three everywhere.",
            "b": "straight lines have their double zeros at multiples of 250 Hz, which helps a curve that is slow. This one is "
            "not: it has all frequencies up to 125 Hz, and far off what counts is how fast the gain falls.",
            "c": "right: no jumps and no corners. A jump falls off as 1/f, a corner as 1/f^2, a Hann curve as 1/f^3.",
            "d": "the frames are the same, but what is made between them is not: each filling is another filter.",
        },
    ),
)
