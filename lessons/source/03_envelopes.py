# %% [markdown]
# # Lesson 03 · From 250 to 16 000 numbers a second
#
# **You will build** the step from a network's few numbers to a loudspeaker's many, three times over, and a meter that says what
# each of the three adds to the sound.
#
# **You will hear** a tune with a rattle in it that nobody played, the rattle alone, and the tune without it.
#
# **You need** lesson 01 (phase, aliasing) and lesson 02 (a product of harmonics and amplitudes).
#
# **Time.** 50 minutes to read and do, 1 minute to run.

# %%
try:
    import ddsp_course
except ModuleNotFoundError:
    raise SystemExit(
        "The course's package is missing: start the lessons with `make lab`, or run `pip install -e '.[course]'` in your clone."
    ) from None
import functools
import math

import torch
from torch import Tensor

from ddsp_course import dsp
from ddsp_course.classroom import check, listening, plots, question, report, show_progress

SAMPLE_RATE = 16_000  # numbers a second that a loudspeaker gets
HOP_SIZE = 64  # samples from one frame to the next: 4 ms
FRAME_RATE = SAMPLE_RATE / HOP_SIZE  # 250 numbers a second, all that a network says

# %% [markdown]
# ## First, the finished sound
#
# A tune, three times. The controls are the same, 250 numbers a second for pitch and level. Only what is put *between* two of them
# differs: a step, a straight line, half a period of a cosine.


# %%
def tune(method: str) -> Tensor:
    """-> [1, samples], eight notes of half a second, their levels filled in by a method"""
    frames = 125  # a note
    notes = torch.tensor([69.0, 72.0, 76.0, 81.0, 79.0, 76.0, 72.0, 69.0])
    seconds = torch.arange(len(notes) * frames) / FRAME_RATE
    within = torch.arange(frames) / frames
    level = ((within * 10).clamp(max=1) * (1 - within)).repeat(len(notes))
    level = 0.4 * level * (1 + 0.6 * torch.sin(2 * math.pi * 9 * seconds))  # a tremolo, nine times a second
    amplitudes = level[None, :, None] * torch.tensor([1.0, 0.1, 0.03])
    f0_hz = dsp.midi_to_hz(notes.repeat_interleave(frames))[None]
    return dsp.harmonic_synthesis(
        f0_hz, amplitudes, sample_rate=SAMPLE_RATE, hop_size=HOP_SIZE, amplitude_method=method
    )


listening.compare({"steps": tune("hold"), "straight lines": tune("linear"), "cosines": tune("hann")})

# %% [markdown]
# The first one buzzes, as if something on the table rattled along. Headphones help. Here is the rattle by itself: the first version minus
# the second, 20 dB up.

# %%
listening.compare(
    {"straight lines": tune("linear"), "what the steps add, 20 dB louder": 10 * (tune("hold") - tune("linear"))}
)

