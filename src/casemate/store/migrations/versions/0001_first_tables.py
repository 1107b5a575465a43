"""First tables of every room."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

# The full-text index, in each database's own words.
SQLITE_INDEX = (
    """CREATE VIRTUAL TABLE IF NOT EXISTS catalogue_search USING fts5(title_words, keyword_words, description_words, variable_words, filter_words, content='catalogue_entry', content_rowid='id', tokenize='unicode61 remove_diacritics 2', prefix='3 4')""",
    """CREATE TRIGGER IF NOT EXISTS catalogue_entry_insert AFTER insert ON catalogue_entry BEGIN INSERT INTO catalogue_search(rowid, title_words, keyword_words, description_words, variable_words, filter_words) VALUES (new.id, new.title_words, new.keyword_words, new.description_words, new.variable_words, new.filter_words); END""",
    """CREATE TRIGGER IF NOT EXISTS catalogue_entry_delete AFTER delete ON catalogue_entry BEGIN INSERT INTO catalogue_search(catalogue_search, rowid, title_words, keyword_words, description_words, variable_words, filter_words) VALUES ('delete', old.id, old.title_words, old.keyword_words, old.description_words, old.variable_words, old.filter_words); END""",
    """CREATE TRIGGER IF NOT EXISTS catalogue_entry_update AFTER update ON catalogue_entry BEGIN INSERT INTO catalogue_search(catalogue_search, rowid, title_words, keyword_words, description_words, variable_words, filter_words) VALUES ('delete', old.id, old.title_words, old.keyword_words, old.description_words, old.variable_words, old.filter_words); INSERT INTO catalogue_search(rowid, title_words, keyword_words, description_words, variable_words, filter_words) VALUES (new.id, new.title_words, new.keyword_words, new.description_words, new.variable_words, new.filter_words); END""",
)
POSTGRESQL_INDEX = (
    """ALTER TABLE catalogue_entry ADD COLUMN IF NOT EXISTS document tsvector GENERATED ALWAYS AS (setweight(to_tsvector('simple', title_words), 'A') || setweight(to_tsvector('simple', keyword_words), 'B') || setweight(to_tsvector('simple', description_words), 'C') || setweight(to_tsvector('simple', variable_words), 'D')) STORED""",
    """ALTER TABLE catalogue_entry ADD COLUMN IF NOT EXISTS filters tsvector GENERATED ALWAYS AS (to_tsvector('simple', filter_words)) STORED""",
    """CREATE INDEX IF NOT EXISTS catalogue_entry_document ON catalogue_entry USING gin (document)""",
    """CREATE INDEX IF NOT EXISTS catalogue_entry_filters ON catalogue_entry USING gin (filters)""",
)


def make_search_index() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_INDEX if is_sqlite else POSTGRESQL_INDEX:
        op.get_bind().exec_driver_sql(statement)


def upgrade() -> None:
    op.create_table(
        "application",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("applicant", sa.String(length=200), nullable=False),
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("form", Json, nullable=False),
        sa.Column("versions", Json, nullable=False),
        sa.Column("regime", sa.String(length=8), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clock_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clock_stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_microseconds", sa.BigInteger(), nullable=False),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("complete_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("permit", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_application_applicant"), ["applicant"], unique=False)
        batch_op.create_index(batch_op.f("ix_application_state"), ["state"], unique=False)

    op.create_table(
        "dataset",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retire_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("dataset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dataset_holder"), ["holder"], unique=False)
        batch_op.create_index(batch_op.f("ix_dataset_state"), ["state"], unique=False)

    op.create_table(
        "enclave_environment",
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("packages", Json, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "enclave_view",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("permit", sa.String(length=64), nullable=False),
        sa.Column("dataset", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("slot", sa.String(length=300), nullable=True),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("report", Json, nullable=False),
        sa.Column("certificate", Json, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slot"),
    )
    with op.batch_alter_table("enclave_view", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enclave_view_permit"), ["permit"], unique=False)

    op.create_table(
        "ledger_entry",
        sa.Column(
            "index",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(length=32), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("index"),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_entry_subject"), ["subject"], unique=False)

    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "ledger_node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "index",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("level", "index"),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=400), nullable=False),
        sa.Column("kind", sa.String(length=200), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name_key"),
    )
    op.create_table(
        "permit",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(length=200), nullable=True),
        sa.Column("revoke_reason", sa.Text(), nullable=True),
        sa.Column("superseded_by", sa.String(length=64), nullable=True),
        sa.Column("application", sa.String(length=64), nullable=True),
        sa.Column("applicant", sa.String(length=200), nullable=False),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("permit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_permit_applicant"), ["applicant"], unique=False)
        batch_op.create_index(batch_op.f("ix_permit_application"), ["application"], unique=False)
        batch_op.create_index(batch_op.f("ix_permit_issued_at"), ["issued_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_permit_standing"), ["standing"], unique=False)

    op.create_table(
        "account",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("email_key", sa.String(length=640), nullable=True),
        sa.Column("password_hash", sa.String(length=256), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email_key"),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_account_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "application_event",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("application", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=False),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("deciding", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application"],
            ["application.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("application_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_application_event_application"), ["application"], unique=False
        )

    op.create_table(
        "catalogue_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("access_right", sa.String(length=16), nullable=False),
        sa.Column("themes", Json, nullable=False),
        sa.Column("titles", Json, nullable=False),
        sa.Column("descriptions", Json, nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("title_words", sa.Text(), nullable=False),
        sa.Column("keyword_words", sa.Text(), nullable=False),
        sa.Column("description_words", sa.Text(), nullable=False),
        sa.Column("variable_words", sa.Text(), nullable=False),
        sa.Column("filter_words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            ["dataset.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("dataset_id"),
    )
    with op.batch_alter_table("catalogue_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_catalogue_entry_access_right"), ["access_right"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_catalogue_entry_holder"), ["holder"], unique=False)

    op.create_table(
        "dataset_version",
        sa.Column("dataset_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("description", Json, nullable=False),
        sa.Column("columns", Json, nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("profile", Json, nullable=False),
        sa.Column("quality", Json, nullable=False),
        sa.Column("risk", Json, nullable=False),
        sa.Column("published_by", sa.String(length=64), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            ["dataset.id"],
        ),
        sa.PrimaryKeyConstraint("dataset_id", "version"),
        sa.UniqueConstraint("blob"),
        sa.UniqueConstraint("dataset_id", "digest"),
    )
    op.create_table(
        "enclave_run",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("permit", sa.String(length=64), nullable=False),
        sa.Column("submitted_by", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=128), nullable=False),
        sa.Column("filename", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("script_blob", sa.String(length=64), nullable=False),
        sa.Column("script_key", sa.LargeBinary(), nullable=False),
        sa.Column("script_digest", sa.String(length=71), nullable=False),
        sa.Column("parameters", Json, nullable=False),
        sa.Column("environment", sa.String(length=71), nullable=True),
        sa.Column("inputs", Json, nullable=False),
        sa.Column("resources", Json, nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["environment"],
            ["enclave_environment.digest"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("enclave_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enclave_run_permit"), ["permit"], unique=False)
        batch_op.create_index(batch_op.f("ix_enclave_run_state"), ["state"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_enclave_run_submitted_by"), ["submitted_by"], unique=False
        )

    op.create_table(
        "permit_dataset",
        sa.Column("permit", sa.String(length=64), nullable=False),
        sa.Column("dataset", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["permit"],
            ["permit.id"],
        ),
        sa.PrimaryKeyConstraint("permit", "dataset", "version"),
    )
    with op.batch_alter_table("permit_dataset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_permit_dataset_dataset"), ["dataset"], unique=False)

    op.create_table(
        "permit_person",
        sa.Column("permit", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["permit"],
            ["permit.id"],
        ),
        sa.PrimaryKeyConstraint("permit", "person"),
    )
    with op.batch_alter_table("permit_person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_permit_person_person"), ["person"], unique=False)

    op.create_table(
        "account_role",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("account_id", "role"),
    )
    op.create_table(
        "enclave_output",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("run", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=True),
        sa.Column("name_is_known", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("verdict", Json, nullable=True),
        sa.Column("checked_digest", sa.String(length=71), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.String(length=200), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_reason", sa.Text(), nullable=True),
        sa.Column("released_by", sa.String(length=200), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ledger_index", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run"],
            ["enclave_run.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("run", "name"),
    )
    with op.batch_alter_table("enclave_output", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enclave_output_run"), ["run"], unique=False)
        batch_op.create_index(batch_op.f("ix_enclave_output_state"), ["state"], unique=False)

    make_search_index()
