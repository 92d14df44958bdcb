"""Lesson 06, what the ear and the STFT ignore: what its exercises are judged by."""

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
    number=6,
    topic="what_the_ear_ignores",
    title="What the ear and the STFT ignore",
    builds="the short-time Fourier transform, tones with phases of your choice, and a test of how far a loss can see",
    hears="two waves that look different and sound alike, until you go down three octaves",
    minutes_to_read=60,
    minutes_to_run=1,
)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return 0.3 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# --- 6.1 the STFT -----------------------------------------------------------------------------------------------------


def stft_magnitude(audio: Tensor, fft_size: int, hop_size: int) -> Tensor:
    return _spectra(audio, fft_size, hop_size).abs()


def _spectra(audio, fft_size, hop_size, window=torch.hann_window) -> Tensor:
    frames = audio.unfold(-1, fft_size, hop_size)
    return torch.fft.rfft(frames * window(fft_size).to(audio.dtype))


def swapped(attempt: Attempt) -> str | None:
    if attempt.got.shape != attempt.want.transpose(1, 2).shape or attempt.got.shape == attempt.want.shape:
        return None
    return (
        f"you return [batch, {attempt.got.shape[1]} bins, {attempt.got.shape[2]} frames]: in this course time comes "
        f"before frequency, [batch, frames, bins]."
    )


def one_frame_more_or_less(attempt: Attempt) -> str | None:
    frames, expected = attempt.got.shape[1], attempt.want.shape[1]
    if attempt.got.ndim != 3 or frames == expected:
        return None
    return (
        f"you have {frames} frames, expected {expected}: frame i begins at sample i * hop_size, and only whole ones "
        f"count."
    )


def leaks(attempt: Attempt) -> str | None:
    given = attempt.arguments
    if float(attempt.want.abs().max()) < 1e-6:  # silence: no tone to leak from
        return None
    bare = _spectra(**given, window=torch.ones).abs()
    if not torch.allclose(attempt.got, bare.to(attempt.got.dtype), atol=1e-4):
        return None
    ours, theirs = (x[0].mean(0) for x in (attempt.got, attempt.want))
    far = (torch.arange(len(ours)) - ours.argmax()).abs() > 8
    leak = 20 * math.log10(float(ours[far].max() / ours.max()))
    clean = 20 * math.log10(float(theirs[far].max() / theirs.max()))
    return (
        f"more than 8 bins from the tone yours still shows {leak:.0f} dB, expected {clean:.0f}: that is leakage. Each "
        f"piece is cut out with scissors; fade it in and out with a Hann window first."
    )


