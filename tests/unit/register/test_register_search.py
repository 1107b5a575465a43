"""The search of the register, alike on both databases: by words, by kind, page after page."""

from collections.abc import Collection
from typing import Any

import pytest
from conftest import MovableClock

from casemate.errors import BadInput
from casemate.ledger import Ledger
from casemate.register.keeping import Register
from casemate.register.records import read_record
from casemate.register.search import AlgorithmPage, Group, Place, WantedAlgorithms, search
from casemate.store import Store

ALL = [(organisation, "public") for organisation in ("org-a", "org-b")]


@pytest.fixture
def register(ledger: Ledger, clock: MovableClock) -> Register:
    return Register(ledger, clock)


def enter(store: Store, register: Register, name: str, *, by: str = "org-a", **told: Any) -> str:
    with store.transaction() as tx:
        return register.enter(tx, "acct-a", read_record({"name": name, **told}), by).algorithm


def found(
    store: Store,
    text: str = "",
    readable: Collection[Group] = ALL,
    *,
    after: Place | None = None,
    limit: int = 20,
    **filters: tuple[str, ...],
) -> AlgorithmPage:
    with store.read() as tx:
        wanted = WantedAlgorithms(text, **filters)
        return search(tx, wanted, readable, after=after, limit=limit)


def names(page: AlgorithmPage) -> list[str]:
    return [one.record.name for one in page.items]


def test_words_are_found_in_every_language_without_accents_or_case(
    store: Store, register: Register
) -> None:
    enter(store, register, "Triage", short_description={"de": "Sortiert Anrufe", "fr": "Santé"})
    enter(store, register, "Sorter", goal_and_impact="Letters reach the right desk.")
    for text in ("SORTIERT", "sante", "tri", '"sortiert anrufe"'):
        assert names(found(store, text)) == ["Triage"]
    assert names(found(store, "letters desk")) == ["Sorter"]
    assert names(found(store, "letters anrufe")) == []


def test_those_found_by_their_name_come_first(store: Store, register: Register) -> None:
    enter(store, register, "Aid", short_description="Sorts letters.")
    enter(store, register, "Zebra letters")
    enter(store, register, "Letters")
    assert names(found(store, "letters")) == ["Letters", "Zebra letters", "Aid"]


def test_only_the_newest_version_is_found(store: Store, register: Register) -> None:
    algorithm = enter(store, register, "Old name", status="development")
    renamed = read_record({"name": "New name", "status": "in_use"})
    with store.transaction() as tx:
        register.revise(tx, "acct-a", algorithm, renamed, 1, "Renamed.")
    assert names(found(store, "old")) == []
    assert [one.version for one in found(store, "new").items] == [2]
    assert found(store).facets["status"] == {"in_use": 1}


def test_facets_narrow_and_count_what_another_choice_would_give(
    store: Store, register: Register
) -> None:
    enter(store, register, "One", status="in_use", ai_act_class="high_risk")
    enter(store, register, "Two", status="withdrawn", ai_act_class="high_risk", by="org-b")
    enter(store, register, "Three", status="in_use", ai_act_class="minimal")
    page = found(store, ai_act_class=("high_risk",), organisation=("org-a",))
    assert (names(page), page.total) == (["One"], 1)
    assert page.facets["ai_act_class"] == {"high_risk": 1, "minimal": 1}
    assert page.facets["organisation"] == {"org-a": 1, "org-b": 1}
    assert page.facets["status"] == {"in_use": 1}


def test_records_are_found_by_the_standards_that_they_are_complete_for(
    store: Store, register: Register
) -> None:
    whole = {
        "short_description": "Sorts.", "organisation": "Town", "contact": "a@b.example",
        "status": "in_use", "publication_category": "other",
    }  # fmt: skip
    enter(store, register, "Whole", **whole)
    enter(store, register, "Half")
    page = found(store, complete=("NL",))
    assert names(page) == ["Whole"]
    assert page.items[0].complete == ("NL",)
    assert page.facets["complete"] == {"NL": 1}
    with pytest.raises(BadInput, match="no standard 'XX'"):
        found(store, complete=("XX",))


def test_pages_go_on_where_they_ended_whatever_was_added(store: Store, register: Register) -> None:
    for number in range(5):
        enter(store, register, f"Name {number}")
    first = found(store, "name", limit=2)
    enter(store, register, "Name 0 again")
    second = found(store, "name", limit=2, after=first.next)
    third = found(store, "name", limit=2, after=second.next)
    assert names(first) + names(second) + names(third) == [f"Name {number}" for number in range(5)]
    assert third.next is None
    with pytest.raises(BadInput, match="1 to 100"):
        found(store, limit=101)


def test_nobody_finds_what_they_may_not_read(store: Store, register: Register) -> None:
    enter(store, register, "Ours", status="in_use")
    enter(store, register, "Theirs", status="withdrawn", by="org-b")
    own = found(store, readable=ALL[:1])
    assert (names(own), own.total) == (["Ours"], 1)
    assert own.facets["status"] == {"in_use": 1}
    nothing = found(store, readable=())
    assert (nothing.items, nothing.total) == ((), 0)
    assert not any(nothing.facets.values())


@pytest.mark.parametrize(
    "text", ["'", '" OR name_words:', "a:A & b", "*", "\\", "NEAR(", "%_", "--"]
)
def test_no_text_is_anything_but_words(store: Store, register: Register, text: str) -> None:
    enter(store, register, "Sorter")
    found(store, text)
