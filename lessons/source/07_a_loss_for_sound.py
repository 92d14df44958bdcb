# %% [markdown]
# # Lesson 07 · A loss for sound
#
# **You will build** the multi-scale spectral loss that trains every model in this course, the yardsticks without which its
# value means nothing, and a way down to a frequency from far away.
#
# **You will hear** what a loss calls near and far, which is not what you would say; and a tone that slides home, where in
# lesson 01 it got stuck.
#
# **You need** the STFT (lesson 06), decibels (lesson 00), and a frequency that could not be learned (lesson 01).
#
# **Time.** 60 minutes to read and do, 1 minute to run.

# %%
try:
    import ddsp_course
except ModuleNotFoundError:
    raise SystemExit(
        "The course's package is missing: start the lessons with `make lab`, or run `pip install -e '.[course]'` in your clone."
    ) from None
import math

import torch
from torch import Tensor

from ddsp_course import dsp, instruments
from ddsp_course.classroom import check, listening, plots, question, report, show_progress

SAMPLE_RATE = 16_000
FFT_SIZES = (2048, 1024, 512, 256, 128, 64)  # windows of 128 ms down to 4 ms, as in the paper

# %% [markdown]
# ## First, the finished sound
#
# A tone of 600 Hz that has never been told the right answer. All it knows is a number, the loss, and which way is down.
# Sixty small steps on a short window, sixty on a longer one, sixty on a long one, and it is at 440 Hz, where the target is.
# By the end of the lesson you will have found the windows and steps for it yourself; here it is as a sound.


# %%
def faded_tone(f_hz: Tensor, samples: int = 4000) -> Tensor:
    """A quarter of a second that swells and fades, [1, samples]; f_hz is a tensor, so that a gradient can reach it."""
    n = torch.arange(samples)
    return (torch.hann_window(samples) * torch.sin(2 * math.pi * f_hz * n / SAMPLE_RATE))[None]


def descend(
    f_hz: Tensor, target: Tensor, fft_size: int, step_hz: float, steps: int, path: list | None = None
) -> Tensor:
    """Walk downhill on the difference of magnitudes with one window; steps shrink from step_hz (Hz) to 0."""
    f = f_hz.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([f], lr=step_hz)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = step_hz * (1 - step / steps)
        optimizer.zero_grad()
        ours, theirs = (dsp.stft_magnitude(sound, fft_size) for sound in (faded_tone(f), target))
        (ours - theirs).abs().mean().backward()
        optimizer.step()
        if path is not None:
            path.append(f.item())
    return f.detach()


target = faded_tone(torch.tensor(440.0))
path, f = [600.0], torch.tensor(600.0)
for fft_size, step_hz in ((128, 16.0), (512, 8.0), (2048, 4.0)):
    f = descend(f, target, fft_size, step_hz, 60, path)
home = torch.cat([faded_tone(torch.tensor(hz), 2000) for hz in path[::6]], dim=1)
listening.compare({"600 Hz, on its way": 0.5 * home, "the target": 0.5 * target.repeat(1, 6)})

# %% [markdown]
# ## Why not simply subtract?
#
# Two sounds are two lists of numbers. The first thing anyone tries is to subtract them, sample by sample, square, and take
# the mean. Here are a tone, the same tone a quarter of a period later, one that is 2 % sharp, and silence. Rank them by ear.

# %%
seconds = torch.arange(SAMPLE_RATE) / SAMPLE_RATE
tone = 0.3 * torch.sin(2 * math.pi * 440 * seconds)[None]
candidates = {
    "a quarter period later": 0.3 * torch.sin(2 * math.pi * 440 * seconds - math.pi / 2)[None],
    "2 % sharp": 0.3 * torch.sin(2 * math.pi * 448.8 * seconds)[None],
    "silence": torch.zeros(1, SAMPLE_RATE),
}
listening.compare({"the tone": tone, **candidates})

# %% [markdown]
# > **Guess.** Which of the three is the *nearest* to the tone, by the mean squared difference of samples?
# > **a** silence · **b** the one a quarter period later, which sounds the same · **c** all are about equal · **d** it depends on the
# > random phase

