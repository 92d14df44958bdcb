"""Lesson 18, one step of the player and one of the ears (18.3): what it is judged by."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ddsp_course import autoencoder
from ddsp_course.classroom.exercise import Attempt, Case, Exercise, Misuse, WrongAnswer, looks_like
from ddsp_course.classroom.exercises.uneven import uneven


class ToyPlayer(nn.Module):
    """Features [batch, 3] -> audio [batch, 5]: a player as small as a check wants it."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(0.4 * uneven(3, 5))

    def forward(self, features: Tensor) -> Tensor:
        return features @ self.weights


class ToyEars(nn.Module):
    """Audio [batch, 5] -> a list of two tensors of scores."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(0.5 * uneven(2, 5, 4).flip(0))

    def forward(self, audio: Tensor) -> list[Tensor]:
        return [(audio @ self.weights[0]).tanh(), audio.square() @ self.weights[1]]


def adversarial_step(player, ears, player_optimizer, ears_optimizer, features, real, loss, ear_weight):
    return _steps(player, ears, player_optimizer, ears_optimizer, features, real, loss, ear_weight)


def _steps(
    player,
    ears,
    player_optimizer,
    ears_optimizer,
    features,
    real,
    loss,
    ear_weight,
    *,
    helps=False,
    ears_forget=True,
    player_forgets=True,
    sign=1.0,
    ears_step=True,
    player_first=False,
    deaf=False,
):
    """One step of both, with the mistakes that one can make in it as switches."""
    played = player(features)
    if player_forgets:
        player_optimizer.zero_grad()
    if ears_forget:
        ears_optimizer.zero_grad()
    heard = autoencoder.discriminator_loss(ears(real), ears(played if helps else played.detach()))
    heard.backward(retain_graph=helps)
    if ears_step and not player_first:
        ears_optimizer.step()
    ears_gradients = [None if p.grad is None else p.grad.clone() for p in ears.parameters()]
    judged = ears(played.detach() if deaf else played)
    value = loss(played, real) + sign * ear_weight * autoencoder.generator_loss(judged)
    value.backward()
    player_optimizer.step()
    if player_first:
        for parameter, gradient in zip(ears.parameters(), ears_gradients, strict=True):
            parameter.grad = gradient
        ears_optimizer.step()
    return heard.item(), value.item()


def three_steps(function, ear_weight: float, learning_rate: float) -> Tensor | None:
    """Three steps: what the ears were told, what the player, then the player's weights and the ears'; 1 if a graph stays."""
    player, ears = ToyPlayer(), ToyEars()
    optimizers = [torch.optim.SGD(each.parameters(), lr=learning_rate) for each in (player, ears)]
    features, real = uneven(6, 3), uneven(6, 5).square() + 0.3
    loss = lambda audio, target: (audio - target).abs().mean()  # noqa: E731
    play = lambda given: player(given)  # a plain function, as the lesson's players are  # noqa: E731
    told = []
    for _ in range(3):
        try:
            pair = function(play, ears, *optimizers, features, real, loss, ear_weight)
        except RuntimeError as error:
            if "backward through the graph a second time" in str(error):
                raise Misuse(
                    "what the ears learn from is still tied to the player: their backward() used up its graph, and the "
                    "player's own found nothing left. Give the ears played.detach()."
                ) from None
            raise
        if pair is None:
            return None
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise Misuse("two numbers are asked for, what the ears were told and what the player: return heard, value.")
        told.append(pair)
    holds = any(isinstance(each, Tensor) and each.requires_grad for pair in told for each in pair)
    numbers = torch.tensor([[float(torch.as_tensor(each).detach()) for each in pair] for pair in told]).T.flatten()
    weights = [each.weights.detach().flatten() for each in (player, ears)]
    return torch.cat([numbers, *weights, torch.tensor([float(holds)])])


def with_mistake(**mistake):
    """What three steps with a mistake in each give."""
    return lambda ear_weight, learning_rate: three_steps(
        lambda *given: _steps(*given, **mistake), ear_weight, learning_rate
    )


def holds_its_graph(attempt: Attempt) -> str | None:
    if attempt.got[-1] != 1:
        return None
    return (
        "what you return still holds a graph behind it. Kept for a plot, as all of these are, it keeps that graph alive: "
        "memory grows with every step. Return heard.item() and value.item()."
    )


def nothing_moved(attempt: Attempt) -> str | None:
    begin = torch.cat([ToyPlayer().weights.flatten(), ToyEars().weights.flatten()]).detach().double()
    player, ears = attempt.got[6:21], attempt.got[21:-1]
    if torch.allclose(player, begin[:15]) and not torch.allclose(ears, begin[15:]):
        return (
            "after three steps the player plays as before: its optimizer's step is missing, or no gradient reached it."
        )
    return None


def first_difference(attempt: Attempt) -> str | None:
    """In words, as nobody has seen the vector that is compared."""
    if attempt.got.shape != attempt.want.shape:
        return None
    wrong = (attempt.got - attempt.want).abs() > 1e-5 * attempt.want.abs().max()
    if not bool(wrong.any()):
        return None
    in_time = [place for step in range(3) for place in (step, 3 + step)]  # the ears, then the player, three times
    place = next((place for place in in_time if wrong[place]), int(wrong.nonzero()[0]))
    if place < 6:
        whose, step = ("ears'", "player's")[place // 3], place % 3 + 1
        return (
            f"in step {step} the {whose} loss is {float(attempt.got[place]):.5g} instead of "
            f"{float(attempt.want[place]):.5g}, and so far all was right."
        )
    whose = "player" if place < 21 else "ears"
    return f"every loss is right; but after three steps the weights of the {whose} are not."


def the_other_way_round(attempt: Attempt) -> str | None:
    if not torch.allclose(attempt.got[:6].reshape(2, 3).flip(0).flatten(), attempt.want[:6], atol=1e-5):
        return None
    return "you return the player's loss first: asked for is what the ears were told, then what the player was."


def ears_disagree(attempt: Attempt) -> str:
    got, want = float(attempt.got[1]), float(attempt.want[1])
    return f"at the second step they are told {got:.3f}, where it should be {want:.3f}"


RIGHT = """
def adversarial_step(player, ears, player_optimizer, ears_optimizer, features, real, loss, ear_weight):
    played = player(features)
    ears_optimizer.zero_grad()
    heard = ear_loss(ears(real), ears(played.detach()))
    heard.backward()
    ears_optimizer.step()
    player_optimizer.zero_grad()
    value = loss(played, real) + ear_weight * autoencoder.generator_loss(ears(played))
    value.backward()
    player_optimizer.step()
    return heard.item(), value.item()
