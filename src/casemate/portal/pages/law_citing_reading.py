"""A provision's words as a page shows them: references as links, defined terms to open; its life drawn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from casemate.clock import system_clock
from casemate.knowledge.citing import Amendment, TextLink
from casemate.knowledge.definitions import Use
from casemate.knowledge.documents.library import State, Stored
from casemate.knowledge.redline import Piece
from casemate.portal.pages.charts import Chart, draw
from casemate.portal.pages.language import format_date
from casemate.portal.pages.visit import Visit

MOST_TERMS = 60
"""Defined terms that can be opened in one provision, each where it is used first."""


@dataclass(frozen=True)
class Run:
    """A run of a text: plain, a link (``address``), or a defined term (``term``, a number from 1)."""

    text: str
    address: str = ""
    title: str = ""
    term: int = 0


@dataclass(frozen=True)
class Term:
    """What a defined term means, and the provision that says so."""

    number: int
    name: str
    meaning: str
    address: str
    where: str


@dataclass(frozen=True)
class Reading:
    """A text in runs, and the terms that are defined for it."""

    runs: tuple[Run, ...]
    terms: tuple[Term, ...]


def reading(seen: Visit, corpus: str, found: Stored, on: date) -> Reading:
    """The text of a provision as on a day, with what it cites and the terms that it uses."""
    links = seen.platform.links_of_provision(corpus, found)
    used = seen.platform.terms_of_provision(corpus, found)
    terms: dict[tuple[str, int], Term] = {}
    marks: list[tuple[int, int, Run]] = [
        (one.start, one.end, Run("", _address(seen, corpus, one, found, on), one.title)) for one in links
    ]  # fmt: skip
    for use in used:
        told = (use.definition.key, use.definition.span.start)
        if told in terms or len(terms) >= MOST_TERMS or use.definition.key == found.key:
            continue
        terms[told] = _term(seen, corpus, use, found, on, len(terms) + 1)
        marks.append((use.span.start, use.span.end, Run("", term=len(terms))))
    return Reading(
        tuple(_runs(found.text, sorted(marks, key=lambda one: one[:2]))), tuple(terms.values())
    )


def _runs(text: str, marks: Sequence[tuple[int, int, Run]]) -> Iterator[Run]:
    """The text cut at the marks; of two that overlap the first stands."""
    place = 0
    for start, end, run in marks:
        if start < place:
            continue
        if start > place:
            yield Run(text[place:start])
        yield Run(text[start:end], run.address, run.title, run.term)
        place = end
    if place < len(text):
        yield Run(text[place:])


def _address(seen: Visit, corpus: str, link: TextLink, found: Stored, on: date) -> str:
    asked = {"corpus": corpus, "work": link.work, "on": on.isoformat()}
    if link.work == found.version.work:
        asked["language"] = found.version.language
    if not link.key:
        return seen.url("law_work", asked)
    return seen.url("law_provision", asked | {"key": link.key})


def _term(seen: Visit, corpus: str, use: Use, found: Stored, on: date, number: int) -> Term:
    asked = {"corpus": corpus, "work": found.version.work, "key": use.definition.key,
             "language": found.version.language, "on": on.isoformat()}  # fmt: skip
    address = seen.url("law_provision", asked)
    return Term(
        number, use.definition.term, use.definition.text[:2_000], address, use.definition.key
    )


# ── the days of a provision ──────────────────────────────────────────────────────────────────────


def life(seen: Visit, states: Sequence[State], changes: Sequence[Amendment]) -> Chart | None:
    """Each wording as a bar from its first day to its last; none where there is nothing to compare."""
    dated = [(one.begins, one.ends) for one in states if one.begins is not None]
    if not dated:
        return None
    last = max([system_clock().date(), *(ends or begins for begins, ends in dated)])
    last += timedelta(days=365)
    bars, rows = [], []
    for number, (begins, ends) in enumerate(dated, 1):
        name = seen.gettext("Wording %(number)s", number=number)
        bars.append({"name": name, "from": str(begins), "to": str(ends or last)})
        rows.append({
            seen.gettext("Wording"): name,
            seen.gettext("From"): format_date(begins, seen.lang),
            seen.gettext("To before"): (
                format_date(ends, seen.lang) if ends else seen.gettext("no end told")
            ),
            seen.gettext("Changed by"): ", ".join(acts_on(begins, changes)) or seen.gettext("not told"),
        })  # fmt: skip
    told = seen.ngettext("%(num)s wording over time.", "%(num)s wordings over time.", len(dated))
    return draw(
        _bars(bars), title=seen.gettext("The life of this provision"), alternative=told, rows=rows
    )


def acts_on(day: date | None, changes: Sequence[Amendment]) -> list[str]:
    """The acts that changed something from a day on."""
    return list(dict.fromkeys(one.by for one in changes if one.by and day and one.day == day))


def _bars(bars: Sequence[dict[str, str]]) -> dict[str, object]:
    day = {"type": "temporal", "axis": {"format": "%Y", "title": None, "tickCount": 8}}
    return {
        "data": {"values": list(bars)},
        "mark": {"type": "bar", "height": 14, "cornerRadius": 2},
        "encoding": {
            "y": {"field": "name", "type": "nominal", "sort": None, "axis": {"title": None}},
            "x": {"field": "from", **day},
            "x2": {"field": "to"},
        },
        "width": 520,
        "height": {"step": 26},
    }


# ── what changed ─────────────────────────────────────────────────────────────────────────────────


def sides(pieces: Sequence[Piece]) -> tuple[list[Piece], list[Piece]]:
    """The two texts of a redline, each with its own marks."""
    old = [one for one in pieces if one.change != "inserted"]
    new = [one for one in pieces if one.change != "deleted"]
    return old, new
