"""Bad input: what is refused, in which words."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import linclass_cpp as lc
import numpy as np
import pytest
from conftest import made
from scipy import sparse

X, Y = made(20, 3, 3)
TWO = (Y > 0).astype(int)
SOFT = np.full((20, 3), 1 / 3)
NAN, INF = np.nan, np.inf


def put(array: np.ndarray, place: Any, value: Any) -> np.ndarray:
    array = np.array(array, dtype=np.result_type(array, type(value)))
    array[place] = value
    return array


def fit(X: Any = X, y: Any = Y, loss: Any = "softmax", **options: Any) -> lc.Model:
    return lc.fit(X, y, loss, **options)


def broken_csr(part: str, place: int, value: int) -> sparse.csr_array:
    S = sparse.csr_array(np.ones((20, 3)))
    getattr(S, part)[place] = value
    return S


CASES: dict[str, tuple[Callable[[], Any], str]] = {
    # sizes
    "no rows": (lambda: fit(np.empty((0, 3)), []), r"at least one row and one column, got 0 x 3"),
    "no columns": (lambda: fit(np.empty((20, 0))), r"at least one row and one column, got 20 x 0"),
    "empty list": (lambda: fit([], []), r"two axes.*shape \(0,\)"),
    "rows differ": (lambda: fit(X, Y[:-1]), r"X has 20 rows and y has 19"),
    "one axis": (lambda: fit(X[0]), r"two axes.*shape \(3,\).*reshape\(1, -1\)"),
    "three axes": (lambda: fit(X[None]), r"two axes.*\(1, 20, 3\)"),
    "three axes of y": (lambda: fit(X, Y[None, None]), r"y must have one axis.*\(1, 1, 20\)"),
    "ragged": (lambda: fit([[1, 2], [3]], [0, 1]), r"ragged"),
    # types
    "complex": (lambda: fit(X * 1j), r"X must hold real numbers, got complex"),
    "objects": (lambda: fit(X.astype(object)), r"X must hold real numbers, got Python objects"),
    "strings": (lambda: fit(X.astype(str)), r"X must hold real numbers, got strings"),
    "dates": (lambda: fit(X.astype("datetime64[D]")), r"X must hold real numbers, got dates"),
    "masked": (lambda: fit(np.ma.masked_less(X, 0)), r"masked array.*filled"),
    "complex sparse": (lambda: fit(sparse.csr_array(X * 1j)), r"X must hold real numbers, got complex"),
    # values of X
    "NaN": (lambda: fit(put(X, (7, 2), NAN)), r"NaN or infinity, first in row 7, column 2"),
    "infinity": (lambda: fit(put(X, (4, 1), -INF)), r"NaN or infinity, first in row 4, column 1"),
    "NaN, f32": (lambda: fit(put(X, (7, 2), NAN).astype(np.float32)), r"first in row 7, column 2"),
    "NaN, columns": (lambda: fit(np.asfortranarray(put(X, (7, 2), NAN))), r"first in row 7, column 2"),
    "NaN, csr": (lambda: fit(sparse.csr_array(put(X, (7, 2), NAN))), r"first in row 7, column 2"),
    "NaN, no weight": (lambda: fit(put(X, (7, 2), NAN), sample_weight=np.arange(20) != 7), r"row 7, column 2"),
    "NaN, hinge": (lambda: fit(put(X, (7, 2), NAN), loss="hinge"), r"first in row 7, column 2"),
    "NaN, gd": (lambda: fit(put(X, (7, 2), NAN), solver="gd"), r"first in row 7, column 2"),
    "NaN, sgd": (lambda: fit(put(X, (7, 2), NAN), solver="sgd"), r"first in row 7, column 2"),
    "NaN, perceptron": (
        lambda: fit(put(X, (7, 2), NAN), loss="perceptron", solver="perceptron"),
        r"first in row 7, column 2",
    ),
    "NaN, objective": (lambda: objective(put(X, (7, 2), NAN)).value(np.ones((3, 4))), r"row 7, column 2"),
    "NaN, predict": (lambda: model().predict(put(X, (7, 2), NAN)), r"row 7, column 2"),
    "NaN, probabilities": (lambda: model().predict_proba(put(X, (7, 2), NAN)), r"row 7, column 2"),
    "infinity behind a kink": (
        lambda: objective(np.abs(put(X, (7, 2), INF)), loss="squared_sigmoid").value_and_gradient(np.ones((3, 4))),
        r"row 7, column 2",
    ),
    "overflow": (
        lambda: fit(X * 1e300, start=np.outer([1e300, 0, 0], np.ones(4))),
        r"scores overflow although X is finite.*scale",
    ),
    "overflow, predict": (lambda: model().predict(np.full((1, 3), 1.7e308)), r"scores overflow although X is finite"),
    "index beyond": (lambda: fit(broken_csr("indices", 16, 3)), r"CSR matrix at row 5.*0\.\.2"),
    "negative index": (lambda: fit(broken_csr("indices", 16, -1)), r"CSR matrix at row 5"),
    "falling starts": (lambda: fit(broken_csr("indptr", 5, 100)), r"CSR matrix at row"),
    "starts beyond": (lambda: fit(broken_csr("indptr", 20, 100)), r"row starts of X end at 100.*60 values"),
    # labels
    "one class": (lambda: fit(X, np.zeros(20, int)), r"one class only"),
    "NaN label": (lambda: fit(X, put(Y, 3, NAN)), r"missing label.*row 3"),
    "None label": (lambda: fit(X, put(Y.astype(object), 3, None)), r"missing label.*row 3"),
    "fraction": (lambda: fit(X, put(Y, 5, 0.5)), r"no class labels, first 0\.5 in row 5"),
    "mixed": (lambda: fit(X, put(Y.astype(object), 5, "a")), r"do not compare"),
    "complex label": (lambda: fit(X, Y * 1j), r"y must hold labels.*complex128"),
    "unknown label": (lambda: lc.Objective(X, Y, classes=[0, 1]), r"label .*2.* not among the classes \[0, 1\]"),
    "class without weight": (lambda: fit(sample_weight=Y != 1), r"class code 1 of 3 has no sample of positive weight"),
    "soft class without weight": (lambda: fit(X, np.tile([0.5, 0.5, 0], (20, 1))), r"class code 2 of 3"),
    "constant labels": (lambda: fit(X, np.ones((20, 2)), "logistic"), r"every column of y is the same"),
    "indicator beyond 1": (lambda: fit(X, put(SOFT, (4, 1), 1.5), "logistic"), r"got 1\.5 in row 4, column 1"),
    "indicator NaN": (lambda: fit(X, put(SOFT, (4, 1), NAN), "logistic"), r"\[0, 1\], got nan in row 4, column 1"),
    "rows not 1": (lambda: fit(X, put(SOFT, (4, 1), 0.5)), r"sum to 1 .* row 4 .* sums to 1\.16667"),
    "softmax of one column": (lambda: fit(X, TWO[:, None]), r"softmax.*a column a class.*1 column"),
    "no label columns": (lambda: fit(X, np.empty((20, 0)), "logistic"), r"at least one column"),
    "hinge of a matrix": (lambda: fit(X, SOFT, "hinge"), r'"hinge" takes one class code a row'),
    "perceptron of a matrix": (lambda: fit(X, SOFT, "perceptron"), r'"perceptron" takes one class code a row'),
    # weights and penalties
    "negative weight": (lambda: fit(sample_weight=put(np.ones(20), 3, -1)), r"sample_weight .* got -1 in row 3"),
    "NaN weight": (lambda: fit(sample_weight=put(np.ones(20), 3, NAN)), r"sample_weight .* got nan in row 3"),
    "no weight": (lambda: fit(sample_weight=np.zeros(20)), r"sample_weight is 0 in every row"),
    "weights short": (lambda: fit(sample_weight=np.ones(19)), r"sample_weight must hold 20 numbers, got 19"),
    "weights of two axes": (lambda: fit(sample_weight=np.ones((20, 1))), r"sample_weight must have one axis"),
    "weights of strings": (lambda: fit(sample_weight=["a"] * 20), r"sample_weight must hold real numbers"),
    "negative l2": (lambda: fit(l2=-1.0), r"l2 must be finite and at least 0, got -1"),
    "NaN l1": (lambda: fit(l1=NAN), r"l1 must be finite and at least 0, got nan"),
    "negative scale": (lambda: fit(penalty_scale=[1, -2, 1]), r"penalty_scale .* got -2 in column 1"),
    "scale short": (lambda: fit(penalty_scale=[1, 1]), r"penalty_scale must hold 3 numbers, got 2"),
    # combinations
    "unknown loss": (lambda: fit(loss="log"), r'unknown loss "log".*logistic, softmax'),
    "unknown form": (lambda: fit(loss="hinge", multiclass="all"), r'unknown multiclass "all".*sum, max, ovr'),
    "softmax ovr": (lambda: fit(multiclass="ovr"), r'"softmax" has no multiclass form "ovr".*logistic'),
    "logistic sum": (lambda: fit(loss="logistic", multiclass="sum"), r'"logistic" has .*"sum": use multiclass="ovr"'),
    "squared max": (lambda: fit(loss="squared", multiclass="max"), r'"squared" has no .* "max": use multiclass="ovr"'),
    "squared_hinge max": (lambda: fit(loss="squared_hinge", multiclass="max"), r'"max": use multiclass="sum".*hinge'),
    "unknown solver": (lambda: fit(solver="newton"), r'unknown solver "newton".*lbfgs, newton-cholesky, .*, sgd'),
    "lbfgs of hinge": (lambda: fit(loss="hinge", solver="lbfgs"), r'"lbfgs" needs a smooth loss.*solver="sgd"'),
    "newton of hinge": (lambda: fit(loss="hinge", solver="newton-cholesky"), r'needs a convex smooth loss.*"sgd"'),
    "newton with l1": (lambda: fit(l1=0.1, solver="newton-cholesky"), r'knows no l1.*"lbfgs"'),
    "lbfgs of perceptron": (lambda: fit(loss="perceptron", solver="lbfgs"), r'smooth loss.*solver="sgd"'),
    "perceptron of hinge": (lambda: fit(loss="hinge", solver="perceptron"), r'needs loss "perceptron", got "hinge"'),
    "perceptron, sum": (lambda: fit(loss="perceptron", solver="perceptron", multiclass="sum"), r'multiclass="max"'),
    "perceptron, l2": (lambda: fit(loss="perceptron", solver="perceptron", l2=1), r"knows no penalty.*l2 = 1"),
    "gd, inverse": (lambda: fit(solver="gd", schedule="inverse"), r'"constant" and "adaptive", got "inverse"'),
    # settings
    "tol": (lambda: fit(tol=-1), r"tol must be finite and at least 0, got -1"),
    "tol NaN": (lambda: fit(tol=NAN), r"tol must be .* got nan"),
    "epsilon": (lambda: fit(epsilon=INF), r"epsilon must be .* got inf"),
    "max_iter": (lambda: fit(max_iter=-1), r"max_iter must be at least 0.*got -1"),
    "time_limit": (lambda: fit(time_limit=-1), r"time_limit must be at least 0 seconds, got -1"),
    "threads": (lambda: fit(threads=-2), r"threads must be 0.*got -2"),
    "memory": (lambda: fit(memory=0), r"memory.*at least 1, got 0"),
    "learning_rate": (lambda: fit(learning_rate=-0.1), r"learning_rate must be .* got -0\.1"),
    "decay": (lambda: fit(decay=-1), r"decay must be .* got -1"),
    "power": (lambda: fit(power=NAN), r"power must be .* got nan"),
    "factor": (lambda: fit(factor=0), r"factor must lie in \(0, 1\], got 0"),
    "step_epochs": (lambda: fit(step_epochs=0), r"step_epochs must be at least 1, got 0"),
    "momentum": (lambda: fit(momentum=1), r"momentum must be in \[0, 1\), got 1"),
    "beta2": (lambda: fit(beta2=-0.5), r"beta2 must be in \[0, 1\), got -0\.5"),
    "batch_size": (lambda: fit(batch_size=0), r"batch_size must be at least 1, got 0"),
    "unknown update": (lambda: fit(update="fast"), r'unknown update "fast".*adam'),
    "unknown schedule": (lambda: fit(schedule="fast"), r'unknown schedule "fast".*inverse'),
    "unknown start": (lambda: fit(start="ones"), r'unknown start "ones".*zeros, uniform'),
    "start short": (lambda: fit(start=np.zeros(9)), r"start must have 12 numbers.*got 9"),
    "start transposed": (lambda: fit(start=np.zeros((4, 3))), r"start must be flat or have 4 columns.*\(4, 3\)"),
    "start NaN": (lambda: fit(start=np.full((3, 4), NAN)), r"start must be finite, got nan at position 0"),
    # Objective, Trainer, minimize, Model
    "w short": (lambda: objective().value(np.zeros(5)), r"w must hold 12 numbers, got 5"),
    "complex w": (lambda: objective().value(np.zeros(12) * 1j), r"w must hold real numbers, got complex"),
    "v short": (lambda: objective().curvature_times(np.zeros(12), np.zeros(3)), r"v must hold 12 numbers, got 3"),
    "gradient's out": (lambda: objective().value_and_gradient(np.zeros(12), out=np.zeros((3, 4))), r"out .*\(12\)"),
    "no Hessian": (lambda: objective(loss="hinge").hessian(np.zeros(12)), r'"hinge" has kinks.*no Hessian'),
    "no curvature": (lambda: objective(loss="perceptron").curvature_times(np.zeros(12), np.zeros(12)), r"no Hessian"),
    "large Hessian": (lambda: wide().hessian(np.zeros(3 * 20_001)), r"60003 x 60003 .* 26\.8\d* GiB.*curvature_times"),
    "gap of hinge": (lambda: objective(loss="hinge", l2=1).gap(np.zeros(12)), r"no duality gap"),
    "gap without l2": (lambda: objective().gap(np.zeros(12)), r"needs l2 > 0, got 0"),
    "gap, scale 0": (lambda: objective(l2=1, penalty_scale=[0, 1, 1]).gap(np.zeros(12)), r"every penalty_scale > 0"),
    "trainer, one class": (lambda: lc.Trainer([1]).partial_fit(X, Y * 0 + 1), r"one class only"),
    "trainer, label": (lambda: lc.Trainer([0, 1]).partial_fit(X, Y), r"not among the classes"),
    "trainer, columns": (lambda: lc.Trainer([0, 1, 2]).partial_fit(X, Y).partial_fit(X[:, :2], Y), r"2 columns.*3"),
    "trainer, no data": (lambda: lc.Trainer([0, 1]).model, r"seen no data yet"),
    "trainer, twice": (lambda: lc.Trainer([0, 1, 1]), r"distinct labels"),
    "minimize, nothing": (lambda: lc.minimize(lambda w: (0.0, w), []), r"at least one number"),
    "minimize, sgd": (lambda: lc.minimize(lambda w: (0.0, w), [1.0], solver="sgd"), r'"lbfgs" and "gd", got "sgd"'),  # type: ignore[arg-type]
    "minimize, no pair": (lambda: lc.minimize(lambda w: 1.0, [1.0]), r"pair \(value, gradient\), got .*float"),  # type: ignore[arg-type,return-value]
    "minimize, gradient": (lambda: lc.minimize(lambda w: (1.0, [1, 2]), [1.0]), r"size of start, 1, got 2"),
    "columns": (lambda: model().predict(X[:, :2]), r"X has 2 columns, but the model was trained on 3"),
    "predict, one axis": (lambda: model().predict(X[0]), r"two axes.*reshape"),
    "predict, objects": (lambda: model().predict_proba(X.astype(object)), r"Python objects"),
    "no probabilities": (lambda: model("hinge").predict_proba(X), r'"hinge" gives no probabilities'),
    "out's type": (lambda: model().decision_function(X, out=np.empty((20, 3), "f4")), r"out .*float64.*\(20, 3\)"),
    "out's shape": (lambda: model().predict_proba(X, out=np.empty((3, 20))), r"out must be .*\(20, 3\)"),
    "predict, threads": (lambda: model().predict(X, threads=-1), r"threads must be 0"),
}  # fmt: skip


def model(loss: Any = "softmax") -> lc.Model:
    return fit(loss=loss, l2=0.1)


def objective(X: Any = X, **options: Any) -> lc.Objective:
    return lc.Objective(X, Y, **options)


def wide() -> lc.Objective:
    return lc.Objective(np.ones((20, 20_000)), Y)


@pytest.mark.parametrize("case", CASES)
def test_bad_values(case: str) -> None:
    call, message = CASES[case]
    with pytest.raises(lc.Error, match=f"(?s){message}") as caught:
        call()
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"l2": "much"}, "l2 must be a number, got 'much'"),
        ({"max_iter": 3.5}, "max_iter must be a whole number, got 3.5"),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
        ({"shuffle": "no"}, "shuffle must be a bool, got 'no'"),
        ({"solver": 3}, "solver must be a string, got 3"),
        ({"lambda_": 3}, "unexpected keyword"),
    ],
)
def test_bad_types(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        fit(**options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_iter": 2, "tol": 1e-9, "l2": 1e-4}, r"2 iterations did not suffice.*gap .* > tol 1e-09.*Try"),
        ({"max_iter": 2, "tol": 1e-9}, r"2 iterations.*estimated relative suboptimality .* > tol 1e-09.*Try"),
        ({"max_iter": 2, "tol": 1e-9, "solver": "lbfgs"}, r"2 iterations.*scaled gradient .* > tol 1e-09.*Try"),
        ({"time_limit": 0, "tol": 1e-9}, r"time limit.*Try"),
        (
            {"loss": "perceptron", "solver": "perceptron", "max_iter": 2},
            r"no epoch was free of mistakes in 2 epochs.*try",
        ),
        ({"solver": "sgd", "epsilon": 1e-12, "max_iter": 2}, r"2 epochs.*epsilon 1e-12"),
        (
            {"solver": "sgd", "loss": "squared", "learning_rate": 1e30, "max_iter": 20},
            r"no longer finite.*learning_rate",
        ),
    ],
)
def test_what_fell_short_is_a_warning(options: dict[str, Any], words: str) -> None:
    noisy = np.random.default_rng(0).permutation(Y)
    with pytest.warns(lc.ConvergenceWarning, match=f"(?s){words}"):
        model = fit(X, noisy, **options)
    assert not model.report.converged


def test_what_was_asked_is_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(l2=0.1)
        fit(solver="sgd", max_iter=2)
        fit(tol=0, max_iter=2)
        fit(tol=1e-9, callback=lambda state: True)


def test_a_refusal_leaves_no_trace() -> None:
    for call, _ in list(CASES.values())[:20]:
        with pytest.raises(lc.Error):
            call()
    assert fit(l2=0.1) == fit(l2=0.1)
