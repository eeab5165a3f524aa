"""The lectures' case studies: Kid Creative, MNIST, point sets in the plane, penalties that make weights 0."""

from __future__ import annotations

import warnings

import linclass_cpp as lc
import numpy as np
import pytest
from conftest import data_file, quiet_fit
from linclass_cpp import metrics

# -------------------------------------------------------------------------------------------------- Kid Creative


@pytest.fixture(scope="module")
def kid() -> tuple[np.ndarray, np.ndarray]:
    table = np.loadtxt(data_file("kid_creative.csv"), delimiter=",", skiprows=1)
    return table[:, 1:], table[:, 0].astype(int)


def kid_split(X: np.ndarray, y: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Shuffled, 2/3 for training and 1/3 for testing, both standardised by the training part."""
    order = np.random.default_rng(seed).permutation(len(y))
    X, y = X[order], y[order]
    n = 2 * len(y) // 3
    spread = X[:n].std(axis=0)
    X = (X - X[:n].mean(axis=0)) / np.where(spread > 0, spread, 1)
    return X[:n], y[:n], X[n:], y[n:]


def scores(y: np.ndarray, predicted: np.ndarray) -> list[float]:
    return [measure(y, predicted) for measure in (metrics.precision, metrics.recall, metrics.f1)]


def test_kid_creative(kid):
    """Means over 50 splits: those of scikit-learn, and the lecture's single split within one standard deviation."""
    from sklearn.linear_model import LogisticRegression

    X, y = kid
    assert metrics.baseline_accuracy(y) == pytest.approx(0.814, abs=5e-4)  # of answering "no" to all
    ours, theirs = [], []
    for seed in range(50):
        X_train, y_train, X_test, y_test = kid_split(X, y, seed)
        options = {"solver": "gd", "schedule": "adaptive", "start": "uniform", "seed": seed, "tol": 0}
        # The change of the summed log-likelihood, below 1e-3
        model = lc.fit(X_train, y_train, loss="logistic", epsilon=1e-3 / len(y_train), **options)
        assert model.report.converged
        ours.append(scores(y_test, model.predict(X_test)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of splits without a finite optimum
            peer = LogisticRegression(C=np.inf, max_iter=1000).fit(X_train, y_train)
        theirs.append(scores(y_test, peer.predict(X_test)))
    mean, deviation = np.mean(ours, axis=0), np.std(ours, axis=0)
    np.testing.assert_allclose(mean, np.mean(theirs, axis=0), atol=0.005)
    lecture = [0.7708, 0.7551, 0.7629]
    assert (np.abs(mean - lecture) <= deviation).all(), (mean, deviation)


# --------------------------------------------------------------------------------------------------------- MNIST


@pytest.mark.parametrize(
    ("loss", "multiclass", "least"), [("softmax", None, 0.91), ("logistic", None, 0.90), ("hinge", "max", 0.89)]
)
def test_weights_of_mnist_look_like_digits(mnist, loss, multiclass, least):
    """Each class's weights, as an image, resemble the mean image of its digit (beside the mean of all) most."""
    X, y, X_test, y_test = mnist
    model = quiet_fit(X, y, loss=loss, multiclass=multiclass, solver="sgd", max_iter=2, l2=1e-2)
    assert (model.predict(X_test) == y_test).mean() >= least - 0.04
    centred = np.stack([X[y == k].mean(axis=0) - X.mean(axis=0) for k in range(10)]).astype(float)
    likeness = model.coef @ centred.T / np.linalg.norm(centred, axis=1)
    np.testing.assert_array_equal(likeness.argmax(axis=1), np.arange(10))
    never = (X == 0).all(axis=0)
    assert never.any()
    assert not model.coef[:, never].any()  # nothing speaks for a point that no image has


# ------------------------------------------------------------------------------------------- points in the plane


def clouds(centres: list[list[float]], classes: list[int], spread: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    which = np.arange(150) % len(centres)
    return np.array(centres)[which] + spread * rng.normal(size=(150, 2)), np.array(classes)[which]


TWO = clouds([[-1, -0.5], [1, 0.5]], [0, 1], 0.25)
THREE = clouds([[-1, -1], [1, -1], [0, 1.2]], [0, 1, 2], 0.2)
XOR = clouds([[-1, -1], [1, 1], [-1, 1], [1, -1]], [0, 0, 1, 1], 0.2)


@pytest.mark.parametrize("points", [TWO, THREE], ids=["two", "three"])
@pytest.mark.parametrize("loss", ["logistic", "softmax", "squared", "squared_hinge", "hinge", "perceptron"])
def test_separable_clouds(points, loss):
    X, y = points
    model = quiet_fit(X, y, loss=loss, l2=1e-3, max_iter=200)
    np.testing.assert_array_equal(model.predict(X), y)


@pytest.mark.parametrize("loss", ["logistic", "softmax", "squared", "squared_hinge", "hinge"])
def test_xor_needs_a_product(loss):
    """A line gets three of four clouds right at best; with x0 x1 as a third feature a plane separates them."""
    X, y = XOR
    assert (quiet_fit(X, y, loss=loss, l2=1e-3).predict(X) == y).mean() <= 0.8
    lifted = np.column_stack([X, X.prod(axis=1)])
    np.testing.assert_array_equal(quiet_fit(lifted, y, loss=loss, l2=1e-3, max_iter=200).predict(lifted), y)


def rosenblatt(X: np.ndarray, y: np.ndarray, epochs: int) -> list[int]:
    """Mistakes of each epoch of the perceptron rule on two classes, in order, ties counted."""
    w, mistakes = np.zeros(X.shape[1] + 1), []
    rows = np.column_stack([X, np.ones(len(X))])
    for _ in range(epochs):
        mistakes.append(0)
        for x, sign in zip(rows, 2 * y - 1, strict=True):
            if sign * (w @ x) <= 0:
                w = w + sign * x
                mistakes[-1] += 1
        if mistakes[-1] == 0:
            break
    return mistakes


@pytest.mark.parametrize("points", [TWO, XOR], ids=["two", "xor"])
def test_the_mistakes_of_the_perceptron_are_counted(points):
    X, y = points
    expected = rosenblatt(X, y, 8)
    for epochs in range(1, len(expected) + 1):
        model = quiet_fit(X, y, loss="perceptron", solver="perceptron", shuffle=False, max_iter=epochs)
        assert model.report.mistakes == expected[epochs - 1], expected
    assert (expected[-1] == 0) == model.report.converged
    bound = np.sum(expected)  # Novikoff: at most (R / margin)^2 mistakes ever
    if model.report.converged:
        separator = lc.fit(X, y, loss="squared_hinge", l2=1e-6)
        w = np.append(separator.coef[0], separator.intercept)
        rows = np.column_stack([X, np.ones(len(X))])
        margin = ((2 * y - 1) * (rows @ w)).min() / np.linalg.norm(w)
        assert margin > 0
        assert bound <= (rows**2).sum(axis=1).max() / margin**2


# ------------------------------------------------------------------------------------------------------ penalties


def test_zero_weights_of_penalties():
    """L2 makes no weight 0, the elastic net some, L1 more; and the more the stronger."""
    from sklearn.datasets import load_breast_cancer

    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    strengths, zeros = [0.003, 0.03, 0.3], {}
    for alpha in (0, 0.5, 1):
        models = [lc.fit(X, y, loss="logistic", l1=s * alpha, l2=2 * s * (1 - alpha), tol=1e-8) for s in strengths]
        zeros[alpha] = [int((model.coef == 0).sum()) for model in models]
    assert zeros[0] == [0, 0, 0]
    for alpha in (0.5, 1):
        assert zeros[alpha] == sorted(zeros[alpha])
        assert zeros[alpha][1] > 0
    assert all(more > some for some, more in zip(zeros[0.5][:2], zeros[1][:2], strict=True)), zeros
