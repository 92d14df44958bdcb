"""Building for real, with kernels: what is written, what is left alone, and what --check sees."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import build_lessons
import pytest
from lesson_table import BEGIN, END
from small_course import GOOD, SOLVED, Course, write_course

BUILDER = Path(build_lessons.__file__)


@pytest.fixture(scope="module")
def built_once(tmp_path_factory) -> Path:
    """The small course, built: four kernels."""
    root = write_course(tmp_path_factory.mktemp("built")).root
    assert build_lessons.main(["--root", str(root)]) == 0
    return root


@pytest.fixture
def built(built_once, tmp_path) -> Course:
    """A copy of it to spoil."""
    root = tmp_path / "course"
    shutil.copytree(built_once, root)
    return Course(root, build_lessons.lessons_of(root)[0])


def notebooks(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.glob("*/*.ipynb"))}


def outputs(root: Path, kind: str) -> dict[str, str]:
    cells = json.loads((root / kind / "03_gain.ipynb").read_bytes())["cells"]
    return {
        cell["id"]: "".join(text for out in cell["outputs"] for text in out["text"])
        for cell in cells
        if cell.get("outputs")
    }


def no_kernels(monkeypatch) -> None:
    def refuse(*_, **__):
        raise AssertionError("nothing was to be run")

    monkeypatch.setattr(build_lessons, "run", refuse)


def test_what_compared_cells_printed_is_kept_and_nothing_else(built):
    assert outputs(built.root, "lessons") == {**GOOD, "03-number-1": GOOD["03-number-1"] + "done\n"}
    assert outputs(built.root, "solutions") == SOLVED


def test_kept_outputs_carry_the_number_of_their_cell_and_no_time(built):
    cells = json.loads(built.lesson.notebook("lessons").read_bytes())["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    for number, cell in enumerate(code, 1):
        assert cell["execution_count"] == (number if cell["outputs"] else None)
        assert set(cell["metadata"]) == {"tags"}, "no time stamps"


def test_a_rebuild_gives_the_same_bytes(built):
    before = notebooks(built.root)
    assert len(before) == 2
    assert build_lessons.main(["--root", str(built.root), "--force"]) == 0
    assert notebooks(built.root) == before


def test_what_has_not_changed_is_not_run_again(built, monkeypatch, capsys):
    no_kernels(monkeypatch)
    assert build_lessons.main(["--root", str(built.root)]) == 0
    assert "03_gain: up to date." in capsys.readouterr().out


@pytest.mark.parametrize("file", ["source", "exercise_file"])
def test_what_has_changed_is_run_again(built, monkeypatch, file):
    no_kernels(monkeypatch)
    path = getattr(built.lesson, file)
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="nothing was to be run"):
        build_lessons.main(["--root", str(built.root)])


def test_check_is_content_with_what_was_built_and_runs_nothing(built, monkeypatch, capsys):
    no_kernels(monkeypatch)
    before = notebooks(built.root)
    assert build_lessons.main(["--root", str(built.root), "--check"]) == 0
    assert notebooks(built.root) == before and capsys.readouterr().err == ""


def spoil(path: Path, change) -> None:
    notebook = json.loads(path.read_bytes())
    change(notebook)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda n: n["cells"][2]["source"].append("\n"), "lessons/03_gain.ipynb was changed by hand in cell 3"),
        (lambda n: n["cells"][2]["metadata"]["tags"].pop(), "changed by hand in cell 3"),
        (lambda n: n["cells"][3]["outputs"].clear(), "has no output in cell 4"),
        (lambda n: n["cells"][0].update(id="other"), "changed by hand in cell 1"),
        (lambda n: n["cells"].pop(), "was changed by hand"),
        (lambda n: n["metadata"].update(widgets={}), "was changed by hand"),
        (lambda n: n["metadata"]["ddsp_course"].update(made_from="0"), "made from another source or exercise file"),
        (lambda n: n.pop("cells"), "is no notebook"),
    ],
)
def test_check_finds_a_notebook_that_is_not_what_its_source_makes(built, capsys, change, sentence):
    spoil(built.lesson.notebook("lessons"), change)
    assert build_lessons.main(["--root", str(built.root), "--check"]) == 1
    assert re.search(rf"{re.escape(sentence)}.*run python tools/build_lessons\.py", capsys.readouterr().err)


def test_check_finds_what_is_missing_stray_or_saved_elsewhere(built, capsys):
    built.lesson.notebook("solutions").unlink()
    (built.root / "lessons" / "04_gone.ipynb").write_text("{}")
    saved = built.lesson.notebook("lessons")
    saved.write_bytes(json.dumps(json.loads(saved.read_bytes())).encode())
    assert build_lessons.main(["--root", str(built.root), "--check"]) == 1
    said = capsys.readouterr().err
    assert "solutions/03_gain.ipynb is missing" in said
    assert "lessons/04_gone.ipynb has no source" in said
    assert "lessons/03_gain.ipynb was saved by something else" in said


def test_check_sees_a_broken_rule_without_running_anything(built, monkeypatch, capsys):
    no_kernels(monkeypatch)
    built.change(built.lesson.source, "5 minutes to read", "9 minutes to read")
    assert build_lessons.main(["--root", str(built.root), "--check"]) == 1
    assert "LESSON has 5 minutes to read, the top cell says 9" in capsys.readouterr().err


def test_the_readme_has_a_row_a_lesson_between_its_markers(built, capsys):
    readme = built.root / "README.md"
    row = r"| [03 Gain](lessons/03_gain.ipynb) | a gain in dB | it get louder \| softer | 5 + 1 |"
    before, between, after = re.split(f"{BEGIN}|{END}", readme.read_text(encoding="utf-8"))
    assert between.strip().splitlines()[2:] == [row]
    assert (before, after) == ("# A course\n\n", "\n\nThe end.\n")
    built.change(readme, "| a gain in dB |", "| again |")
    assert build_lessons.main(["--root", str(built.root), "--check"]) == 1
    assert "README.md: its table is not that of the lessons" in capsys.readouterr().err
    assert build_lessons.main(["--root", str(built.root)]) == 0
    assert row in readme.read_text(encoding="utf-8")


def test_a_readme_without_markers_gets_one_sentence(built, capsys):
    (built.root / "README.md").write_text("# A course\n", encoding="utf-8")
    built.lesson.notebook("lessons").unlink()
    assert build_lessons.main(["--root", str(built.root), "--check"]) == 1
    said = capsys.readouterr().err
    assert "README.md: put these two lines where the table is to stand" in said
    assert "03_gain.ipynb is missing" in said, "and everything else that is to be said"


def test_a_lesson_that_does_not_exist_is_named(course, capsys):
    assert build_lessons.main(["--root", str(course.root), "7"]) == 1
    assert "no source of a lesson 7 in lessons/source: there is 03" in capsys.readouterr().err


@pytest.mark.parametrize(
    "printed, sentence",
    [
        ("1 / 0", r"lessons/03_gain\.ipynb, cell 10 .*with 1 thread.*it raised ZeroDivisionError: division by zero"),
        ("os._exit(1)", r"cell 10 .*the kernel died in it"),
    ],
)
def test_a_lesson_that_stops_is_refused_and_nothing_is_written(course, capsys, printed, sentence):
    course.change(course.lesson.source, 'print("progress, which nobody compares")', printed)
    assert build_lessons.main(["--root", str(course.root)]) == 1
    assert re.search(sentence, capsys.readouterr().err)
    assert notebooks(course.root) == {}


def test_a_number_that_depends_on_the_threads_leaves_the_old_notebooks_alone(built, capsys):
    before = notebooks(built.root)
    built.change(built.lesson.source, 'print("done")', 'print(os.environ["OMP_NUM_THREADS"])')
    assert build_lessons.main(["--root", str(built.root)]) == 1
    assert re.search(r"(?s)cell 11 .*changes from run to run.*'1'\n    '2'", capsys.readouterr().err)
    assert notebooks(built.root) == before


def test_a_number_near_an_edge_is_found_in_the_log_of_its_own_cell(course, capsys):
    course.change(course.lesson.source, "gain(1.0, 6.0)", "1.9951")
    assert build_lessons.main(["--root", str(course.root)]) == 1
    assert re.search(r"cell 11 .*'an amplitude of 1, 6 dB up' is 1\.99510", capsys.readouterr().err)


def test_notebooks_run_in_a_world_of_their_own(course, tmp_path, monkeypatch, capsys):
    """An empty folder, a workbook that is not the author's, test effort, and nobody's IPython start-up files."""
    startup = tmp_path / "mine" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("theirs = 1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "mine"))
    monkeypatch.setenv("DDSP_COURSE_WORKBOOK", str(tmp_path / "my workbook"))
    seen = (
        'print(os.listdir("."), os.listdir(os.environ["DDSP_COURSE_WORKBOOK"]), '
        'os.environ["DDSP_COURSE_EFFORT"], "theirs" in globals())'
    )
    course.change(course.lesson.source, 'print("done")', seen)
    assert build_lessons.main(["--root", str(course.root)]) == 0, capsys.readouterr().err
    assert outputs(course.root, "solutions")["03-number-1"].splitlines()[1] == "[] [] test False"


def test_both_notebooks_are_written_or_neither(course, monkeypatch):
    first, second = (course.root / name for name in ("one", "two"))
    first.write_bytes(b"old")
    replace = os.replace

    def full_disk(source, target):
        if target == second:
            raise OSError("No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(OSError, match="No space"):
        build_lessons.write_together({first: b"new", second: b"new"})
    assert first.read_bytes() == b"old" and not second.exists()
    assert not list(course.root.glob(".*.part"))


def test_ctrl_c_says_so_and_leaves_whole_files(built):
    """In the middle of a cell of a notebook that runs."""
    before = notebooks(built.root)
    running = built.root / "running"
    slow = f"open({str(running)!r}, 'w').close(); import time; time.sleep(60)"
    built.change(built.lesson.source, 'print("progress, which nobody compares")', slow)
    command = [sys.executable, str(BUILDER), "--root", str(built.root)]
    environment = {**os.environ, "PYTHONPATH": str(BUILDER.parents[1])}
    at_a_terminal = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}  # in the background: ignored
    builder = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, **at_a_terminal)
    deadline = time.monotonic() + 60
    while not running.exists():
        assert builder.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    builder.send_signal(signal.SIGINT)
    _, said = builder.communicate(timeout=30)
    assert builder.returncode == 130 and "Stopped. What is written is whole" in said and "Traceback" not in said
    assert notebooks(built.root) == before
    assert not list(built.root.rglob(".*.part"))
