"""Lesson 11, train it, and believe it: what its exercises are judged by."""

from __future__ import annotations

import math
from types import SimpleNamespace

import torch
from torch import Tensor, nn

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
    number=11,
    topic="train_it",
    title="Train it, and believe it",
    builds="the training step, a player that must lose, and an interval that says whether it did",
    hears="a network that learns to play in minutes, stem by stem, and the same network without oscillators",
    minutes_to_read=60,
    minutes_to_run=10,
)

# --- 11.1 one step ----------------------------------------------------------------------------------------------------


class ToyInstrument(nn.Module):
    """Features [batch, 3] in, `.wet` [batch, 4] out: a model as small as a check wants it."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.linspace(-1, 1, 12).reshape(3, 4))
        self.offset = nn.Parameter(torch.linspace(-2, 3, 4))

    def forward(self, features: Tensor) -> SimpleNamespace:
        return SimpleNamespace(wet=features @ self.weights + self.offset)

    def numbers(self) -> Tensor:
        """All that it learns, [16]"""
        return torch.cat([each.detach().flatten() for each in self.parameters()])


def training_step(model, optimizer, loss, features, target, clip_norm):
    return _step(model, optimizer, loss, features, target, clip_norm)


def _step(model, optimizer, loss, features, target, clip_norm, *, forget=True, clip="before", step=True):
    """One step, with the mistakes that one can make in it as switches."""
    if forget:
        optimizer.zero_grad()
    value = loss(model(features).wet, target)
    value.backward()
    if clip == "before":
        nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
    if clip == "each":
        for weights in model.parameters():
            nn.utils.clip_grad_norm_([weights], clip_norm)
    if clip == "values":
        nn.utils.clip_grad_value_(model.parameters(), clip_norm)
    if step:
        optimizer.step()
    if clip == "after":
        nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
    return value.item()


def three_steps(function, clip_norm: float, learning_rate: float) -> Tensor:
    """Three steps on one batch: the three losses, then the weights, then 1 if what came back still holds its graph."""
    model = ToyInstrument()
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    features = torch.sin(torch.arange(15.0)).reshape(5, 3)
    target = torch.cos(2 * torch.arange(20.0)).reshape(5, 4)
    loss = lambda audio, wanted: ((audio - wanted).square() * (2 + wanted)).sum()  # noqa: E731, not symmetric
    returned = [function(model, optimizer, loss, features, target, clip_norm) for _ in range(3)]
    holds = any(isinstance(each, Tensor) and each.requires_grad for each in returned)
    losses = torch.stack([torch.as_tensor(each, dtype=torch.float32).detach() for each in returned])
    return torch.cat([losses, model.numbers(), torch.tensor([float(holds)])])


def varied(**mistake):
    """What three steps with a mistake in each give."""
    return lambda clip_norm, learning_rate: three_steps(
        lambda *given: _step(*given, **mistake), clip_norm, learning_rate
    )


def holds_its_graph(attempt: Attempt) -> str | None:
    if attempt.got[-1] != 1:
        return None
    return (
        "what you return still holds the whole graph behind it. Kept in a list for a plot, as every loss is, it keeps "
        "that graph alive: memory grows with every step. Return loss.item()."
    )


def moved(attempt: Attempt) -> float:
    """How far the weights went from where they began."""
    return float((attempt.got[3:-1] - ToyInstrument().numbers()).norm())


STEP = Exercise(
    number="11.1",
    name="training_step",
    reference=training_step,
    use=three_steps,
    cases=(
        Case("three steps whose gradients are far above the limit", {"clip_norm": 0.5, "learning_rate": 0.1}),
        Case("three steps below the limit", {"clip_norm": 1e6, "learning_rate": 0.01}),
    ),
    hints=(
        holds_its_graph,
        looks_like(
            varied(step=False),
            "no weight has moved after three steps: is optimizer.step() missing, or are there no gradients when it comes "
            "(no backward(), or zero_grad() between the two)?",
            1e-6,
        ),
        looks_like(
            varied(forget=False),
            lambda attempt: (
                f"the gradients of earlier steps are still in there: after three steps your weights have gone "
                f"{moved(attempt):.3g}. backward() adds to .grad; empty it before every step."
            ),
            1e-5,
        ),
        looks_like(
            varied(clip="after"),
            lambda attempt: (
                f"your weights went {moved(attempt):.3g} in three steps, though the limit allows "
                f"{3 * attempt.arguments['clip_norm'] * attempt.arguments['learning_rate']:.3g}: nothing is clipped when "
                f"the step comes. clip_grad_norm_ belongs between backward() and step()."
            ),
            1e-5,
        ),
        looks_like(
            varied(clip="values"),
            "each number is clipped by itself, which turns the gradient's direction. clip_grad_norm_ shortens it whole.",
            1e-5,
        ),
        looks_like(
            varied(clip="each"),
            "each tensor of weights is clipped by itself, which turns the gradient's direction. Give clip_grad_norm_ all of "
            "model.parameters() at once.",
            1e-5,
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def training_step(model, optimizer, loss, features, target, clip_norm):
    optimizer.zero_grad()
    value = loss(model(features).wet, target)
    value.backward()
    optimizer.step()
    torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
    return value.item()
""",
            r"though the limit allows 0\.15: nothing is clipped when the step comes",
        ),
        WrongAnswer(
            """
def training_step(model, optimizer, loss, features, target, clip_norm):
    optimizer.zero_grad()
    value = loss(model(features).wet, target)
    value.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
    optimizer.step()
    return value
""",
            r"still holds the whole graph.*memory grows",
        ),
        WrongAnswer(
            """
def training_step(model, optimizer, loss, features, target, clip_norm):
    value = loss(model(features).wet, target)
    value.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
    optimizer.step()
    return value.item()
""",
            r"gradients of earlier steps are still in there",
        ),
        WrongAnswer(
            """
def training_step(model, optimizer, loss, features, target, clip_norm):
    optimizer.zero_grad()
    value = loss(model(features).wet, target)
    value.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
    return value.item()
""",
            r"no weight has moved",
        ),
    ),
    atol=1e-5,
    axes=("entry",),
)

