"""Case files: what somebody gathers of the laws; alerts on change; files to take out."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import Query, Response

from casemate.clock import system_clock
from casemate.errors import BadInput, CasemateError
from casemate.knowledge.casefiles import Alert, CaseFile
from casemate.knowledge.citations import FORMS, STYLES
from casemate.knowledge.redline import redline
from casemate.portal.pages.language import mark
from casemate.portal.pages.law import LANGUAGE_NAMES
from casemate.portal.pages.programs import download
from casemate.portal.pages.router import Filled, PageRouter, Posted, whole_number
from casemate.portal.pages.visit import Anyone, SignedIn, Visit

router = PageRouter()
Short = Annotated[str, Query(max_length=300)]
Long = Annotated[str, Query(max_length=2_000)]
Day = Annotated[str, Query(max_length=10)]
KINDS = {
    "words": mark("Other words are in force"),
    "coming": mark("A wording to come is known"),
    "repealed": mark("It ends, and no later words are known"),
    "corrected": mark("The words of the day that was pinned were corrected"),
    "gone": mark("It is no longer in the collection"),
    "cited": mark("A provision that the pinned words cite has changed"),
    "found": mark("New among the first results of a saved search"),
}
STYLE_NAMES = {
    "luxembourg": mark("Luxembourg (Mémorial A, ELI)"),
    "eu": mark("European Union (OJ, ELI, CELEX)"),
    "french": mark("France"),
}
FORM_NAMES = {
    "html": "HTML",
    "pdf": "PDF",
    "docx": "DOCX",
    "md": "Markdown",
    "json": "JSON",
    "csl": "CSL-JSON",
    "bib": "BibTeX",
    "ris": "RIS",
}
_SHOWN_ALERTS = 100


@router.get("/law/cases", name="law_cases")
def law_cases(seen: SignedIn) -> Response:
    """One's own case files and those that are shared, and a form that begins one."""
    return _list(seen)


@router.post("/law/cases", name="open_law_case")
def open_law_case(seen: SignedIn, given: Posted) -> Response:
    """A new case file."""
    try:
        made = seen.platform.open_case_file(seen.actor, given.text("title"), given.text("notes"))
    except BadInput as error:
        return _list(seen, given, error)
    told = seen.gettext("Your case file is open. Nobody else reads it until you share it.")
    return seen.redirect("law_case", case=made.id, told=told)


def _list(seen: Visit, given: Filled | None = None, error: CasemateError | None = None) -> Response:
    return seen.page(
        "law_cases/list.html",
        status=200 if error is None else error.http_status,
        error=error,
        values={name: given.text(name) if given else "" for name in ("title", "notes")},
        found=seen.platform.case_files(seen.actor),
    )


@router.get("/law/cases/pin", name="pin_law")
def pin_law(
    seen: SignedIn,
    corpus: Short,
    work: Short = "",
    key: Short = "",
    language: Short = "",
    on: Day = "",
    question: Long = "",
    number: Day = "",
) -> Response:
    """Which case file a provision, or a quote of an answer, is pinned in."""
    asked = {
        "corpus": corpus, "work": work, "key": key, "language": language, "on": on,
        "question": question, "number": number,
    }  # fmt: skip
    return _pin(seen, asked)


@router.post("/law/cases/pin", name="do_pin_law")
def do_pin_law(seen: SignedIn, given: Posted) -> Response:
    """Pin it in the case file that was chosen, or in a new one."""
    names = ("corpus", "work", "key", "language", "on", "question", "number", "case", "title")
    asked = {name: given.text(name) for name in names}
    try:
        known = _pinned(seen, asked)
    except BadInput as error:
        return _pin(seen, asked, error)
    return seen.redirect("law_case", case=known.id, told=seen.gettext("Pinned."))


def _pin(seen: Visit, asked: dict[str, str], error: CasemateError | None = None) -> Response:
    mine = [one for one in seen.platform.case_files(seen.actor) if one.right != "read"]
    return seen.page(
        "law_cases/pin.html",
        status=200 if error is None else error.http_status,
        error=error,
        asked=asked,
        kept={name: value for name, value in asked.items() if name not in ("case", "title")},
        files=[*((one.id, one.title) for one in mine), ("", seen.gettext("A new case file"))],
    )


