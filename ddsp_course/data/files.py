"""Files that are either there whole or not there at all."""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path

from ddsp_course.data.errors import CourseError


def reason(error: OSError) -> str:
    """What the operating system said, in its words and without its number: "No space left on device".   Lesson 0."""
    return error.strerror or str(error) or type(error).__name__


def write_atomically(path: str | Path, content: bytes) -> None:
    """Write a file so that a reader, a crash or a full disk never meets half of it.

    The bytes go to a hidden name in the same folder (made if missing), reach the disk, and only then take the name.
    Raises CourseError when the folder cannot be written or the disk is full; what was there before stays.   Lesson 0.
    """
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(unfinished, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError as error:
        raise CourseError(
            f"Cannot write {path} ({reason(error)}): choose a folder that you may write to and that has "
            f"{max(1, round(len(content) / 1e6))} MB free."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
