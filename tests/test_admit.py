"""What may come in, what is copied, and that nothing is copied without need."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import linclass_cpp as lc
import numpy as np
import pytest
from conftest import MORE_STORAGES, made
from scipy import sparse

N, D, K = 60, 5, 3
X, CODES = made(N, D, K)
OPTIONS: dict[str, Any] = {"loss": "softmax", "l2": 0.1}
MODEL = lc.fit(X, CODES, **OPTIONS)


def same(model: lc.Model, rtol: float = 1e-6) -> None:
    np.testing.assert_allclose(model.coef, MODEL.coef, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("storage", MORE_STORAGES)
def test_nothing_is_copied(storage: str, dtype: type) -> None:
    """A change of the array shows in the objective: it reads that very memory. A fit says that it made no copies."""
    array = MORE_STORAGES[storage](X.astype(dtype))
    values = array.data if sparse.issparse(array) else array
    assert lc.fit(array, CODES, **OPTIONS).report.copies == 0
    objective = lc.Objective(array, CODES, **OPTIONS)
    w = np.random.default_rng(0).normal(size=objective.shape)
    before = objective.value(w)
    if isinstance(values, np.ndarray) and values.flags.writeable:
        values *= 2
        assert objective.value(w) != before
        assert objective.value(w) == pytest.approx(lc.Objective(array.copy(), CODES, **OPTIONS).value(w), rel=1e-6)


def test_memory_that_python_sees() -> None:
    """NumPy's allocations while a large X goes in: codes and the result, far from X."""
    big = np.random.default_rng(0).normal(size=(20_000, 50))
    y = (big[:, 0] > 0).astype(np.int64)
    arrays = [big, np.asfortranarray(big), big.astype(np.float32), sparse.csr_array(big)]
    model = lc.fit(big, y, loss="logistic", l2=0.1)
    for array in arrays:
        tracemalloc.start()
        objective = lc.Objective(array, y, loss="logistic", l2=0.1)
        objective.value_and_gradient(np.zeros(objective.shape))
        lc.fit(array, y, loss="logistic", l2=0.1, max_iter=2, tol=1.0)
        model.predict(array)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < big.nbytes / 8


ROUND = np.round(3 * X)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize(
    ("convert", "copies"),
    [
        (lambda A: A.astype(np.int64), 1),
        (lambda A: A.astype(np.int8), 1),
        (lambda A: A.astype(np.float16), 1),
        (lambda A: A.astype(np.longdouble), 1),
        (lambda A: A.astype(">f8"), 1),
        (lambda A: A.tolist(), 1),
        (lambda A: np.repeat(A, 2, axis=1)[:, ::2], 1),
        (lambda A: np.asmatrix(A), 0),
        (lambda A: sparse.csc_array(A), 1),
        (lambda A: sparse.coo_matrix(A), 1),
        (lambda A: sparse.csr_array(A.astype(np.int32)), 1),
        (lambda A: sparse.csr_matrix(A), 0),
    ],
)
def test_conversions_cost_one_copy(convert: Callable[[np.ndarray], Any], copies: int) -> None:
    expected = lc.fit(ROUND, CODES, **OPTIONS)
    model = lc.fit(convert(ROUND), CODES, **OPTIONS)
    np.testing.assert_allclose(model.coef, expected.coef, atol=1e-3)
    assert model.report.copies == copies
    np.testing.assert_array_equal(model.predict(convert(ROUND)), model.predict(ROUND))


def test_bools() -> None:
    model = lc.fit(X > 0, CODES, **OPTIONS)
    np.testing.assert_array_equal(model.coef, lc.fit((X > 0).astype(float), CODES, **OPTIONS).coef)


def test_memmap(tmp_path: Any) -> None:
    np.save(tmp_path / "X.npy", X)
    for mode in ("r", "r+"):
        mapped = np.load(tmp_path / "X.npy", mmap_mode=mode)
        model = lc.fit(mapped, CODES, **OPTIONS)
        assert model.report.copies == 0
        same(model)
        np.testing.assert_array_equal(model.predict(mapped), model.predict(X))


def test_fields_of_records() -> None:
    """Rows that are not a whole number of elements apart, and unaligned numbers, are copied."""
    records = np.zeros(N, dtype=[("x", "f8", (D,)), ("flag", "i1")])
    records["x"] = X
    model = lc.fit(records["x"], CODES, **OPTIONS)
    assert model.report.copies == 1
    same(model)


def test_frames() -> None:
    pandas = pytest.importorskip("pandas")
    names = [f"x{j}" for j in range(D)]
    model = lc.fit(pandas.DataFrame(X, columns=names), pandas.Series(CODES), **OPTIONS)
    assert model.report.copies == 0
    same(model)
    mixed = pandas.DataFrame({name: X[:, j].astype(np.float32 if j else np.float64) for j, name in enumerate(names)})
    assert lc.fit(mixed, CODES, **OPTIONS).report.copies == 1
    labels = pandas.Series(np.array(["a", "b", "c"])[CODES])
    assert lc.fit(X, labels, **OPTIONS).classes.tolist() == ["a", "b", "c"]
    with pytest.raises(lc.Error, match="Python objects"):
        lc.fit(pandas.DataFrame({"a": ["x"] * N, "b": X[:, 0]}), CODES)


