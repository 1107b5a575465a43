"""The platform's flow from publish to release on each database, and no person in any file or row of it."""

import struct
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from functional.clinic import (
    AUTHORITY,
    CHECKER,
    COLLEAGUE,
    HOLDER,
    RESEARCHER,
    SCRIPT,
    Clinic,
    copy_of,
    people,
)

pytest_plugins = ("functional.clinic_fixtures",)

LEAKS = """
import pandas as pd
people = pd.read_parquet("/in/clinic.parquet")
first = str(people.iloc[0].to_dict())
people.to_csv("/out/everybody.csv")
open("/out/first.txt", "w").write(first)
print(people.to_string())
"""
FAILS = """
import sys
import pandas as pd
people = pd.read_parquet("/in/clinic.parquet")
print(people.to_string(), file=sys.stderr)
raise KeyError(people.iloc[0]["marker"])
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Clinic:
    """An empty home on each database."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    clinic = Clinic(tmp_path / "clinic", url)
    clinic.found()
    return clinic


def test_the_flow_from_publish_to_release_and_nobody_in_any_file(fresh: Clinic) -> None:
    fresh.publish()
    application = fresh.apply()
    permit = fresh.approve(application)
    too_late = fresh.say("decide", application, "refuse", "--reason", "no", by=COLLEAGUE)
    assert (too_late.code, too_late.is_one_line) == (2, True)
    run = fresh.run(permit)
    assert run["state"] == "awaiting_review"
    table = _release(fresh, run["id"])
    assert table.startswith("diagnosis,count,mean\n")
    _misbehave(fresh, permit)
    assert people_found_in(fresh) == []
    fresh.ask("permit", "revoke", permit, "--reason", "done", by=AUTHORITY)
    said = fresh.say(
        "run", "submit", "--permit", permit, "--script", fresh.folder / "means.py", by=RESEARCHER
    )
    assert (said.code, said.is_one_line) == (3, True)
    fresh.ask("dataset", "retire", "clinic", "--reason", "done", by=HOLDER)
    assert fresh.verifies()
    assert people_found_in(fresh) == []


def _release(clinic: Clinic, run: str) -> str:
    output = clinic.outputs(run)["by_diagnosis.csv"]["id"]
    clinic.ask("output", "review", output, "--clear", "--reason", "seen", by=CHECKER)
    clinic.ask("output", "release", output, by=CHECKER)
    fetched = clinic.folder / "fetched.csv"
    clinic.ask("output", "fetch", output, "--to", fetched, by=RESEARCHER)
    return fetched.read_text()


def _misbehave(clinic: Clinic, permit: str) -> None:
    """Runs that try to put people where they do not belong, and a table that is refused."""
    for name, script in (("leaks.py", LEAKS), ("fails.py", FAILS)):
        clinic.file(name, script)
        run = clinic.run(permit, name)
        shown = clinic.ask("output", "list", "--run", run["id"], by=RESEARCHER)
        said = f"{run} {shown} {clinic.ask('run', 'logs', run['id'], by=RESEARCHER)}"
        assert not [needle for needle in readable_needles() if needle in said]
    lines = (clinic.folder / "clinic.csv").read_text().splitlines()
    bad = clinic.file("bad.csv", "\n".join([*lines[:20], lines[20] + ",too,many"]))
    said_no = clinic.say(
        "dataset", "publish", bad, "--describe", clinic.folder / "clinic.toml", by=HOLDER
    )
    assert said_no.code == 2


def test_the_search_for_people_finds_them_where_they_are(clinic: Clinic) -> None:
    """A test that looks for something had better find it when it is there."""
    one = people()[7]
    planted = {
        "name": one.name.encode(),
        "patient": one.patient.encode("utf-16-le"),
        "marker": str(one.marker).encode("utf-16-be"),
        "little": struct.pack("<d", one.marker),
        "big": struct.pack(">d", one.marker),
    }
    for file, written in planted.items():
        (clinic.home / file).write_bytes(b"x" * 1001 + written + b"y")
    clinic.behind_the_back(f"UPDATE organisation SET kind = '{one.name}'")
    assert {*planted, "a row of organisation"} <= set(people_found_in(clinic))


def test_what_public_pages_say_has_nobody_in_it(permitted: Clinic) -> None:
    said = [
        permitted.say(*words).out
        for words in (
            ["dataset", "show", "clinic", "--json"],
            ["dataset", "search", "clinic", "--json"],
            ["catalogue", "export", "--format", "json-ld"],
            ["catalogue", "export"],
            ["ledger", "export"],
        )
    ]
    assert all(said)
    assert not [needle for needle in readable_needles() if any(needle in one for one in said)]


def test_a_home_moved_elsewhere_goes_on(open_clinic: Clinic, tmp_path: Path) -> None:
    moved = copy_of(replace(open_clinic, folder=tmp_path), tmp_path / "moved")
    moved.file("means.py", SCRIPT)
    assert moved.run(moved.only("permit", by=RESEARCHER))["state"] == "awaiting_review"
    assert moved.verifies()


# ── looking for people ───────────────────────────────────────────────────────────────────────────


@cache
def readable_needles() -> tuple[str, ...]:
    """What tells of a person: names, numbers and measures, none of which occurs by chance."""
    found = [text for one in people() for text in (one.name, one.patient, str(one.marker))]
    return tuple(sorted({*found, *(name for one in people() for name in one.name.split())}))


@cache
def _packed() -> tuple[bytes, ...]:
    return tuple(struct.pack(order, one.marker) for one in people() for order in ("<d", ">d"))


def people_found_in(clinic: Clinic) -> list[str]:
    """Where in the home or its database somebody is found."""
    return [where for where, content in _contents(clinic) if _tells_of_a_person(content)]


def _tells_of_a_person(content: bytes) -> bool:
    plain = [text.encode() for text in readable_needles()]
    without_gaps = content.replace(b"\0", b"")  # UTF-16 of plain letters is these letters and zeros
    return any(needle in content for needle in (*plain, *_packed())) or any(
        needle in without_gaps for needle in plain
    )


def _contents(clinic: Clinic) -> Iterator[tuple[str, bytes]]:
    for path in sorted(clinic.home.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(clinic.home)), str(path).encode() + path.read_bytes()
    for table, rows in clinic.tables().items():
        yield f"a row of {table}", "\n".join(rows).encode("utf-8", "surrogateescape")
