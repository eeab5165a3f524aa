"""Races on one machine, in one process each, every library in every round.

    python bench/run.py epoch       an epoch of minibatch descent on MNIST, batches of 32, 128 and 512
    python bench/run.py gradient    one value and gradient of the softmax loss on MNIST
    python bench/run.py import      import time beyond NumPy's own, in fresh interpreters

Writes bench/results/WORKLOAD.json and prints its table (bench/report.py prints it again).
Ratios count: seconds differ between machines.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import machine
import numpy as np
import problems
import report

PEERS = ["linclass", "scikit_learn", "pytorch"]
RESULTS = Path(__file__).parent / "results"


def summary(seconds: list[float]) -> dict[str, float]:
    return {"best": min(seconds), "median": float(np.median(seconds)), "worst": max(seconds)}


def race(runners: dict[str, Callable[[], object]], rounds: int) -> dict[str, dict[str, float]]:
    """Seconds of each, round by round, so that a disturbance meets all alike; one unmeasured round first."""
    seconds: dict[str, list[float]] = {name: [] for name in runners}
    for round_ in range(rounds + 1):
        for name, run in runners.items():
            start = time.perf_counter()
            run()
            if round_:
                seconds[name].append(time.perf_counter() - start)
    return {name: summary(s) for name, s in seconds.items()}


def epoch(rounds: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for dtype in (np.float64, np.float32):
        X, y = problems.mnist(dtype)
        for batch in (32, 128, 512):
            runners = {p: importlib.import_module(f"peers.{p}").epoch(X, y, batch) for p in PEERS}
            rows.append({"case": f"MNIST {dtype.__name__}, batch {batch}", "seconds": race(runners, rounds)})
    return rows


def gradient(rounds: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for dtype in (np.float64, np.float32):
        X, y = problems.mnist(dtype)
        runners = {p: importlib.import_module(f"peers.{p}").gradient(X, y) for p in PEERS}
        read = machine.read_seconds(X, machine.describe()["threads"])  # type: ignore[arg-type]
        rows.append({"case": f"MNIST {dtype.__name__}", "seconds": race(runners, rounds), "read": read})
    return rows


def import_(rounds: int) -> list[dict[str, object]]:
    code = "import numpy, time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"

    def beyond_numpy(module: str) -> float:
        done = subprocess.run([sys.executable, "-c", code.format(module)], check=True, capture_output=True, text=True)
        return float(done.stdout)

    names = {"linclass": "linclass_cpp", "scikit_learn": "sklearn.linear_model", "pytorch": "torch"}
    runs = {name: summary([beyond_numpy(module) for _ in range(rounds + 1)][1:]) for name, module in names.items()}
    return [{"case": "import beyond NumPy", "seconds": runs}]


WORKLOADS: dict[str, Callable[[int], list[dict[str, object]]]] = {
    "epoch": epoch,
    "gradient": gradient,
    "import": import_,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    result = {"workload": arguments.workload, "machine": machine.describe()}
    result["rows"] = WORKLOADS[arguments.workload](arguments.rounds)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{arguments.workload}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(report.table(path))


if __name__ == "__main__":
    main()
