"""The losses at single scores: values by hand, far scores, NaN, kinks, probabilities.

A score is made by one sample x = 1 and w = z without intercept; so the gradient of P is the residual.
"""

from __future__ import annotations

import linclass_cpp as lc
import numpy as np
import pytest
import reference
from conftest import quiet_fit
from test_objective import CURVED, FORMS, name

DTYPES = [np.float32, np.float64]
LOSSES = ["logistic", "softmax", "squared_sigmoid", "squared", "perceptron", "hinge", "squared_hinge"]


def at(loss, scores, y, dtype=np.float64, multiclass=None):
    """Loss and residual of one sample of class y (or of targets y) at these scores."""
    z = np.atleast_1d(np.asarray(scores, dtype=np.float64))
    K = len(z)
    options = {"loss": loss, "multiclass": multiclass, "fit_intercept": False}
    if np.ndim(y):
        P = lc.Objective(np.ones((1, 1), dtype=dtype), np.array([y], dtype=dtype), **options)
        return P.value_and_gradient(z[:, None])[0], P.value_and_gradient(z[:, None])[1].ravel()
    # Every class must be there: the sample is the column of X that carries it, the others have no weight.
    classes = max(K, 2)
    X = np.zeros((classes, 1), dtype=dtype)
    X[y] = 1
    s = np.zeros(classes)
    s[y] = 1
    P = lc.Objective(X, np.arange(classes), sample_weight=s, **options)
    value, gradient = P.value_and_gradient(z[:, None])
    return value, gradient.ravel()


LOG2 = np.log(2)
# loss, form, scores, class or targets, value, residual
BY_HAND = [
    ("logistic", None, 0, 1, LOG2, [-0.5]),
    ("logistic", None, 2, 1, np.log(1 + np.exp(-2)), [-1 / (1 + np.exp(2))]),
    ("logistic", None, 2, 0, np.log(1 + np.exp(2)), [1 / (1 + np.exp(-2))]),
    ("logistic", None, [0, 0, 0], 1, 3 * LOG2, [0.5, -0.5, 0.5]),
    ("logistic", None, [1, -1], [1, 0], 2 * np.log(1 + np.exp(-1)), [-1 / (1 + np.e), 1 / (1 + np.e)]),
    ("logistic", None, [0, 0], [0.25, 1], 2 * LOG2, [0.25, -0.5]),
    ("softmax", None, [0, 0], 0, LOG2, [-0.5, 0.5]),
    ("softmax", None, [0, 0, 0, 0], 2, np.log(4), [0.25, 0.25, -0.75, 0.25]),
    ("softmax", None, [np.log(2), 0, 0], [0.5, 0.25, 0.25], np.log(4) - LOG2 / 2, [0, 0, 0]),
    ("squared_sigmoid", None, 0, 1, 0.25, [-0.25]),
    ("squared_sigmoid", None, LOG2, 0, 4 / 9, [2 * (2 / 3) * (2 / 9)]),
    ("squared_sigmoid", None, [0, 0, 0], 0, 0.75, [-0.25, 0.25, 0.25]),
    ("squared", None, 3, 1, 4, [4]),
    ("squared", None, 3, 0, 16, [8]),
    ("squared", None, [1, 0, -2], 0, 0 + 1 + 1, [0, 2, -2]),
    ("squared", None, [0, 0], [0.5, 0], 1, [0, 2]),
    ("perceptron", None, -2, 1, 2, [-1]),
    ("perceptron", None, 2, 1, 0, [0]),
    ("perceptron", "sum", [1, 2, 4], 0, 1 + 3, [-2, 1, 1]),
    ("perceptron", "max", [1, 2, 4], 0, 3, [-1, 0, 1]),
    ("perceptron", "ovr", [1, 2, -4], 1, 1, [1, 0, 0]),
    ("hinge", None, 0.25, 1, 0.75, [-1]),
    ("hinge", None, 0.25, 0, 1.25, [1]),
    ("hinge", None, 2, 1, 0, [0]),
    ("hinge", "sum", [1, 2, 0.5], 0, 2 + 0.5, [-2, 1, 1]),
    ("hinge", "max", [1, 2, 0.5], 0, 2, [-1, 1, 0]),
    ("hinge", "ovr", [1.5, 2, -0.5], 0, 0 + 3 + 0.5, [0, 1, 1]),
    ("squared_hinge", None, -1, 1, 4, [-4]),
    ("squared_hinge", None, 2, 1, 0, [0]),
    ("squared_hinge", "sum", [1, 2, 0.5], 0, 4 + 0.25, [-5, 4, 1]),
    ("squared_hinge", "ovr", [1.5, 2, -0.5], 0, 0 + 9 + 0.25, [0, 6, 1]),
    # Kinks: the subgradient of the larger branch, the mistake side; a tie is a mistake.
    ("perceptron", None, 0, 1, 0, [-1]),
    ("perceptron", None, 0, 0, 0, [1]),
    ("perceptron", "sum", [0, 0, 0], 1, 0, [1, -2, 1]),
    ("perceptron", "max", [0, 0, 0], 1, 0, [1, -1, 0]),
    ("perceptron", "max", [0, 0, 0], 0, 0, [-1, 1, 0]),
    ("perceptron", "max", [3, 1, 3], 1, 2, [1, -1, 0]),
    ("perceptron", "ovr", [0, 0, 0], 1, 0, [1, -1, 1]),
    ("hinge", None, 1, 1, 0, [-1]),
    ("hinge", None, -1, 0, 0, [1]),
    ("hinge", "sum", [2, 1, 1], 0, 0, [-2, 1, 1]),
    ("hinge", "max", [2, 1, 1], 0, 0, [-1, 1, 0]),
    ("hinge", "ovr", [1, -1, -1], 0, 0, [-1, 1, 1]),
    ("squared_hinge", None, 1, 1, 0, [0]),
]


