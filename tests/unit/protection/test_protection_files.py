"""Files: read for what they say, protected without loading them, written whole or not at all."""

import gzip
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from casemate.errors import BadInput, NotFound
from casemate.protection import (
    KAnonymity,
    Plan,
    Pseudonymiser,
    apply_plan,
    intervals,
    reidentification_risk,
    suppressible,
)
from casemate.protection.contents import content_digest
from casemate.protection.files import scan_table, write_table
from casemate.protection.hierarchies import dates
from casemate.protection.plan_files import read_plan
from casemate.protection.protected_files import anonymise_file, pseudonymise_file, risk_of_file

KEY = b"permit key of 32 bytes, secret!!"
RECORDS = 70_000  # more than one batch
PEOPLE = pl.select(number=pl.int_range(RECORDS)).select(
    ssn=pl.col("number") + 10_000,
    name=pl.format("Person {}", "number"),
    age=pl.col("number") * 7 % 90,
    sex=pl.when(pl.col("number") % 9 == 4).then(None).otherwise(pl.lit("f")),
    born=pl.lit(date(1990, 1, 1)) + pl.duration(days=pl.col("number") % 900),
    weight=pl.col("number") / 3,
)
PLAN = Plan(
    quasi_identifiers={"age": intervals(5, 10, 20), "sex": suppressible(), "born": dates()},
    models=(KAnonymity(140),),
    suppression="0.1",
    pseudonymise=("ssn",),
    drop=("name",),
)


@pytest.fixture(scope="module", params=["people.parquet", "people.csv"])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("files") / request.param
    write_table(PEOPLE, path)
    return path


def test_a_csv_file_says_what_the_table_said(source: Path) -> None:
    assert content_digest(scan_table(source)) == content_digest(PEOPLE)
    assert scan_table(source).collect_schema()["weight"] == pl.Float64


