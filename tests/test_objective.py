"""Objective against tests/reference.py: every loss and multiclass form, penalty, type, storage, weights, intercept."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import linclass_cpp as lc
import numpy as np
import pytest
import reference
from conftest import MORE_STORAGES, STORAGES, close, made, quiet_fit, soft_labels
from scipy.optimize import minimize

DTYPES = [np.float32, np.float64]
SEPARABLE = ["logistic", "squared_sigmoid", "squared"]
# loss, multiclass form, kind of targets
FORMS = (
    [(loss, None, kind) for loss in SEPARABLE for kind in ("two", "many", "labels", "soft", "one_label")]
    + [("softmax", None, kind) for kind in ("two", "many", "soft")]
    + [(loss, None, "two") for loss in ("perceptron", "hinge", "squared_hinge")]
    + [(loss, form, "many") for loss in ("perceptron", "hinge") for form in ("sum", "max", "ovr")]
    + [("squared_hinge", form, "many") for form in ("sum", "ovr")]
)
CURVED = [form for form in FORMS if form[0] not in ("perceptron", "hinge")]
GAPPED = [form for form in CURVED if form[0] != "squared_sigmoid"]
PENALTIES = {
    "none": {},
    "l1": {"l1": 0.03},
    "l2": {"l2": 0.2},
    "elastic_net": {"l1": 0.02, "l2": 0.3},
    "scaled": {"l1": 0.05, "l2": 0.1, "penalty_scale": True},
}


def name(form):
    return "-".join(part for part in form if part)


def data(kind: str, n: int, d: int, K: int, dtype: type):
    """X and y, in which labels are strings or numbers, indicators 0 and 1, soft labels rows that sum to 1."""
    X, codes = made(n, d, 2 if kind == "two" else K, seed=n + d + K)
    y = {
        "two": lambda: np.array(["no", "yes"])[codes],
        "many": lambda: codes * 10 - 5,
        "labels": lambda: np.random.default_rng(K).integers(0, 2, (n, K)).astype(dtype),
        "one_label": lambda: (codes == 0)[:, None].astype(dtype),
        "soft": lambda: soft_labels(n, K).astype(dtype),
    }[kind]()
    return X.astype(dtype), y


def setting(form, penalty, d, n, weights, intercept):
    """Keyword arguments that Objective and the reference understand alike."""
    options = dict(PENALTIES[penalty], loss=form[0], multiclass=form[1], fit_intercept=intercept)
    if "penalty_scale" in options:
        options["penalty_scale"] = np.linspace(0.5, 2, d)
    if weights:
        options["sample_weight"] = np.random.default_rng(1).integers(0, 4, n) + 0.25
        options["sample_weight"][3] = 0
    return options


def parameters(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("weights", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("form", FORMS, ids=name)
def test_agrees_with_reference(form, penalty, dtype, weights):
    n, d, K = 75, 9, 4
    X, y = data(form[2], n, d, K, dtype)
    for intercept in (True, False):
        options = setting(form, penalty, d, n, weights, intercept)
        R = reference.Objective(X, y, **options)
        w, v = parameters(R.shape), parameters(R.shape, 1)
        w[0, 0] = 0  # where the derivative of |w| is 0 by convention
        Z = R.scores(w)
        expected = {"value": R.value(w), "gradient": R.gradient(w), "scores": Z[:, 0] if R.K == 1 else Z}
        if form in CURVED:
            expected["hessian"] = R.hessian(w)
            expected["curvature"] = (expected["hessian"] @ v.ravel()).reshape(w.shape)
        if form in GAPPED and R.l2 > 0:
            expected["gap"] = R.gap(w)
        for storage, store in STORAGES.items():
            P = lc.Objective(store(X), y, **options)
            assert tuple(P.shape) == R.shape
            got = dict(zip(("value", "gradient"), P.value_and_gradient(w), strict=True))
            got["scores"] = P.scores(w)
            assert got["scores"].dtype == dtype
            close(P.value(w), got["value"], np.float64, "value alone")
            if form in CURVED:
                got["hessian"], got["curvature"] = P.hessian(w), P.curvature_times(w, v)
                np.testing.assert_array_equal(got["hessian"], got["hessian"].T)
            if "gap" in expected:
                got["gap"] = P.gap(w)
            for what, numbers in expected.items():
                close(got[what], numbers, dtype, f"{what}, {storage}, intercept {intercept}")


@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
@pytest.mark.parametrize("layout", ["C", "F"])
@pytest.mark.parametrize("K", [2, 4, 12])
@pytest.mark.parametrize("d", [64, 256])
def test_where_x_lies_in_memory_changes_no_bit(d, K, layout, dtype):
    """Rows and columns of whole cache lines, which begin at every place within one."""
    values, codes = made(320, d, K)
    loss = "softmax" if K > 2 else "logistic"
    memory, outcomes = np.empty(values.size + 32, dtype), set()
    for start in range(16):
        X = memory[start : start + values.size].reshape(values.shape, order=layout)
        X[:] = values
        P = lc.Objective(X, codes, loss=loss, l2=0.1)
        value, gradient = P.value_and_gradient(parameters(P.shape))
        model = quiet_fit(X, codes, loss=loss, l2=0.1, solver="sgd", batch_size=64, max_iter=2)
        outcomes.add((value, gradient.tobytes(), model.coef.tobytes()))
    assert len(outcomes) == 1


@pytest.mark.parametrize("form", FORMS, ids=name)
def test_finite_differences(form):
    n, d, K, step = 40, 5, 3, 1e-6
    X, y = data(form[2], n, d, K, np.float64)
    P = lc.Objective(X, y, **setting(form, "scaled", d, n, True, True))
    w = parameters(P.shape)
    for seed in range(3):
        v = parameters(P.shape, seed + 1)
        slope = (P.value(w + step * v) - P.value(w - step * v)) / (2 * step)
        assert slope == pytest.approx((P.value_and_gradient(w)[1] * v).sum(), rel=1e-6, abs=1e-8)
        if form in CURVED:
            change = (P.value_and_gradient(w + step * v)[1] - P.value_and_gradient(w - step * v)[1]) / (2 * step)
            np.testing.assert_allclose(P.curvature_times(w, v), change, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
@pytest.mark.parametrize("storage", ["row_major", "column_major", "csr"])
@pytest.mark.parametrize("d", [1, 2, 3, 7, 8, 9, 17, 33, 50, 100])
def test_every_size(d, storage, dtype):
    """Whatever a block, a vector or a tile leaves over: all tails of the products with X."""
    for K in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 23):
        for n in (1, 2, 5, 63, 64, 65, 1000):
            X, _ = made(n, d, 2, seed=n, zeros=0.1)
            X = X.astype(dtype)
            Y = soft_labels(n, K, seed=n) if K > 1 else np.random.default_rng(n).random((n, 1))
            options = {"loss": "softmax" if K > 1 else "logistic", "l2": 0.1, "fit_intercept": (n + K) % 2 == 0}
            P, R = lc.Objective(STORAGES[storage](X), Y, **options), reference.Objective(X, Y, **options)
            w, v = parameters(R.shape), parameters(R.shape, 1)
            what = f"n = {n}, d = {d}, K = {K}"
            value, gradient = P.value_and_gradient(w)
            close(value, R.value(w), dtype, f"value, {what}")
            close(gradient, R.gradient(w), dtype, f"gradient, {what}")
            if n == 65 and K * d < 200:
                close(P.curvature_times(w, v), R.curvature_times(w, v), dtype, f"curvature, {what}")
                close(P.hessian(w), R.hessian(w), dtype, f"hessian, {what}")
            Z = R.scores(w)
            close(P.scores(w), Z[:, 0] if K == 1 else Z, dtype, f"scores, {what}")


@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
@pytest.mark.parametrize("storage", ["row_major", "strided", "reversed"])
@pytest.mark.parametrize("d", [15, 28, 130, 450, 1700])
def test_one_output_over_many_strips(d, storage, dtype):
    """Scores and gradient of one output come from one walk over strips of rows: all its beginnings and ends."""
    for n in (7, 9, 31, 33, 127, 146, 161, 311):
        X, y = data("two", n, d, 2, dtype)
        X = X / np.sqrt(d).astype(dtype)
        options = setting(("logistic", None, "two"), "l2", d, n, n % 2 == 0, n % 3 > 0)
        P, R = lc.Objective(MORE_STORAGES[storage](X), y, **options), reference.Objective(X, y, **options)
        w, v = parameters(R.shape), parameters(R.shape, 1)
        close(P.value_and_gradient(w)[1], R.gradient(w), dtype, f"gradient, n = {n}")
        close(P.curvature_times(w, v), R.curvature_times(w, v), dtype, f"curvature, n = {n}")


@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
@pytest.mark.parametrize("storage", ["row_major", "strided"])
@pytest.mark.parametrize("form", [("softmax", None, "many"), ("logistic", None, "labels")], ids=name)
def test_few_outputs_of_rows_beyond_the_caches(form, storage, dtype):
    """Two outputs (softmax of three classes) and three are walked too, where X is larger than 16 MiB."""
    n, d, K = 33_001, 130, 3
    X, y = data(form[2], n, d, K, dtype)
    options = setting(form, "l2", d, n, True, True)
    P, R = lc.Objective(STORAGES[storage](X), y, **options), reference.Objective(X, y, **options)
    w, v = parameters(R.shape) / 10, parameters(R.shape, 1)
    close(P.value_and_gradient(w)[1], R.gradient(w), dtype, "gradient")
    close(P.curvature_times(w, v), R.curvature_times(w, v), dtype, "curvature")


@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
@pytest.mark.parametrize(
    "form", [("logistic", None, "two"), ("softmax", None, "many"), ("logistic", None, "labels")], ids=name
)
def test_few_outputs_of_many_columns(form, dtype):
    """A column-major X is walked some rows at a time (v4), or read twice: fewer rows than that, and what is left."""
    d = 3333
    for n in (20, 33, 64, 65, 150):
        X, y = data(form[2], n, d, 3, dtype)
        X = X / np.sqrt(d).astype(dtype)
        options = setting(form, "l2", d, n, n % 2 == 0, n % 3 > 0)
        P, R = lc.Objective(np.asfortranarray(X), y, **options), reference.Objective(X, y, **options)
        w, v = parameters(R.shape), parameters(R.shape, 1)
        value, gradient = P.value_and_gradient(w)
        close(value, R.value(w), dtype, f"value, n = {n}")
        close(gradient, R.gradient(w), dtype, f"gradient, n = {n}")
        close(P.curvature_times(w, v), R.curvature_times(w, v), dtype, f"curvature, n = {n}")


@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_several_outputs_of_long_rows(order, dtype):
    """Long vectors meet the weights span by span; where no cache keeps a block, X is read twice, in tall blocks."""
    for n, d, K in ((70, 2000, 10), (40, 5400, 10), (1400, 5400, 7)):
        X, y = data("many", n, d, K, dtype)
        X = np.asarray(X / np.sqrt(d).astype(dtype), order=order)
        options = setting(("softmax", None, "many"), "l2", d, n, True, True)
        P, R = lc.Objective(X, y, **options), reference.Objective(X, y, **options)
        w = parameters(R.shape)
        value, gradient = P.value_and_gradient(w)
        close(value, R.value(w), dtype, f"value, {n} x {d}, {K} outputs")
        close(gradient, R.gradient(w), dtype, f"gradient, {n} x {d}, {K} outputs")


@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
@pytest.mark.parametrize("form", [form for form in FORMS if form[2] in ("many", "labels")], ids=name)
def test_every_number_of_classes(form, dtype):
    """The tails of the losses."""
    n, d = 67, 6
    for K in (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 17, 23, 31, 33):
        X, y = data(form[2], n, d, K, dtype)
        options = setting(form, "none", d, n, True, True)
        P, R = lc.Objective(X, y, **options), reference.Objective(X, y, **options)
        w, v = parameters(R.shape), parameters(R.shape, 1)
        value, gradient = P.value_and_gradient(w)
        close(value, R.value(w), dtype, f"value, K = {K}")
        close(gradient, R.gradient(w), dtype, f"gradient, K = {K}")
        if form in CURVED:
            close(P.curvature_times(w, v), R.curvature_times(w, v), dtype, f"curvature, K = {K}")


@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
@pytest.mark.parametrize("form", CURVED, ids=name)
def test_the_curvature_at_a_point_is_kept(form, dtype):
    """Again at the same w, after other evaluations, after a return: the bits of a first call."""
    for n in (5, 63, 64, 65, 1000, 5001):
        X, y = data(form[2], n, 6, 3, dtype)
        options = setting(form, "l2", 6, n, True, True)
        P, R = lc.Objective(X, y, threads=2, **options), reference.Objective(X, y, **options)
        w, there, v, u = (parameters(R.shape, seed) for seed in range(4))
        nothing: list[Callable] = []
        for between, at, direction in [
            (nothing, w, v),
            (nothing, w, u),
            (nothing, there, u),
            ([P.value], w, u),
            ([P.hessian], w, v),
            ([P.value_and_gradient], there, v),
            (nothing, w, u),
        ]:
            for call in between:
                call(w)
            fresh = lc.Objective(X, y, threads=1, **options)
            np.testing.assert_array_equal(P.curvature_times(at, direction), fresh.curvature_times(at, direction))
        close(P.curvature_times(w, u), R.curvature_times(w, u), dtype, f"curvature, n = {n}")


@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
@pytest.mark.parametrize("storage", MORE_STORAGES)
def test_every_storage(storage, dtype):
    X, y = data("many", 203, 21, 5, dtype)
    options = {"loss": "softmax", "l2": 0.1}
    P, R = lc.Objective(MORE_STORAGES[storage](X), y, **options), reference.Objective(X, y, **options)
    w, v = parameters(R.shape), parameters(R.shape, 1)
    close(P.value_and_gradient(w)[1], R.gradient(w), dtype, "gradient")
    close(P.curvature_times(w, v), R.curvature_times(w, v), dtype, "curvature")
    close(P.hessian(w), R.hessian(w), dtype, "hessian")
    close(P.scores(w), R.scores(w), dtype, "scores")


def test_csr_with_duplicates_empty_rows_and_any_order():
    from scipy import sparse

    values = np.array([1.0, 2, 3, 4, 5, 6])
    S = sparse.csr_array((values, np.array([2, 0, 2, 3, 1, 1]), np.array([0, 3, 3, 5, 6])), shape=(4, 5))
    y = [0, 1, 0, 1]
    P, R = lc.Objective(S, y, loss="logistic", l2=0.1), reference.Objective(S.toarray(), y, loss="logistic", l2=0.1)
    w = parameters(R.shape)
    close(P.value_and_gradient(w)[1], R.gradient(w), np.float64)
    close(P.hessian(w), R.hessian(w), np.float64)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("penalty", ["l2", "elastic_net", "scaled"])
@pytest.mark.parametrize("form", GAPPED, ids=name)
def test_gap_bounds_the_suboptimality(form, penalty, intercept):
    n, d, K = 60, 4, 3
    X, y = data(form[2], n, d, K, np.float64)
    options = setting(form, penalty, d, n, True, intercept)
    P, R = lc.Objective(X, y, **options), reference.Objective(X, y, **options)
    best = R.minimum(3000)
    optimum = P.value(best)
    for scale in (0, 1e-6, 1e-3, 0.1, 1, 10):
        w = best + scale * parameters(R.shape)
        assert P.gap(w) >= P.value(w) - optimum - 1e-13
    assert P.gap(best) <= 1e-8


@pytest.mark.parametrize("form", FORMS, ids=name)
def test_no_gap_where_none_exists(form):
    X, y = data(form[2], 30, 3, 3, np.float64)
    options = {"loss": form[0], "multiclass": form[1]}
    w = np.zeros(reference.Objective(X, y, **options).shape)
    with pytest.raises(ValueError, match="gap"):
        lc.Objective(X, y, **options).gap(w)
    if form not in GAPPED:
        with pytest.raises(ValueError, match="gap"):
            lc.Objective(X, y, l2=0.1, **options).gap(w)
    if form not in CURVED:
        with pytest.raises(ValueError, match=form[0]):
            lc.Objective(X, y, **options).curvature_times(w, w)
        with pytest.raises(ValueError, match=form[0]):
            lc.Objective(X, y, **options).hessian(w)


@pytest.mark.parametrize("kind", ["two", "many"])
def test_shapes_of_w(kind):
    X, y = data(kind, 50, 6, 4, np.float64)
    P = lc.Objective(X, y, loss="logistic", l2=0.1)
    w, v = parameters(P.shape), parameters(P.shape, 1)
    value, gradient = P.value_and_gradient(w)
    flat_value, flat = P.value_and_gradient(w.ravel())
    assert gradient.shape == w.shape
    assert flat.shape == (w.size,)
    assert value == flat_value
    np.testing.assert_array_equal(gradient.ravel(), flat)
    np.testing.assert_array_equal(P.curvature_times(w.ravel(), v.ravel()), P.curvature_times(w, v).ravel())
    out = np.empty_like(w)
    assert P.value_and_gradient(w, out=out)[1] is out
    np.testing.assert_array_equal(out, gradient)
    np.testing.assert_array_equal(P.value_and_gradient(np.asfortranarray(w))[1], gradient)
    np.testing.assert_array_equal(P.value_and_gradient(w.tolist())[1], gradient)
    assert P.hessian(w).shape == (w.size, w.size)
    assert P.scores(w).shape == ((50,) if kind == "two" else (50, 4))
    for wrong in (np.zeros(w.size + 1), np.zeros((P.shape[0] + 1, P.shape[1])), w.T if w.shape[0] > 1 else w[:, :-1]):
        with pytest.raises(ValueError, match=f"{w.size} numbers|shape"):
            P.value_and_gradient(wrong)


def test_hessian_too_large_is_refused_with_its_size():
    from scipy import sparse

    X = sparse.csr_array((np.ones(20), (np.arange(20), np.arange(20))), shape=(20, 20_000))
    P = lc.Objective(X, np.arange(20) % 2, loss="logistic")
    with pytest.raises(ValueError, match="20001"):
        P.hessian(np.zeros(P.shape))


@pytest.mark.parametrize("dtype", DTYPES, ids=["f32", "f64"])
@pytest.mark.parametrize("storage", [*STORAGES, "reversed", "column_strided"])
def test_hessian_of_any_size(storage, dtype):
    """Sizes beside the tiles and blocks of the kernel; squared loss: twice the Gram matrix; weights of both signs."""
    random = np.random.default_rng(0)
    sizes = [
        (1, 1),
        (600, 1),
        (255, 3),
        (256, 4),
        (257, 7),
        (5, 9),
        (31, 17),
        (600, 25),
        (70, 33),
        (9, 131),
        (700, 100),
        (300, 300),
    ]
    for n, d in sizes:
        X = random.normal(size=(n, d)).astype(dtype)
        weights = random.uniform(0.5, 1.5, n)
        P = lc.Objective(
            MORE_STORAGES[storage](X), np.zeros((n, 1)), loss="squared", sample_weight=weights, fit_intercept=False
        )
        gram = (2 * weights / weights.sum() * X.T.astype(np.float64)) @ X
        close(P.hessian(np.zeros(P.shape)), gram, dtype, f"{n} rows, {d} columns")

        options = {"loss": "squared_sigmoid", "sample_weight": weights, "fit_intercept": False}
        y, w = np.arange(n) % 2, random.normal(size=P.shape) * 2 / np.sqrt(d)
        if n > 1:  # labels of two classes
            signs = lc.Objective(MORE_STORAGES[storage](X), y, **options).hessian(w)
            close(signs, reference.Objective(X, y, **options).hessian(w), dtype, f"{n} rows, {d} columns, both signs")


@pytest.mark.parametrize("storage", STORAGES)
def test_python_threads_share_one_objective(storage):
    X, y = data("many", 3000, 20, 5, np.float64)
    P = lc.Objective(STORAGES[storage](X), y, loss="softmax", l2=0.1)
    points = [parameters(P.shape, seed) for seed in range(24)]

    def work(w):
        value, gradient = P.value_and_gradient(w)
        return value, gradient, P.curvature_times(w, gradient), P.scores(w), P.gap(w)

    alone = [work(w) for w in points]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(work, points))
    for a, b in zip(alone, together, strict=True):
        for left, right in zip(a, b, strict=True):
            np.testing.assert_array_equal(left, right)


def test_scipy_minimises_it():
    X, y = data("many", 200, 6, 4, np.float64)
    P = lc.Objective(X, y, loss="softmax", l2=0.1)
    best = reference.Objective(X, y, loss="softmax", l2=0.1)
    start = np.zeros(P.shape).ravel()
    found = minimize(P.value_and_gradient, start, jac=True, tol=1e-12)
    newton = minimize(P.value_and_gradient, start, jac=True, hess=P.hessian, method="trust-exact", tol=1e-12)
    product = minimize(P.value_and_gradient, start, jac=True, hessp=P.curvature_times, method="trust-ncg", tol=1e-10)
    for result in (found, newton, product):
        assert result.fun == pytest.approx(best.value(best.minimum()), rel=1e-10)


def test_rows_of_weight_zero_count_for_nothing():
    X, y = data("many", 80, 5, 3, np.float64)
    s = np.ones(80)
    s[10:30] = 0
    kept = np.r_[0:10, 30:80]
    for form in FORMS:
        if form[2] != "many":
            continue
        options = {"loss": form[0], "multiclass": form[1], "l2": 0.1}
        P, Q = lc.Objective(X, y, sample_weight=s, **options), lc.Objective(X[kept], y[kept], **options)
        w = parameters(P.shape)
        close(P.value(w), Q.value(w), np.float64, name(form))
        close(P.value_and_gradient(w)[1], Q.value_and_gradient(w)[1], np.float64, name(form))
