# %% [markdown]
# # Lesson 17 · Many notes at once
#
# **You will build** a polyphonic synthesizer, a fit that reads a whole chord from its spectrum, masks that part a duet, and the measure
# that says how well they did.
#
# **You will hear** a chord whose voices change places and whose minor turns to major after it was recorded; a string and a reed that play
# together, taken apart; and the intervals at which nobody could.
#
# **You need** harmonics (lesson 02), the loss (lesson 07) and fitting by gradient descent (lesson 09).
#
# **Time.** 50 minutes to read and do, 1 minute to run.

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

from ddsp_course import data, dsp, instruments
from ddsp_course.classroom import check, listening, plots, question, report, show_progress, steps, verdict

SAMPLE_RATE = 16_000
HOP_SIZE = 256  # samples from one frame to the next: 16 ms, as in lesson 09
FFT_SIZE = 2048  # of the masks: 128 ms
GRID = {"sample_rate": SAMPLE_RATE, "hop_size": HOP_SIZE}

# %% [markdown]
# ## First, the finished sound
#
# A string and a reed, two notes of our models against each other, in one channel. Then each by itself: taken out of the mixture, by
# somebody who was told the two pitches and nothing else. Nobody trained on strings or on reeds.


# %%
def phrase(name: str, midis: list[float], vibrato_cents: float, level: float) -> data.Performance:
    """2.4 seconds of an instrument in no room, equally long notes with a short rest after each"""
    seconds = torch.arange(600) / 250
    length = 2.4 / len(midis)
    which = (seconds / length).long().clamp(max=len(midis) - 1)
    within = seconds - which * length
    cents = vibrato_cents * torch.sin(2 * math.pi * 5.5 * seconds)
    gate = (within / 0.03).clamp(0, 1) * ((length - 0.06 - within) / 0.05).clamp(0, 1)
    return instruments.play(
        name, dsp.midi_to_hz(torch.tensor(midis)[which] + cents / 100), level, gate, room=torch.ones(1)
    )


def equally_strong(sounds: Tensor, rms: float = 0.08) -> Tensor:
    """[..., samples], all of one strength, and faded out in the last 20 ms: a string that is cut off clicks"""
    faded = sounds * (torch.arange(sounds.shape[-1], 0, -1) / 320).clamp(max=1)
    return rms * faded / faded.square().mean(dim=-1, keepdim=True).sqrt()


def raw(value: Tensor) -> Tensor:
    """The number that exp_sigmoid turns into value (lesson 09)"""
    return torch.logit(((value - 1e-7) / 2) ** (1 / math.log(10)))


class Voices(nn.Module):
    """A parametric model of each source in a mixture: harmonics at a given pitch, and noise.

    f0_hz [batch, voices, frames]; one_timbre: each voice keeps its harmonic distribution for the whole time
    """

    def __init__(self, f0_hz: Tensor, harmonics: int, bands: int = 0, one_timbre: bool = False) -> None:
        super().__init__()
        self.f0_hz, number = f0_hz, torch.arange(1, harmonics + 1)
        frames = (*f0_hz.shape[:2], 1) if one_timbre else f0_hz.shape
        self.amplitude = nn.Parameter(raw(torch.full(f0_hz.shape, 0.1)))
        self.distribution = nn.Parameter(raw(1 / number).expand(*frames, harmonics).clone())
        self.noise = nn.Parameter(raw(torch.full((*f0_hz.shape, bands), 1e-3)))

    def harmonics(self) -> Tensor:
        """-> amplitudes [batch, voices, frames, harmonics]"""
        shares = dsp.exp_sigmoid(self.distribution).expand(*self.f0_hz.shape, -1).flatten(0, 1)
        shares = dsp.normalize_harmonics(shares, self.f0_hz.flatten(0, 1), sample_rate=SAMPLE_RATE)
        return dsp.exp_sigmoid(self.amplitude)[..., None] * shares.unflatten(0, self.f0_hz.shape[:2])

    def forward(self, generator: torch.Generator) -> Tensor:
        """-> each voice's sound [batch, voices, samples]"""
        sound = dsp.polyphonic_synthesis(self.f0_hz, self.harmonics(), **GRID)
        if self.noise.shape[-1] == 0:
            return sound
        gains = dsp.exp_sigmoid(self.noise).flatten(0, 1)
        noise = dsp.filtered_noise(gains, hop_size=HOP_SIZE, generator=generator)
        return sound + noise.unflatten(0, self.f0_hz.shape[:2])


def fit(voices: Voices, mixture: Tensor, loss: dsp.SpectralLoss, n_steps: int, rate: float = 0.1) -> list[float]:
    """Let the voices' sum become a mixture [batch, samples]; -> the losses"""
    optimizer, generator = torch.optim.Adam(voices.parameters(), lr=rate), torch.Generator().manual_seed(0)
    losses = []
    for _ in range(n_steps):
        optimizer.zero_grad()
        value = loss(voices(generator).sum(dim=1), mixture)
        value.backward()
        optimizer.step()
        losses.append(float(value.detach()))
    return losses


def sound_of(voices: Voices) -> Tensor:
    with torch.no_grad():
        return voices(torch.Generator().manual_seed(1))


