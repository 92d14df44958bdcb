"""What the project says of itself, in five files, agrees."""

from __future__ import annotations

import fnmatch
import hashlib
import re
from pathlib import Path

import pytest
import yaml

try:
    import tomllib
except ImportError:  # Python 3.10
    from pip._vendor import tomli as tomllib

import ddsp_course

ROOT = Path(__file__).resolve().parent.parent
CONDA_NAMES = {"torch": "pytorch", "torchaudio": "torchaudio"}
"""What comes from conda-forge, and what it is called there; pip brings all else, from the project itself."""


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def conda() -> dict:
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def test_conda_gets_the_same_python_and_libraries_as_pip(project, conda):
    bounds = {re.match(r"[\w-]+", line)[0]: line for line in project["dependencies"]}
    expected = {"python" + project["requires-python"], "pip"}
    expected |= {bounds[name].replace(name, there, 1) for name, there in CONDA_NAMES.items()}
    assert {line for line in conda["dependencies"] if isinstance(line, str)} == expected


def test_conda_leaves_the_rest_to_pip_and_the_project(project, conda):
    [by_pip] = [line for line in conda["dependencies"] if isinstance(line, dict)]
    assert by_pip == {"pip": ["-e .[course]"]}
    assert "course" in project["optional-dependencies"]
    assert conda["channels"][0] == "conda-forge"
    assert conda["name"] == project["name"]


def test_every_dependency_is_listed_once_and_open_upward(project):
    """A bound from above needs a reason: something known to break (pyproject.toml says what)."""
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for extra in extras.values() for line in extra)]
    names = [re.match(r"[\w-]+", line)[0].lower() for line in lines]
    assert len(names) == len(set(names))
    assert [line for line in lines if re.search(r"<|==|~=", line)] == ["torch>=2.4,<2.15"]


def test_the_version_is_the_same_everywhere(project):
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {project["version"], str(citation["version"]), ddsp_course.__version__} == {ddsp_course.__version__}
    assert citation["license"] == project["license"] == "Apache-2.0"


def test_the_citation_has_what_the_format_asks_for():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    paper = citation["references"][0]
    assert [author["family-names"] for author in paper["authors"]] == ["Engel", "Hantrakul", "Gu", "Roberts"]
    assert paper["identifiers"][0]["value"] == "arXiv:2001.04643"


def test_the_licence_is_the_whole_text_and_the_lessons_have_their_own():
    text = (ROOT / "LICENSE").read_bytes()
    # The text as apache.org publishes it; Debian ships the same bytes in its common licences.
    assert hashlib.sha256(text).hexdigest() == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
    assert "CC BY 4.0" in (ROOT / "lessons" / "LICENSE.md").read_text(encoding="utf-8")


def test_every_file_that_is_not_python_is_installed_with_the_package():
    """A wheel without the template, the widgets or the trained instrument would fail only at a learner's."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["ddsp_course"]
    package = ROOT / "ddsp_course"
    others = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc", ".nbi", ".nbc")
    ]
    assert [name for name in others if not any(fnmatch.fnmatch(name, pattern) for pattern in patterns)] == []


def test_the_console_command_leads_to_the_commands(project):
    module, _, function = project["scripts"]["ddsp-course"].partition(":")
    assert callable(getattr(__import__(module, fromlist=[function]), function))