# %% [markdown]
# No control moved 250 times a second; the tremolo has nine swings. By the end of the lesson you can say where each line in that
# picture stands, how high, and why the other two versions are almost free of it.
#
# ## The gap
#
# In DDSP a network says 250 numbers a second for each control (every 64 samples, at 16 000 samples a second). It could say more;
# it would be slower to train, and there is no need: little that a player does with a bow or with the breath is over in 4 ms. But
# the oscillator multiplies *every sample* by an amplitude, and 63 of 64 amplitudes are nobody's yet.
#
# One rule for the whole course: **frame $i$ is the value at sample $iR$**, where $R$ is the **hop size**, 64 samples. With one
# rule, pitch, level and noise from different modules cannot come apart by half a hop. Between frames $c_i$ and $c_{i+1}$,
# at $m$ samples after the first of them, we mix:
#
# $$x(iR + m) = c_i + (c_{i+1} - c_i)\,w(m), \qquad 0 \le m < R$$
#
# | name | $w(m)$ | |
# |---|---|---|
# | hold | $0$ | each frame stays until the next one comes |
# | linear | $m/R$ | straight lines |
# | Hann | $\tfrac12 - \tfrac12\cos(\pi m/R)$ | smooth at both ends |
#
# After the last frame nothing follows: it is held to the end, so that $F$ frames make exactly $FR$ samples.
#
# There is another way to say the same. Lay down a copy of one and the same shape $h$ for each frame, as tall as the frame says, and add them up:
# $x(n) = \sum_i c_i\, h(n - iR)$. The shape is a **box** for hold, a **triangle** for linear, a **Hann window** for Hann, the latter two $2R$ samples wide
# with the top at the frame. What falls of one window and what rises of the next sum to one.
#
# ### Exercise 3.1: fill in
#
# Either way will do: mix neighbours, or overlap windows. (`torch.nn.functional.interpolate` looks as if it did. Try it, and read what the check says.)
#
# <details><summary>Hint 1</summary><code>following = torch.cat([frames[:, 1:], frames[:, -1:]], dim=1)</code> is the next frame of each, and for
# the last one itself.</details>
# <details><summary>Hint 2</summary><code>frames[..., None]</code> is [batch, frames, 1], the weights are [hop_size]: broadcast to [batch, frames, hop_size].</details>
# <details><summary>Hint 3</summary><code>.flatten(1)</code> lays the hops end to end: [batch, frames * hop_size].</details>


# %% tags=["exercise"]
def upsample(frames: Tensor, hop_size: int, method: str) -> Tensor:
    """frames [batch, frames]; method "hold", "linear" or "hann" -> [batch, frames * hop_size]"""
    ### BEGIN SOLUTION
    position = torch.arange(hop_size) / hop_size
    weights = {"hold": 0 * position, "linear": position, "hann": 0.5 - 0.5 * torch.cos(math.pi * position)}[method]
    following = torch.cat([frames[:, 1:], frames[:, -1:]], dim=1)
    return (frames[..., None] + (following - frames)[..., None] * weights).flatten(1)
    ### END SOLUTION


# %% tags=["check"]
upsample = check("3.1", upsample)

# %%
METHODS = {"hold": "hold", "linear": "straight lines", "hann": "Hann"}  # as the code says it, and as a plot does
few = torch.tensor([[0.2, 0.9, 0.7, 0.1, 0.4, 0.4]])
plots.curves(
    torch.arange(6 * HOP_SIZE) / HOP_SIZE,
    {name: upsample(few, HOP_SIZE, method)[0] for method, name in METHODS.items()},
    x_label="time (frames of 4 ms)",
    y_label="amplitude (no unit)",
    title="Six frames, filled in three ways",
    marks=range(6),
    alt="Three curves through the same six values, one at each frame: a staircase, straight lines, and smooth waves that are level at each frame.",
)

# %% [markdown]
# ## What goes wrong: a tone that was multiplied by a staircase
#
# Take the simplest case. A tone of 440 Hz with a gentle tremolo, six swings a second, by each of your three versions.

# %%
seconds = torch.arange(500) / FRAME_RATE  # two seconds of frames
fade = 1 - seconds / 2
tremolo = 1 + 0.5 * torch.sin(2 * math.pi * 6 * seconds)
sample = torch.arange(500 * HOP_SIZE).double()
tone = torch.sin(2 * math.pi * 440 * sample / SAMPLE_RATE)


def played(frames: Tensor, method: str, upsample=dsp.upsample) -> Tensor:
    """frames [500] -> two seconds of 440 Hz with that amplitude, [samples]"""
    return upsample(frames.double()[None], HOP_SIZE, method)[0] * tone


takes = {}
for method, name in METHODS.items():
    play = functools.partial(played, tremolo, method)
    takes |= listening.with_yours(name, upsample, lambda upsample, play=play: 0.3 * play(upsample))
added = 0.3 * (played(tremolo, "hold") - played(tremolo, "linear"))
listening.compare({**takes, "what hold adds, 30 dB louder": 10 ** (30 / 20) * added})

