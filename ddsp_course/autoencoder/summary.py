"""What an evaluation says, in sentences that a visitor understands and a sceptic can check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddsp_course.autoencoder.columns import BASELINES, COLUMN, MEDIAN, MODEL, RECORDING, RETAKE

if TYPE_CHECKING:
    from ddsp_course.autoencoder.scores import Estimate, Evaluation


def sentences(evaluation: Evaluation) -> list[str]:
    """The findings of an evaluation in a handful of sentences, each with its yardstick beside it.   Lesson 11."""
    takes = len({phrase.take for phrase in evaluation.phrases})
    new = " that the model never heard" if evaluation.unheard else ""
    found = [
        f"Scored on {evaluation.seconds:.0f} s{new}: {_count(len(evaluation.phrases), 'phrase')} "
        f"of {_count(takes, 'take')}; in brackets 95 % intervals from resampling {evaluation.resampled}."
    ]
    if not evaluation.enough_for_a_verdict:
        found.append("That is too little for intervals to mean anything: judge on more phrases.")
    for sentence in (_way, _loudness, _timbre, _rests, _pitch, _baselines, _rooms):
        if said := sentence(evaluation):
            found.append(said)
    if not evaluation.rests_known:
        found.append("Rests are estimated from loudness and confidence: nobody told us when the player stopped.")
    return found + list(evaluation.notes)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _bracket(estimate: Estimate, digits: int) -> str:
    return f"{estimate.value:.{digits}f} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"


def _way(evaluation: Evaluation) -> str:
    loss, median = (evaluation.estimate(sound) for sound in (MODEL, MEDIAN))
    share, retake = evaluation.estimate(MODEL, "share"), evaluation.estimate(RETAKE)
    if loss is None or median is None:
        return ""
    if share is None or retake is None:
        return (
            f"Its loss is {_bracket(loss, 2)}; a constant median spectrum has {median.value:.2f}, and what the same "
            "performance played again would have is not known here."
        )
    return (
        f"It goes {_bracket(share, 0)} % of the way from a constant median spectrum (loss {median.value:.2f}) to the "
        f"same performance played again ({retake.value:.2f}): its own loss is {_bracket(loss, 2)}."
    )


def _loudness(evaluation: Evaluation) -> str:
    loudness = evaluation.estimate(MODEL, "loudness")
    return (
        ""
        if loudness is None
        else f"While sounding, half of its frames are within {_bracket(loudness, 1)} dB in loudness."
    )


def _timbre(evaluation: Evaluation) -> str:
    model, retake = (evaluation.estimate(sound, "timbre") for sound in (MODEL, RETAKE))
    if model is None:
        return ""
    floor = "" if retake is None else f"; the performance played again differs by {retake.value:.1f} dB"
    return f"Its mel bands are off by {_bracket(model, 1)} dB while sounding{floor}."


def _rests(evaluation: Evaluation) -> str:
    model, truth = (evaluation.estimate(sound, "dereverberation") for sound in (MODEL, RECORDING))
    if model is None:
        return ""
    best = "" if truth is None else f"; the true dry sound is {truth.value:.0f} dB drier"
    if model.value < 0:
        return f"In the rests its dry stem is no drier than the recording, but {-model.value:.1f} dB louder{best}."
    return f"In the rests its dry stem is {_bracket(model, 1)} dB drier than the recording{best}."


def _pitch(evaluation: Evaluation) -> str:
    cents, accuracy = evaluation.estimate(MODEL, "f0_median_cents"), evaluation.estimate(MODEL, "rpa")
    if cents is None or accuracy is None:
        return ""
    second = evaluation.estimate(MODEL, "f0_median_cents_second")
    heard = "" if second is None else f" (a second tracker says {second.value:.1f} cents)"
    return (
        f"Its pitch is right within {_bracket(cents, 1)} cents{heard}, {accuracy.value:.1f} % of voiced frames within "
        "50: a check of the wiring, no achievement, because pitch goes straight to the oscillators."
    )


def _baselines(evaluation: Evaluation) -> str:
    asked = [name for name in BASELINES if name in evaluation.scores]
    if not asked:
        return ""
    columns = ("loss", "cepstral")
    beaten = [name for name in asked if all(evaluation.loses(name, column) for column in columns)]
    others = [name for name in asked if name not in beaten]
    headings = " and ".join({"cepstral": "mel-cepstral distance"}.get(key, COLUMN[key].heading) for key in columns)
    said = f"Worse than the model in {headings}, beyond doubt: {', '.join(beaten)}." if beaten else ""
    doubt = f"Not shown to be worse than the model: {', '.join(others)}." if others else ""
    return " ".join(part for part in (said, doubt) if part)


def _rooms(evaluation: Evaluation) -> str:
    broadband = evaluation.room.get("t20_s", {}).get("broadband", {})
    learned, true = broadband.get("learned"), broadband.get("true")
    if learned is None or learned != learned:
        return ""
    truth = "" if true is None else f"; the true one takes {true:.2f} s"
    return f"The room it has learned dies away by 60 dB in {learned:.2f} s (T20){truth}."
