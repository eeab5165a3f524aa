"""The formulas of linear classification on arrays: C++ inside, float32 and float64, scalars and lists as well.

``out`` is a writable array of the result's shape and type; it may be the input. Arrays of any strides are accepted
(those that are neither contiguous in C's nor in Fortran's order cost a copy); other real types are computed in float64,
float16 in float32. Errors are of type ``linclass_cpp.Error``, a ValueError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _core
from ._admit import _float_type
from ._core import Error

__all__ = [
    "cross_entropy",
    "entropy",
    "exp",
    "log1p",
    "log_likelihood",
    "log_softmax",
    "logit",
    "one_hot",
    "sigmoid",
    "softmax",
    "softmax_jacobian",
]

Floats: TypeAlias = NDArray[Any]


def _floats(x: ArrayLike, what: str) -> Floats:
    """x as float32 or float64, contiguous in C's or Fortran's order."""
    array = np.asarray(x)
    array = array.astype(_float_type(array.dtype, what), copy=False)
    if not (array.flags.c_contiguous or array.flags.f_contiguous) or not array.flags.aligned:
        array = np.array(array, order="C")
    return array


def _check_out(out: Floats, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if not isinstance(out, np.ndarray) or out.shape != shape or out.dtype != dtype or not out.flags.writeable:
        got = f"{out.dtype} of shape {out.shape}" if isinstance(out, np.ndarray) else type(out).__name__
        raise Error(f"out must be a writable array of {dtype} and shape {shape}, got {got}")


def _deliver(result: Floats, out: Floats | None) -> Any:
    """The result in ``out`` where it was asked for, as a scalar where the input was one."""
    if out is None:
        return result if result.ndim else result[()]
    if out is not result:
        np.copyto(out, result)
    return out


def _elementwise(function: Callable[[Floats, Floats], None], x: ArrayLike, out: Floats | None) -> Any:
    array = _floats(x, "x")
    if out is not None:
        _check_out(out, array.shape, array.dtype)
    direct = out is not None and out.strides == array.strides
    result = out if direct and out is not None else np.empty_like(array)
    function(array, result)
    return _deliver(result, out)


def _rows(z: ArrayLike, axis: int) -> tuple[Floats, Floats]:
    """z with ``axis`` last, and the same memory as a matrix whose rows are the vectors."""
    array = _floats(z, "z")
    if not -array.ndim <= axis < array.ndim:
        raise Error(f"axis {axis} does not exist in an array of shape {array.shape}")
    moved = np.moveaxis(array, axis, -1)
    if moved.ndim > 2 and not moved.flags.c_contiguous:
        moved = np.ascontiguousarray(moved)
    rows = (
        moved
        if moved.ndim == 2
        else moved.reshape(-1, moved.shape[-1])
        if moved.size
        else moved.reshape(0, moved.shape[-1])
    )
    return moved, rows


def _vectorwise(function: Callable[[Floats, Floats], None], z: ArrayLike, axis: int, out: Floats | None) -> Any:
    moved, rows = _rows(z, axis)
    shape = np.moveaxis(moved, -1, axis).shape
    if out is not None:
        _check_out(out, shape, moved.dtype)
        target = np.moveaxis(out, axis, -1)
        if target.ndim == 2 and target.strides == rows.strides:
            function(rows, target)
            return out
    result = np.empty_like(rows)  # of the same strides
    function(rows, result)
    return _deliver(np.moveaxis(result.reshape(moved.shape), -1, axis), out)


def exp(x: ArrayLike, *, out: Floats | None = None) -> Any:
    """e^x to 2 ulp, elementwise."""
    return _elementwise(_core.exp, x, out)


def log1p(x: ArrayLike, *, out: Floats | None = None) -> Any:
    """log(1 + x) to 2 ulp, elementwise; -inf at -1, NaN below."""
    return _elementwise(_core.log1p, x, out)


def sigmoid(z: ArrayLike, *, out: Floats | None = None) -> Any:
    """sigma(z) = 1 / (1 + exp(-z)), elementwise."""
    return _elementwise(_core.sigmoid, z, out)


def logit(p: ArrayLike, *, out: Floats | None = None) -> Any:
    """log(p / (1 - p)), the inverse of sigmoid, elementwise; -inf at 0, inf at 1, NaN outside of [0, 1]."""
    return _elementwise(_core.logit, p, out)


def softmax(z: ArrayLike, axis: int = -1, *, out: Floats | None = None) -> Floats:
    """exp(z_k) / sum_l exp(z_l) along ``axis``; never overflows."""
    result: Floats = _vectorwise(_core.softmax, z, axis, out)
    return result


def log_softmax(z: ArrayLike, axis: int = -1, *, out: Floats | None = None) -> Floats:
    """z_k - log sum_l exp(z_l) along ``axis``; finite while z is."""
    result: Floats = _vectorwise(_core.log_softmax, z, axis, out)
    return result


def softmax_jacobian(y: ArrayLike, *, out: Floats | None = None) -> Floats:
    """J_kl = y_k (1{k = l} - y_l) at y = softmax(z), for each vector of the last axis: shape (..., K, K)."""
    moved, rows = _rows(y, -1)
    shape = (*moved.shape, moved.shape[-1])
    jacobian: Floats = _reduced(_core.softmax_jacobian, (rows,), shape, out)
    return jacobian


def entropy(p: ArrayLike, axis: int = -1, *, out: Floats | None = None) -> Any:
    """-sum_k p_k log p_k along ``axis`` (natural logarithm), with 0 log 0 = 0."""
    moved, rows = _rows(p, axis)
    return _reduced(_core.entropy, (rows,), moved.shape[:-1], out)


def cross_entropy(y: ArrayLike, p: ArrayLike, axis: int = -1, *, out: Floats | None = None) -> Any:
    """-sum_k y_k log p_k along ``axis`` (natural logarithm), with 0 log 0 = 0; y and p of one shape."""
    moved, rows_y, rows_p = _pair(y, p, axis)
    return _reduced(_core.cross_entropy, (rows_y, rows_p), moved.shape[:-1], out)


def log_likelihood(y: ArrayLike, p: ArrayLike) -> float:
    """sum_i y_i log p_i + (1 - y_i) log(1 - p_i) over all entries (Bernoulli), with 0 log 0 = 0."""
    _, rows_y, rows_p = _pair(np.ravel(np.asarray(y)), np.ravel(np.asarray(p)), -1)
    return _core.log_likelihood(rows_y, rows_p)


def one_hot(
    codes: ArrayLike, classes: int | None = None, dtype: Any = np.float64, *, out: Floats | None = None
) -> Floats:
    """1 at the code, 0 elsewhere: (n,) whole numbers to (n, classes), by default one more than the largest code."""
    array = np.asarray(codes)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise Error(f"codes must be whole numbers on one axis, got {array.dtype} of shape {array.shape}")
    if classes is None:
        classes = int(array.max()) + 1 if array.size else 0
    shape = (len(array), classes)
    if out is not None:
        _check_out(out, shape, out.dtype)
    result = np.empty(shape, dtype=dtype) if out is None or not out.flags.c_contiguous else out
    limits = np.iinfo(np.int32)
    _core.one_hot(array.clip(limits.min, limits.max).astype(np.int32), result)
    answer: Floats = _deliver(result, out)
    return answer


def _pair(y: ArrayLike, p: ArrayLike, axis: int) -> tuple[Floats, Floats, Floats]:
    """Two arrays of one shape, type and strides, as rows."""
    a, b = _floats(y, "y"), _floats(p, "p")
    if a.shape != b.shape:
        raise Error(f"y and p must have one shape, got {a.shape} and {b.shape}")
    wanted = np.result_type(a, b)
    if a.dtype != b.dtype or a.strides != b.strides:
        a, b = np.ascontiguousarray(a, dtype=wanted), np.ascontiguousarray(b, dtype=wanted)
    moved, rows = _rows(a, axis)
    return moved, rows, _rows(b, axis)[1]


def _reduced(
    function: Callable[..., None], inputs: tuple[Floats, ...], shape: tuple[int, ...], out: Floats | None
) -> Any:
    """One result a vector, contiguous, then brought where it was asked for."""
    dtype = inputs[0].dtype
    if out is not None:
        _check_out(out, shape, dtype)
    result = out if out is not None and out.flags.c_contiguous else np.empty(shape, dtype=dtype)
    function(*inputs, result)
    return _deliver(result, out)
