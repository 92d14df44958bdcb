# %% [markdown]
# # Lesson 19 · Pitch without a teacher
#
# **You will build** a distance that carries energy instead of comparing it, a sine whose frequency can be learned from anywhere, and an
# ear for pitch that was never told a pitch.
#
# **You will hear** tones from all over the keyboard that meet at one pitch, and a melody followed by an ear that has not seen a
# single label.
#
# **You need** the loss and its landscape over frequency (lesson 07), pitch tracking (lesson 08) and a network in PyTorch (lesson 10).
#
# **Time.** 55 minutes to read and do, 1 minute to run.

# %%
try:
    import ddsp_course
except ModuleNotFoundError:
    raise SystemExit(
        "The course's package is missing: start the lessons with `make lab`, or run `pip install -e '.[course]'` in your clone."
    ) from None
import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ddsp_course import data, dsp, instruments
from ddsp_course.classroom import check, listening, plots, question, report, show_progress, steps, verdict

SAMPLE_RATE = 16_000
TARGET_HZ = 440.0

# %% [markdown]
# ## First, the finished sound
#
# Six tones, between 100 Hz and 7 kHz. Each is compared, sample by sample, with the same 31 ms of a tone of 440 Hz, and takes a step
# downhill.
# Four hundred steps later all are at 440 Hz. Lesson 01 swore that this cannot be done, and it was right. What is different here?


# %%
def descend(play, target: Tensor, poles: Tensor, count: int) -> Tensor:
    """Walk complex numbers downhill until play(poles) [poles, samples] resembles target [samples]: all of them, [count + 1, poles]

    The steps have a length of their own, from 0.1 down to 0.00001, whatever the slope's.
    """
    trail = [poles]
    for step in range(count):
        pole = trail[-1].detach().requires_grad_()
        (play(pole) - target).square().mean(dim=-1).sum().backward()
        length = 0.1 * 1e-4 ** (step / count)
        moved = pole.detach() - length * pole.grad / pole.grad.abs().clamp_min(1e-30)
        trail.append(moved / moved.abs().clamp_min(1.0))  # back to the edge, if it left the disc
    return torch.stack(trail)


SAMPLES = 500
cosine = torch.cos(2 * math.pi * TARGET_HZ * torch.arange(SAMPLES, dtype=torch.float64) / SAMPLE_RATE)
six_hz = torch.tensor([100.0, 250.0, 800.0, 1700.0, 3500.0, 7000.0], dtype=torch.float64)
six = descend(
    lambda pole: dsp.damped_exponential(pole, SAMPLES).real,
    cosine,
    dsp.hz_to_pole(six_hz, 0.8, sample_rate=SAMPLE_RATE),
    steps(400),
)
heard_hz = dsp.pole_to_hz(six, sample_rate=SAMPLE_RATE).float()[None]  # [1, steps, tones]
fade = (
    0.12 * torch.linspace(0, 20, heard_hz.shape[1]).clamp(max=1) * torch.linspace(20, 0, heard_hz.shape[1]).clamp(max=1)
)
meeting = dsp.sinusoidal_synthesis(
    heard_hz, fade[None, :, None].expand_as(heard_hz), sample_rate=SAMPLE_RATE, hop_size=160
)
listening.compare({"six tones on their way": meeting})

# %% [markdown]
# By the end you will know two ways to make a frequency learnable, and where each breaks; and then a third, with which a small network
# learns
# to hear pitch from recordings alone.
#
# ## The trap
#
# The pitch goes into the oscillator of this course from a tracker. Everything else is learned. Why not the pitch, too? Analyse, synthesise,
# compare, follow the slope: the slope over $f_0$ exists, lesson 01 computed it. But a slope is of use only if it points home. So let us
# count.
#
# > **Guess.** Over the frequency of a tone, from 100 to 1000 Hz, with the target at 440 Hz and the mean square error of the samples as loss:
# > at how many places does downhill lead towards the target?
# > **a** nearly everywhere · **b** at about half of them, as by tossing a coin · **c** at 10 % · **d** that depends on the phase

# %% tags=["question"]
question("19.6", answer=None)

# %% [markdown]
# ### Exercise 19.1: the share that leads home
#
# Given are the losses at the places of a grid. Between two neighbours $i$ and $i + 1$ the loss rises or falls. Downhill leads home if it
# rises where you stand above the target, and falls where you stand below. Stand in the middle of the two.
#
# <details><summary>Hint 1</summary><code>losses.diff() > 0</code> says where it rises, <code>(f_hz[1:] + f_hz[:-1]) / 2</code> where you
# stand.</details>
# <details><summary>Hint 2</summary>Two lists of true and false: right is where they agree.</details>


# %% tags=["exercise"]
def share_home(f_hz: Tensor, losses: Tensor, target_hz: float) -> Tensor:
    """f_hz and losses [places] -> the share of steps between neighbours at which downhill leads home, 0 to 1"""
    ### BEGIN SOLUTION
    middle = (f_hz[1:] + f_hz[:-1]) / 2
    return ((losses.diff() > 0) == (middle > target_hz)).double().mean()
    ### END SOLUTION


# %% tags=["check"]
share_home = check("19.1", share_home)


# %%
def note(f_hz: Tensor | float, tilt: float = 1.0, harmonics: int = 8) -> Tensor:
    """A quarter of a second of a harmonic sound that swells and fades, [1, 4000]; harmonic k has the strength 1 / k ** tilt"""
    n, k = torch.arange(4000), torch.arange(1, harmonics + 1)
    strength = 1 / k**tilt
    partials = torch.sin(2 * math.pi * torch.as_tensor(f_hz) * k[:, None] * n / SAMPLE_RATE)
    return (torch.hann_window(4000) * (strength[:, None] * partials).sum(dim=0) / strength.sum())[None]


def landscape(loss, f_hz: Tensor, target: Tensor) -> Tensor:
    return torch.stack([loss(note(f), target) for f in f_hz])


