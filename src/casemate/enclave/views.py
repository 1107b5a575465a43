"""Protected views: the one place in the code where a published table is decrypted, for noisy answers and
for weighing a plan too.

A view is made from a ``Grant`` and nothing else: only the granted variables are decrypted, protection
is applied in memory under a pseudonym key of the permit's own, and what results is kept encrypted
under a data key of its own. It is made once a permit and dataset version; when the permit ends, its
key is destroyed and its file removed.
"""

import base64
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.access import Assessment, Grant, Permits
from casemate.canonical import canonical_json, digest
from casemate.catalogue import Catalogue, Dataset
from casemate.clock import Clock
from casemate.enclave.differencing.persons import Persons, persons_of
from casemate.enclave.guard import why_ended
from casemate.enclave.records import SYSTEM, View
from casemate.enclave.tables import ViewOriginRow, ViewRow
from casemate.errors import BadInput, IntegrityFailure, NotAllowed, NotFound
from casemate.ids import new_id
from casemate.ledger import Ledger
from casemate.protection import Plan, Protected, ProtectionReport, apply_plan, without_floats
from casemate.protection.certificate import Verified, certify_frames, verify
from casemate.store.keys import Keyring
from casemate.store.vault import Vault

CODEBOOK = "casemate.codebook"
"""The key of the codebook in the Parquet file's metadata."""


@dataclass(frozen=True)
class Draft:
    """A view that is in the vault but that no record names yet; worthless unless it is kept."""

    row: ViewRow
    origin: ViewOriginRow
    ledger_detail: dict[str, Any]


