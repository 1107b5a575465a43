"""Consolidated texts and transposition tables as papers, which are written as HTML, PDF and DOCX."""

import csv
import json
from datetime import UTC, datetime, time
from io import StringIO

from casemate.errors import BadInput
from casemate.knowledge.drafting.amending.applying import Applied, Wording
from casemate.knowledge.drafting.amending.consolidating import Consolidated, akoma_ntoso
from casemate.knowledge.drafting.transposing import Match, Row, Table
from casemate.knowledge.redline import redline
from casemate.papers import (
    FORMATS,
    LANGUAGES,
    Block,
    Document,
    Listing,
    Paragraph,
    Run,
    Section,
    Source,
    write,
)
from casemate.papers import Table as PaperTable
from casemate.plain import plain

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


_COLUMNS = {
    "en": ("Directive", "Its words", "Act", "Its words", "Score", "Note", "no counterpart found",
           "Goes beyond the directive", "Transposition table", "decided by a person"),
    "fr": ("Directive", "Texte", "Acte", "Texte", "Score", "Remarque", "aucun équivalent trouvé",
           "Va au-delà de la directive", "Tableau de concordance", "décidé par une personne"),
    "de": ("Richtlinie", "Wortlaut", "Rechtsakt", "Wortlaut", "Wert", "Anmerkung",
           "keine Entsprechung gefunden",
           "Geht über die Richtlinie hinaus", "Entsprechungstabelle", "von einer Person entschieden"),
    "lb": ("Direktiv", "Text", "Akt", "Text", "Wäert", "Bemierkung", "näischt Entspriechendes fonnt",
           "Geet iwwer d'Direktiv eraus", "Konkordanztabell", "vun enger Persoun decidéiert"),
}  # fmt: skip
_LONGEST_CELL = 600


def table_paper(given: Table, language: str, at: datetime) -> Document:
    """A transposition table as a paper, in the reader's language; quotes are in their own."""
    said = _COLUMNS[_language(language)]
    rows = tuple(cells for one in given.rows for cells in _rows(one, said))
    beyond = tuple(
        (one.name, one.quote[:_LONGEST_CELL], f"{one.score:.2f}") for one in given.beyond
    )
    sections = [
        Section(
            said[8],
            (PaperTable(f"{given.directive_title} — {given.act_title}", said[:6], rows),),
        )
    ]
    if beyond:
        table = PaperTable(said[7], (said[2], said[3], said[4]), beyond)
        sections.append(Section(said[7], (table,)))
    title = f"{said[8]}: {given.directive_title}"
    return Document(title, language, at, tuple(sections), counts=False)


def _rows(row: Row, said: tuple[str, ...]) -> list[tuple[str, ...]]:
    note = " · ".join(part for part in (row.note, said[9] if row.how == "decided" else "") if part)
    quote = row.quote[:_LONGEST_CELL]
    if not row.by:
        return [(row.name, quote, said[6], "", "", note)]
    return [
        (row.name, quote, one.name, one.quote[:_LONGEST_CELL], f"{one.score:.2f}", note)
        for one in row.by
    ]


def table_csv(given: Table) -> str:
    """A line a pair; ids are those that decisions name. Cells that a spreadsheet would run are quoted."""
    out = StringIO()
    lines = csv.writer(out)
    lines.writerow(
        ["of", "directive", "words", "how", "by", "act", "act_words", "score", "share", "note"]
    )
    nothing = Match("", "", "", 0.0)
    for row in given.rows:
        for one in row.by or (nothing,):
            score = str(one.score) if one.id else ""
            cells = [row.id, row.name, row.quote, row.how, one.id, one.name, one.quote, score,
                     "" if one.share is None else str(one.share), row.note]  # fmt: skip
            lines.writerow([_safe(cell) for cell in cells])
    for one in given.beyond:
        cells = ["", "", "", "beyond", one.id, one.name, one.quote, str(one.score), "", ""]
        lines.writerow([_safe(cell) for cell in cells])
    return out.getvalue()


def _safe(cell: str) -> str:
    """A cell that begins as a formula does is text to every spreadsheet (OWASP, CSV injection)."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def consolidated_bytes(done: Consolidated, form: str) -> bytes:
    """A consolidated text as a file; raises ``BadInput`` for a form that there is not."""
    if form in {"xml", "akn"}:
        return akoma_ntoso(done)
    if form == "json":
        return json.dumps(plain(done), ensure_ascii=False, indent=1).encode()
    if form in FORMATS:
        return write(consolidated_paper(done), form)
    raise BadInput(f"write to a file that ends in .xml, .json, .{', .'.join(FORMATS)}")


def table_bytes(given: Table, form: str, language: str, at: datetime) -> bytes:
    """A transposition table as a file; raises ``BadInput`` for a form that there is not."""
    if form == "csv":
        return table_csv(given).encode("utf-8-sig")
    if form == "json":
        return json.dumps(plain(given), ensure_ascii=False, indent=1).encode()
    if form in FORMATS:
        return write(table_paper(given, language, at), form)
    raise BadInput(f"write to a file that ends in .csv, .json, .{', .'.join(FORMATS)}")
