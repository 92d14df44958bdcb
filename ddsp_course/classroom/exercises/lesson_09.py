"""Lesson 09, one sound, taken apart: what its exercises are judged by."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

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
    builds="an analysis of one note into harmonics and noise, its fit by gradient descent, and edits of its parts",
    hears="a sung note, its parts, the note stretched and transposed, and five rooms that the note cannot tell apart",
    minutes_to_read=60,
    minutes_to_run=1,
)

RATE = 16_000
SIZE = 1024


def noise(*shape: int, seed: int) -> Tensor:
    """Evenly between -1 and 1, as the noise of the synthesizer."""
    return 2 * torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) - 1


def uneven(*shape: int) -> Tensor:
    """Numbers between 0 and 1 without a pattern, the same everywhere."""
    return 0.5 + 0.5 * torch.sin(2.3 * torch.arange(math.prod(shape)).float() + 0.9).reshape(shape)


def chord(hz: float, amplitudes: list[float], size: int = SIZE, phase: float = 0.4) -> Tensor:
    """Harmonics of a steady pitch, [size]; harmonic k starts at phase times k squared."""
    n = torch.arange(size, dtype=torch.float64)
    partials = (
        amplitude * torch.sin(2 * math.pi * k * hz * n / RATE + phase * k * k)
        for k, amplitude in enumerate(amplitudes, 1)
    )
    return sum(partials).float()  # type: ignore[union-attr]


def db(ratio: float) -> float:
    return 20 * math.log10(max(ratio, 1e-9))


# --- 9.1 read partials ------------------------------------------------------------------------------------------------


def read_partials(windows: Tensor, f0_hz: Tensor, n_harmonics: int, sample_rate: int) -> Tensor:
    return _read(windows, f0_hz, n_harmonics, sample_rate)


def _read(
    windows, f0_hz, n_harmonics, sample_rate, *, gain=2.0, by_sum=True, nearest=False, windowed=True, above=False
) -> Tensor:
    """Amplitudes at the multiples of a pitch, with the mistakes that one can make in it as switches."""
    size = windows.shape[-1]
    window = torch.hann_window(size, dtype=torch.float64) if windowed else torch.ones(size, dtype=torch.float64)
    n = torch.arange(size, dtype=torch.float64)
    seen, found = windows.double() * window, []
    for k in range(1, n_harmonics + 1):
        hz = k * f0_hz.double()
        if nearest:
            hz = (hz * size / sample_rate).round() * sample_rate / size
        turns = hz[:, None] * n / sample_rate
        amplitude = gain * (seen * torch.polar(torch.ones_like(turns), -2 * math.pi * turns)).sum(-1).abs()
        amplitude = amplitude / window.sum() if by_sum else amplitude
        found.append(torch.where((k * f0_hz < sample_rate / 2) | above, amplitude, 0.0))
    return torch.stack(found, dim=-1).to(windows.dtype)


def first_against_ours(attempt: Attempt) -> float:
    return float(attempt.got[0, 0] / attempt.want[0, 0])


def window_sum_forgotten(attempt: Attempt) -> str:
    return (
        f"your first partial reads {float(attempt.got[0, 0]):.3g} where {float(attempt.want[0, 0]):.3g} sounds, "
        f"{first_against_ours(attempt):.0f} times too loud. The sum over {attempt.arguments['windows'].shape[-1]} samples "
        f"grows with their number: divide by the window's own sum, which is what a constant 1 would have given."
    )


def between_two_bins(attempt: Attempt) -> str:
    lost = (attempt.got / attempt.want.where(attempt.want > 0, torch.nan)).nan_to_num(1.0)
    frame, k = divmod(int(lost.argmin()), lost.shape[1])
    f0, size = float(attempt.arguments["f0_hz"][frame]), attempt.arguments["windows"].shape[-1]
    return (
        f"partial {k + 1} of {f0:.1f} Hz reads {-db(float(lost.min())):.1f} dB low: it lies at bin "
        f"{(k + 1) * f0 * size / attempt.arguments['sample_rate']:.2f}, and you looked at a whole one. Between two bins a "
        f"Hann window has lost up to 1.4 dB. Look where the partial is: an oscillator of k f0 Hz, not a bin."
    )


def unwindowed(attempt: Attempt) -> str:
    error = (attempt.got - attempt.want).abs()
    frame, k = divmod(int(error.argmax()), error.shape[1])
    return (
        f"partial {k + 1} reads {float(attempt.got[frame, k]):.3g} instead of {float(attempt.want[frame, k]):.3g}: cut out "
        f"with hard edges, its neighbours spill over it. Multiply the stretch with a Hann window first."
    )


def half(attempt: Attempt) -> str:
    return (
        f"your amplitudes are {first_against_ours(attempt):.2f} of ours, {-db(first_against_ours(attempt)):.0f} dB low: a "
        f"sine is half of a pointer that turns to the left and half of one that turns to the right, and you met one of "
        f"them. Times 2."
    )


def beyond_half_the_rate(attempt: Attempt) -> str:
    given = attempt.arguments
    k = torch.arange(1, given["n_harmonics"] + 1)
    over = torch.nonzero((k * given["f0_hz"][:, None] >= given["sample_rate"] / 2) & (attempt.got > 1e-3))
    frame, place = (int(each) for each in over[0])
    hz = (place + 1) * float(given["f0_hz"][frame])
    return (
        f"you read {float(attempt.got[frame, place]):.3g} at {hz:.0f} Hz, beyond half the sample rate. There is nothing: "
        f"what you met is the partial at {given['sample_rate'] - hz:.0f} Hz, folded. Set it to 0."
    )


PARTIALS = Exercise(
    number="9.1",
    name="read_partials",
    reference=read_partials,
    cases=(
        Case(
            "4 partials of 203.1 Hz, and of 331.7 Hz, none of them in the middle of a bin",
            {
                "windows": torch.stack([chord(203.1, [0.3, 0.1, 0.05, 0.2]), chord(331.7, [0.1, 0.02, 0.2, 0.05])]),
                "f0_hz": torch.tensor([203.1, 331.7]),
                "n_harmonics": 4,
                "sample_rate": RATE,
            },
        ),
        Case(
            "1600 Hz with 4 partials, asked for 8: half of them would lie beyond 8 kHz",
            {
                "windows": chord(1600.0, [0.3, 0.1, 0.2, 0.1])[None],
                "f0_hz": torch.tensor([1600.0]),
                "n_harmonics": 8,
                "sample_rate": RATE,
            },
        ),
        Case(
            "a shorter window, 512 samples",
            {
                "windows": torch.stack([chord(440.0, [0.2, 0.05], 512), chord(466.2, [0.1, 0.1], 512)]),
                "f0_hz": torch.tensor([440.0, 466.2]),
                "n_harmonics": 2,
                "sample_rate": RATE,
            },
        ),
    ),
    hints=(
        looks_like(lambda **given: _read(**given, gain=1.0, by_sum=False), window_sum_forgotten),
        looks_like(lambda **given: _read(**given, by_sum=False), window_sum_forgotten),
        looks_like(lambda **given: _read(**given, nearest=True, gain=1.0, by_sum=False), window_sum_forgotten),
        looks_like(lambda **given: _read(**given, nearest=True, by_sum=False), window_sum_forgotten),
        looks_like(lambda **given: _read(**given, gain=1.0), half),
        looks_like(lambda **given: _read(**given, nearest=True, gain=1.0), half),
        looks_like(lambda **given: _read(**given, nearest=True), between_two_bins),
        looks_like(lambda **given: _read(**given, nearest=True, above=True), between_two_bins),
        looks_like(lambda **given: _read(**given, windowed=False), unwindowed),
        looks_like(lambda **given: _read(**given, above=True), beyond_half_the_rate),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def read_partials(windows, f0_hz, n_harmonics, sample_rate):
    size = windows.shape[-1]
    seen, found = windows * torch.hann_window(size), []
    for k in range(1, n_harmonics + 1):
        turns = k * f0_hz[:, None] * torch.arange(size) / sample_rate
        amplitude = (seen * torch.exp(-2j * math.pi * turns)).sum(-1).abs()
        found.append(torch.where(k * f0_hz < sample_rate / 2, amplitude, 0.0))
    return torch.stack(found, dim=-1)
""",
            r"reads 76\.8 where 0\.3 sounds, 256 times too loud",
        ),
        WrongAnswer(
            """
def read_partials(windows, f0_hz, n_harmonics, sample_rate):
    size = windows.shape[-1]
    window = torch.hann_window(size)
    spectrum = 2 * torch.fft.rfft(windows * window).abs() / window.sum()
    hz = f0_hz[:, None] * torch.arange(1, n_harmonics + 1)
    bins = (hz * size / sample_rate).round().long().clamp(max=size // 2)
    return torch.where(hz < sample_rate / 2, spectrum.gather(1, bins), 0.0)
""",
            r"reads 1\.\d dB low: it lies at bin \d+\.\d+, and you looked at a whole one",
        ),
        WrongAnswer(
            """
def read_partials(windows, f0_hz, n_harmonics, sample_rate):
    size = windows.shape[-1]
    window = torch.hann_window(size)
    found = []
    for k in range(1, n_harmonics + 1):
        turns = k * f0_hz[:, None] * torch.arange(size) / sample_rate
        found.append((windows * window * torch.exp(-2j * math.pi * turns)).sum(-1).abs() / window.sum())
    return torch.stack(found, dim=-1)
""",
            r"your amplitudes are 0\.50 of ours, 6 dB low",
        ),
        WrongAnswer(
            """
def read_partials(windows, f0_hz, n_harmonics, sample_rate):
    size = windows.shape[-1]
    window = torch.hann_window(size)
    found = []
    for k in range(1, n_harmonics + 1):
        turns = k * f0_hz[:, None] * torch.arange(size) / sample_rate
        found.append(2 * (windows * window * torch.exp(-2j * math.pi * turns)).sum(-1).abs() / window.sum())
    return torch.stack(found, dim=-1)
""",
            r"you read 0\.1 at 9600 Hz, beyond half the sample rate.*the partial at 6400 Hz, folded",
        ),
        WrongAnswer(
            """
def read_partials(windows, f0_hz, n_harmonics, sample_rate):
    size = windows.shape[-1]
    found = []
    for k in range(1, n_harmonics + 1):
        turns = k * f0_hz[:, None] * torch.arange(size) / sample_rate
        amplitude = 2 * (windows * torch.exp(-2j * math.pi * turns)).sum(-1).abs() / size
        found.append(torch.where(k * f0_hz < sample_rate / 2, amplitude, 0.0))
    return torch.stack(found, dim=-1)
""",
            r"cut out with hard edges, its neighbours spill over it",
        ),
    ),
    atol=6e-3,
    axes=("frame", "partial"),
)

