"""Which collections of texts a home has, and the digest of what was loaded last.

The texts are open data: their licence is their standing permit. Whoever reads them reads what the ledger
knows: a library whose digest is another was changed past it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casemate.clock import Clock
from casemate.errors import BadInput, NotFound
from casemate.knowledge.documents import LibraryState
from casemate.knowledge.tables import CorpusRow
from casemate.ledger import Ledger

_NOBODY = "public"
"""The actor on the ledger of what anyone may do: who asked is not recorded."""
_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")


@dataclass(frozen=True)
class KeptCorpus:
    """A collection of texts as it was last loaded."""

    name: str
    organisation: str
    digest: str
    works: int
    versions: int
    provisions: int
    texts: int
    languages: tuple[str, ...]
    licences: tuple[str, ...]
    loaded_by: str
    loaded_at: datetime
    index: str
    """Digest of the index that was built last; empty where none was, or the texts are newer."""
    citations: str = ""
    """Digest of the graph of citations, likewise."""


class Corpora:
    """The collections of one home."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def keep(
        self, tx: Session, actor: str, organisation: str, name: str, state: LibraryState
    ) -> KeptCorpus:
        """Record what ``name`` holds by now; the same again is no new entry on the ledger."""
        require_name(name)
        row = tx.get(CorpusRow, name)
        if row is not None and row.digest == state.digest:
            return _kept(row)
        if row is None:
            row = CorpusRow(name=name, organisation=organisation)
            tx.add(row)
        row.digest, row.held, row.index = state.digest, _held(state), ""
        row.loaded_by, row.loaded_at = actor, self._clock()
        self._ledger.append(
            tx, actor=actor, act="corpus.loaded", subject=name, digest=state.digest,
            works=state.works, versions=state.versions, provisions=state.provisions,
        )  # fmt: skip
        return _kept(row)

    def index(self, tx: Session, actor: str, name: str, index: str) -> None:
        """Record that ``index`` was built of the texts as they are."""
        row = tx.get(CorpusRow, name)
        if row is None:
            raise NotFound(f"there is no collection of texts {name!r}: load one first")
        if row.index == index:
            return
        row.index = index
        self._ledger.append(
            tx, actor=actor, act="corpus.indexed", subject=name, digest=row.digest, index=index
        )

    def cite(self, tx: Session, actor: str, name: str, citations: str) -> None:
        """Record that the graph of citations was built of the texts as they are."""
        row = tx.get(CorpusRow, name)
        if row is None:
            raise NotFound(f"there is no collection of texts {name!r}: load one first")
        if row.held.get("citations") == citations:
            return
        row.held = {**row.held, "citations": citations}
        self._ledger.append(
            tx,
            actor=actor,
            act="corpus.linked",
            subject=name,
            digest=row.digest,
            citations=citations,
        )

    def note_answer(self, tx: Session, name: str, receipt: str) -> None:
        """Record that an answer with a receipt of this digest was given: no question, and nobody's name."""
        self._ledger.append(tx, actor=_NOBODY, act="corpus.answered", subject=name, receipt=receipt)

    def get(self, tx: Session, name: str) -> KeptCorpus:
        """The collection called ``name``; raises ``NotFound``."""
        row = tx.get(CorpusRow, name)
        if row is None:
            raise NotFound(f"there is no collection of texts {name!r}: load one first")
        return _kept(row)

    def find(self, tx: Session, name: str) -> KeptCorpus | None:
        """The collection called ``name``, if there is one."""
        row = tx.get(CorpusRow, name)
        return None if row is None else _kept(row)

    def all(self, tx: Session) -> Sequence[KeptCorpus]:
        """Every collection, by name."""
        return [_kept(row) for row in tx.scalars(select(CorpusRow).order_by(CorpusRow.name))]


def require_name(name: str) -> None:
    """Raise ``BadInput`` for a name that is no name of a folder."""
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"{name!r} is no name of a collection: use small letters, digits and hyphens, from a letter on"
        )


def _held(state: LibraryState) -> dict[str, Any]:
    return {
        "works": state.works,
        "versions": state.versions,
        "provisions": state.provisions,
        "texts": state.texts,
        "languages": list(state.languages),
        "licences": list(state.licences),
    }


def _kept(row: CorpusRow) -> KeptCorpus:
    held = row.held
    return KeptCorpus(
        name=row.name,
        organisation=row.organisation,
        digest=row.digest,
        works=held["works"],
        versions=held["versions"],
        provisions=held["provisions"],
        texts=held["texts"],
        languages=tuple(held["languages"]),
        licences=tuple(held["licences"]),
        loaded_by=row.loaded_by,
        loaded_at=row.loaded_at,
        index=row.index,
        citations=held.get("citations", ""),
    )
