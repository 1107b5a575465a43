"""A home with entries of algorithms in every section of the register. No test."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import casemate
from casemate.platform import Platform
from casemate.register.records import read_record

WHOLE: Mapping[str, Any] = {
    "name": {"en": "Sorter", "fr": "Trieur"},
    "short_description": "Sorts letters.",
    "organisation": "Town",
    "contact": "mailto:desk@town.example",
    "status": "in_use",
    "publication_category": "other",
    "ai_act_class": "minimal",
}
"""What the house asks for at least."""
STATED: Mapping[str, Any] = {
    "short_description": "Counts visits.",
    "publication_category": "other",
    "ai_act_class": "out_of_scope",
}
"""What a person says of a plain program that is handed in."""
POLICE: Mapping[str, Any] = {
    **WHOLE,
    "name": "Hidden Watcher",
    "ai_act_class": "high_risk",
    "annex_iii_points": ["6(d)"],
}
GRID: Mapping[str, Any] = {
    **WHOLE,
    "name": "Grid Keeper",
    "ai_act_class": "high_risk",
    "annex_iii_points": ["2"],
}
OPERATOR, KEEPER, STRANGER = "acct-operator", "acct-keeper", "acct-stranger"
AUTHORITY, AUDITOR = "acct-authority", "acct-auditor"


@contextmanager
def town(folder: Path) -> Iterator[Platform]:
    """A home with a town that keeps algorithms, somebody else, an authority and an auditor."""
    with casemate.create(folder, operator="Operator") as place:
        yield peopled(place)


def peopled(place: Platform) -> Platform:
    """``place`` with its people."""
    cast = {
        "town": ("keeper", "data_user"),
        "elsewhere": ("stranger", "data_user"),
        "house": ("authority", "authority"),
        "court": ("auditor", "auditor"),
    }
    for organisation, (name, role) in cast.items():
        known = place.add_organisation(OPERATOR, organisation.title())
        place.add_account(OPERATOR, name.title(), known.id, [role], account_id=f"acct-{name}")
    return place


def entered(place: Platform, record: Mapping[str, Any] = WHOLE, *, public: bool = False) -> str:
    """The id of a new entry of the town; published where ``public``."""
    kept = place.record_algorithm(KEEPER, read_record(record))
    if public:
        place.publish_algorithm(KEEPER, kept.algorithm, "everyone may see it")
    return kept.algorithm
