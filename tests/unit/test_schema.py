"""The migrated schema is the one that the models speak of, on both databases."""

import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

import casemate.assurance.keeping
import casemate.catalogue  # brings the room's tables, as the others do
import casemate.enclave
import casemate.knowledge.casefiles
import casemate.knowledge.keeping
import casemate.knowledge.obligations.keeping
import casemate.register.keeping
import casemate.register.sandboxes  # noqa: F401
from casemate.errors import BadInput
from casemate.store import Base, Store
from casemate.store.schema import HEAD, alembic_config, migrate


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "sqlite":
        return Store(f"sqlite:///{tmp_path / 'new.db'}")
    return Store(request.getfixturevalue("postgres_url"))


def test_the_migrations_make_what_the_models_say(empty: Store) -> None:
    assert migrate(empty)
    assert not migrate(empty)
    with empty.migration() as connection:
        command.check(alembic_config(connection))
        script = ScriptDirectory.from_config(alembic_config(connection))
        assert script.get_current_head() == HEAD
    empty.close()


def test_migrated_and_created_schemas_have_the_same_search_index(tmp_path: Path) -> None:
    migrated = Store(f"sqlite:///{tmp_path / 'migrated.db'}")
    migrate(migrated)
    created = create_engine(f"sqlite:///{tmp_path / 'created.db'}")
    Base.metadata.create_all(created)
    query = text("SELECT name, sql FROM sqlite_master WHERE name LIKE 'catalogue_%' ORDER BY name")
    with migrated.engine.connect() as one, created.connect() as other:

        def shape(rows: object) -> list[tuple[str, str]]:
            return [(name, " ".join((sql or "").split())) for name, sql in rows]  # type: ignore[attr-defined]

        searches = [row for row in shape(one.execute(query)) if "search" in row[1]]
        assert searches == [row for row in shape(other.execute(query)) if "search" in row[1]]


def test_postgresql_has_the_same_search_columns(postgres_url: str) -> None:
    store = Store(postgres_url)
    migrate(store)
    columns = {column["name"] for column in inspect(store.engine).get_columns("catalogue_entry")}
    assert columns >= {"document", "filters"}
    store.close()


def test_two_who_migrate_at_once_take_turns(empty: Store) -> None:
    problems: list[BaseException] = []

    def work() -> None:
        try:
            migrate(Store(empty.url))
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    empty.close()


def test_a_newer_schema_is_refused(empty: Store) -> None:
    migrate(empty)
    with empty.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadInput, match="newer"):
        migrate(empty)
    empty.close()
