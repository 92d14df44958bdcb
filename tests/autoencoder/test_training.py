"""Training: it learns, it can be stopped and taken up again bit for bit, and it never loses a run."""

import json
import math
import os
import signal
import subprocess
import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ddsp_course import autoencoder, data, dsp
from ddsp_course.autoencoder import Autoencoder, ModelConfig, TrainingConfig, TrainingWarning, settings
from ddsp_course.autoencoder.crops import Crops
from ddsp_course.autoencoder.devices import find_device
from ddsp_course.autoencoder.recipe import learning_rate_factor, parameter_groups
from ddsp_course.autoencoder.trainer import Trainer
from ddsp_course.data import AudioConfig, CourseError, Features, Recording, Recordings
from ddsp_course.data.types import frames_of

QUICK = {
    "hidden_size": 32,
    "n_harmonics": 12,
    "n_bands": 9,
    "room_seconds": 0.1,
    "batch_size": 2,
    "crop_seconds": 0.4,
    "context_seconds": 0.2,
    "warmup_steps": 5,
    "held_out_every": 10,
}


def tone(seconds: float = 2.0, midi: float = 69.0, seed: int = 0) -> tuple[Recording, Features]:
    """A tone of three harmonics whose pitch and loudness move, and what a perfect tracker would say of it."""
    config = AudioConfig()
    frames = round(seconds * config.frame_rate)
    time_s = torch.arange(frames) / config.frame_rate
    f0_hz = dsp.midi_to_hz(midi + 2 * torch.sin(2 * math.pi * time_s + seed))[None]
    swell = 0.1 + 0.1 * torch.sin(3 * time_s + seed)[None] ** 2
    amplitudes = swell[..., None] * torch.tensor([1.0, 0.5, 0.25])
    audio = dsp.harmonic_synthesis(f0_hz, amplitudes, sample_rate=16_000, hop_size=64)
    loudness = dsp.loudness_db(audio, sample_rate=16_000, hop_size=64)
    return Recording(audio, config, f"tone {seed}"), Features(f0_hz, torch.ones_like(f0_hz), loudness, config)


@pytest.fixture(scope="module")
def tones() -> tuple[Recordings, list[Features]]:
    pairs = [tone(seed=seed) for seed in range(3)]
    return Recordings(tuple(recording for recording, _ in pairs), "tones"), [features for _, features in pairs]


def train(tones, **changes):
    recordings, features = tones
    arguments = {"steps": 30, "overrides": QUICK, "features": features, "device": "cpu", "progress": False}
    return autoencoder.train(recordings, **{**arguments, **changes})


