"""Runs and the register: an entry at the first run, complete before a release. Part of ``Platform``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from casemate.acts.register import RegisterActs
from casemate.errors import BadInput
from casemate.register.keeping import KeptRecord
from casemate.register.programs import Handed, Programs, drafted
from casemate.register.records import Record, read_record
from casemate.register.release import EntryIncomplete, require_complete

if TYPE_CHECKING:
    from casemate.enclave import Enclave, Output, Run

CONTACT = {
    "en": "{organisation}, by the feedback on this entry",
    "fr": "{organisation}, par les remarques sur cette fiche",
    "de": "{organisation}, über die Rückmeldung zu diesem Eintrag",
    "lb": "{organisation}, iwwer d'Réckmeldung zu dësem Antrag",
}
"""How an organisation is reached about an entry that names nothing else: by its page in the register."""

REQUEST: Mapping[str, Any] = {
    "short_description": {
        "en": "A data request: tables that the platform's own code counts.",
        "fr": "Une demande de données : des tableaux que le code de la plateforme compte lui-même.",
        "de": "Eine Datenanfrage: Tabellen, die der Code der Plattform selbst zählt.",
        "lb": "Eng Donnéeufro: Tabellen, déi de Code vun der Plattform selwer zielt.",
    },
    "publication_category": "other",
    "ai_act_class": "out_of_scope",
}
"""What the platform knows of a data request, whose rules are its own (AI Act Art. 3(1), Recital 12)."""


class ProgramActs(RegisterActs):
    """What the register is told by runs, and holds back of them."""

    programs: Programs

    if TYPE_CHECKING:

        @property
        def enclave(self) -> Enclave: ...

    def revise_algorithm(
        self, actor: str, algorithm: str, record: Record, *, seen: int, reason: str
    ) -> KeptRecord:
        """The record's next version after ``seen``; ``Conflict`` where somebody else was first.

        What the machine kept back of its runs, for want of an entry that is complete by now, leaves.
        """
        kept = super().revise_algorithm(actor, algorithm, record, seen=seen, reason=reason)
        self._release_held((algorithm,))
        return kept

    def algorithm_of_run(self, actor: str, run: str) -> KeptRecord | None:
        """The entry that ``run`` belongs to; ``None`` for a run from before runs had entries, and where
        ``actor`` may read the run and not the entry."""
        with self._look(actor, "run.read", self.facts.run, run) as tx:
            algorithm = self.programs.of_run(tx, run)
            if algorithm is None:
                return None
            facts, account = self.facts.algorithm(tx, algorithm), self._account(tx, actor)
            readable = self.policies.is_allowed(account, "algorithm.read", facts)
            return self.register.get(tx, algorithm) if readable else None

    def enter_run(
        self,
        actor: str,
        run: str,
        *,
        algorithm: str | None = None,
        entry: Mapping[str, Any] | None = None,
    ) -> KeptRecord:
        """Give a run from before runs had entries its entry in the register; see ``run``."""
        told = read_record(entry or {})
        if algorithm is not None:
            self._require_known(actor, algorithm)
        with self._act(actor, "algorithm.record", self.facts.algorithm_of_run, run) as tx:
            kept = self._enter_run_of(tx, actor, self.enclave.runs.get(tx, run), told, algorithm)
        if kept is None:
            raise BadInput(
                f"{run} measured a model: what it measured has the entry, not the measuring"
            )
        self._release_held((kept.algorithm,))
        return kept

    def _enter_run_of(
        self, tx: Session, actor: str, run: Run, told: Record, algorithm: str | None
    ) -> KeptRecord | None:
        """Attach ``run`` to its entry, in the transaction of its acceptance.

        ``None`` where a model is tried, which runs no program but our own.
        """
        from casemate.enclave.kinds import kind_of

        kind = kind_of(run.filename)
        if kind == "evaluation":
            return None
        if algorithm is not None:
            self.policies.require(
                self._account(tx, actor), "algorithm.record", self.facts.algorithm(tx, algorithm)
            )
        own = self.identity.account(tx, run.submitted_by).organisation
        named = self.identity.organisation(tx, own).name
        contact = {language: text.format(organisation=named) for language, text in CONTACT.items()}
        name = PurePosixPath(run.filename).stem or run.filename
        known = drafted(name, named, contact, run.submitted_at.date().isoformat())
        if kind == "request":
            known = Record({**known.told, **REQUEST})
        handed = Handed(run.id, actor, own, run.script_digest)
        return self.programs.attach(tx, handed, known, told, algorithm)

    def _require_entry(self, tx: Session, output: Output, run: Run, _data: bytes) -> None:
        """Asked last before an output leaves: raises ``EntryIncomplete``."""
        from casemate.enclave.kinds import kind_of

        if kind_of(run.filename) == "evaluation":
            return
        algorithm = self.programs.of_run(tx, run.id)
        if algorithm is None:
            raise EntryIncomplete(
                f"output {output.id} is held: {run.id} has no entry in the register, which its people make "
                f"with `casemate register enter-run {run.id}`"
            )
        require_complete(self.register.get(tx, algorithm), f"output {output.id}")

    def _release_held(self, algorithms: Iterable[str]) -> None:
        """Let the machine release what it kept back for want of an entry that is complete by now.

        Each run in a transaction of its own, since a run's row is locked before the ledger's.
        """
        with self.store.read() as tx:
            waiting = [
                one.run
                for algorithm in algorithms
                for one in self.programs.runs(tx, algorithm)
                if self.enclave.is_kept_back(tx, one.run)
            ]
        for run in waiting:
            with self.store.transaction() as tx:
                self.enclave.settle_again(tx, run)
