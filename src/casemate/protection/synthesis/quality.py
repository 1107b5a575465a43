"""How far synthetic records are from real ones: a report for those who may see the real ones.

These figures are exact, computed from the data without protection: they are no part of what
differential privacy covers, and releasing them is a decision of its own.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from casemate.errors import BadInput
from casemate.protection.privacy_loss.rows import Rows
from casemate.protection.synthesis.domains import Codes, Domain, encoded


@dataclass(frozen=True)
class SynthesisQuality:
    """Total variation between the marginals of two tables: 0 where equal, 1 where disjoint.

    ``accuracy`` and ``accuracy_real``: of a model (naive Bayes) that learnt from the synthetic and
    from the real records, tried on records neither has seen; None where no target was given.
    """

    one_way_mean: float
    one_way_max: float
    two_way_mean: float
    two_way_max: float
    one_way: dict[str, float]
    two_way: dict[str, float]
    accuracy: float | None = None
    accuracy_real: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The figures as a document; it holds floats."""
        return asdict(self)


def synthesis_quality(
    real: Any, synthetic: Any, domain: Domain, *, target: str | None = None, unseen: Any = None
) -> SynthesisQuality:
    """Compare the columns of ``domain`` in two tables.

    ``target`` and ``unseen``: a column to be foretold from the others, and real records that took no
    part in the synthesis. Raises BadInput for an empty table or only one of the two.
    """
    if (target is None) != (unseen is None):
        raise BadInput(
            "a downstream model needs a target and unseen records: give both, or neither"
        )
    if target is not None and target not in domain:
        raise BadInput(f"the target {target!r} is not in the domain")
    one, other = table_codes(real, domain), table_codes(synthetic, domain)
    sizes = {name: cells.size for name, cells in domain.items()}
    single = {name: _distance(one, other, [name], sizes) for name in domain}
    pairs = {f"{a} × {b}": _distance(one, other, [a, b], sizes) for a, b in combinations(domain, 2)}
    double = list(pairs.values()) or [0.0]
    accuracy = accuracy_real = None
    if target is not None:
        tests = table_codes(unseen, domain)
        accuracy = _accuracy(other, tests, target, sizes)
        accuracy_real = _accuracy(one, tests, target, sizes)
    return SynthesisQuality(
        one_way_mean=float(np.mean(list(single.values()))),
        one_way_max=max(single.values()),
        two_way_mean=float(np.mean(double)),
        two_way_max=max(double),
        one_way=single,
        two_way=pairs,
        accuracy=accuracy,
        accuracy_real=accuracy_real,
    )


def table_codes(table: Any, domain: Domain) -> dict[str, Codes]:
    """A table's codes by column. Raises BadInput if no record fits the domain."""
    codes = encoded(Rows(table, contribution=1, person=None), domain)
    if not len(codes):
        raise BadInput("a table to be compared has no record within the domain")
    return {name: codes[name].to_numpy() for name in codes.columns}


def _distance(
    one: dict[str, Codes], other: dict[str, Codes], names: list[str], sizes: dict[str, int]
) -> float:
    """Half the L1 distance of the shares; pairs by group-by, since their cells may be many."""
    if len(names) == 1:
        size = sizes[names[0]]
        shares = [np.bincount(t[names[0]], minlength=size) / len(t[names[0]]) for t in (one, other)]
        return float(np.abs(shares[0] - shares[1]).sum() / 2)
    cells = [t[names[0]] * sizes[names[1]] + t[names[1]] for t in (one, other)]
    weights = [np.full(len(c), sign / len(c)) for c, sign in zip(cells, (1, -1), strict=True)]
    frame = pl.DataFrame({"cell": np.concatenate(cells), "share": np.concatenate(weights)})
    return float(frame.group_by("cell").agg(pl.col("share").sum())["share"].abs().sum() / 2)


def _accuracy(
    learnt: dict[str, Codes], tests: dict[str, Codes], target: str, sizes: dict[str, int]
) -> float:
    """The share of ``tests`` that naive Bayes foretells, having counted ``learnt``."""
    classes = learnt[target]
    prior = np.bincount(classes, minlength=sizes[target]) + 1.0
    score = np.tile(np.log(prior / prior.sum()), (len(tests[target]), 1))
    for table in _conditionals(learnt, target, sizes):
        name, odds = table
        score += odds[:, tests[name]].T
    return float((score.argmax(axis=1) == tests[target]).mean())


def _conditionals(
    learnt: dict[str, Codes], target: str, sizes: dict[str, int]
) -> Iterator[tuple[str, Any]]:
    """For each other column, log P(value | class) with one count added to each cell."""
    for name, codes in learnt.items():
        if name == target:
            continue
        cells = learnt[target] * sizes[name] + codes
        counts = np.bincount(cells, minlength=sizes[target] * sizes[name]) + 1.0
        table = counts.reshape(sizes[target], sizes[name])
        yield name, np.log(table / table.sum(axis=1, keepdims=True))
