"""What a case file is made of."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from casemate.knowledge.answers.records import Quote


class Right(StrEnum):
    """What whoever a case file is shared with may do."""

    READ = "read"
    WRITE = "write"


class ShareKind(StrEnum):
    """With whom."""

    ACCOUNT = "account"
    ORGANISATION = "organisation"


class AlertKind(StrEnum):
    """What changed in the texts."""

    WORDS = "words"
    """The words in force are other ones than before."""
    COMING = "coming"
    """A wording that begins on a later day is known now."""
    REPEALED = "repealed"
    """The provision ends on a day, and no later words are known."""
    CORRECTED = "corrected"
    """The words of the day that was pinned are no longer those that were pinned."""
    GONE = "gone"
    """The collection has the provision no more."""
    CITED = "cited"
    """A provision that the pinned words cite has changed."""
    FOUND = "found"
    """A provision has come among the first results of a saved search."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A provision as it stood on the day ``on``; ``digest`` is SHA-256 of its words on being pinned."""

    id: str
    corpus: str
    work: str
    key: str
    language: str
    on: date
    digest: str
    title: str
    number: str
    heading: str
    eli: str
    valid_from: date | None
    valid_to: date | None
    licence: str
    attribution: str
    pinned_at: datetime


@dataclass(frozen=True, slots=True)
class PinnedQuote:
    """A quote of an answer; ``receipt`` is the answer's digest, ``index`` that of what it was found in."""

    id: str
    corpus: str
    question: str
    language: str
    on: date
    known: date | None
    receipt: str
    index: str
    quote: Quote
    pinned_at: datetime


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A question or words, to be asked again; of the texts of the day ``on``, or of each day's (``None``).

    ``works`` narrows it to these works; empty: all of them.
    """

    id: str
    corpus: str
    words: str
    language: str
    works: tuple[str, ...]
    on: date | None
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Content:
    """All that people put into a case file; kept encrypted."""

    title: str
    notes: str = ""
    pins: tuple[Pin, ...] = ()
    quotes: tuple[PinnedQuote, ...] = ()
    searches: tuple[SavedSearch, ...] = ()

    def items(self) -> tuple[str, ...]:
        """The ids of what is in it."""
        kinds = (self.pins, self.quotes, self.searches)
        return tuple(one.id for kind in kinds for one in kind)


@dataclass(frozen=True, slots=True)
class Share:
    """That a case file is shared with an account of its owner's organisation, or with an organisation."""

    kind: ShareKind
    party: str
    right: Right


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case file as it stands; ``version`` counts its changes."""

    id: str
    owner: str
    version: int
    made_at: datetime
    changed_at: datetime
    title: str
    notes: str
    pins: tuple[Pin, ...]
    quotes: tuple[PinnedQuote, ...]
    searches: tuple[SavedSearch, ...]
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class CaseFileEntry:
    """One line of a list of case files; ``right`` is that of whoever asks, ``own`` for the owner."""

    id: str
    title: str
    owner: str
    right: str
    items: int
    unseen: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """A change in the texts that an item of a case file is about.

    ``begins`` and ``ends`` are the days from which the words hold, or end. ``before`` and ``after`` are the
    whole texts; where they are too long to be kept, both are empty and ``cut`` says so.
    """

    id: str
    case_file: str
    item: str
    kind: AlertKind
    corpus: str
    work: str
    key: str
    language: str
    title: str
    number: str
    begins: date | None
    ends: date | None
    before: str
    after: str
    cut: bool
    found_at: datetime
    seen: bool