class Views:
    """Makes, reads and seals protected views."""

    def __init__(
        self,
        vault: Vault,
        keyring: Keyring,
        ledger: Ledger,
        permits: Permits,
        catalogue: Catalogue,
        clock: Clock,
    ) -> None:
        self._vault = vault
        self._keyring = keyring
        self._ledger = ledger
        self._permits = permits
        self._catalogue = catalogue
        self._clock = clock

    def open_view(self, tx: Session, grant: Grant) -> View:
        """The view that ``grant`` opens, made now unless it exists.

        Holds the transaction while protection runs (seconds on a large table); the workflow, which
        must not, calls ``source``, ``make`` and ``keep`` itself.
        """
        found = self.find(tx, grant)
        return found or self.keep(tx, self.make(self.source(tx, grant), grant))

    def find(self, tx: Session, grant: Grant) -> View | None:
        """The view that was made for this grant's permit and dataset version, if it is open."""
        _require_grant(grant)
        row = tx.scalar(select(ViewRow).where(ViewRow.slot == _slot(grant)))
        return None if row is None else _record(row)

    def source(self, tx: Session, grant: Grant) -> Dataset:
        """The dataset version that the grant names."""
        _require_grant(grant)
        return self._catalogue.get(tx, grant.scope.dataset, version=grant.scope.version)

    def make(self, source: Dataset, grant: Grant) -> Draft:
        """Decrypt the granted variables, protect them, and put the result in the vault.

        Needs no transaction. Raises ``NotFound`` where the dataset was retired and its key destroyed,
        ``BadInput`` where the plan does not fit the data, ``IntegrityFailure`` for a broken table.
        """
        _require_grant(grant)
        plan = Plan.from_dict(grant.scope.plan)
        _require_pseudonyms(plan, grant)
        frame = self.decrypt(source, grant)
        key = self._keyring.lasting(_pseudonym_key(grant.lineage))
        try:
            protected = apply_plan(frame, plan, list(grant.scope.variables), key)
        except BadInput as misfit:
            # Its message may quote a value of the raw data, and whoever runs would read it.
            raise BadInput(
                f"the protection plan of {grant.permit} does not fit the data of {source.id}: ask the "
                "authority for a permit with another plan"
            ) from misfit
        signer = self._keyring.signing_key("certificate")
        certificate = certify_frames(frame, plan, protected, signing_key=signer)
        persons = self._whose(source, frame, plan)
        return self._seal_in_vault(source, grant, protected, certificate, persons)

    def keep(self, tx: Session, draft: Draft) -> View:
        """Record the drafted view; gives the other one where another process was first.

        Raises ``NotAllowed`` where the permit has ended while the view was being made.
        """
        row = draft.row
        if self._catalogue.get(tx, row.dataset, version=row.version).wrapped_key is None:
            self._discard(draft)
            raise NotAllowed(f"no view is opened: {row.dataset} was retired meanwhile")
        if ended := why_ended(self._permits, tx, row.permit, self._clock):
            self._discard(draft)
            raise NotAllowed(f"no view is opened under permit {row.permit}: {ended}")
        try:
            with tx.begin_nested():
                tx.add(row)
        except IntegrityError:
            self._discard(draft)
            return _record(tx.scalars(select(ViewRow).where(ViewRow.slot == row.slot)).one())
        tx.add(draft.origin)
        self._ledger.append(
            tx, actor=SYSTEM, act="data.protected", subject=row.id, permit=row.permit,
            dataset=row.dataset, version=row.version, digest=row.digest, rows=row.rows,
            **draft.ledger_detail,
        )  # fmt: skip
        return _record(row)

    def parquet(self, tx: Session, view_id: str) -> bytes:
        """The view as Parquet, in memory only. Raises ``NotAllowed`` where its permit has ended,
        ``NotFound`` where it is sealed, ``IntegrityFailure`` where its bytes are not what was kept.
        """
        row = tx.get(ViewRow, view_id)
        if row is None:
            raise NotFound(f"there is no view {view_id}")
        if ended := why_ended(self._permits, tx, row.permit, self._clock):
            raise NotAllowed(f"view {view_id} is closed: {ended}")
        data = self._vault.read_bytes(row.blob, self._keyring.unwrap(row.wrapped_key, row.blob))
        if digest(data) != row.digest:
            raise IntegrityFailure(f"view {view_id} is not what protection made: do not use it")
        return data

    def codebook(self, tx: Session, view_id: str) -> dict[str, Any]:
        """What the view's columns mean; raises what ``parquet`` raises."""
        metadata = pl.read_parquet_metadata(io.BytesIO(self.parquet(tx, view_id)))
        book: dict[str, Any] = json.loads(metadata[CODEBOOK])
        return book

    def frame(self, tx: Session, view_id: str) -> pl.DataFrame:
        """The view as a data frame, in memory only; raises what ``parquet`` raises."""
        return pl.read_parquet(io.BytesIO(self.parquet(tx, view_id)))

    def origin(self, tx: Session, view_id: str) -> npt.NDArray[np.uint32]:
        """For each row of the view the row of the published table that it was made from: for the
        memory of releases alone. It never enters the sandbox, where it would undo the sorting.

        Raises ``NotFound`` where the view is sealed, or is older than this record of rows.
        """
        found = tx.get(ViewOriginRow, view_id)
        if found is None:
            raise NotFound(
                f"of view {view_id} it is not known which records its rows were made from"
            )
        return self._numbers(found)[: tx.get_one(ViewRow, view_id).rows]

    def persons(self, tx: Session, view_id: str) -> Persons | None:
        """For each record of the published table the number of the person that it is of; ``None`` where
        nobody has two, or nothing tells. Beside ``origin``, for trusted code alone; raises as it does.
        """
        found = tx.get(ViewOriginRow, view_id)
        if found is None:
            raise NotFound(f"of view {view_id} it is not known whose its rows are")
        numbers = self._numbers(found)[tx.get_one(ViewRow, view_id).rows :]
        return numbers if len(numbers) else None

    def _numbers(self, origin: ViewOriginRow) -> npt.NDArray[np.uint32]:
        key = self._keyring.unwrap(origin.wrapped_key, origin.blob)
        return np.frombuffer(self._vault.read_bytes(origin.blob, key), dtype="<u4")

    def get(self, tx: Session, view_id: str) -> View:
        """The view's record, without its data; raises ``NotFound``."""
        row = tx.get(ViewRow, view_id)
        if row is None:
            raise NotFound(f"there is no view {view_id}")
        return _record(row)

    def of_permit(self, tx: Session, permit_id: str) -> tuple[View, ...]:
        """All views ever made under a permit, open and sealed."""
        query = select(ViewRow).where(ViewRow.permit == permit_id).order_by(ViewRow.made_at)
        return tuple(_record(row) for row in tx.scalars(query))

    def seal_views(self, tx: Session, permit_id: str, *, actor: str = SYSTEM) -> int:
        """Destroy the keys of the permit's views, and remove their files once that is committed.

        Returns how many were open. A file that outlives a crash here is unreadable, and swept later.
        """
        query = select(ViewRow).where(ViewRow.permit == permit_id, ViewRow.slot.is_not(None))
        # A view that another transaction is sealing just now needs no second seal, nor a wait for it.
        locked = query.order_by(ViewRow.id).with_for_update(skip_locked=True)
        rows = tx.scalars(locked).all()
        of_views = ViewOriginRow.view.in_([row.id for row in rows])
        origins = tx.scalars(select(ViewOriginRow).where(of_views)).all()
        for row in rows:
            row.slot, row.wrapped_key, row.sealed_at = None, None, self._clock()
        for origin in origins:
            origin.wrapped_key = None
        tx.flush()
        for row in rows:
            self._ledger.append(
                tx, actor=actor, act="view.sealed", subject=row.id, permit=permit_id
            )
        self._delete_after_commit(tx, [*(row.blob for row in rows), *(row.blob for row in origins)])
        return len(rows)

    def seal_ended(self, tx: Session) -> int:
        """Seal the views of every permit that is no longer in force; returns how many."""
        open_permits = select(ViewRow.permit).where(ViewRow.slot.is_not(None)).distinct()
        return sum(
            self.seal_views(tx, permit)
            for permit in sorted(tx.scalars(open_permits))
            if not self._permits.may_continue(tx, permit)
        )

    def decrypt(self, source: Dataset, grant: Grant) -> pl.DataFrame:
        """The variables that ``grant`` names, as published: for protection and for noisy answers.

        Raises as ``make`` does."""
        _require_source(source, grant)
        key = self._keyring.unwrap(source.wrapped_key, source.blob)
        table = self._vault.read_table(source.blob, key, list(grant.scope.variables))
        return pl.DataFrame(table)

    def decrypt_for_assessment(self, source: Dataset, leave: Assessment) -> pl.DataFrame:
        """The variables that ``leave`` names, as published: for ``Assessments`` alone, which tells
        figures of them before a permit is decided on. Raises as ``make`` does."""
        if not isinstance(leave, Assessment):
            raise NotAllowed(
                "data are weighed with an Assessment of an application, and nothing else"
            )
        if (source.id, source.version) != (leave.dataset, leave.version):
            raise NotAllowed(f"the assessment is of {leave.dataset} version {leave.version}")
        key = self._keyring.unwrap(source.wrapped_key, source.blob)
        return pl.DataFrame(self._vault.read_table(source.blob, key, list(leave.variables)))

    def first_rows(
        self, source: Dataset, grant: Grant, variables: list[str], most: int
    ) -> pl.DataFrame:
        """The first rows of ``source`` as published, ``most`` of them: of open data alone.

        Raises as ``make`` does, and ``NotAllowed`` where what is granted is no open data."""
        _require_source(source, grant)
        if not source.is_open:
            raise NotAllowed(f"{source.id} is not open data: nobody is shown rows of it")
        key = self._keyring.unwrap(source.wrapped_key, source.blob)
        granted = [name for name in variables if name in grant.scope.variables]
        return pl.DataFrame(self._vault.first_rows(source.blob, key, granted, most))

    def columns(self, source: Dataset, grant: Grant) -> dict[str, pl.DataType]:
        """The names and types of all columns, of which the catalogue tells anyone; no value is read."""
        _require_source(source, grant)
        key = self._keyring.unwrap(source.wrapped_key, source.blob)
        schema = self._vault.table_schema(source.blob, key)
        return dict(pl.DataFrame(schema.empty_table()).schema)

    def verify(self, tx: Session, view_id: str) -> Verified:
        """Recompute every claim of the view's certificate from the view itself.

        Raises ``IntegrityFailure`` naming the first that does not hold, and what ``parquet`` raises.
        """
        certificate = self.get(tx, view_id).certificate
        signed = certificate.get("signature", {}).get("public_key")
        keys = self._keyring.public_keys("certificate")
        by = {base64.b64encode(key.public_bytes_raw()).decode(): key for key in keys}
        return verify(self.frame(tx, view_id), certificate, by.get(signed, keys[0]))

    def lasting_keys(self, tx: Session) -> list[str]:
        """The labels of keys that have to outlive the master key: of pseudonyms that were made."""
        permits = tx.scalars(select(ViewRow.permit).distinct())
        return sorted({_pseudonym_key(self._permits.get(tx, one).lineage) for one in permits})

    def _whose(self, source: Dataset, frame: pl.DataFrame, plan: Plan) -> Persons | None:
        """Whose each published record is: by the variable that the description names, else by the one
        that the plan pseudonymises; of several, the one that names the fewest (the careful assumption).

        The named variable is read even where the permit does not give it: numbers are kept, no values,
        and where the program's view lies they never come.
        """
        if (name := source.description.person) is not None and name not in frame.columns:
            key = self._keyring.unwrap(source.wrapped_key, source.blob)
            frame = pl.DataFrame(self._vault.read_table(source.blob, key, [name]))
        names = [name] if name is not None else sorted(plan.pseudonymise)
        numbered = [persons_of(frame[one].cast(pl.String).to_list()) for one in names]
        known = [one for one in numbered if one is not None]
        return min(known, key=lambda one: int(one.max()), default=None)

    def _seal_in_vault(
        self, source: Dataset, grant: Grant, protected: Protected, certificate: dict[str, Any],
        persons: Persons | None,
    ) -> Draft:  # fmt: skip
        buffer = io.BytesIO()
        book = canonical_json(codebook(source, protected.report)).decode()
        protected.frame.write_parquet(buffer, metadata={CODEBOOK: book})
        data, blob = buffer.getvalue(), new_id("view")
        key, wrapped = self._keyring.new_data_key(blob)
        self._vault.write_bytes(blob, data, key)
        report = without_floats(protected.report.to_dict())
        del report["codebook"]  # its labels may be values: they stay in the encrypted file
        row = ViewRow(
            id=blob, permit=grant.permit, dataset=source.id, version=source.version,
            slot=_slot(grant), blob=blob, wrapped_key=wrapped, digest=digest(data),
            rows=protected.frame.height, report=report, certificate=certificate,
            made_at=self._clock(),
        )  # fmt: skip
        origin = self._sealed_origin(blob, protected, persons)
        return Draft(row, origin, _ledger_detail(protected.report))

    def _sealed_origin(
        self, view_id: str, protected: Protected, persons: Persons | None
    ) -> ViewOriginRow:
        """The records of the view's rows; after them, where some have several, whose each record is."""
        blob = new_id("origin")
        key, wrapped = self._keyring.new_data_key(blob)
        numbers = [protected.source_rows, *([] if persons is None else [persons])]
        data = b"".join(one.astype("<u4").tobytes() for one in numbers)
        self._vault.write_bytes(blob, data, key)
        return ViewOriginRow(view=view_id, blob=blob, wrapped_key=wrapped)

    def _discard(self, draft: Draft) -> None:
        self._vault.delete(draft.row.blob)
        self._vault.delete(draft.origin.blob)

    def _delete_after_commit(self, tx: Session, blobs: Iterable[str]) -> None:
        names = tuple(blobs)

        def delete(session: Session) -> None:
            if session.in_nested_transaction():
                return  # only a savepoint: the transaction may still be undone
            for name in names:
                self._vault.delete(name)

        if names:
            event.listen(tx, "after_commit", delete)


