"""Protect tables in files, with little of them in memory: risk, pseudonyms, a whole plan."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import polars as pl
import pyarrow.parquet as pq

from casemate.errors import BadInput
from casemate.protection.apply import ProtectionReport, apply_plan
from casemate.protection.contents import batches, content_digest
from casemate.protection.files import (
    PARQUET_ENDINGS,
    reading,
    require_writable,
    scan_table,
    whole_file,
    write_table,
)
from casemate.protection.plan import Plan
from casemate.protection.pseudonyms import Pseudonymiser
from casemate.protection.risk import Risk, risk_of_sizes
from casemate.protection.search import UNLIMITED, Budget


@dataclass(frozen=True)
class ProtectedFile:
    """The protected file, and the report on it; the report's digests are ``content_digest``s."""

    path: Path
    report: ProtectionReport


def risk_of_file(
    source: str | Path, quasi_identifiers: Sequence[str], *, threshold: int = 5
) -> Risk:
    """``reidentification_risk`` of the table in a file; memory is that of its distinct tuples.

    Raises as ``scan_table`` and ``reidentification_risk`` do.
    """
    table = scan_table(source)
    names = list(dict.fromkeys(quasi_identifiers))
    _require_columns(table, names, "a quasi-identifier", source)
    if threshold < 1:
        raise BadInput(f"the threshold is a class size of at least 1, not {threshold}")
    if not names:
        raise BadInput("name at least one quasi-identifier")
    columns = table.select(pl.col(name).alias(str(place)) for place, name in enumerate(names))
    with reading(Path(source)):
        sizes = columns.group_by(pl.all()).len("records").collect(engine="streaming")["records"]
    if not len(sizes):
        raise BadInput("the table has no records, so there is nobody to re-identify")
    return risk_of_sizes(sizes, threshold)


def pseudonymise_file(
    source: str | Path, attributes: Sequence[str], key: bytes, output: str | Path
) -> int:
    """Write ``source`` to ``output`` with ``attributes`` as pseudonyms under ``key``; how many records.

    Records stream: memory is that of one batch. Raises as ``scan_table``, ``Pseudonymiser`` and
    ``write_table`` do.
    """
    table = scan_table(source)
    _require_columns(table, attributes, "an identifier", source)
    _require_other(source, output)
    pseudonymiser = Pseudonymiser(key)
    output, records = Path(output), 0
    with whole_file(output) as part, reading(Path(source)):
        loose = part.with_suffix(".loose")
        with _Sink(loose) as sink:
            for batch in batches(table):
                sink.write(pl.DataFrame(pseudonymiser.pseudonymise(batch, attributes)))
                records += len(batch)
        _as_ending_says(loose, part)
    return records


def anonymise_file(
    source: str | Path,
    plan: Plan,
    output: str | Path,
    *,
    variables: Sequence[str] | None = None,
    pseudonym_key: bytes | None = None,
    budget: Budget = UNLIMITED,
    progress: Callable[[str], None] = lambda stage: None,
) -> ProtectedFile:
    """Protect the table in ``source`` as ``plan`` says and write it to ``output``; see ``apply_plan``.

    Only quasi-identifiers and sensitive attributes are in memory at once; all other columns stream,
    and records are sorted on disk. ``variables`` are those that leave: all but what the plan drops,
    where none are named. ``progress`` is told each stage; ``budget`` may end the search early.
    Raises as ``apply_plan``, ``scan_table`` and ``write_table`` do.
    """
    source, output = Path(source), Path(output)
    table = scan_table(source)
    _require_other(source, output)
    require_writable(output)
    names = list(variables or (n for n in table.collect_schema().names() if n not in plan.drop))
    _require_columns(table, names, "a variable", source)
    identifiers = [name for name in plan.pseudonymise if name in names]
    if identifiers and pseudonym_key is None:
        raise BadInput(f"the plan pseudonymises {identifiers[0]!r}: a pseudonym key is needed")
    order = [*identifiers, *(name for name in names if name not in identifiers)]
    with whole_file(output) as part, reading(source):
        progress("reading the quasi-identifiers, searching")
        report, kept = _judge(table, plan, names, budget)
        progress("writing")
        pseudonymiser = Pseudonymiser(pseudonym_key) if pseudonym_key is not None else None
        loose, in_order = part.with_suffix(".loose"), part.with_suffix(".sorted")
        _write_kept(table, names, kept, identifiers, pseudonymiser, loose)
        _sort_file(loose, in_order, order)
        _as_ending_says(in_order, part)
        progress("taking digests")
        before = content_digest(table.select(names))
        after = content_digest(scan_table(part))
    made = replace(
        report, plan_digest=plan.digest, variables=tuple(names), pseudonymised=tuple(identifiers),
        input_digest=before, output_digest=after,
    )  # fmt: skip
    return ProtectedFile(output, made)


