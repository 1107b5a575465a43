"""ONNX read strictly: the messages of a plain model, and no field beside them.

The ``onnx`` library accepts what a protocol buffer may hold: fields that nobody knows, which can carry
rows, external files, functions, subgraphs. Checking a model for all of that through the library took more
code than reading the few messages that a plain model has; onnxruntime is 60 MB of C++ that hostile bytes
would reach. So this reader knows the fields of the schema (onnx.proto3) that are needed and refuses every
other one. ``onnx_operators`` carries models out.
"""

import struct
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np

buffers: Any = import_module("wire_format")  # lies beside it in the sandbox
_MAX_NODES, _MAX_ELEMENTS = 2000, 20_000_000
_TYPES = {
    1: "<f4", 2: "<u1", 3: "<i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8", 9: "<u1", 10: "<f2",
    11: "<f8", 12: "<u4", 13: "<u8",
}  # fmt: skip
_DOMAINS = {"", "ai.onnx", "ai.onnx.ml"}
# what an operator that keeps people's rows is called
_KEEPS_ROWS = {"SVMClassifier", "SVMRegressor", "TfIdfVectorizer", "CategoryMapper", "LabelEncoder"}


def facts(data: bytes) -> dict[str, Any]:
    graph, texts = _model(data)
    operators = sorted({node["op"] for node in graph["nodes"]})
    problems = [
        f"it holds {name}, which keeps rows or values of people"
        for name in operators
        if name in _KEEPS_ROWS
    ]
    tensors = [
        {"name": name[:300], "type": str(array.dtype), "shape": list(array.shape)}
        for name, array in _all_arrays(graph)
    ]
    return {
        "problems": problems,
        "operators": operators[:200],
        "tensors": tensors[:1000],
        "texts": [text[:300] for text in texts[:100]],
        "counts": {"nodes": len(graph["nodes"])},
    }


def arrays(data: bytes) -> Iterator[tuple[str, Any]]:
    yield from _all_arrays(_model(data)[0])


