"""The demo from nothing to a page, small: everything is real but the pitch tracker, which is quick and simple."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile
import torch

from ddsp_course import demo
from ddsp_course.autoencoder import load
from ddsp_course.data import CourseError, features

MINUTES, STEPS = 0.4, 4


def autocorrelation(audio_16k: torch.Tensor, **_) -> tuple[torch.Tensor, torch.Tensor]:
    """Pitch by the highest peak of the autocorrelation, every 10 ms."""
    autocorrelation.seconds += audio_16k.shape[-1] / 16_000
    padded = torch.nn.functional.pad(audio_16k, (512, 1024))
    frames = padded.unfold(-1, 1024, 160)[:, : audio_16k.shape[-1] // 160 + 1]
    spectrum = torch.fft.rfft(frames, 2048)
    correlation = torch.fft.irfft(spectrum.abs().square())[..., 10:200]
    power = torch.fft.irfft(spectrum.abs().square())[..., :1]
    peak = correlation.max(dim=-1)
    return 16_000 / (peak.indices + 10.0), (peak.values / power[..., 0].clamp_min(1e-6)).clamp(0, 1)


autocorrelation.seconds = 0.0


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A demo's folder, what was said, and a function that runs it once more."""
    with pytest.MonkeyPatch.context() as patch:
        # A cache of its own: what this tracker finds must not be taken for CREPE's.
        patch.setenv("DDSP_COURSE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(features, "refined_tracker", autocorrelation)
        patch.setattr(demo, "PHRASE_SECONDS", 3.0)
        out, said = tmp_path_factory.mktemp("a demo") / "demo", []

        def again(**changed):
            wanted = {"minutes": MINUTES, "steps": STEPS, "device": "cpu", "say": said.append, "progress": False}
            return demo.run(out, **{**wanted, **changed})

        yield out, said, again(), again


def test_it_leaves_a_page_sounds_figures_and_an_instrument(small):
    out, said, made, _ = small
    assert {path.name for path in out.iterdir()} == {"report.html", "metrics.json", "audio", "run"}
    assert made.report == out / "report.html"
    names = {path.stem for path in (out / "audio").iterdir()}
    parts = {"dry", "harmonic", "noise", "resynthesis", "original"}
    assert names == parts | {"voice", "transferred", "transferred_dry"}
    assert load(out / "run").statistics is not None
    assert any("a fifth of it for judging" in sentence for sentence in said)
    assert said[-1].endswith("in a browser, and listen.")


def test_the_stems_in_the_files_add_up(small):
    audio = small[0] / "audio"
    dry, harmonic, noise = (soundfile.read(audio / f"{name}.wav")[0] for name in ("dry", "harmonic", "noise"))
    np.testing.assert_allclose(harmonic + noise, dry, atol=1e-5)


def test_the_page_shows_all_that_the_demo_promises(small):
    page = (small[0] / "report.html").read_text(encoding="utf-8")
    assert page.count("<audio") == 7
    for words in ("How it learned", "The room it imagined", "Is it any good?", "constant timbre", "median spectrum"):
        assert words in page
    for stage in ("recording", "listening", "training", "judging", "singing"):
        assert f'<th scope="row">{stage}</th>' in page


def test_the_figures_are_plain_and_whole(small):
    out, _, made, _ = small
    figures = json.loads((out / "metrics.json").read_text(), parse_constant=pytest.fail)
    assert figures["training"]["steps"] == STEPS
    assert set(figures["stages_s"]) == {"recording", "listening", "training", "judging", "singing", "report"}
    assert 0 < figures["yardsticks"]["re-take"] < figures["yardsticks"]["median spectrum"]
    assert figures["evaluation"]["estimates"]["model"]["loss"]["value"] == made.evaluation.estimate("model").value
    assert figures["transfer"]["moved_semitones"] % 12 in (0, 12)


def test_run_again_it_tracks_and_trains_nothing_twice(small):
    out, _, made, again = small
    weights = load(out / "run").state_dict()
    tracked = autocorrelation.seconds
    repeated = again()
    assert autocorrelation.seconds == tracked
    assert all(torch.equal(value, weights[name]) for name, value in load(out / "run").state_dict().items())
    assert repeated.evaluation.to_dict() == made.evaluation.to_dict()


def test_another_demo_does_not_write_over_this_one(small):
    again = small[3]
    with pytest.raises(CourseError, match="other settings"):
        again(steps=STEPS + 1)


def test_a_folder_that_cannot_be_written_is_said_before_the_work_begins(tmp_path):
    (tmp_path / "file").write_text("")
    said: list[str] = []
    with pytest.raises(CourseError):
        demo.run(tmp_path / "file" / "demo", say=said.append)
    assert said == []


@pytest.mark.parametrize("theirs", ["report.html", "metrics.json", "audio/voice.wav"])
def test_what_lies_there_and_is_no_demos_is_not_written_over(theirs, tmp_path):
    file = tmp_path / theirs
    file.parent.mkdir(exist_ok=True)
    file.write_text("mine")
    with pytest.raises(CourseError, match="is no demo's: choose another folder"):
        demo.run(tmp_path)
    assert file.read_text() == "mine" and not (tmp_path / "run").exists()


@pytest.mark.parametrize("wrong", [{"minutes": 0.05}, {"steps": 0}, {"minutes": float("nan")}])
def test_a_demo_too_small_is_refused_before_it_writes_anything(wrong, tmp_path):
    with pytest.raises(CourseError, match=r"at least one step and 0\.3 minutes"):
        demo.run(tmp_path / "demo", **wrong)
    assert list(tmp_path.iterdir()) == []
