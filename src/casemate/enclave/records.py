"""What the enclave gives back: frozen records, and the two tables of transitions they live by."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any, Literal

SYSTEM = "system"
"""The actor of what the enclave does by itself."""


COARSE_BYTES = 64 * 2**20
_ROWS = re.compile(r"(column '[^']*', )?rows? [^:]*: ")
"""Which rows a refusal speaks of: for the checker; to whoever ran the script it would answer a
question a cell."""


class RunState(StrEnum):
    """Where a run is. The last four are final."""

    queued = "queued"
    running = "running"
    checking = "checking"
    awaiting_review = "awaiting_review"
    released = "released"
    refused = "refused"
    failed = "failed"
    cancelled = "cancelled"


RUN_TRANSITIONS: Mapping[RunState, frozenset[RunState]] = {
    RunState.queued: frozenset({RunState.running, RunState.failed, RunState.cancelled}),
    RunState.running: frozenset({RunState.checking, RunState.failed, RunState.cancelled}),
    RunState.checking: frozenset(
        {
            RunState.awaiting_review,
            RunState.released,
            RunState.refused,
            RunState.failed,
            RunState.cancelled,
        }
    ),
    RunState.awaiting_review: frozenset({RunState.released, RunState.refused}),
    RunState.released: frozenset(),
    RunState.refused: frozenset(),
    RunState.failed: frozenset(),
    RunState.cancelled: frozenset(),
}

ACTIVE = frozenset({RunState.queued, RunState.running, RunState.checking})
"""The machine still has work to do; from here a run goes on after a crash, and can be cancelled."""


class OutputState(StrEnum):
    """Where an output is. ``cleared`` may be released; ``released`` and ``refused`` are final."""

    held = "held"
    cleared = "cleared"
    released = "released"
    refused = "refused"


OUTPUT_TRANSITIONS: Mapping[OutputState, frozenset[OutputState]] = {
    OutputState.held: frozenset({OutputState.cleared, OutputState.refused}),
    OutputState.cleared: frozenset(
        {
            OutputState.released,
            OutputState.refused,
            OutputState.held,
        }  # where it would disclose by now
    ),
    OutputState.released: frozenset(),
    OutputState.refused: frozenset(),
}


class OutputKind(StrEnum):
    """A file the script wrote, or a log (standard output, standard error), which only people clear."""

    file = "file"
    log = "log"


@dataclass(frozen=True)
class View:
    """A dataset version as one permit may see it, at rest. ``report`` says what protection did."""

    id: str
    permit: str
    dataset: str
    version: int
    digest: str
    rows: int
    report: dict[str, Any]
    certificate: dict[str, Any]
    """Every claim made of the view, signed; ``casemate.protection.certificate`` recomputes them."""
    made_at: datetime
    sealed_at: datetime | None


@dataclass(frozen=True)
class Run:
    """One script, run once, under one permit. Digests are ``sha256:<hex>``."""

    id: str
    permit: str
    submitted_by: str
    purpose: str
    filename: str
    state: RunState
    reason: str | None
    script_digest: str
    parameters: dict[str, Any]
    environment: str | None
    inputs: dict[str, Any]
    resources: dict[str, Any]
    submitted_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether the machine has nothing left to do for this run (people may have)."""
        return self.state not in ACTIVE

    def for_team(self) -> "Run":
        """As whoever ran it may see it: what it used in coarse steps, since a program can spend time
        and memory, and write bytes, by what it reads."""
        used = self.resources.get("used")
        if not used:
            return self
        coarse = {
            "wall_seconds": -(-used["wall_ms"] // 1000),
            "memory_mib": -(-used["max_rss_bytes"] // COARSE_BYTES) * (COARSE_BYTES // 2**20),
        }
        told = {name: self.resources.get(name) for name in ("ended", "exit_code", "limits_held")}
        return replace(self, resources={"used": coarse, **told})


@dataclass(frozen=True)
class Output:
    """One file or log that a run left, with the machine's verdict and the people's decisions.

    ``name`` is for those who check: a script can write data into it. Who ran the script is shown
    ``shown_name``, the output's id unless the script spells the name out or a person cleared it.
    """

    id: str
    run: str
    name: str
    name_is_known: bool
    kind: OutputKind
    state: OutputState
    digest: str | None
    """``None``, as ``size``, for whoever may not know it before the release."""
    size: int | None
    decision: str | None
    verdict: dict[str, Any] | None
    checked_at: datetime | None
    reviewed_by: str | None
    reviewed_at: datetime | None
    review_reason: str | None
    released_by: str | None
    released_at: datetime | None
    ledger_index: int | None
    cleared_by: tuple[str, ...] = ()
    """Who cleared it so far, in order; where the permit asks for four eyes it takes two of them."""
    repaired_from: str | None = None
    """The output that trusted code made this one in the place of."""

    @property
    def ending(self) -> str:
        """The kind of output that a permit's rules speak of: the file's ending, or ``log``."""
        if self.kind is OutputKind.log:
            return "log"
        return PurePosixPath(self.name).suffix.lower().removeprefix(".")

    @property
    def recipe(self) -> str | None:
        """The digest of the recipe that the check recomputed it from; ``None`` where it came without."""
        digest: str | None = (self.verdict or {}).get("recipe")
        return digest

    @property
    def shown_name(self) -> str:
        """The name that anybody may see."""
        cleared = self.state in {OutputState.cleared, OutputState.released}
        return self.name if self.name_is_known or cleared else self.id

    def without_evidence(self) -> "Output":
        """As whoever ran the script may see it: the reasons, not what they were drawn from."""
        reasons = (self.verdict or {}).get("reasons", [])
        told = [
            {"rule": reason["rule"], "message": _ROWS.sub("", reason["message"])}
            for reason in reasons
        ]
        verdict = None if self.verdict is None else {**self.verdict, "reasons": told}
        if self.state is OutputState.released:
            return replace(self, verdict=verdict)
        # A size is as good as a number, and a short file or recipe can be guessed from its digest.
        if verdict is not None:
            verdict.pop("recipe", None)
        return replace(self, name=self.shown_name, size=None, digest=None, verdict=verdict)

    @property
    def why(self) -> str:
        """The reason that decided: the checker's, or the machine's own."""
        if self.review_reason:
            return self.review_reason
        reasons = (self.verdict or {}).get("reasons", [])
        against = [one["message"] for one in reasons if one["rule"] != "reproduced"]
        return "; ".join(against or [one["message"] for one in reasons])


@dataclass(frozen=True)
class Decision:
    """What one person decided on an output, and why."""

    checker: str
    clear: bool
    reason: str
    decided_at: datetime


@dataclass(frozen=True)
class Claim:
    """That ``checker`` looks at ``output`` until ``until``."""

    output: str
    checker: str
    until: datetime


@dataclass(frozen=True)
class QueueItem:
    """One output that awaits people: what for, since when, and who is at it."""

    output: Output
    permit: str
    datasets: tuple[str, ...]
    awaits: Literal["a decision", "a second decision", "release"]
    since: datetime
    due: datetime
    four_eyes: bool
    claim: Claim | None
    unread: int = 0
    """Earlier releases of these datasets that the memory of releases could not read: whoever decides
    compares with them, since the machine cannot."""
    may_decide: tuple[str, ...] = ()
    """The accounts that may take the next step; whoever ran it, and whoever cleared it, is not there."""

    @property
    def has_recipe(self) -> bool:
        """Whether the check recomputed it from its recipe, which came with it or was inferred."""
        return self.output.recipe is not None


@dataclass(frozen=True)
class ReleaseReceipt:
    """That ``output`` left, byte for byte ``digest``, as entry ``ledger_index`` of the ledger.

    ``statement`` is what that entry holds the digest of; see ``casemate.enclave.receipts``.
    """

    output: str
    digest: str
    ledger_index: int
    statement: dict[str, Any]
