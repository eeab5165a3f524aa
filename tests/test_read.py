"""Readers: what whole files hold, what is said of broken ones, and that nothing else happens."""

from __future__ import annotations

import gzip
import io
import struct
import subprocess
import sys
from pathlib import Path

import linclass_cpp as lc
import numpy as np
import pytest
from conftest import data_file
from linclass_cpp import datasets
from scipy import sparse
from sklearn.datasets import dump_svmlight_file, load_svmlight_file


def written(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# --------------------------------------------------------------------------------------------------------- LIBSVM


def made_svm(zero_based: bool, rows: int = 4000) -> bytes:
    """More than one piece of a file; some rows are empty."""
    X = sparse.random(rows, 300, 0.1, "csr", random_state=np.random.default_rng(0))
    X.data[:40] = 10.0 ** np.arange(-20, 20) * np.pi
    X.data[40:50] = np.arange(10)
    file = io.BytesIO()
    dump_svmlight_file(X, np.arange(rows) % 3 - 1, file, zero_based=zero_based)
    return file.getvalue()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("zero_based", [True, False])
def test_libsvm_reads_what_scikit_learn_reads(zero_based: bool, dtype: type, tmp_path: Path) -> None:
    text = made_svm(zero_based)
    assert len(text) > 2 << 20
    X, y = load_svmlight_file(io.BytesIO(text), zero_based=zero_based, n_features=300, dtype=np.float64)
    path, packed = written(tmp_path, "a.svm", text), written(tmp_path, "a.svm.gz", gzip.compress(text, 1))
    for source, threads in ((path, 1), (path, 3), (packed, 2), (io.BytesIO(text), 2)):
        X_read, y_read = datasets.read_libsvm(
            source, n_features=300, zero_based=zero_based, dtype=dtype, threads=threads
        )
        assert X_read.shape == X.shape
        assert X_read.dtype == dtype
        assert X_read.indices.dtype == np.int32
        np.testing.assert_array_equal(X_read.indptr, X.indptr)
        np.testing.assert_array_equal(X_read.indices, X.indices)
        np.testing.assert_array_equal(X_read.data, X.data.astype(dtype))
        np.testing.assert_array_equal(y_read, y.astype(int))
    assert datasets.read_libsvm(path)[0].shape == (4000, 300)  # found to begin at 0, or at 1


def test_libsvm_takes_what_the_format_allows() -> None:
    text = b"# a comment\n\n+1 1:.5 3:-2e0 # of: a row\r\n  -1\t2:+3   4:0.1 \n0\n2 4:1e-400"
    X, y = datasets.read_libsvm(io.BytesIO(text))
    np.testing.assert_array_equal(X.toarray(), [[0.5, 0, -2, 0], [0, 3, 0, 0.1], [0, 0, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_array_equal(y, [1, -1, 0, 2])
    X, y = datasets.read_libsvm(io.BytesIO(b"0.5 3000000000:2 5000000000000:7\n"))
    assert (X.shape, X.indices.tolist(), y.tolist()) == ((1, 5000000000000), [2999999999, 4999999999999], [0.5])
    long = " ".join(f"{j}:{j}" for j in range(1, 300_000))  # a line longer than several pieces
    X, y = datasets.read_libsvm(io.BytesIO(f"1 1:1\n2 {long}\n3 2:1\n".encode()))
    np.testing.assert_array_equal(np.diff(X.indptr), [1, 299_999, 1])
    assert y.tolist() == [1, 2, 3]


NUMBERS = [
    "0", "-0", "7", "007", "1.", ".5", "0.1", "123456789012345", "1234567890123456", "0.30000000000000004",
    "9007199254740993", "1e22", "1e23", "123456789012345e-22", "2.2250738585072011e-308", "4.9e-324", "3.4028235e38",
    "1.7976931348623157e308", "0.000000000000000000000123", "1.4e-45", "16777217", "0.1e1", "1E5", "1e+5",
    "00000000000000000000001.5",
]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_numbers_are_rounded_once(dtype: type) -> None:
    """As Python's float rounds, and NumPy for float32, random digits included."""
    rng = np.random.default_rng(0)
    digits = ["".join(rng.choice(list("0123456789"), size)) for size in rng.integers(1, 25, 2000)]
    points = [f"{d[:k]}.{d[k:]}" for d, k in zip(digits, rng.integers(1, 25, 2000), strict=True)]
    numbers = [t for t in [*NUMBERS, *points] if dtype is np.float64 or float(t) < 3.4e38]
    X, _ = datasets.read_libsvm(io.BytesIO("\n".join(f"1 1:{t}" for t in numbers).encode()), dtype=dtype)
    np.testing.assert_array_equal(X.data, np.array(numbers, dtype=dtype))


BROKEN_LINES = {
    "abc 1:2": "line 2, column 1: expected a label, a finite number, got 'abc'",
    "nan 1:2": "line 2, column 1: expected a label, a finite number, got 'nan'",
    "1:2 2:3": "line 2, column 1: expected a label before '1:2'",
    "1,2 1:2": "line 2, column 1: several labels '1,2': one label a row is read, not multi-label data",
    "1 qid:3 1:2": "line 2, column 3: 'qid:3' groups rows for ranking, which is not classification",
    "1 1:2 x": "line 2, column 7: expected index:value with a whole index of up to 18 digits, got 'x'",
    "1 1:2 -3:1": "got '-3:1'",
    "1 9999999999999999999:1": "whole index of up to 18 digits",
    "1 1:": "line 2, column 5: expected a finite number, got the end of the line",
    "1 1:two": "line 2, column 5: expected a finite number, got 'two'",
    "1 1:inf": "beyond the range of float64",
    "1 1:nan": "expected a finite number, got 'nan'",
    "1 1:1e999": "line 2, column 5: '1e999' is beyond the range of float64",
    "1 1:0x10": "got '0x10'",
    "1 1:+-1": "got '+-1'",
    "1 1:2:3": "got '2:3'",
    "1 2:1 2:1": "line 2, column 7: index 2 after 2: indices must increase within a row",
    "1 3:1 2:1": "index 2 after 3",
    "1 1:\x01": r"got '\x01'",
}


@pytest.mark.parametrize(("line", "said"), BROKEN_LINES.items(), ids=BROKEN_LINES)
def test_broken_libsvm_lines(line: str, said: str, tmp_path: Path) -> None:
    path = written(tmp_path, "broken.svm", f"1 1:2\n{line}\n1 1:3\n")
    with pytest.raises(lc.Error) as error:
        datasets.read_libsvm(path)
    assert str(error.value).startswith(f"{path}, line 2, column ")
    assert said in str(error.value)


def test_a_broken_line_far_into_a_file(tmp_path: Path) -> None:
    """The first of two, whichever thread meets its own first."""
    lines = made_svm(False).splitlines()
    lines[3500] = lines[3000] = b"1 1:oops"
    path = written(tmp_path, "broken.svm", b"\n".join(lines))
    with pytest.raises(lc.Error, match="line 3001, column 5: expected a finite number, got 'oops'"):
        datasets.read_libsvm(path, threads=3)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("1 1:1\n2 7:1\n", {"n_features": 6}, "line 2, column 3: index 7, but there are 6 features"),
        ("1 0:1\n2 6:1\n", {"n_features": 6}, "line 2: index 6, but there are 6 features, counted from 0"),
        ("1 1:1\n2 6:1\n", {"n_features": 6, "zero_based": True}, "line 2, column 3: index 6"),
        ("1 0:1\n", {"zero_based": False}, "line 1, column 3: index 0, but features are to be counted from 1"),
        ("# nothing\n\n", {}, "holds no rows"),
        ("", {}, "holds no rows"),
        ("1 1:1", {"dtype": np.int32}, "dtype must be float32 or float64"),
        ("1 1:1", {"zero_based": "no"}, "zero_based must be"),
        ("1 1:1e39", {"dtype": np.float32}, "'1e39' is beyond the range of float32"),
    ],
)
def test_libsvm_options_that_do_not_fit(text: str, options: dict, said: str) -> None:
    with pytest.raises(lc.Error) as error:
        datasets.read_libsvm(io.BytesIO(text.encode()), **options)
    assert said in str(error.value)


# -------------------------------------------------------------------------------------------------------- IDX, NPY

IDX_CODES = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}
ARRAY = np.arange(24).reshape(2, 3, 4)


def idx_bytes(array: np.ndarray) -> bytes:
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, IDX_CODES[array.dtype.name], array.ndim, *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


def npy_bytes(array: np.ndarray, version: tuple[int, int] | None = None) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version, allow_pickle=True)
    return file.getvalue()