# %% [markdown]
# > **Guess before you look.** Hold adds a whole row of tones that nobody asked for. At which frequency, in Hz, is the
# > strongest of those *below* 440 Hz?

# %% tags=["question"]
question("3.5", answer=None)

# %%
plots.spectrum(
    {name: played(tremolo, method) for method, name in METHODS.items() if method != "hann"},
    sample_rate=SAMPLE_RATE,
    high_hz=1600,
    floor_db=-120,
    title="440 Hz with a tremolo, held and in straight lines",
    marks_hz={f"{440 + 250 * k} Hz": 440 + 250 * k for k in (-1, 1, 2, 3, 4)},
    alt="Beside the tone at 440 Hz the held version has pairs of lines around 190 and 690 Hz, at -44 dB, and weaker ones all over, around 60, 310, 560, 940 Hz and so on; with straight lines all lie below -75 dB.",
)

# %% [markdown]
# ## Where they fall
#
# Three steps, two of which you know already.
#
# **A product moves a tone.** $\cos a \sin b = \tfrac12 \sin(b + a) + \tfrac12 \sin(b - a)$. Multiply a tone of $f$ Hz by an
# amplitude that swings $g$ times a second, and it sounds at $f + g$ and $f - g$, at half the swing's size each. So the tremolo of
# 6 Hz is two lines, at 446 and 434 Hz. Whatever the amplitude contains is heard *around the tone*, on either side.
#
# **Frames cannot tell $g$ from $g + kf_r$.** The **frame rate** $f_r$ is 250 a second. That is lesson 01's aliasing, at a lower
# rate: a swing of 6 Hz and one of 256 Hz, of 506, have the very same frames, and so, upside down, have 244 and 494 Hz. Put a single sharp pulse at each frame, as tall as the
# frame says, and this train of pulses contains *all* of them, equally strong.
#
# **To fill in is to filter.** $x(n) = \sum_i c_i h(n - iR)$ is the train of pulses, **convolved** with the shape $h$: that is
# what laying down a copy at every pulse and adding up is called. It multiplies each frequency by a number, the **gain** $H(f)$ of the
# shape; lesson 04 shows why. Wanted is $H \approx 1$ at 6 Hz, and
# nothing of the others. So the tones around $f$ stand at
#
# $$f \pm (k f_r \pm g), \qquad \text{and each is } |H(k f_r \pm g)| \text{ high}, \quad k = 1, 2, 3, \dots$$
#
# 440 - 250 = 190, 690, 940: there they are. In pairs, 6 Hz to either side. And those at 60, 310, 560? Go on downwards: 440 - 500 is
# -60 Hz, 440 - 750 is -310. The ear hears no sign (lesson 01), so they are folded up at 0.
#
# ## How high
#
# What is $H$? Take the average of the shape against a turning pointer, $e^{-2\pi i f t} = \cos 2\pi f t - i \sin 2\pi f t$: a cosine and a
# sine in one complex number. For the box, one frame $T = 1/f_r$ long:
#
# $$|H_\text{hold}(f)| = \left|\frac1T \int_0^T e^{-2\pi i f t}\,dt\right| = \left|\frac{1 - e^{-2\pi i f T}}{2\pi i f T}\right|
#   = \left|\frac{\sin \pi x}{\pi x}\right| = |\operatorname{sinc} x|, \qquad x = \frac{f}{f_r}$$
#
# It is 1 at 0 and zero at every multiple of the frame rate. (The tones to either side are called **sidebands**.) A constant, $g = 0$, falls on these zeros and has no sidebands, as it must; a slow
# curve falls right beside them.
#
# > **Guess, with a pocket calculator.** How many dB below the tremolo's own line at 446 Hz is the copy at 440 - 244 = 196 Hz? (Both
# > have a sine of the same size on top; so what is the ratio of what is below?)

# %% tags=["question"]
question("3.6", answer=None)

