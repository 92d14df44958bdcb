# %% [markdown]
# # Lesson 00 · Start here
#
# **You will hear** a string that a neural network plays, and hear it come apart into its harmonics, its bow noise and its
# room. Then a voice goes in and a string comes out.
#
# **You will build** the first three bricks: a volume knob in decibels, a way to find where a knob should stand, and the
# frequencies of a hundred harmonics in one line. On the way you learn how this course works: it has exercises that answer back.
#
# **You need** some Python, the algebra you had at school, and headphones. Turn them down first; you can turn them up later. If
# `torch.ones(2, 3)` means nothing to you, spend an hour with
# [PyTorch's introduction to tensors](https://pytorch.org/tutorials/beginner/basics/tensorqs_tutorial.html), then come back.
#
# **Time.** 45 minutes to read and do, 1 minute to run. To hear the sounds you need five, and no mathematics.
#
# To run a cell, click into it and press Shift and Enter.

# %%
try:
    import ddsp_course
except ModuleNotFoundError:
    raise SystemExit(
        "The course's package is missing: start the lessons with `make lab`, or run `pip install -e '.[course]'` in your clone."
    ) from None
import torch
from torch import Tensor

from ddsp_course import autoencoder, data, doctor, dsp, instruments
from ddsp_course.classroom import (
    check,
    listening,
    plots,
    question,
    report,
    show_progress,
    verdict,
    workbook,
)

SAMPLE_RATE = 16_000  # numbers a second that a loudspeaker gets

# %% [markdown]
# Is everything here? This cell says so in one line, or says what to do.

# %%
findings = list(doctor.examine())
for finding in findings:
    if not finding.well:
        print(finding)
well = sum(finding.well for finding in findings)
print(f"{well} of {len(findings)} things are as they should be.")

# %% [markdown]
# ## Five sounds
#
# The next cell has something recorded, listens to it, and has a neural network play it again. It takes some seconds.

# %%
take = instruments.bowed_string(minutes=8 / 60, seed=85, progress=False)[0]  # eight seconds
model = autoencoder.bundled()  # a trained network, comes with the course
heard = data.extract_features(take)  # pitch and loudness, 250 times a second
with torch.no_grad():
    controls = model.decode(heard)
    played = model.synthesize(controls, generator=torch.Generator().manual_seed(0))

louder = {"10 dB": 10 ** (10 / 20), "30 dB": 10 ** (30 / 20)}  # why so: further down
listening.compare(
    {
        "the recording": take.audio,
        "the network plays it": played.wet,
        "dry, 10 dB up": played.dry * louder["10 dB"],
        "harmonics alone, 10 dB up": played.harmonic * louder["10 dB"],
        "noise alone, 30 dB up": played.noise * louder["30 dB"],
    }
)

