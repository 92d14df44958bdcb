"""play_harmonics() in a real JupyterLab: its sound against dsp, sample by sample, and all the ways to play it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from lab import learner
from playwright.sync_api import expect
from widgets import heard, state, until

from ddsp_course.classroom.listening.harmonics import Instrument

RATE = 16_000
SETUP = """
import torch
from ddsp_course.classroom.listening.harmonics import play_harmonics
"""
CELLS = {"first": "first = play_harmonics(vibrato_cents=0)", "second": "second = play_harmonics(sample_rate=48_000)"}
READY = "() => document.querySelectorAll('.ddsp-harmonics').length === 2"


@pytest.fixture(scope="module")
def notebook(chromium, lab):
    """Two instruments in one notebook, which all tests of this file share: each begins in silence and as at first."""
    with learner(chromium, lab) as page:
        page.open(lab.write("harmonics.ipynb", SETUP, *CELLS.values()))
        page.run_all()
        page.page.wait_for_function(READY)
        yield page


def instrument(notebook, name: str = "first"):
    return notebook.cell(1 + list(CELLS).index(name)).locator(".ddsp-harmonics")


@pytest.fixture
def here(notebook):
    """The first instrument, its pad in focus: silent, and in the state in which it was made."""
    root = instrument(notebook)
    until(root, "!now.waiting")  # what a hand did last is on its way to the kernel
    notebook.execute("first.set(**type(first)().state)")
    until(root, "!now.waiting && now.f0_hz === 220 && now.level_db === -12 && now.vibrato_cents === 0")
    while octave := state(root)["octave"]:
        root.get_by_role("slider", name="Pitch and level").press("BracketLeft" if octave > 0 else "BracketRight")
    root.get_by_role("slider", name="Pitch and level").focus()
    yield root
    for each in notebook.page.locator(".ddsp-harmonics").all():
        if state(each)["sounds"]:
            each.get_by_role("button", name="Silence").click()


def in_python(notebook, expression: str, expected: str) -> None:
    """Wait until an expression in the kernel is printed like this."""
    for _ in range(100):
        if (printed := notebook.execute(f"print({expression})")) == expected:
            return
        notebook.page.wait_for_timeout(50)
    assert printed == expected


def rendered(
    root, changes: dict, seconds: float = 1.0, *, rate: int = RATE, gate: int = 1, later: dict | None = None
) -> np.ndarray:
    """What the audio thread makes of the instrument's state with some changes, without a clock.

    gate: 1 if it sounds from the first sample on. later: by sample, a whole number of blocks: changes and a gate that
    reach the audio thread before this sample is made.
    """
    samples = root.evaluate(
        """async (root, [changes, samples, rate, gate, later]) => {
            const { controlsOf, synthesizer, state } = root.ddsp;
            const controls = (changes) => controlsOf({ ...state(), ...changes });
            const context = new OfflineAudioContext(1, samples, rate);
            const node = await synthesizer(context, controls(changes), gate);
            node.connect(context.destination);
            for (const [sample, [changes, gate]] of later) {
                context.suspend(sample / rate).then(() => {
                    node.port.onmessage = () => context.resume();
                    node.port.postMessage({ controls: controls(changes), gate, asked: sample });
                });
            }
            return Array.from((await context.startRendering()).getChannelData(0));
        }""",
        [changes, round(seconds * rate), rate, gate, list((later or {}).items())],
    )
    return np.array(samples)


# Sound, sample by sample: the audio thread against ddsp_course.dsp

SINE = {"harmonics": [1] + [0] * 15}
STATES = {
    "as it begins": {},
    "a low note, bright and without even ones": {"f0_hz": 41.2, "brightness_db": 7.5, "odd_even": 0.85},
    "soft even harmonics": {"f0_hz": 311.13, "level_db": -37.5, "odd_even": -1.0, "brightness_db": -4.0},
    "an octave below half the rate": {"f0_hz": 2000.0, "harmonics": [1.0] * 16},
    "vibrato": {"f0_hz": 441.7, "vibrato_hz": 6.3, "vibrato_cents": 35.0},
    "vibrato across half the rate": {
        "f0_hz": 1995.0,
        "vibrato_hz": 10.0,
        "vibrato_cents": 100.0,
        "harmonics": [0.1 + 0.05 * k for k in range(16)],
    },
    "nothing": {"harmonics": [0.0] * 16},
}


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("name", STATES)
def test_dsp_renders_what_the_audio_thread_plays(here, name, rate):
    values = {**Instrument().state, **STATES[name]}
    expected = Instrument(rate, **values).render(2)[0].numpy()
    values = {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
    played = rendered(here, values, 2, rate=rate)
    assert len(played) == len(expected)
    assert np.abs(played - expected).max() < 1e-5
    assert name == "nothing" or np.abs(expected).max() > 0.005


def test_ten_seconds_of_it_do_not_drift(here):
    values = {"f0_hz": 1234.5, "vibrato_hz": 4.9, "vibrato_cents": 60.0}
    assert rendered(here, values, 10) == pytest.approx(Instrument(**values).render(10)[0].numpy(), abs=1e-5)


def test_the_kernel_renders_the_state_that_the_hand_has_made(here, notebook):
    """End to end: sliders on the page, their state in the kernel, its sound back here."""
    here.get_by_role("slider", name="Brightness").fill("3.5")
    here.get_by_role("slider", name="Vibrato depth").fill("42")
    here.get_by_role("slider", name="Harmonic 3").fill("0.87")
    here.get_by_role("slider", name="Pitch and level").press("ArrowRight")
    in_python(
        notebook,
        "first.brightness_db, first.vibrato_cents, first.harmonics[2], round(first.f0_hz, 3)",
        "3.5 42.0 0.87 233.082",
    )
    kernel = np.array(eval(notebook.execute("print(first.render(0.5)[0].tolist())")))
    assert rendered(here, {}, 0.5) == pytest.approx(kernel, abs=1e-5)


def test_nothing_folds_back_from_above_half_the_rate(here):
    """16 harmonics of 2000 Hz at 16 kHz: three are below 8 kHz, the fourth lies there exactly."""
    spectrum = np.abs(np.fft.rfft(rendered(here, {"f0_hz": 2000, "harmonics": [1] * 16}))) * 2 / RATE
    assert np.flatnonzero(spectrum > 1e-5).tolist() == [2000, 4000, 6000]
    assert spectrum[[2000, 4000, 6000]] == pytest.approx([10 ** (-12 / 20) / 3] * 3, abs=1e-5)


def test_noise_has_the_gains_that_dsp_gives_it(here):
    """As in tests/classroom/test_play_harmonics.py; noise on the page has no seed."""
    noise = rendered(here, {"harmonics": [0] * 16, "noise_magnitudes": [0, 0, 1, 0.5, 0, 0, 0, 0, 0]}, 20)
    spectra = np.abs(np.fft.rfft(noise.reshape(-1, 1600) * np.hanning(1600)))
    density = np.sqrt((spectra**2).mean(0) / (np.hanning(1600) ** 2).sum() * 3) / 10 ** (-12 / 20)
    bands = [density[100 * band - 5 : 100 * band + 6].mean() for band in range(1, 8)]
    assert bands == pytest.approx([0.25, 0.625, 0.5, 0.125, 0, 0, 0], abs=0.03)


def test_a_slider_is_heard_from_the_next_block_on_and_done_in_40_ms_without_a_click(here):
    """A sine from -12 dB to -32 dB: the level leaves within the hop that follows, and no step is one of a click."""
    sound = rendered(here, SINE, later={4096: ({**SINE, "level_db": -32}, 1)})
    before, after = 10 ** (-12 / 20), 10 ** (-32 / 20)
    sine = np.sin(2 * np.pi * 220 / RATE * np.arange(RATE))
    first = int(np.flatnonzero(np.abs(sound - before * sine) > 1e-4)[0])
    assert 4096 <= first <= 4096 + 128, "one block of 128 samples, in which two hops of 64 begin"
    assert sound[:4096] == pytest.approx(before * sine[:4096], abs=1e-5)
    assert sound[4096 + 640 :] == pytest.approx(after * sine[4096 + 640 :], abs=0.02 * before)
    assert sound[4096 + 4000 :] == pytest.approx(after * sine[4096 + 4000 :], abs=1e-5)
    assert np.abs(np.diff(sound)).max() < 1.15 * before * 2 * np.pi * 220 / RATE


def test_harmonics_that_are_all_taken_away_or_given_back_do_not_click(here):
    """Their sum is kept at one however weak they are; of none at all it must go to nothing, and come back."""
    none = {"harmonics": [0] * 16}
    sound = rendered(here, SINE, later={4096: (none, 1), 8192: (SINE, 1)})
    sine = 10 ** (-12 / 20) * np.sin(2 * np.pi * 220 / RATE * np.arange(RATE))
    assert np.abs(sound[4096 + 1600 : 8192]).max() < 1e-4
    assert sound[8192 + 3200 :] == pytest.approx(sine[8192 + 3200 :], abs=1e-5)
    rises = [np.abs(sound[8192 + ms * 16 : 8192 + (ms + 5) * 16]).max() / sine.max() for ms in (0, 4, 8, 16, 32)]
    assert rises == sorted(rises) and rises[1] < 0.7 and rises[4] > 0.95
    assert np.abs(np.diff(sound)).max() < 1.15 * sine.max() * 2 * np.pi * 220 / RATE


def test_a_note_begins_at_phase_0_without_a_click_and_ends_in_silence(here):
    sound = rendered(here, SINE, gate=0, later={1280: (SINE, 1), 5120: (SINE, 0)})
    full = 10 ** (-12 / 20)
    assert not sound[:1281].any(), "the first sample of a sine is 0"
    note = full * np.sin(2 * np.pi * 220 / RATE * np.arange(RATE - 1280))
    assert sound[1280 + 1600 : 5120] == pytest.approx(note[1600 : 5120 - 1280], abs=1e-5)
    assert np.abs(sound[1280 : 1280 + 64]).max() < 0.5 * full
    assert np.abs(np.diff(sound)).max() < 1.15 * full * 2 * np.pi * 220 / RATE
    assert np.abs(sound[5120 + 1600 : 5120 + 1760]).max() == pytest.approx(full * np.exp(-2.5), rel=0.3)
    assert not sound[5120 + 8000 :].any()


# Playing


def test_a_key_is_a_note_while_it_is_down(here, notebook):
    """Z is where C lies; what is heard is E3, 164.8 Hz, and then nothing."""
    keyboard = notebook.page.keyboard
    keyboard.down("KeyC")
    until(here, "now.running && now.ready && now.sounds")
    assert state(here)["f0_hz"] == pytest.approx(164.814, abs=1e-3)
    hz, level = heard(here, 700)
    assert hz == pytest.approx(164.8, abs=2.1) and level > 0.03
    keyboard.up("KeyC")
    assert not state(here)["sounds"]
    assert heard(here, 700)[1] < 1e-3
    in_python(notebook, "round(first.f0_hz, 3)", "164.814")


def test_keys_are_places_and_not_letters(here, notebook):
    """On a French keyboard the key right of Tab says A, and its place is called KeyQ: it is C4 all the same."""
    pressed = """(root, [kind, code, key]) => root.querySelector(".ddsp-pad").dispatchEvent(
        new KeyboardEvent(kind, { code, key, bubbles: true, composed: true, cancelable: true }))"""
    notes = (("KeyQ", "a", 261.626), ("KeyZ", "w", 130.813), ("Digit2", "é", 277.183), ("KeyP", "p", 659.255))
    for code, key, hz in notes:
        here.evaluate(pressed, ["keydown", code, key])
        assert state(here)["sounds"] and state(here)["f0_hz"] == pytest.approx(hz, abs=1e-3)
        here.evaluate(pressed, ["keyup", code, key])
        assert not state(here)["sounds"]


def test_of_several_keys_the_last_one_sounds_and_then_the_one_before(here, notebook):
    keyboard, notes = notebook.page.keyboard, []
    for action, code in (("down", "KeyZ"), ("down", "KeyB"), ("down", "KeyQ"), ("up", "KeyB"), ("up", "KeyQ")):
        getattr(keyboard, action)(code)
        notes.append(round(state(here)["f0_hz"]))
    assert notes == [131, 196, 262, 262, 131] and state(here)["sounds"]
    keyboard.up("KeyZ")
    assert not state(here)["sounds"]


def test_brackets_move_the_keys_by_octaves(here, notebook):
    press = notebook.page.keyboard.press
    press("BracketLeft")
    expect(here.get_by_role("status")).to_have_text("Keys from C2 to E4.")
    press("KeyZ")
    assert state(here)["f0_hz"] == pytest.approx(65.406, abs=1e-3)
    for _ in range(4):
        press("BracketRight")
    assert state(here)["octave"] == 1
    press("KeyP")
    assert state(here)["f0_hz"] == pytest.approx(1318.51, abs=1e-2)


def test_what_is_let_go_elsewhere_does_not_sound_for_ever(here, notebook):
    notebook.page.keyboard.down("KeyZ")
    assert state(here)["sounds"]
    notebook.page.evaluate("() => window.dispatchEvent(new Event('blur'))")
    assert not state(here)["sounds"]
    notebook.page.keyboard.up("KeyZ")


def test_space_holds_a_sound_and_escape_ends_it(here, notebook):
    press = notebook.page.keyboard.press
    press("Space")
    until(here, "now.holds && now.ready && now.running")
    assert heard(here, 700)[0] == pytest.approx(220, abs=2.1)
    press("Escape")
    assert not state(here)["sounds"]
    here.get_by_role("button", name="Sound").focus()
    press("Space")
    assert state(here)["holds"], "once, not twice: the button is pressed by Space as well"
    press("Enter")
    assert not state(here)["holds"]


def at(here, across: float, up: float) -> tuple[float, float]:
    """A place on the pad, in the page's pixels, by parts of its ranges."""
    pad = here.get_by_role("slider", name="Pitch and level")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    return box["x"] + 44 + across * (box["width"] - 54), box["y"] + 8 + (1 - up) * (208 - 44)


