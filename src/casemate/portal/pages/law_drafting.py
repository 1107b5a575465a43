"""The drafting office: a draft is checked, carried out or compared, and kept nowhere."""

import json
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Query, Response

from casemate.errors import BadInput, CasemateError
from casemate.knowledge.drafting import Finding, Report, Severity
from casemate.knowledge.drafting.printing import consolidated_bytes, table_bytes
from casemate.knowledge.redline import redline
from casemate.portal.pages.law_drafting_words import SENTENCES, SEVERITIES
from casemate.portal.pages.programs import download
from casemate.portal.pages.router import Filled, PageRouter, Posted
from casemate.portal.pages.visit import SignedIn, Visit

router = PageRouter()
Corpus = Annotated[str, Query(max_length=64)]
ON_A_PAGE = "page"
CONSOLIDATED_FORMS = (ON_A_PAGE, "xml", "html", "pdf", "docx", "json")
TABLE_FORMS = (ON_A_PAGE, "csv", "html", "pdf", "docx", "json")
_TONES = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.HINT: "info"}
MOST_ROWS = 400
"""Rows of a table that are shown; a file has all."""


@dataclass(frozen=True)
class Told:
    """A finding in the page's language."""

    finding: Finding
    severity: str
    tone: str
    what: str
    todo: str


@dataclass(frozen=True)
class Beside:
    """A provision of the draft as pieces, marked where a finding is, and the findings."""

    name: str
    pieces: Sequence[tuple[str, bool]]
    told: Sequence[Told]


@router.get("/law/draft/check", name="law_draft_check")
def draft_check(seen: SignedIn, corpus: Corpus = "") -> Response:
    """The form that takes a draft."""
    return _check(seen, {"corpus": corpus, "begins": "", "published": ""})


@router.post("/law/draft/check", name="check_law_draft")
def check_draft(seen: SignedIn, given: Posted) -> Response:
    """What is amiss in the draft that was sent, beside its text."""
    values = {name: given.text(name) for name in ("corpus", "begins", "published")}
    try:
        content, name = _file(given, "file")
        report = seen.platform.check_draft(
            seen.actor, content, name, values["corpus"] or None,
            begins=_day(values["begins"]), published=_day(values["published"]),
        )  # fmt: skip
    except CasemateError as error:
        return _check(seen, values, error=error)
    return _check(seen, values, report=report)


def _check(
    seen: Visit,
    values: dict[str, str],
    *,
    report: Report | None = None,
    error: CasemateError | None = None,
) -> Response:
    return seen.page(
        "law_drafting/check.html",
        status=200 if error is None else error.http_status,
        error=error,
        values=values,
        options=[("", seen.gettext("none: the draft alone")), *_collections(seen)],
        report=report,
        beside=_beside(seen, report) if report else (),
        counted=[(seen.gettext(SEVERITIES[one]), report.count(one)) for one in Severity]
        if report
        else (),
    )


def _beside(seen: Visit, report: Report) -> list[Beside]:
    """The provisions that something was found in, in the order of the draft; headings first."""
    by_key: defaultdict[str, list[Finding]] = defaultdict(list)
    for one in report.findings:
        by_key[one.key].append(one)
    found = [
        Beside(
            " ".join(part for part in (one.number or one.key, one.heading) if part),
            _marked(one.text, by_key[one.key]), [_told(seen, each) for each in by_key.pop(one.key)],
        )
        for one in report.provisions
        if one.key in by_key
    ]  # fmt: skip
    headings = [
        Beside(each[0].quote, [(each[0].quote, True)], [_told(seen, one) for one in each])
        for each in by_key.values()
    ]
    return [*headings, *found]


def _told(seen: Visit, one: Finding) -> Told:
    what, todo = SENTENCES[one.kind]
    return Told(
        one, seen.gettext(SEVERITIES[one.severity]), _TONES[one.severity],
        seen.gettext(what, **one.values), seen.gettext(todo, **one.values),
    )  # fmt: skip


def _marked(text: str, findings: Sequence[Finding]) -> list[tuple[str, bool]]:
    """The text in pieces; a whole sentence that gives a hint is not marked, it would hide the rest."""
    pieces: list[tuple[str, bool]] = []
    place = 0
    for one in sorted(findings, key=lambda one: (one.start, one.end)):
        if one.severity is Severity.HINT or one.start < place:
            continue
        pieces += [(text[place : one.start], False), (text[one.start : one.end], True)]
        place = one.end
    return [piece for piece in (*pieces, (text[place:], False)) if piece[0]]


