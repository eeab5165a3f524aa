"""The pictures of docs/, made anew: python docs/pictures.py [digits|mnist|kid|plane|penalties ...]

Needs matplotlib, and for mnist and kid the folder that LINCLASS_DATA names.
"""

from __future__ import annotations

import gzip
import os
import sys
from pathlib import Path

import linclass_cpp as lc
import matplotlib.pyplot as plt
import numpy as np
from linclass_cpp import plot

plt.switch_backend("Agg")
HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("LINCLASS_DATA", HERE.parents[1] / "shared" / "data"))
LOSSES = {  # of MNIST: name, loss and its form
    "softmax": {"loss": "softmax"},
    "one against all": {"loss": "logistic"},
    "hinge": {"loss": "hinge", "multiclass": "max"},
}


def save(figure, name: str) -> None:
    figure.savefig(HERE / f"{name}.png", dpi=80)
    plt.close(figure)
    print(HERE / f"{name}.png")


def images(part: str) -> tuple[np.ndarray, np.ndarray]:
    """MNIST's IDX files: two zero bytes, the type, the number of dimensions, each as big-endian int32, the data."""
    pixels = gzip.decompress((DATA / "mnist" / f"{part}-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((DATA / "mnist" / f"{part}-labels-idx1-ubyte.gz").read_bytes())[8:]
    X = np.frombuffer(pixels, np.uint8).reshape(-1, 784) / np.float32(255)
    return X, np.frombuffer(labels, np.uint8).astype(int)


def digits() -> None:
    """Handwritten digits of 8 x 8 points: how training went, and what is taken for what."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    X, y = X[order] / 16, y[order]
    model = lc.fit(X[:1400], y[:1400], loss="softmax", l2=1e-3, solver="lbfgs")
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    plot.loss_curve(model, ax=left).set_title("training")
    plot.confusion_matrix(y[1400:], model.predict(X[1400:]), ax=right).set_title("digits never seen before")
    save(figure, "digits")


def mnist() -> None:
    """What each loss looks for in the ten digits."""
    X, y = images("train")
    X_test, y_test = images("t10k")
    figure, axes = plt.subplots(len(LOSSES), 1, figsize=(9.6, 4.5), layout="constrained")
    for ax, (name, options) in zip(axes, LOSSES.items(), strict=True):
        model = lc.fit(X, y, l2=1e-2, tol=1e-3, **options)
        correct = np.mean(model.predict(X_test) == y_test)
        plot.weights_as_images(model, (28, 28), columns=10, ax=ax).set_title(
            f"{name}: {correct:.1%} of test images", pad=8
        )
    save(figure, "mnist")


def kid() -> None:
    """Kid Creative: who buys the magazine, and how far to trust what the model says."""
    table = DATA / "kid_creative.csv"
    names = table.read_text().splitlines()[0].split(",")[1:]
    data = np.loadtxt(table, delimiter=",", skiprows=1)
    data = data[np.random.default_rng(0).permutation(len(data))]
    X, y = data[:, 1:], data[:, 0].astype(int)
    n = 2 * len(y) // 3
    X = (X - X[:n].mean(axis=0)) / X[:n].std(axis=0)
    model = lc.LogisticRegression(C=1).fit(X[:n], y[:n])
    p = model.predict_proba(X[n:])[:, 1]
    figure, axes = plt.subplots(2, 2, figsize=(11, 9.4), layout="constrained")
    plot.roc_curve(y[n:], p, ax=axes[0, 0])
    plot.precision_recall_curve(y[n:], p, ax=axes[0, 1])
    plot.reliability_diagram(y[n:], p, n_bins=5, ax=axes[1, 0])
    plot.coefficients(model.summary(X[:n], y[:n]), feature_names=names, ax=axes[1, 1])
    save(figure, "kid")


def points(kind: str, n: int = 150, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Clouds in the plane: two, three, or four at the corners of a square, opposite ones of one class."""
    centres, classes = {
        "two classes": ([[-1, -0.5], [1, 0.5]], [0, 1]),
        "three classes": ([[-1, -1], [1, -1], [0, 1.2]], [0, 1, 2]),
        "XOR": ([[-1, -1], [1, 1], [-1, 1], [1, -1]], [0, 0, 1, 1]),
    }[kind]
    rng = np.random.default_rng(seed)
    which = np.arange(n) % len(centres)
    return np.array(centres)[which] + 0.45 * rng.normal(size=(n, 2)), np.array(classes)[which]


class Products:
    """A linear model of x1, x2 and x1 x2: of straight borders in three dimensions, and bent ones in the plane."""

    def __init__(self, X: np.ndarray, y: np.ndarray) -> None:
        self.model = lc.fit(self.features(X), y, loss="logistic", l2=1e-3)
        self.classes_ = self.model.classes

    @staticmethod
    def features(X: np.ndarray) -> np.ndarray:
        return np.column_stack([X, X[:, 0] * X[:, 1]])

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.model.predict(self.features(X))


def plane() -> None:
    """Borders in the plane, with their normal vectors; XOR, which has none that is straight."""
    figure, axes = plt.subplots(2, 2, figsize=(10, 8.4), layout="constrained")
    cases = [
        ("two classes", "squared hinge with margins", lambda X, y: lc.fit(X, y, loss="squared_hinge", l2=1e-2)),
        ("three classes", "softmax", lambda X, y: lc.fit(X, y, loss="softmax", l2=1e-3)),
        ("XOR", "logistic: no line will do", lambda X, y: lc.fit(X, y, loss="logistic", l2=1e-3)),
        ("XOR", "logistic, with $x_0 x_1$ as a third feature", Products),
    ]
    for ax, (kind, title, fit) in zip(axes.flat, cases, strict=True):
        X, y = points(kind)
        model = fit(X, y)
        correct = np.mean(model.predict(X) == y)
        plot.decision_regions(model, X, y, ax=ax).set_title(f"{kind}, {title}: {correct:.0%}", fontsize=11)
    save(figure, "plane")


def penalties() -> None:
    """L1, the elastic net and L2 on the breast cancer data of scikit-learn: what grows, and what stays 0."""
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    X = (data.data - data.data.mean(axis=0)) / data.data.std(axis=0)
    strengths = np.logspace(-3.5, -0.5, 40)
    figure, axes = plt.subplots(1, 3, figsize=(12, 4.4), layout="constrained", sharey=True)
    for ax, (name, alpha) in zip(axes, {"L1": 1.0, "elastic net": 0.5, "L2": 0.0}.items(), strict=True):
        models = [
            lc.fit(X, data.target, loss="logistic", l1=s * alpha, l2=2 * s * (1 - alpha), tol=1e-6) for s in strengths
        ]
        plot.regularisation_path(
            strengths, models, feature_names=data.feature_names, named=5, xlabel=r"$\lambda$", ax=ax
        ).set_title(rf"{name}, $\alpha$ = {alpha:g}")
        ax.label_outer()
    save(figure, "penalties")


PICTURES = {draw.__name__: draw for draw in (digits, mnist, kid, plane, penalties)}

if __name__ == "__main__":
    for wanted in sys.argv[1:] or PICTURES:
        PICTURES[wanted]()
