"""How far two spectrograms are apart: the two numbers of every spectral loss, and their slope."""

from __future__ import annotations

import torch
from torch import Tensor

from ddsp_course.dsp.compiled import loops_for, share_out
from ddsp_course.dsp.spectra import pad_to_frames, pull_to_audio, stft_power, windowed_spectra


def magnitude_distances(
    audio: Tensor, target: Tensor, fft_size: int, *, overlap: float = 0.75, floor: float = 1e-5
) -> tuple[Tensor, Tensor]:
    """Mean |a - t| and mean |ln a - ln t| of two sounds' magnitudes, neither less than floor.

    audio, target [batch, n] -> two scalars. Frames as in `stft_power`. Finite, with a finite gradient, for any finite
    sound: what lies below the floor does not move. On a CPU everything between the FFTs is one compiled pass forward
    and one back.   Lesson 7.
    """
    if loops_for(audio) is not None:
        return _Compiled.apply(audio, target, fft_size, overlap, floor)
    ours, theirs = (stft_power(x, fft_size, overlap=overlap).clamp_min(floor**2) for x in (audio, target))
    return (ours.sqrt() - theirs.sqrt()).abs().mean(), 0.5 * (ours.log() - theirs.log()).abs().mean()


class _Compiled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, audio: Tensor, target: Tensor, fft_size: int, overlap: float, floor: float):
        (ours, window), (theirs, _) = (
            windowed_spectra(*pad_to_frames(x.detach(), fft_size, overlap), fft_size) for x in (audio, target)
        )
        ctx.save_for_backward(ours, theirs, window)
        ctx.length, ctx.hop_size, ctx.floor = audio.shape[-1], pad_to_frames(audio, fft_size, overlap)[1], floor
        spectra = _rows(ours), _rows(theirs)
        sums = torch.empty(len(spectra[0]), 2, dtype=torch.float64)
        made = sums.numpy()
        loops = loops_for(audio)
        share_out(len(made), lambda i, j: loops.spectral_distances(*spectra, floor, made, i, j))
        linear, log = (sums.sum(0) / ours.numel()).tolist()
        return audio.new_tensor(linear), audio.new_tensor(log)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, to_linear: Tensor, to_log: Tensor):
        ours, theirs, window = ctx.saved_tensors
        weights = float(to_linear) / ours.numel(), float(to_log) / ours.numel()

        def pull(moving: Tensor, fixed: Tensor) -> Tensor:
            pulled = torch.empty(moving.shape, dtype=moving.dtype)
            given, made = (_rows(moving), _rows(fixed)), _rows(pulled)
            loops = loops_for(moving)
            share_out(len(made), lambda i, j: loops.pull_spectrum(*given, ctx.floor, *weights, made, i, j))
            return pull_to_audio(pulled, window, ctx.hop_size, ctx.length)

        wants_audio, wants_target, *_ = ctx.needs_input_grad
        to_audio = pull(ours, theirs) if wants_audio else None
        return to_audio, pull(theirs, ours) if wants_target else None, None, None, None


def _rows(spectrum: Tensor):
    """A complex tensor's own memory as [frames of all the batch, bins, 2]."""
    return torch.view_as_real(spectrum).flatten(0, 1).numpy()
