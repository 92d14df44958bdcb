"""Lesson 08, pitch and loudness: what its exercises are judged by."""

from __future__ import annotations

import math

import torch
from torch import Tensor
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
from ddsp_course.classroom.exercises.lesson_08_accuracy import ACCURACY

LESSON = Lesson(
    number=8,
    topic="pitch_and_loudness",
    title="Pitch and loudness",
    builds="a pitch tracker, a path through its doubts, and a loudness meter that weighs as the ear does",
    hears="a phrase reduced to two curves, its octave errors, and dither that was meant to help",
    minutes_to_read=65,
    minutes_to_run=2,
)

RATE = 16_000


def tone(hz: float, samples: int = 1024, harmonics: int = 6, phase: float = 0.3) -> Tensor:
    """A few harmonics falling as 1/k, [samples]."""
    n = torch.arange(samples, dtype=torch.float64)
    turns = 2 * math.pi * hz * n / RATE
    return (0.3 * sum(torch.sin(k * turns + phase * k * k) / k for k in range(1, harmonics + 1))).float()


def noise(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# --- 8.1 what repeats -------------------------------------------------------------------------------------------------


def autocorrelation(frames: Tensor, longest_lag: int) -> Tensor:
    products, energies = _products(frames, longest_lag), _energies(frames, longest_lag)
    return 2 * products / torch.where(energies > 0, energies, torch.ones_like(energies))


def _products(frames: Tensor, longest_lag: int, padded: bool = True) -> Tensor:
    size = frames.shape[-1] + (longest_lag if padded else 0)
    return torch.fft.irfft(torch.fft.rfft(frames, size).abs().square(), size)[:, : longest_lag + 1]


def _energies(frames: Tensor, longest_lag: int) -> Tensor:
    size = frames.shape[-1]
    sums = F.pad(frames.double().square().cumsum(-1), (1, 0))
    lag = torch.arange(longest_lag + 1)
    return (sums[:, size - lag] + sums[:, -1:] - sums[:, lag]).to(frames.dtype)


def _whole_energy(frames: Tensor) -> Tensor:
    return 2 * frames.square().sum(-1, keepdim=True).clamp_min(1e-12)


def uncorrected(frames: Tensor, longest_lag: int) -> Tensor:
    return 2 * _products(frames, longest_lag) / _whole_energy(frames)


def uncorrected_and_circular(frames: Tensor, longest_lag: int) -> Tensor:
    return 2 * _products(frames, longest_lag, padded=False) / _whole_energy(frames)


def circular(frames: Tensor, longest_lag: int) -> Tensor:
    energies = _energies(frames, longest_lag)
    return 2 * _products(frames, longest_lag, padded=False) / energies.clamp_min(1e-12)


def long_lags_too_weak(attempt: Attempt) -> str:
    lag = int(attempt.want[0, 20:].argmax()) + 20
    got, want = float(attempt.got[0, lag]), float(attempt.want[0, lag])
    return (
        f"after {lag} samples the first frame is as good as the same again ({want:.2f}), and yours says {got:.2f}: at "
        f"long lags fewer products are added up, so a period looks worse than its half, and the tracker goes an octave "
        f"up. Divide by the energy of the samples that took part, not of all."
    )


def end_met_beginning(attempt: Attempt) -> str:
    error = (attempt.got - attempt.want)[0].abs()
    lag = int(error.argmax())
    return (
        f"at lag {lag} yours is off by {float(error[lag]):.2f}: the FFT takes the frame for a circle, so its end was "
        f"multiplied with its beginning. Give it longest_lag zeros more: torch.fft.rfft(frames, size)."
    )


def twice_missing(attempt: Attempt) -> str | None:
    at_zero = float(attempt.got[0, 0])
    if abs(at_zero - 0.5) > 1e-3:
        return None
    return "a sound is equal to itself at lag 0, and yours says 0.50 there: 1 - d/m is *2* r / m."


def no_division_by_silence(attempt: Attempt) -> str | None:
    if not torch.isnan(attempt.got).any():
        return None
    frame = int(torch.nonzero(torch.isnan(attempt.got).any(-1))[0])
    return f"NaN in frame {frame}, which is silent: 0 / 0. Silence is like nothing; let it be 0."


AUTOCORRELATION = Exercise(
    number="8.1",
    name="autocorrelation",
    reference=autocorrelation,
    cases=(
        Case(
            "two notes, 200 and 331 Hz, lags up to 320",
            {"frames": torch.stack([tone(200), tone(331)]), "longest_lag": 320},
        ),
        Case(
            "a note that fades within the frame, and noise; 1001 samples",
            {
                "frames": torch.stack([tone(150, 1001) * torch.linspace(1, 0.1, 1001), 0.1 * noise(1001, seed=1)]),
                "longest_lag": 300,
            },
        ),
        Case(
            "a note, and silence",
            {"frames": torch.stack([tone(440, 512), torch.zeros(512)]), "longest_lag": 100},
        ),
    ),
    hints=(
        no_division_by_silence,
        twice_missing,
        looks_like(uncorrected, long_lags_too_weak),
        looks_like(uncorrected_and_circular, end_met_beginning),
        looks_like(circular, end_met_beginning),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def autocorrelation(frames, longest_lag):
    size = frames.shape[-1] + longest_lag
    r = torch.fft.irfft(torch.fft.rfft(frames, size).abs() ** 2, size)[:, : longest_lag + 1]
    return r / r[:, :1].clamp_min(1e-12)
""",
            r"after \d+ samples .* looks worse than its half.*octave up",
        ),
        WrongAnswer(
            """
def autocorrelation(frames, longest_lag):
    r = torch.fft.irfft(torch.fft.rfft(frames).abs() ** 2, frames.shape[-1])[:, : longest_lag + 1]
    sums = torch.nn.functional.pad(frames.square().cumsum(-1), (1, 0))
    lag = torch.arange(longest_lag + 1)
    m = sums[:, frames.shape[-1] - lag] + sums[:, -1:] - sums[:, lag]
    return 2 * r / m.clamp_min(1e-12)
""",
            r"its end was multiplied with its beginning",
        ),
        WrongAnswer(
            """
def autocorrelation(frames, longest_lag):
    columns = []
    for lag in range(longest_lag + 1):
        early, late = frames[:, : frames.shape[-1] - lag], frames[:, lag:]
        columns.append(2 * (early * late).sum(-1) / (early.square() + late.square()).sum(-1))
    return torch.stack(columns, dim=-1)
""",
            r"NaN in frame 1, which is silent",
        ),
    ),
    atol=1e-4,
    axes=("lag",),
)

# --- 8.2 the period ---------------------------------------------------------------------------------------------------


def find_period(similarity: Tensor, shortest: int, longest: int) -> Tensor:
    lag, found = _first_good_peak(similarity, shortest, longest)
    return torch.where(found, lag + _vertex(similarity, lag), torch.nan)


def _peaks(similarity: Tensor, shortest: int, longest: int) -> tuple[Tensor, Tensor]:
    here = similarity[:, shortest:longest]
    before, after = similarity[:, shortest - 1 : longest - 1], similarity[:, shortest + 1 : longest + 1]
    is_peak = (here > before) & (here >= after)
    return is_peak, torch.where(is_peak, here, -1.0)


def _first_good_peak(similarity: Tensor, shortest: int, longest: int) -> tuple[Tensor, Tensor]:
    is_peak, heights = _peaks(similarity, shortest, longest)
    good = is_peak & (heights >= 0.9 * heights.amax(dim=1, keepdim=True))
    return shortest + good.float().argmax(dim=1), good.any(dim=1)


def _vertex(similarity: Tensor, lag: Tensor) -> Tensor:
    frame = torch.arange(len(similarity))
    before, here, after = (similarity[frame, lag + step] for step in (-1, 0, 1))
    return 0.5 * (before - after) / (before - 2 * here + after)


def mirrored(similarity: Tensor, shortest: int, longest: int) -> Tensor:
    lag, found = _first_good_peak(similarity, shortest, longest)
    return torch.where(found, lag - _vertex(similarity, lag), torch.nan)


def first_slope(similarity: Tensor, shortest: int, longest: int) -> Tensor:
    here = similarity[:, shortest:longest]
    lag = shortest + (here >= 0.9 * here.amax(dim=1, keepdim=True)).float().argmax(dim=1)
    return lag.to(similarity.dtype)


def shortest_forgotten(similarity: Tensor, shortest: int, longest: int) -> Tensor:
    lag, found = _first_good_peak(similarity, shortest, longest)
    lag = lag - shortest
    return torch.where(found, lag + _vertex(similarity, lag), torch.nan)


def starts_late(attempt: Attempt) -> str:
    return (
        f"your periods are short by {attempt.arguments['shortest']} samples: argmax counts from where the slice begins. Add "
        f"`shortest` to what it says."
    )


def in_frequencies(attempt: Attempt) -> str | None:
    found = torch.isfinite(attempt.want)
    product = attempt.got[found] * attempt.want[found]
    if not torch.allclose(product, torch.full_like(product, RATE), rtol=1e-2):
        return None
    return "yours are frequencies in Hz: the period itself is asked for, in samples."


def too_short(attempt: Attempt) -> str | None:
    wrong = torch.nonzero(attempt.got / attempt.want < 0.7)
    if not len(wrong):
        return None
    frame = int(wrong[0])
    got, want = float(attempt.got[frame]), float(attempt.want[frame])
    return (
        f"a note of {RATE / want:.0f} Hz reads {RATE / got:.0f} Hz: a lower peak comes before the period. Not the first "
        f"peak of all, but the first that reaches 0.9 of the highest."
    )


def too_long(attempt: Attempt) -> str | None:
    ratio = attempt.got / attempt.want
    wrong = torch.nonzero(ratio > 1.5)
    if not len(wrong):
        return None
    frame = int(wrong[0])
    got, want = float(attempt.got[frame]), float(attempt.want[frame])
    return (
        f"a note of {RATE / want:.0f} Hz reads {RATE / got:.0f} Hz, {round(float(ratio[frame]))} periods for one: what "
        f"repeats after T repeats after 2T and 3T, and which of these peaks is the highest is chance. Take the first "
        f"that is nearly as high as the highest."
    )


def in_steps(attempt: Attempt) -> str | None:
    got = attempt.got[torch.isfinite(attempt.got)]
    off = (1200 * torch.log2(attempt.want / attempt.got)).nan_to_num().abs()
    if not torch.equal(got, got.round()) or float(off.max()) < 1:
        return None
    frame = int(off.argmax())
    return (
        f"your periods are whole numbers of samples, and the note of {RATE / float(attempt.want[frame]):.0f} Hz is "
        f"{float(off[frame]):.0f} cents off: put a parabola through the peak and its two neighbours."
    )


def on_the_way_up(attempt: Attempt) -> str:
    off = (1200 * torch.log2(attempt.want / attempt.got)).nan_to_num().abs()
    frame = int(off.argmax())
    return (
        f"the note of {RATE / float(attempt.want[frame]):.0f} Hz is {float(off[frame]):.0f} cents off: the first lag "
        f"that is high *enough* lies on the slope before the peak. Ask for a peak: higher than both its neighbours."
    )


def vertex_mirrored(attempt: Attempt) -> str:
    off = (1200 * torch.log2(attempt.want / attempt.got)).nan_to_num().abs()
    return (
        f"right peak, but up to {float(off.max()):.0f} cents off, twice as far as without the parabola: yours leans to "
        f"the lower of the two neighbours. The vertex is at (before - after) / (2 (before - 2 peak + after))."
    )


def similarity_of(*hz: float, noise_level: float = 0.0, samples: int = 1024) -> Tensor:
    frames = torch.stack([tone(each, samples) for each in hz])
    return autocorrelation(frames + noise_level * noise(len(hz), samples, seed=8), 320)


def strong_second(hz: float, samples: int = 1024) -> Tensor:
    """A note whose second harmonic is three times the first: half a period later it is 0.8 like itself."""
    turns = 2 * math.pi * hz * torch.arange(samples, dtype=torch.float64) / RATE
    return (0.1 * torch.sin(turns) + 0.3 * torch.sin(2 * turns + 0.4)).float()


def bumps(*peaks: tuple[float, float]) -> Tensor:
    """A curve of similarity made by hand: (lag, height) of each of its bumps."""
    lag = torch.arange(60.0)
    return sum((height * torch.exp(-(((lag - at) / 1.5) ** 2)) for at, height in peaks), torch.zeros(60))


PERIOD = Exercise(
    number="8.2",
    name="find_period",
    reference=find_period,
    cases=(
        Case(
            "notes of 1010, 443.7, 196 and 82.4 Hz, lags from 8 to 320",
            {"similarity": similarity_of(1010, 443.7, 196, 82.4), "shortest": 8, "longest": 320},
        ),
        Case(
            "notes of 700 and 263 Hz in noise",
            {"similarity": similarity_of(700, 263, noise_level=0.03), "shortest": 8, "longest": 320},
        ),
        Case(
            "notes of 220 and 311.3 Hz whose second harmonic is three times as strong as the first",
            {
                "similarity": autocorrelation(torch.stack([strong_second(220), strong_second(311.3)]), 320),
                "shortest": 8,
                "longest": 320,
            },
        ),
        Case(
            "six curves made by hand, lags from 6 to 40, the last without a peak",
            {
                "similarity": torch.stack(
                    [
                        bumps((0, 1.0), (6.2, 0.5)),
                        bumps((0, 1.0), (38.8, 0.6)),
                        bumps((0, 1.0), (10, 0.61), (20, 0.70)),
                        bumps((0, 1.0), (10.3, 0.64), (20.6, 0.70)),
                        bumps((0, 1.0), (18.4, 0.5), (45, 0.9)),
                        1 / (1 + torch.arange(60.0)),
                    ]
                ),
                "shortest": 6,
                "longest": 40,
            },
        ),
        Case(
            "a note, and a silent frame, which has no peak",
            {
                "similarity": torch.cat([similarity_of(523.3), torch.zeros(1, 321)]),
                "shortest": 8,
                "longest": 320,
            },
        ),
    ),
    hints=(
        looks_like(shortest_forgotten, starts_late),
        looks_like(lambda **given: find_period(**given) - given["shortest"], starts_late),
        in_frequencies,
        too_long,
        too_short,
        looks_like(first_slope, on_the_way_up, tolerance=1e-2),
        looks_like(mirrored, vertex_mirrored),
        in_steps,
    ),
    wrong_answers=(
        WrongAnswer(
            """
def find_period(similarity, shortest, longest):
    here = similarity[:, shortest:longest]
    before, after = similarity[:, shortest - 1 : longest - 1], similarity[:, shortest + 1 : longest + 1]
    peak = (here > before) & (here >= after)
    best = torch.where(peak, here, -1.0).amax(dim=1, keepdim=True)
    lag = (peak & (here >= 0.9 * best)).float().argmax(dim=1)
    frame = torch.arange(len(similarity))
    before, here, after = (similarity[frame, shortest + lag + step] for step in (-1, 0, 1))
    return torch.where(best[:, 0] > -1, lag + 0.5 * (before - after) / (before - 2 * here + after), torch.nan)
""",
            r"your periods are short by 8 samples",
        ),
        WrongAnswer(
            """
def find_period(similarity, shortest, longest):
    lag = shortest + similarity[:, shortest:longest].argmax(dim=1)
    frame = torch.arange(len(similarity))
    before, here, after = (similarity[frame, lag + step] for step in (-1, 0, 1))
    return lag + 0.5 * (before - after) / (before - 2 * here + after)
""",
            r"periods for one: what repeats after T repeats after 2T",
        ),
        WrongAnswer(
            """
def find_period(similarity, shortest, longest):
    here = similarity[:, shortest:longest]
    is_peak = (here > similarity[:, shortest - 1 : longest - 1]) & (here >= similarity[:, shortest + 1 : longest + 1])
    lag, frame = shortest + is_peak.float().argmax(dim=1), torch.arange(len(similarity))
    before, peak, after = (similarity[frame, lag + step] for step in (-1, 0, 1))
    found = lag + 0.5 * (before - after) / (before - 2 * peak + after)
    return torch.where(is_peak.any(dim=1), found, torch.nan)
""",
            r"a note of 220 Hz reads 44\d Hz: a lower peak comes before the period",
        ),
        WrongAnswer(
            """
def find_period(similarity, shortest, longest):
    here = similarity[:, shortest:longest]
    is_peak = (here > similarity[:, shortest - 1 : longest - 1]) & (here >= similarity[:, shortest + 1 : longest + 1])
    heights = torch.where(is_peak, here, -1.0)
    good = is_peak & (heights >= 0.9 * heights.amax(dim=1, keepdim=True))
    return torch.where(good.any(dim=1), shortest + good.float().argmax(dim=1), torch.nan)
""",
            r"whole numbers of samples, and the note of \d+ Hz is \d+ cents off",
        ),
        WrongAnswer(
            """
def find_period(similarity, shortest, longest):
    here = similarity[:, shortest:longest]
    good = here >= 0.9 * here.amax(dim=1, keepdim=True)
    return (shortest + good.float().argmax(dim=1)).float()
""",
            r"lies on the slope before the peak",
        ),
    ),
    atol=1e-5,
    axes=("frame",),
    unit="samples",
)

# --- 8.4 the best path ------------------------------------------------------------------------------------------------


def viterbi(log_likelihood: Tensor, log_transition: Tensor) -> Tensor:
    score, came_from = log_likelihood[0], []
    for frame in log_likelihood[1:]:
        arriving, best = (score[:, None] + log_transition).max(dim=0)
        came_from.append(best)
        score = arriving + frame
    path = [score.argmax()]
    for best in reversed(came_from):
        path.append(best[path[-1]])
    return torch.stack(path[::-1])


def each_by_itself(log_likelihood: Tensor, log_transition: Tensor) -> Tensor:
    return log_likelihood.argmax(dim=1)


def never_looks_back(log_likelihood: Tensor, log_transition: Tensor) -> Tensor:
    path = [log_likelihood[0].argmax()]
    for frame in log_likelihood[1:]:
        path.append((log_transition[path[-1]] + frame).argmax())
    return torch.stack(path)


def no_way_back(log_likelihood: Tensor, log_transition: Tensor) -> Tensor:
    """The best end of every beginning: right forward, and never traced."""
    score = log_likelihood[0]
    path = [score.argmax()]
    for frame in log_likelihood[1:]:
        score = (score[:, None] + log_transition).amax(dim=0) + frame
        path.append(score.argmax())
    return torch.stack(path)


def transposed(log_likelihood: Tensor, log_transition: Tensor) -> Tensor:
    return viterbi(log_likelihood, log_transition.T)


def gain_of(path: Tensor, log_likelihood: Tensor, log_transition: Tensor) -> float:
    """What a path adds up to."""
    path = path.long()
    steps = log_transition[path[:-1], path[1:]].sum() if len(path) > 1 else 0.0
    return float(log_likelihood[torch.arange(len(path)), path].sum() + steps)


def _totals(attempt: Attempt) -> str:
    yours, best = (gain_of(path, **attempt.arguments) for path in (attempt.got, attempt.want))
    return f"your path adds up to {yours:.1f}, the best one to {best:.1f}"


def jumps(attempt: Attempt) -> str:
    n, best = (int((path.diff() != 0).sum()) for path in (attempt.got, attempt.want))
    return f"{_totals(attempt)}: each frame was decided by itself, and yours changes state {n} times, the best {best}."


VITERBI = Exercise(
    number="8.4",
    name="viterbi",
    reference=viterbi,
    cases=(
        Case(
            "two states, five frames, one of them doubtful",
            {
                "log_likelihood": torch.tensor([[2.0, 0.0], [2.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.5, 0.0]]),
                "log_transition": torch.tensor([[0.0, -1.5], [-1.5, 0.0]]),
            },
        ),
        Case(
            "four states, where going up is cheap and going down is dear, 20 frames",
            {
                "log_likelihood": 2 * noise(20, 4, seed=4),
                "log_transition": -torch.tensor(
                    [[0.0, 0.3, 1.2, 2.4], [2.1, 0.0, 0.5, 0.8], [3.3, 1.9, 0.0, 0.2], [4.0, 2.7, 1.4, 0.0]]
                ),
            },
        ),
        Case(
            "twelve states, 60 frames",
            {
                "log_likelihood": noise(60, 12, seed=5),
                "log_transition": -(torch.arange(12.0)[:, None] - torch.arange(12.0)).abs(),
            },
        ),
    ),
    hints=(
        looks_like(each_by_itself, jumps),
        looks_like(
            never_looks_back,
            lambda attempt: (
                f"{_totals(attempt)}: yours decides each frame for good and never goes back on it. Keep the "
                f"best way to *every* state, and choose at the end."
            ),
        ),
        looks_like(
            no_way_back,
            lambda attempt: (
                f"{_totals(attempt)}: those are the best *ends* so far of each moment, which do not lie on "
                f"one path. Remember where the best way to each state came from, and follow it back from the last frame."
            ),
        ),
        looks_like(
            transposed,
            lambda attempt: (
                f"{_totals(attempt)}: your transitions are read the wrong way round. log_transition[i, j] "
                f"is for going *from* i *to* j."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def viterbi(log_likelihood, log_transition):
    return log_likelihood.argmax(dim=1)
""",
            r"each frame was decided by itself, and yours changes state 2 times, the best 0",
        ),
        WrongAnswer(
            """
def viterbi(log_likelihood, log_transition):
    score = log_likelihood[0]
    path = [score.argmax()]
    for frame in log_likelihood[1:]:
        score = (score[:, None] + log_transition).amax(dim=0) + frame
        path.append(score.argmax())
    return torch.stack(path)
""",
            r"best \*ends\* so far",
        ),
        WrongAnswer(
            """
def viterbi(log_likelihood, log_transition):
    score, came_from = log_likelihood[0], []
    for frame in log_likelihood[1:]:
        arriving, best = (score[None, :] + log_transition).max(dim=1)
        came_from.append(best)
        score = arriving + frame
    path = [score.argmax()]
    for best in reversed(came_from):
        path.append(best[path[-1]])
    return torch.stack(path[::-1])
""",
            r"read the wrong way round",
        ),
    ),
    axes=("frame",),
)

