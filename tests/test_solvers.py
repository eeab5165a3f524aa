"""Solvers: they reach the optimum, step as the reference steps, stop as told, and report what they did."""

from __future__ import annotations

import warnings

import linclass_cpp as lc
import numpy as np
import pytest
import reference
from conftest import STORAGES, close, csr, made
from conftest import quiet_fit as fit
from scipy.optimize import rosen, rosen_der
from test_objective import CURVED, FORMS, GAPPED, data, name, setting

MEASURED = {"converged", "max_iter", "time_limit", "stopped", "stalled"}


def parameters(model, intercept=True):
    return np.column_stack([model.coef, model.intercept]) if intercept else model.coef


# ------------------------------------------------------------------------------------------------- reaching the optimum


@pytest.mark.parametrize("intercept", [True, False], ids=["intercept", "none"])
@pytest.mark.parametrize("penalty", ["l1", "l2", "elastic_net", "scaled"])
@pytest.mark.parametrize("form", GAPPED, ids=name)
def test_lbfgs_reaches_the_optimum(form, penalty, intercept):
    n, d, K = 60, 4, 3
    X, y = data(form[2], n, d, K, np.float64)
    options = setting(form, penalty, d, n, True, intercept)
    R = reference.Objective(X, y, **options)
    optimum = R.value(R.minimum(4000))
    model = lc.fit(X, y, solver="lbfgs", tol=1e-9, **options)
    w, report = parameters(model, intercept), model.report
    assert report.status == "converged"
    assert report.objective == pytest.approx(R.value(w), rel=1e-12)
    assert -1e-12 <= R.value(w) - optimum <= 1e-8
    if R.l2 > 0:
        assert report.certificate == "gap"
        assert report.gap >= R.value(w) - optimum - 1e-14
        assert report.measure <= 1e-9
        assert report.gap == pytest.approx(R.gap(w), rel=1e-2, abs=1e-13)
    else:
        assert report.certificate == "stationary"
        assert report.measure == pytest.approx(R.measure(w), rel=1e-3, abs=1e-13)
        assert R.measure(w) <= 1.001e-9
        assert ((w == 0) == (R.minimum(4000) == 0)).all(), "l1 makes exact zeros"


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("form", GAPPED, ids=name)
def test_newton_cholesky_reaches_the_optimum(form, storage):
    """A handful of steps, also on columns of scales from 1e-4 to 1e4."""
    n, d, K = 300, 5, 3
    X, y = data(form[2], n, d, K, np.float64)
    scales = np.logspace(-4, 4, d)
    options = {"loss": form[0], "multiclass": form[1], "l2": 1e-3}
    plain = fit(STORAGES[storage](X), y, solver="newton-cholesky", tol=1e-10, **options)
    scaled = fit(STORAGES[storage](X * scales), y, solver="newton-cholesky", tol=1e-10, penalty_scale=scales, **options)
    R = reference.Objective(X, y, **options)
    assert plain.report.status == "converged"
    assert plain.report.certificate == "gap"
    assert plain.report.iterations <= 15
    assert R.value(parameters(plain)) - R.value(R.minimum(4000)) <= 1e-10
    assert scaled.report.iterations <= plain.report.iterations + 1
    np.testing.assert_allclose(scaled.coef * scales, plain.coef, atol=1e-6)


@pytest.mark.parametrize("loss", ["logistic", "softmax"])
def test_newton_cholesky_on_singular_problems(loss):
    """No penalty, a column twice and one of zeros: the Hessian is singular, the scores unique all the same."""
    X, y = made(400, 4, 2 if loss == "logistic" else 3)
    twice = np.hstack([X, X[:, :1], np.zeros((400, 1))])
    a = fit(X, y, loss=loss, solver="lbfgs", tol=1e-9)
    b = fit(twice, y, loss=loss, solver="newton-cholesky", tol=1e-12)
    assert b.report.status == "converged"
    assert b.report.certificate == "estimate"
    assert b.report.objective == pytest.approx(a.report.objective, rel=1e-10)
    assert (b.coef[:, -1] == 0).all()