grid_hz = torch.arange(100.0, 1000.0, 2.0)
home = note(TARGET_HZ)
multi_scale = dsp.SpectralLoss()
verticals = {
    "samples": lambda ours, theirs: (ours - theirs).square().mean(),
    "magnitudes, window 2048": lambda ours, theirs: (
        (dsp.stft_magnitude(ours, 2048) - dsp.stft_magnitude(theirs, 2048)).abs().mean()
    ),
    "multi-scale loss": lambda ours, theirs: multi_scale(ours, theirs),
}
landscapes = {name: landscape(loss, grid_hz, home) for name, loss in verticals.items()}
plots.curves(
    grid_hz,
    {name: losses / losses.max() for name, losses in landscapes.items()},
    x_label="fundamental (Hz)",
    y_label="loss, its greatest value = 1",
    title="Eight harmonics, target at 440 Hz, three losses",
    marks={"target": TARGET_HZ, "octave below": TARGET_HZ / 2, "octave above": TARGET_HZ * 2},
    y_range=(-0.05, 1.45),
    alt="The samples and the single window: flat plateaus with a narrow pit at 440 Hz and smaller ones at 220 and 880 Hz; the multi-scale loss leans towards 440 Hz from both sides, in many ripples.",
)

# %% tags=["number"]
for name, losses in landscapes.items():
    verdict(f"{name}: leads home", 100 * share_home(grid_hz, losses, TARGET_HZ), below=80, unit="%")
verdict("samples: away from a coin by", 100 * abs(share_home(grid_hz, landscapes["samples"], TARGET_HZ) - 0.5), below=6, unit="%")  # fmt: skip

# %% [markdown]
# A plateau, a pit, and smaller pits where *some* of the partials meet: an octave below, an octave above. The samples know the way half
# of the time, as a coin does; the multi-scale loss, with its short windows, leans the right way, and is full of ripples. All three
# work in the same way. They compare **vertically**: the strength at
# 440 Hz here with that at 440 Hz there. If ours lies at 500 Hz, there is too much at 500 and too little at 440, and nothing says that the one could
# *become* the other.
#
# ## Carry, do not compare
#
# Think of each spectrum as a heap of sand along the frequency axis. How much work is it to shovel the one into the shape of the
# other? Work is sand
# times distance. Two heaps 60 Hz apart take 60, two heaps 600 Hz apart take 600, though they overlap as little. This is
# **optimal transport**, and the least work is called the Wasserstein distance. In general it takes a solver. On a line it takes one pass:
#
# Make both spectra sum to 1. Walk along the axis, and keep count of how much lies behind you: $F(b)$ of ours, $G(b)$ of theirs. If
# $F(b) > G(b)$, that much must cross the line between bin $b$ and bin $b + 1$, to the right; if it is less, to the left. So
#
# $$W = \Delta \sum_b \big| F(b) - G(b) \big|, \qquad F(b) = \frac{\sum_{i \le b} X_i}{\sum_i X_i}$$
#
# $X_i$ is our magnitude in bin $i$, $\Delta$ the width of a bin in Hz; $G$ is made of theirs in the same way, and $W$ is in Hz.
# (Torres, Peeters
# and Richard, 2024. They take the *squared* way, from the quantile functions: $F$ and $G$ with their axes exchanged. `order=2` in the
# package.)
#
# > **Guess.** Ours has two equal lines, at 300 and at 600 Hz; theirs at 300 and at 900 Hz. What is $W$, in Hz?

# %% tags=["question"]
question("19.7", answer=None)

# %% [markdown]
# ### Exercise 19.2: the transport
#
# <details><summary>Hint 1</summary>Divide by <code>x.sum(-1, keepdim=True)</code>, then <code>x.cumsum(-1)</code>.</details>
# <details><summary>Hint 2</summary>The absolute value before the sum over bins, not after.</details>


# %% tags=["exercise"]
def transport(ours: Tensor, theirs: Tensor, bin_hz: float) -> Tensor:
    """two spectra [..., bins], at least 0, and the width of a bin in Hz -> the mean way in Hz, [...]"""
    ### BEGIN SOLUTION
    ours, theirs = (x / x.sum(-1, keepdim=True) for x in (ours, theirs))
    return bin_hz * (ours.cumsum(-1) - theirs.cumsum(-1)).abs().sum(-1)
    ### END SOLUTION


# %% tags=["check"]
transport = check("19.2", transport)


# %%
def spectrum(sound: Tensor) -> Tensor:
    """The mean magnitudes of a sound [batch, samples], in 1025 bins"""
    return dsp.stft_magnitude(sound, 2048).mean(dim=1)


def carried(ours: Tensor, theirs: Tensor) -> Tensor:
    return transport(spectrum(ours), spectrum(theirs), SAMPLE_RATE / 2048).mean()


way = landscape(carried, grid_hz, home)
plots.curves(
    grid_hz,
    way,
    x_label="fundamental (Hz)",
    y_label="transport (Hz)",
    title="The same sounds, carried",
    marks={"target": TARGET_HZ},
    alt="A V: two straight lines that fall to 0 at 440 Hz from both sides, without a ripple.",
)

# %% tags=["number"]
verdict("transport: leads home", 100 * share_home(grid_hz, way, TARGET_HZ), above=97, unit="%")

# %% [markdown]
# From the plateau to a V. Its slope is not 1 but about 3: when $f_0$ moves by 1 Hz, harmonic $k$ moves by $k$ Hz, and the mean of $k$
# over these
# eight, weighted by their strengths $1/k$, is $8 / 2.72 = 2.9$. Now descend, from as far as you like:


