"""The law in plain words beside its own, and what its terms mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query, Response

from casemate.clock import system_clock
from casemate.errors import CasemateError, NotFound
from casemate.knowledge.documents.library import Version
from casemate.knowledge.marks import Difference
from casemate.knowledge.plain.beside import Cell, beside
from casemate.knowledge.plain.telling import PlainProvision, PlainRow
from casemate.knowledge.sentences import Span
from casemate.portal.pages import charts
from casemate.portal.pages.language import format_number, mark
from casemate.portal.pages.law import (
    LANGUAGE_NAMES,
    Asked,
    Corpus,
    Day,
    Text,
    _asked,
    _best_language,
)
from casemate.portal.pages.router import PageRouter, Posted
from casemate.portal.pages.visit import Anyone, SignedIn, Visit

router = PageRouter()
PER_PAGE = 50
Start = Annotated[int, Query(ge=0, le=1_000_000)]
HINTS = {
    "long": mark("%(words)s words; 15 are easy to read."),
    "passive": mark("Passive: “%(words)s”. Who does it?"),
    "genitive": mark("Genitive: “%(words)s”."),
    "subjunctive": mark("Subjunctive: “%(words)s”."),
    "many_ideas": mark("Several ideas in one sentence: “%(words)s”."),
    "long_word": mark("A long word: “%(words)s”."),
    "two_negations": mark("More than one negation: “%(words)s”."),
    "abbreviation": mark("An abbreviation: “%(words)s”."),
}
WHYS = {
    "nothing_to_change": mark("As it was: no rule makes it plainer."),
    "not_the_same": mark("As it was: every plainer wording that was tried changed what it says."),
    "no_language": mark("As it was: there are no rules for this language."),
}
REFUSALS = {
    "enough": mark("The model was asked about enough sentences."),
    "too_long": mark("The sentence is too long for the model."),
    "same": mark("The model said the same again."),
    "longer": mark("The model's sentence is much longer."),
    "unlike": mark("The model's sentence says something else."),
    "unavailable": mark("The model did not answer."),
    "words_lost": mark("Words of the original were gone."),
}
KINDS = {
    "number": mark("a number (%(mark)s)"),
    "day": mark("a day (%(mark)s)"),
    "name": mark("a name (%(mark)s)"),
    "negation": mark("a negation"),
    "duty": mark("a duty"),
    "permission": mark("a permission"),
    "prohibition": mark("a prohibition"),
    "exception": mark("an exception"),
    "only": mark("the word “only”"),
    "bound": mark("a bound (%(mark)s)"),
    "order": mark("before or after"),
    "condition": mark("a condition"),
    "quantity": mark("“all” or “some”"),
    "choice": mark("an “or”"),
    "unit": mark("a unit (%(mark)s)"),
    "place": mark("an ordinal (%(mark)s)"),
    "point": mark("a point (%(mark)s)"),
}


@dataclass(frozen=True)
class Piece:
    """A piece of a plain line, and the glossary's entry that it uses (its place, from 1; 0 for none)."""

    text: str
    entry: int


@dataclass(frozen=True)
class Row:
    """A sentence as the page shows it."""

    told: PlainRow
    lines: Sequence[Sequence[Piece]]
    hints: Sequence[str]
    why: str
    refused: Sequence[tuple[str, str]]
    """What was proposed and does not stand, and what the check found."""
    cell: Cell | None


@router.get("/law/plain", name="law_plain")
def plain(
    seen: Anyone, corpus: Corpus, work: Text, key: Text, language: Text = "", on: Day = "",
    beside: Text = "",
) -> Response:  # fmt: skip
    """A provision on a day: its own words, plain ones, another official language."""
    versions = seen.platform.versions_in_corpus(corpus, work)
    language = language or _best_language(seen, versions)
    asked = _asked(on)
    found = seen.platform.plain_provision(corpus, work, key, language, asked.day)
    return _page(seen, corpus, versions, found, asked, beside)


@router.post("/law/plain", name="law_plain_by_model")
def plain_by_model(seen: SignedIn, form: Posted) -> Response:
    """The same, the house's language model asked first; where it does not answer, by rules."""
    corpus, work, key = form.text("corpus"), form.text("work"), form.text("key")
    language, asked = form.text("language"), _asked(form.text("on"))
    versions = seen.platform.versions_in_corpus(corpus, work)
    error: CasemateError | None = None
    try:
        found = seen.platform.plain_provision_by_model(
            seen.actor, corpus, work, key, language, asked.day
        )
    except NotFound:
        raise
    except CasemateError as failure:
        error = failure
        found = seen.platform.plain_provision(corpus, work, key, language, asked.day)
    return _page(seen, corpus, versions, found, asked, form.text("beside"), error)


