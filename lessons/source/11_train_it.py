# %% [markdown]
# # Lesson 11 · Train it, and believe it
#
# **You will build** the training step, a player that must lose, and the interval that says whether it did. In between, on
# your own machine, a network learns to play a bowed string.
#
# **You will hear** it learn: what it plays after a few steps, at the end, and each of its stems; and what the same network
# plays without oscillators.
#
# **You need** lessons 02 (harmonics) and 07 (the loss and its yardsticks).
#
# **Time.** 60 minutes to read and do, 10 minutes to run (about three on two quick cores; read on while it trains).

# %%
try:
    import ddsp_course
except ModuleNotFoundError:
    raise SystemExit(
        "The course's package is missing: start the lessons with `make lab`, or run `pip install -e '.[course]'` in your clone."
    ) from None
import torch
import torchaudio
from torch import Tensor, nn

from ddsp_course import autoencoder, data, dsp, instruments
from ddsp_course.autoencoder.crops import Crops
from ddsp_course.autoencoder.decoder import fourier_features, scale_features
from ddsp_course.autoencoder.evaluation import cut_features
from ddsp_course.autoencoder.yardsticks import loss_yardsticks
from ddsp_course.classroom import check, listening, new_run, plots, question, report, show_progress, steps, verdict

SAMPLE_RATE, HOP_SIZE = 16_000, 64

# %% [markdown]
# ## First, the finished sound
#
# The instrument that comes with the course was trained as you are about to train yours, only longer and on more. It is given the
# pitch curve and the loudness curve of a performance that it never heard, 250 numbers a second each, and nothing else.

# %%
# A physical model of a bowed string, in a room. The bundled instrument learned from seed 0: none of these takes.
takes = instruments.bowed_string(minutes=5, seed=11)
retakes = {take.name: take for take in instruments.bowed_string(minutes=5, seed=11, noise_seed=1)}
train_takes, held_out = data.split(takes)
train_features, held_features = data.extract_all(train_takes), data.extract_all(held_out)
again = [retakes[take.name] for take in held_out]  # the same performances with other bow noise

frames = round(7.5 * SAMPLE_RATE / HOP_SIZE)  # up to a rest
phrase, phrase_features = held_out[-1].audio[:, : frames * HOP_SIZE], cut_features(held_features[-1], 0, frames)
with torch.no_grad():
    finished = autoencoder.bundled()(phrase_features, generator=torch.Generator().manual_seed(0))
listening.compare({"recording": phrase, "the network plays it": finished.wet}, f0_hz=phrase_features.f0_hz)

# %% [markdown]
# ## What there is to learn from
#
# Five minutes of a bowed-string *model*: computed, so that the truth about it is known. Three minutes and three quarters are for training; the
# rest is **held out**: the network never learns from it, and all that is claimed about it is measured there. Pitch and loudness were
# tracked from the sound (lesson 08), as they would be from your own recordings; the true curves stay in the drawer.

# %% tags=["number"]
report("to learn from", train_takes.seconds, "s", digits=0)
report("held out", held_out.seconds, "s", digits=0)

# %% [markdown]
# Training is one small act, some hundreds of times:
#
# 1. Draw a batch of **crops** at random, one second each with half a second before it, so that the room has something to ring
#    on from.
# 2. Let the network play them, and hold the result against the recordings with the loss of lesson 07.
# 3. Ask autograd which way each number in the network should move. If the **norm** of that gradient, its length as a vector, is above a
#    limit, shorten it to the limit: now and then a crop of near silence has a log term with an enormous slope (lesson 07), and one
#    such step can undo a hundred.
# 4. Move a little that way.
#
# ### Exercise 11.1: the training step
#
# `model(features).wet` is the sound; `loss(audio, target)` a scalar. Return the loss as a plain number.
#
# <details><summary>Hint 1</summary>Five calls: zero_grad, the loss, backward, clip, step. Their order is the exercise.</details>
# <details><summary>Hint 2</summary><code>nn.utils.clip_grad_norm_(model.parameters(), clip_norm)</code> changes the gradients where they lie.</details>


# %% tags=["exercise"]
def training_step(model, optimizer, loss, features, target, clip_norm: float) -> float:
    """one step of the optimizer on one batch -> its loss before the step"""
    ### BEGIN SOLUTION
    optimizer.zero_grad()
    value = loss(model(features).wet, target)
    value.backward()
    nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
    optimizer.step()
    return value.item()
    ### END SOLUTION