"""


def but(line: str, other: str) -> str:
    """The right cell with another line in the place of one."""
    assert RIGHT.count(line) == 1, line
    return RIGHT.replace(line, other)


STEPS = Exercise(
    number="18.3",
    name="adversarial_step",
    reference=adversarial_step,
    use=three_steps,
    cases=(
        Case("three steps of both, the ears' weight 2", {"ear_weight": 2.0, "learning_rate": 0.2}),
        Case("three steps of both, the ears' weight 0.5", {"ear_weight": 0.5, "learning_rate": 0.1}),
    ),
    hints=(
        holds_its_graph,
        nothing_moved,
        looks_like(
            with_mistake(ears_step=False),
            "the ears have not learned anything in three steps: their backward() or ears_optimizer.step() is missing.",
            1e-5,
        ),
        looks_like(
            with_mistake(helps=True),
            "your player helps the ears: what they learn from has flowed on into it, and says there that it should sound "
            "*less* real. Give the ears played.detach().",
            1e-5,
        ),
        looks_like(
            with_mistake(ears_forget=False),
            lambda attempt: (
                f"the ears still carry what the player's step has left in them ({ears_disagree(attempt)}): its gradient runs "
                f"through the ears, and .grad remembers. ears_optimizer.zero_grad() before their own step."
            ),
            1e-5,
        ),
        looks_like(
            with_mistake(deaf=True),
            "your player hears the loss, but not the ears: what they say of it must reach it, so give them played itself here, "
            "without detach().",
            1e-5,
        ),
        looks_like(
            with_mistake(ears_forget=False, player_forgets=False),
            "zero_grad() is missing, for both: all gradients of earlier steps are still in there.",
            1e-5,
        ),
        looks_like(
            with_mistake(player_forgets=False),
            "the player's gradients of earlier steps are still in there: player_optimizer.zero_grad() before backward.",
            1e-5,
        ),
        looks_like(
            with_mistake(sign=-1.0),
            "your player wants *low* scores, and becomes easy to tell. It is to be called real: the loss less ear_weight times "
            "the mean score, as in generator_loss.",
            1e-5,
        ),
        looks_like(
            with_mistake(player_first=True),
            "your player listened to the ears of before their step. That works as well, but is not what was asked for: first "
            "the ears learn, then the player hears what they say now.",
            1e-5,
        ),
        the_other_way_round,
        first_difference,
    ),
    wrong_answers=(
        WrongAnswer(
            """
