"""Every page in a real browser: it answers and fits in every language, axe finds nothing in either theme,
and nothing is fetched from elsewhere. With ``PICTURES`` set, the pages in English are photographed into
``docs/pages/``."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.pages import PAGES, Shown
from browser_world import House, chromium, house, watched
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, Page

from casemate.portal.pages import AREAS
from casemate.portal.pages.language import LANGUAGES

PICTURES = Path(__file__).parents[2] / "docs" / "pages"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("every-page")) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


def shown(filled: House, browser: Browser, one: Shown) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1180, "height": 900}) as context:
        if one.who is not None:
            filled.sign_in(context, one.who)
        page = context.new_page()
        page.set_default_navigation_timeout(120_000)  # a busy machine is no broken page
        yield page


def violations(page: Page, language: str, theme: str, name: str) -> list[str]:
    # Colours that are on their way from one theme to the other would be measured in between.
    scheme: Literal["dark", "light"] = "dark" if theme == "dark" else "light"
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found = Axe().run(page).response["violations"]
    return [
        f"{name} ({language}, {theme}): {one['id']}: {one['help']}: {node['html'][:200]}"
        for one in found
        for node in one["nodes"]
    ]


PARTS = 4
"""The walk is cut, so that two workers share it."""


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_on_any_page(filled: House, browser: Browser, part: int) -> None:
    """One template makes a page in all languages, so axe reads each in two of them, one a theme; which
    two goes round from page to page."""
    wrong: list[str] = []
    for place, one in list(enumerate(PAGES))[part::PARTS]:
        themes = {
            LANGUAGES[place % len(LANGUAGES)]: "light",
            LANGUAGES[(place + 1) % len(LANGUAGES)]: "dark",
        }
        for page in shown(filled, browser, one):
            complaints = watched(page)
            for language in LANGUAGES:
                wrong += _seen(page, filled, one, language)
                if language in themes:
                    wrong += violations(page, language, themes[language], one.name)
            wrong += complaints
            if os.environ.get("PICTURES") and one.pictured:
                picture(page, filled, one)
    assert not wrong, "\n".join(wrong)


def _seen(page: Page, filled: House, one: Shown, language: str) -> Iterator[str]:
    """What is wrong with a page before axe looks at it."""
    where = f"{filled.address}/{language}{one.path.format(**filled.records)}"
    answer = page.goto(where)
    assert answer is not None
    if one.name != "not-found" and answer.status != 200:
        yield f"{one.name}: {where} answers {answer.status}"
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        yield f"{one.name} ({language}): wider than the window"


def picture(page: Page, filled: House, one: Shown) -> None:
    PICTURES.mkdir(exist_ok=True)
    page.emulate_media(color_scheme="light")
    page.goto(f"{filled.address}/en{one.path.format(**filled.records)}")
    page.screenshot(path=PICTURES / f"{one.name}.png", full_page=True)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_pages_fit_a_small_telephone(filled: House, browser: Browser) -> None:
    """WCAG 1.4.10: at 320 pixels nothing scrolls sideways but tables in their own frame."""
    wide = []
    for one in PAGES:
        for page in shown(filled, browser, one):
            page.set_viewport_size({"width": 320, "height": 640})
            page.goto(f"{filled.address}/de{one.path.format(**filled.records)}")
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(one.name)
    assert not wide


def test_every_page_is_in_the_list(filled: House) -> None:
    """A page that nobody looks at fails here: whoever adds one says who sees it."""
    listed = [f"/en{one.path.format(**filled.records)}".split("?")[0] for one in PAGES]
    missing = []
    routes = [route for area in AREAS for route in area.router.routes]
    assert len(routes) > 5
    for route in routes:
        assert isinstance(route, APIRoute)
        if "GET" not in (route.methods or ()) or route.name in UNSEEN:
            continue
        if not any(route.path_regex.match(path) for path in listed):
            missing.append(f"{route.name}: {route.path}")
    assert not missing, "\n".join(missing)


UNSEEN = {
    "page-observatory_download",
    "page-theme",
    "page-signed_permit",  # a file: the signed text
    "page-weighing",  # the page of an application again, with a plan that is being weighed
    "page-run_live",  # the part of a run's page that changes
    "page-output_picture",
    "page-output_file",
    "page-released_file",
    "page-released_receipt",
    "page-with_provider",  # a redirect to somewhere else
    "page-sign_in_code",  # only in the middle of a sign-in; see test_sign_in_in_a_browser.py
    "page-signed_out",  # speaks of a provider of the settings; see test_sign_in_in_a_browser.py
    "page-my_recovery_codes",  # both tell a secret once
    "page-my_token",
    "page-citation",  # a file
    "page-export_law_case",  # a file
    "page-export_law_answer",  # a file
    "page-law_company_file",  # a file
    "page-algorithm_export",  # a file
    "page-describe_file",  # of a file that was just sent: the browser's story comes by it
}
"""What is no page but a redirect, a part of a page, or a file: the route's name, and in a comment why."""
