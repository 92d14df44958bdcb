# %% [markdown]
# # Lesson 14 · Small and live
#
# **You will build** weights of a few bits; a synthesizer that plays block by block and forgets nothing; the sum that says how late it
# is; and one file that holds an instrument.
#
# **You will hear** an instrument of 8, of 4 and of 3 bits; a click and a buzz, each of which is one number that was forgotten; and
# yourself, playing.
#
# **You need** phase (lesson 01), filters and rooms (lessons 04 and 05) and the decoder (lesson 10).
#
# **Time.** 50 minutes to read and do, 1 minute to run.

# %%
try:
    import ddsp_course
except ModuleNotFoundError:
    raise SystemExit(
        "The course's package is missing: start the lessons with `make lab`, or run `pip install -e '.[course]'` in your clone."
    ) from None
import copy
import json
import math
import time
from dataclasses import replace
from importlib.resources import files

import torch
import torch.nn.functional as F
from torch import Tensor

from ddsp_course import autoencoder, data, dsp, instruments
from ddsp_course.classroom import (
    check,
    listening,
    my_instrument,
    plots,
    question,
    report,
    show_progress,
    steps,
    verdict,
    workbook,
)
from ddsp_course.data.types import frames_of

SAMPLE_RATE, HOP_SIZE = 16_000, 64
FRAME_RATE = SAMPLE_RATE / HOP_SIZE  # 250 a second
torch.set_num_threads(1)  # one core: a live program has to leave the others to the rest of the band

# %% [markdown]
# ## First, the finished sound
#
# Seven seconds that the course's instrument plays, from a pitch curve and a loudness curve. Three times: all at once; in blocks of 64 ms,
# as live music must be made; and in blocks that forget *one number* at every seam.

# %%
tiny = autoencoder.bundled()
FRAMES = 1750
take = instruments.bowed_string(minutes=0.4, seed=5, progress=False)[0]


def curves_of(take: data.Performance) -> data.Features:
    """Pitch and loudness as the player meant them: no tracker is needed here"""
    return data.Features(take.f0_hz, torch.ones_like(take.f0_hz), take.loudness_db)


performance = frames_of(curves_of(take), 0, FRAMES)
recording = take.audio[:, : FRAMES * HOP_SIZE]
noise = dsp.white_noise(1, FRAMES * HOP_SIZE, generator=torch.Generator().manual_seed(0))  # one draw, for everybody


def play(model: autoencoder.Autoencoder) -> autoencoder.Stems:
    with torch.no_grad():
        return model.synthesize(model.decode(performance), noise=noise)


def play_live(block_frames: int, forgets: str = "") -> autoencoder.Stems:
    """The same, block by block, with everything remembered but one thing"""
    stream, blocks = autoencoder.Stream(tiny), []
    for first in range(0, FRAMES, block_frames):
        if forgets == "memory" and first > 0:
            stream.state = torch.zeros_like(stream.state)
        if forgets == "phase":
            stream.synthesizer.phase = None
        if forgets == "room":
            stream.synthesizer.room.reset()
        start = 0 if forgets == "noise" else first * HOP_SIZE
        block = frames_of(performance, first, first + block_frames)
        blocks.append(stream(block, noise[:, start : start + block.frames * HOP_SIZE]))
    blocks.append(stream.finish())
    joined = {part: torch.cat([getattr(each, part) for each in blocks], dim=1) for part in STEMS}
    return autoencoder.Stems(**joined)


STEMS = ("harmonic", "noise", "dry", "wet")
whole, live, clicking = play(tiny), play_live(16), play_live(16, forgets="phase")
listening.compare({"at once": whole.wet, "in blocks": live.wet, "in blocks, one number lost": clicking.wet})

# %% [markdown]
# Everything up to now had the whole performance before it. An instrument that one *plays* has not: it must answer within a few hundredths
# of a second, on a small computer, for as long as the concert lasts. So it must be **small**, and it must be **live**.
#
# ## Small: what does a frame cost?
#
# Nearly all the work of the network is products of matrices: each weight is multiplied with something, and added to something, once a
# frame. Biases are added only.
#
# > **Guess.** `tiny` has about 250 000 weights. How many millions of multiplications does it do for one second of sound?

# %% tags=["question"]
question("14.6", answer=None)


# %%
def weights_of(decoder: autoencoder.Decoder) -> list[Tensor]:
    """Its matrices"""
    return [parameter for parameter in decoder.parameters() if parameter.ndim == 2]


def cpu_seconds(work, times: int = 5) -> float:
    """Of one call, the quickest of a few tries: what else this computer does shall not count"""
    tries = []
    for _ in range(times):
        begin, calls, passed = time.process_time(), 0, 0.0
        while passed < 0.1:  # again and again: some computers' clocks tick 64 times a second
            work()
            calls, passed = calls + 1, time.process_time() - begin
        tries.append(passed / calls)
    return min(tries)


def hundred_frames(decoder: autoencoder.Decoder) -> None:
    state = torch.zeros(1, 1, decoder.config.hidden_size)
    with torch.inference_mode():
        for frame in range(100):
            _, state = decoder.go_on(frames_of(performance, frame, frame + 1), state=state)


full = autoencoder.Decoder(autoencoder.settings("full").model).eval()  # untrained: its speed does not depend on that
frame_ms = {}
decoders = {"tiny": tiny.decoder, "full": full}
for name, decoder in decoders.items():
    frame_ms[name] = 10 * cpu_seconds(lambda decoder=decoder: hundred_frames(decoder))
    print(f"{name}: {frame_ms[name]:.2f} ms a frame on this computer; there are {1000 / FRAME_RATE:.0f} ms for it")

# %% tags=["number"]
for name, decoder in decoders.items():
    report(f"{name}: numbers", sum(parameter.numel() for parameter in decoder.parameters()), digits=0)
    products = sum(weight.numel() for weight in weights_of(decoder)) * FRAME_RATE
    report(f"{name}: multiplications a second of sound", products / 1e6, "million", digits=0)
verdict("full takes longer for a frame, by a factor", frame_ms["full"] / frame_ms["tiny"], above=2)

