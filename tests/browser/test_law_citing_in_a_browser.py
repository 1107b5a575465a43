"""Citations in a real browser: terms by keyboard and pointer, slider, drawing; axe finds nothing."""

from collections.abc import Iterator

import citing_laws
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_world import chromium, house, watched
from citing_laws import BRIDGES
from playwright.sync_api import Browser, Page, expect

from casemate.knowledge.documents.library import plainly

PROVISION = f"/en/law/provision?corpus=bridges&work={BRIDGES}&key=art_2"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("citing-browser")
    with house(folder, filled=False, works=False) as made:
        file = citing_laws.write(folder / "bridges")
        made.platform.load_corpus("acct-holder", "bridges", file.parent, [file], plainly)
        made.platform.link_corpus("acct-holder", "bridges")
        yield made.address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1180, "height": 900}) as context:
        made = context.new_page()
        complaints = watched(made)
        yield made
        assert complaints == []


def _fits(page: Page) -> None:
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    found = Axe().run(page).response["violations"]
    assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found] == []


def test_a_term_opens_by_keyboard_and_escape_closes_it(page: Page, address: str) -> None:
    page.goto(f"{address}{PROVISION}&on=2005-01-01")
    _fits(page)
    meaning = page.locator("#term-1")
    expect(meaning).to_be_hidden()
    page.locator(".term").first.focus()
    page.keyboard.press("Enter")
    expect(meaning).to_be_visible()
    expect(meaning).to_contain_text("un ouvrage sur une eau")
    _fits(page)
    page.keyboard.press("Escape")
    expect(meaning).to_be_hidden()
    expect(page.locator(".term").first).to_be_focused()


def test_a_term_opens_under_the_pointer_and_stays_while_it_is_on_the_meaning(
    page: Page, address: str
) -> None:
    page.goto(f"{address}{PROVISION}&on=2005-01-01")
    page.locator(".term").first.hover()
    meaning = page.locator("#term-1")
    expect(meaning).to_be_visible()
    meaning.hover()
    page.wait_for_timeout(700)
    expect(meaning).to_be_visible()
    page.mouse.move(1100, 5)
    expect(meaning).to_be_hidden()


def test_the_slider_changes_the_words_and_says_its_day(page: Page, address: str) -> None:
    page.goto(f"{address}{PROVISION}&on=2015-01-01")
    expect(page.locator("#reading")).to_contain_text("Aucun péage")
    slider = page.locator("#wording")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator("#reading")).to_contain_text("Un péage est dû pour chaque pont")
    expect(slider).to_have_attribute("aria-valuetext", "June 1, 2001")
    expect(page.locator("#wording-day")).to_contain_text("June 1, 2001")
    expect(slider).to_be_focused()


def test_the_drawing_is_walked_by_keyboard(page: Page, address: str) -> None:
    page.goto(f"{address}/en/law/citations?corpus=bridges&work={BRIDGES}&on=2015-01-01")
    _fits(page)
    box = page.locator("svg.cites a").first
    box.focus()
    expect(box).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/law/citations?**")
    expect(page.locator("h1")).to_contain_text("Who cites this")


def test_side_by_side_fits_a_small_window(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{address}{PROVISION}&on=2015-01-01&since=2005-01-01&view=beside")
    _fits(page)
    page.goto(f"{address}/de/law/citations?corpus=bridges&work={BRIDGES}&on=2015-01-01&steps=2")
    _fits(page)