def test_the_mouse_plays_pitch_and_level_on_the_pad(here, notebook):
    """C1 is at the left, C7 at the right, six octaves on; -60 dB is at the bottom, -6 at the top."""
    mouse = notebook.page.mouse
    mouse.move(*at(here, 0.5, 0.5))
    assert not state(here)["sounds"]
    mouse.down()
    now = until(here, "now.sounds && now.ready && now.running")
    assert now["f0_hz"] == pytest.approx(261.6, rel=0.006) and now["level_db"] == pytest.approx(-33, abs=0.3)
    mouse.move(*at(here, 2 / 3, 1.0), steps=5)
    assert state(here)["level_db"] == pytest.approx(-6, abs=0.3)
    hz, level = heard(here, 700)
    assert hz == pytest.approx(523.25, rel=0.01) and level > 0.05
    mouse.move(*at(here, 1.3, -0.5))
    assert state(here)["f0_hz"] == pytest.approx(2093.005, abs=1e-3) and state(here)["level_db"] == -60
    mouse.up()
    assert not state(here)["sounds"]


def test_a_finger_plays_on_the_pad_and_does_not_scroll(here, notebook):
    session = notebook.page.context.new_cdp_session(notebook.page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y} for x, y in places]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", at(here, 0.5, 0.5))
    assert until(here, "now.sounds")["f0_hz"] == pytest.approx(261.6, rel=0.006)
    touch("touchMove", at(here, 0.5, 0.9))
    touch("touchMove", at(here, 0.5, 0.1))
    assert until(here, "now.level_db < -50")["sounds"], "a scrolled page would have cancelled the touch"
    touch("touchEnd")
    assert not until(here, "!now.sounds")["sounds"]
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    session.detach()


