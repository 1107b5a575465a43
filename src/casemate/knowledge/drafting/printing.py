"""Consolidated texts and transposition tables as papers, which are written as HTML, PDF and DOCX."""

from datetime import UTC, datetime, time

from casemate.errors import BadInput
from casemate.knowledge.drafting.amending.applying import Applied, Wording
from casemate.knowledge.drafting.amending.consolidating import Consolidated
from casemate.knowledge.redline import redline
from casemate.papers import (
    LANGUAGES,
    Block,
    Document,
    Listing,
    Paragraph,
    Run,
    Section,
    Source,
)

_SAID = {
    "en": ("Changed by", "New article", "Repealed", "What was not carried out",
           "Words that came are bold in [+ +], words that went are in italics in [− −]."),
    "fr": ("Modifié par", "Article nouveau", "Abrogé", "Ce qui n'a pas été exécuté",
           "Les mots ajoutés sont en gras entre [+ +], les mots supprimés en italique entre [− −]."),
    "de": ("Geändert durch", "Neuer Artikel", "Aufgehoben", "Was nicht ausgeführt wurde",
           "Neue Wörter stehen fett in [+ +], gestrichene kursiv in [− −]."),
    "lb": ("Geännert duerch", "Neien Artikel", "Ofgeschaaft", "Wat net ausgefouert gouf",
           "Nei Wierder stinn fett an [+ +], gestrache kursiv an [− −]."),
}  # fmt: skip


def consolidated_paper(given: Consolidated) -> Document:
    """The whole law as a redline, each change with the words that make it."""
    said = _SAID[_language(given.language)]
    after = {one.key: one for one in given.applied.after}
    old = {one.key: one for one in given.applied.before}
    order = [*given.applied.after, *(one for one in given.applied.before if one.key not in after)]
    sections = [
        _provision(old.get(one.key), after.get(one.key), given.applied, said) for one in order
    ]
    left = [f"{one.operation.instruction} — {one.why}" for one in given.applied.failed]
    left += [f"{one.instruction} — {one.why}" for one in given.applied.unread]
    if left:
        sections.insert(0, Section(said[3], (Listing(tuple(left)),)))
    return Document(
        given.title, _language(given.language), _at(given), tuple(sections), lead=said[4],
        metadata=((said[0], given.source),), counts=False,
    )  # fmt: skip


def _language(language: str) -> str:
    if language not in LANGUAGES:
        raise BadInput(f"papers are written in {', '.join(LANGUAGES)}, not in {language!r}")
    return language


def _at(given: Consolidated) -> datetime:
    return datetime.combine(given.on, time(), UTC)


def _provision(
    old: Wording | None, new: Wording | None, applied: Applied, said: tuple[str, ...]
) -> Section:
    shown = new or old
    assert shown is not None  # of one of the two lists
    blocks: list[Block] = []
    for change in (one for one in applied.changes if one.key == shown.key):
        words = f"{said[0]}: {change.operation.instruction}"
        blocks.append(Paragraph(words, (Source("law", change.operation.key),)))
    pieces = redline(old.text if old else "", new.text if new else "")
    forms = {
        "same": ("", "", "plain"),
        "inserted": ("[+", "+]", "strong"),
        "deleted": ("[−", "−]", "emphasis"),
    }
    runs = tuple(
        Run(f"{begin}{one.text}{end}", style)  # type: ignore[arg-type]  # one of the three styles
        for one in pieces
        for begin, end, style in [forms[one.change]]
    )
    told = said[2] if new is None else (said[1] if old is None else "")
    title = " — ".join(part for part in (shown.number or shown.key, shown.heading, told) if part)
    return Section(title, (*blocks, Paragraph(runs or "–")))
