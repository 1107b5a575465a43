"""Which attributes tell people apart: distinction and separation, and the keys they form.

Motwani and Xu (2007), Efficient algorithms for masking and finding quasi-identifiers, SDM workshop on
practical privacy-preserving data mining. Both measures count from the data alone: they say what
could identify a person, not what an attacker knows.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from casemate.errors import BadInput
from casemate.protection.attribute_codes import Codes, attribute_codes, refine
from casemate.protection.frames import open_frame, polars_columns, require_columns

SUBSET_LIMIT = 200_000
"""So many attribute sets at most are measured one by one; a larger question is refused."""


@dataclass(frozen=True)
class Distinguishing:
    """How far a set of attributes tells the records apart, both 0 to 1.

    * ``distinction``: distinct value combinations over records. A set of distinction a becomes a key
      once a share of 1 - a of the records is removed.
    * ``separation``: the share of the pairs of records that differ in some attribute of the set; 1
      for a table of one record, which has no pair.
    """

    attributes: tuple[str, ...]
    distinction: float
    separation: float


def distinguishing(
    table: Any, attributes: Sequence[str] | None = None, *, max_size: int = 3
) -> tuple[Distinguishing, ...]:
    """Every set of up to ``max_size`` of the ``attributes`` (all columns if None), measured exactly.

    Sorted by separation, then distinction, the sets that tell most apart first. Null is a value of
    its own. Raises BadInput for an empty table, an unknown or repeated attribute, NaN or mixed
    types, a size below 1, and for more than 200,000 sets.
    """
    coded = _coded(table, attributes)
    _check_size(len(coded.names), max_size)
    found = [coded.measure(subset) for subset in _subsets(len(coded.names), max_size)]
    return tuple(sorted(found, key=lambda one: (-one.separation, -one.distinction, one.attributes)))


def minimal_keys(
    table: Any,
    attributes: Sequence[str] | None = None,
    *,
    max_size: int = 3,
    distinction: float = 1.0,
) -> tuple[Distinguishing, ...]:
    """Every minimal set of up to ``max_size`` attributes that reaches ``distinction``, exactly.

    Minimal: no proper subset reaches it. With 1.0 these are the candidate keys of the table. Raises
    what ``distinguishing`` raises, and BadInput for a distinction outside 0 to 1.
    """
    _check_share(distinction)
    coded = _coded(table, attributes)
    _check_size(len(coded.names), max_size)
    keys: list[tuple[int, ...]] = []
    found = []
    for subset in _subsets(len(coded.names), max_size):
        if any(set(key) <= set(subset) for key in keys):
            continue
        measured = coded.measure(subset)
        if measured.distinction >= distinction:
            keys.append(subset)
            found.append(measured)
    return tuple(found)


def greedy_key(
    table: Any, attributes: Sequence[str] | None = None, *, distinction: float = 1.0
) -> Distinguishing:
    """A small set of attributes that reaches ``distinction``, attribute by attribute.

    Each step adds the attribute that separates most pairs, Motwani and Xu's greedy set cover: at
    most about 2 ln(records) times the smallest key. Attributes that a later choice made needless are
    dropped again. Fit for tables too wide for ``minimal_keys``. Raises BadInput as there, and where
    all attributes together do not reach ``distinction``: it names what they reach.
    """
    _check_share(distinction)
    coded = _coded(table, attributes)
    chosen: list[int] = []
    best = coded.measure(())
    while best.distinction < distinction:
        rest = [place for place in range(len(coded.names)) if place not in chosen]
        if not rest:
            raise BadInput(
                f"all {len(coded.names)} attributes together reach a distinction of "
                f"{best.distinction:.4f}, below {distinction}: some records are equal"
            )
        tried = [(coded.measure((*chosen, place)), place) for place in rest]
        best, place = max(tried, key=lambda one: (one[0].separation, -one[1]))
        chosen.append(place)
    for place in list(chosen):
        without = tuple(other for other in chosen if other != place)
        if coded.measure(without).distinction >= distinction:
            chosen.remove(place)
    return coded.measure(tuple(sorted(chosen)))


@dataclass(frozen=True)
class _Coded:
    names: tuple[str, ...]
    codes: list[Codes]
    radices: list[int]
    records: int

    def measure(self, subset: Sequence[int]) -> Distinguishing:
        classes, count = np.zeros(self.records, dtype=np.int64), 1
        for place in subset:
            classes, count = refine(classes, count, self.codes[place], self.radices[place])
        sizes = np.bincount(classes).astype(object if self.records > 2**31 else np.int64)
        pairs = self.records * (self.records - 1)
        shared = int((sizes * (sizes - 1)).sum())
        separation = (pairs - shared) / pairs if pairs else 1.0
        names = tuple(self.names[place] for place in subset)
        return Distinguishing(names, count / self.records, separation)


def _coded(table: Any, attributes: Sequence[str] | None) -> _Coded:
    frame = open_frame(table)
    names = list(frame.columns if attributes is None else attributes)
    if not names:
        raise BadInput("there is no attribute to measure: name at least one column")
    if len(set(names)) < len(names):
        raise BadInput("an attribute is named twice: name each once")
    require_columns(frame, names, "an attribute")
    if not len(frame):
        raise BadInput("the table has no records, so nobody can be told apart")
    codes, radices = attribute_codes(polars_columns(frame, names))
    return _Coded(tuple(names), codes, radices, len(frame))


def _subsets(attributes: int, max_size: int) -> Iterator[tuple[int, ...]]:
    for size in range(1, min(max_size, attributes) + 1):
        yield from combinations(range(attributes), size)


def _check_size(attributes: int, max_size: int) -> None:
    if max_size < 1:
        raise BadInput(f"a set has at least 1 attribute, not {max_size}")
    sets = sum(math.comb(attributes, size) for size in range(1, min(max_size, attributes) + 1))
    if sets > SUBSET_LIMIT:
        raise BadInput(
            f"{attributes} attributes have {sets:,} sets of up to {max_size}, above "
            f"{SUBSET_LIMIT:,}: ask for smaller sets or fewer attributes, or for a greedy key"
        )


def _check_share(distinction: float) -> None:
    if not 0 <= distinction <= 1:
        raise BadInput(f"a distinction lies from 0 to 1, not at {distinction}")
