"""scikit-learn's own tests of its linear classifiers, from the installed scikit-learn, on our classes.

``deselected.txt`` lists what does not apply, with one of five reasons a line; all else passes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import sklearn

HERE = Path(__file__).parent
REASONS = {
    "tests a private function",
    "class not offered yet",
    "asks for the iteration count or bits of scikit-learn's own solver",
    "loss or schedule not offered",
    "penalises the intercept",
}
FILES = ["test_logistic", "test_perceptron", "test_sgd"]


def deselected() -> list[tuple[str, str]]:
    lines = (HERE / "deselected.txt").read_text().splitlines()
    return [tuple(line.split(": ", 1)) for line in lines if line and not line.startswith("#")]  # type: ignore[misc]


def test_each_line_has_a_reason() -> None:
    assert {reason for _, reason in deselected()} <= REASONS


@pytest.mark.parametrize("file", FILES)
def test_scikit_learns_tests(file: str, tmp_path: Path) -> None:
    if not sklearn.__version__.startswith("1.9."):
        pytest.skip(f"IS NOT TESTED with scikit-learn {sklearn.__version__}: the list is of the tests of 1.9")
    result = tmp_path / "result.json"
    paths = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "UPSTREAM_RESULT": str(result),
        "SCIPY_ARRAY_API": "1",
        "PYTEST_ADDOPTS": "",  # one process: replace.py counts what it sees
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--tb=short",
        "-p",
        "replace",
        "-p",
        "no:cacheprovider",
        "--pyargs",
    ]
    run = subprocess.run(
        [*command, f"sklearn.linear_model.tests.{file}"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout[-20000:] + run.stderr[-2000:]
    found = json.loads(result.read_text())
    stale = [p for p, _ in deselected() if p.startswith(file + "::") and p not in found["deselected"]]
    assert not stale, f"nothing matches {stale}"
    assert not found["idle"], f"these make none of our estimators: {found['idle']}"
    print(f"{file}: {run.stdout.splitlines()[-1]}")
