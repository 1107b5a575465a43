"""One table, however it is carried: every engine gives the same node, loss, suppression and rows."""

import datetime
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casemate.errors import BadInput, IntegrityFailure
from casemate.protection import (
    DistinctLDiversity,
    Hierarchy,
    KAnonymity,
    Result,
    TCloseness,
    anonymise,
    intervals,
    suppressible,
)
from casemate.protection.engines import COUNT, ByTuple, Packing, open_engine
from casemate.protection.grouping import group_table
from casemate.protection.regrouped import regroup

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "age": st.integers(0, 60),
    "born": st.dates(datetime.date(1990, 1, 1), datetime.date(1990, 1, 4)),
    "alive": st.booleans(),
    "wage": st.sampled_from([Decimal("1.50"), Decimal("2.25"), Decimal("40.00")]),
    "weight": st.sampled_from([0.5, 1.5, -2.0]),
    'place; of "birth"': st.sampled_from(["a", "b", "", "é 'x'"]),
}
KINDS = {
    "age": pl.Int16(), "born": pl.Date(), "alive": pl.Boolean(), "wage": pl.Decimal(10, 2),
    "weight": pl.Float64(), "place; of \"birth\"": pl.String(),
}  # fmt: skip
HIERARCHIES: dict[str, Hierarchy] = {
    name: intervals(10, 30) if name == "age" else suppressible() for name in VALUES
}
ILLNESS = st.sampled_from(["flu", "gout", None])


@st.composite
def tables(draw: st.DrawFn) -> pl.DataFrame:
    """Small tables of one to three quasi-identifiers, with nulls, an illness and a number."""
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=3, unique=True))
    rows = draw(st.integers(2, 24))
    columns = {
        name: draw(st.lists(st.none() | VALUES[name], min_size=rows, max_size=rows))
        for name in names
    }
    illness = draw(st.lists(ILLNESS, min_size=rows, max_size=rows))
    return pl.DataFrame(
        {
            **{name: pl.Series(held, dtype=KINDS[name]) for name, held in columns.items()},
            "illness": pl.Series(illness, dtype=pl.String),
            "number": range(rows),
        }
    )


def rows_of(table: pl.DataFrame) -> Counter[tuple[Any, ...]]:
    return Counter(table.rows())


def outcome(result: Result) -> tuple[Any, ...]:
    return (
        result.generalisation, result.loss, result.suppressed, result.score, result.nodes,
        result.risk, result.risk_before, result.codebook,
    )  # fmt: skip


def by_file(table: pl.DataFrame, run: Callable[..., Result]) -> tuple[Result, pl.DataFrame]:
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder) / "in.parquet", Path(folder) / "out.parquet"
        table.write_parquet(source)
        result = run(source, output=output)
        assert result.table == output
        made = pl.read_parquet(output)
        return result, made.with_columns(
            pl.col(name).cast(pl.String)
            for name, kind in made.schema.items()
            if isinstance(kind, pl.Enum)
        )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(table=tables(), k=st.integers(1, 4), l_value=st.integers(1, 2), share=st.floats(0, 0.9))
def test_every_engine_gives_the_same(
    table: pl.DataFrame, k: int, l_value: int, share: float
) -> None:
    quasi = {name: HIERARCHIES[name] for name in table.columns if name in HIERARCHIES}
    models = [KAnonymity(k), DistinctLDiversity(l_value, "illness")]

    def run(given_table: Any, **more: Any) -> Result:
        return anonymise(given_table, quasi, models=models, suppression=share, **more)

    try:
        expected = run(table)
    except BadInput as refusal:
        for other in (table.lazy(), table.to_arrow(), duckdb.from_arrow(table.to_arrow())):
            with pytest.raises(BadInput) as refused:
                run(other)
            assert refused.value.args == refusal.args  # noqa: PT017 (two refusals are compared)
        return
    lazy = run(table.lazy())
    assert isinstance(lazy.table, pl.LazyFrame)
    arrow = run(table.to_arrow())
    with duckdb.connect() as connection:
        relation = run(connection.from_arrow(table.to_arrow()))
        assert isinstance(relation.table, duckdb.DuckDBPyRelation)
        asked = relation.table.pl()
    filed, written = by_file(table, run)
    # in memory and in a file the records stay in their order
    assert lazy.table.collect().equals(expected.table)
    assert pl.DataFrame(arrow.table).equals(expected.table)
    assert written.equals(expected.table)
    assert rows_of(asked) == rows_of(expected.table)
    for result in (lazy, arrow, relation, filed):
        assert outcome(result) == outcome(expected)


@settings(max_examples=30, deadline=None)
@given(table=tables())
def test_grouping_counts_what_a_dictionary_counts(table: pl.DataFrame) -> None:
    names = [name for name in table.columns if name in HIERARCHIES]
    expected = Counter(table.select(*names, "illness").rows())
    for given_table in (table, table.lazy(), duckdb.from_arrow(table.to_arrow())):
        found = group_table(given_table, names, ["illness"])
        lines = found.records([*names, "illness"]).rows()
        assert Counter(lines) == expected
        assert found.tuples == len({row[:-1] for row in expected})
        assert int(found.sizes().sum()) == len(table)


