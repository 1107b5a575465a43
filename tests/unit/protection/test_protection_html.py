"""The report's page and the frontier: every figure is there, nothing is loaded, nothing is injected."""

import re
import string
import tomllib
from html.parser import HTMLParser
from importlib.resources import files

import polars as pl
import pytest

from casemate.errors import BadInput
from casemate.protection import (
    AverageRisk,
    Hierarchy,
    KAnonymity,
    Plan,
    anonymise,
    apply_plan,
    frontier,
    intervals,
    report_html,
    risk_html,
    risk_profile,
    suppressible,
)
from casemate.protection.page_words import LANGUAGES, Words

PEOPLE = pl.DataFrame(
    {
        "age": [20 + (number * 11) % 50 for number in range(120)],
        "sex": ["<script>alert(1)</script>" if number % 3 else "m" for number in range(120)],
    }
)
BY: dict[str, Hierarchy] = {"age": intervals(5, 10, 20), "sex": suppressible()}


class Page(HTMLParser):
    """What a browser makes of the page: its tags, its addresses, its visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.labels: list[str] = []
        self.ids: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "data")]
        self.ids |= {value or "" for name, value in attrs if name == "id"}
        if tag == "svg":
            self.labels += [value or "" for name, value in attrs if name == "aria-label"]
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_says_what_the_report_says_and_loads_nothing() -> None:
    result = anonymise(PEOPLE, BY, models=[KAnonymity(4)], suppression="0.05")
    points = frontier(PEOPLE, BY, [2, 4, 8], suppression="0.05")
    text = result.html(title="Ward <b>7</b>", frontier=points)
    assert text == report_html(result, title="Ward <b>7</b>", frontier=points)
    page = Page(text)
    assert page.open == []  # every tag is closed in its order
    assert page.addresses  # to its own sections, and nowhere else
    assert {address[1:] for address in page.addresses} <= page.ids
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", text)
    assert not {"script", "b", "img", "link", "iframe"} & set(page.tags)
    assert "Ward <b>7</b>" in page.text
    assert "4-anonymity" in page.text
    assert f"{result.loss:.3f}" in page.text
    assert f"{result.suppressed:,}" in page.text
    assert "proven the best" in page.text
    for point in points:
        assert f"{point.loss:.4f}" in page.text
    assert page.tags.count("svg") == page.tags.count("details") == 3  # a table for each chart
    assert all(re.search("before|age: [0-9]|k 2:", label) for label in page.labels)
    assert "prefers-color-scheme: dark" in text


def test_the_page_of_a_plan_with_and_without_quasi_identifiers() -> None:
    plan = Plan(quasi_identifiers=BY, models=(KAnonymity(4),), suppression="0.05")
    report = apply_plan(PEOPLE, plan, ["age", "sex"]).report
    page = Page(report.html())
    assert plan.digest in page.text
    assert page.tags.count("svg") == 2
    bare = Page(report_html(apply_plan(PEOPLE, Plan(), ["age"]).report))
    assert "No privacy model was asked for" in bare.text


def test_the_bins_hold_every_record_once() -> None:
    result = anonymise(PEOPLE, BY, models=[KAnonymity(4)], suppression="0.05")
    table = report_html(result).split("<caption>Records by class size")[1].split("</table>")[0]
    cells = re.findall(r'<td class="n">([\d,]+)</td><td class="n">([\d,]+)</td>', table)
    before, after = (
        sum(int(cell.replace(",", "")) for cell in half) for half in zip(*cells, strict=True)
    )
    assert (before, after) == (len(PEOPLE), len(PEOPLE) - result.suppressed)


def test_the_frontier_is_each_k_at_its_best_and_never_falls() -> None:
    points = frontier(PEOPLE, BY, [8, 2, 2, 4, 60, 1000], suppression=0)
    assert [point.k for point in points] == [2, 4, 8, 60]
    for point in points:
        alone = anonymise(PEOPLE, BY, models=[KAnonymity(point.k)], suppression=0)
        assert (point.loss, point.generalisation) == (alone.loss, alone.generalisation)
        assert point.highest_risk <= 1 / point.k
    assert [point.loss for point in points] == sorted(point.loss for point in points)


def test_a_frontier_ends_where_a_k_cannot_be_reached() -> None:
    fixed: dict[str, Hierarchy] = {"age": intervals(5), "sex": suppressible()}
    assert [point.k for point in frontier(PEOPLE, fixed, [2, 120, 121])] == [2, 120]
    with pytest.raises(BadInput, match="no column 'height'"):
        frontier(PEOPLE, {"height": suppressible()}, [2])


def _places(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text)} - {None}


def test_every_language_has_every_word_with_the_same_places() -> None:
    pages = files("casemate.protection") / "pages"
    found = {one: tomllib.loads((pages / f"{one}.toml").read_text("utf-8")) for one in LANGUAGES}
    for language, words in found.items():
        assert words.keys() == found["en"].keys()
        assert words["code"] == language
        for name, text in words.items():
            assert text.strip()
            assert _places(text) == _places(found["en"][name]), (language, name)


def test_numbers_are_written_as_each_language_does() -> None:
    assert Words("en").decimal(1234.5, 2) == "1,234.50"
    assert Words("de").decimal(1234.5, 2) == "1.234,50"
    assert Words("fr").percent(0.1234) == "12,3\u202f%"
    assert Words("lb").whole(1234567) == "1.234.567"
    with pytest.raises(BadInput, match="en, fr, de, lb"):
        Words("es")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_can_be_found_through_by_ear_and_by_keys(language: str) -> None:
    result = anonymise(PEOPLE, BY, models=[KAnonymity(4)], suppression="0.05")
    before = risk_profile(PEOPLE, list(BY), sampling_fraction=0.1, scan=True)
    text = result.html(before=before, after=risk_profile(result.table, list(BY)), language=language)
    for made in (text, before.html(language=language)):
        page = Page(made)
        assert page.open == []
        assert f'<html lang="{language}">' in made
        for landmark in ("header", "nav", "main", "footer", "h1"):
            assert page.tags.count(landmark) == 1
        # headings go down by one step; each section is named by its own
        assert {tag for tag in page.tags if re.fullmatch("h[1-6]", tag)} == {"h1", "h2"}
        assert page.tags.count("section") == page.tags.count("h2")
        assert page.tags.count("table") == page.tags.count("caption")
        assert page.tags.count("svg") == len(page.labels)
        assert all(len(label) > 20 for label in page.labels)
        assert made.count("<th>") == 0  # every header says what it heads
        # what scrolls can be scrolled by keys, and there is a way past the menu
        assert made.count('class="scroll" role="region" tabindex="0"') == page.tags.count("table")
        assert '<a class="skip" href="#report">' in made


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    short = "".join(2 * sign for sign in colour) if len(colour) == 3 else colour
    parts = [int(short[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_colours_keep_the_contrast_that_wcag_asks_for() -> None:
    page = (files("casemate.protection") / "pages" / "page.html.j2").read_text("utf-8")
    blocks = re.findall(r":root \{([^}]*)\}", page)
    assert len(blocks) == 2  # light and dark
    for block in blocks:
        colours = dict(re.findall(r"--(\w+): #([0-9a-f]+)", block))
        for ink, paper, least in (
            ("ink", "paper", 7), ("ink", "card", 7), ("soft", "paper", 4.5), ("soft", "card", 4.5),
            ("s1", "paper", 4.5), ("s0", "card", 3), ("s1", "card", 3),
        ):  # fmt: skip
            one, two = sorted((_luminance(colours[ink]), _luminance(colours[paper])), reverse=True)
            assert (one + 0.05) / (two + 0.05) >= least, (ink, paper)


def test_a_label_of_few_records_is_not_on_the_page() -> None:
    table = pl.DataFrame({"town": ["Rare-Place"] * 2 + ["Largetown"] * 98})
    # an average risk lets a class of two stand
    result = anonymise(table, {"town": suppressible()}, models=[AverageRisk("0.2")], suppression=0)
    assert result.generalisation == {"town": 0}
    told = result.html(after=risk_profile(result.table, ["town"], threshold=5))
    assert "Rare-Place" not in told
    assert "Largetown" in told
    assert "1 rare ones are not shown" in told
    assert "Largetown" not in result.html()  # without a profile nobody can say which are rare
    assert "Rare-Place" not in risk_html(risk_profile(table, ["town"], scan=True))
