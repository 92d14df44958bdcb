# %% [markdown]
# # Lesson 10 · The decoder
#
# **You will build** the network between two curves and a synthesizer: how pitch and loudness go into it, what it remembers, and how
# its numbers become controls. Then you put together what you have written since lesson 01, and it plays.
#
# **You will hear** a network that knows nothing yet; a network that begins with a storm; and one that has learned a single phrase by
# heart, and what that is worth.
#
# **You need** lessons 02 (harmonics), 04 (filtered noise), 07 (the loss) and 08 (pitch and loudness). PyTorch's `nn.Module`.
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
from torch import Tensor, nn
from tqdm.auto import tqdm

from ddsp_course import autoencoder, data, dsp, instruments
from ddsp_course.classroom import check, listening, mine, plots, question, report, show_progress, steps, verdict

SAMPLE_RATE, HOP_SIZE = 16_000, 64
HARMONICS, BANDS = 60, 65  # what a frame of the synthesizer is told, besides the amplitude

# %% [markdown]
# ## First, the finished sound
#
# A phrase of our bowed string, and the course's trained network that plays it. The network has never heard this phrase, and it does not hear it now. All it gets is what is drawn in the picture.

# %%
take = instruments.bowed_string(minutes=0.4, seed=2, progress=False)[0]
again = instruments.bowed_string(minutes=0.4, seed=2, noise_seed=1, progress=False)[
    0
]  # played again, with other bow noise
here = slice(round(13.7 * SAMPLE_RATE), round(13.7 * SAMPLE_RATE) + 1160 * HOP_SIZE)  # from a rest to a rest
phrase, retake = take.audio[:, here], again.audio[:, here]
features = data.extract_features(data.Recording(phrase))
f0_hz, loudness_db = features.f0_hz, features.loudness_db
with torch.no_grad():
    finished = autoencoder.bundled()(features, generator=torch.Generator().manual_seed(0))
listening.compare({"the string": phrase, "a network plays it": finished.wet}, f0_hz=f0_hz[0])
seconds = torch.arange(f0_hz.shape[1]) * HOP_SIZE / SAMPLE_RATE
plots.curves(
    seconds,
    {
        "pitch (octaves above A4)": torch.log2(f0_hz[0] / 440),
        "loudness (units of 20 dB, from -40)": (loudness_db[0] + 40) / 20,
    },
    x_label="time (s)",
    y_label="as the network gets it (no unit)",
    title="Everything that it is told",
    alt="Two curves over five seconds: the pitch moves in steps between about 0.7 and 1.9; the loudness jumps up where a note begins, and falls slowly into the rest after it.",
)

# %% [markdown]
# Two numbers, 250 times a second. Out come 166 from this one (an amplitude, 100 harmonics' shares, 65 gains of the noise), and 126 from the one that you will build, which makes do with 60 harmonics. This lesson is about the box between them, the **decoder**.
#
# ## What goes in
#
# Why does the picture show octaves and units of 20 dB, and not Hz and dB? Networks are built from two curves, $\sigma(x) = 1/(1+e^{-x})$ and $\tanh(x)$. Both are steep only near 0.
#
# > **Guess.** A pitch goes in as 880, in Hz. What does a gate $\sigma(w x + b)$ with an ordinary small weight $w$ make of it?
# > **a** the weights will adapt to it, it only takes longer · **b** it stands at 0 or 1, and no gradient comes back · **c** it
# > overflows to NaN · **d** nothing bad, the next layer scales it back

# %% tags=["question"]
question("10.4", answer=None)

# %% [markdown]
# So scale, by constants, and in the units the ear uses: pitch in octaves from A4, loudness from -40 dB in units of 20 dB. By *constants*: the mean and the deviation of the batch at hand are the obvious choice, and a trap. With them, a note's input would depend on the other
# notes that happen to be in its batch, and a single take, played alone, would be another sound than in training.
#
# ### Exercise 10.1: scale
#
# <details><summary>Hint 1</summary><code>torch.log2</code> of a ratio is octaves.</details>
# <details><summary>Hint 2</summary><code>torch.stack([a, b], dim=-1)</code> makes a new last axis; <code>torch.cat</code> would lay one behind the other in time.</details>


