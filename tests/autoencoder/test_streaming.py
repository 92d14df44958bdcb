"""Blocks joined equal the whole: of any size, with room and noise, and nothing is waited for that is not needed."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_course import autoencoder, data, dsp
from ddsp_course.autoencoder.streaming import Stream, play_in_blocks
from ddsp_course.data.types import frames_of

HOP, RATE = 64, 16_000
STEMS = ("harmonic", "noise", "dry", "wet")


def performance(frames, batch=1, seed=0, config=None):
    generator = torch.Generator().manual_seed(seed)
    curves = torch.randn(2, batch, frames, generator=generator).cumsum(-1) / 10
    f0_hz = 300 * 2 ** (curves[0].sin() / 2)
    return data.Features(f0_hz, torch.ones_like(f0_hz), -35 + 15 * curves[1].sin(), config or data.AudioConfig())


def blocks_of(features, sizes):
    parts = zip(
        *(getattr(features, name).split(sizes, 1) for name in ("f0_hz", "confidence", "loudness_db")), strict=True
    )
    return [data.Features(*part, features.config) for part in parts]


def joined(parts):
    return autoencoder.Stems(*(torch.cat([getattr(part, name) for part in parts], dim=1) for name in STEMS))


def a_model(preset="tiny", **overrides):
    """Untrained, but with a loud moving timbre, breath and a room: nothing that could go wrong is silent."""
    torch.manual_seed(1)
    model = autoencoder.Autoencoder(autoencoder.settings(preset, overrides).model)
    with torch.no_grad():
        model.decoder.output.weight.mul_(8)
        model.decoder.output.bias[1 + model.config.n_harmonics :] += 3
        if model.reverb is not None:
            model.reverb.parameter.normal_(std=0.3)
    return model.eval()


MODELS = {
    "bundled": autoencoder.bundled(),
    "tiny": a_model(),
    "no room": a_model(room_seconds=0.0),
    "full": a_model("full", hidden_size=32, room_seconds=0.3),
    "48 kHz": a_model(sample_rate=48_000, hop_size=192, room_seconds=0.2),
    "short hops": a_model(hop_size=20, room_seconds=0.1),
}


@pytest.mark.parametrize("name", MODELS)
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=6), batch=st.integers(1, 2), seed=st.integers(0, 99))
@settings(deadline=None, derandomize=True, max_examples=15)
def test_blocks_joined_equal_the_whole(name, sizes, batch, seed):
    model = MODELS[name]
    features = performance(sum(sizes), batch, seed, model.audio_config)
    noise = dsp.white_noise(batch, sum(sizes) * model.audio_config.hop_size)
    with torch.no_grad():
        whole = model.synthesize(model.decode(features), noise=noise)
    stream = Stream(model)
    draws = noise.split([size * model.audio_config.hop_size for size in sizes], 1)
    parts = [stream(part, draw) for part, draw in zip(blocks_of(features, sizes), draws, strict=True)]
    together = joined([*parts, stream.finish()])
    for stem in STEMS:
        expected = getattr(whole, stem)
        assert expected.shape == getattr(together, stem).shape
        assert (getattr(together, stem) - expected).abs().max() < 1e-4


def test_a_seed_gives_the_same_noise_whatever_the_blocks():
    model, features = MODELS["tiny"], performance(90)
    with torch.no_grad():
        whole = model(features, generator=torch.Generator().manual_seed(5))
    for sizes in ([90], [1] * 90, [7, 40, 43]):
        stream = Stream(model, generator=torch.Generator().manual_seed(5))
        parts = [stream(part) for part in blocks_of(features, sizes)]
        assert (joined([*parts, stream.finish()]).wet - whole.wet).abs().max() < 1e-4


def test_an_impulse_in_loudness_is_heard_within_the_stated_latency_and_not_before():
    """Frame 50 is 40 dB louder: what is played before frame 50 arrives knows nothing of it, what comes with it does."""
    model, features = MODELS["bundled"], performance(100)
    loud = replace(features, loudness_db=features.loudness_db.clone())
    loud.loudness_db[0, 50] += 40
    noise = dsp.white_noise(1, 100 * HOP)
    sounds = []
    for each in (features, loud):
        stream, parts = Stream(model), []
        for part, draw in zip(blocks_of(each, [1] * 100), noise.split(HOP, 1), strict=True):
            parts.append(stream(part, draw))
        sounds.append(parts)
        assert stream.latency_samples == 2 * HOP  # 8 ms
    heard = [
        number
        for number, (quiet, loud) in enumerate(zip(*sounds, strict=True))
        if quiet.wet.numel() and (quiet.wet - loud.wet).abs().max() > 1e-6
    ]
    assert heard[0] == 50  # with the very block that brings it
    delays = [torch.cat([part.wet for part in parts], 1) for parts in sounds]
    first = int((delays[0] - delays[1]).abs()[0].gt(1e-6).nonzero()[0])
    assert 48 * HOP <= first < 50 * HOP  # the cross-fade towards frame 50 and its noise begin up to two hops before it


def test_what_is_kept_does_not_grow():
    stream = Stream(MODELS["tiny"])

    def kept():
        held = stream.synthesizer
        return held.noise.numel() + sum(getattr(held.kept, name).numel() for name in autoencoder.streaming.CURVES)

    sizes = []
    for part in blocks_of(performance(300), [10] * 30):
        stream(part)
        sizes.append(kept())
    assert set(sizes[1:]) == {sizes[1]} and sizes[1] <= 14 * (HOP + 2 + 100 + 65)


def test_a_long_performance_goes_in_blocks():
    model, features = MODELS["bundled"], performance(2000)
    with torch.no_grad():
        whole = model(features, generator=torch.Generator().manual_seed(0))
    parts = list(play_in_blocks(model, features, block_seconds=1.5, generator=torch.Generator().manual_seed(0)))
    assert len(parts) == 7 and max(part.wet.shape[1] for part in parts) <= 1.5 * RATE
    assert (joined(parts).wet - whole.wet).abs().max() < 1e-4


def test_finish_begins_anew_and_so_does_reset():
    stream, features = Stream(MODELS["no room"]), performance(30)
    noise = dsp.white_noise(1, 30 * HOP)
    first = joined([stream(features, noise), stream.finish()]).wet
    stream(performance(20, seed=3))
    stream.reset()
    assert torch.equal(joined([stream(features, noise), stream.finish()]).wet, first)


def test_what_cannot_be_streamed_is_said_in_a_sentence():
    latent = autoencoder.Autoencoder(autoencoder.settings("tiny", {"latent_size": 4}).model)
    with pytest.raises(data.CourseError, match="latent encoder"):
        Stream(latent)
    stream = Stream(MODELS["tiny"])
    with pytest.raises(data.CourseError, match="nothing to finish"):
        stream.finish()
    with pytest.raises(data.CourseError, match="time grid"):
        stream(performance(5, config=data.AudioConfig(48_000, 192)))
    with pytest.raises(data.CourseError, match="at least one frame"):
        stream(performance(5).__class__(*(torch.zeros(1, 0) for _ in range(3))))
    with pytest.raises(data.CourseError, match="f0_hz of this block .* above 0 Hz"):
        stream(data.Features(torch.zeros(1, 5), torch.ones(1, 5), torch.zeros(1, 5)))
    stream(performance(5))
    with pytest.raises(data.CourseError, match="one batch size"):
        stream(performance(5, batch=2))
    with pytest.raises(data.CourseError, match=r"must be \[1, 320\], not \[1, 7\]"):
        stream(performance(5), torch.zeros(1, 7))


def test_a_block_that_is_refused_leaves_the_stream_where_it_was():
    features, noise = performance(40), dsp.white_noise(1, 40 * HOP)
    sounds = []
    for interrupted in (False, True):
        stream = Stream(MODELS["tiny"])
        parts = [stream(frames_of(features, 0, 20), noise[:, : 20 * HOP])]
        if interrupted:
            with pytest.raises(data.CourseError, match="noise of this block"):
                stream(frames_of(features, 5, 15), noise[:, :7])
        sounds.append(joined([*parts, stream(frames_of(features, 20), noise[:, 20 * HOP :]), stream.finish()]).wet)
    assert torch.equal(*sounds)


def test_controls_of_another_number_of_noise_bands_are_refused():
    synthesizer = autoencoder.StreamingSynthesizer(data.AudioConfig(), 65)
    controls = autoencoder.Controls(
        torch.full((1, 5), 440.0), torch.ones(1, 5), torch.full((1, 5, 10), 0.1), torch.zeros(1, 5, 200)
    )
    with pytest.raises(data.CourseError, match="200 noise bands, not the 65"):
        synthesizer(controls)
    with pytest.raises(data.CourseError, match="nothing to finish"):
        synthesizer.finish()


@pytest.mark.parametrize("name", ["tiny", "no room"])
def test_a_block_is_the_callers_own_and_may_be_changed_in_place(name):
    features, noise = performance(40), dsp.white_noise(1, 40 * HOP)
    sounds = []
    for changed in (False, True):
        stream, parts = Stream(MODELS[name]), []
        for first in (0, 20):
            stems = stream(frames_of(features, first, first + 20), noise[:, first * HOP : (first + 20) * HOP])
            parts.append(stems.wet.clone())
            if changed:
                for stem in STEMS:
                    getattr(stems, stem).mul_(0.5)
        sounds.append(torch.cat(parts, 1))
    assert torch.equal(*sounds)
