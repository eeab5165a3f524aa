"""newton-cholesky, preconditioned-lbfgs and the choice among solvers: optimum, precision, scales, certificates."""

from __future__ import annotations

import linclass_cpp as lc
import numpy as np
import pytest
import reference
from conftest import MORE_STORAGES, STORAGES, made, soft_labels
from conftest import quiet_fit as fit
from test_objective import GAPPED, data, name, setting

SECOND_ORDER = ["newton-cholesky", "preconditioned-lbfgs"]
CERTIFICATE = {"newton-cholesky": "estimate", "preconditioned-lbfgs": "stationary"}  # where there is no gap


def parameters(model, intercept=True):
    return np.column_stack([model.coef, model.intercept]) if intercept else model.coef


def suboptimality(model, X, y, options):
    """A bound on (P - min P) / max(P, 1e-3 P(0)) in float64: the duality gap, which knows no solver."""
    X = X.astype(np.float64)
    if y.dtype == np.float32 and options["loss"] == "softmax":
        # Rows that sum to 1 up to rounding leave P without a minimum.
        y = y.astype(np.float64) / y.astype(np.float64).sum(axis=1, keepdims=True)
    P = lc.Objective(X, y, **options)
    w = parameters(model, options.get("fit_intercept", True))
    return P.gap(w) / max(P.value(w), 1e-3 * P.value(np.zeros(P.shape)))


# ------------------------------------------------------------------------------------------------- reaching the optimum


@pytest.mark.parametrize("intercept", [True, False], ids=["intercept", "none"])
@pytest.mark.parametrize("penalty", ["none", "l2", "scaled"])
@pytest.mark.parametrize("form", GAPPED, ids=name)
def test_the_optimum_is_reached(form, penalty, intercept):
    """Of every form, type and storage, with weights (one of them 0)."""
    n, d, K = 300, 5, 3
    for dtype in (np.float64, np.float32):
        X, y = data(form[2], n, d, K, dtype)
        options = setting(form, penalty, d, n, True, intercept)
        options.pop("l1", None)
        R = reference.Objective(X, y, **options)
        optimum = R.value(R.minimum())
        # Gradients in float32 are exact to some 1e-7, decrements and gaps to the square of that.
        tol = 1e-6 if dtype == np.float32 and penalty == "none" else 1e-9
        for storage, store in STORAGES.items():
            for solver in SECOND_ORDER:
                model = fit(store(X), y, solver=solver, tol=tol, **options)
                report, what = model.report, f"{solver} {np.dtype(dtype)} {storage}"
                assert report.status == "converged", what
                assert report.certificate == ("gap" if R.l2 > 0 else CERTIFICATE[solver]), what
                assert report.copies == 0
                above = (R.value(parameters(model, intercept)) - optimum) / max(optimum, 1e-3)
                assert -1e-12 <= above <= (1e-6 if tol > 1e-8 else 1e-8), f"{what}: {above:.1e} above the optimum"
                assert report.objective == pytest.approx(R.value(parameters(model, intercept)), rel=1e-6), what
                assert np.abs(model.intercept).max() < 100, "no drift where a shift of all scores changes nothing"


@pytest.mark.parametrize("solver", SECOND_ORDER)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["f32", "f64"])
@pytest.mark.parametrize(("n", "d"), [(20, 60), (7, 3), (3, 1), (9, 200)])
@pytest.mark.parametrize("form", GAPPED, ids=name)
def test_few_rows(form, n, d, dtype, solver):
    X, y = data(form[2], n, d, 3, dtype)
    options = setting(form, "l2", d, n, False, True)
    for storage in ("row_major", "csr"):
        model = fit(STORAGES[storage](X), y, solver=solver, tol=1e-7, **options)
        assert model.report.status == "converged"
        assert suboptimality(model, X, y, options) <= 2e-7


def tall(classes=3, n=12_000, d=8, dtype=np.float64):
    """Large enough that rows are drawn for a start and for the curvature."""
    X, y = made(n, d, classes, seed=d)
    return X.astype(dtype), y


