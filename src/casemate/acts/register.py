"""The register of algorithms: entries, their versions, who reads them. Part of ``Platform``."""

from __future__ import annotations

from collections.abc import Sequence

from casemate.acts.part import Part
from casemate.register.keeping import KeptRecord, Register, Revision
from casemate.register.records import Record


class RegisterActs(Part):
    """The acts on the register."""

    register: Register

    def record_algorithm(self, actor: str, record: Record) -> KeptRecord:
        """Enter an algorithm of one's own organisation in the register."""
        with self._act(actor, "algorithm.record", self.facts.new_algorithm, actor) as tx:
            own = self.identity.account(tx, actor).organisation
            return self.register.enter(tx, actor, record, own)

    def revise_algorithm(
        self, actor: str, algorithm: str, record: Record, *, seen: int, reason: str
    ) -> KeptRecord:
        """The record's next version after ``seen``; ``Conflict`` where somebody else was first."""
        with self._act(actor, "algorithm.record", self.facts.algorithm, algorithm) as tx:
            return self.register.revise(tx, actor, algorithm, record, seen, reason)

    def algorithm(self, actor: str, algorithm: str, version: int | None = None) -> KeptRecord:
        """A version of an algorithm's record, the newest where none is named."""
        with self._look(actor, "algorithm.read", self.facts.algorithm, algorithm) as tx:
            return self.register.get(tx, algorithm, version)

    def algorithms(self, actor: str) -> Sequence[KeptRecord]:
        """The newest version of each record that ``actor`` may read."""
        with self._look(actor, "algorithm.list", self.facts.home) as tx:
            account = self._account(tx, actor)
            return [
                one
                for one in self.register.all(tx)
                if self.policies.is_allowed(
                    account, "algorithm.read", self.facts.algorithm(tx, one.algorithm)
                )
            ]

    def algorithm_history(self, actor: str, algorithm: str) -> Sequence[Revision]:
        """Every version of a record with what it changed, the newest first."""
        with self._look(actor, "algorithm.read", self.facts.algorithm, algorithm) as tx:
            return self.register.history(tx, algorithm)
