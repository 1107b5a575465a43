"""Cells changed by trusted code: suppressed with what must go with them, or rounded so that they add up.

Both are worked out by ``casemate.protection`` (HiGHS) over the cells of the answer and all their
margins, shown or not: a margin that this table leaves out may be in another.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

from casemate.analysis import Answer
from casemate.analysis.compute import MARGIN
from casemate.analysis.recipes import Crosstab, Histogram, Table
from casemate.analysis.words import key
from casemate.enclave.checks_model import Rules
from casemate.enclave.rules.figures import measures_of
from casemate.enclave.rules.sensitive import sensitive_lines
from casemate.enclave.rules.supports import Flags, Floats, Ints, Supports
from casemate.errors import BadInput
from casemate.protection.aggregation import Rules as CellRules
from casemate.protection.aggregation.cells import tabulate
from casemate.protection.aggregation.dimensions import Dimension
from casemate.protection.aggregation.rounding import controlled_rounding
from casemate.protection.aggregation.rules import FREQUENCY, Layer, count_layer, sum_layer
from casemate.protection.aggregation.suppression import Problem, protect
from casemate.protection.aggregation.system import system_of

LARGEST = 20_000
_EXACT = 400
_SECONDS = 3.0
_DEAR = 1e6  # of a total that the table does not show: to hide it is not in our hands


def hidden_lines(supports: Supports, rules: Rules) -> frozenset[int]:
    """The lines whose figures tell too much, and those that must not be shown with them.

    Raises BadInput for what is no table of cells, for one too large, and where no pattern protects it.
    """
    grid = Grid(supports)
    primary = np.zeros(grid.size, dtype=bool)
    for line in sensitive_lines(supports, rules):
        primary[grid.node(line)] = True
    pattern = _pattern(grid, rules, primary) if primary.any() else primary
    return frozenset(line for line in range(len(supports.answer.rows)) if pattern[grid.node(line)])


def rounded(supports: Supports, base: int) -> Answer:
    """The counts of the answer as multiples of ``base`` that still add up, empty cells among them.

    Raises BadInput where it shows anything but counts; Unavailable where no such rounding was found.
    """
    if not counts_only(supports):
        raise BadInput("only counts are rounded: leave the other figures out")
    grid = Grid(supports)
    counts = tabulate(grid.dimensions, grid.codes, None, 2).counts
    values = controlled_rounding(grid.system, counts, base, seconds=_SECONDS).values
    width = len(supports.answer.columns) - supports.answer.keys
    rows = tuple((*keys, *[int(values[grid.node_of(keys)])] * width) for keys in grid.all_keys())
    return replace(supports.answer, rows=rows, people=())


def counts_only(supports: Supports) -> bool:
    """Whether the answer is a table of cells that shows numbers of people and nothing else."""
    if isinstance(supports.what, Histogram):
        return True
    return isinstance(supports.what, Table | Crosstab) and all(
        measure.function == "count" for measure in measures_of(supports.what)
    )


@dataclass(frozen=True)
class Grid:
    """The lines of an answer among all cells that its keys span, with every margin."""

    supports: Supports

    def __post_init__(self) -> None:
        if not isinstance(self.supports.what, Table | Crosstab | Histogram):
            raise BadInput("only cells of a table or histogram can be hidden or rounded")
        if not self.supports.answer.keys or self.size > LARGEST:
            raise BadInput(f"the table has no keys, or more than {LARGEST} cells with its margins")

    @cached_property
    def categories(self) -> list[list[Any]]:
        """The categories of each key, in an order that does not depend on which cells are empty."""
        answer = self.supports.answer
        if isinstance(self.supports.what, Histogram):
            return [
                list(dict.fromkeys(row[at] for row in answer.rows)) for at in range(answer.keys)
            ]
        columns = [self.supports.table[name] for name in answer.columns[: answer.keys]]
        return [[key(one) for one in c.unique().sort(nulls_last=True).to_list()] for c in columns]

    @cached_property
    def dimensions(self) -> list[Dimension]:
        """One a key: its categories, then the total."""
        return [
            Dimension(str(at), (*map(str, range(n)), MARGIN), (*[n] * n, -1), tuple(range(n)), n)
            for at, n in enumerate(len(one) for one in self.categories)
        ]

    @property
    def size(self) -> int:
        return int(np.prod([len(one) + 1 for one in self.categories]))

    @cached_property
    def system(self) -> Any:
        return system_of([self.dimensions], [np.arange(self.size)])

    @cached_property
    def _places(self) -> list[dict[Any, int]]:
        return [{value: at for at, value in enumerate(one)} for one in self.categories]

    def node_of(self, keys: tuple[Any, ...]) -> int:
        """The number of the cell with these keys; the margin's word stands for a total."""
        at = [place.get(value, len(place)) for place, value in zip(self._places, keys, strict=True)]
        return int(np.ravel_multi_index(at, [len(place) + 1 for place in self._places]))

    def node(self, line: int) -> int:
        """The number of a line's cell."""
        return self.node_of(self.supports.answer.rows[line][: self.supports.answer.keys])

    def all_keys(self) -> list[tuple[Any, ...]]:
        """The keys of every cell that the table may show, empty ones too: finest first."""
        patterns = list(dict.fromkeys(self.supports.margins))
        return [
            keys
            for pattern in patterns
            for keys in product(
                *(
                    [MARGIN] if over else values
                    for over, values in zip(pattern, self.categories, strict=True)
                )
            )
        ]

    @cached_property
    def _finest(self) -> list[int]:
        return [line for line, margin in enumerate(self.supports.margins) if not any(margin)]

    @cached_property
    def records(self) -> Ints:
        """The rows of the input in the table, in the order of ``codes``."""
        parts = [self.supports.answer.people[line] for line in self._finest]
        return np.concatenate(parts).astype(np.int64)

    @cached_property
    def codes(self) -> list[Ints]:
        """For each key, the place of each record's category."""
        sizes = [len(self.supports.answer.people[line]) for line in self._finest]
        return [
            np.repeat(
                [place[self.supports.answer.rows[line][at]] for line in self._finest], sizes
            ).astype(np.int64)
            for at, place in enumerate(self._places)
        ]


