# %% [markdown]
# # Lesson 22 · All the sounds it could have been
#
# **You will build** a sampler: not the best fit of a sound, but all fits that are as good as that, with the checks that tell a
# sampler which works from one that only looks busy.
#
# **You will hear** ten notes that one recording could have been, the same at a hundredth and at ten times the temperature, and a singer
# whose room one recording tells and another one does not.
#
# **You need** lesson 09 (a sound taken apart, five rooms for one note), 07 (the loss and its re-takes) and 05 (rooms).
#
# **Time.** 60 minutes to read and do, 1 minute to run.

# %%
try:
    import ddsp_course
except ModuleNotFoundError:
    raise SystemExit(
        "The course's package is missing: start the lessons with `make lab`, or run `pip install -e '.[course]'` in your clone."
    ) from None
import functools
import math

import torch
from torch import Tensor, nn

from ddsp_course import dsp, instruments
from ddsp_course.classroom import check, listening, mine, plots, question, report, show_progress, steps, verdict

SAMPLE_RATE, HOP_SIZE, WINDOW = 16_000, 128, 1024
FFT_SIZES = (2048, 1024, 512, 256, 128, 64)
F0_HZ, HARMONICS, BANDS = 330.0, 23, 6  # a reed's note, its partials up to 7.6 kHz, bands of its breath
CONTROLS = HARMONICS + BANDS
PRIOR_DB = 15.0  # what we think before we listen: no control is much further than this from where it was read

# %% [markdown]
# ## First, the finished sound
#
# Half a second of our reed model. Lesson 09's analysis reads it: 23 partials, and a breath that is cut into 6 bands. Each of these 29
# becomes one **control**: by how many dB it is louder or softer than what was read. Then the sampler that you are about to write draws ten
# settings, all of them as good as one another. (Until you are done the course's own functions stand in. Run this cell again later.)


# %%
def blown(noise_seed: int = 0) -> Tensor:
    """The note, [1, samples]; with another noise_seed it is a re-take: the same note blown again."""
    seconds = torch.arange(124) / 250
    gate = (seconds / 0.03).clamp(max=1) * ((0.45 - seconds) / 0.08).clamp(0, 1)
    return instruments.play("reed", torch.full_like(seconds, F0_HZ), 0.4, gate, noise_seed=noise_seed).dry


