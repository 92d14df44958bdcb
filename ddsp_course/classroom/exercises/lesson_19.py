"""Lesson 19, pitch without a teacher: what its exercises are judged by."""

from __future__ import annotations

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
    number=19,
    topic="pitch_without_a_teacher",
    title="Pitch without a teacher",
    builds="a distance that carries energy instead of comparing it, a sine whose frequency can be learned, and an ear for pitch that nobody taught",
    hears="tones from anywhere that meet at one pitch, and a melody followed by an ear that has never seen a label",
    minutes_to_read=55,
    minutes_to_run=1,
)

# --- 19.1 which way is home? ------------------------------------------------------------------------------------------


def share_home(f_hz: Tensor, losses: Tensor, target_hz: float) -> Tensor:
    middle = (f_hz[1:] + f_hz[:-1]) / 2
    return ((losses.diff() > 0) == (middle > target_hz)).double().mean()


def from_the_minimum(f_hz: Tensor, losses: Tensor, target_hz: float) -> Tensor:
    return share_home(f_hz, losses, float(f_hz[losses.argmin()]))


def falling_only(f_hz: Tensor, losses: Tensor, target_hz: float) -> Tensor:
    return (losses.diff() < 0).double().mean()


GRID_HZ = torch.arange(100.0, 1000.0, 20.0)
HOME = Exercise(
    number="19.1",
    name="share_home",
    reference=share_home,
    cases=(
        Case(
            "one valley at 440 Hz",
            {"f_hz": GRID_HZ, "losses": (GRID_HZ - 440).abs() / 100, "target_hz": 445.0},
        ),
        Case(
            "ripples, target 445 Hz",
            {"f_hz": GRID_HZ, "losses": 1 - torch.sinc((GRID_HZ - 445) / 130), "target_hz": 445.0},
        ),
        Case(
            "a valley at 300 Hz, where the target is 715 Hz",
            {"f_hz": GRID_HZ, "losses": ((GRID_HZ - 300) / 100).square(), "target_hz": 715.0},
        ),
    ),
    hints=(
        looks_like(
            lambda **given: 1 - share_home(**given),
            lambda attempt: (
                f"{float(attempt.got):.2f} where it is {float(attempt.want):.2f}, the other share: upside down. If the loss "
                f"*rises* to the right, downhill is to the left, and that is home if you stand above the target."
            ),
        ),
        looks_like(
            falling_only,
            lambda attempt: (
                f"{float(attempt.got):.2f}: that is how often the loss falls to the right. It is the right way only below "
                f"the target; above it the loss must rise."
            ),
        ),
        looks_like(
            from_the_minimum,
            lambda attempt: (
                f"{float(attempt.got):.2f} instead of {float(attempt.want):.2f}: you ask for the way to the lowest loss. Home "
                f"is target_hz = {attempt.arguments['target_hz']:g} Hz, which need not be where the loss is lowest."
            ),
        ),
        looks_like(
            lambda **given: 100 * share_home(**given),
            lambda attempt: f"{float(attempt.got):.0f} is in percent; a share lies between 0 and 1.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def share_home(f_hz, losses, target_hz):
    middle = (f_hz[1:] + f_hz[:-1]) / 2
    return ((losses.diff() > 0) == (middle < target_hz)).float().mean()
""",
            r"the other share: upside down",
        ),
        WrongAnswer(
            """
def share_home(f_hz, losses, target_hz):
    return (losses.diff() < 0).float().mean()
""",
            r"how often the loss falls to the right",
        ),
        WrongAnswer(
            """
def share_home(f_hz, losses, target_hz):
    middle = (f_hz[1:] + f_hz[:-1]) / 2
    return ((losses.diff() > 0) == (middle > f_hz[losses.argmin()])).float().mean()
""",
            r"the way to the lowest loss\. Home is target_hz = \d+ Hz",
        ),
    ),
    atol=1e-4,
    axes=(),
)

# --- 19.2 transport ---------------------------------------------------------------------------------------------------


def transport(ours: Tensor, theirs: Tensor, bin_hz: float) -> Tensor:
    return dsp.spectral_transport_distance(
        ours, theirs, bin_hz * torch.arange(ours.shape[-1], dtype=ours.dtype, device=ours.device)
    )


def _shares(spectrum: Tensor) -> Tensor:
    return spectrum / spectrum.sum(-1, keepdim=True)


def bin_by_bin(ours: Tensor, theirs: Tensor, bin_hz: float) -> Tensor:
    return bin_hz * (_shares(ours) - _shares(theirs)).abs().sum(-1)


def means_only(ours: Tensor, theirs: Tensor, bin_hz: float) -> Tensor:
    return bin_hz * (_shares(ours) - _shares(theirs)).cumsum(-1).sum(-1).abs()


def signed(ours: Tensor, theirs: Tensor, bin_hz: float) -> Tensor:
    return bin_hz * (_shares(ours) - _shares(theirs)).cumsum(-1).sum(-1)


def unnormalised(ours: Tensor, theirs: Tensor, bin_hz: float) -> Tensor:
    return bin_hz * (ours - theirs).cumsum(-1).abs().sum(-1)


def averaged(ours: Tensor, theirs: Tensor, bin_hz: float) -> Tensor:
    return transport(ours, theirs, bin_hz) / ours.shape[-1]


def lines(*heights: tuple[int, float], floor: float = 1e-6) -> Tensor:
    """A spectrum of 20 bins: nothing (the floor) but lines of these heights at these bins."""
    spectrum = torch.full((20,), floor)
    for place, height in heights:
        spectrum[place] = height
    return spectrum


def first(value: Tensor) -> float:
    return float(value.flatten()[0])


def in_bins(attempt: Attempt) -> str | None:
    bin_hz = attempt.arguments["bin_hz"]
    if bin_hz == 1 or attempt.got.shape != attempt.want.shape:
        return None
    if not torch.allclose(attempt.got * bin_hz, attempt.want, rtol=1e-3):
        return None
    return f"{first(attempt.got):.2f} is in bins. One bin is {bin_hz:g} Hz: {first(attempt.want):.1f} Hz."


TRANSPORT = Exercise(
    number="19.2",
    name="transport",
    reference=transport,
    cases=(
        Case(
            "one line at bin 4 against one at bin 9, three times as high; bins of 10 Hz",
            {"ours": lines((4, 1.0)), "theirs": lines((9, 3.0)), "bin_hz": 10.0},
            gradients=("ours",),
        ),
        Case(
            "two lines that move apart: 8 and 10 against 4 and 13; bins of 10 Hz",
            {"ours": lines((8, 1.0), (10, 1.0)), "theirs": lines((4, 1.0), (13, 1.0)), "bin_hz": 10.0},
        ),
        Case(
            "two spectra in one batch; bins of 31.25 Hz",
            {
                # Sums that differ, and a floor: no running difference is 0, where |x| has no gradient.
                "ours": torch.stack([lines((3, 1.0), (6, 0.5), floor=1e-3), lines((10, 1.0), floor=1e-3)]),
                "theirs": torch.stack([lines((5, 1.0), (10, 0.4), floor=1e-3), lines((2, 0.4), (12, 0.1), floor=1e-3)]),
                "bin_hz": 31.25,
            },
            gradients=("ours", "theirs"),
        ),
    ),
    hints=(
        in_bins,
        looks_like(
            bin_by_bin,
            lambda attempt: (
                f"{first(attempt.got):.1f}: bin by bin you get the same for any two lines that do not overlap, near or far. "
                f"Compare the *running sums*: torch.cumsum over the bins."
            ),
        ),
        looks_like(
            signed,
            lambda attempt: (
                f"{first(attempt.got):.1f} instead of {first(attempt.want):.1f}: without the absolute value what is carried "
                f"up and what is carried down cancel."
            ),
        ),
        looks_like(
            means_only,
            lambda attempt: (
                f"{first(attempt.got):.1f} instead of {first(attempt.want):.1f}: with the absolute value after the sum you "
                f"compare the mean frequencies only, and two lines that move apart cost nearly nothing. Absolute value first."
            ),
        ),
        looks_like(
            unnormalised,
            lambda attempt: (
                f"{first(attempt.got):.0f} instead of {first(attempt.want):.0f}: the two have different sums, so something "
                f"is left over at the end of the axis. Divide each spectrum by its own sum."
            ),
        ),
        looks_like(
            averaged,
            lambda attempt: (
                f"{first(attempt.got):.2f}: a mean over {attempt.arguments['ours'].shape[-1]} bins. It is an area: sum, "
                f"times the width of a bin."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def transport(ours, theirs, bin_hz):
    ours, theirs = (x / x.sum(-1, keepdim=True) for x in (ours, theirs))
    return bin_hz * (ours - theirs).abs().sum(-1)
""",
            r"bin by bin you get the same for any two lines",
        ),
        WrongAnswer(
            """
def transport(ours, theirs, bin_hz):
    return bin_hz * (ours.cumsum(-1) - theirs.cumsum(-1)).abs().sum(-1)
""",
            r"the two have different sums",
        ),
        WrongAnswer(
            """
def transport(ours, theirs, bin_hz):
    ours, theirs = (x / x.sum(-1, keepdim=True) for x in (ours, theirs))
    return bin_hz * (ours.cumsum(-1) - theirs.cumsum(-1)).sum(-1).abs()
""",
            r"5\.0 instead of 35\.0: with the absolute value after the sum",
        ),
        WrongAnswer(
            """
def transport(ours, theirs, bin_hz):
    ours, theirs = (x / x.sum(-1, keepdim=True) for x in (ours, theirs))
    return (ours.cumsum(-1) - theirs.cumsum(-1)).abs().sum(-1)
""",
            r"5\.00 is in bins\. One bin is 10 Hz: 50\.0 Hz",
        ),
        WrongAnswer(
            """
def transport(ours, theirs, bin_hz):
    ours, theirs = (x / x.sum(-1, keepdim=True) for x in (ours, theirs))
    return bin_hz * (ours.cumsum(-1) - theirs.cumsum(-1)).abs().mean(-1)
""",
            r"a mean over 20 bins\. It is an area",
        ),
    ),
    atol=1e-3,
    axes=("spectrum",),
    unit="Hz",
)

