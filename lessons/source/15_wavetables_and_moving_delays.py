# %% [markdown]
# # Lesson 15 · Wavetables and moving delays
#
# **You will build** two machines that read where no number stands: a table that plays at any pitch, and a delay that moves. Then you
# learn a table from a recording, and the knobs of a stranger's chorus from its sound.
#
# **You will hear** a reed turned into 256 numbers, tones that fall while the tune rises, one line of code as vibrato, flanger and chorus.
#
# **You need** lesson 01 (aliasing, and a gradient that cannot find a frequency), lesson 03 (straight lines between numbers), lesson 07
# (the spectral loss). Lesson 13 put a wavetable under a decoder; here you find out what is in it.
#
# **Time.** 55 minutes to read and do, 1 minute to run.

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
from ddsp_course.classroom import check, listening, plots, question, report, show_progress, steps, verdict

SAMPLE_RATE = 16_000
HOP_SIZE = 64
FRAME_RATE = SAMPLE_RATE // HOP_SIZE
GRID = {"sample_rate": SAMPLE_RATE, "hop_size": HOP_SIZE}
SIZE = 256  # entries of a table

# %% [markdown]
# ## First, the finished sound
#
# Two seconds of a reed, dry, at 220 Hz. From it, gradient descent learns one period: 256 numbers, and nothing else. They play a tune
# that the reed never played. The tune goes through three delays that move.


# %%
def reed_note(f0_hz: float, level: Tensor | float = 0.6, noise_seed: int = 0) -> Tensor:
    """-> [1, samples], two seconds of the reed, dry"""
    seconds = torch.arange(2 * FRAME_RATE) / FRAME_RATE
    gate = torch.minimum(seconds / 0.05, (2 - seconds) / 0.1).clamp(0, 1)
    return instruments.play("reed", f0_hz, level, gate, noise_seed=noise_seed, room=torch.ones(1)).audio


def envelope(audio: Tensor) -> Tensor:
    """audio [1, samples] -> its rms around each frame (32 ms), [1, frames]"""
    power = torch.nn.functional.avg_pool1d(audio.square()[:, None], 513, stride=1, padding=256)[:, 0]
    level = power.sqrt()[:, ::HOP_SIZE]
    level[:, 0] = 0  # no click where it begins
    return level


reed = reed_note(220.0)
reed_hz, reed_level = torch.full((1, 2 * FRAME_RATE), 220.0), envelope(reed)


def as_reed(tables: Tensor, f0_hz: Tensor = reed_hz) -> Tensor:
    """Tables, [size] or [tables, size], with the reed's pitch and level -> [1 or tables, samples]"""
    count = len(tables) if tables.ndim == 2 else 1
    return dsp.wavetable_synthesis(f0_hz.expand(count, -1), reed_level.expand(count, -1), tables, **GRID)


def limited(table: Tensor, f0_hz: float) -> Tensor:
    """table [size] -> [size], without the harmonics that have no place below 8000 Hz at this pitch"""
    return dsp.band_limit(table, torch.tensor([[f0_hz]]), sample_rate=SAMPLE_RATE)[0, 0]


def learn_tables(loss, start: Tensor, limits: tuple[bool, ...] = (True,), count: int = 150) -> Tensor:
    """Gradient descent on tables [tables, size], each so that, read 220 times a second, it sounds like the reed."""
    tables = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([tables], lr=0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, count)

    def as_told() -> Tensor:
        return torch.stack(
            [limited(table, 220.0) if limit else table for table, limit in zip(tables, limits, strict=True)]
        )

    for _ in range(count):
        optimizer.zero_grad()
        loss(as_reed(as_told()), reed.expand(len(tables), -1)).backward()
        optimizer.step()
        schedule.step()
    return as_told().detach()


