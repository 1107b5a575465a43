"""What a plan would do to a table, in figures: to weigh it before anything is protected by it.

The steps of ``apply_plan`` up to the search, and nothing after: no pseudonym, no protected table, no
digest of one. What comes is exact; whoever shows it to people coarsens it first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from casemate.protection.apply import anonymised, choose
from casemate.protection.plan import Plan
from casemate.protection.plan_steps import before_search
from casemate.protection.risk import Risk, reidentification_risk
from casemate.protection.search import UNLIMITED, Budget


@dataclass(frozen=True)
class Assessed:
    """The figures of one plan on one table; shares and losses are 0 to 1.

    ``before`` and ``after`` are over the quasi-identifiers that leave. ``gap`` is as in
    ``ProtectionReport``: above 0 where the search was ended before it had proven the best.
    """

    before: Risk
    after: Risk
    suppressed: int
    loss: float
    gap: float
    generalisation: dict[str, int]
    attribute_losses: dict[str, float]


def assess_plan(
    frame: Any, plan: Plan, variables: Sequence[str], *, budget: Budget = UNLIMITED
) -> Assessed:
    """What ``plan`` would do to the ``variables`` of ``frame``. Raises BadInput as ``apply_plan`` does."""
    chosen = choose(frame, plan, variables)
    names = [name for name in plan.quasi_identifiers if name in chosen.columns]
    threshold = max((model.smallest_table() for model in plan.models), default=1)
    before = reidentification_risk(chosen, names, threshold=threshold)
    ready, _ = before_search(chosen, plan)
    result = anonymised(ready, plan, names, budget)
    if result is None:
        return Assessed(before, before, 0, 0.0, 0.0, {}, {})
    return Assessed(
        before=before,
        after=result.risk,
        suppressed=result.suppressed,
        loss=result.loss,
        gap=result.gap,
        generalisation=dict(result.generalisation),
        attribute_losses=dict(result.attribute_losses),
    )