# --- 11.2 a player of one colour --------------------------------------------------------------------------------------


def constant_timbre(distribution: Tensor, sounding: Tensor) -> Tensor:
    mean = distribution[sounding].mean(0)
    return mean / mean.sum()


def rests_among_them(attempt: Attempt) -> str | None:
    given = attempt.arguments
    everything = given["distribution"].double().mean((0, 1))
    if not torch.allclose(attempt.got / attempt.got.sum(), everything / everything.sum(), atol=1e-5):
        return None
    rests = int((~given["sounding"]).sum())
    return f"{rests} frames of rest are in your mean: what a network says there is not heard, and means nothing."


def sums_to_less(attempt: Attempt) -> str | None:
    total = float(attempt.got.sum())
    if abs(total - 1) < 1e-4 or attempt.got.shape != attempt.want.shape:
        return None
    return (
        f"your colour sums to {total:.2f}: whoever plays it is {20 * math.log10(abs(total) + 1e-12):.1f} dB off before "
        f"the first note. Divide by the sum at the end."
    )


def one_a_take(attempt: Attempt) -> str | None:
    if attempt.got.ndim != 2:
        return None
    if attempt.got.shape[0] == 1:
        return f"an axis too many: {list(attempt.got.shape)} instead of [harmonics], {list(attempt.want.shape)}."
    return f"{attempt.got.shape[0]} colours, one for each take: this player has one for everything it plays."


def patterned_distribution(batch: int, frames: int, harmonics: int, masked: bool = False) -> Tensor:
    raw = torch.sin(1.3 * torch.arange(batch * frames * harmonics)).square().reshape(batch, frames, harmonics) + 0.05
    if masked:  # high notes, whose upper harmonics lie beyond Nyquist
        raw = raw * (torch.arange(harmonics) < harmonics - torch.arange(frames)[:, None] % 3)
    return raw / raw.sum(-1, keepdim=True)


