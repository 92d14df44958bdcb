"""Lesson 09, controls that can be learned, and their fit (9.3, 9.4): what its exercises are judged by."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ddsp_course import dsp
from ddsp_course.classroom.exercise import Attempt, Case, Exercise, WrongAnswer
from ddsp_course.classroom.exercises.lesson_09_read import RATE, db
from ddsp_course.classroom.exercises.uneven import uneven

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
    amplitude, how many numbers got no gradient, 1 if a frame starts in silence, and 1 if the frames' sums differ.
    """
    controls = cls(harmonics, noise_magnitudes, f0_hz, sample_rate)
    start = [each.detach().clone() for each in controls()]
    moved = list(controls.parameters())
    with torch.no_grad():
        began = [numbers.clone() for numbers in moved]
        for numbers in moved:
            numbers.fill_(0.5)  # equal shares, those that must be silent as well
        even = controls()[0]
        for i, (numbers, before) in enumerate(zip(moved, began, strict=True)):
            numbers.copy_(before + 6 * torch.sin(1.7 * torch.arange(numbers.numel()) + i).reshape(numbers.shape))
    loud, breathy = controls()
    audible = dsp.harmonic_frequencies(f0_hz, harmonics.shape[-1]) < sample_rate / 2
    lowest = float(torch.minimum(loud.detach().min(), breathy.detach().min()))
    beyond = max(float((each.detach() * ~audible).abs().max()) for each in (loud, even))
    sums = even.sum(-1)
    off = float((sums / dsp.exp_sigmoid(torch.tensor(0.5)) - 1).abs().max())
    gradients = torch.autograd.grad(
        (loud * torch.cos(torch.arange(loud.shape[-1]))).sum() + breathy.sum(), moved, allow_unused=True
    )
    idle = sum(gradient is None for gradient in gradients)
    faults = [lowest if lowest < 0 else 0.0, beyond if beyond > 1e-6 else 0.0, off if off > 1e-3 else 0.0, float(idle)]
    faults += [float(start[0].sum(-1).min() < SOFTEST / 2), float(sums.max() > 1.001 * sums.min())]
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
        return *start, torch.tensor(0.0), torch.zeros(6)


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


def no_shares(attempt: Attempt) -> str | None:
    if not attempt.got[0].isnan().any():
        return None
    return (
        "NaN, from 0 / 0 or from a power of a negative number: in a frame without sound the harmonics have no shares, and "
        "less than exp_sigmoid's smallest value, 1e-7, cannot be undone. .clamp_min(1e-6) where you divide, and in raw() too."
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
    if off > 0 and not attempt.got[3][5]:
        return (
            f"with all raw numbers alike the harmonics of a frame sum to up to {off:.0%} more or less than exp_sigmoid of the "
            f"amplitude: either the shares do not sum to one (dsp.normalize_harmonics), or the amplitude goes through "
            f"something else than dsp.exp_sigmoid."
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
        f"{'loud' if yours > ours else 'soft'}: the raw number is not the value, but the one that forward turns into it. "
        f"Undo exp_sigmoid, which forward then does{', and let the amplitude be the sum over the harmonics' if what == 'amplitude' else ''}."
    )


def silent_start(attempt: Attempt) -> str | None:
    if not attempt.got[3][4]:
        return None
    return (
        "a frame in which nothing was measured starts below 1e-6: so far down exp_sigmoid is flat, and no slope leads back. "
        "Clamp the value before you undo exp_sigmoid."
    )


def idle_numbers(attempt: Attempt) -> str | None:
    idle = int(attempt.got[3][3])
    if not idle:
        return None
    return f"no gradient reaches {idle} of your parameters: they are not used, or detached on their way."


def measured(frames: int, harmonics: int, bands: int) -> dict:
    """Controls as they are read from a sound."""
    share = uneven(1, frames, harmonics, low=0.0) + 0.05
    amplitude = 0.05 + 0.3 * uneven(1, frames, low=0.0)
    return {
        "harmonics": amplitude[..., None] * share / share.sum(-1, keepdim=True),
        "noise_magnitudes": 0.001 + 0.02 * uneven(1, frames, bands, low=0.0),
    }


def masked_measurement() -> dict:
    """6 partials of 1200 to 1700 Hz: some lie beyond half the sample rate, and are 0."""
    f0_hz = torch.linspace(1200, 1700, 5)[None]
    given = measured(5, 6, 3)
    audible = dsp.harmonic_frequencies(f0_hz, 6) < RATE / 2
    return {**given, "harmonics": given["harmonics"] * audible, "f0_hz": f0_hz, "sample_rate": RATE}


def with_a_silent_frame() -> dict:
    """The third of 6 frames holds no harmonic at all."""
    given = measured(6, 5, 4)
    harmonics = given["harmonics"].clone()
    harmonics[:, 2] = 0
    return {**given, "harmonics": harmonics, "f0_hz": torch.full((1, 6), 220.0), "sample_rate": RATE}


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
        Case("a frame in which nothing sounds", with_a_silent_frame),
    ),
    hints=(nothing_to_move, no_shares, below_zero, silent_start, masked_too_late, idle_numbers, cold_start),
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

    def __init__(self, level: float, takes: int) -> None:
        super().__init__()
        self.harmonics = nn.Parameter(level + uneven(takes, FRAMES, 3, low=0.0))
        self.noise = nn.Parameter(-2 + uneven(takes, FRAMES, BANDS, low=0.0))

    def forward(self) -> tuple[Tensor, Tensor]:
        return 0.5 * dsp.exp_sigmoid(self.harmonics), dsp.exp_sigmoid(self.noise)


