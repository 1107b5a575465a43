"""What all documents in OSCAL share: their frame, identifiers and properties.

Each document is the same byte for byte for the same duties on the same day: identifiers are UUIDs of
version 5 over what they name (RFC 9562), and the day asked about is the only clock.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

VERSION = "1.2.1"
NAMESPACE = "urn:casemate:duties"
"""Of our property names (OSCAL metaschema, property `ns`)."""
_ROOT = uuid5(NAMESPACE_URL, NAMESPACE)
IMPLEMENTED = {
    "open": "planned", "evidence": "partial", "done": "implemented", "not_applicable": "not-applicable",
}  # fmt: skip
"""OSCAL's words for how far a requirement is met."""


def document(kind: str, title: str, on: date, content: Mapping[str, Any]) -> bytes:
    """A whole document: ``content`` in its frame."""
    metadata = {
        "title": f"{title or 'Company'}: duties on {on.isoformat()}",
        "last-modified": f"{on.isoformat()}T00:00:00Z",
        "version": on.isoformat(),
        "oscal-version": VERSION,
        "remarks": "No legal advice. Words are quotes; who is bound by them was found by a program.",
    }
    said = json.dumps(content, sort_keys=True, ensure_ascii=False)
    whole = {kind: {"uuid": uuid_of(kind, title, on, said), "metadata": metadata, **content}}
    return (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode()


def prop(name: str, value: object, *, ours: bool = True) -> dict[str, str]:
    """A property; its name is of our namespace, or of OSCAL's own."""
    text = " ".join(str(value).split()) if value is not None else ""
    return {"name": name, **({"ns": NAMESPACE} if ours else {}), "value": text}


def filled(props: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """The properties that have a value."""
    return [one for one in props if one["value"]]


def token(name: str) -> str:
    """A name as OSCAL's identifiers may be: letters, digits, points, hyphens and low lines."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("_")
    return plain if plain[:1].isalpha() or plain[:1] == "_" else f"_{plain}"


def statement_id(duty: str) -> str:
    """The statement of a duty's control, which is its quote."""
    return f"{token(duty)}_smt"


def uuid_of(*about: object) -> str:
    """Version 5, which OSCAL takes beside version 4."""
    made: UUID = uuid5(_ROOT, "\n".join(map(str, about)))
    return str(made)


def without_empty(document: dict[str, Any]) -> dict[str, Any]:
    """OSCAL's lists have one item at least, or are not there."""
    return {name: value for name, value in document.items() if value != []}