# --- 9.2 what the harmonics leave -------------------------------------------------------------------------------------


def noise_residual(recorded: Tensor, harmonic: Tensor, bands: int) -> Tensor:
    return _residual(recorded, harmonic, bands)


def _residual(recorded, harmonic, bands, *, of="magnitudes", clamp=True, uniform=True, by_energy=True) -> Tensor:
    """The gains of the noise between the harmonics, with the mistakes that one can make in it as switches."""
    size = recorded.shape[-1]
    window = torch.hann_window(size)
    theirs, ours = (torch.fft.rfft(each * window).abs() for each in (recorded, harmonic))
    if of == "waveforms":
        left = torch.fft.rfft((recorded - harmonic) * window).abs()
    elif of == "energies":
        left = (theirs**2 - ours**2).clamp_min(0).sqrt()
    else:
        left = (theirs - ours).clamp_min(0) if clamp else theirs - ours
    step = (size // 2) // (bands - 1)
    power = F.avg_pool1d(left**2, step + 1, step, step // 2, count_include_pad=False)
    total = window.square().sum() if by_energy else window.sum() ** 2
    return (power * (3 if uniform else 1) / total).sqrt()


def against_the_recording_db(attempt: Attempt) -> float:
    """The learner's residual against what the recording itself would read as, in dB."""
    given = attempt.arguments
    whole = _residual(given["recorded"], torch.zeros_like(given["recorded"]), given["bands"]).double()
    return db(float(attempt.got.norm() / whole.norm()))


def in_general_db(attempt: Attempt) -> float:
    return db(float(attempt.got.norm() / attempt.want.norm().clamp_min(1e-12)))


def phases_differ(attempt: Attempt) -> str:
    level = against_the_recording_db(attempt)
    than = "louder than the sound itself" if level > 0 else "as good as the whole sound"
    return (
        f"your residual is {than} ({level:+.1f} dB): you subtracted samples. The harmonics have the right "
        f"magnitudes, but nobody fitted their phases, and a sine minus the same sine half a period later is twice the "
        f"sine. Subtract magnitudes."
    )


def squared_shortfall(attempt: Attempt) -> str:
    return (
        f"yours is {in_general_db(attempt):.1f} dB too loud: where your harmonics are louder than the recording the "
        f"difference is negative, and its square comes back as noise. What is not there cannot be noise: .clamp_min(0) first."
    )


def energies_subtracted(attempt: Attempt) -> str:
    return (
        f"yours is {in_general_db(attempt):.1f} dB too loud: you subtracted energies. At a partial that is read 1 % too "
        f"weak they leave 2 % of its *energy*, -17 dB; magnitudes leave 1 % of its magnitude, -40 dB. Partials are where the "
        f"energy is, so subtract magnitudes, then square."
    )


RESIDUAL = Exercise(
    number="9.2",
    name="noise_residual",
    reference=noise_residual,
    cases=(
        Case(
            "three partials in noise, and the same partials, some of them too loud, with other phases",
            {
                "recorded": torch.stack([chord(201.0, [0.3, 0.2, 0.2]), chord(233.0, [0.3, 0.1, 0.2])])
                + 0.02 * noise(2, SIZE, seed=1),
                "harmonic": torch.stack(
                    [chord(201.0, [0.33, 0.2, 0.2], phase=2.9), chord(233.0, [0.3, 0.1, 0.22], phase=2.5)]
                ),
                "bands": 65,
            },
        ),
        Case(
            "white noise of gain 0.1, and no harmonics",
            {"recorded": 0.1 * noise(4, SIZE, seed=0), "harmonic": torch.zeros(4, SIZE), "bands": 65},
        ),
        Case(
            "harmonics that are a little too loud and a little too soft; 512 samples, 33 bands",
            {
                "recorded": torch.stack([chord(300.0, [0.2, 0.1], 512), chord(300.0, [0.2, 0.1], 512)])
                + 0.01 * noise(2, 512, seed=2),
                "harmonic": torch.stack([chord(300.0, [0.23, 0.12], 512), chord(300.0, [0.19, 0.09], 512)]),
                "bands": 33,
            },
        ),
    ),
    hints=(
        looks_like(lambda **given: _residual(**given, of="waveforms"), phases_differ),
        looks_like(lambda **given: _residual(**given, of="waveforms", uniform=False), phases_differ),
        looks_like(lambda **given: _residual(**given, of="energies"), energies_subtracted),
        looks_like(lambda **given: _residual(**given, clamp=False), squared_shortfall),
        looks_like(
            lambda **given: _residual(**given, uniform=False),
            lambda attempt: (
                f"yours is {-in_general_db(attempt):.1f} dB too quiet: the synthesizer's noise lies evenly between -1 and 1, "
                f"and its mean square is not 1 but 1/3. Times 3 before the root."
            ),
        ),
        looks_like(
            lambda **given: _residual(**given, by_energy=False),
            lambda attempt: (
                f"yours is {-in_general_db(attempt):.1f} dB too quiet: noise does not pile up like a partial. The energies "
                f"of its samples add, so divide by the sum of the window's *squares*, not by the square of its sum."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def noise_residual(recorded, harmonic, bands):
    size = recorded.shape[-1]
    window = torch.hann_window(size)
    left = torch.fft.rfft((recorded - harmonic) * window).abs()
    step = (size // 2) // (bands - 1)
    power = torch.nn.functional.avg_pool1d(left**2, step + 1, step, step // 2, count_include_pad=False)
    return (3 * power / window.square().sum()).sqrt()
""",
            r"your residual is louder than the sound itself \(\+\d\.\d dB\): you subtracted samples",
        ),
        WrongAnswer(
            """
def noise_residual(recorded, harmonic, bands):
    size = recorded.shape[-1]
    window = torch.hann_window(size)
    left = torch.fft.rfft(recorded * window).abs() - torch.fft.rfft(harmonic * window).abs()
    step = (size // 2) // (bands - 1)
    power = torch.nn.functional.avg_pool1d(left**2, step + 1, step, step // 2, count_include_pad=False)
    return (3 * power / window.square().sum()).sqrt()
""",
            r"dB too loud: where your harmonics are louder than the recording",
        ),
        WrongAnswer(
            """
def noise_residual(recorded, harmonic, bands):
    size = recorded.shape[-1]
    window = torch.hann_window(size)
    left = (torch.fft.rfft(recorded * window).abs() - torch.fft.rfft(harmonic * window).abs()).clamp_min(0)
    step = (size // 2) // (bands - 1)
    power = torch.nn.functional.avg_pool1d(left**2, step + 1, step, step // 2, count_include_pad=False)
    return (power / window.square().sum()).sqrt()
""",
            r"yours is 4\.8 dB too quiet: the synthesizer's noise",
        ),
        WrongAnswer(
            """
def noise_residual(recorded, harmonic, bands):
    size = recorded.shape[-1]
    window = torch.hann_window(size)
    theirs, ours = (torch.fft.rfft(each * window).abs() ** 2 for each in (recorded, harmonic))
    step = (size // 2) // (bands - 1)
    left = (theirs - ours).clamp_min(0)
    power = torch.nn.functional.avg_pool1d(left, step + 1, step, step // 2, count_include_pad=False)
    return (3 * power / window.square().sum()).sqrt()
""",
            r"dB too loud: you subtracted energies",
        ),
        WrongAnswer(
            """
def noise_residual(recorded, harmonic, bands):
    size = recorded.shape[-1]
    window = torch.hann_window(size)
    left = (torch.fft.rfft(recorded * window).abs() - torch.fft.rfft(harmonic * window).abs()).clamp_min(0)
    step = (size // 2) // (bands - 1)
    power = torch.nn.functional.avg_pool1d(left**2, step + 1, step, step // 2, count_include_pad=False)
    return (3 * power).sqrt() / window.sum()
""",
            r"dB too quiet: noise does not pile up like a partial",
        ),
    ),
    atol=2e-3,
    axes=("frame", "band"),
)

# --- 9.3 raw numbers and legal controls -------------------------------------------------------------------------------

LOUDEST, SOFTEST = 1.99, 1e-6


class Controls(nn.Module):
    """Raw numbers that an optimizer may move as it likes, and the legal controls that they stand for."""

    def __init__(self, harmonics: Tensor, noise_magnitudes: Tensor, f0_hz: Tensor, sample_rate: int) -> None:
        super().__init__()
        self.f0_hz, self.sample_rate = f0_hz, sample_rate
        amplitude = harmonics.sum(-1)
        distribution = harmonics / amplitude.clamp_min(SOFTEST)[..., None]
        self.amplitude = nn.Parameter(self.raw(amplitude))
        self.distribution = nn.Parameter(self.raw(distribution))
        self.noise = nn.Parameter(self.raw(noise_magnitudes))

    @staticmethod
    def raw(value: Tensor) -> Tensor:
        """exp_sigmoid, undone."""
        share = (value.clamp(SOFTEST, LOUDEST) - 1e-7) / 2
        return torch.logit(share ** (1 / math.log(10)))

    def forward(self) -> tuple[Tensor, Tensor]:
        distribution = dsp.normalize_harmonics(
            dsp.exp_sigmoid(self.distribution), self.f0_hz, sample_rate=self.sample_rate
        )
        return dsp.exp_sigmoid(self.amplitude)[..., None] * distribution, dsp.exp_sigmoid(self.noise)


def tried_out(cls, harmonics: Tensor, noise_magnitudes: Tensor, f0_hz: Tensor, sample_rate: int):
    """Started from what was measured, then with its raw numbers pushed about.

    -> harmonics and noise at the start; how many numbers an optimizer would get; and what is illegal after the push: the
    lowest control, the loudest beyond half the sample rate, how far off the sum of a frame's harmonics is against its
    amplitude, and how many numbers got no gradient.
    """
    controls = cls(harmonics, noise_magnitudes, f0_hz, sample_rate)
    start = [each.detach().clone() for each in controls()]
    moved = list(controls.parameters())
    with torch.no_grad():
        for i, numbers in enumerate(moved):
            numbers.add_(6 * torch.sin(1.7 * torch.arange(numbers.numel()) + i).reshape(numbers.shape))
    loud, breathy = controls()
    audible = dsp.harmonic_frequencies(f0_hz, harmonics.shape[-1]) < sample_rate / 2
    lowest = float(torch.minimum(loud.detach().min(), breathy.detach().min()))
    beyond = float((loud.detach() * ~audible).abs().max())
    off = 0.0
    if isinstance(getattr(controls, "amplitude", None), Tensor):
        with torch.no_grad():
            pushed = [numbers.clone() for numbers in moved]
            for numbers in moved:
                numbers.fill_(0.5)  # equal shares, those that must be silent as well
            off = float((controls()[0].sum(-1) / dsp.exp_sigmoid(controls.amplitude) - 1).abs().max())
            for numbers, before in zip(moved, pushed, strict=True):
                numbers.copy_(before)
        loud, breathy = controls()
    gradients = torch.autograd.grad(
        (loud * torch.cos(torch.arange(loud.shape[-1]))).sum() + breathy.sum(), moved, allow_unused=True
    )
    idle = sum(gradient is None for gradient in gradients)
    faults = [lowest if lowest < 0 else 0.0, beyond if beyond > 1e-6 else 0.0, off if off > 1e-3 else 0.0, float(idle)]
    return *start, torch.tensor(float(sum(each.numel() for each in moved))), torch.tensor(faults)


def all_in_one(cls, **arguments) -> tuple[Tensor, ...]:
    """What `tried_out` gives, for a class without anything to move as well."""
    try:
        return tried_out(cls, **arguments)
    except (RuntimeError, ValueError):  # autograd has nothing to do
        controls = cls(**arguments)
        if list(controls.parameters()):
            raise
        start = [each.detach().clone() for each in controls()]
        return *start, torch.tensor(0.0), torch.zeros(4)


def nothing_to_move(attempt: Attempt) -> str | None:
    count, wanted = float(attempt.got[2]), float(attempt.want[2])
    if count >= wanted or attempt.got[2].numel() != 1:
        return None
    if count == 0:
        return (
            "list(controls.parameters()) is empty: the optimizer has nothing to move. A tensor that wants a gradient is not "
            "yet a parameter: wrap each in nn.Parameter(...), and a module finds them by itself."
        )
    return (
        f"an optimizer would get {count:.0f} numbers, and there should be {wanted:.0f}: one amplitude, a distribution and "
        f"the noise in each frame, each an nn.Parameter."
    )


def below_zero(attempt: Attempt) -> str | None:
    lowest = float(attempt.got[3][0])
    if lowest >= 0:
        return None
    return (
        f"pushed about, your raw numbers give an amplitude of {lowest:.2f}. A negative amplitude is the same tone upside "
        f"down: the loss cannot see the sign, and the way from + to - leads through silence. exp_sigmoid keeps it above 0."
    )


def masked_too_late(attempt: Attempt) -> str | None:
    beyond, off = float(attempt.got[3][1]), float(attempt.got[3][2])
    if beyond > 0:
        return (
            f"a partial beyond half the sample rate has an amplitude of {beyond:.2g}: it would fold back. "
            f"dsp.normalize_harmonics silences it, and lets the rest sum to one."
        )
    if off > 0:
        return (
            f"the harmonics of a frame sum to up to {off:.0%} more or less than its amplitude: the distribution is not one "
            f"yet. Mask first, then let the rest sum to one: dsp.normalize_harmonics does both, in this order."
        )
    return None


def cold_start(attempt: Attempt) -> str | None:
    worst = ("", 1.0, 1.0)
    for what, got, want in zip(("amplitude", "noise"), attempt.got[:2], attempt.want[:2], strict=True):
        if got.shape != want.shape or not bool((got > 0).any()):
            return None
        far = torch.where((want > 1e-3) & (got > 0), (got / want.clamp_min(1e-3)).log().abs(), 0.0).flatten()
        at = int(far.argmax())
        if float(far[at]) > abs(math.log(worst[2] / worst[1])):
            worst = (what, float(want.flatten()[at]), float(got.flatten()[at]))
    what, ours, yours = worst
    if abs(db(yours / ours)) < 0.1:
        return None
    return (
        f"the {what} was measured as {ours:.3g} and starts at {yours:.3g}, {abs(db(yours / ours)):.0f} dB too "
        f"{'loud' if yours > ours else 'soft'}: the raw number is not the value, but the one that exp_sigmoid turns into it. "
        f"Undo exp_sigmoid."
    )


def idle_numbers(attempt: Attempt) -> str | None:
    idle = int(attempt.got[3][3])
    if not idle:
        return None
    return f"no gradient reaches {idle} of your parameters: they are not used, or detached on their way."


def measured(frames: int, harmonics: int, bands: int) -> dict:
    """Controls as they are read from a sound."""
    share = uneven(1, frames, harmonics) + 0.05
    amplitude = 0.05 + 0.3 * uneven(1, frames)
    return {
        "harmonics": amplitude[..., None] * share / share.sum(-1, keepdim=True),
        "noise_magnitudes": 0.001 + 0.02 * uneven(1, frames, bands),
    }


def masked_measurement() -> dict:
    """6 partials of 1200 to 1700 Hz: some lie beyond half the sample rate, and are 0."""
    f0_hz = torch.linspace(1200, 1700, 5)[None]
    given = measured(5, 6, 3)
    audible = dsp.harmonic_frequencies(f0_hz, 6) < RATE / 2
    return {**given, "harmonics": given["harmonics"] * audible, "f0_hz": f0_hz, "sample_rate": RATE}


CONTROLS = Exercise(
    number="9.3",
    name="Controls",
    reference=Controls,
    use=all_in_one,
    cases=(
        Case(
            "6 frames, 5 harmonics, 4 bands",
            {**measured(6, 5, 4), "f0_hz": torch.full((1, 6), 220.0), "sample_rate": RATE},
        ),
        Case("partials that lie beyond half the sample rate", masked_measurement),
    ),
    hints=(nothing_to_move, below_zero, masked_too_late, idle_numbers, cold_start),
    wrong_answers=(
        WrongAnswer(
            """
class Controls(nn.Module):
    def __init__(self, harmonics, noise_magnitudes, f0_hz, sample_rate):
        super().__init__()
        self.f0_hz, self.sample_rate = f0_hz, sample_rate
        amplitude = harmonics.sum(-1)
        distribution = harmonics / amplitude[..., None]
        self.amplitude, self.distribution, self.noise = (
            torch.logit(((value.clamp(1e-6, 1.99) - 1e-7) / 2) ** (1 / math.log(10))).requires_grad_()
            for value in (amplitude, distribution, noise_magnitudes)
        )

    def forward(self):
        distribution = dsp.normalize_harmonics(
            dsp.exp_sigmoid(self.distribution), self.f0_hz, sample_rate=self.sample_rate
        )
        return dsp.exp_sigmoid(self.amplitude)[..., None] * distribution, dsp.exp_sigmoid(self.noise)
""",
            r"parameters\(\)\) is empty: the optimizer has nothing to move",
        ),
        WrongAnswer(
            """
class Controls(nn.Module):
    def __init__(self, harmonics, noise_magnitudes, f0_hz, sample_rate):
        super().__init__()
        self.f0_hz, self.sample_rate = f0_hz, sample_rate
        self.amplitude = nn.Parameter(harmonics.sum(-1))
        self.distribution = nn.Parameter(harmonics / harmonics.sum(-1, keepdim=True))
        self.noise = nn.Parameter(noise_magnitudes.clone())

    def forward(self):
        distribution = dsp.normalize_harmonics(self.distribution, self.f0_hz, sample_rate=self.sample_rate)
        return self.amplitude[..., None] * distribution, self.noise
""",
            r"give an amplitude of -\d+\.\d\d\. A negative amplitude is the same tone upside down",
        ),
        WrongAnswer(
            """
class Controls(nn.Module):
    def __init__(self, harmonics, noise_magnitudes, f0_hz, sample_rate):
        super().__init__()
        self.f0_hz, self.sample_rate = f0_hz, sample_rate
        self.amplitude = nn.Parameter(harmonics.sum(-1))
        self.distribution = nn.Parameter(harmonics / harmonics.sum(-1, keepdim=True))
        self.noise = nn.Parameter(noise_magnitudes.clone())

    def forward(self):
        distribution = dsp.normalize_harmonics(
            dsp.exp_sigmoid(self.distribution), self.f0_hz, sample_rate=self.sample_rate
        )
        return dsp.exp_sigmoid(self.amplitude)[..., None] * distribution, dsp.exp_sigmoid(self.noise)
""",
            r"was measured as .* and starts at .* dB too loud.*Undo exp_sigmoid",
        ),
        WrongAnswer(
            """
class Controls(nn.Module):
    def __init__(self, harmonics, noise_magnitudes, f0_hz, sample_rate):
        super().__init__()
        self.f0_hz, self.sample_rate = f0_hz, sample_rate
        amplitude = harmonics.sum(-1)
        distribution = harmonics / amplitude[..., None]
        self.amplitude, self.distribution, self.noise = (
            nn.Parameter(torch.logit(((value.clamp(1e-6, 1.99) - 1e-7) / 2) ** (1 / math.log(10))))
            for value in (amplitude, distribution, noise_magnitudes)
        )

    def forward(self):
        distribution = dsp.exp_sigmoid(self.distribution)
        distribution = distribution / distribution.sum(-1, keepdim=True)
        audible = dsp.harmonic_frequencies(self.f0_hz, distribution.shape[-1]) < self.sample_rate / 2
        return dsp.exp_sigmoid(self.amplitude)[..., None] * distribution * audible, dsp.exp_sigmoid(self.noise)
""",
            r"the harmonics of a frame sum to up to \d+% more or less than its amplitude",
        ),
    ),
    atol=2e-3,
    axes=("frame", "number"),
)

# --- 9.4 the fit ------------------------------------------------------------------------------------------------------

FRAMES, HOP, BANDS = 12, 64, 33
FEW = 5
"""Steps that are compared one by one; after these the last bits have begun to matter."""


class ToyControls(nn.Module):
    """Three harmonics and some bands of noise, as raw numbers."""

    def __init__(self, level: float) -> None:
        super().__init__()
        self.harmonics = nn.Parameter(torch.full((1, FRAMES, 3), level) + uneven(1, FRAMES, 3))
        self.noise = nn.Parameter(torch.full((1, FRAMES, BANDS), -2.0) + uneven(1, FRAMES, BANDS))

    def forward(self) -> tuple[Tensor, Tensor]:
        return 0.5 * dsp.exp_sigmoid(self.harmonics), dsp.exp_sigmoid(self.noise)


def toy_room() -> Tensor:
    room = F.pad(torch.ones(1), (0, 500))
    room[[150, 260, 390]] = torch.tensor([0.9, -0.7, 0.5])
    return room


def toy_play(amplitudes: Tensor, noise_magnitudes: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    harmonic = dsp.harmonic_synthesis(
        torch.full((1, FRAMES), 400.0), amplitudes, sample_rate=RATE, hop_size=HOP, initial_phase=0.3
    )
    dry = harmonic + dsp.filtered_noise(noise_magnitudes, hop_size=HOP, noise=noise)
    return dry, dsp.reverberate(dry, toy_room())


TOY_LOSS = dsp.SpectralLoss((256, 64))


def toy_target(level: float) -> tuple[Tensor, Tensor]:
    """A recording, and the same recording with its noise drawn again."""
    generator = torch.Generator().manual_seed(11)
    amplitudes = level * torch.tensor([0.2, 0.05, 0.1]).expand(1, FRAMES, 3)
    gains = (0.05 + 0.25 * torch.sin(torch.linspace(0.2, 3, BANDS))).expand(1, FRAMES, BANDS)
    draws = (dsp.white_noise(1, FRAMES * HOP, generator=generator) for _ in range(2))
    return tuple(toy_play(amplitudes, gains, each)[1] for each in draws)  # type: ignore[return-value]


def run_fit(function: Callable, n_steps: int, level: float):
    """A whole fit of a toy.

    -> the first losses; how many came back; the controls' noise after it (only after few steps); how often noise was
    drawn; 1 if a graph is still held; and for hints the last loss, the loss with a new draw, and that of the target's
    re-take.
    """
    controls = ToyControls(-2.0 if level else -30.0)
    optimizer = torch.optim.Adam(controls.parameters(), lr=0.1)
    target, retake = toy_target(level)
    generator = torch.Generator().manual_seed(5)
    returned = list(function(controls, toy_play, TOY_LOSS, target, optimizer, n_steps, generator))
    holds = float(any(isinstance(each, Tensor) and each.requires_grad for each in returned))
    losses = torch.stack([torch.as_tensor(each, dtype=torch.float32).detach().reshape(()) for each in returned])
    with torch.no_grad():
        amplitudes, gains = controls()
        fresh = dsp.white_noise(1, FRAMES * HOP, generator=torch.Generator().manual_seed(99))
        again = TOY_LOSS(toy_play(amplitudes, gains, fresh)[1], target)
        floor = TOY_LOSS(retake, target)
    figures = torch.stack([losses[-1], again, floor])
    state = gains.flatten() if n_steps <= FEW else torch.zeros(1)
    return (
        losses[:FEW],
        torch.tensor(float(len(losses))),
        state,
        draws_of(generator, n_steps),
        torch.tensor(holds),
        figures,
    )


def draws_of(generator: torch.Generator, n_steps: int) -> Tensor:
    """How often a whole sound's noise was drawn from a generator; -1 for something else."""
    following = torch.rand(1, generator=generator)
    counter = torch.Generator().manual_seed(5)
    for count in range(2 * n_steps + 2):
        state = counter.get_state()
        if torch.equal(torch.rand(1, generator=counter), following):
            return torch.tensor(float(count))
        counter.set_state(state)
        torch.rand(1, FRAMES * HOP, generator=counter)
    return torch.tensor(-1.0)


def without_figures(result, arguments):
    """What is compared: all but the figures for the hints."""
    return result[:5]


def _fit(
    controls, play, loss, target, optimizer, n_steps, generator, *, forget=True, fixed=False, heard="wet", step=True
) -> list[float]:
    """A fit, with the mistakes that one can make in it as switches."""
    losses = []
    once = dsp.white_noise(*target.shape, generator=generator) if fixed else None
    for _ in range(n_steps):
        if forget:
            optimizer.zero_grad()
        noise = once if fixed else dsp.white_noise(*target.shape, generator=generator)
        dry, wet = play(*controls(), noise)
        value = loss({"wet": wet, "dry": dry}[heard], target)
        value.backward()
        if step:
            optimizer.step()
        losses.append(value.item())
    return losses


def fit(controls, play, loss, target, optimizer, n_steps, generator) -> list[float]:
    return _fit(controls, play, loss, target, optimizer, n_steps, generator)


def like(attempt: Attempt, **mistake) -> bool:
    """Are the first losses those of a fit with this mistake?"""
    would_be = run_fit(lambda *given: _fit(*given, **mistake), **attempt.arguments)[0].double()
    got, want = attempt.got[0], attempt.want[0]
    if got.shape != would_be.shape or torch.allclose(would_be, want, atol=1e-6):
        return False
    return torch.allclose(got, would_be, rtol=1e-3)


def learned_the_draw(attempt: Attempt) -> str | None:
    drawn = int(attempt.got[3])
    if drawn not in (0, 1) or attempt.arguments["n_steps"] < 2 or attempt.raw is None:
        return None
    last, again, floor = (float(each) for each in attempt.raw[5])
    n = attempt.arguments["n_steps"]
    if drawn == 0:
        return (
            f"no noise was drawn from `generator` in {n} steps. Use it, so that a run can be repeated: "
            f"dsp.white_noise(*target.shape, generator=generator), new in every step."
        )
    if n <= FEW:
        return (
            f"noise was drawn once for {n} steps. Draw it anew in each, else the controls learn to make the target out of "
            f"this one draw."
        )
    where = "below the noise floor" if last < floor else "near the noise floor"
    return (
        f"{where}: you learned the draw. Noise was drawn once for {n} steps, and with it your loss came down to "
        f"{last:.2f}; with other noise the same controls score {again:.2f}, and the target with its own noise drawn again "
        f"{floor:.2f}. Draw anew in every step."
    )


def dry_against_wet(attempt: Attempt) -> str | None:
    if not like(attempt, heard="dry"):
        return None
    got, want = float(attempt.got[0][0]), float(attempt.want[0][0])
    return (
        f"your first loss is {got:.2f} instead of {want:.2f}: you compare the *dry* sound with a recording that was made in a "
        f"room. Whatever the controls learn then, they learn the room along with it."
    )


def gradients_pile_up(attempt: Attempt) -> str | None:
    if not like(attempt, forget=False):
        return None
    got, want = float(attempt.got[0][-1]), float(attempt.want[0][-1])
    return (
        f"the first step is right; by step {len(attempt.got[0])} your loss is {got:.3f} instead of {want:.3f}. backward() "
        f"*adds* to .grad, so each step still pushes where all earlier ones did. "
        f"{'Like a sled it is ahead for now, and it cannot stop. ' if got < want else ''}optimizer.zero_grad() first."
    )


def stands_still(attempt: Attempt) -> str | None:
    if not like(attempt, step=False):
        return None
    return "no control has moved: the gradients are there, but optimizer.step() is missing."


def holds_graphs(attempt: Attempt) -> str | None:
    if float(attempt.got[4]) != 1:
        return None
    return (
        "the losses that you return still hold their graphs, one for each step: memory grows until the kernel dies. Keep "
        "value.item()."
    )


FIT = Exercise(
    number="9.4",
    name="fit",
    reference=fit,
    use=run_fit,
    measure=without_figures,
    cases=(
        Case("60 steps towards a breath without pitch", {"n_steps": 60, "level": 0.0}),
        Case("5 steps towards a tone with noise, recorded in a room", {"n_steps": FEW, "level": 1.0}),
    ),
    hints=(learned_the_draw, holds_graphs, dry_against_wet, gradients_pile_up, stands_still),
    wrong_answers=(
        WrongAnswer(
            """
def fit(controls, play, loss, target, optimizer, n_steps, generator):
    losses = []
    noise = dsp.white_noise(*target.shape, generator=generator)
    for _ in range(n_steps):
        optimizer.zero_grad()
        dry, wet = play(*controls(), noise)
        value = loss(wet, target)
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses
""",
            r"below the noise floor: you learned the draw.*came down to \d\.\d\d; with other noise",
        ),
        WrongAnswer(
            """
def fit(controls, play, loss, target, optimizer, n_steps, generator):
    losses = []
    for _ in range(n_steps):
        noise = dsp.white_noise(*target.shape, generator=generator)
        dry, wet = play(*controls(), noise)
        value = loss(wet, target)
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses
""",
            r"by step 5 your loss is .*backward\(\) \*adds\* to",
        ),
        WrongAnswer(
            """
def fit(controls, play, loss, target, optimizer, n_steps, generator):
    losses = []
    for _ in range(n_steps):
        optimizer.zero_grad()
        noise = dsp.white_noise(*target.shape, generator=generator)
        dry, wet = play(*controls(), noise)
        value = loss(dry, target)
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses
""",
            r"you compare the \*dry\* sound with a recording that was made in a room",
        ),
        WrongAnswer(
            """
def fit(controls, play, loss, target, optimizer, n_steps, generator):
    losses = []
    for _ in range(n_steps):
        optimizer.zero_grad()
        noise = dsp.white_noise(*target.shape, generator=generator)
        dry, wet = play(*controls(), noise)
        value = loss(wet, target)
        value.backward()
        optimizer.step()
        losses.append(value)
    return losses
""",
            r"still hold their graphs",
        ),
        WrongAnswer(
            """
def fit(controls, play, loss, target, optimizer, n_steps, generator):
    losses = []
    for _ in range(n_steps):
        optimizer.zero_grad()
        noise = dsp.white_noise(*target.shape, generator=generator)
        dry, wet = play(*controls(), noise)
        value = loss(wet, target)
        value.backward()
        losses.append(value.item())
    return losses
""",
            r"optimizer\.step\(\) is missing",
        ),
    ),
    atol=3e-3,
    axes=("step",),
)

# --- 9.5 another pitch ------------------------------------------------------------------------------------------------


def transpose(f0_hz: Tensor, amplitudes: Tensor, semitones: float, keep_formants: bool) -> tuple[Tensor, Tensor]:
    return _transpose(f0_hz, amplitudes, semitones, keep_formants)


def _transpose(f0_hz, amplitudes, semitones, keep_formants, *, envelope="stays", pitch="ratio"):
    """Another pitch, with the mistakes that one can make in it as switches."""
    ratio = 2 ** (semitones / 12)
    moved_hz = {"ratio": f0_hz * ratio, "hz": f0_hz + semitones, "still": f0_hz}[pitch]
    if not keep_formants or envelope == "follows":
        return moved_hz, amplitudes
    n = amplitudes.shape[-1]
    place = torch.arange(1, n + 1) * (ratio if envelope == "stays" else 1 / ratio)
    left = place.floor().clamp(1, n)
    share = (place - left).clamp(0, 1)
    here, there = amplitudes[..., left.long() - 1], amplitudes[..., (left.long() + 1).clamp(max=n) - 1]
    return moved_hz, torch.where(place <= n + 1e-4, torch.lerp(here, there, share), 0.0)


def hill_hz(f0_hz: Tensor, amplitudes: Tensor) -> float:
    """Where the strongest partial of the first frame lies, in Hz."""
    return float(f0_hz[0, 0]) * (int(amplitudes[0, 0].argmax()) + 1)


def resembles(attempt: Attempt, **mistake) -> bool:
    would_be = [each.double() for each in _transpose(**attempt.arguments, **mistake)]
    if all(torch.allclose(a, b, atol=1e-5) for a, b in zip(would_be, attempt.want, strict=True)):
        return False
    return all(
        a.shape == b.shape and torch.allclose(a, b, rtol=1e-3, atol=1e-4)
        for a, b in zip(attempt.got, would_be, strict=True)
    )


def small_singer(attempt: Attempt) -> str | None:
    if not resembles(attempt, envelope="follows"):
        return None
    before = hill_hz(attempt.arguments["f0_hz"], attempt.arguments["amplitudes"])
    now = hill_hz(*attempt.got)
    who = "small singer" if now > before else "giant"
    return (
        f"a {who}: the strongest partial lay at {before:.0f} Hz and lies at {now:.0f} Hz now, because partial k keeps "
        f"*its number's* amplitude. With the formants kept, it gets what the old spectrum had at its new frequency."
    )


def wrong_way(attempt: Attempt) -> str | None:
    if not resembles(attempt, envelope="moves"):
        return None
    before = hill_hz(attempt.arguments["f0_hz"], attempt.arguments["amplitudes"])
    return (
        f"the strongest partial lay at {before:.0f} Hz and lies at {hill_hz(*attempt.got):.0f} Hz now: further off than if you "
        f"had done nothing. Partial k is now at k * ratio old partials, not at k / ratio."
    )


def semitones_are_no_hertz(attempt: Attempt) -> str | None:
    given = attempt.arguments
    if not torch.allclose(attempt.got[0], (given["f0_hz"] + given["semitones"]).double(), atol=1e-3):
        return None
    moved = 12 * math.log2(float(attempt.got[0][0, 0] / given["f0_hz"][0, 0]))
    return (
        f"you added {given['semitones']:g} to a frequency in Hz, which moves it by {moved:.2f} semitones. A semitone is a "
        f"ratio: 2 ** (semitones / 12)."
    )


def pitch_stays(attempt: Attempt) -> str | None:
    given = attempt.arguments
    if not torch.allclose(attempt.got[0], given["f0_hz"].double(), atol=1e-3):
        return None
    return f"the pitch is still {float(given['f0_hz'][0, 0]):.0f} Hz: multiply it by 2 ** (semitones / 12)."


def peaked(frames: int, harmonics: int, top: int) -> Tensor:
    """A spectrum with a hill at one partial, [1, frames, harmonics]"""
    k = torch.arange(1, harmonics + 1)
    return (torch.linspace(0.2, 0.3, frames)[:, None] * torch.exp(-(((k - top) / 1.5) ** 2)) + 0.01)[None]


TRANSPOSE = Exercise(
    number="9.5",
    name="transpose",
    reference=transpose,
    cases=(
        Case(
            "an octave up, formants kept: 8 partials with a hill at the fourth",
            {
                "f0_hz": torch.tensor([[200.0, 210.0, 205.0]]),
                "amplitudes": peaked(3, 8, 4),
                "semitones": 12.0,
                "keep_formants": True,
            },
            gradients=("amplitudes",),
        ),
        Case(
            "an octave down, formants kept: between the old partials, and below the first",
            {
                "f0_hz": torch.tensor([[400.0, 410.0]]),
                "amplitudes": peaked(2, 6, 2),
                "semitones": -12.0,
                "keep_formants": True,
            },
        ),
        Case(
            "seven semitones up, formants kept",
            {
                "f0_hz": torch.tensor([[300.0, 310.0]]),
                "amplitudes": peaked(2, 6, 3),
                "semitones": 7.0,
                "keep_formants": True,
            },
        ),
        Case(
            "five semitones up, formants moved along",
            {
                "f0_hz": torch.tensor([[300.0, 310.0]]),
                "amplitudes": peaked(2, 6, 3),
                "semitones": 5.0,
                "keep_formants": False,
            },
        ),
    ),
    hints=(semitones_are_no_hertz, pitch_stays, small_singer, wrong_way),
    wrong_answers=(
        WrongAnswer(
            """
def transpose(f0_hz, amplitudes, semitones, keep_formants):
    return f0_hz * 2 ** (semitones / 12), amplitudes
""",
            r"a small singer: the strongest partial lay at 800 Hz and lies at 1600 Hz now",
        ),
        WrongAnswer(
            """
def transpose(f0_hz, amplitudes, semitones, keep_formants):
    ratio = 2 ** (semitones / 12)
    if keep_formants:
        n = amplitudes.shape[-1]
        place = torch.arange(1, n + 1) / ratio
        left = place.floor().clamp(1, n)
        right = (left + 1).clamp(max=n)
        share = (place - left).clamp(0, 1)
        mixed = torch.lerp(amplitudes[..., left.long() - 1], amplitudes[..., right.long() - 1], share)
        amplitudes = torch.where(place <= n, mixed, 0.0)
    return f0_hz * ratio, amplitudes
""",
            r"lay at 800 Hz and lies at \d+ Hz now: further off",
        ),
        WrongAnswer(
            """
def transpose(f0_hz, amplitudes, semitones, keep_formants):
    return f0_hz + semitones, amplitudes
""",
            r"you added 12 to a frequency in Hz, which moves it by 1\.01 semitones",
        ),
    ),
    atol=2e-3,
    axes=("frame", "partial"),
)

EXERCISES = (PARTIALS, RESIDUAL, CONTROLS, FIT, TRANSPOSE)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    NumberQuestion(
        "9.6",
        answer=encode(28250),
        tolerance=100,
        unit="",
        right="right: 250 times (1 + 47 + 65) = 28 250. The sound itself has 16 000. Whoever has more numbers than there is "
        "sound can say anything at all, and that is what goes wrong next.",
        misconceptions=(
            (113, 1, "113 is for one frame: 1 + 47 + 65. There are 250 frames in a second."),
            (28000, 10, "nearly: the amplitude of the frame is a number, too."),
            (7062, 60, "that is for one frame every 16 ms, as in our fit. Asked is one every 4 ms."),
            (11750, 300, "those are the harmonics alone. Amplitude and noise are learned as well."),
            (16000, 10, "16 000 is how many samples a second has. Count the controls: (1 + 47 + 65) a frame."),
        ),
    ),
    ChoiceQuestion(
        "9.7",
        answer=encode("b"),
        replies={
            "a": "the pitch stays where it was on the whole, but its curve is stretched along with everything else: look at "
            "how often it goes up and down.",
            "b": "right: the vibrato is part of the pitch curve, and the curve is twice as slow. Who wants it at its old rate "
            "must take it off first, stretch, and put it back.",
            "c": "an octave down is what a tape does at half speed: there all samples move apart. Here only frames do, and each "
            "still says the same number of Hz.",
            "d": "the formants are amplitudes at frequencies; stretching the frames changes neither.",
        },
    ),
    ChoiceQuestion(
        "9.8",
        answer=encode("d"),
        replies={
            "a": "the differences are smaller than what another draw of the noise changes, and the order is another one with "
            "another seed. A hundredth of the loss is no evidence.",
            "b": "a model that leaves the room out explains this note as well. Simple it is; but the truth was recorded in a "
            "room, and this one has none.",
            "c": "the mean of five rooms is a sixth room, which explains the note as well as they do, and nothing speaks for it.",
            "d": "right. Each partial passes the room at one frequency, and sees one gain. That gain can as well be the "
            "singer's. What would tell: the end of the note, other pitches, a rest.",
        },
    ),
)
