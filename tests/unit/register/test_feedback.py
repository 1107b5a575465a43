"""What people say of a published algorithm: taken in, answered, taken back; encrypted, off the ledger."""

from collections.abc import Iterator

import pytest
from register_world import AUTHORITY, KEEPER, entered, town
from sqlalchemy import text as sql

from casemate.errors import BadInput, Conflict, NotFound
from casemate.platform import Platform

WORDS = "My letter lay for a month, and nobody told me why."
CONTACT = "ann@people.example"


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with town(tmp_path_factory.mktemp("said") / "home") as made:
        yield made


@pytest.fixture
def algorithm(place: Platform) -> str:
    return entered(place, public=True)


def give(place: Platform, algorithm: str, **said: str) -> tuple[str, str]:
    given, code = place.give_feedback(algorithm, "complaint", WORDS, contact=CONTACT, **said)
    return given.id, code


def test_it_is_read_by_its_keeper_and_answered_once(place: Platform, algorithm: str) -> None:
    feedback, code = give(place, algorithm)
    (read,) = place.algorithm_feedback(KEEPER, algorithm)
    assert (read.text, read.contact, read.state) == (WORDS, CONTACT, "received")
    assert place.waiting_feedback(KEEPER) == place.waiting_feedback(AUTHORITY) == {algorithm: 1}
    place.answer_feedback(KEEPER, feedback, "It was sorted wrongly; that is mended.")
    seen = place.feedback_of(code)
    assert (seen.state, seen.answer) == ("answered", "It was sorted wrongly; that is mended.")
    assert place.waiting_feedback(KEEPER) == {}
    with pytest.raises(Conflict, match="answered already"):
        place.answer_feedback(KEEPER, feedback, "Once more.")


def test_the_ledger_has_the_act_and_nothing_of_the_words(place: Platform, algorithm: str) -> None:
    feedback, code = give(place, algorithm)
    place.answer_feedback(KEEPER, feedback, "Thank you.")
    place.take_back_feedback(code)
    acts = {one.act: one for one in place.entries(subject=algorithm) if "feedback" in one.act}
    assert set(acts) == {
        "algorithm.feedback", "algorithm.feedback_answered", "algorithm.feedback_taken_back",
    }  # fmt: skip
    assert acts["algorithm.feedback"].actor == "public"
    assert acts["algorithm.feedback_taken_back"].actor == "public"
    whole = str(place.entries())
    assert not any(word in whole for word in (WORDS, CONTACT, "Thank you.", code))
    assert place.verify_ledger().ok


def test_nothing_of_it_lies_readable_in_the_database(place: Platform, algorithm: str) -> None:
    _, code = give(place, algorithm, source="192.0.2.7")
    with place.store.read() as tx:
        (row,) = tx.execute(sql("SELECT * FROM algorithm_feedback")).all()
    kept = repr(tuple(row))
    assert not any(word in kept for word in (WORDS, CONTACT, code, "192.0.2.7"))


def test_what_is_taken_back_is_gone(place: Platform, algorithm: str) -> None:
    feedback, code = give(place, algorithm)
    place.take_back_feedback(code)
    (left,) = place.algorithm_feedback(KEEPER, algorithm)
    assert (left.state, left.text, left.contact) == ("taken_back", "", "")
    with pytest.raises(Conflict):
        place.take_back_feedback(code)
    with pytest.raises(Conflict, match="taken back already"):
        place.answer_feedback(KEEPER, feedback, "Too late.")


def test_it_stays_readable_when_the_master_key_changes(place: Platform, algorithm: str) -> None:
    _, code = give(place, algorithm)
    place.rotate_keys("acct-operator")
    assert place.feedback_of(code).text == WORDS


@pytest.mark.parametrize(
    ("kind", "text", "more", "message"),
    [
        ("praise", "Good.", {}, "question, correction, complaint, appeal"),
        ("question", " \n", {}, "write what you have to say"),
        ("question", "x" * 5_001, {}, "5,000 characters"),
        ("question", "x", {"contact": "x" * 321}, "320 characters"),
        ("question", "x", {"language": "nl"}, "en, fr, de, lb"),
    ],
)
def test_what_is_no_feedback_is_refused(
    place: Platform, algorithm: str, kind: str, text: str, more: dict[str, str], message: str
) -> None:
    size = len(place.entries())
    with pytest.raises(BadInput, match=message):
        place.give_feedback(algorithm, kind, text, **more)
    assert len(place.entries()) == size


def test_a_code_that_is_none_reads_nothing(place: Platform, algorithm: str) -> None:
    give(place, algorithm)
    for code in ("", "x", "%", "a" * 200):
        with pytest.raises(NotFound):
            place.feedback_of(code)