# %% [markdown]
# Play them in turn, then change between them while they play: the keys 1 to 5 do it, Space plays and pauses, and a part that you
# drag out of the picture is repeated. Then read what they are.
#
# **1. The recording** is not a violin. It is a *model* of a bowed string: a string made of numbers that sticks to a bow and
# slips, once a period, in a wooden body and a room also made of numbers. We use it because nobody has to download it, and because
# its truth is known: which pitch was meant, and how it sounds without the room. With your own recordings you will not have
# that luxury, so lesson 08 learns to do without: it tracks pitch and loudness, and counts its errors against the truth.
#
# **2. The resynthesis.** A network with 250 146 numbers in it was told two curves, the pitch and the loudness of sound 1, and
# nothing else. It has practised on eight minutes of this instrument, but it has never heard this phrase. It is not perfect:
# it makes a mistake in the first second. (The pictures below give it away.) You put the network together in lesson 10 and train it, on
# this computer, in lesson 11. What "close to the recording" even means takes all of lesson 07.
#
# **3. Dry.** The same, without its room. Go to the rest, a little after the middle: in sounds 1 and 2 the last note rings on, here it
# stops. Nobody ever gave the network a recording without a room. It found that one and the same tail hangs on every note, and, nudged
# a little towards playing nothing where it can, it left the tail to the room. Lesson 05 builds rooms and learns one; lesson 13
# takes them off and puts others on. (Why 10 dB up? Dry, it is some 9 dB softer than sound 2, though the true dry
# string is as loud as the recording, nearly. So what the network calls *room* has swallowed a part of the string: its colour, its
# wooden body. Where one ends and the other begins it was never told. Lesson 05 asks whether it could know.)
#
# **4. The harmonics** are a hundred sines at whole-number multiples of the pitch. Every 4 ms the network says anew how strong each
# one is. That is lessons 01 (one sine), 02 (a hundred) and 03 (who fills the 4 ms).
#
# **5. The noise** is what the bow does: hiss, coloured by a filter that the network also sets anew every 4 ms. Lesson 04. It is
# turned up by 30 dB here, a factor of 32, because by itself it is barely there. What it does for the string is the
# difference between sounds 3 and 4.
#
# That is the whole idea of **differentiable digital signal processing**, DDSP for short (Engel et al. 2020). The network
# does not paint the sound sample by sample. It turns the knobs of a synthesizer which an engineer from 1990 would recognise
# (Serra and Smith). *Differentiable* means: from the difference between sound 2 and sound 1, calculus tells every
# knob which way to turn.
#
# | from top to bottom | what comes out | numbers a second | built in lesson |
# |:--|:--|--:|:--|
# | the recording | sound 1 | 16 000 | |
# | pitch tracker, loudness meter | two curves | 2 · 250 | 08 |
# | network | the knobs: one amplitude, 100 harmonics, 65 bands of noise | 166 · 250 | 10, 11 |
# | harmonics | sound 4 | 16 000 | 01, 02, 03 |
# | noise | sound 5 | 16 000 | 04 |
# | room, on the sum of the two (sound 3) | sound 2 | 16 000 | 05 |
# | loss: how far is sound 2 from sound 1? | one number, and the way to turn each knob | | 06, 07 |
#
# Sound is never the only witness here. This is what the network was told, and what came back:

# %%
seconds = torch.arange(heard.frames) / 250
plots.curves(
    seconds,
    {"heard": heard.f0_hz[0], "meant": take.f0_hz[0]},
    x_label="time (s)",
    y_label="pitch (Hz)",
    title="The pitch that the network is told (heard), and the player's (meant)",
    alt="Pitch over eight seconds: steps between 440 and 880 Hz; the two curves agree but for a late step near 0.4 s.",
)
loudness = {
    name: dsp.loudness_db(sound, sample_rate=SAMPLE_RATE, hop_size=64)[0]
    for name, sound in (("recording", take.audio), ("network", played.wet), ("network, dry", played.dry))
}
plots.curves(
    seconds,
    loudness,
    x_label="time (s)",
    y_label="loudness (dB)",
    title="The loudness that the network is told (recording), and what came back",
    alt="Loudness of three sounds: recording and network lie close; the dry one is softer and falls at once in the rest.",
)

# %% tags=["number"]
sounding = autoencoder.sounding_frames(heard)[0]
apart = (loudness["recording"] - loudness["network"])[sounding].abs().median()
into_the_rest = round(5.0 * 250)  # the last note before the rest ends at 4.65 s
drop = loudness["network"][into_the_rest] - loudness["network, dry"][into_the_rest]
verdict("while it sounds, the median difference in loudness is", apart, below=2, unit="dB")
verdict("0.35 s into the rest, the dry sound is softer by", drop, above=20, unit="dB")

# %% [markdown]
# Did you find it? The first change of note comes a tenth of a second late, and the dry string falters there.
# The network is innocent: it plays what it is told, and the pitch tracker in front of it still heard the first
# note, because the room was still ringing with it. (Given the dry string to listen to, it is on time.) Lesson 08 is about such errors, and
# how to find them where nobody knows what was meant.
#
# ## A sixth: somebody else's tune
#
# If the network only gets pitch and loudness, it should not matter whose. Let a voice sing (again a model), track *its* two curves,
# and hand those over:

# %%
song = instruments.voice(minutes=8 / 60, seed=9, progress=False)[0]
bowed_song = autoencoder.transfer(model, song, generator=torch.Generator().manual_seed(0))
listening.compare({"the voice": song.audio, "the string, singing": bowed_song.wet})

# %% [markdown]
# The slides between the notes and the vibrato are the singer's; the sound is the string's. The vowels are gone: neither pitch nor
# loudness knows about them. This is **timbre transfer**. Lesson 12 does it with your own voice, and shows where it breaks.
#
# By the end of the course you will have written every row of the table above, and will know which of the claims
# on this page to believe.
#
# ## Exercises that answer back
#
# An exercise is a cell with a function whose inside is missing. You write the inside and run the cell. The cell after it calls
# `check(...)`, which tries your function on a few cases and says one of three things. Say the exercise is to halve
# a sound, and three people hand something in:

