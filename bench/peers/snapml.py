from __future__ import annotations

from importlib.metadata import version

import linclass_cpp
import numpy as np
from snapml import LogisticRegression

VERSION = version("snapml")
ONES = {"primal": 1000, "dual": 30}


def solvers(n: int, d: int, K: int) -> list[str]:
    """Two classes only: more are one-vs-rest."""
    return [] if K > 2 else ["primal", "dual"]


def fit(X: np.ndarray, y: np.ndarray, C: float, solver: str, tol: float) -> tuple[np.ndarray, np.ndarray]:
    """Its own intercept is penalised (and not trained at all in the primal): a large constant column is nearly free.

    The dual, which slows down with that constant, gets the one it bears.
    """
    one = ONES[solver]
    model = LogisticRegression(
        regularizer=1 / C, dual=solver == "dual", tol=tol, max_iter=10**6, n_jobs=linclass_cpp.cpu.threads()
    )
    w = model.fit(np.column_stack([X, np.full(len(y), one, X.dtype)]), y).coef_.ravel()
    return w[:-1], one * w[-1:]
