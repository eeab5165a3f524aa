"""The data of the benchmarks. MNIST is found through LINCLASS_DATA (default ../shared/data beside the checkout)."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from scipy.fft import dct

DATA = Path(os.environ.get("LINCLASS_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
TOLERANCES: tuple[float | None, ...] = tuple(10.0**-k for k in range(-1, 14))
CORES = len(os.sched_getaffinity(0))
Data = tuple[np.ndarray, np.ndarray]


def idx(path: Path) -> np.ndarray:
    """An IDX file: two zero bytes, the type, the number of dimensions, the dimensions (big-endian), the numbers."""
    with gzip.open(path) as file:
        raw = file.read()
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def mnist(dtype: type = np.float64) -> Data:
    """X of 60000 x 784 in [0, 1], y of digits."""
    X = idx(DATA / "mnist" / "train-images-idx3-ubyte.gz").reshape(-1, 784)
    return np.ascontiguousarray(X, dtype) / dtype(255), idx(DATA / "mnist" / "train-labels-idx1-ubyte.gz").astype(
        np.int64
    )


def iris() -> Data:
    from sklearn.datasets import load_iris

    return load_iris(return_X_y=True)


def made(n: int, d: int, K: int = 2, condition: float = 1e4, kind: str = "correlated") -> Data:
    """Normal X whose covariance has eigenvalues from 1 to 1 / condition, evenly on a logarithmic scale.

    "correlated": the eigenvectors are cosines across the columns, which all have a variance of about 1.
    "unscaled": the columns themselves, of means as large as their deviations, as in a table of metres and grams.
    Labels follow the model that is fitted, every direction of X mattering alike.
    """
    random = np.random.default_rng(0)
    X = random.normal(size=(n, d))
    if K == 2:
        scores = np.outer(X @ random.normal(size=d) * (2 / np.sqrt(d)) + 0.5, [0, 1])
    else:
        scores = X @ random.normal(size=(d, K)) * (2 / np.sqrt(d))
    y = (scores + random.gumbel(size=scores.shape)).argmax(axis=1)
    deviations = random.permutation(np.geomspace(1, condition**-0.5, d))
    if kind == "correlated":
        X *= deviations / np.sqrt(np.mean(deviations**2))
        X = dct(X, norm="ortho", overwrite_x=True, workers=CORES)
    else:
        X += 1
        X *= deviations * condition**0.25
    return np.ascontiguousarray(X), y


@dataclass(frozen=True)
class Case:
    """Logistic regression (softmax for more than two classes) with scikit-learn's C."""

    name: str
    data: Callable[[], Data]
    C: float = 1.0
    threads: int = CORES
    tolerances: tuple[float | None, ...] = TOLERANCES  # None: the defaults of each library


@cache
def groups() -> dict[str, list[Case]]:
    """The cases of the race; a group is one file of results and one table."""
    mnists = {"f64": partial(mnist, np.float64), "f32": partial(mnist, np.float32)}
    shapes = {"1e6x28": (10**6, 28), "1e5x500": (10**5, 500), "2e3x5e3": (2000, 5000)}
    conditions = ("1e2", "1e4", "1e6", "1e8")
    threads = sorted({1, 2, CORES // 2, CORES} & set(range(1, CORES + 1)))
    return {
        "default": [Case("default", mnists["f64"], tolerances=(None,))],
        "iris": [Case("iris", iris)],
        "mnist": [Case(f"mnist-C{C}-{t}", data, C) for t, data in mnists.items() for C in (0.01, 1, 100)],
        **{
            f"binary-{shape}": [
                Case(f"binary-{shape}-{kind}-{c}", partial(made, *size, condition=float(c), kind=kind))
                for kind in ("correlated", "unscaled")
                for c in conditions
            ]
            for shape, size in shapes.items()
        },
        "scaling-n": [Case(f"scaling-n-1e{k}", partial(made, 10**k, 50)) for k in (3, 4, 5, 6)],
        "scaling-d": [Case(f"scaling-d-{d}", partial(made, 20000, d)) for d in (10, 50, 250, 1250)],
        "scaling-K": [Case(f"scaling-K-{K}", partial(made, 20000, 100, K)) for K in (2, 4, 16, 64)],
        "scaling-threads": [Case(f"scaling-threads-{t}", partial(made, 10**5, 100, 10), threads=t) for t in threads],
    }