# %%
from ddsp_course.classroom.checking import MARKS
from ddsp_course.classroom.exercises.lesson_00 import HALVE
from ddsp_course.classroom.judging import judge


def nothing_yet(audio: Tensor) -> Tensor:
    raise NotImplementedError("your turn")


def a_quarter(audio: Tensor) -> Tensor:
    return audio / 2 / 2


def a_half(audio: Tensor) -> Tensor:
    return 0.5 * audio


for answer in (nothing_yet, a_quarter, a_half):
    judgement = judge(HALVE, answer)
    print(f"{MARKS[judgement.state]} {answer.__name__}: {judgement.text}")

# %% [markdown]
# `[ ]` is not done, `[!]` is wrong, `[x]` is right. Where something is wrong you are told how far off it is, where, and, if it
# looks like a mistake that people make, which one. *Gradients too* means that calculus gets through your function, not only
# numbers. That is half of what this course is about, and the half that fails silently.
#
# Some things to know:
#
# * **You cannot get stuck.** Until yours is right, the lesson goes on with the course's own version, and says so.
#   Run all cells now if you like: everything sounds.
# * **You hear your own bug.** Where a function makes a sound and yours makes another, the player has both, "yours" beside ours.
# * **Hints are folded.** Open one, try again, open the next. The last one nearly gives it away.
# * **Answers are kept.** A right one is copied into your workbook, as plain Python, in `my_ddsp/`. Later lessons build on it, and at
#   the end that folder is a small DDSP of your own. Your progress is beside it. Nothing leaves this computer.
# * **Nothing can be broken.** Your copy of a lesson is yours: the course never writes over what you have changed.
#   The solved lessons lie in the folder `solutions/` of the course. You will look at them when you want to.

# %%
print(f"Your workbook is {workbook().resolve()}")
there = (workbook() / "my_ddsp" / "lesson_00.py").exists()
print("my_ddsp/lesson_00.py", "is there." if there else "appears with your first right answer.")

# %% [markdown]
# ## What you need, 1: decibels
#
# Now the fifteen minutes of mathematics. We begin with the knob that everybody knows.
#
# A sound in this course is a list of numbers, the **samples** $x(n)$, 16 000 a second, between -1 and 1. How strong is it? The mean
# of the samples says nothing: they swing round zero. So square first. The mean of the squares is the **power** $P$, and its root
# is the **RMS** amplitude (root mean square):
#
# $$P = \frac1N \sum_{n=1}^{N} x(n)^2, \qquad x_\text{RMS} = \sqrt{P}$$
#
# Make every sample $g$ times as large and the RMS grows by $g$, but the power by $g^2$.
#
# The ear cares for *ratios*: from 0.001 to 0.002 is about the same step as from 0.1 to 0.2. And it copes with a huge range: between a
# loud note and the last you hear of its tail lies a factor of a thousand. Both ask for a logarithm. A **decibel** is a tenth of a power of ten,
# counted in power:
#
# $$L = 10 \log_{10}\frac{P}{P_0} \quad\text{dB}$$
#
# $L$ is the level, $P_0$ whatever we compare with (here: 1, full scale). Put $P = A^2$ in, with $A$ any amplitude:
#
# $$L = 10 \log_{10}\frac{A^2}{A_0^2} = 20 \log_{10}\frac{A}{A_0}, \qquad\text{and so}\qquad \frac{A}{A_0} = 10^{L/20}$$
#
# Ten for power, twenty for amplitude. It is one and the same decibel. To take the wrong one of the two is every
# audio programmer's first bug.
#
# | | -60 dB | -20 dB | -6.02 dB | -3.01 dB | 0 dB | +20 dB |
# |---|---|---|---|---|---|---|
# | amplitude times | 0.001 | 0.1 | 0.5 | 0.71 | 1 | 10 |
# | power times | 0.000 001 | 0.01 | 0.25 | 0.5 | 1 | 100 |
#
# ### Exercise 0.1: a volume knob
#
# Make a sound `db` decibels louder (softer, if `db` is negative). `db` is a tensor with one number in it, so that a network might
# turn the knob: the gradient has to reach it.
#
# <details><summary>Hint 1</summary>A sound is amplitudes. Which of the two rules is for amplitudes?</details>
# <details><summary>Hint 2</summary>The last formula above is the factor. <code>10 ** something</code> works with tensors.</details>
# <details><summary>Hint 3</summary><code>.item()</code> and <code>float()</code> make a plain number of a tensor, and a plain number has no gradient.
# You need neither. And return a new tensor: <code>audio *= ...</code> would change the caller's sound.</details>


