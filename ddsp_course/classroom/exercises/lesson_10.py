"""Lesson 10, the decoder: what its exercises are judged by."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ddsp_course import dsp
from ddsp_course.autoencoder.decoder import stack
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
    number=10,
    topic="the_decoder",
    title="The decoder",
    builds="the network between two curves and a synthesizer: its inputs, its memory, its controls",
    hears="a network that knows nothing, and the same network after it has learned one phrase by heart",
    minutes_to_read=60,
    minutes_to_run=1,
)


def numbers(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# --- 10.1 what goes in ------------------------------------------------------------------------------------------------


def scale_features(f0_hz: Tensor, loudness_db: Tensor) -> Tensor:
    return torch.stack([torch.log2(f0_hz / 440), (loudness_db + 40) / 20], dim=-1)


def as_they_come(f0_hz: Tensor, loudness_db: Tensor) -> Tensor:
    return torch.stack([f0_hz, loudness_db], dim=-1)


def hz_as_it_comes(f0_hz: Tensor, loudness_db: Tensor) -> Tensor:
    return torch.stack([f0_hz, (loudness_db + 40) / 20], dim=-1)


def ratio_of_hz(f0_hz: Tensor, loudness_db: Tensor) -> Tensor:
    return torch.stack([f0_hz / 440, (loudness_db + 40) / 20], dim=-1)


def natural_log(f0_hz: Tensor, loudness_db: Tensor) -> Tensor:
    return torch.stack([torch.log(f0_hz / 440), (loudness_db + 40) / 20], dim=-1)


def in_semitones(f0_hz: Tensor, loudness_db: Tensor) -> Tensor:
    return torch.stack([12 * torch.log2(f0_hz / 440), (loudness_db + 40) / 20], dim=-1)


def _standardised(values: Tensor) -> Tensor:
    return (values - values.mean()) / values.std()


def by_the_batch(f0_hz: Tensor, loudness_db: Tensor) -> Tensor:
    return torch.stack([_standardised(torch.log2(f0_hz / 440)), _standardised(loudness_db)], dim=-1)


def by_the_batch_in_hz(f0_hz: Tensor, loudness_db: Tensor) -> Tensor:
    return torch.stack([_standardised(f0_hz), _standardised(loudness_db)], dim=-1)


def side_by_side(f0_hz: Tensor, loudness_db: Tensor) -> Tensor:
    return torch.cat([torch.log2(f0_hz / 440), (loudness_db + 40) / 20], dim=-1)


def too_large(attempt: Attempt) -> str:
    largest = float(attempt.got[..., 0].abs().max())
    return (
        f"the largest pitch goes in as {largest:.0f}. A gate that hears it directly stands against its stop, and no "
        f"gradient comes back; behind a layer norm only its being large is left, and A4 and A5 differ by a thousandth. "
        f"Octaves from A4, please: log2(f0 / 440)."
    )


def by_the_take(f0_hz: Tensor, loudness_db: Tensor) -> Tensor:
    return torch.cat([by_the_batch(f0[None], db[None]) for f0, db in zip(f0_hz, loudness_db, strict=True)])


def depends_on_the_take(attempt: Attempt) -> str:
    return (
        f"take {len(attempt.got) - 1} begins with a pitch of {float(attempt.got[-1, 0, 0]):+.2f} where "
        f"{float(attempt.want[-1, 0, 0]):+.2f} is right: with the mean and the deviation of each *take* taken off, a low voice "
        f"and a high one look the same. Scale by constants."
    )


def depends_on_company(attempt: Attempt) -> str | None:
    alone = by_the_batch(attempt.arguments["f0_hz"][:1], attempt.arguments["loudness_db"][:1])[0, 0, 0]
    here = float(attempt.got[0, 0, 0])
    if abs(here - float(alone)) < 0.01:
        return None
    return (
        f"the first frame's pitch is {here:+.2f} in this batch, and {float(alone):+.2f} if its take comes alone: mean and "
        f"deviation of a *batch* tell the network something that has nothing to do with the sound. Scale by constants."
    )


def not_an_octave(attempt: Attempt) -> str:
    an_octave = float((attempt.got / attempt.want.where(attempt.want != 0, torch.nan))[..., 0].nanmean())
    return f"an octave is {an_octave:.2f} for you, and is to be 1: the logarithm to the base 2."


SCALING = Exercise(
    number="10.1",
    name="scale_features",
    reference=scale_features,
    cases=(
        Case(
            "a batch of 2 takes, 5 frames each, of which one is a low voice",
            {
                "f0_hz": torch.tensor([[110.0, 112, 115, 120, 130], [660.0, 700, 720, 740, 780]]),
                "loudness_db": -45 + 10 * numbers(2, 5, seed=1),
            },
            gradients=("f0_hz", "loudness_db"),
        ),
        Case(
            "A3, A4 and A5 at -80, -40 and -20 dB",
            {"f0_hz": torch.tensor([[220.0, 440.0, 880.0]]), "loudness_db": torch.tensor([[-80.0, -40.0, -20.0]])},
            gradients=("f0_hz", "loudness_db"),
        ),
    ),
    hints=(
        looks_like(as_they_come, too_large),
        looks_like(hz_as_it_comes, too_large),
        looks_like(by_the_batch, depends_on_company),
        looks_like(by_the_take, depends_on_the_take),
        looks_like(by_the_batch_in_hz, depends_on_company),
        looks_like(natural_log, not_an_octave),
        looks_like(in_semitones, not_an_octave),
        looks_like(
            ratio_of_hz,
            lambda attempt: (
                f"the lowest pitch goes in as {float(attempt.got[..., 0].min()):.2f}, the highest as {float(attempt.got[..., 0].max()):.2f}: "
                f"in Hz the low octaves are squeezed together and the high ones pulled apart. The ear, and a timbre, go by ratios: take the logarithm."
            ),
        ),
        looks_like(
            side_by_side,
            lambda attempt: (
                f"{attempt.got.shape[-1]} frames come out of {attempt.want.shape[1]}: you laid the loudness *after* the pitch in time. "
                f"Each frame gets both: torch.stack(..., dim=-1)."
            ),
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def scale_features(f0_hz, loudness_db):
    return torch.stack([f0_hz, loudness_db], dim=-1)
""",
            r"the largest pitch goes in as 780.*against its stop",
        ),
        WrongAnswer(
            """
def scale_features(f0_hz, loudness_db):
    octaves = torch.log2(f0_hz / 440)
    octaves = (octaves - octaves.mean()) / octaves.std()
    level = (loudness_db - loudness_db.mean()) / loudness_db.std()
    return torch.stack([octaves, level], dim=-1)
""",
            r"in this batch, and .* if its take comes alone",
        ),
        WrongAnswer(
            """
def scale_features(f0_hz, loudness_db):
    return torch.stack([torch.log(f0_hz / 440), (loudness_db + 40) / 20], dim=-1)
""",
            r"an octave is 0\.69 for you",
        ),
    ),
    axes=("frame", "input"),
)