DIFFICULT = {
    "a constant column": lambda X, y, rng: (np.column_stack([X, np.full(len(X), 3.0, X.dtype)]), y, {}),
    "a column of zeros": lambda X, y, rng: (np.column_stack([X, np.zeros(len(X), X.dtype)]), y, {}),
    "a column twice": lambda X, y, rng: (np.column_stack([X, X[:, 0]]), y, {}),
    "a column that is nearly always 0": lambda X, y, rng: (
        np.column_stack([X, 1000 * (np.arange(len(X)) == 5)]).astype(X.dtype),
        y,
        {},
    ),
    "a class of two rows": lambda X, y, rng: (X, np.where(np.isin(np.arange(len(y)), [17, 9000]), 7, y), {}),
    "sorted by class": lambda X, y, rng: (X[np.argsort(y)], np.sort(y), {}),
    "zero weights": lambda X, y, rng: (X, y, {"sample_weight": rng.integers(0, 2, len(y)).astype(float)}),
    "a row of great weight": lambda X, y, rng: (X, y, {"sample_weight": np.where(np.arange(len(y)) == 11, 1e4, 1.0)}),
    "no intercept": lambda X, y, rng: (X + 1, y, {"fit_intercept": False}),
    "a uniform start": lambda X, y, rng: (X, y, {"start": "uniform", "seed": 3}),
    "soft labels": lambda X, y, rng: (X, soft_labels(len(X), 3), {}),
}


@pytest.mark.parametrize("solver", [*SECOND_ORDER, "auto"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["f32", "f64"])
@pytest.mark.parametrize("what", DIFFICULT)
def test_difficult_data(what, dtype, solver):
    X, y, more = DIFFICULT[what](*tall(dtype=dtype), np.random.default_rng(0))
    start = {key: more.pop(key) for key in ("start", "seed") if key in more}
    options = {"loss": "softmax", "l2": 1e-3} | more
    model = fit(X, y, solver=solver, tol=1e-6, **options, **start)
    assert model.report.status == "converged"
    assert suboptimality(model, X, y, options) <= 2e-6
    assert model.report.reads <= 40


@pytest.mark.parametrize("solver", [*SECOND_ORDER, "auto"])
@pytest.mark.parametrize("classes", [2, 4])
def test_a_warm_start_stops_at_once_and_reads_little(classes, solver):
    X, y = tall(classes)
    options = {"loss": "softmax" if classes > 2 else "logistic", "l2": 1e-3, "solver": solver}
    cold = lc.fit(X, y, **options)
    warm = lc.fit(X, y, start=parameters(cold), **options)
    assert cold.report.iterations > 1
    assert warm.report.iterations <= 1
    assert warm.report.status == "converged"
    assert warm.report.reads <= 5
    assert "start from" not in warm.report.choice


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("loss", ["logistic", "softmax"])
@pytest.mark.parametrize("solver", SECOND_ORDER)
def test_singular_problems(solver, loss, storage):
    """No penalty, a column twice and one of zeros: parameters are not unique, P is."""
    for n in (400, 12_000):
        X, y = made(n, 4, 2 if loss == "logistic" else 3)
        twice = np.hstack([X, X[:, :1], np.zeros((n, 1))])
        best = fit(X, y, loss=loss, solver="lbfgs", tol=1e-9).report.objective
        report = fit(STORAGES[storage](twice), y, loss=loss, solver=solver, tol=1e-7).report
        assert report.status == "converged"
        assert report.certificate == CERTIFICATE[solver]
        assert report.objective == pytest.approx(best, rel=1e-7)
        assert report.reads <= 40


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["f32", "f64"])
@pytest.mark.parametrize("classes", [3, 40])
def test_nothing_is_inverted_that_is_a_rounding_error(classes, dtype):
    """Softmax without penalty sees no shift of all scores. The whole Hessian of a sample, and one block a direction."""
    X, y = made(12_000, 20 if classes == 3 else 60, classes)
    model = fit(X.astype(dtype), y, loss="softmax", solver="preconditioned-lbfgs", tol=1e-5)
    assert model.report.status == "converged"
    assert model.report.reads <= (30 if classes == 3 else 300)
    assert np.abs(model.coef.sum(axis=0)).max() <= 1e-2 * np.abs(model.coef).max()


