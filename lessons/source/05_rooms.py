# %% [markdown]
# # Lesson 05 · Rooms
#
# **You will build** a decay that falls by 60 dB when you say so, the meter that measures one, a reverb that leaves the
# dry sound alone, and a room learned from a recording.
#
# **You will hear** one phrase in six rooms, two of which could not be built; a room that an optimizer makes in a single step;
# and five rooms that one steady note cannot tell apart.
#
# **You need** decibels and gradient descent (lesson 00). Lesson 04's convolution is told again in two paragraphs.
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
from ddsp_course.classroom import check, listening, plots, question, report, show_progress, steps, verdict

SAMPLE_RATE = 16_000


def faded(sound: Tensor, seconds: float = 0.01) -> Tensor:
    """A stretch cut out of something longer, in and out without a click, [..., samples]"""
    n = torch.arange(sound.shape[-1])
    return sound * (torch.minimum(n, n.flip(0)) / (seconds * SAMPLE_RATE)).clamp(max=1)


# %% [markdown]
# ## First, the finished sound
#
# One phrase, sung by our voice model in no room at all, and the same phrase in six. What is sung is the same in all of
# them, sample by sample.

# %%
take = instruments.voice(minutes=0.4, seed=5, progress=False)[0]
samples = round(7.2 * SAMPLE_RATE)  # up to a rest
dry = take.dry[:, :samples]
studio = take.room  # the room that the take was recorded in, [taps]: known to the last tap
cathedral = instruments.room_impulse_response(2.5, seed=8, direct_to_reverberant_db=3.0)
backwards = torch.cat([torch.ones(1), 0.05 * dsp.exponential_decay(0.7, 11_000, sample_rate=SAMPLE_RATE).flip(0)])
backwards[1:] *= torch.randn(11_000, generator=torch.Generator().manual_seed(0))
every_fifth = torch.zeros(12_001)
every_fifth[::3000] = 0.6 ** torch.arange(5.0)
rooms = {
    "a cupboard": instruments.room_impulse_response(0.15, seed=4),
    "the studio": studio,
    "a cathedral": cathedral,
    "echoes": every_fifth,
    "backwards": backwards,
    "a bathroom": instruments.room_impulse_response(1.0, seed=6, direct_to_reverberant_db=0.0),
}
song = torch.nn.functional.pad(dry, (0, 2 * SAMPLE_RATE))  # and two seconds for the rooms to die away in
listening.compare({"dry": song, **{name: 0.8 * dsp.reverberate(song, room) for name, room in rooms.items()}})

# %% [markdown]
# A recording always comes with its room. If a network is to learn the *instrument*, something else must take the room
# upon itself; in DDSP it is one impulse response, learned along with the rest (lesson 11).
#
# ## A room is a row of copies
#
# Clap once, and you hear the clap, then its echo from the floor, the walls, the ceiling, then echoes of echoes, ever
# denser and softer. What comes after a single click of one sample is the room's **impulse response** $h(k)$: tap $k$ is
# how much of the click is heard $k$ samples later. A sound is a row of clicks, each as tall as its sample, and each
# sets off a copy of $h$. They add up:
#
# $$y(n) = \sum_k h(k)\, x(n - k)$$
#
# That is **convolution**, the same sum as in lesson 04, only longer: 0.9 s are 14 560 taps.

# %%
three = torch.zeros(1, round(0.8 * SAMPLE_RATE))
three[0, [1600, 5600, 8000]] = torch.tensor([1.0, 0.6, -0.8])
plots.waveform(
    {"three clicks": three, "in the bathroom": dsp.reverberate(three, rooms["a bathroom"])},
    sample_rate=SAMPLE_RATE,
    layout="stack",
    title="Every sample sets off a copy",
    alt="Three lines of different height, one of them downwards; below, the same lines, each followed by a copy of one and the same dying tail, as tall as the line.",
)

# %% tags=["number"]
report("products for a second of sound, one by one", SAMPLE_RATE * len(studio) / 1e6, "million", digits=0)
size = SAMPLE_RATE + len(studio) - 1
report("by three FFTs of about N log2 N each", 3 * size * math.log2(size) / 1e6, "million", digits=1)
second = dry[0, SAMPLE_RATE : 2 * SAMPLE_RATE]
one_by_one = torch.nn.functional.conv1d(second[None, None], studio.flip(0)[None, None], padding=len(studio) - 1)[0]
by_fft = dsp.fft_convolve(second[None], studio, mode="full")
verdict("largest difference between the two", (one_by_one - by_fft).abs().max(), below=1e-5)