# %%
def follow(f_hz: float, target: Tensor, count: int) -> list[float]:
    """Adam on the fundamental alone, with transport as loss; -> where it stood at each step, in Hz"""
    f, path = torch.tensor(f_hz, requires_grad=True), [f_hz]
    optimizer = torch.optim.Adam([f], lr=20.0)
    for step in range(count):
        optimizer.param_groups[0]["lr"] = 20.0 * (1 - step / count)
        optimizer.zero_grad()
        carried(note(f), target).backward()
        optimizer.step()
        path.append(f.item())
    return path


from_afar = {f"from {f:.0f} Hz": follow(f, home, steps(150)) for f in (110.0, 300.0, 950.0)}
plots.curves(
    torch.arange(len(from_afar["from 110 Hz"])),
    from_afar,
    x_label="step",
    y_label="fundamental (Hz)",
    title="Three descents by transport",
    levels={"target": TARGET_HZ},
    alt="Three curves run to 440 Hz from 110, 300 and 950 Hz, past the octaves at 220 and 880 Hz without a halt, and stay there.",
)
on_the_way = {
    name: torch.cat([note(f)[:, 1000:3000] * torch.hann_window(2000) for f in path[::6]], dim=1)
    for name, path in from_afar.items()
}
listening.compare({**on_the_way, "the target": home.repeat(1, 4)})

# %% tags=["number"]
worst = max(abs(1200 * math.log2(path[-1] / TARGET_HZ)) for path in from_afar.values())
verdict("the worst of the three, off by", worst, below=10, unit="cents", of_training=True)

# %% [markdown]
# ### What goes wrong: the wrong sand
#
# This was a fair-weather sail: the template had the target's own timbre. In an autoencoder it has not; the timbre is what it is still
# learning. Make the target darker than the template, its harmonics falling as $1/k^2$, or brighter, as $1/\sqrt{k}$.
#
# > **Guess.** The template falls as $1/k$, the target is darker. Where does transport put the pitch?
# > **a** at 440 Hz, where the partials lie · **b** exactly an octave off · **c** too low · **d** too high

# %% tags=["question"]
question("19.8", answer=None)

# %%
wide_hz = torch.arange(150.0, 990.0, 2.0)
tilts = {"brighter (1 / √k)": 0.5, "the same (1 / k)": 1.0, "darker (1 / k²)": 2.0}
wrong_sand = {name: landscape(carried, wide_hz, note(TARGET_HZ, tilt)) for name, tilt in tilts.items()}
plots.curves(
    wide_hz,
    wrong_sand,
    x_label="fundamental of the template (Hz)",
    y_label="transport (Hz)",
    title="The target has another timbre than the template",
    marks={"target": TARGET_HZ},
    alt="Three V-shaped valleys: for the same timbre it reaches 0 at 440 Hz, for the brighter target the lowest point lies near 520 Hz, for the darker one near 225 Hz.",
)
lowest = {name: float(wide_hz[losses.argmin()]) for name, losses in wrong_sand.items()}
off_cents = {name: 1200 * math.log2(f / TARGET_HZ) for name, f in lowest.items()}
listening.compare(
    {
        "the darker target": note(TARGET_HZ, 2.0).repeat(1, 3),
        "what transport takes for it": note(lowest["darker (1 / k²)"]).repeat(1, 3),
    }
)

# %% tags=["number"]
verdict("brighter: too high by", off_cents["brighter (1 / √k)"], above=200, unit="cents")
verdict("darker: too low by", -off_cents["darker (1 / k²)"], above=900, unit="cents")

# %% [markdown]
# It moves the **centre of the sand**, and pitch is not where the centre is. The paper learns the amplitudes beside the pitch, on
# synthetic sounds; for real ones its
# authors expect to need a vertical loss as well.
#
# Lesson 17 left a question open: given pitches that are 50 cents wrong in a mixture, why did the gradient not correct them? Let us
# try it with
# the chord, its timbres known: all three pitches free, half a semitone off, or three semitones.

# %%
HOP, FRAMES, k = 256, 64, torch.arange(1, 17)
timbres = torch.stack([1 / k, (k % 2) / k**0.7 + 0.02, k * torch.exp(-k / 1.5)])
loud = timbres / timbres.sum(dim=1, keepdim=True) * torch.tensor([0.3, 0.2, 0.25])[:, None]
chord_midi = torch.tensor([57.0, 60.0, 64.0])


def chord(midi: Tensor) -> Tensor:
    """Three voices of fixed timbre at pitches [3] -> one second of their sum, [1, samples]"""
    f0_hz = dsp.midi_to_hz(midi)[None, :, None].expand(1, 3, FRAMES)
    voices = dsp.polyphonic_synthesis(
        f0_hz, loud[None, :, None].expand(1, 3, FRAMES, 16), sample_rate=SAMPLE_RATE, hop_size=HOP
    )
    return voices.sum(dim=1) * torch.hann_window(FRAMES * HOP)


def tune(loss, offsets: Tensor) -> float:
    """Let the pitches of the chord walk home from so many semitones off; -> the worst of them after it, in cents"""
    midi = (chord_midi + offsets).requires_grad_()
    optimizer = torch.optim.Adam([midi], lr=0.1)
    for step in range(steps(100)):
        optimizer.param_groups[0]["lr"] = 0.1 * (1 - step / steps(100))
        optimizer.zero_grad()
        loss(chord(midi), chord(chord_midi)).backward()
        optimizer.step()
    return 100 * float((midi.detach() - chord_midi).abs().max())


near, far = torch.tensor([0.5, 0.5, -0.5]), torch.tensor([-3.0, 3.0, 3.0])
chord_loss = dsp.SpectralLoss((2048, 1024, 512, 256))
worst_cents = {
    (name, where): tune(loss, offsets)
    for name, loss in (("spectral loss", chord_loss), ("transport", carried))
    for where, offsets in (("50 cents off", near), ("3 semitones off", far))
}

