# %% [markdown]
# # Lesson 06 · What the ear and the STFT ignore
#
# **You will build** the short-time Fourier transform, tones whose phases you choose, and a test that says from how far away a
# loss can see its target.
#
# **You will hear** two waves that look nothing alike and sound the same; then the same two, three octaves down; and a phrase
# whose phases were thrown away, in long pieces and in short ones.
#
# **You need** harmonics (lesson 02) and the DFT as correlation with sines (lesson 04).
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

# %% [markdown]
# ## First, the finished sound
#
# Four tones, all at the same RMS level. The two at 440 Hz are made of the same partials, equally strong; only where each partial *starts* in its
# cycle differs. So are the two at 55 Hz. Listen, and say which pair is a pair.


# %%
def schroeder(amplitudes: Tensor) -> Tensor:
    """Phases, in radians, that make a wave flat: explained below."""
    share = amplitudes.double().square() / amplitudes.double().square().sum()
    return -2 * math.pi * (torch.cumsum(torch.cumsum(share, 0), 0) - torch.cumsum(share, 0))


def saw_like(f0_hz: float, phases: str) -> Tensor:
    """Every harmonic below 8 kHz at 1/sqrt(k), [1, samples]; phases "aligned" or "spread"."""
    k = torch.arange(1, math.ceil(8000 / f0_hz), dtype=torch.float64)
    phase = torch.zeros_like(k) if phases == "aligned" else schroeder(1 / k.sqrt())
    seconds = torch.arange(2 * SAMPLE_RATE, dtype=torch.float64) / SAMPLE_RATE
    sound = (torch.sin(2 * math.pi * f0_hz * k[:, None] * seconds + phase[:, None]) / k[:, None].sqrt()).sum(0)
    fade = (torch.minimum(seconds, 2 - seconds) / 0.05).clamp(max=1)
    return (0.08 * fade * sound / sound.square().mean().sqrt()).float()[None]


four = {f"{hz} Hz, {phases}": saw_like(hz, phases) for hz in (440, 55) for phases in ("aligned", "spread")}
listening.compare(four)

# %% [markdown]
# ## What a magnitude throws away
#
# Lesson 04 took a sound apart by correlating it with sines. What came out were complex numbers, one a frequency:
#
# $$X_f = \sum_n x(n)\, e^{-2\pi i f n / f_s}$$
#
# $f$ is the frequency in hertz, $f_s$ the sample rate, $n$ counts samples. How much there is of a frequency is the magnitude $|X_f|$; where it stands in its
# cycle is the angle of $X_f$, its phase. Now delay the sound by $d$ samples:
#
# $$\sum_n x(n - d)\, e^{-2\pi i f n / f_s} = e^{-2\pi i f d / f_s} \sum_m x(m)\, e^{-2\pi i f m / f_s} = e^{-2\pi i f d / f_s} X_f$$
#
# (put $m = n - d$). Every phase turns, no magnitude changes. And that is what one wants: a bow that starts 3 ms later plays the same note. It is also
# more than one asked for. The magnitudes of one long transform stay the same whatever the phases do: not only when a delay turns them all by
# one rule, but also when each is turned as one likes. (Of short pieces this holds only as long as each bin hears one partial. We come back to it.)
#
# Music changes, so one does not take one spectrum of it all but many, of short pieces. Cut out $N$ samples, fade them in and out with a window
# $w(n)$, transform; move on by a hop of $H$ samples and do it again:
#
# $$|X_{t,f}| = \Big| \sum_{n=0}^{N-1} w(n)\, x(n + tH)\, e^{-2\pi i f n / N} \Big|$$
#
# Here $t$ counts frames and $f$ bins, $f_s / N$ hertz apart. This is the **short-time Fourier transform**, the STFT.
#
# ### Exercise 6.1: the STFT
#
# Write it, with a Hann window. Only whole pieces: frame $i$ is samples $iH$ to $iH + N - 1$.
#
# <details><summary>Hint 1</summary><code>audio.unfold(-1, fft_size, hop_size)</code> is [batch, frames, fft_size]: all the pieces, without a loop.</details>
# <details><summary>Hint 2</summary><code>torch.hann_window(fft_size)</code>, <code>torch.fft.rfft</code>.</details>
# <details><summary>Hint 3</summary>A complex tensor's <code>.abs()</code> is safe at silence. The root of a sum of squares is not: its derivative there is 0/0.</details>


