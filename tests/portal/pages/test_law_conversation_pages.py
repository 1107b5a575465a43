"""A conversation on the law in the browser, with no JavaScript: each turn with its day and its quotes."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from answers_of_law import NEW, OLD, load_dogs
from pages_world import Person, pages, words
from stub_model import stub_model

from casemate.knowledge.answers.conversing import MOST_TURNS
from casemate.language.settings import LanguageSettings

ADDRESS = "/fr/law/conversation"
ASKED = "À combien est fixée la taxe annuelle ?"


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    folder = tmp_path_factory.mktemp("law")
    with pages(folder, works=False) as made:
        load_dogs(made.portal.platform, folder)
        yield made.person(None)


def so_far(page: str) -> str:
    found = re.search(r'name="so_far" value="([^"]*)"', page)
    assert found
    return html.unescape(found[1])


def ask(visitor: Person, question: str, on: str, before: str = "") -> str:
    visitor.see(f"{ADDRESS}?corpus=law")
    form = {"corpus": "law", "question": question, "on": on, "so_far": before}
    answer = visitor.post(ADDRESS, form)
    assert answer.status_code == 200, words(answer.text)[:600]
    return str(answer.text)


def test_turns_stay_on_the_page_and_a_change_of_day_is_told(visitor: Person) -> None:
    first = ask(visitor, ASKED, str(OLD))
    assert "40 euros" in words(first)
    second = ask(visitor, "Et après 2024 ?", str(OLD), so_far(first))
    told = words(second)
    assert "40 euros" in told
    assert "60 euros" in told
    assert ASKED in told
    assert second.count("<h2 id=") == 2
    assert "La date a changé" in told


def test_what_a_model_wrote_stands_beside_its_quote_and_what_was_left_out_is_shown(
    visitor: Person,
) -> None:
    platform = visitor.browser.app.state.platform  # type: ignore[attr-defined]
    home = platform.home
    wrote = "La taxe annuelle est de 60 euros [1]. La taxe est de <b>70</b> euros [1]."
    with stub_model(lambda *_: wrote) as server:
        platform.home = replace(home, language_model=LanguageSettings("stub", server.url))
        page = ask(visitor, ASKED, str(NEW))
        platform._close_writer()
        platform.home = home
    assert "modèle de langage (stub)" in words(page)
    assert "<b>70</b>" not in page
    assert "&lt;b&gt;70" in page


def test_what_comes_near_has_no_number_and_no_model_writes_on_it(visitor: Person) -> None:
    platform = visitor.browser.app.state.platform  # type: ignore[attr-defined]
    home = platform.home
    with stub_model(lambda *_: "La taxe annuelle est de 60 euros [1].") as server:
        platform.home = replace(home, language_model=LanguageSettings("stub", server.url))
        page = ask(visitor, "Combien coûte un passeport annuel ?", str(NEW))
        platform._close_writer()
        platform.home = home
    assert "proche, sans être une réponse" in words(page)
    assert "60 euros" in words(page)
    assert "[1]" not in page
    assert "modèle de langage (stub)" not in words(page)


@pytest.mark.parametrize(
    "change", [lambda text: text.replace("40 euros", "0 euros"), lambda text: "x"]
)
def test_a_conversation_that_was_changed_is_not_shown(visitor: Person, change: object) -> None:
    first = ask(visitor, ASKED, str(OLD))
    form = {"corpus": "law", "question": "Et alors ?", "on": "", "so_far": change(so_far(first))}  # type: ignore[operator]
    answer = visitor.post(ADDRESS, form)
    assert answer.status_code == 422
    assert "Et alors ?" in answer.text, "what was typed stays"
    assert "0 euros" not in answer.text


def test_a_day_that_is_none_is_told_and_nothing_typed_is_lost(visitor: Person) -> None:
    visitor.see(f"{ADDRESS}?corpus=law")
    answer = visitor.post(ADDRESS, {"corpus": "law", "question": ASKED, "on": "hier"})
    assert answer.status_code == 422
    assert "2026-03-01" in answer.text
    assert ASKED in answer.text


@pytest.mark.parametrize("question", ["x" * 100_000, " ", "?!"])
def test_what_is_no_question_is_told(visitor: Person, question: str) -> None:
    visitor.see(f"{ADDRESS}?corpus=law")
    answer = visitor.post(ADDRESS, {"corpus": "law", "question": question, "on": str(NEW)})
    assert answer.status_code == 422


def test_a_form_from_elsewhere_is_refused(visitor: Person) -> None:
    form = {"corpus": "law", "question": ASKED, "on": str(NEW), "csrf_token": "x"}
    assert visitor.browser.post(ADDRESS, data=form).status_code == 403


WRITTEN = f"{ADDRESS}/written"


def events(text: str) -> list[tuple[str, dict[str, str]]]:
    """Names and data of server-sent events."""
    found = [one.split("\n") for one in text.split("\n\n") if one]
    return [(name.removeprefix("event: "), json.loads(data[6:])) for name, data in found]


def test_what_is_written_ends_as_the_page_has_it(visitor: Person) -> None:
    visitor.see(f"{ADDRESS}?corpus=law")
    form = {"corpus": "law", "question": ASKED, "on": str(NEW), "so_far": ""}
    answer = visitor.post(WRITTEN, form)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "no-store" in answer.headers["cache-control"]
    (begin, begun), (end, ended) = events(answer.text)
    assert (begin, end) == ("begin", "end")
    assert 'aria-busy="true"' in begun["turn"]
    page = ask(visitor, ASKED, str(NEW))
    assert ended["turn"].strip() in page
    assert ended["form"].strip() in page
    assert visitor.browser.app.state.under_way == {}  # type: ignore[attr-defined]


def test_what_is_written_is_guarded_as_the_page_is(visitor: Person) -> None:
    visitor.see(f"{ADDRESS}?corpus=law")
    form = {"corpus": "law", "question": ASKED, "on": str(NEW)}
    for address in (WRITTEN, f"{ADDRESS}/stop"):
        assert visitor.post(address, {**form, "csrf_token": "x"}).status_code == 403
        other = {"Sec-Fetch-Site": "cross-site"}
        data = {**form, "csrf_token": visitor.token}
        assert visitor.browser.post(address, data=data, headers=other).status_code == 403
    for wrong, status in (
        ({"on": "hier"}, 422),
        ({"question": "?!"}, 422),
        ({"question": "x" * 100_000}, 422),
        ({"so_far": "x"}, 422),
        ({"corpus": "none"}, 404),
        ({"question": "x" * (5 * 2**20)}, 400),
    ):
        answer = visitor.post(WRITTEN, {**form, **wrong})
        assert answer.status_code == status, wrong
        assert answer.headers["content-type"].startswith("text/html")
    assert visitor.post(f"{ADDRESS}/stop", {"name": "nobody's"}).status_code == 204


def test_a_conversation_is_shown_again_without_a_question(visitor: Person) -> None:
    first = ask(visitor, ASKED, str(OLD))
    form = {"corpus": "law", "so_far": so_far(first), "again": "yes"}
    again = visitor.post(ADDRESS, form)
    assert again.status_code == 200
    assert again.text.count("<h2 id=") == 1
    assert so_far(again.text) == so_far(first)


def test_the_oldest_turns_are_forgotten_and_numbers_go_on(visitor: Person) -> None:
    page, kept = "", ""
    for _ in range(MOST_TURNS + 1):
        page = ask(visitor, ASKED, str(NEW), kept)
        kept = so_far(page)
    assert re.findall(r'<h2 id="turn-(\d+)"', page) == [str(one + 2) for one in range(MOST_TURNS)]
