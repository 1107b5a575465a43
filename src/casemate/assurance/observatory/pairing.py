"""Two evaluations item by item: what both answered alike says nothing on which of them is better.

McNemar's exact test on each concern and kind of outcome, the p-values corrected for all of them (Holm).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from casemate.assurance.observatory.board import language_of
from casemate.assurance.results import EVERYBODY
from casemate.assurance.statistics import Comparison, holm, mcnemar
from casemate.errors import BadInput

if TYPE_CHECKING:
    from casemate.assurance.keeping import KeptEvaluation

ANSWERED = ("fine", "wrong")
_KINDS = ("wrong", "refused", "malformed")


@dataclass(frozen=True)
class Compared:
    """The first's share of ``outcome`` less the second's, on the same ``items``.

    ``wrong`` is of the items that both answered, the others of all. ``p_value`` is corrected for all
    comparisons of the two; ``differs`` where it is below one minus the level.
    """

    concern: str
    outcome: str
    items: int
    first: float
    second: float
    difference: float
    low: float
    high: float
    p_value: float
    differs: bool


def compare(
    first: "KeptEvaluation",
    second: "KeptEvaluation",
    answers: Sequence[Mapping[str, Any]],
    other_answers: Sequence[Mapping[str, Any]],
) -> list[Compared]:
    """The differences by concern; raises ``BadInput`` where the two did not answer the same items."""
    _require_alike(first, second)
    pairs = _pairs(answers, other_answers)
    if not pairs:
        raise BadInput(
            f"{first.id} and {second.id} have no answers to the same items: a comparison is made item by "
            "item, of evaluations that were recorded with their answers"
        )
    concerns = [EVERYBODY, *dict.fromkeys(concern for concern, _, _ in pairs)]
    found = []
    for concern in concerns if len(concerns) > 2 else [EVERYBODY]:
        some = [(one, two) for about, one, two in pairs if concern in (EVERYBODY, about)]
        for kind in _KINDS:
            kept = [
                pair for pair in some if kind != "wrong" or all(one in ANSWERED for one in pair)
            ]
            if kept:
                found.append((concern, kind, kept))
    tested = [_tested(kept, kind) for _, kind, kept in found]
    adjusted = holm([one.p_value for one in tested])
    return [
        _compared(concern, kind, kept, test, p_value)
        for (concern, kind, kept), test, p_value in zip(found, tested, adjusted, strict=True)
    ]


def _require_alike(first: "KeptEvaluation", second: "KeptEvaluation") -> None:
    for name, one, two in (
        ("suites", first.suite, second.suite),
        ("versions of the suite", first.suite_version, second.suite_version),
        ("languages", language_of(first), language_of(second)),
    ):
        if one != two:
            raise BadInput(
                f"two evaluations of different {name} ({one or 'none'}, {two or 'none'}) share no items "
                "and cannot be compared"
            )
    if first.id == second.id:
        raise BadInput("an evaluation is compared with another one, not with itself")


def _pairs(
    answers: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]]
) -> list[tuple[str, str, str]]:
    """Concern and both outcomes of the items that both have: the same name and the same question.

    Of an item that was asked repeatedly the first answer counts: repeats are no further items.
    """
    known, told = _first(others), _first(answers)
    found = []
    for key, one in told.items():
        other = known.get(key)
        if other is not None:
            concern = str(one.get("concern") or "")
            found.append((concern, str(one.get("outcome")), str(other.get("outcome"))))
    return found


def _first(answers: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for one in answers:
        found.setdefault((str(one.get("id")), str(one.get("asked"))), one)
    return found


def _tested(pairs: Sequence[tuple[str, str]], kind: str) -> Comparison:
    one, two = (np.array([pair[at] == kind for pair in pairs], dtype=bool) for at in (0, 1))
    return mcnemar(one, two)


def _compared(
    concern: str, kind: str, pairs: Sequence[tuple[str, str]], test: Comparison, p_value: float
) -> Compared:
    first, second = (sum(pair[at] == kind for pair in pairs) / len(pairs) for at in (0, 1))
    interval = test.difference
    return Compared(
        concern,
        kind,
        len(pairs),
        first,
        second,
        interval.estimate,
        interval.low,
        interval.high,
        p_value,
        p_value < 1 - interval.level,
    )
