"""Matching reads names: nothing of them may reach a file, the network, a log or an error."""

import logging
import os
import socket
import traceback
from pathlib import Path
from typing import Any

import duckdb
import pytest
from made_names import made_people, seen_again

from casemate.errors import BadInput
from casemate.protection.name_matching import PersonColumns, match_people, names_k_map
from casemate.protection.name_matching.training import closed_database

COLUMNS = PersonColumns("first", "last", "born", "commune")
PEOPLE = made_people(400, seed=5)
AGAIN = seen_again(PEOPLE, seed=6)
HOSTILE = "Robert'); DROP TABLE people_left; --"


@pytest.mark.parametrize(
    "statement",
    [
        "COPY (SELECT 1) TO 'leak.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "ATTACH 'leak.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SELECT * FROM somebody_else",  # a table of the calling program
    ],
)
def test_the_database_of_a_matching_reaches_nothing(
    statement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    somebody_else = PEOPLE
    with pytest.raises(duckdb.Error):
        closed_database().sql(statement).fetchall()
    assert len(somebody_else) == 400
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_logged_or_sent(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def refused(*_: Any) -> None:
        raise AssertionError("a matching opened a connection")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(socket.socket, "connect", refused)
    caplog.set_level(logging.DEBUG)
    match_people(PEOPLE, AGAIN, columns=COLUMNS)
    names_k_map(PEOPLE, AGAIN, columns=COLUMNS)
    assert not [name for _, _, files in os.walk(tmp_path) for name in files]
    shown = "\n".join([caplog.text, *capfd.readouterr()]).casefold()
    for name in {*PEOPLE["last"], *PEOPLE["born"]}:
        assert name.casefold() not in shown


def test_a_hostile_name_is_a_name() -> None:
    table = PEOPLE.with_columns(last=PEOPLE["last"].replace(PEOPLE["last"][0], HOSTILE))
    matches = match_people(table, AGAIN, columns=COLUMNS)
    assert len(matches.pairs) > 300


def test_an_error_tells_nobody_s_name() -> None:
    few, others = PEOPLE[:9], AGAIN[:9]
    with pytest.raises(BadInput) as refusal:
        match_people(few, others, columns=COLUMNS)
    shown = "".join(traceback.format_exception_only(refusal.value))
    assert not any(name in shown for name in {*few["first"], *few["last"], *few["born"]})
