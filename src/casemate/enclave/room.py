"""The enclave as one object, as the platform holds it."""

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from casemate.access import Permits
from casemate.catalogue import Catalogue
from casemate.clock import Clock
from casemate.enclave.answers import Answers
from casemate.enclave.assessing import Assessments
from casemate.enclave.comparing import Comparisons
from casemate.enclave.differencing import Releases
from casemate.enclave.drafts import Drafts
from casemate.enclave.environments import Environments
from casemate.enclave.evaluating import Evaluator
from casemate.enclave.following import Follower
from casemate.enclave.outputs import BeforeRelease, Outputs
from casemate.enclave.recipes import RecipeShelf, ReleaseMemory
from casemate.enclave.recipes.exchange import exchange
from casemate.enclave.records import SYSTEM, OutputKind, OutputState, RunState
from casemate.enclave.repairs import Repairs
from casemate.enclave.replay import Replays
from casemate.enclave.runs import Runs
from casemate.enclave.steps import Rooms
from casemate.enclave.sweep import GRACE_SECONDS, known_blobs, sweep_blobs
from casemate.enclave.tables import ViewRow
from casemate.enclave.views import Views
from casemate.enclave.workflow import Worker
from casemate.ledger import Ledger
from casemate.store import Store
from casemate.store.keys import Keyring
from casemate.store.vault import Vault


class Enclave:
    """``views``, ``runs``, ``outputs`` and ``answers`` work in the caller's transaction; ``worker`` has
    its own."""

    def __init__(
        self,
        home: Path,
        runs_url: str,
        *,
        store: Store,
        vault: Vault,
        keyring: Keyring,
        ledger: Ledger,
        permits: Permits,
        catalogue: Catalogue,
        clock: Clock,
        at_once: int = 1,
        before_release: Iterable[BeforeRelease] = (),
        evaluator: Evaluator | None = None,
    ) -> None:
        """``home`` holds the worker's lock, ``runs_url`` names DBOS's database; ``at_once`` runs are
        worked on at the same time; ``before_release`` is asked of each output that is to leave.
        ``evaluator`` tries models; without one no run does."""
        self._vault = vault
        self._permits = permits
        self._store = store
        self.views = Views(vault, keyring, ledger, permits, catalogue, clock)
        self.runs = Runs(vault, keyring, ledger, permits, clock)
        releases = Releases(vault, keyring, ledger, catalogue, clock)
        self.memory = memory = ReleaseMemory(releases, self.views, permits)
        self.outputs = Outputs(
            vault, keyring, ledger, permits, self.runs, clock,
            before_release=(*before_release, memory.before_release),
        )  # fmt: skip
        self.assessments = Assessments(self.views, catalogue, ledger)
        self.answers = Answers(self.views, keyring, ledger, permits, catalogue, clock)
        self.environments = Environments(home / "environments", ledger, permits, clock)
        self.rooms = rooms = Rooms(
            store,
            permits,
            self.views,
            self.runs,
            self.outputs,
            RecipeShelf(vault, keyring),
            memory,
            lambda tx, output, made: exchange(tx, ledger, keyring, output, made),
            self.environments,
            clock,
            evaluator,
        )
        self.replays = Replays(rooms, ledger, keyring)
        self.repairs = Repairs(rooms, ledger)
        self.comparisons = Comparisons(self.outputs, self.runs, permits, memory)
        self.follower = Follower(ledger, self.runs, self.views, self.outputs, clock)
        self.drafts = Drafts(keyring, ledger, clock)
        self.worker = Worker(home, runs_url, rooms, at_once=at_once)

    def seal_views(self, tx: Session, permit_id: str, *, actor: str) -> int:
        """Destroy the keys of what the permit opened; call it in the transaction that revokes it."""
        return self.views.seal_views(tx, permit_id, actor=actor)

    def is_kept_back(self, tx: Session, run_id: str) -> bool:
        """Whether ``run_id`` waits with a file that passed and that its permit lets the machine release."""
        run = self.runs.get(tx, run_id)
        if run.state is not RunState.awaiting_review:
            return False
        if self._permits.get(tx, run.permit).output_rules.review != "automatic":
            return False
        held = self.outputs.list(tx, run=run_id, state=OutputState.held)
        return any(one.decision == "pass" and one.kind is OutputKind.file for one in held)

    def settle_again(self, tx: Session, run_id: str) -> None:
        """Let the machine release what it kept back, where what was in the way is out of it."""
        run = self.runs.lock(tx, run_id)
        if not self.is_kept_back(tx, run_id):
            return
        self.outputs.clear_by_machine(tx, run)
        to = self.outputs.verdict_of_run(tx, run_id)
        if to is not RunState.awaiting_review:
            self.runs.move(tx, run, to, actor=SYSTEM)

    def sweep(self, *, grace: float = GRACE_SECONDS) -> tuple[int, list[str]]:
        """Seal the views of ended permits and remove vault files that no record of ours names.

        Gives how many views were sealed, and the files' names.
        """
        with self._store.transaction() as tx:
            sealed = self.views.seal_ended(tx)
        with self._store.read() as tx:
            return sealed, sweep_blobs(tx, self._vault, grace=grace)

    def blobs(self, tx: Session) -> set[str]:
        """The names of the vault's files that records of ours can still open."""
        return known_blobs(tx)

    def view_files(self, tx: Session) -> list[tuple[str, str]]:
        """(dataset, vault file) of every view that is not sealed."""
        query = select(ViewRow.dataset, ViewRow.blob).where(ViewRow.wrapped_key.is_not(None))
        return [(dataset, blob) for dataset, blob in tx.execute(query)]

    def close(self) -> None:
        """Stop working; what runs goes on with the next worker."""
        self.worker.stop()