@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
@pytest.mark.parametrize(("loss", "form", "scores", "y", "value", "residual"), BY_HAND)
def test_by_hand(loss, form, scores, y, value, residual, dtype):
    got, gradient = at(loss, scores, y, dtype, form)
    atol = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(got, value, rtol=atol, atol=atol)
    np.testing.assert_allclose(gradient, residual, rtol=atol, atol=atol)


def test_second_derivatives_by_hand():
    def curvature(loss, z, y):
        P = lc.Objective(np.ones((2, 1)), [1 - y, y], loss=loss, sample_weight=[0, 1], fit_intercept=False)
        return P.hessian(np.array([[z]]))[0, 0]

    assert curvature("logistic", 0.0, 1) == pytest.approx(0.25, rel=1e-15)
    assert curvature("squared", 5.0, 0) == pytest.approx(2, rel=1e-15)
    assert curvature("squared_hinge", 0.5, 1) == pytest.approx(2, rel=1e-15)
    assert curvature("squared_hinge", 1.5, 1) == 0
    assert curvature("squared_sigmoid", 0.0, 1) == pytest.approx(2 * 0.25 * 0.25, rel=1e-15)
    assert curvature("squared_sigmoid", -3.0, 1) < 0  # not convex far from the label
    P = lc.Objective(np.ones((2, 1)), [0, 1], loss="softmax", fit_intercept=False)
    np.testing.assert_allclose(P.hessian(np.zeros((2, 1))), [[0.25, -0.25], [-0.25, 0.25]], rtol=1e-15)


@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
@pytest.mark.parametrize("form", FORMS, ids=name)
def test_far_scores(form, dtype):
    """Scores of +-1e4, and everything on the way there: finite, and equal to the reference."""
    loss, multiclass, kind = form
    K = {"two": 2 if loss == "softmax" else 1, "one_label": 1}.get(kind, 3)
    far = [-1e4, -700, -89, -30, 0, 30, 89, 700, 1e4]
    rng = np.random.default_rng(0)
    for trial in range(30):
        z = np.resize(rng.permutation(far), K) if trial else np.resize([1e4, -1e4], K)
        X = np.vstack([np.eye(1), -np.eye(1), 0.5 * np.eye(1)]).astype(dtype)
        y = {
            "two": np.array([0, 1, trial % 2]),
            "many": np.roll([0, 1, 2], trial),
            "labels": rng.integers(0, 2, (3, K)).astype(dtype),
            "one_label": rng.integers(0, 2, (3, 1)).astype(dtype),
            "soft": np.array([[1, 0, 0], [0, 0.5, 0.5], [0, 0.25, 0.75]], dtype=dtype),
        }[kind]
        options = {"loss": loss, "multiclass": multiclass, "fit_intercept": False}
        P, R = lc.Objective(X, y, **options), reference.Objective(X, y, **options)
        w = z[:, None]
        value, gradient = P.value_and_gradient(w)
        rtol = 1e-5 if dtype == np.float32 else 1e-12
        assert np.isfinite(value)
        assert np.isfinite(gradient).all()
        np.testing.assert_allclose(value, R.value(w), rtol=rtol, atol=1e-30)
        scale = np.abs(R.gradient(w)).max()
        np.testing.assert_allclose(gradient, R.gradient(w), rtol=rtol, atol=rtol * max(scale, 1e-3))
        if form in CURVED:
            H = P.hessian(w)
            assert np.isfinite(H).all()
            np.testing.assert_allclose(H, R.hessian(w), rtol=rtol, atol=rtol * max(np.abs(R.hessian(w)).max(), 1e-3))


