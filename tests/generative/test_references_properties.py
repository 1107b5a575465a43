"""References hold for any text: spans within it, in order; hostile lines take the time of their length."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casemate.knowledge.citing import references_in

PIECES = [
    "article ",
    "articles ",
    "Article ",
    "§ ",
    "Artikel ",
    "annexe ",
    "1",
    "2bis",
    "L. 121-1",
    "7 à 9",
    ", ",
    " et ",
    " and ",
    " und ",
    " an ",
    " de la ",
    " of ",
    " du ",
    " vum ",
    "loi ",
    "loi modifiée du ",
    "1er ",
    "12 décembre 2024",
    "règlement (UE) ",
    "2016/679",
    "n° ",
    "paragraphe ",
    "point ",
    "(1)",
    "b)",
    " RGPD",
    " BGB",
    "est modifié comme suit",
    "présente loi",
    "même loi",
    "code civil",
    "\n",
    "«",
    "(",
    ")",
    ".",
    "5 ",
]
TEXTS = st.one_of(
    st.text(max_size=200), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
)
LANGUAGES = ("fr", "en", "de", "lb")


@given(text=TEXTS, language=st.sampled_from(LANGUAGES))
def test_references_lie_in_the_text_and_follow_each_other(text: str, language: str) -> None:
    found = references_in(text, language)
    for one in found:
        assert 0 <= one.start < one.end <= len(text)
        assert one.cut(text).strip()
    for first, second in itertools.pairwise(found):
        assert first.end <= second.start


@given(text=TEXTS, language=st.sampled_from(LANGUAGES))
def test_reading_again_finds_the_same(text: str, language: str) -> None:
    assert references_in(text, language) == references_in(text, language)


HOSTILE = [
    "article ",
    "articles 1, ",
    "article 1 et ",
    "de l'article 1, ",
    "1-1-1-1-",
    "loi a ",
    "loi du ",
    "loi modifiée et complétée du ",
    "paragraphe 1, ",
    "paragraphe ",
    "(1)",
    "(a",
    "L. ",
    "IVXLC",
    "bis",
    "§",
    "règlement (UE) ",
    "1/1",
    "\u00a0",
    " \n",
    "et ",
    "de la ",
    "est ",
    "article 5 de la loi x ",
    "aA",
    "RGPD ",
    "loi du 1er mars 2001 ",
    "code du ",
    "présente ",
    "à ",
    "Artikel 5 bis ",
    "Abs. 1 ",
    "points (a) to ",
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_takes_more_than_its_length(language: str) -> None:
    """Counted, not timed: how often the patterns are tried grows with the line, and no faster."""
    for piece in HOSTILE:
        small, large = (_tries(piece * many, language) for many in (200, 800))
        assert large <= 6 * small + 200, piece


def _tries(text: str, language: str) -> int:
    """How many places of the text the scanner looks at."""
    from casemate.knowledge.citing import scanning
    from casemate.knowledge.citing.grammar import grammar_of

    grammar = grammar_of(language)
    assert grammar is not None
    scan = scanning._Scan(text, language, _Counting(grammar))  # type: ignore[arg-type]  # counted from within
    scan.all()
    return scan._grammar.tries  # type: ignore[attr-defined,no-any-return]  # counted from within


class _Counting:
    """A grammar that counts how often it is asked for a pattern."""

    def __init__(self, grammar: object) -> None:
        self._whole, self.tries = grammar, 0

    def __getattr__(self, name: str) -> object:
        self.tries += 1
        return getattr(self._whole, name)