STFT = Exercise(
    number="6.1",
    name="stft_magnitude",
    reference=stft_magnitude,
    cases=(
        Case(
            "a tone of 1010 Hz, windows of 256 samples, 64 apart",
            {
                "audio": 0.5 * torch.sin(2 * math.pi * 1010 * torch.arange(2000) / 16_000)[None],
                "fft_size": 256,
                "hop_size": 64,
            },
        ),
        Case(
            "two sounds of noise, windows of 128, 32 apart",
            {"audio": noise(2, 900), "fft_size": 128, "hop_size": 32},
            gradients=("audio",),
        ),
        Case("noise, windows of 100, 30 apart", {"audio": noise(1, 777, seed=3), "fft_size": 100, "hop_size": 30}),
        Case(
            "silence, then noise, with a gradient asked for",
            {"audio": F.pad(3 * noise(1, 256), (256, 0)), "fft_size": 128, "hop_size": 32},
            gradients=("audio",),
        ),
    ),
    hints=(
        swapped,
        one_frame_more_or_less,
        leaks,
        looks_like(
            lambda **given: _spectra(**given).abs().square(),
            "yours is the power, the square of the magnitude.",
        ),
        looks_like(
            lambda **given: _spectra(**given, window=lambda n: torch.hann_window(n, periodic=False)).abs(),
            "all but right: your window is symmetric, its last sample is 0 as well. For overlapping windows one takes "
            "the periodic one (torch.hann_window does unless told otherwise).",
            tolerance=1e-4,
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def stft_magnitude(audio, fft_size, hop_size):
    frames = audio.unfold(-1, fft_size, hop_size)
    return torch.fft.rfft(frames).abs()
""",
            r"still shows -\d\d dB, expected -\d\d+: that is leakage",
        ),
        WrongAnswer(
            """
def stft_magnitude(audio, fft_size, hop_size):
    window = torch.hann_window(fft_size)
    return torch.stft(audio, fft_size, hop_size, window=window, center=False, return_complex=True).abs()
""",
            r"129 bins, 28 frames\]: in this course time comes before frequency",
        ),
        WrongAnswer(
            """
def stft_magnitude(audio, fft_size, hop_size):
    frames = audio.unfold(-1, fft_size, hop_size) * torch.hann_window(fft_size)
    spectrum = torch.fft.rfft(frames)
    return (spectrum.real**2 + spectrum.imag**2).sqrt()
""",
            r"the gradient for audio is NaN",
        ),
        WrongAnswer(
            """
def stft_magnitude(audio, fft_size, hop_size):
    frames = audio.unfold(-1, fft_size, hop_size) * torch.hann_window(fft_size)
    spectrum = torch.fft.rfft(frames)
    return spectrum.real**2 + spectrum.imag**2
""",
            r"yours is the power",
        ),
    ),
    axes=("frame", "bin"),
)

# --- 6.2 phases -------------------------------------------------------------------------------------------------------


def tone_with_phases(f0_hz: float, amplitudes: Tensor, phases: Tensor, samples: int, rms: float) -> Tensor:
    return _tone(f0_hz, amplitudes, phases, samples, rms)


def _tone(f0_hz, amplitudes, phases, samples, rms, *, normalise="rms", moving=False, wave=torch.sin) -> Tensor:
    seconds = torch.arange(samples, dtype=torch.float64) / 16_000
    k = torch.arange(1, len(amplitudes) + 1)
    angle = 2 * math.pi * f0_hz * k[:, None] * seconds
    angle = angle + (phases[:, None] * seconds * 2 * math.pi if moving else phases[:, None])
    sound = (amplitudes[:, None] * wave(angle)).sum(0, keepdim=True)
    if normalise == "rms":
        sound = rms * sound / sound.square().mean().sqrt()
    elif normalise == "peak":
        sound = rms * sound / sound.abs().max()
    return sound.float()


def level_db(sound: Tensor) -> float:
    return 20 * math.log10(float(sound.square().mean().sqrt()))


def other_level(attempt: Attempt) -> str | None:
    if attempt.got.shape != attempt.want.shape:
        return None
    by = level_db(attempt.got) - level_db(attempt.want)
    if abs(by) < 0.05:
        return None
    same_wave = torch.nn.functional.cosine_similarity(attempt.got, attempt.want).item() > 0.999
    if not same_wave:
        return None
    peak = abs(float(attempt.got.abs().max()) - attempt.arguments["rms"]) < 1e-3
    why = (
        "you brought the *peak* to that value. Phases change the peak, so you would be testing loudness, not phase."
        if peak
        else "bring the root of the mean square to that value."
    )
    return f"the wave is right and {abs(by):.1f} dB too {'loud' if by > 0 else 'soft'}: {why}"


PHASES = Exercise(
    number="6.2",
    name="tone_with_phases",
    reference=tone_with_phases,
    cases=(
        Case(
            "100 Hz, four harmonics, all phases 0, RMS 0.1",
            {
                "f0_hz": 100.0,
                "amplitudes": 1 / torch.arange(1.0, 5.0),
                "phases": torch.zeros(4),
                "samples": 1600,
                "rms": 0.1,
            },
        ),
        Case(
            "250 Hz, six harmonics, six different phases, RMS 0.2",
            {
                "f0_hz": 250.0,
                "amplitudes": torch.ones(6),
                "phases": torch.tensor([0.0, 1.0, 3.0, -2.0, 0.5, 2.5]),
                "samples": 1600,
                "rms": 0.2,
            },
        ),
        Case(
            "62 Hz, less than two periods, RMS 0.05",
            {
                "f0_hz": 62.0,
                "amplitudes": torch.tensor([1.0, 0.5]),
                "phases": torch.tensor([0.4, -1.0]),
                "samples": 400,
                "rms": 0.05,
            },
        ),
    ),
    hints=(
        other_level,
        looks_like(
            lambda **given: _tone(**given, moving=True),
            "your phases grow with time. A phase that moves steadily *is* a frequency: every partial is out of tune. "
            "It is added once, not multiplied by t.",
        ),
        looks_like(
            lambda **given: _tone(**given, wave=torch.cos),
            "your partials are cosines: all a quarter turn ahead of what was asked for.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def tone_with_phases(f0_hz, amplitudes, phases, samples, rms):
    seconds = torch.arange(samples) / 16000
    k = torch.arange(1, len(amplitudes) + 1)[:, None]
    sound = (amplitudes[:, None] * torch.sin(2 * math.pi * k * f0_hz * seconds + phases[:, None])).sum(0, keepdim=True)
    return rms * sound / sound.abs().max()
""",
            r"the wave is right and \d\.\d dB too soft: you brought the \*peak\*",
        ),
        WrongAnswer(
            """
def tone_with_phases(f0_hz, amplitudes, phases, samples, rms):
    seconds = torch.arange(samples) / 16000
    k = torch.arange(1, len(amplitudes) + 1)[:, None]
    sound = (amplitudes[:, None] * torch.sin(2 * math.pi * (k * f0_hz + phases[:, None]) * seconds)).sum(0, keepdim=True)
    return rms * sound / sound.square().mean().sqrt()
""",
            r"A phase that moves steadily \*is\* a frequency",
        ),
        WrongAnswer(
            """
def tone_with_phases(f0_hz, amplitudes, phases, samples, rms):
    seconds = torch.arange(samples) / 16000
    k = torch.arange(1, len(amplitudes) + 1)[:, None]
    return (amplitudes[:, None] * torch.sin(2 * math.pi * k * f0_hz * seconds + phases[:, None])).sum(0, keepdim=True)
""",
            r"the wave is right and \d+\.\d dB too loud: bring the root",
        ),
    ),
    atol=1e-3,
    axes=("sample",),
)

