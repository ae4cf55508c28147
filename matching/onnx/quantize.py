"""Turns the products with weights of an ONNX graph into 8-bit integer products, one scale per token.

ONNX Runtime's own dynamic quantisation takes one scale per call: a text's vector would then depend on the
texts that happen to share its batch. Here each row of activations (a token) and each column of weights has
a scale of its own, which is as fast, nearer to the original, and the same in every batch.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import onnx
from onnx import helper, numpy_helper

_LEVELS = 127
_MIDDLE = 128
"""Activations are stored unsigned around this zero: the processor multiplies unsigned by signed bytes."""
_SMALLEST = 1e-12
_RUNTIME_DOMAIN = "com.microsoft"


def quantize_products(model: onnx.ModelProto) -> int:
    """Replaces, in place, every `MatMul` by a constant matrix; returns how many there were.

    x·W becomes s(x) · t(W) · [x·127/s'(x)] · [W/t(W)] with rounding in the brackets, where s and t are the
    largest magnitudes of a row of x and of a column of W, divided by 127. Embeddings, attention scores and
    norms stay in float32.
    """
    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    matrices: dict[str, onnx.TensorProto] = {}
    rows: dict[str, str] = {}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        weights = constants.get(node.input[1]) if node.op_type == "MatMul" else None
        if weights is None or len(weights.dims) != 2:
            nodes.append(node)
            continue
        source = node.input[0]
        if source not in rows:
            rows[source] = f"{source}_rows"
            nodes.extend(_rounded_rows(source, rows[source]))
        for tensor in _rounded_columns(weights):
            matrices[tensor.name] = tensor
        nodes.extend(_product(rows[source], weights.name, node.output[0]))
    if not rows:
        return 0
    replaced = sum(node.op_type == "MatMulIntegerToFloat" for node in nodes)
    del graph.node[:]
    graph.node.extend(nodes)
    _keep_used(graph, [*constants.values(), *matrices.values(), *_shared_constants()])
    model.opset_import.append(helper.make_opsetid(_RUNTIME_DOMAIN, 1))
    return replaced


def _rounded_rows(source: str, name: str) -> list[onnx.NodeProto]:
    """(…, d) floats to bytes `name`, and to `name`_scale (…, 1), by which a product is multiplied back."""
    made = helper.make_node
    return [
        made("Abs", [source], [f"{name}_size"]),
        made("ReduceMax", [f"{name}_size"], [f"{name}_largest"], axes=[-1], keepdims=1),
        made("Max", [f"{name}_largest", "quantize_smallest"], [f"{name}_bound"]),
        made("Div", [f"{name}_bound", "quantize_levels"], [f"{name}_scale"]),
        made("Div", ["quantize_levels", f"{name}_bound"], [f"{name}_gain"]),
        made("Mul", [source, f"{name}_gain"], [f"{name}_stretched"]),
        made("QuantizeLinear", [f"{name}_stretched", "quantize_one", "quantize_middle"], [name]),
    ]


def _rounded_columns(weights: onnx.TensorProto) -> Iterable[onnx.TensorProto]:
    """The matrix as signed bytes, its scale per column and its zero points."""
    values = numpy_helper.to_array(weights).astype(np.float32)
    scale = np.maximum(np.abs(values).max(axis=0) / _LEVELS, _SMALLEST).astype(np.float32)
    rounded = np.clip(np.rint(values / scale), -_LEVELS, _LEVELS).astype(np.int8)
    yield numpy_helper.from_array(rounded, f"{weights.name}_bytes")
    yield numpy_helper.from_array(scale, f"{weights.name}_scale")
    yield numpy_helper.from_array(np.zeros(len(scale), np.int8), f"{weights.name}_zero")


def _product(rows: str, weights: str, output: str) -> list[onnx.NodeProto]:
    operands = [
        rows,
        f"{weights}_bytes",
        "quantize_one",
        f"{weights}_scale",
        "quantize_middle",
        f"{weights}_zero",
    ]
    return [
        helper.make_node("MatMulIntegerToFloat", operands, [f"{output}_rounded"], domain=_RUNTIME_DOMAIN),
        helper.make_node("Mul", [f"{output}_rounded", f"{rows}_scale"], [output]),
    ]


def _shared_constants() -> list[onnx.TensorProto]:
    return [
        numpy_helper.from_array(np.array(1.0, np.float32), "quantize_one"),
        numpy_helper.from_array(np.array(_LEVELS, np.float32), "quantize_levels"),
        numpy_helper.from_array(np.array(_SMALLEST, np.float32), "quantize_smallest"),
        numpy_helper.from_array(np.array(_MIDDLE, np.uint8), "quantize_middle"),
    ]


def _keep_used(graph: onnx.GraphProto, tensors: Iterable[onnx.TensorProto]) -> None:
    """Makes those of `tensors` the constants of the graph that one of its nodes reads."""
    used = {name for node in graph.node for name in node.input}
    kept = [tensor for tensor in tensors if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