@pytest.mark.parametrize(
    "labels",
    [
        CODES.astype(np.int32),
        CODES.astype(np.int8) - 100,
        CODES.astype(np.uint8) + 200,
        CODES * 10**12,
        -CODES,
        CODES.astype(float) / 1 - 1,
        np.array(["zero", "one", "two"])[CODES],
        np.array(["zero", "one", "two"], dtype=object)[CODES],
        np.array([b"x", b"y", b"zz"])[CODES],
        CODES.tolist(),
        np.repeat(CODES, 2)[::2],
        CODES.astype(">i4"),
        CODES.astype("datetime64[D]"),
    ],
)
def test_labels(labels: Any) -> None:
    """Classes are the sorted distinct labels, of their own type, and predictions are labels."""
    model = lc.fit(X, labels, **OPTIONS)
    expected, codes = np.unique(labels, return_inverse=True)
    np.testing.assert_array_equal(model.classes, expected)
    assert model.classes.dtype == expected.dtype.newbyteorder("=")
    assert model.report.copies == 0
    np.testing.assert_array_equal(model.predict(X), expected[np.argmax(model.decision_function(X), axis=1)])
    reference = lc.fit(X, codes, **OPTIONS)
    np.testing.assert_array_equal(model.coef, reference.coef)


def test_two_classes() -> None:
    for labels in (CODES == 1, np.where(CODES == 1, "yes", "no"), np.where(CODES == 1, 1, -1)):
        model = lc.fit(X, labels, loss="logistic", l2=0.1)
        assert model.coef.shape == (1, D)
        assert model.decision_function(X).shape == (N,)
        assert model.predict_proba(X).shape == (N, 2)
        np.testing.assert_array_equal(model.predict(X), np.unique(labels)[(model.decision_function(X) > 0).astype(int)])


@pytest.mark.parametrize("convert", [np.float64, np.float32, np.int64, bool, "columns", "wide", "sparse", "list"])
def test_indicators(convert: Any) -> None:
    Y = np.random.default_rng(1).integers(0, 2, (N, K))
    given: Any = {
        "columns": lambda: np.asfortranarray(Y, dtype=float),
        "wide": lambda: np.hstack([Y, Y]).astype(float)[:, :K],
        "sparse": lambda: sparse.csr_array(Y.astype(float)),
        "list": lambda: Y.tolist(),
    }.get(convert, lambda: Y.astype(convert))()
    model = lc.fit(X, given, loss="logistic", l2=0.1)
    np.testing.assert_array_equal(model.coef, lc.fit(X, Y.astype(float), loss="logistic", l2=0.1).coef)
    assert model.report.copies == (0 if convert in (np.float64, np.float32, "wide") else 1)
    assert model.predict(X).shape == (N, K)
    assert model.predict_proba(X).shape == (N, K)


def test_one_column_of_indicators() -> None:
    column = (CODES == 0)[:, None].astype(float)
    model = lc.fit(X, column, loss="logistic", l2=0.1)
    np.testing.assert_array_equal(model.coef, lc.fit(X, CODES == 0, loss="logistic", l2=0.1).coef)
    assert model.predict(X).shape == (N, 1)
    assert model.predict_proba(X).shape == (N, 1)


@pytest.mark.parametrize("loss", ["logistic", "squared_sigmoid"])
def test_constant_labels_are_set_aside(loss: Any) -> None:
    Y = np.random.default_rng(1).integers(0, 2, (N, 4)).astype(float)
    Y[:, 0], Y[:, 2] = 1, 0
    seen = []
    model = lc.fit(X, Y, loss=loss, l2=0.1, callback=lambda state: seen.append(state.w.shape) and None)
    np.testing.assert_array_equal(model.coef[[0, 2]], 0)
    np.testing.assert_array_equal(model.intercept[[0, 2]], [37, -37])
    rest = lc.fit(X, np.ascontiguousarray(Y[:, [1, 3]]), loss=loss, l2=0.1)
    np.testing.assert_array_equal(model.coef[[1, 3]], rest.coef)
    assert set(seen) <= {(4, D + 1)}
    assert "column 0 of y is 1; column 2 of y is 0" in model.report.notes[0]
    assert model.report.copies == 1
    weights = np.ones(N)
    Y[0, 0], weights[0] = 0, 0  # a row without weight does not count
    np.testing.assert_array_equal(lc.fit(X, Y, loss=loss, l2=0.1, sample_weight=weights).intercept[[0, 2]], [37, -37])


def test_weights_and_scales() -> None:
    s, c = np.arange(N) % 4, np.linspace(0.5, 1.5, D)
    options = OPTIONS | {"tol": 1e-6}
    expected = lc.fit(X, CODES, sample_weight=s.astype(float), penalty_scale=c, **options)
    assert expected.report.copies == 0
    model = lc.fit(X, CODES, sample_weight=s, penalty_scale=c.tolist(), **options)
    assert model.report.copies == 2
    np.testing.assert_array_equal(model.coef, expected.coef)
    strided = np.repeat(s.astype(float), 3)[::3]
    np.testing.assert_array_equal(
        lc.fit(X, CODES, sample_weight=strided, penalty_scale=c, **options).coef, expected.coef
    )


def test_parameters_in_any_form() -> None:
    objective = lc.Objective(X, CODES, **OPTIONS)
    w = np.random.default_rng(0).normal(size=objective.shape)
    value, gradient = objective.value_and_gradient(w)
    assert gradient.shape == w.shape
    for other in (np.asfortranarray(w), w.tolist(), np.repeat(w, 2, axis=1)[:, ::2]):
        np.testing.assert_array_equal(objective.value_and_gradient(other)[1], gradient)
    flat = objective.value_and_gradient(w.ravel())[1]
    assert flat.shape == (objective.size,)
    np.testing.assert_array_equal(flat, gradient.ravel())
    out = np.empty_like(w)
    assert objective.value_and_gradient(w, out=out)[1] is out
    np.testing.assert_array_equal(out, gradient)
    assert objective.value_and_gradient(w)[0] == value
