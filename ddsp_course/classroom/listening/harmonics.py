"""play_harmonics(): an instrument to play in the browser, whose sound dsp renders sample for sample."""

from __future__ import annotations

import json
import math
from typing import Any

import anywidget
import numpy as np
import torch
import traitlets
from IPython.display import display
from torch import Tensor

from ddsp_course import dsp
from ddsp_course.classroom.listening.browser import static
from ddsp_course.classroom.listening.sounds import as_array, as_rate, audio_players
from ddsp_course.data.errors import CourseError

HOP_SIZE = 64
"""As in static/harmonics_worklet.js, whatever the sample rate."""
N_HARMONICS = 16
N_BANDS = 9
MOST_SECONDS = 60
LEAST_DB = -60.0
RANGES: dict[str, tuple[float, float]] = {
    "f0_hz": (440 * 2 ** ((24 - 69) / 12), 440 * 2 ** ((96 - 69) / 12)),  # C1 to C7
    "level_db": (LEAST_DB, -6.0),
    "brightness_db": (-12.0, 12.0),
    "odd_even": (-1.0, 1.0),
    "vibrato_hz": (0.0, 10.0),
    "vibrato_cents": (0.0, 100.0),
}


def play_harmonics(*, sample_rate: int = 16_000, **state: Any) -> Instrument:
    """Show an instrument of 16 harmonics and noise played with the mouse, the computer's keys or a MIDI keyboard.

    sample_rate in Hz: the rate at which it sounds and renders; harmonics at or above half of it are silent.
    state: where it begins, by the names of the traits of `Instrument`: play_harmonics(f0_hz=220, odd_even=1).
    It sounds at once, without the kernel. What this returns has the same state, to read and to set, and
    `render(seconds)` makes the sound of this state in Python, by `dsp`.
    Raises CourseError for a name that the state does not have, and for a value out of its range.
    """
    instrument = Instrument(as_rate(sample_rate), **state)
    display(InstrumentPlayer(instrument))
    return instrument


class _Checked(traitlets.TraitType):
    """A value of the state: traitlets' own kinds would raise errors of their own, in words of their own."""

    def validate(self, obj: traitlets.HasTraits, value: Any) -> float | tuple[float, ...]:
        return _checked(self.name, value)


class Instrument(traitlets.HasTraits):
    """The state of a harmonic instrument, and its sound.

    Every trait may be read, set and observed; a value out of range raises CourseError and changes nothing.
    """

    f0_hz = _Checked(220.0, help="fundamental, C1 to C7")
    level_db = _Checked(-12.0, help="of all harmonics' amplitudes together, re 1")
    harmonics = _Checked(
        tuple(1 / k for k in range(1, N_HARMONICS + 1)), help="16 weights from 0 to 1; they are normalised to sum to 1"
    )
    brightness_db = _Checked(0.0, help="tilts the harmonics, dB per octave")
    odd_even = _Checked(0.0, help="1 leaves only odd harmonics, -1 only even ones")
    noise_magnitudes = _Checked((0.0,) * N_BANDS, help="9 gains from 0 to 1, from 0 Hz to half the sample rate")
    vibrato_hz = _Checked(5.5, help="how often a second f0 goes up and down")
    vibrato_cents = _Checked(0.0, help="how far it goes up, and down")

    def __init__(self, sample_rate: int = 16_000, **state: Any) -> None:
        super().__init__()
        self.sample_rate = sample_rate
        self.set(**state)

    @property
    def state(self) -> dict[str, Any]:
        """All of it, by name."""
        return {name: getattr(self, name) for name in self.trait_names()}

    def set(self, **state: Any) -> None:
        """Set several values at once; all of them or, with a CourseError, none."""
        if unknown := [name for name in state if not self.has_trait(name)]:
            raise CourseError(f"The instrument has no {unknown[0]}: it has {', '.join(sorted(self.trait_names()))}.")
        state = {name: _checked(name, value) for name, value in state.items()}
        with self.hold_trait_notifications():
            for name, value in state.items():
                setattr(self, name, value)

    def distribution(self) -> Tensor:
        """[16], float64: the weights after brightness and odd_even, before Nyquist and before they sum to one."""
        numbers = torch.arange(1, N_HARMONICS + 1, dtype=torch.float64)
        tilt = 10 ** (self.brightness_db * torch.log2(numbers) / 20)
        odd = numbers % 2 == 1
        kept = torch.where(odd, 1 + min(0.0, self.odd_even), 1 - max(0.0, self.odd_even))
        return torch.tensor(self.harmonics, dtype=torch.float64) * tilt * kept

    def render(self, seconds: float = 2.0, *, seed: int = 0) -> Tensor:
        """The sound of this state, held for a time, its vibrato beginning at phase 0 -> [1, samples], float32.

        The instrument on the page plays the same samples, but for its noise (drawn here from the seed) and for the few
        milliseconds in which a note begins and ends there. Raises CourseError for a length of nothing or above 60 s.
        """
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds <= MOST_SECONDS:
            raise CourseError(f"seconds is {seconds}: give more than 0, at most {MOST_SECONDS}.")
        samples = max(1, round(seconds * self.sample_rate))
        frames = samples // HOP_SIZE + 2  # one more than are heard: the last one would be held
        time_s = torch.arange(frames, dtype=torch.float64) * HOP_SIZE / self.sample_rate
        cents = self.vibrato_cents * torch.sin(2 * math.pi * self.vibrato_hz * time_s)
        f0_hz = (self.f0_hz * torch.exp2(cents / 1200))[None]
        distribution = self.distribution().expand(1, frames, -1)
        amplitude = 10 ** (self.level_db / 20)
        audio = dsp.harmonic_synthesis(
            f0_hz,
            amplitude * dsp.normalize_harmonics(distribution, f0_hz, sample_rate=self.sample_rate),
            sample_rate=self.sample_rate,
            hop_size=HOP_SIZE,
            amplitude_method="linear",
        ).float()
        if any(self.noise_magnitudes):
            magnitudes = torch.tensor(self.noise_magnitudes).expand(1, frames, -1)
            generator = torch.Generator().manual_seed(seed)
            audio = audio + amplitude * dsp.filtered_noise(magnitudes, hop_size=HOP_SIZE, generator=generator)
        return audio[:, :samples]

    def __repr__(self) -> str:
        return f"play_harmonics({self.f0_hz:.1f} Hz, {self.level_db:.1f} dB)"


