"""The dimensions of a table: categories, and the sub-totals and total that a tree puts over them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from casemate.errors import BadInput
from casemate.protection.aggregation.solver import Ints
from casemate.protection.values import text_of

MISSING = "(missing)"


@dataclass(frozen=True)
class Dimension:
    """Nodes in post-order: what a sub-total adds up stands before it, the total comes last.

    ``parents`` has -1 for a node that is part of no published total; ``leaves`` are the nodes that
    are categories of the data; ``total`` is the node of the total, or -1.
    """

    name: str
    labels: tuple[str, ...]
    parents: tuple[int, ...]
    leaves: tuple[int, ...]
    total: int

    def __len__(self) -> int:
        return len(self.labels)

    def families(self) -> list[tuple[int, list[int]]]:
        """Each sub-total or total with the nodes that it adds up."""
        children: dict[int, list[int]] = {}
        for node, parent in enumerate(self.parents):
            if parent >= 0:
                children.setdefault(parent, []).append(node)
        return sorted(children.items())

    def depth(self, node: int) -> int:
        """How many sub-totals and totals stand over ``node``."""
        steps = 0
        while (node := self.parents[node]) >= 0:
            steps += 1
        return steps


def dimension_of(
    column: pl.Series, tree: Any, *, totals: bool, total_label: str
) -> tuple[Dimension, Ints]:
    """The dimension of ``column`` and the place among its leaves of each record's category.

    ``tree`` is None, nested mappings with lists of categories at the end, or a hierarchy of this
    room. Raises BadInput for a category that is missing from the tree or stands in it twice.
    """
    name = column.name
    distinct = column.unique().sort(nulls_last=True)
    keys = [_key(value, name) for value in distinct.to_list()]
    if len(set(keys)) != len(keys):
        raise BadInput(f"two categories of {name!r} have the same written form {MISSING!r}")
    nested = _nested(name, distinct, keys, tree)
    dimension = _flatten(name, nested, totals, total_label)
    place = {dimension.labels[leaf]: at for at, leaf in enumerate(dimension.leaves)}
    for key in keys:
        if key not in place:
            raise BadInput(f"the category {key!r} of {name!r} is missing from its tree: add it")
    table = pl.DataFrame({"value": distinct, "place": [place[key] for key in keys]})
    found = column.to_frame("value").join(
        table, on="value", how="left", nulls_equal=True, maintain_order="left"
    )
    codes: Ints = found["place"].to_numpy().astype(np.int64)
    return dimension, codes


def _key(value: Any, name: str) -> str:
    text = text_of(value, f"the dimension {name!r}")
    return MISSING if text is None else text


def _nested(name: str, distinct: pl.Series, keys: list[str], tree: Any) -> Any:
    if tree is None:
        return keys
    if isinstance(tree, Mapping):
        return tree
    lines = getattr(tree, "lines", None)
    if lines is None:
        raise BadInput(
            f"the tree of {name!r} is a {type(tree).__name__}: give nested mappings with lists of "
            "categories at the end, or a hierarchy"
        )
    return _from_lines(lines, name, distinct, keys)


def _from_lines(
    lines: Callable[..., Mapping[Any, Any]], name: str, distinct: pl.Series, keys: list[str]
) -> dict[str, Any]:
    """A hierarchy's lines (level 1, ..., top) as nested mappings; a top over all is our total."""
    found = {
        key if key is not None else MISSING: line
        for key, line in lines(name, distinct.to_list()).items()
    }
    highest = -1 if len({found[key][-1] for key in keys}) == 1 else None
    nested: dict[str, Any] = {}
    for key in keys:
        # a level that says the same as the one below it is no sub-total of its own
        above = [str(label) for label in found[key][:highest]]
        path = list(dict.fromkeys(label for label in reversed(above) if label != key))
        spot = nested
        for label in path:
            spot = spot.setdefault(label, {})
        spot[key] = None
    return nested


def _flatten(name: str, nested: Any, totals: bool, total_label: str) -> Dimension:
    labels: list[str] = []
    parents: list[int] = []
    leaves: list[int] = []

    def visit(label: str, below: Any) -> int:
        children = [visit(text, part) for text, part in _parts(name, below)]
        node = len(labels)
        labels.append(label)
        parents.append(-1)
        for child in children:
            parents[child] = node
        if not children:
            leaves.append(node)
        return node

    tops = [visit(text, part) for text, part in _parts(name, nested)]
    if not tops:
        raise BadInput(f"the dimension {name!r} has no category")
    if totals:
        labels.append(total_label)
        parents.append(-1)
        for top in tops:
            parents[top] = len(labels) - 1
    repeated = {label for label in labels if labels.count(label) > 1} if len(labels) < 2000 else ()
    if len(set(labels)) != len(labels):
        raise BadInput(
            f"{min(repeated, default='a label')!r} stands twice in the dimension {name!r}: each "
            "category, sub-total and total needs a label of its own (total_label sets the total's)"
        )
    total = len(labels) - 1 if totals else -1
    return Dimension(name, tuple(labels), tuple(parents), tuple(leaves), total)


def _parts(name: str, below: Any) -> Iterable[tuple[str, Any]]:
    if below is None:
        return []
    if isinstance(below, Mapping):
        return [(_key(label, name), part) for label, part in below.items()]
    if isinstance(below, str) or not isinstance(below, Iterable):
        raise BadInput(f"the tree of {name!r} holds {below!r} where a list of categories belongs")
    return [(_key(label, name), None) for label in below]
