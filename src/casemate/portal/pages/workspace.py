"""The workspace of a data user: permits, what protection made of the data, questions with noise."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from fastapi import Response

from casemate.access import Permit
from casemate.enclave import AccountState, ExpectedAnswer, PrivateAnswer, Run, View
from casemate.errors import CasemateError
from casemate.portal.pages.charts import Chart, bars
from casemate.portal.pages.explaining import RUN_STATES
from casemate.portal.pages.language import mark
from casemate.portal.pages.router import Filled, PageRouter, Posted
from casemate.portal.pages.visit import SignedIn, Visit

router = PageRouter()
NAVIGATION = (mark("Workspace"), "workspace", "workspace")
MOST_RUNS = 50
"""The newest of one list; all of them are in the API."""
KINDS = {
    "count": mark("How many"),
    "sum": mark("A sum"),
    "mean": mark("A mean"),
    "quantile": mark("A quantile"),
    "histogram": mark("A histogram"),
}
"""The questions that the form can ask; the others are asked by the API or the command line."""
COMPARISONS = {
    "is": mark("is"),
    "at_least": mark("is at least"),
    "above": mark("is above"),
    "at_most": mark("is at most"),
    "below": mark("is below"),
}
UNITS = {"rows": mark("rows"), "value": mark("in the variable's unit"), "ranks": mark("ranks")}


@router.get("/workspace")
def workspace(seen: SignedIn) -> Response:
    """What may I use, until when, and what have I run?"""
    own = [one for one in seen.platform.list_permits(seen.actor) if _is_of_the_team(seen, one)]
    now = seen.platform.clock()
    runs = [one for one in seen.platform.list_runs(seen.actor) if one.submitted_by == seen.actor]
    return seen.page(
        "workspace/workspace.html",
        in_force=[one for one in own if one.in_force_at(now)],
        others=[one for one in own if not one.in_force_at(now)],
        runs=newest(runs),
        states=RUN_STATES,
        days_left=lambda permit: days_left(seen, permit),
    )


@router.get("/workspace/permits/{permit}")
def workspace_permit(seen: SignedIn, permit: str) -> Response:
    """One permit: its terms, the protected views, the privacy budget, the runs under it."""
    known = seen.platform.permit(seen.actor, permit)
    views = [one for one in seen.platform.views(seen.actor, permit) if one.sealed_at is None]
    works = _works_under(seen, known)
    runs = [one for one in seen.platform.list_runs(seen.actor) if one.permit == permit]
    is_protected = len(views) == len(known.scopes)
    return seen.page(
        "workspace/permit.html",
        permit=known,
        days=days_left(seen, known),
        works=works,
        views=views,
        charts=[_losses(seen, view) for view in views],
        books=seen.platform.codebook(seen.actor, permit) if works and is_protected else (),
        accounts=seen.platform.privacy_accounts(seen.actor, permit),
        runs=newest(runs),
        states=RUN_STATES,
    )


@router.post("/workspace/permits/{permit}/views", name="make_views")
def make_views(seen: SignedIn, permit: str, _form: Posted) -> Response:
    """Protect the data now, so that the codebook can be read before any program runs."""
    seen.platform.protect(seen.actor, permit)
    told = seen.gettext("The protected views are made.")
    return seen.redirect("workspace_permit", permit=permit, told=told)


@router.get("/workspace/permits/{permit}/question")
def question(seen: SignedIn, permit: str) -> Response:
    """Ask something that is answered with noise."""
    return _question(seen, permit, Filled())


@router.post("/workspace/permits/{permit}/question", name="ask_question")
def ask_question(seen: SignedIn, permit: str, form: Posted) -> Response:
    """What the answer would cost and how far it may be off; or the answer."""
    expected: ExpectedAnswer | None = None
    answer: PrivateAnswer | None = None
    try:
        asked = _asked(form, _types(seen, form.text("dataset")))
        if form.text("do") == "ask":
            answer = seen.platform.ask(seen.actor, permit, asked)
        else:
            expected = seen.platform.expected_error(seen.actor, permit, asked)
    except CasemateError as error:
        return _question(seen, permit, form, error=error, status=error.http_status)
    return _question(seen, permit, form, expected=expected, answer=answer)


def _question(
    seen: Visit,
    permit: str,
    form: Filled,
    *,
    expected: ExpectedAnswer | None = None,
    answer: PrivateAnswer | None = None,
    error: CasemateError | None = None,
    status: int = 200,
) -> Response:
    known = seen.platform.permit(seen.actor, permit)
    accounts: Sequence[AccountState] = seen.platform.privacy_accounts(seen.actor, permit)
    return seen.page(
        "workspace/question.html",
        status=status,
        permit=known,
        accounts=accounts,
        form=form,
        kinds=KINDS,
        comparisons=COMPARISONS,
        units=UNITS,
        variables=sorted({name for scope in known.scopes for name in scope.variables}),
        expected=expected,
        answer=answer,
        error=error,
    )


def _types(seen: Visit, dataset: str) -> dict[str, str]:
    return {one.name: one.type for one in seen.platform.dataset(dataset).variables}


def _asked(form: Filled, types: Mapping[str, str]) -> dict[str, Any]:
    """The form as a question; what is missing or wrong is told by whoever reads it."""
    kind = form.text("kind")
    asked: dict[str, Any] = {"version": 1, "dataset": form.text("dataset"), "kind": kind}
    wanted: Mapping[str, Sequence[str]] = {
        "sum": ("variable", "low", "high"),
        "mean": ("variable", "low", "high", "expected_rows"),
        "quantile": ("variable", "level", "candidates"),
        "histogram": ("variable", "edges"),
    }
    for name in wanted.get(kind, ()):
        if text := form.text(name):
            several = name in ("candidates", "edges")
            asked[name] = text.replace(";", " ").split() if several else text
    if conditions := _conditions(form, types):
        asked["where"] = conditions
    asked["cost"] = {"accounting": form.text("accounting"), "amount": form.text("amount")}
    return asked


def _conditions(form: Filled, types: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for place in range(1, 4):
        variable = form.text(f"where-{place}")
        if not variable:
            continue
        value = _value(form.text(f"value-{place}"), types.get(variable, ""))
        comparison = form.text(f"comparison-{place}")
        if comparison == "is":
            found[variable] = value
        else:
            found[variable] = {**_range(found.get(variable)), comparison: value}
    return found


def _value(text: str, kind: str) -> str | int | bool:
    """A form's text as a column of ``kind`` holds it."""
    if kind == "boolean" and text.lower() in ("true", "false", "0", "1"):
        return text.lower() in ("true", "1")
    if kind == "integer" and text.lstrip("-").isdecimal():
        return int(text)
    return text


