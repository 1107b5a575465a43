"""Environments: named, versioned sets of packages that programs of the enclave run on.

The operator builds them; a run names one and records its digest; a permit may allow only some. They lie
in the home, content-addressed, and go into a sandbox read-only. ``default`` is not built: it is what
Casemate itself runs on, and is recorded by names and versions of its packages.
"""

import platform
import re
import shutil
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casemate.access import Permits
from casemate.canonical import canonical_json, digest
from casemate.clock import Clock
from casemate.enclave.environment import record_environment
from casemate.enclave.environments.building import Built, build_python, take_library
from casemate.enclave.environments.tables import PackageSetRow, PermitEnvironmentRow
from casemate.enclave.environments.trees import Tree, digest_of, fingerprint_of
from casemate.enclave.kinds import rscript
from casemate.enclave.tables import EnvironmentRow
from casemate.errors import BadInput, Conflict, IntegrityFailure, NotAllowed, NotFound, Unavailable
from casemate.ledger import Ledger

DEFAULT = "default"
KINDS = ("python", "r")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")


@dataclass(frozen=True)
class PackageSet:
    """One version of an environment. ``digest`` stands for interpreter, kind and every file's content."""

    name: str
    version: int
    kind: str
    digest: str
    files: int
    size: int
    packages: dict[str, str]
    left_out: tuple[str, ...]
    source: str
    added_by: str
    added_at: datetime
    removed_at: datetime | None
    missing: str | None
    """Why it cannot be used on this machine; ``None`` where it can."""

    @property
    def label(self) -> str:
        """How a run names it: ``name@version``."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True)
class Draft:
    """A folder that lies in its place, about to be entered under a name."""

    name: str
    kind: str
    built: Built
    tree: Tree
    fingerprint: str
    source: str


class Environments:
    """Add, look up, verify and remove environments; each change is on the ledger."""

    def __init__(self, folder: Path, ledger: Ledger, permits: Permits, clock: Clock) -> None:
        self._folder = folder
        self._ledger = ledger
        self._permits = permits
        self._clock = clock

    def from_lock(self, lock: bytes, wheels: Path | None) -> AbstractContextManager[Built]:
        """Build what a lock file fixes; see ``building.build_python``."""
        return build_python(lock, self._folder, wheels)

    def from_library(self, library: Path) -> AbstractContextManager[Built]:
        """Take an R library over; see ``building.take_library``. ``Unavailable`` where R is not here."""
        if problem := _missing("r"):
            raise Unavailable(problem)
        return take_library(library, self._folder)

    def place(self, name: str, kind: str, built: Built, source: bytes) -> Draft:
        """Move what was built to where its content says; outside any transaction, it takes time."""
        if not _NAME.fullmatch(name) or name == DEFAULT:
            raise BadInput(
                f"an environment's name is of small letters, digits and '-', at most 63, and not "
                f"{DEFAULT!r}: {name[:80]!r} will not do"
            )
        tree = digest_of(built.folder)
        folder = self.folder_of(tree.digest)
        if not folder.exists() or digest_of(folder).digest != tree.digest:
            shutil.rmtree(folder, ignore_errors=True)
            built.folder.rename(folder)
        return Draft(name, kind, built, tree, fingerprint_of(folder), digest(source))

    def keep(self, tx: Session, actor: str, draft: Draft) -> PackageSet:
        """Enter ``draft`` as the next version of its name; the same content again is no new version."""
        versions = list(tx.scalars(_named(draft.name)))
        name = digest(canonical_json([draft.kind, _interpreter(draft.kind), draft.tree.digest]))
        if versions and versions[-1].digest == name and versions[-1].removed_at is None:
            versions[-1].fingerprint = draft.fingerprint
            known = _record(versions[-1])
        else:
            known = self._enter(tx, actor, draft, name, versions[-1].version + 1 if versions else 1)
        self._ledger.append(
            tx, actor=actor, act="environment.added", subject=f"environment-{known.label}",
            environment=known.digest, lock=draft.source, files=draft.tree.files,
            packages=digest(canonical_json(known.packages)),
        )  # fmt: skip
        return known

    def _enter(self, tx: Session, actor: str, draft: Draft, name: str, version: int) -> PackageSet:
        built, tree = draft.built, draft.tree
        row = PackageSetRow(
            name=draft.name, version=version, kind=draft.kind, digest=name, tree=tree.digest,
            fingerprint=draft.fingerprint, source=draft.source, files=tree.files, size=tree.size,
            document={"packages": built.packages, "left_out": list(built.left_out)},
            added_by=actor, added_at=self._clock(),
        )  # fmt: skip
        try:
            with tx.begin_nested():
                tx.add(row)
        except IntegrityError as failure:
            raise Conflict(
                f"environment {draft.name} got a new version just now: look again"
            ) from failure
        return _record(row)

    def list(self, tx: Session) -> tuple[PackageSet, ...]:
        """Every version that was not removed, by name."""
        rows = tx.scalars(
            select(PackageSetRow)
            .where(PackageSetRow.removed_at.is_(None))
            .order_by(PackageSetRow.name, PackageSetRow.version)
        )
        return tuple(_record(row) for row in rows)

    def get(self, tx: Session, reference: str) -> PackageSet:
        """``NAME`` (its newest version) or ``NAME@VERSION``; raises ``NotFound``, also once removed."""
        name, _, version = reference.partition("@")
        rows = [row for row in tx.scalars(_named(name)) if row.removed_at is None]
        if version:
            rows = [row for row in rows if str(row.version) == version]
        if not rows:
            raise NotFound(
                f"there is no environment {reference!r}; see `casemate enclave environment list`"
            )
        return _record(rows[-1])

    def verify(self, tx: Session, reference: str) -> PackageSet:
        """Read every byte of it; raises ``IntegrityFailure`` where it is another than was built."""
        known = self.get(tx, reference)
        self._require_content(_row(tx, known))
        return known

    def remove(self, tx: Session, actor: str, reference: str) -> PackageSet:
        """Take one version away; its record stays, runs made on it can no longer be replayed."""
        known = self.get(tx, reference)
        row = _row(tx, known)
        row.removed_at = self._clock()
        self._ledger.append(
            tx, actor=actor, act="environment.removed", subject=f"environment-{known.label}",
            environment=known.digest,
        )  # fmt: skip
        return _record(row)

    def clear(self, tx: Session, removed: PackageSet) -> bool:
        """Delete the folder of a removed version unless another version has the same content."""
        tree = _row(tx, removed).tree
        if tree in set(tx.scalars(_kept_trees())):
            return False
        shutil.rmtree(self.folder_of(tree), ignore_errors=True)
        return True

    def allow(self, tx: Session, actor: str, permit: str, names: frozenset[str]) -> frozenset[str]:
        """From now on runs under ``permit`` may use only ``names``; with none, any. ``default`` counts."""
        self._permits.get(tx, permit)
        for name in names - {DEFAULT}:
            self.get(tx, name)
        for row in tx.scalars(
            select(PermitEnvironmentRow).where(PermitEnvironmentRow.permit == permit)
        ):
            tx.delete(row)
        tx.flush()
        tx.add_all(PermitEnvironmentRow(permit=permit, name=name) for name in sorted(names))
        self._ledger.append(
            tx, actor=actor, act="permit.environments", subject=permit, allowed=sorted(names)
        )
        return names

    def choose(self, tx: Session, permit: str, reference: str | None) -> str | None:
        """What a run under ``permit`` is to record: ``name@version``, or ``None`` for the default.

        Raises ``NotAllowed`` where the permit, or one that it took the place of, allows others only.
        """
        wanted = reference or DEFAULT
        known = None if wanted == DEFAULT else self.get(tx, wanted)
        name = DEFAULT if known is None else known.name
        for one in self._permits.chain(tx, permit):
            allowed = set(tx.scalars(
                select(PermitEnvironmentRow.name).where(PermitEnvironmentRow.permit == one)
            ))  # fmt: skip
            if allowed and name not in allowed:
                raise NotAllowed(
                    f"permit {permit} allows the environments {', '.join(sorted(allowed))} and not {name}"
                )
        return None if known is None else known.label

    def record(self, tx: Session, label: str | None) -> str:
        """The digest that a run on ``label`` carries, its packages kept once."""
        if label is None:
            return record_environment(tx)
        known = self.get(tx, label)
        if tx.get(EnvironmentRow, known.digest) is None:
            listed = {_interpreter_name(known.kind): _interpreter(known.kind), **known.packages}
            with (
                suppress(IntegrityError),
                tx.begin_nested(),
            ):  # another worker may write it just now
                tx.add(EnvironmentRow(digest=known.digest, packages=listed))
        return known.digest

    def folder(self, tx: Session, label: str | None) -> Path | None:
        """Where the packages of ``label`` lie, looked at first; ``None`` for the default's.

        Costs a look at each file's size and times. Where those changed, everything is read: raises
        ``IntegrityFailure`` unless it is what was built, ``Unavailable`` where it cannot run here.
        """
        if label is None:
            return None
        row = _row(tx, self.get(tx, label))
        if problem := _missing(row.kind):
            raise Unavailable(problem)
        folder = self.folder_of(row.tree)
        if not folder.is_dir() or fingerprint_of(folder) != row.fingerprint:
            self._require_content(row)
        return folder

    def folder_of(self, tree: str) -> Path:
        """The folder in the home for a content."""
        return self._folder / _folder_name(tree)

    def _require_content(self, row: PackageSetRow) -> None:
        folder = self.folder_of(row.tree)
        if not folder.is_dir():
            raise IntegrityFailure(
                f"the folder of environment {row.name}@{row.version} is gone: add it again"
            )
        if digest_of(folder).digest != row.tree:
            raise IntegrityFailure(
                f"environment {row.name}@{row.version} is not what was built: a file of it was changed, "
                "added or taken away; remove it and add it again"
            )


def _named(name: str) -> Any:
    return select(PackageSetRow).where(PackageSetRow.name == name).order_by(PackageSetRow.version)


def _kept_trees() -> Any:
    return select(PackageSetRow.tree).where(PackageSetRow.removed_at.is_(None))


def _row(tx: Session, known: PackageSet) -> PackageSetRow:
    return tx.get_one(PackageSetRow, (known.name, known.version))


def _folder_name(tree: str) -> str:
    return tree.removeprefix("sha256:")


def _interpreter_name(kind: str) -> str:
    return "python" if kind == "python" else "r"


def _interpreter(kind: str) -> str:
    return platform.python_version() if kind == "python" else "Rscript"


def _missing(kind: str) -> str | None:
    """Why environments of ``kind`` cannot be used here; ``None`` where they can."""
    if kind == "r" and rscript() is None:
        return (
            "R is not installed here: there is no Rscript in /usr/bin (Debian package r-base-core)"
        )
    return None


def _record(row: PackageSetRow) -> PackageSet:
    return PackageSet(
        name=row.name, version=row.version, kind=row.kind, digest=row.digest, files=row.files,
        size=row.size, packages=dict(row.document["packages"]),
        left_out=tuple(row.document["left_out"]), source=row.source, added_by=row.added_by,
        added_at=row.added_at, removed_at=row.removed_at, missing=_missing(row.kind),
    )  # fmt: skip
