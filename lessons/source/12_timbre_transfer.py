# %% [markdown]
# # Lesson 12 · Timbre transfer
#
# **You will build** what stands between any melody and a trained instrument: the octave, the rests, the loudness and the tuning. After
# that you can sing, and hear a string.
#
# **You will hear** a voice, recorded at home, that comes out as a thin drone, and each repair after which it is more of a string; a
# singer who is out of tune, and what a bad autotune does; and yourself.
#
# **You need** lessons 08 (pitch, confidence, loudness) and 10 (the decoder). Lesson 11's own instrument is used if you have trained one.
#
# **Time.** 50 minutes to read and do, 1 minute to run.

# %%
try:
    import ddsp_course
except ModuleNotFoundError:
    raise SystemExit(
        "The course's package is missing: start the lessons with `make lab`, or run `pip install -e '.[course]'` in your clone."
    ) from None
from dataclasses import replace

import torch
from torch import Tensor

from ddsp_course import autoencoder, data, dsp, instruments
from ddsp_course.autoencoder.adaptation import running_median, steady_notes
from ddsp_course.autoencoder.notes import hold_through_rests, note_fade, runs
from ddsp_course.classroom import check, listening, my_instrument, plots, question, report, show_progress, verdict

SAMPLE_RATE, HOP_SIZE = 16_000, 64
FRAME_RATE = SAMPLE_RATE / HOP_SIZE

# %% [markdown]
# ## First, the finished sound
#
# A phrase of our voice model, recorded as one records at home: too softly, with the hiss of a cheap microphone. Beside it, the string that
# lesson 11 trained, or the one that comes with the course.

# %%
instrument = my_instrument()
frames = 1800  # 7.2 s, up to a rest
take = instruments.voice(minutes=0.4, seed=5, progress=False)[0]
sung = take.audio[:, : frames * HOP_SIZE]
sung = 0.06 * sung / sung.square().mean().sqrt()
hiss = torch.randn(sung.shape, generator=torch.Generator().manual_seed(0))
at_home = 0.1 * sung + 0.0006 * hiss
heard = data.extract_features(data.Recording(at_home))


def same_noise() -> torch.Generator:
    return torch.Generator().manual_seed(0)


transferred = autoencoder.transfer(instrument, heard, generator=same_noise())
listening.compare(
    {"sung at home, 20 dB up": 10 * at_home, "the string plays it": transferred.wet}, f0_hz=heard.f0_hz[0]
)

# %% [markdown]
# `autoencoder.transfer` did that, in one line. Now without its help. What would the network do with the bare curves?
#
# ## What goes wrong: a drone
#
# The shortest way is lesson 10's: features in, sound out.

# %%
with torch.no_grad():
    naive = instrument(heard, generator=same_noise()).wet
listening.compare({"bare curves": naive, "bare curves, 20 dB up": 10 * naive, "as above": transferred.wet})
plots.spectrogram(
    {"bare curves, 20 dB up": 10 * naive, "as above": transferred.wet},
    sample_rate=SAMPLE_RATE,
    title="The same singer, the same network",
    alt="With bare curves the harmonics fade out above 4 kHz, and some of them go on faintly through the rest at the end. As above, they reach beyond 5 kHz, and the end is dark.",
)

# %% [markdown]
# Soft, duller, and where the singer rests something goes on humming. The network is not to blame: it was asked for things that it has never heard. What has it heard? A model keeps the **quantiles** of its training: the pitch, and the loudness, that 0, 1, 2, ... 100 % of all sounding frames lay below.

# %%
known = autoencoder.bundled().statistics  # numbers that we print come from the course's instrument, the same for all
percent = torch.arange(101)
confident = heard.confidence[0] > 0.8


def quantiles(values: Tensor) -> Tensor:
    return torch.quantile(values, percent / 100)


plots.curves(
    percent,
    {"trained on": torch.tensor(known.loudness_db_quantiles), "sung": quantiles(heard.loudness_db[0, confident])},
    x_label="share of the frames that lie below (%)",
    y_label="loudness (dB)",
    title="How loud it was in training, and how loud we sing",
    alt="The training's curve rises from -40 to above 10 dB, most of it between -20 and 5. The singer's is nearly flat, most of it between -34 and -23 dB.",
)

