"""The field for programs in a real browser: colours, Tab and the way out, what is typed is kept.

And a run's page, which follows by itself.
"""

from collections.abc import Iterator

import pytest
from browser_world import House, chromium, house, watched
from playwright.sync_api import Browser, Page, expect

RESEARCHER = "acct-researcher"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("editor")) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture
def editor(filled: House, browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        filled.sign_in(context, RESEARCHER)
        page = context.new_page()
        complaints = watched(page)
        page.goto(f"{filled.address}/en/workspace/permits/{filled.records['permit']}/program")
        yield page
        assert not complaints


@pytest.mark.timeout(120)
def test_what_is_typed_is_coloured_escaped_and_kept(editor: Page, filled: House) -> None:
    text = "import polars  # <b>not bold</b>\nprint('typed')"
    editor.locator("#text").fill("")
    editor.locator("#text").press_sequentially(text.replace("\n", " "), delay=1)
    beneath = editor.locator("#coloured")
    expect(beneath.locator(".c-kn")).to_have_text("import")
    expect(beneath.locator("b")).to_have_count(0)
    expect(beneath).to_have_text(text.replace("\n", " "))
    expect(editor.locator("#kept")).to_contain_text("Kept as version", timeout=15_000)
    kept = filled.platform.program_draft(RESEARCHER, filled.records["permit"])
    assert kept.text == text.replace("\n", " ")
    assert editor.locator("#after").input_value() == str(kept.number)


@pytest.mark.timeout(120)
def test_tab_indents_and_escape_lets_the_keyboard_out(editor: Page) -> None:
    field = editor.locator("#text")
    expect(editor.locator("#text-keys")).to_be_visible()
    field.fill("x")
    field.press("End")
    field.press("Tab")
    expect(field).to_have_value("x    ")
    expect(field).to_be_focused()
    field.press("Escape")
    field.press("Tab")
    expect(field).to_have_value("x    ")
    expect(editor.locator("#memory")).to_be_focused()
    field.focus()
    field.press("Shift+Tab")
    expect(editor.locator("#filename")).to_be_focused()


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_runs_page_follows_by_itself_to_its_end(editor: Page) -> None:
    editor.locator("#text").fill("import time\ntime.sleep(3)\nprint('done')")
    editor.get_by_role("button", name="Hand it in").click()
    editor.wait_for_url("**/workspace/runs/**")
    expect(editor.locator("#live")).to_contain_text("The program was handed in")
    expect(editor.locator("#live")).to_contain_text("Awaiting an output checker", timeout=90_000)
    expect(editor.locator("#live")).to_contain_text("stdout.log")
    assert editor.locator("#live").get_attribute("hx-trigger") is None
    expect(editor.locator("#said")).not_to_be_empty()


@pytest.mark.timeout(120)
def test_without_scripts_the_field_is_a_plain_one(filled: House, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        filled.sign_in(context, RESEARCHER)
        page = context.new_page()
        page.goto(f"{filled.address}/en/workspace/permits/{filled.records['permit']}/program")
        expect(page.locator("#text-keys")).to_be_hidden()
        expect(page.locator("#coloured")).to_be_hidden()
        page.locator("#text").fill("print('plain')")
        page.get_by_role("button", name="Keep it for later").click()
        expect(page.get_by_text("Kept as version")).to_be_visible()
        expect(page.locator("#text")).to_have_value("print('plain')")
