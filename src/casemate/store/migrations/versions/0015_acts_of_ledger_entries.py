"""The act of each ledger entry, filed beside its subject, so that one kind of act is found at once."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_ENTRY = sa.table(
    "ledger_entry",
    sa.column("index", sa.BigInteger),
    sa.column("body", sa.LargeBinary),
    sa.column("act", sa.String),
)
_AT_ONCE = 5_000


def upgrade() -> None:
    with op.batch_alter_table("ledger_entry") as batch_op:
        batch_op.add_column(sa.Column("act", sa.String(64), nullable=False, server_default=""))
    _file_acts(op.get_bind())
    op.create_index("ix_ledger_entry_act", "ledger_entry", ["act", "index"], unique=False)


def _file_acts(connection: sa.Connection) -> None:
    """From the bodies, which are what counts. One that is no entry any more keeps none: an audit says so."""
    change = (
        sa.update(_ENTRY)
        .where(_ENTRY.c.index == sa.bindparam("at"))
        .values(act=sa.bindparam("is_of"))
    )
    read = sa.select(_ENTRY.c.index, sa.cast(_ENTRY.c.body, sa.LargeBinary)).order_by(
        _ENTRY.c.index
    )
    last = -(2**62)
    while rows := connection.execute(read.where(_ENTRY.c.index > last).limit(_AT_ONCE)).all():
        filed = [{"at": at, "is_of": act} for at, body in rows if (act := _act_in(body))]
        if filed:
            connection.execute(change, filed)
        last = rows[-1][0]


def _act_in(body: bytes) -> str:
    try:
        act = json.loads(body)["act"]
    except (ValueError, KeyError, TypeError):
        return ""
    return act if isinstance(act, str) and len(act) <= 64 else ""