def test_codes_are_no_numbers(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_text(
        "zip,nace,n,x,pandas,empty,note,text\n"
        '0123,10.10,1,1.5,1.0,,"",1e-07\n4567,10.1,-2,1e-07,2.5,,,0.30000000000000004\n'
    )
    table = scan_table(path).collect()
    assert table.dtypes == [
        pl.String, pl.String, pl.Int64, pl.Float64, pl.Float64, pl.String, pl.String, pl.Float64,
    ]  # fmt: skip
    assert table["zip"].to_list() == ["0123", "4567"]
    assert table["note"].to_list() == ["", None]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_and_gzip_are_found(tmp_path: Path, separator: str) -> None:
    text = "\ufeff" + "\n".join(separator.join(row) for row in (["a", "b"], ["1", "x"])) + "\n"
    plain, packed = tmp_path / "t.csv", tmp_path / "t.csv.gz"
    plain.write_text(text, encoding="utf-8")
    packed.write_bytes(gzip.compress(text.encode()))
    for path in (plain, packed):
        assert scan_table(path).collect().rows() == [(1, "x")]


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("t.csv", b"", "cannot be read as a table"),
        ("t.csv", b"a,a\n1,2\n", "two columns named 'a'"),
        ("t.csv", b"a,b\n1,2,3\n", "cannot be read as a table"),
        ("t.csv", b"a,b\n\xe9,2\n", "t.csv"),
        ("t.csv", b"\xe9,b\n1,2\n", "not UTF-8"),
        ("t.csv.gz", b"\x1f\x8bnot gzip", "cannot be read as a table"),
        ("t.parquet", b"a,b\n1,2\n", "cannot be read as a table"),
        ("t.xlsx", b"PK", "ending that is not known"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, raw: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(BadInput, match=message):
        risk_of_file(tmp_path / name, ["a"])
    with pytest.raises(NotFound):
        scan_table(tmp_path / "absent.csv")


def test_the_digest_is_of_what_a_table_says() -> None:
    table = pl.DataFrame({"a": [1, None, 3], "b": ["x", "", None]})
    same = table.with_columns(pl.col("a").cast(pl.Float32), pl.col("b").cast(pl.Categorical))
    assert content_digest(same) == content_digest(table) == content_digest(table.lazy())
    others = [
        table.with_columns(a=pl.Series([1, 0, 3])),
        table.with_columns(b=pl.Series(["x", None, None])),
        table.with_columns(b=pl.Series(["x", "", "-"])),
        table.rename({"a": "c"}),
        table.select("b", "a"),
        table.reverse(),
    ]
    digests = {content_digest(other) for other in [table, *others]}
    assert len(digests) == 1 + len(others)
    joined = pl.DataFrame({"a": ['x","y'], "b": ["z"]}), pl.DataFrame({"a": ["x"], "b": ['y","z']})
    assert content_digest(joined[0]) != content_digest(joined[1])
    with pytest.raises(BadInput, match="one plain value"):
        content_digest(pl.DataFrame({"a": [[1]]}))


def test_every_type_survives_csv(tmp_path: Path) -> None:
    table = pl.DataFrame(
        {
            "day": [date(2024, 2, 29), None],
            "moment": [datetime(2024, 1, 2, 3, 4, 5, 678000), datetime(1, 1, 1)],  # noqa: DTZ001
            "money": [Decimal("1.50"), Decimal("2.00")],
            "flag": [True, None],
            "real": [0.1, -0.0],
            "big": [2**62, -1],
        }
    ).with_columns(zoned=pl.col("moment").dt.replace_time_zone("Europe/Luxembourg"))
    write_table(table, tmp_path / "t.csv")
    write_table(table, tmp_path / "t.parquet")
    assert content_digest(scan_table(tmp_path / "t.csv")) == content_digest(table)
    assert content_digest(scan_table(tmp_path / "t.parquet")) == content_digest(table)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_a_file_is_protected_as_the_table_in_memory_would_be(
    source: Path, tmp_path: Path, ending: str
) -> None:
    output = tmp_path / f"safe.{ending}"
    stages: list[str] = []
    made = anonymise_file(source, PLAN, output, pseudonym_key=KEY, progress=stages.append)
    table = scan_table(source).collect()
    expected = apply_plan(table, PLAN, ["ssn", "age", "sex", "born", "weight"], KEY)
    found = scan_table(output).collect()
    assert content_digest(found) == content_digest(expected.frame) == made.report.output_digest
    assert content_digest(table.drop("name")) == made.report.input_digest
    for claim in ("plan_digest", "variables", "pseudonymised", "generalisation", "loss",
                  "suppressed", "records_in", "records_out", "risk_before", "risk_after",
                  "codebook", "models"):  # fmt: skip
        assert getattr(made.report, claim) == getattr(expected.report, claim), claim
    assert made.report.suppressed > 0
    assert len(stages) == 3
    assert list(tmp_path.iterdir()) == [output]  # nothing else is left behind


def test_pseudonyms_and_risk_of_files(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    assert pseudonymise_file(source, ["ssn", "name"], KEY, output) == RECORDS
    expected = pl.DataFrame(Pseudonymiser(KEY).pseudonymise(PEOPLE, ["ssn", "name"]))
    assert content_digest(scan_table(output)) == content_digest(expected)
    assert risk_of_file(source, ["age", "sex"]) == reidentification_risk(PEOPLE, ["age", "sex"])


def test_nothing_is_left_where_the_work_fails(source: Path, tmp_path: Path) -> None:
    def interrupt(stage: str) -> None:
        if stage == "taking digests":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        anonymise_file(source, Plan(), tmp_path / "a.parquet", progress=interrupt)
    impossible = Plan.from_dict(
        {**PLAN.to_dict(), "models": [{"model": "k-anonymity", "k": 10**6}]}
    )
    with pytest.raises(BadInput, match="too few"):
        anonymise_file(source, impossible, tmp_path / "b.csv", pseudonym_key=KEY)
    with pytest.raises(BadInput, match="a pseudonym key is needed"):
        anonymise_file(source, PLAN, tmp_path / "b.csv")
    with pytest.raises(BadInput, match=r"give that ending"):
        anonymise_file(source, PLAN, tmp_path / "b.xlsx", pseudonym_key=KEY)
    with pytest.raises(BadInput, match="there is no folder"):
        anonymise_file(source, PLAN, tmp_path / "no" / "b.csv", pseudonym_key=KEY)
    with pytest.raises(BadInput, match="write to another file"):
        anonymise_file(source, PLAN, source, pseudonym_key=KEY)
    with pytest.raises(BadInput, match="has no column 'height', which was named as a variable"):
        anonymise_file(source, PLAN, tmp_path / "b.csv", variables=["height"], pseudonym_key=KEY)
    with pytest.raises(BadInput, match="has no column 'id', which was named as an identifier"):
        pseudonymise_file(source, ["id"], KEY, tmp_path / "b.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_plan_in_a_file_with_its_hierarchies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "age.csv").write_text("1;young;*\n2;old;*\n")
    (tmp_path / "places.csv").write_text("commune,canton\nA,x\nB,x\n")
    (tmp_path / "plan.toml").write_text(
        """
        suppression = 0.02
        models = [{ model = "k-anonymity", k = 2 }]
        [quasi_identifiers]
        age = { kind = "file", path = "age.csv" }
        home = { kind = "table", path = "places.csv", columns = ["commune", "canton"] }
        weight = { kind = "intervals", widths = [0.5, 1] }
        """
    )
    plan = read_plan(tmp_path / "plan.toml")
    assert plan.suppression == "0.02"
    assert plan.quasi_identifiers["weight"] == intervals("0.5", 1)
    assert plan.quasi_identifiers["age"].lines("age", ["2"])["2"] == ("old", "*")
    assert plan.quasi_identifiers["home"].lines("home", ["A"])["A"] == ("x", "*")
    for text in ("[", "models = 3", 'quasi_identifiers = {a = {kind = "file", path = "no.csv"}}'):
        (tmp_path / "plan.toml").write_text(text)
        with pytest.raises(BadInput):
            read_plan(tmp_path / "plan.toml")
    with pytest.raises(NotFound, match="no plan"):
        read_plan(tmp_path / "absent.toml")
