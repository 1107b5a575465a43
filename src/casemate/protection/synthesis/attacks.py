"""Membership: can synthetic records tell who took part? By distance to the closest record.

What protects people is differential privacy; an attack that works shows that something is broken, one
that fails proves nothing. For singling out, linkability and inference see ``risks``.

As with ``synthesis_quality``, the figures are computed from real records without protection.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from casemate.errors import BadInput
from casemate.protection.synthesis.domains import Codes, Domain
from casemate.protection.synthesis.quality import table_codes

_Z = 1.959963984540054
_BLOCK = 200


@dataclass(frozen=True)
class AttackReport:
    """Synthetic records against those they were made from and others that took no part.

    * ``copied`` and ``copied_unseen``: the share of synthetic records that are equal to a record of
      the source, and to one of as many unseen records.
    * ``nearer_source``: the share of synthetic records that are nearer to the source than to as many
      unseen records (ties half); 0.5 where nothing is learnt of who took part.
    * ``membership``: the probability that a record of the source has a nearer synthetic neighbour
      than an unseen one (ties half: the area under the curve of that attack); 0.5 is a coin.
    * ``advantage``: the most that the attack's true positives exceed its false ones, at the best of
      all thresholds: a little above 0 by chance.
    * ``..._error``: half-widths of 95 % confidence intervals.
    """

    records: int
    copied: float
    copied_unseen: float
    nearer_source: float
    nearer_source_error: float
    membership: float
    membership_error: float
    advantage: float
    method: str = "Casemate's own: distance to the closest record, in columns that differ"

    def to_dict(self) -> dict[str, Any]:
        """The figures as a document; it holds floats."""
        return asdict(self)


def synthesis_attack(
    source: Any, unseen: Any, synthetic: Any, domain: Domain, *, records: int = 1000
) -> AttackReport:
    """Try to tell the ``source`` of ``synthetic`` from ``unseen`` records of the same population.

    ``records``: how many of each are tried, at random. Distances are numbers of columns that differ.
    Raises BadInput for an empty table or fewer than 10 records.
    """
    rng = np.random.default_rng()
    tables = [_matrix(table_codes(table, domain)) for table in (source, unseen, synthetic)]
    known, others, made = (rng.permutation(table) for table in tables)
    if min(len(known), len(others), len(made), records) < 10:
        raise BadInput("an attack needs at least ten records of each table")
    same = min(len(known), len(others))
    tried = made[:records]
    to_known, to_others = nearest(tried, known[:same]), nearest(tried, others[:same])
    nearer = float(((to_known < to_others) + 0.5 * (to_known == to_others)).mean())
    count = min(records, same)
    inside, outside = nearest(known[:count], made), nearest(others[:count], made)
    area = _area(inside, outside)
    return AttackReport(
        records=count,
        copied=float((to_known == 0).mean()),
        copied_unseen=float((to_others == 0).mean()),
        nearer_source=nearer,
        nearer_source_error=_Z * math.sqrt(0.25 / len(tried)),
        membership=area,
        membership_error=_Z * math.sqrt((2 * count + 1) / (12 * count**2)),
        advantage=_advantage(inside, outside),
    )


def nearest(records: Codes, table: Codes) -> Codes:
    """For each of ``records``, in how many columns the closest record of ``table`` differs."""
    distinct = np.unique(table, axis=0).T.copy()
    found = np.empty(len(records), dtype=np.int64)
    for start in range(0, len(records), _BLOCK):
        block = records[start : start + _BLOCK]
        differ = np.zeros((len(block), distinct.shape[1]), dtype=np.uint8)
        for column, values in enumerate(distinct):
            differ += block[:, column, None] != values[None, :]
        found[start : start + _BLOCK] = differ.min(axis=1)
    return found


def _matrix(codes: dict[str, Codes]) -> Codes:
    if len(codes) > 255:
        raise BadInput("an attack compares at most 255 columns")
    return np.stack(list(codes.values()), axis=1).astype(np.int32)


def _area(inside: Codes, outside: Codes) -> float:
    """P(inside < outside) + P(equal)/2, by counts of each distance."""
    most = int(max(inside.max(), outside.max())) + 1
    p, q = (np.bincount(x, minlength=most) / len(x) for x in (inside, outside))
    beyond = 1 - np.cumsum(q)
    return float((p * (beyond + q / 2)).sum())


def _advantage(inside: Codes, outside: Codes) -> float:
    most = int(max(inside.max(), outside.max())) + 1
    p, q = (np.cumsum(np.bincount(x, minlength=most)) / len(x) for x in (inside, outside))
    return float(max(0.0, (p - q).max()))
