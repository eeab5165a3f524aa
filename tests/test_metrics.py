"""Metrics: equal to scikit-learn on random and degenerate inputs, to values computed by hand; errors for bad input."""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import linclass_cpp as lc
import numpy as np
import pandas as pd
import pytest
from linclass_cpp import metrics
from sklearn import metrics as theirs
from sklearn.calibration import calibration_curve

rng = np.random.default_rng(0)
N = 97


def rows(P: np.ndarray) -> np.ndarray:
    return P / P.sum(axis=1, keepdims=True)


def case(
    y: Any, predicted: Any, P: np.ndarray, weight: Any = None, classes: Any = None, pos_label: Any = 1
) -> dict[str, Any]:
    classes = np.unique(y) if classes is None else np.asarray(classes)
    return {"y": y, "predicted": predicted, "P": P, "weight": weight, "classes": classes, "pos_label": pos_label}


BINARY = rng.integers(0, 2, N)
MULTI = rng.integers(0, 4, N)
WORDS = np.array(["no", "yes"])
PLACES = np.array(["north", "east", "south", "west"])
P2, P4 = rows(rng.gamma(1.0, size=(N, 2)) + 1e-3), rows(rng.gamma(1.0, size=(N, 4)) + 1e-3)
TIED = rows(np.round(P4 * 4) + 0.25)
WEIGHT = rng.gamma(1.0, size=N)
HOLES = np.where(rng.random(N) < 0.4, 0.0, rng.integers(1, 5, N).astype(float))
CASES: dict[str, dict[str, Any]] = {
    "binary": case(BINARY, rng.integers(0, 2, N), P2),
    "binary, weights": case(BINARY, rng.integers(0, 2, N), P2, WEIGHT),
    "binary, weights of 0": case(BINARY, rng.integers(0, 2, N), P2, HOLES),
    "binary, ties": case(BINARY, rng.integers(0, 2, N), rows(np.round(P2 * 3) + 0.5), HOLES),
    "binary, float32": case(BINARY, rng.integers(0, 2, N), P2.astype(np.float32)),
    "binary, all scores alike": case(BINARY, np.ones(N, int), np.full((N, 2), 0.5)),
    "binary, certain": case(BINARY, BINARY, np.column_stack([1 - BINARY, BINARY]).astype(float)),
    "binary, certain and wrong": case(BINARY, 1 - BINARY, np.column_stack([BINARY, 1 - BINARY]).astype(float)),
    "minus one and one": case(2 * BINARY - 1, 2 * rng.integers(0, 2, N) - 1, P2),
    "bools": case(BINARY > 0, rng.integers(0, 2, N) > 0, P2, pos_label=True),
    "strings": case(WORDS[BINARY], WORDS[rng.integers(0, 2, N)], P2, WEIGHT, pos_label="no"),
    "objects": case(WORDS[BINARY].astype(object), WORDS[rng.integers(0, 2, N)].astype(object), P2, pos_label="yes"),
    "one class": case(np.ones(N, int), np.ones(N, int), P2, classes=[0, 1]),
    "one class, others predicted": case(np.zeros(N, int), rng.integers(0, 2, N), P2, HOLES, classes=[0, 1]),
    "one row": case(np.array([1]), np.array([0]), P2[:1], classes=[0, 1]),
    "never predicted": case(BINARY, np.zeros(N, int), P2),
    "a class of weight 0": case(BINARY, rng.integers(0, 2, N), P2, np.where(BINARY, 0.0, 1.0)),
    "four classes": case(MULTI, rng.integers(0, 4, N), P4),
    "four classes, weights": case(MULTI, rng.integers(0, 4, N), P4, WEIGHT),
    "four classes, ties and weights of 0": case(MULTI, rng.integers(0, 4, N), TIED, HOLES),
    "four classes, float32": case(MULTI, rng.integers(0, 4, N), P4.astype(np.float32), WEIGHT),
    "four classes in columns": case(MULTI, rng.integers(0, 4, N), np.asfortranarray(P4)),
    "numbers far apart": case(MULTI * 10**6 - 5, rng.integers(0, 4, N) * 10**6 - 5, P4),
    "names": case(PLACES[MULTI], PLACES[rng.integers(0, 4, N)], P4, HOLES),
    "a class is absent": case(MULTI % 3, rng.integers(0, 4, N), P4, WEIGHT, classes=[0, 1, 2, 3]),
    "a class is never predicted": case(MULTI, rng.integers(0, 3, N), P4),
    "predicted classes never occur": case(MULTI % 2, rng.integers(0, 4, N), P4, classes=[0, 1, 2, 3]),
}


