"""scikit-learn's own checks of estimators, on ours in many configurations."""

from __future__ import annotations

from collections.abc import Callable

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


@parametrize_with_checks(CONFIGURATIONS)
def test_logistic_regression(estimator: BaseEstimator, check: Callable) -> None:
    check(estimator)


# Descents meet the rows one at a time, so weights are not repetitions: scikit-learn expects the same of its own.
ORDERED = {
    f"check_sample_weight_equivalence_on_{kind}_data": "a step per row: a weight is not a repetition"
    for kind in ("dense", "sparse")
}


@parametrize_with_checks(
    [Perceptron(), SGDClassifier(), SGDClassifier(loss="log_loss")], expected_failed_checks=lambda _: ORDERED
)
def test_descents(estimator: BaseEstimator, check: Callable) -> None:
    check(estimator)
