# %% [markdown]
# # Lesson 01 · Oscillators
#
# **You will build** the smallest part of the whole course, one sine, and build it so well that it is still in tune after an
# hour. Then you send a gradient through it.
#
# **You will hear** thirty sines that wander and then agree, a tune that the loudspeaker gets wrong though every number is
# right, and an oscillator that runs out of numbers and stops.
#
# **You need** lesson 00: tensors with a batch in front, and what a gradient is.
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

import numpy as np
import torch
from torch import Tensor

from ddsp_course import dsp
from ddsp_course.classroom import check, listening, plots, question, report, show_progress, steps, verdict

SAMPLE_RATE = 16_000  # numbers a second that a loudspeaker gets

# %% [markdown]
# ## First, the finished sound
#
# Thirty oscillators. Each has a frequency of its own that wanders about; after four seconds each begins to make its way to
# a place in one chord. Nothing else is in there: no filter, no noise, no room.


# %%
def crowd(voices: int = 30, seconds: float = 9.0, seed: int = 5) -> Tensor:
    """-> f0_hz [voices, samples]: frequencies that wander, then settle on D over four octaves and its fifths."""
    generator = torch.Generator().manual_seed(seed)
    time = torch.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    start = 55 + 10 * torch.rand(voices, 1, generator=generator)  # MIDI numbers: 55 is the G below middle C
    speed, turn = 0.1 + 0.4 * torch.rand(2, voices, 1, generator=generator)
    wander = start + 5 * torch.sin(2 * math.pi * (speed * time + 3 * turn))
    chord = torch.tensor([38.0, 45.0, 50.0, 57.0, 62.0, 69.0, 74.0]).repeat(voices // 7 + 1)[:voices, None]
    detuned = chord + 0.06 * (torch.rand(voices, 1, generator=generator) - 0.5)
    there = ((time - 4) / 3).clamp(0, 1)
    there = there * there * (3 - 2 * there)
    return dsp.midi_to_hz(torch.lerp(wander, detuned, there))


frequencies = crowd()
swell = torch.linspace(0.15, 1, frequencies.shape[1]) * (9 - torch.arange(frequencies.shape[1]) / SAMPLE_RATE).clamp(
    max=1
)
finished = dsp.sinusoidal_synthesis(
    frequencies.T[None], torch.ones(1, frequencies.shape[1], 30), sample_rate=SAMPLE_RATE, hop_size=1
)
finished = 0.6 * swell * finished / (swell * finished).abs().max()
listening.compare({"thirty oscillators": finished})

# %% [markdown]
# By the end you will have written the oscillator that does this, and know three ways in which it could have gone wrong.
#
# ## Phase is the area under the frequency
#
# A point goes round on a circle. Its height is a sine, and how far it has come round is the **phase** $\phi$, an angle in
# **radians**: one turn is $2\pi$. At a steady $f$ turns a second (hertz) it has turned
#
# $$\phi(t) = 2\pi f t$$
#
# after $t$ seconds, and the sound is $x(t) = a \sin\phi(t)$ with an **amplitude** $a$ (no unit; 1 is all that a loudspeaker's
# number can say). So far so good. Now let the frequency move, and put $f(t)$ where $f$ was. What could be more natural?

# %%
two_seconds = torch.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
f_hz = torch.linspace(200, 500, 2 * SAMPLE_RATE)  # what we ask for: from 200 up to 500 Hz
natural = 0.3 * torch.sin(2 * math.pi * f_hz * two_seconds)


def faded(sound: Tensor) -> Tensor:
    """[..., samples] -> the same, 20 ms in and 20 ms out: a sine that is cut anywhere ends with a click."""
    edge = torch.linspace(0, 1, SAMPLE_RATE // 50)
    return sound * torch.cat([edge, torch.ones(sound.shape[-1] - 2 * len(edge)), edge.flip(0)])


listening.compare({"from 200 to 500 Hz?": faded(natural)}, f0_hz=f_hz[::64])

# %% [markdown]
# The line in the picture is what we asked for. The sound runs away from it.
#
# > **Guess, then look.** What frequency, in Hz, has this sound when it ends?

# %% tags=["question"]
question("1.5", answer=None)

# %% [markdown]
# Here is why. What we *hear* as frequency is how fast the phase grows, its slope, in turns a second:
#
# $$f_\text{heard}(t) = \frac{1}{2\pi}\frac{d\phi}{dt}, \qquad
#   \phi = 2\pi f(t)\,t \;\Rightarrow\; f_\text{heard}(t) = f(t) + t\,\frac{df}{dt}$$
#
# The second term is nobody's intention. Read the first equation from right to left instead: if frequency is the slope of
# the phase, then phase is the **area under the frequency**,
#
# $$\phi(t) = 2\pi \int_0^t f(\tau)\,d\tau \qquad\text{and in samples}\qquad
#   \phi(n) = \frac{2\pi}{f_s} \sum_{m=0}^{n-1} f(m)$$
#
# with the **sample rate** $f_s$, 16 000 a second here. In the time of one sample the point turns by $2\pi f(m)/f_s$. Sample $n$ has
# the steps of samples $0$ to $n - 1$ behind it, so sample 0 has phase 0: one convention for the whole course.
#
# ### Exercise 1.1: phase
#
# <details><summary>Hint 1</summary><code>torch.cumsum(step, dim=1)</code> adds up along time: <code>f0_hz</code> is [batch, samples].</details>
# <details><summary>Hint 2</summary>The running sum includes the sample it stands at, and the formula does not: take that step off again.</details>


# %% tags=["exercise"]
def phase(f0_hz: Tensor, sample_rate: int) -> Tensor:
    """f0_hz [batch, samples] in Hz -> phase [batch, samples] in radians, 0 at sample 0, whole turns included"""
    ### BEGIN SOLUTION
    step = 2 * math.pi * f0_hz.double() / sample_rate
    return (torch.cumsum(step, dim=1) - step).to(f0_hz.dtype)
    ### END SOLUTION


# %% tags=["check"]
phase = check("1.1", phase)


# %%
def glide(phase) -> Tensor:
    return faded(0.3 * torch.sin(phase(f_hz[None], SAMPLE_RATE)))


listening.compare(
    {"frequency times time": faded(natural), **listening.with_yours("area", phase, glide)}, f0_hz=f_hz[::64]
)
asked_for = f_hz.double()
turned = {"frequency times time": 2 * math.pi * asked_for * two_seconds, "area": phase(asked_for[None], SAMPLE_RATE)[0]}
plots.curves(
    two_seconds[:-1],
    {name: torch.diff(each) * SAMPLE_RATE / (2 * math.pi) for name, each in turned.items()},
    x_label="time (s)",
    y_label="frequency heard (Hz)",
    title="The slope of the phase",
    alt="Two straight lines from 200 Hz: frequency times time climbs to 800 Hz in two seconds, the area to 500 Hz.",
)

# %% tags=["number"]
for name, each in turned.items():
    report(f"{name}: heard at the end", torch.diff(each)[-1] * SAMPLE_RATE / (2 * math.pi), "Hz", digits=0)

# %% [markdown]
# ## A loudspeaker sees samples only
#
# A point on a circle, seen in flashes, $f_s$ of them a second. Between two flashes it turns by $2\pi f/f_s$. Had it turned by one
# more whole turn, you would see the same: whole turns between flashes are invisible. And had it turned by three quarters
# to the left, you would say: a quarter to the right. So a frequency $f$ and all of
#
# $$f - m f_s, \qquad m = \dots, -1, 0, 1, 2, \dots$$
#
# have **the very same samples**, and what is heard is the one nearest to zero, which lies at most at $f_s/2$, the **Nyquist
# frequency**. If that one is negative, the point goes backwards: $\sin(-\phi) = -\sin\phi$, the same tone upside down. This is
# **aliasing**. No filter and no better loudspeaker can undo it, since nothing in the samples says which frequency it was.
#
# ### Exercise 1.2: which frequency is heard?
#
# <details><summary>Hint 1</summary>How many whole turns between two samples is <code>f_hz / sample_rate</code> nearest to?</details>
# <details><summary>Hint 2</summary><code>torch.round</code>; and the ear does not hear a sign.</details>


# %% tags=["exercise"]
def heard_frequency(f_hz: Tensor, sample_rate: int) -> Tensor:
    """f_hz [n] in Hz, also negative or far above the sample rate -> [n] in Hz, from 0 to sample_rate / 2"""
    ### BEGIN SOLUTION
    return (f_hz - sample_rate * torch.round(f_hz / sample_rate)).abs()
    ### END SOLUTION


# %% tags=["check"]
heard_frequency = check("1.2", heard_frequency)

# %%
asked = torch.linspace(0, 40_000, 801)
plots.curves(
    asked / 1000,
    heard_frequency(asked, SAMPLE_RATE) / 1000,
    x_label="frequency asked for (kHz)",
    y_label="frequency heard (kHz)",
    title="Two mirrors, at 0 and at 8 kHz",
    alt="A zigzag between 0 and 8 kHz: rising to 8, falling to 0 at 16, and again, up to 40 kHz.",
)
rising = torch.linspace(100, 40_000, 4 * SAMPLE_RATE)[None]
listening.compare({"a sine that rises to 40 kHz": faded(0.2 * torch.sin(phase(rising.double(), SAMPLE_RATE)))})

# %% [markdown]
# One sine, four turns of direction (at 8, 16, 24 and 32 kHz), and at no moment is anything wrong with a number.
#
# Now a tune. The second version adds 16 000 Hz to every note: its lowest is now at 16 262 Hz, where the young hear a faint whistle and most
# others nothing.

# %%
notes = torch.tensor([60.0, 62.0, 64.0, 65.0, 67.0, 67.0, 69.0, 67.0]).repeat_interleave(SAMPLE_RATE // 3)
tune_hz = dsp.midi_to_hz(notes.double())[None]
soft = torch.sin(math.pi * torch.linspace(0, 1, SAMPLE_RATE // 3)).clamp(min=0).sqrt().repeat(8)


def sung(f0_hz: Tensor) -> Tensor:
    """f0_hz [1, samples] -> the same, soft at both ends of a note; in float64, for there are many turns to count"""
    return 0.3 * soft * torch.sin(phase(f0_hz.double(), SAMPLE_RATE))


tune, higher, mirrored = sung(tune_hz), sung(tune_hz + 16_000.0), sung(16_000.0 - tune_hz)

# %% [markdown]
# > **Guess before you listen.** What does the second tune sound like?
# > **a** like nothing, or a faint whistle: 16 000 Hz and more is at the edge of hearing · **b** exactly like the first · **c** like the first, upside down: what
# > rose now falls · **d** like noise

# %% tags=["question"]
question("1.6", answer=None)

# %%
listening.compare({"tune": tune, "tune + 16 000 Hz": higher, "16 000 Hz - tune": mirrored})

# %% tags=["number"]
report("largest difference between the first two", (tune - higher).abs().max(), digits=6)
report("largest sum of the first and the last", (tune + mirrored).abs().max(), digits=6)

# %% [markdown]
# Equal to six digits; and the third, 16 000 Hz *minus* each note, is the first upside down. So an oscillator has a duty:
# never to be asked for more than $f_s/2$. A single sine is easy to keep below. A note of a hundred harmonics is not, and that
# is lesson 02.
#
# ## What goes wrong: an oscillator that runs out of numbers
#
# A `float32` keeps 24 binary digits. Near 1 its neighbours lie $10^{-7}$ apart; near a million, $0.06$ apart: the digits are used up by
# the part in front of the point. And phase, as you wrote it, *grows*: 440 Hz is 2765 radians a second, ten million an hour.
#
# Say someone keeps the running sum itself in `float32`, as NumPy does unless told otherwise. To the sum so far, $0.1728$ is
# added, and the result is rounded to the nearest number there is.
#
# > **Guess.** Such an oscillator is set to 440 Hz and left alone. What happens over the next half hour?
# > **a** it stays in tune: an error of one part in ten million cannot be heard · **b** it stays in tune but slowly turns into
# > noise · **c** it plays wrong pitches, each for minutes, and jumps to another when the sum has grown past a power of two · **d** it slides out of tune, evenly

# %% tags=["question"]
question("1.7", answer=None)


# %%
def running_on(start_s: float, seconds: float = 1.0, f0: float = 440.0) -> tuple[np.ndarray, np.ndarray]:
    """A float32 running sum that stands where start_s seconds lead -> phase [samples] from there on, and an exact sum's."""
    step = np.float32(2 * math.pi * f0 / SAMPLE_RATE)
    begin = 2 * math.pi * f0 * start_s
    n = round(seconds * SAMPLE_RATE)
    in_float32 = np.cumsum(np.concatenate([[np.float32(begin)], np.full(n - 1, step, np.float32)]), dtype=np.float32)
    return in_float32, begin + 2 * math.pi * f0 / SAMPLE_RATE * np.arange(n)


moments = {
    "at the start": 0,
    "after 2 min": 120,
    "after 5 min": 300,
    "after 10 min": 600,
    "after 20 min": 1200,
    "after 30 min": 1800,
}
listening.compare(
    {
        name: faded(0.3 * torch.sin(torch.from_numpy(running_on(start_s)[0]).double()))
        for name, start_s in moments.items()
    }
)

# %% tags=["number"]
for name, start_s in moments.items():
    turned_by = float(running_on(start_s)[0][-1]) - float(running_on(start_s)[0][0])
    report(f"{name}, heard", turned_by / (SAMPLE_RATE - 1) * SAMPLE_RATE / (2 * math.pi), "Hz", digits=1)
sum_of_four_seconds, exact = running_on(0, 4)
report("after 4 s its phase is wrong by", abs(sum_of_four_seconds[-1] - exact[-1]), "rad", digits=1)

# %% [markdown]
# After half an hour the step of $0.17$ is less than half the distance between two neighbouring numbers. The sum stays where it
# is, for ever. The oscillator has stopped.
#
# ### Why torch on a CPU hides half of it
#
# Try the same with `torch.cumsum` on a CPU, and all seems well: torch adds up in double precision there and rounds only what it
# *hands out*. So the error does not gather. But what is handed out is still a large number in `float32`, and a hundred
# harmonics multiply what has been rounded away. This is what that sounds like:


# %%
def stored_in_float32(start_s: float, harmonic: int) -> Tensor:
    """One second of a harmonic of 440 Hz whose fundamental's phase was summed exactly and then stored in float32."""
    exact_phase = torch.from_numpy(running_on(start_s)[1])
    return 0.3 * torch.sin(harmonic * exact_phase.float().double())


stored = {name: stored_in_float32(start_s, 15) for name, start_s in moments.items() if start_s != 300}
listening.compare({name: faded(sound) for name, sound in stored.items()})
plots.spectrum(
    {name: stored[name] for name in ("after 20 min", "at the start")},
    sample_rate=SAMPLE_RATE,
    title="Harmonic 15 of 440 Hz",
    alt="Two spectra: at the start one line at 6600 Hz and nothing else; after 20 minutes stray lines all over, the highest of them, near 4460 Hz, above the tone itself.",
)


# %%
def noise_db(sound: Tensor, f_hz: float) -> float:
    """Everything but one sine, against that sine, in dB: the sine is fitted, and taken out."""
    angle = 2 * math.pi * f_hz * torch.arange(len(sound)).double() / SAMPLE_RATE
    basis = torch.stack([angle.sin(), angle.cos()], -1)
    sine = basis @ torch.linalg.lstsq(basis, sound.double()[:, None]).solution
    rest = sound.double()[:, None] - sine
    return 10 * math.log10(rest.square().mean() / sine.square().mean())


# %% tags=["number"]
for name in ("after 2 min", "after 10 min", "after 20 min"):
    report(f"noise of harmonic 15 {name}", noise_db(stored[name], 6600.0), "dB", digits=1)

# %% [markdown]
# A GPU does add in `float32`, though in a tree of partial sums and not one after the other, which errs far less; the grain of what is
# handed out is all there. Nobody plays a note for twenty minutes, but a batch of recordings, laid end to end
# without a new start, is soon that long; and harmonic 100 sees all this a hundred times.
#
# The cure has three parts, and the order matters. **Sum in `float64`**, whose neighbours near ten million lie $2 \cdot 10^{-9}$ apart.
# **Wrap**: drop the whole turns, which no sine can see. **Only then** go back to `float32`.
#
# ### Exercise 1.3: a phase that stays in tune
#
# As in 1.1, but wrapped to one turn, and right to $10^{-5}$ radians after ten minutes. A gradient must still reach `f0_hz`.
#
# <details><summary>Hint 1</summary><code>f0_hz.double()</code> comes first of all: a step that was rounded before it is added is wrong the same way
# ten million times.</details>
# <details><summary>Hint 2</summary><code>x % (2 * math.pi)</code> is from 0 to 2 pi for any x, and its gradient is 1.</details>


# %% tags=["exercise"]
def safe_phase(f0_hz: Tensor, sample_rate: int) -> Tensor:
    """f0_hz [batch, samples] in Hz -> phase [batch, samples] in radians, wrapped to one turn, float32"""
    ### BEGIN SOLUTION
    step = 2 * math.pi * f0_hz.double() / sample_rate
    return ((torch.cumsum(step, dim=1) - step) % (2 * math.pi)).float()
    ### END SOLUTION


# %% tags=["check"]
safe_phase = check("1.3", safe_phase)


# %%
def choir(safe_phase) -> Tensor:
    """The crowd of the beginning, by an oscillator of your own."""
    together = torch.sin(safe_phase(frequencies, SAMPLE_RATE)).sum(0)
    return 0.6 * swell * together / (swell * together).abs().max()


listening.compare({"the package": finished, **listening.with_yours("this lesson", safe_phase, choir)})

# %% tags=["number"]
ten_minutes = safe_phase(torch.full((1, 600 * 1000), 440.0), 1000)[0, -1]
expected = (2 * math.pi * 440 / 1000 * (600 * 1000 - 1)) % (2 * math.pi)
report(
    "phase after ten minutes of 440 Hz, error",
    1e6 * abs(float(ten_minutes) - expected),
    "millionths of a rad",
    digits=0,
)

# %% [markdown]
# ## A gradient through a sine
#
# Now the word *differentiable* in the course's title. We have a target $y(n)$, and our sine $x(n) = a \sin(2\pi f n / f_s)$. How wrong are we?
# The plainest measure is the mean squared error over $N$ samples, the **waveform loss**
#
# $$L(a, f) = \frac{1}{N}\sum_n \big(x(n) - y(n)\big)^2$$
#
# Which way should $a$ and $f$ move? By the chain rule, with the error $e(n) = x(n) - y(n)$,
#
# $$\frac{\partial L}{\partial a} = \frac{2}{N}\sum_n e(n)\,\frac{\partial x(n)}{\partial a}, \qquad
#   \frac{\partial L}{\partial f} = \frac{2}{N}\sum_n e(n)\,\frac{\partial x(n)}{\partial f}$$
#
# The two derivatives that are left are school work. Do them on paper; then write them down. `torch.autograd` will never ask you
# for this again, but you will know what it does.
#
# ### Exercise 1.4: by hand
#
# <details><summary>Hint 1</summary>The sine of something that depends on f: outer derivative times inner derivative. What is the derivative of
# 2 pi f n / sample_rate with respect to f?</details>
# <details><summary>Hint 2</summary>It contains n: a change of frequency turns late samples further than early ones.</details>


# %% tags=["exercise"]
def sine_gradients(amplitude: float, f_hz: float, target: Tensor, sample_rate: int) -> tuple[Tensor, Tensor]:
    """target [samples] -> dL/da and dL/df of the mean squared error of amplitude * sin(2 pi f_hz n / sample_rate)"""
    ### BEGIN SOLUTION
    n = torch.arange(len(target), dtype=torch.float64)
    angle = 2 * math.pi * f_hz * n / sample_rate
    error = amplitude * torch.sin(angle) - target
    for_a = 2 * (error * torch.sin(angle)).mean()
    for_f = 2 * (error * amplitude * torch.cos(angle) * 2 * math.pi * n / sample_rate).mean()
    return for_a, for_f
    ### END SOLUTION


# %% tags=["check"]
sine_gradients = check("1.4", sine_gradients)

# %% [markdown]
# ## The landscape
#
# A quarter of a second of 440 Hz at amplitude 0.8 is the target. Walk over all amplitudes, with the right frequency; then over
# all frequencies, with the right amplitude; and see what a gradient would see.

# %%
quarter = torch.arange(SAMPLE_RATE // 4).double() / SAMPLE_RATE
target = 0.8 * torch.sin(2 * math.pi * 440 * quarter)


def loss_at(amplitude: Tensor, f_hz: Tensor) -> Tensor:
    """amplitude [n], f_hz [n] -> waveform loss [n] against a quarter of a second of 440 Hz"""
    sine = amplitude[:, None] * torch.sin(2 * math.pi * f_hz[:, None] * quarter)
    return (sine - target).square().mean(-1)


amplitudes, around = torch.linspace(-0.5, 2, 400).double(), torch.linspace(400, 480, 1601).double()
plots.curves(
    amplitudes,
    loss_at(amplitudes, torch.full_like(amplitudes, 440)),
    x_label="amplitude (no unit)",
    y_label="waveform loss",
    title="Over the amplitude, at the right frequency",
    alt="A parabola with its lowest point, zero, at amplitude 0.8.",
)
plots.curves(
    around,
    loss_at(torch.full_like(around, 0.8), around),
    x_label="frequency (Hz)",
    y_label="waveform loss",
    title="Over the frequency, at the right amplitude",
    alt="A flat line with ripples, a narrow pit down to zero at 440 Hz and a hill on either side of the pit.",
)

# %% [markdown]
# Over the amplitude: a bowl. $L$ is quadratic in $a$, so from anywhere the gradient points to the one lowest point. *That is why
# amplitudes can be learned.* Over the frequency: a plain with ripples, and one pit, a few hertz wide. Two tones of
# frequencies $\Delta$ apart agree at first and are half a turn apart after $1/(2\Delta)$ seconds; over a time $T$ that is long against this, they
# agree as often as they disagree, and the loss says nothing. Its mean cross term is a sinc in $\Delta T$,
#
# $$L(\Delta) \approx a^2\left(1 - \frac{\sin(2\pi\Delta T)}{2\pi\Delta T}\right)$$
#
# whose first hill, where the slope turns away from the pit, stands where $\tan(2\pi\Delta T) = 2\pi\Delta T$: at $\Delta T = 0.715$.
#
# > **Guess.** Here $T$ is a quarter of a second. How far from 440 Hz, in Hz, may a descent begin and still roll into the pit?

# %% tags=["question"]
question("1.8", answer=None)

# %% [markdown]
# > **Guess.** A descent may move both, amplitude and frequency. It begins at 300 Hz with amplitude 0.5. What happens to the
# > amplitude?
# > **a** it finds 0.8 all the same · **b** it falls towards 0 · **c** it grows without bound · **d** nothing: without the frequency there is
# > no gradient

# %% tags=["question"]
question("1.9", answer=None)


# %%
def descend(f_start: float, many: int, a_start: float = 0.5) -> tuple[list[float], list[float]]:
    """Gradient descent on both, by your gradients: the amplitudes and the frequencies on the way."""
    a, f, way = a_start, f_start, ([], [])
    for _ in range(many):
        for_a, for_f = sine_gradients(a, f, target, SAMPLE_RATE)
        a, f = a - 0.05 * float(for_a), f - 1.0 * float(for_f)
        way[0].append(a)
        way[1].append(f)
    return way


# %%
starts = (300.0, 435.0, 438.5)
ways = {f"{start:g} Hz": descend(start, many=steps(400)) for start in starts}
count = torch.arange(len(ways["300 Hz"][0]))
plots.curves(
    count,
    {name: torch.tensor(way[1]) - 440 for name, way in ways.items() if name != "300 Hz"},
    x_label="step",
    y_label="frequency - 440 (Hz)",
    title="Where the frequency goes",
    alt="Of two descents, the one that begins at 438.5 Hz arrives at 440, the one from 435 Hz comes to rest about 5 Hz below.",
)
listening.compare(
    {
        "target": target.float(),
        **{
            f"from {name}": torch.tensor(way[0][-1]) * torch.sin(2 * math.pi * way[1][-1] * quarter).float()
            for name, way in ways.items()
        },
    }
)

# %% tags=["number"]
for name, (a, f) in ways.items():
    print(f"from {name}: {'found it' if abs(f[-1] - 440) < 0.5 and abs(a[-1] - 0.8) < 0.1 else 'lost'}")
verdict("amplitude that the descent from 300 Hz ends with", ways["300 Hz"][0][-1], below=0.1)

# %% [markdown]
# Unless the frequency is all but known, the best that a waveform loss can do is to fall silent. And so the whole construction
# of DDSP: **amplitudes are learned, the frequency is not.** A pitch tracker (lesson 08) says the frequency; the network says the
# rest. Is there a loss that would see further? Lessons 06 and 07 find one that sees further than a hundred hertz, and even then the
# question stays open: it is one of the field's.
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `phase`, `safe_phase` | inside `dsp.sinusoidal_synthesis` and `dsp.harmonic_synthesis` | an initial phase in, a final phase out, so that two parts joined equal one whole; between frames the sum is known in closed form, so that only 250 numbers a second are left to add |
# | `heard_frequency` | the mask in `dsp.normalize_harmonics` | it silences what would fold (lesson 02) |
# | `sine_gradients` | `torch.autograd` | nothing, to fifteen digits |
#
# They live in `ddsp_course/dsp/phase.py` and `oscillators.py`. What you got right is in your workbook, in `my_ddsp/lesson_01.py`.

# %%
show_progress(1)

# %% [markdown]
# **To read.** Julius O. Smith: *Mathematics of the Discrete Fourier Transform*, [chapter 4](https://ccrma.stanford.edu/~jos/mdft/),
# sinusoids, and the appendix on sampling theory. Turian and Henry: *I'm sorry for your loss: spectrally-based audio distances are bad at pitch*, 2020,
# [arXiv:2012.04572](https://arxiv.org/abs/2012.04572), which drew such landscapes for a dozen losses. Hayes, Saitis, Fazekas: *Sinusoidal frequency
# estimation by gradient descent*, 2023, [arXiv:2210.14476](https://arxiv.org/abs/2210.14476), a way out.
#
# **To try.** Let the crowd of thirty go to another chord, or come from it. With your own oscillator, give one voice 16 000 Hz more than it has: can you
# hear which? Make the quarter of a second shorter and see the pit grow wide.
#
# **Next.** Lesson 02: from one sine to a hundred, all from one phase.