# --- 6.3 how far a loss can see ---------------------------------------------------------------------------------------


def capture_range(frequencies_hz: Tensor, losses: Tensor, target_hz: float) -> Tensor:
    centre = int((frequencies_hz - target_hz).abs().argmin())
    low = high = centre
    while low > 0 and losses[low - 1] > losses[low]:
        low -= 1
    while high < len(losses) - 1 and losses[high + 1] > losses[high]:
        high += 1
    return torch.stack([frequencies_hz[low], frequencies_hz[high]])


def one_number(attempt: Attempt) -> str | None:
    if attempt.got.numel() == 2:
        return None
    return "two numbers are wanted: the lowest and the highest frequency from which the way leads down to the target."


def high_before_low(attempt: Attempt) -> str | None:
    low, high = attempt.got.flatten().tolist()
    return "the lower frequency comes first, then the higher." if low > high else None


def the_whole_width(attempt: Attempt) -> str | None:
    f = attempt.arguments["frequencies_hz"].double()
    if not torch.allclose(attempt.got.flatten(), torch.stack([f[0], f[-1]])):
        return None
    return (
        f"from {float(f[0]):.0f} to {float(f[-1]):.0f} Hz is all there is. The lowest point is the target, true; but a "
        f"descent never climbs, and there is a hill on the way."
    )


def over_the_first_hill(attempt: Attempt) -> str | None:
    f, losses = attempt.arguments["frequencies_hz"].double(), attempt.arguments["losses"].double()
    low, high = attempt.got.flatten().tolist()
    inside = losses[(f >= low) & (f <= high)]
    if low >= float(attempt.want[0]) - 1e-6 and high <= float(attempt.want[1]) + 1e-6:
        return None
    rises = inside.diff()
    target = int((f[(f >= low) & (f <= high)] - attempt.arguments["target_hz"]).abs().argmin())
    if bool((rises[:target] < 0).all()) and bool((rises[target:] > 0).all()):
        return None
    return (
        f"between {low:.0f} and {high:.0f} Hz the loss rises and falls again: a descent from there stops in another "
        f"valley. Walk outwards from the target, and stop at the first sample that is not higher than the one before."
    )


def too_narrow(attempt: Attempt) -> str | None:
    low, high = attempt.got.flatten().tolist()
    if low < float(attempt.want[0]) - 1e-6 or high > float(attempt.want[1]) + 1e-6:
        return None
    ends = [
        f"{got:.0f} Hz" for got, want in zip((low, high), attempt.want.tolist(), strict=True) if abs(got - want) > 1e-6
    ]
    return (
        f"you stop at {' and at '.join(ends)}, where it still goes uphill: the slope may be gentle there, but it points the "
        f"right way."
    )


