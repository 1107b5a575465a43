"""The law in plain words, and its glossary, in the browser's HTML."""

from collections.abc import Iterator
from datetime import date

import pytest
from law_files import akoma_ntoso, article, legilux_version
from pages_world import Person, pages, words

from casemate.flagships.law.sources import files_in, read_law

WORK = "loi-2020-01-15-n1"
PLAIN = f"law/plain?corpus=law&work={WORK}&key=art_2&language=fr&on=2024-06-01"
TERMS = "Au sens de la présente loi, on entend par: « chenil »: un lieu où vivent des chiens;"
GERMAN = "Trotz Artikel 3 schließt der Antragsteller die Zwinger."
DUTY = (
    "Nonobstant l'article 3, le requérant est tenu de fermer les chenils. "
    "<script>alert(1)</script> Le chien court librement."
)


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    folder = tmp_path_factory.mktemp("law")
    with pages(folder, works=False) as made:
        duty = DUTY.replace("<", "&lt;").replace(">", "&gt;")
        law = akoma_ntoso(article("art_1", "Art. 1er.", TERMS), article("art_2", "Art. 2.", duty))
        legilux_version(folder / "law", date(2020, 2, 1), law)
        german = article("art_2", "Art. 2.", f"{GERMAN} Text. Der Hund läuft frei.")
        path = folder / "law" / WORK / "2020-02-01" / "de.xml"
        path.write_text(akoma_ntoso(german, language="DEU"), encoding="utf-8")
        platform = made.portal.platform
        files = files_in(folder / "law")
        platform.load_corpus("acct-holder", "law", folder / "law", files, read_law)
        yield made.person(None)


def test_original_and_plain_stand_side_by_side(visitor: Person) -> None:
    page = visitor.see(f"/en/{PLAIN}")
    assert "Nonobstant l&#39;article 3, le requérant est tenu de fermer les chenils." in page
    assert "Malgré l'article 3, le demandeur doit fermer les chenils" in words(page)
    assert "Only the law's own words bind" in words(page)
    assert "<script>alert" not in page


def test_terms_lead_to_their_definition(visitor: Person) -> None:
    page = visitor.see(f"/en/{PLAIN}")
    assert '<a class="defined" href="#term-1">chenils</a>' in page
    assert 'id="term-1"' in page
    assert "un lieu où vivent des chiens" in words(page)


def test_another_official_language_stands_in_the_same_rows(visitor: Person) -> None:
    page = visitor.see(f"/fr/{PLAIN}&beside=de")
    assert GERMAN in page
    assert page.count('<td lang="de"') >= 2


def test_readability_is_drawn_and_told(visitor: Person) -> None:
    page = visitor.see(f"/en/{PLAIN}")
    assert 'role="img"' in page
    assert "LIX" in words(page)
    assert "before" in words(page)


@pytest.mark.parametrize("lang", ["en", "fr", "de", "lb"])
def test_it_is_there_in_four_languages(visitor: Person, lang: str) -> None:
    assert visitor.get(f"/{lang}/{PLAIN}").status_code == 200
    assert visitor.get(f"/{lang}/law/glossary?corpus=law").status_code == 200


def test_what_is_not_there_is_told(visitor: Person) -> None:
    assert "was not there on that day" in words(visitor.see(f"/en/{PLAIN.replace('2024', '2001')}"))
    assert visitor.get("/en/law/plain?corpus=none&work=x&key=y").status_code == 404
    assert visitor.get(f"/en/{PLAIN}&on=never".replace("&on=2024-06-01", "")).status_code == 422
    assert visitor.get(f"/en/{PLAIN}".replace("language=fr", "language=it")).status_code == 404


def test_the_model_is_for_those_who_are_signed_in(visitor: Person) -> None:
    assert "Ask the language model" not in words(visitor.see(f"/en/{PLAIN}"))
    answer = visitor.browser.post("/en/law/plain", data={"corpus": "law", "work": WORK})
    assert answer.status_code in {303, 401, 403}


def test_the_glossary_of_a_law_and_of_all(visitor: Person) -> None:
    for query in (f"work={WORK}&language=fr", "language=fr", "language=fr&q=CHEN"):
        page = words(visitor.see(f"/en/law/glossary?corpus=law&{query}"))
        assert "chenil" in page
        assert "1 term" in page
    none = words(visitor.see("/en/law/glossary?corpus=law&language=fr&q=chat"))
    assert "No term is defined here in these words." in none


def test_the_provision_leads_to_its_plain_words(visitor: Person) -> None:
    page = visitor.see(f"/en/law/provision?corpus=law&work={WORK}&key=art_2&language=fr")
    assert "/en/law/plain?" in page