# %% tags=["question"]
question("7.5", answer=None)

# %% tags=["number"]
for name, candidate in candidates.items():
    error = (candidate - tone).square().mean() / tone.square().mean()
    report(f"{name}: energy of the difference, in energies of the tone", error, digits=2)

# %% [markdown]
# For a copy late by a phase $\varphi$ (radians) the mean of $(\sin t - \sin(t - \varphi))^2$ is $1 - \cos\varphi$, in units where the tone's own
# energy is $\tfrac12$: twice the tone's energy at a quarter period, four times at half. Silence costs one energy, whatever the
# phase. A network that minimises this learns to be quiet. (It is not a thought experiment: lesson 11 trains one.)
#
# The ear hears how much of each frequency there is, moment by moment, and hardly how their phases stand (lesson 06). So compare that:
# magnitudes of the STFT, $|X_{t,f}|$, with $t$ the frame and $f$ the bin.
#
# ## Linear, or logarithmic?
#
# Take a phrase of our bowed-string model and spoil it in three ways: turn it down by 1 dB, cut off everything above 2 kHz, add
# hiss 50 dB below it.

# %%
take = instruments.bowed_string(minutes=0.5, seed=0, progress=False)[0]
again = instruments.bowed_string(minutes=0.5, seed=0, noise_seed=1, progress=False)[
    0
]  # the same notes, other bow noise
phrase, dry, retake = (sound[:, : 8 * SAMPLE_RATE] for sound in (take.audio, take.dry, again.audio))
generator = torch.Generator().manual_seed(0)
hiss = torch.randn(phrase.shape, generator=generator) * phrase.square().mean().sqrt() * 10 ** (-50 / 20)
spoilt = {
    "1 dB softer": phrase * 10 ** (-1 / 20),
    "nothing above 2 kHz": dsp.fir_filter(phrase, dsp.sinc_low_pass(2000, sample_rate=SAMPLE_RATE, taps=511)),
    "hiss at -50 dB": phrase + hiss,
}
listening.compare({"the phrase": phrase, **spoilt})

# %%
linear = dsp.SpectralLoss(FFT_SIZES, log_magnitude_weight=0.0)
logarithmic = dsp.SpectralLoss(FFT_SIZES, magnitude_weight=0.0)
nothing = torch.zeros_like(phrase)
plots.bars(
    {
        name: [100 * float(loss(sound, phrase) / loss(nothing, phrase)) for loss in (linear, logarithmic)]
        for name, sound in spoilt.items()
    },
    series=("linear magnitudes", "log magnitudes"),
    digits=0,
    y_label="loss (% of what silence costs)",
    title="The same three faults, seen by two losses",
    alt="Three pairs of bars: 1 dB costs six times as much in linear magnitudes as in logarithmic ones, the lost highs about half in one and two thirds in the other, the hiss next to nothing in linear ones and a tenth in logarithmic ones.",
)

# %% [markdown]
# The linear loss listens to what is strong: a fault of 1 dB in a loud partial counts a thousand times as much as one in a
# partial 60 dB below. The logarithmic loss listens to *ratios*: 1 dB is 1 dB, in a partial or in the silence between two
# notes, and there is a great deal of silence between partials. Each hears little where the other hears much. So the paper adds them
# (Engel et al. 2020, section 4.2):
#
# $$L = \sum_i \Big( \operatorname{mean}\big|\,|X^{(i)}| - |Y^{(i)}|\,\big| + \operatorname{mean}\big|\ln|X^{(i)}| - \ln|Y^{(i)}|\big| \Big)$$
#
# $X^{(i)}$ and $Y^{(i)}$ are the STFTs of the two sounds with window size $i$: 2048, 1024, 512, 256, 128 and 64 samples, each overlapping by 75 %.
# Long windows know the pitch and blur the attack; short ones the other way round (lesson 06). Together they leave few places to hide.
#
# One thing is missing from the formula. Where there is silence, $\ln 0$ is minus infinity. We floor every magnitude at $10^{-5}$
# first. (Magnitudes are not scaled: a sine at full scale reads a quarter of the window, 512 at 2048 samples and 16 at 64, so this is
# 154 to 124 dB below it, where nobody hears anything.)
#
# ### Exercise 7.1: the loss
#
# `dsp.stft_magnitude(audio, size)` gives [batch, frames, bins] (you built it in lesson 06).
#
# <details><summary>Hint 1</summary><code>.clamp_min(1e-5)</code> on both magnitudes, before anything else.</details>
# <details><summary>Hint 2</summary>Two means a size, one of <code>(a - b).abs()</code>, one of <code>(a.log() - b.log()).abs()</code>; add up all of them.</details>


