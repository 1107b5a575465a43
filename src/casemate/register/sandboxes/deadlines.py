"""The clocks of the sandbox: when a decision is due, and when a serious incident is reported at the latest.

* AI Act Art. 58(2)(a): applicants are told of the decision within three months of the application. The
  article speaks of no standstill, so the clock runs on while the applicant has it: ours is never late by
  the law's count.
* AI Act Art. 73(2) to (4), in the sandbox by Art. 60(7): fifteen days after one became aware; ten where
  somebody died; two for a widespread infringement or critical infrastructure.
"""

from datetime import datetime, timedelta

from casemate.access.deadlines import add_months
from casemate.register.sandboxes.forms import Kind

DECISION_MONTHS = 3
REPORT_DAYS = {Kind.SERIOUS: 15, Kind.DEATH: 10, Kind.WIDESPREAD: 2}


def decision_due(submitted: datetime) -> datetime:
    """When the applicant is told at the latest."""
    return add_months(submitted, DECISION_MONTHS)


def report_due(kind: Kind, aware: datetime) -> datetime | None:
    """When an incident is reported at the latest; ``None`` for one that is not serious."""
    days = REPORT_DAYS.get(kind)
    return None if days is None else aware + timedelta(days=days)
