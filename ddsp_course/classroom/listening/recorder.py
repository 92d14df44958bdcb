"""record(): a microphone or a file, for a sound of one's own; until there is one, a take of the course's stands in."""

from __future__ import annotations

import html
import re
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import soxr
import traitlets
from IPython.display import display

from ddsp_course.classroom.listening.browser import static
from ddsp_course.classroom.listening.recorded import FOLDER, Recorded
from ddsp_course.classroom.listening.sounds import as_rate, audio_players
from ddsp_course.classroom.listening.takes import PIECE_BYTES
from ddsp_course.data.config import PRESETS, AudioConfig
from ddsp_course.data.decoding import ClipMeter
from ddsp_course.data.errors import CourseError
from ddsp_course.data.files import reason
from ddsp_course.data.recordings import SILENCE, load_recording
from ddsp_course.data.types import Recording

MOST_SECONDS = 120
MOST_FILE_BYTES = 100 * 10**6
"""Two minutes of stereo at 96 kHz in 24 bits are 69 MB."""
CUT_OFF_AFTER_S = 5.0
"""The pieces of a take follow one another at once: after such a silence no more will come."""
CLIPPED_SHARE = 1e-4
SOFT = 0.02


def record(name: str = "recording", *, sample_rate: int = 16_000, seconds: float = MOST_SECONDS) -> Recorded:
    """Show a recorder; what it returns is the newest take made with it, and until there is one, a bundled take.

    name: takes are kept in the workbook, as recordings/NAME.wav, NAME-2.wav, ..., and found again by it another day.
    sample_rate in Hz: what takes are brought to. seconds: how long a take may be, at most 120.
    Nothing waits for a take: `.audio` [1, samples], float32, is always there, and `.source` says what it is. A file is
    taken where there is no microphone, or none is allowed.
    Raises CourseError for a name that no file can have, a rate that no browser plays, more than 120 s.
    """
    if not isinstance(name, str) or not re.fullmatch(r"[\w-]{1,60}", name):
        raise CourseError(f'Takes are kept in files by their name, and "{name}" is none: letters, digits, - and _ are.')
    if re.search(r"-\d+$", name):
        raise CourseError(f'The name "{name}" ends like the number of a take: leave out the - or the digits.')
    rate = as_rate(sample_rate)
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 1 <= seconds <= MOST_SECONDS:
        raise CourseError(f"seconds is {seconds}: a take may be 1 to {MOST_SECONDS} s long.")
    presets = {config.sample_rate: config for config in PRESETS.values()}
    recorded = Recorded(name, presets.get(rate) or AudioConfig(rate, round(rate / 250)))
    display(Recorder(recorded, seconds))
    return recorded


@dataclass
class Parcel:
    """A take on its way from the browser: what was announced, and what has come.

    size in bytes; rate in Hz of float32 samples, or 0 for a file of the given name; remark: the browser's sentences.
    """

    id: str
    pieces: int
    size: int
    rate: int
    name: str
    remark: str
    came: list[bytes] = field(default_factory=list)
    touched: float = field(default_factory=time.monotonic)

    @property
    def unfinished(self) -> str:
        return f"only {len(self.came)} of its {self.pieces} pieces have come"


