"""How good is it? A model on recordings it has never heard, beside its yardsticks and the players that must lose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor
from tqdm.auto import tqdm

from ddsp_course import data
from ddsp_course.autoencoder import metrics, scoring, yardsticks
from ddsp_course.autoencoder.baselines import (
    ConstantTimbre,
    play,
    untrained,
    with_shuffled_f0,
    with_shuffled_loudness,
)
from ddsp_course.autoencoder.columns import MODEL, RECORDING, RETAKE
from ddsp_course.autoencoder.model import Autoencoder, sounding_frames
from ddsp_course.autoencoder.phrases import cut_phrases, frame_masks, group_phrases
from ddsp_course.autoencoder.room_metrics import compare_rooms
from ddsp_course.autoencoder.scores import Evaluation
from ddsp_course.autoencoder.synthesizer import Stems
from ddsp_course.data import AudioConfig, CourseError, Features, Performance, Recording
from ddsp_course.data.features import check_features
from ddsp_course.data.types import features_of, frames_of, takes_of

CONTEXT_SECONDS = 4.0
"""Heard before a part of a long take: a room of 3 s, and a second for the network to remember what it played."""
CHUNK_SECONDS = 30.0
TIMBRE_SECONDS = 300.0
Tracker = Callable[[Tensor], tuple[Tensor, Tensor]]
Playing = Callable[[Features, Tensor, int], Stems]
"""Features [1, frames], the recording's audio [1, samples] (for latent encoders) and a seed -> Stems."""


@torch.no_grad()
def evaluate(
    model: Autoencoder,
    recordings: Recording | Sequence[Recording],
    *,
    features: Features | Sequence[Features] | None = None,
    retakes: Recording | Sequence[Recording] | None = None,
    train_recordings: Recording | Sequence[Recording] | None = None,
    train_features: Features | Sequence[Features] | None = None,
    other_model: Autoencoder | None = None,
    track_pitch: bool = True,
    tracker: Tracker | None = None,
    second_tracker: Tracker | None = None,
    baselines: bool = True,
    seed: int = 0,
    progress: bool = True,
) -> Evaluation:
    """Score a model on recordings it was not trained on, phrase by phrase, beside its yardsticks and baselines.

    recordings at model.audio_config, with their features (tracked if not given). retakes: the same performances with
    other noise, which make "of the way" possible. train_recordings (and train_features): what the mean timbre is
    taken from (else these recordings, to that baseline's advantage), and what shows that these recordings are new to
    the model. other_model: another instrument's. track_pitch: the resynthesis is tracked too (0.5 CPU s a second), with
    `tracker` as data.extract_features takes it; second_tracker: once more, both sounds. The same seed gives the same
    figures. A long take is played in parts of 30 s.
    Raises CourseError for recordings on another grid or too short, and for features that are not theirs, ValueError
    for re-takes that do not match.   Lesson 11.
    """
    config, recordings = model.audio_config, takes_of(recordings)
    retakes, train_recordings = (None if each is None else takes_of(each) for each in (retakes, train_recordings))
    features, train_features = features_of(features), features_of(train_features)
    _check(recordings, retakes, config)
    if features is None:
        features = [data.extract_features(take, tracker=tracker) for take in recordings]
    check_features(recordings, features)
    masks = [frame_masks(take, each) for take, each in zip(recordings, features, strict=True)]
    phrases = [cut_phrases(take, mask, index) for index, (take, mask) in enumerate(zip(recordings, masks, strict=True))]
    familiar = _familiar(recordings, train_recordings or ())
    players, notes = {MODEL: (_player(model), features)}, []
    if baselines:
        players |= _baselines(model, recordings, features, other_model, seed)
        timbre, notes = _constant_timbre(model, recordings, features, train_recordings, train_features, tracker)
        if timbre is not None:
            players["constant timbre"] = timbre, features
    scorer = scoring.Scorer(recordings, config)
    rows: dict[str, list[dict[str, float]]] = {}
    chunks = [(index, group) for index, each in enumerate(phrases) for group in group_phrases(each, CHUNK_SECONDS)]
    for index, group in tqdm(chunks, desc="evaluating", unit="chunk", disable=not progress, leave=False):
        take, start, stop = recordings[index], group[0].start, group[-1].stop
        sounds = dict(_known_sounds(take, None if retakes is None else retakes[index], start, stop, seed + index))
        for name, (playing, heard) in players.items():
            stems = play_part(playing, take, heard[index], start, stop, seed=seed + index)
            sounds[name] = scoring.Sound.of(stems.wet[0], stems.dry[0], config)
        recording, mask = sounds[RECORDING], masks[index].cut(start, stop)
        pitch = scoring.hear_both(
            sounds[MODEL],
            recording,
            cut_features(features[index], start, stop),
            tracker=tracker,
            second_tracker=second_tracker,
            first=track_pitch,
        )
        for phrase in group:
            frames = slice(phrase.start - start, phrase.stop - start)
            for name, scores in scorer.score_phrase(sounds, recording, mask, frames).items():
                rows.setdefault(name, []).append(scores)
            rows[MODEL][-1] |= scoring.score_pitch(pitch, frames)
    scores = {name: scoring.as_columns(each) for name, each in rows.items()}
    deviation = scoring.loudness_deviation_db(features)
    for columns in scores.values():
        if "loudness_l1" in columns and deviation > 0:
            # Both curves less the same mean and over the same deviation differ by their dB over the deviation.
            columns["loudness_l1_standardized"] = columns["loudness_l1"] / deviation
    return Evaluation(
        phrases=tuple(phrase for each in phrases for phrase in each),
        scores=scores,
        room=compare_rooms(model.room(), recordings, config.sample_rate),
        rests_known=all(mask.known for mask in masks),
        unheard=bool(train_recordings) and not familiar,
        seed=seed,
        notes=(*familiar, *notes),
    )


