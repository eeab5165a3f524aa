"""The command line: train, predict, evaluate, info, convert, plot, demo. Needs the extra [cli] (typer, rich, polars).

Exit codes: 0 done; 1 bad data or usage, nothing done; 2 with --strict, where the fit did not converge.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
import time
import warnings
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from . import _core, datasets, metrics
from .fit import ConvergenceWarning, Interrupted, fit
from .model import Model, load

__all__ = ["app", "main"]

app = typer.Typer(
    name="linclass",
    help="Linear classifiers trained by a C++ engine, with a certificate of how good the result is.",
    epilog="A file may be - for standard input, and compressed by gzip. For C++ programs, python -m linclass_cpp "
    "--cmakedir and --includes print where the headers and the CMake package are.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
notes = Console(stderr=True, soft_wrap=True, highlight=False)


class NotConvergedError(Exception):
    """--strict, and the figure that tol bounds was not reached."""


def main(arguments: list[str] | None = None) -> None:
    """Run a command line and exit with its code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        app(args=arguments or ["--help"], prog_name="linclass")
        code: Any = 0
    except SystemExit as end:
        code = 1 if end.code == 2 else end.code  # 2 is typer's code for wrong usage
    except NotConvergedError:
        code = 2
    except KeyboardInterrupt:
        code = _say("interrupted: nothing was written")
    except (_core.Error, ImportError, OSError) as error:
        code = _say(str(error))
    sys.exit(code)


def _say(error: str) -> int:
    notes.print(f"linclass: {error}", style="red", markup=False)
    return 1


def _refuse(error: str) -> NoReturn:
    raise _core.Error(error)


# ------------------------------------------------------------------------------------------------ options of several


class Loss(str, Enum):
    auto = "auto"
    logistic = "logistic"
    softmax = "softmax"
    squared_sigmoid = "squared_sigmoid"
    squared = "squared"
    perceptron = "perceptron"
    hinge = "hinge"
    squared_hinge = "squared_hinge"


class Solver(str, Enum):
    auto = "auto"
    lbfgs = "lbfgs"
    newton_cholesky = "newton-cholesky"
    preconditioned_lbfgs = "preconditioned-lbfgs"
    gd = "gd"
    sgd = "sgd"
    perceptron = "perceptron"


class Impute(str, Enum):
    mean = "mean"
    median = "median"
    most_frequent = "most_frequent"


class Format(str, Enum):
    csv = "csv"
    tsv = "tsv"
    parquet = "parquet"
    libsvm = "libsvm"
    npy = "npy"
    npz = "npz"
    idx = "idx"


DataFile = Annotated[str, typer.Argument(help="CSV, TSV, Parquet, LIBSVM, NPY, NPZ or IDX, also .gz; - is stdin")]
ModelFile = Annotated[Path, typer.Argument(help="model that `train` wrote")]
Label = Annotated[str | None, typer.Option(help="column of the labels: its name, or its number from 0 (-1: the last)")]
Labels = Annotated[str | None, typer.Option(help="file of the labels (IDX, NPY, or text with one a line)")]
FileFormat = Annotated[Format | None, typer.Option("--format", help="of the data; default by name and first bytes")]
Separator = Annotated[str | None, typer.Option(help="between the fields of a table; default found in the first line")]
Unknown = Annotated[bool, typer.Option("--unknown-as-zeros", help="read levels that training did not know as zeros")]
Json = Annotated[bool, typer.Option("--json", help="print one JSON object, for machines")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="no progress bar")]
Threads = Annotated[int, typer.Option(help="0: all that the process may use")]


def _print_json(values: dict[str, Any]) -> None:
    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): plain(item) for key, item in value.items()}
        if isinstance(value, (list, tuple, np.ndarray)):
            return [plain(item) for item in value]
        value = value.item() if isinstance(value, np.generic) else value
        return None if isinstance(value, float) and not math.isfinite(value) else value

    print(json.dumps(plain(values)))


def _report_dict(report: _core.Report | None) -> dict[str, Any]:
    names = (
        "status reason converged objective certificate gap measure tol iterations reads seconds level threads solver"
    )
    return {} if report is None else {name: getattr(report, name) for name in [*names.split(), "choice", "notes"]}


# ------------------------------------------------------------------------------------------------------------ train


