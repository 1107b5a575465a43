"""The second opinion: judges finished tables by their text alone, sharing no code with the search."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from casemate.errors import BadInput, IntegrityFailure
from casemate.protection.frames import open_frame, polars_columns, require_columns
from casemate.protection.values import text_of


def smallest_class(table: Any, quasi_identifiers: Sequence[str]) -> int:
    """The number of records in the smallest equivalence class of ``table``; 0 for no records."""
    frame = open_frame(table)
    require_columns(frame, quasi_identifiers, "a quasi-identifier")
    if not quasi_identifiers:
        return len(frame)
    columns = polars_columns(frame, quasi_identifiers)
    columns.columns = [str(place) for place in range(columns.width)]  # no name meets "records"
    smallest = columns.group_by(columns.columns).len("records")["records"].min()
    return int(smallest) if isinstance(smallest, int) else 0


def check_k_anonymity(table: Any, quasi_identifiers: Sequence[str], k: int) -> None:
    """Raise IntegrityFailure unless each class of ``table`` has at least ``k`` records.

    An empty table holds nobody and passes.
    """
    if k < 1:
        raise BadInput(f"k must be at least 1, not {k}")
    if len(open_frame(table)) and (found := smallest_class(table, quasi_identifiers)) < k:
        raise IntegrityFailure(
            f"the table is not {k}-anonymous: its smallest class over "
            f"{', '.join(quasi_identifiers)} has {found} records"
        )


def loss_of_table(
    table: pl.DataFrame,
    shares: Mapping[str, Mapping[str | None, float]],
    lines: Mapping[str, int],
    suppressed: int,
) -> float:
    """ARX's Loss recomputed from the text of a finished table.

    The mean over quasi-identifiers of (A - N/D) / (N - N/D), where N counts the records collected,
    D the hierarchy's lines and A adds up the share of each record's label, 1 for a record
    suppressed. A quasi-identifier with one line has nothing to lose and counts 0.
    """
    records = len(table) + suppressed
    terms = []
    for name, share in shares.items():
        counts = table[name].rename("value").value_counts(name="records")
        total = suppressed + sum(
            share[text_of(value, name)] * count for value, count in counts.iter_rows()
        )
        least = records / lines[name]
        terms.append((total - least) / (records - least) if lines[name] > 1 else 0.0)
    return sum(terms) / len(terms)
