"""How the home does: keys and their exchange, health, storage, jobs. For operators; auditors read."""

from fastapi import Response

from casemate.errors import CasemateError
from casemate.portal.pages.administration import sections
from casemate.portal.pages.language import mark
from casemate.portal.pages.ledger import known_keys, signs
from casemate.portal.pages.router import PageRouter, Posted
from casemate.portal.pages.visit import SignedIn, Visit

router = PageRouter()
PARTS = {
    "database": mark("Database"),
    "disk": mark("Disk"),
    "vault": mark("Vault"),
    "sandbox": mark("Sandbox"),
    "ledger": mark("Ledger"),
    "worker": mark("Runs"),
    "clock": mark("Clock"),
    "vectors": mark("Shared vectors"),
}
STATES = {
    "ok": (mark("Does well"), "good"),
    "warn": (mark("Needs a look"), "warn"),
    "fail": (mark("Out of order"), "bad"),
}
KINDS = {
    "database": mark("Database"),
    "tables": mark("Published tables"),
    "views": mark("Protected views"),
    "outputs": mark("Outputs"),
    "runs": mark("Programs of runs"),
    "release memory": mark("Memory of releases"),
    "uploads": mark("Uploads"),
    "environments": mark("Environments"),
    "other": mark("Other files"),
}
JOBS = {
    "queued": mark("Waits"),
    "running": mark("At work"),
    "checking": mark("Being checked"),
    "failed": mark("Failed"),
}


@router.get("/administration/keys", name="administration_keys")
def keys(seen: SignedIn) -> Response:
    """The public keys, and the way to exchange the master key."""
    return _keys(seen, "upkeep/keys.html")


@router.get("/administration/keys/rotate", name="rotate_keys")
def ask_to_rotate(seen: SignedIn) -> Response:
    """What an exchange does, before it is done."""
    return _keys(seen, "upkeep/rotate.html")


@router.post("/administration/keys/rotate", name="rotate_keys_now")
def rotate(seen: SignedIn, form: Posted) -> Response:
    """Exchange the master key."""
    if not form.has("understood"):
        problem = seen.gettext("Say that you have read what it does and does not do.")
        return _keys(seen, "upkeep/rotate.html", status=422, problem=problem)
    try:
        done = seen.platform.rotate_keys(seen.actor)
    except CasemateError as refused:
        return _keys(seen, "upkeep/rotate.html", status=refused.http_status, error=refused)
    told = seen.gettext(
        "The master key is new; the ledger is signed by %(key)s from entry %(index)s on. Keep a copy "
        "of the new key off this machine now.",
        key=done.current,
        index=done.index,
    )
    return seen.redirect("administration_keys", told=told)


def _keys(
    seen: Visit,
    template: str,
    *,
    status: int = 200,
    problem: str = "",
    error: CasemateError | None = None,
) -> Response:
    seen.platform.accounts(seen.actor)  # who may not look at this area is told so
    return seen.page(
        template,
        status=status,
        sections=sections(seen),
        keys=known_keys(seen),
        signs=signs(seen),
        may_rotate=seen.may("key.rotate"),
        problem=problem,
        error=error,
    )


@router.get("/administration/health", name="health")
def health(seen: SignedIn) -> Response:
    """Each part of the home, how it does, and what to do."""
    found = seen.platform.health(seen.actor)
    return seen.page(
        "upkeep/health.html",
        sections=sections(seen),
        state=found.state,
        checks=[
            (
                one,
                seen.gettext(PARTS[one.name]),
                seen.gettext(STATES[one.state][0]),
                STATES[one.state][1],
            )
            for one in found.checks
        ],
    )


@router.get("/administration/storage", name="storage")
def storage(seen: SignedIn) -> Response:
    """What fills the disk, and which runs wait, are at work or failed lately."""
    return _storage(seen)


@router.post("/administration/jobs/{run}/cancel", name="job_cancel")
def cancel(seen: SignedIn, run: str, form: Posted) -> Response:
    """Stop a run."""
    try:
        seen.platform.cancel(seen.actor, run, form.text("reason"))
    except CasemateError as refused:
        return _storage(seen, refused)
    return seen.redirect("storage", told=seen.gettext("The run is stopped."))


def _storage(seen: Visit, error: CasemateError | None = None) -> Response:
    found = seen.platform.storage(seen.actor)
    now = seen.platform.clock()
    return seen.page(
        "upkeep/storage.html",
        status=200 if error is None else error.http_status,
        sections=sections(seen),
        error=error,
        free=found.free,
        kinds=[(seen.gettext(KINDS[kind]), size) for kind, size in found.by_kind.items()],
        datasets=sorted(found.by_dataset.items(), key=lambda one: -one[1]),
        jobs=[
            (one, seen.gettext(JOBS[one.state]), now - one.submitted_at)
            for one in seen.platform.jobs(seen.actor)
        ],
    )
