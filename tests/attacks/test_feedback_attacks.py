"""Somebody floods an algorithm's feedback, reads what others wrote, or looks for what is not public."""

from collections.abc import Iterator

import pytest
from register_world import AUDITOR, AUTHORITY, KEEPER, OPERATOR, POLICE, STRANGER, entered, town

from casemate.errors import NotAllowed, NotFound, TooManyRequests
from casemate.platform import Platform
from casemate.register import feedback as room

NOWHERE = "algorithm-aaaaaaaaaaaa"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with town(tmp_path_factory.mktemp("flood") / "home") as made:
        yield made


def test_one_network_is_stopped_and_another_is_not(place: Platform) -> None:
    algorithm = entered(place, public=True)
    for number in range(room.FROM_ONE_SOURCE):
        place.give_feedback(algorithm, "question", f"Number {number}?", source="192.0.2.7")
    size = len(place.entries())
    for _ in range(3):
        with pytest.raises(TooManyRequests, match="write again tomorrow"):
            place.give_feedback(algorithm, "question", "Again?", source="192.0.2.7")
    assert len(place.entries()) == size
    place.give_feedback(algorithm, "question", "Somebody else?", source="198.51.100.1")


def test_many_networks_fill_no_disk(place: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "UNANSWERED", 3)
    algorithm = entered(place, public=True)
    for number in range(3):
        place.give_feedback(algorithm, "question", "?", source=f"192.0.2.{number}")
    with pytest.raises(TooManyRequests, match="wait for an answer"):
        place.give_feedback(algorithm, "question", "?", source="192.0.2.99")
    (first, *_) = place.algorithm_feedback(KEEPER, algorithm)
    place.answer_feedback(KEEPER, first.id, "Yes.")
    place.give_feedback(algorithm, "question", "?", source="192.0.2.99")


@pytest.mark.parametrize("which", ["unpublished", "hidden", "withdrawn"])
def test_it_does_not_tell_what_is_not_public(place: Platform, which: str) -> None:
    algorithm = (
        entered(place, POLICE) if which == "hidden" else entered(place, public=which == "withdrawn")
    )
    if which == "withdrawn":
        place.withdraw_algorithm(KEEPER, algorithm, "it is over")
    size, told = len(place.entries()), []
    for one in (algorithm, NOWHERE):
        with pytest.raises(NotFound) as refused:
            place.give_feedback(one, "question", "Is there something?")
        told.append(str(refused.value).replace(one, "?"))
    assert told[0] == told[1]
    assert len(place.entries()) == size


def test_nobody_else_reads_or_answers(place: Platform) -> None:
    algorithm = entered(place, public=True)
    given, _ = place.give_feedback(algorithm, "complaint", "For your eyes.")
    for actor in (STRANGER, OPERATOR, AUDITOR):
        with pytest.raises(NotAllowed):
            place.algorithm_feedback(actor, algorithm)
        with pytest.raises(NotAllowed):
            place.answer_feedback(actor, given.id, "It was me.")
        assert algorithm not in place.waiting_feedback(actor)
    assert place.algorithm_feedback(AUTHORITY, algorithm)
    with pytest.raises(NotAllowed):
        place.answer_feedback(AUTHORITY, given.id, "Not ours to answer.")