# %% [markdown]
# The second line is the reason why a room can be trained at all: **multiplying spectra convolves sounds, in a circle.**
# Why? Send a single frequency through the sum above, $x(n) = e^{i\omega n}$, with $\omega$ in radians a sample. Each
# copy is the same frequency, only late and weaker, and they add up to
#
# $$y(n) = \sum_k h(k)\, e^{i\omega (n - k)} = e^{i\omega n} \underbrace{\sum_k h(k)\, e^{-i\omega k}}_{H(\omega)}$$
#
# What comes out is what went in, times one number: the spectrum of the room at that frequency. A sound is a sum of
# frequencies $X(\omega)$, the room takes them one by one, and so $Y(\omega) = H(\omega) X(\omega)$. Two FFTs there, a
# product, one FFT back, in place of all pairs of samples and taps.
#
# In a *circle*, because an FFT of $N$ points knows only frequencies that fit $N$ samples a whole number of times. For
# these the stretch is a ring: what sticks out at its end comes in again at its beginning. So add zeros. $n$ samples and
# $m$ taps make $n + m - 1$ samples of sound; in a ring of that size nothing has to wrap around.
#
# ## How a room dies away
#
# At every wall the sound loses a share of its energy. So the *rate* of loss is in proportion to what is left, which
# makes an exponential, and an exponential is a straight line in decibels: so many dB each second. The time for 60 dB is
# called **RT60**. As an amplitude 60 dB are a factor of 1000, so
#
# $$d(t) = 10^{-3\,t / \mathrm{RT60}}, \qquad t = k / f_s$$
#
# with $f_s$ the sample rate.
#
# > **Guess.** A room has an RT60 of 0.7 s. By how many dB has the sound fallen after 0.35 s?

# %% tags=["question"]
question("5.6", answer=None)

# %% [markdown]
# ### Exercise 5.1: die away
#
# <details><summary>Hint 1</summary><code>torch.arange(taps) / sample_rate</code> is the time in seconds.</details>
# <details><summary>Hint 2</summary>At t = rt60_s the curve is at 0.001.</details>


# %% tags=["exercise"]
def decay(rt60_s: Tensor, taps: int, sample_rate: int) -> Tensor:
    """rt60_s in seconds, a scalar -> amplitudes [taps], 1 at tap 0, a thousandth after rt60_s"""
    ### BEGIN SOLUTION
    return 10 ** (-3 * torch.arange(taps) / sample_rate / rt60_s)
    ### END SOLUTION


# %% tags=["check"]
decay = check("5.1", decay)

# %% [markdown]
# What dies away? After a few hundredths of a second the echoes are so dense that they are as good as noise (Moorer
# 1979). So here is a room in one line: noise, times a decay. Two numbers describe it, how loud and how long.


# %%
def noise_room(rt60_s: float, level: float, seed: int = 0, dying=decay) -> Tensor:
    """A click, and noise that dies away, [taps]"""
    taps = round(1.3 * rt60_s * SAMPLE_RATE)
    tail = level * torch.randn(taps, generator=torch.Generator().manual_seed(seed))
    return torch.cat([torch.ones(1), tail * dying(torch.tensor(rt60_s), taps, SAMPLE_RATE)])


listening.compare(
    {
        "the studio": dsp.reverberate(song, studio),
        **listening.with_yours(
            "noise times decay, 0.7 s", decay, lambda dying: dsp.reverberate(song, noise_room(0.7, 0.008, dying=dying))
        ),
        "the same, other noise": dsp.reverberate(song, noise_room(0.7, 0.008, seed=1)),
        "noise times decay, 2 s": dsp.reverberate(song, noise_room(2.0, 0.008)),
    }
)

# %% [markdown]
# Not bad for two numbers; a little too bright, as in a real room the treble dies sooner. And which noise it is, you
# will hardly tell. Remember that: of 14 560 taps, hardly any matters by itself.
#
# ## Measure it
#
# How long is the studio's RT60? Its taps jump up and down by chance, and no line fits them well. Schroeder (1965) found
# what to look at instead: not what a tap has, but **what is still to come**. The sum of the energy of a tap and of all
# after it falls smoothly, because it is a sum:
#
# $$E(k) = 10 \log_{10} \frac{\sum_{j \ge k} h(j)^2}{\sum_{j \ge 0} h(j)^2}$$
#
# ### Exercise 5.2: energy still to come
#
# <details><summary>Hint 1</summary><code>cumsum</code> adds up from the front. Turn the taps round, add up, turn back: <code>.flip(0)</code>.</details>


# %% tags=["exercise"]
def energy_decay_db(taps: Tensor) -> Tensor:
    """taps [taps] -> dB, [taps], 0 at the start"""
    ### BEGIN SOLUTION
    remaining = taps.square().flip(0).cumsum(0).flip(0)
    return 10 * torch.log10(remaining / remaining[0])
    ### END SOLUTION


# %% tags=["check"]
energy_decay_db = check("5.2", energy_decay_db)

