# %% [markdown]
# # Lesson 02 · Harmonics
#
# **You will build** the harmonic oscillator, the voiced half of every sound in this course: one pitch, one loudness, and a
# hundred numbers that say which colour.
#
# **You will hear** a saw, a square and a reed come out of the same three lines of code, hear those lines sing notes that
# nobody asked for, and mend them.
#
# **You need** lesson 01 (phase is the area under the frequency) or its one sentence, and broadcasting from lesson 00.
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

SAMPLE_RATE = 16_000  # numbers a second that a loudspeaker gets

# %% [markdown]
# ## First, the finished sound
#
# A tune, three times. The notes, the loudness, the code are the same; only a list of forty numbers differs.


# %%
def tune(colour: Tensor, vibrato_cents: float = 25.0) -> Tensor:
    """colour [harmonics], summing to one -> [1, samples]: eight notes of half a second."""
    notes = torch.tensor([57.0, 60.0, 64.0, 69.0, 68.0, 64.0, 60.0, 57.0])
    frames = 125  # a note: half a second of 250 frames a second
    midi = notes.repeat_interleave(frames)[None]
    seconds = torch.arange(midi.shape[1]) / 250
    f0_hz = dsp.midi_to_hz(midi + vibrato_cents / 100 * torch.sin(2 * math.pi * 5.5 * seconds))
    within = torch.arange(frames) / frames
    loudness = (within * 12).clamp(max=1) * (1 - within) ** 0.6
    weights = dsp.normalize_harmonics(colour.expand(1, midi.shape[1], -1), f0_hz, sample_rate=SAMPLE_RATE)
    amplitudes = weights * loudness.repeat(len(notes))[None, :, None]
    sound = dsp.harmonic_synthesis(f0_hz, amplitudes, sample_rate=SAMPLE_RATE, hop_size=64)
    return 0.1 * sound / sound.square().mean().sqrt()  # equally strong, so that only the colour differs


k = torch.arange(1, 41)
listening.compare(
    {"all, as 1/k": tune(1 / k), "odd ones only": tune((k % 2) / k), "the first alone": tune((k == 1).float())}
)

# %% [markdown]
# By the end of this lesson you will have written what makes that sound: the oscillator, the weights of its harmonics, the vibrato. (Only the way
# from 250 numbers a second to 16 000 has to wait for lesson 03.)
#
# ## Why whole numbers?
#
# Pluck a string, blow a pipe, sing: what comes out repeats itself, nearly, a few hundred times a second. Say it repeats
# after $T$ seconds. Its **fundamental frequency** is $f_0 = 1/T$, in hertz, and it is what we hear as pitch.
#
# Now ask which sines could be part of such a sound. A sine of $f$ hertz has to repeat after $T$ as well:
#
# $$\sin\big(2\pi f\,(t + T)\big) = \sin(2\pi f t + 2\pi f T) = \sin(2\pi f t) \quad\text{for every } t$$
#
# and that is so only if $2\pi f T$ is a whole number of turns: $f T = k$, that is
#
# $$f_k = k f_0, \qquad k = 1, 2, 3, \dots$$
#
# So a sound that repeats can hold *harmonics*, whole multiples of $f_0$, and nothing else. That these suffice, that every
# repeating sound is such a sum, is Fourier's theorem. The rest of this lesson is one line:
#
# $$x(n) = \sum_{k=1}^{K} A_k(n)\, \sin\big(k\,\phi(n)\big), \qquad \phi(n) = \frac{2\pi}{f_s} \sum_{m=0}^{n-1} f_0(m)$$
#
# $n$ counts samples, $f_s$ is the sample rate in hertz, $A_k(n)$ the amplitude of harmonic $k$ (no unit; 1 is full scale),
# $\phi(n)$ the phase of the fundamental in radians. Phase is the area under the frequency, as in lesson 01, up to but
# without the sample we are at: sample 0 has phase 0. Harmonic $k$ turns $k$ times as fast, so its phase is $k\phi$. One
# running sum serves them all.
#
# ### Exercise 2.1: the oscillator
#
# Write that line. `f0_hz` has a value for every sample, in Hz; `amplitudes` one for every sample and harmonic.
#
# <details><summary>Hint 1</summary>The phase first: <code>torch.cumsum(..., dim=1)</code> adds up along time. It includes the sample it
# stands at; the formula does not.</details>
# <details><summary>Hint 2</summary><code>phase[..., None]</code> is [batch, samples, 1]. Multiplied by [harmonics] it
# broadcasts to [batch, samples, harmonics].</details>
# <details><summary>Hint 3</summary>Three lines do: the phase, the numbers 1 to K, and
# <code>(amplitudes * torch.sin(...)).sum(-1)</code>. A sum in <code>float64</code> stays exact for longer (lesson 01).</details>


