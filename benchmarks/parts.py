"""Every part, ours against the textbook's:  python benchmarks/parts.py

Prints a table and writes benchmarks/results/parts_DEVICE.json: medians of interleaved runs and their ratios, peak
memory, growth with batch, length and harmonics, one training step and where its time goes, and the real-time factor of
playing. Needs the extra `bench` (auraloss, psutil). Times are of the machine it ran on and of what else that did;
ratios are not.
"""

from __future__ import annotations

import argparse
import contextlib
import platform
from collections.abc import Callable, Iterator
from functools import partial

import results
import textbook
import torch
from timing import Work, growth, in_turns, peak_memory_mb
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from ddsp_course import autoencoder, dsp
from ddsp_course.autoencoder.gru import QuickGRU
from ddsp_course.autoencoder.settings import settings
from ddsp_course.data import Features

RATE, HOP, HARMONICS, BANDS = 16_000, 64, 100, 65
GRID = {"sample_rate": RATE, "hop_size": HOP}


def curves(batch: int, seconds: float, low_hz: float, device: str) -> Features:
    """A wandering pitch and loudness, the same at every call."""
    generator = torch.Generator().manual_seed(0)
    frames = round(seconds * RATE / HOP)
    wander = torch.randn(batch, frames, generator=generator).cumsum(1) / frames**0.5
    f0 = low_hz * 2 ** (0.1 * wander.tanh())
    return Features(f0, torch.ones_like(f0), -30 + 5 * wander.cos()).to(device)


def forward_and_backward(play: Callable[..., Tensor], *given: Tensor, constant: tuple[Tensor, ...] = ()) -> Work:
    """One pass through `play` and back from its energy to every given tensor."""
    leaves = [each.detach().clone().requires_grad_() for each in given]

    def work() -> None:
        torch.autograd.grad(play(*leaves, *constant).square().sum(), leaves)

    return work


def oscillator(
    ours: bool,
    batch: int = 4,
    seconds: float = 4.0,
    harmonics: int = HARMONICS,
    low_hz: float = 70.0,
    to_f0: bool = True,
    device: str = "cpu",
    warm_up: bool = False,
) -> Work:
    """At 70 Hz and below 79 all hundred harmonics are audible: nothing can be left out."""
    f0 = curves(batch, 0.1 if warm_up else seconds, low_hz, device).f0_hz
    amplitudes = torch.rand(*f0.shape, harmonics, generator=torch.Generator().manual_seed(1)).to(device) / harmonics
    function = dsp.harmonic_synthesis if ours else textbook.harmonic_synthesis
    if to_f0:
        return forward_and_backward(partial(function, **GRID), f0, amplitudes)
    return forward_and_backward(lambda a: function(f0, a, **GRID), amplitudes)


def noise(ours: bool, batch: int = 16, seconds: float = 1.0, device: str = "cpu", warm_up: bool = False) -> Work:
    frames = round((0.1 if warm_up else seconds) * RATE / HOP)
    function = dsp.filtered_noise if ours else textbook.filtered_noise
    return forward_and_backward(partial(function, hop_size=HOP), torch.rand(batch, frames, BANDS, device=device))


def room(ours: bool, batch: int = 16, seconds: float = 1.0, device: str = "cpu", warm_up: bool = False) -> Work:
    samples = round((0.1 if warm_up else seconds) * RATE)
    function = dsp.reverberate if ours else textbook.reverberate
    taps = torch.randn(3 * RATE, device=device) / RATE
    return forward_and_backward(function, torch.randn(batch, samples, device=device), taps)


