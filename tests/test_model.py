"""Model: predictions over storages, out=, pickles, ==, repr; the Report; the command line."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import linclass_cpp as lc
import numpy as np
import pytest
from conftest import MORE_STORAGES, close, made

N, D = 700, 11
X, CODES = made(N, D, 4)
LABELS = np.array(["north", "east", "south", "west"])[CODES]
INDICATOR = np.random.default_rng(0).integers(0, 2, (N, 3)).astype(float)
MODELS: dict[str, lc.Model] = {
    "binary": lc.fit(X, CODES > 1, loss="logistic", l2=0.01),
    "logistic": lc.fit(X, LABELS, loss="logistic", l2=0.01),
    "softmax": lc.fit(X, LABELS, loss="softmax", l2=0.01),
    "softmax of two": lc.fit(X, CODES > 1, loss="softmax", l2=0.01),
    "labels": lc.fit(X, INDICATOR, loss="logistic", l2=0.01),
    "one label": lc.fit(X, INDICATOR[:, :1], loss="logistic", l2=0.01),
    "sigmoid": lc.fit(X, LABELS, loss="squared_sigmoid", l2=0.01),
    "hinge": lc.fit(X, LABELS, loss="hinge", l2=0.01),
    "no intercept": lc.fit(X, LABELS, loss="softmax", l2=0.01, fit_intercept=False),
}
PROBABLE = [name for name, model in MODELS.items() if model.loss != "hinge"]


def expected_scores(model: lc.Model, X: np.ndarray) -> np.ndarray:
    Z = X @ model.coef.T + model.intercept
    return Z[:, 0] if Z.shape[1] == 1 else Z


def expected_probabilities(model: lc.Model, Z: np.ndarray) -> np.ndarray:
    if model.loss == "softmax":
        P = np.exp(Z - Z.max(axis=1, keepdims=True))
        return P / P.sum(axis=1, keepdims=True)
    P = 1 / (1 + np.exp(-Z))
    if model.classes.shape == (2,) and Z.ndim == 1:
        return np.column_stack([1 - P, P])
    P = P.reshape(len(Z), -1)
    return P if model in (MODELS["labels"], MODELS["one label"]) else P / P.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("storage", MORE_STORAGES)
@pytest.mark.parametrize("name", MODELS)
def test_predictions(name: str, storage: str, dtype: type) -> None:
    model, array = MODELS[name], MORE_STORAGES[storage](X.astype(dtype))
    Z = model.decision_function(array)
    assert Z.dtype == dtype
    close(Z, expected_scores(model, X.astype(dtype)), dtype)
    if Z.ndim == 1:
        codes = (Z > 0).astype(int)
    elif name == "labels":
        codes = (Z > 0).astype(np.int32)
    else:
        codes = Z.argmax(axis=1)
    predicted = model.predict(array)
    if name in ("labels", "one label"):
        np.testing.assert_array_equal(predicted, codes.reshape(N, -1))
    else:
        np.testing.assert_array_equal(predicted, model.classes[codes])
        assert predicted.dtype == model.classes.dtype
    if name in PROBABLE:
        P = model.predict_proba(array)
        assert P.dtype == dtype
        close(P, expected_probabilities(model, Z.astype(float)), dtype, scale=10)
        close(model.predict_log_proba(array), np.log(expected_probabilities(model, Z.astype(float))), dtype, scale=10)


@pytest.mark.parametrize("name", MODELS)
def test_one_row_and_any_number_of_threads(name: str) -> None:
    model = MODELS[name]
    big = np.tile(X, (40, 1))
    Z, predicted = model.decision_function(big, threads=1), model.predict(big, threads=1)
    for threads in (2, 3, 8):
        np.testing.assert_array_equal(model.decision_function(big, threads=threads), Z)
        np.testing.assert_array_equal(model.predict(big, threads=threads), predicted)
    close(model.decision_function(X[5:6]), Z[5:6], np.float64)
    np.testing.assert_array_equal(model.predict(X[5:6]), predicted[5:6])
    np.testing.assert_array_equal(model.predict(X[5:6].tolist()), predicted[5:6])


@pytest.mark.parametrize("name", MODELS)
def test_out(name: str) -> None:
    model = MODELS[name]
    for method in ("decision_function", "predict", "predict_proba", "predict_log_proba"):
        if name not in PROBABLE and "proba" in method:
            continue
        call = getattr(model, method)
        expected = call(X)
        out = np.empty_like(expected)
        assert call(X, out=out) is out
        np.testing.assert_array_equal(out, expected)
        assert call(X.tolist(), out=out) is out
        if expected.ndim == 2 and method != "predict":  # rows of something wider
            wide = np.full((N, expected.shape[1] + 2), 7, dtype=expected.dtype)
            call(X, out=wide[:, 1:-1])
            np.testing.assert_array_equal(wide[:, 1:-1], expected)
            assert (wide[:, [0, -1]] == 7).all()


def test_extreme_scores() -> None:
    model, far = MODELS["softmax"], 1e4 * X
    P, L = model.predict_proba(far), model.predict_log_proba(far)
    assert np.isfinite(P).all()
    assert np.isfinite(L).all()
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-12)
    one_vs_rest = MODELS["logistic"]
    np.testing.assert_allclose(one_vs_rest.predict_proba(far).sum(axis=1), 1, rtol=1e-12)
    assert np.isfinite(one_vs_rest.predict_log_proba(far)).all()


@pytest.mark.parametrize("name", MODELS)
def test_pickle_and_equality(name: str) -> None:
    model = MODELS[name]
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), copy.copy(model)):
        assert other == model
        assert repr(other) == repr(model)
        np.testing.assert_array_equal(other.predict(X), model.predict(X))
        for field in ("status", "reason", "objective", "history", "certificate", "solver", "threads", "level", "notes"):
            assert getattr(other.report, field) == getattr(model.report, field)
        assert str(other.report) == str(model.report)
    assert all((other == model) == (other is model) for other in MODELS.values())
    assert model != "something else"
    with pytest.raises(TypeError):
        hash(model)


def test_coefficients_are_read_only_views() -> None:
    model = lc.fit(X, CODES, l2=0.1)
    coef = model.coef
    assert coef.shape == (4, D)
    assert coef.dtype == np.float64
    assert np.shares_memory(coef, model.coef)
    with pytest.raises(ValueError, match="read-only"):
        coef[0, 0] = 1
    kept = coef.copy()
    del model
    np.testing.assert_array_equal(coef, kept)  # the view keeps the numbers alive


def test_repr_helps() -> None:
    text = repr(MODELS["softmax"])
    for word in ("softmax", "11 features", "4 outputs", "4 classes", "lbfgs", "converged"):
        assert word in text
    report = MODELS["softmax"].report
    for word in ("converged", "relative gap", "tol 0.0001", "reads of X", "thread", report.level, "P - min P <="):
        assert word in str(report)


def test_report_of_a_fit() -> None:
    report = lc.fit(X, CODES, l2=0.01, threads=1).report
    assert report.status == "converged"
    assert report.converged
    assert report.certificate == "gap"
    assert 0 <= report.gap <= report.tol * report.objective * (1 + 1e-9)
    assert report.measure <= report.tol == 1e-4
    assert len(report.history) >= report.iterations
    assert report.reads >= report.iterations
    assert report.seconds > 0
    assert report.threads == 1
    assert report.copies == 0
    assert report.mistakes == -1
    assert report.level == lc.cpu.level()
    assert report.history == sorted(report.history, reverse=True)


def test_trainer() -> None:
    trainer = lc.Trainer(classes=np.unique(LABELS), loss="softmax", l2=1e-3, batch_size=8)
    for _ in range(3):
        for part in np.array_split(np.arange(N), 7):
            assert trainer.partial_fit(X[part], LABELS[part]) is trainer
    assert trainer.report.iterations == 21
    assert len(trainer.report.history) == 21
    best = lc.fit(X, LABELS, l2=1e-3)
    assert (trainer.model.predict(X) == LABELS).mean() >= (best.predict(X) == LABELS).mean() - 0.05
    before = trainer.model
    trainer.partial_fit(X, LABELS)
    assert trainer.model != before


def test_objective_names_its_shape() -> None:
    objective = lc.Objective(X, LABELS)
    assert objective.shape == (4, D + 1)
    assert objective.size == 4 * (D + 1)
    assert "(4, 12)" in repr(objective)
    assert lc.Objective(X, LABELS, l2=0.1).gap(np.zeros((4, D + 1))) >= 0
    np.testing.assert_array_equal(objective.classes, np.unique(LABELS))


def test_demo(tmp_path: Path) -> None:
    for extra in ("typer", "rich", "polars"):
        pytest.importorskip(extra)
    demo = [sys.executable, "-m", "linclass_cpp"]
    hidden = "import sys; sys.modules['matplotlib'] = None; from linclass_cpp.__main__ import main; main(['demo'])"
    result = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, check=True, cwd=tmp_path)
    for word in ("handwritten digits", "converged", "P - min P <=", "test accuracy 9"):
        assert word in result.stdout
    assert "P = 0." in result.stderr
    assert "no pictures" in result.stderr
    assert "demo" in subprocess.run(demo, capture_output=True, text=True, check=True).stdout


def test_all_names_exist() -> None:
    for name in lc.__all__:
        assert getattr(lc, name) is not None
    assert set(lc.__all__) == set(dir(lc))
    missing: Any = "nothing"
    with pytest.raises(AttributeError, match="nothing"):
        getattr(lc, missing)
