"""The catalogue: datasets are published, found, versioned and retired here. It never reads one.

Publishing has two halves. ``stage`` does the work that takes time (fit, profile, assess, encrypt)
and needs no transaction; ``record`` writes the rows and the ledger entry. ``publish`` is both. The
encrypted file is whole on disk before a row names it, so a crash leaves at worst a file that no row
names, which the vault's sweep removes (``blobs`` tells what to keep).
"""

import builtins
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import CursorResult, Update, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.canonical import digest
from casemate.catalogue import dcat
from casemate.catalogue.content import batches, conform, content_digest, type_of
from casemate.catalogue.description import DatasetDescription
from casemate.catalogue.kinship import similar
from casemate.catalogue.lineage import Step, steps
from casemate.catalogue.profile import profile_table
from casemate.catalogue.quality import assess_quality
from casemate.catalogue.records import Dataset, DatasetState, Hit, SearchPage, variables_of
from casemate.catalogue.search import Chosen, Sort, search
from casemate.catalogue.tables import DatasetRow, DatasetVersionRow, EntryRow
from casemate.catalogue.words import column_words
from casemate.clock import Clock
from casemate.errors import BadInput, Conflict, NotAllowed, NotFound
from casemate.ids import new_id
from casemate.ledger import Ledger
from casemate.store.keys import Keyring
from casemate.store.vault import Vault


@dataclass(frozen=True)
class Staged:
    """A table in the vault that no row names yet: give it to ``record``, or to ``discard``."""

    description: DatasetDescription
    columns: list[list[str]]
    rows: int
    digest: str
    blob: str
    size: int
    wrapped_key: bytes = field(repr=False)
    profile: dict[str, Any] = field(repr=False)
    quality: dict[str, Any] = field(repr=False)
    risk: dict[str, Any] = field(repr=False)