@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
def test_right_limits(dtype):
    for y, sign in ((1, 1), (0, -1)):
        assert at("logistic", sign * 1e4, y, dtype)[0] == 0
        assert at("logistic", -sign * 1e4, y, dtype)[0] == 1e4
        assert at("squared_sigmoid", sign * 1e4, y, dtype)[0] == 0
        assert at("squared_sigmoid", -sign * 1e4, y, dtype)[0] == 1
        assert at("hinge", -sign * 1e4, y, dtype)[0] == 10001
        assert at("perceptron", -sign * 1e4, y, dtype)[0] == 1e4
    assert at("softmax", [1e4, -1e4], 0, dtype)[0] == 0
    assert at("softmax", [1e4, -1e4], 1, dtype)[0] == 2e4
    # The tail of the logistic loss keeps its relative accuracy.
    assert at("logistic", 30, 1, dtype)[0] == pytest.approx(np.exp(-30), rel=1e-6)


@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
@pytest.mark.parametrize("loss", ["logistic", "softmax"])
def test_relative_accuracy_down_to_the_smallest_normal_number(loss, dtype):
    """log(1 + e^z) and sigma(z) from z far below, where both are e^z and then 0, to z far above."""
    info = np.finfo(dtype)
    low = float(np.log(info.tiny))
    z = np.concatenate(
        [np.linspace(1.1 * low, 0, 301), np.linspace(low - 0.01, low + 0.01, 21), np.linspace(-3, 40, 301)]
    )
    z = z.astype(dtype).astype(np.float64)
    e = np.exp(z.astype(np.longdouble))
    found = [at(loss, zi if loss == "logistic" else [0, zi], 0, dtype) for zi in z]
    for got, exact in (
        ([value for value, _ in found], np.log1p(e)),
        ([residual[-1] for _, residual in found], e / (1 + e)),
    ):
        assert np.all(np.abs(np.array(got) - exact) <= 6 * info.eps * exact + 1.001 * info.tiny)


@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
@pytest.mark.parametrize("form", [form for form in FORMS if form[2] in ("two", "many")], ids=name)
def test_nan_is_never_hidden(form, dtype):
    """A NaN in w reaches the value: max(0, NaN) would be 0. One in X is an error that names its place."""
    loss, multiclass, kind = form
    X = np.ones((20, 3), dtype=dtype)
    y = np.arange(20) % (2 if kind == "two" else 4)
    P = lc.Objective(X, y, loss=loss, multiclass=multiclass)
    w = np.zeros(P.shape)
    w[0, 1] = np.nan
    assert not np.isfinite(outcome(lambda: P.value(w)))
    w = np.ones(P.shape)
    for bad in (np.nan, np.inf, -np.inf):
        X = np.ones((20, 3), dtype=dtype)
        X[13, 2] = bad
        for weights in (None, np.where(np.arange(20) == 13, 0.0, 1.0)):
            with pytest.raises(ValueError, match=r"row 13, column 2"):
                lc.Objective(X, y, loss=loss, multiclass=multiclass, sample_weight=weights).value_and_gradient(w)


def outcome(call):
    """The value, or NaN where the call refuses to give one."""
    try:
        return call()
    except ValueError:
        return np.nan


PREDICTING = [form for form in FORMS if form[2] != "soft"]