# %% tags=["number"]
verdict("spectral loss, from 50 cents: worst pitch off by", worst_cents["spectral loss", "50 cents off"], below=15, unit="cents", of_training=True)  # fmt: skip
verdict("spectral loss, from 3 semitones", worst_cents["spectral loss", "3 semitones off"], above=100, unit="cents", of_training=True)  # fmt: skip
verdict("transport, from 50 cents", worst_cents["transport", "50 cents off"], above=8, unit="cents", of_training=True)
verdict("transport, from 3 semitones", worst_cents["transport", "3 semitones off"], above=100, unit="cents", of_training=True)  # fmt: skip

# %% [markdown]
# So the answer has two halves. Half a semitone off, with the timbres known and no noise, the plain loss *does* bring the pitches home, to
# within a few cents: it is inside the pit. (Lesson 17's fit held them fixed.) From three semitones it does not. And transport is of no
# help in a mixture. It has one axis and no
# names: it carries one voice's partials to where another's belong, and finds a way of sharing out the sand that is not the chord.
#
# ## A sine that may die
#
# Back to the sound at the top. There the loss was the mean square error of samples, the worst of the three. What changed was the
# *synthesizer*. Hayes, Saitis and
# Fazekas (2023) put in place of the sine the powers of a complex number:
#
# $$s(n) = \operatorname{Re}\, z^n, \qquad z = r\, e^{i\theta} \;\Rightarrow\; s(n) = r^n \cos \theta n$$
#
# $\theta$ is the frequency in radians a sample, $r \le 1$ the size of $z$. At $r = 1$ it is a cosine for ever. At $r = 0.9$ a third
# of it is left after ten
# samples. Such a $z$ is called a **pole** (lesson 16 met it inside a filter). Descend on *both* numbers, that is, walk in the disc
# instead of around its edge.
#
# Why should that help? Let the target be $w^n$ with $|w| = 1$, and the sound be long. Apart from a constant the squared error is, up
# to the factor,
#
# $$\sum_n |z|^{2n} - 2 \operatorname{Re} \sum_n (z \bar w)^n = \frac{1}{1 - r^2} - 2 \operatorname{Re} \frac{1}{1 - z \bar w}$$
#
# For a given $r$ this has **one** valley around the circle, at the target's angle, and no ripples. And along the target's own angle
# it falls all the way out to
# $r = 1$. So: turn towards the target, and grow. (Our target is a cosine: it has a mirror image at -440 Hz, which pulls the shortest
# curve a little down.) Draw it for
# 500 samples:

# %%
ring_hz = torch.arange(5.0, 2000.0, 5.0, dtype=torch.float64)
rings = {}
for size in (0.8, 0.95, 0.99, 1.0):
    poles = dsp.hz_to_pole(ring_hz, size, sample_rate=SAMPLE_RATE)
    errors = (dsp.damped_exponential(poles, SAMPLES).real - cosine).square().mean(dim=1)
    rings[f"|z| = {size:g}"] = (errors - errors.min()) / (errors.max() - errors.min())
plots.curves(
    ring_hz,
    rings,
    x_label="frequency of the pole (Hz)",
    y_label="loss, from its least (0) to its greatest (1)",
    title="The loss of samples, around four circles",
    marks={"target": TARGET_HZ},
    y_range=(-0.05, 1.3),
    alt="For sizes 0.8, 0.95 and 0.99 smooth valleys around 440 Hz, narrower and narrower; for size 1 a narrow pit between ripples.",
)

# %% [markdown]
# You have seen these curves: they are lesson 07's windows. A sound that dies soon *is* a short window, which sees badly but far;
# $|z|$ near 1 is a long one. Coarse to fine,
# except that nobody wrote a schedule. The descent finds it: as long as the angle is wrong, the error pulls inwards; once it is right,
# outwards.
#
# ### Exercise 19.3: the surrogate
#
# <details><summary>Hint 1</summary><code>z = torch.complex(real, imaginary)</code>, and PyTorch takes powers of complex tensors:
# <code>z[:, None] ** torch.arange(n_samples)</code>.</details>
# <details><summary>Hint 2</summary>The first sample is $z^0 = 1$.</details>


# %% tags=["exercise"]
def damped_tone(real: Tensor, imaginary: Tensor, n_samples: int) -> Tensor:
    """the two parts of z, [poles] each -> the real part of z to the powers 0 to n_samples - 1, [poles, n_samples]"""
    ### BEGIN SOLUTION
    z = torch.complex(real, imaginary)
    return (z[:, None] ** torch.arange(n_samples)).real
    ### END SOLUTION


# %% tags=["check"]
damped_tone = check("19.3", damped_tone)

# %% [markdown]
# Forty starts from 100 Hz to 7.9 kHz, each a descent of its own; beside them the same forty with a plain cosine, whose frequency walks.

# %%
starts_hz = torch.linspace(100, 7900, 40, dtype=torch.float64)
walked = descend(
    lambda pole: damped_tone(pole.real, pole.imag, SAMPLES),
    cosine,
    dsp.hz_to_pole(starts_hz, 0.8, sample_rate=SAMPLE_RATE),
    steps(400),
)
found_hz = dsp.pole_to_hz(walked[-1], sample_rate=SAMPLE_RATE)

plain_hz = starts_hz.clone().requires_grad_()
optimizer = torch.optim.Adam([plain_hz], lr=5.0)
n = torch.arange(SAMPLES)
for step in range(steps(400)):
    optimizer.param_groups[0]["lr"] = 5.0 * (1 - step / steps(400))
    optimizer.zero_grad()
    (torch.cos(2 * math.pi * plain_hz[:, None] * n / SAMPLE_RATE) - cosine).square().mean(dim=1).sum().backward()
    optimizer.step()
