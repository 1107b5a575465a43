"""Laws in another language: sentence beside sentence, each saying what it is, the source one click away."""

import re
from collections.abc import Iterator, Mapping, Sequence

import pytest
from pages_world import Pages, Person, pages, words
from two_tongues import WORK, load_two_tongues

PROVISION = f"/en/law/translation?corpus=pets&work={WORK}"
RESEARCHER = "acct-researcher"


class Machine:
    """Translates each sentence into the same one."""

    name, digest = "test-fr-en", "sha256:machine"

    def can(self, source: str, target: str) -> bool:
        return (source, target) == ("fr", "en")

    def translate(
        self,
        sentences: Sequence[str],
        source: str,
        target: str,
        terms: Sequence[Mapping[str, str]] = (),
    ) -> list[str | None]:
        return ["The town levies a fee of 10 <b>euros</b>." for _ in sentences]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    folder = tmp_path_factory.mktemp("pets")
    with pages(folder, works=False) as made:
        platform = made.portal.platform
        load_two_tongues(platform, folder)
        vars(platform)["_models_put_in"] = [Machine()]
        yield made


@pytest.fixture(scope="module")
def visitor(made: Pages) -> Person:
    return made.person(None)


def test_official_texts_stand_side_by_side_with_their_languages(visitor: Person) -> None:
    page = visitor.see(f"{PROVISION}&key=art_2&source=fr&target=en&on=2031-06-01")
    assert '<p class="said" lang="fr">La déclaration est gratuite.</p>' in page
    assert '<p class="said" lang="en">The declaration is free of charge.</p>' in page
    assert "publisher's own" in words(page)
    assert "data-ai-generated" not in page
    assert f"work={WORK}&amp;key=art_2&amp;language=en&amp;on=2031-05-01" in page


def test_without_an_official_text_the_memory_shows_what_differs(visitor: Person) -> None:
    page = visitor.see(f"{PROVISION}&key=art_3&source=fr&target=en&on=2033-06-01")
    assert "There is no official version" in words(page)
    assert "<del>30</del><ins>45</ins>" in page
    assert "The number 45 of the source is missing." in words(page)
    assert "much like one translated before" in words(page)
    assert "Have a machine translate the rest" in words(page)


def test_a_machine_translates_only_where_it_is_asked_to_and_its_text_is_marked(made: Pages) -> None:
    person = made.person(RESEARCHER)
    form = {"text": "La commune perçoit une taxe de 20 euros.", "source": "fr", "target": "en"}
    where = "/en/law/translate?corpus=pets"
    assert "Your text" in words(person.see(where))
    without = person.post(where, form).text
    assert "not translated" in words(without)
    assert "data-ai-generated" not in without
    page = person.post(where, {**form, "machine": "yes"}).text
    marked = re.search(
        r'<p class="said" lang="en-t-fr-t0-und" data-ai-generated="true"[^>]*>(.*)</p>', page
    )
    assert marked is not None
    assert marked[1] == "The town levies a fee of 10 &lt;b&gt;euros&lt;/b&gt;."
    assert "trainedAlgorithmicMedia" in page
    assert "made by a machine" in words(page)
    assert "The number 20 of the source is missing." in words(page)
    assert form["text"] in page


def test_a_text_that_is_too_long_is_shown_again_with_what_is_wrong(made: Pages) -> None:
    long = "Un chien. " * 3_000
    form = {"text": long, "source": "fr", "target": "en"}
    answer = made.person(RESEARCHER).post("/en/law/translate?corpus=pets", form)
    assert answer.status_code == 422
    assert "at most 20000 are translated" in words(answer.text)
    assert answer.text.count("Un chien.") == 3_000


def test_a_text_of_ones_own_needs_an_account(visitor: Person) -> None:
    assert visitor.get("/en/law/translate?corpus=pets").status_code in (303, 401)


def test_terms_are_found_by_their_words_and_lead_to_their_provisions(visitor: Person) -> None:
    page = visitor.see("/en/law/terms?corpus=pets&source=fr&target=en&q=animal")
    assert '<th scope="row" lang="fr">animal de compagnie</th><td lang="en">pet</td>' in page
    assert f"work={WORK}&amp;key=art_1&amp;source=fr" in page
    assert "keeper" not in page
    assert "No term has these words." in words(
        visitor.see("/en/law/terms?corpus=pets&source=fr&target=en&q=zebra")
    )
    same = visitor.get("/en/law/terms?corpus=pets&source=fr&target=fr")
    assert same.status_code == 422


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("&key=art_9&source=fr&target=en", 404),
        ("&key=art_3&source=fr&target=<script>", 422),
    ],
)
def test_what_is_not_there_or_is_no_language_is_told(
    visitor: Person, query: str, status: int
) -> None:
    assert visitor.get(PROVISION + query).status_code == status


def test_a_provision_leads_to_its_translation(visitor: Person) -> None:
    page = visitor.see(
        f"/en/law/provision?corpus=pets&work={WORK}&key=art_3&language=fr&on=2033-06-01"
    )
    assert f"/en/law/translation?corpus=pets&amp;work={WORK}&amp;key=art_3&amp;source=fr" in page