@settings(max_examples=30, deadline=None)
@given(table=tables(), kept=st.integers(0, 10))
def test_labels_may_depend_on_the_whole_tuple(table: pl.DataFrame, kept: int) -> None:
    """Local recoding: each tuple has its own label, and tuples without one leave."""
    names = [name for name in table.columns if name in HIERARCHIES]
    distinct = table.select(names).unique(maintain_order=True).head(kept)
    new = pl.DataFrame({names[0]: [f"class {place}" for place in range(len(distinct))]})
    recoding = ByTuple(distinct, new.cast(pl.String))
    label = dict(zip(distinct.rows(), new[names[0]].to_list(), strict=True))
    expected = [
        (label[key], *row[1:])
        for key, row in zip(table.select(names).rows(), table.rows(), strict=True)
        if key in label
    ]
    for given_table in (table, table.lazy(), duckdb.from_arrow(table.to_arrow())):
        engine = open_engine(given_table)
        engine.survey(names)
        made: Any = engine.recoded(recoding)
        made = made.collect() if isinstance(made, pl.LazyFrame) else made
        made = made.pl() if isinstance(made, duckdb.DuckDBPyRelation) else made
        assert rows_of(made) == Counter(expected)


@given(radices=st.lists(st.integers(1, 2**20), min_size=1, max_size=9), data=st.data())
def test_keys_hold_every_code_and_sort_as_codes_do(radices: list[int], data: st.DataObject) -> None:
    """However many columns: what does not fit one integer takes two."""
    names = [str(place) for place in range(len(radices))]
    rows = data.draw(st.integers(1, 5))
    columns = {
        name: np.array(data.draw(st.lists(st.integers(0, radix - 1), min_size=rows, max_size=rows)))
        for name, radix in zip(names, radices, strict=True)
    }
    top: Mapping[str, Any] = {
        name: np.array([radix - 1]) for name, radix in zip(names, radices, strict=True)
    }
    packing = Packing.of({name: pl.Series([0]) for name in names}, top)
    keys = pl.DataFrame(packing.keys(columns))
    back = packing.unpacked(keys)
    assert all((back[name] == columns[name]).all() for name in names)
    ordered = packing.unpacked(keys.sort(keys.columns))
    lines = list(zip(*(ordered[name].tolist() for name in names), strict=True))
    assert lines == sorted(lines)
    assert COUNT not in keys.columns


def test_categories_are_read_by_their_text(tmp_path: Path) -> None:
    """Enum and Categorical columns, some of whose categories nobody holds."""
    texts = ["b", "a", None, "b", "a", "b", None]
    expected = Counter((text,) for text in texts)
    for kind in (pl.Enum(["z", "b", "y", "a"]), pl.Categorical()):
        table = pl.DataFrame({"x": pl.Series(texts, dtype=kind)})
        table.write_parquet(tmp_path / "t.parquet")
        for given_table in (table, table.lazy(), tmp_path / "t.parquet"):
            assert Counter(group_table(given_table, ["x"]).records(["x"]).rows()) == expected
        result = anonymise(
            table.lazy(), {"x": suppressible()}, models=[KAnonymity(3)], suppression=0.6
        )
        assert result.table.collect()["x"].cast(pl.String).to_list() == ["b"] * 3


@settings(max_examples=30, deadline=None)
@given(table=tables())
def test_a_finished_table_is_recounted_alike_by_every_engine(table: pl.DataFrame) -> None:
    """Classes, and in each how many records hold what: without a line for each record."""
    names = [name for name in table.columns if name in HIERARCHIES]
    sizes = sorted(Counter(table.select(names).rows()).values())
    held = sorted(Counter(table.select(*names, "illness").rows()).values())
    for given_table in (table, table.lazy(), duckdb.from_arrow(table.to_arrow())):
        found = regroup(given_table, names, ["illness"])
        assert found.remaining == len(table)
        assert sorted(found.sizes().tolist()) == sizes
        tallied = dict(found.tallied(names[0]).rows())
        assert tallied == Counter(table[names[0]].to_list())
        lines = found.lines("class")
        if COUNT in lines.columns:
            assert sorted(lines[COUNT].to_list()) == held
        per_record = found.records(["illness"], "class")
        classes = per_record.group_by("class").len()["len"]
        assert sorted(classes.to_list()) == sizes


@pytest.mark.parametrize("bad", [["flu"] * 4, ["flu", "flu", "flu", "gout"]])
def test_a_check_of_counted_lines_judges_as_one_of_records(bad: list[str]) -> None:
    """5 records of one class: lines say how many records they stand for."""
    collected = pl.DataFrame({"illness": ["flu", "gout"], COUNT: [6, 4]})
    model = TCloseness("0.3", "illness")
    good = pl.DataFrame({"class": [0, 0], "illness": ["flu", "gout"], COUNT: [3, 2]})
    model.check(good, ["class"], collected)
    lines = pl.DataFrame({"class": [0] * 4, "illness": bad, COUNT: [4, 1, 1, 1]})
    expanded = lines.select(pl.exclude(COUNT).repeat_by(COUNT).explode())
    for table in (lines, expanded):
        if bad.count("gout"):
            model.check(table, ["class"], collected)
        else:
            with pytest.raises(IntegrityFailure, match="7 records"):
                model.check(table, ["class"], collected)


def test_a_column_named_as_counts_are_is_refused() -> None:
    with pytest.raises(BadInput, match="rename"):
        group_table(pl.DataFrame({COUNT: [1, 2]}), [COUNT])
