"""The turn of a conversation as it is written: its quotes at once, then each sentence that is checked.

What is sent are parts of the page, made of the templates of the whole one (``law_answers``): the last event
is the turn and the form as that page has them. What is wrong with a question, the form tells when sent.
"""

from collections.abc import Generator, Mapping, MutableMapping
from contextlib import closing
from secrets import token_urlsafe
from typing import Any

from fastapi import Response

from casemate.acts.writing import Telling
from casemate.knowledge.answers.telling import Event, Finished
from casemate.knowledge.answers.written import Supported
from casemate.knowledge.models import Stop
from casemate.portal.pages.law_answers import (
    Turns,
    Typed,
    document,
    earlier,
    going_on,
    sealed,
    shown,
    telling,
)
from casemate.portal.pages.router import PageRouter, Posted
from casemate.portal.pages.visit import Anyone, Visit
from casemate.portal.streaming import Events, event

router = PageRouter()


@router.post("/law/conversation/written", name="law_conversation_written")
def written(seen: Anyone, form: Posted) -> Response:
    """One turn more, as server-sent events: ``begin``, ``sentence``, ``dropped``, ``end``."""
    corpus, typed = form.text("corpus"), Typed(form.text("question"), form.text("on"))
    turns = earlier(seen, form, corpus)
    told = telling(seen, corpus, typed, turns)
    return Events(_Turn(seen, corpus, typed, turns, told).events(), told.stop)


@router.post("/law/conversation/stop", name="law_conversation_stop")
def stop(seen: Anyone, form: Posted) -> Response:
    """Stop the model of a turn that is being written. One that has ended needs none."""
    ends = _under_way(seen).get(form.text("name"))
    if ends is not None:
        ends.set()
    return Response(status_code=204)


def _under_way(seen: Visit) -> MutableMapping[str, Stop]:
    """What this process is writing, by names that nobody can guess."""
    names: MutableMapping[str, Stop] = seen.request.app.state.under_way
    return names


class _Turn:
    """A turn that is being written for somebody."""

    def __init__(self, seen: Visit, corpus: str, typed: Typed, turns: Turns, told: Telling) -> None:
        self._seen, self._corpus, self._typed, self._turns = seen, corpus, typed, turns
        self._told = told
        self._come: list[Event] = []

    def events(self) -> Generator[str, None, None]:
        """The turn's parts. While they come it can be stopped by its name."""
        name = token_urlsafe(16)
        under_way = _under_way(self._seen)
        under_way[name] = self._told.stop
        try:
            with closing(self._told.events):  # type: ignore[type-var]  # a generator
                yield event("begin", {"name": name, **self._begun()})
                for one in self._told.events:
                    self._come.append(one)
                    yield self._event(one)
        finally:
            del under_way[name]

    def _event(self, one: Event) -> str:
        if isinstance(one, Finished):
            return event("end", self._ended())
        turn = self._document()
        if isinstance(one, Supported):
            return event("sentence", {"html": self._part("sentence", one=one, turn=turn)})
        said = self._part("left_out", turn=turn)
        return event("dropped", {"html": self._part("dropped", one=one), "said": said})

    def _begun(self) -> dict[str, Any]:
        found = len(self._told.answer.quotes)
        said = self._seen.ngettext("%(num)s quote found.", "%(num)s quotes found.", found)
        if self._told.writes:
            said += " " + self._seen.gettext("A language model is writing.")
        return {
            "turn": self._part("turn", turn=shown(self._document()), writing=True),
            "said": said,
        }

    def _ended(self) -> dict[str, Any]:
        turn = self._document()
        turns = going_on(self._turns, turn)
        form = self._part(
            "form", so_far=sealed(self._seen, self._corpus, turns), typed=Typed(on=turn["on"])
        )
        whole = self._part("turn", turn=shown(turn), writing=False)
        return {"turn": whole, "form": form, "said": self._summary(turn)}

    def _summary(self, turn: Mapping[str, Any]) -> str:
        """What is there at the end, for those who did not see it come."""
        say, told = self._seen, [self._seen.gettext("The answer is whole.")]
        if turn["stopped"]:
            told = [
                say.gettext(
                    "The language model was stopped here, as you asked; the quotes stand without it."
                )
            ]
        quotes, stand, out = (len(turn[one]) for one in ("quotes", "sentences", "dropped"))
        told.append(say.ngettext("%(num)s quote found.", "%(num)s quotes found.", quotes))
        if self._told.writes:
            told.append(say.ngettext("%(num)s sentence stands.", "%(num)s sentences stand.", stand))
        if out:
            told.append(self._part("left_out", turn=turn).strip() + ".")
        return " ".join(told)

    def _document(self) -> dict[str, Any]:
        return document(self._told, self._typed, self._turns, self._come)

    def _part(self, template: str, **context: Any) -> str:
        return self._seen.part(f"law_answers/{template}.html", corpus=self._corpus, **context)
