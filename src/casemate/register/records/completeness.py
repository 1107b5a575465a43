"""How complete a record is for each standard: what is missing, and why it matters."""

from dataclasses import dataclass
from typing import Any

from casemate.register.records.record import LANGUAGES, Field, Record, fields, standards

NEEDS = {"m": "mandatory", "y": "asked for", "i": "kept inside", "o": "optional"}


@dataclass(frozen=True)
class Missing:
    """A field that a standard asks for and the record does not tell, or not as it asks."""

    field: str
    label: str
    need: str
    why: str
    fault: str
    """``missing``, or what is wrong with what is there."""


@dataclass(frozen=True)
class Completeness:
    """A record held against one standard."""

    standard: str
    title: str
    mandatory: int
    mandatory_told: int
    asked: int
    """Fields that are mandatory or asked for, so the optional ones are not among them."""
    asked_told: int
    missing: tuple[Missing, ...]
    languages: dict[str, float]
    """By language: the share of the texts told that are told in it."""

    @property
    def mandatory_share(self) -> float:
        """Of what is mandatory, how much is told; 1 where nothing is."""
        return self.mandatory_told / self.mandatory if self.mandatory else 1.0

    @property
    def asked_share(self) -> float:
        """Of what is asked for at all, how much is told."""
        return self.asked_told / self.asked if self.asked else 1.0

    @property
    def is_complete(self) -> bool:
        """Whether nothing that is mandatory is missing."""
        return self.mandatory_told == self.mandatory

    def to_dict(self) -> dict[str, Any]:
        """As JSON; ``score`` is the share of all that is asked."""
        return {
            "standard": self.standard,
            "title": self.title,
            "complete": self.is_complete,
            "mandatory": {"told": self.mandatory_told, "of": self.mandatory},
            "asked": {"told": self.asked_told, "of": self.asked},
            "score": round(self.asked_share, 4),
            "languages": {name: round(share, 4) for name, share in self.languages.items()},
            "missing": [vars(one) for one in self.missing],
        }


def completeness(record: Record) -> tuple[Completeness, ...]:
    """``record`` held against every standard, in the order of the standards."""
    return tuple(_for(record, standard) for standard in standards())


def _for(record: Record, standard: str) -> Completeness:
    asked = [one for one in fields().values() if one.asked.get(standard) in ("m", "y", "i")]
    faults = {one.name: _fault(one, record, standard) for one in asked}
    told = [one for one in asked if faults[one.name] is None]
    mandatory = [one for one in asked if one.asked[standard] == "m"]
    return Completeness(
        standard=standard,
        title=standards()[standard],
        mandatory=len(mandatory),
        mandatory_told=sum(one in told for one in mandatory),
        asked=len(asked),
        asked_told=len(told),
        missing=tuple(
            Missing(one.name, one.label, NEEDS[one.asked[standard]], one.why, fault)
            for one in sorted(asked, key=lambda one: one not in mandatory)
            if (fault := faults[one.name]) is not None
        ),
        languages=_languages(record, asked),
    )


def _fault(field: Field, record: Record, standard: str) -> str | None:
    if field.name not in record.told:
        return "missing"
    most = field.longest.get(standard)
    value = record.told[field.name]
    if most is not None:
        longest = max(map(len, value.values()))
        if longest > most:
            return f"{longest} characters; {most} at most"
    return None


def _languages(record: Record, asked: list[Field]) -> dict[str, float]:
    texts = [
        record.told[one.name] for one in asked if one.kind == "text" and one.name in record.told
    ]
    return {
        language: sum(language in text for text in texts) / len(texts) if texts else 0.0
        for language in LANGUAGES
    }