# %% [markdown]
# The other two shapes come from the box. A **triangle** is a box averaged over a box (slide one over the other: the overlap grows, then
# shrinks, in straight lines), and averaging is filtering, so the box's gain comes in twice. A **Hann window** is a box of *two*
# frames with a raised cosine on top, $h(t) = \tfrac12 + \tfrac12\cos(\pi t/T)$, and a cosine is half of one pointer that turns to the left and half of one
# that turns to the right, by half a turn a frame each. A pointer moves a spectrum sideways.
#
# ### Exercise 3.2: the gains
#
# Turn that paragraph into three lines.
#
# <details><summary>Hint 1</summary><code>torch.sinc(x)</code> is sin(pi x) / (pi x), and 1 at 0.</details>
# <details><summary>Hint 2</summary>A box of two frames has the gain sinc(2x): twice as long, twice as narrow.</details>
# <details><summary>Hint 3</summary>Half a turn a frame is x = 1/2. The box's sinc(2x), moved there and back, is sinc(2x - 1) and sinc(2x + 1), with half the size each.
# At 0 the sum is 1, at half the frame rate 1/2.</details>


# %% tags=["exercise"]
def interpolator_gain(method: str, f_hz: Tensor, frame_rate: float) -> Tensor:
    """method "hold", "linear" or "hann", f_hz [n] in Hz -> gain [n], 1 at 0 Hz; its sign does not matter"""
    ### BEGIN SOLUTION
    x = f_hz / frame_rate
    if method == "hold":
        return torch.sinc(x)
    if method == "linear":
        return torch.sinc(x) ** 2
    return torch.sinc(2 * x) + 0.5 * torch.sinc(2 * x - 1) + 0.5 * torch.sinc(2 * x + 1)
    ### END SOLUTION


# %% tags=["check"]
interpolator_gain = check("3.2", interpolator_gain)

# %%
hz = torch.linspace(0, 1500, 3001).double()
plots.curves(
    hz,
    {
        name: dsp.amplitude_to_db(interpolator_gain(method, hz, FRAME_RATE).abs().clamp_min(1e-6))
        for method, name in METHODS.items()
    },
    x_label="frequency in the amplitude (Hz)",
    y_label="gain (dB)",
    title="What each way of filling in lets through",
    marks=[250 * k for k in range(1, 6)],
    y_range=(-80, 3),
    alt="Three curves with zeros at 250, 500, 750 Hz and so on: hold falls slowly in wide arches, straight lines twice as fast in dB with wide zeros, Hann fastest, with zeros twice as often.",
)

# %% [markdown]
# Look at the *zeros*, and then at the *arches*. Straight lines have double zeros (a square touches zero instead of crossing it): wide gaps around 250,
# 500, 750 Hz, into which the copies of anything slow disappear. Hann's zeros are single ones, and there is one more in the middle of each arch; but far out it falls fastest,
# as $1/f^3$, against $1/f^2$ and $1/f$. Far out it is the roughness that counts: a staircase jumps, lines have corners, Hann has neither.
#
# Does the formula tell the truth? The nearest copy of the tremolo, measured in the sounds above, beside the formula:


# %%
def line_db(sound: Tensor, f_hz: float) -> float:
    """The level of one line in two seconds of sound, in dB: turned back to 0 Hz, and averaged under a Hann window."""
    window = torch.hann_window(len(sound), dtype=torch.float64)
    pointer = torch.exp(-2j * math.pi * f_hz * sample / SAMPLE_RATE)
    return float(20 * torch.log10(2 * (sound * pointer * window).sum().abs() / window.sum()))


# %% tags=["number"]
for method, name in METHODS.items():
    sound = played(tremolo, method)
    gain = interpolator_gain(method, torch.tensor([6.0, 244.0]).double(), FRAME_RATE).abs()
    report(f"{name}, 196 Hz against 446 Hz, measured", line_db(sound, 196) - line_db(sound, 446), "dB", digits=1)
    report(f"{name}, by the formula", 20 * torch.log10(gain[1] / gain[0]), "dB", digits=1)