# %%
tail = studio[1:]  # without the direct sound, which is not the room's
shown = torch.arange(0, len(tail), 16)
plots.curves(
    shown / SAMPLE_RATE,
    {
        "each tap": 20 * (tail[shown].abs() / tail.abs().max()).clamp_min(1e-5).log10(),
        "still to come": energy_decay_db(tail)[shown],
    },
    x_label="time (s)",
    y_label="level (dB)",
    title="The studio's impulse response",
    y_range=(-90, 5),
    alt="A jagged curve that jumps by 20 dB and more and falls with time; and a smooth curve that starts at 0 dB, falls nearly straight to -60 dB at about 0.7 s, and bends down at the end.",
)

# %% [markdown]
# A straight line, for most of it. At its end it bends down, since the response ends. In a real recording it would level
# off before that, where the hiss begins. And at its beginning there are a few single echoes. So one takes the middle: a
# line through what lies between -5 and -25 dB, and its slope says how long 60 dB would take. (It is three times 20 dB,
# so it is called T20, and it is in the ISO norm 3382.)
#
# ### Exercise 5.3: the time
#
# The line with the least squared error through points $(t_i, E_i)$ has the slope $\sum (t_i - \bar t)(E_i - \bar E) /
# \sum (t_i - \bar t)^2$.
#
# <details><summary>Hint 1</summary><code>inside = (decay_db <= -5) & (decay_db >= -25)</code> chooses the points; their times are <code>torch.arange(len(decay_db))[inside] / sample_rate</code>.</details>
# <details><summary>Hint 2</summary>-60 over the slope.</details>


# %% tags=["exercise"]
def rt60_s(decay_db: Tensor, sample_rate: int) -> Tensor:
    """decay_db [taps] -> seconds for 60 dB, from a line between -5 and -25 dB"""
    ### BEGIN SOLUTION
    inside = (decay_db <= -5) & (decay_db >= -25)
    seconds = torch.arange(len(decay_db))[inside].double() / sample_rate
    level = decay_db[inside].double()
    seconds, level = seconds - seconds.mean(), level - level.mean()
    slope = (seconds * level).sum() / seconds.square().sum()
    return -60 / slope
    ### END SOLUTION


# %% tags=["check"]
rt60_s = check("5.3", rt60_s)

# %% tags=["number"]
for name in ("a cupboard", "the studio", "a bathroom", "a cathedral"):
    report(f"{name}: RT60", rt60_s(energy_decay_db(rooms[name][1:]), SAMPLE_RATE), "s", digits=2)
ours = noise_room(0.7, 0.008)[1:]
report("your noise times decay, asked for 0.7 s", rt60_s(energy_decay_db(ours), SAMPLE_RATE), "s", digits=2)

# %% [markdown]
# ## The dry sound, exactly
#
# A model that is to learn an instrument *and* a room meets a question that has no answer: how loud is the instrument,
# how loud the room? Twice the one with half the other sounds the same. So it is decided: **tap 0 of the room is 1.**
# The direct sound is the instrument's; the room only adds what comes later. In code: leave tap 0 out, and add the dry
# sound itself.
#
# ### Exercise 5.4: reverb
#
# <details><summary>Hint 1</summary>Do not write into <code>impulse_response</code>: it is a parameter in the making, and belongs to the caller. <code>torch.nn.functional.pad(impulse_response[1:], (1, 0))</code> is a new one with a 0 in front.</details>
# <details><summary>Hint 2</summary>An FFT of n + m - 1 for n samples and m taps, both ways; and cut the result to n.</details>


# %% tags=["exercise"]
def reverberate(dry: Tensor, impulse_response: Tensor) -> Tensor:
    """dry [batch, n], impulse_response [m], whose tap 0 is not used -> dry plus tail, [batch, n]"""
    ### BEGIN SOLUTION
    tail = torch.nn.functional.pad(impulse_response[1:], (1, 0))
    size = dry.shape[-1] + len(tail) - 1
    echoes = torch.fft.irfft(torch.fft.rfft(dry, size) * torch.fft.rfft(tail, size), size)
    return dry + echoes[..., : dry.shape[-1]]
    ### END SOLUTION


# %% tags=["check"]
reverberate = check("5.4", reverberate)

# %%
listening.compare(
    {
        "dry": song,
        **listening.with_yours("a cathedral", reverberate, lambda reverb: 0.8 * reverb(song, cathedral)),
    }
)

# %% tags=["number"]
difference = (reverberate(dry, cathedral) - dsp.reverberate(dry, cathedral)).abs().max()
report("yours against the package's, largest difference", difference, digits=3)

