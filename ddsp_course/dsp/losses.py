"""How far apart two sounds are, as an ear would say it and as gradients can use it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ddsp_course.dsp.spectra import loudness_db, stft_power

FFT_SIZES = (2048, 1024, 512, 256, 128, 64)


class SpectralLoss(nn.Module):
    """Compare spectrograms at several window lengths at once: long ones hear pitch, short ones hear time.

    loss = SpectralLoss(); loss(audio, target), both [batch, n] -> one number, 0 for equal sounds. For every FFT size:
    the mean absolute difference of magnitudes times magnitude_weight, and of natural-log magnitudes times
    log_magnitude_weight; summed over sizes, averaged over batch, frames and bins. delta_time_weight and
    delta_frequency_weight compare the steps from frame to frame and from bin to bin of the magnitudes; loudness_weight
    compares `loudness_db` (dB; needs sample_rate in Hz and hop_size in samples). `terms` gives each by name.

    Magnitudes are floored at `floor` (1e-5) before root and logarithm. The paper's code floors exact zeros only:
    there the logarithm of near-silence runs to any depth and its gradient grows without bound (1300 times from -20 to
    -120 dB), and the root of re^2 + im^2 has none at zero. Floored, value and gradient are finite for silence, clicks
    and clipping, and nothing below -100 dB pulls.
    Raises ValueError if the shapes differ, or for a loudness_weight without rate and hop.
    Lesson 7.   Engel et al. 2020, section 4.2, arXiv:2001.04643
    """

    def __init__(
        self,
        fft_sizes: Sequence[int] = FFT_SIZES,
        overlap: float = 0.75,
        magnitude_weight: float = 1.0,
        log_magnitude_weight: float = 1.0,
        delta_time_weight: float = 0.0,
        delta_frequency_weight: float = 0.0,
        loudness_weight: float = 0.0,
        *,
        sample_rate: int | None = None,
        hop_size: int | None = None,
        floor: float = 1e-5,
    ) -> None:
        super().__init__()
        if loudness_weight and (sample_rate is None or hop_size is None):
            raise ValueError("SpectralLoss with a loudness_weight needs the sound's sample_rate and a hop_size.")
        self.fft_sizes = tuple(fft_sizes)
        self.overlap = overlap
        self.weights = {
            "magnitude": magnitude_weight,
            "log_magnitude": log_magnitude_weight,
            "delta_time": delta_time_weight,
            "delta_frequency": delta_frequency_weight,
            "loudness": loudness_weight,
        }
        self.sample_rate = sample_rate
        self.hop_size = hop_size
        self.floor = floor

    def forward(self, audio: Tensor, target: Tensor) -> Tensor:
        terms = self.terms(audio, target)
        return torch.stack([self.weights[name] * value for name, value in terms.items()]).sum()

    def terms(self, audio: Tensor, target: Tensor) -> dict[str, Tensor]:
        """The parts of the loss whose weight is not 0, unweighted, FFT sizes summed: name -> scalar.   Lesson 7."""
        if audio.shape != target.shape or audio.ndim != 2:
            raise ValueError(
                f"audio and target must both be [batch, samples], not {tuple(audio.shape)} and {tuple(target.shape)}."
            )
        found: dict[str, Tensor] = {}
        wanted = {name for name, weight in self.weights.items() if weight}
        for size in self.fft_sizes:
            for name, value in self._at_size(audio, target, size, wanted).items():
                found[name] = found[name] + value if name in found else value
        if "loudness" in wanted:
            ours, theirs = (
                loudness_db(x, sample_rate=self.sample_rate, hop_size=self.hop_size) for x in (audio, target)
            )
            found["loudness"] = (ours - theirs).abs().mean()
        return found or {"magnitude": audio.new_zeros(())}

    def _at_size(self, audio: Tensor, target: Tensor, size: int, wanted: set[str]) -> dict[str, Tensor]:
        ours, theirs = (stft_power(x, size, overlap=self.overlap).clamp_min(self.floor**2) for x in (audio, target))
        found = {}
        if "log_magnitude" in wanted:
            found["log_magnitude"] = 0.5 * (ours.log() - theirs.log()).abs().mean()
        if {"magnitude", "delta_time", "delta_frequency"} & wanted:
            difference = ours.sqrt() - theirs.sqrt()
            if "magnitude" in wanted:
                found["magnitude"] = difference.abs().mean()
            if "delta_time" in wanted and difference.shape[1] > 1:
                found["delta_time"] = difference.diff(dim=1).abs().mean()
            if "delta_frequency" in wanted:
                found["delta_frequency"] = difference.diff(dim=2).abs().mean()
        return found