# %% tags=["exercise"]
def scale_features(f0_hz: Tensor, loudness_db: Tensor) -> Tensor:
    """f0_hz and loudness_db [batch, frames] -> [batch, frames, 2]: octaves from 440 Hz; dB from -40 in units of 20 dB"""
    ### BEGIN SOLUTION
    return torch.stack([torch.log2(f0_hz / 440), (loudness_db + 40) / 20], dim=-1)
    ### END SOLUTION


# %% tags=["check"]
scale_features = check("10.1", scale_features)

# %%
torch.manual_seed(0)
gate = nn.Linear(2, 256)  # a gate of 256 units, as PyTorch begins it
raw = torch.stack([f0_hz, loudness_db], dim=-1)
stuck = {}
for name, inputs in {"Hz and dB": raw, "octaves and units of 20 dB": scale_features(f0_hz, loudness_db)}.items():
    opened = torch.sigmoid(gate(inputs))
    stuck[name] = float(100 * ((opened < 0.01) | (opened > 0.99)).float().mean())
plots.bars(
    stuck,
    y_label="gates within 1 % of their stop (%)",
    title="256 gates that listen to the phrase, before any training",
    digits=0,
    alt="Of the gates that hear Hz and dB nearly all are at their stop, of those that hear octaves none.",
)

# %% tags=["number"]
verdict("gates at their stop with Hz and dB", stuck["Hz and dB"], above=90, unit="%")
verdict("with octaves and units of 20 dB", stuck["octaves and units of 20 dB"], below=1, unit="%")

# %% [markdown]
# The decoder that you build has a layer norm between input and gates. It keeps the gates off their stops, and loses the pitch
# instead: from A4 to A5 its output hardly moves, if the pitch comes in Hz.

# %%
torch.manual_seed(0)
normed = nn.Sequential(nn.Linear(1, 256), nn.LayerNorm(256))


def moved(a4: float, a5: float) -> float:
    """By how much of its size the layer norm's output changes"""
    with torch.no_grad():
        low, high = normed(torch.tensor([[a4], [a5]]))
    return float((high - low).norm() / low.norm())


# %% tags=["number"]
verdict("in Hz, from 440 to 880, it moves by", moved(440.0, 880.0), below=0.005)
verdict("in octaves, from 0 to 1, by", moved(0.0, 1.0), above=0.5)

# %% [markdown]
#
# ### One pitch, many numbers
#
# A string sounds through a body, and a body has dozens of narrow resonances. Glide up an octave, and a harmonic runs through one after
# the other: its level goes up and down every few semitones. Can a network follow that, from a number that only grows? Here is a body, by
# its formula, what it does to harmonic 4 over two octaves, and two small networks that are to learn it. The first hears octaves. The second hears
# beside them **Fourier features**: sine and cosine of the pitch, with 1, 2, 4 and 8 periods an octave.

# %%
places_hz = 500 * 2 ** (0.3 * torch.arange(14) + 0.1 * torch.sin(5.0 * torch.arange(14)))  # of the resonances
octaves = torch.linspace(-1, 1, 481)
harmonic_hz = 4 * 440 * 2**octaves
body_db = dsp.amplitude_to_db((1 / (1 + (30 * (harmonic_hz[:, None] / places_hz - 1)) ** 2)).sum(dim=1) + 0.03)

learned = {"the body": body_db}
for name, n in {"from octaves": 0, "from octaves and Fourier features": 4}.items():
    turns = 2 * math.pi * octaves[:, None] * 2.0 ** torch.arange(n)
    heard = torch.cat([octaves[:, None], turns.sin(), turns.cos()], dim=1)
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(heard.shape[1], 64), nn.Tanh(), nn.Linear(64, 1))
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    for _ in range(steps(1000)):
        optimizer.zero_grad()
        (10 * network(heard)[:, 0] - body_db).abs().mean().backward()
        optimizer.step()
    learned[name] = 10 * network(heard)[:, 0].detach()
plots.curves(
    440 * 2**octaves,
    learned,
    x_label="pitch (Hz)",
    y_label="level of harmonic 4 (dB)",
    log_x=True,
    title="What two networks of 64 units make of a body",
    alt="The body's curve has seven peaks, 8 to 16 dB above the valleys between them; the network with Fourier features lies on it, the one that hears octaves draws one slow wave through the middle.",
)

# %% tags=["number"]
off_db = {name: (curve - body_db).abs().mean() for name, curve in learned.items()}
report("always the median level, off by", (body_db - body_db.median()).abs().mean(), "dB")
verdict("from octaves, off by", off_db["from octaves"], above=2, unit="dB", of_training=True)
verdict(
    "with Fourier features, off by",
    off_db["from octaves and Fourier features"],
    below=0.3,
    unit="dB",
    of_training=True,
)