def windows_of(audio: Tensor) -> Tensor:
    """audio [1, samples] -> [frames, WINDOW]; frame i is centred on sample i * HOP_SIZE"""
    padded = nn.functional.pad(audio, (WINDOW // 2, WINDOW // 2))[0]
    return padded.unfold(0, WINDOW, HOP_SIZE)[: audio.shape[1] // HOP_SIZE]


read_partials, noise_residual = mine("9.1"), mine("9.2")
recorded = blown()
frames = recorded.shape[1] // HOP_SIZE
read = read_partials(windows_of(recorded), torch.full((frames,), F0_HZ), HARMONICS, SAMPLE_RATE)  # [frames, harmonics]
alone = torch.eye(HARMONICS)[:, None] * read  # [harmonics, frames, harmonics]: each partial by itself
pitch = torch.full((HARMONICS, frames), F0_HZ)
partials = dsp.harmonic_synthesis(pitch, alone, sample_rate=SAMPLE_RATE, hop_size=HOP_SIZE)  # [harmonics, samples]
left = noise_residual(windows_of(recorded), windows_of(partials.sum(0, keepdim=True)), 65)  # [frames, 65]

centre = 64 / BANDS * (torch.arange(BANDS) + 0.5)
place = torch.arange(65.0).clamp(centre[0], centre[-1])
share = (1 - (place[:, None] - centre).abs() * BANDS / 64).clamp_min(0)  # [65, bands]: each gain belongs to two bands


def breath(seed: int) -> Tensor:
    """One draw of the noise, in its bands, [bands, samples]"""
    noise = dsp.white_noise(1, recorded.shape[1], generator=torch.Generator().manual_seed(seed)).repeat(BANDS, 1)
    return dsp.filtered_noise(left * share.T[:, None], hop_size=HOP_SIZE, noise=noise)


breaths = torch.stack([breath(seed) for seed in range(32)])  # [draws, bands, samples]


def play(offsets_db: Tensor, draws: Tensor) -> Tensor:
    """offsets_db [chains, CONTROLS], draws [chains] which breath each gets -> [chains, samples]"""
    gain = 10 ** (offsets_db / 20)
    return gain[:, :HARMONICS] @ partials + torch.einsum("cb,cbn->cn", gain[:, HARMONICS:], breaths[draws])


def spectra_of(audio: Tensor) -> list[tuple[Tensor, Tensor]]:
    """The magnitudes, and their logarithms, at each window size"""
    powers = [dsp.stft_power(audio, size).clamp_min(1e-10) for size in FFT_SIZES]
    return [(power.sqrt(), 0.5 * power.log()) for power in powers]


def losses_of(audio: Tensor, target: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Lesson 07's loss, for every chain by itself: [chains, samples] -> [chains]"""
    total = 0
    for ours, theirs in zip(spectra_of(audio), target, strict=True):
        total = total + sum((a - b).abs().mean(dim=(1, 2)) for a, b in zip(ours, theirs, strict=True))
    return total


def slopes_of(offsets_db: Tensor, draws: Tensor, target: list[tuple[Tensor, Tensor]]) -> Tensor:
    """The gradient of each chain's loss, in 1/dB, [chains, CONTROLS]"""
    x = offsets_db.clone().requires_grad_()
    return torch.autograd.grad(losses_of(play(x, draws), target).sum(), x)[0]


def curvature_at(x: Tensor, around_db: float = 1.5) -> Tensor:
    """By how much each slope changes when each control is moved, in 1/dB^2, [CONTROLS, CONTROLS]; x [CONTROLS]"""
    moves = around_db * torch.eye(CONTROLS)
    found = torch.zeros(CONTROLS, CONTROLS)
    for draw in range(8):
        slopes = slopes_of(torch.cat([x + moves, x - moves]), torch.full((2 * CONTROLS,), draw), target)
        found += (slopes[:CONTROLS] - slopes[CONTROLS:]) / (2 * around_db) / 8
    return 0.5 * (found + found.T)


target = spectra_of(recorded)
retakes = [blown(seed) for seed in range(1, 17)]
retake_losses = torch.cat([losses_of(retake, target) for retake in retakes])
T = float(mine("22.4")(retake_losses, CONTROLS))
curvature = curvature_at(torch.zeros(CONTROLS))
bowl = curvature / T + torch.eye(CONTROLS) / PRIOR_DB**2  # the curvature of the energy
best = torch.zeros(CONTROLS)
for _ in range(4):  # Newton's steps: down to the bottom of that bowl
    slope = slopes_of(best.repeat(32, 1), torch.arange(32), target).mean(0) / T + best / PRIOR_DB**2
    best = best - torch.linalg.solve(bowl, slope)
widths_db = mine("22.5")(curvature, T, PRIOR_DB)


def sample(langevin_step, chains: int, n_steps: int, seed: int, step: float = 0.3) -> Tensor:
    """Chains of offsets in dB, [steps, chains, CONTROLS], each control in units of its own width"""
    generator = torch.Generator().manual_seed(seed)

    def energy(u: Tensor) -> Tensor:
        offsets_db = best + widths_db * u
        draws = torch.randint(len(breaths), (chains,), generator=generator)  # another breath for every step
        return losses_of(play(offsets_db, draws), target) / T + 0.5 * (offsets_db / PRIOR_DB).square().sum(dim=-1)

    u, kept = torch.randn(chains, CONTROLS, generator=generator), []
    for _ in range(steps(n_steps)):
        u = langevin_step(energy, u, step, torch.randn(chains, CONTROLS, generator=generator)).detach()
        kept.append(best + widths_db * u)
    return torch.stack(kept)


def in_a_row(sounds: Tensor) -> Tensor:
    """sounds [takes, samples] -> one after the other, with a short rest after each, 14 dB up, [1, samples]"""
    return 5 * nn.functional.pad(sounds, (0, 1600)).reshape(1, -1)


first_ten = sample(mine("22.1"), 10, 60, seed=1)[-1]
listening.compare(
    {
        "recorded, ten times": in_a_row(recorded.repeat(10, 1)),
        "ten re-takes": in_a_row(torch.cat(retakes[:10])),
        "the best fit, ten breaths": in_a_row(play(best.repeat(10, 1), torch.arange(10))),
        "ten it could have been": in_a_row(play(first_ten, torch.arange(10))),
    }
)

# %% [markdown]
# The best fit says: this, and nothing else. The last row says what the loss would let pass. Some things are the same in all ten, and some
# are different every time. That difference is what this lesson is about: **what a sound determines, and what it leaves open.**
#
# ## From the best to all that are as good
#
# A fit asks for the one $x$ with the smallest loss $L(x)$. Now ask for *all* $x$, each with a weight $p(x)$, its **density**: how often it
# should turn up. What should $p$ be? Two demands are enough.
#
# 1. Only the loss counts: $p(x) = g(L(x))$, and a larger loss gets less weight.
# 2. Two sounds that have nothing to do with each other: their losses *add*, $L_1 + L_2$, and the odds of independent things *multiply*.
#
# So $g(L_1 + L_2) = g(L_1)\,g(L_2)$, and the continuous functions that turn sums into products are the exponentials. One number is left to
# choose:
#
# $$p(x) = \frac1Z\, e^{-E(x)}, \qquad E(x) = \frac{L(x)}{T}$$
#
# This is **Boltzmann's** distribution. $E$ is the **energy** (no unit), $T$ the **temperature**, in units of the loss: a fit that is worse
# by $T$ turns up 2.7 times less often. $Z$ is whatever makes the sum 1, and nobody will have to know it. $T \to 0$ is the best fit;
# $T \to \infty$ is anything at all.
#
# ## A drunkard who knows the way down
#
# How do we *draw* from $p$? In 29 dimensions there is no grid to look at. Take gradient descent, and shake it:
#
# $$x \;\leftarrow\; x - \eta\, \nabla E(x) + \sqrt{2\eta}\; n, \qquad n \sim \mathcal N(0, 1)$$
#
# $\eta$ is the step, $n$ a fresh Gaussian number for every control. It is a **Langevin** step. Why just $\sqrt{2\eta}$? In one dimension,
# for a crowd of walkers with density $p(x)$, and a tiny $\eta$:
#
# * **the slope moves them** by $-\eta E'$. Past the point $x$ goes, in one step, a flow of $-\eta\,E'(x)\,p(x)$ walkers, counted to the right.
# * **the kick spreads them.** A kick of variance $s^2$ throws as many to the left as to the right; but where there are more on the left,
#   more come over from there. Who stands $k$ to the left of $x$ crosses it if his kick is longer than $k$, and from the right the same. The
#   excess on the left is $p(x - k) - p(x + k) \approx -2k\,p'(x)$, so the flow is
#   $-2p' \int_0^\infty k\,P(\text{kick} > k)\,dk = -2p' \cdot \tfrac12 \cdot \tfrac{s^2}{2} = -\tfrac{s^2}2\,p'(x)$. (By parts, the
#   integral is half the mean square of the kicks to the right, and these are half of all.)
# * **at rest** both cancel everywhere: $\eta E' p + \tfrac{s^2}2 p' = 0$, so $\frac{p'}{p} = -\frac{2\eta}{s^2} E'$, and
#   $p \propto e^{-2\eta E/s^2}$.
#
# That is $e^{-E}$ if $s^2 = 2\eta$. Any other kick is another temperature, $T' = T s^2/2\eta$. And note what the step never asks for: $Z$.
# A slope does not see a constant.
#
# ### Exercise 22.1: one step
#
# `energy` takes points [chains, controls] to energies [chains]. The chains run side by side and know nothing of each other.
#
# <details><summary>Hint 1</summary><code>x = x.detach().requires_grad_()</code>: a step starts afresh, and does not remember the one before.</details>
# <details><summary>Hint 2</summary><code>(slope,) = torch.autograd.grad(energy(x).sum(), x)</code>. Why the sum? Because each chain's energy depends on its own row alone.</details>


# %% tags=["exercise"]
def langevin_step(energy, x: Tensor, step: float, noise: Tensor) -> Tensor:
    """x [chains, controls], noise of the same shape, normal -> where the chains are next, without a graph"""
    ### BEGIN SOLUTION
    x = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad(energy(x).sum(), x)
    return (x - step * slope + math.sqrt(2 * step) * noise).detach()
    ### END SOLUTION


# %% tags=["check"]
langevin_step = check("22.1", langevin_step)

# %% [markdown]
# ## Where the truth is known
#
# Before it may touch a sound, a sampler has to pass where we know what should come out. The simplest sound there is: one partial, $x$ dB
# above a floor of noise at 0 dB. What is *heard* is the sum of their powers,
#
# $$m(x) = 10 \log_{10}\!\big(10^{x/10} + 1\big) \quad\text{dB}, \qquad E(x) = \frac{(m(x) - m_0)^2}{2\,(1\ \text{dB})^2}$$
#
# and the recording says $m_0$, with a tolerance of 1 dB. In one dimension we can draw $e^{-E}$ itself. Two partials: one at 6 dB above the
# floor, one at 10 dB *below* it.
#
# > **Guess before you look.** The second one is buried. Its sampler starts at the truth, at -10 dB. Where do its chains end up, after very
# > many steps?
# > **a** around -10 dB · **b** just above the floor, at 0 dB · **c** anywhere below the floor, further and further down · **d** where they
# > started: there is no slope

# %% tags=["question"]
question("22.6", answer=None)


# %%
def heard_db(x: Tensor) -> Tensor:
    """The level of a partial at x dB and a floor at 0 dB, together"""
    return 10 * torch.log10(10 ** (x / 10) + 1)


def partial_at(true_db: float, prior_db: float = math.inf):
    """The energy of one partial's level, [chains, 1] -> [chains]"""
    heard = heard_db(torch.tensor(true_db).double())
    return lambda x: (0.5 * (heard_db(x) - heard).square() + 0.5 * (x / prior_db).square()).sum(dim=-1)


def walk(energy, x: Tensor, step: float, n_steps: int, seed: int = 0) -> Tensor:
    """Langevin steps -> all places, [steps, chains, controls]"""
    generator, places = torch.Generator().manual_seed(seed), []
    for _ in range(n_steps):
        x = langevin_step(energy, x, step, torch.randn(x.shape, generator=generator, dtype=x.dtype)).detach()
        places.append(x)
    return torch.stack(places)


def density(energy, grid: Tensor) -> Tensor:
    """exp(-E) on an even grid, with an area of 1"""
    weight = torch.exp(-energy(grid[:, None]))
    return weight / (weight.sum() * (grid[1] - grid[0]))


lost = walk(partial_at(-10.0), torch.full((1000, 1), -10.0).double(), 0.5, 1600)
known = {
    "6 dB above the floor": (partial_at(6.0), torch.linspace(-4, 12, 65).double(), 6.0),
    "10 dB below, with a prior of 15 dB": (partial_at(-10.0, 15.0), torch.linspace(-60, 10, 71).double(), -10.0),
}
walked, mismatch = {}, {}
for name, (energy, grid, start) in known.items():
    spread = 15.0 * torch.randn(2000, 1, generator=torch.Generator().manual_seed(5)).double()
    begin = torch.full_like(spread, start) if start > 0 else spread.clamp(max=0)
    walked[name] = walk(energy, begin, 0.2 if start > 0 else 0.5, 1600)[800::10].flatten()
    counted = torch.histogram(walked[name], bins=grid).hist / len(walked[name])
    edges = density(energy, grid)
    mismatch[name] = 0.5 * (counted - 0.5 * (edges[1:] + edges[:-1]) * (grid[1] - grid[0])).abs().sum()

with plots.figure(
    alt="Left, a histogram and a curve on one another, a hill around 6 dB with a slightly longer tail to the left; right, the same for the buried partial: a broad slope from -45 dB up to a steep edge at 0 dB.",
    height_inches=3.2,
    columns=2,
) as axes:
    for panel, (name, (energy, grid, _)) in zip(axes, known.items(), strict=True):
        panel.hist(walked[name].numpy(), bins=grid.numpy(), density=True, color="#56B4E9", label="chains")
        panel.plot(grid, density(energy, grid), color="#D55E00", label="exp(-E)")
        panel.set(xlabel="level of the partial (dB, the floor is 0)", ylabel="density (1/dB)")
        panel.set_title(name, loc="left")
        panel.legend(loc="upper left")

# %% tags=["number"]
for name, value in mismatch.items():
    verdict(f"{name}: share in the wrong place", value, below=0.05)
for n_steps in (100, 400, 1600):
    low = lost[n_steps - 1].flatten().quantile(0.1)
    report(f"buried, no prior: after {n_steps} steps a tenth of the chains is below", low, "dB", digits=0)

# %% [markdown]
# Histogram and curve agree, but for a hair (in a moment you know why), and nobody has computed $Z$. And the buried partial shows what goes
# wrong first: **without a prior there is no answer.** Below the floor the loss is flat, all the way down to minus infinity. A density that
# is constant over an endless line cannot have the area 1; the chains walk off, four times as many steps, twice as far, for ever. So before
# we listen we have to say what we would believe without listening:
#
# $$E(x) = \frac{L(x)}{T} + \sum_i \frac{x_i^2}{2\,\sigma_0^2}$$
#
# This second bowl is the **prior**, a Gauss curve of deviation $\sigma_0$ (15 dB in this lesson) around what was read. It is a choice, and
# where the sound says nothing, it is *all* that comes out. Keep an eye on it.
#
# ## What goes wrong: the size of the step
#
# The derivation wanted a tiny $\eta$. What does a real one do? Take the plainest bowl, $E = x^2/2$, whose $p$ has the variance 1 (say,
# dB$^2$). A step makes $x(1 - \eta) + \sqrt{2\eta}\,n$ out of $x$; variances of independent things add; so in the end
#
# $$v = (1 - \eta)^2 v + 2\eta \quad\Rightarrow\quad v = \frac{1}{1 - \eta/2}$$
#
# > **Guess, or compute.** Which variance do the chains have at a step of 1?

# %% tags=["question"]
question("22.7", answer=None)

# %% [markdown]
# At $\eta = 2$ it divides by zero: beyond that, each step throws the walker further up the other side than where it came from. And small
# steps? They are right, and take for ever: of $x$, a share of $1 - \eta$ is left after each, so it takes $1/\eta$ steps to forget.
#
# There is a cure for the first half of this, by Metropolis and others (1953) and Hastings (1970). Take the Langevin step as a mere **proposal**, from $x$ to $y$, and keep it with a
# probability $\alpha$; if not, stay (and count $x$ once more). For $p$ to remain at rest it is enough that between any two points as many
# walk forth as back,
#
# $$p(x)\,q(y\,|\,x)\,\alpha(x \to y) = p(y)\,q(x\,|\,y)\,\alpha(y \to x), \qquad q(y\,|\,x) \propto \exp\Big(\!-\frac{\lVert y - x + \eta \nabla E(x) \rVert^2}{4\eta}\Big)$$
#
# where $q$ says how readily the proposal is made: the kick that it takes, a Gauss curve of variance $2\eta$. Keep the larger $\alpha$ at 1,
# and the other follows:
#
# $$\ln \alpha = \min\big(0,\; E(x) - E(y) + \ln q(x\,|\,y) - \ln q(y\,|\,x)\big)$$
#
# It is called MALA, the Metropolis-adjusted Langevin algorithm, and it is *exact* at any step. Only, if the step is too large, it never moves.
#
# ### Exercise 22.2: shall we?
#
# <details><summary>Hint 1</summary><code>going = -(there - here + step * slope_here).square().sum(dim=-1) / (4 * step)</code> is ln q(there | here).</details>
# <details><summary>Hint 2</summary><code>coming</code> is the same with the ends exchanged: it starts there, with the slope there.</details>
# <details><summary>Hint 3</summary><code>.clamp(max=0)</code></details>


# %% tags=["exercise"]
def log_acceptance(
    energy_here: Tensor,
    energy_there: Tensor,
    slope_here: Tensor,
    slope_there: Tensor,
    here: Tensor,
    there: Tensor,
    step: float,
) -> Tensor:
    """energies [chains], slopes and points [chains, controls] -> logarithm of the chance to keep each step, [chains]"""
    ### BEGIN SOLUTION
    going = -(there - here + step * slope_here).square().sum(dim=-1) / (4 * step)
    coming = -(here - there + step * slope_there).square().sum(dim=-1) / (4 * step)
    return (energy_here - energy_there + coming - going).clamp(max=0)
    ### END SOLUTION


# %% tags=["check"]
log_acceptance = check("22.2", log_acceptance)


# %%
def with_slope(energy, x: Tensor) -> tuple[Tensor, Tensor]:
    """Each chain's energy and its slope"""
    x = x.detach().requires_grad_()
    value = energy(x)
    return value.detach(), torch.autograd.grad(value.sum(), x)[0]


def checked_walk(energy, x: Tensor, step: float, n_steps: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Langevin steps, each kept or not -> all places [steps, chains, controls], the share that was kept [chains]"""
    generator, places, kept = torch.Generator().manual_seed(seed), [], torch.zeros(len(x))
    value, slope = with_slope(energy, x)
    for _ in range(n_steps):
        noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)
        there = x - step * slope + math.sqrt(2 * step) * noise
        value_there, slope_there = with_slope(energy, there)
        chance = log_acceptance(value, value_there, slope, slope_there, x, there, step)
        yes = torch.rand(len(x), generator=generator).log() < chance
        x, slope = torch.where(yes[:, None], there, x), torch.where(yes[:, None], slope_there, slope)
        value, kept = torch.where(yes, value_there, value), kept + yes / n_steps
        places.append(x)
    return torch.stack(places), kept


def round_bowl(x: Tensor) -> Tensor:
    return 0.5 * x.square().sum(dim=-1)


sizes = torch.tensor([0.05, 0.2, 0.4, 0.7, 1.0, 1.3, 1.6, 1.8, 1.9])
middle = torch.zeros(2000, 1).double()
plain = [walk(round_bowl, middle, float(size), 200)[100:].var() for size in sizes]
corrected = [checked_walk(round_bowl, middle, float(size), 200) for size in sizes]
plots.curves(
    sizes,
    {
        "as it comes": plain,
        "1 / (1 - step / 2)": 1 / (1 - sizes / 2),
        "kept or not (MALA)": [places[100:].var() for places, _ in corrected],
    },
    x_label="step (dB²)",
    y_label="variance of the chains (dB²)",
    title="A bowl whose variance is 1",
    levels=[1.0],
    log_y=True,
    points=True,
    alt="The variance of the plain chains lies on the formula: close to 1 for small steps, 2 at a step of 1, 20 at 1.9; with the correction it stays on the line at 1 throughout.",
)
thrown = walk(round_bowl, torch.ones(100, 1).double(), 2.2, 60)

# %% tags=["number"]
report("variance at a step of 1, as it comes", plain[4], "dB^2", digits=1)
report("with MALA", corrected[4][0][100:].var(), "dB^2", digits=1)
report("of these steps MALA keeps", 100 * corrected[4][1].mean(), "%", digits=0)
verdict("at a step of 2.2, after 60 steps, the deviation is", thrown[-1].std(), above=10_000, unit="dB")

# %% [markdown]
# ## Two controls that trade off
#
# Now two dimensions: two controls whose *sum* the ear hears, and whose difference it hardly does. Make one louder and the other softer, and
# little changes. A Gauss hill then, long and thin: each control for itself has a deviation of 1 dB, but their correlation is -0.95. Across
# the valley the variance is 0.05 dB$^2$, along it 1.95.
#
# The valley's *narrow* side says how large a step may be (below $2 \times 0.05$, or it explodes). Its *long* side says how many steps one
# needs. Three walkers, 300 steps each:

# %%
trade_off = torch.tensor([[1.0, -0.95], [-0.95, 1.0]]).double()
inverse = torch.linalg.inv(trade_off)


def valley(x: Tensor) -> Tensor:
    return 0.5 * ((x @ inverse) * x).sum(dim=-1)


start = torch.tensor([[1.2, -1.2]]).double()
paths = {step: walk(valley, start, step, 300, seed=2)[:, 0] for step in (0.0005, 0.05, 0.105)}
turn = torch.linspace(0, 2 * math.pi, 100).double()
ring = 2 * torch.stack([turn.cos(), turn.sin()]).T @ torch.linalg.cholesky(trade_off).T
with plots.figure(
    alt="Three panels with one long thin ellipse from upper left to lower right: with the smallest step the path stays in one corner, with the middle one it fills the ellipse, with the largest it shoots across and out of it.",
    height_inches=3.3,
    columns=3,
) as axes:
    for panel, (step, path) in zip(axes, paths.items(), strict=True):
        panel.plot(path[:, 0], path[:, 1], color="#0072B2", linewidth=0.6, marker=".", markersize=2)
        panel.plot(ring[:, 0], ring[:, 1], color="#D55E00", linewidth=1.2)
        panel.set(xlabel="control 1 (dB)", xlim=(-3.5, 3.5), ylim=(-3.5, 3.5), aspect="equal")
        panel.set_title(f"step {step:g} dB²", loc="left")
    axes[0].set_ylabel("control 2 (dB)")

# %% [markdown]
# The first will be right in a year. How can one tell, where no ellipse is drawn? By how long a chain remembers. Let $\rho(\ell)$ be how
# much a value is like the one $\ell$ steps later: the mean product of the two, both less the mean of all, over the variance. Then the mean
# of $N$ values in a row is as uncertain as that of $N/\tau$ independent ones:
#
# $$\operatorname{var}\Big(\frac1N\sum_i x_i\Big) = \frac1{N^2} \sum_{i,j} v\,\rho(|i - j|) \approx \frac{v}{N}\,\Big(1 + 2\sum_{\ell \ge 1} \rho(\ell)\Big) = \frac v N\, \tau$$
#
# $\tau$ is the **autocorrelation time**, in steps, and $N/\tau$ the **effective number of samples**.
#
# > **Compute.** In a chain, each value is 0.9 of the one before and something new. So $\rho(\ell) = 0.9^\ell$. It has 1900 steps. How many
# > independent samples is that worth?

# %% tags=["question"]
question("22.8", answer=None)

# %% [markdown]
# ### Exercise 22.3: how long does it remember?
#
# One number for all chains together: mean and variance over all of them, $\rho(\ell)$ as the mean over steps and chains. Stop adding before
# the first lag where $\rho$ is below 0.05: further out there is nothing but chance, and much of it.
#
# <details><summary>Hint 1</summary><code>apart = values - values.mean()</code>; <code>apart[lag:] * apart[:-lag]</code> are the pairs at a lag.</details>
# <details><summary>Hint 2</summary>Start from 1, and add <code>2 * likeness</code> for lag 1, 2, 3 ... until it is below 0.05.</details>


# %% tags=["exercise"]
def autocorrelation_time(values: Tensor) -> Tensor:
    """values [steps, chains] of one control -> steps for one independent sample (one number, at least 1)"""
    ### BEGIN SOLUTION
    apart = values - values.mean()
    total = torch.ones((), dtype=values.dtype)
    for lag in range(1, len(values)):
        likeness = (apart[lag:] * apart[:-lag]).mean() / apart.square().mean()
        if likeness < 0.05:
            break
        total = total + 2 * likeness
    return total
    ### END SOLUTION


# %% tags=["check"]
autocorrelation_time = check("22.3", autocorrelation_time)

# %%
many = walk(valley, torch.zeros(400, 2).double(), 0.05, 1400)[400:]
along, across = (many @ torch.tensor(way).double() / math.sqrt(2) for way in ([1.0, -1.0], [1.0, 1.0]))
by_mala = checked_walk(valley, torch.zeros(400, 2).double(), 0.05, 1400)[0][400:]
remembers = {"along the valley": (along, 1.95), "across it": (across, 0.05)}

# %% tags=["number"]
for name, (values, variance) in remembers.items():
    report(f"{name}: steps for one sample, measured", autocorrelation_time(values), digits=0)
    report("by 2 v / step - 1", 2 * variance / 0.05 - 1, digits=0)
report("correlation of the two controls, measured", torch.corrcoef(many.flatten(0, 1).T)[0, 1], digits=2)
report("with MALA", torch.corrcoef(by_mala.flatten(0, 1).T)[0, 1], digits=2)

# %% [markdown]
# The correlation should be -0.95, and MALA has it. Without, it is too weak, and you know why: across the valley the variance is 0.05, and a
# step of 0.05 doubles that, as in question 22.7. The narrow side suffers first.
#
# (A bowl of variance $v$ keeps $1 - \eta/v$ from step to step, and the sum of that series gives $2v/\eta - 1$. What is measured along the
# valley comes out a little short, as we stop adding at 0.05.)
#
# Remember the remedy, too: a control that is wide should take wide steps. Measure each one in units of its own width, and all valleys that
# lie along an axis become round. That is what `sample` in the first cell does.
#
# ## How warm?
#
# Back to the reed, its 29 controls and its loss. What should $T$ be? "As good as that" needs a yardstick, and the course has had one since
# lesson 07: the same note blown again. No two re-takes have the same loss against the recording. Their losses spread by some $s$;
# **differences of that size mean nothing.** So let the losses of our samples spread by as much.
#
# Near its bottom the energy is a bowl. Turn it and stretch it until it is round: $E = E_0 + \tfrac12(u_1^2 + \dots + u_d^2)$, and $e^{-E}$
# makes each $u_i$ an independent Gauss number of variance 1. What is the spread of a sum of $d$ such squares? One square has the mean 1 and
# the variance $\overline{u^4} - 1 = 3 - 1 = 2$. So half of the sum has the mean $\tfrac d2$ and the variance
# $\tfrac14 \cdot 2d = \tfrac d2$, and the loss, $T$ times the energy:
#
# $$\text{mean of } L - L_0 = \frac{d}{2}\,T, \qquad \text{deviation of } L = T \sqrt{\frac d2}$$
#
# ### Exercise 22.4: a temperature from re-takes
#
# Choose $T$ so that the samples' losses deviate by as much as those of the re-takes, $s$. That is the deviation of a sample, over $n - 1$.
#
# <details><summary>Hint 1</summary><code>losses.std()</code> is s. Which T makes T sqrt(d / 2) the same?</details>


# %% tags=["exercise"]
def temperature_of(losses: Tensor, controls: int) -> Tensor:
    """losses [retakes] against the recording, the number of controls -> T, in units of the loss"""
    ### BEGIN SOLUTION
    return losses.std() * math.sqrt(2 / controls)
    ### END SOLUTION


# %% tags=["check"]
temperature_of = check("22.4", temperature_of)

# %% [markdown]
# ### Exercise 22.5: how wide, without any walk
#
# If the energy *is* a bowl, then no sampler is needed. With the **curvature** $H_{ij} = \partial^2 L / \partial x_i \partial x_j$ (in
# 1/dB$^2$) of the loss at its bottom, and the prior's own, the density is a Gauss hill with the covariance
#
# $$C = \Big(\frac{H}{T} + \frac{1}{\sigma_0^2} I\Big)^{-1}, \qquad \text{width of control } i = \sqrt{C_{ii}}$$
#
# This is **Laplace's** approximation. Mind the order. $\sqrt{T/H_{ii}}$ is how far control $i$ may move while the others stand still;
# $\sqrt{T\,(H^{-1})_{ii}}$ lets them make up for it. In the valley above, where $T = 1$: $\sqrt{1/H_{11}} = 0.31$ dB, and the truth is 1 dB.
#
# <details><summary>Hint 1</summary><code>torch.eye(len(curvature)) / prior_db**2</code></details>
# <details><summary>Hint 2</summary><code>torch.linalg.inv(...).diagonal().sqrt()</code></details>


# %% tags=["exercise"]
def laplace(curvature: Tensor, temperature: float, prior_db: float) -> Tensor:
    """curvature [controls, controls] of the loss, in 1/dB^2 -> the width of each control, [controls], in dB"""
    ### BEGIN SOLUTION
    precision = curvature / temperature + torch.eye(len(curvature)) / prior_db**2
    return torch.linalg.inv(precision).diagonal().sqrt()
    ### END SOLUTION


# %% tags=["check"]
laplace = check("22.5", laplace)

# %% [markdown]
# One trap is left. Our loss is made of absolute values, and the second derivative of $|u|$ is zero everywhere but at the kink, where there
# is none. The curvature sits in the kinks, thousands of them, one a bin; to see it one has to *walk over* some. So `curvature_at` in the
# first cell moves each control by 1.5 dB up and down and looks how the slopes have changed: 58 chains in one batch, averaged over eight
# draws of the breath. Ask autograd instead, twice in a row, at the bottom itself:

# %%
by_autograd = (
    sum(
        torch.autograd.functional.hessian(
            lambda x, d=d: losses_of(play(x[None], torch.tensor([d])), target).sum(), best
        )
        for d in range(4)
    )
    / 4
)

# %% tags=["number"]
verdict(
    "curvature by autograd over the walked one, median size",
    (by_autograd.diagonal() / curvature.diagonal()).abs().median(),
    below=0.3,
)
verdict("its smallest (in 1/dB^2), of 29 that should be above 0", by_autograd.diagonal().min(), below=0)

# %% [markdown]
# A fraction of it, and not even of one sign: by autograd the bottom of our valley is a saddle. With an L1 loss, never trust a Hessian that
# did not move.
#
# ## All the notes it could have been
#
# Now walk: 12 chains side by side, 250 steps, by your step. At every step each chain gets *another breath*: a gradient of one draw is the
# true one plus some noise. Welling and Teh (2011) noticed that Langevin does not mind. A slope that is off by a deviation $\delta$ adds
# $\eta^2\delta^2$ to the variance of a kick that has $2\eta$ already; for a small step that is nothing. How much is it here?

# %%
chains = sample(langevin_step, 12, 250, seed=2)
settled = chains[len(chains) // 4 :]  # the first quarter is the way in
drawn = settled.flatten(0, 1)  # [samples, CONTROLS]
samples = settled[:: max(1, len(settled) // 8)].flatten(0, 1)  # some of them, for the ear and for their losses
with torch.no_grad():
    sample_losses = losses_of(play(samples, torch.arange(len(samples)) % len(breaths)), target)
    best_losses = losses_of(play(best.repeat(32, 1), torch.arange(32)), target)
slope_noise = (slopes_of(best.repeat(32, 1), torch.arange(32), target) / T * widths_db).std(dim=0)
memory = torch.stack([autocorrelation_time(settled[..., i]) for i in range(CONTROLS)])
names = [f"partial {k}" for k in range(1, HARMONICS + 1)] + [f"band {b}" for b in range(1, BANDS + 1)]

with plots.figure(
    alt="Three rows of strokes: the losses of sixteen re-takes between 2.8 and 3.2, those of the best fit with other breaths close together at 3.8, and those of the samples from 4.0 to 4.6.",
    height_inches=2.6,
) as axes:
    for row, (name, values) in enumerate(
        {"re-takes": retake_losses, "best fit, 32 breaths": best_losses, "samples": sample_losses}.items()
    ):
        axes.plot(
            values, torch.full_like(values, row), "|", color=plots.COLOURS[row], markersize=16, markeredgewidth=1.2
        )
        axes.annotate(name, (float(values.mean()), row + 0.35), ha="center", fontsize=9)
    axes.set(xlabel="spectral loss against the recording (no unit)", ylim=(-0.6, 2.8), yticks=[])
    axes.set_title("Every loss is one stroke", loc="left")
listening.compare(
    {
        "recorded, ten times": in_a_row(recorded.repeat(10, 1)),
        **listening.with_yours(
            "ten it could have been",
            langevin_step,
            lambda langevin_step: in_a_row(play(sample(langevin_step, 10, 30, seed=3)[-1], torch.arange(10))),
        ),
        "other ten": in_a_row(play(samples[-10:], torch.arange(10))),
    }
)

# %% tags=["number"]
spread = retake_losses.std()
verdict(
    "spread of the samples' losses over that of the re-takes", sample_losses.std() / spread, below=1.5, of_training=True
)
verdict("and", sample_losses.std() / spread, above=0.6, of_training=True)
verdict("noise of a slope against the kick, largest (step 0.3)", 0.3 * slope_noise.square().max() / 2, below=0.01)
verdict("the best fit's best breath above the worst re-take", best_losses.min() - retake_losses.max(), above=0.4, of_training=True)  # fmt: skip
excess = (sample_losses.mean() - best_losses.mean()) / (CONTROLS / 2 * T)
verdict("samples above the best fit, over d T / 2", excess, above=0.7, of_training=True)
verdict("and", excess, below=1.6, of_training=True)
verdict("steps for one sample, median over the controls", memory.median(), below=45, of_training=True)

# %% [markdown]
# The spread is right, and the breath heats the chains by less than a hundredth. But look at where the samples lie: *all* of them are worse
# than the best fit, by $\tfrac d2 T$ and a little more, some four spreads. (No fit, not even the best, comes as near as a re-take does: what
# the model cannot do costs more than half a unit of loss, and $T$ says nothing about that.) Nothing is wrong. The best fit is one point, and there is next
# to no room around it; one notch worse in any of 29 directions there is a great deal. In many dimensions **the typical is not the best**,
# and a best fit is nobody's typical note.
#
# ## What the note determines

# %%
level_db = 20 * read[frames // 3 : -frames // 3].mean(dim=0).log10()  # [harmonics], as read
mean_db, width_db = drawn.mean(dim=0), drawn.std(dim=0)
low_db, high_db = (drawn.quantile(q, dim=0) for q in (0.1, 0.9))
hz = F0_HZ * torch.arange(1, HARMONICS + 1)
with plots.figure(
    alt="The 23 partials of the reed over frequency, falling from -34 to between -70 and -90 dB, each with a bar for eight tenths of the samples: up to 4 kHz the bars are 4 to 14 dB long, above they are 20 to 30 dB long and reach further down than up.",
    height_inches=3.6,
) as axes:
    axes.vlines(
        hz,
        level_db + low_db[:HARMONICS],
        level_db + high_db[:HARMONICS],
        color="#56B4E9",
        linewidth=6,
        label="eight tenths of the samples",
    )
    axes.plot(hz, level_db, "o", color="#D55E00", markersize=4.5, label="as read")
    axes.set(xlabel="frequency of the partial (Hz)", ylabel="level (dB, a sine of 1 is 0)")
    axes.set_title("What the note says about each of its partials", loc="left")
    axes.legend(loc="upper right")
at_once = laplace(curvature, T, PRIOR_DB)
plots.curves(
    torch.arange(1, CONTROLS + 1),
    {"samples": width_db, "Laplace": at_once},
    x_label=f"control (1 to {HARMONICS}: partials, then {BANDS} bands of noise)",
    y_label="deviation (dB)",
    title="How wide is each control?",
    levels={"prior": PRIOR_DB},
    points=True,
    alt="Both curves are low for partial 1, at 1 dB, and below 6 dB for most of partials 2 to 12 and for the noise; from partial 13 to 23 the samples are at 8 to 12 dB, not far from the prior's 15, and Laplace at 5 to 10.",
)
loud = level_db.argsort(descending=True)[:5]
quiet = level_db.argsort(descending=True)[-8:]
extremes = torch.stack([best, best, best])
extremes[1, loud[0]] += 12.0
extremes[2, quiet] += 12.0
listening.compare(
    {
        name: in_a_row(play(each[None], torch.tensor([0])))
        for name, each in zip(
            ("best fit", "its loudest partial 12 dB up", "its eight faintest 12 dB up"), extremes, strict=True
        )
    }
)

# %% tags=["number"]
verdict(
    "width of the eight faintest partials over the five loudest",
    width_db[quiet].mean() / width_db[loud].mean(),
    above=2,
    of_training=True,
)
verdict(
    "loudest partial, width by samples over Laplace", width_db[loud[0]] / at_once[loud[0]], below=1.5, of_training=True
)
verdict("eight faintest, the same", (width_db[quiet] / at_once[quiet]).mean(), above=1.3, of_training=True)
verdict(
    "eight faintest: samples lie below the best fit by",
    (best - mean_db)[quiet].mean(),
    above=2,
    unit="dB",
    of_training=True,
)

# %% [markdown]
# A loud partial is nailed down. A faint one, under the breath or under the skirts of its neighbours, is free: to the loss it could be 10 dB
# softer, or not there. Upwards it would be heard; downwards there is only the prior. So its hill leans, and *its width is more ours than
# the recording's*. Laplace, who looks at the bottom of the valley alone, does not see how flat it gets outside. That is what the walk is
# for.
#
# And who trades with whom? Two neighbouring bands of noise share the bins between them: if one is up, the other tends to be down. The
# partials hardly know of each other, as each has its own bins.

# %%
together = torch.corrcoef(drawn.T)
a, b = HARMONICS + 2, HARMONICS + 3
neighbours = torch.stack([together[i, i + 1] for i in range(HARMONICS, CONTROLS - 1)])
by_laplace = torch.linalg.inv(bowl)
expected = torch.stack(
    [
        by_laplace[i, i + 1] * (by_laplace[i, i] * by_laplace[i + 1, i + 1]).rsqrt()
        for i in range(HARMONICS, CONTROLS - 1)
    ]
)
with plots.figure(
    alt="Left, a round cloud of points for two neighbouring bands of noise that leans a little from upper left to lower right; right, a matrix of correlations that is pale but for its diagonal and pale blue cells beside it among the noise bands at the lower right.",
    height_inches=3.6,
    columns=2,
) as axes:
    axes[0].plot(drawn[::3, a], drawn[::3, b], ".", color="#0072B2", markersize=3)
    axes[0].set(xlabel=f"{names[a]} (dB against as read)", ylabel=f"{names[b]} (dB against as read)")
    axes[0].set_title("Two bands of noise", loc="left")
    image = axes[1].imshow(together, cmap="RdBu_r", vmin=-1, vmax=1, extent=(0.5, CONTROLS + 0.5, CONTROLS + 0.5, 0.5))
    axes[1].grid(False)
    axes[1].set(xlabel="control (number)", ylabel="control (number)")
    axes[1].set_title("All pairs of controls", loc="left")
    axes[1].figure.colorbar(image, ax=axes[1], label="correlation (no unit)")

# %% tags=["number"]
verdict("correlation of neighbouring noise bands, by Laplace, mean", expected.mean(), below=-0.15)
verdict("by the samples", neighbours.mean(), below=-0.1, of_training=True)

# %% [markdown]
# ### Is that the right temperature?
#
# We calibrated by the spread of the *loss*. One could ask otherwise: fit every one of the sixteen re-takes anew, and look how far the
# sixteen best fits scatter. (Near the bottom a fit moves by the new slope over the curvature, so this costs one gradient a re-take.)

# %%
moved = torch.stack([slopes_of(best.repeat(8, 1), torch.arange(8), spectra_of(retake)).mean(0) for retake in retakes])
refits = torch.linalg.solve(bowl, (moved / T).T).T
scatter = refits.std(dim=0)
cloud = {
    name: torch.distributions.MultivariateNormal(
        torch.zeros(CONTROLS), torch.linalg.inv(curvature / (T * times) + torch.eye(CONTROLS) / PRIOR_DB**2)
    )
    for name, times in {"a hundredth of T": 0.01, "T": 1.0, "ten times T": 10.0}.items()
}
with torch.random.fork_rng(devices=[]):
    torch.manual_seed(4)
    temperatures = {name: best + hill.sample((10,)) for name, hill in cloud.items()}
listening.compare(
    {
        "ten re-takes": in_a_row(torch.cat(retakes[:10])),
        **{name: in_a_row(play(each, torch.arange(10))) for name, each in temperatures.items()},
    }
)

# %% tags=["number"]
ranks = torch.stack([at_once.argsort().argsort(), scatter.argsort().argsort()]).double()
verdict("order of the widths, and of the scatter: correlation of ranks", torch.corrcoef(ranks)[0, 1], above=0.65)
verdict("widths at T over the scatter of refits, median", (at_once / scatter).median(), above=5)
verdict("widths at a hundredth of T over it", (laplace(curvature, T / 100, PRIOR_DB) / scatter).median(), below=3)

# %% [markdown]
# Some ten times less! So two questions have two answers. *Which settings differ in loss among themselves by no more than one day's note does from
# another's?* $T$. *How exactly can the settings of this player be estimated?* Something like $T/100$. (Listen to both. The hills here are
# Laplace's, drawn without a walk.) With a true likelihood the two would agree; a spectral loss is not one. **A temperature is a choice, and
# a width without its temperature means nothing**, like a loss without its yardsticks. What hardly depends on it is the *order*: who is
# narrow, and who is wide.
#
# ## Rooms again
#
# In lesson 09 five rooms explained one steady note equally well. That was five; now all of them. Take a case where the truth is ours: eight
# partials of 220 Hz in a room of two numbers, **gain** (dB, of its first taps) and **RT60** (s, how long until it has lost 60 dB). Sample
# all ten controls from two recordings of the same singer in the same room: one steady note that began long ago, and a phrase of three notes
# with a rest at its end. To be fair to the fit, even the room's noise is known; and 8 kHz will do. The loss has long windows only, which
# see partials one by one: short ones would hear how the partials' *phases* stand, and a room turns these. So does every singer, in a way
# that nobody knows.
#
# What is heard of partial $k$ on a steady note is its own level $a_k$ and the room's gain there, $w_k = a_k + 20 \log_{10} |1 + H(k f_0)|$
# in dB. So walk in $w$, not in $a$: that straightens the valley. (It is a shear. It moves $a_k$ by something that depends on the room
# alone, so it leaves volumes, and with them densities, as they are.) No prior on the levels: nothing is buried here. On the room: gain
# $-36 \pm 4$ dB, RT60 half a second, an octave more or less.
#
# > **Guess.** What does the sampler say about RT60, from the steady note alone?
# > **a** the truth, but with a wide margin · **b** what the prior said, whatever that was · **c** the shortest room, as the simplest ·
# > **d** two or three possible rooms, with nothing between

# %% tags=["question"]
question("22.9", answer=None)

# %%
RATE, TAPS, HZ, K = 8000, 6000, 220.0, 8
ROOM_SIZES = (1024, 512, 256)  # 128, 64 and 32 ms: long enough to see partials one by one
ROOM_PRIOR, ROOM_WIDTH = torch.tensor([-36.0, -1.0]), torch.tensor([4.0, 1.0])  # gain in dB, log2 of RT60 in s
TRUE_DB = torch.tensor([-14.0, -20.0, -18.0, -26.0, -24.0, -32.0, -30.0, -36.0])
TRUE_ROOM = torch.tensor([-34.0, math.log2(0.6)])
taps = [math.sqrt(3) * dsp.white_noise(1, TAPS, generator=torch.Generator().manual_seed(seed))[0] for seed in (5, 11)]


def response(room: Tensor, noise: Tensor) -> Tensor:
    """room [chains, 2] as (gain in dB, log2 of RT60) -> impulse responses, [chains, TAPS]"""
    return 10 ** (room[:, :1] / 20) * dsp.exponential_decay(2 ** room[:, 1], TAPS, sample_rate=RATE) * noise


def room_db(room: Tensor, noise: Tensor) -> Tensor:
    """What the room adds to each steady partial, in dB, [chains, K]"""
    turns = HZ / RATE * torch.arange(1, K + 1) * torch.arange(1, TAPS)[:, None]
    h = response(room, noise)[:, 1:]
    real, imaginary = (h @ wave(2 * math.pi * turns) for wave in (torch.cos, torch.sin))
    return 10 * ((1 + real).square() + imaginary.square()).clamp_min(1e-6).log10()


class Scene:
    """One recording of the singer, and how well ten controls explain it."""

    def __init__(self, f0_hz: Tensor, gate: Tensor, skipped: int) -> None:
        """f0_hz and gate [frames]; skipped: samples that sound before the recording begins"""
        alone = torch.eye(K)[:, None] * gate[:, None]
        self.partials = dsp.harmonic_synthesis(f0_hz.repeat(K, 1), alone, sample_rate=RATE, hop_size=64)
        self.skipped = skipped
        truth = torch.cat([TRUE_DB, TRUE_ROOM])
        truth[:K] += room_db(TRUE_ROOM[None], taps[0])[0]
        self.audio = self.play(truth[None], taps[0], seed=0)
        self.target = self.spectra(self.audio)
        window = self.audio[:, 600:1624]  # inside of the first note
        self.start = dsp.amplitude_to_db(read_partials(window, torch.tensor([HZ]), K, RATE)[0])

    def play(self, z: Tensor, noise: Tensor, seed: int) -> Tensor:
        """z [chains, K + 2]: heard levels, gain, log2 of RT60 -> [chains, samples]"""
        dry = 10 ** ((z[:, :K] - room_db(z[:, K:], noise)) / 20) @ self.partials
        hiss = 0.003 * torch.randn(1, dry.shape[1], generator=torch.Generator().manual_seed(seed))
        return (dsp.reverberate(dry, response(z[:, K:], noise)) + hiss)[:, self.skipped :]

    def spectra(self, audio: Tensor) -> list[Tensor]:
        return [dsp.stft_power(audio, size).clamp_min(1e-10) for size in ROOM_SIZES]

    def losses(self, audio: Tensor) -> Tensor:
        pairs = zip(self.spectra(audio), self.target, strict=True)
        return sum((0.5 * (a.log() - b.log()).abs() + (a.sqrt() - b.sqrt()).abs()).mean(dim=(1, 2)) for a, b in pairs)

    def sample(
        self, noise: Tensor, room_width: Tensor, way_in: int, n_steps: int, chains: int = 8
    ) -> tuple[Tensor, Tensor]:
        """A plain walk in, from rooms all over the prior, then checked steps -> [steps, chains, K + 2], share kept"""
        generator = torch.Generator().manual_seed(0)
        width = torch.cat([torch.full((K,), 0.5), room_width])
        rooms = ROOM_PRIOR + ROOM_WIDTH * torch.randn(chains, 2, generator=generator)
        u = torch.cat([self.start.repeat(chains, 1), rooms], dim=1) / width

        def energy(u: Tensor) -> Tensor:
            z = u * width
            prior = 0.5 * ((z[:, K:] - ROOM_PRIOR) / ROOM_WIDTH).square().sum(dim=-1)
            return self.losses(self.play(z, noise, seed=20)) / T + prior

        if way_in:
            u = walk(energy, u, 0.2, steps(way_in))[-1]
        places, kept = checked_walk(energy, u, 0.2, steps(n_steps), seed=1)
        return places * width, kept


seconds = torch.arange(188) * 64 / RATE
steady = Scene(torch.full_like(seconds, HZ), torch.ones_like(seconds), skipped=8000)
seconds = torch.arange(150) * 64 / RATE
moving_hz = HZ * 2 ** (torch.where(seconds < 0.25, 0.0, torch.where(seconds < 0.5, 4.0, -3.0)) / 12)
phrase = Scene(moving_hz, (seconds / 0.03).clamp(0, 1) * ((0.7 - seconds) / 0.03).clamp(0, 1), skipped=0)
from_steady, kept_steady = steady.sample(taps[0], 0.7 * ROOM_WIDTH, way_in=0, n_steps=200)
from_phrase, kept_phrase = phrase.sample(taps[0], torch.tensor([1.0, 0.2]), way_in=70, n_steps=130)
from_steady, from_phrase = (each[len(each) // 6 :] for each in (from_steady, from_phrase))
in_prior = ROOM_PRIOR + ROOM_WIDTH * torch.randn(4000, 2, generator=torch.Generator().manual_seed(0))

with plots.figure(
    alt="Left, histograms of RT60 on a logarithmic axis: that from the steady note is as wide as the curve of the prior, that from the phrase is a narrow hill close to the line at 0.6 s; right, clouds of RT60 against gain: the steady note's fills the picture, the phrase's is a small cloud around the cross of the truth that leans from upper left to lower right.",
    height_inches=3.5,
    columns=2,
) as axes:
    bins = torch.linspace(-4, 2, 37)
    for colour, (name, chains) in zip(
        plots.COLOURS, {"the steady note": from_steady, "the phrase": from_phrase}.items(), strict=False
    ):
        axes[0].hist(chains[..., K + 1].flatten(), bins=bins.numpy(), density=True, color=colour, alpha=0.6, label=name)
        axes[1].plot(
            chains[::3, :, K + 1].flatten(), chains[::3, :, K].flatten(), ".", color=colour, markersize=3, label=name
        )
    octaves = torch.linspace(-4, 2, 200)
    bell = torch.exp(-0.5 * (octaves - ROOM_PRIOR[1]).square()) / math.sqrt(2 * math.pi)
    axes[0].plot(octaves, bell, color="#000000", linestyle="--", label="prior")
    axes[0].axvline(TRUE_ROOM[1], color="#555555", linestyle=":", label="truth")
    axes[1].plot(TRUE_ROOM[1], TRUE_ROOM[0], "P", color="#000000", markersize=9, label="truth")
    axes[0].set_ylabel("density (1/octave)")
    axes[1].set_ylabel("gain of the room (dB)")
    for panel in axes:
        panel.set_xlabel("RT60 (s)")
        panel.set_xticks([-4, -2, -1, 0, 2], ["1/16", "1/4", "1/2", "1", "4"])
        panel.legend(loc="upper left", fontsize=8, frameon=True, edgecolor="white")
    axes[0].set_title("How long the room rings", loc="left")
    axes[1].set_title("and how loud it is", loc="left")

seconds = torch.arange(270) * 64 / RATE
ended = Scene(torch.full_like(seconds, HZ), ((1.5 - seconds) / 0.02).clamp(0, 1), skipped=8000)
order = from_steady[-1, :, K + 1].argsort()[[0, 2, 4, 5, 7]]
edge = (torch.arange(ended.audio.shape[1]) / 80).clamp(max=1) * (
    (ended.audio.shape[1] - torch.arange(ended.audio.shape[1])) / 80
).clamp(max=1)
five = ended.play(from_steady[-1, order], taps[0], seed=3) * edge
listening.compare(
    {"the singer stops": ended.audio * edge}
    | {
        f"RT60 {2 ** float(from_steady[-1, i, K + 1]):.2f} s": sound[None] for i, sound in zip(order, five, strict=True)
    },
    sample_rate=RATE,
)

# %% tags=["number"]
verdict(
    "steady note: width of log RT60 over the prior's",
    from_steady[..., K + 1].std() / ROOM_WIDTH[1],
    above=0.7,
    of_training=True,
)
verdict("phrase: the same", from_phrase[..., K + 1].std() / ROOM_WIDTH[1], below=0.4, of_training=True)
found_s = 2 ** from_phrase[..., K + 1].mean()
verdict("phrase: RT60, off the true 0.6 s by", (found_s - 0.6).abs(), below=0.15, unit="s", of_training=True)
verdict(
    "phrase: correlation of gain and log RT60",
    torch.corrcoef(from_phrase[..., K:].flatten(0, 1).T)[0, 1],
    below=-0.3,
    of_training=True,
)
verdict("steps that were kept, steady note", kept_steady.mean(), above=0.6, of_training=True)

# %% [markdown]
# From the steady note comes the prior, back again. (You heard five of its rooms: the same note, until it stops.) From the phrase comes the
# room, because a rest lets it ring alone, and because moving partials ask it for its gain at more than eight frequencies. And in the phrase
# the two room controls *trade off*: louder and shorter, or softer and longer.
#
# What about the singer? The level of each partial that is *heard* is narrow in both. The singer's own,
# $a_k = w_k - 20\log_{10}|1 + H(k f_0)|$, has the room's uncertainty in it:

# %%
own, heard_too = {}, {}
for name, chains in {"the steady note": from_steady, "the phrase": from_phrase}.items():
    flat = chains.flatten(0, 1)
    heard_too[name] = flat[:, :K].std(dim=0)
    own[name] = (flat[:, :K] - room_db(flat[:, K:], taps[0])).std(dim=0)
plots.curves(
    torch.arange(1, K + 1),
    {
        "steady note: the singer's own": own["the steady note"],
        "steady note: as heard": heard_too["the steady note"],
        "phrase: the singer's own": own["the phrase"],
        "phrase: first note, as heard": heard_too["the phrase"],
    },
    x_label="partial",
    y_label="deviation (dB)",
    title="Whose level is known?",
    points=True,
    alt="Deviations over the eight partials: for the first five, the singer's own levels from the steady note lie clearly above what is heard, 1.1 to 2.1 dB against 0.6 to 1.4; the two curves from the phrase lie on one another, at 1 to 2.5 dB.",
)

# %% tags=["number"]
strong = slice(0, 5)
over_heard = {name: own[name][strong].mean() / heard_too[name][strong].mean() for name in own}
verdict(
    "steady note, five strongest partials: own over heard", over_heard["the steady note"], above=1.3, of_training=True
)
verdict("the phrase: the same", over_heard["the phrase"], below=1.15, of_training=True)

# %% [markdown]
# From the steady note, what reaches the ear is known to a decibel, and what left the singer is not: the room may have helped. From the
# phrase the two curves coincide. There the room is known so well that taking it off costs nothing. (Both are higher than before, as its
# first note lasts only a quarter of a second.)
#
# That is the kind case, though: eight partials, and a room of *two* numbers. A room of a thousand numbers could put any colour into its
# first 50 ms, and then no phrase decides whether it is the throat's or the wall's (lesson 09). The late decay it decides.
#
# ### What goes wrong: sure, and mistaken
#
# We were kind: the model knew the room's noise, tap by tap. Nobody does. Take *another* noise of the same kind, and sample the phrase again.

# %%
mistaken, _ = phrase.sample(taps[1], torch.tensor([1.0, 0.2]), way_in=70, n_steps=90)
mistaken = mistaken[len(mistaken) // 6 :]
plots.curves(
    torch.arange(len(mistaken)),
    {
        "right noise": from_phrase[: len(mistaken), :, K].mean(dim=1),
        "another noise": mistaken[..., K].mean(dim=1),
    },
    x_label="step",
    y_label="gain of the room, mean of 8 chains (dB)",
    title="How loud is the room?",
    levels={"truth": float(TRUE_ROOM[0])},
    y_range=(-42, -30),
    alt="With the right noise the curve moves about within two decibels of the truth at -34 dB; with another noise it stays around -38 dB.",
)

# %% tags=["number"]
verdict(
    "another noise: gain, less than the truth by",
    TRUE_ROOM[0] - mistaken[..., K].mean(),
    above=2,
    unit="dB",
    of_training=True,
)
verdict(
    "another noise: RT60, off by",
    (2 ** mistaken[..., K + 1].mean() - 0.6).abs(),
    below=0.25,
    unit="s",
    of_training=True,
)

# %% [markdown]
# These chains are wrong by several decibels, and nothing in them says so: a room whose every tap is false is best played softly. How
# *long* it rings survives that, more or less, as in lesson 09. **A width says how sure the model is, if the model is right.** It is no
# measure of whether it is.
#
# ## An energy that is learned
#
# One thing in all this was made up: the prior. "Within 15 dB of what was read" is a round bowl, and says nothing of reeds or voices. Could
# it be *learned*, from sounds that there are? That is an **energy-based model**: a network $E_\theta(y)$, low where real sounds lie. To
# learn it one would make real sounds more likely, $-\ln p = E_\theta(y) + \ln Z$, and the slope of that is
#
# $$\nabla_\theta E_\theta(\text{a real sound}) \;-\; \text{mean of } \nabla_\theta E_\theta(\text{a sound drawn from the model})$$
#
# Push down where the data are, pull up where the model dreams. The dreams are Langevin's; Hinton (2002) started them at the data and took a
# few steps only, *contrastive divergence*. Hyvärinen (2005) saw that even those can be spared. The slope $\nabla_y E$ does not contain $Z$:
# so match *slopes*. And there is a way to know what they should be (Vincent 2011). Add noise to a real sound, $y = x + \sigma n$. The way
# back is downhill, so a good energy has
#
# $$\sigma\,\nabla_y E_\theta(y) \approx n \qquad\Rightarrow\qquad \text{minimise the mean of } \lVert \sigma\,\nabla_y E_\theta(x + \sigma n) - n \rVert^2$$
#
# The guess that is best on average is the slope of the data's *own* density, blurred by $\sigma$. For a finite set of sounds that is a sum
# of Gauss hills, and can be written down. So here, too, the truth is known.
#
# Two numbers a note: how bright it is (mean partial, weighed by amplitude, in octaves above the fundamental), and how much stronger its odd
# partials *from the third on* are than its even ones (dB; the fundamental would drown them). Three instruments, 25 notes each.


# %%
def timbre_of(instrument: str, seed: int) -> tuple[float, float]:
    """Brightness in octaves, odd partials from the third on over even ones in dB, of a short note at a pitch and level by chance"""
    chance = torch.rand(2, generator=torch.Generator().manual_seed(seed))
    hz, level = 220 * 2 ** float(chance[0]), 0.3 + 0.6 * float(chance[1])
    gate = (torch.arange(75) / 8).clamp(max=1)
    sound = instruments.play(instrument, torch.full((75,), hz), level, gate, noise_seed=seed).dry
    found = read_partials(sound[:, 2400:4448], torch.tensor([hz]), 12, SAMPLE_RATE)[0]
    power = found.square()
    bright = (found * torch.arange(1, 13)).sum() / found.sum()
    return float(bright.log2()), float(10 * (power[2::2].sum() / power[1::2].sum()).log10())


BLUR = 0.3  # sigma, in deviations of the data
notes = {
    name: torch.tensor([timbre_of(name, seed) for seed in range(25)]) for name in ("reed", "bowed_string", "voice")
}
measured = torch.cat(list(notes.values()))
mean, deviation = measured.mean(dim=0), measured.std(dim=0)
timbres = (measured - mean) / deviation
with torch.random.fork_rng(devices=[]):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(2, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))


def learned(y: Tensor) -> Tensor:
    """The network's energy, and a wide bowl far out, [n, 2] -> [n]"""
    return network(y.to(torch.float32))[:, 0] + y.square().sum(dim=1) / 18


optimizer, generator = torch.optim.Adam(network.parameters(), lr=3e-3), torch.Generator().manual_seed(0)
for _ in range(steps(700)):
    real = timbres[torch.randint(len(timbres), (300,), generator=generator)]
    n = torch.randn(300, 2, generator=generator)
    y = (real + BLUR * n).requires_grad_()
    (slope,) = torch.autograd.grad(learned(y).sum(), y, create_graph=True)
    optimizer.zero_grad()
    (BLUR * slope - n).square().sum(dim=1).mean().backward()
    optimizer.step()


def true_slope(y: Tensor) -> Tensor:
    """Of minus the logarithm of a sum of hills, one on each note"""
    towards = timbres - y[:, None]
    share = torch.softmax(-towards.square().sum(dim=-1) / (2 * BLUR**2), dim=1)
    return -(share[..., None] * towards).sum(dim=1) / BLUR**2


probe = timbres.repeat(10, 1) + BLUR * torch.randn(10 * len(timbres), 2, generator=generator)
_, guessed = with_slope(learned, probe)
explained = 1 - (guessed - true_slope(probe)).square().sum() / true_slope(probe).square().sum()
dreams = walk(learned, 2 * torch.randn(400, 2, generator=generator), 0.02, 400)[-1]
blurred = timbres[torch.randint(len(timbres), (400,), generator=generator)] + BLUR * torch.randn(
    400, 2, generator=generator
)
nearest = [torch.cdist(each, timbres).min(dim=1).values.median() for each in (dreams, blurred)]
across_axis, up_axis = torch.linspace(-2.8, 2.8, 80), torch.linspace(-2.8, 2.8, 80)
with torch.no_grad():
    surface = learned(torch.cartesian_prod(across_axis, up_axis)).reshape(80, 80).T
    surface = (surface - surface.min()).clamp(max=8)
with plots.figure(
    alt="A map of brightness against odd over even partials, with the learned energy in shades: two dark hollows, the voice's at the lower left, one of reed and bowed string together at the upper right; nearly all of the samples lie in these, among the notes.",
    height_inches=4.2,
) as axes:
    x_axis, y_axis = mean[0] + deviation[0] * across_axis, mean[1] + deviation[1] * up_axis
    drawn_lines = axes.contourf(x_axis, y_axis, surface, levels=9, cmap="Greys_r", alpha=0.6)
    axes.plot(*(mean + deviation * dreams).T, ".", color="#0072B2", markersize=3, label="samples")
    for marker, colour, (name, each) in zip("os^", ("#D55E00", "#E69F00", "#009E73"), notes.items(), strict=True):
        axes.plot(*each.T, marker, color=colour, markersize=5, markeredgecolor="white", label=name.replace("_", " "))
    axes.set(xlabel="brightness (octaves above the fundamental)", ylabel="partials 3, 5, ... over 2, 4, ... (dB)")
    axes.set_xlim(float(x_axis[0]), float(x_axis[-1]))
    axes.set_ylim(float(y_axis[0]), float(y_axis[-1]))
    axes.figure.colorbar(drawn_lines, ax=axes, label="energy (no unit)")
    axes.set_title("Notes, samples, and the energy between them", loc="left")
    axes.legend(loc="lower right", fontsize=9)

# %% tags=["number"]
verdict("share of the true slope that the network explains", explained, above=0.85, of_training=True)
verdict(
    "samples: median distance to a note, over that of blurred notes",
    nearest[0] / nearest[1],
    below=1.7,
    of_training=True,
)

# %% [markdown]
# Your `langevin_step` did not notice that the energy is a network now. With such an energy in place of the round bowl, a buried partial
# would be put where buried partials of instruments *are*: that is what an energy-based model has to give. What it takes: two numbers a note
# are easy. In many dimensions nearly all of the space is empty; there the slope was never trained, and a walker that starts there has no
# way home, nor does one cross from one island of sounds to the next. Song and Ermon (2019) therefore learn many blurs at once, from very
# wide to very fine, and walk down through them. That has become the diffusion models.
#
# ## What you built
#
# | you wrote | in the package | what is different there |
# |---|---|---|
# | `langevin_step`, `log_acceptance` | – | a trained network gives *one* answer: lesson 11's model is a best fit |
# | `autocorrelation_time`, `temperature_of`, `laplace` | – | they are for judging, as the re-takes of lesson 07 are |
#
# Nothing of this is in the package: it is a way to ask questions *about* its synthesizer, whose every step has a gradient. The questions
# were: what does this sound determine, what does it leave open, who trades with whom, and is it the sound that answers, or my prior?

# %%
show_progress(22)

# %% [markdown]
# **To read.** Hinton: *Training products of experts by minimizing contrastive divergence*, Neural Computation 14(8), 2002. Hyvärinen:
# *[Estimation of non-normalized statistical models by score matching](https://www.jmlr.org/papers/v6/hyvarinen05a.html)*, JMLR 6, 2005.
# Vincent: *A connection between score matching and denoising autoencoders*, Neural Computation 23(7), 2011. Welling and Teh: *Bayesian
# learning via stochastic gradient Langevin dynamics*, ICML 2011. Song and Ermon: *Generative modeling by estimating gradients of the data
# distribution*, NeurIPS 2019, [arXiv:1907.05600](https://arxiv.org/abs/1907.05600). Roberts and Tweedie: *Exponential convergence of
# Langevin distributions and their discrete approximations*, Bernoulli 2(4), 1996: when the plain step is wrong, and MALA. Hayes et al.,
# 2025, [arXiv:2506.07199](https://arxiv.org/abs/2506.07199): what it means for learning that several controls make the same sound.
#
# **To try.** The voice in place of the reed. A prior of 5 dB, or of 40: which widths change, which do not? All six windows in place of
# `ROOM_SIZES`: short ones hear the *phases* of the partials, and a room turns these; does a steady note still say nothing? The learned
# energy as a prior: brightness and balance of a sample are functions of its 23 offsets, so add its energy to that of `sample`.
#
# **Next.** This was the last lesson. The sounds that yours could have been are still out there.