@pytest.mark.parametrize("penalty", ["none", "l1", "l2", "elastic_net", "scaled"])
@pytest.mark.parametrize("form", [form for form in CURVED if form[2] == "many"], ids=name)
def test_gd_adaptive_reaches_the_same_point(form, penalty):
    n, d, K = 120, 4, 3
    X, y = data("many", n, d, K, np.float64)
    X[:, 1] *= 3
    options = setting(form, penalty, d, n, False, True)
    R = reference.Objective(X, y, **options)
    a = lc.fit(X, y, solver="gd", tol=1e-6, max_iter=50_000, **options)
    b = lc.fit(X, y, solver="lbfgs", tol=1e-8, **options)
    assert a.report.status == b.report.status == "converged"
    if form[0] != "squared_sigmoid":
        assert R.value(parameters(a)) == pytest.approx(R.value(parameters(b)), rel=2e-6)
    assert (np.diff(a.report.history) <= 1e-15).all()
    assert (np.diff(b.report.history) <= 1e-12).all()
    assert R.measure(parameters(a)) < 1e-2


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["f32", "f64"])
@pytest.mark.parametrize("penalty", ["l1", "l2", "elastic_net"])
def test_against_scikit_learn(digits, penalty, dtype):
    """Objectives agree; float32 data give the optimum of those data, evaluated in float64."""
    from sklearn.linear_model import LogisticRegression

    X, y = digits[0].astype(dtype), digits[1]
    C, ratio = 0.1, {"l1": 1.0, "l2": 0.0, "elastic_net": 0.5}[penalty]
    strength = {"l1": ratio / (C * len(y)), "l2": (1 - ratio) / (C * len(y))}
    model = lc.fit(X, y, loss="softmax", tol=1e-8, **strength)
    R = reference.Objective(X, y, loss="softmax", **strength)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if penalty == "l2":
            peer = LogisticRegression(C=C, solver="newton-cg", tol=1e-6).fit(X.astype(np.float64), y)
        else:
            peer = LogisticRegression(C=C, l1_ratio=ratio, solver="saga", tol=1e-5, max_iter=300).fit(
                X.astype(np.float64), y
            )
    theirs = R.value(np.column_stack([peer.coef_, peer.intercept_]))
    ours = R.value(parameters(model))
    assert ours <= theirs * (1 + 1e-7)
    assert ours >= theirs * (1 - 1e-4)
    assert model.report.status == "converged"


@pytest.mark.parametrize("form", FORMS, ids=name)
def test_sgd_comes_near(form):
    n, d, K = 400, 5, 3
    X, y = data(form[2], n, d, K, np.float64)
    options = setting(form, "l2", d, n, True, True)
    R = reference.Objective(X, y, **options)
    model = fit(
        X, y, solver="sgd", schedule="inverse", decay=1e-2, learning_rate=0.1, max_iter=60, batch_size=8, **options
    )
    found = R.value(parameters(model))
    start = R.value(np.zeros(R.shape))
    assert found < start or form[0] == "perceptron"  # whose optimum is w = 0
    assert model.report.objective == pytest.approx(found, rel=1e-10)
    assert model.report.history[-1] == pytest.approx(found, rel=0.1, abs=1e-3), "a running mean over the last epoch"
    if form in GAPPED:
        assert found - R.value(R.minimum()) <= 0.05 * start


def test_default_solvers():
    X, y = made(100, 4, 3)
    for loss in ("logistic", "softmax", "squared", "squared_hinge"):
        report = fit(X, y, loss=loss, l2=0.1).report
        assert report.solver == "newton-cholesky"
        assert "15 parameters" in report.choice
        assert report.choice in str(report)
        assert fit(X, y, loss=loss, l1=0.1).report.solver == "lbfgs"
    report = fit(X, y, loss="squared_sigmoid", l2=0.1).report
    assert report.solver == "lbfgs"
    assert "not convex" in report.choice
    for loss in ("hinge", "perceptron"):
        report = fit(X, y, loss=loss, l2=0.1).report
        assert report.solver == "sgd"
        assert report.certificate == "none"


def test_a_refused_pair_is_answered_with_an_accepted_one():
    X, y = made(30, 3, 3)
    for loss in ("hinge", "perceptron"):
        with pytest.raises(ValueError, match=r"lbfgs.*sgd"):
            lc.fit(X, y, loss=loss, solver="lbfgs")
    with pytest.raises(ValueError, match="perceptron"):
        lc.fit(X, y, loss="hinge", solver="perceptron")


