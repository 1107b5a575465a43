"""What an answer is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from casemate.canonical import canonical_json, digest
from casemate.errors import BadInput


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
    """What an answer came from: the same question to the same index gives the same spans.

    ``near``: its spans come near and were not given as an answer. ``rules`` is the digest of what decides
    when to refuse. ``works`` were asked alone, where any
    were. Of a language model that wrote: name, digest and settings, and the digests of what it was asked
    and of the sentences that stood. ``salt`` is random where the digest is recorded: who reads
    it there cannot try questions until one fits.
    """

    question: str
    language: str
    on: date
    known: date | None
    index: str
    spans: tuple[tuple[str, int, int, str], ...]
    model: str = ""
    quotes: int = 3
    works: tuple[str, ...] = ()
    rules: str = ""
    model_digest: str = ""
    model_settings: tuple[tuple[str, str | int], ...] = ()
    prompt: str = ""
    written: str = ""
    salt: str = ""
    near: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 of all of it: what the ledger holds of a question, and no word of it."""
        return digest(canonical_json(self.to_document()))

    def to_document(self) -> dict[str, Any]:
        """As JSON tells it, days as text."""
        document = asdict(self)
        document["on"] = self.on.isoformat()
        document["known"] = self.known and self.known.isoformat()
        document["spans"] = [list(one) for one in self.spans]
        document["works"] = list(self.works)
        document["model_settings"] = [list(one) for one in self.model_settings]
        if not self.near:  # receipts given before there was such a thing keep their digests
            del document["near"]
        return document

    @classmethod
    def from_document(cls, told: Mapping[str, Any]) -> "Receipt":
        """As ``to_document`` gave it. Raises ``BadInput`` for what is none, or not as its digest says."""
        try:
            found = _receipt(told)
            given = told.get("digest", found.digest)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as odd:
            raise BadInput(f"this is no receipt of an answer: {odd}") from odd
        if given != found.digest:
            raise BadInput("the receipt is not what its digest says: it was changed")
        return found


@dataclass(frozen=True, slots=True)
class Answer:
    """Quotes, best first, or none and ``refusal`` says why; then ``near`` quotes what comes nearest, where
    anything does, and is no answer.

    ``instruments`` are the works to choose from, where the question fits several and names none.
    ``confidence`` is the calibrated probability that an answer is among the quotes, shown as near or not.
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
    near: tuple[Quote, ...] = ()

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Answer":
        """As ``to_dict`` told it, days as text or as days."""
        receipt = Receipt.from_document(document["receipt"])
        return cls(
            question=document["question"],
            language=document["language"],
            on=receipt.on,
            quotes=_quotes(document["quotes"]),
            confidence=document["confidence"],
            receipt=receipt,
            refusal=document["refusal"] or "",
            instruments=tuple((one["work"], one["title"]) for one in document["instruments"]),
            nearest=tuple(document["nearest"]),
            near=_quotes(document["near"]),
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
            "near": [asdict(one) for one in self.near],
            "receipt": {**self.receipt.to_document(), "digest": self.receipt.digest},
        }


def _quotes(told: Sequence[Mapping[str, Any]]) -> tuple[Quote, ...]:
    return tuple(
        Quote(**{**one, "valid_from": _day(one["valid_from"]), "valid_to": _day(one["valid_to"])})
        for one in told
    )


def _receipt(told: Mapping[str, Any]) -> Receipt:
    on = _day(told["on"])
    if on is None:
        raise ValueError("it has no day")
    texts = {name: _text(told.get(name, "")) for name in _TEXTS}
    spans = tuple((str(p), int(start), int(end), str(of)) for p, start, end, of in told["spans"])
    return Receipt(
        question=_text(told["question"]), language=_text(told["language"]), on=on,
        known=_day(told.get("known")), index=_text(told["index"]), spans=spans,
        quotes=int(told.get("quotes", 3)), works=tuple(map(_text, told.get("works", ()))),
        model_settings=tuple((str(name), value) for name, value in told.get("model_settings", ())),
        near=_flag(told.get("near", False)), **texts,
    )  # fmt: skip


_TEXTS = ("model", "rules", "model_digest", "prompt", "written", "salt")


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _day(told: str | date | None) -> date | None:
    return date.fromisoformat(told) if isinstance(told, str) else told
