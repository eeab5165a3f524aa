from __future__ import annotations

from collections.abc import Callable

import linclass_cpp
import numpy as np
from sklearn._loss import HalfMultinomialLoss
from sklearn.linear_model import SGDClassifier
from sklearn.linear_model._linear_loss import LinearModelLoss


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
