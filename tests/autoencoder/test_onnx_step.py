"""The decoder's step in another runtime plays what it plays in torch."""

import json

import numpy as np
import onnxruntime
import pytest
import torch

from ddsp_course import autoencoder, data
from ddsp_course.autoencoder.onnx_step import export_onnx


def a_full_model():
    torch.manual_seed(0)
    return autoencoder.Autoencoder(autoencoder.settings("full", {"hidden_size": 32}).model).eval()


@pytest.mark.parametrize("make", [autoencoder.bundled, a_full_model], ids=["bundled", "full"])
def test_step_by_step_it_is_the_decoder(make, tmp_path):
    model = make().eval()
    session = onnxruntime.InferenceSession(export_onnx(model, tmp_path / "step.onnx"))
    about = {name: json.loads(value) for name, value in session.get_modelmeta().custom_metadata_map.items()}
    assert (about["sample_rate"], about["hop_size"], about["pre_roll_frames"]) == (16_000, 64, 125)
    frames = 100
    time_s = torch.arange(frames)[None] / 250
    features = data.Features(
        440 * 2 ** (torch.sin(6 * time_s) / 4), torch.ones(1, frames), -30 + 10 * torch.sin(9 * time_s)
    )
    with torch.no_grad():
        expected = model.decode(features)
    state, found = np.zeros((1, 1, model.config.hidden_size), np.float32), []
    rest = [(float(features.f0_hz[0, 0]), about["rest_loudness_db"])] * about["pre_roll_frames"]
    for f0_hz, loudness_db in [*rest, *zip(features.f0_hz[0].tolist(), features.loudness_db[0].tolist(), strict=True)]:
        given = {"f0_hz": np.float32([[f0_hz]]), "loudness_db": np.float32([[loudness_db]]), "state": state}
        *controls, state = session.run(["amplitude", "harmonic_distribution", "noise_magnitudes", "next_state"], given)
        found.append(controls)
    found = found[len(rest) :]
    for place, name in enumerate(("amplitude", "harmonic_distribution", "noise_magnitudes")):
        theirs = torch.from_numpy(np.concatenate([each[place] for each in found], axis=1))
        assert (theirs - getattr(expected, name)).abs().max() < 1e-5


def test_what_cannot_be_exported_is_said_in_a_sentence(tmp_path):
    with pytest.raises(data.CourseError, match=r"ends in \.onnx, not 'step.txt'"):
        export_onnx(autoencoder.bundled(), tmp_path / "step.txt")
    latent = autoencoder.Autoencoder(autoencoder.settings("tiny", {"latent_size": 4}).model)
    with pytest.raises(data.CourseError, match="latent encoder"):
        export_onnx(latent, tmp_path / "step.onnx")
    assert not list(tmp_path.iterdir())
