"""What the machine is and what it can do at best: the yardstick beside every figure."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np


def cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def engine() -> str:
    """The commit's cpp/engine, by its content: what computes."""
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD:cpp/engine"], cwd=Path(__file__).parent, capture_output=True, text=True
    )
    return done.stdout.strip()


def reader(X: np.ndarray, threads: int) -> Callable[[], object]:
    """One read: streaming X once with all threads (NumPy's maximum over slices, which releases the GIL)."""
    pool = ThreadPoolExecutor(threads)
    slices = np.array_split(X.reshape(-1, order="A"), threads)
    return lambda: list(pool.map(np.max, slices))


def read_seconds(X: np.ndarray, threads: int, rounds: int = 7) -> float:
    """The best of so many reads."""
    read = reader(X, threads)
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        read()
        best = min(best, time.perf_counter() - start)
    return best


def describe() -> dict[str, object]:
    import linclass_cpp

    return {
        "cpu": cpu_name(),
        "level": linclass_cpp.cpu.level(),
        "threads": linclass_cpp.cpu.threads(),
        "load_before": os.getloadavg()[0],
        "python": platform.python_version(),
        "numpy": np.__version__,
        "linclass_cpp": linclass_cpp.__version__,
        "engine": engine(),
    }
