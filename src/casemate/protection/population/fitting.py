"""A joint distribution that meets the margins: iterative proportional fitting, block by block.

Deming and Stephan (1940) scale a table, again and again, until it adds up to each of its margins;
what they start from decides all that no margin speaks of (Csiszár 1975: the fitted table is the
nearest to it in Kullback-Leibler divergence). A whole joint of nine columns has billions of cells, so
it is kept as a tree of blocks: a block shares columns with one fitted before it, takes their
distribution from there as one more margin, and given those columns is independent of the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from casemate.errors import BadInput
from casemate.protection.population.margins import Floats, Margins, Reference, Table

Groups = npt.NDArray[np.int64]
_MOST_CELLS = 20_000_000
_SWEEPS = 3000
_EXACT = 1e-9


@dataclass(frozen=True)
class Block:
    """Columns and their fitted joint; ``given`` came before, the others are drawn given them."""

    columns: tuple[str, ...]
    given: tuple[str, ...]
    joint: Floats


@dataclass(frozen=True)
class Fit:
    """How far a margin is from being met: total variation of shares, 0 where exact."""

    margin: str
    kind: str
    distance: float


@dataclass(frozen=True)
class Fitted:
    """The blocks in order, and how well each margin is met."""

    margins: Margins
    blocks: tuple[Block, ...]
    fits: tuple[Fit, ...]


@dataclass(frozen=True)
class _Target:
    """Shares of a block's cells by group; cells outside the table's ``within`` are in group -1.
    ``whole``: the shares are of everybody, and not of those within."""

    table: Table | None
    groups: Groups
    shares: Floats
    whole: bool


def fit_population(margins: Margins) -> Fitted:
    """The distribution that meets ``margins``.

    Raises BadInput for blocks that are no tree, margins or rules that no block holds, margins that
    contradict each other or the rules by more than ``tolerance``.
    """
    homes = _homes(margins)
    blocks: list[Block] = []
    fits: dict[int, Fit] = {}
    for number, columns in enumerate(margins.blocks):
        given = _given(margins, number)
        mine = [place for place, home in homes.items() if home == number]
        targets = _targets(margins, columns, given, blocks, mine)
        joint = _fitted(margins, columns, targets)
        for target in targets:
            gap = _distance(joint, target)
            title = "what earlier blocks say" if target.table is None else target.table.title
            if gap > margins.tolerance:
                raise BadInput(
                    f"the margins contradict each other or the rules: {title} is missed by "
                    f"{gap:.2g} in total variation in the block {' × '.join(columns)}"
                )
            if target.table is not None:
                place = margins.margins.index(target.table)
                fits[place] = Fit(title, target.table.kind, gap)
        shape = [margins.columns[name].size for name in columns]
        blocks.append(Block(columns, given, joint.reshape(shape)))
    return Fitted(margins, tuple(blocks), tuple(fits[place] for place in sorted(fits)))


def _homes(margins: Margins) -> dict[int, int]:
    """The first block that holds each margin. Raises BadInput where none does, or no rule's."""
    homes = {}
    for place, table in enumerate(margins.margins):
        homes[place] = _block_of(margins, table.columns, f"the margin {table.title}")
    for table in margins.affinities:
        _block_of(margins, table.columns, f"the affinity {table.title}")
    for rule in margins.never:
        names = tuple(column for column, _ in rule)
        _block_of(margins, names, f"the rule on {' and '.join(names)}")
    return homes


def _block_of(margins: Margins, names: Sequence[str], what: str) -> int:
    for number, block in enumerate(margins.blocks):
        if set(names) <= set(block):
            return number
    raise BadInput(f"no block holds {what}: name its columns together in `blocks`")


def _given(margins: Margins, number: int) -> tuple[str, ...]:
    """The columns that the block shares with those before it: all in one of them, or it is no tree."""
    earlier = [set(block) for block in margins.blocks[:number]]
    shared = tuple(
        name for name in margins.blocks[number] if any(name in block for block in earlier)
    )
    if shared and not any(set(shared) <= block for block in earlier):
        raise BadInput(
            f"the block {' × '.join(margins.blocks[number])} shares {' and '.join(shared)} with "
            "blocks before it, but no single one holds all of them: blocks make a tree"
        )
    if len(shared) == len(margins.blocks[number]):
        raise BadInput(f"the block {' × '.join(shared)} brings no new column: drop it")
    return shared


def _targets(
    margins: Margins,
    columns: tuple[str, ...],
    given: tuple[str, ...],
    blocks: Sequence[Block],
    mine: Sequence[int],
) -> list[_Target]:
    """What the block has to meet: the columns it shares first, then its margins in their order."""
    found = []
    if given:
        home = next(block for block in blocks if set(given) <= set(block.columns))
        axes = tuple(at for at, name in enumerate(home.columns) if name not in given)
        shares = home.joint.sum(axis=axes)
        order = [name for name in home.columns if name in given]
        shares = shares.transpose([order.index(name) for name in given]).ravel()
        groups = _cells(margins, columns, tuple((name, "") for name in given))
        found.append(_Target(None, groups, shares, True))
    for place in mine:
        table = margins.margins[place]
        groups = _cells(margins, columns, table.references)
        groups[~_inside(margins, columns, table.within)] = -1
        whole = not table.within
        found.append(_Target(table, groups, table.numbers.ravel() / table.numbers.sum(), whole))
    return found


