"""Lesson 09, one sound, taken apart: what its exercises are judged by."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

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
    number=9,
    topic="one_sound_taken_apart",
    title="One sound, taken apart",
    builds="harmonics and noise of one note, fitted by gradient descent with your own parts, and edits that follow",
    hears="a sung note in its parts, slower, higher, whispered; and five rooms that explain it equally well",
    minutes_to_read=60,
    minutes_to_run=1,
)

RATE = 16_000


def noise(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# --- 9.1 numbers that may be anything, controls that may not ----------------------------------------------------------


def raw_of(control: Tensor) -> Tensor:
    """exp_sigmoid undone."""
    return torch.logit(((control - 1e-7).clamp(1e-9, 1.99) / 2) ** (1 / math.log(10)))


class Controls(nn.Module):
    """Raw numbers that can be learned; controls that are always legal."""

    def __init__(self, amplitudes: Tensor, gains: Tensor) -> None:
        super().__init__()
        self.harmonics = nn.Parameter(raw_of(amplitudes))
        self.noise = nn.Parameter(raw_of(gains))

    def forward(self) -> tuple[Tensor, Tensor]:
        return dsp.exp_sigmoid(self.harmonics), dsp.exp_sigmoid(self.noise)


def tried_out(controls: type[nn.Module], amplitudes: Tensor, gains: Tensor) -> tuple[Tensor, ...]:
    """(what it begins with: amplitudes, gains; how many numbers it learns; its lowest control after a wild step)."""
    module = controls(amplitudes, gains)
    first, second = (each.detach().clone() for each in module())
    parameters = list(module.parameters())
    with torch.no_grad():
        for parameter in parameters:
            parameter -= 3.0
    lowest = torch.stack([each.detach().min() for each in module()])
    return first, second, torch.tensor(float(sum(each.numel() for each in parameters))), lowest.clamp_max(0.0)


def nothing_to_learn(attempt: Attempt) -> str | None:
    got, want = float(attempt.got[2]), float(attempt.want[2])
    if got == want:
        return None
    if got == 0:
        return (
            "parameters() is empty: the optimizer has nothing to move. A plain tensor is a constant to a module; wrap each in "
            "nn.Parameter."
        )
    return f"{got:.0f} numbers can be learned, expected {want:.0f}: one for each amplitude and each gain."


def below_zero(attempt: Attempt) -> str | None:
    lowest = float(attempt.got[3].min())
    if lowest >= 0:
        return None
    return (
        f"after a long step downwards a control is {lowest:.1f}: a negative amplitude is a sound upside down, and no control. "
        f"Learn raw numbers, and let exp_sigmoid make the controls."
    )


def begins_elsewhere(attempt: Attempt) -> str | None:
    got, want = attempt.got[0], attempt.want[0]
    if got.shape != want.shape or torch.allclose(got, want, rtol=1e-3, atol=1e-6):
        return None
    return (
        f"it was given an amplitude of {float(want.flatten()[0]):.3g} to begin with and begins with {float(got.flatten()[0]):.3g}: the raw "
        f"number is not the control. raw_of undoes exp_sigmoid."
    )


RAW_OF = """
def raw_of(control):
    return torch.logit(((control - 1e-7).clamp(1e-9, 1.99) / 2) ** (1 / math.log(10)))

"""

LEGAL = Exercise(
    number="9.1",
    name="Controls",
    reference=Controls,
    use=tried_out,
    cases=(
        Case(
            "3 frames of 4 harmonics and 5 bands",
            {"amplitudes": torch.linspace(0.01, 0.3, 12).reshape(3, 4), "gains": torch.full((3, 5), 1e-3)},
        ),
    ),
    hints=(nothing_to_learn, below_zero, begins_elsewhere),
    wrong_answers=(
        WrongAnswer(
            RAW_OF
            + """
class Controls(nn.Module):
    def __init__(self, amplitudes, gains):
        super().__init__()
        self.harmonics, self.noise = raw_of(amplitudes), raw_of(gains)

    def forward(self):
        return dsp.exp_sigmoid(self.harmonics), dsp.exp_sigmoid(self.noise)