string = phrase("bowed_string", [69.0, 71.0, 72.0, 69.0], vibrato_cents=15, level=0.6)
reed = phrase("reed", [62.0, 62.0, 65.0, 64.0], vibrato_cents=0, level=0.7)
sources = equally_strong(torch.cat([string.dry, reed.dry]))[None]  # [1, 2, samples]
duet = sources.sum(dim=1)
duet_hz = torch.cat([string.f0_hz, reed.f0_hz])[None, :, :: HOP_SIZE // string.config.hop_size]

duet_model = Voices(duet_hz, harmonics=40, bands=17)
duet_losses = fit(duet_model, duet, dsp.SpectralLoss((2048, 1024, 512, 256)), steps(100))
played = sound_of(duet_model)
parted = dsp.separate(duet, played, fft_size=FFT_SIZE)
listening.compare({"both": duet, "string, taken out": parted[:, 0], "reed, taken out": parted[:, 1]})

# %% [markdown]
# Not perfect: here and there the one shines through the other. By the end you can say when that must happen.
#
# Three ideas do it: a synthesizer for several voices, a loss on their sum, and a mask. We take them one by one.
#
# ## One oscillator bank, many voices
#
# The course's synthesizer plays one pitch at a time. A chord needs three. A loop over voices would do; but lesson 02's oscillators take a
# **batch** of sounds,
# and they do not care whether two sounds of a batch are two recordings or two voices of one. So **fold** the voices into the batch, play
# once, and **unfold**. (What plays is `dsp.harmonic_synthesis(f0_hz, amplitudes, sample_rate=..., hop_size=...)`, for `[batch, frames]` and
# `[batch, frames, harmonics]`. `dsp.polyphonic_synthesis`, which stands further up, is what you are about to write.)
#
# $$[B, V, F] \;\to\; [BV, F] \;\to\; [BV, N] \;\to\; [B, V, N]$$
#
# $B$ sounds of $V$ voices, $F$ frames, $N$ samples. The voices stay apart until somebody adds them up. Remember why from lesson 13: a sum
# does not remember its terms.
#
# ### Exercise 17.1: fold, play, unfold
#
# <details><summary>Hint 1</summary><code>x.flatten(0, 1)</code> folds the first two dimensions into one, whatever follows.</details>
# <details><summary>Hint 2</summary><code>y.unflatten(0, (batch, voices))</code> undoes it, in the same order.</details>


# %% tags=["exercise"]
def polyphonic(f0_hz: Tensor, amplitudes: Tensor, hop_size: int, sample_rate: int) -> Tensor:
    """f0_hz [batch, voices, frames], amplitudes [batch, voices, frames, harmonics] -> [batch, voices, samples]"""
    ### BEGIN SOLUTION
    flat = dsp.harmonic_synthesis(
        f0_hz.flatten(0, 1), amplitudes.flatten(0, 1), sample_rate=sample_rate, hop_size=hop_size
    )
    return flat.unflatten(0, f0_hz.shape[:2])
    ### END SOLUTION


# %% tags=["check"]
polyphonic = check("17.1", polyphonic)

# %% [markdown]
# Now a chord, with known truth: A minor, A3, C4 and E4, that come in one after the other. Each has a **timbre** of its own, a fixed
# distribution of its energy over 16 harmonics: one falls
# off evenly, one has almost only odd harmonics, one is strongest at its second.

# %%
KEYS = {"A": 57.0, "C": 60.0, "E": 64.0}
FRAMES, HARMONICS = 125, 16  # two seconds
seconds = torch.arange(FRAMES) * HOP_SIZE / SAMPLE_RATE
number = torch.arange(1, HARMONICS + 1)


def held(midis: list[float]) -> Tensor:
    """Pitches that stand still: -> [1, voices, FRAMES] in Hz"""
    return dsp.midi_to_hz(torch.tensor(midis))[None, :, None].repeat(1, 1, FRAMES)


timbres = torch.stack([1 / number, (number % 2) / number**0.7 + 0.02, number * torch.exp(-number / 1.5)])
timbres = timbres / timbres.sum(dim=-1, keepdim=True)
since = seconds - torch.tensor([0.02, 0.3, 0.58])[:, None]  # [voices, FRAMES]
attack = (since / torch.tensor([0.02, 0.08, 0.02])[:, None]).clamp(0, 1)
fading = torch.exp(-since.clamp_min(0) * torch.tensor([1.2, 0.0, 0.8])[:, None])
envelopes = torch.tensor([0.3, 0.2, 0.25])[:, None] * attack * fading * ((1.95 - seconds) / 0.1).clamp(0, 1)
chord_hz, chord_truth = held(list(KEYS.values())), (envelopes[..., None] * timbres[:, None])[None]
chord = polyphonic(chord_hz, chord_truth, HOP_SIZE, SAMPLE_RATE).sum(dim=1)
listening.compare(
    {
        **listening.with_yours(
            "A minor", polyphonic, lambda play: play(chord_hz, chord_truth, HOP_SIZE, SAMPLE_RATE).sum(dim=1)
        ),
        **{name: polyphonic(chord_hz, chord_truth, HOP_SIZE, SAMPLE_RATE)[:, voice] for voice, name in enumerate(KEYS)},
    }
)

# %% [markdown]
# ### How loud is a sum?
#
# > **Guess.** Three sines of the same strength, at three different pitches, added up. By how many dB is the sum louder than one of them?

# %% tags=["question"]
question("17.5", answer=None)

# %% [markdown]
# Write out the square of a sum: the squares of the three, and twice each product of two. A product of two sines of different frequency $f$ and
# $g$ swings at $f - g$ and $f + g$, and over a second it averages to nothing. So **powers add**. At one frequency and one phase nothing
# averages out: there **amplitudes add**.

# %%
one = torch.ones(1, 3, FRAMES, 1)
apart, together = (polyphonic(held(midis), one, HOP_SIZE, SAMPLE_RATE) for midis in ([57.0, 60.0, 64.0], [57.0] * 3))


def louder_db(voices: Tensor) -> float:
    return float(10 * torch.log10(voices.sum(dim=1).square().mean() / voices[:, 0].square().mean()))


# %% tags=["number"]
report("three pitches: the sum, against one of them", louder_db(apart), "dB", digits=1)
report("one pitch, in step", louder_db(together), "dB", digits=1)

# %% [markdown]
# Whoever writes an organ divides by $\sqrt{V}$, so that a chord of $V$ voices is as strong as a note. (Peaks are another matter. Three
# voices *may* meet at three times the amplitude, and will, once in a while.)
#
# ## A chord, read from its spectrum
#
# Now forget the truth. Given are the sound, and the three pitches. Wanted: each voice's amplitude, frame by frame, and its timbre. It is
# lesson 09's fit, except that the loss does not see a voice. It sees only the sum:
#
# $$\min_{A,\,c}\; L\Big(\sum_{v=1}^{V} \text{voice}\big(f_v,\, A_v,\, c_v\big),\; y\Big)$$
#
# $y$ is the recording, $f_v$ the pitch of voice $v$ in Hz, $A_v$ its amplitude and $c_v$ its distribution over the harmonics, $L$ the
# multi-scale spectral loss. `Voices` above is that, in 30 lines, and `fit` walks downhill.
# First every frame may have a distribution of its own, as in lesson 09.

# %%
chord_loss = dsp.SpectralLoss((2048, 1024, 512, 256))
free = Voices(chord_hz, HARMONICS)
free_losses = fit(free, chord, chord_loss, steps(200), rate=0.05)
listening.compare({"the chord": chord, "fitted": sound_of(free).sum(dim=1)})


# %%
def harmonic_errors_db(voices: Voices) -> Tensor:
    """How far each harmonic's mean amplitude is off, [voices, harmonics], in dB"""
    with torch.no_grad():
        found = voices.harmonics()[0].mean(dim=1)
    return dsp.amplitude_to_db(found) - dsp.amplitude_to_db(chord_truth[0].mean(dim=1))


plots.stems(
    number,
    dict(zip((f"voice {name}" for name in KEYS), harmonic_errors_db(free), strict=True)),
    x_label="number of the harmonic",
    y_label="found, against the truth (dB)",
    title="A timbre for every frame: what the fit makes of each harmonic",
    foot=0,
    alt="Three rows of stalks, nearly all at 0 dB; harmonics 3, 6 and 9 of voice A stand above it, by up to 7 dB, and harmonics 1 to 4 of voice E hang below, by some 3 to 10 dB.",
)

# %% [markdown]
# It sounds right, and most harmonics are right to a tenth of a decibel. A few are off by many. The third of A is too strong, the second of
# E too weak. Guess why, before you read on.
#
# ## Where partials meet
#
# The third harmonic of A lies at $3 \times 220 = 660$ Hz. The second of E lies at $2 \times 329.6 = 659.3$ Hz. In the spectrum that is
# *one* line. Its height is the two together, and any split of it explains the recording
# equally well.
#
# How near is too near? A Hann window of $N$ samples shows a sine as a hill $4 f_s/N$ Hz wide from foot to foot, its **main lobe**; with
# 2048 samples that is 31 Hz. A partial within half of that, 16 Hz, stands on the other's slope.
#
# > **Guess.** Two voices a fifth apart, 200 and 300 Hz. What share of the *upper* voice's partials meets one of the lower voice's, in %,
# if both have partials without end?

# %% tags=["question"]
question("17.6", answer=None)

# %% [markdown]
# ### Exercise 17.2: which partials are shared?
#
# Harmonic $k$ of the first voice is **shared** if there is an $m$ with $|k f - m g| < w$, where $k$ and $m$ go from 1 to $K$, $f$ and $g$
# are the two pitches in Hz and $w$ is the width.
#
# <details><summary>Hint 1</summary>Frequencies of both voices, <code>[frames, harmonics]</code>; then compare each with each by broadcasting:
# <code>ours[:, :, None] - theirs[:, None, :]</code>.</details>
# <details><summary>Hint 2</summary><code>(...).any(dim=-1)</code> asks over the last axis, which must be the other voice's.</details>


# %% tags=["exercise"]
def shared_partials(f0_hz: Tensor, other_hz: Tensor, n_harmonics: int, width_hz: float) -> Tensor:
    """f0_hz, other_hz [frames] -> which harmonics of the first are shared, true or false, [frames, n_harmonics]"""
    ### BEGIN SOLUTION
    k = torch.arange(1, n_harmonics + 1)
    ours, theirs = f0_hz[:, None] * k, other_hz[:, None] * k
    return ((ours[:, :, None] - theirs[:, None, :]).abs() < width_hz).any(dim=-1)
    ### END SOLUTION


# %% tags=["check"]
shared_partials = check("17.2", shared_partials)

# %%
HALF_LOBE_HZ = 2 * SAMPLE_RATE / FFT_SIZE
first_hz = chord_hz[0, :, :1]  # [voices, 1]
shared = torch.stack(
    [
        torch.stack([shared_partials(f, g, HARMONICS, HALF_LOBE_HZ)[0] for j, g in enumerate(first_hz) if j != i]).any(
            dim=0
        )
        for i, f in enumerate(first_hz)
    ]
)
for name, flags in zip(KEYS, shared, strict=True):
    print(f"{name} shares its harmonic {', '.join(str(k) for k in number[flags].tolist())}")

# %% tags=["number"]
errors = harmonic_errors_db(free).abs()
report("shared partials in the chord", shared.sum() / shared.numel() * 100, "%", digits=0)
verdict("free timbres: the worst of the shared, off by", errors[shared].max(), above=4, unit="dB")
verdict(
    "free timbres: A's and C's unshared, off by", errors[:2][~shared[:2]].max(), below=2, unit="dB", of_training=True
)

# %% [markdown]
# So A's large errors, at 3, 6 and 9, are all where your function says, and C has none. (Some of E's harmonics are not on the list and are off
# all the same:
# a voice that may change its timbre at any moment has more ways to be wrong than one line that is shared.)
#
# ### What else do we know?
#
# An instrument's timbre does not jump about from frame to frame. Say so: **one distribution for each voice**, for the whole chord, while
# the amplitude may still move. That is a *prior*, what a model can say before it has seen
# data. And look what it does to the shared line at 660 Hz. While only A sounds, the line is A's alone, and A's distribution is known from
# then on. What is added when E comes in must be E's.

# %%
steady = Voices(chord_hz, HARMONICS, one_timbre=True)
steady_losses = fit(steady, chord, chord_loss, steps(200), rate=0.05)
plots.bars(
    {
        name: [
            float(errors[flags].mean()) for errors in (harmonic_errors_db(free).abs(), harmonic_errors_db(steady).abs())
        ]
        for name, flags in (("shared partials", shared), ("the others", ~shared))
    },
    series=("a timbre for every frame", "one timbre a voice"),
    y_label="mean error (dB)",
    title="The same chord, the same loss, fewer unknowns",
    digits=1,
    alt="Two pairs of bars: with a timbre for every frame the shared partials are off by some 2.5 dB in the mean and the others by 0.3 dB; with one timbre for each voice both are off by less than 0.1 dB.",
)
plots.curves(
    seconds,
    {
        f"{name}, {what}": curve
        for index, name in enumerate(KEYS)
        for what, curve in (("played", envelopes[index]), ("found", steady.harmonics()[0, index].sum(dim=-1)))
    },
    x_label="time (s)",
    y_label="amplitude (no unit)",
    title="One timbre a voice: the three amplitudes",
    alt="Three amplitudes that come in one after the other and end together at 1.95 s; for each the curve that was found lies on the one that was played.",
)

# %% tags=["number"]
verdict(
    "one timbre a voice: any harmonic, off by",
    harmonic_errors_db(steady).abs().max(),
    below=1,
    unit="dB",
    of_training=True,
)
verdict("its loss, against that of free timbres", steady_losses[-1] / free_losses[-1], below=0.7, of_training=True)

# %% [markdown]
# Fewer unknowns, and the loss is *lower*. The extra freedom did not help to explain the sound; it only gave the descent more ways to get lost.
#
# ## Voices change places
#
# A chord on tape is one sound. Ours is now three, each with pitch, amplitude and timbre: exchange what you like.

# %%
with torch.no_grad():
    amplitudes = steady.harmonics()  # [1, voices, frames, harmonics]
    strength = amplitudes.sum(dim=-1, keepdim=True)
    timbre = amplitudes / strength.clamp_min(1e-7)


def chord_of(f0_hz: Tensor, amplitudes: Tensor) -> Tensor:
    return polyphonic(f0_hz, amplitudes, HOP_SIZE, SAMPLE_RATE).sum(dim=1)


major_hz = held([57.0, 61.0, 64.0])  # C goes up by a semitone
swapped = strength * timbre[:, [2, 1, 0]]  # A sounds with E's timbre, E with A's
listening.compare(
    {
        "recorded: A minor": chord,
        "A major": chord_of(major_hz, amplitudes),
        "A and E exchange timbres": chord_of(chord_hz, swapped),
        "without C": chord_of(chord_hz, amplitudes * torch.tensor([1.0, 0.0, 1.0])[:, None, None]),
        "all an octave down": chord_of(chord_hz / 2, amplitudes),
    }
)

# %% [markdown]
# Was it the real A major? Here we can know, as we can play the truth at those pitches. The yardstick is the minor chord, left as it is.

# %% tags=["number"]
true_major = chord_of(major_hz, chord_truth)
major_score = chord_loss(chord_of(major_hz, amplitudes), true_major)
minor_score = chord_loss(chord, true_major)
verdict("loss of our A major, against the true one", major_score, below=0.5, of_training=True)
verdict("loss of A minor, left as it is, against it", minor_score, above=3)

# %% [markdown]
# ## A real duet
#
# That chord was made of what the model can say. The duet at the top was not: a bow, a reed, noise, attacks. Schulze-Forster and others
# (2023) train a network that, shown a mixture and its pitches,
# says the controls of one parametric model for each source (theirs are voices: a source and a filter). All it needs are mixtures; nobody
# has to provide the voices one by one, which is what they mean by *unsupervised*. We leave the network out and fit each mixture's
# controls directly: `Voices` with 40 harmonics and a noise of 17 bands for each source, and every frame free, as a real timbre changes with
# every bow stroke.
#
# It is time for a measure.
#
# ### The measure
#
# How good is an estimate $\hat s$ of a source $s$? Take from it the part that *is* the source, up to volume, and call what is left over an
# error:
#
# $$\text{SI-SDR} = 10 \log_{10} \frac{\lVert \alpha s \rVert^2}{\lVert \hat s - \alpha s \rVert^2}, \qquad
#   \alpha = \frac{\langle \hat s, s\rangle}{\lVert s \rVert^2}$$
#
# $\alpha$ is the factor that leaves the smallest rest (the rest is at right angles to $s$: try $\langle \hat s - \alpha s, s\rangle$). 0 dB
# is as much source as rest. The mixture itself, of two equally strong sources, has 0 dB: that is where we start from.
# The name is *scale-invariant signal-to-distortion ratio*.
#
# ### Exercise 17.3: the measure
#
# <details><summary>Hint 1</summary><code>(estimate * source).sum(-1, keepdim=True)</code> is the inner product of each sound, ready to be multiplied with it again.</details>
# <details><summary>Hint 2</summary>Norms squared are energies: 10 log10.</details>


# %% tags=["exercise"]
def si_sdr_db(estimate: Tensor, source: Tensor) -> Tensor:
    """estimate, source [..., samples] -> [...], in dB"""
    ### BEGIN SOLUTION
    scale = (estimate * source).sum(-1, keepdim=True) / source.square().sum(-1, keepdim=True)
    target = scale * source
    return 10 * torch.log10(target.square().sum(-1) / (estimate - target).square().sum(-1))
    ### END SOLUTION


# %% tags=["check"]
si_sdr_db = check("17.3", si_sdr_db)

# %%
names = ("string", "reed")
scores = {
    "mixture": si_sdr_db(duet[:, None].expand_as(sources), sources)[0],
    "resynthesis": si_sdr_db(played, sources)[0],
}
listening.compare(
    {
        "string, as played": sources[:, 0],
        "string, resynthesised": played[:, 0],
        "reed, as played": sources[:, 1],
        "reed, resynthesised": played[:, 1],
    }
)

# %% tags=["number"]
for i, name in enumerate(names):
    report(f"{name}: the mixture", scores["mixture"][i], "dB", digits=1)
    verdict(f"{name}: the resynthesis", scores["resynthesis"][i], below=-5, unit="dB")

# %% [markdown]
# Far below zero? Worse than not separating at all? And it sounds like a string.
#
# > **Guess.** What is wrong with the resynthesis?
# > **a** its level · **b** its pitch · **c** the phases of its partials · **d** its noise, which is another draw

# %% tags=["question"]
question("17.7", answer=None)

# %% [markdown]
# A measure has a taste, like a loss. This one wants every sample in its place. Ask the one that asks the spectrum, and the same sound is
# much nearer to the source than the mixture is.

# %% tags=["number"]
spectral = dsp.SpectralLoss()
for i, name in enumerate(names):
    of_mixture, of_model = (float(spectral(each, sources[:, i])) for each in (duet, played[:, i]))
    report(f"{name}: spectral loss of the mixture", of_mixture, digits=1)
    verdict(f"{name}: of the resynthesis, against that", of_model / of_mixture, below=0.8, of_training=True)

# %% [markdown]
# ## Borrow the mixture's phase
#
# The model knows *how much* of each frequency its source has, moment by moment. The mixture knows the phases. So let the model only decide
# **what share of each bin of the mixture** is whose:
#
# $$M_v(j, t) = \frac{|S_v(j, t)|^2}{\sum_u |S_u(j, t)|^2}, \qquad \hat s_v = \text{ISTFT}\big(M_v \cdot Y\big)$$
#
# $S_v$ is the short-time spectrum of the model of voice $v$ at bin $j$ and frame $t$, $Y$ that of the mixture. The masks $M_v$ sum to one,
# so the parts add up to the mixture again: nothing is lost, nothing invented.
#
# Why powers and not magnitudes? Take a bin in which the sources have the mean powers $P_1$ and $P_2$ and phases that know nothing of each
# other. What factor $m$ misses the first by least?
#
# $$E\,|m(S_1 + S_2) - S_1|^2 = (m - 1)^2 P_1 + m^2 P_2 \quad\Rightarrow\quad m = \frac{P_1}{P_1 + P_2}$$
#
# Set the derivative to zero and see for yourself. This is the **Wiener filter**.
#
# ### Exercise 17.4: soft masks
#
# Where nobody sounds the formula says 0/0. Add $10^{-12}$ to each power first; then each gets an equal share of nothing.
#
# <details><summary>Hint 1</summary>The sum goes over the sources, dimension 0, with <code>keepdim=True</code>.</details>


# %% tags=["exercise"]
def soft_masks(power: Tensor) -> Tensor:
    """power [sources, frames, bins], at least 0 -> shares [sources, frames, bins] that sum to one over the sources"""
    ### BEGIN SOLUTION
    lifted = power + 1e-12
    return lifted / lifted.sum(dim=0, keepdim=True)
    ### END SOLUTION


# %% tags=["check"]
soft_masks = check("17.4", soft_masks)


# %%
def short_time(sounds: Tensor) -> Tensor:
    """[sounds, samples] -> complex spectra [sounds, bins, frames]"""
    window = torch.hann_window(FFT_SIZE)
    return torch.stft(sounds, FFT_SIZE, FFT_SIZE // 4, window=window, pad_mode="constant", return_complex=True)


def part(mixture: Tensor, models: Tensor, masks_of=None) -> Tensor:
    """mixture [samples], models [sources, samples] -> the mixture shared out [sources, samples]"""
    masks = (masks_of or soft_masks)(short_time(models).abs() ** 2)
    window = torch.hann_window(FFT_SIZE)
    return torch.istft(masks * short_time(mixture[None]), FFT_SIZE, FFT_SIZE // 4, window=window, length=len(mixture))


oracle = part(duet[0], sources[0])  # masks from the true sources: what a mask of this kind may hope for
masked = part(duet[0], played[0])
unfitted = sound_of(Voices(duet_hz, harmonics=40, bands=17))
scores |= {
    "mask, no fit": si_sdr_db(part(duet[0], unfitted[0]), sources[0]),
    "mask, fitted": si_sdr_db(masked, sources[0]),
    "oracle mask": si_sdr_db(oracle, sources[0]),
}
plots.bars(
    {what: score.tolist() for what, score in scores.items()},
    series=names,
    y_label="SI-SDR (dB)",
    title="One duet, parted by different means",
    digits=1,
    alt="Five pairs of bars for string and reed: the mixture at 0 dB, the resynthesis near -17 dB, the mask of a model that was not fitted at 12.9 dB, that of the fitted one at 11.9 dB and the oracle's at 14.5 dB.",
)
plots.spectrogram(
    {"both": duet, "string, by the mask": masked[0], "string, as played": sources[0, 0]},
    sample_rate=SAMPLE_RATE,
    high_hz=4000,
    title="The string, before and after",
    alt="Three spectrograms: above, two sets of lines in one another; in the middle one set of them remains, with a few faint traces of the other; below the string as it was played, the same without the traces.",
)
listening.compare(
    {
        "both": duet,
        **listening.with_yours(
            "string, by the mask", soft_masks, lambda masks_of: part(duet[0], played[0], masks_of)[0]
        ),
        "string, as played": sources[:, 0],
        "reed, by the mask": masked[1],
        "reed, as played": sources[:, 1],
    }
)

# %% tags=["number"]
report("parts, added up, off the mixture by", (masked.sum(dim=0) - duet[0]).abs().max(), digits=4)
for i, name in enumerate(names):
    report(f"{name}: mask from a model that was not fitted", scores["mask, no fit"][i], "dB", digits=0)
    verdict(f"{name}: mask from the fitted model", scores["mask, fitted"][i], above=9, unit="dB")
    report(f"{name}: oracle mask", scores["oracle mask"][i], "dB", digits=1)

# %% [markdown]
# From 0 to about 12 dB, with no example of either instrument. The **oracle**, which takes its masks from the truth, is only a few dB
# better: the rest is what masks cannot do at all. A mask turns
# a bin up or down; where two partials share the bin, both come along.
#
# ## What goes wrong: a proof without a control
#
# Look again. The third pair is `Voices` as it comes out of the box: at every frame the same amplitude for both, harmonics of $1/k$, not one
# step of descent. It does not know a rest from a note. And it parts the duet *better* than our fit.
#
# So what have we shown? That it is enough to know the **pitches**. They say where each one's lines are, and where the lines are apart, any
# timbre will do for a mask. Had we left that pair out, you would have believed in the gradient.
#
# When do we need it, then? When it matters *how much* there is of each. Play the same duet with the reed 12 dB softer. The model that knows
# nothing still believes in two equals.

# %%
soft = sources * torch.tensor([1.0, 10 ** (-12 / 20)])[:, None]
soft_duet = soft.sum(dim=1)
soft_model = Voices(duet_hz, harmonics=40, bands=17)
fit(soft_model, soft_duet, dsp.SpectralLoss((2048, 1024, 512, 256)), steps(100))
soft_masked = part(soft_duet[0], sound_of(soft_model)[0])
soft_scores = {
    "mixture": si_sdr_db(soft_duet[:, None].expand_as(soft), soft)[0],
    "mask, no fit": si_sdr_db(part(soft_duet[0], unfitted[0]), soft[0]),
    "mask, fitted": si_sdr_db(soft_masked, soft[0]),
    "oracle mask": si_sdr_db(part(soft_duet[0], soft[0]), soft[0]),
}
plots.bars(
    {what: score.tolist() for what, score in soft_scores.items()},
    series=names,
    y_label="SI-SDR (dB)",
    title="The reed 12 dB softer than the string",
    digits=1,
    alt="Four pairs of bars: the mixture is at 12 dB for the string and -12 dB for the reed; without a fit 17 and 4 dB, fitted 21 and 8 dB, the oracle's 23 and 10 dB.",
)
listening.compare(
    {
        "both, the reed softer": soft_duet,
        "reed, no fit": part(soft_duet[0], unfitted[0])[1],
        "reed, fitted": soft_masked[1],
        "reed, as played": soft[:, 1],
    }
)

# %% tags=["number"]
report("soft reed, mask without a fit", soft_scores["mask, no fit"][1], "dB", digits=0)
verdict(
    "the fit is better by",
    soft_scores["mask, fitted"][1] - soft_scores["mask, no fit"][1],
    above=2,
    unit="dB",
    of_training=True,
)

# %% [markdown]
# *There* the fit earns its keep, for the soft one above all: it has found out from the sum alone who is loud.
#
# ## Where it fails
#
# Which interval is hardest? Let the string hold 220 Hz, and the reed one steady note above it, from a unison to an octave. Fifteen
# mixtures, one batch, one fit. For each the quality by the fitted model, by the oracle, and by the pitches alone.

# %%
INTERVALS = torch.tensor([0, 0.25, 0.5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
LOW_HZ = 220.0


def steady_note(name: str, f0_hz: float, level: float) -> Tensor:
    """One second of one note, [samples]"""
    seconds = torch.arange(256) / 250
    gate = (seconds / 0.03).clamp(0, 1) * ((0.96 - seconds) / 0.05).clamp(0, 1)
    return instruments.play(name, torch.full((256,), f0_hz), level, gate, room=torch.ones(1)).dry[0]


below = steady_note("bowed_string", LOW_HZ, 0.6)
above_hz = LOW_HZ * 2 ** (INTERVALS / 12)
pairs = torch.stack([torch.stack([below, steady_note("reed", float(f), 0.7)]) for f in above_hz])
pairs = equally_strong(pairs)  # [intervals, 2, samples]
pair_hz = torch.stack([torch.full_like(above_hz, LOW_HZ), above_hz], dim=1)[..., None].repeat(1, 1, 64)
pair_model = Voices(pair_hz, harmonics=36, bands=17)
fit(pair_model, pairs.sum(dim=1), dsp.SpectralLoss((2048, 1024, 512)), steps(70))
guessed = sound_of(pair_model)


def parting_db(models: Tensor, pairs: Tensor = pairs) -> Tensor:
    """Mean SI-SDR of the two sources after masking, for each mixture"""
    parts = torch.stack([part(pair.sum(dim=0), model) for pair, model in zip(pairs, models, strict=True)])
    return si_sdr_db(parts, pairs).mean(dim=1)


by_oracle, by_model = parting_db(pairs), parting_db(guessed)
by_pitch = parting_db(sound_of(Voices(pair_hz, harmonics=36, bands=17)))
plots.curves(
    INTERVALS,
    {"masks of the truth": by_oracle, "masks of the fit": by_model, "masks of the pitches alone": by_pitch},
    x_label="interval between string and reed (semitones)",
    y_label="SI-SDR (dB)",
    title="How well two notes part",
    points=True,
    marks={"unison": 0, "fourth": 5, "fifth": 7, "octave": 12},
    alt="Three curves of one shape over the interval: between -3 and 1 dB at unison, 1 to 4 dB at the octave, and 17 dB or more from one semitone on, but for deep dips to 10 to 15 dB at the fourth and the fifth; the truth's is the highest, the other two lie a few dB below it.",
)
listening.compare(
    {
        f"{name}, {what}": sound
        for name, index in (("tritone", 8), ("fifth", 9), ("octave", 14))
        for what, sound in (
            ("both", pairs[index].sum(dim=0)),
            ("reed taken out", part(pairs[index].sum(dim=0), guessed[index])[1]),
        )
    }
)

# %% tags=["number"]
for name, semitones in (("unison", 0), ("fourth", 5), ("tritone", 6), ("fifth", 7), ("octave", 12)):
    index = int((semitones == INTERVALS).nonzero())
    report(f"{name}, masks of the truth", by_oracle[index], "dB", digits=0)
at = {semitones: float(by_model[int((semitones == INTERVALS).nonzero())]) for semitones in (0, 6, 7, 12)}
verdict("the fit's tritone, above its fifth by", at[6] - at[7], above=3, unit="dB")
verdict("the fit's octave", at[12], below=6, unit="dB")
verdict("the fit's unison", at[0], below=1, unit="dB")

# %% [markdown]
# (The pitches alone do about as well as the fit, again: the two are equally strong here.) Music's favourite intervals are the worst ones.
# What makes a fifth or an octave *blend* is the very thing that makes it inseparable: partials that meet. Your function of exercise 17.2
# says so in advance.


# %%
def share_that_meets(above: float) -> float:
    """What share of the reed's partials below 5 kHz meets one of the string's, in %"""
    partials = int(5000 / above)
    flags = dsp.shared_partials(torch.tensor(above), torch.tensor(LOW_HZ), int(5000 / LOW_HZ), width_hz=HALF_LOBE_HZ)
    return 100 * float(flags[:partials].float().mean())


fine = torch.arange(0, 12.3, 0.05)
plots.curves(
    fine,
    [share_that_meets(float(LOW_HZ * 2 ** (each / 12))) for each in fine],
    x_label="interval between string and reed (semitones)",
    y_label="partials of the reed that meet (%)",
    title="Partials below 5 kHz within half a lobe of one of the string's",
    marks={"unison": 0, "fourth": 5, "fifth": 7, "octave": 12},
    y_range=(-5, 130),
    alt="A curve that is at 100 % around unison and octave, has peaks of 47 % at the fifth and 30 % at the fourth and below the sixth, and lies mostly below 20 % elsewhere.",
)

# %% [markdown]
# (At a quarter of a tone little *meets* by this count, beyond the first few partials, and yet it parts badly: a bin is not a partial. These
# few are the strongest, and the hills of the others still overlap at their feet.)
#
# What can help where partials meet is what helped the chord: something else that we know, such as a timbre that stays while
# a neighbour comes and goes, or an attack that is not at the same time.
#
# ## And if the pitch is wrong?
#
# All of this was *given their pitches*. A tracker for several pitches at once makes mistakes.
#
# > **Guess.** The reed's pitch is given 50 cents too high, a quarter of a tone. What happens?
# > **a** nothing: the loss pulls it right · **b** little: 50 cents at 294 Hz are 9 Hz, less than half a lobe · **c** the reed gets worse, the
# > string stays
# > · **d** both get worse, the upper partials first

# %% tags=["question"]
question("17.8", answer=None)

# %%
CENTS = torch.tensor([-50.0, -20.0, -10.0, 0.0, 10.0, 20.0, 50.0])
part_frames = 75  # the first half of the duet
half = sources[0, :, : part_frames * HOP_SIZE].expand(len(CENTS), -1, -1)
wrong_hz = duet_hz[:, :, :part_frames].repeat(len(CENTS), 1, 1)
wrong_hz[:, 1] *= 2 ** (CENTS[:, None] / 1200)
wrong_model = Voices(wrong_hz, harmonics=36, bands=17)
fit(wrong_model, half.sum(dim=1), dsp.SpectralLoss((2048, 1024, 512)), steps(70))
wrong_sound = sound_of(wrong_model)
wrong_parts = torch.stack([part(pair.sum(dim=0), model) for pair, model in zip(half, wrong_sound, strict=True)])
wrong_scores = si_sdr_db(wrong_parts, half)
plots.curves(
    CENTS,
    {name: wrong_scores[:, i] for i, name in enumerate(names)},
    x_label="error of the reed's pitch (cents)",
    y_label="SI-SDR after masking (dB)",
    title="The string's pitch is right, the reed's is not",
    points=True,
    alt="Two curves with a peak of 7 dB for the string and 8 dB for the reed where the error is 0; they fall to between 5 and 7 dB at 10 and 20 cents to either side and to 3 or 4 dB at 50 cents.",
)
listening.compare(
    {
        "reed as played": half[0, 1],
        **{f"taken out, {int(CENTS[i])} cents off": wrong_parts[i, 1] for i in (3, 4, 6)},
        "the model's reed, 50 cents off": wrong_sound[6, 1],
    }
)

# %% tags=["number"]
loss_of_right = wrong_scores[3].mean() - wrong_scores[[0, 6]].mean()
verdict("50 cents off, both lose in the mean", loss_of_right, above=2.5, unit="dB")
verdict("and the string loses too", wrong_scores[3, 0] - wrong_scores[[0, 6], 0].mean(), above=2, unit="dB")

# %% [markdown]
# At partial $k$ the model is $k$ times 9 Hz beside the reed, and half a lobe is 16 Hz: only the first partial is still on the slope. An error
# of 10 cents, a good tracker's on a bad day, already costs something; and trackers for several pitches at once also miss notes,
# and mistake octaves. The gradient could not correct the pitch: here it is given, not learned. Would it, if we let it?
# Lesson 07 has shown you what a loss over frequency looks like: full of holes to fall into. Lesson 19 tries.
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `polyphonic` | `dsp.polyphonic_synthesis` | errors in words |
# | `shared_partials` | `dsp.shared_partials` | any leading dimensions |
# | `si_sdr_db` | `dsp.scale_invariant_sdr_db` | stays finite for silence and for a perfect estimate |
# | `soft_masks`, with `part` | `dsp.soft_masks`, `dsp.separate` | batches of mixtures |
#
# They live in `ddsp_course/dsp/polyphony.py` and `separation.py`. What you got right is in your workbook, in `my_ddsp/lesson_17.py`.

# %%
show_progress(17)

# %% [markdown]
# **To read.** Schulze-Forster, Richard, Kelley, Doire, Badeau: *Unsupervised Music Source Separation Using Differentiable Parametric Source
# Models*, IEEE/ACM TASLP, 2023,
# [arXiv:2201.09592](https://arxiv.org/abs/2201.09592); they, too, mask the mixture with the models' spectra. Le Roux, Wisdom, Erdogan, Hershey: *SDR – half-baked or well done?*, 2019,
# [arXiv:1811.02508](https://arxiv.org/abs/1811.02508), on the measure and on those it replaced. Kawamura and others: *Differentiable digital signal processing mixture model for synthesis parameter extraction from mixture of harmonic sounds*, 2022,
# [arXiv:2202.00200](https://arxiv.org/abs/2202.00200): several trained autoencoders, fitted to a mixture as we fitted `Voices`.
#
# **To try.** Let all three notes of the chord start together (`since` of 0.02 for each): what does one timbre for each voice still know?
# Put the voice in place of the reed, with a vibrato: its partials move together, while
# the other's stand still, and two that meet do so only for a moment. Take `FFT_SIZE = 512`, then 8192: which intervals gain, and what
# happens to the attacks?
#
# **Next.** Lesson 18: an ear that learns, and what a spectral loss leaves out.