# %% tags=["exercise"]
def harmonic_oscillator(f0_hz: Tensor, amplitudes: Tensor, sample_rate: int) -> Tensor:
    """f0_hz [batch, samples] in Hz, amplitudes [batch, samples, harmonics] -> audio [batch, samples]"""
    ### BEGIN SOLUTION
    steps = f0_hz.double() / sample_rate
    phase = 2 * math.pi * (torch.cumsum(steps, dim=1) - steps)
    k = torch.arange(1, amplitudes.shape[-1] + 1)
    return (amplitudes * torch.sin(phase[..., None] * k).to(amplitudes.dtype)).sum(-1)
    ### END SOLUTION


# %% tags=["check"]
harmonic_oscillator = check("2.1", harmonic_oscillator)

# %% [markdown]
# Now listen to harmonics gather. All are equally loud here, which no instrument does, so that you can hear each arrive:

# %%
f0_hz = torch.full((1, 2 * SAMPLE_RATE), 110.0)  # two seconds of A2
fade = torch.linspace(0, 1, 800)
edges = torch.cat([fade, torch.ones(2 * SAMPLE_RATE - 1600), fade.flip(0)])  # 50 ms each, against clicks


def steady(weights: Tensor, oscillator=None) -> Tensor:
    """weights [harmonics] -> [1, samples], two seconds of 110 Hz at the same RMS whatever the weights."""
    oscillator = oscillator or harmonic_oscillator
    amplitudes = weights.expand(1, f0_hz.shape[1], -1)
    sound = oscillator(f0_hz, amplitudes, SAMPLE_RATE)
    return 0.1 * edges * sound / sound.square().mean().sqrt()


listening.compare(
    {
        "1": steady(torch.ones(1)),
        "1 and 2": steady(torch.ones(2)),
        "1 to 4": steady(torch.ones(4)),
        **listening.with_yours("1 to 16", harmonic_oscillator, lambda oscillator: steady(torch.ones(16), oscillator)),
    }
)

# %% [markdown]
# Sixteen sines, and you hear *one* thing with one pitch. That is not because there is a rule that says so; it is because
# your ear has met ten thousand voices whose partials stood at whole multiples and moved together. Break the rule a little
# and the one thing falls apart. Same sines, each shifted up by the same 42 Hz, so that they are multiples of no pitch that can be heard:

# %%
seconds = torch.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
shifted = sum(torch.sin(2 * math.pi * (110 * k + 42) * seconds) for k in range(1, 9))
listening.compare(
    {"1 to 8": steady(torch.ones(8)), "1 to 8, shifted": 0.1 * edges * shifted / shifted.square().mean().sqrt()},
)

