"""The register for everybody: found by words, told in plain language, compared, asked about."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query, Response

from casemate.errors import BadInput, CasemateError, NotFound
from casemate.plain import as_json
from casemate.portal import paging
from casemate.portal.address import source_of_request
from casemate.portal.pages import charts
from casemate.portal.pages.language import mark
from casemate.portal.pages.register_telling import (
    differences,
    duties,
    measured,
    sections,
    told,
    word,
)
from casemate.portal.pages.register_words import CLASSES, HINTS
from casemate.portal.pages.router import PageRouter, Posted
from casemate.portal.pages.visit import Anyone, Navigation, Visit
from casemate.register.exports import export_standards
from casemate.register.feedback import LONGEST_CONTACT, LONGEST_TEXT, FeedbackKind
from casemate.register.keeping import KeptRecord, Revision
from casemate.register.records import Completeness, Record, completeness, standards
from casemate.register.search import FACETS, AlgorithmPage
from casemate.search_words import MAX_TEXT

NAVIGATION: Navigation = (mark("AI system register"), "register", None)
router = PageRouter()
ON_A_PAGE = 20
SHOWN_OF_A_FACET = 12
FACET_NAMES = {
    "organisation": mark("Organisation"),
    "ai_act_class": mark("Class under the AI Act"),
    "status": mark("Status"),
    "complete": mark("Complete for"),
}
Many = Annotated[tuple[Annotated[str, Query(max_length=80)], ...], Query(max_length=20)]


@router.get("/register")
def register(
    seen: Anyone,
    q: Annotated[str, Query(max_length=MAX_TEXT)] = "",
    organisation: Many = (),
    ai_act_class: Many = (),
    status: Many = (),
    complete: Many = (),
    cursor: paging.Cursor = None,
) -> Response:
    """Algorithms that match, in cards; beside them what they could be narrowed by."""
    chosen = {
        "organisation": organisation, "ai_act_class": ai_act_class, "status": status, "complete": complete,
    }  # fmt: skip
    chosen = {name: tuple(filter(None, some)) for name, some in chosen.items()}
    place = None if cursor is None else paging.read(cursor, (int, str, str))
    found = seen.platform.search_algorithms(
        seen.looks_as, q, **chosen, after=None if place is None else (place[0], place[1], place[2]),
        limit=ON_A_PAGE,
    )  # fmt: skip
    names = seen.platform.holder_names()
    query = {"q": q.strip(), **chosen}
    return seen.page(
        "register/register.html",
        q=q.strip(),
        found=found,
        counted=_counted(seen, found),
        cards=[(one, told(seen, one.record, "short_description")) for one in found.items],
        names=names,
        facets=[(name, FACET_NAMES[name], _choices(seen, found, name, chosen, names)) for name in FACETS],
        narrowed=any(chosen.values()),
        everything=seen.url("register", {"q": q.strip()}),
        word=lambda value: word(seen, value),
        after=None if found.next is None
        else seen.url("register", {**query, "cursor": paging.write(list(found.next))}),
    )  # fmt: skip


def _counted(seen: Visit, found: AlgorithmPage) -> str:
    if not found.total:
        return seen.gettext("No algorithm matches.")
    return seen.ngettext("%(num)s algorithm", "%(num)s algorithms", found.total)


def _choices(
    seen: Visit,
    found: AlgorithmPage,
    facet: str,
    chosen: dict[str, tuple[str, ...]],
    names: dict[str, str],
) -> list[tuple[str, str, int, bool]]:
    """Of one facet: value, name, number, whether it is chosen."""
    counts = found.facets[facet]
    shown = list(counts)[:SHOWN_OF_A_FACET]
    values = [*shown, *(one for one in chosen[facet] if one not in shown)]
    called = {"organisation": names, "complete": standards()}.get(facet, {})
    return [
        (one, called.get(one) or word(seen, one), counts.get(one, 0), one in chosen[facet])
        for one in values
    ]


@router.get("/register/algorithms/{algorithm}")
def algorithm(
    seen: Anyone, algorithm: str, version: Annotated[int | None, Query(ge=1, le=10**9)] = None
) -> Response:
    """One algorithm in plain language."""
    kept = seen.platform.algorithm(seen.looks_as, algorithm, version)
    record = kept.record
    return seen.page(
        "register/algorithm.html",
        kept=kept,
        name=seen.text_of(record.text("name")),
        lead=told(seen, record, "short_description"),
        sections=sections(seen, record),
        readings=measured(seen, record),
        hints=HINTS,
        organisation=seen.platform.holder_names().get(kept.organisation, kept.organisation),
        cls=record.told.get("ai_act_class"),
        class_says=CLASSES.get(record.told.get("ai_act_class", ""), ""),
        points=[one for one in record.told.get("annex_iii_points", ()) if one != "none"],
        ground=told(seen, record, "exemption_ground"),
        duties=duties(record, seen.platform.clock().date()),
        evidence=_evidence(seen, algorithm),
        facts=_facts(seen, algorithm),
        datasets=_datasets(seen, record),
        is_public=kept.published == kept.version,
        keeps=seen.may("algorithm.record", algorithm),
        documents=seen.may("document.make", algorithm),
        answers=seen.may("feedback.read", algorithm),
        standards=list(export_standards().values()),
        word=lambda value: word(seen, value),
    )


def _evidence(seen: Visit, algorithm: str) -> Sequence[Any]:
    """The evaluations of it that whoever looks may read, the newest first."""
    if seen.looks_as is None:
        found = seen.platform.published_evaluations()
        return [one for one in found if one.algorithm == algorithm]
    return seen.platform.evaluations(seen.looks_as, algorithm)


def _facts(seen: Visit, algorithm: str) -> Sequence[Any]:
    """What the platform knows of it, none of it typed: for the public, what the public may know."""
    if seen.looks_as is None:
        return seen.platform.public_algorithm_facts(algorithm)
    return seen.platform.algorithm_facts(seen.looks_as, algorithm)


def _datasets(seen: Visit, record: Record) -> list[tuple[str, str]]:
    """The datasets of this place that the record names among its sources: address and title."""
    found = []
    for link in record.told.get("source_data_links", ()):
        dataset = link.rstrip("/").rpartition("/")[2]
        try:
            known = seen.platform.dataset(dataset)
        except NotFound:
            continue  # a source elsewhere: its link is shown as it is
        found.append((seen.url("dataset", dataset=dataset), seen.text_of(known.description.title)))
    return found


@router.get("/register/algorithms/{algorithm}/history")
def algorithm_history(
    seen: Anyone,
    algorithm: str,
    before: Annotated[int | None, Query(ge=1, le=10**9)] = None,
    after: Annotated[int | None, Query(ge=1, le=10**9)] = None,
) -> Response:
    """The versions, and what differs between two of them, word by word."""
    known = seen.platform.algorithm_history(seen.looks_as, algorithm)
    newest = known[0].kept
    one = _version(known, before) if before else (known[1].kept if len(known) > 1 else None)
    other = _version(known, after) if after else newest
    return seen.page(
        "register/history.html",
        kept=newest,
        name=seen.text_of(newest.record.text("name")),
        known=known,
        before=one,
        after=other,
        differences=differences(seen, one.record, other.record) if one else [],
    )


def _version(known: Sequence[Revision], version: int) -> KeptRecord:
    for one in known:
        if one.kept.version == version:
            return one.kept
    raise NotFound(f"there is no version {version} to be read")


@router.get("/register/algorithms/{algorithm}/completeness")
def algorithm_completeness(
    seen: Anyone, algorithm: str, standard: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """How complete the entry is for each standard, drawn; of one, what is missing and why it matters."""
    kept = seen.platform.algorithm(seen.looks_as, algorithm)
    held = completeness(kept.record)
    chosen = next((one for one in held if one.standard == standard), None)
    if standard and chosen is None:
        raise NotFound(f"there is no standard {standard!r}")
    return seen.page(
        "register/completeness.html",
        kept=kept,
        name=seen.text_of(kept.record.text("name")),
        chart=_chart(seen, held),
        held=held,
        chosen=chosen,
        keeps=seen.may("algorithm.record", algorithm),
        word=lambda value: word(seen, value),
    )


def _chart(seen: Visit, held: Sequence[Completeness]) -> charts.Chart:
    named, share = seen.gettext("Standard"), seen.gettext("Told, in percent")
    rows = [{named: one.standard, share: round(100 * one.asked_share)} for one in held]
    said = ", ".join(f"{row[named]} {row[share]} %" for row in rows)
    return charts.bars(
        rows, x=named, y=share, title=seen.gettext("How much of what each standard asks is told"),
        alternative=said, sideways=True,
    )  # fmt: skip


@router.get("/register/algorithms/{algorithm}/export")
def algorithm_export(
    seen: Anyone, algorithm: str, standard: Annotated[str, Query(max_length=40)]
) -> Response:
    """The entry in the form of another register, as a file; marked as a draft where it lacks something."""
    found = seen.platform.export_algorithm(seen.looks_as, algorithm, standard)
    document = found.document if found.is_valid else found.draft()
    name = f"{algorithm}-{found.standard}.json"
    return Response(
        as_json(document),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


# ── what people say ──────────────────────────────────────────────────────────────────────────────


@router.get("/register/algorithms/{algorithm}/feedback")
def say_something(
    seen: Anyone, algorithm: str, kind: FeedbackKind = FeedbackKind.QUESTION
) -> Response:
    """A question, a correction, a complaint or an appeal; no account is needed."""
    return _saying(seen, algorithm, {"kind": kind.value})


@router.post("/register/algorithms/{algorithm}/feedback")
def send_words(seen: Anyone, algorithm: str, form: Posted) -> Response:
    """Take it in; its sender is told a code, once."""
    values = {name: form.text(name) for name in ("kind", "text", "contact")}
    try:
        _given, code = seen.platform.give_feedback(
            algorithm, values["kind"], values["text"], contact=values["contact"], language=seen.lang,
            source=source_of_request(seen.request),
        )  # fmt: skip
    except NotFound:
        raise
    except CasemateError as error:
        return _saying(seen, algorithm, values, error)
    kept = seen.platform.public_algorithm(algorithm)
    return seen.page(
        "register/sent.html", kept=kept, name=seen.text_of(kept.record.text("name")), code=code
    )


def _saying(
    seen: Visit, algorithm: str, values: dict[str, str], error: CasemateError | None = None
) -> Response:
    kept = seen.platform.public_algorithm(algorithm)
    return seen.page(
        "register/feedback.html",
        status=200 if error is None else error.http_status,
        error=error,
        kept=kept,
        name=seen.text_of(kept.record.text("name")),
        contact=told(seen, kept.record, "contact"),
        appeal=told(seen, kept.record, "appeal"),
        kinds=[(one.value, word(seen, one.value)) for one in FeedbackKind],
        values=values,
        longest=LONGEST_TEXT,
        longest_contact=LONGEST_CONTACT,
    )


@router.get("/register/message")
def own_message(seen: Anyone) -> Response:
    """Where somebody who wrote looks for the answer: by their code."""
    return seen.page("register/message.html", found=None, word=lambda value: word(seen, value))


@router.post("/register/message")
def read_message(seen: Anyone, form: Posted) -> Response:
    """What they wrote and the answer; or, taken back, that it is gone. The code is in no address."""
    code = form.text("code")
    try:
        if form.has("take_back"):
            seen.platform.take_back_feedback(code)
        found = seen.platform.feedback_of(code)
    except BadInput as error:
        return seen.page(
            "register/message.html", status=error.http_status, error=error, found=None,
            values={"code": code}, word=lambda value: word(seen, value),
        )  # fmt: skip
    return seen.page(
        "register/message.html",
        found=found,
        values={"code": code},
        word=lambda value: word(seen, value),
    )