# %% [markdown]
# It is not that the first network could not: 64 bends are enough for seven peaks. It would have to *find* them, and gradient descent learns slowly what changes
# fast (Tancik et al. 2020). The second only has to mix what it is given. The paper's decoder has no such inputs, and neither has yours; the package's `tiny` has these
# eight (`fourier_features=4`). On the string of lesson 11, five minutes of training take it further than twenty do without them (`benchmarks/time_to_quality.py`).
#
# ## What it remembers
#
# A note is not only its pitch and loudness of this very moment. Does it begin or end? Is this the tail of a note, in the room, or a soft one? The same loudness sounds otherwise in each case. So the network needs a memory $h$, some hundred numbers that it carries from frame to frame.
#
# The simplest memory is a leaky average, $h_t = z\,h_{t-1} + (1 - z)\,x_t$: a share $z$ of the old, the rest from the new. After $T$ frames a share $z^T$ of what was there is left, so it remembers for about $1/(1-z)$ frames. The **GRU** (Cho et al. 2014) is this average, with one idea added: *how much to keep is decided
# anew in every frame, for every unit, from what is heard and what is remembered.*
#
# $$z_t = \sigma(W_z x_t + U_z h_{t-1} + b_z), \qquad r_t = \sigma(W_r x_t + U_r h_{t-1} + b_r)$$
# $$n_t = \tanh\big(W_n x_t + b_n + r_t \odot (U_n h_{t-1} + c_n)\big), \qquad h_t = z_t \odot h_{t-1} + (1 - z_t) \odot n_t$$
#
# $x_t$ is the input, $n_t$ the candidate for what is new, $z_t$ the share that is kept, and $r_t$ how much of the memory the candidate may look at; $\odot$ multiplies number by number. The matrices $W$ are [hidden, inputs], $U$ [hidden, hidden], and $b$, $c$ are [hidden].

# %%
step = torch.cat([torch.zeros(50), torch.ones(200), torch.zeros(150)])
remembered = {}
for keep in (0.9, 0.98):
    level, track = torch.tensor(0.0), []
    for now in step:
        level = keep * level + (1 - keep) * now
        track.append(level)
    remembered[f"keeps {keep:g}"] = torch.stack(track)
plots.curves(
    torch.arange(400) * 4.0,
    {"a note of 0.8 s": step, **remembered},
    x_label="time (ms)",
    y_label="level (no unit)",
    title="One unit of memory, with its share held still",
    alt="A box, and two curves that rise after it begins and fall after it ends; the one that keeps more is the slower.",
)

# %% [markdown]
# A unit that keeps 98 % still knows, 100 ms after the end, that there was a note. A unit that learns to keep all while a note lasts, and to let go at its end, is a counter of time within the note.
#
# > **Guess.** How many numbers does PyTorch's `nn.GRU(2, 256)` learn: two inputs, 256 units? (It keeps an offset of its own for $W$ and for $U$ in each of the three.)

# %% tags=["question"]
question("10.5", answer=None)

# %% [markdown]
# ## The whole network
#
# The paper's decoder (its appendix B.2) hears pitch and loudness each through a **stack**: three times a linear layer, a layer norm and a bend (a ReLU, ours leaks a little). A linear layer mixes; the norm brings each frame's numbers to mean 0 and deviation 1, so that no layer has to guard
# against the one before; without the bend all layers together would be a single one. Then the GRU; then one more stack, which gets the memory *and*, again, what the first two stacks said, since the GRU's memory is slow and an attack is not; and a linear layer that reads off the outputs.
#
# ### Exercise 10.2: the decoder
#
# `stack` is given. Mind the axes: ours are batch, time, channels.
#
# <details><summary>Hint 1</summary><code>scaled[..., :1]</code> is the pitch with its last axis kept, <code>scaled[..., 1:]</code> the loudness.</details>
# <details><summary>Hint 2</summary><code>nn.GRU(2 * hidden_size, hidden_size, batch_first=True)</code> returns a pair: all states [batch, frames, hidden], and the last one.</details>
# <details><summary>Hint 3</summary>The last stack's input is <code>torch.cat([remembered, pitch, loudness], dim=-1)</code>, three times hidden_size.</details>


