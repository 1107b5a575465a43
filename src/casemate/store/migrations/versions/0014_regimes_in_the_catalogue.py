"""Datasets are filtered by the law they are given under, and counted by kind without their texts."""

from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


_OF_SQLITE = """
UPDATE catalogue_entry SET regime = coalesce((
    SELECT description ->> '$.regime' FROM dataset_version
    WHERE dataset_version.dataset_id = catalogue_entry.dataset_id
    AND dataset_version.version = catalogue_entry.version), 'gdpr')
"""
_OF_POSTGRESQL = _OF_SQLITE.replace("$.regime", "regime")


def upgrade() -> None:
    op.add_column(
        "catalogue_entry",
        sa.Column("regime", sa.String(length=8), nullable=False, server_default="gdpr"),
    )
    op.execute(_OF_SQLITE if op.get_bind().dialect.name == "sqlite" else _OF_POSTGRESQL)
    words = sa.text(
        "UPDATE catalogue_entry SET filter_words = filter_words || :word WHERE regime = :regime"
    )
    for regime in ("dga", "ehds", "gdpr"):
        word = " regime" + sha256(regime.encode()).hexdigest()[:16]
        op.execute(words.bindparams(word=word, regime=regime))
    op.create_index(
        "catalogue_entry_facets",
        "catalogue_entry",
        ["id", "holder", "access_right", "regime", "themes"],
    )