# %% [markdown]
# ## A room from dry and wet
#
# Now the other way. Here is the wet recording, with a little hiss of its microphone, and here is the dry one. What is
# the room? With the dry sound known, there is a formula. Convolution is linear in the taps, so the best room is a
# problem of **least squares**. If the room may be as long as the FFT, it falls apart into one small problem for each
# frequency: make $|Y - H X|^2$ as
# small as possible. Where $X$ has energy, $H = Y/X$. Where it has none, that divides hiss by nothing; so let large
# values of $H$ cost something, $\lambda |H|^2$:
#
# $$\min_H \; |Y - H X|^2 + \lambda |H|^2 \quad\Rightarrow\quad H = \frac{\overline{X}\, Y}{|X|^2 + \lambda}$$
#
# (Put the derivative to zero.) $X$, $Y$ and $H$ are the spectra of dry sound, wet sound and room, $\overline{X}$ is the
# conjugate. Then keep the first taps. (Not quite the least-squares room of so many taps: that one knows beforehand that
# there is nothing after them and suffers less from hiss, but it means solving for all taps at once. Without hiss the two
# agree, if the recording holds the whole tail; so it should end in a rest.) $\lambda$ is measured against the mean of $|X|^2$, so that it means the same for soft and
# loud sounds.
#
# ### Exercise 5.5: learn the room
#
# <details><summary>Hint 1</summary>Both spectra with <code>len(dry) + taps - 1</code> points, and in double precision: <code>dry.double()</code>.</details>
# <details><summary>Hint 2</summary><code>regularisation * power.mean()</code> goes into the denominator, with <code>power = X.abs() ** 2</code>.</details>
# <details><summary>Hint 3</summary>The inverse FFT, and of it the first <code>taps</code>.</details>


# %% tags=["exercise"]
def learn_room(dry: Tensor, wet: Tensor, taps: int, regularisation: float) -> Tensor:
    """dry and wet [samples] -> impulse response [taps], tap 0 included; by FFTs of len(dry) + taps - 1 points"""
    ### BEGIN SOLUTION
    size = len(dry) + taps - 1
    x, y = torch.fft.rfft(dry.double(), size), torch.fft.rfft(wet.double(), size)
    power = x.abs() ** 2
    room = torch.fft.irfft(x.conj() * y / (power + regularisation * power.mean()), size)
    return room[:taps].to(dry.dtype)
    ### END SOLUTION


# %% tags=["check"]
learn_room = check("5.5", learn_room)

# %% [markdown]
# How good is it? Not by the phrase that it was learned from: by another. In dB, how large is what it gets wrong of the
# room's sound, against the room's sound.


# %%
TAPS = 16_000
hiss = 0.0003 * torch.randn(samples, generator=torch.Generator().manual_seed(0))
wet = take.audio[0, :samples] + hiss
later = slice(samples, round(11.8 * SAMPLE_RATE))  # up to the next rest
other_dry, other_wet = take.dry[:, later], take.audio[:, later]


def error_db(room: Tensor, dry: Tensor = other_dry, wet: Tensor = other_wet) -> float:
    """What a room gets wrong of all that a room adds, in dB: 0 is as wrong as no room at all."""
    wrong = dsp.reverberate(dry, room) - wet
    return float(10 * torch.log10(wrong.square().mean() / (wet - dry).square().mean()))


amounts = 10.0 ** torch.arange(-11, 0)
errors = [error_db(learn_room(dry[0], wet, TAPS, float(amount))) for amount in amounts]
plots.curves(
    amounts.log10(),
    errors,
    x_label="regularisation (power of ten, as a share of the mean power)",
    y_label="error on another phrase (dB)",
    title="How careful should one be?",
    points=True,
    alt="A valley: the error is above -20 dB at the smallest amount, 10 to the -11, below -35 dB around 10 to the -8, and rises steadily to -5 dB for the largest.",
)
found = learn_room(dry[0], wet, TAPS, 1e-8)
listening.compare(
    {
        "another phrase, recorded": faded(other_wet, 0.2),
        **listening.with_yours(
            "in the learned room",
            learn_room,
            lambda learn: faded(dsp.reverberate(other_dry, learn(dry[0], wet, TAPS, 1e-8)), 0.2),
        ),
        "with too little care": faded(dsp.reverberate(other_dry, learn_room(dry[0], wet, TAPS, 1e-11)), 0.2),
        "with too much": faded(dsp.reverberate(other_dry, learn_room(dry[0], wet, TAPS, 1e-2)), 0.2),
    }
)

# %% tags=["number"]
verdict("error with too little care, 1e-11", error_db(learn_room(dry[0], wet, TAPS, 1e-11)), above=-30, unit="dB")
verdict("error at 1e-8", error_db(found), below=-35, unit="dB")
verdict("error with too much, 1e-2", error_db(learn_room(dry[0], wet, TAPS, 1e-2)), above=-10, unit="dB")

# %% [markdown]
# Nearly forty decibels below what the room adds. Switch between the first two: can you tell? So is this the room?
# Measure its RT60, octave by octave, against the truth.