# %% tags=["exercise"]
def multi_scale_loss(audio: Tensor, target: Tensor, fft_sizes: tuple[int, ...]) -> Tensor:
    """audio and target [batch, samples] -> one number (a tensor without dimensions), 0 for equal sounds"""
    ### BEGIN SOLUTION
    total = 0.0
    for size in fft_sizes:
        ours, theirs = (dsp.stft_magnitude(sound, size).clamp_min(1e-5) for sound in (audio, target))
        total = total + (ours - theirs).abs().mean() + (ours.log() - theirs.log()).abs().mean()
    return total
    ### END SOLUTION


# %% tags=["check"]
multi_scale_loss = check("7.1", multi_scale_loss)

# %% tags=["number"]
report("the phrase against itself", multi_scale_loss(phrase, phrase, FFT_SIZES), digits=2)
report("1 dB softer", multi_scale_loss(spoilt["1 dB softer"], phrase, FFT_SIZES), digits=2)

# %% [markdown]
# One decibel, which you may not have heard, costs 0.7. In log magnitudes it is $\tfrac{\ln 10}{20} = 0.115$ in every bin, so six
# sizes make 0.69 wherever the sound is above the floor; the linear half adds a little. Keep that number. You will need it to read others.
#
# ## A perfect answer scores 4
#
# Now something that will save you a week one day. Here is white noise, and *another* draw of the same white noise. No test
# that does not count samples can tell which is which.

# %%
noise, other = (0.1 * torch.randn(1, 4 * SAMPLE_RATE, generator=generator) for _ in range(2))
listening.compare({"noise": noise, "noise, drawn again": other})

# %% [markdown]
# The network cannot know which draw it will be compared with. The best it can do is the right *process*. What does the log half
# of the loss say to that best? It can be worked out.
#
# An STFT bin of Gaussian noise is a complex Gaussian, so its power $P = |X|^2$ is exponentially distributed: $\Pr(P > p) = e^{-p}$ in units of
# its mean. For two independent bins the ratio $R = P_1 / P_2$ has
#
# $$\Pr(R > r) = \int_0^\infty e^{-r p}\, e^{-p}\, dp = \frac{1}{1 + r} \quad\Rightarrow\quad \Pr(\ln R > x) = \frac{1}{1 + e^x}$$
#
# which is the logistic distribution, symmetric about 0. The mean of its absolute value is
#
# $$E|\ln R| = 2\int_0^\infty \frac{dx}{1 + e^{x}} = 2\Big[-\ln(1 + e^{-x})\Big]_0^\infty = 2 \ln 2$$
#
# That was for power.
#
# > **Guess.** What, then, is the mean of $|\ln|X| - \ln|Y||$ for *magnitudes*, at one window size?

# %% tags=["question"]
question("7.6", answer=None)


# %%
def log_difference(ours: Tensor, theirs: Tensor, size: int) -> float:
    return float((dsp.stft_magnitude(ours, size).log() - dsp.stft_magnitude(theirs, size).log()).abs().mean())


def against_a_constant(sound: Tensor, size: int) -> float:
    logs = dsp.stft_magnitude(sound, size).log()
    return float((logs - logs.median(dim=1, keepdim=True).values).abs().mean())