# --- 10.2 the network -------------------------------------------------------------------------------------------------


class Decoder(nn.Module):
    """A stack for each input, a GRU, a stack on all three, and a linear layer."""

    def __init__(self, hidden_size: int, n_outputs: int) -> None:
        super().__init__()
        self.pitch = stack(1, hidden_size)
        self.loudness = stack(1, hidden_size)
        self.gru = nn.GRU(2 * hidden_size, hidden_size, batch_first=True)
        self.joined = stack(3 * hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, n_outputs)

    def forward(self, scaled: Tensor) -> Tensor:
        pitch, loudness = self.pitch(scaled[..., :1]), self.loudness(scaled[..., 1:])
        remembered, _ = self.gru(torch.cat([pitch, loudness], dim=-1))
        return self.output(self.joined(torch.cat([remembered, pitch, loudness], dim=-1)))


FRAME = 3
"""Where an input is changed, to see what it reaches."""


def looked_into(decoder: type[nn.Module], hidden_size: int, n_outputs: int, batch: int, frames: int) -> tuple:
    """(shape that comes out, numbers learned, what the first take's pitch at frame 3 reaches, and its loudness, the rest).

    What it reaches: [batch, frames], 1 where any output changes. The rest: how many weights get no gradient; 1 if no
    output is negative; 1 if the pitch, 1 if the loudness gets past a GRU that is silent; 1 if the outputs do not move by
    as much as the last layer's offset.
    """
    network = decoder(hidden_size, n_outputs)
    inputs = torch.randn(batch, frames, 2, generator=torch.Generator().manual_seed(3))
    result = network(inputs)
    reached = []
    for which in (0, 1):
        changed = inputs.clone()
        changed[0, FRAME, which] += 1.0
        difference = (network(changed) - result).detach().abs().reshape(*result.shape[:2], -1).amax(dim=-1)
        reached.append((difference > 1e-7).float())
    found = (torch.tensor(result.shape), torch.tensor(float(_numbers_in(network))), *reached)
    weights = list(network.parameters())
    pulls = torch.autograd.grad(result.square().sum(), weights, allow_unused=True)
    ends = (each for each in network.modules() if isinstance(each, nn.Linear) and each.out_features == n_outputs)
    last = [each for each in ends if each.bias is not None][-1:]
    with torch.no_grad():
        for linear in last:
            linear.bias += 100
        squashed = bool(last) and float((network(inputs) - result - 100).abs().max()) > 1
        for linear in last:
            linear.bias -= 100
        for module in network.modules():
            for parameter in module.parameters() if isinstance(module, nn.GRU) else ():
                parameter.zero_()
    (past,) = torch.autograd.grad(network(inputs.requires_grad_()).square().sum(), inputs)
    idle, positive = sum(pull is None for pull in pulls), bool((result >= 0).all())
    return *found, torch.tensor([idle, positive, *(past.abs().amax(dim=(0, 1)) > 0), squashed]).float()