# %% [markdown]
# Twenty times the numbers. What do they buy? A lesson has no room to train `full`: it took 20 minutes of two cores, where `tiny` had ten
# minutes of one, and its weights would be 20 MB. So the course brings what `full` has *played*: these seven seconds, from the same curves
# and the same draw of hiss (made by `tools/train_assets.py full`; both learned from the same eight minutes).

# %%
assets = files("ddsp_course") / "assets"
full_wet, full_dry = (data.load_recording(assets / f"bowed_string_full_{part}.flac").audio for part in ("wet", "dry"))
listening.compare(
    {
        "recording": recording,
        "tiny": whole.wet,
        "full": full_wet,
        "recording, dry": take.dry[:, : FRAMES * HOP_SIZE],
        "tiny, dry": whole.dry,
        "full, dry": full_dry,
    }
)

# %% [markdown]
# Of the three in their room, which is which is not easy to say. Dry, the two networks are softer than the truth, `full` by 15 dB: part of
# how loud a note is they have put into their room, where the loss hears it just as well (lesson 13). On two minutes that neither has learned from, judged as in lesson 11 (their figures lie beside the sounds):

# %%
spectral_loss = dsp.SpectralLoss()
judged = {
    name: json.loads((assets / f"{file}.json").read_text(encoding="utf-8"))["estimates"]
    for name, file in (
        ("tiny", "bowed_string"),
        ("full", "bowed_string_full"),
        ("tiny without Fourier features", "bowed_string_plain"),
    )
}


def figure_of(name: str, measure: str, whose: str = "model") -> float:
    return judged[name][whose][measure]["value"]


# %% tags=["number"]
report("tiny: loss on these seven seconds", spectral_loss(whole.wet, recording), digits=1)
report("full", spectral_loss(full_wet, recording), digits=1)
for name in judged:
    report(f"{name}: of the way from a constant spectrum to a re-take", figure_of(name, "share"), "%", digits=1)
for name in ("tiny", "full"):
    report(f"{name}: in the rests drier than the recording by", figure_of(name, "dereverberation"), "dB", digits=0)
report("the true dry sound is drier by", figure_of("full", "dereverberation", "recording"), "dB", digits=0)
true_dry = take.dry[:, : FRAMES * HOP_SIZE]
for name, dry in (("tiny", whole.dry), ("full", full_dry)):
    report(f"{name}, dry: softer than the true dry sound by", 10 * (true_dry.var() / dry.var()).log10(), "dB", digits=0)

# %% [markdown]
# On these seven seconds `full` is ahead by a tenth, on the two minutes `tiny` by 3 % of the way. Two things differ: `full` is the paper's and hears no
# Fourier features (lesson 10). Without them `tiny` is a percent behind it. So these eight numbers are worth four, and twenty times the numbers are worth one. What
# else they bought is silence: in the rests of those two minutes the dry sound of `full`, against its own playing, has 15 dB less than that of `tiny`, and
# about as little as the truth. (In the short rests of these seven seconds you will not hear it: a string that is let go rings on.)
#
# ### Smaller still
#
# If 20 times more buys so little, what does 20 times *less* cost? That we can try. A **student** whose GRU has 2, 8 or 32 numbers instead
# of 256 listens to the same curves and learns to turn the synthesizer's knobs as `tiny`, its **teacher**, does. (This is
# **distillation**. It needs no synthesizer, no spectra and no recording, and so it is quick.)


# %%
def knobs(controls: autoencoder.Controls) -> Tensor:
    """All that a network decides, in nepers (8.7 dB each), and nothing below -80 dB: [batch, frames, 165]"""
    return torch.log(torch.cat([controls.harmonic_amplitudes, controls.noise_magnitudes], dim=-1) + 1e-4)


lessons = [curves_of(each) for each in instruments.bowed_string(minutes=2, seed=7, progress=False)]
with torch.no_grad():
    taught = torch.cat([knobs(tiny.decode(each)) for each in lessons], dim=1)[0]
pitch, loudness = (
    torch.cat([getattr(each, curve) for each in lessons], dim=1)[0] for curve in ("f0_hz", "loudness_db")
)


def learn(hidden_size: int, n_steps: int, crop: int = 200, warm_up: int = 50) -> autoencoder.Autoencoder:
    """tiny, with a decoder of another size in it, that has learned from tiny's own"""
    torch.manual_seed(0)
    student = autoencoder.Decoder(replace(tiny.config, hidden_size=hidden_size))
    optimizer = torch.optim.Adam(student.parameters(), lr=1e-2)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    generator = torch.Generator().manual_seed(0)
    for _ in range(n_steps):
        starts = torch.randint(0, len(pitch) - crop, (16, 1), generator=generator)
        at = starts + torch.arange(crop)
        played = student(data.Features(pitch[at], torch.ones_like(pitch[at]), loudness[at]))
        loss = (knobs(played) - taught[at])[:, warm_up:].abs().mean()  # the GRU knows nothing yet when a crop begins
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        slower.step()
    model = copy.deepcopy(tiny)
    model.decoder = student.eval()
    return model


SIZES = (2, 8, 32)
ending = (torch.arange(FRAMES * HOP_SIZE, 0, -1) / 800).clamp(max=1)  # the last 50 ms fade out
students = {size: learn(size, steps(200)) for size in SIZES}
student_sounds = {size: play(student).wet for size, student in students.items()}


def numbers_in(model: autoencoder.Autoencoder) -> int:
    return sum(parameter.numel() for parameter in model.decoder.parameters())


listening.compare(
    {
        "recording": recording,
        "tiny": whole.wet,
        **{f"{numbers_in(students[size])} numbers": ending * student_sounds[size] for size in reversed(SIZES)},
    }
)

# %% [markdown]
# Some eleven thousand numbers are a string. Is that the network's merit, or is a bowed string with tracked loudness simply easy? A
# loss by itself does not say (lesson 11). So put a player beside them that has to lose: `tiny`, with its harmonic distribution held
# constant.

