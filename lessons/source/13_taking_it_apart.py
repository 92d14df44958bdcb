# %% [markdown]
# # Lesson 13 · Taking it apart again
#
# **You will build** the measure of a dry rest, an exchange of rooms, a knob for brightness, a wavetable that plays what the
# network plays, and the odds of a listening test. With these you can say which parts of a trained instrument to believe.
#
# **You will hear** a string without its room and in other rooms, brighter, with breath where its bow noise was; a string
# hidden in a table of 512 numbers; and a bell that this synthesizer cannot say.
#
# **You need** rooms (lesson 05), the decoder and its controls (lesson 10), and a trained instrument: your own of lesson 11 if
# there is one, else the one that comes with the course.
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
from dataclasses import replace

import torch
from torch import Tensor

from ddsp_course import autoencoder, data, dsp, instruments
from ddsp_course.autoencoder import metrics, room_metrics
from ddsp_course.autoencoder.phrases import cut_phrases, frame_masks
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
from ddsp_course.instruments.bowed_string import BOW_POSITION

SAMPLE_RATE, HOP_SIZE = 16_000, 64
GRID = {"sample_rate": SAMPLE_RATE, "hop_size": HOP_SIZE}

# %% [markdown]
# ## First, the finished sound
#
# A phrase that the instrument has never heard. Its pitch and loudness are tracked, the network turns them into controls, 166
# numbers every 4 ms. This time nobody plays them as they are.

# %%
instrument = my_instrument()
first, last = 2350, 4900  # frames: two phrases, each with the rest after it
take = instruments.bowed_string(minutes=0.4, seed=4, progress=False)[0]
phrase = data.Recording(take.audio[:, first * HOP_SIZE : last * HOP_SIZE].contiguous())
heard = data.extract_features(phrase)


def level(sound: Tensor, rms: float = 0.06) -> Tensor:
    """All equally strong, and faded at both ends: a tail that is cut clicks."""
    n, samples = torch.arange(sound.shape[-1]), sound.shape[-1]
    faded = sound * (n / 160).clamp(max=1) * ((samples - n) / 4000).clamp(max=1)
    return rms * faded / faded.square().mean().sqrt()


def same_noise() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def play(controls: autoencoder.Controls) -> autoencoder.Stems:
    with torch.no_grad():
        return instrument.synthesize(controls, generator=same_noise())


def breathy(controls: autoencoder.Controls, amount: float) -> autoencoder.Controls:
    """The bow's noise replaced by breath: a broad hill around 2.5 kHz that follows the amplitude."""
    hz = torch.linspace(0, SAMPLE_RATE / 2, controls.noise_magnitudes.shape[-1])
    hill = torch.exp(-0.5 * (hz.clamp_min(1) / 2500).log2().square())
    return replace(controls, noise_magnitudes=amount * controls.amplitude[..., None] * hill)


with torch.no_grad():
    controls = instrument.decode(heard)
stems = play(controls)
number = torch.arange(1, controls.harmonic_distribution.shape[-1] + 1)
shinier = dsp.normalize_harmonics(controls.harmonic_distribution * number**0.8, controls.f0_hz, sample_rate=SAMPLE_RATE)
hall = instruments.room_impulse_response(2.5, seed=7, direct_to_reverberant_db=2.0)
listening.compare(
    {
        "the recording": level(phrase.audio),
        "the network": level(stems.wet),
        "dry": level(stems.dry),
        "in a hall": level(autoencoder.swap_room(stems, hall).wet),
        "brighter": level(play(replace(controls, harmonic_distribution=shinier)).wet),
        "breath for bow noise": level(play(breathy(controls, 0.4)).wet),
    },
    f0_hz=heard.f0_hz,
)

# %% [markdown]
# Each of these is one line. In a recording the string, the bow and the room are added up, and a sum does not remember its
# terms. Here nobody has added them before you ask. That is what an **interpretable** model promises: its numbers have names,
# and you may turn them.
#
# A promise can be checked. Is the dry stem dry? Is what it calls *room* the room? We know the truth about our string, so in
# this lesson we hold it against the truth. (Printed numbers come from the course's instrument, the same for all. What you
# hear is yours, if you have trained one.)
#
# ## Dereverberation for free
#
# The model was trained on recordings in a room, and on nothing else. Its spectral loss compares wet with wet:
#
# $$\hat y = x + h * x, \qquad x = \text{harmonics} + \text{noise}$$
#
# $x$ is the dry sound, $h$ the room's tail, one for all recordings and constant in time, and $*$ is convolution. No dry sound
# was ever there to compare $x$ with. All that is said about $x$ is a weak **pull towards silence** (lesson 11): of two explanations
# that sound alike, take the one in which the harmonics play less.
#
# > **Guess.** Why does the tail after a note end up in $h$, and not in $x$? **a** in a rest the loudness curve says
# > *silence*, so the network plays nothing · **b** one fixed filter explains all tails at once, and the oscillators have
# > moved on to another pitch · **c** the loss prefers dry sounds · **d** the room's first tap is fixed to 1

# %% tags=["question"]
question("13.6", answer=None)

# %% [markdown]
# Now measure it. Where nobody plays, a dry sound is silent, nearly: a body rings on for some hundredths of a second, and a
# player needs as long to lift the bow. So take the frames in which the gate has been closed for a while and stays closed for
# a while: the **true rests**. We know them because a model played; with your own recordings you would have to find them by
# ear. The level there means nothing by itself, as anybody can turn a stem down. Put it against the level of the playing:
#
# $$L_\text{rest} = 10 \log_{10} \frac{\text{mean power in true rests}}{\text{mean power while a note is playing}} \quad \text{dB}$$
#
# ### Exercise 13.1: how loud is a rest?
#
# `power` is the mean square of the sound around each frame; `gate` goes from 0 (nobody plays) to 1. A note is **playing**
# where the gate is above 0.5. A frame **rests** if the gate is below 0.01 there, in each of the `after` frames before it, and
# in each of the `before` frames after it. (The names are seen from the notes: so long *after* one, so long *before* the next.)
# What lies outside of the take counts as closed.
#
# <details><summary>Hint 1</summary><code>closed[:-3]</code> are the frames three earlier than <code>closed[3:]</code>: <code>resting[3:] &= closed[:-3]</code>.</details>
# <details><summary>Hint 2</summary>Make <code>resting = closed.clone()</code> first: otherwise you change what you still compare with.</details>
# <details><summary>Hint 3</summary>Mean power first, then one logarithm. A mean of decibels weighs the faintest frames most.</details>


# %% tags=["exercise"]
def rest_level_db(power: Tensor, gate: Tensor, after: int, before: int) -> Tensor:
    """power [frames] and gate [frames]; after, before in frames -> level of the true rests against the playing, in dB"""
    ### BEGIN SOLUTION
    closed = gate < 0.01
    resting = closed.clone()
    for shift in range(1, after + 1):
        resting[shift:] &= closed[:-shift]
    for shift in range(1, before + 1):
        resting[:-shift] &= closed[shift:]
    return 10 * torch.log10(power[resting].mean() / power[gate > 0.5].mean())
    ### END SOLUTION


# %% tags=["check"]
rest_level_db = check("13.1", rest_level_db)

# %% [markdown]
# Four takes, a minute and a half, none of them from the training. For a wide measure we spare the tracker and use the pitch
# that was commanded; the loudness is that of the recording, tail included, as ever. The same music played again, with other
# bow noise, shows how much of a difference means nothing.