class Catalogue:
    """All datasets of a home. The methods take an open transaction and give back records."""

    def __init__(self, ledger: Ledger, clock: Clock, vault: Vault, keyring: Keyring) -> None:
        self._ledger = ledger
        self._clock = clock
        self._vault = vault
        self._keyring = keyring

    def publish(
        self,
        tx: Session,
        actor: str,
        description: DatasetDescription,
        frame: pl.DataFrame,
        *,
        holder: str,
        risk: dict[str, Any] | None = None,
        expected_version: int | None = None,
    ) -> Dataset:
        """Publish ``frame`` as a new dataset, or as the next version where ``holder`` has it already.

        ``risk`` is the re-identification risk of the raw table as the protection room measured it.
        With ``expected_version`` (0: none yet) it is refused if somebody published in between.
        Raises ``BadInput`` where description and data do not fit, ``NotAllowed`` where the id is
        another holder's, ``Conflict`` where these data are published already, the dataset is retired
        or another publisher was first, ``Unavailable`` where the disk is full.
        """
        self._check_may_follow(tx, description.id, holder, expected_version)
        staged = self.stage(description, frame, risk=risk)
        try:
            return self.record(tx, actor, staged, holder=holder, expected_version=expected_version)
        except BaseException:
            self.discard(staged)
            raise

    def stage(
        self,
        description: DatasetDescription,
        frame: pl.DataFrame,
        *,
        risk: dict[str, Any] | None = None,
    ) -> Staged:
        """Everything but the rows: the table fitted, profiled, assessed and encrypted in the vault."""
        frame = conform(frame, description)
        blob = new_id("table")
        key, wrapped = self._keyring.new_data_key(blob)
        facts = Staged(
            description=description,
            columns=columns_of(frame),
            rows=frame.height,
            digest=content_digest(frame),
            blob=blob,
            size=0,
            wrapped_key=wrapped,
            profile=profile_table(frame, description),
            quality=assess_quality(frame, description),
            risk=risk or {},
        )
        schema, stream = batches(frame)
        size = self._vault.write_table(blob, stream, schema, key)
        return _with_size(facts, size)

    def discard(self, staged: Staged) -> None:
        """Remove what ``stage`` wrote."""
        self._vault.delete(staged.blob)

    def record(
        self,
        tx: Session,
        actor: str,
        staged: Staged,
        *,
        holder: str,
        expected_version: int | None = None,
    ) -> Dataset:
        """Enter what was staged; raises as ``publish`` does."""
        dataset_id = staged.description.id
        current = self._check_may_follow(tx, dataset_id, holder, expected_version)
        self._check_is_new_content(tx, dataset_id, staged.digest)
        now = self._clock()
        version = self._take_version(tx, dataset_id, holder, current, now)
        tx.add(self._version_row(staged, version, actor, now))
        self._enter_for_search(tx, staged, version, holder)
        _flush(tx, dataset_id)
        self._ledger.append(
            tx,
            actor=actor,
            act="dataset.published",
            subject=dataset_id,
            version=version,
            holder=holder,
            digest=staged.digest,
            rows=staged.rows,
            variables=len(staged.columns),
            blob=staged.blob,
        )
        return self.get(tx, dataset_id, version)

    def get(self, tx: Session, dataset_id: str, version: int | None = None) -> Dataset:
        """The dataset, in its newest version or the one asked for; raises ``NotFound``."""
        row = tx.get(DatasetRow, dataset_id)
        if row is None:
            raise NotFound(f"there is no dataset {dataset_id!r}: `casemate dataset list` shows all")
        wanted = row.version if version is None else version
        found = tx.get(DatasetVersionRow, (dataset_id, wanted))
        if found is None:
            raise NotFound(
                f"the dataset {dataset_id!r} has no version {wanted}; its newest is {row.version}"
            )
        return _record(row, found)

    def list(
        self, tx: Session, *, holder: str | None = None, include_retired: bool = False
    ) -> tuple[Dataset, ...]:
        """The newest version of every dataset by id, retired ones only where asked for."""
        query = (
            select(DatasetRow, DatasetVersionRow)
            .join(
                DatasetVersionRow,
                (DatasetVersionRow.dataset_id == DatasetRow.id)
                & (DatasetVersionRow.version == DatasetRow.version),
            )
            .order_by(DatasetRow.id)
        )
        if holder is not None:
            query = query.where(DatasetRow.holder == holder)
        if not include_retired:
            query = query.where(DatasetRow.state == DatasetState.PUBLISHED)
        return tuple(_record(row, version) for row, version in tx.execute(query))

    def search(
        self,
        tx: Session,
        text: str = "",
        *,
        theme: Chosen = None,
        holder: Chosen = None,
        access_right: Chosen = None,
        regime: Chosen = None,
        sort: Sort = "best",
        limit: int = 20,
        offset: int = 0,
        facets: bool = True,
    ) -> SearchPage:
        """Published datasets that match; see ``casemate.catalogue.search``."""
        return search(
            tx,
            text,
            theme=theme,
            holder=holder,
            access_right=access_right,
            regime=regime,
            sort=sort,
            limit=limit,
            offset=offset,
            facets=facets,
        )

    def similar(self, tx: Session, dataset_id: str, limit: int = 5) -> tuple[Hit, ...]:
        """Published datasets that are like ``dataset_id``, the likest first; raises ``NotFound``."""
        self.get(tx, dataset_id)
        return similar(tx, dataset_id, limit)

    def lineage(self, tx: Session, dataset_id: str) -> tuple[Step, ...]:
        """The versions of ``dataset_id`` and what each changed, the first first; raises ``NotFound``."""
        newest = self.get(tx, dataset_id)
        return steps([self.get(tx, dataset_id, version) for version in newest.versions])

    def retire(self, tx: Session, actor: str, dataset_id: str, reason: str) -> Dataset:
        """Destroy the keys of every version: the data can never be read again, by nobody.

        The description stays. The files follow at the vault's next sweep; on SQLite the caller then
        empties the write-ahead log (``Store.shred``). Raises ``NotFound``, ``BadInput`` without a
        reason, ``Conflict`` where it is retired already.
        """
        if not reason.strip():
            raise BadInput(f"give the reason why {dataset_id!r} is retired: data users will ask")
        dataset = self.get(tx, dataset_id)
        done = _changed(
            tx,
            update(DatasetRow)
            .where(DatasetRow.id == dataset_id, DatasetRow.state == DatasetState.PUBLISHED)
            .values(
                state=DatasetState.RETIRED, retired_at=self._clock(), retire_reason=reason.strip()
            ),
        )
        if done == 0:
            raise Conflict(f"the dataset {dataset_id!r} is retired already")
        tx.execute(
            update(DatasetVersionRow)
            .where(DatasetVersionRow.dataset_id == dataset_id)
            .values(wrapped_key=None)
        )
        tx.execute(delete(EntryRow).where(EntryRow.dataset_id == dataset_id))
        self._ledger.append(
            tx,
            actor=actor,
            act="dataset.retired",
            subject=dataset_id,
            versions=len(dataset.versions),
            reason_digest=digest(reason.strip().encode()),
        )
        tx.expire_all()
        return self.get(tx, dataset_id)

    def export_dcat(
        self,
        tx: Session,
        base_uri: str,
        format: dcat.Format = "turtle",  # noqa: A002 - rdflib's own word
        *,
        card: dcat.CatalogueCard | None = None,
        holder_names: dict[str, str] | None = None,
    ) -> str:
        """The whole catalogue as DCAT-AP 3; the same catalogue gives the same text.

        ``holder_names`` gives the names of the organisations by id, for datasets whose description
        names no publisher.
        """
        return dcat.export(
            self.list(tx), base_uri, format, card or dcat.CatalogueCard(), holder_names or {}
        )

    def export_dcat_one(
        self,
        tx: Session,
        dataset_id: str,
        base_uri: str,
        format: dcat.Format,  # noqa: A002 - rdflib's own word
        *,
        holder_names: dict[str, str],
    ) -> str:
        """One dataset as DCAT-AP 3; raises ``NotFound``."""
        return dcat.export_one(self.get(tx, dataset_id), base_uri, format, holder_names)

    def export_dcat_page(
        self,
        tx: Session,
        base_uri: str,
        format: dcat.Format,  # noqa: A002 - rdflib's own word
        *,
        here: str,
        number: int,
        size: int,
        holder_names: dict[str, str],
    ) -> str:
        """Page ``number`` (from 1) of the catalogue in pages of ``size`` datasets, itself at ``here``.

        Raises ``NotFound`` for a page beyond the last.
        """
        known = self.list(tx)
        pages = max(1, -(-len(known) // size))
        if not 1 <= number <= pages:
            raise NotFound(f"the catalogue has {pages} pages, and no page {number}")
        page = dcat.PageOf(here, number, pages, len(known))
        shown = known[(number - 1) * size : number * size]
        return dcat.export(shown, base_uri, format, dcat.CatalogueCard(), holder_names, page)

    def count(self, tx: Session) -> int:
        """How many datasets are published and not retired."""
        is_published = DatasetRow.state == DatasetState.PUBLISHED
        return tx.scalar(select(func.count()).select_from(DatasetRow).where(is_published)) or 0

    def tables(self, tx: Session) -> builtins.list[tuple[str, str]]:
        """(dataset, vault file) of every version that a key can still open."""
        row = DatasetVersionRow
        query = select(row.dataset_id, row.blob).where(row.wrapped_key.is_not(None))
        return [(dataset, blob) for dataset, blob in tx.execute(query)]

    def blobs(self, tx: Session) -> frozenset[str]:
        """The names of the vault's files that a key can still open: what a sweep must keep."""
        kept = select(DatasetVersionRow.blob).where(DatasetVersionRow.wrapped_key.is_not(None))
        return frozenset(tx.scalars(kept))

    def _check_may_follow(
        self, tx: Session, dataset_id: str, holder: str, expected: int | None
    ) -> int:
        """The newest version so far (0: none), if ``holder`` may publish the next one."""
        query = select(DatasetRow).where(DatasetRow.id == dataset_id)
        row = tx.scalars(query.execution_options(populate_existing=True)).first()
        if row is not None and row.holder != holder:
            raise NotAllowed(
                f"the dataset {dataset_id!r} belongs to another data holder: choose another id"
            )
        if row is not None and row.state == DatasetState.RETIRED:
            raise Conflict(f"the dataset {dataset_id!r} was retired: choose another id")
        current = row.version if row is not None else 0
        if expected is not None and expected != current:
            raise Conflict(_was_first(dataset_id))
        return current

    def _check_is_new_content(self, tx: Session, dataset_id: str, content: str) -> None:
        same = tx.scalar(
            select(DatasetVersionRow.version).where(
                DatasetVersionRow.dataset_id == dataset_id, DatasetVersionRow.digest == content
            )
        )
        if same is not None:
            raise Conflict(
                f"these data are published already, as version {same} of {dataset_id!r}; "
                "a new version needs new data"
            )

    def _take_version(
        self, tx: Session, dataset_id: str, holder: str, current: int, now: datetime
    ) -> int:
        """Make the next version ours; of two publishers at once, the second is refused here."""
        if current == 0:
            tx.add(
                DatasetRow(
                    id=dataset_id,
                    holder=holder,
                    version=1,
                    state=DatasetState.PUBLISHED,
                    issued_at=now,
                )
            )
            _flush(tx, dataset_id)
            return 1
        taken = _changed(
            tx,
            update(DatasetRow)
            .where(
                DatasetRow.id == dataset_id,
                DatasetRow.version == current,
                DatasetRow.state == DatasetState.PUBLISHED,
            )
            .values(version=current + 1),
        )
        if taken == 0:
            raise Conflict(_was_first(dataset_id))
        return current + 1

    def _version_row(
        self, staged: Staged, version: int, actor: str, now: datetime
    ) -> DatasetVersionRow:
        return DatasetVersionRow(
            dataset_id=staged.description.id,
            version=version,
            description=staged.description.model_dump(mode="json"),
            columns=staged.columns,
            rows=staged.rows,
            digest=staged.digest,
            blob=staged.blob,
            size=staged.size,
            wrapped_key=staged.wrapped_key,
            profile=staged.profile,
            quality=staged.quality,
            risk=staged.risk,
            published_by=actor,
            published_at=now,
        )

    def _enter_for_search(self, tx: Session, staged: Staged, version: int, holder: str) -> None:
        said = staged.description
        query = select(EntryRow).where(EntryRow.dataset_id == said.id)
        entry = tx.scalars(query).first() or EntryRow(dataset_id=said.id)
        entry.version = version
        entry.holder = holder
        entry.access_right = str(said.access_right)
        entry.regime = said.regime
        entry.themes = list(said.themes)
        entry.titles = dict(said.title)
        entry.descriptions = dict(said.description)
        entry.rows = staged.rows
        for column, indexed in column_words(said, holder).items():
            setattr(entry, column, indexed)
        tx.add(entry)


def columns_of(frame: pl.DataFrame) -> list[list[str]]:
    """Name, type and column type of each column."""
    return [[name, str(type_of(kind)), str(kind)] for name, kind in frame.schema.items()]


def _with_size(staged: Staged, size: int) -> Staged:
    return Staged(**{**staged.__dict__, "size": size})


def _was_first(dataset_id: str) -> str:
    return f"another publisher was first with {dataset_id!r}: look at its newest version and publish again"


def _changed(tx: Session, change: Update) -> int:
    """How many rows ``change`` changed."""
    result = tx.execute(change)
    assert isinstance(result, CursorResult)
    return result.rowcount


def _flush(tx: Session, dataset_id: str) -> None:
    try:
        tx.flush()
    except IntegrityError as failure:
        raise Conflict(_was_first(dataset_id)) from failure


def _record(row: DatasetRow, version: DatasetVersionRow) -> Dataset:
    description = DatasetDescription.model_validate(version.description)
    return Dataset(
        id=row.id,
        version=version.version,
        versions=tuple(range(1, row.version + 1)),
        holder=row.holder,
        state=DatasetState(row.state),
        description=description,
        variables=variables_of(description, version.columns),
        rows=version.rows,
        digest=version.digest,
        blob=version.blob,
        size=version.size,
        wrapped_key=version.wrapped_key,
        profile=version.profile,
        quality=version.quality,
        risk=version.risk,
        published_by=version.published_by,
        published_at=version.published_at,
        issued_at=row.issued_at,
        retired_at=row.retired_at,
        retire_reason=row.retire_reason,
    )
