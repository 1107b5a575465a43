"""How a home does: checks with what to do about each, what fills its disk, and which runs wait.

Nothing here looks into a record: sizes, counts, states and moments are all that leaves. The checks are
made anew at every call; none of them changes anything.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from casemate.errors import CasemateError, IntegrityFailure
from casemate.ledger.note import checkpoint_size

if TYPE_CHECKING:
    from casemate.platform import Platform

State = Literal["ok", "warn", "fail"]
GIB = 2**30
LEAST_FREE_BYTES = GIB
"""Below this nothing more should be written: an upload stops here too."""
SOON_FULL_BYTES = 10 * GIB
MOST_SKEW = timedelta(seconds=5)
FAILED_FOR = timedelta(days=7)
"""How long a run that failed is shown among the jobs."""
LONG_QUEUED = timedelta(minutes=15)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. ``todo`` is one sentence, empty where all is well."""

    name: str
    state: State
    found: str
    todo: str = ""


@dataclass(frozen=True)
class Health:
    """All checks; ``state`` is the worst of theirs."""

    state: State
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Storage:
    """Bytes on disk, by what they are and by dataset (its tables and the views made of it)."""

    by_kind: dict[str, int]
    by_dataset: dict[str, int]
    free: int


@dataclass(frozen=True)
class Job:
    """A run that waits, is at work, or failed lately; nothing of what it does."""

    run: str
    state: str
    submitted_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


def health(platform: Platform) -> Health:
    """Every check there is. A check that cannot be made counts as failed and says why."""
    wanted = CHECKS if platform.home.vectors is None else CHECKS | {"vectors": _vectors}
    checks = tuple(_made(name, check, platform) for name, check in wanted.items())
    order: list[State] = ["ok", "warn", "fail"]
    return Health(max((one.state for one in checks), key=order.index), checks)


def _made(name: str, check: Callable[[Platform], tuple[State, str, str]], at: Platform) -> Check:
    try:
        return Check(name, *check(at))
    except (CasemateError, SQLAlchemyError, OSError) as failure:
        return Check(name, "fail", f"it could not be checked: {failure}", _TODO[name])


_TODO = {
    "database": "Start the database, or correct its URL, then look again.",
    "disk": "Mount the home's disk where this program can read it.",
    "vault": "Mount the vault folder of this home where this program can read it.",
    "sandbox": "Run `casemate enclave doctor` on this machine.",
    "ledger": "Run `casemate ledger verify` and keep the home as it is until you know why.",
    "worker": "Start `casemate serve`.",
    "clock": "Set the machine's clock and have it kept by NTP.",
    "vectors": "Start the database of the shared vectors, or correct [vectors] in the settings.",
}


def _database(platform: Platform) -> tuple[State, str, str]:
    from casemate.store.schema import HEAD, version

    with platform.store.engine.connect() as connection:
        found = version(connection)
        kind = connection.dialect.name
    if found != HEAD:
        todo = "Stop every process of this home and start this version again: it brings the tables along."
        return "fail", f"{kind} answers; its tables are at {found}, this version wants {HEAD}", todo
    return "ok", f"{kind} answers, its tables are at {found}", ""


def _disk(platform: Platform) -> tuple[State, str, str]:
    usage = shutil.disk_usage(platform.home.root)
    found = f"{usage.free / GIB:.1f} GiB of {usage.total / GIB:.1f} GiB are free"
    todo = "Make room on the home's disk: retire datasets, move old runs' outputs, or add a disk."
    if usage.free < LEAST_FREE_BYTES:
        return "fail", found, todo
    return ("warn", found, todo) if usage.free < SOON_FULL_BYTES else ("ok", found, "")


def _vault(platform: Platform) -> tuple[State, str, str]:
    from casemate.enclave.sweep import GRACE_SECONDS

    with platform.store.read() as tx:
        known = platform.enclave.blobs(tx) | platform.catalogue.blobs(tx)
    files = dict(_files(platform.home.vault))
    with platform.store.read() as tx:  # what was destroyed while we looked is not missing
        missing = (known - files.keys()) & (
            platform.enclave.blobs(tx) | platform.catalogue.blobs(tx)
        )
    before = time.time() - GRACE_SECONDS
    stray = [name for name, path in files.items() if name not in known and _changed(path) < before]
    if missing:
        todo = "Bring them back from a backup of the vault folder: what they held cannot be read."
        return "fail", f"{len(missing)} files that records name are missing from the vault", todo
    if stray:
        todo = "Nothing can open them; they are removed when the process that works on runs ends."
        return "warn", f"{len(files)} files, of which {len(stray)} belong to no record", todo
    return "ok", f"{len(files)} files, each with its record", ""


def _sandbox(_platform: Platform) -> tuple[State, str, str]:
    from casemate.enclave import sandbox

    walls = sandbox.doctor()
    gone = [one.name for one in walls if one.required and not one.available]
    weak = [one.name for one in walls if not one.required and not one.available]
    if gone:
        todo = "No run starts here: run `casemate enclave doctor`, which says what each wall needs."
        return "fail", f"walls are missing: {', '.join(gone)}", todo
    if weak:
        todo = "Runs are safe without; `casemate enclave doctor` says what each would need."
        return "warn", f"every required wall holds; without {', '.join(weak)}", todo
    return "ok", f"all {len(walls)} walls hold", ""


