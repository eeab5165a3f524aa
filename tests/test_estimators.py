"""The estimators: the problems they state, what is ours beyond scikit-learn's, and life among its tools."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import joblib
import linclass_cpp as lc
import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import close, made
from linclass_cpp import LogisticRegression, Perceptron, SGDClassifier
from scipy import sparse
from sklearn import config_context
from sklearn import linear_model as sk
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.feature_selection import SelectFromModel
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

IRIS = load_iris()
X3, Y3 = IRIS.data, IRIS.target
X2, Y2 = X3[Y3 > 0], IRIS.target_names[Y3[Y3 > 0]]
TIGHT = {"tol": 1e-12, "max_iter": 10000}


# ------------------------------------------------------------------------------------------------- the problems


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("storage", [np.asarray, np.asfortranarray, sparse.csr_array])
@pytest.mark.parametrize(
    ("data", "parameters"),
    [
        ((X2, Y2), {}),
        ((X2, Y2), {"C": 0.01, "fit_intercept": False}),
        ((X2, Y2), {"C": 0.1, "l1_ratio": 1.0, "solver": "saga"}),
        ((X3, Y3), {"C": 0.1, "class_weight": "balanced"}),
        ((X3, Y3), {"C": 0.1, "class_weight": {0: 3.0, 1: 0.5}}),
        ((X3, Y3), {"C": 0.1, "l1_ratio": 0.4, "solver": "saga"}),
    ],
)
def test_the_optimum_is_that_of_scikit_learn(data: Any, parameters: dict, storage: Callable, dtype: type) -> None:
    X, y = data[0].astype(dtype), data[1]
    s = np.linspace(0.2, 2, len(y))
    tol = 1e-12 if dtype == np.float64 else 1e-5 if parameters.get("l1_ratio") else 1e-9
    scale = 1e3 if tol == 1e-5 else 30
    ours = LogisticRegression(**parameters, tol=tol, max_iter=10000).fit(storage(X), y, sample_weight=s)
    theirs = sk.LogisticRegression(**{"solver": "newton-cholesky", **parameters}, tol=1e-10, max_iter=100000)
    theirs.fit(X.astype(np.float64), y, sample_weight=s)
    close(ours.coef_, theirs.coef_, np.float32, scale=scale)
    close(ours.predict_proba(storage(X)), theirs.predict_proba(X), np.float32, scale=scale)
    assert ours.coef_.shape == theirs.coef_.shape
    assert ours.intercept_.shape == theirs.intercept_.shape
    assert ours.coef_.dtype == ours.decision_function(storage(X)).dtype == dtype
    assert ours.classes_.tolist() == theirs.classes_.tolist()
    assert ours.n_iter_.shape == (1,)
    assert ours.report_.copies == 0


def test_one_against_the_rest() -> None:
    ours = LogisticRegression(loss="logistic", **TIGHT).fit(X3, Y3)
    each = OneVsRestClassifier(sk.LogisticRegression(solver="newton-cholesky", tol=1e-10)).fit(X3, Y3)
    close(ours.coef_, np.vstack([e.coef_ for e in each.estimators_]), np.float64, scale=1e6)
    close(ours.predict_proba(X3), each.predict_proba(X3), np.float64, scale=1e6)


def test_several_labels_a_row() -> None:
    X, Y = make_multilabel_classification(n_samples=80, n_features=5, n_classes=4, random_state=0)
    ours = LogisticRegression(**TIGHT).fit(X, Y)
    each = OneVsRestClassifier(sk.LogisticRegression(solver="newton-cholesky", tol=1e-10)).fit(X, Y)
    close(ours.predict_proba(X), each.predict_proba(X), np.float64, scale=1e6)
    assert np.array_equal(ours.predict(X), each.predict(X))
    assert ours.predict(X).dtype == Y.dtype
    assert ours.score(X, Y) == each.score(X, Y)
    with pytest.raises(ValueError, match="class_weight weighs the classes of labels"):
        LogisticRegression(class_weight="balanced").fit(X, Y)


def test_softmax_of_two_classes_is_logistic_with_half_the_penalty() -> None:
    soft = LogisticRegression(loss="softmax", C=0.3, l1_ratio=0.4, **TIGHT).fit(X2, Y2)
    model = lc.fit(X2, Y2, "softmax", l1=0.4 / (0.3 * 100), l2=0.6 / (0.3 * 100), tol=1e-12, max_iter=10000)
    close(soft.coef_[0], model.coef[1] - model.coef[0], np.float64, scale=1e6)
    assert soft.report_.objective == pytest.approx(model.report.objective, rel=1e-9)


def test_a_class_without_weight_is_never_predicted() -> None:
    for fit_intercept in (True, False):
        model = LogisticRegression(class_weight={2: 0}, fit_intercept=fit_intercept).fit(X3, Y3)
        two = LogisticRegression(loss="softmax", fit_intercept=fit_intercept).fit(X3[Y3 < 2], Y3[Y3 < 2])
        assert set(model.predict(X3)) == {0, 1}
        if fit_intercept:
            close(model.predict_proba(X3)[:, :2], two.predict_proba(X3), np.float64, scale=1e10)


@pytest.mark.parametrize("storage", [np.asarray, np.asfortranarray, sparse.csr_array, sparse.csr_matrix])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
def test_standardize_is_a_standard_scaler_before(storage: Callable, dtype: type, weighted: bool) -> None:
    X, y = made(300, 6, 3)
    X = (X * np.array([1, 100, 0.01, 1, 5, 1])).astype(dtype)
    tight = TIGHT if dtype == np.float64 else {"tol": 1e-9}
    X[:, 3] = 4.1  # a constant column
    X[np.abs(X[:, 4]) < 3, 4] = 0
    s = np.random.default_rng(0).integers(0, 3, 300).astype(float) if weighted else None
    ours = LogisticRegression(C=0.05, standardize=True, **tight).fit(storage(X), y, sample_weight=s)
    scaler = StandardScaler().fit(X.astype(np.float64), sample_weight=s)
    theirs = LogisticRegression(C=0.05, **TIGHT).fit(scaler.transform(X.astype(np.float64)), y, sample_weight=s)
    kept = np.arange(6) != 3
    close((ours.coef_ * scaler.scale_)[:, kept], theirs.coef_[:, kept], np.float32, scale=3)
    assert ours._penalty["penalty_scale"][3] == 1
    assert np.abs(ours.coef_[:, 3]).max() < 1e-3


def test_standardize_without_intercept_only_scales() -> None:
    X, y = made(300, 4, 2)
    X = X * np.array([1, 100, 0.01, 5]) + 3
    ours = LogisticRegression(C=0.05, standardize=True, fit_intercept=False, **TIGHT).fit(X, y)
    scaled = StandardScaler(with_mean=False).fit_transform(X)
    theirs = LogisticRegression(C=0.05, fit_intercept=False, **TIGHT).fit(scaled, y)
    close(ours.coef_ * X.std(axis=0), theirs.coef_, np.float64, scale=1e6)


def test_scikit_learns_settings_mean_the_same_or_are_refused() -> None:
    expected = LogisticRegression(C=0.5, **TIGHT).fit(X2, Y2).coef_
    for solver in ("lbfgs", "liblinear", "newton-cg", "newton-cholesky", "sag", "saga"):
        assert np.array_equal(LogisticRegression(C=0.5, solver=solver, **TIGHT).fit(X2, Y2).coef_, expected)
    with pytest.warns(FutureWarning, match="'penalty' was deprecated"):
        old = LogisticRegression(penalty="l1", l1_ratio=1, **TIGHT).fit(X2, Y2)
    close(old.coef_, LogisticRegression(l1_ratio=1, **TIGHT).fit(X2, Y2).coef_, np.float64)
    for refused, sentence in [
        ({"solver": "lbfgs", "l1_ratio": 0.5}, "Solver lbfgs supports only 'l2' or None penalties"),
        ({"solver": "newton-cg", "dual": True}, "supports only dual=False"),
        ({"solver": "liblinear", "C": np.inf}, "not supported for the liblinear solver"),
        ({"solver": "quick"}, "The 'solver' parameter of LogisticRegression must be"),
    ]:
        with pytest.raises(ValueError, match=sentence):
            LogisticRegression(**refused).fit(X2, Y2)


# ------------------------------------------------------------------------------------------- ours beyond scikit-learn


def test_report_gap_history() -> None:
    model = LogisticRegression(C=0.1).fit(X3, Y3)
    assert model.report_ is model.model_.report
    assert model.report_.certificate == "gap"
    assert 0 <= model.gap_ <= 1e-4 * model.report_.objective
    assert model.history_["objective"] == model.report_.history
    assert len(model.history_["objective"]) == model.n_iter_[0]
    assert np.isnan(LogisticRegression(C=np.inf).fit(X3, Y3 > 1).gap_)


def test_callback_time_limit_and_threads() -> None:
    seen: list[lc.State] = []
    model = LogisticRegression(callback=lambda state: seen.append(state) or len(seen) == 2).fit(X3, Y3)
    assert model.n_iter_[0] == len(seen) == 2
    assert seen[0].w.shape == (3, 5)
    with pytest.warns(lc.ConvergenceWarning, match="failed to converge") as record:
        LogisticRegression(time_limit=0.0).fit(X3, Y3)
    assert issubclass(record[0].category, ConvergenceWarning)
    X, y = made(5000, 40, 3)
    first, second = (LogisticRegression(threads=t).fit(X, y) for t in (1, 2))
    assert np.array_equal(first.coef_, second.coef_)
    assert first.report_.threads == 1
    assert second.report_.threads == 2


def test_early_stopping_keeps_the_best_parameters() -> None:
    X, y = made(400, 60, 2, seed=3)
    model = LogisticRegression(C=np.inf, early_stopping=True, random_state=0, n_iter_no_change=3, tol=1e-8).fit(X, y)
    curve = model.history_["validation_loss"]
    assert len(curve) == len(model.history_["objective"]) == model.n_iter_[0]
    best = int(np.argmin(curve))
    assert len(curve) == best + 4 or len(curve) - best < 4
    rows = np.random.default_rng(0).permutation(400)
    given = LogisticRegression(C=np.inf, early_stopping=True, n_iter_no_change=3, tol=1e-8)
    given.fit(X[rows[40:]], y[rows[40:]], X_val=X[rows[:40]], y_val=y[rows[:40]])
    loss = lc.Objective(X[rows[:40]], y[rows[:40]], loss="logistic")
    w = np.hstack([given.coef_, given.intercept_[:, None]])
    assert loss.value(w) == pytest.approx(min(given.history_["validation_loss"]), rel=1e-12)
    watched = LogisticRegression().fit(X[rows[40:]], y[rows[40:]], X_val=X[rows[:40]], y_val=y[rows[:40]])
    assert len(watched.history_["validation_loss"]) == watched.n_iter_[0]
    assert np.array_equal(watched.coef_, LogisticRegression().fit(X[rows[40:]], y[rows[40:]]).coef_)
    penalised = LogisticRegression(early_stopping=True, n_iter_no_change=1, tol=1e-10).fit(X, y)
    assert penalised.gap_ >= 0
    with pytest.raises(ValueError, match="X_val and y_val belong together"):
        LogisticRegression().fit(X, y, X_val=X)
    with pytest.raises(ValueError, match="not among the classes"):
        LogisticRegression().fit(X, y, X_val=X[:2], y_val=[0, 7])


def test_warm_start_and_writing_into_coef() -> None:
    model = LogisticRegression(warm_start=True).fit(X3, Y3)
    assert model.fit(X3, Y3).n_iter_[0] <= 1
    model.coef_[:] = 0
    model.intercept_[:] = [0, 0, 1]
    assert set(model.predict(X3)) == {2}
    model.coef_ = np.zeros((3, 4))
    model.coef_[1] = 100
    assert set(model.predict(X3)) == {1}
    assert sparse.issparse(model.sparsify().coef_)
    assert set(model.predict(X3)) == {1}


@pytest.mark.skipif(sys.platform == "win32", reason="IS NOT TESTED there: a signal to the process itself ends it")
def test_ctrl_c_leaves_a_fitted_estimator() -> None:
    X, y = made(2000, 20, 3)
    for model in (
        LogisticRegression(C=1e6, l1_ratio=1.0, tol=0.0, max_iter=10**6, callback=lambda _: time.sleep(0.001)),
        SGDClassifier(tol=None, max_iter=10**6),
    ):
        timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
        timer.start()
        with pytest.raises(lc.Interrupted):
            model.fit(X, y)
        timer.join()
        assert model.predict(X).shape == (2000,)


# -------------------------------------------------------------------------------------------------------- descents


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("loss", ["hinge", "squared_hinge", "log_loss", "perceptron", "squared_error"])
@pytest.mark.parametrize("schedule", ["optimal", "constant", "invscaling"])
@pytest.mark.parametrize(("X", "y"), [(X2, Y2), (X3, Y3)])
def test_the_steps_are_those_of_scikit_learn(X: Any, y: Any, schedule: str, loss: str, storage: Callable) -> None:
    """In order, dense: number by number. (On sparse data scikit-learn slows the intercept down.)"""
    X = StandardScaler().fit_transform(X) / 3
    alpha = 10.0 if loss == "squared_error" else 0.01  # its first steps grow beyond all bounds otherwise
    settings = {"loss": loss, "learning_rate": schedule, "eta0": 0.02, "alpha": alpha, "tol": None, "shuffle": False}
    weights = {"class_weight": dict.fromkeys(np.unique(y), 0.7)} if len(np.unique(y)) == 2 else {}
    s = np.linspace(0.5, 1.5, len(y))
    ours = SGDClassifier(max_iter=3, **settings, **weights).fit(storage(X), y, sample_weight=s)
    theirs = sk.SGDClassifier(max_iter=3, **settings, **weights).fit(X, y, sample_weight=s)
    close(ours.coef_, theirs.coef_, np.float64, scale=1e4)
    close(ours.intercept_, theirs.intercept_, np.float64, scale=1e4)
    assert ours.t_ == theirs.t_
    assert ours.n_iter_ == theirs.n_iter_ == len(ours.history_["objective"])
    in_parts = SGDClassifier(**settings, **weights)
    for _ in range(3):
        in_parts.partial_fit(storage(X), y, classes=np.unique(y), sample_weight=s)
    close(in_parts.coef_, ours.coef_, np.float64, scale=1e4)


def test_perceptron_is_a_descent() -> None:
    ours = Perceptron(max_iter=4, shuffle=False, tol=None).fit(X3, Y3)
    close(ours.coef_, sk.Perceptron(max_iter=4, shuffle=False, tol=None).fit(X3, Y3).coef_, np.float64)
    assert not hasattr(ours, "predict_proba")
    assert Perceptron().fit(X3[Y3 < 2], Y3[Y3 < 2]).score(X3[Y3 < 2], Y3[Y3 < 2]) == 1


@pytest.mark.parametrize("loss", ["softmax", "squared_sigmoid", "log_loss"])
@pytest.mark.parametrize(("X", "y"), [(X2, Y2), (X3, Y3)])
def test_losses_with_probabilities(X: Any, y: Any, loss: str) -> None:
    X = StandardScaler().fit_transform(X)
    model = SGDClassifier(loss, alpha=1e-3, batch_size=8, learning_rate="adaptive", eta0=0.5, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.9
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X))


def test_a_descent_watches_the_validation_loss() -> None:
    X, y = made(500, 5, 3)
    model = SGDClassifier("log_loss", early_stopping=True, random_state=0, tol=1e-4).fit(X, y)
    assert len(model.history_["validation_loss"]) == len(model.history_["objective"]) == model.n_iter_
    seen = []
    SGDClassifier(callback=lambda state: seen.append(state.w.shape) or len(seen) == 2).fit(X, y)
    assert seen == [(3, 6), (3, 6)]
    with pytest.warns(ConvergenceWarning, match="after 1 epochs"):
        SGDClassifier(time_limit=0.0).fit(X, y)
    with pytest.raises(ValueError, match="averaged steps"):
        SGDClassifier(average=True).fit(X, y)


# ------------------------------------------------------------------------------------------ among scikit-learn's tools

NAMES = [name.split(" (")[0] for name in IRIS.feature_names]
ALL = [LogisticRegression(), Perceptron(), SGDClassifier("log_loss")]


@pytest.mark.parametrize("model", ALL, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_frames(frame: Any, model: Any) -> None:
    X = frame(dict(zip(NAMES, X3.T, strict=True)))
    fitted = clone(model).fit(X, pd.Series(IRIS.target_names[Y3]))
    assert fitted.feature_names_in_.tolist() == NAMES
    assert fitted.n_features_in_ == 4
    assert np.array_equal(fitted.predict(X), clone(model).fit(X3, IRIS.target_names[Y3]).predict(X3))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        fitted.predict(X3)
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(X[NAMES[::-1]])


@pytest.mark.parametrize("model", ALL, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize(
    "labels",
    [["no", "yes"], np.array(["no", "yes"], dtype=object), [False, True], [-1, 1], [1.0, 2.0]],
    ids=["str", "object", "bool", "int", "float"],
)
def test_labels(labels: Any, model: Any) -> None:
    y = np.asarray(labels)[(Y3 > 0).astype(int)]
    fitted = clone(model).fit(X3, y)
    assert fitted.predict(X3).dtype == y.dtype
    assert fitted.classes_.tolist() == list(labels)
    assert fitted.score(X3, y) > 0.95


@pytest.mark.parametrize("model", ALL, ids=lambda model: type(model).__name__)
def test_copies_of_an_estimator(model: Any, tmp_path: Any) -> None:
    fitted = clone(model).fit(X3, Y3)
    joblib.dump(fitted, tmp_path / "model.joblib")
    for copy in (pickle.loads(pickle.dumps(fitted)), joblib.load(tmp_path / "model.joblib")):
        assert np.array_equal(copy.decision_function(X3), fitted.decision_function(X3))
        assert copy.report_.objective == fitted.report_.objective
    assert clone(fitted).get_params() == model.get_params()
    with pytest.raises(NotFittedError):
        clone(fitted).predict(X3)


@pytest.mark.parametrize("model", ALL, ids=lambda model: type(model).__name__)
def test_files(model: Any, tmp_path: Any) -> None:
    X, y = pd.DataFrame(X3.astype(np.float32), columns=NAMES), IRIS.target_names[Y3]
    weights = {"setosa": 2.0, "virginica": 0.5}
    fitted = clone(model).set_params(class_weight=weights, random_state=3, callback=print).fit(X, y)
    fitted.save(tmp_path / "model")
    again = lc.load(tmp_path / "model")
    assert type(again) is type(fitted)
    assert again.get_params() == {**fitted.get_params(), "callback": None}
    assert again.feature_names_in_.tolist() == NAMES
    assert again.coef_.dtype == np.float32
    assert np.array_equal(again.coef_, fitted.coef_)
    assert np.array_equal(again.predict(X), fitted.predict(X))
    assert again.history_ == fitted.history_
    LogisticRegression(C=np.inf).fit(X3, Y3).save(tmp_path / "free")
    free = lc.load(tmp_path / "free")
    assert np.isinf(free.C)
    assert fitted.model_.extra == {}


@pytest.mark.parametrize("model", ALL, ids=lambda model: type(model).__name__)
def test_tools(model: Any) -> None:
    pipe = make_pipeline(StandardScaler(), clone(model)).set_output(transform="pandas")
    pipe.fit(pd.DataFrame(X3, columns=NAMES), Y3)
    assert pipe[-1].feature_names_in_.tolist() == NAMES
    assert pipe.score(pd.DataFrame(X3, columns=NAMES), Y3) > 0.8
    assert cross_val_score(pipe, pd.DataFrame(X3, columns=NAMES), Y3, cv=3).mean() > 0.75
    assert CalibratedClassifierCV(clone(model), cv=3).fit(X3, Y3).predict_proba(X3).shape == (150, 3)
    assert SelectFromModel(clone(model)).fit(X3, Y3).get_support().shape == (4,)
    assert type(model).__name__ in model._repr_html_()


def test_grid_search_in_processes() -> None:
    search = GridSearchCV(
        LogisticRegression(threads=1), {"C": [0.01, 1.0], "standardize": [False, True]}, n_jobs=2, cv=3
    )
    search.fit(X3, Y3)
    assert search.best_score_ > 0.95


def test_metadata_routing() -> None:
    with config_context(enable_metadata_routing=True):
        model = LogisticRegression().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        scores = cross_val_score(model, X3, Y3, params={"sample_weight": np.ones(150)}, cv=3)
    assert scores.mean() > 0.9


def test_import_is_lazy() -> None:
    code = "import sys, linclass_cpp as lc; assert 'sklearn' not in sys.modules; lc.Perceptron; sys.modules['sklearn']"
    subprocess.run([sys.executable, "-c", code], check=True)
