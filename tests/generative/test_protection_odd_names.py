"""Whatever columns are called, a table is protected under its own names, or refused by one of them."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from casemate.errors import BadInput
from casemate.protection import (
    Count,
    KAnonymity,
    Plan,
    PrivacyBudget,
    PrivacyLoss,
    PrivateTable,
    Rules,
    aggregate,
    anonymise,
    anonymise_file,
    certify,
    observed_domain,
    pseudonymise_file,
    reidentification_risk,
    risk_of_file,
    scan_table,
    suppressible,
    synthesise,
    verify,
)

KEY = b"k" * 32
PATTERNS = ["*", "^a$", "^.*$", "^$"]
ODD = [
    *PATTERNS, "", " ", "a\nb", 'q"', '""', "it's", "a,b", "a;b", "$1", "\\", "é", "count", "len",
    "{x}", "[x]", "-x", "#", "null", "%s", "a.b", "^a", "a$", "^.*", "A", "a", "index", "*records",
]  # fmt: skip
NAME = st.one_of(st.sampled_from(ODD), st.text("^$*.\"'\\aA\n ,;", max_size=4))
NAMES = st.lists(NAME, min_size=3, max_size=3, unique=True)
ENDINGS = st.sampled_from([".csv", ".parquet"])


def is_pattern(name: str) -> bool:
    return name == "*" or (name.startswith("^") and name.endswith("$"))


def table_of(names: list[str]) -> pl.DataFrame:
    """Two quasi-identifiers and an identifier, under these names."""
    rows = range(48)
    cells = [
        [f"v{row % 3}" for row in rows],
        [f"w{row % 2}" for row in rows],
        [f"p{row}" for row in rows],
    ]
    return pl.DataFrame(dict(zip(names, cells, strict=False)))


def written(table: pl.DataFrame, folder: str, ending: str) -> Path:
    path = Path(folder) / f"in{ending}"
    (table.write_csv if ending == ".csv" else table.write_parquet)(path)
    return path


@contextmanager
def only_for_cause(names: list[str], taken: Collection[str] = ()) -> Iterator[None]:
    """A refusal is of one of the columns: a pattern, what starts like ours, or a name that is ``taken``."""
    try:
        yield
    except BadInput as failure:
        named = [name for name in names if repr(name) in str(failure)]
        if not any(is_pattern(name) or name[:1] == "*" or name in taken for name in named):
            raise AssertionError(f"refused without cause: {failure}") from failure


@settings(deadline=None, max_examples=30)
@given(NAMES, ENDINGS)
@example(["A", "a", "b"], ".csv")
@example(["", "a", "b"], ".parquet")
@example(['q"x', "a\nb", "c"], ".csv")
@example(["*", "a", "b"], ".csv")
@example(["^a$", "a", "b"], ".parquet")
def test_files_are_protected_under_their_own_names(names: list[str], ending: str) -> None:
    first, second, person = names
    table = table_of(names)
    with TemporaryDirectory() as folder:
        source, output = written(table, folder, ending), Path(folder) / f"out{ending}"
        with only_for_cause(names):
            assert scan_table(source).collect().equals(table)
            assert risk_of_file(source, [first, second]).classes == 6
            assert pseudonymise_file(source, [person], KEY, output) == 48
            assert scan_table(output).collect().columns == names
            plan = Plan(
                quasi_identifiers={first: suppressible(), second: suppressible()},
                models=(KAnonymity(2),),
                pseudonymise=(person,),
            )
            made = anonymise_file(source, plan, output, pseudonym_key=KEY)
            assert scan_table(output).collect().columns == names
            assert made.report.risk_after.smallest_class == 8
            verify(scan_table(output), certify(plan, made.report), source=scan_table(source))


@settings(deadline=None, max_examples=30)
@given(NAMES, st.sampled_from(["polars", "lazy", "pandas", "pyarrow"]))
@example(["^a$", "a", "b"], "lazy")
def test_frames_are_protected_under_their_own_names(names: list[str], kind: str) -> None:
    first, second, person = names
    table = table_of(names)
    given_: Any = {
        "polars": table, "lazy": table.lazy(), "pandas": table.to_pandas(), "pyarrow": table.to_arrow(),
    }[kind]  # fmt: skip
    with only_for_cause(names):
        made = anonymise(
            given_, {first: suppressible(), second: suppressible()}, models=[KAnonymity(9)],
            suppression=0,
        )  # fmt: skip
        table_made: Any = made.table.collect() if kind == "lazy" else made.table
        frame = nw.from_native(table_made, eager_only=True)
        assert frame.columns == names
        assert frame[person].to_list() == table[person].to_list()
        if kind != "lazy":
            assert reidentification_risk(given_, [first, second]).classes == 6


@settings(deadline=None, max_examples=30)
@given(NAMES)
def test_tables_of_counts_and_noisy_counts_take_any_name(names: list[str]) -> None:
    table = table_of(names)
    rules = Rules(min_frequency=2, dominance=None, p_percent=None)
    with only_for_cause(names, taken=("count", "status", "total", "lower", "upper", "sum")):
        made = aggregate(table, rows=[names[0]], columns=[names[1]], rules=rules)
        assert {*names[:2]} <= {*pl.DataFrame(made.frame).columns}
    loss = PrivacyLoss.epsilon(1000)
    with only_for_cause(names):
        asked = PrivateTable(table).ask(Count(where={names[0]: "v0"}), loss, PrivacyBudget(loss))
        assert abs(asked.value - 16) <= 1


@settings(deadline=None, max_examples=4)
@given(NAMES)
@example(["^a$", "a", "b"])
def test_synthetic_records_bear_the_names_of_the_table(names: list[str]) -> None:
    table, loss = table_of(names[:2]), PrivacyLoss.epsilon(20, "1e-6")
    with only_for_cause(names):
        made = synthesise(table, observed_domain(table, names[:2]), loss, PrivacyBudget(loss))
        assert pl.DataFrame(made.table).columns == names[:2]


@pytest.mark.parametrize("header", ["a,a,b", '"a\nb",c,"a\nb"', "*,*,b"])
def test_a_name_that_is_there_twice_is_refused(header: str, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(f"{header}\n1,2,3\n")
    with pytest.raises(BadInput, match="two columns named"):
        scan_table(tmp_path / "in.csv")


def test_a_plan_that_names_a_pattern_is_refused() -> None:
    with pytest.raises(BadInput, match=r"the plan has a column named '\^a\$'"):
        Plan(drop=("^a$",))
