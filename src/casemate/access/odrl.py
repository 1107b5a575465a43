"""A permit in ODRL 2.2 (W3C Recommendation, 2018), as JSON-LD with its context inside.

The policy says what the permit says, in the words that other data spaces read; the permit itself,
its JWS, remains what counts. An *Agreement* is between the issuer and the applicant; a standing
permit, which binds nobody, is a *Set*. Each dataset is one permission, constrained by purpose, by
time (half-open, like the permit) and by variable; conditions are obligations.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from casemate.access import purposes

if TYPE_CHECKING:
    from casemate.access.records import Permit, Scope

VOCABULARY = "https://w3id.org/casemate/terms#"
CONTEXT: dict[str, Any] = {
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "dct": "http://purl.org/dc/terms/",
    "dpv": purposes.DPV,
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "casemate": VOCABULARY,
    **{name: f"odrl:{name}" for name in ("Agreement", "Set", "rightOperand")},
    **{name: f"odrl:{name}" for name in ("use", "distribute", "sell", "purpose", "dateTime")},
    **{name: f"odrl:{name}" for name in ("isA", "gteq", "lt", "isAnyOf")},
    **{
        name: {"@id": f"odrl:{name}", "@type": "@id"}
        for name in ("target", "assigner", "assignee", "profile")
    },
    **{
        name: {"@id": f"odrl:{name}", "@type": "@id", "@container": "@set"}
        for name in ("permission", "prohibition", "obligation", "constraint")
    },
    **{
        name: {"@id": f"odrl:{name}", "@type": "@vocab"}
        for name in ("action", "leftOperand", "operator")
    },
}


def export(permit: "Permit", *, base: str = "urn:casemate:") -> dict[str, Any]:
    """``permit`` as an ODRL policy; the ids in it are ``base`` followed by kind and id."""
    targets = [_dataset(scope, base) for scope in permit.scopes]
    policy: dict[str, Any] = {
        "@context": CONTEXT,
        "@id": f"{base}permit:{permit.id}",
        "@type": "Set" if permit.standing else "Agreement",
        "dct:issued": _moment(permit.issued_at),
        "assigner": f"{base}organisation:{permit.issuer}",
        # One asset a policy, as the Dataspace Protocol wants it; each permission names its own.
        "target": targets[0] if len(targets) == 1 else f"{base}permit:{permit.id}:datasets",
        "permission": [_permission(permit, scope, base) for scope in permit.scopes],
        "prohibition": [{"action": action} for action in _prohibited(permit)],
    }
    if not permit.standing:
        policy["assignee"] = f"{base}account:{permit.applicant}"
    if duties := _duties(permit):
        policy["obligation"] = duties
    if permit.supersedes:
        policy["dct:replaces"] = {"@id": f"{base}permit:{permit.supersedes}"}
    return policy


def _permission(permit: "Permit", scope: "Scope", base: str) -> dict[str, Any]:
    permission: dict[str, Any] = {
        "target": _dataset(scope, base),
        "action": "use",
        "constraint": [
            *_validity(permit),
            _constraint("casemate:variable", "isAnyOf", list(scope.variables)),
        ],
    }
    if not permit.standing:
        purpose = {"@id": purposes.term(permit.purpose).iri}
        permission["constraint"].insert(0, _constraint("purpose", "isA", purpose))
        permission["assignee"] = [f"{base}account:{name}" for name in sorted(permit.people)]
    return permission


def _validity(permit: "Permit") -> list[dict[str, Any]]:
    start = _constraint("dateTime", "gteq", _moment(permit.valid_from))
    if permit.standing:
        return [start]
    return [start, _constraint("dateTime", "lt", _moment(permit.valid_until))]


def _prohibited(permit: "Permit") -> list[str]:
    if permit.standing:
        return ["casemate:reidentify"]
    return ["casemate:reidentify", "distribute", "sell"]


def _duties(permit: "Permit") -> list[dict[str, Any]]:
    duties: list[dict[str, Any]] = [
        {"action": "casemate:satisfyCondition", "dct:description": condition}
        for condition in permit.conditions
    ]
    if not permit.standing:
        duties.append({"action": "casemate:submitOutputsForCheck"})
    return duties


def _constraint(left: str, operator: str, right: Any) -> dict[str, Any]:
    return {"leftOperand": left, "operator": operator, "rightOperand": right}


def _dataset(scope: "Scope", base: str) -> str:
    return f"{base}dataset:{scope.dataset}:{scope.version}"


def _moment(moment: datetime) -> dict[str, str]:
    text = moment.isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"@type": "xsd:dateTime", "@value": text}
