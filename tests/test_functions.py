"""linclass_cpp.functions against extended precision, term by term where a number of ulp is promised."""

from __future__ import annotations

import numpy as np
import pytest
from linclass_cpp import functions

DTYPES = [np.float32, np.float64]
wide = np.longdouble


def ulps(got: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """|got - exact| in units of the last place of the exact value (of the smallest number, below the normal range)."""
    rounded = exact.astype(got.dtype)
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(got.astype(wide) - exact) / np.spacing(np.abs(rounded)).astype(wide)
    same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
    return np.where(same, 0, error)


def sweep(dtype: type, low: float, high: float, n: int = 200_001) -> np.ndarray:
    return np.linspace(low, high, n).astype(dtype)


def tiny_to_huge(dtype: type) -> np.ndarray:
    """Every magnitude of the type, denormals included, with a few mantissas each."""
    info = np.finfo(dtype)
    exponents = np.arange(info.minexp - info.nmant, info.maxexp)
    mantissas = 1 + np.random.default_rng(0).random(20)
    with np.errstate(under="ignore"):
        return np.ldexp(mantissas[:, None].astype(dtype), exponents[None, :]).ravel().astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_exp_to_two_ulp(dtype):
    info = np.finfo(dtype)
    edge = float(np.log(wide(info.max)))
    floor = float(np.log(wide(info.smallest_subnormal)))
    x = np.concatenate(
        [
            sweep(dtype, floor - 2, edge + 2),
            sweep(dtype, -1, 1),
            sweep(dtype, edge - 0.01, edge + 0.01, 2001),
            sweep(dtype, float(np.log(wide(info.tiny))) - 2, float(np.log(wide(info.tiny))) + 2, 2001),
            tiny_to_huge(dtype),
            -tiny_to_huge(dtype),
        ]
    )
    with np.errstate(over="ignore", under="ignore"):
        error = ulps(functions.exp(x), np.exp(x.astype(wide)))
    assert error.max() <= 2, f"exp({x[error.argmax()]!r}) is {error.max()} ulp off"


@pytest.mark.parametrize("dtype", DTYPES)
def test_log1p_to_two_ulp(dtype):
    x = np.concatenate(
        [
            sweep(dtype, -0.9999, 1),
            sweep(dtype, -1e-3, 1e-3),
            -1 + np.ldexp(dtype(1), -np.arange(1, np.finfo(dtype).nmant + 1)).astype(dtype),
            sweep(dtype, 0, 1e6),
            tiny_to_huge(dtype),
            -tiny_to_huge(dtype)[np.abs(tiny_to_huge(dtype)) < 1],
        ]
    )
    error = ulps(functions.log1p(x), np.log1p(x.astype(wide)))
    assert error.max() <= 2, f"log1p({x[error.argmax()]!r}) is {error.max()} ulp off"


@pytest.mark.parametrize("dtype", DTYPES)
def test_special_values(dtype):
    inf, nan = np.inf, np.nan

    def check(function, x, expected):
        got = function(np.array(x, dtype=dtype))
        np.testing.assert_array_equal(got, np.array(expected, dtype=dtype))
        assert got.dtype == dtype

    check(functions.exp, [0, -0.0, inf, -inf, nan, 1e4, -1e4], [1, 1, inf, 0, nan, inf, 0])
    check(functions.log1p, [0, -0.0, inf, -1, nan, -2, -inf], [0, -0.0, inf, -inf, nan, nan, nan])
    assert np.signbit(functions.log1p(np.array([-0.0], dtype=dtype)))[0]
    check(functions.sigmoid, [0, inf, -inf, nan, 1e4, -1e4], [0.5, 1, 0, nan, 1, 0])
    check(functions.logit, [0.5, 0, 1, -0.1, 1.1, nan], [0, -inf, inf, nan, nan, nan])


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 100])
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_length(dtype, n):
    """The tail of a vector is computed as its body."""
    x = np.linspace(-0.9, 3, n).astype(dtype)
    for name in ("exp", "log1p", "sigmoid"):
        f = getattr(functions, name)
        np.testing.assert_array_equal(f(x), np.array([f(x[i : i + 1])[0] for i in range(n)], dtype=dtype), err_msg=name)


