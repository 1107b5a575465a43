"""The catalogue: what data there are, found by words and narrowed by kind; open to anyone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Query, Response

from casemate.catalogue import SearchPage
from casemate.catalogue.search import CAP, FACETS, MAX_CHOSEN
from casemate.catalogue.words import MAX_TEXT, parse
from casemate.portal.pages.language import mark
from casemate.portal.pages.router import PageRouter
from casemate.portal.pages.visit import Anyone, Navigation, Visit
from casemate.portal.pages.words import WORDS

NAVIGATION: Navigation = (mark("Catalogue"), "catalogue", None)
router = PageRouter()
ON_A_PAGE = 20
SHOWN_OF_A_FACET = 12
FACET_NAMES = {
    "theme": mark("Theme"),
    "holder": mark("Data holder"),
    "access_right": mark("Access"),
    "regime": mark("Law"),
}
Many = Annotated[tuple[str, ...], Query(max_length=MAX_CHOSEN)]


@dataclass(frozen=True)
class Choice:
    """One value of a facet: its name, how many it would give, whether it is chosen."""

    value: str
    name: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Asked:
    """What was asked of the catalogue: the words, and the values chosen of each facet."""

    q: str
    sort: str
    chosen: Mapping[str, tuple[str, ...]]

    def query(self, *, page: int = 1, without: str = "", q: str | None = None) -> dict[str, Any]:
        """This search as an address's query; ``without`` leaves out one facet, or ``all`` of them."""
        kept = {
            facet: values
            for facet, values in self.chosen.items()
            if values and without not in ("all", facet)
        }
        words = self.q if q is None else q
        sort = "" if self.sort == "best" else self.sort
        return {"q": words, "sort": sort, **kept, "page": page if page > 1 else ""}


@router.get("/catalogue")
def catalogue(
    seen: Anyone,
    q: Annotated[str, Query(max_length=MAX_TEXT)] = "",
    theme: Many = (),
    holder: Many = (),
    access_right: Many = (),
    regime: Many = (),
    sort: Literal["best", "newest"] = "best",
    page: Annotated[int, Query(ge=1, le=CAP // ON_A_PAGE)] = 1,
) -> Response:
    """Datasets that match, in cards; beside them what they could be narrowed by."""
    chosen = {"theme": theme, "holder": holder, "access_right": access_right, "regime": regime}
    asked = Asked(
        q.strip(), sort, {name: tuple(filter(None, some)) for name, some in chosen.items()}
    )
    found = seen.platform.search(
        q, **asked.chosen, sort=sort, limit=ON_A_PAGE, offset=(page - 1) * ON_A_PAGE
    )
    holders = seen.platform.holder_names()
    return seen.page(
        "catalogue/catalogue.html",
        asked=asked,
        found=found,
        counted=_counted(seen, found),
        holders=holders,
        facets=[
            (name, FACET_NAMES[name], _choices(seen, asked, found, name, holders))
            for name in FACETS
        ],
        narrowed=any(asked.chosen.values()),
        hints=list(_hints(seen, asked)) if not found.total else [],
        before=seen.url("catalogue", asked.query(page=page - 1)) if page > 1 else None,
        after=seen.url("catalogue", asked.query(page=page + 1)) if _goes_on(found) else None,
    )


def _goes_on(found: SearchPage) -> bool:
    ranked = min(found.total, CAP)
    return found.offset + len(found.hits) < ranked


def _counted(seen: Visit, found: SearchPage) -> str:
    """The number of matches, as it is read out too."""
    if not found.total:
        return seen.gettext("No dataset matches.")
    if found.total_is_exact:
        return seen.ngettext("%(num)s dataset", "%(num)s datasets", found.total)
    return seen.gettext("More than %(number)s datasets", number=found.total - 1)


def _choices(
    seen: Visit, asked: Asked, found: SearchPage, facet: str, holders: Mapping[str, str]
) -> Sequence[Choice]:
    chosen, counts = asked.chosen[facet], found.facets[facet]
    shown = list(counts)[:SHOWN_OF_A_FACET]
    values = [*shown, *(value for value in chosen if value not in shown)]
    names = holders if facet == "holder" else {}
    return [
        Choice(value, names.get(value) or _name(seen, value), counts.get(value, 0), value in chosen)
        for value in values
    ]


def _name(seen: Visit, value: str) -> str:
    return seen.gettext(WORDS[value]) if value in WORDS else value


def _hints(seen: Visit, asked: Asked) -> Iterator[tuple[str, str, int]]:
    """Searches that are less narrow and find something: the words, an address, how many."""
    tried: list[tuple[str, dict[str, Any], Mapping[str, tuple[str, ...]]]] = []
    if any(asked.chosen.values()):
        tried.append((seen.gettext("the same without filters"), asked.query(without="all"), {}))
    terms = parse(asked.q)
    if len(terms) > 1:
        for term in terms[:5]:
            words = " ".join(term.words)
            tried.append((words, asked.query(q=words), asked.chosen))
    for said, query, chosen in tried:
        total = seen.platform.search(str(query["q"]), **chosen, limit=1, facets=False).total
        if total:
            yield said, seen.url("catalogue", query), total
