"""ONNX read strictly, and carried out for the few operators that need no library.

The messages are protocol buffers; this reader knows the fields of the ONNX schema (onnx.proto3) that a
plain model needs and refuses every other one, so that nothing travels in a field nobody looks at.
Custom operators, functions, subgraphs and external data are refused. ``evaluate`` covers linear models,
multilayer perceptrons and trees; another operator is said to be unknown.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

_MAX_NODES, _MAX_FIELDS, _MAX_TEXT = 2000, 200_000, 4096
_MAX_ELEMENTS = 20_000_000
_TYPES = {
    1: "<f4", 2: "<u1", 3: "<i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8", 9: "<u1", 10: "<f2",
    11: "<f8", 12: "<u4", 13: "<u8",
}  # fmt: skip
_DOMAINS = {"", "ai.onnx", "ai.onnx.ml"}
# what an operator that keeps people's rows is called
_KEEPS_ROWS = {"SVMClassifier", "SVMRegressor", "TfIdfVectorizer", "CategoryMapper", "LabelEncoder"}
Field = tuple[int, int, Any]


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
        "counts": {
            "nodes": len(graph["nodes"]),
            "unknown": sum(name not in _DO for name in operators),
        },
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


# Reading: protocol buffers


def _fields(data: bytes) -> Iterator[Field]:
    at, count = 0, 0
    while at < len(data):
        count += 1
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        value: Any
        if count > _MAX_FIELDS or not number:
            raise ValueError("a message has too many fields, or one without a number")
        if wire == 0:
            value, at = _varint(data, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            value, at = data[at : at + size], at + size
        elif wire == 2:
            size, at = _varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            raise ValueError("a field is of no known wire type")
        if at > len(data):
            raise ValueError("a field reaches past the end of its message")
        yield number, wire, value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & (2**64 - 1), at
    raise ValueError("a number in it has no end")


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value


def _text(value: Any) -> str:
    if not isinstance(value, bytes) or len(value) > _MAX_TEXT:
        raise ValueError("a text in it is too long, or none")
    return value.decode()


def _unknown(message: str, number: int) -> ValueError:
    return ValueError(f"field {number} of {message} is not one that a plain model needs")


def _model(data: bytes) -> tuple[dict[str, Any], list[str]]:
    texts: list[str] = []
    graph = None
    version = 0
    for number, _, value in _fields(data):
        if number == 7 and graph is None:
            graph = _graph(value, texts)
        elif number in (2, 3, 4, 6):
            texts.append(_text(value))
        elif number == 14:
            texts.append(" = ".join(_text(part) for _, _, part in _fields(value)))
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
    for number, _, value in _fields(data):
        if number not in (1, 2):
            raise _unknown("an operator set", number)
        if number == 1 and _text(value) not in _DOMAINS:
            raise ValueError("it uses operators from outside the ONNX standard")


def _graph(data: bytes, texts: list[str]) -> dict[str, Any]:
    graph: dict[str, Any] = {"nodes": [], "constants": {}, "inputs": [], "outputs": []}
    for number, _, value in _fields(data):
        if number == 1:
            graph["nodes"].append(_node(value, texts))
        elif number == 5:
            name, array = _tensor(value)
            if name in graph["constants"]:
                raise ValueError("two constants have one name")
            graph["constants"][name] = array
        elif number in (2, 10):
            texts.append(_text(value))
        elif number == 16:
            texts.append(" = ".join(_text(part) for _, _, part in _fields(value)))
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
    for number, _, value in _fields(data):
        if number == 1:
            name = _text(value)
        elif number == 3:
            texts.append(_text(value))
        elif number != 2 or len(value) > 1000:
            raise _unknown("an input or output", number)
    return name


def _node(data: bytes, texts: list[str]) -> dict[str, Any]:
    node: dict[str, Any] = {"inputs": [], "outputs": [], "op": "", "domain": "", "attributes": {}}
    for number, _, value in _fields(data):
        if number in (1, 2):
            node["inputs" if number == 1 else "outputs"].append(_text(value))
        elif number in (3, 6):
            texts.append(_text(value))
        elif number in (4, 7):
            node["op" if number == 4 else "domain"] = _text(value)
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
    for number, wire, value in _fields(data):
        if number == 1:
            name = _text(value)
        elif number == 2:
            single = struct.unpack("<f", value)[0]
        elif number == 3:
            single = _signed(value)
        elif number == 4:
            single = _text(value)
        elif number == 5:
            single = _tensor(value)[1]
        elif number == 7:
            many += np.frombuffer(value, dtype="<f4").tolist()
        elif number == 8:
            many += _integers(wire, value)
        elif number == 9:
            many.append(_text(value))
        elif number not in (13, 20):
            raise _unknown("an attribute (a subgraph, or a sparse tensor)", number)
        elif number == 13 and value:
            raise _unknown("an attribute (words)", number)
    return name, single if single is not None else many


def _integers(wire: int, value: Any) -> list[int]:
    if wire == 0:
        return [_signed(value)]
    found, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        found.append(_signed(number))
    return found


def _tensor(data: bytes) -> tuple[str, Any]:
    name, kind, raw = "", 0, None
    shape: list[int] = []
    listed: list[Any] = []
    wide = {4: "<f4", 10: "<f8"}
    for number, wire, value in _fields(data):
        if number == 1:
            shape += _integers(wire, value)
        elif number == 2:
            kind = value
        elif number in wide:
            listed += np.frombuffer(value, dtype=wide[number]).tolist()
        elif number in (5, 7, 11):
            listed += _integers(wire, value)
        elif number == 6:
            listed.append(_text(value))
        elif number == 8:
            name = _text(value)
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


# Carrying out


def evaluate(data: bytes, rows: Any) -> Any:
    """What the model says of each row: a column for a number, one for each class for probabilities."""
    graph = _model(data)[0]
    values = dict(graph["constants"])
    values.update(_inputs(graph["inputs"], rows))
    with np.errstate(all="ignore"):
        for node in graph["nodes"]:
            do = _DO.get(node["op"])
            if do is None:
                raise ValueError(f"the operator {node['op']} is not one that is carried out here")
            given = [values[name] for name in node["inputs"] if name]
            found = do(node["attributes"], *given)
            results = found if isinstance(found, tuple) else (found,)
            values.update(zip(node["outputs"], results, strict=False))
    said = [np.asarray(values[name]) for name in graph["outputs"] if name in values]
    numbers = [one.reshape(len(rows), -1) for one in said if one.dtype.kind == "f" and one.size]
    if not numbers:
        raise ValueError("it gives no number for a row")
    return max(numbers, key=lambda one: one.shape[1])


def _inputs(names: list[str], rows: Any) -> dict[str, Any]:
    if len(names) == 1:
        return {names[0]: rows.astype("<f4")}
    if len(names) != rows.shape[1]:
        raise ValueError("it has other inputs than features are declared")
    return {name: rows[:, [place]].astype("<f4") for place, name in enumerate(names)}


def _gemm(at: dict[str, Any], a: Any, b: Any, c: Any = 0.0) -> Any:
    a, b = (a.T if at.get("transA") else a), (b.T if at.get("transB") else b)
    return at.get("alpha", 1.0) * (a @ b) + at.get("beta", 1.0) * c


def _softmax(at: dict[str, Any], x: Any) -> Any:
    raised = np.exp(x - x.max(axis=at.get("axis", -1), keepdims=True))
    return raised / raised.sum(axis=at.get("axis", -1), keepdims=True)


def _sigmoid(_: dict[str, Any], x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _after(scores: Any, how: Any) -> Any:
    if how in (None, "NONE", []):
        return scores
    if how == "LOGISTIC":
        return _sigmoid({}, scores)
    if how == "SOFTMAX":
        return _softmax({}, scores)
    raise ValueError("it turns scores into probabilities in a way that is not carried out here")


def _linear(at: dict[str, Any], x: Any) -> Any:
    weights = np.array(at["coefficients"], dtype="<f8").reshape(-1, x.shape[1])
    return x @ weights.T + np.array(at.get("intercepts") or [0.0])


def _linear_classifier(at: dict[str, Any], x: Any) -> tuple[Any, Any]:
    scores = _linear(at, x)
    if scores.shape[1] == 1:
        scores = np.concatenate([-scores, scores], axis=1)
    scores = _after(scores, at.get("post_transform"))
    return scores.argmax(axis=1), scores


def _trees(at: dict[str, Any]) -> dict[tuple[int, int], tuple[str, int, float, int, int]]:
    parts = "treeids nodeids modes featureids values truenodeids falsenodeids"
    columns = [f"nodes_{part}" for part in parts.split()]
    return {
        (tree, node): (mode, feature, value, yes, no)
        for tree, node, mode, feature, value, yes, no in zip(
            *(at[name] for name in columns), strict=True
        )
    }


def _leaves(at: dict[str, Any], x: Any) -> Iterator[tuple[int, Any]]:
    """(tree, the leaf of each row): the rows go down together, level by level."""
    nodes = _trees(at)
    compare: dict[str, Callable[[Any, Any], Any]] = {
        "BRANCH_LEQ": np.less_equal, "BRANCH_LT": np.less, "BRANCH_GTE": np.greater_equal,
        "BRANCH_GT": np.greater, "BRANCH_EQ": np.equal, "BRANCH_NEQ": np.not_equal,
    }  # fmt: skip
    x = x.astype("<f4")
    for tree in sorted({tree for tree, _ in nodes}):
        leaf = np.zeros(len(x), dtype=np.int64)
        waiting, steps = [(0, np.arange(len(x)))], 0
        while waiting:
            node, who = waiting.pop()
            steps += 1
            mode, feature, value, yes, no = nodes[tree, node]
            if steps > len(nodes) + 1:
                raise ValueError("its trees go round in circles")
            if mode == "LEAF":
                leaf[who] = node
                continue
            goes = compare[mode](x[who, feature], np.float32(value))
            waiting += [(yes, who[goes]), (no, who[~goes])]
        yield tree, leaf


def _ensemble(at: dict[str, Any], x: Any, prefix: str, columns: int) -> Any:
    """Leaf weights summed over trees: a column for each class or target."""
    weights: dict[tuple[int, int], list[tuple[int, float]]] = {}
    listed = (at[f"{prefix}_{name}"] for name in ("treeids", "nodeids", "ids", "weights"))
    for tree, node, target, weight in zip(*listed, strict=True):
        weights.setdefault((tree, node), []).append((target, weight))
    total = np.zeros((len(x), columns)) + np.array(at.get("base_values") or 0.0)
    for tree, leaf in _leaves(at, x):
        for node in np.unique(leaf).tolist():
            for target, weight in weights.get((tree, node), []):
                total[leaf == node, target] += weight
    return total


def _tree_classifier(at: dict[str, Any], x: Any) -> tuple[Any, Any]:
    labels = at.get("classlabels_int64s") or at.get("classlabels_strings") or []
    scores = _ensemble(at, x, "class", len(labels))
    if len(labels) == 2 and set(at["class_ids"]) in ({0}, {1}):  # one weight a leaf, for one class
        one = scores[:, [1]] if set(at["class_ids"]) == {1} else scores[:, [0]]
        if at.get("post_transform") == "LOGISTIC":
            one = _sigmoid({}, one)
        scores = np.concatenate([1 - one, one], axis=1)
        return scores.argmax(axis=1), scores
    scores = _after(scores, at.get("post_transform"))
    return scores.argmax(axis=1), scores


def _tree_regressor(at: dict[str, Any], x: Any) -> Any:
    if at.get("aggregate_function", "SUM") not in ("SUM", "AVERAGE"):
        raise ValueError("its trees are put together in a way that is not carried out here")
    total = _ensemble(at, x, "target", int(at.get("n_targets") or 1))
    average = at.get("aggregate_function") == "AVERAGE"
    return total / len(set(at["nodes_treeids"])) if average else total


def smallest_leaf(data: bytes, rows: Any) -> int:
    """The fewest of ``rows`` in a leaf that any of them reaches; 0 where the model has no trees."""
    smallest = 0
    for node in _model(data)[0]["nodes"]:
        if node["op"].startswith("TreeEnsemble"):
            for _, leaf in _leaves(node["attributes"], rows):
                fewest = int(np.unique(leaf, return_counts=True)[1].min())
                smallest = min(smallest or fewest, fewest)
    return smallest


def _cast(at: dict[str, Any], x: Any) -> Any:
    return np.asarray(x).astype(_TYPES[at["to"]])


def _scaler(at: dict[str, Any], x: Any) -> Any:
    return (x - np.array(at["offset"])) * np.array(at["scale"])


def _normaliser(at: dict[str, Any], x: Any) -> Any:
    if at.get("norm") != "L1":
        raise ValueError("it normalises in a way that is not carried out here")
    return x / np.abs(x).sum(axis=1, keepdims=True)


_DO: dict[str, Callable[..., Any]] = {
    "Add": lambda _, a, b: a + b,
    "ArrayFeatureExtractor": lambda _, x, places: np.array(x)[..., places.ravel()],
    "ArgMax": lambda at, x: x.argmax(axis=at.get("axis", 0)),
    "Cast": _cast,
    "Concat": lambda at, *parts: np.concatenate(parts, axis=at["axis"]),
    "Div": lambda _, a, b: a / b,
    "Exp": lambda _, x: np.exp(x),
    "Flatten": lambda _, x: x.reshape(len(x), -1),
    "Gemm": _gemm,
    "Identity": lambda _, x: x,
    "LinearClassifier": _linear_classifier,
    "LinearRegressor": _linear,
    "MatMul": lambda _, a, b: a @ b,
    "Mul": lambda _, a, b: a * b,
    "Normalizer": _normaliser,
    "Relu": lambda _, x: np.maximum(x, 0),
    "Reshape": lambda _, x, shape: x.reshape([int(side) for side in shape]),
    "Scaler": _scaler,
    "Sigmoid": _sigmoid,
    "Softmax": _softmax,
    "Sub": lambda _, a, b: a - b,
    "Tanh": lambda _, x: np.tanh(x),
    "TreeEnsembleClassifier": _tree_classifier,
    "TreeEnsembleRegressor": _tree_regressor,
    "ZipMap": lambda _, x: x,
}
