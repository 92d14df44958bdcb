# %% [markdown]
# # Lesson 16 · Filters with memory
#
# **You will build** the frequency response of any filter that listens to its own output, a biquad that no network can make explode, two of
# three ways to a gradient through a recursion, and the analysis that takes a vowel apart into a buzz and a mouth.
#
# **You will hear** a string that speaks with a singer's vowels, a resonance between wind and bell, a filter that runs away (at a safe
# level), a bell that rings before it is struck, and a buzz from which all vowels are gone.
#
# **You need** lesson 04 (filters without memory, the FFT as a filter) and lesson 05 (decays). From school: complex numbers.
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
import time

import numpy as np
import torch
import torchaudio
from torch import Tensor

from ddsp_course import dsp, instruments
from ddsp_course.classroom import check, listening, plots, question, report, show_progress, steps, verdict
from ddsp_course.instruments.performer import Gesture
from ddsp_course.instruments.voice import formants

SAMPLE_RATE = 16_000
ORDER = 30  # how many samples a vowel remembers, you will see why

# %% [markdown]
# ## First, the finished sound
#
# Our singer sings five vowels on one note. A bowed string plays a tune. Then the singer's mouth is put onto the string: what her lips and
# tongue did to her voice, they do to the bow. Last, onto plain noise.


# %%
def sung(f0_hz: float, seconds: float = 0.6) -> tuple[Tensor, Tensor]:
    """Five vowels on one pitch -> audio [1, samples], and the true resonances of the mouth [frames, 13] in Hz"""
    frames = round(seconds * 250)
    t = torch.arange(5 * frames) / 250
    within = t % seconds
    gate = (within / 0.04).clamp(max=1) * ((seconds - 0.04 - within) / 0.06).clamp(0, 1)
    vibrato = 2 ** (0.2 / 12 * torch.sin(2 * math.pi * 5.5 * t))
    take = instruments.play("voice", f0_hz * vibrato, 0.6, gate, seed=11, room=torch.ones(1))
    still = np.ones(5 * frames)
    gesture = Gesture(take.f0_hz[0].double().numpy(), still, gate.numpy(), still, take.config, take.notes, seed=11)
    return take.dry, torch.from_numpy(formants(gesture, body_seed=0))


def frames_of(audio: Tensor) -> Tensor:
    """audio [1, samples] -> [frames, 512]: windows of 32 ms, one every 8 ms"""
    return torch.nn.functional.pad(audio, (384, 512))[0].unfold(0, 512, 128) * torch.hann_window(512)


def spoken_by(voice: Tensor, source: Tensor) -> Tensor:
    """The mouth of voice [1, n], frame by frame, put onto source [1, n] -> [1, n]"""
    mouth, strength = dsp.linear_prediction(frames_of(voice), ORDER)
    own, own_strength = dsp.linear_prediction(frames_of(source), ORDER)
    buzz = dsp.recursive_filter(frames_of(source), own, torch.ones(1))  # without its own colour
    buzz = buzz * (strength / own_strength.clamp_min(1e-4))[:, None]
    spoken = dsp.recursive_filter(torch.nn.functional.pad(buzz, (0, 384)), torch.ones(1), mouth)
    spoken = spoken * torch.cat([torch.ones(640), torch.linspace(1, 0, 256)])  # what rings on is faded out
    laid = torch.nn.functional.fold(spoken.T[None], (1, 128 * (len(spoken) + 6)), (1, 896), stride=(1, 128))
    return 0.5 * laid[:, 0, 0, 384 : 384 + voice.shape[1]]


def level(audio: Tensor, rms: float = 0.06) -> Tensor:
    """Equally strong, and faded in and out within 10 ms"""
    n, samples = torch.arange(audio.shape[-1]), audio.shape[-1]
    faded = audio * (n / 160).clamp(max=1) * ((samples - 1 - n) / 160).clamp(max=1)
    return rms * faded / faded.square().mean().sqrt()


voice, true_hz = sung(110.0)
tune_midi = torch.tensor([55.0, 58, 53, 60, 55]).repeat_interleave(150)
string = instruments.play("bowed_string", dsp.midi_to_hz(tune_midi), 0.6, seconds=3.0, room=torch.ones(1)).dry
noise = 0.1 * dsp.white_noise(1, 48_000, generator=torch.Generator().manual_seed(0))
listening.compare(
    {
        "the singer": level(voice),
        "the string": level(string),
        "the string speaks": level(spoken_by(voice, string)),
        "the noise whispers": level(spoken_by(voice, noise)),
    }
)

# %% [markdown]
# The mouth in there is 30 numbers per frame and one line of code. An FIR filter of lesson 04 would need hundreds of taps for
# the same vowels. Why so few? Because this filter *listens to itself*.
#
# ## A filter that hears itself
#
# All filters so far were sums over the past of the *input*. Now let the *output* come back too:
#
# $$y(n) = b_0 x(n) + b_1 x(n-1) + b_2 x(n-2) - a_1 y(n-1) - a_2 y(n-2)$$
#
# $x$ is the sound that goes in, $y$ the one that comes out, $n$ counts samples; the $b$ weigh the input, the $a$ the **memory**. Two steps
# back on both sides: a **biquad**, the brick that equalisers and synthesizers are built from. With $a_1 = -0.999$ and the rest of the
# memory 0, a click goes on as $1, 0.999, 0.998, \dots$ and never quite ends. An endless impulse response (**IIR**) from one number.
#
# **What does it do to a frequency?** Send in a pointer that turns, $x(n) = e^{i\omega n}$ with $\omega = 2\pi f/f_s$ radians a sample ($f$
# in Hz, $f_s$ samples a second). Guess that, in the end, the output is the same pointer times a number, $y(n) = H e^{i\omega n}$, and put
# it in. A step back is a turn back, $y(n-1) = e^{-i\omega} y(n)$, so
#
# $$H\,(1 + a_1 e^{-i\omega} + a_2 e^{-2i\omega}) = b_0 + b_1 e^{-i\omega} + b_2 e^{-2i\omega}
# \quad\Rightarrow\quad H(f) = \frac{\sum_k b_k e^{-i\omega k}}{\sum_k a_k e^{-i\omega k}}, \quad a_0 = 1$$
#
# Two short sums, one above the other. $|H|$ is the gain, its angle the turn.
#
# ### Exercise 16.1: the frequency response
#
# <details><summary>Hint 1</summary><code>torch.exp(-1j * w[:, None] * k)</code> with k = 0, 1, 2, ... is a table [frequencies, coefficients].</details>
# <details><summary>Hint 2</summary>A table times a list: <code>table @ b.to(table.dtype)</code>. The numbers of b and of a may differ.</details>


