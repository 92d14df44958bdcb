"""DDSP as textbooks and the usual PyTorch ports write it: what ours is timed and judged against.

Written here from the formulas, not copied: every sine of every sample and harmonic, a filter for every hop, spectra of
both sounds with torch.stft. Shapes and names are the package's. `Textbook` is our own network in this code; `Published`
is the port's (acids-ircam/ddsp_pytorch): 4.3 M parameters, a hop of 10 ms, raw pitch in Hz, held controls, a room of
decaying noise.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ddsp_course import dsp
from ddsp_course.autoencoder import Autoencoder, Stems
from ddsp_course.autoencoder.decoder import stack
from ddsp_course.data import AudioConfig, Features

PUBLISHED_HOP = 160
PUBLISHED_SIZES = (4096, 2048, 1024, 512, 256, 128)


def harmonic_synthesis(f0_hz: Tensor, harmonic_amplitudes: Tensor, *, sample_rate: int, hop_size: int) -> Tensor:
    """Controls held through each hop, a running sum for the phase, and every harmonic of every sample."""
    f0 = f0_hz.repeat_interleave(hop_size, dim=1)[..., None]
    amplitudes = harmonic_amplitudes.repeat_interleave(hop_size, dim=1)
    phase = torch.cumsum(2 * math.pi * f0 / sample_rate, dim=1)
    k = torch.arange(1, amplitudes.shape[-1] + 1, device=f0.device, dtype=f0.dtype)
    return (torch.sin(phase * k) * amplitudes).sum(-1)


def impulse_responses(magnitudes: Tensor, length: int) -> Tensor:
    """A windowed zero-phase filter for every frame, laid round sample 0 of a block of `length` samples."""
    response = torch.fft.irfft(magnitudes)
    size = response.shape[-1]
    response = torch.roll(response, size // 2, -1) * torch.hann_window(size, device=magnitudes.device)
    return torch.roll(F.pad(response, (0, max(0, length - size))), -size // 2, -1)


def convolve(audio: Tensor, response: Tensor) -> Tensor:
    """By FFT, both padded to twice their length."""
    n = audio.shape[-1]
    spectrum = torch.fft.rfft(F.pad(audio, (0, n))) * torch.fft.rfft(F.pad(response, (n, 0)))
    return torch.fft.irfft(spectrum)[..., n:]


def filtered_noise(noise_magnitudes: Tensor, *, hop_size: int, noise: Tensor | None = None) -> Tensor:
    """Each hop's noise (drawn, or as given) through its own frame's filter, cut off at the hop's end."""
    batch, frames = noise_magnitudes.shape[:2]
    if noise is None:
        noise = torch.rand(batch, frames * hop_size, device=noise_magnitudes.device) * 2 - 1
    noise = noise.reshape(batch, frames, hop_size)
    length = max(hop_size, 2 * (noise_magnitudes.shape[-1] - 1))
    response = impulse_responses(noise_magnitudes, length)
    return convolve(F.pad(noise, (0, length - hop_size)), response)[..., :hop_size].reshape(batch, -1)


def reverberate(audio: Tensor, impulse_response: Tensor) -> Tensor:
    """Tail padded or cut to the sound's length, then one long product of spectra."""
    n = audio.shape[-1]
    tail = F.pad(impulse_response[..., 1:], (1, 0))[..., :n]
    return audio + convolve(audio, F.pad(tail, (0, n - tail.shape[-1])).expand(audio.shape[0], -1))


class SpectralLoss(nn.Module):
    """L1 of magnitude and of its logarithm at several sizes; torch.stft of both sounds each time."""

    def __init__(self, fft_sizes: tuple[int, ...], normalized: bool = False) -> None:
        super().__init__()
        self.fft_sizes, self.normalized = fft_sizes, normalized

    def spectrum(self, audio: Tensor, size: int) -> Tensor:
        window = torch.hann_window(size, device=audio.device, dtype=audio.dtype)
        return torch.stft(
            audio, size, size // 4, size, window, center=True, normalized=self.normalized, return_complex=True
        ).abs()

    def forward(self, audio: Tensor, target: Tensor) -> Tensor:
        loss = audio.new_zeros(())
        for size in self.fft_sizes:
            ours, theirs = self.spectrum(audio, size), self.spectrum(target, size)
            loss = loss + (ours - theirs).abs().mean()
            loss = loss + ((ours + 1e-7).log() - (theirs + 1e-7).log()).abs().mean()
        return loss


