"""Do a finished run again and compare what comes out, byte for byte; nothing of it leaves.

A replay uses what the run recorded: its program, environment, inputs and limits, each held against its
digest. Its outputs are compared with what the ledger committed to when the run's own were kept, and
dropped. A program can choose by the data which of its outputs come out alike, so that even names would
be a way out: who ran it is told only whether all did; which, is for the checkers.
"""

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from casemate.access import OutputRules
from casemate.canonical import canonical_json, digest
from casemate.enclave import kinds, recipes, sandbox
from casemate.enclave.guard import current_permit, require_grants, why_ended
from casemate.enclave.permit_watch import INTERVAL_SECONDS
from casemate.enclave.records import Output, OutputKind, Run
from casemate.enclave.steps import Rooms, Steps
from casemate.errors import Conflict, IntegrityFailure, NotAllowed, NotFound
from casemate.ledger import Ledger
from casemate.store.keys import Keyring


@dataclass(frozen=True)
class Again:
    """A run about to be done again: the job, and by name what came out the first time."""

    run: Run
    job: sandbox.Job
    before: Mapping[str, Output]


@dataclass(frozen=True)
class Replay:
    """What a replay found. ``same``: it ended well, and every output came out as it did and no other.

    The names are for those who check; ``for_team`` leaves them out. ``new`` counts outputs that the
    run did not leave: their names could be anything.
    """

    run: str
    same: bool
    ended: str
    equal: tuple[str, ...]
    differing: tuple[str, ...]
    missing: tuple[str, ...]
    new: int

    def for_team(self) -> "Replay":
        """As whoever ran the program may see it: whether all came out alike, and nothing else."""
        ended = self.ended if self.ended == "finished" else "not finished"
        return replace(self, ended=ended, equal=(), differing=(), missing=(), new=0)


class Replays:
    """Prepare, execute and record a replay: the first and last in a transaction, the work in none."""

    def __init__(self, rooms: Rooms, ledger: Ledger, keyring: Keyring) -> None:
        self._rooms = rooms
        self._steps = Steps(rooms)
        self._ledger = ledger
        self._keyring = keyring

    def prepare(self, tx: Session, run_id: str) -> Again:
        """Everything a replay needs, held against what the run recorded.

        Raises ``Conflict`` where the run left nothing to compare, or a view or its environment is gone
        or another by now; ``NotAllowed`` where its permit has ended.
        """
        rooms = self._rooms
        run = rooms.runs.get(tx, run_id)
        if not run.is_over or run.resources.get("ended") != "finished":
            raise Conflict(
                f"run {run_id} did not finish: there is nothing to compare a replay with"
            )
        if kinds.kind_of(run.filename) == "evaluation":
            raise Conflict(
                f"run {run_id} tried a model: the check did it again already, and the same request gives "
                "the same figures"
            )
        rules = self._require_permit(tx, run)
        try:
            environment = rooms.environments.record(tx, run.parameters.get("environment"))
            job = self._steps.job(tx, run, rules)
        except NotFound as gone:
            raise Conflict(f"run {run_id} cannot be replayed, something is gone: {gone}") from gone
        if environment != run.environment:
            raise Conflict(
                f"run {run_id} cannot be replayed: its environment was {run.environment} and is "
                f"{environment} by now (packages were changed since)"
            )
        self._require_script(tx, run)
        outputs = rooms.outputs.list(tx, run=run_id)
        files = {one.name: one for one in outputs if one.kind is OutputKind.file}
        return Again(run, job, files)

    def execute(self, again: Again) -> sandbox.SandboxResult:
        """Run it, in no transaction; it is stopped where the permit ends meanwhile."""
        return sandbox.run(again.job, should_stop=_Watch(self._rooms, again.run))

    def record(
        self, tx: Session, actor: str, again: Again, result: sandbox.SandboxResult
    ) -> Replay:
        """Compare, and enter on the ledger whether all was the same."""
        came = {one.name: one.sha256 for one in recipes.pair(result.outputs).outputs}
        found: dict[str, list[str]] = {"equal": [], "differing": [], "missing": []}
        for name, output in again.before.items():
            found[self._compare(tx, output, came.get(name))].append(output.shown_name)
        new = len(came.keys() - again.before.keys())
        same = result.ended == "finished" and not (found["differing"] or found["missing"] or new)
        run = again.run
        self._ledger.append(
            tx, actor=actor, act="run.replayed", subject=run.id, same=same,
            script=run.script_digest, environment=run.environment,
            inputs=digest(canonical_json(run.inputs)),
            parameters=digest(canonical_json(run.parameters)),
        )  # fmt: skip
        named = {kind: tuple(sorted(names)) for kind, names in found.items()}
        return Replay(run=run.id, same=same, ended=result.ended, new=new, **named)

    def _require_permit(self, tx: Session, run: Run) -> OutputRules:
        rooms = self._rooms
        if ended := why_ended(rooms.permits, tx, run.permit, rooms.clock):
            raise NotAllowed(f"run {run.id} cannot be replayed: {ended}")
        grants = require_grants(
            rooms.permits, tx, current_permit(rooms.permits, tx, run.permit),
            person=run.submitted_by, purpose=run.purpose,
            rows=kinds.meets_rows(run.filename),
        )  # fmt: skip
        return grants[0].output_rules

    def _require_script(self, tx: Session, run: Run) -> None:
        if digest(self._rooms.runs.script(tx, run.id)) != run.script_digest:
            raise IntegrityFailure(f"the script of run {run.id} is not what was handed in")

    def _compare(self, tx: Session, output: Output, now: str | None) -> str:
        """By what the ledger committed to as it was kept: trusted code may have changed it since."""
        if now is None:
            return "missing"
        kept = [
            entry.detail["commitment"]
            for entry in self._ledger.entries(tx, subject=output.id)
            if entry.act == "output.kept"
        ]
        commitments = {
            "hmac-sha256:" + hmac.new(key, now.encode(), "sha256").hexdigest()
            for key in self._keyring.every("output-commitment")
        }
        return "equal" if len(kept) == 1 and kept[0] in commitments else "differing"


class _Watch:
    """Asked as often as the sandbox likes; looks at the permit every ``INTERVAL_SECONDS``."""

    def __init__(self, rooms: Rooms, run: Run) -> None:
        self._rooms = rooms
        self._run = run
        self._next_look = 0.0

    def __call__(self) -> str | None:
        if time.monotonic() < self._next_look:
            return None
        self._next_look = time.monotonic() + INTERVAL_SECONDS
        with self._rooms.store.read() as tx:
            return why_ended(self._rooms.permits, tx, self._run.permit, self._rooms.clock)