# %% tags=["exercise"]
def apply_gain_db(audio: Tensor, db: Tensor) -> Tensor:
    """audio [batch, samples], db a tensor with one number, in dB -> audio [batch, samples]"""
    ### BEGIN SOLUTION
    return audio * 10 ** (db / 20)
    ### END SOLUTION


# %% tags=["check"]
apply_gain_db = check("0.1", apply_gain_db)

# %% [markdown]
# Hear what the numbers mean. How many dB down can you still follow the tune? (If yours is not right yet, it is on the
# player too. Leave *Loudness-matched* off, or there is nothing to hear.)

# %%
takes = {"as it was": take.audio}
for db in (-3.0, -6.0, -20.0, -40.0):
    knob = torch.tensor(db)
    takes |= listening.with_yours(
        f"{db:g} dB", apply_gain_db, lambda apply_gain, knob=knob: apply_gain(take.audio, knob)
    )
listening.compare(takes)

# %% [markdown]
# Half the power is a small step. Half the amplitude is a clear one, but hardly *half as loud*: for that, listeners on average
# ask for some 10 dB (Stevens 1955). And with a hundredth of the amplitude, -40 dB, the tune is still there, if your room is quiet. The ear counts
# factors, not differences, and so does much of this course.
#
# > **Guess before you look.** One violin plays. A second one, just as strong, joins in on the same note. By how many dB does
# > the level rise?

# %% tags=["question"]
question("0.4", answer=None)

# %% [markdown]
# Here is why. Call the two sounds $a$ and $b$. The power of the sum is the mean of $(a + b)^2 = a^2 + b^2 + 2ab$, so
#
# $$P_{a+b} = P_a + P_b + 2\,\overline{ab}$$
#
# where the bar means the average over all samples. For two players who are not in step, $ab$ is as often negative as positive, and
# the last term averages away. For a sound and its own copy, $\overline{ab} = P_a$, and the power is four times as high. Noise is the
# purest case of "not in step":

# %% tags=["number"]
generator = torch.Generator().manual_seed(0)
one, other = torch.randn(2, 10 * SAMPLE_RATE, generator=generator)


def level_db(sound: Tensor) -> Tensor:
    return 10 * torch.log10(sound.square().mean())


for label, joins in {"another noise joins": other, "the same noise joins": one}.items():
    report(f"{label}: the level rises by", level_db(one + joins) - level_db(one), "dB", digits=1)

# %% [markdown]
# ## What you need, 2: which way to turn a knob
#
# Somebody turned the volume of a note and left some hiss on it. You have the note $x$ and what they made of it, $y$. How far did they
# turn? We look for the gain $g$ for which $g\,x$ is closest to $y$, and say what "closest" means with a **loss**, one number
# that is small when we are near:
#
# $$L(g) = \frac1N \sum_n \big(g\,x(n) - y(n)\big)^2$$
#
# (An $L$ again, for loss this time. The field is not rich in letters.) The derivative says how the loss changes when $g$ grows a little.
# Take it term by term: the derivative of a square is twice what is inside, times the derivative of what is inside, which is $x(n)$:
#
# $$\frac{dL}{dg} = \frac1N \sum_n 2\,x(n)\,\big(g\,x(n) - y(n)\big) = 2\,(g\,m - c), \qquad m = \overline{x^2},\quad c = \overline{xy}$$
#
# The bar is the mean over samples again; $m$ is nothing but the power of $x$. PyTorch can work this out by itself. It
# writes down every step from $g$ to $L$ and walks back through them: that is **autograd**, and `backward()` is the walk.

# %%
start = round(1.85 * SAMPLE_RATE)
fade = torch.linspace(0, 1, 400)
edges = torch.cat([fade, torch.ones(5600), fade.flip(0)])
x = take.audio[:, start : start + 6400] * edges  # 0.4 s of a long note
x = 0.1 * x / x.square().mean().sqrt()  # at an RMS of 0.1
y = 0.6 * x + 0.01 * edges * torch.randn(1, 6400, generator=generator)
m, c = (x * x).mean(), (x * y).mean()

