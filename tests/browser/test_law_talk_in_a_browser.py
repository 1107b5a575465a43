"""A conversation on the law as it is written: sentence by sentence, stopped, cut off; one end."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event

import pytest
from answers_of_law import NEW, load_dogs
from axe_playwright_python.sync_playwright import Axe
from browser_world import House, chromium, house, serving, watched
from playwright.sync_api import Browser, Page, Route, expect
from stub_model import Says, StubModel, stub_model

from casemate.knowledge.models import whole_text
from casemate.language.settings import LanguageSettings

ASKED = "À combien est fixée la taxe annuelle ?"
ADDRESS = "/fr/law/conversation?corpus=law"
STANDS = "La taxe annuelle est de 60 euros."
TRUE = "La taxe annuelle est de 60 euros [1]. "
OTHER = "Elle est due avant le 1er mars [1]. "
HOSTILE = "<script>window.struck = 1</script><img src=x onerror='struck=1'> **70** [1]. "


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("talk")
    with house(folder, filled=False, works=False) as made:
        load_dogs(made.platform, folder)
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture
def page(browser: Browser, home: House) -> Iterator[Page]:
    with browser.new_context() as context:
        made = context.new_page()
        made.set_default_timeout(20_000)
        complaints = watched(made)
        begin(made, home)
        yield made
        assert complaints == []


@contextmanager
def writes(home: House, says: Says) -> Iterator[StubModel]:
    """The home's language model is one that says so."""
    before = home.platform.home
    with stub_model(says) as server:
        settings = LanguageSettings("stub", server.url, seconds=60)
        home.platform.home = replace(before, language_model=settings)
        try:
            yield server
        finally:
            home.platform._close_writer()
            home.platform.home = before


class Held:
    """Says a sentence and begins another, and the rest when the test lets it."""

    def __init__(self, *rest: str) -> None:
        self.go, self._rest = Event(), rest

    def __call__(self, _system: str, _prompt: str) -> Iterator[str]:
        yield f"{TRUE}Elle"
        self.go.wait(60)
        yield from self._rest


def ask(page: Page, question: str = ASKED) -> None:
    page.locator("#question").fill(question)
    page.get_by_role("button", name="Demander").click()


def begin(page: Page, home: House) -> None:
    page.goto(home.address + ADDRESS)
    page.locator("#on").fill(NEW.isoformat())


def told(page: Page) -> str:
    """The turns and the form, without what differs from one visitor to the next."""
    html = "".join(page.locator(one).inner_html() for one in ("[data-turns]", "[data-form]"))
    html = re.sub(r'(name="csrf_token" value=)"[^"]*"', r"\1", html)
    return re.sub(r">\s+|\s+<", lambda found: found[0].strip(), re.sub(r"\s+", " ", html))


def without_scripts(browser: Browser, home: House, *questions: str) -> str:
    """What the page tells where no script runs."""
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        begin(page, home)
        for question in questions:
            ask(page, question)
        return told(page)


