"""Lesson 09, what is read off a sound (9.1, 9.2): what its exercises are judged by."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from ddsp_course.classroom.exercise import Attempt, Case, Exercise, WrongAnswer, looks_like

RATE = 16_000
SIZE = 1024


def noise(*shape: int, seed: int) -> Tensor:
    """Evenly between -1 and 1, as the noise of the synthesizer."""
    return 2 * torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) - 1


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
        f"your amplitudes are {first_against_ours(attempt):.2f} of ours, {-db(first_against_ours(attempt)):.0f} dB low. Either "
        f"the 2 is missing (a sine is half of a pointer that turns to the left and half of one that turns to the right, and "
        f"you met one of them), or you divide by the number of samples, and the window's sum is half of it."
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
        Case(
            "800, 1000 and 300 Hz at 8000 samples a second, asked for 6, and something at 4000 Hz",
            {
                "windows": torch.stack([chord(1600.0, [0.3, 0.1]), chord(2000.0, [0.2, 0.1]), chord(600.0, [0.1] * 6)])
                + 0.1 * torch.cos(math.pi * torch.arange(SIZE)),
                "f0_hz": torch.tensor([800.0, 1000.0, 300.0]),
                "n_harmonics": 6,
                "sample_rate": 8_000,
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
        Case(
            "white noise of gain 0.2 in windows of 512 samples, 17 bands",
            {"recorded": 0.2 * noise(2, 512, seed=3), "harmonic": torch.zeros(2, 512), "bands": 17},
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
    atol=6e-3,  # a window that ends on 0 or one sample later
    axes=("frame", "band"),
)
