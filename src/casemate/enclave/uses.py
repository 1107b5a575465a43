"""What became of a dataset, in numbers alone: who asked what of it is nobody else's business."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casemate.access import Permit
from casemate.enclave.tables import OutputRow, RunRow, ViewRow


@dataclass(frozen=True)
class Uses:
    """Permits that were granted on a dataset and those in force now, protected views made of it, programs
    that were run, results that left. The standing permit of open data is not counted."""

    permits: int
    permits_in_force: int
    views: int
    runs: int
    released: int


def uses_of(
    tx: Session, dataset: str, permits: list[Permit], is_in_force: Callable[[Permit], bool]
) -> Uses:
    """The uses of ``dataset`` under ``permits``, which are all that name it."""
    granted = [one for one in permits if not one.standing]
    runs = select(RunRow.id).where(RunRow.permit.in_([one.id for one in permits]))
    views = select(func.count()).where(ViewRow.dataset == dataset)
    released = select(func.count()).where(
        OutputRow.run.in_(runs), OutputRow.released_at.is_not(None)
    )
    return Uses(
        permits=len(granted),
        permits_in_force=sum(is_in_force(one) for one in granted),
        views=tx.execute(views).scalar_one(),
        runs=tx.execute(select(func.count()).select_from(runs.subquery())).scalar_one(),
        released=tx.execute(released).scalar_one(),
    )