def tune(table: Tensor) -> Tensor:
    """-> [1, samples], eight notes from a table"""
    notes = torch.tensor([57.0, 60.0, 64.0, 67.0, 69.0, 67.0, 64.0, 57.0]).repeat_interleave(112)
    within = (torch.arange(112) / 112).repeat(8)
    level = 0.1 * (within * 12).clamp(max=1) * ((110 / 112 - within) * 6).clamp(0, 1)
    f0_hz = dsp.midi_to_hz(notes)[None]
    tables = dsp.band_limit(table, f0_hz, sample_rate=SAMPLE_RATE)
    audio = dsp.wavetable_synthesis(f0_hz, level[None], tables, **GRID)
    return torch.nn.functional.pad(audio, (0, SAMPLE_RATE // 10))  # room for what comes late


def swing(n: int, rate_hz: float, start: float = 0.0) -> Tensor:
    """-> [1, n], from 0 to 1 and back, rate_hz times a second"""
    return 0.5 + 0.5 * torch.sin(2 * math.pi * rate_hz * torch.arange(n) / SAMPLE_RATE + start)[None]


def ensemble(audio: Tensor) -> Tensor:
    """audio [1, n] with three late copies of it, each drifting at its own pace"""
    copies = [
        dsp.modulated_delay(
            audio,
            swing(audio.shape[1], rate),
            centre_ms=centre,
            depth_ms=2.5,
            gain=0.6,
            add_dry=False,
            sample_rate=SAMPLE_RATE,
        )
        for rate, centre in ((0.6, 14.0), (0.83, 19.0), (1.1, 24.0))
    ]
    return 0.6 * (audio + sum(copies))


square_error = torch.nn.MSELoss()
learned = learn_tables(square_error, torch.zeros(1, SIZE), count=steps(150))[0]
played = tune(learned)
listening.compare({"the reed": reed, "256 numbers": played, "and three moving delays": ensemble(played)})

# %% [markdown]
# Table and delay look like two machines. They are one: **a reading head over a strip of numbers.** The strip of the table is a loop, and
# the head goes round $f_0$ times a second. The strip of the delay is the sound so far, and the head follows the newest sample at some
# distance. In both, the head stands *between* numbers almost always. So that comes first.
#
# ## A place between two entries
#
# A table $t_0 \dots t_{M-1}$ holds one period. At the **place** $p$, counted in entries, with $m = \lfloor p \rfloor$ and $a = p - m$, read
#
# $$y = (1 - a)\, t_m + a\, t_{m+1}$$
#
# and since the strip is a loop, all indices count modulo $M$: after the last entry comes the first. Two slopes follow, and the rest of
# the lesson lives on them:
#
# $$\frac{\partial y}{\partial t_m} = 1 - a, \quad \frac{\partial y}{\partial t_{m+1}} = a, \qquad \frac{\partial y}{\partial p} = t_{m+1} - t_m$$
#
# The table can be learned: each sample pulls on two entries. The place can be learned too, *as long as the strip's slope tells the way*: it
# knows the hill that it stands on, and nothing beyond. Remember that for the end.
#
# ### Exercise 15.1: read a table
#
# `place` may lie anywhere, also far beyond the table, also below 0.
#
# <details><summary>Hint 1</summary><code>entry = place.floor()</code> is the entry before; a table needs whole numbers to index: <code>.long()</code>.</details>
# <details><summary>Hint 2</summary>In Python <code>-1 % size</code> is <code>size - 1</code>, in torch too. Wrap both entries.</details>


# %% tags=["exercise"]
def read_table(table: Tensor, place: Tensor) -> Tensor:
    """table [size], place [n] in entries -> [n], straight lines between entries, round and round"""
    ### BEGIN SOLUTION
    entry = place.floor()
    between = place - entry
    here = entry.long() % len(table)
    following = (here + 1) % len(table)
    return (1 - between) * table[here] + between * table[following]
    ### END SOLUTION


# %% tags=["check"]
read_table = check("15.1", read_table)

# %% [markdown]
# ### What straight lines add
#
# One period of a sine, in 16 entries, read 110 times a second. Beside it the same in 256.


# %%
def sine_table(size: int) -> Tensor:
    return torch.sin(2 * math.pi * torch.arange(size) / size)


def steady(table: Tensor, f0_hz: float, seconds: float = 1.5) -> Tensor:
    """A table read f0_hz times a second, [samples], with 20 ms at both ends that are not abrupt."""
    turns = torch.arange(round(seconds * SAMPLE_RATE), dtype=torch.float64) * f0_hz / SAMPLE_RATE
    ends = (torch.arange(len(turns)) / (0.02 * SAMPLE_RATE)).clamp(max=1)
    return read_table(table.double(), turns % 1 * len(table)) * ends * ends.flip(0)


coarse, fine = steady(sine_table(16), 110.0), steady(sine_table(256), 110.0)
listening.compare(
    {
        "256 entries": 0.3 * fine,
        "16 entries": 0.3 * coarse,
        "what 16 entries add, 30 dB louder": 0.3 * 10 ** (30 / 20) * (coarse - fine),
    }
)
turn = torch.arange(640) / 640
plots.curves(
    16 * turn,
    {"16 entries": read_table(sine_table(16), 16 * turn), "a sine": torch.sin(2 * math.pi * turn)},
    x_label="place (entries)",
    y_label="amplitude (no unit)",
    title="One period, read between 16 entries",
    marks=range(0, 17),
    alt="A sine and a chain of 16 straight pieces inside it that touches it at every entry; at the tops the chain cuts the curve off a little.",
)

# %% [markdown]
# > **Guess before you look.** You know this from lesson 03: filling in between frames leaves copies of a wave of 1 swing a period around
# > 16 swings a period, at harmonics 15 and 17, and straight lines have the gain $\operatorname{sinc}^2(k/16)$ at harmonic $k$. The sine of the
# > numerator, $\sin(\pi k/16)$, is the same size for $k = 1, 15, 17$. So how many dB is the strongest false harmonic *against the tone* (a
# > minus sign is part of the answer)?

# %% tags=["question"]
question("15.6", answer=None)

# %%
plots.spectrum(
    {"16 entries": coarse, "256 entries": fine},
    sample_rate=SAMPLE_RATE,
    high_hz=6000,
    floor_db=-120,
    title="A sine of 110 Hz from two tables",
    marks_hz={"15": 15 * 110, "17": 17 * 110, "31": 31 * 110, "33": 33 * 110},
    alt="Both have the tone at 110 Hz; the table of 16 entries adds pairs of lines around the 16th, 32nd and 48th harmonic, the first pair near -47 and -49 dB, the second near -60, the third near -67; of 256 entries nothing but the tone is above -95 dB.",
)


# %%
def level_at(sound: Tensor, f_hz: float) -> Tensor:
    """The amplitude of one line in a sound [samples], under a Hann window."""
    n = torch.arange(len(sound), dtype=torch.float64)
    window = torch.hann_window(len(sound), dtype=torch.float64)
    return 2 * (sound * window * torch.exp(-2j * math.pi * f_hz * n / SAMPLE_RATE)).sum().abs() / window.sum()


# %% tags=["number"]
for size, k in ((16, 15), (16, 17), (32, 31)):
    sound = steady(sine_table(size), 110.0)
    measured = dsp.amplitude_to_db(level_at(sound, k * 110.0) / level_at(sound, 110.0))
    report(f"{size} entries, harmonic {k}, measured", measured, "dB", digits=1)
    report("by the formula, 1 / k²", -40 * math.log10(k), "dB", digits=1)

# %% [markdown]
# The false harmonic $jM \pm 1$ stands at $1/(jM \pm 1)^2$: **12 dB less for every doubling of the table**. That is for one sine. Harmonic $h$
# in the table has its copies at $jM \pm h$, at $h^2/(jM \pm h)^2$, so the highest harmonic is read worst. Tables are large for that
# reason, not because
# they have much to say.
#
# ## What goes wrong: tones that fall while the tune rises
#
# A sawtooth in a table of 2048, all its 1023 harmonics $1/k$. Glide up three octaves.

# %%
k = torch.arange(1, 1024, dtype=torch.float64)
saw = (torch.sin(2 * math.pi * k[:, None] * torch.arange(2048) / 2048) / k[:, None]).sum(0).float() / 2
glide_hz = dsp.midi_to_hz(torch.linspace(57, 93, 4 * FRAME_RATE))[None]
rising = torch.linspace(0, 1, 4 * FRAME_RATE)
glide_level = 0.25 * torch.minimum(rising * 20, (1 - rising) * 20).clamp(max=1)[None]
careless = dsp.wavetable_synthesis(glide_hz, glide_level, saw, **GRID)
plots.spectrogram(
    careless,
    sample_rate=SAMPLE_RATE,
    log_frequency=False,
    low_hz=0,
    range_db=60,
    title="A sawtooth from one table, 220 to 1760 Hz",
    alt="Harmonics rise and spread like a fan; between them a net of fainter lines runs steeply up and down, folded at 8000 and 0 Hz.",
)
listening.compare({"one table": careless})

# %% [markdown]
# The head jumps over more and more entries from one sample to the next. Whatever harmonic $k f_0$ lies above half the sample rate $f_s/2$
# = 8000 Hz is folded
# back (lesson 01): then it falls as the pitch rises.
#
# > **Guess.** Not a sawtooth, but a table with 40 harmonics. Up to which pitch, in Hz, can it be read without aliasing, at 16 000 samples a second?

# %% tags=["question"]
question("15.7", answer=None)

# %% [markdown]
# ### Exercise 15.2: a table for a pitch
#
# The cure: take the harmonics out before reading. Entry by entry a table is one period, so bin $k$ of its Fourier transform *is* harmonic
# $k$, whatever the pitch will
# be. Keep those with $k f_0 < f_s / 2$ untouched. The mean, $k = 0$, is one of them.
#
# <details><summary>Hint 1</summary><code>torch.fft.rfft(table)</code> has bins 0 to size // 2. Multiply by a mask.</details>
# <details><summary>Hint 2</summary><code>torch.fft.irfft(spectrum, len(table))</code>: without the length it cannot know an odd one.</details>


# %% tags=["exercise"]
def band_limit(table: Tensor, f0_hz: float, sample_rate: int) -> Tensor:
    """table [size], the pitch it will be read at -> [size], without the harmonics that would alias"""
    ### BEGIN SOLUTION
    spectrum = torch.fft.rfft(table)
    stays = torch.arange(len(spectrum)) * f0_hz < sample_rate / 2
    return torch.fft.irfft(spectrum * stays, len(table))
    ### END SOLUTION


# %% tags=["check"]
band_limit = check("15.2", band_limit)

# %% [markdown]
# How much of the sound is false, at which pitch? What the careless table has more than the limited one, against the limited one. The
# sawtooth is never clean. The reed's table, with its 36 harmonics, is clean up to 8000/36 = 222 Hz; what follows depends on how strong
# its high harmonics are.


# %%
def false_db(table: Tensor, f0_hz: float) -> float:
    """The energy of what aliases, against the rest, in dB; -100 at the least."""
    right = steady(band_limit(table, f0_hz, SAMPLE_RATE), f0_hz, 0.5)
    difference = steady(table, f0_hz, 0.5) - right
    return max(-100.0, float(10 * torch.log10(difference.square().sum() / right.square().sum() + 1e-12)))


pitches_hz = (
    dsp.midi_to_hz(torch.arange(45.0, 101.0)) + 0.37
)  # near the piano's keys from 110 Hz on, and no round numbers
plots.curves(
    pitches_hz,
    {
        "sawtooth, 1023 harmonics": [false_db(saw, float(hz)) for hz in pitches_hz],
        "the reed's table, 36 harmonics": [false_db(learned, float(hz)) for hz in pitches_hz],
    },
    x_label="pitch (Hz)",
    y_label="false energy (dB against the rest)",
    title="Where aliasing begins",
    log_x=True,
    marks={"222 Hz": SAMPLE_RATE / 2 / 36},
    y_range=(-105, 25),
    alt="The sawtooth's false energy rises slowly from -22 dB at 110 Hz to -7 dB at 2600 Hz; the reed's table has none (-100 dB) up to 222 Hz, then leaps to -40 dB, passes the sawtooth's near 600 Hz and nears 0 dB.",
)

# %% [markdown]
# ### One table an octave
#
# A Fourier transform for each frame is nothing to us, and `dsp.band_limit` does just that. A synthesizer of 1980 could not do it. It kept
# a few tables,
# one an octave, each made for the *highest* pitch of its octave. Nothing aliases. But at the bottom of the octave that table is made for
# twice the pitch: half the
# harmonics are missing, and the sound ends at 4000 Hz.


# %%
def stepped_up(f0_hz: Tensor, tables_per_octave: int) -> Tensor:
    """The highest pitch that shares a table with f0_hz, in Hz, counted from 220 Hz."""
    steps_up = torch.floor(torch.log2(f0_hz / 220.0 + 1e-9) * tables_per_octave + 1e-4) + 1
    return 220.0 * 2 ** (steps_up / tables_per_octave)


made_for = {
    "one table": None,
    "a table an octave": stepped_up(glide_hz, 1),
    "a table a third": stepped_up(glide_hz, 3),
    "a table a frame": glide_hz,
}
glides = {"one table": careless} | {
    name: dsp.wavetable_synthesis(glide_hz, glide_level, dsp.band_limit(saw, pitch_hz, sample_rate=SAMPLE_RATE), **GRID)
    for name, pitch_hz in made_for.items()
    if pitch_hz is not None
}
listening.compare(glides, f0_hz=glide_hz[0])
plots.curves(
    glide_hz[0],
    {
        name: torch.ceil(SAMPLE_RATE / 2 / pitch_hz[0] - 1e-4).sub(1) * glide_hz[0]
        for name, pitch_hz in made_for.items()
        if pitch_hz is not None
    },
    x_label="pitch (Hz)",
    y_label="highest harmonic (Hz)",
    title="How far up the sound reaches",
    log_x=True,
    levels={"half the sample rate": SAMPLE_RATE / 2},
    y_range=(0, 8600),
    alt="With a table an octave the highest harmonic climbs from about 4000 to 8000 Hz in each octave and falls back; with three tables an octave it falls to about 6000; with a table a frame it stays near 8000 Hz, in small teeth that grow with the pitch.",
)

# %% [markdown]
# A table an octave is clean, and you hear its brightness fall twice on the way up, at 440 and at 880 Hz. Three an octave are nearly as
# good as one a
# frame. Old machines mixed two neighbours to hide the seam.
#
# ## A table learned from a recording
#
# How did the reed get into 256 numbers? We know its pitch, so we know the place of every sample, and we have its loudness from the rms
# $e(n)$. Then each
# sample says something about two entries:
#
# $$x(n) \approx e(n)\,\big[(1 - a_n)\, t_{m_n} + a_n\, t_{m_n + 1}\big]$$
#
# 32 000 equations, 256 unknowns, and *linear*: the square error is a bowl. Gradient descent cannot go wrong in a bowl; nor need it be
# used. Beside it,
# the exact least squares. The matrix comes from the synthesizer itself: read 256 tables that have a single 1 each.

# %%
rows = as_reed(torch.eye(SIZE))
exact = limited(torch.linalg.lstsq(rows.T.double(), reed.double().T).solution[:, 0].float(), 220.0)


def missed_db(table: Tensor) -> Tensor:
    """What a table leaves of the reed, against the reed, in dB."""
    return 10 * torch.log10((as_reed(table) - reed).square().sum() / reed.square().sum())


plots.curves(
    torch.arange(SIZE),
    {"learned by descent": learned, "least squares": exact},
    x_label="entry",
    y_label="value (of an rms of 1)",
    title="One period of the reed",
    alt="Two curves that lie on one another: one sharp peak where the period begins, one sharp trough in its middle, and ripples between them.",
)
listening.compare(
    {
        "the reed": reed,
        "the table": as_reed(learned),
        "what the table missed, 20 dB louder": 10 * (reed - as_reed(learned)),
    }
)

# %% tags=["number"]
report("least squares misses", missed_db(exact), "dB", digits=1)
verdict("descent is worse by", missed_db(learned) - missed_db(exact), below=1, unit="dB", of_training=True)

# %% [markdown]
# The third sound is a first list of what a table cannot say: the *breath*, which never repeats, and the *attack*, where the reed has not
# found its shape.
#
# ### By ear, not by eye
#
# Mostly one has no such luck: a pitch that is off by a tenth of a percent is a whole period off after a thousand of them. Then the
# waveform is no teacher. The spectral loss of lesson 07 does not ask for
# the phase. Learn again with it, from a random table, once with all 128 harmonics of the table and once with the 36 that fit.

# %%
random_table = 0.5 * torch.randn(SIZE, generator=torch.Generator().manual_seed(0))
spectral_loss = dsp.SpectralLoss((2048, 512, 128))  # three of the six windows, for speed
by_ear, unlimited = learn_tables(spectral_loss, random_table.expand(2, -1), limits=(True, False), count=steps(150))
plots.curves(
    torch.arange(SIZE),
    {"by the waveform": learned, "by the spectral loss": by_ear},
    x_label="entry",
    y_label="value (of an rms of 1)",
    title="Two tables of one reed",
    alt="The table learned by the waveform has one sharp peak and one sharp trough; the one learned by the spectral loss waves up and down all along and looks nothing like it.",
)
listening.compare(
    {
        "the reed": reed,
        "by the waveform": as_reed(learned),
        "by the spectral loss": as_reed(by_ear),
        "by the spectral loss, all 128 harmonics": as_reed(unlimited),
    }
)


# %%
def harmonics_db(audio: Tensor, f0_hz: float, first_s: float = 0.5, last_s: float = 1.5, count: int = 16) -> Tensor:
    """The levels of the first harmonics, in a stretch of a sound [1, samples], [count] in dB"""
    part = audio[0, round(first_s * SAMPLE_RATE) : round(last_s * SAMPLE_RATE)].double()
    return dsp.amplitude_to_db(torch.stack([level_at(part, k * f0_hz) for k in range(1, count + 1)]))


plots.stems(
    torch.arange(1, 17),
    {
        "the reed": harmonics_db(reed, 220.0),
        "by the waveform": harmonics_db(as_reed(learned), 220.0),
        "by the spectral loss": harmonics_db(as_reed(by_ear), 220.0),
    },
    x_label="harmonic",
    y_label="level (dB)",
    title="The same harmonics?",
    alt="Sixteen groups of three levels; of the first four harmonics the odd ones stand some 20 dB above the even ones, and the three of each group differ by little more than 1 dB at most.",
)

# %% [markdown]
# Two curves that have nothing in common for the eye, and the same harmonics, to about a dB: phases were free (lesson 06). But why does
# the fourth sound hiss?


# %%
def share_above_db(table: Tensor) -> Tensor:
    """The energy of harmonics 37 and up, which lie above 8000 Hz at 220 Hz, against all, in dB."""
    energy = torch.fft.rfft(table).abs().square()
    return 10 * torch.log10(energy[37:].sum() / energy.sum())


# %% tags=["number"]
losses = {name: spectral_loss(as_reed(table), reed) for name, table in (("36", by_ear), ("128", unlimited))}
verdict("loss with 128 harmonics, over loss with 36", losses["128"] / losses["36"], below=0.8, of_training=True)
verdict("energy above 8000 Hz in the table of 128", share_above_db(unlimited), above=-30, unit="dB", of_training=True)

# %% [markdown]
# It found a trick. Harmonics 37 to 128 have no place at 220 Hz, so they alias, and fall *between* the harmonics: on multiples of 20 Hz,
# here. The loss
# hears breath between the harmonics of the reed, and the table fakes it with its own false tones. The loss is much better, and the
# instrument is
# broken. Play it a fifth up: at 330 Hz the false tones fall elsewhere.

# %%
fifth_up = {"36 harmonics, 330 Hz": limited(by_ear, 330.0), "128 harmonics, 330 Hz": unlimited}
listening.compare({name: as_reed(table, 1.5 * reed_hz) for name, table in fifth_up.items()})

# %% [markdown]
# A loss gets what it asks for, by any road that you leave open. Close it: limit the table in the loop.
#
# > **Guess.** The reed's bell has resonances. You read the table of 220 Hz at 330 Hz, and compare it with the reed at 330 Hz. The table's sound
# > **a** has the same timbre, which is what a table stores · **b** has the bell's resonances moved up by the ratio 330/220 · **c** has lost the bell ·
# > **d** is out of tune

# %% tags=["question"]
question("15.8", answer=None)

# %% [markdown]
# ### What one table cannot say
#
# Measure the two other things. First the pitch: the reed at 330 Hz beside the table. Second the level: a crescendo. Blown softly, a reed
# has weak high
# harmonics; blown hard it beats, and they come up. The table has one recipe. Give it *two*, one for soft and one for loud, and let the
# level mix
# them; learn both at once.

# %%
reed_330 = reed_note(330.0)
table_330 = dsp.wavetable_synthesis(reed_hz * 1.5, envelope(reed_330), limited(exact, 330.0), **GRID)
crescendo = reed_note(220.0, torch.linspace(0.05, 1, 2 * FRAME_RATE))
level = envelope(crescendo).clamp_min(1e-5)
level_db = dsp.amplitude_to_db(level)
loud = ((level_db + 50) / 25).clamp(0, 1)[..., None]  # 0 at -50 dB, 1 at -25 dB
sounding = torch.zeros(1, 2 * SAMPLE_RATE)
sounding[:, SAMPLE_RATE // 4 : -SAMPLE_RATE // 5] = 1
even = crescendo / dsp.upsample(level, HOP_SIZE, "hann") * sounding  # all of it equally loud: soft parts count as well


def read_crescendo(tables: Tensor, amplitude: Tensor) -> Tensor:
    """tables [count, size], one or two of them, mixed by loudness -> [1, samples]"""
    mixed = tables[0] if len(tables) == 1 else torch.lerp(tables[0], tables[1], loud)
    return dsp.wavetable_synthesis(reed_hz, amplitude, mixed, **GRID)


def learn_crescendo(count: int) -> Tensor:
    tables = torch.zeros(count, SIZE, requires_grad=True)
    optimizer = torch.optim.Adam([tables], lr=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps(150))
    for _ in range(steps(150)):
        optimizer.zero_grad()
        square_error(read_crescendo(tables, torch.ones_like(level)) * sounding, even).backward()
        optimizer.step()
        schedule.step()
    return tables.detach()


crescendos = {"the reed": crescendo}
for name, count in (("one table", 1), ("two tables", 2)):
    crescendos[name] = read_crescendo(learn_crescendo(count), level)
listening.compare(crescendos)
moments = torch.arange(0.3, 1.7, 0.1)
plots.curves(
    moments,
    {
        name: [
            float(db[8] - db[0])
            for db in (harmonics_db(audio, 220.0, float(s) - 0.05, float(s) + 0.05, 9) for s in moments)
        ]
        for name, audio in crescendos.items()
    },
    x_label="time in the crescendo (s)",
    y_label="harmonic 9 against harmonic 1 (dB)",
    title="A reed gets brighter, a table does not",
    points=True,
    alt="The reed's ninth harmonic climbs by twelve dB against the first within the crescendo; with one table it stays level; with two tables it follows the reed in the main.",
)

# %% tags=["number"]
off = (harmonics_db(table_330, 330.0) - harmonics_db(reed_330, 330.0)).abs()
report("the table at 330 Hz: off the reed, mean of 16 harmonics", off.mean(), "dB", digits=1)
home = (harmonics_db(as_reed(exact), 220.0) - harmonics_db(reed, 220.0)).abs()
report("the table at home, at 220 Hz", home.mean(), "dB", digits=1)

# %% [markdown]
# So three things are not in a table: what never repeats (breath), what changes with the playing (level), and what stands still while the
# pitch moves (the bell).
# DDSP answers with noise, with a network that says a new recipe every 4 ms, and with a room. A few tables and a mixture go a long way
# (Shan et al. 2022).
#
# ## The other strip: a delay that moves
#
# Now the strip is the sound so far, and the head follows $d(n)$ samples behind:
#
# $$y(n) = x\big(n - d(n)\big)$$
#
# The place $n - d(n)$ falls between samples: straight lines again. No loop this time: before the beginning there was silence. `entry` below 0 is
# silent; between entries -1 and 0 the line goes from 0 to the first sample.
#
# ### Exercise 15.3: read a sound late
#
# <details><summary>Hint 1</summary>It is <code>read_table</code>, with the sound for a table and place = n - d(n), but no loop.</details>
# <details><summary>Hint 2</summary>Put zeros in front, as many as the longest delay, and one more. Then every place exists.</details>
# <details><summary>Hint 3</summary>With no delay at all the second sample of the line would be one beyond the end; put a zero there too.</details>


# %% tags=["exercise"]
def delayed(audio: Tensor, delay: Tensor) -> Tensor:
    """audio [n], delay [n] in samples, 0 or more -> [n], the sound that many samples late"""
    ### BEGIN SOLUTION
    before = int(delay.max()) + 2
    strip = torch.nn.functional.pad(audio, (before, 1))
    place = torch.arange(len(audio)) - delay + before
    entry = place.floor()
    between = place - entry
    return (1 - between) * strip[entry.long()] + between * strip[entry.long() + 1]
    ### END SOLUTION


# %% tags=["check"]
delayed = check("15.3", delayed)

# %% [markdown]
# ### Doppler
#
# A tone $\sin(2\pi f t)$, read late by $d(t)$ seconds, is $\sin\big(2\pi f (t - d(t))\big)$. Its frequency is the slope of its phase:
#
# $$f_\text{heard}(t) = f\,\big(1 - d'(t)\big)$$
#
# The delay itself does nothing to the pitch. Its **slope** does, seconds per second: while the delay shrinks you walk towards the source.
# A swing of **depth** $D$
# (seconds) and **rate** $r$ (Hz), $d(t) = c + D \sin(2\pi r t)$, has the steepest slope $2\pi r D$. In **cents** (1200 to the octave),
# the pitch
# goes up as far as
#
# $$1200 \log_2(1 + 2\pi r D)$$
#
# > **Guess.** The same vibrato pedal on a note of 220 Hz, then on one of 880 Hz. The higher one swings by
# > **a** four times as many cents · **b** as many cents · **c** a quarter as many · **d** none, only low tones bend

# %% tags=["question"]
question("15.9", answer=None)

# %% [markdown]
# ### Exercise 15.4: how deep?
#
# A singer asks for a vibrato of 5.5 swings a second that goes up by 50 cents. Turn the formula round. The depth is in **milliseconds**.
#
# <details><summary>Hint 1</summary>The ratio of two pitches that are c cents apart is 2^(c/1200). What is it here?</details>


# %% tags=["exercise"]
def vibrato_depth_ms(cents: Tensor, rate_hz: Tensor) -> Tensor:
    """how far up the pitch shall go, in cents, and how often a second -> the delay's depth, in ms"""
    ### BEGIN SOLUTION
    slope = 2 ** (cents / 1200) - 1
    return 1000 * slope / (2 * math.pi * rate_hz)
    ### END SOLUTION


# %% tags=["check"]
vibrato_depth_ms = check("15.4", vibrato_depth_ms)

# %% [markdown]
# Is it true? Take a tone of 800 Hz through that delay and follow its phase: turn it back by 800 Hz, and what still turns is the deviation.


# %%
def cents_of(audio: Tensor, f_hz: float) -> Tensor:
    """audio [n] of one tone near f_hz -> how far its pitch is off, in cents, every 5 ms, by windows of 20 ms"""
    turned_back = audio.double() * torch.exp(-2j * math.pi * f_hz * torch.arange(len(audio)).double() / SAMPLE_RATE)
    pointers = (turned_back.unfold(0, 320, 80) * torch.hann_window(320, dtype=torch.float64)).sum(1)
    turn = torch.angle(pointers[1:] / pointers[:-1]) / (2 * math.pi) * SAMPLE_RATE / 80
    return 1200 * torch.log2(1 + turn / f_hz)


depth_ms = float(vibrato_depth_ms(torch.tensor(50.0), torch.tensor(5.5)))
seconds = torch.arange(SAMPLE_RATE) / SAMPLE_RATE
tone = torch.sin(2 * math.pi * 800 * seconds.double()).float()
moving_ms = 3 + depth_ms * torch.sin(2 * math.pi * 5.5 * seconds)
bent = cents_of(delayed(tone, moving_ms * SAMPLE_RATE / 1000), 800.0)[3:]
middles = ((torch.arange(len(bent)) + 3) * 80 + 200) / SAMPLE_RATE
slope = 2 * math.pi * 5.5 * depth_ms / 1000 * torch.cos(2 * math.pi * 5.5 * middles)
plots.curves(
    middles,
    {"measured": bent, "1200 log2(1 - slope)": 1200 * torch.log2(1 - slope)},
    x_label="time (s)",
    y_label="pitch against 800 Hz (cents)",
    title=f"A delay of 3 ms that swings by {depth_ms:.2f} ms, 5.5 times a second",
    levels={"50 cents": 50},
    alt="Two curves on one another, waves of five and a half swings a second between about -51 and +50 cents.",
)

# %% tags=["number"]
report("depth for 50 cents at 5.5 Hz", depth_ms, "ms", digits=3)
report("highest pitch, measured", bent.max(), "cents", digits=0)
report("lowest", bent.min(), "cents", digits=0)

# %% [markdown]
# Less than a millisecond either way. (Down is a little more than up, as cents are logarithms.)
#
# ## One line, three effects
#
# Add the dry sound to the late copy: `dsp.modulated_delay(audio, phase, centre_ms, depth_ms, gain)`, and its `phase` is the swing, from 0
# (shortest delay) to 1
# (longest). Only the settings differ:
#
# | | centre | depth | rate | dry sound | what one hears |
# |---|---|---|---|---|---|
# | **vibrato** | 3 ms | 0.8 ms | 5.5 Hz | no | the pitch |
# | **flanger** | 2 ms | 1.9 ms | 0.25 Hz | yes | a comb that sweeps |
# | **chorus** | 18 ms | 2.5 ms | 0.8 Hz | yes | a second player, never quite in tune |

# %%
chord = sum(
    dsp.wavetable_synthesis(hz, torch.full_like(hz, 0.1), dsp.band_limit(saw, hz, sample_rate=SAMPLE_RATE), **GRID)
    for hz in (torch.full((1, 4 * FRAME_RATE), f) for f in (110.0, 164.81, 220.0, 277.18))
)
ramps = torch.minimum(rising * 40, (1 - rising) * 20).clamp(max=1)[None]
chord = chord * dsp.upsample(ramps, HOP_SIZE, "linear")
SETTINGS = {
    "vibrato": {"centre_ms": 3.0, "depth_ms": depth_ms, "gain": 1.0, "add_dry": False},
    "flanger": {"centre_ms": 2.0, "depth_ms": 1.9, "gain": 0.9},
    "chorus": {"centre_ms": 18.0, "depth_ms": 2.5, "gain": 0.8},
}
RATES_HZ = {"vibrato": 5.5, "flanger": 0.25, "chorus": 0.8}


def effect(name: str, audio: Tensor) -> Tensor:
    start = math.pi / 2 if name == "flanger" else 0.0
    return dsp.modulated_delay(
        audio, swing(audio.shape[1], RATES_HZ[name], start), sample_rate=SAMPLE_RATE, **SETTINGS[name]
    )


listening.compare({"dry": 0.5 * chord, **{name: 0.5 * effect(name, chord) for name in SETTINGS}})
listening.compare({"dry": played, **{name: effect(name, played) for name in SETTINGS}})

# %% [markdown]
# > **Guess.** A sound plus itself, 1 ms late. Which is the lowest frequency, in Hz, that the two cancel?

# %% tags=["question"]
question("15.10", answer=None)

# %% [markdown]
# A tone of $f$ Hz comes back with its phase turned by $2\pi f d$. The sum has the size
#
# $$\left|1 + g\,e^{-2\pi i f d}\right|, \qquad \text{least where } f d = \tfrac12, \tfrac32, \tfrac52, \dots$$
#
# So there is a **notch** at $\frac{1}{2d}$ and at all its odd multiples: a comb. As the delay moves, so do they all; with white noise one
# sees it.

# %%
noise = 0.1 * torch.randn(1, 4 * SAMPLE_RATE, generator=torch.Generator().manual_seed(0))
noise = noise * dsp.upsample(ramps, HOP_SIZE, "linear")
flanged = effect("flanger", noise)
flanger_ms = 2.0 + 1.9 * (2 * swing(4 * SAMPLE_RATE, 0.25, math.pi / 2)[0, ::HOP_SIZE] - 1)
plots.spectrogram(
    flanged,
    sample_rate=SAMPLE_RATE,
    log_frequency=False,
    low_hz=0,
    range_db=45,
    fft_size=512,
    f0_hz=1000 / (2 * flanger_ms),
    title="Noise through a flanger, and 1 / (2 d)",
    alt="Dark bands sweep up through the noise from low frequencies, spread to a wide arch in the middle and come down again; a dashed line runs along the lowest one.",
)
listening.compare({"noise": noise, "flanger": flanged})

# %% [markdown]
# A chorus has its notches too, every 1/18 ms = 56 Hz: too many for the ear to take for a colour. What remains is the second, slowly
# mistuned player.
#
# **A price.** Straight lines cost treble. Half a sample late is the mean of two neighbours, with the gain $\cos(\pi f/f_s)$; a whole
# number of samples late costs nothing. In a delay that moves, the treble flutters.

# %% tags=["number"]
for late in (10.0, 10.5):
    tone = torch.sin(2 * math.pi * 4000.3 * seconds.double())
    out = delayed(tone, torch.full_like(tone, late))[100:]
    report(f"a tone at 4000 Hz, {late:g} samples late", dsp.amplitude_to_db(level_at(out, 4000.3)), "dB", digits=2)

# %% [markdown]
# ## A stranger's chorus
#
# Somebody hands you a pedal. You may send a sound through it. Its centre (8 ms) and its mix (0.7) are printed on the lid; rate and depth
# are not. Find
# them by gradient descent: build the same pedal, compare, follow the slope. All is differentiable. What could go wrong?
#
# We send a tone of 100 Hz. Its swings are slow against the delay's moves, so a sample's slope tells the right way for almost 5 ms. The
# pedal hisses a little.

# %%
CENTRE_MS, MIX = 8.0, 0.7
SECRET_RATE_HZ, SECRET_DEPTH_MS, SECRET_START = 1.37, 1.9, 0.0  # the stranger's: not to be looked at


def pedal(audio: Tensor, rate_hz: Tensor, depth_ms: Tensor, start: Tensor | float = 0.0) -> Tensor:
    """audio [1, n], rates and depths [pedals] -> each pedal's sound, [pedals, n]"""
    seconds = torch.arange(audio.shape[1]) / SAMPLE_RATE
    angle = 2 * math.pi * rate_hz[:, None] * seconds + torch.as_tensor(start).reshape(-1, 1)
    delay = (CENTRE_MS + depth_ms[:, None] * torch.sin(angle)) * SAMPLE_RATE / 1000
    return audio + MIX * dsp.fractional_delay(audio.expand(len(delay), -1), delay)


def strangers(audio: Tensor, start: float = SECRET_START) -> Tensor:
    """audio [1, n] through the stranger's pedal, with its hiss 46 dB below full level"""
    hiss = 0.005 * torch.randn(audio.shape, generator=torch.Generator().manual_seed(3))
    return pedal(audio, torch.tensor([SECRET_RATE_HZ]), torch.tensor([SECRET_DEPTH_MS]), start) + hiss


probe = 0.5 * torch.sin(2 * math.pi * 100 * torch.arange(8 * SAMPLE_RATE).double() / SAMPLE_RATE).float()[None]
heard = strangers(probe)


def errors(rate_hz: Tensor, depth_ms: Tensor, seconds: float) -> Tensor:
    """The mean square error of some pedals [pedals] over the first seconds"""
    n = round(seconds * SAMPLE_RATE)
    return (pedal(probe[:, :n], rate_hz, depth_ms) - heard[:, :n]).square().mean(1)


depths_ms = torch.linspace(0, 5, 51)
plots.curves(
    depths_ms,
    errors(torch.full_like(depths_ms, SECRET_RATE_HZ), depths_ms, 4.0),
    x_label="depth (ms)",
    y_label="mean square error",
    title="The loss over depth, at the right rate, 4 s",
    marks={"the stranger's": SECRET_DEPTH_MS},
    alt="One smooth valley: the loss falls from both sides to its only minimum at 1.9 ms.",
)
rates_hz = torch.arange(0.4, 2.4, 0.01)
DURATIONS_S = (1, 2, 4)
plots.curves(
    rates_hz,
    {f"{s} s": errors(rates_hz, torch.full_like(rates_hz, SECRET_DEPTH_MS), s) for s in DURATIONS_S},
    x_label="rate (Hz)",
    y_label="mean square error",
    title="The loss over rate, at the right depth",
    marks={"the stranger's": SECRET_RATE_HZ},
    alt="Three curves with a sharp valley at 1.37 Hz on a rippled plateau; with 1 s of sound the valley is wide, with 2 s half as wide, with 4 s a slit between many small ripples.",
)

# %% [markdown]
# Depth is a bowl from end to end. Rate is a slit in a plateau full of ripples, and *the more you record, the narrower it gets*. Why?
#
# While a delay is nearly right, the loss is proportional to the square of its error: so compare two delay curves instead of two sounds.
# For rates $r$ and $r + \delta$ over $T$ seconds, leaving
# out what swings at twice the rate,
#
# $$\frac1T \int_0^T D^2 \big[\sin 2\pi r t - \sin 2\pi (r + \delta) t\big]^2 dt \;\approx\; D^2 \left(1 - \frac1T\int_0^T \cos 2\pi \delta t\,dt\right) = D^2 \big(1 - \operatorname{sinc}(2 \delta T)\big)$$
#
# A rate is a frequency. That is the curve of lesson 01 again, with its ripples, and the valley's walls end where the sinc has its first
# minimum, at $2\delta T = 1.43$:
#
# $$|\delta| < \frac{0.715}{T}$$
#
# Depth is an amplitude: it multiplies the sine and never sits inside it. So it has the square's own bowl.
#
# > **Guess.** The whole probe has 8 s. How near to the stranger's rate, in Hz, must you start?

# %% tags=["question"]
question("15.11", answer=None)


# %%
def valley_hz(seconds: float) -> tuple[float, float]:
    """How far the valley around the stranger's rate reaches, below and above it, in Hz: up to where the loss turns."""
    loss = errors(rates_hz, torch.full_like(rates_hz, SECRET_DEPTH_MS), seconds)
    below = above = int(loss.argmin())
    while below > 0 and loss[below - 1] > loss[below]:
        below -= 1
    while above + 1 < len(loss) and loss[above + 1] > loss[above]:
        above += 1
    return SECRET_RATE_HZ - float(rates_hz[below]), float(rates_hz[above]) - SECRET_RATE_HZ


# %% tags=["number"]
for duration_s in (1, 2, 4, 8):
    width = sum(valley_hz(duration_s)) / 2
    report(f"{duration_s} s: half the valley, measured", width, "Hz", digits=3)
    report("0.7151 / T", 0.7151 / duration_s, "Hz", digits=3)

# %% [markdown]
# Now let go: nine pedals that start at nine rates, each at a depth of 0.8 ms, four seconds of sound. Both knobs are free.

# %%
starts_hz = torch.tensor([0.3, 0.7, 1.0, 1.15, 1.25, 1.5, 1.6, 1.8, 2.3])


def descend(rate_hz: Tensor, depth_ms: Tensor, durations_s: tuple[float, ...], count: int):
    """Adam on rates and depths [pedals], for each duration in turn -> the rates at each step, rates, depths"""
    rate_hz, depth_ms = rate_hz.clone().requires_grad_(), depth_ms.clone().requires_grad_()
    trail = [rate_hz.detach().clone()]
    for duration_s in durations_s:
        optimizer = torch.optim.Adam([{"params": [rate_hz], "lr": 0.02}, {"params": [depth_ms], "lr": 0.05}])
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, count)
        for _ in range(count):
            optimizer.zero_grad()
            errors(rate_hz, depth_ms, duration_s).sum().backward()
            optimizer.step()
            schedule.step()
            trail.append(rate_hz.detach().clone())
    return torch.stack(trail), rate_hz.detach(), depth_ms.detach()


trail, landed_hz, landed_ms = descend(starts_hz, torch.full_like(starts_hz, 0.8), (4.0,), steps(120))
plots.curves(
    torch.arange(len(trail)),
    {f"{start:g} Hz": trail[:, i] for i, start in enumerate(starts_hz.tolist())},
    x_label="step",
    y_label="rate (Hz)",
    title="Nine pedals on their way",
    levels={"the stranger's": SECRET_RATE_HZ, "": SECRET_RATE_HZ - 0.715 / 4, " ": SECRET_RATE_HZ + 0.715 / 4},
    alt="The pedals that started at 1.25 and 1.5 Hz, between two thin lines, run to 1.37 Hz; the seven others move a little and come to rest at wrong rates.",
)

# %% tags=["number"]
near = (starts_hz - SECRET_RATE_HZ).abs() < 0.715 / 4
verdict("started inside: worst rate, off by", (landed_hz[near] - SECRET_RATE_HZ).abs().max(), below=0.01, unit="Hz", of_training=True)  # fmt: skip
verdict("started outside: best rate, off by", (landed_hz[~near] - SECRET_RATE_HZ).abs().min(), above=0.1, unit="Hz", of_training=True)  # fmt: skip
verdict("started outside: largest depth", landed_ms[~near].max(), below=0.7, unit="ms", of_training=True)

# %% [markdown]
# Look at the third line too. Those who are wrong about the rate do not only stay wrong: they *turn the depth down*. With a rate that is
# wrong, a swing is worse than
# none. If a learned effect, or a learned vibrato, comes out flat, this is a likely reason.
#
# ### Two ways out
#
# **Listen to less.** One second is forgiving: a start that is half a hertz off is caught. What it finds is good enough for two seconds,
# that for four. From coarse to fine, as with the short windows of lesson 07.

# %%
growing_trail, grown_hz, _ = descend(starts_hz, torch.full_like(starts_hz, 0.8), (1.0, 2.0, 4.0, 8.0), steps(40))
caught = (starts_hz - SECRET_RATE_HZ).abs() < 0.55
plots.curves(
    torch.arange(len(growing_trail)),
    {f"{start:g} Hz": growing_trail[:, i] for i, start in enumerate(starts_hz.tolist())},
    x_label="step",
    y_label="rate (Hz)",
    title="1 s, then 2, 4 and 8 s of sound",
    levels={"the stranger's": SECRET_RATE_HZ},
    marks={f"{s} s": i * steps(40) for i, s in enumerate((1, 2, 4, 8))},
    y_range=(-0.3, 3.0),
    alt="Within the first quarter, where one second is heard, all pedals that started between 1 and 1.8 Hz run together at 1.37 Hz and stay there.",
)

# %% tags=["number"]
verdict("started within 0.55 Hz: worst, off by", (grown_hz[caught] - SECRET_RATE_HZ).abs().max(), below=0.01, unit="Hz", of_training=True)  # fmt: skip

# %% [markdown]
# **Look before you leap.** Take the dry sound off, and what is left is the probe, read late: its phase *is* the delay. From there on the
# rate is the frequency of a plain curve, and a frequency is
# what Fourier transforms are for: they try *all* rates at once. Descent has only to finish.


# %%
def delay_curve_ms(audio: Tensor) -> Tensor:
    """What came back of the probe [1, n] -> the delay in ms, [frames], 100 a second: one a period of the probe"""
    late = ((audio - probe) / (0.5 * MIX))[0].double()
    turned_back = late * torch.exp(-2j * math.pi * 100 * torch.arange(len(late)).double() / SAMPLE_RATE)
    turns = -torch.angle(2j * turned_back.reshape(-1, 160).mean(1)) / (2 * math.pi)
    return (turns % 1.0 * 10)[2:]  # the first 20 ms are still silent in part


one_late = strangers(probe, start=2.0)  # the pedal was running before we came: its start is unknown as well
curve_ms = delay_curve_ms(one_late)
plots.curves(
    (torch.arange(len(curve_ms)) + 2.5) / 100,
    curve_ms,
    x_label="time (s)",
    y_label="delay (ms)",
    title="The stranger's delay, read off the probe",
    alt="A clean sine of about eleven swings in eight seconds, between 6.1 and 9.9 ms.",
)

# %% [markdown]
# ### Exercise 15.5: find the rate
#
# From a curve, find how often it swings, between 0.2 and 6 Hz, to within a **hundredth of a hertz**, either way. A bin of its Fourier transform is $1/T$
# wide, which is wider than the valley you want to land in. So ask at more places
# than the transform does: a pointer for each rate of a fine grid, or zeros behind the curve. A Hann window keeps the curve's ends from
# disturbing.
#
# <details><summary>Hint 1</summary>Take the mean off first, or you find it at the lowest rate.</details>
# <details><summary>Hint 2</summary><code>torch.exp(-2j * math.pi * rates[:, None] * seconds)</code> is [rates, frames]; sum its product with the curve, and take the size.</details>


# %% tags=["exercise"]
def find_rate(curve: Tensor, frame_rate: float) -> Tensor:
    """curve [frames], frame_rate of them a second -> how often it swings, in Hz (one number)"""
    ### BEGIN SOLUTION
    seconds = torch.arange(len(curve)) / frame_rate
    swings = (curve - curve.mean()) * torch.hann_window(len(curve), dtype=curve.dtype)
    rates = torch.arange(0.2, 6.0, 0.002)
    pointers = torch.exp(-2j * math.pi * rates[:, None] * seconds)
    return rates[(pointers * swings).sum(1).abs().argmax()]
    ### END SOLUTION


# %% tags=["check"]
find_rate = check("15.5", find_rate)

# %% [markdown]
# Rate found, the curve is linear in all the rest: $c + A \sin 2\pi r t + B \cos 2\pi r t$ has $D = \sqrt{A^2 + B^2}$, and the start is
# the angle of $(A, B)$. From there, descend on the
# sound itself, all 8 s, with three knobs.

# %%
rate_found = torch.as_tensor(find_rate(curve_ms, 100.0)).float()
at = (torch.arange(len(curve_ms)) + 2.5) / 100
angle = (2 * math.pi * rate_found * at).double()
parts = torch.linalg.lstsq(
    torch.stack([torch.ones_like(angle), angle.sin(), angle.cos()], 1), curve_ms[:, None]
).solution
_, along, across = parts[:, 0].float()
knobs = [rate_found[None], torch.hypot(along, across)[None], torch.atan2(across, along)[None]]
knobs = [knob.clone().requires_grad_() for knob in knobs]
optimizer = torch.optim.Adam(
    [{"params": [knob], "lr": lr} for knob, lr in zip(knobs, (0.001, 0.005, 0.01), strict=True)]
)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps(80))
for _ in range(steps(80)):
    optimizer.zero_grad()
    (pedal(probe, *knobs) - one_late).square().mean().backward()
    optimizer.step()
    schedule.step()
ours = [knob.detach() for knob in knobs]

theirs_played, ours_played = strangers(played, start=2.0), pedal(played, *ours)
careless_played = pedal(played, landed_hz[:1], landed_ms[:1], ours[2])
listening.compare(
    {
        "dry": played,
        "the stranger's pedal": theirs_played,
        "our copy": ours_played,
        "a copy that was not caught": careless_played,
    }
)

# %% tags=["number"]
clean = pedal(played, torch.tensor([SECRET_RATE_HZ]), torch.tensor([SECRET_DEPTH_MS]), 2.0)
error_db = 10 * torch.log10((ours_played - clean).square().sum() / clean.square().sum())
verdict("rate, off by", (ours[0] - SECRET_RATE_HZ).abs(), below=0.003, unit="Hz", of_training=True)
verdict("depth, off by", (ours[1] - SECRET_DEPTH_MS).abs(), below=0.03, unit="ms", of_training=True)
verdict("the tune through our copy: error", error_db, below=-40, unit="dB", of_training=True)

# %% [markdown]
# The knobs were found with a tone, and they hold for a tune: an effect with few parameters, all of them right, is right for every sound.
#
# ## Side room: with the spectral loss, and music (5 minutes)
#
# Would lesson 07's loss do better, with no probe but a phrase of a bowed string? Look at its two landscapes.

# %%
phrase = instruments.bowed_string(minutes=0.4, seed=2, progress=False)[0].dry[:, : 4 * SAMPLE_RATE]
phrase = 0.4 * phrase / phrase.abs().max()
phrase_heard = pedal(phrase, torch.tensor([SECRET_RATE_HZ]), torch.tensor([SECRET_DEPTH_MS]))


def spectral_errors(rates: Tensor, depths: Tensor, seconds: float) -> list[float]:
    n = round(seconds * SAMPLE_RATE)
    return [
        float(spectral_loss(pedal(phrase[:, :n], rate[None], depth[None])[:, :n], phrase_heard[:, :n]))
        for rate, depth in zip(rates, depths, strict=True)
    ]


some_ms, some_hz = torch.linspace(0, 4, 41), torch.arange(0.41, 2.4, 0.03)
plots.curves(
    some_ms,
    spectral_errors(torch.full_like(some_ms, SECRET_RATE_HZ), some_ms, 4.0),
    x_label="depth (ms)",
    y_label="spectral loss",
    title="A phrase of music, over depth, at the right rate",
    marks={"the stranger's": SECRET_DEPTH_MS},
    y_range=(-0.2, 4.6),
    alt="The loss leans towards the minimum at 1.9 ms from both sides, with a sharp pit in the middle.",
)
plots.curves(
    some_hz,
    {f"{s} s": spectral_errors(some_hz, torch.full_like(some_hz, SECRET_DEPTH_MS), s) for s in (2, 4)},
    x_label="rate (Hz)",
    y_label="spectral loss",
    title="The same phrase, over rate, at the right depth",
    marks={"the stranger's": SECRET_RATE_HZ},
    y_range=(-0.2, 4.6),
    alt="A narrow pit at 1.37 Hz in a plateau that is level on its left and rises a little on its right; with 4 s the pit is narrower than with 2 s.",
)

# %% [markdown]
# The same story. Over depth the plain leans towards the pit, from both sides and from far. Over rate it is level, or leans a little, with
# hills before the pit; and the pit narrows as the music goes on. No loss changes that, for
# it is not the loss: after $T$ seconds a rate that is off by $1/T$ has made one swing too many, and *every* comparison of moments
# compares the wrong ones. What helps is a
# coarse look at all rates, or a short one. Lesson 19 comes back to it, for pitch.
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `read_table` | `dsp.wavetable_synthesis` | a pitch and a level that move, tables that change from frame to frame |
# | `band_limit` | `dsp.band_limit` | a table for every frame's pitch |
# | `delayed` | `dsp.fractional_delay`, `dsp.modulated_delay` | batches, and a swing from 0 to 1 with centre and depth in ms |
# | `vibrato_depth_ms`, `find_rate` | – | they are for finding out |
#
# They live in `ddsp_course/dsp/wavetables.py` and `delays.py`. What you got right is in your workbook, in `my_ddsp/lesson_15.py`.

# %%
show_progress(15)

# %% [markdown]
# **To read.** Shan, Hantrakul, Chen, Avent, Trevelyan: *Differentiable wavetable synthesis*, 2022,
# [arXiv:2111.10003](https://arxiv.org/abs/2111.10003). Dattorro: *Effect
# design, part 2: delay-line modulation and chorus*, Journal of the Audio Engineering Society, 1997. Laakso, Välimäki, Karjalainen,
# Laine: *Splitting the unit
# delay*, IEEE Signal Processing Magazine, 1996: better ways than straight lines. Turian and Henry: *I'm sorry for your loss:
# spectrally-based audio distances are bad at pitch*, 2020,
# [arXiv:2012.04572](https://arxiv.org/abs/2012.04572).
#
# **To try.** Probe with 400 Hz in place of 100: what becomes of the loss over depth, and why? Learn the pedal's mix and centre as well.
# Learn a table from `"bowed_string"` and play it at 440 Hz. Let
# the flanger feed its output back to its input: how deep are the notches, how high the peaks?
#
# **Next.** Lesson 16: filters with memory, where the output does come back, and a gradient must go through every moment that was.
