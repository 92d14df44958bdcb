"""Players with known truth: the course's own recordings."""

from ddsp_course.instruments.bowed_string import bowed_string
from ddsp_course.instruments.ensemble import INSTRUMENTS, play
from ddsp_course.instruments.reed import reed
from ddsp_course.instruments.room import room_impulse_response
from ddsp_course.instruments.voice import voice

__all__ = ["INSTRUMENTS", "bowed_string", "play", "reed", "room_impulse_response", "voice"]
