"""Data, storages and tolerances that the tests share."""

from __future__ import annotations

import gzip
import os
import signal
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Tests ask for more threads than the machine has: those that wait should sleep, not spin. Read when OpenMP is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import linclass_cpp as lc
import numpy as np
import pytest
from scipy import sparse

# Jobs that a shell starts in the background ignore Ctrl-C, and so would the tests of it.
signal.signal(signal.SIGINT, signal.default_int_handler)

DATA = Path(os.environ.get("LINCLASS_DATA", Path(__file__).parents[1] / ".." / "shared" / "data")).resolve()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--one-in", type=int, default=1, metavar="N", help="of each test, only every N-th of its cases")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """--one-in: a sample, for runs that are many times slower (sanitizers). Every test keeps its first case."""
    n, seen, left_out = config.getoption("--one-in"), Counter[str](), []
    for item in list(items):
        test = item.nodeid.partition("[")[0]
        if seen[test] % n:
            items.remove(item)
            left_out.append(item)
        seen[test] += 1
    config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A CPU level that this machine lacks is said loudly: its tests have not run."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = sorted({str(report.longrepr[2]) for report in skipped if "NOT TESTED" in str(report.longrepr)})
    for reason in reasons:
        terminalreporter.write_line(reason.removeprefix("Skipped: "), red=True, bold=True)


def data_file(name: str) -> Path:
    """A file of the real data sets, or a skip that says how to have it."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no {name} in {DATA}: set LINCLASS_DATA to the folder that holds it")
    return path


def idx(name: str) -> np.ndarray:
    """An IDX file of bytes: two zeros, the type, the number of dimensions, each as big-endian int32, the data."""
    raw = gzip.decompress(data_file(name).read_bytes())
    shape = np.frombuffer(raw, ">i4", count=raw[3], offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


@pytest.fixture(scope="session")
def mnist() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """X and y for training, X and y for testing; float32 in [0, 1]."""
    parts = []
    for part in ("train", "t10k"):
        images = idx(f"mnist/{part}-images-idx3-ubyte.gz")
        parts += [
            images.reshape(len(images), -1) / np.float32(255),
            idx(f"mnist/{part}-labels-idx1-ubyte.gz").astype(int),
        ]
    return parts[0], parts[1], parts[2], parts[3]


@pytest.fixture(scope="session")
def news20() -> tuple[sparse.csr_matrix, np.ndarray, sparse.csr_matrix, np.ndarray]:
    """X (CSR, float32) and y for training, X and y for testing."""
    parts = []
    for part in ("train", "test"):
        with np.load(data_file(f"news20_{part}.npz")) as f:
            parts += [sparse.csr_matrix((f["data"], f["indices"], f["indptr"]), shape=tuple(f["shape"])), f["y"]]
    return parts[0], parts[1], parts[2], parts[3]


@pytest.fixture(scope="session")
def digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return X / 16, y


@pytest.fixture(scope="session")
def iris() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_iris

    return load_iris(return_X_y=True)


# ---------------------------------------------------------------------------------------------------------- fits


def quiet_fit(X: Any, y: Any, **options: Any) -> lc.Model:
    """Fit without the warning of a run that is not meant to converge."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lc.ConvergenceWarning)
        return lc.fit(X, y, **options)


# ------------------------------------------------------------------------------------------------------ made data


def made(n: int, d: int, classes: int, seed: int = 0, zeros: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """X with some zeros, and labels that a linear map of X explains in part; every class is met when n >= classes."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    X[rng.random((n, d)) < zeros] = 0
    y = (X @ rng.normal(size=(d, classes)) + rng.normal(size=(n, classes))).argmax(axis=1)
    y[: min(n, classes)] = np.arange(min(n, classes))
    return X, y


def soft_labels(n: int, classes: int, seed: int = 0) -> np.ndarray:
    """Rows that sum to 1."""
    Y = np.random.default_rng(seed).gamma(0.3, size=(n, classes)) + 1e-3
    return Y / Y.sum(axis=1, keepdims=True)


# ------------------------------------------------------------------------------------------------------- storages


def strided(X: np.ndarray) -> np.ndarray:
    """X as every second row, and the first columns, of something larger."""
    wide = np.full((2 * X.shape[0], X.shape[1] + 3), 7, dtype=X.dtype)
    wide[::2, : X.shape[1]] = X
    return wide[::2, : X.shape[1]]


def read_only(X: np.ndarray) -> np.ndarray:
    X = np.ascontiguousarray(X).copy()
    X.flags.writeable = False
    return X


def csr(X: np.ndarray, indices: type = np.int32, starts: type = np.int64) -> sparse.csr_array:
    S = sparse.csr_array(X)
    S.indices, S.indptr = S.indices.astype(indices), S.indptr.astype(starts)
    return S


STORAGES: dict[str, Callable] = {
    "row_major": np.ascontiguousarray,
    "column_major": np.asfortranarray,
    "strided": strided,
    "csr": csr,
}
MORE_STORAGES: dict[str, Callable] = {
    **STORAGES,
    "reversed": lambda X: np.ascontiguousarray(X[::-1])[::-1],
    "column_strided": lambda X: strided(X.T).T,
    "read_only": read_only,
    "csr_int64": lambda X: csr(X, np.int64, np.int64),
    "csr_int32": lambda X: csr(X, np.int32, np.int32),
    "csr_int64_int32": lambda X: csr(X, np.int64, np.int32),
}

# ----------------------------------------------------------------------------------------------------- tolerances

TOLERANCE = {np.dtype(np.float64): 1e-12, np.dtype(np.float32): 1e-5}


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """|a - b| / |b|."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    assert a.shape == b.shape, f"shapes {a.shape} and {b.shape}"
    return float(np.linalg.norm(a - b) / max(np.linalg.norm(b), np.finfo(float).tiny))


def close(a: np.ndarray, b: np.ndarray, dtype: type, what: str = "", scale: float = 1.0) -> None:
    """|a - b| <= tolerance * scale * |b|, in the norm: 1e-12 for float64, 1e-5 for float32."""
    limit = TOLERANCE[np.dtype(dtype)] * scale
    far = distance(a, b)
    assert far <= limit, f"{what}: relative distance {far:.2e} exceeds {limit:.0e}\n{a}\n{b}"