@pytest.mark.parametrize("dtype", DTYPES)
def test_sigmoid_and_logit(dtype):
    eps = np.finfo(dtype).eps
    z = sweep(dtype, -80, 80, 20_001)
    exact = 1 / (1 + np.exp(-z.astype(wide)))
    p = functions.sigmoid(z)
    assert np.max(np.abs(p - exact) / exact) <= 6 * eps
    slope = sweep(dtype, -8, 8, 2001)
    y = functions.sigmoid(slope)
    derivative = (
        functions.sigmoid(slope.astype(np.float64) + 1e-5) - functions.sigmoid(slope.astype(np.float64) - 1e-5)
    ) / 2e-5
    np.testing.assert_allclose(y * (1 - y), derivative, atol=1e-6)
    inner = sweep(dtype, -5, 5, 2001)
    np.testing.assert_allclose(functions.logit(functions.sigmoid(inner)), inner, rtol=0, atol=1000 * eps)
    q = sweep(dtype, 1e-6, 0.999, 20_001)
    exact = np.log(q.astype(wide)) - np.log1p(-q.astype(wide))
    assert np.max(np.abs(functions.logit(q) - exact) / (np.abs(exact) + 1)) <= 4 * eps


@pytest.mark.parametrize("K", [1, 2, 3, 4, 5, 7, 8, 10, 13, 16, 17, 33, 100])
@pytest.mark.parametrize("scale", [1, 20, 300])
@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax_rows(dtype, scale, K):
    """A few eps times (K + |z - max|), term by term."""
    eps, tiny = np.finfo(dtype).eps, np.finfo(dtype).tiny
    z = (scale * np.random.default_rng(K).normal(size=(50, K))).astype(dtype)
    e = np.exp(z.astype(wide) - z.max(axis=1, keepdims=True))
    exact = e / e.sum(axis=1, keepdims=True)
    allowed = 4 * eps * (K + np.abs(z - z.max(axis=1, keepdims=True)))
    got = functions.softmax(z, axis=1)
    assert got.dtype == dtype
    assert np.all(np.abs(got - exact) <= allowed * exact + tiny)
    log_exact = z - z.max(axis=1, keepdims=True) - np.log(e.sum(axis=1, keepdims=True))
    assert np.all(np.abs(functions.log_softmax(z, axis=1) - log_exact) <= allowed + 4 * eps * np.abs(log_exact))


@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax_axes_shapes_and_extremes(dtype):
    z = np.random.default_rng(0).normal(size=(9, 6)).astype(dtype)
    for f in (functions.softmax, functions.log_softmax):
        rows = f(z)
        np.testing.assert_array_equal(rows, f(z, axis=1))
        np.testing.assert_array_equal(rows, f(z, axis=-1))
        np.testing.assert_array_equal(f(z.T, axis=0), rows.T)
        np.testing.assert_array_equal(f(np.asfortranarray(z)), rows)
        np.testing.assert_array_equal(f(np.ascontiguousarray(z.T), axis=0), rows.T)
        np.testing.assert_array_equal(f(np.repeat(z, 2, axis=0)[::2]), rows)
        np.testing.assert_array_equal(f(z[3]), rows[3])
    far = np.array([[1e4, 0, -1e4], [-1e4, -1e4, -1e4]], dtype=dtype)
    np.testing.assert_array_equal(functions.softmax(far)[0], [1, 0, 0])
    np.testing.assert_allclose(functions.softmax(far)[1], 1 / 3, rtol=1e-6)
    np.testing.assert_allclose(functions.log_softmax(far)[0], [0, -1e4, -2e4], rtol=1e-6)
    assert np.isnan(functions.softmax(np.array([[1, np.nan, 2]], dtype=dtype))).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_out_in_place_and_strides(dtype):
    z = np.random.default_rng(1).normal(size=(12, 5)).astype(dtype)
    for name in ("exp", "sigmoid", "softmax", "log_softmax"):
        f = getattr(functions, name)
        expected = f(z)
        out = np.empty_like(z)
        assert f(z, out=out) is out
        np.testing.assert_array_equal(out, expected, err_msg=name)
        same = z.copy()
        f(same, out=same)
        np.testing.assert_array_equal(same, expected, err_msg=f"{name} in place")
        np.testing.assert_array_equal(f(z[::3, :]), expected[::3], err_msg=f"{name} of every third row")
        np.testing.assert_array_equal(z, np.random.default_rng(1).normal(size=(12, 5)).astype(dtype))


