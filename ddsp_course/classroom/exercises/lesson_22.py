"""Lesson 22, all the sounds it could have been: what its exercises are judged by."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ddsp_course.classroom.exercise import (
    Attempt,
    Case,
    ChoiceQuestion,
    Exercise,
    Lesson,
    Misuse,
    NumberQuestion,
    WrongAnswer,
    encode,
    looks_like,
)
from ddsp_course.classroom.exercises.uneven import uneven

LESSON = Lesson(
    number=22,
    topic="all_the_sounds_it_could_have_been",
    title="All the sounds it could have been",
    builds="a sampler that finds not the best fit of a sound but all that are as good, and its checks",
    hears="ten notes that one recording could have been, from close to too hot, and rooms that it cannot tell apart",
    minutes_to_read=60,
    minutes_to_run=1,
)


# --- 22.1 one Langevin step -------------------------------------------------------------------------------------------


def langevin_step(energy, x: Tensor, step: float, noise: Tensor) -> Tensor:
    return _step(energy, x, step, noise)


def _step(energy, x, step, noise, *, heat=2.0, way=-1.0, pool="sum", root=True) -> Tensor:
    """A step down and a kick, with the mistakes that one can make in it as switches."""
    x = x.detach().requires_grad_()
    values = energy(x)
    (slope,) = torch.autograd.grad(values.sum() if pool == "sum" else values.mean(), x)
    size = math.sqrt(heat * step) if root else heat * step
    return (x + way * step * slope + size * noise).detach()


def one_step(function, energy, x: Tensor, step: float, noise: Tensor):
    there = function(energy, x, step, noise)
    if x.requires_grad:
        raise Misuse(
            "it switches on requires_grad of the very x that it was given, for whoever keeps that place: "
            "x = x.detach().requires_grad_() makes another one."
        )
    chains = there if isinstance(there, (list, tuple)) else [there]
    if any(isinstance(each, Tensor) and each.requires_grad for each in chains):
        raise Misuse("a graph hangs on the result, and with every step it would grow: .detach() at the end.")
    return there


def bowl(x: Tensor) -> Tensor:
    return 0.5 * (x.square() * torch.tensor([1.0, 4.0], dtype=x.dtype)).sum(dim=-1)


def two_valleys(x: Tensor) -> Tensor:
    return ((x.square() - 1).square() + 0.3 * x).sum(dim=-1)


def kick(attempt: Attempt) -> float:
    """How large the learner's kick is, as a multiple of the noise that was given."""
    given = attempt.arguments
    still = _step(given["energy"], given["x"], given["step"], 0 * given["noise"]).double()
    noise = given["noise"].double()
    return float(((attempt.got - still) * noise).sum() / noise.square().sum())


def no_kick(attempt: Attempt) -> str:
    return (
        "the same point comes out whatever the noise is: that is gradient descent, which ends in the best fit and stays "
        f"there. Add sqrt(2 * step) = {math.sqrt(2 * attempt.arguments['step']):.3f} times the noise."
    )


def weak_kick(attempt: Attempt) -> str:
    step = attempt.arguments["step"]
    return (
        f"your kick is {kick(attempt):.3f} times the noise, and should be {math.sqrt(2 * step):.3f}: variances add up, so it "
        f"is sqrt(2 * step). With yours the chain settles at another temperature."
    )


def uphill(attempt: Attempt) -> str:
    given = attempt.arguments
    quiet = attempt.got - math.sqrt(2 * given["step"]) * given["noise"].double()
    before, after = (float(given["energy"](each).mean()) for each in (given["x"].double(), quiet))
    return (
        f"without its kick your step takes the mean energy from {before:.2f} to {after:.2f}: uphill. Minus the slope."
    )


def divided(attempt: Attempt) -> str:
    chains = attempt.arguments["x"].shape[0]
    return (
        f"your slope is {chains} times too small, and there are {chains} chains: the gradient of a *mean* over chains is "
        f"each one's own slope, divided by their number. Chains do not know of each other, so take the sum."
    )