def test_arrows_play_on_the_pad(here, notebook):
    keyboard = notebook.page.keyboard
    keyboard.down("ArrowRight")
    assert state(here)["sounds"] and state(here)["f0_hz"] == pytest.approx(220 * 2 ** (1 / 12))
    keyboard.up("ArrowRight")
    assert not state(here)["sounds"]
    keyboard.press("Shift+ArrowLeft")
    assert state(here)["f0_hz"] == pytest.approx(220 * 2 ** (95 / 1200))
    keyboard.press("ArrowDown")
    keyboard.press("Shift+ArrowDown")
    assert state(here)["level_db"] == -19
    pad = here.get_by_role("slider", name="Pitch and level")
    assert pad.get_attribute("aria-valuetext") == "232.4 Hz, A♯3 −5 cents, −19.0 dB"


def test_the_piano_on_the_page_plays_and_gives_the_keys_to_the_instrument(here, notebook):
    here.get_by_role("button", name="Sound").evaluate("button => button.blur()")
    key = here.locator(".ddsp-piano > span").nth(9)
    key.scroll_into_view_if_needed()
    box = key.bounding_box()
    mouse = notebook.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 6)
    mouse.down()
    assert state(here)["f0_hz"] == pytest.approx(220) and state(here)["sounds"]
    assert "ddsp-down" in key.get_attribute("class")
    mouse.move(box["x"] + 1.5 * box["width"] + 4, box["y"] + box["height"] - 6)
    assert state(here)["f0_hz"] == pytest.approx(246.94, abs=0.01), "the finger slides on to the next white key"
    mouse.up()
    assert not state(here)["sounds"]
    expect(here.get_by_role("slider", name="Pitch and level")).to_be_focused()


