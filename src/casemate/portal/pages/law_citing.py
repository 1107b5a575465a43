"""Who cites a law or a provision, what it cites, and which acts changed it: tables, and a drawing."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import Query, Response
from markupsafe import Markup

from casemate.clock import system_clock
from casemate.errors import NotFound
from casemate.knowledge.citing import Citation, Neighbourhood, to_svg
from casemate.knowledge.citing.drawing import Node
from casemate.portal.pages.language import mark
from casemate.portal.pages.router import PageRouter
from casemate.portal.pages.visit import Anyone, Visit

router = PageRouter()
MOST_ROWS = 50
Text = Annotated[str, Query(max_length=300)]
Day = Annotated[str, Query(max_length=10)]
Corpus = Annotated[str, Query(max_length=64)]
After = Annotated[int, Query(ge=0, le=10_000_000)]
WHY = {
    "": mark("here"),
    "unheld": mark("not in this collection"),
    "missing": mark("no such provision"),
    "several": mark("several texts of that day"),
    "other": mark("another kind of text"),
}
EVIDENCE = {
    "metadata": mark("the publisher's metadata"),
    "note": mark("a note in the text"),
    "act": mark("the words of the act"),
    "versions": mark("the versions alone"),
}
WHAT = {
    "insertion": mark("inserted"),
    "replacement": mark("replaced"),
    "substitution": mark("replaced"),
    "deletion": mark("deleted"),
    "repeal": mark("repealed"),
}


@router.get("/law/citations", name="law_citing")
def citing(
    seen: Anyone,
    corpus: Corpus,
    work: Text,
    key: Text = "",
    on: Day = "",
    steps: Annotated[int, Query(ge=1, le=2)] = 1,
    after: After = 0,
    then: After = 0,
) -> Response:
    """Both directions on a day, page by page, and the neighbourhood drawn."""
    day, wrong = _asked(on)
    title = seen.platform.versions_in_corpus(corpus, work)[-1].title
    if not _is_read(seen, corpus):
        return seen.page("law_citing/unread.html", corpus=corpus, work=work, key=key, title=title)
    platform, one = seen.platform, key or None
    by = platform.cited_by(corpus, work, one, on=day, after=after, most=MOST_ROWS)
    of = platform.citations_of(corpus, work, one, on=day, after=then, most=MOST_ROWS)
    if one and not by.total and not of.total and not platform.versions_in_corpus(corpus, work):
        raise NotFound(f"{work} has no provision {key!r}")
    near = platform.citation_graph(corpus, work, one, on=day, steps=steps)
    return seen.page(
        "law_citing/citing.html",
        status=422 if wrong else 200,
        corpus=corpus,
        work=work,
        key=key,
        title=title,
        day=day,
        typed=on or day.isoformat(),
        problems=[("on", seen.gettext("Write a day as 2026-03-01."))] if wrong else [],
        by=by,
        of=of,
        before_by=max(0, after - MOST_ROWS) if after else None,
        before_of=max(0, then - MOST_ROWS) if then else None,
        after=after,
        then=then,
        steps=steps,
        changes=platform.amendments_of(corpus, work, one)[:MOST_ROWS],
        made=platform.amendments_by(corpus, work)[:MOST_ROWS] if not key else (),
        near=near,
        picture=_picture(seen, corpus, near, day),
        titles=_titles(seen, corpus, [*by.citations, *of.citations]),
        why=WHY,
        evidence=EVIDENCE,
        what=WHAT,
    )


def _asked(typed: str) -> tuple[date, bool]:
    """The day typed, or today; and whether what was typed is none."""
    today = system_clock().date()
    try:
        return (date.fromisoformat(typed) if typed else today), False
    except ValueError:
        return today, True


def _is_read(seen: Visit, corpus: str) -> bool:
    return any(one.name == corpus and one.citations for one in seen.platform.corpora())


def _titles(seen: Visit, corpus: str, found: Sequence[Citation]) -> dict[str, str]:
    works = {one.work for one in found} | {one.to_work for one in found if not one.why}
    return {work: seen.platform.title_in_corpus(corpus, work) for work in works}


def _picture(seen: Visit, corpus: str, near: Neighbourhood, day: date) -> Markup:
    label = seen.gettext("Who cites it stands on the left, what it cites on the right")

    def address(node: Node) -> str | None:
        asked = {"corpus": corpus, "work": node.work, "key": node.key, "on": day.isoformat()}
        return seen.url("law_citing", asked) if node.held and node.column else None

    return Markup(to_svg(near, label, address))  # noqa: S704 - every word and address is escaped there
