"""play_harmonics(): the state of the instrument, what is refused, and the sound that Python makes of it."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from ddsp_course.classroom.listening import harmonics
from ddsp_course.classroom.listening.harmonics import Instrument, InstrumentPlayer, play_harmonics
from ddsp_course.data import CourseError

RATE = 16_000


@pytest.fixture(autouse=True)
def shown(monkeypatch) -> list[InstrumentPlayer]:
    """What play_harmonics has displayed."""
    seen: list[InstrumentPlayer] = []
    monkeypatch.setattr(harmonics, "display", seen.append)
    return seen


def levels(sound: torch.Tensor, *frequencies_hz: float, sample_rate: int = RATE) -> np.ndarray:
    """Amplitudes of these sines in a second of sound [1, sample_rate]: a bin is 1 Hz."""
    spectrum = np.abs(np.fft.rfft(sound[0].double().numpy())) * 2 / sample_rate
    return spectrum[[round(hz) for hz in frequencies_hz]]


# Sound


def test_a_sine_has_the_amplitude_that_its_level_says():
    sound = Instrument(f0_hz=440, harmonics=[1], level_db=-6).render(1)
    assert sound.shape == (1, RATE) and sound.dtype == torch.float32
    n = torch.arange(RATE, dtype=torch.float64)
    assert sound[0].double().numpy() == pytest.approx(
        10 ** (-6 / 20) * torch.sin(2 * np.pi * 440 / RATE * n).numpy(), abs=1e-6
    )


def test_the_amplitudes_of_all_harmonics_together_are_the_level():
    weights = np.array([1.0, 0.0, 0.5, 0.25])
    sound = Instrument(f0_hz=200, harmonics=weights, level_db=-20).render(1)
    assert levels(sound, 200, 400, 600, 800, 1000) == pytest.approx([*0.1 * weights / 1.75, 0], abs=1e-6)


def test_brightness_tilts_by_so_many_db_an_octave():
    flat = Instrument(f0_hz=200, harmonics=[1] * 8)
    for brightness_db in (-12, -6.5, 3):
        flat.brightness_db = brightness_db
        one, two, _, four, *_ = levels(flat.render(1), *range(200, 1800, 200))
        assert 20 * np.log10([two / one, four / two]) == pytest.approx([brightness_db] * 2, abs=1e-3)


def test_odd_and_even_harmonics_are_taken_away():
    instrument = Instrument(f0_hz=200, harmonics=[1] * 4, level_db=-20)
    for odd_even, expected in (
        (1, [1, 0, 1, 0]),
        (-1, [0, 1, 0, 1]),
        (0.5, [1, 0.5, 1, 0.5]),
        (-0.5, [0.5, 1, 0.5, 1]),
    ):
        instrument.odd_even = odd_even
        heard = levels(instrument.render(1), 200, 400, 600, 800)
        assert heard == pytest.approx(0.1 * np.array(expected) / sum(expected), abs=1e-6)


@pytest.mark.parametrize("sample_rate", [16_000, 44_100, 48_000])
def test_what_lies_at_or_above_half_the_sample_rate_is_silent_and_the_rest_keeps_the_level(sample_rate):
    """At 2000 Hz and a rate of 16 kHz the fourth harmonic lies at half the rate exactly."""
    sound = Instrument(sample_rate, f0_hz=2000, harmonics=[1] * 16, level_db=-20).render(1)
    audible = len([k for k in range(1, 17) if 2000 * k < sample_rate / 2])
    spectrum = np.abs(np.fft.rfft(sound[0].double().numpy())) * 2 / sample_rate
    places = np.flatnonzero(spectrum > 1e-5)
    assert places.tolist() == [2000 * k for k in range(1, audible + 1)], "nothing folds back"
    assert spectrum[places] == pytest.approx([0.1 / audible] * audible, abs=1e-6)


def test_vibrato_goes_up_and_down_by_its_cents():
    """Measured from zero crossings of a sine: the mean of a period's frequency, 50 times a second and more."""
    sound = Instrument(f0_hz=400, harmonics=[1], vibrato_hz=5, vibrato_cents=50).render(2)[0].double().numpy()
    before = np.flatnonzero((sound[:-1] < 0) & (sound[1:] >= 0))
    moments = before + sound[before] / (sound[before] - sound[before + 1])
    cents = 1200 * np.log2(RATE / np.diff(moments) / 400)
    assert cents.max() == pytest.approx(50, abs=1) and cents.min() == pytest.approx(-50, abs=1)
    assert cents[:15].mean() > 20, "it begins in the middle and goes up"
    turns = np.flatnonzero((cents[:-1] < 0) & (cents[1:] >= 0))
    assert np.diff(moments[turns]) / RATE == pytest.approx(0.2, abs=0.005)


def test_noise_has_the_gains_of_its_bands_and_goes_with_the_level():
    """A band's gain comes out as half of it and a quarter of each neighbour's: what the filter's Hann window does."""
    gains = np.array([0, 0, 1, 0.5, 0, 0, 0, 0, 0])
    soft, loud = (
        Instrument(harmonics=[0], noise_magnitudes=gains, level_db=level_db).render(20, seed=3)[0].numpy()
        for level_db in (-26, -6)
    )
    assert loud == pytest.approx(10 * soft, abs=1e-6)
    spectra = np.abs(np.fft.rfft(loud.reshape(-1, 1600) * np.hanning(1600)))
    density = np.sqrt((spectra**2).mean(0) / (np.hanning(1600) ** 2).sum() * 3) / 10 ** (-6 / 20)
    bands = [density[100 * band - 5 : 100 * band + 6].mean() for band in range(1, 8)]
    assert bands == pytest.approx([0.25, 0.625, 0.5, 0.125, 0, 0, 0], abs=0.03)


