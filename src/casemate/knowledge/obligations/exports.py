"""Duties as files: OSCAL, LegalRuleML, CSV, Markdown and DOCX."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from casemate.errors import BadInput
from casemate.knowledge.obligations import oscal, oscal_assessment
from casemate.knowledge.obligations.binding import CompanyDuty, InstrumentState, Overview
from casemate.knowledge.obligations.keeping import DutyStatus
from casemate.knowledge.obligations.legalruleml import legalruleml
from casemate.papers import Document, Paragraph, Section, Source, Table, write

FORMS = {
    "oscal": "application/json",
    "oscal-profile": "application/json",
    "oscal-component": "application/json",
    "oscal-assessment-plan": "application/json",
    "oscal-assessment-results": "application/json",
    "legalruleml": "application/xml",
    "csv": "text/csv; charset=utf-8",
    "markdown": "text/markdown; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
"""Each form with its media type."""
ENDINGS = {"legalruleml": "xml", "csv": "csv", "markdown": "md", "docx": "docx"}
NO_ADVICE = "This is no legal advice: a program found these words, and a lawyer reads them."
_COLUMNS = (
    "instrument", "provision", "paragraph", "kind", "addressees", "applies from", "status", "again",
    "deadlines", "conditions", "sanctions", "open questions", "quote", "language", "version", "work",
    "text sha256", "duty",
)  # fmt: skip


@dataclass(frozen=True)
class Exported:
    """What is written: a company's name, what binds it, and how it stands with it (of one that is kept)."""

    name: str
    overview: Overview
    status: Mapping[str, DutyStatus] | None

    def status_of(self, duty: CompanyDuty) -> DutyStatus | None:
        """How it stands with a duty; ``None`` where nothing is kept."""
        return None if self.status is None else self.status.get(duty.id)


def export(what: Exported, form: str, language: str) -> bytes:
    """``what`` in a form of ``FORMS``: the same for the same; raises ``BadInput`` for another form."""
    found = what.overview
    match form:
        case "oscal":
            return oscal.catalog(what.name, found, language)
        case "oscal-profile":
            return oscal.profile(what.name, found)
        case "oscal-component":
            return oscal.component_definition(what.name, found, what.status or {}, language)
        case "oscal-assessment-plan":
            return oscal_assessment.plan(what.name, found)
        case "oscal-assessment-results":
            return oscal_assessment.results(what.name, found, _kept(what))
        case "legalruleml":
            return legalruleml(found)
        case "csv":
            return _csv(what)
        case "markdown":
            return _markdown(what, language).encode()
        case "docx":
            return write(_paper(what, language), "docx")
    raise BadInput(f"duties are written as {', '.join(FORMS)}, not as {form[:40]!r}")


def _kept(what: Exported) -> Mapping[str, DutyStatus]:
    """How it stands; of a company that is only told of nothing was said, and that would read as failing."""
    if what.status is None:
        raise BadInput(
            "assessment results tell how a company stands with its duties, known of a kept profile "
            "alone: keep one (`law profile new`), and export that"
        )
    return what.status


def filename(form: str, day: str) -> str:
    """A name for the file."""
    return f"duties-{day}-{form}.{ENDINGS.get(form, 'json')}"


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────────


def _csv(what: Exported) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for one in (*what.overview.duties, *what.overview.coming):
        writer.writerow([_cell(value) for value in _row(one, what.status_of(one))])
    return out.getvalue().encode("utf-8-sig")


def _row(one: CompanyDuty, status: DutyStatus | None) -> Sequence[str]:
    source = one.source
    return (
        one.instrument, source.provision, one.where, one.kind.value, ", ".join(one.bearers),
        str(one.since or ""), status.state.value if status else "",
        "yes" if status and status.again else "", "; ".join(told.words for told in one.deadlines),
        "; ".join(one.conditions), "; ".join(fine.provision for fine in one.sanctions),
        ", ".join(one.open_questions), one.quote, source.language, str(source.version or ""), source.work,
        source.digest, one.id,
    )  # fmt: skip


