"""Readers of files: LIBSVM, IDX and NPY by the C++ core, tables (CSV, TSV, Parquet) by polars.

>>> X, y = lc.datasets.read_libsvm("train.svm.gz")
>>> images = lc.datasets.read_idx("train-images-idx3-ubyte.gz")
>>> table = lc.datasets.load_table("people.csv", label="Buy")

A path may also be "-", standard input, or a file that is open for reading bytes; what gzip has compressed is unpacked.
A broken file is an ``Error`` that names the file, the place and what was found there.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from . import _core
from ._core import Error

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Column", "Data", "Table", "load", "load_table", "read_idx", "read_libsvm", "read_npy"]

Source: TypeAlias = "str | os.PathLike[str] | IO[bytes]"
Impute: TypeAlias = Literal["mean", "median", "most_frequent"]

# --------------------------------------------------------------------------------------------------------- bytes


def _bytes_of(path: Source) -> tuple[bytes | None, str]:
    """The bytes, unpacked, and the name for errors; None where C++ reads the file of that name itself."""
    if path == "-":
        return _unpacked(sys.stdin.buffer.read(), "standard input"), "standard input"
    if not isinstance(path, (str, os.PathLike)):
        name = str(getattr(path, "name", "the open file"))
        return _unpacked(path.read(), name), name
    name = os.fspath(path)
    if not os.path.isfile(name):
        if not os.path.exists(name) or os.path.isdir(name):
            return None, name  # C++ says what is wrong
        return _unpacked(_whole(name), name), name
    with _opened(name) as file:
        compressed = file.read(2) == b"\x1f\x8b"
    return (_unpacked(_whole(name), name) if compressed else None), name


def _opened(name: str) -> IO[bytes]:
    try:
        return open(name, "rb")
    except OSError as error:
        raise Error(f"cannot read {name}: {error.strerror}") from error


def _whole(name: str) -> bytes:
    with _opened(name) as file:
        return file.read()


def _unpacked(data: bytes, name: str) -> bytes:
    if data[:2] != b"\x1f\x8b":
        return data
    import gzip
    import zlib

    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error) as error:
        raise Error(f"{name} is no whole gzip file: {error}") from error


# ------------------------------------------------------------------------------------------------- LIBSVM, IDX, NPY


def read_libsvm(
    path: Source,
    *,
    n_features: int | None = None,
    zero_based: bool | Literal["auto"] = "auto",
    dtype: DTypeLike = np.float64,
    threads: int = 0,
) -> tuple[csr_array, NDArray[Any]]:
    """Read the text format of LIBSVM and SVMlight: a line a row, ``label index:value index:value ... # comment``.

    Parameters
    ----------
    n_features : columns of X; a larger index is an error. Default: the largest index of the file. Give it when a file
        is to fit a model that was trained on another.
    zero_based : whether the first feature has the index 0; "auto" (default): where an index 0 occurs.
    dtype : float64 or float32, of X. Each number is rounded once.
    threads : default all that the process may use.

    Returns
    -------
    X : (n, n_features) scipy.sparse.csr_array, with int32 indices where they fit
    y : (n,) labels: int64 where all are whole numbers, else float64

    Raises
    ------
    Error : a line that is not of the format, with its number, the column and what was found: several labels a row, qid,
        indices that do not increase, a number that is not finite.

    Source: Chang and Lin, LIBSVM, ACM TIST 2011.
    """
    return _libsvm(*_bytes_of(path), n_features, zero_based, dtype, threads)[:2]


def _libsvm(
    data: bytes | None,
    name: str,
    n_features: int | None,
    zero_based: bool | str,
    dtype: DTypeLike = np.float64,
    threads: int = 0,
) -> tuple[csr_array, NDArray[Any], bool]:
    from scipy.sparse import csr_array

    if np.dtype(dtype) not in (np.float32, np.float64):
        raise Error(f"dtype must be float32 or float64, got {np.dtype(dtype)}")
    base = {"auto": "auto", True: "zero", False: "one"}.get(zero_based)
    if base is None:
        raise Error(f'zero_based must be "auto", True or False, got {zero_based!r}')
    narrow = np.dtype(dtype) == np.float32
    values, indices, starts, shape, labels, from_zero = _core.read_libsvm(
        data, name, n_features or 0, base, narrow, threads
    )
    whole = labels.astype(np.int64)
    if len(values) <= np.iinfo(indices.dtype).max:  # SciPy has one type for both
        starts = starts.astype(indices.dtype)
    X = csr_array((values, indices, starts), shape=shape)
    return X, whole if np.array_equal(whole, labels) else labels, from_zero


def read_idx(path: Source) -> NDArray[Any]:
    """Read an IDX file, the format of MNIST, in its own shape and type.

    ``read_idx("train-images-idx3-ubyte.gz").reshape(60000, -1) / np.float32(255)`` are the images as rows.
    """
    return _core.read_idx(*_bytes_of(path))


def read_npy(path: Source) -> NDArray[Any]:
    """Read an NPY file of numbers or bools, in its own shape, type and order; pickled objects are refused."""
    return _core.read_npy(*_bytes_of(path))


# --------------------------------------------------------------------------------------------------------- tables


class Column(NamedTuple):
    """A column of a table and the features that it becomes: itself, or one indicator a level."""

    name: str
    levels: list[str] | None = None
    fill: float | str | None = None  # in place of a missing value

    @property
    def features(self) -> list[str]:
        return [self.name] if self.levels is None else [f"{self.name}={level}" for level in self.levels]


class Table(NamedTuple):
    """A table as numbers. ``columns`` says how it was made, and makes other tables the same way."""

    X: NDArray[np.float64]
    y: NDArray[Any] | None
    feature_names: list[str]
    columns: list[Column]
    label: str | None


_MISSING = ["", "NA", "N/A", "na", "n/a", "NaN", "nan", "null", "NULL", "None", "?"]
_TOO_MANY_LEVELS = 1000


def load_table(
    path: Source,
    label: str | int | None = None,
    *,
    categorical: Iterable[str] = (),
    drop: Iterable[str] = (),
    impute: Impute | None = None,
    separator: str | None = None,
    columns: Sequence[Column] | None = None,
    unknown: Literal["error", "zeros"] = "error",
) -> Table:
    """Read CSV, TSV or Parquet as features and labels, by polars (``pip install "linclass_cpp[parquet]"``).

    The first line of a text names the columns. A column of numbers or of true and false is one feature; a column of
    words becomes an indicator for each of its levels (one-hot), in ascending order.

    Parameters
    ----------
    label : name of the column of labels, or its number from 0 (-1 is the last); None: there is none.
    categorical : columns of numbers whose values are levels, not sizes.
    drop : columns to leave out.
    impute : in place of missing values: "mean", "median" or "most_frequent" of the column; for words always the most
        frequent level. Default: a missing value is an error. Missing are the empty field, NA, NaN, null, None and ?.
    separator : between fields of a text; default a tab where the first line has one, else a semicolon where it has one
        and no comma, else a comma.
    columns : those of the table that a model was trained on: the same columns, levels and imputed values again.
    unknown : a level that ``columns`` does not know is an "error" (default), or "zeros" in every indicator.

    Raises
    ------
    Error : a value that is missing or does not fit, with its line (Parquet: row), column and what was found.
    """
    data, name = _bytes_of(path)
    return _table(
        _whole(name) if data is None else data,
        name,
        label,
        categorical=categorical,
        drop=drop,
        impute=impute,
        separator=separator,
        columns=columns,
        unknown=unknown,
    )


def _table(
    data: bytes,
    name: str,
    label: str | int | None,
    *,
    categorical: Iterable[str] = (),
    drop: Iterable[str] = (),
    impute: Impute | None = None,
    separator: str | None = None,
    columns: Sequence[Column] | None = None,
    unknown: str = "error",
    optional: bool = False,
) -> Table:
    """``load_table`` of bytes; ``optional``: the column of labels may be absent."""
    if impute not in (None, "mean", "median", "most_frequent"):
        raise Error(f'impute must be "mean", "median" or "most_frequent", got {impute!r}')
    reader = _Reader(data, name, separator)
    target = None if label is None or (optional and label not in reader.names) else reader.named(label)
    if columns is None:
        dropped = {reader.named(column) for column in drop}
        levels = {reader.named(column) for column in categorical}
        kept = [column for column in reader.names if column != target and column not in dropped]
        columns = [reader.describe(column, column in levels, impute) for column in kept]
        if not columns:
            raise Error(f"{name} has no column but the label")
    for column in columns:
        reader.named(column.name)
    X = np.empty((reader.frame.height, sum(len(column.features) for column in columns)))
    end = 0
    for column in columns:
        begin, end = end, end + len(column.features)
        reader.fill(column, X[:, begin:end], unknown)
    y = None if target is None else reader.labels(target)
    return Table(X, y, [feature for column in columns for feature in column.features], list(columns), target)


class _Reader:
    """One table, and the sentences about its places."""

    def __init__(self, data: bytes, name: str, separator: str | None) -> None:
        try:
            import polars as pl
        except ImportError as error:
            raise Error(
                'tables are read by polars, which is missing: pip install "linclass_cpp[parquet]" (or [cli])'
            ) from error
        self.pl, self.data, self.name = pl, data, name
        self.is_text = data[:4] != b"PAR1"
        self.separator = separator or _separator(data)
        frame = self._text() if self.is_text else self._parquet()
        self.names = [str(column) for column in frame.columns]
        if not frame.height:
            raise Error(f"{name} holds no rows")
        self.frame = frame

    def _text(self) -> Any:
        """Everything as text: what a column holds is decided when all of it has been seen, and errors show the text."""
        if not self.data.strip():
            raise Error(f"{self.name} is empty")
        pl = self.pl
        try:
            frame = pl.read_csv(self.data, separator=self.separator, infer_schema=False)
        except pl.exceptions.PolarsError as error:
            self._check_lines()
            raise Error(f"cannot read {self.name} as a table: {str(error).splitlines()[0]}") from error
        header = next(self._lines())[1]
        names = [name.strip() for name in header]
        if len(set(names)) < len(names) or "" in names:
            raise Error(f"{self.name}, line 1: every column needs a name of its own, got {', '.join(header)}")
        frame.columns = names
        if frame.height and frame[names[-1]].null_count():
            self._check_lines()  # a line that ends early ends in missing fields
        blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series().to_numpy()
        frame, self.rows = frame.filter(~blank), np.flatnonzero(~blank)
        field = pl.all().str.strip_chars()
        return frame.select(pl.when(field.is_in(_MISSING)).then(None).otherwise(field).name.keep())

    def _check_lines(self) -> None:
        fields = 0
        for line, row in self._lines():
            fields = fields or len(row)
            if row and len(row) != fields:
                raise Error(
                    f"{self.name}, line {line}: {len(row)} fields, but the first line names {fields} columns "
                    f"(separated by {self.separator!r})"
                )

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """The line on which a record ends, and its fields; the header first."""
        import csv
        import io

        try:
            text = self.data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.data.count(b"\n", 0, error.start) + 1
            raise Error(f"{self.name}, line {line}: byte {error.object[error.start]:#04x} is not UTF-8 text") from error
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.separator)
        try:
            for row in reader:
                yield reader.line_num, row
        except csv.Error as error:
            raise Error(f"{self.name}, line {reader.line_num}: {error}") from error

    def _parquet(self) -> Any:
        import io

        try:
            frame = self.pl.read_parquet(io.BytesIO(self.data))
        except Exception as error:  # polars' own, and those of its decoders
            raise Error(f"cannot read {self.name} as Parquet: {str(error).splitlines()[0]}") from error
        self.rows = np.arange(frame.height)
        return frame

    def place(self, row: int, column: str) -> str:
        """Where a cell is; ``row`` counts those of the frame."""
        number = int(self.rows[row])
        if not self.is_text:
            return f"{self.name}, row {number} (counted from 0), column {column}"
        for k, (line, _) in enumerate(self._lines()):
            if k == number + 1:
                return f"{self.name}, line {line}, column {column}"
        return f"{self.name}, column {column}"

    def named(self, column: str | int) -> str:
        """The name of a column that a user gave by name or by number."""
        if isinstance(column, str) and column in self.names:
            return column
        try:
            return self.names[int(column)]
        except (ValueError, IndexError):
            shown = ", ".join(self.names[:20]) + (", ..." if len(self.names) > 20 else "")
            raise Error(f"{self.name} has no column {column!r}; its columns are {shown}") from None

    # -- columns as numbers

    def numbers(self, column: str) -> tuple[Any, Any]:
        """As float64, null where missing; and where something stands that is no number."""
        pl, values = self.pl, self.frame[column]
        if values.dtype != pl.String:
            if not (values.dtype.is_numeric() or values.dtype == pl.Boolean):
                return values, values.is_not_null()
            return values.cast(pl.Float64).fill_nan(None), values.is_null() & False
        lower = pl.col(column).str.to_lowercase()
        truth = pl.when(lower == "true").then(1.0).when(lower == "false").then(0.0)
        cast = self.frame.select(truth.otherwise(pl.col(column).cast(pl.Float64, strict=False))).to_series()
        return cast, values.is_not_null() & cast.is_null()

    def words(self, column: str) -> Any:
        values = self.frame[column]
        if values.dtype.is_nested() or values.dtype == self.pl.Binary:
            raise Error(f"{self.name}, column {column}: {values.dtype} is neither numbers nor words: drop it")
        return values.cast(self.pl.String)

    def describe(self, column: str, categorical: bool, impute: Impute | None) -> Column:
        """What a column holds, and what its missing values become."""
        values = self.frame[column]
        if values.null_count() == len(values):
            raise Error(f"{self.name}, column {column}: every value is missing: drop it")
        numbers, odd = self.numbers(column)
        if not categorical and odd.any() and 2 * odd.sum() <= len(odd) - values.null_count():
            row = int(odd.arg_max())
            raise Error(
                f"{self.place(row, column)}: expected a number like most of the column, got {values[row]!r}; "
                "name it as categorical if its values are levels"
            )
        if not categorical and not odd.any():
            if impute is None:
                return Column(column)
            fill = {"mean": numbers.mean, "median": numbers.median, "most_frequent": lambda: numbers.mode().min()}
            return Column(column, fill=float(fill[impute]()))
        words = self.words(column)
        levels = sorted(words.drop_nulls().unique().to_list())
        if len(levels) > _TOO_MANY_LEVELS and not categorical:
            raise Error(
                f"{self.name}, column {column}: {len(levels)} different words would be as many features: drop "
                "the column, or name it as categorical if that is meant"
            )
        return Column(column, levels, str(words.mode().min()) if impute else None)

    def fill(self, column: Column, X: NDArray[np.float64], unknown: str) -> None:
        """Writes the features of a column into X."""
        values = self.frame[column.name]
        if values.null_count() and column.fill is None:
            row = int(values.is_null().arg_max())
            raise Error(
                f"{self.place(row, column.name)}: the value is missing: drop such rows, or ask for values "
                "in their place (impute)"
            )
        if column.levels is None:
            numbers, odd = self.numbers(column.name)
            if odd.any():
                row = int(odd.arg_max())
                raise Error(f"{self.place(row, column.name)}: expected a number, got {values[row]!r}")
            if numbers.null_count():  # NaN of Parquet among them
                if column.fill is None:
                    row = int(numbers.is_null().arg_max())
                    raise Error(f"{self.place(row, column.name)}: the value is missing (NaN)")
                numbers = numbers.fill_null(column.fill)
            X[:, 0] = numbers.to_numpy()
            broken = ~np.isfinite(X[:, 0])
            if broken.any():
                row = int(broken.argmax())
                raise Error(f"{self.place(row, column.name)}: expected a finite number, got {values[row]!r}")
            return
        words = self.words(column.name)
        words = words if column.fill is None else words.fill_null(column.fill)
        texts = words.to_numpy().astype(str)
        X[:] = texts[:, None] == np.asarray(column.levels)
        if unknown == "error":
            unmet = ~X.any(axis=1)
            if unmet.any():
                row = int(unmet.argmax())
                known = ", ".join(column.levels[:10]) + (", ..." if len(column.levels) > 10 else "")
                raise Error(
                    f"{self.place(row, column.name)}: the level {str(texts[row])!r} was not there in training "
                    f"({known}); unknown levels can be read as zeros"
                )

    def labels(self, column: str) -> NDArray[Any]:
        values = self.frame[column]
        if values.null_count():
            raise Error(f"{self.place(int(values.is_null().arg_max()), column)}: the label is missing")
        if values.dtype != self.pl.String:
            return np.asarray(values.to_numpy())
        for kind in (self.pl.Int64, self.pl.Float64):
            numbers = values.cast(kind, strict=False)
            if not numbers.null_count():
                return np.asarray(numbers.to_numpy())
        return np.asarray(values.to_numpy(), dtype=str)


def _separator(data: bytes) -> str:
    first = data.split(b"\n", 1)[0]
    if b"\t" in first:
        return "\t"
    return ";" if b";" in first and b"," not in first else ","


# ------------------------------------------------------------------------------------------------- any file


class Data(NamedTuple):
    """X, y and names of any file; ``source``, JSON-able, has ``load(..., like=source)`` read others the same way."""

    X: Any
    y: NDArray[Any] | None
    feature_names: list[str] | None
    source: dict[str, Any]


FORMATS = ("csv", "tsv", "parquet", "libsvm", "npy", "npz", "idx")


def load(
    path: Source,
    *,
    file_format: str | None = None,
    label: str | int | None = None,
    labels: Source | None = None,
    n_features: int | None = None,
    zero_based: bool | Literal["auto"] = "auto",
    like: Mapping[str, Any] | None = None,
    **table: Any,
) -> Data:
    """Read a file of any format that this module knows, also compressed by gzip, also "-" for standard input.

    Parameters
    ----------
    file_format : "csv", "tsv", "parquet", "libsvm", "npy", "npz" or "idx"; default by the first bytes and the name.
    label : the column of labels, of a table (name or number) or of an NPY matrix (number). NPZ files hold ``X`` and
        ``y``, or ``data``, ``indices``, ``indptr``, ``shape`` and ``y`` of a CSR matrix; LIBSVM has its labels.
    labels : a file of labels for data that have none: IDX, NPY, or text with one a line.
    n_features, zero_based : of LIBSVM, see ``read_libsvm``.
    like : the ``source`` of the data that a model was trained on. ``label`` may then be absent from a table.
    table : further arguments of ``load_table``.

    Bytes (images of an IDX file) become float32 in 0..1; further axes are laid out as one row a sample.
    """
    data, name = _bytes_of(path)
    if data is None and not os.path.isfile(name):
        _core.read_npy(None, name)  # says what is wrong
    like = dict(like or {})
    kind = file_format or _format(name, data if data is not None else _head(name))
    if kind not in FORMATS:
        raise Error(f"unknown format {kind!r}: choose one of {', '.join(FORMATS)}")
    source: dict[str, Any] = {"format": kind}
    names: list[str] | None = None
    y: NDArray[Any] | None = None
    if kind not in ("csv", "tsv", "parquet"):
        given = [key for key, value in table.items() if value not in (None, (), [], "error")]
        if given:
            raise Error(f"{', '.join(given)}: for tables only, and {name} is {kind}")
    if kind == "libsvm":
        base = like.get("zero_based", zero_based)
        X, y, source["zero_based"] = _libsvm(data, name, n_features, base)
    elif kind == "npz":
        X, y = _npz(_whole(name) if data is None else data, name)
    elif kind in ("npy", "idx"):
        array = _core.read_npy(data, name) if kind == "npy" else _core.read_idx(data, name)
        X, y, source["label"] = _matrix(array, name, label if label is not None else like.get("label"), n_features)
    else:
        if kind == "tsv":
            table["separator"] = table.get("separator") or "\t"
        columns = [Column(**column) for column in like["columns"]] if "columns" in like else None
        wanted = label if label is not None else like.get("label")
        whole = _whole(name) if data is None else data
        read = _table(whole, name, wanted, columns=columns, optional=label is None and columns is not None, **table)
        X, y, names = read.X, read.y, read.feature_names
        source |= {"label": read.label, "columns": [column._asdict() for column in read.columns]}
    if labels is not None:
        if y is not None and kind != "libsvm":
            raise Error(f"{name} has labels, and so has {labels}: give one of them")
        y = _read_labels(labels)
    if y is not None and len(y) != X.shape[0]:
        raise Error(f"{name} has {X.shape[0]} rows, but there are {len(y)} labels")
    return Data(X, y, names, source)


def _head(name: str) -> bytes:
    with _opened(name) as file:
        return file.read(65536)


_BY_NAME = {".tab": "tsv", ".svm": "libsvm", ".svmlight": "libsvm", ".pq": "parquet", ".idx": "idx"}
_BY_BYTES = {b"\x93NUMPY": "npy", b"PK\x03\x04": "npz", b"PAR1": "parquet"}
_LIBSVM = re.compile(rb"[-+0-9.eE]+([ \t]+(qid:)?\d+:\S+)+[ \t\r]*(#.*)?|[-+0-9.eE]+")


def _format(name: str, head: bytes) -> str:
    for magic, kind in _BY_BYTES.items():
        if head.startswith(magic):
            return kind
    suffix = os.path.splitext(name.removesuffix(".gz"))[1].lower()
    if suffix[1:] in FORMATS or suffix in _BY_NAME:
        return _BY_NAME.get(suffix, suffix[1:])
    if len(head) >= 4 and head[:2] == b"\0\0":
        return "idx"
    lines = [line for line in head.splitlines() if line.strip() and not line.startswith(b"#")]
    if lines and b"\0" not in head:
        if _LIBSVM.fullmatch(lines[0].strip()):
            return "libsvm"
        for separator, kind in ((b"\t", "tsv"), (b",", "csv"), (b";", "csv")):
            if separator in lines[0]:
                return kind
    raise Error(
        f"{name}: the format cannot be told from the name or the first bytes: say which, one of {', '.join(FORMATS)}"
    )


def _npz(data: bytes, name: str) -> tuple[Any, NDArray[Any] | None]:
    """X, or the parts of a CSR matrix, and y."""
    import io
    import zipfile
    import zlib

    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            parts = {key: file[key] for key in file.files}
    except (ValueError, OSError, EOFError, KeyError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise Error(f"cannot read {name} as NPZ: {error}") from error
    y = parts.pop("y", None)
    if {"data", "indices", "indptr", "shape"} <= parts.keys():
        from scipy.sparse import csr_array

        try:
            X = csr_array((parts["data"], parts["indices"], parts["indptr"]), shape=tuple(parts["shape"]))
            X.check_format(full_check=True)
        except (ValueError, TypeError) as error:
            raise Error(f"{name} holds a broken CSR matrix: {error}") from error
        return X, y
    if "X" not in parts and len(parts) != 1:
        there = ", ".join(parts) or "nothing"
        raise Error(f"{name} must hold X (or data, indices, indptr and shape of a CSR matrix), has {there}")
    return _rows(parts.get("X", next(iter(parts.values()))), name), y


def _rows(array: NDArray[Any], name: str) -> NDArray[Any]:
    """One row a sample; bytes become float32 in 0..1."""
    if array.ndim < 2:
        raise Error(
            f"{name} holds an array of shape {array.shape}, but features need two axes or more: samples x features"
        )
    rows = array.reshape(len(array), -1)
    return rows / np.float32(255) if rows.dtype == np.uint8 else rows


def _matrix(
    array: NDArray[Any], name: str, label: str | int | None, n_features: int | None
) -> tuple[NDArray[Any], NDArray[Any] | None, int | None]:
    """Features, and labels if a column holds them; where the model's features are all there are, it is absent."""
    X = _rows(array, name)
    if label is None or X.shape[1] == n_features:
        return X, None, None if label is None else int(label)
    try:
        y = X[:, int(label)]
    except (ValueError, IndexError):
        raise Error(f"{name} has no column {label!r}: its {X.shape[1]} columns are numbered from 0") from None
    return np.delete(X, int(label), axis=1), y, int(label)


def _read_labels(path: Source) -> NDArray[Any]:
    data, name = _bytes_of(path)
    if data is None and not os.path.isfile(name):
        _core.read_npy(None, name)  # says what is wrong
    head = _head(name) if data is None else data
    if head[:2] == b"\0\0":
        y = _core.read_idx(data, name)
    elif head.startswith(b"\x93NUMPY"):
        y = _core.read_npy(data, name)
    else:
        text = (_whole(name) if data is None else data).decode(errors="replace")
        lines = [line.strip() for line in text.splitlines()]
        if "" in lines:
            raise Error(f"{name}, line {lines.index('') + 1}: the label is missing")
        try:
            y = np.array([int(line) for line in lines])
        except ValueError:
            y = np.array(lines)
    if y.ndim != 1:
        raise Error(f"{name} holds an array of shape {y.shape}, but labels have one axis")
    return y
