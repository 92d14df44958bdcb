"""The Makefile itself, run for real with a stand-in for the environment that writes down what it is asked to do."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TARGETS = ("demo", "lab", "test", "test-full", "test-browser", "lint", "clean")


@dataclass
class Clone:
    """A copy of the Makefile and its tools in a path with spaces, beside an environment in another."""

    folder: Path
    venv: Path

    @property
    def log(self) -> Path:
        return self.folder.parent / "log.jsonl"

    def make(self, *arguments: str, path: str | None = None, **environment: str) -> subprocess.CompletedProcess:
        self.log.unlink(missing_ok=True)
        # The make that runs these tests hands its own variables down; this one is to know nothing of them.
        ours = re.compile(r"MAKE|MFLAGS|VENV|PYTHON|TORCH_INDEX|DDSP_COURSE|EFFORT")
        clean = {name: value for name, value in os.environ.items() if not ours.match(name)}
        # Should a stand-in ever be passed by, pip is to find nothing rather than some GB.
        clean |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
        clean |= {"STAND_IN_LOG": str(self.log), **environment}
        if path is not None:
            clean["PATH"] = path
        make = shutil.which("make")
        return subprocess.run([make, *arguments], cwd=self.folder, env=clean, capture_output=True, text=True)

    def asked(self) -> list[dict]:
        """What the environment's Python was asked to run, in order: arguments and a few variables."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def pip(self) -> list[list[str]]:
        return [call["arguments"][2:] for call in self.asked() if call["arguments"][:3] == ["-m", "pip", "install"]]

    def modules(self) -> list[str]:
        return [" ".join(call["arguments"]) for call in self.asked() if "pip" not in call["arguments"]]


STAND_IN = """\
import json, os, sys
arguments = sys.argv[1:]
if arguments[:1] == ["-c"] and "lint_imports" not in arguments[1] or arguments[:1] == ["tools/set_up.py"]:
    os.execv({python!r}, [{python!r}, *arguments])
if arguments == ["-m", "pip", "--version"]:
    sys.exit(0)
names = ("PYTHONPATH", "OMP_NUM_THREADS", "DDSP_COURSE_CACHE", "DDSP_COURSE_WORKBOOK", "DDSP_COURSE_EFFORT",
         "DDSP_COURSE_BROWSER", "IPYTHONDIR", "DDSP_COURSE_NETWORK_LOG")
said = {{"arguments": arguments, "environment": {{name: os.environ.get(name) for name in names}}}}
with open(os.environ["STAND_IN_LOG"], "a") as log:
    log.write(json.dumps(said) + "\\n")
if arguments == ["tools/find_browser.py"]:
    print("/a browser")
if os.environ.get("STAND_IN_REACHES_OUT") and "--nbval" in arguments:
    with open(os.environ["DDSP_COURSE_NETWORK_LOG"], "a") as log:
        log.write("socket.connect 192.0.2.1\\n")
failing = os.environ.get("STAND_IN_FAILS")
sys.exit(3 if failing and failing in " ".join(arguments) else 0)
"""


def stand_in(venv: Path) -> None:
    (venv / "bin").mkdir(parents=True)
    script = venv / "stand_in.py"
    script.write_text(STAND_IN.format(python=sys.executable))
    # By way of the shell: the line that names a script's interpreter knows no spaces, and either path may have some.
    (venv / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
    (venv / "bin" / "python").chmod(0o755)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    folder = tmp_path / "a clone with spaces"
    (folder / "tools").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "tools/set_up.py"):
        shutil.copy(ROOT / name, folder / name)
    venv = tmp_path / "an environment"
    stand_in(venv)
    return Clone(folder, venv)


def test_make_alone_says_what_it_can_do_and_does_nothing(clone):
    done = clone.make()
    assert done.returncode == 0
    for target in TARGETS:
        assert re.search(rf"^make {target}\s", done.stdout, re.MULTILINE), f"help is silent on {target}"
    assert clone.asked() == []


def test_demo_installs_the_core_only_and_runs_the_demo(clone):
    assert clone.make("demo", f"VENV={clone.venv}").returncode == 0
    [installed] = clone.pip()
    assert any(line.startswith("torch>=") for line in installed)
    assert not [line for line in installed if re.match("pytest|ruff|jupyterlab|playwright", line)]
    assert clone.modules() == ["-m ddsp_course.cli demo"]


def test_the_package_is_found_by_path_and_never_installed_into_a_shared_environment(clone):
    clone.make("demo", f"VENV={clone.venv}")
    assert clone.asked()[-1]["environment"]["PYTHONPATH"] == str(clone.folder)
    assert "--editable" not in shlex.join(word for call in clone.pip() for word in call)


def test_an_environment_of_its_own_gets_the_package_too(clone):
    stand_in(clone.folder / ".venv")
    assert clone.make("demo").returncode == 0
    assert clone.pip()[-1][-3:] == ["--no-deps", "--editable", str(clone.folder)]