plots.curves(
    starts_hz,
    {"pole": found_hz, "plain cosine": plain_hz},
    x_label="where it started (Hz)",
    y_label="where it ended (Hz)",
    title="Forty descents on the same loss",
    levels={"target": TARGET_HZ},
    points=True,
    alt="The pole's curve is flat at 440 Hz for all starts; the plain cosine's runs along the diagonal: it ends near where it started.",
)
with plots.figure(
    alt="A half disc with six paths: each starts 0.8 from the centre at its own angle, bends inwards to the right end, and zigzags there to one point of the edge.",
    height_inches=3.6,
) as axes:
    angle = torch.linspace(0, math.pi, 200)
    axes.plot(angle.cos(), angle.sin(), color="#555555", linewidth=0.9)
    for i, hz in enumerate(six_hz.tolist()):
        looks = {"color": plots.COLOURS[i], "marker": plots.MARKERS[i], "markevery": [0], "linewidth": 1.2}
        axes.plot(six[:, i].real, six[:, i].imag, label=f"{hz:.0f} Hz", **looks)
    axes.set_aspect("equal")
    axes.set_xlabel("real part of z (no unit)")
    axes.set_ylabel("imaginary part of z (no unit)")
    axes.set_title("The six tones of the beginning, in the disc", loc="left")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=9, title="started at")

# %% tags=["number"]
verdict("poles within 1 Hz", ((found_hz - TARGET_HZ).abs() < 1).sum(), above=37, unit="of 40", of_training=True)
verdict("plain cosines within 1 Hz", ((plain_hz - TARGET_HZ).abs() < 1).sum(), below=4, unit="of 40", of_training=True)

# %% [markdown]
# Two things are left out so far. The steps: near the edge the slope is far larger than in the middle, so `descend` takes its
# *direction* only,
# in steps that shrink. (Adam remembers large slopes and then hardly moves.) And phase and strength: with a complex factor $c$ in
# front, $\operatorname{Re}\, c z^n$ has
# both, and for given $z$ the best $c$ is a least-squares fit.
#
# That is enough to come back to **lesson 15's chorus**. Its rate was 1.37 Hz; from nine starting rates and four seconds of sound a
# descent had found it only from within
# $0.715/T$, two of the nine. Here is its delay again, as a curve that starts anywhere in its swing, with some noise; twenty values a
# second.


# %%
def fitted(poles: Tensor, target: Tensor) -> Tensor:
    """The real part of c z ** n, c the best for each pole -> [poles, samples]"""
    powers = dsp.damped_exponential(poles, target.shape[0])
    basis = torch.stack([powers.real, -powers.imag], dim=-1)
    with torch.no_grad():
        square = basis.mT @ basis + 1e-9 * torch.eye(2, dtype=basis.dtype)
        best = torch.linalg.solve(square, basis.mT @ target[:, None].expand(len(poles), -1, -1))
    return (basis @ best)[..., 0]


RATE_HZ, CURVE_RATE = 1.37, 20
swing = torch.sin(2 * math.pi * RATE_HZ * torch.arange(4 * CURVE_RATE, dtype=torch.float64) / CURVE_RATE + 2.0)
swing = swing + 0.05 * torch.randn(swing.shape, generator=torch.Generator().manual_seed(0), dtype=swing.dtype)
nine_hz = torch.tensor([0.3, 0.7, 1.0, 1.15, 1.25, 1.5, 1.6, 1.8, 2.3], dtype=torch.float64)
rates = descend(
    lambda pole: fitted(pole, swing), swing, dsp.hz_to_pole(nine_hz, 0.8, sample_rate=CURVE_RATE), steps(400)
)
rates_hz = dsp.pole_to_hz(rates, sample_rate=CURVE_RATE)
plots.curves(
    torch.arange(len(rates_hz)),
    {f"{hz:g} Hz": rates_hz[:, i] for i, hz in enumerate(nine_hz.tolist())},
    x_label="step",
    y_label="rate (Hz)",
    title="Lesson 15's nine pedals, as poles",
    levels={"the stranger's": RATE_HZ},
    alt="Nine curves run from their starts to 1.37 Hz within ten steps, zigzag around it, less and less, and lie on it from step 150 on.",
)

# %% tags=["number"]
verdict("pedals within 0.01 Hz of the rate", ((rates_hz[-1] - RATE_HZ).abs() < 0.01).sum(), above=8, unit="of 9", of_training=True)  # fmt: skip

# %% [markdown]
# All nine. It is one swing, though, and one cosine. A note has many partials, and nothing tells a pole which of them is the first.
# Neither idea alone hears the pitch of
# an instrument.
#
# ## An ear without a teacher
#
# Now the third way, and it does not compare sounds at all. Nobody tells us the pitch of a recording. But if we *transpose* the
# recording by three
# semitones, we know one thing for certain: whatever its pitch was, it is now three semitones higher. That is enough to learn from
# (SPICE, 2020;
# PESTO, 2023).
#
# Take a spectrum with a logarithmic axis, 36 bins an octave, each seen through 25 periods of its own frequency: a **constant-Q** spectrum
# (`dsp.constant_q_magnitude`). In it, all harmonics move by equal steps when the pitch does. So transposing is *shifting*, and
# shifting is *cutting out
# another window*: no sound need be made.

# %%
LOWEST_HZ, BINS_PER_OCTAVE, BINS, REACH = 55.0, 36, 252, 24
WIDTH = BINS - 2 * REACH
FRAME = 320  # samples from one frame to the next: 20 ms


def levels_of(sound: Tensor) -> Tensor:
    """sound [1, samples] -> its constant-Q spectrum in dB, [frames, BINS], one frame every 20 ms"""
    seen = dsp.constant_q_magnitude(
        sound,
        sample_rate=SAMPLE_RATE,
        hop_size=FRAME,
        lowest_hz=LOWEST_HZ,
        bins_per_octave=BINS_PER_OCTAVE,
        n_bins=BINS,
    )
    return dsp.amplitude_to_db(seen[0], floor_db=-80)


