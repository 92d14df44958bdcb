# %% [markdown]
# # Lesson 21 · From notes to a performance
#
# **You will build** a score on the frame grid, meters for what a player adds to it, and a small model that learns these habits from
# our player and plays notes that it has never seen.
#
# **You will hear** a tune played like a machine; the same by a network that was trained in the obvious way and has averaged the
# vibrato away; and by one that has not, with its habits in your hands.
#
# **You need** pitch and loudness (lesson 08), the decoder (lesson 10), and a trained instrument: your own of lesson 11 if there is one,
# else the one that comes with the course.
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
import torch.nn.functional as F
from torch import Tensor, nn

from ddsp_course import autoencoder, data, dsp, instruments
from ddsp_course.autoencoder import loudness_shapes, note_of_frame, vibrato_growth
from ddsp_course.autoencoder.expression import PLAIN_S
from ddsp_course.classroom import (
    check,
    listening,
    my_instrument,
    plots,
    question,
    report,
    show_progress,
    steps,
    verdict,
)

SAMPLE_RATE, HOP_SIZE = 16_000, 64
FRAME_RATE = SAMPLE_RATE / HOP_SIZE  # 250 frames a second, of the instrument
EVERY = 4  # the networks of this lesson look at every fourth of them
COARSE_RATE = FRAME_RATE / EVERY
torch.set_num_threads(1)  # networks as small as these are quicker on one core than on two

# %% [markdown]
# ## First, the finished sound
#
# The second phrase of *Greensleeves*, written down as notes: name, length in eighths, velocity (how hard, 1 to 127). First as a machine reads
# it, then with a player's habits. Here they are put in by hand, by functions of the package; by the end a model has learned them.