def test_a_slider_is_heard_while_it_plays(here, notebook):
    """The fundamental taken away by hand: the strongest is then the second harmonic."""
    notebook.page.keyboard.press("Space")
    until(here, "now.ready && now.running")
    assert heard(here, 700)[0] == pytest.approx(220, abs=2.1)
    fundamental = here.get_by_role("slider", name="Harmonic 1", exact=True)
    fundamental.focus()
    notebook.page.keyboard.press("Home")
    assert heard(here, 700)[0] == pytest.approx(440, abs=2.1)
    here.get_by_role("slider", name="Odd and even").fill("1")
    assert heard(here, 700)[0] == pytest.approx(660, abs=2.1)
    in_python(notebook, "first.harmonics[:2], first.odd_even", "(0.0, 0.5) 1.0")


def test_up_and_down_change_a_harmonic_and_left_and_right_go_to_the_next(here, notebook):
    press = notebook.page.keyboard.press
    here.get_by_role("slider", name="Harmonic 2", exact=True).focus()
    press("ArrowUp")
    press("ArrowRight")
    press("ArrowDown")
    assert state(here)["harmonics"][:3] == pytest.approx([1, 0.51, 0.32])
    expect(here.get_by_role("slider", name="Harmonic 3")).to_be_focused()
    here.get_by_role("slider", name="Noise at 2 kHz").focus()
    press("PageUp")
    assert state(here)["noise_magnitudes"][2] > 0.05 and state(here)["sounds"] is False
    stops = here.evaluate("""root => [...root.querySelectorAll("input, button, summary, .ddsp-pad")]
        .filter(e => e.tabIndex >= 0).length""")
    assert stops <= 10, "Tab finds one slider of each bank"


