"""Models on disk: what is written can be read, and what cannot be read is refused in one sentence and never run."""

import errno
import json
import os
import pickle
import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from ddsp_course import autoencoder
from ddsp_course.autoencoder import Autoencoder, ModelConfig, TrainingStatistics
from ddsp_course.autoencoder.checkpoints import METADATA_KEY, MODEL_FILE
from ddsp_course.data import CourseError

SMALL = ModelConfig(hidden_size=8, n_harmonics=5, n_bands=3, room_seconds=0.01)


def small_model() -> Autoencoder:
    statistics = TrainingStatistics((60.0,) * 101, (-30.0,) * 101, -30.0, 5.0, -75.0)
    return Autoencoder(SMALL, statistics)


def rewrite(path: Path, change) -> None:
    """Write a checkpoint again with its weights and metadata changed by hand."""
    from safetensors import safe_open

    with safe_open(path, "pt") as opened:
        metadata = dict(opened.metadata())
    weights = load_file(path)
    change(weights, metadata)
    save_file(weights, path, metadata=metadata)


def test_a_model_comes_back_as_it_was(tmp_path):
    model = small_model()
    path = autoencoder.save(model, tmp_path / "run")
    again = autoencoder.load(tmp_path / "run")
    assert path == tmp_path / "run" / MODEL_FILE
    assert again.config == model.config
    assert again.statistics == model.statistics
    assert not again.training
    for name, value in model.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name


def test_a_model_from_before_there_were_fourier_features_has_none(tmp_path):
    model = small_model()
    autoencoder.save(model, tmp_path)

    def as_it_was(weights, metadata):
        described = json.loads(metadata[METADATA_KEY])
        assert described["config"].pop("fourier_features") == 0
        metadata[METADATA_KEY] = json.dumps(described)

    rewrite(tmp_path / MODEL_FILE, as_it_was)
    assert autoencoder.load(tmp_path).config == model.config


def test_of_a_compiled_model_the_one_inside_is_saved(tmp_path):
    model = Autoencoder(SMALL)
    compiled = torch.compile(model, backend="eager")
    assert autoencoder.load(autoencoder.save(compiled, tmp_path)).state_dict().keys() == model.state_dict().keys()


def test_saving_again_replaces_the_file_and_leaves_nothing_beside_it(tmp_path):
    for _ in range(2):
        autoencoder.save(small_model(), tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [MODEL_FILE]


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(CourseError, match="no trained model at .*nowhere"):
        autoencoder.load(tmp_path / "nowhere")


def test_a_checkpoint_cut_short_anywhere_is_refused(tmp_path):
    whole = autoencoder.save(small_model(), tmp_path / "whole").read_bytes()
    cut = tmp_path / "cut.safetensors"
    draw = random.Random(0)
    for length in [0, 1, 8, len(whole) - 1, *(draw.randrange(len(whole)) for _ in range(200))]:
        cut.write_bytes(whole[:length])
        with pytest.raises(CourseError, match="cut short"):
            autoencoder.load(cut)


def test_a_pickle_that_pretends_to_be_a_checkpoint_is_refused_and_not_run(tmp_path):
    proof = tmp_path / "it ran"

    class Trap:
        def __reduce__(self):
            return (os.mkdir, (str(proof),))

    file = tmp_path / "trap.safetensors"
    file.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(CourseError, match="Nothing in it was run"):
        autoencoder.load(file)
    assert not proof.exists()


def test_weights_of_another_config_are_refused_by_name(tmp_path):
    path = autoencoder.save(small_model(), tmp_path)

    def other_size(weights, metadata):
        described = json.loads(metadata[METADATA_KEY])
        described["config"]["n_harmonics"] = 7
        metadata[METADATA_KEY] = json.dumps(described)

    rewrite(path, other_size)
    with pytest.raises(CourseError, match="another config: decoder.output.bias has shape"):
        autoencoder.load(path)


def test_a_missing_weight_is_named(tmp_path):
    path = autoencoder.save(small_model(), tmp_path)
    rewrite(path, lambda weights, metadata: weights.pop("decoder.output.bias"))
    with pytest.raises(CourseError, match="decoder.output.bias is missing"):
        autoencoder.load(path)


def test_weights_that_are_not_numbers_are_refused(tmp_path):
    path = autoencoder.save(small_model(), tmp_path)
    rewrite(path, lambda weights, metadata: weights["decoder.output.bias"].fill_(float("nan")))
    with pytest.raises(CourseError, match="NaN or inf in decoder.output.bias"):
        autoencoder.load(path)


@pytest.mark.parametrize(
    "change", [{"config": {"sample_rate": -1}}, {"config": 3}, {"statistics": {"loudness": 1}}, {"format": "other"}]
)
def test_a_description_that_makes_no_sense_is_refused(tmp_path, change):
    path = autoencoder.save(small_model(), tmp_path)

    def spoil(weights, metadata):
        metadata[METADATA_KEY] = json.dumps({**json.loads(metadata[METADATA_KEY]), **change})

    rewrite(path, spoil)
    with pytest.raises(CourseError, match=f"(?s){path.name}"):
        autoencoder.load(path)


def test_equal_models_are_equal_files(tmp_path):
    model = small_model()
    files = [autoencoder.save(model, tmp_path / str(number)).read_bytes() for number in range(4)]
    assert all(file == files[0] for file in files)


def test_somebody_elses_safetensors_file_is_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(CourseError, match="not written by this package"):
        autoencoder.load(path)


def test_a_full_disk_leaves_the_old_checkpoint_and_nothing_else(tmp_path, monkeypatch):
    path = autoencoder.save(small_model(), tmp_path)
    before = path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)  # all bytes were handed over, and then the disk says no
    with pytest.raises(CourseError, match="Cannot write .*model.safetensors .*No space left"):
        autoencoder.save(small_model(), tmp_path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [MODEL_FILE]


def test_an_unwritable_folder_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CourseError, match="Cannot write .*model.safetensors"):
        autoencoder.save(small_model(), tmp_path / "file" / "run")
