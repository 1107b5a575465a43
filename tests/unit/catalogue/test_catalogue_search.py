"""Search behaves alike on both databases: ranked, filtered, bounded, in every language."""

from typing import Any

import polars as pl
import pytest
from conftest import MovableClock
from sqlalchemy import insert, text

from casemate.catalogue import (
    Catalogue,
    DatasetDescription,
    SearchPage,
    create_search_index,
    describe,
)
from casemate.catalogue import search as search_module
from casemate.catalogue.tables import EntryRow
from casemate.errors import BadInput
from casemate.ledger import Ledger
from casemate.store import Base, Store
from casemate.store.keys import Keyring
from casemate.store.vault import Vault

FRAME = pl.DataFrame({"hba1c": [5.5], "age": [40]})


@pytest.fixture
def catalogue(ledger: Ledger, clock: MovableClock, vault: Vault, keyring: Keyring) -> Catalogue:
    return Catalogue(ledger, clock, vault, keyring)


def publish(
    store: Store,
    catalogue: Catalogue,
    dataset_id: str,
    *,
    holder: str = "org-a",
    number: int = 0,
    **said: Any,
) -> None:
    frame = FRAME.with_columns(age=pl.lit(number))
    draft = describe(frame, dataset_id=dataset_id).model_dump(mode="json")
    description = DatasetDescription.model_validate({**draft, "description": "None.", **said})
    with store.transaction() as tx:
        catalogue.publish(tx, "acct-a", description, frame, holder=holder)


@pytest.fixture
def filled(store: Store, catalogue: Catalogue) -> Store:
    publish(
        store, catalogue, "d-title", themes=["HEAL"], access_right="public",
        title={"en": "Diabetes register", "fr": "Registre du diabète", "lb": "Zockerkrankheet"},
    )  # fmt: skip
    publish(
        store, catalogue, "d-keyword", title="Register A", keywords=["diabetes"], holder="org-b"
    )
    publish(
        store,
        catalogue,
        "d-text",
        title="Register B",
        description="On diabetes.",
        themes=["HEAL", "SOCI"],
    )
    publish(store, catalogue, "roads", title="Road traffic", themes=["TRAN"], holder="org-b")
    return store


def ask(store: Store, catalogue: Catalogue, text: str = "", **options: Any) -> SearchPage:
    with store.read() as tx:
        return catalogue.search(tx, text, **options)


def ids(page: SearchPage) -> list[str]:
    return [hit.id for hit in page.hits]


def test_title_before_keywords_before_description(filled: Store, catalogue: Catalogue) -> None:
    page = ask(filled, catalogue, "diabetes")
    assert ids(page) == ["d-title", "d-keyword", "d-text"]
    assert page.total == 3
    assert page.total_is_exact
    assert [hit.score for hit in page.hits] == sorted((h.score for h in page.hits), reverse=True)


@pytest.mark.parametrize(
    "words",
    [
        "Diabète",
        "DIABETE",
        "registre diabete",
        "zockerkr",
        "diab*",
        '"diabetes register"',
        "register, diabetes!",
    ],
)
def test_accents_case_languages_beginnings_and_phrases(
    filled: Store, catalogue: Catalogue, words: str
) -> None:
    assert "d-title" in ids(ask(filled, catalogue, words))


@pytest.mark.parametrize("words", ['"register diabetes"', "diabetes road", "iabetes", "zocker "])
def test_what_does_not_match(filled: Store, catalogue: Catalogue, words: str) -> None:
    assert "d-title" not in ids(ask(filled, catalogue, words))


def test_variables_are_searched(filled: Store, catalogue: Catalogue) -> None:
    assert ask(filled, catalogue, "HbA1c").total == 4


