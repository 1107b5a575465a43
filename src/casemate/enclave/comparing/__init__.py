"""What a checker is shown of an output, and of what it changes against earlier releases.

    asked = comparisons.open(tx, checker, output)      # reads, and enters on the ledger that it was read
    shown = comparisons.show(asked)                     # hostile bytes, bounded, no transaction

Nothing here decides anything. Bytes that need a parser of their own meet it in the check's sandboxes;
tables and words are read by the standard library, within bounds that are set before it sees them.
"""

from casemate.enclave.comparing.content import Content, content_of
from casemate.enclave.comparing.differences import (
    Cell,
    Difference,
    Line,
    TableDifference,
    difference,
)
from casemate.enclave.comparing.releases import (
    Comparison,
    Comparisons,
    EarlierRelease,
    Examined,
    Memory,
)

__all__ = [
    "Cell",
    "Comparison",
    "Comparisons",
    "Content",
    "Difference",
    "EarlierRelease",
    "Examined",
    "Line",
    "Memory",
    "TableDifference",
    "content_of",
    "difference",
]