# %%
GREENSLEEVES = """
A4 2 50  C5 4 70  D5 2 62  E5 3 80  F5 1 72  E5 2 70  D5 4 66  B4 2 54  G4 3 56  A4 1 50  B4 2 58
C5 3 68  B4 1 54  A4 2 52  G#4 3 58  F#4 1 46  G#4 2 48  A4 6 56
"""
EIGHTH_S, KEYS = 0.22, {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def read(text: str, start_s: float = 0.2) -> Tensor:
    """A score from text -> [notes, 4]: onset and end in s, MIDI pitch, velocity"""
    words, notes = text.split(), []
    for name, eighths, velocity in zip(words[::3], words[1::3], words[2::3], strict=True):
        midi = 12 * (int(name[-1]) + 1) + KEYS[name[0]] + name.count("#")
        notes.append([start_s, start_s + EIGHTH_S * int(eighths), midi, float(velocity)])
        start_s = notes[-1][1]
    return torch.tensor(notes)


tune = read(GREENSLEEVES)
frames = EVERY * round((float(tune[-1, 1]) + 1) * COARSE_RATE)  # and a second for the room
instrument = my_instrument()


def stems_of(midi: Tensor, loudness_db: Tensor) -> autoencoder.Stems:
    """Curves [frames] -> what the instrument makes of them, before the room and in it"""
    features = data.Features(dsp.midi_to_hz(midi)[None], torch.ones(1, len(midi)), loudness_db[None])
    with torch.no_grad():
        return instrument(features, generator=torch.Generator().manual_seed(0))


def sound_of(midi: Tensor, loudness_db: Tensor) -> Tensor:
    """Curves [frames] -> their sound in the room, [1, samples], faded at the end"""
    wet = stems_of(midi, loudness_db).wet
    fade = (torch.arange(wet.shape[-1], 0, -1) / 4000).clamp(max=1)
    return 0.06 * wet * fade / wet.square().mean().sqrt()


rest_db = instrument.statistics.rest_loudness_db
index, seconds = note_of_frame(tune, frames, frame_rate=FRAME_RATE)
silent = (seconds < tune[0, 0]) | (seconds >= tune[-1, 1])
staircase_db = (-15 + 17 * tune[index, 3] / 127).masked_fill(silent, rest_db)
machine = sound_of(tune[index, 2], staircase_db)
since, length = seconds - tune[index, 0], (tune[:, 1] - tune[:, 0])[index]
swelling = 3 * torch.sin(math.pi * (since / length).clamp(0, 1)) - 6 * torch.exp(-since.clamp_min(0) / 0.03)
same = torch.ones(len(tune))
by_hand = autoencoder.expressive_pitch(tune, 18 * same, 5.7 * same, 0.03 * same, frames, frame_rate=FRAME_RATE)
listening.compare({"a machine": machine, "habits put in by hand": sound_of(by_hand, staircase_db + swelling * ~silent)})

# %% [markdown]
# So far the course's instrument was always told *how* to play, by somebody who had played already. **MIDI-DDSP** (Wu et al. 2022) puts a
# player before the instrument, in three levels: **notes**, then what is done to each of them (**expression**), then the curves
# that the synthesizer needs. Each level can be read and changed by hand. We build it small.
#
# (A MIDI file says the same as our text, with times in ticks. Have you a melody in one, a voice at a time? Put `tune = autoencoder.notes_from_midi("yours.mid")` in place of our `tune`,
# and the lesson plays yours.)
#
# ## Notes on the frame grid
#
# A network that makes curves needs to know at each frame what a player knows who reads the notes. Five columns: the pitch, the velocity, how long
# the note has lasted, how long it still will, and how far it is to the next one.
#
# ### Exercise 21.1: a score as frames
#
# Frame $i$ is at $i / f_r$ seconds, $f_r$ the frame rate. It belongs to the last note that has begun (before the first one: to the first). The columns: MIDI pitch; velocity / 127;
# seconds since its onset; seconds until its end, below 0 in the rest after it; semitones to the next note, 0 for the last.
#
# <details><summary>Hint 1</summary><code>torch.searchsorted(onsets, seconds, right=True)</code> counts the onsets that have been; minus one is the index of the last of them.
# Onsets: <code>notes[:, 0].contiguous()</code>.</details>
# <details><summary>Hint 2</summary><code>notes[index]</code> is [frames, 4]: a row of the score for each frame. <code>.unbind(-1)</code> makes four curves of it.</details>
# <details><summary>Hint 3</summary><code>F.pad(notes[:, 2].diff(), (0, 1))</code> are the leaps to the next note, with a 0 at the end.</details>


# %% tags=["exercise"]
def score_frames(notes: Tensor, n_frames: int, frame_rate: float) -> Tensor:
    """notes [notes, 4]: onset and end in s, MIDI pitch, velocity -> [n_frames, 5]: pitch, velocity, since, left, leap"""
    ### BEGIN SOLUTION
    seconds = torch.arange(n_frames) / frame_rate
    index = (torch.searchsorted(notes[:, 0].contiguous(), seconds, right=True) - 1).clamp_min(0)
    onset, end, midi, velocity = notes[index].unbind(-1)
    leap = F.pad(notes[:, 2].diff(), (0, 1))[index]
    return torch.stack([midi, velocity / 127, seconds - onset, end - seconds, leap], dim=-1)
    ### END SOLUTION


# %% tags=["check"]
score_frames = check("21.1", score_frames)

# %%
columns = score_frames(tune, frames, FRAME_RATE)
plots.curves(
    seconds[:750],
    {"since the onset": columns[:750, 2], "until the end": columns[:750, 3]},
    x_label="time (s)",
    y_label="time (s)",
    title="Where in its note each frame is",
    alt="Two saws over the first three seconds: one climbs from 0 at every onset (and from -0.2 before the first), the other falls to 0 at every end.",
)

# %% [markdown]
# The machine above is the first two columns and nothing else: steps in pitch, one loudness a note.
#
# ## What do players add?
#
# We need somebody to learn from. Our bowed-string player has notes, and the true curves of what came of them. And we can do what
# nobody can with a recording: have **another performer read the same notes**. `reading_seed` keeps pitch, onset, end and velocity,
# and draws anew what is not in them.

# %%
pupils = instruments.bowed_string(minutes=15, seed=210, progress=False)  # to learn from
exam = instruments.bowed_string(minutes=6, seed=211, progress=False)  # to be judged by
others = instruments.bowed_string(
    minutes=6, seed=211, reading_seed=2, progress=False
)  # the same notes, another performer


def score_of(take: data.Performance) -> Tensor:
    """As MIDI would have it: no articulation, velocity in whole numbers -> [notes, 4]"""
    return torch.tensor([[note.start_s, note.end_s, note.midi, round(127 * note.level)] for note in take.notes])


def pitch_of(take: data.Performance) -> Tensor:
    return dsp.hz_to_midi(take.f0_hz[0])


shown = slice(605, 1350)  # frames of the second take: two long notes


def excerpt(take: data.Performance) -> Tensor:
    """What is shown of a take, faded at both ends, [samples]"""
    sound = take.audio[0, shown.start * HOP_SIZE : shown.stop * HOP_SIZE]
    n = torch.arange(len(sound))
    return sound * (n / 800).clamp(max=1) * ((len(sound) - 1 - n) / 800).clamp(max=1)


listening.compare({"one performer": excerpt(exam[1]), "another performer": excerpt(others[1])})
plots.curves(
    torch.arange(shown.start, shown.stop) / FRAME_RATE,
    {"one performer": pitch_of(exam[1])[shown], "another": pitch_of(others[1])[shown]},
    x_label="time (s)",
    y_label="pitch (MIDI number)",
    title="The same notes, read by two",
    alt="Two pitch curves that step from one long note to the next at the same moment; on both notes each swings with a width and at moments of its own.",
)

# %% [markdown]
# A curve of 250 numbers a second hides what one would like to say about a note: *a wide vibrato, late; a swell*. So measure that: a
# few numbers for each note, its **expression**.
#
# ### Exercise 21.2: a vibrato
#
# $c_i$ is by how many cents frame $i$ lies off its note. Average against a turning pointer for each rate $f$ that a vibrato may have, and take
# the strongest:
#
# $$e(f) = 2\,\Big|\sum_i w_i\,(c_i - \bar c)\,e^{-2\pi \mathrm{j} f i / f_r}\Big|, \qquad
#   w_i \propto \sin^2\!\Big(\pi\frac{i+1}{n+1}\Big), \quad \sum_i w_i = 1, \quad \bar c = \sum_i w_i c_i$$
#
# $n$ is the number of frames. The window $w$ is lesson 06's, for lesson 06's reason. The result: the **extent** $\max e(f)$ in cents, and its **rate** in Hz.
#
# <details><summary>Hint 1</summary>Pointers for all rates at once: <code>rates_hz[:, None] * torch.arange(n) / frame_rate</code> is [rates, frames], in turns.</details>
# <details><summary>Hint 2</summary><code>torch.exp(-2j * math.pi * turns)</code>, then sum over the frames, then <code>.abs()</code>.</details>
# <details><summary>Hint 3</summary><code>best = extents.argmax()</code>, then <code>torch.stack([extents[best], rates_hz[best]])</code>.</details>


# %% tags=["exercise"]
def vibrato(cents: Tensor, rates_hz: Tensor, frame_rate: float) -> Tensor:
    """cents [frames] off the note, rates_hz [rates] to try -> [2]: extent in cents, rate in Hz"""
    ### BEGIN SOLUTION
    n = len(cents)
    window = torch.sin(math.pi * torch.arange(1, n + 1) / (n + 1)) ** 2
    window = window / window.sum()
    swing = window * (cents - (window * cents).sum())
    turns = rates_hz[:, None] * torch.arange(n) / frame_rate
    extents = 2 * (swing * torch.exp(-2j * math.pi * turns)).sum(dim=-1).abs()
    best = extents.argmax()
    return torch.stack([extents[best], rates_hz[best]])
    ### END SOLUTION


# %% tags=["check"]
vibrato = check("21.2", vibrato)

# %% [markdown]
# ### Exercise 21.3: the shape of a loudness
#
# A note's loudness over its length, $u$ from 0 to 1, as a sum of three shapes: **level** (1 everywhere), **tilt** ($2u - 1$, a crescendo) and **arch** ($6u(1-u) - 1$, a
# swell: half above in the middle, one below at the ends). How much of each? Least squares: with the shapes in the columns of $S$, solve $S^\top S\,a = S^\top \ell$.
#
# <details><summary>Hint 1</summary><code>torch.linalg.solve(A, b)</code> solves A a = b.</details>
# <details><summary>Hint 2</summary><code>shapes.T @ shapes</code> is [3, 3], <code>shapes.T @ loudness_db</code> is [3].</details>


# %% tags=["exercise"]
def loudness_shape(loudness_db: Tensor, shapes: Tensor) -> Tensor:
    """loudness_db [frames], shapes [frames, 3] -> level, tilt and arch in dB, [3]"""
    ### BEGIN SOLUTION
    return torch.linalg.solve(shapes.T @ shapes, shapes.T @ loudness_db)
    ### END SOLUTION


# %% tags=["check"]
loudness_shape = check("21.3", loudness_shape)

# %% [markdown]
# Two more, which are short. The **attack**: by how many dB the loudness dips below the note's level where the note begins (a change of bow is a dip, a slur is
# none). The **glide**: how long the pitch takes from the note before. What cannot be measured is **NaN**, not a number: a vibrato of a note shorter than half a second, a glide
# after a rest.
#
# One thing to be careful about. A vibrato starts late and grows, so over the whole note the meter reads too little. We play one of one cent with that growth, measure
# *it*, and divide. A meter is calibrated by what one knows.

# %%
RATES_HZ = torch.arange(3.0, 9.05, 0.1)
NAMES = ("level", "tilt", "arch", "attack", "extent", "rate", "glide")
UNITS = ("dB", "dB", "dB", "dB", "cents", "Hz", "ms")


def glide_s(midi: Tensor, onset: int, before: float, after: float) -> float:
    """How long half a cosine from note to note would take, judged by its way from 10 to 90 %, in s"""
    start = max(onset - 40, 0)
    along = (midi[start : onset + 40] - before) / (after - before)
    crossings = ((along[1:] > 0.5) != (along[:-1] > 0.5)).nonzero()[:, 0] + 1
    if not len(crossings):
        return 0.0
    first = last = int(crossings[(crossings + start - onset).abs().argmin()])  # half-way, nearest to the onset
    while first > 0 and along[first - 1] > 0.1:
        first -= 1
    while last < len(along) and along[last] < 0.9:
        last += 1
    return (last - first) / FRAME_RATE / 0.59


def expression(notes: Tensor, midi: Tensor, loudness_db: Tensor) -> Tensor:
    """What was done to each note, [notes, 7], NaN where it cannot be measured; curves are [frames]"""
    rows, unknown = [], math.nan
    for number, (onset, end, pitch, _) in enumerate(notes.tolist()):
        first = round(onset * FRAME_RATE)
        last = max(min(round(end * FRAME_RATE), len(midi)), first + 4)
        level, tilt, arch = loudness_shape(loudness_db[first:last], loudness_shapes(last - first)).tolist()
        row = [level, tilt, arch, level - float(loudness_db[first : first + 20].min()), unknown, unknown, unknown]
        if end - onset > 0.5:
            late = first + round(PLAIN_S * FRAME_RATE)
            extent, rate = vibrato(100 * (midi[late:last] - pitch), RATES_HZ, FRAME_RATE)
            since = torch.arange(late - first, last - first) / FRAME_RATE
            one_cent = vibrato_growth(since, end - onset - since) * torch.sin(2 * math.pi * rate * (since - PLAIN_S))
            row[4:6] = float(extent / vibrato(one_cent, RATES_HZ, FRAME_RATE)[0]), float(rate)
        if number and onset - notes[number - 1, 1] < 0.03 and pitch != notes[number - 1, 2]:
            row[6] = 1000 * glide_s(midi, first, float(notes[number - 1, 2]), pitch)
        rows.append(row)
    return torch.tensor(rows)


def measured(takes) -> list[Tensor]:
    return [expression(score_of(take), pitch_of(take), take.loudness_db[0]) for take in takes]


pupil_scores, exam_scores = ([score_of(take) for take in takes] for takes in (pupils, exam))
pupil_expression, exam_expression, other_expression = measured(pupils), measured(exam), measured(others)
truth, other = torch.cat(exam_expression), torch.cat(other_expression)


def spread(values: Tensor) -> Tensor:
    """The standard deviation of each column, NaN left out, [columns]"""
    return (values - values.nanmean(dim=0)).square().nanmean(dim=0).sqrt()


def off(values: Tensor) -> Tensor:
    """How far each column is off the exam's truth, in the mean, [columns]"""
    return (values - truth).abs().nanmean(dim=0)


average = torch.cat(pupil_expression).nanmean(dim=0)
share = off(other) / off(average)
plots.bars(
    dict(zip(NAMES, share.tolist(), strict=True)),
    y_label="another performer's error (mean's: 1)",
    title="How far off another reading of the notes is, against a fixed value",
    alt="Seven bars: attack, level, arch and tilt between 0.1 and 0.5, glide at 1, extent and rate above 1.3.",
)

# %% tags=["number"]
report("notes to learn from", len(torch.cat(pupil_scores)), digits=0)
report("extent in the exam, in the mean", truth[:, 4].nanmean(), "cents", digits=0)
report("its spread", spread(truth)[4], "cents", digits=0)
report("another performer: off by", off(other)[4], "cents", digits=0)
report("a fixed value: off by", off(average)[4], "cents", digits=0)

# %% [markdown]
# Two who have nothing in common differ by up to $\sqrt2$ times what each differs from the mean (you will see why): 1.3 to 1.4 is chance. Well below 1, two performers agree:
# *that is in the notes*. Level, attack, and much of tilt and arch. Extent and rate of the vibrato are at chance: the player's own, drawn phrase by phrase. No model can find them in
# the notes; keep that in mind.
#
# ## What goes wrong: the obvious way
#
# Notes in, curves out, squared error, descent. Nothing in that is a mistake, and for the loudness it will do. Loudness and
# cents off the note, 62.5 times a second, by four convolutions over time; they see half a second to either side.


# %%
def inputs(notes: Tensor, n_frames: int) -> Tensor:
    """Your five columns as a network likes them, all of a size -> [n_frames, 9]"""
    midi, velocity, since, left, leap = score_frames(notes, n_frames, COARSE_RATE).unbind(-1)
    after, before = since.clamp_min(0), left.clamp_min(0)
    near = [torch.exp(-time / scale) for time in (after, before) for scale in (0.03, 0.2)]
    resting = [(left < 0).float(), torch.exp(left.clamp(max=0) / 0.1)]
    return torch.stack([(midi - 71) / 12, velocity, leap / 12, *near, *resting], dim=-1)


class Curves(nn.Module):
    """[batch, frames, n_inputs] -> [batch, frames, n_outputs]"""

    def __init__(self, n_inputs: int, n_outputs: int, width: int = 40) -> None:
        super().__init__()
        self.first = nn.Conv1d(n_inputs, width, 5, padding=2)
        self.more = nn.ModuleList(nn.Conv1d(width, width, 5, padding=2 * d, dilation=d) for d in (2, 4, 8))
        self.last = nn.Conv1d(width, n_outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.first(x.transpose(1, 2)))
        for layer in self.more:
            x = x + torch.relu(layer(x))
        return self.last(x).transpose(1, 2)


def fit_curves(x: Tensor, y: Tensor, n_steps: int) -> Curves:
    """Squared error on crops of four seconds; x [takes, frames, inputs], y [takes, frames, outputs]"""
    torch.manual_seed(0)
    net, length = Curves(x.shape[-1], y.shape[-1]), round(4 * COARSE_RATE)
    optimizer = torch.optim.Adam(net.parameters())
    for step in range(n_steps):
        optimizer.param_groups[0]["lr"] = 3e-3 * (1 - step / n_steps)
        take, start = torch.randint(len(x), (8,)), int(torch.randint(x.shape[1] - length, ()))
        error = net(x[take, start : start + length]) - y[take, start : start + length]
        optimizer.zero_grad()
        error.square().mean().backward()
        optimizer.step()
    return net


coarse = pupils[0].frames // EVERY


def off_the_note(take: data.Performance) -> Tensor:
    notes = score_of(take)
    index, _ = note_of_frame(notes, take.frames // EVERY, frame_rate=COARSE_RATE)
    return (100 * (pitch_of(take)[::EVERY][: len(index)] - notes[index, 2])).clamp(-100, 100)


x = torch.stack([inputs(notes, coarse) for notes in pupil_scores])
loudness = torch.stack([take.loudness_db[0, ::EVERY][:coarse] for take in pupils])
cents = torch.stack([off_the_note(take) for take in pupils])
obvious = fit_curves(x, torch.stack([loudness / 10 + 2, cents / 20], dim=-1), steps(600))


def coarse_frames(n_frames: int) -> int:
    return -(-n_frames // EVERY)  # rounded up


def fine(curve: Tensor, n_frames: int) -> Tensor:
    """From every fourth frame to all of them, in straight lines (lesson 03)"""
    return dsp.upsample(curve[None], EVERY, "linear")[0, :n_frames]


def play_obvious(notes: Tensor, n_frames: int) -> tuple[Tensor, Tensor]:
    """-> MIDI pitch and loudness, each [n_frames]"""
    with torch.no_grad():
        loudness, cents = obvious(inputs(notes, coarse_frames(n_frames))[None])[0].unbind(-1)
    index, _ = note_of_frame(notes, n_frames, frame_rate=FRAME_RATE)
    return notes[index, 2] + fine(cents, n_frames) / 5, fine(10 * loudness - 20, n_frames)


obvious_curves = [play_obvious(score_of(take), take.frames) for take in exam]
obvious_expression = torch.cat([expression(score_of(t), *each) for t, each in zip(exam, obvious_curves, strict=True)])
listening.compare({"a machine": machine, "the obvious way": sound_of(*play_obvious(tune, frames))})
plots.curves(
    torch.arange(shown.start, shown.stop) / FRAME_RATE,
    {"one performer": pitch_of(exam[1])[shown], "the obvious way": obvious_curves[1][0][shown]},
    x_label="time (s)",
    y_label="pitch (MIDI number)",
    title="A pitch curve learned by squared error",
    alt="Two pitch curves through the same two notes: the performer's swings on both, the network's is almost level.",
)

# %% tags=["number"]
verdict("extent of its vibrato", obvious_expression[:, 4].nanmean(), below=3, unit="cents")

# %% [markdown]
# The loudness breathes with the notes; the vibrato is gone. Not from want of training: this *is* the best answer to the question that was asked. The smallest
# mean squared error is reached by the **mean of all performances** of these notes, and the **phase** of a vibrato is nowhere in the notes. One performer is up where another is down.
#
# > **Guess.** A hundred performers hold the same note, each with a vibrato of 16 cents at the same rate, each with a phase by chance. Take the mean of their pitch curves. About how many cents
# > of vibrato are left in it?

# %% tags=["question"]
question("21.6", answer=None)

# %% [markdown]
# A hundred we do not need. Here are eight, reading the same 25 seconds:

# %%
readings = [instruments.bowed_string(minutes=0.4, seed=212, reading_seed=seed, progress=False)[0] for seed in range(8)]
eight = [expression(score_of(take), pitch_of(take), take.loudness_db[0])[:, 4].nanmean() for take in readings]
mean_pitch, mean_db = (
    torch.stack(each).mean(dim=0)
    for each in ([pitch_of(take) for take in readings], [take.loudness_db[0] for take in readings])
)
left_over = expression(score_of(readings[0]), mean_pitch, mean_db)[:, 4].nanmean()
until = 2000
listening.compare(
    {
        "one of the eight": sound_of(pitch_of(readings[0])[:until], readings[0].loudness_db[0, :until]),
        "their mean": sound_of(mean_pitch[:until], mean_db[:until]),
    }
)

# %% tags=["number"]
report("eight performers: extent in the mean", torch.stack(eight).mean(), "cents", digits=0)
report("extent of their mean curve", left_over, "cents", digits=0)

# %% [markdown]
# ## The way out: predict what the notes determine, and make the rest
#
# The *phase* is undetermined, but extent and rate are numbers for which a mean makes sense. So predict the expression of each note, and *play* a vibrato of this
# extent, from a phase that we choose. First the network for the notes. It reads a score forwards and backwards, one step a note (a **GRU**, as in lesson 10); it knows a note's length, the rests around it,
# the leaps, the velocity, and the pitch, once as a number and once as a hill over the semitones (our string's wooden body makes some pitches louder than their neighbours).
#
# ### Exercise 21.4: a loss that knows what it does not know
#
# Many values are NaN. The mean squared error over those that are known, whose gradient is clean too.
#
# <details><summary>Hint 1</summary><code>known = ~measured.isnan()</code></details>
# <details><summary>Hint 2</summary>Whatever is computed *from* a NaN has a NaN for its gradient, also if it is left out afterwards. Pick out first, then compute.</details>


# %% tags=["exercise"]
def known_error(predicted: Tensor, measured: Tensor) -> Tensor:
    """predicted and measured, of one shape, NaN where not known -> mean squared error of the known ones, a number"""
    ### BEGIN SOLUTION
    known = ~measured.isnan()
    return (predicted[known] - measured[known]).square().mean()
    ### END SOLUTION


# %% tags=["check"]
known_error = check("21.4", known_error)


# %%
def note_inputs(notes: Tensor) -> Tensor:
    """What is known of each note and its neighbours, [notes, 45]"""
    onset, end, midi, velocity = notes.unbind(-1)
    gap = F.pad(onset[1:] - end[:-1], (1, 1), value=1.0).clamp(0, 1)
    leap = F.pad(midi.diff(), (1, 1)) / 12
    length = end - onset
    each = [length.log(), length.clamp(max=2), gap[:-1], gap[1:], leap[:-1], leap[1:], (midi - 71) / 12, velocity / 127]
    hills = torch.exp(-0.5 * (midi[:, None] - torch.arange(55.0, 92.0)).square())
    return torch.cat([torch.stack(each, dim=-1), hills], dim=-1)


class NoteReader(nn.Module):
    """[batch, notes, 45] -> expression [batch, notes, 7], in units of its spread"""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.gru = nn.GRU(45, width, batch_first=True, bidirectional=True)
        self.last = nn.Linear(2 * width + 45, len(NAMES))

    def forward(self, x: Tensor) -> Tensor:
        return self.last(torch.cat([self.gru(x)[0], x], dim=-1))


deviation = spread(torch.cat(pupil_expression))
padded = nn.utils.rnn.pad_sequence
reader_x = padded([note_inputs(notes) for notes in pupil_scores], batch_first=True)
reader_y = padded([(each - average) / deviation for each in pupil_expression], batch_first=True, padding_value=math.nan)
torch.manual_seed(0)
reader = NoteReader()
optimizer = torch.optim.AdamW(reader.parameters(), lr=5e-3, weight_decay=0.1)
for _ in range(steps(80)):
    takes = torch.randint(len(reader_x), (12,))
    optimizer.zero_grad()
    known_error(reader(reader_x[takes]), reader_y[takes]).backward()
    optimizer.step()


def read_notes(notes: Tensor) -> Tensor:
    """-> what the model would do to each note, [notes, 7]; no extent and no glide below 0"""
    with torch.no_grad():
        said = reader(note_inputs(notes)[None])[0] * deviation + average
    return torch.cat([said[:, :4], said[:, 4:].clamp_min(0)], dim=-1)


# %% [markdown]
# ### Exercise 21.5: a pitch that glides and swings
#
# Between expression and sound stands a formula, not a network. With $m$ the note's pitch, $\Delta$ the leap *from the note before* (0 for the first), $t$ the time since its onset, $g$ its glide in s, $e$ and $f$ extent and rate:
#
# $$p(t) = m - \Delta\,\tfrac12\Big(1 + \cos \pi \min\big(\tfrac{t}{g}, 1\big)\Big) + \frac{e}{100}\, a(t)\, \sin 2\pi f (t - 0.2)$$
#
# $a$ is the growth of the vibrato, `vibrato_growth(since, left)`: none for 0.2 s (`PLAIN_S`), all of it after 0.45 s. All curves are per frame; `note_of_frame` gives each frame's note and its time.
#
# <details><summary>Hint 1</summary>As in 21.1: <code>notes[index]</code>, and <code>extent_cents[index]</code> and so on for what is given by note.</details>
# <details><summary>Hint 2</summary>Leaps from the note before: <code>F.pad(notes[:, 2].diff(), (1, 0))[index]</code>.</details>
# <details><summary>Hint 3</summary>Before the first onset t is negative: <code>.clamp(0, 1)</code> for the glide; the growth is 0 there.</details>


# %% tags=["exercise"]
def expressive_pitch(
    notes: Tensor, extent_cents: Tensor, rate_hz: Tensor, glide_s: Tensor, n_frames: int, frame_rate: float
) -> Tensor:
    """notes [notes, 4], each other [notes] -> MIDI pitch [n_frames]"""
    ### BEGIN SOLUTION
    index, seconds = note_of_frame(notes, n_frames, frame_rate=frame_rate)
    onset, end, midi, _ = notes[index].unbind(-1)
    since = seconds - onset
    leap = F.pad(notes[:, 2].diff(), (1, 0))[index]
    still_to_go = 0.5 + 0.5 * torch.cos(math.pi * (since / glide_s[index]).clamp(0, 1))
    swing = vibrato_growth(since, end - seconds) * torch.sin(2 * math.pi * rate_hz[index] * (since - PLAIN_S))
    return midi - leap * still_to_go + extent_cents[index] / 100 * swing
    ### END SOLUTION


# %% tags=["check"]
expressive_pitch = check("21.5", expressive_pitch)

# %% [markdown]
# The loudness is level, tilt and arch of each note, put together again; what these cannot say, attacks, releases and the room's tail in a rest, a second `Curves` adds. It is trained on the
# *measured* expression, so that it learns to do what it is told; when it plays, it is told what the first network says.


# %%
def told(notes: Tensor, said: Tensor, n_frames: int) -> tuple[Tensor, Tensor]:
    """Inputs of the second network [n_frames, 11], and the loudness that three shapes make [n_frames]"""
    index, seconds = note_of_frame(notes, n_frames, frame_rate=COARSE_RATE)
    along = ((seconds - notes[index, 0]) / (notes[:, 1] - notes[:, 0])[index]).clamp(0, 1)
    level, tilt, arch, attack = said[index, :4].unbind(-1)
    plain = level + tilt * (2 * along - 1) + arch * (6 * along * (1 - along) - 1)
    return torch.cat([inputs(notes, n_frames), plain[:, None] / 10 + 2, attack[:, None] / 10], dim=-1), plain


pairs = [told(notes, said, coarse) for notes, said in zip(pupil_scores, pupil_expression, strict=True)]
rest_of_it = loudness - torch.stack([plain for _, plain in pairs])
dynamics = fit_curves(torch.stack([x for x, _ in pairs]), rest_of_it[..., None] / 10, steps(600))


def perform(notes: Tensor, said: Tensor, n_frames: int) -> tuple[Tensor, Tensor]:
    """Notes and what is to be done to them -> MIDI pitch and loudness in dB, each [n_frames]"""
    x, plain = told(notes, said, coarse_frames(n_frames))
    with torch.no_grad():
        loudness_db = fine(plain + 10 * dynamics(x[None])[0, :, 0], n_frames)
    glide = (said[:, 6] / 1000).clamp_min(1 / FRAME_RATE)
    midi = expressive_pitch(notes, said[:, 4], said[:, 5], glide, n_frames, FRAME_RATE)
    return midi, loudness_db.clamp(rest_db, 20)


said = read_notes(tune)
midi, loudness_db = perform(tune, said, frames)
learned = sound_of(midi, loudness_db)
listening.compare(
    {
        "a machine": machine,
        "the obvious way": sound_of(*play_obvious(tune, frames)),
        **listening.with_yours(
            "learned",
            expressive_pitch,
            lambda play: sound_of(
                play(tune, said[:, 4], said[:, 5], (said[:, 6] / 1000).clamp_min(0.004), frames, FRAME_RATE),
                loudness_db,
            ),
        ),
    },
    f0_hz=dsp.midi_to_hz(midi),
)
plots.curves(
    seconds,
    {"learned": loudness_db, "a machine": staircase_db},
    x_label="time (s)",
    y_label="loudness (dB)",
    title="What the instrument is asked for",
    alt="Two curves over the tune: the machine's is a staircase that drops to the rest's level at the end, the learned one follows it mostly a few dB above it, with a dip at some onsets, rises and falls within the notes, and slopes down at the end.",
)

# %% [markdown]
# ## Between notes and sound, your hand
#
# What a network hands to an instrument is usually a vector that nobody can read. Here it is a table, one row a note, in decibels, cents and hertz.

# %%
print("note  " + "".join(f"{f'{name} ({unit})':>15}" for name, unit in zip(NAMES, UNITS, strict=True)))
for number, row in enumerate(said[:6].tolist(), 1):
    print(f"{number:4}  " + "".join(f"{value:15.1f}" for value in row))


# %% [markdown]
# Change it before it is played. Try a vibrato three times as wide; a slow one; swells on every note; an attack of 0 (all in one bow) and one of 25 dB (each note by itself).


# %%
def by_your_hand(vibrato: float, rate_hz: float, swell_db: float, attack_db: float, glide_ms: float) -> Tensor:
    change = torch.tensor([0, 0, swell_db, attack_db, 0, rate_hz, glide_ms])
    scale = torch.tensor([1, 1, 1, 1, vibrato, 1, 1])
    edited = said * scale + change
    return sound_of(*perform(tune, torch.cat([edited[:, :4], edited[:, 4:].clamp_min(0)], dim=-1), frames))


listening.explore(
    by_your_hand,
    vibrato=listening.Slider(0.0, 4.0, 1.0, step=0.25),
    rate_hz=listening.Slider(-3.0, 3.0, 0.0, step=0.5, unit="Hz more"),
    swell_db=listening.Slider(-6.0, 6.0, 0.0, step=1.0, unit="dB"),
    attack_db=listening.Slider(-10.0, 20.0, 0.0, step=2.0, unit="dB"),
    glide_ms=listening.Slider(0.0, 200.0, 0.0, step=20.0, unit="ms more"),
)

# %% [markdown]
# Does the vibrato in the *sound* follow the table? We give every note the same extent and look for it there, with a meter that knows the notes: let a pointer turn back as fast as the written pitch turns, as in 21.2, and the
# first harmonic nearly stands still. What turning is left says how far it is off its note. Beside it two meters that know nothing: CREPE by itself, and CREPE read twice, as lesson 08 ends.


# %%
def first_harmonic(sound: Tensor) -> Tensor:
    """The tune's sound [1, samples] -> the pitch of its first harmonic, MIDI numbers [frames]"""
    index, _ = note_of_frame(tune, sound.shape[-1] // HOP_SIZE, frame_rate=FRAME_RATE)
    written_hz = dsp.midi_to_hz(tune[index, 2])
    turns = (written_hz.double() / SAMPLE_RATE).repeat_interleave(HOP_SIZE).cumsum(dim=0)
    slow = torch.view_as_real(sound[0] * torch.exp(-2j * math.pi * turns)).T  # [2, samples]
    window = torch.hann_window(320).double()  # 20 ms, in which all other harmonics turn round and cancel
    slow = torch.complex(*F.conv1d(F.pad(slow, (160, 160))[:, None], window[None, None], stride=HOP_SIZE)[:, 0])
    off_hz = (slow[1:] * slow[:-1].conj()).angle() * FRAME_RATE / (2 * math.pi)
    return tune[index, 2] + 12 * torch.log2(1 + off_hz[: len(index)] / written_hz)


def crepe_alone(sound: Tensor) -> Tensor:
    """Sound [1, samples] -> the pitch as CREPE has it, MIDI numbers [frames]"""
    features = data.extract_features(data.Recording(sound), tracker=data.crepe_tracker, cache=False)
    return dsp.hz_to_midi(features.f0_hz[0])


def read_twice(sound: Tensor) -> Tensor:
    """The same, refined by all harmonics"""
    return dsp.hz_to_midi(data.extract_features(data.Recording(sound), cache=False).f0_hz[0])


def steady(midi: float, meter) -> Tensor:
    """What a meter makes of a tone of ten harmonics that does not move, as a MIDI number"""
    f0_hz = dsp.midi_to_hz(torch.full((1, 250), midi))
    harmonics = (0.1 / torch.arange(1, 11)).expand(1, 250, 10)
    return meter(dsp.harmonic_synthesis(f0_hz, harmonics, sample_rate=SAMPLE_RATE, hop_size=HOP_SIZE)).median()


asked = (0.0, 15.0, 30.0, 45.0)  # cents, for every note
meters = {"first harmonic": first_harmonic, "CREPE alone": crepe_alone, "CREPE read twice": read_twice}
seen = {f"{name}, {where}": [] for name in meters for where in ("no room", "room")}
for cents in asked:
    edited = torch.cat([said[:, :4], torch.full_like(said[:, :1], cents), said[:, 5:]], dim=-1)
    curves = perform(tune, edited, frames)
    stems = stems_of(*curves)
    pitches = [meter(sound) for meter in meters.values() for sound in (stems.dry, stems.wet)]
    for found, pitch in zip(seen.values(), pitches, strict=True):
        found.append(float(expression(tune, pitch, curves[1])[:, 4].nanmean()))
plots.curves(
    asked,
    {"the table": asked, **seen},
    x_label="extent in the table (cents)",
    y_label="extent in the sound (cents)",
    title="The vibrato that is asked for, and what is found of it",
    points=True,
    alt="Seven lines that rise from near 0: the first harmonic and CREPE read twice lie on the table's line without a room; read twice in the room is a little below it, then follow CREPE alone and the first harmonic in the room, and lowest, half as steep as the table, CREPE alone in the room.",
)

# %% tags=["number"]
verdict(
    "no room, first harmonic: off the table by",
    max(abs(one - other) for one, other in zip(seen["first harmonic, no room"], asked, strict=True)),
    below=1,
    unit="cents",
)
for name, found in seen.items():
    report(f"of 30 cents, {name}", found[2], "cents", digits=1)
for name in ("CREPE alone", "CREPE read twice"):
    across = 100 * (steady(69.1, meters[name]) - steady(68.9, meters[name]))
    half_way = 100 * (steady(69.6, meters[name]) - steady(69.4, meters[name]))
    report(f"a steady tone moves by 20 cents, across A4; {name} moves by", across, "cents", digits=0)
    report("the same half-way to the next semitone", half_way, "cents", digits=0)

# %% [markdown]
# It follows, as long as there is no room; the room still sings the pitch of a moment ago, and smears some of the swing: of the first harmonic, that is; the high ones, which count for more in the second reading, die away sooner.
# CREPE alone loses about as much all by itself, and in the room half. It looks at 64 ms at a time, a third of a swing; and near the notes of a piano it makes small moves smaller, even between tones that stand still. That is just where a vibrato is. Before you mend a model, measure your meter.
#
# ## How good is it?
#
# On six minutes of notes that nobody trained on. Two errors against what the performer did there: loudness while a note sounds, in dB, and extent of the vibrato, in cents. The same for
# the machine (its level a straight line through the velocities, fitted on the pupils), the obvious way, and **another performer**, who says what is possible.
#
# > **Guess.** Who is nearest to the performer in the extent of the vibrato? **a** another performer · **b** whoever plays the pupils' mean extent on every note · **c** the machine, which has none ·
# > **d** another performer and the mean, equally

# %% tags=["question"]
question("21.7", answer=None)

# %%
velocities = torch.cat(pupil_scores)[:, 3] / 127
line = torch.stack([torch.ones_like(velocities), velocities], dim=-1)
offset, slope = torch.linalg.lstsq(line, torch.cat(pupil_expression)[:, :1]).solution[:, 0]


def play_machine(notes: Tensor, n_frames: int) -> tuple[Tensor, Tensor]:
    index, _ = note_of_frame(notes, n_frames, frame_rate=FRAME_RATE)
    return notes[index, 2], offset + slope * notes[index, 3] / 127


def loudness_error(curves: list[Tensor]) -> float:
    """Mean absolute difference to the exam while notes sound, in dB"""
    errors = [(db - take.loudness_db[0]).abs()[take.gate[0] > 0.5] for db, take in zip(curves, exam, strict=True)]
    return float(torch.cat(errors).mean())


exam_said = [read_notes(notes) for notes in exam_scores]
ways = {
    "machine": [play_machine(notes, take.frames) for notes, take in zip(exam_scores, exam, strict=True)],
    "obvious": obvious_curves,
    "learned": [perform(*each, take.frames) for *each, take in zip(exam_scores, exam_said, exam, strict=True)],
    "another performer": [(pitch_of(take), take.loudness_db[0]) for take in others],
}
found = {
    name: torch.cat([expression(notes, *each) for notes, each in zip(exam_scores, curves, strict=True)])
    for name, curves in ways.items()
}
db_off = {name: loudness_error([db for _, db in curves]) for name, curves in ways.items()}
plots.bars(
    {name: [db_off[name], float(off(found[name])[4])] for name in ways},
    series=("loudness (dB)", "extent (cents)"),
    y_label="mean error (dB, cents)",
    title="Off the performer, on notes that nobody trained on",
    digits=1,
    alt="Four pairs of bars. In loudness the machine is off most, then the obvious way and the learned one, and another performer least. In extent machine and obvious way are off by more than 14 cents, another performer by 10, the learned one by 8.",
)

# %% tags=["number"]
report("another performer, loudness off by", db_off["another performer"], "dB", digits=1)
report("machine, loudness off by", db_off["machine"], "dB", digits=1)
verdict(
    "learned, loudness nearer than the machine by",
    db_off["machine"] - db_off["learned"],
    above=0.3,
    unit="dB",
    of_training=True,
)
report("another performer, extent off by", off(found["another performer"])[4], "cents", digits=0)
verdict(
    "learned, extent off by less than the machine by",
    off(found["machine"])[4] - off(found["learned"])[4],
    above=3,
    unit="cents",
    of_training=True,
)
report("the pupils' mean on every note, extent off by", off(average)[4], "cents", digits=0)

# %% [markdown]
# In loudness the model has closed half of the way from machine to performer; the obvious way did about as well there. (Two performers are 2 dB apart, as their swells differ.) In the vibrato a constant *beats* the performer, and
# the model with its few notes is about as far off as the constant. Do not be proud of that. If two people draw a number from the same hat, they differ by two people's chance, and a mean from a person by one's: for a
# spread $\sigma$, $\sqrt2\,\sigma$ against $\sigma$. **By an error against one performance, the blandest player wins.**
#
# So look at the spread as well: how much the extent changes from note to note.

# %%
plots.bars(
    {
        name: [float(values[:, 4].nanmean()), float(spread(values)[4])]
        for name, values in {"the performer": truth, **found}.items()
    },
    series=("mean", "spread"),
    y_label="extent of the vibrato (cents)",
    title="How much vibrato, and how much it changes",
    digits=1,
    alt="Five pairs of bars: performer and another performer have a mean of 15 and 17 cents and a spread between 9 and 10, the machine and the obvious way nearly nothing of both, the learned one the same mean and less than half the spread.",
)

# %% tags=["number"]
verdict(
    "learned, mean extent off the performers' by",
    (found["learned"][:, 4].nanmean() - truth[:, 4].nanmean()).abs(),
    below=6,
    unit="cents",
    of_training=True,
)
verdict(
    "learned, spread of the extent against the performer's",
    spread(found["learned"])[4] / spread(truth)[4],
    below=0.75,
    of_training=True,
)

# %% [markdown]
# The mean is right, and the player is too even: what squared error does to a curve, it does to a table too, one level up. There it costs less, as a mean vibrato is still a vibrato. And there is a cure: do not take the mean, **draw**. To each phrase
# add what the model missed in some phrase of the pupils, picked by chance.


# %%
def phrases(notes: Tensor) -> Tensor:
    """The number of each note's phrase: a new one after a rest of 0.3 s -> [notes]"""
    return F.pad(notes[1:, 0] - notes[:-1, 1] > 0.29, (1, 0)).cumsum(dim=0)


missed = []
for notes, did in zip(pupil_scores, pupil_expression, strict=True):
    residual = did[:, 4] - read_notes(notes)[:, 4]
    means = [residual[phrases(notes) == number].nanmean() for number in range(int(phrases(notes)[-1]) + 1)]
    missed += [each for each in means if not each.isnan()]
missed = torch.stack(missed)


def drawn(notes: Tensor, said: Tensor, generator: torch.Generator) -> Tensor:
    """The same expression with an extent of its own for each phrase"""
    number = phrases(notes)
    chance = missed[torch.randint(len(missed), (int(number[-1]) + 1,), generator=generator)]
    extent = (said[:, 4] + chance[number]).clamp_min(0)
    return torch.cat([said[:, :4], extent[:, None], said[:, 5:]], dim=-1)


generator = torch.Generator().manual_seed(0)
draws = [drawn(*each, generator) for each in zip(exam_scores, exam_said, strict=True)]
draw_curves = [perform(*each, take.frames) for *each, take in zip(exam_scores, draws, exam, strict=True)]
draw_found = torch.cat([expression(notes, *each) for notes, each in zip(exam_scores, draw_curves, strict=True)])

# %% tags=["number"]
verdict(
    "drawn, spread of the extent against the performer's",
    spread(draw_found)[4] / spread(truth)[4],
    above=0.75,
    of_training=True,
)
verdict(
    "drawn, further off the performer than the mean by",
    off(draw_found)[4] - off(found["learned"])[4],
    above=0.5,
    unit="cents",
    of_training=True,
)

# %% [markdown]
# As lively as a performer, and as far off as one. Which is better? The error says the mean. Ask your ears.
#
# ## Blind
#
# The machine against the model, equally loud, in an order that nobody knows. Decide on the number of trials before the first one (lesson 13).

# %%
listening.abx({"a machine": machine, "learned": learned}, trials=16, name="notes_to_performance")

# %% [markdown]
# > **Guess.** You had 16 of 16 right. What has been shown? **a** the model plays better · **b** it plays as a performer does · **c** you hear a difference between the two · **d** listeners
# > hear a difference between the two

# %% tags=["question"]
question("21.8", answer=None)

# %% [markdown]
# Here the difference is plain, and the test easy. The one that hurts is the model against a performer. Both through the same instrument, three seconds of the exam, and this time with points from 0 to 100:

# %%
first, last = shown.start, shown.stop
listening.rate(
    {
        "a performer": sound_of(pitch_of(exam[1])[first:last], exam[1].loudness_db[0, first:last]),
        "another performer": sound_of(pitch_of(others[1])[first:last], others[1].loudness_db[0, first:last]),
        **{
            name: sound_of(*(curve[first:last] for curve in curves[1]))
            for name, curves in {"learned": ways["learned"], "drawn": draw_curves, "obvious": ways["obvious"]}.items()
        },
    },
    reference="a performer",
    name="performers",
)

# %% [markdown]
# How many points does *another performer* get? That is the most that a model can hope for in this test.
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `score_frames` | `autoencoder.score_frames` | errors in words |
# | `vibrato` | `autoencoder.measure_vibrato` | looks from 3 to 9 Hz by itself |
# | `loudness_shape` | `autoencoder.loudness_shape` | makes its own shapes |
# | `expressive_pitch` | `autoencoder.expressive_pitch` | a glide of 0 is a step |
#
# They live in `ddsp_course/autoencoder/expression.py`. What you got right is in your workbook, in `my_ddsp/lesson_21.py`.

# %%
show_progress(21)

# %% [markdown]
# **To read.** Wu, Manilow, Deng, Swavely, Kastner, Cooijmans, Courville, Huang, Engel: *MIDI-DDSP: Detailed Control of Musical Performance via Hierarchical Modeling*, ICLR 2022,
# [arXiv:2112.09312](https://arxiv.org/abs/2112.09312). Theirs learns from recordings, predicts six attributes of each note one after the other, and draws its pitch curves step by step where we have a formula.
#
# **To try.** Write another tune. Learn from `instruments.voice` instead of the string: which attributes are in the notes now? Let `NoteReader` say a spread beside each mean (loss: the negative log of a
# normal distribution), and draw from that. Put the slur back: add a column that says whether `note.articulation` is "detache", and see what becomes of the attack.
#
# **Next.** Lesson 22: all the sounds it could have been, where a fit is not one answer but many.
