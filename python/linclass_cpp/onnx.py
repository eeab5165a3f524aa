"""A Model as an ONNX graph of plain operators (opset 17), for runtimes that know nothing of linclass_cpp."""

from __future__ import annotations

import os
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from . import _core
from .model import Model, _plain_labels

__all__ = ["to_onnx"]

_OPSET, _IR = 17, 8  # of 2022: what runtimes in use can read


def to_onnx(model: Model, path: str | os.PathLike[str], *, dtype: Literal["float32", "float64"] = "float32") -> None:
    """Write the model as ONNX; see ``Model.to_onnx``."""
    try:
        import onnx
        from onnx import TensorProto, helper, numpy_helper
    except ImportError as error:
        raise ImportError('to_onnx needs the package onnx: pip install "linclass_cpp[onnx]"') from error
    types = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}
    if dtype not in types:
        raise _core.Error(f'dtype must be "float32" or "float64", got {dtype!r}')
    kind = types[dtype]
    core = model._core
    nodes: list[Any] = []
    constants: list[Any] = []

    def constant(name: str, values: Any) -> str:
        constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def node(operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def cast(value: str, to: int, output: str) -> str:
        return node("Cast", [value], output, to=to)

    def flat(value: str, output: str) -> str:
        """One column as one axis."""
        if "one_axis" not in (each.name for each in constants):
            constant("one_axis", np.array([-1]))
        return node("Reshape", [value, "one_axis"], output)

    # scores, in double whatever the type of X
    wide = cast("X", TensorProto.DOUBLE, "X_wide")
    product = node("MatMul", [wide, constant("coef", np.array(model.coef.T, order="C"))], "product")
    z = node("Add", [product, constant("intercept", np.array(model.intercept))], "z")
    cast(flat(z, "z_flat") if core.outputs == 1 else z, kind, "scores")

    # labels
    zero = constant("zero", 0.0)
    single = core.outputs == 1 and not core.multilabel
    if core.multilabel:
        label_type = TensorProto.INT32
        cast(node("Greater", [z, zero], "positive"), label_type, "label")
    else:
        label_type = _labels(model, constants)
        if single:
            code = flat(cast(node("Greater", [z, zero], "positive"), TensorProto.INT64, "positive_code"), "code")
        else:
            code = node("ArgMax", [z], "code", axis=1, keepdims=0)
        node("Gather", ["classes", code], "label", axis=0)
    outputs = [
        helper.make_tensor_value_info("label", label_type, ["n", core.outputs] if core.multilabel else ["n"]),
        helper.make_tensor_value_info("scores", kind, ["n"] if core.outputs == 1 else ["n", core.outputs]),
    ]

    if core.has_probabilities:
        if core.loss == "softmax":
            p = node("Softmax", [z], "p", axis=1)
        elif core.multilabel:
            p = node("Sigmoid", [z], "p")
        elif single:
            other = node("Sigmoid", [node("Neg", [z], "z_negative")], "p_other")
            p = node("Concat", [other, node("Sigmoid", [z], "p_positive")], "p", axis=1)
        else:  # sigma(z_k) / sum_l sigma(z_l) = softmax(log sigma(z)), and log sigma(z) = min(z, 0) - log(1 + e^-|z|)
            decay = node("Exp", [node("Neg", [node("Abs", [z], "z_size")], "z_fall")], "decay")
            rest = node("Log", [node("Add", [decay, constant("one", 1.0)], "decay_one")], "rest")
            below = node("Min", [z, zero], "below")
            p = node("Softmax", [node("Sub", [below, rest], "log_sigma")], "p", axis=1)
        cast(p, kind, "probabilities")
        outputs.append(helper.make_tensor_value_info("probabilities", kind, ["n", core.classes]))

    graph = helper.make_graph(
        nodes, "linclass", [helper.make_tensor_value_info("X", kind, ["n", core.features])], outputs, constants
    )
    made = helper.make_model(
        graph,
        producer_name="linclass_cpp",
        producer_version=_core.__version__,
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR,
    )
    properties = {"loss": core.loss}
    if model.feature_names:
        properties["feature_names"] = "\n".join(model.feature_names)
    helper.set_model_props(made, properties)
    onnx.checker.check_model(made)
    with open(path, "wb") as file:
        file.write(made.SerializeToString())


def _labels(model: Model, constants: list[Any]) -> int:
    """Adds the classes to the constants, and says their type."""
    from onnx import TensorProto, helper, numpy_helper

    labels, kind = _plain_labels(model.classes)
    if kind == "str":
        constants.append(helper.make_tensor("classes", TensorProto.STRING, [len(labels)], labels))
        return int(TensorProto.STRING)
    array: NDArray[Any] = np.array(labels, {"int": np.int64, "float": np.float64, "bool": np.bool_}[kind])
    constants.append(numpy_helper.from_array(array, "classes"))
    return int(helper.np_dtype_to_tensor_dtype(array.dtype))
