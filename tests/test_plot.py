"""Pictures: what is drawn, where, by which names. That they are a pleasure to look at is for eyes to judge."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import linclass_cpp as lc
import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import quiet_fit
from linclass_cpp import metrics, plot
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

plt.switch_backend("Agg")


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def three(iris):
    X, y = iris
    names = np.array(["setosa", "versicolor", "virginica"])
    return X, names[y], lc.fit(X, names[y], l2=1e-2)


@pytest.fixture(scope="module")
def two(iris):
    X, y = iris
    return X[50:], y[50:], lc.fit(X[50:], y[50:], loss="logistic", l2=1e-2)


def texts(axes) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def pictures(three, two):
    X, y, model = three
    Xb, yb, binary = two
    flat = lc.fit(X[:, 2:], y, l2=1e-2)
    return {
        "loss_curve": lambda ax: plot.loss_curve(model, ax=ax),
        "confusion_matrix": lambda ax: plot.confusion_matrix(y, model.predict(X), ax=ax),
        "roc_curve": lambda ax: plot.roc_curve(yb, binary.predict_proba(Xb), ax=ax),
        "roc_curve of classes": lambda ax: plot.roc_curve(y, model.predict_proba(X), ax=ax),
        "precision_recall_curve": lambda ax: plot.precision_recall_curve(yb, binary.decision_function(Xb), ax=ax),
        "reliability_diagram": lambda ax: plot.reliability_diagram(yb, binary.predict_proba(Xb), ax=ax),
        "reliability_diagram of classes": lambda ax: plot.reliability_diagram(y, model.predict_proba(X), ax=ax),
        "weights_as_images": lambda ax: plot.weights_as_images(model, (2, 2), ax=ax),
        "coefficients": lambda ax: plot.coefficients(model, ax=ax),
        "decision_regions": lambda ax: plot.decision_regions(flat, X[:, 2:], y, ax=ax, resolution=20),
        "regularisation_path": lambda ax: plot.regularisation_path([1, 2], [model.coef, model.coef / 2], ax=ax),
    }


def test_every_function_draws_on_the_axes_it_is_given_and_else_on_new_ones(three, two):
    for name, draw in pictures(three, two).items():
        figure, axes = plt.subplots()
        assert draw(axes) is axes, name
        assert axes.has_data(), name
        figure.canvas.draw()
        new = draw(None)
        assert new.figure is not figure, name
        new.figure.canvas.draw()  # layout, labels and all, without a warning
        plt.close("all")
    assert {name.partition(" ")[0] for name in pictures(three, two)} == set(plot.__all__)


def test_estimators_are_drawn_as_their_models_are(three):
    X, y, _ = three
    estimator = lc.LogisticRegression(early_stopping=True, validation_fraction=0.2, random_state=0).fit(X, y)
    points = plot.coefficients(estimator, feature_names=["a", "b", "c", "d"]).containers[0].lines[0].get_xdata()
    assert sorted(points) == sorted(estimator.coef_[0])
    assert plot.weights_as_images(estimator, (2, 2)).texts[2].get_text() == "virginica"
    axes = plot.loss_curve(estimator)
    assert [line.get_label() for line in axes.lines] == ["objective", "validation loss", "smallest validation loss"]
    history = estimator.history_["validation_loss"]
    np.testing.assert_array_equal(axes.lines[1].get_ydata(), history)
    assert axes.lines[2].get_ydata() == [min(history)]
    estimator = lc.SGDClassifier(random_state=0).fit(X[:, :2], y)
    assert len(plot.decision_regions(estimator, X[:, :2], y, resolution=20).lines) >= 2


def test_loss_curve_shows_the_certified_distance(three):
    _, _, model = three
    axes = plot.loss_curve(model)
    report = model.report
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), report.history)
    [right] = [other for other in axes.figure.axes if other is not axes]
    bound = right.lines[0].get_ydata()
    assert right.get_yscale() == "log"
    assert bound[-1] == pytest.approx(report.history[-1] - report.objective + report.gap, rel=1e-6)
    smallest = lc.fit(*three[:2], l2=1e-2, tol=1e-12).report.objective
    assert (bound >= np.array(report.history) - smallest).all()
    assert plot.loss_curve(quiet_fit(*three[:2], solver="sgd")).get_xlabel() == "epoch"


@pytest.mark.parametrize("normalize", [None, "true", "pred", "all"])
def test_confusion_matrix(three, normalize):
    X, y, model = three
    predicted = model.predict(X)
    axes = plot.confusion_matrix(y, predicted, normalize=normalize, labels=model.classes[::-1])
    counts = metrics.confusion_matrix(y, predicted, normalize=normalize, labels=model.classes[::-1])
    shown = counts if normalize is None else 100 * counts
    np.testing.assert_array_equal(axes.images[0].get_array(), shown)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(model.classes[::-1])
    assert axes.texts[2].get_text() == "·"  # no virginica is taken for a setosa
    assert float(axes.texts[0].get_text()) == pytest.approx(shown[0, 0], abs=0.05)


def test_curves_of_several_classifiers_share_axes(two):
    X, y, model = two
    for curve, least in ((plot.roc_curve, "area"), (plot.precision_recall_curve, "average")):
        axes = curve(y, model.decision_function(X), name="all")
        assert curve(y, X[:, 1], name="width", ax=axes) is axes
        assert len(axes.lines) == 3  # chance once
        assert len({line.get_color() for line in axes.lines}) == 3
        chance, first, second = texts(axes)
        assert chance.startswith("chance")
        assert first.startswith(f"all ({least}")
        assert second.startswith(f"width ({least}")
    area = metrics.roc_auc(y, model.decision_function(X))
    assert texts(plot.roc_curve(y, model.predict_proba(X)))[1] == f"area {area:.3f}"
    turned = plot.roc_curve(y, -model.decision_function(X), pos_label=1)
    assert texts(turned)[1] == f"area {area:.3f}"


def test_curves_of_several_classes(three):
    X, y, model = three
    P = model.predict_proba(X)
    for curve, guides in ((plot.roc_curve, 1), (plot.precision_recall_curve, 0)):
        axes = curve(y, P)
        assert len(axes.lines) == 3 + guides
        assert [text.partition(" ")[0] for text in texts(axes)[guides:]] == list(model.classes)


def test_weights_share_a_scale_symmetric_about_zero():
    coef = np.arange(40.0).reshape(10, 4) - 10
    axes = plot.weights_as_images(coef, (2, 2))
    assert len(axes.images) == 10
    assert {image.get_clim() for image in axes.images} == {(-29, 29)}
    np.testing.assert_array_equal(axes.images[3].get_array(), coef[3].reshape(2, 2))
    assert [text.get_text() for text in axes.texts] == [str(k) for k in range(10)]
    boxes = [image.get_extent() for image in axes.images]
    assert len({(left, top) for left, _, _, top in boxes}) == 10
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    assert all(left <= a < b <= right and top < d < c <= bottom for a, b, c, d in boxes)


def test_coefficients_are_sorted_named_and_have_intervals(two):
    _, _, model = two
    names = ["a", "b", "c", "d"]
    intervals = np.stack([model.coef - 1, model.coef + 2], axis=-1)
    axes = plot.coefficients(model, intervals=intervals, feature_names=names, most=3)
    order = np.argsort(-np.abs(model.coef[0]))[:3]
    assert [label.get_text() for label in axes.get_yticklabels()] == [names[j] for j in order]
    [drawn] = axes.containers
    np.testing.assert_array_equal(drawn.lines[0].get_xdata(), model.coef[0, order])
    for j, segment in zip(order, drawn.lines[2][0].get_segments(), strict=True):
        np.testing.assert_allclose(segment[:, 0], intervals[0, j])


def test_a_summary_brings_its_names_and_intervals(three):
    X, y, _ = three
    summary = lc.LogisticRegression(C=10).fit(X, y).summary(X, y)
    drawn = plot.coefficients(summary).containers
    assert [bars.get_label() for bars in drawn] == ["setosa", "versicolor", "virginica"]
    order = np.argsort(-np.abs(summary.coef).max(axis=0))
    for k, bars in enumerate(drawn):
        ends = [segment[:, 0] for segment in bars.lines[2][0].get_segments()]
        np.testing.assert_allclose(ends, summary.conf_int[k, order])


@pytest.mark.parametrize("multiclass", [False, True])
def test_borders_are_where_scores_are_equal(iris, multiclass):
    X, y = iris
    X, y = (X[:, 2:], y) if multiclass else (X[50:, 2:], y[50:])
    model = lc.fit(X, y, loss="softmax" if multiclass else "logistic", l2=1e-2)
    axes = plot.decision_regions(model, X, y, resolution=30)
    assert len(axes.lines) == (2 if multiclass else 1)
    for line in axes.lines:
        scores = model.decision_function(line.get_xydata())
        highest = np.sort(np.column_stack([scores, 0 * scores]) if scores.ndim == 1 else scores, axis=1)[:, -2:]
        np.testing.assert_allclose(highest[:, 0], highest[:, 1], atol=1e-9)
    arrows = [text for text in axes.texts if text.arrow_patch is not None]
    assert len(arrows) == len(axes.lines)
    for arrow, line in zip(arrows, axes.lines, strict=True):
        along, normal = np.diff(line.get_xydata(), axis=0)[0], np.subtract(arrow.xy, arrow.xyann)
        assert along @ normal == pytest.approx(0, abs=1e-9)
        foot, tip = model.decision_function(np.array([arrow.xyann, arrow.xy]))
        assert np.max(tip) > np.max(foot)
    assert not plot.decision_regions(model, X, y, resolution=30, normals=False).texts


def test_margins_of_hinge(iris):
    X, y = iris[0][:100, 1:3], iris[1][:100]
    model = lc.fit(X, y, loss="squared_hinge", l2=1e-1)
    scores = [model.decision_function(line.get_xydata()) for line in plot.decision_regions(model, X, y).lines]
    np.testing.assert_allclose(scores, [[0, 0], [-1, -1], [1, 1]], atol=1e-9)


def test_regions_of_a_model_that_is_not_linear_in_the_plane():
    from sklearn.linear_model import LogisticRegression

    X = np.random.default_rng(0).uniform(-1, 1, (60, 2))
    y = np.where(X.prod(axis=1) > 0, "same", "other")
    model = make_pipeline(PolynomialFeatures(2), LogisticRegression(C=100)).fit(X, y)
    axes = plot.decision_regions(model, X, y, resolution=50)
    assert not axes.lines
    assert len(axes.collections) == 3  # the border, and the samples of two classes
    assert texts(axes) == ["other", "same"]


def test_regularisation_path_counts_what_is_not_zero():
    path = np.array([[1.0, 2.0, 0.0], [3.0, 2.0, 1.0], [0.0, 1.0, 0.0]])
    axes = plot.regularisation_path([1, 0.1, 10], path, feature_names=["a", "b", "c"], named=2)
    assert texts(axes) == ["a", "b"]
    [top] = axes.child_axes
    assert [label.get_text() for label in top.get_xticklabels()] == ["3", "2", "1"]
    assert axes.get_xscale() == "log"
    np.testing.assert_array_equal(axes.lines[1].get_ydata(), [3, 1, 0])


@pytest.mark.parametrize(
    ("draw", "sentence"),
    [
        (lambda: plot.loss_curve(3), "int holds no history"),
        (lambda: plot.roc_curve([0, 1, 2], [0.1, 0.2, 0.3]), "column a class"),
        (lambda: plot.roc_curve([0, 1, 1], np.ones((3, 4))), "give classes="),
        (lambda: plot.reliability_diagram([0, 1, 1], np.ones((3, 4))), "give classes="),
        (lambda: plot.weights_as_images(np.ones((2, 5)), (2, 2)), "2 x 2 has 4 points"),
        (lambda: plot.weights_as_images("no model", (2, 2)), "got str"),
        (lambda: plot.weights_as_images(np.ones((2, 4)), (2, 2), classes=[1, 2, 3]), "2 rows of weights"),
        (lambda: plot.coefficients([1, 2], feature_names=["a"]), "2 columns, but 1 feature_names"),
        (lambda: plot.coefficients([1, 2], intervals=[1, 2]), r"shape \(1, 2, 2\)"),
        (lambda: plot.regularisation_path([0.0], [[1, 2]]), "numbers > 0"),
        (lambda: plot.decision_regions(None, np.ones((3, 3)), [0, 1, 1]), "two columns"),
    ],
)
def test_errors_say_what_arrived(draw, sentence):
    with pytest.raises(lc.Error, match=sentence):
        draw()


def test_matplotlib_is_loaded_only_to_draw_and_missed_in_a_sentence():
    program = """
import sys
from linclass_cpp import plot
assert "matplotlib" not in sys.modules
sys.modules["matplotlib"] = None
try:
    plot.coefficients([1.0, 2.0])
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert 'pip install "linclass_cpp[plot]"' in done.stdout