# --- 8.5 loudness -----------------------------------------------------------------------------------------------------

FLOOR = 1e-8


def loudness_db(power: Tensor, weighting_db: Tensor) -> Tensor:
    weighted = (power * 10 ** (weighting_db / 10)).mean(dim=-1)
    return 10 * torch.log10(weighted.clamp_min(FLOOR))


def half_the_weighting(power: Tensor, weighting_db: Tensor) -> Tensor:
    return 10 * torch.log10((power * 10 ** (weighting_db / 20)).mean(dim=-1).clamp_min(FLOOR))


def mean_of_db(power: Tensor, weighting_db: Tensor) -> Tensor:
    return (10 * torch.log10((power * 10 ** (weighting_db / 10)).clamp_min(FLOOR))).mean(dim=-1)


def mean_of_db_with_a_floor_added(power: Tensor, weighting_db: Tensor) -> Tensor:
    return (10 * torch.log10(power * 10 ** (weighting_db / 10) + FLOOR)).mean(dim=-1)


def mean_of_db_but_the_first(power: Tensor, weighting_db: Tensor) -> Tensor:
    return (10 * torch.log10(power[..., 1:]) + weighting_db[1:]).mean(dim=-1).clamp_min(-80)


def unweighted(power: Tensor, weighting_db: Tensor) -> Tensor:
    return 10 * torch.log10(power.mean(dim=-1).clamp_min(FLOOR))