# %% tags=["exercise"]
def stft_magnitude(audio: Tensor, fft_size: int, hop_size: int) -> Tensor:
    """audio [batch, samples] -> [batch, frames, fft_size // 2 + 1]"""
    ### BEGIN SOLUTION
    frames = audio.unfold(-1, fft_size, hop_size)
    return torch.fft.rfft(frames * torch.hann_window(fft_size)).abs()
    ### END SOLUTION


# %% tags=["check"]
stft_magnitude = check("6.1", stft_magnitude)

# %% [markdown]
# Why the window? A piece cut out with scissors begins and ends with a jump, and a jump has every frequency in it. Here is a tone with another one
# 60 dB below it, two octaves up. One of these two spectra can see it:

# %%
seconds = torch.arange(SAMPLE_RATE) / SAMPLE_RATE
loud_and_soft = torch.sin(2 * math.pi * 507 * seconds) + 10 ** (-60 / 20) * torch.sin(2 * math.pi * 2028 * seconds)
piece = loud_and_soft[:1024]
hz = torch.linspace(0, SAMPLE_RATE / 2, 513)
scissors = torch.fft.rfft(piece).abs() / 512
hann = torch.fft.rfft(piece * torch.hann_window(1024)).abs() / 256
plots.curves(
    hz,
    {"cut with scissors": 20 * torch.log10(scissors), "Hann window": 20 * torch.log10(hann)},
    x_label="frequency (Hz)",
    y_label="magnitude (dB)",
    title="1024 samples of a tone at 507 Hz, and one 60 dB below it at 2028 Hz",
    alt="Two spectra: cut with scissors the strong tone's skirt covers everything, with a Hann window the weak tone stands clear.",
)

# %% tags=["number"]
far = (hz > 1500) & ((hz - 2028).abs() > 100)
report("leakage beyond 1.5 kHz, scissors", 20 * torch.log10(scissors[far].max()), "dB", digits=0)
report("leakage beyond 1.5 kHz, Hann", 20 * torch.log10(hann[far].max()), "dB", digits=0)

# %% [markdown]
# The price of the window is width: a Hann window smears every tone over four bins, $4 f_s / N$ hertz from one foot to the other, where bare
# scissors smear it over two.
#
# ## What the ear throws away
#
# Back to the phases. To test what you hear, the two sounds must differ in nothing else, above all not in level. *Which* level? Not the peak: it is the very
# thing that phases move.
#
# ### Exercise 6.2: a tone with phases of your choice
#
# Harmonic $k$ is $A_k \sin(2\pi k f_0 t + \varphi_k)$. Scale their sum to a given RMS, the root of the mean square.
#
# <details><summary>Hint 1</summary>Rows are harmonics, columns are samples: <code>k[:, None] * seconds</code>, then <code>.sum(0)</code>.</details>
# <details><summary>Hint 2</summary>A phase is added once. If it is multiplied by the time as well, it is a frequency.</details>


# %% tags=["exercise"]
def tone_with_phases(f0_hz: float, amplitudes: Tensor, phases: Tensor, samples: int, rms: float) -> Tensor:
    """amplitudes and phases (radians) [harmonics] -> [1, samples] at 16 kHz"""
    ### BEGIN SOLUTION
    seconds = torch.arange(samples) / SAMPLE_RATE
    k = torch.arange(1, len(amplitudes) + 1)[:, None]
    partials = amplitudes[:, None] * torch.sin(2 * math.pi * f0_hz * k * seconds + phases[:, None])
    sound = partials.sum(0, keepdim=True)
    return rms * sound / sound.square().mean().sqrt()
    ### END SOLUTION


# %% tags=["check"]
tone_with_phases = check("6.2", tone_with_phases)

# %% [markdown]
# Three choices of phase. **Sine**: all zero, so that all partials rise together once a period: a spike. **Random.** And **Schroeder**'s (1970): let the
# frequency glide once through all the partials in every period, and stay with each as long as its share $p_k$ of the power asks for. A glide has no spikes.
# The time spent below partial $k$ is $\sum_{l<k} p_l$ of a period, and phase is the area under frequency (lesson 01), so
#
# $$\varphi_k = -2\pi \sum_{l=1}^{k-1} (k - l)\, p_l$$
#
# which is what `schroeder` at the top of this notebook computes, with two running sums.


# %%
def three_phases(f0_hz: float, tone=None, samples: int = 24_000) -> dict[str, Tensor]:
    tone = tone or tone_with_phases
    n = math.ceil(8000 / f0_hz) - 1
    k = torch.arange(1, n + 1)
    generator = torch.Generator().manual_seed(1)
    choices = {
        "sine": torch.zeros(n),
        "random": 2 * math.pi * torch.rand(n, generator=generator),
        "Schroeder": schroeder(1 / k.sqrt()).float(),
    }
    fade = (torch.minimum(torch.arange(samples), samples - torch.arange(samples)) / 800).clamp(max=1)
    return {name: fade * tone(f0_hz, 1 / k.sqrt(), phases, samples, 0.08) for name, phases in choices.items()}


