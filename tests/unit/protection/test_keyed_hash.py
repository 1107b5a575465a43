"""A column's keyed hashes equal the standard library's HMAC, by the loop and compiled."""

import hmac

import polars as pl
import pytest

from casemate.protection import keyed_hash
from casemate.protection.keyed_hash import has_compiler, hash_of, keyed_hashes

LENGTHS = [*range(200), 247, 248, 1000]


def by_definition(key: bytes, text: str | None) -> str | None:
    return None if text is None else hmac.digest(key, text.encode(), "sha256")[:16].hex()


@pytest.fixture(params=["loop", "compiled"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "compiled" and not has_compiler():
        pytest.skip("numba is not installed here: large columns go through the loop too")
    limit = 0 if request.param == "compiled" else 1 << 60
    monkeypatch.setattr(keyed_hash, "_WORTH_COMPILING", limit)
    monkeypatch.setattr(keyed_hash, "_WORTH_CALLING", limit)
    return str(request.param)


@pytest.mark.parametrize("key", [b"k", bytes(range(32)), b"b" * 64, b"longer than a block" * 9])
def test_every_length_of_message_and_key(way: str, key: bytes) -> None:
    texts = pl.Series(["x" * length for length in LENGTHS] + ["é" * 40, "日本語", "\0"])
    assert keyed_hashes(key, texts).to_list() == [by_definition(key, text) for text in texts]


def test_nulls_repeats_and_slices(way: str) -> None:
    texts = pl.Series(["a", None, "", "a", "b" * 70, None, "c"])
    found = keyed_hashes(b"key", texts)
    assert found.to_list() == [by_definition(b"key", text) for text in texts]
    assert keyed_hashes(b"key", texts[2:6]).equals(found[2:6])


def test_texts_that_repeat_are_looked_up_with_the_same_result(way: str) -> None:
    texts = pl.Series([None if at % 7 == 0 else f"id {at % 10}" for at in range(500)])
    assert keyed_hashes(b"key", texts).to_list() == [by_definition(b"key", text) for text in texts]


@pytest.mark.parametrize("texts", [[], [None], [None, None], [""]])
def test_columns_with_no_bytes(way: str, texts: list[str | None]) -> None:
    column = pl.Series(texts, dtype=pl.String)
    assert keyed_hashes(b"key", column).to_list() == [by_definition(b"key", t) for t in texts]


def test_more_rows_than_one_thread_takes(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyed_hash, "_A_TASK", 50)
    texts = pl.Series([f"LU{number:013d}" for number in range(1017)])
    assert keyed_hashes(b"key", texts).to_list() == [by_definition(b"key", text) for text in texts]


def test_a_text_alone_reads_as_in_a_column() -> None:
    assert hash_of(b"key", "Zoé") == by_definition(b"key", "Zoé")
