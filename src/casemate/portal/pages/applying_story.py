"""An application's history in words, for either side: who is named to whom, and what is told as one."""

from collections.abc import Sequence
from datetime import datetime

from casemate.access import Application, ApplicationEvent
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


def story(
    seen: Visit, events: Sequence[ApplicationEvent], known: Application, *, for_desk: bool = False
) -> list[Told]:
    """The history, the newest first; savings one after the other are one line.

    Who the authority's staff are is told at the desk alone: to the applicant, the body speaks.
    """
    told: list[Told] = []
    previous = ""
    for event in events:
        if event.act == "revise" and previous in ("draft", "revise"):
            previous = event.act
            continue
        previous = event.act
        heading = seen.gettext(ACTS[event.act])
        told.append((event.at, heading, _who(seen, event, known, for_desk=for_desk), event.text))
    return told[::-1]


def _who(seen: Visit, event: ApplicationEvent, known: Application, *, for_desk: bool) -> str:
    if event.actor == seen.actor:
        return seen.gettext("you")
    if for_desk or event.actor == known.applicant:
        return event.actor
    return seen.gettext("the authority")
