"""The live figures of a home, for anyone: counted in the database, never by reading lists."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from casemate.register.search import count_public

if TYPE_CHECKING:
    from casemate.platform import Platform

_DAY = 86_400


@dataclass(frozen=True)
class Figures:
    """Counts at this moment. Months and years are those of the calendar, in UTC."""

    datasets: int
    """Published, and not retired."""
    permits: int
    """In force for people; the standing permits of open data are not counted."""
    releases: int
    """Outputs that left this month."""
    systems: int | None
    """Algorithms with a public entry in the register; ``None`` where this home keeps no register."""
    decided: int
    """Applications decided this year."""
    median_days: float | None
    """How long half of those took at most, from being handed in; ``None`` where none was decided."""


def figures(platform: Platform) -> Figures:
    """See ``Platform.figures``."""
    month = platform.clock().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    with platform.store.read() as tx:
        took = platform.applications.decided_within(tx, month.replace(month=1))
        return Figures(
            datasets=platform.catalogue.count(tx),
            permits=platform.permits.count_in_force(tx),
            releases=platform.enclave.outputs.count_released(tx, month),
            systems=count_public(tx),
            decided=len(took),
            median_days=round(median(one.total_seconds() for one in took) / _DAY, 1)
            if took
            else None,
        )
