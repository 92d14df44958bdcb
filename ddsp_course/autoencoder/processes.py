"""One training run in several processes, on one machine or many: what they must agree on, and who writes."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, nn

from ddsp_course.data import CourseError

PATIENCE = timedelta(hours=24)  # the others wait while the first one listens to the recordings


class OneProcess:
    """Training as it usually is: nobody to agree with.   Lesson 11."""

    count, rank = 1, 0

    def __init__(self, device: torch.device) -> None:
        self.device = device

    @property
    def first(self) -> bool:
        """Is this the process that writes files, shows the bar and keeps the log?   Lesson 11."""
        return self.rank == 0

    def share(self, batch_size: int) -> slice:
        """The part of a batch that is this process's; raises CourseError unless all parts are equal.   Lesson 11."""
        if batch_size % self.count:
            raise CourseError(
                f"A batch of {batch_size} cannot be shared out to {self.count} processes evenly: set batch_size to a "
                f"multiple of {self.count}."
            )
        size = batch_size // self.count
        return slice(self.rank * size, (self.rank + 1) * size)

    def mean(self, value: Tensor) -> Tensor:
        """The mean over all processes, the same in each.   Lesson 11."""
        return value

    def average_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Every gradient becomes its mean over all processes.   Lesson 11."""

    def any(self, happened: bool) -> bool:
        """Did it happen in any of them?   Lesson 11."""
        return happened

    def as_the_first_says(self, value: Any) -> Any:
        """What the first process has, in all of them.   Lesson 11."""
        return value

    def wait(self) -> None:
        """Until all have come as far as this.   Lesson 11."""

    @contextmanager
    def first_goes_first(self) -> Iterator[None]:
        """The first process does what follows, then the others (who find it in the cache).   Lesson 11."""
        yield


class SeveralProcesses(OneProcess):
    """Started by `torchrun` or `accelerate launch`: batches are shared out, gradients averaged, through Accelerate.

    Each process draws the whole batch's places and noise and takes its own share, and a loss is a mean over its batch:
    so the mean of gradients is the gradient of one process with the whole batch. Gradients are averaged by hand, in
    one piece, rather than by torch's DistributedDataParallel: that wraps `forward`, and a step here decodes and
    synthesizes in two calls.   Lesson 11.
    """

    def __init__(self, device: torch.device) -> None:
        try:
            from accelerate import Accelerator, InitProcessGroupKwargs, PartialState
        except ImportError:
            raise CourseError(
                "Training in several processes needs Accelerate: pip install -e '.[scale]' in the course's folder."
            ) from None
        waiting = InitProcessGroupKwargs(timeout=PATIENCE)
        self.accelerator = Accelerator(cpu=device.type == "cpu", kwargs_handlers=[waiting])
        # Left to itself, a thread of the group can outlive Python's own end, and abort: "terminate called".
        atexit.register(PartialState().destroy_process_group)
        self.count, self.rank = self.accelerator.num_processes, self.accelerator.process_index
        super().__init__(self.accelerator.device)

    def mean(self, value: Tensor) -> Tensor:
        return self.accelerator.reduce(value, "mean")

    def average_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        with_gradient = [each for each in parameters if each.grad is not None]
        together = self.mean(torch.cat([each.grad.flatten() for each in with_gradient]))
        for each, mean in zip(with_gradient, together.split([each.numel() for each in with_gradient]), strict=True):
            each.grad.copy_(mean.view_as(each))

    def any(self, happened: bool) -> bool:
        return bool(self.mean(torch.tensor(float(happened), device=self.device)) > 0)

    def as_the_first_says(self, value: Any) -> Any:
        from accelerate.utils import broadcast_object_list

        return broadcast_object_list([value])[0]

    def wait(self) -> None:
        self.accelerator.wait_for_everyone()

    @contextmanager
    def first_goes_first(self) -> Iterator[None]:
        with self.accelerator.main_process_first():
            yield


def join_processes(device: torch.device) -> OneProcess:
    """How many trainings of this run there are is said by what launched them: one, unless torchrun or accelerate did.

    Lesson 11.
    """
    return SeveralProcesses(device) if int(os.environ.get("WORLD_SIZE", "1")) > 1 else OneProcess(device)


def is_first_process() -> bool:
    """Whether this process may speak, before any has joined.   Lesson 11."""
    return int(os.environ.get("RANK", "0")) == 0
