import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_course import dsp


@given(
    taps=st.integers(1, 700),
    part_size=st.sampled_from([1, 7, 64, 100, 256]),
    blocks=st.lists(st.integers(1, 400), min_size=1, max_size=8),
)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_blocks_joined_are_the_convolution_of_the_whole(taps, part_size, blocks):
    generator = torch.Generator().manual_seed(taps)
    audio = torch.randn(2, sum(blocks), generator=generator, dtype=torch.float64)
    response = torch.randn(taps, generator=generator, dtype=torch.float64)
    room = dsp.PartitionedConvolution(response, part_size=part_size)
    joined = torch.cat([room(block) for block in audio.split(blocks, dim=1)], dim=1)
    assert torch.allclose(joined, dsp.fft_convolve(audio, response), atol=1e-10)


def test_the_answer_does_not_wait():
    """A click comes back in its own block, and its echo a second later at the very sample."""
    response = torch.zeros(20_000)
    response[0], response[16_000] = 1.0, 0.5
    room = dsp.PartitionedConvolution(response)
    click = torch.zeros(1, 20_480)
    click[0, 300] = 1.0
    joined = torch.cat([room(block) for block in click.split(64, dim=1)], dim=1)
    assert joined[0, 300] == pytest.approx(1.0, abs=1e-5) and joined[0, 16_300] == pytest.approx(0.5, abs=1e-5)
    joined[0, 300] = joined[0, 16_300] = 0
    assert joined.abs().max() < 1e-5


def test_what_is_kept_does_not_grow():
    room = dsp.PartitionedConvolution(torch.randn(5000), part_size=512)

    def kept():
        return sum(each.numel() for each in vars(room).values() if isinstance(each, torch.Tensor))

    room(torch.randn(1, 600))
    before = kept()
    for _ in range(50):
        room(torch.randn(1, 700))
    assert kept() == before


def test_after_a_reset_nothing_is_remembered():
    room, audio = dsp.PartitionedConvolution(torch.randn(900), part_size=128), torch.randn(1, 500)
    first = room(audio)
    room.reset()
    assert torch.equal(room(audio), first)


def test_what_makes_no_sense_is_named():
    with pytest.raises(ValueError, match=r"\[taps\], at least one, not \[0\]"):
        dsp.PartitionedConvolution(torch.zeros(0))
    with pytest.raises(ValueError, match="part_size"):
        dsp.PartitionedConvolution(torch.ones(3), part_size=0)
    room = dsp.PartitionedConvolution(torch.ones(3))
    with pytest.raises(ValueError, match="at least one sample"):
        room(torch.zeros(1, 0))
    room(torch.zeros(1, 5))
    with pytest.raises(ValueError, match="batch of 1, this one has 2"):
        room(torch.zeros(2, 5))
