"""The register of algorithms: entries, their versions, who reads them. Part of ``Platform``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.orm import Session

from casemate.access.policies import Resource
from casemate.acts.part import Part
from casemate.errors import NotFound
from casemate.register import search
from casemate.register.embargo import Section
from casemate.register.keeping import KeptRecord, Register, Revision
from casemate.register.records import Record
from casemate.register.search import AlgorithmPage, Group, Place, WantedAlgorithms

if TYPE_CHECKING:
    from casemate.register.exports import Export


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
        with self._changing(actor, "algorithm.record", algorithm) as tx:
            return self.register.revise(tx, actor, algorithm, record, seen, reason)

    def publish_algorithm(self, actor: str, algorithm: str, reason: str) -> KeptRecord:
        """Let everyone see the newest version of an entry of one's own organisation.

        Raises ``BadInput`` where it lacks something of the house's minimum, or the law keeps it from the
        public (AI Act Art. 49(4), (5)).
        """
        with self._changing(actor, "algorithm.publish", algorithm) as tx:
            self._before_publication(tx, algorithm)
            return self.register.publish(tx, actor, algorithm, reason)

    def _before_publication(self, tx: Session, algorithm: str) -> None:
        """Asked in the transaction that publishes; raises ``NotAllowed`` to keep the entry back."""

    def withdraw_algorithm(self, actor: str, algorithm: str, reason: str) -> KeptRecord:
        """Take an entry of one's own organisation from the public's sight; its versions stay kept."""
        with self._changing(actor, "algorithm.publish", algorithm) as tx:
            return self.register.withdraw(tx, actor, algorithm, reason)

    def algorithm(
        self, actor: str | None, algorithm: str, version: int | None = None
    ) -> KeptRecord:
        """A version of an algorithm's record; where none is named, the newest for those who read it.

        Everybody else gets published versions alone, where none is named the one that is published now.
        """
        if not self._reads(actor, algorithm):
            with self.store.read() as tx:
                newest = self._published(tx, algorithm)
                shown = newest.version if version is None else version
                if shown not in self.register.published_versions(tx, algorithm):
                    raise NotFound(f"there is no algorithm {algorithm!r} with a version {version}")
                return self.register.get(tx, algorithm, shown)
        with self._reading(actor, algorithm) as tx:
            return self.register.get(tx, algorithm, version)

    def _reads(self, actor: str | None, algorithm: str) -> bool:
        """Whether ``actor`` is shown what is kept; else what is published, where that is anything."""
        if actor is None:
            return False
        with self.store.read() as tx:
            facts = self.facts.algorithm(tx, algorithm)
            account = self._account(tx, actor)
            return self.policies.is_allowed(
                account, "algorithm.read", facts
            ) or not self.policies.is_allowed(account, "algorithm.view", facts)

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

    def search_algorithms(
        self,
        actor: str | None,
        text: str = "",
        *,
        organisation: Sequence[str] = (),
        ai_act_class: Sequence[str] = (),
        status: Sequence[str] = (),
        complete: Sequence[str] = (),
        after: Place | None = None,
        limit: int = 20,
    ) -> AlgorithmPage:
        """A page of what ``actor`` (``None``: the public) may read that has the words of ``text``.

        Those found by their name come first, then by name; ``after`` is where the page before ended. Of a
        filter that is given several values any will do; of ``complete``, every standard must be.
        """
        wanted = WantedAlgorithms(text, organisation, ai_act_class, status, complete)
        with self._look(actor, "algorithm.list", self.facts.home) as tx:
            readable = self._readable(tx, actor)
            return search.search(tx, wanted, readable, after=after, limit=limit)

    def _readable(self, tx: Session, actor: str | None) -> list[Group]:
        """Whose records ``actor`` reads in their newest version: the policies are asked once a group, since
        nothing else tells records apart for them."""
        if actor is None:
            return []
        account, found = self._account(tx, actor), []
        for organisation, section in search.groups(tx):
            facts = {"organisation": organisation, "section": section, "published": False}
            resource = Resource("algorithm", "any", facts)
            if self.policies.is_allowed(account, "algorithm.read", resource):
                found.append((organisation, section))
        return found

    def algorithm_history(self, actor: str | None, algorithm: str) -> Sequence[Revision]:
        """Every version of a record with what it changed, the newest first; for those who do not read what
        is kept, the published ones."""
        if not self._reads(actor, algorithm):
            return self.public_algorithm_history(algorithm)
        with self._reading(actor, algorithm) as tx:
            return self.register.history(tx, algorithm)

    def public_algorithms(self) -> Sequence[KeptRecord]:
        """The published version of every entry that is public, by name, for anyone."""
        with self.store.read() as tx:
            return [
                one for one in self.register.published(tx) if self._is_public(tx, one.algorithm)
            ]

    def public_algorithm(self, algorithm: str) -> KeptRecord:
        """The published version of an entry, for anyone.

        Raises ``NotFound`` alike for what does not exist, is not published, and what the law keeps from the
        public: nobody learns which.
        """
        with self.store.read() as tx:
            return self._published(tx, algorithm)

    def public_algorithm_history(self, algorithm: str) -> Sequence[Revision]:
        """The published versions of an entry with what each changed, the newest first; for anyone."""
        with self.store.read() as tx:
            self._published(tx, algorithm)
            return self.register.published_history(tx, algorithm)

    def export_algorithm(
        self, actor: str | None, algorithm: str, standard: str, *, language: str | None = None
    ) -> Export:
        """The version of an entry that ``actor`` reads in the form of another register, with what it lacks.

        ``language`` is the one that most of its texts are in, if not given. An entry of the section
        that is not public has the fewer fields of AI Act Art. 49(4).
        """
        from casemate.register.exports import export

        kept = self.algorithm(actor, algorithm)
        with self.store.read() as tx:
            section = self.register.standing(tx, algorithm).section
            known = self._known_for_exports(tx, kept)
            return export(kept.record, standard, known, language=language, section=section)

    def _known_for_exports(self, tx: Session, kept: KeptRecord) -> dict[str, Any]:
        """What the platform says by itself in an export, by name."""
        tests = [one for one in ("dpia_summary", "fria_summary") if one in kept.record.told]
        published = self.register.published_on(tx, kept.algorithm)
        found = {
            "@algorithm": kept.algorithm,
            "@uuid": str(uuid5(NAMESPACE_URL, f"{self.ledger.origin}/{kept.algorithm}")),
            "@changed_on": kept.kept_at.date().isoformat(),
            "@impact_tests": tests,
        }
        return found | ({} if published is None else {"@published_on": published.isoformat()})

    # ── who may know that there is an entry ──────────────────────────────────────────────────────

    def _published(self, tx: Session, algorithm: str) -> KeptRecord:
        newest = self.register.get(tx, algorithm)
        if newest.published is None or not self._is_public(tx, algorithm):
            raise _no_such(algorithm)
        return self.register.get(tx, algorithm, newest.published)

    def _is_public(self, tx: Session, algorithm: str) -> bool:
        return self.policies.is_allowed(None, "algorithm.view", self.facts.algorithm(tx, algorithm))

    @contextmanager
    def _reading(self, actor: str | None, algorithm: str) -> Iterator[Session]:
        self._require_known(actor, algorithm)
        with self._look(actor, "algorithm.read", self.facts.algorithm, algorithm) as tx:
            yield tx

    @contextmanager
    def _changing(self, actor: str, action: str, algorithm: str) -> Iterator[Session]:
        self._require_known(actor, algorithm)
        with self._act(actor, action, self.facts.algorithm, algorithm) as tx:
            yield tx

    def _require_known(self, actor: str | None, algorithm: str) -> None:
        """Raise ``NotFound`` for an entry that ``actor`` may not know of, as for one that is not there.

        No refusal is recorded either: on a ledger that all may read, it would tell the two apart.
        """
        with self.store.read() as tx:
            facts = self.facts.algorithm(tx, algorithm)
            if facts.attrs["section"] == Section.PUBLIC.value:
                return
            if not self.policies.is_allowed(self._account(tx, actor), "algorithm.read", facts):
                raise _no_such(algorithm)


def _no_such(algorithm: str) -> NotFound:
    return NotFound(f"there is no algorithm {algorithm!r}")