def _page(
    seen: Visit, corpus: str, versions: Sequence[Version], found: PlainProvision, asked: Asked, other: str,
    error: CasemateError | None = None,
) -> Response:  # fmt: skip
    everywhere = seen.platform.provision_in_languages(corpus, found.work, found.key, asked.day)
    if found.language not in everywhere:
        raise NotFound(f"{found.work} is not here in {found.language!r}")
    chosen = everywhere.get(other) if other != found.language else None
    own = everywhere[found.language].provision
    theirs = chosen.provision.text if chosen and chosen.provision else ""
    cells = _cells(found, own.text if own else "", theirs)
    return seen.page(
        "law_plain/plain.html",
        status=error.http_status if error else 422 if asked.wrong else 200,
        corpus=corpus,
        found=found,
        asked=asked,
        problems=[("on", seen.gettext("Write a day as 2026-03-01."))] if asked.wrong else [],
        error=error,
        title=found.title or versions[-1].title,
        rows=[_row(seen, row, cell) for row, cell in zip(found.rows, cells, strict=True)],
        others=[one for one in everywhere if one != found.language],
        beside=other if chosen is not None and chosen.provision is not None else "",
        picture=_picture(seen, found),
        names=LANGUAGE_NAMES,
        has_model=seen.platform.home.language_model is not None and seen.account is not None,
    )


def _cells(found: PlainProvision, own: str, other: str) -> Sequence[Cell | None]:
    if not other:
        return [None for _ in found.rows]
    return beside(own, [Span(row.start, row.end) for row in found.rows], other)


def _row(seen: Visit, row: PlainRow, cell: Cell | None) -> Row:
    return Row(
        told=row,
        lines=[_pieces(row, place) for place in range(len(row.lines))],
        hints=[seen.gettext(HINTS[one.hint], words=one.words) for one in row.hints],
        why=seen.gettext(WHYS[row.why]) if row.why in WHYS else "",
        refused=[
            (one.text, _reasons(seen, one.differences, one.why))
            for one in row.refused
            if one.text or one.why
        ],
        cell=cell,
    )


def _pieces(row: PlainRow, place: int) -> list[Piece]:
    """A line cut at the terms that it uses."""
    line, found, at = row.lines[place], [], 0
    for use in row.terms:
        if use.line == place:
            found += [
                Piece(line[at : use.start], 0),
                Piece(line[use.start : use.end], use.entry + 1),
            ]
            at = use.end
    return [piece for piece in (*found, Piece(line[at:], 0)) if piece.text]


def _reasons(seen: Visit, differences: Sequence[Difference], why: str) -> str:
    told = [
        seen.gettext("%(what)s is new", what=_kind(seen, one))
        if one.is_new
        else seen.gettext("%(what)s is missing", what=_kind(seen, one))
        for one in differences
    ]
    other = REFUSALS.get(why.partition(":")[0])
    return "; ".join([*told, *([seen.gettext(other)] if other else [])])


def _kind(seen: Visit, one: Difference) -> str:
    return seen.gettext(KINDS[one.kind], mark=one.mark)


def _picture(seen: Visit, found: PlainProvision) -> charts.Chart | None:
    """Each formula before and after."""
    if found.before is None or found.after is None:
        return None
    when, formula, value = seen.gettext("Words"), seen.gettext("Formula"), seen.gettext("Value")
    pairs = list(zip(found.before.figures, found.after.figures, strict=True))
    rows: list[dict[str, Any]] = [
        {formula: one.name, when: name, value: one.value}
        for pair in pairs
        for one, name in zip(pair, (seen.gettext("own"), seen.gettext("plain")), strict=True)
    ]
    told = "; ".join(
        seen.gettext(
            "%(formula)s: %(before)s before, %(after)s after",
            formula=old.name,
            before=format_number(old.value, seen.lang, 1),
            after=format_number(new.value, seen.lang, 1),
        )
        for old, new in pairs
    )
    title = seen.gettext("How easily it is read")
    return charts.bars(
        rows, x=formula, y=value, colour=when, title=title, alternative=told, sideways=True
    )


@router.get("/law/glossary", name="law_glossary")
def glossary(
    seen: Anyone, corpus: Corpus, work: Text = "", language: Text = "", on: Day = "", q: Text = "",
    start: Start = 0,
) -> Response:  # fmt: skip
    """What a law defines on a day, or all laws of a collection as they are newest."""
    asked = _asked(on)
    if work:
        versions = seen.platform.versions_in_corpus(corpus, work)
        language = language or _best_language(seen, versions)
        found = seen.platform.glossary_of_work(corpus, work, language, asked.day)
        tongues = sorted({one.language for one in versions})
    else:
        language = language or seen.lang
        found = seen.platform.glossary_of_corpus(
            corpus, language, term=q[:200], start=start, most=PER_PAGE
        )
        tongues = sorted({one.language for one in seen.platform.works_of_corpus(corpus)})
    return seen.page(
        "law_plain/glossary.html",
        status=422 if asked.wrong else 200,
        corpus=corpus,
        work=work,
        title=versions[-1].title if work else "",
        lang=language,
        tongues=tongues,
        asked=asked,
        problems=[("on", seen.gettext("Write a day as 2026-03-01."))] if asked.wrong else [],
        q=q,
        found=found,
        counted=seen.ngettext("%(num)s term", "%(num)s terms", found.total),
        start=start,
        per_page=PER_PAGE,
        names=LANGUAGE_NAMES,
        today=system_clock().date(),
    )
