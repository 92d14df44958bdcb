"""live_training(): a training run while it runs; the loss between its yardsticks, the sound so far, the time left."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import anywidget
import numpy as np
import torch
import traitlets
from IPython.display import display
from numpy.typing import ArrayLike
from torch import Tensor

from ddsp_course.classroom.listening.browser import static
from ddsp_course.classroom.listening.sounds import as_rate, as_sound
from ddsp_course.data.errors import CourseError

if TYPE_CHECKING:
    from ddsp_course.autoencoder import TrainingProgress
    from ddsp_course.data import Features

UPDATE_S = 0.5
RESYNTHESES = 8
MOST_SECONDS = 10


def live_training(
    target: ArrayLike | Tensor | None = None,
    features: Features | None = None,
    *,
    yardsticks: Mapping[str, float] | None = None,
    sample_rate: int = 16_000,
) -> LiveTraining:
    """Show a training run while it runs: hand what this returns to `autoencoder.train(..., callback=watch)`.

    target [samples] or [1, samples], at most 10 s, and its features [1, frames]: what the model makes of them is heard
    beside it, made anew eight times in a run; both or neither. yardsticks: names and losses that the curve is read
    between, {"the same played again": 3.0, ...}. Nothing it does changes the training, and without a front end it does
    nothing. Raises CourseError for a target without features, for a sound that cannot be played, for a yardstick that
    is no positive number.   Lesson 11.
    """
    if (target is None) != (features is None):
        raise CourseError("live_training needs a target and its features, or neither: the model plays from features.")
    sample_rate = as_rate(sample_rate)
    sound = None if target is None else as_sound("target", target, sample_rate)
    if sound is not None and len(sound) > MOST_SECONDS * sample_rate:
        raise CourseError(f"The target lasts {len(sound) / sample_rate:.0f} s: give at most {MOST_SECONDS} s of it.")
    for name, loss in (yardsticks or {}).items():
        if not 0 < float(loss) < float("inf"):
            raise CourseError(f'The yardstick "{name}" is {loss}: a loss is a positive number.')
    watch = LiveTraining(sound, features, dict(yardsticks or {}), sample_rate)
    display(watch)
    return watch


class LiveTraining(anywidget.AnyWidget):
    """The display of `live_training`, and the callback that feeds it."""

    _esm = static("controls.js", "player.js", "live.js")
    _css = static("controls.css", "live.css")

    yardsticks = traitlets.Dict(help="losses by name").tag(sync=True)
    sample_rate = traitlets.Int().tag(sync=True)
    points = traitlets.Bytes(help="float32 [n, 3]: step, loss, held-out loss or NaN").tag(sync=True)
    step = traitlets.Int().tag(sync=True)
    steps = traitlets.Int(help="0 while their number is not fixed").tag(sync=True)
    seconds_left = traitlets.Float(help="-1 while unknown").tag(sync=True)
    seconds = traitlets.Float(help="since the beginning").tag(sync=True)
    target = traitlets.Bytes(help="float32").tag(sync=True)
    sound = traitlets.Bytes(help="float32, what the model plays").tag(sync=True)
    sound_step = traitlets.Int(help="which step's model it is").tag(sync=True)

    def __init__(
        self, target: np.ndarray | None, features: Features | None, yardsticks: dict[str, float], sample_rate: int
    ) -> None:
        self.features = features
        self.history: list[tuple[float, float, float]] = []
        self._updated = -UPDATE_S
        self._first: tuple[int, float] | None = None
        self._next_sound = 0
        super().__init__(
            yardsticks={str(name): float(loss) for name, loss in yardsticks.items()},
            sample_rate=sample_rate,
            target=b"" if target is None else target.astype("<f4").tobytes(),
            seconds_left=-1.0,
        )

    def __call__(self, progress: TrainingProgress) -> None:
        """Take note of how far a run is: the curve twice a second at most, the sound eight times a run."""
        if self.history and progress.step <= self.history[-1][0]:
            self.history = [each for each in self.history if each[0] < progress.step]  # the cell was run again
            self._first, self._next_sound = None, 0
        held_out = float("nan") if progress.held_out_loss is None else progress.held_out_loss
        self.history.append((progress.step, progress.loss, held_out))
        if self._first is None:
            self._first = (progress.step, progress.seconds)
        ends = progress.steps is not None and progress.step >= progress.steps
        if self.features is not None and progress.steps and (progress.step >= self._next_sound or ends):
            self._next_sound = progress.step + progress.steps / RESYNTHESES
            sound = self._played(progress)
            with self.hold_sync():
                self.sound, self.sound_step = sound.astype("<f4").tobytes(), progress.step
        if ends or time.monotonic() - self._updated >= UPDATE_S:
            self._updated = time.monotonic()
            with self.hold_sync():
                self.points = np.asarray(self.history, dtype="<f4").tobytes()
                self.step, self.steps, self.seconds = progress.step, progress.steps or 0, progress.seconds
                self.seconds_left = self._time_left(progress)

    def _played(self, progress: TrainingProgress) -> np.ndarray:
        """What the model makes of the features now; neither its state nor any random number is touched."""
        model = progress.model
        device = next(model.parameters()).device
        training = model.training
        try:
            with torch.no_grad():
                generator = torch.Generator(device=device).manual_seed(0)
                heard = (self._target_audio(device),) if getattr(model, "encoder", None) is not None else ()
                wet = model.eval()(self.features.to(device), *heard, generator=generator).wet[0].float().cpu().numpy()
        finally:
            model.train(training)
        return np.nan_to_num(wet[: len(self.target) // 4], posinf=0.0, neginf=0.0)

    def _target_audio(self, device: torch.device) -> torch.Tensor:
        """The target as a model with an encoder wants it, [1, samples], as long as its features."""
        audio = torch.from_numpy(np.frombuffer(self.target, "<f4").copy())[None]
        n = self.features.frames * self.features.config.hop_size
        return torch.nn.functional.pad(audio, (0, max(0, n - audio.shape[-1])))[:, :n].to(device)

    def _time_left(self, progress: TrainingProgress) -> float:
        """From the steps that this display has seen: a resumed run has its own speed."""
        first_step, first_seconds = self._first
        if progress.steps is None or progress.step == first_step:
            return -1.0
        return (progress.steps - progress.step) * (progress.seconds - first_seconds) / (progress.step - first_step)

    def __repr__(self) -> str:
        return "live_training()"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs)
        line = "<p>The loss is drawn here, and the model heard, while this notebook runs in JupyterLab.</p>"
        return {**data, "text/plain": repr(self), "text/html": line}, metadata
