# %% [markdown]
# # Lesson 20 · A map of timbres
#
# **You will build** MFCCs, a latent z for each frame, a probe that asks what z knows, and the axes of a map.
#
# **You will hear** three instruments out of one network, the places between them, and a bowed string that becomes a reed.
#
# **You need** the decoder (lesson 10) and the training step (lesson 11).
#
# **Time.** 60 minutes to read and do, 2 minutes to run.

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

from ddsp_course import autoencoder, data, dsp, instruments
from ddsp_course.autoencoder.crops import Crops
from ddsp_course.autoencoder.gru import QuickGRU
from ddsp_course.classroom import check, listening, plots, question, report, show_progress, steps, verdict

SAMPLE_RATE, HOP_SIZE = 16_000, 64
NAMES = ("bowed string", "reed", "voice")
Z_SIZE = 8
torch.set_num_threads(1)  # so small a GRU gains nothing from a second thread, and beside other work it waits for it
CROP = 200  # frames: 0.8 s

# %% [markdown]
# ## First, the finished sound
#
# Until now an instrument was a network. Here one network learns three: our models of a bowed string, a reed and a voice, 50 seconds of each.
# Pitch and loudness do not say which of them is meant. So it is given a third input, a **latent** $z$: eight numbers that an *encoder*
# finds in the sound. Nobody tells either of them which instrument is which, or that there are three.
#
# This cell trains it, in about half a minute. Then one melody is played with the z of a string, with that of a reed, and with one that is
# on its way from the first to the second.


# %%
def features_of(take: data.Performance) -> data.Features:
    """True pitch and loudness of a take: no tracker's errors today"""
    return data.Features(take.f0_hz, take.gate, take.loudness_db)


def mfcc(audio: Tensor) -> Tensor:
    return dsp.mfcc(audio, sample_rate=SAMPLE_RATE, n_coefficients=30)


players = (instruments.bowed_string, instruments.reed, instruments.voice)
takes = [list(player(1.25, seed=20, room=torch.ones(1), progress=False)) for player in players]
learned = [take for three in takes for take in three[:2]]  # two takes of each instrument,
held_out = [three[2] for three in takes]  # and one that the network never hears
heard = torch.cat([mfcc(take.audio)[0] for take in learned])
CENTRE, SPREAD = heard.mean(dim=0), heard.std(dim=0)


class TakeEncoder(nn.Module):
    """One z for a whole sound: the mean of what a GRU makes of its MFCCs. audio [batch, samples] -> [batch, 1, Z_SIZE]"""

    def __init__(self) -> None:
        super().__init__()
        self.gru, self.output = QuickGRU(30, 128), nn.Linear(128, Z_SIZE)

    def forward(self, audio: Tensor) -> Tensor:
        return self.output(self.gru((mfcc(audio) - CENTRE) / SPREAD)[0]).mean(dim=1, keepdim=True)


def learn(encoder: type[nn.Module], n_steps: int) -> autoencoder.Autoencoder:
    """Lesson 11's training, on crops of all three instruments, with an encoder in front"""
    torch.manual_seed(0)
    model = autoencoder.Autoencoder(
        autoencoder.ModelConfig(hidden_size=128, latent_size=Z_SIZE, room_seconds=0, n_harmonics=60, n_bands=33)
    )
    model.encoder = encoder()
    crops = Crops(learned, [features_of(take) for take in learned], crop_seconds=CROP * HOP_SIZE / SAMPLE_RATE)
    optimizer, loss = torch.optim.Adam(model.parameters()), dsp.SpectralLoss()
    rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=max(n_steps, 10), pct_start=0.15)
    generator = torch.Generator().manual_seed(0)
    for _ in range(n_steps):
        audio, features = crops.draw(9, generator)
        played = model.synthesize(model.decode(features, latent=model.encoder(audio)), generator=generator).wet
        optimizer.zero_grad()
        loss(played[:, 50 * HOP_SIZE :], audio[:, 50 * HOP_SIZE :]).backward()  # the first 0.2 s are only heard
        nn.utils.clip_grad_norm_(model.parameters(), 3.0)
        optimizer.step()
        rates.step()
    return model.eval()


@torch.no_grad()
def play(model: autoencoder.Autoencoder, features: data.Features, z: Tensor) -> Tensor:
    """features [1, frames], z [Z_SIZE] or [1, frames, Z_SIZE] -> [1, samples], faded out at the end"""
    latent = z if z.ndim == 3 else z[None, None]
    sound = model.synthesize(model.decode(features, latent=latent), generator=torch.Generator().manual_seed(0)).wet
    return sound * (torch.arange(sound.shape[-1], 0, -1) / 800).clamp(max=1)