# ------------------------------------------------------------------------------------------- step by step: minibatches

UPDATES = ["plain", "momentum", "nesterov", "adam"]
STEPS = [
    {},
    {"batch_size": 1},
    {"batch_size": 1000},
    {"schedule": "inverse", "decay": 0.05, "power": 0.7},
    {"schedule": "step", "factor": 0.5, "step_epochs": 2},
    {"schedule": "adaptive", "factor": 0.6, "learning_rate": 0.9},
    {"l2": 0.3},
    {"l1": 0.05},
    {"l1": 0.02, "l2": 0.1},
    {"l1": 0.02, "l2": 0.1, "penalty_scale": np.array([0.5, 1, 2, 0, 1.5])},
    {"l1": 0.02, "l2": 0.1, "weights": True},
    {"l2": 0.1, "weights": True, "fit_intercept": False},
    {"momentum": 0.5, "beta2": 0.9},
]


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("case", STEPS, ids=lambda case: "-".join(case) or "default")
def test_sgd_step_by_step(case, update, storage):
    """After every one of five epochs w and the mean loss are those of the reference; on CSR with lazy scaling too."""
    n, epochs = 53, 5
    X, y = made(n, 5, 3, seed=4, zeros=0.6)
    case = {"learning_rate": 0.1, "batch_size": 7, "momentum": 0.9} | case
    s = np.random.default_rng(5).integers(0, 3, n) + 0.5 if case.pop("weights", False) else None
    problem = {"loss": "softmax", "sample_weight": s} | {
        key: case.pop(key) for key in ("l1", "l2", "penalty_scale", "fit_intercept") if key in case
    }
    R = reference.Objective(X, y, **problem)
    seen = []
    fit(
        STORAGES[storage](X),
        y,
        **problem,
        **case,
        solver="sgd",
        update=update,
        shuffle=False,
        max_iter=epochs,
        callback=lambda state: seen.append((state.w.copy(), state.objective)) and None,
    )
    expected = list(reference.sgd(R, np.zeros(R.shape), epochs, update=update, **case))
    assert len(seen) == epochs
    for (w, objective), (w_reference, mean) in zip(seen, expected, strict=True):
        np.testing.assert_allclose(np.reshape(w, R.shape), w_reference, rtol=1e-10, atol=1e-12)
        assert objective == pytest.approx(mean + R.penalty(w_reference), rel=1e-10)