def test_a_second_run_installs_nothing(clone):
    clone.make("demo", f"VENV={clone.venv}")
    clone.make("demo", f"VENV={clone.venv}")
    assert clone.pip() == []
    assert clone.modules() == ["-m ddsp_course.cli demo"]


def test_another_target_adds_what_it_needs_once(clone):
    clone.make("demo", f"VENV={clone.venv}")
    clone.make("lab", f"VENV={clone.venv}")
    assert any(line.startswith("jupyterlab") for line in clone.pip()[0])
    clone.make("test", f"VENV={clone.venv}")
    assert any(line.startswith("pytest") for line in clone.pip()[0])
    for target in ("demo", "lab", "test", "lint"):
        clone.make(target, f"VENV={clone.venv}")
        assert clone.pip() == [], target


def test_a_changed_pyproject_is_installed_again(clone):
    clone.make("demo", f"VENV={clone.venv}")
    project = clone.folder / "pyproject.toml"
    project.write_text(project.read_text().replace('"torch>=2.4,<2.15"', '"torch>=2.5,<2.15"'))
    clone.make("demo", f"VENV={clone.venv}")
    assert "torch>=2.5,<2.15" in clone.pip()[0]


def test_an_interrupted_install_is_taken_up_again(clone):
    done = clone.make("demo", f"VENV={clone.venv}", STAND_IN_FAILS="-m pip install")
    assert done.returncode != 0 and "the same command tries again" in done.stderr
    assert clone.modules() == [], "nothing runs in half an environment"
    assert clone.make("demo", f"VENV={clone.venv}").returncode == 0
    assert len(clone.pip()) == 1


def test_torch_can_come_from_an_index_of_its_own(clone):
    clone.make("demo", f"VENV={clone.venv}", "TORCH_INDEX=https://index.invalid/cpu")
    first, second = clone.pip()
    place = first.index("--index-url")
    assert first[place + 1 :] == ["https://index.invalid/cpu", "torch>=2.4,<2.15", "torchaudio>=2.4"]
    assert "--index-url" not in second and "numpy>=1.24" in second


def test_tests_run_in_stages_in_a_world_of_their_own(clone):
    stale = clone.folder / "build" / "test" / "cache" / "stale"
    stale.parent.mkdir(parents=True)
    stale.touch()
    assert clone.make("test", f"VENV={clone.venv}").returncode == 0
    assert not stale.exists()
    warm, unit, slow = clone.asked()[1:]
    assert warm["arguments"] == ["-m", "ddsp_course.cli", "doctor", "--warm"]
    assert "--dist=loadgroup" in unit["arguments"] and unit["environment"]["OMP_NUM_THREADS"] == "1"
    assert slow["arguments"][-2:] == ["-m", "slow"] and slow["environment"]["OMP_NUM_THREADS"] == "2"
    for call in (warm, unit, slow):
        assert call["environment"]["DDSP_COURSE_CACHE"] == str(clone.folder / "build" / "test" / "cache")
        assert call["environment"]["DDSP_COURSE_WORKBOOK"] == str(clone.folder / "build" / "test" / "workbook")
        assert call["environment"]["DDSP_COURSE_EFFORT"] == "test"


def test_a_full_test_trains_at_full_length(clone):
    clone.make("test-full", f"VENV={clone.venv}")
    assert {call["environment"]["DDSP_COURSE_EFFORT"] for call in clone.asked()[1:]} == {"full"}


def test_a_failing_stage_fails_the_tests(clone):
    assert clone.make("test", f"VENV={clone.venv}", STAND_IN_FAILS="loadgroup").returncode != 0


def some_notebooks(clone: Clone) -> None:
    for folder in ("lessons", "solutions"):
        (clone.folder / folder).mkdir()
        for name in ("02_harmonics.ipynb", "11_training.ipynb"):
            (clone.folder / folder / name).touch()


def test_notebooks_are_tested_once_there_are_some_and_the_training_lesson_alone_in_earnest(clone):
    some_notebooks(clone)
    clone.make("test", f"VENV={clone.venv}")
    short, earnest = [call for call in clone.asked() if "--nbval" in call["arguments"]]
    assert {"lessons/02_harmonics.ipynb", "lessons/11_training.ipynb", "solutions/02_harmonics.ipynb"} <= set(
        short["arguments"]
    )
    assert "solutions/11_training.ipynb" not in short["arguments"] and "-n" in short["arguments"]
    assert "solutions/11_training.ipynb" in earnest["arguments"] and "-n" not in earnest["arguments"]
    assert earnest["environment"]["DDSP_COURSE_EFFORT"] == "full"
    assert earnest["environment"]["OMP_NUM_THREADS"] == "2"
    assert "--dist=loadfile" in short["arguments"], "cells of one notebook share a kernel"


