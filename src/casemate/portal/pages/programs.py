"""Programs of a data user: written, coloured, handed in, followed; their results and repairs."""

import re
from collections.abc import Mapping
from typing import Any

from fastapi import Response
from markupsafe import Markup
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers.data import JsonLexer
from pygments.lexers.python import PythonLexer
from pygments.lexers.r import SLexer
from pygments.lexers.sql import SqlLexer
from starlette.responses import HTMLResponse

from casemate.enclave import Followed, Limits, ProgramDraft, Run, RunState
from casemate.enclave.receipts import as_bytes as receipt_bytes
from casemate.errors import BadInput, CasemateError, NotFound
from casemate.portal.pages import explaining
from casemate.portal.pages.language import mark
from casemate.portal.pages.router import Filled, PageRouter, Posted
from casemate.portal.pages.visit import CONTENT_SECURITY_POLICY, SignedIn, Visit
from casemate.portal.pages.workspace import days_left
from casemate.register.minimum import untold
from casemate.register.records import Record, read_record

router = PageRouter()
MOST_COLOURED = 50_000
"""Characters of a program that are coloured; a longer one is shown as it is."""
KINDS = {
    "script.py": mark("Python"),
    "script.R": mark("R"),
    "script.sql": mark("SQL"),
    "request.json": mark("A data request (JSON)"),
    "notebook.ipynb": mark("A notebook (ipynb)"),
}
_LEXERS: Mapping[str, type[Lexer]] = {
    "py": PythonLexer,
    "r": SLexer,
    "sql": SqlLexer,
    "json": JsonLexer,
    "ipynb": JsonLexer,
}
BEGUN = """\
from casemate.analysis import read

people = read("%s")
# people.table("counts.csv", ["a variable"], n="count")
"""
NOT_AI = {"ai_act_class": "out_of_scope", "publication_category": "other"}
"""What is said of a program all of whose rules people wrote (AI Act Art. 3(1), Recital 12)."""
MIB = 2**20
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_DOWNLOAD_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────


@router.get("/workspace/permits/{permit}/program")
def program(seen: SignedIn, permit: str, version: int | None = None, of: str = "") -> Response:
    """The program that I write under a permit; ``of`` a run: that run's program to go on from."""
    newest = _newest(seen, permit)
    after = newest.number if newest else 0
    if of:
        name, text = seen.platform.program(seen.actor, of)
        values = {"text": text, "filename": name}
    elif version is not None or newest is not None:
        shown = seen.platform.program_draft(seen.actor, permit, version)
        values = {"text": shown.text, "filename": shown.filename}
    else:
        values = {"text": _begun(seen, permit), "filename": "script.py"}
    return _editor(seen, permit, {**values, "after": str(after)})


@router.post("/workspace/permits/{permit}/program", name="hand_in")
def hand_in(seen: SignedIn, permit: str, form: Posted) -> Response:
    """Keep the program; and run it, where that button was pressed. It is kept whatever becomes of that."""
    try:
        kept = _save(seen, permit, form)
        if form.text("do") != "run":
            told = seen.gettext("Kept as version %(number)s.", number=kept.number)
            return seen.redirect("program", permit=permit, told=told)
        run = seen.platform.run_draft(
            seen.actor,
            permit,
            kept.number,
            limits=_limits(form),
            environment=form.text("environment") or None,
            entry=_said(form),
        )
    except CasemateError as error:
        return _editor(seen, permit, _typed(form), error=error, status=error.http_status)
    return seen.redirect("run_page", run=run.id)


@router.post("/workspace/permits/{permit}/program/keep", name="keep_program")
def keep_program(seen: SignedIn, permit: str, form: Posted) -> Response:
    """Keep what was typed so far: asked by the page itself, while people type."""
    try:
        kept = _save(seen, permit, form)
    except CasemateError as error:
        return seen.page("programs/kept.html", status=error.http_status, error=error, kept=None)
    return seen.page("programs/kept.html", kept=kept)


@router.post("/workspace/colour", name="colour")
def colour(_seen: SignedIn, form: Posted) -> Response:
    """The program in colours: asked by the page itself; nothing is kept and nothing run."""
    made = coloured(_whole(form), form.text("filename"))
    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
    return HTMLResponse(str(made), headers=headers)


def coloured(text: str, filename: str) -> Markup:
    """``text`` escaped, with the parts of its language in classes; plain where it is too long."""
    ending = filename.lower().rpartition(".")[2]
    if ending not in _LEXERS or len(text) > MOST_COLOURED:
        return Markup("{}\n").format(text)
    lexer = _LEXERS[ending](stripnl=False, stripall=False, ensurenl=True)
    made = highlight(text, lexer, HtmlFormatter(nowrap=True, classprefix="c-"))
    return Markup(made)  # noqa: S704 - the formatter escapes what it is given


