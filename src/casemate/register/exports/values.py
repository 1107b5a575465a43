"""One value of a record in the form that another register takes, or why it has none."""

import re
from typing import Any
from urllib.parse import urlsplit

from casemate.register.exports.schema import EMAIL, LINK
from casemate.register.exports.standards import Target
from casemate.register.records import LANGUAGES
from casemate.register.records.record import MORE_LANGUAGES

NAMES = {"en": "English", "fr": "French", "de": "German", "lb": "Luxembourgish", "nl": "Dutch"}
LONGEST_CONTACT = 2000
"""Characters of a contact that an address is looked for in."""
_FOUND_EMAIL = re.compile(r"[^\s<>@:,;()]+@[^\s<>@,;()]+\.[^\s<>@.,;()]+")
_FOUND_LINK = re.compile(r"https?://[^\s<>\"]+")


class Unfit(Exception):
    """What is told has no form there; the message ends the sentence that begins with the field's name."""


def written(target: Target, value: Any, language: str) -> Any:
    """``value``, of our form, in theirs; raises ``Unfit``."""
    match target.kind:
        case "text" | "name":
            return _fitting(target, _prose(target, value, language))
        case "code":
            return _code(target, value, language)
        case "codes":
            return [_code(target, value, language)]
        case "titles":
            return [{"title": (target.values or {})[one]} for one in value]
        case "links":
            return [{"title": _host(one), "link": one} for one in _links(target, value)]
        case "words":
            return list(value)
        case "list":
            return _fitting(target, ", ".join(value))
        case "month":
            return str(value)[:7]
        case "email" | "mail_or_link":
            return _fitting(target, _address(target, value))
        case "link":
            return _fitting(target, _links(target, (value,))[0])
        case _:
            return _permitted(target, _fitting(target, str(value)))


def _prose(target: Target, value: Any, language: str) -> str:
    if not isinstance(value, dict):
        return value if isinstance(value, str) else ", ".join(value)
    if language in value:
        return str(value[language])
    if target.kind == "name":  # a proper name is the same in every language
        return str(next(value[one] for one in (*LANGUAGES, *MORE_LANGUAGES) if one in value))
    told = " and ".join(NAMES[one] for one in value)
    raise Unfit(f"is told in {told}, not in {NAMES[language]}")


def _fitting(target: Target, text: str) -> str:
    if target.longest is not None and len(text) > target.longest:
        raise Unfit(f"has {len(text)} characters; {target.longest} at most")
    if target.shortest is not None and len(text) < target.shortest:
        raise Unfit(f"has {len(text)} characters; {target.shortest} at least")
    return text


def _permitted(target: Target, text: str) -> str:
    if target.words and text not in target.words:
        raise Unfit(f"is {text!r}; it can be {' or '.join(target.words)}")
    return text


def _code(target: Target, value: str, language: str) -> str:
    theirs = (target.values or {}).get(value)
    if theirs is None:
        raise Unfit(f"is {value}, for which the standard has no word")
    return (target.dutch or {}).get(theirs, theirs) if language == "nl" else theirs


def _address(target: Target, value: dict[str, str]) -> str:
    """The first address in any wording: an e-mail address, or where that does too a link."""
    for whole in value.values():
        text = whole[:LONGEST_CONTACT].removeprefix("mailto:")
        found = _FOUND_EMAIL.search(text)
        if found and re.match(EMAIL, found.group()):
            return found.group()
        if target.kind == "mail_or_link" and (link := _FOUND_LINK.search(text)):
            return link.group()
    wanted = "e-mail address" if target.kind == "email" else "e-mail address and no http link"
    raise Unfit(f"holds no {wanted}")


def _links(target: Target, value: Any) -> list[str]:
    for one in value:
        if not re.match(LINK, one):
            raise Unfit(f"holds {one!r}, which is no http link")
        _fitting(target, one)
    return list(value)


def _host(link: str) -> str:
    """What a link is called where it has no title: where it leads."""
    return (urlsplit(link).hostname or link)[:100]