# %%
bundled = autoencoder.bundled()
with torch.no_grad():
    learned = bundled.room()
SEEDS = (4, 5, 7, 15)
takes = [instruments.bowed_string(minutes=0.4, seed=seed, progress=False)[0] for seed in SEEDS]
sure = [data.Features(each.f0_hz, torch.ones_like(each.f0_hz), each.loudness_db) for each in takes]
with torch.no_grad():
    decoded = [bundled.decode(each) for each in sure]
    played = [bundled.synthesize(each, generator=same_noise()) for each in decoded]
retakes = [instruments.bowed_string(minutes=0.4, seed=seed, noise_seed=1, progress=False)[0] for seed in SEEDS]
sounds = {
    "recording": [each.audio for each in takes],
    "network, wet": [each.wet for each in played],
    "network, dry": [each.dry for each in played],
    "true dry": [each.dry for each in takes],
    "true dry, played again": [each.dry for each in retakes],
}
gates = torch.cat([each.gate[0] for each in takes])


def power_of(each: list[Tensor]) -> Tensor:
    """Mean square of 16 ms around every frame, of all takes in a row, [frames]."""
    return torch.cat([torch.from_numpy(room_metrics.frame_power(sound, take.config)) for sound in each])


rests = {name: float(rest_level_db(power_of(each), gates, after=25, before=10)) for name, each in sounds.items()}
plots.bars(
    rests,
    y_label="level of the rests (dB, playing is 0)",
    title="0.1 s after a note and later, while nobody plays",
    digits=0,
    alt="Five bars downwards: the recording and the wet network end near -25 dB, the network's dry stem at -49 dB, the true dry sound and the one played again near -45 dB.",
)

# %% tags=["number"]
report("the recording's rests", rests["recording"], "dB", digits=0)
report("the true dry sound's", rests["true dry"], "dB", digits=0)
verdict(
    "the network's dry stem is drier than the recording by",
    rests["recording"] - rests["network, dry"],
    above=20,
    unit="dB",
)
verdict(
    "the network's wet sound is off the recording by",
    abs(rests["recording"] - rests["network, wet"]),
    below=3,
    unit="dB",
)

# %% [markdown]
# Twenty-odd decibels, for free. From a tenth of a second after a note the dry stem is as dry as the truth, or drier. (A string
# that was let go rings on a little by itself. To the network that is one more tail, and the room may have it.) Right after a note
# it is not: the measure of lesson 11 begins half as late, and finds the dry stem 19 dB drier than the recording where the truth is 30.
#
# The same by time: how long the sound would take to die away by 60 dB after a note ends, in the median over all phrases; and
# how far the levels of 40 mel bands are off the true dry sound's while nobody plays.

# %%
masks = [frame_masks(take, features) for take, features in zip(takes, sure, strict=True)]


def decay_times(each: list[Tensor]) -> Tensor:
    """Seconds for 60 dB after the last note of each phrase that has a rest."""
    times = []
    for sound, take, mask in zip(each, takes, masks, strict=True):
        for piece in cut_phrases(take, mask):
            inside = sound[0, piece.start * HOP_SIZE : piece.stop * HOP_SIZE]
            closed = mask.cut(piece.start, piece.stop).closed
            times.append(60 / room_metrics.decay_rate_db_per_s(inside, closed, take.config))
    return torch.tensor(times)


def mel_errors(each: list[Tensor], truth: list[Tensor], which: str) -> list[float]:
    """Mean difference of levels in 40 mel bands, in dB, take by take, over the frames of one mask."""
    return [
        metrics.mel_band_error_db(
            metrics.mel_levels_db(true, take.config), metrics.mel_levels_db(sound, take.config), getattr(mask, which)
        )
        for sound, true, take, mask in zip(each, truth, takes, masks, strict=True)
    ]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


# %% tags=["number"]
report("recording: 60 dB in", decay_times(sounds["recording"]).nanmedian(), "s", digits=1)
report("true dry: 60 dB in", decay_times(sounds["true dry"]).nanmedian(), "s", digits=1)
verdict("network, dry: 60 dB in", decay_times(sounds["network, dry"]).nanmedian(), below=0.25, unit="s")
in_rests = {name: mean(mel_errors(each, sounds["true dry"], "resting")) for name, each in sounds.items()}
report("recording in the rests, off the true dry sound by", in_rests["recording"], "dB", digits=0)
verdict("network, dry, off by", in_rests["network, dry"], below=4, unit="dB")
report("true dry, played again, off by", in_rests["true dry, played again"], "dB", digits=1)

# %% [markdown]
# ## What goes wrong: a measure that can be fooled
#
# Before you believe these numbers, try to get them without any merit. Take the recording and switch it off where nobody
# plays. That is a **noise gate**, a box that every stage knows.

# %%
sounds["gated recording"] = [each.audio * dsp.upsample(each.gate, HOP_SIZE) for each in takes]
gated_rest = float(rest_level_db(power_of(sounds["gated recording"]) + 1e-12, gates, after=25, before=10))
gated_mel = mean(mel_errors(sounds["gated recording"], sounds["true dry"], "resting"))
gate_here = dsp.upsample(take.gate[:, first:last], HOP_SIZE)
listening.compare(
    {
        "the recording": level(phrase.audio),
        "gated": level(phrase.audio * gate_here),
        "the network, dry": level(stems.dry),
    },
    f0_hz=heard.f0_hz,
)

# %% tags=["number"]
verdict("gated recording: level of the rests", gated_rest, below=-60, unit="dB")
verdict("gated recording in the rests, off the true dry sound by", gated_mel, below=4, unit="dB")
report("gated recording: 60 dB in", decay_times(sounds["gated recording"]).nanmedian(), "s", digits=1)

# %% [markdown]
# By all three measures the gate is as good as the network, or better. But listen: within the phrase the room is still there,
# each note hangs over into the next one. So look *there*: while a note is playing, how strong is the one before it still?
# That note's frequency is known; correlate with one's own oscillator (lesson 04), a tenth of a second long.


# %%
def level_at(sound: Tensor, hz: float, seconds: float) -> Tensor:
    """How strong one frequency is in the 100 ms around a moment, in dB: 0 is a sine of amplitude 1."""
    start = round(seconds * SAMPLE_RATE) - 800
    turning = torch.polar(torch.hann_window(1600) / 400, -2 * math.pi * hz * torch.arange(1600) / SAMPLE_RATE)
    return dsp.amplitude_to_db((sound[0, start : start + 1600] * turning).sum().abs(), floor_db=-120)


# From a note to a higher one without a gap: no harmonic of the new one lies where the old one was.
leaps = [
    (index, float(dsp.midi_to_hz(torch.tensor(old.midi))), old.end_s, new.start_s)
    for index, each in enumerate(takes)
    for old, new in zip(each.notes, each.notes[1:], strict=False)
    if new.start_s - old.end_s < 0.02
    and new.midi - old.midi >= 2
    and old.end_s - old.start_s > 0.25
    and new.end_s - new.start_s > 0.35
]


def old_note_db(each: list[Tensor]) -> Tensor:
    """The old note 0.15 s into the new one, against what it was: median over the leaps, in dB."""
    falls = [level_at(each[i], hz, new_s + 0.15) - level_at(each[i], hz, end_s - 0.08) for i, hz, end_s, new_s in leaps]
    return torch.stack(falls).median()


