"""Linear classifiers trained by a C++ engine.

>>> import linclass_cpp as lc
>>> model = lc.fit(X, y, loss="softmax", l2=1e-4)
>>> model.predict(X_new)

``fit`` minimises

    P(W, b) = sum_i s_i loss(y_i, W x_i + b) / sum_i s_i  +  l2/2 sum_kj (c_j W_kj)^2  +  l1 sum_kj c_j |W_kj|

and says in ``model.report`` how far from the minimum it ended. ``Objective`` is P as a function, ``Trainer`` descends
on data that come in parts, ``minimize`` runs the solvers on a function of your own, ``functions`` has the formulas on
arrays, ``metrics`` says how good predictions are, ``plot`` draws, ``datasets`` reads files, ``cpu`` says which engine
computes. ``LogisticRegression``, ``Perceptron`` and ``SGDClassifier`` are scikit-learn's by name, parameters and
attributes.
"""

from typing import Any

from . import _core, cpu
from ._core import Error, Report, State
from .fit import ConvergenceWarning, Interrupted, Minimum, Objective, Trainer, fit, minimize
from .model import Model, load
from .summary import summary

__all__ = [
    "ConvergenceWarning",
    "Error",
    "Interrupted",
    "LogisticRegression",
    "Minimum",
    "Model",
    "Objective",
    "Perceptron",
    "Report",
    "SGDClassifier",
    "State",
    "Trainer",
    "__version__",
    "build",
    "cpu",
    "datasets",
    "estimators",
    "fit",
    "functions",
    "load",
    "metrics",
    "minimize",
    "plot",
    "summary",
]

__version__ = _core.__version__


_MODULES = ("build", "datasets", "estimators", "functions", "metrics", "plot")
_ESTIMATORS = ("LogisticRegression", "Perceptron", "SGDClassifier")


def __getattr__(name: str) -> Any:
    if name in _MODULES or name in _ESTIMATORS:  # on first use: the estimators load scikit-learn
        from importlib import import_module

        module = import_module("." + (name if name in _MODULES else "estimators"), __name__)
        return module if name in _MODULES else getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