# %% tags=["exercise"]
def frequency_response(b: Tensor, a: Tensor, f_hz: Tensor, sample_rate: int) -> Tensor:
    """b [m], a [p] with a[0] = 1, f_hz [n] in Hz -> H [n], complex"""
    ### BEGIN SOLUTION
    turn = 2 * math.pi * f_hz / sample_rate

    def polynomial(c: Tensor) -> Tensor:
        table = torch.exp(-1j * turn[:, None] * torch.arange(len(c)))
        return table @ c.to(table.dtype)

    return polynomial(b) / polynomial(a)
    ### END SOLUTION


# %% tags=["check"]
frequency_response = check("16.1", frequency_response)

# %% [markdown]
# ## Poles: where the memory rings
#
# Write $z$ for $e^{i\omega}$, a point on the unit circle; as $f$ goes from 0 Hz to half the sample rate, $z$ walks along the upper half of
# the circle. The lower sum becomes $z^{-2}(z^2 + a_1 z + a_2) = z^{-2}(z - p_1)(z - p_2)$: the $p$ are the **poles**. The upper sum's are
# the **zeros**, $q$. Then
#
# $$|H| = |b_0|\,\frac{|z - q_1|\,|z - q_2|}{|z - p_1|\,|z - p_2|}$$
#
# Gain is *distance to the zeros over distance to the poles*. Walk past a pole closely and it is loud. A pair of poles at radius $r$ and
# angle $\pm\theta$ has $z^2 + a_1 z + a_2 = (z - re^{i\theta})(z - re^{-i\theta})$, so
#
# $$a_1 = -2r\cos\theta, \qquad a_2 = r^2$$
#
# It is a **resonance** at $f = \theta f_s/2\pi$. After a click it rings as $r^n \sin((n+1)\theta)/\sin\theta$, a sine that dies away; for
# $r$ near 1 its peak is $B = -\ln(r) f_s/\pi$ Hz wide (where it is 3 dB down). So $r = e^{-\pi B/f_s}$.


# %%
def resonance(f_hz: float, bandwidth_hz: float) -> Tensor:
    """-> a [3], float64, of two poles"""
    radius, angle = math.exp(-math.pi * bandwidth_hz / SAMPLE_RATE), 2 * math.pi * f_hz / SAMPLE_RATE
    return torch.tensor([1.0, -2 * radius * math.cos(angle), radius**2], dtype=torch.float64)


ONE = torch.ones(1, dtype=torch.float64)
WIDTHS_HZ = (800.0, 200.0, 40.0, 2.0)
hz = torch.linspace(0, 3000, 6001).double()
with plots.figure(
    alt="Left, four crosses on the ray of 1000 Hz, nearer and nearer to the unit circle, the last one on it to the eye; right, their responses, from a broad hill of 20 dB to a needle of 70 dB at 1000 Hz.",
    height_inches=3.8,
    columns=2,
) as (plane, response):
    circle = torch.linspace(0, math.pi / 2, 200)
    plane.plot(torch.cos(circle), torch.sin(circle), color="#555555", linewidth=1)
    plane.plot([0, math.cos(math.pi / 8)], [0, math.sin(math.pi / 8)], color="#555555", linewidth=1, linestyle=":")
    for i, width in enumerate(WIDTHS_HZ):
        a = resonance(1000.0, width)
        real = -float(a[1]) / 2
        plane.plot(real, math.sqrt(float(a[2]) - real**2), "x", color=plots.COLOURS[i], markersize=9, markeredgewidth=2)
        gain_db = 20 * frequency_response(ONE, a, hz, SAMPLE_RATE).abs().log10()
        response.plot(hz, gain_db, color=plots.COLOURS[i], linestyle=plots.LINES[i], label=f"{width:g} Hz wide")
    plane.set(
        aspect="equal",
        xlim=(0.6, 1.05),
        ylim=(0.15, 0.6),
        xlabel="real part (no unit)",
        ylabel="imaginary part (no unit)",
    )
    plane.set_title("Poles, and a piece of the unit circle", loc="left")
    response.set(xlabel="frequency (Hz)", ylabel="gain (dB)")
    response.set_title("Their responses", loc="left")
    response.legend(fontsize=9)

# %% [markdown]
# Now by ear: puffs of noise, then three taps, through each of the four.

# %%
dice = torch.Generator().manual_seed(1)
seconds = torch.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
puffs = (
    dsp.white_noise(1, 2 * SAMPLE_RATE, generator=dice) * torch.sin(4 * math.pi * seconds).clamp_min(0) * (seconds < 1)
)
puffs[0, [16_500, 20_500, 24_500]] = 8.0
puffs = puffs.double()


def ringing(frequency_hz: float = 1000.0, bandwidth_hz: float = 100.0) -> Tensor:
    return level(dsp.recursive_filter(puffs, ONE, resonance(frequency_hz, bandwidth_hz)), 0.04)


listening.compare({f"{width:g} Hz wide": ringing(1000.0, width) for width in WIDTHS_HZ})

# %%
listening.explore(
    ringing,
    frequency_hz=listening.Slider(100, 4000, 1000, log=True, unit="Hz"),
    bandwidth_hz=listening.Slider(1, 1000, 30, log=True, unit="Hz"),
)

# %% [markdown]
# Wind at one end, a bell at the other, and in between a woodblock. A narrow peak and a long ring are one thing said twice.
#
# > **Guess, with a pocket calculator.** A pair of poles at radius 0.999, at 16 000 samples a second. After how many *milliseconds* has its
# > ring fallen by 60 dB?

# %% tags=["question"]
question("16.6", answer=None)

# %% [markdown]
# ## What goes wrong: over the edge
#
# Each turn multiplies the ring by $r$. What if $r$ is a hair larger than 1? One tap, three filters. The last is turned down and held back
# by a soft limiter ($\tanh$): do not try this at home with a bare `play`.

# %%
RADII = (0.9995, 1.0, 1.0005)
tap = torch.zeros(1, SAMPLE_RATE, dtype=torch.float64)
tap[0, 0] = 1.0
angle = 2 * math.pi * 440 / SAMPLE_RATE
rung = {
    f"radius {radius:g}": dsp.recursive_filter(
        tap, ONE, torch.tensor([1.0, -2 * radius * math.cos(angle), radius**2], dtype=torch.float64)
    )
    for radius in RADII
}
fade = ((SAMPLE_RATE - 1 - torch.arange(SAMPLE_RATE)) / 800).clamp(max=1) * (torch.arange(SAMPLE_RATE) / 80).clamp(
    max=1
)
listening.compare({name: 0.1 * torch.tanh(0.05 * sound) * fade for name, sound in rung.items()})
plots.curves(
    torch.arange(100) / 100,
    {name: 20 * sound[0].reshape(100, 160).abs().amax(1).log10() for name, sound in rung.items()},
    x_label="time (s)",
    y_label="peak within 10 ms (dB)",
    title="A ring of 440 Hz, before the limiter",
    alt="Three straight lines from about 15 dB: one falls to -54 dB within a second, one stays level, one climbs to 84 dB.",
)

