"""Who cites whom, on a day; which act changed what; the neighbourhood as a drawing."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from citing_laws import BRIDGES, CHANGE, FERRIES, library
from lxml import etree

from casemate.errors import IntegrityFailure, NotFound
from casemate.knowledge.citing import (
    Citation,
    CitationGraph,
    Resolver,
    amendments_by,
    amendments_of,
    built_graph,
    links_in,
    neighbourhood,
    to_dot,
    to_svg,
)
from casemate.knowledge.documents import Library

BEFORE, AFTER = date(2005, 1, 1), date(2015, 1, 1)


@pytest.fixture
def laws(tmp_path: Path) -> Iterator[Library]:
    with library(tmp_path) as found:
        yield found


@pytest.fixture
def graph(laws: Library, tmp_path: Path) -> Iterator[CitationGraph]:
    with CitationGraph(tmp_path / "citations.sqlite") as found:
        found.build(laws)
        yield found


def test_both_directions_with_the_words_that_cite(laws: Library, graph: CitationGraph) -> None:
    page = graph.cited_by(laws, BRIDGES, "art_2", AFTER)
    assert [(one.work, one.key) for one in page.citations] == [
        (BRIDGES, "art_3"), (BRIDGES, "art_2bis"), (CHANGE, "art_1"), (FERRIES, "art_1"),
    ]  # fmt: skip
    ferry = page.citations[-1]
    assert ferry.words == "article 2 de la loi du 2 mai 2001"
    assert laws.words(ferry.digest)[ferry.start : ferry.end] == ferry.words
    assert ferry.quote.startswith("Le péage visé à l'article 2")
    cited = graph.cites(laws, FERRIES, "art_1", AFTER).citations
    assert [(one.to_work, one.to_key) for one in cited] == [(BRIDGES, "art_2")]


def test_a_citation_stands_as_long_as_the_words_that_cite(
    laws: Library, graph: CitationGraph
) -> None:
    before = graph.cites(laws, BRIDGES, "art_2", BEFORE).citations
    after = graph.cites(laws, BRIDGES, "art_2", AFTER).citations
    assert [(one.to_work, one.to_key) for one in before] == [(BRIDGES, "art_1er")]
    assert [(one.to_work, one.why) for one in after] == [("code civil", "unheld")]
    assert (before[0].begins, before[0].ends) == (date(2001, 6, 1), date(2010, 4, 1))
    assert len(graph.cites(laws, BRIDGES, "art_2").citations) == 2


def test_an_act_that_is_not_held_has_a_name_of_its_own(laws: Library, graph: CitationGraph) -> None:
    (one,) = graph.cited_by(laws, "32016R0679").citations
    assert (one.work, one.key, one.why) == (FERRIES, "art_2", "unheld")


def test_a_provision_that_is_not_there_is_told(laws: Library, graph: CitationGraph) -> None:
    found = graph.cites(laws, FERRIES, "art_2").citations
    assert [(one.to_work, one.why) for one in found if one.to_work == BRIDGES] == [
        (BRIDGES, "missing")
    ]


def test_page_after_page_is_the_whole(laws: Library, graph: CitationGraph) -> None:
    whole = graph.cited_by(laws, BRIDGES).citations
    pages: list[Citation] = []
    after = 0
    while True:
        page = graph.cited_by(laws, BRIDGES, after=after, most=1)
        pages += page.citations
        if page.after is None:
            break
        after = page.after
    assert tuple(pages) == whole
    assert page.total == len(whole)


def test_only_new_texts_are_read_and_older_ones_find_what_came_in(tmp_path: Path) -> None:
    civil = {"id": "code-civil#art_9", "work": "code-civil", "work_title": "Code civil",
             "anchor": "art_9", "lang": "fr",
             "text": "Art. 9.\nChacun a droit au repos.", "version": "2001-01-01"}  # fmt: skip
    heard: list[tuple[int, int]] = []
    with CitationGraph(tmp_path / "citations.sqlite") as graph:
        with library(tmp_path) as laws:
            first = graph.build(laws)
            assert graph.build(laws, lambda done, of: heard.append((done, of))) == first
            assert heard == []
        with library(tmp_path, [civil]) as laws:
            graph.build(laws, lambda done, of: heard.append((done, of)))
            assert heard == [(1, 1)]
            (found,) = graph.cited_by(laws, "code-civil", "art_9").citations
            assert (found.work, found.key) == (BRIDGES, "art_2")


def test_a_graph_that_was_changed_past_the_ledger_is_not_read(
    laws: Library, graph: CitationGraph, tmp_path: Path
) -> None:
    digest = graph.state().digest
    graph.close()
    built_graph(tmp_path / "citations.sqlite", digest).close()
    with pytest.raises(IntegrityFailure, match="not the one that was built last"):
        built_graph(tmp_path / "citations.sqlite", "sha256:0")
    with pytest.raises(NotFound, match="law link"):
        built_graph(tmp_path / "none.sqlite", digest)


def test_what_changed_a_provision_is_told_by_note_act_and_versions(
    laws: Library, graph: CitationGraph
) -> None:
    found = amendments_of(laws, graph, Resolver(laws), BRIDGES, "art_2", "fr")
    (one,) = [change for change in found if change.by]
    assert (one.by, one.by_key, one.day, one.held) == (CHANGE, "art_1", date(2010, 4, 1), True)
    assert set(one.evidence) == {"note", "act"}
    assert one.quote.startswith("L'article 2 de la loi du 2 mai 2001")
    (new,) = amendments_of(laws, graph, Resolver(laws), BRIDGES, "art_2bis", "fr")
    assert (new.what, new.by, new.evidence) == ("insertion", "", ("versions",))


def test_what_an_act_changes_in_others(laws: Library, graph: CitationGraph) -> None:
    assert [(one.work, one.key) for one in amendments_by(laws, graph, CHANGE)] == [
        (BRIDGES, "art_2")
    ]
    assert amendments_by(laws, graph, FERRIES) == []


def test_the_neighbourhood_of_a_law_and_of_a_provision(laws: Library, graph: CitationGraph) -> None:
    found = neighbourhood(graph, Resolver(laws), BRIDGES, None, AFTER)
    columns = {one.work: one.column for one in found.nodes}
    assert columns == {BRIDGES: 0, FERRIES: -1, CHANGE: -1, "code civil": 1}
    assert {one.work for one in found.nodes if not one.held} == {"code civil"}
    near = neighbourhood(graph, Resolver(laws), BRIDGES, "art_2", AFTER, steps=2)
    assert near.nodes[0].key == "art_2"
    assert len(near.links) >= 4


def test_a_drawing_has_every_word_escaped(tmp_path: Path) -> None:
    evil = '<script>alert(1)</script>" onload="x'
    row = {"id": "rgd-2003-01-01-n1#art_1", "work": "rgd-2003-01-01-n1", "work_title": evil,
           "anchor": "art_1", "lang": "fr", "version": "2003-01-01",
           "text": "Art. 1.\nL'article 2 de la loi du 2 mai 2001 sur les ponts."}  # fmt: skip
    with library(tmp_path, [row]) as laws, CitationGraph(tmp_path / "c.sqlite") as graph:
        graph.build(laws)
        found = neighbourhood(graph, Resolver(laws), BRIDGES, None, None)
        svg = to_svg(found, evil, lambda node: f'/x?a="{node.work}', standalone=True)
        root = etree.fromstring(svg.encode())
        assert {etree.QName(one).localname for one in root.iter()} <= {
            "svg", "style", "g", "path", "a", "title", "rect", "text",
        }  # fmt: skip
        assert not [name for one in root.iter() for name in one.attrib if name.startswith("on")]
        assert to_dot(found).count('\\"') == 2


def test_references_of_a_text_are_links_to_what_is_held(laws: Library) -> None:
    version = laws.versions(FERRIES)[0]
    first, second = laws.provisions(version)
    (link,) = links_in(laws, Resolver(laws), first)
    assert (link.work, link.key) == (BRIDGES, "art_2")
    assert first.text[link.start : link.end] == "article 2 de la loi du 2 mai 2001"
    assert links_in(laws, Resolver(laws), second) == []


def test_references_in_a_circle_and_to_oneself(tmp_path: Path) -> None:
    circle = [
        {"id": f"code-rond#art_{number}", "work": "code-rond", "work_title": "Code rond",
         "anchor": f"art_{number}", "lang": "fr", "version": "2001-01-01",
         "text": f"Art. {number}.\nVoir l'article {number % 3 + 1} et l'article {number}."}
        for number in (1, 2, 3)
    ]  # fmt: skip
    with library(tmp_path, circle) as laws, CitationGraph(tmp_path / "c.sqlite") as graph:
        graph.build(laws)
        assert [one.key for one in graph.cited_by(laws, "code-rond", "art_1").citations] == [
            "art_3"
        ]
        assert len(neighbourhood(graph, Resolver(laws), "code-rond", "art_1", None, 2).nodes) == 3
