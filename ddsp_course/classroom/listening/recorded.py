"""Takes of one's own under a name, as files in the workbook; until there is one, a bundled take stands in."""

from __future__ import annotations

import contextlib
import io
import os
import re
import uuid
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from torch import Tensor

from ddsp_course.classroom.workbook import workbook
from ddsp_course.data.config import AudioConfig
from ddsp_course.data.errors import CourseError
from ddsp_course.data.files import reason, write_atomically
from ddsp_course.data.recordings import load_recording
from ddsp_course.data.types import Recording

FOLDER = "recordings"
BUNDLED_SECONDS, BUNDLED_SEED = 6, 5


class Recorded:
    """The takes under one name, in the workbook: the newest of them is what this is, or the bundled one if none is.

    It has what a `data.Recording` has (audio, config, name, frames, seconds), as it is at the moment of asking;
    `recording` holds on to it.
    """

    def __init__(self, name: str, config: AudioConfig) -> None:
        self.name, self.config = name, config
        self.folder = workbook() / FOLDER
        self._loaded: tuple[Any, Recording] | None = None

    @property
    def audio(self) -> Tensor:
        """[1, samples], float32: a copy, to do with as one likes."""
        return self.recording.audio.clone()

    @property
    def sample_rate(self) -> int:
        return self.config.sample_rate

    @property
    def frames(self) -> int:
        return self.recording.frames

    @property
    def seconds(self) -> float:
        return self.recording.seconds

    @property
    def path(self) -> Path | None:
        """The file of the newest take, None while there is none."""
        return self._newest()[0]

    @property
    def source(self) -> str:
        """Whose sound it is, in words."""
        if path := self.path:
            return f"your take {FOLDER}/{path.name}"
        return f"a bundled take: the course's voice model sings (seed {BUNDLED_SEED})"

    @property
    def remark(self) -> str:
        """What was noted with the newest take, in sentences: that it clips, that it was cut off."""
        path = self.path
        if path is None:
            return ""
        with contextlib.suppress(soundfile.SoundFileError), soundfile.SoundFile(path) as file:
            return file.comment
        return ""  # a file that was put there by hand, of a kind that has no remarks

    @property
    def recording(self) -> Recording:
        """The sound as it is now, on the grid of its config: padded with zeros to a whole frame."""
        return self._newest()[1]

    def keep(self, sound: np.ndarray, remark: str = "") -> Path:
        """Write a take [samples], float32, at this rate, under the next free name; no other take is ever written over.

        Raises CourseError when the folder cannot be written or the disk is full.
        """
        buffer = io.BytesIO()
        with soundfile.SoundFile(buffer, "w", self.sample_rate, 1, "FLOAT", format="WAV") as file:
            if remark:  # libsndfile calls an empty one a bad string
                file.comment = remark
            file.write(sound)
        whole = self.folder / f".{self.name}.{uuid.uuid4().hex[:8]}.wav"  # hidden: not yet a take
        write_atomically(whole, buffer.getvalue())
        number = max(self._files(), default=0) + 1
        try:
            while not _renamed(whole, path := self._file(number)):
                number += 1  # another kernel was quicker
        except OSError as error:
            raise CourseError(f"Cannot keep the take as {path} ({reason(error)}): may you write there?") from error
        finally:
            whole.unlink(missing_ok=True)
        return path

    def _file(self, number: int) -> Path:
        return self.folder / (f"{self.name}.wav" if number == 1 else f"{self.name}-{number}.wav")

    def _files(self) -> dict[int, Path]:
        """By number: the highest is the newest, whatever the clock of a copied folder says."""
        found = {}
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                if match := re.fullmatch(re.escape(self.name) + r"(?:-([1-9]\d*))?\.wav", path.name):
                    found[int(match[1] or 1)] = path
        return found

    def _newest(self) -> tuple[Path | None, Recording]:
        for _, path in sorted(self._files().items(), reverse=True):
            try:
                state = path.stat()
                mark = (path, state.st_mtime_ns, state.st_size)
                if self._loaded is None or self._loaded[0] != mark:
                    self._loaded = (mark, load_recording(path, config=self.config, name=path.stem))
                return path, self._loaded[1]
            except (CourseError, OSError) as error:
                warnings.warn(f"A take is passed over: {error}", stacklevel=3)  # Python shows the same words once
        if self._loaded is None or self._loaded[0] is not None:
            self._loaded = (None, bundled_take(self.config))
        return None, self._loaded[1]

    def __repr__(self) -> str:
        return f"record({self.name})"


def bundled_take(config: AudioConfig) -> Recording:
    """Six seconds of the voice model, the same ones every time: made in half a second, so no file is needed."""
    from ddsp_course import instruments

    return instruments.voice(BUNDLED_SECONDS / 60, BUNDLED_SEED, config, progress=False)[0]


def _renamed(source: Path, target: Path) -> bool:
    """Give a whole file its name, unless something has it: True if it has it now."""
    try:
        os.link(source, target)  # unlike a rename, it never replaces what is there
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        if target.exists():
            return False
        os.replace(source, target)
    return True
