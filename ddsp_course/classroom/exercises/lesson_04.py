"""Lesson 04, filtered noise: what its exercises are judged by."""

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
    number=4,
    topic="filtered_noise",
    title="Filtered noise",
    builds="a filter from a drawn curve, convolution by FFT, and noise whose colour moves 250 times a second",
    hears="wind, a whisper and a flute's breath, all from one hiss; and what a filter does wrong",
    minutes_to_read=60,
    minutes_to_run=1,
)


def noise(*shape: int, seed: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


# --- 4.1 from a curve to a filter -------------------------------------------------------------------------------------


def impulse_response(magnitudes: Tensor) -> Tensor:
    return _rolled(magnitudes) * torch.hann_window(_taps(magnitudes))


def _taps(magnitudes: Tensor) -> int:
    return 2 * (magnitudes.shape[-1] - 1)


def _rolled(magnitudes: Tensor) -> Tensor:
    return torch.roll(torch.fft.irfft(magnitudes), _taps(magnitudes) // 2, dims=-1)


def not_rolled(magnitudes: Tensor) -> Tensor:
    return torch.fft.irfft(magnitudes)


def windowed_first(magnitudes: Tensor) -> Tensor:
    return torch.fft.irfft(magnitudes) * torch.hann_window(_taps(magnitudes))


def windowed_then_rolled(magnitudes: Tensor) -> Tensor:
    return torch.roll(windowed_first(magnitudes), _taps(magnitudes) // 2, dims=-1)


def symmetric_window(magnitudes: Tensor) -> Tensor:
    return _rolled(magnitudes) * torch.hann_window(_taps(magnitudes), periodic=False)


def of_a_batch(magnitudes: Tensor) -> Tensor:
    """Rolled over all axes at once: filters and their taps run into one another."""
    rolled = torch.roll(torch.fft.irfft(magnitudes), _taps(magnitudes) // 2)
    return rolled * torch.hann_window(_taps(magnitudes))


def first_of(taps: Tensor) -> Tensor:
    return taps.reshape(-1, taps.shape[-1])[0]


def half_at_the_end(attempt: Attempt) -> str:
    taps = first_of(attempt.got)
    late = float(taps[len(taps) // 2 :].square().sum() / (taps.square().sum() - taps[0] ** 2))
    return (
        f"your response begins at its centre, and {late:.0%} of what surrounds it stands at the other end: these are the "
        f"taps *before* the centre, wrapped round. Roll by half the length, so that the centre is in the middle."
    )


def centre_lost(attempt: Attempt) -> str:
    got, want = first_of(attempt.got), first_of(attempt.want)
    kept = float(got.sum() / want.sum())
    return (
        f"at 0 Hz your filter lets {kept:.2f} of what it should through: the window was laid on while the centre of the "
        f"response still stood at tap 0, where the window is 0. Roll first, then window."
    )


def nothing_windowed(attempt: Attempt) -> str:
    got, want = first_of(attempt.got).abs(), first_of(attempt.want).abs()
    eighth = len(got) // 8
    more = 20 * math.log10(float(got[1:eighth].max() / want[1:eighth].max()))
    return (
        f"in its first eighth your response is up to {more:.0f} dB above ours: it was cut off, not faded out, and it will ring. "
        f"Multiply it with torch.hann_window."
    )


def lopsided(attempt: Attempt) -> str:
    taps = first_of(attempt.got)
    half = len(taps) // 2
    steps = torch.arange(1, half)
    step = int(steps[(taps[half - steps] - taps[half + steps]).abs().argmax()])
    left, right = float(taps[half - step]), float(taps[half + step])
    return (
        f"{step} tap{'s' * (step > 1)} before the centre stands {left:.5f}, {step} after it {right:.5f}: not symmetric. Your window has its top "
        f"between two taps (at {half - 0.5:g}), the response has it at {half}. For an even number of taps take the periodic "
        f"window."
    )


RESPONSE = Exercise(
    number="4.1",
    name="impulse_response",
    reference=impulse_response,
    cases=(
        Case(
            "a low pass: 9 bands, four of them open",
            {"magnitudes": torch.tensor([1.0, 1.0, 1.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0])},
            gradients=("magnitudes",),
        ),
        Case(
            "65 bands of a bell-shaped curve",
            {"magnitudes": torch.exp(-((torch.arange(65) - 20.0) ** 2) / 50)},
            gradients=("magnitudes",),
        ),
        Case("a batch of 2, with 3 frames each, of 17 bands", {"magnitudes": noise(2, 3, 17, seed=1).abs()}),
    ),
    hints=(
        looks_like(not_rolled, half_at_the_end),
        looks_like(windowed_first, centre_lost),
        looks_like(windowed_then_rolled, centre_lost),
        looks_like(_rolled, nothing_windowed),
        looks_like(symmetric_window, lopsided),
        looks_like(of_a_batch, "your roll goes through all axes at once, so filters run into one another: dims=-1."),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def impulse_response(magnitudes):
    return torch.fft.irfft(magnitudes)
""",
            r"50% of what surrounds it stands at the other end",
        ),
        WrongAnswer(
            """
def impulse_response(magnitudes):
    response = torch.fft.irfft(magnitudes)
    taps = response.shape[-1]
    return torch.roll(response * torch.hann_window(taps), taps // 2, dims=-1)
""",
            r"Roll first, then window",
        ),
        WrongAnswer(
            """
def impulse_response(magnitudes):
    response = torch.fft.irfft(magnitudes)
    taps = response.shape[-1]
    return torch.roll(response, taps // 2, dims=-1) * torch.hann_window(taps, periodic=False)
""",
            r"1 tap before the centre stands .* not symmetric.*at 7\.5\), the response has it at 8",
        ),
        WrongAnswer(
            """
def impulse_response(magnitudes):
    response = torch.fft.irfft(magnitudes)
    return torch.roll(response, response.shape[-1] // 2, dims=-1)
""",
            r"it was cut off, not faded out",
        ),
    ),
    axes=("tap",),
)

# --- 4.2 convolution by FFT -------------------------------------------------------------------------------------------


def fft_convolve(audio: Tensor, taps: Tensor) -> Tensor:
    size = audio.shape[-1] + taps.shape[-1] - 1
    return torch.fft.irfft(torch.fft.rfft(audio, size) * torch.fft.rfft(taps, size), size)


def wrapped_round(audio: Tensor, taps: Tensor) -> Tensor:
    size = max(audio.shape[-1], taps.shape[-1])
    return torch.fft.irfft(torch.fft.rfft(audio, size) * torch.fft.rfft(taps, size), size)


def correlated(audio: Tensor, taps: Tensor) -> Tensor:
    size = audio.shape[-1] + taps.shape[-1] - 1
    return torch.fft.irfft(torch.fft.rfft(audio, size) * torch.fft.rfft(taps, size).conj(), size)


def tail_wrapped(attempt: Attempt) -> str | None:
    audio, taps = attempt.arguments["audio"], attempt.arguments["taps"]
    circle = wrapped_round(audio, taps).double()
    got = attempt.got[..., : circle.shape[-1]]
    if got.shape != circle.shape or not torch.allclose(got, circle, atol=1e-4):
        return None
    if torch.allclose(circle, attempt.want[..., : circle.shape[-1]], atol=1e-4):
        return None
    n, m = audio.shape[-1], taps.shape[-1]
    off = float((circle - attempt.want[..., : circle.shape[-1]]).abs().max())
    return (
        f"the end was added to the beginning (off by {off:.2f} there): an FFT of {circle.shape[-1]} takes the sound for a "
        f"circle, and {n} samples through {m} taps are {n + m - 1} long. Fill up with zeros to that length: rfft(audio, size)."
    )


def length_off(attempt: Attempt) -> str | None:
    n, m = attempt.arguments["audio"].shape[-1], attempt.arguments["taps"].shape[-1]
    got = attempt.got.shape[-1]
    if attempt.got.ndim != attempt.want.ndim or got == n + m - 1:
        return None
    if got == n + m:
        return (
            f"one sample too long, {got}: the first tap adds nothing to the length. The last sample of {n} meets the last of "
            f"{m} taps at sample {n - 1} + {m - 1}, so there are {n} + {m} - 1."
        )
    if got == n + m - 2:
        return f"one sample too short, {got}: an irfft that is not told its length gives an even one. irfft(spectrum, size)."
    if got == n:
        return f"the tail is missing: your result ends with the sound, at {n} samples, but the filter rings on for {m - 1} more."
    return None


CONVOLVE = Exercise(
    number="4.2",
    name="fft_convolve",
    reference=fft_convolve,
    cases=(
        Case(
            "100 samples of noise through three taps",
            {"audio": noise(100, seed=2), "taps": torch.tensor([0.5, 1.0, -0.25])},
            gradients=("audio", "taps"),
        ),
        Case(
            "a click at the end, through 41 taps: all of it is tail",
            {
                "audio": F.pad(torch.ones(1, 1), (59, 0)),
                "taps": torch.linspace(1, 0.2, 41)[None],
            },
        ),
        Case(
            "a batch of 2 with 3 pieces of 128 samples each, and a filter of 32 taps for each",
            {"audio": noise(2, 3, 128, seed=3), "taps": noise(2, 3, 32, seed=4)},
            gradients=("audio", "taps"),
        ),
    ),
    hints=(
        tail_wrapped,
        length_off,
        looks_like(
            correlated,
            "your filter runs backwards: the conjugate of a spectrum belongs to the response turned round in time. "
            "Multiply the spectra as they are.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def fft_convolve(audio, taps):
    size = audio.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(audio, size) * torch.fft.rfft(taps, size), size)
""",
            r"the end was added to the beginning \(off by .* 100 samples through 3 taps are 102 long",
        ),
        WrongAnswer(
            """
def fft_convolve(audio, taps):
    size = audio.shape[-1] + taps.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(audio, size) * torch.fft.rfft(taps, size), size)
""",
            r"one sample too long, 103",
        ),
        WrongAnswer(
            """
def fft_convolve(audio, taps):
    size = audio.shape[-1] + taps.shape[-1] - 1
    spectrum = torch.fft.rfft(audio, size) * torch.fft.rfft(taps, size)
    return torch.fft.irfft(spectrum, size)[..., : audio.shape[-1]]
""",
            r"the tail is missing: your result ends with the sound, at 100 samples",
        ),
    ),
    atol=1e-4,
)

# --- 4.3 in time ------------------------------------------------------------------------------------------------------


def filter_in_time(audio: Tensor, taps: Tensor) -> Tensor:
    centre = taps.shape[-1] // 2
    return fft_convolve(audio, taps)[..., centre : centre + audio.shape[-1]]


def strongest(sound: Tensor) -> int:
    return int(sound.reshape(-1, sound.shape[-1])[0].abs().argmax())


def late(attempt: Attempt) -> str | None:
    if attempt.got.shape != attempt.want.shape or int((attempt.arguments["audio"] != 0).sum()) != 1:
        return None
    got, want, taps = strongest(attempt.got), strongest(attempt.want), attempt.arguments["taps"].shape[-1]
    if got == want:
        return None
    return (
        f"the click at sample {want} comes out at {got}: {abs(got - want)} sample{'s' * (abs(got - want) > 1)} "
        f"{'late' if got > want else 'early'}. The centre of these {taps} taps is tap {taps // 2}; so many samples belong "
        f"cut off at the start."
    )


def not_as_long(attempt: Attempt) -> str | None:
    n, m = attempt.arguments["audio"].shape[-1], attempt.arguments["taps"].shape[-1]
    if attempt.got.shape[-1] == n:
        return None
    return f"{attempt.got.shape[-1]} samples came out of {n}: cut {m // 2} off at the start, and keep {n}."


def backwards(audio: Tensor, taps: Tensor) -> Tensor:
    centre = (taps.shape[-1] - 1) // 2
    return fft_convolve(audio, taps.flip(-1))[..., centre : centre + audio.shape[-1]]


def in_a_circle(audio: Tensor, taps: Tensor) -> Tensor:
    size = max(audio.shape[-1], taps.shape[-1])
    circle = torch.fft.irfft(torch.fft.rfft(audio, size) * torch.fft.rfft(taps, size), size)
    return circle.roll(-(taps.shape[-1] // 2), -1)[..., : audio.shape[-1]]


def click(at: int, samples: int) -> Tensor:
    sound = torch.zeros(1, samples)
    sound[0, at] = 1.0
    return sound


IN_TIME = Exercise(
    number="4.3",
    name="filter_in_time",
    reference=filter_in_time,
    cases=(
        Case(
            "a click at sample 500 of 1000, through 128 taps",
            {
                "audio": click(500, 1000),
                "taps": impulse_response(torch.exp(-((torch.arange(65) - 12.0) ** 2) / 200)),
            },
            gradients=("audio", "taps"),
        ),
        Case(
            "a click at sample 30 of 200, through 33 taps",
            {"audio": click(30, 200), "taps": torch.hann_window(35, periodic=False)[1:-1] / 17},
        ),
        Case(
            "200 samples of noise through 32 taps that are not symmetric",
            {"audio": noise(2, 200, seed=11), "taps": noise(32, seed=12)},
        ),
        Case(
            "50 samples of noise through 33 taps that are not symmetric",
            {"audio": noise(50, seed=13), "taps": noise(33, seed=14)},
        ),
        Case(
            "noise shorter than its filter: 50 samples, 128 taps",
            {"audio": noise(2, 50, seed=5), "taps": impulse_response(torch.linspace(1, 0, 65) ** 2)},
        ),
    ),
    hints=(
        late,
        not_as_long,
        looks_like(
            backwards,
            "your filter runs backwards in time. conv1d does not turn its taps round, so flip them for it; fft_convolve wants "
            "them as they are.",
        ),
        looks_like(
            in_a_circle,
            "the end of the sound wraps round to its beginning: make the whole result first, with its tail (fft_convolve), then cut.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def filter_in_time(audio, taps):
    return fft_convolve(audio, taps)[..., : audio.shape[-1]]
""",
            r"the click at sample 500 comes out at 564: 64 samples late",
        ),
        WrongAnswer(
            """
def filter_in_time(audio, taps):
    half, n = taps.shape[-1] // 2, audio.shape[-1]
    rows = torch.nn.functional.pad(audio.reshape(-1, 1, n), (half, half))
    return torch.nn.functional.conv1d(rows, taps[None, None])[..., :n].reshape(audio.shape)
""",
            r"your filter runs backwards in time",
        ),
        WrongAnswer(
            """
def filter_in_time(audio, taps):
    size = max(audio.shape[-1], taps.shape[-1])
    circle = torch.fft.irfft(torch.fft.rfft(audio, size) * torch.fft.rfft(taps, size), size)
    return circle.roll(-(taps.shape[-1] // 2), -1)[..., : audio.shape[-1]]
""",
            r"the end of the sound wraps round to its beginning",
        ),
        WrongAnswer(
            """
def filter_in_time(audio, taps):
    start = (taps.shape[-1] - 1) // 2
    return fft_convolve(audio, taps)[..., start : start + audio.shape[-1]]
""",
            r"comes out at 501: 1 sample late",
        ),
        WrongAnswer(
            """
def filter_in_time(audio, taps):
    return fft_convolve(audio, taps)[..., taps.shape[-1] // 2 :]
""",
            r"1063 samples came out of 1000: cut 64 off at the start, and keep 1000",
        ),
    ),
    atol=1e-4,
)

# --- 4.4 filters that move --------------------------------------------------------------------------------------------


def moving_filter(pieces: Tensor, magnitudes: Tensor) -> Tensor:
    return _laid_down(fft_convolve(pieces, impulse_response(magnitudes)), pieces, magnitudes)


def _laid_down(filtered: Tensor, pieces: Tensor, magnitudes: Tensor, delay: int | None = None) -> Tensor:
    batch, frames, length = pieces.shape
    hop = length // 2
    total = torch.zeros(batch, (frames - 1) * hop + filtered.shape[-1], dtype=filtered.dtype)
    for i in range(frames):
        total[:, i * hop : i * hop + filtered.shape[-1]] += filtered[:, i]
    start = hop + _taps(magnitudes) // 2 if delay is None else delay
    return total[:, start : start + frames * hop]


def tails_cut(pieces: Tensor, magnitudes: Tensor) -> Tensor:
    """Each piece filtered to its own length: what rings on after it, and before it, is thrown away."""
    taps = impulse_response(magnitudes)
    return _laid_down(filter_in_time(pieces, taps), pieces, magnitudes, delay=pieces.shape[-1] // 2)


def heads_cut(pieces: Tensor, magnitudes: Tensor) -> Tensor:
    filtered = fft_convolve(pieces, impulse_response(magnitudes))[..., : pieces.shape[-1]]
    return _laid_down(F.pad(filtered, (0, _taps(magnitudes))), pieces, magnitudes)


def frames_reversed(pieces: Tensor, magnitudes: Tensor) -> Tensor:
    return moving_filter(pieces, magnitudes.flip(1))


def last_one_wins(pieces: Tensor, magnitudes: Tensor) -> Tensor:
    filtered = fft_convolve(pieces, impulse_response(magnitudes))
    batch, frames, length = pieces.shape
    hop = length // 2
    total = torch.zeros(batch, (frames - 1) * hop + filtered.shape[-1])
    for i in range(frames):
        total[:, i * hop : i * hop + filtered.shape[-1]] = filtered[:, i]
    start = hop + _taps(magnitudes) // 2
    return total[:, start : start + frames * hop]


def dips(attempt: Attempt) -> str:
    hop = attempt.arguments["pieces"].shape[-1] // 2
    missing = 1 - float(attempt.got.square().sum() / attempt.want.square().sum())
    return (
        f"{missing:.0%} of the energy is missing, every {hop} samples: each piece was cut to its own length again, and what the "
        f"filter rings on was thrown away. At 16 kHz that comes {16000 / hop:.0f} times a second, a buzz. Add the tails too."
    )


def overwritten(attempt: Attempt) -> str:
    missing = 1 - float(attempt.got.square().sum() / attempt.want.square().sum())
    return (
        f"{missing:.0%} of the energy is missing: each piece wipes out what the one before it left. Where they overlap they "
        f"must add up: +=, not =."
    )


def shifted(attempt: Attempt) -> str | None:
    if attempt.got.shape != attempt.want.shape:
        return None
    got, want = attempt.got[0], attempt.want[0]
    for lag in range(1, min(200, len(got) // 2)):
        if torch.allclose(got[lag:], want[:-lag], atol=1e-4):
            hop, taps = attempt.arguments["pieces"].shape[-1] // 2, _taps(attempt.arguments["magnitudes"])
            return (
                f"right, but {lag} samples late: piece 0 begins one hop ({hop}) before the sound does, and each filter's centre "
                f"is tap {taps // 2}. Cut off both."
            )
    return None


def pieces_of(audio: Tensor, hop: int) -> Tensor:
    """Overlapping pieces that add up to the sound: [batch, frames, 2 * hop], piece i centred on sample i * hop."""
    batch, samples = audio.shape
    frames = samples // hop
    blocks = audio.reshape(batch, frames, hop)
    fade_in = 0.5 - 0.5 * torch.cos(math.pi * torch.arange(hop) / hop)
    fade_out = (1 - fade_in).repeat(frames, 1)
    fade_out[-1] = 1.0
    before = F.pad(blocks[:, :-1], (0, 0, 1, 0))
    return torch.cat([before * fade_in, blocks * fade_out], dim=-1)


MOVING = Exercise(
    number="4.4",
    name="moving_filter",
    reference=moving_filter,
    cases=(
        Case(
            "noise, 12 frames of 64 samples, through filters of 9 bands that open",
            {
                "pieces": pieces_of(noise(1, 768, seed=6), 64),
                "magnitudes": torch.sigmoid(torch.arange(12.0)[:, None] - torch.arange(9.0) - 2)[None],
            },
            gradients=("magnitudes",),
        ),
        Case(
            "noise, 10 frames of 64 samples, a batch of 2, through 65 random bands",
            {"pieces": pieces_of(noise(2, 640, seed=7), 64), "magnitudes": noise(2, 10, 65, seed=8).abs()},
            gradients=("pieces", "magnitudes"),
        ),
        Case(
            "filters that let all through: the sound itself must come out",
            {"pieces": pieces_of(noise(1, 320, seed=9), 32), "magnitudes": torch.ones(1, 10, 33)},
        ),
    ),
    hints=(
        looks_like(tails_cut, dips),
        looks_like(heads_cut, dips),
        looks_like(last_one_wins, overwritten),
        looks_like(
            frames_reversed,
            "the filters come in the wrong order: your first frame got the last filter. (Do you count backwards somewhere?)",
        ),
        shifted,
    ),
    wrong_answers=(
        WrongAnswer(
            """
def moving_filter(pieces, magnitudes):
    batch, frames, length = pieces.shape
    hop = length // 2
    filtered = filter_in_time(pieces, impulse_response(magnitudes))
    total = torch.zeros(batch, (frames + 1) * hop)
    for i in range(frames):
        total[:, i * hop : i * hop + length] += filtered[:, i]
    return total[:, hop:]
""",
            r"\d+% of the energy is missing, every 64 samples.*250 times a second",
        ),
        WrongAnswer(
            """
def moving_filter(pieces, magnitudes):
    batch, frames, length = pieces.shape
    hop = length // 2
    filtered = fft_convolve(pieces, impulse_response(magnitudes))
    total = torch.zeros(batch, (frames + 4) * hop + filtered.shape[-1])
    for i in range(frames):
        total[:, i * hop : i * hop + filtered.shape[-1]] += filtered[:, i]
    return total[:, hop : hop + frames * hop]
""",
            r"right, but 8 samples late: piece 0 begins one hop \(64\)",
        ),
        WrongAnswer(
            """
def moving_filter(pieces, magnitudes):
    batch, frames, length = pieces.shape
    hop = length // 2
    filtered = fft_convolve(pieces, impulse_response(magnitudes))
    total = torch.zeros(batch, (frames - 1) * hop + filtered.shape[-1])
    for i in range(frames):
        total[:, i * hop : i * hop + filtered.shape[-1]] = filtered[:, i]
    start = hop + magnitudes.shape[-1] - 1
    return total[:, start : start + frames * hop]
""",
            r"each piece wipes out what the one before it left",
        ),
    ),
    atol=1e-4,
)

# --- 4.5 how loud will it be ------------------------------------------------------------------------------------------


def noise_rms(taps: Tensor) -> Tensor:
    return (taps.square().sum(dim=-1) / 3).sqrt()


def third_forgotten(taps: Tensor) -> Tensor:
    return taps.square().sum(dim=-1).sqrt()


def half_for_a_third(taps: Tensor) -> Tensor:
    return (taps.square().sum(dim=-1) / 2).sqrt()


def mean_of_taps(taps: Tensor) -> Tensor:
    return (taps.square().mean(dim=-1) / 3).sqrt()


def mean_magnitude(taps: Tensor) -> Tensor:
    return torch.fft.fft(taps).abs().mean(dim=-1) / math.sqrt(3)


def mean_magnitude_of_half(taps: Tensor) -> Tensor:
    return torch.fft.rfft(taps).abs().mean(dim=-1) / math.sqrt(3)


def mean_square_of_half(taps: Tensor) -> Tensor:
    return (torch.fft.rfft(taps).abs().square().mean(dim=-1) / 3).sqrt()


def amplitudes_added(taps: Tensor) -> Tensor:
    return taps.abs().sum(dim=-1) / math.sqrt(3)


def off_db(attempt: Attempt) -> float:
    return 20 * math.log10(float(attempt.got.reshape(-1)[0] / attempt.want.reshape(-1)[0]))


def too_loud(attempt: Attempt) -> str:
    return (
        f"{off_db(attempt):.1f} dB too loud: noise that is even between -1 and 1 does not have a mean square of 1. Its square is "
        f"on average the integral of x^2 from -1 to 1, over 2."
    )


def magnitudes_averaged(attempt: Attempt) -> str:
    return (
        f"{-off_db(attempt):.1f} dB too soft: you averaged the gains and squared the result. What adds up is power, so square "
        f"first: the mean of squares is never below the square of the mean."
    )


RMS = Exercise(
    number="4.5",
    name="noise_rms",
    reference=noise_rms,
    cases=(
        Case(
            "a narrow band: 128 taps",
            {"taps": impulse_response(torch.exp(-((torch.arange(65) - 20.0) ** 2) / 20))},
            gradients=("taps",),
        ),
        Case(
            "a single tap of 0.5, a low pass of 33 taps",
            {"taps": torch.stack([0.5 * F.one_hot(torch.tensor(16), 33).float(), torch.ones(33) / 33])},
            gradients=("taps",),
        ),
    ),
    hints=(
        looks_like(third_forgotten, too_loud),
        looks_like(half_for_a_third, too_loud),
        looks_like(mean_magnitude, magnitudes_averaged),
        looks_like(mean_magnitude_of_half, magnitudes_averaged),
        looks_like(
            mean_of_taps,
            lambda attempt: (
                f"{-off_db(attempt):.1f} dB too soft, which is the number of taps: every tap adds its own share of power, so "
                f"take their sum, not their mean."
            ),
        ),
        looks_like(
            amplitudes_added,
            lambda attempt: (
                f"{off_db(attempt):.1f} dB too loud: amplitudes add up only where all go the same way. These samples know nothing "
                f"of each other; their powers add."
            ),
        ),
        looks_like(
            mean_square_of_half,
            lambda attempt: (
                f"off by {off_db(attempt):+.2f} dB: rfft gives half of the circle, and in a mean over the whole of it 0 Hz and "
                f"half the sample rate stand once, all others twice. (Sum the squares of the taps: it is the same.)"
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def noise_rms(taps):
    return taps.square().sum(dim=-1).sqrt()
""",
            r"4\.8 dB too loud",
        ),
        WrongAnswer(
            """
def noise_rms(taps):
    return torch.fft.rfft(taps).abs().mean(dim=-1) / math.sqrt(3)
""",
            r"dB too soft: you averaged the gains",
        ),
        WrongAnswer(
            """
def noise_rms(taps):
    return (taps.square().mean(dim=-1) / 3).sqrt()
""",
            r"21\.1 dB too soft, which is the number of taps",
        ),
    ),
    axes=("filter",),
)

EXERCISES = (RESPONSE, CONVOLVE, IN_TIME, MOVING, RMS)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    ChoiceQuestion(
        "4.6",
        answer=encode("c"),
        replies={
            "a": "more lines, each as wild as before: every one is a new number drawn by chance. Only *averaging over several* "
            "spectra makes the curve calm.",
            "b": "the level of one line depends on how one scales; its *scatter* stays, and it is the scatter that you see.",
            "c": "right: ten times as many lines, a tenth as far apart, and each scatters about the mean as before.",
            "d": "it cannot: even is what the *mean* is. One draw is never even.",
        },
    ),
    NumberQuestion(
        "4.7",
        answer=encode(0.5),
        tolerance=0.02,
        unit="",
        right="right: one half of itself and a quarter of each neighbour, which are 0.",
        misconceptions=(
            (
                1.0,
                0.02,
                "that is so without a window. With it, each point becomes the mean of itself and its neighbours.",
            ),
            (0.25, 0.02, "that is what the two neighbours get: a quarter each. The point itself keeps more."),
            (0.333, 0.02, "a mean of three, but not with equal weights: they are 1/4, 1/2, 1/4."),
            (0.0, 0.01, "the window is 0 at the end of the *response*, not at the frequency."),
        ),
    ),
    NumberQuestion(
        "4.8",
        answer=encode(-6.0),
        tolerance=0.4,
        unit="dB",
        right="right: a quarter of the frequencies, a quarter of the power, 10 log10(1/4).",
        misconceptions=(
            (-12.0, 0.5, "that would be a quarter of the *amplitude*. What adds up over frequencies is power."),
            (-3.0, 0.5, "that is half of the band. This is a quarter."),
            (6.0, 0.4, "softer, so the sign is minus."),
            (0.0, 0.3, "what is left is as strong as before at each frequency; but three quarters of it are gone."),
            (
                -4.8,
                0.3,
                "that is what evenly spread noise has against 1, filtered or not. How much does the filter take away?",
            ),
        ),
    ),
)
