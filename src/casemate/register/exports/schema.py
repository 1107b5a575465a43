"""The JSON Schema (2020-12) of another register's form, drawn from its table."""

from typing import Any

from casemate.register.exports.standards import ExportStandard, Target

LINK = '^https?://[^\\s<>"]+$'
EMAIL = "^[^\\s<>@:]+@[^\\s<>@]+\\.[^\\s<>@.]+$"
MONTH = "^[0-9]{4}-(0[1-9]|1[0-2])$"
_PATTERNS = {
    "link": LINK,
    "email": EMAIL,
    "month": MONTH,
    "mail_or_link": f"({EMAIL})|({LINK})",
    "date": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
}
_FORMATS = {"date": "date", "uuid": "uuid", "email": "email"}


def schema(standard: ExportStandard, *, hidden: bool = False) -> dict[str, Any]:
    """The schema of ``standard``; with ``hidden``, of what the section that is not public has of it."""
    targets = [one for one in standard.targets if not (hidden and one.hidden)]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": standard.title,
        "type": "object",
        "properties": {one.to: _property(one) for one in targets},
        "required": [one.to for one in targets if one.mandatory],
        "additionalProperties": False,
    }


def _property(target: Target) -> dict[str, Any]:
    described = {"description": f"Point {target.point}"} if target.point else {}
    match target.kind:
        case "codes":
            most = {} if target.most is None else {"maxItems": target.most}
            return described | _array({"enum": list(target.words)}) | most
        case "words":
            return described | _array({"type": "string", "minLength": 1})
        case "links":
            link = {"type": "string", "pattern": LINK, **_longest(target)}
            return described | _array(_object({"title": _SHORT, "link": link}))
        case "titles":
            return described | _array(_object({"title": _SHORT}))
        case _:
            return described | _text(target)


_SHORT = {"type": "string", "minLength": 1, "maxLength": 100}


def _text(target: Target) -> dict[str, Any]:
    if target.words:
        return {"enum": list(target.words)}
    made: dict[str, Any] = {"type": "string", "minLength": target.shortest or 1, **_longest(target)}
    if target.kind in _PATTERNS:
        made["pattern"] = _PATTERNS[target.kind]
    if target.kind in _FORMATS:
        made["format"] = _FORMATS[target.kind]
    return made


def _longest(target: Target) -> dict[str, int]:
    return {} if target.longest is None else {"maxLength": target.longest}


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": items}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
