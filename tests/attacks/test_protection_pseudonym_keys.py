"""No key in what is printed, logged, raised or pickled while pseudonyms are made."""

import hmac
import importlib
import logging
import pickle
import traceback
from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb
import polars as pl
import pytest

from casemate.errors import CasemateError
from casemate.protection import (
    DateShifter,
    FormatPreserving,
    Plan,
    PseudonymDomain,
    Pseudonymiser,
    ReversiblePseudonymiser,
    StreamProtector,
    keyed_hash,
)
from casemate.protection.format_preserving import is_installed

KEY = b"a-key-that-is-easy-to-recognise!"
TRACES = (KEY.decode(), KEY.hex(), repr(KEY)[2:-1])
GOOD = pl.DataFrame({"id": ["1234567", None], "day": [date(2020, 1, 1), None]})
BAD = pl.DataFrame({"id": [1.5], "day": [date(9999, 12, 31)]})


def streaming() -> StreamProtector:
    return StreamProtector(Plan(pseudonymise=("id",)), {}, KEY, ["id"], person="id")


def makers() -> list[tuple[Any, Callable[[Any, pl.DataFrame], Any]]]:
    found: list[tuple[Any, Callable[[Any, pl.DataFrame], Any]]] = [
        (Pseudonymiser(KEY), lambda maker, table: maker.pseudonymise(table, ["id"])),
        (PseudonymDomain("d", [KEY]), lambda maker, table: maker.pseudonymise(table, ["id"])),
        (ReversiblePseudonymiser(KEY, "d"), lambda maker, t: maker.pseudonymise(t, ["id"])),
        (DateShifter(KEY), lambda maker, table: maker.shift(table, "id", ["day"])),
    ]
    found.append((streaming(), lambda maker, table: maker.push(table)))
    if is_installed():
        found.append((FormatPreserving(KEY), lambda maker, t: maker.pseudonymise(t, ["id"])))
    return found


@pytest.mark.parametrize("place", range(len(makers())))
def test_the_key_shows_nowhere(
    place: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    maker, work = makers()[place]
    shown = [repr(maker), str(maker), repr(work(maker, GOOD))]
    with pytest.raises(CasemateError) as refusal:
        work(maker, BAD)
    shown += traceback.format_exception(refusal.value)
    shown += [caplog.text, *capfd.readouterr()]
    for trace in TRACES:
        assert not any(trace in text for text in shown)


def derived() -> list[bytes]:
    """Keys made from the key that would do as well: of a column, and its two padded blocks."""
    made = [hmac.digest(KEY, b"casemate pseudonym v1\0" + name, "sha256") for name in (b"a", b"b")]
    return [KEY, *made]


def test_no_key_shows_where_large_columns_are_compiled(
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Several columns, threads, the compiler's own log, and a task that fails."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(keyed_hash, "_WORTH_COMPILING", 0)
    monkeypatch.setattr(keyed_hash, "_WORTH_CALLING", 0)
    table = pl.DataFrame({"a": ["x", None, "y" * 200], "b": [1, 2, 3]})
    connection = duckdb.connect()
    relation = connection.from_arrow(table.to_arrow())
    made = Pseudonymiser(KEY).pseudonymise(relation, ["a", "b"])
    shown = [str(made), made.sql_query(), repr(made.fetchall())]
    if keyed_hash.has_compiler():
        lanes = importlib.import_module("casemate.protection.sha256_lanes")

        def failing(*given: Any) -> None:
            raise MemoryError("no room")

        monkeypatch.setattr(lanes, "hmac_rows", failing)
        with pytest.raises(MemoryError) as failure:
            Pseudonymiser(KEY).pseudonymise(table, ["a", "b"])
        shown += traceback.format_exception(failure.value)
    shown += [caplog.text, *capfd.readouterr()]
    for key in derived():
        for trace in (key.hex(), repr(key)[2:-1], str(list(key))):
            assert not any(trace in text for text in shown)


def test_a_stream_is_not_copied_with_its_key() -> None:
    with pytest.raises(TypeError, match="secret key"):
        pickle.dumps(streaming())
