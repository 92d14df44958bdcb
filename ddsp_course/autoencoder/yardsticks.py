"""What a loss is worth: silence, noise, a constant spectrum, the dry sound, a re-take. No number stands alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ddsp_course import dsp
from ddsp_course.autoencoder.room_metrics import frame_power
from ddsp_course.data import AudioConfig, Performance, Recording

MOST_FRAMES = 20_000
"""Frames of a data set that a median spectrum is taken over; more are thinned out evenly."""
PART_SECONDS = 30
LOSS_FLOOR = 1e-5
"""Below this magnitude dsp.SpectralLoss hears nothing."""


def trained_loss(config: AudioConfig) -> nn.Module:
    """The multi-scale spectral loss that models here are trained on: windows of 128 to 4 ms, all weights 1.

    Lesson 7.   Engel et al. 2020, section 4.2.
    """
    return dsp.SpectralLoss(fft_sizes=config.fft_sizes, sample_rate=config.sample_rate)


def unseen_fft_sizes(config: AudioConfig) -> tuple[int, ...]:
    """Six window sizes between the trained ones (3072 to 96 at 16 kHz): a loss that nobody trained on.   Lesson 11."""
    return tuple(config.scaled(size) for size in (3072, 1536, 768, 384, 192, 96))


@dataclass(frozen=True)
class Spectra:
    """A sound at several window sizes: for each, magnitude and its natural logarithm, [frames, bins].

    The multi-scale spectral loss, taken apart so that a recording's spectra are computed once for all that is held
    against it. first.loss(second) equals dsp.SpectralLoss at the same sizes.   Lesson 7.
    """

    magnitudes: tuple[Tensor, ...]
    logarithms: tuple[Tensor, ...]

    @classmethod
    def of(cls, audio: Tensor, fft_sizes: Sequence[int]) -> Spectra:
        """The spectra of a sound, [samples] or [1, samples]."""
        return cls.from_magnitudes(dsp.stft_magnitude(audio.reshape(1, -1), size)[0] for size in fft_sizes)

    @classmethod
    def from_magnitudes(cls, magnitudes: Iterable[Tensor]) -> Spectra:
        floored = tuple(each.clamp_min(LOSS_FLOOR) for each in magnitudes)
        return cls(floored, tuple(each.log() for each in floored))

    def loss(self, target: Spectra) -> float:
        """Mean absolute differences of magnitude and of log magnitude, summed over the sizes."""
        pairs = (
            *zip(self.magnitudes, target.magnitudes, strict=True),
            *zip(self.logarithms, target.logarithms, strict=True),
        )
        return sum(float((ours - theirs).abs().mean()) for ours, theirs in pairs)


def median_spectrum(audio: Iterable[Tensor], fft_sizes: Sequence[int]) -> Spectra:
    """One spectrum for a whole data set: at each window size the median over time of every frequency's magnitude.

    audio: sounds, each [samples] or [1, samples] -> Spectra of [bins], to be held against all frames. Of all constants
    it has the least loss, for both terms. No sound has it, which is the point: a model that scores no better has
    learned nothing that moves.   Lesson 7.
    """
    sounds = [sound.reshape(1, -1).cpu() for sound in audio]
    samples = sum(sound.shape[-1] for sound in sounds)
    medians = []
    for size in fft_sizes:
        thinned = max(1, math.ceil(samples / (size // 4) / MOST_FRAMES))
        frames = [part[::thinned] for sound in sounds for part in _magnitudes_in_parts(sound, size)]
        medians.append(torch.cat(frames).median(dim=0).values)
    return Spectra.from_magnitudes(medians)


def _magnitudes_in_parts(sound: Tensor, size: int, part_samples: int = 1 << 20) -> Iterator[Tensor]:
    """The frames of dsp.stft_magnitude(sound, size), a part at a time: hours of sound need no more memory than this."""
    hop = round(0.25 * size)
    total, step = math.ceil(sound.shape[-1] / hop), max(1, part_samples // hop)
    for first in range(0, total, step):
        part = sound[:, first * hop : (first + step - 1) * hop + size]
        yield dsp.stft_magnitude(part, size)[0, : min(step, total - first)]


def share_of_the_way(loss: float, median_spectrum: float, retake: float) -> float:
    """How far a loss has come from a constant spectrum (0) to the same performance played again (1).

    A re-take is a yardstick, no bound: what is smoother than nature can score above 1. Raises ValueError if the re-take
    is no better than the constant.   Lesson 11.
    """
    if not retake < median_spectrum:
        raise ValueError(
            f"The re-take's loss ({retake:.2f}) must be below the median spectrum's ({median_spectrum:.2f})."
        )
    return (median_spectrum - loss) / (median_spectrum - retake)


def with_gain(audio: Tensor, gain_db: float) -> Tensor:
    """The sound itself, only louder or softer: what an error of `gain_db` alone costs.   Lesson 7."""
    return audio * 10.0 ** (gain_db / 20.0)


def coloured_noise(audio: Tensor, config: AudioConfig, *, seed: int = 0) -> Tensor:
    """Noise with the average spectrum and the envelope of a sound, and nothing else of it: [samples] -> [samples].

    White noise, filtered to the sound's mean power spectrum (64 ms windows), times the ratio of short-time levels.
    Lesson 7.
    """
    sound = audio.detach().reshape(-1).double().cpu()
    noise = torch.randn(sound.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    size = config.scaled(1024)
    spectrum = dsp.stft_magnitude(sound[None].float(), size)[0].square().mean(dim=0).sqrt()
    fine = torch.nn.functional.interpolate(
        spectrum.double()[None, None], size=len(noise) // 2 + 1, mode="linear", align_corners=True
    )[0, 0]
    shaped = torch.fft.irfft(torch.fft.rfft(noise) * fine, n=len(noise))
    levels = [torch.from_numpy(frame_power(each, config)) for each in (sound, shaped)]
    gain = (levels[0] / levels[1].clamp_min(1e-20)).sqrt().clamp_max(1e4)
    return (shaped * dsp.upsample(gain[None], config.hop_size)[0, : len(shaped)]).float()


def check_retakes(recordings: Sequence[Recording], retakes: Sequence[Recording] | None) -> None:
    """Refuse what are no re-takes: ValueError unless their number and lengths are the recordings'.   Lesson 11."""
    if retakes is None:
        return
    lengths = [[take.audio.shape[-1] for take in each] for each in (recordings, retakes)]
    if lengths[0] != lengths[1]:
        raise ValueError(
            f"Re-takes must be the same performances again, take for take, but the recordings last {lengths[0]} "
            f"samples and the re-takes {lengths[1]}: generate them with the same seed and length, but another "
            "noise_seed."
        )