def _editor(
    seen: Visit,
    permit: str,
    values: Mapping[str, str],
    *,
    error: CasemateError | None = None,
    status: int = 200,
) -> Response:
    known = seen.platform.permit(seen.actor, permit)
    names = list(KINDS) if values["filename"] in KINDS else [values["filename"], *KINDS]
    usable = [one for one in seen.platform.environments(seen.actor) if one.removed_at is None]
    return seen.page(
        "programs/program.html",
        status=status,
        permit=known,
        days=days_left(seen, known),
        values={
            "memory": "4096",
            "cpu": "600",
            "wall": "900",
            "environment": "",
            "describe": "",
            "ai": "",
            **values,
        },
        coloured=coloured(values["text"], values["filename"]),
        names=[(name, seen.gettext(KINDS[name]) if name in KINDS else name) for name in names],
        environments=[one.label for one in usable if one.missing is None],
        versions=seen.platform.draft_versions(seen.actor, permit),
        ai=_ai(seen),
        error=error,
    )


def _newest(seen: Visit, permit: str) -> ProgramDraft | None:
    try:
        return seen.platform.program_draft(seen.actor, permit)
    except NotFound:
        seen.platform.permit(seen.actor, permit)  # where there is no such permit, this says so
        return None


def _begun(seen: Visit, permit: str) -> str:
    return BEGUN % seen.platform.permit(seen.actor, permit).scopes[0].dataset


def _whole(form: Filled) -> str:
    """The program as it was typed: blanks around it belong to it."""
    return (form.texts("text") or ("",))[-1]


def _typed(form: Filled) -> dict[str, str]:
    names = ("filename", "after", "memory", "cpu", "wall", "environment", "describe", "ai")
    return {"text": _whole(form), **{name: form.text(name) for name in names}}


def _ai(seen: Visit) -> list[tuple[str, str]]:
    """The two answers that fit on a form; every other class is said in the register."""
    return [
        ("no", seen.gettext("No: people alone wrote all its rules, and it decides on nobody")),
        ("later", seen.gettext("Yes, or I am not sure: I say its class in the register")),
    ]


def _said(form: Filled) -> dict[str, Any]:
    """What the form tells of a program's entry; nothing is told that nobody said."""
    told = {"short_description": form.text("describe")} if form.text("describe") else {}
    return {**told, **NOT_AI} if form.text("ai") == "no" else told


def _save(seen: Visit, permit: str, form: Filled) -> ProgramDraft:
    after = form.text("after")
    return seen.platform.save_draft(
        seen.actor,
        permit,
        _whole(form),
        form.text("filename"),
        after=_number(after, "after") if after else None,
    )


def _limits(form: Filled) -> Limits:
    return Limits(
        memory_bytes=_number(form.text("memory"), "memory") * MIB,
        cpu_seconds=_number(form.text("cpu"), "cpu"),
        wall_seconds=_number(form.text("wall"), "wall"),
    )


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadInput(f"the field {name!r} takes a whole number, not {text[:40]!r}")
    return int(text)


# ── following ────────────────────────────────────────────────────────────────────────────────────────


@router.get("/workspace/runs/{run}", name="run_page")
def run_page(seen: SignedIn, run: str) -> Response:
    """One run: its live account, and what it left."""
    told = seen.platform.follow(seen.actor, run)
    return seen.page("programs/run.html", **_account(seen, told), **_entry(seen, run))


@router.post("/workspace/runs/{run}/entry", name="complete_entry")
def complete_entry(seen: SignedIn, run: str, form: Posted) -> Response:
    """Tell the register what the run's program does; what waits for that alone is released."""
    entry = seen.platform.algorithm_of_run(seen.actor, run)
    if entry is None:
        raise NotFound(f"{run} has no entry in the register")
    try:
        record = Record({**entry.record.told, **read_record(_said(form)).told})
        seen.platform.revise_algorithm(
            seen.actor, entry.algorithm, record, seen=entry.version, reason="the entry is completed"
        )
    except CasemateError as error:
        values = {"describe": form.text("describe"), "ai": form.text("ai")}
        return _run_again(seen, run, error, values)
    return seen.redirect("run_page", run=run, told=seen.gettext("The register was told."))


