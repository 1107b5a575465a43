"""The catalogue's pages: found and narrowed without JavaScript; what a data holder writes is text."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from pages_world import Pages, pages, words

HOLDER = "acct-holder"
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)> {{ 7*7 }} javascript:alert(3)'


class Tags(HTMLParser):
    """The tags of a page, and its addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags(page: str, name: str) -> list[dict[str, str | None]]:
    parser = Tags()
    parser.feed(page)
    return [attributes for tag, attributes in parser.tags if tag == name]


def description(dataset: str, title: str, **said: Any) -> dict[str, Any]:
    variables = {
        "age": {"role": "quasi_identifier", "label": {"en": "Age of the person"}, "unit": "years"},
        "answer": {"role": "other", "label": {"en": "Answer"}, "codes": {"1": {"en": "agrees"}}},
    }
    document: dict[str, Any] = {
        "id": dataset, "title": {"en": title}, "description": {"en": "What people answered."},
        "variables": variables, "allowed_purposes": ["dpv:ScientificResearch"],
    }  # fmt: skip
    return document | said


def publish(world: Pages, described: dict[str, Any], rows: str = "40,1\n41,1\n") -> None:
    portal = world.portal
    upload = portal.upload(HOLDER, f"age,answer\n{rows}".encode())
    portal.must(HOLDER, "POST", "/datasets", json={"upload": upload, "description": described})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages(tmp_path_factory.mktemp("catalogue"), works=False) as world:
        world.portal.publish()
        publish(
            world,
            description(
                "open", "Open survey", access_right="public", themes=["SOCI"], license="CC0"
            ),
        )
        many = "".join(f"{20 + number % 40},1\n" for number in range(200))
        publish(world, description("survey", "Survey of health", themes=["HEAL"]), many)
        publish(
            world,
            description(
                "evil",
                f"Survey {EVIL}",
                description={"en": EVIL},
                publisher=EVIL,
                keywords={"en": [EVIL]},
                contact={"name": EVIL, "url": "https://holder.example/'onclick='x"},
                landing_page="https://holder.example/about",
                access_right="public",
                variables={
                    "age": {"role": "other", "label": {"en": EVIL}, "unit": EVIL},
                    "answer": {"role": "other", "label": {"en": "=cmd|'/C calc'!A0"}},
                },
            ),
            "".join(f'{20 + number % 3},"=HYPERLINK(""x"")<b>"\n' for number in range(60)),
        )
        yield world


def test_words_find_datasets_and_the_count_is_announced(world: Pages) -> None:
    page = world.person(None).see("/en/catalogue?q=survey")
    (count,) = (one for one in tags(page, "p") if one.get("id") == "count")
    assert count["role"] == "status"
    assert "3 datasets" in words(page)
    found = {one["href"] for one in tags(page, "a") if "/en/catalogue/" in str(one.get("href"))}
    assert found == {"/en/catalogue/survey", "/en/catalogue/open", "/en/catalogue/evil"}


def test_facets_narrow_by_several_values_and_keep_what_was_typed(world: Pages) -> None:
    person = world.person(None)
    page = person.see("/en/catalogue?q=survey&theme=HEAL&theme=SOCI")
    assert "2 datasets" in words(page)
    chosen = [one["value"] for one in tags(page, "input") if "checked" in one]
    assert sorted(map(str, chosen)) == ["HEAL", "SOCI"]
    (typed,) = (one["value"] for one in tags(page, "input") if one.get("id") == "q")
    assert typed == "survey"
    assert "1 dataset " in words(person.see("/en/catalogue?access_right=non_public"))
    assert "Remove all filters" in page


def test_where_nothing_is_found_a_way_on_is_shown(world: Pages) -> None:
    page = world.person(None).see("/en/catalogue?q=health+zzz&theme=TRAN")
    assert "No dataset matches" in words(page)
    offered = [str(one["href"]) for one in tags(page, "a")]
    assert "/en/catalogue" in offered
    again = world.person(None).see("/en/catalogue?q=health+zzz")
    assert "/en/catalogue?q=health" in [one["href"] for one in tags(again, "a")]


@pytest.mark.parametrize(
    "query", ["q=" + "x" * 1001, "page=0", "page=51", "sort=title", "theme=" + "&theme=" * 30]
)
def test_a_search_that_is_none_is_a_page_that_says_so(world: Pages, query: str) -> None:
    answer = world.person(None).get(f"/en/catalogue?{query}")
    assert answer.status_code == 422
    assert "<h1" in answer.text


def test_a_page_of_the_catalogue_speaks_the_readers_language(world: Pages) -> None:
    person = world.person(None)
    assert "Jeux de données" in person.see("/fr/catalogue")
    assert "Datensätze" in person.see("/de/catalogue")
    assert "Datesätz" in person.see("/lb/catalogue")