def adversarial_step(player, ears, player_optimizer, ears_optimizer, features, real, loss, ear_weight):
    player_optimizer.zero_grad()
    ears_optimizer.zero_grad()
    played = player(features)
    heard = ear_loss(ears(real), ears(played))
    heard.backward(retain_graph=True)
    ears_optimizer.step()
    value = loss(played, real) + ear_weight * autoencoder.generator_loss(ears(played))
    value.backward()
    player_optimizer.step()
    return heard.item(), value.item()
""",
            r"your player helps the ears",
        ),
        WrongAnswer(
            """
def adversarial_step(player, ears, player_optimizer, ears_optimizer, features, real, loss, ear_weight):
    played = player(features)
    heard = ear_loss(ears(real), ears(played.detach()))
    heard.backward()
    ears_optimizer.step()
    player_optimizer.zero_grad()
    value = loss(played, real) + ear_weight * autoencoder.generator_loss(ears(played))
    value.backward()
    player_optimizer.step()
    return heard.item(), value.item()
""",
            r"the ears still carry what the player's step has left in them",
        ),
        WrongAnswer(
            but(
                "value = loss(played, real) + ear_weight * autoencoder.generator_loss(ears(played))",
                "value = loss(played, real) - ear_weight * autoencoder.generator_loss(ears(played))",
            ),
            r"your player wants \*low\* scores",
        ),
        WrongAnswer(
            """
def adversarial_step(player, ears, player_optimizer, ears_optimizer, features, real, loss, ear_weight):
    played = player(features)
    heard = ear_loss(ears(real), ears(played.detach()))
    player_optimizer.zero_grad()
    value = loss(played, real) + ear_weight * autoencoder.generator_loss(ears(played))
    value.backward()
    player_optimizer.step()
    return heard.item(), value.item()
""",
            r"the ears have not learned anything in three steps",
        ),
        WrongAnswer(
            but("return heard.item(), value.item()", "return heard, value"),
            r"still holds a graph behind it.*memory grows",
        ),
        WrongAnswer(
            but("heard = ear_loss(ears(real), ears(played.detach()))", "heard = ear_loss(ears(real), ears(played))"),
            r"still tied to the player.*Give the ears played\.detach\(\)",
        ),
        WrongAnswer(
            but("return heard.item(), value.item()", "return value.item(), heard.item()"),
            r"you return the player's loss first",
        ),
        WrongAnswer(
            but("return heard.item(), value.item()", "return value.item()"),
            r"two numbers are asked for",
        ),
        WrongAnswer(
            but(
                "value = loss(played, real) + ear_weight * autoencoder.generator_loss(ears(played))",
                "value = loss(played, real) + ear_weight * autoencoder.generator_loss(ears(played.detach()))",
            ),
            r"your player hears the loss, but not the ears",
        ),
        WrongAnswer(
            but(
                "value = loss(played, real) + ear_weight * autoencoder.generator_loss(ears(played))",
                "value = loss(played, real) + autoencoder.generator_loss(ears(played))",
            ),
            r"in step 1 the player's loss is .* and so far all was right",
        ),
        WrongAnswer(
            """
def adversarial_step(player, ears, player_optimizer, ears_optimizer, features, real, loss, ear_weight):
    played = player(features)
    ears_optimizer.zero_grad()
    heard = ear_loss(ears(real), ears(played.detach()))
    heard.backward()
    ears_optimizer.step()
    player_optimizer.zero_grad()
    value = loss(played, real) + ear_weight * autoencoder.generator_loss(ears(played))
    value.backward()
    player_optimizer.step()
""",
            r"is a `return` missing",
        ),
    ),
    axes=("entry",),
)
