"""Players with known truth: the course's own recordings."""

from ddsp_course.instruments.bowed_string import bowed_string
from ddsp_course.instruments.room import room_impulse_response

__all__ = ["bowed_string", "room_impulse_response"]