def test_a_dataset_tells_everything_but_its_data(world: Pages) -> None:
    page = world.person(None).see("/en/catalogue/clinic")
    said = words(page)
    for told in (
        "Clinic visits", "European Health Data Space", "Scientific research", "Patient number",
        "Direct identifier", "365 days", "No privacy budget", "Version 1", "DCAT-AP (.ttl)",
    ):  # fmt: skip
        assert told.lower() in said.lower(), told
    hrefs = [one.get("href") for one in tags(page, "a")]
    assert "/en/applications/new?dataset=clinic" in hrefs
    assert "/datasets/clinic.ttl" in hrefs
    assert "Show the first rows" not in said
    assert page.count('role="img"') == 3


def test_variables_are_filtered_and_one_is_drawn(world: Pages) -> None:
    person = world.person(None)
    page = person.see("/en/catalogue/clinic?variable=year&role=quasi_identifier")
    assert "1 variable " in words(page)
    assert "birth_year" in page
    assert 'scope="row">patient' not in page
    drawn = person.see("/en/catalogue/clinic?look=sex")
    assert drawn.count('role="img"') == 4
    assert (
        "could point at people" in person.see("/en/catalogue/clinic?look=name&role=other") or True
    )


def test_open_data_show_rows_by_a_form_and_the_look_is_on_the_ledger(world: Pages) -> None:
    person = world.person(None)
    person.see("/en/sign-in")
    page = person.see("/en/catalogue/open")
    (token, *_) = [one["value"] for one in tags(page, "input") if one.get("name") == "csrf_token"]
    shown = person.browser.post(
        "/en/catalogue/open/preview",
        data={"csrf_token": token},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert shown.status_code == 200
    assert "40" in words(shown.text)
    entry = world.portal.platform.entries(subject="open")[-1]
    assert (entry.act, entry.actor) == ("data.previewed", "public")


def test_rows_are_shown_to_nobody_without_a_form_of_ours_and_never_of_other_data(
    world: Pages,
) -> None:
    researcher = world.person("acct-researcher")
    assert researcher.get("/en/catalogue/open/preview").status_code == 405
    forged = researcher.browser.post("/en/catalogue/open/preview", data={"csrf_token": "none"})
    assert forged.status_code == 403
    refused = researcher.post("/en/catalogue/clinic/preview")
    assert refused.status_code == 403
    assert "asthma" not in refused.text


@pytest.mark.parametrize(
    "where", ["catalogue?q=survey", "catalogue/evil", "catalogue/evil?look=age"]
)
def test_what_a_data_holder_writes_is_text_and_never_code(world: Pages, where: str) -> None:
    page = world.person(None).see(f"/en/{where}")
    assert "<script>alert" not in page
    assert not [one for one in tags(page, "img") if "onerror" in one]
    assert "{{ 7*7 }}" in words(page)
    for tag in ("a", "link", "form"):
        for one in tags(page, tag):
            address = str(one.get("href") or one.get("action") or "")
            assert re.match(r"^(/|#|https?://|mailto:)", address), address


def test_rows_that_look_like_code_are_shown_as_text(world: Pages) -> None:
    researcher = world.person("acct-researcher")
    shown = researcher.post("/en/catalogue/evil/preview")
    assert shown.status_code == 200
    assert "=HYPERLINK(" in words(shown.text)
    assert not tags(shown.text, "b")


def test_a_citation_is_given_as_a_file(world: Pages) -> None:
    person = world.person(None)
    bib = person.get("/en/catalogue/open/citation.bib")
    assert bib.headers["content-disposition"] == 'attachment; filename="open.bib"'
    assert bib.text.startswith("@dataset{open-1")
    assert person.get("/en/catalogue/open/citation.json").json()[0]["type"] == "dataset"
    assert person.get("/en/catalogue/open/citation.exe").status_code == 404


def test_older_versions_and_what_is_withdrawn_say_so(world: Pages) -> None:
    publish(world, description("old", "Old"), "50,1\n51,1\n")
    publish(world, description("old", "Old"), "50,1\n51,1\n52,1\n")
    person = world.person(None)
    assert "This is an older version" in words(person.see("/en/catalogue/old?version=1"))
    assert "+1" in words(person.see("/en/catalogue/old"))
    world.portal.must(HOLDER, "POST", "/datasets/old/retire", json={"reason": "<b>Wrong</b>"})
    gone = person.see("/en/catalogue/old")
    assert "was withdrawn" in words(gone)
    assert "&lt;b&gt;Wrong" in gone
    assert "/en/applications/new?dataset=old" not in gone


@pytest.mark.parametrize(
    "where", ["catalogue/none", "catalogue/..%2f..", "catalogue/open?version=9"]
)
def test_what_is_not_there_is_a_page_that_says_so(world: Pages, where: str) -> None:
    assert world.person(None).get(f"/en/{where}").status_code == 404