class _Bar:
    """A progress bar that shows the objective, the figure that tol bounds, and when it may be reached."""

    def __init__(self, what: str, settings: dict[str, Any], show: bool) -> None:
        smooth = settings["loss"] not in ("hinge", "perceptron", "squared_sigmoid")
        batch = settings["solver"] not in ("sgd", "perceptron")
        self.figure = "gap" if settings["l2"] > 0 and smooth and batch else "gradient"
        self.tol, self.limit = settings["tol"], settings["time_limit"]
        epochs = 20 if not smooth or not batch else 0
        self.most = settings["max_iter"] or epochs
        self.first = math.nan
        self.bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[state]}"),
            TimeElapsedColumn(),
            console=notes,
            disable=not show,
        )
        self.task = self.bar.add_task(what, total=1.0, state="")

    def done(self, state: _core.State) -> float:
        """The share of the way, as a straight line in log(measure), in iterations or in time."""
        shares = [state.iteration / self.most] if self.most else []
        if state.measure > 0 and self.tol > 0:
            self.first = state.measure if math.isnan(self.first) else self.first
            if state.measure < self.first and self.first > self.tol:
                shares.append(math.log(self.first / state.measure) / math.log(self.first / self.tol))
        if self.limit:
            shares.append(state.seconds / self.limit)
        return min(max([0.0, *shares]), 1.0)

    def __call__(self, state: _core.State) -> None:
        share = self.done(state)
        text = f"P = {state.objective:.6f}"
        if state.measure == state.measure:
            text += f", {self.figure} {state.measure:.1e}"
        if 0 < share < 1:
            text += f", {state.seconds * (1 - share) / share:.0f} s to go"
        self.bar.update(self.task, completed=share, state=text)


def _fitted(X: Any, y: NDArray[Any], settings: dict[str, Any], what: str, show: bool) -> tuple[Model, list[str]]:
    """A model and what is to be said of it; Interrupted holds one too."""
    settings = dict(settings)
    kinds, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    if len(kinds) < 2:
        _refuse(f"all {len(y)} labels are {kinds[0]!r}: a classifier needs at least two classes")
    if settings["loss"] == "auto":
        settings["loss"] = "logistic" if len(kinds) == 2 else "softmax"
    if settings.pop("balanced"):
        settings["sample_weight"] = (len(y) / (len(kinds) * counts))[codes]
    if settings.pop("standardize"):
        from .estimators import _deviations

        settings["penalty_scale"] = _deviations(X, settings.get("sample_weight"))
    bar = _Bar(what, settings, show)
    with bar.bar, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = fit(X, y, callback=bar, **settings)
        bar.bar.update(bar.task, completed=1.0)
    return model, [str(warning.message) for warning in caught if issubclass(warning.category, ConvergenceWarning)]


def _folds(y: NDArray[Any], number: int, seed: int) -> NDArray[np.int64]:
    """The fold of each row; every class is spread evenly (stratified), in an order drawn from ``seed``."""
    kinds, counts = np.unique(y, return_counts=True)
    if number < 2:
        _refuse(f"--cv wants at least 2 folds, got {number}")
    if counts.min() < number:
        kind = kinds[counts.argmin()]
        _refuse(f"--cv {number} wants {number} rows of every class, but {kind} has {counts.min()}")
    order = np.random.default_rng(seed).permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]
    folds = np.empty(len(y), dtype=np.int64)
    folds[order] = np.arange(len(y)) % number
    return folds


def _prediction(model: Model, X: Any, threads: int = 0) -> NDArray[Any]:
    """Probabilities where the loss has them, else labels: what ``metrics.report`` takes."""
    return (
        model.predict_proba(X, threads=threads) if model._core.has_probabilities else model.predict(X, threads=threads)
    )


def _cross_validated(X: Any, y: NDArray[Any], number: int, seed: int, fit_to: Callable[..., Model]) -> Any:
    """The report of predictions that were each made by a model that had not seen the row, and each fold's accuracy."""
    folds = _folds(y, number, seed)
    predictions: Any = None
    accuracies = []
    classes = np.unique(y)
    for k in range(number):
        out = folds == k
        model = fit_to(X[~out], y[~out], f"fold {k + 1} of {number}")
        found = _prediction(model, X[out])
        if predictions is None:
            predictions = np.empty((len(y), *found.shape[1:]), dtype=found.dtype)
        predictions[out] = found
        accuracies.append(metrics.accuracy(y[out], model.predict(X[out])))
    return metrics.report(y, predictions, classes=classes), accuracies


