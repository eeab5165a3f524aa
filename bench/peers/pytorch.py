from __future__ import annotations

from collections.abc import Callable

import linclass_cpp
import numpy as np
import torch

torch.set_num_threads(linclass_cpp.cpu.threads())


def epoch(X: np.ndarray, y: np.ndarray, batch: int) -> Callable[[], object]:
    """Batches cut by hand from the tensors, which is faster than a DataLoader."""
    inputs, targets = torch.from_numpy(X), torch.from_numpy(y)
    layer = torch.nn.Linear(X.shape[1], len(np.unique(y)), dtype=inputs.dtype)
    optimiser = torch.optim.SGD(layer.parameters(), lr=0.05, weight_decay=1e-4)

    def run() -> None:
        order = torch.randperm(len(targets))
        for start in range(0, len(targets), batch):
            rows = order[start : start + batch]
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(layer(inputs[rows]), targets[rows]).backward()
            optimiser.step()

    return run


def gradient(X: np.ndarray, y: np.ndarray) -> Callable[[], object]:
    inputs, targets = torch.from_numpy(X), torch.from_numpy(y)
    layer = torch.nn.Linear(X.shape[1], len(np.unique(y)), dtype=inputs.dtype)

    def run() -> None:
        layer.zero_grad()
        torch.nn.functional.cross_entropy(layer(inputs), targets).backward()

    return run
