"""What was once computed is kept on disk: found again by what it was computed from."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import platformdirs
import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from ddsp_course.data.errors import CourseError
from ddsp_course.data.files import write_atomically

DIGEST_BYTES = 32


def cache_folder() -> Path:
    """Where results are kept: $DDSP_COURSE_CACHE, or the operating system's place for caches. Safe to delete.   Lesson
    8."""
    chosen = os.environ.get("DDSP_COURSE_CACHE")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("ddsp-course", appauthor=False))


def remember(kind: str, key_parts: Mapping[str, Any], make: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
    """Tensors by name: from the cache if the same was made before, else made now and kept.

    `kind` is a folder ("features"); `key_parts` is everything that the result depends on, a version of the code among
    it: text, numbers, None, tensors, arrays, and lists, tuples and dictionaries of them. Two processes that want the
    same at once do the work once. A damaged entry is made again; where nothing can be written, it works without, and a
    warning says so.   Lesson 8.
    """
    path = cache_folder() / kind / f"{fingerprint(key_parts)}.tensors"
    found = _read(path)
    if found is not None:
        return found
    with _one_at_a_time(path):
        found = _read(path)  # another process may have made it while we waited
        if found is not None:
            return found
        made = {name: tensor.detach().cpu().contiguous() for name, tensor in make().items()}
        content = safetensors.torch.save(made)
        try:
            write_atomically(path, hashlib.sha256(content).digest() + content)
        except CourseError:
            warnings.warn(  # Python shows the same words from the same line once
                f"Nothing can be kept in the cache {cache_folder()}, so everything is computed again each time: "
                "set DDSP_COURSE_CACHE to a folder that you may write to, with some space left.",
                stacklevel=2,
            )
    return made


def fingerprint(parts: Any) -> str:
    """64 hexadecimal digits that differ whenever the parts do: SHA-256 over their values, types and shapes.   Lesson
    8."""
    return hashlib.sha256(json.dumps(_described(parts), sort_keys=True).encode()).hexdigest()


def _described(part: Any) -> Any:
    if isinstance(part, Mapping):
        return {"map": sorted([str(name), _described(value)] for name, value in part.items())}
    if isinstance(part, (list, tuple)):
        return {"list": [_described(value) for value in part]}
    if isinstance(part, Tensor):
        part = part.detach().cpu().numpy()
    if isinstance(part, np.ndarray):
        content = hashlib.sha256(np.ascontiguousarray(part).data).hexdigest()
        return {"array": [str(part.dtype), list(part.shape), content]}
    if part is None or isinstance(part, (str, int, float, bool)):
        return [type(part).__name__, repr(part)]
    raise TypeError(f"A cache key is made of text, numbers and tensors, not of {type(part).__name__}.")


def _read(path: Path) -> dict[str, Tensor] | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, tensors = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
    if hashlib.sha256(tensors).digest() == digest:
        with contextlib.suppress(SafetensorError):
            return safetensors.torch.load(tensors)
    warnings.warn(f"The cache entry {path} is damaged: it is made again.", stacklevel=3)
    return None


@contextlib.contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Hold the entry's lock, if this file system can lock; without, two processes may do the same work, and no harm."""
    lock = filelock.FileLock(path.with_suffix(".lock"))
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError, NotImplementedError):
            path.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(lock)
        yield