# %%
with torch.no_grad():
    controls = tiny.decode(performance)
    weight = controls.amplitude[..., None]
    mean = (weight * controls.harmonic_distribution).sum(dim=1, keepdim=True) / weight.sum(dim=1, keepdim=True)
    flat = dsp.normalize_harmonics(
        mean.expand_as(controls.harmonic_distribution), controls.f0_hz, sample_rate=SAMPLE_RATE
    )
    constant = tiny.synthesize(replace(controls, harmonic_distribution=flat), noise=noise).wet
    sounds = {**student_sounds, "tiny": whole.wet, "constant": constant}
    losses = {name: float(spectral_loss(sound, recording)) for name, sound in sounds.items()}
rest = slice(-6400, None)  # 0.4 s in which nobody plays
louder_db = {
    size: 10 * torch.log10(sound[:, rest].square().mean() / whole.wet[:, rest].square().mean())
    for size, sound in student_sounds.items()
}
for size, excess in louder_db.items():
    print(f"{numbers_in(students[size])} numbers: in the last rest {float(excess):+.0f} dB against tiny")
plots.curves(
    [numbers_in(students[size]) for size in SIZES] + [numbers_in(tiny)],
    [losses[which] for which in (*SIZES, "tiny")],
    x_label="numbers in the network",
    y_label="spectral loss against the recording",
    title="What a smaller network loses",
    log_x=True,
    points=True,
    levels={"tiny with a constant timbre": losses["constant"]},
    alt="A curve that falls from 7.2 at 2242 numbers over 5.0 at 3634 and 4.6 at 11362 to 4.4 at 250146. A dotted line for the constant timbre lies at 4.9, between the networks of 3634 and 11362 numbers.",
)

# %% tags=["number"]
verdict("32 hidden numbers: loss above tiny's by", losses[32] - losses["tiny"], below=0.6, of_training=True)
verdict("2 hidden numbers: above tiny's by", losses[2] - losses["tiny"], above=0.8, of_training=True)
verdict("constant timbre: above tiny's by", losses["constant"] - losses["tiny"], above=0.1)
verdict("2 hidden numbers: in the last rest, louder than tiny by", louder_db[2], above=6, unit="dB", of_training=True)

# %% [markdown]
# Read this picture with care. A network of less than four thousand numbers comes near the teacher with *one* frozen timbre, which is only half a point
# behind the teacher itself. So most of what this loss sees is how loud the parts are, which is learned by few numbers; the colour that moves from note to note is the small rest.
# And listen to the end, where nobody plays: the smaller the network, the louder the hum that stays. (The students had a few seconds of
# training, and more would help. And this string is a model: a recorded one may ask for more.)
#
# ## Small: fewer bits
#
# The other way to make an instrument small is to keep each number, and write it down less exactly. A float32 has 32 bits. **float16** has
# 16: one for the sign, five for the power of two, ten for the digits, so every number is right to a share of its own size. **int8** has 8
# bits and no power of two: whole numbers $q$ from -127 to 127, and one **step** $\Delta$ that all of them share:
#
# $$\hat w = \Delta\, q, \qquad q = \mathrm{round}\Big(\frac{w}{\Delta}\Big), \qquad \Delta = \frac{\max |w|}{2^{b-1} - 1}$$
#
# $w$ is a weight, $\hat w$ what is left of it, $b$ the number of bits. ($-128$ exists too, and is left unused: then $+$ and $-$ are
# alike.) An error is at most half a step, and all sizes up to that are equally likely, so its power is $\Delta^2/12$, whatever the size
# of the weight. The largest weight decides how coarse all of them are. Hence the second kind: one step for **each row** of the matrix.
#
# ### Exercise 14.1: a few bits
#
# <details><summary>Hint 1</summary><code>weight.abs().amax(dim=-1, keepdim=True)</code> is each row's peak, and keeps its axis for the division.</details>
# <details><summary>Hint 2</summary>A row may be all zeros. <code>step.clamp_min(1e-12)</code> divides by something, and 0 stays 0.</details>


# %% tags=["exercise"]
def quantise(weight: Tensor, bits: int, per_row: bool) -> Tensor:
    """weight [rows, columns] -> the same after rounding to that many bits; one step for all, or one for each row"""
    ### BEGIN SOLUTION
    peak = weight.abs().amax(dim=-1, keepdim=True) if per_row else weight.abs().amax()
    step = (peak / (2 ** (bits - 1) - 1)).clamp_min(1e-12)
    return (weight / step).round() * step
    ### END SOLUTION


# %% tags=["check"]
quantise = check("14.1", quantise)

# %% [markdown]
# > **Guess.** How many dB louder is the error of 5 bits than the error of 8?

# %% tags=["question"]
question("14.7", answer=None)


# %%
def error_db(found: Tensor, wanted: Tensor) -> float:
    """How loud the difference is, against what it should be"""
    return float(10 * torch.log10(((found - wanted).square().sum() + 1e-20) / wanted.square().sum()))


def rounded(how) -> autoencoder.Autoencoder:
    """tiny, its matrices replaced by how(matrix); biases, one for each row, stay as they are"""
    model = copy.deepcopy(tiny)
    with torch.no_grad():
        for weight in weights_of(model.decoder):
            weight.copy_(how(weight.detach()))
    return model


recurrent = tiny.decoder.gru.weight_hh_l0.detach()  # [768, 256]: four fifths of all there is

# %% tags=["number"]
report("float16: error of the recurrent weights", error_db(recurrent.half(), recurrent), "dB", digits=0)
for bits, per_row in ((8, False), (5, False), (8, True)):
    kind = "a step for each row" if per_row else "one step"
    report(f"{bits} bits, {kind}", error_db(quantise(recurrent, bits, per_row), recurrent), "dB", digits=0)

# %% [markdown]
# Now for the instrument. Remember what the network does *not* decide: the pitch. It goes past it, straight to the oscillators. So two
# instruments with the same noise stay in step, and we may subtract one sound from the other, sample by sample.

# %%
BITS = (8, 6, 5, 4, 3)
few_bits = {
    (bits, per_row): play(rounded(lambda weight, bits=bits, per_row=per_row: quantise(weight, bits, per_row))).wet
    for bits in BITS
    for per_row in (False, True)
}
halved = play(rounded(torch.Tensor.half)).wet
errors = {which: error_db(sound, whole.wet) for which, sound in few_bits.items()}


