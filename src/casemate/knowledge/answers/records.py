"""What an answer is made of."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from casemate.canonical import canonical_json, digest


@dataclass(frozen=True, slots=True)
class Quote:
    """Characters ``start`` to before ``end`` of a stored text, and where that text stands.

    ``digest`` is SHA-256 of the whole text. ``why`` tells why the words were not in force on the day, where
    they were not.
    """

    passage: str
    work: str
    provision: str
    title: str
    number: str
    heading: str
    language: str
    text: str
    start: int
    end: int
    digest: str
    valid_from: date | None
    valid_to: date | None
    eli: str
    licence: str
    attribution: str
    score: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an answer came from: the same question to the same index gives the same spans."""

    question: str
    language: str
    on: date
    known: date | None
    index: str
    spans: tuple[tuple[str, int, int, str], ...]
    model: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of all of it: what the ledger holds of a question, and no word of it."""
        document = asdict(self)
        document["on"] = self.on.isoformat()
        document["known"] = self.known and self.known.isoformat()
        return digest(canonical_json({**document, "spans": [list(one) for one in self.spans]}))


@dataclass(frozen=True, slots=True)
class Answer:
    """Quotes, best first, or none and ``refusal`` says why.

    ``instruments`` are the works to choose from, where the question fits several and names none.
    ``confidence`` is the calibrated probability that an answer is among the quotes.
    """

    question: str
    language: str
    on: date
    quotes: tuple[Quote, ...]
    confidence: float
    receipt: Receipt
    refusal: str = ""
    instruments: tuple[tuple[str, str], ...] = ()
    nearest: tuple[str, ...] = ()
    """Titles of what came nearest, where nothing is good enough to quote."""

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Answer":
        """As ``to_dict`` told it, days as text or as days."""
        told = document["receipt"]
        receipt = Receipt(
            told["question"], told["language"], _day(told["on"]) or date.min, _day(told["known"]),
            told["index"], tuple((one[0], one[1], one[2], one[3]) for one in told["spans"]), told["model"],
        )  # fmt: skip
        quotes = tuple(
            Quote(
                **{**one, "valid_from": _day(one["valid_from"]), "valid_to": _day(one["valid_to"])}
            )
            for one in document["quotes"]
        )
        return cls(
            question=document["question"],
            language=document["language"],
            on=receipt.on,
            quotes=quotes,
            confidence=document["confidence"],
            receipt=receipt,
            refusal=document["refusal"] or "",
            instruments=tuple((one["work"], one["title"]) for one in document["instruments"]),
            nearest=tuple(document["nearest"]),
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON tells it."""
        return {
            "question": self.question,
            "language": self.language,
            "on": self.on,
            "refusal": self.refusal or None,
            "confidence": round(self.confidence, 4),
            "quotes": [asdict(one) for one in self.quotes],
            "instruments": [{"work": work, "title": title} for work, title in self.instruments],
            "nearest": list(self.nearest),
            "receipt": {**asdict(self.receipt), "digest": self.receipt.digest},
        }


def _day(told: str | date | None) -> date | None:
    return date.fromisoformat(told) if isinstance(told, str) else told