@app.command()
def train(
    data: DataFile,
    label: Label = None,
    labels: Labels = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="model file; default: the data's name.linclass")
    ] = None,
    loss: Annotated[Loss, typer.Option(help="auto: logistic for two classes, softmax for more")] = Loss.auto,
    l2: Annotated[float, typer.Option(help="strength of the L2 penalty, l2/2 |W|^2")] = 1e-4,
    l1: Annotated[float, typer.Option(help="strength of the L1 penalty, l1 |W|")] = 0.0,
    standardize: Annotated[
        bool | None, typer.Option(help="penalise as if columns had unit variance; default: tables only")
    ] = None,
    balanced: Annotated[bool, typer.Option("--balanced", help="weigh classes by the inverse of their number")] = False,
    cv: Annotated[int, typer.Option(help="cross-validation with that many folds; 0: none")] = 0,
    test: Annotated[str | None, typer.Option(help="file to evaluate the model on")] = None,
    solver: Annotated[Solver, typer.Option(help="auto takes the fastest for the sizes of the data")] = Solver.auto,
    tol: Annotated[float, typer.Option(help="certified relative gap, or scaled gradient, to reach")] = 1e-4,
    max_iter: Annotated[int, typer.Option(help="iterations, or epochs of sgd; 0: the solver's own limit")] = 0,
    time_limit: Annotated[float | None, typer.Option(help="seconds")] = None,
    threads: Threads = 0,
    seed: Annotated[int, typer.Option(help="of folds, random starts and orders")] = 0,
    impute: Annotated[Impute | None, typer.Option(help="fill missing values of a table; default: refuse them")] = None,
    categorical: Annotated[list[str] | None, typer.Option(help="column of numbers that are levels; repeatable")] = None,
    drop: Annotated[list[str] | None, typer.Option(help="column to leave out; repeatable")] = None,
    separator: Separator = None,
    file_format: FileFormat = None,
    n_features: Annotated[int | None, typer.Option(help="columns of a LIBSVM file; default: its largest index")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="exit with 2 where the fit did not converge")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a model and write it to a file; Ctrl-C writes the best so far."""
    read = datasets.load(
        data,
        file_format=file_format and file_format.value,
        label=label,
        labels=labels,
        n_features=n_features,
        impute=impute and impute.value,
        categorical=categorical or (),
        drop=drop or (),
        separator=separator,
    )
    X, y = read.X, read.y
    if y is None:
        columns = f": its columns are {', '.join(read.feature_names)}" if read.feature_names else ""
        _refuse(f"{data} has no labels: name their column (--label) or their file (--labels){columns}")
    table = "columns" in read.source
    settings = {
        "loss": loss.value, "l1": l1, "l2": l2, "solver": solver.value, "tol": tol, "max_iter": max_iter or None,
        "time_limit": time_limit, "threads": threads or None, "seed": seed, "balanced": balanced,
        "standardize": (table and l1 + l2 > 0) if standardize is None else standardize,
    }  # fmt: skip
    show = not quiet and not as_json
    out = out or Path((Path(data.removesuffix(".gz")).stem if data != "-" else "model") + ".linclass")
    interrupted = False
    try:
        model, said = _fitted(X, y, settings, "fitting", show)
    except Interrupted as end:
        said, interrupted = [], True
        model = end.model  # type: ignore[assignment]  # a Minimum is what minimize leaves
    model.feature_names = read.feature_names
    model.extra = {**model.extra, "data": read.source}
    model.save(out)
    report = model.report
    if report is None:
        raise AssertionError("a fit has a report")
    result: dict[str, Any] = {"model": str(out), "rows": X.shape[0], "features": X.shape[1]}
    result |= {"classes": model.classes.tolist(), "interrupted": interrupted, **_report_dict(report)}
    for sentence in said:
        notes.print(f"warning: {sentence}", style="yellow", markup=False)
    if interrupted:
        notes.print(f"interrupted: {out} holds the best model so far ({report.reason})", style="yellow", markup=False)
    if not as_json:
        print(f"{X.shape[0]} rows, {X.shape[1]} features, {len(model.classes)} classes")
        print(report)
        print(f"model written to {out}")
    if cv and not interrupted:
        try:
            pooled, accuracies = _cross_validated(
                X, y, cv, seed, lambda X, y, what: _fitted(X, y, settings, what, show)[0]
            )
        except KeyboardInterrupt:
            notes.print(f"interrupted: no cross-validation, {out} is whole", style="yellow", markup=False)
            interrupted = True
        else:
            result["cv"] = {"folds": cv, "accuracies": accuracies, **pooled.as_dict()}
            if not as_json:
                spread = f"{np.mean(accuracies):.4f} +- {np.std(accuracies):.4f}"
                print(f"\n{cv}-fold cross-validation: accuracy {spread} over the folds; all held-out rows together:")
                print(pooled)
    if test and not interrupted:
        tested = _evaluated(model, test, None, None, None, None, False, threads)
        result["test"] = tested.as_dict()
        if not as_json:
            print(f"\non {test}:\n{tested}")
    if as_json:
        _print_json(result)
    elif not interrupted:
        print(f"next: linclass evaluate {out} DATA, linclass predict {out} DATA")
    if strict and not report.converged:
        notes.print(f"not converged: {report.reason}", style="red", markup=False)
        raise NotConvergedError


# ------------------------------------------------------------------------------------------ predict, evaluate, info


def _model(path: Path) -> Model:
    if not path.is_file():
        _refuse(f"cannot read {path}: there is no such file")
    read = load(path)
    return read if isinstance(read, Model) else read.model_


def _data_for(
    model: Model,
    data: str,
    label: str | None,
    labels: str | None,
    file_format: Format | None,
    separator: str | None,
    unknown: bool,
) -> datasets.Data:
    read = datasets.load(
        data,
        file_format=file_format and file_format.value,
        label=label,
        labels=labels,
        n_features=model._core.features,
        like=model.extra.get("data"),
        separator=separator,
        unknown="zeros" if unknown else "error",
    )
    if read.X.shape[1] != model._core.features:
        _refuse(f"{data} has {read.X.shape[1]} features, but the model was trained on {model._core.features}")
    return read


@app.command()
def predict(
    model: ModelFile,
    data: DataFile,
    out: Annotated[str, typer.Option("--out", "-o", help="a .csv or .npy file; - is stdout, as CSV")] = "-",
    proba: Annotated[bool, typer.Option("--proba", help="probabilities too (NPY: instead)")] = False,
    scores: Annotated[bool, typer.Option("--scores", help="scores W x + b too (NPY: instead)")] = False,
    separator: Separator = None,
    file_format: FileFormat = None,
    unknown: Unknown = False,
    threads: Threads = 0,
    as_json: Json = False,
) -> None:
    """Predict the label of every row, as CSV or NPY. Labels that the data have are not looked at."""
    trained = _model(model)
    X = _data_for(trained, data, None, None, file_format, separator, unknown).X
    predicted = trained.predict(X, threads=threads)
    names = [str(name) for name in trained.classes.tolist()]
    extra: dict[str, NDArray[Any]] = {}
    if scores:
        values = trained.decision_function(X, threads=threads).reshape(X.shape[0], -1)
        extra |= {f"score({name})": values[:, k] for k, name in enumerate(names[-values.shape[1] :])}
    if proba:
        values = trained.predict_proba(X, threads=threads)
        extra |= {f"P({name})": values[:, k] for k, name in enumerate(names)}
    if as_json:
        _print_json({"prediction": predicted, **extra})
    elif out.endswith(".npy"):
        np.save(out, np.column_stack(list(extra.values())) if extra else predicted)
    else:
        import csv

        with contextlib.nullcontext(sys.stdout) if out == "-" else open(out, "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["prediction", *extra])
            writer.writerows(zip(predicted.tolist(), *(column.tolist() for column in extra.values()), strict=True))


def _evaluated(
    model: Model,
    data: str,
    label: str | None,
    labels: str | None,
    file_format: Format | None,
    separator: str | None,
    unknown: bool,
    threads: int,
) -> metrics.MetricsReport:
    read = _data_for(model, data, label, labels, file_format, separator, unknown)
    if read.y is None:
        _refuse(f"{data} has no labels to compare with: name their column (--label) or their file (--labels)")
    return metrics.report(read.y, _prediction(model, read.X, threads), classes=model.classes)


@app.command()
def evaluate(
    model: ModelFile,
    data: DataFile,
    label: Label = None,
    labels: Labels = None,
    separator: Separator = None,
    file_format: FileFormat = None,
    unknown: Unknown = False,
    threads: Threads = 0,
    as_json: Json = False,
) -> None:
    """Compare predictions with the labels of a file: confusion matrix, precision, recall, ROC AUC and more."""
    report = _evaluated(_model(model), data, label, labels, file_format, separator, unknown, threads)
    if as_json:
        _print_json(report.as_dict())
    else:
        print(report)


@app.command()
def info(
    model: ModelFile,
    most: Annotated[int, typer.Option(help="how many coefficients to list, the largest first")] = 10,
    as_json: Json = False,
) -> None:
    """Say what a model file holds: classes, features, loss, how the fit ended, the largest coefficients."""
    trained = _model(model)
    K, d = trained.coef.shape
    names = trained.feature_names or [f"x{j}" for j in range(d)]
    scale = np.ones(d) if trained.scale is None else np.asarray(trained.scale)
    order = np.argsort(-np.abs(trained.coef * scale).max(axis=0), kind="stable")[:most]
    if as_json:
        values = {"loss": trained.loss, "features": d, "outputs": K, "classes": trained.classes.tolist()}
        _print_json({**values, "feature_names": names, "coef": trained.coef, "intercept": trained.intercept,
                     "extra": trained.extra, "report": _report_dict(trained.report)})  # fmt: skip
        return
    print(trained)
    print(f"classes: {', '.join(map(str, trained.classes.tolist()))}")
    if trained.report is not None:
        print(trained.report)
    print(
        f"the {len(order)} largest coefficients of {d}"
        + ("" if trained.scale is None else ", by their effect (scaled)")
    )
    width = max((len(names[j]) for j in order), default=0)
    heads = trained.classes.tolist()[-K:]
    print(" " * width, *(f"{head!s:>12.12}" for head in heads))
    for j in order:
        print(f"{names[j]:<{width}}", *(f"{value:12.5g}" for value in trained.coef[:, j]))
    print(f"{'intercept':<{width}}", *(f"{value:12.5g}" for value in trained.intercept))


# ---------------------------------------------------------------------------------------------------------- convert


@app.command()
def convert(
    source: Annotated[str, typer.Argument(help="data of any format that `train` reads, or a model")],
    target: Annotated[Path, typer.Argument(help=".csv, .tsv, .parquet, .svm, .npy or .npz; of a model .onnx")],
    label: Label = None,
    labels: Labels = None,
    impute: Annotated[Impute | None, typer.Option(help="fill missing values of a table; default: refuse them")] = None,
    separator: Separator = None,
    file_format: FileFormat = None,
) -> None:
    """Write data in another format, words as indicators; or a model as ONNX."""
    if target.suffix == ".onnx":
        _model(Path(source)).to_onnx(target)
        return
    read = datasets.load(
        source,
        file_format=file_format and file_format.value,
        label=label,
        labels=labels,
        impute=impute and impute.value,
        separator=separator,
    )
    _write(read, target)


def _write(read: datasets.Data, target: Path) -> None:
    X, y = read.X, read.y
    dense = X.toarray() if hasattr(X, "toarray") and target.suffix not in (".npz", ".svm", ".libsvm") else X
    if target.suffix == ".npz":
        parts: dict[str, Any] = {} if y is None else {"y": y}
        if hasattr(X, "tocsr"):
            parts |= {"data": X.data, "indices": X.indices, "indptr": X.indptr, "shape": X.shape}
        else:
            parts["X"] = X
        np.savez_compressed(target, **parts)
    elif target.suffix == ".npy":
        if y is not None and y.dtype.kind not in "biuf":
            _refuse("an NPY matrix holds numbers, and the labels are words: write .npz")
        np.save(target, dense if y is None else np.column_stack([dense, y]))
    elif target.suffix in (".svm", ".libsvm"):
        if y is None or y.dtype.kind not in "biuf":
            _refuse("LIBSVM wants a number as the label of every row")
        from scipy.sparse import csr_array

        S = csr_array(X)
        starts = S.indptr.tolist()
        with open(target, "w") as file:
            for label, begin, end in zip(y.tolist(), starts[:-1], starts[1:], strict=True):
                pairs = zip((S.indices[begin:end] + 1).tolist(), S.data[begin:end].tolist(), strict=True)
                file.write(" ".join([str(label), *(f"{index}:{value!r}" for index, value in pairs)]) + "\n")
    elif target.suffix in (".csv", ".tsv", ".parquet"):
        try:
            import polars as pl
        except ImportError:
            raise ImportError(
                'tables are written by polars, which is missing: pip install "linclass_cpp[parquet]"'
            ) from None
        names = read.feature_names or [f"x{j}" for j in range(dense.shape[1])]
        columns = {name: dense[:, j] for j, name in enumerate(names)}
        name = read.source.get("label")
        frame = pl.DataFrame(columns | ({} if y is None else {name if isinstance(name, str) else "label": y}))
        if target.suffix == ".parquet":
            frame.write_parquet(target)
        else:
            frame.write_csv(target, separator="\t" if target.suffix == ".tsv" else ",")
    else:
        _refuse(f"cannot write {target}: it should end in .csv, .tsv, .parquet, .svm, .npy, .npz, or .onnx for a model")


# ------------------------------------------------------------------------------------------------------------- plot


def _pictures(folder: Path, pictures: dict[str, Callable[[Any], Any]], explained: dict[str, str]) -> None:
    """Saves each picture where matplotlib is there, and says in a line what it shows."""
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        import matplotlib.pyplot as plt
    except ImportError:
        notes.print('no pictures: matplotlib is missing (pip install "linclass_cpp[plot]")', markup=False)
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in pictures.items():
        figure, ax = plt.subplots(figsize=(7, 5), layout="constrained")
        draw(ax)
        path = folder / f"{name}.png"
        figure.savefig(path, dpi=120)
        plt.close(figure)
        print(f"{path}: {explained[name]}")


EXPLAINED = {
    "loss": "the objective falls with every iteration; the gap bounds how far it still is from its minimum",
    "coefficients": "right of zero speaks for the class, left against it; the longest bars matter most",
    "weights": "what the model looks for in each class: one colour speaks for it, the other against",
    "confusion": "rows are the true classes, columns what was predicted; off the diagonal are the mistakes",
    "roc": "true positives found against false alarms raised; the nearer to the upper left corner the better",
    "precision_recall": "how many of the rows called positive are, against how many of the positives are found",
    "reliability": "on the diagonal, what is said to be 70 % sure is right 70 % of the time",
    "regions": "which class is predicted where; the lines are the hyperplanes w x + b = 0, the arrows their normals w",
}


def _model_pictures(model: Model, shape: tuple[int, int] | None) -> dict[str, Callable[[Any], Any]]:
    from . import plot as draw

    pictures: dict[str, Callable[[Any], Any]] = {}
    if model.report is not None and model.report.history:
        pictures["loss"] = lambda ax: draw.loss_curve(model.report, ax=ax)
    if shape is not None:
        if shape[0] * shape[1] != model.coef.shape[1]:
            _refuse(f"--shape {shape[0]}x{shape[1]} does not fit the {model.coef.shape[1]} features of the model")
        pictures["weights"] = lambda ax: draw.weights_as_images(model, shape, ax=ax)
    else:
        pictures["coefficients"] = lambda ax: draw.coefficients(model, ax=ax)
    return pictures


def _data_pictures(model: Model, X: Any, y: NDArray[Any]) -> dict[str, Callable[[Any], Any]]:
    from . import plot as draw

    pictures: dict[str, Callable[[Any], Any]] = {
        "confusion": lambda ax: draw.confusion_matrix(y, model.predict(X), labels=model.classes, ax=ax)
    }
    scores = _prediction(model, X) if model._core.has_probabilities else model.decision_function(X)
    pictures["roc"] = lambda ax: draw.roc_curve(y, scores, classes=model.classes, ax=ax)
    pictures["precision_recall"] = lambda ax: draw.precision_recall_curve(y, scores, classes=model.classes, ax=ax)
    if model._core.has_probabilities:
        pictures["reliability"] = lambda ax: draw.reliability_diagram(y, scores, classes=model.classes, ax=ax)
    return pictures


def _shape(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    rows, _, columns = text.lower().partition("x")
    if not (rows.isdigit() and columns.isdigit()):
        _refuse(f"--shape wants rows x columns such as 28x28, got {text!r}")
    return int(rows), int(columns)


@app.command("plot")
def plot_(
    model: ModelFile,
    data: Annotated[str | None, typer.Argument(help="labelled data, for the pictures of predictions")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="folder of the pictures")] = Path("pictures"),
    shape: Annotated[str | None, typer.Option(help="28x28: draw the weights as images of that size")] = None,
    label: Label = None,
    labels: Labels = None,
    separator: Separator = None,
    file_format: FileFormat = None,
    unknown: Unknown = False,
) -> None:
    """Draw a model, and how it does on labelled data, as PNG files."""
    trained = _model(model)
    pictures = _model_pictures(trained, _shape(shape))
    if data is not None:
        read = _data_for(trained, data, label, labels, file_format, separator, unknown)
        if read.y is None:
            _refuse(f"{data} has no labels to compare with: name their column (--label) or their file (--labels)")
        pictures |= _data_pictures(trained, read.X, read.y)
    _pictures(out, pictures, EXPLAINED)


# ------------------------------------------------------------------------------------------------------------- demo


class Demo(str, Enum):
    digits = "digits"
    mnist = "mnist"
    kid = "kid"
    plane = "plane"


def _real(name: str) -> str:
    folder = os.environ.get("LINCLASS_DATA")
    path = Path(folder or ".", name)
    if not path.is_file():
        where = f"LINCLASS_DATA={folder} has no" if folder else "set LINCLASS_DATA to the folder that holds"
        _refuse(f"this demo reads a file: {where} {name}")
    return str(path)


def _digits() -> tuple[Any, ...]:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ImportError(
            "this demo takes its digits from scikit-learn, which is missing: pip install scikit-learn"
        ) from None
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    X, y = X[order] / 16, y[order]
    print("1400 handwritten digits of 8 x 8 points to learn from, 397 to be tested on")
    return X[:1400], y[:1400], X[1400:], y[1400:], (8, 8)


def _mnist() -> tuple[Any, ...]:
    parts = []
    for part in ("train", "t10k"):
        images, labels = (_real(f"mnist/{part}-{what}-ubyte.gz") for what in ("images-idx3", "labels-idx1"))
        read = datasets.load(images, labels=labels)
        parts += [read.X, read.y]
    print("60000 handwritten digits of 28 x 28 points to learn from, 10000 to be tested on")
    return *parts, (28, 28)


def _kid() -> tuple[Any, ...]:
    table = datasets.load_table(_real("kid_creative.csv"), "Buy")
    order = np.random.default_rng(0).permutation(len(table.X))
    train, test = order[: 2 * len(order) // 3], order[2 * len(order) // 3 :]
    print(f"{len(train)} households to learn from who bought a magazine, {len(test)} to be tested on")
    return table.X[train], table.y[train], table.X[test], table.y[test], table.feature_names  # type: ignore[index]


def _plane() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    centres = np.array([[0.0, 1.6], [-1.5, -1.0], [1.5, -1.0]])
    y = rng.integers(3, size=600)
    X = centres[y] + rng.normal(size=(600, 2))
    print("three clouds of points in the plane, 400 to learn from, 200 to be tested on")
    return X[:400], y[:400], X[400:], y[400:], ["x1", "x2"]


@app.command()
def demo(
    name: Annotated[
        Demo, typer.Argument(help="digits and plane are built in, mnist and kid are read from LINCLASS_DATA")
    ] = Demo.digits,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="folder of the pictures; default linclass-demo-NAME")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Train before your eyes, test, and save pictures of what was learnt."""
    X, y, X_test, y_test, what = {"digits": _digits, "mnist": _mnist, "kid": _kid, "plane": _plane}[name.value]()
    settings = {
        "loss": "auto", "l1": 0.0, "l2": 1e-3 if name.value != "mnist" else 1e-4, "solver": "auto", "tol": 1e-4,
        "max_iter": None, "time_limit": None, "threads": None, "seed": 0, "balanced": False,
        "standardize": name is Demo.kid,
    }  # fmt: skip
    began = time.perf_counter()
    model, _ = _fitted(X, y, settings, name.value, not quiet)
    image = what if isinstance(what, tuple) else None
    model.feature_names = None if image else what
    print(model.report)
    print(f"trained in {time.perf_counter() - began:.2f} s: the objective ends within its certified gap of the minimum")
    report = metrics.report(y_test, _prediction(model, X_test), classes=model.classes)
    guess = f"{report.baseline_accuracy:.1%}"
    print(f"\ntest accuracy {report.accuracy:.1%}, where always guessing the most frequent class gives {guess}")
    print(report)
    try:
        pictures = _model_pictures(model, image) | _data_pictures(model, X_test, y_test)
        if name is Demo.plane:
            from . import plot as draw

            pictures["regions"] = lambda ax: draw.decision_regions(model, X_test, y_test, ax=ax)
    except ImportError as error:
        notes.print(f"no pictures: {error}", markup=False)
        return
    _pictures(out or Path(f"linclass-demo-{name.value}"), pictures, EXPLAINED)