# %% tags=["number"]
low, high = known.pitch_range_midi
softest, loudest = known.loudness_range_db
report("trained on pitches from MIDI", low, digits=0)
report("up to", high, digits=0)
report("trained on a loudness from", softest, "dB", digits=0)
report("up to", loudest, "dB", digits=0)
verdict("loudest confident frame of the singer", heard.loudness_db[0, confident].max(), below=-15, unit="dB")

# %% [markdown]
# All that we sing is, for this string, the softest *pianissimo*, and a string that plays softly is dull; it learned that well. In what follows each of the four switches of a transfer gets its exercise.
#
# > **Guess before you go on.** A singer holds one note, and changes from *a* to *u*, at the same loudness. What does the string do?
# > **a** it changes its timbre a little · **b** the vowel is in the noise part · **c** nothing changes · **d** it stops

# %% tags=["question"]
question("12.5", answer=None)

# %% [markdown]
# ## The octave
#
# Where the network was trained, it interpolates; beyond, it makes something up. So move a melody into the range, and if you move it, then by whole octaves: it stays in its key, and the band can play along. By the fewest that will do. And judge by the notes, since in a rest a tracker says anything.
#
# ### Exercise 12.1: into the range
#
# The multiple of 12 semitones, the smallest in size, that brings the median of the playing frames into `low` to `high`. If none does (the range may be narrower than an octave), the one that comes nearest.
#
# <details><summary>Hint 1</summary>How far outside is a pitch p? <code>max(low - p, p - high, 0)</code>.</details>
# <details><summary>Hint 2</summary>Try them all: <code>min(range(-72, 73, 12), key=...)</code>, where the key is a pair (how far outside, how large).</details>


# %% tags=["exercise"]
def semitones_into_range(midi: Tensor, playing: Tensor, low: float, high: float) -> int:
    """midi [frames], playing [frames] bool; low and high as MIDI numbers -> semitones to move by, a multiple of 12"""
    ### BEGIN SOLUTION
    pitch = float(midi[playing].median())

    def cost(semitones: int) -> tuple[float, int]:
        return max(low - pitch - semitones, pitch + semitones - high, 0.0), abs(semitones)

    return min(range(-72, 73, 12), key=cost)
    ### END SOLUTION


# %% tags=["check"]
semitones_into_range = check("12.1", semitones_into_range)

# %% [markdown]
# The middle of our singer's notes is in the string's range, though a quarter of her frames lie below it. A bass would be far out of it. To the network a bass is nothing but a pitch curve divided by four:

# %%
bass = replace(heard, f0_hz=heard.f0_hz / 4)
shift = semitones_into_range(dsp.hz_to_midi(bass.f0_hz[0]), confident, low, high)
lifted = replace(bass, f0_hz=bass.f0_hz * 2 ** (shift / 12))
keep = {"octave_shift": 0, "semitones": 0.0}
listening.compare(
    {
        "two octaves down, as it is": autoencoder.transfer(instrument, bass, generator=same_noise(), **keep).wet,
        "moved into the range": autoencoder.transfer(instrument, lifted, generator=same_noise(), **keep).wet,
    },
    f0_hz=lifted.f0_hz[0],
)

# %% tags=["number"]
report("the bass is moved by", shift, "semitones", digits=0)

# %% [markdown]
# ### What does it make up, down there?
#
# The tone below the range is strange, and one can say in which way. An instrument's timbre has two parts. The source, a string or vocal folds, has a recipe over the *number* of the harmonic. The body behind it, wood or a mouth, has hills that stand still in *Hz*, its **formants**. Take the **centroid**, the frequency about which the harmonics' power is balanced, as a measure of brightness.
#
# > **Guess.** A note of 880 Hz has its centroid at 2000 Hz. The same note an octave lower: where is the centroid if every harmonic keeps its weight?

# %% tags=["question"]
question("12.6", answer=None)

# %% [markdown]
# And if formants stood still? About where it was, at 2000 Hz. Now ask the network for steady notes over nearly six octaves, and see which of the two it does.

# %%
pitches = torch.arange(36.0, 104.0)
with torch.no_grad():
    steady = data.Features(
        dsp.midi_to_hz(pitches)[:, None].repeat(1, 150),
        torch.ones(len(pitches), 150),
        torch.zeros(len(pitches), 150),  # 0 dB: mezzoforte
    )
    weights = autoencoder.bundled().decode(steady).harmonic_distribution[:, -1]
