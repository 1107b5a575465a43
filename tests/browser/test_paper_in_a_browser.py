"""A document as a page in a real browser: axe finds nothing, nothing is fetched, nothing runs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_world import chromium
from playwright.sync_api import Page

from casemate.papers import (
    Definitions,
    Document,
    Figure,
    Gap,
    Listing,
    Paragraph,
    Run,
    Section,
    Source,
    Table,
    write,
)

THEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30"><title>A bar</title>'
    '<rect width="60" height="20"/><text x="5" y="28" font-size="8">Sixty</text></svg>'
)
ASKED = (Source("law", "Art. 27(1)(a)"), Source("field", "process"))
HOSTILE = "<script>document.title = 'run'</script><img src='http://x.lu/a.png'>" + "w" * 600
PAPER = Document(
    title="Impact",
    language="fr",
    date=datetime(2026, 12, 1, tzinfo=UTC),
    sections=(
        Section(
            "Process",
            (
                Paragraph((Run("See "), Run("the law", href="https://example.lu/")), ASKED, "en"),
                Paragraph(HOSTILE, ASKED),
                Gap("Who", "The deployer", "It matters", (Run("field", "code"),), ASKED, "who"),
                Listing(("one", "two"), numbered=True, sources=ASKED),
                Definitions((("Term", "meaning"),), ASKED),
                Table("Figures", ("A", "B"), (("one", "1"), ("two", HOSTILE)), ASKED),
                Figure(SVG, "A bar of sixty", "A bar", ASKED),
            ),
            (Section("Inside", (Paragraph("Text.", ASKED),)),),
            "Art. 27(1)(a)",
        ),
    ),
    metadata=(("Register", "algorithm-a"),),
)


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


@pytest.mark.slow
def test_a_document_is_for_all_readers_and_loads_and_runs_nothing(tmp_path: Path) -> None:
    file = tmp_path / "paper.html"
    file.write_bytes(write(PAPER, "html"))
    asked: list[str] = []
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 360, "height": 800})
        page.on("request", lambda one: asked.append(one.url))
        page.goto(file.as_uri())
        assert page.title() == "Impact"
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            assert not violations(page)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert asked == [file.as_uri()]
