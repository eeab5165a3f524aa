"""fit, and the same engine piece by piece.

Objective (evaluate), Trainer (minibatches as they come), minimize (a function of your own).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _admit, _core
from .model import Model

__all__ = ["ConvergenceWarning", "Interrupted", "Minimum", "Objective", "Trainer", "fit", "minimize"]

Loss: TypeAlias = Literal["logistic", "softmax", "squared_sigmoid", "squared", "perceptron", "hinge", "squared_hinge"]
Multiclass: TypeAlias = Literal["auto", "sum", "max", "ovr"]
Callback: TypeAlias = Callable[[_core.State], "bool | None"]
Array: TypeAlias = NDArray[np.float64]
Start: TypeAlias = Literal["zeros", "uniform"] | ArrayLike | None


class ConvergenceWarning(UserWarning):
    """A fit ended before the figure that ``tol`` bounds was reached."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a fit. ``model`` holds the best parameters so far (of ``minimize``: a Minimum), with its report."""

    def __init__(self, model: Model | Minimum) -> None:
        super().__init__(model.report.reason if model.report else "interrupted")
        self.model = model


class Minimum(NamedTuple):
    """What ``minimize`` found: w in the shape of start, and the Report."""

    w: Array
    report: _core.Report


def _problem(loss: str, multiclass: str | None, l1: float, l2: float, fit_intercept: bool) -> dict[str, Any]:
    return {"loss": loss, "multiclass": multiclass, "l1": l1, "l2": l2, "fit_intercept": fit_intercept}


def _start(start: Start, settings: dict[str, Any]) -> None:
    settings["start"] = start if start is None or isinstance(start, str) else _admit.numbers(start, "start")[0]


def _settings(values: dict[str, Any], *names: str) -> dict[str, Any]:
    """Those of a function's arguments that C++ calls settings, by their names."""
    return {name: values[name] for name in names}


_LIMITS = ("solver", "tol", "epsilon", "max_iter", "time_limit", "memory", "learning_rate", "schedule")
_SGD = (
    "learning_rate",
    "schedule",
    "decay",
    "power",
    "factor",
    "step_epochs",
    "update",
    "momentum",
    "beta2",
    "batch_size",
    "shuffle",
)


def _falls_short(report: _core.Report, epsilon: float = 0.0) -> bool:
    """Whether a figure was to be reached and was not; tol = 0 asks for none, and sgd without epsilon has none."""
    wanted = epsilon > 0 or report.certificate == "mistakes" or (report.certificate != "none" and report.tol > 0)
    return report.status in ("time_limit", "diverged") or (report.status in ("max_iter", "stalled") and wanted)


def _warn_if_short(report: _core.Report, epsilon: float) -> None:
    if _falls_short(report, epsilon):
        warnings.warn(report.reason, ConvergenceWarning, stacklevel=3)


