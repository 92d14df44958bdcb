import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_course import dsp
from ddsp_course.dsp import chord_kernels, chord_tables

RATE, HOP = 16_000, 64


def textbook(f0_hz, amplitudes, sample_rate, hop_size, method="hann", initial_phase=0.0):
    """What the lesson writes, in float64: a phase, a sine and an amplitude for every harmonic and every sample."""
    f0 = dsp.upsample(f0_hz.double(), hop_size)
    turned = torch.cumsum(f0, dim=1) - f0  # before sample n: the sum over 0 to n - 1
    phase = 2 * math.pi * turned / sample_rate + initial_phase
    k = torch.arange(1, amplitudes.shape[-1] + 1, dtype=torch.float64)
    amplitude = dsp.upsample(amplitudes.double(), hop_size, method)
    amplitude = torch.where(f0[..., None] * k < sample_rate / 2, amplitude, 0.0)
    return (amplitude * torch.sin(phase[..., None] * k)).sum(-1)


def glide(batch, frames, low, high):
    f0 = low * (high / low) ** torch.rand(batch, 1)
    return f0 * (1 + 0.3 * torch.sin(torch.arange(frames) / 7.0 + torch.rand(batch, 1) * 6))


@pytest.mark.parametrize("method", ["hann", "linear", "hold"])
@pytest.mark.parametrize(
    ("low", "high", "n_harmonics"), [(60, 90, 100), (300, 900, 100), (2e3, 7900, 5), (9e3, 12e3, 3)]
)
def test_it_is_the_textbook_oscillator(method, low, high, n_harmonics):
    f0, amplitudes = glide(2, 40, low, high), torch.rand(2, 40, n_harmonics)
    expected = textbook(f0, amplitudes, RATE, HOP, method)
    audio = dsp.harmonic_synthesis(f0, amplitudes, sample_rate=RATE, hop_size=HOP, amplitude_method=method)
    assert audio.dtype == torch.float32 and audio.shape == (2, 40 * HOP)
    assert (audio - expected).abs().max() <= 1e-5 * expected.abs().max().clamp_min(1.0)


def test_gradients_are_those_of_the_textbook():
    f0, amplitudes = glide(2, 30, 60, 800), torch.rand(2, 30, 100)
    weight = torch.randn(2, 30 * HOP)

    def gradients(function, dtype):
        given = [x.clone().to(dtype).requires_grad_() for x in (f0, amplitudes)]
        return torch.autograd.grad((function(*given) * weight).sum(), given)

    ours = gradients(lambda *x: dsp.harmonic_synthesis(*x, sample_rate=RATE, hop_size=HOP), torch.float32)
    theirs = gradients(lambda *x: textbook(*x, RATE, HOP), torch.float64)
    for mine, other in zip(ours, theirs, strict=True):
        assert (mine - other).abs().max() < 1e-5 * other.abs().max()


@given(frames=st.integers(1, 12), hop=st.integers(1, 130), n_harmonics=st.integers(1, 30), low=st.floats(20.0, 9000.0))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_it_is_the_textbook_oscillator_for_any_size(frames, hop, n_harmonics, low):
    f0 = glide(2, frames, low, 2 * low).double()
    amplitudes = torch.randn(2, frames, n_harmonics, dtype=torch.float64)
    audio = dsp.harmonic_synthesis(f0, amplitudes, sample_rate=RATE, hop_size=hop)
    assert torch.allclose(audio, textbook(f0, amplitudes, RATE, hop), atol=1e-8)


def test_threads_change_nothing():
    f0, amplitudes = glide(4, 200, 100, 400), torch.rand(4, 200, 60)
    before = torch.get_num_threads()
    try:
        sounds = []
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            sounds.append(dsp.harmonic_synthesis(f0, amplitudes, sample_rate=RATE, hop_size=HOP))
    finally:
        torch.set_num_threads(before)
    assert all((sound - sounds[0]).abs().max() < 1e-5 for sound in sounds)


def test_a_440_hz_sine_has_its_peak_at_440_hz():
    audio = dsp.harmonic_synthesis(torch.full((1, 250), 440.0), torch.ones(1, 250, 1), sample_rate=RATE, hop_size=HOP)
    spectrum = torch.fft.rfft(audio[0] * torch.hann_window(16_000)).abs()
    assert spectrum.argmax() == 440  # 1 Hz a bin
    assert float(spectrum.max()) == pytest.approx(4000, rel=1e-3)  # amplitude 1: a quarter of the samples under Hann