# %%
def octave(taps: Tensor, centre_hz: float) -> Tensor:
    """The part of a response in an octave, [taps]"""
    spectrum = torch.fft.rfft(taps, 2 * len(taps))
    hz = torch.linspace(0, SAMPLE_RATE / 2, len(spectrum))
    smooth = torch.exp(-(((hz.clamp_min(1) / centre_hz).log2() / 0.5) ** 4))
    return torch.fft.irfft(spectrum * smooth, 2 * len(taps))[: len(taps)]


def rt60_by_octave(room: Tensor) -> list[float]:
    return [float(rt60_s(energy_decay_db(octave(room[1:], hz)), SAMPLE_RATE)) for hz in octaves]


octaves = [125, 250, 500, 1000, 2000, 4000]
times = {f"{hz} Hz": pair for hz, *pair in zip(octaves, rt60_by_octave(studio), rt60_by_octave(found), strict=True)}
plots.bars(
    times,
    series=("true", "learned"),
    y_label="RT60 (s)",
    title="The studio, and what was learned of it",
    digits=1,
    alt="From 250 to 2000 Hz the learned room's times are within about a quarter of the true ones; at 125 and 4000 Hz they are several times too long.",
)

# %% tags=["number"]
for hz in (500, 4000):
    true_s, learned_s = times[f"{hz} Hz"]
    threshold = {"below": 1.3} if hz == 500 else {"above": 3.0}
    verdict(f"{hz} Hz: learned over true RT60", learned_s / true_s, **threshold)

# %% [markdown]
# In the middle, yes. At 125 Hz and at 4 kHz the "room" is nonsense: the voice has next to no energy there, so nothing
# was learned, and in a phrase of the same voice nobody misses it. Play something with treble in it, and you would. **A
# room is known where, and only where, it was excited.**
#
# > **Guess.** Which of these recordings tells you most about a room?
# > **a** a steady note, five minutes long · **b** a sung phrase · **c** a single click · **d** a rest of five minutes

# %% tags=["question"]
question("5.7", answer=None)

# %% [markdown]
# ## What goes wrong: one note, five rooms
#
# Take it to the extreme: one steady note of 200 Hz, and nothing else. Its period is $P$ = 80 samples, $x(n - P) =
# x(n)$. So tap $k$ plays the same as tap $k + P$, as $k + 2P$, and so on, and the sum of copies can be sorted by what
# they play:
#
# $$y(n) = \sum_k h(k)\, x(n - k) = \sum_{j=0}^{P-1} x(n - j) \underbrace{\big(h(j) + h(j + P) + h(j + 2P) + \dots\big)}_{\text{all that the note can tell}}$$
#
# The note knows 80 sums. The studio has 14 560 taps. Any room whose taps add up to the same 80 sums gives the same
# recording. So take rooms as different as you like, and put into the second period, 5 to 10 ms after the direct sound,
# what their sums lack:


# %%
PERIOD = 80


def sums_of(room: Tensor) -> Tensor:
    """All that a steady note of PERIOD samples can tell of a room, [PERIOD]"""
    return torch.nn.functional.pad(room, (0, -len(room) % PERIOD)).reshape(-1, PERIOD).sum(0)


alike = {"the studio": studio}
others = {"from no room": torch.ones(1)} | {f"from {name}": rooms[name] for name in ("a cupboard", "a cathedral")}
for name, start in (others | {"from backwards": backwards}).items():
    room = torch.nn.functional.pad(start, (0, max(0, 2 * PERIOD - len(start))))
    room[PERIOD : 2 * PERIOD] += sums_of(studio) - sums_of(start)
    alike[name] = room

