from __future__ import annotations

from collections.abc import Callable

import linclass_cpp as lc
import numpy as np


def epoch(X: np.ndarray, y: np.ndarray, batch: int) -> Callable[[], object]:
    trainer = lc.Trainer(classes=np.unique(y), loss="softmax", l2=1e-4, batch_size=batch, learning_rate=0.05)
    return lambda: trainer.partial_fit(X, y)


def gradient(X: np.ndarray, y: np.ndarray) -> Callable[[], object]:
    objective = lc.Objective(X, y, loss="softmax", l2=1e-4)
    w = np.random.default_rng(0).normal(scale=0.01, size=objective.shape)
    out = np.empty_like(w)
    return lambda: objective.value_and_gradient(w, out=out)
