"""Every page in a real browser: it answers and fits in every language, a small telephone too, axe finds
nothing in either theme, and nothing is fetched from elsewhere. With ``PICTURES`` set, the pages in English
are photographed into ``docs/pages/``."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.pages import PAGES, Shown
from browser_world import House, chromium, house, watched
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, Page, ViewportSize

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


@contextmanager
def looking(filled: House, browser: Browser, who: str | None) -> Iterator[Page]:
    """A page in a window of ``who``'s own."""
    with browser.new_context(viewport=WINDOW, reduced_motion="reduce") as context:
        if who is not None:
            filled.sign_in(context, who)
        page = context.new_page()
        page.set_default_navigation_timeout(120_000)  # a busy machine is no broken page
        yield page


WINDOW: ViewportSize = {"width": 1180, "height": 900}
TELEPHONE: ViewportSize = {"width": 320, "height": 640}
AXE = Axe().axe_script
THEMES: tuple[tuple[Literal["light", "dark"], tuple[str, ...]], ...] = (
    ("light", ()),
    ("dark", ("color-contrast", "link-in-text-block")),
)
"""The themes, and which of axe's rules are tried in each (none: all): colours alone depend on it."""
SKELETON = """() => {
  const words = new Set(
    ['alt', 'aria-label', 'aria-valuetext', 'content', 'label', 'placeholder', 'title', 'value']);
  const told = /^(aria-|class$|for$|headers$|id$|name$|role$|scope$|style$|tabindex$|type$|autocomplete$)/;
  const value = (one) => words.has(one.name) ? Boolean(one.value.trim()) : told.test(one.name) && one.value;
  const bone = (element) => [
    element.tagName,
    ...[...element.attributes].filter((one) => one.name !== 'selected')
      .map((one) => [one.name, value(one)]),
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()),
  ].join(' ');
  // A drawing is one picture to axe; of the links to other languages, another one is no link each time.
  return [...document.querySelectorAll(':not(svg *, nav.who [lang])')].map(bone).join('\\n');
}"""
"""A page without its words, numbers and addresses: what axe judges it by, and where there are words."""


def violations(page: Page, where: str) -> list[str]:
    """What axe finds: by every rule in light, by those on colours in dark too."""
    found = []
    page.evaluate(AXE)
    for theme, rules in THEMES:
        page.emulate_media(color_scheme=theme)
        asked = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
        found += [
            f"{where}, {theme}): {one['id']}: {one['help']}: {node['html'][:200]}"
            for one in page.evaluate(
                "(asked) => axe.run(asked).then((told) => told.violations)", asked
            )
            for node in one["nodes"]
        ]
    page.emulate_media(color_scheme="light")
    return found


PARTS = 4
"""The walk is cut, so that workers share it."""


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_on_any_page(filled: House, browser: Browser, part: int) -> None:
    """Every page is opened in all languages. Axe reads it in one of them, which goes round from page to
    page, and again in any whose skeleton is another: equal skeletons make axe say the same."""
    wrong: list[str] = []
    mine = list(enumerate(PAGES))[part::PARTS]
    for who in sorted({one.who for _, one in mine}, key=str):
        with looking(filled, browser, who) as page:
            complaints = watched(page)
            for place, one in mine:
                if one.who == who:
                    wrong += _wrong_with(page, filled, one, place)
                    if os.environ.get("PICTURES") and one.pictured:
                        picture(page, filled, one)
            wrong += complaints
    assert not wrong, "\n".join(wrong)


def _wrong_with(page: Page, filled: House, one: Shown, place: int) -> list[str]:
    wrong: list[str] = []
    read: set[str] = set()
    for turn in range(len(LANGUAGES)):
        language = LANGUAGES[(place + turn) % len(LANGUAGES)]
        wrong += _seen(page, filled, one, language)
        skeleton = page.evaluate(SKELETON)
        if skeleton not in read:
            read.add(skeleton)
            wrong += violations(page, f"{one.name} ({language}")
    return wrong


def _seen(page: Page, filled: House, one: Shown, language: str) -> Iterator[str]:
    """What is wrong with a page before axe looks at it. WCAG 1.4.10: at 320 pixels, in the language of
    long words, nothing scrolls sideways but tables in their own frame."""
    where = f"{filled.address}/{language}{one.path.format(**filled.records)}"
    answer = page.goto(where)
    assert answer is not None
    if one.name != "not-found" and answer.status != 200:
        yield f"{one.name}: {where} answers {answer.status}"
    if page.evaluate("document.documentElement.lang") != language:
        yield f"{one.name}: {where} says that it is in another language"
    if page.evaluate(WIDER):
        yield f"{one.name} ({language}): wider than the window"
    if language == "de":
        page.set_viewport_size(TELEPHONE)
        if page.evaluate(WIDER):
            yield f"{one.name} ({language}): wider than a small telephone"
        page.set_viewport_size(WINDOW)


WIDER = "document.documentElement.scrollWidth > innerWidth"


def picture(page: Page, filled: House, one: Shown) -> None:
    PICTURES.mkdir(exist_ok=True)
    page.emulate_media(color_scheme="light")
    page.goto(f"{filled.address}/en{one.path.format(**filled.records)}")
    page.screenshot(path=PICTURES / f"{one.name}.png", full_page=True)


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
