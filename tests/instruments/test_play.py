"""Playing by hand: curves in, sound and truth out; nonsense is refused in a sentence."""

import numpy as np
import pytest
import torch

from ddsp_course import instruments
from ddsp_course.data import PRESETS


def test_curves_of_ones_own_come_back_as_the_truth():
    f0_hz = torch.linspace(220, 440, 500)[None]
    gate = torch.ones(1, 500)
    gate[:, 200:300] = 0
    take = instruments.play("reed", f0_hz, 0.5, gate)
    assert take.audio.shape == (1, 500 * 64)
    assert torch.allclose(take.f0_hz, f0_hz)
    assert torch.equal(take.gate, gate)
    assert [(round(n.start_s, 3), round(n.end_s, 3)) for n in take.notes] == [(0.0, 0.8), (1.2, 2.0)]
    rms = take.dry.reshape(-1, 64).square().mean(dim=1).sqrt()
    assert rms[250:295].max() < 0.01 * rms[100:190].mean()


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("instrument", instruments.INSTRUMENTS)
def test_numbers_hold_for_the_seconds_asked_for(instrument, preset):
    config = PRESETS[preset]
    take = instruments.play(instrument, 300.0, 0.7, config=config, seconds=0.5)
    assert take.frames == round(0.5 * config.frame_rate)
    assert take.audio.shape[-1] == take.frames * config.hop_size
    assert take.notes[0].midi == pytest.approx(69 + 12 * np.log2(300 / 440))


def test_nonsense_beside_the_curves_is_refused_and_numpy_is_not():
    for wrong, sentence in (
        ({"config": 44_100}, "config is a data.AudioConfig"),
        ({"noise_seed": -1}, "noise_seed must be a whole number from 0 upwards, not -1"),
        ({"seconds": float("nan")}, "seconds must be above 0, not nan"),
    ):
        with pytest.raises(ValueError, match=sentence):
            instruments.play("reed", 220.0, **{"seconds": 0.1, **wrong})
    for wrong, sentence in (({"seed": -1}, "a seed from 0"), ({"direct_to_reverberant_db": np.nan}, "finite")):
        with pytest.raises(ValueError, match=sentence):
            instruments.room_impulse_response(0.5, **wrong)
    with pytest.raises(ValueError, match="config is a data.AudioConfig"):
        instruments.reed(1, config=16_000)
    dry = instruments.play("reed", np.full(50, 220.0)[::-1], room=np.ones(1), noise_seed=np.int64(0))
    assert torch.equal(dry.audio, dry.dry)


def test_noise_seeds_are_different_takes_of_one_gesture():
    one, other = (instruments.play("bowed_string", 440.0, seconds=0.5, noise_seed=seed).dry for seed in (0, 1))
    assert not torch.equal(one, other)


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ({"instrument": "violin", "f0_hz": 440.0, "seconds": 1}, "There is no instrument 'violin'"),
        ({"instrument": "reed", "f0_hz": 440.0}, "give seconds"),
        ({"instrument": "reed", "f0_hz": np.full(10, 440.0), "level": np.ones(9)}, "f0_hz 10, level 9"),
        ({"instrument": "reed", "f0_hz": 30.0, "seconds": 1}, "f0_hz of the reed must lie between 100 and 1900"),
        ({"instrument": "reed", "f0_hz": float("nan"), "seconds": 1}, "f0_hz of the reed must lie between"),
        (
            {"instrument": "reed", "f0_hz": 440.0, "level": 1.5, "seconds": 1},
            "level of the reed must lie between 0 and 1",
        ),
        (
            {"instrument": "voice", "f0_hz": 440.0, "gate": -1.0, "seconds": 1},
            "gate of the voice must lie between 0 and 1",
        ),
        ({"instrument": "voice", "f0_hz": 440.0, "seconds": 0.001}, "at least 2 frames"),
        ({"instrument": "voice", "f0_hz": np.full((2, 10), 440.0)}, "one curve"),
    ],
)
def test_nonsense_is_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        instruments.play(**arguments)
