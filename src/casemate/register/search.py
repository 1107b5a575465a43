"""The register searched: by words, narrowed by kind, in an order that what is added does not move."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from casemate.errors import BadInput
from casemate.register.index import matching
from casemate.register.records import Record, read_record, standards
from casemate.register.tables import AlgorithmEntryRow, AlgorithmRecordRow
from casemate.search_words import parse

MOST = 100
"""Algorithms of one page."""
Place = tuple[int, str, str]
"""Where an entry stands in the order: found by its name or not, its name, its id."""
FACETS = ("organisation", "ai_act_class", "status", "complete")


Group = tuple[str, str]
"""An organisation and a section: what policies tell entries apart by."""


@dataclass(frozen=True)
class WantedAlgorithms:
    """What is looked for. Of a filter that names several values, any will do; an empty one asks nothing."""

    text: str = ""
    organisation: Collection[str] = ()
    ai_act_class: Collection[str] = ()
    status: Collection[str] = ()
    complete: Collection[str] = ()
    """Standards, all of whose mandatory fields must be told."""


@dataclass(frozen=True)
class ListedAlgorithm:
    """An algorithm as a list shows it."""

    algorithm: str
    version: int
    organisation: str
    record: Record
    kept_at: datetime
    is_public: bool
    """Whether this is the version that anyone may read."""
    complete: tuple[str, ...]
    """The standards whose mandatory fields are all told."""
    place: Place = field(compare=False)


@dataclass(frozen=True)
class AlgorithmPage:
    """One page of a search: the algorithms, how many there are in all, and of which kinds."""

    items: tuple[ListedAlgorithm, ...]
    next: Place | None
    """Where the next page begins: after this."""
    total: int
    facets: Mapping[str, Mapping[str, int]]
    """Of each facet its values and how many have each. Of one that is narrowed by: as if it were not."""


def search(
    tx: Session,
    wanted: WantedAlgorithms,
    readable: Collection[Group],
    *,
    after: Place | None = None,
    limit: int = 20,
) -> AlgorithmPage:
    """The algorithms that match, those found by their name first, then by name.

    Of the ``readable`` groups the newest version of each; of all others the published one, if any.
    Raises ``BadInput`` for an over-long text, a standard that is none, or a limit beyond ``MOST``.
    """
    if not 1 <= limit <= MOST:
        raise BadInput(f"a page holds 1 to {MOST} algorithms, not {limit}")
    if unknown := sorted(set(wanted.complete) - set(standards())):
        raise BadInput(f"there is no standard {unknown[0]!r}; there are {', '.join(standards())}")
    clauses = _clauses(tx, wanted, readable)
    everything = [one for some in clauses.values() for one in some]
    items = _items(tx, wanted, everything, after, limit + 1)
    shown = items[:limit]
    kinds = _kinds(tx, clauses)
    apart = {facet: _kinds(tx, clauses, facet) for facet in FACETS if clauses[facet]}
    return AlgorithmPage(
        items=tuple(shown),
        next=shown[-1].place if len(items) > limit else None,
        total=sum(one.number for one in kinds),
        facets={facet: _counts(facet, apart.get(facet, kinds)) for facet in FACETS},
    )


Clauses = Mapping[str, list[ColumnElement[bool]]]


def _clauses(tx: Session, wanted: WantedAlgorithms, readable: Collection[Group]) -> Clauses:
    """What must hold, by the facet that asks it; under the empty name, what no facet does."""
    row = AlgorithmEntryRow
    terms = parse(wanted.text)
    complete = [row.complete.contains(f" {one} ", autoescape=True) for one in wanted.complete]
    return {
        "": [_visible(readable), *([matching(tx, terms, by_name=False)] if terms else [])],
        "organisation": [row.organisation.in_(wanted.organisation)] if wanted.organisation else [],
        "ai_act_class": [row.ai_act_class.in_(wanted.ai_act_class)] if wanted.ai_act_class else [],
        "status": [row.status.in_(wanted.status)] if wanted.status else [],
        "complete": complete,
    }


def _visible(readable: Collection[Group]) -> ColumnElement[bool]:
    row = AlgorithmEntryRow
    if not readable:
        return row.shelf == "public"
    own = tuple_(row.organisation, row.section).in_(list(readable))
    return or_(and_(row.shelf == "kept", own), and_(row.shelf == "public", ~own))


def _items(
    tx: Session,
    wanted: WantedAlgorithms,
    clauses: list[ColumnElement[bool]],
    after: Place | None,
    most: int,
) -> list[ListedAlgorithm]:
    row, kept = AlgorithmEntryRow, AlgorithmRecordRow
    terms = parse(wanted.text)
    by_name: ColumnElement[int] = (
        case((matching(tx, terms, by_name=True), 0), else_=1) if terms else literal(0)
    )
    query = (
        select(row, kept, by_name)
        .join(kept, and_(kept.algorithm == row.algorithm, kept.version == row.version))
        .where(*clauses)
        .order_by(by_name, row.sort_name, row.algorithm)
        .limit(most)
    )
    if after is not None:
        place = tuple_(by_name, row.sort_name, row.algorithm)
        query = query.where(place > tuple_(*map(literal, after)))
    return [_listed(entry, record, rank) for entry, record, rank in tx.execute(query)]


def _listed(entry: AlgorithmEntryRow, row: AlgorithmRecordRow, rank: int) -> ListedAlgorithm:
    return ListedAlgorithm(
        algorithm=row.algorithm,
        version=row.version,
        organisation=row.organisation,
        record=read_record(row.document),
        kept_at=row.kept_at,
        is_public=entry.shelf == "public",
        complete=tuple(entry.complete.split()),
        place=(rank, entry.sort_name, entry.algorithm),
    )


@dataclass(frozen=True)
class _Kind:
    """How many entries are alike in all that is counted."""

    values: Mapping[str, tuple[str, ...]]
    number: int


def _kinds(tx: Session, clauses: Clauses, without: str = "") -> list[_Kind]:
    """The entries that match, by kind, in one reading of them; as if ``without`` were not narrowed by."""
    row = AlgorithmEntryRow
    columns = (row.organisation, row.ai_act_class, row.status, row.complete)
    where = [one for name, some in clauses.items() if name != without or not name for one in some]
    query = select(*columns, func.count()).where(*where).group_by(*columns)
    return [
        _Kind(
            {
                "organisation": (organisation,),
                "ai_act_class": (cls,) if cls else (),
                "status": (status,) if status else (),
                "complete": tuple(complete.split()),
            },
            number,
        )
        for organisation, cls, status, complete, number in tx.execute(query)
    ]


def _counts(facet: str, kinds: list[_Kind]) -> dict[str, int]:
    """Of one facet its values and their numbers, the commonest first."""
    counted: Counter[str] = Counter()
    for kind in kinds:
        for value in kind.values[facet]:
            counted[value] += kind.number
    return dict(sorted(counted.items(), key=lambda one: (-one[1], one[0])))


def groups(tx: Session) -> list[Group]:
    """The groups that there are entries of."""
    row = AlgorithmEntryRow
    return [
        (one, other) for one, other in tx.execute(select(row.organisation, row.section).distinct())
    ]


def count_public(tx: Session) -> int:
    """How many algorithms the public sees."""
    query = select(func.count()).where(AlgorithmEntryRow.shelf == "public")
    return tx.scalar(query) or 0
