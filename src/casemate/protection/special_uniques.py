"""Special uniques: records that stand alone already in a few attributes (SUDA2).

A minimal sample unique (MSU) of a record is a set of attributes whose values no other record
shares, and of which no proper subset has that property. The fewer attributes it takes, and the more
such sets a record has, the easier the person is found.

Manning, Haglin and Keane (2008), A recursive search algorithm for statistical disclosure assessment,
Data Mining and Knowledge Discovery 16; Elliot, Manning, Mayes, Gurd and Bane (2005), SUDA: A program
for detecting special uniques; Skinner and Elliot (2002), A measure of disclosure risk for microdata.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from casemate.errors import BadInput
from casemate.protection.attribute_codes import Codes, attribute_codes, refine
from casemate.protection.frames import open_frame, polars_columns, require_columns

Scoring = Literal["elliot", "ihsn"]

MEMORY_LIMIT = 2**31
"""Bytes that the search may keep: one bit for each distinct record and subset below the full size."""


@dataclass(frozen=True)
class MinimalUnique:
    """A set of attributes, and how many records it singles out minimally."""

    attributes: tuple[str, ...]
    records: int


@dataclass(frozen=True, eq=False)
class SpecialUniques:
    """What the search found; the values themselves are not in it.

    * ``uniques``: records unique in all attributes together.
    * ``file_risk``: DIS, the probability that a unique match is right (Skinner and Elliot 2002).
    * ``sets``: the minimal sample uniques by attribute set, most records first.
    * ``contributions``: the share of the total score in which each attribute takes part, 0 to 1.
    * ``records``: a polars table, one row per record in the order of the table: ``msus`` (how many
      sets), ``smallest`` (size of its smallest, null where none), ``score`` (SUDA), ``dis_score``.
    """

    attributes: tuple[str, ...]
    max_size: int
    uniques: int
    file_risk: float
    sets: tuple[MinimalUnique, ...]
    contributions: dict[str, float]
    records: pl.DataFrame

    @property
    def sizes(self) -> dict[int, int]:
        """The number of minimal sample uniques of each size, 1 to ``max_size``."""
        totals = dict.fromkeys(range(1, self.max_size + 1), 0)
        for found in self.sets:
            totals[len(found.attributes)] += found.records
        return totals

    def to_dict(self) -> dict[str, Any]:
        """The figures as a document, with nothing of single records; it holds floats."""
        return {
            "attributes": list(self.attributes),
            "max_size": self.max_size,
            "records": self.records.height,
            "uniques": self.uniques,
            "special_uniques": int((self.records["msus"] > 0).sum()),
            "file_risk": self.file_risk,
            "sizes": {str(size): count for size, count in self.sizes.items()},
            "sets": [[list(found.attributes), found.records] for found in self.sets],
            "contributions": dict(self.contributions),
        }


def special_uniques(
    table: Any,
    attributes: Sequence[str],
    *,
    max_size: int = 3,
    sampling_fraction: float = 0.01,
    scoring: Scoring = "elliot",
) -> SpecialUniques:
    """Every minimal sample unique of up to ``max_size`` attributes, exactly, and the SUDA scores.

    An MSU of size k among A attributes scores the product of A - i for i = k .. min(max_size, A - 1)
    (``"elliot"``) or (2^(A-k) - 1) k! (A-k)! / A! (``"ihsn"``, the scale of the IHSN's program); a
    record's score is the sum over its MSUs. ``dis_score`` spreads ``file_risk`` over the records by
    their scores, as sdcMicro does; ``sampling_fraction`` (sdcMicro's DisFraction) is the share of
    the population in the table. Null is a value of its own.

    Raises BadInput for an empty table, an unknown or repeated attribute, NaN or mixed types, a size
    or fraction out of range, and where the subsets to look at need more than 2 GiB.
    """
    names = _checked(attributes, max_size, sampling_fraction, scoring)
    frame = open_frame(table)
    require_columns(frame, names, "an attribute")
    if not len(frame):
        raise BadInput("the table has no records, so none can be a special unique")
    columns = polars_columns(frame, names)
    codes, radices = attribute_codes(columns)
    tuples, counts, tuple_of = _distinct(codes, radices)
    size = min(max_size, len(names))
    _check_memory(len(names), size, len(counts))
    found = dict(_Search(tuples, radices, counts, size).run())
    weights = [msu_score(k, len(names), max_size, scoring) for k in range(1, len(names) + 1)]
    per_tuple = _by_tuple(found, weights, len(counts))
    uniques = int((counts == 1).sum())
    file_risk = _file_risk(uniques, int((counts == 2).sum()), sampling_fraction)
    dis = _dis_scores(per_tuple.score, file_risk, uniques, len(names))
    records = pl.DataFrame(
        {
            "msus": per_tuple.msus[tuple_of],
            "smallest": per_tuple.smallest[tuple_of],
            "score": per_tuple.score[tuple_of],
            "dis_score": dis[tuple_of],
        }
    ).with_columns(smallest=pl.when(pl.col("msus") > 0).then("smallest"))
    sets = [
        MinimalUnique(tuple(names[place] for place in subset), len(rows))
        for subset, rows in found.items()
    ]
    sets.sort(key=lambda one: (-one.records, len(one.attributes), one.attributes))
    shares = _contributions(found, weights, len(names))
    by_name = dict(zip(names, shares, strict=True))
    return SpecialUniques(tuple(names), size, uniques, file_risk, tuple(sets), by_name, records)


def msu_score(size: int, attributes: int, max_size: int, scoring: Scoring = "elliot") -> float:
    """The score of one minimal sample unique of ``size`` among so many ``attributes``."""
    if scoring == "ihsn":
        rest = attributes - size
        subsets = math.comb(attributes, size)
        # a set of every attribute is worth nothing on this scale: it has no superset to make unique
        return float(2**rest - 1) / subsets
    upper = min(max_size, attributes - 1)
    return float(math.prod(attributes - i for i in range(size, upper + 1)))


def _checked(
    attributes: Sequence[str], max_size: int, fraction: float, scoring: Scoring
) -> list[str]:
    names = list(attributes)
    if not names:
        raise BadInput("name at least one attribute to look for special uniques in")
    if len(set(names)) < len(names):
        raise BadInput("an attribute is named twice: name each once")
    if max_size < 1:
        raise BadInput(f"the size of a minimal unique is at least 1, not {max_size}")
    if not 0 < fraction <= 1:
        raise BadInput(f"the sampling fraction lies above 0 and up to 1, not at {fraction}")
    if scoring not in ("elliot", "ihsn"):
        raise BadInput(f"the scoring is 'elliot' or 'ihsn', not {scoring!r}")
    return names


def _check_memory(attributes: int, size: int, tuples: int) -> None:
    kept = sum(math.comb(attributes, k) for k in range(1, size)) * (tuples // 8 + 1)
    if kept > MEMORY_LIMIT:
        raise BadInput(
            f"minimal uniques of up to {size} of {attributes} attributes need {kept / 2**30:.0f} "
            "GiB on this table: ask for a smaller size or fewer attributes"
        )


def _distinct(codes: list[Codes], radices: list[int]) -> tuple[list[Codes], Codes, Codes]:
    """The distinct tuples, how many records hold each, and which tuple each record holds."""
    tuple_of, count = np.zeros(len(codes[0]), dtype=np.int64), 1
    for code, radix in zip(codes, radices, strict=True):
        tuple_of, count = refine(tuple_of, count, code, radix)
    member = np.zeros(count, dtype=np.int64)
    member[tuple_of] = np.arange(len(tuple_of))
    counts = np.bincount(tuple_of, minlength=count).astype(np.int64)
    return [code[member] for code in codes], counts, tuple_of


Subset = tuple[int, ...]


class _Search:
    """Depth first over sets of attributes, in an order that meets every subset before its superset.

    Two things keep it exact and fast. A record unique in a subset is unique in every superset and
    shares a class with nobody there, so it is dropped below that subset. And a set is looked at for
    those records only that are unique in none of its subsets: what is unique then is minimal.
    """

    def __init__(
        self, tuples: list[Codes], radices: list[int], counts: Codes, max_size: int
    ) -> None:
        self.tuples = tuples
        self.radices = radices
        self.counts = counts
        self.max_size = max_size
        self._unique: dict[Subset, npt.NDArray[np.uint8]] = {}

    def run(self) -> Iterator[tuple[Subset, Codes]]:
        """Each attribute set with the tuples that it makes unique minimally."""
        rows = np.arange(len(self.counts))
        yield from self._descend((), rows, np.zeros_like(rows), 1, len(self.tuples))

    def _descend(
        self, above: Subset, rows: Codes, classes: Codes, count: int, bound: int
    ) -> Iterator[tuple[Subset, Codes]]:
        """Add each attribute below ``bound``; ``rows`` are those that ``above`` leaves shared."""
        for place in range(bound):
            subset = (place, *above)
            covered = self._covered(subset)
            if covered is None:
                continue
            open_ = ~covered[rows]
            here = rows[open_]
            split, number = refine(
                classes[open_], count, self.tuples[place][here], self.radices[place]
            )
            sizes = np.bincount(split, weights=self.counts[here], minlength=number)
            alone = sizes[split] == 1
            found = here[alone]
            if len(found):
                yield subset, found
            left = here[~alone]
            if len(subset) < self.max_size and (self.counts[left] == 1).any():
                covered[found] = True
                self._unique[subset] = np.packbits(covered)
                yield from self._descend(subset, left, split[~alone], number, place)

    def _covered(self, subset: Subset) -> npt.NDArray[np.bool_] | None:
        """Which tuples are unique already in a proper subset; None where all that can be are."""
        packed = np.zeros((len(self.counts) + 7) // 8, dtype=np.uint8)
        if len(subset) > 1:
            for place in range(len(subset)):
                smaller = self._unique.get(subset[:place] + subset[place + 1 :])
                if smaller is None:
                    return None
                packed |= smaller
        return np.unpackbits(packed, count=len(self.counts)).astype(bool)


@dataclass(frozen=True)
class _PerTuple:
    msus: Codes
    smallest: Codes
    score: npt.NDArray[np.float64]


def _by_tuple(found: dict[Subset, Codes], weights: list[float], tuples: int) -> _PerTuple:
    msus = np.zeros(tuples, dtype=np.int64)
    smallest = np.full(tuples, len(weights) + 1, dtype=np.int64)
    score = np.zeros(tuples)
    for subset, rows in found.items():
        msus[rows] += 1
        smallest[rows] = np.minimum(smallest[rows], len(subset))
        score[rows] += weights[len(subset) - 1]
    return _PerTuple(msus, smallest, score)


def _contributions(
    found: dict[Subset, Codes], weights: list[float], attributes: int
) -> list[float]:
    totals, whole = [0.0] * attributes, 0.0
    for subset, rows in found.items():
        score = weights[len(subset) - 1] * len(rows)
        whole += score
        for place in subset:
            totals[place] += score
    return [total / whole if whole else 0.0 for total in totals]


def _file_risk(uniques: int, pairs: int, fraction: float) -> float:
    """DIS: uniques f / (uniques f + records in pairs (1 - f)); 0 where nobody is unique."""
    right = uniques * fraction
    return right / (right + 2 * pairs * (1 - fraction)) if uniques else 0.0


def _dis_scores(
    score: npt.NDArray[np.float64], file_risk: float, uniques: int, attributes: int
) -> npt.NDArray[np.float64]:
    """The file's risk spread by the scores, with the exponent that sdcMicro's program uses."""
    dis = np.zeros(len(score))
    special = score > 0
    if not special.any():
        return dis
    # never below 0: above 28 attributes a higher score would otherwise mean a lower risk
    powered = score[special] ** max(0.0, 1 + (8 - attributes) / 20)
    adjusted = powered * (1 / powered).sum()
    dis[special] = 1 / (1 + (uniques / file_risk - uniques) / adjusted)
    return dis
