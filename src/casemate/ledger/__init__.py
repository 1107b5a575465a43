"""The ledger: an append-only Merkle log. An entry and the act it records are one transaction."""

from casemate.ledger.log import Entry, Ledger

__all__ = ["Entry", "Ledger"]
