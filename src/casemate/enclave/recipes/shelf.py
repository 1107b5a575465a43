"""Recipes at rest: sealed like outputs, opened by the check alone, never shown and never released."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from casemate.canonical import digest
from casemate.enclave.recipes.tables import RecipeRow
from casemate.enclave.tables import OutputRow
from casemate.errors import IntegrityFailure
from casemate.ids import new_id
from casemate.store.keys import Keyring
from casemate.store.vault import Vault


@dataclass(frozen=True)
class SealedRecipe:
    """A recipe that is in the vault but that no record names yet."""

    output: str
    blob: str
    wrapped_key: bytes
    digest: str


class RecipeShelf:
    """Seals the recipes of a run's outputs and opens them again."""

    def __init__(self, vault: Vault, keyring: Keyring) -> None:
        self._vault = vault
        self._keyring = keyring

    def seal(self, output: str, data: bytes) -> SealedRecipe:
        """Put the recipe of ``output`` in the vault under a key of its own; needs no transaction."""
        blob = new_id("recipe")
        key, wrapped = self._keyring.new_data_key(blob)
        self._vault.write_bytes(blob, data, key)
        return SealedRecipe(output, blob, wrapped, digest(data))

    def keep(self, tx: Session, recipes: Iterable[SealedRecipe]) -> None:
        """Record them, in the transaction that keeps their outputs (and enters those)."""
        tx.flush()  # the outputs first: a recipe is of one of them
        for one in recipes:
            tx.add(RecipeRow(**vars(one)))

    def discard(self, recipes: Iterable[SealedRecipe]) -> None:
        """Remove files that no record will ever name."""
        for one in recipes:
            self._vault.delete(one.blob)

    def of_run(self, tx: Session, run: str) -> dict[str, bytes]:
        """The recipe's bytes by output id. Raises ``IntegrityFailure`` where one was altered."""
        query = select(RecipeRow).join(OutputRow, OutputRow.id == RecipeRow.output)
        return {
            row.output: self._open(row) for row in tx.scalars(query.where(OutputRow.run == run))
        }

    def _open(self, row: RecipeRow) -> bytes:
        data = self._vault.read_bytes(row.blob, self._keyring.unwrap(row.wrapped_key, row.blob))
        if digest(data) != row.digest:
            raise IntegrityFailure(f"the recipe of output {row.output} was altered")
        return data
