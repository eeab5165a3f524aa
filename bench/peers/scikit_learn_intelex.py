from __future__ import annotations

import functools
import os
from importlib.metadata import version

os.environ["SKLEARNEX_PREVIEW"] = "1"  # without it newton-cg is scikit-learn's own; read on import

from sklearnex.linear_model import LogisticRegression

from peers import scikit_learn

VERSION = version("scikit-learn-intelex")


def solvers(n: int, d: int, K: int) -> list[str]:
    return ["lbfgs", "newton-cg"]


fit = functools.partial(scikit_learn.fit, estimator=LogisticRegression)
latency = functools.partial(scikit_learn.latency, estimator=LogisticRegression)