def fit(
    X: Any,
    y: Any,
    loss: Loss = "softmax",
    *,
    l1: float = 0.0,
    l2: float = 0.0,
    penalty_scale: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    fit_intercept: bool = True,
    multiclass: Multiclass | None = None,
    solver: Literal["auto", "lbfgs", "newton-cholesky", "preconditioned-lbfgs", "gd", "sgd", "perceptron"]
    | None = None,
    start: Start = None,
    tol: float = 1e-4,
    epsilon: float = 0.0,
    max_iter: int | None = None,
    time_limit: float | None = None,
    threads: int | None = None,
    seed: int = 0,
    callback: Callback | None = None,
    memory: int = 10,
    learning_rate: float | None = None,
    schedule: Literal["auto", "constant", "inverse", "step", "adaptive"] | None = None,
    decay: float = 1e-4,
    power: float = 1.0,
    factor: float = 0.5,
    step_epochs: int = 1,
    update: Literal["plain", "momentum", "nesterov", "adam"] = "plain",
    momentum: float = 0.9,
    beta2: float = 0.999,
    batch_size: int = 32,
    shuffle: bool = True,
    track_objective: bool = False,
) -> Model:
    """Train a linear classifier: minimise, with scores z = W x + b,

        P(W, b) = sum_i s_i loss(y_i, W x_i + b) / sum_i s_i  +  l2/2 sum_kj (c_j W_kj)^2  +  l1 sum_kj c_j |W_kj|

    The lectures' lambda (alpha |w| + (1 - alpha) w^2) is l1 = lambda alpha, l2 = 2 lambda (1 - alpha); scikit-learn's C
    is l2 = 1 / (C sum s). The intercept b is never penalised.

    Parameters
    ----------
    X : (n, d) array, frame or sparse matrix. float32 and float64 in rows, columns (any stride) or CSR are read where
        they lie; anything else is copied once (``report.copies``).
    y : (n,) labels (numbers, strings, bools), or (n, K) indicators or probabilities in [0, 1].
    loss : with margin m = +-z for two classes, y in {0, 1}:
        "logistic" log(1 + exp(-m)), more classes one against the rest; "softmax" cross-entropy of softmax(z);
        "squared_sigmoid" (y - sigma(z))^2; "squared" (t - z)^2, t = +-1; "perceptron" max(0, -m);
        "hinge" max(0, 1 - m); "squared_hinge" max(0, 1 - m)^2.
    l1, l2 : strengths of the penalties, >= 0.
    penalty_scale : (d,) c_j >= 0, default 1.
    sample_weight : (n,) s_i >= 0, default 1.
    multiclass : how the margin losses see more than two classes: "sum" (default) over j != y of the loss of z_y - z_j,
        "max" the largest of them, "ovr" each class against the rest.
    solver : "auto" (default) takes the fastest of the next three for the sizes of the data, "sgd" for hinge and
        perceptron; ``report.choice`` says why. "newton-cholesky" (Newton's method with the full Hessian: up to some
        1000 parameters) and "preconditioned-lbfgs" (starts at the optimum of a sample, with the curvature of a sample)
        need a convex smooth loss and no l1; "lbfgs" (Nocedal and Wright 2006, ch. 7; with l1 OWL-QN, Andrew and Gao
        2007); "gd" (proximal) gradient descent; "sgd" minibatches; "perceptron" Rosenblatt's rule.
    start : "zeros" (default), "uniform" in [-1, 1] by ``seed``, or w of shape (K, d + 1), intercepts last.
    tol : certified relative gap (P - min P) / P to reach where P is convex and differentiable and l2 > 0; else the
        scaled gradient max |g_kj| / rms(x_j) / rms(residual at 0). 0 = never stop on it.
    epsilon : stop when P changes by less than epsilon max(1, |P|). 0 = never.
    max_iter : iterations or epochs; None or 0: both lbfgs 1000, newton-cholesky 100, gd 10000, sgd 20, perceptron
        1000.
    time_limit : seconds.
    threads : default all that the process may use; results are the same to the bit for any number.
    seed : of random starts and orders, the same on every platform.
    callback : called as callback(state) once an iteration or epoch; True stops. State has iteration, objective,
        measure, seconds, reads and w (a copy of shape (K, d + 1)).
    memory : pairs that lbfgs keeps; preconditioned-lbfgs keeps more, up to 100, where rows are many.
    learning_rate : of gd and sgd; None: from the data (adam 0.001).
    schedule : of the rate over steps t and epochs e: "constant"; "inverse" rate / (1 + decay t)^power;
        "step" rate factor^floor(e / step_epochs); "adaptive" (gd: times 1.2 while P falls, halved when it rises;
        sgd: times factor after an epoch that did not fall).
    update : of sgd: "plain"; "momentum" (Polyak 1964); "nesterov"; "adam" (Kingma and Ba 2015; beta1 = momentum,
        beta2).
    batch_size, shuffle, track_objective : of sgd: rows a step, a new order every epoch from ``seed``, the full P after
        each epoch in the history.

    Returns
    -------
    Model, with ``report``: status and reason in words, objective, gap and kind of certificate, iterations, reads of X,
    ...

    Raises
    ------
    Error (a ValueError) : bad input, with what was wrong, what arrived and what to do.
    Interrupted (a KeyboardInterrupt) : Ctrl-C; its ``model`` holds the best parameters so far.
    ConvergenceWarning : a warning; the figure fell short of ``tol``.
    """
    arguments = locals()
    data, copied_X = _admit.features(X)
    codes, classes, copied_y = _admit.targets(y)
    problem = _problem(loss, multiclass, l1, l2, fit_intercept)
    problem["sample_weight"], copied_weight = _admit.per_item(sample_weight, "sample_weight")
    problem["penalty_scale"], copied_scale = _admit.per_item(penalty_scale, "penalty_scale")
    settings = _settings(arguments, *_LIMITS, *_SGD, "threads", "seed", "track_objective")
    _start(start, settings)
    copies = copied_X + copied_y + copied_weight + copied_scale
    core, report = _core.fit(data, codes, len(classes), problem, settings, callback, copies)
    scale = problem["penalty_scale"]
    model = Model(core, classes, report, _admit.feature_names(X), None if scale is None else np.array(scale))
    if report.status == "interrupted":
        raise Interrupted(model)
    _warn_if_short(report, epsilon)
    return model


