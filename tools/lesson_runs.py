"""A notebook run from a clean kernel, in a folder of its own, as a test runs it."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

CELL_TIMEOUT_S = 1200


@dataclass(frozen=True)
class Reported:
    """A number that a notebook printed, before it was rounded to so many digits after the point."""

    label: str
    value: float
    digits: int


@dataclass(frozen=True)
class Run:
    """A notebook with its outputs; what each cell reported, by the cell's place; what it cost the kernel."""

    notebook: NotebookNode
    reported: Mapping[int, tuple[Reported, ...]]
    cpu_s: float


class CellFailed(Exception):
    """A cell stopped the notebook. index: its place; the message says why."""

    def __init__(self, index: int, why: str) -> None:
        super().__init__(why)
        self.index = index


class ThisPython(AsyncKernelManager):
    """Kernels of the Python that runs now, whatever "python3" is to the rest of the machine."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]), **settings)


def run(
    notebook: NotebookNode,
    root: Path,
    *,
    threads: int = 1,
    effort: str = "test",
    environment: Mapping[str, str] | None = None,
) -> Run:
    """Run a copy of a notebook to its end, with the package that lies in root.

    threads: what torch and numba may use; effort: "test" or "full"; environment: what else the kernel is told.
    Raises CellFailed at the first cell that raises, hangs or takes the kernel with it.
    """
    notebook = copy.deepcopy(notebook)
    with tempfile.TemporaryDirectory(prefix="ddsp-course-lesson-", ignore_cleanup_errors=True) as scratch:
        folders = {name: Path(scratch) / name for name in ("work", "workbook", "ipython")}
        for folder in folders.values():
            folder.mkdir()
        log = Path(scratch) / "reported.jsonl"
        log.touch()
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            kernel_manager_class=ThisPython,
            timeout=CELL_TIMEOUT_S,
            record_timing=False,
            resources={"metadata": {"path": str(folders["work"])}},
        )
        settings = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH")))),
            "IPYTHONDIR": str(folders["ipython"]),  # nobody's own start-up files
            "MPLBACKEND": "Agg",
            "OMP_NUM_THREADS": str(threads),
            "DDSP_COURSE_EFFORT": effort,
            "DDSP_COURSE_WORKBOOK": str(folders["workbook"]),
            "DDSP_COURSE_REPORT_LOG": str(log),
            **(environment or {}),
        }
        before = _children_cpu_s()
        reported = {}
        # Cell by cell rather than by client.execute(), which takes Ctrl-C for itself.
        # What the kernel itself says (of TCP, of its end by Ctrl-C) is nothing to an author; cells do not write there.
        quiet = subprocess.DEVNULL
        with client.setup_kernel(env=settings, stdout=quiet, stderr=quiet), log.open(encoding="utf-8") as lines:
            for index, cell in enumerate(notebook.cells):
                _run_cell(client, cell, index)
                reported[index] = tuple(Reported(**json.loads(line)) for line in lines)
        return Run(notebook, reported, _children_cpu_s() - before)


def _run_cell(client: NotebookClient, cell: NotebookNode, index: int) -> None:
    try:
        client.execute_cell(cell, index)
    except CellExecutionError as error:
        why = str(error.evalue).strip().partition("\n")[0]
        raise CellFailed(index, f"it raised {error.ename}{': ' + why if why else ''}") from None
    except CellTimeoutError:
        raise CellFailed(index, f"it was not done after {CELL_TIMEOUT_S // 60} minutes") from None
    except DeadKernelError:
        raise CellFailed(index, "the kernel died in it") from None


def _children_cpu_s() -> float:
    """CPU seconds of the processes that this one has started and seen end."""
    times = os.times()
    return times.children_user + times.children_system
