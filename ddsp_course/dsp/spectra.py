"""How sound is looked at: spectra, mel bands, cepstra, and loudness as the ear weighs it."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from ddsp_course.dsp.checks import as_sound, check_between
from ddsp_course.dsp.envelopes import overlap_add
from ddsp_course.dsp.precision import at_least_float32, full_precision
from ddsp_course.dsp.scales import hz_to_mel, power_to_db

FRAMES_AT_ONCE = 2**14
POWER_FLOOR = 1e-20  # -200 dB: below anything float32 sound can hold, and it keeps the root's gradient finite at 0


def stft_power(audio: Tensor, fft_size: int, *, overlap: float = 0.75) -> Tensor:
    """Energy over time and frequency: Hann windows of fft_size samples, each turned into a spectrum, squared.

    audio [batch, n] -> [batch, ceil(n / hop), fft_size // 2 + 1], hop = fft_size * (1 - overlap) rounded. Frame i
    begins at sample i * hop; the end is padded with zeros, the beginning is not, so the first samples are seen by one
    window only. Nothing is scaled: a sine of amplitude 1 peaks at about (fft_size / 4) ** 2. Raises ValueError for
    empty audio, or an overlap outside 0 to 1.   Lesson 6.
    """
    padded, hop = pad_to_frames(audio, fft_size, overlap)
    return _Power.apply(padded, fft_size, hop)


def pad_to_frames(audio: Tensor, fft_size: int, overlap: float) -> tuple[Tensor, int]:
    """Zeros at the end, so that ceil(n / hop) whole windows fit: padded audio, and the hop in samples.   Lesson 6."""
    audio = as_sound(audio)
    n, hop = audio.shape[-1], round(fft_size * (1.0 - overlap))
    if n == 0:
        raise ValueError("A spectrum needs at least one sample.")
    if not 1 <= hop <= fft_size:
        raise ValueError(f"overlap must be at least 0 and below 1, not {overlap}.")
    return F.pad(audio, (0, (-(-n // hop) - 1) * hop + fft_size - n)), hop


def windowed_spectra(padded: Tensor, hop_size: int, window_size: int) -> tuple[Tensor, Tensor]:
    """[batch, n] -> spectra [batch, frames, bins] of its Hann-windowed pieces, complex, and the window.   Lesson 6."""
    window = torch.hann_window(window_size, dtype=padded.dtype, device=padded.device)
    return torch.fft.rfft(padded.unfold(-1, window_size, hop_size) * window), window


def pull_to_audio(pulled: Tensor, window: Tensor, hop_size: int, length: int) -> Tensor:
    """From gradients with respect to |spectrum|^2, times the spectrum, to the gradient of the audio [batch, length].

    d|X_k|^2 / dx_n = 2 Re(X_k e^(i w_k n)) is an inverse FFT, except that this counts every bin twice but the first
    and, for an even size, the last. pulled is changed. Half the work of torch's own gradient, which takes a full
    complex FFT.   Lesson 6.
    """
    size = window.shape[0]
    pulled[..., 0] *= 2.0
    if size % 2 == 0:
        pulled[..., -1] *= 2.0
    whole = overlap_add(torch.fft.irfft(pulled, size, norm="forward").mul_(window), hop_size)
    return F.pad(whole, (0, max(0, length - whole.shape[-1])))[..., :length]


class _Power(torch.autograd.Function):
    """|STFT|^2 with its gradient written out."""

    @staticmethod
    def forward(ctx, padded: Tensor, window_size: int, hop_size: int) -> Tensor:
        spectrum, window = windowed_spectra(padded, hop_size, window_size)
        ctx.save_for_backward(spectrum, window)
        ctx.hop_size, ctx.length = hop_size, padded.shape[-1]
        return spectrum.real.square().addcmul_(spectrum.imag, spectrum.imag)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient: Tensor):
        spectrum, window = ctx.saved_tensors
        return pull_to_audio(spectrum * gradient, window, ctx.hop_size, ctx.length), None, None


def stft_magnitude(audio: Tensor, fft_size: int, *, overlap: float = 0.75) -> Tensor:
    """A spectrogram: how much of each frequency there is, moment by moment.

    audio [batch, n] -> [batch, frames, fft_size // 2 + 1], frames and padding as in `stft_power`. Silence reads 1e-10
    and not 0, because the root of re^2 + im^2 has no gradient at 0.   Lesson 6.
    """
    return stft_power(audio, fft_size, overlap=overlap).clamp_min(POWER_FLOOR).sqrt()


def between_harmonics(f0_hz: Tensor, fft_size: int, *, sample_rate: int, width_hz: float) -> Tensor:
    """The bins of a spectrum that belong to no harmonic: noise, attacks, and whatever else has no pitch.

    f0_hz [...], in Hz, one for each frame of the spectrum -> bool [..., fft_size // 2 + 1], true for a bin that is more
    than width_hz from every multiple of the pitch, 0 Hz among them (the only one of a pitch of 0). A Hann window's main
    lobe reaches 2 * sample_rate / fft_size to either side: take more than that. Raises ValueError for a width that is
    not positive.   Lesson 18.
    """
    if not width_hz > 0:
        raise ValueError(f"width_hz must be positive, not {width_hz}.")
    (f0_hz,) = at_least_float32(f0_hz)
    bins = torch.linspace(0.0, sample_rate / 2, fft_size // 2 + 1, dtype=f0_hz.dtype, device=f0_hz.device)
    pitch = f0_hz[..., None]
    nearest = torch.where(pitch > 0, pitch * torch.round(bins / pitch), torch.zeros_like(pitch))
    return (bins - nearest).abs() > width_hz


def mel_weights(
    n_mels: int, fft_size: int, *, sample_rate: int, hz_min: float = 20.0, hz_max: float = 8000.0, dtype=torch.float32
) -> Tensor:
    """Triangles, equally wide on the mel scale, that gather FFT bins into bands as the ear does.

    -> [fft_size // 2 + 1, n_mels]; each triangle peaks at 1, the bin at 0 Hz belongs to none. A triangle between two
    bins holds none and reads 0 (128 of them over 1024 samples: none at 16 kHz, 4 at 44.1, 6 at 48: take a longer
    fft_size there). Raises ValueError unless 0 <= hz_min < hz_max <= sample_rate / 2.   Lesson 8.
    """
    if not 0 <= hz_min < hz_max <= sample_rate / 2:
        raise ValueError(f"Mel bands need 0 <= hz_min < hz_max <= {sample_rate / 2:g} Hz, not {hz_min} and {hz_max}.")
    low, high = hz_to_mel(torch.tensor([hz_min, hz_max], dtype=torch.float64)).tolist()
    edges = torch.linspace(low, high, n_mels + 2, dtype=torch.float64)
    bins = hz_to_mel(torch.linspace(0.0, sample_rate / 2, fft_size // 2 + 1, dtype=torch.float64))[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    weights = torch.minimum(rising, falling).clamp_min(0.0)
    weights[0] = 0.0
    return weights.to(dtype)


@full_precision
def mel_spectrogram(
    audio: Tensor,
    *,
    sample_rate: int,
    n_mels: int = 128,
    fft_size: int = 1024,
    overlap: float = 0.75,
    hz_min: float = 20.0,
    hz_max: float = 8000.0,
) -> Tensor:
    """A spectrogram with the ear's spacing: fine below, coarse above.

    audio [batch, n] -> [batch, frames, n_mels], sums of magnitudes (not powers) under `mel_weights`. Lesson 8.
    """
    audio = as_sound(audio)
    weights = mel_weights(n_mels, fft_size, sample_rate=sample_rate, hz_min=hz_min, hz_max=hz_max, dtype=audio.dtype)
    return stft_magnitude(audio, fft_size, overlap=overlap) @ weights.to(audio.device)


@full_precision
def mfcc(
    audio: Tensor,
    *,
    sample_rate: int,
    n_coefficients: int = 13,
    n_mels: int = 128,
    fft_size: int = 1024,
    overlap: float = 0.75,
    hz_min: float = 20.0,
    hz_max: float = 8000.0,
) -> Tensor:
    """The shape of the spectrum in a dozen numbers: the cosine transform of the log mel bands.

    audio [batch, n] -> [batch, frames, n_coefficients]. Coefficient 0 is level, 1 tilt, later ones finer and finer
    ripples. The logarithm is natural, floored at 1e-5; all cosines are scaled by sqrt(2 / n_mels), so coefficient 0 is
    sqrt(2) times that of an orthonormal transform.   Lesson 8.   Davis and Mermelstein 1980
    """
    audio = as_sound(audio)
    bands = mel_spectrogram(
        audio,
        sample_rate=sample_rate,
        n_mels=n_mels,
        fft_size=fft_size,
        overlap=overlap,
        hz_min=hz_min,
        hz_max=hz_max,
    )
    order = torch.arange(n_coefficients, dtype=torch.float64)[None, :]
    place = torch.arange(n_mels, dtype=torch.float64)[:, None] + 0.5
    cosines = torch.cos(math.pi / n_mels * place * order) * math.sqrt(2.0 / n_mels)
    return torch.log(bands.clamp_min(1e-5)) @ cosines.to(dtype=audio.dtype, device=audio.device)


def a_weighting(frequency_hz: Tensor) -> Tensor:
    """How much the ear makes of each frequency at low levels, as a factor on power: 1 at 1 kHz, 0 at 0 Hz.

    frequency_hz, any shape, in Hz -> same shape, float32 or finer. As a factor and not in dB because 0 Hz would be
    minus infinity.
    Lesson 8.   IEC 61672-1:2013, annex E
    """
    (frequency_hz,) = at_least_float32(frequency_hz)
    square = frequency_hz.double() ** 2 if frequency_hz.device.type != "mps" else frequency_hz**2
    response = (12194.217**2 * square**2) / (
        (square + 20.598997**2)
        * torch.sqrt((square + 107.65265**2) * (square + 737.86223**2))
        * (square + 12194.217**2)
    )
    return (response**2 * 10.0**0.2).to(frequency_hz.dtype)


@full_precision
def loudness_db(audio: Tensor, *, sample_rate: int, hop_size: int, window_size: int | None = None) -> Tensor:
    """How loud it is, moment by moment, in decibels weighed as the ear weighs frequencies.

    audio [batch, n] -> [batch, n // hop_size], frame i centred on sample i * hop_size. The mean over frequency of
    |STFT|^2 times the A-weighting, 10 log10, never below -80 dB (silence, with gradient 0). Hann window of 32 ms
    (512 samples at 16 kHz) unless window_size says otherwise; zeros are assumed before and after the sound. A 1 kHz
    sine of amplitude 1 reads +19.8 dB with the window of 512, and 3 dB more with one twice as long: +24.2 dB at 44.1
    kHz, whose 32 ms are 1408 samples. Hours of sound need little memory: it goes block by block. Raises ValueError if
    audio is shorter than a hop or of another shape, or for a rate that is not positive.   Lesson 8.
    """
    audio = as_sound(audio)
    check_between(sample_rate, 0, math.inf, "sample_rate", "Hz")
    size = window_size if window_size is not None else max(8, 512 * round(sample_rate / 1000) // 16)
    frames = audio.shape[-1] // hop_size
    if frames == 0:
        raise ValueError(f"Loudness needs at least one hop of {hop_size} samples, not {audio.shape[-1]}.")
    before = size // 2
    after = max(0, (frames - 1) * hop_size + size - before - audio.shape[-1])
    padded = F.pad(audio, (before, after))
    bins = torch.linspace(0.0, sample_rate / 2, size // 2 + 1, dtype=audio.dtype, device=audio.device)
    weights = a_weighting(bins) / bins.shape[0]
    at_once = max(1, FRAMES_AT_ONCE // max(1, audio.shape[0]))
    blocks = []
    for i in range(0, frames, at_once):
        count = min(at_once, frames - i)
        block = padded[:, i * hop_size : (i + count - 1) * hop_size + size]
        blocks.append(_Power.apply(block, size, hop_size) @ weights)
    return power_to_db(torch.cat(blocks, dim=1))