@router.get("/law/draft/consolidate", name="law_draft_consolidate")
def draft_consolidate(seen: SignedIn, corpus: Corpus = "") -> Response:
    """The form that takes an amending text."""
    return _consolidate(seen, {"corpus": corpus, "work": "", "on": "", "form": ON_A_PAGE})


@router.post("/law/draft/consolidate", name="consolidate_law_draft")
def consolidate(seen: SignedIn, given: Posted) -> Response:
    """The law as it reads then: a redline, or a file."""
    values = {name: given.text(name) for name in ("corpus", "work", "on", "form")}
    try:
        content, name = _file(given, "file")
        done = seen.platform.consolidate(
            seen.actor, content, name, values["corpus"],
            work=values["work"] or None, on=_day(values["on"]),
        )  # fmt: skip
        if values["form"] != ON_A_PAGE:
            made = consolidated_bytes(done, values["form"])
            return download(f"{done.work}.{values['form']}", made)
    except CasemateError as error:
        return _consolidate(seen, values, error=error)
    return _consolidate(seen, values, done=done)


def _consolidate(
    seen: Visit, values: dict[str, str], *, done: Any = None, error: CasemateError | None = None
) -> Response:
    return seen.page(
        "law_drafting/consolidate.html",
        status=200 if error is None else error.http_status,
        error=error,
        values=values,
        options=_collections(seen),
        form_options=_forms(seen, CONSOLIDATED_FORMS),
        done=done,
        changes=[(one, redline(one.before, one.after)) for one in done.applied.changes]
        if done
        else (),
    )


@router.get("/law/draft/transpose", name="law_draft_transpose")
def draft_transpose(seen: SignedIn, corpus: Corpus = "") -> Response:
    """The form that takes a directive and an act."""
    first = {"corpus": corpus, "directive": "", "act": "", "on": "", "form": ON_A_PAGE}
    return _transpose(seen, first)


@router.post("/law/draft/transpose", name="transpose_law_draft")
def transpose(seen: SignedIn, given: Posted) -> Response:
    """The table: on the page, or as a file."""
    values = {name: given.text(name) for name in ("corpus", "directive", "act", "on", "form")}
    try:
        sent = given.files.get("file")
        content, name = (
            _file(given, "file") if sent is not None and sent.filename else (None, "draft")
        )
        table = seen.platform.transpose(
            seen.actor, values["corpus"], values["directive"], act=values["act"] or None,
            content=content, name=name, on=_day(values["on"]), decisions=_decisions(given),
        )  # fmt: skip
        if values["form"] != ON_A_PAGE:
            made = table_bytes(table, values["form"], seen.lang, seen.platform.clock())
            return download(f"{table.directive}.{values['form']}", made)
    except CasemateError as error:
        return _transpose(seen, values, error=error)
    return _transpose(seen, values, table=table)


def _transpose(
    seen: Visit, values: dict[str, str], *, table: Any = None, error: CasemateError | None = None
) -> Response:
    return seen.page(
        "law_drafting/transpose.html",
        status=200 if error is None else error.http_status,
        error=error,
        values=values,
        options=_collections(seen),
        form_options=_forms(seen, TABLE_FORMS),
        table=table,
        most=MOST_ROWS,
    )


def _collections(seen: Visit) -> list[tuple[str, str]]:
    return [(one.name, one.name) for one in seen.platform.corpora()]


def _forms(seen: Visit, forms: Sequence[str]) -> list[tuple[str, str]]:
    names = {ON_A_PAGE: seen.gettext("on this page"), "xml": "Akoma Ntoso (XML)"}
    return [(one, names.get(one, one.upper())) for one in forms]


def _file(given: Filled, field: str) -> tuple[bytes, str]:
    """The file that was sent; raises ``BadInput`` where none was."""
    sent = given.files.get(field)
    if sent is None or not sent.filename:
        raise BadInput("choose a file: none was sent")
    return sent.file.read(), sent.filename[-200:]


def _decisions(given: Filled) -> dict[str, Any] | None:
    sent = given.files.get("decisions")
    if sent is None or not sent.filename:
        return None
    text = sent.file.read().decode("utf-8-sig", "replace")
    try:
        read = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (ValueError, RecursionError) as failure:
        raise BadInput(f"the decisions are neither TOML nor JSON: {failure}") from failure
    return dict(read)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as failure:
        raise BadInput(f"the day is written as 2027-12-02, not {text[:40]!r}") from failure
