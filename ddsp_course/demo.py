"""From nothing to a played instrument: record, listen, learn, judge, sing, and show it all on one page."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ddsp_course import autoencoder, data, instruments
from ddsp_course.autoencoder import baselines, metrics, run_folder, yardsticks
from ddsp_course.autoencoder.report import Take, write_report
from ddsp_course.autoencoder.scores import Evaluation, plain
from ddsp_course.autoencoder.synthesizer import Stems
from ddsp_course.data import CourseError, Features, Performance, Recording, Recordings

DEMO_STEPS = 700
"""Two to three minutes of training `tiny` on two CPU cores."""
HELD_OUT_SHARE = 0.2
LEAST_MINUTES = 0.3
"""A fifth of it, what is judged, then has a phrase and a rest."""
PHRASE_SECONDS = 15.0
SETTINGS_FILE = "demo.json"
NO_OTHER_SEED = 1_000_003
"""Added to a seed where other dice are wanted than any that a person would choose."""


@dataclass(frozen=True)
class Demo:
    """What a demo has made: the report's path, the figures, and the seconds of each stage."""

    report: Path
    evaluation: Evaluation
    stages: dict[str, float]


def run(
    out: str | Path = "demo",
    *,
    minutes: float = 5.0,
    steps: int | None = None,
    seed: int = 0,
    device: str = "auto",
    say: Callable[[str], None] | None = None,
    progress: bool = True,
) -> Demo:
    """Generate `minutes` of a bowed-string model, learn it, judge it, sing into it; write it all to the folder `out`.

    A fifth of the minutes is held out: other performances, never trained on. steps: optimiser steps of `tiny` (700 if
    not given); device as for train; say: gets a sentence at each stage. In `out`: report.html, metrics.json, audio/,
    run/. Run again, it goes on where it stopped and tracks nothing twice. Raises CourseError where `out` holds a demo
    with other settings or files of these names that are no demo's, or cannot be written, and for less than a step or
    LEAST_MINUTES.
    """
    out, say = Path(out), say or (lambda sentence: None)
    steps = DEMO_STEPS if steps is None else steps
    if steps < 1 or not minutes >= LEAST_MINUTES:
        raise CourseError(f"A demo needs at least one step and {LEAST_MINUTES} minutes, not {steps} and {minutes:g}.")
    stages: dict[str, float] = {}
    resume = _take_up(out / "run", {"minutes": minutes, "steps": steps, "seed": seed})
    stage = _stages(stages, say)

    with stage("recording", f"A bowed-string model plays {_duration(60 * minutes)}, a fifth of it for judging only."):
        train_takes, held_out, retakes = _record(minutes, seed, progress)
        voice = _sing(seed, progress)
    with stage("listening", "Its pitch and loudness are tracked, as they would be from any recording."):
        features, held_features = (data.extract_all(takes, progress=progress) for takes in (train_takes, held_out))
        voice_features = data.extract_features(voice)
    with stage("training", f"A network of a quarter of a million numbers learns to play it: {steps} steps."):
        model = autoencoder.train(
            train_takes,
            preset="tiny",
            steps=steps,
            out=out / "run",
            held_out=held_out,
            features=features,
            held_out_features=held_features,
            seed=seed,
            device=device,
            resume=resume,
            progress=progress,
        )
    with stage("judging", "It plays phrases it has never heard, beside players that must lose."):
        found = autoencoder.evaluate(
            model,
            held_out,
            features=held_features,
            retakes=retakes,
            train_recordings=train_takes,
            train_features=features,
            seed=seed,
            progress=progress,
        )
    with stage("singing", "A voice sings, and the instrument plays what it sang."):
        played = baselines.play(model, held_features[0], seed=seed)
        sung, transfer_figures = _transfer(model, voice_features, seed)
    with stage("report", "All of it goes on one page."):
        takes = _takes(held_out[0], played, voice, sung, transfer_figures)
        for name, sound in {**takes.sounds, "transferred_dry": sung.dry}.items():
            data.save_audio(out / "audio" / f"{name}.wav", _fitting(sound), model.audio_config.sample_rate)
        losses = yardsticks.loss_yardsticks(held_out, retakes=retakes)
        resynthesis = data.extract_features(Recording(played.wet, model.audio_config, "resynthesis"))
        report = write_report(
            out / "report.html",
            title="A bowed string, learned by this computer",
            lede=(
                f"It listened to {_duration(train_takes.seconds)} of a bowed-string model, and "
                f"practised for {steps} steps. Hear what it can play, see what it cannot, and judge for yourself."
            ),
            takes=takes.takes,
            sample_rate=model.audio_config.sample_rate,
            f0_hz={"original": held_features[0].f0_hz, "resynthesis": resynthesis.f0_hz},
            loudness_db={"original": held_features[0].loudness_db, "resynthesis": resynthesis.loudness_db},
            frame_rate=model.audio_config.frame_rate,
            sounding=autoencoder.sounding_frames(held_features[0]),
            loss_log=autoencoder.read_log(out / "run"),
            yardsticks={name: value for name, value in losses.items() if name != "1 dB too loud"},
            evaluation=found,
            rooms=_rooms(model, held_out[0]),
            stages={name: seconds for name, seconds in stages.items() if name != "report"},
            config=_config(model, out / "run", train_takes, held_out, seed),
        )
    figures = {"stages_s": stages, "yardsticks": losses, "transfer": transfer_figures, "evaluation": found.to_dict()}
    run_folder.write_json(out / "metrics.json", plain({**_trained(out / "run"), **figures}))
    for sentence in found.summary:
        say(sentence)
    say(f"{_duration(sum(stages.values()))} in all. Open {report} in a browser, and listen.")
    return Demo(report, found, stages)


