"""Public recordings: fetched once, checked against their checksum, unpacked where they cannot do harm."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

import filelock
import pooch
from tqdm.auto import tqdm

from ddsp_course.data.cache import cache_folder
from ddsp_course.data.config import AudioConfig
from ddsp_course.data.errors import CourseError
from ddsp_course.data.files import reason
from ddsp_course.data.recordings import Recordings, load_recording, sound_files

LARGEST_BYTES = 6 * 10**9
"""No archive may unpack to more (TinySOL holds about 1.6 GB): a small file that grows without end fills a disk."""
MOST_FILES = 20_000
DAMAGED = (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError)


@dataclass(frozen=True)
class Source:
    """Where a public data set lies, its checksum, and whether each instrument has a folder of its own.   Lesson 11."""

    address: str
    md5: str
    by_instrument: bool
    about: str


SOURCES = {
    "tinysol": Source(
        "https://zenodo.org/records/3685367/files/TinySOL.tar.gz?download=1",
        "36030a7fe389da86c3419e5ee48e3b7f",
        by_instrument=True,
        about="2913 single notes of 14 instruments, CC BY 4.0 (Cella et al. 2020, doi:10.5281/zenodo.3685367)",
    ),
    "vocadito": Source(
        "https://zenodo.org/records/5578807/files/vocadito.zip?download=1",
        "dea40fd18f14d899643c4ba221b33a46",
        by_instrument=False,
        about="40 phrases of solo singing in 7 languages, CC BY 4.0 (Bittner et al. 2021, arXiv:2110.05580)",
    ),
}


def download(
    name: str,
    folder: str | Path | None = None,
    *,
    instrument: str | None = None,
    config: AudioConfig | None = None,
    progress: bool = True,
) -> Recordings:
    """A public data set as Recordings: "tinysol" (single notes, choose an `instrument`) or "vocadito" (solo singing).

    It is fetched once into `folder`/NAME (a folder in the cache if none is given), checked and unpacked; the next time
    it is read from there. instrument: a part of the name of one of TinySOL's folders, such as "flute" or "alto sax";
    config: the grid it is brought to. Raises CourseError without network, for an archive that is not the published
    one, and for an unknown name or instrument, with the names there are.   Lesson 11.
    """
    if name not in SOURCES:
        raise CourseError(f"There is no data set {name!r} to download: choose {' or '.join(map(repr, SOURCES))}.")
    source = SOURCES[name]
    if source.by_instrument and instrument is None:
        raise CourseError(
            f"{name} holds many instruments: choose one, for example download({name!r}, instrument='flute')."
        )
    if not source.by_instrument and instrument is not None:
        raise CourseError(f"{name} holds one kind of sound only: leave out instrument={instrument!r}.")
    home = (Path(folder).expanduser() if folder is not None else cache_folder() / "datasets") / name
    _fetch(source, home, progress)
    files = sorted(sound_files(home))
    if instrument is not None:
        files = _of_instrument(files, instrument, name)
    if not files:
        raise CourseError(f"{home} holds no recordings: delete that folder and download {name} again.")
    takes = tuple(
        load_recording(file, config=config, name=file.relative_to(home).as_posix())
        for file in tqdm(files, desc="reading", unit="file", disable=not progress, leave=False)
    )
    return Recordings(takes, name if instrument is None else f"{name} {instrument}")


def unpack(archive: Path, into: Path) -> None:
    """Unpack a .zip or .tar.gz into a new folder, whole or not at all, and nowhere else.

    Only plain files and folders come out. Raises CourseError, and leaves nothing behind, for an archive that is
    damaged, that holds links or devices, names outside of its folder, or more than 6 GB or 20 000 files.   Lesson 11.
    """
    unfinished = into.with_name(f".{into.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        unfinished.mkdir(parents=True)
        left = LARGEST_BYTES
        for count, (name, content) in enumerate(_members(archive)):
            if count >= MOST_FILES:
                raise CourseError(f"{archive} holds more than {MOST_FILES} files, so it was not unpacked.")
            target = unfinished / _harmless(name, archive)
            target.parent.mkdir(parents=True, exist_ok=True)
            with open(target, "xb") as file:
                while chunk := content.read(min(1 << 20, left + 1)):
                    left -= len(chunk)
                    if left < 0:
                        raise CourseError(
                            f"{archive} unpacks to more than {LARGEST_BYTES / 1e9:.0f} GB, so it was not unpacked."
                        )
                    file.write(chunk)
        unfinished.rename(into)
    except DAMAGED as error:
        raise CourseError(f"{archive} is damaged ({error}): delete it and download it again.") from error
    except OSError as error:
        raise CourseError(
            f"Cannot unpack {archive} into {into} ({reason(error)}): choose a folder that you may write to, with "
            "more space."
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _fetch(source: Source, home: Path, progress: bool) -> None:
    """Download and unpack, unless that was done before; two processes that want the same wait for each other."""
    if home.is_dir():
        return
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(home.with_name(f".{home.name}.lock")):
            if home.is_dir():
                return
            archive = Path(
                pooch.retrieve(
                    source.address,
                    f"md5:{source.md5}",
                    fname=f".{home.name}-{Path(source.address.partition('?')[0]).name}",
                    path=home.parent,
                    progressbar=progress,
                )
            )
            unpack(archive, home)
            archive.unlink()
    except CourseError:
        raise
    except ValueError as error:  # pooch's word for another checksum
        raise CourseError(
            f"What came from {source.address} is not the published file (its checksum differs): try again, and if it "
            "stays so, download it in a browser and give its folder to from_folder."
        ) from error
    except OSError as error:  # no network, refused, disk full: requests' errors are OSErrors too
        raise CourseError(
            f"Cannot download {source.address} to {home.parent} ({_short(error)}): check the network connection and "
            "the free space, or download it in a browser, unpack it and use from_folder."
        ) from error


def _short(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and content of each plain file of an archive, one after the other; folders are made from the names."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            for member in packed.infolist():
                kind = member.external_attr >> 28  # the Unix file type: 8 is a plain file, 4 a folder, 0 not said
                if kind not in (0, 4, 8):
                    raise CourseError(f"{archive} holds {member.filename}, a link or device, so it was not unpacked.")
                if not member.is_dir():
                    with packed.open(member) as content:
                        yield member.filename, content
    else:
        with tarfile.open(archive, "r:*") as packed:
            for entry in packed:
                if not (entry.isfile() or entry.isdir()):
                    raise CourseError(f"{archive} holds {entry.name}, a link or device, so it was not unpacked.")
                content = packed.extractfile(entry)
                if content is not None:
                    with content:
                        yield entry.name, content
            while packed.fileobj is not None and packed.fileobj.read(1 << 20):
                pass  # only at the very end does gzip compare its checksum


def _harmless(name: str, archive: Path) -> PurePosixPath:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0] or not path.name or "\0" in name:
        raise CourseError(f"{archive} holds a file named {name!r}, outside of its folder, so it was not unpacked.")
    return path


def _of_instrument(files: list[Path], instrument: str, name: str) -> list[Path]:
    """The files below the folder whose name fits; TinySOL has Family/Instrument/ordinario/NOTE.wav."""

    def plain(text: str) -> set[str]:
        return set(text.lower().replace("-", " ").replace("_", " ").split())

    def fits(folder: str) -> bool:
        names = plain(folder)
        return all(any(a.startswith(b) or b.startswith(a) for a in names) for b in plain(instrument))

    folders = sorted({file.parent.parent.name for file in files})
    exact = [folder for folder in folders if plain(folder) == plain(instrument)]
    fitting = exact or [folder for folder in folders if fits(folder)]
    if len(fitting) != 1:
        fault = "has no instrument" if not fitting else "has several instruments"
        raise CourseError(f"{name} {fault} {instrument!r}: choose one of {', '.join(fitting or folders)}.")
    return [file for file in files if file.parent.parent.name == fitting[0]]