# %% tags=["exercise"]
def stack(n_inputs: int, n_outputs: int) -> nn.Sequential:
    """Three times: mix, bring to mean 0 and deviation 1, bend. [..., n_inputs] -> [..., n_outputs]"""
    layers, width = [], n_inputs
    for _ in range(3):
        layers += [nn.Linear(width, n_outputs), nn.LayerNorm(n_outputs), nn.LeakyReLU()]
        width = n_outputs
    return nn.Sequential(*layers)


class Decoder(nn.Module):
    """scaled features [batch, frames, 2] -> raw outputs [batch, frames, n_outputs]"""

    def __init__(self, hidden_size: int, n_outputs: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.pitch, self.loudness = stack(1, hidden_size), stack(1, hidden_size)
        self.gru = nn.GRU(2 * hidden_size, hidden_size, batch_first=True)
        self.joined = stack(3 * hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, n_outputs)
        ### END SOLUTION

    def forward(self, scaled: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        pitch, loudness = self.pitch(scaled[..., :1]), self.loudness(scaled[..., 1:])
        remembered, _ = self.gru(torch.cat([pitch, loudness], dim=-1))
        return self.output(self.joined(torch.cat([remembered, pitch, loudness], dim=-1)))
        ### END SOLUTION


# %% tags=["check"]
Decoder = check("10.2", Decoder)


# %%
def numbers_in(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


whole = Decoder(512, 1 + 100 + 65)
share = {name: numbers_in(part) / 1e6 for name, part in whole.named_children()}
plots.bars(
    share,
    y_label="numbers learned (millions)",
    title="Where the numbers of the full decoder are",
    alt="The GRU has by far the most numbers, more than two millions; the stack behind it a little over one; the others far less.",
)

# %% tags=["number"]
report("yours, 512 wide, for 100 harmonics and 65 bands", numbers_in(whole), digits=0)
full, tiny = (autoencoder.Decoder(autoencoder.settings(preset).model) for preset in ("full", "tiny"))
report("the package's, preset full", numbers_in(full), digits=0)
report("the package's, preset tiny", numbers_in(tiny), digits=0)
report("of these in its GRU of 256 units and 10 inputs", numbers_in(tiny.gru), digits=0)

# %% [markdown]
# Nearly five million in the paper's. `tiny`, with which this course trains, is what is left if one takes the stacks away: the GRU on the inputs, its Fourier features among them, and one linear layer on the memory and all of them again. The paper reports that 240 thousand numbers were enough, too.
#
# ## What comes out
#
# The outputs are raw numbers, of any size and sign. Controls are not: amplitudes are at least 0, shares add up to 1, gains of the noise lie between 0 and 2 and mostly far below. Lesson 02 made the step from the one to the other, `exp_sigmoid`; here it is for all three:
#
# | | raw | control |
# |---|---|---|
# | amplitude | 1 | `exp_sigmoid` |
# | harmonic distribution | 60 | `exp_sigmoid`, nothing at or above 8 kHz, then divided by the sum |
# | noise | 65 | `exp_sigmoid(raw - 5)` |
#
# The order in the second row is lesson 02's. And the 5? A network that knows nothing says about 0 to everything, and $\text{exp\_sigmoid}(0)$ is 0.4: white noise near full scale. The paper's authors take 5 away, in their code. Listen to why, after the exercise.
#
# ### Exercise 10.3: controls
#
# `dsp.exp_sigmoid` and `dsp.normalize_harmonics` are your lesson 02.
#
# <details><summary>Hint 1</summary><code>outputs.split([1, n_harmonics, bands], dim=-1)</code> gives the three; how many bands are left?</details>
# <details><summary>Hint 2</summary>The amplitude loses its last axis: <code>[..., 0]</code>.</details>


# %% tags=["exercise"]
def to_controls(outputs: Tensor, f0_hz: Tensor, n_harmonics: int) -> tuple[Tensor, Tensor, Tensor]:
    """outputs [batch, frames, 1 + n_harmonics + bands], f0_hz [batch, frames]
    -> amplitude [batch, frames], distribution [batch, frames, n_harmonics], noise gains [batch, frames, bands]"""
    ### BEGIN SOLUTION
    amplitude, distribution, noise = outputs.split([1, n_harmonics, outputs.shape[-1] - 1 - n_harmonics], dim=-1)
    distribution = dsp.normalize_harmonics(dsp.exp_sigmoid(distribution), f0_hz, sample_rate=SAMPLE_RATE)
    return dsp.exp_sigmoid(amplitude[..., 0]), distribution, dsp.exp_sigmoid(noise - 5)
    ### END SOLUTION


# %% tags=["check"]
to_controls = check("10.3", to_controls)

# %% [markdown]
# ## What goes wrong: a storm to begin with
#
# Now everything is there for a first sound: features, scale, decoder, controls, synthesizer. The network is fresh from PyTorch; it has learned nothing. Turn your volume down a little.


# %%
def play(decoder: nn.Module, f0_hz: Tensor, loudness_db: Tensor, controls_of=to_controls, seed: int = 0) -> Tensor:
    """-> audio [batch, samples]"""
    amplitude, distribution, noise = controls_of(decoder(scale_features(f0_hz, loudness_db)), f0_hz, HARMONICS)
    harmonic = dsp.harmonic_synthesis(
        f0_hz, amplitude[..., None] * distribution, sample_rate=SAMPLE_RATE, hop_size=HOP_SIZE
    )
    generator = torch.Generator().manual_seed(seed)
    return harmonic + dsp.filtered_noise(noise, hop_size=HOP_SIZE, generator=generator)


def as_raw(outputs: Tensor, f0_hz: Tensor, n_harmonics: int) -> tuple[Tensor, Tensor, Tensor]:
    """Controls without the 5."""
    noise = dsp.exp_sigmoid(outputs[..., 1 + n_harmonics :])
    return *to_controls(outputs, f0_hz, n_harmonics)[:2], noise


torch.manual_seed(0)
decoder = Decoder(128, 1 + HARMONICS + BANDS)
ends = (250 * torch.minimum(seconds, seconds[-1] - seconds) / 12).clamp(max=1)[None]  # 50 ms in and out
fade = 0.5 * dsp.upsample(ends, HOP_SIZE)
with torch.no_grad():
    untrained = play(decoder, f0_hz, loudness_db) * fade
    storm = play(decoder, f0_hz, loudness_db, controls_of=as_raw) * fade
    listening.compare(
        {
            "the string": phrase,
            **listening.with_yours(
                "untrained",
                to_controls,
                lambda controls: play(decoder, f0_hz, loudness_db, controls_of=controls) * fade,
            ),
            "untrained, without the 5": storm,
        }
    )
plots.spectrogram(
    {"untrained": untrained, "untrained, without the 5": storm},
    sample_rate=SAMPLE_RATE,
    title="A network that knows nothing",
    alt="Untrained: the lines of the melody's harmonics, equally strong all the time. Without the 5 they drown in noise that fills the picture.",
)

# %% tags=["number"]
a_zero = dsp.exp_sigmoid(torch.zeros(())), dsp.exp_sigmoid(torch.tensor(-5.0))
report(
    "noise where the network says 0: without the 5, louder by",
    dsp.amplitude_to_db(a_zero[0] / a_zero[1]),
    "dB",
    digits=0,
)

# %% [markdown]
# It knows nothing, and it plays the melody in tune! Nobody needs to learn that: the pitch goes straight to the oscillator. (So pitch is no proof of learning. Lesson 11 comes back to this.) What it lacks is everything else: its notes do not begin or end, it buzzes alike loud and soft.
#
# Without the 5 the first task of training would be to quiet the storm, with gradients that are all about noise.
#
# ## Learn one phrase
#
# Before you train a network on much, let it learn *one* thing by heart. If it cannot even do that, something is wrong in the code, and you have found out in a minute. The loop is bare: play, compare, step. The loss is lesson 07's; the optimizer is Adam.

# %%
loss = dsp.SpectralLoss()
optimizer = torch.optim.Adam(decoder.parameters(), lr=1e-3)
losses = []
for step_number in tqdm(range(steps(100)), desc="learning one phrase"):
    optimizer.zero_grad()
    value = loss(play(decoder, f0_hz, loudness_db, seed=step_number), phrase)  # new noise each time: see lesson 09
    value.backward()
    nn.utils.clip_grad_norm_(decoder.parameters(), 3.0)
    optimizer.step()
    losses.append(value.item())

# %%
yardsticks = {
    "constant spectrum": float(mine("7.2")(phrase, (2048, 1024, 512, 256, 128, 64))),
    "played again": float(loss(retake, phrase)),
}
plots.curves(
    torch.arange(len(losses)),
    losses,
    x_label="step",
    y_label="spectral loss",
    title="One phrase, learned by heart",
    levels=yardsticks,
    alt="The loss falls steeply from about 20, crosses the line of the constant spectrum within the first ten steps, and flattens between it and the line of played again.",
)
with torch.no_grad():
    learned = play(decoder, f0_hz, loudness_db)
listening.compare({"the string": phrase, "before": untrained, "after": learned}, f0_hz=f0_hz[0])

# %% tags=["number"]
share_of_the_way = autoencoder.yardsticks.share_of_the_way
came = share_of_the_way(losses[-1], yardsticks["constant spectrum"], yardsticks["played again"])
verdict("from constant spectrum to played again, it came", 100 * came, above=50, unit="%", of_training=True)

# %% [markdown]
# A hundred steps from a buzz to a string, of a kind. It even plays the room: there is none in our synthesizer, so the decoder lets its notes ring on by itself. (A room of its own comes in lesson 11.)
#
# ## What it is worth
#
# Learned by heart is not understood. Here is another phrase of the same string, which it was not trained on, and the bundled network, which was not either.

# %%
other = slice(here.stop, take.audio.shape[1])  # the music that follows, to the end
elsewhere = data.extract_features(data.Recording(take.audio[:, other]))
with torch.no_grad():
    by_heart = play(decoder, elsewhere.f0_hz, elsewhere.loudness_db)
    by_many = autoencoder.bundled()(elsewhere, generator=torch.Generator().manual_seed(0)).wet
listening.compare(
    {"another phrase": take.audio[:, other], "learned one phrase": by_heart, "learned many": by_many},
    f0_hz=elsewhere.f0_hz[0],
)

# %% tags=["number"]
at_home, abroad = float(loss(learned, phrase)), float(loss(by_heart, take.audio[:, other]))
verdict("its loss on the other phrase, against its own", abroad / at_home, above=1.05, of_training=True)
verdict(
    "the bundled network's there, against its",
    float(loss(by_many, take.audio[:, other])) / abroad,
    below=0.9,
    of_training=True,
)

# %% [markdown]
# That it plays the other phrase at all is no small thing: nothing but two curves was needed, and half of what it needs is in the synthesizer. That is the wager of DDSP: what is known of sound need not be learned. The rest needs more than one phrase. Lesson 11 gives it nearly four minutes, and holds back more than one to ask.
#
# ## How long does it remember?
#
# You can ask. Play a steady note, make it 20 dB louder for a single frame, and see how long the amplitude that the network asks for is off.

# %%
steady_hz, steady_db = torch.full((1, 500), 880.0), torch.full((1, 500), -25.0)
knocked_db = steady_db.clone()
knocked_db[0, 250] += 20
off = {}
with torch.no_grad():
    bundled = autoencoder.bundled()
    for name, ask in {
        "learned one phrase": lambda db: to_controls(decoder(scale_features(steady_hz, db)), steady_hz, HARMONICS)[0],
        "learned many": lambda db: bundled.decode(data.Features(steady_hz, torch.ones(1, 500), db)).amplitude,
    }.items():
        off[name] = dsp.amplitude_to_db(ask(knocked_db) / ask(steady_db))[0, 240:350]
plots.curves(
    4.0 * torch.arange(-10, 100),
    off,
    x_label="time after one loud frame (ms)",
    y_label="change of the amplitude (dB)",
    title="The memory of a knock",
    alt="Both curves are 0 before the knock and jump at it. The one that learned one phrase is back at 0 a few frames later; the other falls more slowly, to -1 dB, and takes some 150 ms to come back.",
)

# %% [markdown]
# Before the knock: nothing. The GRU hears the past alone, which is why such a network can play live. After it: what learned one phrase has forgotten it a few frames later. For what was in that phrase the loudness of the moment was enough, and loss asks for
# no more. What learned many remembers for more than a tenth of a second: it has heard more beginnings of notes than one.
#
# ## All yours
#
# The synthesizer under `play` was the package's. Here is the same phrase from the same network through what *you* wrote: lesson 03's oscillator, lesson 04's filters, lesson 07's loss. (Where your workbook has no right answer yet, the course's own stands in, and says so.)

# %%
oscillate, move, judge = mine("3.4"), mine("4.4"), mine("7.1")
with torch.no_grad():
    amplitude, distribution, gains = to_controls(decoder(scale_features(f0_hz, loudness_db)), f0_hz, HARMONICS)
    harmonic = oscillate(f0_hz, amplitude[..., None] * distribution, HOP_SIZE, SAMPLE_RATE)
    white = dsp.white_noise(1, harmonic.shape[1], generator=torch.Generator().manual_seed(0))
    blocks = white.reshape(1, -1, HOP_SIZE)  # lesson 04's pieces: two hops each, faded in and out
    fade_in = 0.5 - 0.5 * torch.cos(math.pi * torch.arange(HOP_SIZE) / HOP_SIZE)
    fade_out = (1 - fade_in).repeat(blocks.shape[1], 1)
    fade_out[-1] = 1.0
    pieces = torch.cat([torch.nn.functional.pad(blocks[:, :-1], (0, 0, 1, 0)) * fade_in, blocks * fade_out], dim=-1)
    all_yours = harmonic + move(pieces, gains)
listening.compare({"the package's": learned, "all yours": all_yours})

# %%
difference = (all_yours - learned).square().mean() / learned.square().mean()
report("what differs, against the sound", 10 * difference.clamp_min(1e-12).log10(), "dB", digits=0)
package_loss = loss(learned, phrase)
by_your_loss = judge(learned, phrase, (2048, 1024, 512, 256, 128, 64))
report("your loss less the package's", by_your_loss - package_loss, digits=2)

# %% [markdown]
# If something differs, then at the leaps of the melody: between two frames a high harmonic may be on its way past half the sample rate, and the package silences it on the way (lesson 02's mask, once more, sample by sample).
#
# ## Why is it called an autoencoder?
#
# An autoencoder squeezes something through a narrow place and is judged by how well it comes out again. Ours squeezes sound:
#
# sound → **encoder**: tracker and meter (lesson 08) → pitch and loudness → **decoder** (this lesson) → controls → synthesizer → sound
#
# > **Guess.** By what factor are there fewer numbers in the narrow place than samples in the sound, at 16 kHz and 250 frames a second?

# %% tags=["question"]
question("10.6", answer=None)

# %% [markdown]
# > **Guess.** What happens to *our* encoder in training?
# > **a** it is trained along, with smaller steps · **b** a part of it is trained, the latent z · **c** nothing at all ·
# > **d** the synthesizer learns in its place

# %% tags=["question"]
question("10.7", answer=None)

# %% [markdown]
# Most autoencoders find out for themselves what to send through the narrow place, and nobody can read it. Here it was decided by hand, and that is why it can be *used*: you can draw the curves, sing them, or take them from another instrument (lesson 12). What cannot pass through is lost: a vowel, a choice of
# bow stroke, anything that has neither pitch nor loudness. The paper adds a third input for such things, a **z** that an encoder of its own learns from the sound's MFCCs (a few numbers a frame for the colour of a spectrum: lesson 20); `ModelConfig(latent_size=16)` in the package.
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `scale_features` | `autoencoder/decoder.py` | the same numbers |
# | `Decoder` | `autoencoder.Decoder`, presets `tiny` and `full` | a GRU whose weights are read once for a batch of frames, quicker on two cores; Fourier features in `tiny`, a latent z if wanted |
# | `to_controls` | the end of `Decoder.forward` | no 5: its first offsets are set so that it begins as a quiet, saw-like tone, with next to no noise |
# | the loop | `autoencoder.train` | lesson 11 |

# %%
show_progress(10)

# %% [markdown]
# **To read.** Engel et al.: *DDSP*, 2020, [arXiv:2001.04643](https://arxiv.org/abs/2001.04643), section 4 and appendix B.2. Cho et al.: *Learning phrase representations using RNN encoder-decoder for statistical machine translation*, 2014,
# [arXiv:1406.1078](https://arxiv.org/abs/1406.1078): the GRU. Hayes et al.: *A review of differentiable digital signal processing for music and speech synthesis*, 2024,
# [doi:10.3389/frsip.2023.1284100](https://doi.org/10.3389/frsip.2023.1284100). Tancik et al.: *Fourier features let networks learn high frequency functions in low dimensional domains*, 2020,
# [arXiv:2006.10739](https://arxiv.org/abs/2006.10739).
#
# **To try.** Take the memory away (a linear layer in the GRU's place): what happens to the attacks, and to the tails? Give the network the time since the last onset as a third input. Learn a phrase of `instruments.reed` by heart, and let it play the string's.
#
# **Next.** Lesson 11: five minutes of music, a held-out quarter, and the question whether to believe it.
