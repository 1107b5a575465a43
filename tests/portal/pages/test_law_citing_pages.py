"""Who cites whom in the browser: references as links, terms to open, slider, redline, drawing."""

import re
from collections.abc import Iterator
from html import unescape

import citing_laws
import pytest
from citing_laws import BRIDGES, CHANGE, FERRIES
from pages_world import Person, pages, words

from casemate.knowledge.documents.library import plainly

HOLDER = "acct-holder"
EVIL = '<img src=x onerror=alert(1)>"'
PROVISION = f"/en/law/provision?corpus=bridges&work={BRIDGES}&key=art_2"
CITATIONS = f"/en/law/citations?corpus=bridges&work={BRIDGES}"


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    folder = tmp_path_factory.mktemp("citing")
    evil = {"id": "rgd-2011-01-01-n1#art_1", "work": "rgd-2011-01-01-n1", "lang": "fr",
            "work_title": f"Règlement grand-ducal du 1er janvier 2011 {EVIL}", "anchor": "art_1",
            "version": "2011-02-01", "type": "article",
            "text": f"Art. 1.\n{EVIL} L'article 2 de la loi du 2 mai 2001 sur les ponts."}  # fmt: skip
    with pages(folder, works=False) as made:
        platform = made.portal.platform
        for name in ("bridges", "unread"):
            file = citing_laws.write(folder / name, [evil])
            platform.load_corpus(HOLDER, name, file.parent, [file], plainly)
        platform.link_corpus(HOLDER, "bridges")
        yield made.person(None)


def test_a_reference_in_the_words_is_a_link_and_what_is_not_held_is_none(visitor: Person) -> None:
    page = visitor.see(f"/en/law/provision?corpus=bridges&work={FERRIES}&key=art_1&on=2015-01-01")
    (href,) = re.findall(r'<a href="([^"]*)"[^>]*>article 2 de la loi du 2 mai 2001</a>', page)
    assert "Aucun péage" in words(visitor.see(unescape(href)))
    other = visitor.see(f"/en/law/provision?corpus=bridges&work={FERRIES}&key=art_2&on=2015-01-01")
    assert ">règlement (UE) 2016/679</a>" not in other


def test_a_defined_term_opens_what_it_means(visitor: Person) -> None:
    page = visitor.see(f"{PROVISION}&on=2005-01-01")
    (target,) = re.findall(
        r'<button type="button" class="term" popovertarget="([^"]+)">pont</button>', page
    )
    meaning = page.split(f'id="{target}"')[1].split("</div>")[0]
    assert "un ouvrage sur une eau" in meaning
    assert "Defined in art_1er" in meaning
    assert "Terms that this law defines" in page


def test_the_slider_goes_over_the_wordings_without_javascript(visitor: Person) -> None:
    page = visitor.see(f"{PROVISION}&on=2015-01-01")
    assert 'type="range" id="wording" name="wording" min="1" max="2" step="1" value="2"' in page
    first = visitor.see(f"{PROVISION}&wording=1")
    assert "Un péage est dû" in words(first)
    assert 'value="2001-06-01"' in first
    assert "Aucun péage" in words(visitor.see(f"{PROVISION}&wording=9999"))


@pytest.mark.parametrize("query", ["wording=-1", "wording=x", "view=upside-down"])
def test_a_wording_or_a_view_that_is_none_is_refused(visitor: Person, query: str) -> None:
    assert visitor.get(f"{PROVISION}&{query}").status_code == 422


def test_the_life_of_a_provision_is_drawn_with_its_numbers(visitor: Person) -> None:
    page = visitor.see(f"{PROVISION}&on=2015-01-01")
    assert "The life of this provision" in page
    assert 'role="img" aria-label="2 wordings over time."' in page
    assert CHANGE in words(page)


def test_what_changed_is_told_to_a_screen_reader_in_both_views(visitor: Person) -> None:
    whole = visitor.see(f"{PROVISION}&on=2015-01-01&since=2005-01-01")
    assert '<del><span class="unseen">[taken out:</span>' in whole
    assert '<ins><span class="unseen">[put in:</span>' in whole
    beside = visitor.see(f"{PROVISION}&on=2015-01-01&since=2005-01-01&view=beside")
    old, new = re.findall(
        r'<section aria-labelledby="words-(?:then|now)">(.*?)</section>', beside, re.DOTALL
    )
    assert ("<ins>" in old, "<del>" in new) == (False, False)
    assert ("<del>" in old, "<ins>" in new) == (True, True)
    same = visitor.see(f"{PROVISION}&on=2015-01-01&since=2014-01-01")
    assert "The words are the same on both days." in words(same)


def test_both_directions_and_what_changed_it(visitor: Person) -> None:
    page = words(visitor.see(f"{CITATIONS}&key=art_2&on=2015-01-01"))
    assert "Cited by (5)" in page
    assert "Le péage visé à l'article 2" in page
    assert "Cites (1)" in page
    assert "not in this collection" in page
    assert "a note in the text, the words of the act" in page
    made = words(visitor.see(f"/en/law/citations?corpus=bridges&work={CHANGE}&on=2015-01-01"))
    assert "What this act changed in others" in made


def test_the_drawing_has_links_and_a_table(visitor: Person) -> None:
    page = visitor.see(f"{CITATIONS}&on=2015-01-01&steps=2")
    drawing = page.split('<svg class="cites"')[1].split("</svg>")[0]
    assert drawing.count("<a href=") == 3
    assert "The drawing as a table" in page


def test_words_from_outside_are_shown_as_words(visitor: Person) -> None:
    for path in (
        f"{CITATIONS}&key=art_2&on=2015-01-01",
        "/en/law/provision?corpus=bridges&work=rgd-2011-01-01-n1&key=art_1",
    ):
        page = visitor.see(path)
        assert "<img src=x" not in page
        assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_a_collection_whose_references_are_not_read_says_so(visitor: Person) -> None:
    page = words(visitor.see(f"/en/law/citations?corpus=unread&work={BRIDGES}"))
    assert "have not been read yet" in page
    shown = f"/en/law/provision?corpus=unread&work={FERRIES}&key=art_1"
    assert ">article 2 de la loi du 2 mai 2001</a>" in visitor.see(shown)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{CITATIONS}&on=never", 422),
        (f"{CITATIONS}&steps=9", 422),
        (f"{CITATIONS}&after=-1", 422),
        ("/en/law/citations?corpus=bridges&work=none", 404),
        ("/en/law/citations?corpus=..&work=x", 404),
    ],
)
def test_what_is_asked_for_amiss_is_told(visitor: Person, path: str, status: int) -> None:
    assert visitor.get(path).status_code == status


def test_the_four_languages_have_the_page(visitor: Person) -> None:
    told = {
        lang: words(visitor.see(f"{CITATIONS}&on=2015-01-01".replace("/en/", f"/{lang}/")))
        for lang in ("fr", "de", "lb")
    }
    assert "Cité par" in told["fr"]
    assert "Zitiert von" in told["de"]
    assert "Zitéiert vun" in told["lb"]
