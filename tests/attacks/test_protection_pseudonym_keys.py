"""No key in what is printed, logged, raised or pickled while pseudonyms are made."""

import logging
import traceback
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest

from casemate.errors import CasemateError
from casemate.protection import (
    DateShifter,
    FormatPreserving,
    PseudonymDomain,
    Pseudonymiser,
    ReversiblePseudonymiser,
)
from casemate.protection.format_preserving import is_installed

KEY = b"a-key-that-is-easy-to-recognise!"
TRACES = (KEY.decode(), KEY.hex(), repr(KEY)[2:-1])
GOOD = pl.DataFrame({"id": ["1234567", None], "day": [date(2020, 1, 1), None]})
BAD = pl.DataFrame({"id": [1.5], "day": [date(9999, 12, 31)]})


def makers() -> list[tuple[Any, Callable[[Any, pl.DataFrame], Any]]]:
    found: list[tuple[Any, Callable[[Any, pl.DataFrame], Any]]] = [
        (Pseudonymiser(KEY), lambda maker, table: maker.pseudonymise(table, ["id"])),
        (PseudonymDomain("d", [KEY]), lambda maker, table: maker.pseudonymise(table, ["id"])),
        (ReversiblePseudonymiser(KEY, "d"), lambda maker, t: maker.pseudonymise(t, ["id"])),
        (DateShifter(KEY), lambda maker, table: maker.shift(table, "id", ["day"])),
    ]
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
