"""ONNX: onnxruntime gives the labels, scores and probabilities of the model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import linclass_cpp as lc
import numpy as np
import pytest
from conftest import made, quiet_fit

X, CODES = made(200, 6, 3)
NAMES = np.array(["low", "höher", "z"])[CODES]
CASES: dict[str, dict[str, Any]] = {
    "softmax": {"y": CODES, "loss": "softmax"},
    "softmax of two": {"y": CODES > 0, "loss": "softmax"},
    "softmax, strings": {"y": NAMES, "loss": "softmax"},
    "softmax, no intercept": {"y": CODES, "loss": "softmax", "fit_intercept": False},
    "binary": {"y": CODES > 0, "loss": "logistic"},
    "binary, strings": {"y": NAMES == "z", "loss": "logistic"},
    "binary, floats": {"y": (CODES > 0) * 2.0 - 1.0, "loss": "logistic"},
    "one against the rest": {"y": NAMES, "loss": "logistic"},
    "sigmoid": {"y": CODES - 7, "loss": "squared_sigmoid"},
    "labels": {"y": np.eye(3)[CODES], "loss": "logistic"},
    "one label": {"y": np.eye(3)[CODES][:, :1], "loss": "logistic"},
    "hinge": {"y": NAMES, "loss": "hinge"},
    "binary hinge": {"y": CODES == 1, "loss": "hinge"},
    "squared": {"y": CODES, "loss": "squared"},
    "perceptron": {"y": CODES, "loss": "perceptron"},
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_onnxruntime_agrees(name: str, dtype: str, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    case = dict(CASES[name])
    model = quiet_fit(X, case.pop("y"), l2=1e-3, max_iter=50, **case)
    model.to_onnx(tmp_path / "model.onnx", dtype=dtype)
    session = runtime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    for factor in (1, 1000):  # far scores too
        rows = (factor * X).astype(dtype)
        results = dict(zip((out.name for out in session.get_outputs()), session.run(None, {"X": rows}), strict=True))
        assert results["label"].tolist() == model.predict(rows).tolist()
        scores = model.decision_function(rows)
        assert results["scores"].dtype == scores.dtype
        np.testing.assert_allclose(results["scores"], scores, rtol=1e-5, atol=1e-5 * factor)
        assert ("probabilities" in results) == (model.loss in ("softmax", "logistic", "squared_sigmoid"))
        if "probabilities" in results:
            expected = model.predict_proba(rows)
            assert results["probabilities"].shape == expected.shape
            exact = model.predict_proba(rows.astype(float))
            np.testing.assert_allclose(results["probabilities"], exact, rtol=0, atol=1e-6)
    assert session.get_inputs()[0].shape == ["n", 6]


def test_what_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = lc.fit(X, CODES, l2=0.1)
    pytest.importorskip("onnx")
    with pytest.raises(lc.Error, match='dtype must be "float32" or "float64"'):
        model.to_onnx(tmp_path / "model", dtype="float16")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"linclass_cpp\[onnx\]"):
        model.to_onnx(tmp_path / "model")