def test_sample_0_has_the_initial_phase_and_harmonic_k_has_k_times_it():
    f0, amplitudes = torch.full((2, 3), 100.0), torch.zeros(2, 3, 4)
    amplitudes[..., 2] = 1.0
    phases = torch.tensor([0.3, -1.1])
    audio = dsp.harmonic_synthesis(f0, amplitudes, sample_rate=RATE, hop_size=HOP, initial_phase=phases)
    assert torch.allclose(audio[:, 0], torch.sin(3 * phases))
    assert torch.allclose(audio[:, 1], torch.sin(3 * (phases + 2 * math.pi * 100 / RATE)), atol=1e-6)
    both = dsp.harmonic_synthesis(f0, amplitudes, sample_rate=RATE, hop_size=HOP, initial_phase=0.3)
    assert torch.allclose(both[0], audio[0]) and torch.allclose(both[1], both[0])


def test_a_glide_from_220_to_440_ends_at_440():
    """Phase is the area under the frequency curve; 2 pi f(t) t would end at 660 Hz."""
    f0 = torch.linspace(220, 440, 501)[None]
    audio = dsp.harmonic_synthesis(f0, torch.ones(1, 501, 1), sample_rate=RATE, hop_size=HOP)[0, : 500 * HOP]
    rising = torch.nonzero((audio[:-1] < 0) & (audio[1:] >= 0))[:, 0]
    assert RATE / float(rising[-21:].diff().float().mean()) == pytest.approx(435, abs=4)
    assert len(rising) == pytest.approx(2 * 330, abs=1)  # two seconds at 330 Hz on average


def test_harmonics_at_or_above_half_the_rate_are_silent_sample_by_sample():
    """Harmonic 2 of a glide from 3 to 5 kHz reaches 8 kHz in the middle and must stop there, not at a frame."""
    f0 = torch.tensor([[3000.0, 5000.0, 5000.0]])
    second_only = torch.tensor([0.0, 1.0]).expand(1, 3, 2)
    audio = dsp.harmonic_synthesis(f0, second_only, sample_rate=RATE, hop_size=1000)[0]
    assert audio[400:500].abs().max() > 0.5
    assert audio[500:].abs().max() == 0  # sample 500 is at exactly 8 kHz: not below it
    exactly = dsp.harmonic_synthesis(
        torch.full((1, 4), 500.0), torch.ones(1, 4, 100), sample_rate=RATE, hop_size=HOP, initial_phase=0.1
    )
    below = dsp.harmonic_synthesis(
        torch.full((1, 4), 500.0), torch.ones(1, 4, 15), sample_rate=RATE, hop_size=HOP, initial_phase=0.1
    )
    assert torch.allclose(exactly, below, atol=1e-5)


def test_normalised_distribution_sums_to_one_over_what_can_be_heard():
    f0 = torch.tensor([[100.0, 2100.0, 9000.0]])
    normal = dsp.normalize_harmonics(torch.rand(1, 3, 10) + 0.1, f0, sample_rate=RATE)
    assert torch.allclose(normal.sum(-1), torch.tensor([[1.0, 1.0, 0.0]]))
    assert (normal[0, 1, 3:] == 0).all() and (normal[0, 1, :3] > 0).all()  # 3 * 2100 Hz is the last below 8 kHz


def test_the_highest_harmonic_keeps_its_phase_for_ten_minutes_at_48_khz():
    """Judged by a float64 sum over all 28.8 million samples of the same float32 f0."""
    rate, hop, harmonic = 48_000, 192, 100
    frames = 600 * 250
    time = torch.arange(frames, dtype=torch.float64) / 250
    f0 = (225.0 + 10 * torch.sin(2 * math.pi * 5 * time) + 3 * torch.sin(time)).float()[None]
    amplitudes = torch.zeros(1, frames, harmonic)
    amplitudes[..., -1] = 1.0
    audio, final = dsp.harmonic_synthesis(f0, amplitudes, sample_rate=rate, hop_size=hop, return_final_phase=True)
    turns, worst = 0.0, 0.0
    for i in range(0, frames, 15_000):
        f0_hz = dsp.upsample(f0[:, i : i + 15_001].double(), hop)[0, : 15_000 * hop]
        area = turns + torch.cumsum(f0_hz, 0) / rate
        phase = torch.cat([area.new_tensor([turns]), area[:-1]])
        turns = float(area[-1])
        expected = torch.sin(2 * math.pi * harmonic * (phase % 1.0))
        worst = max(worst, float((audio[0, i * hop : (i + 15_000) * hop] - expected).abs().max()))
    assert worst < 1e-3
    error = (float(final[0]) - 2 * math.pi * turns + math.pi) % (2 * math.pi) - math.pi
    assert abs(error * harmonic) < 1e-3