@torch.no_grad()
def crop_latents(model: autoencoder.Autoencoder, take: data.Performance) -> Tensor:
    """The mean z of each crop of a take that is mostly played, [crops, Z_SIZE]"""
    audio = torch.stack([take.audio[0, s * HOP_SIZE : (s + CROP) * HOP_SIZE] for s in starts(take)])
    return model.encoder(audio).mean(dim=1)


def starts(take: data.Performance) -> list[int]:
    return [s for s in range(0, take.frames - CROP, 50) if (take.gate[0, s : s + CROP] > 0.5).float().mean() > 0.8]


def tune(name: str, midis: list[float], late_s: float = 0.02, cents: float = 0.0) -> data.Performance:
    """Two seconds of an instrument in no room"""
    seconds, length = torch.arange(500) / 250 - late_s, 1.85 / len(midis)
    which = (seconds / length).long().clamp(0, len(midis) - 1)
    within = seconds - which * length
    gate = (within / 0.03).clamp(0, 1) * ((length - 0.06 - within) / 0.05).clamp(0, 1)
    return instruments.play(
        name, dsp.midi_to_hz(torch.tensor(midis)[which] + cents / 100), 0.6, gate, room=torch.ones(1)
    )


model = learn(TakeEncoder, steps(350))
centres = [torch.cat([crop_latents(model, take) for take in three[:2]]).mean(dim=0) for three in takes]
melody = features_of(tune("bowed_string", [62.0, 65.0, 69.0]))
on_its_way = torch.lerp(centres[0], centres[1], torch.linspace(0, 1, melody.frames)[None, :, None])
listening.compare(
    {
        "with the string's z": play(model, melody, centres[0]),
        "with the reed's z": play(model, melody, centres[1]),
        "from one to the other": play(model, melody, on_its_way),
    }
)

# %% [markdown]
# Same pitch curve, same loudness curve, same network. Now build it up: what goes into the encoder, what comes out, and what z has really learned.
#
# ## What an encoder listens to
#
# It is to hear the *colour* of a sound. A spectrogram holds that, and all the partials as well. Take $M$ bands of a mel spectrogram (lesson 08), the
# logarithm of each, $\ell_m$, and look at their *shape* from low to high: how much of it is one slow slope, how much a ripple?
#
# $$ c_k = \sqrt{\tfrac{2}{M}} \sum_{m=0}^{M-1} \ell_m \cos\!\Big(\frac{\pi k}{M}\big(m + \tfrac12\big)\Big), \qquad k = 0, 1, \dots, n-1 $$
#
# These are **mel-frequency cepstral coefficients**, MFCCs. $c_0$ is the level, $c_1$ the slope, higher $k$ are finer ripples; with $n = 30$
# the partials of a high note begin to show. None of them has a unit.
#
# ### Exercise 20.1: the cosine transform
#
# <details><summary>Hint 1</summary>A matrix of cosines <code>[M, n]</code>, then <code>log_bands @ cosines</code>.</details>
# <details><summary>Hint 2</summary><code>torch.arange(M)[:, None] + 0.5</code> against <code>torch.arange(n)</code>: broadcasting makes the matrix.</details>


# %% tags=["exercise"]
def cepstrum(log_bands: Tensor, n: int) -> Tensor:
    """log_bands [batch, frames, M] -> [batch, frames, n]"""
    ### BEGIN SOLUTION
    bands = log_bands.shape[-1]
    place = torch.arange(bands)[:, None] + 0.5
    cosines = torch.cos(math.pi / bands * place * torch.arange(n))
    return math.sqrt(2 / bands) * (log_bands @ cosines.to(log_bands.dtype))
    ### END SOLUTION


# %% tags=["check"]
cepstrum = check("20.1", cepstrum)


# %%
def coefficients(audio: Tensor) -> Tensor:
    """What dsp.mfcc is: audio [batch, samples] -> [batch, frames, 30]"""
    bands = dsp.mel_spectrogram(audio, sample_rate=SAMPLE_RATE)
    return cepstrum(bands.clamp_min(1e-5).log(), 30)


mean_colours = [torch.cat([coefficients(take.audio)[0] for take in three[:2]]).mean(dim=0) for three in takes]
plots.stems(
    torch.arange(1, 13),
    {name: colour[1:13] for name, colour in zip(NAMES, mean_colours, strict=True)},
    x_label="number of the coefficient, k",
    y_label="mean MFCC",
    title="The average colour of each instrument",
    alt="Three rows of stalks over coefficients 1 to 12, one an instrument; their heights differ most in the first few coefficients.",
)
listening.compare(
    {
        name: take.audio[:, : 4 * SAMPLE_RATE] * (torch.arange(4 * SAMPLE_RATE, 0, -1) / 800).clamp(max=1)
        for name, take in zip(NAMES, held_out, strict=True)
    }
)