TIMBRE = Exercise(
    number="11.2",
    name="constant_timbre",
    reference=constant_timbre,
    cases=(
        Case(
            "two takes of 6 frames with 4 harmonics, some of them rests",
            {
                "distribution": patterned_distribution(2, 6, 4),
                "sounding": torch.tensor([[True] * 4 + [False] * 2, [False] + [True] * 5]),
            },
        ),
        Case(
            "one take whose network says nothing sensible in a rest",
            {
                "distribution": torch.cat(
                    [patterned_distribution(1, 5, 6, masked=True), torch.full((1, 2, 6), 9.0)], 1
                ),
                "sounding": torch.tensor([[True] * 5 + [False] * 2]),
            },
        ),
    ),
    hints=(one_a_take, rests_among_them, sums_to_less),
    wrong_answers=(
        WrongAnswer(
            """
def constant_timbre(distribution, sounding):
    return (distribution * sounding[..., None]).mean((0, 1))
""",
            r"your colour sums to 0\.75.*-2\.5 dB off",
        ),
        WrongAnswer(
            """
def constant_timbre(distribution, sounding):
    mean = distribution.mean((0, 1))
    return mean / mean.sum()
""",
            r"3 frames of rest are in your mean",
        ),
        WrongAnswer(
            """
def constant_timbre(distribution, sounding):
    weights = sounding[..., None].float()
    mean = (distribution * weights).sum(1) / weights.sum(1)
    return mean / mean.sum(-1, keepdim=True)
""",
            r"2 colours, one for each take",
        ),
    ),
    axes=("harmonic",),
)

# --- 11.3 is it better? -----------------------------------------------------------------------------------------------


def paired_interval(ours: Tensor, theirs: Tensor, draws: Tensor) -> tuple[Tensor, Tensor]:
    means = (theirs - ours)[draws].mean(-1)
    return tuple(torch.quantile(means, torch.tensor([0.025, 0.975], dtype=means.dtype)))


def both(function, ours: Tensor, theirs: Tensor, draws: Tensor) -> Tensor:
    """The two ends as one tensor [2]."""
    return torch.stack([torch.as_tensor(end).double() for end in function(ours, theirs, draws)])


def _interval(ours, theirs, draws, *, paired=True, over="means", shares=(0.025, 0.975), sign=1):
    if over == "phrases":
        values = theirs - ours
    elif over == "drawn phrases":
        values = (theirs - ours)[draws].flatten()
    elif paired:
        values = (theirs - ours)[draws].mean(-1)
    else:
        values = theirs[draws.flip(0)].mean(-1) - ours[draws].mean(-1)
    return torch.quantile(sign * values, torch.tensor(shares, dtype=values.dtype))


def width(attempt: Attempt) -> tuple[float, float]:
    return float(attempt.got[1] - attempt.got[0]), float(attempt.want[1] - attempt.want[0])


def too_wide(attempt: Attempt) -> str | None:
    """Unpaired: other draws for them than for us, whichever."""
    got, want = width(attempt)
    given = attempt.arguments
    apart = float(_interval(**given, paired=False).diff())
    if not 0.6 * apart < got < 1.6 * apart or got < 1.5 * want:
        return None
    if abs(float(attempt.got.mean() - attempt.want.mean())) > got:
        return None
    return (
        f"your interval is {got:.2f} wide, {got / want:.1f} times too wide: were the phrases drawn apart for the two? "
        f"A phrase that is hard is hard for both. Draw the *difference*, phrase by phrase."
    )


def of_single_phrases(attempt: Attempt) -> str:
    got, want = width(attempt)
    return (
        f"your interval is {got:.2f} wide instead of {want:.2f}: it says where 95 % of the *phrases* lie. Asked is how "
        f"sure their mean is: one mean for each draw, and then the percentiles of the means."
    )


def fixed_phrases(n: int, seed: int) -> dict[str, Tensor]:
    """Losses of n phrases that differ a lot, and by how much less between two players."""
    generator = torch.Generator().manual_seed(seed)
    hard = 4 + 3 * torch.rand(n, generator=generator)
    return {
        "ours": hard,
        "theirs": hard + 0.5 + 0.4 * torch.randn(n, generator=generator),
        "draws": torch.randint(n, (2000, n), generator=generator),
    }