players = {"string": instruments.bowed_string, "reed": instruments.reed, "voice": instruments.voice}
practice = {name: play(minutes=0.8, seed=1, progress=False) for name, play in players.items()}
examination = {name: play(minutes=0.3, seed=101, progress=False)[0] for name, play in players.items()}
heard = torch.cat([levels_of(take.audio) for takes in practice.values() for take in takes])
heard = heard[heard.amax(dim=1) > -50]  # where something sounds
sung = levels_of(examination["voice"].audio)
middle_hz = LOWEST_HZ * 2 ** (torch.arange(BINS) / BINS_PER_OCTAVE)
plots.curves(
    middle_hz,
    {f"{place * 20 / 1000:.1f} s": sung[place] for place in (60, 280)},
    x_label="frequency (Hz)",
    y_label="level (dB)",
    log_x=True,
    title="Two moments of the voice, on an axis of octaves",
    alt="Two spectra with rows of peaks at the harmonics, which draw closer together to the right; the rows have the same spacing, shifted against each other.",
)

# %% [markdown]
# ### Exercise 19.4: transposed
#
# From each frame of 252 bins cut a window of $252 - 2 \cdot 24$. It begins at bin $24 + k$, where $k$ is this frame's shift, between -24 and 24. (A window that begins
# *higher* sees everything $k$ bins *lower*.)
#
# <details><summary>Hint 1</summary><code>reach + shifts[:, None] + torch.arange(width)</code> is the table of the bins that each row
# needs.</details>
# <details><summary>Hint 2</summary><code>spectra.gather(1, table)</code> takes them.</details>


# %% tags=["exercise"]
def transposed(spectra: Tensor, shifts: Tensor, reach: int) -> Tensor:
    """spectra [frames, bins], shifts [frames], whole numbers from -reach to reach -> [frames, bins - 2 * reach]"""
    ### BEGIN SOLUTION
    width = spectra.shape[1] - 2 * reach
    return spectra.gather(1, reach + shifts[:, None] + torch.arange(width))
    ### END SOLUTION


# %% tags=["check"]
transposed = check("19.4", transposed)

# %% [markdown]
# **The ear.** It slides eight learned patterns along the axis, bends what they find, slides eight more over that and adds up: one
# number a bin, and a softmax. A pattern that slides
# gives the same answer, shifted, for a shifted input. As a matrix it is constant along its diagonals (Toeplitz), as in PESTO. 6,500
# numbers.
#
# **Its practice.** Two views of one frame, each with a shift of its own, and each through a different *filter* (a random smooth
# curve, in dB, is added) and with some hiss: other timbre,
# same pitch. Put both answers back where their windows came from. They must agree. The loss is the cross-entropy between the two,
# both ways round.
#
# There is an answer that always agrees and says nothing: always the same bin *of the window*. Put back, it sits somewhere else each
# time; that is why the shift is in there. And a shrug, all bins
# alike, agrees badly: cross-entropy rewards who commits.


# %%
class Ear(nn.Module):
    """Levels in dB [frames, WIDTH] -> how likely the pitch is at each bin, [frames, WIDTH], up to one offset for all"""

    def __init__(self, patterns: int = 8) -> None:
        super().__init__()
        self.first = nn.Parameter(0.1 * torch.randn(patterns, 2 * WIDTH - 1))
        self.second = nn.Parameter(0.1 * torch.randn(patterns, 2 * WIDTH - 1))
        self.bias = nn.Parameter(torch.zeros(patterns, 1))
        self.diagonal = torch.arange(WIDTH)[:, None] - torch.arange(WIDTH) + WIDTH - 1

    def forward(self, levels: Tensor) -> Tensor:
        levels = (levels - levels.mean(dim=1, keepdim=True)) / 20
        found = torch.einsum("fi,poi->fpo", levels, self.first[:, self.diagonal]) / 4 + self.bias
        found = F.leaky_relu(found, 0.1)
        return torch.softmax(torch.einsum("fpi,poi->fo", found, self.second[:, self.diagonal]) / 4, dim=1)


