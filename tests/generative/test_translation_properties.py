"""Alignment is monotone and covers everything; a memory comes back from TMX as it went out."""

import itertools
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.knowledge.translation import Origin, Unit, tmx
from casemate.knowledge.translation.alignment import Side, align
from casemate.knowledge.translation.segments import segments

TEXTS = st.lists(
    st.sampled_from([
        "Le chien est déclaré dans les 14 jours.", "Non.", "The dog is declared within 14 days.", "a", "",
        "Il finit le 3 mai 2031; la taxe est de 40 euros.", "Nul ne peut être discriminé.", "5",
    ]),
    max_size=12,
)  # fmt: skip
MARKS = st.sampled_from(["", "a", "b", "1", "2"])
WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=60
)
QUIET = settings(deadline=None, max_examples=60)


@QUIET
@given(TEXTS, TEXTS, st.data())
def test_beads_are_in_order_and_together_they_are_all_of_both(
    ours: list[str], theirs: list[str], data: st.DataObject
) -> None:
    def side(language: str, texts: list[str]) -> Side:
        return Side(language, texts, [data.draw(MARKS) for _ in texts])

    beads = align(side("fr", ours), side("en", theirs))
    assert [place for one in beads for place in one.source] == list(range(len(ours)))
    assert [place for one in beads for place in one.target] == list(range(len(theirs)))
    assert all(one.source or one.target for one in beads)


@QUIET
@given(
    st.lists(
        st.sampled_from(
            ["a) ", "(1) ", "Un chien; ", "oub) rien. ", "\n", "| 2) | x |", "Art. 5. ", "**1.** "]
        )
    )
)
def test_segments_are_in_order_and_hold_every_letter_and_digit(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = segments(text)
    spans = [span for one in found for span in (one.mark, one.said) if span.start < span.end]
    assert all(one.end <= other.start for one, other in itertools.pairwise(spans))
    held = "".join(span.cut(text) for span in spans)
    assert re.sub(r"\W", "", held) == re.sub(r"\W", "", text)


@QUIET
@given(st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=8))
def test_a_memory_comes_back_from_tmx_as_it_went_out(given: list[tuple[str, str, str]]) -> None:
    units = [Unit("fr", "en", source, target, Origin(work=work)) for source, target, work in given]
    back = tmx.read(tmx.written(units, "fr", "1"), "x.tmx")
    whole = [one for one in units if one.source.split() and one.target.split()]
    flat = [(" ".join(one.source.split()), " ".join(one.target.split())) for one in whole]
    assert [(one.source, one.target) for one in back] == flat
    assert [one.origin.work for one in back] == [one.origin.work.strip() for one in whole]