def said(page: Page, text: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(text)


def accessible(page: Page) -> None:
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []


def test_sentences_come_before_the_answer_is_whole_and_its_end_is_the_page_without_scripts(
    browser: Browser, home: House, page: Page
) -> None:
    says = Held(" est due avant le 1er mars [1]. ", "La taxe est de 70 euros [1]. ")
    with writes(home, says):
        ask(page)
        turn = page.locator("[data-turns] > section")
        expect(turn.locator("[data-sentences]")).to_contain_text(STANDS)
        expect(turn).to_have_attribute("aria-busy", "true")
        expect(turn.locator("blockquote").first).to_contain_text("60 euros")
        said(page, "Un modèle de langage rédige.")
        expect(page.get_by_role("button", name="Arrêter")).to_be_focused()
        accessible(page)
        says.go.set()
        said(page, "La réponse est complète.")
        said(page, "2 phrases sont retenues. 1 phrase")
        expect(turn).not_to_have_attribute("aria-busy", "true")
        expect(turn.locator("h2")).to_be_focused()
        expect(page.get_by_role("button", name="Arrêter")).to_be_hidden()
        expect(turn.locator("[data-sentences] a").first).to_have_attribute("href", "#quote-1-1")
        assert told(page) == without_scripts(browser, home, ASKED)
        ask(page, "Et après 2030 ?")
        expect(page.locator("[data-turns] > section")).to_have_count(2)
        said(page, "La réponse est complète.")
        assert told(page) == without_scripts(browser, home, ASKED, "Et après 2030 ?")
        accessible(page)


def test_stopped_while_the_model_is_silent_it_ends_with_what_stands(
    home: House, page: Page
) -> None:
    says = Held(*["mais encore "] * 100)
    with writes(home, says) as server:
        ask(page)
        turn = page.locator("[data-turns] > section")
        expect(turn.locator("[data-sentences]")).to_contain_text(STANDS)
        page.locator("#question").fill("Et pour les chiots ?")
        page.get_by_role("button", name="Arrêter").click()
        said(page, "Le modèle de langage a été arrêté ici, à votre demande")
        assert not says.go.is_set(), "nobody waited for the model"
        expect(turn.locator("[data-sentences]")).to_contain_text(STANDS)
        expect(turn.locator("[data-sentences]")).not_to_contain_text("Elle")
        expect(page.locator("#question")).to_have_value("Et pour les chiots ?")
        says.go.set()
        assert server.hung_up.wait(20), "the server still asks the model"
        page.get_by_role("button", name="Demander").click()
        expect(page.locator("[data-turns] > section")).to_have_count(2)
        said(page, "La réponse est complète.")


def test_who_leaves_the_page_stops_a_model_that_is_silent(home: House, page: Page) -> None:
    says = Held(*["mais encore "] * 100)
    with writes(home, says) as server:
        ask(page)
        expect(page.locator("[data-sentences]")).to_contain_text(STANDS)
        page.goto("about:blank")
        model = home.platform.language_model()
        assert model is not None
        server.says = lambda *_: "Oui."
        assert whole_text(model, "", "", most=4) == "Oui.", "its one turn is free again"
        assert not says.go.is_set(), "though it has said nothing since"
        says.go.set()
        assert server.hung_up.wait(20)


def test_a_connection_that_is_lost_is_told_and_the_question_is_asked_again(
    browser: Browser, home: House, page: Page
) -> None:
    def cut(route: Route) -> None:
        given = route.fetch()
        events = given.text().split("\n\n")
        route.fulfill(response=given, body="\n\n".join(events[:2]) + "\n\nevent: sent")

    with writes(home, lambda *_: TRUE + OTHER):
        page.route("**/written", cut, times=1)
        ask(page)
        said(page, "La connexion a été perdue avant que la réponse soit complète")
        turn = page.locator("[data-turns] > section")
        expect(turn.locator("blockquote").first).to_contain_text("60 euros")
        expect(turn).to_have_attribute("aria-busy", "false")
        expect(page.locator("#question")).to_have_value(ASKED)
        expect(page.get_by_role("button", name="Poser à nouveau")).to_be_focused()
        accessible(page)
        page.route("**/written", lambda route: route.abort(), times=1)
        page.get_by_role("button", name="Poser à nouveau").click()
        said(page, "La connexion a été perdue")
        page.get_by_role("button", name="Poser à nouveau").click()
        said(page, "La réponse est complète.")
        expect(turn).to_have_count(1)
        expect(page.locator("#question")).to_have_value("")
        assert told(page) == without_scripts(browser, home, ASKED)


def test_a_server_that_ends_stops_the_model_and_the_page_says_that_the_connection_is_lost(
    home: House, page: Page
) -> None:
    says = Held(*["mais encore "] * 100)
    with writes(home, says) as server:
        with serving(home.platform, works=False) as address:
            begin(page, replace(home, address=address))
            ask(page)
            expect(page.locator("[data-sentences]")).to_contain_text(STANDS)
        said(page, "La connexion a été perdue avant que la réponse soit complète")
        assert not says.go.is_set(), "it did not wait for the model"
        expect(page.locator("[data-sentences]")).to_contain_text(STANDS)
        says.go.set()
        assert server.hung_up.wait(20)


def test_what_a_model_writes_is_text(browser: Browser, home: House, page: Page) -> None:
    with writes(home, lambda *_: HOSTILE + TRUE + HOSTILE.replace("70", "80")):
        ask(page)
        said(page, "La réponse est complète.")
        page.locator("[data-dropped] summary").click()
        expect(page.locator("[data-dropped]")).to_contain_text("<script>window.struck = 1</script>")
        assert page.evaluate("window.struck") is None
        assert page.locator("[data-talk] script, [data-talk] img").count() == 0
        page.locator("[data-dropped] summary").click()
        assert told(page) == without_scripts(browser, home, ASKED)


def test_without_a_model_the_quotes_are_there_and_what_is_refused_the_page_tells(
    browser: Browser, home: House, page: Page
) -> None:
    ask(page)
    said(page, "La réponse est complète. ")
    assert told(page) == without_scripts(browser, home, ASKED)
    page.get_by_role("button", name="Demander").click()
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.locator("[data-turns] > section")).to_have_count(1)


def test_who_follows_a_link_and_comes_back_finds_the_conversation(home: House, page: Page) -> None:
    ask(page)
    said(page, "La réponse est complète. ")
    before = told(page)
    page.locator("[data-turns] h3 a").first.click()
    expect(page.locator("[data-turns]")).to_have_count(0)
    page.go_back()
    expect(page.locator("[data-turns] > section")).to_have_count(1)
    assert told(page) == before