@pytest.mark.parametrize("form", FORMS, ids=name)
def test_sgd_step_by_step_for_every_loss(form):
    n, d, K = 41, 4, 3
    X, y = data(form[2], n, d, K, np.float64)
    options = setting(form, "elastic_net", d, n, True, True)
    R = reference.Objective(X, y, **options)
    model = fit(X, y, solver="sgd", shuffle=False, max_iter=3, learning_rate=0.07, batch_size=8, **options)
    *_, (w, _) = reference.sgd(R, np.zeros(R.shape), 3, learning_rate=0.07, batch_size=8)
    np.testing.assert_allclose(parameters(model), w, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n", "d", "K"), [(700, 1100, 3), (300, 500, 10), (300, 16_400, 4)])
def test_threads_share_a_batch_by_its_columns(n, d, K, dtype, storage):
    """Scores are sums over parts of the columns, the same ones for any number of threads."""
    X, y = made(n, d, K)
    X = X.astype(dtype)
    options = {"learning_rate": 1 / d, "batch_size": 256, "seed": 3}
    fits = [
        fit(STORAGES[storage](X), y, loss="softmax", l2=0.1, solver="sgd", max_iter=2, threads=threads, **options)
        for threads in (1, 2, 3, 8)
    ]
    assert all(model == fits[0] for model in fits)
    R = reference.Objective(X, y, loss="softmax", l2=0.1)
    *_, (w, _) = reference.sgd(R, np.zeros(R.shape), 2, whole=storage == "column_major", **options)
    close(parameters(fits[0]), w, dtype, scale=10)


def test_shuffled_order():
    X, y = made(200, 5, 3)
    options = {"loss": "softmax", "solver": "sgd", "max_iter": 3, "learning_rate": 0.5, "batch_size": 4}
    a, b, c = (fit(X, y, seed=seed, **options).coef for seed in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert np.abs(a - c).max() > 1e-6
    assert np.abs(a - fit(X, y, shuffle=False, **options).coef).max() > 1e-6
    # Whatever the order, one batch of all rows is the gradient of P.
    options["batch_size"] = 200
    np.testing.assert_allclose(fit(X, y, seed=5, **options).coef, fit(X, y, shuffle=False, **options).coef, rtol=1e-12)


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("n", [5, 100, 1000])
def test_an_epoch_meets_every_row_once(storage, n):
    """One column a row, a step of its own for each: what is not met stays at zero, what is met twice moves further."""
    X = np.eye(n)
    options = {
        "loss": "squared",
        "solver": "sgd",
        "batch_size": 1,
        "max_iter": 1,
        "learning_rate": 0.1,
        "fit_intercept": False,
    }
    y = np.arange(n) % 2
    coef = fit(STORAGES[storage](X), y, **options).coef[0]
    np.testing.assert_allclose(coef, 0.2 * (2 * y - 1), rtol=1e-12)


@pytest.mark.parametrize("storage", STORAGES)
def test_the_shuffled_order_is_the_same_on_every_machine(storage):
    """It is written down in the reference; data stored by columns are shuffled by whole batches."""
    X, y = made(83, 5, 3)
    R = reference.Objective(X, y, loss="softmax", l2=0.1)
    options = {"learning_rate": 0.2, "batch_size": 4, "seed": 2**63 + 5}
    model = fit(STORAGES[storage](X), y, loss="softmax", l2=0.1, solver="sgd", max_iter=4, **options)
    *_, (w, _) = reference.sgd(R, np.zeros(R.shape), 4, whole=storage == "column_major", **options)
    np.testing.assert_allclose(parameters(model), w, rtol=1e-10, atol=1e-12)


# ----------------------------------------------------------------------------------------- step by step: gd, perceptron


@pytest.mark.parametrize("penalty", ["none", "l1", "l2", "elastic_net", "scaled"])
@pytest.mark.parametrize("schedule", ["constant", "adaptive"])
def test_gd_step_by_step(schedule, penalty):
    X, y = data("many", 70, 4, 3, np.float64)
    options = setting(("softmax", None, "many"), penalty, 4, 70, True, True)
    R = reference.Objective(X, y, **options)
    seen = []
    rate = 0.4 if schedule == "constant" else 6.0  # large enough that steps are refused
    fit(
        X,
        y,
        solver="gd",
        schedule=schedule,
        learning_rate=rate,
        max_iter=12,
        tol=0,
        callback=lambda state: seen.append(np.reshape(state.w, R.shape).copy()) and None,
        **options,
    )
    expected = list(reference.gd(R, np.zeros(R.shape), 12, rate, adaptive=schedule == "adaptive"))
    assert len(seen) == len(expected)
    np.testing.assert_allclose(np.array(seen), np.array(expected), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("start", ["zeros", "uniform"])
def test_perceptron_rule_step_by_step(classes, start, storage):
    X, y = made(60, 6, classes, seed=classes)
    R = reference.Objective(X, y, loss="perceptron", multiclass="max")
    seen = []
    options = {"loss": "perceptron", "solver": "perceptron", "shuffle": False, "start": start, "seed": 9, "max_iter": 8}
    model = fit(
        STORAGES[storage](X),
        y,
        callback=lambda state: seen.append(np.reshape(state.w, R.shape).copy()) and None,
        **options,
    )
    w = np.zeros(R.shape) if start == "zeros" else uniform_start(X, y)
    expected = list(reference.perceptron(R, w, 8))
    assert len(seen) == len(expected)
    for got, (w, _) in zip(seen, expected, strict=True):
        np.testing.assert_allclose(got, w, rtol=1e-12, atol=1e-13)
    assert model.report.mistakes == expected[-1][1]


def uniform_start(X, y):
    """The parameters that start="uniform", seed=9 begins with: gradient descent that does not move."""
    model = fit(
        X,
        y,
        loss="softmax" if len(set(y)) > 2 else "logistic",
        solver="gd",
        schedule="constant",
        learning_rate=1e-300,
        max_iter=1,
        start="uniform",
        seed=9,
    )
    return parameters(model)


def test_perceptron_converges_on_separable_data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    for direction in (np.array([[1.0, -2, 0.5]]), rng.normal(size=(4, 3))):
        Z = X @ direction.T
        margin = np.abs(Z[:, 0]) if len(direction) == 1 else np.diff(np.sort(Z, axis=1)[:, -2:])[:, 0]
        y = reference.predict(Z)[margin > 0.2]
        for options in ({"shuffle": False}, {"seed": 1}, {"seed": 2, "start": "uniform"}):
            model = lc.fit(X[margin > 0.2], y, loss="perceptron", solver="perceptron", **options)
            assert model.report.status == "converged"
            assert model.report.mistakes == 0
            np.testing.assert_array_equal(model.predict(X[margin > 0.2]), y)


# --------------------------------------------------------------------------------------------------------- minimize


def rosenbrock(w):
    return rosen(w), rosen_der(w)


def parabola(w):
    return w[0] ** 2 + 3, 2 * w


def paraboloid(w):
    return (w[0] - 2) ** 2 + (w[1] + 3) ** 2, np.array([2 * (w[0] - 2), 2 * (w[1] + 3)])


@pytest.mark.parametrize("solver", ["lbfgs", "gd"])
@pytest.mark.parametrize(("function", "start", "best"), [(parabola, [5.0], [0]), (paraboloid, [0.0, 0.0], [2, -3])])
def test_minimize_the_lectures_functions(function, start, best, solver):
    result = lc.minimize(function, start, solver=solver, tol=1e-8)
    np.testing.assert_allclose(result.w, best, atol=1e-7)
    assert result.report.status == "converged"
    assert result.report.objective == pytest.approx(function(np.array(best, dtype=float))[0], abs=1e-12)


def test_minimize_fixed_rate_takes_the_lectures_steps():
    """W <- w - eta 2 w from 4 with eta = 0.1: w shrinks by 0.8 a step."""
    seen = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lc.minimize(
            parabola,
            [4.0],
            solver="gd",
            schedule="constant",
            learning_rate=0.1,
            max_iter=10,
            tol=0,
            callback=lambda state: seen.append(float(state.w[0])) and None,
        )
    np.testing.assert_allclose(seen[-10:], 4 * 0.8 ** np.arange(1, 11), rtol=1e-12)


@pytest.mark.parametrize("n", [2, 10])
def test_minimize_rosenbrock(n):
    result = lc.minimize(rosenbrock, np.full(n, -1.0), solver="lbfgs", tol=1e-9, max_iter=2000)
    assert result.report.status == "converged"
    assert rosen(result.w) < 1e-12 or n > 2  # in ten dimensions there is a second, local minimum
    assert np.abs(rosen_der(result.w)).max() <= 1e-9
    start = np.array([-1.2, 1.0])
    down = lc.minimize(rosenbrock, start, solver="gd", tol=1e-3, max_iter=100_000)
    np.testing.assert_allclose(down.w, [1, 1], atol=1e-2)
    np.testing.assert_array_equal(start, [-1.2, 1.0])


def test_minimize_passes_exceptions_on():
    def broken(_):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        lc.minimize(broken, [1.0])


# ------------------------------------------------------------------------------------------------------- stop rules


def test_tol_is_a_certified_gap(digits):
    X, y = digits
    for tol in (1e-2, 1e-4, 1e-7):
        report = lc.fit(X, y, loss="softmax", l2=1e-3, tol=tol).report
        assert report.status == "converged"
        assert report.certificate == "gap"
        assert report.measure <= tol
        assert report.gap <= tol * max(report.objective, 1e-3 * np.log(10)) * (1 + 1e-9)


def test_epsilon(digits):
    X, y = digits
    for solver in ("lbfgs", "gd", "sgd"):
        options = {
            "loss": "softmax",
            "l2": 1e-3,
            "solver": solver,
            "tol": 0,
            "max_iter": 500,
            "learning_rate": 0.1 if solver == "sgd" else 0,
        }
        report = fit(X, y, epsilon=1e-3, **options).report
        assert report.status == "converged"
        assert 2 <= report.iterations < 500
        assert abs(report.history[-1] - report.history[-2]) < 1e-3
        assert "epsilon" in report.reason


@pytest.mark.parametrize("solver", ["lbfgs", "newton-cholesky", "preconditioned-lbfgs", "gd", "sgd", "perceptron"])
def test_max_iter_callback_and_time_limit(solver):
    X, codes = made(500, 8, 4, seed=2)
    loss = "perceptron" if solver == "perceptron" else "softmax"
    options = {"loss": loss, "solver": solver, "tol": 0}
    report = fit(X, codes, max_iter=3, **options).report
    assert report.status == "max_iter"
    assert report.iterations == 3
    assert len(report.history) >= 3

    states = []
    report = fit(
        X, codes, max_iter=50, callback=lambda state: states.append(state.iteration) or state.iteration >= 5, **options
    ).report
    assert report.status == "stopped"
    assert states == sorted(set(states))
    assert states[-1] == 5
    assert "callback" in report.reason

    report = fit(X, codes, max_iter=10**6, time_limit=0.0, **options).report
    assert report.status == "time_limit"
    assert report.iterations <= 1
    assert np.isfinite(fit(X, codes, time_limit=0.0, **options).coef).all()

    def fails(_):
        raise LookupError("from the callback")

    with pytest.raises(LookupError, match="from the callback"):
        fit(X, codes, callback=fails, **options)
    assert fit(X, codes, max_iter=2, **options).report.iterations == 2, "the next fit works"


def test_a_fit_that_fell_short_warns_with_the_figure_and_tol(digits):
    X, y = digits
    with pytest.warns(UserWarning, match=r"tol.*max_iter|max_iter.*tol"):
        lc.fit(X, y, loss="softmax", l2=1e-4, max_iter=3, tol=1e-5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lc.fit(X, y, loss="softmax", l2=1e-2)


def test_divergence_is_reported():
    X, y = made(100, 4, 2)
    report = fit(1e3 * X, y, loss="squared", solver="sgd", learning_rate=1e10, max_iter=200).report
    assert report.status == "diverged"
    assert "learning_rate" in report.reason


# ------------------------------------------------------------------------------------------------------------ starts


def test_starts():
    X, y = made(100, 6, 4)
    stay = {"loss": "softmax", "solver": "gd", "schedule": "constant", "learning_rate": 1e-300, "max_iter": 1, "tol": 0}
    a, b, c = (parameters(fit(X, y, start="uniform", seed=seed, **stay)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()
    assert np.abs(a).max() <= 1
    assert a.min() < -0.3
    assert a.max() > 0.3
    assert np.abs(parameters(fit(X, y, start="zeros", **stay))).max() < 1e-290
    given = np.random.default_rng(0).normal(size=a.shape)
    np.testing.assert_array_equal(parameters(fit(X, y, start=given, **stay)), given)
    np.testing.assert_array_equal(parameters(fit(X, y, start=given.ravel(), **stay)), given)
    optima = [fit(X, y, loss="softmax", l2=0.1, tol=1e-9, start=start) for start in ("zeros", "uniform", given)]
    for other in optima[1:]:
        np.testing.assert_allclose(other.coef, optima[0].coef, atol=1e-4)


@pytest.mark.parametrize("penalty", [{"l2": 0.01}, {"l1": 0.01}, {"l1": 0.01, "l2": 0.01}])
@pytest.mark.parametrize("solver", ["lbfgs", "gd"])
def test_a_warm_start_stops_at_once(solver, penalty):
    X, y = made(300, 6, 3)
    cold = lc.fit(X, y, loss="softmax", solver=solver, **penalty)
    warm = lc.fit(X, y, loss="softmax", solver=solver, start=parameters(cold), **penalty)
    assert cold.report.iterations > 1
    assert warm.report.iterations <= 1
    assert warm.report.status == "converged"
    assert warm.report.reads <= 4


@pytest.mark.parametrize(("solver", "certificate"), [("lbfgs", "stationary"), ("newton-cholesky", "estimate")])
def test_rescaled_columns_stop_alike(solver, certificate):
    """Without penalty a column times 1000 changes nothing but its coefficients: the measure does not see units."""
    X, y = made(300, 4, 3, seed=3)
    scales = np.array([1000.0, 1, 1e-2, 1])
    a, b = (
        fit(X, y, loss="softmax", solver=solver, tol=1e-4, max_iter=5000),
        fit(X * scales, y, loss="softmax", solver=solver, tol=1e-4, max_iter=5000),
    )
    R = reference.Objective(X, y, loss="softmax")
    assert a.report.certificate == certificate
    assert a.report.status == "converged"
    assert b.report.status == "converged"
    assert R.value(parameters(a)) == pytest.approx(R.value(parameters(b) * np.append(scales, 1)), rel=1e-6)


# ----------------------------------------------------------------------------------------------------------- weights


@pytest.mark.parametrize("form", [form for form in GAPPED if form[2] in ("two", "many")], ids=name)
def test_integer_weights_equal_repeated_rows(form):
    n = 90
    X, y = data(form[2], n, 5, 3, np.float64)
    s = np.random.default_rng(1).integers(0, 4, n)
    s[:10] = 1
    options = {"loss": form[0], "multiclass": form[1], "l2": 0.1, "tol": 1e-10}
    weighted = lc.fit(X, y, sample_weight=s, **options)
    repeated = lc.fit(np.repeat(X, s, axis=0), np.repeat(y, s), **options)
    np.testing.assert_allclose(weighted.coef, repeated.coef, atol=1e-4)
    assert weighted.report.objective == pytest.approx(repeated.report.objective, rel=1e-9)
    scaled = lc.fit(X, y, sample_weight=7.5 * s, **options)
    assert scaled.report.objective == pytest.approx(weighted.report.objective, rel=1e-9)


def test_a_class_without_weight_is_named():
    X, y = made(40, 3, 3)
    with pytest.raises(ValueError, match="class"):
        lc.fit(X, y, loss="softmax", sample_weight=(y != 1).astype(float))


def test_a_label_that_never_changes_is_set_aside():
    X, _ = made(60, 4, 2)
    Y = np.column_stack([X[:, 0] > 0, np.ones(60), np.zeros(60), X[:, 1] > 0]).astype(float)
    model = lc.fit(X, Y, loss="logistic", l2=0.1, tol=1e-8)
    np.testing.assert_array_equal(model.coef[1:3], 0)
    np.testing.assert_array_equal(model.intercept[1:3], [37, -37])
    alone = lc.fit(X, np.ascontiguousarray(Y[:, [0, 3]]), loss="logistic", l2=0.1, tol=1e-8)
    np.testing.assert_allclose(model.coef[[0, 3]], alone.coef, atol=1e-10)
    assert any("1" in note and "2" in note for note in model.report.notes)


# ------------------------------------------------------------------------------------------------------------ report


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("solver", ["lbfgs", "gd", "sgd", "perceptron"])
def test_report(solver, storage):
    X, y = made(400, 6, 3)
    loss = "perceptron" if solver == "perceptron" else "softmax"
    penalty = {} if solver == "perceptron" else {"l2": 0.01}
    model = fit(STORAGES[storage](X), y, loss=loss, solver=solver, max_iter=30, **penalty)
    report = model.report
    assert report.solver == solver
    assert report.status in MEASURED
    assert report.level in lc.cpu.levels()
    assert report.reads >= report.iterations > 0
    assert report.seconds > 0
    assert report.copies == 0
    assert len(report.history) in (report.iterations, report.iterations + 1)
    assert report.tol == 1e-4
    R = reference.Objective(X, y, loss=loss, multiclass="max", **penalty)
    assert report.objective == pytest.approx(R.value(parameters(model)), rel=1e-10)
    assert report.certificate == {"lbfgs": "gap", "gd": "gap", "sgd": "none", "perceptron": "mistakes"}[solver]
    assert (report.mistakes >= 0) == (solver == "perceptron")
    assert np.isnan(report.gap) == (report.certificate != "gap")
    assert solver in str(report)
    assert report.reason in str(report)
    if report.certificate == "gap":
        assert report.history[-1] <= report.history[0]
        # lbfgs: a step that is accepted at once costs one read; the certificate a few more.
        assert report.reads <= 4 * report.iterations + 10


def test_tracked_objective():
    X, y = made(300, 5, 3)
    problem = {"loss": "softmax", "l1": 0.01, "l2": 0.01}
    R = reference.Objective(X, y, **problem)
    seen = []
    options = {
        "solver": "sgd",
        "max_iter": 6,
        "learning_rate": 0.05,
        "callback": lambda state: seen.append(state.w.copy()) and None,
    }
    tracked = fit(X, y, track_objective=True, **options, **problem)
    np.testing.assert_allclose(tracked.report.history, [R.value(w) for w in seen], rtol=1e-10)
    plain = fit(X, y, **options, **problem)
    np.testing.assert_array_equal(plain.coef, tracked.coef)
    assert tracked.report.reads > plain.report.reads


# ----------------------------------------------------------------------------------------------------------- Trainer


@pytest.mark.parametrize("storage", ["row_major", "column_major", "csr"])
@pytest.mark.parametrize("update", UPDATES)
def test_trainer_goes_on_where_it_stopped(update, storage):
    """Passes over the same rows are the epochs of sgd; state of momentum and Adam is kept from call to call."""
    X, y = made(96, 5, 3)
    store = STORAGES[storage]
    settings = {
        "loss": "softmax",
        "l2": 0.01,
        "update": update,
        "learning_rate": 0.05,
        "batch_size": 16,
        "shuffle": False,
    }
    trainer = lc.Trainer(classes=[0, 1, 2], **settings)
    for _ in range(4):
        trainer.partial_fit(store(X), y)
    model = fit(X, y, solver="sgd", max_iter=4, **settings)
    np.testing.assert_allclose(trainer.model.coef, model.coef, rtol=1e-12)
    np.testing.assert_allclose(trainer.model.intercept, model.intercept, rtol=1e-12)
    np.testing.assert_allclose(trainer.report.history, model.report.history, rtol=1e-12)
    assert trainer.report.history[-1] < trainer.report.history[0]
    # Chunks of whole batches are the same pass.
    chunked = lc.Trainer(classes=[0, 1, 2], **settings)
    for _ in range(4):
        for rows in (slice(0, 32), slice(32, 80), slice(80, 96)):
            chunked.partial_fit(store(X[rows]), y[rows])
    np.testing.assert_allclose(chunked.model.coef, model.coef, rtol=1e-12)


def test_trainer_takes_weights_at_face_value():
    X, y = made(60, 4, 2)
    s = np.random.default_rng(0).integers(0, 5, 60).astype(float)
    settings = {"loss": "logistic", "learning_rate": 0.05, "batch_size": 8, "shuffle": False}
    trainer = lc.Trainer(classes=[0, 1], **settings)
    trainer.partial_fit(X, y, sample_weight=s)
    R = reference.Objective(X, y, loss="logistic", sample_weight=s)
    *_, (w, _) = reference.sgd(R, np.zeros(R.shape), 1, learning_rate=0.05, batch_size=8, face_value=True)
    np.testing.assert_allclose(parameters(trainer.model), w, rtol=1e-10)


def test_trainer_knows_classes_that_it_has_not_met():
    X, y = made(40, 3, 2)
    trainer = lc.Trainer(classes=["a", "b", "c"], loss="softmax", learning_rate=0.1)
    trainer.partial_fit(X, np.array(["a", "c"])[y])
    assert trainer.model.coef.shape == (3, 3)
    assert list(trainer.model.classes) == ["a", "b", "c"]
    assert trainer.model.predict_proba(X).shape == (40, 3)
    with pytest.raises(ValueError, match="d"):
        trainer.partial_fit(X, np.array(["a", "d"])[y])


def test_csr_of_every_index_type_trains_alike():
    X, y = made(150, 20, 3, zeros=0.8)
    for solver in ("lbfgs", "sgd"):
        models = [
            fit(csr(X, indices, starts), y, loss="softmax", l2=0.01, solver=solver)
            for indices in (np.int32, np.int64)
            for starts in (np.int32, np.int64)
        ]
        for other in models[1:]:
            np.testing.assert_array_equal(other.coef, models[0].coef)
