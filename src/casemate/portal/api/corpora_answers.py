"""Answers as they are written: one event a sentence, after the check, and the receipt at the end.

Open to anyone. A conversation travels with each question; nothing of it is kept.
"""

from collections.abc import Generator
from contextlib import closing
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, ConfigDict, Field

from casemate.acts.writing import Telling
from casemate.knowledge.answers.answering import LONGEST_QUESTION
from casemate.knowledge.answers.conversing import MOST_TURNS, Turn, Understood
from casemate.knowledge.answers.records import Receipt
from casemate.knowledge.answers.replaying import Replayed
from casemate.knowledge.answers.telling import Event, Finished
from casemate.knowledge.answers.written import DroppedSentence, Supported
from casemate.plain import plain
from casemate.portal.api.corpora import AnswerDocument
from casemate.portal.callers import Anyone
from casemate.portal.documents import schema_of, sent
from casemate.portal.problems import describe
from casemate.portal.streaming import EVENTS, Events, event

router = APIRouter(prefix="/corpora", tags=["knowledge"])
UnderstoodDocument = schema_of(Understood)
SupportedDocument = schema_of(Supported)
DroppedDocument = schema_of(DroppedSentence)


class TurnDocument(BaseModel):
    """An earlier question: as it was understood, its day, and the works that answered it."""

    model_config = ConfigDict(extra="forbid")
    question: Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION)]
    on: date
    works: Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=20)] = []


class Asking(BaseModel):
    """A question, and the ones before it, the oldest first."""

    model_config = ConfigDict(extra="forbid")
    question: Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION)]
    lang: Annotated[str, Field(max_length=3, pattern="^[a-z]{2,3}$")] = "fr"
    on: date | None = None
    known: date | None = None
    quotes: Annotated[int, Field(ge=1, le=10)] = 3
    turns: Annotated[list[TurnDocument], Field(max_length=MOST_TURNS)] = []
    write: bool = True


class ToldDocument(BaseModel):
    """How a question was understood, its quotes, the sentences that stand and those that were left out."""

    understood: UnderstoodDocument  # type: ignore[valid-type]
    answer: AnswerDocument
    sentences: list[SupportedDocument]  # type: ignore[valid-type]
    dropped: list[DroppedDocument]  # type: ignore[valid-type]
    note: str
    receipt: dict[str, Any]


ReplayedDocument = schema_of(Replayed, without={"answer"})


@router.post(
    "/{corpus}/answer",
    response_model=ToldDocument,
    responses={200: {"content": {EVENTS: {}}}, **describe(404, 422)},
)
def tell(
    anyone: Anyone, corpus: str, asked: Asking, accept: Annotated[str, Header()] = ""
) -> Response:
    """Quotes, and a language model's sentences on them where there is one; with `Accept:
    text/event-stream` each as soon as it is checked (`quotes`, `sentence`, `dropped`, `receipt`)."""
    told = anyone.platform.tell_corpus(
        corpus, asked.question, asked.lang, asked.on, known=asked.known, quotes=asked.quotes,
        turns=[Turn(one.question, one.on, tuple(one.works)) for one in asked.turns],
        write=asked.write,
    )  # fmt: skip
    if EVENTS in accept:
        return Events(_events(told), told.stop)
    with closing(told.events):  # type: ignore[type-var]  # a generator
        events = list(told.events)
    return sent({**_head(told), **_tail(events)})


@router.post(
    "/{corpus}/replay",
    response_model=ReplayedDocument,
    responses=describe(404, 422),
)
def replay(anyone: Anyone, corpus: str, receipt: dict[str, Any]) -> Response:
    """Ask again what a receipt is of: whether it is the same, and what has changed."""
    found = anyone.platform.replay_receipt(corpus, Receipt.from_document(receipt))
    return sent({name: value for name, value in plain(found).items() if name != "answer"})


def _events(told: Telling) -> Generator[str, None, None]:
    """What was understood and quoted, then each sentence, then the receipt."""
    with closing(told.events):  # type: ignore[type-var]  # a generator
        yield event("quotes", _head(told))
        for one in told.events:
            yield event(_NAMES[type(one)], _receipt(one) if isinstance(one, Finished) else one)


_NAMES: dict[type[Event], str] = {
    Supported: "sentence", DroppedSentence: "dropped", Finished: "receipt",
}  # fmt: skip


def _head(told: Telling) -> dict[str, Any]:
    return {"understood": told.understood, "answer": told.answer}


def _tail(events: list[Event]) -> dict[str, Any]:
    (finished,) = (one for one in events if isinstance(one, Finished))
    return {
        "sentences": [one for one in events if isinstance(one, Supported)],
        "dropped": [one for one in events if isinstance(one, DroppedSentence)],
        **_receipt(finished),
    }


def _receipt(finished: Finished) -> dict[str, Any]:
    receipt = finished.receipt
    return {"note": finished.note, "receipt": {**receipt.to_document(), "digest": receipt.digest}}
