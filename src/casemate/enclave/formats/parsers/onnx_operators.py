"""The operators of linear models, multilayer perceptrons and trees in ONNX, on numpy arrays.

An operator that is not here is said to be unknown, and the model goes to a person without having been
attacked. Source: https://onnx.ai/onnx/operators/.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

_TYPES = {
    1: "<f4", 2: "<u1", 3: "<i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8", 9: "<u1", 10: "<f2",
    11: "<f8", 12: "<u4", 13: "<u8",
}  # fmt: skip


def evaluate(graph: dict[str, Any], rows: Any, _terms: Any) -> Any:
    """What the model says of each row: a column for a number, one for each class for probabilities."""
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


def smallest_leaf(graph: dict[str, Any], rows: Any) -> int:
    """The fewest of ``rows`` in a leaf that any of them reaches; 0 where the model has no trees."""
    smallest = 0
    for node in graph["nodes"]:
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