def test_harmonics_that_are_silent_say_so(here, notebook):
    notebook.execute("first.f0_hz = 1000.")
    until(here, "now.f0_hz === 1000")
    assert here.get_by_role("slider", name="Harmonic 7").get_attribute("aria-valuetext") == "0.14"
    assert here.get_by_role("slider", name="Harmonic 8").get_attribute("aria-valuetext") == (
        "0.13, silent: 8 kHz is not below half the sample rate"
    )
    assert here.locator(".ddsp-muted").count() == 9


def test_a_line_of_python_is_heard_and_seen(here, notebook):
    notebook.page.keyboard.press("Space")
    until(here, "now.ready && now.running")
    notebook.execute("first.set(f0_hz=660, harmonics=[1], vibrato_hz=3)")
    until(here, "now.f0_hz === 660")
    assert heard(here, 700)[0] == pytest.approx(660, abs=2.1)
    expect(here.get_by_role("slider", name="Vibrato rate")).to_have_attribute("aria-valuetext", "3.0 Hz")
    expect(here.get_by_role("slider", name="Harmonic 2", exact=True)).to_have_value("0")
    expect(here.locator(".ddsp-readout")).to_have_text("660.0 Hz, E5 +2 cents, −12.0 dB")


def test_only_one_of_two_sounds(here, notebook):
    other = instrument(notebook, "second")
    notebook.page.keyboard.press("Space")
    until(here, "now.sounds")
    other.get_by_role("button", name="Sound").click()
    until(other, "now.sounds && now.ready && now.running")
    assert not state(here)["sounds"]
    assert heard(other, 700)[0] == pytest.approx(220, abs=6.1), "at its own rate of 48 kHz"


MIDI = """() => {
    const input = { id: "1", name: "Two Octaves", state: "connected" };
    const access = { inputs: new Map([["1", input]]) };
    navigator.requestMIDIAccess = async () => access;
    window.midi = (...data) => input.onmidimessage({ data: Uint8Array.from(data) });
    window.unplugged = () => { input.state = "disconnected"; access.onstatechange(); };
}"""