class Textbook(Autoencoder):
    """Our own network, its weights and its room, in textbook code: torch.nn.GRU and the functions above."""

    def __init__(self, config, statistics=None) -> None:
        super().__init__(config, statistics)
        ours = self.decoder.gru
        self.decoder.gru = nn.GRU(ours.input_size, ours.hidden_size, batch_first=True)
        self.decoder.gru.load_state_dict(ours.state_dict())

    def synthesize(self, controls, *, generator=None, noise=None) -> Stems:
        config = self.audio_config
        harmonic = harmonic_synthesis(
            controls.f0_hz,
            controls.harmonic_amplitudes,
            sample_rate=config.sample_rate,
            hop_size=config.hop_size,
        )
        filtered = filtered_noise(controls.noise_magnitudes, hop_size=config.hop_size, noise=noise)
        dry = harmonic + filtered
        wet = dry if self.reverb is None else reverberate(dry, self.reverb.impulse_response())
        return Stems(harmonic, filtered, dry, wet, config)


class Published(nn.Module):
    """The usual PyTorch port of the autoencoder, as published: its layers, its scalings, its hop, its room.

    Features on our frames [batch, frames] are read every 160 samples; Stems come out at 16 kHz, so that it is trained
    and judged on the same takes.
    """

    def __init__(self, loudness_mean_db: float, loudness_std_db: float, *, hidden: int = 512) -> None:
        super().__init__()
        self.audio_config = AudioConfig()
        self.loudness = (loudness_mean_db, loudness_std_db)
        self.pitch_stack, self.loudness_stack = stack(1, hidden), stack(1, hidden)
        self.gru = nn.GRU(2 * hidden, hidden, batch_first=True)
        self.joined = stack(hidden + 2, hidden)
        self.tones, self.noise = nn.Linear(hidden, 101), nn.Linear(hidden, 65)
        seconds = self.audio_config.sample_rate
        self.register_buffer("room_noise", torch.rand(seconds) * 2 - 1)
        self.register_buffer("time", torch.linspace(0, 1, seconds))
        self.decay, self.wet = nn.Parameter(torch.tensor(5.0)), nn.Parameter(torch.tensor(0.0))

    def room(self) -> Tensor:
        """The learned impulse response [taps], a second long, its direct tap 1."""
        envelope = torch.exp(-F.softplus(-self.decay) * self.time * 500)
        tail = self.room_noise * envelope * torch.sigmoid(self.wet)
        return torch.cat([torch.ones_like(tail[:1]), tail[1:]])

    def forward(self, features: Features, *, generator=None) -> Stems:
        config, samples = self.audio_config, features.f0_hz.shape[1] * self.audio_config.hop_size
        f0, loudness = (_every(PUBLISHED_HOP, each, config.hop_size) for each in (features.f0_hz, features.loudness_db))
        loudness = (loudness - self.loudness[0]) / self.loudness[1]
        inputs = (f0[..., None], loudness[..., None])
        heard = torch.cat([self.pitch_stack(inputs[0]), self.loudness_stack(inputs[1])], -1)
        hidden = self.joined(torch.cat([self.gru(heard)[0], *inputs], -1))
        tones, noise = dsp.exp_sigmoid(self.tones(hidden)), dsp.exp_sigmoid(self.noise(hidden) - 5)
        k = torch.arange(1, 101, device=f0.device)
        shares = tones[..., 1:] * ((f0[..., None] * k < config.sample_rate / 2) + 1e-4)
        amplitudes = tones[..., :1] * shares / shares.sum(-1, keepdim=True)
        harmonic = harmonic_synthesis(f0, amplitudes, sample_rate=config.sample_rate, hop_size=PUBLISHED_HOP)
        filtered = filtered_noise(noise, hop_size=PUBLISHED_HOP)
        harmonic, filtered = harmonic[:, :samples], filtered[:, :samples]
        dry = harmonic + filtered
        return Stems(harmonic, filtered, dry, reverberate(dry, self.room()), config)


def _every(hop_size: int, curve: Tensor, given_hop: int) -> Tensor:
    """A curve on frames of given_hop samples, read by straight lines every hop_size samples, to the end of it."""
    frames = curve.shape[1]
    place = torch.arange(0, frames * given_hop, hop_size, device=curve.device) / given_hop
    place = place.clamp_max(frames - 1)
    low = place.long().clamp_max(max(0, frames - 2))
    return torch.lerp(curve[:, low], curve[:, (low + 1).clamp_max(frames - 1)], (place - low).to(curve.dtype))
