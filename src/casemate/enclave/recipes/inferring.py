"""The recipe of a table that came without one, where the table itself tells it.

What the check recognises (keys of an input, counts, statistics of a variable) is written down as a recipe
and carried out; where that gives every count of the file, the output is judged, remembered and repaired
as if the recipe had come with it. Nothing is taken on trust: an inferred recipe that gives another table
is none.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from casemate.analysis import Answer, BadRecipe, Recipe, compute
from casemate.analysis.compute import MARGIN
from casemate.analysis.documents import built
from casemate.analysis.expressions import Column, Expression, Missing, Not, Several
from casemate.analysis.recipes import Measure, Table
from casemate.enclave.checks_claims import (
    Claim,
    Reproduced,
    find_claim,
    masked,
    reproduce,
    wrong_rows,
)
from casemate.enclave.checks_columns import is_count
from casemate.enclave.checks_estimates import people_of
from casemate.enclave.checks_measures import matching
from casemate.enclave.checks_model import CheckContext, Rules
from casemate.enclave.checks_parse import (
    Malformed,
    as_table,
    canonical_cell,
    decode,
    parse_csv,
    parse_json,
)
from casemate.enclave.checks_parse import Table as ParsedTable
from casemate.enclave.checks_tables import without_index
from casemate.enclave.checks_types import sniff
from casemate.enclave.recipes.cost import is_simple

_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,79}\.(csv|json)")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,62}")
_FUNCTIONS = {"count": "valid"}
_MOST_DECIMALS = 8


@dataclass(frozen=True)
class Inferred:
    """``answer`` is what ``recipe`` gives, in the order of the file's rows; lines ``hidden`` are not shown
    in the file. Counts are shown rounded to ``base``. ``is_whole``: no column is left unexplained."""

    recipe: Recipe
    answer: Answer
    hidden: frozenset[int]
    base: int
    is_whole: bool


def infer(name: str, data: bytes, context: CheckContext) -> Inferred | None:
    """The recipe that gives the table in ``data``, or ``None`` where none was found."""
    try:
        table = _read(name, data, context.rules)
    except Malformed:
        return None
    if table is None or not table.rows:
        return None
    table = without_index(table)
    for source, frame in context.inputs.items():
        claim = find_claim(source, frame, table, context.rules.rounding_base)
        if claim is not None:
            return _of_claim(name, claim, table, context.rules)
    return None


def people_counted(name: str, data: bytes, context: CheckContext) -> dict[str, list[pl.Series]]:
    """By input the rows that the models in a document of estimates say they are of (their n)."""
    if len(data) > context.rules.max_bytes or sniff(name, data)[0] != "json":
        return {}
    try:
        document = parse_json(decode(data))
    except Malformed:
        return {}
    found = {source: people_of(document, frame) for source, frame in context.inputs.items()}
    return {source: rows for source, rows in found.items() if rows}


def _read(name: str, data: bytes, rules: Rules) -> ParsedTable | None:
    kind = sniff(name, data)[0] if len(data) <= rules.max_bytes else "unknown"
    if kind == "table":
        separator = "\t" if name.lower().endswith(".tsv") else ","
        return parse_csv(decode(data), rules, separator)
    return as_table(parse_json(decode(data)), rules) if kind == "json" else None


def _of_claim(name: str, claim: Claim, table: ParsedTable, rules: Rules) -> Inferred | None:
    if len(set(claim.cells)) != len(claim.cells):
        return None
    found = reproduce(claim, rules.rounding_base)
    if found is None:
        return None
    measures, decimals, is_whole = _measures(claim, found, table)
    base = rules.rounding_base if wrong_rows(claim, found.counts) else 1
    for complete in _selections(claim, found):
        try:
            recipe = _recipe(name, claim, measures, complete, decimals)
            if not is_simple(recipe, len(claim.frame)):
                return None
            answer = compute(recipe, claim.frame)
        except BadRecipe:
            continue
        ordered = _in_the_order_of_the_file(claim, found, answer)
        if ordered is not None:
            return Inferred(recipe, *ordered, base, is_whole)
    return None


def _selections(claim: Claim, found: Reproduced) -> Iterator[tuple[str, ...]]:
    """The columns in which everybody counted has a value: also those keys of which the file shows no
    missing value (as pandas leaves them out), or not."""
    held = {name for at, name in enumerate(claim.keys) if all(cell[at] for cell in claim.cells)}
    holed = {name for name in held if claim.frame[name].null_count()}
    yield tuple(sorted({*found.complete, *holed}))
    if holed - set(found.complete):
        yield found.complete


def _measures(
    claim: Claim, found: Reproduced, table: ParsedTable
) -> tuple[tuple[Measure, ...], int, bool]:
    """The figures of the table, their decimal places, and whether every column is one."""
    measures: list[Measure] = []
    decimals, is_whole = 0, True
    if any(count is not None for count in claim.counts):
        measures.append(Measure(name="count_of_people", function="count"))
    columns = [] if claim.melted else table.columns
    for at, column in enumerate(columns):
        if column in claim.keys or is_count(column, claim.frame):
            continue
        texts = table.column(column)
        what = matching(claim, found.people, column, texts)
        if what is None:
            is_whole = False
            continue
        known = column if _NAME.fullmatch(column) else f"figure_{at}"
        function = _FUNCTIONS.get(what.statistic, what.statistic)
        measures.append(built(Measure, name=known, function=function, of=what.variable))
        decimals = max(decimals, *(_decimals(text) for text in texts))
    return tuple(measures), decimals, is_whole


def _decimals(text: str | None) -> int:
    if text is None:
        return 0
    return _MOST_DECIMALS if "e" in text else min(_MOST_DECIMALS, len(text.partition(".")[2]))


def _recipe(
    name: str, claim: Claim, measures: Sequence[Measure], complete: Sequence[str], decimals: int
) -> Recipe:
    """Raises BadRecipe where the language of recipes has no word for it."""
    conditions: list[Expression] = [
        built(Not, of=Missing(of=built(Column, name=one))) for one in complete
    ]
    both = built(Several, op="all_of", of=tuple(conditions)) if len(conditions) > 1 else None
    margins = any(any(pattern) for pattern in claim.margins)
    what = built(Table, by=claim.keys, measures=tuple(measures), margins=margins)
    return built(
        Recipe,
        file=name if _FILE.fullmatch(name) else "table.csv",
        input=claim.source,
        where=both or (conditions[0] if conditions else None),
        what=what,
        decimals=decimals,
    )


def _in_the_order_of_the_file(
    claim: Claim, found: Reproduced, answer: Answer
) -> tuple[Answer, frozenset[int]] | None:
    """The lines of ``answer`` that the file shows, as it orders them, then those that it leaves out;
    and which are hidden. ``None`` where a row of people is no line of the answer, or of others."""
    lines = _lines_by_cell(claim, answer)
    if lines is None:
        return None
    order: list[int] = []
    hidden: set[int] = set()
    for cell, pattern, is_hidden, count in zip(
        claim.cells, claim.margins, claim.hidden, found.counts, strict=True
    ):
        line = lines.pop((pattern, masked(cell, pattern)), None)
        if count != (0 if line is None else len(answer.people[line])):
            return None
        if line is None:
            continue  # nobody is in it, of which the check has told
        if is_hidden:
            hidden.add(len(order))
        order.append(line)
    hidden |= set(range(len(order), len(order) + len(lines)))
    order += lines.values()
    rows = tuple(answer.rows[line] for line in order)
    people = tuple(answer.people[line] for line in order)
    return Answer(answer.columns, answer.keys, rows, people), frozenset(hidden)


def _lines_by_cell(claim: Claim, answer: Answer) -> dict[object, int] | None:
    """The lines with margins such as the file has, by pattern and cell; ``None`` where two look alike."""
    lines: dict[object, int] = {}
    patterns, summed = set(claim.margins), any(any(one) for one in claim.margins)
    for line, row in enumerate(answer.rows):
        keys = row[: answer.keys]
        pattern = tuple(summed and value == MARGIN for value in keys)
        cell = (pattern, masked(tuple(canonical_cell(value) for value in keys), pattern))
        if pattern in patterns and cell in lines:
            return None
        if pattern in patterns:
            lines[cell] = line
    return lines