def _range(known: Any) -> dict[str, Any]:
    return known if isinstance(known, dict) else {}


def newest(runs: Sequence[Run]) -> list[Run]:
    """The newest runs first, as many as a page shows."""
    return list(reversed(runs))[:MOST_RUNS]


def days_left(seen: Visit, permit: Permit) -> int:
    """Whole days until the permit ends; 0 on its last."""
    return max(0, (permit.valid_until - seen.platform.clock()) // timedelta(days=1))


def _is_of_the_team(seen: Visit, permit: Permit) -> bool:
    return not permit.standing and seen.actor in {permit.applicant, *permit.people}


def _works_under(seen: Visit, permit: Permit) -> bool:
    """Whether whoever looks may run programs under it now."""
    in_force = permit.in_force_at(seen.platform.clock())
    return in_force and seen.may("run.submit", permit.id)


def _losses(seen: Visit, view: View) -> Chart | None:
    """How much detail each variable lost; nothing to draw where none did."""
    losses: Mapping[str, str] = view.report.get("attribute_losses") or {}
    if not losses:
        return None
    name, loss = seen.gettext("Variable"), seen.gettext("Detail lost, in percent")
    rows = [{name: one, loss: round(100 * float(share), 1)} for one, share in losses.items()]
    most = max(rows, key=lambda row: float(str(row[loss])))
    return bars(
        rows,
        x=name,
        y=loss,
        sideways=True,
        title=seen.gettext("What protection took of each variable"),
        alternative=seen.gettext(
            "Most was taken of %(variable)s: %(share)s percent.",
            variable=most[name],
            share=most[loss],
        ),
    )
