"""scikit-learn's own checks of estimators, on ours in many configurations."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from linclass_cpp import LogisticRegression, Perceptron, SGDClassifier
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

pytestmark = pytest.mark.filterwarnings("ignore::linclass_cpp.ConvergenceWarning", "ignore::FutureWarning")

CONFIGURATIONS = [
    LogisticRegression(),
    LogisticRegression(C=np.inf),
    LogisticRegression(l1_ratio=1.0),
    LogisticRegression(l1_ratio=0.5, fit_intercept=False),
    LogisticRegression(class_weight="balanced", standardize=True),
    LogisticRegression(loss="logistic", warm_start=True, random_state=0),
    LogisticRegression(loss="softmax", threads=1),
    *(
        LogisticRegression(solver=solver)
        for solver in ("lbfgs", "liblinear", "newton-cg", "newton-cholesky", "sag", "saga")
    ),
]


ARRAY_API = "SCIPY_ARRAY_API" in os.environ  # read by SciPy when it is imported


def checks(estimators: list[BaseEstimator], **keywords: Any) -> pytest.MarkDecorator:
    """Those of other array libraries where these are switched on, else the rest."""
    mark = parametrize_with_checks(estimators, **keywords).mark
    cases = [case for case in mark.args[1] if ("array_api" in str(getattr(case, "values", case))) == ARRAY_API]
    return pytest.mark.parametrize(mark.args[0], cases, **mark.kwargs)


@checks(CONFIGURATIONS)
def test_logistic_regression(estimator: BaseEstimator, check: Callable) -> None:
    check(estimator)


# Descents meet the rows one at a time, so weights are not repetitions: scikit-learn expects the same of its own.
ORDERED = {
    f"check_sample_weight_equivalence_on_{kind}_data": "a step per row: a weight is not a repetition"
    for kind in ("dense", "sparse")
}


@checks([Perceptron(), SGDClassifier(), SGDClassifier(loss="log_loss")], expected_failed_checks=lambda _: ORDERED)
def test_descents(estimator: BaseEstimator, check: Callable) -> None:
    check(estimator)


@pytest.mark.skipif(ARRAY_API, reason="IS NOT TESTED twice")
def test_other_array_libraries() -> None:
    """array_api_strict, and PyTorch where it is installed."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "test_logistic_regression",
        __file__,
    ]
    run = subprocess.run(command, env={**os.environ, "SCIPY_ARRAY_API": "1"}, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-10000:]
    assert " passed" in run.stdout
