"""A fence round one call."""

from __future__ import annotations

import signal
import sys
import threading
import time

import pytest
import torch

from ddsp_course.classroom.limits import TooLarge, TooLong, within_limits


def forever():
    while True:
        pass


def test_what_is_quick_and_small_comes_back():
    assert within_limits(lambda: 6 * 7) == 42


def test_its_own_errors_come_through():
    with pytest.raises(ZeroDivisionError):
        within_limits(lambda: 1 / 0)


def test_a_loop_without_end_is_stopped_by_its_cpu_time():
    started = time.process_time()
    with pytest.raises(TooLong):
        within_limits(forever, cpu_s=0.2)
    assert 0.15 < time.process_time() - started < 2.0


def test_sleeping_costs_nothing():
    assert within_limits(lambda: time.sleep(0.4) or "awake", cpu_s=0.2) == "awake"


def test_no_alarm_is_left_behind():
    before = signal.getsignal(signal.SIGPROF)
    within_limits(lambda: None, cpu_s=0.05)
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGPROF) is before
    sum(i * i for i in range(10**6))  # well over the limit: nothing may come


def test_in_another_thread_a_watchdog_does_the_same():
    seen = []

    def work():
        try:
            within_limits(forever, cpu_s=0.2)
        except TooLong:
            seen.append("stopped")
        seen.append(within_limits(lambda: "and on"))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert seen == ["stopped", "and on"]


def test_without_signals_the_watchdog_guards_the_main_thread(monkeypatch):
    monkeypatch.delattr(signal, "setitimer")
    with pytest.raises(TooLong):
        within_limits(forever, cpu_s=0.2)
    sum(i * i for i in range(10**6))


def test_python_and_torch_both_end_at_the_memory_limit():
    """On Linux by a limit; elsewhere nobody has a petabyte either."""
    petabyte = 10**15
    for ask in (lambda: bytearray(petabyte), lambda: torch.empty(petabyte, dtype=torch.uint8)):
        with pytest.raises(TooLarge):
            within_limits(ask)


def test_on_linux_the_limit_is_the_one_that_was_asked_for():
    if not sys.platform.startswith("linux"):
        return  # there is no such limit elsewhere, and nothing to look at
    megabytes = within_limits(lambda: len(bytearray(100 * 2**20)), memory_bytes=2**30)
    assert megabytes == 100 * 2**20
    with pytest.raises(TooLarge):
        within_limits(lambda: bytearray(600 * 2**20), memory_bytes=200 * 2**20)
    assert len(bytearray(600 * 2**20)) == 600 * 2**20  # and it is lifted again
