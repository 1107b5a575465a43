"""Where a dataset comes from: its versions, and what each changed of the one before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from casemate.catalogue.records import Dataset, Variable


@dataclass(frozen=True)
class Step:
    """One version. What it changed is empty for the first; ``rows_more`` may be negative.

    ``quality`` is the overall score of 100, ``people_unique`` those who are alone with what they are in
    the raw table; ``redefined`` are variables whose type, role or unit is another now.
    """

    version: int
    published_at: datetime
    digest: str
    rows: int
    variables: int
    quality: int
    people_unique: int | None
    rows_more: int | None
    added: tuple[str, ...]
    removed: tuple[str, ...]
    redefined: tuple[str, ...]


def steps(versions: Sequence[Dataset]) -> tuple[Step, ...]:
    """The history of a dataset, from ``versions`` in their order."""
    before: Sequence[Dataset | None] = [None, *versions[:-1]]
    return tuple(_step(now, then) for then, now in zip(before, versions, strict=True))


def _step(now: Dataset, then: Dataset | None) -> Step:
    known = {} if then is None else {one.name: one for one in then.variables}
    is_first = then is None
    return Step(
        version=now.version,
        published_at=now.published_at,
        digest=now.digest,
        rows=now.rows,
        variables=len(now.variables),
        quality=int(now.quality["overall"]),
        people_unique=now.risk.get("uniques"),
        rows_more=None if then is None else now.rows - then.rows,
        added=() if is_first else tuple(v.name for v in now.variables if v.name not in known),
        removed=tuple(name for name in known if name not in now.variable_names),
        redefined=tuple(v.name for v in now.variables if _is_another(known.get(v.name), v)),
    )


def _is_another(then: Variable | None, now: Variable) -> bool:
    return then is not None and (then.type, then.role, then.unit) != (now.type, now.role, now.unit)
