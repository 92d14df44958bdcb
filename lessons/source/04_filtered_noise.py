# %% [markdown]
# # Lesson 04 · Filtered noise
#
# **You will build** a filter out of a curve that you draw, convolution by FFT, and a filter that takes another shape 250 times a
# second: the second half of DDSP's synthesizer, the one for everything that has no pitch.
#
# **You will hear** wind, a whisper and a flute's breath, all made of one hiss; a filter that rings before it is struck; and a
# buzz of 250 Hz that a careless edge puts into every breath.
#
# **You need** lesson 01 (oscillators), lesson 03 (frames, cross-fades) and decibels (lesson 00).
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

from ddsp_course import autoencoder, data, dsp, instruments
from ddsp_course.classroom import check, listening, plots, question, report, show_progress

SAMPLE_RATE = 16_000
HOP_SIZE = 64  # samples from one frame to the next: 4 ms
FRAME_RATE = SAMPLE_RATE / HOP_SIZE
BANDS = 65  # gains that a frame of the noise has, from 0 Hz to 8 kHz
bands_hz = torch.linspace(0, SAMPLE_RATE / 2, BANDS)

# %% [markdown]
# ## First, the finished sound
#
# The first take is white noise: 88 000 numbers that know nothing of each other. The other two are the same numbers, behind a filter
# that moves. For the wind it is one hill over the frequencies that rises and falls; for the whisper three hills, and the places where they stand
# for five vowels are from a table of 1952 (Peterson and Barney).


# %%
def hills(centres_hz: Tensor, width_hz: float) -> Tensor:
    """centres_hz [frames, hills] -> gains [1, frames, bands]: 1 on top of a hill, and nearly 0 away from all."""
    distance = (bands_hz - centres_hz[..., None]) / width_hz
    return torch.exp(-(distance**2)).amax(dim=-2)[None]


def levelled(sound: Tensor, rms: float = 0.06) -> Tensor:
    return rms * sound / sound.square().mean().sqrt()


frames = 1375  # five and a half seconds
seconds = torch.arange(frames) / FRAME_RATE
white = dsp.white_noise(1, frames * HOP_SIZE, generator=torch.Generator().manual_seed(0))
in_and_out = torch.minimum(seconds, seconds.flip(0)).mul(2).clamp(max=1)  # half a second to come, half a second to go

gusts = 0.5 + 0.3 * torch.sin(2 * math.pi * 0.31 * seconds) + 0.2 * torch.sin(2 * math.pi * 0.83 * seconds + 1)
wind = hills(300 + 900 * gusts[:, None], 180.0) * (in_and_out * gusts**2)[None, :, None]

vowels_hz = torch.tensor(  # a, e, i, o, u
    [[730.0, 1090, 2440], [530, 1840, 2480], [270, 2290, 3010], [570, 840, 2410], [300, 870, 2240]]
)
vowel = (seconds / 1.1).long().clamp(max=4)
within = seconds / 1.1 - vowel
breath_out = torch.sin(math.pi * within).clamp(min=0) ** 0.7
whisper = hills(vowels_hz[vowel], 170.0) * breath_out[None, :, None]

listening.compare(
    {
        "white noise": levelled(white * dsp.upsample(in_and_out[None], HOP_SIZE)),
        "wind": levelled(dsp.filtered_noise(wind, hop_size=HOP_SIZE, noise=white)),
        "a, e, i, o, u": levelled(dsp.filtered_noise(whisper, hop_size=HOP_SIZE, noise=white)),
    }
)

# %% [markdown]
# A breath, a bow, a reed's hiss: no sum of harmonics makes these, since they have no period. They have a **colour**, how much there is of each
# frequency, and the colour moves. So DDSP takes noise, which has everything, and learns what to take away, 65 gains at a time.
#
# ## Looking at frequencies, with your own oscillators
#
# How much of a frequency is there in a sound $x$ of $N$ samples? Lesson 01 has all that it takes. Make an oscillator of that frequency,
# multiply it with the sound, and add up: where both swing alike, the products are positive and pile up; where they know
# nothing of each other, they cancel. Since we do not know where in its period the sound's part begins, take two oscillators, a cosine and a sine, and write the pair as one complex
# number, $e^{-2\pi i k n / N} = \cos(2\pi k n/N) - i \sin(2\pi k n/N)$:
#
# $$X(k) = \sum_{n=0}^{N-1} x(n)\, e^{-2\pi i k n / N}$$
#
# $k$ is the number of turns in the whole stretch, so the frequency is $k \cdot f_s / N$ with $f_s$ the sample rate. This is the
# **discrete Fourier transform**, the DFT. Nothing else is in it: a matrix whose rows are oscillators.