# %% [markdown]
# ## What goes wrong: a tidy step that throws the instrument away
#
# The coefficients are of very different size, so they are **normalised** before they go into the network: the mean off, divided by the
# deviation. Which mean? Two choices lie at hand: that of *the take* one is listening to, or that of *all takes*, once and for ever.
# The reference code of Engel et al. 2020 takes the first, an instance norm, and so does our `autoencoder.encoder`.
#
# > **Guess.** A linear rule is to name the instrument from MFCCs that have been normalised within each 25-second take. With three instruments,
# > chance is one third. How often is it right, on takes it has not seen?
# > **a** nearly always, the shape remains · **b** not much more than chance · **c** never · **d** nearly always, had one not divided by the deviation

# %% tags=["question"]
question("20.6", answer=None)

# %% [markdown]
# Such a linear rule is called a **probe**: not a part of the model, but a question to it. If even a straight-line rule can read something off, it is
# there, and lies open. From $n$ examples, $z_i$ with targets $t_i$ (for instruments: a row with a single 1):
#
# $$ W = \big(\bar Z^{\mathsf T} \bar Z + n\lambda I\big)^{-1} \bar Z^{\mathsf T} \bar T, \qquad b = \operatorname{mean}(t) - \operatorname{mean}(z)\, W $$
#
# $\bar Z$ and $\bar T$ are the examples less their means, one a row; $\lambda$, the `strength`, is a pull towards small weights.
#
# ### Exercise 20.2: a probe
#
# <details><summary>Hint 1</summary><code>torch.linalg.solve(A, B)</code> is $A^{-1}B$, without an inverse.</details>
# <details><summary>Hint 2</summary>Last, <code>torch.cat([W, b[None]])</code>.</details>


# %% tags=["exercise"]
def linear_probe(z: Tensor, targets: Tensor, strength: float) -> Tensor:
    """z [n, d], targets [n, k] -> weights [d + 1, k], the last row is the constant b"""
    ### BEGIN SOLUTION
    x, y = z - z.mean(dim=0), targets - targets.mean(dim=0)
    weights = torch.linalg.solve(x.T @ x + len(x) * strength * torch.eye(x.shape[1]), x.T @ y)
    return torch.cat([weights, (targets.mean(dim=0) - z.mean(dim=0) @ weights)[None]])
    ### END SOLUTION


# %% tags=["check"]
linear_probe = check("20.2", linear_probe)


# %%
def probed(describe, targets_of) -> tuple[Tensor, Tensor]:
    """A probe learned on the takes one may learn from, and asked on the others -> predictions, truth.

    describe(take) -> [crops, d]; targets_of(take, instrument) -> [crops, k]
    """
    pairs = [(describe(take), targets_of(take, i)) for i, three in enumerate(takes) for take in three[:2]]
    inputs, targets = (torch.cat(parts) for parts in zip(*pairs, strict=True))
    centre, spread = inputs.mean(dim=0), inputs.std(dim=0) + 1e-6
    weights = linear_probe((inputs - centre) / spread, targets, 1e-3)
    asked = (torch.cat([describe(take) for take in held_out]) - centre) / spread
    return asked @ weights[:-1] + weights[-1], torch.cat([targets_of(take, i) for i, take in enumerate(held_out)])


def which_instrument(take: data.Performance, i: int) -> Tensor:
    return torch.eye(3)[i].expand(len(starts(take)), 3)


def percent_right(describe) -> float:
    predicted, truth = probed(describe, which_instrument)
    return 100 * float((predicted.argmax(dim=1) == truth.argmax(dim=1)).float().mean())


