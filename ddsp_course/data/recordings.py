"""Recordings: from a file or a folder of files to sound on the model's time grid, and back to a file."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import numpy as np
import soundfile
import soxr
import torch
from torch import Tensor
from tqdm.auto import tqdm

from ddsp_course.data.config import AudioConfig, checked_config, is_whole
from ddsp_course.data.decoding import BLOCK_SECONDS, read_mono
from ddsp_course.data.errors import CourseError
from ddsp_course.data.files import reason, write_atomically
from ddsp_course.data.types import Recording, as_tensor, refuse_whole_numbers, takes_of

# fmt: off
SUFFIXES = frozenset((
    ".wav", ".wave", ".w64", ".rf64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".caf",
    ".m4a", ".mp4", ".aac", ".webm", ".mka", ".wma", ".3gp",
))
# fmt: on
"""How the names of files that may hold sound end."""
SILENCE = 1e-5
"""A peak below -100 dB is silence: 16-bit sound has its last bit at -90 dB, so nothing that was recorded is lost."""
LOUDEST = 100.0
"""A peak above +40 dB is no sound on a scale of -1 to 1 but, say, 16-bit integers written as floats."""


@dataclass(frozen=True, eq=False)
class FileRecording(Recording):
    """A recording that was read from a file, with what can only be seen there, before mixing and resampling.

    clipped: the share of the file's samples that are stuck at its extreme, 0 to 1.   Lesson 8.
    """

    clipped: float = 0.0


@dataclass(frozen=True, eq=False)
class Recordings(Sequence[Recording]):
    """One data set: takes that share a time grid, wherever they came from (generated, a folder, a download).

    It is a sequence: len(), [i], a slice (again Recordings) and loops. Raises ValueError when there is no take or the
    takes do not share one AudioConfig, CourseError for takes that are no Recording.   Lesson 8.
    """

    takes: Sequence[Recording]
    name: str = "recordings"

    def __post_init__(self) -> None:
        object.__setattr__(self, "takes", tuple(takes_of(self.takes)))
        if not self.takes:
            raise ValueError(f"The data set {self.name!r} has no takes: it needs at least one Recording.")
        for take in self.takes[1:]:
            if take.config != self.config:
                raise ValueError(
                    f"The takes of {self.name!r} must share one AudioConfig, but {self.takes[0].name} has "
                    f"{self.config} and {take.name} has {take.config}."
                )

    @property
    def config(self) -> AudioConfig:
        return self.takes[0].config

    @property
    def seconds(self) -> float:
        return sum(take.seconds for take in self.takes)

    def __len__(self) -> int:
        return len(self.takes)

    @overload
    def __getitem__(self, index: int) -> Recording: ...
    @overload
    def __getitem__(self, index: slice) -> Recordings: ...
    def __getitem__(self, index):
        return Recordings(self.takes[index], self.name) if isinstance(index, slice) else self.takes[index]

    def to(self, device: torch.device | str) -> Recordings:
        return Recordings(tuple(take.to(device) for take in self.takes), self.name)


def as_data_set(recordings: Recording | Iterable[Recording]) -> Recordings:
    """Recordings as they are, and any other sequence of takes, or a single one, made one data set.

    Raises as Recordings does.   Lesson 8.
    """
    return recordings if isinstance(recordings, Recordings) else Recordings(recordings)


def from_folder(path: str | Path, *, config: AudioConfig | None = None, progress: bool = True) -> Recordings:
    """All the sound files of a folder and its subfolders, as one data set in the order of their names.

    Hidden files and folders, and files whose names do not end like sound, are passed over. `config` is the grid that
    they are brought to (16 kHz if not given). Raises CourseError when the folder is missing or holds no sound, or when
    one of its files is bad: which file, and what to do.   Lesson 8.
    """
    folder = Path(path)
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise CourseError(f"The folder {folder} {what}: give the folder that holds your recordings.")
    files = sorted(sound_files(folder), key=lambda file: file.relative_to(folder).as_posix())
    if not files:
        raise CourseError(
            f"No recordings found in {folder}: put wav, flac, ogg, mp3, m4a or webm files into it or its subfolders."
        )
    takes = [
        load_recording(file, config=config, name=file.relative_to(folder).as_posix())
        for file in tqdm(files, desc="reading", unit="file", disable=not progress, leave=False)
    ]
    return Recordings(tuple(takes), folder.resolve().name)


def sound_files(folder: Path) -> Iterator[Path]:
    """The files below a folder that may hold sound, judged by their names; hidden ones are passed over.   Lesson 8."""

    def refuse(error: OSError) -> None:
        raise CourseError(f"Cannot look into {error.filename} ({reason(error)}): allow reading it, or move it away.")

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                yield Path(parent, name)


def load_recording(path: str | Path, *, config: AudioConfig | None = None, name: str | None = None) -> FileRecording:
    """One sound file as a mono Recording at the config's sample rate, its level as it was.

    Reads what libsndfile reads (wav, flac, ogg, mp3, ...) and through FFmpeg the rest (m4a, webm, ...), at any rate,
    with any number of channels (their mean is taken) and any sample format. The end is padded with zeros to a whole
    frame. Raises CourseError, one sentence with the path, when there is no such file, when it is no sound, or when the
    sound is empty, silent, not finite, or shorter than a frame.   Lesson 8.
    """
    path = Path(path)
    config = checked_config(config)
    if not path.exists():
        raise CourseError(f"There is no file {path}: check the name and the folder.")
    if path.is_dir():
        raise CourseError(f"{path} is a folder, not a recording: give a sound file, or use from_folder.")
    sound, clipped = read_mono(path, config.sample_rate)
    _refuse_bad_sound(sound, path, config)
    return FileRecording(_whole_frames(sound, config), config, name or path.name, clipped=clipped)


def from_array(
    audio: Tensor | np.ndarray, sample_rate: int, *, config: AudioConfig | None = None, name: str = "sound"
) -> Recording:
    """Sound in memory as a Recording, as `load_recording` makes one of a file: mono, resampled, padded to whole frames.

    audio [samples] or [channels, samples], a tensor or an array, on a scale of -1 to 1, at sample_rate in Hz; config:
    the grid it is brought to (16 kHz if not given). Raises CourseError for sound of another shape, for a rate that no
    sound has, and as load_recording does for sound that is empty, silent, not finite or too loud.   Lesson 8.
    """
    config = checked_config(config)
    sound = as_tensor(audio).detach().cpu()
    if sound.ndim not in (1, 2) or (sound.ndim == 2 and sound.shape[0] > sound.shape[1]):
        turned = "; soundfile reads it the other way: give audio.T" if sound.ndim == 2 else ""
        raise CourseError(f"{name} is {list(sound.shape)}: sound is [samples] or [channels, samples]{turned}.")
    refuse_whole_numbers(sound, name)
    if not is_whole(sample_rate) or not 1_000 <= sample_rate <= 1_000_000:
        raise CourseError(
            f"{name} needs the sample rate it was recorded at, a whole number of Hz, not {sample_rate!r}."
        )
    mono = (sound if sound.ndim == 1 else sound.mean(0)).float().numpy()
    if sample_rate != config.sample_rate and len(mono):
        mono = soxr.resample(mono, int(sample_rate), config.sample_rate, quality="VHQ")
    _refuse_bad_sound(mono, name, config)
    return Recording(_whole_frames(mono.copy(), config), config, name)


def _whole_frames(sound: np.ndarray, config: AudioConfig) -> Tensor:
    """[samples] -> [1, samples] that end with a frame; the array itself is lengthened, by zeros."""
    sound.resize(-(-len(sound) // config.hop_size) * config.hop_size, refcheck=False)
    return torch.from_numpy(sound)[None]


def audio_format(path: Path) -> str:
    """ "wav" or "flac", by a name's end; raises CourseError for any other.   Lesson 0."""
    kind = path.suffix.lower().lstrip(".")
    if kind not in ("wav", "flac"):
        raise CourseError(f"Cannot write {path}: give it a name that ends in .wav or .flac.")
    return kind