def test_filters_and_facets(filled: Store, catalogue: Catalogue) -> None:
    assert ids(ask(filled, catalogue, "diabetes", theme="HEAL")) == ["d-title", "d-text"]
    assert ids(ask(filled, catalogue, "diabetes", holder="org-b")) == ["d-keyword"]
    assert ids(ask(filled, catalogue, access_right="public")) == ["d-title"]
    assert ids(ask(filled, catalogue, theme="HEAL", access_right="restricted")) == ["d-text"]
    assert ask(filled, catalogue, theme="ENER").total == 0
    facets = ask(filled, catalogue, "register").facets
    assert facets["theme"] == {"HEAL": 2, "SOCI": 1}
    assert facets["holder"] == {"org-a": 2, "org-b": 1}
    assert facets["access_right"] == {"restricted": 2, "public": 1}


def test_several_values_of_a_facet_are_either_and_its_counts_ignore_the_choice(
    filled: Store, catalogue: Catalogue
) -> None:
    both = ask(filled, catalogue, theme=["TRAN", "SOCI"])
    assert ids(both) == ["roads", "d-text"]
    assert both.facets["theme"] == {"HEAL": 2, "SOCI": 1, "TRAN": 1}
    assert both.facets["holder"] == {"org-a": 1, "org-b": 1}
    narrow = ask(filled, catalogue, "diabetes", theme=["HEAL"], holder=["org-b"])
    assert narrow.total == 0
    assert narrow.facets["theme"] == {}
    assert narrow.facets["holder"] == {"org-a": 2}
    with pytest.raises(BadInput, match="at most 20 values"):
        ask(filled, catalogue, theme=["HEAL"] * 21)


def test_datasets_are_filtered_by_the_law_they_are_given_under(
    filled: Store, catalogue: Catalogue
) -> None:
    publish(filled, catalogue, "patients", title="Patients", regime="ehds", number=3)
    assert ids(ask(filled, catalogue, regime="ehds")) == ["patients"]
    assert ask(filled, catalogue).facets["regime"] == {"gdpr": 4, "ehds": 1}
    publish(filled, catalogue, "patients", title="Patients", regime="dga", number=4)
    assert ask(filled, catalogue, regime="ehds").total == 0
    (found,) = ask(filled, catalogue, regime="dga").hits
    assert (found.id, found.version, found.regime) == ("patients", 2, "dga")


def test_the_newest_first_where_that_is_asked(filled: Store, catalogue: Catalogue) -> None:
    page = ask(filled, catalogue, "diabetes", sort="newest")
    assert ids(page) == ["d-text", "d-keyword", "d-title"]
    with pytest.raises(BadInput, match="best or newest"):
        ask(filled, catalogue, sort="title")


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("Maladies du cœur", "coeur"),
        ("Maladies du coeur", "cœur"),
        ("Eau potable", "l'eau potable"),
        ("L’eau potable", "eau"),
        ("Santé des enfants", "la santé de enfants"),
        ("Straßen und Brücken", "strassen"),
        ("Schoulen zu Lëtzebuerg", "d'schoulen vun letzebuerg"),
        ("Health of children", "the health of the children"),
    ],
)
def test_as_people_write_it_in_four_languages(
    store: Store, catalogue: Catalogue, title: str, asked: str
) -> None:
    publish(store, catalogue, "one", title={"fr": title})
    assert ids(ask(store, catalogue, asked)) == ["one"]


def test_small_words_count_where_nothing_else_is_asked(store: Store, catalogue: Catalogue) -> None:
    publish(store, catalogue, "one", title="De Bus")
    publish(store, catalogue, "two", title="Bus", number=1)
    assert ids(ask(store, catalogue, "de ")) == ["one"]
    assert ids(ask(store, catalogue, '"de bus"')) == ["one"]


def test_a_filter_word_is_not_a_search_word(filled: Store, catalogue: Catalogue) -> None:
    assert ask(filled, catalogue, "themeheal").total == 0
    assert ask(filled, catalogue, "rightpublic").total == 0


def test_an_empty_text_shows_all_the_newest_first(filled: Store, catalogue: Catalogue) -> None:
    for nothing in ("", "   ", "!?%"):
        assert ids(ask(filled, catalogue, nothing)) == ["roads", "d-text", "d-keyword", "d-title"]