# %% [markdown]
# Straight lines are twice as good in dB as hold: the square. And Hann, which looks so much smoother, is *worse* here than straight lines
# by more than 20 dB. A wavy line through the frames of a slow curve is flat at every frame, 250 times a second, where the curve is not.
#
# > **Guess.** Say the frame rate is doubled, to 500 a second. By how much do the nearest sidebands of a slow tremolo fall, with straight
# > lines?
# > **a** not at all: there are as many steps in the end · **b** 3 dB · **c** 6 dB · **d** 12 dB

# %% tags=["question"]
question("3.7", answer=None)

# %% [markdown]
# ### A fade, from lesson 02
#
# For one curve the sidebands can be had without $H$. A straight fade that loses $\delta$ from frame to frame, held, is the straight fade *plus a
# sawtooth*: up from 0 to $\delta$ over each frame, then back. A saw of height 2 has harmonics $\tfrac{2}{\pi k}$ (lesson 02), so this one,
# at 250 Hz, has $\tfrac{\delta}{\pi k}$. Times a tone, half of it to either side:
#
# $$\frac{\delta}{2\pi k} \quad\text{at}\quad f \pm k f_r$$
#
# Over two seconds from 1 to 0, $\delta = 1/500$: 70 dB below full level. Nobody hears that. Fade in a twentieth of a second, as the end of
# a plucked note does, and it is 32 dB more.

# %% tags=["number"]
report("hold, a fade of two seconds: 690 Hz, measured", line_db(played(fade, "hold"), 690), "dB", digits=1)
report("by the sawtooth", 20 * math.log10(1 / 500 / (2 * math.pi)), "dB", digits=1)

# %% [markdown]
# ## Measured
#
# One line is not the whole: what counts for the ear is all that was added. So build a meter: how much of a sound's energy lies
# *further than so many Hz* from its tone, in dB, against all of it?
#
# $$S = 10 \log_{10} \frac{\sum_{|f_j - f| > b} P_j}{\sum_j P_j}$$
#
# $P_j = |X_j|^2$ is the **power** in bin $j$ of the Fourier transform of the whole sound, at $f_j = j f_s / N$ Hz, with $N$ samples at $f_s$ a second; $b$ is how
# far "far" begins, in Hz. (The Fourier transform says how much of each frequency is in a sound; its frequencies, evenly spaced, are called bins. Lesson 04 builds
# it; here `torch.fft.rfft` does it.) There is one thing to know. The transform takes the $N$ samples for one period of something that repeats. If the end does not fit the
# beginning, that is a jump, and a jump has energy everywhere: you would measure the jump. So fade both ends first: multiply by a **window**. Use
# `torch.hann_window(N, dtype=audio.dtype) ** 2`, whose own spill falls fast.
#
# ### Exercise 3.3: the meter
#
# <details><summary>Hint 1</summary><code>torch.fft.rfft(x).abs() ** 2</code> has N // 2 + 1 bins; bin j is at j * sample_rate / N Hz.</details>
# <details><summary>Hint 2</summary>A comparison gives a mask: <code>power[(hz - f_hz).abs() > beyond_hz].sum()</code>. Energies add up.</details>


# %% tags=["exercise"]
def sideband_db(audio: Tensor, f_hz: float, beyond_hz: float, sample_rate: int) -> Tensor:
    """audio [samples] -> the energy that lies more than beyond_hz from f_hz, against all, in dB (one number)"""
    ### BEGIN SOLUTION
    n = len(audio)
    power = torch.fft.rfft(audio * torch.hann_window(n, dtype=audio.dtype) ** 2).abs() ** 2
    hz = torch.arange(len(power)) * sample_rate / n
    far = (hz - f_hz).abs() > beyond_hz
    return 10 * torch.log10(power[far].sum() / power.sum())
    ### END SOLUTION


# %% tags=["check"]
sideband_db = check("3.3", sideband_db)