def _pinned(seen: Visit, asked: dict[str, str]) -> CaseFile:
    if asked["case"]:
        return _pinned_in(seen, asked["case"], asked)
    case = seen.platform.open_case_file(seen.actor, asked["title"]).id
    try:
        return _pinned_in(seen, case, asked)
    except BadInput:
        seen.platform.delete_case_file(seen.actor, case)  # nothing was to be in it but this
        raise


def _pinned_in(seen: Visit, case: str, asked: dict[str, str]) -> CaseFile:
    day = _day(asked["on"]) or system_clock().date()
    if asked["question"]:
        return seen.platform.pin_quote(
            seen.actor, case, asked["corpus"], asked["question"], asked["language"], day,
            number=whole_number(asked["number"]) or 1,
        )  # fmt: skip
    named = (asked["corpus"], asked["work"], asked["key"], asked["language"], day)
    return seen.platform.pin_provision(seen.actor, case, *named)


@router.get("/law/cases/{case}", name="law_case")
def law_case(seen: SignedIn, case: str) -> Response:
    """What is in a case file, and what whoever looks may do with it."""
    return _case(seen, case)


def _case(
    seen: Visit, case: str, given: Filled | None = None, error: CasemateError | None = None
) -> Response:
    known = seen.platform.case_file(seen.actor, case)
    corpora = [one.name for one in seen.platform.corpora()]
    typed = {} if given is None else {name: given.text(name) for name in given.values}
    first = {
        "title": known.title, "notes": known.notes, "words": "", "corpus": "", "language": seen.lang,
        "on": "", "party": "", "right": "read",
    }  # fmt: skip
    return seen.page(
        "law_cases/case.html",
        status=200 if error is None else error.http_status,
        error=error,
        known=known,
        values=first | {name: value for name, value in typed.items() if name in first},
        other_notes=known.notes if typed.get("notes", known.notes) != known.notes else "",
        may_change=seen.may("casefile.change", case),
        is_own=seen.may("casefile.share", case),
        unseen=sum(not one.seen for one in seen.platform.case_file_alerts(seen.actor, case)),
        corpora=[(one, one) for one in corpora],
        languages_of_texts=[(one, seen.gettext(name)) for one, name in LANGUAGE_NAMES.items()],
        rights=[("read", seen.gettext("Read")), ("write", seen.gettext("Read and write"))],
        forms=[(one, FORM_NAMES[one]) for one in FORMS],
        styles=[(one, seen.gettext(STYLE_NAMES[one])) for one in STYLES],
        names=LANGUAGE_NAMES,
    )


def _changed(seen: Visit, case: str, given: Filled, told: str, act: Callable[[], Any]) -> Response:
    """Do it and go back to the case file; what was typed stays where it cannot be done."""
    try:
        act()
    except BadInput as error:
        return _case(seen, case, given, error)
    return seen.redirect("law_case", case=case, told=told)


@router.post("/law/cases/{case}/words", name="describe_law_case")
def describe_law_case(seen: SignedIn, case: str, given: Posted) -> Response:
    """Another title and other notes, unless somebody else was there first."""
    number = whole_number(given.text("seen"))

    def act() -> None:
        if number is None:
            raise BadInput("the version that you changed is missing: open the page again")
        title, notes = given.text("title"), given.text("notes")
        seen.platform.describe_case_file(seen.actor, case, title, notes, seen=number)

    return _changed(seen, case, given, seen.gettext("Saved."), act)


@router.post("/law/cases/{case}/searches", name="save_law_search")
def save_law_search(seen: SignedIn, case: str, given: Posted) -> Response:
    """Another saved search."""

    def act() -> None:
        named = (given.text("corpus"), given.text("words"), given.text("language"))
        on = _day(given.text("on"))
        seen.platform.save_search(seen.actor, case, *named, on=on)

    return _changed(seen, case, given, seen.gettext("The search is saved."), act)


@router.post("/law/cases/{case}/items/{item}", name="move_in_law_case")
def move_in_law_case(seen: SignedIn, case: str, item: str, given: Posted) -> Response:
    """Take it out, or put it one place up or down."""
    if given.has("take"):
        told = seen.gettext("It is taken out.")
        return _changed(
            seen, case, given, told,
            lambda: seen.platform.take_from_case_file(seen.actor, case, item),
        )  # fmt: skip
    step = -1 if given.has("up") else 1
    return _changed(
        seen, case, given, seen.gettext("Moved."), lambda: _move(seen, case, item, step)
    )


