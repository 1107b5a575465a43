"""Several threads and several processes on one ledger, and processes that are killed."""

import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from casemate.errors import IntegrityFailure
from casemate.ledger import Ledger
from casemate.store import Base, Store

# A process of its own: opens the same database with the same key and appends, by itself and in groups.
WRITER = """
import sys, threading
from casemate.ledger import Ledger
from casemate.ledger.group import GroupCommit
from casemate.store import Store
from casemate.store.keys import Keyring

url, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
ledger, store = Ledger(Keyring(b"\\x07" * 32).signing_key("ledger")), Store(url)
act = lambda tx: ledger.append(tx, actor=name, act="written", subject=name)

def alone():
    for _ in range(count):
        with store.transaction() as tx:
            print(act(tx).index, end="")
        print("", flush=True)  # a whole line only after the commit

def together():
    with GroupCommit(store) as group:
        for future in [group.submit(act) for _ in range(count)]:
            future.result()

print("ready", flush=True)
sys.stdin.readline()
threads = [threading.Thread(target=alone), threading.Thread(target=together)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def start(store: Store, name: str, count: int) -> subprocess.Popen[str]:
    url = store.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", WRITER, url, name, str(count)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def check(store: Store, ledger: Ledger) -> list[int]:
    with store.read() as tx:
        assert ledger.verify(tx).problems == ()
        indexes = [entry.index for entry in ledger.entries(tx)]
    assert indexes == list(range(len(indexes)))
    return indexes


def test_first_writers_at_the_same_moment_make_one_head(store: Store, ledger: Ledger) -> None:
    together = threading.Barrier(6)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            together.wait()
            for _ in range(20):
                with store.transaction() as tx:
                    ledger.append(tx, actor="a", act="b", subject="c")
        except BaseException as failure:
            failures.append(failure)
            raise

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(check(store, ledger)) == 120


def test_processes_lose_and_double_no_index(store: Store, ledger: Ledger) -> None:
    processes = [start(store, f"process-{at}", 60) for at in range(3)]
    for process in processes:
        go(process)
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert len(check(store, ledger)) == 3 * 2 * 60


def test_a_ledger_whose_writers_are_killed_verifies_and_goes_on(
    store: Store, ledger: Ledger
) -> None:
    chance = random.Random(7)
    told = 0
    for round_ in range(2):
        processes = [start(store, f"round-{round_}-{at}", 100_000) for at in range(2)]
        for process in processes:
            go(process)
        for process in processes:
            time.sleep(chance.uniform(0.1, 0.4))
            process.kill()
            written, _ = process.communicate(timeout=60)
            committed = [int(line) for line in written.splitlines(keepends=True) if "\n" in line]
            told += len(committed)
            assert committed[-1:] == [] or committed[-1] in check(store, ledger)
    before = check(store, ledger)
    assert len(before) >= told
    with store.transaction() as tx:
        assert ledger.append(tx, actor="a", act="b", subject="c").index == len(before)
    check(store, ledger)


def test_an_append_at_the_edge_of_a_tile_survives_every_race(store: Store, ledger: Ledger) -> None:
    with store.transaction() as tx:
        ledger.append_many(tx, ())
    threads = [
        threading.Thread(target=lambda: _append_slowly(store, ledger, 130)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(check(store, ledger)) == 520
    with store.read() as tx:
        assert all(ledger.prove_inclusion(tx, index).holds() for index in (0, 255, 256, 511, 519))


def _append_slowly(store: Store, ledger: Ledger, count: int) -> None:
    for _ in range(count):
        with store.transaction() as tx:
            ledger.append(tx, actor="a", act="b", subject="c")


def test_a_copy_restored_under_a_running_writer_is_noticed(tmp_path: Path, ledger: Ledger) -> None:
    store = Store(f"sqlite:///{tmp_path / 'casemate.db'}")
    Base.metadata.create_all(store.engine)
    _append_slowly(store, ledger, 3)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE ledger_head SET size = 2")
    with pytest.raises(IntegrityFailure):
        _append_slowly(store, ledger, 1)