# %% [markdown]
# Three curves to try it on: the slow fade, the tremolo, and one that a network has on a bad day: **jitter**, every frame 10 % off, at
# random. That one is not slow at all. It has all frequencies up to 125 Hz, equally.
#
# > **Guess.** Which filling leaves the least of the *jitter* further than 1000 Hz from the tone, where the ear is keen and the tone
# > too far off to cover it?
# > **a** hold · **b** straight lines · **c** Hann · **d** all the same: the frames decide

# %% tags=["question"]
question("3.8", answer=None)

# %%
generator = torch.Generator().manual_seed(0)
controls = {
    "fade": fade,
    "6 Hz tremolo": tremolo,
    "10 % jitter": 1 + 0.1 * torch.randn(500, generator=generator),
}
for beyond_hz in (150, 1000):
    plots.bars(
        {
            curve: [
                min(120, -float(sideband_db(played(frames, method), 440.0, beyond_hz, SAMPLE_RATE)))
                for method in METHODS
            ]
            for curve, frames in controls.items()
        },
        series=tuple(METHODS.values()),
        y_label="energy below the whole (dB)",
        title=f"More than {beyond_hz} Hz from the tone: the higher, the cleaner (120 or better is 120)",
        digits=0,
        alt={
            150: "For each of three curves the bar of the straight lines is highest: 120 dB or better for the fade, 71 for the tremolo, 40 for the jitter; hold is lowest, at 59, 37 and 29.",
            1000: "Straight lines are cleanest for fade and tremolo, at 120 or better and at 96 dB; for the jitter Hann is, at 88 dB against 67 and 38.",
        }[beyond_hz],
    )
listening.compare(
    {f"jitter, {name}": 0.3 * played(controls["10 % jitter"], method) for method, name in METHODS.items()}
)

# %% tags=["number"]
for curve in ("6 Hz tremolo", "10 % jitter"):
    for method, name in METHODS.items():
        for beyond_hz in (150, 1000):
            level = sideband_db(played(controls[curve], method), 440.0, beyond_hz, SAMPLE_RATE)
            report(f"{curve}, {name}, beyond {beyond_hz} Hz", level, "dB", digits=0)

# %% [markdown]
# A straight fade is nothing but straight lines, so there is nothing left but the rounding. Otherwise there is no best one. **Straight lines for what moves slowly**, like pitch. **Hann for what may jump about**, like the amplitudes
# that a network says: there the copies near the tone are drowned in the jitter itself (which was asked for), and far from the tone Hann is 21 dB cleaner. Hold for nothing.
#
# A curious detail. The DDSP paper writes that amplitudes are smoothed by overlapping *Hamming* windows (Engel et al. 2020, on envelopes); its code
# uses Hann. A Hamming window does not end at zero but on 8 % of its top, so each frame enters with a small jump. Does it matter?


# %%
def hamming(frames: Tensor) -> Tensor:
    """frames [n] -> [n * HOP_SIZE], by overlapping Hamming windows, made to sum to one"""
    window = torch.hamming_window(2 * HOP_SIZE, dtype=torch.float64) / 1.08
    falling, rising = window[HOP_SIZE:], window[:HOP_SIZE]
    following = torch.cat([frames[1:], frames[-1:]])
    return (frames[:, None] * falling + following[:, None] * rising).flatten()


# %% tags=["number"]
for curve in ("6 Hz tremolo", "10 % jitter"):
    level = sideband_db(hamming(controls[curve].double()) * tone, 440.0, 1000, SAMPLE_RATE)
    report(f"{curve}, Hamming, beyond 1000 Hz", level, "dB", digits=1)

