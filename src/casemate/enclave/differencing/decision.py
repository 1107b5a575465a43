"""Whether new figures, together with all that is out, tell of a small group.

Two questions are put. *Counts*: with the new groups added, may every class of fewer than ``threshold``
records have at least ``threshold`` (and ``margin`` more than it has) in some table with the same
released figures? If so, no union of classes can be shown to be below the threshold either, since it is
at least as large as its parts. *Figures*: does a statistic leave of two sets of people that differ by
fewer than ``threshold``? See docs/differencing.md for what follows, and what does not.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from casemate.enclave.checks_model import Findings, Reason, listed
from casemate.enclave.differencing.bounds import Bounds, Ints, Most, System, find_open
from casemate.enclave.differencing.memory import Bits, Group, Labels, Memory, label_of
from casemate.enclave.differencing.statements import COUNT, Statement

RULE = "differencing"


@dataclass(frozen=True)
class DifferencingRules:
    """``threshold`` people make a group large enough; a smaller one must be able to have ``margin``
    more than it has, too. A question that takes longer than ``seconds`` is put to a person."""

    threshold: int = 10
    margin: int = 3
    seconds: float = 20.0


@dataclass(frozen=True)
class Decision:
    """``discloses``: rows (from 1) through which a small group could be worked out; ``undecided``: rows
    that time did not suffice for. ``counter``: how many outputs of the dataset were out."""

    discloses: tuple[int, ...] = ()
    undecided: tuple[int, ...] = ()
    counter: int = 0
    programmes: int = 0
    threshold: int = 10

    @property
    def passes(self) -> bool:
        return not (self.discloses or self.undecided)

    def tell(self, findings: Findings) -> None:
        """Add the reasons; they name rows of the researcher's own table and the threshold alone."""
        for reason in self.reasons:
            (findings.refuse if self.discloses else findings.review)(reason.rule, reason.message)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why it does not pass, for ``Findings``; nothing where it does."""
        if self.discloses:
            text = (
                f"{listed(list(self.discloses))}: together with what was released of this dataset, a "
                f"group of fewer than {self.threshold} people could be worked out"
            )
            return (Reason(RULE, text),)
        if self.undecided:
            text = (
                f"{listed(list(self.undecided))}: whether a small group can be worked out from this and "
                "what was released could not be decided in time: a person decides"
            )
            return (Reason(RULE, text),)
        return ()


def decide(memory: Memory, statements: Sequence[Statement], rules: DifferencingRules) -> Decision:
    """Judge ``statements`` against ``memory``, which stays as it is."""
    until = time.monotonic() + rules.seconds
    groups = memory.groups_of(statements)
    lines = _figures(memory, statements, groups, rules.threshold)
    fresh = _fresh(memory, groups)
    if fresh and not memory.has_disclosed:
        lines |= _nested(memory, statements, groups, fresh, rules.threshold)
    if lines or not fresh:
        return Decision(tuple(sorted(lines)), threshold=rules.threshold)
    question = _Question(memory, fresh)
    # where something disclosed already, all that is open is looked at for what is new
    every = memory.has_disclosed
    bounds = find_open(question.system, question.needs(rules), until, every=every)
    if every:
        question.leave_news(bounds, until)
    return Decision(
        question.lines(bounds.open, statements),
        () if bounds.open else question.lines(bounds.undecided, statements),
        programmes=bounds.programmes,
        threshold=rules.threshold,
    )


def _fresh(memory: Memory, groups: Sequence[Group]) -> list[Group]:
    """The groups that tell something new, each once."""
    found: dict[bytes, Group] = {}
    for group in groups:
        known = found.get(group.key)
        if known is not None:
            low, high = max(known.low, group.low), min(known.high, group.high)
            found[group.key] = Group(group.records, group.bits, low, high)
        elif not memory.tells(group):
            found[group.key] = group
    return list(found.values())


def _nested(
    memory: Memory, statements: Sequence[Statement], groups: Sequence[Group],
    fresh: Sequence[Group], threshold: int,
) -> set[int]:  # fmt: skip
    """Lines of exact groups that contain, or lie in, another that differs by few: plain subtraction."""
    keys = {one.key for one in fresh if one.exact}
    found = set()
    for at, group in enumerate(groups):
        if group.key not in keys:
            continue
        others = [one.bits for one in fresh if one.exact and one.key != group.key]
        near = [*memory.close_to(group, threshold - 1), *_near(others, group, threshold - 1)]
        if any(_is_nested(group.bits, other) for other in near):
            found.add(statements[at].line)
    return found


def _figures(
    memory: Memory, statements: Sequence[Statement], groups: Sequence[Group], threshold: int
) -> set[int]:
    """Lines with a statistic that is, or becomes, known of two sets that differ by few people."""
    found = set()
    for at, (one, group) in enumerate(zip(statements, groups, strict=True)):
        if one.figure == COUNT or memory.has_figure(group, one.figure):
            continue
        same = [
            other.bits
            for s, other in zip(statements, groups, strict=True)
            if s.figure == one.figure
        ]
        out = memory.has_figure_close_to(group, threshold - 1, one.figure)
        if out or _near(same, group, threshold - 1):
            found.add(statements[at].line)
    return found


def _near(others: Sequence[Bits], group: Group, within: int) -> list[Bits]:
    if not others:
        return []
    differ = np.bitwise_count(np.stack(others) ^ group.bits).sum(axis=1)
    return [others[at] for at in np.flatnonzero((differ >= 1) & (differ <= within)).tolist()]


def _is_nested(one: Bits, other: Bits) -> bool:
    both = one & other
    return bool((both == one).all() or (both == other).all())


class _Question:
    """The system of all that is out and the ``fresh`` groups, over the classes that they make."""

    def __init__(self, memory: Memory, fresh: Sequence[Group]) -> None:
        self._memory = memory
        labels = memory.labels.copy()
        for group in fresh:
            labels[group.records] += label_of(group.key)
        self._classes = _Classes(labels)
        bits, bounds = memory.rows()
        bits = np.concatenate([bits, np.stack([group.bits for group in fresh])])
        bounds = [*bounds, *((group.low, group.high) for group in fresh)]
        self.system = self._classes.system(bits, bounds)

    def needs(self, rules: DifferencingRules) -> Ints:
        """How many more each class must be able to have; 0 for those that are large enough."""
        sizes = self.system.sizes
        needs: Ints = np.maximum(rules.threshold - sizes, rules.margin)
        return np.where(sizes < rules.threshold, needs, 0)

    def leave_news(self, bounds: Bounds, until: float) -> None:
        """Of the open classes, leave those of which less was known without the new groups; those that
        time did not suffice for become undecided."""
        if not bounds.open:
            return
        before = _Classes(self._memory.labels)
        known, now = Most(before.system(*self._memory.rows())), Most(self.system)
        news, unclear = [], []
        for at in bounds.open:
            old = before.of[self._classes.first[at]]
            # what the class was part of, without the new groups: it could be as large as this
            left = [until - time.monotonic()] * 2
            most = known.of(int(old), left[0]) if left[0] > 0 else None
            less = now.of(at, left[1]) if most is not None else None
            if most is None or less is None:
                unclear.append(at)
            elif less + self.system.sizes[at] < most + before.sizes[old] - 0.5:
                news.append(at)
        bounds.open, bounds.undecided = news, [*bounds.undecided, *unclear]

    def lines(self, classes: Sequence[int], statements: Sequence[Statement]) -> tuple[int, ...]:
        """The rows of the table that have to do with these classes: those that hold them, else all."""
        people = np.isin(self._classes.of, classes)
        found = {one.line for one in statements if people[one.records].any()}
        every = {one.line for one in statements} if classes else set()
        return tuple(sorted(found or every))


class _Classes:
    """Records by their labels: ``of`` each the number of its class, of each class its ``first`` record
    and its size."""

    def __init__(self, labels: Labels) -> None:
        _, self.first, self.of, sizes = np.unique(
            labels, return_index=True, return_inverse=True, return_counts=True
        )
        self.sizes: Ints = sizes.astype(np.int64)

    def system(self, bits: Bits, bounds: Sequence[tuple[int, int]]) -> System:
        """What the groups ``bits`` with these ``bounds`` say of the classes' sizes."""
        shifts = (7 - (self.first & 7)).astype(np.uint8)
        dense = (bits[:, self.first >> 3] >> shifts) & 1
        groups = sp.csr_array(dense, dtype=np.float64)
        true = dense.astype(np.int64) @ self.sizes
        limits = np.array(bounds, dtype=np.int64).reshape(-1, 2)
        return System(groups, self.sizes, limits[:, 0] - true, limits[:, 1] - true)