def save_audio(path: str | Path, audio: Tensor, sample_rate: int) -> None:
    """Write sound to a .wav or .flac file of 24 bits, whole or not at all.

    audio [1, samples] or [samples], on a scale of -1 to 1; sample_rate in Hz. Sound that peaks above 1 is turned down
    as a whole until it just fits, never clipped, and a warning says by how many dB. Raises ValueError for audio of
    another shape or with NaN or inf, or a rate that no sound has, CourseError when the file cannot be written.
    Lesson 0.
    """
    path = Path(path)
    kind = audio_format(path)
    if not is_whole(sample_rate) or not 1 <= sample_rate <= 1_000_000:
        raise ValueError(f"save_audio needs a sample rate in whole Hz, not {sample_rate!r}.")
    sound = as_tensor(audio).detach().to("cpu", torch.float32)
    if sound.ndim == 2 and sound.shape[0] == 1:
        sound = sound[0]
    if sound.ndim != 1 or sound.numel() == 0:
        raise ValueError(f"save_audio writes one sound of shape [samples] or [1, samples], not {list(sound.shape)}.")
    if not torch.isfinite(sound).all():
        raise ValueError(
            f"The sound for {path} has NaN or infinite samples: look for where they arise before saving it."
        )
    peak = float(sound.abs().max())
    if peak > 1:
        warnings.warn(
            f"{path.name} peaked {20 * np.log10(peak):.1f} dB too high: all of it was turned down by as much.",
            stacklevel=2,
        )
        sound = sound / peak
    buffer = io.BytesIO()
    soundfile.write(buffer, sound.numpy(), int(sample_rate), format=kind.upper(), subtype="PCM_24")
    write_atomically(path, buffer.getvalue())


def _refuse_bad_sound(sound: np.ndarray, path: Path | str, config: AudioConfig) -> None:
    """Raise CourseError for sound that nothing can be learned from; in blocks, to need no memory of its own."""
    if len(sound) == 0:
        raise CourseError(f"{path} has no samples in it: record it again, or remove it.")
    if len(sound) < config.hop_size:
        raise CourseError(
            f"{path} is shorter than one frame ({len(sound)} samples of at least {config.hop_size}): "
            "give a recording of some seconds, or remove it."
        )
    block = BLOCK_SECONDS * config.sample_rate
    peak = 0.0
    for start in range(0, len(sound), block):
        part = sound[start : start + block]
        broken = ~np.isfinite(part)
        if broken.any():
            second = (start + int(broken.argmax())) / config.sample_rate
            raise CourseError(
                f"{path} holds samples that are not numbers (NaN or infinity, first at {second:.2f} s): "
                "export it again as 16- or 24-bit wav, or remove it."
            )
        peak = max(peak, float(np.abs(part).max()))
    if peak < SILENCE:
        raise CourseError(
            f"{path} is silent (nothing above -100 dB): check the microphone and record it again, or remove it."
        )
    if peak > LOUDEST:
        raise CourseError(
            f"{path} peaks at {peak:.0f} where full scale is 1: it seems to hold integers written as floats; "
            "export it again as 16- or 24-bit wav."
        )