def _judge(
    table: pl.LazyFrame, plan: Plan, names: Sequence[str], budget: Budget
) -> tuple[ProtectionReport, pl.DataFrame]:
    """The report, and the records kept with what the plan makes of them, by their number."""
    wanted = {*plan.quasi_identifiers, *plan.sensitive, *(one.attribute for one in plan.models)}
    needed = [name for name in names if name in wanted] or [names[0]]
    number = _new_name(names)
    columns = table.select(needed).with_row_index(number).collect(engine="streaming")
    plain = replace(plan, pseudonymise=(), drop=())
    protected = apply_plan(columns, plain, [*needed, number], budget=budget)
    return protected.report, pl.DataFrame(protected.frame).sort(number)


def _write_kept(
    table: pl.LazyFrame,
    names: Sequence[str],
    kept: pl.DataFrame,
    identifiers: Sequence[str],
    pseudonymiser: Pseudonymiser | None,
    path: Path,
) -> None:
    """The records kept with all their columns, a batch at a time, as Parquet."""
    number = _new_name(names)
    rest = [name for name in names if name not in kept.columns]
    numbers, start, done = kept[number], 0, 0
    with _Sink(path) as sink:
        for batch in batches(table.select(rest) if rest else table.select(pl.first())):
            upto = int(numbers.search_sorted(start + len(batch)))
            here = kept[done:upto]
            rows = batch.select(rest)[here[number].cast(pl.Int64) - start] if rest else None
            merged = here if rows is None else here.hstack(rows)
            if pseudonymiser is not None:
                merged = pl.DataFrame(pseudonymiser.pseudonymise(merged, identifiers))
            sink.write(merged.select(names))
            start, done = start + len(batch), upto


def _sort_file(loose: Path, output: Path, order: Sequence[str]) -> None:
    """Sort as ``apply_plan`` does; what does not fit in memory spills beside the output."""
    import duckdb  # for files only: who protects a frame need not wait for it

    by = ", ".join(f"{_quoted(name)} NULLS FIRST" for name in order)
    try:
        with duckdb.connect(config={"temp_directory": str(output.parent / "spill")}) as connection:
            connection.execute(
                f"COPY (SELECT * FROM read_parquet({_literal(loose)}) ORDER BY {by}) "  # noqa: S608
                f"TO {_literal(output)} (FORMAT parquet, COMPRESSION zstd)"
            )
    except RuntimeError as error:
        if "interrupted" not in str(error).lower():
            raise
        raise KeyboardInterrupt from None  # what DuckDB makes of one


def _as_ending_says(parquet: Path, output: Path) -> None:
    """Move ``parquet`` to ``output``, as CSV where that is what its ending says."""
    if output.name.lower().endswith(PARQUET_ENDINGS):
        parquet.replace(output)
    else:
        write_table(pl.scan_parquet(parquet), output)


class _Sink:
    """A table written batch by batch to ``path`` as Parquet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> "_Sink":
        return self

    def write(self, batch: pl.DataFrame) -> None:
        table = batch.to_arrow(compat_level=pl.CompatLevel.oldest())
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema, compression="zstd")
        self._writer.write_table(table)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.close()
        elif error is None:
            raise BadInput("the table has no records")


def _require_columns(
    table: pl.LazyFrame, names: Sequence[str], what: str, source: str | Path
) -> None:
    here = table.collect_schema().names()
    for name in names:
        if name not in here:
            raise BadInput(
                f"{Path(source).name} has no column {name!r}, which was named as {what}; it has "
                f"{', '.join(here)}"
            )


def _require_other(source: str | Path, output: str | Path) -> None:
    if Path(output).exists() and Path(source).samefile(output):
        raise BadInput(f"{output} is the table that is read: write to another file")


def _new_name(names: Sequence[str]) -> str:
    return "*" + max(names, key=len, default="")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