# ------------------------------------------------------------------------------------------------------------ precision


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("solver", ["auto", "lbfgs", *SECOND_ORDER])
@pytest.mark.parametrize("classes", [2, 4])
def test_float32_data_give_the_float64_optimum_of_those_data(classes, solver, storage):
    """To 1e-8, evaluated in float64."""
    X, y = tall(classes, d=20, dtype=np.float32)
    options = {"loss": "softmax" if classes > 2 else "logistic", "l2": 1e-3}
    model = fit(STORAGES[storage](X), y, solver=solver, tol=1e-8, **options)
    best = fit(X.astype(np.float64), y, solver="newton-cholesky", tol=1e-12, **options)
    assert model.report.status == "converged"
    P = lc.Objective(X.astype(np.float64), y, **options)
    optimum = P.value(parameters(best))
    assert P.gap(parameters(best)) <= 1e-12 * optimum
    assert abs(P.value(parameters(model)) - optimum) <= 1e-8 * optimum
    assert model.coef.dtype == np.float64


# --------------------------------------------------------------------------------------------- scales and shifts


TRANSFORMS = {
    "scaled": lambda d: (np.logspace(-4, 4, d)[np.random.default_rng(0).permutation(d)], 0.0),
    "shifted by 10": lambda d: (np.ones(d), 10.0),
    "shifted by 1000": lambda d: (np.ones(d), 1000.0),
    "scaled and shifted": lambda d: (np.logspace(4, -4, d), 100.0),
}


@pytest.mark.parametrize("l2", [1e-4, 0.0])
@pytest.mark.parametrize("solver", ["auto", *SECOND_ORDER])
@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["f32", "f64"])
def test_scales_and_shifts_of_columns_cost_nothing(dtype, transform, classes, solver, l2):
    """The same P in other units, which penalty_scale gives back: at most 1.5 times the reads, and the same optimum."""
    if dtype == np.float32 and transform in ("shifted by 1000", "scaled and shifted"):
        return  # three of seven digits are spent on the shift
    X, y = tall(classes, n=16_000, d=12)
    scales, shift = TRANSFORMS[transform](12)
    shifts = shift * np.where(np.arange(12) % 2, 1, -1)
    options = {"loss": "softmax" if classes > 2 else "logistic", "l2": l2, "solver": solver}
    for tol in (1e-4, 1e-7) if dtype == np.float64 else (1e-4,):
        plain = fit(X.astype(dtype), y, tol=tol, **options)
        other = fit(((X + shifts) * scales).astype(dtype), y, tol=tol, penalty_scale=scales, **options)
        assert plain.report.status == other.report.status == "converged"
        assert other.report.solver == plain.report.solver
        assert other.report.reads <= 1.5 * plain.report.reads + 1
        close = 1e-4 if l2 == 0 else 2 * tol
        assert other.report.objective == pytest.approx(plain.report.objective, rel=close)


@pytest.mark.parametrize("storage", ["row_major", "column_major", "strided", "csr", "csr_int64"])
@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("l2", [0.0, 1e-3])
@pytest.mark.parametrize("shift", [100, 1000])
def test_where_float32_ends_double_goes_on(shift, l2, classes, storage):
    """Rounding of a shift of many deviations hides the last digits from float32: soon double goes on."""
    X, y = made(2000, 12, classes)
    X = (X + shift * np.where(np.arange(12) % 2, 1, -1)).astype(np.float32)
    seen = []

    def watch(state: lc.State) -> None:
        seen.append((state.iteration, state.reads, state.seconds))

    stored = MORE_STORAGES[storage](X)
    sparse = storage.startswith("csr")  # its sums are double: float32 may see to the end
    model = fit(stored, y, l2=l2, tol=1e-9, callback=watch)
    report = model.report
    assert report.status == "converged"
    assert report.certificate == "gap" or l2 == 0
    assert "all in float64" in report.choice or sparse
    assert report.copies == 0
    assert report.reads < 150
    assert seen == sorted(seen), "iterations, reads and seconds count on"
    assert [iteration for iteration, _, _ in seen] == list(range(1, report.iterations + 1))
    P = lc.Objective(X.astype(np.float64), y, l2=l2)
    best = fit(X.astype(np.float64), y, l2=l2, tol=1e-12)
    assert P.value(parameters(model)) <= P.value(parameters(best)) * (1 + 2e-9)
    for threads in (1, 3):
        other = fit(stored, y, l2=l2, tol=1e-9, threads=threads)
        assert np.array_equal(other.coef, model.coef), "the same bits for any number of threads"
    stopped = fit(stored, y, l2=l2, tol=1e-9, max_iter=report.iterations - 1)
    assert stopped.report.iterations == report.iterations - 1
    assert stopped.report.status == "max_iter"