def _entry(seen: Visit, run: str, values: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The entry of a run, and what it does not tell yet of what the house asks."""
    entry = seen.platform.algorithm_of_run(seen.actor, run)
    lacking = [] if entry is None else untold(entry.record)
    return {
        "entry": entry,
        "untold": [one.field for one in lacking],
        "may_enter": entry is not None and seen.may("algorithm.record", entry.algorithm),
        "ai": _ai(seen),
        "values": values or {"describe": "", "ai": ""},
    }


@router.get("/workspace/runs/{run}/live", name="run_live")
def run_live(seen: SignedIn, run: str, after: int = -1) -> Response:
    """The part of that page which changes: asked by the page itself, until the machine is done."""
    told = seen.platform.follow(seen.actor, run)
    is_news = told.last > after
    return seen.page("programs/live.html", is_news=is_news, **_account(seen, told))


def _account(seen: Visit, told: Followed) -> dict[str, Any]:
    run = told.run
    outputs = seen.platform.outputs(seen.actor, run.id)
    return {
        "followed": told,
        "run": run,
        "state": explaining.RUN_STATES[run.state],
        "states": explaining.OUTPUT_STATES,
        "events": [(one, explaining.told(seen, one)) for one in told.events],
        "outputs": outputs,
        "explained": {one.id: explaining.explained(seen, one) for one in outputs},
        "used": _memory(run),
        "is_checking": run.state is RunState.checking,
        "is_running": run.state is RunState.running,
        "may_cancel": not run.is_over and seen.may("run.cancel", run.id),
        "may_replay": run.is_over and bool(run.inputs) and seen.may("run.replay", run.id),
        "may_fetch": {
            one.id for one in outputs if one.released_at and seen.may("output.fetch", one.id)
        },
        "may_repair": {
            one.id
            for one in outputs
            if one.decision == "refuse" and seen.may("output.repair", one.id)
        },
    }


def _memory(run: Run) -> int | None:
    """The MiB that a run used at most, once it is told: coarsely to its team, to the byte to others."""
    used: Mapping[str, int] = run.resources.get("used") or {}
    if "max_rss_bytes" in used:
        return -(-used["max_rss_bytes"] // MIB)
    return used.get("memory_mib")


@router.post("/workspace/runs/{run}/cancel", name="cancel_run")
def cancel_run(seen: SignedIn, run: str, form: Posted) -> Response:
    """Stop a run now."""
    reason = form.text("reason") or "stopped on its page"
    try:
        seen.platform.cancel(seen.actor, run, reason)
    except CasemateError as error:
        return _run_again(seen, run, error)
    return seen.redirect("run_page", run=run, told=seen.gettext("The run was stopped."))


@router.post("/workspace/runs/{run}/replay", name="replay_run")
def replay_run(seen: SignedIn, run: str, _form: Posted) -> Response:
    """Do a finished run again, and say whether the same came out."""
    try:
        found = seen.platform.replay(seen.actor, run)
    except CasemateError as error:
        return _run_again(seen, run, error)
    if found.same:
        told = seen.gettext("Done again, it left the same outputs, byte for byte.")
    else:
        told = seen.gettext("Done again, it did not leave the same outputs.")
    return seen.redirect("run_page", run=run, told=told)


def _run_again(
    seen: Visit, run: str, error: CasemateError, values: Mapping[str, str] | None = None
) -> Response:
    told = seen.platform.follow(seen.actor, run)
    account = {**_account(seen, told), **_entry(seen, run, values)}
    return seen.page("programs/run.html", status=error.http_status, error=error, **account)


@router.get("/workspace/runs/{run}/program", name="run_program")
def run_program(seen: SignedIn, run: str) -> Response:
    """The program that was handed in."""
    known = seen.platform.run_status(seen.actor, run)
    name, text = seen.platform.program(seen.actor, run)
    return seen.page(
        "programs/handed_in.html",
        run=known,
        filename=name,
        coloured=coloured(text, name),
        may_write=seen.may("run.submit", known.permit),
    )


# ── results ──────────────────────────────────────────────────────────────────────────────────────────


@router.get("/workspace/outputs/{output}/repairs", name="repairs")
def repairs(seen: SignedIn, output: str) -> Response:
    """What an output that was held back could be made into."""
    return _repairs(seen, output)


@router.post("/workspace/outputs/{output}/repairs", name="make_repair")
def make_repair(seen: SignedIn, output: str, form: Posted) -> Response:
    """Have one of them made: a new output, checked like any other."""
    try:
        made = seen.platform.repair(seen.actor, output, _number(form.text("number"), "number"))
    except CasemateError as error:
        return _repairs(seen, output, error)
    return seen.redirect(
        "run_page",
        run=made.run,
        told=seen.gettext("The repair was made, as a new output, and checked."),
    )


def _repairs(seen: Visit, output: str, error: CasemateError | None = None) -> Response:
    known = seen.platform.output(seen.actor, output)
    try:
        found = seen.platform.repairs(seen.actor, output)
    except BadInput as none:
        found, error = (), error or none
    return seen.page(
        "programs/repairs.html",
        status=error.http_status if error else 200,
        output=known,
        repairs=found,
        error=error,
        checks=seen.may("output.read_evidence", output),
    )


@router.get("/workspace/outputs/{output}/file", name="released_file")
def released_file(seen: SignedIn, output: str) -> Response:
    """A released output, to keep."""
    data = seen.platform.fetch(seen.actor, output)
    return download(seen.platform.output(seen.actor, output).shown_name, data)


@router.get("/workspace/outputs/{output}/receipt", name="released_receipt")
def released_receipt(seen: SignedIn, output: str) -> Response:
    """Its receipt, which travels with it."""
    proven = receipt_bytes(seen.platform.receipt(seen.actor, output))
    return download(f"{seen.platform.output(seen.actor, output).shown_name}.receipt.json", proven)


def download(name: str, data: bytes) -> Response:
    """``data`` to be kept, under a name that no header and no file system stumbles over.

    Never as a type that a browser would show: what a program wrote is not run in anybody's page.
    """
    safe = _UNSAFE.sub("_", name).lstrip(".") or "output"
    headers = {
        "Content-Disposition": f'attachment; filename="{safe}"',
        "Content-Security-Policy": _DOWNLOAD_POLICY,
    }
    return Response(data, media_type="application/octet-stream", headers=headers)