STEP = Exercise(
    number="22.1",
    name="langevin_step",
    reference=langevin_step,
    use=one_step,
    cases=(
        Case(
            "three chains of two controls in a bowl, a step of 0.1",
            {"energy": bowl, "x": 2 * uneven(3, 2), "step": 0.1, "noise": uneven(3, 2, shift=1.0)},
        ),
        Case(
            "four chains of one control between two valleys, a step of 0.02",
            {"energy": two_valleys, "x": 1.5 * uneven(4, 1), "step": 0.02, "noise": uneven(4, 1, shift=2.0)},
        ),
    ),
    hints=(
        looks_like(lambda **given: _step(**given, heat=0.0), no_kick),
        looks_like(lambda **given: _step(**given, heat=1.0), weak_kick),
        looks_like(lambda **given: _step(**given, root=False), weak_kick),
        looks_like(lambda **given: _step(**given, way=1.0), uphill),
        looks_like(lambda **given: _step(**given, pool="mean"), divided),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def langevin_step(energy, x, step, noise):
    x = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad(energy(x).sum(), x)
    return (x - step * slope + math.sqrt(step) * noise).detach()
""",
            r"your kick is 0\.316 times the noise, and should be 0\.447",
        ),
        WrongAnswer(
            """
def langevin_step(energy, x, step, noise):
    x = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad(energy(x).mean(), x)
    return (x - step * slope + math.sqrt(2 * step) * noise).detach()
""",
            r"your slope is 3 times too small",
        ),
        WrongAnswer(
            """
def langevin_step(energy, x, step, noise):
    x = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad(energy(x).sum(), x)
    return (x + step * slope + math.sqrt(2 * step) * noise).detach()
""",
            r"takes the mean energy from \d+\.\d+ to \d+\.\d+: uphill",
        ),
        WrongAnswer(
            """
def langevin_step(energy, x, step, noise):
    x = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad(energy(x).sum(), x)
    return (x - step * slope).detach()
""",
            r"that is gradient descent, which ends in the best fit",
        ),
    ),
    axes=("chain", "control"),
)

# --- 22.2 the acceptance of a step ------------------------------------------------------------------------------------


def log_acceptance(
    energy_here: Tensor,
    energy_there: Tensor,
    slope_here: Tensor,
    slope_there: Tensor,
    here: Tensor,
    there: Tensor,
    step: float,
) -> Tensor:
    return _acceptance(energy_here, energy_there, slope_here, slope_there, here, there, step)


def _acceptance(
    energy_here,
    energy_there,
    slope_here,
    slope_there,
    here,
    there,
    step,
    *,
    forth=-1.0,
    back=1.0,
    width=4.0,
    fall=1.0,
    capped=True,
) -> Tensor:
    """How likely a step is kept, in logarithms, with the mistakes that one can make in it as switches."""
    going = -(there - here + step * slope_here).square().sum(dim=-1) / (width * step)
    coming = -(here - there + step * slope_there).square().sum(dim=-1) / (width * step)
    ratio = fall * (energy_here - energy_there) + forth * going + back * coming
    return ratio.clamp(max=0) if capped else ratio


def probability(value: Tensor) -> float:
    """Of the first chain, as a share."""
    return float(value.reshape(-1)[0].exp())


def above_one(attempt: Attempt) -> str:
    high = float(attempt.got.max().exp())
    return f"a probability of {high:.2f} came out. More than sure is sure: the logarithm is at most 0."


def energies_alone(attempt: Attempt) -> str:
    return (
        f"yours weighs the energies alone, and keeps the first step with {probability(attempt.got):.2f} instead of "
        f"{probability(attempt.want):.2f}. That is right if both ways are as likely to be proposed; a step with a slope in it goes "
        f"downhill more readily than back up."
    )


def swapped(attempt: Attempt) -> str:
    return (
        f"yours keeps the first step with {probability(attempt.got):.2f} instead of {probability(attempt.want):.2f}: the two "
        f"ways are swapped. What is hard to come *back* from should be taken less often: coming on top, going below."
    )


def too_narrow(attempt: Attempt) -> str:
    return (
        f"yours keeps the first step with {probability(attempt.got):.2f} instead of {probability(attempt.want):.2f}: the kick "
        f"has the variance 2 * step, and a Gauss curve has *twice* its variance below the square: 4 * step."
    )


def wrong_fall(attempt: Attempt) -> str:
    rise = float((attempt.arguments["energy_there"] - attempt.arguments["energy_here"]).reshape(-1)[0])
    return (
        f"the first step changes the energy by {rise:+.2f}, and yours keeps it with {probability(attempt.got):.2f} instead of "
        f"{probability(attempt.want):.2f}: p is exp(-E), so the log of the ratio is E here minus E there."
    )


def proposed(step: float, chains: int, shift: float) -> dict:
    """A step in a bowl, with all that is known about its two ends."""
    here = 1.3 * uneven(chains, 2, shift=shift)
    there = _step(bowl, here, step, 1.2 * uneven(chains, 2, shift=shift + 1.7))
    slopes = torch.tensor([1.0, 4.0])
    return {
        "energy_here": bowl(here),
        "energy_there": bowl(there),
        "slope_here": here * slopes,
        "slope_there": there * slopes,
        "here": here,
        "there": there,
        "step": step,
    }


ACCEPTANCE = Exercise(
    number="22.2",
    name="log_acceptance",
    reference=log_acceptance,
    cases=(
        Case(
            "five chains of two controls in a bowl, a step of 0.3",
            proposed(0.3, 5, 0.4),
            gradients=("energy_there", "slope_there"),
        ),
        Case("six chains, a step of 0.05", proposed(0.05, 6, 2.0)),
    ),
    hints=(
        looks_like(lambda **given: _acceptance(**given, capped=False), above_one),
        looks_like(lambda **given: _acceptance(**given, forth=0.0, back=0.0), energies_alone),
        looks_like(lambda **given: _acceptance(**given, forth=1.0, back=-1.0), swapped),
        looks_like(lambda **given: _acceptance(**given, width=2.0), too_narrow),
        looks_like(lambda **given: _acceptance(**given, fall=-1.0), wrong_fall),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def log_acceptance(energy_here, energy_there, slope_here, slope_there, here, there, step):
    return (energy_here - energy_there).clamp(max=0)
""",
            r"yours weighs the energies alone, and keeps the first step with \d\.\d\d",
        ),
        WrongAnswer(
            """
def log_acceptance(energy_here, energy_there, slope_here, slope_there, here, there, step):
    going = -(there - here + step * slope_here).square().sum(dim=-1) / (4 * step)
    coming = -(here - there + step * slope_there).square().sum(dim=-1) / (4 * step)
    return energy_here - energy_there + coming - going
""",
            r"a probability of \d+\.\d\d came out",
        ),
        WrongAnswer(
            """
def log_acceptance(energy_here, energy_there, slope_here, slope_there, here, there, step):
    going = -(there - here + step * slope_here).square().sum(dim=-1) / (4 * step)
    coming = -(here - there + step * slope_there).square().sum(dim=-1) / (4 * step)
    return (energy_here - energy_there + going - coming).clamp(max=0)
""",
            r"the two ways are swapped",
        ),
        WrongAnswer(
            """
def log_acceptance(energy_here, energy_there, slope_here, slope_there, here, there, step):
    going = -(there - here + step * slope_here).square().sum(dim=-1) / (2 * step)
    coming = -(here - there + step * slope_there).square().sum(dim=-1) / (2 * step)
    return (energy_here - energy_there + coming - going).clamp(max=0)
""",
            r"\*twice\* its variance below the square",
        ),
    ),
    atol=1e-4,
    axes=("chain",),
)

