"""Downloads: what arrives is checked, unpacked inside its folder, read as Recordings; what is hostile leaves no
trace."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import os
import subprocess
import sys
import tarfile
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ddsp_course.data import CourseError, download, downloads, from_folder

ROOT = Path(__file__).parents[2]


def note_wav(hz: float) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, 0.5 * np.sin(2 * np.pi * hz * np.arange(22_050) / 44_100), 44_100, format="WAV")
    return buffer.getvalue()


TINYSOL = {
    "Strings/Violin/ordinario/Vn-ord-A4-mf-3c-N.wav": 440,
    "Strings/Viola/ordinario/Va-ord-A3-mf-2c-N.wav": 220,
    "Strings/Violoncello/ordinario/Vc-ord-A2-mf-1c-N.wav": 110,
    "Winds/Flute/ordinario/Fl-ord-C4-mf-N-T14d.wav": 261.6,
    "Winds/Flute/ordinario/Fl-ord-A5-ff-N-N.wav": 880,
    "Winds/Sax_Alto/ordinario/ASax-ord-A4-pp-N-N.wav": 440,
    "Brass/Trumpet_C/ordinario/TpC-ord-A4-pp-N-N.wav": 440,
}
VOCADITO = {"Audio/vocadito_1.wav": 200, "Audio/vocadito_2.wav": 300}


def make_tar(path: Path, contents: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as packed:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))


def make_zip(path: Path, contents: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in contents.items():
            packed.writestr(name, content)


class Quiet(http.server.SimpleHTTPRequestHandler):
    asked: list[str] = []

    def log_message(self, *words):
        self.asked.append(self.path)


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Both data sets in small, on a server of this machine, in the layout of the published archives."""
    shelf = tmp_path / "published"
    shelf.mkdir()
    metadata = b"track_id,singer_id\n1,S1\n"
    make_tar(shelf / "TinySOL.tar.gz", {name: note_wav(hz) for name, hz in TINYSOL.items()})
    others = {"Annotations/F0/vocadito_1_f0.csv": b"0.0,0.0\n", "vocadito_metadata.csv": metadata}
    make_zip(shelf / "vocadito.zip", others | {name: note_wav(hz) for name, hz in VOCADITO.items()})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(shelf)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    Quiet.asked = []
    for name, file in (("tinysol", "TinySOL.tar.gz"), ("vocadito", "vocadito.zip")):
        md5 = hashlib.md5((shelf / file).read_bytes()).hexdigest()
        address = f"http://127.0.0.1:{server.server_port}/{file}?download=1"
        by_instrument = downloads.SOURCES[name].by_instrument
        monkeypatch.setitem(downloads.SOURCES, name, downloads.Source(address, md5, by_instrument, "small"))
    yield shelf
    server.shutdown()
    server.server_close()


def test_the_published_archives_are_where_zenodo_has_them():
    tinysol, vocadito = downloads.SOURCES["tinysol"], downloads.SOURCES["vocadito"]
    assert tinysol.address == "https://zenodo.org/records/3685367/files/TinySOL.tar.gz?download=1"
    assert tinysol.md5 == "36030a7fe389da86c3419e5ee48e3b7f"
    assert vocadito.address == "https://zenodo.org/records/5578807/files/vocadito.zip?download=1"
    assert vocadito.md5 == "dea40fd18f14d899643c4ba221b33a46"


def test_an_instrument_of_tinysol(published, tmp_path):
    flute = download("tinysol", tmp_path / "sets", instrument="flute", progress=False)
    assert [take.name.split("/")[-1] for take in flute] == ["Fl-ord-A5-ff-N-N.wav", "Fl-ord-C4-mf-N-T14d.wav"]
    assert flute.name == "tinysol flute" and flute.config.sample_rate == 16_000
    assert flute[0].seconds == pytest.approx(0.5, abs=0.005)
    assert len(from_folder(tmp_path / "sets" / "tinysol", progress=False)) == len(TINYSOL)


def test_the_second_time_nothing_is_fetched_and_the_archive_is_gone(published, tmp_path):
    for _ in range(2):
        download("tinysol", tmp_path / "sets", instrument="violin", progress=False)
    assert len(Quiet.asked) == 1
    assert [path.name for path in (tmp_path / "sets").iterdir() if path.suffix != ".lock"] == ["tinysol"]


def test_singing_goes_to_the_cache_if_no_folder_is_given(published, own_cache):
    singing = download("vocadito", progress=False)
    assert [take.name for take in singing] == ["Audio/vocadito_1.wav", "Audio/vocadito_2.wav"]
    assert (own_cache / "datasets" / "vocadito" / "Annotations" / "F0" / "vocadito_1_f0.csv").exists()


@pytest.mark.parametrize(
    ("asked", "folder"),
    [
        ("Violin", "Violin"),
        ("viola", "Viola"),
        ("violoncello", "Violoncello"),
        ("alto saxophone", "Sax_Alto"),
        ("sax", "Sax_Alto"),
        ("trumpet", "Trumpet_C"),
    ],
)
def test_instruments_are_found_by_their_usual_names(asked, folder, published, tmp_path):
    found = download("tinysol", tmp_path, instrument=asked, progress=False)
    assert {take.name.split("/")[-3] for take in found} == {folder}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"name": "nsynth"}, "choose 'tinysol' or 'vocadito'"),
        ({"name": "tinysol"}, "choose one, for example download"),
        ({"name": "tinysol", "instrument": "theremin"}, r"has no instrument 'theremin': choose one of Flute, Sax_Alto"),
        ({"name": "tinysol", "instrument": "viol"}, "several instruments 'viol': choose one of Viola, Violin, Violonc"),
        ({"name": "vocadito", "instrument": "flute"}, "leave out instrument="),
    ],
)
def test_what_is_not_there_is_answered_with_what_there_is(arguments, expected, published, tmp_path):
    with pytest.raises(CourseError, match=expected):
        download(folder=tmp_path, progress=False, **arguments)


