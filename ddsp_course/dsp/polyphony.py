"""Several voices at once: one oscillator bank plays them all, and some of their partials meet."""

from __future__ import annotations

from torch import Tensor

from ddsp_course.dsp.oscillators import harmonic_frequencies, harmonic_synthesis


def polyphonic_synthesis(f0_hz: Tensor, harmonic_amplitudes: Tensor, *, sample_rate: int, hop_size: int) -> Tensor:
    """As many harmonic voices as you like in one call, each still by itself; their sum over dimension 1 is the chord.

    f0_hz [batch, voices, frames], in Hz; harmonic_amplitudes [batch, voices, frames, harmonics], linear -> audio
    [batch, voices, frames * hop_size]. To the oscillators a voice is one more sound in the batch, so frames, phases and
    silence above half the sample rate are those of `harmonic_synthesis`. Raises ValueError if shapes disagree.
    Lesson 17.
    """
    if f0_hz.ndim != 3 or harmonic_amplitudes.ndim != 4 or harmonic_amplitudes.shape[:3] != f0_hz.shape:
        raise ValueError(
            f"f0_hz must be [batch, voices, frames] and harmonic_amplitudes [batch, voices, frames, harmonics], not "
            f"{tuple(f0_hz.shape)} and {tuple(harmonic_amplitudes.shape)}."
        )
    batch, voices, _ = f0_hz.shape
    audio = harmonic_synthesis(
        f0_hz.flatten(0, 1), harmonic_amplitudes.flatten(0, 1), sample_rate=sample_rate, hop_size=hop_size
    )
    assert isinstance(audio, Tensor)
    return audio.unflatten(0, (batch, voices))


def shared_partials(f0_hz: Tensor, other_hz: Tensor, n_harmonics: int, *, width_hz: float) -> Tensor:
    """Which partials of one voice have a partial of another so near that a spectrum cannot tell the two apart.

    f0_hz and other_hz of one shape [...], in Hz -> bool [..., n_harmonics], true for harmonic k where some harmonic of
    the other voice, of the first n_harmonics, lies less than width_hz from k * f0_hz. A Hann window of N samples has a
    main lobe of 4 * sample_rate / N: take half of it. Raises ValueError if shapes disagree or the width is not
    positive.   Lesson 17.
    """
    if f0_hz.shape != other_hz.shape:
        raise ValueError(
            f"f0_hz and other_hz must have one shape, not {tuple(f0_hz.shape)} and {tuple(other_hz.shape)}."
        )
    if not width_hz > 0:
        raise ValueError(f"width_hz must be positive, not {width_hz}.")
    ours, theirs = (harmonic_frequencies(each, n_harmonics) for each in (f0_hz, other_hz))
    return ((ours[..., :, None] - theirs[..., None, :]).abs() < width_hz).any(-1)