@pytest.mark.parametrize("dtype", IDX_CODES)
def test_idx(dtype: str, tmp_path: Path) -> None:
    array = ARRAY.astype(dtype)
    path = written(tmp_path, "a-idx3", idx_bytes(array))
    for source in (path, written(tmp_path, "a.gz", gzip.compress(idx_bytes(array)))):
        read = datasets.read_idx(source)
        assert read.dtype == array.dtype
        np.testing.assert_array_equal(read, array)


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "<i2", ">i4", "<u4", ">i8", "<u8", "<f2", ">f4", "<f8", ">f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy(dtype: str, order: str, tmp_path: Path) -> None:
    for k, (array, version) in enumerate(
        [(ARRAY, (1, 0)), (ARRAY[0], (2, 0)), (ARRAY[0, 0], (3, 0)), (ARRAY[:0], None)]
    ):
        array = np.asarray(array.astype(dtype), order=order)
        read = datasets.read_npy(written(tmp_path, f"{k}.npy", npy_bytes(array, version)))
        assert (read.dtype, read.shape) == (array.dtype.newbyteorder("="), array.shape)
        np.testing.assert_array_equal(read, array)
        assert read.flags.writeable
    assert datasets.read_npy(io.BytesIO(npy_bytes(np.array(3.5)))) == 3.5


