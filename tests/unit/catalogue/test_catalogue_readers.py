"""Reading: every source gives the same table, every bad source one clear sentence."""

import sqlite3
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl  # type: ignore[import-untyped]
import polars as pl
import pyreadstat
import pytest
from sqlalchemy import create_engine, text

from casemate.catalogue import describe, read_source, read_table
from casemate.catalogue.limits import MAX_CELL, MAX_COLUMNS
from casemate.errors import BadInput, NotFound, Unavailable

TABLE = pl.DataFrame(
    {
        "id": [1, 2, 3],
        "name": ["Jérôme", 'Zoë "Z", née; x', None],
        "weight": [70.5, None, 81.25],
        "born": [date(1950, 1, 2), date(1961, 12, 31), None],
    }
)


def write(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_csv_is_read_whatever_its_delimiter_and_encoding(
    tmp_path: Path, delimiter: str, encoding: str
) -> None:
    path = write(tmp_path, "t.csv", TABLE.write_csv(separator=delimiter).encode(encoding))
    assert read_table(path).equals(TABLE)


def test_a_declared_encoding_is_believed(tmp_path: Path) -> None:
    path = write(tmp_path, "t.csv", "ville,n\nŁódź,1\n".encode("cp1250"))
    with pytest.raises(BadInput, match="declare it with --encoding"):
        read_table(path)
    assert read_table(path, encoding="cp1250")["ville"].to_list() == ["Łódź"]


def test_types_come_from_all_values_and_change_none(tmp_path: Path) -> None:
    rows = "".join(f"{n},0{n},{n},1.5,true,2020-01-02T03:04:05\n" for n in range(1000, 3000))
    head = "number,postcode,late,share,flag,at\n"
    last = "NA,99999,late text,NA,NA,NA\n"
    frame = read_table(write(tmp_path, "t.csv", head + rows + last))
    assert dict(frame.schema) == {
        "number": pl.Int64,
        "postcode": pl.String,
        "late": pl.String,
        "share": pl.Float64,
        "flag": pl.Boolean,
        "at": pl.Datetime("us"),
    }
    assert frame.row(-1) == (None, "99999", "late text", None, None, None)
    assert frame["at"][0] == datetime(2020, 1, 2, 3, 4, 5)  # noqa: DTZ001 - the file says no zone


def test_na_stays_text_among_text(tmp_path: Path) -> None:
    frame = read_table(write(tmp_path, "t.csv", "country,n\nNA,1\nLU,2\n,3\n"))
    assert frame["country"].to_list() == ["NA", "LU", None]


def test_decimal_commas(tmp_path: Path) -> None:
    frame = read_table(write(tmp_path, "t.csv", "a;b\n1,5;x\n-2,25;y\n"))
    assert frame["a"].to_list() == [1.5, -2.25]


def test_digits_too_long_for_a_number_stay_text(tmp_path: Path) -> None:
    frame = read_table(write(tmp_path, "t.csv", "a,b\n12345678901234567890,1\n2,1e400\n"))
    assert frame.dtypes == [pl.String, pl.String]


def test_a_table_of_one_column_keeps_its_gaps(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, "t.csv", "a\n1\n\n3\n"))["a"].to_list() == [1, None, 3]


def test_a_table_over_many_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("casemate.catalogue.delimited.BLOCK", 10_000)
    frame = pl.DataFrame({"n": range(5000), "t": [f"é{n}\nz" for n in range(5000)]})
    assert read_table(write(tmp_path, "t.csv", frame.write_csv())).equals(frame)
    recoded = write(tmp_path, "u.csv", frame.write_csv().encode("utf-16"))
    assert read_table(recoded).equals(frame)


BAD_CSV = {
    "empty": (b"", "empty"),
    "blank": (b"\n \n\n", "empty"),
    "no rows": (b"a,b\n", "no rows"),
    "doubled name": (b"a,b,a\n1,2,3\n", r"'a' occurs 2 times \(columns 1, 3\)"),
    "empty name": (b"a,,c\n1,2,3\n", "column 2 has no name"),
    "numbers for names": (b"1,2\n3,4\n", "numbers, not column names"),
    "short row": (b'a,b\n1,"x\ny"\n\n3\n', "line 5 has 1 fields where the first line has 2"),
    "long row": (b"a,b\n1,2\n1,2,3\n", "line 3 has 3 fields"),
    "open quote": (b'a,b\n1,"x\n2,y\n', "quotation mark in line 2"),
    "mixed, UTF-8 first": (b"a,b\n\xc3\xa9,1\n\xe9,2\n", "mixes encodings.*byte 9.*line 3"),
    "mixed, Latin first": (b"a,b\n\xe9,1\n\xc3\xa9,2\n", "mixes encodings.*byte 4.*line 2"),
    "NUL": (b"a,b\n1,\x002\n", "NUL byte at offset 6.*line 2"),
    "million-character cell": (
        b"a,b\n1,2\n1," + b"x" * 1_000_000 + b"\n",
        "row 2 of the column 'b' holds 1,000,000",
    ),
    "10,000 columns": (
        ",".join(f"c{n}" for n in range(10_000)).encode() + b"\n",
        "has 10,000 columns",
    ),
    "an Excel file": (b"PK\x03\x04...", "ends in .csv but holds a ZIP archive"),
    "a Parquet file": (b"PAR1...", "ends in .csv but holds Parquet"),
    "a web page": (b"\n<!DOCTYPE html><html>", "ends in .csv but holds HTML"),
    "JSON": (b'[ {"a": 1} ]', "ends in .csv but holds JSON"),
    "gzip": (b"\x1f\x8b\x08...", "gzip"),
}


