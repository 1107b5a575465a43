"""The vault: what is on its disk says nothing, and what was altered does not open."""

import secrets
from pathlib import Path

import pyarrow as pa
import pytest

from casemate.errors import IntegrityFailure
from casemate.store.vault import Vault

TABLE = pa.table({"name": ["Zelda Quixote"] * 500, "age": list(range(500))})


def store_table(vault: Vault, key: bytes) -> Path:
    vault.write_table("t.parquet", TABLE.to_batches(), TABLE.schema, key)
    return vault.root / "t.parquet"


def test_a_table_comes_back_by_the_columns_asked_for(vault: Vault) -> None:
    key = secrets.token_bytes(32)
    store_table(vault, key)
    assert vault.read_table("t.parquet", key, ["age"]).column_names == ["age"]
    assert vault.read_table("t.parquet", key, ["age", "name"]).num_rows == 500


def test_nothing_readable_is_on_the_disk(vault: Vault) -> None:
    key = secrets.token_bytes(32)
    path = store_table(vault, key)
    vault.write_bytes("script", b"print('Zelda Quixote')", key)
    for file in (path, vault.root / "script"):
        content = file.read_bytes()
        assert b"Zelda" not in content
        assert b"name" not in content  # not even the names of the columns


def test_another_key_opens_nothing(vault: Vault) -> None:
    store_table(vault, secrets.token_bytes(32))
    with pytest.raises(IntegrityFailure):
        vault.read_table("t.parquet", secrets.token_bytes(32), ["age"])


@pytest.mark.parametrize("place", [20, 200, -200, -20])
def test_an_altered_table_does_not_open(vault: Vault, place: int) -> None:
    key = secrets.token_bytes(32)
    path = store_table(vault, key)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(IntegrityFailure):
        vault.read_table("t.parquet", key, ["name", "age"])


def test_bytes_do_not_open_under_another_name(vault: Vault) -> None:
    key = secrets.token_bytes(32)
    vault.write_bytes("a", b"one", key)
    assert vault.read_bytes("a", key) == b"one"
    (vault.root / "a").rename(vault.root / "b")
    with pytest.raises(IntegrityFailure):
        vault.read_bytes("b", key)
    with pytest.raises(IntegrityFailure, match="missing"):
        vault.read_bytes("a", key)


def test_sweep_removes_what_no_record_names(vault: Vault) -> None:
    key = secrets.token_bytes(32)
    for name in ("table-kept", "table-orphan", "view-other"):
        vault.write_bytes(name, b"1", key)
    (vault.root / "table-torn.1234.partial").write_bytes(b"half")
    assert vault.sweep("table-", ["table-kept"], grace=60) == []
    swept = vault.sweep("table-", ["table-kept"])
    assert swept == ["table-orphan", "table-torn.1234.partial"]
    assert sorted(path.name for path in vault.root.iterdir()) == ["table-kept", "view-other"]
