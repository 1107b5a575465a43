"""On any people and any table of them: true tables pass only with large cells, false ones never."""

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.canonical import digest
from casemate.enclave.checks import CheckContext, Rules, Verdict, check
from casemate.enclave.collect import CollectedFile

NAMES = ("region", "sex", "ill")
RULES = Rules(min_cell=5)


def judge(name: str, data: bytes, frame: pl.DataFrame) -> Verdict:
    return check(CollectedFile(name, data, digest(data)), CheckContext({"people": frame}, RULES))


@st.composite
def populations(draw: st.DrawFn) -> pl.DataFrame:
    columns: dict[str, list[Any]] = {}
    count = draw(st.integers(1, 80))
    values: list[st.SearchStrategy[Any]] = [
        st.sampled_from(["north", "south", "[40, 50)"]),
        st.integers(0, 2),
        st.sampled_from([0.0, 1.0, None]),
    ]
    for name, value in zip(NAMES, values, strict=True):
        columns[name] = draw(st.lists(value, min_size=count, max_size=count))
    return pl.DataFrame(columns, schema={"region": pl.String, "sex": pl.Int64, "ill": pl.Float64})


KEYS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)


def table(frame: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    return frame.drop_nulls(keys).group_by(keys).len("count").sort(keys)


@settings(max_examples=150, deadline=None)
@given(populations(), KEYS)
def test_a_true_table_passes_only_without_small_cells(frame: pl.DataFrame, keys: list[str]) -> None:
    cells = table(frame, keys)
    verdict = judge("table.csv", cells.write_csv().encode(), frame)
    rules = {reason.rule for reason in verdict.reasons}
    assert "claim not reproduced" not in rules
    small = cells.filter(pl.col("count") < RULES.min_cell).height > 0
    assert ("minimum cell count" in rules) == small
    if small:
        assert verdict.decision == "refuse"


@settings(max_examples=150, deadline=None)
@given(populations(), KEYS, st.data())
def test_a_table_with_one_wrong_count_is_refused(
    frame: pl.DataFrame, keys: list[str], data: st.DataObject
) -> None:
    cells = table(frame, keys)
    if cells.is_empty():
        return
    place = data.draw(st.integers(0, cells.height - 1))
    error = data.draw(st.integers(-80, 200).filter(lambda number: number % 5 != 0))
    lies = cells["count"].cast(pl.Int64).to_list()
    lies[place] += error
    lie = cells.with_columns(pl.Series("count", lies))
    possible = {tuple(table(people, keys)["count"]) for people in _variants(frame)}
    if tuple(lies) in possible or all(number % RULES.rounding_base == 0 for number in lies):
        return
    assert judge("table.csv", lie.write_csv().encode(), frame).decision == "refuse"


def _variants(frame: pl.DataFrame) -> list[pl.DataFrame]:
    return [frame, frame.drop_nulls(), *(frame.drop_nulls([name]) for name in NAMES)]


@settings(max_examples=100, deadline=None)
@given(populations(), st.data())
def test_rows_of_people_never_pass(frame: pl.DataFrame, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, frame.height))
    rows = frame.sample(size, shuffle=True, seed=1)
    assert judge("rows.csv", rows.write_csv().encode(), frame).decision != "pass"


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["a.csv", "a.json", "a.tsv", "a.txt", "a.png", "a"]), st.binary(max_size=300)
)
def test_no_bytes_break_the_check_or_pass_it(name: str, content: bytes) -> None:
    frame = pl.DataFrame({"region": ["north"] * 20, "sex": [0, 1] * 10, "ill": [0.0] * 20})
    assert judge(name, content, frame).decision != "pass"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["n", "estimate", "parameters", "ci_low", "x", "sex"]), inner
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_no_document_breaks_the_check(document: Any) -> None:
    import json

    frame = pl.DataFrame({"region": ["north"] * 20, "sex": [0, 1] * 10, "ill": [0.0] * 20})
    verdict = judge("a.json", json.dumps(document).encode(), frame)
    json.dumps([reason.evidence for reason in verdict.reasons])
