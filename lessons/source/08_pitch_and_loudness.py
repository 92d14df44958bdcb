# %% [markdown]
# # Lesson 08 · Pitch and loudness
#
# **You will build** a pitch tracker from nothing but multiplication, the search for the best path through a tracker's doubts,
# a loudness meter that weighs frequencies as the ear does, and the score that says how often a tracker is right.
#
# **You will hear** a singer reduced to two curves; a tracker that falls three octaves and says so with full confidence; and dither,
# which was added to a tracker on purpose and which we take out.
#
# **You need** decibels and the gradient (lesson 00), cents (lesson 02), and convolution by FFT (lesson 05) or its one
# sentence: multiplying spectra convolves sounds, in a circle.
#
# **Time.** 65 minutes to read and do, 2 minutes to run.

# %%
try:
    import ddsp_course
except ModuleNotFoundError:
    raise SystemExit(
        "The course's package is missing: start the lessons with `make lab`, or run `pip install -e '.[course]'` in your clone."
    ) from None
import inspect
import math

import torch
from torch import Tensor

from ddsp_course import data, dsp, instruments
from ddsp_course.classroom import check, listening, plots, question, report, show_progress, verdict
from ddsp_course.data.pitch import around_path, crepe_activation, pitch_transitions

SAMPLE_RATE = 16_000
HOP = 160  # trackers look every 10 ms
WINDOW = 1024  # at 64 ms of sound
FRAMES = 800  # eight seconds

# %% [markdown]
# ## First, the finished sound
#
# The network of lesson 10 will never hear a sound. It is told two numbers, 250 times a second: the pitch, and how loud it is.
# Here is a phrase of our voice model, and what is left of it when twelve sines, always the same twelve, follow those two curves.


# %%
def puppet(f0_hz: Tensor, loudness_db: Tensor) -> Tensor:
    """f0_hz and loudness_db [frames], one every 10 ms -> [1, samples]; NaN is silence."""
    amplitude = 10 ** ((loudness_db - 20) / 20) * torch.isfinite(f0_hz)
    f0_hz = torch.nan_to_num(f0_hz, nan=100.0)[None].clamp(30.0, 4000.0)
    colour = (1 / torch.arange(1, 13)).expand(1, f0_hz.shape[1], -1)
    weights = dsp.normalize_harmonics(colour, f0_hz, sample_rate=SAMPLE_RATE)
    amplitudes = amplitude[None, :, None] * weights
    return dsp.harmonic_synthesis(f0_hz, amplitudes, sample_rate=SAMPLE_RATE, hop_size=HOP)


def take_of(instrument, seed: int):
    """The first 8 s of a take whose truth is known: audio [1, samples]; at the trackers' frames the pitch it was
    played at, f0_hz [frames], and whether a note is sounding, playing [frames]."""
    take = instrument(minutes=0.4, seed=seed, progress=False)[0]
    place = torch.arange(FRAMES) * HOP / take.config.hop_size  # in frames of 4 ms
    left = place.floor().long()
    octaves = torch.lerp(take.f0_hz[0].log2()[left], take.f0_hz[0].log2()[left + 1], place - left)
    return take.audio[:, : FRAMES * HOP], 2**octaves, take.gate[0][left] > 0.99


def level(sound: Tensor, rms: float = 0.06) -> Tensor:
    return rms * sound / sound.square().mean().sqrt()


voice, voice_hz, voice_playing = take_of(instruments.voice, 0)
features = data.extract_features(data.Recording(voice))
every_10_ms = torch.arange(FRAMES) * HOP // features.config.hop_size
curves = (features.f0_hz[0][every_10_ms], features.loudness_db[0][every_10_ms])
listening.compare({"the voice": level(voice), "pitch and loudness": level(puppet(*curves))}, f0_hz=features.f0_hz[0])

# %% [markdown]
# Words, breath and person are gone; the music is still there. All of it has to come through these two curves, so every
# error in them is an error that no network can mend. Where do the curves come from?
#
# ## What repeats
#
# A note is a sound that repeats after its period $T$. Then it differs little from itself, moved by $T$. So move it, by any
# number of samples $\tau$ (the **lag**), and add up how far it is off. Take a window of $N$ samples; where the moved one has run
# out there is nothing to compare, so
#
# $$d(\tau) = \sum_{n=0}^{N-1-\tau} \big(x(n) - x(n+\tau)\big)^2
#     = \underbrace{\sum_n x(n)^2 + \sum_n x(n+\tau)^2}_{m(\tau)} \; - \; 2 \underbrace{\sum_n x(n)\,x(n+\tau)}_{r(\tau)}$$
#
# $r$ is the **autocorrelation**, $m$ the energy of the samples that took part. Divide by $m$, and the level of the sound drops out:
#
# $$s(\tau) = 1 - \frac{d(\tau)}{m(\tau)} = \frac{2\,r(\tau)}{m(\tau)}$$
#
# is 1 where the sound repeats exactly, 0 where it has nothing in common with itself, and -1 where it is upside down
# (McLeod and Wyvill 2005).
#
# Now for its price. Written as a loop, $r$ takes a pass over the window for each lag. But look at its sum: it is a convolution of $x$
# with itself run backwards, and running backwards conjugates a spectrum. So its spectrum is
# $X \cdot \overline{X} = |X|^2$, and one inverse FFT gives all lags at once. (That the power spectrum and the autocorrelation are a Fourier pair is the
# theorem of Wiener and Khinchin.) The FFT takes the window for a circle, so add zeros at its end, as many as the longest lag: what wraps
# around then meets only zeros.
#
# ### Exercise 8.1: everything at every lag
#
# Return $s(\tau)$ for $\tau$ = 0 to `longest_lag`. A silent frame is like nothing: 0 everywhere.
#
# <details><summary>Hint 1</summary><code>torch.fft.rfft(frames, size)</code> adds zeros up to <code>size</code>;
# <code>torch.fft.irfft(power, size)</code> leads back.</details>
# <details><summary>Hint 2</summary>With E(n) the energy of the first n samples, the samples that took part on the left have E(N - lag), those
# on the right E(N) - E(lag). <code>cumsum</code> gives all E at once; put a 0 before it.</details>
# <details><summary>Hint 3</summary>Where m is 0, divide by 1 instead: r is 0 there too.</details>


