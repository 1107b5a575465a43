"""Duties in OSCAL 1.2 (NIST): a catalog of them, a profile that chooses them, and how it stands with them.

Each document is the same byte for byte for the same duties on the same day: identifiers are UUIDs of
version 5 over what they name (RFC 9562), and the day asked about is the only clock. Status goes into a
component definition, whose requirements say how they are met.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from casemate.knowledge.obligations.binding import CompanyDuty, Overview
from casemate.knowledge.obligations.keeping import DutyStatus

VERSION = "1.2.1"
NAMESPACE = "urn:casemate:duties"
"""Of our property names (OSCAL metaschema, property `ns`)."""
_ROOT = uuid5(NAMESPACE_URL, NAMESPACE)
_IMPLEMENTED = {
    "open": "planned", "evidence": "partial", "done": "implemented", "not_applicable": "not-applicable",
}  # fmt: skip
"""OSCAL's words for how far a requirement is met."""


def catalog(title: str, found: Overview, language: str) -> bytes:
    """Every duty as a control, by instrument; those to come too, each with the day of its beginning."""
    groups = []
    for state in found.instruments:
        duties = [one for one in _all(found) if one.instrument == state.instrument]
        if duties:
            named = state.title.get(language) or state.title["en"]
            groups.append({
                "id": _token(state.instrument), "class": "instrument", "title": named,
                "controls": [_control(one) for one in duties],
            })  # fmt: skip
    content = _without_empty({"groups": groups})
    return _document("catalog", title, found.on, content)


def profile(title: str, found: Overview) -> bytes:
    """The duties that apply on the day, chosen out of the catalog beside it (``catalog.json``)."""
    chosen = [_token(one.id) for one in found.duties]
    imported: dict[str, Any] = {"href": "catalog.json"}
    if chosen:
        imported["include-controls"] = [{"with-ids": chosen}]
    else:
        imported["include-all"] = {}
    return _document("profile", title, found.on, {"imports": [imported], "merge": {"as-is": True}})


def component_definition(
    title: str, found: Overview, status: Mapping[str, DutyStatus], language: str
) -> bytes:
    """How it stands with each duty that applies, with the evidence as links."""
    implementations = [
        _implementation(name, list(duties), status) for name, duties in _by_instrument(found.duties)
    ]
    component = _without_empty({
        "uuid": _uuid("component", title), "type": "policy", "title": title or "Company",
        "description": f"What binds it on {found.on.isoformat()}, and how it stands with it ({language}).",
        "control-implementations": implementations,
    })  # fmt: skip
    return _document("component-definition", title, found.on, {"components": [component]})


def _document(kind: str, title: str, on: date, content: Mapping[str, Any]) -> bytes:
    metadata = {
        "title": f"{title or 'Company'}: duties on {on.isoformat()}",
        "last-modified": f"{on.isoformat()}T00:00:00Z",
        "version": on.isoformat(),
        "oscal-version": VERSION,
        "remarks": "No legal advice. Words are quotes; who is bound by them was found by a program.",
    }
    said = json.dumps(content, sort_keys=True, ensure_ascii=False)
    whole = {kind: {"uuid": _uuid(kind, title, on, said), "metadata": metadata, **content}}
    return (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode()


def _control(one: CompanyDuty) -> dict[str, Any]:
    source = one.source
    props = [
        _prop("kind", one.kind.value), _prop("instrument", one.instrument),
        _prop("provision", source.provision), _prop("paragraph", one.where),
        _prop("work", source.work), _prop("version", source.version), _prop("language", source.language),
        _prop("text-sha256", source.digest), _prop("quote-sha256", one.words),
        _prop("applies-from", one.since), *(_prop("addressee", name) for name in one.bearers),
        _prop("through", one.through), *(_prop("deadline", told.words) for told in one.deadlines),
        *(_prop("sanction", fine.provision) for fine in one.sanctions),
        *(_prop("open-question", name) for name in one.open_questions),
    ]  # fmt: skip
    token = _token(one.id)
    return {
        "id": token,
        "class": one.kind.value,
        "title": f"{source.title} {one.where}".strip(),
        "props": [prop for prop in props if prop["value"]],
        "parts": [{"id": f"{token}_smt", "name": "statement", "prose": one.quote}],
    }


def _implementation(
    name: str, duties: Sequence[CompanyDuty], status: Mapping[str, DutyStatus]
) -> dict[str, Any]:
    return {
        "uuid": _uuid("implementation", name),
        "source": "catalog.json",
        "description": name,
        "implemented-requirements": [_requirement(one, status.get(one.id)) for one in duties],
    }


def _requirement(one: CompanyDuty, status: DutyStatus | None) -> dict[str, Any]:
    state = status.state.value if status else "open"
    last = status.steps[-1] if status and status.steps else None
    again = bool(status and status.again)
    props = [
        _prop("implementation-status", _IMPLEMENTED[state], ours=False),
        _prop("to-be-looked-at-again", "yes" if again else ""),
        _prop("evidence-kind", last.kind.value if last and last.reference else ""),
        _prop("evidence", last.reference if last and last.kind.value != "url" else ""),
    ]
    links = (
        [{"href": step.reference, "rel": "evidence"} for step in status.steps if step.kind.value == "url"]
        if status
        else []
    )  # fmt: skip
    return _without_empty({
        "uuid": _uuid("requirement", one.id), "control-id": _token(one.id),
        "description": last.note if last and last.note else one.quote,
        "props": [prop for prop in props if prop["value"]], "links": links,
    })  # fmt: skip


def _prop(name: str, value: object, *, ours: bool = True) -> dict[str, str]:
    text = " ".join(str(value).split()) if value is not None else ""
    return {"name": name, **({"ns": NAMESPACE} if ours else {}), "value": text}


def _token(name: str) -> str:
    """A name as OSCAL's identifiers may be: letters, digits, points, hyphens and low lines."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("_")
    return plain if plain[:1].isalpha() or plain[:1] == "_" else f"_{plain}"


def _uuid(*about: object) -> str:
    """Version 5, which OSCAL takes beside version 4."""
    made: UUID = uuid5(_ROOT, "\n".join(map(str, about)))
    return str(made)


def _by_instrument(
    duties: Sequence[CompanyDuty],
) -> Iterator[tuple[str, Iterator[CompanyDuty]]]:
    for name in dict.fromkeys(one.instrument for one in duties):
        yield name, (one for one in duties if one.instrument == name)


def _all(found: Overview) -> Sequence[CompanyDuty]:
    return (*found.duties, *found.coming)


def _without_empty(document: dict[str, Any]) -> dict[str, Any]:
    """OSCAL's lists have one item at least, or are not there."""
    return {name: value for name, value in document.items() if value != []}
