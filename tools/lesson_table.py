"""The table of lessons in README.md: what you build, what you hear, minutes."""

from __future__ import annotations

import re
from pathlib import Path

from lesson_notebooks import LESSONS, Lesson, LessonRefused

BEGIN = "<!-- lessons: this table is made by tools/build_lessons.py -->"
END = "<!-- end of the lessons -->"
HEAD = ("| lesson | what you build | what you hear | minutes |", "|---|---|---|---|")


def table(lessons: list[Lesson]) -> str:
    """A row a lesson, from the LESSON of its exercise file."""
    rows = []
    for lesson in lessons:
        about = lesson.exercises().LESSON
        link = f"[{about.number:02d} {about.title}]({LESSONS}/{lesson.stem}.ipynb)"
        minutes = f"{about.minutes_to_read} + {about.minutes_to_run}"
        rows.append("| " + " | ".join(_cell(text) for text in (link, about.builds, about.hears, minutes)) + " |")
    return "\n".join([*HEAD, *rows])


def with_table(readme: str, lessons: list[Lesson]) -> str:
    """The README with today's table between the two markers. Raises LessonRefused where they are not there."""
    between = re.compile(rf"(?<={re.escape(BEGIN)}\n).*?(?={re.escape(END)})", re.DOTALL)
    made, found = between.subn(lambda _: f"\n{table(lessons)}\n\n", readme)
    if found != 1:
        raise LessonRefused(f"README.md: put these two lines where the table is to stand: {BEGIN} and {END}")
    return made


def readme_of(root: Path) -> Path:
    return root / "README.md"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
