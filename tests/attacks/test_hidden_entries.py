"""Somebody looks for an entry that the law keeps from the public, by every way into the register."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from register_world import (
    AUDITOR,
    AUTHORITY,
    GRID,
    KEEPER,
    OPERATOR,
    POLICE,
    STRANGER,
    WHOLE,
    entered,
    town,
)

from casemate.errors import NotFound
from casemate.platform import Platform
from casemate.register.records import read_record

NOWHERE = "algorithm-aaaaaaaaaaaa"
WAYS = [
    "read",
    "an old version",
    "history",
    "public",
    "public history",
    "revise",
    "publish",
    "withdraw",
    "read as anyone",
    "history as anyone",
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with town(tmp_path_factory.mktemp("hidden") / "home") as made:
        yield made


@pytest.fixture(scope="module")
def hidden(place: Platform) -> str:
    return entered(place, POLICE)


@pytest.fixture(scope="module")
def national(place: Platform) -> str:
    return entered(place, GRID)


@pytest.fixture(scope="module")
def once_public(place: Platform) -> str:
    """Published in good faith; then it was said what it is used for."""
    algorithm = entered(place, public=True)
    told = read_record({**WHOLE, **POLICE})
    place.revise_algorithm(KEEPER, algorithm, told, seen=1, reason="the police use it")
    return algorithm


def ways(place: Platform, actor: str) -> dict[str, Callable[[str], Any]]:
    record = read_record(WHOLE)
    return {
        "read": lambda one: place.algorithm(actor, one),
        "an old version": lambda one: place.algorithm(actor, one, 1),
        "history": lambda one: place.algorithm_history(actor, one),
        "public": lambda one: place.public_algorithm(one),
        "public history": lambda one: place.public_algorithm_history(one),
        "read as anyone": lambda one: place.algorithm(None, one),
        "history as anyone": lambda one: place.algorithm_history(None, one),
        "revise": lambda one: place.revise_algorithm(actor, one, record, seen=1, reason="x"),
        "publish": lambda one: place.publish_algorithm(actor, one, "x"),
        "withdraw": lambda one: place.withdraw_algorithm(actor, one, "x"),
    }


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("which", ["hidden", "once_public", "national"])
@pytest.mark.parametrize("actor", [STRANGER, OPERATOR])
def test_it_is_as_if_it_were_not_there(
    place: Platform, request: pytest.FixtureRequest, way: str, which: str, actor: str
) -> None:
    algorithm = request.getfixturevalue(which)
    size = len(place.entries())
    told = []
    for one in (algorithm, NOWHERE):
        with pytest.raises(NotFound) as refused:
            ways(place, actor)[way](one)
        told.append(str(refused.value).replace(one, "?"))
    assert told[0] == told[1]
    assert len(place.entries()) == size  # a refusal on the ledger would tell, too


def test_no_list_and_no_count_has_it(
    place: Platform, hidden: str, national: str, once_public: str
) -> None:
    shown = entered(place, public=True)
    secret = {hidden, national, once_public}
    assert [one.algorithm for one in place.public_algorithms()] == [shown]
    assert place.figures().systems == 1
    for actor in (STRANGER, OPERATOR):
        assert not secret & {one.algorithm for one in place.algorithms(actor)}
        assert not any(place.may(actor, "algorithm.read", one) for one in secret)
        assert not any(place.may(actor, "algorithm.view", one) for one in secret)
    assert not any(place.may(None, "algorithm.view", one) for one in secret)


def test_no_search_finds_it_or_counts_it(
    place: Platform, hidden: str, national: str, once_public: str
) -> None:
    entered(place, public=True)
    secret = {hidden, national, once_public}
    for actor in (None, STRANGER, OPERATOR):
        for text in ("", "watcher", "grid", hidden.split("-")[-1]):
            page = place.search_algorithms(actor, text)
            assert not secret & {one.algorithm for one in page.items}
        assert place.search_algorithms(actor).total == len(place.public_algorithms())
        counted = place.search_algorithms(actor).facets["organisation"].values()
        assert sum(counted) == len(place.public_algorithms())
    found = {one.algorithm for one in place.search_algorithms(AUTHORITY).items}
    assert secret <= found
    assert hidden not in {one.algorithm for one in place.search_algorithms(AUDITOR).items}


def test_its_organisation_and_the_authority_read_it_and_auditors_the_national_one(
    place: Platform, hidden: str, national: str
) -> None:
    for actor in (KEEPER, AUTHORITY):
        assert place.algorithm(actor, hidden).record.name == "Hidden Watcher"
        assert {hidden, national} <= {one.algorithm for one in place.algorithms(actor)}
    assert place.algorithm(AUDITOR, national).record.name == "Grid Keeper"
    assert hidden not in {one.algorithm for one in place.algorithms(AUDITOR)}
    with pytest.raises(NotFound):
        place.algorithm(AUDITOR, hidden)


def test_the_ledger_says_no_word_of_it(place: Platform, hidden: str) -> None:
    for one in place.entries(subject=hidden):
        assert one.act == "algorithm.recorded"
        assert not {"section", "class", "points", "name"} & one.detail.keys()
