"""The encoder as an ONNX graph: vectors of words in, one vector a text out.

The twelve layers are those of BERT with XLM-R's vocabulary (Devlin et al. 2019; Wang et al. 2024,
Multilingual E5): attention, addition, normalisation, two dense layers with GELU between, addition,
normalisation; then the mean over the tokens. The looking up of words stays outside: their table is most
of the weights, and a text needs few rows.
"""

from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from casemate.knowledge.encoding.weights import Weights

Arithmetic = Literal["float32", "mixed"]
"""How the dense layers multiply: all in float32, or those that bear it in integers of eight bits.
Measured on AVX2: 59 and 50 ms for a passage of 100 tokens, cosine to float32 at least 0.9990. All
layers in eight bits would take 38 ms at cosine 0.991: too far. Weights of four bits as they come
(MatMulNBits) take 66 ms."""

_EIGHT_BITS = ("ao", "fi")
_LARGEST = 63  # 7 bits: two products of 8 bits overflow the 16-bit sums of AVX2

OPSET = 17
MICROSOFT = "com.microsoft"


class _Graph:
    """Nodes and constants as they gather."""

    def __init__(self, weights: Weights, arithmetic: Arithmetic) -> None:
        self.weights = weights
        self.arithmetic = arithmetic
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, name: str, domain: str = "", **settings: Any) -> str:
        self.nodes.append(
            helper.make_node(kind, list(inputs), [name], name, domain=domain, **settings)
        )
        return name

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def tensor(self, name: str) -> str:
        return self.constant(name, self.weights.floats(name))

    def dense(self, given: str, name: str, wide: int) -> str:
        """``given`` times a matrix of the weights, its output ``wide``, plus its bias."""
        biased = f"{name}.biased"
        bias = self.tensor(f"{name}.b")
        return self.node("Add", self._product(given, name, wide), bias, name=biased)

    def _product(self, given: str, name: str, wide: int) -> str:
        matrix = self.weights.floats(f"{name}.w").reshape(wide, -1).T
        if self.arithmetic == "float32" or name.split(".")[-1] not in _EIGHT_BITS:
            held = self.constant(f"{name}.w", matrix)
            return self.node("MatMul", given, held, name=f"{name}.product")
        scale = np.abs(matrix).max(axis=0) / _LARGEST
        held = self.constant(f"{name}.w", np.rint(matrix / scale).astype(np.int8))
        scales = self.constant(f"{name}.scale", scale.astype(np.float32))
        zero = self.constant(f"{name}.zero", np.zeros(wide, np.int8))
        return self.node(
            "DynamicQuantizeMatMul", given, held, scales, zero,
            name=f"{name}.product", domain=MICROSOFT,
        )  # fmt: skip

    def normalised(self, given: str, added: str, name: str) -> str:
        scale, shift = self.tensor(f"{name}.w"), self.tensor(f"{name}.b")
        return self.node(
            "SkipLayerNormalization", given, added, scale, shift, name=f"{name}.out",
            domain=MICROSOFT, epsilon=self.weights.sizes.epsilon,
        )  # fmt: skip

    def layer(self, given: str, number: int) -> str:
        sizes, at = self.weights.sizes, f"l{number}"
        three = [self.dense(given, f"{at}.{part}", sizes.hidden) for part in "qkv"]
        attended = self.node(
            "MultiHeadAttention", *three, "", "lengths", name=f"{at}.attended",
            domain=MICROSOFT, num_heads=sizes.heads,
        )  # fmt: skip
        seen = self.normalised(given, self.dense(attended, f"{at}.ao", sizes.hidden), f"{at}.aln")
        inner = self._product(seen, f"{at}.fi", sizes.inner)
        bias = self.tensor(f"{at}.fi.b")
        active = self.node("BiasGelu", inner, bias, name=f"{at}.active", domain=MICROSOFT)
        return self.normalised(seen, self.dense(active, f"{at}.fo", sizes.hidden), f"{at}.oln")


def encoder_graph(weights: Weights, arithmetic: Arithmetic) -> bytes:
    """The whole graph. Inputs: ``words`` [texts, tokens, hidden], vectors of words with those of
    positions added; ``lengths`` [texts], tokens that are no padding; ``shares`` [texts, 1, tokens],
    what each counts in the mean."""
    graph = _Graph(weights, arithmetic)
    sizes = weights.sizes
    first = graph.node(
        "LayerNormalization", "words", graph.tensor("emb.ln.w"), graph.tensor("emb.ln.b"),
        name="first", epsilon=sizes.epsilon,
    )  # fmt: skip
    last = first
    for number in range(sizes.layers):
        last = graph.layer(last, number)
    graph.node("MatMul", "shares", last, name="means")
    value = helper.make_tensor_value_info
    inputs = [
        value("words", TensorProto.FLOAT, ["texts", "tokens", sizes.hidden]),
        value("lengths", TensorProto.INT32, ["texts"]),
        value("shares", TensorProto.FLOAT, ["texts", 1, "tokens"]),
    ]
    outputs = [value("means", TensorProto.FLOAT, ["texts", 1, sizes.hidden])]
    body = helper.make_graph(graph.nodes, "encoder", inputs, outputs, graph.constants)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
    model = helper.make_model(body, opset_imports=opsets, ir_version=9)
    return bytes(model.SerializeToString())
