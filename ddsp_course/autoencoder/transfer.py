"""Timbre transfer: any melody in, the trained instrument out, every step a switch."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from ddsp_course import data, dsp
from ddsp_course.autoencoder import adaptation
from ddsp_course.autoencoder.decoder import Controls
from ddsp_course.autoencoder.model import Autoencoder, TrainingStatistics, ready_to_play
from ddsp_course.autoencoder.notes import hold_through_rests, note_fade, note_mask
from ddsp_course.autoencoder.synthesizer import Stems
from ddsp_course.data import AudioConfig, CourseError, Features, Recording
from ddsp_course.data.features import check_curves
from ddsp_course.data.pitch import Tracker
from ddsp_course.data.recordings import audio_format
from ddsp_course.data.types import no_recording

SHORTEST_SECONDS = 0.1


@torch.no_grad()
def transfer(
    model: Autoencoder,
    source: str | Path | Recording | Features,
    *,
    semitones: float | None = None,
    gain_db: float = 0.0,
    octave_shift: Literal["auto"] | int = "auto",
    match_loudness: bool = True,
    mask_rests: bool = True,
    autotune: float = 0.0,
    room: Tensor | None = None,
    mask: Tensor | None = None,
    latent: Tensor | None = None,
    tracker: Tracker | None = None,
    generator: torch.Generator | None = None,
) -> Stems:
    """Play a recording's melody on the instrument a model has learned; the stems are as long as the recording.

    source: a sound file, a Recording at model.audio_config, or Features of one. room: an impulse response [taps] to
    play in instead of the model's own, such as other_model.room(). latent: for a model with a z, the timbre to play
    in, as for Autoencoder.decode; without one it is the source's own, which it keeps. tracker: as for
    data.extract_features. generator: decides the noise. The other switches, and what is raised for a source without a
    melody: see adapt_features.
    Lesson 12.   Engel et al. 2020, section 5.4.
    """
    features, audio, name = _heard(source, model.audio_config, tracker)
    if model.statistics is None:
        raise CourseError("This model was never trained: it knows no range to bring a melody into. Train or load one.")
    adapted, mask = adapt_features(
        features,
        model.statistics,
        semitones=semitones,
        gain_db=gain_db,
        octave_shift=octave_shift,
        match_loudness=match_loudness,
        mask_rests=mask_rests,
        autotune=autotune,
        mask=mask,
        name=name,
    )
    device = next(model.parameters()).device
    with ready_to_play(model):
        controls = model.decode(adapted.to(device), None if audio is None else audio.to(device), latent=latent)
    if mask_rests:
        controls = silence_rests(controls, mask.to(device))
    stems = model.synthesize(controls, generator=generator)
    return stems if room is None else swap_room(stems, room)


def adapt_features(
    features: Features,
    statistics: TrainingStatistics,
    *,
    semitones: float | None = None,
    gain_db: float = 0.0,
    octave_shift: Literal["auto"] | int = "auto",
    match_loudness: bool = True,
    mask_rests: bool = True,
    autotune: float = 0.0,
    mask: Tensor | None = None,
    name: str = "the source",
) -> tuple[Features, Tensor]:
    """What the model is told to play instead of what was heard, and where notes sound: (Features, bool mask).

    semitones: moved by exactly these; None: by as many whole octaves as bring the melody into the trained range.
    octave_shift: octaves by hand, on top of semitones. gain_db: louder or softer playing, after everything else.
    match_loudness: quantile by quantile to the training's. mask_rests: rests are silent and carry the pitch of their
    notes. autotune: 0 (off) to 1. mask: your own in place of note_mask(features). Rows of the batch are parts of one
    performance. Raises CourseError, naming the source, where it is too short or no note is found, and for switches out
    of their range.   Lesson 12.
    """
    _check_switches(semitones, gain_db, octave_shift, autotune)
    _check_features(features, name)
    mask = note_mask(features) if mask is None else _checked_mask(mask, features)
    if not mask.any():
        raise CourseError(
            f"No steady pitch was found in {name}: give it a melody of one voice or one instrument, without others."
        )
    rate = features.config.frame_rate
    f0_hz, loudness_db = features.f0_hz, features.loudness_db
    if mask_rests:
        f0_hz = hold_through_rests(f0_hz, mask)
    f0_hz = adaptation.autotune(f0_hz, float(autotune), mask, frame_rate=rate)
    if octave_shift == "auto":
        octaves = adaptation.octave_shift(f0_hz, mask, statistics) if semitones is None else 0
    else:
        octaves = octave_shift
    f0_hz = adaptation.shift_pitch(f0_hz, float(semitones or 0) + 12 * int(octaves))
    _check_below_nyquist(f0_hz[mask], features.config, name)
    fade = note_fade(mask, frame_rate=rate)
    if match_loudness:
        matched = adaptation.match_loudness(loudness_db, mask, statistics)
        rests = torch.full_like(matched, statistics.rest_loudness_db)
        loudness_db = torch.lerp(rests, hold_through_rests(matched, mask), fade)
    loudness_db = loudness_db + float(gain_db) * fade
    return replace(features, f0_hz=f0_hz, loudness_db=loudness_db), mask


def silence_rests(controls: Controls, mask: Tensor) -> Controls:
    """Harmonics and noise faded out between the notes; the room comes later, so its tail rings on.

    mask bool [batch, frames], True where a note sounds.   Lesson 12.
    """
    fade = note_fade(mask, frame_rate=controls.config.frame_rate)
    return replace(
        controls, amplitude=controls.amplitude * fade, noise_magnitudes=controls.noise_magnitudes * fade[..., None]
    )


def swap_room(stems: Stems, room: Tensor | None) -> Stems:
    """The same playing in another room: the dry sound exactly, and the other room's tail in place of the old.

    room: an impulse response [taps] at the stems' sample rate, its first tap (the direct sound) not used; None: no
    room. Never convolve the wet sound: that is two rooms.   Lesson 13.
    """
    if room is None:
        return replace(stems, wet=stems.dry)
    if room.ndim != 1 or room.numel() == 0 or not torch.isfinite(room).all():
        raise CourseError(f"A room is an impulse response of finite numbers, [taps], not {list(room.shape)}.")
    return replace(stems, wet=dsp.reverberate(stems.dry, room.to(stems.dry)))


@dataclass(frozen=True)
class SavedStems:
    """What was written, and by how many dB all of it had to be turned down to fit (0.0: not at all).   Lesson 12."""

    paths: tuple[Path, ...]
    gain_db: float


def stem_files(path: str | Path, *, apart: bool = False) -> dict[str, Path]:
    """Where `save_stems` writes each part: "wet", and with apart=True also "dry", "harmonic" and "noise".

    Raises CourseError for a name that is neither .wav nor .flac.   Lesson 12.
    """
    path = Path(path)
    audio_format(path)
    parts = ("dry", "harmonic", "noise") if apart else ()
    return {"wet": path, **{part: path.with_name(f"{path.stem}_{part}{path.suffix}") for part in parts}}


def save_stems(stems: Stems, path: str | Path, *, apart: bool = False) -> SavedStems:
    """Write the wet sound to OUT.wav, and with apart=True also OUT_dry.wav, OUT_harmonic.wav and OUT_noise.wav.

    All share one gain, 1 unless a peak would exceed full scale: harmonic + noise stays dry. Each file is there whole or
    not at all. Raises CourseError where they cannot be written.   Lesson 12.
    """
    sounds = {file: getattr(stems, part).detach() for part, file in stem_files(path, apart=apart).items()}
    peak = max(float(sound.abs().max()) for sound in sounds.values())
    gain = 0.999 / peak if peak > 1 else 1.0
    for file, sound in sounds.items():
        data.save_audio(file, gain * sound.cpu(), stems.config.sample_rate)
    return SavedStems(tuple(sounds), 20 * math.log10(gain))


def _heard(
    source: str | Path | Recording | Features, config: AudioConfig, tracker: Tracker | None
) -> tuple[Features, Tensor | None, str]:
    """Features, sound if there is any, and a name for messages."""
    if isinstance(source, Features):
        return source, None, "the source"
    if not isinstance(source, Recording | str | Path):
        raise no_recording(source)
    recording = source if isinstance(source, Recording) else data.load_recording(source, config=config)
    if recording.config != config:
        raise CourseError(
            f"{recording.name} is at {recording.config.sample_rate} Hz with a hop of {recording.config.hop_size}, the "
            f"model plays at {config.sample_rate} Hz with {config.hop_size}: load it with config=model.audio_config."
        )
    _check_length(recording.frames, config, recording.name)
    return data.extract_features(recording, tracker=tracker), recording.audio, recording.name


def _check_length(frames: int, config: AudioConfig, name: str) -> None:
    seconds = frames / config.frame_rate
    if seconds < SHORTEST_SECONDS:
        raise CourseError(f"{name} lasts {seconds:.3f} s: too short for a note, give at least {SHORTEST_SECONDS} s.")


def _check_features(features: Features, name: str) -> None:
    _check_length(features.frames, features.config, name)
    check_curves(features, name)


def _checked_mask(mask: Tensor, features: Features) -> Tensor:
    if mask.dtype != torch.bool or mask.shape != features.f0_hz.shape:
        wanted, given = list(features.f0_hz.shape), f"{mask.dtype} {list(mask.shape)}"
        raise CourseError(f"A note mask holds True or False for every frame, torch.bool {wanted}, not {given}.")
    return mask.to(features.f0_hz.device)


def _check_below_nyquist(f0_hz: Tensor, config: AudioConfig, name: str) -> None:
    median, nyquist = float(f0_hz.median()), config.sample_rate / 2
    if median >= nyquist:
        raise CourseError(
            f"Shifted so far, {name} lies at {median:.0f} Hz, and nothing sounds above {nyquist:.0f} Hz: shift it less."
        )


def _check_switches(semitones: float | None, gain_db: float, octave_shift: object, autotune: float) -> None:
    numbers = {"semitones": (semitones, -60, 60), "gain_db": (gain_db, -60, 60), "autotune": (autotune, 0, 1)}
    for switch, (value, low, high) in numbers.items():
        if switch == "semitones" and value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, Real) or not low <= value <= high:
            raise CourseError(f"{switch} must be a number from {low} to {high}, not {value!r}.")
    whole = isinstance(octave_shift, Integral) and not isinstance(octave_shift, bool) and -5 <= octave_shift <= 5
    if octave_shift != "auto" and not whole:
        raise CourseError(f'octave_shift must be "auto" or a whole number from -5 to 5, not {octave_shift!r}.')
