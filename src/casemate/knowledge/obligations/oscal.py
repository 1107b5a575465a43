"""Duties in OSCAL 1.2 (NIST): a catalog of them, a profile that chooses them, and how it stands with them.

Status goes into a component definition, whose requirements say how they are met; what was shown of it, and
when, into assessment results (``oscal_assessment``).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from casemate.knowledge.obligations.binding import CompanyDuty, Overview
from casemate.knowledge.obligations.keeping import DutyStatus
from casemate.knowledge.obligations.oscal_parts import (
    IMPLEMENTED,
    document,
    filled,
    prop,
    statement_id,
    token,
    uuid_of,
    without_empty,
)


def catalog(title: str, found: Overview, language: str) -> bytes:
    """Every duty as a control, by instrument; those to come too, each with the day of its beginning."""
    groups = []
    for state in found.instruments:
        duties = [one for one in _all(found) if one.instrument == state.instrument]
        if duties:
            named = state.title.get(language) or state.title["en"]
            groups.append({
                "id": token(state.instrument), "class": "instrument", "title": named,
                "controls": [_control(one) for one in duties],
            })  # fmt: skip
    content = without_empty({"groups": groups})
    return document("catalog", title, found.on, content)


def profile(title: str, found: Overview) -> bytes:
    """The duties that apply on the day, chosen out of the catalog beside it (``catalog.json``)."""
    chosen = [token(one.id) for one in found.duties]
    imported: dict[str, Any] = {"href": "catalog.json"}
    if chosen:
        imported["include-controls"] = [{"with-ids": chosen}]
    else:
        imported["include-all"] = {}
    return document("profile", title, found.on, {"imports": [imported], "merge": {"as-is": True}})


def component_definition(
    title: str, found: Overview, status: Mapping[str, DutyStatus], language: str
) -> bytes:
    """How it stands with each duty that applies, with the evidence as links."""
    implementations = [
        _implementation(name, list(duties), status) for name, duties in _by_instrument(found.duties)
    ]
    component = without_empty({
        "uuid": uuid_of("component", title), "type": "policy", "title": title or "Company",
        "description": f"What binds it on {found.on.isoformat()}, and how it stands with it ({language}).",
        "control-implementations": implementations,
    })  # fmt: skip
    return document("component-definition", title, found.on, {"components": [component]})


def _control(one: CompanyDuty) -> dict[str, Any]:
    source = one.source
    props = [
        prop("kind", one.kind.value), prop("instrument", one.instrument),
        prop("provision", source.provision), prop("paragraph", one.where),
        prop("work", source.work), prop("version", source.version), prop("language", source.language),
        prop("text-sha256", source.digest), prop("quote-sha256", one.words),
        prop("applies-from", one.since), *(prop("addressee", name) for name in one.bearers),
        prop("through", one.through), *(prop("deadline", told.words) for told in one.deadlines),
        *(prop("sanction", fine.provision) for fine in one.sanctions),
        *(prop("open-question", name) for name in one.open_questions),
    ]  # fmt: skip
    name = token(one.id)
    return {
        "id": name,
        "class": one.kind.value,
        "title": f"{source.title} {one.where}".strip(),
        "props": filled(props),
        "parts": [{"id": statement_id(one.id), "name": "statement", "prose": one.quote}],
    }


def _implementation(
    name: str, duties: Sequence[CompanyDuty], status: Mapping[str, DutyStatus]
) -> dict[str, Any]:
    return {
        "uuid": uuid_of("implementation", name),
        "source": "catalog.json",
        "description": name,
        "implemented-requirements": [_requirement(one, status.get(one.id)) for one in duties],
    }


def _requirement(one: CompanyDuty, status: DutyStatus | None) -> dict[str, Any]:
    state = status.state.value if status else "open"
    last = status.steps[-1] if status and status.steps else None
    again = bool(status and status.again)
    props = [
        prop("implementation-status", IMPLEMENTED[state], ours=False),
        prop("to-be-looked-at-again", "yes" if again else ""),
        prop("evidence-kind", last.kind.value if last and last.reference else ""),
        prop("evidence", last.reference if last and last.kind.value != "url" else ""),
    ]
    links = (
        [{"href": step.reference, "rel": "evidence"} for step in status.steps if step.kind.value == "url"]
        if status
        else []
    )  # fmt: skip
    return without_empty({
        "uuid": uuid_of("requirement", one.id), "control-id": token(one.id),
        "description": last.note if last and last.note else one.quote,
        "props": filled(props), "links": links,
    })  # fmt: skip


def _by_instrument(
    duties: Sequence[CompanyDuty],
) -> Iterator[tuple[str, Iterator[CompanyDuty]]]:
    for name in dict.fromkeys(one.instrument for one in duties):
        yield name, (one for one in duties if one.instrument == name)


def _all(found: Overview) -> Sequence[CompanyDuty]:
    return (*found.duties, *found.coming)