low, high = three_phases(55.0), three_phases(440.0)
plots.waveform(
    {name: sound[0, 8000:8900] for name, sound in low.items()},
    sample_rate=SAMPLE_RATE,
    layout="stack",
    title="Three periods at 55 Hz, the same partials",
    alt="Three waves of equal RMS: sine phase is a row of spikes, random phase a jagged band, Schroeder phase nearly flat on top.",
)

# %% tags=["number"]
for hz_, sounds in {"440": high, "55": low}.items():
    for name in ("sine", "Schroeder"):
        crest = dsp.amplitude_to_db(sounds[name].abs().max() / sounds[name][:, 2000:-2000].square().mean().sqrt())
        report(f"{hz_} Hz, {name} phase: peak above RMS", crest, "dB", digits=0)
for size in (4096, 512, 128):
    ours, theirs = (stft_magnitude(low[name][:, 2000:-2000], size, size // 4) for name in ("sine", "Schroeder"))
    difference = 100 * (ours - theirs).abs().sum() / ours.sum()
    report(f"55 Hz: difference of the magnitudes, window {size}", difference, "%", digits=0)

# %%
listening.compare({f"440 Hz, {name}": sound for name, sound in high.items()})

# %%
listening.compare({f"55 Hz, {name}": sound for name, sound in low.items()})

# %% [markdown]
# ### A test that you cannot cheat at
#
# Believing that you hear a difference is easy. Here are sixteen short tones in a row, each *sine* or *Schroeder*, drawn by a coin. **Look away from
# the picture** (it shows the wave). For each, write `s` if it is sine and `f` (flat) if it is Schroeder; guess where you cannot tell.


# %%
def sixteen(sounds: dict[str, Tensor], seed: int) -> tuple[Tensor, str]:
    """Sixteen half-second tones with gaps, [1, samples], and what they were."""
    coin = torch.randint(2, (16,), generator=torch.Generator().manual_seed(seed)).tolist()
    gap = torch.zeros(1, 4000)
    fade = (torch.minimum(torch.arange(8000), 8000 - torch.arange(8000)) / 800).clamp(max=1)
    short = [fade * sounds[("sine", "Schroeder")[face]][:, 8000:16_000] for face in coin]
    return torch.cat([part for sound in short for part in (sound, gap)], dim=1), "".join("sf"[face] for face in coin)


def chance_of(right: int, trials: int = 16) -> float:
    """How often somebody who only guesses gets so many right, or more."""
    return sum(math.comb(trials, k) for k in range(right, trials + 1)) / 2**trials


rows = {"440 Hz": sixteen(high, 440), "55 Hz": sixteen(low, 55)}
listening.compare({name: row for name, (row, _) in rows.items()})

# %%
your_answers = {"440 Hz": "", "55 Hz": ""}  # sixteen letters each, then run this cell
for name, (_, truth) in rows.items():
    answers = your_answers[name].replace(" ", "").lower()
    if len(answers) == 16:
        right = sum(a == b for a, b in zip(answers, truth, strict=True))
        print(
            f"{name}: {right} of 16 right. Somebody who guesses gets that, or better, in {chance_of(right):.1%} of tests."
        )
    else:
        print(f"{name}: no answers yet. 12 of 16 or better happens to a guesser in {chance_of(12):.1%} of tests.")

# %% [markdown]
# The number of trials was fixed before the first: stop when you are lucky, and you prove anything. And failing to tell does not prove that the sounds
# are the same to everyone: a listener who is right 70 % of the time reaches twelve of sixteen in less than half of such tests.
#
# If Plomp and Steeneken (1969) and Patterson (1987) are right, who measured when phase is heard, you did better in the second row.
#
# > **Guess.** Why are phases heard at 55 Hz and hardly at 440 Hz?
# > **a** the spiky one is louder · **b** the ear's filters are wider than 55 Hz there, so several partials meet in one of them and beat ·
# > **c** loudspeakers distort low notes · **d** spreading the phases shifts the partials a little

# %% tags=["question"]
question("6.4", answer=None)

# %%
f = torch.arange(50.0, 8000.0, 10.0)
bandwidth = 24.7 * (4.37 * f / 1000 + 1)  # Glasberg and Moore 1990: the width of the ear's filter at f, in Hz
plots.curves(
    f,
    {
        "width of the ear's filter": bandwidth,
        "distance of partials at 440 Hz": torch.full_like(f, 440),
        "distance of partials at 55 Hz": torch.full_like(f, 55),
    },
    x_label="frequency (Hz)",
    y_label="width or distance (Hz)",
    log_x=True,
    log_y=True,
    title="Where partials share a filter of the ear",
    alt="The filter's width rises from 30 to 900 Hz; it crosses the 55 Hz line near 280 Hz and the 440 Hz line near 3800 Hz.",
)

# %% [markdown]
# At 440 Hz the first eight partials have a filter each; those above share, but what they make beats 440 times a second, which the ear hardly follows. At 55 Hz
# everything above the fifth shares, and beats 55 times a second. So the bet of this course, that phase does not matter, is a good one for most notes of a violin, a
# fair one for its lowest (196 Hz), and a bad one for a bassoon or a kick drum. Keep it in mind when something low sounds *phasey*.
#
# A short window is like a wide filter of the ear: at 55 Hz several partials meet in one of its bins, and it sees their phases too, as the figures above say. The loss of
# lesson 07, whose shortest window is 64 samples, is therefore not quite deaf to them.
#
# ## Time against frequency
#
# How long should a piece be? Two tones 40 Hz apart, and two clicks 20 ms apart. Every window shows one of the two:

# %%
two = 0.3 * torch.sin(2 * math.pi * 1000 * seconds) + 0.3 * torch.sin(2 * math.pi * 1040 * seconds)
two[8000] += 8
two[8320] += 8
two = two[None, 4000:12_000]
for fft_size, seen in (
    (128, "two separate clicks, and one broad tone that beats"),
    (2048, "two tones, and one blurred click"),
):
    plots.spectrogram(
        two,
        fft_size=fft_size,
        sample_rate=SAMPLE_RATE,
        log_frequency=False,
        low_hz=0,
        high_hz=3000,
        title=f"Two tones and two clicks, window {fft_size} ({1000 * fft_size / SAMPLE_RATE:.0f} ms)",
        alt=f"A spectrogram with a window of {fft_size} samples shows {seen}.",
    )

# %% [markdown]
# No window shows both. A window of $T$ seconds cannot say *when* within these $T$ seconds something happened. And what lasts $T$ seconds has no sharper frequency than about $1/T$:
# for Hann, two tones stand apart when they are the width of its lobe away from each other, $4/T$.
#
# > **Guess.** How long, in ms, must a Hann window be so that two tones 20 Hz apart have lobes that do not overlap?

# %% tags=["question"]
question("6.5", answer=None)

# %% [markdown]
# ### Hear it
#
# Keep the magnitudes of a phrase and throw its phases away: give each bin of each piece a phase by lot, and put the pieces together again. With long pieces, what
# the STFT ignores is *when*; with short ones, *which pitch exactly*.


# %%
def without_phases(audio: Tensor, fft_size: int) -> Tensor:
    """The same magnitudes in each piece, phases drawn by lot; [1, samples] -> [1, samples], equally strong."""
    window = torch.hann_window(fft_size)
    spectrum = torch.stft(audio, fft_size, fft_size // 4, window=window, return_complex=True)
    generator = torch.Generator().manual_seed(0)
    turned = spectrum.abs() * torch.exp(2j * math.pi * torch.rand(spectrum.shape, generator=generator))
    sound = torch.istft(turned, fft_size, fft_size // 4, window=window, length=audio.shape[-1])
    return sound * audio.square().mean().sqrt() / sound.square().mean().sqrt()


phrase = instruments.bowed_string(minutes=0.4, seed=2, progress=False)[0].dry[:, : 6 * SAMPLE_RATE]
phrase = 0.1 * phrase / phrase.square().mean().sqrt()
listening.compare(
    {
        "the phrase": phrase,
        "phases lost in 4 ms pieces": without_phases(phrase, 64),
        "in 32 ms pieces": without_phases(phrase, 512),
        "in 128 ms pieces": without_phases(phrase, 2048),
        "in 1 s pieces": without_phases(phrase, 16_384),
    }
)

# %% [markdown]
# Hoarse, then rough, then nearly right, then a wash. No length is right for everything, which is why the loss of lesson 07 uses six at once.
#
# ## From how far away can a loss see?
#
# One more thing depends on the window, and it decides what can be learned. Take a target at 440 Hz and a tone of $f$ Hz, compare their magnitudes, and draw the
# mean difference over $f$. A descent starts somewhere on that curve and walks downhill. From where does it arrive?


# %%
def landscape(fft_size: int, frequencies_hz: Tensor, target_hz: float = 440.0) -> Tensor:
    """Mean difference of magnitudes between a tone of each frequency and the target's; both swell and fade."""
    swell = torch.hann_window(4000)
    n = torch.arange(4000) / SAMPLE_RATE
    tones = swell * torch.sin(2 * math.pi * frequencies_hz[:, None] * n)
    target = swell * torch.sin(2 * math.pi * target_hz * n)
    difference = stft_magnitude(tones, fft_size, fft_size // 4) - stft_magnitude(target[None], fft_size, fft_size // 4)
    return difference.abs().mean(dim=(1, 2))


around_hz = torch.arange(100.0, 901.0, 4.0)
landscapes = {size: landscape(size, around_hz) for size in (64, 128, 256, 512, 1024, 2048)}
plots.curves(
    around_hz,
    {f"window {size}": landscapes[size] / landscapes[size].max() for size in (128, 512, 2048)},
    x_label="frequency (Hz)",
    y_label="difference, its greatest value = 1",
    title="The same target, seen through three windows",
    alt="Three valleys at 440 Hz, widest for a window of 128 samples, narrowest for 2048; outside them plains with ripples.",
)

# %% [markdown]
# ### Exercise 6.3: the capture range
#
# Given such a curve, return the lowest and the highest frequency from which the way leads down to the target without a climb.
#
# <details><summary>Hint 1</summary>Start at the target and walk outwards, one grid point at a time, as long as the next one is higher.</details>
# <details><summary>Hint 2</summary>A <code>while</code> loop for each side. Mind the ends of the grid.</details>


# %% tags=["exercise"]
def capture_range(frequencies_hz: Tensor, losses: Tensor, target_hz: float) -> Tensor:
    """frequencies_hz and losses [points], rising frequencies -> [2], in Hz: from where, to where"""
    ### BEGIN SOLUTION
    centre = int((frequencies_hz - target_hz).abs().argmin())
    low = high = centre
    while low > 0 and losses[low - 1] > losses[low]:
        low -= 1
    while high < len(losses) - 1 and losses[high + 1] > losses[high]:
        high += 1
    return torch.stack([frequencies_hz[low], frequencies_hz[high]])
    ### END SOLUTION


# %% tags=["check"]
capture_range = check("6.3", capture_range)

# %%
ranges = {size: capture_range(around_hz, curve, 440.0) for size, curve in landscapes.items()}
plots.bars(
    {str(size): float(ends[1] - ends[0]) for size, ends in ranges.items()},
    x_label="window (samples)",
    y_label="width of the valley (Hz)",
    digits=0,
    title="Short windows catch, long windows refine",
    alt="Bars of the valley's width: above 600 Hz for the shortest windows, falling to under 100 Hz for the longest.",
)

# %% tags=["number"]
for size in (128, 512, 2048):
    report(f"window {size}: catches from", ranges[size][0], "Hz", digits=0)
    report(f"window {size}: catches to", ranges[size][1], "Hz", digits=0)

# %% [markdown]
# Most people expect it the other way round: the long window is the precise one, it should find things. It does *hold* them; it cannot see them coming. A tone is $4 f_s/N$ Hz
# wide through a window of $N$ samples, and two tones that do not overlap are simply both there and both wrong: nothing says which way is nearer. Hence: first short, then long.
# You will do it in lesson 07, and it will find the frequency that lesson 01 could not.
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `stft_magnitude` | `dsp.stft_magnitude` (`dsp/spectra.py`) | pads the end with zeros so that every sample is seen; a gradient written out by hand, at half the work |
# | `tone_with_phases` | `dsp.sinusoidal_synthesis` with `initial_phase` | moving frequencies and amplitudes |
# | `capture_range` | – | a way to look at losses |

# %%
show_progress(6)

# %% [markdown]
# **To read.** Plomp and Steeneken: *Effect of phase on the timbre of complex tones*, JASA 46, 1969. Patterson: *A pulse ribbon model of monaural phase perception*, JASA 82, 1987.
# Schroeder: *Synthesis of low-peak-factor signals and binary sequences with low autocorrelation*, IEEE Trans. Information Theory 16, 1970. Turian and Henry,
# [arXiv:2012.04572](https://arxiv.org/abs/2012.04572), on losses and pitch.
#
# **To try.** Play the 55 Hz row at 110 and 220 Hz: where do you lose it? Throw the phases away in pieces as long as the whole phrase. Put Schroeder's minus sign the other way round: the same flat
# wave, run backwards and upside down; some hear that too.
#
# **Next.** Lesson 07: a loss made of these magnitudes, and what its numbers are worth.
