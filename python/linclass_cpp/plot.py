"""Pictures of classifiers and of what they predict, drawn by matplotlib (``pip install "linclass_cpp[plot]"``).

Each function draws on ``ax``, or on a new figure where there is none, and returns the Axes; other keywords go to the
matplotlib call that draws the main thing. Models are native ones or estimators. Colours are those of Okabe and Ito
(Color Universal Design, 2008; wine for their yellow, which is pale as a line), which the colour-blind tell apart, and
markers or dashes repeat what colours say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._core import Error

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "coefficients",
    "confusion_matrix",
    "decision_regions",
    "loss_curve",
    "precision_recall_curve",
    "regularisation_path",
    "reliability_diagram",
    "roc_curve",
    "weights_as_images",
]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#882255")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
DIVERGING = "RdBu_r"  # red for, blue against
GUIDE: dict[str, Any] = {"color": "0.5", "linestyle": "--", "linewidth": 1, "zorder": 1}


def _pyplot() -> Any:
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            'linclass_cpp.plot draws with matplotlib, which is missing: pip install "linclass_cpp[plot]"'
        ) from error
    return plt


def _axes(ax: Axes | None, **figure: Any) -> Axes:
    if ax is None:
        ax = _pyplot().subplots(layout="constrained", **figure)[1]
    return ax


def _colour(k: int) -> str:
    return COLOURS[k % len(COLOURS)]


def _line(k: int, label: str) -> dict[str, Any]:
    """Colours that come round again come dashed."""
    return {"color": _colour(k), "linestyle": ("-", "--", ":")[k // len(COLOURS) % 3], "label": label}


def _of(model: Any, name: str) -> Any:
    """An attribute of a Model, or the same of an estimator; None where there is neither."""
    return getattr(model, name, getattr(model, name + "_", None))


def _coef(model: Any) -> NDArray[np.float64]:
    """(K, d) weights of a model, an estimator or an array."""
    coef = _of(model, "coef")
    if hasattr(coef, "toarray"):
        coef = coef.toarray()
    array = np.asarray(model if coef is None else coef)
    if array.dtype.kind not in "fiu" or array.ndim not in (1, 2):
        raise Error(f"wanted a model or its weights of shape (K, d), got {type(model).__name__}: fit it first")
    return np.atleast_2d(array.astype(np.float64))


def _outputs(model: Any, outputs: int, classes: ArrayLike | None) -> list[str]:
    """A name for each row of the weights: the class it speaks for."""
    given = _of(model, "classes") if classes is None else classes
    labels = np.arange(outputs) if given is None else np.asarray(given)
    if len(labels) == 2 and outputs == 1:
        labels = labels[1:]
    if len(labels) != outputs:
        raise Error(f"there are {outputs} rows of weights, but {len(labels)} classes: name one a row")
    return [str(label) for label in labels]


def _features(model: Any, columns: int, feature_names: Sequence[str] | None) -> list[str]:
    names = feature_names
    if names is None:
        names = _of(model, "feature_names")
    if names is None:
        names = getattr(model, "feature_names_in_", None)
    if names is None:
        names = [f"x{j}" for j in range(columns)]
    if len(names) != columns:
        raise Error(f"there are {columns} columns, but {len(names)} feature_names")
    return [str(name) for name in names]


# ------------------------------------------------------------------------------------------------ training


def loss_curve(report: Any, *, ax: Axes | None = None, **line: Any) -> Axes:
    """The objective over iterations (or epochs), the validation loss beside it, and a proof of how far it had to go.

    Where the report certifies a gap, min P >= P_end - gap. So P_t - (P_end - gap), drawn on a logarithmic axis at the
    right, bounds the distance to the optimum at every iteration t, and ends at the gap.

    Parameters
    ----------
    report : Report, or a Model or fitted estimator that has one; ``history_["validation_loss"]`` of an estimator is
        drawn too.
    """
    source, report = report, _of(report, "report") or report
    history = getattr(source, "history_", {})
    objective = np.asarray(history.get("objective", getattr(report, "history", ())), dtype=float)
    if not objective.size:
        raise Error(f"{type(source).__name__} holds no history of the objective: wanted a Report, or a model with one")
    axes = _axes(ax)
    from matplotlib.ticker import MaxNLocator

    epochs = getattr(report, "solver", "") in ("sgd", "perceptron")
    steps = np.arange(1, len(objective) + 1)
    marker = "o" if len(objective) < 30 else None
    axes.plot(
        steps, objective, **{"color": COLOURS[0], "marker": marker, "markersize": 4, "label": "objective", **line}
    )
    validation = history.get("validation_loss", ())
    if len(validation):
        places = np.linspace(len(objective) / len(validation), len(objective), len(validation))
        axes.plot(places, validation, color=COLOURS[1], linestyle="--", label="validation loss")
        best = int(np.argmin(validation))
        axes.plot(places[best], validation[best], "s", color=COLOURS[1], label="smallest validation loss")
    axes.set(xlabel="epoch" if epochs else "iteration", ylabel="loss")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    lines = axes.get_legend_handles_labels()[0]
    if getattr(report, "certificate", "") == "gap" and report.gap > 0:
        right = axes.twinx()
        bound = objective - (report.objective - report.gap)
        lines += right.semilogy(
            steps,
            bound,
            color=COLOURS[2],
            linestyle=":",
            label=f"distance from optimum, at most\n(gap {report.gap:.1g})",
        )
        right.set_ylabel("distance from optimum, at most", color=COLOURS[2])
        right.tick_params(axis="y", colors=COLOURS[2])
    if len(lines) > 1:
        axes.legend(handles=lines, loc="upper right")
    return axes


# ---------------------------------------------------------------------------------------------- predictions


def confusion_matrix(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    normalize: Literal["true", "pred", "all"] | None = None,
    display_labels: Sequence[Any] | None = None,
    include_values: bool = True,
    colorbar: bool = True,
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """Counts of each true (row) and predicted (column) label; zeros are dots.

    Parameters
    ----------
    normalize : "true", "pred" or "all" shows percent of the row, of the column or of everything.
    labels, sample_weight : as in ``metrics.confusion_matrix``.
    display_labels : what to write for the labels.
    """
    from . import metrics

    names = np.unique(np.concatenate([np.ravel(y_true), np.ravel(y_pred)])) if labels is None else np.asarray(labels)
    counts = np.asarray(
        metrics.confusion_matrix(y_true, y_pred, labels=names, sample_weight=sample_weight, normalize=normalize)
    )
    shown = counts if normalize is None else 100 * counts
    K = len(counts)
    size = max(4.8, 0.5 * K)
    axes = _axes(ax, figsize=(size * 1.15, size))
    drawn = axes.imshow(shown, **{"cmap": "Blues", **({"vmin": 0, "vmax": 100} if normalize else {}), **image})
    if colorbar:
        axes.figure.colorbar(drawn, ax=axes, label="percent" if normalize else "samples", shrink=0.8)
    if include_values:
        low, high = drawn.get_clim()
        for i, j in np.ndindex(K, K):
            text = f"{shown[i, j]:.1f}" if normalize else f"{shown[i, j]:g}"
            colour = "white" if shown[i, j] > (low + high) / 2 else "black"
            axes.text(j, i, text if shown[i, j] else "·", ha="center", va="center", color=colour, fontsize=9)
    texts = [str(name) for name in (names if display_labels is None else display_labels)]
    across = "vertical" if max(map(len, texts)) > max(3, 24 // K) else "horizontal"
    axes.set_xticks(range(K), texts, rotation=across)
    axes.set_yticks(range(K), texts)
    axes.set(xlabel="Predicted label", ylabel="True label")
    return axes


def _one_vs_rest(
    y_true: ArrayLike, y_score: ArrayLike, classes: ArrayLike | None, pos_label: Any
) -> Iterator[tuple[str | None, NDArray[np.int64], NDArray[Any]]]:
    """(class, 1 where it is true, its scores) for each class; one of no name where there are two."""
    y, scores = np.asarray(y_true), np.asarray(y_score)
    labels = np.unique(y) if classes is None else np.asarray(classes)
    if scores.ndim == 2 and scores.shape[1] == 2 and len(labels) <= 2:
        scores = scores[:, 1]
    if scores.ndim == 1:
        if len(labels) > 2:
            raise Error(
                f"y_true has {len(labels)} labels, so y_score needs a column a class; its shape is {scores.shape}"
            )
        positive = labels[-1] if pos_label is None else pos_label
        yield None, (y == positive).astype(np.int64), scores
        return
    if scores.ndim != 2 or scores.shape[1] != len(labels):
        raise Error(
            f"y_score of shape {scores.shape} has not one column for each of {len(labels)} classes: give classes="
        )
    for k, label in enumerate(labels):
        yield str(label), (y == label).astype(np.int64), scores[:, k]


def _label(name: str | None, label: str | None, figure: str) -> str:
    """What the legend says of a curve: whose it is, and its figure."""
    whose = " ".join(part for part in (name, label) if part)
    return f"{whose} ({figure})" if whose else figure


def roc_curve(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    pos_label: Any = None,
    sample_weight: ArrayLike | None = None,
    classes: ArrayLike | None = None,
    name: str | None = None,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """True against false positive rate over all thresholds, with the area under it; the diagonal is chance.

    Parameters
    ----------
    y_score : (n,) scores or probabilities of ``pos_label`` (default the larger label), (n, 2) probabilities, or
        (n, K): a curve for each class against the rest, in the order of ``classes`` (default the sorted labels).
    name : of the classifier, in the legend; call again with the same ``ax`` to compare several.
    """
    from . import metrics

    axes = _axes(ax, figsize=(5, 5))
    if not axes.lines:
        axes.plot([0, 1], [0, 1], label="chance", **GUIDE)
    for label, y, scores in _one_vs_rest(y_true, y_score, classes, pos_label):
        false, true, _ = metrics.roc_curve(y, scores, pos_label=1, sample_weight=sample_weight)
        area = metrics.roc_auc(y, scores, sample_weight=sample_weight)
        style = _line(len(axes.lines) - 1, _label(name, label, f"area {area:.3f}"))
        axes.plot(false, true, **{**style, **line})
    axes.set(xlabel="False positive rate", ylabel="True positive rate", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    axes.set_aspect("equal")
    axes.legend(loc="lower right")
    return axes


def precision_recall_curve(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    pos_label: Any = None,
    sample_weight: ArrayLike | None = None,
    classes: ArrayLike | None = None,
    name: str | None = None,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Precision against recall over all thresholds, with the average precision; chance is the share of positives.

    Parameters are those of ``roc_curve``.
    """
    from . import metrics

    axes = _axes(ax, figsize=(5, 5))
    cases = list(_one_vs_rest(y_true, y_score, classes, pos_label))
    if not axes.lines and len(cases) == 1:
        share = float(
            np.average(cases[0][1].astype(float), weights=None if sample_weight is None else np.asarray(sample_weight))
        )
        axes.plot([0, 1], [share, share], label=f"chance ({share:.3f})", **GUIDE)
    begun = len(axes.lines) - (len(cases) == 1)
    for k, (label, y, scores) in enumerate(cases):
        precision, recall, _ = metrics.precision_recall_curve(y, scores, pos_label=1, sample_weight=sample_weight)
        average = metrics.average_precision(y, scores, sample_weight=sample_weight)
        style = _line(begun + k, _label(name, label, f"average {average:.3f}"))
        axes.plot(recall, precision, **{"drawstyle": "steps-post", **style, **line})
    axes.set(xlabel="Recall", ylabel="Precision", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    axes.set_aspect("equal")
    axes.legend(loc="lower left")
    return axes


def reliability_diagram(
    y_true: ArrayLike,
    y_prob: ArrayLike,
    *,
    n_bins: int = 10,
    strategy: Literal["uniform", "quantile"] = "uniform",
    pos_label: Any = None,
    classes: ArrayLike | None = None,
    name: str | None = None,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """How often what was given the probability p came true, bin by bin; on the diagonal, p means what it says.

    Grey bars at the foot show how many samples got which probability. The legend has the expected calibration error.

    Parameters
    ----------
    y_prob : (n,) probabilities of ``pos_label`` (default the larger label), (n, 2), or (n, K): then the probability of
        the predicted class, and whether it was the true one (Guo et al., On calibration of modern neural networks,
        2017).
    n_bins, strategy : as in ``metrics.calibration_curve``.
    """
    from . import metrics

    y, p = np.asarray(y_true), np.asarray(y_prob)
    several = p.ndim == 2 and p.shape[1] > 2
    if several:
        labels = np.unique(y) if classes is None else np.asarray(classes)
        if len(labels) != p.shape[1]:
            raise Error(f"y_prob has {p.shape[1]} columns, but there are {len(labels)} classes: give classes=")
        y, p = (labels[p.argmax(axis=1)] == y).astype(np.int64), p.max(axis=1)
    else:
        [(_, y, p)] = _one_vs_rest(y, p, classes, pos_label)
    true, predicted = metrics.calibration_curve(y, p, n_bins=n_bins, strategy=strategy, pos_label=1)
    error = metrics.expected_calibration_error(y, p, n_bins=n_bins, strategy=strategy, pos_label=1)
    axes = _axes(ax, figsize=(5, 5))
    if not axes.lines:
        axes.plot([0, 1], [0, 1], label="as it should be", **GUIDE)
        counts, edges = np.histogram(p, 20, (0, 1))
        axes.bar(edges[:-1], 0.2 * counts / counts.max(), 0.05, align="edge", color="0.88", edgecolor="white", zorder=0)
    k = len(axes.lines) - 1
    style = {**_line(k, _label(name, None, f"error {error:.3f}")), "marker": MARKERS[k % len(MARKERS)]}
    axes.plot(predicted, true, **{**style, **line})
    whose = "the predicted class" if several else "the positive class"
    axes.set(xlabel=f"Mean predicted probability of {whose}", ylabel="Share that came true")
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    axes.set_aspect("equal")
    axes.legend(loc="upper left")
    return axes


# --------------------------------------------------------------------------------------------------- weights


def weights_as_images(
    model: Any,
    shape: tuple[int, int],
    *,
    classes: ArrayLike | None = None,
    columns: int | None = None,
    colorbar: bool = True,
    ax: Axes | None = None,
    **image: Any,
) -> Axes:
    """The weights of each class as an image of ``shape`` (rows, columns): red speaks for the class, blue against it.

    All images share one scale, symmetric about 0 (white).

    Parameters
    ----------
    model : Model, estimator, or weights (K, d) with d = rows x columns.
    columns : images side by side.
    """
    coef = _coef(model)
    rows, across = shape
    if rows * across != coef.shape[1]:
        raise Error(
            f"a shape of {rows} x {across} has {rows * across} points, but the weights are {coef.shape[1]} a class"
        )
    names = _outputs(model, len(coef), classes)
    columns = min(len(coef), columns or (len(coef) if len(coef) <= 5 else int(np.ceil(np.sqrt(2 * len(coef))))))
    lines = -(-len(coef) // columns)
    height, gap, head = rows / across, 0.08, 0.24
    axes = _axes(ax, figsize=(1.3 * columns + (0.8 if colorbar else 0), (1.3 * (height + head)) * lines))
    most = float(np.abs(coef).max()) or 1.0
    for k, weights in enumerate(coef):
        left, top = (k % columns) * (1 + gap), (k // columns) * (height + head)
        axes.imshow(
            weights.reshape(shape),
            extent=(left, left + 1, top + height, top),
            **{"cmap": DIVERGING, "vmin": -most, "vmax": most, **image},
        )
        axes.text(left + 0.5, top - 0.04, names[k], ha="center", va="bottom")
    axes.set(xlim=(-gap, columns * (1 + gap)), ylim=(lines * (height + head) - head + gap, -head))
    axes.set_axis_off()
    if colorbar:
        axes.figure.colorbar(axes.images[-1], ax=axes, label="weight", shrink=0.8)
    return axes


def coefficients(
    model: Any,
    *,
    intervals: ArrayLike | None = None,
    feature_names: Sequence[str] | None = None,
    classes: ArrayLike | None = None,
    most: int = 20,
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """Coefficients by name, the largest at the top, with their confidence intervals where they are known.

    Parameters
    ----------
    model : Model, estimator, weights (K, d), or the ``summary`` of a model, which knows the intervals.
    intervals : (K, d, 2) or (d, 2), lower and upper ends.
    most : only so many features, those with the largest coefficients.
    """
    coef = _coef(model)
    K, d = coef.shape
    names, labels = _features(model, d, feature_names), _outputs(model, K, classes)
    ends = _of(model, "conf_int") if intervals is None else intervals
    if ends is not None:
        ends = np.asarray(ends, dtype=float)
        if ends.shape not in ((K, d, 2), (d, 2)) or (ends.ndim == 2 and K > 1):
            raise Error(f"intervals must have shape {(K, d, 2)}, got {ends.shape}")
        ends = ends.reshape(K, d, 2)
    order = np.argsort(-np.abs(coef).max(axis=0), kind="stable")[:most]
    axes = _axes(ax, figsize=(6.4, max(2.4, 1 + 0.27 * len(order) * max(1, K / 2.5))))
    axes.axvline(0, **GUIDE)
    offsets = (np.arange(K) - (K - 1) / 2) * (0.7 / K)
    for k in range(K):
        places = np.arange(len(order)) + offsets[k]
        style: dict[str, Any] = {
            "color": _colour(k),
            "marker": MARKERS[k % len(MARKERS)],
            "linestyle": "none",
            "markersize": 5,
        }
        wide = None if ends is None else np.abs(ends[k, order] - coef[k, order, None]).T
        axes.errorbar(coef[k, order], places, xerr=wide, **{**style, "capsize": 2, "label": labels[k], **points})
    axes.set_yticks(range(len(order)), [names[j] for j in order])
    axes.set_ylim(len(order) - 0.5, -0.5)
    axes.set_xlabel("coefficient" + ("" if ends is None else ", with its confidence interval"))
    axes.grid(axis="y", color="0.92")
    axes.set_axisbelow(True)
    if K > 1:
        axes.legend(title="class")
    return axes


def regularisation_path(
    strengths: ArrayLike,
    models: Any,
    *,
    feature_names: Sequence[str] | None = None,
    named: int = 8,
    xlabel: str = "strength of the penalty",
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Each coefficient over the strength of the penalty; the numbers on top count the coefficients that are not 0.

    Parameters
    ----------
    strengths : (m,) > 0, for example l1 or l2 of each fit; the axis is logarithmic.
    models : m Models, estimators or weights (d,) or (K, d), or an array (m, d) or (m, K, d).
    named : so many features, the largest anywhere on the path, are in the legend; the others are grey.
    """
    strengths = np.asarray(strengths, dtype=float)
    path = np.stack([_coef(model) for model in models])
    if strengths.shape != (len(path),) or not (strengths > 0).all():
        raise Error(f"there are {len(path)} models, so strengths must be as many numbers > 0, got {strengths!r}")
    order = np.argsort(strengths)
    strengths, path = strengths[order], path[order]
    m, K, d = path.shape
    names = _features(models[0], d, feature_names)
    axes = _axes(ax, figsize=(7, 4.5))
    largest = np.argsort(-np.abs(path).max(axis=(0, 1)), kind="stable")
    for j in largest[named:]:
        axes.plot(strengths, path[:, :, j], **{"color": "0.8", "linewidth": 0.8, **line})
    for place, j in enumerate(largest[:named]):
        style: dict[str, Any] = {"color": _colour(place), "linestyle": ("-", "--", "-.", ":")[place % 4]}
        for k in range(K):
            axes.plot(strengths, path[:, k, j], **{**style, "label": names[j] if k == 0 else None, **line})
    axes.axhline(0, **GUIDE)
    axes.set_xscale("log")
    axes.set(xlabel=xlabel, ylabel="coefficient", xlim=(strengths[0], strengths[-1]))
    top = axes.secondary_xaxis("top")
    ticks = np.unique(np.linspace(0, m - 1, min(m, 8)).round().astype(int))
    top.set_xticks(strengths[ticks], [str(np.count_nonzero(path[t])) for t in ticks])
    top.minorticks_off()
    top.set_xlabel("coefficients that are not 0")
    if min(named, d):
        axes.legend(fontsize="small")
    return axes


# ------------------------------------------------------------------------------------------------- the plane


def _segment(normal: NDArray[Any], offset: float, inside: Sequence[tuple[NDArray[Any], float]]) -> NDArray[Any] | None:
    """Both ends of the part of the line normal.x + offset = 0 where a.x + c >= 0 for each (a, c) of ``inside``."""
    length = normal @ normal
    if length == 0:
        return None
    start, along = -offset * normal / length, np.array([-normal[1], normal[0]]) / np.sqrt(length)
    low, high = -np.inf, np.inf
    for a, c in inside:
        slope, value = a @ along, a @ start + c
        if slope > 0:
            low = max(low, -value / slope)
        elif slope < 0:
            high = min(high, -value / slope)
        elif value < 0:
            return None
    return np.array([start + low * along, start + high * along]) if low < high else None


def decision_regions(
    model: Any,
    X: ArrayLike,
    y: ArrayLike,
    *,
    resolution: int = 400,
    feature_names: Sequence[str] | None = None,
    normals: bool = True,
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """What a model of two features predicts all over the plane, with the samples on it.

    A linear model's border between two classes is the hyperplane (here a line) where their scores are equal; its arrow
    is the normal vector w (of classes k and l: w_k - w_l), which points to where the score grows. Of hinge losses the
    dashed lines are the margins, scores of +-1. Where one feature's range is no more than four times the other's, both
    axes have one scale, so that right angles look right.

    Parameters
    ----------
    model : whatever has ``predict`` for two columns: a Model, an estimator, a pipeline. Of those that are not linear in
        the two features only the regions and their borders are drawn.
    X : (n, 2);  y : (n,) labels.
    """
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    if X.ndim != 2 or X.shape[1] != 2 or len(X) != len(y):
        raise Error(f"X must have two columns and a row a label, got shapes {X.shape} and {y.shape}")
    known = _of(model, "classes")
    labels = np.unique(y) if known is None else np.asarray(known)
    low, high = X.min(axis=0), X.max(axis=0)
    room = 0.08 * np.where(high > low, high - low, 1)
    low, high = low - room, high + room
    across, up = high - low
    alike = 1 / 4 <= up / across <= 4
    axes = _axes(ax, figsize=(5.6, np.clip(5.2 * up / across, 2.5, 8)) if alike else (6, 5))

    grids = [np.linspace(low[j], high[j], resolution) for j in (0, 1)]
    plane = np.stack(np.meshgrid(*grids), axis=-1).reshape(-1, 2)
    places = (np.asarray(model.predict(plane))[:, None] == labels).argmax(axis=1).reshape(resolution, resolution)
    from matplotlib.colors import to_rgb

    pale = np.array([1 - 0.3 * (1 - np.array(to_rgb(_colour(k)))) for k in range(len(labels))])
    extent = (low[0], high[0], low[1], high[1])
    axes.imshow(pale[places], extent=extent, origin="lower", aspect="auto", interpolation="bilinear", zorder=0)

    weights = None if _of(model, "coef") is None else _coef(model)
    if weights is not None and weights.shape[1] == 2:
        intercept = np.broadcast_to(np.ravel(_of(model, "intercept")), len(weights))
        sides = [(s * np.eye(2)[j], -s * edge[j]) for s, edge in ((1, low), (-1, high)) for j in (0, 1)]
        _borders(axes, weights, intercept, sides, low, high, normals)
        if getattr(getattr(model, "model_", model), "loss", "") in ("hinge", "squared_hinge") and len(labels) == 2:
            for margin in (-1, 1):
                ends = _segment(weights[0], intercept[0] - margin, sides)
                if ends is not None:
                    axes.plot(*ends.T, color="0.2", linestyle="--", linewidth=1, zorder=2)
    else:
        for k in range(len(labels) - 1):
            axes.contour(*grids, places > k, levels=[0.5], colors="0.2", linewidths=1.5, zorder=2)

    for k, label in enumerate(labels):
        style: dict[str, Any] = {
            "color": _colour(k),
            "marker": MARKERS[k % len(MARKERS)],
            "s": 24,
            "edgecolor": "white",
        }
        mine = X[y == label]
        axes.scatter(mine[:, 0], mine[:, 1], **{**style, "linewidth": 0.5, "label": str(label), "zorder": 3, **points})
    names = _features(model, 2, feature_names)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel=names[0], ylabel=names[1])
    if alike:
        axes.set_aspect("equal")
    axes.legend(loc="best", framealpha=0.9)
    return axes


def _borders(
    ax: Any,
    weights: NDArray[Any],
    intercept: NDArray[Any],
    sides: list[tuple[NDArray[Any], float]],
    low: NDArray[Any],
    high: NDArray[Any],
    normals: bool,
) -> None:
    """The lines on which two classes share the highest score, each with its normal vector."""
    if len(weights) == 1:
        weights, intercept = np.vstack([0 * weights, weights]), np.append(0.0, intercept)
    for k in range(len(weights)):
        for other in range(k):
            normal, offset = weights[k] - weights[other], intercept[k] - intercept[other]
            higher = [
                (weights[k] - weights[j], intercept[k] - intercept[j])
                for j in range(len(weights))
                if j not in (k, other)
            ]
            ends = _segment(normal, offset, sides + higher)
            if ends is None:
                continue
            ax.plot(*ends.T, color="0.2", linewidth=1.5, zorder=2)
            if normals:
                foot = ends.mean(axis=0)
                tip = foot + 0.15 * (high - low).min() * normal / np.linalg.norm(normal)
                arrow = {"arrowstyle": "-|>", "color": "0.1", "linewidth": 1.5, "shrinkA": 0, "shrinkB": 0}
                ax.annotate("", tip, foot, arrowprops=arrow, zorder=4)
