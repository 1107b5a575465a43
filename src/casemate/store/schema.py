"""The schema's version: brought up to date by Alembic, refused where it is newer than this program."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from casemate.errors import BadInput
from casemate.store.engine import Store

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0030"
"""The newest migration; a test holds it equal to what lies in ``migrations/versions``."""


def migrate(store: Store) -> bool:
    """Bring the database to ``HEAD``; says whether there was something to do.

    Raises ``BadInput`` where the database was written by a newer Casemate.
    """
    with store.engine.connect() as connection:
        if version(connection) == HEAD:
            return False
    from alembic import command  # costs a quarter of a second: only where there is work

    try:
        with store.migration() as connection:
            command.upgrade(alembic_config(connection), "head")
    except Exception as failure:
        if "Can't locate revision" in str(failure):
            raise BadInput(
                "the database was written by a newer Casemate than this one: install that one"
            ) from failure
        raise
    return True


def alembic_config(connection: Connection) -> Config:
    """What Alembic needs to know, without a file of its own."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files(__package__).joinpath("migrations")))
    config.attributes["connection"] = connection
    return config


def version(connection: Connection) -> str | None:
    """Which migration the tables are at; ``None`` where there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