g = torch.tensor(0.2, requires_grad=True)
loss = (g * x - y).square().mean()
loss.backward()

# %% tags=["number"]
report("slope at g = 0.2, by hand", 2 * (0.2 * m - c), digits=4)
report("slope at g = 0.2, by autograd", g.grad, digits=4)

# %%
gains = torch.linspace(-0.2, 1.4, 200)
plots.curves(
    gains,
    {
        "loss": (gains[:, None] * x - y).square().mean(1),
        "a line with the slope at 0.2": loss.detach() + g.grad * (gains - 0.2),
    },
    x_label="gain g (no unit)",
    y_label="loss (no unit)",
    y_range=(-0.001, 0.0068),
    title="A valley, and the slope that autograd found",
    alt="The loss is a parabola with its lowest point at a gain of 0.6; the straight line touches it at 0.2 and falls.",
)

# %% [markdown]
# The slope is negative: more gain, less loss. So turn up. **Gradient descent** is no more than that: go a bit against the slope, look
# again, repeat. With a step size $s$,
#
# $$g_{i+1} = g_i - s\,\frac{dL}{dg}(g_i)$$
#
# This valley has one lowest point, where the slope is zero: $g^* = c/m = \overline{xy}\,/\,\overline{x^2}$. So here we could just
# *compute* it. For a network's 250 146 knobs nobody can, but the descent stays the same three lines.
#
# ### Exercise 0.2: walk down
#
# Start at $g_0 = 0$, make `n_steps` steps of gradient descent on $L$, and return all gains on the way, the 0 included. By hand or by
# autograd, as you like. We recommend autograd: all later lessons need it.
#
# <details><summary>Hint 1</summary>By hand, a step is one line: the formula for the slope, and the one for the step. Keep the gains in a list, and turn it into a
# tensor at the end: <code>torch.tensor(gains)</code>.</details>
# <details><summary>Hint 2</summary>By autograd: <code>g = torch.zeros((), requires_grad=True)</code>, then for each step a loss and <code>loss.backward()</code>.
# The slope is in <code>g.grad</code>. Change <code>g</code> inside <code>with torch.no_grad():</code> and with <code>-=</code>:
# <code>g = g - ...</code> makes another tensor, whose <code>grad</code> is <code>None</code>.</details>
# <details><summary>Hint 3</summary><code>backward()</code> <em>adds</em> the slope to what is in <code>g.grad</code> already. Before the next one:
# <code>g.grad.zero_()</code>, or <code>g.grad = None</code>.</details>


# %% tags=["exercise"]
def fit_gain(x: Tensor, y: Tensor, step_size: float, n_steps: int) -> Tensor:
    """x and y [batch, samples] -> the gains on the way down, [n_steps + 1], the first of them 0"""
    ### BEGIN SOLUTION
    g = torch.zeros((), requires_grad=True)
    gains = [g.item()]
    for _ in range(n_steps):
        loss = (g * x - y).square().mean()
        g.grad = None
        loss.backward()
        with torch.no_grad():
            g -= step_size * g.grad
        gains.append(g.item())
    return torch.tensor(gains)
    ### END SOLUTION


# %% tags=["check"]
fit_gain = check("0.2", fit_gain)

# %% [markdown]
# ### What goes wrong: the step
#
# How long should a step be? Try three lengths. We measure them in units of $1/m$, for a reason that comes in a minute. Each take plays
# the note twelve times, once for the start and once after each step, with the gain found so far. You should hear it
# rise from nothing to where it belongs.

# %%
lengths = {"short steps, 0.1/m": 0.1, "good steps, 0.35/m": 0.35, "long steps, 1.06/m": 1.06}
lengths = {name: length / float(m) for name, length in lengths.items()}
walks = {name: fit_gain(x, y, step, 11) for name, step in lengths.items()}
plots.curves(
    torch.arange(12),
    walks,
    x_label="step",
    y_label="gain g (no unit)",
    points=True,
    title="Three walks into the same valley",
    alt="Gains by step: short steps creep towards 0.6, good ones are there after five, long ones swing ever wider.",
)


def walk_heard(fit, step: float) -> Tensor:
    """The note once for each gain, [1, samples]."""
    return torch.cat([gain * x for gain in fit(x, y, step, 11)], dim=1)