power = weights**2 / (weights**2).sum(dim=-1, keepdim=True)
centroid_hz = (power * torch.arange(1, weights.shape[-1] + 1)).sum(dim=-1) * dsp.midi_to_hz(pitches)
middle = int(73 - pitches[0])
plots.curves(
    pitches,
    {
        "the network": centroid_hz / 1000,
        "weights stay": centroid_hz[middle] / 1000 * 2 ** ((pitches - pitches[middle]) / 12),
        "formants stay": (centroid_hz[middle] / 1000).expand(len(pitches)),
    },
    x_label="pitch (MIDI number)",
    y_label="centroid (kHz)",
    title="Brightness of steady notes over six octaves",
    y_range=(0, 5.5),
    marks={"trained from": low, "trained up to": high},
    alt="In the range the network's centroid goes up and down from one semitone to the next, around 1.5 kHz up to MIDI 70, then up to 2.4 kHz at 91, far less steeply than the curve of weights that stay. Below the range it falls slowly, above it climbs to 4.2 kHz.",
)

# %% tags=["number"]
octave_down = centroid_hz[int(61 - pitches[0])] / centroid_hz[middle]
report("from MIDI 73 down to 61, both in the range: centroid times", octave_down, digits=2)

# %% [markdown]
# In the range it is neither: over an octave the centroid moves by a fifth, where a recipe would move it by half and formants not at all. And each semitone has a colour of its own, as it must where harmonics run through a body's resonances (lesson 10). It is a string *with* a body. Nobody told the network that there are such things; it saw many pitches, and both had to be right at once.
# Outside of the range nothing had to be right: there the curve goes on, and means nothing.
#
# ## The rests
#
# Next, the hum. A tracker gives a pitch for every frame, also where nobody sings, and our hiss has a loudness of -41 dB: near enough to a soft note for a string. We have to say where notes are. The confidence knows it, nearly:

# %%
seconds = torch.arange(frames) / FRAME_RATE
plots.curves(
    seconds,
    heard.confidence[0],
    x_label="time (s)",
    y_label="confidence (0 to 1)",
    title="How sure the tracker is",
    levels={"start": 0.8, "stop": 0.5},
    alt="A curve that stays near 0.85 while there is singing, with many short dips below 0.8 and six below 0.5, and drops towards 0 in the rest at the end.",
)

# %% [markdown]
# One threshold will not do: at 0.8 the notes break into pieces wherever the curve dips, at 0.5 things come in that are never sure. Use two. **A note is a stretch that stays above the low threshold and reaches the high one at least once.** The same idea finds edges in pictures (Canny 1986), where it is called hysteresis.
#
# ### Exercise 12.2: two thresholds
#
# <details><summary>Hint 1</summary><code>runs(mask)</code>, imported above, gives (first, end) of every stretch that is True.</details>
# <details><summary>Hint 2</summary>For each run above <code>stop</code>: does <code>curve[first:end]</code> reach <code>start</code>? Then the whole run is a note.</details>


# %% tags=["exercise"]
def hysteresis(curve: Tensor, start: float, stop: float) -> Tensor:
    """curve [frames] -> [frames] bool: stretches at or above `stop` that reach `start` somewhere"""
    ### BEGIN SOLUTION
    notes = torch.zeros(len(curve), dtype=torch.bool)
    for first, end in runs(curve >= stop):
        notes[first:end] = bool((curve[first:end] >= start).any())
    return notes
    ### END SOLUTION


# %% tags=["check"]
hysteresis = check("12.2", hysteresis)

# %%
playing = hysteresis(heard.confidence[0], 0.8, 0.5)

# %% tags=["number"]
verdict("stretches at or above 0.8", len(list(runs(heard.confidence[0] >= 0.8))), above=10)
verdict("stretches by two thresholds", len(list(runs(playing))), below=9)
report("notes that were sung apart from each other", len(list(runs(take.gate[0, :frames] > 0.5))), digits=0)

