"""What the law asks of a company: questions in steps, instruments, duties, how it stands with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Query, Response

from casemate.clock import system_clock
from casemate.errors import BadInput, CasemateError
from casemate.knowledge.obligations.binding import CompanyDuty, Overview
from casemate.knowledge.obligations.comparing import changes_between
from casemate.knowledge.obligations.exports import FORMS, filename
from casemate.knowledge.obligations.instruments import FactAsked
from casemate.knowledge.obligations.keeping import DutyStatus, StepForm
from casemate.portal.pages.law_obligations_words import (
    EVIDENCE,
    KINDS,
    STATES,
    STEPS,
    TIMES,
    VALUES,
)
from casemate.portal.pages.register_telling import word
from casemate.portal.pages.router import Filled, PageRouter, Posted
from casemate.portal.pages.visit import Anyone, SignedIn, Visit
from casemate.register.law import vocabulary

router = PageRouter()
Corpus = Annotated[str, Query(max_length=64)]
Day = Annotated[str, Query(max_length=10)]
_AI = ("role", "sector", "purpose")
"""What the form asks of one AI system; a file of facts says more."""


@dataclass(frozen=True)
class Field:
    """A question of the form as the page shows it."""

    name: str
    kind: str
    label: str
    law: str
    options: tuple[tuple[str, str], ...]
    value: str


@router.get("/law/obligations", name="law_obligations")
def form(seen: Anyone, corpus: Corpus) -> Response:
    """The first step of the questions."""
    return _asking(seen, corpus, {}, "company")


@router.post("/law/obligations", name="law_obligations_post")
def answered(seen: Anyone, form: Posted) -> Response:
    """Another step, or what the answers come to; nothing of them is kept, unless that is asked for."""
    given = {name: form.text(name) for name in _names(seen) if form.text(name)}
    corpus = form.text("corpus")
    if form.has("step"):
        return _asking(seen, corpus, given, form.text("step"))
    try:
        if form.has("keep"):
            kept = seen.platform.add_company(seen.actor, _document(seen, given))
            told = seen.gettext("The profile is kept.")
            query = {"corpus": corpus, "on": given.get("on", "")}
            return seen.redirect("law_company", profile=kept.profile, query=query, told=told)
        return _result(seen, corpus, given)
    except CasemateError as failure:
        return _asking(seen, corpus, given, "systems", failure)


def _names(seen: Visit) -> list[str]:
    facts = list(seen.platform.instruments.facts)
    return ["name", "on", "since", "instrument", *facts, *(f"ai-{name}" for name in _AI)]


def _asking(
    seen: Visit,
    corpus: str,
    given: Mapping[str, str],
    step: str,
    error: CasemateError | None = None,
) -> Response:
    names = [name for name, _, _ in STEPS]
    at = names.index(step) if step in names else 0
    fields = [_field(seen, seen.platform.instruments.facts[name], given) for name in STEPS[at][2]]
    shown = {one.name for one in fields} | ({"name", "on", "since"} if at == 0 else set())
    if STEPS[at][0] == "systems":
        fields += [_ai_field(seen, name, given) for name in _AI]
        shown |= {f"ai-{name}" for name in _AI}
    return seen.page(
        "law_obligations/form.html", status=error.http_status if error else 200, error=error,
        corpus=corpus, title=STEPS[at][1], number=at + 1, of=len(STEPS), fields=fields,
        first=at == 0, given=given, kept={k: v for k, v in given.items() if k not in shown},
        before=names[at - 1] if at else "", after=names[at + 1] if at + 1 < len(names) else "",
        today=system_clock().date().isoformat(),
    )  # fmt: skip


def _field(seen: Visit, asked: FactAsked, given: Mapping[str, str]) -> Field:
    unknown = ("", seen.gettext("Not known"))
    options: tuple[tuple[str, str], ...] = ()
    if asked.kind == "flag":
        options = (("true", seen.gettext("Yes")), ("false", seen.gettext("No")), unknown)
    elif asked.kind == "choice":
        options = (unknown, *((one, _said(seen, one)) for one in asked.values))
    label = seen.text_of(asked.asks)
    return Field(asked.name, asked.kind, label, asked.law, options, given.get(asked.name, ""))


def _said(seen: Visit, value: str) -> str:
    return seen.gettext(VALUES[value]) if value in VALUES else value.replace("_", " ")


def _ai_field(seen: Visit, name: str, given: Mapping[str, str]) -> Field:
    kind = vocabulary().facts[name]
    options = (
        ("", seen.gettext("Not known")),
        *((str(one), word(seen, str(one))) for one in kind.values),
    )
    labels = {
        "role": seen.gettext("What is the company to its AI system?"),
        "sector": seen.gettext("In which area is the system used?"),
        "purpose": seen.gettext("What is the system for?"),
    }
    return Field(
        f"ai-{name}", "choice", labels[name], kind.law, options, given.get(f"ai-{name}", "")
    )


def _document(seen: Visit, given: Mapping[str, str]) -> dict[str, Any]:
    """The profile that the form told of."""
    facts = seen.platform.instruments.facts
    answers: dict[str, Any] = {
        name: value == "true" if facts[name].kind == "flag" else value
        for name, value in given.items()
        if name in facts
    }
    system = {name: given[f"ai-{name}"] for name in _AI if given.get(f"ai-{name}")}
    systems = [{"name": "AI", "facts": system, "closed": True}] if system else []
    name = given.get("name") or seen.gettext("My company")
    return {"name": name, "answers": answers, "systems": systems}


def _result(seen: Visit, corpus: str, given: Mapping[str, str]) -> Response:
    document = _document(seen, given)
    day = _day(seen, given.get("on", ""))
    found = seen.platform.obligations_of(corpus, document, day, seen.lang)
    compared = None
    if since := given.get("since"):
        before = seen.platform.obligations_of(corpus, document, _day(seen, since), seen.lang)
        compared = changes_between(before, found)
    return seen.page(
        "law_obligations/result.html", **_shown(seen, corpus, found, {}), compared=compared,
        since=since, given=given, name=document["name"],
        may_keep=seen.account is not None and seen.may("company.list"),
    )  # fmt: skip


def _day(seen: Visit, told: str) -> date:
    if not told:
        return system_clock().date()
    try:
        return date.fromisoformat(told)
    except ValueError as failure:
        raise BadInput(seen.gettext("Write a day as 2026-03-01.")) from failure


def _shown(
    seen: Visit, corpus: str, found: Overview, status: Mapping[str, DutyStatus]
) -> dict[str, Any]:
    """What both results show: instruments, duties in groups, what is to come."""
    asks = {name: seen.text_of(one.asks) for name, one in seen.platform.instruments.facts.items()}
    return {
        "corpus": corpus, "found": found, "on": found.on, "asks": asks, "standing": status,
        "titles": {one.instrument: seen.text_of(one.title) for one in found.instruments},
        "groups": [(title, _in_group(found.duties, name)) for name, title in TIMES],
        "who": lambda one: _who(seen, one), "kinds": KINDS, "states": STATES, "evidence": EVIDENCE,
    }  # fmt: skip


def _in_group(duties: Sequence[CompanyDuty], name: str) -> list[CompanyDuty]:
    """The duties whose time is of a kind, by addressee."""
    mine = [one for one in duties if _time_of(one) == name]
    return sorted(mine, key=lambda one: (one.bearers, one.instrument))


def _time_of(one: CompanyDuty) -> str:
    if any(told.hours or told.at_once for told in one.deadlines):
        return "soon"
    return "day" if one.deadlines else "always"


def _who(seen: Visit, one: CompanyDuty) -> str:
    """The addressees in the law's own words, in the language of the quote where it has them."""
    roles = {role.id: role.words for role in seen.platform.instruments.get(one.instrument).roles}
    named = [
        (roles[name].get(one.source.language) or roles[name].get("en") or (name,))[0]
        for name in one.bearers
    ]
    return ", ".join(named) or seen.gettext("anybody")


