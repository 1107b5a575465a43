"""A small invented law in French and English, in two versions, as rows. No test."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from casemate.flagships.law.sources import files_in, read_law
from casemate.knowledge.documents import Library
from casemate.platform import Platform

WORK = "loi-2031-05-01-n7"
FIRST, SECOND = date(2031, 5, 1), date(2033, 1, 1)
FRENCH = {
    "art_1": (
        "Définitions",
        "Aux fins de la présente loi, on entend par:\n"
        "a) «animal de compagnie», tout animal détenu par une personne à son domicile;\n"
        "b) «détenteur», la personne qui tient un animal de compagnie;\n"
        "c) «refuge», tout lieu qui accueille des animaux de compagnie sans détenteur.",
    ),
    "art_2": (
        "Déclaration",
        "1. Le détenteur déclare son animal de compagnie dans un délai de 14 jours. La déclaration est "
        "gratuite.\n2. Le détenteur ne peut pas céder un animal de compagnie avant l'âge de 8 semaines.",
    ),
    "art_3": (
        "Refuge",
        "Le refuge garde un animal de compagnie pendant 30 jours. Le refuge tient un registre.",
    ),
}
ENGLISH = {
    "art_1": (
        "Definitions",
        "For the purposes of this law:\n"
        "(a) ‘pet’ means any animal that a person keeps at home;\n"
        "(b) ‘keeper’ means the person who keeps a pet;\n"
        "(c) ‘shelter’ means any place that takes in pets without a keeper.",
    ),
    "art_2": (
        "Declaration",
        "1. The keeper declares the pet within 14 days. The declaration is free of charge.\n"
        "2. The keeper may not give a pet away before the age of 8 weeks.",
    ),
    "art_3": (
        "Shelter",
        "The shelter keeps a pet for 30 days. The shelter keeps a register.",
    ),
}
LATER = FRENCH["art_3"][1].replace("30 jours", "45 jours")
"""Article 3 from 2033 on, in French alone: no English version was published."""


def rows() -> Iterator[dict[str, str]]:
    """Both languages of 2031, and French of 2033."""
    for language, articles in (("fr", FRENCH), ("en", ENGLISH)):
        ends = {"valid_to": "2032-12-31"}
        for key, (heading, text) in articles.items():
            yield _row(language, FIRST, key, heading, text) | ends
    for key, (heading, text) in FRENCH.items():
        yield _row("fr", SECOND, key, heading, LATER if key == "art_3" else text)


def _row(language: str, day: date, key: str, heading: str, text: str) -> dict[str, str]:
    return {
        "id": f"{WORK}:{day}:{language}#{key}", "work": WORK, "version": day.isoformat(), "lang": language,
        "work_title": f"Loi relative aux animaux ({language})", "anchor": key, "type": "article",
        "num": key.replace("art_", "Art. "), "heading": heading, "text": text, "licence": "CC0-1.0",
        "attribution": "Casemate, an invented text",
    }  # fmt: skip


def folder_of_two_tongues(folder: Path) -> Path:
    """The law as a file of rows."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(one, ensure_ascii=False) for one in rows())
    (folder / "pets.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def library_of_two_tongues(folder: Path) -> Library:
    """A library of that law."""
    laws = folder_of_two_tongues(folder / "pets")
    library = Library(folder / "library.sqlite")
    library.load(laws, files_in(laws), read_law)
    return library


def load_two_tongues(platform: Platform, folder: Path, name: str = "pets") -> None:
    """Into a home, with its memory."""
    laws = folder_of_two_tongues(folder / "pets")
    platform.load_corpus("acct-holder", name, laws, files_in(laws), read_law)
    platform.build_memory("acct-holder", name)
