"""The data of the benchmarks. MNIST is found through LINCLASS_DATA (default ../shared/data beside the checkout)."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np

DATA = Path(os.environ.get("LINCLASS_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def idx(path: Path) -> np.ndarray:
    """An IDX file: two zero bytes, the type, the number of dimensions, the dimensions (big-endian), the numbers."""
    with gzip.open(path) as file:
        raw = file.read()
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def mnist(dtype: type = np.float64) -> tuple[np.ndarray, np.ndarray]:
    """X of 60000 x 784 in [0, 1], y of digits."""
    X = idx(DATA / "mnist" / "train-images-idx3-ubyte.gz").reshape(-1, 784)
    return np.ascontiguousarray(X, dtype) / dtype(255), idx(DATA / "mnist" / "train-labels-idx1-ubyte.gz").astype(
        np.int64
    )
