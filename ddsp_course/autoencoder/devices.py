"""Where to compute: the device that is asked for by name, or the best that is there."""

from __future__ import annotations

import torch

from ddsp_course.data import CourseError


def find_device(name: str | torch.device = "auto") -> torch.device:
    """The device to compute on: "auto" takes cuda, else mps, else cpu.

    Raises CourseError for an unknown name, and for a device that is not there.   Lesson 11.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, found in there.items() if found))
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        device = None
    if device is None or device.type not in there:
        raise CourseError(f'Unknown device {str(name)!r}: choose "auto", "cuda", "mps" or "cpu".')
    if not there[device.type] or (device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()):
        raise CourseError(f'There is no {name} device here (or this torch cannot use it): try device="auto".')
    return device
