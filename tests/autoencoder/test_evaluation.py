"""Who plays better scores better: true and false players of a toy instrument, whose best possible scores are known."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from toy_player import CONFIG, HARMONICS, ToyConfig, ToyPlayer, WetPlayer, toy_take

from ddsp_course.autoencoder import baselines, evaluation
from ddsp_course.autoencoder.columns import BASELINES, COLUMNS, MEDIAN, MODEL, RECORDING, RETAKE
from ddsp_course.autoencoder.evaluation import evaluate
from ddsp_course.autoencoder.phrases import cut_phrases, frame_masks, group_phrases
from ddsp_course.autoencoder.scores import Evaluation, bootstrap_weights
from ddsp_course.data import AudioConfig, CourseError, Features, Recording

TAKES, FEATURES = zip(*(toy_take(8.0, seed=seed) for seed in range(3)), strict=True)
RETAKES = [toy_take(8.0, seed=seed, noise_seed=9)[0] for seed in range(3)]
QUIET = {"progress": False, "track_pitch": False}


@pytest.fixture(scope="module")
def found() -> Evaluation:
    other = ToyPlayer.taught(timbre=(0.5, 0.3, -0.5), noise=0.02)
    return evaluate(ToyPlayer.taught(), TAKES, features=FEATURES, retakes=RETAKES, other_model=other, **QUIET)


def value(found: Evaluation, sound: str, column: str) -> float:
    estimate = found.estimate(sound, column)
    assert estimate is not None
    return estimate.value


def test_the_player_that_made_the_recording_is_a_retake(found: Evaluation) -> None:
    assert value(found, MODEL, "loss") == pytest.approx(value(found, RETAKE, "loss"), rel=0.03)
    assert value(found, MODEL, "share") == pytest.approx(100, abs=3)
    assert value(found, MODEL, "loudness") < 0.1
    assert value(found, MODEL, "dereverberation") == pytest.approx(value(found, RECORDING, "dereverberation"), abs=0.2)
    assert all(reached for _, reached in found.goals().values())
    assert len(found.goals()) == 3


def test_the_baselines_lose_beyond_doubt(found: Evaluation) -> None:
    for name in BASELINES:
        for column in ("loss", "loss_unseen", "cepstral", "timbre"):
            assert found.loses(name, column), (name, column)
    assert found.loses(MODEL, "loss") is False


def test_each_baseline_loses_where_it_should(found: Evaluation) -> None:
    # Wrong dynamics cost loudness and play into the rests, wrong notes do not; one colour for all beats none.
    assert value(found, "shuffled loudness", "loudness") > 2 * value(found, "shuffled F0", "loudness") > 0
    assert value(found, "shuffled F0", "dereverberation") > 30 > value(found, "shuffled loudness", "dereverberation")
    assert value(found, "constant timbre", "loss") < value(found, "untrained", "loss")


def test_what_is_not_known_is_none_and_nothing_is_nan(found: Evaluation) -> None:
    assert found.estimate(MEDIAN, "loudness") is None
    assert found.estimate("silence", "share") is None
    assert found.estimate("nobody", "loss") is None
    text = json.dumps(found.to_dict(), allow_nan=False)
    assert json.loads(text)["estimates"][MODEL]["loss"]["value"] == value(found, MODEL, "loss")
    assert set(json.loads(text)["definitions"]) == {column.key for column in COLUMNS}


def test_the_table_has_a_row_a_sound_and_the_summary_its_figures(found: Evaluation) -> None:
    lines = found.table()
    assert [line.split("  ")[0] for line in lines[1:]] == list(found.rows)
    assert found.rows[0] == MODEL
    assert f"{value(found, MODEL, 'loss'):.2f} [" in lines[1]
    summary = " ".join(found.summary)
    assert "of the way from a constant median spectrum" in summary
    assert "Worse than the model" in summary
    assert "nan" not in summary.lower()


def test_a_player_with_the_room_in_its_instrument_is_no_drier_than_the_recording(found: Evaluation) -> None:
    wet = evaluate(WetPlayer.taught(), TAKES[:1], features=FEATURES[:1], baselines=False, **QUIET)
    assert value(wet, MODEL, "loss") == pytest.approx(value(found, MODEL, "loss"), rel=0.05)
    assert abs(value(wet, MODEL, "dereverberation")) < 0.5
    assert value(wet, MODEL, "rest_error") > 5 > value(found, MODEL, "rest_error")
    assert value(wet, MODEL, "decay_dry") > 5 * value(found, MODEL, "decay_dry")
    assert not wet.goals()["rests at least 10 dB drier than the recording"][1]


def test_the_same_seed_gives_the_same_figures_and_touches_no_other_dice() -> None:
    model = ToyPlayer.taught().train()
    state = torch.random.get_rng_state()
    first, again = (
        evaluate(model, TAKES[:1], features=FEATURES[:1], retakes=RETAKES[:1], seed=4, **QUIET).to_dict()
        for _ in range(2)
    )
    assert first == again
    assert torch.equal(state, torch.random.get_rng_state())
    assert model.training


def test_a_long_take_played_in_parts_sounds_like_the_whole() -> None:
    take, features = toy_take(20.0, seed=2)
    player = ToyPlayer.taught(noise=0.0)

    def playing(each, audio, seed):
        return baselines.play(player, each, audio, seed=seed)

    whole = evaluation.play_part(playing, take, features, 0, take.frames)
    start = 2500
    part = evaluation.play_part(playing, take, features, start, start + 1000)
    # The oscillators start at another phase: compare spectra, whose tails come from the context.
    levels = [
        evaluation.scoring.Sound.of(each, None, CONFIG).levels_db
        for each in (whole.wet[0, start * 64 : (start + 1000) * 64], part.wet[0])
    ]
    assert float((levels[0] - levels[1]).abs().mean()) < 0.6
    assert part.wet.shape == (1, 64_000)


def test_a_recording_without_truth_is_scored_all_the_same() -> None:
    known = evaluate(ToyPlayer.taught(), TAKES[:2], features=FEATURES[:2], baselines=False, **QUIET)
    bare = [Recording(take.audio, CONFIG, take.name) for take in TAKES[:2]]
    found = evaluate(ToyPlayer.taught(), bare, features=FEATURES[:2], baselines=False, **QUIET)
    assert not found.rests_known
    assert value(found, MODEL, "loss") == pytest.approx(value(known, MODEL, "loss"), rel=0.05)
    assert value(found, MODEL, "dereverberation") > 10
    assert found.estimate(MODEL, "rest_error") is None
    assert found.estimate(MODEL, "share") is None
    assert "dry for wet" not in found.rows
    assert "estimated" in " ".join(found.summary)


def test_pitch_is_tracked_when_asked_for_and_by_whom() -> None:
    def deaf(audio_16k: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        frames = audio_16k.shape[-1] // 160 + 1
        return torch.full((1, frames), 440.0), torch.full((1, frames), 0.95)

    take, features = TAKES[0], FEATURES[0]
    found = evaluate(
        ToyPlayer.taught(),
        [take],
        features=[features],
        tracker=deaf,
        second_tracker=deaf,
        baselines=False,
        progress=False,
    )
    sure = features.confidence >= 0.85
    phrases = [slice(phrase.start, phrase.stop) for phrase in found.phrases]
    off = (12 * torch.log2(440 / features.f0_hz)).abs()
    expected = np.mean([float(off[:, each][sure[:, each]].mean()) for each in phrases])
    assert value(found, MODEL, "f0_l1") == pytest.approx(expected, abs=1e-3)
    assert value(found, MODEL, "outliers_paper") == 0.0
    assert value(found, MODEL, "rpa_second") == 100.0
    assert value(found, MODEL, "f0_median_cents_second") == 0.0


def test_recordings_on_another_grid_are_refused() -> None:
    take = Recording(torch.zeros(1, 44_100 // 176 * 176), AudioConfig(44_100, 176), "cello.wav")
    with pytest.raises(CourseError, match="cello.wav is at 44100 Hz"):
        evaluate(ToyPlayer.taught(), [take], progress=False)
    with pytest.raises(CourseError, match="nothing to evaluate"):
        evaluate(ToyPlayer.taught(), [], progress=False)
    with pytest.raises(ValueError, match="same performances again"):
        evaluate(ToyPlayer.taught(), TAKES[:2], features=FEATURES[:2], retakes=RETAKES[:1], progress=False)


def test_a_clip_too_short_to_be_scored_is_named() -> None:
    clips = [Recording(0.1 * torch.rand(1, samples), CONFIG, f"{samples}.wav") for samples in (6400, 512)]
    with pytest.raises(CourseError, match="512.wav lasts 32 ms, too short to be scored: give more than 32 ms"):
        evaluate(ToyPlayer.taught(), clips, progress=False)
    clip = Recording(0.1 * torch.rand(1, 576), CONFIG, "576.wav")
    features = Features(*(torch.full((1, 9), value) for value in (440.0, 0.9, -20.0)))
    assert len(evaluate(ToyPlayer.taught(), clip, features=features, **QUIET).phrases) == 1


def test_where_nothing_sounds_there_is_no_constant_timbre_and_that_is_said() -> None:
    noise = Recording(0.2 * torch.rand(1, 16_000) - 0.1, CONFIG, "rain.wav")
    features = Features(*(torch.full((1, 250), value) for value in (440.0, 0.1, -20.0)))
    found = evaluate(ToyPlayer.taught(), noise, features=features, **QUIET)
    assert "constant timbre" not in found.rows and "untrained" in found.rows
    assert any("constant timbre is left out" in sentence for sentence in found.summary)


def test_that_a_take_is_new_is_said_only_where_it_is_known() -> None:
    def judged(**named) -> str:
        arguments = {"features": FEATURES[0], "baselines": False, **QUIET, **named}
        return " ".join(evaluate(ToyPlayer.taught(), TAKES[0], **arguments).summary)

    assert "the model never heard" not in judged()
    known = judged(train_recordings=TAKES[:2])
    assert (
        "the model never heard" not in known and "trained on takes that it is judged by here (toy_0; 1 of 1)" in known
    )
    new = judged(train_recordings=TAKES[1:])
    assert "s that the model never heard: " in new and "trained on" not in new


def test_one_take_is_as_good_as_a_list_of_one_wherever_takes_go() -> None:
    one = {"features": FEATURES[0], "retakes": RETAKES[0], "train_recordings": TAKES[1], "train_features": FEATURES[1]}
    several = {name: [each] for name, each in one.items()}
    found, expected = (
        evaluate(ToyPlayer.taught(), takes, **named, **QUIET).to_dict()
        for takes, named in ((TAKES[0], one), ([TAKES[0]], several))
    )
    assert found == expected


def test_both_models_are_left_in_the_mode_they_were_in() -> None:
    model, other = ToyPlayer.taught().train(), ToyPlayer.taught().train()
    evaluate(model, TAKES[:1], features=FEATURES[:1], other_model=other, **QUIET)
    assert model.training and other.training


def test_only_the_dice_that_are_thrown_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "manual_seed", lambda seed: pytest.fail("this sets the dice of every GPU"))
    state = torch.random.get_rng_state()
    with baselines.seeded(7):
        drawn = torch.rand(3)
    assert torch.equal(drawn, torch.rand(3, generator=torch.Generator().manual_seed(7)))
    assert torch.equal(state, torch.random.get_rng_state())
    baselines.untrained(ToyPlayer.taught())


def test_rooms_are_compared_by_decay_and_level(found: Evaluation) -> None:
    broadband = found.room["t20_s"]["broadband"]
    assert broadband["learned"] == pytest.approx(0.8, rel=0.05)
    assert broadband["true"] == broadband["learned"]
    dry = evaluate(
        ToyPlayer.taught(ToyConfig(room_gain=0.0)), TAKES[:1], features=FEATURES[:1], baselines=False, **QUIET
    )
    assert "learned" not in dry.room["t20_s"]["broadband"]
    assert dry.room["t20_s"]["broadband"]["true"] == broadband["true"]


def test_phrases_cover_a_take_and_end_with_its_rests() -> None:
    for take, features in zip(TAKES, FEATURES, strict=True):
        masks = frame_masks(take, features)
        phrases = cut_phrases(take, masks)
        assert phrases[0].start == 0
        assert phrases[-1].stop == take.frames
        for phrase, following in zip(phrases, phrases[1:], strict=False):
            assert phrase.stop == following.start
            assert masks.closed[phrase.stop - 1]
            assert not masks.closed[phrase.stop]
            assert phrase.seconds >= 1.5
        assert not (masks.resting & masks.sounding).any()


def test_a_take_without_rests_is_cut_into_equal_parts() -> None:
    take, features = TAKES[0], FEATURES[0]
    legato = replace(take, gate=torch.ones_like(take.gate), audio=take.audio)
    phrases = cut_phrases(legato, frame_masks(legato, features))
    assert len(phrases) == 1
    assert phrases[0].seconds == pytest.approx(8.0)
    groups = group_phrases([replace(phrases[0], seconds=8.0)] * 9, seconds=30)
    assert [len(group) for group in groups] == [3, 3, 3]


def test_the_bootstrap_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for trial in range(200):
        values = rng.exponential(1.0, 30)
        draws = bootstrap_weights(list(range(7)) * 4 + [0, 1], draws=400, seed=trial)
        means = draws[1:] @ values / draws[1:].sum(axis=1)
        low, high = np.percentile(means, [2.5, 97.5])
        hits += low <= 1.0 <= high
    assert 0.86 <= hits / 200 <= 0.98


def test_the_bootstrap_draws_whole_takes_once_there_are_eight() -> None:
    takes = [take for take in range(8) for _ in range(3)]
    weights = bootstrap_weights(takes, draws=50)
    assert (weights[0] == 1).all()
    by_take = weights[1:].reshape(50, 8, 3)
    assert (by_take == by_take[:, :, :1]).all()
    few = bootstrap_weights([0, 0, 0, 1, 1, 1], draws=50)[1:].reshape(50, 2, 3)
    assert (few.sum(axis=(1, 2)) == 6).all()
    assert not (few == few[:, :, :1]).all()


def test_differences_are_paired() -> None:
    # Two sounds whose scores vary much from phrase to phrase, one always worse by 0.1.
    phrases = cut_phrases(TAKES[0], frame_masks(TAKES[0], FEATURES[0]))[:1] * 20
    scores = np.random.default_rng(0).uniform(1, 10, 20)
    found = Evaluation(tuple(phrases), {MODEL: {"loss": scores}, "untrained": {"loss": scores + 0.1}})
    single, difference = found.estimate(MODEL), found.difference("untrained")
    assert single is not None and difference is not None
    assert single.high - single.low > 1.0
    assert (difference.low, difference.high) == pytest.approx((0.1, 0.1))
    assert found.loses("untrained") is True


def test_one_phrase_convicts_nobody() -> None:
    phrases = cut_phrases(TAKES[0], frame_masks(TAKES[0], FEATURES[0]))[:1]
    one = Evaluation(tuple(phrases), {MODEL: {"loss": np.ones(1)}, "untrained": {"loss": np.full(1, 9.0)}})
    assert one.loses("untrained") is None
    assert any("too little for intervals" in sentence for sentence in one.summary)
    assert not any("beyond doubt" in sentence for sentence in one.summary)


def test_a_constant_timbre_has_one_colour_and_the_right_loudness() -> None:
    player = ToyPlayer.taught(ToyConfig(room_gain=0.0))
    timbre = baselines.ConstantTimbre.of(player, FEATURES)
    assert timbre.distribution.shape == (HARMONICS,)
    assert float(timbre.distribution.sum()) == pytest.approx(1.0)
    # Asked for the loudness that the player itself reaches, the one-coloured player reaches it too.
    wanted = replace(FEATURES[0], loudness_db=_loudness(player(FEATURES[0]).wet))
    played = _loudness(timbre.play(player, wanted).wet)
    sounding = FEATURES[0].confidence > 0.5
    off = (played - wanted.loudness_db)[sounding].abs()
    assert float(off.median()) < 1.0


def _loudness(audio: torch.Tensor) -> torch.Tensor:
    from ddsp_course import dsp

    return dsp.loudness_db(audio.detach(), sample_rate=16_000, hop_size=64)


def test_shuffled_curves_keep_their_values_and_lose_their_time() -> None:
    generator = torch.Generator().manual_seed(0)
    loudness = FEATURES[0].loudness_db
    shuffled = baselines.with_shuffled_loudness(FEATURES[0], generator)
    assert torch.equal(shuffled.loudness_db.sort().values, loudness.sort().values)
    assert float((shuffled.loudness_db - loudness).abs().mean()) > 5
    assert torch.equal(shuffled.f0_hz, FEATURES[0].f0_hz)
    melody = baselines.with_shuffled_f0(FEATURES[0], generator)
    assert torch.equal(melody.loudness_db, loudness)
    assert float((melody.f0_hz - FEATURES[0].f0_hz).abs().mean()) > 20