def kilobytes(bits: int, per_row: bool) -> float:
    """Of tiny's decoder: its weights, and its biases and the steps in 16 bits"""
    matrices = weights_of(tiny.decoder)
    n_steps = sum(len(weight) if per_row else 1 for weight in matrices)
    biases = numbers_in(tiny) - sum(weight.numel() for weight in matrices)
    return (sum(weight.numel() for weight in matrices) * bits / 8 + 2 * (biases + n_steps)) / 1000


plots.curves(
    BITS,
    {
        kind: [errors[bits, per_row] for bits in BITS]
        for kind, per_row in (("one step for a matrix", False), ("a step for each row", True))
    },
    x_label="bits of a weight",
    y_label="error of the sound (dB)",
    title="What an instrument of few bits plays wrong",
    points=True,
    levels={"float16": error_db(halved, whole.wet)},
    alt="Two falling curves over the bits. With one step the error goes from 0 dB at 3 bits over -2 at 4 and -22 at 6 to -35 at 8; with a step for each row from -15 at 3 over -25 at 4 and -37 at 6 to -48 at 8. A dotted line for float16 lies at -80 dB.",
)
listening.compare(
    {
        "32 bits": whole.wet,
        **listening.with_yours(
            "8 bits, each row", quantise, lambda function: play(rounded(lambda weight: function(weight, 8, True))).wet
        ),
        "4 bits, each row": few_bits[4, True],
        "3 bits, each row": few_bits[3, True],
        "4 bits, one step": few_bits[4, False],
        "3 bits, one step": few_bits[3, False],
    }
)

# %% tags=["number"]
report("float32", numbers_in(tiny) * 4 / 1000, "kB", digits=0)
report("8 bits, a step for each row", kilobytes(8, True), "kB", digits=0)
report("4 bits, a step for each row", kilobytes(4, True), "kB", digits=0)
verdict("float16: error of the sound", error_db(halved, whole.wet), below=-60, unit="dB")
verdict("8 bits, a step for each row", errors[8, True], below=-45, unit="dB")
verdict("4 bits, a step for each row", errors[4, True], below=-20, unit="dB")
verdict("4 bits, one step: worse by", errors[4, False] - errors[4, True], above=10, unit="dB")

# %% [markdown]
# Did you expect hiss? A *sound* that is rounded hisses. Here the *weights* are rounded, each once and for all: what you get is a slightly
# other instrument, with no noise of its own. At 3 bits and one step the error is nearly as loud as the sound. A step for each row costs two bytes a
# row, and where bits are few it is worth about two in every weight.
#
# (Smaller is not yet faster. We have rounded, and still computed in float32. To gain time as well, the products must be made with whole
# numbers, by code that is written for it.)
#
# ### What goes wrong: a room of 8 bits
#
# The decoder is not all there is in the file. The room has 48 000 taps. (Half of them are exactly 0. It was trained on pieces of 1.5 s, and no sound in them rang
# for longer: the taps after that have never had a gradient.) Round those to 8 bits as well?

# %%
with torch.no_grad():
    room = tiny.room()
taps = F.pad(room[1:], (0, 1))[None]  # [1, 48000], without the direct sound
CHUNK = 250  # taps: 16 ms


def room_of(bits: int, per_chunk: bool) -> Tensor:
    """The room after rounding: one step for all of it, or one for each 16 ms"""
    rows = taps.reshape(-1, CHUNK) if per_chunk else taps
    return torch.cat([room[:1], quantise(rows, bits, per_chunk).reshape(-1)[:-1]])


rooms = {"32 bits": room, "8 bits, one step": room_of(8, False), "8 bits, a step each 16 ms": room_of(8, True)}


def levels_db(response: Tensor) -> Tensor:
    """Of each 16 ms, down to -120 dB"""
    power = F.pad(response[1:], (0, 1)).reshape(-1, CHUNK).square().mean(dim=1)
    return 10 * torch.log10(power + 1e-12)


shown = 60  # chunks: 0.94 s
plots.curves(
    torch.arange(shown) * CHUNK / SAMPLE_RATE,
    {name: levels_db(response)[:shown] for name, response in rooms.items()},
    x_label="time after the direct sound (s)",
    y_label="level of the room (dB)",
    title="A room dies away, or falls off a cliff",
    alt="Three curves fall together from -20 dB at the start to about -63 dB at 0.35 s. There the one with 8 bits and one step leaves the others and drops to the bottom of the picture, but for one last peak at 0.39 s; the other two go on as one line to about -105 dB at 0.9 s.",
)
clap = F.pad(torch.full((1, 1), 0.8), (1600, 14_399))
listening.compare(
    {
        "a clap in the room": dsp.reverberate(clap, room),
        "8 bits, one step": dsp.reverberate(clap, rooms["8 bits, one step"]),
        "5 bits, one step": dsp.reverberate(clap, room_of(5, False)),
        "5 bits, a step each 16 ms": dsp.reverberate(clap, room_of(5, True)),
    }
)


# %% tags=["number"]
def last_tap_s(response: Tensor) -> float:
    return float(response.nonzero().max()) / SAMPLE_RATE


report("the room of 8 bits and one step ends after", last_tap_s(rooms["8 bits, one step"]), "s", digits=2)
report("the room itself", last_tap_s(room), "s", digits=2)

