from __future__ import annotations

from collections.abc import Callable

import linclass_cpp
import numpy as np
import torch

torch.set_num_threads(linclass_cpp.cpu.threads())
VERSION = torch.__version__


def solvers(n: int, d: int, K: int) -> list[str]:
    return ["lbfgs"]


def fit(X: np.ndarray, y: np.ndarray, C: float, solver: str, tol: float) -> tuple[np.ndarray, np.ndarray]:
    """LBFGS with strong Wolfe steps over the whole data; as default what LBFGS does in one call without arguments."""
    inputs, binary = torch.from_numpy(X), y.max() == 1
    targets = torch.from_numpy(y).to(inputs.dtype) if binary else torch.from_numpy(y)
    W = torch.zeros(1 if binary else int(y.max()) + 1, X.shape[1], dtype=inputs.dtype, requires_grad=True)
    b = torch.zeros(len(W), dtype=inputs.dtype, requires_grad=True)
    options = {"line_search_fn": "strong_wolfe", "tolerance_grad": tol, "tolerance_change": 1e-16, "max_iter": 10**6}
    optimiser = torch.optim.LBFGS([W, b], **({} if solver == "default" else options))

    def value() -> torch.Tensor:
        optimiser.zero_grad()
        scores = torch.nn.functional.linear(inputs, W, b)
        if binary:
            loss = torch.nn.functional.binary_cross_entropy_with_logits(scores[:, 0], targets)
        else:
            loss = torch.nn.functional.cross_entropy(scores, targets)
        loss = loss + W.square().sum() / (2 * C * len(y))
        loss.backward()
        return loss

    optimiser.step(value)
    return W.detach().numpy(), b.detach().numpy()


def epoch(X: np.ndarray, y: np.ndarray, batch: int, update: str = "plain") -> Callable[[], object]:
    """Batches cut by hand from the tensors, which is faster than a DataLoader."""
    inputs, targets = torch.from_numpy(X), torch.from_numpy(y)
    layer = torch.nn.Linear(X.shape[1], len(np.unique(y)), dtype=inputs.dtype)
    if update == "adam":
        optimiser = torch.optim.Adam(layer.parameters(), lr=0.001, weight_decay=1e-4)
    else:
        momentum = 0.9 if update == "momentum" else 0.0
        optimiser = torch.optim.SGD(layer.parameters(), lr=0.05, weight_decay=1e-4, momentum=momentum)

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