BROKEN_ARRAYS = [
    ("read_idx", b"", "is no IDX file"),
    ("read_idx", b"\x01\0\x08\x01", "is no IDX file"),
    ("read_idx", b"\0\0\x07\x01", "byte 3 is 7"),
    ("read_idx", b"\0\0\x08\x03\0\0", "is cut off: 3 axes need a header of 16 bytes, it has 6"),
    ("read_idx", idx_bytes(ARRAY.astype("int16"))[:-1], "48 bytes of int16 should follow the header for the shape (2,"),
    ("read_idx", idx_bytes(ARRAY.astype("int16")) + b"x", "the file is longer than its array"),
    ("read_idx", b"\0\0\x0e\x04" + b"\xff" * 16, "is beyond any memory"),
    ("read_npy", b"", "is no NPY file"),
    ("read_npy", b"\x93NUMPY\x09\0" + b"x" * 20, "version 9"),
    ("read_npy", npy_bytes(ARRAY)[:40], "is cut off within its NPY header"),
    ("read_npy", npy_bytes(ARRAY)[:-3], "the file is cut off"),
    ("read_npy", npy_bytes(ARRAY) + b"x", "the file is longer than its array"),
    ("read_npy", npy_bytes(ARRAY).replace(b"(2, 3, 4)", b"(2, 3,-4)"), "'-4' is no size of an axis"),
    ("read_npy", npy_bytes(ARRAY).replace(b"(2, 3, 4), }", b"(9" + b"9" * 9 + b",)  "), "expected"),
    ("read_npy", npy_bytes(ARRAY).replace(b"fortran", b"pascal_"), "unknown key"),
    ("read_npy", npy_bytes(np.array(["a", "b"])), "holds '<U1': only bools, integers and floats are read"),
    ("read_npy", npy_bytes(np.array([{}], dtype=object)), "(pickled objects)"),
    ("read_npy", npy_bytes(np.zeros(2, dtype=[("a", "f4")])), "it holds records"),
]  # fmt: skip


@pytest.mark.parametrize(("reader", "content", "said"), BROKEN_ARRAYS, ids=[said for *_, said in BROKEN_ARRAYS])
def test_broken_arrays(reader: str, content: bytes, said: str, tmp_path: Path) -> None:
    path = written(tmp_path, "broken", content)
    with pytest.raises(lc.Error) as error:
        getattr(datasets, reader)(path)
    assert str(path) in str(error.value)
    assert said in str(error.value)