# %% [markdown]
# (The package's `note_mask` asks for the loudness as well, closes gaps shorter than 40 ms and drops blips.)
#
# ## The loudness
#
# The singer's loudness lies in twelve decibels around -26, the string's in forty around -6. Adding some dB brings the middles together and leaves the string in mezzoforte for ever; stretching by the deviation sends the peaks beyond anything it knows. What we want is: her softest is its softest, her loudest its loudest, and everything between in order. That is a map from quantile to quantile. **Rank** her frames: the $r$-th softest of $n$, $r = 0 \dots n-1$, gets the level that a share of $r/(n-1)$ of the training lay below.
#
# ### Exercise 12.3: quantile to quantile
#
# `trained_db` are levels at equally spaced shares from 0 to 1 (101 of them here, but do not count on it), ascending. Between two of them, a straight line. Frames that do not play get `rest_db`.
#
# <details><summary>Hint 1</summary><code>x.argsort().argsort()</code> is the rank of every number.</details>
# <details><summary>Hint 2</summary>The place in the table is <code>rank / (n - 1) * (len(trained_db) - 1)</code>; the two levels around it are at <code>floor</code> and one after. <code>torch.lerp</code> goes between.</details>
# <details><summary>Hint 3</summary>The last place has none after it: <code>left.clamp(max=len(trained_db) - 2)</code>.</details>


# %% tags=["exercise"]
def match_loudness(loudness_db: Tensor, playing: Tensor, trained_db: Tensor, rest_db: float) -> Tensor:
    """loudness_db [frames], playing [frames] bool, trained_db [levels] ascending -> dB, [frames]"""
    ### BEGIN SOLUTION
    notes = loudness_db[playing]
    place = notes.argsort().argsort() / max(len(notes) - 1, 1) * (len(trained_db) - 1)
    left = place.floor().long().clamp(max=len(trained_db) - 2)
    result = torch.full_like(loudness_db, rest_db)
    result[playing] = torch.lerp(trained_db[left], trained_db[left + 1], place - left)
    return result
    ### END SOLUTION


# %% tags=["check"]
match_loudness = check("12.3", match_loudness)


# %%
def played(f0_hz: Tensor, loudness_db: Tensor) -> Tensor:
    """Curves [frames] -> the instrument's sound [1, samples]"""
    with torch.no_grad():
        return instrument(
            data.Features(f0_hz[None], torch.ones(1, frames), loudness_db[None]), generator=same_noise()
        ).wet


pitch_hz = hold_through_rests(heard.f0_hz, playing[None])[0]  # a rest holds the pitch of the nearest note
trained_db = torch.tensor(instrument.statistics.loudness_db_quantiles)
rest_db = instrument.statistics.rest_loudness_db
fade = note_fade(playing[None], frame_rate=FRAME_RATE)[0]  # 16 ms between note and rest


def repaired_db(match) -> Tensor:
    matched = match(heard.loudness_db[0], playing, trained_db, rest_db)
    return torch.lerp(torch.tensor(rest_db), hold_through_rests(matched[None], playing[None])[0], fade)


listening.compare(
    {
        "bare curves": naive,
        **listening.with_yours(
            "loudness and rests repaired", match_loudness, lambda match: played(pitch_hz, repaired_db(match))
        ),
        "autoencoder.transfer": transferred.wet,
    }
)
plots.curves(
    seconds,
    {"sung": heard.loudness_db[0], "asked for": repaired_db(match_loudness)},
    x_label="time (s)",
    y_label="loudness (dB)",
    title="What was sung, and what the string is asked for",
    alt="The sung curve stays between -44 and -21 dB. The one asked for has the same peaks and valleys, several times as high, up to nearly 12 dB, and lies at -49 dB in the rests.",
)