def minimize(
    value_and_gradient: Callable[[Array], tuple[float, ArrayLike]],
    start: ArrayLike,
    solver: Literal["lbfgs", "gd"] = "lbfgs",
    *,
    tol: float = 1e-4,
    epsilon: float = 0.0,
    max_iter: int | None = None,
    time_limit: float | None = None,
    callback: Callback | None = None,
    memory: int = 10,
    learning_rate: float | None = None,
    schedule: Literal["auto", "constant", "adaptive"] | None = None,
) -> Minimum:
    """Run a solver on a function of your own, from ``start``.

    ``value_and_gradient(w)`` returns the value and the gradient at w, an array of the shape of start. ``tol`` bounds
    max_j |gradient_j|; the other keywords are those of ``fit``. Its exceptions arrive unchanged.
    """
    settings = _settings(locals(), *_LIMITS)
    first, _ = _admit.numbers(start, "start")
    result = Minimum(*_core.minimize(value_and_gradient, first, settings, callback))
    if result.report.status == "interrupted":
        raise Interrupted(result)
    _warn_if_short(result.report, epsilon)
    return result


class Objective:
    """P of ``fit`` as a function of w, of shape (K, d + 1) with intercepts last ((K, d) without), or flat.

    X is read once per value and gradient; nothing is copied, so the arrays must not change meanwhile. It is immutable:
    several threads may use one at once. ``scipy.optimize.minimize(objective.value_and_gradient, w0, jac=True)`` works
    as it is.

    Parameters are those of ``fit``; ``classes`` names the labels where y need not hold all of them.
    """

    __slots__ = ("_core", "classes", "shape")

    def __init__(
        self,
        X: Any,
        y: Any,
        loss: Loss = "softmax",
        *,
        l1: float = 0.0,
        l2: float = 0.0,
        penalty_scale: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        fit_intercept: bool = True,
        multiclass: Multiclass | None = None,
        classes: ArrayLike | None = None,
        threads: int | None = None,
    ) -> None:
        data, _ = _admit.features(X)
        codes, self.classes, _ = _admit.targets(y, classes)
        problem = _problem(loss, multiclass, l1, l2, fit_intercept)
        problem["sample_weight"], _ = _admit.per_item(sample_weight, "sample_weight")
        problem["penalty_scale"], _ = _admit.per_item(penalty_scale, "penalty_scale")
        self._core = _core.Objective(data, codes, len(self.classes), problem, threads or 0)
        self.shape: tuple[int, int] = self._core.shape

    @property
    def size(self) -> int:
        """K (d + 1)."""
        return self.shape[0] * self.shape[1]

    def value(self, w: ArrayLike) -> float:
        """P(w); one read of X."""
        return self._core.value(_parameters(w))

    def value_and_gradient(self, w: ArrayLike, out: Array | None = None) -> tuple[float, Array]:
        """P(w) and its gradient in the shape of w (at a kink a subgradient; of |w| at 0: 0); one read of X."""
        return self._core.value_and_gradient(_parameters(w), out)

    def curvature_times(self, w: ArrayLike, v: ArrayLike, out: Array | None = None) -> Array:
        """H(w) v in the shape of v, H the Hessian of P (l1 adds nothing); one read of X, another at a new w.

        From the first call on n K numbers are kept, the curvatures of the rows. Error for hinge and perceptron.
        """
        return self._core.curvature_times(_parameters(w), _parameters(v), out)

    def hessian(self, w: ArrayLike, out: Array | None = None) -> Array:
        """H(w) as a (size, size) matrix. Error for hinge and perceptron, and above 1 GiB."""
        return self._core.hessian(_parameters(w), out)

    def gap(self, w: ArrayLike) -> float:
        """The duality gap, a certified bound on P(w) - min P; at most two reads of X.

        Error where none exists: it needs a convex smooth loss, l2 > 0 and every penalty scale > 0.
        """
        return self._core.gap(_parameters(w))

    def scores(self, w: ArrayLike, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Z = X W' + b in the type of X: (n,) where K = 1, else (n, K)."""
        return self._core.scores(_parameters(w), out)

    def __repr__(self) -> str:
        return f"Objective(shape={self.shape})"


def _parameters(w: ArrayLike) -> Array:
    if type(w) is np.ndarray and w.dtype == np.float64 and w.flags.carray:
        return w
    array = _admit.numbers(w, "w")[0]
    assert array is not None
    return array


class Trainer:
    """Minibatch descent that goes on: each ``partial_fit`` is one pass over the rows that it is given.

    >>> trainer = lc.Trainer(classes=[0, 1, 2], loss="softmax", l2=1e-4)
    >>> for X, y in parts:
    ...     trainer.partial_fit(X, y)
    >>> trainer.model.predict(X_new)

    ``classes`` are all labels there will be. The other parameters are those of ``fit`` with solver="sgd". Sample
    weights are taken at face value: a step uses sum_batch s_i g_i / |batch|. The type and layout of X, and the form of
    y, stay as they were first.
    """

    __slots__ = ("_core", "_problem", "_settings", "classes")

    def __init__(
        self,
        classes: ArrayLike,
        loss: Loss = "softmax",
        *,
        l1: float = 0.0,
        l2: float = 0.0,
        penalty_scale: ArrayLike | None = None,
        fit_intercept: bool = True,
        multiclass: Multiclass | None = None,
        start: Start = None,
        threads: int | None = None,
        seed: int = 0,
        learning_rate: float | None = None,
        schedule: Literal["auto", "constant", "inverse", "step", "adaptive"] | None = None,
        decay: float = 1e-4,
        power: float = 1.0,
        factor: float = 0.5,
        step_epochs: int = 1,
        update: Literal["plain", "momentum", "nesterov", "adam"] = "plain",
        momentum: float = 0.9,
        beta2: float = 0.999,
        batch_size: int = 32,
        shuffle: bool = True,
    ) -> None:
        self._settings = _settings(locals(), *_SGD, "threads", "seed")
        _start(start, self._settings)
        self._problem = _problem(loss, multiclass, l1, l2, fit_intercept)
        self._problem["penalty_scale"], _ = _admit.per_item(penalty_scale, "penalty_scale")
        self.classes = _admit.class_labels(classes)
        self._core: _core.Trainer | None = None

    def partial_fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Trainer:
        """One pass over these rows. Ctrl-C raises Interrupted; its ``model`` holds what has been reached."""
        data, _ = _admit.features(X)
        codes, _, _ = _admit.targets(y, self.classes)
        weights, _ = _admit.per_item(sample_weight, "sample_weight")
        if self._core is None:
            self._core = _core.Trainer(data, codes, len(self.classes), self._problem, self._settings)
        self._core.partial_fit(data, codes, len(self.classes), weights)
        if self.report.status == "interrupted":
            raise Interrupted(self.model)
        _warn_if_short(self.report, 0.0)
        return self

    @property
    def model(self) -> Model:
        """What the passes so far have reached."""
        return Model(self._begun().model, self.classes, self.report)

    @property
    def report(self) -> _core.Report:
        """History: the mean loss of each pass, every batch at the parameters that it met."""
        return self._begun().report

    def _begun(self) -> _core.Trainer:
        if self._core is None:
            raise _core.Error("this Trainer has seen no data yet: call partial_fit first")
        return self._core