@torch.no_grad()
def loss_yardsticks(
    recordings: Sequence[Recording], *, retakes: Sequence[Recording] | None = None, loss: nn.Module | None = None
) -> dict[str, float]:
    """Losses to hold a training curve against, each the mean over the recordings in parts of up to 30 s.

    -> {"silence", "median spectrum", "1 dB too loud"}, with "dry for wet" where the dry sound is known (Performances)
    and "re-take" where the same performances with other noise are given. loss: as trained on, the default if None.
    Lesson 7.
    """
    check_retakes(recordings, retakes)
    config = recordings[0].config
    loss = loss or trained_loss(config)
    median = median_spectrum((take.audio for take in recordings), config.fft_sizes)
    total, samples_scored = dict.fromkeys(_names(recordings, retakes), 0.0), 0
    for index, take in enumerate(recordings):
        for start in range(0, take.audio.shape[-1], part := round(PART_SECONDS * config.sample_rate)):
            samples = slice(start, start + part)
            target = take.audio[:, samples]
            candidates = {"silence": torch.zeros_like(target), "1 dB too loud": with_gain(target, 1.0)}
            if "dry for wet" in total:
                candidates["dry for wet"] = take.dry[:, samples]
            if retakes is not None:
                candidates["re-take"] = retakes[index].audio[:, samples]
            losses = {name: float(loss(sound, target)) for name, sound in candidates.items()}
            losses["median spectrum"] = median.loss(Spectra.of(target, config.fft_sizes))
            for name, value in losses.items():
                total[name] += value * target.shape[-1]
            samples_scored += target.shape[-1]
    return {name: value / samples_scored for name, value in total.items()}


def _names(recordings: Sequence[Recording], retakes: Sequence[Recording] | None) -> list[str]:
    known = ["dry for wet"] if all(isinstance(take, Performance) for take in recordings) else []
    return ["silence", "median spectrum", *known, *(["re-take"] if retakes is not None else []), "1 dB too loud"]