def _cells(margins: Margins, columns: tuple[str, ...], references: Sequence[Reference]) -> Groups:
    """For each cell of the block's joint, flat, the flat cell of a table; -1 where it has none."""
    shape = [margins.columns[name].size for name in columns]
    if np.prod(shape, dtype=float) > _MOST_CELLS:
        raise BadInput(f"the block {' × '.join(columns)} has over {_MOST_CELLS:,} cells: split it")
    flat, outside = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=bool)
    for column, group in references:
        grouping = margins.columns[column].grouping(group)
        along = [1] * len(shape)
        along[columns.index(column)] = -1
        place = grouping.place.reshape(along)
        flat = flat * len(grouping.labels) + place
        outside |= place < 0
    flat[outside] = -1
    return flat.ravel()


def _inside(
    margins: Margins, columns: tuple[str, ...], limits: Mapping[Reference, tuple[str, ...]]
) -> npt.NDArray[np.bool_]:
    """Which cells of the block have all the values that ``limits`` name."""
    shape = [margins.columns[name].size for name in columns]
    inside = np.ones(shape, dtype=bool)
    for (column, group), labels in limits.items():
        grouping = margins.columns[column].grouping(group)
        codes = [grouping.labels.index(label) for label in labels]
        along = [1] * len(shape)
        along[columns.index(column)] = -1
        inside &= np.isin(grouping.place, codes).reshape(along)
    return inside.ravel()


def _start(margins: Margins, columns: tuple[str, ...]) -> Floats:
    """Affinities multiplied, and nothing where a rule says never."""
    start = np.ones(int(np.prod([margins.columns[name].size for name in columns])))
    for table in margins.affinities:
        if set(table.columns) <= set(columns):
            groups = _cells(margins, columns, table.references)
            start *= np.where(groups < 0, 1.0, table.numbers.ravel()[groups])
    for rule in margins.never:
        if {column for column, _ in rule} <= set(columns):
            start[_inside(margins, columns, rule)] = 0.0
    if not start.sum() > 0:
        raise BadInput(f"the rules leave nothing of the block {' × '.join(columns)}")
    made: Floats = start / start.sum()
    return made


def _fitted(margins: Margins, columns: tuple[str, ...], targets: Sequence[_Target]) -> Floats:
    """Scale to each target in turn, the first last, so that it is the one met exactly."""
    joint = _start(margins, columns)
    _require_reachable(margins, columns, joint, targets)
    for _ in range(_SWEEPS):
        for target in reversed(targets):
            _scale(joint, target)
        joint /= joint.sum()
        if all(_distance(joint, target) < _EXACT for target in targets):
            break
    return joint


def _scale(joint: Floats, target: _Target) -> None:
    """Multiply the cells of each group, so that the groups have the shares wanted."""
    inside = target.groups >= 0
    sums = np.bincount(target.groups[inside], joint[inside], minlength=len(target.shares))
    mass = 1.0 if target.whole else sums.sum()
    factors = np.divide(target.shares * mass, sums, out=np.zeros_like(sums), where=sums > 0)
    joint[inside] *= factors[target.groups[inside]]


def _distance(joint: Floats, target: _Target) -> float:
    """Total variation between the groups' shares and those wanted."""
    inside = target.groups >= 0
    sums = np.bincount(target.groups[inside], joint[inside], minlength=len(target.shares))
    mass = 1.0 if target.whole else sums.sum()
    if not mass > 0:
        return 1.0
    return float(np.abs(sums / mass - target.shares).sum() / 2)


def _require_reachable(
    margins: Margins, columns: tuple[str, ...], start: Floats, targets: Sequence[_Target]
) -> None:
    """Raise BadInput where a margin counts somebody whom the rules or affinities allow nowhere."""
    for target in targets:
        inside = target.groups >= 0
        sums = np.bincount(target.groups[inside], start[inside], minlength=len(target.shares))
        stuck = np.flatnonzero((target.shares > 0) & (sums <= 0))
        if not len(stuck):
            continue
        if target.table is None:
            raise BadInput(
                f"the rules allow nobody in some cells of the block {' × '.join(columns)} that the "
                "blocks before it fill: look at the rules of this block"
            )
        grouped = [margins.columns[c].grouping(g) for c, g in target.table.references]
        at = np.unravel_index(int(stuck[0]), [len(one.labels) for one in grouped])
        labels = [one.labels[int(place)] for one, place in zip(grouped, at, strict=True)]
        raise BadInput(
            f"the margin {target.table.title} counts {' × '.join(labels)}, which the rules forbid"
        )