@pytest.mark.parametrize("solver", ["auto", "preconditioned-lbfgs", "newton-cholesky"])
@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("shift", [1e4, 1e5, 1e6])
def test_slopes_go_on_where_values_are_rounding_errors(shift, classes, solver):
    """Far from 0 columns make values of P rounding errors long before its slopes."""
    for seed in range(5):
        X, y = made(1000, 8, classes, seed)
        report = fit(X + shift * np.where(np.arange(8) % 2, 1, -1), y, l2=0.0, tol=1e-9, solver=solver).report
        assert report.status == "converged"
        assert report.reads < 60


def test_plain_lbfgs_leaves_float32_where_it_falls_no_further():
    X, y = made(1000, 8, 4)
    report = fit(X.astype(np.float32), y, l2=0.0, tol=1e-9, solver="lbfgs").report
    assert report.status == "converged"
    assert report.choice == "at the end, all in float64"
    assert report.iterations < 150


@pytest.mark.parametrize("classes", [2, 3])
def test_newton_leaves_float32_soon(classes):
    """A step of rounding errors is not halved until something seems to fall."""
    X, y = made(2000, 12, classes)
    report = fit((X + 1000).astype(np.float32), y, l2=1e-3, solver="newton-cholesky", tol=1e-9).report
    assert report.status == "converged"
    assert report.choice == "at the end, all in float64"
    assert report.reads < 60


# --------------------------------------------------------------------------------------------------------- certificates


@pytest.mark.parametrize("solver", SECOND_ORDER)
@pytest.mark.parametrize("form", GAPPED, ids=name)
def test_the_gap_bounds_and_the_estimate_is_near(form, solver):
    n, d = 400, 6
    X, y = data(form[2], n, d, 3, np.float64)
    options = setting(form, "l2", d, n, True, False) | {"l2": 1e-3}
    R = reference.Objective(X, y, **options)
    optimum = R.value(R.minimum())
    for tol in (1e-2, 1e-4, 1e-6):
        report = fit(X, y, solver=solver, tol=tol, **options).report
        assert report.status == "converged"
        assert report.certificate == "gap"
        assert report.gap >= report.objective - optimum - 1e-13
        assert report.measure <= tol
    if solver == "newton-cholesky":
        met = 0
        for iterations in range(1, 9):
            report = fit(X, y, solver=solver, tol=0, max_iter=iterations, **options).report
            above = report.objective - optimum
            # squared_hinge: piecewise quadratic, good only once the active rows stay the same
            if 1e-10 * optimum < above < 1e-3 * optimum and form[0] != "squared_hinge":
                met += 1
                assert above / 3 <= report.estimate <= 3 * above
        assert met > 0 or form[0] in ("squared", "squared_hinge")  # squared: there in one step


def test_the_gap_of_an_optimum_is_not_negative():
    """The intercept gains nothing there, but for rounding."""
    for seed in range(30):
        X, y = made(360, 20, 2, seed)
        model = fit(X, y, l2=1e-2, tol=1e-13)
        assert lc.Objective(X, y, l2=1e-2).gap(parameters(model)) >= 0


@pytest.mark.parametrize("tol", [1e-3, 1e-6])
@pytest.mark.parametrize("form", [form for form in GAPPED if form[2] in ("two", "many")], ids=name)
def test_without_penalty_newton_estimates(form, tol):
    X, y = data(form[2], 500, 6, 3, np.float64)
    options = {"loss": form[0], "multiclass": form[1]}
    R = reference.Objective(X, y, **options)
    optimum = R.value(R.minimum())
    model = fit(X, y, solver="newton-cholesky", tol=tol, **options)
    report = model.report
    assert (report.status, report.certificate) == ("converged", "estimate")
    assert report.measure == pytest.approx(report.estimate / max(report.objective, 1e-3 * R.value(np.zeros(R.shape))))
    assert report.objective - optimum <= tol * optimum
    assert np.isnan(report.gap)
    report = fit(X, y, solver="preconditioned-lbfgs", tol=tol, **options).report
    assert (report.status, report.certificate) == ("converged", "stationary")
    assert np.isnan(report.gap)


