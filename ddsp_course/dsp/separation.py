"""A mixture taken apart by models of its sources, and how well that went."""

from __future__ import annotations

import torch
from torch import Tensor

from ddsp_course.dsp.checks import as_sound
from ddsp_course.dsp.precision import at_least_float32


def soft_masks(power: Tensor, *, floor: float = 1e-12) -> Tensor:
    """Each source's share of every place in time and frequency: its power over the power of all.

    power [batch, sources, ...], at least 0 -> the same shape, 0 to 1, summing to one over the sources. Where all have
    much less than floor, each gets nearly an equal share. For sources that know nothing of each other this is the
    Wiener filter: no other real factor between 0 and 1 misses the source by less, in the mean square. Raises ValueError
    for fewer than two dimensions.   Lesson 17.   Wiener 1949; Benaroya, Bimbot and Gribonval 2006
    """
    if power.ndim < 2:
        raise ValueError(f"power must be [batch, sources, ...], not {tuple(power.shape)}.")
    lifted = power + floor
    return lifted / lifted.sum(1, keepdim=True)


def separate(mixture: Tensor, models: Tensor, *, fft_size: int = 2048, overlap: float = 0.75) -> Tensor:
    """Give every bin of a mixture to the sources, as models of them say: the models' levels, the mixture's phases.

    mixture [batch, samples]; models [batch, sources, samples], what each source would sound like -> [batch, sources,
    samples], which add up to the mixture. Masks from the models' spectra (`soft_masks`) are laid on the mixture's
    spectrum, under Hann windows of fft_size samples. Gradients reach both arguments. Raises ValueError if shapes
    disagree, or an overlap at which the windows do not add up (below 0.5).
    Lesson 17.   Schulze-Forster et al. 2023, arXiv:2201.09592
    """
    if models.ndim != 3 or mixture.ndim != 2 or models.shape[::2] != mixture.shape:
        raise ValueError(
            f"mixture must be [batch, samples] and models [batch, sources, samples], not {tuple(mixture.shape)} and "
            f"{tuple(models.shape)}."
        )
    hop = round(fft_size * (1 - overlap))
    if not 0.5 <= overlap < 1 or hop < 1:
        raise ValueError(
            f"overlap must be at least 0.5 and below 1 by a sample or more of the {fft_size}, not {overlap}."
        )
    mixture, models = at_least_float32(
        as_sound(mixture, "mixture"), as_sound(models, "models", "[batch, sources, samples]")
    )
    window = torch.hann_window(fft_size, dtype=mixture.dtype, device=mixture.device)

    def spectra(sounds: Tensor) -> Tensor:
        flat = sounds.reshape(-1, sounds.shape[-1])
        found = torch.stft(flat, fft_size, hop, window=window, pad_mode="constant", return_complex=True)
        return found.unflatten(0, sounds.shape[:-1])

    ours = spectra(models)
    shares = soft_masks(ours.real.square() + ours.imag.square())
    given = (shares * spectra(mixture)[:, None]).flatten(0, 1)
    parts = torch.istft(given, fft_size, hop, window=window, length=mixture.shape[-1])
    return parts.unflatten(0, models.shape[:2])


def scale_invariant_sdr_db(estimate: Tensor, source: Tensor) -> Tensor:
    """How far a separated sound stands above everything in it that is not the source, whatever its volume.

    estimate and source [..., samples] -> [...], in dB: the part of the estimate that is a multiple of the source,
    against the rest. 0 dB: as much of the one as of the other. Turning the volume changes nothing; turning the phase
    does. Below about -100 dB and above 100 dB it stops. Raises ValueError if the shapes differ.
    Lesson 17.   Le Roux, Wisdom, Erdogan and Hershey 2019, arXiv:1811.02508
    """
    if estimate.shape != source.shape:
        raise ValueError(
            f"estimate and source must have one shape, not {tuple(estimate.shape)} and {tuple(source.shape)}."
        )
    estimate, source = (as_sound(x, name, "[..., samples]") for x, name in ((estimate, "estimate"), (source, "source")))
    tiny = 1e-20  # of an energy: sounds below -200 dB are silence, and their gradients stay finite
    scale = (estimate * source).sum(-1, keepdim=True) / source.square().sum(-1, keepdim=True).clamp_min(tiny)
    target = scale * source
    signal, rest = target.square().sum(-1), (estimate - target).square().sum(-1)
    bottom = (1e-10 * estimate.square().sum(-1)).clamp_min(tiny)
    return 10 * torch.log10((signal + bottom) / (rest + bottom))