GRID = torch.arange(100.0, 901.0, 10.0)
AWAY = (GRID - 440).abs()
RIPPLED = (
    1 - torch.exp(-((AWAY / 60) ** 2)) + 0.15 * torch.cos(AWAY / 25) + 0.3 * torch.exp(-(((AWAY - 270) / 40) ** 2))
)
SLANTED = (AWAY / 400) ** 0.5 + 0.15 * torch.sin(AWAY / 70) ** 2

FINE_GRID = torch.arange(200.0, 400.1, 5.0)
ASIDE = FINE_GRID - 302
BESIDE = (  # a valley with a gentle and a steep side, another deeper one beyond a hill, and a hollow on the way down
    torch.where(ASIDE < 0, (-ASIDE / 40).clamp(max=1), (ASIDE / 70).clamp(max=1))
    + 0.002 * ASIDE.abs()
    - 1.5 * torch.exp(-(((FINE_GRID - 380) / 15) ** 2))
    - 0.3 * torch.exp(-(((FINE_GRID - 225) / 15) ** 2))
)

RANGE = Exercise(
    number="6.3",
    name="capture_range",
    reference=capture_range,
    cases=(
        Case("a valley in a rippled plain", {"frequencies_hz": GRID, "losses": RIPPLED, "target_hz": 440.0}),
        Case("a pointed valley with terraces", {"frequencies_hz": GRID, "losses": SLANTED, "target_hz": 440.0}),
        Case(
            "a bowl without an edge",
            {"frequencies_hz": GRID, "losses": (GRID - 440).square(), "target_hz": 440.0},
        ),
        Case(
            "a target of 302 Hz, between the points of the grid, and a deeper valley beside it",
            {"frequencies_hz": FINE_GRID, "losses": BESIDE, "target_hz": 302.0},
        ),
    ),
    hints=(one_number, high_before_low, the_whole_width, over_the_first_hill, too_narrow),
    wrong_answers=(
        WrongAnswer(
            """
def capture_range(frequencies_hz, losses, target_hz):
    return torch.stack([frequencies_hz[0], frequencies_hz[-1]])
""",
            r"a descent never climbs",
        ),
        WrongAnswer(
            """
def capture_range(frequencies_hz, losses, target_hz):
    below, above = frequencies_hz < target_hz, frequencies_hz > target_hz
    low = frequencies_hz[below][losses[below].argmax()]
    high = frequencies_hz[above][losses[above].argmax()]
    return torch.stack([low, high])
""",
            r"the loss rises and falls again",
        ),
        WrongAnswer(
            """
def capture_range(frequencies_hz, losses, target_hz):
    near = frequencies_hz[losses < losses.max() / 2]
    return torch.stack([near[0], near[-1]])
""",
            r"you stop at \d+ Hz and at \d+ Hz, where it still goes uphill",
        ),
        WrongAnswer(
            """
def capture_range(frequencies_hz, losses, target_hz):
    low = high = int(losses.argmin())
    while low > 0 and losses[low - 1] > losses[low]:
        low -= 1
    while high < len(losses) - 1 and losses[high + 1] > losses[high]:
        high += 1
    return torch.stack([frequencies_hz[low], frequencies_hz[high]])
""",
            r"a deeper valley beside it",
        ),
    ),
    axes=("end",),
    unit="Hz",
)

EXERCISES = (STFT, PHASES, RANGE)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    ChoiceQuestion(
        "6.4",
        answer=encode("b"),
        replies={
            "a": "their RMS is equal, and so is the level in every band. Peaks are not loudness.",
            "b": "right. From the sixth harmonic on two or more begin to share one of the ear's filters, and what comes out "
            "of such a filter beats 55 times a second: sharply for one choice of phases, hardly for the other.",
            "c": "a good pair of headphones gives the same answer, and so did Plomp's and Patterson's laboratories.",
            "d": "phases do not move partials: look at the spectra, they are the same.",
        },
    ),
    NumberQuestion(
        "6.5",
        answer=encode(200),
        tolerance=10,
        unit="ms",
        right="right: 4 / 0.2 s = 20 Hz. And anything that happens within those 200 ms is one event.",
        misconceptions=(
            (
                50,
                3,
                "1 / 20 Hz = 50 ms puts the *bins* 20 Hz apart. A Hann window smears every tone over four of them.",
            ),
            (100, 5, "that makes the lobes touch at their middles: their whole width is 4 / T."),
            (20, 2, "that is a number of Hz. T = 4 / 20 Hz, in ms."),
            (3200, 100, "3200 is right as a number of samples at 16 kHz. How many ms is that?"),
        ),
    ),
)