def view(levels: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Frames as somebody else might hear them: transposed, filtered, with hiss -> the view, and its shifts"""
    frames = len(levels)
    shifts = torch.randint(-REACH, REACH + 1, (frames,), generator=generator)
    seen = transposed(levels, shifts, REACH)
    colour = 12 * torch.randn(frames, 1, 6, generator=generator)  # dB at six places of the axis
    seen = seen + F.interpolate(colour, size=WIDTH, mode="linear", align_corners=True)[:, 0]
    hiss = seen.amax(dim=1, keepdim=True) - 20 - 30 * torch.rand(frames, 1, generator=generator)
    power = dsp.db_to_power(hiss) * -torch.rand(seen.shape, generator=generator).clamp_min(1e-6).log()
    return dsp.power_to_db(dsp.db_to_power(seen) + power), shifts


def put_back(answers: Tensor, shifts: Tensor) -> Tensor:
    """[frames, WIDTH] in the window -> [frames, BINS] on the axis of all"""
    places = REACH + shifts[:, None] + torch.arange(WIDTH)
    return torch.zeros(len(answers), BINS).scatter(1, places, answers)


def practise(ear: Ear, levels: Tensor, count: int) -> list[float]:
    """Teach an ear nothing but that two views of one frame have one pitch -> the losses"""
    generator, losses = torch.Generator().manual_seed(0), []
    optimizer = torch.optim.Adam(ear.parameters())
    for step in range(count):
        optimizer.param_groups[0]["lr"] = 3e-3 * (1 - step / count)
        some = levels[torch.randint(len(levels), (128,), generator=generator)]
        views = [view(some, generator) for _ in range(2)]
        one, other = (put_back(ear(seen), shifts) for seen, shifts in views)
        loss = -(one * (other + 1e-6).log() + other * (one + 1e-6).log()).sum(dim=1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


def where(ear: Ear, levels: Tensor) -> Tensor:
    """The bin that the ear means, with fractions, [frames]: the mean of seven bins around its surest"""
    with torch.no_grad():
        answers = ear(levels[:, REACH : REACH + WIDTH])
    bins = (answers.argmax(dim=1, keepdim=True) + torch.arange(-3, 4)).clamp(0, WIDTH - 1)
    weights = answers.gather(1, bins)
    return REACH + (weights * bins).sum(dim=1) / weights.sum(dim=1)


torch.manual_seed(0)
untrained, ear = Ear(), Ear()
ear_losses = practise(ear, heard, steps(400))
plots.curves(
    torch.arange(len(ear_losses)),
    ear_losses,
    x_label="step",
    y_label="cross-entropy, both ways (nats)",
    title="Two views learn to agree",
    alt="A curve that falls from 12 to below 2 in four hundred steps, most of it in the first hundred.",
)

# %% [markdown]
# > **Guess.** Trained on differences alone, by how much may all its answers be wrong?
# > **a** by any number of bins, the same for every sound · **b** by whole octaves only · **c** by nothing · **d** by another number for every
# > instrument

# %% tags=["question"]
question("19.9", answer=None)

# %% [markdown]
# So it needs a tuning fork: tones that we make ourselves, whose pitch we therefore know. Forty-eight of them, from 150 to 1000 Hz,
# with twenty harmonics $1/k$. One number is taken from them,
# the median difference between what it says and what is. And they tell more: if the ear is sound, the *same* difference comes out for all.


# %%
def tuning_fork(ear: Ear) -> tuple[float, float]:
    """-> the ear's offset in bins, and how far the differences of the middle 90 % of tones lie apart"""
    fork_hz = torch.logspace(math.log10(150), 3, 48)
    strength = dsp.normalize_harmonics((1 / torch.arange(1, 21)).expand(48, 40, 20), fork_hz[:, None].expand(48, 40), sample_rate=SAMPLE_RATE)  # fmt: skip
    tones = dsp.harmonic_synthesis(
        fork_hz[:, None].expand(48, 40), 0.2 * strength, sample_rate=SAMPLE_RATE, hop_size=FRAME
    )
    frames = torch.stack([levels_of(tone[None])[20] for tone in tones])
    difference = where(ear, frames) - BINS_PER_OCTAVE * torch.log2(fork_hz / LOWEST_HZ)
    low, middle, high = torch.quantile(difference, torch.tensor([0.05, 0.5, 0.95])).tolist()
    return middle, high - low


def hears_hz(ear: Ear, offset: float, sound: Tensor) -> Tensor:
    """sound [1, samples] -> its pitch in Hz, [frames]"""
    return LOWEST_HZ * 2 ** ((where(ear, levels_of(sound)) - offset) / BINS_PER_OCTAVE)


(offset, spread), (untrained_offset, untrained_spread) = tuning_fork(ear), tuning_fork(untrained)

# %% tags=["number"]
verdict("untrained: the fork's tones differ by", untrained_spread, above=12, unit="bins (36 are an octave)")
verdict("after practice", spread, below=2, unit="bins", of_training=True)

# %% [markdown]
# ### Exercise 19.5: is it right?
#
# Two figures that everybody in the field quotes. **Raw pitch accuracy**: the share of frames within 50 cents of the truth. And
# **octave errors**: the share within 50 cents of a pitch
# that is one or more whole octaves off, above or below. Cents are $1200 \log_2$ of the ratio.
#
# <details><summary>Hint 1</summary><code>(cents / 1200).round()</code> is the number of whole octaves nearest to the error. 0 is not an octave
# error.</details>


# %% tags=["exercise"]
def pitch_scores(found_hz: Tensor, true_hz: Tensor) -> Tensor:
    """two lists of pitches in Hz [frames] -> [2]: the share of right ones, the share of octave errors"""
    ### BEGIN SOLUTION
    cents = 1200 * torch.log2(found_hz / true_hz)
    octaves = (cents / 1200).round()
    near = (cents - 1200 * octaves).abs() < 50
    return torch.stack([(near & (octaves == 0)).double().mean(), (near & (octaves != 0)).double().mean()])
    ### END SOLUTION


# %% tags=["check"]
pitch_scores = check("19.5", pitch_scores)

# %% [markdown]
# The examination: takes that nobody has practised on, from each instrument. Our players know what they played, so there is a truth.
# Beside our ear stand CREPE (the small one, by lesson 08's code), which *had* a teacher: hours of music with known pitch;
# an ear without practice, with a tuning fork of its own; and the plainest idea, the loudest partial.


# %%
def answers(name: str) -> dict[str, Tensor]:
    """What each of the four says about a take, and the truth: pitches in Hz, every 20 ms where it sounds"""
    take = examination[name]
    sounding = take.gate[0, ::5] > 0.5
    levels = levels_of(take.audio)
    said = {
        "loudest partial": middle_hz[levels.argmax(dim=1)],
        "untrained ear": hears_hz(untrained, untrained_offset, take.audio),
        "our ear": hears_hz(ear, offset, take.audio),
        "CREPE": data.extract_features(take, tracker=data.crepe_tracker).f0_hz[0, ::5],
        "truth": take.f0_hz[0, ::5],
    }
    return {who: pitch[: len(sounding)][sounding] for who, pitch in said.items()}


said = {name: answers(name) for name in players}
WHO = ("loudest partial", "untrained ear", "our ear", "CREPE")
scores = {
    name: torch.stack([torch.as_tensor(pitch_scores(said[name][who], said[name]["truth"])) for who in WHO])
    for name in players
}
plots.bars(
    {name: (100 * table[:, 0]).tolist() for name, table in scores.items()},
    series=WHO,
    y_label="frames within 50 cents (%)",
    digits=1,
    title="Raw pitch accuracy on takes that nobody has practised on",
    alt="Three groups of bars, one an instrument: the loudest partial and the untrained ear far below, our ear and CREPE both above 95 % and close together.",
)

# %% tags=["number"]
for name in players:
    right, octave = (100 * scores[name]).T
    verdict(f"{name}: our ear, right", right[2], above=95, unit="%", of_training=True)
    verdict(f"{name}: our ear, octave errors", octave[2], below=2, unit="%", of_training=True)
    verdict(f"{name}: CREPE, right", right[3], above=95, unit="%")
    verdict(f"{name}: the untrained ear, right", right[1], below=70, unit="%")

# %%
take = examination["string"]
frames = slice(0, 400)  # eight seconds
loudness = dsp.db_to_amplitude(take.loudness_db[:, ::5] - take.loudness_db.max())[:, frames]
whistle = (1 / torch.arange(1, 9)).expand(1, loudness.shape[1], 8) / 2.72


def whistled(f0_hz: Tensor) -> Tensor:
    """A pitch curve [frames], every 20 ms, made audible; as loud as the take, and faded at its ends"""
    ends = torch.minimum(torch.arange(400), torch.arange(399, -1, -1)).div(5).clamp(max=1)
    return dsp.harmonic_synthesis(
        f0_hz[None, frames],
        0.4 * ends[:, None] * loudness[..., None] * whistle,
        sample_rate=SAMPLE_RATE,
        hop_size=FRAME,
    )


by_ear = hears_hz(ear, offset, take.audio)
by_crepe = data.extract_features(take, tracker=data.crepe_tracker).f0_hz[0, ::5]
ends = torch.minimum(torch.arange(128_000), torch.arange(127_999, -1, -1)).div(800).clamp(max=1)
listening.compare(
    {
        "the string": ends * take.audio[:, :128_000],
        "what our ear heard": whistled(by_ear),
        "what CREPE heard": whistled(by_crepe),
        "untrained": whistled(hears_hz(untrained, untrained_offset, take.audio)),
    }
)
plots.curves(
    torch.arange(400) * 0.02,
    {
        name: torch.where(take.gate[0, ::5][frames] > 0.5, pitch[frames], torch.nan)
        for name, pitch in (("truth", take.f0_hz[0, ::5]), ("our ear", by_ear), ("CREPE", by_crepe))
    },
    x_label="time (s)",
    y_label="pitch (Hz)",
    title="Eight seconds of the string, where it sounds",
    alt="Three curves, truth, our ear and CREPE, on one another nearly everywhere: steps from note to note, with a small wave on each; for a moment at a change of note our ear drops far below.",
)

# %% [markdown]
# An ear that learned in seconds, from 2.4 minutes without a label, beside one that had a teacher. Before you publish: it has heard
# *these* instruments, though not these takes, and CREPE has
# not; it knows of no rest and has no confidence; its range is that of its practice; its windows of 25 periods are slow, and a fast
# run blurs: the picture has a note's change at which it is lost. The thing to take away is smaller and surer: *a known
# change is a teacher*. Pitch did not have to be known, only how it moves.
#
# ## The paper's own attempt
#
# Engel and others tried it in 2020: instead of CREPE an encoder that finds $f_0$ itself, trained through the spectral loss of the
# whole autoencoder, and through a second loss that compares what a trained CREPE makes of the two sounds: a teacher by the back door. Their Table 1, on a subset of NSynth:
#
# | Engel et al. 2020, Table 1 | loudness (L1) | $f_0$ (L1) | $f_0$ outliers |
# |---|---|---|---|
# | supervised (CREPE's pitch given) | 0.07 | 0.02 | 0.003 |
# | **unsupervised** | 0.09 | 0.80 | 0.04 |
# | WaveRNN | 0.10 | 1.00 | 0.07 |
#
# (Other sounds, other measures, an autoencoder's *output* judged: none of these may stand in one column with ours.) An error of 0.80
# in $f_0$ beside 0.02 is the trap of this lesson in one row.
# Torres' transport and Hayes' poles are answers to that row.
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `transport` | `dsp.spectral_transport_distance` | any axis, for instance octaves; `order=2`, the squared way; silence |
# | `damped_tone` | `dsp.damped_exponential`, `hz_to_pole`, `pole_to_hz` | exact for long sounds, errors in words |
# | `share_home`, `transposed`, `pitch_scores` | – | short enough to take along |
#
# They live in `ddsp_course/dsp/transport.py` and `surrogate.py`, and the spectrum in `constant_q.py`. What you got right is in your
# workbook, in `my_ddsp/lesson_19.py`.

# %%
show_progress(19)

# %% [markdown]
# **To read.** Torres, Peeters, Richard: *Unsupervised harmonic parameter estimation using differentiable DSP and spectral optimal
# transport*, ICASSP 2024,
# [arXiv:2312.14507](https://arxiv.org/abs/2312.14507). Hayes, Saitis, Fazekas: *Sinusoidal frequency estimation by gradient descent*,
# ICASSP 2023,
# [arXiv:2210.14476](https://arxiv.org/abs/2210.14476). Riou, Lattner, Hadjeres, Peeters: *PESTO: pitch estimation with
# self-supervised transposition-equivariant objective*, ISMIR 2023,
# [arXiv:2309.02265](https://arxiv.org/abs/2309.02265), whose ear ours is a small cousin of (its loss is another one). Gfeller and
# others: *SPICE: self-supervised pitch estimation*, 2020,
# [arXiv:1910.11664](https://arxiv.org/abs/1910.11664). Engel and others: *DDSP*, 2020,
# [arXiv:2001.04643](https://arxiv.org/abs/2001.04643), Table 1.
#
# **To try.** Let the ear practise on the string alone, and examine it on the voice. Leave out filter and hiss in `view` (`colour` and
# `power` times 0) and look at the tuning
# fork's spread again, with one instrument and with three. Give it 100 steps instead of 400. Start the poles on a *note* with eight
# harmonics instead of a cosine, with
# `fitted`: where do they end?
#
# **Next.** Lesson 20: a map of timbres, where what pitch and loudness do not say gets coordinates.
