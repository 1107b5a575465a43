"""Provisions found by words, each with the sentence that has them."""

from collections.abc import Collection, Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casemate.errors import BadInput
from casemate.knowledge.answers.answering import Found
from casemate.knowledge.passages import Passage
from casemate.knowledge.searching import LONGEST_EXCERPT, excerpt, plain_excerpt, search

TEXT = "Art. 1. Fee\nThe yearly fee is 40 euros a dog. Assistance dogs are free of it. It is due in March."


class OnePassage:
    """A finder that knows one passage."""

    digest = "one"

    def find(
        self,
        question: str,
        language: str,
        on: date | None,
        limit: int,
        without: Collection[str] = (),
    ) -> Sequence[Found]:
        return [Found(Passage("a", "en", "rules", "Rules", TEXT, provision="art_1"), 0.9)]


def test_the_sentence_that_has_the_words_is_shown_and_they_are_marked() -> None:
    found = excerpt(TEXT, "assistance for dogs", "en")
    assert plain_excerpt(found) == "Assistance dogs are free of it."
    assert [one.text for one in found if one.meant] == ["Assistance", "dogs"]


def test_inflected_words_are_marked_and_stop_words_are_not() -> None:
    marked = [
        one.text
        for one in excerpt("Les chiens sont tenus en laisse.", "un chien en laisse", "fr")
        if one.meant
    ]
    assert marked == ["chiens", "laisse"]


def test_a_long_sentence_is_cut_around_the_word() -> None:
    found = plain_excerpt(excerpt(f"{'before ' * 100}needle {'after ' * 100}", "needle", "en"))
    assert "needle" in found
    assert found.startswith("… ")
    assert found.endswith(" …")
    assert len(found) <= LONGEST_EXCERPT + 4


@given(st.text(max_size=600), st.text(max_size=40))
def test_an_excerpt_is_cut_from_the_text(text: str, words: str) -> None:
    shown = plain_excerpt(excerpt(text, words, "fr")).removeprefix("… ").removesuffix(" …")
    assert shown in text


def test_a_hit_says_where_it_stands() -> None:
    (hit,) = search(OnePassage(), "fee", "en", None)
    assert (hit.work, hit.provision, hit.language) == ("rules", "art_1", "en")


@pytest.mark.parametrize(
    ("words", "limit"), [("", 10), (" ?! ", 10), ("w" * 301, 10), ("fee", 0), ("fee", 51)]
)
def test_what_cannot_be_looked_for_is_told(words: str, limit: int) -> None:
    with pytest.raises(BadInput):
        search(OnePassage(), words, "en", None, limit)
