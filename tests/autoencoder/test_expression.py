"""A score on the frame grid, and what is measured of a note is what was played."""

import math

import pytest
import torch

from ddsp_course import autoencoder
from ddsp_course.autoencoder.expression import as_score
from ddsp_course.data import CourseError

RATE = 250.0
NOTES = torch.tensor([[0.1, 0.5, 60.0, 127.0], [0.5, 1.3, 64.0, 64.0], [1.5, 2.3, 62.0, 0.0]])


def played(extent, rate, glide, notes=NOTES, seconds=2.5):
    each = torch.ones(len(notes))
    return autoencoder.expressive_pitch(
        notes, extent * each, rate * each, glide * each, round(seconds * RATE), frame_rate=RATE
    )


def test_a_frame_knows_its_note_the_time_since_it_began_and_until_it_ends_and_the_next_leap():
    frames = autoencoder.score_frames(NOTES, 600, frame_rate=RATE)
    assert frames.shape == (600, 5)
    torch.testing.assert_close(frames[0], torch.tensor([60.0, 1.0, -0.1, 0.5, 4.0]))  # not begun yet
    torch.testing.assert_close(frames[25], torch.tensor([60.0, 1.0, 0.0, 0.4, 4.0]))
    torch.testing.assert_close(frames[124, 3], torch.tensor(0.004))
    torch.testing.assert_close(frames[125], torch.tensor([64.0, 64 / 127, 0.0, 0.8, -2.0]))  # the new note's
    torch.testing.assert_close(frames[350], torch.tensor([64.0, 64 / 127, 0.9, -0.1, -2.0]))  # in the rest after it
    assert frames[-1, 4] == 0, "nothing follows the last note"


@pytest.mark.parametrize("extent, rate, seconds", [(20.0, 5.5, 0.8), (8.0, 4.8, 1.5), (35.0, 6.6, 0.6)])
def test_a_steady_vibrato_is_measured_as_it_was_made(extent, rate, seconds):
    times = torch.arange(round(seconds * RATE)).double() / RATE
    cents = 7 + extent * torch.sin(math.tau * rate * times + 1)
    found, found_hz = autoencoder.measure_vibrato(cents, frame_rate=RATE)
    assert float(found) == pytest.approx(extent, rel=0.04)
    assert float(found_hz) == pytest.approx(rate, abs=0.31)


def test_a_pitch_without_vibrato_has_none_also_where_it_drifts():
    drift = torch.linspace(-5, 5, 250)
    assert autoencoder.measure_vibrato(torch.full((250,), 30.0), frame_rate=RATE)[0] < 1e-4
    assert autoencoder.measure_vibrato(drift, frame_rate=RATE)[0] < 1


def test_the_gradient_of_a_vibrato_is_that_of_finite_differences():
    cents = 20 * torch.sin(math.tau * 5.5 * torch.arange(60).double() / 100) + 3
    extent = lambda x: autoencoder.measure_vibrato(x, frame_rate=100.0)[0]  # noqa: E731
    assert torch.autograd.gradcheck(extent, cents.requires_grad_())


@pytest.mark.parametrize("frames", [3, 7, 200])
def test_a_loudness_made_of_the_three_shapes_comes_apart_into_them(frames):
    wanted = torch.tensor([-12.0, 3.0, -5.0], dtype=torch.float64)
    curve = autoencoder.loudness_shapes(frames).double() @ wanted
    torch.testing.assert_close(autoencoder.loudness_shape(curve), wanted)
    assert torch.autograd.gradcheck(autoencoder.loudness_shape, curve.requires_grad_())


def test_a_swell_has_an_arch_and_a_crescendo_a_tilt():
    swell = autoencoder.loudness_shape(-20 + 6 * torch.sin(math.pi * torch.linspace(0, 1, 101)))
    crescendo = autoencoder.loudness_shape(torch.linspace(-20, -10, 101))
    assert swell[2] > 3 and swell[1].abs() < 1e-3
    torch.testing.assert_close(crescendo, torch.tensor([-15.0, 5.05, 0.0]), atol=1e-3, rtol=1e-2)


def test_without_expression_the_pitch_is_a_staircase():
    torch.testing.assert_close(played(0, 5, 0), autoencoder.score_frames(NOTES, 625, frame_rate=RATE)[:, 0])


def test_a_glide_is_half_way_at_half_its_time_and_no_leap_is_left_after_it():
    pitch = played(0, 5, 0.1)
    assert float(pitch[125]) == pytest.approx(60)
    assert float(pitch[125 + 12]) == pytest.approx(62, abs=0.2)
    assert float(pitch[125 + 26]) == pytest.approx(64)
    assert (pitch[:125] == 60).all(), "nothing glides into the first note"


def test_a_vibrato_begins_late_grows_to_its_extent_and_ends_with_its_note():
    cents = 100 * (played(25, 6, 0) - 64)[125:325]
    assert cents[: round(0.2 * RATE)].abs().max() < 1e-3
    assert float(cents[round(0.45 * RATE) :].max()) == pytest.approx(25, rel=0.02)
    assert cents[-1].abs() < 5


def test_what_was_played_is_measured_again():
    """The meter, divided by what it reads of a vibrato of one cent of the same growth."""
    cents = 100 * (played(18, 5.6, 0.01) - 62)[375 + 50 : 575]
    since = 0.2 + torch.arange(150) / RATE
    one = autoencoder.vibrato_growth(since, 0.8 - since) * torch.sin(math.tau * 5.6 * (since - 0.2))
    found, rate = autoencoder.measure_vibrato(cents, frame_rate=RATE)
    assert float(found / autoencoder.measure_vibrato(one, frame_rate=RATE)[0]) == pytest.approx(18, rel=0.01)
    assert float(rate) == pytest.approx(5.6, abs=0.5)


def test_gradients_reach_what_is_done_to_each_note():
    knobs = [torch.full((3,), value).requires_grad_() for value in (20.0, 5.5, 0.1)]
    pitch = autoencoder.expressive_pitch(NOTES, *knobs, 600, frame_rate=RATE)
    for gradient in torch.autograd.grad(pitch.square().sum(), knobs):
        assert torch.isfinite(gradient).all() and (gradient != 0).any()


@pytest.mark.parametrize(
    "notes, sentence",
    [
        (NOTES[:, :3], r"onset, end, pitch, velocity; this one is \[3, 3\]"),
        (NOTES[:0], r"this one is \[0, 4\]"),
        (NOTES.flip(0), "follow each other"),
        (NOTES * math.nan, "follow each other"),
        (torch.tensor([[1.0, 1.0, 60.0, 64.0]]), "end after it begins"),
    ],
)
def test_what_is_no_score_is_refused_in_a_sentence(notes, sentence):
    with pytest.raises(CourseError, match=sentence):
        as_score(notes)
    with pytest.raises(CourseError, match=sentence):
        autoencoder.score_frames(notes, 10, frame_rate=RATE)


def test_curves_that_are_too_short_and_knobs_that_do_not_fit_are_refused():
    with pytest.raises(CourseError, match=r"at least 3 frames, not on \[2\]"):
        autoencoder.measure_vibrato(torch.zeros(2), frame_rate=RATE)
    with pytest.raises(CourseError, match=r"at least 3 frames, not \[2\]"):
        autoencoder.loudness_shape(torch.zeros(2))
    two = torch.zeros(2)
    with pytest.raises(CourseError, match="each of the 3 notes"):
        autoencoder.expressive_pitch(NOTES, two, two, two, 10, frame_rate=RATE)
