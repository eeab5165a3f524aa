from __future__ import annotations

from collections.abc import Callable

import linclass_cpp
import numpy as np
import sklearn
from sklearn._loss import HalfMultinomialLoss
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.linear_model._linear_loss import LinearModelLoss

VERSION = sklearn.__version__
ESTIMATOR = LogisticRegression


def solvers(n: int, d: int, K: int) -> list[str]:
    """newton-cholesky, which solves with the whole Hessian, as long as a step of it takes seconds and not minutes."""
    size, others = (K if K > 2 else 1) * d, ["lbfgs", "newton-cg", "saga"]
    return ["newton-cholesky", *others] if size <= 1000 else [*others, "newton-cholesky"] if size <= 5000 else others


def fit(
    X: np.ndarray, y: np.ndarray, C: float, solver: str, tol: float, estimator: type = LogisticRegression
) -> tuple[np.ndarray, np.ndarray]:
    options = {} if solver == "default" else {"solver": solver, "tol": tol, "max_iter": 10**6}
    model = estimator(C=C, **options).fit(X, y)
    return model.coef_, model.intercept_


def latency(X: np.ndarray, y: np.ndarray, estimator: type = LogisticRegression) -> dict[str, Callable[[], object]]:
    model, row = estimator().fit(X, y), X[:1]
    return {"fit": lambda: estimator().fit(X, y), "predict one row": lambda: model.predict(row)}


def epoch(X: np.ndarray, y: np.ndarray, batch: int) -> Callable[[], object]:
    """One sample at a time, one class against the rest, whatever the batch. The ten fits share the cores."""
    del batch
    classes = np.unique(y)
    model = SGDClassifier(
        loss="log_loss", alpha=1e-4, learning_rate="constant", eta0=0.05, n_jobs=linclass_cpp.cpu.threads()
    )
    return lambda: model.partial_fit(X, y, classes=classes)


def gradient(X: np.ndarray, y: np.ndarray) -> Callable[[], object]:
    loss = LinearModelLoss(base_loss=HalfMultinomialLoss(n_classes=len(np.unique(y))), fit_intercept=True)
    w = np.random.default_rng(0).normal(scale=0.01, size=(len(np.unique(y)), X.shape[1] + 1)).astype(X.dtype)
    target = y.astype(X.dtype)
    return lambda: loss.loss_gradient(w, X, target, l2_reg_strength=1e-4, n_threads=linclass_cpp.cpu.threads())
