# %% [markdown]
# # Lesson 09 · One sound, taken apart
#
# **You will build** the first whole of this course: one sung note, taken apart into harmonics and noise by gradient descent, with the
# parts that you have written. Then you edit what you found, and put it together again.
#
# **You will hear** a note in its parts; slower, higher, whispered; a singer whose head shrinks; and five rooms that explain one note
# equally well, of which only one is true.
#
# **You need** lessons 02 (harmonics), 04 (filtered noise), 05 (rooms) and 07 (the loss).
#
# **Time.** 60 minutes to read and do, 1 minute to run.

# %%
try:
    import ddsp_course
except ModuleNotFoundError:
    raise SystemExit(
        "The course's package is missing: start the lessons with `make lab`, or run `pip install -e .` in your clone."
    ) from None
import functools
import math

import torch
from torch import Tensor, nn

from ddsp_course import dsp, instruments
from ddsp_course.autoencoder.notes import note_fade
from ddsp_course.autoencoder.room_metrics import direct_to_reverberant_db, t20_s
from ddsp_course.classroom import check, listening, plots, question, report, show_progress, steps, verdict

SAMPLE_RATE, HOP_SIZE = 16_000, 64
FRAME_RATE = SAMPLE_RATE / HOP_SIZE
HARMONICS, BANDS = 34, 65  # so many harmonics fit below 8 kHz at this note's pitch

# %% [markdown]
# ## First, the finished sound
#
# One note of our voice model, without a room. Beside it what you will be able to do with it at the end; here done in a hurry, from the nearest bins of a spectrogram, and good enough to show where we are going.


# %%
def part_of(take, start_s: float, end_s: float) -> tuple[slice, slice]:
    """A stretch of a take, as frames and as samples"""
    first, last = round(start_s * FRAME_RATE), round(end_s * FRAME_RATE)
    return slice(first, last), slice(first * HOP_SIZE, last * HOP_SIZE)


def faded(frames: int) -> Tensor:
    """A gain [1, samples] that rises over the first 80 ms and falls over the last"""
    rise = (torch.arange(frames) / 20).clamp(max=1)
    return dsp.upsample((rise * rise.flip(0))[None], HOP_SIZE)


take = instruments.voice(minutes=0.4, seed=6, progress=False)[0]
again = instruments.voice(minutes=0.4, seed=6, noise_seed=1, progress=False)[0]  # sung again, with other breath
in_frames, in_samples = part_of(take, 20.56, 23.0)
frames = in_frames.stop - in_frames.start
note = take.dry[:, in_samples] * faded(frames)
retake = again.dry[:, in_samples] * faded(frames)
f0_hz = take.f0_hz[:, in_frames]  # lesson 08 can track it; here we take the truth, to have one worry less


def harmonics_of(amplitudes: Tensor, f0_hz: Tensor) -> Tensor:
    """amplitudes [frames, harmonics], f0_hz [1, frames] -> [1, samples]"""
    return dsp.harmonic_synthesis(f0_hz, amplitudes[None], sample_rate=SAMPLE_RATE, hop_size=HOP_SIZE)


def noise_of(gains: Tensor, seed: int = 0) -> Tensor:
    """gains [frames, bands] -> [1, samples]"""
    return dsp.filtered_noise(gains[None], hop_size=HOP_SIZE, generator=torch.Generator().manual_seed(seed))