# %% [markdown]
# A room falls by 60 dB and more. Half a step of 8 bits lies 48 dB below the loudest tap, and what is smaller than that is not rounded
# badly, it is *gone*. (With 5 bits you hear it: the clap is dry after a moment.) The remedy is the one you have, a step for each piece of
# like size. What the course exports is half precision, where each number brings its own.
#
# ## Live: what must be remembered
#
# Now the clock. A live program gets its input in **blocks**, and has to hand back a block before the next one comes. Cut a performance
# up, play each piece with what you have built so far, put the sounds end to end. Whatever knew something of the past has now forgotten
# it:
#
# | part | what it must remember from block to block |
# |---|---|
# | the network | its memory: the state of the GRU |
# | the oscillators | the phase, and the last frame, from which the next hop goes on |
# | the noise | where it is in its random numbers |
# | a filter, and the room | the tail that still rings |
#
# We take them one by one, from the bottom.
#
# ### Exercise 14.2: carry the phase
#
# Sample $n$ of a block has the phase that the block was handed, and on top of it all that has passed since:
#
# $$\phi(n) = \phi_0 + \frac{2\pi}{f_s} \sum_{i=0}^{n-1} f(i)$$
#
# $f(i)$ in Hz, $f_s$ the sample rate, $\phi$ in radians. Hand on the phase of the *next* block's first sample, wrapped into 0 to $2\pi$.
# Lesson 01 has shown why one wraps: after an hour of sound a float that grows has no digits left for the phase.
#
# <details><summary>Hint 1</summary><code>torch.cumsum</code> gives the sum up to and including sample n. Subtract the step of n itself.</details>
# <details><summary>Hint 2</summary>The next block begins where one more sample would be: at the last sample's phase plus its step.</details>


# %% tags=["exercise"]
def sine_block(f0_hz: Tensor, phase: float, sample_rate: int) -> tuple[Tensor, float]:
    """f0_hz [samples], the phase of the first of them -> the sine [samples], and the phase of the sample after the last"""
    ### BEGIN SOLUTION
    step = 2 * math.pi * f0_hz.double() / sample_rate
    passed = torch.cumsum(step, dim=0)
    return torch.sin(phase + passed - step).float(), float((phase + passed[-1]) % (2 * math.pi))
    ### END SOLUTION


# %% tags=["check"]
sine_block = check("14.2", sine_block)

# %%
glide_hz = 330 * 2 ** (torch.linspace(0, 1, 2 * SAMPLE_RATE) * 0.25)  # three semitones in two seconds
BLOCK = 1024
faded = (
    0.2 * (torch.arange(2 * SAMPLE_RATE) / 400).clamp(max=1) * (torch.arange(2 * SAMPLE_RATE, 0, -1) / 400).clamp(max=1)
)


def glide(function, carried: bool) -> Tensor:
    phase, blocks = 0.0, []
    for block in glide_hz.split(BLOCK):
        sound, phase = function(block, phase if carried else 0.0, SAMPLE_RATE)
        blocks.append(sound)
    return faded * torch.cat(blocks)


smooth, torn = glide(sine_block, True), glide(sine_block, False)
listening.compare(
    {
        **listening.with_yours("phase carried", sine_block, lambda function: glide(function, True)),
        "phase forgotten": torn,
    }
)
seam_s = BLOCK / SAMPLE_RATE
plots.waveform(
    {"forgotten": torn, "carried": smooth},
    sample_rate=SAMPLE_RATE,
    start_s=seam_s - 0.005,
    end_s=seam_s + 0.005,
    title=f"The seam at {seam_s:.3f} s",
    alt="Two sines lie on one another up to the middle of the picture. There the forgotten one drops from 0.17 to 0 within a sample and goes on from there, half a millisecond late.",
)
plots.spectrum(
    {"forgotten": torn, "carried": smooth},
    sample_rate=SAMPLE_RATE,
    log_frequency=True,
    title="A click is at all frequencies at once",
    alt="The carried glide is one narrow hill between 330 and 390 Hz. The forgotten one is a comb at all frequencies, a line every 15.6 Hz, from about -50 dB below 200 Hz to -80 dB at 8000 Hz.",
)


# %% tags=["number"]
def stray_db(sound: Tensor) -> float:
    """Energy below 180 and above 540 Hz, where the glide never is, against the rest"""
    power = torch.fft.rfft(sound.double()).abs() ** 2
    hz = torch.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    near = (hz > 180) & (hz < 540)
    return float(10 * torch.log10(power[~near].sum() / power[near].sum()))


report("phase forgotten: energy where the tone never is", stray_db(torn), "dB", digits=0)
verdict("phase carried", stray_db(smooth), below=-60, unit="dB")

# %% [markdown]
# Not all seams click alike: it depends on where the sine happens to be when it is cut.
#
# ### The noise, and a buzz
#
# Noise remembers nothing, that is what makes it noise. So can it be forgotten? Suppose that every block makes itself a generator with
# seed 0, for the sake of reproducibility. Each block is then filled with the same random numbers.
#
# > **Guess.** Blocks of 256 samples, each with the same 256 random numbers. Which pitch do you hear, in Hz?

# %% tags=["question"]
question("14.8", answer=None)

# %%
buzzing = play_live(4, forgets="noise")
listening.compare(
    {
        "the noise alone, 10 times as loud": 10 * whole.noise,
        "a seed for each block, as loud": 10 * buzzing.noise,
        "all of it, a seed for each block": buzzing.wet,
    }
)


def alike(sound: Tensor, lag: int) -> float:
    """How much a sound is like itself a little later: from -1 to 1"""
    here, there = sound[0, :-lag], sound[0, lag:]
    return float((here * there).sum() / (here.square().sum() * there.square().sum()).sqrt())


# %% tags=["number"]
verdict("noise against itself 16 ms later", abs(alike(whole.noise, 256)), below=0.2)
verdict("with a seed for each block", alike(buzzing.noise, 256), above=0.7)

# %% [markdown]
# What a generator remembers is its place in the sequence. Make it once, before the first block.
#
# ### Exercise 14.3: carry the tail
#
# A block of $n$ samples through a filter of $m$ taps is $n + m - 1$ samples long. The first $n$ of them are this block's turn. The rest,
# the **tail**, belongs to later, where it is added to what will be played then. (**Overlap-add**, as in lesson 04; there, all blocks were
# there at once.)
#
# <details><summary>Hint 1</summary><code>dsp.fft_convolve(block, taps, mode="full")</code> is all n + m - 1 samples.</details>
# <details><summary>Hint 2</summary>Add the tail that you are handed <em>before</em> you cut: a block may be shorter than the tail. <code>F.pad(tail, (0, n))</code> has the right length.</details>