INTERVAL = Exercise(
    number="11.3",
    name="paired_interval",
    reference=paired_interval,
    use=both,
    cases=(
        Case("14 phrases, 2000 draws", lambda: fixed_phrases(14, 0)),
        Case("30 phrases, 2000 draws", lambda: fixed_phrases(30, 1)),
    ),
    atol=5e-3,  # a percentile of 2000 draws may be read in several ways
    hints=(
        looks_like(
            lambda **given: _interval(**given, sign=-1),
            "the difference the other way round: theirs less ours, so that above 0 means that they lose.",
        ),
        looks_like(lambda **given: _interval(**given, over="phrases"), of_single_phrases),
        looks_like(lambda **given: _interval(**given, over="drawn phrases"), of_single_phrases),
        looks_like(
            lambda ours, theirs, draws: _interval(torch.zeros_like(ours), theirs, draws),
            "this says how sure *their* mean loss is: where did ours go? Draw the difference, theirs less ours.",
        ),
        looks_like(
            lambda **given: _interval(**given, shares=(0.05, 0.95)),
            "from 5 to 95 % is an interval of 90 %: what is left out, 5 %, is shared between the two ends.",
        ),
        looks_like(
            lambda **given: _interval(**given, shares=(0.0, 1.0)),
            "the smallest and the largest of all means: that grows with the number of draws, and never ends.",
        ),
        too_wide,
    ),
    wrong_answers=(
        WrongAnswer(
            """
def paired_interval(ours, theirs, draws):
    other = torch.randint(len(theirs), draws.shape, generator=torch.Generator().manual_seed(1))
    means = theirs[other].mean(-1) - ours[draws].mean(-1)
    return torch.quantile(means, 0.025), torch.quantile(means, 0.975)
""",
            r"times too wide: were the phrases drawn apart",
        ),
        WrongAnswer(
            """
def paired_interval(ours, theirs, draws):
    difference = theirs - ours
    return torch.quantile(difference, 0.025), torch.quantile(difference, 0.975)
""",
            r"where 95 % of the \*phrases\* lie",
        ),
        WrongAnswer(
            """
def paired_interval(ours, theirs, draws):
    means = (ours - theirs)[draws].mean(-1)
    return torch.quantile(means, 0.025), torch.quantile(means, 0.975)
""",
            r"the other way round",
        ),
        WrongAnswer(
            """
def paired_interval(ours, theirs, draws):
    means = (theirs - ours)[draws].mean(-1)
    return torch.quantile(means, 0.05), torch.quantile(means, 0.95)
""",
            r"an interval of 90 %",
        ),
    ),
    axes=("entry",),
)

EXERCISES = (STEP, TIMBRE, INTERVAL)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    ChoiceQuestion(
        "11.4",
        answer=encode("c"),
        replies={
            "a": "it is random in everything but one: nobody asked its weights for the pitch.",
            "b": "its weights are random, but each harmonic's frequency is not something that weights decide.",
            "c": "right: the pitch goes from the tracker straight to the oscillators. So a small error in pitch is no "
            "achievement of the training, whatever a table makes of it.",
            "d": "the last layer begins with a bias for a quiet saw, so something is heard; else nothing would be learned.",
        },
    ),
    NumberQuestion(
        "11.5",
        answer=encode(0.69),
        tolerance=0.05,
        unit="",
        right="right: 6 ln(10)/20 = 0.69. The linear term adds a little to that.",
        misconceptions=(
            (0.115, 0.02, "that is one window size, ln(10)/20 = 0.115. The loss is a sum over six."),
            (1.0, 0.08, "a dB is no natural logarithm: 1 dB is a factor of 10^(1/20), whose logarithm is 0.115."),
            (1.38, 0.08, "that is for power. These are magnitudes: 20, not 10, in the dB's definition."),
            (0, 0.01, "every magnitude is 12 % too large, and their logarithms see that."),
        ),
    ),
    ChoiceQuestion(
        "11.6",
        answer=encode("b"),
        replies={
            "a": "the two intervals are about each mean by itself. They overlap because some phrases are hard for everybody.",
            "b": "right: pair them. On the phrases where one does badly the other does, too; the difference is much surer "
            "than either.",
            "c": "more seeds would say whether another training ends as well: another question, and a good one. These "
            "phrases can already answer this one.",
            "d": "smaller by how much, against what spread? Of 18 phrases, another 18 might have said the opposite.",
        },
    ),
)
