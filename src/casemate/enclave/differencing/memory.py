"""All that is out of one dataset version, in a form that questions of differencing can be put to.

A group of people is kept once, whatever was told of it. ``labels`` gives two records the same number
where they are in the same groups: so its classes are the atoms. The order of releases leaves no trace
in what is decided.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from casemate.enclave.differencing.span import Span
from casemate.enclave.differencing.statements import COUNT, Records, Statement, pack

Bits = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint64]
_BLOCKS = 32
Kind = TypeVar("Kind", bound=np.generic)


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


class _Rows(Generic[Kind]):
    """A matrix that grows by rows."""

    def __init__(self, width: int, kind: type[Kind]) -> None:
        self._kept: npt.NDArray[Any] = np.empty((64, width), dtype=kind)
        self.count = 0

    def add(self, row: npt.ArrayLike) -> None:
        if self.count == len(self._kept):
            self._kept = np.concatenate([self._kept, np.empty_like(self._kept)])
        self._kept[self.count] = row
        self.count += 1

    @property
    def all(self) -> npt.NDArray[Kind]:
        return self._kept[: self.count]


class Memory:
    """What was released of a table of ``records``, whose number the catalogue tells to everybody."""

    def __init__(self, records: int) -> None:
        self.records = records
        self.labels: Labels = np.zeros(records, dtype=np.uint64)
        self.has_disclosed = False
        """Whether something left that, as far as the memory could tell, disclosed."""
        self._groups: dict[bytes, int] = {}
        self._bits = _Rows((records + 7) // 8, np.uint8)
        self._sketches = _Rows(_BLOCKS, np.int32)
        self._sizes = _Rows(1, np.int64)
        self._bounds: list[tuple[int, int]] = []
        self._figures: dict[str, set[int]] = {}
        self._span = Span(records)
        self._independent: list[int] = []
        self.add([Statement.of(np.arange(records))])

    def __len__(self) -> int:
        return len(self._groups)

    def add(self, statements: Iterable[Statement]) -> None:
        """Remember that the statements are out."""
        for one, group in zip(
            (statements := list(statements)), self.groups_of(statements), strict=True
        ):
            place = self._place(group)
            if one.figure != COUNT:
                self._figures.setdefault(one.figure, set()).add(place)

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
        place = self._groups.get(group.key)
        if place is not None:
            low, high = self._bounds[place]
            if low >= group.low and high <= group.high:
                return True
        return group.exact and self._span.holds(group.records)

    def has_figure(self, group: Group, figure: str) -> bool:
        """Whether this figure of exactly these people is out."""
        return self._groups.get(group.key, -1) in self._figures.get(figure, ())

    def rows(self) -> tuple[Bits, list[tuple[int, int]]]:
        """The groups that make up all that is known: the independent exact ones, and the intervals."""
        places = [
            *self._independent,
            *(at for at, (low, high) in enumerate(self._bounds) if low != high),
        ]
        bits: Bits = self._bits.all[places]
        return bits, [self._bounds[at] for at in places]

    def close_to(self, group: Group, within: int, figure: str | None = None) -> list[Bits]:
        """The groups that differ from ``group`` by 1 to ``within`` people, as bits; of those with an
        exact count, or that ``figure`` is out of."""
        sizes = self._sizes.all[:, 0]
        near = np.abs(sizes - len(group.records)) <= within
        places = np.flatnonzero(near)
        if figure is not None:
            places = np.intersect1d(
                places, np.array(sorted(self._figures.get(figure, ())), dtype=np.int64)
            )
        sketch = sketch_of(group.records, self.records)
        apart = np.abs(self._sketches.all[places] - sketch).sum(axis=1)
        places = places[apart <= within].astype(np.int64)
        bits = self._bits.all[places]
        differ = np.bitwise_count(bits ^ group.bits).sum(axis=1)
        chosen = places[(differ >= 1) & (differ <= within)]
        return [
            self._bits.all[at]
            for at in chosen
            if figure is not None or self._bounds[at][0] == self._bounds[at][1]
        ]

    def _place(self, group: Group) -> int:
        place = self._groups.get(group.key)
        if place is None:
            place = self._groups[group.key] = len(self._bounds)
            self._bits.add(group.bits)
            self._sketches.add(sketch_of(group.records, self.records))
            self._sizes.add(len(group.records))
            self._bounds.append((-1, self.records + 1))
            self.labels[group.records] += label_of(group)
        before = self._bounds[place]
        after = (max(before[0], group.low), min(before[1], group.high))
        self._bounds[place] = after
        if after[0] == after[1] and before[0] != before[1] and self._span.add(group.records):
            self._independent.append(place)
        return place


def label_of(group: Group) -> np.uint64:
    """The number that the members of a group carry; a record's label is the sum of its groups'."""
    return np.uint64(int.from_bytes(group.key[:8], "big"))


def sketch_of(people: Records, records: int) -> npt.NDArray[np.int32]:
    """How many of the people are in each of some blocks: groups whose sketches are far apart differ by
    at least as much."""
    blocks = people.astype(np.int64) * _BLOCKS // max(records, 1)
    return np.bincount(blocks, minlength=_BLOCKS).astype(np.int32)
