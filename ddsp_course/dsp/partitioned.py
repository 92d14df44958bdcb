"""A long impulse response played live: convolution cut into parts, without waiting for the end of the sound."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


class PartitionedConvolution:
    """Convolution with a fixed impulse response, block by block, without delay: the blocks joined equal the whole.

    impulse_response [taps]; part_size in samples. Called with audio [batch, n], any n from 1, it returns the next n
    samples of `fft_convolve` over all that was heard so far; `reset()` forgets it. Only numbers are kept that the
    future needs: the last taps samples, as spectra.   Lesson 14.   Stockham 1966; Gardner 1995

    The response is cut into parts of part_size taps. The first part must answer at once: each block is filtered by it
    together with the part_size samples before. All later parts hear nothing younger than a whole part, so their answer
    to the next part_size samples is worked out when a part is full, one product of spectra for each part.
    Raises ValueError for an empty response or block, a part below 1 sample, or a batch that changes.
    """

    def __init__(self, impulse_response: Tensor, *, part_size: int = 1024) -> None:
        if impulse_response.ndim != 1 or impulse_response.shape[0] == 0:
            raise ValueError(f"An impulse response is [taps], at least one, not {list(impulse_response.shape)}.")
        if part_size < 1:
            raise ValueError(f"part_size must be at least 1 sample, not {part_size}.")
        self.part_size = part_size
        taps = impulse_response.detach()
        parts = F.pad(taps, (0, -taps.shape[0] % part_size)).reshape(-1, part_size)
        self.spectra = torch.fft.rfft(parts, 2 * part_size)  # [parts, part_size + 1]
        self.reset()

    def reset(self) -> None:
        """Silence: nothing was heard yet.   Lesson 14."""
        self.batch: int | None = None

    def __call__(self, audio: Tensor) -> Tensor:
        if audio.ndim != 2 or audio.shape[1] == 0:
            raise ValueError(f"A block is [batch, samples], at least one sample, not {list(audio.shape)}.")
        if self.batch is None:
            self._begin(audio)
        if audio.shape[0] != self.batch:
            raise ValueError(f"The blocks before had a batch of {self.batch}, this one has {audio.shape[0]}: reset().")
        pieces, size, taken = [], self.part_size, 0
        while taken < audio.shape[1]:
            piece = audio[:, taken : taken + size - self.filled]
            begin, end = size + self.filled, size + self.filled + piece.shape[1]
            self.heard[:, begin:end] = piece
            spectrum = torch.fft.rfft(self.heard)
            answer = torch.fft.irfft(spectrum * self.spectra[0], 2 * size)[:, begin:end]
            pieces.append(answer + self.later[:, begin - size : end - size])
            self.filled += piece.shape[1]
            taken += piece.shape[1]
            if self.filled == size:
                self._next_part(spectrum)
        return torch.cat(pieces, dim=1)

    def _begin(self, audio: Tensor) -> None:
        self.batch, self.filled, self.newest = audio.shape[0], 0, 0
        self.heard = audio.new_zeros(self.batch, 2 * self.part_size)  # the part before, and the one being filled
        self.later = audio.new_zeros(self.batch, self.part_size)  # what earlier parts add to the one being filled
        others = self.spectra.shape[0] - 1
        self.past = self.spectra.new_zeros(others, self.batch, self.part_size + 1)  # a ring, newest first from `newest`

    def _next_part(self, spectrum: Tensor) -> None:
        """A part is full: its spectrum joins the others, and their answer to the next part is worked out."""
        size, others = self.part_size, self.past.shape[0]
        if others:
            self.newest = (self.newest - 1) % others
            self.past[self.newest] = spectrum
            order = torch.arange(self.newest, self.newest + others, device=self.past.device) % others
            total = torch.einsum("pbf,pf->bf", self.past[order], self.spectra[1:])
            self.later = torch.fft.irfft(total, 2 * size)[:, size:]
        self.heard = torch.cat([self.heard[:, size:], torch.zeros_like(self.heard[:, size:])], dim=1)
        self.filled = 0
