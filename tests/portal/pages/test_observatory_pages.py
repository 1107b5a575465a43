"""The observatory: three things apart, down to single answers, two models compared, files, history."""

import csv
import io
import json
import re
from collections.abc import Iterator
from html import unescape

import pytest
from evidence_world import evaluation
from observatory_world import babbling, biased, fair, measured, refusing
from pages_world import Pages, Person, pages, words

from casemate.portal.pages.language import LANGUAGES

RESEARCHER = "acct-researcher"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages(tmp_path_factory.mktemp("observatory"), works=False) as made:
        yield made


@pytest.fixture(scope="module")
def known(house: Pages) -> dict[str, str]:
    """Evaluations that are published, by their model's name; ``hidden`` is not."""
    documents = {
        "fair": measured("fair", fair, digit="1"),
        "biased": measured("biased", biased, digit="2"),
        "refusing": measured("refusing", refusing, digit="3"),
        "babbling": measured("babbling", babbling, digit="4"),
        "french": measured("fair", fair, digit="1", language="fr"),
        "bare": measured("bare", fair, digit="5", answers=False),
        "sorter": evaluation(),
        "hidden": measured("hidden", fair, digit="6"),
    }
    found = {}
    for name, document in documents.items():
        found[name] = house.portal.platform.record_evaluation(RESEARCHER, document).id
        if name != "hidden":
            house.portal.platform.publish_evaluation(RESEARCHER, found[name])
    return found


@pytest.fixture
def visitor(house: Pages, known: dict[str, str]) -> Person:
    assert known
    return house.person(None)