def test_integers_and_lists_are_taken_as_float64():
    assert functions.softmax([1, 2, 3]).dtype == np.float64
    np.testing.assert_allclose(functions.sigmoid([0, 1]), [0.5, 1 / (1 + np.exp(-1))], rtol=1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
def test_jacobian(dtype):
    z = np.array([0.3, -1, 2, 0.5], dtype=dtype)
    y = functions.softmax(z)
    J = functions.softmax_jacobian(y)
    np.testing.assert_allclose(J, np.diag(y) - np.outer(y, y), atol=4 * np.finfo(dtype).eps)
    step = 1e-6
    differences = [
        (functions.softmax(z.astype(float) + step * e) - functions.softmax(z.astype(float) - step * e)) / (2 * step)
        for e in np.eye(4)
    ]
    np.testing.assert_allclose(J, np.array(differences).T, atol=1e-6)
    many = functions.softmax_jacobian(np.stack([y, y[::-1]]))
    assert many.shape == (2, 4, 4)
    np.testing.assert_array_equal(many[0], J)
    np.testing.assert_array_equal(many[1], J[::-1, ::-1])


def test_one_hot():
    np.testing.assert_array_equal(functions.one_hot([2, 0, 1], 3), [[0, 0, 1], [1, 0, 0], [0, 1, 0]])
    np.testing.assert_array_equal(functions.one_hot([0, 0], 4)[:, 1:], 0)
    for codes in ([0, 3], [-1, 0]):
        with pytest.raises(ValueError, match=r"outside of 0\.\.2"):
            functions.one_hot(codes, 3)


@pytest.mark.parametrize("dtype", DTYPES)
def test_entropies(dtype):
    tolerance = {"rtol": 20 * np.finfo(dtype).eps, "atol": 0}
    p = np.array([[0.5, 0.25, 0.25], [1, 0, 0], [1 / 3, 1 / 3, 1 / 3]], dtype=dtype)
    np.testing.assert_allclose(functions.entropy(p), [1.5 * np.log(2), 0, np.log(3)], **tolerance)
    y = np.array([[0, 1, 0], [1, 0, 0], [0.5, 0.5, 0]], dtype=dtype)
    expected = [np.log(4), 0, np.log(3)]
    np.testing.assert_allclose(functions.cross_entropy(y, p), expected, **tolerance)
    np.testing.assert_allclose(functions.cross_entropy(y[0], p[0]), expected[0], **tolerance)
    assert functions.cross_entropy(np.array([[0, 1]], dtype=dtype), np.array([[1, 0]], dtype=dtype))[0] == np.inf
    t, q = np.array([1, 0, 1, 0], dtype=dtype), np.array([0.8, 0.3, 1, 0], dtype=dtype)
    assert functions.log_likelihood(t, q) == pytest.approx(np.log(0.8) + np.log(0.7), rel=1e-6)
    assert functions.log_likelihood(np.array([1], dtype=dtype), np.array([0], dtype=dtype)) == -np.inf


def test_errors():
    with pytest.raises(ValueError, match="axis"):
        functions.softmax(np.ones((2, 2)), axis=2)
    with pytest.raises(ValueError, match="out"):
        functions.softmax(np.ones((2, 3)), out=np.empty((3, 2)))
    with pytest.raises((ValueError, TypeError)):
        functions.sigmoid(np.ones(3), out=np.empty(3, dtype=np.float32))
    with pytest.raises(ValueError, match="shape"):
        functions.cross_entropy(np.ones((2, 3)), np.ones((2, 2)))
    with pytest.raises((ValueError, TypeError)):
        functions.exp(np.array([1j]))
    with pytest.raises((ValueError, TypeError)):
        functions.exp(np.array(["a"]))