class InstrumentPlayer(anywidget.AnyWidget):
    """What `play_harmonics` shows; all that it plays, it plays in the browser (static/harmonics_worklet.js)."""

    # An audio thread loads its code from an address of its own: it travels inside the module, as a string.
    _esm = "\n".join(
        (
            f"const WORKLET = {json.dumps(static('harmonics_worklet.js'))};",
            static("controls.js", "harmonics_sound.js", "harmonics_pad.js", "harmonics_piano.js", "harmonics.js"),
        )
    )
    _css = static("controls.css", "harmonics.css")

    state = traitlets.Dict(help="the instrument's, by name").tag(sync=True)
    ranges = traitlets.Dict({name: list(ends) for name, ends in RANGES.items()}).tag(sync=True)
    sample_rate = traitlets.Int().tag(sync=True)

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        super().__init__(state=_as_json(instrument.state), sample_rate=instrument.sample_rate)
        self.observe(lambda _: self.instrument.set(**self.state), "state")
        instrument.observe(lambda _: self.set_trait("state", _as_json(instrument.state)), list(instrument.state))

    @traitlets.validate("state")
    def _possible(self, proposal: dict[str, Any]) -> dict[str, Any]:
        """From the browser. What is missing there stays, what is not possible is refused."""
        try:
            given = {name: _checked(name, value) for name, value in proposal["value"].items()}
        except CourseError as error:
            raise traitlets.TraitError(str(error)) from error
        return _as_json({**self.instrument.state, **given})

    def __repr__(self) -> str:
        return repr(self.instrument)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs)
        sound = self.instrument.render()[0].numpy()
        line = "<p>There is an instrument to play here while this notebook runs in JupyterLab; it sounds like this.</p>"
        name = f"{N_HARMONICS} harmonics of {self.instrument.f0_hz:.1f} Hz"
        players = audio_players({name: sound}, self.sample_rate)
        return {**data, "text/plain": repr(self), "text/html": line + players}, metadata


def _checked(name: str, value: Any) -> float | tuple[float, ...]:
    """A number within its range, or as many from 0 to 1 as there are; raises CourseError for all else."""
    if name not in RANGES:
        most = N_HARMONICS if name == "harmonics" else N_BANDS
        array = as_array(value)
        if array.dtype.kind not in "fiu" or array.ndim != 1 or not 1 <= len(array) <= most:
            raise CourseError(f"{name} is {value!r}: give a list of up to {most} numbers from 0 to 1.")
        wrong = np.flatnonzero(~((array >= 0) & (array <= 1)))
        if wrong.size:
            raise CourseError(f"{name}[{wrong[0]}] is {array[wrong[0]]:g}: each is a number from 0 to 1.")
        return tuple(float(each) for each in array) + (0.0,) * (most - len(array))
    low, high = RANGES[name]
    try:
        number = math.nan if isinstance(value, (bool, str)) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not low <= number <= high:
        raise CourseError(f"{name} is {value!r}: give a number from {low:.6g} to {high:.6g}.")
    return number


def _as_json(state: dict[str, Any]) -> dict[str, Any]:
    """As it comes from the browser: lists, where there are tuples here."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in state.items()}
