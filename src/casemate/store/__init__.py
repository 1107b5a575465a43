"""The store: one relational database and one vault. It keeps; it does not judge."""

from casemate.store.engine import Base, Json, OffLedger, Store, UtcDateTime, mark_recorded
from casemate.store.replies import Replies, Reply

__all__ = [
    "Base",
    "Json",
    "OffLedger",
    "Replies",
    "Reply",
    "Store",
    "UtcDateTime",
    "mark_recorded",
]
