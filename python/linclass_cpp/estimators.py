"""Estimators with scikit-learn's names, parameters and attributes: changing the import line is the whole migration.

>>> from linclass_cpp import LogisticRegression
>>> LogisticRegression(C=0.1).fit(X, y).predict_proba(X_new)

Each translates its parameters into a problem of ``fit`` (or the epochs of a ``Trainer``) and answers questions with
``model_``. Conventions are those of "Developing scikit-learn estimators" in scikit-learn's documentation.
"""

from __future__ import annotations

import time
import warnings
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple

import numpy as np
import sklearn
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.exceptions import ConvergenceWarning as _SklearnConvergenceWarning
from sklearn.linear_model._base import SparseCoefMixin
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit
from sklearn.utils import check_random_state, compute_class_weight
from sklearn.utils._param_validation import Hidden, Interval, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, check_classification_targets, is_multilabel
from sklearn.utils.sparsefuncs import mean_variance_axis
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from . import _admit, _core
from .fit import ConvergenceWarning as _FitWarning
from .fit import Interrupted, Objective, _falls_short, _problem
from .model import Model

__all__ = ["ConvergenceWarning", "LogisticRegression", "Perceptron", "SGDClassifier", "restore"]

Array = NDArray[Any]


class ConvergenceWarning(_FitWarning, _SklearnConvergenceWarning):  # type: ignore[misc]
    """A fit ended before the figure that ``tol`` bounds was reached: a warning of this package and of scikit-learn."""


# ------------------------------------------------------------------------------------------- what the estimators share