@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
@pytest.mark.parametrize("form", PREDICTING, ids=name)
def test_predictions_and_probabilities(form, dtype):
    loss, multiclass, kind = form
    rng = np.random.default_rng(3)
    X = rng.normal(size=(90, 5)).astype(dtype)
    names = np.array(["a", "b", "c", "d"])
    y = {
        "two": lambda: names[rng.integers(0, 2, 90)],
        "many": lambda: names[np.arange(90) % 4],
        "labels": lambda: rng.integers(0, 2, (90, 3)),
        "one_label": lambda: rng.integers(0, 2, (90, 1)),
    }[kind]()
    solver = {"max_iter": 3, "tol": 0}
    model = quiet_fit(X, y, loss=loss, multiclass=multiclass, l2=0.01, **solver)
    multilabel = kind in ("labels", "one_label")
    Z = X.astype(np.float64) @ model.coef.T + model.intercept
    K = Z.shape[1]
    got = model.decision_function(X)
    assert got.dtype == dtype
    rtol = 1e-5 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(got, Z[:, 0] if K == 1 else Z, rtol=0, atol=rtol * np.abs(Z).max())
    if multilabel:
        np.testing.assert_array_equal(model.predict(X), got.reshape(90, K) > 0)
    else:
        np.testing.assert_array_equal(model.predict(X), model.classes[reference.predict(got.reshape(90, K))])
    if loss not in ("logistic", "softmax", "squared_sigmoid"):
        for method in (model.predict_proba, model.predict_log_proba):
            with pytest.raises(ValueError, match="probabilit"):
                method(X)
        return
    P = model.predict_proba(X)
    expected = reference.proba(Z, loss, multilabel)
    assert P.shape == expected.shape
    assert P.dtype == dtype
    np.testing.assert_allclose(P, expected, rtol=50 * rtol, atol=rtol)
    np.testing.assert_allclose(
        model.predict_log_proba(X), reference.log_proba(Z, loss, multilabel), rtol=rtol, atol=50 * rtol
    )
    if not multilabel:
        np.testing.assert_allclose(P.sum(axis=1), 1, rtol=10 * rtol)


@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
def test_log_probabilities_stay_finite(dtype):
    X = np.array([[1.0], [-1.0], [0.5]], dtype=dtype)
    for loss in ("logistic", "softmax"):
        model = quiet_fit(X, [0, 1, 2], loss=loss, max_iter=1, tol=0, l2=0.1)
        far = np.array([[1e7], [-1e7]], dtype=dtype)
        P = model.predict_proba(far)
        np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-6)
        assert np.isfinite(model.predict_log_proba(far)).all()


@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
def test_log_probabilities_of_two_classes_to_a_few_ulp(dtype):
    """log sigma(z) = min(z, 0) - log(1 + exp(-|z|)), whose two terms have the same sign."""
    model = quiet_fit(np.array([[1.0], [-1.0]], dtype=dtype), [1, 0], loss="logistic", max_iter=3, tol=0, l2=0.1)
    X = np.linspace(-40, 40, 100_001).astype(dtype)[:, None]
    z = model.decision_function(X).astype(np.longdouble)
    exact = np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))
    error = np.abs(model.predict_log_proba(X)[:, 1] - exact)
    assert np.max(error / np.abs(exact)) <= 2 * np.finfo(dtype).eps


def test_a_tie_goes_to_the_first_class():
    X, y = np.zeros((4, 2)), [0, 1, 2, 0]
    model = quiet_fit(X, y, loss="softmax", fit_intercept=False, max_iter=1, l2=1)
    assert (model.predict(X) == 0).all()
    binary = quiet_fit(X, [0, 1, 1, 0], loss="logistic", fit_intercept=False, max_iter=1, l2=1)
    assert (binary.predict(X) == 0).all(), "class 1 only where z > 0"


@pytest.mark.parametrize(
    ("loss", "multiclass"),
    [("softmax", "ovr"), ("logistic", "max"), ("squared", "sum"), ("squared_hinge", "max"), ("softmax", "max")],
)
def test_combinations_outside_the_table(loss, multiclass):
    with pytest.raises(ValueError, match=f"{loss}|{multiclass}"):
        lc.Objective(np.ones((6, 1)), [0, 1, 2, 0, 1, 2], loss=loss, multiclass=multiclass)


@pytest.mark.parametrize("loss", ["perceptron", "hinge", "squared_hinge"])
def test_margin_losses_take_codes_only(loss):
    with pytest.raises(ValueError, match=loss):
        lc.Objective(np.ones((2, 1)), np.eye(2), loss=loss)


def test_unknown_names_are_answered_with_the_good_ones():
    with pytest.raises(ValueError, match=r"logistic.*softmax"):
        lc.Objective(np.ones((2, 1)), [0, 1], loss="logit")
    with pytest.raises(ValueError, match=r"sum.*max.*ovr"):
        lc.Objective(np.ones((3, 1)), [0, 1, 2], loss="hinge", multiclass="ova")