def windows_of(sound: Tensor, size: int = 1024) -> Tensor:
    """sound [1, samples] -> [frames, size], window i centred on sample 64 i"""
    return torch.nn.functional.pad(sound, (size // 2, size // 2))[0].unfold(0, size, HOP_SIZE)[:-1]


spectra = torch.fft.rfft(windows_of(note) * torch.hann_window(1024)).abs() / 256
bins = (f0_hz[0, :, None] * torch.arange(1, HARMONICS + 1) * 1024 / SAMPLE_RATE).round().long().clamp(max=512)
rough = spectra.gather(1, bins)
twice = torch.arange(2 * frames) // 2
octave_up = torch.cat([rough[:, 1::2], torch.zeros(frames, HARMONICS // 2)], dim=1)
breathy = 30 * spectra[:, ::8][:, :BANDS]
listening.compare(
    {
        "a note": note,
        "twice as slow": harmonics_of(rough[twice], f0_hz[:, twice]),
        "an octave up": harmonics_of(octave_up, 2 * f0_hz),
        "whispered": noise_of(breathy),
    }
)

# %% [markdown]
# That is an old dream. Serra and Smith (1990) took sounds apart into harmonics and noise by looking at spectra, and edited both; they called it spectral modelling. What is new in our version is *how* one finds the parts. Where they measured, we can also **ask**: play what you think it is, compare, and follow the gradient.
#
# ## A model of one note
#
# In every frame, 250 times a second: 34 amplitudes of harmonics, and 65 gains of the noise. Nothing is shared between frames and nothing is known beforehand, except the pitch.
#
# > **Guess.** How many numbers is that for one second of the note?

# %% tags=["question"]
question("9.6", answer=None)

# %% [markdown]
# They are found by an optimizer, and an optimizer goes where the gradient points, also below zero. A control must not: amplitudes and gains are at least 0. So learn *raw* numbers, of any size and sign, and make the controls from them by lesson 02's `exp_sigmoid`. To begin with a good guess one needs the way back; that is `raw_of`.
#
# ### Exercise 9.1: always legal
#
# A module that holds raw numbers, begins at the amplitudes and gains it is given, and hands out controls.
#
# <details><summary>Hint 1</summary><code>nn.Parameter(tensor)</code> is what an optimizer finds; a plain tensor is not.</details>
# <details><summary>Hint 2</summary>Into the parameters go <code>raw_of(amplitudes)</code> and <code>raw_of(gains)</code>; out of <code>forward</code> comes <code>dsp.exp_sigmoid</code> of each.</details>


# %% tags=["exercise"]
def raw_of(control: Tensor) -> Tensor:
    """exp_sigmoid undone: the raw numbers that give these controls"""
    return torch.logit(((control - 1e-7).clamp(1e-9, 1.99) / 2) ** (1 / math.log(10)))


class Controls(nn.Module):
    """controls() -> (amplitudes [frames, harmonics], gains [frames, bands]), never below 0"""

    def __init__(self, amplitudes: Tensor, gains: Tensor) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.harmonics = nn.Parameter(raw_of(amplitudes))
        self.noise = nn.Parameter(raw_of(gains))
        ### END SOLUTION

    def forward(self) -> tuple[Tensor, Tensor]:
        ### BEGIN SOLUTION
        return dsp.exp_sigmoid(self.harmonics), dsp.exp_sigmoid(self.noise)
        ### END SOLUTION


# %% tags=["check"]
Controls = check("9.1", Controls)

# %% [markdown]
# ## A good place to begin
#
# Gradient descent finds the nearest valley. So measure first, as Serra and Smith did, and let it refine. How strong is harmonic $k$? Lesson 04: multiply the sound with an oscillator of that frequency, and add up. Nothing says that the frequency must be one of the FFT's. Ask at exactly $k f_0$:
#
# $$a_k = \frac{2}{\sum_n w(n)} \left| \sum_n w(n)\, x(n)\, e^{-2\pi i\, k f_0\, t_n} \right|$$
#
# $w$ is a Hann window, so that the neighbours do not leak in; $t_n$ is the time in seconds. Why the factor: a cosine of amplitude $a$ is two halves, $\tfrac{a}{2} e^{i \ldots} + \tfrac{a}{2} e^{-i \ldots}$, and our oscillator answers to one of them, with $\tfrac{a}{2} \sum w$.
#
# ### Exercise 9.2: read the harmonics
#
# <details><summary>Hint 1</summary><code>torch.exp(-2j * math.pi * k * f0_hz[:, None] * time)</code> is one oscillator for each frame, [frames, window].</details>
# <details><summary>Hint 2</summary>Go through k in a loop: all at once is a tensor of a hundred million numbers.</details>
# <details><summary>Hint 3</summary>Where k f0 reaches half the sample rate: <code>torch.where(..., column, 0.0)</code>.</details>


# %% tags=["exercise"]
def read_partials(windows: Tensor, f0_hz: Tensor, n_harmonics: int, sample_rate: int) -> Tensor:
    """windows [frames, size] of sound, not windowed yet; f0_hz [frames] -> amplitudes [frames, n_harmonics]"""
    ### BEGIN SOLUTION
    size = windows.shape[-1]
    window = torch.hann_window(size)
    time = (torch.arange(size) - size // 2) / sample_rate
    columns = []
    for k in range(1, n_harmonics + 1):
        oscillator = torch.exp(-2j * math.pi * k * f0_hz[:, None] * time)
        column = 2 / window.sum() * (windows * window * oscillator).sum(-1).abs()
        columns.append(torch.where(k * f0_hz < sample_rate / 2, column, 0.0))
    return torch.stack(columns, dim=-1)
    ### END SOLUTION


# %% tags=["check"]
read_partials = check("9.2", read_partials)

# %%
amplitudes = read_partials(windows_of(note), f0_hz[0], HARMONICS, SAMPLE_RATE)
harmonic = harmonics_of(amplitudes, f0_hz)
half_way = frames // 2
plots.stems(
    torch.arange(1, HARMONICS + 1),
    {"exactly at k f0": dsp.amplitude_to_db(amplitudes[half_way]), "nearest bin": dsp.amplitude_to_db(rough[half_way])},
    x_label="number of the harmonic",
    y_label="amplitude (dB)",
    title="One frame of the note, read in two ways",
    alt="Two combs of stalks that rise and fall together over 34 harmonics, with hills at the second and the twelfth; they differ by up to three decibels, among the strong ones mostly downwards.",
)

# %% [markdown]
# ## What is left?
#
# Take the harmonics away, and what remains is the breath. Serra and Smith's next step, and the place where everyone stumbles once: *subtract* what, from what?

# %%
subtracted = note - harmonic
listening.compare({"the note": note, "its harmonics": harmonic, "the one minus the other": subtracted})

# %% tags=["number"]
against_note = 10 * (subtracted.square().mean() / note.square().mean()).log10()
report("the difference of the waveforms, against the note", against_note, "dB", digits=1)

# %% [markdown]
# The "rest" is *louder* than the note! The harmonics have the right strengths and other phases (we never asked for phases), and two equal tones that are half a turn apart add up when subtracted. What has no phase is the power in a spectrogram. And harmonics and noise know nothing of each other, so their powers add (lesson 04). Then subtract powers, and where chance makes the difference negative, nothing is left.
#
# ### Exercise 9.3: the magnitude that is left
#
# `dsp.stft_power(sound, size, overlap=0.5)` is [batch, frames, bins].
#
# <details><summary>Hint 1</summary>Subtract, <code>clamp_min(0)</code>, root, in this order.</details>


# %% tags=["exercise"]
def residual_magnitude(sound: Tensor, harmonic: Tensor, size: int) -> Tensor:
    """sound and harmonic [1, samples] -> what is left, as magnitudes [1, frames, bins], frames half a window apart"""
    ### BEGIN SOLUTION
    left = dsp.stft_power(sound, size, overlap=0.5) - dsp.stft_power(harmonic, size, overlap=0.5)
    return left.clamp_min(0).sqrt()
    ### END SOLUTION


# %% tags=["check"]
residual_magnitude = check("9.3", residual_magnitude)


# %% [markdown]
# A window of 128 samples has 65 bins, one for each gain, and half of it is our hop. White noise between -1 and 1 behind a gain $G$ has in such a window a power of $\tfrac13 G^2 \sum w^2$ on average (lesson 04 again), so the gain is the magnitude over $\sqrt{\sum w^2 / 3}$.


# %%
def gains_of(sound: Tensor, harmonic: Tensor) -> Tensor:
    """A first guess of the noise's gains, [frames, bands]"""
    one_gain = (torch.hann_window(128).square().sum() / 3).sqrt()
    magnitude = residual_magnitude(sound, harmonic, 128)[0, : sound.shape[1] // HOP_SIZE]
    return (magnitude / one_gain).clamp(1e-6, 1.0)


loss = dsp.SpectralLoss()
gains = gains_of(note, harmonic)
guessed = harmonic + noise_of(gains)

# %% tags=["number"]
report("loss of silence", loss(torch.zeros_like(note), note), digits=1)
report("of the harmonics alone", loss(harmonic, note), digits=1)
report("of harmonics and noise, as measured", loss(guessed, note), digits=1)
report("of the same note, sung again", loss(retake, note), digits=1)

# %% [markdown]
# The last line is what can be hoped for. (Loss means nothing without its floor: lesson 07.)
#
# ## Now follow the gradient
#
# Play, compare, step; 80 times. One thing is different from all fits before: there is **noise** in what we play. Each time it is drawn, it is another.
#
# ### Exercise 9.4: fit
#
# `controls()` gives the pair; `play(amplitudes, gains, noise)` gives the sound; `draw()` gives a fresh noise for `play`. Adam over all of the module's parameters. Return the losses as plain numbers, one of each step.
#
# <details><summary>Hint 1</summary><code>play(*controls(), draw())</code></details>
# <details><summary>Hint 2</summary>When does <code>draw()</code> have to be called: once, or in each step?</details>


# %% tags=["exercise"]
def fit(controls: nn.Module, play, loss, target: Tensor, draw, many: int, rate: float) -> list[float]:
    """`many` steps of Adam at learning rate `rate` -> the loss before each step"""
    ### BEGIN SOLUTION
    optimizer, losses = torch.optim.Adam(controls.parameters(), lr=rate), []
    for _ in range(many):
        optimizer.zero_grad()
        value = loss(play(*controls(), draw()), target)
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses
    ### END SOLUTION


# %% tags=["check"]
fit = check("9.4", fit)


# %%
def play(amplitudes: Tensor, gains: Tensor, noise: Tensor, f0_hz: Tensor = f0_hz) -> Tensor:
    """amplitudes [frames, harmonics], gains [frames, bands], noise [1, samples] -> [1, samples]"""
    return harmonics_of(amplitudes, f0_hz) + dsp.filtered_noise(gains[None], hop_size=HOP_SIZE, noise=noise)


def draws(samples: int, always_the_same: bool = False):
    """A function that draws noise [1, samples]"""
    generator = torch.Generator().manual_seed(0)
    if always_the_same:
        once = dsp.white_noise(1, samples, generator=generator)
        return lambda: once
    return lambda: dsp.white_noise(1, samples, generator=generator)


fitted = Controls(amplitudes, gains)
losses = fit(fitted, play, loss, note, draws(note.shape[1]), steps(80), 0.05)
by_heart = Controls(amplitudes, gains)
losses_by_heart = fit(by_heart, play, loss, note, draws(note.shape[1], always_the_same=True), steps(80), 0.05)
plots.curves(
    torch.arange(len(losses)),
    {"new noise in each step": losses, "always the same noise": losses_by_heart},
    x_label="step",
    y_label="spectral loss",
    title="The fit",
    levels={"sung again": float(loss(retake, note))},
    alt="Both curves fall from above 5 towards 3. The one with always the same noise lies below the other all the way.",
)

# %% [markdown]
# ## What goes wrong: the noise, learned by heart
#
# Always the same noise gives a *better* loss. It is a trap. With one draw there is a gain for nearly every dip and peak that this draw has by chance, and the gains learn to make out of this noise the noise in the recording. Now draw another:

# %%
fresh = dsp.white_noise(1, note.shape[1], generator=torch.Generator().manual_seed(99))
with torch.no_grad():
    honest, memorised = play(*fitted(), fresh), play(*by_heart(), fresh)
listening.compare({"the note": note, "new noise in each step": honest, "always the same, now another": memorised})

# %% tags=["number"]
verdict("always the same noise: its own loss is lower", losses_by_heart[-1] / losses[-1], below=0.97, of_training=True)
scores = {"honest": float(loss(honest, note)), "by heart": float(loss(memorised, note))}
verdict("with another draw it is higher", scores["by heart"] / scores["honest"], above=1.1, of_training=True)
verdict(
    "the fit, against the measured guess", scores["honest"] / float(loss(guessed, note)), below=0.8, of_training=True
)

# %% [markdown]
# The parts, one by one, and the gains of the noise. Can you hear that the noise is a breath, and where it comes from the mouth?

# %%
with torch.no_grad():
    amplitudes, gains = fitted()
harmonic, noise = harmonics_of(amplitudes, f0_hz), noise_of(gains)
listening.compare(
    {"the note": note, "put together": harmonic + noise, "its harmonics": harmonic, "its noise, 20 dB up": 10 * noise}
)
plots.spectrogram(
    {"harmonics": harmonic, "noise": noise},
    sample_rate=SAMPLE_RATE,
    title="One note in two parts",
    alt="Above, the lines of the harmonics, waving with a vibrato. Below, a cloud without lines, strongest below 1 kHz and again around 3 kHz.",
)

# %% [markdown]
# ## Edit it
#
# Here is what all this is good for. You have not got a recording any more, but the *reasons* for one.
#
# > **Guess.** The note is to last twice as long, at the same pitch. What do you do with `f0_hz`, the amplitudes and the gains?
# > **a** halve all f0 values · **b** put a new frame between every two, half-way between them · **c** leave out every second frame ·
# > **d** play the result at half the sample rate

# %% tags=["question"]
question("9.7", answer=None)


# %%
def stretched(curve: Tensor, factor: float) -> Tensor:
    """A curve [frames, ...] walked through at another speed: factor 2 lasts twice as long"""
    place = torch.linspace(0, len(curve) - 1, round(factor * len(curve)))
    left = place.floor().long().clamp(max=len(curve) - 2)
    share = (place - left).reshape(-1, *[1] * (curve.ndim - 1))
    return torch.lerp(curve[left], curve[left + 1], share)


def faster_or_slower(factor: float) -> Tensor:
    curves = (stretched(each, factor) for each in (amplitudes, gains, f0_hz[0]))
    longer_amplitudes, longer_gains, longer_f0_hz = curves
    return harmonics_of(longer_amplitudes, longer_f0_hz[None]) + noise_of(longer_gains)


listening.compare({"the note": note, "half as fast": faster_or_slower(2.0), "twice as fast": faster_or_slower(0.5)})

# %% [markdown]
# Listen to the vibrato: it is slower, too. A singer would not do that. What is the note's and what is the singer's is not in these numbers.
#
# ## Higher, and whose head is it?
#
# To sing a fifth higher, multiply `f0_hz` by $2^{7/12}$. And the amplitudes? If harmonic 8 keeps its strength, the hill that it stood on moves up along with it. But that hill is a **formant**, a resonance of the mouth, and a mouth does not shrink when one sings higher. What is to stay is the curve over *frequency*. Harmonic $k$ of the new note lies where $k \cdot 2^{s/12}$ harmonics of the old note were ($s$ semitones), mostly between two of them:
#
# $$a'_k = a\big(k \cdot 2^{s/12}\big), \qquad a(\cdot) \text{ in straight lines between } a_1, a_2, \dots$$
#
# ### Exercise 9.5: keep the formants
#
# Above the last harmonic we know nothing: 0. Below the first one, the first.
#
# <details><summary>Hint 1</summary><code>place = torch.arange(1, n + 1) * ratio</code>; remember where <code>place <= n</code>, then <code>place.clamp(1, n)</code>.</details>
# <details><summary>Hint 2</summary>The two neighbours are <code>amplitudes[..., left - 1]</code> and <code>amplitudes[..., left]</code> for <code>left = place.floor().long()</code>: harmonic 1 has index 0. Keep left below n.</details>


# %% tags=["exercise"]
def keep_formants(amplitudes: Tensor, semitones: float) -> Tensor:
    """amplitudes [..., harmonics] of a note -> those of the note `semitones` higher, sung by the same mouth"""
    ### BEGIN SOLUTION
    n = amplitudes.shape[-1]
    place = torch.arange(1, n + 1) * 2 ** (semitones / 12)
    inside, place = place <= n, place.clamp(1, n)
    left = place.floor().long().clamp(max=n - 1)
    between = torch.lerp(amplitudes[..., left - 1], amplitudes[..., left], place - left)
    return torch.where(inside, between, 0.0)
    ### END SOLUTION


# %% tags=["check"]
keep_formants = check("9.5", keep_formants)


# %%
def transposed(semitones: float, move=lambda amplitudes, semitones: amplitudes) -> Tensor:
    return harmonics_of(move(amplitudes, semitones), f0_hz * 2 ** (semitones / 12)) + noise


takes = {"the note": note}
for semitones in (7, -7):
    where = "up" if semitones > 0 else "down"
    same_mouth = functools.partial(transposed, semitones)
    takes |= listening.with_yours(
        f"a fifth {where}, same mouth", keep_formants, lambda move, sing=same_mouth: sing(move)
    )
    takes[f"a fifth {where}, another head"] = transposed(semitones)
listening.compare(takes)

# %% [markdown]
# With the amplitudes simply kept, a fifth up is a child and a fifth down a giant: the ear hears the size of a head in formants. (Tape machines have made cartoon voices that way since the 1950s.)
#
# And since harmonics and noise are apart, either can be exchanged. A whisper is a voice whose folds do not swing: no harmonics, and noise in the mouth's hills. Take the hills from the harmonics:


# %%
def whispered(level: float) -> Tensor:
    """Gains whose curve over frequency is the harmonics', [frames, bands]"""
    place = torch.linspace(0, SAMPLE_RATE / 2, BANDS) / f0_hz[0, :, None]  # each band's place, counted in harmonics
    left = place.floor().long().clamp(1, HARMONICS - 1)
    share = (place - left).clamp(0, 1)
    curve = torch.lerp(amplitudes.gather(1, left - 1), amplitudes.gather(1, left), share)
    return level * curve * (place < HARMONICS)


bright = torch.linspace(0, 4, BANDS)  # breath has more treble than vocal folds: some 3 dB a kHz
listening.compare(
    {
        "the note": note,
        "whispered": noise_of(whispered(4.0) * 2**bright),
        "much breath": harmonic + noise_of(4 * gains),
        "no breath": harmonic,
    }
)

# %% [markdown]
# ## And the room?
#
# All this was dry. A real recording has its room, and lesson 05 has warned you: one note does not tell. Now you can see it at work. Here is a steady note of our reed *in* the studio. Five people each believe in another room, and each fits harmonics and noise to the recording, in their room.

# %%
reed = instruments.reed(minutes=0.4, seed=6, progress=False)[0]
reed_frames, reed_samples = part_of(reed, 20.35, 21.7)
many = reed_frames.stop - reed_frames.start
in_and_out = faded(many)
steady, steady_f0_hz = reed.audio[:, reed_samples] * in_and_out, reed.f0_hz[:, reed_frames]
believed = {
    "no room": torch.zeros(2),
    "a cupboard": instruments.room_impulse_response(0.15, seed=4),
    "the studio": reed.room,  # the truth
    "a large room": instruments.room_impulse_response(1.0, seed=6),
    "a cathedral": instruments.room_impulse_response(2.5, seed=8),
}
first_amplitudes = read_partials(windows_of(steady), steady_f0_hz[0], 30, SAMPLE_RATE)
first_gains = gains_of(steady, harmonics_of(first_amplitudes, steady_f0_hz))
explained, final_loss = {}, {}
for name, room in believed.items():

    def in_this_room(amplitudes: Tensor, gains: Tensor, noise: Tensor, room: Tensor = room) -> Tensor:
        return dsp.reverberate(play(amplitudes, gains, noise, steady_f0_hz), room)

    theirs = Controls(first_amplitudes, first_gains)
    fit(theirs, in_this_room, loss, steady, draws(steady.shape[1]), steps(60), 0.1)
    with torch.no_grad():
        rest = torch.zeros(250, 30), torch.zeros(250, BANDS)  # a second of rest after the note, for the room to ring on
        held = [torch.cat([control, silence]) for control, silence in zip(theirs(), rest, strict=True)]
        longer_f0_hz = torch.cat([steady_f0_hz, steady_f0_hz[:, -1:].expand(1, 250)], dim=1)
        fresh = dsp.white_noise(1, len(held[0]) * HOP_SIZE, generator=torch.Generator().manual_seed(1))
        explained[name] = dsp.reverberate(play(*held, fresh, longer_f0_hz), room)
        final_loss[name] = float(loss(explained[name][:, : steady.shape[1]], steady))
plots.bars(
    final_loss,
    y_label="spectral loss on the note",
    title="Five rooms, one note",
    alt="Five bars of nearly the same height, between 3.5 and 3.8.",
)
cut = {name: sound[:, : steady.shape[1]] * in_and_out for name, sound in explained.items()}
listening.compare({"the recording": steady, **cut})

# %% tags=["number"]
spread = max(final_loss.values()) / min(final_loss.values())
verdict("the worst of the five, against the best", spread, below=1.15, of_training=True)
verdict("the truth, against the best", final_loss["the studio"] / min(final_loss.values()), below=1.1, of_training=True)

# %% [markdown]
# By the loss and by the ear they are one. Now let each of the five stop playing, and listen on:

# %%
listening.compare(explained)

# %% [markdown]
# > **Guess.** Which room was the true one can be learned how?
# > **a** not at all: all five are equally good · **b** the simplest explanation is the true one, so no room · **c** from a longer note ·
# > **d** from a phrase with rests in it

# %% tags=["question"]
question("9.8", answer=None)

# %% [markdown]
# ## From a phrase with rests
#
# Try it. Two and a half seconds of the voice in its studio, with three rests. Learn everything at once: amplitudes, gains, *and* 16 000 taps of a room (multiplied by a decay: lesson 05). One thing has to be said, since nothing else decides who plays in a rest: **when nobody sings, harmonics and noise are silent.** What rings on is the room's.

# %%
phrase = instruments.voice(minutes=0.4, seed=5, progress=False)[0]
phrase_frames, phrase_samples = part_of(phrase, 4.7, 7.2)
wet, phrase_f0_hz = phrase.audio[:, phrase_samples], phrase.f0_hz[:, phrase_frames]
singing = note_fade(phrase.gate[:, phrase_frames] > 0.5, frame_rate=FRAME_RATE)[0]  # 1 in notes, 0 in rests


class InARoom(nn.Module):
    """Controls that are silent in rests, and a room"""

    def __init__(self) -> None:
        super().__init__()
        amplitudes = read_partials(windows_of(wet), phrase_f0_hz[0], 40, SAMPLE_RATE)
        self.controls = Controls(amplitudes, gains_of(wet, harmonics_of(amplitudes, phrase_f0_hz)))
        self.room = dsp.Reverb(1.0, sample_rate=SAMPLE_RATE)

    def forward(self) -> tuple[Tensor, Tensor]:
        amplitudes, gains = self.controls()
        return amplitudes * singing[:, None], gains * singing[:, None]


learned = InARoom()


def dry_phrase(amplitudes: Tensor, gains: Tensor, noise: Tensor) -> Tensor:
    return play(amplitudes, gains, noise, phrase_f0_hz)


fit(
    learned,
    lambda amplitudes, gains, noise: learned.room(dry_phrase(amplitudes, gains, noise)),
    loss,
    wet,
    draws(wet.shape[1]),
    steps(80),
    0.04,
)
with torch.no_grad():
    dry = dry_phrase(*learned(), draws(wet.shape[1])())
    room = torch.cat([torch.ones(1), learned.room.impulse_response()[1:]])
listening.compare(
    {
        "the recording": wet * faded(wet.shape[1] // HOP_SIZE),
        "in the learned room": dsp.reverberate(dry, room),
        "without it": dry,
        "truly dry": phrase.dry[:, phrase_samples],
    }
)
octaves_hz = (250.0, 500.0, 1000.0, 2000.0)
times = {
    f"{hz:g} Hz": [t20_s(each, sample_rate=SAMPLE_RATE, band_hz=hz) for each in (phrase.room, room)]
    for hz in octaves_hz
}
plots.bars(
    times,
    series=("true", "learned"),
    y_label="RT60 (s)",
    title="How long the room rings, by octave",
    alt="In each of four octaves the learned time is within a half of the true one, which is near 0.7 s; at 500 and 2000 Hz within a fifth.",
)

# %% tags=["number"]
ratios = torch.tensor([learned_s / true_s for true_s, learned_s in times.values()])
verdict("learned over true RT60, mean over the octaves", ratios.mean(), below=1.4, of_training=True)
verdict("and", ratios.mean(), above=0.7, of_training=True)
louder = direct_to_reverberant_db(phrase.room, sample_rate=SAMPLE_RATE) - direct_to_reverberant_db(
    room, sample_rate=SAMPLE_RATE
)
verdict("the learned room is too loud by", louder, above=2, unit="dB", of_training=True)

# %% [markdown]
# How long it rings was found, roughly, from rests of a second in all. How *loud* it is was not: it took on a part of the voice's colour. In the first hundredths of a second after a sound nobody can say what is room and what is mouth, since any filter may be moved from the one to the other. **The late decay can be known, the early room cannot.** Lesson 13 measures a trained network by that.
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `Controls` | `autoencoder.Decoder` | there a network makes the raw numbers from pitch and loudness (lesson 10) |
# | `read_partials`, `residual_magnitude` | – | a network begins without them |
# | `fit` | `autoencoder.train` | crops, many takes, a schedule |
# | `keep_formants` | – | a network knows what its instrument does at another pitch (lesson 12) |

# %%
show_progress(9)

# %% [markdown]
# **To read.** Serra and Smith: *Spectral modeling synthesis: a sound analysis/synthesis system based on a deterministic plus stochastic decomposition*, Computer Music Journal 14(4), 1990. Engel et al.: *DDSP*, 2020, [arXiv:2001.04643](https://arxiv.org/abs/2001.04643), section 3. Hayes et al., on what a synthesizer's
# symmetries hide from a loss, 2025, [arXiv:2506.07199](https://arxiv.org/abs/2506.07199). Shier et al., on what is neither harmonic nor noise, the attacks, 2023, [arXiv:2309.06649](https://arxiv.org/abs/2309.06649).
#
# **To try.** Fit your own sung note (lesson 08 tracks it). Begin the fit at 0.01 everywhere instead of at measured amplitudes: how far does it come in 80 steps? Exchange the noises of voice and reed.
#
# **Next.** Lesson 10: instead of 99 numbers for each frame of *this* note, a network that says them for any.
