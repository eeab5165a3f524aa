"""What C++ cannot see: types of numbers, frames, sparse formats, labels. Values are checked in C++.

Everything returns arrays that ``_core`` takes as they lie in memory, and how many copies that cost (none for float32
and float64 in rows, in columns or in CSR).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ._core import Error

Array: TypeAlias = NDArray[Any]
Sparse: TypeAlias = tuple[Array, Array, Array, tuple[int, int]]  # data, indices, indptr, shape


def _is_sparse(X: Any) -> bool:
    return hasattr(X, "format") and hasattr(X, "tocsr")


def _is_frame(X: Any) -> bool:
    return hasattr(X, "to_numpy") and hasattr(X, "columns")


def _array(values: Any, what: str) -> tuple[Array, int]:
    """An ndarray and 1 if its numbers had to be copied."""
    if isinstance(values, np.ma.MaskedArray):
        raise Error(
            f"{what} is a masked array, and masks are not looked at: use {what}.filled(...), or drop the masked rows"
        )
    if _is_sparse(values):
        raise Error(f"{what} is a sparse matrix, but must be dense: use {what}.toarray()")
    if isinstance(values, np.ndarray):
        return np.asarray(values), 0
    if _is_frame(values):
        array = np.asarray(values.to_numpy())
        first = np.asarray(values[values.columns[0]].to_numpy()) if array.size else array
        return array, int(
            not np.may_share_memory(array, first)
        )  # columns of several types, or in several blocks, are put together
    if hasattr(values, "to_numpy"):
        return np.asarray(values.to_numpy()), 0
    try:
        return np.asarray(values), int(not hasattr(values, "__array__") and not hasattr(values, "__array_interface__"))
    except ValueError as error:
        raise Error(f"{what} must be an array of numbers, got something ragged: {error}") from error


def _float_type(dtype: np.dtype[Any], what: str) -> type[np.floating[Any]]:
    """The type to compute in: float32 for float32 and float16, float64 for the rest."""
    kinds = {
        "c": "complex numbers",
        "O": "Python objects",
        "U": "strings",
        "S": "bytes",
        "M": "dates",
        "m": "time differences",
    }
    if dtype.kind not in "biuf":
        raise Error(
            f"{what} must hold real numbers, got {kinds.get(dtype.kind, 'records')} (dtype {dtype}): "
            "convert or encode them first"
        )
    return np.float32 if dtype.kind == "f" and dtype.itemsize <= 4 else np.float64


def _fits(array: Array) -> bool:
    """Whether C++ can read a float matrix where it lies: rows or columns contiguous, whole elements apart."""
    size, (down, across), (rows, columns) = array.itemsize, array.strides, array.shape
    contiguous = across == size or down == size or rows <= 1 or columns <= 1
    return contiguous and down % size == 0 and across % size == 0 and array.flags.aligned and array.dtype.isnative


def _matrix(array: Array, copies: int, what: str) -> tuple[Array, int]:
    """A float matrix that C++ reads as it is."""
    wanted = _float_type(array.dtype, what)
    if array.dtype.type is wanted and _fits(array):
        return array, copies
    return np.array(array, dtype=wanted, order="F" if array.flags.f_contiguous else "C"), 1


def features(X: Any) -> tuple[Array | Sparse, int]:
    """X of n samples x d features."""
    if _is_sparse(X):
        return _sparse(X)
    array, copies = _array(X, "X")
    if array.ndim != 2:
        hint = ": for one sample use X.reshape(1, -1), for one feature X.reshape(-1, 1)" if array.ndim == 1 else ""
        raise Error(f"X must have two axes, samples x features, got shape {array.shape}{hint}")
    return _matrix(array, copies, "X")


def feature_names(X: Any) -> list[str] | None:
    """The columns of a frame where all are named by strings."""
    if not _is_frame(X):
        return None
    names = list(X.columns)
    return names if all(isinstance(name, str) for name in names) else None


def _sparse(X: Any) -> tuple[Sparse, int]:
    if len(X.shape) != 2:
        raise Error(f"X must have two axes, samples x features, got shape {X.shape}")
    wanted = _float_type(X.dtype, "X")
    copies = int(X.format != "csr" or X.dtype.type is not wanted)
    X = X.tocsr()
    parts = [np.asarray(part) for part in (X.data, X.indices, X.indptr)]
    data, indices, starts = (np.ascontiguousarray(part) for part in parts)
    copies = max(copies, int(data is not parts[0]))
    data = data.astype(wanted, copy=False)
    rows, columns = X.shape
    return (data, indices, starts, (int(rows), int(columns))), copies


def numbers(values: Any, what: str) -> tuple[NDArray[np.float64] | None, int]:
    """sample_weight, penalty_scale or w: float64, contiguous, of any shape."""
    if values is None:
        return None, 0
    array, copies = _array(values, what)
    _float_type(array.dtype, what)
    packed = np.ascontiguousarray(array, dtype=np.float64).reshape(array.shape)
    packed = packed if packed.flags.aligned else packed.copy()
    return packed, max(copies, int(not np.may_share_memory(packed, array)))


def per_item(values: Any, what: str) -> tuple[NDArray[np.float64] | None, int]:
    """sample_weight or penalty_scale: one axis."""
    array, copies = numbers(values, what)
    if array is not None and array.ndim != 1:
        raise Error(f"{what} must have one axis, got shape {array.shape}")
    return array, copies


def targets(y: Any, classes: Any = None) -> tuple[Array, Array, int]:
    """Codes or a matrix for C++, the classes that codes (or columns) stand for, and copies of a matrix.

    One axis holds labels: numbers, strings or bools, whose classes are the sorted distinct ones, or ``classes`` where
    given. Two axes hold a column a class: indicators, or probabilities.
    """
    if _is_sparse(y):
        y = y.toarray()
        copied = 1
    else:
        y, copied = _array(y, "y")
    if y.ndim == 2:
        if y.dtype.kind in "biu":  # 0 and 1 are exact in the smaller type
            y, copied = y.astype(np.float32, order="C"), 1
        y, copied = _matrix(y, copied, "y")
        if y.shape[1] > 1 and y.strides[1] != y.itemsize:
            y, copied = np.ascontiguousarray(y), 1
        columns = np.arange(y.shape[1]) if classes is None else np.asarray(classes)
        if columns.shape != (y.shape[1],):
            raise Error(f"y has {y.shape[1]} columns, but classes has shape {columns.shape}")
        return y, columns, copied
    if y.ndim != 1:
        raise Error(f"y must have one axis (labels) or two (a column a class), got shape {y.shape}")
    _check_labels(y)
    labels, codes = _codes(y) if classes is None else _codes_of(y, np.asarray(classes))
    return codes, labels, 0


def class_labels(classes: Any) -> Array:
    """The classes that a Trainer is told before it sees any."""
    labels = np.asarray(classes)
    if labels.ndim != 1 or len(np.unique(labels)) != len(labels):
        raise Error(f"classes must be distinct labels on one axis, got {classes!r}")
    _check_labels(labels)
    return labels


def _check_labels(y: Array) -> None:
    if y.dtype.kind not in "biufUSOM":
        raise Error(f"y must hold labels: numbers, strings or bools, got dtype {y.dtype}")
    if y.dtype.kind in "fOM":
        missing = (
            y != y if y.dtype.kind != "O" else np.array([label is None or label != label for label in y], dtype=bool)
        )
        if missing.any():
            raise Error(
                f"y holds a missing label (NaN or None), first in row {int(missing.argmax())} (counted from 0): "
                "drop such rows"
            )
    if y.dtype.kind == "f":
        broken = y != np.floor(y)
        if broken.any():
            row = int(broken.argmax())
            raise Error(
                f"y holds numbers that are no class labels, first {y[row]} in row {row} (counted from 0): "
                "labels are whole numbers or strings, probabilities a matrix of a column a class"
            )


def _codes(y: Array) -> tuple[Array, Array]:
    """np.unique(y, return_inverse=True), without sorting where labels are whole numbers close together."""
    low, span = (int(y.min()), int(y.max()) - int(y.min())) if y.dtype.kind in "iu" and y.size else (0, 65536)
    if span < 65536:
        if y.dtype == np.int32 and low == 0 and y.flags.c_contiguous and y.flags.aligned and y.dtype.isnative:
            codes = y  # codes already, if none is missing
        else:
            codes = np.empty(y.shape, dtype=np.int32)
            np.subtract(y, y.dtype.type(low), out=codes, dtype=np.int64, casting="unsafe")
        # the least and the largest occur
        present = np.bincount(codes) > 0 if span > 1 else np.ones(span + 1, dtype=bool)
        labels = np.flatnonzero(present).astype(y.dtype) + y.dtype.type(low)
        return labels, codes if present.all() else (np.cumsum(present, dtype=np.int32) - np.int32(1))[codes]
    try:
        labels, inverse = np.unique(y, return_inverse=True)
    except TypeError as error:
        raise Error(f"y holds labels that do not compare with each other: {error}") from error
    return labels, inverse.astype(np.int32).reshape(y.shape)


def _codes_of(y: Array, labels: Array) -> tuple[Array, Array]:
    """The place of each label of y among given labels."""
    order = np.argsort(labels)
    places = np.minimum(np.searchsorted(labels, y, sorter=order), len(labels) - 1)
    codes = order[places]
    unknown = labels[codes] != y
    if np.any(unknown):
        row = int(np.argmax(unknown))
        raise Error(
            f"y holds the label {y.item(row)!r} in row {row} (counted from 0), "
            f"which is not among the classes {labels.tolist()}"
        )
    return labels, codes.astype(np.int32)