# --- 19.3 the surrogate -----------------------------------------------------------------------------------------------


def damped_tone(real: Tensor, imaginary: Tensor, n_samples: int) -> Tensor:
    return dsp.damped_exponential(torch.complex(real, imaginary), n_samples).real


def _polar(real: Tensor, imaginary: Tensor, n_samples: int) -> tuple[Tensor, Tensor, Tensor]:
    n = torch.arange(n_samples, dtype=real.dtype)
    return torch.hypot(real, imaginary)[..., None], torch.atan2(imaginary, real)[..., None], n


def undamped(real: Tensor, imaginary: Tensor, n_samples: int) -> Tensor:
    _, angle, n = _polar(real, imaginary, n_samples)
    return torch.cos(angle * n)


def scaled_only(real: Tensor, imaginary: Tensor, n_samples: int) -> Tensor:
    size, angle, n = _polar(real, imaginary, n_samples)
    return size * torch.cos(angle * n)


def from_one(real: Tensor, imaginary: Tensor, n_samples: int) -> Tensor:
    size, angle, n = _polar(real, imaginary, n_samples)
    return size ** (n + 1) * torch.cos(angle * (n + 1))


def imaginary_part(real: Tensor, imaginary: Tensor, n_samples: int) -> Tensor:
    size, angle, n = _polar(real, imaginary, n_samples)
    return size**n * torch.sin(angle * n)


