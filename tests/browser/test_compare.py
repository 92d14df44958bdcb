"""compare() in a real JupyterLab: what one hears, what one sees, and that keys, screen readers and restarts work."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from lab import learner
from playwright.sync_api import expect
from widgets import heard, state, until

from ddsp_course import dsp

RATE = 16_000
SETUP = """
import math, torch
from ddsp_course.classroom import listening

def tone(hz, peak, seconds=4.0):
    return peak * torch.sin(2 * math.pi * hz / 16_000 * torch.arange(round(seconds * 16_000)))

torch.manual_seed(0)
"""
CELLS = {
    "steady": "listening.compare({'one': torch.ones(32_000), 'the same': torch.ones(32_000),"
    " 'short': torch.ones(8_000)})",
    "tones": "listening.compare({'low': tone(220, .2), 'middle': tone(440, .4), 'high': tone(880, .1)},"
    " f0_hz={'low': torch.full((100,), 220.), 'middle': torch.cat([torch.full((50,), 1760.), torch.zeros(50)])})",
    "loudness": "listening.compare({'noise': .1 * torch.randn(32_000), 'low': tone(100, .9, 2.),"
    " 'high': tone(3000, .02, 2.)})",
    "alone": "listening.compare({'all there is': tone(330, .5, 1.)})",
    "clipping": "listening.compare({'soft': tone(440, .5), 'loud': tone(440, 2.)})",
    "nine": "listening.compare({f'take {i}': tone(110 * i, .1 * i, 10.) for i in range(1, 10)})",
}
HERE = {name: index + 1 for index, name in enumerate(CELLS)}
ALL_THERE = f"""() => document.querySelectorAll(".ddsp-compare").length === {len(CELLS)}
    && !document.querySelector(".ddsp-waiting")"""


@pytest.fixture(scope="module")
def notebook(chromium, lab):
    """Six players in one notebook, which all tests of this file share: each begins with the page at rest."""
    with learner(chromium, lab) as page:
        page.open(lab.write("compare.ipynb", SETUP, *CELLS.values()))
        page.run_all()
        page.page.wait_for_function(ALL_THERE)
        yield page


@pytest.fixture
def player(notebook):
    """One of the players by the name of its cell; afterwards none plays on."""
    yield lambda name: notebook.cell(HERE[name]).locator(".ddsp-compare")
    for each in notebook.page.locator(".ddsp-compare").all():
        if state(each)["playing"]:
            each.get_by_role("button", name="Pause").click()


def rendered(player, script: str, seconds: float = 2.0) -> np.ndarray:
    """What the player's own engine renders: the script gets it as `player`, without a clock."""
    samples = player.evaluate(
        """async (root, [script, rate, seconds]) => {
            const context = new OfflineAudioContext(1, rate * seconds, rate);
            const player = new root.ddsp.Player(context, root.ddsp.takes(), rate, root.ddsp.gains());
            player.out.connect(context.destination);
            new Function("player", script)(player);
            return Array.from((await context.startRendering()).getChannelData(0));
        }""",
        [script, RATE, seconds],
    )
    return np.array(samples)


# Sound, sample by sample


def test_switching_while_playing_leaves_no_gap_and_no_click(player):
    """Between takes that are all ones the sum must stay one, at every sample, however soon the switches follow."""
    sound = rendered(
        player("steady"),
        "player.start(0, [0, 2], true, 0); [1, 0, 1].map((take, i) => player.choose(take, .5 + .2 * i))",
    )
    assert len(sound) == 2 * RATE
    assert np.abs(sound - 1).max() < 1e-3


def test_seeking_while_playing_fades_from_here_to_there(player):
    sound = rendered(player("steady"), "player.start(0, [0, 2], false, 0); player.start(1, [0, 2], false, .5)", 1.4)
    assert np.abs(sound - 1).max() < 1e-3


