"""Protect tables in files, with little of them in memory: risk, pseudonyms, a whole plan."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from casemate.errors import BadInput
from casemate.protection.anonymise import Result, anonymise
from casemate.protection.apply import (
    ProtectionReport,
    apply_plan,
    require_classes,
    steps_of_search,
)
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
from casemate.protection.plan_parts import search_budget
from casemate.protection.pseudonyms import POLICY, Pseudonymiser
from casemate.protection.risk import Risk, risk_of_sizes
from casemate.protection.search import UNLIMITED, Budget

_SORTING = "2GB"
"""Memory in which records are sorted; beyond it they spill to disk."""


@dataclass(frozen=True)
class ProtectedFile:
    """The protected file, and the report on it; the report's digests are ``content_digest``s.

    ``recovery`` is as in ``Protected``.
    """

    path: Path
    report: ProtectionReport
    recovery: Mapping[str, pl.DataFrame] = field(default_factory=dict, repr=False)


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

    The table streams: memory is that of its distinct combinations of quasi-identifiers and sensitive
    values, and records are sorted on disk. A plan that does more than generalise, suppress and
    pseudonymise deterministically (``streams``) has the variables in memory at once. ``variables``
    are those that leave: all but what the plan drops, where none are named. ``progress`` is told each
    stage; ``budget`` may end the search early. Raises as ``apply_plan``, ``scan_table`` and
    ``write_table`` do.
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
    chosen = table.select(names)
    order = [*identifiers, *(name for name in names if name not in identifiers)]
    recovery: Mapping[str, pl.DataFrame] = {}
    with whole_file(output) as part, reading(source):
        progress("reading the quasi-identifiers, searching")
        loose, in_order = part.with_suffix(".loose"), part.with_suffix(".sorted")
        if streams(plan):
            result = anonymise_lazily(chosen, plan, names, budget)
            report = _report(chosen, plan, names, identifiers, result)
            progress("writing")
            _write(chosen if result is None else result.table, identifiers, pseudonym_key, loose)
        else:
            here = chosen.collect(engine="streaming")
            protected = apply_plan(here, plan, names, pseudonym_key, budget=budget)
            report, recovery = protected.report, protected.recovery
            progress("writing")
            pl.DataFrame(protected.frame).write_parquet(loose)
        _sort_file(loose, in_order, order)
        _as_ending_says(in_order, part)
        progress("taking digests")
        before, after = content_digest(chosen), content_digest(scan_table(part))
    made = replace(
        report, plan_digest=plan.digest, variables=tuple(names), pseudonymised=tuple(identifiers),
        input_digest=before, output_digest=after,
    )  # fmt: skip
    return ProtectedFile(output, made, recovery)


_STREAMED = {
    "quasi_identifiers", "models", "suppression", "measure", "pseudonymise", "drop", "sensitive",
    "levels", "weights", "budget", "recoding", "aggregated",
}  # fmt: skip


def streams(plan: Plan) -> bool:
    """Whether the plan needs no more than generalisation, suppression and deterministic pseudonyms."""
    return set(plan.to_dict()) <= _STREAMED


def anonymise_lazily(
    table: pl.LazyFrame, plan: Plan, names: Sequence[str], budget: Budget = UNLIMITED
) -> Result | None:
    """The plan's search and its result on a lazy table; None where no quasi-identifier leaves."""
    quasi = {name: held for name, held in plan.quasi_identifiers.items() if name in names}
    models = plan.models_for(names)
    if quasi:
        return anonymise(
            table,
            quasi,
            models=models,
            suppression=plan.suppression,
            measure=plan.measure_for(list(quasi)),
            sensitive=[name for name in plan.sensitive if name in names],
            levels={name: bounds for name, bounds in plan.levels.items() if name in names},
            budget=search_budget(plan.budget, budget),
            recoding=plan.recoding,
            aggregated={name: what for name, what in plan.aggregated.items() if name in names},
        )
    require_classes(plan, names)
    records = count_records(table)
    if not records:
        raise BadInput("the table has no records")
    for model in models:
        if records < model.smallest_table():
            raise BadInput(f"the table has {records} records, too few for {model.describe()}")
    return None


def count_records(table: pl.LazyFrame) -> int:
    """How many records a lazy table has."""
    return int(table.select(pl.len()).collect(engine="streaming").item())


def _report(
    table: pl.LazyFrame,
    plan: Plan,
    names: Sequence[str],
    identifiers: Sequence[str],
    result: Result | None,
) -> ProtectionReport:
    """The report without its digests, which are taken when the file is written."""
    models = plan.models_for(names)
    if result is None:
        everyone = pl.Series([count_records(table)])
        threshold = max((model.smallest_table() for model in plan.models), default=1)
        before = after = risk_of_sizes(everyone, threshold)
    else:
        before, after = result.risk_before, result.risk
    return ProtectionReport(
        plan_digest=plan.digest,
        variables=tuple(names),
        pseudonymised=tuple(identifiers),
        pseudonym_policy=POLICY,
        models=tuple(model.describe() for model in models),
        asked=models,
        measure=plan.measure,
        records_in=before.records,
        records_out=after.records,
        suppressed=result.suppressed if result else 0,
        suppressed_share=result.suppressed_share if result else 0.0,
        generalisation=result.generalisation if result else {},
        loss=result.loss if result else 0.0,
        gap=result.gap if result else 0.0,
        attribute_losses=result.attribute_losses if result else {},
        risk_before=before,
        risk_after=after,
        codebook=result.codebook if result else (),
        input_digest="",
        output_digest="",
        steps=tuple(steps_of_search(plan, result, names)),
    )


def _write(table: pl.LazyFrame, identifiers: Sequence[str], key: bytes | None, path: Path) -> None:
    """The protected records as Parquet; pseudonyms are made a batch at a time."""
    if key is None or not identifiers:
        table.sink_parquet(path)
        return
    pseudonymiser = Pseudonymiser(key)
    with _Sink(path) as sink:
        for batch in batches(table):
            sink.write(pl.DataFrame(pseudonymiser.pseudonymise(batch, identifiers)))


def _sort_file(loose: Path, output: Path, order: Sequence[str]) -> None:
    """Sort as ``apply_plan`` does; what does not fit in memory spills beside the output."""
    if not _told_apart(order):
        rows = pl.scan_parquet(loose).sort(list(order), nulls_last=False)
        rows.sink_parquet(output, compression="zstd")
        return
    import duckdb  # for files only: who protects a frame need not wait for it

    by = ", ".join(f"{_quoted(name)} NULLS FIRST" for name in order)
    try:
        spill: dict[str, Any] = {
            "temp_directory": str(output.parent / "spill"),
            "memory_limit": _SORTING,
        }
        with duckdb.connect(config=spill) as connection:
            connection.execute(
                f"COPY (SELECT * FROM read_parquet({_literal(loose)}) ORDER BY {by}) "  # noqa: S608
                f"TO {_literal(output)} (FORMAT parquet, COMPRESSION zstd)"
            )
    except RuntimeError as error:
        if "interrupted" not in str(error).lower():
            raise
        raise KeyboardInterrupt from None  # what DuckDB makes of one


def _told_apart(names: Sequence[str]) -> bool:
    """Whether DuckDB knows the columns by their names: it takes no empty one, and no two that differ
    in case alone."""
    return all(names) and len({name.casefold() for name in names}) == len(names)


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


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