def loss(which: str, batch: int = 16, seconds: float = 1.0, device: str = "cpu", warm_up: bool = False) -> Work:
    """which: "ours", "textbook" or "auraloss"; the same sizes, the same two terms."""
    audio, target = 0.1 * torch.randn(2, batch, round((0.2 if warm_up else seconds) * RATE), device=device)
    if which == "auraloss":
        from auraloss.freq import MultiResolutionSTFTLoss

        hops = [size // 4 for size in dsp.FFT_SIZES]
        theirs = MultiResolutionSTFTLoss(dsp.FFT_SIZES, hops, dsp.FFT_SIZES, w_sc=0.0, w_log_mag=1.0, w_lin_mag=1.0).to(
            device
        )
        return forward_and_backward(lambda x, y: theirs(x[:, None], y[:, None]), audio, constant=(target,))
    judge = (dsp.SpectralLoss() if which == "ours" else textbook.SpectralLoss(dsp.FFT_SIZES)).to(device)
    return forward_and_backward(judge, audio, constant=(target,))


def gru(ours: bool, batch: int = 16, seconds: float = 1.0, device: str = "cpu", warm_up: bool = False) -> Work:
    torch.manual_seed(0)
    network = (QuickGRU(2, 256) if ours else nn.GRU(2, 256, batch_first=True)).to(device)
    inputs = torch.randn(batch, round((0.1 if warm_up else seconds) * RATE / HOP), 2, device=device)
    weights = list(network.parameters())

    def work() -> None:
        torch.autograd.grad(network(inputs)[0].square().sum(), weights)

    return work


def step(which: str, preset: str = "tiny", batch: int = 8, seconds: float = 1.5, device: str = "cpu") -> Work:
    """A training step: play, score, follow the gradient. which: "ours", "textbook" or "published"; bf16 with "ours
    bf16"."""
    torch.manual_seed(0)
    config = settings(preset).model
    model, judge = {
        "textbook": lambda: (textbook.Textbook(config), textbook.SpectralLoss(dsp.FFT_SIZES)),
        "published": lambda: (
            textbook.Published(-30.0, 10.0),
            textbook.SpectralLoss(textbook.PUBLISHED_SIZES, normalized=True),
        ),
    }.get(which, lambda: (autoencoder.Autoencoder(config), dsp.SpectralLoss()))()
    model, judge, features = model.to(device).train(), judge.to(device), curves(batch, seconds, 220.0, device)
    target = 0.1 * torch.randn(batch, features.f0_hz.shape[1] * HOP, device=device)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    def work() -> None:
        if which == "published":
            wet = model(features).wet
        else:
            with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=which.endswith("bf16")):
                controls = model.decode(features)
            wet = model.synthesize(controls).wet
        optimizer.zero_grad(set_to_none=True)
        judge(wet, target).backward()
        optimizer.step()

    return work


def playing(preset: str, seconds: float = 10.0, device: str = "cpu", warm_up: bool = False) -> Work:
    """From features to the finished sound, in evaluation mode."""
    model = autoencoder.Autoencoder(settings(preset).model).to(device).eval()
    features = curves(1, 1.0 if warm_up else seconds, 220.0, device)

    def work() -> None:
        with torch.inference_mode():
            model(features)

    return work


def streaming(
    preset: str, block_frames: int, seconds: float = 10.0, device: str = "cpu", warm_up: bool = False
) -> Work:
    """The same, a block of frames at a time; each block's sound is thrown away, as if a loudspeaker had played it."""
    model = autoencoder.Autoencoder(settings(preset).model).to(device).eval()
    features = curves(1, 1.0 if warm_up else seconds, 220.0, device)

    def work() -> None:
        for _ in autoencoder.play_in_blocks(model, features, block_seconds=block_frames * HOP / RATE):
            pass

    return work


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def compare(title: str, works: dict[str, Work], repeats: int) -> dict:
    """A line of the table: ours in ms, and how many times as long each of the others takes."""
    timed = in_turns(works, repeats)
    ours = timed["ours"].median
    row = {name: {"ms": round(1e3 * each.median, 3), "times_ours": each.median / ours} for name, each in timed.items()}
    others = "   ".join(f"{name} {each['times_ours']:6.1f} x" for name, each in row.items() if name != "ours")
    print(f"{title:58} {1e3 * ours:9.1f} ms   {others}", flush=True)
    return row


def speeds(device: str, repeats: int) -> dict[str, dict]:
    def pair(make: Callable[..., Work], **options) -> dict[str, Work]:
        return {"ours": make(True, device=device, **options), "textbook": make(False, device=device, **options)}

    lines = {
        "oscillator, 4 x 4 s, 100 audible, to F0": lambda: pair(oscillator),
        "oscillator, 4 x 4 s, 100 audible": lambda: pair(oscillator, to_f0=False),
        "oscillator, 4 x 4 s, A4: 18 of 100 audible": lambda: pair(oscillator, low_hz=440.0, to_f0=False),
        "filtered noise, 16 x 1 s, 65 bands": lambda: pair(noise),
        "room, 16 x 1 s, 3 s of taps": lambda: pair(room),
        "spectral loss, 16 x 1 s, six sizes": lambda: {
            which: loss(which, device=device) for which in ("ours", "textbook", "auraloss")
        },
        "GRU 256, 16 x 1 s": lambda: pair(gru),
        "training step, tiny, 8 x 1.5 s": lambda: {w: step(w, device=device) for w in ("ours", "textbook")},
        "training step, full, 8 x 1.5 s": lambda: {
            which: step(which, "full", device=device) for which in ("ours", "textbook", "published")
        },
    }
    found = {title: compare(title, make(), repeats) for title, make in lines.items()}
    title = "oscillator, 4 x 4 s, 100 audible, to F0"
    with one_thread():
        return found | {f"{title}, one thread": compare(f"{title}, one thread", lines[title](), repeats)}


