"""Laws of names in comparison, on names that nobody chose; the k-map against a plain count."""

import unicodedata

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.protection.name_matching import (
    NameAgreement,
    PersonColumns,
    names_k_map,
    sound_of,
    spelling_of,
)

LATIN = st.text(st.characters(codec="latin-1", categories=["L", "P", "Zs"]), max_size=25)
NAMES = st.one_of(
    LATIN,
    st.text(max_size=20),
    st.text("vandeoulpqgs'- ", max_size=15),
    st.lists(st.sampled_from(["van", "der", "de", "d'", "Vander", "Doe", "Noël", "Müller"])).map(
        " ".join
    ),
)
SHORT = st.lists(
    st.tuples(
        st.one_of(st.none(), st.text("aeiosz-", max_size=3)),
        st.one_of(st.none(), st.text("mnsdté", max_size=3)),
    ),
    max_size=12,
)


@given(NAMES)
def test_spelling_twice_is_spelling_once(name: str) -> None:
    once = spelling_of(name)
    assert spelling_of(once) == once
    assert set(once) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert sound_of(once) == sound_of(name)
    assert bool(once) == bool(sound_of(name))


@given(NAMES)
def test_case_and_unicode_form_change_no_spelling(name: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert spelling_of(unicodedata.normalize(form, name)) == spelling_of(name)
    assert spelling_of(f"  {name}\t") == spelling_of(name)


@given(st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzäöüßéèçãõ"), max_size=20))
def test_capitals_change_no_spelling(name: str) -> None:
    assert spelling_of(name.upper()) == spelling_of(name)


@settings(deadline=None, max_examples=50)
@given(SHORT, SHORT, st.sampled_from([NameAgreement.SPELLING, NameAgreement.SOUND]))
def test_the_k_map_counts_people_one_by_one(
    table: list[tuple[str | None, str | None]],
    population: list[tuple[str | None, str | None]],
    agreement: NameAgreement,
) -> None:
    form = spelling_of if agreement is NameAgreement.SPELLING else sound_of

    def known(person: tuple[str | None, str | None]) -> tuple[str, ...] | None:
        made = tuple(form(name or "") for name in person)
        return made if all(made) else None

    frames = [
        pl.DataFrame(rows, {"first": pl.String, "last": pl.String}, orient="row")
        for rows in (table, population)
    ]
    found = names_k_map(*frames, columns=PersonColumns("first", "last"), agreement=agreement)
    people = [known(person) for person in population]
    expected = [None if known(one) is None else people.count(known(one)) for one in table]
    assert found.counts.to_list() == expected