def _ledger(platform: Platform) -> tuple[State, str, str]:
    file = platform.home.public / "checkpoint.txt"
    kept = file.read_text(encoding="utf-8") if file.exists() else None
    with platform.store.read() as tx:
        newest = checkpoint_size(
            platform.ledger.checkpoint(tx)
        )  # raises where the head was altered
        if newest == 0:
            return "warn", "the ledger is empty", "Add the first account: `casemate init` does it."
        age = platform.clock() - _moment(platform.ledger.entry(tx, newest - 1).time)
        if kept is not None and not platform.ledger.continues(tx, kept):
            raise IntegrityFailure("it does not contain the checkpoint that the home kept")
    return "ok", f"{newest} entries under a signed checkpoint, the last {_age(age)} ago", ""


def _worker(platform: Platform) -> tuple[State, str, str]:
    from casemate.enclave.locks import WorkerLock

    waiting = [one for one in jobs(platform) if one.state == "queued"]
    if platform.enclave.worker.is_working:
        working = True
    else:
        lock = WorkerLock(platform.home.root / "worker.lock")
        working = not lock.acquire()
        lock.release()
    if not working and waiting:
        return "warn", f"{len(waiting)} runs wait and nobody works on them", _TODO["worker"]
    slow = [one for one in waiting if platform.clock() - one.submitted_at > LONG_QUEUED]
    if slow:
        todo = "Look at what runs: cancel what hangs, or give the machine more time."
        return "warn", f"{len(slow)} runs have waited for more than {_age(LONG_QUEUED)}", todo
    who = "somebody works on runs" if working else "nobody works, and no run waits"
    return "ok", f"{who}; {len(waiting)} runs wait", ""


def _clock(platform: Platform) -> tuple[State, str, str]:
    now = platform.clock()
    with platform.store.read() as tx:
        size = platform.ledger.size(tx)
        last = _moment(platform.ledger.entry(tx, size - 1).time) if size else now
        theirs = now if platform.store.is_sqlite else tx.scalar(text("SELECT now()"))
    if last - now > MOST_SKEW:
        found = f"the clock is {_age(last - now)} behind the ledger's last entry"
        return "fail", found, _TODO["clock"]
    if theirs is not None and abs(theirs - now) > MOST_SKEW:
        return (
            "warn",
            f"it differs from the database's by {_age(abs(theirs - now))}",
            _TODO["clock"],
        )
    return "ok", "it goes on from the ledger's last entry", ""


def _vectors(platform: Platform) -> tuple[State, str, str]:
    from casemate.knowledge.sharing import SharedVectors

    if platform.home.vectors is None:
        return "ok", "this home keeps its own", ""
    with closing(SharedVectors(platform.home.vectors)) as shared:
        return "ok", shared.standing(), ""


CHECKS: dict[str, Callable[[Platform], tuple[State, str, str]]] = {
    "database": _database,
    "disk": _disk,
    "vault": _vault,
    "sandbox": _sandbox,
    "ledger": _ledger,
    "worker": _worker,
    "clock": _clock,
}
"""In the order in which they are shown; after them, where vectors are shared, their database."""


def storage(platform: Platform) -> Storage:
    """What fills the disk."""
    home = platform.home
    kinds = {"database": _database_bytes(platform)}
    sizes: dict[str, int] = {}
    for name, path in _files(home.vault):
        sizes[name] = _size(path)
        kind = _KINDS.get(name.partition("-")[0], "other")
        kinds[kind] = kinds.get(kind, 0) + sizes[name]
    kinds["uploads"] = _below(home.root / "uploads")
    kinds["environments"] = _below(home.root / "environments")
    with platform.store.read() as tx:
        pairs = [*platform.catalogue.tables(tx), *platform.enclave.view_files(tx)]
    by_dataset: dict[str, int] = {}
    for dataset, blob in pairs:
        by_dataset[dataset] = by_dataset.get(dataset, 0) + sizes.get(blob, 0)
    return Storage(kinds, by_dataset, shutil.disk_usage(home.root).free)


_KINDS = {
    "table": "tables",
    "view": "views",
    "origin": "views",
    "script": "runs",
    "output": "outputs",
    "recipe": "outputs",
    "statements": "release memory",
    "persons": "release memory",
}


def jobs(platform: Platform) -> list[Job]:
    """The runs that the machine is not done with, and those that failed in the last days; oldest first."""
    since = platform.clock() - FAILED_FOR
    with platform.store.read() as tx:
        found = platform.enclave.runs.unsettled(tx, failed_since=since)
    return [
        Job(one.id, one.state.value, one.submitted_at, one.started_at, one.ended_at)
        for one in found
    ]


def _database_bytes(platform: Platform) -> int:
    store = platform.store
    if not store.is_sqlite:
        with store.engine.connect() as connection:
            query = text("SELECT pg_database_size(current_database())")
            return int(connection.execute(query).scalar_one())
    file, runs = store.url.database or "", platform.home.root / "runs.db"
    paths = [Path(f"{one}{end}") for one in (file, runs) for end in ("", "-wal", "-shm")]
    return sum(_size(path) for path in paths)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    if folder.is_dir():
        yield from ((path.name, path) for path in folder.iterdir() if path.is_file())


def _below(folder: Path) -> int:
    return sum(
        _size(path) for path in folder.rglob("*") if path.is_file() and not path.is_symlink()
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # it went while we counted
        return 0


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _moment(time: str) -> datetime:
    return datetime.fromisoformat(time)


def _age(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for size, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {name}"
    return f"{seconds} seconds"