def memories(device: str) -> dict[str, dict]:
    found = {}
    for title, make, ours, theirs in (
        ("oscillator, 4 x 4 s, 100 audible, to F0", oscillator, True, False),
        ("spectral loss, 16 x 1 s, six sizes", loss, "ours", "textbook"),
    ):
        extra = {
            name: peak_memory_mb(partial(make, device=device), which)
            for name, which in (("ours", ours), ("textbook", theirs))
        }
        found[title] = {**extra, "ratio": extra["textbook"] / max(extra["ours"], 0.1)}
        print(f"{title:58} {extra['ours']:9.1f} MB   textbook {extra['textbook']:8.1f} MB", flush=True)
    for minutes in (1, 10):
        extra = {
            "streamed": peak_memory_mb(partial(streaming, device=device), "tiny", 1000, 60.0 * minutes),
            "at once": peak_memory_mb(partial(playing, device=device), "tiny", 60.0 * minutes),
        }
        title = f"playing {minutes} minutes, tiny, in blocks of 4 s"
        found[title] = extra
        print(f"{title:58} {extra['streamed']:9.1f} MB   at once {extra['at once']:9.1f} MB", flush=True)
    return found


def growths(device: str, repeats: int) -> dict[str, dict]:
    found = {}
    for ours, name in ((True, "ours"), (False, "textbook")):
        for what, sizes, make in (
            ("batch", (1, 2, 4, 8), lambda size, ours=ours: oscillator(ours, batch=size, seconds=2.0, device=device)),
            ("seconds", (1, 2, 4, 8), lambda size, ours=ours: oscillator(ours, seconds=float(size), device=device)),
            (
                "harmonics",
                (25, 50, 100, 200),
                lambda size, ours=ours: oscillator(ours, harmonics=size, seconds=2.0, low_hz=35.0, device=device),
            ),
        ):
            exponent, medians = growth(make, sizes, repeats)
            found[f"oscillator, {what}, {name}"] = {"exponent": exponent, "seconds": medians}
            line = f"oscillator's time grows as {what} ** {exponent:.2f}"
            print(f"{line:58} ({name}, {sizes[0]} to {sizes[-1]})", flush=True)
    return found


def where_a_step_goes(work: Work, device: str, steps: int = 2) -> list[dict]:
    """The operators (on a GPU: kernels) that take most of a step, themselves, the largest first."""
    cuda = device.startswith("cuda")
    work()
    with profile(activities=[ProfilerActivity.CUDA if cuda else ProfilerActivity.CPU]) as seen:
        for _ in range(steps):
            work()
    times = {
        each.key: each.self_device_time_total if cuda else each.self_cpu_time_total for each in seen.key_averages()
    }
    total = sum(times.values())
    top = sorted(times.items(), key=lambda item: -item[1])[:5]
    for name, spent in top:
        print(f"    {name[:70]:70} {100 * spent / total:5.1f} %")
    return [{"name": name, "share": spent / total} for name, spent in top]


def on_a_gpu(device: str, repeats: int) -> dict[str, dict]:
    """A step at batch 16 x 4 s, in float32 and with the decoder in bfloat16, and its memory."""
    found = {}
    for preset in ("tiny", "full"):
        for which in ("ours", "ours bf16"):
            work = step(which, preset, 16, 4.0, device)
            seconds = in_turns({which: work}, repeats)[which].median
            torch.cuda.reset_peak_memory_stats()
            work()
            memory = torch.cuda.max_memory_allocated() / 1e6
            title = f"training step, {preset}, 16 x 4 s, {'bf16' if 'bf16' in which else 'fp32'}"
            print(f"{title:58} {1e3 * seconds:9.1f} ms   {memory:8.0f} MB", flush=True)
            found[title] = {"ms": 1e3 * seconds, "memory_mb": memory}
    return found


def real_time_factors(device: str, repeats: int) -> dict[str, float]:
    """Seconds of work for a second of sound, on one core where there is no GPU."""
    with one_thread():
        works = {preset: playing(preset, device=device) for preset in ("tiny", "full")}
        works |= {f"tiny, blocks of {n} frames": streaming("tiny", n, device=device) for n in (1000, 250, 64, 16)}
        timed = in_turns(works, repeats)
    found = {name: each.median / 10.0 for name, each in timed.items()}
    for name, factor in found.items():
        print(f"{f'playing {name}, 10 s, one thread':58} {factor:9.4f} s for a second of sound")
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--device", default="cpu")
    options.add_argument("--repeats", type=int, default=7)
    chosen = options.parse_args()
    device, repeats = chosen.device, chosen.repeats
    found = {
        "about": {
            "torch": torch.__version__,
            "device": torch.cuda.get_device_name() if device.startswith("cuda") else platform.machine(),
            "threads": torch.get_num_threads(),
            "repeats": repeats,
        },
        "speed": speeds(device, repeats),
        "memory": memories(device),
        "growth": growths(device, repeats),
        "real_time_factor": real_time_factors(device, repeats),
    }
    if device.startswith("cuda"):
        found["gpu"] = on_a_gpu(device, repeats)
    print("where a step of tiny goes:")
    found["profile"] = where_a_step_goes(step("ours", device=device), device)
    name = f"parts_{device.split(':')[0]}"
    print(f"written to {results.write(name, found)}")


if __name__ == "__main__":
    main()