plots.bars(
    {str(size): [log_difference(other, noise, size), against_a_constant(noise, size)] for size in FFT_SIZES},
    series=("noise, drawn again", "a constant, smooth spectrum"),
    x_label="window (samples)",
    y_label="mean |ln magnitude ratio|",
    title="The right noise scores worse than no noise at all",
    alt="At each of six window sizes the redrawn noise stands near 0.69 and a constant spectrum near 0.49.",
)

# %% tags=["number"]
report("noise against another draw, window 512", log_difference(other, noise, 512), digits=2)
report("noise against a constant, window 512", against_a_constant(noise, 512), digits=2)

# %% [markdown]
# Read the two rows again. A spectrum as smooth as no noise ever was scores 0.49, the right process 0.70. **This loss prefers what
# is not noise.** Give a network the choice between a hundred harmonics, which it can place exactly, and breath, which it can only
# guess, and it will be tempted to paint breath with harmonics. Remember it when you listen to the noise stem in lesson 11.
#
# The linear half has a bias of its own. What gain $g$ should the noise have, so that $E\big|\,g|X| - |Y|\,\big|$ is least? Not 1:

# %%
gains_db = torch.linspace(-8, 4, 25)
theirs = dsp.stft_magnitude(noise, 512)
ours = dsp.stft_magnitude(other, 512)
at_gain = torch.stack([(ours * 10 ** (db / 20) - theirs).abs().mean() for db in gains_db])
log_at_gain = torch.stack([((ours * 10 ** (db / 20)).log() - theirs.log()).abs().mean() for db in gains_db])
plots.curves(
    gains_db,
    {"linear": at_gain / at_gain.min(), "logarithmic": log_at_gain / log_at_gain.min()},
    x_label="gain of the redrawn noise (dB)",
    y_label="loss, its least value = 1",
    title="How loud should noise be?",
    alt="The logarithmic curve has its minimum at 0 dB, the linear one between 2 and 3 dB below.",
)

# %% [markdown]
# The linear half wants it 2.3 dB too quiet. At the right gain half of the draws are too loud and half too soft; but those that are
# too loud are mostly *large* ones, and the gain moves a large number by more. So turning down helps more than it hurts. (For Rayleigh magnitudes the best gain is
# $\sqrt{2^{2/3} - 1} = 0.766$.) The log half is fair. With both, the noise of a trained model comes out a little soft.
#
# ## Yardsticks
#
# A colleague writes: *our model reaches a multi-scale spectral loss of 8.0*. Is that good?
#
# Put candidates of known worth beside it. **Silence**, which is what a network says first. A **constant spectrum**: at every window
# size the median over time of each bin, held for ever; no sound has it, and it knows nothing about the music but its colour. The **dry** sound, without
# the room. And a **re-take**: the same model plays the same notes again, with other bow noise.
#
# ### Exercise 7.2: the constant
#
# Score the best constant: at each size, the median over time, against every frame.
#
# <details><summary>Hint 1</summary>Magnitudes are [batch, frames, bins]: time is dim 1. <code>keepdim=True</code> lets the result broadcast back.</details>
# <details><summary>Hint 2</summary>torch's <code>median(dim)</code> returns values and indices: take <code>.values</code>.</details>
# <details><summary>Hint 3</summary>There is no sound to be made here: compare magnitudes as in 7.1, with ours replaced by the constant.</details>


# %% tags=["exercise"]
def median_spectrum_loss(target: Tensor, fft_sizes: tuple[int, ...]) -> Tensor:
    """target [batch, samples] -> the multi-scale loss of its own median spectrum, held constant"""
    ### BEGIN SOLUTION
    total = 0.0
    for size in fft_sizes:
        theirs = dsp.stft_magnitude(target, size).clamp_min(1e-5)
        ours = theirs.median(dim=1, keepdim=True).values
        total = total + (ours - theirs).abs().mean() + (ours.log() - theirs.log()).abs().mean()
    return total
    ### END SOLUTION


# %% tags=["check"]
median_spectrum_loss = check("7.2", median_spectrum_loss)