index, hz, end_s, _ = next(leap for leap in leaps if leap[0] == 0 and leap[2] > 12)  # the one shown
moments = torch.arange(-0.25, 0.5, 0.01)
shown = {
    name: torch.stack([level_at(each[index], hz, end_s + float(moment)) for moment in moments])
    for name, each in sounds.items()
    if name not in ("network, wet", "true dry, played again")
}
plots.curves(
    moments,
    {name: curve - curve[:12].mean() for name, curve in shown.items()},
    x_label="time after the change of note (s)",
    y_label=f"level at {hz:.0f} Hz (dB, before it: 0)",
    title="What is left of a note while the next one plays",
    alt="Four curves around 0 dB before the change. The recording's and the gated recording's lie on one another, at -11 dB after 0.1 s and between -20 and -38 dB from 0.2 s on; the network's dry stem and the true dry sound are near -35 dB within 0.05 s.",
)

# %% tags=["number"]
report("leaps", len(leaps), digits=0)
for name in ("recording", "gated recording", "true dry"):
    report(f"{name}: the old note in the new one", old_note_db(sounds[name]), "dB", digits=0)
verdict("network, dry: the old note in the new one", old_note_db(sounds["network, dry"]), below=-30, unit="dB")

# %% [markdown]
# That cannot be fooled by a gate. And it shows *why* dereverberation comes for free. The network's oscillators play whole
# multiples of one pitch. When the pitch has moved, they cannot say the old note, whatever the loss would like. Only $h$ can.
# What looked like a weakness, one pitch at a time, is what tells instrument from room. A **prior**, what a model can say
# before it has learned anything, has decided. (In a rest after the last note the pitch stands still, and the oscillators *could*
# play the tail. There the pull towards silence decides; it is a prior, too.)
#
# A tracker that hears the old note a little too long spoils some of this, and one long note, where the pitch never moves, all
# of it: in that case any room would do (lesson 05).
#
# ## What cannot be known
#
# Now look at the levels, which the player made equal for you. The true dry string is 1 dB softer than the recording. The
# network's dry stem is some 9 dB softer than its wet sound. And compare the colours: by how much is each band of the dry stem too
# weak, in the median while somebody plays? And by how much are the direct sound and the first 50 ms of the learned *room* too
# strong there?


# %%
def early_levels_db(room: Tensor) -> Tensor:
    """What the direct sound and the first 50 ms of a room do to each of 40 mel bands, in dB."""
    power = torch.fft.rfft(room[:800], 4096).abs().square()
    weights = dsp.mel_weights(40, 4096, sample_rate=SAMPLE_RATE, hz_min=30.0, hz_max=8000.0)
    return 10 * torch.log10(power @ weights / weights.sum(dim=0))


def differences_db(each: list[Tensor], truth: list[Tensor]) -> Tensor:
    """Levels less the true ones in 40 mel bands while somebody plays, [frames, 40]."""
    return torch.cat(
        [
            (metrics.mel_levels_db(sound, take.config) - metrics.mel_levels_db(true, take.config))[mask.sounding[::4]]
            for sound, true, take, mask in zip(each, truth, takes, masks, strict=True)
        ]
    )


true_room = takes[0].room
off_dry = differences_db(sounds["network, dry"], sounds["true dry"])
missing = -off_dry.median(dim=0).values
too_much = early_levels_db(learned) - early_levels_db(true_room)
low_mel, high_mel = dsp.hz_to_mel(torch.tensor([30.0, 8000.0]))
band_hz = dsp.mel_to_hz(torch.linspace(float(low_mel), float(high_mel), 42))[1:-1]
plots.curves(
    band_hz,
    {"missing in the dry stem": missing, "too much in the learned room": too_much},
    x_label="frequency (Hz)",
    y_label="level (dB)",
    log_x=True,
    title="Where the string's colour went",
    alt="Two jagged curves between -2 and 13 dB over frequency that follow each other closely, with a hill near 550 Hz and the highest one between 2 and 3 kHz.",
)

# %% tags=["number"]
alike = torch.corrcoef(torch.stack([missing, too_much]))[0, 1]
off_wet = differences_db(sounds["network, wet"], sounds["recording"])
verdict("correlation of the two curves", alike, above=0.9)


def softer_db(each: list[Tensor], than: list[Tensor]) -> Tensor:
    return 10 * torch.log10(torch.cat(than, dim=1).square().mean() / torch.cat(each, dim=1).square().mean())


report("true dry, softer than the recording by", softer_db(sounds["true dry"], sounds["recording"]), "dB", digits=0)
verdict(
    "the network's dry, softer than its wet by",
    softer_db(sounds["network, dry"], sounds["network, wet"]),
    above=8,
    unit="dB",
)
verdict("dry stem while playing, off by", off_dry.abs().mean(), above=6, unit="dB")
report("one fixed curve taken out, off by", (off_dry + missing).abs().mean(), "dB", digits=0)
report("wet sound while playing, off by", off_wet.abs().mean(), "dB", digits=0)

# %% [markdown]
# What is missing here is there. The two hills are the string's wooden body, whose strong modes our model has between 275 and
# 550 Hz and around 2.5 kHz. The network has moved it, and most of the level, into the first milliseconds of the room. Take
# one fixed curve out of the dry stem, and it is nearly as close to the truth as the wet sound. Was that a mistake? It could not
# know better, and one can prove it. Take any filter $g$ whose first tap is 1 and that has an inverse $g^{-1}$ which also
# rings out forwards in time (such filters are called *minimum-phase*). Then
#
# $$(x * g) * (g^{-1} * r) = x * r$$
#
# where $r$ is the whole room, direct sound included. The first tap of $g^{-1} * r$ is again 1. So $(x * g,\; g^{-1} * r)$ is
# another instrument in another room, as good as the first to every loss there can be that hears the wet sound only. (The pull
# towards silence does choose among them: the one whose dry sound is softest. That is not the true one.) Say
# $g = (1, 0.9)$, which makes a sound dull; its inverse is $1, -0.9, 0.81, -0.73, \dots$

# %%
whole_room = torch.cat([bundled.room().detach(), torch.zeros(300)])
dull = torch.tensor([1.0, 0.9])
inverse = (-0.9) ** torch.arange(300.0)
other_dry = dsp.fft_convolve(played[0].dry, dull)
other_wet = dsp.reverberate(other_dry, dsp.fft_convolve(whole_room[None], inverse)[0])
inside = slice(first * HOP_SIZE, last * HOP_SIZE)
listening.compare(
    {
        "dry": level(played[0].dry[:, inside]),
        "the other dry": level(other_dry[:, inside]),
        "in its room": level(played[0].wet[:, inside]),
        "the other in its other room": level(other_wet[:, inside]),
    }
)

# %% tags=["number"]
difference = (other_wet - played[0].wet).square().mean() / played[0].wet.square().mean()
verdict("the two wet sounds differ by", 10 * torch.log10(difference), below=-90, unit="dB")
bands = metrics.mel_levels_db(other_dry, take.config) - metrics.mel_levels_db(played[0].dry, take.config)
moved = bands[masks[0].sounding[::4]].mean(dim=0)
report("and the two dry ones in the highest band against the lowest, by", moved[-1] - moved[0], "dB", digits=1)

