"""How things are timed here: in turns, so that a busy machine is busy for all; as ratios of medians; memory apart."""

from __future__ import annotations

import math
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import psutil
import torch

Work = Callable[[], object]


@dataclass(frozen=True)
class Timed:
    """Seconds of each run, in order."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def in_turns(works: Mapping[str, Work], repeats: int = 7) -> dict[str, Timed]:
    """Every work once to warm up, then all of them in turn, `repeats` times."""
    for work in works.values():
        work()
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            _finish()
            begun = time.perf_counter()
            work()
            _finish()
            seconds[name].append(time.perf_counter() - begun)
    return {name: Timed(tuple(each)) for name, each in seconds.items()}


def growth(make: Callable[[int], Work], sizes: Sequence[int], repeats: int = 5) -> tuple[float, dict[int, float]]:
    """The exponent p of time = c * size ** p, fitted to the medians over sizes by least squares of logarithms."""
    timed = in_turns({str(size): make(size) for size in sizes}, repeats)
    medians = {size: timed[str(size)].median for size in sizes}
    x, y = ([math.log(value) for value in values] for values in (sizes, medians.values()))
    return statistics.linear_regression(x, y).slope, medians


def peak_memory_mb(make: Callable[..., Work], *arguments: object) -> float:
    """How much a work needs beside its arguments, in MB: in a process of its own, or on the GPU if one is used.

    make(*arguments) -> work; both must be importable by name.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(sender, make, arguments))
    process.start()
    sender.close()
    try:
        return receiver.recv()
    except EOFError:
        raise RuntimeError("The process that measures memory ended without a result.") from None
    finally:
        process.join()


def _measure(sender, make: Callable[..., Work], arguments: Sequence[object]) -> None:
    work = make(*arguments)
    if torch.cuda.is_initialized():
        work()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        work()
        sender.send((torch.cuda.max_memory_allocated() - before) / 1e6)
        return
    make(*arguments, warm_up=True)()  # code and compiled loops are loaded, on a small example
    before = _most_resident_bytes()
    # The highest point so far lies above what is in use now: fill the gap, so that every further byte raises it.
    ballast = bytearray(max(0, before - psutil.Process().memory_info().rss))
    work()
    sender.send((_most_resident_bytes() - before) / 1e6)
    del ballast


def _most_resident_bytes() -> int:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def _finish() -> None:
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