def _pattern(grid: Grid, rules: Rules, primary: Flags) -> Flags:
    counts = tabulate(grid.dimensions, grid.codes, None, 2).counts
    layers = _layers(grid, rules, primary)
    kept = counts > 0
    costs = np.full(grid.size, _DEAR)
    for line in range(len(grid.supports.answer.rows)):
        costs[grid.node(line)] = 1.0
    problem = Problem(
        grid.system.restricted(kept),
        [_restricted(layer, kept) for layer in layers],
        primary[kept],
        (counts == 1)[kept],
        costs[kept],
    )
    found = protect(problem, exact=int(kept.sum()) <= _EXACT, seconds=_SECONDS)
    pattern = np.zeros(grid.size, dtype=bool)
    pattern[kept] = found.suppressed
    if pattern[-1]:
        raise BadInput("no pattern of hidden cells protects the table while its total is known")
    return pattern


def _layers(grid: Grid, rules: Rules, primary: Flags) -> list[Layer]:
    """Counts always; and the total of each variable that the table adds up or takes the mean of."""
    cell_rules = CellRules(min_frequency=rules.min_cell, p_percent=rules.p_percent)
    plain = tabulate(grid.dimensions, grid.codes, None, 2)
    small = primary & (plain.counts < rules.min_cell)
    flags = {FREQUENCY: small, "figures": primary & ~small}
    layers = [count_layer(cell_rules, plain, flags)]
    for name in _added_up(grid.supports):
        values: Floats = np.nan_to_num(grid.supports.values(name)[grid.records])
        if values.any():
            facts = tabulate(grid.dimensions, grid.codes, values, 2)
            negative = bool((values < 0).any())
            layers.append(sum_layer(cell_rules, facts, flags, negative=negative))
    return layers


def _added_up(supports: Supports) -> list[str]:
    if not supports.is_table:
        return []
    wanted = {"sum", "mean", "std", "share"}
    return list(
        dict.fromkeys(
            one.of for one in measures_of(supports.what) if one.of and one.function in wanted
        )
    )


def _restricted(layer: Layer, kept: Flags) -> Layer:
    return replace(
        layer,
        values=layer.values[kept],
        up=layer.up[kept],
        down=layer.down[kept],
        width=layer.width[kept],
    )
