"""What a lesson's two notebooks are as pages: whole, compared, self-contained, and silent about the answers."""

from __future__ import annotations

import ast
import re
import sys

import pytest
from every_lesson import ALL, ROOT, calls, code_cells, each_lesson, each_notebook, own_words, read
from lesson_notebooks import LESSONS, SOLUTIONS, is_compared, lessons_of, tags_of
from lesson_rules import printed


def test_every_source_has_both_notebooks_and_there_are_some():
    assert ALL and [lesson.stem for lesson in lessons_of(ROOT)] == [lesson.stem for lesson in ALL]
    for folder in (LESSONS, SOLUTIONS):
        assert {path.stem for path in (ROOT / folder).glob("*.ipynb")} == {lesson.stem for lesson in ALL}


@each_notebook
def test_something_is_compared_and_what_it_is_compared_with_is_stored(lesson, kind):
    compared = [cell for cell in read(lesson, kind).cells if is_compared(cell)]
    assert compared
    for cell in compared:
        assert "nbval-check-output" in tags_of(cell) and printed(cell).strip(), cell.source
        assert cell.execution_count is not None, "nbval would take it for a cell that never ran"


@each_notebook
def test_everything_else_is_left_out_of_the_comparison(lesson, kind):
    for cell in code_cells(read(lesson, kind)):
        assert ("nbval-ignore-output" in tags_of(cell)) != is_compared(cell)
        assert is_compared(cell) or cell.outputs == []


@each_lesson
def test_no_answer_is_given_away(lesson):
    whole = lesson.notebook(LESSONS).read_text(encoding="utf-8")
    assert "BEGIN SOLUTION" not in whole and "END SOLUTION" not in whole
    page = read(lesson, LESSONS)
    lines = "\n".join(line.strip() for cell in page.cells for line in cell.source.splitlines() if line.strip())
    for words in own_words(lesson):
        assert words not in lines
    exercises = [cell for cell in page.cells if "exercise" in tags_of(cell)]
    assert all('raise NotImplementedError("your turn")' in cell.source for cell in exercises)
    questions = [cell for cell in page.cells if "question" in tags_of(cell)]
    assert all("answer=None" in cell.source for cell in questions)


@each_lesson
def test_the_first_code_cell_says_what_to_do_where_the_package_is_missing(lesson, monkeypatch):
    monkeypatch.setitem(sys.modules, "ddsp_course", None)
    first = code_cells(read(lesson, LESSONS))[0].source
    with pytest.raises(SystemExit, match=r"(?s)package is missing.*make lab.*pip install -e '.\[course\]'"):
        exec(first, {})


@each_lesson
def test_every_picture_has_a_text_alternative_and_every_sound_goes_through_the_players(lesson):
    page = read(lesson, LESSONS)
    for function, call in calls(page):
        if function.startswith("plots."):
            alt = [word.value for word in call.keywords if word.arg == "alt"]
            assert alt, f"{ast.unparse(call):.60} has no alt="
        assert function.rpartition(".")[2] not in ("show", "display", "Audio", "Image", "savefig"), ast.unparse(call)
    drawing = {"matplotlib", "IPython", "ipywidgets", "anywidget", "plotly", "seaborn"}
    for cell in code_cells(page):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [name.name for name in node.names]
                assert not drawing & {name.partition(".")[0] for name in names}, ast.unparse(node)


@each_notebook
def test_no_path_leans_on_where_the_repository_lies(lesson, kind):
    """A lesson runs in the learner's workbook, a copy of it anywhere."""
    paths = re.compile(r"^(/|~|\.{1,2}/|(lessons|solutions|ddsp_course|tests|tools|docs|build)/)|\.\./")
    for cell in code_cells(read(lesson, kind)):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not paths.search(node.value), node.value
            assert not (isinstance(node, ast.Name) and node.id == "__file__")
