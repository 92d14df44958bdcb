"""The same work for many items, in processes of their own: for folders that one core would listen to for hours."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from ddsp_course.data.errors import CourseError

Item = TypeVar("Item")
Result = TypeVar("Result")
WAITING_PER_WORKER = 2  # items on their way to a worker: more would only fill memory


def in_processes(
    function: Callable[[Item], Result], items: Sequence[Item], workers: int
) -> Iterator[tuple[int, Result]]:
    """Every item once through `function`, in `workers` processes: (its place, its result) as they are done.

    function and items must survive pickling. Processes are started afresh (threads of torch do not survive a fork), so
    each imports torch first: a script that comes here needs `if __name__ == "__main__":`. A worker uses one thread of
    torch. What a worker raises is raised here; so is a CourseError if one dies. Ctrl-C, or leaving the loop, ends them
    all.   Lesson 8.
    """
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)
    before = set(multiprocessing.active_children())
    running: dict[Future, int] = {}
    coming = iter(enumerate(items))
    try:
        while True:
            for place, item in coming:
                running[pool.submit(function, item)] = place
                if len(running) >= workers * (1 + WAITING_PER_WORKER):
                    break
            if not running:
                break
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(done), done.result()
    except BrokenProcessPool:
        raise CourseError(
            f"One of {workers} processes ended before its work was done, perhaps for want of memory: try fewer. "
            "What the others had finished is kept."
        ) from None
    finally:
        pool.shutdown(wait=not running, cancel_futures=True)
        if running:  # left early: nobody waits for minutes of work that is not wanted any more
            for process in set(multiprocessing.active_children()) - before:
                process.terminate()


def can_be_sent(*things: object) -> bool:
    """Do they survive the way into another process? Functions typed into a notebook, for one, do not.   Lesson 8."""
    try:
        pickle.dumps(things)
    except Exception:  # whatever its __reduce__ raises
        return False
    return all(getattr(thing, "__module__", None) != "__main__" for thing in things)


def _begin() -> None:
    """A worker's first act: leave Ctrl-C to the process that started it, and the other cores to the other workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import torch

    torch.set_num_threads(1)
