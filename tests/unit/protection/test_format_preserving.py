"""FF1 through libffx: NIST's samples, the laws of a permutation, and no silent stand-in."""

import copy
import importlib

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.errors import BadInput, Unavailable
from casemate.protection.format_preserving import DIGITS, FormatPreserving, is_installed

KEY = b"f" * 32
needs_library = pytest.mark.skipif(not is_installed(), reason="libffx is not installed here")
KEYS = [
    "2B7E151628AED2A6ABF7158809CF4F3C",
    "2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F",
    "2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94",
]
CASES = [
    (10, "0123456789", "", ["2433477484", "2830668132", "6657667009"]),
    (10, "0123456789", "39383736353433323130", ["6124200773", "2496655549", "1001623463"]),
    (
        36,
        "0123456789abcdefghi",
        "3737373770717273373737",
        ["a9tv40mll9kdu509eum", "xbj3kv35jrawxv32ysr", "xs8a0azh2avyalyzuwd"],
    ),
]


@needs_library
@pytest.mark.parametrize(("radix", "plain", "tweak", "expected"), CASES)
def test_the_library_gives_nist_s_nine_samples(
    radix: int, plain: str, tweak: str, expected: list[str]
) -> None:
    library = importlib.import_module("ffx")
    for key, cipher in zip(KEYS, expected, strict=True):
        ff1 = library.FF1(bytes.fromhex(key), radix=radix)
        assert ff1.encrypt(plain, tweak=bytes.fromhex(tweak)) == cipher
        assert ff1.decrypt(cipher, tweak=bytes.fromhex(tweak)) == plain


@needs_library
@settings(deadline=None)
@given(st.lists(st.text(DIGITS, min_size=6, max_size=20), min_size=1, max_size=20))
def test_the_format_stays_and_the_holder_comes_back(identifiers: list[str]) -> None:
    maker = FormatPreserving(KEY)
    table = pl.DataFrame({"id": [*identifiers, None]})
    found = maker.pseudonymise(table, ["id"])
    for was, now in zip(identifiers, found["id"], strict=False):
        assert len(now) == len(was)
        assert set(now) <= set(DIGITS)
    assert found["id"][-1] is None
    assert found["id"].n_unique() == table["id"].n_unique()
    assert maker.identifiers(found, ["id"]).equals(table)


@needs_library
def test_two_keys_and_two_attributes_differ() -> None:
    table = pl.DataFrame({"a": ["0123456789012"] * 3, "b": ["0123456789012"] * 3})
    one = FormatPreserving(KEY).pseudonymise(table, ["a", "b"])
    two = FormatPreserving(b"g" * 32).pseudonymise(table, ["a", "b"])
    assert len({one["a"][0], one["b"][0], two["a"][0], two["b"][0]}) == 4
    assert one["a"].n_unique() == 1


@needs_library
@pytest.mark.parametrize(
    ("value", "message"),
    [("12345", "under a million"), ("", "under a million"), ("12345-6789", "alphabet lacks")],
)
def test_what_ff1_cannot_take_is_refused_and_not_repeated(value: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as refusal:
        FormatPreserving(KEY).pseudonymise(pl.DataFrame({"id": [value, "1234567"]}), ["id"])
    assert not value or value not in str(refusal.value)


@needs_library
def test_the_key_is_not_shown_or_copied() -> None:
    maker = FormatPreserving(KEY)
    assert repr(maker) == "FormatPreserving(alphabet='0123456789', key hidden)"
    with pytest.raises(TypeError, match="secret key"):
        copy.copy(maker)


@pytest.mark.skipif(is_installed(), reason="libffx is installed here")
def test_without_the_library_nothing_stands_in() -> None:
    with pytest.raises(Unavailable, match="need the library libffx"):
        FormatPreserving(KEY)


@pytest.mark.parametrize("alphabet", ["", "1", "11"])
def test_a_weak_key_or_alphabet_is_refused(alphabet: str) -> None:
    with pytest.raises(BadInput, match="at least 16 secret bytes"):
        FormatPreserving(b"short")
    with pytest.raises(BadInput, match="at least two characters"):
        FormatPreserving(KEY, alphabet)