# --- 22.3 how many samples a chain is worth ---------------------------------------------------------------------------


def autocorrelation_time(values: Tensor) -> Tensor:
    return _time(values)


def _time(values, *, both=2.0, centred=True, until=0.05, first=1.0) -> Tensor:
    """Steps for one independent sample, with the mistakes that one can make in it as switches."""
    apart = values - values.mean() if centred else values
    total = torch.as_tensor(first, dtype=values.dtype)
    for lag in range(1, len(values)):
        likeness = (apart[lag:] * apart[:-lag]).mean() / apart.square().mean()
        if likeness < until:
            break
        total = total + both * likeness
    return total


def one_side(attempt: Attempt) -> str:
    return (
        f"yours is {float(attempt.got):.2f} instead of {float(attempt.want):.2f}: a sample resembles those before it as much as "
        f"those after it, so every lag counts twice."
    )


def not_centred(attempt: Attempt) -> str:
    return (
        f"yours is {float(attempt.got):.1f} instead of {float(attempt.want):.1f}: the chains lie around "
        f"{float(attempt.arguments['values'].mean()):.1f}, and what they have in common with *that* is no likeness of one step to the next. "
        f"Take the mean off first."
    )


def counted_lag_0(attempt: Attempt) -> str:
    return (
        f"yours is {float(attempt.got):.2f}, by 2 too many: lag 0 is each sample with itself. It counts once, as the 1."
    )


def never_stops(attempt: Attempt) -> str | None:
    if not torch.isclose(attempt.got, _time(attempt.arguments["values"].double(), until=-9.0), rtol=1e-3):
        return None
    return (
        f"yours is {float(attempt.got):.2f} instead of {float(attempt.want):.2f}: it adds up all {len(attempt.arguments['values']) - 1} "
        f"lags, and far out there is nothing but chance, lag after lag. Stop where the likeness falls below 0.05."
    )


