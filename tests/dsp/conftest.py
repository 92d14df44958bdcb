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
