"""All that is out of one dataset version, in a form that questions of differencing can be put to.

A group of people is kept once, whatever was told of it, and its members only where they say something
that others do not: so thousands of tables over the same variables take little room. ``labels`` gives two
records the same number where they are in the same groups: so its classes are the atoms. The order of
releases leaves no trace in what is decided.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from casemate.enclave.differencing.sketches import Sketches
from casemate.enclave.differencing.span import Span
from casemate.enclave.differencing.statements import COUNT, Records, Statement, pack

Bits = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Group:
    """A set of people, and the ``low`` to ``high`` that is known of their number (equal: exactly)."""

    records: Records
    bits: Bits
    low: int
    high: int

    @property
    def key(self) -> bytes:
        """The same for the same people."""
        return hashlib.blake2b(self.bits.tobytes(), digest_size=16).digest()

    @property
    def exact(self) -> bool:
        return self.low == self.high


class Memory:
    """What was released of a table of ``records``, whose number the catalogue tells to everybody."""

    def __init__(self, records: int) -> None:
        self.records = records
        self.labels: Labels = np.zeros(records, dtype=np.uint64)
        self.has_disclosed = False
        """Whether something left that, as far as the memory could tell, disclosed."""
        self._bounds: dict[bytes, tuple[int, int]] = {}
        self._intervals: dict[bytes, Bits] = {}
        self._figures: dict[str, Sketches] = {}
        self._span = Span(records)
        self.add([Statement.of(np.arange(records))])

    def __len__(self) -> int:
        return len(self._bounds)

    @property
    def rank(self) -> int:
        """How many of the groups with an exact count say something of their own."""
        return self._span.rank

    def add(self, statements: Iterable[Statement]) -> None:
        """Remember that the statements are out."""
        known = list(statements)
        for one, group in zip(known, self.groups_of(known), strict=True):
            key = group.key
            self._place(group, key)
            if one.figure != COUNT:
                out = self._figures.setdefault(one.figure, Sketches(self.records))
                out.add(key, group.records)

    def groups_of(self, statements: Sequence[Statement]) -> list[Group]:
        """The group of each statement, with what the statement tells of its number."""
        found = []
        for one in statements:
            exact = one.figure != COUNT
            low, high = (len(one.records),) * 2 if exact else (one.low, one.high)
            found.append(Group(one.records, pack(one.records, self.records), low, high))
        return found

    def tells(self, group: Group) -> bool:
        """Whether as much is known of the group's number already."""
        low, high = self._bounds.get(group.key, (group.low - 1, group.high))
        if low >= group.low and high <= group.high:
            return True
        return group.exact and self._span.holds(group.records, group.bits)

    def has_figure(self, group: Group, figure: str) -> bool:
        """Whether this figure of exactly these people is out."""
        return figure in self._figures and group.key in self._figures[figure]

    def rows(self) -> tuple[Bits, list[tuple[int, int]]]:
        """The groups that make up all that is known: the independent exact ones, and the intervals."""
        exact = self._span.groups
        sizes = np.bitwise_count(exact).sum(axis=1, dtype=np.int64).tolist()
        bounds = [
            *((size, size) for size in sizes),
            *(self._bounds[key] for key in self._intervals),
        ]
        return np.concatenate([exact, *(bits[None] for bits in self._intervals.values())]), bounds

    def close_to(self, group: Group, within: int) -> list[Bits]:
        """The independent groups with an exact count that differ from ``group`` by 1 to ``within``."""
        differ = np.bitwise_count(self._span.groups ^ group.bits).sum(axis=1, dtype=np.int64)
        return list(self._span.groups[(differ >= 1) & (differ <= within)])

    def has_figure_close_to(self, group: Group, within: int, figure: str) -> bool:
        """Whether ``figure`` is out of others that differ from ``group`` by up to ``within`` people.

        Errs to the side of holding: see ``Sketches``.
        """
        out = self._figures.get(figure)
        return out is not None and out.has_close_to(group.key, group.records, within)

    def _place(self, group: Group, key: bytes) -> None:
        if key not in self._bounds:
            self._bounds[key] = (-1, self.records + 1)
            self.labels[group.records] += label_of(key)
        before = self._bounds[key]
        after = (max(before[0], group.low), min(before[1], group.high))
        self._bounds[key] = after
        if after[0] != after[1]:
            self._intervals[key] = group.bits
        elif before[0] != before[1]:
            self._intervals.pop(key, None)
            self._span.add(group.records, group.bits)


def label_of(key: bytes) -> np.uint64:
    """The number that the members of a group carry; a record's label is the sum of its groups'."""
    return np.uint64(int.from_bytes(key[:8], "big"))