def test_pages(filled: Store, catalogue: Catalogue) -> None:
    first = ask(filled, catalogue, "diabetes", limit=2)
    second = ask(filled, catalogue, "diabetes", limit=2, offset=2)
    assert ids(first) + ids(second) == ["d-title", "d-keyword", "d-text"]
    assert first.total == second.total == 3
    for limit, offset in ((0, 0), (201, 0), (1, -1), (1, 1000)):
        with pytest.raises(BadInput):
            ask(filled, catalogue, "x", limit=limit, offset=offset)
    with pytest.raises(BadInput, match="1,001 characters"):
        ask(filled, catalogue, "x" * 1001)
    with pytest.raises(BadInput, match="21 words"):
        ask(filled, catalogue, " ".join(f"w{n}" for n in range(21)))


def test_a_new_version_changes_what_is_found(filled: Store, catalogue: Catalogue) -> None:
    publish(filled, catalogue, "roads", title="Bridges", holder="org-b", number=9)
    assert ids(ask(filled, catalogue, "bridges")) == ["roads"]
    assert "roads" not in ids(ask(filled, catalogue, "traffic"))


def test_a_word_that_is_everywhere_is_capped_title_first(
    filled: Store, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "CAP", 2)
    page = ask(filled, catalogue, "diabetes", offset=0, limit=2)
    assert ids(page) == ["d-title", "d-keyword"]
    assert page.total == 3
    assert page.facets["holder"] == {"org-a": 2, "org-b": 1}
    assert page.facets_are_exact
    monkeypatch.setattr(search_module, "FACET_CAP", 2)
    capped = ask(filled, catalogue, "diabetes")
    assert sum(capped.facets["holder"].values()) == 2
    assert not capped.facets_are_exact
    monkeypatch.setattr(search_module, "COUNT_CAP", 3)
    assert not ask(filled, catalogue, "register").total_is_exact
    assert not ask(filled, catalogue).total_is_exact


def test_the_index_is_made_once_and_again_and_learns_what_is_there(
    filled: Store, catalogue: Catalogue
) -> None:
    with filled.engine.begin() as connection:
        create_search_index(connection)
        create_search_index(connection)
    Base.metadata.create_all(filled.engine)
    assert ask(filled, catalogue, "diabetes").total == 3
    if filled.is_sqlite:
        with filled.engine.begin() as connection:
            connection.execute(text("DROP TABLE catalogue_search"))
            create_search_index(connection)
        assert ask(filled, catalogue, "diabetes").total == 3
    Base.metadata.drop_all(filled.engine)
    Base.metadata.create_all(filled.engine)
    assert ask(filled, catalogue, "diabetes").total == 0


def test_thousands_of_entries_keep_their_order(store: Store, catalogue: Catalogue) -> None:
    publish(store, catalogue, "base")
    with store.engine.begin() as connection:
        datasets = Base.metadata.tables["dataset"]
        rows = [
            {
                "id": f"d{n}",
                "holder": "h",
                "version": 1,
                "state": "published",
                "issued_at": MovableClock()(),
            }
            for n in range(1500)
        ]
        connection.execute(insert(datasets), rows)
        entries: list[dict[str, Any]] = [
            {
                "dataset_id": f"d{n}", "version": 1, "holder": "h", "access_right": "public",
                "regime": "dga", "themes": [],
                "titles": {}, "descriptions": {}, "rows": 1, "title_words": "tax" if n == 1499 else "x",
                "keyword_words": "", "description_words": "tax", "variable_words": "",
                "filter_words": "rightpublic",
            }
            for n in range(1500)
        ]  # fmt: skip
        connection.execute(insert(EntryRow), entries)
    page = ask(store, catalogue, "tax")
    assert ids(page)[0] == "d1499"
    assert page.total == 1500
    assert page.total_is_exact
    assert page.facets["access_right"] == {"public": 1500}
    assert page.facets["regime"] == {"dga": 1500}
