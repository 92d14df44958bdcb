import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_course import dsp

RATE, HOP = 16_000, 64


@given(
    frames=st.integers(1, 40),
    hop=st.integers(1, 200),
    channels=st.sampled_from([None, 1, 3]),
    method=st.sampled_from(["hold", "linear", "hann"]),
)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_frame_i_is_exactly_at_sample_i_times_hop(frames, hop, channels, method):
    given_frames = torch.randn(2, frames, *([] if channels is None else [channels]))
    filled = dsp.upsample(given_frames, hop, method)
    assert filled.shape == (2, frames * hop, *given_frames.shape[2:])
    assert torch.equal(filled[:, ::hop], given_frames)
    assert torch.allclose(filled[:, (frames - 1) * hop :], given_frames[:, -1:].expand_as(filled[:, -hop:]))


def test_linear_is_a_straight_line():
    ramp = torch.arange(10.0)[None]
    assert torch.allclose(dsp.upsample(ramp, 64)[0, : 9 * 64], torch.arange(9 * 64) / 64)


def test_hann_is_a_sum_of_overlapping_periodic_windows():
    frames = torch.randn(1, 20, dtype=torch.float64)
    window = torch.hann_window(2 * HOP, dtype=torch.float64)
    held = torch.cat([frames, frames[:, -1:]], dim=1)
    bumps = torch.nn.functional.conv_transpose1d(held[:, None], window[None, None], stride=HOP)[:, 0, HOP:-HOP]
    assert torch.allclose(dsp.upsample(frames, HOP, "hann"), bumps)


def sidebands_db(curve, method, beyond_hz):
    """Energy of a 440 Hz tone with this amplitude, further from 440 Hz than beyond_hz, over all of its energy."""
    envelope = dsp.upsample(curve[None], HOP, method)[0]
    n = torch.arange(len(envelope), dtype=torch.float64)
    window = torch.hann_window(len(n), dtype=torch.float64) ** 2
    power = torch.fft.rfft(envelope * torch.sin(2 * math.pi * 440 * n / RATE) * window).abs() ** 2
    far = (torch.arange(len(power)) * RATE / len(n) - 440).abs() > beyond_hz
    return 10 * math.log10(power[far].sum() / power.sum())


TIME = torch.arange(500, dtype=torch.float64) / 250
TREMOLO = 1 + 0.3 * torch.sin(2 * math.pi * 6 * TIME)
JITTER = 1 + 0.1 * torch.randn(500, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("curve", "beyond_hz", "hold", "linear", "hann"),
    [(TREMOLO, 150, -41, -75, -53), (JITTER, 150, -29, -41, -37), (JITTER, 1000, -38, -66, -88)],
    ids=["6 Hz tremolo", "10 % jitter", "10 % jitter, beyond 1 kHz"],
)
def test_sidebands_of_hold_linear_and_hann(curve, beyond_hz, hold, linear, hann):
    assert sidebands_db(curve, "hold", beyond_hz) == pytest.approx(hold, abs=2)
    assert sidebands_db(curve, "linear", beyond_hz) == pytest.approx(linear, abs=2)
    assert sidebands_db(curve, "hann", beyond_hz) == pytest.approx(hann, abs=2)


def test_a_straight_fade_has_sidebands_only_if_it_is_not_straight():
    fade = 1 - TIME / 2
    assert sidebands_db(fade, "linear", 150) < -100
    assert sidebands_db(fade, "hann", 150) > -80
    assert sidebands_db(fade, "hold", 150) > -65


def test_held_tremolo_puts_its_nearest_copies_250_hz_from_the_tone():
    envelope = dsp.upsample(TREMOLO[None], HOP, "hold")[0]
    n = torch.arange(len(envelope), dtype=torch.float64)
    spectrum = torch.fft.rfft(envelope * torch.sin(2 * math.pi * 440 * n / RATE) * torch.hann_window(len(n))).abs()
    low = spectrum[: int(430 / RATE * len(n))].clone()
    assert abs(float(low.argmax()) * RATE / len(n) - (440 - 250)) <= 6.5  # the tremolo's own 6 Hz to either side


def test_errors_say_what_is_needed():
    with pytest.raises(ValueError, match="hold, linear, hann"):
        dsp.upsample(torch.zeros(1, 3), 4, "cubic")
    with pytest.raises(ValueError, match="at least one frame"):
        dsp.upsample(torch.zeros(1, 0), 4)
    with pytest.raises(ValueError, match="at least 1"):
        dsp.upsample(torch.zeros(1, 3), 0)
    with pytest.raises(ValueError, match="frames"):
        dsp.upsample(torch.zeros(3), 4)


@given(count=st.integers(1, 12), length=st.integers(1, 50), hop=st.integers(1, 20))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_overlap_add_lays_each_piece_a_hop_further(count, length, hop):
    from ddsp_course.dsp.envelopes import overlap_add

    pieces = torch.randn(2, count, length, dtype=torch.float64)
    expected = torch.zeros(2, (count - 1) * hop + length, dtype=torch.float64)
    for i in range(count):
        expected[:, i * hop : i * hop + length] += pieces[:, i]
    total = overlap_add(pieces, hop)
    assert torch.allclose(total[:, : expected.shape[1]], expected)
    assert torch.equal(total[:, expected.shape[1] :], torch.zeros_like(total[:, expected.shape[1] :]))


def test_equal_power_crossfade_keeps_the_level_of_unrelated_sounds():
    first, second = torch.randn(1, 40_000), torch.randn(1, 40_000)
    joined = dsp.equal_power_crossfade(first, second, 20_000)
    assert joined.shape == (1, 60_000)
    assert torch.equal(joined[:, :20_000], first[:, :20_000]) and torch.equal(joined[:, -20_000:], second[:, -20_000:])
    rms = joined[0].reshape(12, 5000).square().mean(1).sqrt()
    assert ((rms - 1).abs() < 0.05).all()


def test_equal_power_crossfade_without_overlap_is_one_after_the_other():
    first, second = torch.randn(1, 5), torch.randn(1, 3)
    assert torch.equal(dsp.equal_power_crossfade(first, second, 0), torch.cat([first, second], dim=1))
    with pytest.raises(ValueError, match="shorter sound"):
        dsp.equal_power_crossfade(first, second, 4)


def test_whole_numbers_are_filled_in_like_others():
    assert dsp.upsample(torch.tensor([[0, 8]]), 4).tolist() == [[0, 2, 4, 6, 8, 8, 8, 8]]
