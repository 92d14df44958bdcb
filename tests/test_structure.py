"""The rules of the house that a reader of the code relies on, kept by reading the code."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "ddsp_course"
MADE_BY_TOOLS = {"build", "demo", "runs", "workbook", "venv", "dist", "__pycache__"}


def repository_files() -> Iterator[Path]:
    """What is written by hand or committed: not what .gitignore names. Without git, for a clone may be a mere copy."""
    for parent, folders, names in os.walk(ROOT):
        hidden = {name for name in folders if name.startswith(".") and name != ".ci"}
        made = {name for name in folders if name in MADE_BY_TOOLS or name.endswith(".egg-info")}
        environments = {name for name in folders if (Path(parent) / name / "pyvenv.cfg").exists()}
        folders[:] = sorted(set(folders) - hidden - made - environments)
        yield from (Path(parent, name) for name in sorted(names))


def modules(*rooms: str) -> list[Path]:
    return [path for room in rooms for path in sorted((PACKAGE / room).rglob("*.py"))]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("module", modules("dsp", "data", "autoencoder"), ids=named)
def test_every_public_function_and_class_names_the_lesson_that_builds_it(module):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    public = [
        node
        for node in ast.parse(module.read_text(encoding="utf-8")).body
        if isinstance(node, kinds) and not node.name.startswith("_")
    ]
    silent = [node.name for node in public if not re.search(r"Lessons?\s+\d", ast.get_docstring(node) or "")]
    assert not silent, f"{named(module)}: no lesson in the docstring of {', '.join(silent)}"


@pytest.fixture(scope="module")
def imported() -> dict:
    """What a fresh interpreter has after the four imports that are the package's face."""
    return json.loads(
        python(
            "import json, sys\n"
            "from ddsp_course import dsp, data, instruments, autoencoder\n"
            "loaded = sorted(sys.modules)\n"
            "rooms = (dsp, data, instruments, autoencoder)\n"
            "missing = {r.__name__: [n for n in r.__all__ if not hasattr(r, n)] for r in rooms}\n"
            "print(json.dumps({'loaded': loaded, 'missing': missing}))"
        )
    )


def test_each_room_shows_the_names_it_lists(imported):
    assert set(imported["missing"]) == {f"ddsp_course.{room}" for room in ("dsp", "data", "instruments", "autoencoder")}
    assert not any(imported["missing"].values()), imported["missing"]


def test_importing_the_four_rooms_loads_nothing_slow_that_may_never_be_needed(imported):
    slow = {"numba", "librosa", "torchcrepe", "matplotlib", "av", "mir_eval", "IPython", "scipy.signal", "scipy.stats"}
    assert slow & set(imported["loaded"]) == set()


def test_without_widgets_a_notebook_is_told_what_to_install():
    said = python(
        "import sys\n"
        "sys.modules['anywidget'] = None\n"
        "try: from ddsp_course.classroom import listening\n"
        "except ImportError as error: print(error)"
    )
    assert said.startswith("Notebooks need anywidget, which is not installed here: run pip install -e '.[course]'")


def test_the_package_by_itself_loads_nothing():
    assert python("import ddsp_course, sys; print('torch' in sys.modules or 'numpy' in sys.modules)") == "False"


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["--version"], ["generate", "trumpet"]])
def test_the_command_line_answers_without_torch(arguments):
    loaded = python(
        "import sys\n"
        "from ddsp_course import cli\n"
        "try: cli.main(" + repr(arguments) + ")\n"
        "except SystemExit: pass\n"
        'sys.stdout.write(f\'\\n{sorted({"torch", "numpy", "scipy"} & set(sys.modules))}\')'
    )
    assert loaded.splitlines()[-1] == "[]"


def test_no_file_is_named_after_nothing():
    empty_words = {"util", "utils", "helper", "helpers", "misc", "common", "manager", "managers"}
    assert [named(path) for path in repository_files() if empty_words & set(path.stem.lower().split("_"))] == []


def test_a_file_of_the_package_has_one_idea():
    """60 to 300 lines is what a file wants to be; at twice that it is two ideas. A lesson's exercises are a list."""
    long = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules(".")}
    lists = {named(path) for path in modules("classroom/exercises")}
    assert {name: lines for name, lines in long.items() if lines > (900 if name in lists else 400)} == {}


def test_arithmetic_is_never_traded_for_speed():
    assert [named(path) for path in modules(".") if re.search(r"fastmath\s*=\s*True", path.read_text())] == []


def test_nothing_points_out_of_the_repository():
    outside = [b"../" + b"shared", b"/wo" + b"rk/"]
    pointing = [named(path) for path in repository_files() if any(word in path.read_bytes() for word in outside)]
    assert pointing == []


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_a_pickle_is_never_executed():
    """torch.load runs what a file tells it to, unless weights_only is True; pickle and numpy have the same habit."""
    guilty = []
    for path in modules("."):
        for function, call in calls(path):
            allowed = {word.arg: ast.unparse(word.value) for word in call.keywords}
            if function == "torch.load" and allowed.get("weights_only") != "True":
                guilty.append(f"{named(path)}:{call.lineno} {function}")
            if function in ("pickle.load", "pickle.loads", "joblib.load") or allowed.get("allow_pickle") == "True":
                guilty.append(f"{named(path)}:{call.lineno} {function}")
    assert guilty == []


def test_no_test_is_skipped_but_for_want_of_a_gpu():
    guilty = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for function, call in calls(path):
            skips = function.rpartition(".")[2] in ("skip", "skipif", "importorskip", "xfail")
            if skips and function.startswith("pytest") and "cuda" not in ast.unparse(call).lower():
                guilty.append(f"{named(path)}:{call.lineno} {ast.unparse(call)}")
    assert guilty == []