def takes_mixed(attempt: Attempt) -> str | None:
    pitch, loudness = attempt.got[2:4]
    others = (pitch + loudness)[1:].any(dim=1)
    if not others.any():
        return None
    return (
        f"a note in take 0 changes what is played in take {int(others.nonzero()[0]) + 1}, and does not reach the frames after it: your GRU takes "
        f"the batch for time. nn.GRU(..., batch_first=True)."
    )


def hears_the_future(attempt: Attempt) -> str | None:
    earlier = (attempt.got[2] + attempt.got[3])[0, :FRAME]
    if not earlier.any():
        return None
    return f"a change at frame {FRAME} is heard at frame {int(earlier.nonzero()[0])}, before it happened: a GRU that goes both ways, its *last* state (the second thing it returns) given to all frames, or a mean over time."


def no_memory(attempt: Attempt) -> str | None:
    later = (attempt.got[2] + attempt.got[3])[0, FRAME + 1 :]
    if later.any():
        return None
    return f"a change at frame {FRAME} is forgotten at frame {FRAME + 1}: nothing in your network remembers. Does the GRU's result go on?"


def one_is_deaf(attempt: Attempt) -> str | None:
    for name, reached in (("pitch", attempt.got[2]), ("loudness", attempt.got[3])):
        if not reached.any():
            return f"nothing changes when the {name} does: it never reaches the output."
    return None


def not_used(attempt: Attempt) -> str | None:
    idle = int(attempt.got[4][0])
    if idle == 0:
        return None
    return (
        f"{idle} of your tensors of weights get no gradient: something is made in __init__ and never used in forward, or detached on the way. Does "
        f"each input go through its own stack?"
    )


def not_raw(attempt: Attempt) -> str | None:
    if attempt.got[4][1]:
        return (
            "no number that comes out is negative: return what the linear layer says, raw. What makes it legal is 10.3."
        )
    if attempt.got[4][4]:
        return "with 100 more in the last layer's offset, what comes out should be 100 more: return it raw, without a bend."
    return None


