"""What somebody might try, and what Casemate says to it: the demo's last act."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from casemate.access import Permit
from casemate.enclave import Output, OutputState
from casemate.errors import CasemateError, IntegrityFailure, NotAllowed
from casemate.flagships.health.algorithms import QUIT_SMOKING_FILE, quit_smoking_script
from casemate.platform import Platform

RESEARCHER, OUTSIDER, DECIDER, CHECKER = (
    "acct-researcher",
    "acct-outsider",
    "acct-authority",
    "acct-checker",
)

ALL_BUT_ONE = b"""
from casemate.analysis import column, read

people = read("nhefs")
sex, somebody = people.frame["sex"][0], people.frame["seqn"][0]
others = people.where((column("sex") == sex) & (column("seqn") != somebody))
others.table("all_but_one.csv", ["sex", "qsmk"], n="count")
"""
"""Half of the table of ``quit_smoking.py`` without one person: harmless alone, and not beside it."""


@dataclass(frozen=True)
class Attempt:
    """One attempt against the laws, whether it was stopped, and with which words."""

    name: str
    refused: bool
    message: str


Try = tuple[str, Callable[[], object]]


def attack_the_laws(
    platform: Platform,
    permit: Permit,
    expired: Permit,
    outputs: Sequence[Output],
    tell: Callable[[str], None],
) -> Iterator[Attempt]:
    """Make every attempt; the permit is revoked on the way, and stays so."""
    for name, attempt in _attempts(platform, permit, expired, outputs):
        outcome = _tried(name, attempt)
        tell(f"{'Stopped ' if outcome.refused else 'NOT STOPPED'}   {name}: {outcome.message}")
        yield outcome


def _attempts(
    platform: Platform, permit: Permit, expired: Permit, outputs: Sequence[Output]
) -> Iterator[Try]:
    def run(account: str, under: Permit, purpose: str | None = None) -> object:
        return platform.run(
            account, under.id, quit_smoking_script(), QUIT_SMOKING_FILE, purpose=purpose
        )

    yield "read without a permit", lambda: run(OUTSIDER, permit)
    yield "use for another purpose", lambda: run(RESEARCHER, permit, "dpv:CommercialResearch")
    yield "read with an expired permit", lambda: _after(platform, expired, run)
    held_back = next((one for one in outputs if one.decision == "refuse"), None)
    if held_back is not None:
        yield "release of a table with small cells", lambda: platform.release(CHECKER, held_back.id)
    released = next(one for one in outputs if one.state is OutputState.released)
    yield (
        "a researcher clears their own output",
        lambda: platform.review(RESEARCHER, released.id, clear=True, reason="It is mine."),
    )
    yield "a released table again, without one person", lambda: _differencing(platform, permit)
    yield "read with a revoked permit", lambda: _after_revocation(platform, permit, run)
    yield "edit of a permit", lambda: _edit_permit(platform, permit)
    yield "edit of one ledger row", lambda: _edit_ledger(platform)


def _tried(name: str, attempt: Callable[[], object]) -> Attempt:
    try:
        attempt()
    except (NotAllowed, IntegrityFailure) as refusal:
        return Attempt(name, True, str(refusal))
    except CasemateError as other:
        return Attempt(name, False, f"failed, but for another reason: {other}")
    return Attempt(name, False, "it went through")


def _differencing(platform: Platform, permit: Permit) -> None:
    """Ask for the released table of everybody but one: the two would tell of that person."""
    run = platform.run(RESEARCHER, permit.id, ALL_BUT_ONE, "all_but_one.py")
    platform.wait(RESEARCHER, run.id)
    for output in platform.outputs(CHECKER, run.id):
        if output.decision == "refuse":
            raise NotAllowed(output.why)


def _after(platform: Platform, expired: Permit, run: Callable[..., object]) -> object:
    while platform.permit_in_force(expired.id):
        time.sleep(0.1)
    return run(RESEARCHER, expired)


def _after_revocation(platform: Platform, permit: Permit, run: Callable[..., object]) -> object:
    if platform.permit_in_force(permit.id):
        platform.revoke(DECIDER, permit.id, "The study is over.")
    return run(RESEARCHER, permit)


def _edit_permit(platform: Platform, permit: Permit) -> object:
    head, payload, signature = permit.jws.split(".")
    middle = len(payload) // 2
    other = "A" if payload[middle] != "A" else "B"
    edited = payload[:middle] + other + payload[middle + 1 :]
    return platform.verify_permit(f"{head}.{edited}.{signature}")


def _edit_ledger(platform: Platform) -> None:
    """Change one row by plain SQL, as somebody with the database's password would, and verify.

    The change is in a transaction of its own that is never committed: the demo's ledger stays whole.
    """
    with platform.store.read() as tx:
        edit = text('UPDATE ledger_entry SET body = :body WHERE "index" = 3')
        tx.connection().execute(edit, {"body": b'{"act":"nothing happened here"}'})
        report = platform.ledger.verify(tx)
    if not report.ok:
        raise IntegrityFailure(report.problems[0])