# %% [markdown]
# A **stable** filter has all poles inside the circle. Half a thousandth further out and it climbs 70 dB a second, then overflows. For a
# filter that you design, you look. For one that *gradient descent* moves, ten thousand times, nobody looks.
#
# Where, in terms of $a_1$ and $a_2$, is inside? The product of the poles is $a_2$: if both are inside, $|a_2| < 1$. A pair $re^{\pm
# i\theta}$ needs no more. Two *real* poles lie between -1 and 1 exactly if, besides, the parabola $z^2 + a_1 z + a_2$ is positive at both
# ends, $z = \pm 1$:
#
# $$1 + a_1 + a_2 > 0, \quad 1 - a_1 + a_2 > 0 \qquad\Longleftrightarrow\qquad |a_1| < 1 + a_2$$
#
# That is a **triangle**. To stay inside, do not forbid: *parametrise*. Let the network say any two numbers $u, v$, and squeeze them:
# $\tanh$ maps everything into (-1, 1). First $a_2 = \tanh v$. Then spread $\tanh u$ over the width that is left at that height.
#
# ### Exercise 16.2: always stable
#
# <details><summary>Hint 1</summary>At height a2 the triangle reaches from -(1 + a2) to 1 + a2.</details>
# <details><summary>Hint 2</summary><code>torch.stack([...], dim=-1)</code> puts 1, a1, a2 into a new last axis.</details>


# %% tags=["exercise"]
def stable_biquad(raw: Tensor) -> Tensor:
    """raw [..., 2] = u, v, any numbers -> a [..., 3] = 1, a1, a2"""
    ### BEGIN SOLUTION
    a2 = torch.tanh(raw[..., 1])
    a1 = (1 + a2) * torch.tanh(raw[..., 0])
    return torch.stack([torch.ones_like(a1), a1, a2], dim=-1)
    ### END SOLUTION


# %% tags=["check"]
stable_biquad = check("16.2", stable_biquad)

# %% [markdown]
# Now let Adam find a resonance of 2000 Hz, 100 Hz wide, from its *gain curve* in dB, twice: once moving $a_1, a_2$ as they are, once moving
# $u, v$. Both start at the same place, a hill around 5300 Hz. (The overall gain is left free: both curves are compared less their means.)
#
# > **Guess.** Say the free one arrives: its gain curve and the target's are the same. Is the filter that it found stable? **a** yes: its
# > gain is finite at every frequency · **b** yes: a filter that explodes would have had a huge loss · **c** the gain curve cannot tell ·
# > **d** no: without squeezing, gradient descent always ends outside

# %% tags=["question"]
question("16.7", answer=None)

# %%
TARGET = resonance(2000.0, 100.0)
grid_hz = torch.linspace(20, 7980, 400).double()


def shape_db(a: Tensor) -> Tensor:
    gain_db = 20 * frequency_response(ONE, a, grid_hz, SAMPLE_RATE).abs().clamp_min(1e-9).log10()
    return gain_db - gain_db.mean()


def search(start: Tensor, memory) -> tuple[Tensor, Tensor]:
    """Adam from start [2] on; memory(start) is a [3] -> the path of a1, a2 [steps, 2], and the last error in dB (rms)"""
    raw, path = start.clone().requires_grad_(), []
    optimizer = torch.optim.Adam([raw], lr=0.1)
    slower = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0.01, 400)
    for _ in range(400):
        a = memory(raw)
        loss = (shape_db(a) - shape_db(TARGET)).square().mean()
        path.append(a[1:].detach())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        slower.step()
    return torch.stack(path), loss.detach().sqrt()


begin = torch.tensor([0.9, 0.9], dtype=torch.float64)
begin_raw = torch.atanh(torch.stack([begin[0] / (1 + begin[1]), begin[1]]))
free, free_error = search(begin, lambda raw: torch.cat([ONE, raw]))
squeezed, squeezed_error = search(begin_raw, stable_biquad)
with plots.figure(
    alt="The triangle of stable biquads with two paths that start at the same point in it near the top; the free one leaves it through the upper edge and ends above it, the squeezed one ends at the target below the edge.",
    height_inches=4.2,
) as axes:
    axes.fill([-2, 2, 0], [1, 1, -1], color="#dddddd", label="stable")
    end = {"marker": "s", "markevery": [-1], "markersize": 6}
    axes.plot(free[:, 0], free[:, 1], color=plots.COLOURS[1], label="a1, a2 moved freely", **end)
    axes.plot(squeezed[:, 0], squeezed[:, 1], color=plots.COLOURS[0], linestyle="--", label="u, v moved", **end)
    axes.plot(*begin, "o", color="black", label="start")
    axes.plot(*TARGET[1:], "x", color="black", markersize=9, markeredgewidth=2, label="target")
    axes.set(xlabel="a1 (no unit)", ylabel="a2 (no unit)")
    axes.set_title("Two ways through the triangle; squares: where they end", loc="left")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=9)


def largest_pole(a: Tensor) -> float:
    return float(np.abs(np.roots(a.numpy())).max())


# %% tags=["number"]
for name, path, error in (("free", free, free_error), ("squeezed", squeezed, squeezed_error)):
    verdict(f"{name}: the gain curve is off by", error, below=0.1, unit="dB")
    report(f"{name}: radius of its poles", largest_pole(torch.cat([ONE, path[-1]])), digits=2)
report("the target's", largest_pole(TARGET), digits=2)

# %% [markdown]
# Both curves are right, to less than a tenth of a decibel. And the free filter is a bomb: its poles ended at $1/r$, the target's seen in
# the mirror of the circle. On the circle a pole at $re^{i\theta}$ and one at $\tfrac1r e^{i\theta}$ are at distances of the same ratio from
# *every* point, so no gain curve can tell them apart. The guard has to be in the parametrisation.
#
# ## A loop in Python
#
# Enough of frequencies: filter something. The recursion is three lines, and autograd can differentiate each step of it.


# %%
def loop(audio: Tensor, b: Tensor, a: Tensor) -> Tensor:
    """audio [batch, samples], b [1], a [3] -> [batch, samples], as the formula says"""
    y = [torch.zeros(len(audio), dtype=audio.dtype)] * 2
    for x in audio.unbind(-1):
        y.append(b[0] * x - a[1] * y[-1] - a[2] * y[-2])
    return torch.stack(y[2:], dim=-1)