def _take_up(folder: Path, settings: dict[str, Any]) -> bool:
    """Is there a demo with these settings to go on with? Writes them down where there is none."""
    known, out = folder / SETTINGS_FILE, folder.parent
    if known.exists():
        try:
            before = json.loads(known.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            before = None
        if before != settings:
            raise CourseError(
                f"{folder} holds a demo with other settings ({before}): delete it, or choose another folder."
            )
        return (folder / run_folder.STATE_FILE).exists()
    for file in (out / "report.html", out / "metrics.json", *(out / "audio").glob("*.wav")):
        if file.exists():
            raise CourseError(
                f"{file} is there already, and without its run is no demo's: choose another folder with --out."
            )
    run_folder.check_new_run(folder)
    run_folder.write_json(known, settings)
    return False


def _stages(stages: dict[str, float], say: Callable[[str], None]):
    """A context for each stage: says what is to come, and notes how long it took."""

    @contextmanager
    def stage(name: str, sentence: str) -> Iterator[None]:
        say(sentence)
        started = time.perf_counter()
        yield
        stages[name] = round(time.perf_counter() - started, 2)

    return stage


def _record(minutes: float, seed: int, progress: bool) -> tuple[Recordings, Recordings, Recordings]:
    """Takes to train on, other performances to judge by, and these once more with other bow noise."""
    held_seconds = HELD_OUT_SHARE * minutes
    train = instruments.bowed_string(minutes=minutes - held_seconds, seed=seed, progress=progress)
    judged = {"minutes": held_seconds, "seed": seed + NO_OTHER_SEED, "progress": progress}
    held_out = instruments.bowed_string(**judged)
    return train, held_out, instruments.bowed_string(**judged, noise_seed=seed + NO_OTHER_SEED)


def _sing(seed: int, progress: bool) -> Performance:
    return instruments.voice(minutes=PHRASE_SECONDS / 60, seed=seed, progress=progress)[0]


def _transfer(model: autoencoder.Autoencoder, voice: Features, seed: int) -> tuple[Stems, dict[str, float]]:
    """The voice's melody on the instrument, and how well it follows it: tracked again, against what it was told."""
    with baselines.seeded(seed):
        stems = autoencoder.transfer(model, voice).to("cpu")
    told, mask = autoencoder.adapt_features(voice, model.statistics)
    heard = data.extract_features(Recording(stems.dry, model.audio_config, "transferred"))
    sure = torch.where(mask, heard.confidence, torch.zeros_like(heard.confidence))
    shift = 12 * torch.log2(told.f0_hz / voice.f0_hz)[mask].median()
    return stems, {
        "moved_semitones": round(float(shift), 2),
        "median_cents_off": metrics.f0_median_cents(told.f0_hz, sure, heard.f0_hz),
        "raw_pitch_accuracy": metrics.raw_pitch_accuracy(told.f0_hz, sure, heard.f0_hz),
    }


@dataclass(frozen=True)
class _Takes:
    takes: tuple[Take, ...]

    @property
    def sounds(self) -> dict[str, torch.Tensor]:
        names = ("voice", "transferred", "original", "resynthesis", "dry", "harmonic", "noise")
        return {name: take.audio for name, take in zip(names, self.takes, strict=True)}


def _takes(
    original: Recording, played: Stems, voice: Recording, sung: Stems, transfer_figures: dict[str, float]
) -> _Takes:
    octaves = round(transfer_figures["moved_semitones"] / 12)
    cents = transfer_figures["median_cents_off"]
    follows = f"; half of it within {cents:.1f} cents" if np.isfinite(cents) else ""
    moved = "at the singer's pitch" if not octaves else f"moved by {_octaves(octaves)} into the range it knows"
    return _Takes(
        (
            Take("The voice", voice.audio, "A voice model sings vowels, with breath and vibrato.", "transfer"),
            Take(
                "The string, singing",
                sung.wet,
                f"The same melody, {moved}{follows}. Listen to the slides: they are the singer's.",
                "transfer",
            ),
            Take("The original", original.audio, "The bowed-string model itself, in its room.", "performance"),
            Take(
                "The resynthesis",
                played.wet,
                "Played by the network. Listen for the colour of loud and soft notes, and for the attacks.",
                "performance",
            ),
            Take("Dry", played.dry, "Without the room it imagined. Listen in the rests: does a tail remain?", "stems"),
            Take("Harmonics", played.harmonic, "The string alone: whole-number multiples of the pitch.", "stems"),
            Take("Noise", played.noise, "The bow alone: what is left when the pitch is gone.", "stems"),
        )
    )


def _octaves(number: int) -> str:
    return f"{abs(number)} octave{'' if abs(number) == 1 else 's'} {'up' if number > 0 else 'down'}"


def _fitting(sound: torch.Tensor) -> torch.Tensor:
    return sound / max(1.0, float(sound.abs().max()))


def _rooms(model: autoencoder.Autoencoder, take: Performance) -> dict[str, torch.Tensor]:
    """Learned and true impulse response; a room with no echo in it yet has no decay to draw."""
    rooms = {"learned": model.room().detach().cpu(), "true": take.room}
    return {name: room for name, room in rooms.items() if bool(room[1:].any())}


def _trained(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "metrics.json").read_text(encoding="utf-8"))


def _config(model, folder: Path, train_takes: Recordings, held_out: Recordings, seed: int) -> dict[str, Any]:
    trained = _trained(folder)["training"]
    shown = ("architecture", "n_harmonics", "n_bands", "hidden_size", "room_seconds")
    shown += ("batch_size", "crop_seconds", "context_seconds", "learning_rate", "room_learning_rate")
    room = 0 if model.reverb is None else sum(each.numel() for each in model.reverb.parameters())
    return {
        "to train on": _duration(train_takes.seconds),
        "held out": _duration(held_out.seconds),
        "sample rate": f"{model.audio_config.sample_rate} Hz, a frame every {model.audio_config.hop_size} samples",
        "numbers in the network": sum(each.numel() for each in model.parameters()) - room,
        "taps of the room": room,
        "steps": trained["steps"],
        "seconds of training": trained["seconds"],
        **{name: trained["settings"][name] for name in shown if name in trained["settings"]},
        "seed": seed,
        "device": trained["device"],
        "torch": f"{torch.__version__}, {torch.get_num_threads()} threads",
        "numpy": np.__version__,
    }


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    return f"{minutes} min" if not rest else f"{minutes} min {rest} s"
