"""The parts of the sample-by-sample loops, each against what mathematics or physics says."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from ddsp_course.instruments import waveguide_loops as loops


def line_of(values) -> np.ndarray:
    """A delay line into which `values` were written, the newest last, at index len - 1."""
    line = np.zeros(2048)
    line[: len(values)] = values
    return line


@pytest.mark.parametrize("delay", [1.0, 2.0, 3.25, 7.5, 100.9])
def test_a_cubic_is_read_exactly_between_its_samples(delay):
    def cubic(t):
        return 1 + 0.1 * t - 0.02 * t**2 + 0.0005 * t**3

    line = line_of(cubic(np.arange(200)))
    assert loops.read_line(line, 199, delay) == pytest.approx(cubic(199 - delay))


@pytest.mark.parametrize("delay", [10.0, 17.3, 40.75])
@pytest.mark.parametrize("width", [1.0, 2.0, 3.0])
def test_rounding_delays_every_frequency_alike_and_takes_treble_away(delay, width):
    """A sine of 1 or 4 kHz comes back `delay` samples late, by the Gaussian's own gain weaker."""
    for frequency in (1000 / 64_000, 4000 / 64_000):
        angle = 2 * np.pi * frequency
        heard = [
            loops.read_rounded(line_of(wave(angle * np.arange(200))), 199, delay, width) for wave in (np.cos, np.sin)
        ]
        turned = (heard[0] + 1j * heard[1]) * np.exp(-1j * angle * (199 - delay))
        assert np.angle(turned) / angle == pytest.approx(0, abs=0.03)  # samples
        assert np.abs(turned) == pytest.approx(np.exp(-0.5 * (angle * width) ** 2), abs=0.01)
    assert loops.read_rounded(line_of(np.ones(200)), 199, delay, width) == pytest.approx(1)


@pytest.mark.parametrize("opening", [0.2, 0.45, 0.6])
def test_the_reed_obeys_bernoulli(opening):
    """Flow and pressure drop fit together; a shut reed lets nothing through."""
    for drop in np.linspace(-1.5, 0.999, 60):
        flow = loops.flow_through_reed(drop, opening)
        across = drop - flow  # the pressure left across the reed
        expected = np.sign(across) * opening * (1 - across) * np.sqrt(abs(across))
        assert flow == pytest.approx(expected, abs=1e-6)
    assert loops.flow_through_reed(1.2, opening) == 0.0


CALL = """
import sys; sys.path.insert(0, sys.argv[1])
import numpy, waveguide_loops as loops
print(loops.read_line(numpy.arange(2048.0), 100, 2.5))
"""


def run_copy(folder, **environment) -> str:
    """Compile one function of a copy of the loops that lies in `folder`."""
    environment = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")} | environment
    done = subprocess.run(
        [sys.executable, "-c", CALL, str(folder)], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_compiled_loops_are_remembered_and_do_without_a_place_to_remember_them(tmp_path):
    """A read-only installation is imitated by a file where the folder would be: that stops root too."""
    folder, taken = tmp_path / "package", tmp_path / "taken"
    folder.mkdir()
    taken.touch()
    shutil.copy(loops.__file__, folder)
    where = tmp_path / "numba cache"
    assert run_copy(folder, NUMBA_CACHE_DIR=str(where)) == "97.5"
    assert list(where.rglob("*.nbi"))

    (folder / "__pycache__").touch()
    assert run_copy(folder, HOME=str(taken), NUMBA_CACHE_DIR=str(taken / "x"), PYTHONDONTWRITEBYTECODE="1") == "97.5"
    assert (folder / "__pycache__").is_file() and not taken.is_dir()
