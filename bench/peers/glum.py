from __future__ import annotations

from importlib.metadata import version

import numpy as np
from glum import GeneralizedLinearRegressor

VERSION = version("glum")


def solvers(n: int, d: int, K: int) -> list[str]:
    """Two classes only."""
    return [] if K > 2 else ["irls-ls", "lbfgs"] if d <= 1000 else ["lbfgs", "irls-ls"]


def fit(X: np.ndarray, y: np.ndarray, C: float, solver: str, tol: float) -> tuple[np.ndarray, np.ndarray]:
    options = {} if solver == "default" else {"solver": solver, "gradient_tol": tol, "max_iter": 10**6}
    model = GeneralizedLinearRegressor(family="binomial", alpha=1 / (C * len(y)), l1_ratio=0, **options)
    model.fit(X, y.astype(X.dtype))
    return model.coef_, model.intercept_