# %% [markdown]
# Wet, they are the same, as exactly as one can compute. Such a trade is called a **symmetry** of the synthesizer, and Hayes et al. (2025)
# ask what to do about symmetries. (It ends where $g$ would have to be long: a tail of half a second cannot be undone by an
# instrument that plays something else by then. The late decay *is* known, from rests and from moving pitch.)
#
# So never compare a learned room tap by tap. A loss of magnitudes hardly hears the phases of its spectrum, either. Compare what
# can be known, the slope of its decay: **T20**, read off between -5 and -25 dB of Schroeder's curve (lesson 05), octave by
# octave.

# %%
octaves = room_metrics.octave_bands_hz(SAMPLE_RATE)
slopes = {
    f"{band:.0f} Hz": [room_metrics.t20_s(room, sample_rate=SAMPLE_RATE, band_hz=band) for room in (learned, true_room)]
    for band in octaves
}
plots.bars(
    slopes,
    series=("learned", "true"),
    x_label="octave band",
    y_label="T20 (s)",
    title="How long the two rooms ring",
    alt="Six pairs of bars, all between 0.47 and 0.77 s: the learned room's is shorter by up to a ninth up to 2 kHz, and as long at 4 kHz.",
)

# %% tags=["number"]
worst = max(abs(ours / true - 1) for ours, true in slopes.values())
report("T20, largest difference in any octave", 100 * worst, "%", digits=0)
both = torch.stack([learned[1 : len(true_room)], true_room[1:]])
report("tap by tap, correlation", (both[0] * both[1]).sum() / both[0].norm() / both[1].norm(), digits=1)
for name, room in (("learned", learned), ("true", true_room)):
    report(
        f"direct to reverberant, {name}",
        room_metrics.direct_to_reverberant_db(room, sample_rate=SAMPLE_RATE),
        "dB",
        digits=0,
    )

# %% [markdown]
# > **Guess.** The learned room's direct sound is 13 dB weaker against its tail than the true one's. What follows? **a** the
# > network's wet sound has far too much reverberation · **b** it was not trained long enough · **c** its T20 must be too long
# > · **d** nothing that a wet sound could show

# %% tags=["question"]
question("13.7", answer=None)

# %% [markdown]
# ## Rooms exchanged
#
# A dry stem and a room, each by itself: so put them together anew. The string in a hall, a reed in the string's room. In
# words: the dry sound exactly, plus what the room adds.
#
# ### Exercise 13.2: another room
#
# `stems` has `.dry` and `.wet`, both [batch, samples]. `room` is an impulse response whose first tap stands where the direct
# sound is. Some rooms have a 1 there, some a 0 (a room says what *it* adds), and a measured one anything. Do not use it: the
# dry sound comes through as it is. The result is as long as the sound.
#
# <details><summary>Hint 1</summary><code>dsp.fft_convolve(audio, response)</code> cuts what it gives to the length of <code>audio</code>.</details>
# <details><summary>Hint 2</summary>A tail that begins with 0: <code>torch.nn.functional.pad(room[1:], (1, 0))</code>. Writing a 0 into <code>room</code> itself
# would spoil it for the next sound, and for autograd.</details>


# %% tags=["exercise"]
def swap_room(stems: autoencoder.Stems, room: Tensor) -> Tensor:
    """stems with .dry and .wet [batch, samples]; room [taps] -> the dry sound in that room, [batch, samples]"""
    ### BEGIN SOLUTION
    tail = torch.nn.functional.pad(room[1:], (1, 0))
    return stems.dry + dsp.fft_convolve(stems.dry, tail)
    ### END SOLUTION


# %% tags=["check"]
swap_room = check("13.2", swap_room)

# %%
rooms = {
    "a bathroom": instruments.room_impulse_response(0.35, seed=5, direct_to_reverberant_db=-4.0),
    "a hall": hall,
    "a cathedral": instruments.room_impulse_response(6.0, seed=8, direct_to_reverberant_db=-4.0),
}
exchanged = {}
for name, room in rooms.items():
    exchanged |= listening.with_yours(name, swap_room, lambda swap, room=room: level(swap(stems, room)))
listening.compare({"its own room": level(stems.wet), **exchanged})

# %% [markdown]
# And the other way round: another instrument in the room that was learned. A reed, dry, beside it in the true room. Half of
# it is right, its length. The other half you know where to look for: the learned room has swallowed the string's body, and
# now the reed plays in it.

# %%
reed = instruments.reed(minutes=0.4, seed=2, progress=False)[0].dry[:, : phrase.audio.shape[1]]
reed_stems = autoencoder.Stems(reed, torch.zeros_like(reed), reed, reed)
listening.compare(
    {
        "a reed, dry": level(reed),
        "in the true room": level(swap_room(reed_stems, true_room)),
        "in the room that was learned": level(swap_room(reed_stems, learned)),
    }
)

# %% [markdown]
# ### What goes wrong: two rooms
#
# With a recording there is no dry stem. Whoever puts it into a hall all the same, and that is what a reverb on a finished
# recording does, has it in two rooms:

# %%
wet_as_dry = replace(stems, dry=stems.wet)
listening.compare({"in a hall": level(swap_room(stems, hall)), "wet, in a hall": level(swap_room(wet_as_dry, hall))})
click = torch.nn.functional.pad(torch.ones(1, 1), (0, 3 * SAMPLE_RATE))
small = instruments.room_impulse_response(0.7, seed=2)
once = swap_room(autoencoder.Stems(click, click, click, click), small)
twice = swap_room(autoencoder.Stems(once, once, once, once), small)

# %% tags=["number"]
for name, response in (("one room of 0.7 s", once), ("twice the same", twice)):
    report(f"{name}: T20", room_metrics.t20_s(response[0], sample_rate=SAMPLE_RATE, band_hz=1000.0), "s", digits=2)
    tail_db = -room_metrics.direct_to_reverberant_db(response[0], sample_rate=SAMPLE_RATE)
    report(f"{name}: tail against direct sound", tail_db, "dB", digits=1)

# %% [markdown]
# ## Controls edited by hand
#
# Between the decoder and the synthesizer lie numbers with names: `f0_hz`, `amplitude`, `harmonic_distribution`,
# `noise_magnitudes`. Before you turn them, read them. Here is what the network says about the first 26 harmonics of low
# notes, the median of many:

# %%
playing = torch.cat([torch.from_numpy(mask.sounding) for mask in masks])
low = torch.cat([each.f0_hz[0] for each in decoded]) < 300
weights = torch.cat([each.harmonic_distribution[0] for each in decoded])[playing & low, :26]
recipe_db = dsp.amplitude_to_db(weights).median(dim=0).values
plots.stems(
    torch.arange(1, 27),
    recipe_db,
    x_label="harmonic",
    y_label="weight (dB)",
    title="What the network says about notes below 300 Hz",
    alt="Stalks that fall from about -18 to -49 dB, with gaps of 9 dB at harmonic 8 and 13 dB at harmonic 16.",
)

# %% [markdown]
# Harmonics 8 and 16 are weak. Now think of a string. Its $k$-th mode has $k$ bellies, and nodes, where it does not move at
# all, at every multiple of $1/k$ of its length. Whoever bows it on a node of a mode cannot drive this mode.
#
# > **Guess.** Where does the bow stand, in % of the string's length from the bridge?

# %% tags=["question"]
question("13.8", answer=None)

