"""The one kind of error that is meant for the person at the keyboard."""


class CourseError(ValueError):
    """Something the user can mend: its text is one sentence that says what was wrong, where, and what to do.
    Lesson 0."""
