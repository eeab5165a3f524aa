"""The same bytes for any number of threads; every CPU level passes the numerical tests and agrees with the others."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import linclass_cpp as lc
import numpy as np
import pytest
from conftest import STORAGES, close, made, quiet_fit
from linclass_cpp import functions
from test_objective import CURVED, FORMS, name

HERE = Path(__file__).parent
X86_LEVELS = ["v2", "v3", "v4"]
INNER = "LINCLASS_TESTS_OF_ONE_LEVEL"

# ------------------------------------------------------------------------------------------------------- threads


@pytest.fixture(scope="module")
def large():
    """(Targets, type, storage) -> X, y, weights: large enough that every pass opens a region of eight threads."""
    out = {}
    for kinds, rows in ((("two", "one_label"), 26_000), (("many", "labels", "soft"), 7_000)):
        X, codes = made(rows, 48, 4, zeros=0.1)
        rng = np.random.default_rng(0)
        s = rng.integers(0, 3, rows) + 0.5
        targets = {
            "two": codes % 2,
            "many": codes,
            "labels": rng.integers(0, 2, (rows, 4)).astype(float),
            "soft": rng.dirichlet(np.ones(4), rows),
            "one_label": (codes == 1)[:, None].astype(float),
        }
        for dtype in ("float32", "float64"):
            for storage, store in STORAGES.items():
                stored = store(X.astype(dtype))
                out |= {(kind, dtype, storage): (stored, targets[kind], s) for kind in kinds}
    return out


def solvers_of(loss):
    batch = {"max_iter": 3, "tol": 0}
    yield "sgd", {"max_iter": 2, "batch_size": 4096}
    yield "gd", batch
    if loss not in ("perceptron", "hinge"):
        yield "lbfgs", batch
        if loss != "squared_sigmoid":
            yield "newton-cholesky", batch
            yield "preconditioned-lbfgs", batch | {"max_iter": 8}  # with the last, exact passes of float64 data


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("form", FORMS, ids=name)
def test_threads_change_no_bit_of_a_fit(large, form, dtype, storage):
    X, y, s = large[form[2], dtype, storage]
    options = {"loss": form[0], "multiclass": form[1], "l2": 1e-3, "sample_weight": s}
    for solver, settings in solvers_of(form[0]):
        results = []
        for threads in (1, 2, 3, 8):
            model = quiet_fit(X, y, solver=solver, threads=threads, **settings, **options)
            assert model.report.threads == threads
            results.append(
                (model.coef.tobytes(), model.intercept.tobytes(), model.report.objective, tuple(model.report.history))
            )
        assert all(result == results[0] for result in results), solver


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("form", FORMS, ids=name)
def test_threads_change_no_bit_of_an_objective(large, form, dtype, storage):
    X, y, _ = large[form[2], dtype, storage]
    results = []
    for threads in (1, 2, 3, 8):
        P = lc.Objective(X, y, loss=form[0], multiclass=form[1], l2=1e-3, threads=threads)
        w = np.random.default_rng(0).normal(size=P.shape)
        value, gradient = P.value_and_gradient(w)
        result = [value, gradient.tobytes(), P.scores(w).tobytes()]
        if form in CURVED:
            result += [P.curvature_times(w, gradient).tobytes(), P.hessian(w).tobytes()]
            if form[0] != "squared_sigmoid":
                result += [P.gap(w)]
        results.append(result)
    assert all(result == results[0] for result in results)


GRADIENTS = r"the Hessian of \d+ rows by conjugate gradients"
H0 = {  # rows, classes, l2, start, H0
    "blocks": (10_000, 40, 1e-3, "zeros", "a block of the Hessian for each direction of 2048 rows"),
    "conjugate gradients and blocks": (40_000, 40, 1e-3, "uniform", GRADIENTS),
    "conjugate gradients and the start's": (10_000, 40, 0.1, "zeros", GRADIENTS),
    "the start's": (40_000, 2, 1e-3, "zeros", "their Hessian"),  # which Newton's method left behind
    "whole": (10_000, 3, 1e-4, "zeros", "the Hessian of"),
}


@pytest.mark.parametrize(("n", "K", "l2", "start", "h0"), H0.values(), ids=H0)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_threads_change_no_bit_of_a_preconditioner(dtype, n, K, l2, start, h0):
    """A start from a sample, and every kind of H0."""
    X, y = made(n, 60 if K > 3 else 10, K)
    X, loss = X.astype(dtype), "softmax" if K > 2 else "logistic"
    models = []
    for threads in (1, 2, 3, 8):
        options = {"solver": "preconditioned-lbfgs", "max_iter": 15, "tol": 1e-7, "seed": 5, "threads": threads}
        models.append(quiet_fit(X, y, loss=loss, l2=l2, start=start, **options))
        assert models[-1].report.threads == threads
        assert models[-1].report.reads % 1 != 0, "rows were drawn"
    assert all(model == models[0] for model in models)
    choice = lc.fit(X, y, loss=loss, l2=l2, start=start, tol=1e-3, seed=5).report.choice
    assert re.search(f"H0 {h0}", choice)


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("update", ["plain", "momentum", "nesterov", "adam"])
def test_threads_change_no_bit_of_an_update(large, update, storage):
    """Each thread moves the parameters whose gradient it has."""
    X, y, s = large["many", "float32", storage]
    options = {"solver": "sgd", "update": update, "batch_size": 2048, "learning_rate": 1e-2, "max_iter": 2}
    options |= {"l1": 1e-4, "l2": 1e-3, "penalty_scale": np.linspace(0.5, 2, X.shape[1]), "sample_weight": s}
    models = [quiet_fit(X, y, loss="softmax", threads=threads, **options) for threads in (1, 2, 3, 8)]
    assert all(model == models[0] for model in models)


@pytest.mark.parametrize("options", [{"solver": "sgd", "batch_size": 1}, {"solver": "perceptron"}])
def test_threads_change_no_bit_of_one_sample_at_a_time(large, options):
    X, y, _ = large["many", "float64", "row_major"]
    models = [quiet_fit(X, y, loss="perceptron", max_iter=1, threads=threads, **options) for threads in (1, 8)]
    assert models[0] == models[1]


def test_small_problems_open_no_parallel_region():
    X, y = made(50, 4, 3)
    assert lc.fit(X, y, loss="softmax", l2=0.1, threads=8).report.threads == 1


@pytest.mark.parametrize("storage", STORAGES)
def test_threads_change_no_bit_of_a_prediction(large, storage):
    for dtype in ("float32", "float64"):
        X, y, _ = large["many", dtype, storage]
        model = lc.fit(X, y, loss="softmax", l2=0.1, tol=1e-2)
        for method in (model.decision_function, model.predict_proba, model.predict_log_proba, model.predict):
            outcomes = [method(X, threads=threads).tobytes() for threads in (1, 2, 3, 8)]
            assert len(set(outcomes)) == 1


# -------------------------------------------------------------------------------------------------------- levels

DUMP = """
import pickle, sys
import test_threads_levels as t
pickle.dump(t.everything(), open(sys.argv[1], "wb"))
"""


def everything():
    """One of everything that computes, at the level of this process: name -> (type, numbers)."""
    out = {"level": lc.cpu.level()}
    for form in FORMS:
        for dtype in (np.float32, np.float64):
            for storage in ("row_major", "column_major", "csr"):
                X, codes = made(500, 37, 5)
                y = {
                    "two": codes % 2,
                    "many": codes,
                    "labels": (np.random.default_rng(0).random((500, 5)) < 0.5).astype(float),
                    "soft": np.random.default_rng(1).dirichlet(np.ones(5), 500),
                    "one_label": (codes == 1)[:, None].astype(float),
                }[form[2]]
                X = STORAGES[storage](X.astype(dtype))
                P = lc.Objective(X, y, loss=form[0], multiclass=form[1], l1=0.01, l2=0.1)
                w = np.random.default_rng(0).normal(size=P.shape)
                key = f"{name(form)} {np.dtype(dtype).name} {storage}"
                value, gradient = P.value_and_gradient(w)
                out[f"{key} value"] = dtype, value
                out[f"{key} gradient"] = dtype, gradient
                out[f"{key} scores"] = dtype, P.scores(w)
                if form in CURVED:
                    out[f"{key} curvature"] = dtype, P.curvature_times(w, gradient)
                    out[f"{key} hessian"] = dtype, P.hessian(w)
                options = {
                    "loss": form[0],
                    "multiclass": form[1],
                    "solver": "sgd",
                    "learning_rate": 0.01,
                    "max_iter": 2,
                    "seed": 1,
                }
                model = quiet_fit(X, y, **options)
                if form in CURVED and form[0] != "squared_sigmoid":
                    options = {"loss": form[0], "multiclass": form[1], "l2": 0.1, "fit_intercept": False}
                    step = quiet_fit(X, y, solver="newton-cholesky", max_iter=1, tol=0, **options)
                    out[f"{key} newton-cholesky"] = dtype, step.coef
                    # The blocks of the other: where curvatures agree, rounding errors say along which directions.
                    end = quiet_fit(X, y, solver="preconditioned-lbfgs", tol=1e-8, **options)
                    assert end.report.converged
                    out[f"{key} minimum"] = np.float32, end.report.objective
                if form[0] not in ("perceptron", "hinge"):  # a kink may be met on either side
                    out[f"{key} sgd"] = dtype, model.coef
                if form[0] in ("logistic", "softmax"):
                    out[f"{key} probabilities"] = dtype, model.predict_proba(X)
    z = np.random.default_rng(2).normal(size=(40, 9)) * 5
    for dtype in (np.float32, np.float64):
        for function in ("exp", "sigmoid", "softmax", "log_softmax"):
            out[f"{function} {np.dtype(dtype).name}"] = dtype, getattr(functions, function)(z.astype(dtype))
    return out


def at_level(level, arguments, **variables):
    """Runs Python in a fresh process at one level."""
    path = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "LINCLASS_LEVEL": level, "PYTHONPATH": path, **variables}
    done = subprocess.run([sys.executable, *arguments], cwd=HERE, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"level {level}:\n{done.stdout[-5000:]}\n{done.stderr[-5000:]}"
    return done.stdout


def require(level):
    """A level that cannot be tested here: conftest repeats the reason loudly at the end."""
    if level not in lc.cpu.levels():
        sentence = f"LEVEL {level} IS NOT TESTED: this installation and machine have {', '.join(lc.cpu.levels())}"
        pytest.skip(sentence)


def levels_to_test():
    """All of x86-64 where one of them is there; else what there is (arm64, or the one native engine)."""
    return X86_LEVELS if set(X86_LEVELS) & set(lc.cpu.levels()) else lc.cpu.levels()


@pytest.mark.skipif(INNER in os.environ, reason="runs inside of the test of one level")
@pytest.mark.parametrize("level", levels_to_test())
def test_numerical_tests_pass_at_level(level):
    require(level)
    if level == lc.cpu.level():
        return  # the whole suite runs at this one
    command = [
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "test_objective.py",
        "test_functions.py",
        "test_losses.py",
        "test_second_order.py::test_where_float32_ends_double_goes_on",
    ]
    summary = at_level(level, command, **{INNER: level})
    assert "passed" in summary
    assert "failed" not in summary


@pytest.fixture(scope="module")
def lowest(tmp_path_factory):
    return dump(lc.cpu.levels()[0], tmp_path_factory.mktemp("levels"))


def dump(level, folder):
    path = folder / f"{level}.pickle"
    at_level(level, ["-c", DUMP, str(path)])
    return pickle.loads(path.read_bytes())


@pytest.mark.parametrize("level", levels_to_test()[1:])
def test_levels_agree(level, lowest, tmp_path):
    require(level)
    results = dump(level, tmp_path)
    assert results.pop("level") == level
    assert lowest["level"] == lc.cpu.levels()[0]
    for key, (dtype, numbers) in results.items():
        longer = key.endswith(("sgd", "probabilities", "newton-cholesky"))
        close(numbers, lowest[key][1], dtype, key, scale=10 if longer else 0.1 if key.endswith("minimum") else 1)
