"""Transposition tables: pairs, gaps, what goes beyond, and a person's word."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from casemate.errors import BadInput, TooLarge
from casemate.knowledge.drafting import transposing
from casemate.knowledge.drafting.amending.applying import Wording
from casemate.knowledge.drafting.printing import table_csv, table_paper
from casemate.knowledge.drafting.transposing import (
    Decision,
    Side,
    Table,
    read_decisions,
    transpose,
    units_of,
)
from casemate.papers import write

DIRECTIVE = {
    1: "(1) Member States shall ensure that every dog is registered within 14 days.\n"
    "(2) The register shall be public.",
    2: "Member States shall ensure that dogs are walked on a leash in parks.",
    3: "Member States shall report to the Commission on rabbits by 1 March 2030.",
}
ACT = {
    4: "Every dog is registered within 14 days with the commune. The register is public.",
    5: "In parks dogs are walked on a leash.",
    6: "Whoever sells hay pays a fee of 12 euros.",
}
MEANINGS = ("dog", "registered", "public", "leash", "rabbits", "hay")


def side(name: str, articles: dict[int, str], language: str = "en") -> Side:
    provisions = [
        Wording(f"art_{number}", f"Article {number}", "", f"Article {number}\n{words}", "article")
        for number, words in articles.items()
    ]
    return Side(name, name.title(), language, units_of(provisions))


def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """A stand-in for the encoder: what a text is about, as cosines of e5 lie."""
    rows = np.array(
        [[1.8, *(float(word in text) for word in MEANINGS)] for text in texts], np.float32
    )
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def table(decisions: Sequence[Decision] = ()) -> Table:
    return transpose(side("directive", DIRECTIVE), side("act", ACT), vectors, decisions)


def test_paragraphs_are_compared_and_articles_without_them_whole() -> None:
    assert [one.id for one in side("d", DIRECTIVE).units] == [
        "art_1#1",
        "art_1#2",
        "art_2",
        "art_3",
    ]


def test_each_paragraph_gets_its_counterpart_with_both_quotes() -> None:
    rows = {row.id: row for row in table().rows}
    assert rows["art_1#1"].by[0].id == "art_4"
    assert rows["art_2"].by[0].quote == ACT[5]
    assert "leash" in rows["art_2"].quote
    assert rows["art_2"].by[0].share is not None


def test_what_has_no_counterpart_says_so_with_the_nearest_that_there_is() -> None:
    row = next(row for row in table().rows if row.id == "art_3")
    assert (row.how, row.by) == ("none", ())
    assert row.nearest is not None


def test_what_goes_beyond_the_directive_is_listed() -> None:
    assert [one.id for one in table().beyond] == ["art_6"]


def test_a_persons_word_stands_and_frees_or_takes_provisions() -> None:
    decisions = read_decisions(
        {"row": [{"of": "art_3", "by": ["art_6"], "note": "agreed"}, {"of": "art_2"}]}
    )
    made = table(decisions)
    rows = {row.id: row for row in made.rows}
    assert (rows["art_3"].how, rows["art_3"].by[0].id, rows["art_3"].note) == (
        "decided",
        "art_6",
        "agreed",
    )
    assert (rows["art_2"].how, rows["art_2"].by) == ("decided", ())
    assert not made.beyond


@pytest.mark.parametrize(
    "document",
    [
        {"rows": []},
        {"row": {}},
        {"row": [{"by": []}]},
        {"row": [{"of": "a", "by": "b"}]},
        {"row": [3]},
    ],
)
def test_decisions_that_are_none_are_told(document: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=r"decision"):
        read_decisions(document)


def test_a_decision_on_what_is_not_there_is_told() -> None:
    with pytest.raises(BadInput, match="'art_9', which is in neither text"):
        table([Decision("art_9")])


def test_texts_that_are_too_long_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transposing, "MOST_UNITS", 5)
    with pytest.raises(TooLarge):
        table()


def test_a_spreadsheet_runs_nothing_of_the_table() -> None:
    acts = ACT | {5: "=cmd() In parks dogs are walked on a leash."}
    made = transpose(side("directive", DIRECTIVE), side("act", acts), vectors)
    assert "'=cmd()" in table_csv(made)


@pytest.mark.parametrize("form", ["html", "docx"])
def test_the_table_is_written_with_its_gaps(form: str) -> None:
    paper = table_paper(table(), "fr", datetime(2026, 1, 1, tzinfo=UTC))
    content = write(paper, form)
    assert form == "docx" or "aucun équivalent trouvé" in content.decode()
