"""What the notebooks need and the model does not."""

from ddsp_course.classroom.workbook import workbook

__all__ = ["workbook"]