def only_through_the_memory(attempt: Attempt) -> str | None:
    for name, gets_past in zip(("pitch", "loudness"), attempt.got[4][2:4], strict=True):
        if not gets_past:
            return (
                f"with the GRU silenced, nothing of the {name} comes through: the last stack gets the memory and both inputs' "
                f"stacks, cat([remembered, pitch, loudness])."
            )
    return None


def _numbers_in(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def one_stack_for_two(attempt: Attempt) -> str | None:
    hidden = attempt.arguments["hidden_size"]
    missing = float(attempt.want[1] - attempt.got[1])
    if missing != _numbers_in(stack(1, hidden)):
        return None
    return (
        f"{missing:.0f} numbers are missing, which is exactly one stack: two names for one and the same weights, so pitch and loudness "
        f"are treated alike. [stack] * 2 makes one stack and a list of it twice; call stack(...) twice."
    )


def not_joined_again(attempt: Attempt) -> str | None:
    hidden = attempt.arguments["hidden_size"]
    missing = float(attempt.want[1] - attempt.got[1])
    if missing != 2 * hidden * hidden:
        return None
    return (
        f"{missing:.0f} numbers are missing, {hidden} times {2 * hidden}: the last stack sees the GRU alone. Give it both inputs' stacks as well: "
        f"cat([remembered, pitch, loudness])."
    )


def another_size(attempt: Attempt) -> str | None:
    got, want = int(attempt.got[1]), int(attempt.want[1])
    if got == want:
        return None
    in_a_list = want - got == 2 * _numbers_in(stack(1, attempt.arguments["hidden_size"]))
    return f"your network learns {got} numbers, the one described {want}" + (
        ": are the stacks in a plain list, where a module does not find them? nn.ModuleList." if in_a_list else "."
    )


def wrong_width(attempt: Attempt) -> str | None:
    got, want = attempt.got[0].tolist(), attempt.want[0].tolist()
    if got == want:
        return None
    return f"[{want[0]:.0f}, {want[1]:.0f}, 2] goes in and {[int(n) for n in got]} comes out, expected {[int(n) for n in want]}."


STACK = """
def stack(n_inputs, n_outputs):
    layers, width = [], n_inputs
    for _ in range(3):
        layers += [nn.Linear(width, n_outputs), nn.LayerNorm(n_outputs), nn.LeakyReLU()]
        width = n_outputs
    return nn.Sequential(*layers)

"""

NETWORK = Exercise(
    number="10.2",
    name="Decoder",
    reference=Decoder,
    use=looked_into,
    cases=(
        Case(
            "a batch as large as it is long: 6 takes of 6 frames",
            {"hidden_size": 16, "n_outputs": 12, "batch": 6, "frames": 6},
        ),
        Case("1 take of 9 frames, a wider network", {"hidden_size": 24, "n_outputs": 30, "batch": 1, "frames": 9}),
    ),
    hints=(
        wrong_width,
        takes_mixed,
        hears_the_future,
        one_stack_for_two,
        not_joined_again,
        no_memory,
        one_is_deaf,
        not_used,
        only_through_the_memory,
        not_raw,
        another_size,
    ),
    wrong_answers=(
        *(
            WrongAnswer(
                STACK
                + f"""
class Decoder(nn.Module):
    def __init__(self, hidden_size, n_outputs):
        super().__init__()
        self.pitch, self.loudness = stack(1, hidden_size), stack(1, hidden_size)
        self.gru = nn.GRU(2 * hidden_size, hidden_size, batch_first=True)
        self.joined = stack(3 * hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, n_outputs)

    def forward(self, scaled):
        pitch, loudness = self.pitch(scaled[..., :1]), self.{second}(scaled[..., 1:])
        remembered, _ = self.gru(torch.cat([pitch, loudness], dim=-1))
        return {last}(self.output(self.joined(torch.cat([remembered, pitch, {third}], dim=-1))))
""",
                says,
            )
            for second, third, last, says in (
                ("pitch", "loudness", "", r"tensors of weights get no gradient.*its own stack"),
                ("loudness", "pitch", "", r"with the GRU silenced, nothing of the loudness comes through"),
                ("loudness", "loudness", "torch.sigmoid", r"no number that comes out is negative"),
            )
        ),
        WrongAnswer(
            STACK
            + """
class Decoder(nn.Module):
    def __init__(self, hidden_size, n_outputs):
        super().__init__()
        self.pitch, self.loudness = stack(1, hidden_size), stack(1, hidden_size)
        self.gru = nn.GRU(2 * hidden_size, hidden_size)
        self.joined = stack(3 * hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, n_outputs)

    def forward(self, scaled):
        pitch, loudness = self.pitch(scaled[..., :1]), self.loudness(scaled[..., 1:])
        remembered, _ = self.gru(torch.cat([pitch, loudness], dim=-1))
        return self.output(self.joined(torch.cat([remembered, pitch, loudness], dim=-1)))
""",
            r"a note in take 0 changes what is played in take 1.*batch_first=True",
        ),
        WrongAnswer(
            STACK
            + """
class Decoder(nn.Module):
    def __init__(self, hidden_size, n_outputs):
        super().__init__()
        self.stacks = nn.ModuleList([stack(1, hidden_size)] * 2)
        self.gru = nn.GRU(2 * hidden_size, hidden_size, batch_first=True)
        self.joined = stack(3 * hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, n_outputs)

    def forward(self, scaled):
        pitch, loudness = (each(scaled[..., i : i + 1]) for i, each in enumerate(self.stacks))
        remembered, _ = self.gru(torch.cat([pitch, loudness], dim=-1))
        return self.output(self.joined(torch.cat([remembered, pitch, loudness], dim=-1)))
""",
            r"672 numbers are missing, which is exactly one stack",
        ),
        WrongAnswer(
            STACK
            + """
class Decoder(nn.Module):
    def __init__(self, hidden_size, n_outputs):
        super().__init__()
        self.pitch, self.loudness = stack(1, hidden_size), stack(1, hidden_size)
        self.gru = nn.GRU(2 * hidden_size, hidden_size, batch_first=True)
        self.joined = stack(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, n_outputs)

    def forward(self, scaled):
        heard = torch.cat([self.pitch(scaled[..., :1]), self.loudness(scaled[..., 1:])], dim=-1)
        remembered, _ = self.gru(heard)
        return self.output(self.joined(remembered))
""",
            r"the last stack sees the GRU alone",
        ),
    ),
    axes=("frame",),
)

# --- 10.3 what comes out ----------------------------------------------------------------------------------------------


def to_controls(outputs: Tensor, f0_hz: Tensor, n_harmonics: int) -> tuple[Tensor, Tensor, Tensor]:
    amplitude, distribution, noise = _split(outputs, n_harmonics)
    distribution = dsp.normalize_harmonics(dsp.exp_sigmoid(distribution), f0_hz, sample_rate=16_000)
    return dsp.exp_sigmoid(amplitude[..., 0]), distribution, dsp.exp_sigmoid(noise - 5)


def _split(outputs: Tensor, n_harmonics: int) -> tuple[Tensor, ...]:
    return outputs.split([1, n_harmonics, outputs.shape[-1] - 1 - n_harmonics], dim=-1)


def noise_too_loud(attempt: Attempt) -> str | None:
    got, want = attempt.got[2], attempt.want[2]
    bare = dsp.exp_sigmoid(_split(attempt.arguments["outputs"].double(), attempt.arguments["n_harmonics"])[2])
    if got.shape != want.shape or not torch.allclose(got, bare, rtol=1e-3, atol=1e-7):
        return None
    silent = 20 * math.log10(float(dsp.exp_sigmoid(torch.tensor(0.0)) / dsp.exp_sigmoid(torch.tensor(-5.0))))
    louder = 20 * math.log10(float(got.square().mean().sqrt() / want.square().mean().sqrt()))
    return (
        f"your noise is {louder:.0f} dB louder than ours here, and {silent:.0f} dB where the network says 0, as one that has learned nothing does: "
        f"take 5 away before exp_sigmoid, so that training begins with a tone and not with a storm."
    )


def masked_too_late(attempt: Attempt) -> str | None:
    got, want = attempt.got[1], attempt.want[1]
    if got.shape != want.shape:
        return None
    nyquist = 8000
    f0_hz = attempt.arguments["f0_hz"].double()
    over = f0_hz[..., None] * torch.arange(1, got.shape[-1] + 1) >= nyquist
    if float(got[over].abs().max() if over.any() else 0) > 1e-9:
        bad = over & (got > 1e-9)
        frame = tuple(bad.any(dim=-1).nonzero()[0].tolist())
        above = float(got[frame][bad[frame]].sum())
        return (
            f"at {float(f0_hz[frame]):.0f} Hz, {above:.0%} of your weights belong to harmonics at or above 8 kHz. They would come back as other frequencies "
            f"(lesson 01); the synthesizer drops them, and the tone is too soft. Mask them."
        )
    sums = got.sum(dim=-1)
    worst = int(sums.flatten().sub(1).abs().argmax())
    if abs(float(sums.flatten()[worst]) - 1) < 1e-3:
        return None
    level = 20 * math.log10(max(float(sums.flatten()[worst]), 1e-9))
    return (
        f"at {float(f0_hz.flatten()[worst]):.0f} Hz your weights add up to {float(sums.flatten()[worst]):.2f}, so the amplitude is off by {level:+.1f} dB, and by another "
        f"figure at another pitch. Mask first, and normalise what is left."
    )


def plain_sigmoid(attempt: Attempt) -> str | None:
    got, want = attempt.got[0], attempt.want[0]
    raw = attempt.arguments["outputs"].double()[..., 0]
    if got.shape != want.shape or not torch.allclose(got, torch.sigmoid(raw), rtol=1e-3):
        return None
    quietest = int(want.argmin())
    return (
        f"your softest frame is {20 * math.log10(float(got.flatten()[quietest])):.0f} dB, ours {20 * math.log10(float(want.flatten()[quietest])):.0f}: a sigmoid is not "
        f"steep enough in decibels for a rest (lesson 02). exp_sigmoid."
    )


def amplitude_shape(attempt: Attempt) -> str | None:
    if attempt.got[0].shape == (*attempt.want[0].shape, 1):
        return "your amplitude has an axis too many, [batch, frames, 1]: broadcast with [batch, frames] later, it makes every frame a batch. [..., 0]."
    return None


CONTROLS = Exercise(
    number="10.3",
    name="to_controls",
    reference=to_controls,
    cases=(
        Case(
            "2 takes of 4 frames, 30 harmonics, from 110 to 2000 Hz",
            {
                "outputs": numbers(2, 4, 1 + 30 + 17, seed=5),
                "f0_hz": torch.tensor([[110.0, 220, 440, 880], [260.0, 520, 1000, 2000]]),
                "n_harmonics": 30,
            },
            gradients=("outputs",),
        ),
        Case(
            "outputs far from 0, as after training",
            {
                "outputs": 5 * numbers(1, 6, 1 + 60 + 65, seed=6) - 3,
                "f0_hz": torch.linspace(200, 1200, 6)[None],
                "n_harmonics": 60,
            },
            gradients=("outputs",),
        ),
    ),
    hints=(amplitude_shape, plain_sigmoid, masked_too_late, noise_too_loud),
    wrong_answers=(
        WrongAnswer(
            """
def to_controls(outputs, f0_hz, n_harmonics):
    amplitude, distribution, noise = outputs.split([1, n_harmonics, outputs.shape[-1] - 1 - n_harmonics], dim=-1)
    distribution = dsp.normalize_harmonics(dsp.exp_sigmoid(distribution), f0_hz, sample_rate=16_000)
    return dsp.exp_sigmoid(amplitude[..., 0]), distribution, dsp.exp_sigmoid(noise)
""",
            r"86 dB where the network says 0",
        ),
        WrongAnswer(
            """
def to_controls(outputs, f0_hz, n_harmonics):
    amplitude, distribution, noise = outputs.split([1, n_harmonics, outputs.shape[-1] - 1 - n_harmonics], dim=-1)
    distribution = dsp.exp_sigmoid(distribution)
    distribution = distribution / distribution.sum(dim=-1, keepdim=True)
    mask = f0_hz[..., None] * torch.arange(1, n_harmonics + 1) < 8000
    return dsp.exp_sigmoid(amplitude[..., 0]), distribution * mask, dsp.exp_sigmoid(noise - 5)
""",
            r"at \d+ Hz your weights add up to 0\.\d+, so the amplitude is off by -\d+\.\d dB",
        ),
        WrongAnswer(
            """
def to_controls(outputs, f0_hz, n_harmonics):
    amplitude, distribution, noise = outputs.split([1, n_harmonics, outputs.shape[-1] - 1 - n_harmonics], dim=-1)
    distribution = torch.softmax(distribution, dim=-1)
    return dsp.exp_sigmoid(amplitude[..., 0]), distribution, dsp.exp_sigmoid(noise - 5)
""",
            r"of your weights belong to harmonics at or above 8 kHz",
        ),
    ),
    axes=("frame", "entry"),
)

EXERCISES = (SCALING, NETWORK, CONTROLS)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    ChoiceQuestion(
        "10.4",
        answer=encode("b"),
        replies={
            "a": "it is near its end of the scale, whatever its weights make of it: a gradient that is 0 cannot change them either.",
            "b": "right: sigma(x) is flat there. 880 and 440 look the same to it, and no gradient tells the weights so.",
            "c": "a sigmoid and a tanh are never above 1: nothing overflows. It just stops to answer.",
            "d": "the next layer gets the *output* of the gate, in which the difference is already lost.",
        },
    ),
    NumberQuestion(
        "10.5",
        answer=encode(199680.0),
        tolerance=0.5,
        unit="numbers",
        right="right: 3 times (256 * 2 + 256 * 256 + 256 + 256). PyTorch keeps two offsets a gate, where one would do.",
        misconceptions=(
            (66560.0, 0.5, "that is one of the three: update, reset and candidate each have their own."),
            (198912.0, 0.5, "nearly: PyTorch keeps *two* offsets a gate, one for the input and one for the memory."),
            (198144.0, 0.5, "and the offsets? Two of 256 for each of the three."),
            (266240.0, 0.5, "four times is an LSTM. A GRU makes do with three."),
            (
                197120.0,
                1.0,
                "almost: 3 times 256 * 2, plus 3 times 256 * 256, plus offsets, two of 256 for each of the three.",
            ),
        ),
    ),
    NumberQuestion(
        "10.6",
        answer=encode(32.0),
        tolerance=0.5,
        unit="",
        right="right: 16 000 samples against 2 times 250 numbers a second.",
        misconceptions=(
            (64.0, 0.5, "that is for one curve. There are two: pitch and loudness."),
            (16000 / 750, 0.5, "the confidence does not go into the decoder: two curves, not three."),
            (500.0, 1.0, "that is how many numbers a second are left. By what factor is it less than 16 000?"),
            (8000.0, 1.0, "two numbers *a frame*, and there are 250 frames a second."),
        ),
    ),
    ChoiceQuestion(
        "10.7",
        answer=encode("c"),
        replies={
            "a": "they have no numbers that could be trained: the tracker was trained by others and stays as it is, loudness is a formula.",
            "b": "it could, in the paper's variant with z. Ours has no z, so the encoder is fixed as a whole.",
            "c": "right: half of this autoencoder was built by hand, so that what passes through the middle has a meaning.",
            "d": "the decoder is where all of the learning is; the synthesizer behind it has nothing to learn.",
        },
    ),
)
