"""A case's history in words, for either side: who is named to whom, and what is told as one."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from casemate.access import Application
from casemate.access.procedure import Event
from casemate.portal.pages.language import mark
from casemate.portal.pages.visit import Visit

ACTS = {
    "draft": mark("Begun"),
    "revise": mark("Changed"),
    "submit": mark("Handed in"),
    "resubmit": mark("Handed in again"),
    "withdraw": mark("Withdrawn"),
    "appeal": mark("Appealed"),
    "confirm_complete": mark("Found complete"),
    "mark_incomplete": mark("Given back as incomplete"),
    "request_changes": mark("Given back for changes"),
    "extend": mark("Time to decide extended"),
    "refuse": mark("Refused"),
    "approve": mark("Approved"),
    "message": mark("Message"),
}

Told = tuple[datetime, str, str, str]
"""When, what, who, and the words."""


def by_applicant(known: Application) -> Callable[[Event[Any]], bool]:
    """Whether an act on ``known`` was its applicant's."""
    return lambda event: event.actor == known.applicant


def story(
    seen: Visit,
    events: Sequence[Event[Any]],
    is_applicants: Callable[[Event[Any]], bool],
    *,
    headings: Mapping[str, str] = ACTS,
    for_desk: bool = False,
) -> list[Told]:
    """The history, the newest first; savings one after the other are one line.

    Who the authority's staff are is told at the desk alone: to the applicant, the body speaks.
    ``is_applicants``: whether the applicant's side did it.
    """
    told: list[Told] = []
    previous = ""
    for event in events:
        if event.act == "revise" and previous in ("draft", "revise"):
            previous = event.act
            continue
        previous = event.act
        heading, by_name = seen.gettext(headings[event.act]), for_desk or is_applicants(event)
        told.append((event.at, heading, _who(seen, event.actor, by_name=by_name), event.text))
    return told[::-1]


def _who(seen: Visit, actor: str, *, by_name: bool) -> str:
    if actor == seen.actor:
        return seen.gettext("you")
    return actor if by_name else seen.gettext("the authority")
