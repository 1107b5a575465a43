"""What a crash leaves between vault and database, and how it goes."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from casemate.enclave.differencing.tables import PersonsRow, StatementsRow
from casemate.enclave.recipes.tables import RecipeRow
from casemate.enclave.tables import OriginalRow, OutputRow, RunRow, ViewOriginRow, ViewRow
from casemate.store.vault import Vault

PREFIXES = ("view-", "origin-", "script-", "output-", "recipe-", "statements-", "persons-")
GRACE_SECONDS = 3600.0
"""A file is written before the transaction that names it commits; younger ones are left alone."""


def known_blobs(tx: Session) -> set[str]:
    """The vault files that the enclave's records name."""
    queries = (
        select(ViewRow.blob).where(ViewRow.wrapped_key.is_not(None)),
        select(ViewOriginRow.blob).where(ViewOriginRow.wrapped_key.is_not(None)),
        select(StatementsRow.blob),
        select(PersonsRow.blob),
        select(RunRow.script_blob),
        select(OutputRow.blob),
        select(OriginalRow.blob),
        select(RecipeRow.blob),
    )
    return {name for query in queries for name in tx.scalars(query)}


def sweep_blobs(tx: Session, vault: Vault, *, grace: float = GRACE_SECONDS) -> list[str]:
    """Remove the enclave's vault files that no record names and that are older than ``grace`` seconds.

    Gives their names. They were never part of any act, so no entry speaks of them.
    """
    known = known_blobs(tx)
    return [name for prefix in PREFIXES for name in vault.sweep(prefix, known, grace=grace)]