# %% tags=["number"]
dip = recipe_db[7] - (recipe_db[6] + recipe_db[8]) / 2
verdict("harmonic 8 against its neighbours", dip, below=-6, unit="dB")
report("where the bow of our string model stands", 100 * BOW_POSITION, "%", digits=1)

# %% [markdown]
# Nobody told the network that there is a bow. It can be read off because harmonics were given to it as something to say. (A
# body moves with no harmonic, and a room neither; a gap that keeps its *number* while the pitch changes must be the
# string's.)
#
# Now turn something. Begin with brightness. Sound engineers tilt a spectrum by so many **dB per octave**: a frequency twice
# as high gets so much more.
#
# Harmonic $k$ lies at $k f_0$, which is $\log_2 (k f_0 / f_\text{ref})$ octaves above any frequency of reference. With a tilt
# of $d$ dB per octave its weight $w_k$ becomes
#
# $$w_k \cdot 10^{\frac{d}{20} \log_2 \frac{k f_0}{f_\text{ref}}} \;=\; w_k \cdot 10^{\frac{d}{20} \log_2 k} \cdot 10^{\frac{d}{20} \log_2 \frac{f_0}{f_\text{ref}}}$$
#
# and the last factor is the same for all harmonics of a frame. The weights of a frame are to sum to 1, so it drops out. The
# knob does not need to know the pitch.
#
# > **Guess.** A tilt of 6 dB per octave, on a note of 196 Hz: by how many dB does harmonic 8 gain against harmonic 2?

# %% tags=["question"]
question("13.9", answer=None)

# %% [markdown]
# ### Exercise 13.3: a knob for brightness
#
# <details><summary>Hint 1</summary><code>torch.arange(1, harmonics + 1)</code> are the numbers; amplitudes, so 10^(dB/20).</details>
# <details><summary>Hint 2</summary>Each frame by itself: <code>weights.sum(-1, keepdim=True)</code>. What was 0, above Nyquist, stays 0.</details>


# %% tags=["exercise"]
def brighter(distribution: Tensor, db_per_octave: float) -> Tensor:
    """distribution [batch, frames, harmonics], each frame summing to 1 -> the same shape, tilted, summing to 1"""
    ### BEGIN SOLUTION
    k = torch.arange(1, distribution.shape[-1] + 1)
    weights = distribution * 10 ** (db_per_octave * torch.log2(k) / 20)
    return weights / weights.sum(-1, keepdim=True)
    ### END SOLUTION


# %% tags=["check"]
brighter = check("13.3", brighter)


# %%
def tilted(tilt, db_per_octave: float) -> Tensor:
    distribution = tilt(controls.harmonic_distribution, db_per_octave)
    return level(play(replace(controls, harmonic_distribution=distribution)).wet)


listening.compare(
    {
        "darker, -8 dB per octave": tilted(brighter, -8.0),
        "as it was": level(stems.wet),
        **listening.with_yours("brighter, 8 dB per octave", brighter, lambda tilt: tilted(tilt, 8.0)),
    }
)

# %% [markdown]
# All three were made equally strong for the player. Without that, darker would be louder: that the weights sum to 1 holds the
# sum of *amplitudes*, and it is their squares that make the power, and the ear's weighting that makes the loudness.
#
# Now with sliders. The vibrato is that of the player: the pitch curve less its own mean over a fifth of a second, taken so
# many times. (0 takes it out.) Breath replaces the bow's noise by breath.

# %%
CURVES = ("f0_hz", "amplitude", "harmonic_distribution", "noise_magnitudes")
until = 950  # frames: the first phrase


def edited(brightness: float, breath: float, vibrato: float) -> Tensor:
    short = replace(controls, **{name: getattr(controls, name)[:, :until] for name in CURVES})
    log_f0 = short.f0_hz.log2()
    slow = torch.nn.functional.avg_pool1d(log_f0, 51, stride=1, padding=25, count_include_pad=False)
    with_breath = breathy(short, breath) if breath > 0 else short
    changed = replace(
        with_breath,
        f0_hz=2 ** (slow + vibrato * (log_f0 - slow)),
        harmonic_distribution=brighter(short.harmonic_distribution, brightness),
    )
    sound = level(play(changed).wet)
    plots.spectrum(
        sound,
        sample_rate=SAMPLE_RATE,
        title="The edited phrase",
        floor_db=-110.0,
        alt="The spectrum of the edited phrase: harmonics as peaks, breath as a hill between them.",
    )
    return sound


listening.explore(
    edited,
    brightness=listening.Slider(-10.0, 10.0, 0.0, step=1.0, unit="dB per octave"),
    breath=listening.Slider(0.0, 1.0, 0.0, step=0.05),
    vibrato=listening.Slider(0.0, 4.0, 1.0, step=0.25),
)

# %% [markdown]
# ### Turned by hand, or asked for
#
# There are two ways to have it softer. Turn `amplitude` down; or ask the network for less loudness and let it choose. They are
# not the same, for a player who plays softly plays darker, and the network knows that. Its power's mean frequency, the
# **centroid** (lesson 12):


# %%
def centroid_hz(edit: autoencoder.Controls) -> Tensor:
    """Mean over sounding frames of the frequency about which the harmonics' power is balanced."""
    power = edit.harmonic_distribution.square()
    count = torch.arange(1, power.shape[-1] + 1)
    place = (power * count).sum(-1) / power.sum(-1) * edit.f0_hz
    return place[autoencoder.sounding_frames(heard)].mean()


with torch.no_grad():
    as_heard = bundled.decode(heard)
    softer = bundled.decode(replace(heard, loudness_db=heard.loudness_db - 16))
by_hand = replace(as_heard, amplitude=as_heard.amplitude * 10 ** (-16 / 20))
listening.compare(
    {
        name: level(bundled.synthesize(edit, generator=same_noise()).wet.detach())
        for name, edit in {"as heard": as_heard, "turned down by hand": by_hand, "asked to play softer": softer}.items()
    }
)

# %% tags=["number"]
report("turned down by hand: the centroid times", centroid_hz(by_hand) / centroid_hz(as_heard), digits=2)
verdict("asked to play softer: the centroid times", centroid_hz(softer) / centroid_hz(as_heard), below=0.95)

# %% [markdown]
# Levels are matched above, so what differs is timbre. The controls are independent knobs; a *player* would never turn them
# independently. An edit may therefore leave everything that the network, or the string, would ever do. That is a freedom for
# a composer and a warning for a scientist: that a number has a name does not mean that you know what else would change with
# it.
#
# ## A wavetable under the same decoder
#
# The network's 100 harmonics are recomputed every 4 ms. Older synthesizers could not afford that. They put **one period**
# into a table and read it faster or slower: a **wavetable**, one multiplication a sample instead of a hundred sines. The two
# are one thing. One period of a sum of sines, entry $m$ of $M$, is
#
# $$t_m = \sum_k w_k \sin\!\big(2\pi k \tfrac{m}{M}\big)$$
#
# and since this is an inverse Fourier transform, one inverse FFT makes the table. Of a sine with amplitude 1, bin $k$ of an
# rfft holds $-\tfrac{i}{2} M$: one half of it, as the other half lies at the negative frequency, and $-i$ as a sine is a
# cosine a quarter turn late.
#
# ### Exercise 13.4: one period
#
# Harmonic $k$ goes into bin $k$. Those that do not fit, from $M/2$ on, are left out. `size` is even.
#
# <details><summary>Hint 1</summary><code>torch.zeros(*distribution.shape[:-1], size // 2 + 1, dtype=torch.complex64)</code> is an empty spectrum; bin 0 stays 0.</details>
# <details><summary>Hint 2</summary><code>fitting = min(harmonics, size // 2 - 1)</code>, and then bins 1 to fitting, included.</details>
# <details><summary>Hint 3</summary><code>torch.fft.irfft(spectrum, size)</code> works along the last axis.</details>