# %% [markdown]
# The distances between neighbours are still 110 Hz, yet the pitch has become a matter of opinion. A harmonic oscillator
# at any pitch that can be heard cannot make the second sound, whatever its amplitudes. That is what a *prior* is: a model that cannot say most things, and
# says what is left with few numbers. DDSP's bet is that what is left contains violins.
#
# ## Recipes
#
# What remains to choose are the amplitudes. Three shapes were easy to make with transistors and have been with us since. A
# **saw** falls from 1 to -1 once a period, then jumps back: $x(t) = 1 - 2t/T$ for $0 < t < T$. How much of harmonic $k$ is in
# it? Multiply by that harmonic and average over a period: all the other harmonics average to nothing, and this one to half
# its amplitude. So, integrating by parts,
#
# $$A_k = \frac{2}{T}\int_0^T \Big(1 - \frac{2t}{T}\Big) \sin\frac{2\pi k t}{T}\,dt
#       = \frac{2}{T}\left[-\Big(1 - \frac{2t}{T}\Big)\frac{T}{2\pi k}\cos\frac{2\pi k t}{T}\right]_0^T
#         - \frac{2}{T}\int_0^T \frac{2}{T}\,\frac{T}{2\pi k}\cos\frac{2\pi k t}{T}\,dt
#       = \frac{2}{\pi k}$$
#
# The last integral is a cosine over whole periods: zero. What is left falls as $1/k$: twice the frequency, half the
# amplitude, 6 dB an octave. From here the others come without another integral:
#
# * A **square** is a saw minus the same saw half a period later. Half a period turns harmonic $k$ by $\pi k$: for even $k$
#   that is whole turns and the two cancel; for odd $k$ it is upside down and they add. Odd harmonics, still as $1/k$.
# * A **triangle** is what you get by integrating a square. Move the square by a quarter of a period first. For odd $k$ that makes
#   $\sin(kx + k\pi/2) = \pm\cos kx$, with + for $k = 1, 5, 9, \dots$ and - for $k = 3, 7, \dots$ Integrating $\cos(2\pi k f_0 t)$ gives a
#   sine and divides by $k$ once more: $1, -\tfrac19, \tfrac1{25}, \dots$, 12 dB an octave.
#
# ### Exercise 2.2: three recipes
#
# Return the amplitudes of harmonics 1 to K, relative to harmonic 1 (which is 1), for `"saw"`, `"square"` and `"triangle"`,
# with the signs derived above (the saw falls).
#
# <details><summary>Hint 1</summary>Start from <code>k = torch.arange(1, n_harmonics + 1)</code>; <code>k % 2 == 1</code> says which are odd.</details>
# <details><summary>Hint 2</summary>The triangle's signs: + for k = 1, 5, 9 ..., - for k = 3, 7, 11 ...: what is <code>k % 4</code>?</details>


# %% tags=["exercise"]
def recipe(shape: str, n_harmonics: int) -> Tensor:
    """ "saw", "square" or "triangle" -> amplitudes [n_harmonics], the first of them 1"""
    ### BEGIN SOLUTION
    k = torch.arange(1, n_harmonics + 1)
    odd = (k % 2 == 1).float()
    if shape == "saw":
        return 1 / k
    if shape == "square":
        return odd / k
    return torch.where(k % 4 == 1, 1.0, -1.0) * odd / k**2
    ### END SOLUTION


# %% tags=["check"]
recipe = check("2.2", recipe)

# %%
shapes = {shape: steady(recipe(shape, 40)) for shape in ("saw", "square", "triangle")}
middle = slice(SAMPLE_RATE, SAMPLE_RATE + 480)
plots.waveform(
    {shape: sound[0, middle] for shape, sound in shapes.items()},
    sample_rate=SAMPLE_RATE,
    layout="stack",
    title="Three periods, from 40 sines each",
    alt="Three waves below each other: a falling saw, a square and a triangle, with ripples where saw and square jump.",
)
listening.compare(
    {
        **listening.with_yours("saw", recipe, lambda recipe: steady(recipe("saw", 40))),
        **listening.with_yours("square", recipe, lambda recipe: steady(recipe("square", 40))),
        **listening.with_yours("triangle", recipe, lambda recipe: steady(recipe("triangle", 40))),
    }
)

# %% [markdown]
# See the ears at each jump? Forty sines cannot jump; they overshoot by 9 % of the jump, however many you take (Gibbs 1899). You cannot
# hear it. What you do hear is *hollow* against *full*: the square has no even harmonics.
#
# ### A recipe from nature
#
# A clarinet's tube is closed at the mouthpiece and open at the bell: a quarter of a wave fits into it, and three quarters,
# and five, but nothing even. So a clarinet ought to be some kind of square. Our package has a physical model of a reed on a
# tube (air, pressure, a valve; nothing in it knows about harmonics). Let it play a note, and read off how much of each
# harmonic is in there, just as in the integral above: multiply by the harmonic, and average.