short = dsp.white_noise(1, 3000, generator=torch.Generator().manual_seed(2)).double()


def lfilter(audio: Tensor, b: Tensor, a: Tensor) -> Tensor:
    """torchaudio's, which wants a before b and both of one length"""
    return torchaudio.functional.lfilter(audio, a, torch.nn.functional.pad(b, (0, len(a) - len(b))), clamp=False)


def gradients(filtered, audio: Tensor, a: Tensor) -> Tensor:
    """The gradient of some loss for a1 and a2, by a way to filter"""
    a = a.clone().requires_grad_()
    out = filtered(audio, ONE.to(a.dtype), a)
    (out * torch.cos(torch.arange(out.shape[-1]) / 9)).sum().backward()
    return a.grad[1:]


def seconds_for(filtered, tries: int = 12) -> float:
    """The best of some tries of forward and backward, on one thread, as a loop can use no more"""
    threads, taken = torch.get_num_threads(), []
    torch.set_num_threads(1)
    for _ in range(tries):
        start = time.perf_counter()
        gradients(filtered, short, resonance(440.0, 50.0))
        taken.append(time.perf_counter() - start)
    torch.set_num_threads(threads)
    return min(taken)


def recorded_steps(result: Tensor) -> int:
    """How many operations autograd has written down"""
    seen, todo = set(), [result.grad_fn]
    while todo:
        node = todo.pop()
        if node is not None and node not in seen:
            seen.add(node)
            todo += [before for before, _ in node.next_functions]
    return len(seen)


# %% tags=["number"]
memory = resonance(440.0, 50.0).requires_grad_()
verdict(
    "the loop: operations that autograd wrote down, per sample",
    recorded_steps(loop(short, ONE, memory)) / 3000,
    above=4,
)
loop_seconds = seconds_for(loop, tries=2)
verdict("torchaudio's lfilter, forward and back: times as fast", loop_seconds / seconds_for(lfilter), above=30)
verdict("the package's filter: times as fast", loop_seconds / seconds_for(dsp.recursive_filter), above=10)

# %% [markdown]
# The arithmetic is three multiplications a sample, nanoseconds. All the rest is bookkeeping: each line of Python wakes the interpreter,
# makes a tensor of *one* number and notes it down for the way back, and sample $n$ cannot begin before $n-1$ is done. The longer the sound,
# the worse the ratio: measure your own at 16 000 samples.
#
# Two ways out. Write the loop in C++: `torchaudio.functional.lfilter`. Or take bigger steps: within a block of $M$ samples the filter is
# *one matrix* (what each input does to each output), and from block to block only the last two outputs are handed on. With $M = \sqrt N$ a
# sound of 16 000 samples is 126 steps. That is `dsp.recursive_filter`; it runs on a GPU as it is.
#
# Both come with a **gradient**. Where does it come from, without a note for every step? Three ways to one.
#
# ## Way 1: pretend it has no loop
#
# By the formula for $H$ we know what the filter does to every frequency. So do as in lesson 04: FFT, multiply by $H$ at the bins, back. No
# loop, and autograd does the rest. This is **frequency sampling**, and most DDSP papers with an IIR filter in them train that way.
#
# ### Exercise 16.3: frequency sampling
#
# The FFT has `fft_size` points; `rfft(audio, fft_size)` fills up with zeros.
#
# <details><summary>Hint 1</summary>Bin j of an FFT of N points stands for w = 2 pi j / N, j = 0 to N // 2: <code>frequency_response</code> with N as the sample rate and
# j as the frequency.</details>
# <details><summary>Hint 2</summary>Only the first samples of the result are asked for, as many as went in.</details>