# %%
def last_half_second_db(sound: Tensor) -> Tensor:
    """How loud a rest is, against the whole, in dB."""
    return dsp.amplitude_to_db((sound[:, -SAMPLE_RATE // 2 :].square().mean() / sound.square().mean()).sqrt())


# %% tags=["number"]
bundled = autoencoder.bundled()
with torch.no_grad():
    by_bundled = bundled(heard, generator=same_noise()).wet
    trained_db = torch.tensor(known.loudness_db_quantiles)
    asked = match_loudness(heard.loudness_db[0], playing, trained_db, known.rest_loudness_db)
    curves = data.Features(pitch_hz[None], torch.ones(1, frames), asked[None])
    by_bundled_repaired = bundled(curves, generator=same_noise()).wet
verdict("bare curves: the rest at the end, against the whole", last_half_second_db(by_bundled), above=-35, unit="dB")
verdict("repaired", last_half_second_db(by_bundled_repaired), below=-45, unit="dB")
louder = (by_bundled_repaired.square().mean() / by_bundled.square().mean()).sqrt()
verdict("repaired, louder by", dsp.amplitude_to_db(louder), above=15, unit="dB")

# %% [markdown]
# Look at 5.9 to 6.4 s, too: what was a small wobble in the voice became a large one in the string, up to 10 dB. Ranks stretch where the singer is narrow and the string is wide, and there they stretch noise as well. The package's version is never steeper than 4 dB a dB.
#
# ## The tuning
#
# People sing out of tune. Let our singer be an amateur: each note is off by up to 45 cents, this way or that. (Notes are found where the pitch, its vibrato averaged away, leaves a semitone: `steady_notes`.)
#
# The remedy that comes to mind is to round: MIDI numbers are semitones. But a note with a vibrato crosses the half-way line between two semitones, and then the frames round now to the one and now to the other. What is out of tune is the *note*. So move it as a whole, by as much as its median is off.
#
# ### Exercise 12.4: autotune
#
# `amount` is 0 for nothing and 1 for all of the way. Frames in no note stay as they are.
#
# <details><summary>Hint 1</summary>Work on <code>midi.clone()</code>, note by note; every frame of a note gets the same correction.</details>


# %% tags=["exercise"]
def autotune(midi: Tensor, notes: list[tuple[int, int]], amount: float) -> Tensor:
    """midi [frames], notes as (first frame, first frame after), amount from 0 to 1 -> midi [frames]"""
    ### BEGIN SOLUTION
    result = midi.clone()
    for first, end in notes:
        median = midi[first:end].median()
        result[first:end] += amount * (median.round() - median)
    return result
    ### END SOLUTION


# %% tags=["check"]
autotune = check("12.4", autotune)

# %%
midi = dsp.hz_to_midi(pitch_hz)
notes = steady_notes(running_median(midi, round(0.2 * FRAME_RATE)), playing, shortest=round(0.08 * FRAME_RATE))
off = 0.9 * torch.rand(len(notes), generator=torch.Generator().manual_seed(4)) - 0.45
amateur = midi.clone()
for (first, end), semitones in zip(notes, off, strict=True):
    amateur[first:end] += midi[first:end].median().round() - midi[first:end].median() + semitones
loudness_db = repaired_db(match_loudness)
listening.compare(
    {
        "out of tune": played(dsp.midi_to_hz(amateur), loudness_db),
        **listening.with_yours(
            "tuned, note by note", autotune, lambda tune: played(dsp.midi_to_hz(tune(amateur, notes, 1.0)), loudness_db)
        ),
        "tuned, frame by frame": played(dsp.midi_to_hz(amateur.round()), loudness_db),
    },
    f0_hz=dsp.midi_to_hz(autotune(amateur, notes, 1.0)),
)
longest = max(notes, key=lambda note: note[1] - note[0])
part = slice(*longest)
plots.curves(
    seconds[part],
    {
        "out of tune": amateur[part],
        "note by note": autotune(amateur, notes, 1.0)[part],
        "frame by frame": amateur.round()[part],
    },
    x_label="time (s)",
    y_label="pitch (MIDI number)",
    title="The longest note",
    alt="Two wavy curves of the same shape, one around 51.4, the other around 51; and a third that leaps back and forth between 51 and 52 with the waves.",
)

# %% tags=["number"]
leaps = (amateur.round()[part].diff() != 0).sum()
verdict("frame by frame, leaps of a semitone within the longest note", leaps, above=4)
verdict("note by note", (autotune(amateur, notes, 1.0)[part].diff().abs() > 0.5).sum(), below=1)

# %% [markdown]
# Frame by frame is the sound of a decade of pop music, and was chosen there. As a repair it is none.
#
# ## Why does this work at all?
#
# > **Guess.** The network learned from a string, and plays a voice's melody. Why can it?
# > **a** it has learned what voices and strings have in common · **b** what it gets to see of the voice looks like a string · **c** it is
# > large enough for both · **d** it copies the phases of the voice

# %% tags=["question"]
question("12.7", answer=None)

# %% [markdown]
# That is the whole secret, and the limit. Everything that is not pitch or loudness was removed at the door, so there is nothing in which a voice could still differ. What comes out has the melody of the one and the sound of the other. Is that so? Track the pitch of the *result*, and compare the average spectra.

# %%
string = instruments.bowed_string(minutes=0.4, seed=12, progress=False)[0].audio  # at about the same height
repaired = played(pitch_hz, loudness_db)


def average_spectrum_db(sound: Tensor) -> Tensor:
    """Mean level in 40 mel bands, in dB against the loudest band, [40]"""
    power = dsp.stft_power(sound, 1024).mean(dim=1)[0]
    bands = 10 * (power @ dsp.mel_weights(40, 1024, sample_rate=SAMPLE_RATE)).clamp_min(1e-9).log10()
    return bands - bands.max()


averages = {
    "the voice": average_spectrum_db(sung),
    "the transfer": average_spectrum_db(repaired),
    "the string": average_spectrum_db(string),
}
plots.curves(
    torch.arange(1, 41),
    averages,
    x_label="mel band (1 is lowest, 40 reaches 8 kHz)",
    y_label="mean level (dB, loudest band 0)",
    title="Whose sound is it?",
    alt="From band 12 on the transfer's curve follows the string's within seven decibels, below that within about ten; the voice's lies 4 to 22 dB below both from band 13 on.",
)

# %% tags=["number"]
result = data.extract_features(data.Recording(by_bundled_repaired))
cents = 1200 * (result.f0_hz / heard.f0_hz).log2()[0, playing].abs()
verdict(
    "tracked in the result, within 50 cents of what was sung", 100 * (cents < 50).float().mean(), above=80, unit="%"
)
upper = slice(20, 40)
of_bundled = average_spectrum_db(by_bundled_repaired)[upper]
to_string = (of_bundled - averages["the string"][upper]).abs().mean()
to_voice = (of_bundled - averages["the voice"][upper]).abs().mean()
verdict("upper bands: distance to the string, against distance to the voice", to_string / to_voice, below=0.4)

# %% [markdown]
# ## Your turn: sing
#
# Record ten seconds: one voice, no accompaniment, *la la la*, whistling or humming. Where there is no microphone, or your browser gives none, choose a file: wav, mp3, m4a, flac, ogg. Takes are kept in your workbook, in `recordings/`. Until there is one, another singer of the course stands in.

# %%
my_voice = listening.record("my_voice")

# %% [markdown]
# Then run this cell; and again for every new take.

# %%
mine_played = autoencoder.transfer(instrument, my_voice.recording, autotune=0.7, generator=same_noise())
loudest_sample = my_voice.audio.abs().max().clamp_min(1e-4)
listening.compare({"you": 0.4 * my_voice.audio / loudest_sample, "the string": mine_played.wet})

# %% [markdown]
# From the command line: `ddsp-course transfer bundled my_voice.m4a my_voice_as_string.wav`. If it goes wrong, it is nearly always one of these four: an octave (see the F0 line in the player), too much room or music in the background (no confident pitch), a rest that hums (raise the thresholds of `note_mask`), a loudness that never changes (sing as if you meant it).
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `semitones_into_range` | `autoencoder/adaptation.py`, `octave_shift` | counts in octaves, not semitones; half a semitone of tolerance at the edges |
# | `hysteresis` | `autoencoder/notes.py`, `note_mask` | on confidence and loudness, without gaps and blips |
# | `match_loudness` | `autoencoder/adaptation.py`, `match_loudness` | through 101 quantiles, and never steeper than 4 dB a dB: a whisper is not blown up to a shout |
# | `autotune` | `autoencoder/adaptation.py`, `autotune` | to the singer's own tuning, and glides from note to note |
#
# `autoencoder.transfer` is all of them in order, each a switch.

# %%
show_progress(12)

# %% [markdown]
# **To read.** Engel et al.: *DDSP*, 2020, [arXiv:2001.04643](https://arxiv.org/abs/2001.04643), section 5.4. Canny: *A computational approach to edge detection*, IEEE PAMI 8(6), 1986: two thresholds. Caspe et al.: *Designing neural synthesizers for low-latency interaction*,
# 2025, [arXiv:2503.11562](https://arxiv.org/abs/2503.11562): transfer while you play. Wu et al.: *MIDI-DDSP*, 2022: from notes instead of a recording.
#
# **To try.** Let the string play `instruments.reed`, and a reed trained by you play the voice. Transfer with `gain_db=-15`: the same notes, played softly, in another timbre, not just at less level. Sing with much vibrato, then set `autotune=1`.
#
# **Next.** Lesson 13: the sound that you have made, taken apart into player, bow and room.