def quiet(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call(*arguments, **named)


def same(ours: Any, expected: Any, what: str, rtol: float = 1e-12) -> None:
    ours, expected = (value if isinstance(value, tuple) else (value,) for value in (ours, expected))
    assert len(ours) == len(expected), what
    for a, b in zip(ours, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-13, err_msg=what)


RATES = {
    "precision": (metrics.precision, theirs.precision_score, {}),
    "recall": (metrics.recall, theirs.recall_score, {}),
    "f1": (metrics.f1, theirs.f1_score, {}),
    "f_beta": (metrics.f_beta, theirs.fbeta_score, {"beta": 2.5}),
    "f_0": (metrics.f_beta, theirs.fbeta_score, {"beta": 0.0}),
    "f_infinity": (metrics.f_beta, theirs.fbeta_score, {"beta": np.inf}),
}


@pytest.mark.parametrize("name", CASES)
def test_equal_to_scikit_learn(name: str) -> None:
    c = CASES[name]
    y, predicted, P, classes, pos_label = c["y"], c["predicted"], c["P"], c["classes"], c["pos_label"]
    weight = {"sample_weight": c["weight"]}

    rtol = 1e-12 if P.dtype == np.float64 else 1e-6  # theirs sum in float32

    def check(what: str, ours: Any, their: Any, *given: Any, **named: Any) -> None:
        same(quiet(ours, *given, **weight, **named), quiet(their, *given, **weight, **named), what, rtol)

    # labels
    check("accuracy", metrics.accuracy, theirs.accuracy_score, y, predicted)
    check("accuracy, counted", metrics.accuracy, theirs.accuracy_score, y, predicted, normalize=False)
    for normalize in (None, "true", "pred", "all"):
        check("confusion", metrics.confusion_matrix, theirs.confusion_matrix, y, predicted, normalize=normalize)
    some = [*classes[::-1][:2], classes[0]][: len(classes)]
    some = list(dict.fromkeys(some))
    if np.isin(some, y).any():
        check("confusion of some", metrics.confusion_matrix, theirs.confusion_matrix, y, predicted, labels=some)
    table = quiet(theirs.multilabel_confusion_matrix, y, predicted, labels=classes, **weight)
    tp, fp, fn, tn = metrics.counts(y, predicted, labels=classes, **weight)
    same((tp, fp, fn, tn), (table[:, 1, 1], table[:, 0, 1], table[:, 1, 0], table[:, 0, 0]), "counts")
    binary = len(np.union1d(y, predicted)) <= 2
    for metric, (ours, their, options) in RATES.items():
        for average in (None, "macro", "micro", "weighted", *["binary"] * binary):
            for zero_division in ("warn", np.nan):
                named = {"average": average, "zero_division": zero_division, **options}
                named |= {"pos_label": pos_label} if average == "binary" else {}
                check(f"{metric} {named}", ours, their, y, predicted, **named)
        check(f"{metric} of some", ours, their, y, predicted, labels=some, average="macro", zero_division=1, **options)
    with np.errstate(invalid="ignore"):
        fpr = quiet(
            metrics.false_positive_rate, y, predicted, labels=classes, average=None, zero_division=np.nan, **weight
        )
        same(fpr, table[:, 0, 1] / table[:, 0].sum(axis=1), "false positive rate")
    w = np.ones(len(y)) if c["weight"] is None else c["weight"]
    priors = np.array([w[y == label].sum() for label in classes]) / w.sum()
    same(metrics.class_priors(y, labels=classes, **weight), priors, "priors")
    assert metrics.baseline_accuracy(y, **weight) == pytest.approx(priors.max(), rel=1e-14)

    # probabilities
    check("log loss", metrics.log_loss, theirs.log_loss, y, P, labels=classes)
    check("log loss, summed", metrics.log_loss, theirs.log_loss, y, P, labels=classes, normalize=False)
    for half in ("auto", True, False):
        check("Brier", metrics.brier, theirs.brier_score_loss, y, P, labels=classes, scale_by_half=half)
    whole = c["weight"] is None or np.array_equal(w, np.round(w))  # the roundings of sums decide what lies on a line
    if len(classes) == 2:
        score = np.ascontiguousarray(P[:, 1])
        named = {"pos_label": pos_label}
        for drop in (False, True):
            if whole or not drop:
                check("ROC", metrics.roc_curve, theirs.roc_curve, y, score, drop_intermediate=drop, **named)
            check(
                "precision and recall",
                metrics.precision_recall_curve,
                theirs.precision_recall_curve,
                y,
                score,
                drop_intermediate=drop,
                **named,
            )
        check("average precision", metrics.average_precision, theirs.average_precision_score, y, score, **named)
        if quiet(lambda: len(np.unique(y[w > 0]))) == 2:
            check("AUC", metrics.roc_auc, theirs.roc_auc_score, y, score)
        else:
            assert np.isnan(quiet(metrics.roc_auc, y, score, labels=classes, **weight))
        check("Brier of one column", metrics.brier, theirs.brier_score_loss, y, score, **named)
        if c["weight"] is None:
            for strategy in ("uniform", "quantile"):
                for bins in (1, 5, 10):
                    named = {"n_bins": bins, "strategy": strategy, "pos_label": pos_label}
                    if P.dtype == np.float64:
                        same(
                            metrics.calibration_curve(y, score, **named),
                            calibration_curve(y, score, **named),
                            "calibration",
                        )
    else:
        for average in ("macro", "weighted", "micro", None):
            named = {"average": average}
            their = quiet(theirs.roc_auc_score, y, P, labels=classes, multi_class="ovr", **named, **weight)
            same(quiet(metrics.roc_auc, y, P, labels=classes, **named, **weight), their, "AUC")
            if len(np.unique(y)) == len(classes):
                check("average precision", metrics.average_precision, theirs.average_precision_score, y, P, **named)

    # all at once
    report = metrics.report(y, P, classes=classes, **weight)
    called = classes[P.argmax(axis=1)]
    assert report.accuracy == pytest.approx(theirs.accuracy_score(y, called, **weight), rel=1e-12)
    same(report.confusion_matrix, quiet(theirs.confusion_matrix, y, called, labels=classes, **weight), "report")
    same(report.log_loss, theirs.log_loss(y, P, labels=classes, **weight), "report", rtol)
    same(report.f1, theirs.f1_score(y, called, labels=classes, average=None, zero_division=0, **weight), "report")
    json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert repr(pickle.loads(pickle.dumps(report))) == repr(report)


def test_by_hand() -> None:
    y, predicted = [1, 1, 1, 0, 0, 0, 0, 0], [1, 1, 0, 1, 0, 0, 0, 0]
    np.testing.assert_array_equal(metrics.confusion_matrix(y, predicted), [[4, 1], [1, 2]])
    assert [int(each[1]) for each in metrics.counts(y, predicted)] == [2, 1, 1, 4]
    assert metrics.accuracy(y, predicted) == 6 / 8
    assert metrics.baseline_accuracy(y) == 5 / 8
    assert metrics.precision(y, predicted) == metrics.recall(y, predicted) == 2 / 3
    assert metrics.true_positive_rate(y, predicted, average="macro") == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert metrics.false_positive_rate(y, predicted) == 1 / 5
    assert metrics.f_beta(y, predicted, beta=2) == pytest.approx(2 / 3)
    # pairs (positive, negative): 0.9 beats three; 0.4 beats two and ties with none; 0.4 against 0.7 loses
    assert metrics.roc_auc([1, 0, 1, 0, 0], [0.9, 0.7, 0.4, 0.4, 0.1]) == pytest.approx((3 + 1.5) / 6)
    fpr, tpr, thresholds = metrics.roc_curve([1, 0, 1, 0], [0.9, 0.7, 0.4, 0.1])
    np.testing.assert_array_equal(fpr, [0, 0, 0.5, 0.5, 1])
    np.testing.assert_array_equal(tpr, [0, 0.5, 0.5, 1, 1])
    np.testing.assert_array_equal(thresholds, [np.inf, 0.9, 0.7, 0.4, 0.1])
    assert metrics.average_precision([1, 0, 1, 0], [0.9, 0.7, 0.4, 0.1]) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert metrics.log_loss([0, 1], [0.25, 0.5]) == pytest.approx(-(np.log(0.75) + np.log(0.5)) / 2)
    assert metrics.brier([0, 1], [0.25, 0.5]) == pytest.approx((1 / 16 + 1 / 4) / 2)
    assert metrics.brier([0, 1, 2], np.eye(3)[[1, 1, 2]]) == pytest.approx(2 / 3)
    # bins (0, 1/2] and (1/2, 1]: mean probabilities 0.3 and 0.8, true in 1/2 and 1/2 of the rows
    assert metrics.expected_calibration_error([0, 1, 0, 1], [0.2, 0.4, 0.7, 0.9], n_bins=2) == pytest.approx(0.25)
    # the most probable class: 0.6 (right), 0.8 (wrong), both in the last of two bins
    P = [[0.6, 0.3, 0.1], [0.1, 0.1, 0.8]]
    assert metrics.expected_calibration_error([0, 1], P, n_bins=2, labels=[0, 1, 2]) == pytest.approx(0.7 - 0.5)
    # weights are repeated rows
    weighted = metrics.expected_calibration_error([0, 1, 0], [0.2, 0.4, 0.7], n_bins=3, sample_weight=[1, 2, 3])
    repeated = metrics.expected_calibration_error([0, 1, 1, 0, 0, 0], [0.2, 0.4, 0.4, 0.7, 0.7, 0.7], n_bins=3)
    assert weighted == pytest.approx(repeated)


def test_report() -> None:
    y, P = WORDS[BINARY], P2[:, 1]
    report = metrics.report(y, P)
    assert report.classes.tolist() == ["no", "yes"]
    np.testing.assert_allclose(report.row_percent.sum(axis=1), 100)
    np.testing.assert_allclose(report.column_percent.sum(axis=0), 100)
    assert report.roc_auc == pytest.approx(np.full(2, metrics.roc_auc(y, P)))
    assert report.expected_calibration_error == metrics.expected_calibration_error(y, P, pos_label="yes")
    text = str(report)
    for word in (
        "accuracy",
        "log loss",
        "Brier",
        "calibration",
        "ROC AUC",
        "macro",
        "weighted",
        "yes",
        "true positives",
    ):
        assert word in text
    labels = metrics.report(pd.Series(y), np.full(N, "no"))
    assert labels.log_loss is None
    assert labels.roc_auc is None
    assert "log loss" not in str(labels)
    assert labels.notes == ["class yes is never predicted: its precision counts as 0"]
    assert labels.confusion_matrix.dtype == np.int64
    assert labels.as_dict()["counts"]["tn"] == labels.counts.tn.tolist()
    many = np.arange(200) % 50
    assert "is not printed" in str(metrics.report(many, many))
    model = lc.fit(P4, PLACES[MULTI], loss="hinge", max_iter=2)
    assert metrics.report(PLACES[MULTI], model.predict(P4), classes=model.classes).classes.tolist() == sorted(PLACES)


BAD = {
    "empty": (lambda: metrics.accuracy([], []), "y_true is empty"),
    "lengths": (lambda: metrics.accuracy([0, 1], [0]), "y_true has 2 rows and y_pred has 1"),
    "kinds": (lambda: metrics.accuracy([0, 1], ["a", "b"]), "some labels are numbers and some are strings"),
    "missing": (lambda: metrics.accuracy([0, np.nan], [0, 1]), "missing label"),
    "no labels": (lambda: metrics.accuracy([0.5, 1], [0, 1]), "no class labels"),
    "matrix": (lambda: metrics.precision(np.eye(3), np.eye(3)), "one axis"),
    "weights": (
        lambda: metrics.accuracy([0, 1], [0, 1], sample_weight=[1]),
        "sample_weight must hold 2 numbers, got 1",
    ),
    "negative weight": (lambda: metrics.accuracy([0, 1], [0, 1], sample_weight=[1, -1]), "at least 0, got -1 in row 1"),
    "no weight": (lambda: metrics.roc_auc([0, 1], [0, 1], sample_weight=[0, 0]), "sample_weight is 0 in every row"),
    "binary of three": (lambda: metrics.precision([0, 1, 2], [0, 1, 2]), 'average="binary" is of two classes'),
    "pos_label": (lambda: metrics.precision(["a", "b"], ["a", "b"]), "pos_label 1 is not a label"),
    "which is positive": (lambda: metrics.roc_curve(["a", "b"], [0, 1]), "name the positive label as pos_label"),
    "average": (lambda: metrics.f1([0, 1], [0, 1], average="mean"), "choose one of macro, micro, weighted"),
    "normalize": (lambda: metrics.confusion_matrix([0, 1], [0, 1], normalize="rows"), "choose one of none, true"),
    "strategy": (lambda: metrics.calibration_curve([0, 1], [0, 1], strategy="x"), "choose one of uniform, quantile"),
    "bins": (lambda: metrics.calibration_curve([0, 1], [0, 1], n_bins=0), "at least 1, got 0"),
    "zero_division": (lambda: metrics.precision([0, 1], [0, 1], zero_division=0.5), "zero_division is 0, 1, NaN"),
    "beta": (lambda: metrics.f_beta([0, 1], [0, 1], beta=-1), "beta must be at least 0"),
    "labels": (lambda: metrics.confusion_matrix([0, 1], [0, 1], labels=[7, 8]), "none of the labels"),
    "NaN score": (lambda: metrics.roc_auc([0, 1], [0, np.nan]), "NaN or infinity, first in row 1"),
    "scores": (lambda: metrics.roc_auc([0, 1], [[[1]]]), "y_score must have shape"),
    "rows of scores": (lambda: metrics.roc_auc([0, 1], [1, 2, 3]), "y_true has 2 rows and y_score has 3"),
    "columns": (
        lambda: metrics.log_loss([0, 1], np.full((2, 3), 1 / 3)),
        "Give all classes in the order of the columns",
    ),
    "unknown label": (lambda: metrics.log_loss([0, 5], [[1, 0], [0, 1]], labels=[0, 1]), "the label 5 in row 1"),
    "above one": (lambda: metrics.log_loss([0, 1], [0.5, 1.5]), "lie in [0, 1], got 1.5 in row 1"),
    "sum": (lambda: metrics.brier([0, 1], [[0.5, 0.5], [0.5, 0.6]]), "those of row 1 (counted from 0) to 1.1"),
    "two columns": (lambda: metrics.roc_curve([0, 1], np.eye(2)), "take one column"),
    "report": (lambda: metrics.report([0, 1, 2], [0.1, 0.2, 0.3]), "Give all classes"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name: str) -> None:
    call, sentence = BAD[name]
    with pytest.raises(lc.Error) as caught:
        call()
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: metrics.precision([0, 1], [0, 0]), "precision is undefined and counts as 0: [1] is never predicted"),
        (lambda: metrics.recall([0, 0], [0, 1], average="macro"), "[1] is never true"),
        (lambda: metrics.roc_auc([1, 1], [0.1, 0.2]), "undefined where a class never"),
        (lambda: metrics.roc_curve([1, 1], [0.1, 0.2]), "no row is negative"),
        (lambda: metrics.precision_recall_curve([0, 0], [0.1, 0.2]), "no row is positive"),
    ],
)
def test_undefined_is_said(call: Callable[[], Any], sentence: str) -> None:
    with pytest.warns(metrics.UndefinedMetricWarning) as caught:
        call()
    assert sentence in str(caught[0].message)