# ------------------------------------------------------------------------------------------------------- any of them

READERS = {
    "read_libsvm": b"1 1:2.5 3:1e3\n-1 2:0.125 # c\n0\n" * 4,
    "read_idx": idx_bytes(ARRAY.astype("int16")),
    "read_npy": npy_bytes(ARRAY.astype(">f4")),
    "load_table": b"Sex,Age,Buy\nm,31,yes\nf,,no\nm,1e1,yes\n",
}


@pytest.mark.parametrize("reader", READERS)
def test_damaged_bytes_are_read_or_refused(reader: str) -> None:
    """Bytes that are cut, changed, put in and taken out: an Error or an array, nothing else."""
    if reader == "load_table":
        pytest.importorskip("polars")
    rng = np.random.default_rng(0)
    whole = READERS[reader]
    refused = 0
    for _ in range(1500 if reader != "load_table" else 150):
        damaged = bytearray(whole)
        for _ in range(rng.integers(1, 4)):
            damaged = damaged or bytearray(b"?")
            at = int(rng.integers(len(damaged)))
            kind = rng.integers(4)
            if kind == 0:
                damaged[at] = rng.integers(256)
            elif kind == 1:
                del damaged[at : at + int(rng.integers(1, 9))]
            elif kind == 2:
                damaged[at:at] = rng.bytes(int(rng.integers(1, 9)))
            else:
                del damaged[at + 1 :]
        try:
            getattr(datasets, reader)(io.BytesIO(damaged), *(["Buy"] if reader == "load_table" else []))
        except lc.Error:
            refused += 1
    assert refused > 50


@pytest.mark.parametrize("reader", READERS)
def test_files_that_do_not_open(reader: str, tmp_path: Path) -> None:
    read = getattr(datasets, reader)
    with pytest.raises(lc.Error, match="cannot read .*absent: No such file or directory"):
        read(tmp_path / "absent")
    with pytest.raises(lc.Error, match="[Ii]s a directory"):
        read(tmp_path)
    with pytest.raises(lc.Error, match="is no whole gzip file"):
        read(written(tmp_path, "cut.gz", gzip.compress(READERS[reader])[:-5]))


def test_standard_input() -> None:
    code = "import linclass_cpp as lc; X, y = lc.datasets.read_libsvm('-'); print(X.shape, y.tolist())"
    for content in (b"3 1:1 2:2\n4\n", gzip.compress(b"3 1:1 2:2\n4\n")):
        done = subprocess.run([sys.executable, "-c", code], input=content, capture_output=True, check=True)
        assert done.stdout == b"(2, 2) [3, 4]\n"


def test_mnist() -> None:
    images = datasets.read_idx(data_file("mnist/t10k-images-idx3-ubyte.gz"))
    data = datasets.load(
        data_file("mnist/t10k-images-idx3-ubyte.gz"), labels=data_file("mnist/t10k-labels-idx1-ubyte.gz")
    )
    assert (images.shape, images.dtype) == ((10000, 28, 28), np.uint8)
    assert (data.X.shape, data.X.dtype, data.X.max()) == ((10000, 784), np.float32, 1)
    assert np.bincount(data.y)[:3].tolist() == [980, 1135, 1032]


# ---------------------------------------------------------------------------------------------------------- tables

PEOPLE = "Name, Age,City,Member,Buy\nAnn,31,Rome,true,1\nBob, 2.5e1 ,Paris,false,0\n\nCid,40,Rome,TRUE,1\n"


def table(text: str, label: str | int | None = "Buy", **options: object) -> datasets.Table:
    pytest.importorskip("polars")
    return datasets.load_table(io.BytesIO(text.encode()), label, **options)