# %% tags=["exercise"]
def one_period(distribution: Tensor, size: int) -> Tensor:
    """distribution [..., harmonics], amplitudes of sines -> one period of their sum, [..., size]"""
    ### BEGIN SOLUTION
    fitting = min(distribution.shape[-1], size // 2 - 1)
    spectrum = torch.zeros(*distribution.shape[:-1], size // 2 + 1, dtype=torch.complex64)
    spectrum[..., 1 : fitting + 1] = -0.5j * size * distribution[..., :fitting]
    return torch.fft.irfft(spectrum, size)
    ### END SOLUTION


# %% tags=["check"]
one_period = check("13.4", one_period)

# %% [markdown]
# Now take one table for everything, made of the mean distribution while the string sounds, and let the decoder's amplitude
# and pitch drive it.

# %%
SIZE = 512
sounding = autoencoder.sounding_frames(heard)[0]
own = bundled.synthesize(as_heard, generator=same_noise()).harmonic
average = as_heard.harmonic_distribution[0, sounding].mean(dim=0)
average = average / average.sum()


def read_tables(distribution: Tensor, make=None) -> Tensor:
    """The decoder's pitch and amplitude on tables made of a distribution, [harmonics] or [1, frames, harmonics]."""
    tables = (make or one_period)(distribution, SIZE)
    return dsp.wavetable_synthesis(as_heard.f0_hz, as_heard.amplitude, tables, **GRID)


def in_room(dry: Tensor) -> Tensor:
    return level(dsp.reverberate(dry, learned).detach())


careless = read_tables(average)
below_nyquist = dsp.normalize_harmonics(
    average.expand_as(as_heard.harmonic_distribution), as_heard.f0_hz, sample_rate=SAMPLE_RATE
)
one_table = read_tables(below_nyquist)
listening.compare(
    {
        "a hundred sines": in_room(own),
        **listening.with_yours("one table", one_period, lambda make: in_room(read_tables(average, make))),
        "its false partials alone, turned up": level(careless - one_table),
    }
)

# %% [markdown]
# ### What goes wrong: a table does not know about Nyquist
#
# The third sound is what should not be there. A hundred harmonics of 1000 Hz reach up to 100 kHz. The oscillators of lesson
# 02 leave out those above half the sample rate; the table reads them all, and they fold back (lesson 01). The remedy is a
# distribution with the mask of each frame's pitch, and so a table for each frame: `normalize_harmonics` before `one_period`.

# %%
window = slice(round(1.6 * SAMPLE_RATE), round(2.1 * SAMPLE_RATE))
high_hz = heard.f0_hz[0, 450]
plots.spectrum(
    {"one table": careless[0, window], "with a mask": one_table[0, window]},
    sample_rate=SAMPLE_RATE,
    floor_db=-110.0,
    title=f"Half a second around {high_hz:.0f} Hz",
    alt="Two spectra with the same harmonics; the one of the careless table has many smaller peaks between them, the masked one does not.",
)

# %% [markdown]
# With that repaired: what has a single table lost? All the changes of timbre: with pitch, with loudness, within a note. Give
# it more tables. Sort the frames by pitch (or by amplitude) into $K$ groups of equal size, and give each group a table of its
# own mean: a sampler with $K$ samples. For this count we take all four takes.

# %%
whole = replace(decoded[0], **{name: torch.cat([getattr(each, name) for each in decoded], dim=1) for name in CURVES})
sines = dsp.harmonic_synthesis(whole.f0_hz, whole.harmonic_amplitudes, **GRID)
sines_db = metrics.mel_levels_db(sines, take.config)


def in_groups(count: int, sort_by: Tensor) -> Tensor:
    """Frames in `count` groups by a curve [frames]; each has its mean distribution, with 40 ms from one to the next."""
    borders = torch.quantile(sort_by[playing], torch.linspace(0, 1, count + 1)[1:-1]) if count > 1 else sort_by[:0]
    members = torch.nn.functional.one_hot(torch.bucketize(sort_by, borders), count).float()
    recipes = (members * playing[:, None]).T @ whole.harmonic_distribution[0]
    recipes = recipes / recipes.sum(dim=-1, keepdim=True)
    mix = torch.nn.functional.avg_pool1d(members.T[None], 11, stride=1, padding=5, count_include_pad=False)[0].T
    return dsp.normalize_harmonics((mix @ recipes)[None], whole.f0_hz, sample_rate=SAMPLE_RATE)


def from_tables(distribution: Tensor) -> Tensor:
    return dsp.wavetable_synthesis(whole.f0_hz, whole.amplitude, one_period(distribution, SIZE), **GRID)


def off_the_sines(distribution: Tensor) -> float:
    """Mean difference in 40 mel bands while somebody plays, in dB."""
    return metrics.mel_band_error_db(sines_db, metrics.mel_levels_db(from_tables(distribution), take.config), playing)


counts = (1, 2, 4, 8, 16, 32)
lost = {
    name: torch.tensor([off_the_sines(in_groups(count, curve)) for count in counts])
    for name, curve in (("sorted by pitch", whole.f0_hz[0]), ("sorted by amplitude", whole.amplitude[0]))
}
plots.curves(
    torch.tensor(counts),
    lost,
    x_label="number of tables",
    y_label="mean difference in 40 mel bands (dB)",
    log_x=True,
    points=True,
    levels={"a table for every frame": off_the_sines(whole.harmonic_distribution)},
    alt="Two falling curves over 1 to 32 tables. Sorted by pitch the error falls from 2.9 to 0.7 dB, sorted by amplitude hardly at all; a line near zero marks a table for every frame.",
)

# %% tags=["number"]
false_partials = (careless - one_table).square().mean() / one_table.square().mean()
verdict("the false partials, against the rest", 10 * torch.log10(false_partials), above=-40, unit="dB")
rest_of = (from_tables(whole.harmonic_distribution) - sines).square().mean() / sines.square().mean()
verdict("a table for every frame, against a hundred sines", 10 * torch.log10(rest_of), below=-50, unit="dB")
verdict("one table: off by", lost["sorted by pitch"][0], above=0.6, unit="dB")
verdict(
    "eight by pitch, over eight by amplitude", lost["sorted by pitch"][3] / lost["sorted by amplitude"][3], below=0.5
)

# %% [markdown]
# With a table for every frame the two synthesizers are the same, but for the straight lines between the entries. In between
# you can read off what the network has learned about timbre: it depends on *pitch* far more than on amplitude. (One reason is
# the body, as far as the network has left it in the string: its hills stand still while the harmonics move through them.)
# Shan et al. (2022) let a network learn some tables and their mixture, in place of a hundred harmonics.
#
# ## Would you hear it?
#
# One table or a hundred sines: can you tell? A test in which you know what is playing tests your opinion. In an **A/B/X**
# test X is A or B by the fall of a coin, sixteen times, and you say which.

# %%
listening.abx(
    {
        "a hundred sines": level(in_room(own)[:, : until * HOP_SIZE]),
        "one table": level(in_room(one_table)[:, : until * HOP_SIZE]),
    },
    trials=16,
    name="one_table",
)

# %% [markdown]
# Say you got 12 of 16. Is that luck? Lesson 06 counted it for a guesser. For a planner one needs to know more: how often does
# somebody who *does* hear something, and is right with probability $p$, reach 12? One certain sequence of answers with $k$
# hits among $n$ has probability $p^k (1-p)^{n-k}$, and there are $\binom nk$ of them:
#
# $$P(X \ge r) = \sum_{k=r}^{n} \binom{n}{k}\, p^k (1-p)^{n-k}$$
#
# ### Exercise 13.5: so many or better
#
# <details><summary>Hint 1</summary><code>math.comb(trials, k)</code>; and <code>range(right, trials + 1)</code>, for a range ends before its end.</details>


# %% tags=["exercise"]
def at_least(right: int, trials: int, hit_rate: float) -> float:
    """the chance of `right` or more hits in `trials` independent trials, each a hit with probability hit_rate"""
    ### BEGIN SOLUTION
    return sum(math.comb(trials, k) * hit_rate**k * (1 - hit_rate) ** (trials - k) for k in range(right, trials + 1))
    ### END SOLUTION


# %% tags=["check"]
at_least = check("13.5", at_least)

# %% [markdown]
# > **Guess.** A listener who is right 70 % of the time, and a test of 16 trials that wants 12: how often, in %, does the test
# > find this listener?

# %% tags=["question"]
question("13.10", answer=None)

# %%
rates = torch.linspace(0.5, 1.0, 51)
needed = {
    trials: next(right for right in range(trials + 1) if at_least(right, trials, 0.5) < 0.05) for trials in (8, 16, 50)
}
plots.curves(
    100 * rates,
    {
        f"{right} of {trials}": [100 * at_least(right, trials, float(rate)) for rate in rates]
        for trials, right in needed.items()
    },
    x_label="how often a listener is right in one trial (%)",
    y_label="how often the test says so (%)",
    title="What a test of so many trials can find",
    levels={"5 %: so much is granted to a guesser": 5},
    alt="Three rising curves from below 5 percent at 50 to 100 at 100: the one of 50 trials is steepest, that of 8 trials flattest.",
)

# %% tags=["number"]
report("12 of 16 or better by guessing", 100 * at_least(12, 16, 0.5), "%", digits=1)
report("12 of 16 or better at a hit rate of 70 %", 100 * at_least(12, 16, 0.7), "%", digits=0)
report("at a hit rate of 90 %", 100 * at_least(12, 16, 0.9), "%", digits=0)

# %% [markdown]
# So a test that fails says *not shown to be audible*, and never *the same*. And the number of trials stands before the first
# one. Suppose one looks at $P$ after every trial, and stops when it is below 5 %. Here are four thousand guessers who do
# that, for up to fifty trials:

# %%
coins = torch.rand(4000, 50, generator=torch.Generator().manual_seed(0)) < 0.5
enough = torch.tensor([next(r for r in range(n + 2) if at_least(r, n, 0.5) < 0.05) for n in range(1, 51)])
lucky = (coins.cumsum(dim=1) >= enough).any(dim=1).float().mean()

# %% tags=["number"]
report("guessers who have 'heard a difference' in the end", 100 * lucky, "%", digits=0)

# %% [markdown]
# Three times as many as the 5 % that one had in mind. That is why the test above says nothing of right or wrong before the
# last trial.
#
# ## What this prior cannot say
#
# One pitch, its whole multiples, noise that is smooth over 4 ms, one constant room. We have seen what this gives us. This
# page is on what it takes away. To be fair, leave the network out: give the *synthesizer* its best chance, and fit its
# controls to one sound by gradient descent, as in lesson 09, with the pitch that the tracker hears. Three sounds: a note of
# our string; the same with another string on top, a tritone higher; and a bell, ten partials at ratios that no harmonic
# series has.

# %%
FRAMES = 200  # 0.8 s
n = torch.arange(FRAMES * HOP_SIZE) / SAMPLE_RATE
BELL_HZ = 400 * torch.tensor([0.5, 1.0, 1.2, 1.5, 2.0, 2.67, 3.0, 4.1, 5.4, 6.8])


def bowed(hz: float, noise_seed: int = 0) -> Tensor:
    gate = torch.ones(FRAMES)
    gate[:5], gate[-25:] = 0, 0
    return instruments.play("bowed_string", hz, 0.6, gate, noise_seed=noise_seed, room=torch.ones(1)).audio


def strong(sound: Tensor) -> Tensor:
    return 0.07 * sound / sound.square().mean().sqrt()


def bell() -> Tensor:
    strengths = torch.tensor([0.4, 0.6, 0.5, 0.3, 1.0, 0.4, 0.35, 0.3, 0.2, 0.15])
    since = (n - 0.05).clamp(min=0)  # struck after 50 ms
    dying = torch.exp(-since * (BELL_HZ / 400).sqrt()[:, None] / 0.5)
    ringing = (strengths[:, None] * dying * torch.sin(2 * math.pi * BELL_HZ[:, None] * since)).sum(dim=0)
    return (ringing * (since / 0.002).clamp(max=1) * ((n[-1] - n) / 0.1).clamp(max=1))[None]


def filled(frequencies: Tensor) -> Tensor:
    """[1, frames, few] -> [1, frames, 40]: the rest lies at Nyquist, and is silent."""
    return torch.nn.functional.pad(frequencies, (0, 40 - frequencies.shape[-1]), value=SAMPLE_RATE / 2)


def steady(hz: float, harmonics: int) -> Tensor:
    return dsp.harmonic_frequencies(torch.full((1, FRAMES), hz), harmonics)


one, two, rings = strong(bowed(440.0)), strong(bowed(440.0) + bowed(622.25, 1)), strong(bell())
tracked = [data.extract_features(data.Recording(sound)).f0_hz for sound in (one, two, rings)]
tasks = {
    "one note": (one, dsp.harmonic_frequencies(tracked[0], 40)),
    "two notes, one pitch": (two, dsp.harmonic_frequencies(tracked[1], 40)),
    "two notes, two pitches": (two, filled(torch.cat([steady(440.0, 18), steady(622.25, 12)], dim=-1))),
    "a bell, one pitch": (rings, dsp.harmonic_frequencies(tracked[2], 40)),
    "a bell, its own partials": (rings, filled(BELL_HZ.expand(1, FRAMES, -1))),
}
target = torch.cat([sound for sound, _ in tasks.values()])
frequencies = torch.cat([each for _, each in tasks.values()])


def fit(target: Tensor, frequencies: Tensor, count: int) -> Tensor:
    """Free amplitudes for sines at given frequencies [batch, frames, sines], free noise: fitted to target."""
    spectrum = torch.stft(target, 1024, HOP_SIZE, window=torch.hann_window(1024), return_complex=True)[..., :FRAMES]
    bins = (frequencies * 1024 / SAMPLE_RATE).round().long().clamp(max=512)
    there = (spectrum.abs().transpose(1, 2) / 256).gather(2, bins)  # a first guess, as in lesson 09
    log_amplitudes = there.clamp_min(1e-5).log().requires_grad_()
    log_noise = torch.full((*frequencies.shape[:2], 65), math.log(1e-3), requires_grad=True)
    optimizer, loss = torch.optim.Adam([log_amplitudes, log_noise], lr=0.1), dsp.SpectralLoss()
    generator = torch.Generator().manual_seed(0)
    for _ in range(count):
        amplitudes = log_amplitudes.exp() * (frequencies < SAMPLE_RATE / 2)
        sound = dsp.sinusoidal_synthesis(frequencies, amplitudes, **GRID)
        sound = sound + dsp.filtered_noise(log_noise.exp(), hop_size=HOP_SIZE, generator=generator)
        optimizer.zero_grad()
        loss(sound, target).backward()
        optimizer.step()
    return sound.detach()


fitted = dict(zip(tasks, fit(target, frequencies, steps(100)).split(1), strict=True))
spectral_loss = dsp.SpectralLoss()
losses = {name: float(spectral_loss(sound, tasks[name][0])) for name, sound in fitted.items()}
again = {
    "one note": float(spectral_loss(strong(bowed(440.0, 5)), one)),
    "two notes": float(spectral_loss(strong(bowed(440.0, 5) + bowed(622.25, 6)), two)),
}
listening.compare(
    {
        "two strings": two,
        "one pitch says it": fitted["two notes, one pitch"],
        "two pitches": fitted["two notes, two pitches"],
    }
)

# %%
listening.compare(
    {
        "a bell": rings,
        "one pitch says it": fitted["a bell, one pitch"],
        "its own partials": fitted["a bell, its own partials"],
    }
)
plots.spectrum(
    {"a bell": rings, "one pitch says it": fitted["a bell, one pitch"]},
    sample_rate=SAMPLE_RATE,
    high_hz=3000.0,
    floor_db=-80.0,
    title="A bell, and the nearest that harmonics and noise come",
    alt="The bell's spectrum has ten peaks up to 2720 Hz; the fit has the five on multiples of 200 Hz, none of the strength of those at 480, 1068, 1640 and 2720 Hz, and noise below 1 kHz that the bell does not have.",
)

# %%
plots.bars(
    {name.replace(", ", ",\n"): value for name, value in losses.items()},
    y_label="spectral loss after the fit",
    title=f"The same fit, five times (played again: {again['one note']:.1f} for one note, {again['two notes']:.1f} for two)",
    alt="Five bars: one note near 3; two notes near 4.5 by one pitch and near 3 by two; a bell near 6 by one pitch and near 4 by its own partials.",
)

# %% tags=["number"]
verdict("one note, over the same played again", losses["one note"] / again["one note"], below=1.3, of_training=True)
verdict(
    "two notes by one pitch, over one note",
    losses["two notes, one pitch"] / losses["one note"],
    above=1.3,
    of_training=True,
)
verdict(
    "a bell by one pitch, over one note", losses["a bell, one pitch"] / losses["one note"], above=1.5, of_training=True
)
better = losses["a bell, one pitch"] / losses["a bell, its own partials"]
verdict("a bell by one pitch, over a bell by its own partials", better, above=1.3, of_training=True)

# %% [markdown]
# One note it can say nearly as well as a second take says it. Of two notes it has one, and makes noise of the other. The bell's
# minor third, at 480 Hz, is no multiple of the 200 Hz that the tracker hears, and so noise has to stand in for it. And
# nothing has to be learned to mend it: with the right *frequencies*, the same amplitudes, noise and loss do it. It was never
# a matter of training. A prior that makes a violin easy makes a bell impossible, and that is one and the same property.
#
# | it cannot say | because | where research went on |
# |:--|:--|:--|
# | a bell, a piano's stiff string | partials are whole multiples of one pitch | `harmonic_shifts` in `dsp.harmonic_synthesis` bends them; frequency modulation: DDX7 ([2208.06169](https://arxiv.org/abs/2208.06169)) |
# | chords, two players | one pitch | mixtures: Kawamura et al. 2022 ([2202.00200](https://arxiv.org/abs/2202.00200)), Schulze-Forster et al. 2023 |
# | a click, a hammer | controls every 4 ms, noise through filters that are as long | transients: Shier et al. 2023 ([2309.06649](https://arxiv.org/abs/2309.06649)); narrow noise bands: NoiseBandNet ([2307.08007](https://arxiv.org/abs/2307.08007)) |
# | noise in step with the period, a rough voice | the noise does not know the phase of the harmonics | source and filter of a voice: GOLF ([2306.17252](https://arxiv.org/abs/2306.17252)) |
# | words, up- and down-bow | not the synthesizer: two curves do not contain them | more inputs; filters that sample by sample follow a voice: Yu and Fazekas 2024 ([2406.05128](https://arxiv.org/abs/2406.05128)) |
# | a room that changes, or one room for each recording | one constant impulse response | rooms of a few numbers: Lee et al. 2021 ([2105.13940](https://arxiv.org/abs/2105.13940)), FLAMO ([2409.08723](https://arxiv.org/abs/2409.08723)) |
#
# ## What to believe
#
# | the model says | believe it? |
# |:--|:--|
# | its pitch | as far as the tracker: it goes straight through |
# | the tail in the rests, and from note to note, is room | yes, from a tenth of a second after a note: measured against the truth |
# | how long the room rings | yes, within about a ninth in every octave |
# | the room's colour and level, the dry string's colour and level | only their product |
# | single taps of the room | no |
# | harmonic 8 is weak: a bow at an eighth of the string | yes: it keeps its number while the pitch moves |
# | timbre changes with pitch, with dynamics | yes, inside of what it was trained on (lesson 12) |
# | what would happen if one control alone were turned | it is a new sound, not a fact about strings |
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `rest_level_db` | `autoencoder/room_metrics.py` | takes the sound, and frames that were chosen elsewhere (`phrases.frame_masks`); floor at -80 dB |
# | `swap_room` | `autoencoder.swap_room` | hands back all stems; refuses what is no room |
# | `brighter` | – | yours alone: edits are for you to write |
# | `one_period` | – (`dsp.wavetable_synthesis` reads it) | reads between the entries and from frame to frame, with gradients to the table |
# | `at_least` | `classroom/listening/blind.py` | by SciPy, with the interval of the hit rate |
#
# That is the main course: from one sine to an instrument that was trained, sung into, taken apart, and doubted.

# %%
show_progress(13)

# %% [markdown]
# **To read.** Engel et al.: *DDSP*, 2020, [arXiv:2001.04643](https://arxiv.org/abs/2001.04643), section 5 (dereverberation is
# in 5.3). Hayes et al.: symmetries of synthesizers, ISMIR 2025, [arXiv:2506.07199](https://arxiv.org/abs/2506.07199). Shan et
# al.: *Differentiable wavetable synthesis*, 2022, [arXiv:2111.10003](https://arxiv.org/abs/2111.10003). Hayes et al.: *A
# review of differentiable digital signal processing for music and speech synthesis*, 2024,
# [doi:10.3389/frsip.2023.1284100](https://doi.org/10.3389/frsip.2023.1284100). Serra and Smith 1990, once more.
#
# **To try.** Give the colour back: filter the dry stem by the curve that is missing in it, and hear a string without a room
# but with a body. Train with `overrides={"room_seconds": 0}` and measure the rests again: the control that shows what the
# room is good for. Put your own voice, transferred, into a cathedral. Fit a piano note with `harmonic_shifts`.
#
# **Next.** Make something with it. And when somebody shows you a model with named knobs, ask: what happens in the rests?
# What came after the paper begins with lesson 15: a table instead of a hundred sines, and a delay that moves.
