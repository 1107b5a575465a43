"""An invented regulation with staged application, its instrument, and provisions made by hand."""

import json
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from casemate.knowledge.documents import read_all
from casemate.knowledge.documents.library import Stored, Version

DOGS_TOML = """
id = "dogs"
works = ["dog-regulation"]
ensuring = ["member_state"]
title = { en = "Dog Regulation", fr = "Règlement sur les chiens" }

[[scope]]
effect = "applies"
provision = "art_1"
paragraph = "1"
when = "in_union and sector == 'other'"
says = "It keeps dogs in the Union (Art. 1(1))."

[[scope]]
effect = "excluded"
provision = "art_1"
paragraph = "2"
when = "employees >= 250"
says = "It is too large for a kennel (Art. 1(2))."

[[role]]
id = "keeper"
when = "serves_union"
provision = "art_1"
en = ["keeper"]
fr = ["détenteur"]

[[role]]
id = "breeder"
when = "household_only"
provision = "art_1"
en = ["breeder"]
fr = ["éleveur"]

[[role]]
id = "commune"
en = ["commune"]
fr = ["commune"]

[[narrow]]
in = ["art_3"]
when = "personal_data"
provision = "art_3"
routes = { annex_3 = "uses_ai", annex_1 = "not uses_ai" }
"""
"""Whom the invented regulation binds: answers of the shared questions, put to another use."""

COMPANY: dict[str, Any] = {
    "name": "Kennel",
    "answers": {
        "in_union": True, "sector": "other", "employees": 12, "serves_union": True,
        "household_only": False, "personal_data": True, "uses_ai": True,
    },
}  # fmt: skip

_CHAPTERS = {
    "art_1": ["CHAPTER I — General"],
    "art_2": ["CHAPTER I — General"],
    "art_3": ["CHAPTER II — Tags"],
    "art_8": ["CHAPTER III — Fines"],
    "art_9": ["CHAPTER IV — End"],
}
_SCOPE = (
    "1. This Regulation applies to whoever keeps a dog in the Union.\n\n"
    "2. It does not apply to large undertakings."
)
_APPLIES = (
    "This Regulation shall enter into force on the third day.\n\nIt shall apply from 1 March 2026.\n\n"
    "However:\n\n(a) Chapter I shall apply from 1 May 2025;\n\n(b) Chapter II shall apply from {days}."
)
FIRST = {
    "art_1": _SCOPE,
    "art_2": "1. Keepers shall register each dog within 72 hours.\n\n2. Breeders shall keep a book.",
    "art_3": "Keepers shall buy a tag for each dog, unless it is a puppy.",
    "art_8": "An infringement of Article 2 shall be subject to a fine of up to EUR 500.",
    "art_9": _APPLIES.format(
        days="(i) 1 June 2026 as regards dogs of Annex III; and (ii) 1 June 2027 as regards dogs of Annex I"
    ),
}
SECOND = FIRST | {
    "art_2": "1. Keepers shall register each dog within 24 hours.\n\n2. Breeders shall keep a book.",
    "art_9": _APPLIES.format(
        days="(i) 1 June 2028 as regards dogs of Annex III; and (ii) 1 June 2029 as regards dogs of Annex I"
    ),
}
"""As amended on 1 July 2026: a shorter time, and a later beginning."""


def write_dogs(folder: Path) -> Path:
    """The regulation in both of its versions, as rows."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "dogs.jsonl"
    versions = (("2025-01-01", "2026-06-30", FIRST), ("2026-07-01", None, SECOND))
    rows = [
        {
            "id": f"dog-regulation:{since}:en#{key}", "work": "dog-regulation", "lang": "en",
            "work_title": "Dog Regulation", "version": since, "valid_to": until, "anchor": key,
            "type": "article", "num": key.replace("art_", "Article "), "heading": "", "text": text,
            "path": _CHAPTERS[key], "licence": "CC0-1.0", "attribution": "made up",
        }
        for since, until, texts in versions
        for key, text in texts.items()
    ]  # fmt: skip
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def write_instrument(home: Path) -> Path:
    """The operator's file of rules in the home's folder of instruments."""
    folder = home / "instruments"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "dogs.toml"
    file.write_text(DOGS_TOML, encoding="utf-8")
    return file


def read_dogs(path: Path) -> Any:
    """The reader of a collection's files."""
    for document in read_all(path):
        yield document, ()


def stored(key: str, text: str, *, path: tuple[str, ...] = (), language: str = "en") -> Stored:
    """A provision of an invented work."""
    version = Version(
        id=1, work="dogs", language=language, title="Dogs", kind="", eli="", valid_from=date(2025, 1, 1),
        valid_to=None, known_from=None, licence="", attribution="", problems=(),
    )  # fmt: skip
    return Stored(
        version=version, place=0, key=key, kind="article", number=key, heading="", path=path, text=text,
        digest=sha256(text.encode()).hexdigest(), as_filed="", since=None, eli="", terms=(), references=(),
    )  # fmt: skip
