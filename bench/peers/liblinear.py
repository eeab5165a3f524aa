from __future__ import annotations

from importlib.metadata import version

import linclass_cpp
import numpy as np
from liblinear.liblinearutil import parameter, problem, train
from scipy import sparse

VERSION = version("liblinear-multicore")


def solvers(n: int, d: int, K: int) -> list[str]:
    """Two classes only: more are one-vs-rest. -s 0 alone is the logistic loss with an intercept that -R leaves free."""
    return [] if K > 2 else ["-s 0"]


def fit(X: np.ndarray, y: np.ndarray, C: float, solver: str, tol: float) -> tuple[np.ndarray, np.ndarray]:
    data = problem(y.astype(np.float64), sparse.csr_matrix(X.astype(np.float64, copy=False)), 1)
    model = train(data, parameter(f"{solver} -B 1 -R -c {C} -e {tol} -m {linclass_cpp.cpu.threads()} -q"))
    w, b = model.get_decfun()  # of the class that came first
    sign = 1 if model.get_labels()[0] == 1 else -1
    return sign * np.array(w), sign * np.array([b])
