"""What the ledger costs, beside pymerkle's tree in SQLite. Prints one JSON object.

    python benchmarks/ledger.py [--quick] [--folder FOLDER]

Appends are durable: SQLite with ``synchronous=FULL`` in FOLDER, which should be on a real disk.
"""

import argparse
import io
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pymerkle import SqliteTree

from casemate.ledger import Act, Ledger, verifier
from casemate.ledger.group import GroupCommit
from casemate.store import Base, Store

ACT = Act(
    "acct-k3v9q2m7x4ab",
    "permit.granted",
    "permit-k3v9q2m7x4ab",
    {"application": "application-k3v9q2m7x4ab", "digest": "sha256:" + "0" * 64, "days": 365},
)
BATCH = 100
THREADS = 8
IN_FLIGHT = 25


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the entries")
    parser.add_argument("--folder", type=Path, help="where the databases go (default: temporary)")
    options = parser.parse_args()
    full = 10_000 if options.quick else 1_000_000
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        ledger = Ledger(Ed25519PrivateKey.generate())
        figures: dict[str, Any] = {"entries": full, "processors": os.cpu_count()}
        figures |= appends(
            ledger, opened(Path(folder) / "appends.db"), 4_000 if options.quick else 20_000
        )
        figures |= at_full_size(ledger, opened(Path(folder) / "full.db"), full)
        figures |= pymerkle(Path(folder) / "pymerkle.db", 200 if options.quick else 2_000)
    print(json.dumps(figures, indent=2))


def opened(path: Path) -> Store:
    """An empty store."""
    store = Store(f"sqlite:///{path}")
    Base.metadata.create_all(store.engine)
    return store


def appends(ledger: Ledger, store: Store, count: int) -> dict[str, Any]:
    """Durable acts a second: one by one, by the hundred, and by the hundred from many threads."""

    def append(tx: Any) -> None:
        ledger.append(tx, actor=ACT.actor, act=ACT.act, subject=ACT.subject, **ACT.detail)

    def one_by_one() -> None:
        for _ in range(count // 10):
            with store.transaction() as tx:
                append(tx)

    def by_the_hundred() -> None:
        for _ in range(count // BATCH):
            with store.transaction() as tx:
                ledger.append_many(tx, [ACT] * BATCH)

    def in_one_transaction() -> None:
        with store.transaction() as tx:
            for _ in range(count // 10):
                append(tx)

    return {
        **rates("one_by_one", count // 10, one_by_one),
        **rates("append_many", count // BATCH * BATCH, by_the_hundred),
        **rates("group_commit", count, lambda: in_groups(store, append, count)),
        "append_us": round(1e6 / rate(count // 10, in_one_transaction), 1),
    }


def in_groups(store: Store, append: Callable[[Any], None], count: int) -> None:
    """``count`` acts from several threads, each with many in flight."""
    with GroupCommit(store, most=BATCH) as group:

        def work() -> None:
            for _ in range(count // THREADS // IN_FLIGHT):
                for future in [group.submit(append) for _ in range(IN_FLIGHT)]:
                    future.result()

        threads = [threading.Thread(target=work) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def at_full_size(ledger: Ledger, store: Store, count: int) -> dict[str, Any]:
    """Proofs, verification and export of a ledger with ``count`` entries."""
    for _ in range(count // 1_000):
        with store.transaction() as tx:
            ledger.append_many(tx, [ACT] * 1_000)
    with store.read() as tx:
        steps = range(0, count, max(1, count // 200))
        inclusion = [timed(partial(ledger.prove_inclusion, tx, at))[0] for at in steps]
        consistency = [timed(partial(ledger.prove_consistency, tx, at))[0] for at in steps]
        proof = ledger.prove_inclusion(tx, count // 3)
        used = time.process_time()
        verify_s, report = timed(lambda: ledger.verify(tx))
        verify_cpu_s = time.process_time() - used
        stream = io.StringIO()
        export_s, _ = timed(lambda: ledger.export(tx, stream))
    stream.seek(0)
    alone_s, _ = timed(lambda: verifier.verify(stream, ledger.vkey, None))
    if not report.ok:
        raise SystemExit(f"the ledger does not verify: {report.problems}")
    return {
        "proof_hashes": len(proof.path),
        "proof_bytes": 32 * len(proof.path),
        "prove_inclusion_ms": round(1e3 * median(inclusion), 2),
        "prove_consistency_ms": round(1e3 * median(consistency), 2),
        "verify_s": round(verify_s, 2),
        "verify_cpu_s": round(verify_cpu_s, 2),
        "export_s": round(export_s, 2),
        "stand_alone_verify_s": round(alone_s, 2),
        "database_bytes_per_entry": Path(str(store.url.database)).stat().st_size // count,
    }


def pymerkle(path: Path, count: int) -> dict[str, Any]:
    """The same bodies in a library's tree: the append rate and the proof time of ``count``."""
    tree = SqliteTree(str(path), algorithm="sha256")
    body = json.dumps(ACT.__dict__).encode()

    def append() -> None:
        for _ in range(count):
            tree.append_entry(body)

    per_s = rate(count, append)
    seconds, _ = timed(lambda: tree.prove_inclusion(count // 3, count))
    tree.close()
    return {
        "pymerkle_entries": count,
        "pymerkle_append_per_s": per_s,
        "pymerkle_prove_inclusion_ms": round(1e3 * seconds, 2),
    }


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what ``work`` gave."""
    start = time.perf_counter()
    value = work()
    return time.perf_counter() - start, value


def rate(count: int, work: Callable[[], None]) -> int:
    """Of ``count`` done by ``work``, how many a second."""
    return round(count / timed(work)[0])


def rates(name: str, count: int, work: Callable[[], None]) -> dict[str, int]:
    """The rate by the clock, and by processor time, which a busy machine does not distort."""
    used = time.process_time()
    per_s = rate(count, work)
    used = time.process_time() - used
    return {f"{name}_per_s": per_s, f"{name}_per_cpu_s": round(count / used)}


if __name__ == "__main__":
    main()
