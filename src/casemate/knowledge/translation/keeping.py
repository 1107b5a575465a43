"""The digest of each collection's translation memory and termbase, as they were built last.

Whoever reads them reads what the ledger knows: a file that was changed past it is not read.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from casemate.clock import Clock
from casemate.knowledge.tables import TranslationMemoryRow
from casemate.knowledge.translation.memory import MemoryState
from casemate.ledger import Ledger


@dataclass(frozen=True)
class KeptMemory:
    """A translation memory with its termbase.

    ``texts`` is the digest of the texts that were aligned last, empty where files brought all there is;
    ``stale`` tells that the texts have changed since.
    """

    corpus: str
    digest: str
    terms_digest: str
    texts: str
    units: int
    brought: int
    terms: int
    brought_digest: str
    built_by: str
    built_at: datetime
    stale: bool = False


class TranslationMemories:
    """The translation memories of one home."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def keep(
        self,
        tx: Session,
        actor: str,
        corpus: str,
        texts: str | None,
        state: MemoryState,
        terms: tuple[int, str],
        *,
        brought: tuple[int, str] | None = None,
    ) -> KeptMemory:
        """Record what is held by now; the same again is no new entry on the ledger.

        ``texts`` is the digest of the texts where they were just aligned; else what it was stays.
        ``terms`` are how many there are and their digest; ``brought`` how many pairs a file brought, and
        the digest of that file, where one was just imported.
        """
        row = tx.get(TranslationMemoryRow, corpus)
        count, terms_digest = terms
        if texts is None:
            texts = row.texts if row is not None else ""
        now = (state.digest, terms_digest, texts)
        if row is not None and (row.digest, row.terms_digest, row.texts) == now and not brought:
            return _kept(row)
        if row is None:
            row = TranslationMemoryRow(corpus=corpus)
            tx.add(row)
        row.digest, row.terms_digest, row.texts = now
        row.held = {
            "units": state.units, "brought": state.brought, "terms": count,
            "brought_digest": state.brought_digest,
        }  # fmt: skip
        row.built_by, row.built_at = actor, self._clock()
        act = "memory.built" if brought is None else "memory.imported"
        more = {} if brought is None else {"pairs": brought[0], "file": brought[1]}
        self._ledger.append(
            tx, actor=actor, act=act, subject=corpus, digest=state.digest, terms=terms_digest,
            units=state.units, **more,
        )  # fmt: skip
        return _kept(row)

    def find(self, tx: Session, corpus: str, texts: str = "") -> KeptMemory | None:
        """The memory of ``corpus``, if there is one; ``texts`` is the digest of the texts as they are."""
        row = tx.get(TranslationMemoryRow, corpus)
        if row is None:
            return None
        return replace(_kept(row), stale=bool(texts and row.texts and row.texts != texts))


def _kept(row: TranslationMemoryRow) -> KeptMemory:
    return KeptMemory(
        corpus=row.corpus,
        digest=row.digest,
        terms_digest=row.terms_digest,
        texts=row.texts,
        units=row.held["units"],
        brought=row.held["brought"],
        terms=row.held["terms"],
        brought_digest=row.held["brought_digest"],
        built_by=row.built_by,
        built_at=row.built_at,
    )
