"""A conversation on the law: each turn with its day, its quotes, and what a language model made of them.

The earlier turns travel with the form, marked by the server, and are kept nowhere. Works without
JavaScript: a question sends the form, and the whole page comes back. With it, the turn is shown as it is
written (``law_answers_written``).
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Query, Response

from casemate.acts.writing import Telling
from casemate.clock import system_clock
from casemate.errors import BadInput, CasemateError
from casemate.knowledge.answers.conversing import MOST_TURNS, Turn
from casemate.knowledge.answers.telling import Event, Finished
from casemate.knowledge.answers.written import DroppedSentence, Supported
from casemate.plain import plain
from casemate.portal.pages.router import Filled, PageRouter, Posted
from casemate.portal.pages.visit import Anyone, Visit

router = PageRouter()
Corpus = Annotated[str, Query(max_length=64)]
Turns = Sequence[Mapping[str, Any]]
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
    """The conversation with one turn more, or with what is wrong; or as it is, to be shown again."""
    corpus, typed = form.text("corpus"), Typed(form.text("question"), form.text("on"))
    turns: Turns = ()
    try:
        turns = earlier(seen, form, corpus)
        if turns and form.has("again"):
            return _page(seen, corpus, turns, Typed(on=turns[-1]["on"]))
        told = telling(seen, corpus, typed, turns)
        with closing(told.events):  # type: ignore[type-var]  # a generator
            turn = document(told, typed, turns, list(told.events))
    except CasemateError as error:
        return _page(seen, corpus, turns, typed, error)
    return _page(seen, corpus, going_on(turns, turn), Typed(on=turn["on"]))


def earlier(seen: Visit, form: Filled, corpus: str) -> Turns:
    """The turns that a form carries; raises ``BadInput`` where they are not as they were sent."""
    sealed = form.text("so_far")
    if not sealed:
        return ()
    found = seen.platform.open_conversation(sealed)
    if found["corpus"] != corpus:
        raise BadInput("the earlier part of this conversation is on other texts: begin a new one")
    turns: Turns = found["turns"]
    return turns


def telling(seen: Visit, corpus: str, typed: Typed, turns: Turns) -> Telling:
    """The answer to what was typed, its sentences still to come."""
    before = [
        Turn(one["asked"], date.fromisoformat(one["on"]), tuple(one["works"])) for one in turns
    ]
    day = _day(seen, typed.on)
    # A day that still stands as the last turn left it was not typed: the question may name another.
    given = None if before and day == before[-1].on else day
    return seen.platform.tell_corpus(corpus, typed.question, seen.lang, given, turns=before)


def document(told: Telling, typed: Typed, turns: Turns, events: Sequence[Event]) -> dict[str, Any]:
    """A turn with what of it has come, as the form carries it."""
    finished = next((one for one in events if isinstance(one, Finished)), None)
    meant, answer = told.understood, told.answer
    turn = {
        "number": turns[-1]["number"] + 1 if turns else 1,
        "question": typed.question,
        "asked": meant.asked,
        "on": meant.on,
        "before": meant.before,
        "works": list(dict.fromkeys(one.work for one in answer.quotes)) or list(meant.works),
        "quotes": [
            {name: plain(one)[name] for name in _QUOTED} for one in (*answer.quotes, *answer.near)
        ],
        "near": bool(answer.near),
        "sentences": [plain(one) for one in events if isinstance(one, Supported)],
        "dropped": [plain(one) for one in events if isinstance(one, DroppedSentence)],
        "note": finished.note if finished else "",
        "stopped": finished.stopped if finished else False,
        "model": finished.receipt.model if finished else "",
        "receipt": finished.receipt.digest if finished else "",
    }
    made: dict[str, Any] = plain(turn)
    return made


def going_on(turns: Turns, turn: Mapping[str, Any]) -> Turns:
    """With one turn more; the oldest are forgotten."""
    return [*turns, turn][-MOST_TURNS:]


def sealed(seen: Visit, corpus: str, turns: Turns) -> str:
    """``turns`` as the form carries them."""
    if not turns:
        return ""
    return seen.platform.seal_conversation({"corpus": corpus, "turns": list(turns)})


def shown(turn: Mapping[str, Any]) -> dict[str, Any]:
    """A turn as templates take it: with days as days again."""
    quotes = [
        {**one, "valid_from": _as_day(one["valid_from"]), "valid_to": _as_day(one["valid_to"])}
        for one in turn["quotes"]
    ]
    days = {name: _as_day(turn[name]) for name in ("on", "before")}
    return {**turn, **days, "quotes": quotes}


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
    turns: Turns,
    typed: Typed,
    error: CasemateError | None = None,
) -> Response:
    return seen.page(
        "law_answers/conversation.html",
        status=error.http_status if error else 200,
        corpus=corpus,
        turns=[shown(one) for one in turns],
        so_far=sealed(seen, corpus, turns),
        typed=typed,
        error=error,
        writing=False,
        most=MOST_TURNS,
    )


def _as_day(told: str | None) -> date | None:
    return None if told is None else date.fromisoformat(told)