def summed(power: Tensor, weighting_db: Tensor) -> Tensor:
    return 10 * torch.log10((power * 10 ** (weighting_db / 10)).sum(dim=-1).clamp_min(FLOOR))


def as_amplitude(power: Tensor, weighting_db: Tensor) -> Tensor:
    return 20 * torch.log10((power * 10 ** (weighting_db / 10)).mean(dim=-1).clamp_min(1e-4))


def too_low_by(attempt: Attempt) -> str:
    short = float((attempt.want - attempt.got)[0, -1])
    return (
        f"yours is {short:.1f} dB too low for noise: a mean of decibels is far below the decibels of a mean, as every weak bin "
        f"drags it down. Average the power, and take the logarithm last."
    )


def infinite(attempt: Attempt) -> str | None:
    if torch.isfinite(attempt.got).all():
        return None
    if torch.isfinite(attempt.got).any():
        return "silence is minus infinity for you: floor the mean power at 1e-8 (-80 dB) before its logarithm."
    return (
        "every frame is minus infinity or NaN: the weighting at 0 Hz is -inf dB, which as a factor on power, "
        "10 ** (weighting_db / 10), is simply 0. Turn it into a factor first."
    )


def powers() -> Tensor:
    """A tone of 125 Hz, one of 1 kHz, noise: each a frame of 257 bins, [1, 3, 257]."""
    n = torch.arange(512)
    sounds = [0.5 * torch.sin(2 * math.pi * hz * n / RATE) for hz in (125.0, 1000.0)] + [0.1 * noise(512, seed=9)]
    window = torch.hann_window(512)
    return torch.stack([torch.fft.rfft(window * sound).abs().square() for sound in sounds])[None]


