"""Does a file carry people? Pseudonyms, rows of the inputs, and long values that only the inputs hold."""

import re
from collections.abc import Iterator, Mapping

import polars as pl

from casemate.enclave.checks_claims import group_sizes
from casemate.enclave.checks_model import CheckContext, Findings, listed
from casemate.enclave.checks_parse import Table

_WORD = re.compile(r"[^\s,;|\"']{6,}")
_LONG_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])")
_LONG_DIGITS = (
    5  # significant digits from which a number is a person's rather than a count or a year
)
_MANY_VALUES = 10
_SHARE_OF_PEOPLE = 0.9


def scan_pseudonyms(text: str, context: CheckContext, findings: Findings) -> None:
    """Look for pseudonyms and other identifiers of the inputs anywhere in ``text``."""
    hits = _pseudonyms(text, context.inputs)
    if hits:
        findings.refuse(
            "pseudonym",
            f"it holds {hits} pseudonyms or other identifiers of the inputs",
            found=hits,
        )


def scan_values(text: str, context: CheckContext, findings: Findings) -> None:
    """Look for long numbers that only the inputs hold, under whatever name they stand.

    Not for what was recomputed: a median, say, is somebody's value and may leave all the same.
    """
    found, total = _long_values(text, context.inputs)
    if found >= _MANY_VALUES and found * 5 >= total:
        findings.refuse(
            "embedded values",
            f"{found} of its {total} long numbers are values of single people in the inputs",
            found=found,
            of=total,
        )
    elif found:
        findings.review(
            "embedded values",
            f"{found} of its long numbers also occur as a value in the inputs",
            found=found,
            of=total,
        )


def _pseudonyms(text: str, inputs: Mapping[str, pl.DataFrame]) -> int:
    known: set[str] = set()
    for column in _identifying(inputs):
        known.update(str(value) for value in column.drop_nulls().to_list())
    if not known:
        return 0
    words = set(_WORD.findall(text))
    hits = len(known & words)
    lengths = {len(value) for value in known}
    if hits == 0 and len(lengths) <= 3:  # glued to other characters: look through every window
        hits = len({part for word in words for part in _windows(word, lengths) if part in known})
    return hits


def _windows(word: str, lengths: set[int]) -> Iterator[str]:
    for length in lengths:
        for start in range(len(word) - length + 1):
            yield word[start : start + length]


def _identifying(inputs: Mapping[str, pl.DataFrame]) -> Iterator[pl.Series]:
    """Text columns that tell nearly everyone apart, with values too long to be a code."""
    for frame in inputs.values():
        for column in frame.get_columns():
            if column.dtype in (pl.String, pl.Categorical) and len(column) >= _MANY_VALUES:
                values = column.cast(pl.String)
                shortest = values.str.len_chars().min()
                distinct = values.n_unique() * 10 >= len(values) * 9
                if isinstance(shortest, int) and shortest >= 6 and distinct:
                    yield values


def _long_values(text: str, inputs: Mapping[str, pl.DataFrame]) -> tuple[int, int]:
    """(distinct long numbers that are some person's value, all distinct long numbers)."""
    written = {float(number) for number in _LONG_NUMBER.findall(text) if _is_long(number)}
    if not written:
        return 0, 0
    known: set[float] = set()
    for frame in inputs.values():
        for column in frame.get_columns():
            if column.dtype.is_float():
                known.update(column.drop_nulls().drop_nans().to_list())
    return len(written & known), len(written)


def _is_long(number: str) -> bool:
    digits = re.sub(r"[eE].*|[-+.]", "", number).strip("0")
    return len(digits) >= _LONG_DIGITS and len(number) <= 40


def scan_rows(table: Table, frame: pl.DataFrame, context: CheckContext, findings: Findings) -> None:
    """Are the rows of ``table``, which counts nobody, rows of ``frame``?"""
    people = max(input_.height for input_ in context.inputs.values())
    if (
        len(table.rows) >= _SHARE_OF_PEOPLE * people
        and len(table.rows) > 2 * context.rules.min_cell
    ):
        findings.refuse(
            "unit records", f"it has {len(table.rows)} rows, about as many as there are people"
        )
        return
    shared = [name for name in table.columns if name in frame.columns]
    if not shared:
        return
    groups = group_sizes(frame, shared)
    places = [table.columns.index(name) for name in shared]
    small = [
        number
        for number, row in enumerate(table.rows, start=1)
        if 0 < groups.get(tuple(row[place] for place in places), 0) < context.rules.min_cell
    ]
    if small:
        findings.refuse(
            "unit records",
            f"{listed(small)}: fewer than {context.rules.min_cell} people have these values of "
            f"{', '.join(shared)}",
            rows=small[:10],
            threshold=context.rules.min_cell,
        )
