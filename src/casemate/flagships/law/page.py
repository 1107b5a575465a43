"""The demo as a document: each question with its day, the quotes that answer, and where they stand."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from casemate.flagships.law.story import Told
from casemate.papers import Document, Paragraph, Section, Source


def report(told: Sequence[Told], when: datetime) -> Document:
    """What was asked and what was answered; a refusal stands as one."""
    sections = tuple(_section(number, one) for number, one in enumerate(told, 1))
    lead = "The answers are words of the texts as they were in force on the day asked about."
    return Document("What the law answered", "en", when, sections, lead=lead, counts=False)


def _section(number: int, one: Told) -> Section:
    asked = one.question
    blocks: list[Paragraph] = [Paragraph(f"Asked of {asked.on}, in {asked.language}.")]
    if one.answer.refusal:
        blocks.append(Paragraph(one.answer.refusal))
    for quote in (*one.answer.quotes, *one.answer.near):
        until = f" until the day before {quote.valid_to}" if quote.valid_to else ""
        where = f"{quote.title}, {quote.number} {quote.heading}, from {quote.valid_from}{until}"
        source = Source("law", f"{where}, SHA-256 {quote.digest[:16]}…")
        blocks.append(Paragraph(quote.text, (source,), quote.language))
    return Section(f"{number}. {asked.text}", tuple(blocks))


def figures(told: Sequence[Told]) -> dict[str, Any]:
    """The demo as one JSON object: each answer, and whether it is the right one."""
    return {"answers": [{"right": one.is_right, **one.answer.to_dict()} for one in told]}