# %% tags=["exercise"]
def autocorrelation(frames: Tensor, longest_lag: int) -> Tensor:
    """frames [frames, window] -> [frames, longest_lag + 1], from -1 to 1; 1 at lag 0 unless the frame is silent"""
    ### BEGIN SOLUTION
    window, size = frames.shape[-1], frames.shape[-1] + longest_lag
    products = torch.fft.irfft(torch.fft.rfft(frames, size).abs() ** 2, size)[:, : longest_lag + 1]
    energy = torch.nn.functional.pad(frames.double().square().cumsum(dim=-1), (1, 0))
    lag = torch.arange(longest_lag + 1)
    took_part = (energy[:, window - lag] + energy[:, -1:] - energy[:, lag]).to(frames.dtype)
    return 2 * products / torch.where(took_part > 0, took_part, 1.0)
    ### END SOLUTION


# %% tags=["check"]
autocorrelation = check("8.1", autocorrelation)


# %%
def windows_of(audio: Tensor) -> Tensor:
    """audio [1, samples] -> [frames, WINDOW]; frame j is centred on sample 160 j."""
    return torch.nn.functional.pad(audio, (WINDOW // 2, WINDOW // 2))[0].unfold(0, WINDOW, HOP)[:FRAMES]


string, string_hz, string_playing = take_of(instruments.bowed_string, 2)
SHORTEST, LONGEST = 8, 320  # lags of 2000 and of 50 Hz
similarity = autocorrelation(windows_of(string), LONGEST)
shown, few = 60, 130  # a frame in the middle of a note, and lags enough to see six periods
plots.curves(
    torch.arange(few),
    similarity[shown, :few],
    x_label="lag (samples of 1/16 ms)",
    y_label="similarity (no unit)",
    title=f"A bowed string against itself: {string_hz[shown]:.0f} Hz, a period of {SAMPLE_RATE / string_hz[shown]:.1f} samples",
    marks={"T": float(SAMPLE_RATE / string_hz[shown]), "2T": float(2 * SAMPLE_RATE / string_hz[shown])},
    y_range=(-1.0, 1.15),
    alt="A curve that starts at 1 and comes back to 0.9 or more at one period and at each of its multiples, with lower peaks between.",
)

# %% [markdown]
# ## What goes wrong: which of these is the highest?
#
# The period is where the curve peaks. So take the highest peak, turn it into a frequency, and let the puppet sing along with
# our bowed string. (It is told the string's loudness by the package. That is the second half of this lesson.)


# %%
def highest_peak(similarity: Tensor) -> Tensor:
    return SHORTEST + similarity[:, SHORTEST:LONGEST].argmax(dim=1).float()


string_db = dsp.loudness_db(string, sample_rate=SAMPLE_RATE, hop_size=HOP)[0]
fallen_hz = SAMPLE_RATE / highest_peak(similarity)
seconds = torch.arange(FRAMES) / 100
plots.curves(
    seconds,
    {"played": torch.where(string_playing, string_hz, torch.nan), "highest peak": fallen_hz},
    x_label="time (s)",
    y_label="frequency (Hz)",
    title="The highest peak of all",
    alt="The played melody lies between 780 and 1320 Hz; the tracked curve leaps about far below it, mostly between 50 and 400 Hz.",
)
listening.compare(
    {"the string": level(string), "the highest peak": level(puppet(fallen_hz, string_db))}, f0_hz=fallen_hz
)

# %% [markdown]
# What repeats after $T$ repeats after $2T$, $3T$, $4T$, and equally well. Which of these peaks stands highest is decided by the third
# digit: by a little noise, and by how near $kT$ happens to lie to a whole number of samples. So ask for the **first peak that is nearly as
# high as the highest**, say nine tenths of it. Above nine tenths there is not often an impostor: half a period is one only for a
# sound whose odd harmonics are nearly missing.
#
# The second fault is in the resolution.
#
# > **Guess.** Lags are whole samples. Near 1000 Hz, at 16 000 samples a second: how many *cents* lie between the pitches of two
# > neighbouring lags?

# %% tags=["question"]
question("8.6", answer=None)

# %% [markdown]
# A tracker with steps like that cannot see a vibrato. But the curve around its peak is smooth, and three of its points determine a
# parabola. Let the values before, at, and after the peak be $a, b, c$. Put $p(u) = b + \tfrac{c-a}{2} u + \tfrac{a-2b+c}{2} u^2$, which is $a, b, c$ at $u = -1, 0, 1$; its
# slope is zero at
#
# $$u = \frac{a - c}{2\,(a - 2b + c)}$$
#
# so the period is the lag plus $u$, which lies between $-\tfrac12$ and $\tfrac12$.
#
# ### Exercise 8.2: the period
#
# Among the lags from `shortest` up to, but without, `longest`: find the first peak that reaches 0.9 of the highest peak, and refine it
# by the parabola. A peak is higher than the value before it and not lower than the one after. A frame without a peak gets NaN.
#
# <details><summary>Hint 1</summary>Three slices of <code>similarity</code>, moved by one, compared: that marks all peaks at once.</details>
# <details><summary>Hint 2</summary>Set everything that is no peak to -1, and <code>amax(dim=1, keepdim=True)</code> is the highest peak.</details>
# <details><summary>Hint 3</summary><code>argmax</code> of a tensor of zeros and ones gives the first one. For the neighbours,
# <code>similarity[torch.arange(len(similarity)), lag + 1]</code>.</details>


# %% tags=["exercise"]
def find_period(similarity: Tensor, shortest: int, longest: int) -> Tensor:
    """similarity [frames, lags] -> period in samples, not whole ones, [frames]; NaN where there is no peak"""
    ### BEGIN SOLUTION
    here = similarity[:, shortest:longest]
    before, after = similarity[:, shortest - 1 : longest - 1], similarity[:, shortest + 1 : longest + 1]
    is_peak = (here > before) & (here >= after)
    heights = torch.where(is_peak, here, -1.0)
    good = is_peak & (heights >= 0.9 * heights.amax(dim=1, keepdim=True))
    lag = shortest + good.float().argmax(dim=1)
    a, b, c = (similarity[torch.arange(len(similarity)), lag + step] for step in (-1, 0, 1))
    return torch.where(good.any(dim=1), lag + (a - c) / (2 * (a - 2 * b + c)), torch.nan)
    ### END SOLUTION


# %% tags=["check"]
find_period = check("8.2", find_period)

# %%
string_by_lag = SAMPLE_RATE / find_period(similarity, SHORTEST, LONGEST)
listening.compare(
    {
        "the string": level(string),
        "the highest peak": level(puppet(fallen_hz, string_db)),
        **listening.with_yours(
            "the first good peak",
            find_period,
            lambda find: level(puppet(SAMPLE_RATE / find(similarity, SHORTEST, LONGEST), string_db)),
        ),
    },
    f0_hz=string_by_lag,
)

# %% [markdown]
# Twenty lines, and it follows a string. Not always: there are some hiccups in it. How many, exactly?
#
# ## How often is it right?
#
# For a real recording nobody knows. For ours we do: a model played it, at a pitch that we commanded. That is why this course has
# instruments of its own. The usual two scores (Poliner et al. 2007) count frames in which a note is played:
#
# * **raw pitch accuracy** (RPA): the share whose pitch is within 50 cents of the truth;
# * **raw chroma accuracy** (RCA): the same, with errors of whole octaves forgiven.
#
# Where the second is well above the first, you have octave errors.
#
# ### Exercise 8.3: two shares
#
# <details><summary>Hint 1</summary>Cents: <code>1200 * torch.log2(f0_hz / truth_hz)</code>. Choose the frames with <code>[playing]</code>.</details>
# <details><summary>Hint 2</summary>Take away the nearest whole number of octaves: <code>cents - 1200 * torch.round(cents / 1200)</code>.</details>


# %% tags=["exercise"]
def pitch_accuracy(f0_hz: Tensor, truth_hz: Tensor, playing: Tensor) -> Tensor:
    """f0_hz and truth_hz [frames] in Hz, playing [frames] bool -> [2]: raw pitch and raw chroma accuracy, 0 to 1"""
    ### BEGIN SOLUTION
    cents = 1200 * torch.log2(f0_hz / truth_hz)[playing]
    to_nearest_octave = cents - 1200 * torch.round(cents / 1200)
    return torch.stack([(error.abs() < 50).float().mean() for error in (cents, to_nearest_octave)])
    ### END SOLUTION


# %% tags=["check"]
pitch_accuracy = check("8.3", pitch_accuracy)

# %% tags=["number"]
for name, tracked_hz in {"highest peak": fallen_hz, "first good peak": string_by_lag}.items():
    pitch_share, chroma_share = pitch_accuracy(tracked_hz, string_hz, string_playing)
    report(f"{name}: raw pitch accuracy", 100 * pitch_share, "%", digits=0)
    report(f"{name}: raw chroma accuracy", 100 * chroma_share, "%", digits=0)

# %% [markdown]
# From one frame in twenty to nineteen in twenty. Of what is left, some are octave errors and some are neither. To do better by hand
# one adds rules, and rules for the exceptions; YIN and pYIN are made of good ones (Mauch and Dixon 2014). The other way is to learn it.
#
# ## A network that has heard it all
#
# **CREPE** (Kim et al. 2018) is six layers of convolution that look at the same 1024 samples and say, for each of 360 pitches 20 cents apart,
# how strongly it is there: the **activation**, 0 to 1. Its training sounds had been resynthesised from known curves, so that
# it, too, learned from a truth. We use its small version. Here is what it sees of the string.

# %%
activation = torch.from_numpy(crepe_activation(string)[:FRAMES]).float()  # [frames, 360]
midi_of_bin = dsp.hz_to_midi(10 * 2 ** ((1997.3794 + 20 * torch.arange(360)) / 1200))
by_itself = activation.argmax(dim=1)  # each frame's own choice


def show_activation(paths: dict[str, Tensor], start_s: float, end_s: float, title: str, alt: str) -> None:
    part = slice(round(100 * start_s), round(100 * end_s))
    with plots.figure(alt=alt, height_inches=3.8) as axes:
        image = axes.pcolormesh(
            seconds[part],
            midi_of_bin,
            activation[part].T,
            cmap="magma",
            vmin=0,
            vmax=1,
            shading="nearest",
            rasterized=True,
        )
        axes.figure.colorbar(image, ax=axes, label="activation (0 to 1)")
        looks = (
            {"linestyle": "", "marker": ".", "color": "#56B4E9", "markersize": 6},
            {"color": "#009E73", "linewidth": 1.6},
        )
        for (name, path), look in zip(paths.items(), looks, strict=False):
            axes.plot(seconds[part], midi_of_bin[path[part]], label=name, **look)
        axes.set(xlabel="time (s)", ylabel="pitch (MIDI number)", ylim=(66, 95.4))
        axes.grid(visible=False)
        axes.set_title(title, loc="left")
        axes.legend(loc="lower left", labelcolor="white")


show_activation(
    {"the strongest of each frame": by_itself},
    0.0,
    8.0,
    "What CREPE sees",
    "Dots on the strongest pitch of each frame follow a melody from MIDI 79 to 88; where notes change, some leap off, most by an octave, a few far below the picture.",
)

# %% [markdown]
# A bright line, and around some of the changes of note a second one, an octave away: there the dots leap. Each frame decides by itself, and knows
# nothing of its neighbours. But we do: nobody plays an octave up for three hundredths of a second. Let that be said in numbers.
#
# ## The best path
#
# Let a path visit one state (one pitch) $q_t$ in each frame $t$. It earns the activation $a_t(q_t)$, and pays for each change:
#
# $$\text{score}(q) = \sum_t a_t(q_t) + \sum_{t \ge 1} w(q_{t-1}, q_t), \qquad w(i, j) = -\min\big(0.2\,|i - j|,\; 12\big)$$
#
# A vibrato moves by a bin or two and pays next to nothing. An octave is 60 bins: it costs 12, to go and again to come back, and since
# no frame earns more than 1, a wrong octave must look better for two dozen frames before it is worth the journey. A real leap pays once.
# (If $a$ and $w$ are logarithms of probabilities, the best path is the most probable one of a hidden Markov model. Ours are not; the
# prices were found on our three instruments, by trying.)
#
# There are $360^{800}$ paths. One thing makes it easy: **the best path to a state, now, passes through some state $i$ a moment ago, and
# up to there it is the best path to $i$**; if there were a better one we could exchange it. So it is enough to know, for every state, the score of the best path that
# ends there, $S_t(j)$:
#
# $$S_0(j) = a_0(j), \qquad S_t(j) = a_t(j) + \max_i \big( S_{t-1}(i) + w(i, j) \big)$$
#
# Remember which $i$ it was. In the last frame, choose the best $j$, and follow what you remembered back to the beginning
# (Viterbi 1967). That is $800 \cdot 360^2$ additions: a second of work.
#
# > **Guess.** All transitions cost nothing: $w(i, j) = 0$. What path comes out?
# > **a** one single state for the whole sound · **b** the strongest state of each frame · **c** one of many equally good ones, by chance ·
# > **d** the same path as before, only faster

# %% tags=["question"]
question("8.7", answer=None)

# %% [markdown]
# ### Exercise 8.4: Viterbi
#
# <details><summary>Hint 1</summary><code>(score[:, None] + log_transition)</code> is [from, to]: every way to arrive.
# <code>.max(dim=0)</code> gives, for each state to arrive in, the best score and where it came from.</details>
# <details><summary>Hint 2</summary>Keep one tensor <code>came_from</code> for each step, in a list.</details>
# <details><summary>Hint 3</summary>Backwards: <code>path = [score.argmax()]</code>, then for each remembered tensor, last first,
# append <code>came_from[path[-1]]</code>; and turn the list around at the end.</details>


# %% tags=["exercise"]
def viterbi(log_likelihood: Tensor, log_transition: Tensor) -> Tensor:
    """log_likelihood [frames, states], log_transition [from, to] -> the best path, [frames], whole numbers"""
    ### BEGIN SOLUTION
    score, remembered = log_likelihood[0], []
    for frame in log_likelihood[1:]:
        best, came_from = (score[:, None] + log_transition).max(dim=0)
        score = best + frame
        remembered.append(came_from)
    path = [score.argmax()]
    for came_from in reversed(remembered):
        path.append(came_from[path[-1]])
    return torch.stack(path[::-1])
    ### END SOLUTION


# %% tags=["check"]
viterbi = check("8.4", viterbi)

# %%
transitions = torch.from_numpy(pitch_transitions())
path = viterbi(activation, transitions)
show_activation(
    {"the strongest of each frame": by_itself, "the best path": path},
    6.0,
    8.0,
    "Two seconds of it: each frame by itself, and the best path",
    "Most dots lie on one melody, some far above or below it; the line of the best path stays on the melody throughout.",
)


# %%
def hz_of(bins: Tensor) -> Tensor:
    return 10 * 2 ** ((1997.3794 + 20 * bins) / 1200)


listening.compare(
    {
        "the string": level(string),
        "each frame by itself": level(puppet(hz_of(by_itself), string_db)),
        **listening.with_yours(
            "the best path", viterbi, lambda viterbi: level(puppet(hz_of(viterbi(activation, transitions)), string_db))
        ),
    },
    f0_hz=hz_of(path),
)

# %% tags=["number"]
for name, bins in {"each frame by itself": by_itself, "the best path": path}.items():
    pitch_share, chroma_share = pitch_accuracy(hz_of(bins), string_hz, string_playing)
    report(f"{name}: leaps of more than six semitones", (bins.diff().abs() > 30).sum(), digits=0)
    report(f"{name}: raw pitch accuracy", 100 * pitch_share, "%", digits=0)

# %% [markdown]
# No leap is left. A path is also *stable*: what it says of one moment rests on all the others. That is why it has to run over the whole recording at once;
# cut into blocks, it would begin anew at each.
#
# ## Dither, found and removed
#
# The puppet on the best path still sounds rough. Of course: it climbs stairs of 20 cents. Whoever wrote `torchcrepe`, the usual way to run CREPE in
# PyTorch, saw the stairs too. Let it read the steadiest sound there is, a sine of 440 Hz; and then read the same activation once more.

# %%
import torchcrepe

steady = 0.3 * torch.sin(2 * math.pi * 440 * torch.arange(2 * SAMPLE_RATE) / SAMPLE_RATE)[None]
seen = torch.from_numpy(crepe_activation(steady)[:200]).float()
once, again = (torchcrepe.decode.argmax(seen.T[None])[1][0] for _ in range(2))
exactly = hz_of(seen.argmax(dim=1))
flat_db = torch.full((200,), 0.0)
plots.curves(
    seconds[:200],
    {
        name: 1200 * torch.log2(hz / 440)
        for name, hz in {"read once": once, "read again": again, "its bin": exactly}.items()
    },
    x_label="time (s)",
    y_label="cents from 440 Hz",
    title="torchcrepe reads a steady sine, twice",
    alt="Two ragged curves that differ from each other, within 25 cents of zero, and a straight line at 6 cents.",
)
listening.compare(
    {
        "read once": level(puppet(once, flat_db)),
        "read again": level(puppet(again, flat_db)),
        "its bin": level(puppet(exactly, flat_db)),
    }
)

# %% [markdown]
# The same numbers went in, and two different curves came out. There is a die in there. With open source one can look for it:

# %%
print(inspect.getsource(torchcrepe.convert.bins_to_cents))
print(inspect.getsource(torchcrepe.convert.dither))

# %% [markdown]
# "Trade quantization error for noise". A triangle of $\pm 20$ cents has a standard deviation of $20 / \sqrt 6 = 8.2$ cents. To a listener of
# quantised *sound*, dither is a kindness: it turns the stairs' ugly pattern into smooth hiss. But this is a pitch curve that a network
# will learn from, and an oscillator will obey. It learns that strings tremble. And no run can be repeated, as no seed is set.

# %% tags=["number"]
in_cents = 1200 * torch.log2(torch.stack([once, again]) / exactly)
verdict("spread of the two readings around the bin", in_cents.std(), above=7.0, unit="cents")
verdict(
    "frames in which they agree to a hundredth of a cent",
    ((once / again).log2() * 1200).abs().lt(0.01).float().mean(),
    below=0.05,
)

# %% [markdown]
# There is no need to choose between stairs and noise. The network says more than its strongest bin: its neighbours are active as well, more so on the side where
# the truth lies. Take the mean of the bins around the path, weighted by activation, four to each side (as Kim et al. do, and here
# with exact bin centres). `around_path` does that.

# %%
string_by_path = hz_of(path)
cents, confidence = (torch.from_numpy(each).float() for each in around_path(activation.numpy(), path.numpy()))
string_between_bins = 10 * 2 ** (cents / 1200)
steady_cents, _ = around_path(seen.numpy(), seen.argmax(dim=1).numpy())
part = slice(128, 188)
plots.curves(
    seconds[part],
    {
        "played": dsp.hz_to_midi(string_hz[part]),
        "bins of 20 cents": dsp.hz_to_midi(string_by_path[part]),
        "weighted mean": dsp.hz_to_midi(string_between_bins[part]),
    },
    x_label="time (s)",
    y_label="pitch (MIDI number)",
    title="Between the bins",
    alt="Two steady notes and the step between them: the bins lie a few cents above what was played, the weighted mean wavers slightly below it.",
)

# %% tags=["number"]


def median_cents(f0_hz: Tensor, truth_hz: Tensor, playing: Tensor) -> Tensor:
    return (1200 * torch.log2(f0_hz / truth_hz))[playing].abs().nanmedian()


for name, tracked_hz in {
    "bins": string_by_path,
    "weighted mean": string_between_bins,
    "autocorrelation": string_by_lag,
}.items():
    report(f"the string, {name}: median error", median_cents(tracked_hz, string_hz, string_playing), "cents", digits=1)
off = torch.from_numpy(steady_cents).float() - 1200 * math.log2(44.0)
report("a steady 440 Hz, weighted mean: largest error", off[10:190].abs().max(), "cents", digits=1)

# %% [markdown]
# ## How sure is it?
#
# The strongest activation near the path is CREPE's **confidence**. Is it worth anything? With the truth at hand one can ask. Nine takes of three
# instruments; their frames sorted by confidence; and in each drawer the share that is more than 50 cents wrong:


# %%
def by_crepe(audio: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Pitch of each frame's strongest bin, pitch of the best path between the bins, and its confidence, [frames] each."""
    seen = torch.from_numpy(crepe_activation(audio)[:FRAMES]).float()
    cents, sure = around_path(seen.numpy(), viterbi(seen, transitions).numpy())
    return hz_of(seen.argmax(dim=1)), 10 * 2 ** (torch.from_numpy(cents).float() / 1200), torch.from_numpy(sure).float()


makers = {"voice": instruments.voice, "bowed string": instruments.bowed_string, "reed": instruments.reed}
tracked, sounds = {}, {}
for name, maker in makers.items():
    rows, sounds[name] = [], []
    for seed in (0, 1, 2):
        audio, truth_hz, playing = take_of(maker, seed)
        sounds[name].append(audio)
        by_lag = SAMPLE_RATE / find_period(autocorrelation(windows_of(audio), LONGEST), SHORTEST, LONGEST)
        rows.append((truth_hz, playing, by_lag, *by_crepe(audio)))
    tracked[name] = [torch.cat(parts) for parts in zip(*rows, strict=True)]

truth_hz, playing, _, _, path_hz, sure = (torch.cat(parts) for parts in zip(*tracked.values(), strict=True))
wrong = (1200 * torch.log2(path_hz / truth_hz)).abs() > 50
drawers = {
    "below 0.25": (0, 0.25),
    "to 0.5": (0.25, 0.5),
    "to 0.7": (0.5, 0.7),
    "to 0.85": (0.7, 0.85),
    "above": (0.85, 1.1),
}
shares = {
    name: float(100 * wrong[playing & (sure >= low) & (sure < high)].float().mean())
    for name, (low, high) in drawers.items()
}
plots.bars(
    shares,
    x_label="confidence (0 to 1)",
    y_label="frames more than 50 cents off (%)",
    title="What confidence is worth",
    digits=0,
    alt="Bars that fall from left to right: about a quarter of the least confident frames are wrong, and almost none of the most confident.",
)

# %% [markdown]
# It knows when it does not know. That is why the decoder is given confidence as well in some designs, and why the scores of lesson 11 count frames above
# 0.85 only, as the paper does.
#
# But *sure* is not *played*. In a rest there is the room, and the room sings on. What does CREPE make of rests?

# %%
rest, rest_hz, rest_playing = take_of(instruments.bowed_string, 1)
_, rest_tracked, rest_sure = by_crepe(rest)
rest_db = dsp.loudness_db(rest, sample_rate=SAMPLE_RATE, hop_size=HOP)[0]
with plots.figure(
    alt="Three curves under each other over 8 seconds: pitch, confidence and loudness; in the rests, marked grey, confidence stays high while loudness falls.",
    height_inches=5.0,
    rows=3,
    share_x=True,
) as panels:
    drawn = {
        "pitch (MIDI number)": dsp.hz_to_midi(rest_tracked),
        "confidence (0 to 1)": rest_sure,
        "loudness (dB)": rest_db,
    }
    for panel, (label, curve) in zip(panels, drawn.items(), strict=True):
        panel.plot(seconds, curve, color=plots.COLOURS[0], linewidth=1.2)
        low, high = panel.get_ylim()
        panel.fill_between(seconds, low, high, where=~rest_playing, color="#bbbbbb", alpha=0.5, linewidth=0)
        panel.set(ylabel=label, ylim=(low, high))
    panels[-1].set_xlabel("time (s)")
    panels[0].set_title("A bowed string in a room; grey: nobody plays", loc="left")

# %% tags=["number"]
report("median confidence while nobody plays", rest_sure[~rest_playing].median(), digits=2)
report(
    "median confidence of white noise",
    by_crepe(0.1 * torch.randn(voice.shape, generator=torch.Generator().manual_seed(0)))[2].median(),
    digits=2,
)

# %% [markdown]
# The tail of a note has the pitch of the note, and CREPE hears it: rightly. Only loudness tells playing from ringing, and even loudness only after a while. (Lesson
# 12 builds a mask from both.) In a silent rest, or in hiss, the tracker's pitch means nothing. The network must be given some
# number all the same.
#
# > **Guess.** Which pitch should `data.extract_features` hand on where the tracker is not sure of one?
# > **a** what the tracker says, right or wrong · **b** always that of the room's tail · **c** 0 Hz · **d** that of the notes around,
# > carried on, with its low confidence beside it

# %% tags=["question"]
question("8.9", answer=None)

# %% [markdown]
# ## Three trackers against the truth

# %%
scores, misses = {}, {}
for name, (truth, sounding, *found) in tracked.items():
    scores[name] = [float(100 * pitch_accuracy(hz, truth, sounding)[0]) for hz in found[:3]]
    misses[name] = [float(median_cents(hz, truth, sounding)) for hz in found[:3]]
trackers = ("your autocorrelation", "CREPE, each frame", "CREPE, path and mean")
plots.bars(
    scores,
    series=trackers,
    y_label="raw pitch accuracy (%)",
    title="How often right, within 50 cents",
    digits=1,
    alt="Three groups of three bars, all between 94 and 99 percent; CREPE with the path is highest in each group, autocorrelation lowest.",
)
plots.bars(
    misses,
    series=trackers,
    y_label="median error (cents)",
    title="How far off, typically",
    digits=1,
    alt="Three groups: autocorrelation is off by one to four cents, single CREPE frames by about six, CREPE with path and mean by two to four.",
)

# %% tags=["number"]
for name in scores:
    by_hand, frames_alone, by_path = scores[name]
    verdict(f"{name}: raw pitch accuracy of CREPE with the path", by_path, above=96.0, unit="%")
    verdict(f"{name}: and how much more than your autocorrelation's", by_path - by_hand, above=0.5, unit="points")
    report(f"{name}, your autocorrelation: median error", misses[name][0], "cents", digits=0)
    report(f"{name}, CREPE, path and mean: median error", misses[name][2], "cents", digits=0)

# %% [markdown]
# Read both pictures. The network is wrong least often; where your twenty lines are right they are, over three takes, a little more exact (in a single one it may be the
# other way round: see above). Neither beats the other in everything, and where the network is wrong, they mostly are too: where one note's tail lies under the next. What is the pitch there? Even the truth is only what the player meant.
#
# ## Read twice
#
# Four cents of error nobody hears in one note. But the oscillators will obey, and then harmonic 20 stands twenty times as many hertz beside its place
# in the recording. The loss sees two lines that do not meet, and the best a network can do about it is to play the second one softly. There is a finer ruler in the sound itself, for one who already knows roughly where to look. Let a pointer turn backwards
# $k$ times as fast as the tracked pitch $\hat f$, and multiply it with the sound:
#
# $$y_k(n) = w * \Big( x(n)\, e^{-2\pi i\, k \sum_{m<n} \hat f(m) / f_s} \Big)$$
#
# Harmonic $k$ now hardly turns at all, and a window $w$ of 20 ms keeps it and averages everything else away. Were $\hat f$ exact, $y_k$ would stand still. It
# turns by what the tracker is off, $k$ times; so measure its angle 2.5 ms before and 2.5 ms after a frame, 5 ms apart:
#
# $$f_0 - \hat f = \frac{1}{k} \cdot \frac{\angle \big(y_k(\text{after})\, \overline{y_k(\text{before})}\big)}{2\pi \cdot 5\ \text{ms}}$$

# %%
STEP = 40  # samples, 2.5 ms


def by_turning(audio: Tensor, f0_hz: Tensor, k: int) -> Tensor:
    """The pitch as harmonic k has it, [frames]: audio [1, samples], f0_hz [frames], tracked, every 10 ms."""
    turns = k * dsp.upsample(f0_hz[None].double(), HOP)[0].cumsum(dim=0) / SAMPLE_RATE
    pointer = torch.exp(-2j * math.pi * (turns % 1).float())
    held = torch.nn.functional.pad(audio[0] * pointer, (160, 160))
    window = torch.hann_window(320).to(held.dtype)
    before, after = (held.roll(-by).unfold(0, 320, HOP)[: len(f0_hz)] @ window for by in (-STEP, STEP))
    return f0_hz + (after * before.conj()).angle() / (2 * math.pi * k) * SAMPLE_RATE / (2 * STEP)


def second_reading(name: str, read, highest_hz: float = 7000.0) -> float:
    """The median error, in cents, of read(audio, f0_hz) -> f0_hz [frames], wherever the truth is below highest_hz."""
    truth_hz, playing, _, _, path_hz, _ = tracked[name]
    again_hz = torch.cat([read(audio, f0_hz) for audio, f0_hz in zip(sounds[name], path_hz.split(FRAMES), strict=True)])
    return float(median_cents(again_hz, truth_hz, playing & (truth_hz < highest_hz)))


by_harmonic = {
    name: [second_reading(name, lambda audio, f0_hz, k=k: by_turning(audio, f0_hz, k), 7000 / k) for k in range(1, 17)]
    for name in makers
}
plots.curves(
    range(1, 17),
    by_harmonic,
    x_label="harmonic k",
    y_label="median error (cents)",
    points=True,
    title="The same pitch, read again by one harmonic alone",
    alt="Three curves against the number of the harmonic; each falls at first, to half of where it begins or less; the reed's rises again beyond, and the string's leaps up at 8 and 16.",
)

# %% [markdown]
# The higher the harmonic, the finer the marks of this ruler, as its error is divided by $k$; until breath or bow are louder than the mark. (The string's 8th and
# 16th are missing: what does that say of where the bow is?)
#
# > **Guess.** Why not let a loud harmonic 40, if there is one, say it all, from the start?
# > **a** the ear would not believe it · **b** the sum of the phase would overflow · **c** there, half a turn in 5 ms is 100 / 40 = 2.5 Hz: a tracker that
# > is off by more is read as off by less, or to the other side · **d** a window of 20 ms is too short for so high a sound

# %% tags=["question"]
question("8.10", answer=None)

# %% [markdown]
# So take the mean over all harmonics, each weighed by its amplitude times $k^2$; first below 3 kHz, where CREPE is near enough, and from
# what that says once more below 7 kHz. A correction of more than 50 cents is not believed. That is `data.refine_pitch`:


# %%
def by_all(audio: Tensor, f0_hz: Tensor) -> Tensor:
    lowest_hz = float(f0_hz.quantile(0.05))  # three periods of it have to fit into the window
    return data.refine_pitch(audio, f0_hz[None], lowest_hz=lowest_hz)[0]


all_of_them = {name: second_reading(name, by_all) for name in makers}
plots.bars(
    {name: [misses[name][2], min(by_harmonic[name]), all_of_them[name]] for name in makers},
    series=("CREPE, path and mean", "the best single harmonic", "all harmonics"),
    y_label="median error (cents)",
    title="What a second reading is worth",
    digits=1,
    alt="Three groups of three bars: two to four cents for CREPE, and half a cent to one and a half for the best harmonic and for all of them together.",
)

# %% tags=["number"]
for name in makers:
    verdict(
        f"{name}: error of the first reading, over that of the second", misses[name][2] / all_of_them[name], above=2
    )
    verdict(f"{name}: of all harmonics, over the best one's", all_of_them[name] / min(by_harmonic[name]), below=1.1)

# %% [markdown]
# As good as the best harmonic or better, and nobody has to know which one that is. It mends no wrong note, and does not help where one note's tail lies under the next. But what the decoder is told is now several times nearer to what was
# played, for 10 to 15 % more work (`benchmarks/pitch.py`); what that is worth to a network, lesson 11 tells.
#
# Two more steps, and it is what the decoder gets: CREPE speaks every 10 ms, the model wants a value every 4 ms (at sample $64\,i$, exactly), so the *logarithm* of the
# pitch is interpolated; and through what is not sure the notes around are carried on.
#
# ## How loud?
#
# The energy of a window would be a start. But the ear is not a voltmeter. These three sines have the same amplitude. Are they equally loud?

# %%
n = torch.arange(SAMPLE_RATE)
fade = (n / 800).clamp(max=1) * ((SAMPLE_RATE - n) / 800).clamp(max=1)
three = {hz: 0.3 * fade * torch.sin(2 * math.pi * hz * n / SAMPLE_RATE)[None] for hz in (60, 250, 2500)}
listening.compare({f"{hz} Hz": sound for hz, sound in three.items()})

# %% [markdown]
# On small loudspeakers the first is not there at all. (That is the loudspeaker. With good headphones it is still much softer than the third.) Fletcher and Munson
# asked listeners in 1933; what became of it in every sound level meter is the **A-weighting**, for soft sounds (IEC 61672-1):
#
# $$R_A(f) = \frac{12194^2 f^4}{(f^2 + 20.6^2)\sqrt{(f^2 + 107.7^2)(f^2 + 737.9^2)}\,(f^2 + 12194^2)}, \qquad A(f) = 20 \log_{10} R_A(f) + 2.00\ \text{dB}$$
#
# with $f$ in Hz. The constants are corner frequencies of filters that were easily built; the 2.00 makes $A(1000\ \text{Hz}) = 0$.


# %%
def a_weighting_db(f_hz: Tensor) -> Tensor:
    square = f_hz.double() ** 2
    response = (
        12194.217**2
        * square**2
        / (
            (square + 20.598997**2)
            * torch.sqrt((square + 107.65265**2) * (square + 737.86223**2))
            * (square + 12194.217**2)
        )
    )
    return (20 * torch.log10(response) + 2.0).float()


f_hz = torch.logspace(math.log10(20), math.log10(8000), 300)
plots.curves(
    f_hz,
    a_weighting_db(f_hz),
    x_label="frequency (Hz)",
    y_label="A-weighting (dB)",
    log_x=True,
    title="What the ear makes of a soft sound",
    alt="A curve that rises from -50 dB at 20 Hz through -19 dB at 100 Hz to 0 dB at 1 kHz, peaks a little above near 2.5 kHz and falls slightly.",
)

# %% [markdown]
# A meter weighs each frequency, adds the *power*, and says the result in decibels:
#
# $$L = 10 \log_{10}\Big(\frac1B \sum_{b} |X_b|^2\, 10^{A(f_b)/10}\Big)$$
#
# $X_b$ is bin $b$ of the spectrum of one windowed frame, $f_b$ its frequency, $B$ the number of bins. Two traps are in this line. $A$ is in dB of power, so
# its factor on power is $10^{A/10}$ (with 20 it would be half of the weighting). And the mean comes *before* the logarithm. What if it came after? For noise the power of a bin is
# exponentially distributed (lesson 07), and $E[\ln P] = \int_0^\infty e^{-p} \ln p\, dp = -\gamma = -0.577$, Euler's constant. So a mean of decibels reads
# $10\,\gamma/\ln 10 = 2.5$ dB lower than the decibels of the mean, for noise; and for a tone, which is most bins' silence, there is no saying how much.
#
# ### Exercise 8.5: the meter
#
# The floor is -80 dB: silence must not be minus infinity, and its gradient must be a number.
#
# <details><summary>Hint 1</summary>At 0 Hz the weighting is -inf dB. As a factor, <code>10 ** (weighting_db / 10)</code>, that is 0, which is fine.</details>
# <details><summary>Hint 2</summary>-80 dB of power is a factor of 1e-8: <code>.clamp_min(1e-8)</code> before the logarithm.</details>


# %% tags=["exercise"]
def loudness_db(power: Tensor, weighting_db: Tensor) -> Tensor:
    """power [batch, frames, bins], weighting_db [bins] (-inf at 0 Hz) -> loudness [batch, frames] in dB, at least -80"""
    ### BEGIN SOLUTION
    weighted = (power * 10 ** (weighting_db / 10)).mean(dim=-1)
    return 10 * torch.log10(weighted.clamp_min(1e-8))
    ### END SOLUTION


# %% tags=["check"]
loudness_db = check("8.5", loudness_db)


# %%
def frame_power(audio: Tensor, size: int = 512, hop: int = HOP) -> Tensor:
    """audio [batch, samples] -> [batch, frames, bins]; frame i is centred on sample i * hop."""
    padded = torch.nn.functional.pad(audio, (size // 2, size // 2))
    frames = padded.unfold(-1, size, hop)[:, : audio.shape[-1] // hop]
    return torch.fft.rfft(frames * torch.hann_window(size)).abs() ** 2


def meter(audio: Tensor, size: int = 512) -> Tensor:
    """Your loudness of a sound, [batch, frames]."""
    return loudness_db(frame_power(audio, size), a_weighting_db(torch.linspace(0, SAMPLE_RATE / 2, size // 2 + 1)))


readings = {hz: meter(sound)[0, 50] for hz, sound in three.items()}
softest = min(readings.values())
listening.compare(
    {f"{hz} Hz, as loud as 60 Hz": sound * 10 ** ((softest - readings[hz]) / 20) for hz, sound in three.items()}
)
plots.curves(
    seconds,
    {"the voice's loudness": meter(voice)[0], "a tenth of its amplitude": meter(0.1 * voice)[0]},
    x_label="time (s)",
    y_label="loudness (dB)",
    title="The second curve that the network is told",
    alt="Two curves of the same shape that rise from the floor and waver as the voice does, one 20 dB below the other.",
)

# %% tags=["number"]
for hz, reading in readings.items():
    report(f"{hz} Hz with an amplitude of 0.3", reading, "dB", digits=1)
full_scale = torch.sin(2 * math.pi * 1000 * n / SAMPLE_RATE)[None]
report("1 kHz with an amplitude of 1, window of 512", meter(full_scale)[0, 50], "dB", digits=1)
package_db = dsp.loudness_db(voice, sample_rate=SAMPLE_RATE, hop_size=HOP)
report("your meter against the package's, largest difference", (meter(voice) - package_db).abs().max(), "dB", digits=1)
white = frame_power(torch.randn(1, 4 * SAMPLE_RATE, generator=torch.Generator().manual_seed(0)))[:, 5:-5, 1:-1]
report(
    "noise: decibels of the mean, less the mean of decibels",
    10 * (white.mean().log10() - white.log10().mean()),
    "dB",
    digits=1,
)

# %% [markdown]
# Why 19.8 dB, for a sine at full scale, which one would like to call 0? Because nothing was scaled. Such a sine puts $N/4$ into its peak ($N$ the window, a Hann window's
# mean is $\tfrac12$, and half of a sine goes to the negative frequencies), and $N/8$ into each neighbour. So the power adds up to $\tfrac32 (N/4)^2$, and the mean over
# $N/2 + 1$ bins is 95.6 for $N = 512$: 19.8 dB.
#
# > **Guess.** And with a window of $N = 2048$?

# %% tags=["question"]
question("8.8", answer=None)

# %% tags=["number"]
report("1 kHz with an amplitude of 1, window of 2048", meter(full_scale, 2048)[0, 50], "dB", digits=1)

# %% [markdown]
# A loudness in dB means nothing without its window, and two papers' numbers seldom share one. Inside of one package it does not matter: the network gets the curve less
# its mean, over its deviation (lesson 10). The *differences* are true decibels whatever the offset.
#
# What the curve does matter for is everything the ear knows and it does not: masking, the room's part in it (we measure the wet sound, so the tail counts as loudness), a
# 64-Hz note that one hears by its harmonics. It is a simple number, and the decoder gets along with it.
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `autocorrelation`, `find_period` | – (`data.pyin_tracker` is their grown-up descendant) | a second opinion: lesson 11 judges with it, as it shares nothing with CREPE |
# | `viterbi` | `ddsp_course/data/pitch.py` | in NumPy, in one reused buffer, for hours of sound |
# | `pitch_accuracy` | `autoencoder/metrics.py` | by mir_eval, voiced where the original's confidence is at least 0.85 |
# | `loudness_db` | `dsp.loudness_db` | windows the sound itself, block by block, with its gradient written out |
#
# `data.crepe_tracker` joins network, path and mean; `data.refined_tracker` reads it twice; `data.extract_features` does that, and brings all to the model's frames.

# %%
show_progress(8)

# %% [markdown]
# **To read.** Kim, Salamon, Li, Bello: *CREPE*, ICASSP 2018, [arXiv:1802.06182](https://arxiv.org/abs/1802.06182). McLeod and Wyvill: *A smarter way to find pitch*, ICMC
# 2005. Mauch and Dixon: *pYIN*, ICASSP 2014, [doi:10.1109/ICASSP.2014.6853678](https://doi.org/10.1109/ICASSP.2014.6853678). Viterbi 1967,
# [doi:10.1109/TIT.1967.1054010](https://doi.org/10.1109/TIT.1967.1054010). Poliner et al.: *Melody transcription from music audio*, IEEE TASLP 15(4), 2007.
# Frequency from phase: Flanagan and Golden: *Phase vocoder*, Bell System Technical Journal 45, 1966.
# A tracker that needs no labels: Riou et al.: *PESTO*, 2023, [arXiv:2309.02265](https://arxiv.org/abs/2309.02265).
#
# **To try.** Give `viterbi` your own similarity curve as its activation (lags as states: what should a change cost?). Sing into your telephone, load it with
# `data.load_recording`, and let the puppet follow you. Whistle: CREPE's range ends at 2006 Hz.
#
# **Next.** Lesson 09: one note, taken apart with everything you have written so far.