class Recorder(anywidget.AnyWidget):
    """The widget of `record`. A take comes in messages: one that announces it, its pieces in order, one that ends it.

    No sound is in the widget's state, which travels as one message for all widgets: a page asks for it.
    """

    _esm = static("controls.js", "player.js", "pictures.js", "record.js")
    _css = static("controls.css", "compare.css", "record.css")

    name = traitlets.Unicode().tag(sync=True)
    sample_rate = traitlets.Int().tag(sync=True)
    most_seconds = traitlets.Float().tag(sync=True)
    most_file_bytes = traitlets.Int(MOST_FILE_BYTES).tag(sync=True)
    take = traitlets.Dict(help="what is listened to: number, samples, peak, source, own, remark").tag(sync=True)
    answer = traitlets.Dict(help="to the parcel of this id: problem, in a sentence, or none").tag(sync=True)

    def __init__(self, recorded: Recorded, most_seconds: float = MOST_SECONDS) -> None:
        self.recorded = recorded
        self._parcel: Parcel | None = None
        self._recording: Recording | None = None
        self._sound = np.zeros(0, np.float32)
        super().__init__(name=recorded.name, sample_rate=recorded.sample_rate, most_seconds=float(most_seconds))
        self._look()
        self.on_msg(self._receive)

    def _look(self) -> None:
        """Take note of the newest take; a number it has been shown under already, it keeps."""
        source, recording = self.recorded.source, self.recorded.recording
        if recording is self._recording:
            return
        self._recording = recording
        self._sound = recording.audio[0].numpy()
        self.take = {
            "number": self.take.get("number", 0) + 1,
            "samples": len(self._sound),
            "peak": float(np.abs(self._sound).max()),
            "source": source,
            "own": self.recorded.path is not None,
            "remark": self.recorded.remark,
        }

    def _receive(self, _: Any, message: dict[str, Any], buffers: list[memoryview]) -> None:
        try:
            if "want" in message:
                self._show()
            elif "begin" in message:
                self._begin(message["id"], **message["begin"])
            elif "piece" in message:
                self._add(message["id"], message["piece"], buffers)
            elif "end" in message:
                self._end(message["id"])
        except CourseError as error:
            self._parcel = None
            self._reply(message["id"], str(error))

    def _reply(self, parcel: str, problem: str = "", remark: str = "") -> None:
        self.answer = {"id": parcel, "problem": problem, "remark": remark}

    def _show(self) -> None:
        """Send the sound to a page that has just come: looked for anew, as another page may have made a take."""
        if self._parcel and time.monotonic() - self._parcel.touched > CUT_OFF_AFTER_S:
            self._drop()
        self._look()
        stream = self._sound.astype("<f4").tobytes()
        pieces = [stream[i : i + PIECE_BYTES] for i in range(0, len(stream), PIECE_BYTES)]
        for i, piece in enumerate(pieces):
            self.send({"sound": self.take["number"], "index": i, "pieces": len(pieces)}, [piece])

    def _drop(self) -> None:
        if self._parcel:
            self._reply(self._parcel.id, f"A take was cut off on its way and is not kept: {self._parcel.unfinished}.")
            self._parcel = None

    def _begin(self, id: str, pieces: int, size: int, rate: int, name: str, remark: str) -> None:
        self._drop()
        if self.answer.get("id") == id and not self.answer["problem"]:
            return  # it was sent again while the answer was on its way
        if self.answer.get("id") == id:
            self.answer = {}  # the same sentence once more has to be a change, or it is never sent
        limit = (self.most_seconds + 1) * rate * 4 if rate else MOST_FILE_BYTES
        if not 0 < size <= limit or (rate and not 8_000 <= rate <= 768_000):
            raise CourseError(
                f"The take has {size} bytes at {rate} Hz: from nothing and from too much no take is made."
            )
        self._parcel = Parcel(id, pieces, size, rate, name, remark)

    def _add(self, id: str, index: int, buffers: list[memoryview]) -> None:
        parcel = self._parcel
        if parcel is None or parcel.id != id:
            return  # refused already, or its announcement was lost: its end will say so
        if index != len(parcel.came):
            raise CourseError(
                f"The take is not kept: its piece {index + 1} came when piece {len(parcel.came) + 1} of "
                f"{parcel.pieces} was due. Send it again."
            )
        parcel.came.append(b"".join(map(bytes, buffers)))
        parcel.touched = time.monotonic()

    def _end(self, id: str) -> None:
        parcel = self._parcel
        if parcel is None or parcel.id != id:
            if self.answer.get("id") != id:
                raise CourseError("The take is not kept: its beginning has not come. Send it again.")
            return
        content = b"".join(parcel.came)
        if len(parcel.came) != parcel.pieces or len(content) != parcel.size:
            raise CourseError(f"The take is not kept: {parcel.unfinished}. Send it again.")
        if parcel.rate:
            sound, clipped = played(content, parcel.rate, self.sample_rate)
        else:
            sound, clipped = decoded(content, parcel.name, self.recorded.config)
        remarks = [parcel.remark] if parcel.remark else []
        longest = round(self.most_seconds * self.sample_rate)
        if len(sound) > longest:
            remarks.append(
                f"It lasts {len(sound) / self.sample_rate:.1f} s: the first {self.most_seconds:g} s are kept."
            )
        sound = sound[:longest]
        remark = " ".join([*remarks, *level_remarks(sound, clipped)])
        self.recorded.keep(sound, remark)
        self._parcel = None
        with self.hold_sync():
            self._look()
            self._reply(id, remark=remark)

    def __repr__(self) -> str:
        return repr(self.recorded)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs)
        path = self.recorded.path
        source = html.escape(self.take["source"])
        line = (
            f"<p>While this notebook runs in JupyterLab there is a recorder here; this is {source}. Where there is "
            f"none, put a WAV file into your workbook as {FOLDER}/{self.name}.wav and run the cell again.</p>"
        )
        # A voice of one's own is not put into a file that one may hand on without a thought.
        bundled = audio_players({source: self._sound}, self.sample_rate) if path is None else ""
        return {**data, "text/plain": repr(self), "text/html": line + bundled}, metadata


def played(content: bytes, rate: int, sample_rate: int) -> tuple[np.ndarray, float]:
    """What a microphone heard: float32 bytes at its rate -> [samples] at ours, and the share of samples that clip.

    Raises CourseError for what holds no sound.
    """
    heard = np.frombuffer(content[: len(content) // 4 * 4], "<f4")
    if not np.isfinite(heard).all():
        raise CourseError("The take is not kept: it holds samples that are not numbers. Record it again.")
    if len(heard) < rate / 10:
        raise CourseError("The take is not kept: it is shorter than a tenth of a second. Record for some seconds.")
    if np.abs(heard).max() < SILENCE:
        raise CourseError("The take is not kept: it is silent. Is the microphone muted, or another one chosen?")
    meter = ClipMeter()
    meter.add(heard[:, None])
    return soxr.resample(heard, rate, sample_rate, quality="VHQ").astype(np.float32), meter.share


def decoded(content: bytes, name: str, config: AudioConfig) -> tuple[np.ndarray, float]:
    """The same for the bytes of a sound file of any kind: read as the course reads recordings."""
    name = re.sub(r"[^\w.()+ -]", "_", name).lstrip(".")[-80:] or "file"
    with tempfile.TemporaryDirectory(prefix="ddsp-course-") as folder:
        path = Path(folder) / name
        try:
            path.write_bytes(content)
            recording = load_recording(path, config=config)
        except OSError as error:
            raise CourseError(f"The file {name} cannot be kept for reading ({reason(error)}).") from error
        except CourseError as error:
            raise CourseError(str(error).replace(str(path), name)) from error
    return recording.audio[0].numpy(), recording.clipped


def level_remarks(sound: np.ndarray, clipped: float) -> list[str]:
    """A sentence where a take is too loud or too soft to learn from; clipped: the share of samples stuck at the top."""
    peak = float(np.abs(sound).max())
    if clipped > CLIPPED_SHARE and peak > 0.9:
        return ["It clips: its peaks are cut off. Record it again, softer or from further away."]
    if peak < SOFT:
        return [f"It is very soft: its peak is at {20 * np.log10(peak):.0f} dB. Go nearer, or turn the microphone up."]
    return []