# %%
note = instruments.play("reed", f0_hz=220.0, level=0.6, seconds=2.0, room=torch.ones(1)).audio[0]
held = note[SAMPLE_RATE // 2 : 3 * SAMPLE_RATE // 2].double()  # one second from the middle: 220 whole periods
n = torch.arange(len(held))
reed = torch.stack(
    [2 * (held * torch.exp(-2j * math.pi * k * 220 * n / SAMPLE_RATE)).mean().abs() for k in range(1, 37)]
)
reed = (reed / reed[0]).float()

plots.stems(
    torch.arange(1, 37),
    dsp.amplitude_to_db(reed),
    x_label="harmonic number",
    y_label="level against the first (dB)",
    title="How much of each harmonic is in the reed",
    alt="Levels of 36 harmonics: the odd ones among the first five stand some 18 dB above the even ones, the ninth is as high as -6 dB, and from the fourteenth on all fall, unevenly, to about -40 dB.",
)

# %% tags=["number"]
report("harmonic 2 of the reed lies below harmonic 1 by", -dsp.amplitude_to_db(reed[1]), "dB", digits=0)
report("harmonic 3 lies below harmonic 1 by", -dsp.amplitude_to_db(reed[2]), "dB", digits=0)

# %%
listening.compare(
    {"the reed, one note": 0.1 * note / note.square().mean().sqrt(), "a tune with its recipe": tune(reed, 0)}
)

# %% [markdown]
# The recipe was read off *one* note, and already the tune sounds of reed. It also sounds like a machine: every note has the
# same colour, loud or soft, high or low, from its first instant to its last. A real player's recipe never stands still.
# That is the whole plan of DDSP: keep the three lines, and let a network say a new recipe 250 times a second.
#
# ## What goes wrong: the notes nobody asked for
#
# Take a saw of 30 harmonics and slide it from 200 Hz up to 3000 Hz. What do you expect to hear? Something rising, surely.

# %%
slide_hz = torch.logspace(math.log10(200), math.log10(3000), 3 * SAMPLE_RATE)[None]
long_edges = torch.cat([fade, torch.ones(3 * SAMPLE_RATE - 1600), fade.flip(0)])
saw = recipe("saw", 30).expand(1, slide_hz.shape[1], -1)
careless = 0.15 * long_edges * harmonic_oscillator(slide_hz, saw, SAMPLE_RATE)
listening.compare({"a saw that rises": careless}, f0_hz=slide_hz[0, ::64])

# %% [markdown]
# Swarms of tones *fall* while the note rises. Look at the spectrogram: every harmonic from the third on runs up to 8000 Hz, half the sample
# rate, and bounces off it like a ball. A sine of $f$ hertz, sampled $f_s$ times a second, has the very same samples as one of
# $f_s - f$ hertz (turned upside down): $\sin(2\pi (f_s - f) n / f_s) = \sin(2\pi n - 2\pi f n/f_s) = -\sin(2\pi f n / f_s)$. You met
# this in lesson 01 as aliasing. There it was a curiosity of single sines; here twenty-eight of them bounce.
#
# > **Guess before you go on.** The slide has arrived at 3000 Hz. Its third harmonic is meant to sound at 9000 Hz. At which
# > frequency, in Hz, does it sound?

# %% tags=["question"]
question("2.6", answer=None)

# %% [markdown]
# The cure is to silence every harmonic at or above $f_s/2$, the Nyquist frequency. And there is a trap in the cure. In DDSP
# the amplitudes are split in two: a **loudness-like amplitude** $A(n)$, one number, and a **harmonic distribution** $c_k(n)$,
# a hundred numbers that sum to one:
#
# $$A_k(n) = A(n)\, c_k(n), \qquad \sum_k c_k(n) = 1$$
#
# (Engel et al. 2020, section 3.2.) The network says $A$ and $c$ apart, so that *how loud* and *which colour* can be learned,
# and later edited, each by itself.
#
# > **Guess.** You double every entry of the distribution *before* it is normalised. What do you hear?
# > **a** the same, twice as loud · **b** no change at all · **c** a brighter sound · **d** the octave above

# %% tags=["question"]
question("2.7", answer=None)

# %% [markdown]
# ### Exercise 2.3: mask, and normalise
#
# Silence what lies at or above Nyquist, and make the rest sum to one. Two questions decide whether it works: which of the
# two comes first, and what happens to a frame so high that nothing is left? (It is all zeros. And the gradient, too, must
# survive it.)
#
# <details><summary>Hint 1</summary>Say a note of 3000 Hz has the weights 1/2, 1/3, 1/6. Normalise, mask, and add up what is left. Then the other way round.</details>
# <details><summary>Hint 2</summary>Divide by something that is never zero: replace a sum of 0 by 1 <em>before</em> dividing.
# <code>torch.where</code> after the division hides a NaN from you, but not from its gradient.</details>


# %% tags=["exercise"]
def normalize_harmonics(distribution: Tensor, f0_hz: Tensor, sample_rate: int) -> Tensor:
    """distribution [batch, frames, harmonics] (0 or more), f0_hz [batch, frames] -> like distribution, summing to 1"""
    ### BEGIN SOLUTION
    k = torch.arange(1, distribution.shape[-1] + 1)
    masked = distribution * (f0_hz[..., None] * k < sample_rate / 2)
    total = masked.sum(-1, keepdim=True)
    return masked / torch.where(total > 1e-7, total, torch.ones_like(total))
    ### END SOLUTION


# %% tags=["check"]
normalize_harmonics = check("2.3", normalize_harmonics)


# %%
def masked_slide(normalize) -> Tensor:
    return 0.5 * long_edges * harmonic_oscillator(slide_hz, normalize(saw, slide_hz, SAMPLE_RATE), SAMPLE_RATE)


careful = masked_slide(normalize_harmonics)
listening.compare(
    {"careless": careless, **listening.with_yours("masked", normalize_harmonics, masked_slide)}, f0_hz=slide_hz[0, ::64]
)


# %%
def between_harmonics_db(sound: Tensor, f0: float) -> float:
    """The strongest partial that is no multiple of f0, against the strongest that is; dB."""
    power = dsp.stft_power(sound, 4096).mean(1)[0]  # [bins]
    hz = torch.linspace(0, SAMPLE_RATE / 2, len(power))
    distance = (hz / f0 - torch.round(hz / f0)).abs() * f0
    stray = (distance > 25) & (hz > 50)
    return 10 * math.log10(power[stray].max() / power[~stray].max())


held_hz = torch.full((1, SAMPLE_RATE), 1420.0)
thirty = recipe("saw", 30).expand(1, SAMPLE_RATE, -1)
plain = harmonic_oscillator(held_hz, thirty, SAMPLE_RATE)
clean = harmonic_oscillator(held_hz, normalize_harmonics(thirty, held_hz, SAMPLE_RATE), SAMPLE_RATE)
plots.spectrum(
    {"without the mask": plain / plain.abs().max(), "with it": clean / clean.abs().max()},
    sample_rate=SAMPLE_RATE,
    title="A saw at 1420 Hz",
    floor_db=-70,
    alt="Two spectra: without the mask some twenty partials between the five harmonics, with it the five harmonics alone.",
)

# %% tags=["number"]
report("strongest partial that is no harmonic, without the mask", between_harmonics_db(plain, 1420.0), "dB", digits=0)
report("sum of the weights at 3000 Hz", normalize_harmonics(saw, slide_hz, SAMPLE_RATE)[0, -1].sum(), digits=2)

# %% [markdown]
# One thing is left to hear in the masked slide: its harmonics go out one by one as it climbs, and none of them fades. That
# is honest. There is nothing above 8000 Hz to fade into.
#
# ## Any number, as an amplitude
#
# A network's last layer says numbers like -3.1 or 7.4. An amplitude must not be negative; it must be able to become very
# small, since a rest is some 80 dB below a note; and it must never be exactly zero, because a logarithm will be taken of what it sounds like.
# The paper uses
#
# $$\operatorname{exp\_sigmoid}(x) = 2\,\sigma(x)^{\ln 10} + 10^{-7}, \qquad \sigma(x) = \frac{1}{1 + e^{-x}}$$
#
# Why the strange exponent? Far to the left $\sigma(x) \approx e^x$, so $\sigma(x)^{\ln 10} \approx e^{x \ln 10} = 10^x$. A step of 1 in $x$ is
# then a factor of ten, 20 dB. Far to the right it stops at 2, which is +6 dB.
#
# ### Exercise 2.4
#
# <details><summary>Hint 1</summary><code>math.log(10)</code> is the natural logarithm of ten.</details>
# <details><summary>Hint 2</summary><code>torch.sigmoid(x) ** exponent</code> is all there is to it; and the floor. (Typed in as 1 / (1 + e^-x)
# it has the right values and NaN for a gradient below x = -88, where e^-x overflows. <code>torch.sigmoid</code> does not.)</details>


# %% tags=["exercise"]
def exp_sigmoid(x: Tensor) -> Tensor:
    """any shape -> same shape, between 1e-7 and 2"""
    ### BEGIN SOLUTION
    return 2 * torch.sigmoid(x) ** math.log(10) + 1e-7
    ### END SOLUTION


# %% tags=["check"]
exp_sigmoid = check("2.4", exp_sigmoid)

# %%
x = torch.linspace(-12, 6, 400)
plots.curves(
    x,
    {
        "exp_sigmoid": 20 * torch.log10(exp_sigmoid(x)),
        "sigmoid": 20 * torch.log10(torch.sigmoid(x)),
        "softplus": 20 * torch.log10(torch.nn.functional.softplus(x)),
    },
    x_label="what the network says (no unit)",
    y_label="amplitude (dB)",
    title="Three ways to make a number positive",
    alt="Three curves over x: to the left all become straight lines, exp_sigmoid more than twice as steep as the two others, until it levels off at -140 dB below x = -8.",
)

# %% tags=["number"]
step = torch.tensor([-4.0, -3.0])
for name, function in {"exp_sigmoid": exp_sigmoid, "sigmoid": torch.sigmoid}.items():
    before, after = 20 * torch.log10(function(step))
    report(f"a step from x = -4 to x = -3, by {name}", after - before, "dB", digits=1)

# %% [markdown]
# > **Guess.** What does exp_sigmoid give a network that a plain sigmoid does not?
# > **a** a tail that falls exponentially · **b** values that are never negative · **c** the whole range of hearing within a few
# > units of $x$ · **d** a gradient that is never zero

# %% tags=["question"]
question("2.8", answer=None)

# %% [markdown]
# ## Alive
#
# The tune at the top had a vibrato, and it did more for it than forty harmonics did. Pitch is heard in ratios: what a fifth is
# at the bottom of the keyboard is a fifth at the top, a factor of 3/2. So we count pitch in a unit that adds where
# frequencies multiply. MIDI numbers do, one a semitone, and a **cent** is a hundredth of that:
#
# $$f = 440 \cdot 2^{(m - 69)/12}$$
#
# with $m$ the MIDI number (69 is A4) and $f$ in Hz. A vibrato of depth $d$ cents and rate $r$ Hz is $m(t) + \frac{d}{100} \sin(2\pi r t)$, turned into Hz
# afterwards. Singers and string players swing some 5 to 7 times a second (Seashore 1938).
#
# > **Guess.** A vibrato of 30 cents (from the centre to the top) on A4: by how many Hz does it lift the note?

# %% tags=["question"]
question("2.9", answer=None)

# %% [markdown]
# ### Exercise 2.5: vibrato
#
# <details><summary>Hint 1</summary>Frame i lies at i / frame_rate seconds.</details>
# <details><summary>Hint 2</summary><code>dsp.midi_to_hz</code> does the last step.</details>


# %% tags=["exercise"]
def vibrato(midi: Tensor, rate_hz: float, cents: float, frame_rate: float) -> Tensor:
    """midi [batch, frames] -> f0_hz [batch, frames]; at frame 0 the bend is 0 and rising"""
    ### BEGIN SOLUTION
    seconds = torch.arange(midi.shape[1]) / frame_rate
    return dsp.midi_to_hz(midi + cents / 100 * torch.sin(2 * math.pi * rate_hz * seconds))
    ### END SOLUTION


# %% tags=["check"]
vibrato = check("2.5", vibrato)


# %% [markdown]
# Everything together, with four of your five functions: three notes, in the colour of the reed, first stiff, then alive. The vibrato
# comes in late, as a player's does.


# %%
def phrase(vibrato, cents: float) -> Tensor:
    """Three notes, [1, samples], from this lesson's functions alone."""
    midi = torch.tensor([57.0, 64.0, 69.0]).repeat_interleave(SAMPLE_RATE)[None]
    still, alive = vibrato(midi, 5.5, 0.0, SAMPLE_RATE), vibrato(midi, 5.5, cents, SAMPLE_RATE)
    within = torch.arange(SAMPLE_RATE).repeat(3)[None] / SAMPLE_RATE
    f0_hz = torch.lerp(still, alive, ((within - 0.25) * 4).clamp(0, 1))
    said = 4 * torch.sin(math.pi * within) - 3.7 - 60 * (0.05 - within).clamp(min=0)  # what a network might say
    colour = normalize_harmonics(reed.expand(1, midi.shape[1], -1), f0_hz, SAMPLE_RATE)
    return harmonic_oscillator(f0_hz, exp_sigmoid(said)[..., None] * colour, SAMPLE_RATE)


listening.compare(
    {
        "stiff": phrase(vibrato, 0.0),
        **listening.with_yours("25 cents", vibrato, lambda vibrato: phrase(vibrato, 25.0)),
        "100 cents": phrase(vibrato, 100.0),
    }
)

# %% tags=["number"]
alive = phrase(vibrato, 25.0)
f0_hz, saw = torch.full((1, 4000), 110.0), recipe("saw", 30).expand(1, 4000, -1)
package = dsp.harmonic_synthesis(f0_hz, saw, sample_rate=SAMPLE_RATE, hop_size=1)
difference = package - harmonic_oscillator(f0_hz, saw, SAMPLE_RATE)
report("peak of the phrase", alive.abs().max(), digits=2)
report("your oscillator against the package's: largest difference", difference.abs().max(), digits=2)

# %% [markdown]
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `harmonic_oscillator` | `dsp.harmonic_synthesis` | controls at 250 frames a second (lesson 03), phase exact for ten minutes, and fast: it never builds the [batch, samples, harmonics] tensor that yours does |
# | `normalize_harmonics` | `dsp.normalize_harmonics` | nothing. Compare the lines |
# | `exp_sigmoid` | `dsp.exp_sigmoid` | through `logsigmoid`, for very negative numbers |
#
# They live in `ddsp_course/dsp/oscillators.py` and `scales.py`. What you got right is in your workbook, in `my_ddsp/lesson_02.py`.

# %%
show_progress(2)

# %% [markdown]
# **To read.** Engel, Hantrakul, Gu, Roberts: *DDSP: Differentiable Digital Signal Processing*, ICLR 2020,
# [arXiv:2001.04643](https://arxiv.org/abs/2001.04643), section 3. Serra and Smith: *Spectral Modeling Synthesis*, Computer Music
# Journal 14(4), 1990, which DDSP makes differentiable. Hayes et al.: *A review of differentiable digital signal processing for
# music and speech synthesis*, 2024, [doi:10.3389/frsip.2023.1284100](https://doi.org/10.3389/frsip.2023.1284100). Gibbs: *Fourier's
# Series*, Nature 59, 1899. Seashore: *Psychology of Music*, McGraw-Hill 1938.
#
# **To try.** Give the odd and the even harmonics vibratos of their own, half a turn apart: one sound becomes two.
# Read off the recipe of `instruments.play("bowed_string", ...)` and of `"voice"`. Let the recipe move over a note, so that high
# harmonics die first: that alone makes it a plucked string.
#
# **Next.** Lesson 03: the network speaks 250 times a second, the loudspeaker listens 16 000 times. Who fills the gap, and can you hear it?