def test_table() -> None:
    read = table(PEOPLE, drop=["Name"])
    assert read.feature_names == ["Age", "City=Paris", "City=Rome", "Member"]
    np.testing.assert_array_equal(read.X, [[31, 0, 1, 1], [25, 1, 0, 0], [40, 0, 1, 1]])
    np.testing.assert_array_equal(read.y, [1, 0, 1])
    for label in (4, -1, "4"):
        np.testing.assert_array_equal(table(PEOPLE, label, drop=["Name"]).X, read.X)
    again = table("City,Age,Member\nParis,1,0\n", None, columns=read.columns)  # another order, no label
    np.testing.assert_array_equal(again.X, [[1, 1, 0, 0]])
    assert again.y is None
    np.testing.assert_array_equal(table(PEOPLE.replace(",", "\t"), drop=["Name"]).X, read.X)
    np.testing.assert_array_equal(table(PEOPLE.replace(",", ";"), drop=["Name"]).X, read.X)
    assert table("a,Buy\n1,yes\n2,no\n").y.tolist() == ["yes", "no"]
    assert table("a,b,Buy\n1,2,0\n2,3,1\n", categorical=["a"]).feature_names == ["a=1", "a=2", "b"]


def test_missing_values_are_imputed_as_in_training() -> None:
    text = "a,b,Buy\n1,x,0\n,x,1\n4,,1\n1,y,0\n"
    for impute, fill in (("mean", 2), ("median", 1), ("most_frequent", 1)):
        read = table(text, impute=impute)
        np.testing.assert_array_equal(read.X, [[1, 1, 0], [fill, 1, 0], [4, 1, 0], [1, 0, 1]])
        again = table("a,b\nNA,?\n", None, columns=read.columns)
        np.testing.assert_array_equal(again.X, [[fill, 1, 0]])


BROKEN_TABLES = [
    ("a,Buy\n1,0\n,1\n", {}, "line 3, column a: the value is missing"),
    ("a,Buy\n1,0\n2,\n", {}, "line 3, column Buy: the label is missing"),
    ("a,b,Buy\n1,2,0\n3,4\n", {}, "line 3: 2 fields, but the first line names 3 columns"),
    ("a,b,Buy\n1,2,0\n3,4,5,6\n", {}, "line 3: 4 fields, but the first line names 3 columns"),
    ("a,Buy\n1,0\n2,1\n\nx,1\n3,0\n", {}, "line 5, column a: expected a number like most of the column, got 'x'"),
    ('a,b,Buy\n1,"x\ny",0\n2,z,1\noops,z,1\n4,z,0\n', {}, "line 5, column a: expected a number"),
    ("a,Buy\n1,0\n1e999,1\n", {}, "line 3, column a: expected a finite number, got '1e999'"),
    ("a,a\n1,0\n", {"label": None}, "line 1: every column needs a name of its own"),
    ("a,Buy\n", {}, "holds no rows"),
    ("", {}, "is empty"),
    ("a,Buy\n1,0\n", {"label": "Sell"}, "has no column 'Sell'; its columns are a, Buy"),
    ("a,Buy\n1,0\n", {"label": 7}, "has no column 7"),
    ("a,Buy\n1,0\n", {"drop": ["c"]}, "has no column 'c'"),
    ("Buy\n1\n", {}, "has no column but the label"),
    ("a,Buy\nNA,0\n?,1\n", {"impute": "mean"}, "column a: every value is missing"),
    ("a,Buy\n1,0\n", {"impute": "mode"}, 'impute must be "mean", "median" or "most_frequent"'),
    ("n,Buy\n" + "".join(f"p{i},1\n" for i in range(1001)), {}, "column n: 1001 different words"),
    ("c,Buy\ny,0\n", {"columns": [datasets.Column("c", ["x"])]}, "line 2, column c: the level 'y' was not there"),
    ("c,Buy\ny,0\n", {"columns": [datasets.Column("c")]}, "line 2, column c: expected a number, got 'y'"),
    ("d,Buy\n1,0\n", {"columns": [datasets.Column("c")]}, "has no column 'c'"),
]


@pytest.mark.parametrize(("text", "options", "said"), BROKEN_TABLES, ids=[said for *_, said in BROKEN_TABLES])
def test_broken_tables(text: str, options: dict, said: str) -> None:
    with pytest.raises(lc.Error) as error:
        table(text, **{"label": "Buy", **options})
    assert said in str(error.value)


def test_text_that_is_no_utf8() -> None:
    pytest.importorskip("polars")
    with pytest.raises(lc.Error, match="line 3: byte 0xff is not UTF-8 text"):
        datasets.load_table(io.BytesIO(b"a,Buy\n1,0\n\xff,1\n"), "Buy")


