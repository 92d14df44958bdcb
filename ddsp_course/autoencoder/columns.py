"""The table of an evaluation: which sounds are its rows, and what each of its columns means."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One measure of the table, and what exactly it is.

    key; a short heading; unit; digits to show; better: "less", "more" or "" (neither); average over phrases: "mean",
    or "median" where single phrases can be far out.   Lesson 11.
    """

    key: str
    heading: str
    unit: str
    digits: int
    better: str
    definition: str
    average: str = "mean"


COLUMNS: tuple[Column, ...] = (
    Column("loss", "loss", "", 2, "less", "Multi-scale spectral loss at the six trained window sizes."),
    Column(
        "share", "of the way", "%", 0, "more", "Way of the loss from the median spectrum (0 %) to the re-take (100 %)."
    ),
    Column("loss_unseen", "unseen sizes", "", 2, "less", "The same loss at six window sizes that nobody trained on."),
    Column(
        "cepstral",
        "cepstral",
        "dB",
        1,
        "less",
        "Mel-cepstral distance, coefficients 1 to 13, while sounding; nobody trained on it.",
    ),
    Column("timbre", "timbre", "dB", 1, "less", "Mean difference of levels in 40 mel bands while sounding."),
    Column("loudness", "loudness", "dB", 1, "less", "Median difference of A-weighted loudness while sounding."),
    Column(
        "loudness_l1",
        "loudness L1",
        "dB",
        1,
        "less",
        "Mean difference of A-weighted loudness over all frames (as the reference code).",
    ),
    Column(
        "loudness_l1_standardized",
        "loudness L1 std.",
        "",
        3,
        "less",
        "The same over the deviation of the recordings' loudness (as Engel et al. 2020 writes).",
    ),
    Column(
        "loudness_rest", "in rests", "dB", 1, "less", "Mean difference of A-weighted loudness in rests, room included."
    ),
    Column(
        "dereverberation",
        "rests drier",
        "dB",
        1,
        "more",
        "How much further the dry stem falls in rests than the recording does (each against its own playing).",
    ),
    Column(
        "rest_error",
        "rest error",
        "dB",
        1,
        "less",
        "Mean difference of 40 mel-band levels in true rests: dry stem against true dry sound.",
    ),
    Column(
        "decay_wet",
        "decay wet",
        "s",
        2,
        "",
        "Time to fall by 60 dB after note-offs, wet sound; median over phrases.",
        "median",
    ),
    Column(
        "decay_dry",
        "decay dry",
        "s",
        2,
        "",
        "Time to fall by 60 dB after note-offs, dry stem; median over phrases.",
        "median",
    ),
    Column(
        "f0_l1",
        "F0 L1",
        "semitones",
        3,
        "less",
        "Mean difference of tracked pitches where the original's confidence is at least 0.85.",
    ),
    Column(
        "f0_median_cents", "F0 median", "cents", 1, "less", "Median difference of tracked pitches on the same frames."
    ),
    Column("rpa", "RPA", "%", 1, "more", "Raw pitch accuracy: voiced frames within 50 cents (mir_eval)."),
    Column("rca", "RCA", "%", 1, "more", "Raw chroma accuracy: the same, octave errors forgiven (mir_eval)."),
    Column(
        "outliers_paper",
        "F0 outliers, paper",
        "%",
        1,
        "less",
        "Frames of the resynthesis with confidence below 0.85, rests included (Engel et al. 2020).",
    ),
    Column(
        "outliers_code",
        "F0 outliers, code",
        "%",
        1,
        "less",
        "Phrases whose mean F0 error exceeds 12 semitones (reference code).",
    ),
    Column(
        "f0_l1_second",
        "F0 L1, 2nd tracker",
        "semitones",
        3,
        "less",
        "F0 L1 as a second pitch tracker hears both sounds.",
    ),
    Column(
        "f0_median_cents_second",
        "F0 median, 2nd tracker",
        "cents",
        1,
        "less",
        "Median difference of pitches as a second pitch tracker hears both sounds.",
    ),
    Column(
        "rpa_second",
        "RPA, 2nd tracker",
        "%",
        1,
        "more",
        "Raw pitch accuracy as a second pitch tracker hears both sounds.",
    ),
)
COLUMN = {column.key: column for column in COLUMNS}
HEADLINES = ("loss", "share", "loss_unseen", "cepstral", "timbre", "loudness", "loudness_rest", "dereverberation")
PITCH = (
    "f0_l1",
    "f0_median_cents",
    "rpa",
    "rca",
    "outliers_paper",
    "outliers_code",
    "f0_l1_second",
    "f0_median_cents_second",
    "rpa_second",
)
MORE = ("loudness_l1", "loudness_l1_standardized", "rest_error", "decay_wet", "decay_dry")
RECORDING, MODEL, RETAKE, MEDIAN = "recording", "model", "re-take", "median spectrum"
YARDSTICKS = (RETAKE, "1 dB too loud", "dry for wet", MEDIAN, "coloured noise", "silence")
NOT_PLAYED = (RECORDING, "1 dB too loud", "silence")
"""No performances: how far they have come between a constant spectrum and a re-take is no question."""
BASELINES = ("constant timbre", "shuffled loudness", "shuffled F0", "other instrument", "untrained")