def test_noise_is_the_same_for_the_same_seed():
    instrument = Instrument(noise_magnitudes=[1] * 9)
    assert torch.equal(instrument.render(0.1, seed=3), instrument.render(0.1, seed=3))
    assert not torch.equal(instrument.render(0.1, seed=3), instrument.render(0.1, seed=4))


def test_all_harmonics_at_zero_is_silence():
    assert not Instrument(harmonics=[0]).render(0.1).any()


@pytest.mark.parametrize("seconds", [0, -1, 61, float("nan"), "2", True])
def test_a_length_that_is_none_is_refused(seconds):
    with pytest.raises(CourseError, match="give more than 0, at most 60"):
        Instrument().render(seconds)


# State


def test_it_is_shown_and_handed_back(shown):
    instrument = play_harmonics(f0_hz=330, odd_even=1)
    assert len(shown) == 1 and shown[0].instrument is instrument
    assert shown[0].state["f0_hz"] == 330 and instrument.sample_rate == shown[0].sample_rate == RATE
    assert repr(instrument) == repr(shown[0]) == "play_harmonics(330.0 Hz, -12.0 dB)"


def test_python_and_the_page_have_one_state(shown):
    instrument = play_harmonics()
    player = shown[0]
    instrument.harmonics = torch.tensor([1.0, 0.5])
    assert player.state["harmonics"] == [1, 0.5] + [0] * 14
    player.set_state({"state": {**player.state, "f0_hz": 123.4, "noise_magnitudes": [0.5] * 9}})
    assert instrument.f0_hz == 123.4 and instrument.noise_magnitudes == (0.5,) * 9
    assert instrument.state == {**player.state, "harmonics": (1, 0.5, *[0] * 14), "noise_magnitudes": (0.5,) * 9}


def test_several_values_travel_in_one_message(shown):
    instrument = play_harmonics()
    sent = []
    shown[0].observe(sent.append, "state")
    instrument.set(f0_hz=110, level_db=-30, vibrato_cents=20)
    assert len(sent) == 1 and sent[0]["new"]["vibrato_cents"] == 20


def test_a_change_can_be_observed():
    instrument, seen = Instrument(), []
    instrument.observe(lambda change: seen.append(change["new"]), "f0_hz")
    instrument.f0_hz = 300
    assert seen == [300]


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("f0_hz", 5000, "f0_hz is 5000: give a number from 32.7032 to 2093"),
        ("f0_hz", float("nan"), "f0_hz is nan"),
        ("f0_hz", "A3", "f0_hz is 'A3'"),
        ("level_db", 0, "give a number from -60 to -6"),
        ("odd_even", True, "odd_even is True"),
        ("vibrato_hz", None, "vibrato_hz is None"),
        ("vibrato_cents", torch.zeros(2), "give a number from 0 to 100"),
        ("harmonics", [1] * 17, "give a list of up to 16 numbers from 0 to 1"),
        ("harmonics", [], "give a list"),
        ("harmonics", 0.5, "give a list"),
        ("harmonics", ["loud"], "give a list"),
        ("harmonics", [0.5, 1.5], "harmonics[1] is 1.5: each is a number from 0 to 1"),
        ("noise_magnitudes", [float("nan")], "noise_magnitudes[0] is nan"),
        ("noise_magnitudes", np.zeros((2, 9)), "give a list of up to 9"),
    ],
)
def test_a_value_out_of_its_range_is_refused_and_changes_nothing(shown, name, value, said):
    instrument = play_harmonics()
    before = instrument.state
    with pytest.raises(CourseError, match=re.escape(said)):
        setattr(instrument, name, value)
    with pytest.raises(CourseError, match=re.escape(said)):
        instrument.set(**{"f0_hz": 100, name: value} if name != "f0_hz" else {"odd_even": 1, name: value})
    with pytest.raises(CourseError, match=re.escape(said)):
        play_harmonics(**{name: value})
    assert instrument.state == before and shown[0].state["f0_hz"] == 220 and len(shown) == 1


def test_a_name_that_it_does_not_have_is_refused(shown):
    with pytest.raises(CourseError, match="The instrument has no frequency: it has brightness_db, f0_hz, harmonics"):
        play_harmonics(frequency=100)
    with pytest.raises(CourseError, match="sample_rate is 1000"):
        play_harmonics(sample_rate=1000)
    assert not shown


def test_nonsense_from_a_page_is_refused(shown):
    instrument = play_harmonics()
    for state in ({"f0_hz": 1e9}, {"unknown": 1}, {"harmonics": None}):
        with pytest.raises(Exception, match="give|has no"):
            shown[0].set_state({"state": state})
    assert instrument.state == Instrument().state


def test_without_a_front_end_there_is_its_sound(shown):
    play_harmonics(f0_hz=330)
    data, _ = shown[0]._repr_mimebundle_()
    assert data["text/plain"] == "play_harmonics(330.0 Hz, -12.0 dB)"
    assert "16 harmonics of 330.0 Hz" in data["text/html"] and "data:audio/mpeg;base64," in data["text/html"]
    assert len(data["text/html"]) < 40_000
