"""Model: coefficients, intercepts, classes. What predicts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _admit, _core

__all__ = ["Model"]


class Model:
    """A trained linear classifier; ``fit`` makes it.

    Scores are z = coef x + intercept. One score (K = 1) decides between two classes by its sign; otherwise class k is
    predicted where z_k is largest (the first on ties). Labels of an indicator matrix are each decided by the sign of
    their own score.

    Attributes
    ----------
    coef : (K, d) float64, read-only
    intercept : (K,) float64, read-only
    classes : (classes,) labels in the order of probabilities
    report : Report of the fit, or None
    loss, multiclass : str
    """

    __slots__ = ("_core", "classes", "report")

    def __init__(self, core: _core.Model, classes: NDArray[Any], report: _core.Report | None) -> None:
        self._core = core
        self.classes = classes
        self.report = report

    @property
    def coef(self) -> NDArray[np.float64]:
        return self._core.coef

    @property
    def intercept(self) -> NDArray[np.float64]:
        return self._core.intercept

    @property
    def loss(self) -> str:
        return self._core.loss

    @property
    def multiclass(self) -> str:
        return self._core.multiclass

    def decision_function(self, X: Any, *, out: NDArray[Any] | None = None, threads: int = 0) -> NDArray[Any]:
        """Scores z = W x + b in the type of X: (n,) where K = 1, else (n, K).

        ``out`` is a writable array of that shape and type with contiguous rows; ``threads=0`` uses all that the process
        may. Error for another number of columns, and for NaN or infinity in X (which names the place).
        """
        try:
            return self._core.decision_function(X, out, threads)
        except TypeError:  # not an array that lies right: convert it
            return self._core.decision_function(_admit.features(X)[0], out, threads)

    def predict(self, X: Any, *, out: NDArray[Any] | None = None, threads: int = 0) -> NDArray[Any]:
        """Labels, (n,); 0 and 1 as (n, K) for a model of an indicator matrix."""
        try:
            codes = self._core.predict(X, threads)
        except TypeError:
            codes = self._core.predict(_admit.features(X)[0], threads)
        if self._core.multilabel:
            if out is None:
                return codes
            np.copyto(out, codes)
            return out
        return self.classes.take(codes, out=out, mode="clip")  # codes are in range; "clip" writes into out directly

    def predict_proba(self, X: Any, *, out: NDArray[Any] | None = None, threads: int = 0) -> NDArray[Any]:
        """Probabilities (n, classes) in the type of X: softmax(z), or sigma(z), scaled to sum 1 over more than two
        classes.

        Error for losses that have none (squared, perceptron, hinge, squared_hinge).
        """
        try:
            return self._core.predict_proba(X, out, threads)
        except TypeError:
            return self._core.predict_proba(_admit.features(X)[0], out, threads)

    def predict_log_proba(self, X: Any, *, out: NDArray[Any] | None = None, threads: int = 0) -> NDArray[Any]:
        """Logarithms of the probabilities, finite while the scores are."""
        try:
            return self._core.predict_log_proba(X, out, threads)
        except TypeError:
            return self._core.predict_log_proba(_admit.features(X)[0], out, threads)

    def __repr__(self) -> str:
        K, d = self.coef.shape
        outputs = "1 output" if K == 1 else f"{K} outputs"
        what = "labels" if self._core.multilabel else "classes"
        end = (
            f", {self.report.solver}: {self.report.status}, objective {self.report.objective:.6g}"
            if self.report
            else ""
        )
        return f"Model(loss={self.loss!r}, {d} features, {outputs}, {len(self.classes)} {what}{end})"

    def __eq__(self, other: object) -> bool:
        """The same predictions: coefficients, classes and kind; the reports may differ."""
        if not isinstance(other, Model):
            return NotImplemented
        a, b = self._core, other._core
        return (
            (a.loss, a.multiclass, a.multilabel) == (b.loss, b.multiclass, b.multilabel)
            and np.array_equal(self.classes, other.classes)
            and np.array_equal(a.coef, b.coef)
            and np.array_equal(a.intercept, b.intercept)
        )

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        core = self._core
        kind = (core.loss, core.multiclass, core.classes, core.multilabel)
        return _restored, (kind, np.array(core.coef), np.array(core.intercept), self.classes, self.report)


def _restored(
    kind: tuple[str, str, int, bool],
    coef: ArrayLike,
    intercept: ArrayLike,
    classes: NDArray[Any],
    report: _core.Report | None,
) -> Model:
    arrays = (np.ascontiguousarray(coef, dtype=np.float64), np.ascontiguousarray(intercept, dtype=np.float64))
    return Model(_core.Model(*kind, *arrays), classes, report)
