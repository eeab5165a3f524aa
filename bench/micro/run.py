"""The kernels of a pass, and whole passes, beside what the machine can do: one table per CPU level.

    python bench/micro/run.py [--quick] [--levels v3,v4] [--columns 784] [--outputs 10]

Builds kernels.cpp for every level that this machine runs (CMake and Eigen as for the package), times the kernels on all
threads, then Objective.value_and_gradient and curvature_times (again at the same w), both of which count two products
for each output; writes bench/results/kernels.json
unless only some columns or outputs were asked for.
A read is one stream through X with all threads, measured in the same rounds; the peak is of multiply-adds on registers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import linclass_cpp as lc
import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402
import report  # noqa: E402

Row = dict[str, Any]
COLUMNS = (28, 50, 200, 784, 10000)


def build() -> Path:
    """The directory of the executables."""
    folder = HERE.parents[1] / "build" / "micro"
    prefixes = [p for path in sys.path for p in (path, f"{path}/cmeel.prefix")]
    configure = ["cmake", "-S", str(HERE), "-B", str(folder), "-DCMAKE_BUILD_TYPE=Release"]
    subprocess.run([*configure, f"-DCMAKE_PREFIX_PATH={';'.join(filter(None, prefixes))}"], check=True, stdout=2)
    subprocess.run(["cmake", "--build", str(folder), "--parallel"], check=True, stdout=2)
    return folder


def kernels(program: Path, megabytes: int, rounds: int, columns: int, outputs: int) -> list[Row]:
    command = [str(program), str(megabytes), str(rounds), str(columns), str(outputs)]
    rows: list[Row] = []
    read = 0.0
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        name, dtype, layout, d, K, *numbers = line.split()
        seconds, flops, size = map(float, numbers)
        row: Row = {"kernel": name, "type": dtype, "layout": layout, "columns": int(d), "outputs": int(K)}
        row |= {"seconds": seconds, "GB/s": size / seconds / 1e9, "GFLOP/s": flops / seconds / 1e9}
        if name == "read":
            read = size / seconds
        rows.append(row | {"reads": seconds * read / size if read and size else 0})
    return rows


def of_peak(rows: list[Row]) -> list[Row]:
    """With each row's part of the highest peak of its type; the lower peaks are left out."""
    peaks = sorted((row for row in rows if row["kernel"] == "peak"), key=lambda row: row["GFLOP/s"])
    highest = {row["type"]: row for row in peaks}
    rows = [row for row in rows if row["kernel"] != "peak" or row is highest[row["type"]]]
    return [row | {"peak": row["GFLOP/s"] / highest[row["type"]]["GFLOP/s"]} for row in rows]


def short(row: Row) -> str:
    """A line, with four digits of each figure."""
    return json.dumps({key: float(f"{value:.4g}") if isinstance(value, float) else value for key, value in row.items()})


def best(functions: list[Callable[[], object]], rounds: int) -> list[float]:
    seconds = [float("inf")] * len(functions)
    for _ in range(rounds + 1):
        for i, function in enumerate(functions):
            start = time.perf_counter()
            function()
            seconds[i] = min(seconds[i], time.perf_counter() - start)
    return seconds


def objectives(megabytes: int, rounds: int, columns: int, outputs: int) -> list[Row]:
    rows: list[Row] = []
    random = np.random.default_rng(0)
    for d in [columns] if columns else COLUMNS:
        for dtype in (np.float64, np.float32):
            n = int(megabytes * 1e6 / (d * np.dtype(dtype).itemsize))
            for layout, order in (("row", "C"), ("column", "F")):
                X = np.empty((n, d), dtype, order)
                (X if order == "C" else X.T)[...] = random.random((n, d) if order == "C" else (d, n), np.float32)
                for K in [outputs] if outputs else (1, 10):
                    y = random.integers(0, max(K, 2), n)
                    P = lc.Objective(X, y, loss="logistic" if K == 1 else "softmax", l2=0.1)
                    w, v = np.zeros(P.shape), np.ones(P.shape)
                    functions = [lambda: P.value_and_gradient(w), lambda: P.curvature_times(w, v)]  # noqa: B023
                    read, *seconds = best([machine.reader(X, lc.cpu.threads()), *functions], rounds)
                    for name, s in zip(("value_and_gradient", "curvature_times"), seconds, strict=True):
                        row: Row = {"kernel": name, "type": np.dtype(dtype).name, "layout": layout, "columns": d}
                        row |= {"outputs": K, "seconds": s, "GB/s": X.nbytes / s / 1e9}
                        rows.append(row | {"GFLOP/s": 4e-9 * n * d * K / s, "reads": s / read})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="100 MB of X and fewer rounds instead of 300 MB")
    parser.add_argument("--levels", default=",".join(lc.cpu.levels()))
    parser.add_argument("--columns", type=int, default=0, help="only X of so many columns")
    parser.add_argument("--outputs", type=int, default=0, help="only so many outputs")
    parser.add_argument(
        "--objectives", action="store_true", help=argparse.SUPPRESS
    )  # in a process of its own: its level is fixed
    options = parser.parse_args()
    size = (100, 3) if options.quick else (300, 7)
    if options.objectives:
        print(json.dumps(objectives(*size, options.columns, options.outputs)))
        return
    folder, described = build(), machine.describe()
    results: dict[str, list[Row]] = {}
    for level in options.levels.split(","):
        rows = kernels(folder / f"kernels_{level}", *size, options.columns, options.outputs)
        again = [sys.executable, __file__, *sys.argv[1:], "--objectives"]
        environment = {**os.environ, "LINCLASS_LEVEL": level}
        rows += json.loads(subprocess.run(again, check=True, capture_output=True, env=environment).stdout)
        results[level] = rows = of_peak(rows)
        print(report.kernels_table(level, rows), end="\n\n", flush=True)
    if options.columns or options.outputs:
        return
    path = HERE.parent / "results" / "kernels.json"
    levels = ",\n".join(
        json.dumps(level) + ": [\n" + ",\n".join(map(short, rows)) + "\n]" for level, rows in results.items()
    )
    path.write_text(f'{{"workload": "kernels", "machine": {json.dumps(described)}, "levels": {{\n{levels}\n}}}}\n')


if __name__ == "__main__":
    main()