def _all_arrays(graph: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from graph["constants"].items()
    for place, node in enumerate(graph["nodes"]):
        for name, value in node["attributes"].items():
            if isinstance(value, np.ndarray):
                yield f"{node['op']} {place}: {name}", value
            elif isinstance(value, list) and value and not isinstance(value[0], str):
                yield f"{node['op']} {place}: {name}", np.array(value)


def model(data: bytes) -> dict[str, Any]:
    """The graph: its nodes, constants, inputs and outputs."""
    return _model(data)[0]


def _unknown(message: str, number: int) -> ValueError:
    return ValueError(f"field {number} of {message} is not one that a plain model needs")


def _model(data: bytes) -> tuple[dict[str, Any], list[str]]:
    texts: list[str] = []
    graph = None
    version = 0
    for number, _, value in buffers.fields(data):
        if number == 7 and graph is None:
            graph = _graph(value, texts)
        elif number in (2, 3, 4, 6):
            texts.append(buffers.text(value))
        elif number == 14:
            texts.append(" = ".join(buffers.text(part) for _, _, part in buffers.fields(value)))
        elif number == 8:
            _domain(value)
        elif number == 1:
            version = value
        elif number != 5:
            raise _unknown("the model", number)
    if graph is None or not 3 <= version <= 20:
        raise ValueError("it holds no graph, or is of no known version")
    return graph, [text for text in texts if text]


def _domain(data: bytes) -> None:
    for number, _, value in buffers.fields(data):
        if number not in (1, 2):
            raise _unknown("an operator set", number)
        if number == 1 and buffers.text(value) not in _DOMAINS:
            raise ValueError("it uses operators from outside the ONNX standard")


def _graph(data: bytes, texts: list[str]) -> dict[str, Any]:
    graph: dict[str, Any] = {"nodes": [], "constants": {}, "inputs": [], "outputs": []}
    for number, _, value in buffers.fields(data):
        if number == 1:
            graph["nodes"].append(_node(value, texts))
        elif number == 5:
            name, array = _tensor(value)
            if name in graph["constants"]:
                raise ValueError("two constants have one name")
            graph["constants"][name] = array
        elif number in (2, 10):
            texts.append(buffers.text(value))
        elif number == 16:
            texts.append(" = ".join(buffers.text(part) for _, _, part in buffers.fields(value)))
        elif number in (11, 12, 13):
            name = _value_name(value, texts)
            graph.get({11: "inputs", 12: "outputs"}.get(number, ""), []).append(name)
        else:
            raise _unknown("the graph", number)
        if len(graph["nodes"]) > _MAX_NODES or len(graph["constants"]) > _MAX_NODES:
            raise ValueError("it has too many nodes or constants")
    graph["inputs"] = [name for name in graph["inputs"] if name not in graph["constants"]]
    return graph


def _value_name(data: bytes, texts: list[str]) -> str:
    name = ""
    for number, _, value in buffers.fields(data):
        if number == 1:
            name = buffers.text(value)
        elif number == 3:
            texts.append(buffers.text(value))
        elif number != 2 or len(value) > 1000:
            raise _unknown("an input or output", number)
    return name


def _node(data: bytes, texts: list[str]) -> dict[str, Any]:
    node: dict[str, Any] = {"inputs": [], "outputs": [], "op": "", "domain": "", "attributes": {}}
    for number, _, value in buffers.fields(data):
        if number in (1, 2):
            node["inputs" if number == 1 else "outputs"].append(buffers.text(value))
        elif number in (3, 6):
            texts.append(buffers.text(value))
        elif number in (4, 7):
            node["op" if number == 4 else "domain"] = buffers.text(value)
        elif number == 5:
            name, content = _attribute(value)
            node["attributes"][name] = content
        else:
            raise _unknown("a node", number)
    if node["domain"] not in _DOMAINS or not node["op"].isalnum() or len(node["op"]) > 80:
        raise ValueError("it uses an operator from outside the ONNX standard")
    return node


def _attribute(data: bytes) -> tuple[str, Any]:
    name, single, many = "", None, []
    for number, wire, value in buffers.fields(data):
        if number == 1:
            name = buffers.text(value)
        elif number == 2:
            single = struct.unpack("<f", value)[0]
        elif number == 3:
            single = buffers.signed(value)
        elif number == 4:
            single = buffers.text(value)
        elif number == 5:
            single = _tensor(value)[1]
        elif number == 7:
            many += np.frombuffer(value, dtype="<f4").tolist()
        elif number == 8:
            many += _integers(wire, value)
        elif number == 9:
            many.append(buffers.text(value))
        elif number not in (13, 20):
            raise _unknown("an attribute (a subgraph, or a sparse tensor)", number)
        elif number == 13 and value:
            raise _unknown("an attribute (words)", number)
    return name, single if single is not None else many


def _integers(wire: int, value: Any) -> list[int]:
    if wire == 0:
        return [buffers.signed(value)]
    found, at = [], 0
    while at < len(value):
        number, at = buffers.varint(value, at)
        found.append(buffers.signed(number))
    return found


def _tensor(data: bytes) -> tuple[str, Any]:
    name, kind, raw = "", 0, None
    shape: list[int] = []
    listed: list[Any] = []
    wide = {4: "<f4", 10: "<f8"}
    for number, wire, value in buffers.fields(data):
        if number == 1:
            shape += _integers(wire, value)
        elif number == 2:
            kind = value
        elif number in wide:
            listed += np.frombuffer(value, dtype=wide[number]).tolist()
        elif number in (5, 7, 11):
            listed += _integers(wire, value)
        elif number == 6:
            listed.append(buffers.text(value))
        elif number == 8:
            name = buffers.text(value)
        elif number == 9:
            raw = value
        else:
            raise _unknown("a tensor (external data, or words)", number)
    return name, _array(kind, shape, raw, listed)


def _array(kind: int, shape: list[int], raw: bytes | None, listed: list[Any]) -> Any:
    elements = 1
    for side in shape:
        if not 0 <= side <= _MAX_ELEMENTS:
            raise ValueError("a tensor's shape is larger than a model that leaves")
        elements *= side
    if elements > _MAX_ELEMENTS or len(shape) > 8:
        raise ValueError("a tensor's shape is larger than a model that leaves")
    if kind == 8:
        if len(listed) != elements:
            raise ValueError("a tensor has other elements than its shape says")
        return listed
    if kind not in _TYPES:
        raise ValueError("a tensor is of no known type")
    held = (
        np.frombuffer(raw, dtype=_TYPES[kind])
        if raw is not None
        else np.array(listed, _TYPES[kind])
    )
    if held.size != elements or (raw is not None and listed):
        raise ValueError("a tensor has other elements than its shape says")
    return held.reshape(shape)