@pytest.mark.parametrize("case", BAD_CSV)
def test_bad_csv_gets_one_clear_sentence(tmp_path: Path, case: str) -> None:
    content, says = BAD_CSV[case]
    with pytest.raises(BadInput, match=says) as raised:
        read_table(write(tmp_path, "t.csv", content))
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 400


def test_a_cell_longer_than_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("casemate.catalogue.delimited.BLOCK", 1 << 18)
    with pytest.raises(BadInput, match="line 2 of the column 'b' holds 2,000,000"):
        read_table(write(tmp_path, "t.csv", b"a,b\n1," + b"x" * 2_000_000))


def test_the_limits_themselves_pass(tmp_path: Path) -> None:
    wide = pl.DataFrame({f"c{n}": [1] for n in range(MAX_COLUMNS)})
    wide.write_parquet(tmp_path / "w.parquet")
    assert read_table(tmp_path / "w.parquet").width == MAX_COLUMNS
    long = read_table(write(tmp_path, "l.csv", f"a,b\n1,{'x' * MAX_CELL}\n"))
    assert len(long["b"][0]) == MAX_CELL


BAD_FILES = {
    "h.xlsx": (b"<html><table></table></html>", "holds HTML"),
    "z.xlsx": (b"PK\x03\x04garbage", "not a workbook"),
    "p.parquet": (b"PAR1garbage", "cannot be read as Parquet"),
    "c.parquet": (b"a,b\n1,2\n", "is not Parquet"),
    "s.sav": (b"$FL2garbage", "damaged"),
    "d.dta": (b"garbage garbage", "damaged"),
    "s.sas7bdat": (b"x" * 100, "is not SAS"),
    "a.foo": (b"x", "ending '.foo', which is not known"),
    "n.json": (b'[{"a": 1, "b": {"c": 2}}]', "record 1 holds an object in the field 'b'"),
    "l.json": (b'[{"a": 1}, {"a": [1]}]', "record 2 holds a list"),
    "d.json": (b'[{"a": 1, "a": 2}]', "'a' twice"),
    "m.json": (b'[{"a": 1}, {"a": "x"}]', "'a' holds a number first and text in record 2"),
    "b.json": (b'[{"a": 1', "not valid JSON.*line 1, column"),
    "i.ndjson": (b'{"a": 1}\nfoo\n', "line 2 is not a JSON record"),
    "big.json": (b'[{"a": 123456789012345678901}]', "beyond 64 bits"),
    "deep.json": (b'[{"a":' + b"[" * 100_000, "nested too deeply"),
    "none.json": (b"[]", "no records"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_other_bad_files(tmp_path: Path, name: str) -> None:
    content, says = BAD_FILES[name]
    with pytest.raises(BadInput, match=says):
        read_table(write(tmp_path, name, content))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(BadInput, match="not a file"):
        read_table(tmp_path)


def test_json_in_both_forms(tmp_path: Path) -> None:
    array = write(tmp_path, "a.json", '[{"a": 1, "b": "x"}, {"a": 2.5}]')
    lines = write(tmp_path, "l.ndjson", '{"a": 1, "b": "x"}\n\n{"a": 2.5}\n')
    wanted = pl.DataFrame({"a": [1.0, 2.5], "b": ["x", None]})
    assert read_table(array).equals(wanted)
    assert read_table(lines).equals(wanted)


def test_parquet_is_read_and_nested_columns_are_refused(tmp_path: Path) -> None:
    TABLE.with_columns(pl.col("name").cast(pl.Categorical)).write_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet").equals(TABLE)
    pl.DataFrame({"a": [[1, 2]]}).write_parquet(tmp_path / "n.parquet")
    with pytest.raises(BadInput, match="'a' holds lists"):
        read_table(tmp_path / "n.parquet")


def workbook(path: Path, **sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_excel_sheets(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["a", "b", "d"],
        [1, "x", date(2020, 1, 2)],
        [2, None, date(2021, 1, 2)],
    ]
    one = workbook(tmp_path / "one.xlsx", only=rows)
    frame = read_table(one)
    assert frame["a"].to_list() == [1, 2]
    assert frame["b"].to_list() == ["x", None]
    assert frame["d"].cast(pl.Date).to_list() == [date(2020, 1, 2), date(2021, 1, 2)]
    two = workbook(tmp_path / "two.xlsx", first=rows, second=[["z"], [9]])
    with pytest.raises(BadInput, match=r"2 sheets \(first, second\)"):
        read_table(two)
    assert read_table(f"{two}#second")["z"].to_list() == [9]
    with pytest.raises(BadInput, match="no sheet 'third'"):
        read_table(f"{two}#third")


def test_excel_with_doubled_or_empty_names(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="'a' occurs 2 times"):
        read_table(workbook(tmp_path / "d.xlsx", s=[["a", "a"], [1, 2]]))
    with pytest.raises(BadInput, match="column 2 has no name"):
        read_table(workbook(tmp_path / "e.xlsx", s=[["a", None, "c"], [1, 2, 3]]))
    with pytest.raises(BadInput, match="no rows"):
        read_table(workbook(tmp_path / "n.xlsx", s=[["a", "b"]]))


@pytest.mark.parametrize("ending", ["dta", "sav", "zsav", "xpt"])
def test_survey_files(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t.{ending}"
    frame = pl.DataFrame({"sex": [0, 1, 1], "weight": [70.5, None, 81.0]})
    said: dict[str, Any] = {"column_labels": {"sex": "Sex at birth", "weight": "Weight in kg"}}
    if ending != "xpt":  # that format has no value labels
        said["variable_value_labels"] = {"sex": {0: "male", 1: "female"}}
    writers: dict[str, Any] = {"dta": pyreadstat.write_dta, "xpt": pyreadstat.write_xport}
    if ending == "zsav":
        said["compress"] = True
    writers.get(ending, pyreadstat.write_sav)(frame, path, **said)
    source = read_source(path)
    assert source.frame["sex"].cast(pl.Int64).to_list() == [0, 1, 1]
    assert source.frame["weight"].to_list() == [70.5, None, 81.0]
    draft = describe(source.frame, source.hints)
    assert draft.variables["weight"].label == {"en": "Weight in kg"}
    if ending != "xpt":
        assert draft.variables["sex"].codes == {"0": {"en": "male"}, "1": {"en": "female"}}


def test_sqlite_and_duckdb_tables(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "s.db") as lite:
        lite.execute('CREATE TABLE "odd ""name" (a INTEGER, b TEXT)')
        lite.execute('INSERT INTO "odd ""name" VALUES (1, \'x\'), (2, NULL)')
        lite.execute("CREATE TABLE mixed (a)")
        lite.execute("INSERT INTO mixed VALUES (1), ('x')")
    lite.close()
    with duckdb.connect(str(tmp_path / "d.duckdb")) as duck:
        duck.execute(
            "CREATE TABLE t AS SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, NULL ORDER BY a"
        )
    wanted = {"a": [1, 2], "b": ["x", None]}
    assert read_table(f'sqlite:///{tmp_path}/s.db#odd "name').to_dict(as_series=False) == wanted
    assert read_table(f"duckdb:///{tmp_path}/d.duckdb#t").to_dict(as_series=False) == wanted
    with pytest.raises(BadInput, match="'a' of 'mixed' holds integer and text values"):
        read_table(f"sqlite:///{tmp_path}/s.db#mixed")
    for address in (f"sqlite:///{tmp_path}/s.db", f"duckdb:///{tmp_path}/d.duckdb"):
        with pytest.raises(NotFound, match="no table 'none'; it has: "):
            read_table(f"{address}#none")
        with pytest.raises(BadInput, match="name a table after '#'"):
            read_table(address)
    with pytest.raises(NotFound, match="no database file"):
        read_table(f"sqlite:///{tmp_path}/none.db#t")
    write(tmp_path, "g.db", b"garbage" * 1000)
    for kind in ("sqlite", "duckdb"):
        with pytest.raises(BadInput, match=r"g\.db cannot be"):
            read_table(f"{kind}:///{tmp_path}/g.db#t")


def test_a_postgresql_table(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA s"))
        connection.execute(
            text(
                "CREATE TABLE s.t AS SELECT g AS a, 'x' || g AS b, 1.50::numeric AS c, "
                "gen_random_uuid() AS u, now() AS w, NULL::date AS d FROM generate_series(1, 3) g"
            )
        )
        connection.execute(text("CREATE TABLE nested AS SELECT ARRAY[1, 2] AS a"))
        connection.execute(text("CREATE TABLE empty (a int)"))
    engine.dispose()
    address = postgres_url.replace("postgresql+psycopg", "postgresql")
    frame = read_table(f"{address}#s.t")
    assert frame.select("a", "b", "c").rows() == [(1, "x1", 1.5), (2, "x2", 1.5), (3, "x3", 1.5)]
    assert frame.dtypes[3:] == [pl.String, pl.Datetime("us", "UTC"), pl.Date]
    with pytest.raises(BadInput, match="'a' holds lists"):
        read_table(f"{address}#nested")
    with pytest.raises(NotFound, match="no table 'none'; it has: empty, nested"):
        read_table(f"{address}#none")
    with pytest.raises(BadInput, match="no rows"):
        read_table(f"{address}#empty")


def test_a_database_that_does_not_answer_keeps_the_password_to_itself() -> None:
    with pytest.raises(Unavailable, match="does not answer") as raised:
        read_table("postgresql://reader:hunter2@127.0.0.1:1/x#t")
    assert "hunter2" not in str(raised.value)
    with pytest.raises(BadInput, match="known: duckdb, postgresql, sqlite"):
        read_table("mysql://h/x#t")