def log(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def test_the_loss_falls_by_half_within_60_steps(tones, tmp_path):
    train(tones, steps=60, out=tmp_path / "run")
    lines = log(tmp_path / "run")
    assert [line["step"] for line in lines] == [10, 20, 30, 40, 50, 60]
    assert lines[-1]["loss"] < 0.5 * lines[0]["loss"]
    figures = json.loads((tmp_path / "run" / "metrics.json").read_text())["training"]
    assert (figures["steps"], figures["skipped_steps"]) == (60, 0)
    assert autoencoder.load(tmp_path / "run").statistics.pitch_range_midi == pytest.approx((67, 71), abs=0.1)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tones):
    first, again, other = (train(tones, steps=5, seed=seed) for seed in (1, 1, 2))
    weights = [model.decoder.output.weight for model in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_ctrl_c_ends_after_the_step_and_resuming_gives_what_an_unbroken_run_gives(tones, tmp_path):
    def press(progress):
        if progress.step == 10:
            os.kill(os.getpid(), signal.SIGINT)

    unbroken = train(tones, out=tmp_path / "unbroken")
    with pytest.raises(KeyboardInterrupt, match=r"interrupted after step 1\d; it goes on"):
        train(tones, out=tmp_path / "broken", callback=press)
    assert torch.load(tmp_path / "broken" / "training.pt", weights_only=True)["step"] < 30
    resumed = train(tones, out=tmp_path / "broken", resume=True)
    for name, value in unbroken.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
    assert [line["loss"] for line in log(tmp_path / "broken")] == [line["loss"] for line in log(tmp_path / "unbroken")]


def test_killed_at_any_moment_it_leaves_a_model_that_loads_and_resumes(tmp_path):
    """SIGKILL, four times, at moments that differ; saving after every step makes the worst moments likely."""
    script = (
        "import sys; sys.path[:0] = [sys.argv[2], sys.argv[3]]\n"
        "import torch, test_training as t; torch.set_num_threads(1)\n"
        "pair = t.tone(); t.train((t.Recordings((pair[0],), 'tone'), [pair[1]]), steps=100000, out=sys.argv[1],"
        " overrides={**t.QUICK, 'checkpoint_seconds': 1e-6}, resume='resume' in sys.argv)\n"
    )
    run = tmp_path / "run"
    here, root = Path(__file__).parent, Path(__file__).parents[2]
    steps = []
    for attempt in range(4):
        command = [sys.executable, "-c", script, str(run), str(root), str(here)] + (["resume"] if attempt else [])
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 120
        before = steps[-1] if steps else -1
        while process.poll() is None and time.monotonic() < deadline:
            if (run / "training.pt").exists() and state_step(run) > before + 1:
                break
            time.sleep(0.01)
        assert process.poll() is None, process.stderr.read().decode()
        time.sleep(0.02 * attempt)
        process.kill()
        process.wait()
        process.stderr.close()
        assert autoencoder.load(run).statistics is not None
        steps.append(state_step(run))
    assert all(later > earlier for earlier, later in zip(steps, steps[1:], strict=False))


def state_step(run: Path) -> int:
    return torch.load(run / "training.pt", weights_only=True)["step"]


def test_a_run_that_is_there_is_not_trained_over(tones, tmp_path):
    train(tones, steps=1, out=tmp_path / "run")
    before = (tmp_path / "run" / "model.safetensors").read_bytes()
    with pytest.raises(CourseError, match="already holds a run: resume it"):
        train(tones, steps=1, out=tmp_path / "run")
    assert (tmp_path / "run" / "model.safetensors").read_bytes() == before


def test_resuming_with_other_settings_names_the_one_that_differs(tones, tmp_path):
    train(tones, steps=1, out=tmp_path / "run")
    with pytest.raises(CourseError, match="trained with batch_size=2, not 3"):
        train(tones, out=tmp_path / "run", resume=True, overrides={**QUICK, "batch_size": 3})


def test_resuming_on_other_recordings_is_refused(tones, tmp_path):
    train(tones, steps=1, out=tmp_path / "run")
    recording, features = tone(midi=50)
    with pytest.raises(CourseError, match="trained on other recordings"):
        train((Recordings((recording,), "low"), [features]), out=tmp_path / "run", resume=True)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a zip", b"\x80\x04N."])
def test_a_damaged_training_state_is_one_sentence(tones, tmp_path, content):
    train(tones, steps=1, out=tmp_path / "run")
    (tmp_path / "run" / "training.pt").write_bytes(content)
    with pytest.raises(CourseError, match="not a (whole )?training state"):
        train(tones, out=tmp_path / "run", resume=True)
    assert autoencoder.load(tmp_path / "run") is not None


def test_nothing_to_resume_is_one_sentence(tones, tmp_path):
    with pytest.raises(CourseError, match="no run to resume"):
        train(tones, out=tmp_path / "absent", resume=True)


def test_minutes_are_turned_into_steps_once(tones, tmp_path):
    seen = []
    train(tones, steps=None, minutes=0.02, out=tmp_path / "run", callback=lambda progress: seen.append(progress.steps))
    assert seen[0] is None
    assert seen[-1] >= 20
    assert state_step(tmp_path / "run") == seen[-1]


@pytest.mark.parametrize("wish", [{}, {"steps": 3, "minutes": 1}, {"steps": 0}, {"steps": None, "minutes": -1}])
def test_training_must_know_how_long(tones, wish):
    with pytest.raises(CourseError, match="(how long to train|positive number)"):
        train(tones, **{"steps": None, **wish})


def test_a_step_without_a_finite_gradient_is_skipped_and_counted(tones):
    recordings, features = tones
    trainer = Trainer(recordings, features, settings("tiny", QUICK), seed=0, device=torch.device("cpu"))
    trainer.steps = 30
    trainer.training_step()
    before = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    whole = trainer.loss
    trainer.loss = lambda audio, target: whole(audio, target) * float("inf")
    assert math.isnan(trainer.training_step())
    assert trainer.skipped == 1
    for name, value in trainer.model.state_dict().items():
        assert torch.equal(value, before[name]), name
    trainer.loss = whole
    assert math.isfinite(trainer.training_step())
    assert trainer.skipped_in_a_row == 0


def test_twenty_bad_steps_in_a_row_end_the_run_with_a_sentence(tones):
    recordings, features = tones
    trainer = Trainer(recordings, features, settings("tiny", QUICK), seed=0, device=torch.device("cpu"))
    trainer.loss = lambda audio, target: audio.sum() * float("nan")
    with pytest.raises(CourseError, match="20 steps in a row"):
        trainer.run(100, None, None, progress=False)


def test_a_sound_that_is_only_noise_makes_the_harmonics_collapse_and_that_is_said(tones):
    """The tracker is sure of a pitch, but there is none: the failure where noise takes over, on purpose."""
    audio = 0.3 * torch.rand(1, 32_000, generator=torch.Generator().manual_seed(0)) - 0.15
    loudness = dsp.loudness_db(audio, sample_rate=16_000, hop_size=64)
    features = Features(torch.full((1, 500), 440.0), torch.ones(1, 500), loudness)
    hiss = Recordings((Recording(audio, AudioConfig(), "hiss"),), "hiss")
    with pytest.warns(TrainingWarning, match="the noise plays alone"):
        train((hiss, [features]), steps=150, overrides={**QUICK, "learning_rate": 1e-2})
    with warnings.catch_warnings():
        warnings.simplefilter("error", TrainingWarning)
        train(tones, steps=150)


def test_held_out_takes_are_scored_always_alike_and_never_learned_from(tones):
    recordings, features = tones
    held = Recordings(recordings.takes[2:], "held")
    kept = Recordings(recordings.takes[:2], "kept")
    scores = []
    arguments = {"held_out": held, "held_out_features": features[2:], "features": features[:2], "steps": 20}
    arguments |= {"overrides": QUICK, "device": "cpu", "progress": False}
    with_held = autoencoder.train(kept, callback=lambda progress: scores.append(progress.held_out_loss), **arguments)
    without = train((kept, features[:2]), steps=20)
    assert scores[1] < scores[0]
    assert torch.equal(with_held.decoder.output.weight, without.decoder.output.weight)


def test_every_crop_is_as_likely_as_any_other_and_lies_where_its_features_lie():
    config = AudioConfig()
    counting = torch.arange(64 * 300, dtype=torch.float32)[None]
    frames = counting[:, ::64]
    features = Features(frames + 1, torch.ones_like(frames), -frames, config)
    short = Features(frames[:, :20] + 1, torch.ones(1, 20), -frames[:, :20], config)
    takes = [Recording(counting[:, : 64 * 20], config), Recording(counting, config)]
    crops = Crops(takes, [short, features], crop_seconds=0.4)
    audio, cropped = crops.draw(2000, torch.Generator().manual_seed(0))
    assert audio.shape == (2000, 6400)
    assert torch.equal(audio[:, ::64], -cropped.loudness_db)
    starts = audio[:, 0] / 64
    assert starts.min() == 0
    assert starts.max() == 200
    assert float(starts.mean()) == pytest.approx(100, abs=4)


def test_takes_shorter_than_a_crop_are_one_sentence():
    recording, features = tone(seconds=0.5)
    with pytest.raises(CourseError, match=r"longest training recording has 0.5 s, but one crop needs 1.5 s"):
        Crops([recording], [features], crop_seconds=1.5)


@pytest.mark.parametrize("room_seconds", [0.1, 0.0])
def test_network_recurrent_weights_and_room_move_at_rates_of_their_own(room_seconds):
    model = Autoencoder(ModelConfig(hidden_size=8, room_seconds=room_seconds))
    config = TrainingConfig(learning_rate=3e-3, recurrent_learning_rate=2e-3, room_learning_rate=1e-2)
    rate_of = {id(each): group["lr"] for group in parameter_groups(model, config) for each in group["params"]}
    for name, parameter in model.named_parameters():
        wanted = 2e-3 if name == "decoder.gru.weight_hh_l0" else 1e-2 if name.startswith("reverb.") else 3e-3
        assert rate_of.pop(id(parameter)) == wanted, name
    assert not rate_of


def test_the_learning_rate_warms_up_and_comes_down():
    factors = [learning_rate_factor(step, 100, 10) for step in range(101)]
    assert factors[0] == pytest.approx(0.1)
    assert factors[9] == factors[10] == pytest.approx(1.0)
    assert factors[100] == pytest.approx(0.02)
    assert all(later <= earlier for earlier, later in zip(factors[10:], factors[11:], strict=False))


def test_a_device_that_is_not_there_is_one_sentence(tones):
    with pytest.raises(CourseError, match="Unknown device 'tpu'"):
        train(tones, device="tpu")
    absent = "mps" if not torch.backends.mps.is_available() else "cuda"
    with pytest.raises(CourseError, match=f"no {absent} device here"):
        train(tones, device=absent)


def test_a_device_may_be_one_of_torch(tones):
    assert find_device(torch.device("cpu")) == find_device("cpu") == torch.device("cpu")
    with pytest.raises(CourseError, match="Unknown device 'meta'"):
        find_device(torch.device("meta"))
    with pytest.raises(CourseError, match="no cuda:99 device here"):
        find_device("cuda:99")


@pytest.mark.parametrize(
    "given", ["my_saxophone/", Path("my_saxophone"), [torch.zeros(1, 16_000)], torch.zeros(1, 16_000)]
)
def test_what_is_no_recording_is_told_how_it_becomes_one(given):
    for ask in (
        lambda: autoencoder.train(given, steps=1),
        lambda: autoencoder.evaluate(Autoencoder(ModelConfig(hidden_size=8)), given),
        lambda: data.split(given),
        lambda: data.extract_all(given),
        lambda: data.Recordings(given),
    ):
        with pytest.raises(
            CourseError, match=r"A Recording is needed here, not (str|PosixPath|WindowsPath|Tensor): read"
        ):
            ask()


def test_a_list_of_recordings_is_a_data_set_too(tones):
    recordings, features = tones
    trained = [train((each, features), steps=3) for each in (recordings, list(recordings))]
    torch.testing.assert_close(trained[0].state_dict(), trained[1].state_dict(), rtol=0, atol=0)


def test_the_pull_towards_silence_waits_until_the_network_can_play(tones):
    """At step 0 it has no weight; from step 200 it has all of it, and acts on nothing but the amplitude."""
    recordings, features = tones

    def gradient(step: int, weight: float) -> torch.Tensor:
        chosen = settings("tiny", {**QUICK, "quiet_weight": weight, "clip_norm": 1e9})
        trainer = Trainer(recordings, features, chosen, seed=0, device=torch.device("cpu"))
        trainer.steps, trainer.step = 1000, step
        trainer.training_step()
        return trainer.model.decoder.output.bias.grad

    assert torch.equal(gradient(0, 0.0), gradient(0, 5.0))
    pull = gradient(200, 5.0) - gradient(200, 0.0)
    amplitude, distribution, noise = pull[0], pull[1:13], pull[13:]
    assert amplitude > 0.5
    assert float(torch.cat([distribution, noise]).abs().max()) < 1e-4


def test_minutes_for_a_run_that_is_complete_are_refused(tones, tmp_path):
    train(tones, steps=2, out=tmp_path / "run")
    with pytest.raises(CourseError, match="complete, with 2 steps: to train it longer, say how many"):
        train(tones, steps=None, minutes=1, out=tmp_path / "run", resume=True)


def test_a_run_is_never_resumed_to_train_nothing_unless_it_is_whole(tones, tmp_path):
    train(tones, steps=4, out=tmp_path / "run")
    figures = (tmp_path / "run" / "metrics.json").read_bytes()
    with pytest.raises(CourseError, match=r"has 4 steps already, and steps=3 says how many it is to have in all"):
        train(tones, steps=3, out=tmp_path / "run", resume=True)
    assert (tmp_path / "run" / "metrics.json").read_bytes() == figures
    again = train(tones, steps=4, out=tmp_path / "run", resume=True)
    assert torch.equal(again.decoder.output.weight, autoencoder.load(tmp_path / "run").decoder.output.weight)


def test_an_interrupted_run_is_not_whole_at_the_step_where_it_stopped(tones, tmp_path):
    def stop(progress):
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt, match=r"command line: --resume --out .*run"):
        train(tones, out=tmp_path / "run", callback=stop)
    done = state_step(tmp_path / "run")
    with pytest.raises(CourseError, match=f"has {done} steps already"):
        train(tones, steps=done, out=tmp_path / "run", resume=True)
    state = torch.load(tmp_path / "run" / "training.pt", weights_only=True)
    torch.save({**state, "steps": done - 1}, tmp_path / "run" / "training.pt")  # as older versions could leave it
    with pytest.raises(CourseError, match="complete"):
        train(tones, steps=None, minutes=1, out=tmp_path / "run", resume=True)