# ── what is kept ─────────────────────────────────────────────────────────────────────────────────


@router.get("/law/companies", name="law_companies")
def companies(seen: SignedIn, corpus: Corpus = "law") -> Response:
    """The profiles of one's own organisation."""
    return seen.page(
        "law_obligations/companies.html", corpus=corpus,
        companies=seen.platform.companies(seen.actor), may_keep=seen.may("company.list"),
    )  # fmt: skip


@router.get("/law/companies/{profile}", name="law_company")
def company(seen: SignedIn, profile: str, corpus: Corpus = "law", on: Day = "") -> Response:
    """What binds a company on a day, and how it stands with it as of that day."""
    return _company(seen, profile, corpus, _day(seen, on))


def _company(
    seen: Visit, profile: str, corpus: str, day: date, error: CasemateError | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    found = seen.platform.company_obligations(seen.actor, profile, corpus, day, seen.lang)
    return seen.page(
        "law_obligations/company.html", status=error.http_status if error else 200, error=error,
        typed=typed or {}, kept=found.company, gone=found.gone, forms=FORMS,
        **_shown(seen, corpus, found.overview, found.status),
    )  # fmt: skip


@router.post("/law/companies/{profile}/step", name="law_company_step")
def step(seen: SignedIn, profile: str, form: Posted) -> Response:
    """Say how it stands with a duty."""
    day, corpus = _day(seen, form.text("on")), form.text("corpus")
    told = StepForm(*(form.text(name) for name in ("duty", "state", "kind", "reference", "note")))
    try:
        seen.platform.note_on_duty(seen.actor, profile, corpus, told, on=day, language=seen.lang)
    except CasemateError as failure:
        return _company(seen, profile, corpus, day, failure, _typed(form))
    query = {"corpus": corpus, "on": day.isoformat()}
    return seen.redirect(
        "law_company", profile=profile, query=query, told=seen.gettext("It is noted.")
    )


def _typed(form: Filled) -> dict[str, str]:
    return {name: form.text(name) for name in ("duty", "state", "kind", "reference", "note")}


@router.get("/law/companies/{profile}/file", name="law_company_file")
def file(
    seen: SignedIn,
    profile: str,
    form: Annotated[str, Query(max_length=40)] = "oscal",
    corpus: Corpus = "law",
    on: Day = "",
) -> Response:
    """A company's duties as a file."""
    day = _day(seen, on)
    content = seen.platform.export_obligations(seen.actor, profile, corpus, day, seen.lang, form)
    name = filename(form, day.isoformat())
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=FORMS[form], headers=headers)