def test_the_kernels_of_notebooks_are_guarded_against_the_network(clone):
    some_notebooks(clone)
    clone.make("test", f"VENV={clone.venv}")
    asked = clone.asked()
    [guard] = [index for index, call in enumerate(asked) if call["arguments"][:1] == ["tests/network_guard.py"]]
    of_notebooks = [index for index, call in enumerate(asked) if "--nbval" in call["arguments"]]
    assert len(of_notebooks) == 2 and guard < min(of_notebooks)
    for index in of_notebooks:
        assert asked[index]["environment"]["IPYTHONDIR"] == asked[guard]["arguments"][1]
        assert asked[index]["environment"]["DDSP_COURSE_NETWORK_LOG"] == str(clone.folder / "build/test/network.log")


def test_a_notebook_that_reached_for_the_network_fails_the_tests_even_if_it_went_on(clone):
    some_notebooks(clone)
    done = clone.make("test", f"VENV={clone.venv}", STAND_IN_REACHES_OUT="1")
    assert done.returncode != 0
    assert "A notebook reached for the network:\nsocket.connect 192.0.2.1" in done.stderr
    assert clone.make("test", f"VENV={clone.venv}").returncode == 0, "and the next time it is forgotten"


def test_the_browser_that_was_found_is_handed_to_the_tests(clone):
    assert clone.make("test-browser", f"VENV={clone.venv}").returncode == 0
    assert clone.asked()[-1]["environment"]["DDSP_COURSE_BROWSER"] == "/a browser"


def test_without_a_browser_no_test_pretends_to_have_run(clone):
    done = clone.make("test-browser", f"VENV={clone.venv}", STAND_IN_FAILS="find_browser")
    assert done.returncode != 0
    assert not any("pytest" in line for line in clone.modules())


def test_lint_formats_checks_and_looks_at_the_arrows(clone):
    clone.make("lint", f"VENV={clone.venv}")
    said = "\n".join(clone.modules())
    assert "ruff format --check" in said and "ruff check" in said and "lint_imports" in said
    assert "tools/build_lessons.py --check" in said


def test_clean_leaves_what_is_the_learners(clone):
    for folder in (".venv", "demo", "runs", "workbook", "build", ".pytest_cache", "ddsp_course/__pycache__"):
        (clone.folder / folder).mkdir(parents=True)
    clone.make("clean")
    left = {path.name for path in clone.folder.iterdir()}
    assert {".venv", "demo", "runs", "workbook", "ddsp_course"} <= left
    assert not {"build", ".pytest_cache"} & left and not (clone.folder / "ddsp_course" / "__pycache__").exists()


def test_a_python_that_is_there_but_does_not_run_is_passed_over(clone, tmp_path):
    """pyenv puts a python3.13 on the path that only says that there is no python3.13."""
    bare = tmp_path / "bare path"
    bare.mkdir()
    (bare / "python3.13").write_text("#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2\nexit 127\n")
    (bare / "python3.12").write_text("#!/bin/sh\nexit 1\n")
    (bare / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    for script in bare.iterdir():
        script.chmod(0o755)
    (clone.folder / "file").write_text("in the way: no environment fits here")
    done = clone.make("demo", "VENV=file/venv", path=f"{bare}:/nowhere")
    assert "could not make a virtual environment" in done.stderr, "python3 was found, and did what it could"


def test_no_python_at_all_is_one_sentence(clone):
    done = clone.make("demo", path="/nowhere")
    [sentence] = [line for line in done.stderr.splitlines() if line.startswith("make: ") and "***" not in line]
    assert "No Python 3.10 or newer runs here" in sentence
    named = clone.make("demo", "PYTHON=/no/such/python", path="/nowhere")
    assert "under the name /no/such/python" in named.stderr


def test_the_makefile_keeps_to_what_make_3_81_knows():
    """macOS ships that one; what it does not know it ignores, and then does something else."""
    text = "\n".join(line for line in (ROOT / "Makefile").read_text().splitlines() if not line.startswith("#"))
    for newer in (
        ".ONESHELL",
        ".SHELLFLAGS",
        ".RECIPEPREFIX",
        "!=",
        "::=",
        "$(file ",
        "$(guile",
        "undefine",
        "$(abspath",
    ):
        assert newer not in text, newer
    recipes = re.findall(r"^\t.*$", text, re.MULTILINE)
    assert not [line for line in recipes if re.search(r"\$\(VENV\)/bin/(?!python)", line)], "python -m, never a script"
    targets = re.findall(r"^([^\s#:=]+(?: [^\s#:=]+)*):(?!=)", text, re.MULTILINE)
    assert targets and not [target for target in targets if target.startswith(("/", "$"))]


def test_ci_runs_the_three_targets_and_nothing_clever():
    script = (ROOT / ".ci" / "run").read_text().splitlines()
    assert script[0] == "#!/usr/bin/env bash"
    assert script[-1] == "make lint test test-browser"
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