@pytest.mark.parametrize("shifted", [False, True])
def test_two_parts_joined_equal_one_whole(shifted):
    f0, amplitudes = glide(2, 61, 80, 500), torch.rand(2, 61, 40)
    shifts = 0.01 * torch.rand(2, 61, 40) if shifted else None
    grid = {"sample_rate": RATE, "hop_size": HOP}
    whole = dsp.harmonic_synthesis(f0, amplitudes, harmonic_shifts=shifts, initial_phase=0.5, **grid)
    part = slice(None), slice(0, 26)
    first, phase = dsp.harmonic_synthesis(
        f0[part],
        amplitudes[part],
        harmonic_shifts=None if shifts is None else shifts[part],
        initial_phase=0.5,
        return_final_phase=True,
        hold_last_frame=False,  # the frame they share belongs to the second part
        **grid,
    )
    assert phase.dtype == torch.float64 and phase.shape == ((2, 40) if shifted else (2,))
    part = slice(None), slice(25, None)
    second = dsp.harmonic_synthesis(
        f0[part],
        amplitudes[part],
        harmonic_shifts=None if shifts is None else shifts[part],
        initial_phase=phase,
        **grid,
    )
    assert first.shape[1] == 25 * HOP
    assert (torch.cat([first, second], dim=1) - whole).abs().max() < 2e-5


def test_held_parts_join_where_the_pitch_stands_still():
    f0, amplitudes = torch.full((1, 20), 333.3), torch.full((1, 20, 10), 0.1)
    grid = {"sample_rate": RATE, "hop_size": HOP}
    whole = dsp.harmonic_synthesis(f0, amplitudes, **grid)
    first, phase = dsp.harmonic_synthesis(f0[:, :7], amplitudes[:, :7], return_final_phase=True, **grid)
    second = dsp.harmonic_synthesis(f0[:, 7:], amplitudes[:, 7:], initial_phase=phase, **grid)
    assert (torch.cat([first, second], dim=1) - whole).abs().max() < 1e-6


def test_a_click_in_the_amplitude_of_frame_i_lies_at_sample_i_times_hop_after_a_minute_at_44_khz():
    rate, hop = 44_100, 176
    frames = 60 * rate // hop
    amplitudes = torch.zeros(1, frames, 1)
    amplitudes[0, -3] = 1.0
    audio = dsp.harmonic_synthesis(
        torch.zeros(1, frames), amplitudes, sample_rate=rate, hop_size=hop, initial_phase=math.pi / 2
    )
    assert audio[0].argmax() == (frames - 3) * hop
    assert audio[0, (frames - 3) * hop] == pytest.approx(1.0)


def test_a_bank_of_harmonic_sines_is_the_harmonic_oscillator():
    f0, amplitudes = glide(2, 20, 100, 900).double(), torch.rand(2, 20, 12, dtype=torch.float64)
    bank = dsp.sinusoidal_synthesis(dsp.harmonic_frequencies(f0, 12), amplitudes, sample_rate=RATE, hop_size=HOP)
    assert torch.allclose(bank, dsp.harmonic_synthesis(f0, amplitudes, sample_rate=RATE, hop_size=HOP), atol=1e-8)


