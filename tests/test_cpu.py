"""The CPU level and the number of threads, each in a fresh process: a process decides on its level once."""

from __future__ import annotations

import os
import subprocess
import sys

import linclass_cpp as lc
import pytest

LEVELS = lc.cpu.levels()


def python(code: str, **environment: str) -> str:
    """What the code prints, in a process whose environment lacks our variables unless they are given."""
    ours = ("LINCLASS_LEVEL", "OMP_NUM_THREADS")
    environment = {name: value for name, value in os.environ.items() if name not in ours} | environment
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


FIT = """
import numpy as np
import linclass_cpp as lc
model = lc.fit(np.arange(20.0).reshape(10, 2), np.arange(10) % 2, loss="logistic", l2=1e-2)
print(lc.cpu.level(), model.report.level)
"""
REFUSED = """
import linclass_cpp as lc
try:
    lc.cpu.level()
except ValueError as error:
    print(error)
"""


def test_the_highest_level_is_the_default() -> None:
    assert python(FIT) == f"{LEVELS[-1]} {LEVELS[-1]}"
    assert python(FIT, LINCLASS_LEVEL="") == f"{LEVELS[-1]} {LEVELS[-1]}"


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_can_be_forced(level: str) -> None:
    assert python(FIT, LINCLASS_LEVEL=level) == f"{level} {level}"


@pytest.mark.parametrize("wrong", ["v9", "avx2", "V3", "native" if LEVELS != ["native"] else "v3"])
def test_a_wrong_level_is_refused_with_the_good_ones(wrong: str) -> None:
    message = python(REFUSED, LINCLASS_LEVEL=wrong)
    assert f"LINCLASS_LEVEL={wrong} is not built" in message
    assert ", ".join(LEVELS) in message


THREADS = "import linclass_cpp as lc; print(lc.cpu.threads())"


@pytest.mark.parametrize(("variable", "threads"), [("1", 1), ("3", 3), ("4,2", 4)])
def test_threads_follow_omp_num_threads(variable: str, threads: int) -> None:
    assert python(THREADS, OMP_NUM_THREADS=variable) == str(threads)


@pytest.mark.parametrize("nonsense", ["", "0", "-2", "many", "99999999999999999999"])
def test_a_useless_omp_num_threads_is_passed_over(nonsense: str) -> None:
    assert python(THREADS, OMP_NUM_THREADS=nonsense) == python(THREADS)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no processor affinity on this system")
def test_threads_respect_affinity() -> None:
    allowed = len(os.sched_getaffinity(0))
    assert 1 <= int(python(THREADS)) <= allowed
    assert python(f"import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); {THREADS}") == "1"