def wandering(steps: int, chains: int, stays: float, mean: float, seed: int) -> Tensor:
    """Chains of which each value keeps a share of the one before: their likeness at a lag is that share to its power."""
    kicks = torch.randn(steps + 200, chains, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    values = [kicks[0] / math.sqrt(1 - stays**2)]
    for each in kicks[1:]:
        values.append(stays * values[-1] + each)
    return torch.stack(values)[200:] + mean


TIME = Exercise(
    number="22.3",
    name="autocorrelation_time",
    reference=autocorrelation_time,
    cases=(
        Case(
            "40 chains of 300 steps that keep 0.8 from step to step, around 10",
            {"values": wandering(300, 40, 0.8, 10.0, 1)},
        ),
        Case(
            "30 chains of 200 steps that keep 0.5, around 10",
            {"values": wandering(200, 30, 0.5, 10.0, 2)},
        ),
    ),
    hints=(
        looks_like(lambda values: _time(values, both=1.0), one_side, tolerance=1e-4),
        looks_like(lambda values: _time(values, first=3.0), counted_lag_0, tolerance=1e-4),
        looks_like(lambda values: _time(values, centred=False), not_centred, tolerance=1e-3),
        never_stops,
    ),
    wrong_answers=(
        WrongAnswer(
            """
def autocorrelation_time(values):
    apart = values - values.mean()
    total = torch.ones((), dtype=values.dtype)
    for lag in range(1, len(values)):
        likeness = (apart[lag:] * apart[:-lag]).mean() / apart.square().mean()
        if likeness < 0.05:
            break
        total = total + likeness
    return total
""",
            r"every lag counts twice",
        ),
        WrongAnswer(
            """
def autocorrelation_time(values):
    total = torch.ones((), dtype=values.dtype)
    for lag in range(1, len(values)):
        likeness = (values[lag:] * values[:-lag]).mean() / values.square().mean()
        if likeness < 0.05:
            break
        total = total + 2 * likeness
    return total
""",
            r"the chains lie around 10\.\d, .* Take the mean off first",
        ),
        WrongAnswer(
            """
def autocorrelation_time(values):
    apart = values - values.mean()
    total = torch.ones((), dtype=values.dtype)
    for lag in range(len(values)):
        likeness = (apart[lag:] * apart[: len(apart) - lag]).mean() / apart.square().mean()
        if likeness < 0.05:
            break
        total = total + 2 * likeness
    return total
""",
            r"by 2 too many: lag 0",
        ),
        WrongAnswer(
            """
def autocorrelation_time(values):
    apart = values - values.mean()
    likeness = [(apart[lag:] * apart[:-lag]).mean() / apart.square().mean() for lag in range(1, len(values))]
    return 1 + 2 * sum(likeness)
""",
            r"it adds up all 299 lags",
        ),
    ),
    atol=1e-3,  # a variance over N or over N - 1
    axes=(),
)

# --- 22.4 the temperature ---------------------------------------------------------------------------------------------


def temperature_of(losses: Tensor, controls: int) -> Tensor:
    return losses.std() * math.sqrt(2 / controls)


def told(sentence: str):
    """A hint's sentence with the learner's temperature and ours in it."""
    return lambda attempt: sentence.format(
        yours=float(attempt.got), ours=float(attempt.want), d=attempt.arguments["controls"]
    )


TEMPERATURE = Exercise(
    number="22.4",
    name="temperature_of",
    reference=temperature_of,
    cases=(
        Case(
            "eight re-takes, 29 controls",
            {"losses": 3.0 + 0.1 * uneven(8), "controls": 29},
        ),
        Case("five re-takes, 10 controls", {"losses": 2.4 + 0.02 * uneven(5, shift=0.5), "controls": 10}),
    ),
    hints=(
        looks_like(
            lambda losses, controls: losses.std() * math.sqrt(controls / 2),
            told(
                "yours is {yours:.4f} instead of {ours:.4f}: upside down. The more controls, the colder each has to be."
            ),
        ),
        looks_like(
            lambda losses, controls: losses.std(correction=0) * math.sqrt(2 / controls),
            told(
                "yours is {yours:.4f} instead of {ours:.4f}: the deviation over n. Of a sample it is over n - 1, as its own "
                "mean was taken off."
            ),
        ),
        looks_like(
            lambda losses, controls: losses.var() * 2 / controls,
            told("yours is {yours:.6f} instead of {ours:.4f}, and it is T squared: what was asked is its root."),
        ),
        looks_like(
            lambda losses, controls: losses.std(),
            told(
                "yours is {yours:.4f}, the spread of the re-takes itself. With {d} controls the loss of the samples would "
                "spread sqrt({d} / 2) times as far."
            ),
        ),
        looks_like(
            lambda losses, controls: losses.mean() * 2 / controls,
            told(
                "yours is {yours:.3f} instead of {ours:.4f}: it is made of the *mean* loss of the re-takes. Most of that is "
                "noise against noise, which no control can help; calibrate by how it varies."
            ),
        ),
        looks_like(
            lambda losses, controls: losses.std() * 2 / controls,
            told(
                "yours is {yours:.5f} instead of {ours:.4f}: d T / 2 is the *mean* above the minimum. Its deviation is "
                "T sqrt(d / 2), as independent parts add up in their variances."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def temperature_of(losses, controls):
    return losses.std()
""",
            r"the spread of the re-takes itself\. With 29 controls",
        ),
        WrongAnswer(
            """
def temperature_of(losses, controls):
    return 2 * losses.std() / controls
""",
            r"d T / 2 is the \*mean\* above the minimum",
        ),
        WrongAnswer(
            """
def temperature_of(losses, controls):
    return losses.std() * math.sqrt(controls / 2)
""",
            r"upside down",
        ),
        WrongAnswer(
            """
def temperature_of(losses, controls):
    return 2 * losses.mean() / controls
""",
            r"it is made of the \*mean\* loss",
        ),
    ),
    atol=1e-4,
    axes=(),
)

# --- 22.5 widths from the curvature -----------------------------------------------------------------------------------


def laplace(curvature: Tensor, temperature: float, prior_db: float) -> Tensor:
    return _widths(curvature, temperature, prior_db)


def _widths(curvature, temperature, prior_db, *, others="free", squared=True, root=True, cold=False) -> Tensor:
    """Deviations from the curvature, with the mistakes that one can make in it as switches."""
    weight = 0.0 if prior_db is None else 1 / (prior_db**2 if squared else prior_db)
    scaled = curvature * temperature if cold else curvature / temperature
    precision = scaled + weight * torch.eye(len(curvature), dtype=curvature.dtype)
    variance = torch.linalg.inv(precision).diagonal() if others == "free" else 1 / precision.diagonal()
    return variance.sqrt() if root else variance


def held_still(attempt: Attempt) -> str:
    i = int((attempt.want / attempt.got).argmax())
    return (
        f"yours gives control {i} {float(attempt.got[i]):.2f} dB where there are {float(attempt.want[i]):.2f}: that is how far it "
        f"can move while all others are held still. Let them make up for it: invert the whole matrix first, then take the diagonal."
    )


def no_prior(attempt: Attempt) -> str:
    i = int(attempt.got.argmax())
    return (
        f"yours gives control {i} {float(attempt.got[i]):.1f} dB where there are {float(attempt.want[i]):.1f}: that is the loss "
        f"alone. The prior is a second bowl on top: add 1 / prior_db**2 on the diagonal."
    )


def variances(attempt: Attempt) -> str:
    return f"yours are variances, in dB squared: {float(attempt.got[0]):.2f} where {float(attempt.want[0]):.2f} dB are right."


WEAK = torch.tensor([[0.02, 0.004, 0.0], [0.004, 0.005, -0.002], [0.0, -0.002, 0.0011]])

LAPLACE = Exercise(
    number="22.5",
    name="laplace",
    reference=laplace,
    cases=(
        Case(
            "three controls that trade off, at a temperature of 0.025",
            {"curvature": WEAK, "temperature": 0.025, "prior_db": 15.0},
            gradients=("curvature",),
        ),
        Case(
            "two controls, of which the loss hears one, at 0.01",
            {
                "curvature": torch.tensor([[0.004, 0.0], [0.0, 1e-7]]),
                "temperature": 0.01,
                "prior_db": 10.0,
            },
        ),
    ),
    hints=(
        looks_like(lambda **given: _widths(**given, others="held"), held_still),
        looks_like(lambda curvature, temperature, prior_db: _widths(curvature, temperature, None), no_prior),
        looks_like(lambda **given: _widths(**given, root=False), variances),
        looks_like(
            lambda **given: _widths(**given, cold=True),
            lambda attempt: (
                f"yours says {float(attempt.got[0]):.1f} dB for control 0 instead of {float(attempt.want[0]):.2f}: the energy is the "
                f"loss *divided* by the temperature, and so is its curvature."
            ),
        ),
        looks_like(
            lambda **given: _widths(**given, squared=False),
            lambda attempt: (
                f"the last control comes out at {float(attempt.got[-1]):.2f} dB instead of {float(attempt.want[-1]):.2f}: a Gauss curve "
                f"of deviation {attempt.arguments['prior_db']:g} dB has the curvature 1 / prior_db**2."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def laplace(curvature, temperature, prior_db):
    return (curvature.diagonal() / temperature + 1 / prior_db**2).rsqrt()
""",
            r"while all others are held still",
        ),
        WrongAnswer(
            """
def laplace(curvature, temperature, prior_db):
    precision = curvature / temperature + torch.eye(len(curvature)) / prior_db**2
    return torch.linalg.inv(precision).diagonal()
""",
            r"yours are variances, in dB squared",
        ),
        WrongAnswer(
            """
def laplace(curvature, temperature, prior_db):
    precision = curvature * temperature + torch.eye(len(curvature)) / prior_db**2
    return torch.linalg.inv(precision).diagonal().sqrt()
""",
            r"the energy is the loss \*divided\* by the temperature",
        ),
        WrongAnswer(
            """
def laplace(curvature, temperature, prior_db):
    precision = curvature / temperature + torch.eye(len(curvature)) / prior_db
    return torch.linalg.inv(precision).diagonal().sqrt()
""",
            r"has the curvature 1 / prior_db\*\*2",
        ),
    ),
    atol=1e-4,
    axes=("control",),
    unit="dB",
)

EXERCISES = (STEP, ACCEPTANCE, TIME, TEMPERATURE, LAPLACE)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    ChoiceQuestion(
        "22.6",
        answer=encode("c"),
        replies={
            "a": "around -10 dB lies the truth, but nothing in the sound says so: at -30 dB it would sound the same.",
            "b": "the floor is where it can be no *louder*: above it, it would be heard.",
            "c": "right: upwards the noise stops it, downwards nothing does. Every level below the floor is as good as every "
            "other, and there are infinitely many of them, so the chains walk off for ever.",
            "d": "the energy is nearly constant down there, and so is the density, and a chain with no slope to follow is a "
            "drunkard's walk. It does not stand still.",
        },
    ),
    NumberQuestion(
        "22.7",
        answer=encode("2.0"),
        tolerance=0.02,
        unit="dB^2",
        right="right: the variance v must be what it was after a step, v = (1 - 1)^2 v + 2. At a step of 1 the slope takes all of "
        "x away and the kick alone is left, with a variance of 2.",
        misconceptions=(
            (
                1,
                0.02,
                "1 is the variance that we want. A step of 1 is far from small: what does (1 - step) x leave of x?",
            ),
            (1.41, 0.03, "1.41 is the deviation; asked is its square."),
            (0, 0.02, "x - step * x is 0, right; and then comes the kick, of variance 2 * step."),
            (3, 0.02, "3 would be the old 1 and the kick's 2. But of the old x, nothing is left: 1 - 1 = 0."),
        ),
    ),
    NumberQuestion(
        "22.8",
        answer=encode(100),
        tolerance=3,
        unit="",
        right="right: tau = 1 + 2 (0.9 + 0.81 + ...) = 1 + 2 * 9 = 19, and 1900 / 19 = 100.",
        misconceptions=(
            (
                1900,
                1,
                "1900 there are; but each is nine tenths of the one before. How many steps until it has forgotten?",
            ),
            (
                190,
                4,
                "a sum of 0.9 + 0.81 + ... is 9, and 1 + 9 = 10. But a likeness reaches back as well as forth: 1 + 2 * 9.",
            ),
            (211, 4, "0.9 + 0.81 + ... is 9, and that counts on both sides, and each sample itself: 1 + 2 * 9."),
            (106, 2, "nearly: 2 * 9 is 18, and each sample counts itself, too: 19."),
        ),
    ),
    ChoiceQuestion(
        "22.9",
        answer=encode("b"),
        replies={
            "a": "the truth is among the answers, but so are all other rooms: for each of them there is a singer who sounds the same.",
            "b": "right: where the loss says nothing, what comes out is what was put in. A posterior that looks like its prior is "
            "how a sampler says *I was not told*.",
            "c": "a loss that does not change has no preference for short rooms either. It is your prior that may have one.",
            "d": "the energy has one valley, though an endless one: it runs along all rooms, each with its own singer.",
        },
    ),
)
