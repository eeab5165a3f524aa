"""A fitted model as a table: coefficients by class and feature, and how certain they are.

With scores z_i = W x_i + b, the negative log-likelihood L(W, b) = sum_i s_i loss(y_i, z_i) of a logistic or softmax
model has the curvature matrix H = sum_i s_i X_i' loss''(z_i) X_i, and the maximum likelihood estimate the covariance
H^-1 (observed information; McCullagh and Nelder, Generalized Linear Models, 1989, section 2.5). With an L2 penalty H is
that of the penalised objective, which is the Laplace approximation of the posterior under a normal prior (Bishop,
Pattern Recognition and Machine Learning, 2006, section 4.5); intervals are then credible intervals.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _admit, _core
from .fit import Objective
from .model import Model

__all__ = ["Summary", "summary"]

_MOST_ENTRIES = 2 * 10**7  # of the linear program

Array = NDArray[np.float64]


class Summary:
    """What ``summary`` found; prints itself as a table.

    Attributes
    ----------
    feature_names : list of str
    classes : one label a row of coef
    reference : the class that the rows of an unpenalised softmax model are compared with, else None
    coef, intercept : (K, d) and (K,)
    standard_error, z, p_value : (K, d + 1), intercepts last (K, d without them); None where there are none
    conf_int : (K, d, 2) ends of the intervals of ``level``, and ``intercept_conf_int`` (K, 2); None likewise
    separation : dict of feature: weight, a direction that separates the data, or None
    notes : sentences on all that a reader should know
    report : Report of the fit
    """

    def __init__(self, coef: Array, intercept: Array, classes: list[Any], names: list[str], level: float) -> None:
        self.coef, self.intercept, self.classes, self.feature_names = coef, intercept, classes, names
        self.level = level
        self.reference: Any = None
        self.standard_error: Array | None = None
        self.z: Array | None = None
        self.p_value: Array | None = None
        self.conf_int: Array | None = None
        self.intercept_conf_int: Array | None = None
        self.separation: dict[str, float] | None = None
        self.notes: list[str] = []
        self.loss, self.has_intercept, self.report = "", True, None

    def _infer(self, covariance: Array) -> None:
        """From the covariance of the K (d + 1) parameters (K d without intercept)."""
        from scipy.special import ndtr, ndtri

        d = self.coef.shape[1]
        columns = [self.coef, self.intercept[:, None]] if self.has_intercept else [self.coef]
        w = np.hstack(columns)
        self.standard_error = np.sqrt(np.maximum(np.diag(covariance), 0)).reshape(w.shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            self.z = w / self.standard_error
        self.p_value = 2 * ndtr(-np.abs(self.z))
        reach = ndtri(0.5 + self.level / 2) * self.standard_error
        ends = np.stack([w - reach, w + reach], axis=-1)
        self.conf_int = ends[:, :d]
        if self.has_intercept:
            self.intercept_conf_int = ends[:, d]

    def rows(self) -> list[dict[str, Any]]:
        """One dict a parameter: class, feature, coef and, where they are known, standard error, z, p and interval."""
        rows = []
        K, d = self.coef.shape
        for k in range(K):
            for j in range(d + self.has_intercept):
                row = {"class": self.classes[k], "feature": self.feature_names[j] if j < d else "(intercept)"}
                row["coef"] = float(self.coef[k, j] if j < d else self.intercept[k])
                if self.standard_error is not None and self.z is not None and self.p_value is not None:
                    row |= {"std err": float(self.standard_error[k, j]), "z": float(self.z[k, j])}
                    row["P>|z|"] = float(self.p_value[k, j])
                    ends = self.conf_int[k, j] if j < d else self.intercept_conf_int[k]  # type: ignore[index]
                    low, high = (1 - self.level) / 2, (1 + self.level) / 2
                    row |= {f"{low:.3g}": float(ends[0]), f"{high:.3g}": float(ends[1])}
                rows.append(row)
        return rows

    def __str__(self) -> str:
        report, lines = self.report, []
        against = "" if self.reference is None else f", each against {self.reference}"
        lines.append(f"{self.loss} model, {self.coef.shape[1]} features, classes {self._listed()}{against}")
        if report is not None:
            gap = f"gap {report.gap:.3g}" if report.certificate == "gap" else f"{report.certificate} certificate"
            lines.append(
                f"objective {report.objective:.8g}, {gap}, {report.iterations} iterations of {report.solver}, "
                f"{report.seconds:.3g} s: {report.status}"
            )
        lines += self.notes
        rows = self.rows()
        if self.coef.shape[0] == 1:
            for row in rows:
                del row["class"]
        cells = [list(rows[0])] + [[_cell(name, value) for name, value in row.items()] for row in rows]
        widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
        texts = sum(name in ("class", "feature") for name in cells[0])
        rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
        table = [
            "  ".join(
                c.ljust(w) if i < texts else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True))
            )
            for line in cells
        ]
        return "\n".join([*lines, rule, table[0], rule, *table[1:], rule])

    __repr__ = __str__

    def _listed(self) -> str:
        shown = ", ".join(map(str, self.classes[:10]))
        return shown + (f" and {len(self.classes) - 10} more" if len(self.classes) > 10 else "")


def _cell(name: str, value: Any) -> str:
    if isinstance(value, str) or name == "class":
        return str(value)
    return f"{value:.3f}" if name in ("z", "P>|z|") else f"{value:.6g}"


def summary(
    model: Any,
    X: Any = None,
    y: Any = None,
    sample_weight: ArrayLike | None = None,
    *,
    l2: float = 0.0,
    penalty_scale: ArrayLike | None = None,
    fit_intercept: bool = True,
    feature_names: list[str] | None = None,
    level: float = 0.95,
) -> Summary:
    """The table of a Model or an estimator; with its training data also standard errors.

    For the loss logistic or softmax, unpenalised or with L2: standard errors from the inverse of the curvature matrix
    at the coefficients (fit with a small tol), z = coef / standard error, two-sided p of the normal distribution, and
    intervals. Sample weights count as repetitions. Without penalty the classes of a softmax model are each compared
    with the first, as the scores of one class are free. If hyperplanes separate the data no finite optimum exists: the
    summary says so, names the features of a separating direction, and gives no standard errors.

    Parameters
    ----------
    model : Model, or a fitted LogisticRegression, which knows the following parameters but X and y.
    X, y, sample_weight : what the model was fitted to.
    l2, penalty_scale, fit_intercept : of that fit.
    level : of the intervals.

    Raises
    ------
    Error : data that do not belong to the model; a curvature matrix above 1 GiB.
    """
    if not 0 < level < 1:
        raise _core.Error(f"level must lie between 0 and 1, got {level}")
    known: dict[str, Any] = {"l1": 0.0, "l2": l2, "penalty_scale": penalty_scale, "fit_intercept": fit_intercept}
    known["sample_weight"] = sample_weight
    if not isinstance(model, Model):
        known = model._summary_problem(X, y, sample_weight)
        if feature_names is None:
            feature_names = getattr(model, "feature_names_in_", None)
        fit_intercept, model = model.fit_intercept, model._model()
    names = [str(name) for name in (feature_names if feature_names is not None else _names_of(model, X))]
    if len(names) != model.coef.shape[1]:
        raise _core.Error(f"there are {len(names)} feature names for {model.coef.shape[1]} columns")
    labels = list(model.classes.tolist())
    result = Summary(
        np.array(model.coef), np.array(model.intercept), labels[1:] if len(model.coef) == 1 else labels, names, level
    )
    result.loss, result.report, result.has_intercept = model.loss, model.report, bool(fit_intercept)
    if len(model.coef) == 1 and len(labels) == 2:
        result.reference = labels[0]
    if X is None or y is None:
        return result
    reason = known.get("reason")
    if model.loss not in ("logistic", "softmax") or (reason is None and known["l1"] > 0):
        reason = f"the loss {model.loss} and this penalty do not give a maximum of a smooth likelihood"
    if reason is not None:
        result.notes.append(f"no standard errors: {reason}")
        return result
    weights = known["sample_weight"]
    objective = Objective(
        X,
        y,
        loss=model.loss,
        l2=known["l2"],
        penalty_scale=known["penalty_scale"],
        sample_weight=weights,
        fit_intercept=fit_intercept,
        classes=model.classes,
    )
    w = np.hstack([model.coef, model.intercept[:, None]]) if fit_intercept else np.array(model.coef)
    total = float(np.sum(np.asarray(weights))) if weights is not None else float(X.shape[0])
    hessian = total * objective.hessian(w)
    if known["l2"] > 0:
        # Scores of softmax may all be shifted by their intercepts: the pseudo-inverse leaves that direction out.
        result._infer(_inverse(hessian, singular=model.loss == "softmax"))
        return result

    free = slice(0, None)
    if model.loss == "softmax":  # W_0 = 0 takes out the directions that change nothing
        free = slice(w.shape[1], None)
        w = w - w[0]
        d = len(names)
        result.coef, result.classes, result.reference = w[1:, :d], labels[1:], labels[0]
        result.intercept = w[1:, d] if fit_intercept else np.zeros(len(w) - 1)
    gradient = total * objective.value_and_gradient(w)[1].ravel()[free]
    covariance = _inverse(hessian[free, free], singular=False)
    if not _has_optimum(X, w[1:] if model.loss == "softmax" else w, gradient, covariance, fit_intercept):
        if X.shape[0] * X.shape[1] * len(w) > _MOST_ENTRIES:
            result.notes.append(
                "no standard errors: the fit is not near enough to an optimum to prove that there is one, and the data "
                "are too many for a linear program that decides whether they are separable. Fit with a smaller tol"
            )
            return result
        direction = separating_direction(X, y, weights, model, fit_intercept)
        if direction is not None:
            result.separation = {name: value for name, value in zip(names, direction, strict=True) if value != 0}
            listed = ", ".join(f"{name} ({value:+.3g})" for name, value in _largest(result.separation))
            result.notes.append(
                "the data are separable, so the likelihood has no maximum at finite coefficients, and none of the "
                f"figures below means anything but a direction. A separating direction uses: {listed}. "
                "Use a penalty (C < inf), or leave such features out."
            )
            return result
    if np.isnan(covariance).any():
        result.notes.append("no standard errors: columns of X depend on each other, so coefficients are not determined")
    result._infer(covariance)
    return result


def _largest(separation: dict[str, float], most: int = 20) -> list[tuple[str, float]]:
    return sorted(separation.items(), key=lambda item: -abs(item[1]))[:most]


def _names_of(model: Model, X: Any) -> list[str]:
    names = getattr(model, "feature_names", None)
    if names is None and _admit._is_frame(X):
        names = list(X.columns)
    return list(names) if names is not None else [f"x{j}" for j in range(model.coef.shape[1])]


def _inverse(hessian: Array, singular: bool) -> Array:
    """H^-1 on a unit diagonal, so that units cost no accuracy; NaN where columns depend on each other."""
    if singular:
        return np.asarray(np.linalg.pinv(hessian, hermitian=True))
    scale = 1 / np.sqrt(np.where(np.diag(hessian) > 0, np.diag(hessian), 1))
    scaled = hessian * np.outer(scale, scale)
    values = np.linalg.eigvalsh(scaled)
    if values[0] <= len(values) * np.finfo(float).eps * max(values[-1], 1):
        return np.full_like(hessian, np.nan)
    return np.asarray(np.linalg.inv(scaled) * np.outer(scale, scale))


def _has_optimum(X: Any, w: Array, gradient: Array, covariance: Array, fit_intercept: bool) -> bool:
    """A sufficient condition for a finite optimum near w, without a linear program.

    The logistic loss is generalised self-concordant: its third derivative along v is at most max_i |z_i(v)| times the
    second, for softmax max_i max_kl |z_ik(v) - z_il(v)|. With the Newton decrement nu = sqrt(g' H^-1 g) and r the
    largest norm of a row under H^-1, nu r <= 1/2 (softmax: 1/4) proves a minimum (Bach, Self-concordant analysis for
    logistic regression, 2010, proposition 2).
    """
    if not np.isfinite(covariance).all():
        return False
    decrement = max(float(gradient @ covariance @ gradient), 0.0) ** 0.5
    rows: Any = X.tocsr() if _admit._is_sparse(X) else np.asarray(X, dtype=np.float64)
    K, size = w.shape
    radius = 0.0
    for k in range(K):
        block = covariance[k * size : (k + 1) * size, k * size : (k + 1) * size]
        d = size - fit_intercept
        product = np.asarray(rows @ block[:d, :d])
        squares = np.asarray((rows.multiply(product) if _admit._is_sparse(X) else rows * product).sum(axis=1)).ravel()
        if fit_intercept:
            squares = squares + 2 * np.asarray(rows @ block[:d, d]).ravel() + block[d, d]
        radius = max(radius, float(np.sqrt(max(squares.max(), 0))))
    return bool(decrement * radius <= (0.5 if K == 1 else 0.25))


def separating_direction(X: Any, y: Any, sample_weight: Any, model: Model, fit_intercept: bool = True) -> Array | None:
    """Weights (d,) of features by which hyperplanes separate the classes, or None where the data overlap.

    The likelihood of a logistic model has no finite maximum exactly if some V != 0 has all margins
    m_ij = (V_{y_i} - V_j) x_i >= 0, not all 0 (Albert and Anderson, Biometrika 1984). This is a linear program (Konis,
    2007): the least |V|_1, in columns of unit size, with margins >= 0 whose mean is 1; infeasible if the data overlap.
    Its optimum is a vertex, so that few features take part. Of more than two classes the first V != 0 found by class
    counts by its largest weights.
    """
    from scipy import sparse
    from scipy.optimize import linprog

    rows: Any = sparse.csr_array(X) if _admit._is_sparse(X) else np.asarray(X, dtype=np.float64)
    codes, _, _ = _admit.targets(y, model.classes)
    if sample_weight is not None:
        kept = np.flatnonzero(np.asarray(sample_weight) > 0)
        rows, codes = rows[kept], codes[kept]
    n, d = rows.shape
    squares = rows.multiply(rows) if _admit._is_sparse(X) else rows**2
    size = np.sqrt(np.asarray(squares.mean(axis=0)).ravel())
    size = np.where(size > 0, size, 1.0)
    dense = sparse.csr_array(rows) @ sparse.diags_array(1 / size)
    if fit_intercept:
        dense = sparse.hstack([dense, np.ones((n, 1))], format="csr")
    p = dense.shape[1]
    for margins in _margins(dense, codes, len(model.coef), len(model.classes), model.loss):
        blocks = margins.shape[1] // p
        cost = np.ones(margins.shape[1])
        if fit_intercept:
            cost[p - 1 :: p] = 0.0
        both = sparse.hstack([margins, -margins], format="csr")  # V = V+ - V-
        mean = np.asarray(both.mean(axis=0)).reshape(1, -1)
        found = linprog(
            np.concatenate([cost, cost]),
            A_ub=-both,
            b_ub=np.zeros(margins.shape[0]),
            A_eq=mean,
            b_eq=[1.0],
            bounds=(0, None),
            method="highs",
        )
        if found.status == 0:
            V = (found.x[: margins.shape[1]] - found.x[margins.shape[1] :]).reshape(blocks, p)[:, :d]
            V = np.where(np.abs(V) > 1e-9 * max(np.abs(V).max(), 1e-300), V, 0.0)
            largest = np.take_along_axis(V, np.abs(V).argmax(axis=0)[None], axis=0)[0]
            return np.asarray(largest / size)
    return None


def _margins(rows: Any, codes: Any, outputs: int, classes: int, loss: str) -> list[Any]:
    """Matrices M with margins M vec(V), one for each likelihood that stands alone."""
    from scipy import sparse

    def signed(signs: Array) -> Any:
        return sparse.diags_array(signs) @ rows

    if codes.ndim == 2:
        return [signed(np.where(codes[:, k] > 0.5, 1.0, -1.0)) for k in range(outputs)]
    if outputs == 1:
        return [signed(np.where(codes == 1, 1.0, -1.0))]
    if loss == "logistic":
        return [signed(np.where(codes == k, 1.0, -1.0)) for k in range(outputs)]
    parts = []
    for j in range(classes):  # margins against class j, in blocks of V by class; the rows of class j have none
        against = np.flatnonzero(codes != j)
        blocks = []
        for k in range(1, classes):  # V_0 = 0
            signs = (codes[against] == k).astype(float) - float(k == j)
            blocks.append(sparse.diags_array(signs) @ rows[against])
        parts.append(sparse.hstack(blocks, format="csr"))
    return [sparse.vstack(parts, format="csr")]