class _LinearClassifier(SparseCoefMixin, ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """From data to codes and weights, from a Model to scikit-learn's attributes, and from questions to its answers."""

    threads: int | None
    class_weight: Any
    early_stopping: bool
    validation_fraction: float
    random_state: Any

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # ----------------------------------------------------------------------------------------------------- questions

    def decision_function(self, X: Any) -> Any:
        """Scores z = W x + b in the type of X: (n,) for two classes, else (n, K)."""
        return self._ask("decision_function", X)

    def predict(self, X: Any) -> Any:
        """Labels, (n,); 0 and 1 as (n, K) after a fit to an indicator matrix."""
        return self._ask("predict", X)

    def _ask(self, method: str, X: Any) -> Any:
        """A method of the Model on X. An array that C++ reads as it is goes there straight; the rest is validated."""
        known = self.__dict__
        if type(X) is np.ndarray and type(known.get("coef_")) is np.ndarray and "feature_names_in_" not in known:
            try:
                return self._answer(method, X)
            except _core.Error:
                pass  # scikit-learn's validation says what is wrong, in its words
        check_is_fitted(self)
        foreign = _ArrayAPI.of(X)
        if foreign is not None or type(self.coef_) is not np.ndarray:
            from sklearn.utils._array_api import check_same_namespace

            check_same_namespace(X, self, attribute="coef_", method=method)
        X = validate_data(
            self, X if foreign is None else foreign.numpy(X), accept_sparse="csr", dtype=_FLOATS, reset=False
        )
        answer = self._answer(method, X)
        return answer if foreign is None else foreign.back(answer)

    def _answer(self, method: str, X: Any) -> Array:
        model = self._model()
        answer: Array = getattr(model, method)(X, threads=self.threads or 0)
        if method == "predict" and model._core.multilabel:
            return answer.astype(model.classes.dtype)
        if method == "predict_log_proba" and answer.dtype == np.float32:
            answer[answer > -np.finfo(np.float32).eps] = 0  # where a probability of this type is 1
        return answer

    def _model(self) -> Model:
        """``model_``, or what has been written into ``coef_`` and ``intercept_`` since."""
        model: Model = self.model_
        coef, intercept = _dense(self.coef_), _dense(self.intercept_)
        if np.array_equal(coef, model.coef.astype(coef.dtype, copy=False)) and np.array_equal(
            intercept, model.intercept.astype(intercept.dtype, copy=False)
        ):
            return model
        return _model_like(model._core, coef, intercept, self.model_.classes, model.report)

    def summary(
        self, X: Any = None, y: Any = None, sample_weight: ArrayLike | None = None, *, level: float = 0.95
    ) -> Any:
        """A table of the coefficients by class and feature name, with objective, gap, iterations and time; print it.

        With the training data, and for logistic losses without penalty or with L2, also standard errors, z, p-values
        and intervals of ``level``; ``linclass_cpp.summary.summary`` says how.
        """
        from .summary import summary

        return summary(self, X, y, sample_weight, level=level)

    def _summary_problem(self, X: Any, y: Any, sample_weight: Any) -> dict[str, Any]:
        """Penalty and weights of the fit, for ``summary``; or the reason why there is nothing to infer."""
        return {"reason": "a descent ends near an optimum, not at it"}

    # ------------------------------------------------------------------------------------------------------ files

    def save(self, path: Any) -> None:
        """Write the model, with this estimator's class and parameters; ``linclass_cpp.load`` gives the estimator back.

        Parameters that JSON does not know (a callback, a random generator) are not kept.
        """
        check_is_fitted(self)
        model = self._model()
        scale = self.model_.scale
        model = Model(model._core, model.classes, model.report, scale=scale)  # notes of the file do not change model_
        names = getattr(self, "feature_names_in_", None)
        model.feature_names = None if names is None else [str(name) for name in names]
        parameters = {name: _written(value) for name, value in self.get_params(deep=False).items() if _is_data(value)}
        kind = {"class": type(self).__name__, "dtype": str(_dense(self.coef_).dtype)}
        model.extra = {"estimator": {**kind, "parameters": parameters}}
        model.save(path)

    # ------------------------------------------------------------------------------------------------- used by fits

    def _adopt(self, model: Model, dtype: Any, foreign: _ArrayAPI | None = None) -> None:
        """Attributes of a fitted estimator; coef_ has the type of X, as in scikit-learn."""
        self.model_ = model
        self.classes_ = model.classes
        self.coef_ = model.coef.astype(dtype)
        self.intercept_ = model.intercept.astype(dtype)
        self.report_ = model.report
        self.gap_ = float("nan") if model.report is None else model.report.gap
        if foreign is not None:
            self.coef_, self.intercept_ = foreign.back(self.coef_), foreign.back(self.intercept_)
            self.classes_ = foreign.back(self.classes_)

    def _weights(self, X: Any, codes: Array, classes: Array, sample_weight: Any, balanced: bool = True) -> Any:
        """Sample weights times class weights, or None where there are neither; a copy, checked."""
        weights = None
        if sample_weight is not None:
            weights = _checked_weights(sample_weight, X.shape[0])
            if not weights.any() and not self.early_stopping:  # the split below says it better
                raise ValueError("Sample weights must contain at least one non-zero number: all of them are 0")
        if self.class_weight is None:
            return weights
        if codes.ndim == 2:
            raise _core.Error("class_weight weighs the classes of labels: for an indicator matrix y it must be None")
        if isinstance(self.class_weight, str):  # "balanced", by weights
            if not balanced:
                raise ValueError(
                    "class_weight 'balanced' is not supported for partial_fit. In order to use 'balanced' weights, "
                    "use compute_class_weight('balanced', classes=classes, y=y). In place of y you can use a large "
                    "enough sample of the full training set target to properly estimate the class frequency "
                    "distributions. Pass the resulting weights as the class_weight parameter."
                )
            counts = np.bincount(codes, weights=weights, minlength=len(classes))
            class_weight = counts.sum() / (len(classes) * np.maximum(counts, np.finfo(float).tiny))
        else:
            class_weight = compute_class_weight(self.class_weight, classes=classes, y=classes[codes])
        weights = class_weight[codes] * (1.0 if weights is None else weights)
        return np.ascontiguousarray(weights, dtype=np.float64)

    def _split(self, codes: Array, weights: Array | None) -> tuple[Array, Array]:
        """Rows to train on and rows for validation, a share of each class."""
        kind = ShuffleSplit if codes.ndim == 2 else StratifiedShuffleSplit
        draw = kind(test_size=self.validation_fraction, random_state=self.random_state)
        train, rest = next(draw.split(np.zeros((len(codes), 1)), codes))
        if weights is not None and not weights[rest].any():
            raise ValueError(
                "The sample weights for validation set are all zero, consider using a different random state."
            )
        return np.sort(train), np.sort(rest)


_FLOATS = [np.float64, np.float32]


def _dense(values: Any) -> Array:
    """coef_ as an array of NumPy, whatever the user or the array API has made of it."""
    if type(values) is np.ndarray:
        return values
    if _admit._is_sparse(values):
        return np.asarray(values.toarray())
    if hasattr(values, "__array_namespace__") or hasattr(values, "device"):
        from sklearn.utils._array_api import move_to

        return np.asarray(move_to(values, xp=np, device="cpu"))
    return np.asarray(values)


def _model_like(core: _core.Model, coef: Array, intercept: Array, classes: Array, report: Any) -> Model:
    """A Model of the same kind with other parameters."""
    arrays = [np.ascontiguousarray(part, dtype=np.float64) for part in (coef, intercept)]
    kind = (core.loss, core.multiclass, core.classes, core.multilabel)
    return Model(_core.Model(*kind, *arrays), classes, report)


class _ArrayAPI:
    """Arrays of another namespace (array_api_dispatch=True) and the way back: the engine computes on NumPy's."""

    def __init__(self, namespace: Any, device: Any) -> None:
        self.namespace, self.device = namespace, device

    @classmethod
    def of(cls, X: Any) -> _ArrayAPI | None:
        if isinstance(X, np.ndarray) or not sklearn.get_config()["array_api_dispatch"]:
            return None
        from sklearn.utils._array_api import _is_numpy_namespace, get_namespace_and_device

        namespace, is_array_api, device = get_namespace_and_device(X)
        return cls(namespace, device) if is_array_api and not _is_numpy_namespace(namespace) else None

    @staticmethod
    def numpy(*arrays: Any) -> Any:
        from sklearn.utils._array_api import move_to

        return move_to(*arrays, xp=np, device="cpu")

    def back(self, array: Array) -> Any:
        """Labels that are no numbers stay in NumPy, which alone has them."""
        return array if array.dtype.kind not in "biuf" else self.namespace.asarray(array, device=self.device)


def _checked_weights(sample_weight: Any, rows: int) -> Array:
    """A copy, one weight a row."""
    if isinstance(sample_weight, Real):
        return np.full(rows, float(sample_weight))
    weights = check_array(sample_weight, ensure_2d=False, dtype=np.float64, copy=True, input_name="sample_weight")
    if weights.shape != (rows,):
        raise ValueError(f"Sample weights must be 1D array or scalar, {rows} of them, got shape {weights.shape}")
    return np.asarray(weights)


def _seed(random_state: Any) -> int:
    if random_state is None:
        return 0
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def _taken(values: Any, rows: Array) -> Any:
    return None if values is None else np.ascontiguousarray(np.asarray(values)[rows])


def _labels(codes: Array, classes: Array, rows: Array) -> Array:
    return codes[rows] if codes.ndim == 2 else classes[codes[rows]]


def _parameters(model: Model, fit_intercept: bool) -> Array:
    """w of fit and Trainer: intercepts last."""
    return np.column_stack([model.coef, model.intercept]) if fit_intercept else np.array(model.coef)


def _deviations(X: Any, weights: Array | None) -> Array:
    """Standard deviations of the columns in one pass and in float64, 1 where a column is constant.

    Blocks of rows are merged by the formula of Chan, Golub and LeVeque (1983); zeros of a sparse X stay unread.
    """
    n, d = X.shape
    if _admit._is_sparse(X):
        mean, variance = mean_variance_axis(X.astype(np.float64, copy=False), axis=0, weights=weights)
    else:
        total, mean, squares = 0.0, np.zeros(d), np.zeros(d)
        for start in range(0, n, step := max(1, 2**17 // d)):
            block = X[start : start + step].astype(np.float64, copy=False)
            s = np.ones(len(block)) if weights is None else weights[start : start + step]
            if not s.any():
                continue
            part, block_mean = s.sum(), s @ block / s.sum()
            difference = block_mean - mean
            total += part
            mean = mean + difference * (part / total)
            squares += s @ (block - block_mean) ** 2 + difference**2 * (part * (total - part) / total)
        variance = squares / total
    # A constant column has the variance that rounding leaves (Chan, Golub and LeVeque's bound on the error).
    epsilon = np.finfo(np.float64).eps
    constant = variance <= n * epsilon * variance + (n * mean * epsilon) ** 2
    return np.where(constant, 1.0, np.sqrt(variance))


def _objective(held: Any, problem: dict[str, Any], classes: Array, threads: int | None) -> Objective:
    """The mean loss, without penalty, on held-out rows, labels and weights."""
    X, y, weights = held
    kind = {name: problem[name] for name in ("loss", "multiclass", "fit_intercept")}
    return Objective(X, y, sample_weight=weights, classes=classes, threads=threads, **kind)


class _Validation:
    """The mean loss on rows that are not trained on, after every iteration; says when it has stopped to fall."""

    def __init__(self, objective: Objective, patience: float) -> None:
        self.objective, self.patience = objective, patience
        self.history: list[float] = []
        self.best, self.since = float("inf"), 0
        self.w: Array | None = None

    def __call__(self, w: Array) -> bool:
        loss = self.objective.value(w)
        self.history.append(loss)
        self.since = 0 if loss < self.best else self.since + 1
        if loss < self.best:
            self.best, self.w = loss, w
        return self.since >= self.patience


# ------------------------------------------------------------------------------------------------- LogisticRegression

_SOLVERS = ("auto", "lbfgs", "liblinear", "newton-cg", "newton-cholesky", "sag", "saga")


class LogisticRegression(_LinearClassifier):
    """Logistic regression: minimise

        C sum_i s_i loss(y_i, W x_i + b) + (1 - l1_ratio)/2 |W|_2^2 + l1_ratio |W|_1

    with sample weights s. Two classes are one logistic output, more the cross-entropy of softmax, an indicator matrix
    y independent sigmoids. The intercept b is never penalised, also not for solver="liblinear".

    Parameters
    ----------
    penalty : "l1", "l2", "elasticnet" or None; deprecated by scikit-learn 1.8: use C and l1_ratio.
    C : inverse strength of the penalty, in (0, inf]; inf is none.
    l1_ratio : share of the L1 penalty, in [0, 1].
    dual : as in scikit-learn allowed for "liblinear" alone; changes nothing.
    tol : certified relative duality gap (P - min P) / P to reach, where C is finite and l1_ratio < 1; else the scaled
        gradient (see ``linclass_cpp.fit``). Default 1e-4. Small problems are solved on to tol^2, one step more.
    fit_intercept : whether there is a b.
    intercept_scaling : accepted and without effect: it corrects for a penalised intercept.
    class_weight : dict of label: weight, or "balanced", n / (classes count): factors on the sample weights.
    random_state : of the validation rows.
    solver : "auto" (default) takes every penalty. A name of scikit-learn ("lbfgs", "liblinear", "newton-cg",
        "newton-cholesky", "sag", "saga") states the problems that scikit-learn allows it, solved by "auto".
    max_iter : iterations; default 1000, since a fit ends by tol.
    verbose : above 0 the report is printed after a fit.
    warm_start : start at coef_ and intercept_ of the last fit.
    n_jobs : without effect, as in scikit-learn; ``threads`` says how many threads compute.
    loss : "auto" as above; "logistic" sets each class against the rest; "softmax" also for two classes (which is
        "logistic" with half of the L2 penalty); "squared_sigmoid" (y - sigma(z))^2.
    standardize : the penalty acts as if columns had unit variance: penalty_scale = standard deviations. Coefficients
        are on the original scale. Equal to a StandardScaler before (with_mean=False where fit_intercept=False).
    early_stopping : set a share of the rows aside (or take X_val, y_val of ``fit``), stop when their loss has not
        fallen for n_iter_no_change iterations, and keep the parameters where it was least.
    validation_fraction, n_iter_no_change : of early_stopping; default 0.1 and 5.
    time_limit : seconds of a fit.
    callback : called as callback(state) once an iteration (see ``linclass_cpp.State``); True stops.
    threads : of fits and predictions; default all that the process may use. Results are the same for any number.

    Attributes
    ----------
    coef_, intercept_ : (1, d) and (1,) for two classes, else (K, d) and (K,), in the type of X. What is written into
        them changes the predictions.
    classes_, n_features_in_, feature_names_in_, n_iter_ : as in scikit-learn.
    model_, report_ : the ``Model`` and its ``Report``.
    gap_ : certified bound on the mean-loss objective P - min P; NaN where there is none.
    history_ : dict of lists, "objective" and, where there are validation rows, "validation_loss".

    Raises
    ------
    ValueError : bad data or parameters.
    Interrupted (a KeyboardInterrupt) : Ctrl-C; the estimator is fitted with the best parameters so far.
    ConvergenceWarning : a warning; the figure fell short of ``tol``.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "penalty": [StrOptions({"l1", "l2", "elasticnet"}), None, Hidden(StrOptions({"deprecated"}))],
        "C": [Interval(Real, 0, None, closed="right")],
        "l1_ratio": [Interval(Real, 0, 1, closed="both"), None],
        "dual": ["boolean"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "fit_intercept": ["boolean"],
        "intercept_scaling": [Interval(Real, 0, None, closed="neither")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "random_state": ["random_state"],
        "solver": [StrOptions(set(_SOLVERS))],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "n_jobs": [None, Integral],
        "loss": [StrOptions({"auto", "logistic", "softmax", "squared_sigmoid"})],
        "standardize": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "time_limit": [Interval(Real, 0, None, closed="left"), None],
        "callback": [callable, None],
        "threads": [Interval(Integral, 0, None, closed="left"), None],
    }

    def __init__(
        self,
        penalty: Any = "deprecated",
        *,
        C: float = 1.0,
        l1_ratio: float | None = 0.0,
        dual: bool = False,
        tol: float = 1e-4,
        fit_intercept: bool = True,
        intercept_scaling: float = 1,
        class_weight: Any = None,
        random_state: Any = None,
        solver: str = "auto",
        max_iter: int = 1000,
        verbose: int = 0,
        warm_start: bool = False,
        n_jobs: int | None = None,
        loss: str = "auto",
        standardize: bool = False,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        time_limit: float | None = None,
        callback: Any = None,
        threads: int | None = None,
    ) -> None:
        self.penalty = penalty
        self.C = C
        self.l1_ratio = l1_ratio
        self.dual = dual
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.intercept_scaling = intercept_scaling
        self.class_weight = class_weight
        self.random_state = random_state
        self.solver = solver
        self.max_iter = max_iter
        self.verbose = verbose
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.loss = loss
        self.standardize = standardize
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.time_limit = time_limit
        self.callback = callback
        self.threads = threads

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.array_api_support = True
        tags.classifier_tags.multi_label = (
            self.loss != "softmax" and self.class_weight is None and self.solver != "liblinear"
        )
        tags.classifier_tags.multi_class = self.solver != "liblinear"
        tags.classifier_tags.poor_score = not self.fit_intercept
        return tags

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> LogisticRegression:
        """Fit to X (n, d), dense or sparse, and y: (n,) labels or an (n, K) indicator matrix.

        X_val and y_val are validation rows: their loss goes into ``history_``, and early_stopping stops by it.
        """
        C, l1_ratio = self._strength()
        foreign = _ArrayAPI.of(X)
        if foreign is not None:
            X, y, sample_weight = foreign.numpy(X, y, sample_weight)
        multilabel = bool(is_multilabel(y))
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=_FLOATS, multi_output=multilabel)
        if not multilabel:
            check_classification_targets(y)
        codes, classes, copies = _admit.targets(y)
        if self.solver == "liblinear" and len(classes) > 2:
            raise ValueError(
                "The 'liblinear' solver does not support multiclass classification (n_classes >= 3), as in "
                "scikit-learn. Only binary classification is supported. The type of the target is "
                f"{'multilabel' if multilabel else 'multiclass'}: use solver='auto', with loss='logistic' for one "
                "class against the rest"
            )
        weights = self._weights(X, codes, classes, sample_weight)
        loss = self.loss if self.loss != "auto" else "softmax" if codes.ndim == 1 and len(classes) > 2 else "logistic"
        halved = loss == "softmax" and codes.ndim == 1 and len(classes) == 2
        loss = "logistic" if halved else loss  # one output w = w_1 - w_0, whose two halves softmax penalises

        held = None
        if X_val is not None or y_val is not None:
            held = self._held_out(X_val, y_val, classes, sample_weight_val)
        elif self.early_stopping:
            train, rest = self._split(codes, weights)
            held = (X[rest], _labels(codes, classes, rest), _taken(weights, rest))
            X, codes, weights = X[train], codes[train], _taken(weights, train)
            sample_weight = _taken(sample_weight, train)
        weights = _with_all_classes(codes, classes, weights)

        problem = _problem(loss, None, 0.0, 0.0, bool(self.fit_intercept))
        if np.isfinite(C):
            total = X.shape[0] if weights is None else weights.sum()
            problem["l1"] = l1_ratio / (C * total)
            problem["l2"] = (1 - l1_ratio) / (C * total) * (0.5 if halved else 1.0)
        if self.standardize:
            plain = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
            problem["penalty_scale"] = _deviations(X, plain)
        self._penalty = {name: problem.get(name) for name in ("l1", "l2", "penalty_scale", "fit_intercept")}
        problem["sample_weight"] = weights
        settings = {
            "solver": _solver(problem, X.shape, 1 if len(classes) == 2 and codes.ndim == 1 else len(classes)),
            "tol": float(self.tol),
            "max_iter": int(self.max_iter),
            "time_limit": self.time_limit if self.max_iter else 0.0,
            "threads": self.threads or 0,
            "seed": _seed(self.random_state) if self.random_state is not None else 0,
        }
        if settings["solver"] == "newton-cholesky":
            least = 1e-12 if X.dtype == np.float64 else 1e-9  # what the arithmetic reaches
            settings["tol"] = max(self.tol**2, min(self.tol, least))
        if self.warm_start and hasattr(self, "model_"):
            settings["start"] = _parameters(self._model(), self.fit_intercept)

        validation = None
        if held is not None:
            patience = self.n_iter_no_change if self.early_stopping else np.inf
            validation = _Validation(_objective(held, problem, classes, self.threads), patience)
        data, copied = _admit.features(X)
        callback = self._callback(validation)
        core, report = _core.fit(data, codes, len(classes), problem, settings, callback, copies + copied)
        if multilabel:
            classes = classes.astype(y.dtype)  # predictions have the type of y
        model = Model(core, classes, report, scale=problem.get("penalty_scale"))
        self._finish(model, X.dtype, foreign, validation, (data, codes, problem))
        return self

    def _callback(self, validation: _Validation | None) -> Any:
        if validation is None:
            return self.callback

        def both(state: Any) -> bool:
            stop = validation(state.w)
            return bool(self.callback is not None and self.callback(state)) or stop

        return both

    def _finish(
        self, model: Model, dtype: Any, foreign: _ArrayAPI | None, validation: _Validation | None, problem: Any
    ) -> None:
        """Attributes, and what the report has to say."""
        report = model.report
        assert report is not None
        best = self.early_stopping and validation is not None and validation.w is not None
        if best:
            assert validation is not None
            w = np.asarray(validation.w)
            d = model.coef.shape[1]
            intercept = w[:, d] if self.fit_intercept else np.zeros(len(w))
            model = _model_like(model._core, w[:, :d], intercept, model.classes, report)
        self._adopt(model, dtype, foreign)
        if best and report.certificate == "gap":
            data, codes, keys = problem
            objective = _core.Objective(data, codes, len(model.classes), keys, self.threads or 0)
            self.gap_ = objective.gap(_parameters(model, self.fit_intercept))
        self.n_iter_ = np.array([report.iterations], dtype=np.int32)
        if foreign is not None:
            self.n_iter_ = foreign.back(self.n_iter_)
        self.history_ = {"objective": report.history}
        if validation is not None:
            self.history_["validation_loss"] = validation.history
        if self.verbose:
            print(report)
        if report.status == "interrupted":
            raise Interrupted(model)
        if not self.max_iter or _falls_short(report):
            solver = report.solver if self.solver == "auto" else self.solver
            warnings.warn(f"{solver} failed to converge: {report.reason}", ConvergenceWarning, stacklevel=4)

    def _summary_problem(self, X: Any, y: Any, sample_weight: Any) -> dict[str, Any]:
        penalty = getattr(self, "_penalty", None)
        if penalty is None or self.early_stopping:
            return {
                "reason": "a model from a file does not know its penalty"
                if penalty is None
                else "early stopping ended the fit"
            }
        if X is None or y is None:
            return {**penalty, "sample_weight": None}
        codes, classes, _ = _admit.targets(y, self.classes_)
        weights = self._weights(X, codes, classes, sample_weight)
        return {**penalty, "sample_weight": _with_all_classes(codes, classes, weights)}

    def _strength(self) -> tuple[float, float]:
        """C and l1_ratio, with what scikit-learn makes of the deprecated penalty and refuses of its solvers."""
        C, l1_ratio, penalty = self.C, self.l1_ratio, self.penalty
        if l1_ratio is None:
            if penalty == "elasticnet":
                raise ValueError("l1_ratio must be specified when penalty is elasticnet.")
            if penalty == "deprecated":
                warnings.warn("'l1_ratio=None' was deprecated in scikit-learn 1.8: use 0.", FutureWarning, stacklevel=4)
            l1_ratio = 0.0
        if penalty != "deprecated":
            warnings.warn(
                "'penalty' was deprecated in scikit-learn 1.8: use l1_ratio (0 for 'l2', 1 for 'l1', between for "
                "'elasticnet') and C=np.inf for None.",
                FutureWarning,
                stacklevel=4,
            )
            if penalty != "elasticnet" and 0 < l1_ratio < 1:
                warnings.warn(
                    f"l1_ratio parameter is only used when penalty is 'elasticnet'. Got (penalty={penalty})",
                    stacklevel=4,
                )
            elif (penalty == "l2" and l1_ratio != 0) or (penalty == "l1" and l1_ratio != 1):
                warnings.warn(
                    f"Inconsistent values: penalty={penalty} with l1_ratio={l1_ratio}. penalty counts.", stacklevel=4
                )
            if penalty is None and C != 1.0:
                warnings.warn("Setting penalty=None will ignore the C and l1_ratio parameters", stacklevel=4)
            C = np.inf if penalty is None else C
            l1_ratio = {"l1": 1.0, "l2": 0.0, None: 0.0}.get(penalty, l1_ratio)
        if self.n_jobs is not None:
            warnings.warn(
                f"'n_jobs' has no effect (got {self.n_jobs}), as in scikit-learn since 1.8: threads= says how many "
                "threads compute.",
                FutureWarning,
                stacklevel=4,
            )
        self._check_solver(penalty, C, l1_ratio)
        return C, l1_ratio

    def _check_solver(self, penalty: Any, C: float, l1_ratio: float) -> None:
        """A name of scikit-learn's solvers refuses what it refuses there."""
        solver = self.solver
        if penalty == "deprecated":
            penalty = None if np.isinf(C) else "l2" if l1_ratio == 0 else "l1" if l1_ratio == 1 else "elasticnet"
        if solver not in ("auto", "liblinear", "saga") and penalty not in ("l2", None):
            raise ValueError(
                f"Solver {solver} supports only 'l2' or None penalties, got {penalty} penalty: use solver='auto'"
            )
        if self.dual and solver != "liblinear":
            raise ValueError(f"Solver {solver} supports only dual=False, got dual=True")
        if solver == "liblinear" and penalty == "elasticnet":
            raise ValueError(
                f"Only 'saga' solver supports elasticnet penalty, got solver={solver}: use solver='auto' or 'saga'"
            )
        if solver == "liblinear" and penalty is None:
            raise ValueError(
                "C=np.inf as well as penalty=None is not supported for the liblinear solver: use solver='auto'"
            )

    def _held_out(self, X: Any, y: Any, classes: Array, sample_weight: Any) -> tuple[Any, Array, Any]:
        if X is None or y is None:
            raise _core.Error("X_val and y_val belong together: one of them was given without the other")
        X = validate_data(self, X, accept_sparse="csr", dtype=_FLOATS, reset=False)
        y = np.asarray(y)
        return X, y, None if sample_weight is None else _checked_weights(sample_weight, X.shape[0])

    def predict_proba(self, X: Any) -> Any:
        """Probabilities (n, classes) in the type of X: softmax(z), or sigma(z), scaled to sum 1 over more classes."""
        return self._ask("predict_proba", X)

    def predict_log_proba(self, X: Any) -> Any:
        """Logarithms of the probabilities, finite while the scores are."""
        return self._ask("predict_log_proba", X)


def _solver(problem: dict[str, Any], shape: tuple[int, int], outputs: int) -> str:
    """The engine's choice, but for small problems one whose steps do not depend on how rows are written down.

    Then integer weights equal repeated rows to the last digits and not only to tol. Without penalty, fewer rows than
    columns leave directions free, and L-BFGS from 0 stays out of them.
    """
    rows, columns = shape[0], shape[1] + 1
    if problem["l1"] > 0 or problem["loss"] == "squared_sigmoid" or rows > 1000 or outputs * columns > 128:
        return "auto"
    return "lbfgs" if problem["l2"] == 0 and rows < columns else "newton-cholesky"


def _with_all_classes(codes: Array, classes: Array, weights: Array | None) -> Array | None:
    """Weights where every class has some: a class that the weights leave out counts as if it almost were not there."""
    if weights is None or codes.ndim == 2 or not (weights > 0).any():
        return weights
    absent = np.bincount(codes, weights=weights, minlength=len(classes)) == 0
    if not absent.any() or (~absent).sum() < 2:
        return weights
    weights = np.array(weights)
    for code in np.flatnonzero(absent):
        weights[np.argmax(codes == code)] = np.finfo(np.float64).tiny
    return weights


# -------------------------------------------------------------------------------------- SGDClassifier and Perceptron

_SGD_LOSSES = {  # scikit-learn's name: the engine's, and a factor on the loss
    "hinge": ("hinge", 1.0),
    "log_loss": ("logistic", 1.0),
    "perceptron": ("perceptron", 1.0),
    "squared_error": ("squared", 0.5),
    "squared_hinge": ("squared_hinge", 1.0),
    "softmax": ("softmax", 1.0),
    "squared_sigmoid": ("squared_sigmoid", 1.0),
}


class _Epoch(NamedTuple):
    """What the callback of a descent sees, as ``linclass_cpp.State``."""

    iteration: int
    objective: float
    measure: float
    seconds: float
    reads: float
    w: Array


def _has_probabilities(self: SGDClassifier) -> bool:
    if self.loss not in ("log_loss", "softmax", "squared_sigmoid"):
        raise AttributeError(f"probability estimates are not available for loss={self.loss!r}")
    return True


class SGDClassifier(_LinearClassifier):
    """Linear classifiers by stochastic gradient descent: one step per row (or ``batch_size`` rows) on

        sum_i s_i loss(y_i, W x_i + b) / n + alpha ((1 - l1_ratio)/2 |W|_2^2 + l1_ratio |W|_1)

    with sample weights s. More than two classes: each against the rest.

    Parameters
    ----------
    loss : with margin m = +-z: "hinge" max(0, 1 - m), "squared_hinge" its square, "perceptron" max(0, -m), "log_loss"
        log(1 + exp(-m)), "squared_error" (1 - m)^2 / 2; ours: "softmax", all classes in one loss (two as "log_loss"
        with half the L2 penalty), "squared_sigmoid" (y - sigma(z))^2.
    penalty : "l2" (l1_ratio = 0), "l1" (1), "elasticnet" or None.
    alpha, l1_ratio : of the penalty.
    fit_intercept : whether there is a b, which is never penalised.
    max_iter, tol, n_iter_no_change : at most max_iter epochs; an epoch whose mean loss with penalty does not fall by
        tol below the best is idle, and n_iter_no_change idle ones in a row end the fit. tol=None: never.
    shuffle, random_state : a new order of the rows in each epoch; None is 0.
    verbose : above 0 prints a line an epoch.
    epsilon : accepted and without effect: it belongs to losses of regression.
    n_jobs : accepted and without effect.
    learning_rate : of step t = 1, 2, ...: "optimal" 1 / (alpha (t0 + t - 1)), t0 = alpha^(-3/4) (Bottou); "constant"
        eta0; "invscaling" eta0 / t^power_t; "adaptive" eta0, a fifth of it when a fit would end, until 1e-6.
    eta0, power_t : of learning_rate.
    early_stopping, validation_fraction : watch the loss on a share of each class instead.
    class_weight : dict of label: weight, or "balanced", n / (classes count): factors on the sample weights.
    warm_start : fit starts at coef_ and intercept_ of the last fit.
    average : False; averaged steps are not offered.
    batch_size : rows a step, default 1 as in scikit-learn.
    time_limit : seconds of a fit, looked at after each epoch.
    callback : called as callback(state) after each epoch (see ``linclass_cpp.State``); True stops.
    threads : of batches and predictions; default all that the process may use.

    Attributes
    ----------
    coef_, intercept_, classes_, n_features_in_, feature_names_in_, n_iter_, t_ : as in scikit-learn; t_ - 1 counts
        steps.
    model_, report_ : the ``Model`` and the ``Report`` of the descent.
    gap_ : NaN, a descent has no certificate.
    history_ : dict of lists, one number an epoch: "objective", with early_stopping "validation_loss".

    Raises
    ------
    ValueError : bad data or parameters; parameters that grow out of range.
    Interrupted (a KeyboardInterrupt) : Ctrl-C; the estimator is fitted with what has been reached.
    ConvergenceWarning : a warning; max_iter or time_limit came first.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "loss": [StrOptions(set(_SGD_LOSSES))],
        "penalty": [StrOptions({"l2", "l1", "elasticnet"}), None],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "l1_ratio": [Interval(Real, 0, 1, closed="both"), None],
        "fit_intercept": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left"), None],
        "shuffle": ["boolean"],
        "verbose": ["verbose"],
        "epsilon": [Interval(Real, 0, None, closed="left")],
        "n_jobs": [None, Integral],
        "random_state": ["random_state"],
        "learning_rate": [StrOptions({"constant", "optimal", "invscaling", "adaptive"})],
        "eta0": [Interval(Real, 0, None, closed="neither")],
        "power_t": [Interval(Real, None, None, closed="neither")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "warm_start": ["boolean"],
        "average": ["boolean"],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "time_limit": [Interval(Real, 0, None, closed="left"), None],
        "callback": [callable, None],
        "threads": [Interval(Integral, 0, None, closed="left"), None],
    }

    def __init__(
        self,
        loss: str = "hinge",
        *,
        penalty: str | None = "l2",
        alpha: float = 0.0001,
        l1_ratio: float | None = 0.15,
        fit_intercept: bool = True,
        max_iter: int = 1000,
        tol: float | None = 1e-3,
        shuffle: bool = True,
        verbose: int = 0,
        epsilon: float = 0.1,
        n_jobs: int | None = None,
        random_state: Any = None,
        learning_rate: str = "optimal",
        eta0: float = 0.01,
        power_t: float = 0.5,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        class_weight: Any = None,
        warm_start: bool = False,
        average: bool = False,
        batch_size: int = 1,
        time_limit: float | None = None,
        callback: Any = None,
        threads: int | None = None,
    ) -> None:
        self.loss = loss
        self.penalty = penalty
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol
        self.shuffle = shuffle
        self.verbose = verbose
        self.epsilon = epsilon
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.learning_rate = learning_rate
        self.eta0 = eta0
        self.power_t = power_t
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.average = average
        self.batch_size = batch_size
        self.time_limit = time_limit
        self.callback = callback
        self.threads = threads

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self,
        X: Any,
        y: Any,
        coef_init: ArrayLike | None = None,
        intercept_init: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> SGDClassifier:
        """Fit to X (n, d), dense or sparse, and labels y (n,), from coef_init and intercept_init (default 0)."""
        self._check_parameters()
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=_FLOATS, order="C")  # steps take rows
        check_classification_targets(y)
        codes, classes, _ = _admit.targets(y)
        weights = self._weights(X, codes, classes, sample_weight)
        w = self._start(X.shape[1], classes, coef_init, intercept_init)
        held = None
        if self.early_stopping:
            train, rest = self._split(codes, weights)
            held = (X[rest], classes[codes[rest]], _taken(weights, rest))
            X, codes, weights = X[train], codes[train], _taken(weights, train)
        self.t_ = 1.0
        self.history_: dict[str, list[float]] = {"objective": []}
        self._descend(X, codes, classes, weights, w, held, fitting=True)
        return self

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def partial_fit(
        self, X: Any, y: Any, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> SGDClassifier:
        """One epoch on these rows, going on from where the last one ended.

        The first call needs ``classes``, all labels there will be.
        """
        self._check_parameters()
        if self.early_stopping:
            raise ValueError("early_stopping should be False with partial_fit")
        first = not hasattr(self, "classes_")
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=_FLOATS, order="C", reset=first)
        check_classification_targets(y)
        _check_partial_fit_first_call(self, classes)
        codes, labels, _ = _admit.targets(y, self.classes_)
        weights = self._weights(X, codes, labels, sample_weight, balanced=False)
        if hasattr(self, "coef_"):
            w = _parameters(self._model(), self.fit_intercept)
        else:
            w = self._start(X.shape[1], labels, None, None)
            self.t_, self.history_ = 1.0, {"objective": []}
        self._descend(X, codes, labels, weights, w)
        return self

    def _check_parameters(self) -> None:
        if self.learning_rate == "optimal" and self.alpha == 0:
            raise ValueError("alpha must be > 0 since learning_rate is 'optimal', whose rate is 1 / (alpha (t0 + t))")
        if self.penalty == "elasticnet" and self.l1_ratio is None:
            raise ValueError("l1_ratio must be set when penalty is 'elasticnet'")
        if self.average:
            raise ValueError("averaged steps (average=True) are not offered: use learning_rate='invscaling' instead")
        if self.power_t < 0:
            warnings.warn(
                "Negative values for `power_t` are deprecated, as in scikit-learn since 1.8: use values in [0, inf)",
                FutureWarning,
                stacklevel=4,
            )

    def _outputs(self, classes: Array) -> int:
        return 1 if len(classes) == 2 else len(classes)

    def _start(self, d: int, classes: Array, coef: Any, intercept: Any) -> Array:
        """w of given coefficients, of the last fit (warm_start), or 0."""
        if len(classes) < 2:
            raise ValueError(f"The number of classes has to be greater than one; got {len(classes)} class")
        K = self._outputs(classes)
        if self.warm_start and hasattr(self, "model_"):
            model = self._model()
            coef = model.coef if coef is None else coef
            intercept = model.intercept if intercept is None else intercept
        coef = np.zeros((K, d)) if coef is None else np.asarray(coef, dtype=np.float64)
        intercept = np.zeros(K) if intercept is None else np.asarray(intercept, dtype=np.float64)
        if coef.shape != (K, d) and not (K == 1 and coef.shape == (d,)):
            raise ValueError(f"Provided coef_init does not match dataset: {coef.shape} instead of {(K, d)}")
        if intercept.shape != (K,) and not (K == 1 and intercept.shape == ()):
            raise ValueError(f"Provided intercept_init does not match dataset: {intercept.shape} instead of {(K,)}")
        columns = [coef.reshape(K, d), intercept.reshape(K, 1)]
        return np.ascontiguousarray(np.hstack(columns if self.fit_intercept else columns[:1]))

    def _problem(self, classes: Array) -> dict[str, Any]:
        loss, _ = _SGD_LOSSES[self.loss]
        halved = loss == "softmax" and len(classes) == 2  # one output w = w_1 - w_0
        multiclass = None if loss == "softmax" else "ovr"
        l1_ratio = {None: 0.0, "l2": 0.0, "l1": 1.0}.get(self.penalty, self.l1_ratio) or 0.0
        alpha = 0.0 if self.penalty is None else float(self.alpha)
        l2 = alpha * (1 - l1_ratio) * (0.5 if halved else 1.0)
        return _problem("logistic" if halved else loss, multiclass, alpha * l1_ratio, l2, bool(self.fit_intercept))

    def _schedule(self, eta: float) -> dict[str, Any]:
        """rate / (1 + decay s)^power over the next steps s = 0, 1, ..., after t_ - 1 steps."""
        if self.learning_rate == "optimal":
            t = self.alpha**-0.75 + self.t_ - 1  # the first rate is alpha^(-1/4)
            return {"learning_rate": 1 / (self.alpha * t), "schedule": "inverse", "decay": 1 / t, "power": 1.0}
        if self.learning_rate == "invscaling":
            rate = eta / self.t_**self.power_t
            return {"learning_rate": rate, "schedule": "inverse", "decay": 1 / self.t_, "power": float(self.power_t)}
        return {"learning_rate": eta, "schedule": "constant"}

    def _descend(
        self,
        X: Any,
        codes: Array,
        classes: Array,
        weights: Array | None,
        w: Array,
        held: Any = None,
        fitting: bool = False,
    ) -> None:
        """One epoch from w, or epochs until the watched loss does not fall any more; attributes of the result."""
        epochs = self.max_iter if fitting else 1
        begin = time.monotonic()
        data, _ = _admit.features(X)
        problem, factor = self._problem(classes), _SGD_LOSSES[self.loss][1]
        if factor != 1:
            weights = np.full(X.shape[0], factor) if weights is None else factor * weights
        settings: dict[str, Any] = {
            "batch_size": int(self.batch_size),
            "shuffle": bool(self.shuffle),
            "threads": self.threads or 0,
            "seed": _seed(self.random_state) + int(self.t_) - 1,  # another order in each call of partial_fit
        }
        steps = -(-X.shape[0] // self.batch_size)
        watched = _Validation(_objective(held, problem, classes, self.threads), np.inf) if held is not None else None
        eta, best, idle, ended, interrupted = float(self.eta0), np.inf, 0, False, False
        trainer: Any = None
        core: Any = None
        try:
            for epoch in range(1, epochs + 1):
                if trainer is None:
                    settings.update(self._schedule(eta), start=w)
                    trainer = _core.Trainer(data, codes, len(classes), problem, settings)
                trainer.partial_fit(data, codes, len(classes), weights)
                core, report = trainer.model, trainer.report
                if report.status == "diverged":
                    raise _core.Error(
                        f"Floating-point under-/overflow occurred at epoch #{epoch}. Scaling input data with "
                        "StandardScaler or MinMaxScaler might help. So might a smaller eta0, or a larger alpha where "
                        "learning_rate='optimal'"
                    )
                if report.status == "interrupted":
                    break
                self.t_ += steps
                loss = report.history[-1]
                self.history_["objective"].append(loss)
                if self.verbose:
                    print(f"epoch {epoch}: objective {loss:.6g}, {time.monotonic() - begin:.2f} s")
                if watched is not None or self.callback is not None:
                    w = _parameters(Model(core, classes, report), self.fit_intercept)
                if watched is not None:
                    watched(w)
                    loss = watched.history[-1]
                if self.callback is not None:
                    seen = _Epoch(
                        epoch, self.history_["objective"][-1], np.nan, time.monotonic() - begin, float(epoch), w
                    )
                    if self.callback(seen):
                        ended = True
                        break
                if self.tol is not None:
                    idle = idle + 1 if loss > best - self.tol else 0
                    best = min(best, loss)
                    if idle >= self.n_iter_no_change:
                        ended = self.learning_rate != "adaptive" or eta <= 1e-6
                        if ended:
                            break
                        eta, idle = eta / 5, 0
                        w = _parameters(Model(core, classes, report), self.fit_intercept)
                        trainer, settings["seed"] = None, settings["seed"] + 1
                if self.time_limit is not None and time.monotonic() - begin >= self.time_limit:
                    break
        except KeyboardInterrupt:  # in Python, between two epochs
            if core is None:
                raise
            interrupted = True
        self._adopt(Model(core, classes, report), X.dtype)
        self.n_iter_ = epoch
        if watched is not None:
            self.history_["validation_loss"] = watched.history
        if interrupted or report.status == "interrupted":
            raise Interrupted(self.model_)
        if fitting and not ended and (self.tol is not None or epoch < epochs):
            warnings.warn(
                f"Maximum number of iteration reached before convergence. Consider increasing max_iter to improve the "
                f"fit: after {epoch} epochs the loss had not stopped to fall by tol",
                ConvergenceWarning,
                stacklevel=4,
            )

    @available_if(_has_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Any:
        """Probabilities (n, classes): softmax(z), or sigma(z), scaled to sum 1 over more than two classes."""
        return self._ask("predict_proba", X)

    @available_if(_has_probabilities)  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: Any) -> Any:
        """Logarithms of the probabilities, finite while the scores are."""
        return self._ask("predict_log_proba", X)


class Perceptron(SGDClassifier):
    """The perceptron: after each row that is not on its side of the hyperplane, w += eta0 y x (Rosenblatt 1958).

    ``SGDClassifier`` with loss="perceptron" and learning_rate="constant"; parameters and attributes are its.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        name: allowed
        for name, allowed in SGDClassifier._parameter_constraints.items()
        if name not in ("loss", "epsilon", "learning_rate", "power_t", "average")
    }

    def __init__(
        self,
        *,
        penalty: str | None = None,
        alpha: float = 0.0001,
        l1_ratio: float | None = 0.15,
        fit_intercept: bool = True,
        max_iter: int = 1000,
        tol: float | None = 1e-3,
        shuffle: bool = True,
        verbose: int = 0,
        eta0: float = 1.0,
        n_jobs: int | None = None,
        random_state: Any = 0,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        class_weight: Any = None,
        warm_start: bool = False,
        batch_size: int = 1,
        time_limit: float | None = None,
        callback: Any = None,
        threads: int | None = None,
    ) -> None:
        super().__init__(
            loss="perceptron",
            penalty=penalty,
            alpha=alpha,
            l1_ratio=l1_ratio,
            fit_intercept=fit_intercept,
            max_iter=max_iter,
            tol=tol,
            shuffle=shuffle,
            verbose=verbose,
            n_jobs=n_jobs,
            random_state=random_state,
            learning_rate="constant",
            eta0=eta0,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            class_weight=class_weight,
            warm_start=warm_start,
            batch_size=batch_size,
            time_limit=time_limit,
            callback=callback,
            threads=threads,
        )


# ------------------------------------------------------------------------------------------------------------- files


def restore(model: Model) -> _LinearClassifier:
    """The estimator that ``save`` wrote, from its Model; ``linclass_cpp.load`` calls it."""
    notes = (model.extra or {}).get("estimator")
    kinds = {kind.__name__: kind for kind in (LogisticRegression, Perceptron, SGDClassifier)}
    if not isinstance(notes, dict) or notes.get("class") not in kinds:
        raise _core.Error(f"this model is not that of an estimator: its notes name none of {sorted(kinds)}")
    kind = kinds[notes["class"]]
    known = kind().get_params()
    parameters = {name: _read(value) for name, value in notes.get("parameters", {}).items() if name in known}
    estimator = kind(**parameters)
    estimator._adopt(model, np.dtype(notes.get("dtype", "float64")))
    estimator.n_features_in_ = model.coef.shape[1]
    if model.feature_names is not None:
        estimator.feature_names_in_ = np.array(model.feature_names, dtype=object)
    report = model.report
    estimator.history_ = {"objective": [] if report is None else report.history}
    iterations = 0 if report is None else report.iterations
    estimator.n_iter_ = np.array([iterations], dtype=np.int32) if kind is LogisticRegression else iterations
    if isinstance(estimator, SGDClassifier):
        estimator.t_ = 1.0
    return estimator


def _is_data(value: Any) -> bool:
    return value is None or isinstance(value, (bool, str, Real, dict))


def _written(value: Any) -> Any:
    """A parameter as JSON: numbers that JSON lacks and keys that are no strings are wrapped."""
    if isinstance(value, dict):
        return {"pairs": [[_written(key), _written(weight)] for key, weight in value.items()]}
    value = value.item() if isinstance(value, np.generic) else value
    return {"number": str(value)} if isinstance(value, float) and not np.isfinite(value) else value


def _read(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "number" in value:
        return float(value["number"])
    return {_read(key): _read(weight) for key, weight in value["pairs"]}
