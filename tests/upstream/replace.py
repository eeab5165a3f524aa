"""A plugin of pytest: scikit-learn's classes replaced by ours, before its test files are imported.

Reads the file of deselected tests, counts who used one of our estimators, and writes what happened as JSON.
"""

from __future__ import annotations

import fnmatch
import inspect
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sklearn.linear_model
from linclass_cpp import estimators

CLASSES = ("LogisticRegression", "Perceptron", "SGDClassifier")
made: list[str] = []  # estimators of ours in the running test
idle: list[str] = []  # tests that made none
deselected: dict[str, int] = {}

for name in CLASSES:
    kind = getattr(estimators, name)

    def counted(self, *args, _init=kind.__init__, **keywords) -> None:
        made.append(type(self).__name__)
        _init(self, *args, **keywords)

    counted.__signature__ = inspect.signature(kind.__init__)  # get_params reads it
    kind.__init__ = counted
    setattr(sklearn.linear_model, name, kind)


def patterns() -> dict[str, str]:
    """Pattern of a test's name: reason."""
    lines = (Path(__file__).parent / "deselected.txt").read_text().splitlines()
    pairs = [line.split(": ", 1) for line in lines if line and not line.startswith("#")]
    return dict(pairs)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    reasons = patterns()
    kept, dropped = [], []
    for item in items:
        name = f"{Path(item.path).stem}::{item.name}"
        pattern = next((p for p in reasons if fnmatch.fnmatchcase(name, p)), None)
        (kept if pattern is None else dropped).append(item)
        if pattern is not None:
            deselected[pattern] = deselected.get(pattern, 0) + 1
    config.hook.pytest_deselected(items=dropped)
    items[:] = kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    made.clear()
    yield
    if not made:
        idle.append(item.name)


def pytest_sessionfinish(session: pytest.Session) -> None:
    path = os.environ.get("UPSTREAM_RESULT")
    if path:
        Path(path).write_text(json.dumps({"deselected": deselected, "idle": idle}))
