"""A table that cannot be published says why in one line, and leaves nothing behind."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from functional.clinic import HOLDER, OTHER_HOLDER, RESEARCHER, Clinic

pytest_plugins = ("functional.clinic_fixtures",)

HEADER = "patient,name,birth_year,sex,commune,diagnosis,marker"
ROW = "QZ1,Nobody,1950,female,Berg,none,1.5"


def _csv(*lines: str) -> bytes:
    return "\n".join([*lines, ""]).encode()


def _mixed_encodings() -> bytes:
    row = ROW.replace("Berg", "Käerch")
    return b"\n".join([HEADER.encode(), row.encode("utf-8"), row.encode("latin-1"), b""])


BAD_FILES: dict[str, tuple[str, bytes, tuple[str, ...]]] = {
    "empty": ("table.csv", b"", ("table.csv", "empty")),
    "blank": ("table.csv", b"\n\n  \n", ("table.csv",)),
    "names and no rows": ("table.csv", _csv(HEADER), ("table.csv", "no rows")),
    "a picture named csv": ("table.csv", b"\x89PNG\r\n\x1a\n" + bytes(500), ("table.csv",)),
    "a zip named csv": ("table.csv", b"PK\x03\x04" + bytes(500), ("table.csv",)),
    "a csv named parquet": ("table.parquet", _csv(HEADER, ROW), ("table.parquet", "Parquet")),
    "a csv named xlsx": ("table.xlsx", _csv(HEADER, ROW), ("table.xlsx",)),
    "a csv named dta": ("table.dta", _csv(HEADER, ROW), ("table.dta",)),
    "a csv named sav": ("table.sav", _csv(HEADER, ROW), ("table.sav",)),
    "a csv named json": ("table.json", _csv(HEADER, ROW), ("table.json",)),
    "half a parquet": ("table.parquet", b"PAR1" + bytes(50), ("table.parquet",)),
    "of no known kind": ("table.docx", b"D" * 100, ("table.docx",)),
    "doubled names": ("table.csv", _csv("a,b,a", "1,2,3"), ("'a' occurs 2 times",)),
    "an empty name": ("table.csv", _csv("a,,c", "1,2,3"), ("column 2 has no name",)),
    "a name of spaces": ("table.csv", _csv("a,  ,c", "1,2,3"), ("column 2 has no name",)),
    "mixed encodings": ("table.csv", _mixed_encodings(), ("table.csv", "line 3")),
    "a million characters": (
        "table.csv", _csv("a,b", "1,2", f"{'x' * 1_000_000},3"), ("1,000,000 characters", "'a'"),
    ),
    "10,000 columns": (
        "table.csv",
        _csv(",".join(f"v{i}" for i in range(10_000)), ",".join("1" * 10_000)),
        ("10,000 columns", "5,000"),
    ),
    "a row too long": ("table.csv", _csv("a,b", "1,2", "1,2,3"), ("line 3 has 3 fields",)),
    "an open quote": ("table.csv", _csv("a,b", '"1,2', "3,4"), ("table.csv", "quot")),
    "a NUL": ("table.csv", _csv("a,b", "1,x\0y"), ("NUL",)),
    "numbers for names": ("table.csv", _csv("1,2", "3,4"), ("not column names",)),
    "nested": ("table.json", b'[{"a": {"b": [1, 2]}}, {"a": 3}]', ("table.json",)),
    "deeply nested": ("table.json", b"[" * 100_000, ("table.json",)),
}  # fmt: skip


@pytest.fixture(scope="module")
def clinic(founded: Clinic) -> Clinic:
    return founded


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_one_line_and_leaves_nothing(
    name: str, clinic: Clinic, tmp_path: Path
) -> None:
    file, content, words = BAD_FILES[name]
    (tmp_path / file).write_bytes(content)
    with clinic.unchanged():
        said = clinic.say(
            "dataset", "publish", tmp_path / file, "--describe", clinic.folder / "clinic.toml",
            "--json", by=HOLDER,
        )  # fmt: skip
    assert (said.code, said.is_one_line) == (2, True), said
    for word in words:
        assert word in said.err
    assert len(said.err) < 1000


@pytest.mark.parametrize("name", ["a NUL", "a million characters", "a row too long"])
def test_a_refusal_quotes_no_value_of_the_table(name: str, clinic: Clinic, tmp_path: Path) -> None:
    file, content, _ = BAD_FILES[name]
    secret = b"Yolanda"
    (tmp_path / file).write_bytes(content.replace(b"1,2\n", secret + b",2\n"))
    said = clinic.say(
        "dataset", "publish", tmp_path / file, "--describe", clinic.folder / "clinic.toml",
        by=HOLDER,
    )  # fmt: skip
    assert said.code == 2
    assert "Yolanda" not in said.err


def _nowhere(folder: Path) -> str:
    return str(folder / "nowhere.csv")


def _folder(folder: Path) -> str:
    return str(folder)


def _no_such_table(folder: Path) -> str:
    with sqlite3.connect(folder / "some.db") as connection:
        connection.execute("CREATE TABLE visits (patient TEXT)")
    return f"sqlite:///{folder / 'some.db'}#patients"


def _no_such_server(_folder: Path) -> str:
    return "postgresql://nobody@/nothing?host=/nowhere#visits"


@pytest.mark.parametrize(
    ("source", "code"),
    [(_nowhere, 2), (_folder, 2), (_no_such_table, 2), (_no_such_server, 5)],
)
def test_a_source_that_is_not_there(
    source: Callable[[Path], str], code: int, clinic: Clinic, tmp_path: Path
) -> None:
    with clinic.unchanged():
        said = clinic.say(
            "dataset", "publish", source(tmp_path), "--describe", clinic.folder / "clinic.toml",
            by=HOLDER,
        )  # fmt: skip
    assert (said.code, said.is_one_line) == (code, True), said


BAD_DESCRIPTIONS: dict[str, tuple[Callable[[str], str], tuple[str, ...]]] = {
    "no TOML": (lambda text: text + "\n[[[", ("TOML",)),
    "a field too many": (lambda text: 'colour = "red"\n' + text, ("colour",)),
    "a role that is none": (lambda text: text.replace('"sensitive"', '"secret"'), ("role",)),
    "a variable too few": (
        lambda text: text.replace("commune = {", "place = {"), ("commune", "not described"),
    ),
    "a bad id": (lambda text: text.replace('id = "clinic"', 'id = "../../etc"'), ("id",)),
    "no rule": (lambda text: text.replace("min_k = 5", "min_k = 1"), ("min_k",)),
    "a purpose that is none": (
        lambda text: text.replace("dpv:ScientificResearch", "just because"), ("purpose",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_DESCRIPTIONS)
def test_a_bad_description_is_one_line_and_leaves_nothing(
    name: str, clinic: Clinic, tmp_path: Path
) -> None:
    change, words = BAD_DESCRIPTIONS[name]
    described = tmp_path / "bad.toml"
    described.write_text(change((clinic.folder / "clinic.toml").read_text()))
    with clinic.unchanged():
        said = clinic.say(
            "dataset", "publish", clinic.folder / "clinic.csv", "--describe", described, by=HOLDER
        )
    assert (said.code, said.is_one_line) == (2, True), said
    for word in words:
        assert word in said.err


def test_who_may_not_publish_leaves_nothing(clinic: Clinic) -> None:
    with clinic.unchanged():
        said = clinic.say(
            "dataset", "publish", clinic.folder / "clinic.csv", "--describe",
            clinic.folder / "clinic.toml", by=RESEARCHER,
        )  # fmt: skip
    assert (said.code, said.is_one_line) == (3, True)


def test_the_same_data_again_and_anothers_dataset_are_refused(open_clinic: Clinic) -> None:
    publish = (
        "dataset", "publish", open_clinic.folder / "clinic.csv",
        "--describe", open_clinic.folder / "clinic.toml",
    )  # fmt: skip
    with open_clinic.unchanged():
        said = open_clinic.say(*publish, by=HOLDER)
        assert (said.code, said.is_one_line) == (2, True)
        assert said.err.startswith("Conflict: ")
        said = open_clinic.say(*publish, by=OTHER_HOLDER)
        assert (said.code, said.is_one_line) == (3, True)