""",
            r"parameters\(\) is empty",
        ),
        WrongAnswer(
            """
class Controls(nn.Module):
    def __init__(self, amplitudes, gains):
        super().__init__()
        self.harmonics, self.noise = nn.Parameter(amplitudes.clone()), nn.Parameter(gains.clone())

    def forward(self):
        return self.harmonics, self.noise
""",
            r"after a long step downwards a control is -3\.0",
        ),
        WrongAnswer(
            """
class Controls(nn.Module):
    def __init__(self, amplitudes, gains):
        super().__init__()
        self.harmonics, self.noise = nn.Parameter(amplitudes.clone()), nn.Parameter(gains.clone())

    def forward(self):
        return dsp.exp_sigmoid(self.harmonics), dsp.exp_sigmoid(self.noise)
""",
            r"amplitude of 0\.01 to begin with and begins with 0\.4",
        ),
    ),
    atol=1e-3,
    axes=("frame", "entry"),
)

# --- 9.2 harmonics, read from a sound ---------------------------------------------------------------------------------


def read_partials(windows: Tensor, f0_hz: Tensor, n_harmonics: int, sample_rate: int) -> Tensor:
    return _read(windows, f0_hz, n_harmonics, sample_rate)


def _read(windows, f0_hz, n_harmonics, sample_rate, scale: str = "2 / sum", mask: bool = True) -> Tensor:
    size = windows.shape[-1]
    window = torch.hann_window(size, dtype=windows.dtype)
    time = (torch.arange(size) - size // 2) / sample_rate
    factor = {"2 / sum": 2 / window.sum(), "1": 1.0, "1 / sum": 1 / window.sum()}[scale]
    columns = []
    for k in range(1, n_harmonics + 1):
        turns = 2 * math.pi * k * f0_hz[:, None] * time
        there = torch.complex(torch.cos(turns), -torch.sin(turns)).to(torch.complex64)
        column = factor * ((windows * window).to(torch.complex64) * there).sum(-1).abs()
        columns.append(torch.where(k * f0_hz < sample_rate / 2, column, 0.0) if mask else column)
    return torch.stack(columns, dim=-1)


def nearest_bin(windows: Tensor, f0_hz: Tensor, n_harmonics: int, sample_rate: int) -> Tensor:
    size = windows.shape[-1]
    window = torch.hann_window(size)
    magnitude = 2 / window.sum() * torch.fft.rfft(windows * window).abs()
    bins = (f0_hz[:, None] * torch.arange(1, n_harmonics + 1) * size / sample_rate).round().long()
    found = magnitude.gather(1, bins.clamp_max(size // 2))
    return torch.where(bins <= size // 2, found, 0.0)


def unscaled(windows, f0_hz, n_harmonics, sample_rate):
    return _read(windows, f0_hz, n_harmonics, sample_rate, scale="1")


def one_side(windows, f0_hz, n_harmonics, sample_rate):
    return _read(windows, f0_hz, n_harmonics, sample_rate, scale="1 / sum")


def not_masked(windows, f0_hz, n_harmonics, sample_rate):
    return _read(windows, f0_hz, n_harmonics, sample_rate, mask=False)


def times_off(attempt: Attempt) -> float:
    return float(attempt.got[0, 0] / attempt.want[0, 0])


def between_bins(attempt: Attempt) -> str:
    inside = attempt.want > 0.2 * attempt.want.max()
    worst = float((20 * torch.log10(attempt.got / attempt.want))[inside].min())
    return (
        f"one harmonic comes out {-worst:.1f} dB low: it lies between two bins of the FFT, and you took the nearer one. Ask at exactly k f0: an oscillator of "
        f"that frequency, multiplied and added up, needs no bins."
    )


def sines(f0_hz: Tensor, amplitudes: Tensor, size: int) -> Tensor:
    """Windows [frames, size] of harmonics with amplitudes [frames, K], centred on sample size // 2."""
    time = (torch.arange(size) - size // 2) / RATE
    k = torch.arange(1, amplitudes.shape[-1] + 1)
    turns = 2 * math.pi * f0_hz[:, None, None] * k[:, None] * time
    return (amplitudes[..., None] * torch.cos(turns + k[:, None] ** 2)).sum(1)


PARTIALS = Exercise(
    number="9.2",
    name="read_partials",
    reference=read_partials,
    cases=(
        Case(
            "a tone of 500 Hz, four harmonics, 1024 samples",
            {
                "windows": sines(torch.tensor([500.0]), torch.tensor([[0.5, 0.25, 0.1, 0.05]]), 1024),
                "f0_hz": torch.tensor([500.0]),
                "n_harmonics": 4,
                "sample_rate": RATE,
            },
        ),
        Case(
            "three frames, 231 to 1007 Hz, none of them on a bin",
            {
                "windows": sines(torch.tensor([231.0, 507.8, 1007.0]), 0.3 / torch.arange(1.0, 7.0).repeat(3, 1), 1024),
                "f0_hz": torch.tensor([231.0, 507.8, 1007.0]),
                "n_harmonics": 6,
                "sample_rate": RATE,
            },
        ),
        Case(
            "2900 Hz: the third harmonic lies above half the sample rate",
            {
                "windows": sines(torch.tensor([2900.0]), torch.tensor([[0.4, 0.2]]), 512),
                "f0_hz": torch.tensor([2900.0]),
                "n_harmonics": 4,
                "sample_rate": RATE,
            },
        ),
    ),
    hints=(
        looks_like(
            unscaled,
            lambda attempt: (
                f"{times_off(attempt):.0f} times too loud: a sum over the window grows with the window. Divide by what it adds up to, and by the half that goes to the negative frequencies."
            ),
        ),
        looks_like(
            one_side,
            lambda attempt: (
                f"every harmonic is {-20 * math.log10(times_off(attempt)):.1f} dB low, a factor of 2: half of a cosine turns the other way and does not answer to this oscillator (times 2), "
                f"and the window takes away half of the weight (divide by its sum, not by its length). One of the two is missing."
            ),
        ),
        looks_like(
            not_masked,
            lambda attempt: (
                f"harmonic {int((attempt.want[0] == 0).double().argmax()) + 1} lies above half the sample rate, and you read {float(attempt.got[0][attempt.want[0] == 0].max()):.3f} there: it is the mirror image of something else. 0."
            ),
        ),
        looks_like(nearest_bin, between_bins),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def read_partials(windows, f0_hz, n_harmonics, sample_rate):
    size = windows.shape[-1]
    windowed = windows * torch.hann_window(size)
    time = (torch.arange(size) - size // 2) / sample_rate
    columns = []
    for k in range(1, n_harmonics + 1):
        oscillator = torch.exp(-2j * math.pi * k * f0_hz[:, None] * time)
        column = (windowed * oscillator).sum(-1).abs()
        columns.append(torch.where(k * f0_hz < sample_rate / 2, column, 0.0))
    return torch.stack(columns, dim=-1)
""",
            r"256 times too loud",
        ),
        WrongAnswer(
            """
def read_partials(windows, f0_hz, n_harmonics, sample_rate):
    size = windows.shape[-1]
    window = torch.hann_window(size)
    magnitude = 2 / window.sum() * torch.fft.rfft(windows * window).abs()
    bins = (f0_hz[:, None] * torch.arange(1, n_harmonics + 1) * size / sample_rate).round().long()
    found = magnitude.gather(1, bins.clamp_max(size // 2))
    return torch.where(bins <= size // 2, found, 0.0)
""",
            r"one harmonic comes out 1\.\d dB low: it lies between two bins",
        ),
        WrongAnswer(
            """
def read_partials(windows, f0_hz, n_harmonics, sample_rate):
    size = windows.shape[-1]
    windowed = windows * torch.hann_window(size)
    time = (torch.arange(size) - size // 2) / sample_rate
    columns = []
    for k in range(1, n_harmonics + 1):
        oscillator = torch.exp(-2j * math.pi * k * f0_hz[:, None] * time)
        column = 2 / size * (windowed * oscillator).sum(-1).abs()
        columns.append(torch.where(k * f0_hz < sample_rate / 2, column, 0.0))
    return torch.stack(columns, dim=-1)
""",
            r"every harmonic is 6\.0 dB low, a factor of 2",
        ),
    ),
    atol=2e-3,
    axes=("frame", "harmonic"),
)

# --- 9.3 what is left -------------------------------------------------------------------------------------------------


def residual_magnitude(sound: Tensor, harmonic: Tensor, size: int) -> Tensor:
    left = dsp.stft_power(sound, size, overlap=0.5) - dsp.stft_power(harmonic, size, overlap=0.5)
    return left.clamp_min(0).sqrt()


def waveforms_subtracted(sound: Tensor, harmonic: Tensor, size: int) -> Tensor:
    return dsp.stft_power(sound - harmonic, size, overlap=0.5).sqrt()


def magnitudes_subtracted(sound: Tensor, harmonic: Tensor, size: int) -> Tensor:
    left = dsp.stft_power(sound, size, overlap=0.5).sqrt() - dsp.stft_power(harmonic, size, overlap=0.5).sqrt()
    return left.clamp_min(0)


def without_a_floor(sound: Tensor, harmonic: Tensor, size: int) -> Tensor:
    return (dsp.stft_power(sound, size, overlap=0.5) - dsp.stft_power(harmonic, size, overlap=0.5)).sqrt()


def left_power(sound: Tensor, harmonic: Tensor, size: int) -> Tensor:
    return residual_magnitude(sound, harmonic, size) ** 2


def against_the_sound_db(attempt: Attempt, magnitude: Tensor) -> float:
    whole = dsp.stft_power(attempt.arguments["sound"].double(), attempt.arguments["size"], overlap=0.5)
    return 10 * math.log10(float(magnitude.square().sum() / whole.sum()))


def not_a_number(attempt: Attempt) -> str | None:
    bad = attempt.got.isnan()
    if not bad.any():
        return None
    return (
        f"{float(bad.double().mean()):.0%} of your values are NaN: where the harmonics are stronger than the sound, by chance, the difference is negative, and it has no "
        f"root. Nothing is left there: 0."
    )


def phases_differ(attempt: Attempt) -> str:
    return (
        f"your residual is {against_the_sound_db(attempt, attempt.got):+.1f} dB against the whole sound, where {against_the_sound_db(attempt, attempt.want):+.1f} dB are left: you subtracted waveforms, and these harmonics "
        f"have other phases, so that they add up instead. Subtract powers."
    )


def a_voice(seed: int, frames: int, phases: float) -> tuple[Tensor, Tensor]:
    """A note with breath [1, samples], and its harmonics with other phases."""
    time = torch.arange(frames * 64) / RATE
    k = torch.arange(1, 9)[:, None]
    amplitudes = 0.3 / k
    sung = (amplitudes * torch.sin(2 * math.pi * 220 * k * time)).sum(0)
    played = (amplitudes * torch.sin(2 * math.pi * 220 * k * time + phases * k)).sum(0)
    return (sung + 0.02 * noise(frames * 64, seed=seed))[None], played[None]


RESIDUAL = Exercise(
    number="9.3",
    name="residual_magnitude",
    reference=residual_magnitude,
    cases=(
        Case(
            "a note with breath, its harmonics half a turn off",
            lambda: dict(zip(("sound", "harmonic", "size"), (*a_voice(1, 40, 2.5), 128), strict=True)),
        ),
        Case(
            "the same with other phases, a longer window",
            lambda: dict(zip(("sound", "harmonic", "size"), (*a_voice(2, 40, 1.0), 512), strict=True)),
        ),
    ),
    hints=(
        not_a_number,
        looks_like(waveforms_subtracted, phases_differ),
        looks_like(
            magnitudes_subtracted,
            lambda attempt: (
                f"your residual is {against_the_sound_db(attempt, attempt.got):.1f} dB against the whole sound, where {against_the_sound_db(attempt, attempt.want):.1f} dB are left: noise and harmonics know nothing of each other, "
                f"so it is their *powers* that add up. Subtract powers, then take the root."
            ),
        ),
        looks_like(left_power, "that is the power that is left; a magnitude is asked for, its root."),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def residual_magnitude(sound, harmonic, size):
    return dsp.stft_power(sound - harmonic, size, overlap=0.5).sqrt()
""",
            r"your residual is \+\d\.\d dB against the whole sound.*you subtracted waveforms",
        ),
        WrongAnswer(
            """
def residual_magnitude(sound, harmonic, size):
    return (dsp.stft_power(sound, size, overlap=0.5) - dsp.stft_power(harmonic, size, overlap=0.5)).sqrt()
""",
            r"\d+% of your values are NaN",
        ),
        WrongAnswer(
            """
def residual_magnitude(sound, harmonic, size):
    left = dsp.stft_power(sound, size, overlap=0.5).sqrt() - dsp.stft_power(harmonic, size, overlap=0.5).sqrt()
    return left.clamp_min(0)
""",
            r"it is their \*powers\* that add up",
        ),
    ),
    atol=1e-4,
    axes=("frame", "bin"),
)

# --- 9.4 the fit ------------------------------------------------------------------------------------------------------


class ToyControls(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tone, self.breath = nn.Parameter(torch.tensor(0.5)), nn.Parameter(torch.tensor([1.0, 0.2]))

    def forward(self) -> tuple[Tensor, Tensor]:
        return self.tone, self.breath


def fit(controls, play, loss, target, draw, many, rate):
    return _fit(controls, play, loss, target, draw, many, rate)


def _fit(controls, play, loss, target, draw, many, rate, *, new_draw=True, forget=True, step=True):
    optimizer = torch.optim.Adam(controls.parameters(), lr=rate)
    losses, drawn = [], draw() if not new_draw else None
    for _ in range(many):
        if forget:
            optimizer.zero_grad()
        value = loss(play(*controls(), draw() if new_draw else drawn), target)
        value.backward()
        if step:
            optimizer.step()
        losses.append(value.item())
    return losses


def fitted(function, many: int, rate: float) -> tuple[Tensor, ...]:
    """(the losses, what was learned, how often noise was drawn) of a toy: a constant and two noises."""
    controls = ToyControls()
    generator, drawn = torch.Generator().manual_seed(4), []

    def draw() -> Tensor:
        drawn.append(torch.randn(2, 50, generator=generator))
        return drawn[-1]

    def play(tone: Tensor, breath: Tensor, noise: Tensor) -> Tensor:
        return tone + breath @ noise

    target = 0.2 + 0.3 * torch.cos(torch.arange(50.0))
    returned = function(
        controls, play, lambda audio, wanted: (audio - wanted).square().mean(), target, draw, many, rate
    )
    learned = torch.cat([controls.tone.detach().reshape(1), controls.breath.detach()])
    losses = torch.stack([torch.as_tensor(each, dtype=torch.float32).detach() for each in returned])
    return losses, learned, torch.tensor(float(len(drawn)))


def _varied(**mistake):
    return lambda many, rate: fitted(lambda *given: _fit(*given, **mistake), many, rate)


def same_as(mistake, says):
    """`looks_like`, for a result in several parts: losses and what was learned."""

    def hint(attempt: Attempt) -> str | None:
        would_be = mistake(**attempt.arguments)
        for got, there in zip(attempt.got[:2], would_be[:2], strict=True):
            if got.shape != there.shape or not torch.allclose(got, there.double(), atol=1e-4):
                return None
        return says(attempt) if callable(says) else says

    return hint


def learned_the_draw(attempt: Attempt) -> str:
    return (
        f"noise was drawn {float(attempt.got[2]):.0f} time in {len(attempt.got[0])} steps, and the loss went down to {float(attempt.got[0][-1]):.3f}, below our {float(attempt.want[0][-1]):.3f}: "
        f"you learned this one draw by heart. Call draw() in every step."
    )


FIT = Exercise(
    number="9.4",
    name="fit",
    reference=fit,
    use=fitted,
    cases=(
        Case("30 steps of a toy: a constant with two noises", {"many": 30, "rate": 0.05}),
        Case("60 steps, a smaller rate", {"many": 60, "rate": 0.02}),
    ),
    hints=(
        same_as(_varied(new_draw=False), learned_the_draw),
        same_as(
            _varied(forget=False),
            lambda attempt: (
                f"after {len(attempt.got[0])} steps your loss is {float(attempt.got[0][-1]):.3f}, ours {float(attempt.want[0][-1]):.3f}: backward() adds to the gradients of all earlier steps. optimizer.zero_grad() first."
            ),
        ),
        same_as(_varied(step=False), "nothing has moved: optimizer.step() is missing."),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def fit(controls, play, loss, target, draw, many, rate):
    optimizer, losses, noise = torch.optim.Adam(controls.parameters(), lr=rate), [], draw()
    for _ in range(many):
        optimizer.zero_grad()
        value = loss(play(*controls(), noise), target)
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses
""",
            r"noise was drawn 1 time in 30 steps, and the loss went down to .*learned this one draw by heart",
        ),
        WrongAnswer(
            """
def fit(controls, play, loss, target, draw, many, rate):
    optimizer, losses = torch.optim.Adam(controls.parameters(), lr=rate), []
    for _ in range(many):
        value = loss(play(*controls(), draw()), target)
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses
""",
            r"backward\(\) adds to the gradients of all earlier steps",
        ),
        WrongAnswer(
            """
def fit(controls, play, loss, target, draw, many, rate):
    optimizer, losses = torch.optim.Adam(controls.parameters(), lr=rate), []
    for _ in range(many):
        optimizer.zero_grad()
        value = loss(play(*controls(), draw()), target)
        value.backward()
        losses.append(value.item())
    return losses
""",
            r"optimizer\.step\(\) is missing",
        ),
    ),
    atol=1e-3,
    axes=("step",),
)

# --- 9.5 the same mouth, another note ---------------------------------------------------------------------------------


def keep_formants(amplitudes: Tensor, semitones: float) -> Tensor:
    return _moved(amplitudes, 2 ** (semitones / 12))


def _moved(amplitudes: Tensor, ratio: float) -> Tensor:
    n = amplitudes.shape[-1]
    place = torch.arange(1, n + 1, dtype=amplitudes.dtype) * ratio  # in harmonics of the old note
    inside = place <= n
    place = place.clamp(1, n)
    left = place.floor().long().clamp_max(max(n - 1, 1))
    between = torch.lerp(amplitudes[..., left - 1], amplitudes[..., left.clamp_max(n - 1)], place - left)
    return torch.where(inside, between, 0.0)


def not_moved(amplitudes: Tensor, semitones: float) -> Tensor:
    return amplitudes.clone()


def moved_down(amplitudes: Tensor, semitones: float) -> Tensor:
    return _moved(amplitudes, 2 ** (-semitones / 12))


def nearest_harmonic(amplitudes: Tensor, semitones: float) -> Tensor:
    n = amplitudes.shape[-1]
    place = torch.arange(1, n + 1) * 2 ** (semitones / 12)
    nearest = place.round().long().clamp(1, n)
    return torch.where(place <= n, amplitudes[..., nearest - 1], 0.0)


def in_steps(attempt: Attempt) -> str:
    both = (attempt.got > 0) & (attempt.want > 0)
    off = (20 * torch.log10(attempt.got / attempt.want))[both].abs().max()
    return f"right where the new harmonics meet old ones, and up to {float(off):.1f} dB off between: you took the nearer of the two neighbours. Go in a straight line from the one to the other."


def hill_of(amplitudes: Tensor) -> int:
    return int(amplitudes.reshape(-1, amplitudes.shape[-1])[0].argmax()) + 1


def hill_moves(attempt: Attempt) -> str | None:
    got, want = attempt.got, attempt.want
    if got.shape != want.shape or hill_of(got) == hill_of(want):
        return None
    ratio = 2 ** (attempt.arguments["semitones"] / 12)
    was = hill_of(attempt.arguments["amplitudes"])
    return (
        f"the hill stood at {was} times the old pitch, and stands at {hill_of(got) * ratio:.1f} times now: it has moved, and the singer has another head. In Hz it is to stay, so harmonic k of the new "
        f"note takes what the old one had at k * {ratio:.2f}."
    )


def with_a_hill(frames: int, n: int, at: float) -> Tensor:
    k = torch.arange(1.0, n + 1)
    return (torch.exp(-((k - at) ** 2) / 4) + 0.05).repeat(frames, 1) * torch.linspace(1, 0.5, frames)[:, None]


FORMANTS = Exercise(
    number="9.5",
    name="keep_formants",
    reference=keep_formants,
    cases=(
        Case(
            "an octave up, 2 frames, 16 harmonics with a hill at the eighth",
            {"amplitudes": with_a_hill(2, 16, 8.0), "semitones": 12.0},
            gradients=("amplitudes",),
        ),
        Case("a fifth up, 12 harmonics", {"amplitudes": with_a_hill(3, 12, 6.0), "semitones": 7.0}),
        Case(
            "an octave down: twice as many fit under the same hill",
            {"amplitudes": with_a_hill(1, 12, 3.0), "semitones": -12.0},
        ),
    ),
    hints=(
        looks_like(
            moved_down,
            lambda attempt: (
                f"the wrong way round: going {attempt.arguments['semitones']:+g} semitones you read at k * {2 ** (-attempt.arguments['semitones'] / 12):.2f}. The new harmonic k lies where the old harmonic k * {2 ** (attempt.arguments['semitones'] / 12):.2f} lay."
            ),
        ),
        looks_like(nearest_harmonic, in_steps),
        hill_moves,
    ),
    wrong_answers=(
        WrongAnswer(
            """
def keep_formants(amplitudes, semitones):
    return amplitudes
""",
            r"the hill stood at 8 times the old pitch, and stands at 16\.0 times now",
        ),
        WrongAnswer(
            """
def keep_formants(amplitudes, semitones):
    n = amplitudes.shape[-1]
    place = torch.arange(1, n + 1) * 2 ** (-semitones / 12)
    inside, place = place <= n, place.clamp(1, n)
    left = place.floor().long().clamp(max=n - 1)
    between = torch.lerp(amplitudes[..., left - 1], amplitudes[..., left], place - left)
    return torch.where(inside, between, 0.0)
""",
            r"the wrong way round: going \+12 semitones you read at k \* 0\.50",
        ),
        WrongAnswer(
            """
def keep_formants(amplitudes, semitones):
    n = amplitudes.shape[-1]
    place = torch.arange(1, n + 1) * 2 ** (semitones / 12)
    nearest = place.round().long().clamp(1, n)
    return torch.where(place <= n, amplitudes[..., nearest - 1], 0.0)
""",
            r"up to \d+\.\d dB off between: you took the nearer",
        ),
    ),
    atol=1e-4,
    axes=("frame", "harmonic"),
)

EXERCISES = (LEGAL, PARTIALS, RESIDUAL, FIT, FORMANTS)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    NumberQuestion(
        "9.6",
        answer=encode(24750.0),
        tolerance=0.5,
        unit="numbers",
        right="right, and 16 000 samples: there are more controls than samples. A good fit proves nothing yet; what one can do with it does.",
        misconceptions=(
            (99.0, 0.5, "that is for one frame; there are 250 a second."),
            (8500.0, 0.5, "and the noise? 65 gains a frame, too."),
            (16250.0, 0.5, "that is the noise alone; 34 harmonics come to it."),
            (16000.0, 0.5, "those are the samples. How many controls?"),
        ),
    ),
    ChoiceQuestion(
        "9.7",
        answer=encode("b"),
        replies={
            "a": "then it is an octave lower, and as long as before: f0_hz says how high, not how fast.",
            "b": "right: the same curves, walked through at half the speed. Nothing in a frame says how long it lasts.",
            "c": "then everything is over after half of the time, and twice as long is wanted.",
            "d": "then pitch falls with speed, as with a tape: that is what one wants to avoid.",
        },
    ),
    ChoiceQuestion(
        "9.8",
        answer=encode("d"),
        replies={
            "a": "the true one is among the five, and its loss is not the lowest: the other fits have bent their harmonics until all was well.",
            "b": "less room is not more likely; it is only one of those that can explain the note.",
            "c": "a longer note of the same kind says the same thing for longer.",
            "d": "right: where the note stops and the room goes on, no bending of harmonics helps. There only the room sounds.",
        },
    ),
)