def weighting() -> Tensor:
    return 10 * torch.log10(dsp.a_weighting(torch.linspace(0, RATE / 2, 257)))


LOUDNESS = Exercise(
    number="8.5",
    name="loudness_db",
    reference=loudness_db,
    cases=(
        Case(
            "tones of 125 and 1000 Hz, and noise",
            {"power": powers(), "weighting_db": weighting()},
            gradients=("power",),
        ),
        Case(
            "five bins, with another weighting",
            {
                "power": torch.tensor([[[3.0, 1.0, 2.0, 5.0, 0.5]]]),
                "weighting_db": torch.tensor([-math.inf, -3.0, 0.0, 1.5, -6.0]),
            },
        ),
        Case(
            "silence, then noise, two in a batch",
            {
                "power": torch.stack([torch.zeros(2, 257), powers()[0, 1:]]),
                "weighting_db": weighting(),
            },
            gradients=("power",),
        ),
    ),
    hints=(
        infinite,
        looks_like(
            half_the_weighting,
            lambda attempt: (
                f"the tone of 125 Hz reads {float(attempt.got[0, 0]):.1f} dB, expected "
                f"{float(attempt.want[0, 0]):.1f}: only half of the weighting is in it. Dividing by 20 is for amplitudes; a "
                f"factor on power is 10 ** (weighting_db / 10)."
            ),
        ),
        looks_like(mean_of_db, too_low_by),
        looks_like(mean_of_db_with_a_floor_added, too_low_by),
        looks_like(mean_of_db_but_the_first, too_low_by),
        looks_like(
            unweighted,
            lambda attempt: (
                f"the tone of 125 Hz reads {float(attempt.got[0, 0]):.1f} dB, expected "
                f"{float(attempt.want[0, 0]):.1f}: nothing is weighted yet."
            ),
        ),
        looks_like(
            summed,
            lambda attempt: (
                f"yours is {float((attempt.got - attempt.want)[0, 0]):.1f} dB too high, which is the number "
                f"of bins: take their mean, not their sum."
            ),
        ),
        looks_like(as_amplitude, "you are in dB of a power already: 10 log10, not 20."),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def loudness_db(power, weighting_db):
    weighted = (power * 10 ** (weighting_db / 20)).mean(dim=-1)
    return 10 * torch.log10(weighted.clamp_min(1e-8))
""",
            r"only half of the weighting is in it",
        ),
        WrongAnswer(
            """
def loudness_db(power, weighting_db):
    each_db = 10 * torch.log10(power * 10 ** (weighting_db / 10) + 1e-8)
    return each_db.mean(dim=-1)
""",
            r"yours is \d+\.\d dB too low for noise: a mean of decibels",
        ),
        WrongAnswer(
            """
def loudness_db(power, weighting_db):
    return (10 * torch.log10(power) + weighting_db).mean(dim=-1)
""",
            r"every frame is minus infinity or NaN: the weighting at 0 Hz",
        ),
        WrongAnswer(
            """
def loudness_db(power, weighting_db):
    return 10 * torch.log10((power * 10 ** (weighting_db / 10)).mean(dim=-1))
""",
            r"silence is minus infinity for you",
        ),
    ),
    atol=1e-5,
    axes=("frame",),
    unit="dB",
)

EXERCISES = (AUTOCORRELATION, PERIOD, ACCURACY, VITERBI, LOUDNESS)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    NumberQuestion(
        "8.6",
        answer=encode(105.0),
        tolerance=8.0,
        unit="cents",
        right="right: from 16 to 17 samples, 1200 log2(17/16) = 105 cents. A semitone. At 100 Hz it is 11.",
        misconceptions=(
            (
                62.5,
                4.0,
                "that is the step in Hz, 16000/16 - 16000/17 = 59. In cents it is the ratio that counts.",
            ),
            (6.25, 0.3, "one sixteenth is 6.25 %. In cents: 1200 log2(17/16)."),
            (0.0, 0.5, "a period of 1000 Hz is exactly 16 samples; but 950 Hz has to choose between 16 and 17."),
            (1.0, 0.5, "a sample lasts 1/16 of a period here. How many cents is a ratio of 17 to 16?"),
            (10.5, 1.0, "that is so at 100 Hz, where a period has 160 samples. At 1000 Hz it has 16."),
        ),
    ),
    ChoiceQuestion(
        "8.7",
        answer=encode("b"),
        replies={
            "a": "that is what happens when a change costs *infinitely* much: then one state is best for all frames.",
            "b": "right: with nothing to pay, each frame takes what it likes best. The price is all that joins them.",
            "c": "where several paths are equally good the first is taken; nothing here is drawn by chance.",
            "d": "the algorithm still runs over all pairs of states. Its result is what changes, not its effort.",
        },
    ),
    NumberQuestion(
        "8.8",
        answer=encode(25.8),
        tolerance=0.4,
        unit="dB",
        right="right: the peak's power grows by 4^2, the mean is over 4 times the bins: a factor of 4, 6 dB. State the "
        "window, or the number says nothing.",
        misconceptions=(
            (19.8, 0.3, "the sound is the same, the sum is not: |X| at the peak grows with the window's length."),
            (31.8, 0.5, "|X|^2 grows by 16, which is 12 dB; but the mean is now taken over 4 times as many bins."),
            (13.8, 0.4, "the other way round: a longer window adds up more samples."),
            (22.8, 0.4, "that would be right for a window twice as long. This one is four times as long."),
        ),
    ),
    ChoiceQuestion(
        "8.9",
        answer=encode("d"),
        replies={
            "a": "it is a pitch in Hz like any other, and a network downstream cannot know that it means nothing.",
            "b": "they are taken from the recording that the room is in: a tail is sound, and its pitch is that of the "
            "last note, but in a silent rest there is no such thing.",
            "c": "a leap to 0 Hz and back at each rest: the oscillator would sweep through all frequencies twice.",
            "d": "right: the pitch is carried on from the notes around, and the confidence says that it is not heard.",
        },
    ),
    ChoiceQuestion(
        "8.10",
        answer=encode("c"),
        replies={
            "a": "no ear is asked: an angle is read off a number, and a loud harmonic's is read well. What does an angle "
            "not know?",
            "b": "it is added up in float64 and only its fraction of a turn matters.",
            "c": "right: an angle knows nothing of whole turns. 2.5 Hz are 22 cents at 196 Hz; CREPE is off by more now "
            "and then. First a coarse reading that cannot be a turn wrong, then a fine one beside it.",
            "d": "once it is held still it is a slow sound like the others: the window only has to keep out its "
            "neighbours, one pitch away.",
        },
    ),
)
