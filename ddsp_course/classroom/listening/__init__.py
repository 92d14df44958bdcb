"""Instruments for the ear in a notebook: what the lessons play, and what they let one play, is here."""

from ddsp_course.classroom.listening.blind import Abx, Rating, abx, rate
from ddsp_course.classroom.listening.comparison import Comparison, compare
from ddsp_course.classroom.listening.embedded import embed
from ddsp_course.classroom.listening.explorer import Explorer, Slider, explore
from ddsp_course.classroom.listening.harmonics import Instrument, play_harmonics
from ddsp_course.classroom.listening.live import LiveTraining, live_training
from ddsp_course.classroom.listening.recorded import Recorded
from ddsp_course.classroom.listening.recorder import Recorder, record
from ddsp_course.classroom.listening.takes import matched_gains
from ddsp_course.classroom.listening.yours import with_yours

__all__ = [
    "Abx",
    "Comparison",
    "Explorer",
    "Instrument",
    "LiveTraining",
    "Rating",
    "Recorded",
    "Recorder",
    "Slider",
    "abx",
    "compare",
    "embed",
    "explore",
    "live_training",
    "matched_gains",
    "play_harmonics",
    "rate",
    "record",
    "with_yours",
]
