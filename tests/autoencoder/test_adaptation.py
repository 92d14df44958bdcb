"""A melody is moved to where the instrument plays, and stays the melody that it was."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_course import dsp
from ddsp_course.autoencoder import adaptation
from ddsp_course.autoencoder.model import TrainingStatistics

FRAME_RATE = 250
CENT = 0.01


def trained(low_hz=440.0, high_hz=880.0, loudness=(-45.0, -5.0)):
    """An instrument that played every pitch from low to high equally often, and the loudnesses of a bell curve."""
    low, high = (12 * math.log2(hz / 440) + 69 for hz in (low_hz, high_hz))
    levels = torch.linspace(0, 1, 101, dtype=torch.float64)
    middle, spread = sum(loudness) / 2, (loudness[1] - loudness[0]) / 4
    bell = middle + spread * torch.special.ndtri(levels.clamp(0.0228, 0.9772))
    return TrainingStatistics(
        pitch_midi_quantiles=tuple((low + (high - low) * levels).tolist()),
        loudness_db_quantiles=tuple(bell.tolist()),
        loudness_mean_db=middle,
        loudness_std_db=spread,
        rest_loudness_db=-72.0,
    )


def sounding(curve):
    return torch.ones_like(curve, dtype=torch.bool)


def melody(*notes, seconds=0.6, vibrato_cents=0.0, rate_hz=5.5):
    """MIDI numbers one after another, legato, as MIDI [1, frames]."""
    frames = round(seconds * FRAME_RATE)
    midi = torch.tensor(notes, dtype=torch.float64).repeat_interleave(frames)
    time = torch.arange(len(midi), dtype=torch.float64) / FRAME_RATE
    return (midi + vibrato_cents * CENT * torch.sin(2 * math.pi * rate_hz * time)).float()[None]


def tuned(midi, amount=1.0, mask=None):
    """autotune from MIDI to MIDI."""
    return dsp.hz_to_midi(adaptation.autotune(dsp.midi_to_hz(midi), amount, mask, frame_rate=FRAME_RATE))


# Octaves


def test_a_phrase_around_A3_goes_up_one_octave_for_an_instrument_from_A4_to_A5():
    phrase = dsp.midi_to_hz(melody(55, 57, 59, 57))
    assert adaptation.octave_shift(phrase, sounding(phrase), trained(440, 880)) == 1


@pytest.mark.parametrize(("median_hz", "octaves"), [(110, 2), (220, 1), (440, 0), (660, 0), (880, 0), (1320, -1)])
def test_as_many_octaves_as_needed_and_no_more(median_hz, octaves):
    phrase = torch.full((1, 100), float(median_hz))
    assert adaptation.octave_shift(phrase, sounding(phrase), trained(440, 880)) == octaves


def test_what_the_tracker_sees_in_rests_does_not_count():
    f0_hz = torch.cat([torch.full((1, 100), 220.0), torch.full((1, 300), 31.0)], dim=1)
    mask = f0_hz > 100
    assert adaptation.octave_shift(f0_hz, mask, trained(440, 880)) == 1
    assert adaptation.octave_shift(f0_hz, sounding(f0_hz), trained(440, 880)) > 1


def test_a_range_of_a_third_that_no_octave_reaches_is_approached():
    phrase = torch.full((1, 100), 349.0)  # F4: 4 semitones below A4, an octave up it would be 5 above C5
    assert adaptation.octave_shift(phrase, sounding(phrase), trained(440, 523.25)) == 0


@settings(deadline=None, derandomize=True, max_examples=60)
@given(midi=st.floats(28, 100), low=st.floats(30, 80), width=st.floats(12, 30))
def test_an_octave_or_more_of_range_is_always_reached(midi, low, width):
    low_hz, high_hz = (440 * 2 ** ((pitch - 69) / 12) for pitch in (low, low + width))
    phrase = dsp.midi_to_hz(torch.full((1, 10), midi))
    octaves = adaptation.octave_shift(phrase, sounding(phrase), trained(low_hz, high_hz))
    assert low - 0.51 <= midi + 12 * octaves <= low + width + 0.51 + 0.02 * width


def test_shift_pitch_counts_in_semitones():
    shifted = [float(adaptation.shift_pitch(torch.tensor([[220.0]]), n)) for n in (12, -12, 7, 0)]
    assert shifted == pytest.approx([440.0, 110.0, 329.63, 220.0], rel=1e-5)


# Loudness


def sung_loudness(frames=5000, seed=0):
    """Soft singing: any level between -60 and -30 dB as often as any other, which no bell curve has."""
    return -60.0 + 30.0 * torch.rand(1, frames, generator=torch.Generator().manual_seed(seed))


def test_the_loudness_of_the_notes_is_distributed_as_in_training_within_1_dB():
    loudness, statistics = sung_loudness(), trained()
    matched = adaptation.match_loudness(loudness, sounding(loudness), statistics)
    wanted = torch.tensor(statistics.loudness_db_quantiles)
    assert (adaptation.quantiles(matched[0], 101) - wanted).abs().max() < 1.0


def test_rests_stay_rests_even_if_they_are_loud():
    loudness = sung_loudness()
    mask = sounding(loudness)
    loudness[:, 1000:2000], mask[:, 1000:2000] = -30.0, False  # traffic
    matched = adaptation.match_loudness(loudness, mask, trained())
    assert (matched[:, 1000:2000] == -72.0).all()
    without = adaptation.match_loudness(loudness[:, mask[0]], mask[:, mask[0]], trained())
    assert torch.allclose(matched[mask], without[0]), "and they do not change how the notes are matched"


@settings(deadline=None, derandomize=True, max_examples=60)
@given(curve=st.lists(st.floats(-80, 20, width=32), min_size=2, max_size=80))
def test_louder_stays_louder_and_nothing_leaves_the_trained_range(curve):
    loudness, statistics = torch.tensor([curve]), trained()
    matched = adaptation.match_loudness(loudness, sounding(loudness), statistics)
    low, high = statistics.loudness_db_quantiles[0], statistics.loudness_db_quantiles[-1]
    assert torch.isfinite(matched).all()
    assert matched.min() >= low - 0.01 and matched.max() <= high + 0.01
    assert (matched[0][loudness[0].argsort()].diff() >= -1e-4).all()


def test_an_even_tone_is_not_blown_up_to_full_dynamics():
    loudness = -30.0 + 0.2 * torch.rand(1, 1000, generator=torch.Generator().manual_seed(0))
    matched = adaptation.match_loudness(loudness, sounding(loudness), trained())
    assert matched.max() - matched.min() <= 4 * 0.2 + 1e-3
    assert matched.median() == pytest.approx(-25.0, abs=0.1), "the training's median"


def test_straight_lines_pass_through_their_knots_and_stop_at_the_ends():
    knots, values = torch.tensor([0.0, 1.0, 1.0, 3.0]), torch.tensor([10.0, 20.0, 20.0, 0.0])
    x = torch.tensor([-5.0, 0.0, 0.5, 1.0, 2.0, 3.0, 9.0])
    assert adaptation.piecewise_linear(x, knots, values).tolist() == pytest.approx([10, 10, 15, 20, 10, 0, 0])


def test_quantiles_agree_with_torch():
    values = torch.randn(777, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(
        adaptation.quantiles(values, 101), torch.quantile(values, torch.linspace(0, 1, 101)), atol=1e-5
    )


# Tuning


def test_an_orchestra_at_A_443_is_12_cents_sharp():
    scale = 443.0 * 2.0 ** (torch.tensor([-9.0, -7, -5, -4, -2, 0, 2, 3]) / 12)
    assert adaptation.tuning_semitones(dsp.hz_to_midi(scale)) == pytest.approx(12 * math.log2(443 / 440), abs=1e-4)


def test_wide_vibrato_does_not_turn_the_tuning_upside_down():
    sung = melody(60, 62, 64, 65, 67, vibrato_cents=50, seconds=6 / 5.5)
    assert abs(adaptation.tuning_semitones(sung)) > 0.4, "frame by frame, a sine of 50 cents averages to the far side"
    assert float((tuned(sung) - sung).abs().max()) < 3 * CENT, "note by note it does not"


def test_the_tuning_circle_closes_at_half_a_semitone():
    between = torch.tensor([60.49, 62.51])
    assert abs(adaptation.tuning_semitones(between)) == pytest.approx(0.5, abs=1e-4), "not 0, their mean remainder"


def test_a_flat_note_is_put_in_tune_and_its_vibrato_survives():
    sung = melody(60, 62, 64 - 0.35, 65, 67, 65, 64, 62, 60, vibrato_cents=40, seconds=6 / 5.5)
    frames = round(6 / 5.5 * FRAME_RATE)
    before, after = (curve[0, 2 * frames + 30 : 3 * frames - 30] for curve in (sung, tuned(sung)))
    assert float(before.mean()) == pytest.approx(64 - 0.35, abs=0.03)
    assert float(after.mean()) == pytest.approx(64, abs=0.05)
    assert float(after.max() - after.min()) == pytest.approx(0.80, rel=0.1)
    assert float(after.std()) == pytest.approx(float(before.std()), rel=0.1)


def test_half_the_amount_is_half_the_correction_and_none_is_none():
    sung = melody(60, 62.3, 64, 65, 60)
    middle = slice(150 + 60, 300 - 60)
    corrections = [float((tuned(sung, amount) - sung)[0, middle].mean()) for amount in (0.5, 1.0)]
    assert corrections[0] == pytest.approx(corrections[1] / 2, rel=0.01)
    assert -0.35 < corrections[1] < -0.2
    f0_hz = dsp.midi_to_hz(sung)
    assert torch.equal(adaptation.autotune(f0_hz, 0.0), f0_hz)


def test_vibrato_about_a_pitch_between_two_semitones_does_not_flip():
    sung = melody(60, 62, 60.45, 62, 60, vibrato_cents=60, seconds=1.2)
    flips = tuned(sung).diff().abs()[0, 620:880].max()
    assert flips < 1.1 * sung.diff().abs()[0, 620:880].max()
    assert torch.round(sung).diff().abs()[0, 620:880].max() == 1.0, "rounding each frame does"


def test_legato_neighbours_are_corrected_each_by_its_own_error():
    errors = [0.0, 0.25, -0.25, 0.0, 0.2, -0.2]
    sung = melody(*(60 + n + error for n, error in zip([0, 1, 2, 4, 5, 7], errors, strict=True)))
    after, frames = tuned(sung)[0], round(0.6 * FRAME_RATE)
    for index, note in enumerate([60, 61, 62, 64, 65, 67]):
        assert float(after[index * frames + 20 : (index + 1) * frames - 20].median()) == pytest.approx(note, abs=0.02)


def test_a_singer_in_tune_with_themselves_at_A_432_is_left_there():
    sung = melody(60, 62, 64, 65) + 12 * math.log2(432 / 440)
    assert (tuned(sung) - sung).abs().max() < 1 * CENT


def test_a_slide_of_a_fifth_stays_one_slide():
    slide = torch.linspace(60.2, 66.8, 60)[None]
    sung = torch.cat([melody(60.2), slide, melody(66.8)], dim=1)
    after = tuned(sung)[0]
    assert (after.diff() > -2 * CENT).all(), "it only rises"
    assert after.diff().max() < 2 * slide.diff().max(), "and never jumps"


def test_rests_are_not_listened_to():
    sung = melody(60, 62.3, 64, 65, 60)
    mask = sounding(sung)
    mask[:, 300:450] = False
    disturbed = sung.clone()
    disturbed[:, 300:450] = 31.7
    assert torch.allclose(tuned(sung, mask=mask)[mask], tuned(disturbed, mask=mask)[mask], atol=1e-3)


def test_a_note_before_a_rest_is_corrected_to_its_last_frame():
    sung = melody(60, 60, 62.3, 31.7, 60, 60, 64)
    mask = sounding(sung)
    mask[:, 450:600] = False
    correction = (tuned(sung, mask=mask) - sung)[0, 400:450]
    assert float(correction.mean()) < -0.2
    assert (correction - correction[0]).abs().max() < 1 * CENT


def test_the_running_median_follows_a_step_at_once_and_averages_vibrato_away():
    step = melody(60, 64)[0]
    assert torch.equal(adaptation.running_median(step, 51), step)
    vibrato = melody(60, vibrato_cents=50, seconds=2.0)[0]
    assert (adaptation.running_median(vibrato, 50) - 60).abs()[50:-50].max() < 20 * CENT
