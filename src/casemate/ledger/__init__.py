"""The ledger: an append-only Merkle log. An entry and the act it records are one transaction."""

from casemate.ledger.audit import Report
from casemate.ledger.explore import Wanted
from casemate.ledger.group import GroupCommit
from casemate.ledger.log import Act, Entry, Ledger
from casemate.ledger.proofs import ConsistencyProof, InclusionProof

__all__ = [
    "Act",
    "ConsistencyProof",
    "Entry",
    "GroupCommit",
    "InclusionProof",
    "Ledger",
    "Report",
    "Wanted",
]