# %% [markdown]
# It does: for the jitter 28 dB worse than Hann. A word in a paper and a line in its code are two things; measure the line.
#
# ## From frames to sound
#
# Now put the lessons together. Phase from 01, harmonics from 02, and between the frames what you just found: **$f_0$ in straight lines, amplitudes by Hann.** This
# is `dsp.harmonic_synthesis`, the voiced half of every model in this course, from the numbers that a network says.
#
# ### Exercise 3.4: harmonic synthesis
#
# Take `dsp.upsample` for the filling in: it is yours, and takes [batch, frames, harmonics] too. The question to get right is the
# *order*: does the frequency get filled in, or the phase?
#
# <details><summary>Hint 1</summary>Between two frames the frequency goes in a straight line, so the phase, the area under it, goes in a parabola. A straight
# line through phases is a frequency that stands still and then jumps.</details>
# <details><summary>Hint 2</summary>Fill in; then lesson 02's oscillator: running sum in float64 (minus each sample's own step), times 1 to K, sine, weigh, add.</details>


# %% tags=["exercise"]
def harmonic_synthesis(f0_hz: Tensor, amplitudes: Tensor, hop_size: int, sample_rate: int) -> Tensor:
    """f0_hz [batch, frames] in Hz, amplitudes [batch, frames, harmonics] -> audio [batch, frames * hop_size]"""
    ### BEGIN SOLUTION
    f0 = dsp.upsample(f0_hz, hop_size, "linear").double()
    phase = 2 * math.pi * (torch.cumsum(f0, dim=1) - f0) / sample_rate
    k = torch.arange(1, amplitudes.shape[-1] + 1)
    return (dsp.upsample(amplitudes, hop_size, "hann") * torch.sin(phase[..., None] * k)).sum(-1)
    ### END SOLUTION


# %% tags=["check"]
harmonic_synthesis = check("3.4", harmonic_synthesis)

# %% [markdown]
# Now something with a glide, which is where the order is heard: two octaves up in one second and a half, as a saw of twelve harmonics.
# Beside yours, one whose pitch is held from frame to frame.

# %%
rising_hz = dsp.midi_to_hz(torch.linspace(45, 69, 375))[None]
swell = torch.sin(math.pi * torch.linspace(0, 1, 375)).clamp_min(0)
saw = 0.25 * swell[None, :, None] / torch.arange(1, 13)


def in_steps(f0_hz: Tensor) -> Tensor:
    """The same saw, with a pitch that stands still for 4 ms at a time and then jumps."""
    held = dsp.upsample(f0_hz, HOP_SIZE, "hold").double()
    phase = 2 * math.pi * (torch.cumsum(held, dim=1) - held) / SAMPLE_RATE
    return (dsp.upsample(saw, HOP_SIZE, "hann") * torch.sin(phase[..., None] * torch.arange(1, 13))).sum(-1)


listening.compare(
    {
        **listening.with_yours(
            "pitch in lines", harmonic_synthesis, lambda synthesis: synthesis(rising_hz, saw, HOP_SIZE, SAMPLE_RATE)
        ),
        "pitch in steps": in_steps(rising_hz),
    },
    f0_hz=rising_hz[0],
)

# %% tags=["number"]
of_yours = harmonic_synthesis(rising_hz, saw, HOP_SIZE, SAMPLE_RATE)
of_package = dsp.harmonic_synthesis(rising_hz, saw, sample_rate=SAMPLE_RATE, hop_size=HOP_SIZE)
report("largest difference from the package's", (of_yours - of_package).abs().max(), digits=4)
behind = dsp.upsample(rising_hz, HOP_SIZE, "linear").double() - dsp.upsample(rising_hz, HOP_SIZE, "hold").double()
report("in steps, the phase ends up behind by", behind.sum() / SAMPLE_RATE, "turns", digits=2)

# %% [markdown]
# You may hear no difference, and there is a reason: phase is the area under the frequency, and to add up is to smooth. Steps in a
# *frequency* are corners in a phase. What is left is small, but it adds up, and harmonic $k$ has $k$ times as much of it: harmonic 12 ends almost 8 turns behind. Enough to
# ruin a comparison sample by sample.
#
# ## Side room: where harmonics turn into noise (5 minutes)
#
# Hann passes what the frames say, up to some 125 Hz, and a product puts that around every harmonic. If the harmonics are less than 250 Hz apart, these
# bands touch, and a hundred amplitudes that jump about can fill the whole spectrum. Draw them at random, 250 times a second, at
# two pitches:


