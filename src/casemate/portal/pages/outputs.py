"""The output desk: what awaits a checker, one output with the check's reasoning, what it changes."""

from collections.abc import Mapping
from typing import Any

from fastapi import Response

from casemate.enclave import Comparison, QueueItem
from casemate.enclave.comparing import Cell
from casemate.errors import CasemateError
from casemate.portal.pages.explaining import OUTPUT_STATES, VERDICTS
from casemate.portal.pages.language import mark
from casemate.portal.pages.programs import download
from casemate.portal.pages.router import PageRouter, Posted
from casemate.portal.pages.visit import SignedIn, Visit

router = PageRouter()
NAVIGATION = (mark("Output desk"), "outputs", "outputs")
AWAITS = {
    "a decision": mark("A decision"),
    "a second decision": mark("A second decision"),
    "release": mark("Its release"),
}
CHANGES = {
    "same": mark("unchanged"),
    "changed": mark("changed"),
    "added": mark("added"),
    "removed": mark("removed"),
}
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""A drawing may set its own colours; nothing in it runs, and nothing is asked of any host."""


@router.get("/outputs")
def outputs(seen: SignedIn) -> Response:
    """What awaits me, the oldest first."""
    return seen.page("outputs/queue.html", queue=seen.platform.queue(seen.actor), awaits=AWAITS)


@router.get("/outputs/{output}", name="output_page")
def output_page(seen: SignedIn, output: str) -> Response:
    """One output: what it holds, what the check found, who may decide."""
    return _page(seen, output)


@router.get("/outputs/{output}/picture", name="output_picture")
def output_picture(seen: SignedIn, output: str) -> Response:
    """A picture that trusted code drew again; anything else is not found here."""
    kind, data = seen.platform.picture(seen.actor, output)
    headers = {
        "Content-Security-Policy": PICTURE_POLICY,
        "Content-Disposition": "inline",
    }
    return Response(data, media_type=kind, headers=headers)


@router.get("/outputs/{output}/file", name="output_file")
def output_file(seen: SignedIn, output: str) -> Response:
    """Its bytes as they are, to look at with other means. That they were taken is recorded."""
    known, data = seen.platform.evidence(seen.actor, output)
    return download(known.name, data)


@router.get("/outputs/{output}/comparison", name="output_comparison")
def output_comparison(seen: SignedIn, output: str, against: str = "") -> Response:
    """How it differs from what left before it."""
    found = seen.platform.compare_release(seen.actor, output, against or None)
    known = seen.platform.output(seen.actor, output)
    return seen.page(
        "outputs/comparison.html",
        output=known,
        found=found,
        changes=CHANGES,
        is_small=lambda cell: _is_small(cell, found),
    )


@router.post("/outputs/{output}/claim", name="claim_output")
def claim_output(seen: SignedIn, output: str, form: Posted) -> Response:
    """Take it, so that nobody else does the same work; or give it back."""
    try:
        if form.text("do") == "give_back":
            seen.platform.give_back(seen.actor, output)
            return seen.redirect("outputs", told=seen.gettext("It is back in the queue."))
        seen.platform.claim(seen.actor, output)
    except CasemateError as error:
        return _page(seen, output, error=error)
    told = seen.gettext("It is yours for an hour.")
    return seen.redirect("output_page", output=output, told=told)


@router.post("/outputs/{output}/decision", name="decide_output")
def decide_output(seen: SignedIn, output: str, form: Posted) -> Response:
    """Clear it or refuse it, with a reason."""
    reason = form.text("reason")
    if form.text("decision") not in ("clear", "refuse"):
        problems = [("decision", seen.gettext("Choose what you decide."))]
        return _page(seen, output, problems=problems, values={"reason": reason}, status=422)
    clear = form.text("decision") == "clear"
    try:
        made = seen.platform.review(seen.actor, output, clear=clear, reason=reason)
    except CasemateError as error:
        values = {"reason": reason, "decision": form.text("decision")}
        return _page(seen, output, error=error, values=values)
    told = {
        "held": seen.gettext("You cleared it. A second checker looks now."),
        "cleared": seen.gettext("It is cleared. Release it, and its team may fetch it."),
        "refused": seen.gettext("It is refused: it stays inside."),
    }[made.state.value]
    return seen.redirect("output_page", output=output, told=told)


@router.post("/outputs/{output}/release", name="release_output")
def release_output(seen: SignedIn, output: str, _form: Posted) -> Response:
    """Let it go."""
    try:
        receipt = seen.platform.release(seen.actor, output)
    except CasemateError as error:
        return _page(seen, output, error=error)
    told = seen.gettext(
        "It is released, as entry %(index)s of the ledger.", index=receipt.ledger_index
    )
    return seen.redirect("output_page", output=output, told=told)


def _page(
    seen: Visit,
    output: str,
    *,
    error: CasemateError | None = None,
    problems: Any = (),
    values: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    known, content = seen.platform.examine(seen.actor, output)
    return seen.page(
        "outputs/output.html",
        status=error.http_status if error else status,
        output=known,
        content=content,
        reasons=(known.verdict or {}).get("reasons", ()),
        item=_waiting(seen, output),
        state=OUTPUT_STATES[known.state],
        verdict=VERDICTS.get(known.decision or "", ""),
        awaits=AWAITS,
        unread=seen.platform.unread_releases(seen.actor, output),
        may_clear=known.state.value == "held" and seen.may("output.clear", output),
        may_refuse=known.state.value in ("held", "cleared"),
        may_release=known.state.value == "cleared" and seen.may("output.release", output),
        may_repair=known.decision == "refuse" and seen.may("output.repair", output),
        error=error,
        problems=problems,
        values={"reason": "", "decision": "", **(values or {})},
    )


def _waiting(seen: Visit, output: str) -> QueueItem | None:
    """The output's place in the queue; ``None`` where nothing awaits whoever looks."""
    for item in seen.platform.queue(seen.actor):
        if item.output.id == output:
            return item
    return None


def _is_small(cell: Cell, found: Comparison) -> bool:
    """Whether a count changed by so little that the change tells of few people."""
    return cell.by is not None and 0 < abs(cell.by) < found.min_cell
