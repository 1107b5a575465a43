"""A record as its page tells it: by the questions that people have, not by the fields of a standard."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from casemate import readability
from casemate.portal.pages.language import mark
from casemate.portal.pages.visit import Visit
from casemate.portal.pages.words import WORDS
from casemate.register.law import Duty, classify, read_facts
from casemate.register.records import Record, every_field

PLAIN_TEXTS = ("short_description", "goal_and_impact", "human_intervention", "appeal")
"""The texts that everybody reads, whose readability is told on the page."""
SECTIONS: Sequence[tuple[str, str, tuple[str, ...]]] = (
    ("does", mark("What the algorithm does"), (
        "goal_and_impact", "intended_purpose", "decision_process", "provided_information",
        "technical_operation", "inputs_and_logic", "model_type", "algorithm_type", "considerations",
        "alternatives", "status", "start_date", "end_date",
    )),
    ("answers", mark("Who answers for it"), (
        "organisation", "department", "responsible_owner", "contact", "public_page_url", "supplier",
        "provider_details", "authorised_representative",
    )),
    ("affected", mark("Who is affected"), (
        "scale_of_use", "area", "member_states", "policy_theme", "non_discrimination",
        "protected_attributes",
    )),
    ("data", mark("Which data it uses"), (
        "data_used", "personal_data", "training_data", "data_sharing", "data_storage", "data_quality",
        "source_data_links", "legal_basis", "legal_basis_links", "processing_register_link",
    )),
    ("oversight", mark("How people oversee it"), (
        "human_intervention", "training_of_staff", "maintenance", "risk_management",
    )),
    ("tests", mark("Tests and evidence"), (
        "model_performance", "impact_tests", "fria_summary", "dpia_summary", "audit", "certificate",
        "declaration_of_conformity", "source_code_link",
    )),
    ("appeal", mark("Questions, complaints, appeal"), ("appeal", "contact")),
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """A field as a page shows it."""

    field: str
    label: str
    text: str
    language: str
    """Of the text, where it is another than the page's; else empty."""
    links: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """How easily a text is read: its field, its language, and the reading."""

    field: str
    label: str
    language: str
    reading: readability.Reading


def sections(seen: Visit, record: Record) -> list[tuple[str, str, list[Told]]]:
    """The record under the questions that people have; those that it says nothing of are left out."""
    found = [
        (name, seen.gettext(title), [one for field in names if (one := told(seen, record, field))])
        for name, title, names in SECTIONS
    ]
    return [one for one in found if one[2] or one[0] == "appeal"]


def told(seen: Visit, record: Record, field: str) -> Told | None:
    """One field in the page's language where it has that; ``None`` where it says nothing."""
    value = record.told.get(field)
    if not value:
        return None
    kind = every_field()[field].kind
    label = seen.gettext(every_field()[field].label)
    if kind == "text":
        text = seen.text_of(value)
        spoken = next(one for one, said in value.items() if said == text)
        return Told(field, label, text, "" if spoken == seen.lang else spoken)
    if kind in ("link", "links"):
        return Told(field, label, "", "", (value,) if isinstance(value, str) else tuple(value))
    many = [value] if isinstance(value, str) else list(value)
    return Told(field, label, ", ".join(word(seen, one) for one in many), "")


def word(seen: Visit, value: str) -> str:
    """A value in the page's language; as it is where it has no word."""
    return seen.gettext(WORDS[value]) if value in WORDS else value.replace("_", " ")


def measured(seen: Visit, record: Record) -> list[Measured]:
    """The plain texts of the record, each in the language that the page shows it in."""
    found = []
    for field in PLAIN_TEXTS:
        shown = told(seen, record, field)
        language = (shown.language or seen.lang) if shown else ""
        if shown is not None and language in ("en", "fr", "de", "lb"):
            reading = readability.measure(shown.text, language)
            if reading is not None:
                found.append(Measured(field, shown.label, language, reading))
    return found


def duties(record: Record, day: date) -> tuple[Duty, ...]:
    """What the AI Act asks of provider and deployer, by the points of Annex III that the record names."""
    points = tuple(one for one in record.told.get("annex_iii_points", ()) if one != "none")
    if record.told.get("ai_act_class") != "high_risk" or not points:
        return ()
    return _duties(points, record.told.get("area_of_use"), day)


@lru_cache(maxsize=256)
def _duties(points: tuple[str, ...], area: str | None, day: date) -> tuple[Duty, ...]:
    found: dict[tuple[str, str], Duty] = {}
    for point in points:
        for role in ("provider", "deployer"):
            stated: dict[str, Any] = {"role": role, "annexIII_area": point, "natural_persons": True}
            if area is not None:
                stated["sector"] = area
            for one in classify(read_facts(stated, closed=True), day).duties:
                found.setdefault((one.who, one.article), one)
    return tuple(found.values())


# ── what differs between two versions ────────────────────────────────────────────────────────────


Piece = tuple[str, str]
"""``same``, ``removed`` or ``added``, and the words."""
MOST_WORDS = 4_000
"""Of two texts together, that are compared word by word; longer ones are shown whole."""


@dataclass(frozen=True)
class Difference:
    """A field that differs, in one language or none."""

    label: str
    language: str
    pieces: tuple[Piece, ...]


def differences(seen: Visit, before: Record, after: Record) -> list[Difference]:
    """What ``after`` says otherwise than ``before``, word by word, in the order of the fields."""
    found = []
    for field in every_field().values():
        old, new = before.told.get(field.name), after.told.get(field.name)
        if old == new:
            continue
        for language, one, other in _texts(seen, old, new):
            if one != other:
                label = seen.gettext(field.label)
                found.append(Difference(label, language, tuple(_pieces(one, other))))
    return found


def _texts(seen: Visit, old: Any, new: Any) -> Iterator[tuple[str, str, str]]:
    if isinstance(old or new, Mapping):
        before, after = old or {}, new or {}
        for language in dict.fromkeys([*before, *after]):
            yield language, before.get(language, ""), after.get(language, "")
        return
    yield "", _line(seen, old), _line(seen, new)


def _line(seen: Visit, value: Any) -> str:
    if value is None:
        return ""
    return (
        word(seen, value) if isinstance(value, str) else ", ".join(word(seen, one) for one in value)
    )


def _pieces(before: str, after: str) -> Iterator[Piece]:
    import difflib

    old, new = before.split(), after.split()
    if not old or not new or len(old) + len(new) > MOST_WORDS:
        yield from ((kind, text) for kind, text in (("removed", before), ("added", after)) if text)
        return
    matcher = difflib.SequenceMatcher(None, old, new)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            yield "same", " ".join(old[start:end])
            continue
        if end > start:
            yield "removed", " ".join(old[start:end])
        if new_end > new_start:
            yield "added", " ".join(new[new_start:new_end])