takes = {"y, where it should arrive": y.repeat(1, 12)}
for name, step in lengths.items():
    takes |= listening.with_yours(name, fit_gain, lambda fit, step=step: walk_heard(fit, step))
listening.compare(takes)

# %% tags=["number"]
report("the best gain, c / m", c / m, digits=2)
report("after 11 short steps", walks["short steps, 0.1/m"][-1], digits=2)
report("after 11 good steps", walks["good steps, 0.35/m"][-1], digits=2)
report("after 11 long steps", walks["long steps, 1.06/m"][-1], digits=1)

# %% [markdown]
# The long steps go downhill every single time, and end up ever higher. Why? Write the slope with $g^* = c/m$ in it,
# $2(g\,m - c) = 2m\,(g - g^*)$, and look at how far a step leaves us from $g^*$:
#
# $$g_{i+1} - g^* = g_i - 2sm\,(g_i - g^*) - g^* = (1 - 2sm)\,(g_i - g^*)$$
#
# Each step multiplies the distance by the same number, $1 - 2sm$. For $s = 0.1/m$ that is 0.8, a slow creep. For $0.5/m$ it is 0: there in one
# step. For $1.06/m$ it is $-1.12$: to the other side, and 12 % further out. The walk arrives only if $|1 - 2sm| < 1$, that is
#
# $$0 < s < \frac1m$$
#
# > **Guess.** Our note has RMS 0.1, and so $m = 0.01$. Now take the same note at RMS 0.05. From which step size on does the descent run
# > away?

# %% tags=["question"]
question("0.5", answer=None)

# %% [markdown]
# So a step that suits one sound is too long for a louder one, and hopeless for a softer one. A network has many knobs, each with a valley of its own width,
# and one step size for all of them. Training works all the same, most of the time, with two tricks: an optimiser that finds a scale for each knob
# (Adam, lesson 05), and losses that count factors rather than differences (lesson 07).
#
# ## What you need, 3: shapes
#
# Look at what the network was told and what it said:

# %%
for name, tensor in {
    "heard.f0_hz": heard.f0_hz,
    "heard.loudness_db": heard.loudness_db,
    "controls.amplitude": controls.amplitude,
    "controls.harmonic_distribution": controls.harmonic_distribution,
    "controls.noise_magnitudes": controls.noise_magnitudes,
    "played.wet": played.wet,
}.items():
    print(f"{name:32} {list(tensor.shape)}")

# %% [markdown]
# Three shapes come back all through this course, their axes always in this order:
#
# * `[batch, frames]`: one number every 4 ms. Eight seconds have $8 \cdot 250 = 2000$ frames.
# * `[batch, frames, something]`: many numbers every 4 ms, here 100 harmonics or 65 bands of noise.
# * `[batch, samples]`: sound. A frame has 64 samples, and $2000 \cdot 64 = 128\,000$.
#
# *Batch* counts sounds that are worked on at once. Here it is 1. The 166 numbers of the table above are $1 + 100 + 65$.
#
# Two tensors of different shapes can be multiplied, if PyTorch can **broadcast** one to the other. The rule: *write the two shapes above each
# other, flush right. Where a size is 1, or missing, it is repeated. Any other two sizes must be equal.*
#
# ```
#   f0_hz      [1, 2000,   1]          f0_hz      [1, 2000]
#   k                   [100]          k              [100]
#   product    [1, 2000, 100]          product    an error: 2000 is not 100
# ```
#
# The one on the left has an axis of size 1 at its end. `f0_hz[..., None]` puts it there, `f0_hz.unsqueeze(-1)` too.
#
# ### Exercise 0.3: where the harmonics are
#
# Harmonic $k$ of a sound lies at $f_k = k f_0$, $k = 1 \dots K$, where $f_0$ is the pitch in Hz. Say so for every frame.
#
# <details><summary>Hint 1</summary><code>torch.arange(1, n_harmonics + 1)</code> is 1, 2, ... K.</details>
# <details><summary>Hint 2</summary>Which shape must <code>f0_hz</code> have so that the product is [batch, frames, harmonics]? Write the shapes above each other.</details>