# %%
size = 256
n = torch.arange(size)
turns = torch.arange(size // 2 + 1)
oscillators = torch.exp(-2j * math.pi * turns[:, None] * n / size)  # [frequencies, samples]
stretch = white[0, :size].to(torch.complex64)

# %% tags=["number"]
ours, library = oscillators @ stretch, torch.fft.rfft(white[0, :size])
report("your oscillators against torch.fft.rfft, largest difference", (ours - library).abs().max(), digits=2)
report("products added up by the matrix", oscillators.numel(), digits=0)
alike = oscillators @ oscillators.conj().T / size  # every oscillator against every other
report("an oscillator against itself, per sample", alike.diagonal().abs().mean(), digits=2)
report("against any other, at most", (alike - torch.eye(len(turns))).abs().max(), digits=2)

# %% [markdown]
# (The *fast* Fourier transform adds up the same sums in a cleverer order, in about $N \log_2 N$ steps instead of $N^2$.) The last two lines are why it can be
# turned round. Over $N$ samples two of these oscillators have nothing in common, so each can be weighed by itself, and the sound is the sum of all of them, each with the
# weight it was found to have:
#
# $$x(n) = \frac1N \sum_{k=0}^{N-1} X(k)\, e^{2\pi i k n / N}$$
#
# ## White
#
# White noise is said to have all frequencies, equally strong. Look:

# %%
draws = dsp.white_noise(400, size, generator=torch.Generator().manual_seed(1))
power = torch.fft.rfft(draws).abs() ** 2
plots.curves(
    turns * SAMPLE_RATE / size,
    {"one draw": 10 * power[0].log10(), "another": 10 * power[1].log10(), "mean of 400": 10 * power.mean(0).log10()},
    x_label="frequency (Hz)",
    y_label="power (dB)",
    title="256 samples of white noise, and the mean of 400 times 256",
    y_range=(-10, 32),
    alt="Two jagged curves that swing by more than 20 dB and do not agree, and a nearly straight level line through the middle of them.",
)

# %% [markdown]
# Only the *mean* is even. In one draw each frequency is a sum of 256 chance numbers, and comes out strong or weak by chance.
#
# > **Guess.** Take one draw that is ten times as long, and its DFT. How does the curve look?
# > **a** ten times calmer · **b** the same, but 10 dB higher, so it matters less · **c** just as jagged, with ten times as many
# > points · **d** even, as white noise should be

# %% tags=["question"]
question("4.6", answer=None)

# %% [markdown]
# That is why a loss on spectra cannot ask a model to make *this* noise: the next draw is another. It will come back as a number, ln 2, in lesson 07.
#
# ## From a curve to a filter
#
# Now turn a curve into a filter: **gains** $M(k)$ at $K$ frequencies, evenly spaced from 0 Hz to half the sample rate. A filter of the simplest kind answers a click
# with a row of numbers, its **impulse response** $h$, whose numbers are called taps. (It is finite, so the kind is called FIR.) What a filter does to a click
# it does to every sound, since a sound is a row of clicks. So ask which click-answer has our gains for its spectrum, and the sum above gives it: weigh the oscillators by
# the gains, and add them up. That is the inverse DFT of the gains, `torch.fft.irfft(magnitudes)`, of $N = 2(K-1)$ taps.

# %%
low_pass = (bands_hz <= 1000).float()
raw = torch.fft.irfft(low_pass)
plots.curves(
    torch.arange(128),
    {
        "as it comes": raw,
        "rolled": torch.roll(raw, 64),
        "rolled, windowed": torch.roll(raw, 64) * torch.hann_window(128),
    },
    x_label="tap (samples of 1/16 ms)",
    y_label="amplitude (no unit)",
    title="The response of a low pass: 65 gains, 1 up to 1 kHz, 0 above",
    marks={"centre": 64.0},
    alt="As it comes, the main hill is cut in two, one half at each end. Rolled, it stands in the middle with ripples to both ends. Windowed, the ripples die away.",
)

# %% [markdown]
# Two things have to be done about it.
#
# **Roll.** All oscillators are cosines that are at their top at sample 0, so the response is symmetric about 0. Its left half, the taps *before* 0, stands at the far end, because a
# DFT takes its stretch for a circle. Roll it by $N/2$: the centre is in the middle, and the filter is late by $N/2$ samples, the same for all frequencies. (Nothing
# else is done to phases. That is what symmetry buys.)
#
# **Window.** The gains were given at 65 frequencies. In between nobody asked, and there the cut-off ends of the response take liberties: the curve ripples, and it leaks. Let the
# response die away instead: multiply it with a Hann window, $w(m) = \tfrac12 + \tfrac12 \cos(2\pi m/N)$, with $m$ counted from the centre. What does it do to the gains? Write the cosine as two
# oscillators,
#
# $$w(m) = \tfrac12 + \tfrac14 e^{2\pi i m/N} + \tfrac14 e^{-2\pi i m/N},$$
#
# and multiplying a response by $e^{2\pi i m/N}$ moves its spectrum by one point. So the window's result is exact, and simple: a mixture of the curve, of the curve moved up by a point, and of the curve moved
# down by one.
#
# > **Guess.** Draw a single point as 1, and all others as 0. What gain does the windowed filter have at that frequency?

# %% tags=["question"]
question("4.7", answer=None)

# %% [markdown]
# ### Exercise 4.1: draw a filter
#
# <details><summary>Hint 1</summary><code>torch.roll(x, steps, dims=-1)</code>: without <code>dims</code> a batch of filters is rolled as one long row.</details>
# <details><summary>Hint 2</summary>The window must have its top where the response has its centre, at tap N/2. For an even number of taps that is
# <code>torch.hann_window(N)</code>, the periodic one.</details>


# %% tags=["exercise"]
def impulse_response(magnitudes: Tensor) -> Tensor:
    """gains [..., bands] from 0 Hz to half the sample rate -> taps [..., 2 * (bands - 1)], centred on the middle one"""
    ### BEGIN SOLUTION
    taps = 2 * (magnitudes.shape[-1] - 1)
    response = torch.roll(torch.fft.irfft(magnitudes), taps // 2, dims=-1)
    return response * torch.hann_window(taps)
    ### END SOLUTION


# %% tags=["check"]
impulse_response = check("4.1", impulse_response)


# %%
def gain_db(taps: Tensor, points: int = 4096) -> Tensor:
    """What a filter lets through at many more frequencies than were drawn, in dB."""
    return 20 * torch.fft.rfft(taps, points).abs().clamp_min(1e-5).log10()


plots.curves(
    torch.arange(2049) * SAMPLE_RATE / 4096,
    {"without window": gain_db(torch.roll(raw, 64)), "with a Hann window": gain_db(impulse_response(low_pass))},
    x_label="frequency (Hz)",
    y_label="gain (dB)",
    title="The same 65 gains, looked at in between",
    y_range=(-90, 5),
    alt="Both are level up to 1 kHz. Above it the curve without window goes on in lobes from -17 down to -42 dB; with the window it is below -60 dB from 1.6 kHz on.",
)

# %% tags=["number"]
beyond = torch.arange(2049) * SAMPLE_RATE / 4096 > 1500
report("strongest leak above 1.5 kHz, without window", gain_db(torch.roll(raw, 64))[beyond].max(), "dB", digits=0)
report("with a Hann window", gain_db(impulse_response(low_pass))[beyond].max(), "dB", digits=0)
single = torch.zeros(BANDS)
single[20] = 1.0
found = torch.fft.rfft(impulse_response(single)).abs()
report("one band drawn as 1: its gain", found[20], digits=2)
report("its neighbour's", found[21], digits=2)

# %% [markdown]
# The price is the width: the window blurs the curve by a point to each side, 125 Hz. A filter cannot be sharp in frequency and short in time; lesson 06 hears that rule from the other side.
#
# ## Through the filter
#
# Each sample of the sound sets off a copy of the response, as tall as the sample, and the copies add up. That is **convolution**:
#
# $$y(n) = \sum_m x(m)\, h(n - m)$$
#
# A second of sound through 128 taps takes two million products. Now look at one oscillator. A copy that begins $m$ samples later has the same spectrum, but for a turn of each oscillator, $e^{-2\pi i k m/N}$. Add up
# the copies' spectra: $\sum_m x(m)\, e^{-2\pi i k m / N} H(k)$, and the sum in front is the DFT of $x$. So $Y(k) = X(k) H(k)$: **convolving sounds multiplies their spectra**. Three FFTs do what
# took a product for every pair of sample and tap.
#
# One trap: the DFT's stretch is a circle, and a copy that begins near its end continues at its beginning. $n$ samples through $m$ taps are $n + m - 1$ long. Give the FFT that much room, filled up with zeros.
#
# ### Exercise 4.2: convolution by FFT
#
# <details><summary>Hint 1</summary><code>torch.fft.rfft(x, size)</code> fills up with zeros to <code>size</code>.</details>
# <details><summary>Hint 2</summary><code>torch.fft.irfft(spectrum, size)</code> needs to be told the size: from half a circle it cannot tell whether the whole was even or odd.</details>


# %% tags=["exercise"]
def fft_convolve(audio: Tensor, taps: Tensor) -> Tensor:
    """audio [..., n], taps [..., m] -> the whole result with its tail, [..., n + m - 1]"""
    ### BEGIN SOLUTION
    size = audio.shape[-1] + taps.shape[-1] - 1
    return torch.fft.irfft(torch.fft.rfft(audio, size) * torch.fft.rfft(taps, size), size)
    ### END SOLUTION


# %% tags=["check"]
fft_convolve = check("4.2", fft_convolve)

# %% [markdown]
# ## What goes wrong: a filter that rings
#
# Our filters have 128 taps, 8 ms, and whatever they do wrong is over before one hears it as an event. So make one of 2048 taps, which lets 900 to 1100 Hz through, and strike it:
# five clicks, half a second apart. The player has the filter as `irfft` gives it, rolled, and yours.


# %%
clicks = torch.zeros(1, round(2.8 * SAMPLE_RATE))
clicks[0, (0.3 + 0.5 * torch.arange(5)).mul(SAMPLE_RATE).long()] = 1.0
narrow = torch.linspace(0, SAMPLE_RATE / 2, 1025)
narrow = ((narrow > 900) & (narrow < 1100)).float()
as_it_comes = torch.fft.irfft(narrow)


def struck(taps: Tensor) -> Tensor:
    return 0.5 * fft_convolve(clicks, taps / taps.abs().max())


struck_takes = {
    "as it comes": struck(as_it_comes),
    "rolled": struck(torch.roll(as_it_comes, 1024)),
    **listening.with_yours("rolled and windowed", impulse_response, lambda response: struck(response(narrow))),
}
listening.compare(struck_takes)
plots.waveform(
    {name: struck_takes[name] for name in ("as it comes", "rolled", "rolled and windowed")},
    sample_rate=SAMPLE_RATE,
    layout="stack",
    start_s=0.28,
    end_s=0.48,
    title="The first click, which was at 300 ms",
    alt="As it comes: a burst at 300 ms that dies away, and 128 ms later one that swells and breaks off. Rolled: one burst that swells and dies, with ripples at both sides. Windowed: the same without ripples.",
)

# %% [markdown]
# As it comes, the filter answers twice: what belongs *before* the click stands 128 ms after it, and swells like a sound played backwards. Rolled, the two halves meet, 64 ms late. And the ripples to the left and the right, small
# as they look, are the sharp edges of the band, ringing on: windowed, they are gone. (What still swells *before* its peak is real. A filter that delays all frequencies
# alike is symmetric in time, so it knows half of its answer before the question: a **pre-echo**. At 128 taps it lasts 4 ms, and the ear lets it pass.)
#
# ## In time, to the sample
#
# Half a filter of delay, 64 samples, 4 ms. By itself nobody hears it. But DDSP *adds*: harmonics to noise, dry to wet. Add a sound to a filtered copy of itself that comes 64 samples late, and you hear this:


# %%
open_up = impulse_response(torch.exp(-((bands_hz - 1500) ** 2) / 2000**2))  # a gentle hill
some_noise = white[:, : 2 * SAMPLE_RATE] * torch.hann_window(2 * SAMPLE_RATE).sqrt()
late_copy = fft_convolve(some_noise, open_up)[:, : 2 * SAMPLE_RATE]
listening.compare({"the noise": levelled(some_noise), "plus a filtered copy": levelled(some_noise + late_copy)})
response_of_sum = open_up + torch.eye(128)[0]
aligned = open_up + torch.eye(128)[64]
plots.curves(
    torch.arange(2049) * SAMPLE_RATE / 4096,
    {"64 samples late": gain_db(response_of_sum), "in time": gain_db(aligned)},
    x_label="frequency (Hz)",
    y_label="gain (dB)",
    title="A sound plus a filtered copy of itself",
    y_range=(-40, 10),
    alt="In time, one smooth hill of 6 dB around 1.5 kHz. Late, a comb: it swings between the hill and deep notches 250 Hz apart, deepest around 1.5 kHz.",
)

# %% [markdown]
# A **comb filter**: where 64 samples are a whole number of periods, every 250 Hz, the two agree; half-way between they cancel. Cut the delay off at the start.
#
# ### Exercise 4.3: no delay
#
# The centre of $M$ taps is tap `M // 2`, for even and for odd numbers. As long as the sound, and nothing late.
#
# <details><summary>Hint 1</summary>The whole result is n + M - 1 samples long. Which of them is the one that belongs to sample 0?</details>


# %% tags=["exercise"]
def filter_in_time(audio: Tensor, taps: Tensor) -> Tensor:
    """audio [..., n], taps [..., m] centred on tap m // 2 -> [..., n]: a click stays where it is"""
    ### BEGIN SOLUTION
    centre = taps.shape[-1] // 2
    return fft_convolve(audio, taps)[..., centre : centre + audio.shape[-1]]
    ### END SOLUTION


# %% tags=["check"]
filter_in_time = check("4.3", filter_in_time)

# %%
listening.compare(
    {
        "plus a copy, late": levelled(some_noise + late_copy),
        **listening.with_yours(
            "plus a copy, in time", filter_in_time, lambda in_time: levelled(some_noise + in_time(some_noise, open_up))
        ),
    }
)

# %% [markdown]
# ## A filter that moves
#
# One filter is one colour. Ours is to change 250 times a second, and lesson 03 knows how: not in steps. Cut the noise into overlapping **pieces**, two hops long, each faded in and out by a Hann window, so that they add up to the
# noise. Piece $i$ is centred on frame $i$ and gets frame $i$'s filter; then add the filtered pieces up again. So the sound of one filter fades into the sound of the next.


# %%
def pieces_of(audio: Tensor, hop: int, fade: Tensor | None = None) -> Tensor:
    """audio [batch, frames * hop] -> pieces [batch, frames, 2 * hop]; piece i begins one hop before frame i."""
    frames = audio.shape[1] // hop
    blocks = audio.reshape(len(audio), frames, hop)
    fade_in = 0.5 - 0.5 * torch.cos(math.pi * torch.arange(hop) / hop) if fade is None else fade
    fade_out = (1 - fade_in).repeat(frames, 1)
    fade_out[-1] = 1.0  # the last frame is held to the end
    before = torch.nn.functional.pad(blocks[:, :-1], (0, 0, 1, 0))
    return torch.cat([before * fade_in, blocks * fade_out], dim=-1)


# %% [markdown]
# ### Exercise 4.4: the moving filter
#
# Everything is there: `impulse_response` makes all filters at once, `fft_convolve` filters all pieces at once. What is left is to lay them down, one hop apart, tails and all, and to cut off at the start what is early (the first piece begins a hop before
# the sound) and late (the filter's centre).
#
# <details><summary>Hint 1</summary>A filtered piece has 2 hop + taps - 1 samples. Make <code>torch.zeros(batch, ...)</code>, long enough for the last one, and add each in its place in a loop:
# <code>total[:, i * hop : i * hop + length] += filtered[:, i]</code>. Autograd follows.</details>
# <details><summary>Hint 2</summary>The sound's first sample is at hop + taps / 2 of the total.</details>


# %% tags=["exercise"]
def moving_filter(pieces: Tensor, magnitudes: Tensor) -> Tensor:
    """pieces [batch, frames, 2 * hop], gains [batch, frames, bands] -> audio [batch, frames * hop]"""
    ### BEGIN SOLUTION
    batch, frames, hop = pieces.shape[0], pieces.shape[1], pieces.shape[2] // 2
    filtered = fft_convolve(pieces, impulse_response(magnitudes))
    length = filtered.shape[-1]
    total = torch.zeros(batch, (frames - 1) * hop + length)
    for i in range(frames):
        total[:, i * hop : i * hop + length] += filtered[:, i]
    start = hop + magnitudes.shape[-1] - 1
    return total[:, start : start + frames * hop]
    ### END SOLUTION


# %% tags=["check"]
moving_filter = check("4.4", moving_filter)

# %% [markdown]
# The wind and the whisper again, by your filter. And beside the wind what happens if each filtered piece is cut to its own length again: it is the mistake that is easiest to make, since all shapes fit so well.


# %%
def without_tails(audio: Tensor, magnitudes: Tensor) -> Tensor:
    """Pieces of one hop, each filtered, and cut to one hop again."""
    blocks = audio.reshape(1, -1, HOP_SIZE)
    return filter_in_time(blocks, impulse_response(magnitudes)).flatten(1)


white_pieces = pieces_of(white, HOP_SIZE)
listening.compare(
    {
        **listening.with_yours("wind", moving_filter, lambda moving: levelled(moving(white_pieces, wind))),
        "wind, tails cut": levelled(without_tails(white, wind)),
        **listening.with_yours("a, e, i, o, u", moving_filter, lambda moving: levelled(moving(white_pieces, whisper))),
        "a, e, i, o, u, tails cut": levelled(without_tails(white, whisper)),
    }
)

# %% [markdown]
# It buzzes. Where is that in the sound? Take one filter that does not move, put much noise through it, and see how loud each of the 64 places within a hop is, on average.


# %%
def power_within_hop(sound: Tensor) -> Tensor:
    """The mean square of each place of a hop, over all hops but those at the ends, [HOP_SIZE]"""
    return sound.reshape(-1, HOP_SIZE)[4:-4].square().mean(dim=0)


hill = hills(torch.tensor([[1500.0]]), 150.0)
long_noise = dsp.white_noise(1, 20_000 * HOP_SIZE, generator=torch.Generator().manual_seed(2))
still = hill.expand(1, 20_000, BANDS)
with_tails = power_within_hop(moving_filter(pieces_of(long_noise, HOP_SIZE), still))
cut = power_within_hop(without_tails(long_noise, still))
plots.curves(
    torch.arange(HOP_SIZE),
    {
        "with tails": 10 * (with_tails / with_tails.mean()).log10(),
        "tails cut": 10 * (cut / with_tails.mean()).log10(),
    },
    x_label="place within the hop (samples)",
    y_label="level (dB)",
    title="Noise through one filter, cut at every hop",
    y_range=(-4, 1.5),
    alt="With tails, a level line at 0 dB. With tails cut, the level meets that line in the middle of the hop and falls to nearly -3 dB at both ends.",
)

# %% tags=["number"]
report("tails cut: at the ends of a hop", 10 * (cut[[0, -1]].mean() / with_tails.mean()).log10(), "dB", digits=1)

# %% [markdown]
# Right at a cut, half of the energy should have come from the neighbour, and is missing: 3 dB. So the level dips 250 times a second, and the ear hears that rhythm as a buzz at the pitch of 250 Hz, though no spectrum shows a line there. In a DDSP model it sits in every breath.
#
# Are the cross-fades needed as well? With white noise, not much: switch the filter every 4 ms, and as long as the tails are there you will hardly hear it, because noise has no memory that a step could break. But the same filter on a
# *tone* is lesson 03's staircase:

# %%
tone = 0.3 * torch.sin(2 * math.pi * 1000 * torch.arange(500 * HOP_SIZE) / SAMPLE_RATE)[None]
jumpy = 0.5 + 0.1 * torch.randn(1, 500, 1, generator=torch.Generator().manual_seed(3)).expand(1, 500, BANDS)
switched = moving_filter(pieces_of(tone, HOP_SIZE, torch.zeros(HOP_SIZE)), jumpy)
faded = moving_filter(pieces_of(tone, HOP_SIZE), jumpy)
ends = dsp.upsample(torch.linspace(0, 25, 250).clamp(max=1)[None], 64)
ends = torch.cat([ends, ends.flip(1)], dim=1)
listening.compare({"a tone, filter switched": switched * ends, "a tone, filters cross-faded": faded * ends})
plots.spectrum(
    {"switched": switched, "cross-faded": faded},
    sample_rate=SAMPLE_RATE,
    high_hz=4000,
    title="A tone of 1 kHz through a filter that trembles",
    alt="Around the line at 1 kHz both have a hump of 250 Hz to each side. Beyond it the switched one goes on in humps 250 Hz apart that fall slowly; the cross-faded one is nearly empty.",
)

# %% [markdown]
# ## How loud will it be?
#
# Noise that is even between -1 and 1 has a mean square of
#
# $$\sigma^2 = \frac{1}{2} \int_{-1}^{1} x^2 \, dx = \frac13,$$
#
# so its RMS is $1/\sqrt3$, which is -4.8 dB. Behind a filter, each output sample is a sum $\sum_m h(m)\, x(n-m)$ of numbers that know nothing of each other. In the square of such a sum the mixed products are as often positive as
# negative, and on average only the squares are left: $\sigma^2 \sum_m h(m)^2$. (And $\sum_m h(m)^2$ is the mean of $|H|^2$ over the whole circle of frequencies. That is Parseval's theorem; once more it holds because two different waves of whole periods have nothing in common.)
#
# > **Guess.** A low pass lets 0 to 2 kHz of our 8 kHz through and nothing else. By how many dB does the level of white noise change?

# %% tags=["question"]
question("4.8", answer=None)

# %% [markdown]
# ### Exercise 4.5: predict the level
#
# <details><summary>Hint 1</summary>Sum over the taps, a third, a root.</details>


# %% tags=["exercise"]
def noise_rms(taps: Tensor) -> Tensor:
    """taps [..., m] -> RMS [...] of even noise between -1 and 1 behind that filter"""
    ### BEGIN SOLUTION
    return (taps.square().sum(dim=-1) / 3).sqrt()
    ### END SOLUTION


# %% tags=["check"]
noise_rms = check("4.5", noise_rms)

# %% tags=["number"]
quarter = impulse_response(torch.where(bands_hz == 2000, 0.5, (bands_hz < 2000).float()))
for name, taps in {"0 to 2 kHz": quarter, "a hill at 1.5 kHz": impulse_response(hill[0, 0])}.items():
    report(f"{name}: predicted", dsp.amplitude_to_db(noise_rms(taps)), "dB", digits=1)
    heard = filter_in_time(long_noise, taps).square().mean().sqrt()
    report(f"{name}: measured", dsp.amplitude_to_db(heard), "dB", digits=1)
report("white noise, behind nothing", dsp.amplitude_to_db(white.square().mean().sqrt()), "dB", digits=1)

# %% [markdown]
# ## Breath
#
# A flute, with your filter. The tone is five harmonics from lesson 02. The breath is noise under a broad hill, there a little before the tone, and it follows the tone's level. Turn it down to 0, and the flute becomes an organ.


# %%
def flute(breath: float = 0.3, centre_hz: float = 1800.0) -> Tensor:
    """A short tune; breath from 0 (none) to 1, its hill centred on centre_hz -> [1, samples]"""
    notes = torch.tensor([74.0, 76.0, 78.0, 81.0, 78.0, 74.0]).repeat_interleave(150)
    within = torch.arange(150) / 150
    blown = ((within * 12).clamp(max=1) * ((1 - within) * 5).clamp(max=1)).repeat(6)  # the air
    speaks = ((within * 6 - 0.4).clamp(0, 1) * ((1 - within) * 5).clamp(max=1)).repeat(6)  # the tone, a little later
    weights = torch.tensor([1.0, 0.35, 0.2, 0.06, 0.03])
    tone = dsp.harmonic_synthesis(
        dsp.midi_to_hz(notes)[None],
        0.18 * speaks[None, :, None] * weights,
        sample_rate=SAMPLE_RATE,
        hop_size=HOP_SIZE,
    )
    gains = hills(torch.full((900, 1), centre_hz), 1500.0) * blown[None, :, None] * breath * 0.12
    return tone + moving_filter(white_pieces[:, :900], gains)


listening.explore(flute, breath=(0.0, 1.0, 0.3), centre_hz=(500.0, 6000.0, 1800.0))

# %% [markdown]
# ## Bow
#
# And what does a network put into these 65 gains, if nobody tells it? Here is the course's trained bowed string on a phrase that it never heard. It was given pitch and loudness, and it has learned by itself that there is something in the sound which no
# harmonic can do.

# %%
take = instruments.bowed_string(minutes=0.4, seed=2, progress=False)[0]
phrase = take.audio[
    :, round(13.7 * SAMPLE_RATE) : round(18.34 * SAMPLE_RATE) // HOP_SIZE * HOP_SIZE
]  # from rest to rest
with torch.no_grad():
    model = autoencoder.bundled()
    features = data.extract_features(data.Recording(phrase))
    controls = model.decode(features)
    stems = model.synthesize(controls, generator=torch.Generator().manual_seed(0))
listening.compare(
    {
        "the recording": phrase,
        "all that the network plays": stems.wet,
        "its harmonics": stems.harmonic,
        "its noise": stems.noise,
        "its noise, 20 dB louder": 10 * stems.noise,
    }
)
playing = controls.amplitude[0] > controls.amplitude.max() / 10
drawn = controls.noise_magnitudes[0, playing].mean(dim=0)
plots.curves(
    bands_hz,
    {"as drawn": dsp.amplitude_to_db(drawn), "behind the window": gain_db(impulse_response(drawn), 128)},
    x_label="frequency (Hz)",
    y_label="gain of the noise (dB)",
    title="The colour of a bow, as a network learned it",
    y_range=(-85, -40),
    alt="The gains as drawn jump by up to 35 dB from one band to the next. Behind the window they are a calmer curve, highest below 3 kHz, around -50 dB, and between -52 and -61 dB above.",
)

# %% tags=["number"]
below = dsp.amplitude_to_db(stems.noise.square().mean().sqrt() / stems.harmonic.square().mean().sqrt())
report("its noise against its harmonics", below, "dB", digits=0)

# %% [markdown]
# So little, and without it the string sounds like a machine. You can hear the bow by itself: it comes and goes with the strokes. And look at the curve as drawn, at bands of -80 dB next to bands of -45. The network can afford that: your window takes a quarter of each
# neighbour, so what is heard is the other curve. A gain says little by itself; read it behind the window. Lesson 09 learns such gains for one note, with what you have written here; lesson 10 lets a network choose them.
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `impulse_response` | `dsp.frequency_impulse_response` | fewer taps than gains if asked (`window_size`) |
# | `fft_convolve` | `dsp.fft_convolve` | lengths that the FFT is quick at |
# | `filter_in_time` | `dsp.fir_filter` | nothing |
# | `moving_filter` | `dsp.time_varying_fir`, `dsp.filtered_noise` | filters are never made in time: each band's gain at each bin of the FFT is fixed, so that all filters of all frames are one matrix product |
#
# They live in `ddsp_course/dsp/filters.py` and `noise.py`. What you got right is in your workbook, in `my_ddsp/lesson_04.py`.

# %%
show_progress(4)

# %% [markdown]
# **To read.** Engel et al.: *DDSP*, 2020, [arXiv:2001.04643](https://arxiv.org/abs/2001.04643), sections 3.4 and 3.5: the filter by frequency sampling, and the noise. Serra and Smith: *Spectral Modeling Synthesis*, Computer Music Journal 14(4), 1990:
# harmonics plus noise, thirty years before. Julius O. Smith: *Spectral Audio Signal Processing*, [the window method](https://ccrma.stanford.edu/~jos/sasp/). Peterson and Barney: *Control methods used in a study of the vowels*, JASA 24, 1952. Noise with a
# much finer colour: Barahona-Ríos and Collins, *NoiseBandNet*, 2023, [arXiv:2307.08007](https://arxiv.org/abs/2307.08007).
#
# **To try.** Whisper your own name: say which vowels, and where a hiss (s, 5 to 8 kHz) goes. Put the whisper's filter over a saw of 110 Hz instead of noise, and it speaks aloud. Give the moving filter `HOP_SIZE = 512`: when do you hear the frames?
#
# **Next.** Lesson 05: filters of three seconds, which are called rooms.
