from __future__ import annotations

from collections.abc import Callable

import linclass_cpp as lc
import numpy as np

VERSION = lc.__version__
ESTIMATOR = lc.LogisticRegression
SOLVERS = [
    "auto",
    "preconditioned-lbfgs",
    "newton-cholesky",
    "lbfgs",
]  # auto, and every fixed choice that it stands for


def solvers(n: int, d: int, K: int) -> list[str]:
    return SOLVERS


def settings(y: np.ndarray, C: float) -> dict[str, object]:
    """What makes lc minimise the common objective."""
    return {"loss": "logistic" if len(np.unique(y)) == 2 else "softmax", "l2": 1 / (C * len(y))}


def fit(X: np.ndarray, y: np.ndarray, C: float, solver: str, tol: float) -> tuple[np.ndarray, np.ndarray]:
    options = {} if solver == "default" else {"solver": solver, "tol": tol, "max_iter": 10**6}
    model = lc.fit(X, y, **settings(y, C), **options)
    return model.coef, model.intercept


def latency(X: np.ndarray, y: np.ndarray) -> dict[str, Callable[[], object]]:
    model, row = lc.fit(X, y, **settings(y, 1.0)), X[:1]
    return {"fit": lambda: lc.fit(X, y, **settings(y, 1.0)), "predict one row": lambda: model.predict(row)}


def epoch(X: np.ndarray, y: np.ndarray, batch: int, update: str = "plain") -> Callable[[], object]:
    options = {"update": update, "batch_size": batch, "learning_rate": 0.001 if update == "adam" else 0.05}
    trainer = lc.Trainer(classes=np.unique(y), loss="softmax", l2=1e-4, **options)
    return lambda: trainer.partial_fit(X, y)


def gradient(X: np.ndarray, y: np.ndarray) -> Callable[[], object]:
    objective = lc.Objective(X, y, loss="softmax", l2=1e-4)
    w = np.random.default_rng(0).normal(scale=0.01, size=objective.shape)
    out = np.empty_like(w)
    return lambda: objective.value_and_gradient(w, out=out)