def test_another_file_than_the_published_one_is_refused(published, tmp_path):
    make_zip(published / "vocadito.zip", {"Audio/vocadito_1.wav": note_wav(200)})
    with pytest.raises(CourseError, match="not the published file"):
        download("vocadito", tmp_path / "sets", progress=False)
    assert not (tmp_path / "sets" / "vocadito").exists()


def test_without_network_it_says_what_to_do(monkeypatch, tmp_path):
    source = downloads.Source("http://127.0.0.1:9/vocadito.zip", "0" * 32, False, "nobody listens on this port")
    monkeypatch.setitem(downloads.SOURCES, "vocadito", source)
    with pytest.raises(CourseError, match="check the network connection") as raised:
        download("vocadito", tmp_path, progress=False)
    assert "from_folder" in str(raised.value)


def test_two_processes_that_want_the_same_fetch_it_once(published, tmp_path):
    source = downloads.SOURCES["vocadito"]
    code = (
        "from ddsp_course.data import download, downloads\n"
        f"downloads.SOURCES['vocadito'] = downloads.Source({source.address!r}, {source.md5!r}, False, 'small')\n"
        f"print(len(download('vocadito', {str(tmp_path / 'sets')!r}, progress=False)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    start = functools.partial(subprocess.Popen, stdout=subprocess.PIPE, text=True, env=environment)
    both = [start([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.communicate(timeout=120)[0].strip() for process in both] == ["2", "2"]
    assert len(Quiet.asked) == 1


def special(kind: bytes, target: str = "/etc/passwd") -> tarfile.TarInfo:
    member = tarfile.TarInfo("Audio/trap.wav")
    member.type, member.linkname = kind, target
    return member


HOSTILE_NAMES = [
    "../escaped.wav",
    "Audio/../../escaped.wav",
    "/tmp/ddsp_course_escaped.wav",
    "..\\escaped.wav",
    "C:/escaped.wav",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
@pytest.mark.parametrize("make", [make_tar, make_zip])
def test_an_archive_cannot_write_outside_of_its_folder(make, name, tmp_path):
    make(tmp_path / "archive", {"Audio/fine.wav": b"fine", name: b"outside"})
    with pytest.raises(CourseError, match="outside of its folder, so it was not unpacked"):
        downloads.unpack(tmp_path / "archive", tmp_path / "inner" / "set")
    assert not list(tmp_path.rglob("*escaped*")) and not Path("/tmp/ddsp_course_escaped.wav").exists()
    assert list((tmp_path / "inner").iterdir()) == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(kind, tmp_path):
    with tarfile.open(tmp_path / "archive", "w:gz") as packed:
        packed.addfile(special(kind))
    with pytest.raises(CourseError, match="a link or device"):
        downloads.unpack(tmp_path / "archive", tmp_path / "inner" / "set")
    assert list((tmp_path / "inner").iterdir()) == []


def test_a_link_in_a_zip_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "archive", "w") as packed:
        link = zipfile.ZipInfo("Audio/trap.wav")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
    with pytest.raises(CourseError, match="a link or device"):
        downloads.unpack(tmp_path / "archive", tmp_path / "inner" / "set")


@pytest.mark.parametrize("make", [make_tar, make_zip])
def test_an_archive_that_grows_without_end_is_stopped(make, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "LARGEST_BYTES", 10**6)
    make(tmp_path / "archive", {f"{number}.wav": bytes(300_000) for number in range(5)})
    assert (tmp_path / "archive").stat().st_size < 10_000
    with pytest.raises(CourseError, match="unpacks to more than"):
        downloads.unpack(tmp_path / "archive", tmp_path / "inner" / "set")
    assert list((tmp_path / "inner").iterdir()) == []


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "MOST_FILES", 10)
    make_zip(tmp_path / "archive", {f"{number}.wav": b"" for number in range(11)})
    with pytest.raises(CourseError, match="more than 10 files"):
        downloads.unpack(tmp_path / "archive", tmp_path / "set")


@pytest.mark.parametrize("make", [make_tar, make_zip])
def test_a_damaged_archive_says_so_and_leaves_nothing(make, tmp_path):
    path = tmp_path / "archive"
    random = np.random.default_rng(0)
    make(path, {f"{number}.wav": random.bytes(20_000) for number in range(5)})
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 2000] = bytes(2000)
    path.write_bytes(bytes(content))
    with pytest.raises(CourseError, match="is damaged"):
        downloads.unpack(path, tmp_path / "inner" / "set")
    path.write_bytes(b"this is a web page, not an archive")
    with pytest.raises(CourseError, match="is damaged"):
        downloads.unpack(path, tmp_path / "inner" / "set")
    assert list((tmp_path / "inner").iterdir()) == []