def test_parquet(tmp_path: Path) -> None:
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"a": [1.5, None, 2.5], "b": ["x", "y", "x"], "c": [True, False, True], "Buy": [0, 1, 1]})
    path = tmp_path / "a.parquet"
    frame.write_parquet(path)
    with pytest.raises(lc.Error, match=r"row 1 \(counted from 0\), column a: the value is missing"):
        datasets.load_table(path, "Buy")
    read = datasets.load_table(path, "Buy", impute="mean")
    np.testing.assert_array_equal(read.X, [[1.5, 1, 0, 1], [2, 0, 1, 0], [2.5, 1, 0, 1]])
    with pytest.raises(lc.Error, match="as Parquet"):
        datasets.load_table(written(tmp_path, "cut.parquet", path.read_bytes()[:-9]), "Buy")


# --------------------------------------------------------------------------------------------------------- any file


@pytest.mark.parametrize(
    "name", ["a.csv", "a.csv.gz", "a.tsv", "a.parquet", "a.svm", "a.npy", "a.npz", "csr.npz", "a-idx2"]
)
def test_load_knows_the_format(name: str, tmp_path: Path) -> None:
    """By name and by content: the same numbers from every format."""
    X, y = np.array([[1.0, 0, 2], [0, 3, 0], [4, 0, 0], [0, 0, 1]]), np.array([0, 1, 1, 0])
    path = tmp_path / name
    rows = "".join(",".join(map(str, row)) + f",{k}\n" for row, k in zip(X.tolist(), y, strict=True))
    options: dict = {}
    if name.endswith((".csv", ".csv.gz", ".tsv", ".parquet")):
        pl = pytest.importorskip("polars")
        text = "p,q,r,y\n" + rows
        options = {"label": "y"}
        if name == "a.parquet":
            pl.read_csv(text.encode()).write_parquet(path)
        else:
            text = text.replace(",", "\t") if name == "a.tsv" else text
            path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    elif name == "a.svm":
        dump_svmlight_file(X, y, str(path), zero_based=False)
    elif name == "a.npy":
        np.save(path, np.column_stack([X, y]))
        options = {"label": -1}
    elif name == "a.npz":
        np.savez(path, X=X, y=y)
    elif name == "csr.npz":
        S = sparse.csr_array(X)
        np.savez(path, data=S.data, indices=S.indices, indptr=S.indptr, shape=S.shape, y=y)
    else:
        path.write_bytes(idx_bytes(X))
        np.save(tmp_path / "y.npy", y)
        options = {"labels": tmp_path / "y.npy"}
    for source in (path, io.BytesIO(path.read_bytes())):  # the second has no name
        data = datasets.load(source, **options)
        np.testing.assert_array_equal(data.X.toarray() if sparse.issparse(data.X) else data.X, X)
        np.testing.assert_array_equal(data.y, y)
        again = datasets.load(path, like=data.source, n_features=3)
        assert again.X.shape == (4, 3)


def test_load_says_what_it_cannot_do(tmp_path: Path) -> None:
    for content, options, said in [
        (b"\x01\x02\x03", {}, "the format cannot be told"),
        (b"1 1:2\n", {"file_format": "xls"}, "unknown format 'xls'"),
        (b"1 1:2\n", {"impute": "mean"}, "impute: for tables only"),
        (npy_bytes(np.zeros(3)), {}, "features need two axes or more"),
        (npy_bytes(np.zeros((3, 2))), {"label": 2}, "has no column 2: its 2 columns are numbered from 0"),
        (npy_bytes(np.zeros((3, 2))), {"labels": io.BytesIO(b"a\nb\n")}, "has 3 rows, but there are 2 labels"),
        (npy_bytes(np.zeros((3, 2))), {"labels": io.BytesIO(b"a\n\nb\n")}, "line 2: the label is missing"),
        (b"PK\x03\x04junk", {}, "as NPZ"),
    ]:
        with pytest.raises(lc.Error) as error:
            datasets.load(written(tmp_path, "a", content), **options)
        assert said in str(error.value)
