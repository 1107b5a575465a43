"""What is cited: a provision in a version, on a day, or a quote out of one."""

import re
from dataclasses import dataclass
from datetime import date

from casemate.knowledge.answers.records import Quote
from casemate.knowledge.casefiles.records import Pin

_CONSOLIDATED = re.compile(
    r"^Version consolidée applicable au \d\d/\d\d/\d{4}\s*:\s*", re.IGNORECASE
)
_CELEX = re.compile(r"3(\d{4})([RLD])(\d{4})", re.IGNORECASE)
_OF_LETTER = {"R": "reg", "L": "dir", "D": "dec"}
_LEGIFRANCE = re.compile(r"LEGIARTI\d{12}")
_MEMORIAL = re.compile(r"/(\d{4})/\d{2}/\d{2}/a(\d+)(?:/|$)")
_DAILY_OJ = 2024
"""Since October 2023 each act is an issue of the Official Journal, numbered as the act; acts of 2023 are on
both sides of that day, so only from this year on is the number known from the act alone."""


@dataclass(frozen=True, slots=True)
class Cited:
    """A provision as it is cited. ``text`` is empty where the words are no longer kept."""

    id: str
    work: str
    key: str
    title: str
    number: str
    heading: str
    language: str
    text: str
    on: date
    valid_from: date | None
    valid_to: date | None
    digest: str
    eli: str
    licence: str
    attribution: str
    receipt: str = ""
    """Digest of the answer that a quote is of."""

    @property
    def celex(self) -> str:
        """The number of an act of the EU; empty for other texts."""
        found = _CELEX.fullmatch(self.work)
        return found[0].upper() if found else ""

    @property
    def link(self) -> str:
        """Where the publisher has it: its ELI, or what follows from its number; empty where none does."""
        if re.match(r"https?://[^\s<>\"\\]+$", self.eli):
            return self.eli
        if found := _CELEX.fullmatch(self.work):
            year, letter, number = found[1], found[2].upper(), int(found[3])
            return f"http://data.europa.eu/eli/{_OF_LETTER[letter]}/{year}/{number}/oj"
        if _LEGIFRANCE.fullmatch(self.key):
            return f"https://www.legifrance.gouv.fr/codes/article_lc/{self.key}"
        return ""

    @property
    def official_journal(self) -> str:
        """Its issue of the Official Journal of the EU, where that follows from its number."""
        found = _CELEX.fullmatch(self.work)
        if found is None or int(found[1]) < _DAILY_OJ:
            return ""
        return f"OJ L, {found[1]}/{int(found[3])}"

    @property
    def memorial(self) -> str:
        """Its issue of Luxembourg's Mémorial A, where its ELI names it."""
        found = _MEMORIAL.search(self.eli) or re.search(r"-(\d{4})-\d{2}-\d{2}-a(\d+)$", self.work)
        return f"Mémorial A, n° {found[2]} de {found[1]}" if found else ""


def of_pin(pin: Pin, text: str) -> Cited:
    """A pinned provision, with its words as they were pinned."""
    return Cited(
        id=pin.id, work=pin.work, key=pin.key, title=plain_title(pin.title), number=pin.number,
        heading=pin.heading, language=pin.language, text=text, on=pin.on, valid_from=pin.valid_from,
        valid_to=pin.valid_to, digest=pin.digest, eli=pin.eli, licence=pin.licence,
        attribution=pin.attribution,
    )  # fmt: skip


def of_quote(quote: Quote, on: date, receipt: str, name: str) -> Cited:
    """A quote of an answer as of a day."""
    return Cited(
        id=name, work=quote.work, key=quote.provision, title=plain_title(quote.title),
        number=quote.number, heading=quote.heading, language=quote.language, text=quote.text, on=on,
        valid_from=quote.valid_from, valid_to=quote.valid_to, digest=quote.digest, eli=quote.eli,
        licence=quote.licence, attribution=quote.attribution, receipt=receipt,
    )  # fmt: skip


def plain_title(title: str) -> str:
    """A title in one line, without the words on which version it is of: a citation says that itself."""
    return _CONSOLIDATED.sub("", " ".join(title.split())).rstrip(".")
