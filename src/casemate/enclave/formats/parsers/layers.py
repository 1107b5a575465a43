"""Weights carried out as the card says: layer upon layer, each a matrix, a bias and an activation."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def evaluate(tensors: Mapping[str, Any], rows: Any, layers: list[dict[str, Any]]) -> Any:
    """What the last layer gives for each row. Raises ``ValueError`` where weights do not fit."""
    unused, found = set(tensors), rows
    with np.errstate(all="ignore"):
        for layer in layers:
            unused -= {layer["weight"], layer["bias"]}
            found = _ACTIVATIONS[layer["activation"]](_affine(tensors, found, layer))
    if unused:
        raise ValueError("it has tensors that no layer of its card names")
    return found


def _affine(tensors: Mapping[str, Any], rows: Any, layer: dict[str, Any]) -> Any:
    if layer["weight"] not in tensors or layer["bias"] not in {None, *tensors}:
        raise ValueError("a layer of its card names a tensor that it does not have")
    weight = np.atleast_2d(tensors[layer["weight"]].astype("<f8"))
    if weight.ndim != 2:
        raise ValueError("the weights of a layer are no matrix")
    matrix = weight.T if layer["rows"] == "outputs" else weight
    if matrix.shape[0] != rows.shape[1]:
        raise ValueError("a layer takes another number of values than the one before it gives")
    found = rows @ matrix
    if layer["bias"] is not None:
        bias = tensors[layer["bias"]].astype("<f8").reshape(-1)
        if bias.size != found.shape[1]:
            raise ValueError("a layer has another number of biases than of outputs")
        found = found + bias
    return found


def _softmax(x: Any) -> Any:
    raised = np.exp(x - x.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "none": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "exp": lambda x: np.exp(np.minimum(x, 50)),
    "softmax": _softmax,
}