# %% tags=["exercise"]
def harmonic_frequencies(f0_hz: Tensor, n_harmonics: int) -> Tensor:
    """f0_hz [batch, frames] in Hz -> frequencies in Hz [batch, frames, n_harmonics]"""
    ### BEGIN SOLUTION
    return f0_hz[..., None] * torch.arange(1, n_harmonics + 1)
    ### END SOLUTION


# %% tags=["check"]
harmonic_frequencies = check("0.3", harmonic_frequencies)

# %% [markdown]
# ### What goes wrong: two sizes that happen to agree
#
# The error on the right above is the *good* case. It is bad when there is none. Take 16 frames and 16 harmonics, forget the new axis, and PyTorch
# matches frame $i$ with harmonic $i$ without a word. What should be a chord of 16 sines, standing still for two seconds, sounds like this:

# %%
f0_hz = torch.full((1, 16), 110.0)  # 16 frames of an eighth of a second


def sines(frequencies_hz: Tensor) -> Tensor:
    """frequencies_hz [1, 16, sines], or [1, 16] by mistake -> audio [1, samples]"""
    frequencies_hz = frequencies_hz.reshape(1, 16, -1)
    strength = torch.full_like(frequencies_hz, 0.1 * (2 / frequencies_hz.shape[-1]) ** 0.5)
    return dsp.sinusoidal_synthesis(frequencies_hz, strength, sample_rate=SAMPLE_RATE, hop_size=2000)


forgot_the_axis = sines(f0_hz * torch.arange(1, 17))
stand_still = listening.with_yours(
    "16 harmonics", harmonic_frequencies, lambda frequencies: sines(frequencies(f0_hz, 16))
)
listening.compare({**stand_still, "without the new axis": forgot_the_axis})
plots.spectrogram(
    forgot_the_axis,
    sample_rate=SAMPLE_RATE,
    log_frequency=False,
    low_hz=0,
    high_hz=2000,
    title="One sine, climbing through the harmonics",
    alt="A spectrogram with a single line that climbs from 110 Hz to 1760 Hz in two seconds.",
)

# %% [markdown]
# A siren. No error, no warning, and a shape that almost looks right. Read shapes aloud while you write: "batch, frames, harmonics".
# The checks of this course like to try sizes that agree by accident.
#
# ## What you need, 4: reading a spectrogram
#
# That picture was a **spectrogram**. Cut the sound into short pieces that overlap (here 64 ms each), ask of each how much of every frequency
# is in it, and paint the answer as a column: time to the right, frequency upwards, colour for level in dB. Lesson 06 says how the asking is
# done, and what it cannot know.
#
# The way to learn reading is to look at something you wrote. So we put five things into three seconds: a sound with eight
# harmonics whose pitch rises an octave, from 220 to 440 Hz; a sine at 5000 Hz that fades; two clicks; a band of hiss;
# and a sine at 4200 Hz with a vibrato. Before you run the cell, draw on paper what it should look like.

# %%
frames = 750  # three seconds of 250
glide_hz = torch.logspace(0, 1, frames, base=2.0)[None] * 220


def known_sound(frequencies) -> Tensor:
    """Five things whose picture we can foretell, [1, samples]."""
    grid = {"sample_rate": SAMPLE_RATE, "hop_size": 64}
    parts = frequencies(glide_hz, 8)
    rising = dsp.sinusoidal_synthesis(parts, 0.1 / torch.arange(1, 9).expand_as(parts), **grid)
    time = torch.arange(rising.shape[1])[None] / SAMPLE_RATE
    fading = torch.sin(2 * torch.pi * 5000 * time) * dsp.db_to_amplitude(-20 - 20 * time)
    wobble = 4200 + 60 * torch.sin(2 * torch.pi * 5 * torch.arange(frames) / 250)[None, :, None]
    wobbling = dsp.sinusoidal_synthesis(wobble, torch.full_like(wobble, 0.03), **grid)
    clicks = torch.zeros_like(time)
    clicks[0, [24_000, 28_000]] = 0.8  # at 1.5 and at 1.75 s
    bands = torch.zeros(1, frames, 65)  # 65 gains, from 0 to 8000 Hz
    bands[:, 500:625, 50:58] = 0.1  # from 2.0 to 2.5 s, about 6.2 to 7.1 kHz
    hiss = dsp.filtered_noise(bands, hop_size=64, generator=torch.Generator().manual_seed(1))
    fade = (20 * time).clamp(max=1) * (20 * (3 - time)).clamp(max=1)  # or the ends were clicks too
    return fade * (rising + fading + wobbling + clicks + hiss)


