"""Publishing: versions, conflicts, retiring, and what is left when something fails half-way."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from threading import Barrier, Thread

import polars as pl
import pyarrow as pa
import pytest
from conftest import MovableClock

from casemate.catalogue import (
    Catalogue,
    DatasetDescription,
    DatasetState,
    VariableRole,
    content_digest,
    describe,
)
from casemate.errors import BadInput, CasemateError, Conflict, NotAllowed, NotFound, Unavailable
from casemate.ledger import Ledger
from casemate.store import Store
from casemate.store.keys import Keyring
from casemate.store.vault import Vault

FRAME = pl.DataFrame(
    {"seqn": range(100), "age": [20 + n % 50 for n in range(100)], "town": ["Esch"] * 100}
)


@pytest.fixture
def catalogue(ledger: Ledger, clock: MovableClock, vault: Vault, keyring: Keyring) -> Catalogue:
    return Catalogue(ledger, clock, vault, keyring)


def described(
    frame: pl.DataFrame = FRAME, dataset_id: str = "visits", **types: str
) -> DatasetDescription:
    draft = describe(frame, dataset_id=dataset_id).model_dump(mode="json")
    for name, wanted in types.items():
        draft["variables"][name]["type"] = wanted
    return DatasetDescription.model_validate(draft)


def files(vault: Vault) -> list[str]:
    return sorted(path.name for path in vault.root.glob("*"))


def test_what_is_published_is_what_was_given(
    store: Store, catalogue: Catalogue, vault: Vault, keyring: Keyring, ledger: Ledger
) -> None:
    with store.transaction() as tx:
        made = catalogue.publish(
            tx, "acct-a", described(), FRAME, holder="org-a", risk={"highest": "0.5"}
        )
    with store.read() as tx:
        found = catalogue.get(tx, "visits")
        assert found == made
        assert catalogue.list(tx) == (made,)
        assert catalogue.blobs(tx) == {made.blob}
        entry = list(ledger.entries(tx))[-1]
    assert (found.version, found.versions, found.rows, found.holder) == (1, (1,), 100, "org-a")
    assert found.digest == content_digest(FRAME)
    assert found.direct_identifiers == {"seqn"}
    assert found.variables[1].role == VariableRole.QUASI_IDENTIFIER
    assert found.risk == {"highest": "0.5"}
    assert (entry.act, entry.actor, entry.subject) == ("dataset.published", "acct-a", "visits")
    assert entry.detail["digest"] == found.digest
    assert "wrapped_key" not in repr(found)
    key = keyring.unwrap(found.wrapped_key, found.blob)
    table: pa.Table = vault.read_table(found.blob, key, ["age", "seqn"])
    assert table.column("age").to_pylist() == FRAME["age"].to_list()
    assert files(vault) == [found.blob]


def test_versions(store: Store, catalogue: Catalogue) -> None:
    longer = pl.concat([FRAME, FRAME])
    with store.transaction() as tx:
        first = catalogue.publish(tx, "acct-a", described(), FRAME, holder="org-a")
    with store.transaction() as tx:
        second = catalogue.publish(tx, "acct-a", described(longer), longer, holder="org-a")
    assert second.versions == (1, 2)
    with store.read() as tx:
        assert catalogue.get(tx, "visits").rows == 200
        assert catalogue.get(tx, "visits", 1).digest == first.digest
        assert len(catalogue.list(tx)) == 1
        assert catalogue.search(tx, "visits").hits[0].version == 2
        with pytest.raises(NotFound, match="no version 3"):
            catalogue.get(tx, "visits", 3)
        with pytest.raises(NotFound, match="no dataset 'none'"):
            catalogue.get(tx, "none")


def refused(
    store: Store,
    catalogue: Catalogue,
    frame: pl.DataFrame,
    description: DatasetDescription,
    *,
    holder: str = "org-a",
    expected_version: int | None = None,
) -> CasemateError:
    with pytest.raises(CasemateError) as raised, store.transaction() as tx:
        catalogue.publish(
            tx, "acct-a", description, frame, holder=holder, expected_version=expected_version
        )
    return raised.value


def test_refusals_change_nothing(store: Store, catalogue: Catalogue, vault: Vault) -> None:
    with store.transaction() as tx:
        catalogue.publish(tx, "acct-a", described(), FRAME, holder="org-a")
    kept = files(vault)
    other = FRAME.head(50)
    assert "published already, as version 1" in str(refused(store, catalogue, FRAME, described()))
    stolen = refused(store, catalogue, other, described(other), holder="org-b")
    assert isinstance(stolen, NotAllowed)
    late = refused(store, catalogue, other, described(other), expected_version=0)
    assert isinstance(late, Conflict)
    undescribed = refused(store, catalogue, FRAME.with_columns(x=1, y=2), described())
    assert "'x', 'y' are not described" in str(undescribed)
    absent = refused(store, catalogue, FRAME.drop("town"), described())
    assert "'town' is described but not in the data" in str(absent)
    assert "no rows" in str(refused(store, catalogue, FRAME.clear(), described()))
    assert files(vault) == kept
    with store.read() as tx:
        assert catalogue.get(tx, "visits").version == 1


def test_described_types_are_made_or_refused(store: Store, catalogue: Catalogue) -> None:
    frame = pl.DataFrame(
        {
            "d": ["2020-01-02", "NA"],
            "n": ["1.5", None],
            "b": ["true", "0"],
            "i": [1.0, 2.0],
            "t": [1, 2],
        }
    )
    types = {"d": "date", "n": "number", "b": "boolean", "i": "integer", "t": "text"}
    with store.transaction() as tx:
        made = catalogue.publish(tx, "acct-a", described(frame, **types), frame, holder="org-a")
    assert [v.dtype for v in made.variables] == ["Date", "Float64", "Boolean", "Int64", "String"]
    wanted = pl.DataFrame(
        {
            "d": [date(2020, 1, 2), None],
            "n": [1.5, None],
            "b": [True, False],
            "i": [1, 2],
            "t": ["1", "2"],
        }
    )
    assert made.digest == content_digest(wanted)
    bad = pl.DataFrame({"d": ["2020-01-02", "31 Feb"]})
    failure = refused(store, catalogue, bad, described(bad, "other", d="date"))
    assert isinstance(failure, BadInput)
    assert "'d' is described as date, but 1 values are not, the first in row 2" in str(failure)
    assert "31 Feb" not in str(failure)
    wrong = pl.DataFrame({"d": [date(2020, 1, 1)]})
    assert "holds date" in str(
        refused(store, catalogue, wrong, described(wrong, "other", d="number"))
    )


def test_retiring_destroys_the_keys_of_every_version(
    store: Store,
    catalogue: Catalogue,
    vault: Vault,
    keyring: Keyring,
    clock: MovableClock,
    ledger: Ledger,
) -> None:
    for rows in (100, 50):
        with store.transaction() as tx:
            frame = FRAME.head(rows)
            catalogue.publish(tx, "acct-a", described(frame), frame, holder="org-a")
    clock.advance(days=1)
    with pytest.raises(BadInput, match="give the reason"), store.transaction() as tx:
        catalogue.retire(tx, "acct-a", "visits", " ")
    with store.transaction() as tx:
        gone = catalogue.retire(tx, "acct-a", "visits", "The consent was withdrawn by A. Muller.")
    assert (gone.state, gone.wrapped_key, gone.retired_at) == (DatasetState.RETIRED, None, clock())
    with store.read() as tx:
        assert catalogue.get(tx, "visits", 1).wrapped_key is None
        assert catalogue.list(tx) == ()
        assert catalogue.list(tx, include_retired=True) == (gone,)
        assert catalogue.search(tx, "visits").total == 0
        assert vault.sweep("table-", catalogue.blobs(tx)) != []
        entry = list(ledger.entries(tx))[-1]
    assert "Muller" not in str(entry)
    with pytest.raises(NotFound, match="destroyed"):
        keyring.unwrap(gone.wrapped_key, gone.blob)
    with pytest.raises(Conflict, match="retired already"), store.transaction() as tx:
        catalogue.retire(tx, "acct-a", "visits", "again")
    with pytest.raises(Conflict, match="was retired"), store.transaction() as tx:
        catalogue.publish(tx, "acct-a", described(), FRAME, holder="org-a")


@pytest.mark.parametrize("existing", [False, True])
def test_of_two_publishers_at_once_one_is_refused(
    store: Store, catalogue: Catalogue, vault: Vault, existing: bool
) -> None:
    if existing:
        with store.transaction() as tx:
            catalogue.publish(tx, "acct-a", described(), FRAME, holder="org-a")
    both = Barrier(2)
    outcomes: list[object] = []

    def publish(rows: int) -> None:
        frame = FRAME.head(rows)
        with store.read() as tx:
            seen = catalogue.list(tx)
        both.wait()
        try:
            with store.transaction() as tx:
                done = catalogue.publish(
                    tx, f"acct-{rows}", described(frame), frame, holder="org-a",
                    expected_version=seen[0].version if seen else 0,
                )  # fmt: skip
            outcomes.append(done.version)
        except Exception as failure:
            outcomes.append(type(failure))

    threads = [Thread(target=publish, args=(rows,)) for rows in (10, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == sorted(map(str, [2 if existing else 1, Conflict]))
    with store.read() as tx:
        assert len(files(vault)) == catalogue.get(tx, "visits").version


def test_a_crash_between_file_and_row_leaves_a_file_that_the_sweep_removes(
    store: Store, catalogue: Catalogue, vault: Vault
) -> None:
    with store.transaction() as tx:
        made = catalogue.publish(tx, "acct-a", described(), FRAME, holder="org-a")
    with contextlib.suppress(KeyboardInterrupt), store.transaction() as tx:
        frame = FRAME.head(10)
        catalogue.publish(tx, "acct-a", described(frame), frame, holder="org-a")
        raise KeyboardInterrupt
    assert len(files(vault)) == 2
    with store.read() as tx:
        assert catalogue.get(tx, "visits") == made
        vault.sweep("table-", catalogue.blobs(tx))
    assert files(vault) == [made.blob]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one mebibyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if (
        os.geteuid() != 0
        or subprocess.run(command, capture_output=True, check=False).returncode != 0
    ):
        pytest.skip("a small tmpfs can be mounted by root only")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_loses_nothing(
    store: Store, ledger: Ledger, clock: MovableClock, keyring: Keyring, small_disk: Path
) -> None:
    vault = Vault(small_disk / "vault")
    catalogue = Catalogue(ledger, clock, vault, keyring)
    with store.transaction() as tx:
        made = catalogue.publish(tx, "acct-a", described(), FRAME, holder="org-a")
    big = pl.DataFrame({"x": [os.urandom(64).hex() for _ in range(40_000)]})
    with pytest.raises(Unavailable, match="disk is full"), store.transaction() as tx:
        catalogue.publish(tx, "acct-a", described(big), big, holder="org-a")
    assert files(vault) == [made.blob]
    with store.read() as tx:
        assert catalogue.get(tx, "visits") == made
        assert len(list(ledger.entries(tx))) == 1
    small = big.head(10)
    with store.transaction() as tx:
        catalogue.publish(tx, "acct-a", described(small, "small"), small, holder="org-a")
