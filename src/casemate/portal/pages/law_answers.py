"""A conversation on the law: each turn with its day, its quotes, and what a language model made of them.

The earlier turns travel with the form, marked by the server, and are kept nowhere. Works without
JavaScript: a question sends the form, and the whole page comes back.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Query, Response

from casemate.clock import system_clock
from casemate.errors import BadInput, CasemateError
from casemate.knowledge.answers.conversing import MOST_TURNS, Turn
from casemate.knowledge.answers.telling import Finished
from casemate.knowledge.answers.written import DroppedSentence, Supported
from casemate.plain import plain
from casemate.portal.pages.router import Filled, PageRouter, Posted
from casemate.portal.pages.visit import Anyone, Visit

router = PageRouter()
Corpus = Annotated[str, Query(max_length=64)]
_QUOTED = (
    "work", "provision", "title", "number", "heading", "language", "text", "valid_from", "valid_to",
    "licence", "attribution", "why",
)  # fmt: skip


@dataclass(frozen=True)
class Typed:
    """What was typed: a question and a day, as text."""

    question: str = ""
    on: str = ""


@router.get("/law/conversation", name="law_conversation")
def conversation(seen: Anyone, corpus: Corpus) -> Response:
    """An empty conversation."""
    return _page(seen, corpus, (), Typed(on=system_clock().date().isoformat()))


@router.post("/law/conversation", name="law_conversation_on")
def go_on(seen: Anyone, form: Posted) -> Response:
    """The conversation with one turn more, or with what is wrong."""
    corpus, typed = form.text("corpus"), Typed(form.text("question"), form.text("on"))
    turns: Sequence[Mapping[str, Any]] = ()
    try:
        turns = _turns(seen, form, corpus)
        turn = _turn(seen, corpus, typed, turns)
    except CasemateError as error:
        return _page(seen, corpus, turns, typed, error)
    return _page(seen, corpus, [*turns, turn][-MOST_TURNS:], Typed(on=turn["on"]))


def _turns(seen: Visit, form: Filled, corpus: str) -> Sequence[Mapping[str, Any]]:
    sealed = form.text("so_far")
    if not sealed:
        return ()
    found = seen.platform.open_conversation(sealed)
    if found["corpus"] != corpus:
        raise BadInput("the earlier part of this conversation is on other texts: begin a new one")
    turns: Sequence[Mapping[str, Any]] = found["turns"]
    return turns


def _turn(
    seen: Visit, corpus: str, typed: Typed, turns: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    before = [
        Turn(one["asked"], date.fromisoformat(one["on"]), tuple(one["works"])) for one in turns
    ]
    day = _day(seen, typed.on)
    # A day that still stands as the last turn left it was not typed: the question may name another.
    given = None if before and day == before[-1].on else day
    told = seen.platform.tell_corpus(corpus, typed.question, seen.lang, given, turns=before)
    with closing(told.events):  # type: ignore[type-var]  # a generator
        events = list(told.events)
    (finished,) = (one for one in events if isinstance(one, Finished))
    quotes = [{name: plain(one)[name] for name in _QUOTED} for one in told.answer.quotes]
    meant = told.understood
    turn = {
        "question": typed.question,
        "asked": meant.asked,
        "on": meant.on,
        "before": meant.before,
        "works": list(dict.fromkeys(one.work for one in told.answer.quotes)) or list(meant.works),
        "quotes": quotes,
        "sentences": [plain(one) for one in events if isinstance(one, Supported)],
        "dropped": [plain(one) for one in events if isinstance(one, DroppedSentence)],
        "note": finished.note,
        "model": finished.receipt.model,
        "receipt": finished.receipt.digest,
    }
    document: dict[str, Any] = plain(turn)
    return document


def _day(seen: Visit, typed: str) -> date | None:
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError as wrong:
        raise BadInput(seen.gettext("Write a day as 2026-03-01.")) from wrong


def _page(
    seen: Visit,
    corpus: str,
    turns: Sequence[Mapping[str, Any]],
    typed: Typed,
    error: CasemateError | None = None,
) -> Response:
    sealed = seen.platform.seal_conversation({"corpus": corpus, "turns": list(turns)})
    return seen.page(
        "law_answers/conversation.html",
        status=error.http_status if error else 200,
        corpus=corpus,
        turns=[_shown(one) for one in turns],
        so_far=sealed if turns else "",
        typed=typed,
        error=error,
    )


def _shown(turn: Mapping[str, Any]) -> dict[str, Any]:
    """With days as days again."""
    quotes = [
        {**one, "valid_from": _as_day(one["valid_from"]), "valid_to": _as_day(one["valid_to"])}
        for one in turn["quotes"]
    ]
    days = {name: _as_day(turn[name]) for name in ("on", "before")}
    return {**turn, **days, "quotes": quotes}


def _as_day(told: str | None) -> date | None:
    return None if told is None else date.fromisoformat(told)