def _check(recordings: Sequence[Recording], retakes: Sequence[Recording] | None, config: AudioConfig) -> None:
    if not recordings:
        raise CourseError("There is nothing to evaluate on: give at least one recording.")
    for take in recordings:
        if take.config != config:
            raise CourseError(
                f"{take.name} is at {take.config.sample_rate} Hz with a hop of {take.config.hop_size}, but the model "
                f"plays at {config.sample_rate} Hz with {config.hop_size}: load it with config=model.audio_config."
            )
        shortest = config.scaled(metrics.MEL_WINDOW) // 2
        if take.audio.shape[-1] <= shortest:
            raise CourseError(
                f"{take.name} lasts {1000 * take.seconds:.0f} ms, too short to be scored: give more than "
                f"{1000 * shortest / config.sample_rate:.0f} ms."
            )
    yardsticks.check_retakes(recordings, retakes)


def _familiar(recordings: Sequence[Recording], train_recordings: Sequence[Recording]) -> list[str]:
    """What must be said if takes to judge by are among the training recordings: one sentence, or none."""
    known = [
        take for take in recordings if any(torch.equal(take.audio.cpu(), each.audio.cpu()) for each in train_recordings)
    ]
    if not known:
        return []
    return [
        f"It was trained on takes that it is judged by here ({known[0].name}{', ...' * (len(known) > 1)}; {len(known)} "
        f"of {len(recordings)}): there it shows what it remembers, not what it has learned."
    ]


def _known_sounds(
    take: Recording, retake: Recording | None, start: int, stop: int, seed: int
) -> Iterator[tuple[str, scoring.Sound]]:
    """The recording and the candidates that no model plays."""
    config = take.config
    samples = slice(start * config.hop_size, stop * config.hop_size)

    def dry_of(each: Recording) -> Tensor | None:
        return each.dry[0, samples] if isinstance(each, Performance) else None

    audio, dry = take.audio[0, samples].cpu(), dry_of(take)
    yield RECORDING, scoring.Sound.of(audio, dry, config)
    if retake is not None:
        yield RETAKE, scoring.Sound.of(retake.audio[0, samples], dry_of(retake), config)
    if dry is not None:
        yield "dry for wet", scoring.Sound.of(dry, dry, config)
    yield "1 dB too loud", scoring.Sound.of(yardsticks.with_gain(audio, 1.0), None, config)
    yield "coloured noise", scoring.Sound.of(yardsticks.coloured_noise(audio, config, seed=seed), None, config)
    yield "silence", scoring.Sound.of(torch.zeros_like(audio), None, config)


def _player(model) -> Playing:
    return lambda features, audio, seed: play(model, features, audio, seed=seed)


def _baselines(
    model: Autoencoder, recordings, features: Sequence[Features], other_model: Autoencoder | None, seed: int
) -> dict[str, tuple[Playing, Sequence[Features]]]:
    """Who plays, and what from: the model with wrong orders, an untrained one, another instrument."""
    generator = torch.Generator().manual_seed(seed)
    players = {
        "shuffled loudness": (_player(model), [with_shuffled_loudness(each, generator) for each in features]),
        "shuffled F0": (_player(model), [with_shuffled_f0(each, generator) for each in features]),
        "untrained": (_player(untrained(model, seed=seed)), features),
    }
    if other_model is not None:
        players["other instrument"] = (_player(other_model), features)
    return players


def _constant_timbre(
    model: Autoencoder, recordings, features, train_recordings, train_features, tracker: Tracker | None
) -> tuple[Playing | None, list[str]]:
    """The player of one colour (None: there is no colour), and what must be said about where the colour is from."""
    notes = []
    if not train_recordings:
        notes.append("The constant timbre is the mean over these recordings, not over the training recordings.")
        train_recordings, train_features = recordings, features
    chosen, seconds = [], 0.0
    for take in train_recordings:
        if seconds < TIMBRE_SECONDS:
            chosen.append(take)
            seconds += take.seconds
    if train_features is None:
        train_features = [data.extract_features(take, tracker=tracker) for take in chosen]
    train_features = train_features[: len(chosen)]
    if not any(bool(sounding_frames(each).any()) for each in train_features):
        return None, ["The constant timbre is left out: in the recordings that it would be taken from nothing sounds."]
    timbre = ConstantTimbre.of(model, train_features, [take.audio for take in chosen])
    return (lambda each, audio, seed: timbre.play(model, each, audio, seed=seed)), notes


def cut_features(features: Features, start: int, stop: int) -> Features:
    """Features of frames [start, stop) only.   Lesson 10."""
    return frames_of(features, start, stop)


def play_part(playing: Playing, take: Recording, features: Features, start: int, stop: int, *, seed: int = 0) -> Stems:
    """Stems of frames [start, stop) of a take, played with up to 4 s before them as context: [1, samples].

    So that a take of hours needs no more memory than half a minute, and sounds the same but for its noise.   Lesson 11.
    """
    first, hop = max(0, start - round(CONTEXT_SECONDS * take.config.frame_rate)), take.config.hop_size
    stems = playing(cut_features(features, first, stop), take.audio[:, first * hop : stop * hop], seed)
    skipped = (start - first) * hop
    return replace(stems, **{name: getattr(stems, name)[:, skipped:] for name in ("harmonic", "noise", "dry", "wet")})
