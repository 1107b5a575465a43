"""Two things at once: both are done, an error is not lost, and a search's room is used again."""

import threading

import numpy as np
import polars as pl
import pytest

from casemate.errors import BadInput
from casemate.protection import KAnonymity, anonymise, at_once, loops, small_search
from casemate.protection.hierarchies import Lines


def test_both_are_done_and_the_second_in_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_once, "processors", lambda: 2)
    met = threading.Barrier(2, timeout=20)  # passes only if both are there

    def here() -> int:
        met.wait()
        return threading.get_ident()

    mine, other = at_once.at_once(here, here)
    assert mine == threading.get_ident() != other


def test_one_processor_does_both_in_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_once, "processors", lambda: 1)
    mine, other = at_once.at_once(threading.get_ident, threading.get_ident)
    assert mine == other == threading.get_ident()


def test_what_the_other_raises_is_raised_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_once, "processors", lambda: 2)

    def refuse() -> None:
        raise BadInput("no")

    with pytest.raises(BadInput, match="no"):
        at_once.at_once(lambda: 1, refuse)


def test_room_is_taken_once_and_given_back_if_little_of_it_was_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(small_search, "_held", [])
    room = small_search.Arrays.take()
    small = room.empty("keys", (3, 4), np.int32)
    assert (small.shape, small.dtype) == ((3, 4), np.int32)
    assert small.flags.c_contiguous
    room.give_back(small.nbytes)
    assert small_search.Arrays.take() is room
    assert small_search.Arrays.take() is not room  # a second search at the same time has its own
    assert room.empty("keys", (5, 5), np.int64).shape == (5, 5)
    room.give_back(1 << 40)
    assert not small_search._held


def test_a_search_in_room_used_before_finds_what_it_finds_in_new_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loops, "WORTH_COMPILING", 0.0)
    loops.load_if_worth(1.0)
    monkeypatch.setattr(small_search, "_held", [])
    found = []
    by_tens = Lines(tuple((str(age), f"{age // 10}0s", "*") for age in range(100)))
    for rows in (40, 90, 40):
        table = pl.DataFrame({"age": range(rows), "other": [age // 2 for age in range(rows)]})
        levels = dict.fromkeys(table.columns, by_tens)
        found.append(anonymise(table, levels, models=[KAnonymity(3)], suppression=0.1).to_dict())
        assert len(small_search._held) == 1
    assert found[0] == found[2] != found[1]