def _cell(text: str) -> str:
    """No spreadsheet takes it for a formula (CWE-1236)."""
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text


# ── documents ────────────────────────────────────────────────────────────────────────────────────


def _paper(what: Exported, language: str) -> Document:
    found = what.overview
    sections = [_instruments(found, language)]
    sections += [_duties(state, what, language) for state in found.instruments if _of(state, found)]
    return Document(
        title=f"{what.name or 'Company'}: duties on {found.on.isoformat()}", language="en",
        date=datetime.combine(found.on, time(), UTC), sections=tuple(sections), lead=NO_ADVICE,
        counts=False,
    )  # fmt: skip


def _instruments(found: Overview, language: str) -> Section:
    rows = tuple(
        (_title(one, language), _APPLIES[one.applies], "; ".join(why.says for why in one.because),
         ", ".join(one.questions) or "none")
        for one in found.instruments
    )  # fmt: skip
    head = ("instrument", "applies", "because", "open questions")
    return Section("Instruments", (Table("Which instruments apply", head, rows),))


_APPLIES = {True: "yes", False: "no", None: "not known"}


def _duties(state: InstrumentState, what: Exported, language: str) -> Section:
    parts = tuple(
        Section(_heading(one), tuple(_blocks(one, what.status_of(one))))
        for one in _of(state, what.overview)
    )
    return Section(_title(state, language), (), parts)


def _blocks(one: CompanyDuty, status: DutyStatus | None) -> Iterator[Paragraph]:
    source = one.source
    stands = Source(
        "law",
        f"{source.work} {source.provision} {one.where}, version of {source.version}, {source.digest[:16]}",
    )
    yield Paragraph(one.quote, (stands,), source.language)
    for line in _lines(one, status):
        yield Paragraph(line)


def _lines(one: CompanyDuty, status: DutyStatus | None) -> Iterator[str]:
    since = one.since or "a day not told"
    yield f"Addressee: {', '.join(one.bearers) or 'anybody'}. Applies from: {since}."
    if one.deadlines:
        yield f"Time: {'; '.join(told.words for told in one.deadlines)}."
    if one.sanctions:
        yield f"Sanction: {', '.join(dict.fromkeys(fine.provision for fine in one.sanctions))}."
    if one.open_questions:
        yield f"Not known yet whether it binds: {', '.join(one.open_questions)}."
    if status is not None:
        again = "; its words have changed: look again" if status.again else ""
        yield f"Status: {status.state.value}{again}."
        for step in status.steps[-1:]:
            yield f"Evidence ({step.kind.value}): {step.reference or 'none'}. {step.note}".strip()


def _markdown(what: Exported, language: str) -> str:
    found = what.overview
    lines = [
        f"# {_md(what.name or 'Company')}: duties on {found.on.isoformat()}",
        "",
        NO_ADVICE,
        "",
    ]
    for state in found.instruments:
        lines += [
            f"## {_md(_title(state, language))}",
            "",
            f"Applies: {_APPLIES[state.applies]}.",
            "",
        ]
        lines += [f"- {_md(why.says)}" for why in state.because]
        for one in _of(state, found):
            lines += ["", f"### {_md(_heading(one))}", ""]
            lines += [f"> {_md(line)}" for line in one.quote.splitlines()]
            lines += ["", *(_md(line) + "  " for line in _lines(one, what.status_of(one)))]
        lines.append("")
    return "\n".join(lines) + "\n"


def _md(text: str) -> str:
    """Text as text: no mark of it makes a link, a heading or code."""
    return "".join(f"\\{one}" if one in "\\`*_{}[]<>#|!" else one for one in " ".join(text.split()))


def _heading(one: CompanyDuty) -> str:
    return f"{one.source.title} {one.where} ({one.kind.value})".replace("  ", " ")


def _title(state: InstrumentState, language: str) -> str:
    return state.title.get(language) or state.title["en"]


def _of(state: InstrumentState, found: Overview) -> list[CompanyDuty]:
    return [one for one in (*found.duties, *found.coming) if one.instrument == state.instrument]
