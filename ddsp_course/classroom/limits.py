"""A fence round one call: a loop without end and a tensor without bounds end with a sentence, not with the kernel."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

CPU_SECONDS = 10.0
MEMORY_BYTES = 3 * 2**30
REPEAT_S = 0.5
"""A bare `except:` inside a loop swallows the first alarm; the next comes soon."""


class TooLong(BaseException):
    """The call used up its time. Not an Exception: a learner's `except Exception` must not swallow it."""


class TooLarge(Exception):
    """The call asked for more memory than there is for it."""


def within_limits(call: Callable[[], T], *, cpu_s: float = CPU_SECONDS, memory_bytes: int = MEMORY_BYTES) -> T:
    """Call a function within cpu_s seconds of CPU time and memory_bytes of new address space (the latter on Linux).

    Raises TooLong or TooLarge, and whatever the call raises.
    """
    with _memory_limit(memory_bytes), _time_limit(cpu_s):
        try:
            return call()
        except MemoryError as error:
            raise TooLarge from error
        except RuntimeError as error:
            if "allocate memory" in str(error) or "not enough memory" in str(error):
                raise TooLarge from error  # how torch says it
            raise


def _time_limit(cpu_s: float) -> contextlib.AbstractContextManager[None]:
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        return _alarm(cpu_s)
    return _watchdog(cpu_s)


@contextlib.contextmanager
def _alarm(cpu_s: float) -> Iterator[None]:
    """By the operating system's own count of this process's CPU time."""

    def stop(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, cpu_s, REPEAT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def _watchdog(cpu_s: float) -> Iterator[None]:
    """Where there are no such signals (Windows, other threads): a thread that looks at the clock, and interrupts."""
    over, watched = threading.Event(), threading.get_ident()
    end = time.process_time() + cpu_s

    def watch() -> None:
        while not over.wait(min(REPEAT_S, cpu_s / 4)):
            if time.process_time() > end:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(watched), ctypes.py_object(TooLong))

    watchdog = threading.Thread(target=watch, daemon=True)
    watchdog.start()
    try:
        yield
    finally:
        over.set()
        watchdog.join()
        # What was asked for in the last moment and has not come yet must not come later.
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(watched), None)


@contextlib.contextmanager
def _memory_limit(memory_bytes: int) -> Iterator[None]:
    """Linux can bound a process's address space; elsewhere the machine's memory is the limit."""
    if not sys.platform.startswith("linux"):
        yield
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + memory_bytes
    for bound in (soft, hard):
        if bound != resource.RLIM_INFINITY:
            limit = min(limit, bound)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
