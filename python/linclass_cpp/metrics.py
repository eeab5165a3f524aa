"""How good predictions are: counts and rates of classes, curves of scores, figures of probabilities, and a report of
all of them.

>>> from linclass_cpp import metrics
>>> metrics.report(y, model.predict_proba(X), classes=model.classes)

Names, arguments and conventions are scikit-learn's, without ``_score`` and ``_loss``; C++ computes (``linclass/
metrics.h``). Labels are numbers, strings or bools; ``sample_weight`` is (n,), at least 0 and not 0 everywhere. Where
a rate has the denominator 0, ``zero_division`` stands: 0, 1, NaN (left out of averages), or "warn": 0 with an
UndefinedMetricWarning. Errors are of type ``linclass_cpp.Error``, a ValueError.

``average`` of rates: "binary" (default) of the class ``pos_label``; None one figure a class; "macro" their mean;
"weighted" their mean weighted by how often each is true; "micro" of the counts of all classes together.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _admit, _core
from ._core import Error

__all__ = [
    "Counts",
    "MetricsReport",
    "UndefinedMetricWarning",
    "accuracy",
    "average_precision",
    "baseline_accuracy",
    "brier",
    "calibration_curve",
    "class_priors",
    "confusion_matrix",
    "counts",
    "expected_calibration_error",
    "f1",
    "f_beta",
    "false_positive_rate",
    "log_loss",
    "precision",
    "precision_recall_curve",
    "recall",
    "report",
    "roc_auc",
    "roc_curve",
    "true_positive_rate",
]

Array: TypeAlias = NDArray[Any]
Doubles: TypeAlias = NDArray[np.float64]
Averages: TypeAlias = Literal["binary", "macro", "micro", "weighted"] | None
ZeroDivision: TypeAlias = float | Literal["warn"]
Strategy: TypeAlias = Literal["uniform", "quantile"]


class UndefinedMetricWarning(UserWarning):
    """A metric has no value for these data."""


class Counts(NamedTuple):
    """Each class against the rest: true positives, false positives, false negatives, true negatives; (K,) each."""

    tp: Array
    fp: Array
    fn: Array
    tn: Array


# ------------------------------------------------------------------------------------------------- labels to codes


def _labels(values: Any, what: str) -> Array:
    array, _ = _admit._array(values, what)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise Error(
            f"{what} must have one axis, a label a row, got shape {array.shape}: "
            "of a matrix of labels look at one column at a time"
        )
    if array.size == 0:
        raise Error(f"{what} is empty: a metric needs at least one row")
    _admit._check_labels(array)
    return array


def _check_kinds(*parts: Array) -> None:
    """Numbers and strings do not mix."""
    kinds = {"text" if part.dtype.kind in "US" else "number" for part in parts if part.dtype.kind != "O"}
    if len(kinds) > 1:
        raise Error(
            "some labels are numbers and some are strings: "
            + ", ".join(f"{part[0]!r} (dtype {part.dtype})" for part in parts)
            + ". Use one type"
        )


def _weights(sample_weight: ArrayLike | None) -> Doubles | None:
    return _admit.per_item(sample_weight, "sample_weight")[0]


def _pair(y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    truth, predicted = _labels(y_true, "y_true"), _labels(y_pred, "y_pred")
    if len(truth) != len(predicted):
        raise Error(f"y_true has {len(truth)} rows and y_pred has {len(predicted)}: they must agree")
    _check_kinds(truth, predicted)
    return truth, predicted


def _compared(y_true: Any, y_pred: Any) -> tuple[Array, Array, Array]:
    """The labels that occur, sorted, and the codes of both."""
    truth, predicted = _pair(y_true, y_pred)
    present, codes = _admit._codes(np.concatenate([truth, predicted]))
    return present, codes[: len(truth)], codes[len(truth) :]


def _confusion(y_true: Any, y_pred: Any, sample_weight: ArrayLike | None) -> tuple[Array, Doubles]:
    present, truth, predicted = _compared(y_true, y_pred)
    return present, _core.confusion_matrix(truth, predicted, len(present), _weights(sample_weight))


def _places(labels: Any, present: Array) -> tuple[Array, Array]:
    """Of given labels: where they are among those that occur, and which do."""
    given = _admit.class_labels(labels)
    _check_kinds(given, present)
    order = np.argsort(present)
    places = order[np.minimum(np.searchsorted(present, given, sorter=order), len(present) - 1)]
    return places, present[places] == given


def _whole(values: Array, sample_weight: ArrayLike | None) -> Array:
    """Counts of rows are whole numbers."""
    return values.astype(np.int64) if sample_weight is None else values


# --------------------------------------------------------------------------------------------------------- classes


def accuracy(
    y_true: ArrayLike, y_pred: ArrayLike, *, normalize: bool = True, sample_weight: ArrayLike | None = None
) -> float:
    """The weighted share of rows whose label was predicted; with ``normalize=False`` their weight."""
    truth, predicted = _pair(y_true, y_pred)
    weights = _weights(sample_weight)
    share = float(_core.class_priors((truth == predicted).astype(np.int32), 2, weights)[1])
    return share if normalize else share * float(len(truth) if weights is None else weights.sum())


def class_priors(y: ArrayLike, *, labels: ArrayLike | None = None, sample_weight: ArrayLike | None = None) -> Doubles:
    """The weighted share of each class, in the order of ``labels``, by default the sorted ones that occur."""
    present, codes = _coded(y, labels)
    return _core.class_priors(codes, len(present), _weights(sample_weight))


def baseline_accuracy(y_true: ArrayLike, *, sample_weight: ArrayLike | None = None) -> float:
    """The accuracy of always predicting the most frequent class: the largest prior."""
    return float(class_priors(y_true, sample_weight=sample_weight).max())


def confusion_matrix(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    normalize: Literal["true", "pred", "all"] | None = None,
) -> Array:
    """(K, K): the weight of rows of class i (row) that were predicted as class j (column).

    Classes are ``labels`` in their order, by default the sorted ones that occur; rows with other labels are left out.
    ``normalize`` makes each row ("true"), each column ("pred") or everything ("all") sum to 1; what is empty stays 0.
    Whole numbers without weights and normalisation.
    """
    present, matrix = _confusion(y_true, y_pred, sample_weight)
    if labels is not None:
        places, found = _places(labels, present)
        if not found.any():
            raise Error(f"none of the labels {np.asarray(labels).tolist()} occurs in y_true or y_pred")
        matrix = np.ascontiguousarray(matrix[np.ix_(places, places)] * np.outer(found, found))
    if normalize is None:
        return _whole(matrix, sample_weight)
    return _core.normalized(matrix, normalize)


def _selected(table: Doubles, present: Array, labels: ArrayLike | None) -> Doubles:
    """Of counts (4, classes that occur), those of given labels."""
    if labels is None:
        return table
    places, found = _places(labels, present)
    chosen = np.where(found, table[:, places], 0.0)
    chosen[3, ~found] = table[:, 0].sum()
    return np.ascontiguousarray(chosen)


def counts(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
) -> Counts:
    """True positives, false positives, false negatives and true negatives of each class against the rest."""
    present, matrix = _confusion(y_true, y_pred, sample_weight)
    return Counts(*_whole(_selected(_core.counts(matrix), present, labels), sample_weight))


_WHY = {
    "precision": "never predicted",
    "recall": "never true",
    "f_beta": "neither predicted nor true",
    "false_positive_rate": "true in every row",
}


def _rate(
    name: str,
    y_true: ArrayLike,
    y_pred: ArrayLike,
    labels: ArrayLike | None,
    pos_label: Any,
    average: Averages,
    sample_weight: ArrayLike | None,
    zero_division: ZeroDivision,
    beta: float = 1.0,
) -> Any:
    if zero_division != "warn" and not (zero_division in (0, 1) or math.isnan(zero_division)):
        raise Error(f'zero_division is 0, 1, NaN or "warn", got {zero_division!r}')
    present, matrix = _confusion(y_true, y_pred, sample_weight)
    if average == "binary":
        if len(present) > 2:
            raise Error(
                f'average="binary" is of two classes, but there are {len(present)}: '
                'choose "macro", "micro", "weighted", or None for one figure a class'
            )
        if len(present) == 2 and pos_label not in present.tolist():
            raise Error(f"pos_label {pos_label!r} is not a label: name the positive one of {present.tolist()}")
        labels = [pos_label]
    table = _selected(_core.counts(matrix), present, labels)
    over = None if average == "binary" else average
    if zero_division == "warn":
        pooled = table.sum(axis=1, keepdims=True) if average == "micro" else table
        broken = np.isnan(_core.rate(name, np.ascontiguousarray(pooled), None, np.nan, beta))
        if broken.any():
            which = (
                "every class"
                if average == "micro"
                else (present if labels is None else np.asarray(labels))[broken].tolist()
            )
            warnings.warn(
                f"{name} is undefined and counts as 0: {which} is {_WHY[name]}. zero_division chooses another value",
                UndefinedMetricWarning,
                stacklevel=3,
            )
        zero_division = 0.0
    result = _core.rate(name, table, over, float(zero_division), beta)
    return float(result[0]) if average == "binary" and not isinstance(result, float) else result


def precision(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    pos_label: Any = 1,
    average: Averages = "binary",
    sample_weight: ArrayLike | None = None,
    zero_division: ZeroDivision = "warn",
) -> Any:
    """tp / (tp + fp): how many of those predicted are right."""
    return _rate("precision", y_true, y_pred, labels, pos_label, average, sample_weight, zero_division)


def recall(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    pos_label: Any = 1,
    average: Averages = "binary",
    sample_weight: ArrayLike | None = None,
    zero_division: ZeroDivision = "warn",
) -> Any:
    """tp / (tp + fn): how many of the true ones are found."""
    return _rate("recall", y_true, y_pred, labels, pos_label, average, sample_weight, zero_division)


def true_positive_rate(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    pos_label: Any = 1,
    average: Averages = "binary",
    sample_weight: ArrayLike | None = None,
    zero_division: ZeroDivision = "warn",
) -> Any:
    """tp / (tp + fn), another name of recall."""
    return _rate("recall", y_true, y_pred, labels, pos_label, average, sample_weight, zero_division)


def false_positive_rate(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    pos_label: Any = 1,
    average: Averages = "binary",
    sample_weight: ArrayLike | None = None,
    zero_division: ZeroDivision = "warn",
) -> Any:
    """fp / (fp + tn): how many of the others are taken for the class."""
    return _rate("false_positive_rate", y_true, y_pred, labels, pos_label, average, sample_weight, zero_division)


def f_beta(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    beta: float,
    labels: ArrayLike | None = None,
    pos_label: Any = 1,
    average: Averages = "binary",
    sample_weight: ArrayLike | None = None,
    zero_division: ZeroDivision = "warn",
) -> Any:
    """(1 + beta^2) P R / (beta^2 P + R) of precision P and recall R, beta >= 0 (van Rijsbergen 1979, ch. 7)."""
    return _rate("f_beta", y_true, y_pred, labels, pos_label, average, sample_weight, zero_division, float(beta))


def f1(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    pos_label: Any = 1,
    average: Averages = "binary",
    sample_weight: ArrayLike | None = None,
    zero_division: ZeroDivision = "warn",
) -> Any:
    """2 P R / (P + R), the harmonic mean of precision and recall."""
    return _rate("f_beta", y_true, y_pred, labels, pos_label, average, sample_weight, zero_division)


# ---------------------------------------------------------------------------------------------------------- scores


def _matrix(values: Any, rows: int, what: str) -> Array:
    """(n,) or (n, K) as a float matrix that C++ reads."""
    array, copies = _admit._array(values, what)
    if array.ndim == 1:
        array = array.reshape(-1, 1)
    if array.ndim != 2 or array.shape[1] == 0:
        raise Error(f"{what} must have shape (n,) or (n, classes), got {np.shape(values)}")
    if len(array) != rows:
        raise Error(f"y_true has {rows} rows and {what} has {len(array)}: they must agree")
    return _admit._matrix(array, copies, what)[0]


def _coded(y_true: ArrayLike, labels: ArrayLike | None) -> tuple[Array, Array]:
    """The classes, ``labels`` or the sorted ones that occur, and the code of each row."""
    y = _labels(y_true, "y_true")
    if labels is None:
        return _admit._codes(y)
    given = _admit.class_labels(labels)
    _check_kinds(given, y)
    return _admit._codes_of(y, given)


def _classes(y_true: ArrayLike, labels: ArrayLike | None, columns: int, what: str) -> tuple[Array, Array]:
    """As many classes as there are columns (one column stands for two), and codes."""
    classes, codes = _coded(y_true, labels)
    wanted = max(columns, 2)
    if len(classes) != wanted:
        source = "labels names" if labels is not None else "y_true holds"
        raise Error(
            f"{what} has columns for {wanted} classes, but {source} {len(classes)}: {classes[:20].tolist()}. "
            "Give all classes in the order of the columns as labels"
        )
    return classes, codes


def _against_rest(y_true: ArrayLike, pos_label: Any) -> Array:
    """1 where the positive label is, 0 elsewhere."""
    y = _labels(y_true, "y_true")
    if pos_label is None:
        classes, _ = _admit._codes(y)
        if classes.dtype.kind in "OUS" or classes.tolist() not in ([0, 1], [-1, 1], [0], [1], [-1]):
            raise Error(f"y_true holds {classes[:20].tolist()}: name the positive label as pos_label")
        pos_label = 1
    _check_kinds(np.asarray([pos_label]), y)
    return np.asarray(y == pos_label, dtype=np.int32)


def _one_column(y_true: ArrayLike, y_score: ArrayLike, pos_label: Any, what: str) -> tuple[Array, Array]:
    codes = _against_rest(y_true, pos_label)
    scores = _matrix(y_score, len(codes), what)
    if scores.shape[1] != 1:
        raise Error(f"{what} must be (n,), the scores of the positive class, got shape {scores.shape}: take one column")
    return codes, scores


def _warn_if_constant(codes: Array, sample_weight: Doubles | None, what: str) -> None:
    counted = codes if sample_weight is None else codes[sample_weight > 0]
    if counted.min() == counted.max():
        absent = "negative" if counted[0] else "positive"
        warnings.warn(f"no row is {absent}: {what}", UndefinedMetricWarning, stacklevel=3)


def roc_curve(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    pos_label: Any = None,
    sample_weight: ArrayLike | None = None,
    drop_intermediate: bool = True,
) -> tuple[Doubles, Doubles, Doubles]:
    """False positive rates, true positive rates and the falling thresholds that give them; the first is infinity.

    ``y_score`` is (n,), higher for the positive class. ``drop_intermediate`` leaves out points on a straight line
    between others. Without rows of one of the classes its rate is NaN, with a warning. (Fawcett, Pattern Recognition
    Letters 27, 2006.)
    """
    codes, scores = _one_column(y_true, y_score, pos_label, "y_score")
    weights = _weights(sample_weight)
    curve = _core.roc_curve(codes, 2, scores, 1, weights, drop_intermediate)
    _warn_if_constant(codes, weights, "its rate is NaN")
    return curve


def precision_recall_curve(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    pos_label: Any = None,
    sample_weight: ArrayLike | None = None,
    drop_intermediate: bool = False,
) -> tuple[Doubles, Doubles, Doubles]:
    """Precision, recall and the rising thresholds that give them; the last point, (1, 0), has no threshold.

    ``drop_intermediate`` keeps the first and last of points of equal recall. Without positive rows recall is 1, with a
    warning.
    """
    codes, scores = _one_column(y_true, y_score, pos_label, "y_score")
    weights = _weights(sample_weight)
    curve = _core.precision_recall_curve(codes, 2, scores, 1, weights, drop_intermediate)
    if curve[1][0] == 1 and not codes.any():
        _warn_if_constant(codes, weights, "recall is 1 throughout")
    return curve


def _over_classes(function: Any, codes: Array, scores: Array, average: Any, weights: Doubles | None) -> Any:
    """The figure of each class against the rest, or an average of them."""
    classes = scores.shape[1]
    if average is None:
        return np.array([function(codes, classes, scores, k, weights) for k in range(classes)])
    return function(codes, classes, scores, average, weights)


def roc_auc(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    average: Literal["macro", "micro", "weighted"] | None = "macro",
    sample_weight: ArrayLike | None = None,
    labels: ArrayLike | None = None,
) -> Any:
    """The area under the ROC curve: the chance that a positive row scores above a negative one, ties counting half.

    ``y_score`` is (n,) or (n, 2) for two classes, the second of which is positive, else (n, K): each class against the
    rest, and their average. NaN with a warning where a class never, or alone, occurs.
    """
    y = _labels(y_true, "y_true")
    scores = _matrix(y_score, len(y), "y_score")
    weights = _weights(sample_weight)
    if scores.shape[1] <= 2 and labels is None and (y == y[0]).all():
        codes = np.zeros(len(y), np.int32)
    else:
        _, codes = _classes(y, labels, scores.shape[1], "y_score")
    if scores.shape[1] <= 2:
        result = _core.roc_auc(codes, 2, scores, 1, weights)
    else:
        result = _over_classes(_core.roc_auc, codes, scores, average, weights)
    if np.isnan(result).any():
        warnings.warn(
            "the area under the ROC curve is undefined where a class never, or alone, occurs",
            UndefinedMetricWarning,
            stacklevel=2,
        )
    return result


def average_precision(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    average: Literal["macro", "micro", "weighted"] | None = "macro",
    pos_label: Any = 1,
    sample_weight: ArrayLike | None = None,
    labels: ArrayLike | None = None,
) -> Any:
    """sum_i (R_i - R_{i-1}) P_i over falling thresholds, of recall R and precision P.

    ``y_score`` is (n,) for ``pos_label`` against the rest, else (n, K): each class against the rest, and their
    average. Without positive rows 0, with a warning.
    """
    y = _labels(y_true, "y_true")
    scores = _matrix(y_score, len(y), "y_score")
    weights = _weights(sample_weight)
    if scores.shape[1] > 1:
        _, codes = _classes(y, labels, scores.shape[1], "y_score")
        return _over_classes(_core.average_precision, codes, scores, average, weights)
    present, _ = _admit._codes(y)
    if len(present) > 2:
        raise Error(f"y_true holds {len(present)} classes, so y_score needs a column a class, got shape (n,)")
    if len(present) == 2 and pos_label not in present:
        raise Error(f"pos_label {pos_label!r} is not a label: name the positive one of {present.tolist()}")
    codes = _against_rest(y, pos_label)
    if not codes.any():
        _warn_if_constant(codes, None, "its precision counts as 0")
    return _core.average_precision(codes, 2, scores, 1, weights)


# --------------------------------------------------------------------------------------------------- probabilities


def log_loss(
    y_true: ArrayLike,
    y_proba: ArrayLike,
    *,
    normalize: bool = True,
    sample_weight: ArrayLike | None = None,
    labels: ArrayLike | None = None,
) -> float:
    """The mean of -log p of the true class (with ``normalize=False`` the sum).

    ``y_proba`` is (n, K), columns in the order of ``labels`` (default: the sorted ones of y_true), or (n,) of the
    second of two classes. p is clipped to [eps, 1 - eps], eps the spacing of the type of y_proba at 1. Error where a
    row does not sum to 1.
    """
    y = _labels(y_true, "y_true")
    P = _matrix(y_proba, len(y), "y_proba")
    classes, codes = _classes(y, labels, P.shape[1], "y_proba")
    weights = _weights(sample_weight)
    loss = _core.log_loss(codes, len(classes), P, weights)
    return loss if normalize else loss * float(len(y) if weights is None else weights.sum())


def _probabilities(y_true: ArrayLike, y_proba: ArrayLike, pos_label: Any, labels: Any) -> tuple[Array, int, Array]:
    """Codes, the number of classes and P. One column is that of ``pos_label`` against the rest."""
    y = _labels(y_true, "y_true")
    P = _matrix(y_proba, len(y), "y_proba")
    if P.shape[1] == 1 and labels is None:
        if len(_admit._codes(y)[0]) > 2:
            raise Error("y_true holds more than two classes, so probabilities need a column a class, got shape (n,)")
        return _against_rest(y, pos_label), 2, P
    classes, codes = _classes(y, labels, P.shape[1], "y_proba")
    return codes, len(classes), P


def brier(
    y_true: ArrayLike,
    y_proba: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    pos_label: Any = None,
    labels: ArrayLike | None = None,
    scale_by_half: bool | Literal["auto"] = "auto",
) -> float:
    """The mean of sum_k (y_k - p_k)^2 (Brier, Monthly Weather Review 78, 1950).

    ``scale_by_half`` halves it; "auto" does so for two classes, where it then is the mean of (y - p)^2. ``y_proba`` is
    (n, K), or (n,) of ``pos_label`` against the rest.
    """
    codes, classes, P = _probabilities(y_true, y_proba, pos_label, labels)
    score = _core.brier(codes, classes, P, _weights(sample_weight))
    halved = classes == 2
    wanted = halved if scale_by_half == "auto" else scale_by_half
    return score * (2.0 if halved and not wanted else 0.5 if wanted and not halved else 1.0)


def calibration_curve(
    y_true: ArrayLike,
    y_prob: ArrayLike,
    *,
    pos_label: Any = None,
    n_bins: int = 5,
    strategy: Strategy = "uniform",
    sample_weight: ArrayLike | None = None,
    labels: ArrayLike | None = None,
) -> tuple[Doubles, Doubles]:
    """Of each bin of probabilities that is not empty: how often the class is true, and its mean probability.

    ``y_prob`` is (n,) of ``pos_label`` against the rest, or (n, 2) with the second class positive; (n, K): the most
    probable class of each row (Guo et al., ICML 2017). Bins are of equal width, or ("quantile") of equally many rows.
    """
    codes, classes, P = _probabilities(y_true, y_prob, pos_label, labels)
    return _core.calibration_curve(codes, classes, P, n_bins, strategy, _weights(sample_weight))


def expected_calibration_error(
    y_true: ArrayLike,
    y_prob: ArrayLike,
    *,
    pos_label: Any = None,
    n_bins: int = 15,
    strategy: Strategy = "uniform",
    sample_weight: ArrayLike | None = None,
    labels: ArrayLike | None = None,
) -> float:
    """sum over the bins of ``calibration_curve`` of their share times |how often true - mean probability|.

    (Naeini, Cooper and Hauskrecht, AAAI 2015; Guo et al., ICML 2017.)
    """
    codes, classes, P = _probabilities(y_true, y_prob, pos_label, labels)
    return _core.expected_calibration_error(codes, classes, P, n_bins, strategy, _weights(sample_weight))


# ---------------------------------------------------------------------------------------------------------- report


class MetricsReport:
    """All metrics of a prediction; print it.

    Attributes
    ----------
    classes : (K,) labels
    rows : int
    accuracy, baseline_accuracy : float; the second of always predicting the most frequent class
    priors : (K,) weighted shares of the classes
    confusion_matrix : (K, K) weights, rows true and columns predicted; ``row_percent`` and ``column_percent`` of it
    counts : Counts of each class against the rest
    precision, recall, f1, false_positive_rate : (K,); undefined ones count as 0, and ``notes`` says so
    roc_auc, average_precision : (K,) each class against the rest; None without probabilities
    macro, micro, weighted : dict of the averages of these
    log_loss, brier, expected_calibration_error : float; None without probabilities
    notes : list of str, what is undefined and why
    """

    classes: Array
    rows: int
    accuracy: float
    baseline_accuracy: float
    priors: Doubles
    confusion_matrix: Array
    counts: Counts
    precision: Doubles
    recall: Doubles
    f1: Doubles
    false_positive_rate: Doubles
    roc_auc: Doubles | None
    average_precision: Doubles | None
    macro: dict[str, float | None]
    micro: dict[str, float | None]
    weighted: dict[str, float | None]
    log_loss: float | None
    brier: float | None
    expected_calibration_error: float | None
    notes: list[str]

    def __init__(self, classes: Array, values: dict[str, Any], text: str) -> None:
        self.classes = classes
        self.__dict__.update(values)
        self._text = text

    @property
    def row_percent(self) -> Doubles:
        """Of each true class, the percentages of what it was predicted as."""
        return 100 * _core.normalized(self.confusion_matrix.astype(float), "true")

    @property
    def column_percent(self) -> Doubles:
        """Of each predicted class, the percentages of what it truly was."""
        return 100 * _core.normalized(self.confusion_matrix.astype(float), "pred")

    def as_dict(self) -> dict[str, Any]:
        """The attributes as numbers, strings, lists and dicts, as ``json`` takes them; None where undefined."""
        values = {name: value for name, value in vars(self).items() if name != "_text"}
        plain: dict[str, Any] = _plain({**values, "counts": self.counts._asdict()})
        return plain

    def __repr__(self) -> str:
        return self._text


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | list):
        return [_plain(item) for item in (value.tolist() if isinstance(value, np.ndarray) else value)]
    return None if isinstance(value, float) and math.isnan(value) else value


def report(
    y_true: ArrayLike,
    prediction: ArrayLike,
    *,
    classes: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
) -> MetricsReport:
    """All metrics at once, as an object that prints itself as a table.

    ``prediction`` is labels (n,), probabilities (n, K) in the order of ``classes`` (default: the sorted labels that
    occur), or probabilities (n,) of the second of two classes: numbers of which some are not whole.
    """
    y = _labels(y_true, "y_true")
    given, _ = _admit._array(prediction, "prediction")
    probable = (given.ndim == 2 and given.shape[1] > 1) or (given.dtype.kind == "f" and bool((given % 1 != 0).any()))
    if probable:
        predicted = _matrix(given, len(y), "prediction")
        labels, codes = _classes(y, classes, predicted.shape[1], "prediction")
    elif classes is None:
        labels, codes, predicted = _compared(y, given)
    else:
        labels, codes = _coded(y, classes)
        predicted = _admit._codes_of(_labels(given, "prediction"), labels)[1]
    names = [str(label) for label in labels.tolist()]
    values, text = _core.metrics_report(codes, len(labels), predicted, _weights(sample_weight), names)
    values["confusion_matrix"] = _whole(values["confusion_matrix"], sample_weight)
    values["counts"] = Counts(*_whole(values["counts"], sample_weight))
    if not probable:
        for name in ("roc_auc", "average_precision", "log_loss", "brier", "expected_calibration_error"):
            values[name] = None
        for average in ("macro", "micro", "weighted"):
            del values[average]["roc_auc"], values[average]["average_precision"]
    return MetricsReport(labels, values, text)