def test_a_midi_keyboard_plays(here, notebook):
    """A note as hard as can be, another softly; bend by a semitone; the wheel; a note of velocity 0 is its end."""
    page = notebook.page
    page.evaluate(MIDI)
    here.get_by_role("button", name="MIDI keyboard").click()
    expect(here.get_by_role("status")).to_have_text("Plays from Two Octaves.")
    send = lambda *data: page.evaluate("data => window.midi(...data)", list(data))  # noqa: E731
    send(0x90, 69, 127)
    now = until(here, "now.sounds && now.ready && now.running")
    assert now["f0_hz"] == pytest.approx(440) and now["level_db"] == pytest.approx(-6)
    assert heard(here, 700)[0] == pytest.approx(440, abs=2.1)
    send(0xE3, 0, 96)
    assert state(here)["f0_hz"] == pytest.approx(440 * 2 ** (1 / 12))
    send(0xE3, 0, 64)
    send(0x91, 57, 1)
    assert state(here)["f0_hz"] == pytest.approx(220) and state(here)["level_db"] == pytest.approx(-41.7, abs=0.1)
    send(0xB0, 1, 127)
    assert state(here)["vibrato_cents"] == 100
    send(0x91, 57, 0)
    assert state(here)["f0_hz"] == pytest.approx(440) and state(here)["sounds"]
    send(0x80, 69, 0)
    assert not state(here)["sounds"]
    send(0x90, 72, 100)
    send(0xB0, 123, 0)
    assert not state(here)["sounds"]
    page.evaluate("() => window.unplugged()")
    expect(here.get_by_role("status")).to_have_text("There is no MIDI keyboard. It may be plugged in now.")
    page.evaluate("""() => {
        navigator.requestMIDIAccess = async () => { throw new DOMException("no", "SecurityError"); };
    }""")
    here.get_by_role("button", name="MIDI keyboard").click()
    expect(here.get_by_role("status")).to_have_text("The browser does not let this page use MIDI.")


def test_no_key_of_the_instrument_is_a_shortcut_of_jupyterlab(here, notebook):
    """In command mode a inserts a cell, x cuts one, d d deletes one, 0 0 restarts the kernel; arrows choose a cell."""
    before = [cell["source"] for cell in notebook.cells()]
    here.get_by_text("Harmonics", exact=True).click()  # beside every control
    for key in "aabbxddzym1c00":
        notebook.page.keyboard.press(key)
    here.get_by_role("slider", name="Harmonic 1", exact=True).focus()
    for key in ("ArrowLeft", "ArrowUp", "ArrowDown", "Enter", "Escape", "ArrowRight", "Shift+ArrowDown", "d", "d"):
        notebook.page.keyboard.press(key)
    assert [cell["source"] for cell in notebook.cells()] == before
    assert {cell["cell_type"] for cell in notebook.cells()} == {"code"}
    assert not state(here)["sounds"]


# What is seen and said