listening.compare(listening.with_yours("five things", harmonic_frequencies, known_sound))
plots.spectrogram(
    known_sound(harmonic_frequencies),
    sample_rate=SAMPLE_RATE,
    log_frequency=False,
    low_hz=0,
    high_hz=8000,
    title="Which is which?",
    alt="A spectrogram: eight lines fan upwards, a wavy one at 4.2 kHz, a fading one at 5 kHz, two vertical strokes, a patch.",
)

# %% [markdown]
# * A **tone** is a horizontal line, and a *steady* tone a straight one. Vibrato makes it wave, a fade makes it pale.
# * A **click** has no pitch. It is there for an instant, and holds all frequencies: a vertical stroke. It is nearly as wide
#   as the pieces that we cut.
# * **Noise** is a patch with grain. It has a range of frequencies and a time, but no line in it.
# * A **harmonic sound** is a stack of lines that move together. When the pitch rises, they fan out.
#
# > **Guess.** In a spectrogram you see a stack of parallel lines. What can you read from the distance between two neighbours?
# > **a** how loud the sound is · **b** its pitch, $f_0$ · **c** how many harmonics it has · **d** how wide its vibrato is

# %% tags=["question"]
question("0.6", answer=None)

# %% [markdown]
# Now look at the sounds from the top of this lesson once more. You can read them now: which notes slide, where the vibrato is, how long the
# room rings, what lies *between* the lines of the recording and is missing between those of the harmonics.

# %%
plots.spectrogram(
    {
        "the recording": take.audio,
        "harmonics alone, 10 dB up": played.harmonic * louder["10 dB"],
        "noise alone, 30 dB up": played.noise * louder["30 dB"],
    },
    sample_rate=SAMPLE_RATE,
    log_frequency=False,
    low_hz=0,
    high_hz=8000,
    title="The string, taken apart",
    alt="Three spectrograms: lines with grain between them and tails after the notes; the same lines, clean; grain without lines.",
)

# %% [markdown]
# ## The road
#
# Lessons 01 to 09 build the parts, each tested by ear and by number. Lessons 10 and 11 put a network in front of them and train
# it. Lessons 12 and 13 play with the result, and take it apart. From 14 on the course leaves the paper: what its authors said could come next, and what
# came. You can do them in any order, since a lesson takes from the course what you have not written yet. In this order they surprise you in the
# right places.

# %%
from ddsp_course.classroom.exercises.lesson_00 import RoadMap

RoadMap()

# %% [markdown]
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `apply_gain_db` | `dsp.db_to_amplitude` | only the factor; the multiplication is left to you |
# | `fit_gain` | `autoencoder.train` | 250 146 knobs instead of one, and Adam to take the steps. The loop is the same: loss, zero, backward, step |
# | `harmonic_frequencies` | `dsp.harmonic_frequencies` | it works on a GPU too. Else nothing: compare the lines |
#
# They live in `ddsp_course/dsp/scales.py`, `ddsp_course/autoencoder/trainer.py` and `ddsp_course/dsp/oscillators.py`. Open them: that is allowed, here and always.

# %%
show_progress(0)

# %% [markdown]
# **To read.** Engel, Hantrakul, Gu, Roberts: *DDSP: Differentiable Digital Signal Processing*, ICLR 2020,
# [arXiv:2001.04643](https://arxiv.org/abs/2001.04643): the paper that this course rebuilds. Its introduction says in two pages why. Serra and Smith:
# *Spectral Modeling Synthesis*, Computer Music Journal 14(4), 1990: harmonics plus noise, thirty years before. Hayes et al.: *A review
# of differentiable digital signal processing for music and speech synthesis*, 2024,
# [doi:10.3389/frsip.2023.1284100](https://doi.org/10.3389/frsip.2023.1284100): what others have done with the idea. Stevens: *The
# measurement of loudness*, Journal of the Acoustical Society of America 27(5), 1955.
#
# **To try.** Change `seed=85` in the cell of the five sounds: another phrase, which the network has not heard either. Give `autoencoder.transfer` the
# name of a sound file of your own, `"me.m4a"`, sung or whistled, one voice, a few seconds. Take `played.harmonic` and add `played.noise` 20 dB too loud.
#
# **Next.** Lesson 01: one sine. It seems too simple to get wrong, and gets three things wrong.