def test_sines_of_a_bank_have_their_own_phases_and_end_where_the_next_part_begins():
    frequencies = 500 * torch.rand(1, 20, 3) + 100
    amplitudes = torch.rand(1, 20, 3)
    phases = torch.tensor([[0.0, 1.0, 2.0]])
    grid = {"sample_rate": RATE, "hop_size": HOP}
    whole = dsp.sinusoidal_synthesis(frequencies, amplitudes, initial_phase=phases, **grid)
    assert whole[0, 0] == pytest.approx(float((amplitudes[0, 0] * phases[0].sin()).sum()), abs=1e-5)
    first, phase = dsp.sinusoidal_synthesis(
        frequencies[:, :9],
        amplitudes[:, :9],
        initial_phase=phases,
        return_final_phase=True,
        hold_last_frame=False,
        **grid,
    )
    second = dsp.sinusoidal_synthesis(frequencies[:, 8:], amplitudes[:, 8:], initial_phase=phase, **grid)
    assert (torch.cat([first, second], dim=1) - whole).abs().max() < 1e-5


def test_a_shift_of_one_percent_moves_the_fifth_harmonic_by_one_percent():
    f0 = torch.full((1, 250), 200.0)
    amplitudes = torch.zeros(1, 250, 5)
    amplitudes[..., 4] = 1.0
    shifts = torch.zeros(1, 250, 5)
    shifts[..., 4] = 0.01
    audio = dsp.harmonic_synthesis(f0, amplitudes, sample_rate=RATE, hop_size=HOP, harmonic_shifts=shifts)
    assert torch.fft.rfft(audio[0] * torch.hann_window(16_000)).abs().argmax() == 1010


def test_half_precision_controls_do_not_reach_the_phase():
    f0, amplitudes = torch.full((1, 100), 311.0), torch.rand(1, 100, 20).bfloat16()
    audio = dsp.harmonic_synthesis(f0, amplitudes, sample_rate=RATE, hop_size=HOP)
    assert audio.dtype == torch.float32
    assert torch.equal(audio, dsp.harmonic_synthesis(f0, amplitudes.float(), sample_rate=RATE, hop_size=HOP))


def test_memory_does_not_grow_with_the_number_of_harmonics():
    """Nothing the size of samples times harmonics is kept for the backward pass."""
    kept = []

    def keep(tensor):
        kept.append(tensor.numel())
        return tensor

    f0, amplitudes = torch.full((2, 500), 70.0), torch.rand(2, 500, 100, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        dsp.harmonic_synthesis(f0, amplitudes, sample_rate=RATE, hop_size=HOP)
    samples = 2 * 500 * HOP
    assert sum(kept) < 10 * samples  # the textbook keeps several hundred times the samples


def test_shapes_that_disagree_are_named():
    with pytest.raises(ValueError, match=r"\(1, 3\) and \(1, 4, 2\)"):
        dsp.harmonic_synthesis(torch.ones(1, 3), torch.ones(1, 4, 2), sample_rate=RATE, hop_size=HOP)
    with pytest.raises(ValueError, match="sines"):
        dsp.sinusoidal_synthesis(torch.ones(1, 3, 1), torch.ones(1, 3, 2), sample_rate=RATE, hop_size=HOP)
    with pytest.raises(ValueError, match="at least one frame"):
        dsp.harmonic_synthesis(
            torch.ones(1, 1), torch.ones(1, 1, 2), sample_rate=RATE, hop_size=HOP, hold_last_frame=False
        )


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("frame", [0, 4, 9])
def test_a_pitch_that_is_no_number_is_heard_and_harms_nobody_else(wrong, frame):
    """As a whole number it could be any: once it was an index far outside of every array."""
    f0 = torch.full((2, 10), 220.0)
    f0[0, frame] = wrong
    amplitudes = torch.ones(2, 10, 3, requires_grad=True)
    for synthesis in (dsp.harmonic_synthesis, chord_tables_synthesis):
        audio = synthesis(f0, amplitudes, sample_rate=RATE, hop_size=HOP)
        assert not torch.isfinite(audio[0, frame * HOP : (frame + 1) * HOP]).all()
        assert torch.equal(audio[1], synthesis(f0[1:], amplitudes[1:], sample_rate=RATE, hop_size=HOP)[0])
        (pull,) = torch.autograd.grad(audio[1].sum(), amplitudes)
        assert torch.isfinite(pull[1]).all()


def chord_tables_synthesis(*arguments, **options):
    """As on devices that are no CPU."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(chord_kernels, "forward", chord_tables.forward)
        return dsp.harmonic_synthesis(*arguments, **options)
