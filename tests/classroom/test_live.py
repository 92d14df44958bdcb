"""live_training(): a display that changes nothing of what it shows, and says what it cannot show."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ddsp_course import autoencoder, dsp
from ddsp_course.autoencoder import TrainingProgress
from ddsp_course.classroom import listening
from ddsp_course.classroom.listening import live
from ddsp_course.data import AudioConfig, CourseError, Features, Recording, Recordings

SMALL_MODEL = {"hidden_size": 16, "n_harmonics": 8, "n_bands": 9, "room_seconds": 0.1}
QUICK = {
    **SMALL_MODEL,
    "batch_size": 2,
    "crop_seconds": 0.4,
    "context_seconds": 0.2,
}


@pytest.fixture(autouse=True)
def shown(monkeypatch) -> list[listening.LiveTraining]:
    """What live_training has displayed."""
    seen: list[listening.LiveTraining] = []
    monkeypatch.setattr(live, "display", seen.append)
    return seen


class Player(torch.nn.Module):
    """A model that plays its one weight, and remembers whether it was asked as one that is in training."""

    def __init__(self, value: float = 0.25) -> None:
        super().__init__()
        self.value = torch.nn.Parameter(torch.tensor(value))
        self.asked_in_training: list[bool] = []

    def forward(self, features: Features, *, generator: torch.Generator) -> SimpleNamespace:
        self.asked_in_training.append(self.training)
        return SimpleNamespace(wet=self.value * torch.ones(1, features.frames * features.config.hop_size))


def features(seconds: float = 2.0) -> Features:
    frames = torch.ones(1, round(seconds * 250))
    return Features(440 * frames, frames, -20 * frames)


def progress(step: int, model: torch.nn.Module, *, steps: int | None = 80, loss: float = 5.0, held=None, seconds=None):
    return TrainingProgress(step, steps, loss, held, 0.9, step / 10 if seconds is None else seconds, model)


def points(watch: listening.LiveTraining) -> np.ndarray:
    return np.frombuffer(watch.points, "<f4").reshape(-1, 3)


def test_the_curve_holds_every_call_and_the_last_one_is_always_shown(shown):
    watch = listening.live_training(yardsticks={"the same played again": 3.0})
    assert shown == [watch]
    for step in range(10, 90, 10):
        watch(progress(step, Player(), loss=10 / step, held=4.0 if step > 40 else None))
    curve = points(watch)
    assert curve[:, 0].tolist() == list(range(10, 90, 10))
    assert curve[:, 1] == pytest.approx([10 / step for step in range(10, 90, 10)])
    assert np.isnan(curve[:4, 2]).all() and (curve[4:, 2] == 4).all()
    assert (watch.step, watch.steps, watch.seconds_left) == (80, 80, 0)


def test_it_writes_to_the_browser_twice_a_second_at_most(monkeypatch):
    watch = listening.live_training()
    clock = [100.0]
    monkeypatch.setattr(live.time, "monotonic", lambda: clock[0])
    seen = []
    watch.observe(lambda change: seen.append(change), "points")
    for step in range(1, 1001):
        clock[0] += 0.01
        watch(progress(step, Player(), steps=2000))
    assert 19 <= len(seen) <= 21, "ten seconds"


def test_time_left_counts_from_where_this_display_came_in():
    """A run that is resumed at step 1000 after an hour on another machine: 10 more steps took 2 s, 50 are left."""
    watch = listening.live_training()
    watch(progress(1000, Player(), steps=1060, seconds=3600))
    assert watch.seconds_left == -1
    watch._updated = -math.inf
    watch(progress(1010, Player(), steps=1060, seconds=3602))
    assert watch.seconds_left == pytest.approx(10)


def test_the_model_is_heard_eight_times_a_run_and_at_its_end_and_is_left_in_training():
    target = torch.zeros(32_000)
    watch = listening.live_training(target, features())
    model = Player().train()
    heard = []
    watch.observe(lambda change: heard.append(watch.sound_step), "sound_step")
    for step in range(10, 810, 10):
        model.value.data.fill_(step / 1000)
        watch(progress(step, model, steps=800))
    assert heard == [10, 110, 210, 310, 410, 510, 610, 710, 800]
    assert model.asked_in_training == [False] * 9 and model.training
    assert np.frombuffer(watch.sound, "<f4") == pytest.approx(0.8) and len(watch.sound) == 4 * 32_000


def test_a_model_with_a_latent_encoder_hears_the_target():
    chosen = autoencoder.settings("tiny", {**SMALL_MODEL, "latent_size": 2}).model
    watch = listening.live_training(0.1 * torch.randn(31_990), features())
    watch(progress(10, autoencoder.Autoencoder(chosen)))
    assert np.frombuffer(watch.sound, "<f4").any()


def test_a_model_that_plays_nonsense_does_not_stop_the_training():
    watch = listening.live_training(torch.zeros(32_000), features())
    watch(progress(10, Player(math.nan)))
    assert not np.frombuffer(watch.sound, "<f4").any()


def test_a_cell_that_is_run_again_begins_a_new_curve():
    watch = listening.live_training(torch.zeros(32_000), features())
    for step in (10, 20, 80, 10, 80):
        watch(progress(step, Player()))
    assert points(watch)[:, 0].tolist() == [10, 80]


def test_training_is_the_same_with_and_without_it():
    """Weight for weight after 30 steps: no random number and no mode of the model is touched."""
    config = AudioConfig()
    seconds = 2.0
    feats = features(seconds)
    audio = 0.2 * torch.sin(2 * math.pi * 440 / 16_000 * torch.arange(32_000))[None]
    feats = Features(feats.f0_hz, feats.confidence, dsp.loudness_db(audio, sample_rate=16_000, hop_size=64))
    recordings = Recordings((Recording(audio, config, "tone"),) * 2, "tones")
    arguments = {"steps": 30, "overrides": QUICK, "features": [feats] * 2, "device": "cpu", "progress": False}
    alone = autoencoder.train(recordings, **arguments)
    state = torch.get_rng_state()
    watch = listening.live_training(audio, feats, yardsticks={"silence": 40.0})
    watched = autoencoder.train(recordings, **arguments, callback=watch)
    assert torch.equal(torch.get_rng_state(), state)
    assert watch.step == 30 and np.frombuffer(watch.sound, "<f4").any()
    for name, weights in alone.state_dict().items():
        assert torch.equal(weights, watched.state_dict()[name]), name


def test_what_a_page_without_widgets_is_told():
    watch = listening.live_training()
    data, _ = watch._repr_mimebundle_()
    assert data["text/plain"] == repr(watch) == "live_training()"
    assert "while this notebook runs" in data["text/html"]


@pytest.mark.parametrize(
    "arguments, said",
    [
        ({"target": torch.zeros(16_000)}, "needs a target and its features, or neither"),
        ({"features": features()}, "needs a target and its features, or neither"),
        ({"target": torch.zeros(320_000), "features": features(20)}, "lasts 20 s: give at most 10 s"),
        ({"target": torch.full((16_000,), math.nan), "features": features(1)}, "sample 0 is NaN"),
        ({"yardsticks": {"silence": math.inf}}, 'yardstick "silence" is inf'),
        ({"yardsticks": {"silence": -1.0}}, 'yardstick "silence" is -1.0'),
        ({"sample_rate": 0}, "sample_rate is 0"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_a_sentence(shown, arguments, said):
    with pytest.raises(CourseError, match=said):
        listening.live_training(**arguments)
    assert not shown