turns = torch.arange(PERIOD, dtype=torch.float64) / PERIOD
harmonics = torch.arange(1, 31)[:, None]
period = 0.1 * (torch.sin(2 * math.pi * harmonics * turns + harmonics**2) / harmonics).sum(0)
note = period.float().repeat(6 * SAMPLE_RATE // PERIOD)[None]
last = slice(4 * SAMPLE_RATE, None)  # the note has sounded for longer than any of these rooms
notes = {name: dsp.reverberate(note, room)[:, last] for name, room in alike.items()}
phrases = {name: dsp.reverberate(song, room) for name, room in alike.items()}
listening.compare({name: faded(sound, 0.1) for name, sound in notes.items()})
listening.compare({name: 0.8 * sound for name, sound in phrases.items()})


def difference_db(sounds: dict[str, Tensor], name: str) -> float:
    """How far a room's sound is from the studio's, against all that the studio adds, in dB"""
    plain = note[:, last] if sounds is notes else song
    wrong = sounds[name] - sounds["the studio"]
    return float(10 * torch.log10(wrong.square().mean() / (sounds["the studio"] - plain).square().mean()))


plots.bars(
    {name: [difference_db(notes, name), difference_db(phrases, name)] for name in list(alike)[1:]},
    series=("on the note", "on the phrase"),
    y_label="error against what the studio adds (dB)",
    title="Four rooms that are not the studio",
    digits=0,
    alt="Four pairs of bars: on the note every error lies more than 100 dB below what the studio adds, on the phrase it lies 4 to 15 dB above.",
)

# %% tags=["number"]
for name in list(alike)[1:]:
    verdict(f"{name}: error on the note", difference_db(notes, name), below=-70, unit="dB")
    verdict(f"{name}: error on the phrase", difference_db(phrases, name), above=-3, unit="dB")

# %% [markdown]
# Five times the same note. Five different rooms around the phrase; one of them is no longer than a hundredth of a
# second. No loss, no optimizer and no network can choose between rooms that give the same recording. What can: pitches
# that move, so that other sums are asked for, and rests, in which the room is alone.
#
# ## When the dry sound is not known
#
# Then even a rich phrase leaves a choice. Let $g$ be a short filter that begins with $g(0) = 1$ and can be undone by
# another, $g^{-1}$, that also begins with 1. Give the instrument $g$, and the room $g^{-1}$:
#
# $$y = h * x = (h * g^{-1}) * (g * x)$$
#
# with $*$ for convolution. The simplest one: $g = (1,\, a)$, undone by $g^{-1}(k) = (-a)^k$ if $|a| < 1$, since
# multiplied out all but the first product cancel.

# %%
a = 0.8
darker = dsp.fft_convolve(dry, torch.tensor([1.0, a]))
brighter_room = dsp.fft_convolve(studio[None], (-a) ** torch.arange(200.0), mode="full")[0]
listening.compare(
    {
        "one instrument": 0.5 * dry,
        "in one room": 0.5 * dsp.reverberate(dry, studio),
        "another instrument": 0.5 * darker,
        "in another room": 0.5 * dsp.reverberate(darker, brighter_room),
    }
)

# %% tags=["number"]
two = dsp.reverberate(darker, brighter_room) - dsp.reverberate(dry, studio)
verdict(
    "difference of the two recordings",
    10 * torch.log10(two.square().mean() / dry.square().mean()),
    below=-90,
    unit="dB",
)
report("tap 0 of the other room", brighter_room[0], digits=3)

# %% [markdown]
# Another voice, another room, the same recording, and tap 0 is 1 in both. (In words of filters: $g$ may be any
# *minimum-phase* filter that begins with 1.) Whether brightness is the throat's or the wall's, a recording does not
# say. A filter as mild as this one, and what undoes it, are over within 2 ms, and a body's resonances ring some tenths of
# a second at most, so it is the beginning of the room that is open. The *late* decay is not: nothing so short rings for half a second. So
# that is what this course measures of learned rooms, and never tap by tap (lessons 11 and 13).
#
# ## And by gradient descent?
#
# In lesson 11 there is no dry recording. The network makes it, while it learns; there is no formula then, and the room
# is learned like everything else, step by step. How would that have gone here? Start from no room, take Adam with the
# learning rate of a network, 0.003, on bare taps: 48 000 of them, three seconds, since nobody has told it how long the
# room is. This is the room after **one step**:


# %%
def descend(shape: Tensor, rate: float, many: int) -> tuple[Tensor, list[float]]:
    """Adam on numbers times shape [taps - 1] -> room [taps], and its error on another phrase after each step"""
    numbers = torch.zeros(len(shape), requires_grad=True)
    optimizer, errors = torch.optim.Adam([numbers], lr=rate), []
    target = wet[None]
    for _ in range(many):
        optimizer.zero_grad()
        room = torch.cat([torch.ones(1), numbers * shape])
        (dsp.reverberate(dry, room) - target).square().mean().backward()
        optimizer.step()
        errors.append(error_db(torch.cat([torch.ones(1), (numbers * shape).detach()])))
    return torch.cat([torch.ones(1), (numbers * shape).detach()]), errors


bare = torch.ones(TAPS - 1)
after_one_step, _ = descend(torch.ones(47_999), 0.003, 1)
longer = torch.nn.functional.pad(song, (0, SAMPLE_RATE))
listening.compare(
    {
        "recorded": dsp.reverberate(longer, studio),
        "after one step of Adam, 26 dB softer": 0.05 * dsp.reverberate(longer, after_one_step),
    }
)
plots.waveform(
    {"the studio": studio[1:], "after one step of Adam": after_one_step[1:]},
    sample_rate=SAMPLE_RATE,
    layout="stack",
    title="Two rooms, without the direct sound",
    alt="The studio: a burst that dies away within half a second. After one step: a solid band of the same height from beginning to end, over three seconds.",
)

# %% tags=["number"]
energy_db = [float(10 * room[1:].square().sum().log10()) for room in (studio, after_one_step)]
report("energy of the studio's tail, against the direct sound", energy_db[0], "dB", digits=1)
report("after one step of Adam", energy_db[1], "dB", digits=1)
report("a tap of the studio, root of the mean square", studio[1:].square().mean().sqrt(), digits=3)

# %% [markdown]
# A hall of three seconds, in one step, from nothing, with more energy than the true room. In its first step Adam
# divides each gradient by its own size, and later by its usual size: **every number moves by about the learning rate,
# however little there was to say about it.** 48 000 times $0.003^2$ is 0.43, which is -3.6 dB. For the weights of a
# network that is a blessing. For taps, of which the typical one is 0.003 and most should be next to nothing, it is a
# room of noise, and to take it back costs steps by the hundred.
#
# The remedy is to say beforehand what one knows: that a room dies away. Learn numbers that are *multiplied by a decay*.
# Then a step can put little into late taps.

# %%
dying = 0.1 * decay(torch.tensor(1.0), TAPS, SAMPLE_RATE)[1:]
runs = {
    "bare taps, rate 0.003": descend(bare, 0.003, steps(250)),
    "bare taps, rate 0.0001": descend(bare, 0.0001, steps(250)),
    "times a decay": descend(dying, 0.02, steps(250)),
}
plots.curves(
    torch.arange(1, steps(250) + 1),
    {name: errors for name, (_, errors) in runs.items()},
    x_label="step",
    y_label="error on another phrase (dB)",
    title="A room by gradient descent",
    levels={"no room": 0.0},
    y_range=(-9, 4),
    alt="With bare taps at the large rate the error begins above 0 and needs a hundred steps to come back to it; at the small rate it falls slowly to -3 dB; times a decay it falls fastest, to -8 dB.",
)

# %% tags=["number"]
verdict("times a decay, after 250 steps", runs["times a decay"][1][-1], below=-5, unit="dB", of_training=True)
verdict("bare taps at the large rate", runs["bare taps, rate 0.003"][1][-1], above=-4, unit="dB", of_training=True)

# %% [markdown]
# Better, and still a long way from the -38 dB of the formula. Gradient descent goes first where the voice is loud, and
# the many frequencies at which it is soft wait for their turn. So where you have the dry sound, take the formula.
#
# ## Crops, and what came before
#
# One more trap, and then you can read lesson 11's training loop. A network is trained on **crops** of one second. But
# the first moments of a crop are full of the tail of what was played *before* it, which the crop does not contain.
#
# > **Guess.** A room has 48 000 taps, three seconds at 16 kHz. It is trained on crops of one second that begin from silence. How many of its taps get any gradient at all?

# %% tags=["question"]
question("5.8", answer=None)

# %% [markdown]
# Ask autograd:

# %% tags=["number"]
taps = torch.zeros(48_000, requires_grad=True)
crop = slice(SAMPLE_RATE, 2 * SAMPLE_RATE)
(dsp.fft_convolve(dry[:, crop], taps) - wet[None, crop]).square().mean().backward()
report("taps with a gradient", (taps.grad != 0).sum(), digits=0)

# %% [markdown]
# And those that do get one are judged unjustly. Take the best there is, the true dry sound in the true room, and score
# it by the loss of lesson 07 (0 is perfect):


# %%
loss = dsp.SpectralLoss()


def score(context_s: float, many: int = 12) -> float:
    """The mean loss of the truth itself, on crops of one second with so much context before them"""
    generator = torch.Generator().manual_seed(0)
    context, total = round(context_s * SAMPLE_RATE), 0.0
    for _ in range(many):
        start = int(torch.randint(SAMPLE_RATE, samples - SAMPLE_RATE, (1,), generator=generator))
        crop = dsp.reverberate(take.dry[:, start - context : start + SAMPLE_RATE], studio)[:, context:]
        total += float(loss(crop, take.audio[:, start : start + SAMPLE_RATE]))
    return total / many


contexts = torch.tensor([0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9])
plots.curves(
    contexts,
    [score(float(context)) for context in contexts],
    x_label="context before the crop (s)",
    y_label="spectral loss of the truth",
    title="What the truth scores on crops of one second",
    points=True,
    alt="The loss falls from almost 0.4 without context to nearly 0 at half a second.",
)
begin = round(3.0 * SAMPLE_RATE)  # in the middle of a note
crops = {
    f"{context} s of context": dsp.reverberate(
        take.dry[:, begin - round(context * SAMPLE_RATE) : begin + 16_000], studio
    )
    for context in (0.0, 0.5)
}
recorded = take.audio[:, begin : begin + SAMPLE_RATE]
missing = {name: recorded - sound[:, -SAMPLE_RATE:] for name, sound in crops.items()}
listening.compare(
    {"the crop, recorded": faded(recorded)}
    | {f"the truth, {name}": faded(sound[:, -SAMPLE_RATE:]) for name, sound in crops.items()}
    | {f"what it misses, {name}": faded(sound) for name, sound in missing.items()}
)

# %% tags=["number"]
report("the truth, without context", score(0.0), digits=1)
report("with half a second", score(0.5), digits=1)
without = missing["0.0 s of context"].square()
report("of what is missed without, in the first 0.3 s", 100 * without[:, :4800].sum() / without.sum(), "%", digits=0)

# %% [markdown]
# Without context the truth has a loss that is not zero: nearly all of the error lies in the first tenths of a second,
# where the earlier tail is missing. A network could do better by being wrong, with an instrument that plays the tail
# itself. So each crop in this course comes with context before it, which is played and not scored.
#
# ## What a magnitude loss cannot hear
#
# The loss in that last plot compares magnitudes. Here are three rooms that are wrong in every tap: the studio's tail
# **upside down**, every tap times -1; the tail with each frequency's **phase turned** by 90 degrees; and a room of the
# same kind drawn from **other noise**. Compare sample by sample, and all three are *worse* than no room.


# %%
def turned(tail: Tensor) -> Tensor:
    """Every frequency a quarter of its period later, its magnitude untouched"""
    spectrum = torch.fft.rfft(tail, 2 * len(tail))
    return torch.fft.irfft(-1j * spectrum, 2 * len(tail))[: len(tail)]


studio_tail = studio.clone()
studio_tail[0] = 0.0
impostors = {
    "no room": torch.zeros(2),
    "upside down": -studio_tail,
    "phase turned": turned(studio_tail),
    "other noise": instruments.room_impulse_response(0.7, seed=9),
}
clean = take.audio[:, :samples]
rest = slice(round(6.46 * SAMPLE_RATE), samples)  # nobody sings any more; the room does
sounds = {name: dsp.reverberate(dry, room) for name, room in impostors.items()}
plots.bars(
    {name: [float(loss(y, clean)), float(loss(y[:, rest], clean[:, rest]))] for name, y in sounds.items()},
    series=("whole phrase", "in the rest"),
    y_label="spectral loss",
    title="Rooms of which no tap is right",
    digits=1,
    alt="On the whole phrase the three impostors score between 2 and 3, no room almost 6; in the rest no room scores 19, other noise about 3, and the tails that are upside down or turned in phase next to nothing.",
)
listening.compare({"the studio": clean, **sounds})

# %% tags=["number"]
for name in list(impostors)[1:]:
    verdict(f"{name}: error by samples", error_db(impostors[name], dry, clean), above=2, unit="dB")
for name in ("upside down", "phase turned"):
    verdict(f"{name}: spectral loss in the rest", loss(sounds[name][:, rest], clean[:, rest]), below=0.3)

# %% [markdown]
# In a rest the room is alone, a sign or a phase common to all of its tail changes no magnitude, and the loss is next to
# nothing: **a magnitude loss leaves the phases of the taps free.** While somebody sings, the tail adds to the direct
# sound or takes from it, so there the loss does notice; but it puts each of the three at about half the distance of no
# room, or less. (Other noise costs about 3 in the rest: the price of any noise drawn again, lesson 07.) Your ear will
# most likely side with the magnitudes. A learned room that shares no tap with the true one may be as good as true.
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `decay` | `dsp.exponential_decay` | for several times at once |
# | `energy_decay_db`, `rt60_s` | `autoencoder/room_metrics.py` | octave bands as the norm wants them |
# | `reverberate` | `dsp.reverberate` | lengths that the FFT is quick at; a response for each of a batch |
# | `learn_room` | – | there is no dry recording in lesson 11 |
# | numbers times a decay | `dsp.Reverb` | also rooms in two numbers (`ExponentialDecayReverb`) and in bands (`FilteredNoiseReverb`) |

# %%
show_progress(5)

# %% [markdown]
# **To read.** Schroeder: *New method of measuring reverberation time*, JASA 37, 1965,
# [doi:10.1121/1.1909343](https://doi.org/10.1121/1.1909343). Moorer: *About this reverberation business*, Computer
# Music Journal 3(2), 1979. Engel et al.: *DDSP*, 2020, section 3.6,
# [arXiv:2001.04643](https://arxiv.org/abs/2001.04643). Learning rooms of other kinds: Lee et al., 2021,
# [arXiv:2105.13940](https://arxiv.org/abs/2105.13940); Dal Santo et al., *FLAMO*, 2024,
# [arXiv:2409.08723](https://arxiv.org/abs/2409.08723).
#
# **To try.** Clap in your bathroom, record it, cut it at the clap, and play the phrase in it. Learn the room from the
# reed (`instruments.reed`) instead of the voice: which octaves does it know? Give `descend` a decay of 0.3 s: what can
# it no longer learn?
#
# **Next.** Lesson 06: what neither the ear nor the spectrogram notices.