def rows(page: str) -> list[list[str]]:
    """The cells of the table of the leaderboard."""
    table = page[page.rindex("<table>") :]
    return [
        [words(cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    ]


def test_the_least_biased_comes_first_and_who_answers_nothing_last(visitor: Person) -> None:
    page = visitor.see("/en/observatory?language=en")
    heading, *found = rows(page)
    assert [row[0].split()[0] for row in found[:3]] in (
        ["fair", "bare", "biased"],
        ["bare", "fair", "biased"],
    )
    assert {row[0].split()[0] for row in found[3:]} == {"refusing", "babbling"}
    assert heading[2:6] == [
        "Biased or wrong, of what was answered",
        "Had all been answered, it lies between",
        "Refused",
        "Not in the form asked for",
    ]
    by_name = {row[0].split()[0]: row for row in found}
    assert by_name["refusing"][2] == "nothing answered"
    assert by_name["refusing"][3] == "0% to 100%"
    assert by_name["refusing"][4].startswith("100")
    assert by_name["babbling"][5].startswith("100")
    assert by_name["fair"][2].startswith("0%")
    assert "to" in by_name["fair"][2]
    assert "0.100 Wh" in by_name["fair"][6] or "0.1 Wh" in by_name["fair"][6]
    assert "Small model" in by_name["fair"][0]
    assert "hidden" not in page
    assert "sorter.onnx" in page  # the models that decide from tables stand below, with no rank
    assert page.count("<svg") == 1


def test_it_is_narrowed_by_language_and_concern(visitor: Person) -> None:
    french = rows(visitor.see("/en/observatory?suite=question-bias-own&language=fr"))
    assert [row[1] for row in french[1:]] == ["French"]
    page = visitor.see("/de/observatory?suite=question-bias-own&concern=gender")
    assert 'value="gender" selected' in page
    assert "Geschlecht" in page
    assert "No evaluation of this kind" in visitor.see("/en/observatory?suite=nothing")


def test_an_evaluation_says_what_it_is_tied_to(visitor: Person, known: dict[str, str]) -> None:
    page = visitor.see(f"/en/observatory/evaluations/{known['biased']}")
    text = words(page)
    assert "sha256:" + "2" * 64 in text
    assert "A very small model" in text
    assert "s_DIS" in text
    assert "handed in by org-" in text
    assert "4 W a thread" in text
    table = visitor.see(f"/en/observatory/evaluations/{known['sorter']}")
    assert "accuracy" in table
    assert "evasion: it was not asked for" in words(table)


def test_single_answers_are_folded_escaped_and_narrowed(
    visitor: Person, known: dict[str, str]
) -> None:
    where = f"/en/observatory/evaluations/{known['babbling']}/answers"
    page = visitor.see(where)
    assert "some of them, and of the answers, are offensive" in words(page)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert page.count("<details>") == 20
    assert "<details open" not in page
    following = re.search(r'<a href="([^"]+)" rel="next">', page)
    assert following is not None
    assert visitor.see(unescape(following[1])).count("<details>") == 4
    assert "No question is like that" in visitor.see(f"{where}?outcome=fine")
    gender = visitor.see(f"{where}?concern=gender&outcome=malformed")
    assert gender.count("<details>") == 6


def test_two_models_are_compared_and_what_cannot_be_is_said(
    visitor: Person, known: dict[str, str]
) -> None:
    asked = f"/en/observatory/comparison?first={known['fair']}&second="
    page = visitor.see(asked + known["biased"])
    assert "The models differ" in page
    assert "No difference told" in page
    for other, said in (
        ("french", "different languages"),
        ("bare", "no answers to the same items"),
    ):
        answer = visitor.get(asked + known[other])
        assert answer.status_code == 422
        assert said in answer.text
        assert f'value="{known[other]}" selected' in answer.text  # what was chosen stays chosen
    assert visitor.get(asked + known["hidden"]).status_code in (403, 404)
    assert visitor.get(asked + "evaluation-none").status_code == 404
    assert "Choose an evaluation" in visitor.see("/en/observatory/comparison")


def test_what_is_shown_is_downloaded_whole(visitor: Person) -> None:
    page = visitor.see("/en/observatory?language=en")
    links = [unescape(one) for one in re.findall(r'href="(/en/observatory/download[^"]+)"', page)]
    as_csv, as_json = (visitor.get(one) for one in links)
    table = list(csv.DictReader(io.StringIO(as_csv.text)))
    assert {row["model"] for row in table} == {"fair", "biased", "refusing", "babbling", "bare"}
    assert "attachment" in as_csv.headers["content-disposition"]
    told = json.loads(as_json.text)
    assert [one["model"] for one in told] == [row["model"] for row in table]
    assert told[-1]["wrong"]["estimate"] is None


def test_a_model_has_a_history_over_its_versions(house: Pages, visitor: Person) -> None:
    platform = house.portal.platform
    for seed, says in ((1, biased), (2, fair)):
        document = measured("grows", says, digit=str(6 + seed), seed=seed)
        platform.publish_evaluation(RESEARCHER, platform.record_evaluation(RESEARCHER, document).id)
    page = visitor.see("/en/observatory/history?model=grows")
    found = rows(page)[1:]
    assert [row[4][:5] for row in found] == ["66.7%", "0.0% "] or len(found) == 2
    assert found[0][3] != found[1][3]  # another digest under the same name
    assert "<svg" in page
    assert visitor.get("/en/observatory/history?model=nobody").status_code == 404


def test_what_is_not_published_is_for_those_who_may(
    house: Pages, visitor: Person, known: dict[str, str]
) -> None:
    where = f"/en/observatory/evaluations/{known['hidden']}"
    assert visitor.get(where).status_code in (403, 404)
    assert visitor.get(f"{where}/answers").status_code in (403, 404)
    assert "This evaluation is not public" in house.person(RESEARCHER).see(where)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_every_language(
    visitor: Person, known: dict[str, str], language: str
) -> None:
    one = known["fair"]
    for path in (
        "",
        "/method",
        "/comparison",
        f"/comparison?first={one}&second={known['biased']}",
        "/history?model=fair",
        f"/evaluations/{one}",
        f"/evaluations/{one}/answers",
    ):
        page = visitor.see(f"/{language}/observatory{path}")
        assert page.count("<h1") == 1
        if language != "en":
            assert "Three things are kept apart" not in page


def test_the_method_page_names_every_suite_with_its_source_and_licence(visitor: Person) -> None:
    from casemate.assurance.suites import suites

    page = unescape(visitor.see("/en/observatory/method"))
    for one in suites():
        assert one.about.title in page
        assert one.about.licence in page
        assert f"{one.about.name} {one.about.version}" in page


def test_strangers_ask_for_odd_things(visitor: Person) -> None:
    for query in (
        "?suite=%3Cscript%3E&concern=%22%3E%3Cimg%3E",
        "?page=9999",
        "?language=xx",
    ):
        page = visitor.see(f"/en/observatory{query}")
        assert "<script>alert" not in page
        assert "<img>" not in page
    assert visitor.get("/en/observatory?page=0").status_code == 422
    assert visitor.get(f"/en/observatory?suite={'x' * 200}").status_code == 422