DAMPED = Exercise(
    number="19.3",
    name="damped_tone",
    reference=damped_tone,
    cases=(
        Case(
            "z = 0.6 + 0.5i, 6 samples",
            {"real": torch.tensor([0.6]), "imaginary": torch.tensor([0.5]), "n_samples": 6},
            gradients=("real", "imaginary"),
        ),
        Case(
            "three numbers in the disc, 40 samples",
            {
                "real": torch.tensor([0.9, -0.3, 0.1]),
                "imaginary": torch.tensor([0.2, 0.8, 0.95]),
                "n_samples": 40,
            },
            gradients=("real", "imaginary"),
        ),
    ),
    hints=(
        looks_like(
            undamped,
            lambda attempt: (
                f"yours does not die away: sample 5 is {float(attempt.got[0, 5]):.2f} instead of "
                f"{float(attempt.want[0, 5]):.3f}. The size of z must go to the power n as well."
            ),
        ),
        looks_like(
            scaled_only,
            lambda attempt: (
                f"yours begins at {float(attempt.got[0, 0]):.2f} and stays as strong: z times a cosine. Sample 0 is z to "
                f"the power 0, which is 1, and each further one is z times smaller."
            ),
        ),
        looks_like(
            from_one,
            lambda attempt: (
                f"yours begins at {float(attempt.got[0, 0]):.2f}, which is z itself. n begins at 0: sample 0 is 1."
            ),
        ),
        looks_like(
            imaginary_part,
            lambda attempt: (
                f"yours begins at {float(attempt.got[0, 0]):.0f}: that is the imaginary part, a dying sine. Asked for is "
                f"the real part, a dying cosine."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def damped_tone(real, imaginary, n_samples):
    angle = torch.atan2(imaginary, real)
    return torch.cos(angle[:, None] * torch.arange(n_samples))
""",
            r"yours does not die away: sample 5 is -?\d\.\d\d instead of",
        ),
        WrongAnswer(
            """
def damped_tone(real, imaginary, n_samples):
    z = torch.complex(real, imaginary)
    return (z[:, None] ** torch.arange(1, n_samples + 1)).real
""",
            r"yours begins at 0\.60, which is z itself",
        ),
        WrongAnswer(
            """
def damped_tone(real, imaginary, n_samples):
    z = torch.complex(real, imaginary)
    return (z[:, None] ** torch.arange(n_samples)).imag
""",
            r"yours begins at -?0: that is the imaginary part",
        ),
        WrongAnswer(
            """
def damped_tone(real, imaginary, n_samples):
    z = torch.complex(real, imaginary)
    return z.abs()[:, None] * torch.cos(z.angle()[:, None] * torch.arange(n_samples))
""",
            r"yours begins at 0\.78 and stays as strong",
        ),
    ),
    atol=1e-4,
    axes=("pole", "sample"),
)

# --- 19.4 two views of one frame --------------------------------------------------------------------------------------


def transposed(spectra: Tensor, shifts: Tensor, reach: int) -> Tensor:
    width = spectra.shape[1] - 2 * reach
    return spectra.gather(1, reach + shifts[:, None] + torch.arange(width, device=spectra.device))


def other_way(spectra: Tensor, shifts: Tensor, reach: int) -> Tensor:
    return transposed(spectra, -shifts, reach)


def all_alike(spectra: Tensor, shifts: Tensor, reach: int) -> Tensor:
    return transposed(spectra, shifts[:1].expand_as(shifts), reach)


def wrapped(spectra: Tensor, shifts: Tensor, reach: int) -> Tensor:
    width = spectra.shape[1] - 2 * reach
    return spectra.gather(1, (shifts[:, None] + torch.arange(width)) % spectra.shape[1])


def whole_row(attempt: Attempt) -> str | None:
    bins = attempt.arguments["spectra"].shape[1]
    if attempt.got.ndim != 2 or attempt.got.shape[1] != bins:
        return None
    return (
        f"yours keeps all {bins} bins, so what leaves at one end comes back at the other, or nothing does. Cut a window of "
        f"{attempt.want.shape[1]} bins, which has something to show wherever it stands."
    )


VIEWS = Exercise(
    number="19.4",
    name="transposed",
    reference=transposed,
    cases=(
        Case(
            "10 bins, reach 2, moved by 0, 2 and -1",
            {
                "spectra": torch.arange(30.0).reshape(3, 10) ** 1.5,
                "shifts": torch.tensor([0, 2, -1]),
                "reach": 2,
            },
        ),
        Case(
            "12 bins, reach 3, moved by 3, -3, 1 and -2",
            {
                "spectra": torch.sin(1.7 * torch.arange(48.0)).reshape(4, 12),
                "shifts": torch.tensor([3, -3, 1, -2]),
                "reach": 3,
            },
        ),
    ),
    hints=(
        whole_row,
        looks_like(
            other_way,
            "the other way round: a window that begins at bin reach + shift, so a positive shift sees higher bins.",
        ),
        looks_like(
            all_alike,
            lambda attempt: (
                f"every row is moved by {int(attempt.arguments['shifts'][0])}, as the first. Each has a shift of its own: "
                f"{attempt.arguments['shifts'].tolist()}."
            ),
        ),
        looks_like(
            wrapped,
            "your windows begin at bin shift; without `reach` in front, a negative shift reaches round to the other end.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def transposed(spectra, shifts, reach):
    return torch.stack([row.roll(-int(k)) for row, k in zip(spectra, shifts)])
""",
            r"yours keeps all 10 bins",
        ),
        WrongAnswer(
            """
def transposed(spectra, shifts, reach):
    width = spectra.shape[1] - 2 * reach
    return spectra.gather(1, reach - shifts[:, None] + torch.arange(width))
""",
            r"the other way round",
        ),
        WrongAnswer(
            """
def transposed(spectra, shifts, reach):
    width = spectra.shape[1] - 2 * reach
    start = reach + int(shifts[0])
    return spectra[:, start : start + width]
""",
            r"every row is moved by 0, as the first|every row is moved by 3, as the first",
        ),
        WrongAnswer(
            """
def transposed(spectra, shifts, reach):
    width = spectra.shape[1] - 2 * reach
    return torch.stack([row.roll(-int(k))[:width] for row, k in zip(spectra, shifts)])
""",
            r"your windows begin at bin shift; without `reach`",
        ),
    ),
    axes=("frame", "bin"),
)

# --- 19.5 the measure -------------------------------------------------------------------------------------------------


def pitch_scores(found_hz: Tensor, true_hz: Tensor) -> Tensor:
    cents = 1200 * torch.log2(found_hz / true_hz)
    octaves = (cents / 1200).round()
    near = (cents - 1200 * octaves).abs() < 50
    return torch.stack([(near & (octaves == 0)).double().mean(), (near & (octaves != 0)).double().mean()])


def in_linear_cents(found_hz: Tensor, true_hz: Tensor) -> Tensor:
    cents = 1200 * (found_hz / true_hz - 1)
    octaves = (cents / 1200).round()
    near = (cents - 1200 * octaves).abs() < 50
    return torch.stack([(near & (octaves == 0)).double().mean(), (near & (octaves != 0)).double().mean()])


def chroma(found_hz: Tensor, true_hz: Tensor) -> Tensor:
    right, octave = pitch_scores(found_hz, true_hz)
    return torch.stack([right, right + octave])


def every_error(found_hz: Tensor, true_hz: Tensor) -> Tensor:
    right, _ = pitch_scores(found_hz, true_hz)
    return torch.stack([right, 1 - right])


def upwards_only(found_hz: Tensor, true_hz: Tensor) -> Tensor:
    right, _ = pitch_scores(found_hz, true_hz)
    cents = 1200 * torch.log2(found_hz / true_hz)
    return torch.stack([right, ((cents - 1200).abs() < 50).double().mean()])


def wrong_by(cents: list[float]) -> dict[str, Tensor]:
    """Pitches that are off by so much."""
    true_hz = 220 * 2 ** (torch.arange(float(len(cents)), dtype=torch.float64) / 12)
    return {"found_hz": true_hz * 2 ** (torch.tensor(cents, dtype=torch.float64) / 1200), "true_hz": true_hz}


SCORES = Exercise(
    number="19.5",
    name="pitch_scores",
    reference=pitch_scores,
    cases=(
        Case(
            "off by 0, 45, -48, 60, -1210, 1190, 2405, 700, -1200, -100, 350, 1902 and -2395 cents",
            wrong_by([0, 45, -48, 60, -1210, 1190, 2405, 700, -1200, -100, 350, 1902, -2395]),
        ),
        Case("all right but two an octave below", wrong_by([3, -7, 12, -1195, 20, -1230, 0, 4])),
        Case("the nearest misses: 49 and 51, -1249 and -1251 cents", wrong_by([49, 51, -1249, -1251])),
    ),
    hints=(
        looks_like(
            chroma,
            lambda attempt: (
                f"your octave errors, {float(attempt.got[1]):.2f}, count the right ones too: an octave error is off by "
                f"1, 2 ... octaves, not by none."
            ),
        ),
        looks_like(
            every_error,
            lambda attempt: (
                f"{float(attempt.got[1]):.2f} are wrong, but not all of them by octaves: a fifth, or 60 cents, is another "
                f"mistake. By octaves it is {float(attempt.want[1]):.2f}."
            ),
        ),
        looks_like(
            upwards_only,
            lambda attempt: (
                f"{float(attempt.got[1]):.2f} octave errors instead of {float(attempt.want[1]):.2f}: those below, or by two "
                f"octaves, are missing. Round cents / 1200 to find the nearest octave."
            ),
        ),
        looks_like(
            in_linear_cents,
            lambda attempt: (
                f"{float(attempt.got[0]):.2f} and {float(attempt.got[1]):.2f}: 1200 * (found / true - 1) is not in cents. "
                f"It says -600 for an octave down: 1200 * log2(found / true)."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def pitch_scores(found_hz, true_hz):
    cents = 1200 * torch.log2(found_hz / true_hz)
    near = (cents - 1200 * (cents / 1200).round()).abs() < 50
    return torch.stack([(cents.abs() < 50).double().mean(), near.double().mean()])
""",
            r"count the right ones too",
        ),
        WrongAnswer(
            """
def pitch_scores(found_hz, true_hz):
    cents = 1200 * torch.log2(found_hz / true_hz)
    right = (cents.abs() < 50).double().mean()
    return torch.stack([right, 1 - right])
""",
            r"are wrong, but not all of them by octaves",
        ),
        WrongAnswer(
            """
def pitch_scores(found_hz, true_hz):
    cents = 1200 * torch.log2(found_hz / true_hz)
    right = (cents.abs() < 50).double().mean()
    return torch.stack([right, ((cents - 1200).abs() < 50).double().mean()])
""",
            r"octave errors instead of 0\.38: those below",
        ),
        WrongAnswer(
            """
def pitch_scores(found_hz, true_hz):
    cents = 1200 * (found_hz / true_hz - 1)
    octaves = (cents / 1200).round()
    near = (cents - 1200 * octaves).abs() < 50
    return torch.stack([(near & (octaves == 0)).double().mean(), (near & (octaves != 0)).double().mean()])
""",
            r"is not in cents",
        ),
    ),
    atol=1e-4,
    axes=("score",),
)

EXERCISES = (HOME, TRANSPORT, DAMPED, VIEWS, SCORES)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    ChoiceQuestion(
        "19.6",
        answer=encode("b"),
        replies={
            "a": "then a descent would arrive from everywhere, and lesson 01's got stuck 5 Hz from home.",
            "b": "right: away from the target the error only ripples, and a ripple goes up as often as down.",
            "c": "10 % would be useful: one could walk the other way.",
            "d": "the phase decides where the ripples lie, not how many of their slopes point home.",
        },
    ),
    NumberQuestion(
        "19.7",
        answer=encode(150),
        tolerance=1,
        unit="Hz",
        right="right: half of the energy is carried 300 Hz, the other half stays where it is.",
        misconceptions=(
            (300, 1, "300 Hz is the way of what moves; but that is only half of the energy."),
            (0, 1, "the line at 300 Hz stays. The one at 600 Hz does not."),
            (600, 1, "carry each line to the nearest free place in order: 300 to 300, 600 to 900."),
            (450, 1, "that is our mean frequency. How far is the energy carried, on average?"),
            (75, 1, "once halved too often: half of the energy goes 300 Hz."),
        ),
    ),
    ChoiceQuestion(
        "19.8",
        answer=encode("c"),
        replies={
            "a": "the valley is where the two spectra can be made alike. With another timbre they cannot, at 440 Hz or anywhere.",
            "b": "it would take a timbre that has only every second harmonic. And transport knows nothing of harmonics.",
            "c": "right: it balances the energy along the axis, and a dark sound has its energy low. A bright template must "
            "go down to match.",
            "d": "for a dark sound the bright template has too much energy high up. Which way must it move?",
        },
    ),
    ChoiceQuestion(
        "19.9",
        answer=encode("a"),
        replies={
            "a": "right: add 5 bins to every answer, and every *difference* stays as it was. One number is open, and one "
            "number has to be measured.",
            "b": "nothing in the training knows what an octave is: an error of 5 bins agrees with it just as well.",
            "c": "the training has seen differences only. Where would the zero have come from?",
            "d": "then two of them in one batch would still agree; but a single net for all, which slides one pattern along "
            "the axis, has one offset.",
        },
    ),
)