def test_a_callback_may_play_on_the_model_and_change_nothing(tones):
    undisturbed = train(tones, steps=20)
    played = train(tones, steps=20, callback=lambda progress: progress.model.eval())
    assert torch.equal(undisturbed.decoder.output.weight, played.decoder.output.weight)


@pytest.mark.parametrize(
    ("held_out", "sentence"),
    [
        (
            Recording(torch.ones(1, 19_200), AudioConfig(48_000, 192), "loud.wav"),
            "held_out recording loud.wav is at 48",
        ),
        (tone(0.1)[0], "longest held-out recording has 0.1 s"),
    ],
)
def test_held_out_takes_that_do_not_fit_are_said_before_anything_is_written(tones, tmp_path, held_out, sentence):
    features = Features(*(torch.full((1, held_out.frames), value) for value in (440.0, 0.9, -20.0)), held_out.config)
    with pytest.raises(CourseError, match=sentence):
        train(tones, held_out=held_out, held_out_features=features, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_one_take_and_its_features_are_enough_and_no_held_out_take_is_none(tones):
    (take, *_), (features, *_) = tones
    one, listed = train((take, features), steps=3, held_out=[]), train(([take], [features]), steps=3)
    assert torch.equal(one.decoder.output.weight, listed.decoder.output.weight)
    train((take, features), steps=2, held_out=take, held_out_features=features)
    with pytest.raises(CourseError, match="nothing to learn from: give at least one recording"):
        train(([], None))


def test_figures_that_are_not_finite_are_null(tones, tmp_path):
    recordings, features = tones
    trainer = Trainer(recordings, features, settings("tiny", QUICK), seed=0, device=torch.device("cpu"))
    trainer.held_out_loss, trainer.harmonic_share = float("inf"), float("nan")
    trainer.score_held_out = lambda: float("inf")
    trainer.run(1, None, tmp_path, progress=False)
    (line,) = log(tmp_path)
    assert line["held_out_loss"] is None and isinstance(line["loss"], float)
    assert json.loads((tmp_path / "metrics.json").read_text())["training"]["held_out_loss"] is None


def test_a_trainer_sets_no_dice_but_its_own(tones, monkeypatch):
    recordings, features = tones
    monkeypatch.setattr(torch, "manual_seed", lambda seed: pytest.fail("this sets the dice of every GPU"))
    Trainer(recordings, features, settings("tiny", QUICK), seed=0, device=torch.device("cpu"))


@pytest.mark.parametrize("damage", [b"5\n", b"[]\n", b'{"loss": 1}\n', b'{"step": "3"}\n', b'\xff\xfe{"step": 30}\n'])
def test_a_damaged_log_stops_no_run_that_is_whole(tones, tmp_path, damage):
    train(tones, steps=20, out=tmp_path / "run")
    with open(tmp_path / "run" / "log.jsonl", "ab") as lines:
        lines.write(damage)
    assert [line["step"] for line in autoencoder.read_log(tmp_path / "run")] == [10, 20]
    train(tones, steps=30, out=tmp_path / "run", resume=True)
    assert [line["step"] for line in log(tmp_path / "run")] == [10, 20, 30]


def test_a_log_line_cut_off_does_not_spoil_the_ones_after_it(tones, tmp_path):
    train(tones, steps=20, out=tmp_path / "run")
    with open(tmp_path / "run" / "log.jsonl", "a") as lines:
        lines.write('{"step": 30, "lo')
    train(tones, steps=40, out=tmp_path / "run", resume=True)
    assert [line["step"] for line in log(tmp_path / "run")] == [10, 20, 30, 40]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda each: each[:2], "3 recordings, but features of 2"),
        (lambda each: [*each[:2], frames_of(each[2], 0, 400)], "tone 2 have 400 frames .* but the recording 500"),
        (
            lambda each: [*each[:2], replace(each[2], config=AudioConfig(16_000, 160))],
            "500 frames at .*160",
        ),
        (lambda each: [*each[:2], replace(each[2], f0_hz=0 * each[2].f0_hz)], "The f0_hz of .* tone 2 .* above 0 Hz"),
        (
            lambda each: [*each[:2], replace(each[2], loudness_db=each[2].loudness_db / 0)],
            "The loudness_db of .* tone 2 .* finite",
        ),
    ],
)
def test_features_that_are_not_the_recordings_own_are_refused(tones, spoil, sentence):
    recordings, features = tones
    with pytest.raises(CourseError, match=sentence):
        train((recordings, spoil(features)))
    with pytest.raises(CourseError, match=sentence):
        autoencoder.evaluate(Autoencoder(ModelConfig(hidden_size=8)), recordings, features=spoil(features))
