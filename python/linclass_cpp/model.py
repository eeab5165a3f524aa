"""Model: coefficients, intercepts, classes. What predicts."""

from __future__ import annotations

import os
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _admit, _core

__all__ = ["Model", "load"]


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
    feature_names : list of str, the columns of the frame it was fitted on, or None
    scale : (d,) float64, the ``penalty_scale`` of the fit, or None; predictions do not use it
    extra : dict of your own that JSON can hold, {} at first; ``save`` and pickles keep it
    """

    __slots__ = ("_core", "classes", "extra", "feature_names", "report", "scale")

    def __init__(
        self,
        core: _core.Model,
        classes: NDArray[Any],
        report: _core.Report | None,
        feature_names: list[str] | None = None,
        scale: NDArray[np.float64] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        self._core = core
        self.classes = classes
        self.report = report
        self.feature_names = feature_names
        self.scale = scale
        self.extra = {} if extra is None else extra

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

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file, whole or not at all; ``linclass_cpp.load`` and C++'s ``linclass::load`` read it.

        Classes may be whole numbers, floats, bools or strings. Error for other classes, for ``feature_names`` or
        ``scale`` of another length than d, for an ``extra`` that JSON cannot hold, and where the file cannot be
        written.
        """
        import json

        labels, kind = _plain_labels(self.classes)
        if not isinstance(self.extra, dict):
            raise _core.Error(f"extra must be a dict, got {type(self.extra).__name__}")
        try:
            extra = json.dumps(self.extra, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise _core.Error(f"extra must be a dict that JSON can hold: {error}") from error
        names = [] if self.feature_names is None else _utf8(self.feature_names, "feature_names")
        scale = None if self.scale is None else _admit.per_item(self.scale, "scale")[0]
        _core.save(os.fsencode(path), self._core, labels, kind, names, scale, self.report, extra.encode())

    def to_onnx(self, path: str | os.PathLike[str], *, dtype: Literal["float32", "float64"] = "float32") -> None:
        """Write the model as an ONNX graph (opset 17) of plain operators; needs the extra ``[onnx]``.

        Input ``X`` (n, d) of ``dtype``; outputs ``label`` as ``predict`` gives it, ``scores`` as
        ``decision_function``, and, where the loss has them, ``probabilities`` (n, classes). The graph computes in
        float64 for either type. Error for classes that a model file cannot hold; ImportError without the extra.
        """
        from .onnx import to_onnx

        to_onnx(self, path, dtype=dtype)

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
        rest = (self.feature_names, self.scale, self.extra)
        return _restored, (kind, np.array(core.coef), np.array(core.intercept), self.classes, self.report, *rest)


def _restored(
    kind: tuple[str, str, int, bool],
    coef: ArrayLike,
    intercept: ArrayLike,
    classes: NDArray[Any],
    report: _core.Report | None,
    feature_names: list[str] | None = None,
    scale: NDArray[np.float64] | None = None,
    extra: dict[str, Any] | None = None,
) -> Model:
    arrays = (np.ascontiguousarray(coef, dtype=np.float64), np.ascontiguousarray(intercept, dtype=np.float64))
    return Model(_core.Model(*kind, *arrays), classes, report, feature_names, scale, extra)


def load(path: str | os.PathLike[str]) -> Any:
    """The Model that ``save`` wrote, or the estimator, if one wrote it.

    Labels come back as int64, float64, bool or strings. Error where the file is damaged, cut short or none of ours;
    OSError where there is none.
    """
    import json

    os.stat(path)
    core, labels, names, scale, report, text = _core.load(os.fsencode(path))
    try:
        extra = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise _core.Error(f"{os.fspath(path)}: the file is damaged: extra is no JSON: {error}") from error
    if not isinstance(extra, dict):
        raise _core.Error(f"{os.fspath(path)}: the file is damaged: extra is JSON, but no object")
    classes = _strings(labels) if isinstance(labels, list) else labels
    model = Model(core, classes, report, names, scale, extra)
    if "estimator" not in extra:
        return model
    from importlib import import_module

    try:
        return import_module(".estimators", __package__).restore(model)
    except (AttributeError, LookupError, TypeError, ValueError) as error:  # whatever a hostile file may say
        raise _core.Error(f"{os.fspath(path)}: the file is damaged: it describes no estimator: {error}") from error


def _plain_labels(classes: NDArray[Any]) -> tuple[list[Any], str]:
    """Labels as Python's own, and which of the four kinds that a file can hold."""
    labels = classes.tolist()
    for kind, types in (("bool", bool), ("int", int), ("float", (int, float)), ("str", str)):
        if not all(isinstance(label, types) for label in labels) or any(isinstance(x, bool) for x in labels) != (
            kind == "bool"
        ):
            continue
        if kind == "int" and not all(-(2**63) <= label < 2**63 for label in labels):
            raise _core.Error("a model file holds labels of 64 bits: some of the classes are larger")
        return (_utf8(labels, "classes") if kind == "str" else labels), kind
    raise _core.Error(
        f"a model file holds labels that are whole numbers, floats, bools or strings, got {labels[0]!r}: "
        "fit on such labels, or set model.classes to strings"
    )


def _utf8(texts: Any, what: str) -> list[bytes]:
    if not all(isinstance(text, str) for text in texts):
        raise _core.Error(f"{what} must be strings, got {list(texts)[:20]}")
    try:
        return [text.encode() for text in texts]
    except UnicodeEncodeError as error:
        raise _core.Error(f"{what} must be UTF-8: {error}") from error


def _strings(texts: list[str]) -> NDArray[Any]:
    """An array of strings; of objects where one long string would make it far larger than all of them."""
    longest, total = max(map(len, texts)), sum(map(len, texts))
    return np.array(texts, dtype=object if longest * len(texts) > 100_000 + 4 * total else np.str_)