# %%
ladder = {
    "silence": multi_scale_loss(torch.zeros_like(phrase), phrase, FFT_SIZES),
    "constant spectrum": median_spectrum_loss(phrase, FFT_SIZES),
    "dry for wet": multi_scale_loss(dry, phrase, FFT_SIZES),
    "re-take": multi_scale_loss(retake, phrase, FFT_SIZES),
    "1 dB softer": multi_scale_loss(spoilt["1 dB softer"], phrase, FFT_SIZES),
}
plots.bars(
    {name: float(loss) for name, loss in ladder.items()},
    y_label="multi-scale spectral loss",
    title="What the loss says to candidates of known worth",
    alt="Bars falling from silence, by far the highest, through constant spectrum, dry for wet and re-take to 1 dB softer.",
)
listening.compare({"the phrase": phrase, "re-take": retake, "dry for wet": dry, "1 dB softer": spoilt["1 dB softer"]})

# %% tags=["number"]
for name, loss in ladder.items():
    report(name, loss, digits=1)

# %% [markdown]
# > **Guess.** So: a model reaches 8.0 on some instrument of theirs. What has it learned?
# > **a** nothing yet, it is silent · **b** a great deal, for silence scores 37 · **c** half of what there is · **d** that cannot be
# > said before one knows what a constant and a re-take score there

# %% tags=["question"]
question("7.7", answer=None)

# %% [markdown]
# The zero of this loss cannot be reached, and its range is set by silence, which says nothing. What tells is the stretch between a
# constant spectrum (nothing learned that moves) and a re-take (the same player, another day).
#
# ### Exercise 7.3: the share of the way
#
# Say how far a loss has come on that stretch: 0 for the constant, 1 for the re-take.
#
# <details><summary>Hint 1</summary>What is the whole stretch? How much of it lies behind you?</details>


# %% tags=["exercise"]
def share_of_the_way(loss: float, nothing_learned: float, retake: float) -> float:
    """three losses -> 0 at nothing_learned, 1 at retake; beyond both ends it goes on"""
    ### BEGIN SOLUTION
    return (nothing_learned - loss) / (nothing_learned - retake)
    ### END SOLUTION


# %% tags=["check"]
share_of_the_way = check("7.3", share_of_the_way)

# %% tags=["number"]
constant, best = float(ladder["constant spectrum"]), float(ladder["re-take"])
report("dry for wet", 100 * share_of_the_way(float(ladder["dry for wet"]), constant, best), "% of the way", digits=0)
report("silence", 100 * share_of_the_way(float(ladder["silence"]), constant, best), "% of the way", digits=0)

# %% [markdown]
# Every curve of lesson 11 is drawn between these two lines. A share can exceed 100 %: a re-take is a yardstick, not a limit.
#
# ## What goes wrong: silence
#
# A network starts near silence, and rests are silence. Two traps lie there, one for each half of the loss.
#
# **The root.** Magnitude is $\sqrt{a^2 + b^2}$, whose derivative is $a / \sqrt{a^2 + b^2}$: at zero that is $0/0$.

# %% tags=["number"]
silence = torch.zeros(1, 512, requires_grad=True)
spectrum = torch.fft.rfft(silence * torch.hann_window(512))
(spectrum.real**2 + spectrum.imag**2).sqrt().sum().backward()
report("share of the gradient that is NaN, by the root", 100 * silence.grad.isnan().float().mean(), "%", digits=0)
silence.grad = None
dsp.stft_magnitude(silence, 512).sum().backward()
report("the same, by dsp.stft_magnitude", 100 * silence.grad.isnan().float().mean(), "%", digits=0)

# %% [markdown]
# One NaN in one gradient, and every weight of the network is NaN after the next step. `torch.abs` of a complex number says 0
# there instead, and so does a floor under the power before the root, which is what the package does.
#
# **The logarithm.** $\frac{d}{dx}\ln x = 1/x$: the quieter the sound, the harder it pulls. Turn the phrase down, and look at the gradient
# that reaches it:


