"""record() in a real JupyterLab: a microphone that plays a file, keys, files, refusals, two minutes."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
import soxr
from lab import learner
from playwright.sync_api import expect
from scipy import signal
from widgets import heard, state, until

SETUP = "from ddsp_course.classroom import listening"
SHOW = "song = listening.record('song')"
USE = "print(tuple(song.audio.shape), song.source)"
MICROPHONE_RATE = 48_000


def melody(seconds: float) -> np.ndarray:
    """Something that is nowhere like itself: noise of changing colour around a gliding tone, at 48 kHz."""
    n = np.arange(round(seconds * MICROPHONE_RATE))
    glide = np.sin(2 * np.pi * np.cumsum(300 + 250 * np.sin(n / 30_000)) / MICROPHONE_RATE)
    low = signal.butter(2, 3000, fs=MICROPHONE_RATE, output="sos")
    breath = signal.sosfilt(low, np.random.default_rng(0).standard_normal(len(n)))
    return (0.25 * glide + 0.1 * breath).astype(np.float32)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """The file that the fake microphone plays, round and round."""
    path = tmp_path_factory.mktemp("microphone") / "spoken.wav"
    soundfile.write(path, melody(9.0), MICROPHONE_RATE, subtype="PCM_16")
    return path


@pytest.fixture(scope="module")
def with_microphone(launch, spoken):
    return launch(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken}",
    )


@pytest.fixture
def workbook(lab):
    """No takes before a test."""
    folder = lab.root / "recordings"
    for path in folder.glob("*.wav") if folder.exists() else ():
        path.unlink()
    return lab.root


def opened(page, lab):
    page.open(lab.write("record.ipynb", SETUP, SHOW, USE))
    page.run_all()
    page.page.wait_for_selector(".ddsp-recorder")
    return page.page.locator(".ddsp-recorder")


@pytest.fixture
def notebook(with_microphone, lab, workbook):
    with learner(with_microphone, lab, permissions=["microphone"]) as page:
        page.recorder = opened(page, lab)
        until(page.recorder, "now.loaded")
        yield page


@pytest.fixture
def recorder(notebook):
    return notebook.recorder


def feed(recorder, seconds: float, code: str) -> None:
    """As if the microphone had given so many seconds at once; code: a sample, of its number n."""
    recorder.evaluate(
        f"""(root, seconds) => {{
            for (let at = 0; at < seconds * 48_000; at += 4096)
                root.ddsp.hear(Float32Array.from({{ length: 4096 }}, (_, i) => {{ const n = at + i; return {code}; }}));
        }}""",
        seconds,
    )


def test_run_all_goes_on_with_a_bundled_take(notebook, recorder):
    assert notebook.text(2) == "(1, 96000) a bundled take: the course's voice model sings (seed 5)"
    expect(recorder.get_by_text("It stands in until you record one.")).to_be_visible()


def test_what_the_microphone_hears_is_what_is_kept(notebook, recorder, workbook, spoken):
    """Sample by sample: over half-second pieces, the take and the file correlate. Nothing processed it on the way."""
    recorder.get_by_role("button", name="Record").click()
    until(recorder, "now.phase === 'recording' && now.recorded > 4.2")
    assert float(recorder.get_by_role("meter").get_attribute("aria-valuenow")) > -40
    recorder.get_by_role("button", name="Stop").click()
    until(recorder, "now.phase === 'idle' && now.take.own && now.loaded")
    kept, rate = soundfile.read(workbook / "recordings" / "song.wav", dtype="float32")
    assert rate == 16_000 and len(kept) > 4 * rate
    kept = soxr.resample(kept[1600:], rate, MICROPHONE_RATE)  # the device's first moments are not the file's
    played = np.tile(soundfile.read(spoken, dtype="float32")[0], 3)
    place = int(np.argmax(signal.correlate(played, kept[:MICROPHONE_RATE], mode="valid")))
    pieces = len(kept) // (MICROPHONE_RATE // 2)
    size = MICROPHONE_RATE // 2
    found = []
    for piece in range(pieces):
        here = kept[piece * size : (piece + 1) * size]
        near = played[place + piece * size - 200 : place + (piece + 1) * size + 200]
        windows = np.lib.stride_tricks.sliding_window_view(near, size)
        found.append(max(np.corrcoef(here, window)[0, 1] for window in windows[::2]))
    assert pieces >= 8 and np.median(found) > 0.99, found
    # and it is what is listened to
    recorder.get_by_role("button", name="Listen").click()
    until(recorder, "now.playing && now.place > 0.5")
    assert heard(recorder)[1] > 0.02
    notebook.execute("assert song.path.name == 'song.wav' and song.audio.shape[1] > 64_000")


def test_the_key_r_records_and_stops_and_is_no_shortcut_of_jupyterlab(notebook, recorder):
    recorder.get_by_role("button", name="Record").focus()
    notebook.page.keyboard.press("r")
    until(recorder, "now.phase === 'recording' && now.recorded > 0.4")
    notebook.page.keyboard.press("r")
    until(recorder, "now.phase === 'idle' && now.take.own")
    assert [cell["cell_type"] for cell in notebook.cells()] == ["code"] * 3  # "r" alone makes a raw cell in JupyterLab


def test_a_take_ends_by_itself_after_two_minutes_and_arrives_whole(notebook, recorder, workbook):
    recorder.evaluate("root => root.ddsp.begin(48_000)")
    feed(recorder, 121, "0.3 * Math.sin(2 * Math.PI * 440 * n / 48_000)")
    until(recorder, "now.phase === 'idle' && now.take.own && now.loaded")
    kept, rate = soundfile.read(workbook / "recordings" / "song.wav", dtype="float32")
    assert len(kept) == 120 * rate
    spectrum = np.abs(np.fft.rfft(kept[-16_000:] * np.hanning(16_000)))
    assert abs(int(spectrum.argmax()) - 440) <= 1  # its last second as well
    expect(recorder.get_by_text("It was stopped after 120 s")).to_be_visible()


def test_clipping_is_told_while_there_is_time(notebook, recorder):
    recorder.evaluate("root => root.ddsp.begin(48_000)")
    feed(recorder, 0.5, "n % 100 < 50 ? 1 : -1")
    expect(recorder.get_by_role("alert")).to_contain_text("Too loud: it clips.")
    recorder.evaluate("root => root.ddsp.finish()")
    until(recorder, "now.phase === 'idle' && now.take.own")
    expect(recorder.get_by_role("note")).to_contain_text("It clips")


def test_where_the_microphone_is_refused_a_file_is_taken(chromium, lab, workbook, spoken):
    with learner(chromium, lab, permissions=[]) as page:
        recorder = opened(page, lab)
        until(recorder, "now.loaded")
        recorder.get_by_role("button", name="Record").click()
        expect(recorder.get_by_role("alert")).to_contain_text("choose a recording from a file instead")
        expect(recorder.get_by_role("button", name="Choose a file")).to_be_focused()
        recorder.locator("input[type=file]").set_input_files(spoken)
        until(recorder, "now.phase === 'idle' && now.take.own && now.loaded")
        page.run_all()
        assert page.text(2) == "(1, 144000) your take recordings/song.wav"


def test_a_file_that_is_no_sound_gets_a_sentence_and_the_take_stays(notebook, recorder, tmp_path):
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear microphone")
    recorder.locator("input[type=file]").set_input_files(letter)
    expect(recorder.get_by_role("alert")).to_contain_text("it is not sound")
    assert not state(recorder)["take"]["own"]


def test_a_take_is_not_lost_with_the_kernel(notebook, recorder):
    """It stays on the page, can be saved as a file from there, and sent again."""
    notebook.restart_kernel()
    recorder.evaluate("root => root.ddsp.begin(48_000)")
    feed(recorder, 2, "0.3 * Math.sin(2 * Math.PI * 330 * n / 48_000)")
    recorder.evaluate("root => root.ddsp.finish()")
    save = recorder.get_by_role("button", name="Save as a file")
    expect(save).to_be_visible(timeout=15_000)
    with notebook.page.expect_download() as download:
        save.click()
    sound, rate = soundfile.read(download.value.path(), dtype="float32")
    assert rate == 48_000 and len(sound) == pytest.approx(2 * rate, abs=4096)


def test_a_notebook_opened_again_shows_the_take(notebook, recorder, lab):
    recorder.locator("input[type=file]").set_input_files({"name": "a.wav", "mimeType": "audio/wav", "buffer": wav()})
    until(recorder, "now.take.own && now.loaded")
    notebook.save()
    notebook.open("record.ipynb")
    notebook.run_all()
    again = notebook.page.locator(".ddsp-recorder")
    assert until(again, "now.loaded")["take"]["source"] == "your take recordings/song.wav"


def wav() -> bytes:
    file = io.BytesIO()
    soundfile.write(file, melody(1.0), MICROPHONE_RATE, format="WAV")
    return file.getvalue()
