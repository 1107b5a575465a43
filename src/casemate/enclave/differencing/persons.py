"""The same two questions where one person has several records: then people are counted, not records.

Released figures are of records, so what can be worked out is worked out of records; whether that is of too
few is a matter of people. Twenty visits of one person are one person.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from casemate.enclave.differencing.decision import Decision, DifferencingRules, decide
from casemate.enclave.differencing.memory import Memory
from casemate.enclave.differencing.statements import COUNT, Records, Statement

Persons = npt.NDArray[np.uint32]
"""For each record of the published table the number of the person that it is of."""


def persons_of(values: Sequence[Any] | npt.NDArray[Any]) -> Persons | None:
    """Numbers for the persons that ``values`` (one a record) name; ``None`` where each has one record.

    Records without a value are taken to be of one person: the careful assumption.
    """
    numbers: dict[Any, int] = {}
    found = np.array([numbers.setdefault(one, len(numbers)) for one in values], dtype=np.uint32)
    return None if len(numbers) == len(found) else found


def decide_by_person(
    released: Sequence[Statement],
    statements: Sequence[Statement],
    persons: Persons,
    rules: DifferencingRules,
    *,
    has_disclosed: bool = False,
) -> Decision:
    """Judge ``statements`` with all that is ``released``, with thresholds on people.

    Two sets are close where the records that they differ by are of few people. For sums of tables the
    classes are counted in people: of each class one record a person is kept, and ``decide`` is asked.
    """
    close = _close(released, statements, persons, rules.threshold)
    if close:
        return Decision(tuple(sorted(set(close))), threshold=rules.threshold)
    kept = _Thinned([*released, *statements], persons)
    memory = Memory(kept.size)
    memory.has_disclosed = has_disclosed
    memory.add(kept.of(one) for one in released)
    return decide(memory, [kept.of(one) for one in statements], rules)


def _close(
    released: Sequence[Statement], statements: Sequence[Statement], persons: Persons, threshold: int
) -> list[int]:
    """Lines of the new sets that differ from another by the records of a few people."""
    exact = [one for one in released if one.low == one.high]
    counted = {one.records.tobytes() for one in exact}
    figures = {(one.figure, one.records.tobytes()) for one in exact}
    everybody = Statement.of(np.arange(len(persons)))
    others = (everybody, *exact, *(one for one in statements if one.low == one.high))
    most = (threshold - 1) * int(np.bincount(persons).max(initial=1))
    found = []
    for one in statements:
        people = one.records.tobytes()
        if one.low != one.high or (one.figure, people) in figures:
            continue
        near = (two for two in others if abs(len(one.records) - len(two.records)) <= most)
        is_new = people not in counted
        if any(_differ_by_few(one, two, persons, threshold, is_new=is_new) for two in near):
            found.append(one.line)
    return found


def _differ_by_few(
    one: Statement, other: Statement, persons: Persons, threshold: int, *, is_new: bool
) -> bool:
    """Whether few people's records tell the two apart, by a figure of both or, where the first was not
    counted before, by their numbers."""
    apart: Records = np.setxor1d(one.records, other.records, assume_unique=True)
    if not len(apart) or len(np.unique(persons[apart])) >= threshold:
        return False
    if one.figure == other.figure != COUNT:
        return True
    is_nested = len(apart) == abs(len(one.records) - len(other.records))
    return is_new and is_nested


class _Thinned:
    """Records thinned out: of each class, one for each of its people."""

    def __init__(self, statements: Sequence[Statement], persons: Persons) -> None:
        label = np.zeros(len(persons), dtype=np.uint64)
        draw = np.random.default_rng(1)
        for one in statements:
            label[one.records] += draw.integers(0, 2**63, dtype=np.uint64)
        _, self._class = np.unique(label, return_inverse=True)
        pairs = self._class.astype(np.uint64) * np.uint64(len(persons)) + persons
        _, first = np.unique(pairs, return_index=True)
        self._class_of_kept = self._class[first]
        self.size = len(first)

    def of(self, one: Statement) -> Statement:
        """The statement on the records that are kept; of a rounded count with as much slack."""
        inside = np.isin(self._class_of_kept, np.unique(self._class[one.records]))
        records: Records = np.flatnonzero(inside).astype(np.uint32)
        more, less = one.high - len(one.records), len(one.records) - one.low
        low, high = max(0, len(records) - less), len(records) + more
        return Statement(records, one.figure, low, high, one.line)
