"""Sound on its way in: recordings, what is tracked from them, and the cache that remembers it."""

from ddsp_course.data.cache import cache_folder, remember
from ddsp_course.data.config import PRESETS, AudioConfig, config_for_rate
from ddsp_course.data.doctor import DataReport, doctor
from ddsp_course.data.downloads import download
from ddsp_course.data.errors import CourseError
from ddsp_course.data.features import crepe_tracker, extract_all, extract_features, pyin_tracker
from ddsp_course.data.files import write_atomically
from ddsp_course.data.recordings import Recordings, from_array, from_folder, load_recording, save_audio
from ddsp_course.data.refinement import refine_pitch, refined_tracker
from ddsp_course.data.splits import cut, sounding, split
from ddsp_course.data.types import Features, Note, Performance, Recording

__all__ = [
    "PRESETS",
    "AudioConfig",
    "CourseError",
    "DataReport",
    "Features",
    "Note",
    "Performance",
    "Recording",
    "Recordings",
    "cache_folder",
    "config_for_rate",
    "crepe_tracker",
    "cut",
    "doctor",
    "download",
    "extract_all",
    "extract_features",
    "from_array",
    "from_folder",
    "load_recording",
    "pyin_tracker",
    "refine_pitch",
    "refined_tracker",
    "remember",
    "save_audio",
    "sounding",
    "split",
    "write_atomically",
]