def test_h0_made_at_zero_is_soon_replaced(mnist):
    """At w = 0 all classes share one H0, which hardly helps from the middle of the way on: 168 reads with it alone."""
    X, y = mnist[0][:8000].astype(np.float32), mnist[1][:8000]
    report = fit(X, y, loss="softmax", l2=1 / len(y), tol=1e-5).report
    assert (report.solver, report.status) == ("preconditioned-lbfgs", "converged")
    assert "start from" not in report.choice
    assert report.reads < 110


def test_a_sample_of_the_uncertain_rows_serves_as_h0(mnist):
    """Newton's directions on it take a third of the reads of blocks of the Hessian, which took 40."""
    X, y = mnist[:2]
    report = fit(X, y, loss="softmax", l2=10 / len(y), tol=1e-5).report
    assert (report.solver, report.status) == ("preconditioned-lbfgs", "converged")
    assert "rows by conjugate gradients" in report.choice
    assert report.reads < 20


# -------------------------------------------------------------------------------------------------------------- choice


def test_auto_chooses_and_says_why(iris):
    report = lc.fit(*iris, loss="softmax", l2=1e-3).report
    assert report.solver == "newton-cholesky"
    assert report.threads == 1, "too small for a parallel region"
    assert "15 parameters" in report.choice
    X, y = made(60_000, 100, 4)
    report = lc.fit(X, y, loss="softmax", l2=1e-3).report
    assert report.solver == "preconditioned-lbfgs"
    assert "start from 3750 rows, H0 " in report.choice
    assert "float32 until the end is near" in report.choice
    assert 0 < report.reads < 25
    assert report.choice in str(report)
    X, y = X[:2000], y[:2000]
    for options, words in (({"l1": 1e-3}, "l1"), ({"loss": "squared_sigmoid"}, "not convex")):
        report = fit(X, y, **{"loss": "softmax", **options}).report
        assert report.solver == "lbfgs"
        assert words in report.choice
    wide = np.random.default_rng(0).normal(size=(30, 12_000))
    for storage, solver in (("row_major", "preconditioned-lbfgs"), ("csr", "lbfgs")):
        report = fit(STORAGES[storage](wide), np.arange(30) % 2, loss="logistic", l2=0.1).report
        assert report.solver == solver
        assert "12001" in report.choice
        assert report.status == "converged"


@pytest.mark.parametrize("solver", ["lbfgs", "gd", "sgd", *SECOND_ORDER])
def test_what_was_asked_for_is_no_choice(solver):
    X, y = made(300, 4, 3)
    report = fit(X, y, loss="softmax", l2=0.1, solver=solver).report
    assert report.solver == solver
    assert report.choice == ""


@pytest.mark.parametrize("solver", SECOND_ORDER)
def test_refusals_name_what_is_accepted(solver):
    X, y = made(30, 3, 3)
    for options, words in (
        ({"loss": "softmax", "l1": 0.1}, r"knows no l1, got l1 = 0.1: use solver=\"lbfgs\""),
        ({"loss": "hinge"}, r"convex smooth loss, got \"hinge\": use solver=\"sgd\""),
        ({"loss": "squared_sigmoid"}, r"convex smooth loss, got \"squared_sigmoid\": use solver=\"lbfgs\""),
    ):
        with pytest.raises(lc.Error, match=f'solver "{solver}" .*{words}'):
            lc.fit(X, y, solver=solver, **options)
    with pytest.raises(lc.Error, match=r"GiB \(limit 1 GiB\): use solver.*lbfgs"):
        lc.fit(np.broadcast_to(1.0, (4, 12_000)), [0, 1, 0, 1], loss="logistic", solver=solver)
