"""Time to a relative suboptimality of 1e-6: each solver of each library fits cold at ever smaller tolerances until it
first gets there. P is evaluated here, in float64; its optimum is the lowest value ever seen.
"""

from __future__ import annotations

import hashlib
import importlib
import multiprocessing
import os
import tempfile
import time
import warnings
from multiprocessing.connection import Connection
from pathlib import Path

import linclass_cpp as lc
import numpy as np
import report
from peers import linclass
from problems import Case

PROCESSES = multiprocessing.get_context("spawn")


def serve(pipe: Connection, peer: str, folder: str, C: float) -> None:
    """A library's process: answers each (solver, tol, small) with seconds and w of a fit, or with what went wrong."""
    warnings.simplefilter("ignore")
    try:
        module = importlib.import_module(f"peers.{peer}")
    except ImportError as error:
        return pipe.send((str(error), []))
    X, y = np.load(f"{folder}/X.npy"), np.load(f"{folder}/y.npy")
    pipe.send((module.VERSION, module.solvers(*X.shape, len(np.unique(y)))))
    rows, columns = (slice(None, None, max(1, size // most)) for size, most in zip(X.shape, (2000, 50), strict=True))
    part = np.ascontiguousarray(X[rows, columns]), y[rows]
    while True:
        solver, tol, small = pipe.recv()
        name, _, as_double = solver.partition(", ")
        data, labels = part if small else (X, y)
        try:
            start = time.perf_counter()
            W, b = module.fit(data.astype(np.float64) if as_double else data, labels, C, name, tol)
            seconds = time.perf_counter() - start
            pipe.send((seconds, np.column_stack([np.atleast_2d(W), b]).astype(np.float64)))
        except Exception as error:
            pipe.send(f"{type(error).__name__}: {error}"[:200])


class Worker:
    """A library in a process of its own on the first cores, which is ended when an answer takes too long."""

    def __init__(self, peer: str, case: Case, folder: str) -> None:
        self.cores, self.arguments = case.threads, (peer, folder, case.C)
        self.start()

    def start(self) -> None:
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, sorted(cores)[: self.cores])  # inherited: so every library sees as many
        self.pipe, theirs = PROCESSES.Pipe()
        self.process = PROCESSES.Process(target=serve, args=(theirs, *self.arguments), daemon=True)
        self.process.start()
        os.sched_setaffinity(0, cores)
        theirs.close()
        try:
            self.version, self.solvers = self.pipe.recv()
        except EOFError:
            self.version, self.solvers = "its process died", []

    def stop(self) -> None:
        self.process.kill()
        self.process.join()

    def fit(self, solver: str, tol: float | None, limit: float, small: bool = False) -> tuple | str | None:
        """Seconds and w; or what went wrong; or None where that took longer than limit seconds."""
        if not self.process.is_alive():
            self.start()
        self.pipe.send((solver, tol, small))
        if not self.pipe.poll(limit):
            return self.stop()
        try:
            return self.pipe.recv()
        except EOFError:
            self.process.join()
            return "its process died"


class Race:
    """One case: what it minimises, how low it goes, and how long each library takes."""

    def __init__(self, case: Case, optima: dict[str, dict[str, float]], budget: float, rounds: int) -> None:
        self.case, self.budget, self.rounds = case, budget, rounds
        self.X, self.y = case.data()
        X, settings = self.X.astype(np.float64, copy=False), linclass.settings(self.y, case.C)
        self.objective = lc.Objective(X, self.y, **settings)
        self.key = f"{hashlib.sha1(self.X).hexdigest()[:12]} C={case.C}"  # what an optimum is the optimum of
        known = optima.get(self.key, {"optimum": np.inf, "bound": 0.0})
        self.optimum, self.bound = known["optimum"], known["bound"]
        if not self.optimum - self.bound <= 1e-8 * self.optimum < np.inf:  # not certified yet: a long run of ours
            solver = "newton-cholesky" if np.prod(self.objective.shape) <= 1000 else "auto"
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = lc.fit(X, self.y, **settings, solver=solver, tol=1e-11, max_iter=10**6, time_limit=3 * budget)
            w = np.column_stack([model.coef, model.intercept])
            value = self.objective.value(w)
            self.optimum, self.bound = min(self.optimum, value), max(self.bound, value - self.objective.gap(w))

    def run(self, peers: list[str]) -> dict:
        """The case and, of each library, its version and the attempts of its solvers."""
        n, d = self.X.shape
        result = {"n": n, "d": d, "K": len(np.unique(self.y)), "C": self.case.C, "dtype": self.X.dtype.name}
        result |= {"threads": self.case.threads, "load_before": os.getloadavg()[0], "peers": {}}
        with tempfile.TemporaryDirectory() as folder:
            np.save(Path(folder, "X.npy"), self.X)
            np.save(Path(folder, "y.npy"), self.y)
            for peer in peers:
                worker = Worker(peer, self.case, folder)
                solvers = self.run_peer(peer, worker)
                worker.stop()
                if "auto" in solvers:  # who takes more than twenty times as long as we need not be waited for
                    ours = report.seconds_of(solvers["auto"], self.optimum)
                    self.budget = min(self.budget, 10 + 20 * ours)
                if solvers:
                    result["peers"][peer] = {"version": worker.version, "solvers": solvers}
        print(f"{self.case.name:34} optimum {self.optimum:.12g}, certified to {1 - self.bound / self.optimum:.0e}")
        return result | {"optimum": self.optimum, "bound": self.bound}

    def run_peer(self, peer: str, worker: Worker) -> dict[str, list[dict]]:
        solvers: dict[str, list[dict]] = {}
        best = np.inf
        names = ["default"] if self.case.tolerances == (None,) else worker.solvers
        if not worker.solvers:
            print(f"{self.case.name:34} {peer:20} does not play ({worker.version})")
            return solvers
        for name in names:
            # float32 data as float64, the conversion timed, for a solver that stops short on them
            for solver in [name, f"{name}, float64"] if self.X.dtype == np.float32 else [name]:
                solvers[solver] = attempts = self.climb(worker, solver, best)
                best = min(best, report.seconds_of(attempts, self.optimum))
                print(f"{self.case.name:34} {peer:20} {solver:24}", report.told(attempts, self.optimum), flush=True)
                if report.seconds_of(attempts, self.optimum) < np.inf or "over" in attempts[-1]:
                    break
        return solvers

    def climb(self, worker: Worker, solver: str, best: float) -> list[dict]:
        """Attempts at ever smaller tolerances; the last one got there, took too long, failed or gained nothing.

        A solver slower than the library's best has lost already: it gets three times as long, for the plots.
        """
        limit = min(self.budget, 3 * best + 2)
        attempts: list[dict] = []
        worker.fit(solver, 0.1, 60, small=True)  # imports and threads are there before the first fit that counts
        for tol in self.case.tolerances:
            answer = worker.fit(solver, tol, limit)
            if not isinstance(answer, tuple):
                return [*attempts, {"tol": tol, "error": answer} if answer else {"tol": tol, "over": limit}]
            seconds, w = answer
            attempts.append({"tol": tol, "seconds": [seconds], "objective": self.objective.value(w)})
            self.optimum = min(self.optimum, attempts[-1]["objective"])
            if report.seconds_of(attempts, self.optimum) < np.inf:
                if seconds < 1:
                    more = [worker.fit(solver, tol, limit) for _ in range(self.rounds - 1)]
                    attempts[-1]["seconds"] += [answer[0] for answer in more if isinstance(answer, tuple)]
                break
            if seconds > best + 1:
                return [*attempts, {"tol": tol / 10, "over": seconds}]
            if tol <= 1e-5 and attempts[-1]["objective"] >= attempts[-3]["objective"]:
                break
        return attempts
