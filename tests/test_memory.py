"""Peak memory: X as it is plus little. Each case in a fresh process, since the system's peak never falls."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from conftest import data_file

resource = pytest.importorskip("resource", reason="peak memory is asked from POSIX systems")

BODY = """
import gzip, json, resource, sys
import numpy as np
import linclass_cpp as lc

def peak():  # bytes; macOS counts bytes, Linux KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

with gzip.open({images!r}) as file:
    file.read(16)
    X = np.empty((60000, 784))
    for row in X:
        row[:] = np.frombuffer(file.read(784), np.uint8)
        row /= 255
with gzip.open({labels!r}) as file:
    file.read(8)
    y = np.frombuffer(file.read(), np.uint8)
import warnings; warnings.simplefilter("ignore")
lc.fit(X[:2000], y[:2000], max_iter=1)  # the engine is loaded
before = peak()
model = lc.fit(X[:2000], y[:2000], max_iter=1)
"""


def grown(code: str, **environment: str) -> dict[str, int]:
    """Bytes by which `code` raises the peak of a process that holds MNIST in float64, and their sum with X."""
    images, labels = (str(data_file(f"mnist/train-{name}.gz")) for name in ("images-idx3-ubyte", "labels-idx1-ubyte"))
    program = BODY.format(images=images, labels=labels) + code
    program += "\nprint(json.dumps({'grown': peak() - before, 'X': X.nbytes}))"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ | environment
    )
    answer: dict[str, int] = json.loads(result.stdout)
    assert answer["X"] == 376_320_000
    return answer


@pytest.mark.parametrize(
    "options",
    [
        "solver='lbfgs', max_iter=5",
        "solver='lbfgs', max_iter=5, loss='logistic'",
        "solver='sgd', max_iter=1",
        "solver='sgd', max_iter=1, loss='hinge', batch_size=1",
        "solver='gd', max_iter=3",
    ],
)
def test_fit_needs_x_and_60_megabytes(options: str) -> None:
    loss = "" if "loss" in options else "loss='softmax', "
    answer = grown(f"assert lc.fit(X, y, l2=1e-4, {loss}{options}).report.copies == 0")
    assert answer["grown"] <= 60e6, f"{answer['grown'] / 1e6:.0f} MB beyond X"


def test_preconditioned_lbfgs_needs_what_its_formula_says() -> None:
    """60 MB; K triangles of (d + 1)^2 float32 and what they are made from; n K scores in both types; the sample."""
    n, d, K = 60_000, 784, 10
    sample = max(n / 16, 10 * (d + 1))
    limit = 60e6 + 2 * 4 * K * (d + 1) ** 2 + (4 + 8) * n * K + 4 * sample * d
    assert limit <= 150e6
    answer = grown("assert lc.fit(X, y, l2=1e-4, solver='preconditioned-lbfgs', max_iter=5).report.copies == 0")
    assert answer["grown"] <= limit, f"{answer['grown'] / 1e6:.0f} MB beyond X, {limit / 1e6:.0f} allowed"


def test_evaluate_needs_x_and_60_megabytes() -> None:
    answer = grown("""
objective = lc.Objective(X, y, l2=1e-4)
w = np.zeros(objective.shape)
objective.value_and_gradient(w), objective.curvature_times(w, w), objective.gap(w)""")
    assert answer["grown"] <= 60e6


def test_predictions_make_nothing_of_rows_times_outputs() -> None:
    """A thousand outputs would be 480 MB of scores."""
    answer = grown("""
from linclass_cpp import _core
core = _core.Model("softmax", "auto", 1000, False, np.ones((1000, 784)), np.zeros(1000))
wide = lc.Model(core, np.arange(1000), None)
before = peak()
predicted = wide.predict(X[:20_000])""")
    assert answer["grown"] <= 20e6