# %% tags=["exercise"]
def convolve_block(block: Tensor, taps: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
    """block [1, n], taps [m], tail [1, m - 1] of all that was before -> sound [1, n], tail [1, m - 1]"""
    ### BEGIN SOLUTION
    n = block.shape[1]
    sound = dsp.fft_convolve(block, taps, mode="full") + F.pad(tail, (0, n))
    return sound[:, :n], sound[:, n:]
    ### END SOLUTION


# %% tags=["check"]
convolve_block = check("14.3", convolve_block)


# %%
def in_the_room(function, carried: bool, block: int = 1024) -> Tensor:
    """The dry phrase through the room, block by block"""
    tail, blocks = torch.zeros(1, len(room) - 1), []
    for each in whole.dry.split(block, dim=1):
        sound, new = function(each, room, tail)
        blocks.append(sound)
        tail = new if carried else tail
    return torch.cat(blocks, dim=1)


listening.compare(
    {
        **listening.with_yours("tail carried", convolve_block, lambda function: in_the_room(function, True)),
        "tail forgotten": in_the_room(convolve_block, False),
    }
)
partitioned = dsp.PartitionedConvolution(room)
one_block, silence = whole.dry[:, :HOP_SIZE], torch.zeros(1, len(room) - 1)
ways = {
    "overlap-add": cpu_seconds(lambda: convolve_block(one_block, room, silence)),
    "in parts": cpu_seconds(lambda: [partitioned(one_block) for _ in range(64)], times=3) / 64,
}
for name, seconds in ways.items():
    print(f"the room, {name}: {1000 * seconds:.2f} ms for a block of 4 ms on this computer")

# %% tags=["number"]
verdict(
    "tail carried: largest difference from the whole",
    (in_the_room(convolve_block, True) - whole.wet).abs().max(),
    below=1e-4,
)
verdict("tail forgotten: error", error_db(in_the_room(convolve_block, False), whole.wet), above=-20, unit="dB")
verdict("in parts, it is faster by a factor of", ways["overlap-add"] / ways["in parts"], above=2)

# %% [markdown]
# Right it is, and slow: for 64 new samples, all 48 000 taps are transformed. `dsp.PartitionedConvolution` cuts the *room* into parts of
# 1024 taps, too. Only the first part has to answer at once. All the others hear nothing younger than 64 ms, so their answers are worked
# out together whenever 1024 samples are full, from spectra that are already there. (Gardner, 1995. The course's version keeps all parts
# equally long.)
#
# ### The memory of the network
#
# Last, the top. Let the GRU begin each block of 16 frames with a state of zeros, and look at what it decides.

# %%
with torch.inference_mode():
    from_zero = [
        tiny.decoder.go_on(frames_of(performance, first, first + 16))[0].amplitude for first in range(0, 400, 16)
    ]
    wanted_amplitude = tiny.decode(performance).amplitude[:, :400]
plots.curves(
    torch.arange(400) / FRAME_RATE,
    {
        "remembers": dsp.amplitude_to_db(wanted_amplitude[0]),
        "begins anew every 64 ms": dsp.amplitude_to_db(torch.cat(from_zero, dim=1)[0, :400]),
    },
    x_label="time (s)",
    y_label="amplitude of the harmonics (dB)",
    title="A network that begins anew",
    alt="One curve rises into a note at 0.1 s and stays between -16 and -21 dB. The other shoots up to that level once every 64 ms, for a few frames, and lies at -80 dB in between.",
)
forgotten = {
    "nothing": live,
    "phase": clicking,
    **{what: play_live(16, forgets=what) for what in ("memory", "noise", "room")},
}
for what, stems in forgotten.items():
    print(f"{what} forgotten: error {error_db(stems.wet, whole.wet):.0f} dB")
listening.compare({"nothing forgotten": live.wet, "the network's memory": forgotten["memory"].wet})

# %% tags=["number"]
verdict("nothing forgotten: largest difference from the whole", (live.wet - whole.wet).abs().max(), below=1e-4)
for what in ("phase", "memory", "noise", "room"):
    verdict(f"{what} forgotten: error", error_db(forgotten[what].wet, whole.wet), above=-30, unit="dB")

# %% [markdown]
# Zeros are not "no memory". They are one of its states, and one from which this network was never asked to play: in training, it always
# had half a second to find its way. So it stutters.
#
# Each has its own sound: a crackle, a stutter, a buzz, a room that breaks off. The decibels do not say how much each one hurts. But
# *nothing forgotten* is exact to rounding, and so a test finds each of them.
#
# ### Exercise 14.4: all of it, in a class
#
# Harmonics in a room, for blocks of any number of frames. One more thing must be kept: a hop goes *from a frame to the next one* (lesson
# 03), so the last hop of a block waits for the first frame of the block that follows. Keep the last frame, put it in front of the next
# block, and ask the oscillators not to hold at the end: $f$ frames give $f - 1$ hops, but with the kept one in front they give $f$. Of
# the first block one hop comes out less.
#
# <details><summary>Hint 1</summary>Three things to keep: a frame (pitch and amplitudes), a phase, a tail. Start with None, 0.0 and zeros.</details>
# <details><summary>Hint 2</summary><code>dsp.harmonic_synthesis(..., initial_phase=phase, return_final_phase=True, hold_last_frame=False)</code> returns the sound and the phase to hand on.</details>
# <details><summary>Hint 3</summary>A first block of a single frame decides no hop at all: return <code>torch.zeros(1, 0)</code>. For the room, <code>convolve_block</code> with <code>room</code> as it is: its first tap, 1, is the direct sound.</details>


# %% tags=["exercise"]
class Live:
    """Plays harmonics in a room [taps], whose first tap is 1, block by block"""

    def __init__(self, room: Tensor) -> None:
        ### BEGIN SOLUTION
        self.room, self.frame, self.phase = room, None, 0.0
        self.tail = torch.zeros(1, len(room) - 1)
        ### END SOLUTION

    def __call__(self, f0_hz: Tensor, amplitudes: Tensor) -> Tensor:
        """f0_hz [1, frames], amplitudes [1, frames, harmonics] -> the samples that are now decided [1, n]"""
        ### BEGIN SOLUTION
        if self.frame is not None:
            f0_hz = torch.cat([self.frame[0], f0_hz], dim=1)
            amplitudes = torch.cat([self.frame[1], amplitudes], dim=1)
        self.frame = f0_hz[:, -1:], amplitudes[:, -1:]
        if f0_hz.shape[1] == 1:
            return torch.zeros(1, 0)
        sound, self.phase = dsp.harmonic_synthesis(
            f0_hz,
            amplitudes,
            sample_rate=16_000,
            hop_size=64,
            initial_phase=self.phase,
            return_final_phase=True,
            hold_last_frame=False,
        )
        n = sound.shape[1]
        sound = dsp.fft_convolve(sound, self.room, mode="full") + F.pad(self.tail, (0, n))
        self.tail = sound[:, n:]
        return sound[:, :n]
        ### END SOLUTION


# %% tags=["check"]
Live = check("14.4", Live)


# %%
def my_live_instrument(live, block_frames: int = 16) -> Tensor:
    """The network and the synthesizer, both block by block"""
    player, state, blocks = live(room), None, []
    with torch.inference_mode():
        rest = tiny.after_a_rest(frames_of(performance, 0, 1), tiny.pre_roll_frames)  # half a second of rest, as always
        state = tiny.decoder.go_on(frames_of(rest, 0, tiny.pre_roll_frames))[1]
        for first in range(0, FRAMES, block_frames):
            controls, state = tiny.decoder.go_on(frames_of(performance, first, first + block_frames), state=state)
            blocks.append(player(controls.f0_hz, controls.harmonic_amplitudes))
    return torch.cat(blocks, dim=1)


at_once = dsp.reverberate(whole.harmonic, room)
in_blocks = my_live_instrument(Live)
listening.compare({"at once": at_once, **listening.with_yours("in blocks", Live, my_live_instrument)})

# %% tags=["number"]
report("hops held back at the end", (at_once.shape[1] - in_blocks.shape[1]) / HOP_SIZE, digits=0)
difference = (in_blocks - at_once[:, : in_blocks.shape[1]]).abs().max()
verdict("blocks against the whole: largest difference", difference, below=1e-4)

# %% [markdown]
# ## How late is it?
#
# **Latency** is the time from what is played to what is heard; 10 ms is what is usually asked of an instrument. Where does it come from?
#
# - The **block**: what comes first waits until the block is full. What comes last does not wait there, but then it waits while the first is being played. So all wait for one block.
# - **Frames ahead**: a hop fades towards the next frame, so one frame must be waited for. The course's noise filters reach half their length to both sides of a frame, which costs one more: together 2.
# - The **window** of the tracker: what pitch and loudness are measured on. What it says holds for its middle, so half of it is ahead.
# - The time that **computing** a block takes. We leave it out: below you will see what it is.
# - The sound card and its driver, of which we know nothing here.
#
# > **Guess.** The room's impulse response is 1.5 s long. How much latency does it add?
# > **a** 1.5 s, until it has been played through · **b** 0.75 s, half of it, as with a window · **c** the time of its first echo · **d** none

# %% tags=["question"]
question("14.9", answer=None)

# %% [markdown]
# ### Exercise 14.5: milliseconds
#
# From the frames in a block, the frames ahead, and the tracker's window in samples, in milliseconds.


# %% tags=["exercise"]
def latency_ms(block_frames: int, ahead_frames: int, window_size: int, hop_size: int, sample_rate: int) -> float:
    ### BEGIN SOLUTION
    samples = (block_frames + ahead_frames) * hop_size + window_size / 2
    return 1000 * samples / sample_rate
    ### END SOLUTION


# %% tags=["check"]
latency_ms = check("14.5", latency_ms)

# %% [markdown]
# Believe no sum that you have not measured. Hold a note, make one single frame of it 15 dB louder, play it with and without, and see when
# the loudspeaker first knows. The loudspeaker never waits: where nothing has come yet, it plays silence.

# %%
HELD, LOUDER = 192, 96  # frames; which one is louder


def at_the_loudspeaker(loudness_db: Tensor, block_frames: int, stem: str = "wet") -> Tensor:
    """A held A4, played live: what sounds, by the clock"""
    stream, speaker = autoencoder.Stream(tiny), torch.zeros(1, 0)
    held = data.Features(torch.full((1, HELD), 440.0), torch.ones(1, HELD), loudness_db)
    for first in range(0, HELD, block_frames):
        block = frames_of(held, first, first + block_frames)
        sound = getattr(stream(block, noise[:, first * HOP_SIZE :][:, : block.frames * HOP_SIZE]), stem)
        now = (first + block.frames) * HOP_SIZE  # the block is full at this sample, and not before
        speaker = F.pad(speaker, (0, max(0, now - speaker.shape[1])))
        speaker = torch.cat([speaker, sound], dim=1)
    return speaker[0, : HELD * HOP_SIZE]


def answer(block_frames: int, stem: str = "wet") -> Tensor:
    """What one louder frame changes, [samples]"""
    plain = torch.full((1, HELD), -15.0)
    impulse = plain + 15 * (torch.arange(HELD) == LOUDER)
    return at_the_loudspeaker(impulse, block_frames, stem) - at_the_loudspeaker(plain, block_frames, stem)


def first_heard_ms(change: Tensor) -> float:
    """When the sound first differs by 1e-5, a small part of the largest change, after the frame"""
    first = int((change.abs() > 1e-5).nonzero()[0])
    return 1000 * (first - LOUDER * HOP_SIZE) / SAMPLE_RATE


answers = {block: answer(block) for block in (1, 4, 8, 16)}
ahead = autoencoder.Stream(tiny).synthesizer.latency_frames
around = slice(LOUDER * HOP_SIZE - 320, LOUDER * HOP_SIZE + 1920)
plots.curves(
    (torch.arange(around.start, around.stop)[::16] - LOUDER * HOP_SIZE) / 16,
    {f"block of {block}": change[around].abs().reshape(-1, 16).amax(dim=1) for block, change in answers.items()},
    x_label="time after the louder frame (ms)",
    y_label="change of the sound (no unit)",
    title="One louder frame, as the loudspeaker plays it",
    marks={f"{block}": latency_ms(block, ahead, 0, HOP_SIZE, SAMPLE_RATE) for block in answers},
    alt="Four curves of one shape, one after the other: each rises from zero a few milliseconds before the dotted line of its computed latency, at 12, 24, 40 and 72 ms, and peaks on it.",
)

# %% tags=["number"]
report("frames that the course's synthesizer waits for", ahead, digits=0)
for block, change in answers.items():
    computed = latency_ms(block, ahead, 0, HOP_SIZE, SAMPLE_RATE)
    report(f"blocks of {block}: computed", computed, "ms", digits=0)
    verdict("  measured: off by", abs(computed - first_heard_ms(change)), below=8, unit="ms")
room_adds = first_heard_ms(answers[4]) - first_heard_ms(answer(4, "dry"))
verdict("the room adds", abs(room_adds), below=0.5, unit="ms")
report("blocks of 4, and CREPE's window of 1024", latency_ms(4, ahead, 1024, HOP_SIZE, SAMPLE_RATE), "ms", digits=0)

# %% [markdown]
# (The first trace comes some 5 ms before the computed time, since the fade towards a frame begins before the frame is reached. When it
# is reached, at the dotted line, the change has its first peak.)
#
# Why then not always play single frames? Because each call has its price, whatever it does.

# %%
LENGTHS = (1, 2, 4, 8, 16, 64)
costs = [
    cpu_seconds(lambda block=block: at_the_loudspeaker(torch.full((1, HELD), -15.0), block), times=1)
    for block in LENGTHS
]
plots.curves(
    [latency_ms(block, ahead, 0, HOP_SIZE, SAMPLE_RATE) for block in LENGTHS],
    [cost / (HELD / FRAME_RATE) for cost in costs],
    x_label="latency (ms)",
    y_label="CPU seconds for a second of sound",
    title="What it costs to be quick",
    log_x=True,
    log_y=True,
    points=True,
    levels={"too slow": 1.0},
    alt="A curve that falls from a few tenths of a second at 12 ms of latency to a few hundredths at 264 ms, more and more slowly. A dotted line at 1 lies above all of it.",
)

# %% tags=["number"]
verdict("small blocks cost more, by a factor of", costs[0] / costs[-1], above=2)

# %% [markdown]
# Nearly all of that price is Python and PyTorch, not arithmetic: a program that is compiled plays frame by frame. If you write plugins,
# `ddsp-course export RUN step.onnx` gives you one step of the decoder with its state going in and coming out, for any language that reads
# ONNX. (Where the extra `export` is installed; the rest, from the phase to the room, you can write now.)
#
# ## Play it
#
# And for everybody else there is a page: decoder, synthesizer and room once more, in JavaScript, with the weights in float16 inside. One
# file, which you can send to a friend.

# %%
instrument = my_instrument()
page = autoencoder.export_html(instrument, workbook() / "my_instrument.html", name="My instrument")
listening.embed(page, title="Your instrument, to be played with mouse, keys or voice")
print("The same page, to open in a browser and to give away: my_instrument.html, beside this notebook.")

# %% [markdown]
# Click on the pad and move: pitch from left to right, loudness upwards. Then the keys Z to M and Q to P. Then press *Microphone* and
# sing; with headphones, or it hears itself. **Where the microphone is denied**, as in VS Code and in some browsers within another page,
# or where the frame stays empty, open `my_instrument.html` itself in a browser, with a double click: it needs no server and no network.
# Or drop a recording of yours on it.
#
# While you play, look below: the harmonics and the noise that the network chooses. Take the room's fader down, and hear what it was that
# you trained.

# %% tags=["number"]
verdict("the page", page.stat().st_size / 1e6, below=1.5, unit="MB")

# %% [markdown]
# (The command line does the same: `ddsp-course export runs/lesson_11 my_instrument.html`. `full` is refused: a page cannot do as many
# multiplications as you have counted above.)
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `quantise` | `export_html` | half precision instead: no steps to keep |
# | `sine_block` | `dsp.harmonic_synthesis`, `return_final_phase` | all harmonics, batches, gradients |
# | `convolve_block` | `dsp.PartitionedConvolution` | the room in parts: fast |
# | `Live` | `autoencoder.StreamingSynthesizer`, `autoencoder.Stream` | noise too, and the network; `finish()` plays what was held back |
# | `latency_ms` | `Stream.latency_samples` | without the block: that is yours to choose |
#
# They live in `ddsp_course/autoencoder/streaming.py` and `ddsp_course/dsp/partitioned.py`. What you got right is in your workbook, in
# `my_ddsp/lesson_14.py`.

# %%
show_progress(14)

# %% [markdown]
# **To read.** Engel, Hantrakul, Gu, Roberts: *DDSP*, 2020, [arXiv:2001.04643](https://arxiv.org/abs/2001.04643), where the small model of
# 240k parameters is. Hinton, Vinyals, Dean: *Distilling the knowledge in a neural network*, 2015,
# [arXiv:1503.02531](https://arxiv.org/abs/1503.02531). Jacob and others: *Quantization and training of neural networks for efficient
# integer-arithmetic-only inference*, 2017, [arXiv:1712.05877](https://arxiv.org/abs/1712.05877). Gardner: *Efficient convolution without
# input-output delay*, Journal of the AES 43(3), 1995. Caspe, Shier, Sandler, Saitis, McPherson: *Designing neural synthesizers for
# low-latency interaction*, 2025, [arXiv:2503.11562](https://arxiv.org/abs/2503.11562). Wessel, Wright: *Problems and prospects for intimate
# musical control of computers*, Computer Music Journal 26(3), 2002, whence the 10 ms.
#
# **To try.** Give a student of 32 numbers ten times as many steps: how near does it come to its teacher? Quantise the states of the GRU too, not
# only its weights: what builds up? Play `Live` with blocks of random lengths, and find out whether 1e-4 still holds after ten minutes.
#
# **Next.** Lesson 15: wavetables and moving delays.