# %% tags=["exercise"]
def sampled_filter(audio: Tensor, b: Tensor, a: Tensor, fft_size: int) -> Tensor:
    """audio [batch, samples], b [m], a [p], fft_size >= samples, even -> [batch, samples]"""
    ### BEGIN SOLUTION
    bins = torch.arange(fft_size // 2 + 1, dtype=b.dtype)
    response = dsp.frequency_response(b, a, bins, sample_rate=fft_size)
    return torch.fft.irfft(torch.fft.rfft(audio, fft_size) * response, fft_size)[:, : audio.shape[1]]
    ### END SOLUTION


# %% tags=["check"]
sampled_filter = check("16.3", sampled_filter)

# %% [markdown]
# What is swept under the carpet? An FFT of $N$ points knows only things that repeat after $N$ samples. The filter's impulse response $h$
# does not end, so whatever comes after $N$ is laid over the beginning: the FFT's version of it is $\sum_m h(n + mN)$. That is aliasing, the
# same as in lesson 01, in *time* instead of frequency. A bell, struck in the middle of a second, with an FFT of just this second:

# %%
struck = torch.zeros(1, SAMPLE_RATE, dtype=torch.float64)
struck[0, 8000] = 1.0
bell = resonance(880.0, 1.0)
exact = dsp.recursive_filter(struck, ONE, bell)
ends = ((SAMPLE_RATE - 1 - torch.arange(SAMPLE_RATE)) / 160).clamp(max=1) * (torch.arange(SAMPLE_RATE) / 160).clamp(
    max=1
)
sounds = {"as it is": exact} | listening.with_yours(
    "by an FFT of 16 000", sampled_filter, lambda filtered: filtered(struck, ONE, bell, SAMPLE_RATE)
)
sounds["by an FFT of 64 000"] = sampled_filter(struck, ONE, bell, 4 * SAMPLE_RATE)
listening.compare({name: 0.1 * sound * ends for name, sound in sounds.items()})
plots.waveform(
    {name: 0.1 * sound for name, sound in sounds.items()},
    sample_rate=SAMPLE_RATE,
    layout="stack",
    alt="A ring that begins at 0.5 s and dies away slowly; by the short FFT there is already a weak ring from 0 s on, before the stroke; by the long one there is none.",
)

# %% [markdown]
# The short one rings *before* it is struck: the end of the ring came round to the front. How much comes round? The slowest pole's $r^N$.
#
# > **Guess, with a pocket calculator.** A pole at radius 0.999, an FFT of 4096 points. How many dB *below* the beginning of the ring is what is
# > folded onto it?

# %% tags=["question"]
question("16.8", answer=None)

# %%
sizes = [512, 1024, 2048, 4096, 8192, 16384]
blow = torch.zeros(1, 512, dtype=torch.float64)
blow[0, 0] = 1.0
errors = {}
for radius in (0.99, 0.999, 0.9999):
    memory = torch.tensor([1.0, -radius], dtype=torch.float64)
    true = dsp.recursive_filter(blow, ONE, memory)
    measured = [float((sampled_filter(blow, ONE, memory, size) - true).abs().max()) for size in sizes]
    errors[f"radius {radius}, measured"] = [20 * math.log10(max(error, 1e-7)) for error in measured]
errors["0.999, by the formula"] = [20 * size * math.log10(0.999) for size in sizes]
plots.curves(
    sizes,
    errors,
    x_label="size of the FFT (samples)",
    y_label="largest error (dB, the first sample is 0)",
    title="How much comes round (-140 dB or less is -140)",
    log_x=True,
    points=True,
    y_range=(-145, 35),
    alt="The error falls faster and faster as the FFT grows: for radius 0.99 it is below -80 dB at 1024 points, for 0.999 it is -36 dB at 4096 points, as by the formula, and for 0.9999 still -12 dB at 16384.",
)

# %% tags=["number"]
report("radius 0.999, FFT of 4096: measured", errors["radius 0.999, measured"][3], "dB", digits=2)
report("by the formula", errors["0.999, by the formula"][3], "dB", digits=1)

# %% [markdown]
# (At radius 0.9999 and 512 points the error is *above* 0 dB: twenty rounds of the ring lie on top of each other.) And an unstable filter?
# Through an FFT it sounds fine. It explodes only when you take it out into the world and let it run, sample by sample.
#
# ## Way 2: let torchaudio do it · Way 3: do it yourself
#
# `lfilter` carries its own gradient. It is exact, and short enough to write yourself, after Forgione and Piga (2021) and Yu et al. (2024).
#
# Take a filter of poles only, $y(n) = x(n) - \sum_k a_k y(n-k)$. (Zeros are a plain FIR; autograd does those.) Downstream there is a loss
# $L$; what comes in is $g(n) = \partial L/\partial y(n)$, were $y(n)$ free. Asked: $\partial L/\partial x(n)$ and $\partial L/\partial
# a_k$.
#
# **For $x$.** What does $x(n)$ change? $y(n)$, and through it all that comes later: $x(n)$ is heard in $y(n+m)$ with weight $h(m)$. So
# $\partial L/\partial x(n) = \sum_m h(m)\, g(n+m)$. That is the same filter, only it sums over the *future*: it runs **backwards in time**.
# Flip $g$, filter, flip.
#
# **For $a_k$.** Differentiate the recursion, product by product:
#
# $$\frac{\partial y(n)}{\partial a_k} = -y(n-k) - \sum_j a_j \frac{\partial y(n-j)}{\partial a_k}$$
#
# Read it again: this is the *same filter* with $-y(n-k)$ as its input. To turn the knob $a_k$ is to disturb $x(n)$ by $-y(n-k)$, and
# what that does to $L$ we know already:
#
# $$\frac{\partial L}{\partial a_k} = -\sum_n \frac{\partial L}{\partial x(n)}\, y(n-k)$$
#
# One more run of the filter, and $p$ sums, however long the sound. Nothing is written down on the way but $y$.
#
# ### Exercise 16.4: backwards in time
#
# <details><summary>Hint 1</summary><code>.flip(-1)</code> turns time round; filter with <code>dsp.recursive_filter(..., one, a)</code>, where one is
# <code>torch.ones(1, dtype=a.dtype)</code>.</details>
# <details><summary>Hint 2</summary><code>y[:, :-k]</code> beside <code>x_grad[:, k:]</code> pairs y(n - k) with n. Before the beginning there was silence.</details>
# <details><summary>Hint 3</summary>The order is <code>len(a) - 1</code>; there is no gradient for a[0], which is fixed to 1. Sum over the batch too.</details>


# %% tags=["exercise"]
def all_pole_gradients(y_grad: Tensor, y: Tensor, a: Tensor) -> tuple[Tensor, Tensor]:
    """y_grad and y [batch, samples], a [order + 1] with a[0] = 1 -> x_grad [batch, samples], a_grad [order] for a1, a2, ..."""
    ### BEGIN SOLUTION
    one = torch.ones(1, dtype=a.dtype)
    x_grad = dsp.recursive_filter(y_grad.flip(-1), one, a).flip(-1)
    a_grad = [-(x_grad[:, k:] * y[:, :-k]).sum() for k in range(1, len(a))]
    return x_grad, torch.stack(a_grad)
    ### END SOLUTION


# %% tags=["check"]
all_pole_gradients = check("16.4", all_pole_gradients)

# %% [markdown]
# Hand it to autograd: `forward` may use any filter at all, even one that autograd cannot see through, for `backward` is yours. `gradcheck`
# nudges each number by a millionth and compares.


# %%
class AllPole(torch.autograd.Function):
    """A filter of poles with our own gradient: AllPole.apply(x [batch, samples], a [order + 1])"""

    @staticmethod
    def forward(ctx, x: Tensor, a: Tensor) -> Tensor:
        y = dsp.recursive_filter(x, torch.ones(1, dtype=a.dtype), a)
        ctx.save_for_backward(y, a)
        return y

    @staticmethod
    def backward(ctx, y_grad: Tensor) -> tuple[Tensor, Tensor]:
        x_grad, a_grad = all_pole_gradients(y_grad, *ctx.saved_tensors)
        a_grad = torch.as_tensor(a_grad)
        return x_grad, torch.cat([torch.zeros_like(a_grad[:1]), a_grad])


# %% tags=["number"]
tail = resonance(3000.0, 300.0)[1:].requires_grad_()
holds = torch.autograd.gradcheck(
    lambda x, tail: AllPole.apply(x, torch.cat([ONE, tail])), (short[:, :30].clone().requires_grad_(), tail)
)
print("our gradient agrees with finite differences:", holds)

# %% [markdown]
# Now all of them against the loop in float64, which is slow and right. A ring with $r = 0.9995$ that lasts longer than the sound; float32,
# as in training.

# %%
RING = torch.tensor([1.0, -2 * 0.9995 * math.cos(0.4), 0.9995**2], dtype=torch.float64)
right = gradients(loop, short, RING)
ways = {
    "frequency sampling": lambda x, b, a: sampled_filter(x, b, a, 6000),
    "lfilter": lfilter,
    "backwards in time": lambda x, b, a: AllPole.apply(x, a),
}
off_db = {
    name: 20 * math.log10(float((gradients(way, short.float(), RING.float()) - right).norm() / right.norm()))
    for name, way in ways.items()
}
plots.bars(
    {name: -off for name, off in off_db.items()},
    y_label="error below the gradient (dB)",
    title="How right: the higher, the better",
    digits=0,
    alt="Three bars: frequency sampling is right to 14 dB only, lfilter and ours to more than 60 dB.",
)
plots.bars(
    {name: loop_seconds / seconds_for(way) for name, way in ways.items()},
    y_label="times as fast as the loop",
    title="How fast, forward and back",
    digits=0,
    alt="Three bars, for frequency sampling, lfilter and ours: all of them are dozens to hundreds of times as fast as the loop.",
)

# %% tags=["number"]
report("frequency sampling: error of the gradient", off_db["frequency sampling"], "dB", digits=0)
verdict("lfilter", off_db["lfilter"], below=-60, unit="dB")
verdict("backwards in time", off_db["backwards in time"], below=-60, unit="dB")
verdict(
    "the slowest of the three: times as fast as the loop",
    min(loop_seconds / seconds_for(way) for way in ways.values()),
    above=10,
)

# %% [markdown]
# A fifth of the first one's gradient is wrong, though its FFT is twice as long as the sound: the ring outlives both. So: frequency sampling
# where rings are short against the FFT, or where a *spectrum* is all the loss looks at; the exact ones where the ring is long, the
# coefficients move from sample to sample (Yu et al. go on to those), or where sound has to come out in the end anyway.
#
# ## An equaliser, learned
#
# Mixing desks do not have knobs for $a_1$. They have *frequency*, *gain*, *width*. The recipe from knobs to coefficients is a page that
# everybody in audio has printed once, Robert Bristow-Johnson's **cookbook**. Its idea: begin with an analog resonance,
#
# $$H(s) = \frac{s^2 + s\,A/Q + 1}{s^2 + s/(AQ) + 1}$$
#
# $s = i\Omega$, and $\Omega$ is the frequency against the band's own. Far below ($s = 0$) and far above it is 1; at $s = i$ the squares
# cancel and $A^2$ remains: the gain, with $A = 10^{\text{dB}/40}$. $Q$ sets the width. To get from $s$ to $z$, bend the endless axis of
# $\Omega$ onto the circle:
#
# $$s = \frac{1}{\tan(\omega_0/2)} \cdot \frac{1 - z^{-1}}{1 + z^{-1}}$$
#
# On the circle that is $i \tan(\omega/2)/\tan(\omega_0/2)$: 0 Hz stays 0, $\omega_0$ comes to $i$, half the sample rate to infinity.
# Insert, multiply by $(1 + z^{-1})^2$, and there are five coefficients, stable for each $Q > 0$. That is `dsp.biquad("peak", ...)`; shelves
# are made alike.
#
# Somebody has turned the knobs of an equaliser behind our back. We have the string before, and after. Find the knobs: five bands, their 15
# numbers moved by Adam until the spectrum of *our* after is that of theirs, band by band of the ear.

# %%
HIDDEN = (
    ("low_shelf", 180.0, -9.0, 0.7),
    ("peak", 700.0, 8.0, 1.2),
    ("peak", 2400.0, -10.0, 2.0),
    ("high_shelf", 4500.0, 6.0, 0.7),
)
hidden_b, hidden_a = (
    torch.stack(each)
    for each in zip(
        *(dsp.biquad(kind, f, gain_db=gain, q=q, sample_rate=SAMPLE_RATE) for kind, f, gain, q in HIDDEN), strict=True
    )
)
before = level(string)
after = dsp.biquad_cascade(before, hidden_b, hidden_a)

KINDS = ("low_shelf", "peak", "peak", "peak", "high_shelf")
power = torch.fft.rfft(before[0]).abs().square()
target_power = torch.fft.rfft(after[0]).abs().square()
bin_hz = torch.linspace(0, SAMPLE_RATE / 2, len(power))
in_band = torch.bucketize(dsp.hz_to_erb(bin_hz), torch.linspace(1, 33.3, 66))


def bands_db(power: Tensor) -> Tensor:
    """power [bins] -> the level in 65 bands, each half as wide as the ear's, in dB"""
    return 10 * torch.zeros(67).index_add(0, in_band, power)[1:-1].clamp_min(1e-9).log10()


def equaliser(knobs: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """-> b and a, [bands, 3]"""
    each = [
        dsp.biquad(kind, f.exp(), gain_db=gain, q=q.exp(), sample_rate=SAMPLE_RATE)
        for kind, f, gain, q in zip(KINDS, knobs["log f"], knobs["gain"], knobs["log q"], strict=True)
    ]
    return torch.stack([b for b, _ in each]), torch.stack([a for _, a in each])


def response_db(b: Tensor, a: Tensor, f_hz: Tensor) -> Tensor:
    return 20 * dsp.frequency_response(b, a, f_hz, sample_rate=SAMPLE_RATE).abs().log10().sum(0)


knobs = {
    "log f": torch.tensor([100.0, 400.0, 1200.0, 3000.0, 6000.0]).log().requires_grad_(),
    "gain": torch.zeros(5, requires_grad=True),
    "log q": torch.tensor([0.7, 1.0, 1.0, 1.0, 0.7]).log().requires_grad_(),
}
optimizer = torch.optim.Adam(
    [{"params": [knobs["gain"]], "lr": 0.3}, {"params": [knobs["log f"], knobs["log q"]], "lr": 0.03}]
)
asked_hz = torch.logspace(math.log10(60), math.log10(7800), 200)
on_the_way = {"the hidden one": response_db(hidden_b, hidden_a, asked_hz)}
for step in range(steps(300)):
    if step == 20:
        on_the_way["after 20 steps"] = response_db(*equaliser(knobs), asked_hz).detach()
    gain = 10 ** (response_db(*equaliser(knobs), bin_hz) / 10)
    loss = (bands_db(power * gain) - bands_db(target_power)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
learned_b, learned_a = (each.detach() for each in equaliser(knobs))
on_the_way["learned"] = response_db(learned_b, learned_a, asked_hz)
plots.curves(
    asked_hz,
    on_the_way,
    x_label="frequency (Hz)",
    y_label="gain (dB)",
    title="Two equalisers",
    log_x=True,
    alt="The hidden curve is near -9 dB below 80 Hz, has a hill at 700 Hz, a dip at 2400 Hz and a step up at 4500 Hz; the learned curve lies on it.",
)
listening.compare(
    {
        "before": before,
        "after, theirs": level(after),
        "after, ours": level(dsp.biquad_cascade(before, learned_b, learned_a)),
    }
)

# %% tags=["number"]
apart = (on_the_way["learned"] - on_the_way["the hidden one"])[asked_hz > 150]
verdict("the two curves above 150 Hz, mean difference", apart.abs().mean(), below=1, unit="dB", of_training=True)
print("stable, each band:", all(largest_pole(a) < 1 for a in learned_a))

# %% [markdown]
# Trained in frequency, played in time: `biquad_cascade` runs the exact recursion, and there is no trace of the FFT. Look at the knobs, and
# they say something (`knobs["log f"].exp()`): but not always *what was turned*. We had five bands for their four, and a curve can be had in
# more than one way. Below 150 Hz the string has hardly any
# energy; what the curve does there is the shelf's shape, and nothing that was learned (lesson 05 knows that trouble).
#
# ## A vowel, taken apart
#
# Back to the mouth. A voice is a **source**, the buzz of the vocal folds, in a **filter**: the mouth is a tube, a tube resonates, a
# resonance is a pair of poles. So for each sample there ought to be $a$ with $x(n) = e(n) - \sum_k a_k x(n-k)$: the sound *guesses itself*
# from its past, up to a residual $e$, the buzz. Take the $a$ that leave the least. This is **linear prediction** (LPC).
#
# Minimise $E = \sum_n \big(x(n) + \sum_k a_k x(n-k)\big)^2$ over all $n$, with silence outside of the window. $\partial E/\partial a_j = 0$
# reads
#
# $$\sum_k a_k\, r_{|j-k|} = -r_j, \quad j = 1 \dots p, \qquad r_m = \sum_n x(n)\,x(n-m)$$
#
# $r$ is the **autocorrelation**; $p$ equations for $p$ numbers, the **normal equations**. A mouth has about one resonance per 1000 Hz, and
# each takes two poles: 16 up to 8 kHz. The rest of our $p = 30$ is for what is not poles: the source's own colour, and the zeros where
# resonances cancel.
#
# ### Exercise 16.5: linear prediction
#
# <details><summary>Hint 1</summary><code>(x[m:] * x[: n - m]).sum()</code> is r of m, also for m = 0.</details>
# <details><summary>Hint 2</summary><code>r[(j[:, None] - j).abs()]</code> with j = 0 ... p - 1 is the matrix; <code>torch.linalg.solve</code> does the rest.</details>


# %% tags=["exercise"]
def linear_prediction(audio: Tensor, order: int) -> Tensor:
    """audio [samples], already windowed -> a [order + 1] with a[0] = 1"""
    ### BEGIN SOLUTION
    n = len(audio)
    r = torch.stack([(audio[m:] * audio[: n - m]).sum() for m in range(order + 1)])
    j = torch.arange(order)
    tail = torch.linalg.solve(r[(j[:, None] - j).abs()], -r[1:])
    return torch.cat([torch.ones_like(tail[:1]), tail])
    ### END SOLUTION


# %% tags=["check"]
linear_prediction = check("16.5", linear_prediction)

# %% [markdown]
# A quarter of a second from the middle of each vowel. (First every sample less 0.97 times the one before it: that evens out the buzz, which
# is weak at the top.) The envelope $1/|A|$, and the poles' angles as frequencies: those of the narrow ones are the **formants**.


# %%
def middle_of(vowel: int, voice: Tensor) -> Tensor:
    """A quarter of a second of vowel 0 to 4, evened out and windowed, [4095], float64"""
    centre = round((0.6 * vowel + 0.3) * SAMPLE_RATE)
    x = voice[0, centre - 2048 : centre + 2048].double()
    return (x[1:] - 0.97 * x[:-1]) * torch.hann_window(4095, dtype=torch.float64)


def formants_of(a: Tensor, widest_hz: float = 600.0) -> np.ndarray:
    """The frequencies in Hz of the poles that are narrower than so many Hz, from the lowest on"""
    poles = np.roots(a.numpy())
    poles = poles[poles.imag > 0]
    narrow = -np.log(np.abs(poles)) * SAMPLE_RATE / math.pi < widest_hz
    return np.sort(np.angle(poles[narrow]) * SAMPLE_RATE / (2 * math.pi))


VOWELS = "aoeui"
truth = np.stack([true_hz[round((0.6 * vowel + 0.3) * 250), :2].numpy() for vowel in range(5)])
found = np.stack([formants_of(linear_prediction(middle_of(vowel, voice), ORDER))[:2] for vowel in range(5)])
e = middle_of(2, voice)
memory = linear_prediction(e, ORDER)
fft_hz = torch.arange(2049).double() * SAMPLE_RATE / 4096
with plots.figure(
    alt="Left, the spectrum of e, a comb of harmonics, under a smooth envelope with peaks at its formants; right, a chart of first and second formant of five vowels in which crosses and circles nearly coincide.",
    height_inches=4.0,
    columns=2,
) as (left, right):
    left.plot(fft_hz, 20 * torch.fft.rfft(e, 4096).abs().log10(), color="#56B4E9", linewidth=0.8, label="the sound")
    envelope = -20 * frequency_response(memory, ONE, fft_hz, SAMPLE_RATE).abs().log10()
    rms_db = 10 * (dsp.fft_convolve(e[None], memory, mode="full").square().sum()).log10()
    left.plot(fft_hz, envelope + rms_db, color=plots.COLOURS[1], label="1 / |A|")
    left.set(xlabel="frequency (Hz)", ylabel="level (dB)", xlim=(0, 5000), ylim=(-60, 40))
    left.set_title("The vowel e", loc="left")
    left.legend(fontsize=9)
    right.plot(truth[:, 0], truth[:, 1], "o", color="black", fillstyle="none", markersize=11, label="the mouth's own")
    right.plot(found[:, 0], found[:, 1], "x", color=plots.COLOURS[1], markeredgewidth=2, label="from the sound")
    for name, (f1, f2) in zip(VOWELS, truth, strict=True):
        right.annotate(name, (f1, f2), xytext=(0, 8), textcoords="offset points", ha="center")
    right.set(xlabel="first formant (Hz)", ylabel="second formant (Hz)", xlim=(200, 750), ylim=(400, 2100))
    right.set_title("Five vowels", loc="left")
    right.legend(fontsize=9, loc="lower right")

# %% tags=["number"]
verdict(
    "first and second formants of all five, largest error", 100 * np.abs(found / truth - 1).max(), below=10, unit="%"
)
verdict("mean error", 100 * np.abs(found / truth - 1).mean(), below=5, unit="%")
verdict(
    "largest radius of a pole",
    max(largest_pole(linear_prediction(middle_of(v, voice), ORDER)) for v in range(5)),
    below=1,
)

# %% [markdown]
# Where the tongue was, read off a sound. (And always stable, though nothing forbade the rest: what minimises $E$ in this way has its poles
# inside. Levinson's recursion, in the package, shows why: it finds the $a$ by *reflections*, all smaller than 1, which for two poles are
# your $\tanh u$ and $\tanh v$.)
#
# Now the two halves by ear. $A$ itself, as an FIR filter, takes the mouth away; $1/A$ puts it back on, also over another source.

# %%
mouths, strengths = dsp.linear_prediction(frames_of(voice), ORDER)
bare = dsp.recursive_filter(frames_of(voice), mouths, torch.ones(1))
laid = torch.nn.functional.fold(bare.T[None], (1, 128 * (len(bare) + 3)), (1, 512), stride=(1, 128))
residual = 0.5 * laid[:, 0, 0, 384 : 384 + voice.shape[1]]
listening.compare(
    {
        "the singer": level(voice),
        "what the mouth did not do": level(residual),
        "the mouth put back": level(spoken_by(voice, residual)),
        "the string speaks": level(spoken_by(voice, string)),
    }
)
with plots.figure(
    alt="Left, smooth spectra of five vowels of the singer, which fall by some 50 dB up to 8 kHz, each with its own hills; right, those of the residual, five curves that are nearly level and nearly the same.",
    height_inches=3.6,
    columns=2,
) as panels:
    for panel, (name, sound) in zip(
        panels, {"The singer": level(voice), "What the mouth did not do": level(residual)}.items(), strict=True
    ):
        spectra_db = 10 * dsp.stft_power(sound, 256).clamp_min(1e-12).log10()[0]  # short windows: no single harmonics
        for vowel, middles in enumerate(spectra_db.tensor_split(5)):
            middle = middles[len(middles) // 4 : -len(middles) // 4].mean(0)
            panel.plot(
                torch.linspace(0, 8000, 129),
                middle,
                linestyle=plots.LINES[vowel],
                color=plots.COLOURS[vowel],
                label=VOWELS[vowel],
            )
        panel.set(xlabel="frequency (Hz)", ylabel="level (dB)", ylim=(-60, 20))
        panel.set_title(name, loc="left")
    panel.legend(fontsize=9, ncol=5, loc="lower right")

# %% [markdown]
# Five vowels went in, and what is left says the same thing five times: *uh*. All that made them different is in 30 numbers a frame. Mobile
# telephones send such numbers too, but spend most of their bits on the residual: a natural buzz is the dearer half. In DDSP it comes back as GOLF (Yu and Fazekas 2023): a synthetic glottis into a learned all-pole filter,
# trained with the gradient you wrote.
#
# ## What goes wrong: a high voice
#
# > **Guess.** The same singer, two octaves up, at 440 Hz, opens her mouth just as wide. What does LPC say about her *first* formant? **a**
# > the same: the mouth has not moved · **b** four times as high, as the pitch is · **c** it sticks to a harmonic · **d** nothing: there are
# > no poles any more

# %% tags=["question"]
question("16.9", answer=None)

# %%
pitches_hz = (110.0, 165.0, 220.0, 262.0, 330.0, 392.0, 440.0)
singers = {f0_hz: sung(f0_hz) for f0_hz in pitches_hz}
first = {
    f0_hz: float(formants_of(linear_prediction(middle_of(0, high), ORDER), 300.0)[0])
    for f0_hz, (high, _) in singers.items()
}
mouth_hz = [float(tract[75, 0]) for _, tract in singers.values()]
harmonic = [round(first[f0_hz] / f0_hz) * f0_hz for f0_hz in pitches_hz]
plots.curves(
    pitches_hz,
    {"of the mouth": mouth_hz, "by LPC": list(first.values()), "the harmonic next to that": harmonic},
    x_label="pitch (Hz)",
    y_label="first formant of a (Hz)",
    title="The higher the voice, the less is known",
    points=True,
    alt="The mouth's first formant stays at 640 Hz; that of LPC stays near it up to 220 Hz and then jumps with the harmonics: 536, 653, 777 and, at a pitch of 440 Hz, 446 Hz.",
)
listening.compare({f"{f0_hz:g} Hz": level(high) for f0_hz, (high, _) in singers.items()})

# %% tags=["number"]
report("pitch 110 Hz: first formant of a, by LPC", first[110.0], "Hz", digits=0)
report("pitch 440 Hz: first formant of a, by LPC", first[440.0], "Hz", digits=0)
report("the mouth's own, in both", mouth_hz[0], "Hz", digits=0)

# %% [markdown]
# At 110 Hz there is a harmonic every 110 Hz: enough to see the hill. At 440 Hz the hill is asked for its height at 440 and at 880 Hz and
# nowhere else. The poles do what they were told to, predict the *sound*: they sit down on the harmonics. No method gets out of a spectrum
# what is not in it; vibrato helps, for it moves the places at which one looks.
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `frequency_response` | `dsp.frequency_response` | batches of filters |
# | `stable_biquad` | `dsp.stable_biquad` | nothing |
# | `sampled_filter` | `dsp.frequency_sampled_filter` | chooses its FFT: twice the sound, and fast |
# | `all_pole_gradients` | inside `dsp.recursive_filter` | gradients of gradients, a filter for each row of a batch, blocks instead of a loop |
# | `linear_prediction` | `dsp.linear_prediction` | Levinson's recursion: $p^2$ steps instead of $p^3$, silence is no accident, and the gain |
#
# They live in `ddsp_course/dsp/recursive.py`, with `dsp.biquad` and `dsp.biquad_cascade`. What you got right is in your workbook, in
# `my_ddsp/lesson_16.py`.

# %%
show_progress(16)

# %% [markdown]
# **To read.** Yu, Mitcheltree, Carson, Bilbao, Reiss, Fazekas: *Differentiable All-pole Filters for Time-varying Audio Systems*, 2024,
# [arXiv:2404.07970](https://arxiv.org/abs/2404.07970): the gradient of this lesson, and of filters that move. Forgione, Piga: *dynoNet: A
# Neural Network Architecture for Learning Dynamical Systems*, 2021, [arXiv:2006.02250](https://arxiv.org/abs/2006.02250): the same gradient
# for filters that stand still. Yu, Fazekas: *Singing Voice
# Synthesis Using Differentiable LPC and Glottal-Flow-Inspired Wavetables* (GOLF), 2023,
# [arXiv:2306.17252](https://arxiv.org/abs/2306.17252). Nercessian: *Neural Parametric Equalizer Matching Using Differentiable Biquads*,
# DAFx 2020, and Nercessian, Sarroff, Werner, 2021, [arXiv:2103.08709](https://arxiv.org/abs/2103.08709), on biquads kept stable.
# Bristow-Johnson: [*Audio EQ Cookbook*](https://www.w3.org/TR/audio-eq-cookbook/). Makhoul: *Linear Prediction: A Tutorial Review*,
# Proceedings of the IEEE 63, 1975.
#
# **To try.** Your own voice: `listening.record("speech")`, and let the string say it. Start the equaliser's peaks in the wrong order, or
# all at 5000 Hz: where does gradient descent get stuck, and why? Move the poles of the whisper closer to the circle (multiply $a_k$ by
# $1.01^k$): when does it begin to sing, and when to scream? A resonance of 30 Hz in float32, written as a loop: how wrong does it get?
#
# **Next.** Lesson 17: many notes at once.