def toy_room() -> Tensor:
    room = F.pad(torch.ones(1), (0, 500))
    room[[150, 260, 390]] = torch.tensor([0.9, -0.7, 0.5])
    return room


def toy_play(amplitudes: Tensor, noise_magnitudes: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    harmonic = dsp.harmonic_synthesis(
        torch.full((len(amplitudes), FRAMES), 400.0), amplitudes, sample_rate=RATE, hop_size=HOP, initial_phase=0.3
    )
    dry = harmonic + dsp.filtered_noise(noise_magnitudes, hop_size=HOP, noise=noise)
    return dry, dsp.reverberate(dry, toy_room())


TOY_LOSS = dsp.SpectralLoss((256, 64))


def toy_target(level: float, takes: int) -> tuple[Tensor, Tensor]:
    """Recordings, each softer than the one before, and the same with their noise drawn again."""
    generator = torch.Generator().manual_seed(11)
    softer = 0.7 ** torch.arange(takes)[:, None, None]
    amplitudes = softer * level * torch.tensor([0.2, 0.05, 0.1]).expand(takes, FRAMES, 3)
    gains = softer * (0.05 + 0.25 * torch.sin(torch.linspace(0.2, 3, BANDS))).expand(takes, FRAMES, BANDS)
    draws = (dsp.white_noise(takes, FRAMES * HOP, generator=generator) for _ in range(2))
    return tuple(toy_play(amplitudes, gains, each)[1] for each in draws)  # type: ignore[return-value]


def run_fit(function: Callable, n_steps: int, level: float, takes: int):
    """A whole fit of a toy, of so many takes at once.

    -> the first losses; how many came back; the controls' noise after it (only after few steps); how often noise was
    drawn; 1 if a graph is still held; and for hints the last loss, the loss with a new draw, and that of the target's
    re-take.
    """
    controls = ToyControls(-2.0 if level else -30.0, takes)
    optimizer = torch.optim.Adam(controls.parameters(), lr=0.1)
    target, retake = toy_target(level, takes)
    generator = torch.Generator().manual_seed(5)
    returned = list(function(controls, toy_play, TOY_LOSS, target, optimizer, n_steps, generator))
    holds = float(any(isinstance(each, Tensor) and each.requires_grad for each in returned))
    losses = torch.stack([torch.as_tensor(each, dtype=torch.float32).detach().reshape(()) for each in returned])
    with torch.no_grad():
        amplitudes, gains = controls()
        fresh = dsp.white_noise(takes, FRAMES * HOP, generator=torch.Generator().manual_seed(99))
        again = TOY_LOSS(toy_play(amplitudes, gains, fresh)[1], target)
        floor = TOY_LOSS(retake, target)
    figures = torch.stack([losses[-1], again, floor])
    state = gains.flatten() if n_steps <= FEW else torch.zeros(1)
    return (
        losses[:FEW],
        torch.tensor(float(len(losses))),
        state,
        draws_of(generator, n_steps, takes),
        torch.tensor(holds),
        figures,
    )


def draws_of(generator: torch.Generator, n_steps: int, takes: int) -> Tensor:
    """How often the noise for all takes was drawn from a generator; -1 for something else."""
    following = torch.rand(1, generator=generator)
    counter = torch.Generator().manual_seed(5)
    for count in range(2 * n_steps + 2):
        state = counter.get_state()
        if torch.equal(torch.rand(1, generator=counter), following):
            return torch.tensor(float(count))
        counter.set_state(state)
        torch.rand(takes, FRAMES * HOP, generator=counter)
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
    return (
        "no control has moved: is optimizer.step() missing, or are there no gradients when it comes (no backward(), or "
        "zero_grad() between the two)?"
    )


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
        Case("60 steps towards a breath without pitch", {"n_steps": 60, "level": 0.0, "takes": 1}),
        Case("5 steps towards two tones with noise, recorded in a room", {"n_steps": FEW, "level": 1.0, "takes": 2}),
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
            r"no control has moved: is optimizer\.step\(\) missing",
        ),
    ),
    atol=3e-3,
    axes=("step",),
)
