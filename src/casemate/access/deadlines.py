"""The clocks of an application: when a decision is due, and what stops the counting.

Sources, from general knowledge of the texts; check them before quoting:

* **EHDS**, Regulation (EU) 2025/327, Art. 68: three months, once three more, with reasons.
* **DGA**, Regulation (EU) 2022/868, Art. 9: two months, once thirty days more, with reasons.
* **GDPR alone** sets no time for such requests (its month of Art. 12(3) is for data subjects). The
  clock is then the controller's own promise: thirty days, once thirty more.

A period in months ends on the day of the same number, or on the month's last day where that is
missing. Moments are compared to the second in UTC. Regulation (EEC) 1182/71 would let a period run
to the end of its last working day: ours never ends later than that, so the authority is never late
by our count and in time by the law's.
"""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

COMPLETENESS_CHECK = timedelta(days=7)
"""Our own service level, after Findata's first review: is everything there?"""

APPEAL_MONTHS = 3
"""The time for an appeal after a refusal: three months, as for Luxembourg's administrative courts."""


class Regime(StrEnum):
    """The law under which a dataset is asked for."""

    DGA = "dga"
    EHDS = "ehds"
    GDPR = "gdpr"


@dataclass(frozen=True)
class Period:
    """A length of time in the law's own units."""

    months: int = 0
    days: int = 0

    def after(self, moment: datetime) -> datetime:
        """The end of this period when it starts at ``moment``."""
        return add_months(moment, self.months) + timedelta(days=self.days)


DECISION = {
    Regime.EHDS: Period(months=3),
    Regime.DGA: Period(months=2),
    Regime.GDPR: Period(days=30),
}
EXTENSION = {
    Regime.EHDS: Period(months=3),
    Regime.DGA: Period(days=30),
    Regime.GDPR: Period(days=30),
}


def add_months(moment: datetime, months: int) -> datetime:
    """The same day and time ``months`` later; the month's last day where that day is missing."""
    index = moment.month - 1 + months
    year, month = moment.year + index // 12, index % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)


def binding_regime(regimes: Iterable[Regime]) -> Regime:
    """The regime whose clock binds an application that touches several.

    The shortest period set by a law binds the whole decision; a controller's own promise only
    where no law sets one.
    """
    found = set(regimes)
    order = (Regime.DGA, Regime.EHDS, Regime.GDPR)
    return next(regime for regime in order if regime in found)


def decision_due(
    regime: Regime, started: datetime, *, stopped: timedelta = timedelta(0), extended: bool = False
) -> datetime:
    """When the decision is due, for a clock that ``started`` and stood still for ``stopped``.

    An extension runs from the end of the first period: under the EHDS, 31 January gives 30 April,
    and extended 30 July.
    """
    due = DECISION[regime].after(started)
    if extended:
        due = EXTENSION[regime].after(due)
    return due + stopped


def completeness_due(started: datetime) -> datetime:
    """When the applicant should know whether anything is missing."""
    return started + COMPLETENESS_CHECK


def appeal_until(refused: datetime) -> datetime:
    """The last moment before which a refusal can be appealed."""
    return add_months(refused, APPEAL_MONTHS)
