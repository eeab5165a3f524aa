"""Standard errors against statsmodels, and what is said of data that are separable."""

from __future__ import annotations

from typing import Any

import linclass_cpp as lc
import numpy as np
import pandas as pd
import pytest
from linclass_cpp import LogisticRegression, SGDClassifier
from scipy import sparse
from sklearn.datasets import load_iris
from statsmodels.discrete.discrete_model import Logit, MNLogit
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

FREE = {"C": np.inf, "tol": 1e-11}
NAMES = ["age", "income", "visits"]


def data(classes: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping classes on columns of different units."""
    random = np.random.default_rng(classes)
    X = random.normal(size=(n, 3)) * [10, 1000, 0.1] + [40, 30000, 1]
    scores = (X - X.mean(axis=0)) / X.std(axis=0) @ random.normal(size=(3, classes))
    return X, (scores + random.gumbel(size=scores.shape)).argmax(axis=1)


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_two_classes_as_logit(fit_intercept: bool, storage: Any) -> None:
    X, y = data(2)
    X = X if fit_intercept else (X - X.mean(axis=0))
    model = LogisticRegression(fit_intercept=fit_intercept, **FREE).fit(storage(X), y)
    ours = model.summary(storage(X), y, level=0.9)
    design = np.column_stack([X, np.ones(len(X))]) if fit_intercept else X
    theirs = Logit(y, design).fit(disp=0, tol=1e-14, method="newton", maxiter=100)
    np.testing.assert_allclose(ours.standard_error[0], theirs.bse, rtol=1e-5)
    np.testing.assert_allclose(ours.z[0], theirs.tvalues, rtol=1e-5)
    np.testing.assert_allclose(ours.p_value[0], theirs.pvalues, rtol=1e-4, atol=1e-12)
    np.testing.assert_allclose(ours.conf_int[0], theirs.conf_int(alpha=0.1)[:3], rtol=1e-4)
    if fit_intercept:
        np.testing.assert_allclose(ours.intercept_conf_int[0], theirs.conf_int(alpha=0.1)[3], rtol=1e-4)


def test_more_classes_as_mnlogit() -> None:
    X, y = data(4)
    model = LogisticRegression(**FREE).fit(X, np.array(["a", "b", "c", "d"])[y])
    ours = model.summary(X, np.array(["a", "b", "c", "d"])[y])
    standard = (X - X.mean(axis=0)) / X.std(axis=0)
    theirs = MNLogit(y, np.column_stack([standard, np.ones(len(X))])).fit(disp=0, tol=1e-14, method="newton")
    assert ours.reference == "a"
    assert ours.classes == ["b", "c", "d"]
    np.testing.assert_allclose(ours.standard_error[:, :3], theirs.bse[:3].T / X.std(axis=0), rtol=1e-5)
    np.testing.assert_allclose(ours.z[:, :3], theirs.tvalues[:3].T, rtol=1e-4)
    assert "each against a" in str(ours)


def test_weights_count_as_repetitions() -> None:
    X, y = data(2)
    s = np.random.default_rng(0).integers(0, 4, len(y)).astype(float)
    ours = LogisticRegression(**FREE).fit(X, y, sample_weight=s).summary(X, y, s)
    theirs = GLM(y, np.column_stack([X, np.ones(len(X))]), family=Binomial(), freq_weights=s).fit(tol=1e-14)
    np.testing.assert_allclose(ours.standard_error[0], theirs.bse, rtol=1e-5)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_penalty_adds_to_the_curvature(classes: int) -> None:
    X, y = data(classes)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    model = LogisticRegression(C=0.02, tol=1e-11).fit(X, y)
    ours = model.summary(X, y)
    objective = lc.Objective(X, y, loss=model.model_.loss, l2=1 / (0.02 * len(y)))
    hessian = len(y) * objective.hessian(np.hstack([model.model_.coef, model.model_.intercept[:, None]]))
    expected = np.sqrt(np.diag(np.linalg.pinv(hessian, rcond=1e-10, hermitian=True))).reshape(ours.standard_error.shape)
    np.testing.assert_allclose(ours.standard_error, expected, rtol=1e-6)
    free = LogisticRegression(**FREE).fit(X, y).summary(X, y)
    assert (ours.standard_error[-1, :3] < free.standard_error[-1, :3]).all()
    by_hand = lc.summary(model.model_, X, y, l2=1 / (0.02 * len(y)))
    np.testing.assert_allclose(by_hand.standard_error, ours.standard_error)


def test_the_table() -> None:
    X, y = data(2)
    frame = pd.DataFrame(X, columns=NAMES)
    model = LogisticRegression(**FREE).fit(frame, np.where(y, "buys", "leaves"))
    text = str(model.summary(frame, np.where(y, "buys", "leaves")))
    for word in [*NAMES, "(intercept)", "std err", "P>|z|", "0.025", "0.975", "objective", "iterations of", "leaves"]:
        assert word in text
    plain = model.summary()
    assert plain.standard_error is None
    assert len(str(plain).splitlines()) == 2 + 4 + 4
    assert f"gap {LogisticRegression().fit(X, y).gap_:.3g}" in str(LogisticRegression().fit(X, y).summary())
    for other, reason in [
        (LogisticRegression(l1_ratio=1.0, C=0.1, max_iter=10000), "this penalty"),
        (LogisticRegression(early_stopping=True, random_state=0), "early stopping"),
        (SGDClassifier(tol=None, max_iter=2, eta0=1e-9, learning_rate="constant"), "a descent"),
    ]:
        assert reason in str(other.fit(X / X.std(axis=0), y).summary(X / X.std(axis=0), y))


@pytest.mark.filterwarnings("ignore::linclass_cpp.ConvergenceWarning")
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("complete", [True, False], ids=["complete", "quasi-complete"])
def test_separable_data_are_named(complete: bool, classes: int) -> None:
    X, y = data(classes)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    if complete:
        X[:, 1] = y + 0.001 * X[:, 1]
    else:
        X[:, 1] = np.where(y == 1, X[:, 1] > 0, 0)  # where it is 1 the class is 1
    model = LogisticRegression(**FREE).fit(pd.DataFrame(X, columns=NAMES), y)
    found = model.summary(pd.DataFrame(X, columns=NAMES), y)
    assert list(found.separation) == ["income"]
    assert found.standard_error is None
    assert "separable" in str(found)
    assert "income" in str(found)
    penalised = LogisticRegression().fit(X, y).summary(X, y)
    assert penalised.separation is None
    assert np.isfinite(penalised.standard_error).all()


@pytest.mark.filterwarnings("ignore::linclass_cpp.ConvergenceWarning")
def test_iris_is_separable_by_the_petals() -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    found = LogisticRegression(**FREE).fit(X[y < 2], y[y < 2]).summary(X[y < 2], y[y < 2])
    assert set(found.separation) <= set(X.columns)
    direction = np.array([found.separation.get(name, 0.0) for name in X.columns])
    scores = X[y < 2].to_numpy() @ direction
    assert scores[(y[y < 2] == 0).to_numpy()].max() < scores[(y[y < 2] == 1).to_numpy()].min()


def test_dependent_columns_are_not_separation() -> None:
    X, y = data(2)
    X = np.column_stack([X, X[:, 0]])
    found = LogisticRegression(**{**FREE, "tol": 1e-6}).fit(X, y).summary(X, y)
    assert found.separation is None
    assert np.isnan(found.standard_error).all()
    assert "depend on each other" in str(found)


def test_bad_input() -> None:
    X, y = data(2)
    model = LogisticRegression().fit(X, y)
    with pytest.raises(lc.Error, match="level must lie between 0 and 1"):
        model.summary(level=95)
    with pytest.raises(lc.Error, match="feature names for"):
        lc.summary(model, feature_names=["one"])