def luminance(colour: str) -> float:
    channels = np.array([float(each) for each in re.findall(r"[\d.]+", colour)[:3]]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_every_word_can_be_read_in_both_themes(here, notebook, theme):
    """Contrast of at least 4.5 (WCAG 2.2, 1.4.3), on the piano and on a key of it that is down as well."""
    notebook.theme(theme)
    notebook.page.keyboard.down("KeyV")
    here.get_by_role("group").filter(has_text="Keys").locator("summary").click()
    words = here.evaluate("""root => [...root.querySelectorAll("*")]
        .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && e.checkVisibility())
        .map(e => {
            let ground = e;
            while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
            return [e.textContent, getComputedStyle(e).color, getComputedStyle(ground).backgroundColor];
        })""")
    here.locator("summary").click()
    notebook.page.keyboard.up("KeyV")
    assert len(words) > 70
    for word, ink, paper in words:
        light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{word}: {ink} on {paper}"


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_it_is_seen_in_light_and_dark_and_in_a_narrow_window(here, notebook, theme, tmp_path):
    notebook.theme(theme)
    for width in (700, 1280):
        notebook.page.set_viewport_size({"width": width, "height": 1100})
        notebook.page.wait_for_function(
            "root => root.querySelector('canvas').width === root.querySelector('.ddsp-pad').clientWidth",
            arg=here.element_handle(),
        )
        over = here.evaluate("""root => [...root.querySelectorAll("*")].filter(e => e.checkVisibility()
            && e.getBoundingClientRect().right > root.getBoundingClientRect().right).length""")
        assert over == 0 and here.evaluate("root => root.scrollWidth <= root.clientWidth")
        colours = here.locator("canvas").evaluate(
            "c => new Set(new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size"
        )
        assert colours > 10, "grid, numbers and the place where it stands"
        here.screenshot(path=tmp_path / f"{width}.png")
    notebook.page.set_viewport_size({"width": 1280, "height": 900})


def test_a_screen_reader_finds_every_control_by_its_role_and_name(here):
    harmonics = "\n".join(f'            - slider "Harmonic {k}"' for k in range(1, 17))
    noise = "\n".join(f'            - slider "Noise at {k} kHz"' for k in range(9))
    expect(here).to_match_aria_snapshot(f"""
        - group "Play harmonics":
          - button "Sound"
          - button "MIDI keyboard"
          - text: 220.0 Hz, A3, −12.0 dB
          - status
          - group: Keys
          - slider "Pitch and level"
          - group "Harmonics":
{harmonics}
          - slider "Brightness"
          - slider "Odd and even"
          - slider "Vibrato rate"
          - slider "Vibrato depth"
          - group "Noise":
{noise}
        """)


def test_tab_shows_where_it_is(here, notebook):
    here.get_by_role("button", name="Sound").focus()
    stops = []
    for _ in range(10):
        stops.append(
            notebook.page.evaluate("""() => {
                const e = document.activeElement;
                return [e.getAttribute("aria-label") ?? e.textContent, parseFloat(getComputedStyle(e).outlineWidth)];
            }""")
        )
        notebook.page.keyboard.press("Tab")
    assert [name for name, _ in stops[:5]] == ["Sound", "MIDI keyboard", "Keys", "Pitch and level", stops[4][0]]
    assert stops[4][0].startswith("Harmonic") and stops[9][0].startswith("Noise")
    assert [name for name, _ in stops[5:9]] == ["Brightness", "Odd and even", "Vibrato rate", "Vibrato depth"]
    assert all(width >= 2 for _, width in stops)


# Kernels and pages come and go


def test_without_its_kernel_it_plays_on(here, notebook):
    notebook.restart_kernel()
    notebook.page.keyboard.down("KeyN")
    until(here, "now.sounds && now.ready && now.running")
    assert heard(here, 700)[0] == pytest.approx(220, abs=2.1)
    notebook.page.keyboard.up("KeyN")
    here.get_by_role("slider", name="Brightness").fill("2")
    until(here, "!now.waiting && now.brightness_db === 2")
    assert notebook.complaints == []
    notebook.run_all()
    notebook.page.wait_for_function(READY)


def test_a_page_that_is_loaded_again_has_its_state_again(here, notebook, lab):
    notebook.execute("first.f0_hz = 333.")
    notebook.save()
    notebook.open("harmonics.ipynb")
    notebook.page.wait_for_function(READY)
    assert until(instrument(notebook), "now.f0_hz === 333")["sounds"] is False
    saved = lab.read("harmonics.ipynb")
    assert "widgets" not in saved.metadata
    assert notebook.text(1) == "play_harmonics(220.0 Hz, -12.0 dB)"
    assert (lab.root / "harmonics.ipynb").stat().st_size < 100_000


def test_a_browser_that_makes_no_such_sound_says_so_and_python_still_does(here, notebook):
    """AudioWorklet is there for https and localhost alone. The instruments are new: none has a context yet."""
    notebook.run_all()
    notebook.page.wait_for_function(READY)
    until(here, "!now.ready && now.f0_hz === 220")
    notebook.page.evaluate("""() => Object.defineProperty(
        BaseAudioContext.prototype, "audioWorklet", { get: () => undefined, configurable: true })""")
    here.get_by_role("button", name="Sound").click()
    expect(here.get_by_role("alert")).to_contain_text("open the notebook by localhost or https")
    here.get_by_role("slider", name="Brightness").fill("2")
    in_python(notebook, "first.brightness_db", "2.0")
    assert notebook.complaints == []
