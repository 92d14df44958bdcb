"""What the tests of dsp/ share."""

from pathlib import Path

import numpy as np
import pytest
import torch

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def reference():
    """Numbers of the reference implementation by name (tests/fixtures/README.md)."""
    with np.load(FIXTURES / "reference_numbers.npz") as numbers:
        return {name: torch.from_numpy(numbers[name]) for name in numbers.files}


@pytest.fixture(params=["compiled", "plain"])
def road(request, monkeypatch):
    """What has a compiled loop for the CPU by that, and by its form in plain torch for everywhere else."""
    from ddsp_course.dsp import compiled

    if request.param == "plain":
        monkeypatch.setattr(compiled, "_kernels", lambda: None)
    return request.param
