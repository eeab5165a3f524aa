"""Races on one machine. Ratios count: seconds differ between machines.

    python bench/run.py race        time to 1e-6 relative suboptimality, every library with its best solver (race.py)
    python bench/run.py default     MNIST as each library fits it when nothing is set
    python bench/run.py latency     iris: a fit, and the prediction of one row, from Python and from C++
    python bench/run.py estimator   the same through the estimators: a fit on iris, one row of MNIST predicted
    python bench/run.py epoch       an epoch of minibatch descent on MNIST, batches of 32, 128 and 512
    python bench/run.py updates     the same with momentum and with Adam
    python bench/run.py gradient    one value and gradient of the softmax loss on MNIST
    python bench/run.py read        a LIBSVM file of 200 MB, made from MNIST
    python bench/run.py import      import time beyond NumPy's own, in fresh interpreters

Writes bench/results/*.json and prints their tables (bench/report.py prints them again).
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import machine
import numpy as np
import problems
import race
import report

HERE = Path(__file__).parent
RACERS = ["linclass", "scikit_learn", "scikit_learn_intelex", "glum", "liblinear", "snapml", "pytorch"]
PEERS = ["linclass", "scikit_learn", "pytorch"]
Rows = list[dict[str, object]]


def write(path: Path, result: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")


# ------------------------------------------------------------------------------------------------------- the race


def race_group(group: str, arguments: argparse.Namespace) -> None:
    """Cases and libraries that were not asked for stay in the file as long as machine and engine are the same."""
    cases = [case for case in problems.groups()[group] if case.name.startswith(tuple(arguments.case))]
    if not cases:
        return
    path = report.RESULTS / f"race-{group}.json"
    described = {key: value for key, value in machine.describe().items() if key != "load_before"}
    earlier = json.loads(path.read_text()) if path.exists() else {}
    done = earlier["cases"] if earlier.get("machine") == described else {}
    for case in cases:
        optima = json.loads(report.OPTIMA.read_text()) if report.OPTIMA.exists() else {}
        runner = race.Race(case, optima, arguments.budget, arguments.rounds)
        result = runner.run(arguments.peers)
        write(report.OPTIMA, optima | {runner.key: {key: result[key] for key in ("optimum", "bound")}})
        result["peers"] = done.get(case.name, {}).get("peers", {}) | result["peers"]
        done[case.name] = result
        ordered = {case.name: done[case.name] for case in problems.groups()[group] if case.name in done}
        write(path, {"workload": f"race-{group}", "machine": described, "cases": ordered})
    print(report.tables([path]))


# -------------------------------------------------------------------------- a few functions, every one in every round


def summary(seconds: list[float]) -> dict[str, float]:
    return {"best": min(seconds), "median": float(np.median(seconds)), "worst": max(seconds)}


def alternate(runners: dict[str, Callable[[], object]], rounds: int, calls: int = 1) -> dict[str, dict[str, float]]:
    """Seconds of each, round by round, so that a disturbance meets all alike; one unmeasured round first."""
    seconds: dict[str, list[float]] = {name: [] for name in runners}
    for round_ in range(rounds + 1):
        for name, run in runners.items():
            start = time.perf_counter()
            for _ in range(calls):
                run()
            if round_:
                seconds[name].append((time.perf_counter() - start) / calls)
    return {name: summary(s) for name, s in seconds.items()}


def latency(rounds: int) -> Rows:
    X, y = problems.iris()
    warnings.simplefilter("ignore")  # scikit-learn's defaults do not converge
    runners = {p: importlib.import_module(f"peers.{p}").latency(X, y) for p in [*PEERS[:2], "scikit_learn_intelex"]}
    calls = {"fit": 20, "predict one row": 1000}
    native = native_latency(X, y, calls, rounds)
    rows: Rows = []
    for what in calls:
        seconds = alternate({peer: runner[what] for peer, runner in runners.items()}, rounds, calls[what])
        ours = {"linclass": seconds.pop("linclass"), "linclass, C++": summary(native[what])}
        rows.append({"case": f"iris, {what}", "seconds": ours | seconds})
    return rows


def native_latency(X: np.ndarray, y: np.ndarray, calls: dict[str, int], rounds: int) -> dict[str, list[float]]:
    """The same through C++: a program that finds the library in the installed package."""
    with tempfile.TemporaryDirectory() as folder:
        configure = ["cmake", "-S", str(HERE / "native"), "-B", folder, "-DCMAKE_BUILD_TYPE=Release"]
        subprocess.run([*configure, f"-DPython_EXECUTABLE={sys.executable}"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["cmake", "--build", folder], check=True, stdout=subprocess.DEVNULL)
        np.savetxt(Path(folder, "data"), np.column_stack([X, y]), header=f"{X.shape[0]} {X.shape[1]}", comments="")
        command = [f"{folder}/latency", f"{folder}/data", str(rounds), *map(str, calls.values())]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {what: [float(s) for s in line.split()] for what, line in zip(calls, printed.splitlines(), strict=True)}


def estimator(rounds: int) -> Rows:
    (X, y), (images, digits) = problems.iris(), problems.mnist()
    warnings.simplefilter("ignore")
    modules = {peer: importlib.import_module(f"peers.{peer}") for peer in PEERS[:2]}
    fits = {peer: partial(module.ESTIMATOR().fit, X, y) for peer, module in modules.items()}
    fits["linclass, native"] = modules["linclass"].latency(X, y)["fit"]
    rows: Rows = [{"case": "iris, fit", "seconds": alternate(fits, rounds, 20)}]
    for dtype in (np.float64, np.float32):
        sample, row = images[:1000].astype(dtype), images[1000:1001].astype(dtype)
        fitted = {peer: module.ESTIMATOR().fit(sample, digits[:1000]) for peer, module in modules.items()}
        asked = {peer: partial(model.predict, row) for peer, model in fitted.items()}
        asked["linclass, native"] = partial(fitted["linclass"].model_.predict, row)
        seconds = alternate(asked, rounds, 1000)
        rows.append({"case": f"MNIST {dtype.__name__}, predict one row", "seconds": seconds})
    return rows


def epoch(rounds: int) -> Rows:
    rows: Rows = []
    for dtype in (np.float64, np.float32):
        X, y = problems.mnist(dtype)
        for batch in (32, 128, 512):
            runners = {p: importlib.import_module(f"peers.{p}").epoch(X, y, batch) for p in PEERS}
            rows.append({"case": f"MNIST {dtype.__name__}, batch {batch}", "seconds": alternate(runners, rounds)})
    return rows


def updates(rounds: int) -> Rows:
    rows: Rows = []
    peers = [importlib.import_module(f"peers.{peer}") for peer in ("linclass", "pytorch")]
    for dtype in (np.float64, np.float32):
        X, y = problems.mnist(dtype)
        for batch, update in itertools.product((32, 128), ("momentum", "adam")):
            runners = {peer.__name__.removeprefix("peers."): peer.epoch(X, y, batch, update) for peer in peers}
            case = f"MNIST {dtype.__name__}, batch {batch}, {update}"
            rows.append({"case": case, "seconds": alternate(runners, rounds)})
    return rows


def gradient(rounds: int) -> Rows:
    rows: Rows = []
    for dtype in (np.float64, np.float32):
        X, y = problems.mnist(dtype)
        runners = {p: importlib.import_module(f"peers.{p}").gradient(X, y) for p in PEERS}
        read = machine.read_seconds(X, problems.CORES)
        rows.append({"case": f"MNIST {dtype.__name__}", "seconds": alternate(runners, rounds), "read": read})
    return rows


def read(rounds: int) -> Rows:
    from linclass_cpp import datasets
    from sklearn.datasets import dump_svmlight_file, load_svmlight_file

    rows: Rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "mnist.svm"))
        dump_svmlight_file(*problems.mnist(np.float64), path, zero_based=False)
        size = Path(path).stat().st_size / 1e6
        for dtype in (np.float64, np.float32):
            runners: dict[str, Callable[[], object]] = {
                "linclass": partial(datasets.read_libsvm, path, dtype=dtype),
                "scikit_learn": partial(load_svmlight_file, path, dtype=dtype),
            }
            rows.append({"case": f"LIBSVM, {size:.0f} MB, {dtype.__name__}", "seconds": alternate(runners, rounds)})
    return rows


def import_(rounds: int) -> Rows:
    code = "import numpy, time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"

    def beyond_numpy(module: str) -> float:
        done = subprocess.run([sys.executable, "-c", code.format(module)], check=True, capture_output=True, text=True)
        return float(done.stdout)

    names = {"linclass": "linclass_cpp", "scikit_learn": "sklearn.linear_model", "pytorch": "torch"}
    runs = {name: summary([beyond_numpy(module) for _ in range(rounds + 1)][1:]) for name, module in names.items()}
    return [{"case": "import beyond NumPy", "seconds": runs}]


ROUNDS: dict[str, Callable[[int], Rows]] = {
    "latency": latency,
    "estimator": estimator,
    "epoch": epoch,
    "updates": updates,
    "gradient": gradient,
    "read": read,
    "import": import_,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", choices=["race", "default", *ROUNDS])
    parser.add_argument("--rounds", type=int, default=5, help="of what takes less than a second in a race; of the rest")
    parser.add_argument("--case", nargs="+", default=[""], help="race: how the names of the cases begin")
    parser.add_argument("--peers", type=lambda names: names.split(","), default=RACERS, help="race: libraries, a,b,c")
    parser.add_argument("--budget", type=float, default=30.0, help="race: seconds that a fit may take")
    arguments = parser.parse_args()
    if arguments.workload in ROUNDS:
        path = report.RESULTS / f"{arguments.workload}.json"
        result: dict[str, object] = {"workload": arguments.workload, "machine": machine.describe()}
        result["rows"] = ROUNDS[arguments.workload](arguments.rounds)
        write(path, result)
        print(report.tables([path]))
    for group in problems.groups():
        if arguments.workload == ("default" if group == "default" else "race"):
            race_group(group, arguments)


if __name__ == "__main__":
    main()