def test_a_beginning_is_not_faded_in_but_the_middle_is(player):
    """A take's first sample may be its attack; anywhere else a sudden start is a click that is not in the sound."""
    assert rendered(player("steady"), "player.start(0, [0, 2], false, 0)", 0.1)[0] == 1
    middle = rendered(player("steady"), "player.start(1, [0, 2], false, 0)", 0.1)
    assert middle[0] < 0.01 and middle[80] == pytest.approx(0.5, abs=0.02) and middle[161] == 1


def test_a_shorter_take_ends_earlier(player):
    sound = rendered(player("steady"), "player.choose(2); player.start(0, [0, 2], false, 0)", 1.0)
    assert (sound[: RATE // 2] == 1).all() and (sound[RATE // 2 :] == 0).all()


def test_a_loop_repeats_its_part_to_the_sample_and_its_seam_does_not_click(player):
    """A part of a sine that fits no whole number of periods."""
    sound = rendered(player("tones"), "player.choose(1); player.start(1, [1, 1.2345], true, 0)", 1.0)
    period = round(0.2345 * RATE)
    take = 0.4 * np.sin(2 * np.pi * 440 / RATE * np.arange(4 * RATE))
    inside, seam = slice(RATE + 160, RATE + period - 160), slice(160, period - 160)
    for turn in range(3):
        assert sound[turn * period :][seam] == pytest.approx(take[inside], abs=1e-4)
    steepest = 0.4 * 2 * np.pi * 440 / RATE
    assert np.abs(np.diff(sound[320:])).max() < 1.2 * steepest


def test_a_part_that_is_not_looped_ends_where_it_ends(player):
    sound = rendered(player("steady"), "player.start(.5, [.5, .75], false, 0)", 1.0)
    assert (sound[RATE // 4 :] == 0).all() and sound[RATE // 4 - 1] == 1


def loudness_db(sound: np.ndarray) -> float:
    frames = dsp.loudness_db(torch.tensor(sound, dtype=torch.float32)[None], sample_rate=RATE, hop_size=RATE // 64)
    return float(10 * (10 ** (frames / 10)).mean().log10())


def test_takes_keep_their_level_unless_they_are_matched_and_then_measure_the_same(player):
    here = player("loudness")
    levels = {}
    for matched in (False, True):
        if matched:
            here.get_by_role("switch", name="Loudness-matched").click()
        scripts = [f"player.choose({take}); player.start(0, [0, 2], false, 0)" for take in range(3)]
        levels[matched] = [loudness_db(rendered(here, script)) for script in scripts]
    gains = here.evaluate("root => root.ddsp.gains()")
    here.get_by_role("switch", name="Loudness-matched").click()
    assert max(levels[False]) - min(levels[False]) > 10
    assert max(levels[True]) - min(levels[True]) < 0.05
    assert min(levels[True]) == pytest.approx(min(levels[False]), abs=0.05), "all come down to the softest"
    assert 20 * np.log10(gains) == pytest.approx(min(levels[False]) - np.array(levels[False]), abs=0.05)


def test_sounds_arrive_as_the_kernel_had_them(player):
    """5.8 MB, in more than one message."""
    ninth = player("nine").evaluate("root => Array.from(root.ddsp.takes()[8].subarray(-1000))")
    whole = 0.9 * torch.sin(2 * torch.pi * 990 / RATE * torch.arange(10 * RATE))
    assert np.array_equal(np.array(ninth, dtype=np.float32), whole[-1000:].numpy())
    assert player("nine").evaluate("root => root.ddsp.takes().map(take => take.length)") == [10 * RATE] * 9


# Hands on the keyboard and on the mouse


def test_at_the_end_the_sound_device_is_let_go(player, notebook):
    here = player("tones")
    here.get_by_role("slider").focus()
    for key in ("l", "End", "ArrowLeft", "Space"):  # not round and round
        notebook.page.keyboard.press(key)
    until(here, "now.playing && now.sounding")
    until(here, "!now.playing && !now.sounding")
    notebook.page.keyboard.press("l")


def test_keys_play_switch_seek_and_pause(player, notebook):
    here = player("tones")
    here.get_by_role("slider").focus()
    press = notebook.page.keyboard.press
    press("Space")
    until(here, "now.playing && now.sounding && now.place > 0.2")
    for key, expected_hz, expected_peak in ((None, 220, 0.2), ("2", 440, 0.4), ("ArrowDown", 880, 0.1)):
        if key:
            press(key)
        hz, rms = heard(here)
        assert hz == pytest.approx(expected_hz, abs=4.1) and 2**0.5 * rms == pytest.approx(expected_peak, rel=0.05)
    press("ArrowUp")
    assert state(here)["chosen"] == 1
    press("Space")
    until(here, "!now.playing && !now.sounding")
    press("Home")
    press("ArrowRight")
    press("ArrowRight")
    press("Shift+ArrowLeft")
    assert state(here)["place"] == pytest.approx(0.95)
    press("l")
    assert state(here)["loop"] is False
    press("l")
    press("m")
    assert state(here)["matched"] is True
    press("m")
    assert state(here)["matched"] is False and state(here)["loop"] is True


def test_keys_set_a_part_that_loops_and_clear_it(player, notebook):
    here = player("tones")
    here.get_by_role("slider").focus()
    press = notebook.page.keyboard.press
    for key in ("Home", "ArrowRight", "ArrowRight", "[", "ArrowRight", "]"):
        press(key)
    assert state(here)["part"] == pytest.approx([1.0, 1.5]) and state(here)["loop"] is True
    press("Space")
    until(here, "now.playing")
    places = []
    for _ in range(12):
        notebook.page.wait_for_timeout(80)
        places.append(state(here)["place"])
    assert min(places) >= 1.0 and max(places) <= 1.5
    assert any(later < earlier for earlier, later in zip(places, places[1:], strict=False)), "it went round"
    press("Escape")
    assert state(here)["part"] is None
    until(here, "now.place > 1.6")
    press("Space")


def test_no_key_of_the_player_is_a_shortcut_of_jupyterlab(player, notebook):
    """In command mode a inserts a cell, x cuts one, d d deletes one, 0 0 restarts the kernel, Shift+L numbers lines."""
    here = player("tones")
    here.get_by_role("slider").click(position={"x": 200, "y": 100})
    before = [cell["source"] for cell in notebook.cells()]
    for key in "aabxddzym1ck[]":
        notebook.page.keyboard.press(key)
    for key in ("Escape", "Enter", "ArrowDown", "Shift+ArrowDown", "Shift+M"):
        notebook.page.keyboard.press(key)
    assert [cell["source"] for cell in notebook.cells()] == before
    assert {cell["cell_type"] for cell in notebook.cells()} == {"code"}
    if state(here)["matched"]:
        notebook.page.keyboard.press("m")


def test_what_is_pressed_with_ctrl_is_jupyterlabs(player, notebook):
    here = player("tones")
    here.get_by_role("slider").focus()
    dirty = "() => window.jupyterapp.shell.currentWidget.context.model.dirty"
    notebook.page.evaluate("() => { window.jupyterapp.shell.currentWidget.context.model.dirty = true; }")
    notebook.page.keyboard.press("Control+s")
    notebook.page.wait_for_function(f"() => !({dirty})()")


def test_a_click_seeks_and_a_drag_loops_what_it_crosses(player, notebook):
    here = player("tones")
    picture = here.get_by_role("slider")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    left, width = 60, box["width"] - 60 - 74

    def at(seconds: float) -> tuple[float, float]:
        return box["x"] + left + seconds / 4 * width, box["y"] + 150

    mouse = notebook.page.mouse
    mouse.click(*at(3.0))
    assert state(here)["place"] == pytest.approx(3.0, abs=0.02)
    mouse.move(*at(2.0))
    mouse.down()
    mouse.move(*at(1.5))
    mouse.move(*at(1.0))
    mouse.up()
    assert state(here)["part"] == pytest.approx([1.0, 2.0], abs=0.02)
    assert state(here)["place"] == pytest.approx(1.0, abs=0.02)
    here.get_by_role("button", name="Clear the part from 1.0").click()
    assert state(here)["part"] is None


def test_without_a_loop_it_stops_at_the_end_and_begins_again(player):
    here = player("alone")
    assert here.get_by_role("radio").count() == 0 and here.get_by_role("switch").count() == 1
    here.get_by_role("button", name="Play").click()
    until(here, "now.place > 0.2")
    assert heard(here)[0] == pytest.approx(330, abs=4.1)
    assert until(here, "!now.playing")["place"] == 0


def test_only_one_player_plays_at_a_time(player):
    first, second = player("tones"), player("clipping")
    first.get_by_role("button", name="Play").click()
    until(first, "now.playing")
    second.get_by_role("button", name="Play").click()
    until(second, "now.playing")
    assert state(first)["playing"] is False


def test_takes_that_would_clip_say_by_how_much_they_are_softer(player):
    here = player("clipping")
    assert here.get_by_role("note").inner_text() == (
        "The highest peak is 2.00 and would clip above 1, so all takes play 6.0 dB softer: they still compare."
    )
    loud = rendered(here, "player.choose(1); player.start(0, [0, 4], false, 0)", 1.0)
    assert np.abs(loud).max() == pytest.approx(1.0, abs=1e-3)
    assert player("tones").get_by_role("note").count() == 0


# What is seen


def test_a_sine_stands_in_the_spectrogram_at_its_pitch_and_its_level(player):
    """Amplitude 0.4 is -8 dB; a row of 180 is 2.9 % of frequency."""
    hz, db, spread = player("tones").evaluate("""root => {
        const [columns, rows] = [101, 180];
        const levels = root.ddsp.spectrogram(root.ddsp.takes()[1], 16000, 64000, columns, rows);
        const column = Array.from({ length: rows }, (_, row) => levels[row * columns + 50]);
        const [top, row] = [Math.max(...column), column.indexOf(Math.max(...column))];
        const far = Math.max(...column.filter((_, i) => Math.abs(i - row) > 30));
        return [8000 * (50 / 8000) ** ((row + 0.5) / rows), top / 2 - 120, (top - far) / 2];
    }""")
    assert hz == pytest.approx(440, rel=0.03)
    assert db == pytest.approx(20 * np.log10(0.4), abs=0.6), "the window's peak may lie between two bins"
    assert spread > 70


def test_a_spectrogram_of_four_seconds_takes_a_fraction_of_a_second(player):
    """On a laptop's screen about 30 ms; 200 ms is what a switch may cost."""
    times = player("tones").evaluate("""root => [1, 2, 3].map(() => {
        const before = performance.now();
        root.ddsp.spectrogram(root.ddsp.takes()[0], 16000, 64000, 700, 180);
        return performance.now() - before;
    })""")
    assert min(times) < 200


PIXELS = """(canvas, [x, ys]) => {
    const ratio = canvas.width / canvas.clientWidth;
    const drawing = canvas.getContext("2d");
    return ys.map(y => Array.from(drawing.getImageData(Math.round(x * ratio), Math.round(y * ratio), 1, 1).data));
}"""


def column(player, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies and colours, from top to bottom, of the drawn spectrogram of four seconds at a moment."""
    picture = player.get_by_role("img")
    width = picture.bounding_box()["width"] - 60 - 74
    ys = [92 + y for y in range(180)]
    colours = picture.evaluate(PIXELS, [60 + seconds / 4 * width, ys])
    return 8000 * (50 / 8000) ** ((np.arange(180) + 0.5) / 180), np.array(colours)[:, :3].astype(float)


def test_the_picture_shows_the_chosen_take_and_its_pitch_where_it_has_one(player):
    """The line is drawn in a blue that the colours of sound do not have. It lies where f0_hz says, sounding or not."""
    here = player("tones")
    here.get_by_role("radio", name="middle").click()
    blue = lambda colours: (colours[:, 2] > 200) & (colours[:, 0] < 120)  # noqa: E731
    hz, colours = column(here, 1.0)
    assert hz[blue(colours)].mean() == pytest.approx(1760, rel=0.04)
    brightest = colours.sum(axis=1) * ~blue(colours)
    assert hz[brightest.argmax()] == pytest.approx(440, rel=0.04)
    assert not blue(column(here, 3.0)[1]).any(), "0 means no pitch"
    here.get_by_role("radio", name="high").click()
    hz, colours = column(here, 1.0)
    assert hz[colours.sum(axis=1).argmax()] == pytest.approx(880, rel=0.04) and not blue(colours).any()
    here.get_by_role("radio", name="low").click()


def test_levels_of_takes_are_comparable_by_colour(player):
    """The same scale for all: 12 dB less is a darker colour. Matched, the two are the same."""
    here = player("clipping")

    def brightest(name: str) -> float:
        here.get_by_role("radio", name=name).click()
        return column(here, 2.0)[1].sum(axis=1).max()

    assert brightest("loud") - brightest("soft") > 60
    here.get_by_role("switch", name="Loudness-matched").click()
    assert brightest("loud") == pytest.approx(brightest("soft"), abs=3)
    here.get_by_role("switch", name="Loudness-matched").click()


def luminance(colour: str) -> float:
    channels = np.array([float(each) for each in re.findall(r"[\d.]+", colour)[:3]]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_every_word_can_be_read_in_both_themes(player, notebook, theme):
    """Contrast of at least 4.5 (WCAG 2.2, 1.4.3), of buttons' edges 3 (1.4.11); the canvas is drawn anew."""
    notebook.theme(theme)
    here = player("clipping")
    here.get_by_role("switch", name="Loudness-matched").click()
    words = here.evaluate("""root => [...root.querySelectorAll("*")]
        .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && e.checkVisibility())
        .map(e => {
            let ground = e;
            while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
            return [e.textContent, getComputedStyle(e).color, getComputedStyle(ground).backgroundColor];
        })""")
    here.get_by_role("switch", name="Loudness-matched").click()
    assert len(words) > 8
    for word, ink, paper in words:
        light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{word}: {ink} on {paper}"
    notebook.page.wait_for_timeout(200)
    labels = np.array(here.get_by_role("img").evaluate(PIXELS, [38, list(range(92, 272))]))
    written = labels[labels[:, 3] > 128][:, :3]
    assert len(written) > 5
    assert written.mean() > 150 if "Dark" in theme else written.mean() < 100


def test_a_screen_reader_finds_every_control_by_its_role_and_name(player):
    here = player("tones")
    expect(here).to_match_aria_snapshot("""
        - 'group "Compare by ear: low, middle, high"':
          - /children: equal
          - button "Play"
          - radiogroup "Take":
            - radio "low" [checked]
            - radio "middle"
            - radio "high"
          - img "Waveform and spectrogram of low, 4.00 s, 50 to 8000 Hz, with its fundamental as a line."
          - slider "Position"
          - switch "Loop" [checked]
          - switch "Loudness-matched"
          - status
          - timer: /[0-9.]+ \\/ 4.00 s/
          - group: Keys
        """)


def test_what_happens_is_said(player, notebook):
    here = player("tones")
    said = here.get_by_role("status")
    assert said.get_attribute("aria-live") == "polite"
    here.get_by_role("slider").focus()
    notebook.page.keyboard.press("2")
    assert said.inner_text() == "middle."
    notebook.page.keyboard.press("1")
    notebook.page.keyboard.press("Home")
    notebook.page.keyboard.press("ArrowRight")
    assert here.get_by_role("slider").get_attribute("aria-valuetext") == "0.50 of 4.00 s"


def test_tab_goes_through_the_controls_and_shows_where_it_is(player, notebook):
    here = player("tones")
    here.get_by_role("button", name="Play").focus()
    stops = []
    for _ in range(6):
        focused = "const e = document.activeElement, s = getComputedStyle(e);"
        stops.append(
            notebook.page.evaluate(
                f"() => {{ {focused} return [e.getAttribute('role') ?? e.tagName, parseFloat(s.outlineWidth)]; }}"
            )
        )
        notebook.page.keyboard.press("Tab")
    assert [stop for stop, _ in stops] == ["BUTTON", "radio", "slider", "switch", "switch", "SUMMARY"]
    assert all(width >= 2 for _, width in stops)


@pytest.mark.parametrize("width", [1280, 700])
def test_nothing_hangs_over_the_edge(player, notebook, width):
    notebook.page.set_viewport_size({"width": width, "height": 900})
    for name in CELLS:
        over = player(name).evaluate("root => root.scrollWidth - root.clientWidth")
        assert over <= 0, name
        assert player(name).bounding_box()["width"] <= 900
    notebook.page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_all_six_players_are_seen(player, notebook, theme, tmp_path):
    notebook.theme(theme)
    notebook.page.wait_for_timeout(200)
    for name in CELLS.keys() - {"steady"}:  # which is a constant: it has nothing above 50 Hz to show
        colours = np.unique(column(player(name), 2.0)[1], axis=0)
        assert len(colours) > 3, f"the spectrogram of {name} is empty"
        player(name).screenshot(path=tmp_path / f"{name}.png")


# Kernels come and go


def test_a_restarted_kernel_takes_nothing_away(player, notebook):
    notebook.restart_kernel()
    here = player("tones")
    here.get_by_role("button", name="Play").click()
    until(here, "now.playing && now.place > 0.2")
    assert heard(here)[0] == pytest.approx(220, abs=4.1)
    here.get_by_role("button", name="Pause").click()
    assert notebook.complaints == []
    notebook.run_all()
    notebook.page.wait_for_function(ALL_THERE)


def test_a_page_that_is_loaded_again_has_its_sounds_again(player, notebook):
    notebook.save()
    notebook.open("compare.ipynb")
    notebook.page.wait_for_function(ALL_THERE)
    sound = rendered(player("tones"), "player.choose(1); player.start(0, [0, 4], false, 0)", 0.5)
    assert sound == pytest.approx(0.4 * np.sin(2 * np.pi * 440 / RATE * np.arange(RATE // 2)), abs=1e-4)


def test_a_saved_notebook_holds_compressed_sound_and_quiet_text_and_no_state(notebook, lab):
    notebook.save()
    saved = lab.read("compare.ipynb")
    assert "widgets" not in saved.metadata
    assert notebook.text(HERE["tones"]) == "compare(low, middle, high)"
    assert (lab.root / "compare.ipynb").stat().st_size < 1_500_000, "the sounds themselves are 7.9 MB"


def test_reopened_without_its_kernel_a_notebook_says_so_once_a_player(notebook):
    """The line is JupyterLab's, for every widget of a kernel that has gone. From us, no complaint."""
    notebook.shut_down()
    notebook.open("compare.ipynb")
    notebook.page.wait_for_function(
        f"() => document.body.innerText.split('Error displaying widget: model not found').length > {len(CELLS)}"
    )
    theirs = [said for said in notebook.complaints if said.startswith("Error: widget model not found")]
    assert notebook.complaints == theirs and len(theirs) == len(CELLS)
    notebook.complaints.clear()
    notebook.run_all()
    notebook.page.wait_for_function(ALL_THERE)


def test_a_notebook_from_elsewhere_has_ordinary_players(notebook, lab):
    """JupyterLab does not trust it, and shows what a static page shows."""
    notebook.save()
    copy = (
        (lab.root / "compare.ipynb").read_text(encoding="utf-8").replace("torch.manual_seed(0)", "torch.manual_seed(1)")
    )
    copy = copy.replace("</div>", "</div> ")
    (lab.root / "from_elsewhere.ipynb").write_text(copy, encoding="utf-8")
    notebook.open("from_elsewhere.ipynb")
    page = notebook.page
    page.wait_for_function("() => [...document.querySelectorAll('audio')].filter(a => a.duration > 0).length === 21")
    assert page.locator(".ddsp-compare").count() == 0
    lengths = page.evaluate("() => [...document.querySelectorAll('audio')].map(audio => audio.duration)")
    assert lengths[3:6] == pytest.approx([4.0] * 3, abs=0.1) and lengths[-9:] == pytest.approx([10.0] * 9, abs=0.1)