# %% tags=["check"]
training_step = check("11.1", training_step)

# %% [markdown]
# Thirty steps with yours, on a fresh network, to see that it learns:


# %%
def numbers_in(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


settings = autoencoder.settings("tiny")
torch.manual_seed(0)
fresh = autoencoder.Autoencoder(settings.model, autoencoder.training_statistics(train_features))
crops, generator = Crops(train_takes, train_features, crop_seconds=1.0), torch.Generator().manual_seed(0)
optimizer, spectral_loss = torch.optim.Adam(fresh.parameters(), lr=3e-3), dsp.SpectralLoss()
first_losses = []
for _ in range(steps(30)):
    audio, features = crops.draw(8, generator)
    first_losses.append(training_step(fresh, optimizer, spectral_loss, features, audio, clip_norm=3.0))

# %% tags=["number"]
report("numbers in the network, room apart", numbers_in(fresh.decoder), digits=0)
verdict(
    "the loss after thirty steps, against the first", first_losses[-1] / first_losses[0], below=0.9, of_training=True
)

# %% [markdown]
# `autoencoder.train` does this, and what a long run needs besides: it can be interrupted and resumed, it skips a step whose gradient is
# not finite, it lowers the learning rate towards the end, the room has a rate of its own, and so have the GRU's recurrent weights (they are multiplied with
# themselves in every frame: at the full rate they grew until, after a thousand steps, the gradient's norm leapt from 6 to 800 000). And a gentle pull towards
# silence decides that what rings on in a rest belongs to the room. Its heart is `autoencoder/trainer.py`, and you will
# recognise it.
#
# > **Guess before it runs.** The network has not learned anything yet, and is given the pitch and loudness of a melody. What about the pitch of
# > what it plays?
# > **a** random · **b** one steady tone · **c** the melody, in tune · **d** nothing sounds

# %% tags=["question"]
question("11.4", answer=None)

# %% [markdown]
# ## Train
#
# The curve runs between its **yardsticks**: a constant spectrum, which has learned nothing that moves; the true dry sound, held against the
# sound in its room; and the same performance played again with other bow noise. Press play while it trains. The run is saved in your
# workbook, in `runs/lesson_11`, and lessons 12 and 13 play it. Stop it with the square in the toolbar and it is saved up to there.

# %%
yardsticks = loss_yardsticks(held_out, retakes=again)
watch = listening.live_training(
    phrase,
    phrase_features,
    yardsticks={
        "constant spectrum": yardsticks["median spectrum"],
        "dry for wet": yardsticks["dry for wet"],
        "played again": yardsticks["re-take"],
    },
)
run = new_run("lesson_11")
model = autoencoder.train(
    train_takes,
    preset="tiny",
    steps=steps(450),
    out=run,
    features=train_features,
    held_out=held_out,
    held_out_features=held_features,
    callback=watch,
)

# %%
curve = torch.tensor(watch.history)  # step, loss on its crops, the latest on what is held out (NaN before the first)
plots.curves(
    curve[:, 0],
    {"on what it learns from": curve[:, 1], "held out": curve[:, 2]},
    x_label="step",
    y_label="spectral loss",
    title="The loss while it learned",
    levels={
        "constant spectrum": yardsticks["median spectrum"],
        "dry for wet": yardsticks["dry for wet"],
        "played again": yardsticks["re-take"],
    },
    alt="The loss falls steeply below the line of the constant spectrum, then slowly, crosses that of dry for wet before half-time and ends between it and the line of played again.",
)

# %% [markdown]
# **On a GPU** the very same cell runs there: `device="auto"` takes CUDA, else Apple's MPS, else the CPU. This network is small, and two
# CPU cores do. What a GPU buys is `preset="full"`, twenty times the size: 18 steps a second on an H100 that three runs share, against 1.6 on
# two CPU cores (`benchmarks/held_out.py`, and its results beside it).
#
# **And in the usual code?** `benchmarks/time_to_quality.py` trains the usual PyTorch port, this network in textbook code, and ours, on
# two cores, and asks how far each has come from a constant spectrum to the performance played again. After one minute: 14, 70 and
# 79 %, all three told the pitch as CREPE has it; after twenty minutes the first stands at 57 %. What goes from 14 to 70 is no faster code.
# It is a network no larger than its task, short crops, a learning rate that ends, and a room with a rate of its own. From 70 to 79 it is
# oscillators that never build a tensor of all samples and all harmonics (lesson 02). Told a pitch that was read twice (lesson 08),
# the same network is at 84 % after that minute: not a number in it is new, but what it was told had been blurred. And with Fourier features
# of that pitch (lesson 10), as here, at 87 %.
#
# ## Listen to what it has learned

# %%
with torch.no_grad():
    stems = model(phrase_features, generator=torch.Generator().manual_seed(0))
listening.compare(
    {
        "recording": phrase,
        "wet: all of it": stems.wet,
        "dry: without the room": stems.dry,
        "harmonics alone": stems.harmonic,
        "noise alone": stems.noise,
    },
    f0_hz=phrase_features.f0_hz,
)

# %% [markdown]
# Nobody told it which part of the sound is bow noise, which is string and which is room. It had to put each where it could
# be said. Did it? Hold it against players that know less.
#
# ## Players that must lose
#
# A loss alone convinces nobody.
#
# > **Guess.** A player with everything right, but 1 dB too loud: what is its *log* part of the loss, a sum over six window
# > sizes of the mean difference of natural logarithms of magnitude?

# %% tags=["question"]
question("11.5", answer=None)

# %% [markdown]
# So ask what the network can do that simpler players cannot. An **untrained** one has the pitch and no more. One that plays the right
# notes with the dynamics of another moment (**shuffled loudness**) shows what loudness is worth; **shuffled F0** the same for pitch. The hardest to
# beat is a player of one colour: the network's own mean harmonic distribution, with the right pitch and the right loudness. What the
# network has learned about *timbre* is what this one cannot do.
#
# ### Exercise 11.2: a player of one colour
#
# From the distributions that a network plays on its *training* takes, the one that is their mean while it sounds. (From the
# held-out ones it would be peeking.)
#
# <details><summary>Hint 1</summary><code>distribution[sounding]</code> is [frames that sound, harmonics].</details>
# <details><summary>Hint 2</summary>A distribution sums to 1, and rests do not count.</details>


# %% tags=["exercise"]
def constant_timbre(distribution: Tensor, sounding: Tensor) -> Tensor:
    """distribution [batch, frames, harmonics], sounding [batch, frames] of bool -> [harmonics], summing to 1"""
    ### BEGIN SOLUTION
    mean = distribution[sounding].mean(0)
    return mean / mean.sum()
    ### END SOLUTION


# %% tags=["check"]
constant_timbre = check("11.2", constant_timbre)


# %%
def in_one_colour(constant_timbre) -> Tensor:
    """The phrase with the network's loudness and pitch, in the mean colour of the first training take."""
    with torch.no_grad():
        heard = model.decode(train_features[0])
        colour = constant_timbre(heard.harmonic_distribution, autoencoder.sounding_frames(train_features[0]))
        controls = model.decode(phrase_features)
        weights = dsp.normalize_harmonics(
            colour.expand_as(controls.harmonic_distribution), controls.f0_hz, sample_rate=SAMPLE_RATE
        )
        amplitudes = controls.amplitude[..., None] * weights
        return dsp.harmonic_synthesis(controls.f0_hz, amplitudes, sample_rate=SAMPLE_RATE, hop_size=HOP_SIZE)


listening.compare(
    {
        "harmonics as the network plays them": stems.harmonic,
        **listening.with_yours("harmonics in one colour", constant_timbre, in_one_colour),
    }
)

# %% [markdown]
# Now all of them, phrase by phrase, on takes that nobody learned from.

# %%
evaluation = autoencoder.evaluate(
    model,
    held_out,
    features=held_features,
    retakes=again,
    train_recordings=train_takes,
    train_features=train_features,
    track_pitch=False,
)
print("\n".join(evaluation.table()))

# %% tags=["number"]
verdict("of the way to the re-take", evaluation.estimate("model", "share").value, above=65, unit="%", of_training=True)
verdict(
    "loudness while sounding, off by",
    evaluation.estimate("model", "loudness").value,
    below=2.5,
    unit="dB",
    of_training=True,
)
verdict("rests drier by", evaluation.estimate("model", "dereverberation").value, above=1, unit="dB", of_training=True)

# %% [markdown]
# ## How sure?
#
# Eighteen phrases were scored. Another eighteen would have said something else. How else? The **bootstrap** (Efron 1979) asks the phrases
# we have: draw as many of them as there are, with replacement, so that some come twice and some not at all, and take the mean;
# do that two thousand times. The middle 95 % of these means is an interval.
#
# > **Guess.** The network's mean loss is 5.2 with an interval from 4.9 to 5.5, that of constant timbre 5.9, from 5.3 to 6.5. The two overlap. May
# > we say that the network is better?
# > **a** no, they overlap · **b** yes, if the interval of their difference, phrase by phrase, leaves out 0 · **c** only with more seeds · **d** yes,
# > 5.2 is less than 5.9

# %% tags=["question"]
question("11.6", answer=None)

# %% [markdown]
# ### Exercise 11.3: a paired interval
#
# `draws` holds the drawn phrases, a row a draw. Return the 2.5 % and the 97.5 % quantile of the mean of *theirs less ours*.
#
# <details><summary>Hint 1</summary><code>values[draws]</code> is [n, phrases].</details>
# <details><summary>Hint 2</summary><code>torch.quantile</code>; first the difference, then the draws.</details>


# %% tags=["exercise"]
def paired_interval(ours: Tensor, theirs: Tensor, draws: Tensor) -> tuple[Tensor, Tensor]:
    """ours, theirs [phrases]: losses; draws [n, phrases] of indices -> low, high of the mean of theirs - ours"""
    ### BEGIN SOLUTION
    means = (theirs - ours)[draws].mean(-1)
    return torch.quantile(means, 0.025), torch.quantile(means, 0.975)
    ### END SOLUTION


# %% tags=["check"]
paired_interval = check("11.3", paired_interval)

# %%
losses = {name: torch.as_tensor(columns["loss"]) for name, columns in evaluation.scores.items() if "loss" in columns}
count = len(losses["model"])
draws = torch.randint(count, (2000, count), generator=torch.Generator().manual_seed(0))
losers = ("constant timbre", "shuffled F0", "shuffled loudness", "untrained")
intervals = {name: paired_interval(losses["model"], losses[name], draws) for name in losers}
with plots.figure(
    alt="Four intervals of how much more loss than the model each baseline has; constant timbre is the nearest to zero.",
    height_inches=2.6,
) as axes:
    for row, name in enumerate(losers):
        low, high = (float(end) for end in intervals[name])
        middle = float((losses[name] - losses["model"]).mean())
        axes.errorbar(middle, row, xerr=[[middle - low], [high - middle]], fmt="o", capsize=4, color="#0072B2")
    axes.set_yticks(range(len(losers)), losers)
    axes.axvline(0, color="#555555", linewidth=1)
    axes.set_xlabel("loss above the model's (mean over phrases, 95 %)")

# %% [markdown]
# Three of them are far away. Constant timbre is near: in this loss, one colour for all notes costs less than a tenth of the way.
# So ask a measure that nobody trained on as well, the **mel-cepstral distance**, which compares spectral envelopes and leaves
# the level out.

# %% tags=["number"]
cepstral = {name: torch.as_tensor(evaluation.scores[name]["cepstral"]) for name in ("model", "constant timbre")}
low, high = paired_interval(cepstral["model"], cepstral["constant timbre"], draws)
verdict("constant timbre is further off by at least", low, above=0.5, unit="dB mel-cepstral", of_training=True)
for name in losers[1:]:
    verdict(f"{name} has more loss by at least", intervals[name][0], above=2, of_training=True)

# %% [markdown]
# ## What goes wrong: the same network without oscillators
#
# Perhaps any network would do? Take the same kind of GRU, the same inputs, the same number of steps and as many parameters, within
# one per cent, and let it say the spectrogram itself: 257 magnitudes a frame, whose phases are then found by Griffin and Lim's iteration (1984). It has all the freedom
# that ours lacks.


# %%
class SpectrogramDecoder(nn.Module):
    """Features -> log magnitudes [batch, frames, 257]: a GRU and a linear layer, and no idea of sound."""

    def __init__(self, hidden: int = 242) -> None:
        super().__init__()
        self.gru, self.output = nn.GRU(10, hidden, batch_first=True), nn.Linear(hidden + 10, 257)
        nn.init.constant_(self.output.bias, -4.0)

    def forward(self, features: data.Features) -> Tensor:
        octaves, loudness = scale_features(features).split(1, -1)
        inputs = torch.cat([octaves, fourier_features(octaves[..., 0], 4), loudness], -1)
        return self.output(torch.cat([self.gru(inputs)[0], inputs], -1))


window = torch.hann_window(512)


def magnitudes(audio: Tensor) -> Tensor:
    """audio [batch, samples] -> [batch, frames, 257]"""
    return torch.stft(audio, 512, HOP_SIZE, window=window, return_complex=True)[..., :-1].abs().transpose(1, 2)


def sounded(log_magnitudes: Tensor) -> Tensor:
    """log magnitudes [1, frames, 257] -> audio [1, samples], by Griffin and Lim"""
    frames = log_magnitudes.exp()
    frames = torch.cat([frames, frames[:, -1:]], 1).transpose(1, 2)
    torch.manual_seed(0)
    length = (frames.shape[-1] - 1) * HOP_SIZE
    return torchaudio.functional.griffinlim(frames, window, 512, HOP_SIZE, 512, 1.0, 60, 0.99, length, True)


torch.manual_seed(0)
without = SpectrogramDecoder()
crops, generator = Crops(train_takes, train_features, crop_seconds=1.5), torch.Generator().manual_seed(0)
optimizer = torch.optim.Adam(without.parameters(), lr=3e-3)
for _ in range(steps(450)):
    audio, features = crops.draw(8, generator)
    wanted, said = magnitudes(audio)[:, 125:].clamp_min(1e-5), without(features)[:, 125:]
    value = (said - wanted.log()).abs().mean() + (said.exp() - wanted).abs().mean()
    optimizer.zero_grad()
    value.backward()
    nn.utils.clip_grad_norm_(without.parameters(), 3.0)
    optimizer.step()
with torch.no_grad():
    blurred = sounded(without(phrase_features))
listening.compare({"recording": phrase, "with oscillators": stems.wet, "without": blurred}, f0_hz=phrase_features.f0_hz)

# %%
plots.spectrogram(
    {"recording": phrase, "with oscillators": stems.wet, "without": blurred},
    sample_rate=SAMPLE_RATE,
    title="A phrase that none of them learned from",
    alt="Three spectrograms: the recording and the network with oscillators show sharp harmonics, the one without broad bands and no harmonic at all.",
)

# %% tags=["number"]
report("parameters without oscillators, over those with", numbers_in(without) / numbers_in(model.decoder), digits=2)
scores = {"with": float(spectral_loss(stems.wet, phrase)), "without": float(spectral_loss(blurred, phrase))}
verdict(
    "loss without oscillators, over the loss with them", scores["without"] / scores["with"], above=1.3, of_training=True
)

# %% [markdown]
# It has the loudness, and something of the colour, and no note. It would have to learn from examples what a harmonic is, for
# every pitch anew, and a line that lies one bin off costs as much as one that is missing. Ours is told: a frequency is a
# frequency. That is the paper's claim, less data, less computing and fewer parameters, at one size.
#
# **The paper's numbers.** Engel et al. (2020, Table 1) report for their supervised model a loudness error of 0.07, a pitch error of 0.02 and 0.003 of
# the pitches as outliers. They stand on other data (NSynth), with an encoder we do not use, in other units (their loudness is
# standardised, not in dB), so they never share a column with ours. And you know since question 11.4 what a pitch error says.
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `training_step` | `autoencoder/trainer.py` | schedule, room, pull towards silence, bad steps, resuming |
# | `constant_timbre` | `autoencoder/baselines.py` | the noise has one colour too, and the loudness is corrected to the asked one |
# | `paired_interval` | `autoencoder/scores.py` | whole takes are drawn where there are eight or more |

# %%
show_progress(11)

# %% [markdown]
# **To read.** Engel, Hantrakul, Gu, Roberts: *DDSP*, 2020, [arXiv:2001.04643](https://arxiv.org/abs/2001.04643), sections 4 and 5. Efron:
# *Bootstrap methods: another look at the jackknife*, Annals of Statistics 7(1), 1979. Griffin and Lim: *Signal estimation from modified short-time
# Fourier transform*, IEEE ASSP 32(2), 1984. Hayes et al.: *A review of differentiable digital signal processing for music and speech synthesis*, 2024,
# [doi:10.3389/frsip.2023.1284100](https://doi.org/10.3389/frsip.2023.1284100).
#
# **To try.** `data.from_folder("my_saxophone/")` in place of the bowed string: ten minutes of one instrument in one room. Twice the steps. Another seed:
# how much do two trainings differ, against the interval? `overrides={"room_seconds": 0}`: where does the tail go?
#
# **Next.** Lesson 12: your instrument is trained. Sing to it.