def _move(seen: Visit, case: str, item: str, step: int) -> None:
    known = seen.platform.case_file(seen.actor, case)
    for kind in (known.pins, known.quotes, known.searches):
        ids = [one.id for one in kind]
        if item in ids:
            place = ids.index(item)
            other = min(max(place + step, 0), len(ids) - 1)
            ids[place], ids[other] = ids[other], ids[place]
            seen.platform.arrange_case_file(seen.actor, case, ids)


@router.post("/law/cases/{case}/shares", name="share_law_case")
def share_law_case(seen: SignedIn, case: str, given: Posted) -> Response:
    """Share it with somebody."""
    return _changed(
        seen, case, given, seen.gettext("It is shared."),
        lambda: seen.platform.share_case_file(
            seen.actor, case, given.text("party"), given.text("right")
        ),
    )  # fmt: skip


@router.post("/law/cases/{case}/shares/end", name="end_law_share")
def end_law_share(seen: SignedIn, case: str, given: Posted) -> Response:
    """Share it with somebody no longer."""
    return _changed(
        seen, case, given, seen.gettext("It is no longer shared with them."),
        lambda: seen.platform.end_case_file_share(seen.actor, case, given.text("party")),
    )  # fmt: skip


@router.get("/law/cases/{case}/alerts", name="law_case_alerts")
def law_case_alerts(seen: SignedIn, case: str) -> Response:
    """What has changed, with the words before and after."""
    known = seen.platform.case_file(seen.actor, case)
    alerts = seen.platform.case_file_alerts(seen.actor, case)
    return seen.page(
        "law_cases/alerts.html",
        known=known,
        alerts=[(one, _pieces(one)) for one in alerts[:_SHOWN_ALERTS]],
        more=len(alerts) > _SHOWN_ALERTS,
        kinds=KINDS,
        unseen=sum(not one.seen for one in alerts),
    )


def _pieces(alert: Alert) -> Sequence[Any]:
    return redline(alert.before, alert.after) if alert.before and alert.after else ()


@router.post("/law/cases/{case}/alerts", name="see_law_case_alerts")
def see_law_case_alerts(seen: SignedIn, case: str, given: Posted) -> Response:
    """Mark all as seen, or the one that is named."""
    one = given.text("alert")
    seen.platform.mark_case_alerts_seen(seen.actor, case, [one] if one else None)
    return seen.redirect("law_case_alerts", case=case, told=seen.gettext("Marked as seen."))


@router.get("/law/cases/{case}/export", name="export_law_case")
def export_law_case(
    seen: SignedIn, case: str, form: Short = "pdf", style: Short = "luxembourg"
) -> Response:
    """A case file as a file."""
    try:
        made = seen.platform.export_case_file(
            seen.actor, case, form, style=style, language=seen.lang
        )
    except BadInput as error:
        return _case(seen, case, None, error)
    return download(made.filename, made.content)


@router.get("/law/ask/export", name="export_law_answer")
def export_law_answer(
    seen: Anyone, corpus: Short, question: Long, on: Day = "", form: Short = "pdf"
) -> Response:
    """One answer as a file."""
    day = _day(on) or system_clock().date()
    made = seen.platform.export_answer(corpus, question, seen.lang, day, form)
    return download(made.filename, made.content)


@router.get("/law/cases/{case}/delete", name="delete_law_case")
def delete_law_case(seen: SignedIn, case: str) -> Response:
    """What would be deleted, and the button that does."""
    known = seen.platform.case_file(seen.actor, case)
    return seen.page("law_cases/delete.html", known=known, is_own=seen.may("casefile.delete", case))


@router.post("/law/cases/{case}/delete", name="do_delete_law_case")
def do_delete_law_case(seen: SignedIn, case: str, given: Posted) -> Response:
    """Delete it."""
    seen.platform.delete_case_file(seen.actor, case)
    return seen.redirect("law_cases", told=seen.gettext("The case file is deleted."))


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError as failure:
        raise BadInput(f"the day is written as 2026-03-01, not {typed[:40]!r}") from failure