def crop_means(frames: Tensor, take: data.Performance) -> Tensor:
    """[frames of MFCCs, d] -> the mean over each crop, [crops, d]"""
    every = 256 // HOP_SIZE
    return torch.stack([frames[s // every : (s + CROP) // every].mean(dim=0) for s in starts(take)])


def colour(take: data.Performance) -> Tensor:
    return crop_means(coefficients(take.audio)[0], take)


def colour_within_take(take: data.Performance) -> Tensor:
    c = coefficients(take.audio)[0]
    return crop_means((c - c.mean(dim=0)) / c.std(dim=0), take)


def colour_less_its_mean(take: data.Performance) -> Tensor:
    c = coefficients(take.audio)[0]
    return crop_means(c - c.mean(dim=0), take)


def pitch_and_loudness(take: data.Performance) -> Tensor:
    curves = torch.stack([take.f0_hz[0].log2(), take.loudness_db[0]], dim=1)
    return torch.stack([curves[s : s + CROP].mean(dim=0) for s in starts(take)])


right = {
    "pitch and\nloudness": percent_right(pitch_and_loudness),
    "MFCC, normalised\nover all": percent_right(colour),
    "MFCC, normalised\nin the take": percent_right(colour_within_take),
}

# %% tags=["number"]
verdict("the colour, normalised over all takes: right", right["MFCC, normalised\nover all"], above=90, unit="%")
verdict("normalised within the take: right", right["MFCC, normalised\nin the take"], below=55, unit="%")
verdict(
    "the take's mean off, not divided by its deviation: right", percent_right(colour_less_its_mean), below=80, unit="%"
)

# %% [markdown]
# What is constant in a take is exactly what an instance norm takes away, its mean above all. For z as the paper needs it, as what *moves* besides pitch and loudness, that does no harm.
# For a map of instruments it is the wrong tool, so today we normalise over all takes, once (`CENTRE` and `SPREAD` above).
#
# Note the control: pitch and loudness by themselves name the instrument more often than chance, because the voice sings lower than the string plays.
# Whoever does not measure that takes it for a success of z.
#
# ## One z for each frame
#
# The paper's encoder gives a z for *each frame*: MFCCs, a GRU, a linear layer. MFCCs come every 256 samples, the decoder speaks every 64; straight lines in between.
#
# ### Exercise 20.3: from MFCCs to z
#
# <details><summary>Hint 1</summary><code>gru(coefficients)</code> returns the states of all frames, and the last one once more.</details>
# <details><summary>Hint 2</summary><code>torch.nn.functional.interpolate(x, size=frames, mode="linear", align_corners=True)</code> works along the last axis: transpose
# before and after.</details>


# %% tags=["exercise"]
def latent_per_frame(coefficients: Tensor, gru: nn.Module, output: nn.Module, frames: int) -> Tensor:
    """coefficients [batch, frames of MFCCs, n] -> z [batch, frames, size of z]"""
    ### BEGIN SOLUTION
    states, _ = gru(coefficients)
    z = output(states).transpose(1, 2)
    z = torch.nn.functional.interpolate(z, size=frames, mode="linear", align_corners=True)
    return z.transpose(1, 2)
    ### END SOLUTION


# %% tags=["check"]
latent_per_frame = check("20.3", latent_per_frame)

# %% [markdown]
# > **Guess.** How many numbers a second does such a z of 8 dimensions carry? (Pitch and loudness together: 2 × 250.)

# %% tags=["question"]
question("20.7", answer=None)


# %%
class FrameEncoder(TakeEncoder):
    """The same parameters, but a z for each frame: audio [batch, samples] -> [batch, frames, Z_SIZE]"""

    def forward(self, audio: Tensor) -> Tensor:
        normalised = (coefficients(audio) - CENTRE) / SPREAD
        return latent_per_frame(normalised, self.gru, self.output, audio.shape[-1] // HOP_SIZE)


frame_model = learn(FrameEncoder, steps(350))

# %% [markdown]
# Two networks of one size, trained alike. In the first, z is *one* place for a sound; in the second it may move. Which is better?
#
# > **Guess.** The second network plays a held-out take. Instead of the z that it hears, frame by frame, z is held at the mean of that instrument. What
# > happens?
# > **a** nothing much, it is the instrument's z · **b** it falls silent · **c** it plays the right instrument, clearly worse · **d** it plays out of tune

# %% tags=["question"]
question("20.8", answer=None)


# %%
@torch.no_grad()
def held_out_losses(model: autoencoder.Autoencoder) -> list[float]:
    """Mean loss with the z that is heard, with the instrument's mean z, and with that of another instrument"""
    means = [torch.cat([crop_latents(model, take) for take in three[:2]]).mean(dim=0) for three in takes]
    loss, losses = dsp.SpectralLoss(), []
    for i, take in enumerate(held_out):
        latents = (model.encoder(take.audio), means[i][None, None], means[(i + 1) % 3][None, None])
        losses.append([float(loss(play(model, features_of(take), z), take.audio)) for z in latents])
    return torch.tensor(losses).mean(dim=0).tolist()


kinds = ("z as heard", "the instrument's mean z", "another instrument's")
losses_of = {"one z a sound": held_out_losses(model), "a z a frame": held_out_losses(frame_model)}
plots.bars(
    losses_of,
    series=kinds,
    y_label="spectral loss on held-out takes",
    title="What z is worth, and what it costs to hold it still",
    alt="Two groups of three bars. With one z a sound, the first two bars are nearly equal and the third is far higher. With a z for each frame the first bar is the lowest of all, the second clearly higher, the third the highest.",
)

# %% tags=["number"]
one, each = losses_of["one z a sound"], losses_of["a z a frame"]
verdict("a z a frame, as heard, better by", one[0] - each[0], above=0.15, of_training=True)
verdict("a z a frame, held still, loses", each[1] - each[0], above=0.5, of_training=True)
verdict("one z a sound, held still, loses", one[1] - one[0], below=0.4, of_training=True)
verdict("one z a sound, another instrument's, loses", one[2] - one[0], above=0.8, of_training=True)

# %% [markdown]
# A z that moves copies better, and cannot be held. It has become a second description of the *performance*. For resynthesis, take it; to walk on a map,
# take the one that stands still.
#
# ## What does z know?
#
# Two questions: which instrument is it? And does z know the **pitch**, which it need not, as the decoder is told? For the second the target is
# a number, in semitones from the instrument's mean pitch (so that "it is a voice, so it is low" does not count). How well is it predicted?
#
# $$ R^2 = 1 - \frac{\sum_i (p_i - t_i)^2}{\sum_i (t_i - \operatorname{mean}(t))^2} $$
#
# $p$ are the predictions, $t$ the truth, all on takes that the probe has not seen. There $R^2$ can be below 0: worse than always saying the mean.
#
# ### Exercise 20.4: how much is explained
#
# <details><summary>Hint 1</summary>Two sums of squares. The second asks how well one does who says the mean every time.</details>


# %% tags=["exercise"]
def explained(predicted: Tensor, truth: Tensor) -> Tensor:
    """predicted, truth of one shape -> scalar"""
    ### BEGIN SOLUTION
    return 1 - (predicted - truth).square().sum() / (truth - truth.mean()).square().sum()
    ### END SOLUTION


# %% tags=["check"]
explained = check("20.4", explained)

# %%
mean_pitch = [float(torch.cat([take.f0_hz[take.gate > 0.5] for take in three[:2]]).log2().mean()) for three in takes]


def pitch_from_mean(take: data.Performance, i: int) -> Tensor:
    """Semitones from the instrument's mean, [crops, 1]"""
    return 12 * (pitch_and_loudness(take)[:, :1] - mean_pitch[i])


descriptions = {
    "MFCC": colour,
    "one z a sound": lambda take: crop_latents(model, take),
    "a z a frame": lambda take: crop_latents(frame_model, take),
}
knows = {name: float(explained(*probed(describe, pitch_from_mean))) for name, describe in descriptions.items()}
right |= {
    name.replace(" a ", "\na "): percent_right(describe) for name, describe in descriptions.items() if "z" in name
}
plots.bars(
    right,
    y_label="instrument named rightly (%)",
    title="Which instrument? On held-out takes; by chance 33 %",
    digits=0,
    alt="Five bars: MFCCs normalised within the take are lowest, not far above chance, pitch and loudness a little higher at about a half, MFCCs normalised over all takes near 100 %, and both kinds of z above 85 %.",
)
plots.bars(
    knows,
    y_label="R² of the pitch (1: all of it)",
    title="Does it know the pitch?",
    alt="Three bars of R squared: for the MFCCs, for one z a sound and for a z a frame; both kinds of z are above 0.",
)

# %% tags=["number"]
verdict("one z a sound names the instrument", right["one z\na sound"], above=80, unit="%", of_training=True)
verdict("a z a frame names it", right["a z\na frame"], above=80, unit="%", of_training=True)
verdict("pitch that leaks into a z a frame, R²", knows["a z a frame"], above=0.05, of_training=True)

# %% [markdown]
# z knows the instrument, though it was never told of any. And **it leaks**: some of the pitch is in z. Nothing in the loss forbids it; whatever
# helps to copy goes where there is room. It is not all fault: an instrument's colour *does* change with its pitch. But it means that a z, taken from a low note and played high,
# says two things at once. (A linear probe finds only what lies open: a low $R^2$ is no proof of absence.)
#
# ## The map
#
# From here on, one z a sound. Eight dimensions cannot be drawn. Which two show most of the cloud? Those along which it is widest:
# take off the mean, write the points as rows of $X$, and factor
#
# $$ X = U S V^{\mathsf T} $$
#
# The rows of $V^{\mathsf T}$ are directions in the space of z, the widest first: **principal axes**.
#
# ### Exercise 20.5: the axes
#
# <details><summary>Hint 1</summary><code>torch.linalg.svd(x, full_matrices=False)</code> returns <code>U</code>, <code>S</code>, <code>Vh</code>.</details>
# <details><summary>Hint 2</summary>Which of the three has rows as long as a point? (Both signs of an axis are right.)</details>


# %% tags=["exercise"]
def principal_axes(points: Tensor, n: int) -> Tensor:
    """points [points, d] -> the n widest directions, [n, d]"""
    ### BEGIN SOLUTION
    return torch.linalg.svd(points - points.mean(dim=0), full_matrices=False).Vh[:n]
    ### END SOLUTION


# %% tags=["check"]
principal_axes = check("20.5", principal_axes)

# %%
clouds = [torch.cat([crop_latents(model, take) for take in three[:2]]) for three in takes]
middle, axes = torch.cat(clouds).mean(dim=0), principal_axes(torch.cat(clouds), 2)
share = ((torch.cat(clouds) - middle) @ axes.T).square().sum() / (torch.cat(clouds) - middle).square().sum()


def on_map(z: Tensor) -> Tensor:
    """[..., Z_SIZE] -> [..., 2]"""
    return (z - middle) @ axes.T


def z_at(place: Tensor) -> Tensor:
    """[2] -> [Z_SIZE]: what the map does not show is taken to be as in the mean"""
    return middle + place @ axes


def draw_map(here: Tensor | None = None, where: str = "") -> None:
    with plots.figure(
        alt=f"A map with three clouds of points: the reed's stands by itself, the voice's is wide and reaches around the string's.{where}",
        height_inches=4.2,
    ) as chart:
        for name, cloud, colour, marker in zip(NAMES, clouds, plots.COLOURS, plots.MARKERS, strict=False):
            chart.scatter(*on_map(cloud).T.numpy(), s=14, alpha=0.6, color=colour, marker=marker, label=name)
        for name, centre in zip(NAMES, centres, strict=True):
            chart.annotate(name, on_map(centre).tolist(), weight="bold", ha="center", va="center")
        if here is not None:
            chart.plot(*here.tolist(), "X", color="black", markersize=14, markeredgecolor="white", label="you are here")
        chart.set_xlabel("first principal axis (no unit)")
        chart.set_ylabel("second principal axis (no unit)")
        chart.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


draw_map()

# %% tags=["number"]
verdict("share of z's variance that the map shows", 100 * share, above=35, unit="%", of_training=True)

# %% [markdown]
# Each point is 0.8 s of sound. (Which instrument lies left or right, and how far apart, is chance: another seed turns the map.) The string and the reed make tight clouds; the voice is spread out, and touches the string's: its
# *vowels* are colours, too, and nobody said that a vowel is not an instrument.
#
# Walk on it: **press on the map**, and the tune is played there, at once; drag, and it goes along. The two sliders do the same, for the keyboard (Tab and
# the arrow keys) and for a place to come back to.

# %%
places = on_map(torch.cat(clouds))
low, high = places.min(dim=0).values, places.max(dim=0).values
start = on_map((centres[0] + centres[1]) / 2).clamp(low, high)


def walk(across: float, up: float) -> Tensor:
    here = torch.tensor([across, up])
    nearest = min(range(3), key=lambda i: float((on_map(centres[i]) - here).norm()))
    draw_map(here, f" A cross shows where you are, nearest to the {NAMES[nearest]}.")
    return play(model, melody, z_at(here))


listening.explore(
    walk,
    on_picture=("across", "up"),
    across=listening.Slider(float(low[0]), float(high[0]), float(start[0])),
    up=listening.Slider(float(low[1]), float(high[1]), float(start[1])),
)

# %% [markdown]
# And seven places of the map beside each other, one press each:

# %%
landmarks = {name: on_map(centre) for name, centre in zip(NAMES, centres, strict=True)}
for i, j in ((0, 1), (1, 2), (2, 0)):
    landmarks[f"{NAMES[i]} / {NAMES[j]}"] = (landmarks[NAMES[i]] + landmarks[NAMES[j]]) / 2
landmarks["between all three"] = sum(landmarks[name] for name in NAMES) / 3
listening.compare({name: play(model, melody, z_at(place)) for name, place in landmarks.items()})

# %% [markdown]
# ## A path from string to reed
#
# A straight line in z: $z(t) = z_0 + a(t)\,(z_1 - z_0)$, where $a$ goes from 0 to 1.


# %%
def path(start: Tensor, end: Tensor, amount: Tensor) -> Tensor:
    """start, end [d], amount [frames] -> [1, frames, d]"""
    return (start + amount[:, None] * (end - start))[None]


# %% [markdown]
# How even is that path for the *ear*? Nine steps on it, each held still, and for each the distance of its MFCCs (without $c_0$, the level) from the first and from
# the last step. If $d_0$ and $d_1$ are these, $d_0/(d_0 + d_1)$ is how far we have come.
#
# Beside it the simple way: no z, just fade the string's sound out and the reed's in.
#
# > **Guess.** A partial is at 0 dB in the one sound and at -60 dB in the other. Halfway through a cross-fade (both gains one half, in phase): at how many dB is it?

# %% tags=["question"]
question("20.9", answer=None)

# %%
amounts = torch.linspace(0, 1, 9)
long_melody = data.Features(
    *(curve[:, :1000] for curve in (held_out[0].f0_hz, held_out[0].gate, held_out[0].loudness_db))
)
z_steps = [play(model, long_melody, path(centres[0], centres[1], a[None])) for a in amounts]
fade_steps = [(1 - a) * z_steps[0] + a * z_steps[-1] for a in amounts]


def distance(one: Tensor, other: Tensor) -> float:
    return float((mfcc(one) - mfcc(other))[0, :, 1:].norm(dim=1).mean())


def come_so_far(sounds: list[Tensor]) -> Tensor:
    """How far each is from the first to the last, 0 to 1"""
    pairs = torch.tensor([[distance(sound, sounds[0]), distance(sound, sounds[-1])] for sound in sounds])
    return pairs[:, 0] / pairs.sum(dim=1)


def centroid_hz(sound: Tensor) -> float:
    """Where the middle of the spectrum lies, while it sounds"""
    magnitude = dsp.stft_magnitude(sound, 1024)[0]
    sounding = magnitude.square().sum(dim=1) > 1e-3 * magnitude.square().sum(dim=1).max()
    hz = torch.linspace(0, SAMPLE_RATE / 2, magnitude.shape[1])
    return float((magnitude @ hz / magnitude.sum(dim=1))[sounding].mean())


z_progress, fade_progress = come_so_far(z_steps), come_so_far(fade_steps)
plots.curves(
    amounts,
    {"a line in z": z_progress, "cross-fade of the two sounds": fade_progress, "even": amounts},
    x_label="amount: 0 is the string, 1 the reed",
    y_label="come so far, by MFCC distance",
    title="How far one has come",
    points=True,
    alt="Three curves from 0 to 1: the line in z lies close to the even one; the cross-fade stays clearly below it, at about a quarter when the amount is a half, and catches up at the end.",
)
plots.curves(
    amounts,
    {"a line in z": torch.tensor([centroid_hz(sound) for sound in z_steps])},
    x_label="amount: 0 is the string, 1 the reed",
    y_label="spectral centroid (Hz)",
    title="The middle of the spectrum along the path",
    points=True,
    alt="The spectral centroid at nine steps along the path, in hertz.",
)
turning = path(centres[0], centres[1], (torch.linspace(-0.2, 1.2, long_melody.frames)).clamp(0, 1))
listening.compare(
    {
        "string": z_steps[0],
        "halfway in z": z_steps[4],
        "reed": z_steps[-1],
        "halfway in a cross-fade": fade_steps[4],
        "turning in z, over 4 s": play(model, long_melody, turning),
    }
)

# %% tags=["number"]
verdict("the smallest of eight steps in z", z_progress.diff().min(), above=0.0, of_training=True)
verdict("halfway in z, one has come", z_progress[4], above=0.4, of_training=True)
verdict("halfway in the cross-fade", fade_progress[4], below=0.4, of_training=True)

# %% [markdown]
# Along the line in z each step is a step away from the string, and they are nearly equal. (The centroid of one path is one number of many; whether it rises all the way depends on
# the two ends, so nothing is claimed of it.) A cross-fade adds *amplitudes*: what is loud in either stays, 6 dB down. The string is
# the brighter of the two, so halfway its upper partials still stand where the reed has none, and the rest of the journey comes all at once. (From the reed to the string
# it would come at the beginning.) The network turns its controls *before* exp_sigmoid, almost in decibels.
#
# ## Two players, or one instrument
#
# That cross-fade was flattered: both sounds came from one network and one pitch curve, in phase. Record two *players* instead. They are never quite together: let the reed begin 80 ms
# later, and be 12 cents flat.

# %%
string, reed = tune("bowed_string", [62.0, 69.0]), tune("reed", [62.0, 69.0], late_s=0.1, cents=-12)
reed_sound = reed.dry * (string.dry.square().mean() / reed.dry.square().mean()).sqrt()
two_players = 0.5 * string.dry + 0.5 * reed_sound
one_instrument = play(model, features_of(string), (centres[0] + centres[1]) / 2)


def level_at(sound: Tensor, f0_hz: float) -> Tensor:
    """Level of one partial over time, in dB, [frames of 32 ms]"""
    bin = round(f0_hz / SAMPLE_RATE * 2048)
    return dsp.amplitude_to_db(dsp.stft_magnitude(sound, 2048)[0, :, bin - 1 : bin + 2].norm(dim=1))


def swing_db(sound: Tensor) -> float:
    """By how many dB the fundamental of the second note swings while it is held"""
    level = level_at(sound, 440.0)[34:50]  # 1.09 to 1.70 s: it begins at 0.95 and ends at 1.81 s
    return float(level.max() - level.min())


loudness = {
    name: dsp.loudness_db(sound, sample_rate=SAMPLE_RATE, hop_size=HOP_SIZE)[0, :75].clamp_min(-50)
    for name, sound in {"two players, cross-faded": two_players, "one instrument, halfway in z": one_instrument}.items()
}
plots.curves(
    1000 * torch.arange(75) / 250,
    loudness,
    x_label="time (ms)",
    y_label="loudness (dB)",
    title="The first attack",
    alt="Two curves of loudness over the first 300 ms: one instrument rises once and stays; the two players rise, stay for a moment, and rise a second time at about 150 ms.",
)
listening.compare(
    {"string": string.dry, "reed": reed_sound, "two players, cross-faded": two_players, "halfway in z": one_instrument}
)

# %% tags=["number"]
verdict("two players: the held fundamental swings by", swing_db(two_players), above=6, unit="dB")
verdict("one instrument: it swings by", swing_db(one_instrument), below=3, unit="dB", of_training=True)

# %% [markdown]
# Two attacks, and a beating between two pitches: that is a duet. Halfway in z there is one attack and one pitch, because there is only one loudness curve and one
# oscillator bank. It is the *synthesizer's* doing as much as z's.
#
# ## What this does not show
#
# - **Nobody has heard what lies between.** There is no instrument halfway, so there is no truth to compare with. The network was never trained there; it goes
#   over smoothly because it is a smooth function, not because it knows something.
# - **Distances on the map are not the ear's.** Another seed gives another map, and the two axes leave out much of z (the verdict above asks for little more than a third).
# - **Three instruments that are models**, two takes each, of one player, in no room, with true pitch and loudness. With recordings z would also learn the microphone and the room: they, too, are what pitch and
#   loudness do not say.
# - **z is not only timbre.** It holds pitch, and it holds vowels. To forbid that, one has to say so in the loss.
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `cepstrum` | `dsp.mfcc` | from sound to coefficients in one call |
# | `latent_per_frame` | `autoencoder/encoder.py`, by `ModelConfig(latent_size=...)` | MFCCs normalised within the take: good for what moves, blind to the instrument |
# | `linear_probe`, `explained` | `autoencoder.ridge`, `autoencoder.explained_variance` | errors in words |
# | `principal_axes` | `autoencoder.principal_axes` | a sign that is not left to chance |
# | `path`, which you were given | `model.decode(features, latent=...)`, `autoencoder.transfer(..., latent=...)` | play any melody at any place of the map |
#
# What you got right is in your workbook, in `my_ddsp/lesson_20.py`.

# %%
show_progress(20)

# %% [markdown]
# **To read.** Engel, Hantrakul, Gu, Roberts: *DDSP*, 2020, [arXiv:2001.04643](https://arxiv.org/abs/2001.04643), appendix B.1, for z. Davis and Mermelstein: *Comparison of parametric representations
# for monosyllabic word recognition*, 1980, for MFCCs. Grey: *Multidimensional perceptual scaling of musical timbres*, JASA 61, 1977: a map drawn from listeners' judgements. Alain and Bengio: *Understanding
# intermediate layers using linear classifier probes*, 2016, [arXiv:1610.01644](https://arxiv.org/abs/1610.01644).
#
# **To try.** Train with another seed: what of the map stays? Leave $c_0$ out of the encoder: does z know less? Give `Z_SIZE = 2`: the map is then all of z; what does it cost? Walk outside the clouds, three times
# as far.
#
# **Next.** Lesson 21: from notes to a performance, where the two curves themselves are played by a network.
