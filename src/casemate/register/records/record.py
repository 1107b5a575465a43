"""A record of an algorithm, and the fields it can have."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from casemate.errors import BadInput

LANGUAGES = ("en", "fr", "de", "lb")
MORE_LANGUAGES = ("nl",)
"""What a text can be told in besides: a register of another country takes its own language alone."""
LONGEST_TEXT = 20_000
"""Characters of one field: a record is read by people."""
MOST_WORDS = 200
"""Entries of a list."""
_LINK = re.compile(r"https?://[^\s<>\"]+|mailto:[^\s<>\"@]+@[^\s<>\"@]+")


@dataclass(frozen=True)
class Field:
    """One thing that a record can tell."""

    name: str
    label: str
    group: str
    kind: str
    values: tuple[str, ...]
    asked: Mapping[str, str]
    """By standard: ``m`` mandatory, ``y`` asked for, ``i`` kept inside, ``o`` optional."""
    longest: Mapping[str, int]
    why: str


@dataclass(frozen=True)
class Record:
    """What is told of one algorithm: by field, in the form of its kind; texts by language."""

    told: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name, in the first language that it has one in; empty where it has none."""
        names = self.told.get("name", {})
        spoken = (*LANGUAGES, *MORE_LANGUAGES)
        return next((names[language] for language in spoken if language in names), "")

    def to_dict(self) -> dict[str, Any]:
        """As JSON, by field."""
        return dict(self.told)

    def text(self, field: str) -> Mapping[str, str]:
        """A field of texts by language; empty where it is not told."""
        texts: Mapping[str, str] = self.told.get(field, {})
        return texts


@cache
def fields() -> Mapping[str, Field]:
    """Every field that a standard asks for, by name, in the order of the data file."""
    return _fields("fields.toml")


@cache
def house_fields() -> Mapping[str, Field]:
    """The fields that this house needs beside them, by name."""
    return _fields("house.toml")


@cache
def every_field() -> Mapping[str, Field]:
    """What a record can tell, by name."""
    return {**fields(), **house_fields()}


def _fields(file: str) -> dict[str, Field]:
    return {
        row["name"]: Field(
            name=row["name"],
            label=row["label"],
            group=row["group"],
            kind=row["kind"],
            values=tuple(row.get("values", ())),
            asked=row["asked"],
            longest=row.get("longest", {}),
            why=row["why"],
        )
        for row in _toml(file)["field"]
    }


@cache
def standards() -> Mapping[str, str]:
    """The titles of the standards, by id."""
    return {row["id"]: row["title"] for row in _toml("standards.toml")["standard"]}


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__package__) / name).read_text(encoding="utf-8"))


def read_record(document: Mapping[str, Any]) -> Record:
    """The record in ``document``; raises ``BadInput`` naming a field that is none, or not of its kind."""
    told: dict[str, Any] = {}
    for name, given in document.items():
        if name not in every_field():
            close = difflib.get_close_matches(name, every_field(), 1)
            nearest = f"; the nearest is {close[0]!r}" if close else ""
            raise BadInput(f"a record has no field {name!r}{nearest}")
        value = _value(every_field()[name], given)
        if value:
            told[name] = value
    return Record(told)


def _value(field: Field, given: Any) -> Any:
    match field.kind:
        case "text":
            return _text(field, given)
        case "words" | "links":
            if not isinstance(given, list) or len(given) > MOST_WORDS:
                raise BadInput(f"{field.name} is a list, of {MOST_WORDS} entries at most")
            return tuple(_word(field, one) for one in given)
        case "date":
            return _date(field, given)
        case _:
            return _word(field, given)


def _text(field: Field, given: Any) -> dict[str, str]:
    """By language; plain text is English."""
    by_language = {"en": given} if isinstance(given, str) else given
    spoken = (*LANGUAGES, *MORE_LANGUAGES)
    if not isinstance(by_language, dict) or not by_language.keys() <= set(spoken):
        raise BadInput(f"{field.name} is text, or a table of texts by {', '.join(spoken)}")
    return {language: text for language, one in by_language.items() if (text := _plain(field, one))}


def _plain(field: Field, given: Any) -> str:
    if not isinstance(given, str) or len(given) > LONGEST_TEXT:
        raise BadInput(f"{field.name} is text, of {LONGEST_TEXT} characters at most")
    return given.strip()


def _word(field: Field, given: Any) -> str:
    word = _plain(field, given)
    if word and field.kind in ("link", "links") and not _LINK.fullmatch(word):
        raise BadInput(f"{field.name} holds {word!r}, which is no http, https or mailto link")
    if word and field.values and word not in field.values:
        raise BadInput(f"{field.name} is {word!r}; it is one of {', '.join(field.values)}")
    return word


def _date(field: Field, given: Any) -> str:
    try:
        if isinstance(given, datetime) or not isinstance(given, date | str):
            raise ValueError
        return date.fromisoformat(str(given)).isoformat() if given else ""
    except ValueError:
        raise BadInput(f"{field.name} is {given!r}; it is a day such as 2026-12-02") from None