# %%
def pull(level_db: float, floor: float) -> float:
    sound = (phrase[:, :16_000] * 10 ** (level_db / 20)).requires_grad_()
    ours, theirs = (dsp.stft_magnitude(x, 512).clamp_min(floor) for x in (sound, phrase[:, :16_000]))
    (ours.log() - theirs.log()).abs().mean().backward()
    return float(sound.grad.norm())


levels_db = torch.arange(-140.0, 0.0, 10.0)
floors = {"floor at -200 dB": 1e-10, "floor at -100 dB": 1e-5}
pulls = {name: [pull(db, floor) for db in levels_db] for name, floor in floors.items()}
plots.curves(
    levels_db,
    pulls,
    x_label="level of the sound (dB below the target)",
    y_label="size of the gradient",
    log_y=True,
    title="The quieter, the harder it pulls",
    alt="With a floor of -200 dB the gradient grows, tenfold for 20 dB at first and ever more slowly, to 200 million; with one of -100 dB it stays below ten thousand.",
)

# %% [markdown]
# About ten times for every 20 dB, until even the floor of -200 dB is felt; and already at -10 dB the gradient with the lower floor is dominated
# by bins that nobody hears. A frame of near-silence outshouts a second of music, and one step flings the weights somewhere. With the higher
# floor, what nobody can hear has no vote. (The paper's code floors exact zeros only.)
#
# ## Coarse to fine: lesson 01's frequency
#
# In lesson 01 the waveform loss found a frequency only from within $0.7/T$ of it: 3 Hz, for a quarter of a second. Everything
# further off lay in some dimple or other. Does a spectral loss do better? Draw its landscape, for one tone of 440 Hz and three windows:

# %%
around_hz = torch.arange(200.0, 800.0, 2.0)


def landscape(fft_size: int, compare=lambda ours, theirs: (ours - theirs).abs().mean()) -> Tensor:
    theirs = dsp.stft_magnitude(target, fft_size)
    losses = torch.stack([compare(dsp.stft_magnitude(faded_tone(f), fft_size), theirs) for f in around_hz])
    return losses / losses.max()


plots.curves(
    around_hz,
    {f"window {size}": landscape(size) for size in (128, 512, 2048)},
    x_label="frequency (Hz)",
    y_label="loss, its greatest value = 1",
    title="Linear magnitudes: short windows catch, long ones refine",
    alt="Three valleys at 440 Hz: window 128 wide and round, 512 narrower, 2048 a slit in a plain.",
)

# %% [markdown]
# A window of $N$ samples blurs a partial over some $4 f_s / N$ Hz. Two partials that overlap feel each other; two that do not are
# simply both wrong, and which way is better nobody can tell. So a short window, of all things, sees *far*; it sees badly, but far. And a long one
# is precise in a slit. Use them one after the other.
#
# Does the logarithm help? It makes faint things count, and beside a partial there are only faint things:

# %%
plots.curves(
    around_hz,
    {
        "window 128, linear": landscape(128),
        "window 128, log": landscape(
            128, lambda a, b: (a.clamp_min(1e-5).log() - b.clamp_min(1e-5).log()).abs().mean()
        ),
    },
    x_label="frequency (Hz)",
    y_label="loss, its greatest value = 1",
    title="The logarithm brings the ripples back",
    alt="The linear curve is one smooth valley from 200 to 750 Hz, and level beyond; the logarithmic one has a peak every 125 Hz and a narrow slit at 440 Hz.",
)

# %% [markdown]
# Whenever the tone sits on a bin (they are 125 Hz apart), the window's zeros fall on all bins but three: these are empty, and their
# logarithm falls through the floor. From 600 Hz the way leads down to a hollow that is not the target.
# (Turian and Henry 2020 found it for many losses: hardly any points the right way for pitch.) It is one reason why DDSP gives the pitch to the
# oscillator from a tracker, and learns everything else.
#
# ### Exercise 7.4: find the frequency
#
# Call `descend` (at the top of this notebook; it walks downhill with one window) three times, so that it finds the target from 600 Hz and from 250 Hz, to
# within half a hertz. You choose windows, steps and their order; 60 steps each are enough.
#
# <details><summary>Hint 1</summary>Which of the three windows above still feels a slope at 600 Hz?</details>
# <details><summary>Hint 2</summary>First steps of 16 Hz, then 8, then 4.</details>


