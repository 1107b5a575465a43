"""What an evaluation says about a test of the plan: one figure, held against the test's criterion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from casemate.errors import BadInput
from casemate.register.sandboxes.forms import PlannedTest

SHOWN = 12
"""How many of an evaluation's figures a refusal names."""


@dataclass(frozen=True)
class Measured:
    """An evaluation that was recorded on this platform, as far as the sandbox needs to know it."""

    evaluation: str
    digest: str
    suite: str
    subject: str | None
    """The algorithm that it is of."""
    at: datetime
    figures: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Result:
    """The figure that answers a test, and whether its criterion is met. Decimals as text."""

    value: str
    low: str | None
    high: str | None
    met: bool


def result(test: PlannedTest, figures: Sequence[Mapping[str, Any]]) -> Result:
    """What ``figures`` say about ``test``; raises ``BadInput`` where none of them answers it."""
    wanted = (test.check, test.measure, test.group)
    found = [one for one in figures if _names(one) == wanted]
    if not found:
        there = sorted({" / ".join(_names(one)) for one in figures})[:SHOWN]
        raise BadInput(
            f"the evaluation has no figure {' / '.join(wanted)}; it has "
            f"{', '.join(there) or 'none at all'}"
        )
    value, low, high = (_decimal(found[-1].get(name)) for name in ("estimate", "low", "high"))
    if value is None:
        raise BadInput(f"the figure {' / '.join(wanted)} is withheld: it answers nothing")
    told = [None if one is None else str(one) for one in (low, high)]
    return Result(str(value), told[0], told[1], _is_met(test, value, low, high))


def _is_met(test: PlannedTest, value: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    """Whether the estimate, or the whole of its interval, is on the right side of the threshold."""
    least = test.comparison == "at_least"
    decides: Decimal | None = value
    if test.by == "interval":
        decides = low if least else high
        if decides is None:
            raise BadInput(
                f"the test {test.key!r} is judged by the interval, and the figure has none"
            )
    threshold = Decimal(test.threshold)
    assert decides is not None
    return decides >= threshold if least else decides <= threshold


def _names(figure: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(figure["check"]), str(figure["measure"]), str(figure.get("group") or "everybody")


def _decimal(number: float | None) -> Decimal | None:
    """As it is written: no digit more than the evaluation told."""
    return None if number is None else Decimal(str(number))