def codebook(source: Dataset, report: ProtectionReport) -> dict[str, Any]:
    """What each column of a view means: the holder's words on it, and how it was protected.

    Of a generalised variable it lists the labels that the protected table holds, with the bounds of
    bands; so it is as confidential as the view, and lives and ends with it.
    """
    entries = {entry.variable: entry.to_dict() for entry in report.codebook}
    described = {variable.name: variable for variable in source.variables}
    return {
        "dataset": source.id,
        "version": source.version,
        "variables": [
            {
                "name": name,
                "type": described[name].type,
                "label": dict(described[name].label),
                "unit": described[name].unit,
                "codes": {code: dict(label) for code, label in described[name].codes.items()},
                "pseudonym": name in report.pseudonymised,
                "generalised": entries.get(name),
            }
            for name in report.variables
        ],
    }


def _ledger_detail(report: ProtectionReport) -> dict[str, Any]:
    return {
        "variables": sorted(report.variables),
        "plan": report.plan_digest,
        "models": list(report.models),
        "k": report.risk_after.smallest_class,
        "suppressed": report.suppressed,
        "raw": report.input_digest,
        "protected": report.output_digest,
    }


def _require_pseudonyms(plan: Plan, grant: Grant) -> None:
    if bare := sorted(set(grant.scope.pseudonyms) - set(plan.pseudonymise)):
        raise NotAllowed(
            f"permit {grant.permit} gives {bare[0]!r} as a pseudonym only, and its plan makes none"
        )


def _require_source(source: Dataset, grant: Grant) -> None:
    _require_grant(grant)
    if (source.id, source.version) != (grant.scope.dataset, grant.scope.version):
        raise NotAllowed(f"the grant is for {grant.scope.dataset} version {grant.scope.version}")


def _require_grant(grant: Grant) -> None:
    if not isinstance(grant, Grant):
        raise NotAllowed("data are opened with a Grant from the permit check, and nothing else")


def _slot(grant: Grant) -> str:
    return f"{grant.permit}/{grant.scope.dataset}/{grant.scope.version}"


def _record(row: ViewRow) -> View:
    return View(
        id=row.id, permit=row.permit, dataset=row.dataset, version=row.version, digest=row.digest,
        rows=row.rows, report=row.report, certificate=row.certificate, made_at=row.made_at,
        sealed_at=row.sealed_at,
    )  # fmt: skip


def _pseudonym_key(lineage: str) -> str:
    return f"pseudonym/{lineage}"
