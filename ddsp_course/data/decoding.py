"""Reading sound files of any kind, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from ddsp_course.data.errors import CourseError
from ddsp_course.data.files import reason

BLOCK_SECONDS = 8
"""Sound is decoded, mixed and resampled in such blocks, so that two hours need no more memory than their result."""

FORMATS = "aac,ac3,aiff,amr,asf,au,caf,flac,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,ogg,w64,wav"
"""What FFmpeg may take a file for, in its words: sound, and nothing that names other files or addresses."""


@dataclass
class ClipMeter:
    """Counts samples in flat tops, block by block: three or more in a row within 0.02 % of the file's extreme.

    A sound that was too loud for its microphone or converter has them, others do not: near the top of a 200 Hz sine at
    44.1 kHz two samples in a row are as close, and a played note changes by more than that from one period to the next.
    Lesson 8.
    """

    extreme: float = 0.0
    stuck: int = 0
    seen: int = 0

    def add(self, block: np.ndarray) -> None:
        """block [samples, channels]"""
        size = np.abs(block)
        self.seen += size.size
        highest = float(size.max(initial=0.0))
        if not np.isfinite(highest) or highest < 0.9998 * self.extreme or highest == 0:
            return
        if highest * 0.9998 > self.extreme:
            self.extreme, self.stuck = highest, 0
        flat = size >= 0.9998 * self.extreme
        three = flat[:-2] & flat[1:-1] & flat[2:]
        in_a_row = np.zeros_like(flat)
        for shift in range(3):
            in_a_row[shift : len(flat) - 2 + shift] |= three
        self.stuck += int(in_a_row.sum())

    @property
    def share(self) -> float:
        return self.stuck / max(1, self.seen)


def read_mono(path: Path, sample_rate: int) -> tuple[np.ndarray, float]:
    """All samples of a file, the mean of its channels, resampled; and the share of samples stuck at its extreme.

    path, sample_rate in Hz -> [samples], float32, and 0 to 1. Works block by block into one array that grows in place.
    Raises CourseError when the file cannot be read or is no sound.   Lesson 8.
    """
    meter = ClipMeter()
    sound = np.zeros(0, np.float32)
    filled = 0
    try:
        rate, expected, blocks = _decoded(path)
        resampler = (
            None if rate == sample_rate else soxr.ResampleStream(rate, sample_rate, 1, dtype="float32", quality="VHQ")
        )
        # Pages of a fresh array cost memory only once written, so a generous first guess is free.
        sound.resize(int(min(expected, 3 * 3600.0) * sample_rate) + sample_rate, refcheck=False)
        for block in _and_the_end(blocks):
            mono = np.zeros(0, np.float32) if block is None else block.mean(axis=1, dtype=np.float32)
            if block is not None:
                meter.add(block)
            if resampler is not None:
                mono = resampler.resample_chunk(mono, last=block is None)
            if filled + len(mono) > len(sound):
                sound.resize(int(1.3 * len(sound)) + len(mono), refcheck=False)
            sound[filled : filled + len(mono)] = mono
            filled += len(mono)
    except (OSError, soundfile.SoundFileError) as error:
        why = reason(error) if isinstance(error, OSError) else "it is not sound, or it is damaged"
        raise CourseError(
            f"Cannot read {path} ({why}): convert it to wav, or replace it by another recording."
        ) from error
    sound.resize(filled, refcheck=False)
    return sound, meter.share


def _and_the_end(blocks: Iterator[np.ndarray]) -> Iterator[np.ndarray | None]:
    yield from blocks
    yield None


def _decoded(path: Path) -> tuple[int, float, Iterator[np.ndarray]]:
    """Sample rate in Hz, expected seconds, and float32 blocks [samples, channels], by the library that can read it."""
    opened = open(path, "rb")  # noqa: SIM115  (closed below; a name would be refused where it is no UTF-8)
    try:
        file = soundfile.SoundFile(opened)
    except (soundfile.SoundFileError, TypeError):  # TypeError: a name that ends in .raw
        opened.close()
        return _by_ffmpeg(path)
    if file.format == "MP3":  # how long it is, libsndfile only guesses, and fills up what is missing
        file.close()
        opened.close()
        return _by_ffmpeg(path)

    def blocks() -> Iterator[np.ndarray]:
        with opened, file:
            while len(block := file.read(BLOCK_SECONDS * file.samplerate, dtype="float32", always_2d=True)):
                yield block

    return file.samplerate, file.frames / file.samplerate, blocks()


def _by_ffmpeg(path: Path) -> tuple[int, float, Iterator[np.ndarray]]:
    """The same through FFmpeg's libraries, for what phones and browsers record."""
    import av  # 0.1 s to import, and seldom needed

    try:
        # An open file rather than a path, and sound only: FFmpeg would follow addresses, in a name or in a play list.
        container: Any = av.open(open(path, "rb"), options={"format_whitelist": FORMATS})  # noqa: SIM115  (closed below)
        stream = container.streams.audio[0]
        rate = stream.rate
    except (av.error.FFmpegError, IndexError) as error:
        raise OSError(None, "it is not sound, or it is damaged") from error
    resampler = av.AudioResampler(format="fltp", layout=stream.layout, rate=rate)

    def blocks() -> Iterator[np.ndarray]:
        pieces: list[np.ndarray] = []
        try:
            with container:
                for packet in container.demux(stream):
                    for frame in packet.decode():
                        pieces += [piece.to_ndarray().T for piece in resampler.resample(frame)]
                    if sum(map(len, pieces)) > BLOCK_SECONDS * rate:
                        yield np.concatenate(pieces)
                        pieces.clear()
                pieces += [piece.to_ndarray().T for piece in resampler.resample(None)]
        except av.error.FFmpegError as error:
            raise OSError(None, "it is damaged") from error
        if pieces:
            yield np.concatenate(pieces)

    return rate, float(container.duration or 0) / 1e6, blocks()