# %%
def jumping(f0_hz: float) -> Tensor:
    """Two seconds of harmonics up to 7900 Hz whose amplitudes are drawn anew for every frame, [1, samples]"""
    drawn = torch.randn(1, 500, int(7900 / f0_hz), generator=torch.Generator().manual_seed(1)).abs()
    sound = dsp.harmonic_synthesis(torch.full((1, 500), f0_hz), drawn, sample_rate=SAMPLE_RATE, hop_size=HOP_SIZE)
    return 0.06 * sound / sound.square().mean().sqrt()


def gap_db(sound: Tensor, f0_hz: float) -> float:
    """The level in the middle between two harmonics (within 5 Hz), against the level of the whole, in dB."""
    power = torch.fft.rfft(sound[0].double() * torch.hann_window(sound.shape[1], dtype=torch.float64)).abs() ** 2
    hz = torch.arange(len(power)) * SAMPLE_RATE / sound.shape[1]
    inside = (hz > f0_hz / 2) & (hz < 7900)
    middle = inside & ((hz / f0_hz - (hz / f0_hz).round()).abs() * f0_hz > f0_hz / 2 - 5)
    return float(10 * torch.log10(power[middle].mean() / power[inside].mean()))


jumpy = {f"{f0_hz:g} Hz": jumping(f0_hz) for f0_hz in (110.0, 440.0)}
listening.compare(jumpy)
for name, picture in {
    "110 Hz": "Seen closely, a line at each harmonic stands in a carpet of noise that is nearly even.",
    "440 Hz": "The carpet of noise forms hills around the lines at 880, 1320, 1760 and 2200 Hz, with valleys some 20 dB deep.",
}.items():
    plots.spectrum(
        jumpy[name],
        sample_rate=SAMPLE_RATE,
        low_hz=800,
        high_hz=2400,
        title=f"Harmonics of {name}, their amplitudes drawn anew 250 times a second",
        alt=picture,
    )

# %% tags=["number"]
for name, f0_hz in (("110 Hz", 110.0), ("440 Hz", 440.0)):
    report(f"{name}: between two harmonics, against the whole", gap_db(jumpy[name], f0_hz), "dB", digits=1)

# %% [markdown]
# So a model of a low instrument need not use its noise part for breath: it can fake it with harmonics. Remember it when a model's two parts, harmonics and noise,
# do not come apart as they should (lesson 11).
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `upsample` | `dsp.upsample` | any number of channels, and errors in words |
# | `harmonic_synthesis` | `dsp.harmonic_synthesis` | a hop's phase in closed form (a parabola), silence above half the sample rate, a phase in and out, and no tensor of [batch, samples, harmonics], which is what runs out of memory |
# | `interpolator_gain`, `sideband_db` | – | they are for finding out, and it is found out: `tests/dsp/test_envelopes.py` holds the package to it |
#
# They live in `ddsp_course/dsp/envelopes.py` and `oscillators.py`. What you got right is in your workbook, in `my_ddsp/lesson_03.py`.

# %%
show_progress(3)

# %% [markdown]
# **To read.** Engel, Hantrakul, Gu, Roberts: *DDSP: Differentiable Digital Signal Processing*, 2020,
# [arXiv:2001.04643](https://arxiv.org/abs/2001.04643), the part on envelopes. Julius O. Smith: *Spectral Audio Signal Processing*,
# [on windows that overlap and add up](https://ccrma.stanford.edu/~jos/sasp/). Harris: *On the use of windows for harmonic analysis with the discrete
# Fourier transform*, Proceedings of the IEEE, 1978: the side lobes you derived, for two dozen windows.
#
# **To try.** Four times fewer frames: `HOP_SIZE = 256` at the top, and run it all. A cubic spline through the frames: where are its zeros? Which
# tremolo is the fastest that 250 frames a second can say, and what do you hear if you ask for 240 Hz?
#
# **Next.** Lesson 04: the other half of every sound, noise, and filters that move.