# %% tags=["exercise"]
def find_frequency(target: Tensor, start_hz: float, descend) -> Tensor:
    """target [1, samples]; descend(f_hz, target, fft_size, step_hz, steps) -> f_hz; returns the frequency found, in Hz"""
    ### BEGIN SOLUTION
    f = torch.tensor(start_hz)
    for fft_size, step_hz in ((128, 16.0), (512, 8.0), (2048, 4.0)):
        f = descend(f, target, fft_size, step_hz, 60)
    return f
    ### END SOLUTION


# %% tags=["check"]
find_frequency = check("7.4", find_frequency)

# %% [markdown]
# (For one clean tone the short window would get there by itself. Where partials are close together, only a long one tells them apart: so catch with
# the short one, and refine with the long.)

# %%
ways = {}
for name, sizes in {"coarse to fine": (128, 512, 2048), "long window only": (2048,) * 3}.items():
    ways[name], f = [600.0], torch.tensor(600.0)
    for fft_size, step_hz in zip(sizes, (16.0, 8.0, 4.0), strict=True):
        f = descend(f, target, fft_size, step_hz, 60, ways[name])
plots.curves(
    torch.arange(181),
    ways,
    x_label="step",
    y_label="frequency (Hz)",
    title="Two descents from 600 Hz to a target of 440 Hz",
    alt="Coarse to fine falls to 440 Hz within 60 steps and stays; the long window alone drifts off to 700 Hz.",
)

# %%
listening.compare(
    {
        "the target": 0.5 * target.repeat(1, 4),
        "where it began": 0.5 * faded_tone(torch.tensor(600.0)).repeat(1, 4),
        **listening.with_yours(
            "found",
            find_frequency,
            lambda find: 0.5 * faded_tone(find(target, 600.0, descend)).repeat(1, 4),
        ),
    }
)

# %% tags=["number"]
report("found, from 600 Hz", find_frequency(target, 600.0, descend), "Hz", digits=0)
report("found, from 250 Hz", find_frequency(target, 250.0, descend), "Hz", digits=0)

# %% [markdown]
# The tone swells and fades for a reason. Let it start and stop abruptly, and each end splashes over the whole spectrum with a phase
# that turns quickly as the frequency moves: small ripples in the loss, large ones in its gradient, and the descent sticks in
# one of them. Try it: replace the `hann_window` in `faded_tone` by ones.
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `multi_scale_loss` | `dsp.SpectralLoss` | weights for each half, differences in time and frequency, and half the work in the backward pass |
# | `median_spectrum_loss`, `share_of_the_way` | `autoencoder/yardsticks.py` | over whole data sets, in parts |
# | `find_frequency` | – | the pitch comes from a tracker: lesson 08 |

# %%
show_progress(7)

# %% [markdown]
# **To read.** Engel et al. 2020, [arXiv:2001.04643](https://arxiv.org/abs/2001.04643), section 4.2. Turian and Henry: *I'm sorry for your loss:
# spectrally-based audio distances are bad at pitch*, 2020, [arXiv:2012.04572](https://arxiv.org/abs/2012.04572). Schwär and Müller:
# *Multi-scale spectral loss revisited*, IEEE Signal Processing Letters, 2023. Two other ways out of the ripples: Hayes, Saitis, Fazekas,
# [arXiv:2210.14476](https://arxiv.org/abs/2210.14476), and Torres, Peeters, Richard, [arXiv:2312.14507](https://arxiv.org/abs/2312.14507).
#
# **To try.** Fit two tones at once. Give `descend` the log magnitudes, and see where it ends from 600, 500, 450 Hz. Score the phrase against
# itself one sample late, then ten, then a hundred: what does the spectral loss forgive?
#
# **Next.** Lesson 08: pitch and loudness, tracked. It is what the network will be told, and where its errors begin.
